/* base/list.h against an array: links join at the end, leave anywhere, and may join again. */
#include "base/list.h"

#include <stdlib.h>

#include "unit/suites.h"

struct item {
    int number;
    struct list_link link;
};

enum { ITEMS = 8, ROUNDS = 5000 };

static void check_order(struct list *list, const int *expected, size_t count)
{
    size_t i = 0;
    LIST_EACH (link, list) {
        ck_assert_uint_lt(i, count);
        ck_assert_int_eq(LIST_ITEM(link, struct item, link)->number, expected[i++]);
    }
    ck_assert_uint_eq(i, count);
    ck_assert_int_eq(list_is_empty(list), count == 0);
}

START_TEST(test_random_changes_match_an_array)
{
    struct item items[ITEMS] = {0};
    int expected[ITEMS];
    size_t count = 0;
    unsigned state = 1;
    struct list list;
    list_init(&list);
    for (int i = 0; i < ITEMS; i++)
        items[i].number = i;
    for (int round = 0; round < ROUNDS; round++) {
        int which = rand_r(&state) % ITEMS;
        struct list_link *link = &items[which].link;
        if (link->next) {
            list_remove(link);
            size_t at = 0;
            while (expected[at] != which)
                at++;
            for (count--; at < count; at++)
                expected[at] = expected[at + 1];
        } else {
            list_append(&list, link);
            expected[count++] = which;
        }
        check_order(&list, expected, count);
    }
}
END_TEST

START_TEST(test_current_link_may_be_removed)
{
    struct item items[ITEMS] = {0};
    static const int odd[] = {1, 3, 5, 7};
    struct list list;
    list_init(&list);
    for (int i = 0; i < ITEMS; i++) {
        items[i].number = i;
        list_append(&list, &items[i].link);
    }
    LIST_EACH (link, &list) {
        if (LIST_ITEM(link, struct item, link)->number % 2 == 0)
            list_remove(link);
    }
    check_order(&list, odd, 4);
    list_remove(&items[0].link); /* again: it is in no list */
    check_order(&list, odd, 4);
}
END_TEST

Suite *list_suite(void)
{
    Suite *suite = suite_create("list");
    TCase *tcase = tcase_create("list");
    tcase_add_test(tcase, test_random_changes_match_an_array);
    tcase_add_test(tcase, test_current_link_may_be_removed);
    suite_add_tcase(suite, tcase);
    return suite;
}

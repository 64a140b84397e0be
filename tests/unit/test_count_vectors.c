/* How far the counts of the events of a history are from those of a set of histories. */
#include "eval/count_vectors.h"

#include <string.h>

#include "base/random.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { MAX_EVENTS = 16, LETTERS = 4 };

static const struct event_ids one_field = {1, 0};

static struct history history_of(const char *names, uint32_t *ids)
{
    uint32_t length = 0;
    for (; names[length] != '\0'; length++)
        ids[length] = (uint32_t)(names[length] - 'a') + 2;
    return (struct history){.ids = ids, .length = length};
}

static enum status add(struct count_vectors *set, const char *names)
{
    uint32_t ids[MAX_EVENTS];
    struct history history = history_of(names, ids);
    return count_vectors_add(set, one_field, &history, NULL);
}

static const char *const known[] = {"aab", "baa", "abc", "abcdefgh", "c", "aab"};

static enum status find(const char *names, uint64_t *distance)
{
    uint32_t ids[MAX_EVENTS];
    struct history history = history_of(names, ids);
    struct count_vectors set;
    enum status status = STATUS_OK;
    count_vectors_init(&set);
    for (int i = 0; status == STATUS_OK && i < COUNT(known); i++)
        status = add(&set, known[i]);
    count_vectors_sort(&set);
    if (status == STATUS_OK)
        status = count_vectors_distance(&set, one_field, &history, distance, NULL);
    count_vectors_release(&set);
    return status;
}

static const struct {
    const char *about, *names;
    uint64_t distance;
} cases[] = {
    {"a history of the set", "aab", 0},
    {"in another order", "aba", 0},
    {"without an event", "ab", 1},
    {"with an event more", "abcc", 1},
    {"with another event instead", "abd", 2},
    {"with another event instead, shorter", "d", 2},
    {"the nearest is shorter", "ccc", 2},
    {"the nearest is much longer", "bcdefgh", 1},
    {"longer than all", "abcdefghh", 1},
    {"no event in common", "xyz", 4},
    {"no events", "", 1},
};

START_TEST(test_distances)
{
    uint64_t distance;
    ck_assert_int_eq(find(cases[_i].names, &distance), STATUS_OK);
    ck_assert_msg(distance == cases[_i].distance, "%s: %llu", cases[_i].about,
                  (unsigned long long)distance);
}
END_TEST

START_TEST(test_an_empty_set)
{
    uint32_t ids[MAX_EVENTS];
    struct history history = history_of("ab", ids);
    struct count_vectors set;
    uint64_t distance;
    count_vectors_init(&set);
    count_vectors_sort(&set);
    ck_assert_int_eq(count_vectors_distance(&set, one_field, &history, &distance, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(distance, UINT64_MAX);
    count_vectors_release(&set);
}
END_TEST

START_TEST(test_equal_counts_are_kept_once)
{
    struct count_vectors set;
    count_vectors_init(&set);
    for (int i = 0; i < COUNT(known); i++)
        ck_assert_int_eq(add(&set, known[i]), STATUS_OK);
    count_vectors_sort(&set);
    ck_assert_uint_eq(set.count, 4); /* aab is in it three times */
    count_vectors_release(&set);
}
END_TEST

static struct history draw(struct random *random, uint32_t *ids, uint32_t *counts)
{
    const uint32_t length = 1 + (uint32_t)random_below(random, MAX_EVENTS);
    memset(counts, 0, LETTERS * sizeof *counts);
    for (uint32_t t = 0; t < length; t++) {
        ids[t] = (uint32_t)random_below(random, LETTERS);
        counts[ids[t]]++;
    }
    return (struct history){.ids = ids, .length = length};
}

/* The search by length finds what a comparison with every history finds. */
START_TEST(test_the_nearest_is_found)
{
    enum { HISTORIES = 40, ASKED = 40 };
    uint32_t ids[MAX_EVENTS], counts[HISTORIES][LETTERS], own[LETTERS];
    struct random random;
    struct count_vectors set;
    random_init(&random, 7, 0);
    count_vectors_init(&set);
    for (int i = 0; i < HISTORIES; i++) {
        struct history history = draw(&random, ids, counts[i]);
        ck_assert_int_eq(count_vectors_add(&set, one_field, &history, NULL), STATUS_OK);
    }
    count_vectors_sort(&set);
    for (int n = 0; n < ASKED; n++) {
        struct history history = draw(&random, ids, own);
        uint64_t distance, least = UINT64_MAX;
        for (int i = 0; i < HISTORIES; i++) {
            uint64_t sum = 0;
            for (int a = 0; a < LETTERS; a++)
                sum +=
                    counts[i][a] > own[a] ? counts[i][a] - own[a] : own[a] - counts[i][a];
            least = sum < least ? sum : least;
        }
        ck_assert_int_eq(
            count_vectors_distance(&set, one_field, &history, &distance, NULL),
            STATUS_OK);
        ck_assert_uint_eq(distance, least);
    }
    count_vectors_release(&set);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; failing_malloc_next(&n);) {
        uint64_t distance;
        enum status status = find("abd", &distance);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
    }
}
END_TEST

Suite *count_vectors_suite(void)
{
    Suite *suite = suite_create("count_vectors");
    TCase *tc = tcase_create("count_vectors");
    tcase_add_loop_test(tc, test_distances, 0, COUNT(cases));
    tcase_add_test(tc, test_an_empty_set);
    tcase_add_test(tc, test_equal_counts_are_kept_once);
    tcase_add_test(tc, test_the_nearest_is_found);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

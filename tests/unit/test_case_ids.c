/* Which ids are alike, and which only look so. */
#include "data/common/case_ids.h"

#include <string.h>

#include "unit/suites.h"

static const struct {
    const char *about, *a, *b;
    bool is_alike;
} pairs[] = {
    {"case", "INC12", "inc12", true},
    {"a dash after the letters", "INC-12", "INC12", true},
    {"a blank for a dash", "INC 12", "INC-12", true},
    {"an underscore for a dash", "INC_12", "INC-12", true},
    {"a no-break space",
     "INC\xc2\xa0"
     "12",
     "INC 12", true},
    {"a blank at the end", "INC12 ", "INC12", true},
    {"a zero-width space at the end", "INC12\xe2\x80\x8b", "INC12", true},
    {"a number as a spreadsheet writes it", "7.0", "7", true},
    {"two zeros", "7.00", "7", true},
    {"zeros in front, which a spreadsheet takes away", "007", "7", true},
    {"zeros after letters", "INC007", "INC7", true},
    {"zero itself", "000", "0", true},
    {"the sign of a ticket", "#12", "12", true},
    {"the mark of text in a spreadsheet", "'12", "12", true},
    {"a dash of another width",
     "INC\xe2\x80\x93"
     "12",
     "INC-12", true},
    {"commas between thousands", "10,007", "10007", true},
    {"a formula of a spreadsheet", "=\"INC-12\"", "INC12", true},
    {"quotes around", "\"INC-12\"", "INC-12", true},
    {"a comma elsewhere", "10,07", "1007", false},
    {"a comma after letters", "INC1,007", "INC1007", false},
    {"another number", "INC12", "INC21", false},
    {"a dash between digits is not nothing", "1-23", "12-3", false},
    {"a dash or a blank between digits", "1-23", "1 23", true},
    {"a dash between digits is not left out", "1-23", "123", false},
    {"a version is no number", "1.2.0", "1.2", false},
    {"a fraction", "7.5", "7", false},
    {"zeros at the end of a number", "70", "7", false},
    {"zeros within", "a1b02", "a1b2", false},
    {"another letter", "INC12", "REQ12", false},
    {"letters that are not ASCII",
     "\xc3\x84"
     "12",
     "A12", false},
};

START_TEST(test_ids_are_alike)
{
    char a[CASE_ID_FOLDED], b[CASE_ID_FOLDED];
    size_t a_length =
        case_id_fold((struct span){pairs[_i].a, strlen(pairs[_i].a)}, a, sizeof a);
    size_t b_length =
        case_id_fold((struct span){pairs[_i].b, strlen(pairs[_i].b)}, b, sizeof b);
    ck_assert(a_length > 0 && a_length < sizeof a && b_length < sizeof b);
    bool is_alike = a_length == b_length && memcmp(a, b, a_length) == 0;
    ck_assert_msg(is_alike == pairs[_i].is_alike, "%s: \"%.*s\" and \"%.*s\"",
                  pairs[_i].about, (int)a_length, a, (int)b_length, b);
}
END_TEST

START_TEST(test_ids_that_are_not_compared)
{
    char folded[CASE_ID_FOLDED], text[2 * CASE_ID_FOLDED];
    memset(text, 'a', sizeof text);
    ck_assert_uint_eq(
        case_id_fold((struct span){text, sizeof text}, folded, sizeof folded),
        sizeof folded);
    ck_assert_uint_eq(case_id_fold((struct span){" -_", 3}, folded, sizeof folded), 0);
    ck_assert_uint_eq(case_id_fold((struct span){"", 0}, folded, sizeof folded), 0);
}
END_TEST

START_TEST(test_cases_that_are_alike_get_the_first)
{
    static const char *const names[] = {"INC-1", "-", "inc1", "INC-2", "_", "INC 2"};
    static const uint32_t expected[] = {0, 1, 0, 3, 4, 3};
    struct arena arena;
    struct strmap cases;
    uint32_t first[COUNT(names)];
    arena_init(&arena, SIZE_MAX);
    ck_assert(strmap_init(&cases, names, COUNT(names), &arena, NULL) == STATUS_OK);
    ck_assert(case_ids_fold(&cases, first, NULL) == STATUS_OK);
    for (size_t i = 0; i < COUNT(names); i++)
        ck_assert_msg(first[i] == expected[i], "%s: %u", names[i], first[i]);
    arena_release(&arena);
}
END_TEST

Suite *case_ids_suite(void)
{
    Suite *suite = suite_create("case_ids");
    TCase *tests = tcase_create("case_ids");
    tcase_add_loop_test(tests, test_ids_are_alike, 0, COUNT(pairs));
    tcase_add_test(tests, test_ids_that_are_not_compared);
    tcase_add_test(tests, test_cases_that_are_alike_get_the_first);
    suite_add_tcase(suite, tests);
    return suite;
}

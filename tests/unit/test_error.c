#include "base/error.h"

#include <string.h>

#include "unit/suites.h"

START_TEST(test_every_status_has_name_and_text)
{
    ck_assert_uint_gt(strlen(triage_status_name((enum status)_i)), 0);
    ck_assert_uint_gt(strlen(triage_status_text((enum status)_i)), 0);
}
END_TEST

START_TEST(test_codes_of_statuses_are_words_with_dashes)
{
    const char *code = triage_status_code((enum status)_i);
    ck_assert_uint_eq(strspn(code, "abcdefghijklmnopqrstuvwxyz-"), strlen(code));
    ck_assert_uint_gt(strlen(code), 0);
}
END_TEST

START_TEST(test_names_of_statuses)
{
    ck_assert_str_eq(triage_status_name(STATUS_NO_MEMORY), "NO_MEMORY");
    ck_assert_str_eq(triage_status_text(STATUS_NO_MEMORY), "out of memory");
    ck_assert_str_eq(triage_status_name(STATUS_NOT_FINITE), "NOT_FINITE");
}
END_TEST

START_TEST(test_first_failure_is_kept)
{
    struct error err = {.status = STATUS_OK};
    ck_assert_int_eq(error_set(&err, STATUS_IO, "a", "first %d", 1), STATUS_IO);
    ck_assert_int_eq(error_mismatch(&err, STATUS_BUSY, "b", "x", "y", "second"),
                     STATUS_BUSY);
    ck_assert_int_eq(err.status, STATUS_IO);
    ck_assert_str_eq(err.where, "a");
    ck_assert_str_eq(err.text, "first 1");
    ck_assert_str_eq(err.expected, "");
}
END_TEST

START_TEST(test_mismatch_and_no_memory_set_the_texts)
{
    struct error err = {.status = STATUS_OK}, other = err;
    error_mismatch(&err, STATUS_BAD_INPUT, "/a", "a string", "7", "wrong %s", "kind");
    ck_assert_str_eq(err.text, "wrong kind");
    ck_assert_str_eq(err.expected, "a string");
    ck_assert_str_eq(err.received, "7");
    ck_assert_int_eq(error_no_memory(&other), STATUS_NO_MEMORY);
    ck_assert_str_eq(other.text, "out of memory");
    ck_assert_int_eq(error_no_memory(NULL), STATUS_NO_MEMORY);
}
END_TEST

START_TEST(test_long_texts_are_cut_between_characters)
{
    char wide[400] = "";
    for (size_t i = 0; i + 3 < sizeof wide; i += 2)
        memcpy(wide + i, "\u00e9", 3);
    struct error err = {.status = STATUS_OK};
    error_set(&err, STATUS_IO, wide, "%s", wide);
    ck_assert_uint_eq(strlen(err.where), sizeof err.where - 2);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 2);
}
END_TEST

Suite *error_suite(void)
{
    Suite *suite = suite_create("error");
    TCase *tc = tcase_create("error");
    tcase_add_loop_test(tc, test_every_status_has_name_and_text, 0, STATUS_COUNT);
    tcase_add_loop_test(tc, test_codes_of_statuses_are_words_with_dashes, 0,
                        STATUS_COUNT);
    tcase_add_test(tc, test_names_of_statuses);
    tcase_add_test(tc, test_first_failure_is_kept);
    tcase_add_test(tc, test_mismatch_and_no_memory_set_the_texts);
    tcase_add_test(tc, test_long_texts_are_cut_between_characters);
    suite_add_tcase(suite, tc);
    return suite;
}

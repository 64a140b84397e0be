#include "base/error.h"
#include "base/utf8.h"

#include <string.h>

#include "unit/suites.h"

START_TEST(test_every_status_has_name_and_text)
{
    ck_assert_uint_gt(strlen(triage_status_name((enum status)_i)), 0);
    ck_assert_uint_gt(strlen(triage_status_text((enum status)_i)), 0);
}
END_TEST

START_TEST(test_names)
{
    ck_assert_str_eq(triage_status_name(STATUS_NO_MEMORY), "NO_MEMORY");
    ck_assert_str_eq(triage_status_text(STATUS_NO_MEMORY), "out of memory");
    ck_assert_str_eq(triage_status_name(STATUS_NOT_FINITE), "NOT_FINITE");
}
END_TEST

static const struct {
    const char *about;
    size_t size;
    const char *text, *cut;
} cuts[] = {
    {"all of it fits", 6, "hello", "hello"},
    {"the last byte is for the zero", 5, "hello", "hell"},
    {"room for the zero only", 1, "hello", ""},
    {"two bytes are not parted", 3, "h\u00e9llo", "h"},
    {"two bytes that fit", 4, "h\u00e9llo", "h\u00e9"},
    {"three bytes are not parted", 3, "\u20acuro", ""},
    {"four bytes are not parted", 5, "a\U0001F600", "a"},
    {"four bytes that fit", 6, "a\U0001F600", "a\U0001F600"},
    {"a lone continuation", 9, "a\x80z", "a?z"},
    {"a lead without its rest", 9, "a\xC3", "a?"},
    {"an overlong slash", 9, "\xC0\xAF", "??"},
    {"an overlong euro", 9, "\xE0\x80\xAF", "???"},
    {"a surrogate", 9, "\xED\xA0\x80", "???"},
    {"past the end of Unicode", 9, "\xF4\x90\x80\x80", "????"},
    {"no such byte", 9, "\xFF", "?"},
};

START_TEST(test_copy_cut)
{
    char room[16];
    memset(room, '#', sizeof room);
    utf8_copy(room, cuts[_i].size, cuts[_i].text);
    ck_assert_msg(strcmp(room, cuts[_i].cut) == 0, "%s: \"%s\"", cuts[_i].about, room);
    ck_assert_msg(room[cuts[_i].size] == '#', "%s: wrote too far", cuts[_i].about);
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

START_TEST(test_mismatch_and_no_memory)
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

START_TEST(test_long_texts_are_cut_at_a_character)
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

Suite *status_suite(void)
{
    Suite *suite = suite_create("status");
    TCase *tc = tcase_create("status");
    tcase_add_loop_test(tc, test_every_status_has_name_and_text, 0, STATUS_COUNT);
    tcase_add_test(tc, test_names);
    tcase_add_loop_test(tc, test_copy_cut, 0, COUNT(cuts));
    tcase_add_test(tc, test_first_failure_is_kept);
    tcase_add_test(tc, test_mismatch_and_no_memory);
    tcase_add_test(tc, test_long_texts_are_cut_at_a_character);
    suite_add_tcase(suite, tc);
    return suite;
}

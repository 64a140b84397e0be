#include "base/utf8.h"

#include <string.h>

#include "unit/suites.h"

static const struct {
    const char *about;
    size_t size;
    const char *text, *copy;
} copies[] = {
    {"all of it fits", 6, "hello", "hello"},
    {"the last byte is for the zero", 5, "hello", "hell"},
    {"only the zero fits", 1, "hello", ""},
    {"a character of two bytes does not fit", 3, "h\u00e9llo", "h"},
    {"a character of two bytes fits", 4, "h\u00e9llo", "h\u00e9"},
    {"a character of three bytes does not fit", 3, "\u20acuro", ""},
    {"a character of four bytes does not fit", 5, "a\U0001F600", "a"},
    {"a character of four bytes fits", 6, "a\U0001F600", "a\U0001F600"},
    {"a continuation byte alone", 9, "a\x80z", "a?z"},
    {"a first byte without the others", 9, "a\xC3", "a?"},
    {"an overlong slash", 9, "\xC0\xAF", "??"},
    {"an overlong euro", 9, "\xE0\x80\xAF", "???"},
    {"a surrogate", 9, "\xED\xA0\x80", "???"},
    {"beyond U+10FFFF", 9, "\xF4\x90\x80\x80", "????"},
    {"a byte that is never used", 9, "\xFF", "?"},
};

START_TEST(test_copy_cuts_between_characters)
{
    char buffer[16];
    memset(buffer, '#', sizeof buffer);
    utf8_copy(buffer, copies[_i].size, copies[_i].text);
    ck_assert_msg(strcmp(buffer, copies[_i].copy) == 0, "%s: \"%s\"", copies[_i].about,
                  buffer);
    ck_assert_msg(buffer[copies[_i].size] == '#', "%s: wrote beyond the end",
                  copies[_i].about);
}
END_TEST

START_TEST(test_cut_keeps_whole_characters)
{
    static const char word[] = "a\u00e9\u20ac\U0001F600";
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    ck_assert_uint_eq(utf8_cut(word, 10, (size_t)_i), cuts[_i]);
}
END_TEST

Suite *utf8_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tc = tcase_create("utf8");
    tcase_add_loop_test(tc, test_copy_cuts_between_characters, 0, COUNT(copies));
    tcase_add_loop_test(tc, test_cut_keeps_whole_characters, 0, 12);
    suite_add_tcase(suite, tc);
    return suite;
}

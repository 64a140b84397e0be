#include "base/printable.h"

#include <string.h>

#include "unit/suites.h"

static const struct {
    const char *about, *text, *shown;
} texts[] = {
    {"plain text", "roll back", "roll back"},
    {"letters of other alphabets", "caf\u00e9 \u65e5\u672c \U0001F600",
     "caf\u00e9 \u65e5\u672c \U0001F600"},
    {"an escape code", "a\x1b[31mb", "a\\x1b[31mb"},
    {"a line break in a value", "a\nb\r", "a\\x0ab\\x0d"},
    {"a tab, a bell and delete", "\t\a\x7f", "\\x09\\x07\\x7f"},
    {"an 8-bit escape code in UTF-8",
     "a\xc2\x9b"
     "31m",
     "a\\u009b31m"},
    {"an 8-bit escape code alone", "a\x9b", "a\\x9b"},
    {"a direction mark", "a\u202eb", "a\\u202eb"},
    {"a separator of lines", "a\u2028b", "a\\u2028b"},
    {"a cut character", "a\xe2\x82", "a\\xe2\\x82"},
    {"nothing", "", ""},
};

START_TEST(test_cleaned)
{
    struct strbuf out;
    char copy[64];
    strbuf_init(&out, SIZE_MAX);
    printable_add(&out, texts[_i].text, strlen(texts[_i].text));
    ck_assert_msg(strcmp(out.bytes ? out.bytes : "", texts[_i].shown) == 0, "%s: %s",
                  texts[_i].about, out.bytes);
    printable_copy(copy, sizeof copy, texts[_i].text);
    ck_assert_msg(strcmp(copy, texts[_i].shown) == 0, "%s, copied: %s", texts[_i].about,
                  copy);
    strbuf_release(&out);
}
END_TEST

static const struct {
    const char *about, *text, *json;
} strings[] = {
    {"plain text", "roll \"back\" \\", "\"roll \\\"back\\\" \\\\\""},
    {"an escape code", "a\x1b[31m\n", "\"a\\u001b[31m\\n\""},
    {"the character that deletes", "a\x7f", "\"a\\u007f\""},
    {"other letters", "caf\u00e9 \"\\", "\"caf\u00e9 \\\"\\\\\""},
    {"an 8-bit escape code",
     "\u00e9\xc2\x9b"
     "31m\x1b",
     "\"\u00e9\\u009b31m\\u001b\""},
    {"a direction mark", "\u202e", "\"\\u202e\""},
};

START_TEST(test_json_strings)
{
    struct strbuf out;
    strbuf_init(&out, SIZE_MAX);
    printable_json_string(&out, strings[_i].text, strlen(strings[_i].text));
    ck_assert_msg(strcmp(out.bytes, strings[_i].json) == 0, "%s: %s", strings[_i].about,
                  out.bytes);
    strbuf_release(&out);
}
END_TEST

START_TEST(test_only_the_last_line_break_is_kept)
{
    struct strbuf out;
    strbuf_init(&out, SIZE_MAX);
    printable_printf(&out, "label \"%s\" in line %d\n", "a\nb", 7);
    printable_printf(&out, "%s", "c\n");
    ck_assert_str_eq(out.bytes, "label \"a\\x0ab\" in line 7\nc\\x0a");
    strbuf_release(&out);
}
END_TEST

START_TEST(test_copy_cuts_before_an_escape_that_does_not_fit)
{
    char copy[6];
    printable_copy(copy, sizeof copy, "ab\x1b");
    ck_assert_str_eq(copy, "ab");
    printable_copy(copy, sizeof copy, "a\x1b");
    ck_assert_str_eq(copy, "a\\x1b");
}
END_TEST

Suite *printable_suite(void)
{
    Suite *suite = suite_create("printable");
    TCase *tc = tcase_create("printable");
    tcase_add_loop_test(tc, test_cleaned, 0, COUNT(texts));
    tcase_add_loop_test(tc, test_json_strings, 0, COUNT(strings));
    tcase_add_test(tc, test_only_the_last_line_break_is_kept);
    tcase_add_test(tc, test_copy_cuts_before_an_escape_that_does_not_fit);
    suite_add_tcase(suite, tc);
    return suite;
}

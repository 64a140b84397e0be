#include "base/lexer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "support/compare.h"
#include "unit/suites.h"

/* The text is copied without its zero, so that a sanitizer notices a read beyond its end. */
static struct lexer lexer_on(const char *text, char **copy)
{
    size_t length = strlen(text);
    *copy = malloc(length + (length == 0));
    memcpy(*copy, text, length);
    return (struct lexer){*copy, *copy + length};
}

static const struct {
    const char *about, *text;
    bool is_good;
    const char *string; /* NULL: not compared */
} strings[] = {
    {"empty", "\"\"", true, ""},
    {"after blanks", " \t\r\n\"a\"", true, "a"},
    {"seven bytes", "\"1234567\"", true, "1234567"},
    {"eight bytes", "\"12345678\"", true, "12345678"},
    {"all of ASCII except controls, quote and backslash",
     "\"0123456789 !#$%&'()*+,-./:;<=>?@[]^_`{|}~\x7f\"", true,
     "0123456789 !#$%&'()*+,-./:;<=>?@[]^_`{|}~\x7f"},
    {"UTF-8 of all lengths", "\"\u00e9\u20ac\U0001F600\"", true,
     "\u00e9\u20ac\U0001F600"},
    {"the last character before the surrogates", "\"\xED\x9F\xBF\"", true, NULL},
    {"a surrogate", "\"\xED\xA0\x80\"", false, NULL},
    {"the last character", "\"\xF4\x8F\xBF\xBF\"", true, NULL},
    {"beyond the last", "\"\xF4\x90\x80\x80\"", false, NULL},
    {"overlong in two bytes", "\"\xC1\xBF\"", false, NULL},
    {"overlong in three bytes", "\"\xE0\x9F\xBF\"", false, NULL},
    {"overlong in four bytes", "\"\xF0\x8F\xBF\xBF\"", false, NULL},
    {"a continuation first", "\"\x80\"", false, NULL},
    {"a character without its end", "\"\xE2\x82\"", false, NULL},
    {"a character cut by the end of the text", "\"\xE2\x82", false, NULL},
    {"an escape", "\"a\\n\"", false, NULL},
    {"a control character", "\"a\nb\"", false, NULL},
    {"a control character in a long text", "\"0123456789\x1f\"", false, NULL},
    {"no end", "\"abc", false, NULL},
    {"no end in a long text", "\"abcdefghijklmnop", false, NULL},
    {"no beginning", "abc\"", false, NULL},
    {"nothing", "", false, NULL},
};

START_TEST(test_strings_are_accepted_or_declined)
{
    struct span span;
    char *copy;
    struct lexer lexer = lexer_on(strings[_i].text, &copy);
    bool is_good = lexer_string(&lexer, &span);
    ck_assert_msg(is_good == strings[_i].is_good, "%s", strings[_i].about);
    if (strings[_i].string)
        ck_assert_msg(span_equals(span, strings[_i].string, strlen(strings[_i].string)) &&
                          lexer.next == lexer.end,
                      "%s: %.*s", strings[_i].about, (int)span.length, span.bytes);
    free(copy);
}
END_TEST

static const struct {
    const char *text;
    bool is_good, is_whole;
} numbers[] = {
    {"0", true, true},
    {"-0", true, true},
    {"-0.0", true, false},
    {"0e5", true, false},
    {"12", true, true},
    {"999999999999999999", true, true},
    {"-999999999999999999", true, true},
    {"1000000000000000000", false, false}, /* 19 digits: an integer may be too large */
    {"9007199254740993", true, true},
    {"9007199254740993.0", true, false},
    {"0.1", true, false},
    {"1.0", true, false},
    {"123456.789e-3", true, false},
    {"1E5", true, false},
    {"1e+5", true, false},
    {"1e22", true, false},
    {"1e23", true, false},
    {"4503599627370496.5", true, false},
    {"1700000000.1234567", true, false},
    {"1.7976931348623157e308", true, false},
    {"1.8e308", false, false},
    {"1e999", false, false},
    {"1e1000", false, false},
    {"1e99999999999999999999", false, false},
    {"5e-324", true, false},
    {"1e-400", true, false},
    {"0.000000000000000000000000000000000000000000000000000000001", true, false},
    {"0.00000000000000000000000000000000000000000000000000000000000001", false, false},
    {"01", false, false},
    {"00", false, false},
    {"-", false, false},
    {"+1", false, false},
    {".5", false, false},
    {"1.", false, false},
    {"1.e5", false, false},
    {"1e", false, false},
    {"1e+", false, false},
    {"NaN", false, false},
    {"", false, false},
};

START_TEST(test_numbers_have_their_value)
{
    double value = 0.0;
    bool is_whole;
    char *copy;
    struct lexer lexer = lexer_on(numbers[_i].text, &copy);
    bool is_good = lexer_number(&lexer, &value, &is_whole);
    ck_assert_msg(is_good == numbers[_i].is_good, "%s", numbers[_i].text);
    if (is_good) {
        double expected = numbers[_i].is_whole
                              ? (double)strtoll(numbers[_i].text, NULL, 10)
                              : strtod(numbers[_i].text, NULL);
        ck_assert_msg(memcmp(&value, &expected, sizeof value) == 0, "%s: %a, not %a",
                      numbers[_i].text, value, expected);
        ck_assert_msg(is_whole == numbers[_i].is_whole && lexer.next == lexer.end, "%s",
                      numbers[_i].text);
    }
    free(copy);
}
END_TEST

/* Numbers of up to 20 digits and any exponent have the bits that strtod gives. */
START_TEST(test_numbers_are_rounded_as_strtod_does)
{
    struct random random;
    char text[64];
    random_init(&random, 7, 0);
    for (int i = 0; i < 200000; i++) {
        uint64_t digits = random_next(&random) >> random_below(&random, 64);
        uint64_t fraction = random_next(&random) >> random_below(&random, 64);
        int exponent = (int)random_below(&random, 60) - 30;
        const char *sign = random_below(&random, 2) ? "-" : "";
        switch (random_below(&random, 3)) {
        case 0:
            snprintf(text, sizeof text, "%s%llu.%llu", sign, (unsigned long long)digits,
                     (unsigned long long)fraction);
            break;
        case 1:
            snprintf(text, sizeof text, "%s%llue%d", sign, (unsigned long long)digits,
                     exponent);
            break;
        default:
            snprintf(text, sizeof text, "%s%llu.%03llue%d", sign,
                     (unsigned long long)digits, (unsigned long long)(fraction % 1000),
                     exponent);
        }
        struct lexer lexer = {text, text + strlen(text)};
        double value = 0.0, expected = strtod(text, NULL);
        bool is_whole;
        if (!lexer_number(&lexer, &value, &is_whole) || is_whole ||
            memcmp(&value, &expected, sizeof value) != 0)
            ck_abort_msg("%s: %a, not %a", text, value, expected);
    }
}
END_TEST

static const struct {
    const char *about, *text;
    bool is_good;
} json_values[] = {
    {"literals", "[true, false, null]", true},
    {"escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD7FF\\uE000\"", true},
    {"an escaped zero", "\"\\u0000\"", false},
    {"an escaped pair of surrogates", "\"\\ud83d\\ude00\"", false},
    {"an invalid escape", "\"\\x\"", false},
    {"an escape cut short", "\"\\u00e\"", false},
    {"an escape at the end", "\"\\", false},
    {"an escaped code at the end", "\"\\u00e9", false},
    {"empty ones", "[{}, [], {\"a\": []}]", true},
    {"a key twice", "{\"a\": 1, \"b\": 2, \"a\": 3}", false},
    {"a key twice, deeper", "[{\"a\": {\"b\": 1, \"b\": 1}}]", false},
    {"keys of two objects", "[{\"a\": 1}, {\"a\": 1}]", true},
    {"a key with an escape", "{\"\\n\": 1}", false},
    {"a comma too many", "[1,]", false},
    {"a comma too few", "[1 2]", false},
    {"a key without a value", "{\"a\"}", false},
    {"a comma after the last member", "{\"a\": 1,}", false},
    {"the wrong bracket", "[1}", false},
    {"no end", "[1", false},
    {"deep", "[[[[[[[[]]]]]]]]", true},
    {"too deep", "[[[[[[[[[]]]]]]]]]", false},
    {"a number out of range", "[1e999]", false},
    {"an incomplete literal", "nul", false},
    {"nothing", "", false},
};

START_TEST(test_values_are_skipped_or_declined)
{
    char *copy;
    struct lexer lexer = lexer_on(json_values[_i].text, &copy);
    bool is_good = lexer_skip_value(&lexer) && lexer.next == lexer.end;
    json_t *tree = json_read(json_values[_i].text, strlen(json_values[_i].text), NULL);
    ck_assert_msg(is_good == json_values[_i].is_good, "%s", json_values[_i].about);
    ck_assert_msg(!is_good || tree != NULL, "%s: jansson refuses it",
                  json_values[_i].about);
    json_decref(tree);
    free(copy);
}
END_TEST

Suite *lexer_suite(void)
{
    Suite *suite = suite_create("lexer");
    TCase *tc = tcase_create("lexer");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_strings_are_accepted_or_declined, 0, COUNT(strings));
    tcase_add_loop_test(tc, test_numbers_have_their_value, 0, COUNT(numbers));
    tcase_add_test(tc, test_numbers_are_rounded_as_strtod_does);
    tcase_add_loop_test(tc, test_values_are_skipped_or_declined, 0, COUNT(json_values));
    suite_add_tcase(suite, tc);
    return suite;
}

/*
 * The JSON reader: strings, numbers, keys, nesting, the place of every kind of failure, skipping in
 * pieces, and what happens when memory runs out.
 */
#include "base/json_key_table.h"
#include "base/json_reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

/* The text is copied without its zero, so that a sanitizer notices a read beyond its end. */
static char *start(struct json_reader *reader, const char *text, size_t length)
{
    char *copy = malloc(length + (length == 0));
    memcpy(copy, text, length);
    json_reader_init(reader, copy, length);
    return copy;
}

/* Skip one value, with pauses of `step` bytes; 0: without. */
static bool skip(struct json_reader *reader, size_t step)
{
    enum json_progress progress;
    do {
        size_t left = (size_t)(reader->end - reader->next);
        reader->pause = reader->next + (step > 0 && step < left ? step : left);
        progress = json_reader_skip(reader);
    } while (progress == JSON_PAUSED);
    return progress == JSON_DONE;
}

/* ---- strings --------------------------------------------------------------------------- */

static const struct {
    const char *about, *text;
    bool is_good;
    const char *string; /* NULL: not compared */
} strings[] = {
    {"empty", "\"\"", true, ""},
    {"after blanks", " \t\r\n\"a\"", true, "a"},
    {"seven bytes", "\"1234567\"", true, "1234567"},
    {"eight bytes", "\"12345678\"", true, "12345678"},
    {"seventeen bytes", "\"12345678901234567\"", true, "12345678901234567"},
    {"all of ASCII except controls, quote and backslash",
     "\"0123456789 !#$%&'()*+,-./:;<=>?@[]^_`{|}~\x7f\"", true,
     "0123456789 !#$%&'()*+,-./:;<=>?@[]^_`{|}~\x7f"},
    {"UTF-8 of all lengths", "\"\u00e9\u20ac\U0001F600\"", true,
     "\u00e9\u20ac\U0001F600"},
    {"every short escape", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", true, "\"\\/\b\f\n\r\t"},
    {"escapes of one, two and three bytes", "\"\\u0041\\u00e9\\u20AC\"", true,
     "A\u00e9\u20ac"},
    {"an escaped pair of surrogates", "\"\\ud83d\\uDE00\"", true, "\U0001F600"},
    {"the first and the last pair", "\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", true,
     "\U00010000\U0010FFFF"},
    {"beside the surrogates", "\"\\uD7FF\\uE000\"", true, "\uD7FF\uE000"},
    {"an escape among other text", "\"before\\tafter, and \\\\ more\"", true,
     "before\tafter, and \\ more"},
    {"an escaped backslash before the quote", "\"a\\\\\"", true, "a\\"},
    {"an escaped zero", "\"a\\u0000\"", false, NULL},
    {"half of a pair, the high one", "\"\\ud83d\"", false, NULL},
    {"half of a pair, the low one", "\"\\ude00\"", false, NULL},
    {"a high one twice", "\"\\ud83d\\ud83d\"", false, NULL},
    {"a pair in the wrong order", "\"\\ude00\\ud83d\"", false, NULL},
    {"a high one before another escape", "\"\\ud83d\\n\"", false, NULL},
    {"an escape that there is not", "\"\\x\"", false, NULL},
    {"an escape in upper case", "\"\\N\"", false, NULL},
    {"three hexadecimal digits", "\"\\u00e\"", false, NULL},
    {"a digit that is not hexadecimal", "\"\\u00g9\"", false, NULL},
    {"an escape cut by the end", "\"\\", false, NULL},
    {"an escaped code cut by the end", "\"\\u00e", false, NULL},
    {"an escaped code at the end", "\"\\u00e9", false, NULL},
    {"a surrogate in UTF-8", "\"\xED\xA0\x80\"", false, NULL},
    {"the last character before the surrogates", "\"\xED\x9F\xBF\"", true, NULL},
    {"the last character", "\"\xF4\x8F\xBF\xBF\"", true, NULL},
    {"beyond the last", "\"\xF4\x90\x80\x80\"", false, NULL},
    {"overlong in two bytes", "\"\xC1\xBF\"", false, NULL},
    {"overlong in three bytes", "\"\xE0\x9F\xBF\"", false, NULL},
    {"overlong in four bytes", "\"\xF0\x8F\xBF\xBF\"", false, NULL},
    {"a continuation first", "\"\x80\"", false, NULL},
    {"a character without its end", "\"\xE2\x82\"", false, NULL},
    {"a character cut by the end of the text", "\"\xE2\x82", false, NULL},
    {"a control character", "\"a\nb\"", false, NULL},
    {"a control character in a long text", "\"0123456789\x1f\"", false, NULL},
    {"no end", "\"abc", false, NULL},
    {"no end in a long text", "\"abcdefghijklmnop", false, NULL},
    {"no beginning", "abc\"", false, NULL},
    {"nothing", "", false, NULL},
};

START_TEST(test_strings_are_read_or_refused)
{
    struct json_reader reader = {.begin = NULL};
    struct json_value value;
    char *copy = start(&reader, strings[_i].text, strlen(strings[_i].text));
    bool is_good = json_reader_value(&reader, &value) && json_reader_finish(&reader);
    ck_assert_msg(is_good == strings[_i].is_good, "%s", strings[_i].about);
    if (is_good)
        ck_assert_int_eq(value.type, JSON_IS_STRING);
    if (strings[_i].string)
        ck_assert_msg(span_is(value.text, strings[_i].string), "%s: %.*s",
                      strings[_i].about, (int)value.text.length, value.text.bytes);
    free(copy);
    copy = start(&reader, strings[_i].text, strlen(strings[_i].text));
    ck_assert_msg((skip(&reader, 0) && json_reader_finish(&reader)) == is_good,
                  "%s, skipped", strings[_i].about);
    free(copy);
    json_reader_release(&reader);
}
END_TEST

/* ---- numbers --------------------------------------------------------------------------- */

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
    {"1000000000000000000", true, true},
    {"9223372036854775807", true, true},
    {"9223372036854775808", true, true},
    {"18446744073709551616", true, true},
    {"-123456789012345678901234567890", true, true},
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
    {"1.8e308", true, false}, /* infinite */
    {"-1e999", true, false},
    {"1e99999999999999999999", true, false},
    {"1e-99999999999999999999", true, false},
    {"5e-324", true, false},
    {"2.4703282292062327e-324", true, false}, /* just below half of the smallest */
    {"2.4703282292062329e-324", true, false},
    {"1e-400", true, false},
    {"0.000000000000000000000000000000000000000000000000000000001", true, false},
    {"0.00000000000000000000000000000000000000000000000000000000000001", true, false},
    {"17976931348623158079372897140530341507993413271003782693617377898044496829276475094"
     "6"
     "64901797758720709633028641669288791094655554785194040263065748867150582068190890200"
     "0"
     "70838367627385484581771153176447573027006985557136695962284291481986083493647529271"
     "9"
     "074168444365510704342711559699508093042880",
     true, true},
    {"01", false, false},
    {"00", false, false},
    {"-01", false, false},
    {"-", false, false},
    {"+1", false, false},
    {".5", false, false},
    {"1.", false, false},
    {"-.5", false, false},
    {"1.e5", false, false},
    {"1e", false, false},
    {"1e+", false, false},
    {"1e5.5", false, false},
    {"0x10", false, false},
    {"1_000", false, false},
    {"1,5", false, false},
    {"NaN", false, false},
    {"Infinity", false, false},
    {"-Infinity", false, false},
    {"", false, false},
};

START_TEST(test_numbers_have_their_value)
{
    const char *text = numbers[_i].text;
    struct json_reader reader = {.begin = NULL};
    struct json_value value = {.number = 0.0};
    char *copy = start(&reader, text, strlen(text));
    bool is_good = json_reader_value(&reader, &value) && json_reader_finish(&reader);
    ck_assert_msg(is_good == numbers[_i].is_good, "%s", text);
    if (is_good) {
        double expected = strtod(text, NULL);
        if (strcmp(text, "-0") == 0)
            expected = 0.0; /* an integer has no negative zero */
        ck_assert_msg(memcmp(&value.number, &expected, sizeof expected) == 0,
                      "%s: %a, not %a", text, value.number, expected);
        ck_assert_msg(value.type == JSON_IS_NUMBER && span_is(value.text, text) &&
                          value.is_whole == numbers[_i].is_whole,
                      "%s", text);
    }
    free(copy);
    copy = start(&reader, text, strlen(text));
    ck_assert_msg((skip(&reader, 0) && json_reader_finish(&reader)) == is_good,
                  "%s, skipped", text);
    free(copy);
    json_reader_release(&reader);
}
END_TEST

/* Numbers of up to 40 digits and any exponent have the bits that strtod gives. */
START_TEST(test_numbers_are_rounded_as_strtod_does)
{
    struct json_reader reader = {.begin = NULL};
    struct random random;
    char text[96];
    random_init(&random, 7, 0);
    for (int i = 0, count = case_count(200000, 20); i < count; i++) {
        uint64_t digits = random_next(&random) >> random_below(&random, 64);
        uint64_t fraction = random_next(&random) >> random_below(&random, 64);
        int exponent = (int)random_below(&random, 60) - 30;
        const char *sign = random_below(&random, 2) ? "-" : "";
        switch (random_below(&random, 4)) {
        case 0:
            snprintf(text, sizeof text, "%s%llu.%llu", sign, (unsigned long long)digits,
                     (unsigned long long)fraction);
            break;
        case 1:
            snprintf(text, sizeof text, "%s%llue%d", sign, (unsigned long long)digits,
                     exponent);
            break;
        case 2:
            snprintf(text, sizeof text, "%s1%llu%019lluE%d", sign,
                     (unsigned long long)digits, (unsigned long long)fraction,
                     exponent * 11);
            break;
        default:
            snprintf(text, sizeof text, "%s%llu.%03llue%d", sign,
                     (unsigned long long)digits, (unsigned long long)(fraction % 1000),
                     exponent);
        }
        struct json_value value = {.number = 0.0};
        double expected = strtod(text, NULL);
        json_reader_init(&reader, text, strlen(text));
        if (!json_reader_value(&reader, &value) || !json_reader_finish(&reader) ||
            value.is_whole || memcmp(&value.number, &expected, sizeof expected) != 0)
            ck_abort_msg("%s: %a, not %a", text, value.number, expected);
    }
    json_reader_release(&reader);
}
END_TEST

/* head, then 100,000 times digit, then tail */
static const struct {
    const char *head, *digit, *tail;
    double value;
} long_numbers[] = {
    {"0.", "3", "", 1.0 / 3.0},
    {"", "9", "", INFINITY},
    {"-1", "0", "", -INFINITY},
    {"1", "0", "e-100000", 1.0},
    {"0.", "0", "1", 0.0},
    {"0.", "0", "1e100001", 1.0},
    {"9007199254740993.", "0", "", 9007199254740992.0},
    {"9007199254740993.", "0", "1", 9007199254740994.0},
    {"1e", "0", "1", 10.0},
    {"1e-", "0", "1", 0.1},
    {"1e", "9", "", INFINITY},
};

START_TEST(test_long_numbers_are_read)
{
    struct json_reader reader = {.begin = NULL};
    struct json_value value;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, long_numbers[_i].head);
    for (int i = 0; i < 100000; i++)
        strbuf_add(&text, long_numbers[_i].digit);
    strbuf_add(&text, long_numbers[_i].tail);
    json_reader_init(&reader, text.bytes, text.length);
    ck_assert(json_reader_value(&reader, &value) && json_reader_finish(&reader));
    ck_assert_msg(memcmp(&value.number, &long_numbers[_i].value, sizeof value.number) ==
                      0,
                  "%s%s...%s is %a", long_numbers[_i].head, long_numbers[_i].digit,
                  long_numbers[_i].tail, value.number);
    strbuf_release(&text);
    json_reader_release(&reader);
}
END_TEST

/* Read one value, with pauses of `step` bytes. */
static bool read_in_steps(struct json_reader *reader, size_t step,
                          struct json_value *value)
{
    reader->pause = reader->next + step;
    if (!json_reader_value(reader, value))
        return false;
    enum json_progress progress = JSON_DONE;
    while (value->type == JSON_IS_LONG && progress != JSON_FAILED) {
        size_t left = (size_t)(reader->end - reader->next);
        reader->pause = reader->next + (step < left ? step : left);
        progress = json_reader_continue(reader, value);
    }
    return progress == JSON_DONE;
}

/* Five to fifty thousand digits with a point and an exponent: read in pieces, they are as strtod's. */
START_TEST(test_long_numbers_in_pieces_are_rounded_as_strtod_does)
{
    struct json_reader reader = {.begin = NULL};
    struct random random;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    random_init(&random, 11, 0);
    for (int i = 0, count = case_count(60, 10); i < count; i++) {
        int digits = 5000 + (int)random_below(&random, 45000);
        int point = (int)random_below(&random, 2 * (uint32_t)digits) + 1;
        int first = (int)random_below(&random, 4) == 0 ? digits / 2 : 0;
        int last = (int)random_below(&random, 4) == 0 ? first + 20 : digits;
        strbuf_clear(&text);
        strbuf_add(&text, random_below(&random, 2) ? "-" : "");
        for (int j = 0; j < digits; j++) {
            bool is_zero = (j < first && j != point - 1) || j > last;
            int digit =
                is_zero || (j == 0 && point == 1) ? 0 : (int)random_below(&random, 10);
            strbuf_printf(&text, "%s%d", j == point ? "." : "",
                          j == 0 && point > 1 ? 1 + digit % 9 : digit);
        }
        int exponent = (int)random_below(&random, 600) - 300;
        strbuf_printf(&text, "e%d", exponent - (point < digits ? point : digits));
        double expected = strtod(text.bytes, NULL);
        struct json_value value = {.number = 0.0};
        json_reader_init(&reader, text.bytes, text.length);
        bool is_good = read_in_steps(&reader, 1 + random_below(&random, 3000), &value) &&
                       json_reader_finish(&reader);
        ck_assert_msg(is_good && value.type == JSON_IS_NUMBER && !value.is_whole &&
                          value.text.length == text.length &&
                          memcmp(&value.number, &expected, sizeof expected) == 0,
                      "%.40s..., %d digits: %a, not %a", text.bytes, digits, value.number,
                      expected);
        json_reader_init(&reader, text.bytes, text.length);
        ck_assert(skip(&reader, 1 + random_below(&random, 3000)));
    }
    strbuf_release(&text);
    json_reader_release(&reader);
}
END_TEST

/* head, then 20,000 times a digit or blank, then tail: the place of the failure */
static const struct {
    const char *about, *head, *filler, *tail;
    const char *text; /* NULL: it is good */
    unsigned column;
} long_texts[] = {
    {"a whole number", "[", "7", "]", NULL, 0},
    {"no digit after the point", "[", "7", ".]", "not JSON: unexpected text", 20003},
    {"no digit of the exponent", "[", "7", "e]", "not JSON: unexpected text", 20003},
    {"no digit after the sign", "[", "7", "e-]", "not JSON: unexpected text", 20004},
    {"two points", "[", "7", ".1.1]", "not JSON: unexpected text", 20004},
    {"a needless zero", "[0", "0", "]", "not JSON: a number begins with a needless zero",
     2},
    {"the end in a number", "[", "7", "", "not JSON: the text ends too early", 20002},
    {"the end after the point", "[", "7", ".", "not JSON: the text ends too early",
     20003},
    {"a sign alone", "[-", " ", "]", "not JSON: unexpected text", 3},
    {"blanks", "[", " ", "1]", NULL, 0},
    {"blanks before a character that is none", "[", " ", "\v1]",
     "not JSON: unexpected text", 20002},
    {"a long key", "{\"", "kkk", "\":1}", NULL, 0},
    {"a key that is too long", "{\"", "kkkk", "\":1}",
     "not JSON: a key is longer than 64 kB", 2},
    {"one with escapes", "{\"\\n", "\\n\\n", "\":1}",
     "not JSON: a key is longer than 64 kB", 2},
    {"blanks up to the end", "[1", "\t", "", "not JSON: the text ends too early", 20003},
};

START_TEST(test_long_texts_are_refused_at_their_place)
{
    struct json_reader reader = {.begin = NULL};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, long_texts[_i].head);
    for (int i = 0; i < 20000; i++)
        strbuf_add(&text, long_texts[_i].filler);
    strbuf_add(&text, long_texts[_i].tail);
    for (size_t step = 0; step < 30000; step = step * 7 + 1) {
        struct error err = {0};
        json_reader_init(&reader, text.bytes, text.length);
        bool is_good = skip(&reader, step) && json_reader_finish(&reader);
        ck_assert_msg(is_good == !long_texts[_i].text, "%s, in steps of %zu",
                      long_texts[_i].about, step);
        if (is_good)
            continue;
        ck_assert_int_eq(json_reader_error(&reader, &err), STATUS_BAD_JSON);
        ck_assert_msg(strcmp(err.text, long_texts[_i].text) == 0 &&
                          err.column == long_texts[_i].column,
                      "%s: %s in column %u", long_texts[_i].about, err.text, err.column);
    }
    strbuf_release(&text);
    json_reader_release(&reader);
}
END_TEST

/* The message about a key that is not UTF-8 is UTF-8. */
START_TEST(test_places_in_keys_that_are_not_utf8)
{
    static const char text[] = "{\"a\": {\"b\xE9\xC3\xA9\": 1}}";
    struct json_reader reader = {.begin = NULL};
    struct error err = {0};
    json_reader_init(&reader, text, strlen(text));
    ck_assert(!skip(&reader, 0));
    ck_assert_int_eq(json_reader_error(&reader, &err), STATUS_BAD_JSON);
    ck_assert_msg(strncmp(err.where, "/a/b?\xC3\xA9", 8) == 0, "%s", err.where);
    json_reader_release(&reader);
}
END_TEST

/* ---- keys ------------------------------------------------------------------------------ */

static const struct {
    const char *about, *text;
    const char *where; /* of the second key; NULL: all are distinct */
} objects[] = {
    {"distinct", "{\"a\": 1, \"b\": 2, \"\": 3}", NULL},
    {"twice", "{\"a\": 1, \"b\": 2, \"a\": 3}", "/a"},
    {"the empty key twice", "{\"\": 1, \"\": 3}", "/"},
    {"of two objects", "[{\"a\": 1}, {\"a\": 1}]", NULL},
    {"of an object and one in it", "{\"a\": {\"a\": {\"a\": 1}}, \"b\": 1}", NULL},
    {"after an object in it with the same key", "{\"a\": {\"a\": 1}, \"a\": 1}", "/a"},
    {"deeper", "[{\"a\": {\"b\": 1, \"b\": 1}}]", "/0/a/b"},
    {"spelt in two ways", "{\"a\": 1, \"\\u0061\": 2}", "/a"},
    {"spelt in two ways, the other way round", "{\"\\u0061\": 1, \"a\": 2}", "/a"},
    {"two spellings with escapes", "{\"\\u0061/\": 1, \"a\\/\": 2}", "/a~1"},
    {"a pair of surrogates and UTF-8", "{\"\\ud83d\\ude00\": 1, \"\U0001F600\": 2}",
     "/\U0001F600"},
    {"that differ in case", "{\"a\": 1, \"A\": 2}", NULL},
    {"composed and decomposed", "{\"\u00e9\": 1, \"e\u0301\": 2}", NULL},
    {"with a backslash or without", "{\"\\\\n\": 1, \"\\n\": 2, \"n\": 3}", NULL},
};

START_TEST(test_keys_are_distinct)
{
    struct json_reader reader = {.begin = NULL};
    struct error err = {0};
    char *copy = start(&reader, objects[_i].text, strlen(objects[_i].text));
    bool is_good = skip(&reader, 0) && json_reader_finish(&reader);
    ck_assert_msg(is_good == !objects[_i].where, "%s", objects[_i].about);
    if (objects[_i].where) {
        ck_assert_int_eq(json_reader_error(&reader, &err), STATUS_BAD_JSON);
        ck_assert_str_eq(err.where, objects[_i].where);
        ck_assert_str_eq(err.text, "not JSON: a key is given twice");
    }
    free(copy);
    json_reader_release(&reader);
}
END_TEST

/* An object of `count` keys, some with objects in them; `again` is given once more; -1: none. */
static void write_keys(struct strbuf *text, int count, int inner, int again)
{
    strbuf_add(text, "{");
    for (int i = 0; i <= count; i++) {
        int key = i < count ? i : again;
        if (key < 0)
            continue;
        strbuf_printf(text, "%s\"%s%d\":", i == 0 ? "" : ",", i < count ? "k" : "\\u006b",
                      key);
        if (i < count && inner > 0 && i % 5 == 0)
            write_keys(text, inner, inner / 2, -1);
        else
            strbuf_add(text, "0");
    }
    strbuf_add(text, "}");
}

/* Objects of 1 to 2,000 keys with others in them: the last key is one of them, or it is not. */
START_TEST(test_keys_of_wide_objects_are_distinct)
{
    static const int widths[] = {1, 2, 15, 16, 17, 18, 31, 32, 33, 63, 64, 65, 200, 2000};
    struct json_reader reader = {.begin = NULL};
    struct strbuf text;
    /* Reduced: every width, and in wide objects a key from each part is given again. */
    int width = widths[_i], step = width > 70 ? 37 : 1;
    if (case_count_is_reduced())
        step = width > 200 ? width / 3 : width > 17 ? width / 5 : 1;
    strbuf_init(&text, SIZE_MAX);
    for (int inner = 0; inner < 40; inner += 19)
        for (int again = -1; again < width; again += step) {
            strbuf_clear(&text);
            write_keys(&text, width, inner, again);
            json_reader_init(&reader, text.bytes, text.length);
            ck_assert_msg(skip(&reader, 0) == (again < 0), "%d keys, %d again", width,
                          again);
        }
    strbuf_release(&text);
    json_reader_release(&reader);
}
END_TEST

enum { WIDTHS = 14 };

/* Wide objects that are closed leave nothing behind that makes a key of a later one given twice. */
START_TEST(test_keys_of_closed_objects_are_forgotten)
{
    struct json_reader reader = {.begin = NULL};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    for (int again = -1; again < 2; again++) {
        strbuf_clear(&text);
        strbuf_add(&text, "{");
        for (int i = 0; i < 100; i++) {
            strbuf_printf(&text, "\"o%d\":[", i);
            write_keys(&text, i, i % 20, -1);
            strbuf_add(&text, ",");
            write_keys(&text, 200 - i, 0, -1);
            strbuf_add(&text, "],");
        }
        strbuf_printf(&text, "\"%s\":0}", again == 0 ? "o0" : again == 1 ? "o99" : "k0");
        json_reader_init(&reader, text.bytes, text.length);
        ck_assert_int_eq(skip(&reader, 0), again < 0);
    }
    strbuf_release(&text);
    json_reader_release(&reader);
}
END_TEST

/*
 * The table keeps the keys of closed objects for a while: many objects of the same keys, one after the
 * other, must not make these hard to find.
 */
START_TEST(test_keys_of_closed_objects_are_not_in_the_way)
{
    enum { OUTER = 5000, INNER = 17, OBJECTS = 150, MEAN_PROBES = 20 };
    struct json_reader reader = {.begin = NULL};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "{");
    for (int i = 0; i < OUTER; i++)
        strbuf_printf(&text, "\"k%d\":0,", i);
    strbuf_add(&text, "\"x\":[");
    for (int i = 0; i < OBJECTS; i++) {
        strbuf_add(&text, i == 0 ? "" : ",");
        write_keys(&text, INNER, 0, -1);
    }
    text.length -= 1; /* the last object remains open */
    json_reader_init(&reader, text.bytes, text.length);
    ck_assert(!skip(&reader, 0) && reader.depth == 3);
    const struct json_level *level = &reader.levels[2];
    ck_assert(level->has_slots && reader.key_count - level->first_key == INNER);
    uint32_t probes = 0, index = UINT32_MAX;
    for (uint32_t i = level->first_key; i < reader.key_count; i++) {
        struct json_key_probe probe;
        json_key_probe_begin(&probe, reader.table, reader.keys[i].hash);
        while (json_key_probe_next(&probe, &index))
            probes++;
    }
    ck_assert_msg(probes <= INNER * MEAN_PROBES, "%u probes", probes);
    strbuf_release(&text);
    json_reader_release(&reader);
}
END_TEST

/* ---- nesting and skipping -------------------------------------------------------------- */

static const struct {
    const char *about, *text;
    bool is_good;
} json_values[] = {
    {"literals", "[true, false, null]", true},
    {"empty ones", "[{}, [], {\"a\": []}]", true},
    {"blanks of all kinds", " [ \t1 ,\r\n { } ] ", true},
    {"a comma too many", "[1,]", false},
    {"a comma first", "[,1]", false},
    {"a comma too few", "[1 2]", false},
    {"a key without a value", "{\"a\"}", false},
    {"a key without a value, with a colon", "{\"a\":}", false},
    {"a comma after the last member", "{\"a\": 1,}", false},
    {"a key without quotes", "{a: 1}", false},
    {"a key in single quotes", "{'a': 1}", false},
    {"a key that is a number", "{1: 1}", false},
    {"the wrong bracket", "[1}", false},
    {"the other wrong bracket", "{\"a\": 1]", false},
    {"no end", "[1", false},
    {"no end of an object", "{\"a\": 1", false},
    {"an incomplete literal", "nul", false},
    {"a literal and more", "nulll", false},
    {"a literal in upper case", "True", false},
    {"a comment", "[1] // one", false},
    {"another value", "1 2", false},
    {"no value", " ", false},
    {"a vertical tab as a blank", "[\v1]", false},
    {"a no-break space as a blank", "[\u00a01]", false},
    {"a byte order mark first", "\xEF\xBB\xBF[1]", true},
    {"a byte order mark twice", "\xEF\xBB\xBF\xEF\xBB\xBF[1]", false},
    {"a byte order mark later", " \xEF\xBB\xBF[1]", false},
    {"a byte order mark alone", "\xEF\xBB\xBF", false},
    {"a byte order mark cut short", "\xEF\xBB", false},
    {"everything",
     "{\"a\": [1, -2.5e3, \"\\u00e9\", {\"b\": null, \"c\": [[], {}, true]}], \"d\": "
     "{\"a\": "
     "false}, \"e\": \"\"}",
     true},
    {"a bad number inside", "{\"a\": [1, {\"b\": 01}]}", false},
};

/* Skipped at once, and in steps of 1, 2, 7 bytes; and as jansson does it. */
START_TEST(test_values_are_skipped_or_refused)
{
    const char *text = json_values[_i].text;
    struct json_reader reader = {.begin = NULL};
    for (size_t step = 0; step < 8; step = step < 2 ? step + 1 : step + 5) {
        char *copy = start(&reader, text, strlen(text));
        bool is_good = skip(&reader, step) && json_reader_finish(&reader);
        ck_assert_msg(is_good == json_values[_i].is_good, "%s, in steps of %zu",
                      json_values[_i].about, step);
        free(copy);
    }
    bool has_mark = strncmp(text, "\xEF\xBB\xBF", 3) == 0;
    json_t *tree = json_read(text + 3 * has_mark, strlen(text) - 3 * has_mark, NULL);
    ck_assert_msg((tree != NULL) == json_values[_i].is_good, "%s: jansson differs",
                  json_values[_i].about);
    json_decref(tree);
    json_reader_release(&reader);
}
END_TEST

/* After a pause at every byte, what was read so far stays read. */
START_TEST(test_a_pause_does_not_read_twice)
{
    static const char text[] = "[[1, {\"a\": [2]}], \"after\"]";
    struct json_reader reader = {.begin = NULL};
    struct json_value value;
    json_reader_init(&reader, text, sizeof text - 1);
    ck_assert(json_reader_open(&reader, '[') && json_reader_more(&reader, ']'));
    int pauses = 0;
    for (reader.pause = reader.next; json_reader_skip(&reader) == JSON_PAUSED; pauses++)
        reader.pause = reader.next;
    ck_assert_int_ge(pauses, 3);
    ck_assert(json_reader_more(&reader, ']') && json_reader_value(&reader, &value));
    ck_assert(span_is(value.text, "after"));
    ck_assert(!json_reader_more(&reader, ']') && json_reader_finish(&reader));
    json_reader_release(&reader);
}
END_TEST

static const struct {
    const char *about, *open, *close;
    int depth;
    bool is_good;
} nestings[] = {
    {"as deep as it may be, arrays", "[", "]", JSON_DEPTH, true},
    {"one deeper, arrays", "[", "]", JSON_DEPTH + 1, false},
    {"as deep as it may be, objects", "{\"a\":", "}", JSON_DEPTH, true},
    {"one deeper, objects", "{\"a\":", "}", JSON_DEPTH + 1, false},
    {"objects in arrays", "[{\"a\":", "}]", JSON_DEPTH / 2, true},
    {"much deeper", "[", "]", 100000, false},
};

START_TEST(test_nesting_is_limited)
{
    struct json_reader reader = {.begin = NULL};
    struct strbuf text;
    struct error err = {0};
    strbuf_init(&text, SIZE_MAX);
    for (int i = 0; i < nestings[_i].depth; i++)
        strbuf_add(&text, nestings[_i].open);
    strbuf_add(&text, "1");
    for (int i = 0; i < nestings[_i].depth; i++)
        strbuf_add(&text, nestings[_i].close);
    json_reader_init(&reader, text.bytes, text.length);
    bool is_good = skip(&reader, 100) && json_reader_finish(&reader);
    ck_assert_msg(is_good == nestings[_i].is_good, "%s", nestings[_i].about);
    if (!is_good) {
        ck_assert_int_eq(json_reader_error(&reader, &err), STATUS_BAD_JSON);
        ck_assert_str_eq(err.text,
                         "not JSON: more than 2048 objects and arrays are open");
    }
    strbuf_release(&text);
    json_reader_release(&reader);
}
END_TEST

/* ---- failures -------------------------------------------------------------------------- */

static const struct {
    const char *about, *text;
    size_t length; /* 0: strlen */
    unsigned line, column;
    const char *where, *problem, *expected, *received;
} failures[] = {
    {"nothing", "", 0, 1, 1, "", "the text ends too early", "a value",
     "the end of the text"},
    {"an end in an array", "[1,\n 2", 0, 2, 3, "/1", "the text ends too early",
     "\",\" or \"]\"", "the end of the text"},
    {"a missing comma", "{\"a\": 1\n \"b\": 2}", 0, 2, 2, "/a", "unexpected text",
     "\",\" or \"}\"", "\"b\""},
    {"a missing colon", "{\"a\" 1}", 0, 1, 6, "/a", "unexpected text", "\":\"", "1"},
    {"no key", "[{\"a\": {1: 2}}]", 0, 1, 9, "/0/a", "unexpected text",
     "a key in double quotes", "1"},
    {"a word", "{\"events\": [yes]}", 0, 1, 13, "/events/0", "unexpected text", "a value",
     "yes"},
    {"a columns counts characters, not bytes", "[\"\u00e9\u20ac\", x]", 0, 1, 8, "/1",
     "unexpected text", "a value", "x"},
    {"the byte order mark is not counted", "\xEF\xBB\xBF[x]", 0, 1, 2, "/0",
     "unexpected text", "a value", "x"},
    {"a number with a zero", "[0, 007]", 0, 1, 5, "/1",
     "a number begins with a needless zero", "", "007"},
    {"no digit after the point", "[1., 2]", 0, 1, 4, "/0", "unexpected text", "a digit",
     ","},
    {"text after the value", "{} {}", 0, 1, 4, "", "there is text after the value",
     "the end of the text", "an object"},
    {"a zero byte after the value", "{}\0", 3, 1, 3, "", "there is a zero byte",
     "the end of the text", "?"},
    {"a zero byte after a number", "[1\0]", 4, 1, 3, "/0", "there is a zero byte",
     "\",\" or \"]\"", "?"},
    {"a zero byte after a word", "[true\0]", 7, 1, 6, "/0", "there is a zero byte",
     "\",\" or \"]\"", "?"},
    {"a zero byte in a string", "[\"a\0b\"]", 7, 1, 4, "/0", "there is a zero byte",
     "an escape such as \\n", "?"},
    {"a control character in a string", "[\"a\tb\"]", 0, 1, 4, "/0",
     "a string has a control character in it", "an escape such as \\n", "?"},
    {"not UTF-8", "[\"a\xff\"]", 0, 1, 4, "/0", "a string is not UTF-8", "", "?"},
    {"an escape that there is not", "[\"\\q\"]", 0, 1, 3, "/0", "there is no such escape",
     "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u", "\\q"},
    {"an escaped zero", "{\"a\": \"\\u0000\"}", 0, 1, 8, "/a",
     "a string has U+0000 in it", "", "\\u0000"},
    {"half of a pair", "[\"\\ud800\"]", 0, 1, 3, "/0",
     "an escape is half of a surrogate pair", "", "\\ud800"},
    {"an escape that is too short", "[\"\\u12\"]", 0, 1, 3, "/0",
     "the escape \\u needs four hexadecimal digits", "", "\\u12"},
    {"a string without an end", "[1, \"abc]", 0, 1, 10, "/1", "the text ends in a string",
     "a quote", "the end of the text"},
    {"a key twice", "{\"a\": 1,\n  \"a\": 2}", 0, 2, 3, "/a", "a key is given twice",
     "distinct keys", "\"a\""},
    {"a pointer with escapes", "{\"a/b\": {\"c~d\": [0, {\"\\u0065\": x}]}}", 0, 1, 32,
     "/a~1b/c~0d/1/e", "unexpected text", "a value", "x"},
};

/* A pointer is cut between characters of the key, not of its escapes. */
START_TEST(test_long_keys_with_escapes_are_cut)
{
    struct json_reader reader = {.begin = NULL};
    struct error err = {0};
    struct strbuf text, where;
    strbuf_init(&text, SIZE_MAX);
    strbuf_init(&where, SIZE_MAX);
    strbuf_add(&text, "{\"");
    strbuf_add(&where, "/");
    for (int i = 0; i < 41 + _i; i++) {
        strbuf_add(&text, "\\u0061");
        strbuf_add(&where, "a");
    }
    for (int i = 0; i < 300; i++)
        strbuf_add(&text, "\\ud83d\\ude00");
    while (where.length + 4 < sizeof err.where)
        strbuf_add(&where, "\U0001F600");
    strbuf_add(&text, "\": x}");
    json_reader_init(&reader, text.bytes, text.length);
    ck_assert(!skip(&reader, 0));
    ck_assert_int_eq(json_reader_error(&reader, &err), STATUS_BAD_JSON);
    ck_assert_str_eq(err.where, where.bytes);
    strbuf_release(&text);
    strbuf_release(&where);
    json_reader_release(&reader);
}
END_TEST

START_TEST(test_failures_name_their_place)
{
    struct json_reader reader = {.begin = NULL};
    struct error err = {0};
    char text[160];
    size_t length = failures[_i].length;
    length = length > 0 ? length : strlen(failures[_i].text);
    char *copy = start(&reader, failures[_i].text, length);
    ck_assert_msg(!skip(&reader, 0) || !json_reader_finish(&reader), "%s",
                  failures[_i].about);
    ck_assert_int_eq(json_reader_error(&reader, &err), STATUS_BAD_JSON);
    snprintf(text, sizeof text, "not JSON: %s", failures[_i].problem);
    ck_assert_msg(strcmp(err.text, text) == 0 &&
                      strcmp(err.where, failures[_i].where) == 0,
                  "%s: %s: %s", failures[_i].about, err.where, err.text);
    ck_assert_msg(strcmp(err.expected, failures[_i].expected) == 0 &&
                      strcmp(err.received, failures[_i].received) == 0,
                  "%s: expected %s, received %s", failures[_i].about, err.expected,
                  err.received);
    ck_assert_msg(err.line == failures[_i].line && err.column == failures[_i].column,
                  "%s: line %u, column %u", failures[_i].about, err.line, err.column);
    struct json_value value;
    struct span key;
    ck_assert(!json_reader_value(&reader, &value) && !json_reader_key(&reader, &key) &&
              !json_reader_open(&reader, '[') && !json_reader_finish(&reader));
    free(copy);
    json_reader_release(&reader);
}
END_TEST

/* At every place of a text; strlen would not see it. */
START_TEST(test_a_zero_byte_is_refused_everywhere)
{
    static const char text[] = "{\"a\": [\"b\", 12, true] }";
    for (size_t at = 0; at < sizeof text; at++) {
        struct json_reader reader = {.begin = NULL};
        struct error err = {0};
        char with[sizeof text];
        memcpy(with, text, at);
        with[at] = '\0';
        memcpy(with + at + 1, text + at, sizeof text - 1 - at);
        char *copy = start(&reader, with, sizeof with);
        ck_assert_msg(!skip(&reader, 0) || !json_reader_finish(&reader), "byte %zu", at);
        ck_assert_int_eq(json_reader_error(&reader, &err), STATUS_BAD_JSON);
        bool is_in_word = at > 16 && at < 20; /* the word is wrong, before the byte */
        ck_assert_msg(is_in_word ||
                          strcmp(err.text, "not JSON: there is a zero byte") == 0,
                      "byte %zu: %s", at, err.text);
        ck_assert_uint_eq(err.column, is_in_word ? 17 : at + 1);
        free(copy);
        json_reader_release(&reader);
    }
}
END_TEST

static const struct {
    const char *about, *text, *preview; /* in 15 characters */
} previews[] = {
    {"a string", "\"abc\", 1", "\"abc\""},
    {"a string of the largest length", "\"0123456789abc\"", "\"0123456789abc\""},
    {"a longer one is cut", "\"0123456789abcdef\"", "\"0123456789...\""},
    {"between characters", "\"012345678\u20ac\u20ac\"", "\"012345678...\""},
    {"a number", "-12.5e3,", "-12.5e3"},
    {"a long number", "12345678901234567890", "12345678901..."},
    {"an object", "{\"a\": 1}", "an object"},
    {"an array", "[1]", "an array"},
    {"a control character", "\"a\tb\"", "\"a?b\""},
    {"not UTF-8", "\"a\xff\"", "\"a?\""},
    {"the end", "", "the end of the "},
};

START_TEST(test_values_are_shown)
{
    struct json_reader reader = {.begin = NULL};
    char buffer[16], *copy = start(&reader, previews[_i].text, strlen(previews[_i].text));
    json_reader_preview(&reader, copy, buffer, sizeof buffer);
    ck_assert_msg(strcmp(buffer, previews[_i].preview) == 0, "%s: %s", previews[_i].about,
                  buffer);
    free(copy);
    json_reader_release(&reader);
}
END_TEST

/* A reader that has failed, or that was stopped, reads the next text as a new one does. */
START_TEST(test_a_reader_is_used_again_after_a_failure)
{
    struct json_reader reader = {.begin = NULL};
    struct strbuf wide;
    strbuf_init(&wide, SIZE_MAX);
    write_keys(&wide, 100, 20, -1);
    for (size_t length = 1; length < wide.length;
         length += (size_t)(case_count_is_reduced() ? 130 : 13)) {
        char *copy = start(&reader, wide.bytes, length);
        ck_assert(!skip(&reader, 0));
        free(copy);
        json_reader_init(&reader, wide.bytes, wide.length);
        ck_assert(skip(&reader, 0) && json_reader_finish(&reader));
    }
    strbuf_release(&wide);
    json_reader_release(&reader);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    bool (*again[])(unsigned *) = {failing_malloc_next, failing_malloc_next_from};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "[\"\\n\",");
    for (int i = 0; i < 40; i++)
        strbuf_add(&text, "[");
    write_keys(&text, 100, 20, -1);
    for (int i = 0; i < 41; i++)
        strbuf_add(&text, "]");
    for (unsigned n = 0; again[_i](&n);) {
        struct json_reader reader = {.begin = NULL};
        struct json_value value;
        struct error err = {0};
        json_reader_init(&reader, text.bytes, text.length);
        bool is_good = json_reader_open(&reader, '[') && json_reader_more(&reader, ']') &&
                       json_reader_value(&reader, &value) &&
                       json_reader_more(&reader, ']') && skip(&reader, 0) &&
                       !json_reader_more(&reader, ']') && json_reader_finish(&reader);
        ck_assert(is_good == !failing_malloc_has_failed());
        if (!is_good)
            ck_assert_int_eq(json_reader_error(&reader, &err), STATUS_NO_MEMORY);
        json_reader_release(&reader);
    }
    strbuf_release(&text);
}
END_TEST

Suite *json_reader_suite(void)
{
    Suite *suite = suite_create("json_reader");
    TCase *tc = tcase_create("json_reader");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_strings_are_read_or_refused, 0, COUNT(strings));
    tcase_add_loop_test(tc, test_numbers_have_their_value, 0, COUNT(numbers));
    tcase_add_test(tc, test_numbers_are_rounded_as_strtod_does);
    tcase_add_loop_test(tc, test_long_numbers_are_read, 0, COUNT(long_numbers));
    tcase_add_test(tc, test_long_numbers_in_pieces_are_rounded_as_strtod_does);
    tcase_add_loop_test(tc, test_long_texts_are_refused_at_their_place, 0,
                        COUNT(long_texts));
    tcase_add_test(tc, test_places_in_keys_that_are_not_utf8);
    tcase_add_loop_test(tc, test_keys_are_distinct, 0, COUNT(objects));
    tcase_add_loop_test(tc, test_keys_of_wide_objects_are_distinct, 0, WIDTHS);
    tcase_add_test(tc, test_keys_of_closed_objects_are_forgotten);
    tcase_add_test(tc, test_keys_of_closed_objects_are_not_in_the_way);
    tcase_add_loop_test(tc, test_values_are_skipped_or_refused, 0, COUNT(json_values));
    tcase_add_test(tc, test_a_pause_does_not_read_twice);
    tcase_add_loop_test(tc, test_nesting_is_limited, 0, COUNT(nestings));
    tcase_add_loop_test(tc, test_failures_name_their_place, 0, COUNT(failures));
    tcase_add_loop_test(tc, test_long_keys_with_escapes_are_cut, 0, 12);
    tcase_add_test(tc, test_a_zero_byte_is_refused_everywhere);
    tcase_add_loop_test(tc, test_values_are_shown, 0, COUNT(previews));
    tcase_add_test(tc, test_a_reader_is_used_again_after_a_failure);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}

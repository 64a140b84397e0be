#include "base/strbuf.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/case_count.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

START_TEST(test_quoted_replaces_quotes)
{
    struct strbuf buffer;
    strbuf_init(&buffer, SIZE_MAX);
    strbuf_add(&buffer, "it's ");
    strbuf_quoted(&buffer, "{'%s': %d, 'b': ''}", "a", 7);
    ck_assert_str_eq(buffer.bytes, "it's {\"a\": 7, \"b\": \"\"}");
    strbuf_release(&buffer);
}
END_TEST

START_TEST(test_growing_and_taking_the_bytes)
{
    struct strbuf buffer;
    size_t length;
    strbuf_init(&buffer, SIZE_MAX);
    ck_assert_ptr_null(buffer.bytes);
    for (int i = 0; i < 1000; i++)
        strbuf_printf(&buffer, "%d,", i % 10);
    strbuf_add(&buffer, "end");
    ck_assert_uint_eq(buffer.length, 2003);
    char *bytes = strbuf_take(&buffer, &length);
    ck_assert_uint_eq(length, 2003);
    ck_assert_uint_eq(strlen(bytes), 2003);
    ck_assert_str_eq(bytes + 1998, "9,end");
    ck_assert_ptr_null(buffer.bytes);
    free(bytes);

    bytes =
        strbuf_take(&buffer, &length); /* a buffer to which nothing was added is empty */
    ck_assert_str_eq(bytes, "");
    free(bytes);
}
END_TEST

static const struct {
    const char *about;
    size_t ceiling;
    const char *first, *second, *result;
    bool fails;
} ceilings[] = {
    {"exactly full", 6, "abc", "def", "abcdef", false},
    {"one byte too many", 5, "abc", "def", "abc", true},
    {"the first is already too long", 2, "abc", "d", "", true},
    {"nothing added to a buffer of no bytes", 0, "", "", "", false},
};

START_TEST(test_text_beyond_the_ceiling_fails)
{
    struct strbuf buffer;
    size_t length;
    for (int by_printf = 0; by_printf < 2; by_printf++) {
        strbuf_init(&buffer, ceilings[_i].ceiling);
        strbuf_add(&buffer, ceilings[_i].first);
        if (by_printf)
            strbuf_printf(&buffer, "%s", ceilings[_i].second);
        else
            strbuf_add(&buffer, ceilings[_i].second);
        ck_assert_msg(buffer.has_failed == ceilings[_i].fails, "%s", ceilings[_i].about);
        if (buffer.bytes)
            ck_assert_str_eq(buffer.bytes, ceilings[_i].result);
        char *bytes = strbuf_take(&buffer, &length);
        ck_assert_msg((bytes == NULL) == ceilings[_i].fails, "%s", ceilings[_i].about);
        free(bytes);
    }
}
END_TEST

START_TEST(test_clear_ends_a_failure)
{
    struct strbuf buffer;
    strbuf_init(&buffer, 4);
    strbuf_add(&buffer, "too long");
    strbuf_add(&buffer, "no");
    ck_assert(buffer.has_failed);
    strbuf_clear(&buffer);
    strbuf_add(&buffer, "fine");
    ck_assert(!buffer.has_failed);
    ck_assert_str_eq(buffer.bytes, "fine");
    strbuf_release(&buffer);
    strbuf_release(NULL);
}
END_TEST

static const struct {
    const char *about, *bytes;
    size_t length;
    const char *json;
} strings[] = {
    {"empty", "", 0, "\"\""},
    {"plain", "error logged", 12, "\"error logged\""},
    {"quotes and backslashes", "a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
    {"short escapes", "\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
    {"other controls", "\x01\x1f\x7f", 3, "\"\\u0001\\u001f\\u007f\""},
    {"8-bit escape codes, which move the cursor of a terminal",
     "a\xc2\x80\xc2\x9b\xc2\x9f\u00a0", 9, "\"a\\u0080\\u009b\\u009f\u00a0\""},
    {"marks that change the direction of text", "\u202e\u2069\u200f\u061cx", 12,
     "\"\\u202e\\u2069\\u200f\\u061cx\""},
    {"line and paragraph separators", "\u2027\u2028\u2029", 9,
     "\"\u2027\\u2028\\u2029\""},
    {"a cut character stays as it is", "a\xe2\x80", 3, "\"a\xe2\x80\""},
    {"a zero inside", "a\0b", 3, "\"a\\u0000b\""},
    {"UTF-8 stays as it is", "h\u00e9\U0001F600", 7, "\"h\u00e9\U0001F600\""},
};

START_TEST(test_strings_are_written_as_json)
{
    struct strbuf buffer;
    strbuf_init(&buffer, SIZE_MAX);
    strbuf_json_string(&buffer, strings[_i].bytes, strings[_i].length);
    ck_assert_msg(strcmp(buffer.bytes, strings[_i].json) == 0, "%s: %s",
                  strings[_i].about, buffer.bytes);
    strbuf_release(&buffer);
}
END_TEST

static const struct {
    const char *about;
    float value;
    const char *text;
} floats[] = {
    {"not a number", NAN, "null"},
    {"infinite", -INFINITY, "null"},
    {"zero", 0.0f, "0.0"},
    {"negative zero", -0.0f, "-0.0"},
    {"one", 1.0f, "1.0"},
    {"a half", -0.5f, "-0.5"},
    {"a probability of eight digits", 0.29087248f, "0.29087248"},
    {"one of seven", 0.3896198f, "0.3896198"},
    {"a tenth", 0.1f, "0.1"},
    {"a third", 1.0f / 3, "0.33333334"},
    {"the smallest without an exponent", 1e-5f, "0.00001"},
    {"just below that", 9.999999e-6f, "9.999999e-06"},
    {"one digit, no point", 1e-6f, "1e-06"},
    {"two digits", 1.5e-6f, "1.5e-06"},
    {"2^24", 16777216.0f, "16777216.0"},
    {"zeros before the point", 1e15f, "1000000000000000.0"},
    {"the largest without an exponent", 9.999999e15f, "9999999000000000.0"},
    {"1e16", 1e16f, "1e+16"},
    {"the largest", FLT_MAX, "3.4028235e+38"},
    {"the smallest normal", FLT_MIN, "1.1754944e-38"},
    {"the smallest", FLT_TRUE_MIN, "1e-45"},
    {"a power of two", 0x1p-103f, "9.8607613e-32"},
    {"a power of two whose nearest decimal does not read back", 0x1p-96f,
     "1.2621775e-29"},
    {"another such power", 0x1p87f, "1.5474251e+26"},
    {"digits on both sides", 1234.5678f, "1234.5677"},
};

START_TEST(test_floats_are_written)
{
    struct strbuf buffer;
    strbuf_init(&buffer, SIZE_MAX);
    strbuf_float(&buffer, floats[_i].value);
    ck_assert_msg(strcmp(buffer.bytes, floats[_i].text) == 0, "%s: %s, expected %s",
                  floats[_i].about, buffer.bytes, floats[_i].text);
    strbuf_release(&buffer);
}
END_TEST

/* The number of digits, without the zeros at either end. */
static int digits_in(const char *number)
{
    int count = 0, zeros = 0;
    for (; *number != '\0' && *number != 'e'; number++) {
        if (*number < '0' || *number > '9' || (*number == '0' && count == 0))
            continue;
        zeros = *number == '0' ? zeros + 1 : 0;
        count++;
    }
    return count - zeros;
}

/* Does a decimal of that many digits read back: the nearest, or one of its neighbours? */
static bool can_be_written(float value, int digits)
{
    char text[32];
    snprintf(text, sizeof text, "%.*e", digits - 1, (double)value);
    const char *c = text;
    long nearest = 0;
    for (; *c != 'e'; c++)
        if (*c != '.')
            nearest = nearest * 10 + (*c - '0');
    long exponent = strtol(c + 1, NULL, 10) - digits + 1;
    for (long m = nearest - 1; m <= nearest + 1; m++) {
        snprintf(text, sizeof text, "%lde%ld", m, exponent);
        if (strtof(text, NULL) == value)
            return true;
    }
    return false;
}

static void check_shortest(struct strbuf *buffer, float value)
{
    strbuf_clear(buffer);
    strbuf_float(buffer, value);
    ck_assert_msg(strtof(buffer->bytes, NULL) == value, "%a: %s", (double)value,
                  buffer->bytes);
    int digits = digits_in(buffer->bytes);
    ck_assert_msg(digits == 1 || !can_be_written(value, digits - 1),
                  "%s could be shorter", buffer->bytes);
}

START_TEST(test_float_is_shortest_and_reads_back)
{
    const int count = case_count(40000, 20);
    struct random random;
    struct strbuf buffer;
    random_init(&random, 20, 1);
    strbuf_init(&buffer, SIZE_MAX);
    for (float power = FLT_TRUE_MIN; power <= FLT_MAX; power *= 2)
        check_shortest(&buffer, power);
    for (int i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)random_next(&random) & 0x7FFFFFFF;
        float value;
        memcpy(&value, &bits, sizeof value);
        if (value <= FLT_MAX && value > 0)
            check_shortest(&buffer, value);
        check_shortest(&buffer, 1 - (float)random_unit(&random));
    }
    strbuf_release(&buffer);
}
END_TEST

/* Of the shortest decimals that read back it must be the nearest, which printf gives. */
static void check_nearest(struct strbuf *buffer, float value)
{
    char nearest[32], written[32];
    strbuf_clear(buffer);
    strbuf_float(buffer, value);
    int digits = digits_in(buffer->bytes);
    snprintf(nearest, sizeof nearest, "%.*e", digits - 1, (double)value);
    snprintf(written, sizeof written, "%.*e", digits - 1, strtod(buffer->bytes, NULL));
    bool is_power_of_two = frexpf(value, &(int){0}) == 0.5f;
    if (strcmp(nearest, written) != 0 &&
        !(is_power_of_two && strtof(nearest, NULL) != value))
        ck_abort_msg("%a: %s, but %s is nearer", (double)value, buffer->bytes, nearest);
}

START_TEST(test_probabilities_are_the_nearest_decimals)
{
    const int count = case_count(200000, 20);
    struct random random;
    struct strbuf buffer;
    random_init(&random, 21, 1);
    strbuf_init(&buffer, SIZE_MAX);
    for (float power = 1.0f; power >= 1e-12f; power /= 2) {
        float near[] = {power, nextafterf(power, 0.0f), nextafterf(power, 2.0f)};
        for (int i = 0; i < 3; i++) {
            check_nearest(&buffer, near[i]);
            check_shortest(&buffer, near[i]);
        }
    }
    for (float power = 1e-10f; power < 1.0f; power *= 10) {
        check_nearest(&buffer, power);
        check_shortest(&buffer, power);
    }
    for (int i = 0; i < count; i++) {
        float value = (float)(random_unit(&random) * pow(10.0, -(double)(i % 11)));
        check_nearest(&buffer, value);
        if (i % 10 == 0)
            check_shortest(&buffer, value);
    }
    strbuf_release(&buffer);
}
END_TEST

START_TEST(test_unsigned_numbers_are_written)
{
    struct strbuf buffer;
    strbuf_init(&buffer, SIZE_MAX);
    strbuf_unsigned(&buffer, 0);
    strbuf_add(&buffer, " ");
    strbuf_unsigned(&buffer, 1234567890);
    strbuf_add(&buffer, " ");
    strbuf_unsigned(&buffer, UINT64_MAX);
    ck_assert_str_eq(buffer.bytes, "0 1234567890 18446744073709551615");
    strbuf_release(&buffer);
}
END_TEST

static const struct {
    const char *about;
    double value;
    const char *text;
} doubles[] = {
    {"a whole number", 64, "64"},
    {"a tenth", 0.1, "0.1"},
    {"seventeen digits", 0.1 + 0.2, "0.30000000000000004"},
    {"small", -1e-300, "-1e-300"},
    {"the largest", DBL_MAX, "1.7976931348623157e+308"},
    {"infinite", (double)INFINITY, "null"},
};

START_TEST(test_doubles_are_written)
{
    struct strbuf buffer;
    strbuf_init(&buffer, SIZE_MAX);
    strbuf_double(&buffer, doubles[_i].value);
    ck_assert_msg(strcmp(buffer.bytes, doubles[_i].text) == 0, "%s: %s",
                  doubles[_i].about, buffer.bytes);
    strbuf_release(&buffer);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct strbuf buffer;
        strbuf_init(&buffer, SIZE_MAX);
        for (int i = 0; i < 100; i++) {
            strbuf_printf(&buffer, "%d ", i);
            strbuf_json_string(&buffer, "a\nb", 3);
            strbuf_float(&buffer, 0.25f);
        }
        ck_assert(buffer.has_failed == failing_malloc_has_failed());
        if (buffer.bytes)
            ck_assert_uint_eq(strlen(buffer.bytes), buffer.length);
        strbuf_release(&buffer);
    }
}
END_TEST

Suite *strbuf_suite(void)
{
    Suite *suite = suite_create("strbuf");
    TCase *tc = tcase_create("strbuf");
    tcase_add_test(tc, test_growing_and_taking_the_bytes);
    tcase_add_loop_test(tc, test_text_beyond_the_ceiling_fails, 0, COUNT(ceilings));
    tcase_add_test(tc, test_clear_ends_a_failure);
    tcase_add_test(tc, test_quoted_replaces_quotes);
    tcase_add_loop_test(tc, test_strings_are_written_as_json, 0, COUNT(strings));
    tcase_add_loop_test(tc, test_floats_are_written, 0, COUNT(floats));
    tcase_add_test(tc, test_float_is_shortest_and_reads_back);
    tcase_add_test(tc, test_probabilities_are_the_nearest_decimals);
    tcase_add_test(tc, test_unsigned_numbers_are_written);
    tcase_add_loop_test(tc, test_doubles_are_written, 0, COUNT(doubles));
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

#include "base/strbuf.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/utf8.h"
#include "support/effort.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

START_TEST(test_quoted)
{
    struct strbuf text;

    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "it's ");
    strbuf_quoted(&text, "{'%s': %d, 'b': ''}", "a", 7);
    ck_assert_str_eq(text.bytes, "it's {\"a\": 7, \"b\": \"\"}");
    strbuf_release(&text);
}
END_TEST

START_TEST(test_grows_and_is_handed_over)
{
    struct strbuf text;
    size_t length;
    strbuf_init(&text, SIZE_MAX);
    ck_assert_ptr_null(text.bytes);
    for (int i = 0; i < 1000; i++)
        strbuf_printf(&text, "%d,", i % 10);
    strbuf_add(&text, "end");
    ck_assert_uint_eq(text.length, 2003);
    char *bytes = strbuf_take(&text, &length);
    ck_assert_uint_eq(length, 2003);
    ck_assert_uint_eq(strlen(bytes), 2003);
    ck_assert_str_eq(bytes + 1998, "9,end");
    ck_assert_ptr_null(text.bytes);
    free(bytes);

    bytes = strbuf_take(&text, &length); /* an untouched text is an empty one */
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
    {"the first is too long already", 2, "abc", "d", "", true},
    {"nothing fits nothing", 0, "", "", "", false},
};

START_TEST(test_ceiling)
{
    struct strbuf text;
    size_t length;
    for (int by_printf = 0; by_printf < 2; by_printf++) {
        strbuf_init(&text, ceilings[_i].ceiling);
        strbuf_add(&text, ceilings[_i].first);
        if (by_printf)
            strbuf_printf(&text, "%s", ceilings[_i].second);
        else
            strbuf_add(&text, ceilings[_i].second);
        ck_assert_msg(text.has_failed == ceilings[_i].fails, "%s", ceilings[_i].about);
        if (text.bytes != NULL)
            ck_assert_str_eq(text.bytes, ceilings[_i].result);
        char *bytes = strbuf_take(&text, &length);
        ck_assert_msg((bytes == NULL) == ceilings[_i].fails, "%s", ceilings[_i].about);
        free(bytes);
    }
}
END_TEST

START_TEST(test_clear_forgets_a_failure)
{
    struct strbuf text;
    strbuf_init(&text, 4);
    strbuf_add(&text, "too long");
    strbuf_add(&text, "no");
    ck_assert(text.has_failed);
    strbuf_clear(&text);
    strbuf_add(&text, "fine");
    ck_assert(!text.has_failed);
    ck_assert_str_eq(text.bytes, "fine");
    strbuf_release(&text);
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
    {"other controls", "\x01\x1f\x7f", 3, "\"\\u0001\\u001f\x7f\""},
    {"a zero inside", "a\0b", 3, "\"a\\u0000b\""},
    {"UTF-8 stays as it is", "h\u00e9\U0001F600", 7, "\"h\u00e9\U0001F600\""},
};

START_TEST(test_json_string)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_json_string(&text, strings[_i].bytes, strings[_i].length);
    ck_assert_msg(strcmp(text.bytes, strings[_i].json) == 0, "%s: %s", strings[_i].about,
                  text.bytes);
    strbuf_release(&text);
}
END_TEST

static const struct {
    const char *about;
    float value;
    const char *text;
} floats[] = {
    {"zero", 0.0f, "0.0"},
    {"negative zero", -0.0f, "-0.0"},
    {"one", 1.0f, "1.0"},
    {"a half", -0.5f, "-0.5"},
    {"a probability of eight digits", 0.29087248f, "0.29087248"},
    {"one of seven", 0.3896198f, "0.3896198"},
    {"a tenth", 0.1f, "0.1"},
    {"a third", 1.0f / 3, "0.33333334"},
    {"the smallest that is fixed", 1e-5f, "0.00001"},
    {"just below", 9.999999e-6f, "9.999999e-06"},
    {"one digit, no point", 1e-6f, "1e-06"},
    {"two digits", 1.5e-6f, "1.5e-06"},
    {"2^24", 16777216.0f, "16777216.0"},
    {"zeros before the point", 1e15f, "1000000000000000.0"},
    {"the largest that is fixed", 9.999999e15f, "9999999000000000.0"},
    {"1e16", 1e16f, "1e+16"},
    {"the largest", FLT_MAX, "3.4028235e+38"},
    {"the smallest normal", FLT_MIN, "1.1754944e-38"},
    {"the smallest", FLT_TRUE_MIN, "1e-45"},
    {"a power of two", 0x1p-103f, "9.8607613e-32"},
    {"a power of two whose nearest does not read back", 0x1p-96f, "1.2621775e-29"},
    {"another", 0x1p87f, "1.5474251e+26"},
    {"digits on both sides", 1234.5678f, "1234.5677"},
};

START_TEST(test_float_table)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_float(&text, floats[_i].value);
    ck_assert_msg(strcmp(text.bytes, floats[_i].text) == 0, "%s: %s, expected %s",
                  floats[_i].about, text.bytes, floats[_i].text);
    strbuf_release(&text);
}
END_TEST

/* Significant digits, without the zeros at either end. */
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

/* Does the nearest decimal of that many digits read back, or the one below or above it? */
static bool can_be_written(float value, int digits)
{
    char room[32];
    snprintf(room, sizeof room, "%.*e", digits - 1, (double)value);
    const char *c = room;
    long nearest = 0;
    for (; *c != 'e'; c++)
        if (*c != '.')
            nearest = nearest * 10 + (*c - '0');
    long exponent = strtol(c + 1, NULL, 10) - digits + 1;
    for (long m = nearest - 1; m <= nearest + 1; m++) {
        snprintf(room, sizeof room, "%lde%ld", m, exponent);
        if (strtof(room, NULL) == value)
            return true;
    }
    return false;
}

static void check_shortest(struct strbuf *text, float value)
{
    strbuf_clear(text);
    strbuf_float(text, value);
    ck_assert_msg(strtof(text->bytes, NULL) == value, "%a: %s", (double)value,
                  text->bytes);
    int digits = digits_in(text->bytes);
    ck_assert_msg(digits == 1 || !can_be_written(value, digits - 1),
                  "%s could be shorter", text->bytes);
}

START_TEST(test_float_is_shortest_and_reads_back)
{
    const int count = effort(40000, 20);
    struct random random;
    struct strbuf text;
    random_init(&random, 20, 1);
    strbuf_init(&text, SIZE_MAX);
    for (float power = FLT_TRUE_MIN; power <= FLT_MAX; power *= 2)
        check_shortest(&text, power);
    for (int i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)random_next(&random) & 0x7FFFFFFF;
        float value;
        memcpy(&value, &bits, sizeof value);
        if (value <= FLT_MAX && value > 0)
            check_shortest(&text, value);
        check_shortest(&text, 1 - (float)random_unit(&random));
    }
    strbuf_release(&text);
}
END_TEST

/* Of the shortest ones it is the nearest: the one that printf gives. */
static void check_nearest(struct strbuf *text, float value)
{
    char nearest[32], written[32];
    strbuf_clear(text);
    strbuf_float(text, value);
    int digits = digits_in(text->bytes);
    snprintf(nearest, sizeof nearest, "%.*e", digits - 1, (double)value);
    snprintf(written, sizeof written, "%.*e", digits - 1, strtod(text->bytes, NULL));
    bool is_power_of_two = frexpf(value, &(int){0}) == 0.5f;
    if (strcmp(nearest, written) != 0 &&
        !(is_power_of_two && strtof(nearest, NULL) != value))
        ck_abort_msg("%a: %s, but %s is nearer", (double)value, text->bytes, nearest);
}

START_TEST(test_probabilities_are_the_nearest)
{
    const int count = effort(200000, 20);
    struct random random;
    struct strbuf text;
    random_init(&random, 21, 1);
    strbuf_init(&text, SIZE_MAX);
    for (float power = 1.0f; power >= 1e-12f; power /= 2) {
        float near[] = {power, nextafterf(power, 0.0f), nextafterf(power, 2.0f)};
        for (int i = 0; i < 3; i++) {
            check_nearest(&text, near[i]);
            check_shortest(&text, near[i]);
        }
    }
    for (float power = 1e-10f; power < 1.0f; power *= 10) {
        check_nearest(&text, power);
        check_shortest(&text, power);
    }
    for (int i = 0; i < count; i++) {
        float value = (float)(random_unit(&random) * pow(10.0, -(double)(i % 11)));
        check_nearest(&text, value);
        if (i % 10 == 0)
            check_shortest(&text, value);
    }
    strbuf_release(&text);
}
END_TEST

START_TEST(test_unsigned)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_unsigned(&text, 0);
    strbuf_add(&text, " ");
    strbuf_unsigned(&text, 1234567890);
    strbuf_add(&text, " ");
    strbuf_unsigned(&text, UINT64_MAX);
    ck_assert_str_eq(text.bytes, "0 1234567890 18446744073709551615");
    strbuf_release(&text);
}
END_TEST

static const struct {
    const char *about;
    double value;
    const char *text;
} reals[] = {
    {"a whole number", 64, "64"},
    {"a tenth", 0.1, "0.1"},
    {"seventeen digits", 0.1 + 0.2, "0.30000000000000004"},
    {"small", -1e-300, "-1e-300"},
    {"the largest", DBL_MAX, "1.7976931348623157e+308"},
};

START_TEST(test_real)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_double(&text, reals[_i].value);
    ck_assert_msg(strcmp(text.bytes, reals[_i].text) == 0, "%s: %s", reals[_i].about,
                  text.bytes);
    strbuf_release(&text);
}
END_TEST

START_TEST(test_cut)
{
    static const char word[] = "a\u00e9\u20ac\U0001F600";
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    ck_assert_uint_eq(utf8_cut(word, 10, (size_t)_i), cuts[_i]);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; torture_again(&n);) {
        struct strbuf text;
        strbuf_init(&text, SIZE_MAX);
        for (int i = 0; i < 100; i++) {
            strbuf_printf(&text, "%d ", i);
            strbuf_json_string(&text, "a\nb", 3);
            strbuf_float(&text, 0.25f);
        }
        ck_assert(text.has_failed == torture_has_struck());
        if (text.bytes != NULL)
            ck_assert_uint_eq(strlen(text.bytes), text.length);
        strbuf_release(&text);
    }
}
END_TEST

Suite *text_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *tc = tcase_create("text");
    tcase_add_test(tc, test_grows_and_is_handed_over);
    tcase_add_loop_test(tc, test_ceiling, 0, COUNT(ceilings));
    tcase_add_test(tc, test_clear_forgets_a_failure);
    tcase_add_test(tc, test_quoted);
    tcase_add_loop_test(tc, test_json_string, 0, COUNT(strings));
    tcase_add_loop_test(tc, test_float_table, 0, COUNT(floats));
    tcase_add_test(tc, test_float_is_shortest_and_reads_back);
    tcase_add_test(tc, test_probabilities_are_the_nearest);
    tcase_add_test(tc, test_unsigned);
    tcase_add_loop_test(tc, test_real, 0, COUNT(reals));
    tcase_add_loop_test(tc, test_cut, 0, 12);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

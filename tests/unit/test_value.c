/* What the bytes of a cell mean: blanks, missing marks, truth values, numbers, categories. */
#include "base/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/case_count.h"
#include "unit/suites.h"

/* ---- blanks ---- */

static const struct {
    const char *about, *text, *trimmed;
} blanks[] = {
    {"none", "deploy", "deploy"},
    {"spaces", "  deploy ", "deploy"},
    {"a blank within stays", " error logged ", "error logged"},
    {"tab, carriage return, line feed", "\tdeploy\r\n", "deploy"},
    {"no-break space",
     "\xC2\xA0"
     "deploy\xC2\xA0",
     "deploy"},
    {"byte order mark",
     "\xEF\xBB\xBF"
     "deploy",
     "deploy"},
    {"thin, narrow, ideographic",
     "\xE2\x80\x89\xE2\x80\xAF"
     "deploy\xE3\x80\x80",
     "deploy"},
    {"zero width space", "deploy\xE2\x80\x8B", "deploy"},
    {"only blanks", " \xC2\xA0\t", ""},
    {"nothing", "", ""},
    {"half a character", "deploy\xA0", "deploy\xA0"},
    {"another character that ends like one", "caf\xC3\xA0", "caf\xC3\xA0"},
    {"a dash of the same block", "\xE2\x80\x93", "\xE2\x80\x93"},
};

START_TEST(test_blanks_around_a_text_are_left_out)
{
    size_t length = strlen(blanks[_i].text);
    const char *text = value_trim(blanks[_i].text, &length);
    ck_assert_msg(length == strlen(blanks[_i].trimmed) &&
                      memcmp(text, blanks[_i].trimmed, length) == 0,
                  "%s: %.*s", blanks[_i].about, (int)length, text);
}
END_TEST

/* ---- missing ---- */

static const char *const missing[] = {
    "",       " ",    "\xC2\xA0", "NULL", "null",  "Null",   " NULL ", "NaN",
    "nan",    "NAN",  "NA",       "N/A",  "n/a",   "#N/A",   "\\N",    "?",
    "-",      "--",   "nil",      "Nil",  "none",  "None",   "NONE",   "NaT",
    "(null)", "<NA>", "<null>",   "-nan", "(nil)", "<none>", "- ",     "#n/a",
};

START_TEST(test_usual_marks_are_missing)
{
    ck_assert_msg(value_is_missing(missing[_i], strlen(missing[_i])), "\"%s\"",
                  missing[_i]);
}
END_TEST

static const char *const present[] = {
    "na",      "Na",        "nA",      "n.a.",  "\\n",   "0",     "0.0", "false",
    "unknown", "undefined", "missing", "NULLs", "nulls", "a",     ".",   "---",
    "#REF!",   "#VALUE!",   "no",      "nope",  "-1",    "??",    "N",   "\\",
    "<a>",     "(none)",    "non",     "nann",  "<",     "NULL0",
};

START_TEST(test_other_texts_are_not_missing)
{
    ck_assert_msg(!value_is_missing(present[_i], strlen(present[_i])), "\"%s\"",
                  present[_i]);
}
END_TEST

START_TEST(test_a_nul_byte_is_no_mark)
{
    ck_assert(!value_is_missing("\0", 1));
    ck_assert(!value_is_missing("NULL\0", 5));
    ck_assert(!value_is_missing("NA\0", 3));
}
END_TEST

/* ---- truth values ---- */

static const struct {
    const char *text;
    int value; /* -1: none */
} booleans[] = {
    {"true", 1},  {"True", 1},  {"TRUE", 1},   {"false", 0},
    {"False", 0}, {"FALSE", 0}, {" TRUE ", 1}, {"tRUE", -1},
    {"t", -1},    {"yes", -1},  {"1", -1},     {"0", -1},
    {"", -1},     {"on", -1},   {"true.", -1}, {"truefalse", -1},
};

START_TEST(test_truth_values)
{
    bool value = false;
    const char *text = booleans[_i].text;
    bool is_boolean = value_boolean(text, strlen(text), &value);
    ck_assert_msg(is_boolean == (booleans[_i].value >= 0), "%s", text);
    ck_assert_msg(!is_boolean || value == (booleans[_i].value == 1), "%s", text);
}
END_TEST

/* ---- numbers ---- */

static const struct {
    const char *text;
    enum decimal_mark mark;
    double number;
} numbers[] = {
    {"0", DECIMAL_POINT, 0},
    {"-0", DECIMAL_POINT, -0.0},
    {"412", DECIMAL_POINT, 412},
    {"-12.5", DECIMAL_POINT, -12.5},
    {".5", DECIMAL_POINT, .5},
    {"-.5", DECIMAL_POINT, -.5},
    {"5.", DECIMAL_POINT, 5},
    {"1e-3", DECIMAL_POINT, 1e-3},
    {"1E+3", DECIMAL_POINT, 1000},
    {" 12 ", DECIMAL_POINT, 12},
    {"\xC2\xA0"
     "12",
     DECIMAL_POINT, 12},
    {"0.1", DECIMAL_POINT, 0.1},
    {"9007199254740993", DECIMAL_POINT, 9007199254740992.0},
    {"123456789012345678901234567890", DECIMAL_POINT, 123456789012345678901234567890.0},
    {"1e308", DECIMAL_POINT, 1e308},
    {"1e-400", DECIMAL_POINT, 0},
    {"0e99999999", DECIMAL_POINT, 0},
    {"4.9e-324", DECIMAL_POINT, 4.9e-324},
    {"26,5", DECIMAL_COMMA, 26.5},
    {"-26,05", DECIMAL_COMMA, -26.05},
    {"26.5", DECIMAL_COMMA, 26.5},
    {"26", DECIMAL_COMMA, 26},
    {",5", DECIMAL_COMMA, .5},
};

START_TEST(test_numbers_are_read)
{
    double number = 42;
    const char *text = numbers[_i].text;
    ck_assert_msg(value_number(text, strlen(text), numbers[_i].mark, &number), "%s",
                  text);
    ck_assert_msg(number == numbers[_i].number &&
                      signbit(number) == signbit(numbers[_i].number),
                  "%s: %g", text, number);
}
END_TEST

static const struct {
    const char *about, *text, *hint;
} refused[] = {
    {"decimal comma", "26,0", "has a decimal comma"},
    {"or thousands", "1,234", "has a decimal comma, or a separator of thousands"},
    {"thousands", "1,234,567", "has separators of thousands"},
    {"thousands and a fraction", "1,234.5", "has separators of thousands"},
    {"German", "1.234,5", "has separators of thousands"},
    {"German, of millions", "1.234.567", "has separators of thousands"},
    {"French", "1 234,5", "has separators of thousands"},
    {"Swiss", "1'234'567", "has separators of thousands"},
    {"a unit", "412 ms", "has the unit \"ms\""},
    {"a unit without a blank", "412ms", "has the unit \"ms\""},
    {"per cent", "95%", "has the unit \"%\""},
    {"a decimal comma and a unit", "95,5 %", "has the unit \"%\""},
    {"thousands and a unit", "1,234 kB", "has the unit \"kB\""},
    {"currency after", "12 EUR", "has the unit \"EUR\""},
    {"currency before", "$12.50", "has \"$\" before the number"},
    {"euro", "\xE2\x82\xAC 12", "has \"\xE2\x82\xAC\" before the number"},
    {"less than", "<5", "has \"<\" before the number"},
    {"about", "~5", "has \"~\" before the number"},
    {"a code", "007", "has leading zeros, as a code has"},
    {"a negative code", "-01.5", "has leading zeros, as a code has"},
    {"a plus sign", "+5", "has a plus sign"},
    {"out of range", "1e400", "is out of range"},
    {"hexadecimal", "0x1F", "is hexadecimal"},
    {"infinite", "inf", "is infinite"},
    {"minus infinite", "-Infinity", "is infinite"},
    {"a sign of typography",
     "\xE2\x88\x92"
     "5",
     "has another minus sign than \"-\""},
    {"an accountant's", "(5.00)", "is in parentheses, which may mean a minus"},
    {"a truth value", "TRUE", "is a truth value"},
    {"a word", "high", ""},
    {"a date", "2026-11-22", ""},
    {"an address", "10.0.0.1", ""},
    {"two numbers", "1-2", ""},
    {"a version", "v1.2", ""},
    {"a mark", "n.a.", ""},
    {"missing", "NULL", ""},
    {"nothing", "", ""},
    {"a sign", "-", ""},
    {"a point", ".", ""},
    {"an exponent", "e5", ""},
    {"half an exponent", "1e", "has the unit \"e\""},
    {"two points", "1..2", ""},
    {"two signs", "--5", ""},
};

START_TEST(test_what_is_no_number_is_explained)
{
    double number = 42;
    char hint[VALUE_HINT_SIZE];
    const char *text = refused[_i].text;
    ck_assert_msg(!value_number(text, strlen(text), DECIMAL_POINT, &number), "%s",
                  refused[_i].about);
    ck_assert(number == 42);
    value_number_explain(text, strlen(text), hint);
    ck_assert_msg(strcmp(hint, refused[_i].hint) == 0, "%s: %s", refused[_i].about, hint);
}
END_TEST

START_TEST(test_every_double_is_read_back)
{
    const int count = case_count(100000, 50);
    struct random random;
    random_init(&random, 3, 0);
    for (int i = 0; i < count; i++) {
        uint64_t bits = random_below(&random, UINT64_MAX);
        double number, again;
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number))
            continue;
        char text[64];
        int length = snprintf(text, sizeof text, i % 2 ? "%.17g" : "%.3f",
                              i % 2 ? number : i / 7.0);
        /* 1e+300 has no leading zeros; %.17g writes none */
        ck_assert_msg(value_number(text, (size_t)length, DECIMAL_POINT, &again), "%s",
                      text);
        ck_assert_msg(again == strtod(text, NULL), "%s", text);
    }
}
END_TEST

START_TEST(test_very_long_numbers)
{
    char text[3000];
    double number;
    memset(text, '1', sizeof text);
    ck_assert(!value_number(text, sizeof text, DECIMAL_POINT, &number));
    memset(text, '0', sizeof text);
    text[1] = '.';
    ck_assert(value_number(text, 1000, DECIMAL_POINT, &number));
    ck_assert(number == 0);
    memset(text + 2, '3', sizeof text - 2);
    ck_assert(value_number(text, 900, DECIMAL_POINT, &number));
    ck_assert(number == 1.0 / 3);
    char hint[VALUE_HINT_SIZE];
    value_number_explain(text, sizeof text, hint);
    ck_assert_str_eq(hint, "is out of range");
}
END_TEST

/* ---- categories ---- */

static const struct {
    const char *text, *category; /* NULL: its own bytes */
} categories[] = {
    {"40", "40"},
    {"40.0", "40"},
    {"4e1", "40"},
    {" 40 ", "40"},
    {"400e-1", "40"},
    {"-3", "-3"},
    {"0", "0"},
    {"-0", "0"},
    {"-0.0", "0"},
    {"9007199254740992", "9007199254740992"},
    {"-9007199254740992.0", "-9007199254740992"},
    {"9007199254740994", NULL},
    {"40.5", NULL},
    {"007", NULL},
    {"+40", NULL},
    {"40,0", NULL},
    {"web", NULL},
    {"1e400", NULL},
    {"", NULL},
};

START_TEST(test_whole_numbers_are_one_category)
{
    char category[VALUE_CATEGORY_SIZE];
    size_t length = 0;
    const char *text = categories[_i].text;
    bool is_number = value_category(text, strlen(text), category, &length);
    ck_assert_msg(is_number == (categories[_i].category != NULL), "%s", text);
    ck_assert_msg(!is_number || (length == strlen(categories[_i].category) &&
                                 strcmp(category, categories[_i].category) == 0),
                  "%s: %s", text, category);
}
END_TEST

static const struct {
    const char *about, *text;
    const char *unit; /* NULL: it is no measure */
} measures[] = {
    {"a unit", "412 ms", "ms"},
    {"a unit without a blank", "412ms", "ms"},
    {"a fraction and a unit", "-0.5 %", "%"},
    {"a decimal comma and a unit", "95,5 %", "%"},
    {"a rate", "12 req/s", "req/s"},
    {"a unit with a point", "12 sec.", "sec."},
    {"a blank of no width", "12\xE2\x80\x8A%", "%"},
    {"a currency before", "$5.20", "$"},
    {"a currency after", "5.20 \xE2\x82\xAC", "\xE2\x82\xAC"},
    {"less than", "<0.1", "<"},
    {"at least", ">= 10", ">="},
    {"thousands", "1,234,567", ""},
    {"thousands and a unit", "1,234 kB", "kB"},
    {"a duration", "1h 20m", ""},
    {"a duration of ISO 8601", "PT1H20M", ""},
    {"a duration in days", "2 days 3 hours", NULL}, /* letters that are no unit of time */
    {"a number", "412", NULL},
    {"a decimal comma", "0,5", NULL},
    {"a code", "007", NULL},
    {"letters first", "P1", NULL},
    {"letters only", "PT", NULL},
    {"a date", "2026-11-22", NULL},
    {"a time of day, or a duration", "10:04:00", ""},
    {"minutes and seconds", "8:23", ""},
    {"a duration with a fraction", "1m 503.3s", ""},
    {"one number with a fraction", "503.3s", "s"},
    {"thousands with points", "5.033,00", ""},
    {"thousands with a typographic apostrophe",
     "5\xE2\x80\x99"
     "033.0",
     ""},
    {"thousands with a narrow blank",
     "5\xE2\x80\xAF"
     "033",
     ""},
    {"digits of full width", "\xEF\xBC\x95\xEF\xBC\x90\xEF\xBC\x8E\xEF\xBC\x93", ""},
    {"a formula", "=\"503.3\"", ""},
    {"the apostrophe of a spreadsheet", "'503.3", "'"},
    {"a plus sign", "+0.2", "+"},
    {"a minus sign of Unicode",
     "\xE2\x88\x92"
     "0.2",
     "\xE2\x88\x92"},
    {"hexadecimal", "0x1F7", ""},
    {"a ratio", "1:2", NULL},
    {"a day and a month", "20. Mai", NULL},
    {"a formula with a text", "=\"SIG-1\"", NULL},
    {"a version", "1.2.3", NULL},
    {"an address", "10.0.0.1", NULL},
    {"a range", "1-2", NULL},
    {"a fraction of two numbers", "1/2", NULL},
    {"a number in a text", "5xx above 5 %", NULL},
    {"a long text", "12 of the servers did not answer in time", NULL},
    {"a sign and a unit", "<5 ms", NULL},
    {"characters of full width", "\xEF\xBC\xA1", NULL},
    {"nothing", "", NULL},
};

START_TEST(test_numbers_with_a_unit_are_measures)
{
    const char *unit, *expected = measures[_i].unit, *text = measures[_i].text;
    size_t length;
    bool is_measure = value_measure(text, strlen(text), &unit, &length);
    ck_assert_msg(is_measure == (expected != NULL), "%s: %s", measures[_i].about, text);
    ck_assert_msg(!expected ||
                      (length == strlen(expected) && memcmp(unit, expected, length) == 0),
                  "%s: \"%.*s\"", measures[_i].about, (int)length, unit);
}
END_TEST

Suite *value_suite(void)
{
    Suite *suite = suite_create("value");
    TCase *tc = tcase_create("value");
    tcase_add_loop_test(tc, test_blanks_around_a_text_are_left_out, 0, COUNT(blanks));
    tcase_add_loop_test(tc, test_usual_marks_are_missing, 0, COUNT(missing));
    tcase_add_loop_test(tc, test_other_texts_are_not_missing, 0, COUNT(present));
    tcase_add_test(tc, test_a_nul_byte_is_no_mark);
    tcase_add_loop_test(tc, test_truth_values, 0, COUNT(booleans));
    tcase_add_loop_test(tc, test_numbers_are_read, 0, COUNT(numbers));
    tcase_add_loop_test(tc, test_what_is_no_number_is_explained, 0, COUNT(refused));
    tcase_add_test(tc, test_every_double_is_read_back);
    tcase_add_test(tc, test_very_long_numbers);
    tcase_add_loop_test(tc, test_whole_numbers_are_one_category, 0, COUNT(categories));
    tcase_add_loop_test(tc, test_numbers_with_a_unit_are_measures, 0, COUNT(measures));
    suite_add_tcase(suite, tc);
    return suite;
}

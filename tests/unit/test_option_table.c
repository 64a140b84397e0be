#include "base/option_table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/failing_malloc.h"
#include "unit/option_table_example.h"
#include "unit/suites.h"

static struct settings settings;
static struct arena arena;
static unsigned char sources[COUNT(table)];
static struct option_table set = {"Settings", table, &settings, &arena, sources};

static void set_up(void)
{
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(option_table_default(&set, NULL), STATUS_OK);
}

static void tear_down(void)
{
    arena_release(&arena);
}

static void check_written(const char *about, const char *expected)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_write_json(table, &settings, &text);
    ck_assert_msg(strcmp(text.bytes, expected) == 0, "%s: %s", about, text.bytes);
    strbuf_release(&text);
}

#define DEFAULTS                                                                         \
    "{\"warm\": true, \"quiet\": false, \"hidden\": 64, \"cell\": \"gru\", "             \
    "\"body_limit\": 8388608, \"rate\": 0.001, \"listen\": \"127.0.0.1:8080\", "         \
    "\"o\": \"\"}"

START_TEST(test_defaults)
{
    ck_assert_uint_eq(option_table_count(table), 8);
    check_written("defaults", DEFAULTS);
}
END_TEST

/* Every value as text; expected is NULL where it is good. */
static const struct {
    const char *about, *name, *value, *written, *expected;
} values[] = {
    {"true", "quiet", "true", "true", NULL},
    {"one is true", "quiet", "1", "true", NULL},
    {"zero is false", "warm", "0", "false", NULL},
    {"yes is not true", "quiet", "yes", NULL, "true or false"},
    {"the smallest", "hidden", "1", "1", NULL},
    {"the largest", "hidden", "4096", "4096", NULL},
    {"leading zeros", "hidden", "0064", "64", NULL},
    {"too small", "hidden", "0", NULL, "a whole number from 1 to 4096"},
    {"too large", "hidden", "4097", NULL, "a whole number from 1 to 4096"},
    {"more than 64 bits", "hidden", "18446744073709551616", NULL,
     "a whole number from 1 to 4096"},
    {"a plus", "hidden", "+5", NULL, "a whole number from 1 to 4096"},
    {"a minus", "hidden", "-5", NULL, "a whole number from 1 to 4096"},
    {"a leading space", "hidden", " 5", NULL, "a whole number from 1 to 4096"},
    {"a trailing space", "hidden", "5 ", NULL, "a whole number from 1 to 4096"},
    {"a fraction", "hidden", "5.0", NULL, "a whole number from 1 to 4096"},
    {"nothing", "hidden", "", NULL, "a whole number from 1 to 4096"},
    {"no suffix for 32 bits", "hidden", "1K", NULL, "a whole number from 1 to 4096"},
    {"kibibytes", "body-limit", "3K", "3072", NULL},
    {"gibibytes", "body-limit", "2G", "2147483648", NULL},
    {"a suffix that overflows", "body-limit", "99999999999999G", NULL,
     "a whole number from 0 to 1099511627776"},
    {"two suffixes", "body-limit", "1KK", NULL, "a whole number from 0 to 1099511627776"},
    {"a number", "rate", "0.25", "0.25", NULL},
    {"an exponent", "rate", "1e-3", "0.001", NULL},
    {"a whole number will do", "rate", "1", "1", NULL},
    {"infinity", "rate", "inf", NULL, "a number from 0 to 1"},
    {"too large for a double", "rate", "1e999", NULL, "a number from 0 to 1"},
    {"no number", "rate", "nan", NULL, "a number from 0 to 1"},
    {"hexadecimal", "rate", "0x1", NULL, "a number from 0 to 1"},
    {"a point alone", "rate", ".", NULL, "a number from 0 to 1"},
    {"garbage behind", "rate", "0.5e", NULL, "a number from 0 to 1"},
    {"out of bounds", "rate", "-0.1", NULL, "a number from 0 to 1"},
    {"a choice", "cell", "rnn", "\"rnn\"", NULL},
    {"no such choice", "cell", "grux", NULL, "one of rnn, lstm, gru"},
    {"letters matter", "cell", "GRU", NULL, "one of rnn, lstm, gru"},
    {"any text", "listen", "a \"b\"", "\"a \\\"b\\\"\"", NULL},
    {"an empty text", "listen", "", "\"\"", NULL},
};

START_TEST(test_values)
{
    const struct option_def *field = find(values[_i].name);
    struct error err = {.status = STATUS_OK};
    enum status status =
        option_table_set(&set, field, values[_i].value, SOURCE_FLAG, &err);
    if (values[_i].expected != NULL) {
        ck_assert_msg(status == STATUS_BAD_OPTION, "%s", values[_i].about);
        ck_assert_str_eq(err.expected, values[_i].expected);
        ck_assert_str_eq(err.received, values[_i].value);
        ck_assert(strncmp(err.where, "--", 2) == 0);
        ck_assert_str_eq(err.where + 2, values[_i].name);
        check_written(values[_i].about, DEFAULTS);
        return;
    }
    ck_assert_msg(status == STATUS_OK, "%s: %s", values[_i].about, err.text);
    struct option_def one[] = {*field, {.name = NULL}};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_write_json(one, &settings, &text);
    ck_assert_msg(strstr(text.bytes, values[_i].written) != NULL, "%s: %s",
                  values[_i].about, text.bytes);
    strbuf_release(&text);
}
END_TEST

static const struct {
    const char *about, *json, *where, *text;
} objects[] = {
    {"nothing changes nothing", "{}", NULL, DEFAULTS},
    {"one of each kind",
     "{\"warm\": false, \"quiet\": true, \"hidden\": 7, \"cell\": \"rnn\", "
     "\"body_limit\": 5, \"rate\": 1, \"listen\": \"x\", \"o\": \"y\"}",
     NULL,
     "{\"warm\": false, \"quiet\": true, \"hidden\": 7, \"cell\": \"rnn\", "
     "\"body_limit\": 5, \"rate\": 1, \"listen\": \"x\", \"o\": \"y\"}"},
    {"no object", "[]", "/network", "expected an object, received an array"},
    {"an unknown key", "{\"hiden\": 1}", "/network/hiden", "unknown setting"},
    {"a key with dashes", "{\"body-limit\": 1}", "/network/body-limit",
     "unknown setting"},
    {"a key with a slash", "{\"a/b\": 1}", "/network/a~1b", "unknown setting"},
    {"text for a number", "{\"hidden\": \"64\"}", "/network/hidden",
     "expected a whole number from 1 to 4096, received \"64\""},
    {"a fraction for a whole number", "{\"hidden\": 64.5}", "/network/hidden",
     "expected a whole number from 1 to 4096, received 64.5"},
    {"a negative number", "{\"hidden\": -1}", "/network/hidden",
     "expected a whole number from 1 to 4096, received -1"},
    {"a number for a switch", "{\"warm\": 1}", "/network/warm",
     "expected true or false, received 1"},
    {"null", "{\"rate\": null}", "/network/rate",
     "expected a number from 0 to 1, received null"},
    {"no such choice", "{\"cell\": \"gpu\"}", "/network/cell",
     "expected one of rnn, lstm, gru, received \"gpu\""},
    {"a number for a choice", "{\"cell\": 2}", "/network/cell",
     "expected one of rnn, lstm, gru, received 2"},
    {"an array for a text", "{\"listen\": []}", "/network/listen",
     "expected a string, received an array"},
};

START_TEST(test_json)
{
    struct error err = {.status = STATUS_OK};
    json_t *object = json_read(objects[_i].json, strlen(objects[_i].json), NULL);
    enum status status = option_table_read_json(&set, object, "/network", &err);
    json_decref(object);
    if (objects[_i].where == NULL) {
        ck_assert_msg(status == STATUS_OK, "%s: %s", objects[_i].about, err.text);
        check_written(objects[_i].about, objects[_i].text);
        return;
    }
    ck_assert_msg(status == STATUS_BAD_OPTION, "%s", objects[_i].about);
    ck_assert_str_eq(err.where, objects[_i].where);
    ck_assert_msg(strcmp(err.text, objects[_i].text) == 0, "%s: %s", objects[_i].about,
                  err.text);
}
END_TEST

START_TEST(test_environment)
{
    struct error err = {.status = STATUS_OK};
    setenv("UNIT_HIDDEN", "7", 1);
    setenv("UNIT_BODY_LIMIT", "1K", 1);
    ck_assert_int_eq(option_table_read_environment(&set, "UNIT_", &err), STATUS_OK);
    ck_assert_uint_eq(settings.hidden, 7);
    ck_assert_uint_eq(settings.body_limit, 1024);

    setenv("UNIT_HIDDEN", "many", 1);
    ck_assert_int_eq(option_table_read_environment(&set, "UNIT_", &err),
                     STATUS_BAD_OPTION);
    ck_assert_str_eq(err.where, "UNIT_HIDDEN");
    ck_assert_str_eq(err.received, "many");
    ck_assert_str_eq(err.text,
                     "expected a whole number from 1 to 4096, received \"many\"");
    unsetenv("UNIT_HIDDEN");
    unsetenv("UNIT_BODY_LIMIT");
}
END_TEST

enum { MOST = 8 };

static const struct {
    const char *about;
    const char *arguments[MOST];
    const char *rest;  /* joined by commas */
    const char *where; /* of the complaint, NULL if there is none */
    const char *text;  /* of the complaint, or the settings written */
} lines[] = {
    {"nothing", {NULL}, "", NULL, DEFAULTS},
    {"what is no flag is left",
     {"train", "-", "--quiet", "data", "--no-quiet"},
     "train,-,data",
     NULL,
     DEFAULTS},
    {"both ways to give a value",
     {"--hidden", "7", "--rate=0.5", "--no-warm", "-o", "out", "--cell=rnn"},
     "",
     NULL,
     "{\"warm\": false, \"quiet\": false, \"hidden\": 7, \"cell\": \"rnn\", "
     "\"body_limit\": 8388608, \"rate\": 0.5, \"listen\": \"127.0.0.1:8080\", "
     "\"o\": \"out\"}"},
    {"values may be empty, begin with a dash, contain an equals sign",
     {"--listen=", "-o", "--x=y", "--quiet"},
     "",
     NULL,
     "{\"warm\": true, \"quiet\": true, \"hidden\": 64, \"cell\": \"gru\", "
     "\"body_limit\": 8388608, \"rate\": 0.001, \"listen\": \"\", \"o\": \"--x=y\"}"},
    {"a short flag with its value attached, and flags end",
     {"-oout", "--", "--hidden", "--", "-o"},
     "--hidden,--,-o",
     NULL,
     "{\"warm\": true, \"quiet\": false, \"hidden\": 64, \"cell\": \"gru\", "
     "\"body_limit\": 8388608, \"rate\": 0.001, \"listen\": \"127.0.0.1:8080\", "
     "\"o\": \"out\"}"},
    {"an unknown flag", {"--hiden=7"}, "", "--hiden", "unknown option"},
    {"a beginning is not enough", {"--hid=7"}, "", "--hid", "unknown option"},
    {"one dash too few", {"-hidden"}, "", "-hidden", "unknown option"},
    {"one dash too many", {"--o=x"}, "", "--o", "unknown option"},
    {"only switches have a no", {"--no-hidden"}, "", "--no-hidden", "unknown option"},
    {"a value is missing", {"--hidden"}, "", "--hidden", "needs a value"},
    {"a value too many",
     {"--quiet=yes"},
     "",
     "--quiet",
     "takes no value, received \"yes\""},
    {"a wrong value",
     {"--hidden=0"},
     "",
     "--hidden",
     "expected a whole number from 1 to 4096, received \"0\""},
};

START_TEST(test_arguments)
{
    static char program[] = "triage";
    char *argv[MOST + 1] = {program}, joined[128] = "";
    const char *rest[MOST + 1];
    int argc = 1;
    for (; lines[_i].arguments[argc - 1] != NULL; argc++)
        argv[argc] = strdup(lines[_i].arguments[argc - 1]);

    size_t count;
    struct error err = {.status = STATUS_OK};
    enum status status =
        option_table_read_arguments(&set, 1, argc, argv, rest, &count, &err);
    for (size_t i = 0, used = 0; i < count; i++)
        used += (size_t)snprintf(joined + used, sizeof joined - used, "%s%s",
                                 i > 0 ? "," : "", rest[i]);
    ck_assert_str_eq(joined, lines[_i].rest);
    if (lines[_i].where == NULL) {
        ck_assert_msg(status == STATUS_OK, "%s: %s", lines[_i].about, err.text);
        check_written(lines[_i].about, lines[_i].text);
    } else {
        ck_assert_msg(status == STATUS_BAD_OPTION, "%s", lines[_i].about);
        ck_assert_str_eq(err.where, lines[_i].where);
        ck_assert_str_eq(err.text, lines[_i].text);
    }
    while (--argc > 0) {
        ck_assert_str_eq(argv[argc], lines[_i].arguments[argc - 1]);
        free(argv[argc]);
    }
}
END_TEST

START_TEST(test_a_stronger_source_wins_in_any_order)
{
    const struct option_def *hidden = find("hidden");
    ck_assert_int_eq(option_table_set(&set, hidden, "3", SOURCE_FLAG, NULL), STATUS_OK);
    ck_assert_int_eq(option_table_set(&set, hidden, "2", SOURCE_ENVIRONMENT, NULL),
                     STATUS_OK);
    ck_assert_int_eq(option_table_set(&set, hidden, "x", SOURCE_FILE, NULL),
                     STATUS_BAD_OPTION);
    ck_assert_uint_eq(settings.hidden, 3);
    ck_assert_int_eq(option_table_set(&set, hidden, "4", SOURCE_FLAG, NULL), STATUS_OK);
    ck_assert_uint_eq(settings.hidden, 4);
    ck_assert_int_eq(option_table_default(&set, NULL), STATUS_OK);
    ck_assert_uint_eq(settings.hidden, 64);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; torture_again_from(&n);) {
        struct arena own;
        struct error err = {.status = STATUS_OK};
        arena_init(&own, SIZE_MAX);
        struct option_table torn = {"", table, &settings, &own, NULL};
        enum status status = option_table_default(&torn, &err);
        ck_assert_int_eq(status, torture_has_struck() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&own);
    }
}
END_TEST

Suite *fields_suite(void)
{
    Suite *suite = suite_create("fields");
    TCase *tc = tcase_create("fields");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_defaults);
    tcase_add_loop_test(tc, test_values, 0, COUNT(values));
    tcase_add_loop_test(tc, test_json, 0, COUNT(objects));
    tcase_add_test(tc, test_environment);
    tcase_add_loop_test(tc, test_arguments, 0, COUNT(lines));
    tcase_add_test(tc, test_a_stronger_source_wins_in_any_order);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

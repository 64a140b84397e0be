#include "base/option_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

/* A struct of settings with an option of every kind. */
struct settings {
    bool warm, quiet, help;
    uint32_t hidden, cell;
    uint64_t body_limit, cache;
    uint32_t pause_ms;
    double rate;
    const char *listen, *output;
};

static const char *const cells[] = {"rnn", "lstm", "gru", NULL};

#define OFFSET(member) offsetof(struct settings, member)

/* clang-format off */
static const struct option_def options[] = {
    {.name = "warm", .kind = OPTION_SWITCH, .offset = OFFSET(warm), .default_text = "true",
     .help = "load the model first"},
    {.name = "quiet", .kind = OPTION_SWITCH, .offset = OFFSET(quiet), .default_text = "false",
     .help = "print less"},
    {.name = "hidden", .kind = OPTION_U32, .offset = OFFSET(hidden), .default_text = "64",
     .min = 1, .max = 4096, .help = "units in each layer"},
    {.name = "cell", .kind = OPTION_CHOICE, .offset = OFFSET(cell), .default_text = "gru",
     .choices = cells, .help = "kind of recurrence"},
    {.name = "body-limit", .kind = OPTION_U64, .offset = OFFSET(body_limit), .default_text = "8M",
     .max = 0x1p40, .help = "largest body"},
    {.name = "rate", .kind = OPTION_REAL, .offset = OFFSET(rate), .default_text = "0.001",
     .max = 1, .help = "learning rate"},
    {.name = "listen", .kind = OPTION_TEXT, .offset = OFFSET(listen),
     .default_text = "127.0.0.1:8080", .value_name = "ADDRESS", .help = "address"},
    {.name = "o", .kind = OPTION_TEXT, .offset = OFFSET(output), .default_text = "",
     .help = "the file to write"},
    {.name = "cache", .kind = OPTION_BYTES, .offset = OFFSET(cache), .default_text = "64K",
     .max = 0x1p44, .help = "bytes of the cache"},
    {.name = "pause-ms", .kind = OPTION_MS, .offset = OFFSET(pause_ms), .default_text = "500",
     .max = 86400000, .help = "time between two runs"},
    {.name = "help", .letter = 'h', .kind = OPTION_SWITCH, .offset = OFFSET(help),
     .default_text = "false", .is_outside_files = true, .help = "print this"},
    {.name = NULL},
};
/* clang-format on */

static const struct option_def *find(const char *name)
{
    const struct option_def *option = options;
    while (strcmp(option->name, name) != 0)
        option++;
    return option;
}

static struct settings settings;
static struct arena arena;
static unsigned char sources[COUNT(options)];
static struct option_table table = {.title = "Settings",
                                    .options = options,
                                    .values = &settings,
                                    .arena = &arena,
                                    .sources = sources};

static void set_up(void)
{
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(option_table_set_defaults(&table, NULL), STATUS_OK);
}

static void tear_down(void)
{
    arena_release(&arena);
}

static void check_written(const char *about, const char *expected)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_write_json(options, &settings, &text);
    ck_assert_msg(strcmp(text.bytes, expected) == 0, "%s: %s", about, text.bytes);
    strbuf_release(&text);
}

/* The options that most cases do not set. */
#define TAIL ", \"cache\": 65536, \"pause_ms\": 500, \"help\": false}"

#define DEFAULTS                                                                         \
    "{\"warm\": true, \"quiet\": false, \"hidden\": 64, \"cell\": \"gru\", "             \
    "\"body_limit\": 8388608, \"rate\": 0.001, \"listen\": \"127.0.0.1:8080\", "         \
    "\"o\": \"\"" TAIL

START_TEST(test_defaults_are_set)
{
    ck_assert_uint_eq(option_table_count(options), 11);
    check_written("defaults", DEFAULTS);
}
END_TEST

/* Values as text; expected is NULL where the value is accepted. */
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
    {"a small letter as the suffix", "body-limit", "3k", "3072", NULL},
    {"a plain size", "cache", "12", "12", NULL},
    {"a size in bytes", "cache", "12B", "12", NULL},
    {"kibibytes with K", "cache", "64k", "65536", NULL},
    {"kibibytes with KiB", "cache", "2KiB", "2048", NULL},
    {"kilobytes", "cache", "2kB", "2000", NULL},
    {"mebibytes with M", "cache", "8M", "8388608", NULL},
    {"mebibytes with MiB", "cache", "8MiB", "8388608", NULL},
    {"in small letters", "cache", "8mib", "8388608", NULL},
    {"megabytes", "cache", "8MB", "8000000", NULL},
    {"with a space", "cache", "8 MiB", "8388608", NULL},
    {"tebibytes", "cache", "1T", "1099511627776", NULL},
    {"a space and no unit", "cache", "8 ", NULL,
     "a size such as 64K or 8MiB, 0 to 17592186044416"},
    {"an unknown unit", "cache", "8Q", NULL,
     "a size such as 64K or 8MiB, 0 to 17592186044416"},
    {"a unit without a number", "cache", "MiB", NULL,
     "a size such as 64K or 8MiB, 0 to 17592186044416"},
    {"a fraction of a unit", "cache", "1.5G", NULL,
     "a size such as 64K or 8MiB, 0 to 17592186044416"},
    {"a size that overflows", "cache", "99999999999G", NULL,
     "a size such as 64K or 8MiB, 0 to 17592186044416"},
    {"a time is no size", "cache", "30s", NULL,
     "a size such as 64K or 8MiB, 0 to 17592186044416"},
    {"plain milliseconds", "pause-ms", "250", "250", NULL},
    {"milliseconds", "pause-ms", "250ms", "250", NULL},
    {"seconds", "pause-ms", "30s", "30000", NULL},
    {"minutes with m", "pause-ms", "2m", "120000", NULL},
    {"minutes with min", "pause-ms", "2 min", "120000", NULL},
    {"hours", "pause-ms", "1h", "3600000", NULL},
    {"more than a day", "pause-ms", "25h", NULL,
     "a time such as 500ms or 30s, 0 to 86400000 ms"},
    {"more than 32 bits", "pause-ms", "4294967296", NULL,
     "a time such as 500ms or 30s, 0 to 86400000 ms"},
    {"a size is no time", "pause-ms", "1K", NULL,
     "a time such as 500ms or 30s, 0 to 86400000 ms"},
    {"a number", "rate", "0.25", "0.25", NULL},
    {"an exponent", "rate", "1e-3", "0.001", NULL},
    {"a whole number for a real number", "rate", "1", "1", NULL},
    {"infinity", "rate", "inf", NULL, "a number from 0 to 1"},
    {"too large for a double", "rate", "1e999", NULL, "a number from 0 to 1"},
    {"not a number", "rate", "nan", NULL, "a number from 0 to 1"},
    {"hexadecimal", "rate", "0x1", NULL, "a number from 0 to 1"},
    {"a point alone", "rate", ".", NULL, "a number from 0 to 1"},
    {"characters after the number", "rate", "0.5e", NULL, "a number from 0 to 1"},
    {"out of bounds", "rate", "-0.1", NULL, "a number from 0 to 1"},
    {"a choice", "cell", "rnn", "\"rnn\"", NULL},
    {"no such choice", "cell", "grux", NULL, "one of rnn, lstm, gru"},
    {"case matters", "cell", "GRU", NULL, "one of rnn, lstm, gru"},
    {"any text", "listen", "a \"b\"", "\"a \\\"b\\\"\"", NULL},
    {"an empty text", "listen", "", "\"\"", NULL},
};

START_TEST(test_text_sets_a_value_or_is_an_error)
{
    const struct option_def *option = find(values[_i].name);
    struct error err = {.status = STATUS_OK};
    enum status status =
        option_table_set(&table, option, values[_i].value, SOURCE_FLAG, &err);
    if (values[_i].expected) {
        ck_assert_msg(status == STATUS_BAD_OPTION, "%s", values[_i].about);
        ck_assert_str_eq(err.expected, values[_i].expected);
        ck_assert_str_eq(err.received, values[_i].value);
        ck_assert(strncmp(err.where, "--", 2) == 0);
        ck_assert_str_eq(err.where + 2, values[_i].name);
        check_written(values[_i].about, DEFAULTS);
        return;
    }
    ck_assert_msg(status == STATUS_OK, "%s: %s", values[_i].about, err.text);
    struct option_def one[] = {*option, {.name = NULL}};
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
    {"an empty object changes nothing", "{}", NULL, DEFAULTS},
    {"one of each kind",
     "{\"warm\": false, \"quiet\": true, \"hidden\": 7, \"cell\": \"rnn\", "
     "\"body_limit\": 5, \"rate\": 1, \"listen\": \"x\", \"o\": \"y\"}",
     NULL,
     "{\"warm\": false, \"quiet\": true, \"hidden\": 7, \"cell\": \"rnn\", "
     "\"body_limit\": 5, \"rate\": 1, \"listen\": \"x\", \"o\": \"y\"" TAIL},
    {"not an object", "[]", "/network", "expected an object, received an array"},
    {"an unknown key", "{\"nonsense\": 1}", "/network/nonsense", "unknown setting"},
    {"a mistyped key", "{\"hiden\": 1}", "/network/hiden",
     "unknown setting (did you mean \"hidden\"?)"},
    {"a key with dashes", "{\"body-limit\": 1}", "/network/body-limit",
     "unknown setting (did you mean \"body_limit\"?)"},
    {"a key that is only a flag", "{\"help\": true}", "/network/help", "unknown setting"},
    {"a size with a unit", "{\"cache\": \"64KiB\", \"pause_ms\": \"500ms\"}", NULL,
     DEFAULTS},
    {"a wrong unit", "{\"pause_ms\": \"5MB\"}", "/network/pause_ms",
     "expected a time such as 500ms or 30s, 0 to 86400000 ms, received \"5MB\""},
    {"a mistyped choice", "{\"cell\": \"ltsm\"}", "/network/cell",
     "expected one of rnn, lstm, gru, received \"ltsm\" (did you mean \"lstm\"?)"},
    {"a key with a slash", "{\"a/b\": 1}", "/network/a~1b", "unknown setting"},
    {"text for a number", "{\"hidden\": \"64\"}", "/network/hidden",
     "expected a whole number from 1 to 4096, received \"64\""},
    {"whole numbers with a point or an exponent",
     "{\"warm\": false, \"quiet\": true, \"hidden\": 7.0, \"cell\": \"rnn\", "
     "\"body_limit\": 5e0, \"rate\": 1, \"listen\": \"x\", \"o\": \"y\"}",
     NULL,
     "{\"warm\": false, \"quiet\": true, \"hidden\": 7, \"cell\": \"rnn\", "
     "\"body_limit\": 5, \"rate\": 1, \"listen\": \"x\", \"o\": \"y\"" TAIL},
    {"a number far too large", "{\"hidden\": 1e300}", "/network/hidden",
     "expected a whole number from 1 to 4096, received 1e+300"},
    {"a fraction for a whole number", "{\"hidden\": 64.5}", "/network/hidden",
     "expected a whole number from 1 to 4096, received 64.5"},
    {"a negative number", "{\"hidden\": -1}", "/network/hidden",
     "expected a whole number from 1 to 4096, received -1"},
    {"a number for a switch", "{\"warm\": 1}", "/network/warm",
     "expected true or false, received 1"},
    {"null", "{\"rate\": null}", "/network/rate",
     "expected a number from 0 to 1, received null"},
    {"no such choice", "{\"cell\": \"cnn\"}", "/network/cell",
     "expected one of rnn, lstm, gru, received \"cnn\" (did you mean \"rnn\"?)"},
    {"nothing like a choice", "{\"cell\": \"transformer\"}", "/network/cell",
     "expected one of rnn, lstm, gru, received \"transformer\""},
    {"a number for a choice", "{\"cell\": 2}", "/network/cell",
     "expected one of rnn, lstm, gru, received 2"},
    {"an array for a text", "{\"listen\": []}", "/network/listen",
     "expected a string, received an array"},
};

START_TEST(test_json_sets_values_or_is_an_error)
{
    struct error err = {.status = STATUS_OK};
    json_t *object = json_read(objects[_i].json, strlen(objects[_i].json), NULL);
    enum status status = option_table_read_json(&table, object, "/network", &err);
    json_decref(object);
    if (!objects[_i].where) {
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

START_TEST(test_environment_sets_values)
{
    struct error err = {.status = STATUS_OK};
    setenv("UNIT_HIDDEN", "7", 1);
    setenv("UNIT_BODY_LIMIT", "1K", 1);
    ck_assert_int_eq(option_table_read_environment(&table, "UNIT_", &err), STATUS_OK);
    ck_assert_uint_eq(settings.hidden, 7);
    ck_assert_uint_eq(settings.body_limit, 1024);

    setenv("UNIT_HIDDEN", "many", 1);
    ck_assert_int_eq(option_table_read_environment(&table, "UNIT_", &err),
                     STATUS_BAD_OPTION);
    ck_assert_str_eq(err.where, "UNIT_HIDDEN");
    ck_assert_str_eq(err.received, "many");
    ck_assert_str_eq(err.text,
                     "expected a whole number from 1 to 4096, received \"many\"");
    unsetenv("UNIT_HIDDEN");
    unsetenv("UNIT_BODY_LIMIT");
}
END_TEST

enum { ARGUMENTS_MAX = 8 };

static const struct {
    const char *about;
    const char *arguments[ARGUMENTS_MAX];
    const char *rest;  /* joined by commas */
    const char *where; /* of the error; NULL if there is none */
    const char *text;  /* of the error, or all values as JSON */
} lines[] = {
    {"nothing", {NULL}, "", NULL, DEFAULTS},
    {"other arguments are left",
     {"train", "-", "--quiet", "data", "--no-quiet"},
     "train,-,data",
     NULL,
     DEFAULTS},
    {"a value as the next argument or after an equals sign",
     {"--hidden", "7", "--rate=0.5", "--no-warm", "-o", "out", "--cell=rnn"},
     "",
     NULL,
     "{\"warm\": false, \"quiet\": false, \"hidden\": 7, \"cell\": \"rnn\", "
     "\"body_limit\": 8388608, \"rate\": 0.5, \"listen\": \"127.0.0.1:8080\", "
     "\"o\": \"out\"" TAIL},
    {"values may be empty, begin with a dash, contain an equals sign",
     {"--listen=", "-o", "--x=y", "--quiet"},
     "",
     NULL,
     "{\"warm\": true, \"quiet\": true, \"hidden\": 64, \"cell\": \"gru\", "
     "\"body_limit\": 8388608, \"rate\": 0.001, \"listen\": \"\", \"o\": \"--x=y\"" TAIL},
    {"a short option with its value attached; -- ends the options",
     {"-oout", "--", "--hidden", "--", "-o"},
     "--hidden,--,-o",
     NULL,
     "{\"warm\": true, \"quiet\": false, \"hidden\": 64, \"cell\": \"gru\", "
     "\"body_limit\": 8388608, \"rate\": 0.001, \"listen\": \"127.0.0.1:8080\", "
     "\"o\": \"out\"" TAIL},
    {"a letter for a switch",
     {"-h"},
     "",
     NULL,
     "{\"warm\": true, \"quiet\": false, \"hidden\": 64, \"cell\": \"gru\", "
     "\"body_limit\": 8388608, \"rate\": 0.001, \"listen\": \"127.0.0.1:8080\", "
     "\"o\": \"\", \"cache\": 65536, \"pause_ms\": 500, \"help\": true}"},
    {"an unknown option", {"--nonsense=7"}, "", "--nonsense", "unknown option"},
    {"a mistyped option",
     {"--hiden=7"},
     "",
     "--hiden",
     "unknown option (did you mean --hidden?)"},
    {"an underscore for a dash",
     {"--body_limit", "7"},
     "",
     "--body_limit",
     "unknown option (did you mean --body-limit?)"},
    {"the beginning of one option is not accepted, but understood",
     {"--hid=7"},
     "",
     "--hid",
     "unknown option (did you mean --hidden?)"},
    {"of several options it may be any", {"--h=7"}, "", "--h", "unknown option"},
    {"one dash too few",
     {"-hidden"},
     "",
     "-hidden",
     "unknown option (did you mean --hidden?)"},
    {"one dash too many", {"--o=x"}, "", "--o", "unknown option (did you mean -o?)"},
    {"only switches have --no-",
     {"--no-hidden"},
     "",
     "--no-hidden",
     "unknown option (did you mean --hidden?)"},
    {"a mistyped switch with --no-",
     {"--no-wram"},
     "",
     "--no-wram",
     "unknown option (did you mean --no-warm?)"},
    {"a value is missing", {"--hidden"}, "", "--hidden", "needs a value"},
    {"a value for a switch",
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

START_TEST(test_arguments_set_values_or_are_errors)
{
    static char program[] = "triage";
    char *argv[ARGUMENTS_MAX + 1] = {program}, joined[128] = "";
    const char *rest[ARGUMENTS_MAX + 1];
    int argc = 1;
    for (; lines[_i].arguments[argc - 1]; argc++)
        argv[argc] = strdup(lines[_i].arguments[argc - 1]);

    size_t count;
    struct error err = {.status = STATUS_OK};
    enum status status =
        option_table_read_arguments(&table, 1, argc, argv, rest, &count, &err);
    for (size_t i = 0, used = 0; i < count; i++)
        used += (size_t)snprintf(joined + used, sizeof joined - used, "%s%s",
                                 i > 0 ? "," : "", rest[i]);
    ck_assert_str_eq(joined, lines[_i].rest);
    if (!lines[_i].where) {
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

START_TEST(test_precedence_of_sources_does_not_depend_on_the_order)
{
    const struct option_def *hidden = find("hidden");
    ck_assert_int_eq(option_table_set(&table, hidden, "3", SOURCE_FLAG, NULL), STATUS_OK);
    ck_assert_int_eq(option_table_set(&table, hidden, "2", SOURCE_ENVIRONMENT, NULL),
                     STATUS_OK);
    ck_assert_int_eq(option_table_set(&table, hidden, "x", SOURCE_FILE, NULL),
                     STATUS_BAD_OPTION);
    ck_assert_uint_eq(settings.hidden, 3);
    ck_assert_int_eq(option_table_set(&table, hidden, "4", SOURCE_FLAG, NULL), STATUS_OK);
    ck_assert_uint_eq(settings.hidden, 4);
    ck_assert_int_eq(option_table_set_defaults(&table, NULL), STATUS_OK);
    ck_assert_uint_eq(settings.hidden, 64);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; failing_malloc_next_from(&n);) {
        struct arena own;
        struct error err = {.status = STATUS_OK};
        arena_init(&own, SIZE_MAX);
        struct option_table own_table = {
            .options = options, .values = &settings, .arena = &own};
        enum status status = option_table_set_defaults(&own_table, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&own);
    }
}
END_TEST

START_TEST(test_written_json_can_be_read)
{
    struct strbuf text, again;
    strbuf_init(&text, SIZE_MAX);
    strbuf_init(&again, SIZE_MAX);
    option_table_set(&table, find("rate"), "0.30000000000000004", SOURCE_FLAG, NULL);
    option_table_set(&table, find("listen"), "a\n\"b\"", SOURCE_FLAG, NULL);
    option_table_write_json(options, &settings, &text);
    json_t *object = json_read(text.bytes, text.length, NULL);
    json_object_del(object, "help"); /* not a key of files */
    ck_assert_int_eq(option_table_set_defaults(&table, NULL), STATUS_OK);
    ck_assert_int_eq(option_table_read_json(&table, object, "", NULL), STATUS_OK);
    option_table_write_json(options, &settings, &again);
    ck_assert_str_eq(again.bytes, text.bytes);
    json_decref(object);
    strbuf_release(&again);
    strbuf_release(&text);
}
END_TEST

/* The file has every value and its source, and reads back to the same values. */
START_TEST(test_configuration_file)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_set(&table, find("hidden"), "3", SOURCE_FLAG, NULL);
    option_table_set(&table, find("cell"), "rnn", SOURCE_ENVIRONMENT, NULL);
    option_table_set(&table, find("quiet"), "true", SOURCE_FILE, NULL);
    option_table_set(&table, find("listen"), "a \"b\"", SOURCE_FLAG, NULL);
    option_table_write_config(&table, &text);
    ck_assert_str_eq(text.bytes, "{\n"
                                 "  \"warm\": true,\n"
                                 "  \"quiet\": true,\n"
                                 "  \"hidden\": 3,\n"
                                 "  \"cell\": \"rnn\",\n"
                                 "  \"body_limit\": 8388608,\n"
                                 "  \"rate\": 0.001,\n"
                                 "  \"listen\": \"a \\\"b\\\"\",\n"
                                 "  \"o\": \"\",\n"
                                 "  \"cache\": 65536,\n"
                                 "  \"pause_ms\": 500,\n"
                                 "  \"sources\": {\n"
                                 "    \"warm\": \"default\",\n"
                                 "    \"quiet\": \"file\",\n"
                                 "    \"hidden\": \"flag\",\n"
                                 "    \"cell\": \"environment\",\n"
                                 "    \"body_limit\": \"default\",\n"
                                 "    \"rate\": \"default\",\n"
                                 "    \"listen\": \"flag\",\n"
                                 "    \"o\": \"default\",\n"
                                 "    \"cache\": \"default\",\n"
                                 "    \"pause_ms\": \"default\",\n"
                                 "    \"help\": \"default\"\n"
                                 "  }\n"
                                 "}\n");
    json_t *object = json_read(text.bytes, text.length, NULL);
    json_object_del(object, "sources");
    ck_assert_int_eq(option_table_set_defaults(&table, NULL), STATUS_OK);
    ck_assert_int_eq(option_table_read_json(&table, object, "", NULL), STATUS_OK);
    check_written("read back",
                  "{\"warm\": true, \"quiet\": true, \"hidden\": 3, \"cell\": \"rnn\", "
                  "\"body_limit\": 8388608, \"rate\": 0.001, "
                  "\"listen\": \"a \\\"b\\\"\", \"o\": \"\"" TAIL);
    json_decref(object);
    strbuf_release(&text);
}
END_TEST

static const struct {
    const char *about, *variable, *reported;
} variables[] = {
    {"a variable of ours", "UNIT_HIDDEN", ""},
    {"a known one that is no option", "UNIT_ALLOW_ALL", ""},
    {"a mistyped one", "UNIT_HIDEN", "UNIT_HIDEN (did you mean \"UNIT_HIDDEN\"?)"},
    {"a mistyped one that is no option", "UNIT_ALOW_ALL",
     "UNIT_ALOW_ALL (did you mean \"UNIT_ALLOW_ALL\"?)"},
    {"small letters", "UNIT_hidden", "UNIT_hidden (did you mean \"UNIT_HIDDEN\"?)"},
    {"nothing of ours", "UNIT_XYZZY", "UNIT_XYZZY"},
    {"another program's", "UNITY_HIDEN", ""},
    {"of Kubernetes: the port", "UNIT_PORT", ""},
    {"of Kubernetes: an address", "UNIT_PORT_8080_TCP_ADDR", ""},
    {"of Kubernetes: the host", "UNIT_SERVICE_HOST", ""},
    {"of Kubernetes: a named port", "UNIT_SERVICE_PORT_HTTP", ""},
    {"of Kubernetes: another service", "UNIT_CANARY_SERVICE_PORT", ""},
    {"a port that is not of Kubernetes", "UNIT_PORTS", "UNIT_PORTS"},
};

START_TEST(test_unknown_variables_are_named)
{
    static const char *const known[] = {"UNIT_ALLOW_ALL", NULL};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    setenv(variables[_i].variable, "1", 1);
    size_t count = option_table_unknown_variables(&table, "UNIT_", known, &text);
    unsetenv(variables[_i].variable);
    ck_assert_msg(strcmp(text.bytes ? text.bytes : "", variables[_i].reported) == 0,
                  "%s: %s", variables[_i].about, text.bytes);
    ck_assert_uint_eq(count, *variables[_i].reported != '\0');
    strbuf_release(&text);
}
END_TEST

START_TEST(test_empty_variable_is_unset)
{
    struct error err = {.status = STATUS_OK};
    setenv("UNIT_HIDDEN", "", 1);
    setenv("UNIT_LISTEN", "", 1);
    ck_assert_int_eq(option_table_read_environment(&table, "UNIT_", &err), STATUS_OK);
    unsetenv("UNIT_HIDDEN");
    unsetenv("UNIT_LISTEN");
    check_written("empty variables", DEFAULTS);
}
END_TEST

static const char help_80[] =
    "Settings:\n"
    "  --[no-]warm          load the model first (default true)\n"
    "  --quiet              print less\n"
    "  --hidden N           units in each layer (default 64)\n"
    "  --cell rnn|lstm|gru  kind of recurrence (default gru)\n"
    "  --body-limit N       largest body (default 8M)\n"
    "  --rate X             learning rate (default 0.001)\n"
    "  --listen ADDRESS     address (default 127.0.0.1:8080)\n"
    "  -o TEXT              the file to write\n"
    "  --cache BYTES        bytes of the cache (default 64K)\n"
    "  --pause-ms MS        time between two runs (default 500)\n"
    "  -h, --help           print this\n"
    "\n"
    "More:\n"
    "  --kernel portable|avx2|avx512|neon|amx\n"
    "                       the kernels to use (default avx2)\n";
static const char help_48[] = "Settings:\n"
                              "  --[no-]warm          load the model first\n"
                              "                       (default true)\n"
                              "  --quiet              print less\n"
                              "  --hidden N           units in each layer\n"
                              "                       (default 64)\n"
                              "  --cell rnn|lstm|gru  kind of recurrence\n"
                              "                       (default gru)\n"
                              "  --body-limit N       largest body (default 8M)\n"
                              "  --rate X             learning rate (default\n"
                              "                       0.001)\n"
                              "  --listen ADDRESS     address (default\n"
                              "                       127.0.0.1:8080)\n"
                              "  -o TEXT              the file to write\n"
                              "  --cache BYTES        bytes of the cache\n"
                              "                       (default 64K)\n"
                              "  --pause-ms MS        time between two runs\n"
                              "                       (default 500)\n"
                              "  -h, --help           print this\n"
                              "\n"
                              "More:\n"
                              "  --kernel portable|avx2|avx512|neon|amx\n"
                              "                       the kernels to use\n"
                              "                       (default avx2)\n";

static const struct {
    const char *about;
    unsigned columns;
    const char *help;
} widths[] = {
    {"a usual terminal", 80, help_80},
    {"a narrow one", 48, help_48},
};

START_TEST(test_help_lists_every_option)
{
    static const char *const long_choices[] = {"portable", "avx2", "avx512",
                                               "neon",     "amx",  NULL};
    static const struct option_def more[] = {{.name = "kernel",
                                              .kind = OPTION_CHOICE,
                                              .default_text = "avx2",
                                              .choices = long_choices,
                                              .help = "the kernels to use"},
                                             {.name = NULL}};
    struct option_table tables[] = {table, {.title = "More", .options = more}};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_write_help(tables, 2, widths[_i].columns, &text);
    ck_assert_msg(strcmp(text.bytes, widths[_i].help) == 0, "%s:\n%s", widths[_i].about,
                  text.bytes);
    strbuf_release(&text);
}
END_TEST

START_TEST(test_no_line_is_wider_than_the_terminal)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_write_prose("one two three\n\nfour five six seven", 10, &text);
    ck_assert_str_eq(text.bytes, "one two\nthree\n\nfour five\nsix seven\n");
    strbuf_clear(&text);
    option_table_write_prose("a averyverylongword b", 10, &text);
    ck_assert_str_eq(text.bytes, "a\naveryverylongword\nb\n");
    strbuf_release(&text);
}
END_TEST

START_TEST(test_markdown_table_lists_every_option)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    struct option_def some[] = {
        *find("body-limit"), *find("cell"), *find("o"), {.name = NULL}};
    struct option_table few = {"", some, &settings, &arena, NULL};
    option_table_write_table(&few, "TRIAGE_", &text);
    option_table_write_table(&few, NULL, &text);
    ck_assert_str_eq(
        text.bytes,
        "| flag | variable | default | meaning |\n"
        "| --- | --- | --- | --- |\n"
        "| `--body-limit` | `TRIAGE_BODY_LIMIT` | `8M` | largest body |\n"
        "| `--cell` | `TRIAGE_CELL` | `gru` | kind of recurrence; one of `rnn`, `lstm`, "
        "`gru` |\n"
        "| `-o` | `TRIAGE_O` | | the file to write |\n"
        "| flag | default | meaning |\n"
        "| --- | --- | --- |\n"
        "| `--body-limit` | `8M` | largest body |\n"
        "| `--cell` | `gru` | kind of recurrence; one of `rnn`, `lstm`, `gru` |\n"
        "| `-o` | | the file to write |\n");
    strbuf_release(&text);
}
END_TEST

Suite *option_table_suite(void)
{
    Suite *suite = suite_create("option_table");
    TCase *tc = tcase_create("option_table");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_defaults_are_set);
    tcase_add_loop_test(tc, test_text_sets_a_value_or_is_an_error, 0, COUNT(values));
    tcase_add_loop_test(tc, test_json_sets_values_or_is_an_error, 0, COUNT(objects));
    tcase_add_test(tc, test_environment_sets_values);
    tcase_add_loop_test(tc, test_arguments_set_values_or_are_errors, 0, COUNT(lines));
    tcase_add_test(tc, test_precedence_of_sources_does_not_depend_on_the_order);
    tcase_add_test(tc, test_memory_runs_out);
    tcase_add_test(tc, test_written_json_can_be_read);
    tcase_add_test(tc, test_configuration_file);
    tcase_add_loop_test(tc, test_unknown_variables_are_named, 0, COUNT(variables));
    tcase_add_test(tc, test_empty_variable_is_unset);
    tcase_add_loop_test(tc, test_help_lists_every_option, 0, COUNT(widths));
    tcase_add_test(tc, test_no_line_is_wider_than_the_terminal);
    tcase_add_test(tc, test_markdown_table_lists_every_option);
    suite_add_tcase(suite, tc);
    return suite;
}

/* What fields_write.c writes: JSON, a listing, --help, a table. */
#include "base/option_table.h"

#include <stdint.h>

#include "base/json.h"
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

START_TEST(test_written_json_can_be_read)
{
    struct strbuf text, again;
    strbuf_init(&text, SIZE_MAX);
    strbuf_init(&again, SIZE_MAX);
    option_table_set(&set, find("rate"), "0.30000000000000004", SOURCE_FLAG, NULL);
    option_table_set(&set, find("listen"), "a\n\"b\"", SOURCE_FLAG, NULL);
    option_table_write_json(table, &settings, &text);
    json_t *object = json_read(text.bytes, text.length, NULL);
    ck_assert_int_eq(option_table_default(&set, NULL), STATUS_OK);
    ck_assert_int_eq(option_table_read_json(&set, object, "", NULL), STATUS_OK);
    option_table_write_json(table, &settings, &again);
    ck_assert_str_eq(again.bytes, text.bytes);
    json_decref(object);
    strbuf_release(&again);
    strbuf_release(&text);
}
END_TEST

START_TEST(test_values_with_their_sources)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_set(&set, find("hidden"), "3", SOURCE_FLAG, NULL);
    option_table_set(&set, find("cell"), "rnn", SOURCE_ENVIRONMENT, NULL);
    option_table_set(&set, find("quiet"), "true", SOURCE_FILE, NULL);
    option_table_write_values(&set, &text);
    ck_assert_str_eq(text.bytes, "warm = true (default)\n"
                                 "quiet = true (file)\n"
                                 "hidden = 3 (flag)\n"
                                 "cell = rnn (environment)\n"
                                 "body-limit = 8388608 (default)\n"
                                 "rate = 0.001 (default)\n"
                                 "listen = 127.0.0.1:8080 (default)\n"
                                 "o =  (default)\n");
    strbuf_release(&text);
}
END_TEST

START_TEST(test_help)
{
    static const char *const long_choices[] = {"portable", "avx2", "avx512",
                                               "neon",     "amx",  NULL};
    static const struct option_def more[] = {
        {"kernel", OPTION_CHOICE, 0, "avx2", 0, 0, long_choices, "the kernels to use"},
        {.name = NULL}};
    struct option_table sets[] = {set, {"More", more, NULL, NULL, NULL}};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_write_help(sets, 2, &text);
    ck_assert_str_eq(text.bytes,
                     "Settings:\n"
                     "  --[no-]warm          load the model first (default true)\n"
                     "  --quiet              say less\n"
                     "  --hidden N           units in each layer (default 64)\n"
                     "  --cell rnn|lstm|gru  kind of recurrence (default gru)\n"
                     "  --body-limit N       largest body (default 8M)\n"
                     "  --rate X             size of a step (default 0.001)\n"
                     "  --listen TEXT        where (default 127.0.0.1:8080)\n"
                     "  -o TEXT              the file to write\n"
                     "\n"
                     "More:\n"
                     "  --kernel portable|avx2|avx512|neon|amx\n"
                     "                       the kernels to use (default avx2)\n");
    strbuf_release(&text);
}
END_TEST

START_TEST(test_table)
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

Suite *fields_write_suite(void)
{
    Suite *suite = suite_create("fields_write");
    TCase *tc = tcase_create("fields_write");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_written_json_can_be_read);
    tcase_add_test(tc, test_values_with_their_sources);
    tcase_add_test(tc, test_help);
    tcase_add_test(tc, test_table);
    suite_add_tcase(suite, tc);
    return suite;
}

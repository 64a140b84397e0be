/* Values on the tape come back as they were written, whatever the blocks and threads. */
#include "data/tape/tape.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "data/examples.h"
#include "support/data_keys.h"
#include "support/failing_malloc.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

static const struct {
    const char *text;
    enum tape_kind cell,
        json; /* as a cell of CSV; as a JSON number, or TAPE_NULL: it is none */
    enum text_class class;
    double number;
} values[] = {
    {"0", TAPE_INTEGER, TAPE_INTEGER, CLASS_NUMBER, 0},
    {"-12", TAPE_INTEGER, TAPE_INTEGER, CLASS_NUMBER, -12},
    {"999999999999999999", TAPE_INTEGER, TAPE_INTEGER, CLASS_NUMBER,
     999999999999999999.0},
    {"1000000000000000000", TAPE_FORM, TAPE_NUMBER_TEXT, CLASS_NUMBER, 1e18},
    {"0.05", TAPE_DECIMAL, TAPE_DECIMAL, CLASS_NUMBER, 0.05},
    {"-0.5", TAPE_DECIMAL, TAPE_DECIMAL, CLASS_NUMBER, -0.5},
    {"26.00", TAPE_DECIMAL, TAPE_DECIMAL, CLASS_NUMBER, 26},
    {"0.100000000000000005", TAPE_FORM, TAPE_NUMBER_TEXT, CLASS_NUMBER,
     0.100000000000000005},
    {"12345678901234567.8", TAPE_DECIMAL, TAPE_DECIMAL, CLASS_NUMBER,
     12345678901234567.8},
    {"-0", TAPE_FORM, TAPE_NUMBER_TEXT, CLASS_NUMBER, -0.0},
    {"1e3", TAPE_FORM, TAPE_NUMBER_TEXT, CLASS_NUMBER, 1000},
    {"1e400", TAPE_FORM, TAPE_NUMBER_TEXT, CLASS_TEXT, 0},
    {"007", TAPE_FORM, TAPE_NULL, CLASS_TEXT, 0},
    {"+5", TAPE_FORM, TAPE_NULL, CLASS_TEXT, 0},
    {"26,5", TAPE_FORM, TAPE_NULL, CLASS_COMMA_NUMBER, 26.5},
    {"2026-11-22 10:04:00", TAPE_FORM, TAPE_NULL, CLASS_TEXT, 0},
    {"2026-11-22T10:04:00.123456789+01:00", TAPE_FORM, TAPE_NULL, CLASS_TEXT, 0},
    {"000000000000000000000000000000000001", TAPE_FORM, TAPE_NULL, CLASS_TEXT, 0},
    {"0000000000000000000000000000000000001", TAPE_TEXT, TAPE_NULL, CLASS_TEXT, 0},
    {"INC-12345678", TAPE_FORM, TAPE_NULL, CLASS_TEXT, 0},
    {"3f9a8b1c2d4e5f60", TAPE_TEXT, TAPE_NULL, CLASS_TEXT, 0},
    {"web-06", TAPE_TEXT, TAPE_NULL, CLASS_TEXT, 0},
    {"N/A", TAPE_TEXT, TAPE_NULL, CLASS_MISSING, 0},
    {"TRUE", TAPE_TEXT, TAPE_NULL, CLASS_BOOLEAN, 1},
    {"false", TAPE_TEXT, TAPE_NULL, CLASS_BOOLEAN, 0},
    {"\xc3\xa4 12345678", TAPE_FORM, TAPE_NULL, CLASS_TEXT, 0},
};

/* Write a value into the only event of a history, and read it. */
static void check_value(int i, bool is_json)
{
    struct tape tape;
    struct tape_writer writer = {.row_count = 0};
    struct tape_reader reader;
    struct tape_value value;
    char buffer[TAPE_TEXT_SIZE];
    const char *text = values[i].text;
    tape_init(&tape);
    ck_assert(tape_begin_file(&tape, "x", false, false, NULL) == STATUS_OK);
    tape_writer_begin(&writer);
    tape_history_begin(&writer);
    uint32_t column = tape_writer_column(&writer, SCOPE_FIELD, "c", 1);
    if (is_json)
        tape_write_number(&writer, column, text, strlen(text));
    else
        tape_write_cell(&writer, column, text, strlen(text));
    tape_write_end(&writer);
    tape_history_end(&writer, 0, 1);
    tape_writer_end(&writer);
    ck_assert(tape_append(&tape, &writer, 1, NULL) == STATUS_OK);
    ck_assert(tape_end_file(&tape, NULL, NULL) == STATUS_OK);
    ck_assert(tape_finish(&tape, NULL) == STATUS_OK);
    tape_open(&reader, &tape, 0);
    ck_assert(tape_open_event(&reader) && tape_next(&reader.cursor, &value));
    ck_assert_msg(value.kind == (is_json ? values[i].json : values[i].cell), "%s: %d",
                  text, (int)value.kind);
    struct span span = tape_text(&tape, &value, buffer);
    ck_assert_msg(span_is(span, text), "%s: %.*s", text, (int)span.length, span.bytes);
    struct text_info info = tape_info(&tape, &value);
    ck_assert_msg(info.class == values[i].class, "%s: %d", text, (int)info.class);
    if (info.class == CLASS_NUMBER)
        ck_assert_msg(memcmp(&info.number, &values[i].number, sizeof info.number) == 0,
                      "%s: %.17g", text, info.number);
    ck_assert(!tape_next(&reader.cursor, &value) && !tape_open_event(&reader));
    tape_writer_release(&writer);
    tape_release(&tape);
}

START_TEST(test_values_come_back_as_they_were_written)
{
    check_value(_i, false);
    if (values[_i].json != TAPE_NULL)
        check_value(_i, true);
}
END_TEST

/* Any text comes back. */
START_TEST(test_any_text_comes_back)
{
    static const char alphabet[] = "0123456789-:. ,TZaeE+";
    struct random random;
    random_init(&random, 11, (uint64_t)_i);
    for (int round = 0; round < 300; round++) {
        struct tape tape;
        struct tape_writer writer = {.row_count = 0};
        struct tape_reader reader;
        struct tape_value value;
        char text[50], buffer[TAPE_TEXT_SIZE];
        size_t length = 1 + random_below(&random, sizeof text - 1);
        for (size_t i = 0; i < length; i++)
            text[i] = alphabet[random_below(&random, sizeof alphabet - 1)];
        tape_init(&tape);
        ck_assert(tape_begin_file(&tape, "x", true, false, NULL) == STATUS_OK);
        tape_writer_begin(&writer);
        uint32_t column = tape_writer_column(&writer, SCOPE_FIELD, "c", 1);
        tape_write_row(&writer, "case", 4, 0);
        tape_write_cell(&writer, column, text, length);
        tape_write_end(&writer);
        tape_writer_end(&writer);
        ck_assert(tape_append(&tape, &writer, 1, NULL) == STATUS_OK);
        ck_assert(tape_end_file(&tape, NULL, NULL) == STATUS_OK);
        ck_assert(tape_finish(&tape, NULL) == STATUS_OK);
        tape_open(&reader, &tape, 0);
        ck_assert(tape_open_event(&reader) && tape_next(&reader.cursor, &value));
        struct span span = tape_text(&tape, &value, buffer);
        ck_assert_msg(span_equals(span, text, length), "%.*s: %.*s", (int)length, text,
                      (int)span.length, span.bytes);
        int64_t us;
        enum form_layout layout;
        struct instant time;
        if (tape_layout_time(&tape, &value, &us, &layout))
            ck_assert(instant_parse(text, length, &time) && time.us == us &&
                      time.rank == 0);
        tape_writer_release(&writer);
        tape_release(&tape);
    }
}
END_TEST

/* What a text is written as when nothing was written before it. */
static enum tape_kind kind_alone(const char *text, size_t length)
{
    struct tape tape;
    struct tape_writer writer = {.row_count = 0};
    struct tape_reader reader;
    struct tape_value value;
    tape_init(&tape);
    ck_assert(tape_begin_file(&tape, "x", true, false, NULL) == STATUS_OK);
    tape_writer_begin(&writer);
    uint32_t column = tape_writer_column(&writer, SCOPE_FIELD, "c", 1);
    tape_write_row(&writer, "case", 4, 0);
    tape_write_text(&writer, column, text, length);
    tape_write_end(&writer);
    tape_writer_end(&writer);
    ck_assert(tape_append(&tape, &writer, 1, NULL) == STATUS_OK);
    ck_assert(tape_end_file(&tape, NULL, NULL) == STATUS_OK);
    tape_open(&reader, &tape, 0);
    ck_assert(tape_open_event(&reader) && tape_next(&reader.cursor, &value));
    tape_writer_release(&writer);
    tape_release(&tape);
    return value.kind;
}

/* A text of a pattern: 0 is any digit, ~ a or b, everything else is itself. */
static size_t draw_text(struct random *random, char text[TAPE_TEXT_SIZE])
{
    static const char *const patterns[] = {
        "",
        "~",
        "~~~~~~~",
        "deploy_~",
        "~2345678~",
        "deploy_started_~",
        "aaaaaaaa~bbbbbbbb", /* only a byte differs that is not among the first or last 8 */
        "a name that is longer than a form can be: ~ ~ ~ ~ ~ ~ ~ ~ ~ ~",
        "0000-00-00T00:00:00Z",
        "0000-00-00 00:00:00",
        "2026-11-00T00:00:00Z",
        "2026-11-0~T00:00:00Z",
        "0000-00-00T00:00:00.000Z",
        "00000000",
        "000",
        "0e5",
        "INC-00000000",
        "INC-0000000~",
        "000000000000000000000000000000000000",
        "00,00",
        "\xc3\xa4 00000000"};
    const char *pattern =
        patterns[random_below(random, sizeof patterns / sizeof *patterns)];
    size_t length = strlen(pattern);
    for (size_t i = 0; i < length; i++)
        text[i] = pattern[i] == '0'   ? (char)('0' + random_below(random, 10))
                  : pattern[i] == '~' ? (char)('a' + random_below(random, 2))
                                      : pattern[i];
    return length;
}

/* Texts and JSON numbers of one column come back, whatever was written before them. */
START_TEST(test_texts_do_not_depend_on_those_before)
{
    enum { EVENTS = 3000 };
    static char texts[EVENTS][TAPE_TEXT_SIZE];
    static size_t lengths[EVENTS];
    struct random random;
    struct tape tape;
    struct tape_writer writer = {.row_count = 0};
    struct tape_reader reader;
    struct tape_value value;
    char buffer[TAPE_TEXT_SIZE];
    random_init(&random, 13, (uint64_t)_i);
    tape_init(&tape);
    ck_assert(tape_begin_file(&tape, "x", false, false, NULL) == STATUS_OK);
    tape_writer_begin(&writer);
    tape_history_begin(&writer);
    uint32_t column = tape_writer_column(&writer, SCOPE_FIELD, "c", 1);
    for (int i = 0; i < EVENTS; i++) {
        lengths[i] = draw_text(&random, texts[i]);
        bool is_number = lengths[i] == 3 && texts[i][1] == 'e';
        if (is_number)
            tape_write_number(&writer, column, texts[i], lengths[i]);
        tape_write_text(&writer, column, texts[i], lengths[i]);
        tape_write_end(&writer);
    }
    tape_history_end(&writer, 0, EVENTS);
    tape_writer_end(&writer);
    ck_assert(tape_append(&tape, &writer, 1, NULL) == STATUS_OK);
    ck_assert(tape_end_file(&tape, NULL, NULL) == STATUS_OK);
    ck_assert(tape_finish(&tape, NULL) == STATUS_OK);
    tape_open(&reader, &tape, 0);
    for (int i = 0; i < EVENTS; i++) {
        bool is_number = lengths[i] == 3 && texts[i][1] == 'e';
        ck_assert(tape_open_event(&reader));
        if (is_number)
            ck_assert(tape_next(&reader.cursor, &value) &&
                      value.kind == TAPE_NUMBER_TEXT);
        ck_assert(tape_next(&reader.cursor, &value));
        struct span span = tape_text(&tape, &value, buffer);
        ck_assert_msg(span_equals(span, texts[i], lengths[i]), "%.*s: %.*s",
                      (int)lengths[i], texts[i], (int)span.length, span.bytes);
        ck_assert_int_eq(value.kind, kind_alone(texts[i], lengths[i]));
        ck_assert(!tape_next(&reader.cursor, &value));
    }
    tape_writer_release(&writer);
    tape_release(&tape);
}
END_TEST

/* Rows of cases that are mixed in three blocks: the first case of some, the only one of others. */
static const char *const mixed[] = {"abacb", "c!ddad", "eaf"};

/* Read them, and compare: a bad row, "!", is of the case after it. */
static void check_groups(uint32_t threads)
{
    static const struct {
        char name;
        uint32_t events, lines[4];
        bool is_bad;
    } cases[] = {{'a', 4, {10, 12, 24, 31}, false},
                 {'b', 2, {11, 14}, false},
                 {'c', 2, {13, 20}, false},
                 {'d', 2, {23, 25}, true},
                 {'e', 1, {30}, false},
                 {'f', 1, {32}, false}};
    static const uint32_t records[] = {5, 4, 3};
    struct tape tape;
    struct tape_writer writer = {.row_count = 0};
    struct workers *workers = threads > 0 ? workers_new(threads, NULL) : NULL;
    tape_init(&tape);
    ck_assert(tape_begin_file(&tape, "x", true, false, NULL) == STATUS_OK);
    for (uint32_t b = 0; b < COUNT(mixed); b++) {
        tape_writer_begin(&writer);
        for (uint32_t i = 0; mixed[b][i] != '\0'; i++) {
            if (mixed[b][i] == '!') {
                tape_write_bad_row(&writer, &mixed[b][++i], 1);
                continue;
            }
            tape_write_row(&writer, &mixed[b][i], 1, i);
            tape_write_end(&writer);
        }
        tape_writer_end(&writer);
        ck_assert(tape_append(&tape, &writer, 10 * (b + 1), NULL) == STATUS_OK);
    }
    ck_assert(tape_end_file(&tape, workers, NULL) == STATUS_OK);
    ck_assert_uint_eq(tape.history_count, COUNT(cases));
    ck_assert_uint_eq(tape.event_count, 12);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct tape_history *history = &tape.histories[i];
        struct span name = tape_case_name(&tape, history);
        ck_assert(name.length == 1 && name.bytes[0] == cases[i].name);
        ck_assert_uint_eq(history->events, cases[i].events);
        ck_assert_uint_eq(history->line, cases[i].lines[0]);
        ck_assert(history->is_bad == cases[i].is_bad);
        for (uint32_t e = 0; e < history->events; e++)
            ck_assert_uint_eq(tape_event_line(&tape, i, e), cases[i].lines[e]);
    }
    for (size_t b = 0; b < COUNT(records); b++)
        ck_assert_uint_eq(tape.blocks[b].record_count, records[b]);
    tape_writer_release(&writer);
    tape_release(&tape);
    workers_free(workers);
}

START_TEST(test_rows_of_a_case_are_found_with_any_number_of_threads)
{
    check_groups((uint32_t)_i);
}
END_TEST

/* A plain layout gives the instant that instant_parse reads, or none. */
START_TEST(test_times_in_a_plain_layout)
{
    struct random random;
    random_init(&random, 12, (uint64_t)_i);
    struct tape tape;
    struct tape_writer writer = {.row_count = 0};
    enum { ROWS = 2000 };
    char texts[ROWS][24];
    size_t known = 0, row = 0;
    tape_init(&tape);
    ck_assert(tape_begin_file(&tape, "x", true, false, NULL) == STATUS_OK);
    tape_writer_begin(&writer);
    uint32_t column = tape_writer_column(&writer, SCOPE_FIELD, "c", 1);
    for (int i = 0; i < ROWS; i++) {
        unsigned year = 1 + (unsigned)random_below(&random, 9999);
        snprintf(texts[i], sizeof texts[i], "%04u-%02u-%02u%c%02u:%02u:%02u%s",
                 year % 10000, (unsigned)random_below(&random, 14),
                 (unsigned)random_below(&random, 33), i % 2 ? 'T' : ' ',
                 (unsigned)random_below(&random, 25), (unsigned)random_below(&random, 61),
                 (unsigned)random_below(&random, 62), i % 3 ? "Z" : "");
        tape_write_row(&writer, "case", 4, (uint32_t)i);
        tape_write_cell(&writer, column, texts[i], strlen(texts[i]));
        tape_write_end(&writer);
    }
    tape_writer_end(&writer);
    ck_assert(tape_append(&tape, &writer, 1, NULL) == STATUS_OK);
    ck_assert(tape_end_file(&tape, NULL, NULL) == STATUS_OK);
    ck_assert(tape_finish(&tape, NULL) == STATUS_OK);
    struct tape_reader reader;
    struct tape_value value;
    tape_open(&reader, &tape, 0);
    for (; tape_open_event(&reader); row++)
        while (tape_next(&reader.cursor, &value)) {
            enum form_layout layout;
            struct instant time;
            int64_t us;
            bool is_time = instant_parse(texts[row], strlen(texts[row]), &time);
            if (!tape_layout_time(&tape, &value, &us, &layout))
                continue;
            known++;
            ck_assert_msg(is_time && time.us == us && time.rank == 0, "%s", texts[row]);
            ck_assert((layout == LAYOUT_TIME_ZONE) == (row % 3 != 0));
        }
    ck_assert_uint_eq(row, ROWS);
    ck_assert_uint_gt(known, ROWS / 2);
    tape_writer_release(&writer);
    tape_release(&tape);
}
END_TEST

/* ---- whole files ---- */

static const struct data_keys keys = {DATA_KEYS("time", "")};

/* The same histories in CSV, whose rows are mixed, and in JSON Lines: about 3 MB each. */
static void write_files(const char *csv, const char *lines)
{
    enum { CASES = 6000, EVENTS = 6 };
    static const char *const json_names[] = {"deploy", "alert, \\\"red\\\"", "ok",
                                             "two\\nlines"};
    static const char *const csv_names[] = {"deploy", "\"alert, \"\"red\"\"\"", "ok",
                                            "\"two\nlines\""};
    struct strbuf rows, texts;
    strbuf_init(&rows, SIZE_MAX);
    strbuf_init(&texts, SIZE_MAX);
    strbuf_add(&rows, "case,event,time,host,load,up,note,action\n");
    for (int block = 0; block < CASES / 10; block++)
        for (int e = 0; e < EVENTS; e++)
            for (int c = 10 * block; c < 10 * block + 10; c++) {
                int name = (c * 7 + e * 3) % 4;
                strbuf_printf(
                    &rows, "c%d,%s,2026-%02d-%02d %02d:%02d:%02d,h%d,%d.%d,%s,%s,%s\n", c,
                    csv_names[name], 1 + c / 600, 1 + c / 24 % 25, c % 24, 5 * e, c % 60,
                    (c + e) % 9, (c * e) % 100, c % 10, c % 2 ? "true" : "FALSE",
                    e % 3 ? "N/A" : "some text to fill it",
                    e == 2 ? (c % 3 ? "page" : "wait") : "");
            }
    for (int c = 0; c < CASES; c++) {
        strbuf_printf(&texts, "{\"id\":\"c%d\",\"events\":[", c);
        for (int e = 0; e < EVENTS; e++) {
            int name = (c * 7 + e * 3) % 4;
            strbuf_printf(
                &texts,
                "%s{\"event\":\"%s\",\"time\":\"2026-%02d-%02d %02d:%02d:%02d\","
                "\"host\":\"h%d\",\"load\":%d.%d,\"up\":%s,\"note\":%s}",
                e ? "," : "", json_names[name], 1 + c / 600, 1 + c / 24 % 25, c % 24,
                5 * e, c % 60, (c + e) % 9, (c * e) % 100, c % 10,
                c % 2 ? "true" : "\"FALSE\"",
                e % 3 ? "\"N/A\"" : "\"some text to fill it\"");
        }
        strbuf_printf(&texts, "],\"action\":\"%s\"}\n", c % 3 ? "page" : "wait");
    }
    ck_assert(file_write(csv, rows.bytes, rows.length, NULL) == STATUS_OK);
    ck_assert(file_write(lines, texts.bytes, texts.length, NULL) == STATUS_OK);
    strbuf_release(&rows);
    strbuf_release(&texts);
}

/* The schema, the notes, and all ids, values and actions, as one text. */
static void load(const char *path, uint32_t threads, struct strbuf *shown)
{
    const char *const files[] = {path};
    const struct data_files data = {.files = files, .file_count = 1, .keys = &keys};
    const struct examples_settings settings = {
        .task = TASK_LAST, .seed = 1, .threads = threads};
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    ck_assert_msg(examples_load(&examples, &data, &settings, &err) == STATUS_OK, "%s: %s",
                  err.where, err.text);
    ck_assert_uint_eq(examples.train_count, 4800);
    triage_schema_write(examples.schema, shown);
    strbuf_add_bytes(shown, examples.messages.notes.bytes,
                     examples.messages.notes.length);
    for (size_t i = 0; i < examples.train_count; i++) {
        const struct example *example = &examples.train[i];
        size_t length = example->history.length;
        strbuf_add_bytes(shown, (const char *)example->history.ids,
                         length * 4 * sizeof(uint32_t));
        strbuf_add_bytes(shown, (const char *)example->history.values,
                         length * 8 * sizeof(float));
        strbuf_add_bytes(shown, (const char *)&example->action, sizeof example->action);
    }
    examples_release(&examples);
}

START_TEST(test_examples_depend_on_the_histories_only)
{
    struct tmpdir tmpdir;
    char csv[TMPDIR_PATH], lines[TMPDIR_PATH];
    struct strbuf shown[6];
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "x.csv", csv);
    tmpdir_join(&tmpdir, "x.jsonl", lines);
    write_files(csv, lines);
    for (uint32_t i = 0; i < 6; i++) {
        strbuf_init(&shown[i], SIZE_MAX);
        load(i < 3 ? csv : lines, 1 + i % 3, &shown[i]);
        ck_assert_msg(shown[i].length == shown[0].length &&
                          memcmp(shown[i].bytes, shown[0].bytes, shown[0].length) == 0,
                      "%s with %u threads:\n%.1500s\n%.1500s",
                      i < 3 ? "CSV" : "JSON Lines", (unsigned)(1 + i % 3), shown[i].bytes,
                      shown[0].bytes);
    }
    for (int i = 0; i < 6; i++)
        strbuf_release(&shown[i]);
    tmpdir_release(&tmpdir);
}
END_TEST

/* What is wrong in each row of a file, one after the other. */
static void read_problems(const char *path, uint32_t threads, struct strbuf *shown)
{
    const char *const files[] = {path};
    struct data_keys skipping = keys;
    skipping.skip_bad = true;
    const struct data_files data = {.files = files, .file_count = 1, .keys = &skipping};
    const struct reader_options options = {.threads = threads};
    struct tape tape;
    struct messages messages;
    struct problems problems;
    tape_init(&tape);
    messages_init(&messages);
    problems_init(&problems, true);
    ck_assert(data_read(&tape, &data, &options, &problems, &messages, NULL) == STATUS_OK);
    for (size_t i = 0; i < problems.count; i++)
        strbuf_printf(shown, "%zu: %s\n", (size_t)problems.list[i].line,
                      problems.list[i].err.text);
    problems_release(&problems);
    messages_release(&messages);
    tape_release(&tape);
}

/* Several blocks begin with rows whose case is in a row of the block before. */
START_TEST(test_a_problem_depends_on_the_rows_before_only)
{
    enum { ROWS = 8000, ROWS_OF_CASE = 50 };
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    struct strbuf rows, expected;
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "x.csv", path);
    strbuf_init(&rows, SIZE_MAX);
    strbuf_init(&expected, SIZE_MAX);
    strbuf_add(&rows, "case,event,note\n");
    for (int i = 0; i < ROWS; i++) {
        if (i % ROWS_OF_CASE == 0)
            strbuf_printf(&rows, "c%d", i);
        else
            strbuf_printf(&expected,
                          "%d: the row has no \"case\"; if only the first row of a case "
                          "has it, fill it down\n",
                          i + 2);
        strbuf_printf(&rows, ",a,%0500d\n", i);
    }
    ck_assert(file_write(path, rows.bytes, rows.length, NULL) == STATUS_OK);
    for (uint32_t threads = 1; threads <= 4; threads++) {
        struct strbuf shown;
        strbuf_init(&shown, SIZE_MAX);
        read_problems(path, threads, &shown);
        ck_assert_msg(strcmp(shown.bytes, expected.bytes) == 0, "%u threads",
                      (unsigned)threads);
        strbuf_release(&shown);
    }
    strbuf_release(&rows);
    strbuf_release(&expected);
    tmpdir_release(&tmpdir);
}
END_TEST

Suite *tape_suite(void)
{
    Suite *suite = suite_create("tape");
    TCase *tc = tcase_create("tape");
    tcase_add_loop_test(tc, test_values_come_back_as_they_were_written, 0, COUNT(values));
    tcase_add_loop_test(tc, test_any_text_comes_back, 0, 10);
    tcase_add_loop_test(tc, test_texts_do_not_depend_on_those_before, 0, 5);
    tcase_add_loop_test(tc, test_times_in_a_plain_layout, 0, 5);
    tcase_add_test(tc, test_examples_depend_on_the_histories_only);
    tcase_add_test(tc, test_a_problem_depends_on_the_rows_before_only);
    tcase_add_loop_test(tc, test_rows_of_a_case_are_found_with_any_number_of_threads, 0,
                        8);
    suite_add_tcase(suite, tc);
    return suite;
}

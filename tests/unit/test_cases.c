/* CSV files become histories, or errors with the line of the file. */
#include "data/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

#define HEAD "case,event,time,host,load,action\n"

static const struct data_keys plain = {.id = "",
                                       .label = "action",
                                       .events = "events",
                                       .event = "event",
                                       .time = "time",
                                       .split = ""};
static const struct data_keys split = {.id = "",
                                       .label = "action",
                                       .events = "events",
                                       .event = "event",
                                       .time = "time",
                                       .split = "part"};
static const struct data_keys other = {.id = "Ticket",
                                       .label = "Fix",
                                       .events = "events",
                                       .event = "Task",
                                       .time = "At",
                                       .split = ""};

static const struct {
    const char *about;
    const struct data_keys *keys;
    enum task task;
    const char *csv;
    const char *shown; /* histories, each followed by the lines of its rows */
} good[] = {
    {"one case", &plain, TASK_LAST, HEAD "7,up,2026-11-22 10:04,a,1.5,page\n",
     "{\"id\":\"7\",\"events\":[{\"event\":\"up\",\"time\":\"2026-11-22T10:04:00Z\","
     "\"host\":\"a\",\"load\":1.5}],\"action\":\"page\"} 2\n"},
    {"rows of a case need not be neighbours; one label is enough", &plain, TASK_LAST,
     HEAD "7,up,,,,\n8,up,,,,wait\n7,down,,,,page\n",
     "{\"id\":\"7\",\"events\":[{\"event\":\"up\"},{\"event\":\"down\"}],\"action\":"
     "\"page\"} 2 4\n"
     "{\"id\":\"8\",\"events\":[{\"event\":\"up\"}],\"action\":\"wait\"} 3\n"},
    {"TASK_EVERY: each event has its own label", &plain, TASK_EVERY,
     HEAD "7,up,,,,a\n7,up,,,,b\n",
     "{\"id\":\"7\",\"events\":[{\"event\":\"up\",\"action\":\"a\"},{\"event\":\"up\","
     "\"action\":\"b\"}]} 2 3\n"},
    {"TASK_EVERY: the case has the label that its rows agree on", &plain, TASK_EVERY,
     HEAD "7,up,,,,\n7,up,,,,b\n",
     "{\"id\":\"7\",\"events\":[{\"event\":\"up\"},{\"event\":\"up\",\"action\":"
     "\"b\"}],\"action\":\"b\"} 2 3\n"},
    {"TASK_NEXT ignores labels", &plain, TASK_NEXT, HEAD "7,up,,,,a\n7,up,,,,b\n",
     "{\"id\":\"7\",\"events\":[{\"event\":\"up\"},{\"event\":\"up\"}]} 2 3\n"},
    {"TASK_NEXT needs no column of labels", &plain, TASK_NEXT, "case,event\n7,up\n",
     "{\"id\":\"7\",\"events\":[{\"event\":\"up\"}]} 2\n"},
    {"columns with other names", &other, TASK_LAST,
     "Ticket,Task,At,Fix,time\n7,up,3,x,9\n",
     "{\"id\":\"7\",\"events\":[{\"event\":\"up\",\"time\":3.0}],\"Fix\":\"x\"} 2\n"},
    {"a column of numbers", &plain, TASK_NEXT,
     "case,event,n\n1,a,1\n1,a,-2.5e3\n1,a,\n1,a,0.5\n",
     "{\"id\":\"1\",\"events\":[{\"event\":\"a\",\"n\":1},{\"event\":\"a\",\"n\":-2500.0}"
     ",{\"event\":\"a\"},{\"event\":\"a\",\"n\":0.5}]} 2 3 4 5\n"},
    {"one cell that is not a number makes the column text", &plain, TASK_NEXT,
     "case,event,n\n1,a,1\n1,a,1x\n",
     "{\"id\":\"1\",\"events\":[{\"event\":\"a\",\"n\":\"1\"},{\"event\":\"a\",\"n\":"
     "\"1x\"}]} 2 3\n"},
    {"codes that begin with zero are text", &plain, TASK_NEXT,
     "case,event,n\n1,a,12\n1,a,007\n",
     "{\"id\":\"1\",\"events\":[{\"event\":\"a\",\"n\":\"12\"},{\"event\":\"a\",\"n\":"
     "\"007\"}]} 2 3\n"},
    {"numbers that are not finite are text", &plain, TASK_NEXT,
     "case,event,m,n,o\n1,a,inf,1e999,nan\n",
     "{\"id\":\"1\",\"events\":[{\"event\":\"a\",\"m\":\"inf\",\"n\":\"1e999\",\"o\":"
     "\"nan\"}]} 2\n"},
    {"names of events and cases are text", &plain, TASK_NEXT, "case,event\n01,2\n",
     "{\"id\":\"01\",\"events\":[{\"event\":\"2\"}]} 2\n"},
    {"times: seconds; other text is left to the decoder", &plain, TASK_NEXT,
     "case,event,time\n1,a,1.5\n1,a,soon\n",
     "{\"id\":\"1\",\"events\":[{\"event\":\"a\",\"time\":1.5},{\"event\":\"a\",\"time\":"
     "\"soon\"}]} 2 3\n"},
    {"quotes and a line break: line numbers are those of the file", &plain, TASK_NEXT,
     "case,event,n\n\"1\",\"a\nb\",\"x \"\"y\"\"\"\n1,c,z\n",
     "{\"id\":\"1\",\"events\":[{\"event\":\"a\\nb\",\"n\":\"x \\\"y\\\"\"},{\"event\":"
     "\"c\",\"n\":\"z\"}]} 2 4\n"},
    {"the part test does not decide the type of a column", &split, TASK_NEXT,
     "case,event,n,part\n1,a,1,train\n2,a,x,test\n",
     "{\"id\":\"1\",\"events\":[{\"event\":\"a\",\"n\":1}],\"part\":\"train\"} 2\n"
     "{\"id\":\"2\",\"events\":[{\"event\":\"a\",\"n\":\"x\"}],\"part\":\"test\"} 3\n"},
    {"one row may state the part", &split, TASK_NEXT, "case,event,part\n1,a,\n1,b,val\n",
     "{\"id\":\"1\",\"events\":[{\"event\":\"a\"},{\"event\":\"b\"}],\"part\":\"val\"} 2 "
     "3\n"},
    {"blank lines and rows of empty cells are skipped", &plain, TASK_NEXT,
     "case,event\n\n,\n1,a\n", "{\"id\":\"1\",\"events\":[{\"event\":\"a\"}]} 4\n"},
    {"a column without a name", &plain, TASK_NEXT, ",case,event\n0,1,a\n",
     "{\"id\":\"1\",\"events\":[{\"event\":\"a\"}]} 2\n"},
    {"only a header", &plain, TASK_NEXT, "case,event\n", ""},
};

static struct cases *read_text(const char *text, size_t length,
                               const struct data_keys *keys, enum task task,
                               struct error *err)
{
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    struct cases *cases;
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "x.csv", path);
    FILE *out = fopen(path, "w");
    ck_assert(out != NULL && fwrite(text, 1, length, out) == length);
    ck_assert(fclose(out) == 0);
    cases = cases_read(path, keys, task, err);
    tmpdir_release(&tmpdir);
    return cases;
}

/* Every history, or its error, with the lines of its rows. */
static void show(struct cases *cases, struct strbuf *shown)
{
    strbuf_add(shown, "");
    for (size_t i = 0; i < cases_count(cases); i++) {
        struct error err = {.status = STATUS_OK};
        const size_t *lines;
        size_t count;
        json_t *history = cases_history(cases, i, &lines, &count, &err);
        ck_assert_int_ne(err.status, STATUS_NO_MEMORY);
        char *text = json_dumps(history, JSON_COMPACT | JSON_REAL_PRECISION(5));
        if (!history)
            strbuf_printf(shown, "%s: %s", err.where, err.text);
        else
            strbuf_add(shown, text);
        for (size_t j = 0; j < count; j++)
            strbuf_printf(shown, " %zu", lines[j]);
        strbuf_add(shown, "\n");
        free(text);
        json_decref(history);
    }
}

START_TEST(test_rows_become_histories)
{
    struct error err = {.status = STATUS_OK};
    struct cases *cases =
        read_text(good[_i].csv, strlen(good[_i].csv), good[_i].keys, good[_i].task, &err);
    struct strbuf shown;
    ck_assert_msg(cases != NULL, "%s: %s: %s", good[_i].about, err.where, err.text);
    strbuf_init(&shown, SIZE_MAX);
    show(cases, &shown);
    ck_assert_msg(strcmp(shown.bytes, good[_i].shown) == 0, "%s: %s", good[_i].about,
                  shown.bytes);
    strbuf_release(&shown);
    cases_free(cases);
}
END_TEST

static const struct {
    const char *about, *csv;
    enum task task;
    const char *shown;
} bad[] = {
    {"too few cells", HEAD "7,up,,,,a\n7,up\n", TASK_LAST,
     "/events/1: the row has 2 cells, the header has 6 2 3\n"},
    {"too many cells", HEAD "7,up,,,,a,b\n", TASK_LAST,
     "/events/0: the row has 7 cells, the header has 6 2\n"},
    {"an event without a name", HEAD "7,,,a,,x\n", TASK_LAST,
     "/events/0/event: the event has no name 2\n"},
    {"a label that differs within a case", HEAD "7,up,,,,a\n7,up,,,,\n7,up,,,,b\n",
     TASK_LAST, "/events/2/action: line 2 of the same case has another value 2 3 4\n"},
    {"a cell that is not UTF-8", HEAD "7,up,,\xff,,a\n", TASK_LAST,
     "/events/0/host: the cell is not UTF-8 2\n"},
    {"a case that is not UTF-8", HEAD "\xff,up,,,,a\n", TASK_LAST,
     "/events/0/case: the cell is not UTF-8 2\n"},
};

START_TEST(test_bad_rows_are_errors_of_their_history)
{
    struct cases *cases =
        read_text(bad[_i].csv, strlen(bad[_i].csv), &plain, bad[_i].task, NULL);
    struct strbuf shown;
    strbuf_init(&shown, SIZE_MAX);
    show(cases, &shown);
    ck_assert_msg(strcmp(shown.bytes, bad[_i].shown) == 0, "%s: %s", bad[_i].about,
                  shown.bytes);
    strbuf_release(&shown);
    cases_free(cases);
}
END_TEST

static const struct {
    const char *about, *csv;
    size_t line;
    const char *text;
} unreadable[] = {
    {"an empty file", "", 1, "the file is empty"},
    {"no column of cases", "id,event,action\n", 1,
     "no column \"case\" (there are id, event, action); --id names it"},
    {"no column of events", "case,activity,action\n", 1,
     "no column \"event\" (there are case, activity, action); --event names it"},
    {"no column of labels", "case,event\n", 1,
     "no column \"action\" (there are case, event); --label names it"},
    {"a column twice", "case,event,action,event\n", 1,
     "two columns are called \"event\""},
    {"a name that is not UTF-8", "case,event,action,\xff\n", 1, "is not UTF-8"},
    {"a quote never closed", HEAD "7,up,,,,a\n7,\"up,,,,a\n", 3, "never closed"},
    {"a row without a case", HEAD "7,up,,,,a\n,up,,,,a\n", 3, "the row has no \"case\""},
    {"a zero byte", HEAD "7,u\\0p,,,,a\n", 2, "zero byte"},
};

START_TEST(test_bad_files_are_errors)
{
    struct error err = {.status = STATUS_OK};
    char text[256], place[16];
    size_t length = strlen(unreadable[_i].csv);
    memcpy(text, unreadable[_i].csv, length + 1);
    char *zero = strstr(text, "\\0");
    if (zero) {
        *zero = '\0';
        memmove(zero + 1, zero + 2, length - (size_t)(zero - text) - 1);
        length--;
    }
    ck_assert_msg(read_text(text, length, &plain, TASK_LAST, &err) == NULL,
                  "%s: accepted", unreadable[_i].about);
    ck_assert_int_eq(err.status, STATUS_BAD_INPUT);
    (void)snprintf(place, sizeof place, "x.csv:%zu", unreadable[_i].line);
    ck_assert_msg(strstr(err.where, place) != NULL &&
                      strstr(err.text, unreadable[_i].text) != NULL,
                  "%s: %s: %s", unreadable[_i].about, err.where, err.text);
}
END_TEST

START_TEST(test_schema_decides_types)
{
    static const char csv[] = "case,event,code,n\n1,a,404,1\n1,a,500,x\n";
    struct schema *schema = sample_schema(
        "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": "
        "[\"a\"]}, {\"name\": \"code\", \"kind\": \"category\", \"values\": [\"404\"]}, "
        "{\"name\": \"n\", \"kind\": \"number\"}]}");
    struct cases *cases = read_text(csv, sizeof csv - 1, &plain, TASK_NEXT, NULL);
    struct strbuf shown;
    strbuf_init(&shown, SIZE_MAX);
    cases_apply_schema(cases, schema);
    show(cases, &shown);
    cases_apply_schema(cases, NULL);
    show(cases, &shown);
    ck_assert_str_eq(
        shown.bytes,
        "{\"id\":\"1\",\"events\":[{\"event\":\"a\",\"code\":\"404\",\"n\":1}"
        ",{\"event\":\"a\",\"code\":\"500\",\"n\":\"x\"}]} 2 3\n"
        "{\"id\":\"1\",\"events\":[{\"event\":\"a\",\"code\":404,\"n\":\"1\"}"
        ",{\"event\":\"a\",\"code\":500,\"n\":\"x\"}]} 2 3\n");
    strbuf_release(&shown);
    cases_free(cases);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_many_cases_are_kept_apart)
{
    enum { CASES = 3000, ROUNDS = 3 };
    struct strbuf csv;
    strbuf_init(&csv, SIZE_MAX);
    strbuf_add(&csv, "case,event\n");
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < CASES; i++)
            strbuf_printf(&csv, "%d,e%d\n", i, round);
    struct cases *cases = read_text(csv.bytes, csv.length, &plain, TASK_NEXT, NULL);
    ck_assert_uint_eq(cases_count(cases), CASES);
    for (size_t i = 0; i < CASES; i++) {
        const size_t *lines;
        size_t count;
        char id[16];
        json_t *history = cases_history(cases, i, &lines, &count, NULL);
        (void)snprintf(id, sizeof id, "%zu", i);
        if (count != ROUNDS || lines[2] != 2 * CASES + i + 2 ||
            strcmp(json_string_value(json_object_get(history, "id")), id) != 0)
            ck_abort_msg("case %zu is wrong", i);
        json_decref(history);
    }
    cases_free(cases);
    strbuf_release(&csv);
}
END_TEST

/* Any bytes give histories or an error. */
START_TEST(test_any_bytes_give_histories_or_an_error)
{
    static const char alphabet[] = "a1,\"\n\r.-e\xc3\xa4\0";
    struct random random;
    char text[80] = "case,event,n\n";
    size_t head = strlen(text);
    random_init(&random, 11, (uint64_t)_i);
    for (int round = 0; round < 60; round++) {
        size_t length = head + random_below(&random, sizeof text - head);
        struct strbuf shown;
        for (size_t i = head; i < length; i++)
            text[i] = alphabet[random_below(&random, sizeof alphabet - 1)];
        struct error err = {.status = STATUS_OK};
        struct cases *cases = read_text(text, length, &plain, TASK_NEXT, &err);
        strbuf_init(&shown, SIZE_MAX);
        if (cases)
            show(cases, &shown);
        else
            ck_assert_int_eq(err.status, STATUS_BAD_INPUT);
        strbuf_release(&shown);
        cases_free(cases);
    }
}
END_TEST

START_TEST(test_memory_runs_out)
{
    static const char csv[] = HEAD "7,\"u\"\"p\",3,a,1.5,\n7,down,4,b,2,page\n";
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "x.csv", path);
    ck_assert(file_write(path, csv, sizeof csv - 1, NULL) == STATUS_OK);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct cases *cases = cases_read(path, &plain, TASK_LAST, &err);
        json_t *history = NULL;
        if (cases) {
            const size_t *lines;
            size_t count;
            history = cases_history(cases, 0, &lines, &count, &err);
        }
        ck_assert_msg((history == NULL) == (err.status == STATUS_NO_MEMORY),
                      "pass %u: %s", n, err.text);
        json_decref(history);
        cases_free(cases);
    }
    tmpdir_release(&tmpdir);
}
END_TEST

Suite *cases_suite(void)
{
    Suite *suite = suite_create("cases");
    TCase *tc = tcase_create("cases");
    tcase_add_loop_test(tc, test_rows_become_histories, 0, COUNT(good));
    tcase_add_loop_test(tc, test_bad_rows_are_errors_of_their_history, 0, COUNT(bad));
    tcase_add_loop_test(tc, test_bad_files_are_errors, 0, COUNT(unreadable));
    tcase_add_test(tc, test_schema_decides_types);
    tcase_add_test(tc, test_many_cases_are_kept_apart);
    tcase_add_loop_test(tc, test_any_bytes_give_histories_or_an_error, 0, 5);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

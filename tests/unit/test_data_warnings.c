/*
 * What train says of data that it can read, and that would give another model than meant.  The
 * table has, for each warning, data that deserves it and similar data that does not.
 */
#include "data/warnings.h"

#include <string.h>

#include "base/file.h"
#include "data/examples.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

#define HEAD "case,event,time,action\n"

static const struct {
    const char *about;
    const char *name; /* of the file */
    const char *head;
    const char
        *rows; /* a pattern, used count times: %d is the number, %m the number modulo 4 */
    int count;
    const char *more; /* further rows */
    bool folds_ids;
    const char *said;     /* in the notes and warnings; NULL: no warning of the kind */
    const char *not_said; /* must not be there; NULL */
    size_t histories;     /* to train and to validate on; 0: not compared */
} cases[] = {
    /* ---- ids ---- */
    {.about = "a case in two spellings",
     .name = "x.csv",
     .head = HEAD,
     .rows = "INC-%d,a,1,x\ninc-%d,b,2,\n",
     .count = 5,
     .more = "INC-6,a,1,y\n",
     .said =
         "warning: 5 ids differ from another only in case, blanks, \"-\", \"_\", or "
         "zeros: \"INC-0\" and \"inc-0\" (first at x.csv:3) are two cases; --fold-ids "
         "makes them one\n"},
    {.about = "made one, the label in the first spelling's row",
     .name = "x.csv",
     .head = HEAD,
     .rows = "INC-%d,a,1,x\ninc-%d,b,2,\n",
     .count = 5,
     .more = "INC-6,a,1,y\n",
     .folds_ids = true,
     .not_said = "differ from",
     .histories = 6},
    {.about = "numbers with and without a fraction",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d.0,a,1,x\n%d,b,2,y\n",
     .count = 3,
     .said = "\"0.0\" and \"0\" (first at x.csv:3)"},
    {.about = "the first place in the file, though another incident began first",
     .name = "x.csv",
     .head = HEAD,
     .rows = "",
     .more = "C,a,9,x\nc,a,9,x\nB,a,1,y\nb,a,1,y\n",
     .said = "\"C\" and \"c\" (first at x.csv:3)"},
    {.about = "three spellings are two too many",
     .name = "x.csv",
     .head = HEAD,
     .rows = "",
     .more = "B 1,a,1,x\nb1,a,1,x\nb-1,b,2,x\nC,a,1,y\n",
     .said = "warning: 2 ids differ from another only in case, blanks, \"-\", \"_\", or "
             "zeros: \"B 1\" and \"b1\" (first at x.csv:3)"},
    {.about = "other ids",
     .name = "x.csv",
     .head = HEAD,
     .rows = "INC-%d,a,1,x\nREQ-%d,b,2,y\n1-2%d,a,3,x\n12-%d,a,3,x\n",
     .count = 5,
     .not_said = "differ from"},
    {.about = "lines of one incident in two spellings",
     .name = "x.jsonl",
     .rows = "{\"id\": \"A-%d\", \"events\": [\"a\"], \"action\": \"x\"}\n"
             "{\"id\": \"a%d\", \"events\": [\"a\"], \"action\": \"y\"}\n",
     .count = 2,
     .said = "\"A-0\" and \"a0\" (first at x.jsonl:2) are two histories; if they are one "
             "incident, put its events into one\n"},
    {.about = "a number and a string",
     .name = "x.jsonl",
     .rows = "",
     .more = "{\"id\": 1234567890.0, \"events\": [\"a\"], \"action\": \"x\"}\n"
             "{\"id\": \"1234567890\", \"events\": [\"a\"], \"action\": \"y\"}\n",
     .said = "\"1234567890.0\" and \"1234567890\" (first at x.jsonl:2)"},
    {.about = "the same id in two lines is said as before",
     .name = "x.jsonl",
     .rows = "{\"id\": \"A-%d\", \"events\": [\"a\"], \"action\": \"x\"}\n"
             "{\"id\": \"A-%d\", \"events\": [\"a\"], \"action\": \"y\"}\n",
     .count = 2,
     .said = "warning: 2 histories have the id of an earlier one, the first at x.jsonl:2",
     .not_said = "differ from"},
    {.about = "digits that a spreadsheet has cut",
     .name = "x.csv",
     .head = HEAD,
     .rows = "4.0000%dE+11,a,1,x\n4.0000%dE+11,b,2,\n",
     .count = 3,
     .more = "7,a,1,y\n",
     .said = "warning: 3 ids are written as a spreadsheet shows long numbers, "
             "\"4.00000E+11\" (the first at x.csv:2): digits are missing"},
    {.about = "an E that is no exponent",
     .name = "x.csv",
     .head = HEAD,
     .rows = "4E11%d,a,1,x\nE+1%d,a,1,y\n",
     .count = 3,
     .not_said = "spreadsheet"},
};

static void add_rows(struct strbuf *text, const char *pattern, int number)
{
    for (const char *c = pattern; *c != '\0'; c++)
        if (c[0] == '%' && (c[1] == 'd' || c[1] == 'm'))
            strbuf_printf(text, "%d", *++c == 'm' ? number % 4 : number);
        else
            strbuf_add_bytes(text, c, 1);
}

START_TEST(test_data_that_would_give_another_model)
{
    struct tmpdir tmpdir;
    struct strbuf text;
    char path[TMPDIR_PATH];
    struct examples examples;
    struct error err = {0};
    const char *files[1];
    const struct data_keys keys = {.id = "",
                                   .label = "action",
                                   .events = "events",
                                   .event = "event",
                                   .time = "time",
                                   .split = "",
                                   .folds_ids = cases[_i].folds_ids};
    const struct examples_settings settings = {.task = TASK_LAST, .seed = 1};
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, cases[_i].head ? cases[_i].head : "");
    for (int i = 0; i < cases[_i].count; i++)
        add_rows(&text, cases[_i].rows, i);
    strbuf_add(&text, cases[_i].more ? cases[_i].more : "");
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, cases[_i].name, path);
    ck_assert(file_write(path, text.bytes, text.length, NULL) == STATUS_OK);
    files[0] = path;
    const struct data_files data = {.files = files, .file_count = 1, .keys = &keys};
    ck_assert_msg(examples_load(&examples, &data, &settings, &err) == STATUS_OK,
                  "%s: %s: %s", cases[_i].about, err.where, err.text);
    strbuf_clear(&text);
    const char *parts[] = {examples.messages.notes.bytes,
                           examples.messages.warnings.bytes};
    for (size_t i = 0; i < 2; i++)
        for (const char *at = parts[i]; at && *at != '\0'; at++)
            if (strncmp(at, path, strlen(path)) == 0) { /* leave out the folder */
                strbuf_add(&text, cases[_i].name);
                at += strlen(path) - 1;
            } else {
                strbuf_add_bytes(&text, at, 1);
            }
    if (cases[_i].said)
        ck_assert_msg(strstr(text.bytes, cases[_i].said) != NULL, "%s:\n%s",
                      cases[_i].about, text.bytes);
    if (cases[_i].not_said)
        ck_assert_msg(!strstr(text.bytes, cases[_i].not_said), "%s:\n%s", cases[_i].about,
                      text.bytes);
    if (cases[_i].histories > 0)
        ck_assert_uint_eq(examples.train_count + examples.validation_count,
                          cases[_i].histories);
    strbuf_release(&text);
    examples_release(&examples);
    tmpdir_release(&tmpdir);
}
END_TEST

Suite *data_warnings_suite(void)
{
    Suite *suite = suite_create("data_warnings");
    TCase *tests = tcase_create("data_warnings");
    tcase_add_loop_test(tests, test_data_that_would_give_another_model, 0, COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite;
}

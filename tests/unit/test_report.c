/* The page of `triage report` is well formed whatever the data holds, and the JSON has the same. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "report/content.h"
#include "report/html.h"
#include "report/page.h"
#include "support/case_count.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "support/xml.h"
#include "unit/suites.h"

/* ---- text -------------------------------------------------------------------------------- */

static const struct {
    const char *about, *text, *expected;
} texts[] = {
    {"plain text", "rollback", "rollback"},
    {"nothing", "", ""},
    {"markup", "<b onclick='x()'>&\"", "&lt;b onclick=&#39;x()&#39;&gt;&amp;&quot;"},
    {"a control character", "a\033[2Jb", "a\\x1b[2Jb"},
    {"a line break", "a\nb", "a\\x0ab"},
    {"a mark that turns the direction of text", "a\u202eb", "a\\u202eb"},
    {"bytes that are not UTF-8", "a\xff", "a\\xff"},
    {"other letters", "caf\u00e9 \u2192", "caf\u00e9 \u2192"},
};

START_TEST(test_text_is_escaped)
{
    struct strbuf out;
    strbuf_init(&out, SIZE_MAX);
    strbuf_add(&out, "|");
    html_text(&out, texts[_i].text);
    ck_assert_msg(strcmp(out.bytes + 1, texts[_i].expected) == 0, "%s: %s",
                  texts[_i].about, out.bytes);
    strbuf_release(&out);
}
END_TEST

static const struct {
    uint64_t count;
    const char *expected;
} counts[] = {
    {0, "0"},
    {1500, "1500"},
    {22915, "22\u202f915"},
    {1234567, "1\u202f234\u202f567"},
};

START_TEST(test_counts_have_groups_of_digits)
{
    struct strbuf out;
    strbuf_init(&out, SIZE_MAX);
    html_count(&out, counts[_i].count);
    ck_assert_str_eq(out.bytes, counts[_i].expected);
    strbuf_release(&out);
}
END_TEST

/* ---- pages ------------------------------------------------------------------------------- */

enum { HISTORIES = 30, LONGEST = 6, C = 3 };

#define HOSTILE "</td><script>alert('\\\"&')</script>"

static const char hostile_schema[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": "
    "[\"" HOSTILE "\", \"b\", \"c\"]}, {\"name\": \"<i>\\u001b[2J\", \"kind\": "
    "\"category\", \"values\": [\"x\", \"y\"]}, {\"name\": \"a & b\", \"kind\": "
    "\"number\", \"deciles\": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}], \"time\": "
    "[{\"name\": \"since_previous\"}, {\"name\": \"hour_sin\"}, {\"name\": "
    "\"hour_cos\"}]}";

static const char *const hostile_actions[C] = {"</td><script>alert('\"&')</script>",
                                               "\033[31mred", "wait"};

enum what {
    WITHOUT_DATA,
    WITH_DATA,
    ONE_EVENT,    /* in every history */
    OTHER_LABELS, /* none is an action of the model */
    TASK_OF_NEXT
};

static const struct {
    const char *about;
    enum what what;
    const char *page, *json; /* a part of each */
} cases[] = {
    {"without data", WITHOUT_DATA, "<h1>m</h1>", "\"evaluation\": null"},
    {"with data", WITH_DATA, "class=\"warnings\"",
     "\"warnings\": [\"<b> is \\\"odd\\\"\", \"another\""},
    {"histories of one event", ONE_EVENT, "Not measured: half of the histories have one",
     "\"gradient_by_lag\": null, \"no_gradient_by_lag\": \"half of the histories"},
    {"labels that are none of the model's", OTHER_LABELS, "No verdict on m",
     "\"log_loss\": {\"value\": null"},
    {"by the share of the events that are known", WITH_DATA,
     "<tr><th scope=\"row\">25 % of the events</th><td>30</td>", "\"known\""},
    {"task next", TASK_OF_NEXT, "the next event, after each event",
     "\"target\": \"next\""},
};

struct trial {
    struct model *model;
    struct example examples[HISTORIES];
    uint32_t actions[HISTORIES][LONGEST];
    struct evaluation_inputs inputs;
    struct arena arena;
};

static struct model *make_model(enum task task)
{
    const struct spec spec = sample_spec(2, 0, 3, 1, 1);
    const struct training training = {.seed = 3, .threads = 1};
    struct schema *schema = sample_schema(hostile_schema);
    struct error err = {.status = STATUS_OK};
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, task, hostile_actions, C, &training, &err);
    ck_assert_msg(trainer != NULL, "%s", err.text);
    triage_schema_free(schema);
    return sample_finish(trainer);
}

static void trial_init(struct trial *x, enum what what)
{
    const uint32_t longest = what == ONE_EVENT ? 1 : LONGEST;
    memset(x, 0, sizeof *x);
    arena_init(&x->arena, SIZE_MAX);
    x->model = make_model(what == TASK_OF_NEXT ? TASK_NEXT : TASK_LAST);
    const struct history *histories =
        sample_histories(triage_model_schema(x->model), HISTORIES, longest, &x->arena, 5);
    for (uint32_t h = 0; h < HISTORIES; h++) {
        for (uint32_t t = 0; t < LONGEST; t++)
            x->actions[h][t] = (h + t) % C;
        x->examples[h] = (struct example){
            .history = histories[h],
            .action = what == OTHER_LABELS ? (uint32_t)ACTION_OTHER : h % C,
            .actions = what == TASK_OF_NEXT ? x->actions[h] : NULL};
    }
    x->inputs = (struct evaluation_inputs){
        .examples = {.evaluation = x->examples, .evaluation_count = HISTORIES},
        .part = "all"};
    strbuf_init(&x->inputs.warnings, SIZE_MAX);
    strbuf_add(&x->inputs.warnings, "warning: <b> is \"odd\"\nwarning: another\n");
}

static void trial_release(struct trial *x)
{
    strbuf_release(&x->inputs.warnings);
    triage_model_free(x->model);
    arena_release(&x->arena);
}

static enum status gather(struct content *content, const struct trial *x, enum what what,
                          struct error *err)
{
    static const struct evaluation_settings settings = {.seed = 1,
                                                        .resamples = 100,
                                                        .shortest = 1,
                                                        .end = true,
                                                        .known = true,
                                                        .threads = 1};
    return content_init(content, x->model, "m.safetensors",
                        what == WITHOUT_DATA ? NULL : &x->inputs, &settings, err);
}

START_TEST(test_the_page_is_well_formed)
{
    static struct trial x;
    struct content content;
    struct error err = {.status = STATUS_OK};
    struct strbuf page;
    trial_init(&x, cases[_i].what);
    strbuf_init(&page, SIZE_MAX);
    ck_assert_msg(gather(&content, &x, cases[_i].what, &err) == STATUS_OK, "%s: %s",
                  cases[_i].about, err.text);
    page_write(&content, &page);
    ck_assert(!page.has_failed);
    ck_assert_msg(strncmp(page.bytes, "<!DOCTYPE html>\n<html", 21) == 0, "%s",
                  cases[_i].about);
    const char *mistake = xml_mistake(page.bytes);
    ck_assert_msg(mistake == NULL, "%s: not well formed at: %.200s", cases[_i].about,
                  mistake);
    ck_assert_msg(strstr(page.bytes, cases[_i].page) != NULL, "%s: no \"%s\" in %.2000s",
                  cases[_i].about, cases[_i].page, page.bytes);
    ck_assert_msg(!strstr(page.bytes, "<script") && !strchr(page.bytes, '\033'),
                  "%s: names are not escaped", cases[_i].about);
    ck_assert_msg(strstr(page.bytes, "&lt;/td&gt;&lt;script&gt;") != NULL,
                  "%s: the names are missing", cases[_i].about);
    ck_assert_msg(!strstr(page.bytes, "nan") && !strstr(page.bytes, "inf "),
                  "%s: a number that is none", cases[_i].about);
    ck_assert_msg(!strstr(page.bytes, "://"), "%s: something from outside",
                  cases[_i].about);
    strbuf_release(&page);
    content_release(&content);
    trial_release(&x);
}
END_TEST

START_TEST(test_the_json_has_the_same_content)
{
    static struct trial x;
    struct content content;
    struct error err = {.status = STATUS_OK};
    struct strbuf text;
    trial_init(&x, cases[_i].what);
    strbuf_init(&text, SIZE_MAX);
    ck_assert_int_eq(gather(&content, &x, cases[_i].what, &err), STATUS_OK);
    content_write(&content, &text);
    ck_assert(!text.has_failed);
    json_t *json = json_read(text.bytes, text.length, &err);
    ck_assert_msg(json != NULL, "%s: %s: %.2000s", cases[_i].about, err.text, text.bytes);
    ck_assert_msg(strstr(text.bytes, cases[_i].json) != NULL, "%s: no %s in %.2000s",
                  cases[_i].about, cases[_i].json, text.bytes);
    json_decref(json);
    strbuf_release(&text);
    content_release(&content);
    trial_release(&x);
}
END_TEST

/* Any report of a file is shown: members that are not known here, and rows with different members. */
static const char any_report[] =
    "{\"report\": {\"best_epoch\": 2, \"clip_rate\": 0.25, \"odd_member\": \"</dd>\", "
    "\"curve\": [{\"epoch\": 1, \"train_loss\": 2.5, \"validation_loss\": 2.25, "
    "\"phase\": \"train\"}, {\"epoch\": 2, \"train_loss\": 1.5, \"validation_loss\": "
    "null}, {\"epoch\": 1, \"train_loss\": 9.5, \"phase\": \"refit\"}], "
    "\"notes\": {\"tries\": [{\"a\": 1}, {\"b\": \"<\"}], \"deep\": {\"deeper\": "
    "{\"deepest\": {\"end\": [1, {\"x\": null}]}}}}}, "
    "\"decision\": {\"decline_below\": 0.75}}";

static const struct {
    const char *about, *part;
} parts[] = {
    {"the curve", "<title>Loss after every epoch</title>"},
    {"its best epoch", ">best epoch</text>"},
    {"without the epochs of another phase", ">2.5</text>"},
    {"a member with words", "<dt>share of steps whose gradient was clipped</dt>"},
    {"a member without", "<dt>odd member</dt>\n<dd>&lt;/dd&gt;</dd>"},
    {"the columns of all rows",
     "<th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead>"},
    {"a row without the first", "<tr><th scope=\"row\">\u2013</th><td>&lt;</td></tr>"},
    {"what is deep", "<dt>deepest</dt>\n<dd>{&quot;end&quot;"},
    {"a threshold", "<dt>decline below</dt>\n<dd>0.75</dd>"},
};

START_TEST(test_any_report_of_a_file_is_shown)
{
    static struct trial x;
    struct content content;
    struct error err = {.status = STATUS_OK};
    struct strbuf page;
    trial_init(&x, WITHOUT_DATA);
    strbuf_init(&page, SIZE_MAX);
    ck_assert_int_eq(gather(&content, &x, WITHOUT_DATA, &err), STATUS_OK);
    json_decref(content.description);
    content.description = json_read(any_report, sizeof any_report - 1, &err);
    content.report = json_object_get(content.description, "report");
    page_write(&content, &page);
    ck_assert(!page.has_failed && !xml_mistake(page.bytes));
    const char *body = strstr(page.bytes, "<body>");
    ck_assert_msg(strstr(body, parts[_i].part) != NULL, "%s: no %s in %.3000s",
                  parts[_i].about, parts[_i].part, strstr(body, "training-heading"));
    strbuf_release(&page);
    content_release(&content);
    trial_release(&x);
}
END_TEST

/* The last two bins have predictions: 6 of 8 right, 3 of 4 right. */
START_TEST(test_what_is_answered_if_little_probable_predictions_are_declined)
{
    struct evaluation e = {.positions = 12};
    struct coverage coverage[MAX_COVERAGE];
    e.bins[13] = (struct calibration_bin){8, 0.9, 0.75};
    e.bins[7] = (struct calibration_bin){4, 0.5, 0.5};
    ck_assert_uint_eq(content_coverage(&e, coverage), 2);
    ck_assert(coverage[0].confidence == 0.0 && coverage[0].answered == 12);
    ck_assert(coverage[0].share == 1.0 && coverage[0].accuracy == 8.0 / 12.0);
    ck_assert(coverage[1].answered == 8 && coverage[1].accuracy == 0.75);
    ck_assert(coverage[1].confidence == 13.0 / EVALUATION_BINS);
    ck_assert_uint_eq(content_coverage(&(struct evaluation){.positions = 0}, coverage),
                      0);
}
END_TEST

START_TEST(test_a_file_of_charts_is_well_formed)
{
    const double none = (double)NAN;
    const struct point points[2] = {{0.0, 1e-9, none, none}, {3.0, 2e4, none, none}};
    struct chart charts[2];
    struct strbuf out;
    charts[0] = (struct chart){.title = "<a & b>",
                               .description = "\"",
                               .x_label = "x",
                               .y_label = "y",
                               .x_high = 3.0,
                               .y_low = 1e-9,
                               .y_high = 1e5,
                               .is_log = true,
                               .mark_x = none,
                               .series_count = CHART_SERIES};
    for (int i = 0; i < CHART_SERIES; i++)
        charts[0].series[i] = (struct series){"<i>", points, 2};
    charts[1] = charts[0];
    strbuf_init(&out, SIZE_MAX);
    svg_charts(&out, charts, 2);
    ck_assert(!out.has_failed);
    const char *mistake = xml_mistake(out.bytes);
    ck_assert_msg(mistake == NULL, "not well formed at: %.200s", mistake);
    ck_assert_msg(strncmp(out.bytes, "<svg xmlns=\"http://www.w3.org/2000/svg\"", 39) ==
                      0,
                  "%.80s", out.bytes);
    ck_assert_ptr_nonnull(strstr(out.bytes, "prefers-color-scheme: dark"));
    ck_assert_ptr_nonnull(strstr(out.bytes, "&lt;a &amp; b&gt;"));
    ck_assert_ptr_nonnull(strstr(out.bytes, ">1e-9</text>"));
    ck_assert_ptr_nonnull(strstr(out.bytes, "class=\"series s5\""));
    strbuf_release(&out);
}
END_TEST

START_TEST(test_it_ends_cleanly_when_memory_runs_out)
{
    static struct trial x;
    const enum what what = _i == 0 ? WITHOUT_DATA : WITH_DATA;
    trial_init(&x, what);
    x.inputs.examples.evaluation_count = 6;
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct content content;
        struct error err = {.status = STATUS_OK};
        struct strbuf page, text;
        strbuf_init(&page, SIZE_MAX);
        strbuf_init(&text, SIZE_MAX);
        enum status status = gather(&content, &x, what, &err);
        if (status == STATUS_OK) {
            page_write(&content, &page);
            content_write(&content, &text);
        }
        ck_assert_int_eq(status != STATUS_OK || page.has_failed || text.has_failed,
                         failing_malloc_has_failed());
        ck_assert(status == STATUS_OK || err.status == STATUS_NO_MEMORY);
        strbuf_release(&page);
        strbuf_release(&text);
        content_release(&content);
    }
    trial_release(&x);
}
END_TEST

Suite *report_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tc = tcase_create("report");
    tcase_add_loop_test(tc, test_text_is_escaped, 0, COUNT(texts));
    tcase_add_loop_test(tc, test_counts_have_groups_of_digits, 0, COUNT(counts));
    tcase_add_loop_test(tc, test_the_page_is_well_formed, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_the_json_has_the_same_content, 0, COUNT(cases));
    tcase_add_test(tc, test_what_is_answered_if_little_probable_predictions_are_declined);
    tcase_add_loop_test(tc, test_any_report_of_a_file_is_shown, 0, COUNT(parts));
    tcase_add_test(tc, test_a_file_of_charts_is_well_formed);
    tcase_add_loop_test(tc, test_it_ends_cleanly_when_memory_runs_out, 0,
                        case_count(2, 2));
    suite_add_tcase(suite, tc);
    return suite;
}

/*
 * The JSON of answers, problems and descriptions, byte for byte.
 */
#include <string.h>

#include "base/strbuf.h"
#include "engine.h"
#include "infer/model.h"
#include "model/answer.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

/* An answer needs only the actions, the digest and the schema of a model: here without fields. */
static const char *actions[] = {"ignore", "roll \"back\"", "escalate"};
static const char *action_texts[] = {"\"ignore\"", "\"roll \\\"back\\\"\"",
                                     "\"escalate\""};
static const char *action_keys[] = {
    "\"ignore\": ", ", \"roll \\\"back\\\"\": ", ", \"escalate\": "};

static struct trained_model stub(void)
{
    static struct schema schema;
    struct trained_model model = {.actions = actions,
                                  .action_texts = action_texts,
                                  .action_keys = action_keys,
                                  .action_count = 3,
                                  .schema = &schema};
    memcpy(model.digest, "sha256:abc", sizeof "sha256:abc");
    return model;
}

#define TAIL ", \"model\": {\"name\": \"lesson\", \"digest\": \"sha256:abc\"}}"
#define NOTHING "\"unknown\": [], \"unknown_count\": 0, \"ignored\": {}"

static const struct unknown_value unknown[] = {
    {"/events/3/a~1b", "say \"hi\"", "say_\"hi\""}, {"/events/4", "\u00e9\n", NULL}};
static const struct ignored_field ignored[] = {
    {"host", 2, NULL}, {"a\\b", 1, "a_\"b"}, {"x", 3, NULL}, {"Team", 1, "team"}};

static const struct {
    const char *about;
    struct history history;
    float probabilities[3];
    const char *text;
} answers[] = {
    {"no id, and the shortest floats",
     {.length = 3},
     {0.29087248f, 0.3896198f, 0.31950772f},
     "{\"action\": \"roll \\\"back\\\"\", \"declined\": false, \"probabilities\": "
     "{\"ignore\": 0.29087248, "
     "\"roll \\\"back\\\"\": 0.3896198, \"escalate\": 0.31950772}, \"events\": 3, "
     "\"reordered\": false, " NOTHING TAIL},
    {"an id that is a string, and reordered",
     {.length = 1, .reordered = true, .id = "\"INC-7\""},
     {1.0f, 0.0f, 0.0f},
     "{\"id\": \"INC-7\", \"action\": \"ignore\", \"declined\": false, "
     "\"probabilities\": {\"ignore\": 1.0, "
     "\"roll \\\"back\\\"\": 0.0, \"escalate\": 0.0}, \"events\": 1, \"reordered\": "
     "true, " NOTHING TAIL},
    {"an id that is an integer, and small floats",
     {.length = 100000, .id = "-17"},
     {1e-5f, 1.5e-6f, 0.99998850f},
     "{\"id\": -17, \"action\": \"escalate\", \"declined\": false, \"probabilities\": "
     "{\"ignore\": 0.00001, "
     "\"roll \\\"back\\\"\": 1.5e-06, \"escalate\": 0.9999885}, \"events\": 100000, "
     "\"reordered\": false, " NOTHING TAIL},
    {"a tie goes to the first",
     {.length = 1},
     {0.25f, 0.375f, 0.375f},
     "{\"action\": \"roll \\\"back\\\"\", \"declined\": false, \"probabilities\": "
     "{\"ignore\": 0.25, "
     "\"roll \\\"back\\\"\": 0.375, \"escalate\": 0.375}, \"events\": 1, "
     "\"reordered\": false, " NOTHING TAIL},
    {"unknown values and ignored fields",
     {.length = 5,
      .unknown = unknown,
      .unknown_count = 2,
      .ignored = ignored,
      .ignored_count = 4},
     {1.0f, 0.0f, 0.0f},
     "{\"action\": \"ignore\", \"declined\": false, \"probabilities\": {\"ignore\": 1.0, "
     "\"roll "
     "\\\"back\\\"\": "
     "0.0, \"escalate\": 0.0}, \"events\": 5, \"reordered\": false, \"unknown\": "
     "[{\"pointer\": \"/events/3/a~1b\", \"value\": \"say \\\"hi\\\"\", \"nearest\": "
     "\"say_\\\"hi\\\"\"}, {\"pointer\": "
     "\"/events/4\", \"value\": \"\u00e9\\n\"}], \"unknown_count\": 2, \"ignored\": "
     "{\"host\": 2, \"a\\\\b\": 1, \"x\": 3, \"Team\": 1}, \"ignored_nearest\": "
     "{\"a\\\\b\": \"a_\\\"b\", \"Team\": \"team\"}" TAIL},
    {"declined, because no name is known",
     {.length = 2, .unknown = unknown, .unknown_count = 2, .unknown_names = 2},
     {1.0f, 0.0f, 0.0f},
     "{\"action\": null, \"declined\": true, \"reason\": \"every event is unknown\", "
     "\"probabilities\": {\"ignore\": 1.0, \"roll \\\"back\\\"\": 0.0, \"escalate\": "
     "0.0}, "
     "\"events\": 2, \"reordered\": false, \"unknown\": [{\"pointer\": "
     "\"/events/3/a~1b\", \"value\": \"say \\\"hi\\\"\", \"nearest\": "
     "\"say_\\\"hi\\\"\"}, {\"pointer\": \"/events/4\", \"value\": "
     "\"\u00e9\\n\"}], \"unknown_count\": 2, \"ignored\": {}" TAIL},
};

START_TEST(test_answers_byte_for_byte)
{
    const struct trained_model model = stub();
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    answer_write(&text, &model, NULL, "lesson", &answers[_i].history,
                 answers[_i].probabilities);
    ck_assert_msg(strcmp(text.bytes, answers[_i].text) == 0, "%s:\n%s\n%s",
                  answers[_i].about, text.bytes, answers[_i].text);
    strbuf_release(&text);
}
END_TEST

/* All unknown values are counted, HISTORY_NOTES of them are listed. */
START_TEST(test_more_unknown_values_than_are_listed)
{
    static struct unknown_value many[HISTORY_NOTES];
    const struct trained_model model = stub();
    const float probabilities[3] = {1.0f, 0.0f, 0.0f};
    size_t listed = 0;
    struct strbuf text;
    for (size_t i = 0; i < HISTORY_NOTES; i++)
        many[i] = (struct unknown_value){"/events/0", "x", NULL};
    const struct history history = {
        .length = 1, .unknown = many, .unknown_count = HISTORY_NOTES + 17};
    strbuf_init(&text, SIZE_MAX);
    answer_write(&text, &model, NULL, "lesson", &history, probabilities);
    for (const char *at = text.bytes; (at = strstr(at, "\"pointer\"")); at++)
        listed++;
    ck_assert_uint_eq(listed, HISTORY_NOTES);
    ck_assert_ptr_nonnull(strstr(text.bytes, "\"unknown_count\": 117"));
    strbuf_release(&text);
}
END_TEST

/* A history of a model that was trained on a service, a number and times. */
struct notes_case {
    const char *about, *history, *notes;
};

static const struct notes_case lacking[] = {
    {"nothing is missing",
     "{'events': [{'event': 'a', 'service': 'x', 'load': 2, 'at': 7}]}", ""},
    {"what one of the events has is not missing",
     "{'events': [{'event': 'a', 'load': 2, 'at': 7}, {'event': 'a', 'service': 'x', "
     "'at': 8}]}",
     ""},
    {"what all events have is not missing",
     "{'fields': {'service': 'x', 'load': 2}, 'events': [{'event': 'a', 'at': 7}]}", ""},
    {"an unknown value is not missing",
     "{'events': [{'event': 'a', 'service': 'z', 'load': 2, 'at': 7}]}", ""},
    {"names only", "{'events': ['a', 'a']}", "'missing': ['service', 'load', 'at']"},
    {"no names", "{'events': [{'event': null, 'service': 'x', 'load': 2, 'at': 7}]}",
     "'missing': ['event'], 'unnamed': 1"},
    {"names that are null, and marks of missing values",
     "{'fields': {'service': 'x', 'load': 2}, 'events': [{'event': 'a', 'at': 7}, "
     "{'event': null, 'at': 7}, {'event': 'N/A', 'at': 8}]}",
     "'unnamed': 2"},
    {"a time decades before the training, and a gap of decades",
     "{'fields': {'service': 'x', 'load': 2}, 'events': [{'event': 'a', 'at': "
     "'2026-02-01T00:00:00Z'}, {'event': 'a', 'at': 46235.4}]}",
     "'unusual_times': [{'kind': 'time', 'pointer': '/events/1/at', 'received': "
     "'1970-01-01T12:50:35.400000Z', 'trained': '2026-01-05T04:08:44Z to "
     "2026-03-31T20:00:00Z'}, {'kind': 'gap', 'pointer': '/events/0/at', 'received': "
     "'1769857764 s', 'trained': 'up to 5400 s'}]"},
    {"marks of missing values",
     "{'events': [{'event': 'a', 'service': 'N/A', 'load': null, 'at': 7}]}",
     "'missing': ['service', 'load']"},
    {"a number that is far away, once of three",
     "{'events': [{'event': 'a', 'service': 'x', 'load': 2, 'at': 7}, {'event': 'a', "
     "'load': -400000, 'at': 8}, {'event': 'a', 'load': 30, 'at': 9}]}",
     "'clamped': {'load': 1}"},
    {"a number that is far away, in all events, without times",
     "{'fields': {'load': 1e300}, 'events': ['a', 'a']}",
     "'missing': ['service', 'at'], 'clamped': {'load': 2}"},
    {"a number that is not far away, of an older model file",
     "{'fields': {'service': 'x', 'load': 30}, 'events': [{'event': 'a', 'at': 7}]}", ""},
};

/* The same of a model file that holds the deciles of the number. */
static const struct notes_case beyond[] = {
    {"a number above all of the training, and one below",
     "{'fields': {'service': 'x'}, 'events': [{'event': 'a', 'load': 9.6, 'at': 7}, "
     "{'event': 'a', 'load': 0.3, 'at': 8}, {'event': 'a', 'load': 2, 'at': 9}]}",
     "'outside_training': {'load': {'events': 2, 'smallest': 0.4, 'largest': 9.5}}"},
    {"the smallest and the largest number of the training, and none",
     "{'fields': {'service': 'x'}, 'events': [{'event': 'a', 'load': 0.4, 'at': 7}, "
     "{'event': 'a', 'load': null, 'at': 8}, {'event': 'a', 'load': 9.5, 'at': 9}]}",
     ""},
    {"a number that is far away, beside one outside of the training",
     "{'fields': {'service': 'x'}, 'events': [{'event': 'a', 'load': 1e9, 'at': 7}, "
     "{'event': 'a', 'load': -1, 'at': 8}]}",
     "'clamped': {'load': 1}, 'outside_training': {'load': {'events': 2, 'smallest': "
     "0.4, "
     "'largest': 9.5}}"},
};

static void check_notes(const struct notes_case *c, const char *deciles)
{
    struct strbuf text, notes, json;
    struct trained_model model = stub();
    struct error err = {.status = STATUS_OK};
    const float probabilities[3] = {1.0f, 0.0f, 0.0f};
    struct history history;
    struct arena arena;
    strbuf_init(&text, SIZE_MAX);
    strbuf_init(&notes, SIZE_MAX);
    strbuf_init(&json, SIZE_MAX);
    arena_init(&arena, SIZE_MAX);
    strbuf_quoted(&json,
                  "{'fields': [{'name': 'event', 'kind': 'category', 'values': "
                  "['a']}, {'name': 'service', 'kind': 'category', 'values': "
                  "['x']}, {'name': 'load', 'kind': 'number', 'mean': 2, "
                  "'scale': 2%s}], 'time': [{'name': 'since_first', 'mean': 3}], "
                  "'keys': {'time': 'at'}, 'time_range': {'first': "
                  "'2026-01-05T04:08:44Z', 'last': '2026-03-31T20:00:00Z', "
                  "'longest_gap': 5400, 'longest_span': 86400}}",
                  deciles);
    model.schema = sample_schema(json.bytes);
    strbuf_clear(&json);
    strbuf_quoted(&json, "%s", c->history);
    ck_assert_msg(triage_history_decode(&history, model.schema, json.bytes, json.length,
                                        9, &arena, &err) == STATUS_OK,
                  "%s: %s", c->about, err.text);
    answer_write(&text, &model, NULL, "lesson", &history, probabilities);
    strbuf_quoted(&notes, "'ignored': {}%s%s, 'model'", *c->notes ? ", " : "", c->notes);
    ck_assert_msg(strstr(text.bytes, notes.bytes) != NULL, "%s: %s", c->about,
                  text.bytes);
    arena_release(&arena);
    strbuf_release(&json);
    strbuf_release(&notes);
    strbuf_release(&text);
    triage_schema_free(model.schema);
}

START_TEST(test_what_a_history_lacks_is_said)
{
    check_notes(&lacking[_i], "");
}
END_TEST

START_TEST(test_numbers_outside_of_the_training_are_said)
{
    check_notes(&beyond[_i], ", \"deciles\": [0.4, 1, 1, 1, 1, 2, 2, 3, 3, 4, 9.5]");
}
END_TEST

static const struct problem invalid = {"invalid-input", "input does not fit", 422};
static const struct problem syntax = {"invalid-json", "input is not JSON", 400};
static const struct problem busy = {"overloaded", "too much work is waiting", 503};

static const struct {
    const char *about;
    const struct problem *problem;
    struct error err;
    const char *request_id, *text;
} problems[] = {
    {"a pointer, what was expected and what was received",
     &invalid,
     {STATUS_BAD_INPUT, "/events/17/time", "not a time", "RFC 3339", "\"x\"", 0, 0},
     "r1",
     "{\"type\": \"/problems/invalid-input\", \"code\": \"invalid-input\", \"title\": "
     "\"input does not fit\", "
     "\"status\": 422, \"detail\": \"not a time\", "
     "\"errors\": [{\"pointer\": \"/events/17/time\", \"detail\": \"not a time\", "
     "\"expected\": \"RFC 3339\", \"received\": \"\\\"x\\\"\"}], "
     "\"request_id\": \"r1\"}"},
    {"a pointer to the whole document",
     &invalid,
     {STATUS_BAD_INPUT, "", "no object", "an object", "an array", 0, 0},
     NULL,
     "{\"type\": \"/problems/invalid-input\", \"code\": \"invalid-input\", \"title\": "
     "\"input does not fit\", "
     "\"status\": 422, \"detail\": \"no object\", "
     "\"errors\": [{\"pointer\": \"\", \"detail\": \"no object\", \"expected\": "
     "\"an object\", \"received\": \"an array\"}]}"},
    {"a line and a column",
     &syntax,
     {STATUS_BAD_JSON, "", "not JSON", "", "", 2, 7},
     NULL,
     "{\"type\": \"/problems/invalid-json\", \"code\": \"invalid-json\", \"title\": "
     "\"input is not JSON\", "
     "\"status\": 400, \"detail\": \"not JSON\", "
     "\"line\": 2, \"column\": 7}"},
    {"a failure without a text of its own",
     &busy,
     {STATUS_BUSY, "", "", "", "", 0, 0},
     NULL,
     "{\"type\": \"/problems/overloaded\", \"code\": \"overloaded\", \"title\": \"too "
     "much work is waiting\", "
     "\"status\": 503, \"detail\": \"too much work is "
     "waiting\"}"},
    {"without HTTP, code and title are those of the status",
     NULL,
     {STATUS_BAD_INPUT, "/events", "there is no event", "", "", 0, 0},
     NULL,
     "{\"type\": \"/problems/invalid-input\", \"code\": \"invalid-input\", \"title\": "
     "\"input does not fit the "
     "schema\", \"detail\": \"there is no event\", "
     "\"errors\": [{\"pointer\": \"/events\", \"detail\": \"there is no event\"}]}"},
};

START_TEST(test_problems_byte_for_byte)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_problem_write(&text, problems[_i].problem, &problems[_i].err,
                         problems[_i].request_id);
    ck_assert_msg(strcmp(text.bytes, problems[_i].text) == 0, "%s:\n%s\n%s",
                  problems[_i].about, text.bytes, problems[_i].text);
    strbuf_release(&text);
}
END_TEST

START_TEST(test_descriptions_byte_for_byte)
{
    struct spec spec = sample_spec(2, 3, 4, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.5f, 1);
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_model_describe(model, &text);
    ck_assert_str_eq(
        strstr(text.bytes, "\"schema\""),
        "\"schema\": {\"fields\": [{\"name\": \"event\", \"kind\": \"category\", "
        "\"values\": [\"a\", \"b\", \"c\", \"d\", \"e\"]}], \"time\": []}, \"network\": "
        "{\"cell\": \"gru\", \"reset\": \"after\", \"update\": \"keep\", \"embedding\": "
        "3, "
        "\"hidden\": 4, \"layers\": 1, \"directions\": 1}, \"target\": \"last\", "
        "\"actions\": [\"ignore\", \"rollback\", \"escalate\"], \"temperature\": 1.0}");
    strbuf_release(&text);
    triage_model_free(model);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    const struct trained_model model = stub();
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct strbuf text;
        strbuf_init(&text, SIZE_MAX);
        answer_write(&text, &model, NULL, "lesson", &answers[COUNT(answers) - 1].history,
                     answers[0].probabilities);
        ck_assert_int_eq(text.has_failed, failing_malloc_has_failed());
        strbuf_release(&text);
    }
}
END_TEST

Suite *answer_suite(void)
{
    Suite *suite = suite_create("answer");
    TCase *tc = tcase_create("answer");
    tcase_add_loop_test(tc, test_answers_byte_for_byte, 0, COUNT(answers));
    tcase_add_loop_test(tc, test_what_a_history_lacks_is_said, 0, COUNT(lacking));
    tcase_add_loop_test(tc, test_numbers_outside_of_the_training_are_said, 0,
                        COUNT(beyond));
    tcase_add_test(tc, test_more_unknown_values_than_are_listed);
    tcase_add_loop_test(tc, test_problems_byte_for_byte, 0, COUNT(problems));
    tcase_add_test(tc, test_descriptions_byte_for_byte);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

/*
 * The JSON Schema of a model against the histories that it decodes and the answers that it gives.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "model/json_schema.h"
#include "support/failing_malloc.h"
#include "support/json_schema_validator.h"
#include "support/sample.h"
#include "unit/suites.h"

static json_t *read(struct strbuf *text)
{
    struct error err = {0};
    json_t *value = json_read(text->bytes, text->length, &err);
    ck_assert_msg(value, "%s: %s", err.text, text->bytes);
    strbuf_release(text);
    strbuf_init(text, SIZE_MAX);
    return value;
}

/* where: the pointer of the violation; NULL: the definition describes the value. */
static void check(const json_t *schema, const char *definition, const json_t *value,
                  const char *where)
{
    struct violation violation;
    char pointer[64];
    snprintf(pointer, sizeof pointer, "/$defs/%s", definition);
    const json_t *rule = json_pointer_resolve(schema, pointer);
    ck_assert_msg(rule != NULL, "%s", pointer);
    bool is_fitting = json_schema_accepts(schema, rule, value, &violation);
    if (!where)
        ck_assert_msg(is_fitting, "%s: %s", violation.pointer, violation.text);
    else
        ck_assert_msg(!is_fitting && strcmp(violation.pointer, where) == 0, "%s, not %s",
                      violation.pointer, where);
}

/* An answer is valid for the schema of its model, and not for that of another model. */
START_TEST(test_answers_are_valid_for_their_model_only)
{
    const char *name;
    struct model *model = sample_shape(sample_round(_i), &name);
    struct arena arena;
    struct strbuf text;
    arena_init(&arena, SIZE_MAX);
    strbuf_init(&text, SIZE_MAX);
    struct history *histories =
        sample_histories(triage_model_schema(model), 4, 9, &arena, (uint64_t)_i);
    float *probabilities = sample_alone(model, histories, 4, 9);
    triage_json_schema_write(&text, model, "mine");
    json_t *mine = read(&text);
    triage_json_schema_write(&text, model, "another");
    json_t *another = read(&text);
    for (size_t i = 0; i < 4; i++) {
        triage_answer_write(&text, model, "mine", &histories[i],
                            probabilities + i * SAMPLE_ACTIONS);
        json_t *answer = read(&text);
        check(mine, "Prediction", answer, NULL);
        check(another, "Prediction", answer, "/model/name");
        ck_assert(!json_object_del(json_object_get(answer, "probabilities"), "ignore"));
        check(mine, "Prediction", answer, "/probabilities");
        json_decref(answer);
    }
    json_decref(mine);
    json_decref(another);
    free(probabilities);
    strbuf_release(&text);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* The schema refuses a field exactly when the decoder does. */
static const struct {
    const char *fields, *where, *place; /* in the event, in the history */
} fields[] = {
    {"{\"event\": null}", NULL, NULL},
    {"{\"event\": \"an unknown name\"}", NULL, NULL},
    {"{\"event\": null, \"elsewhere\": [1, 2]}", NULL, NULL},
    {"{\"event\": true}", NULL, NULL},
    {"{\"event\": \"a\", \"latency\": 1e9, \"size\": null, \"service\": \"db\", "
     "\"is_paged\": false}",
     NULL, NULL},
    {"{\"event\": \"a\", \"latency\": \"1\"}", "/latency", "/events/0/latency"},
    {"{\"event\": \"a\", \"size\": true}", "/size", "/events/0/size"},
    {"{\"event\": \"a\", \"service\": {}}", "/service", "/events/0/service"},
    {"{\"event\": 7}", "/event", "/events/0/event"},
    {"{\"event\": [\"a\"]}", "/event", "/events/0/event"},
};

START_TEST(test_fields_are_valid_if_the_decoder_takes_them)
{
    struct spec spec = sample_spec(2, 3, 4, 1, 1);
    struct model *model = sample_model(sample_rich, &spec, 0.5f, 1);
    struct arena arena;
    struct strbuf text;
    struct history history;
    struct error err = {0};
    arena_init(&arena, SIZE_MAX);
    strbuf_init(&text, SIZE_MAX);
    triage_json_schema_write(&text, model, "mine");
    json_t *schema = read(&text);
    strbuf_printf(&text, "{\"events\": [%s]}", fields[_i].fields);
    enum status status = triage_history_decode(&history, triage_model_schema(model),
                                               text.bytes, text.length, 9, &arena, &err);
    json_t *object = read(&text);
    ck_assert_int_eq(status != STATUS_OK, fields[_i].where != NULL);
    check(schema, "Event", json_array_get(json_object_get(object, "events"), 0),
          fields[_i].where);
    check(schema, "HistoryRequest", object, fields[_i].where ? fields[_i].place : NULL);
    json_decref(object);
    json_decref(schema);
    strbuf_release(&text);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* The JSON Schema of a model that has only a schema (JSON with ' for ") and two actions. */
static json_t *write_schema(const char *quoted)
{
    static const char *actions[] = {"ignore", "rollback"};
    struct error err = {0};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_quoted(&text, "%s", quoted);
    json_t *json = read(&text);
    struct schema *schema = triage_schema_read(json, "/schema", &err);
    ck_assert_msg(schema != NULL, "%s", err.text);
    json_decref(json);
    const struct trained_model model = {
        .schema = schema, .actions = actions, .action_count = 2};
    json_schema_write(&model, "m", &text);
    json = read(&text);
    strbuf_release(&text);
    triage_schema_free(schema);
    return json;
}

#define FIELD(name, values)                                                              \
    "{'name': '" name "', 'kind': 'category', 'values': [" values "]}"
#define SCHEMA(fields, more) "{'fields': [" fields "], 'time': []" more "}"
#define KEYS                                                                             \
    ", 'keys': {'event': 'activity', 'time': 'at', 'events': 'log', 'id': 'case'}"

static const struct {
    const char *about, *schema, *definition, *value, *where;
} forms[] = {
    {"a category of digits takes numbers", SCHEMA(FIELD("event", "'40', '1.5'"), ""),
     "Event", "{'event': 40}", NULL},
    {"a category of words does not", SCHEMA(FIELD("event", "'a', '1a', '-'"), ""),
     "Event", "{'event': 40}", "/event"},
    {"a number trained on booleans takes them",
     SCHEMA(FIELD("event", "'a'") ", {'name': 'x', 'kind': 'number', 'booleans': true}",
            ""),
     "Event", "{'event': 'a', 'x': true}", NULL},
    {"another number does not",
     SCHEMA(FIELD("event", "'a'") ", {'name': 'x', 'kind': 'number'}", ""), "Event",
     "{'event': 'a', 'x': true}", "/x"},
    {"our keys", SCHEMA(FIELD("event", "'a'"), KEYS), "HistoryRequest",
     "{'id': 1, 'events': [{'event': 'a', 'time': 7}]}", NULL},
    {"the keys of the data", SCHEMA(FIELD("event", "'a'"), KEYS), "HistoryRequest",
     "{'case': 1, 'log': [{'activity': 'a', 'at': 7}]}", NULL},
    {"a bad value under a key of the data", SCHEMA(FIELD("event", "'a'"), KEYS),
     "HistoryRequest", "{'log': [{'activity': ['a']}]}", "/log/0/activity"},
    {"neither key", SCHEMA(FIELD("event", "'a'"), KEYS), "HistoryRequest", "{'case': 1}",
     ""},
    {"several histories", SCHEMA(FIELD("event", "'a'"), KEYS), "HistoriesRequest",
     "{'histories': [{'log': ['a']}, {'events': ['a']}]}", NULL},
    {"an event without a name", SCHEMA(FIELD("event", "'a'"), KEYS), "Event", "{'at': 7}",
     ""},
    {"an event whose name is missing", SCHEMA(FIELD("event", "'a'"), KEYS), "Event",
     "{'activity': null}", NULL},
    {"an event with an empty name", SCHEMA(FIELD("event", "'a'"), KEYS), "Event",
     "{'event': ''}", "/event"},
    {"an empty name", SCHEMA(FIELD("event", "'a'"), ""), "Event", "''", ""},
    {"the name of another model", SCHEMA(FIELD("event", "'a'"), ""), "HistoryRequest",
     "{'model': 'n', 'events': ['a']}", "/model"},
};

/* Forms that the schema allows because of the training data. */
START_TEST(test_forms_of_the_training_data)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    json_t *schema = write_schema(forms[_i].schema);
    strbuf_quoted(&text, "%s", forms[_i].value);
    json_t *value = read(&text);
    check(schema, forms[_i].definition, value, forms[_i].where);
    json_decref(value);
    json_decref(schema);
    strbuf_release(&text);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct spec spec = sample_spec(2, 3, 4, 1, 1);
    struct model *model = sample_model(sample_rich, &spec, 0.5f, 1);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct strbuf text;
        strbuf_init(&text, SIZE_MAX);
        triage_json_schema_write(&text, model, "mine");
        ck_assert_int_eq(text.has_failed, failing_malloc_has_failed());
        strbuf_release(&text);
    }
    triage_model_free(model);
}
END_TEST

Suite *json_schema_suite(void)
{
    Suite *suite = suite_create("json_schema");
    TCase *tc = tcase_create("json_schema");
    tcase_add_loop_test(tc, test_answers_are_valid_for_their_model_only, 0,
                        sample_rounds());
    tcase_add_loop_test(tc, test_fields_are_valid_if_the_decoder_takes_them, 0,
                        COUNT(fields));
    tcase_add_loop_test(tc, test_forms_of_the_training_data, 0, COUNT(forms));
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

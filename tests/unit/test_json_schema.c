/*
 * The JSON Schemas of a model against the fields that it decodes and the answers that it gives.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
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

static void check(const json_t *schema, const json_t *value, const char *where)
{
    struct violation violation;
    bool is_fitting = json_schema_accepts(schema, schema, value, &violation);
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
    struct model *model = sample_shape(_i, &name);
    struct arena arena;
    struct strbuf text;
    arena_init(&arena, SIZE_MAX);
    strbuf_init(&text, SIZE_MAX);
    struct history *histories =
        sample_histories(triage_model_schema(model), 4, 9, &arena, (uint64_t)_i);
    float *probabilities = sample_alone(model, histories, 4, 9);
    triage_json_schema_answer(model, "mine", &text);
    json_t *mine = read(&text);
    triage_json_schema_answer(model, "another", &text);
    json_t *another = read(&text);
    for (size_t i = 0; i < 4; i++) {
        triage_answer_write(&text, model, "mine", &histories[i],
                            probabilities + i * SAMPLE_ACTIONS);
        json_t *answer = read(&text);
        check(mine, answer, NULL);
        check(another, answer, "/model/name");
        ck_assert(!json_object_del(json_object_get(answer, "probabilities"), "ignore"));
        check(mine, answer, "/probabilities");
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
    const char *fields, *where;
} fields[] = {
    {"{}", NULL},
    {"{\"event\": \"an unknown name\"}", NULL},
    {"{\"event\": null, \"elsewhere\": [1, 2]}", NULL},
    {"{\"event\": true}", NULL},
    {"{\"latency\": 1e9, \"size\": null, \"service\": \"db\", \"is_paged\": false}",
     NULL},
    {"{\"latency\": \"1\"}", "/latency"},
    {"{\"size\": true}", "/size"},
    {"{\"service\": {}}", "/service"},
    {"{\"event\": 7}", "/event"},
    {"{\"event\": [\"a\"]}", "/event"},
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
    triage_json_schema_fields(model, &text);
    json_t *schema = read(&text);
    strbuf_printf(&text, "{\"events\": [%s]}", fields[_i].fields);
    json_t *object = read(&text);
    enum status status = triage_history_decode(&history, triage_model_schema(model),
                                               object, 9, "", &arena, &err);
    ck_assert_int_eq(status != STATUS_OK, fields[_i].where != NULL);
    check(schema, json_array_get(json_object_get(object, "events"), 0), fields[_i].where);
    json_decref(object);
    json_decref(schema);
    strbuf_release(&text);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct spec spec = sample_spec(2, 3, 4, 1, 1);
    struct model *model = sample_model(sample_rich, &spec, 0.5f, 1);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct strbuf text;
        strbuf_init(&text, SIZE_MAX);
        triage_json_schema_fields(model, &text);
        triage_json_schema_answer(model, "mine", &text);
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
                        SAMPLE_SHAPES);
    tcase_add_loop_test(tc, test_fields_are_valid_if_the_decoder_takes_them, 0,
                        COUNT(fields));
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

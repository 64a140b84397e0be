/* Any bytes are a model that runs, or give an error with a text. */
#include <math.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "engine.h"
#include "fuzz/targets.h"
#include "infer/model.h"
#include "model/training_histories.h"
#include "trainer.h"

/* Run a history with all that the model can include in an answer, and write the answer. */
static void include(const struct model *model, struct classifier *classifier,
                    const struct history *history, float *p, struct arena *arena)
{
    struct included included;
    struct strbuf text;
    unsigned includes = 0;
    uint32_t written = 0;
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < INCLUDES; i++)
        if (triage_includes_check(model, 1U << i, "", NULL) == STATUS_OK)
            includes |= 1U << i;
    if (triage_included_init(&included, model, history, includes, arena, NULL) !=
            STATUS_OK ||
        triage_classifier_watch(classifier, history, &included, p, NULL) != STATUS_OK)
        return;
    do /* with two directions, every layer is a run of its own */
        triage_classifier_step(classifier, history->length);
    while (!triage_classifier_finish(classifier, p, &status));
    if (status != STATUS_OK)
        return;
    strbuf_init(&text, SIZE_MAX);
    triage_answer_write(&text, model, "model", history, p);
    REQUIRE(triage_included_write(&text, model, history, &included, &written, SIZE_MAX));
    json_t *json = text.has_failed ? NULL : json_read(text.bytes, text.length, NULL);
    REQUIRE(text.has_failed || json);
    json_decref(json);
    strbuf_release(&text);
}

/* Classify a history; values that the model does not have are unknown. */
static void run(const struct model *model)
{
    static const char history_text[] = "{\"events\": [\"a\", {\"event\": \"b\", "
                                       "\"service\": \"x\"}, \"an unknown name\"]}";
    struct classifier *classifier = triage_classifier_new(model, 2, 4, NULL);
    float *p = calloc(triage_model_actions(model), sizeof *p);
    struct history history;
    struct arena arena;
    double sum = 0.0;
    arena_init(&arena, SIZE_MAX);
    if (classifier &&
        triage_history_decode(&history, triage_model_schema(model), history_text,
                              sizeof history_text - 1, 4, &arena, NULL) == STATUS_OK &&
        triage_classifier_run(classifier, &history, 1, p, NULL) == STATUS_OK) {
        for (size_t i = 0; i < triage_model_actions(model); i++)
            sum += (double)p[i];
        REQUIRE(fabs(sum - 1.0) < 1e-3);
        include(model, classifier, &history, p, &arena);
    }
    arena_release(&arena);
    free(p);
    triage_classifier_free(classifier);
}

/* The description of a model is JSON, and its weights are finite. */
static void check_description(const struct model *model)
{
    struct strbuf text;
    strbuf_init(&text, 256 << 20);
    triage_model_describe(model, &text);
    json_t *again = json_read(text.bytes, text.length, NULL);
    REQUIRE(json_is_object(again));
    json_decref(again);
    strbuf_release(&text);
    for (size_t i = 0; i < triage_model_tensor_count(model); i++) {
        struct tensor_view view = triage_model_tensor(model, i);
        for (size_t j = 0; j < (size_t)view.rows * view.columns; j++)
            REQUIRE(isfinite(view.data[j]));
    }
}

/* The training histories that the file holds have known events and actions, or cannot be read. */
static void decode_histories(const struct model *model)
{
    struct example *examples;
    size_t count;
    struct arena arena;
    if (!model->trained->histories.sequences)
        return;
    arena_init(&arena, 64 << 20);
    if (training_histories_decode(model->trained, &examples, &count, &arena, NULL) ==
        STATUS_OK)
        for (size_t i = 0; i < count; i++)
            for (uint32_t t = 0; t < examples[i].history.length; t++)
                REQUIRE(examples[i].history.ids[t] <
                            schema_rows(
                                model->trained->schema,
                                schema_find(model->trained->schema, "event")->index) &&
                        (example_action(&examples[i], t) < model->trained->action_count ||
                         example_action(&examples[i], t) == ACTION_NONE));
    arena_release(&arena);
}

void fuzz_model(const uint8_t *bytes, size_t length)
{
    struct error err = {.status = STATUS_OK};
    struct model *model = triage_model_read("fuzz", bytes, length, &err);
    REQUIRE((model == NULL) == (err.status != STATUS_OK));
    REQUIRE(model || err.text[0] != '\0');
    if (model)
        check_description(model);
    if (model)
        decode_histories(model);
    if (model)
        run(model);
    triage_model_free(model);
}

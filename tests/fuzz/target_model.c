/* Any bytes are a model that runs, or an error that says why not. */
#include <math.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "engine.h"
#include "fuzz/targets.h"
#include "trainer.h"

/* The first value of every field, or an unknown one where there is none. */
static void run(const struct model *model)
{
    static const char history_text[] =
        "{\"events\": [\"a\", {\"event\": \"b\", \"service\": \"x\"}, \"nobody knows\"]}";
    struct classifier *classifier = classifier_new(model, 2, 4, NULL);
    float *p = calloc(model_actions(model), sizeof *p);
    json_t *body = json_read(history_text, sizeof history_text - 1, NULL);
    struct history history;
    struct arena arena;
    double sum = 0.0;

    arena_init(&arena, SIZE_MAX);
    if (classifier != NULL &&
        history_decode(&history, model_schema(model), body, 4, "", &arena, NULL) ==
            STATUS_OK &&
        classifier_run(classifier, &history, 1, p, NULL) == STATUS_OK) {
        for (size_t i = 0; i < model_actions(model); i++)
            sum += (double)p[i];
        PROMISE(fabs(sum - 1.0) < 1e-3);
    }
    json_decref(body);
    arena_release(&arena);
    free(p);
    classifier_free(classifier);
}

/* What a model says of itself can be read, and its weights are numbers. */
static void look(const struct model *model)
{
    struct text text;

    text_init(&text, 256 << 20);
    model_describe(model, &text);
    json_t *again = json_read(text.bytes, text.length, NULL);
    PROMISE(json_is_object(again));
    json_decref(again);
    text_release(&text);
    for (size_t i = 0; i < model_tensor_count(model); i++) {
        struct tensor_view view = model_tensor(model, i);
        for (size_t j = 0; j < (size_t)view.rows * view.columns; j++)
            PROMISE(isfinite(view.data[j]));
    }
}

void fuzz_model(const uint8_t *bytes, size_t length)
{
    struct error err = {.status = STATUS_OK};
    struct model *model = model_read("fuzz", bytes, length, &err);

    PROMISE((model == NULL) == (err.status != STATUS_OK));
    PROMISE(model != NULL || err.text[0] != '\0');
    if (model != NULL)
        look(model);
    if (model != NULL)
        run(model);
    model_free(model);
}

/*
 * From a trainer to a model file: described, proven by reading it back, and written.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/file.h"
#include "base/json.h"
#include "learn/making.h"
#include "model/model_file.h"

enum { GOLDEN_EVENTS = 100000 };

static void add_real(struct text *text, const char *name, double value)
{
    text_printf(text, ", \"%s\": ", name);
    text_float(text, (float)value);
}

/* {"epochs": ..., "settings": {...}, "notes": {...}} into the model's arena. */
static enum status describe_report(struct trainer *trainer, const struct report *report,
                                   const json_t *notes, struct error *err)
{
    struct model *model = trainer->model;
    const struct field_set settings = {NULL, training_fields, &trainer->training, NULL,
                                       NULL};
    char *extra = notes == NULL ? NULL : json_dumps(notes, JSON_REAL_PRECISION(9));
    struct text text;

    text_init(&text, SIZE_MAX);
    text_printf(&text, "{\"epochs\": %u, \"best_epoch\": %u, \"learn\": %llu",
                report->epochs, report->best_epoch,
                (unsigned long long)report->learn_count);
    text_printf(&text, ", \"validation\": %llu",
                (unsigned long long)report->validation_count);
    add_real(&text, "learn_loss", report->learn_loss);
    add_real(&text, "validation_loss", report->validation_loss);
    add_real(&text, "validation_accuracy", report->validation_accuracy);
    add_real(&text, "clip_rate", report->clip_rate);
    add_real(&text, "norm_largest", report->norm_largest);
    text_add(&text, ", \"settings\": ");
    fields_write_json(&settings, &text);
    if (extra != NULL)
        text_printf(&text, ", \"notes\": %s", extra);
    text_add(&text, "}");
    model->report =
        text.has_failed ? NULL : arena_text(&model->arena, text.bytes, text.length);
    text_release(&text);
    bool is_whole = model->report != NULL && (notes == NULL || extra != NULL);
    free(extra);
    return is_whole ? STATUS_OK : error_no_memory(err);
}

/* The golden history's answer by a model that was read back from its own bytes. */
static enum status answer_golden(const struct model *model, const json_t *golden,
                                 float *probabilities, struct error *err)
{
    struct classifier *classifier = NULL;
    struct history history;
    struct arena arena;
    enum status status;

    arena_init(&arena, SIZE_MAX);
    status = history_decode(&history, model_schema(model), golden, GOLDEN_EVENTS,
                            "/golden", &arena, err);
    if (status == STATUS_OK) {
        classifier = classifier_new(model, 1, history.length, err);
        status = classifier == NULL
                     ? STATUS_NO_MEMORY
                     : classifier_run(classifier, &history, 1, probabilities, err);
    }
    classifier_free(classifier);
    arena_release(&arena);
    return status;
}

/* {"events": ..., "fields": ..., "probabilities": [...]} */
static enum status write_golden(const struct model *model, const json_t *golden,
                                struct text *text, struct error *err)
{
    static const char *const kept[] = {"events", "fields"};
    size_t count = model_actions(model);
    float *probabilities = calloc(count, sizeof *probabilities);
    enum status status = probabilities == NULL
                             ? error_no_memory(err)
                             : answer_golden(model, golden, probabilities, err);

    text_add(text, "{");
    for (size_t i = 0; status == STATUS_OK && i < sizeof kept / sizeof *kept; i++) {
        const json_t *part = json_object_get(golden, kept[i]);
        char *dumped = part == NULL ? NULL : json_dumps(part, JSON_REAL_PRECISION(17));
        if (part != NULL && dumped == NULL)
            status = error_no_memory(err);
        else if (part != NULL)
            text_printf(text, "\"%s\": %s, ", kept[i], dumped);
        free(dumped);
    }
    text_add(text, "\"probabilities\": [");
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        text_add(text, i == 0 ? "" : ", ");
        text_float(text, probabilities[i]);
    }
    text_add(text, "]}");
    free(probabilities);
    return status == STATUS_OK && text->has_failed ? error_no_memory(err) : status;
}

/* The file's bytes in text, with or without the golden history's text. */
static struct model *write_and_read(const struct trainer *trainer, const char *golden,
                                    struct text *text, struct error *err)
{
    text_clear(text);
    model_file_write(trainer->model, golden, text);
    if (text->has_failed) {
        error_no_memory(err);
        return NULL;
    }
    return model_read("the model just written", text->bytes, text->length, err);
}

enum status trainer_write(struct trainer *trainer, const struct json_t *golden,
                          const struct report *report, const struct json_t *notes,
                          char **bytes, size_t *length, struct error *err)
{
    struct error inner = {0};
    struct text text, golden_text;
    struct model *model;
    enum status status = STATUS_OK;

    if (report != NULL)
        status = describe_report(trainer, report, notes, &inner);
    text_init(&text, SIZE_MAX);
    text_init(&golden_text, SIZE_MAX);
    if (status == STATUS_OK) {
        model = write_and_read(trainer, NULL, &text, &inner);
        status = model == NULL ? inner.status : STATUS_OK;
        if (model != NULL && golden != NULL)
            status = write_golden(model, golden, &golden_text, &inner);
        model_free(model);
    }
    if (status == STATUS_OK && golden != NULL) {
        model = write_and_read(trainer, golden_text.bytes, &text, &inner);
        status = model == NULL ? inner.status : STATUS_OK;
        model_free(model);
    }
    *bytes = status == STATUS_OK ? text_take(&text, length) : NULL;
    text_release(&golden_text);
    text_release(&text);
    return status == STATUS_OK ? status
                               : error_set(err, status, inner.where, "%s", inner.text);
}

enum status trainer_save(struct trainer *trainer, const char *path,
                         const struct json_t *golden, const struct report *report,
                         const struct json_t *notes, struct error *err)
{
    char *bytes;
    size_t length = 0;
    enum status status =
        trainer_write(trainer, golden, report, notes, &bytes, &length, err);

    if (status == STATUS_OK)
        status = file_write(path, bytes, length, err);
    free(bytes);
    return status;
}

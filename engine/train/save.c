/*
 * From a trainer to a model file: described, proven by reading it back, and written.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/option_table.h"
#include "model/model_file.h"
#include "train/golden.h"
#include "train/making.h"

static void add_real(struct strbuf *text, const char *name, double value)
{
    strbuf_printf(text, ", \"%s\": ", name);
    strbuf_float(text, (float)value);
}

/* {"epochs": ..., "settings": {...}, "notes": {...}} becomes the model's report. */
static enum status describe_report(struct trainer *trainer, const struct report *report,
                                   const json_t *notes, struct error *err)
{
    struct strbuf text;

    strbuf_init(&text, SIZE_MAX);
    strbuf_printf(&text, "{\"epochs\": %u, \"best_epoch\": %u, \"learn\": %llu",
                  report->epochs, report->best_epoch,
                  (unsigned long long)report->train_count);
    strbuf_printf(&text, ", \"validation\": %llu",
                  (unsigned long long)report->validation_count);
    add_real(&text, "learn_loss", report->train_loss);
    if (report->validation_count > 0) {
        add_real(&text, "validation_loss", report->validation_loss);
        add_real(&text, "validation_accuracy", report->validation_accuracy);
    }
    add_real(&text, "clip_rate", report->clip_rate);
    add_real(&text, "norm_largest", report->norm_largest);
    strbuf_add(&text, ", \"settings\": ");
    option_table_write_json(triage_training_options, &trainer->training, &text);
    if (notes != NULL) {
        strbuf_add(&text, ", \"notes\": ");
        json_write(&text, notes, 9);
    }
    strbuf_add(&text, "}");
    /* By way of the tree, so that a model that is read and written keeps every byte. */
    json_t *tree = NULL;
    if (!text.has_failed)
        tree = json_read(text.bytes, text.length, NULL);
    enum status status = tree == NULL
                             ? error_no_memory(err)
                             : trained_model_set_report(trainer->model, tree, err);
    json_decref(tree);
    strbuf_release(&text);
    return status;
}

/* The file's bytes in text, with or without the golden history's text. */
static struct model *write_and_read(const struct trainer *trainer, const char *golden,
                                    struct strbuf *text, struct error *err)
{
    strbuf_clear(text);
    model_file_write(trainer->model, golden, text);
    if (text->has_failed) {
        error_no_memory(err);
        return NULL;
    }
    return triage_model_read("the model just written", text->bytes, text->length, err);
}

enum status triage_trainer_write(struct trainer *trainer, const struct json_t *golden,
                                 const struct report *report, const struct json_t *notes,
                                 char **bytes, size_t *length, struct error *err)
{
    struct error inner = {0};
    struct strbuf text, golden_text;
    struct model *model;
    enum status status = STATUS_OK;

    if (report != NULL)
        status = describe_report(trainer, report, notes, &inner);
    strbuf_init(&text, SIZE_MAX);
    strbuf_init(&golden_text, SIZE_MAX);
    if (status == STATUS_OK) {
        model = write_and_read(trainer, NULL, &text, &inner);
        status = model == NULL ? inner.status : STATUS_OK;
        if (model != NULL && golden != NULL)
            status = golden_write(model, golden, &golden_text, &inner);
        triage_model_free(model);
    }
    if (status == STATUS_OK && golden != NULL) {
        model = write_and_read(trainer, golden_text.bytes, &text, &inner);
        status = model == NULL ? inner.status : STATUS_OK;
        triage_model_free(model);
    }
    *bytes = status == STATUS_OK ? strbuf_take(&text, length) : NULL;
    strbuf_release(&golden_text);
    strbuf_release(&text);
    return status == STATUS_OK ? status
                               : error_set(err, status, inner.where, "%s", inner.text);
}

enum status triage_trainer_save(struct trainer *trainer, const char *path,
                                const struct json_t *golden, const struct report *report,
                                const struct json_t *notes, struct error *err)
{
    char *bytes;
    size_t length = 0;
    enum status status =
        triage_trainer_write(trainer, golden, report, notes, &bytes, &length, err);

    if (status == STATUS_OK)
        status = file_write(path, bytes, length, err);
    free(bytes);
    return status;
}

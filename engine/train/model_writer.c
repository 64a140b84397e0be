/*
 * The bytes of a model file.  With a golden history they are written and loaded twice: first
 * without it, so that the loaded model can compute its probabilities, and then with it.
 */
#include "train/model_writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/option_table.h"
#include "infer/model.h"
#include "model/model_file.h"

/* Digits that are enough to read back the same float and the same double. */
enum { FLOAT_DIGITS = 9, DOUBLE_DIGITS = 17 };

/* ---- report -------------------------------------------------------------------------- */

/* Write an item of "members". */
static void write_member(struct strbuf *text, const struct member_report *member,
                         uint32_t m, bool has_validation)
{
    strbuf_printf(text, "%s{\"epochs\": %u, \"best_epoch\": %u",
                  m == 0 ? ", \"members\": [" : ", ", member->epochs, member->best_epoch);
    strbuf_float_member(text, "learn_loss", member->train_loss);
    if (has_validation) {
        strbuf_float_member(text, "validation_loss", member->validation_loss);
        strbuf_float_member(text, "validation_accuracy", member->validation_accuracy);
    }
    strbuf_add(text, "}");
}

static void write_coverage_row(struct strbuf *text, const struct coverage_row *row,
                               bool has_costs)
{
    strbuf_add(text, "{\"coverage\": ");
    strbuf_float(text, (float)row->coverage);
    strbuf_float_member(text, "threshold", row->threshold);
    strbuf_float_member(text, "accuracy", row->accuracy);
    if (has_costs)
        strbuf_float_member(text, "cost", row->cost);
    strbuf_add(text, "}");
}

/* The table from which the decision policy was chosen, if there is one. */
static void write_coverage(struct strbuf *text, const struct trained_model *model,
                           const struct coverage_table *table)
{
    if (table->row_count == 0)
        return;
    strbuf_printf(text, ", \"decisions\": {\"positions\": %llu, \"rows\": [",
                  (unsigned long long)table->positions);
    for (size_t i = 0; i < table->row_count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        write_coverage_row(text, &table->rows[i], table->has_costs);
    }
    strbuf_add(text, "]");
    if (table->target > 0.0) {
        strbuf_float_member(text, "accuracy", table->target);
        strbuf_add(text, ", \"chosen\": ");
        if (table->is_reached)
            write_coverage_row(text, &table->chosen, table->has_costs);
        else
            strbuf_add(text, "null");
    }
    if (table->has_costs) {
        strbuf_float_member(text, "cost_of_most_probable", table->probable_cost);
        strbuf_float_member(text, "cost_of_one_action", table->constant_cost);
        strbuf_add(text, ", \"one_action\": ");
        strbuf_add(text, model->action_texts[table->constant_action]);
    }
    strbuf_add(text, "}");
}

/*
 * Write {"epochs": ..., "settings": {...}, "notes": {...}}.  In the file, "learn" is the name of
 * what is called train elsewhere.
 */
static void write_report(struct strbuf *text, const struct trained_model *model,
                         const struct training *training, const struct report *report,
                         const struct curve *curve, const json_t *notes)
{
    strbuf_printf(text, "{\"epochs\": %u, \"best_epoch\": %u, \"learn\": %llu",
                  report->epochs, report->best_epoch,
                  (unsigned long long)report->train_count);
    strbuf_printf(text, ", \"validation\": %llu",
                  (unsigned long long)report->validation_count);
    strbuf_float_member(text, "learn_loss", report->train_loss);
    if (report->validation_count > 0) {
        strbuf_float_member(text, "validation_loss", report->validation_loss);
        strbuf_float_member(text, "validation_accuracy", report->validation_accuracy);
        if (model->task == TASK_LAST && training->prefix_weight > 0.0) {
            strbuf_float_member(text, "validation_end_loss", report->validation_end_loss);
            strbuf_float_member(text, "validation_prefix_loss",
                                report->validation_prefix_loss);
            strbuf_float_member(text, "validation_prefix_accuracy",
                                report->validation_prefix_accuracy);
        }
    }
    if (report->start.exists) {
        strbuf_float_member(text, "start_loss", report->start.loss);
        strbuf_float_member(text, "start_end_loss", report->start.end_loss);
        strbuf_float_member(text, "start_accuracy", report->start.accuracy);
    }
    strbuf_float_member(text, "clip_rate", report->clip_rate);
    strbuf_float_member(text, "norm_largest", report->norm_largest);
    if (report->refit_count > 0) {
        strbuf_printf(text, ", \"refit\": {\"epochs\": %u, \"histories\": %llu",
                      report->best_epoch, (unsigned long long)report->refit_count);
        strbuf_float_member(text, "loss", report->refit_loss);
        strbuf_add(text, "}");
    }
    write_coverage(text, model, &report->coverage);
    for (uint32_t m = 0; model->members > 1 && m < report->member_count; m++)
        write_member(text, &report->members[m], m, report->validation_count > 0);
    strbuf_add(text, model->members > 1 ? "], \"settings\": " : ", \"settings\": ");
    option_table_write_json(triage_training_options, training, text);
    if (notes) {
        strbuf_add(text, ", \"notes\": ");
        json_write(text, notes, FLOAT_DIGITS);
    }
    if (curve->count > 0) {
        strbuf_add(text, ", \"curve\": ");
        curve_write(curve, text);
    }
    strbuf_add(text, "}");
}

/*
 * The report is written, parsed and written again by trained_model_set_report: loading and saving
 * a model file then gives the same bytes.
 */
enum status model_writer_report(struct trained_model *model,
                                const struct training *training,
                                const struct report *report, const struct curve *curve,
                                const json_t *notes, struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    write_report(&text, model, training, report, curve, notes);
    json_t *tree = text.has_failed ? NULL : json_read(text.bytes, text.length, NULL);
    enum status status =
        tree ? trained_model_set_report(model, tree, err) : error_no_memory(err);
    json_decref(tree);
    strbuf_release(&text);
    return status;
}

/* ---- golden history ------------------------------------------------------------------ */

/* One question mark; more, at most eight, if that is a known value of the field. */
static const char *unknown_text(const struct field *field)
{
    static const char marks[] = "????????";
    const char *text = marks + strlen(marks) - 1;
    while (text > marks && field_id(field, text) != SCHEMA_UNKNOWN)
        text--;
    return text;
}

/* The value to write for a value of a field; a new reference.  NULL if memory runs out. */
static json_t *kept_value(const struct field *field, json_t *value)
{
    bool is_unknown = field->kind == FIELD_CATEGORY && json_is_string(value) &&
                      field_id(field, json_string_value(value)) == SCHEMA_UNKNOWN;
    return is_unknown ? json_string(unknown_text(field)) : json_incref(value);
}

/* The fields of the schema and "time".  NULL if memory runs out. */
static json_t *kept_fields(const struct schema *schema, json_t *object)
{
    json_t *kept = json_object(), *value;
    bool has_memory = kept != NULL;
    const char *key;
    json_object_foreach(object, key, value)
    {
        const struct field *field = schema_find(schema, key);
        if (has_memory && field)
            has_memory = json_object_set_new(kept, key, kept_value(field, value)) == 0;
        else if (has_memory && strcmp(key, "time") == 0)
            has_memory = json_object_set(kept, key, value) == 0;
    }
    if (has_memory)
        return kept;
    json_decref(kept);
    return NULL;
}

/* The event to write.  If only its name is kept, it is written as a string, not an object. */
static json_t *kept_event(const struct schema *schema, json_t *event)
{
    if (!json_is_object(event))
        return kept_value(schema_find(schema, "event"), event);
    json_t *kept = kept_fields(schema, event);
    json_t *name = json_object_get(kept, "event");
    if (json_object_size(kept) != 1 || !json_is_string(name))
        return kept;
    json_incref(name);
    json_decref(kept);
    return name;
}

/* The history to write, {"events", "fields"}.  NULL if memory runs out. */
static json_t *kept_history(const struct schema *schema, const json_t *history)
{
    json_t *fields = json_object_get(history, "fields"), *event;
    json_t *kept = json_object(), *events = json_array();
    bool has_memory = json_object_set_new(kept, "events", events) == 0;
    size_t i;
    json_array_foreach(json_object_get(history, "events"), i, event)
    {
        has_memory =
            has_memory && json_array_append_new(events, kept_event(schema, event)) == 0;
    }
    if (has_memory && json_is_object(fields))
        has_memory =
            json_object_set_new(kept, "fields", kept_fields(schema, fields)) == 0;
    if (has_memory)
        return kept;
    json_decref(kept);
    return NULL;
}

/* Write {"events": ..., "fields": ..., "probabilities": [...]}. */
static enum status write_golden(const struct model *model, const json_t *history,
                                struct strbuf *text, struct error *err)
{
    size_t C = triage_model_actions(model);
    json_t *kept = NULL;
    float *probabilities = calloc(C, sizeof *probabilities);
    enum status status = probabilities ? model_replay(model, history, probabilities, err)
                                       : error_no_memory(err);
    if (status != STATUS_OK)
        goto out;
    kept = kept_history(model->trained->schema, history);
    if (kept)
        json_write(text, kept, DOUBLE_DIGITS);
    if (!kept || text->has_failed) {
        status = error_no_memory(err);
        goto out;
    }
    text->length--; /* the probabilities go before the last brace */
    strbuf_add(text, ", \"probabilities\": [");
    for (size_t c = 0; c < C; c++) {
        strbuf_add(text, c == 0 ? "" : ", ");
        strbuf_float(text, probabilities[c]);
    }
    strbuf_add(text, "]}");
    if (text->has_failed)
        status = error_no_memory(err);

out:
    json_decref(kept);
    free(probabilities);
    return status;
}

/* ---- file ---------------------------------------------------------------------------- */

/* Write the file with the text of a golden history (NULL: without), and load it. */
static struct model *write_and_load(const struct trained_model *model, const char *golden,
                                    struct strbuf *file, struct error *err)
{
    strbuf_clear(file);
    model_file_write(model, golden, file);
    if (file->has_failed) {
        error_no_memory(err);
        return NULL;
    }
    return triage_model_read("the model just written", file->bytes, file->length, err);
}

enum status model_writer_write(const struct trained_model *model, const json_t *golden,
                               struct strbuf *file, struct error *err)
{
    struct error inner = {0}; /* holds the status, also if err is NULL */
    struct strbuf golden_text;
    strbuf_init(&golden_text, SIZE_MAX);
    struct model *loaded = write_and_load(model, NULL, file, &inner);
    if (loaded && golden &&
        write_golden(loaded, golden, &golden_text, &inner) == STATUS_OK) {
        triage_model_free(loaded);
        loaded = write_and_load(model, golden_text.bytes, file, &inner);
    }
    triage_model_free(loaded);
    strbuf_release(&golden_text);
    if (inner.status == STATUS_OK)
        return STATUS_OK;
    return error_set(err, inner.status, inner.where, "%s", inner.text);
}

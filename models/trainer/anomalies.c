/* Reading labelled histories for evaluate --anomaly, and printing the figures of each rule. */
#include "anomalies.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/value.h"
#include "command.h"
#include "data/history_texts.h"
#include "engine.h"
#include "trainer.h"

enum { MAX_EVENTS = 100000, LABEL_BYTES = 256 };

/* clang-format off */
const struct option_def anomaly_options[ANOMALY_OPTIONS + 1] = {
    {.name = "anomaly", .kind = OPTION_SWITCH, .offset = offsetof(struct anomaly_options, anomaly),
     .default_text = "false",
     .help = "target next: find anomalies instead, by rank, surprise and counting; needs --split and "
             "labels"},
    {.name = "normal", .kind = OPTION_TEXT, .offset = offsetof(struct anomaly_options, normal),
     .default_text = "normal",
     .help = "--anomaly: the label of normal histories; all others are anomalies"},
    {.name = "false-alarms", .kind = OPTION_REAL, .offset = offsetof(struct anomaly_options, false_alarms),
     .default_text = "0.005", .min = 0, .max = 1,
     .help = "--anomaly: the share of normal histories of val that may raise an alarm"},
    {.name = "normals", .kind = OPTION_U64, .offset = offsetof(struct anomaly_options, normals),
     .default_text = "0", .min = 0, .max = 1e15,
     .help = "--anomaly: how many normal histories those of test are a sample of; 0: they are all"},
    {.name = "window", .kind = OPTION_U32, .offset = offsetof(struct anomaly_options, window),
     .default_text = "0", .min = 0, .max = MAX_EVENTS,
     .help = "--anomaly: by rank, leave out the first N events and the end, and raise an alarm for a "
             "history of at most N, as DeepLog does"},
    {.name = NULL},
};
/* clang-format on */

/* ---- reading ------------------------------------------------------------------------------- */

struct reading {
    const struct anomaly_files *files;
    const char *path;
    const struct schema *schema;
    struct anomaly_history *histories; /* [count] owned */
    size_t count, capacity;
    struct arena arena; /* of what the histories point into */
    struct error *err;
    enum status status;
};

/* What train reads as a label or as a part. */
struct stated {
    char label[LABEL_BYTES], part[LABEL_BYTES]; /* cut; "" for none */
};

static void copy_text(char out[LABEL_BYTES], const char *bytes, size_t length)
{
    length = length < LABEL_BYTES ? length : LABEL_BYTES - 1;
    memcpy(out, bytes, length);
    out[length] = '\0';
}

/* A JSON value; marks of a missing value are none, except that "none" may be a label. */
static void read_text(const json_t *value, char out[LABEL_BYTES])
{
    char text[64], category[VALUE_CATEGORY_SIZE];
    const char *bytes = json_string_value(value);
    size_t length = bytes ? json_string_length(value) : 0;
    out[0] = '\0';
    if (bytes) {
        bytes = value_trim(bytes, &length);
        bool is_none = length == 4 && strncasecmp(bytes, "none", 4) == 0;
        if (length > 0 && (is_none || !value_is_missing(bytes, length)))
            copy_text(out, bytes, length);
    } else if (json_is_boolean(value)) {
        bytes = json_is_true(value) ? "true" : "false";
        copy_text(out, bytes, strlen(bytes));
    } else if (json_is_number(value)) {
        int count = json_is_integer(value)
                        ? snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT,
                                   json_integer_value(value))
                        : snprintf(text, sizeof text, "%.15g", json_real_value(value));
        if (value_category(text, (size_t)count, category, &length))
            copy_text(out, category, length);
        else
            copy_text(out, text, (size_t)count);
    }
}

/* Members of the history, or one of its "fields". */
static const json_t *find_member(const json_t *object, const char *key)
{
    const json_t *own = json_object_get(object, key);
    return own ? own : json_object_get(json_object_get(object, "fields"), key);
}

static enum status read_stated(const struct reading *reading,
                               const struct history_place *place, const char *bytes,
                               size_t length, struct stated *stated, struct error *err)
{
    const struct data_keys *keys = reading->files->keys;
    if (place->label) { /* a case of CSV */
        copy_text(stated->label, place->label, strlen(place->label));
        copy_text(stated->part, place->part, strlen(place->part));
        return STATUS_OK;
    }
    json_t *object = json_read(bytes, length, err);
    if (!object)
        return err->status;
    read_text(find_member(object, keys->label), stated->label);
    read_text(find_member(object, keys->split), stated->part);
    json_decref(object);
    return STATUS_OK;
}

static enum status read_part(const struct reading *reading, const struct stated *stated,
                             enum anomaly_part *part, struct error *err)
{
    static const char *const names[ANOMALY_PARTS] = {"train", "val", "test"};
    for (int i = 0; i < ANOMALY_PARTS; i++)
        if (strcmp(stated->part, names[i]) == 0) {
            *part = (enum anomaly_part)i;
            return STATUS_OK;
        }
    return error_mismatch(err, STATUS_BAD_INPUT, "", "train, val or test",
                          *stated->part != '\0' ? stated->part : "nothing",
                          "the part of the history, \"%s\", is none",
                          reading->files->keys->split);
}

/* A history of val or train without a label is normal. */
static enum status read_label(const struct reading *reading, const struct stated *stated,
                              enum anomaly_part part, bool *is_anomaly, struct error *err)
{
    bool is_missing = *stated->label == '\0';
    if (is_missing && part == ANOMALY_TEST)
        return error_mismatch(err, STATUS_BAD_INPUT, "", "a label", "nothing",
                              "the history has no label \"%s\"",
                              reading->files->keys->label);
    *is_anomaly =
        !is_missing && strcmp(stated->label, reading->files->options->normal) != 0;
    return STATUS_OK;
}

static enum status read_members(const struct reading *reading,
                                const struct history_place *place, const char *bytes,
                                size_t length, struct anomaly_history *one,
                                struct error *err)
{
    struct stated stated = {.label = "", .part = ""};
    RETURN_IF_ERROR(read_stated(reading, place, bytes, length, &stated, err));
    RETURN_IF_ERROR(read_part(reading, &stated, &one->part, err));
    return read_label(reading, &stated, one->part, &one->is_anomaly, err);
}

static enum status add_history(struct reading *reading, const struct history_place *place,
                               const char *bytes, size_t length, struct error *err)
{
    if (reading->count == reading->capacity) {
        size_t capacity = reading->capacity == 0 ? 1024 : 2 * reading->capacity;
        struct anomaly_history *grown =
            realloc(reading->histories, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(err);
        reading->histories = grown;
        reading->capacity = capacity;
    }
    struct anomaly_history *one = &reading->histories[reading->count];
    RETURN_IF_ERROR(triage_history_decode(&one->history, reading->schema, bytes, length,
                                          MAX_EVENTS, &reading->arena, err));
    RETURN_IF_ERROR(read_members(reading, place, bytes, length, one, err));
    reading->count++;
    return STATUS_OK;
}

/* Keep the failure, with its place: "FILE:LINE" and the JSON Pointer. */
static void keep_failure(struct reading *reading, uint64_t line,
                         const struct error *inner)
{
    char where[sizeof inner->where];
    snprintf(where, sizeof where, "%.60s:%" PRIu64, reading->path, line);
    reading->status = error_mismatch(reading->err, inner->status, where, inner->expected,
                                     inner->received, "%.50s%s%.100s", inner->where,
                                     *inner->where ? ": " : "", inner->text);
}

/* With --skip-bad the history is left out.  Return false to stop. */
static bool refuse(struct reading *reading, uint64_t line, const struct error *inner)
{
    if (!reading->files->keys->skip_bad || inner->status == STATUS_NO_MEMORY) {
        keep_failure(reading, line, inner);
        return false;
    }
    print_clean("skipped %s:%" PRIu64 ": %s%s%s", reading->path, line, inner->where,
                *inner->where ? ": " : "", inner->text);
    return true;
}

static bool take_text(void *context, const struct history_place *place, const char *bytes,
                      size_t length)
{
    struct reading *reading = context;
    struct error inner = {.status = STATUS_OK};
    if (add_history(reading, place, bytes, length, &inner) == STATUS_OK)
        return true;
    return refuse(reading, place->line, &inner);
}

static bool refuse_row(void *context, uint64_t line, const struct error *inner)
{
    struct error own = *inner;
    own.where[0] = '\0';
    return refuse(context, line, &own);
}

static enum status read_files(struct reading *reading, struct error *err)
{
    const struct anomaly_files *files = reading->files;
    const struct history_visitor visitor = {
        .text = take_text, .bad_row = refuse_row, .context = reading};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < files->path_count; i++) {
        struct messages messages;
        messages_init(&messages);
        reading->path = files->paths[i];
        status = history_texts_read(files->paths[i], files->keys, reading->schema,
                                    &visitor, &messages, err);
        messages_print(&messages);
        if (status == STATUS_OK)
            status = reading->status;
        if (status == STATUS_OK)
            status = warnings_refuse(messages.warning_count, files->keys->is_strict, err);
        messages_release(&messages);
    }
    return status;
}

/* ---- printing ------------------------------------------------------------------------------ */

static void print_text(const struct anomaly_evaluation *evaluation, const char *name)
{
    const struct anomaly_settings *settings = &evaluation->settings;
    print_result("anomalies by %s: %" PRIu64 " among %" PRIu64
                 " normal histories of test\n",
                 name, evaluation->anomalies, evaluation->normals);
    if (settings->normals > 0)
        printf("(false alarms are counted as of %" PRIu64 " normal histories)\n",
               settings->normals);
    printf("settings fixed on %" PRIu64
           " normal histories of val, at most %.3g %% false alarms\n",
           evaluation->validation, 100.0 * settings->false_alarms);
    printf("(what a union adds to %s raises no alarm on val)\n",
           triage_anomaly_rule_names[RULE_UNSEEN]);
    printf("\n");
    printf("%-27s %7s %6s %6s %6s  %9s  %6s  %s\n", "", "setting", "val", "alarms",
           "found", "precision", "recall", "F1");
    for (unsigned i = 0; i < ANOMALY_RULES; i++) {
        const struct anomaly_rule *rule = &evaluation->rules[i];
        printf("%-27s %7.4g %6" PRIu64 " %6" PRIu64 " %6" PRIu64
               "  %9.4f  %6.4f  %.4f [%.4f, %.4f]\n",
               triage_anomaly_rule_names[i], rule->setting, rule->validation_alarms,
               rule->alarms, rule->found, rule->precision.value, rule->recall.value,
               rule->f1.value, rule->f1.low, rule->f1.high);
    }
    printf("\n");
    for (unsigned i = RULE_UNSEEN; i < ANOMALY_RULES; i++) {
        const struct estimate *gain = &evaluation->rules[i].f1_gain;
        const char *verdict = gain->low > 0.0    ? "better than"
                              : gain->high < 0.0 ? "worse than"
                                                 : "no better than";
        printf("F1 of %s: %+.4f [%+.4f, %+.4f], %s %s\n", triage_anomaly_rule_names[i],
               gain->value, gain->low, gain->high, verdict,
               triage_anomaly_rule_names[RULE_COUNTED_RANK]);
    }
}

static void write_real(struct strbuf *out, const char *key, double value)
{
    strbuf_printf(out, "\"%s\": ", key);
    if (isfinite(value))
        strbuf_double(out, value);
    else
        strbuf_add(out, "null");
}

static void write_estimate(struct strbuf *out, const char *key,
                           const struct estimate *estimate)
{
    strbuf_printf(out, ", \"%s\": {", key);
    write_real(out, "value", estimate->value);
    strbuf_add(out, ", ");
    write_real(out, "low", estimate->low);
    strbuf_add(out, ", ");
    write_real(out, "high", estimate->high);
    strbuf_add(out, "}");
}

static enum status print_json(const struct anomaly_evaluation *evaluation,
                              const char *name, struct error *err)
{
    struct strbuf out;
    strbuf_init(&out, SIZE_MAX);
    strbuf_add(&out, "{\"model\": ");
    strbuf_json_string(&out, name, strlen(name));
    strbuf_printf(&out,
                  ", \"training\": %" PRIu64 ", \"validation\": %" PRIu64
                  ", \"normals\": %" PRIu64 ", \"anomalies\": %" PRIu64
                  ", \"normals_meant\": %" PRIu64 ", \"window\": %u, ",
                  evaluation->training, evaluation->validation, evaluation->normals,
                  evaluation->anomalies, evaluation->settings.normals,
                  (unsigned)evaluation->settings.window);
    write_real(&out, "false_alarms", evaluation->settings.false_alarms);
    strbuf_add(&out, ", \"rules\": [");
    for (unsigned i = 0; i < ANOMALY_RULES; i++) {
        const struct anomaly_rule *rule = &evaluation->rules[i];
        strbuf_printf(&out, "%s{\"name\": \"%s\", ", i == 0 ? "" : ", ",
                      triage_anomaly_rule_names[i]);
        write_real(&out, "setting", rule->setting);
        strbuf_printf(&out,
                      ", \"validation_alarms\": %" PRIu64 ", \"alarms\": %" PRIu64
                      ", \"found\": %" PRIu64,
                      rule->validation_alarms, rule->alarms, rule->found);
        write_estimate(&out, "precision", &rule->precision);
        write_estimate(&out, "recall", &rule->recall);
        write_estimate(&out, "f1", &rule->f1);
        write_estimate(&out, "f1_gain", &rule->f1_gain);
        strbuf_add(&out, "}");
    }
    strbuf_add(&out, "]}\n");
    enum status status = out.has_failed ? error_no_memory(err) : STATUS_OK;
    if (status == STATUS_OK)
        (void)write_output(out.bytes, out.length); /* flush_output reports a failure */
    strbuf_release(&out);
    return status;
}

/* A refit has trained the weights on the histories that fix the settings. */
static enum status warn_of_refit(const struct model *model, const struct data_keys *keys,
                                 struct error *err)
{
    struct strbuf text;
    struct messages messages;
    strbuf_init(&text, SIZE_MAX);
    messages_init(&messages);
    triage_model_describe(model, &text);
    json_t *description =
        text.has_failed ? NULL : json_read(text.bytes, text.length, NULL);
    if (json_object_get(json_object_get(description, "report"), "refit"))
        messages_warn(
            &messages,
            "the weights were trained on the validation data of their training, "
            "too: if that is val, the settings are too low, and there will be "
            "more false alarms (train --no-refit)");
    messages_print(&messages);
    enum status status = description ? STATUS_OK : error_no_memory(err);
    if (status == STATUS_OK)
        status = warnings_refuse(messages.warning_count, keys->is_strict, err);
    json_decref(description);
    messages_release(&messages);
    strbuf_release(&text);
    return status;
}

/* ---- the command --------------------------------------------------------------------------- */

enum status anomalies_evaluate(const struct anomaly_files *files,
                               const struct model *model, const char *name,
                               struct error *err)
{
    const struct anomaly_settings settings = {.false_alarms =
                                                  files->options->false_alarms,
                                              .normals = files->options->normals,
                                              .window = files->options->window,
                                              .seed = files->settings->seed,
                                              .resamples = files->settings->resamples};
    struct anomaly_evaluation evaluation;
    if (triage_includes_check(model, 1U << INCLUDE_SURPRISE, "--anomaly", NULL) !=
        STATUS_OK)
        return error_set(err, STATUS_BAD_OPTION, "--anomaly",
                         "only a model of the task next predicts the next event");
    if (*files->keys->split == '\0')
        return error_set(err, STATUS_BAD_OPTION, "--anomaly",
                         "needs --split: the parts train, val and test");
    RETURN_IF_ERROR(warn_of_refit(model, files->keys, err));
    struct schema *schema =
        schema_with_keys(triage_model_schema(model), files->keys, err);
    if (!schema)
        return err->status;
    struct reading reading = {.files = files, .schema = schema, .err = err};
    arena_init(&reading.arena, SIZE_MAX);
    enum status status = read_files(&reading, err);
    if (status == STATUS_OK)
        status = triage_evaluate_anomalies(&evaluation, model, reading.histories,
                                           reading.count, &settings, err);
    if (status == STATUS_OK && files->is_json)
        status = print_json(&evaluation, name, err);
    else if (status == STATUS_OK)
        print_text(&evaluation, name);
    free(reading.histories);
    arena_release(&reading.arena);
    triage_schema_free(schema);
    return status;
}

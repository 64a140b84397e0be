/* Reading labelled histories for evaluate --anomaly, and printing the figures of each rule. */
#include "anomalies.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "command.h"
#include "data/history_texts.h"
#include "engine.h"
#include "trainer.h"

enum { MAX_EVENTS = 100000 };

/* clang-format off */
const struct option_def anomaly_options[] = {
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

/* The member of a history: its own, one of "fields", or of its first event, as in CSV. */
static const json_t *find_member(const json_t *object, const struct data_keys *keys,
                                 const char *key)
{
    const json_t *own = json_object_get(object, key);
    const json_t *events = json_object_get(object, keys->events);
    if (!events)
        events = json_object_get(object, "events");
    if (!own)
        own = json_object_get(json_object_get(object, "fields"), key);
    return own ? own : json_object_get(json_array_get(events, 0), key);
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static enum status read_part(const struct reading *reading, const json_t *object,
                             enum anomaly_part *part, struct error *err)
{
    static const char *const names[ANOMALY_PARTS] = {"train", "val", "test"};
    const struct data_keys *keys = reading->files->keys;
    const json_t *value = find_member(object, keys, keys->split);
    for (int i = 0; i < ANOMALY_PARTS; i++)
        if (is_text(value, names[i])) {
            *part = (enum anomaly_part)i;
            return STATUS_OK;
        }
    return error_mismatch(err, STATUS_BAD_INPUT, "", "train, val or test",
                          json_is_string(value) ? json_string_value(value) : "nothing",
                          "the part of the history, \"%s\", is none", keys->split);
}

/* A history of val or train without a label is normal. */
static enum status read_label(const struct reading *reading, const json_t *object,
                              enum anomaly_part part, bool *is_anomaly, struct error *err)
{
    const struct data_keys *keys = reading->files->keys;
    const json_t *value = find_member(object, keys, keys->label);
    bool is_missing = !value || json_is_null(value);
    if (is_missing && part == ANOMALY_TEST)
        return error_mismatch(err, STATUS_BAD_INPUT, "", "a label", "nothing",
                              "the history has no label \"%s\"", keys->label);
    *is_anomaly = !is_missing && !is_text(value, reading->files->options->normal);
    return STATUS_OK;
}

static enum status read_members(const struct reading *reading, const char *bytes,
                                size_t length, struct anomaly_history *one,
                                struct error *err)
{
    json_t *object = json_read(bytes, length, err);
    if (!object)
        return err->status;
    enum status status = read_part(reading, object, &one->part, err);
    if (status == STATUS_OK)
        status = read_label(reading, object, one->part, &one->is_anomaly, err);
    json_decref(object);
    return status;
}

static enum status add_history(struct reading *reading, const char *bytes, size_t length,
                               struct error *err)
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
    RETURN_IF_ERROR(read_members(reading, bytes, length, one, err));
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

static bool take_text(void *context, const struct history_place *place, const char *bytes,
                      size_t length)
{
    struct reading *reading = context;
    struct error inner = {.status = STATUS_OK};
    if (add_history(reading, bytes, length, &inner) == STATUS_OK)
        return true;
    keep_failure(reading, place->line, &inner);
    return false;
}

static bool refuse_row(void *context, uint64_t line, const struct error *inner)
{
    struct error own = *inner;
    own.where[0] = '\0';
    keep_failure(context, line, &own);
    return false;
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
    printf("\n");
    printf("%-19s %8s %6s %6s %6s  %9s  %6s  %s\n", "", "setting", "val", "alarms",
           "found", "precision", "recall", "F1");
    for (unsigned i = 0; i < ANOMALY_RULES; i++) {
        const struct anomaly_rule *rule = &evaluation->rules[i];
        printf("%-19s %8.4g %6" PRIu64 " %6" PRIu64 " %6" PRIu64
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

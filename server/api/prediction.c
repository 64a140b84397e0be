/*
 * Decoding the text of a prediction, and submitting its jobs.
 *
 * The fast decoder of engine.h is tried first.  If it declines, the tree decoder below decides: it
 * accepts everything that the fast decoder accepts, with the same result, and reports errors.
 */
#include "api/prediction.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

enum {
    SHARES = 4,    /* a prediction may have a quarter of the rows of a batcher */
    ID_DIGITS = 17 /* significant digits for writing an "id" */
};

/* The arguments of prediction_decode, except the text. */
struct decoding {
    struct prediction *prediction;
    const struct context *context;
    enum prediction_source source;
    struct arena *arena;
    struct error *err;
};

/* ---- jobs ------------------------------------------------------------------------------ */

static void submit_next(struct prediction *prediction)
{
    if (prediction->submitted < prediction->count)
        batcher_submit(prediction->batcher, &prediction->jobs[prediction->submitted++]);
}

static void on_job_end(struct job *job)
{
    struct prediction *prediction = job->owner;
    if (prediction->status == STATUS_OK)
        prediction->status = job->status;
    submit_next(prediction);
    if (--prediction->left == 0 && prediction->on_done)
        prediction->on_done(prediction);
}

/* count is set.  Allocate histories too, if they are NULL. */
static enum status make_jobs(const struct decoding *decoding)
{
    struct prediction *prediction = decoding->prediction;
    size_t actions = triage_model_actions(prediction->entry->model);
    size_t count = prediction->count;
    if (!prediction->histories)
        prediction->histories =
            arena_array(decoding->arena, count, sizeof *prediction->histories);
    prediction->jobs = arena_array(decoding->arena, count, sizeof *prediction->jobs);
    float *probabilities = /* [count][C] */
        arena_array(decoding->arena, count, actions * sizeof *probabilities);
    if (!prediction->histories || !prediction->jobs || !probabilities)
        return error_no_memory(decoding->err);
    for (size_t i = 0; i < count; i++)
        prediction->jobs[i] = (struct job){.history = &prediction->histories[i],
                                           .probabilities = probabilities + i * actions,
                                           .owner = prediction,
                                           .on_end = on_job_end};
    return STATUS_OK;
}

uint32_t prediction_share(const struct options *options)
{
    return options->max_rows >= SHARES ? options->max_rows / SHARES : 1;
}

void prediction_submit(struct prediction *prediction, uint32_t share)
{
    prediction->left = prediction->count;
    for (uint32_t i = 0; i < share; i++)
        submit_next(prediction);
}

void prediction_drop(struct prediction *prediction)
{
    for (size_t i = 0; i < prediction->submitted; i++)
        batcher_drop(prediction->batcher, &prediction->jobs[i]);
}

void prediction_write(const struct prediction *prediction, struct strbuf *text)
{
    if (prediction->is_many)
        strbuf_add(text, "{\"predictions\": [");
    for (size_t i = 0; i < prediction->count; i++) {
        if (i > 0)
            strbuf_add(text, ", ");
        triage_answer_write(text, prediction->entry->model, prediction->entry->name,
                            &prediction->histories[i], prediction->jobs[i].probabilities);
    }
    strbuf_add(text, prediction->is_many ? "]}\n" : "\n");
}

/* ---- the model ------------------------------------------------------------------------- */

/* entry is set.  Refuse a body if its batcher is not idle and too many requests are waiting. */
static enum status choose_batcher(const struct decoding *decoding)
{
    struct prediction *prediction = decoding->prediction;
    prediction->batcher = decoding->context->batchers[prediction->entry->index];
    if (decoding->source == PREDICTION_LINE || batcher_is_idle(prediction->batcher))
        return STATUS_OK;
    return suspended_check(&decoding->context->suspended, decoding->err);
}

/* The context of find_schema. */
struct model_choice {
    const struct registry *registry;
    const struct registry_entry *entry; /* what it found last, or NULL */
};

static const struct schema *find_schema(void *context, const char *name, size_t length)
{
    struct model_choice *choice = context;
    char text[REGISTRY_NAME + 1];
    if (!name) {
        choice->entry = registry_default(choice->registry);
    } else if (length < sizeof text) {
        memcpy(text, name, length);
        text[length] = '\0';
        choice->entry = registry_find(choice->registry, text);
    } else {
        return NULL;
    }
    return choice->entry ? triage_model_schema(choice->entry->model) : NULL;
}

static enum status choose_model(const struct decoding *decoding, const json_t *body)
{
    const struct registry *registry = decoding->context->registry;
    const json_t *name = json_object_get(body, "model");
    struct error *err = decoding->err;
    if (name && !json_is_string(name)) {
        char preview[64];
        json_preview(name, preview, sizeof preview);
        return error_mismatch(err, STATUS_BAD_INPUT, "/model", "a string", preview,
                              "the name of a model is a string");
    }
    const struct registry_entry *entry =
        name ? registry_find(registry, json_string_value(name))
             : registry_default(registry);
    char names[96];
    registry_names(registry, names, sizeof names);
    if (!entry && !name)
        return error_mismatch(err, STATUS_BAD_INPUT, "/model", names, "nothing",
                              "there is no default model; name one of: %s", names);
    if (!entry)
        return error_mismatch(err, STATUS_NOT_FOUND, "/model", names,
                              json_string_value(name),
                              "there is no such model; known: %s", names);
    decoding->prediction->entry = entry;
    return STATUS_OK;
}

/* ---- the tree decoder ------------------------------------------------------------------ */

/* Keep the "id" of a line: an error that is found later is answered with it. */
static void keep_id(const struct decoding *decoding, const json_t *body)
{
    const json_t *id = json_object_get(body, "id");
    if (!json_is_string(id) && !json_is_integer(id))
        return;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    json_write(&text, id, ID_DIGITS);
    if (!text.has_failed)
        decoding->prediction->id = arena_string(decoding->arena, text.bytes, text.length);
    strbuf_release(&text);
}

static enum status check_kind(const struct decoding *decoding, const json_t *body)
{
    bool is_line = decoding->source == PREDICTION_LINE;
    if (!json_is_object(body))
        return error_mismatch(decoding->err, STATUS_BAD_INPUT, "", "an object",
                              json_kind(body), "%s is an object with events",
                              is_line ? "a line" : "a request");
    if (is_line && json_object_get(body, "histories"))
        return error_set(decoding->err, STATUS_BAD_INPUT, "/histories",
                         "a line of a stream is one history");
    return STATUS_OK;
}

static enum status count_histories(const struct decoding *decoding, const json_t *body)
{
    struct prediction *prediction = decoding->prediction;
    const uint32_t limit = decoding->context->options->max_histories;
    const json_t *histories = json_object_get(body, "histories");
    struct error *err = decoding->err;
    prediction->count = 1;
    prediction->is_many = histories != NULL;
    if (!histories)
        return STATUS_OK;
    prediction->count = json_array_size(histories);
    char preview[64], expected[48];
    json_preview(histories, preview, sizeof preview);
    if (!json_is_array(histories))
        return error_mismatch(err, STATUS_BAD_INPUT, "/histories", "an array", preview,
                              "histories is an array of histories");
    if (json_object_get(body, "events"))
        return error_set(err, STATUS_BAD_INPUT, "/histories",
                         "a request has either events or histories, not both");
    if (prediction->count == 0)
        return error_mismatch(err, STATUS_BAD_INPUT, "/histories", "at least one history",
                              "an empty array", "there is no history");
    if (prediction->count <= limit)
        return STATUS_OK;
    snprintf(expected, sizeof expected, "at most %u", limit);
    snprintf(preview, sizeof preview, "%zu", prediction->count);
    return error_mismatch(err, STATUS_TOO_LARGE, "/histories", expected, preview,
                          "there are more histories than the limit");
}

static enum status decode_histories(const struct decoding *decoding, const json_t *body)
{
    struct prediction *prediction = decoding->prediction;
    const struct schema *schema = triage_model_schema(prediction->entry->model);
    const json_t *histories = json_object_get(body, "histories");
    char where[96] = "", parent[] = "/histories";
    for (size_t i = 0; i < prediction->count; i++) {
        struct history *history = &prediction->histories[i];
        if (histories)
            pointer_join_index(where, sizeof where, parent, i);
        RETURN_IF_ERROR(triage_history_decode(
            history, schema, histories ? json_array_get(histories, i) : body,
            decoding->context->options->max_events, where, decoding->arena,
            decoding->err));
        prediction->events += history->length;
    }
    return STATUS_OK;
}

static enum status decode_body(const struct decoding *decoding, const json_t *body)
{
    if (decoding->source == PREDICTION_LINE)
        keep_id(decoding, body);
    RETURN_IF_ERROR(check_kind(decoding, body));
    RETURN_IF_ERROR(choose_model(decoding, body));
    RETURN_IF_ERROR(choose_batcher(decoding));
    RETURN_IF_ERROR(count_histories(decoding, body));
    RETURN_IF_ERROR(make_jobs(decoding));
    return decode_histories(decoding, body);
}

static enum status decode_tree(const struct decoding *decoding, const char *bytes,
                               size_t length)
{
    json_t *body = json_read(bytes, length, decoding->err);
    if (!body)
        return decoding->err->status;
    enum status status = decode_body(decoding, body);
    json_decref(body);
    return status;
}

/* ---- both decoders --------------------------------------------------------------------- */

enum status prediction_decode(struct prediction *prediction,
                              const struct context *context,
                              enum prediction_source source, const char *bytes,
                              size_t length, struct arena *arena, struct error *err)
{
    const struct options *options = context->options;
    const struct decoding decoding = {.prediction = prediction,
                                      .context = context,
                                      .source = source,
                                      .arena = arena,
                                      .err = err};
    struct model_choice choice = {.registry = context->registry};
    const struct fast_decoder_options fast = {
        .max_events = options->max_events,
        .max_histories = source == PREDICTION_LINE ? 0 : options->max_histories,
        .find_schema = find_schema,
        .context = &choice};
    struct fast_request request;
    if (!triage_fast_decode(&request, &fast, bytes, length, arena))
        return decode_tree(&decoding, bytes, length);
    prediction->entry = choice.entry;
    prediction->histories = request.histories;
    prediction->count = request.count;
    prediction->is_many = request.is_many;
    prediction->id = request.histories[0].id;
    for (size_t i = 0; i < request.count; i++)
        prediction->events += request.histories[i].length;
    RETURN_IF_ERROR(choose_batcher(&decoding));
    return make_jobs(&decoding);
}

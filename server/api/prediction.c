/*
 * Decoding the text of a prediction in slices, and submitting its jobs.
 *
 * context->decoding counts the predictions that are not decoded yet, and those of predict.c whose
 * answers are being written; while there are any, the loop takes its next turn at once.
 */
#include "api/prediction.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/forecast.h"
#include "base/suggest.h"

enum { SHARES = 4 }; /* a prediction may have a quarter of the rows of a batcher */

/* ---- the model ------------------------------------------------------------------------- */

static enum status refuse_model(const struct registry *registry, const char *name,
                                struct error *err)
{
    char names[REGISTRY_NAMES], few[sizeof err->expected], phrase[SUGGEST_PHRASE];
    registry_names(registry, names, sizeof names);
    registry_names(registry, few, sizeof few);
    if (!name)
        return error_mismatch(err, STATUS_BAD_INPUT, "/model", few, "nothing",
                              "there is no default model; name one of: %s", names);
    registry_suggest(registry, name, phrase, sizeof phrase);
    return error_mismatch(err, STATUS_NOT_FOUND, "/model", few, name,
                          "there is no such model%s; known: %s", phrase, names);
}

/* The function find_schema of the decoder's options. */
static const struct schema *find_schema(void *context, const char *name, size_t length,
                                        struct error *err)
{
    struct prediction *prediction = context;
    const struct registry *registry = prediction->context->registry;
    char text[REGISTRY_NAME + 1] = "";
    if (name) {
        size_t used = length < sizeof text ? length : sizeof text - 1;
        memcpy(text, name, used);
        text[used] = '\0';
    }
    prediction->found = !name                  ? registry_default(registry)
                        : length < sizeof text ? registry_find(registry, text)
                                               : NULL;
    if (prediction->found)
        return triage_model_schema(prediction->found->model);
    (void)refuse_model(registry, name ? text : NULL, err);
    return NULL;
}

/* ---- jobs ------------------------------------------------------------------------------ */

/* Refuse a body if its batcher is not idle and too many requests are waiting. */
static enum status choose_batcher(struct prediction *prediction, struct error *err)
{
    const struct context *context = prediction->context;
    prediction->batcher = context->batchers[prediction->entry->index];
    if (prediction->source == PREDICTION_LINE || batcher_is_idle(prediction->batcher))
        return STATUS_OK;
    return suspended_check(&context->suspended, err);
}

static void submit_next(struct prediction *prediction)
{
    if (prediction->submitted < prediction->decoded.count)
        batcher_submit(prediction->batcher, &prediction->jobs[prediction->submitted++]);
}

static void on_job_end(struct job *job)
{
    struct prediction *prediction = job->owner;
    if (prediction->status == STATUS_OK)
        prediction->status = job->status;
    prediction->admitted_us = prediction->jobs[0].admitted_us;
    submit_next(prediction);
    if (--prediction->left == 0 && prediction->on_done)
        prediction->on_done(prediction);
}

static void on_forecast_end(struct forecast_job *job,
                            const struct continuation *continuations, size_t count)
{
    struct prediction *prediction = job->owner;
    prediction->status = job->status;
    prediction->admitted_us = job->admitted_us;
    if (job->status == STATUS_OK)
        prediction->status =
            forecast_keep(prediction->forecast, continuations, count, prediction->arena);
    prediction->on_done(prediction);
}

static enum status make_jobs(struct prediction *prediction, struct error *err)
{
    size_t actions = triage_model_actions(prediction->entry->model);
    size_t count = prediction->decoded.count;
    prediction->jobs = arena_array(prediction->arena, count, sizeof *prediction->jobs);
    float *probabilities = arena_floats(prediction->arena, count, actions);
    if (!prediction->jobs || !probabilities)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        prediction->jobs[i] = (struct job){.history = &prediction->decoded.histories[i],
                                           .probabilities = probabilities + i * actions,
                                           .owner = prediction,
                                           .on_end = on_job_end};
    return STATUS_OK;
}

/* ---- what not every model can do --------------------------------------------------------- */

static enum status check_entry(const struct prediction *prediction,
                               const struct registry_entry *entry, const char *where,
                               struct error *err)
{
    return prediction->forecast
               ? triage_forecast_check_model(entry->model, where, err)
               : triage_includes_check(entry->model, prediction->includes, where, err);
}

/* Refuse what the model does not have; say which models do. */
static enum status check_model(const struct prediction *prediction, const char *where,
                               struct error *err)
{
    const struct registry *registry = prediction->context->registry;
    struct error own = {.status = STATUS_OK}, other;
    char names[64] = ""; /* of the first models that do */
    if (check_entry(prediction, prediction->entry, where, &own) == STATUS_OK)
        return STATUS_OK;
    for (size_t i = 0, used = 0; i < registry_count(registry); i++) {
        const struct registry_entry *entry = registry_at(registry, i);
        other.status = STATUS_OK;
        if (check_entry(prediction, entry, "", &other) == STATUS_OK &&
            used + strlen(entry->name) + sizeof ", " < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used > 0 ? ", " : "", entry->name);
    }
    return error_mismatch(err, own.status, where, own.expected, own.received, "%s%s%s",
                          own.text, *names ? ", such as " : "; this service has none",
                          names);
}

/* The includes of the query and of the body: room for what they note. */
static enum status make_includes(struct prediction *prediction, struct error *err)
{
    const struct decoded *decoded = &prediction->decoded;
    const uint64_t limit = prediction->context->options->max_include_steps;
    const char *where = decoded->includes != 0 ? "/include" : "";
    prediction->includes |= decoded->includes;
    RETURN_IF_ERROR(check_model(prediction, where, err));
    if (decoded->events > limit) {
        char expected[48], received[48];
        snprintf(expected, sizeof expected, "at most %" PRIu64, limit);
        snprintf(received, sizeof received, "%" PRIu64, decoded->events);
        return error_mismatch(err, STATUS_TOO_LARGE, where, expected, received,
                              "there are more events than the limit of \"include\"");
    }
    struct included *included =
        arena_array(prediction->arena, decoded->count, sizeof *included);
    if (!included)
        return error_no_memory(err);
    for (size_t i = 0; i < decoded->count; i++) {
        RETURN_IF_ERROR(triage_included_init(&included[i], prediction->entry->model,
                                             &decoded->histories[i], prediction->includes,
                                             prediction->arena, err));
        prediction->jobs[i].included = &included[i];
    }
    return STATUS_OK;
}

/* ---- decoding -------------------------------------------------------------------------- */

enum status prediction_begin(struct prediction *prediction, struct context *context,
                             enum prediction_source source, const char *bytes,
                             size_t length, struct arena *arena, struct error *err)
{
    const struct options *options = context->options;
    prediction->context = context;
    prediction->source = source;
    prediction->arena = arena;
    prediction->options = (struct decoder_options){
        .max_events = options->max_events,
        .max_histories = source == PREDICTION_LINE || prediction->forecast
                             ? 0
                             : options->max_histories,
        .forecast = prediction->forecast ? &prediction->forecast->request : NULL,
        .find_schema = find_schema,
        .context = prediction};
    prediction->decoder =
        triage_decoder_new(&prediction->options, bytes, length, arena, err);
    if (!prediction->decoder)
        return STATUS_NO_MEMORY;
    context->decoding++;
    return STATUS_OK;
}

static void stop_decoding(struct prediction *prediction)
{
    if (!prediction->decoder)
        return;
    triage_decoder_free(prediction->decoder);
    prediction->decoder = NULL;
    prediction->context->decoding--;
}

enum status prediction_decode(struct prediction *prediction, bool *is_done,
                              struct error *err)
{
    enum status status =
        triage_decoder_step(prediction->decoder, PREDICTION_SLICE, is_done, err);
    if (!*is_done)
        return STATUS_OK;
    prediction->decoded = *triage_decoder_result(prediction->decoder);
    stop_decoding(prediction);
    if (status != STATUS_BAD_JSON && status != STATUS_NOT_FOUND)
        prediction->entry = prediction->found;
    RETURN_IF_ERROR(status);
    if (prediction->forecast) {
        RETURN_IF_ERROR(check_model(prediction, "/model", err));
        return forecast_prepare(prediction, err);
    }
    RETURN_IF_ERROR(choose_batcher(prediction, err));
    RETURN_IF_ERROR(make_jobs(prediction, err));
    return (prediction->includes | prediction->decoded.includes) == 0
               ? STATUS_OK
               : make_includes(prediction, err);
}

/* ---- from jobs to the answer ----------------------------------------------------------- */

uint32_t prediction_share(const struct options *options)
{
    return options->max_rows >= SHARES ? options->max_rows / SHARES : 1;
}

static void submit_forecast(struct prediction *prediction, int64_t received_us)
{
    struct forecast *forecast = prediction->forecast;
    forecast->job.received_us = received_us;
    forecast->job.on_end = on_forecast_end;
    forecast_queue_submit(forecast->queue, &forecast->job);
}

void prediction_submit(struct prediction *prediction, uint32_t share, int64_t received_us)
{
    if (prediction->forecast) {
        submit_forecast(prediction, received_us);
        return;
    }
    prediction->jobs[0].received_us = received_us;
    prediction->left = prediction->decoded.count;
    for (uint32_t i = 0; i < share; i++)
        submit_next(prediction);
}

bool prediction_is_alone(const struct prediction *prediction)
{
    return !prediction->forecast && batcher_is_idle(prediction->batcher);
}

void prediction_step(struct prediction *prediction)
{
    batcher_step(prediction->batcher, prediction->context->options->slice);
}

void prediction_drop(struct prediction *prediction)
{
    stop_decoding(prediction);
    if (prediction->forecast && prediction->forecast->queue)
        forecast_queue_drop(prediction->forecast->queue, &prediction->forecast->job);
    for (size_t i = 0; i < prediction->submitted; i++)
        batcher_drop(prediction->batcher, &prediction->jobs[i]);
}

/* Write the answer to the next history, or more of it.  true: it is complete. */
static bool write_history(const struct prediction *prediction,
                          struct prediction_written *written, struct strbuf *text,
                          size_t bytes)
{
    const struct model *model = prediction->entry->model;
    const struct job *job = &prediction->jobs[written->histories];
    if (written->included == 0)
        triage_answer_write(text, model, prediction->entry->name, job->history,
                            job->probabilities);
    if (job->included && !triage_included_write(text, model, job->history, job->included,
                                                &written->included, bytes))
        return false;
    written->included = 0;
    written->histories++;
    return true;
}

/* Write more continuations.  true: the answer is complete. */
static bool write_continuations(const struct prediction *prediction,
                                struct prediction_written *written, struct strbuf *text)
{
    const struct forecast *forecast = prediction->forecast;
    struct forecast_answer answer = {.model = prediction->entry->model,
                                     .name = prediction->entry->name,
                                     .history = prediction->decoded.histories,
                                     .continuations = forecast->continuations,
                                     .count = forecast->count,
                                     .written = written->histories};
    bool is_complete = triage_forecast_write(text, &answer, PREDICTION_SLICE);
    written->histories = answer.written;
    if (is_complete)
        strbuf_add(text, "\n");
    return is_complete;
}

bool prediction_write_slice(const struct prediction *prediction,
                            struct prediction_written *written, struct strbuf *text)
{
    if (prediction->forecast)
        return write_continuations(prediction, written, text);
    const struct decoded *decoded = &prediction->decoded;
    size_t begin = text->length;
    if (written->histories == 0 && written->included == 0 && decoded->is_many)
        strbuf_add(text, "{\"predictions\": [");
    while (written->histories < decoded->count) {
        if (text->length - begin >= PREDICTION_SLICE)
            return false;
        if (written->histories > 0 && written->included == 0)
            strbuf_add(text, ", ");
        if (!write_history(prediction, written, text, PREDICTION_SLICE))
            return false;
    }
    if (decoded->is_many)
        strbuf_add(text, "]");
    if (decoded->ignored_count > 0) {
        strbuf_add(text, ", ");
        triage_ignored_write(text, decoded->ignored, decoded->ignored_count);
    }
    strbuf_add(text, decoded->is_many ? "}\n" : "\n");
    return true;
}

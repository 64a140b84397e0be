/*
 * One history, or {"histories": [...]}: either way a prediction is some jobs of one lane, and
 * it is answered when the last has ended.  One that cannot be read fails all of them.
 *
 * Only a few of its jobs are in the lane at any time, for the lane serves in order: so what
 * comes after a body of thousands of histories waits for a few of them, not for all.
 */
#include "api/predict.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/choice.h"
#include "base/json.h"
#include "engine.h"
#include "http/http.h"
#include "loop/loop.h"
#include "service/batcher.h"
#include "service/clock.h"
#include "service/reply.h"
#include "service/suspended.h"

enum { SHARES = 4 }; /* of the rows of a lane; a request has one of them */

struct prediction {
    struct request *request;
    const struct registry_entry *entry;
    struct batcher *lane;
    size_t count, left; /* histories; those that have not ended */
    size_t submitted;   /* jobs that the lane has been given */
    bool is_many;
    struct history *histories; /* [count] */
    struct job *jobs;          /* [count] */
    float *probabilities;      /* [count][C] */
    enum status status;        /* of the first that failed */
};

/* JSON, what a bare `curl -d` calls it, or nothing said. */
static enum status check_type(const char *type, struct error *err)
{
    static const char json[] = "application/json", suffix[] = "+json";
    static const char form[] = "application/x-www-form-urlencoded";
    if (!type || !*type)
        return STATUS_OK;
    size_t length = strcspn(type, "; \t"), tail = sizeof suffix - 1;
    if ((length == sizeof json - 1 && strncasecmp(type, json, length) == 0) ||
        (length == sizeof form - 1 && strncasecmp(type, form, length) == 0) ||
        (length > tail && strncasecmp(type + length - tail, suffix, tail) == 0))
        return STATUS_OK;
    char received[64];
    return error_mismatch(err, STATUS_BAD_INPUT, "", json,
                          reply_printable(received, sizeof received, type),
                          "the body's Content-Type is not JSON");
}

/* How many histories the body has. */
static enum status count_histories(struct prediction *prediction, const json_t *body,
                                   struct error *err)
{
    const json_t *histories = json_object_get(body, "histories");
    const uint32_t limit =
        loop_service(prediction->request->loop)->options->max_histories;
    char preview[64], most[48];
    prediction->count = 1;
    prediction->is_many = histories != NULL;
    if (!histories)
        return STATUS_OK;
    prediction->count = json_array_size(histories);
    json_preview(histories, preview, sizeof preview);
    if (!json_is_array(histories))
        return error_mismatch(err, STATUS_BAD_INPUT, "/histories", "an array", preview,
                              "histories is an array of histories");
    if (json_object_get(body, "events"))
        return error_set(err, STATUS_BAD_INPUT, "/histories",
                         "there are both events and histories; give one of them");
    if (prediction->count == 0)
        return error_mismatch(err, STATUS_BAD_INPUT, "/histories", "at least one history",
                              "an empty array", "there is no history");
    if (prediction->count <= limit)
        return STATUS_OK;
    snprintf(most, sizeof most, "at most %u", limit);
    snprintf(preview, sizeof preview, "%zu", prediction->count);
    return error_mismatch(err, STATUS_TOO_LARGE, "/histories", most, preview,
                          "there are more histories than a request may have");
}

static void on_end(struct job *job);

static enum status make_jobs(struct prediction *prediction, struct error *err)
{
    struct arena *arena = &prediction->request->arena;
    size_t actions = triage_model_actions(prediction->entry->model),
           count = prediction->count;
    if (!prediction->histories)
        prediction->histories = arena_array(arena, count, sizeof *prediction->histories);
    prediction->jobs = arena_array(arena, count, sizeof *prediction->jobs);
    prediction->probabilities =
        arena_array(arena, count, actions * sizeof *prediction->probabilities);
    if (!prediction->histories || !prediction->jobs || !prediction->probabilities)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        prediction->jobs[i] =
            (struct job){.history = &prediction->histories[i],
                         .probabilities = prediction->probabilities + i * actions,
                         .owner = prediction,
                         .on_end = on_end};
    prediction->jobs[0].received_us = prediction->request->received_us;
    return STATUS_OK;
}

static enum status decode_histories(struct prediction *prediction, const json_t *body,
                                    struct error *err)
{
    struct request *request = prediction->request;
    const struct schema *schema = triage_model_schema(prediction->entry->model);
    const json_t *histories = json_object_get(body, "histories");
    const uint32_t max_events = loop_service(request->loop)->options->max_events;
    char where[96] = "", all[] = "/histories";
    for (size_t i = 0; i < prediction->count; i++) {
        struct history *history = &prediction->histories[i];
        if (histories)
            pointer_join_index(where, sizeof where, all, i);
        enum status status = triage_history_decode(
            history, schema, histories ? json_array_get(histories, i) : body, max_events,
            where, &request->arena, err);
        if (status)
            return status;
        request->events += history->length;
    }
    return STATUS_OK;
}

/* The lane of its model, which may have as many waiting as may. */
static enum status choose_lane(struct prediction *prediction, struct error *err)
{
    struct request *request = prediction->request;
    prediction->lane = loop_batcher(request->loop, prediction->entry->index);
    if (batcher_is_idle(prediction->lane))
        return STATUS_OK;
    return suspended_check(loop_suspended(request->loop), err);
}

static enum status take_quick(struct prediction *prediction,
                              const struct fast_request *quick, struct error *err)
{
    prediction->histories = quick->histories;
    prediction->count = quick->count;
    prediction->is_many = quick->is_many;
    for (size_t i = 0; i < quick->count; i++)
        prediction->request->events += quick->histories[i].length;
    enum status status = choose_lane(prediction, err);
    return status ? status : make_jobs(prediction, err);
}

/* By the tree: what is accepted, and what is said when it is not. */
static enum status decode_tree(struct prediction *prediction, struct error *err)
{
    struct request *request = prediction->request;
    json_t *body = json_read(request->body.bytes, request->body.length, err);
    strbuf_release(&request->body); /* it may wait for long, and needs it no more */
    if (!body)
        return err->status;
    enum status status = STATUS_OK;
    if (!json_is_object(body))
        status = error_mismatch(err, STATUS_BAD_INPUT, "", "an object", json_kind(body),
                                "a request is an object with events in it");
    if (!status)
        status = choice_of_tree(request, body, &prediction->entry, err);
    if (!status)
        status = choose_lane(prediction, err);
    if (!status)
        status = count_histories(prediction, body, err);
    if (!status)
        status = make_jobs(prediction, err);
    if (!status)
        status = decode_histories(prediction, body, err);
    json_decref(body);
    return status;
}

static enum status decode(struct prediction *prediction, struct error *err)
{
    struct request *request = prediction->request;
    struct fast_request quick;
    if (request->body.length == 0)
        return error_set(err, STATUS_BAD_JSON, "", "the body is empty");
    if (!choice_of_text(request, request->body.bytes, request->body.length,
                        loop_service(request->loop)->options->max_histories,
                        &request->arena, &prediction->entry, &quick))
        return decode_tree(prediction, err);
    strbuf_release(&request->body);
    return take_quick(prediction, &quick, err);
}

/* All have ended: write the answer. */
static void predict_finish(struct prediction *prediction)
{
    struct request *request = prediction->request;
    struct strbuf *text = &request->answer;
    struct error err = {0};
    request->admitted_us = prediction->jobs[0].admitted_us;
    request->ended_us = clock_us();
    if (prediction->status) {
        error_set(&err, prediction->status, "", "%s",
                  triage_status_text(prediction->status));
        reply_error(request, &err);
        return;
    }
    if (prediction->is_many)
        strbuf_add(text, "{\"predictions\": [");
    for (size_t i = 0; i < prediction->count; i++) {
        if (i > 0)
            strbuf_add(text, ", ");
        triage_answer_write(text, prediction->entry->model, prediction->entry->name,
                            &prediction->histories[i], prediction->jobs[i].probabilities);
    }
    strbuf_add(text, prediction->is_many ? "]}\n" : "\n");
    reply_json(request, 200);
}

/* Have the answer sent, if that does not happen anyway when the handler returns. */
static void wake(struct request *request)
{
    if (request->is_suspended) {
        suspended_remove(loop_suspended(request->loop), request);
        http_resume(request);
    }
}

static void submit_next(struct prediction *prediction)
{
    if (prediction->submitted < prediction->count)
        batcher_submit(prediction->lane, &prediction->jobs[prediction->submitted++]);
}

static void on_end(struct job *job)
{
    struct prediction *prediction = job->owner;
    if (!prediction->status)
        prediction->status = job->status;
    submit_next(prediction);
    if (--prediction->left > 0)
        return;
    predict_finish(prediction);
    wake(prediction->request);
}

static void abandon(struct request *request)
{
    struct prediction *prediction = request->work;
    for (size_t i = 0; i < prediction->submitted; i++)
        batcher_drop(prediction->lane, &prediction->jobs[i]);
}

/*
 * A slice in the handler is enough for most histories when nothing else runs; only what is
 * then unfinished is worth a suspended connection.
 */
static enum status run(struct prediction *prediction, struct error *err)
{
    struct request *request = prediction->request;
    const struct options *options = loop_service(request->loop)->options;
    struct batcher *lane = prediction->lane;
    const uint32_t share = options->max_rows / SHARES;
    bool was_idle = batcher_is_idle(lane);
    struct suspended *waiting = loop_suspended(request->loop);
    if (!was_idle && !suspended_add(waiting, request, abandon, err))
        return err->status;
    request->parsed_us = clock_us();
    prediction->left = prediction->count;
    request->work = prediction;
    for (uint32_t i = 0; i < (share ? share : 1); i++)
        submit_next(prediction);
    if (was_idle)
        batcher_step(lane, options->slice);
    if (was_idle && prediction->left > 0 &&
        !suspended_add(waiting, request, abandon, err)) {
        abandon(request);
        return err->status;
    }
    return STATUS_OK;
}

/* Refused before its JSON is read: as many wait as may, and no lane here is free. */
static enum status check_load(struct request *request, struct error *err)
{
    for (size_t i = 0; i < registry_count(loop_registry(request->loop)); i++)
        if (batcher_is_idle(loop_batcher(request->loop, i)))
            return STATUS_OK;
    return suspended_check(loop_suspended(request->loop), err);
}

void predict_start(struct context *context, struct request *request)
{
    (void)context;
    struct error err = {0};
    if (check_type(request->content_type, &err)) {
        reply_problem(request, 415, &err);
        return;
    }
    if (check_load(request, &err)) {
        reply_error(request, &err);
        return;
    }
    struct prediction *prediction = arena_array(&request->arena, 1, sizeof *prediction);
    if (!prediction) {
        reply_no_memory(request);
        return;
    }
    prediction->request = request;
    if (decode(prediction, &err) || run(prediction, &err))
        reply_error(request, &err);
}

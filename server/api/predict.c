/*
 * POST /predict: decode the body, submit its histories, answer when the last one has ended.  If one
 * history cannot be decoded or classified, the whole request fails.
 */
#include "api/handlers.h"

#include "api/joined_texts.h"
#include "api/media_type.h"
#include "api/prediction.h"
#include "service/clock.h"
#include "service/reply.h"

/* request->work, in the arena of the request. */
struct predict {
    struct prediction prediction;
    struct request *request;
    struct suspended *suspended; /* of the loop */
};

static bool is_ascii(const struct strbuf *text)
{
    for (size_t i = 0; i < text->length; i++)
        if ((unsigned char)text->bytes[i] >= 0x80)
            return false;
    return true;
}

/* Refuse what is not JSON by its Content-Type, and what is not UTF-8 by its charset. */
static enum status check_type(const struct request *request, struct error *err)
{
    const char *type = request->content_type, *expected = NULL, *text = NULL;
    if (media_type_kind(type) == MEDIA_OTHER) {
        expected = "application/json or application/x-ndjson";
        text = "the Content-Type of the body is not JSON";
    } else if (!media_type_is_utf8(type) && !is_ascii(&request->body)) {
        expected = "charset=utf-8";
        text = "the charset of the body is not UTF-8";
    } else {
        return STATUS_OK;
    }
    char received[64];
    return error_mismatch(err, STATUS_BAD_INPUT, "", expected,
                          reply_printable(received, sizeof received, type), "%s", text);
}

/*
 * Refuse a request before its body is decoded if --max-jobs requests are waiting.  But if a batcher
 * is idle, decode first: the request may be for that model.
 */
static enum status check_load(const struct context *context, struct error *err)
{
    for (size_t i = 0; i < registry_count(context->registry); i++)
        if (batcher_is_idle(context->batchers[i]))
            return STATUS_OK;
    return suspended_check(&context->suspended, err);
}

static enum status decode(struct predict *predict, const struct context *context,
                          struct error *err)
{
    struct request *request = predict->request;
    struct prediction *prediction = &predict->prediction;
    if (request->body.length == 0)
        return error_set(err, STATUS_BAD_JSON, "", "the body is empty");
    enum status status =
        prediction_decode(prediction, context, PREDICTION_BODY, request->body.bytes,
                          request->body.length, &request->arena, err);
    joined_texts_explain(request->body.bytes, request->body.length, false, err);
    strbuf_release(
        &request->body); /* not needed any more, and the request may wait long */
    request->events = prediction->events;
    if (prediction->entry)
        request->model = prediction->entry->name;
    return status;
}

/* The action of the only history, for the log. */
static const char *decision_of(const struct prediction *prediction)
{
    const struct model *model = prediction->entry->model;
    const float *probabilities = prediction->jobs[0].probabilities;
    size_t best = 0;
    if (prediction->is_many)
        return NULL;
    for (size_t i = 1; i < triage_model_actions(model); i++)
        if (probabilities[i] > probabilities[best])
            best = i;
    return triage_model_action(model, best);
}

/* All histories have ended: answer. */
static void on_done(struct prediction *prediction)
{
    struct predict *predict = prediction->owner;
    struct request *request = predict->request;
    request->abandon = NULL;
    request->admitted_us = prediction->jobs[0].admitted_us;
    request->ended_us = clock_us();
    if (prediction->status == STATUS_OK) {
        prediction_write(prediction, &request->answer);
        request->action = decision_of(prediction);
        reply_json(request, 200);
    } else {
        struct error err = {0};
        error_set(&err, prediction->status, "", "%s",
                  triage_status_text(prediction->status));
        reply_error(request, &err);
    }
    suspended_finish(predict->suspended, request);
}

static void abandon(struct request *request)
{
    struct predict *predict = request->work;
    prediction_drop(&predict->prediction);
}

/*
 * If the batcher is idle, it is stepped here.  One step is enough for most histories, so most
 * requests are answered without suspending their connection.
 */
static enum status run(struct predict *predict, const struct options *options,
                       struct error *err)
{
    struct request *request = predict->request;
    struct prediction *prediction = &predict->prediction;
    bool was_idle = batcher_is_idle(prediction->batcher);
    if (!was_idle)
        RETURN_IF_ERROR(suspended_add(predict->suspended, request, err));
    request->parsed_us = clock_us();
    request->work = predict;
    request->abandon = abandon;
    prediction->jobs[0].received_us = request->received_us;
    prediction_submit(prediction, prediction_share(options));
    if (!was_idle)
        return STATUS_OK;
    batcher_step(prediction->batcher, options->slice);
    if (prediction->left == 0)
        return STATUS_OK;
    enum status status = suspended_add(predict->suspended, request, err);
    if (status != STATUS_OK)
        request_abandon(request);
    return status;
}

void predict_start(struct context *context, struct request *request)
{
    struct error err = {0};
    if (check_type(request, &err) != STATUS_OK) {
        reply_problem(request, PROBLEM_UNSUPPORTED_TYPE, &err);
        return;
    }
    if (check_load(context, &err) != STATUS_OK) {
        reply_error(request, &err);
        return;
    }
    struct predict *predict = arena_array(&request->arena, 1, sizeof *predict);
    if (!predict) {
        reply_no_memory(request);
        return;
    }
    predict->request = request;
    predict->suspended = &context->suspended;
    predict->prediction.owner = predict;
    predict->prediction.on_done = on_done;
    enum status status = decode(predict, context, &err);
    if (status == STATUS_OK)
        status = run(predict, context->options, &err);
    if (status != STATUS_OK)
        reply_error(request, &err);
}

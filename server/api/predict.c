/*
 * POST /predict and POST /forecast: decode the body, submit its histories, answer when the last one
 * has ended.  If one history cannot be decoded or classified, the whole request fails.
 */
#include "api/handlers.h"

#include "api/forecast.h"
#include "api/joined_texts.h"
#include "api/media_type.h"
#include "api/prediction.h"
#include "api/router.h"
#include "base/utf8.h"
#include "service/clock.h"
#include "service/reply.h"

/* request->work, in the arena of the request. */
struct predict {
    struct prediction prediction;
    struct request *request;
    struct context *context;
    struct list_link link; /* in context->slices */
    struct prediction_written written;
    bool is_writing; /* the answer is written in slices */
};

/* Refuse what is not JSON by its Content-Type, and what is not UTF-8 by its charset. */
static enum status check_type(const struct request *request, struct error *err)
{
    const char *type = request->content_type, *expected = NULL, *text = NULL;
    if (media_type_kind(type) != MEDIA_JSON) {
        expected = request->route->handle_stream
                       ? "application/json or application/x-ndjson"
                       : "application/json";
        text = "the Content-Type of the body is not JSON";
    } else if (!media_type_is_utf8(type) &&
               !utf8_is_ascii(request->body.bytes, request->body.length)) {
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
 * Refuse a request before its body is decoded if --max-jobs requests are waiting.  But if a batcher,
 * or a forecast queue, is idle, decode first: the request may be for that model.
 */
static enum status check_load(const struct context *context, bool is_forecast,
                              struct error *err)
{
    for (size_t i = 0; i < registry_count(context->registry); i++)
        if (is_forecast ? forecast_queue_is_idle(context->forecasts[i])
                        : batcher_is_idle(context->batchers[i]))
            return STATUS_OK;
    return suspended_check(&context->suspended, err);
}

/* Decode the next slice.  When it was the last one, the body is not needed any more. */
static enum status decode(struct predict *predict, bool *is_done, struct error *err)
{
    struct request *request = predict->request;
    struct prediction *prediction = &predict->prediction;
    enum status status = prediction_decode(prediction, is_done, err);
    if (!*is_done)
        return STATUS_OK;
    if (!prediction->forecast) /* there is no stream of forecasts */
        joined_texts_explain(request->body.bytes, request->body.length, false, err);
    strbuf_release(&request->body); /* the request may wait long */
    if (prediction->entry)
        request->model = prediction->entry->name;
    return status;
}

/* Note the decision on the only history, for the log. */
static void note_decision(const struct prediction *prediction, struct request *request)
{
    if (prediction->decoded.is_many || prediction->forecast)
        return;
    request->action =
        triage_answer_action(prediction->entry->model, prediction->decoded.histories,
                             prediction->jobs[0].probabilities);
    request->has_declined = request->action == NULL;
}

/* Write the next slice of the answer.  When it was the last one, answer. */
static bool write_slice(struct predict *predict)
{
    struct request *request = predict->request;
    if (!prediction_write_slice(&predict->prediction, &predict->written,
                                &request->answer))
        return false;
    request->abandon = NULL;
    note_decision(&predict->prediction, request);
    reply_json(request, 200);
    suspended_finish(&predict->context->suspended, request);
    return true;
}

/* All histories have ended: answer.  Others do not wait while a long answer is written. */
static void on_done(struct prediction *prediction)
{
    struct predict *predict = prediction->owner;
    struct request *request = predict->request;
    request->admitted_us = prediction->admitted_us;
    request->ended_us = clock_us();
    if (prediction->status != STATUS_OK) {
        struct error err = {0};
        error_set(&err, prediction->status, "", "%s",
                  triage_status_text(prediction->status));
        request->abandon = NULL;
        reply_error(request, &err);
        suspended_finish(&predict->context->suspended, request);
    } else if (!write_slice(predict)) {
        predict->is_writing = true;
        predict->context->decoding++;
        list_append(&predict->context->slices, &predict->link);
    }
}

static void stop_writing(struct predict *predict)
{
    list_remove(&predict->link);
    predict->context->decoding -= predict->is_writing;
    predict->is_writing = false;
}

static void abandon(struct request *request)
{
    struct predict *predict = request->work;
    stop_writing(predict);
    prediction_drop(&predict->prediction);
}

/* The events that the forecast may predict, of all its continuations. */
static uint64_t predicted_events(const struct predict *predict)
{
    const struct forecast_options *options = &predict->prediction.decoded.forecast;
    return predict->prediction.forecast ? (uint64_t)options->steps * options->beam : 0;
}

static void submit(struct predict *predict)
{
    struct request *request = predict->request;
    request->parsed_us = clock_us();
    prediction_submit(&predict->prediction, prediction_share(predict->context->options),
                      request->received_us);
}

/*
 * If nothing else runs where it will run, it is stepped here.  One step is enough for most histories, so most
 * requests are answered without suspending their connection.
 */
static enum status run(struct predict *predict, struct error *err)
{
    struct request *request = predict->request;
    struct prediction *prediction = &predict->prediction;
    struct suspended *suspended = &predict->context->suspended;
    bool is_alone = prediction_is_alone(prediction);
    request->events = prediction->decoded.events;
    request->predicted_events = predicted_events(predict);
    if (!is_alone)
        RETURN_IF_ERROR(suspended_add(suspended, request, err));
    submit(predict);
    if (!is_alone)
        return STATUS_OK;
    prediction_step(prediction);
    if (request->code != 0)
        return STATUS_OK;
    enum status status = suspended_add(suspended, request, err);
    if (status == STATUS_OK || !predict->is_writing)
        return status;
    stop_writing(predict); /* the answer is known: it is not thrown away */
    while (!write_slice(predict))
        continue;
    return STATUS_OK;
}

/* Decode what fits one slice, and run it; a longer body is continued by predict_step. */
static enum status begin(struct predict *predict, struct error *err)
{
    struct request *request = predict->request;
    bool is_done;
    if (request->body.length == 0)
        return error_set(err, STATUS_BAD_JSON, "", "the body is empty");
    RETURN_IF_ERROR(prediction_begin(&predict->prediction, predict->context,
                                     PREDICTION_BODY, request->body.bytes,
                                     request->body.length, &request->arena, err));
    request->work = predict;
    request->abandon = abandon;
    RETURN_IF_ERROR(decode(predict, &is_done, err));
    if (is_done)
        return run(predict, err);
    RETURN_IF_ERROR(suspended_add(&predict->context->suspended, request, err));
    list_append(&predict->context->slices, &predict->link);
    return STATUS_OK;
}

static void start(struct context *context, struct request *request, bool is_forecast)
{
    struct error err = {0};
    if (check_type(request, &err) != STATUS_OK) {
        reply_problem(request, PROBLEM_UNSUPPORTED_TYPE, &err);
        return;
    }
    if (check_load(context, is_forecast, &err) != STATUS_OK) {
        reply_error(request, &err);
        return;
    }
    struct predict *predict = arena_array(&request->arena, 1, sizeof *predict);
    struct forecast *forecast =
        predict && is_forecast ? arena_array(&request->arena, 1, sizeof *forecast) : NULL;
    if (!predict || (is_forecast && !forecast)) {
        reply_no_memory(request);
        return;
    }
    predict->request = request;
    predict->context = context;
    predict->prediction.owner = predict;
    predict->prediction.on_done = on_done;
    predict->prediction.includes = request->includes;
    predict->prediction.forecast = forecast;
    if (forecast)
        forecast_init(forecast, context->options);
    if (begin(predict, &err) == STATUS_OK)
        return;
    request_abandon(request);
    reply_error(request, &err);
}

void predict_start(struct context *context, struct request *request)
{
    start(context, request, false);
}

void forecast_start(struct context *context, struct request *request)
{
    start(context, request, true);
}

static void write_next_slice(struct predict *predict)
{
    list_remove(&predict->link);
    if (!write_slice(predict))
        list_append(&predict->context->slices, &predict->link); /* after the others */
    else
        stop_writing(predict);
}

void predict_step(struct context *context)
{
    if (list_is_empty(&context->slices))
        return;
    struct predict *predict = LIST_ITEM(context->slices.ends.next, struct predict, link);
    struct request *request = predict->request;
    if (predict->is_writing) {
        write_next_slice(predict);
        return;
    }
    struct error err = {0};
    bool is_done;
    enum status status = decode(predict, &is_done, &err);
    list_remove(&predict->link);
    if (!is_done) {
        list_append(&context->slices, &predict->link); /* after the others */
        return;
    }
    if (status == STATUS_OK)
        status = suspended_add_events(&context->suspended, request,
                                      predict->prediction.decoded.events,
                                      predicted_events(predict), &err);
    if (status == STATUS_OK) {
        submit(predict);
        return;
    }
    request_abandon(request);
    reply_error(request, &err);
    suspended_finish(&context->suspended, request);
}

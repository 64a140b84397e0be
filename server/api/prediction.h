/*
 * A prediction: the histories of one request body, or of one line of a stream, from their JSON
 * text to the answer; or the forecast of one history.  predict.c and stream.c both use it:
 *
 *     prediction_begin    the text is there
 *     prediction_decode   text -> model, histories, jobs; a long text in several steps
 *     prediction_submit   jobs -> batcher or forecast queue, which ends them one after the other
 *     prediction_write_slice    probabilities -> JSON
 *
 * Only a few jobs of a prediction are in the batcher at any time.  The batcher takes jobs in the
 * order of submission, so a request waits for a few histories of an earlier one, not for thousands.
 */
#ifndef TRIAGE_PREDICTION_H
#define TRIAGE_PREDICTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "service/context.h"

enum { PREDICTION_SLICE = 64 << 10 }; /* bytes that are decoded or written in one step */

/* Where the text comes from. */
enum prediction_source {
    PREDICTION_BODY, /* one history or "histories"; of a forecast, one history */
    PREDICTION_LINE  /* one history */
};

/* How far an answer is written. */
struct prediction_written {
    size_t histories;  /* of a forecast: continuations */
    uint32_t included; /* entries of the next one; 0: nothing of it is written */
};

/* All zero before prediction_begin, except owner, on_done, includes and forecast. */
struct prediction {
    const struct registry_entry *entry; /* the model; NULL until it is known */
    struct batcher *batcher;            /* of the model; NULL until it is known */
    struct decoded decoded;             /* histories */
    struct job *jobs;                   /* [decoded.count] */
    unsigned includes;                  /* the set of the query, then of both */
    struct forecast *forecast; /* the request is for a forecast (forecast.h); else NULL */

    /* While the text is decoded. */
    struct context *context;
    enum prediction_source source;
    struct arena *arena;
    struct decoder *decoder; /* NULL: not begun, or the text is decoded */
    struct decoder_options options;
    const struct registry_entry *found; /* the model that was found last; NULL: none */

    size_t submitted;    /* jobs that were given to the batcher */
    size_t left;         /* jobs that have not ended */
    enum status status;  /* of the first job that failed */
    int64_t admitted_us; /* when the first history got a row; 0: not yet */
    void *owner;         /* for on_done */
    void (*on_done)(struct prediction *prediction); /* all jobs have ended; may be NULL */
};

/* bytes is borrowed until the text is decoded.  STATUS_NO_MEMORY. */
enum status prediction_begin(struct prediction *prediction, struct context *context,
                             enum prediction_source source, const char *bytes,
                             size_t length, struct arena *arena, struct error *err);

/*
 * Decode the next slice of the text.  *is_done: it is decoded and the jobs are made, or it has
 * failed; then decoded.id is known if the text has one.  STATUS_BUSY if too many requests are
 * waiting.  While it is not done, the loop does not sleep.
 */
enum status prediction_decode(struct prediction *prediction, bool *is_done,
                              struct error *err);

/* How many jobs of one prediction may be in the batcher at a time: a quarter of the rows. */
uint32_t prediction_share(const struct options *options);

/*
 * Submit the first jobs, at most share; each job that ends submits another.  received_us: when the body
 * was complete, if the wait is to be counted; else 0.
 */
void prediction_submit(struct prediction *prediction, uint32_t share,
                       int64_t received_us);

/*
 * Is nothing else waiting or running where the jobs will run?  Never true of a forecast: it takes many
 * steps, which the loop has between those of others.
 */
bool prediction_is_alone(const struct prediction *prediction);

/* Let the jobs of one that is no forecast run for a step, beside those of others. */
void prediction_step(struct prediction *prediction);

/* Stop decoding, and take back the jobs that have not ended; on_done is not called. */
void prediction_drop(struct prediction *prediction);

/*
 * Append a slice of the answer, about PREDICTION_SLICE bytes, from *written on, which is zero at
 * first.  true: the answer and its line feed are complete.  All jobs have ended with STATUS_OK.
 */
bool prediction_write_slice(const struct prediction *prediction,
                            struct prediction_written *written, struct strbuf *text);

#endif

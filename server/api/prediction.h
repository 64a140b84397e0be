/*
 * A prediction: the histories of one request body, or of one line of a stream, from their JSON
 * text to the answer.  predict.c and stream.c both use it:
 *
 *     prediction_decode   text -> model, histories, jobs
 *     prediction_submit   jobs -> batcher, which ends them one after the other
 *     prediction_write    probabilities -> JSON
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

/* All zero before prediction_decode, except owner and on_done. */
struct prediction {
    const struct registry_entry *entry; /* the model; NULL until it is known */
    struct batcher *batcher;            /* of the model; NULL until it is known */
    size_t count;                       /* histories */
    bool is_many;                       /* the body has "histories" */
    struct history *histories;          /* [count] */
    struct job *jobs;                   /* [count] */
    uint64_t events;                    /* of all histories that were decoded */
    const char *id;                     /* "id" of a line as JSON text; NULL: none */

    size_t submitted;   /* jobs that were given to the batcher */
    size_t left;        /* jobs that have not ended */
    enum status status; /* of the first job that failed */
    void *owner;        /* for on_done */
    void (*on_done)(struct prediction *prediction); /* all jobs have ended; may be NULL */
};

/* Where the text comes from. */
enum prediction_source {
    PREDICTION_BODY, /* one history or "histories" */
    PREDICTION_LINE  /* one history */
};

/*
 * Decode the text and make the jobs.  STATUS_BUSY for a body whose batcher is not idle if too many
 * requests are waiting.  After a failure, entry, events and id are set as far as they were decoded.
 */
enum status prediction_decode(struct prediction *prediction,
                              const struct context *context,
                              enum prediction_source source, const char *bytes,
                              size_t length, struct arena *arena, struct error *err);

/* How many jobs of one prediction may be in the batcher at a time: a quarter of the rows. */
uint32_t prediction_share(const struct options *options);

/* Submit the first jobs, at most share; each job that ends submits another. */
void prediction_submit(struct prediction *prediction, uint32_t share);

/* Take back the jobs that have not ended; on_done is not called. */
void prediction_drop(struct prediction *prediction);

/* Append the answer and a line feed.  All jobs have ended with STATUS_OK. */
void prediction_write(const struct prediction *prediction, struct strbuf *text);

#endif

/*
 * libtriage: load a model, decode a history of events, classify it.
 *
 *   model       schema, network and weights, read from one file; immutable, shared by any number
 *               of threads
 *   history     the events of one incident, oldest first, encoded by the schema of a model
 *   classifier  the memory in which a model runs: made once per thread, then used for every
 *               batch of histories without allocating
 *
 * Most programs need these calls:
 *
 *     triage_init();
 *     model = triage_model_load("incident.safetensors", &err);
 *     classifier = triage_classifier_new(model, max_rows, max_steps, &err);
 *     triage_history_decode(&history, triage_model_schema(model), text, ...);
 *     triage_classifier_run(classifier, &history, 1, probabilities, &err);
 *     triage_answer_write(&out, model, "incident", &history, probabilities);
 *
 * A program that answers one history at a time needs one call instead of the last four:
 *
 *     text = triage_answer_json(model, "incident", json, strlen(json), &err);
 *
 * Rules that hold everywhere:
 *
 *   - A function that can fail returns enum status, or a pointer that is NULL on failure.  The last
 *     parameter, struct error *err, receives where and why; it may be NULL.
 *   - What *_load, *_read or *_new return is owned by the caller and released with *_free, which
 *     accepts NULL.  Every other pointer that is returned is borrowed.
 *   - A function that writes text appends it to a struct strbuf, whose has_failed is set if memory
 *     runs out; check it once, at the end.
 *   - The probabilities of a history depend on the model and this history alone: not on the
 *     other histories of a batch, the number of threads or the processor.
 *
 * The letters in shapes: K categorical fields and F floats of an event (engine/model/schema.h),
 * C actions, H hidden units, D directions.
 */
#ifndef TRIAGE_ENGINE_H
#define TRIAGE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct model;
struct schema;
struct classifier;
struct arena;  /* base/arena.h: memory that is released at once */
struct strbuf; /* base/strbuf.h: text that grows */
struct json_t; /* a value of jansson, the JSON library */

/*
 * Call it once, before any other function and before threads are started.  It gives jansson an
 * allocator that reports when memory runs out.
 */
void triage_init(void);

/* ---- models ------------------------------------------------------------------------------ */

/*
 * The version of the numeric definition (infer/kernels_ref.c) that this build implements; the key
 * "numerics" of a model file.  Version 1 is frozen: a model of numerics 1 gives the same bits
 * forever, on every machine.  A file with numerics 0 or without the key is older than the
 * definition.
 */
enum { NUMERICS = 1 };

/*
 * The numerics of a model that has several networks, its members.  Each is computed by numerics 1;
 * then the probabilities of the members are added in their order, in single precision, and each sum
 * is divided by the number of members.
 */
enum { NUMERICS_MEMBERS = 2, MEMBERS_MOST = 32 };

/*
 * The numerics of a model with an attention head (infer/attention.h), of one network or of several:
 * numerics 1 and 2, and the context that the output layer reads behind the final state.
 */
enum { NUMERICS_ATTENTION = 3 };

/* That of models of self-attention layers, with any head and of any number of networks. */
enum { NUMERICS_SELF_ATTENTION = 4 };

/* That of an encoder-decoder (TASK_CONTINUE), of any number of networks. */
enum { NUMERICS_CONTINUE = 5, NUMERICS_MOST = NUMERICS_CONTINUE };

/* What a model predicts. */
enum task {
    TASK_LAST,    /* the action that is right for the whole history */
    TASK_NEXT,    /* after each event: the next event, or that none follows */
    TASK_EVERY,   /* after each event: the action that is right at that point */
    TASK_CONTINUE /* all events that follow, and the end; an answer is the first of them */
};

/* "last", "next", "every", "continue", NULL: the names in the order of enum task. */
extern const char *const triage_task_names[];

/*
 * The task that has the same labels: a model that continues histories is trained on the next events,
 * and answers with the next one, as a model of TASK_NEXT.
 */
static inline enum task triage_task_labels(enum task task)
{
    return task == TASK_CONTINUE ? TASK_NEXT : task;
}

/*
 * Read a model file.  Every size, offset, name, shape and value is checked before it is used.  If
 * the file holds a golden history, its probabilities are computed again and must equal the stored
 * ones: bit for bit; within 1e-5 for numerics 0; within 1e-3 with kernels that are not exact.
 * STATUS_IO, STATUS_BAD_FORMAT, STATUS_NO_MEMORY.
 */
struct model *triage_model_load(const char *path, struct error *err);

/* The same from bytes in memory, which are copied.  name is used in errors instead of a path. */
struct model *triage_model_read(const char *name, const void *bytes, size_t length,
                                struct error *err);

/* Free the classifiers of the model first. */
void triage_model_free(struct model *model);

/* The pointers that these functions return are valid as long as the model. */
const struct schema *triage_model_schema(const struct model *model);
enum task triage_model_task(const struct model *model);

/* "sha256:3f9a...", the digest of the file. */
const char *triage_model_digest(const struct model *model);

/* The number of actions C, at least 2; and the name of action 0 .. C - 1. */
size_t triage_model_actions(const struct model *model);
const char *triage_model_action(const struct model *model, size_t action);

/* The number of networks whose probabilities are averaged, at least 1. */
uint32_t triage_model_members(const struct model *model);

/*
 * The number of floats in a final state of one network: D * H, and with an attention head the
 * context [H] behind them.
 */
size_t triage_model_state_size(const struct model *model);

/*
 * Append the description that the file holds, without its golden history:
 * {"numerics", "members", "schema", "network", "target", "actions", "temperature", "report"}.
 */
void triage_model_describe(const struct model *model, struct strbuf *out);

/*
 * The action "no event follows" of a model of the task next that also predicts the end; a model
 * trained without it has no such action.
 */
#define END_OF_HISTORY "end_of_history"

/* ---- histories --------------------------------------------------------------------------- */

/* A history lists at most this many unknown values and this many ignored fields. */
enum { HISTORY_NOTES = 100 };

/* A value of a categorical field that is not one of the known values of this field. */
struct unknown_value {
    const char *pointer; /* JSON Pointer from the history: "/events/3/service" */
    const char *value;   /* cut to 64 bytes at the end of a character */
    /* the known value that was probably meant, borrowed from the schema; NULL: there is none */
    const char *nearest;
};

/* A field that is not in the schema, or a member of the history or request that has no meaning. */
struct ignored_field {
    const char *name;
    uint32_t count; /* how often it occurs in the history */
    /* the known key that it is a slip of the keyboard for, borrowed from the schema; NULL: none */
    const char *nearest;
};

/* A time of a history, or the time between events, far outside of those of the training. */
struct unusual_time {
    const char *kind; /* "time", "gap" or "span" (of the whole history) */
    const char
        *pointer; /* JSON Pointer from the history, of the time that it ends with */
    const char *received; /* the time as it was read; or the seconds, as "315360000 s" */
    const char *
        trained; /* what the training had: "2026-01-05T04:08:44Z to ...", "up to 5400 s" */
};

/* All pointers, except each `nearest`, are borrowed from the arena that the history was decoded into. */
struct history {
    const uint32_t *ids; /* [length][K] value of each field; 0: unknown, 1: missing */
    const float *values; /* [length][F] scaled numbers and times; NULL if F is 0 */
    uint32_t length;     /* number of events, at least 1 */
    bool reordered;      /* sorting by time changed the order of the events */
    bool has_times;      /* the events have times */
    /* [length] for each event in the order of the input, its index here; NULL: not reordered */
    const uint32_t *positions;
    const char *id; /* "id" as JSON text, with the quotes of a string; NULL: none */

    const struct unknown_value *unknown; /* [min(unknown_count, HISTORY_NOTES)] */
    const struct ignored_field *ignored; /* [ignored_count], in the order of appearance */
    uint32_t unknown_count;              /* all of them, also those that are not listed */
    uint32_t unknown_names;              /* events whose name is unknown */
    uint32_t unnamed;                    /* events with null or "N/A" for a name */
    uint32_t ignored_count;              /* different fields, at most HISTORY_NOTES */
    uint32_t unusual_count;
    const struct unusual_time *unusual_times; /* [unusual_count] */
};

/*
 * Decode the text of one history, {"id", "events", "fields"}, into arrays in the arena, as data (see
 * decoder_options): "model" may name any model.  The error's place is a JSON Pointer.  STATUS_BAD_JSON, with line and column;
 * STATUS_BAD_INPUT; STATUS_TOO_LARGE for more than max_events; STATUS_NO_MEMORY.
 */
enum status triage_history_decode(struct history *history, const struct schema *schema,
                                  const char *bytes, size_t length, uint32_t max_events,
                                  struct arena *arena, struct error *err);

/* ---- optional members of an answer --------------------------------------------------------- */

/* The names of "include".  A set of them is a number with one bit for each: 1 << INCLUDE_... */
enum include { INCLUDE_SURPRISE, INCLUDE_ATTENTION, INCLUDES };

/* "surprise" and so on; valid forever. */
const char *triage_include_name(enum include include);

/*
 * Add the names of a list, "surprise,...", to a set; an empty list has none.  STATUS_BAD_INPUT at
 * `where` for a name that does not exist.
 */
enum status triage_includes_read(const char *list, const char *where, unsigned *includes,
                                 struct error *err);

/* STATUS_BAD_INPUT at `where` if the model does not have one of the includes. */
enum status triage_includes_check(const struct model *model, unsigned includes,
                                  const char *where, struct error *err);

/*
 * INCLUDE_SURPRISE: how probable a model of the task next held an event before it happened.  rank is
 * 1 + the number of actions that were more probable, or as probable and before it in the model's
 * order; C + 1, with probability 0, for an event that is none of the actions.  rank 0: nothing was
 * predicted, because the event is the first, or has no name.
 */
struct event_surprise {
    uint32_t event; /* its index as given; SURPRISE_END: no event followed */
    uint32_t rank;
    float probability;
};

#define SURPRISE_END UINT32_MAX

/*
 * The surprise -ln(probability), in nats, the same bits on every machine.  A probability below 2^-149,
 * the smallest float, counts as that: a surprise is at most 103.27893.
 */
float triage_surprise(float probability);

/*
 * INCLUDE_ATTENTION: the weight of the state after an event in the mean that the decision reads
 * (infer/attention.h); with several networks, the mean of their weights.  The weights of a history add
 * up to 1.
 */
struct event_weight {
    uint32_t event; /* its index as given */
    float weight;
};

/*
 * What a classifier notes while a history runs, for the optional members of its answer.  The arrays are
 * in the order in which the events are read; those that are not included are NULL.
 */
struct included {
    unsigned includes;                /* the set */
    struct event_surprise *surprises; /* [length + 1], the end last */
    struct event_weight *weights;     /* [length] */
    float *scores;                    /* [members][length] of the attention */
    enum status status;               /* STATUS_NOT_FINITE: a number was not finite */
};

/* Set the includes, and allocate the arrays for a history in the arena.  STATUS_NO_MEMORY. */
enum status triage_included_init(struct included *included, const struct model *model,
                                 const struct history *history, unsigned includes,
                                 struct arena *arena, struct error *err);

/* ---- what a forecast is asked for --------------------------------------------------------- */

/* Of a forecast that does not say. */
enum { FORECAST_STEPS = 100, FORECAST_BEAM = 5, FORECAST_SEED = 1 };

#define FORECAST_MAX_SEED 9007199254740991 /* 2^53 - 1: every JSON reader keeps it */

struct forecast_options {
    uint32_t steps;  /* most predictions, the end included; at least 1 */
    uint32_t beam;   /* continuations, at least 1 */
    bool is_mean;    /* the score is the mean */
    bool is_sampled; /* instead: draw `beam` continuations by the probabilities */
    uint64_t seed;   /* of the sampling */
};

/* How a request says it: its members "steps", "beam", "rank", "sample" and "seed". */
struct forecast_request {
    struct forecast_options options; /* at first: of a request that does not say */
    uint32_t max_steps, max_beam;    /* more are refused; of "beam" and "sample" */
};

/* ---- requests ---------------------------------------------------------------------------- */

struct decoder_options {
    uint32_t max_events;  /* of each history */
    size_t max_histories; /* in "histories"; 0: "histories" is refused */
    /*
     * The text is a line of data, in which any other program may have written any member, and not a
     * request.  Members that only requests have ("include", "histories", and a "model" that
     * find_schema does not know) are ignored like others, and none is refused as mistyped.  If it
     * cannot be read with both our keys and those of the training, ours are ignored.
     */
    bool is_data;
    /* Of a request for a forecast, whose members are read; else NULL, and they have no meaning. */
    const struct forecast_request *forecast;
    /*
     * Returns the schema of the model of that name, or of the default model if name is NULL; NULL if
     * there is none, with a failure in err, which may be NULL.  The result of the last call that
     * returned a schema is used.
     */
    const struct schema *(*find_schema)(void *context, const char *name, size_t length,
                                        struct error *err);
    void *context; /* passed to find_schema */
};

/* A decoded request; all pointers are borrowed from the arena. */
struct decoded {
    struct history *histories;        /* [count] */
    size_t count;                     /* at least 1 */
    uint64_t events;                  /* of all histories */
    bool is_many;                     /* the request has "histories", not "events" */
    unsigned includes;                /* the set of its "include" */
    struct forecast_options forecast; /* of a request for a forecast */
    /* "id" as JSON text, of a request without "histories"; known after most failures, too */
    const char *id;
    /* Of a request with "histories": its own members that are not used. */
    const struct ignored_field *ignored; /* [ignored_count] */
    uint32_t ignored_count;
};

/*
 * Decode the text of a request, {"model", "id", "events", "fields"} or {"model", "histories"}.
 * Members may have any order.  Statuses of triage_history_decode, and of find_schema.
 */
enum status triage_decode(struct decoded *decoded, const struct decoder_options *options,
                          const char *bytes, size_t length, struct arena *arena,
                          struct error *err);

/*
 * The same in steps.  Everything is borrowed until triage_decoder_free, which accepts NULL; nothing
 * else may be taken from the arena between the steps.
 *
 * step: read about `bytes` more of the text; a text of at most `bytes` needs one step.  *is_done: the
 *     result is complete, or the step has failed.
 * result: owned by the decoder, what it points to by the arena.
 */
struct decoder;

struct decoder *triage_decoder_new(const struct decoder_options *options,
                                   const char *bytes, size_t length, struct arena *arena,
                                   struct error *err);
enum status triage_decoder_step(struct decoder *decoder, size_t bytes, bool *is_done,
                                struct error *err);
const struct decoded *triage_decoder_result(const struct decoder *decoder);
void triage_decoder_free(struct decoder *decoder);

/* ---- classifiers ------------------------------------------------------------------------- */

/*
 * A classifier for at most max_rows histories at a time, each of at most max_steps events; both
 * at least 1.  The model must outlive it.  Only one thread may use it.  STATUS_NO_MEMORY.  An event
 * costs one step of each network of the model.
 */
struct classifier *triage_classifier_new(const struct model *model, uint32_t max_rows,
                                         uint32_t max_steps, struct error *err);

void triage_classifier_free(struct classifier *classifier);

/*
 * Classify any number of histories.  probabilities is [count][C]; row i belongs to histories[i]
 * and sums to 1.  The classifier must be empty.  STATUS_TOO_LARGE if a history is longer than
 * max_steps; STATUS_NOT_FINITE if the weights are so large that a probability is not finite.
 */
enum status triage_classifier_run(struct classifier *classifier,
                                  const struct history *histories, size_t count,
                                  float *probabilities, struct error *err);

/*
 * Classify a history after every event: probabilities is [length][C], and row t is, bit for bit,
 * the result of triage_classifier_run for the first t + 1 rows of ids and values.  The classifier
 * must be empty.  STATUS_BAD_INPUT for a model with two directions, which needs the whole history;
 * otherwise the statuses of triage_classifier_run.
 */
enum status triage_classifier_trace(struct classifier *classifier,
                                    const struct history *history, float *probabilities,
                                    struct error *err);

/*
 * The final state [D*H] of one history: the input of the head, which in an encoder-decoder is the
 * state of the decoder after its start.  The classifier must be empty.
 * STATUS_TOO_LARGE if the history is longer than max_steps; STATUS_BAD_INPUT for a model of several
 * networks, which has no single state.
 */
enum status triage_classifier_encode(struct classifier *classifier,
                                     const struct history *history, float *state,
                                     struct error *err);

/*
 * The probabilities [C] for a final state: triage_classifier_encode followed by this gives the
 * bits of triage_classifier_run.  STATUS_NOT_FINITE; STATUS_BAD_INPUT for a model of several networks.
 */
enum status triage_classifier_decide(const struct classifier *classifier,
                                     const float *state, float *probabilities,
                                     struct error *err);

/*
 * Histories that arrive one by one: a history is admitted to a free row at any time, every step
 * advances all rows, and rows end independently of one another.
 *
 * admit: start a history, which is borrowed until its row is finished or dropped.  owner
 *     identifies it to the caller.  STATUS_BUSY if no row is free; STATUS_TOO_LARGE.
 * watch: admit, and note what is included while the history runs: included is borrowed like the
 *     history, and complete when the row is finished.  STATUS_BAD_INPUT if the model does not have it.
 * step: advance every row by at most `steps` events.
 * finish: free one row that has ended, in the order in which rows ended.  Returns its owner, or
 *     NULL if none has ended; *status is STATUS_OK and probabilities [C] is filled, or it is
 *     STATUS_NOT_FINITE.
 * drop: free the row of an owner, ended or not.
 * rows: the number of rows in use, ended ones included; the classifier is empty if it is 0.
 */
enum status triage_classifier_admit(struct classifier *classifier,
                                    const struct history *history, void *owner,
                                    struct error *err);
enum status triage_classifier_watch(struct classifier *classifier,
                                    const struct history *history,
                                    struct included *included, void *owner,
                                    struct error *err);
void triage_classifier_step(struct classifier *classifier, uint32_t steps);
void *triage_classifier_finish(struct classifier *classifier, float *probabilities,
                               enum status *status);
void triage_classifier_drop(struct classifier *classifier, const void *owner);
size_t triage_classifier_rows(const struct classifier *classifier);

/* ---- forecasts --------------------------------------------------------------------------- */

/*
 * The most probable continuations of a history, by a model of the task next: it predicts an event,
 * reads it as if it had happened, and predicts the one after it.
 *
 * An event that was predicted has its name.  The model does not predict its other fields and its time:
 * a field that has one value in all events of the history keeps it, as the fields of the case do; the
 * others, and the time, are missing.
 *
 * Beam search keeps the `beam` best continuations after each prediction; those that have ended compete
 * with the others.  With beam 1 it takes the most probable event each time.  In a tie the continuation
 * that was before is before, then the action that is first in the model's order.  All arithmetic is
 * double precision in a stated order, so the bits are the same on every machine:
 *
 *     probability = ((p_1 * p_2) * p_3 ...)      p_i: what triage_classifier_run gives for the
 *     sum         = ((ln p_1 + ln p_2) ...)          action after the events so far
 *     score       = sum, or sum / n              n: its predictions, the end included
 *
 * sum is the order of the most probable continuations.  It prefers short ones; sum / n, the mean, does
 * not (length normalisation, Wu et al. 2016, section 7, with a length penalty of n).
 */

/* Borrowed from the forecaster until the next begin. */
struct continuation {
    const uint32_t *actions; /* [length] the events, as actions of the model */
    uint32_t length;
    bool has_ended;     /* the end was predicted after them */
    double probability; /* 0 if it is below the smallest double */
    double score;
};

/* STATUS_BAD_INPUT at `where` unless the task of the model is next. */
enum status triage_forecast_check_model(const struct model *model, const char *where,
                                        struct error *err);

/*
 * STATUS_BAD_INPUT at "/steps", "/beam" or, if it is the number of samples, "/sample", for 0 and for
 * more than the most.
 */
enum status triage_forecast_check(const struct forecast_options *options,
                                  uint32_t max_steps, uint32_t max_beam,
                                  struct error *err);

/*
 * The memory of forecasts, one at a time; only one thread may use it.  The model must outlive it.
 * The failures of triage_forecast_check_model; STATUS_NO_MEMORY.
 *
 * begin: a forecast of a history, which is borrowed until it is done.  A forecast that is not done is
 *     given up.  The failures of triage_forecast_check; STATUS_TOO_LARGE for more than max_events.
 * step: go on, for at most `events` events, each of which is read or predicted from.  *is_done: the
 *     result is complete, or the step has failed.  STATUS_NOT_FINITE.
 * result: [*count] continuations, at most beam, the best first; samples in the order of drawing.
 */
struct forecaster;

struct forecaster *triage_forecaster_new(const struct model *model, uint32_t max_events,
                                         uint32_t max_steps, uint32_t max_beam,
                                         struct error *err);
void triage_forecaster_free(struct forecaster *forecaster);
enum status triage_forecaster_begin(struct forecaster *forecaster,
                                    const struct history *history,
                                    const struct forecast_options *options,
                                    struct error *err);
enum status triage_forecaster_step(struct forecaster *forecaster, uint32_t events,
                                   bool *is_done, struct error *err);
const struct continuation *triage_forecaster_result(const struct forecaster *forecaster,
                                                    size_t *count);

/* ---- JSON output ------------------------------------------------------------------------- */

/*
 * Append the answer of POST /predict and of `triage predict`, the same bytes from both:
 * {"id", "action", "declined", "reason", "probabilities", "events", "reordered", "unknown",
 * "unknown_count", "ignored", "model": {"name", "digest"}}, and "missing", "clamped",
 * "outside_training", "unnamed" and "unusual_times" where there are any.  name is the name of the model.
 * "action" is the most probable action, the first one in a tie.  If the model knows the name of no
 * event, nor another field of an event without a name, it is null, "declined" is true and "reason"
 * says why.  A model with a decision policy (model/decision.h) may decline for other reasons; with
 * costs, "action" is the one of the least "expected_cost".
 */
void triage_answer_write(struct strbuf *out, const struct model *model, const char *name,
                         const struct history *history, const float *probabilities);

/* The answer to a forecast, and how far it is written.  All pointers are borrowed. */
struct forecast_answer {
    const struct model *model;
    const char *name; /* of the model */
    const struct history *history;
    const struct continuation *continuations; /* [count] the result of the forecaster */
    size_t count;                             /* at least 1 */
    size_t written;                           /* continuations; 0 at first */
};

/*
 * Append the answer of POST /forecast and of `triage forecast`, the same bytes from both:
 * {"id", "declined", "reason", "continuations": [{"events": ["paid", "shipped"], "ended": true,
 * "probability", "score"}], "events", ...}; from "events" on as in triage_answer_write.  It is declined
 * if the model knows the name of no event, as there; the continuations are written all the same.
 *
 * Written in parts, of at least one continuation each: from answer->written on, until about `bytes`
 * bytes are written.  true: the answer is complete.
 */
bool triage_forecast_write(struct strbuf *out, struct forecast_answer *answer,
                           size_t bytes);

/* The action of the answer of triage_answer_write, borrowed from the model; NULL: it is declined. */
const char *triage_answer_action(const struct model *model, const struct history *history,
                                 const float *probabilities);

/*
 * Add what is included to the answer that out ends with, in parts: entries from *next on, which is 0 at
 * first, until about `bytes` bytes are written.  true: the answer is complete again.
 *
 *     "surprise": [{"event": 0, "probability": null, "surprise": null, "rank": null},
 *                  {"event": 1, "probability": 0.5, "surprise": 0.6931472, "rank": 1},
 *                  {"event": null, ...}],
 *     "attention": [{"event": 0, "weight": 0.25}, {"event": 1, "weight": 0.75}]
 *
 * in the order in which the events are read; the last surprise is that of the end, if the model
 * predicts it.
 */
bool triage_included_write(struct strbuf *out, const struct model *model,
                           const struct history *history, const struct included *included,
                           uint32_t *next, size_t bytes);

/* The number of surprises: one for each event, and one for the end if the model predicts it. */
uint32_t triage_surprise_count(const struct model *model, const struct history *history);

/* Append the members of one entry, without its braces. */
void triage_surprise_write(struct strbuf *out, const struct event_surprise *surprise);

/* Append "ignored": {...}, a member of an answer. */
void triage_ignored_write(struct strbuf *out, const struct ignored_field *fields,
                          uint32_t count);

/*
 * Decode one JSON history of length bytes, classify it, and return that answer as text (free() it).
 * For programs that answer one history at a time: it makes a classifier for each call, and takes at
 * most 100,000 events.  NULL with STATUS_BAD_JSON, STATUS_NO_MEMORY, or a status of
 * triage_history_decode or triage_classifier_run.
 */
char *triage_answer_json(const struct model *model, const char *name, const char *json,
                         size_t length, struct error *err);

/*
 * Append the JSON Schema (2020-12) of a model: the root is what it takes, with its fields and known
 * values, "#/$defs/Prediction" the answer, with its actions.  The known values are examples, at most
 * 100 of a field: decoding takes others, and ignores unknown fields.
 */
void triage_json_schema_write(struct strbuf *out, const struct model *model,
                              const char *name);

/*
 * A kind of failure.  code names it in lower case with dashes and never changes, so that programs
 * can compare it; title is a short text for people, the same in every problem of the kind.
 */
struct problem {
    const char *code, *title;
    int status; /* of HTTP */
};

/* "type" is this followed by the code: a URI reference without a host. */
#define PROBLEM_TYPES "/problems/"

/*
 * Append err as a problem object (RFC 9457): {"type", "code", "title", "status", "detail",
 * "errors": [{"pointer", "detail", "expected", "received"}], "line", "column", "request_id"}.
 * problem NULL: code and title are those of err->status, and there is no "status".  request_id may
 * be NULL.  Members without a value are left out.
 */
void triage_problem_write(struct strbuf *out, const struct problem *problem,
                          const struct error *err, const char *request_id);

/* ---- kernels ----------------------------------------------------------------------------- */

/*
 * The kernels are the inner loops of a network, with one implementation per instruction set:
 * "avx512", "avx2", "neon" and "portable" are exact: all of them give the bits of the definition.
 * The fastest of these that the machine can run is chosen at the first use.
 *
 * triage_kernels_force chooses another one by name; STATUS_BAD_OPTION if this build or machine
 * does not have it.  Call it before a model is loaded: a model uses the kernels that were chosen
 * when it was loaded.
 *
 * "amx" must be forced.  It is meant for many histories and large models, and it is not exact:
 * answers that it computes contain its name.  "amx-portable" gives the bits of "amx" on any
 * machine, slowly.
 */
const char *triage_kernels_name(void);
bool triage_kernels_are_exact(void);
enum status triage_kernels_force(const char *name, struct error *err);

#endif

/*
 * The engine: event histories in, class probabilities out.
 *
 *   model       what was learnt: schema, architecture and weights.  Immutable once
 *               loaded, so any number of threads may share one.
 *   history     one sequence of events, encoded by that model's schema.
 *   classifier  the working memory for running a model: one per thread, made once,
 *               reused for every batch.  Running allocates nothing.
 *
 * A caller needs four calls:
 *
 *     triage_init();
 *     model = triage_model_load("incident.safetensors", &err);
 *     classifier = triage_classifier_new(model, max_rows, max_steps, &err);
 *     triage_classifier_run(classifier, histories, count, probabilities, &err);
 *
 * and history_decode to make a history from JSON, answer_write to say what came out.
 *
 * *_load and *_new return NULL on failure and every other call that can fail returns
 * enum status; err comes last, may be NULL, and says where and why.  Whoever calls
 * *_load or *_new calls *_free, which accepts NULL.
 */
#ifndef TRIAGE_ENGINE_H
#define TRIAGE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct model;
struct schema; /* the events and classes a model knows; part of the model */
struct classifier;
struct arena;  /* base/arena.h */
struct strbuf; /* base/text.h */
struct json_t; /* jansson's */

/*
 * The definition of an answer's bits that this build computes ("numerics" in the model file).
 * It is frozen: a file of this number gives the same bits for ever, on every machine.  A file of
 * 0, or of none, was made before, and its bits were compared within one build only.
 */
enum { NUMERICS = 1 };

/* What a model answers. */
enum task {
    TASK_LAST, /* the action that is right for the whole history */
    TASK_NEXT, /* the name of the event that comes next, or that none does */
    TASK_EVERY /* the action that is right after the events so far */
};

/* "last", "next", "every", ended by NULL; in the order of enum task. */
extern const char *const triage_task_names[];

/* How many unknown values and ignored fields an answer names; all are counted. */
enum { HISTORY_NOTES = 100 };

/* A value that its field's table lacks. */
struct unknown_value {
    const char
        *pointer;      /* "/events/3/service", in the order in which events were given */
    const char *value; /* at most 64 bytes, cut at a character's end */
};

/* A field that the schema lacks. */
struct ignored_field {
    const char *name;
    uint32_t count;
};

/* One history, oldest event first; its arrays live in the arena it was decoded into. */
struct history {
    const uint32_t *ids; /* [length][K] value of each field; 0 unknown, 1 missing */
    const float *values; /* [length][F] numbers that come with it; NULL when F is 0 */
    uint32_t length;     /* at least 1 */
    bool reordered;      /* the times moved an event */
    /* [length] the position in time order of each event as given; NULL: none moved. */
    const uint32_t *positions;
    const char *id; /* the "id" as JSON text (with its quotes); NULL if there is none */

    const struct unknown_value *unknown;   /* the first HISTORY_NOTES of them */
    const struct ignored_field *ignored;   /* likewise, in order of appearance */
    uint32_t unknown_count, ignored_count; /* all unknown values; ignored entries */
};

/*
 * Prepare the process: jansson is given an allocator that reports when memory runs out.  Call it
 * once, first, before threads are started.
 */
void triage_init(void);

/*
 * Read a model file, checking every size, offset, name, shape and value before using it,
 * and replay its golden history, if it has one, which must come out bit for bit (within 1e-5
 * where the file is older than the frozen definition, within 1e-3 by kernels that are not exact).
 * STATUS_IO, STATUS_BAD_FORMAT, STATUS_NO_MEMORY.
 */
struct model *triage_model_load(const char *path, struct error *err);

/* The same from memory; name is what messages call it. */
struct model *triage_model_read(const char *name, const void *bytes, size_t length,
                                struct error *err);

/* Every classifier of the model must have been freed before. */
void triage_model_free(struct model *model);

/* Borrowed, as everything below: they live as long as the model. */
const struct schema *triage_model_schema(const struct model *model);
const char *
triage_model_digest(const struct model *model);         /* "sha256:3f9a..." of the file */
size_t triage_model_actions(const struct model *model); /* C, at least 2 */
const char *triage_model_action(const struct model *model, size_t action);
enum task triage_model_task(const struct model *model);

/* Append {"schema": ..., "network": ..., ...}: what the file says of itself. */
void triage_model_describe(const struct model *model, struct strbuf *text);

/*
 * Turn a JSON history object (id, events, fields) into a history: values as rows, events in
 * the order of their times, what was unknown or ignored noted beside them.  where is the
 * JSON Pointer of that object, the beginning of every complaint about it ("" for the whole
 * document); pointers in history->unknown begin at the history itself.  Fails with
 * STATUS_BAD_INPUT, STATUS_TOO_LARGE past max_events, or STATUS_NO_MEMORY.  The trainer reads
 * its examples through this very call, so that what is served is what was learnt.
 */
enum status triage_history_decode(struct history *history, const struct schema *schema,
                                  const struct json_t *object, uint32_t max_events,
                                  const char *where, struct arena *arena,
                                  struct error *err);

/* What triage_fast_decode has to be told. */
struct fast_decoder_options {
    uint32_t max_events;
    size_t
        max_histories; /* 0: one history, and "histories" is not for triage_fast_decode */
    /*
     * The schema for a request that names this model, or none (NULL); NULL when it is not for
     * triage_fast_decode to answer.  The last call that is made is the one that holds.
     */
    const struct schema *(*find_schema)(void *context, const char *name, size_t length);
    void *context;
};

/* What a request held. */
struct fast_request {
    struct history *histories; /* [count], in the arena; at least one */
    size_t count;
    bool is_many; /* they stood in "histories" */
};

/*
 * json_read and history_decode in one for the text of a plain request: {"model", "id", "events",
 * "fields"} or {"model", "histories"}, other keys ignored.  True with what history_decode
 * makes of it, bit for bit, some ten times sooner.  False when the text is anything out of the ordinary,
 * wrong or only unusual (escapes in names, "time": 1e400, too many events): that is no verdict, nothing
 * has been taken from the arena, and json_read says what it is.
 */
bool triage_fast_decode(struct fast_request *quick,
                        const struct fast_decoder_options *rules, const char *bytes,
                        size_t length, struct arena *arena);

/* max_rows histories a batch, max_steps events a history; both at least 1. */
struct classifier *triage_classifier_new(const struct model *model, uint32_t max_rows,
                                         uint32_t max_steps, struct error *err);

void triage_classifier_free(struct classifier *classifier);

/*
 * Classify count histories.  probabilities is [count][C]; row i answers histories[i] and
 * sums to 1.  The bits of a row depend on its own history alone: not on the others, not on
 * the order, not on the machine.  The classifier must hold no other work.  STATUS_TOO_LARGE
 * when a history is longer than max_steps; STATUS_NOT_FINITE when a row's answer is not a
 * number (huge weights), never a row with a NaN.
 */
enum status triage_classifier_run(struct classifier *classifier,
                                  const struct history *histories, size_t count,
                                  float *probabilities, struct error *err);

/*
 * The answer after every event of one history: probabilities is [length][C], and row t has the
 * bits of the answer to the first t + 1 events (as decoded: their fields are as they stand).
 * The classifier must hold no other work.  STATUS_BAD_INPUT for a model with two directions,
 * which answers only at the end; otherwise as classifier_run.
 */
enum status triage_classifier_trace(struct classifier *classifier,
                                    const struct history *history, float *probabilities,
                                    struct error *err);

/*
 * classifier_run for histories that come and go: admit gives one a row, or STATUS_BUSY when all
 * are taken; step advances every row by at most that many events; finish hands back the owner
 * of one that has ended (NULL when none has), in the order in which they ended, with its
 * probabilities [C] and in *status STATUS_OK or STATUS_NOT_FINITE; drop forgets the row of an
 * owner who no longer wants it.  history is borrowed until its row is finished or dropped.
 */
enum status triage_classifier_admit(struct classifier *classifier,
                                    const struct history *history, void *owner,
                                    struct error *err);
void triage_classifier_step(struct classifier *classifier, uint32_t steps);
void *triage_classifier_finish(struct classifier *classifier, float *probabilities,
                               enum status *status);
void triage_classifier_drop(struct classifier *classifier, const void *owner);

/* Rows that hold a history, ended ones included. */
size_t triage_classifier_rows(const struct classifier *classifier);

/*
 * The final hidden state [D*H] of one history, as the head sees it: always that many numbers,
 * for 3 events or 300.  The classifier must hold no other work.
 */
enum status triage_classifier_encode(struct classifier *classifier,
                                     const struct history *history, float *state,
                                     struct error *err);
size_t triage_model_state_size(const struct model *model);

/*
 * The head alone: the probabilities [C] that a final state gives.  classifier_encode and then
 * this have the bits of classifier_run.  STATUS_NOT_FINITE as there.
 */
enum status triage_classifier_decide(const struct classifier *classifier,
                                     const float *state, float *probabilities,
                                     struct error *err);

/*
 * Append the answer object that POST /predict and `triage predict` give, the same bytes from
 * both: {"id", "action", "probabilities", "events", "reordered", "unknown", "unknown_count",
 * "ignored", "model": {"name", "digest"}}.  name is the model's; a tie goes to the first
 * action.  Look at text->has_failed afterwards.
 */
void triage_answer_write(struct strbuf *text, const struct model *model, const char *name,
                         const struct history *history, const float *probabilities);

/*
 * Append the JSON Schema of that object, and of the fields that an event, or "fields", may have:
 * other fields are allowed and ignored.
 */
void triage_json_schema_answer(const struct model *model, const char *name,
                               struct strbuf *text);
void triage_json_schema_fields(const struct model *model, struct strbuf *text);

/*
 * Append the problem object of RFC 9457: {"type", "title", "status", "detail",
 * "errors": [{"pointer", "detail", "expected", "received"}], "line", "column", "request_id"};
 * code is the HTTP status, title its short text; request_id may be NULL; members that say
 * nothing are left out.
 */
void triage_problem_write(struct strbuf *text, int code, const char *title,
                          const struct error *err, const char *request_id);

/*
 * Which implementation of the kernels runs, chosen once: the fastest that this machine can run
 * ("avx512", "avx2", "neon", else "portable"), or the one forced by kernels_force, which fails
 * with STATUS_BAD_OPTION when this build or machine lacks it.  All of these give the same bits.
 * A model is run by the kernels in use when it was loaded, so force one before.
 *
 * "amx", never chosen but by force, is faster with many histories and big models; its bits are
 * others, its answers carry its name, and golden histories need come out to 1e-3 only.
 * "amx-portable" gives the bits of "amx" on any machine, slowly.  kernels_are_exact is false while
 * one of the two is in use.
 */
const char *triage_kernels_name(void);
bool triage_kernels_are_exact(void);
enum status triage_kernels_force(const char *name, struct error *err);

#endif

/* See floors.h. */
#include "eval/baselines.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/size.h"
#include "base/utf8.h"
#include "eval/contexts.h"
#include "eval/logistic.h"

enum { FOLDS = 5 };
static const uint64_t stream = UINT64_C(0xf01d000000000000);

static const char *const names[FLOORS] = {
    "majority",      "last event",    "last 2 events",      "last 3 events",
    "last 4 events", "last 5 events", "logistic regression"};

/* One learning and answering: all of it, or a fold. */
struct session {
    const struct floors *floors;
    struct ledger *ledger;
    struct baseline_metrics *found;
    const struct example **learn; /* [count] */
    size_t count;
    const unsigned char *folds; /* of judged histories; NULL: all are answered */
    unsigned fold;
    double *p; /* [CONTEXTS][C] */
};

static bool is_answered(const struct session *s, size_t history)
{
    return s->folds == NULL || s->folds[history] == s->fold;
}

static enum status learn_contexts(const struct session *s, struct contexts *contexts,
                                  struct error *err)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < s->count && status == STATUS_OK; i++)
        for (uint32_t t = 0; t < s->learn[i]->history.length && status == STATUS_OK;
             t++) {
            uint32_t action = example_action(s->learn[i], t);
            if (action < s->floors->C)
                status = contexts_learn(contexts, s->floors->events,
                                        &s->learn[i]->history, t, action, err);
        }
    return status;
}

static unsigned column_of(size_t floor)
{
    return COLUMN_FLOORS + 2 * (unsigned)floor;
}

static enum status run_contexts(const struct session *s, struct error *err)
{
    const struct floors *f = s->floors;
    struct contexts *contexts = contexts_new(f->C, err);
    enum status status;

    if (contexts == NULL)
        return STATUS_NO_MEMORY;
    status = learn_contexts(s, contexts, err);
    for (size_t i = 0; i < f->decisions->count && status == STATUS_OK; i++) {
        const struct decision *d = &f->decisions->list[i];
        if (!is_answered(s, d->history))
            continue;
        contexts_answer(contexts, f->events, &f->evidence->judged[d->history].history,
                        d->place, s->p);
        for (size_t k = 0; k < CONTEXTS; k++)
            ledger_note_all(s->ledger, d, column_of(k), s->p + k * f->C, f->C);
    }
    contexts_free(contexts);
    return status;
}

/* Walk along a history, answering at its places. */
static void walk_history(const struct session *s, const struct logistic *logistic,
                         size_t h, struct logistic_walk *walk)
{
    const struct floors *f = s->floors;
    const struct history *history = &f->evidence->judged[h].history;
    size_t i = f->decisions->starts[h], end = f->decisions->starts[h + 1];

    logistic_begin(logistic, walk);
    for (uint32_t t = 0; t < history->length && i < end; t++) {
        logistic_step(logistic, walk, event_at(f->events, history, t));
        if (f->decisions->list[i].place != t)
            continue;
        logistic_answer(logistic, walk, s->p);
        ledger_note_all(s->ledger, &f->decisions->list[i++], column_of(FLOOR_LOGISTIC),
                        s->p, f->C);
    }
}

static enum status run_logistic(const struct session *s, struct error *err)
{
    const struct floors *f = s->floors;
    struct baseline_metrics *found = &s->found[FLOOR_LOGISTIC];
    struct logistic_walk walk = {.scores = calloc(f->C, sizeof *walk.scores)};
    struct error inner = {.status = STATUS_OK};
    struct logistic *logistic = NULL;

    if (walk.scores == NULL)
        return error_no_memory(err);
    if (found->is_there)
        logistic = logistic_learn(s->learn, s->count, f->events, f->C,
                                  LOGISTIC_WORK / (s->folds == NULL ? 1 : FOLDS), f->crew,
                                  &inner);
    if (inner.status == STATUS_TOO_LARGE) {
        found->is_there = false;
        utf8_copy(found->reason, sizeof found->reason, inner.text);
    }
    if (logistic != NULL && !logistic->has_converged)
        (void)snprintf(found->reason, sizeof found->reason,
                       "stopped short of the optimum after %u iterations",
                       (unsigned)logistic->iterations);
    for (size_t h = 0; logistic != NULL && h < f->decisions->histories; h++)
        if (is_answered(s, h))
            walk_history(s, logistic, h, &walk);
    logistic_free(logistic);
    free(walk.scores);
    return inner.status == STATUS_NO_MEMORY ? error_no_memory(err) : STATUS_OK;
}

static enum status run_session(const struct session *s, struct error *err)
{
    enum status status = run_contexts(s, err);

    return status == STATUS_OK ? run_logistic(s, err) : status;
}

/* Deal the judged histories into folds, at random but of equal size. */
static enum status deal(const struct floors *f, unsigned char *folds, struct error *err)
{
    size_t count = f->evidence->judged_count;
    size_t *order = calloc(count + 1, sizeof *order);
    struct random random;

    if (order == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    random_init(&random, f->seed, stream);
    random_shuffle(&random, order, count);
    for (size_t i = 0; i < count; i++)
        folds[order[i]] = (unsigned char)(i % FOLDS);
    free(order);
    return STATUS_OK;
}

static enum status cross_fit(struct session *s, struct error *err)
{
    const struct evaluation_data *evidence = s->floors->evidence;
    unsigned char *folds = calloc(evidence->judged_count + 1, 1);
    enum status status =
        folds == NULL ? error_no_memory(err) : deal(s->floors, folds, err);

    s->folds = folds;
    for (s->fold = 0; s->fold < FOLDS && status == STATUS_OK; s->fold++) {
        s->count = 0;
        for (size_t h = 0; h < evidence->judged_count; h++)
            if (folds[h] != s->fold)
                s->learn[s->count++] = &evidence->judged[h];
        status = run_session(s, err);
    }
    free(folds);
    return status;
}

enum status floors_run(const struct floors *floors, struct ledger *ledger,
                       struct baseline_metrics *found, struct error *err)
{
    const struct evaluation_data *evidence = floors->evidence;
    bool is_split = evidence->learn_count > 0;
    size_t room = is_split ? evidence->learn_count : evidence->judged_count, doubles;
    struct session s = {.floors = floors, .ledger = ledger, .found = found};
    enum status status;

    for (size_t i = 0; i < FLOORS; i++)
        found[i] = (struct baseline_metrics){.name = names[i], .is_there = true};
    s.learn = calloc(room + 1, sizeof *s.learn);
    if (size_multiply(floors->C, CONTEXTS, &doubles))
        s.p = calloc(doubles, sizeof *s.p);
    if (s.learn == NULL || s.p == NULL) {
        status = error_no_memory(err);
    } else if (is_split) {
        for (s.count = 0; s.count < room; s.count++)
            s.learn[s.count] = &evidence->learn[s.count];
        status = run_session(&s, err);
    } else {
        status = cross_fit(&s, err);
    }
    free(s.learn);
    free(s.p);
    return status;
}

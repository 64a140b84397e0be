/*
 * Forecasts: beam search and sampling over the predictions of a model of the task next.
 *
 * Each continuation that goes on has a row of the classifier.  A round predicts from every row, keeps
 * the best continuations, forks a row for each of them, which reads one event, and frees the old rows.
 * Twice `beam` rows are enough.  A round may be interrupted after each prediction and after each event.
 *
 * The events of all continuations are a tree: a node is one prediction and the node before it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/elementary.h"
#include "base/error.h"
#include "base/random.h"
#include "base/size.h"
#include "infer/classifier.h"
#include "infer/model.h"
#include "trainer.h"

#define NO_NODE UINT32_MAX

struct node {
    uint32_t before, action;
};

/* A continuation during the search; its address is the owner of its row. */
struct branch {
    struct history event; /* the last event, in 3 equal rows */
    uint32_t *ids;        /* [3][K] of it */
    struct random random; /* of a sample */
    uint32_t node;        /* its last prediction, or NO_NODE */
    uint32_t predictions;
    bool has_ended;
    double probability, sum, score;
};

/* A branch that has ended, or one more prediction of a branch. */
struct candidate {
    uint32_t parent, action; /* action: ACTION_NONE for one that has ended */
    double probability, sum, score;
};

/* What the next step does. */
enum stage {
    STAGE_READ,    /* reads events of the history */
    STAGE_PREDICT, /* predicts from branches */
    STAGE_FOLLOW,  /* makes branches of the candidates */
    STAGE_DONE
};

struct forecaster {
    const struct model *model;
    struct classifier *classifier;
    struct arena arena;
    uint32_t max_events, max_steps, max_beam;
    size_t K, F, C;
    uint32_t *event_ids;                /* [C] the id of the event that an action is */
    float *probabilities;               /* [C] */
    uint32_t *ids;                      /* [K] of a predicted event, without its name */
    float *values;                      /* [3][F] of a predicted event, in 3 equal rows */
    struct node *nodes;                 /* [max_steps * max_beam] */
    struct candidate *candidates;       /* [max_beam] the best, in their order */
    struct branch *branches, *next;     /* [max_beam] */
    struct continuation *continuations; /* [max_beam] */
    uint32_t *actions;                  /* [max_beam][max_steps] of the continuations */
    struct forecast_options options;
    uint32_t node_count, branch_count, candidate_count, round;
    enum stage stage;
    uint32_t at;     /* the event, branch or candidate that the stage takes next */
    uint32_t length; /* of the history */
};

/* ---- memory ------------------------------------------------------------------------------------ */

static bool allocate(struct forecaster *forecaster)
{
    struct arena *arena = &forecaster->arena;
    const size_t K = forecaster->K, F = forecaster->F, C = forecaster->C;
    const size_t beam = forecaster->max_beam, steps = forecaster->max_steps;
    size_t nodes, node_bytes, action_bytes;

    if (!size_multiply(beam, steps, &nodes) || nodes >= NO_NODE ||
        beam > UINT32_MAX / 2 ||
        !size_multiply(nodes, sizeof *forecaster->nodes, &node_bytes) ||
        !size_multiply(nodes, sizeof *forecaster->actions, &action_bytes))
        return false;
    forecaster->event_ids = arena_array(arena, C, sizeof *forecaster->event_ids);
    forecaster->probabilities = arena_array(arena, C, sizeof *forecaster->probabilities);
    forecaster->ids = arena_array(arena, K, sizeof *forecaster->ids);
    forecaster->values = arena_array(arena, 3 * F + 1, sizeof *forecaster->values);
    /* not cleared: most forecasts need a few pages of them */
    forecaster->nodes = arena_alloc(arena, node_bytes);
    forecaster->actions = arena_alloc(arena, action_bytes);
    forecaster->candidates = arena_array(arena, beam, sizeof *forecaster->candidates);
    forecaster->branches = arena_array(arena, 2 * beam, sizeof *forecaster->branches);
    forecaster->continuations =
        arena_array(arena, beam, sizeof *forecaster->continuations);
    uint32_t *ids = arena_array(arena, 2 * beam, 3 * K * sizeof *ids);
    if (!forecaster->event_ids || !forecaster->probabilities || !forecaster->ids ||
        !forecaster->values || !forecaster->nodes || !forecaster->candidates ||
        !forecaster->branches || !forecaster->continuations || !forecaster->actions ||
        !ids)
        return false;
    forecaster->next = forecaster->branches + beam;
    for (size_t i = 0; i < 2 * beam; i++)
        forecaster->branches[i].ids = ids + i * 3 * K;
    return true;
}

/* An action that is none of the events is read as an unknown name. */
static void map_actions(struct forecaster *forecaster)
{
    const struct model *model = forecaster->model;
    const uint32_t rows = schema_rows(model->trained->schema, model->event_column);
    for (size_t c = 0; c < forecaster->C; c++)
        forecaster->event_ids[c] = SCHEMA_UNKNOWN;
    for (uint32_t id = SCHEMA_FIRST; id < rows; id++)
        if (model->event_actions[id] < forecaster->C)
            forecaster->event_ids[model->event_actions[id]] = id;
}

enum status triage_forecast_check_model(const struct model *model, const char *where,
                                        struct error *err)
{
    const char *task = triage_task_names[model->trained->task];
    if (model->event_actions)
        return STATUS_OK;
    return error_mismatch(err, STATUS_BAD_INPUT, where,
                          "a model with the target \"next\" or \"continue\"", task,
                          "the target of the model is \"%s\"; a forecast needs a model "
                          "that predicts events",
                          task);
}

struct forecaster *triage_forecaster_new(const struct model *model, uint32_t max_events,
                                         uint32_t max_steps, uint32_t max_beam,
                                         struct error *err)
{
    if (triage_forecast_check_model(model, "", err) != STATUS_OK)
        return NULL;
    struct forecaster *forecaster = calloc(1, sizeof *forecaster);
    if (!forecaster) {
        error_no_memory(err);
        return NULL;
    }
    *forecaster = (struct forecaster){.model = model,
                                      .max_events = max_events,
                                      .max_steps = max_steps,
                                      .max_beam = max_beam,
                                      .K = model->trained->schema->categories,
                                      .F = schema_inputs(model->trained->schema),
                                      .C = model->trained->action_count,
                                      .stage = STAGE_DONE};
    arena_init(&forecaster->arena, SIZE_MAX);
    if (allocate(forecaster)) {
        map_actions(forecaster);
        /* Rows go on past their history: self-attention keeps that many events more. */
        forecaster->classifier = classifier_new_branching(
            model, 2 * max_beam,
            max_steps < UINT32_MAX - max_events ? max_events + max_steps : UINT32_MAX,
            err);
        if (forecaster->classifier)
            return forecaster;
    } else {
        error_no_memory(err);
    }
    triage_forecaster_free(forecaster);
    return NULL;
}

void triage_forecaster_free(struct forecaster *forecaster)
{
    if (!forecaster)
        return;
    triage_classifier_free(forecaster->classifier);
    arena_release(&forecaster->arena);
    free(forecaster);
}

/* ---- what a predicted event has beside its name ------------------------------------------------ */

static bool is_constant_id(const struct history *history, size_t K, size_t k)
{
    for (size_t t = 1; t < history->length; t++)
        if (history->ids[t * K + k] != history->ids[k])
            return false;
    return true;
}

/* The number and its flag are equal in all events. */
static bool is_constant_number(const struct history *history, size_t F, size_t f)
{
    const float *first = history->values + f;
    for (size_t t = 1; t < history->length; t++)
        if (float_bits(first[t * F]) != float_bits(first[0]) ||
            float_bits(first[t * F + 1]) != float_bits(first[1]))
            return false;
    return true;
}

static void encode_event(struct forecaster *forecaster, const struct history *history)
{
    const struct schema *schema = forecaster->model->trained->schema;
    const size_t K = forecaster->K, F = forecaster->F;
    float *values = forecaster->values;

    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const size_t at = field->index;
        if (field->kind == FIELD_CATEGORY) {
            forecaster->ids[at] =
                is_constant_id(history, K, at) ? history->ids[at] : SCHEMA_MISSING;
            continue;
        }
        schema_encode_missing(field, values + 2 * at);
        if (is_constant_number(history, F, 2 * at))
            memcpy(values + 2 * at, history->values + 2 * at, 2 * sizeof *values);
    }
    if (F == 0)
        return;
    schema_encode_times(schema, NULL, 1, values + 2 * schema->numbers, (uint32_t)F);
    memcpy(values + F, values, F * sizeof *values);
    memcpy(values + 2 * F, values, F * sizeof *values);
}

/* ---- a round ----------------------------------------------------------------------------------- */

/* ln p; a probability below 2^-149, the smallest float, counts as that. */
static double log_of(float p)
{
    return log_d(p < 0x1p-149f ? 0x1p-149 : (double)p, 0.0);
}

static struct candidate predict(const struct forecaster *forecaster, uint32_t parent,
                                uint32_t action)
{
    const struct branch *branch = &forecaster->branches[parent];
    const float p = forecaster->probabilities[action];
    struct candidate candidate = {.parent = parent,
                                  .action = action,
                                  .probability = branch->probability * (double)p,
                                  .sum = branch->sum + log_of(p)};
    candidate.score = forecaster->options.is_mean
                          ? candidate.sum / (double)(branch->predictions + 1)
                          : candidate.sum;
    return candidate;
}

/* Keep the best candidates, in order; the new one is behind those with the same score. */
static void keep_best(struct forecaster *forecaster, const struct candidate *candidate)
{
    struct candidate *all = forecaster->candidates;
    uint32_t at = forecaster->candidate_count;
    if (at == forecaster->options.beam && !(candidate->score > all[at - 1].score))
        return;
    if (at < forecaster->options.beam)
        forecaster->candidate_count++;
    else
        at--;
    for (; at > 0 && candidate->score > all[at - 1].score; at--)
        all[at] = all[at - 1];
    all[at] = *candidate;
}

/* Draw an action: the first whose cumulative probability is above a uniform number. */
static uint32_t draw(struct random *random, const float *probabilities, size_t C)
{
    double u = random_unit(random), sum = 0.0;
    uint32_t last = 0;
    for (uint32_t c = 0; c < C; c++) {
        sum += (double)probabilities[c];
        if (probabilities[c] > 0.0f)
            last = c;
        if (u < sum)
            return c;
    }
    return last; /* the sum was rounded to less than 1 */
}

/* The next prediction of a branch, or all of them that may be among the best. */
static enum status expand(struct forecaster *forecaster, uint32_t i, struct error *err)
{
    struct branch *branch = &forecaster->branches[i];
    const bool is_sampled = forecaster->options.is_sampled;

    if (branch->has_ended) {
        const struct candidate ended = {.parent = i,
                                        .action = ACTION_NONE,
                                        .probability = branch->probability,
                                        .sum = branch->sum,
                                        .score = branch->score};
        if (is_sampled)
            forecaster->candidates[forecaster->candidate_count++] = ended;
        else
            keep_best(forecaster, &ended);
        return STATUS_OK;
    }
    /* At first all samples have the row of the first one. */
    const struct branch *owner = forecaster->round == 0 ? forecaster->branches : branch;
    RETURN_IF_ERROR(
        classifier_answer(forecaster->classifier, owner, forecaster->probabilities, err));
    if (is_sampled) {
        uint32_t action = draw(&branch->random, forecaster->probabilities, forecaster->C);
        forecaster->candidates[forecaster->candidate_count++] =
            predict(forecaster, i, action);
        return STATUS_OK;
    }
    for (uint32_t c = 0; c < forecaster->C; c++) {
        const struct candidate candidate = predict(forecaster, i, c);
        keep_best(forecaster, &candidate);
    }
    return STATUS_OK;
}

/* Branch i of the next round, and, if it goes on, its row. */
static void follow(struct forecaster *forecaster, uint32_t i, bool is_last)
{
    const struct candidate *candidate = &forecaster->candidates[i];
    const struct branch *parent = &forecaster->branches[candidate->parent];
    struct branch *branch = &forecaster->next[i];
    const size_t K = forecaster->K;
    uint32_t *ids = branch->ids;

    *branch = *parent;
    branch->ids = ids;
    if (parent->has_ended)
        return;
    branch->node = forecaster->node_count++;
    forecaster->nodes[branch->node] =
        (struct node){.before = parent->node, .action = candidate->action};
    branch->predictions++;
    branch->probability = candidate->probability;
    branch->sum = candidate->sum;
    branch->score = candidate->score;
    branch->has_ended = candidate->action == forecaster->model->end_action;
    if (branch->has_ended || is_last)
        return;
    for (size_t j = 0; j < 3; j++) {
        memcpy(ids + j * K, forecaster->ids, K * sizeof *ids);
        ids[j * K + forecaster->model->event_column] =
            forecaster->event_ids[candidate->action];
    }
    branch->event = (struct history){
        .ids = ids, .values = forecaster->F > 0 ? forecaster->values : NULL};
    classifier_fork(forecaster->classifier,
                    forecaster->round == 0 ? forecaster->branches : parent,
                    &branch->event, branch);
}

static void drop_rows(struct forecaster *forecaster, struct branch *branches,
                      uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        triage_classifier_drop(forecaster->classifier, &branches[i]);
}

static void begin_round(struct forecaster *forecaster)
{
    forecaster->candidate_count = 0;
    forecaster->at = 0;
    forecaster->stage = STAGE_PREDICT;
}

/* All candidates are branches.  Without a row no branch goes on. */
static void end_round(struct forecaster *forecaster)
{
    struct branch *old = forecaster->branches;
    drop_rows(forecaster, old, forecaster->branch_count);
    forecaster->branches = forecaster->next;
    forecaster->next = old;
    forecaster->branch_count = forecaster->candidate_count;
    forecaster->round++;
    begin_round(forecaster);
    if (triage_classifier_rows(forecaster->classifier) == 0)
        forecaster->stage = STAGE_DONE;
}

/* Read up to that many events of the history.  Returns how many. */
static uint32_t read_history(struct forecaster *forecaster, uint32_t events)
{
    const uint32_t left = forecaster->length - forecaster->at;
    const uint32_t read = left < events ? left : events;
    triage_classifier_step(forecaster->classifier, read);
    forecaster->at += read;
    if (forecaster->at == forecaster->length)
        begin_round(forecaster);
    return read;
}

/* Predict from one branch. */
static enum status predict_next(struct forecaster *forecaster, struct error *err)
{
    RETURN_IF_ERROR(expand(forecaster, forecaster->at, err));
    if (++forecaster->at < forecaster->branch_count)
        return STATUS_OK;
    forecaster->at = 0;
    forecaster->stage = STAGE_FOLLOW;
    return STATUS_OK;
}

/*
 * Follow some candidates, as many as fit that many events, and at least one.  Each reads an event, and
 * copies what its row remembers.  Returns the events that this counts for, at most those given.
 */
static uint32_t follow_some(struct forecaster *forecaster, uint32_t events)
{
    const bool is_last = forecaster->round + 1 == forecaster->options.steps;
    const uint32_t cost = classifier_fork_events(forecaster->classifier);
    const uint32_t fitting = events / cost > 0 ? events / cost : 1;
    const uint32_t first = forecaster->at, left = forecaster->candidate_count - first;
    forecaster->at += left < fitting ? left : fitting;
    for (uint32_t i = first; i < forecaster->at; i++)
        follow(forecaster, i, is_last);
    triage_classifier_step(forecaster->classifier, 1);
    const uint64_t counted = (uint64_t)(forecaster->at - first) * cost;
    if (forecaster->at == forecaster->candidate_count)
        end_round(forecaster);
    return counted < events ? (uint32_t)counted : events;
}

/* ---- a forecast -------------------------------------------------------------------------------- */

static enum status check_limit(const char *where, uint32_t value, uint32_t most,
                               struct error *err)
{
    char expected[32], received[16];
    if (value >= 1 && value <= most)
        return STATUS_OK;
    snprintf(expected, sizeof expected, "1 to %u", (unsigned)most);
    snprintf(received, sizeof received, "%u", (unsigned)value);
    return error_mismatch(err, STATUS_BAD_INPUT, where, expected, received,
                          "%s is not from 1 to %u", received, (unsigned)most);
}

enum status triage_forecast_check(const struct forecast_options *options,
                                  uint32_t max_steps, uint32_t max_beam,
                                  struct error *err)
{
    RETURN_IF_ERROR(check_limit("/steps", options->steps, max_steps, err));
    return check_limit(options->is_sampled ? "/sample" : "/beam", options->beam, max_beam,
                       err);
}

/* Free all rows. */
static void give_up(struct forecaster *forecaster)
{
    drop_rows(forecaster, forecaster->branches, forecaster->branch_count);
    if (forecaster->stage == STAGE_FOLLOW)
        drop_rows(forecaster, forecaster->next, forecaster->at);
    forecaster->branch_count = 0;
    forecaster->stage = STAGE_DONE;
}

enum status triage_forecaster_begin(struct forecaster *forecaster,
                                    const struct history *history,
                                    const struct forecast_options *options,
                                    struct error *err)
{
    RETURN_IF_ERROR(
        triage_forecast_check(options, forecaster->max_steps, forecaster->max_beam, err));
    if (history->length > forecaster->max_events)
        return error_set(err, STATUS_TOO_LARGE, "/events",
                         "the history has %u events, this forecaster takes %u",
                         (unsigned)history->length, (unsigned)forecaster->max_events);
    give_up(forecaster);
    RETURN_IF_ERROR(triage_classifier_admit(forecaster->classifier, history,
                                            forecaster->branches, err));
    forecaster->options = *options;
    forecaster->node_count = 0;
    forecaster->round = 0;
    forecaster->stage = STAGE_READ;
    forecaster->at = 0;
    forecaster->length = history->length;
    forecaster->branch_count = options->is_sampled ? options->beam : 1;
    for (uint32_t i = 0; i < forecaster->branch_count; i++) {
        struct branch *branch = &forecaster->branches[i];
        *branch =
            (struct branch){.ids = branch->ids, .node = NO_NODE, .probability = 1.0};
        random_init(&branch->random, options->seed, i);
    }
    encode_event(forecaster, history);
    return STATUS_OK;
}

/* The path of a branch from its last node to the first. */
static void write_result(struct forecaster *forecaster)
{
    for (uint32_t i = 0; i < forecaster->branch_count; i++) {
        const struct branch *branch = &forecaster->branches[i];
        uint32_t *actions = forecaster->actions + (size_t)i * forecaster->max_steps;
        uint32_t at = branch->predictions;
        for (uint32_t n = branch->node; n != NO_NODE; n = forecaster->nodes[n].before)
            actions[--at] = forecaster->nodes[n].action;
        forecaster->continuations[i] =
            (struct continuation){.actions = actions,
                                  .length = branch->predictions - branch->has_ended,
                                  .has_ended = branch->has_ended,
                                  .probability = branch->probability,
                                  .score = branch->score};
    }
}

enum status triage_forecaster_step(struct forecaster *forecaster, uint32_t events,
                                   bool *is_done, struct error *err)
{
    enum status status = STATUS_OK;
    *is_done = forecaster->stage == STAGE_DONE;
    while (events > 0 && !*is_done) {
        if (forecaster->stage == STAGE_READ) {
            events -= read_history(forecaster, events);
        } else if (forecaster->stage == STAGE_PREDICT) {
            status = predict_next(forecaster, err);
            events--;
        } else {
            events -= follow_some(forecaster, events);
        }
        if (status != STATUS_OK)
            give_up(forecaster);
        *is_done = forecaster->stage == STAGE_DONE;
        if (*is_done)
            write_result(forecaster);
    }
    return status;
}

const struct continuation *triage_forecaster_result(const struct forecaster *forecaster,
                                                    size_t *count)
{
    *count = forecaster->stage == STAGE_DONE ? forecaster->branch_count : 0;
    return forecaster->continuations;
}

/*
 * The classifier of engine.h: for each network of the model an active batch, and the head, which turns
 * final states into probabilities.
 *
 * The active batches of all networks have the same histories in the same rows, and advance by the same
 * steps: a history ends in all of them at once, in the same order.
 *
 * An encoder-decoder has an active batch of the encoder and one of the decoder.  A row of the decoder
 * begins with the states of a row of the encoder, and reads the start.  An answer is what the decoder
 * says then: its row is there for this one step only.  If the classifier is for rows that branch, the
 * rows of the decoder stay, and go on from there.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "infer/active_batch.h"
#include "infer/classifier.h"
#include "infer/model.h"
#include "trainer.h"

struct classifier {
    const struct model *model;
    uint32_t members; /* networks of the model */
    size_t C;
    size_t watched;       /* rows whose surprises are noted */
    float *scratch;       /* owned: [C] the probabilities of a watched row */
    float *added;         /* [C] those of the member that is added to the sum */
    bool is_branching;    /* made by classifier_new_branching */
    uint32_t *start_ids;  /* owned: [3][K] events that are the start of a decoder */
    struct history start; /* of the row that was handed over to the decoders */
    struct active_batch *decoders; /* [members] behind batches; NULL: there are none */
    struct active_batch batches[]; /* [members] */
};

enum { FORK_EVENTS = 3 }; /* equal events that a fork may read */

/* An encoder-decoder: all ids of the start, of which the decoder reads one. */
static enum status add_decoders(struct classifier *classifier, struct error *err)
{
    const struct trained_model *trained = classifier->model->trained;
    const size_t count = FORK_EVENTS * (size_t)trained->schema->categories;
    classifier->decoders = classifier->batches + trained->members;
    classifier->start_ids = calloc(count, sizeof *classifier->start_ids);
    if (!classifier->start_ids)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        classifier->start_ids[i] = DECODER_START;
    return STATUS_OK;
}

struct classifier *triage_classifier_new(const struct model *model, uint32_t max_rows,
                                         uint32_t max_steps, struct error *err)
{
    uint32_t members = model->trained->members;
    size_t batches = model->decoders ? 2 * (size_t)members : members;
    struct classifier *classifier =
        calloc(1, sizeof *classifier + batches * sizeof *classifier->batches);
    if (!classifier) {
        error_no_memory(err);
        return NULL;
    }
    classifier->C = model->trained->action_count;
    classifier->model = model;
    classifier->scratch = calloc(classifier->C, 2 * sizeof *classifier->scratch);
    enum status status = classifier->scratch ? STATUS_OK : error_no_memory(err);
    classifier->added = status == STATUS_OK ? classifier->scratch + classifier->C : NULL;
    if (status == STATUS_OK && model->decoders)
        status = add_decoders(classifier, err);
    while (status == STATUS_OK && classifier->members < members) {
        uint32_t m = classifier->members++;
        status = active_batch_init(&classifier->batches[m], model->packed[m], max_rows,
                                   max_steps, err);
        if (status == STATUS_OK && classifier->decoders)
            status = active_batch_init(&classifier->decoders[m], model->decoders[m],
                                       max_rows, max_steps, err);
    }
    if (status == STATUS_OK)
        return classifier;
    triage_classifier_free(classifier);
    return NULL;
}

void triage_classifier_free(struct classifier *classifier)
{
    if (!classifier)
        return;
    for (uint32_t m = 0; m < classifier->members; m++)
        active_batch_release(&classifier->batches[m]);
    for (uint32_t m = 0; classifier->decoders && m < classifier->members; m++)
        active_batch_release(&classifier->decoders[m]);
    free(classifier->scratch);
    free(classifier->start_ids);
    free(classifier);
}

/* ---- the head ---------------------------------------------------------------------------------- */

/* logits / temperature -> probabilities [C], in place.  STATUS_NOT_FINITE. */
static enum status softmax(const struct packed_weights *packed, float *x)
{
    float largest = x[0] * packed->inverse_temperature, sum = 0.0f;

    for (size_t i = 0; i < packed->C; i++) {
        x[i] *= packed->inverse_temperature;
        largest = x[i] > largest ? x[i] : largest;
    }
    for (size_t i = 0; i < packed->C; i++)
        if (!isfinite(x[i]))
            return STATUS_NOT_FINITE;
    packed->kernels->exponentials(packed->C, largest, x);
    for (size_t i = 0; i < packed->C; i++)
        sum += x[i];
    for (size_t i = 0; i < packed->C; i++)
        x[i] /= sum;
    return STATUS_OK;
}

/* Final state [D*H] and, with an attention head, the context [H] -> probabilities [C] */
static enum status head(const struct packed_weights *packed, const float *state,
                        const float *context, float *probabilities)
{
    size_t width = (size_t)packed->D * packed->H;

    memcpy(probabilities, packed->head_bias, packed->C * sizeof *probabilities);
    packed->kernels->product(1, width, packed->C, packed->head, &state, &probabilities);
    if (packed->attention.w)
        packed->kernels->product(1, packed->H, packed->C, packed->attention.head,
                                 &context, &probabilities);
    return softmax(packed, probabilities);
}

/*
 * Start a row of the m-th decoder from a row of its encoder, with the history `start`, which must stay
 * as long as the row, and let it read the start.  No other row of the decoder may have events left.
 */
static const struct row *begin_decoding(struct classifier *classifier, uint32_t m,
                                        const struct row *encoded, struct history *start,
                                        void *owner)
{
    struct active_batch *decoder = &classifier->decoders[m];
    *start = (struct history){.ids = classifier->start_ids};
    active_batch_fork(decoder, &classifier->batches[m], encoded, start, owner);
    active_batch_step(decoder, 1);
    return active_batch_find(decoder, owner);
}

/* The probabilities [C] of the m-th network after the events so far of a row of a batch. */
static enum status answer_of_row(struct classifier *classifier, uint32_t m,
                                 const struct active_batch *batch, const struct row *row,
                                 float *probabilities)
{
    if (!batch->packed->head) {
        struct active_batch *decoder = &classifier->decoders[m];
        struct history start;
        const struct row *first = begin_decoding(classifier, m, row, &start, &start);
        enum status status =
            head(decoder->packed, active_batch_last_state(decoder, first), NULL,
                 probabilities);
        active_batch_drop(decoder, &start);
        return status;
    }
    const float *context =
        batch->packed->attention.w ? active_batch_context(batch, row) : NULL;
    return head(batch->packed, active_batch_final_state(batch, row), context,
                probabilities);
}

/* The active batch in which the rows of a classifier branch. */
static struct active_batch *branching_batch(struct classifier *classifier, uint32_t m)
{
    return classifier->decoders ? &classifier->decoders[m] : &classifier->batches[m];
}

/* The row that was done first, or else the oldest active one. */
static const struct row *first_row(const struct active_batch *batch)
{
    const struct row *done = active_batch_first_done(batch);
    return done ? done : &batch->rows[0];
}

enum { FIRST_ROW = UINT32_MAX }; /* that of first_row */

/*
 * The probabilities [C] after the events so far of a row: of the i-th active one, of the first one, or,
 * if owner is not NULL, of that owner (numerics 2 for several members):
 *
 *     p = ((p_0 + p_1) + p_2 ...) / members
 */
static enum status answer_of(struct classifier *classifier, uint32_t i, const void *owner,
                             float *probabilities)
{
    enum status worst = STATUS_OK;
    for (uint32_t m = 0; m < classifier->members; m++) {
        const struct active_batch *batch =
            owner ? branching_batch(classifier, m) : &classifier->batches[m];
        const struct row *row = owner            ? active_batch_find(batch, owner)
                                : i == FIRST_ROW ? first_row(batch)
                                                 : &batch->rows[i];
        float *p = m == 0 ? probabilities : classifier->added;
        enum status status = answer_of_row(classifier, m, batch, row, p);
        if (status != STATUS_OK)
            worst = status;
        for (size_t c = 0; m > 0 && c < classifier->C; c++)
            probabilities[c] += p[c];
    }
    for (size_t c = 0; classifier->members > 1 && c < classifier->C; c++)
        probabilities[c] /= (float)classifier->members;
    return worst;
}

static enum status answer(struct classifier *classifier, uint32_t i, float *probabilities)
{
    return answer_of(classifier, i, NULL, probabilities);
}

/* Start a history in all networks. */
static void start(struct classifier *classifier, const struct history *history,
                  struct included *included, void *owner)
{
    for (uint32_t m = 0; m < classifier->members; m++) {
        float *scores = included && included->scores
                            ? included->scores + (size_t)m * history->length
                            : NULL;
        active_batch_admit(&classifier->batches[m], history, included, scores, owner);
    }
}

/* The encoder has read a history that will branch: the decoder takes its row over. */
static void hand_over(struct classifier *classifier, uint32_t m)
{
    struct active_batch *encoder = &classifier->batches[m];
    const struct row *row = active_batch_first_done(encoder);
    if (!row)
        return;
    begin_decoding(classifier, m, row, &classifier->start, row->owner);
    active_batch_free_first_done(encoder);
}

/* Advance all networks. */
static void advance(struct classifier *classifier, uint32_t steps)
{
    for (uint32_t m = 0; m < classifier->members; m++) {
        active_batch_step(&classifier->batches[m], steps);
        if (classifier->is_branching && classifier->decoders) {
            active_batch_step(&classifier->decoders[m], steps);
            hand_over(classifier, m);
        }
    }
}

static void free_first_done(struct classifier *classifier)
{
    for (uint32_t m = 0; m < classifier->members; m++)
        active_batch_free_first_done(&classifier->batches[m]);
}

/* Report the status of one or more calls of answer or head. */
static enum status report(enum status status, struct error *err)
{
    if (status == STATUS_OK)
        return STATUS_OK;
    return error_set(err, status, "", "the model's weights lead to no finite answer");
}

/* ---- histories that come and go ---------------------------------------------------------------- */

size_t triage_classifier_rows(const struct classifier *classifier)
{
    size_t rows = active_batch_rows(&classifier->batches[0]);
    if (classifier->decoders)
        rows += active_batch_rows(&classifier->decoders[0]);
    return rows;
}

static enum status admit(struct classifier *classifier, const struct history *history,
                         struct included *included, void *owner, struct error *err)
{
    const struct active_batch *batch = &classifier->batches[0];

    if (history->length > batch->max_steps)
        return error_set(err, STATUS_TOO_LARGE, "/events",
                         "the history has %u events, this classifier takes %u",
                         (unsigned)history->length, (unsigned)batch->max_steps);
    if (active_batch_rows(batch) == batch->max_rows)
        return error_set(err, STATUS_BUSY, "", "all %u rows are taken",
                         (unsigned)batch->max_rows);
    start(classifier, history, included, owner);
    return STATUS_OK;
}

enum status triage_classifier_admit(struct classifier *classifier,
                                    const struct history *history, void *owner,
                                    struct error *err)
{
    return admit(classifier, history, NULL, owner, err);
}

/* ---- surprises --------------------------------------------------------------------------------- */

/* Of an action, from the probabilities [C] before it. */
static void note_surprise(struct event_surprise *surprise, const float *probabilities,
                          size_t C, uint32_t action)
{
    surprise->rank = 0;
    surprise->probability = 0.0f;
    if (action == ACTION_NONE)
        return;
    surprise->rank = (uint32_t)C + 1;
    if (action == ACTION_OTHER)
        return;
    const float p = probabilities[action];
    surprise->probability = p;
    surprise->rank = 1;
    for (size_t i = 0; i < C; i++)
        surprise->rank += probabilities[i] > p || (probabilities[i] == p && i < action);
}

static bool has_surprises(const struct row *row)
{
    return row->included && row->included->surprises;
}

/* The i-th active row is about to read an event: note what the model thinks of it. */
static void watch_event(struct classifier *classifier, uint32_t i)
{
    const struct row *row = &classifier->batches[0].rows[i];
    struct included *included = row->included;
    const struct model *model = classifier->model;
    const struct history *history = row->history;
    const size_t K = model->trained->schema->categories;
    float *probabilities = classifier->scratch;
    enum status status = answer(classifier, i, probabilities);
    if (status != STATUS_OK)
        included->status = status;
    const uint32_t id = history->ids[row->next * K + model->event_column];
    note_surprise(&included->surprises[row->next], probabilities, classifier->C,
                  model->event_actions[id]);
}

/* The history has ended; the probabilities are those of its answer. */
static void watch_end(const struct classifier *classifier, const struct row *row,
                      const float *probabilities)
{
    note_surprise(&row->included->surprises[row->history->length], probabilities,
                  classifier->C, classifier->model->end_action);
}

static void step_watched(struct classifier *classifier, uint32_t steps)
{
    const struct active_batch *batch = &classifier->batches[0];
    for (; steps > 0 && batch->active > 0; steps--) {
        advance(classifier, 1);
        for (uint32_t i = 0; i < batch->active; i++)
            if (has_surprises(&batch->rows[i]))
                watch_event(classifier, i);
    }
}

/* ---- the weights of an attention head ---------------------------------------------------------- */

/* The rows of all networks that were done first have ended: the mean of their weights. */
static void note_weights(const struct classifier *classifier, struct included *included,
                         uint32_t length)
{
    struct event_weight *weights = included->weights;
    for (uint32_t m = 0; m < classifier->members; m++) {
        const struct active_batch *batch = &classifier->batches[m];
        const struct row *row = active_batch_first_done(batch);
        const struct running_softmax *softmax = active_batch_softmax(batch, row);
        if (!running_softmax_is_finite(softmax))
            included->status = STATUS_NOT_FINITE;
        for (uint32_t t = 0; t < length; t++) {
            float weight = running_softmax_weight(softmax, row->scores[t]);
            weights[t].weight = m == 0 ? weight : weights[t].weight + weight;
        }
    }
    for (uint32_t t = 0; classifier->members > 1 && t < length; t++)
        weights[t].weight /= (float)classifier->members;
}

/* ---- what is included -------------------------------------------------------------------------- */

/* Each event has its index as given, and the first has no surprise. */
static void begin_included(struct included *included, const struct history *history)
{
    struct event_surprise *surprises = included->surprises;
    included->status = STATUS_OK;
    for (uint32_t i = 0; i < history->length; i++) {
        uint32_t t = history->positions ? history->positions[i] : i;
        if (surprises)
            surprises[t].event = i;
        if (included->weights)
            included->weights[t].event = i;
    }
    if (!surprises)
        return;
    surprises[0].rank = 0;
    surprises[0].probability = 0.0f;
    surprises[history->length].event = SURPRISE_END;
}

/* A watched row has ended, with the probabilities of its answer. */
static enum status end_included(struct classifier *classifier, const struct row *row,
                                const float *probabilities)
{
    struct included *included = row->included;
    if (included->surprises) {
        watch_end(classifier, row, probabilities);
        classifier->watched--;
    }
    if (included->weights)
        note_weights(classifier, included, row->history->length);
    return included->status;
}

enum status triage_classifier_watch(struct classifier *classifier,
                                    const struct history *history,
                                    struct included *included, void *owner,
                                    struct error *err)
{
    RETURN_IF_ERROR(
        triage_includes_check(classifier->model, included->includes, "", err));
    RETURN_IF_ERROR(admit(classifier, history, included, owner, err));
    begin_included(included, history);
    classifier->watched += included->surprises != NULL;
    return STATUS_OK;
}

/* ---- rows that branch -------------------------------------------------------------------------- */

enum status classifier_answer(struct classifier *classifier, const void *owner,
                              float *probabilities, struct error *err)
{
    return report(answer_of(classifier, 0, owner, probabilities), err);
}

struct classifier *classifier_new_branching(const struct model *model, uint32_t max_rows,
                                            uint32_t max_steps, struct error *err)
{
    struct classifier *classifier =
        triage_classifier_new(model, max_rows, max_steps, err);
    if (classifier)
        classifier->is_branching = true;
    return classifier;
}

void classifier_fork(struct classifier *classifier, const void *from,
                     struct history *history, void *owner)
{
    for (uint32_t m = 0; m < classifier->members; m++) {
        struct active_batch *batch = branching_batch(classifier, m);
        active_batch_fork(batch, batch, active_batch_find(batch, from), history, owner);
    }
}

uint32_t classifier_fork_events(const struct classifier *classifier)
{
    enum { EVENT_FLOATS = 8192 }; /* copied in the time of an event of a small network */
    size_t floats = 0;
    for (uint32_t m = 0; m < classifier->members; m++)
        floats += classifier->batches[m].memory.floats;
    return 1 + (uint32_t)(floats / EVENT_FLOATS);
}

/* ---- steps ------------------------------------------------------------------------------------- */

void triage_classifier_step(struct classifier *classifier, uint32_t steps)
{
    if (classifier->watched > 0)
        step_watched(classifier, steps);
    else
        advance(classifier, steps);
}

void *triage_classifier_finish(struct classifier *classifier, float *probabilities,
                               enum status *status)
{
    const struct row *row = active_batch_first_done(&classifier->batches[0]);

    if (!row)
        return NULL;
    void *owner = row->owner;
    *status = answer(classifier, FIRST_ROW, probabilities);
    if (row->included) {
        enum status noted = end_included(classifier, row, probabilities);
        if (noted != STATUS_OK)
            *status = noted;
    }
    free_first_done(classifier);
    return owner;
}

void triage_classifier_drop(struct classifier *classifier, const void *owner)
{
    const struct row *row = active_batch_find(&classifier->batches[0], owner);
    classifier->watched -= row && has_surprises(row);
    for (uint32_t m = 0; m < classifier->members; m++) {
        active_batch_drop(&classifier->batches[m], owner);
        if (classifier->decoders)
            active_batch_drop(&classifier->decoders[m], owner);
    }
}

/* ---- whole histories --------------------------------------------------------------------------- */

enum status triage_classifier_run(struct classifier *classifier,
                                  const struct history *histories, size_t count,
                                  float *probabilities, struct error *err)
{
    enum { SLICE = 32 }; /* events per step while histories wait for free rows */
    const struct active_batch *batch = &classifier->batches[0];
    enum status worst = STATUS_OK;
    size_t admitted = 0;

    for (size_t i = 0; i < count; i++)
        if (histories[i].length > batch->max_steps)
            return error_set(err, STATUS_TOO_LARGE, "/events",
                             "history %zu has %u events, this classifier takes %u", i,
                             (unsigned)histories[i].length, (unsigned)batch->max_steps);
    while (admitted < count || active_batch_rows(batch) > 0) {
        /* The owner of a row is the place of its answer. */
        for (; admitted < count && active_batch_rows(batch) < batch->max_rows; admitted++)
            start(classifier, &histories[admitted], NULL,
                  probabilities + admitted * classifier->C);
        triage_classifier_step(classifier, admitted < count ? SLICE : UINT32_MAX);
        while (batch->done > 0) {
            enum status status =
                answer(classifier, FIRST_ROW, active_batch_first_done(batch)->owner);
            if (status != STATUS_OK)
                worst = status;
            free_first_done(classifier);
        }
    }
    return report(worst, err);
}

enum status triage_classifier_trace(struct classifier *classifier,
                                    const struct history *history, float *probabilities,
                                    struct error *err)
{
    enum status worst = STATUS_OK;

    if (classifier->batches[0].packed->D != 1)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "a model with two directions answers only at the end");
    RETURN_IF_ERROR(triage_classifier_admit(classifier, history, NULL, err));
    for (uint32_t t = 0; t < history->length; t++) {
        triage_classifier_step(classifier, 1);
        enum status status =
            answer(classifier, FIRST_ROW, probabilities + t * classifier->C);
        if (status != STATUS_OK)
            worst = status;
    }
    free_first_done(classifier);
    return report(worst, err);
}

/* ---- states ------------------------------------------------------------------------------------ */

static enum status check_single(const struct classifier *classifier, struct error *err)
{
    if (classifier->members == 1)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, "",
                     "a model of %u networks has no single state",
                     (unsigned)classifier->members);
}

enum status triage_classifier_encode(struct classifier *classifier,
                                     const struct history *history, float *state,
                                     struct error *err)
{
    struct active_batch *batch = &classifier->batches[0];
    const struct packed_weights *packed = batch->packed;

    RETURN_IF_ERROR(check_single(classifier, err));
    RETURN_IF_ERROR(triage_classifier_admit(classifier, history, NULL, err));
    while (batch->done == 0)
        active_batch_step(batch, history->length);
    const struct row *row = active_batch_first_done(batch);
    const size_t width = (size_t)packed->D * packed->H;
    if (classifier->decoders) {
        struct active_batch *decoder = &classifier->decoders[0];
        struct history start;
        const struct row *first = begin_decoding(classifier, 0, row, &start, &start);
        memcpy(state, active_batch_last_state(decoder, first), width * sizeof *state);
        active_batch_drop(decoder, &start);
    } else {
        memcpy(state, active_batch_final_state(batch, row), width * sizeof *state);
    }
    if (packed->attention.w)
        memcpy(state + width, active_batch_context(batch, row),
               packed->H * sizeof *state);
    active_batch_free_first_done(batch);
    return STATUS_OK;
}

enum status triage_classifier_decide(const struct classifier *classifier,
                                     const float *state, float *probabilities,
                                     struct error *err)
{
    RETURN_IF_ERROR(check_single(classifier, err));
    const struct packed_weights *packed =
        (classifier->decoders ? classifier->decoders : classifier->batches)[0].packed;
    const float *context = state + (size_t)packed->D * packed->H; /* if there is one */
    return report(head(packed, state, context, probabilities), err);
}

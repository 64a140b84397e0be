/* See answers.h. */
#include "eval/answers.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/size.h"
#include "eval/shuffle.h"

enum { ROWS = 64, BLOCK = 256 };
static const uint64_t stream = UINT64_C(0x5801000000000000);

/* What all lanes share, and what each has for itself. */
struct answering {
    const struct asking *asking;
    const size_t *picks; /* NULL: every decision */
    size_t count;        /* of picks, or of histories to be traced */
    uint64_t seed;
    bool shuffles;
    uint32_t longest;
    struct mark *marks;
    struct batcher *lanes;
};

struct batcher {
    struct classifier *classifier;
    struct history *histories; /* [BLOCK] */
    float *probabilities;      /* [BLOCK][C], or [longest][C] to trace */
    struct arena arena;        /* of a block */
    enum status status;
    struct error err;
};

static uint32_t longest_of(const struct asking *asking)
{
    uint32_t longest = 1;

    for (size_t h = 0; h < asking->decisions->histories; h++)
        if (asking->examples[h].history.length > longest)
            longest = asking->examples[h].history.length;
    return longest;
}

static const struct decision *decision_at(const struct answering *a, size_t i)
{
    return &a->asking->decisions->list[a->picks == NULL ? i : a->picks[i]];
}

/* The history up to the decision's place, as it is or shuffled. */
static enum status prepare(const struct answering *a, struct batcher *lane, size_t i,
                           struct history *prepared)
{
    const struct decision *decision = decision_at(a, i);
    const struct history *history = &a->asking->examples[decision->history].history;
    struct random random;

    *prepared = *history;
    prepared->length = decision->place + 1;
    if (!a->shuffles)
        return STATUS_OK;
    random_init(&random, a->seed, stream + decision->history);
    return shuffle_history(prepared, history, prepared->length,
                           triage_model_schema(a->asking->model), &random, &lane->arena,
                           &lane->err);
}

static enum status run_block(const struct answering *a, struct batcher *lane,
                             size_t first)
{
    size_t C = triage_model_actions(a->asking->model);
    size_t count = a->count - first < BLOCK ? a->count - first : BLOCK;
    enum status status = STATUS_OK;

    arena_reset(&lane->arena);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = prepare(a, lane, first + i, &lane->histories[i]);
    if (status == STATUS_OK)
        status = triage_classifier_run(lane->classifier, lane->histories, count,
                                       lane->probabilities, &lane->err);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        a->marks[first + i] =
            mark_of(lane->probabilities + i * C, C, decision_at(a, first + i)->right);
    return status;
}

/* Every stride-th block, whoever the others' are. */
static void run_lane(void *context, size_t number)
{
    const struct answering *a = context;
    struct batcher *lane = &a->lanes[number];
    size_t stride = (size_t)BLOCK * a->asking->crew->lanes;

    for (size_t i = number * BLOCK; i < a->count && lane->status == STATUS_OK;
         i += stride)
        lane->status = run_block(a, lane, i);
}

static enum status trace_history(const struct answering *a, struct batcher *lane,
                                 size_t h)
{
    const struct decisions *decisions = a->asking->decisions;
    const struct history *history = &a->asking->examples[h].history;
    size_t C = triage_model_actions(a->asking->model);
    enum status status;

    if (decisions->starts[h] == decisions->starts[h + 1])
        return STATUS_OK;
    status = triage_classifier_trace(lane->classifier, history, lane->probabilities,
                                     &lane->err);
    for (size_t i = decisions->starts[h];
         i < decisions->starts[h + 1] && status == STATUS_OK; i++) {
        const struct decision *d = &decisions->list[i];
        a->marks[i] = mark_of(lane->probabilities + d->place * C, C, d->right);
    }
    return status;
}

static void trace_lane(void *context, size_t number)
{
    const struct answering *a = context;
    struct batcher *lane = &a->lanes[number];

    for (size_t h = number; h < a->count && lane->status == STATUS_OK;
         h += a->asking->crew->lanes)
        lane->status = trace_history(a, lane, h);
}

static bool lane_init(struct batcher *lane, const struct answering *a, size_t answers)
{
    size_t floats, C = triage_model_actions(a->asking->model);

    arena_init(&lane->arena, SIZE_MAX);
    lane->classifier = triage_classifier_new(a->asking->model, ROWS, a->longest, NULL);
    lane->histories = calloc(BLOCK, sizeof *lane->histories);
    lane->probabilities =
        size_multiply(answers, C, &floats) ? calloc(floats, sizeof(float)) : NULL;
    return lane->classifier != NULL && lane->histories != NULL &&
           lane->probabilities != NULL;
}

static void lane_release(struct batcher *lane)
{
    triage_classifier_free(lane->classifier);
    free(lane->histories);
    free(lane->probabilities);
    arena_release(&lane->arena);
}

/* answers: for how many at once a lane needs room. */
static enum status answer(struct answering *a, size_t answers,
                          void (*task)(void *context, size_t lane), struct error *err)
{
    uint32_t lanes = a->asking->crew->lanes, made = 0;
    enum status status = STATUS_OK;

    a->lanes = calloc(lanes, sizeof *a->lanes);
    if (a->lanes == NULL)
        return error_no_memory(err);
    while (made < lanes && status == STATUS_OK)
        if (!lane_init(&a->lanes[made++], a, answers))
            status = error_no_memory(err);
    if (status == STATUS_OK)
        crew_run(a->asking->crew, task, a);
    for (uint32_t i = 0; i < lanes && status == STATUS_OK; i++)
        if (a->lanes[i].status != STATUS_OK) {
            status = a->lanes[i].status;
            (void)error_set(err, status, a->lanes[i].err.where, "%s",
                            a->lanes[i].err.text);
        }
    for (uint32_t i = 0; i < made; i++)
        lane_release(&a->lanes[i]);
    free(a->lanes);
    return status;
}

enum status answers_make(const struct asking *asking, struct mark *marks,
                         struct error *err)
{
    struct answering a = {
        .asking = asking, .marks = marks, .longest = longest_of(asking)};

    if (triage_model_task(asking->model) == TASK_LAST) {
        a.count = asking->decisions->count;
        return answer(&a, BLOCK, run_lane, err);
    }
    a.count = asking->decisions->histories;
    return answer(&a, a.longest, trace_lane, err);
}

enum status answers_shuffle(const struct asking *asking, const size_t *picks,
                            size_t count, uint64_t seed, struct mark *marks,
                            struct error *err)
{
    struct answering a = {.asking = asking,
                          .picks = picks,
                          .count = count,
                          .seed = seed,
                          .shuffles = true,
                          .longest = longest_of(asking),
                          .marks = marks};

    return answer(&a, BLOCK, run_lane, err);
}

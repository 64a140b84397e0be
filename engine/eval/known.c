/*
 * The evaluation by how much of each history is known.
 *
 * A row of the table cuts every history after some event.  Different rows often cut a history at the
 * same event, so the model and the baselines predict once at each event where any row cuts:
 *
 *     history of 6 events     25 % 50 % 75 % 100 %   1 2 4 8 16 events
 *     cut after                2    3    5    6      1 2 4 -  -
 *     positions                1 2 3 4 5 6
 *     cuts [KNOWN_ROWS]        1    2    4    5      0 1 3 -  -     indices of the positions
 *
 * Then each row is summed by history, like a whole evaluation.  Threads share the rows.
 */
#include "eval/known.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "eval/baselines.h"
#include "eval/calibration_test.h"
#include "eval/comparison.h"
#include "eval/logistic.h"
#include "eval/ranking.h"

enum {
    PERMUTATIONS = 2000,
    MAX_PROBABILITIES =
        1 << 22, /* of a predictor; a sample of the histories has no more */
    FULL_ROW = KNOWN_SHARES - 1
};
#define NO_CUT SIZE_MAX

static const uint32_t event_counts[KNOWN_COUNTS] = {1, 2, 4, 8, 16};
static const uint64_t sample_stream = UINT64_C(0x5a3e000000000000);

struct run {
    const struct known_data *known;
    struct known_metrics *metrics;
    size_t C;
    size_t count;   /* histories in the sample */
    size_t *sample; /* [count] indices of known->positions, ascending */
    size_t *first;  /* [count] index of its first event among all evaluated events */
    struct example *examples; /* [count] */
    struct positions positions;
    size_t (*cuts)[KNOWN_ROWS];     /* [count] indices of positions, or NO_CUT */
    struct prediction *predictions; /* [positions.count] */
    float *probabilities;           /* [positions.count][C] */
    double *baseline_probabilities; /* [EVALUATION_BASELINES][positions.count][C] */
    struct baseline_metrics baselines[EVALUATION_BASELINES];
    struct arena arena;     /* labels of training positions */
    struct thread *threads; /* [thread_count] */
    uint32_t thread_count;
};

/* The memory of one thread, for one row at a time. */
struct thread {
    struct history_sums sums;
    struct prediction_counts counts;
    struct prediction *predictions; /* [count] of the row */
    size_t *histories;              /* [count] of the row, indices of the sample */
    uint32_t *labels;               /* [count] */
    float *probabilities;           /* [count][C] */
    struct ranked *ranked;          /* [count] */
    double *scratch;                /* [count] or [C] */
    enum status status;
    struct error err;
};

/* The number of events after which a row cuts a history of so many events; 0: it does not. */
static uint32_t cut_length(size_t row, uint32_t length)
{
    if (row < KNOWN_SHARES) /* ceil(length * (row + 1) / 4) */
        return (uint32_t)(((uint64_t)length * (row + 1) + KNOWN_SHARES - 1) /
                          KNOWN_SHARES);
    uint32_t count = event_counts[row - KNOWN_SHARES];
    return count <= length ? count : 0;
}

static const struct example *example_of(const struct known_data *known, size_t position)
{
    return &known->data->evaluated[known->positions->list[position].history];
}

static uint32_t label_of(const struct known_data *known, size_t position)
{
    return known->positions->list[position].label;
}

/* The lengths at which any row cuts a history, ascending.  Returns their number. */
static size_t list_lengths(uint32_t length, uint32_t lengths[KNOWN_ROWS])
{
    size_t count = 0;

    for (size_t row = 0; row < KNOWN_ROWS; row++) {
        uint32_t cut = cut_length(row, length);
        size_t at = 0;
        while (at < count && lengths[at] < cut)
            at++;
        if (cut == 0 || (at < count && lengths[at] == cut))
            continue;
        memmove(lengths + at + 1, lengths + at, (count - at) * sizeof *lengths);
        lengths[at] = cut;
        count++;
    }
    return count;
}

/* Draw the sample: all histories, or as many as may have KNOWN_ROWS predictions each. */
static enum status draw_sample(struct run *run, struct error *err)
{
    const struct positions *positions = run->known->positions;
    size_t all = positions->count, limit = MAX_PROBABILITIES / (KNOWN_ROWS * run->C) + 1;
    struct random random;

    run->sample = calloc(all, sizeof *run->sample);
    if (!run->sample)
        return error_no_memory(err);
    random_init(&random, run->known->seed, sample_stream);
    for (size_t i = 0; i < all && run->count < limit; i++)
        /* Knuth's algorithm S: each set of limit histories has the same probability */
        if (limit >= all || random_below(&random, all - i) < limit - run->count)
            run->sample[run->count++] = i;
    run->metrics->histories = run->count;
    return STATUS_OK;
}

/* Where the events of each history of the sample begin among all evaluated events. */
static void find_events(struct run *run)
{
    const struct known_data *known = run->known;
    size_t events = 0, i = 0;

    for (size_t h = 0; h < known->data->evaluated_count && i < run->count; h++) {
        if (known->positions->list[run->sample[i]].history == h)
            run->first[i++] = events;
        events += known->data->evaluated[h].history.length;
    }
}

/* Give every event of an example the label at its end. */
static enum status spread_label(struct example *example, struct arena *arena,
                                struct error *err)
{
    uint32_t length = example->history.length;
    uint32_t *actions = arena_array(arena, (size_t)length + 1, sizeof *actions);

    if (!actions)
        return error_no_memory(err);
    for (uint32_t t = 0; t < length; t++)
        actions[t] = example->action;
    example->actions = actions;
    return STATUS_OK;
}

static enum status make_positions(struct run *run, struct error *err)
{
    struct positions *positions = &run->positions;
    uint32_t lengths[KNOWN_ROWS];
    size_t count = run->count;

    run->first = calloc(count, sizeof *run->first);
    run->examples = calloc(count, sizeof *run->examples);
    run->cuts = calloc(count, sizeof *run->cuts);
    positions->histories = count;
    positions->starts = calloc(count + 1, sizeof *positions->starts);
    positions->list = calloc(count * KNOWN_ROWS, sizeof *positions->list);
    if (!run->first || !run->examples || !run->cuts || !positions->starts ||
        !positions->list)
        return error_no_memory(err);
    find_events(run);
    for (size_t h = 0; h < count; h++) {
        run->examples[h] = *example_of(run->known, run->sample[h]);
        RETURN_IF_ERROR(spread_label(&run->examples[h], &run->arena, err));
        size_t cuts = list_lengths(run->examples[h].history.length, lengths);
        for (size_t i = 0; i < cuts; i++)
            positions->list[positions->count + i] =
                (struct position){.history = (uint32_t)h,
                                  .event = lengths[i] - 1,
                                  .label = label_of(run->known, run->sample[h])};
        for (size_t row = 0; row < KNOWN_ROWS; row++) {
            uint32_t cut = cut_length(row, run->examples[h].history.length);
            run->cuts[h][row] = NO_CUT;
            for (size_t i = 0; i < cuts; i++)
                if (lengths[i] == cut)
                    run->cuts[h][row] = positions->count + i;
        }
        positions->count += cuts;
        positions->starts[h + 1] = positions->count;
    }
    return STATUS_OK;
}

static enum status predict(struct run *run, struct error *err)
{
    size_t count = run->positions.count;

    run->predictions = calloc(count, sizeof *run->predictions);
    run->probabilities = calloc(count * run->C, sizeof *run->probabilities);
    if (!run->predictions || !run->probabilities)
        return error_no_memory(err);
    const struct predictor predictor = {.model = run->known->model,
                                        .examples = run->examples,
                                        .positions = &run->positions,
                                        .workers = run->known->workers,
                                        .probabilities = run->probabilities};
    return predictions_make(&predictor, run->predictions, err);
}

/* The training histories, with the label at the end of each at all of its events. */
static enum status spread_labels(struct run *run, struct example **examples,
                                 struct error *err)
{
    const struct training_source *source = run->known->source;

    *examples = calloc(source->count + 1, sizeof **examples);
    if (!*examples)
        return error_no_memory(err);
    for (size_t i = 0; i < source->count; i++) {
        (*examples)[i] = source->examples[i];
        RETURN_IF_ERROR(spread_label(&(*examples)[i], &run->arena, err));
    }
    return STATUS_OK;
}

static enum status run_baselines(struct run *run, struct error *err)
{
    struct example *training = NULL;

    run->baseline_probabilities =
        calloc(run->positions.count * run->C,
               EVALUATION_BASELINES * sizeof *run->baseline_probabilities);
    if (!run->baseline_probabilities)
        return error_no_memory(err);
    enum status status = spread_labels(run, &training, err);
    if (status != STATUS_OK)
        goto out;
    const struct baselines baselines = {
        .evaluated = run->examples,
        .evaluated_count = run->count,
        .ids = event_ids_of(triage_model_schema(run->known->model)),
        .training = training,
        .training_count = run->known->source->count,
        .training_ids = run->known->source->ids,
        .positions = &run->positions,
        .C = run->C,
        .seed = run->known->seed,
        .max_logits = LOGISTIC_MAX_LOGITS / 10,
        .workers = run->known->workers,
        .probabilities = run->baseline_probabilities};
    status = baselines_run(&baselines, NULL, run->baselines, err);
out:
    free(training);
    return status;
}

/* The probabilities [C] of a baseline in a row, for history h of the sample. */
static const double *baseline_row(const struct run *run, size_t row, size_t h,
                                  size_t baseline)
{
    const struct positions *full = run->known->positions;

    if (row == FULL_ROW)
        return run->known->baseline_probabilities +
               (baseline * full->count + run->sample[h]) * run->C;
    return run->baseline_probabilities +
           (baseline * run->positions.count + run->cuts[h][row]) * run->C;
}

/*
 * The exact probabilities [C] in a row, for history h of the sample; NULL: unknown.  When all events
 * are known, so is that it is the end.
 */
static const double *posterior_row(const struct run *run, size_t row, size_t h)
{
    const struct evaluation_data *data = run->known->data;
    const struct position *cut = &run->positions.list[run->cuts[h][row]];

    if (row == FULL_ROW && data->posterior)
        return data->posterior +
               run->known->positions->list[run->sample[h]].history * run->C;
    if (data->posteriors)
        return data->posteriors + (run->first[h] + cut->event) * run->C;
    return NULL;
}

static bool is_available(const struct run *run, size_t row, size_t baseline)
{
    const struct baseline_metrics *baselines =
        row == FULL_ROW ? run->known->baselines : run->baselines;

    return baselines[baseline].is_available;
}

/* Sum everything of a row.  Returns the number of its histories. */
static size_t sum_row(const struct run *run, struct thread *thread, size_t row)
{
    size_t count = 0;

    thread->sums.histories = run->count;
    memset(thread->sums.rows, 0, run->count * SUM_COLUMNS * sizeof *thread->sums.rows);
    prediction_counts_clear(&thread->counts);
    for (size_t h = 0; h < run->count; h++) {
        if (run->cuts[h][row] == NO_CUT)
            continue;
        struct position position = run->positions.list[run->cuts[h][row]];
        const struct prediction *prediction = &run->predictions[run->cuts[h][row]];
        const double *posterior = posterior_row(run, row, h);
        position.history = (uint32_t)count;
        history_sums_count(&thread->sums, &position, SUM_POSITIONS);
        history_sums_add(&thread->sums, &position, SUM_MODEL_CORRECT, prediction->action,
                         (double)prediction->label_probability);
        history_sums_add_brier(&thread->sums, &position, prediction);
        if (posterior)
            history_sums_add_probabilities(&thread->sums, &position, SUM_OPTIMUM_CORRECT,
                                           posterior, run->C);
        for (size_t i = 0; i < EVALUATION_BASELINES; i++)
            if (is_available(run, row, i))
                history_sums_add_probabilities(&thread->sums, &position,
                                               baseline_correct(i),
                                               baseline_row(run, row, h, i), run->C);
        prediction_counts_add(&thread->counts, position.label, prediction, 1.0);
        thread->predictions[count] = *prediction;
        thread->labels[count] = position.label;
        thread->histories[count++] = h;
    }
    thread->sums.histories = count;
    return count;
}

/*
 * (sum of plus - sum of minus) / sum of over, with an interval by the normal approximation.  Every
 * history has at most 1 in the column over.
 */
static struct estimate estimate_mean(const struct history_sums *sums, unsigned plus,
                                     unsigned minus, unsigned over)
{
    double total = history_sums_total(sums, over), squares = 0.0;

    if (!(total > 0.0))
        return (struct estimate){
            .value = (double)NAN, .low = (double)NAN, .high = (double)NAN};
    double mean =
        (history_sums_total(sums, plus) - history_sums_total(sums, minus)) / total;
    for (size_t h = 0; h < sums->histories; h++) {
        const double *row = history_sums_row(sums, h);
        double distance = row[plus] - row[minus] - mean * row[over];
        squares += distance * distance;
    }
    double half = METRICS_NORMAL_QUANTILE * sqrt(squares) / total;
    return (struct estimate){.value = mean, .low = mean - half, .high = mean + half};
}

static double mean_of(const struct history_sums *sums, unsigned column, unsigned over)
{
    double total = history_sums_total(sums, over);

    return total > 0.0 ? history_sums_total(sums, column) / total : (double)NAN;
}

/* The area under the curve of the model, with an interval. */
static struct estimate measure_area(const struct run *run, struct thread *thread,
                                    size_t row, size_t count)
{
    size_t C = run->C;

    for (size_t i = 0; i < count; i++)
        memcpy(thread->probabilities + i * C,
               run->probabilities + run->cuts[thread->histories[i]][row] * C,
               C * sizeof *thread->probabilities);
    struct ranking_area area = ranking_area(thread->probabilities, thread->labels, count,
                                            C, thread->ranked, thread->scratch);
    return (struct estimate){.value = area.value, .low = area.low, .high = area.high};
}

static double measure_baseline_area(const struct run *run, struct thread *thread,
                                    size_t row, size_t count, size_t baseline)
{
    size_t C = run->C;

    for (size_t i = 0; i < count; i++) {
        const double *p = baseline_row(run, row, thread->histories[i], baseline);
        for (size_t c = 0; c < C; c++)
            thread->probabilities[i * C + c] = (float)p[c];
    }
    return ranking_area(thread->probabilities, thread->labels, count, C, thread->ranked,
                        NULL)
        .value;
}

static void measure_baselines(const struct run *run, struct thread *thread,
                              size_t row_number, size_t count)
{
    struct known_row *row = &run->metrics->rows[row_number];

    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        bool available = is_available(run, row_number, i);
        row->baselines[i].is_available = available;
        row->baselines[i].accuracy = row->baselines[i].auc = row->baselines[i].loss =
            (double)NAN;
        if (!available)
            continue;
        row->baselines[i].accuracy =
            mean_of(&thread->sums, baseline_correct(i), SUM_POSITIONS);
        row->baselines[i].loss = mean_of(&thread->sums, baseline_loss(i), SUM_LABELLED);
        row->baselines[i].auc = measure_baseline_area(run, thread, row_number, count, i);
    }
}

static enum status compare(const struct run *run, struct thread *thread,
                           size_t row_number)
{
    struct known_row *row = &run->metrics->rows[row_number];
    struct baseline_comparison *comparison = &row->comparison;
    bool available[EVALUATION_BASELINES];

    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        available[i] = is_available(run, row_number, i);
    const struct comparison_data data = {.sums = &thread->sums,
                                         .is_available = available,
                                         .has_verdict = run->known->has_verdict &&
                                                        row->histories > 0,
                                         .permutations = PERMUTATIONS,
                                         .seed = run->known->seed,
                                         .stream = row_number + 1};
    RETURN_IF_ERROR(comparison_make(&data, comparison, &thread->err));
    comparison->accuracy_gain =
        estimate_mean(&thread->sums, SUM_MODEL_CORRECT,
                      baseline_correct(comparison->baseline), SUM_POSITIONS);
    comparison->loss_reduction =
        estimate_mean(&thread->sums, baseline_loss(comparison->loss_baseline),
                      SUM_MODEL_LOSS, SUM_LABELLED);
    return STATUS_OK;
}

static enum status measure_row(const struct run *run, struct thread *thread,
                               size_t row_number)
{
    struct known_row *row = &run->metrics->rows[row_number];
    const struct history_sums *sums = &thread->sums;
    bool has_optimum = run->known->data->posteriors ||
                       (run->known->data->posterior && row_number == FULL_ROW);
    size_t count = sum_row(run, thread, row_number);

    if (row_number < KNOWN_SHARES)
        row->share = (double)(row_number + 1) / KNOWN_SHARES;
    else
        row->events = event_counts[row_number - KNOWN_SHARES];
    row->histories = count;
    row->accuracy = estimate_mean(sums, SUM_MODEL_CORRECT, SUM_ZERO, SUM_POSITIONS);
    row->loss = estimate_mean(sums, SUM_MODEL_LOSS, SUM_ZERO, SUM_LABELLED);
    row->auc = measure_area(run, thread, row_number, count);
    row->brier = mean_of(sums, SUM_MODEL_BRIER, SUM_LABELLED);
    row->optimal_accuracy =
        has_optimum ? mean_of(sums, SUM_OPTIMUM_CORRECT, SUM_POSITIONS) : (double)NAN;
    row->optimal_loss =
        has_optimum ? mean_of(sums, SUM_OPTIMUM_LOSS, SUM_LABELLED) : (double)NAN;
    row->calibration_error = prediction_counts_calibration_error(&thread->counts);
    const struct calibration_test_data test = {.predictions = thread->predictions,
                                               .count = count,
                                               .seed = run->known->seed,
                                               .stream = row_number + 1};
    RETURN_IF_ERROR(calibration_test_run(&test, row->calibration_error, &row->calibration,
                                         &thread->err));
    measure_baselines(run, thread, row_number, count);
    return compare(run, thread, row_number);
}

/* A task of workers_run: thread i of n takes every n-th row, beginning with the i-th. */
static void measure_rows(void *context, size_t number)
{
    const struct run *run = context;
    struct thread *thread = &run->threads[number];

    for (size_t row = number; row < KNOWN_ROWS && thread->status == STATUS_OK;
         row += run->thread_count)
        thread->status = measure_row(run, thread, row);
}

static enum status thread_init(struct thread *thread, const struct run *run,
                               struct error *err)
{
    size_t count = run->count;

    RETURN_IF_ERROR(history_sums_init(&thread->sums, count, err));
    RETURN_IF_ERROR(prediction_counts_init(&thread->counts, run->C, err));
    thread->predictions = calloc(count, sizeof *thread->predictions);
    thread->histories = calloc(count, sizeof *thread->histories);
    thread->labels = calloc(count, sizeof *thread->labels);
    thread->probabilities = calloc(count * run->C, sizeof *thread->probabilities);
    thread->ranked = calloc(count, sizeof *thread->ranked);
    thread->scratch = calloc(count, sizeof *thread->scratch);
    if (!thread->predictions || !thread->histories || !thread->labels ||
        !thread->probabilities || !thread->ranked || !thread->scratch)
        return error_no_memory(err);
    return STATUS_OK;
}

static void thread_release(struct thread *thread)
{
    history_sums_release(&thread->sums);
    prediction_counts_release(&thread->counts);
    free(thread->predictions);
    free(thread->histories);
    free(thread->labels);
    free(thread->probabilities);
    free(thread->ranked);
    free(thread->scratch);
}

static enum status measure(struct run *run, struct error *err)
{
    uint32_t threads = workers_count(run->known->workers);
    enum status status = STATUS_OK;

    run->thread_count = threads < KNOWN_ROWS ? threads : KNOWN_ROWS;
    run->threads = calloc(run->thread_count, sizeof *run->threads);
    if (!run->threads)
        return error_no_memory(err);
    for (uint32_t i = 0; i < run->thread_count && status == STATUS_OK; i++)
        status = thread_init(&run->threads[i], run, err);
    if (status == STATUS_OK)
        workers_run(run->known->workers, measure_rows, run, run->thread_count);
    for (uint32_t i = 0; i < run->thread_count && status == STATUS_OK; i++) {
        const struct thread *thread = &run->threads[i];
        if (thread->status != STATUS_OK)
            status =
                error_set(err, thread->status, thread->err.where, "%s", thread->err.text);
    }
    for (uint32_t i = 0; i < run->thread_count; i++)
        thread_release(&run->threads[i]);
    free(run->threads);
    return status;
}

static enum status evaluate(struct run *run, struct error *err)
{
    RETURN_IF_ERROR(draw_sample(run, err));
    RETURN_IF_ERROR(make_positions(run, err));
    RETURN_IF_ERROR(predict(run, err));
    RETURN_IF_ERROR(run_baselines(run, err));
    RETURN_IF_ERROR(measure(run, err));
    run->metrics->row_count = KNOWN_ROWS;
    return STATUS_OK;
}

enum status known_evaluate(const struct known_data *known, struct known_metrics *metrics,
                           struct error *err)
{
    struct run run = {
        .known = known, .metrics = metrics, .C = triage_model_actions(known->model)};

    *metrics = (struct known_metrics){.row_count = 0};
    arena_init(&run.arena, SIZE_MAX);
    enum status status = evaluate(&run, err);
    free(run.sample);
    free(run.first);
    free(run.examples);
    positions_release(&run.positions);
    free(run.cuts);
    free(run.predictions);
    free(run.probabilities);
    free(run.baseline_probabilities);
    arena_release(&run.arena);
    return status;
}

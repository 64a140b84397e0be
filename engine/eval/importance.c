/*
 * Permutation importance.
 *
 * Every input has a set of columns: ids of the K, floats of the F.  The events of all histories are
 * copied once; to exchange an input, its columns are filled from the drawn histories, the model
 * predicts, and the columns are restored.  Correct predictions and losses are summed by history, so
 * the intervals are a bootstrap over histories, like all others.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "eval/bootstrap.h"
#include "eval/predictions.h"
#include "evaluation.h"

enum {
    DRAWS = 3,
    MAX_HISTORIES = 4000,
    MAX_EVENTS = 1 << 18,
    TIME_GROUPS = 3,
    GROUP_COLUMNS = 3
};
static const uint64_t donor_stream = UINT64_C(0x1e90000000000000);
static const uint64_t resample_stream = UINT64_C(0x1e91000000000000);

/* Inputs from time that are exchanged together. */
static const struct {
    const char *name;
    enum time_feature_kind kinds[GROUP_COLUMNS];
    unsigned count;
} time_groups[TIME_GROUPS] = {
    {.name = "time between events",
     .kinds = {TIME_SINCE_PREVIOUS, TIME_SINCE_FIRST, TIME_MISSING},
     .count = 3},
    {.name = "hour of the day", .kinds = {TIME_HOUR_SIN, TIME_HOUR_COS}, .count = 2},
    {.name = "day of the week",
     .kinds = {TIME_WEEKDAY_SIN, TIME_WEEKDAY_COS},
     .count = 2},
};

/* The columns of an input. */
struct columns {
    bool is_id;
    uint32_t list[GROUP_COLUMNS]; /* [count] */
    unsigned count;
};

/* What a history loses: means over the draws. */
struct loss_of_history {
    double correct, loss;
};

struct run {
    struct importance *importance;
    const struct schema *schema;
    struct predictor predictor;
    struct positions positions;
    struct example *originals, *examples; /* [H] as they are; with exchanged inputs */
    size_t H, events;
    uint32_t *ids;                     /* [events][K] of examples */
    float *values;                     /* [events][F] */
    size_t *donors;                    /* [H] */
    struct columns *columns;           /* [input_count] */
    struct prediction *before, *after; /* [positions.count] */
    struct loss_of_history *lost;      /* [input_count][H] */
    double *labelled;                  /* [H] positions with a label of the model */
    uint32_t *weights;                 /* [threads][H] */
    double *resampled;                 /* [input_count][2][resamples] accuracy, loss */
    const struct evaluation_settings *settings;
};

/* ---- which histories, which inputs ------------------------------------------------------- */

/* Every n-th history with a position, so that there are neither too many of them nor of events. */
static enum status choose_histories(struct run *run, const struct evaluation_data *data,
                                    const struct position_filter *filter,
                                    struct error *err)
{
    struct positions all, chosen;
    enum status status =
        positions_init(&all, data->evaluated, data->evaluated_count, filter, err);
    size_t usable = 0, events = 0, seen = 0;
    if (status != STATUS_OK)
        goto out;
    for (size_t h = 0; h < all.histories; h++) {
        if (all.starts[h] == all.starts[h + 1])
            continue;
        usable++;
        events += data->evaluated[h].history.length;
    }
    const size_t stride = 1 + (usable - 1) / MAX_HISTORIES + events / MAX_EVENTS;
    run->originals = calloc(usable + 1, sizeof *run->originals);
    if (!run->originals) {
        status = error_no_memory(err);
        goto out;
    }
    for (size_t h = 0; h < all.histories; h++) {
        if (all.starts[h] == all.starts[h + 1] || seen++ % stride != 0)
            continue;
        run->originals[run->H++] = data->evaluated[h];
        run->events += data->evaluated[h].history.length;
    }
    status = positions_init(&chosen, run->originals, run->H, filter, err);
    run->positions = chosen;
out:
    positions_release(&all);
    return status;
}

static void add_time_group(struct run *run, size_t group)
{
    const struct schema *schema = run->schema;
    struct importance *importance = run->importance;
    struct columns columns = {.is_id = false};
    for (unsigned i = 0; i < time_groups[group].count; i++)
        for (uint32_t t = 0; t < schema->time_count; t++)
            if (schema->times[t].kind == time_groups[group].kinds[i])
                columns.list[columns.count++] = 2 * schema->numbers + t;
    if (columns.count == 0)
        return;
    run->columns[importance->input_count] = columns;
    importance->inputs[importance->input_count++] =
        (struct input_importance){.name = time_groups[group].name, .is_time = true};
}

static enum status list_inputs(struct run *run, struct error *err)
{
    const struct schema *schema = run->schema;
    struct importance *importance = run->importance;
    const size_t most = schema->field_count + TIME_GROUPS;
    importance->inputs = calloc(most, sizeof *importance->inputs);
    run->columns = calloc(most, sizeof *run->columns);
    if (!importance->inputs || !run->columns)
        return error_no_memory(err);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const uint32_t first = 2 * field->index;
        run->columns[i] = field->kind == FIELD_CATEGORY
                              ? (struct columns){true, {field->index}, 1}
                              : (struct columns){false, {first, first + 1}, 2};
        importance->inputs[i] = (struct input_importance){.name = field->name};
    }
    importance->input_count = schema->field_count;
    for (size_t group = 0; group < TIME_GROUPS; group++)
        add_time_group(run, group);
    return STATUS_OK;
}

/* ---- memory ------------------------------------------------------------------------------ */

static void *array_of(size_t rows, size_t columns, size_t size)
{
    size_t count;
    return size_multiply(rows, columns, &count) ? calloc(count + 1, size) : NULL;
}

/* Copy the events of all histories, so that their inputs can be exchanged. */
static void copy_events(struct run *run)
{
    const size_t K = run->schema->categories, F = schema_inputs(run->schema);
    size_t first = 0;
    for (size_t h = 0; h < run->H; h++) {
        const struct history *history = &run->originals[h].history;
        const size_t length = history->length;
        run->examples[h] = run->originals[h];
        run->examples[h].history.ids = run->ids + first * K;
        memcpy(run->ids + first * K, history->ids, length * K * sizeof *run->ids);
        if (F > 0) {
            run->examples[h].history.values = run->values + first * F;
            memcpy(run->values + first * F, history->values,
                   length * F * sizeof *run->values);
        }
        first += length;
    }
}

static enum status allocate(struct run *run, struct error *err)
{
    const size_t inputs = run->importance->input_count, H = run->H;
    const size_t threads = workers_count(run->predictor.workers);
    run->examples = array_of(H, 1, sizeof *run->examples);
    run->ids = array_of(run->events, run->schema->categories, sizeof *run->ids);
    run->values = array_of(run->events, schema_inputs(run->schema), sizeof *run->values);
    run->donors = array_of(H, 1, sizeof *run->donors);
    run->before = array_of(run->positions.count, 1, sizeof *run->before);
    run->after = array_of(run->positions.count, 1, sizeof *run->after);
    run->lost = array_of(inputs, H, sizeof *run->lost);
    run->labelled = array_of(H, 1, sizeof *run->labelled);
    run->weights = array_of(threads, H, sizeof *run->weights);
    run->resampled =
        array_of(2 * inputs, run->settings->resamples, sizeof *run->resampled);
    if (!run->examples || !run->ids || !run->values || !run->donors || !run->before ||
        !run->after || !run->lost || !run->labelled || !run->weights || !run->resampled)
        return error_no_memory(err);
    copy_events(run);
    return STATUS_OK;
}

static void run_release(struct run *run)
{
    positions_release(&run->positions);
    workers_free(run->predictor.workers);
    free(run->originals);
    free(run->examples);
    free(run->ids);
    free(run->values);
    free(run->donors);
    free(run->columns);
    free(run->before);
    free(run->after);
    free(run->lost);
    free(run->labelled);
    free(run->weights);
    free(run->resampled);
}

/* ---- exchanging -------------------------------------------------------------------------- */

/*
 * A history from which each one gets the input: never itself, if there are two.  The histories are
 * put into random order, and each gets that of the next one.
 */
static enum status draw_donors(struct run *run, uint64_t draw, struct error *err)
{
    struct random random;
    size_t *order = array_of(run->H, 1, sizeof *order);
    if (!order)
        return error_no_memory(err);
    for (size_t h = 0; h < run->H; h++)
        order[h] = h;
    random_init(&random, run->settings->seed, donor_stream + draw);
    random_shuffle(&random, order, run->H);
    for (size_t i = 0; i < run->H; i++)
        run->donors[order[i]] = order[(i + 1) % run->H];
    free(order);
    return STATUS_OK;
}

/* Event t of n gets the columns of event floor(t m / n) of the m events of the donor. */
static void fill_history(const struct run *run, const struct columns *columns, size_t h,
                         size_t donor, size_t first)
{
    const size_t K = run->schema->categories, F = schema_inputs(run->schema);
    const struct history *from = &run->originals[donor].history;
    const uint64_t length = run->originals[h].history.length;
    for (uint64_t t = 0; t < length; t++) {
        const size_t other = (size_t)(t * from->length / length);
        for (unsigned i = 0; i < columns->count; i++) {
            const uint32_t column = columns->list[i];
            if (columns->is_id)
                run->ids[(first + t) * K + column] = from->ids[other * K + column];
            else
                run->values[(first + t) * F + column] = from->values[other * F + column];
        }
    }
}

static void exchange(const struct run *run, const struct columns *columns)
{
    size_t first = 0;
    for (size_t h = 0; h < run->H; h++) {
        fill_history(run, columns, h, run->donors[h], first);
        first += run->originals[h].history.length;
    }
}

static void restore(const struct run *run, const struct columns *columns)
{
    size_t first = 0;
    for (size_t h = 0; h < run->H; h++) {
        fill_history(run, columns, h, h, first);
        first += run->originals[h].history.length;
    }
}

static double loss_of(const struct prediction *prediction)
{
    return -log(fmax((double)prediction->label_probability, 0x1p-1022));
}

/* Add what each history loses by a draw. */
static void add_losses(const struct run *run, size_t input)
{
    for (size_t i = 0; i < run->positions.count; i++) {
        const struct position *position = &run->positions.list[i];
        struct loss_of_history *lost = &run->lost[input * run->H + position->history];
        const struct prediction *before = &run->before[i], *after = &run->after[i];
        lost->correct +=
            ((before->action == position->label) - (after->action == position->label)) /
            (double)DRAWS;
        if (position->label != ACTION_OTHER)
            lost->loss += (loss_of(after) - loss_of(before)) / DRAWS;
    }
}

static enum status exchange_inputs(struct run *run, struct error *err)
{
    struct importance *importance = run->importance;
    run->predictor.examples = run->examples;
    RETURN_IF_ERROR(predictions_make(&run->predictor, run->before, err));
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        RETURN_IF_ERROR(draw_donors(run, draw, err));
        for (size_t i = 0; i < importance->input_count; i++) {
            exchange(run, &run->columns[i]);
            enum status status = predictions_make(&run->predictor, run->after, err);
            restore(run, &run->columns[i]);
            RETURN_IF_ERROR(status);
            add_losses(run, i);
        }
    }
    return STATUS_OK;
}

/* ---- intervals --------------------------------------------------------------------------- */

/* The ratio of sums, of accuracy or of loss, in which histories [H] have these weights. */
static double ratio_of(const struct run *run, size_t input, bool is_loss,
                       const uint32_t *weights)
{
    double sum = 0.0, over = 0.0;
    for (size_t h = 0; h < run->H; h++) {
        const struct loss_of_history *lost = &run->lost[input * run->H + h];
        const double positions =
            (double)(run->positions.starts[h + 1] - run->positions.starts[h]);
        sum += weights[h] * (is_loss ? lost->loss : lost->correct);
        over += weights[h] * (is_loss ? run->labelled[h] : positions);
    }
    return over > 0.0 ? sum / over : (double)NAN;
}

/* The values of an input in all resamples. */
static double *resampled_of(const struct run *run, size_t input, bool is_loss)
{
    return run->resampled + (2 * input + is_loss) * run->settings->resamples;
}

/* A task of workers_run: thread i of n draws every n-th resample, beginning with the i-th. */
static void draw_resamples(void *context, size_t number)
{
    const struct run *run = context;
    uint32_t *weights = run->weights + number * run->H;
    for (size_t n = number; n < run->settings->resamples;
         n += workers_count(run->predictor.workers)) {
        struct random random;
        random_init(&random, run->settings->seed, resample_stream + n);
        memset(weights, 0, run->H * sizeof *weights);
        for (size_t i = 0; i < run->H; i++)
            weights[random_below(&random, run->H)]++;
        for (size_t i = 0; i < run->importance->input_count; i++) {
            resampled_of(run, i, false)[n] = ratio_of(run, i, false, weights);
            resampled_of(run, i, true)[n] = ratio_of(run, i, true, weights);
        }
    }
}

/* weights [H] are all 1. */
static struct estimate estimate_of(const struct run *run, size_t input, bool is_loss,
                                   const uint32_t *weights)
{
    return bootstrap_estimate(ratio_of(run, input, is_loss, weights),
                              resampled_of(run, input, is_loss),
                              run->settings->resamples);
}

static void estimate_inputs(struct run *run)
{
    struct importance *importance = run->importance;
    for (size_t i = 0; i < run->positions.count; i++) {
        const struct position *position = &run->positions.list[i];
        run->labelled[position->history] += position->label != ACTION_OTHER;
    }
    workers_run(run->predictor.workers, draw_resamples, run,
                workers_count(run->predictor.workers));
    for (size_t h = 0; h < run->H; h++)
        run->weights[h] = 1;
    for (size_t i = 0; i < importance->input_count; i++) {
        struct input_importance *input = &importance->inputs[i];
        input->accuracy_drop = estimate_of(run, i, false, run->weights);
        input->loss_rise = estimate_of(run, i, true, run->weights);
    }
}

static enum status measure(struct run *run, const struct evaluation_data *data,
                           struct error *err)
{
    const bool has_end = run->settings->end;
    const struct position_filter filter = {.shortest = run->settings->shortest,
                                           .excluded = has_end ? (uint32_t)ACTION_NONE
                                                               : data->end_action};
    struct importance *importance = run->importance;
    RETURN_IF_ERROR(choose_histories(run, data, &filter, err));
    RETURN_IF_ERROR(list_inputs(run, err));
    RETURN_IF_ERROR(allocate(run, err));
    importance->histories = run->H;
    importance->positions = run->positions.count;
    importance->draws = DRAWS;
    RETURN_IF_ERROR(exchange_inputs(run, err));
    estimate_inputs(run);
    return STATUS_OK;
}

enum status triage_importance_measure(struct importance *importance,
                                      const struct model *model,
                                      const struct evaluation_data *data,
                                      const struct evaluation_settings *settings,
                                      struct error *err)
{
    struct run run = {.importance = importance,
                      .schema = triage_model_schema(model),
                      .settings = settings,
                      .predictor = {.model = model, .positions = &run.positions}};
    struct end_rule *end = &run.predictor.end;
    *importance = (struct importance){.histories = 0};
    end->exists = data->end_action < triage_model_actions(model);
    end->is_left_out = end->exists && !settings->end;
    end->action = data->end_action;
    run.predictor.workers = workers_new(workers_threads(settings->threads), err);
    enum status status =
        run.predictor.workers ? measure(&run, data, err) : STATUS_NO_MEMORY;
    run_release(&run);
    return status;
}

void triage_importance_release(struct importance *importance)
{
    free(importance->inputs);
    *importance = (struct importance){.histories = 0};
}

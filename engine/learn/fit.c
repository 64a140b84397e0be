/*
 * The training loop: epochs, shuffling, learning rate, a running average of the weights,
 * early stopping on the validation part, the best weights so far.
 *
 * Validation looks at the averaged weights (Polyak averaging, its weight warmed up so that
 * early steps do not linger), and those are what is kept.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "learn/adam.h"
#include "learn/batch.h"
#include "learn/making.h"
#include "learn/score.h"
#include "math/gemm.h"

enum { EPOCH_STEPS = 20, SMALLEST_BATCH = 8 };

/* Everything that lives for one call of trainer_fit. */
struct fitting {
    const struct training *training;
    struct model *model;
    struct batch batch;
    struct adam adam;
    const struct watcher *watcher;
    struct report *report;

    const struct example **learn, **validate; /* learn is in this epoch's order */
    size_t n, m, batch_size, steps;           /* steps in an epoch */
    double warmup;                            /* in steps */
    const struct example *all;                /* the learning part in its own order */
    size_t *order;                            /* [n] */
    uint32_t *actions;                        /* [m] */
    float *scores;                            /* [m][C] */
    float *average, *best;                    /* blocks of the layout */

    uint64_t step, clipped;
    double best_loss;
    bool has_best;
    struct progress progress;
};

static double learning_rate(const struct fitting *f)
{
    const double pi = 3.14159265358979323846;
    double rate = f->training->learning_rate;
    double total = (double)(f->steps * f->training->epochs), step = (double)f->step;

    if (step < f->warmup)
        rate *= (step + 1.0) / f->warmup;
    if (f->training->schedule == 1)
        rate *= 0.02 + 0.98 * 0.5 * (1.0 + cos(pi * step / total));
    return rate;
}

static void add_to_average(struct fitting *f)
{
    double step = (double)f->step;
    double past = (1.0 + step) / (10.0 + step);
    float kept = (float)(past < f->training->average ? past : f->training->average);

    for (size_t i = 0; i < f->model->layout.floats; i++)
        f->average[i] = kept * f->average[i] + (1.0f - kept) * f->model->params[i];
}

/* One step of the optimiser on the s-th batch of the epoch. */
static enum status step(struct fitting *f, size_t s, double *loss, struct error *err)
{
    size_t first = s * f->batch_size, count = f->n - first;
    float *gradients = f->batch.shards[0].gradients;
    enum status status;

    count = count < f->batch_size ? count : f->batch_size;
    status = batch_gradient(&f->batch, f->model->params, f->learn + first, count, f->step,
                            loss, err);
    if (status != STATUS_OK)
        return status;
    double norm = clip_norm(gradients, f->model->layout.floats, f->training->clip);
    if (!isfinite(norm) || !isfinite(*loss))
        return error_set(err, STATUS_NOT_FINITE, "",
                         "loss or gradient is not finite in step %llu; try a smaller "
                         "learning rate",
                         (unsigned long long)f->step + 1);
    f->clipped += f->training->clip > 0.0 && norm > f->training->clip;
    adam_step(&f->adam, f->model->params, gradients, learning_rate(f),
              f->training->weight_decay);
    add_to_average(f);
    f->step++;
    f->progress.norm = norm;
    f->progress.clip_rate = (double)f->clipped / (double)f->step;
    f->report->norm_largest =
        norm > f->report->norm_largest ? norm : f->report->norm_largest;
    return STATUS_OK;
}

static bool look(struct fitting *f)
{
    return f->watcher == NULL || f->watcher->look(f->watcher->context, &f->progress);
}

/* The steps of one epoch; STATUS_INTERRUPTED when the watcher wants no more. */
static enum status run_epoch(struct fitting *f, uint32_t epoch, struct error *err)
{
    struct random random;
    double sum = 0.0, loss;
    enum status status;

    random_init(&random, f->training->seed, UINT64_C(0x5eed000000000000) + epoch);
    random_shuffle(&random, f->order, f->n);
    for (size_t i = 0; i < f->n; i++)
        f->learn[i] = &f->all[f->order[i]];
    f->progress.epoch = epoch;
    f->progress.epoch_ended = false;
    for (size_t s = 0; s < f->steps; s++) {
        status = step(f, s, &loss, err);
        if (status != STATUS_OK)
            return status;
        sum += loss;
        f->progress.step = (uint32_t)(s + 1);
        f->progress.learn_loss = sum / (double)(s + 1);
        if (!look(f))
            return STATUS_INTERRUPTED;
    }
    return STATUS_OK;
}

/* Validate the averaged weights and keep them if they are the best so far. */
static enum status end_epoch(struct fitting *f, struct error *err)
{
    struct score score = {f->progress.learn_loss, 0.0}; /* when nothing validates */

    if (f->m > 0) {
        enum status status =
            batch_scores(&f->batch, f->average, f->validate, f->m, f->scores, err);
        if (status != STATUS_OK)
            return status;
        score = score_of(f->scores, f->actions, f->m, f->model->action_count);
    }
    f->progress.epoch_ended = true;
    f->progress.is_best = !f->has_best || score.loss < f->best_loss;
    f->progress.validation_loss = score.loss;
    f->progress.validation_accuracy = score.accuracy;
    f->report->epochs = f->progress.epoch;
    if (f->progress.is_best) {
        f->has_best = true;
        f->best_loss = score.loss;
        memcpy(f->best, f->average, f->model->layout.floats * sizeof *f->best);
        f->report->best_epoch = f->progress.epoch;
        f->report->learn_loss = f->progress.learn_loss;
        f->report->validation_loss = score.loss;
        f->report->validation_accuracy = score.accuracy;
    }
    return STATUS_OK;
}

static enum status run_epochs(struct fitting *f, struct error *err)
{
    for (uint32_t epoch = 1; epoch <= f->training->epochs; epoch++) {
        struct error inner = {0};
        enum status status = run_epoch(f, epoch, &inner);
        f->report->was_interrupted = status == STATUS_INTERRUPTED;
        if (status == STATUS_OK || (status == STATUS_INTERRUPTED && !f->has_best))
            status = end_epoch(f, &inner);
        if (status == STATUS_NOT_FINITE && f->has_best) {
            f->report->blew_up = true; /* what was best before is still good */
            return STATUS_OK;
        }
        if (status != STATUS_OK && status != STATUS_INTERRUPTED)
            return error_set(err, status, inner.where, "%s", inner.text);
        if (f->report->was_interrupted)
            return STATUS_OK;
        if (!look(f)) {
            f->report->was_interrupted = true;
            return STATUS_OK;
        }
        if (epoch - f->report->best_epoch >= f->training->patience)
            break;
    }
    return STATUS_OK;
}

/* Back to the best weights, and the temperature that fits them. */
static enum status settle(struct fitting *f, struct error *err)
{
    size_t C = f->model->action_count;

    memcpy(f->model->params, f->best, f->model->layout.floats * sizeof *f->best);
    f->report->clip_rate = f->progress.clip_rate;
    f->model->temperature = 1.0f;
    if (f->training->calibrate && f->m > 0) {
        enum status status =
            batch_scores(&f->batch, f->best, f->validate, f->m, f->scores, err);
        if (status != STATUS_OK)
            return status;
        f->model->temperature = (float)score_temperature(f->scores, f->actions, f->m, C);
    }
    f->report->temperature = (double)f->model->temperature;
    return STATUS_OK;
}

/*
 * Small data gets small batches, so that an epoch has some twenty steps, and no more of the
 * training than a tenth is spent on warming up.
 */
static void choose_steps(struct fitting *f)
{
    size_t wanted = f->n / EPOCH_STEPS, most = f->training->batch;
    double tenth;

    wanted = wanted < SMALLEST_BATCH ? SMALLEST_BATCH : wanted;
    f->batch_size = wanted < most ? wanted : most;
    f->steps = (f->n + f->batch_size - 1) / f->batch_size;
    tenth = (double)(f->steps * f->training->epochs) / 10.0;
    f->warmup = f->training->warmup < tenth ? f->training->warmup : tenth;
}

static enum status prepare(struct fitting *f, const struct example *learn,
                           const struct example *validate, struct error *err)
{
    size_t C = f->model->action_count, bytes = f->model->layout.floats * sizeof(float);
    enum status status;

    if (f->n == 0) {
        (void)error_set(err, STATUS_BAD_INPUT, "", "there is no example to learn from");
        return STATUS_BAD_INPUT;
    }
    f->all = learn;
    choose_steps(f);
    f->learn = calloc(f->n, sizeof(void *));
    f->validate = calloc(f->m + 1, sizeof(void *));
    f->order = calloc(f->n, sizeof *f->order);
    f->actions = calloc(f->m + 1, sizeof *f->actions);
    f->scores = calloc(f->m + 1, C * sizeof *f->scores);
    f->average = params_new(&f->model->layout);
    f->best = params_new(&f->model->layout);
    if (f->learn == NULL || f->validate == NULL || f->order == NULL ||
        f->actions == NULL || f->scores == NULL || f->average == NULL || f->best == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < f->n; i++)
        f->order[i] = i;
    for (size_t i = 0; i < f->m; i++) {
        f->validate[i] = &validate[i];
        f->actions[i] = validate[i].action;
    }
    memcpy(f->average, f->model->params, bytes);
    f->progress.epochs = f->training->epochs;
    f->progress.validates = f->m > 0;
    f->progress.steps = (uint32_t)f->steps;
    status = adam_init(&f->adam, &f->model->layout, err);
    return status != STATUS_OK
               ? status
               : batch_init(&f->batch, f->model, f->training, f->batch_size, err);
}

static void fitting_release(struct fitting *f)
{
    if (f->batch.model != NULL)
        batch_release(&f->batch);
    adam_release(&f->adam);
    free(f->learn);
    free(f->validate);
    free(f->order);
    free(f->actions);
    free(f->scores);
    free(f->average);
    free(f->best);
}

enum status trainer_fit(struct trainer *trainer, const struct example *learn, size_t n,
                        const struct example *validate, size_t m,
                        const struct watcher *watcher, struct report *report,
                        struct error *err)
{
    struct fitting f = {.training = &trainer->training,
                        .model = trainer->model,
                        .watcher = watcher,
                        .report = report,
                        .n = n,
                        .m = m};
    enum status status;

    gemm_setup();
    memset(report, 0, sizeof *report);
    report->learn_count = n;
    report->validation_count = m;
    status = prepare(&f, learn, validate, err);
    if (status == STATUS_OK)
        status = run_epochs(&f, err);
    if (status == STATUS_OK)
        status = settle(&f, err);
    fitting_release(&f);
    return status;
}

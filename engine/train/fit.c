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
#include "train/adam.h"
#include "train/batch.h"
#include "train/making.h"
#include "train/validation.h"

enum { EPOCH_STEPS = 20, SMALLEST_BATCH = 8 };

/* Everything that lives for one call of trainer_fit. */
struct fitting {
    const struct training *training;
    struct trained_model *model;
    struct batch batch;
    struct adam adam;
    const struct progress_callback *callback;
    struct report *report;

    const struct example **all;   /* [n] the learning part in its own order */
    const struct example **learn; /* [n] the same in this epoch's order */
    size_t *order;                /* [n] */
    size_t n, batch_size, steps;  /* steps in an epoch */
    double warmup;                /* in steps */
    struct validation validation;
    float *average, *best; /* blocks of the layout */

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

    for (size_t i = 0; i < f->model->tensors.floats; i++)
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
    double norm = clip_norm(gradients, f->model->tensors.floats, f->training->clip);
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
    return f->callback == NULL || f->callback->call(f->callback->context, &f->progress);
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
        f->learn[i] = f->all[f->order[i]];
    f->progress.epoch = epoch;
    f->progress.has_epoch_ended = false;
    for (size_t s = 0; s < f->steps; s++) {
        status = step(f, s, &loss, err);
        if (status != STATUS_OK)
            return status;
        sum += loss;
        f->progress.step = (uint32_t)(s + 1);
        f->progress.train_loss = sum / (double)(s + 1);
        if (!look(f))
            return STATUS_INTERRUPTED;
    }
    return STATUS_OK;
}

/* Validate the averaged weights and keep them if they are the best so far. */
static enum status end_epoch(struct fitting *f, struct error *err)
{
    struct score score = {f->progress.train_loss, 0.0}; /* when nothing validates */

    if (f->validation.count > 0) {
        enum status status =
            validation_score(&f->validation, &f->batch, f->average, &score, err);
        if (status != STATUS_OK)
            return status;
    }
    f->progress.has_epoch_ended = true;
    f->progress.is_best = !f->has_best || score.loss < f->best_loss;
    f->progress.validation_loss = score.loss;
    f->progress.validation_accuracy = score.accuracy;
    f->report->epochs = f->progress.epoch;
    if (f->progress.is_best) {
        f->has_best = true;
        f->best_loss = score.loss;
        memcpy(f->best, f->average, f->model->tensors.floats * sizeof *f->best);
        f->report->best_epoch = f->progress.epoch;
        f->report->train_loss = f->progress.train_loss;
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
            f->report->has_diverged = true; /* what was best before is still good */
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
    double temperature = 1.0;

    memcpy(f->model->params, f->best, f->model->tensors.floats * sizeof *f->best);
    f->report->clip_rate = f->progress.clip_rate;
    if (f->training->calibrate && f->validation.count > 0) {
        enum status status =
            validation_temperature(&f->validation, &f->batch, f->best, &temperature, err);
        if (status != STATUS_OK)
            return status;
    }
    f->model->temperature = (float)temperature;
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

/* What learns: the examples that ask for something. */
static enum status choose_examples(struct fitting *f, const struct example *learn,
                                   size_t n, struct error *err)
{
    f->all = calloc(n + 1, sizeof(void *));
    f->learn = calloc(n + 1, sizeof(void *));
    f->order = calloc(n + 1, sizeof *f->order);
    if (f->all == NULL || f->learn == NULL || f->order == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < n; i++)
        if (example_targets(f->model, &learn[i]) > 0) {
            f->order[f->n] = f->n;
            f->all[f->n++] = &learn[i];
        }
    return f->n > 0 ? STATUS_OK
                    : error_set(err, STATUS_BAD_INPUT, "",
                                "there is no example to learn from");
}

static enum status prepare(struct fitting *f, const struct example *learn, size_t n,
                           const struct example *validate, size_t m, struct error *err)
{
    enum status status = choose_examples(f, learn, n, err);

    if (status == STATUS_OK)
        status = validation_init(&f->validation, f->model, validate, m, err);
    if (status != STATUS_OK)
        return status;
    choose_steps(f);
    f->average = tensors_zeros(&f->model->tensors);
    f->best = tensors_zeros(&f->model->tensors);
    if (f->average == NULL || f->best == NULL)
        return error_no_memory(err);
    memcpy(f->average, f->model->params, f->model->tensors.floats * sizeof *f->average);
    f->report->train_count = f->n;
    f->report->validation_count = f->validation.count;
    f->progress.epochs = f->training->epochs;
    f->progress.has_validation = f->validation.count > 0;
    f->progress.steps = (uint32_t)f->steps;
    status = adam_init(&f->adam, &f->model->tensors, err);
    return status != STATUS_OK
               ? status
               : batch_init(&f->batch, f->model, f->training, f->batch_size, err);
}

static void fitting_release(struct fitting *f)
{
    if (f->batch.model != NULL)
        batch_release(&f->batch);
    adam_release(&f->adam);
    validation_release(&f->validation);
    free(f->all);
    free(f->learn);
    free(f->order);
    free(f->average);
    free(f->best);
}

enum status triage_trainer_train(struct trainer *trainer,
                                 const struct training_data *data,
                                 const struct progress_callback *callback,
                                 struct report *report, struct error *err)
{
    struct fitting f = {.training = &trainer->training,
                        .model = trainer->model,
                        .callback = callback,
                        .report = report};
    enum status status;

    memset(report, 0, sizeof *report);
    status = prepare(&f, data->train, data->train_count, data->validation,
                     data->validation_count, err);
    if (status == STATUS_OK)
        status = run_epochs(&f, err);
    if (status == STATUS_OK)
        status = settle(&f, err);
    fitting_release(&f);
    return status;
}

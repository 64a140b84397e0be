/*
 * The training loop.
 *
 *     for each epoch:
 *         shuffle
 *         for each batch:  gradient, clip, Adam step, update the average, callback
 *         metrics of the average on the validation data; keep it if it is the best; callback
 *         stop after `patience` epochs without a better one, or at the limit of epochs
 *     weights = best average
 *
 * Without an explicit limit of epochs it is FIRST_LIMIT, and it doubles, at most to 4 times as
 * many, as long as the loss still falls when it is reached.  The learning rate falls along a
 * cosine that ends at the limit.  When the limit doubles, the rate goes on along the cosine that
 * ends at the new limit: it rises to about half of the full rate, and falls again (a warm restart,
 * Loshchilov and Hutter 2017).  So the rate of an epoch depends on its number only, and a refit of
 * any number of epochs has the same rates.
 */
#include "train/training_loop.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "train/adam.h"
#include "train/data_parallel.h"
#include "train/validation.h"

enum { EPOCH_STEPS = 20, MIN_BATCH = 8 };
enum { FIRST_LIMIT = 30, LAST_LIMIT = 4 * FIRST_LIMIT };

static const uint64_t shuffle_stream = UINT64_C(0x5eed000000000000);

struct training_loop {
    const struct training *training;
    struct trained_model *model;
    const struct progress_callback *callback;
    struct report *report;
    struct curve *curve;
    struct checkpoint *checkpoint; /* NULL: none */
    struct progress progress;
    bool is_refit;

    struct data_parallel parallel;
    struct adam adam;
    struct validation validation;

    const struct example **examples; /* [count] those with a label, in the given order */
    const struct example **shuffled; /* [count] the same in the order of this epoch */
    size_t *order;                   /* [count] */
    size_t count, batch_size;
    size_t steps;        /* in an epoch */
    double warmup_steps; /* at the beginning of the training */

    uint64_t step, clipped; /* steps so far, and those whose gradient was clipped */
    float *average, *best;  /* [tensors.floats] */
    double best_loss,
        early_loss; /* of all epochs; of the first two thirds of the limit */
    bool has_best;
};

/* ---- preparation --------------------------------------------------------------------- */

/* Append those of the examples that have a target. */
static void add_examples(struct training_loop *loop, const struct example *examples,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (example_target_count(loop->model, loop->training, &examples[i]) > 0) {
            loop->order[loop->count] = loop->count;
            loop->examples[loop->count++] = &examples[i];
        }
}

static enum status choose_examples(struct training_loop *loop,
                                   const struct training_data *data, struct error *err)
{
    size_t capacity = data->train_count + data->validation_count + 1; /* never 0 */
    loop->examples = calloc(capacity, sizeof *loop->examples);
    loop->shuffled = calloc(capacity, sizeof *loop->shuffled);
    loop->order = calloc(capacity, sizeof *loop->order);
    if (!loop->examples || !loop->shuffled || !loop->order)
        return error_no_memory(err);
    add_examples(loop, data->train, data->train_count);
    if (loop->count == 0)
        return error_set(err, STATUS_BAD_INPUT, "", "there is no example to train on");
    return STATUS_OK;
}

/* The targets of all training examples; those before the end of a history are not counted. */
static size_t count_targets(const struct training_loop *loop)
{
    size_t targets = 0;
    if (loop->model->task == TASK_LAST)
        return loop->count;
    for (size_t i = 0; i < loop->count; i++)
        targets += example_target_count(loop->model, loop->training, loop->examples[i]);
    return targets;
}

/* The limit of epochs that holds in an epoch. */
static uint32_t limit_at(const struct training *training, uint32_t epoch)
{
    uint32_t limit = FIRST_LIMIT;
    if (training->epochs > 0)
        return training->epochs;
    while (epoch > limit && limit < LAST_LIMIT)
        limit *= 2;
    return limit;
}

/*
 * A batch has as many histories as have training->batch targets on average, and at least one, so
 * that a few long histories get as many steps as many short ones.  Small data gets small batches,
 * so that an epoch has about EPOCH_STEPS steps.  The warm-up is at most a tenth of the training.
 */
static void choose_steps(struct training_loop *loop)
{
    size_t targets = count_targets(loop), limit = loop->training->batch;
    size_t size = targets / EPOCH_STEPS;
    assert(targets > 0);
    size = size < MIN_BATCH ? MIN_BATCH : size;
    size = size < limit ? size : limit;
    loop->batch_size = (size * loop->count + targets / 2) / targets;
    loop->batch_size = loop->batch_size < 1 ? 1 : loop->batch_size;
    size_t steps = (loop->count + loop->batch_size - 1) / loop->batch_size;
    double tenth = (double)steps * (double)limit_at(loop->training, 1) / 10.0;
    loop->warmup_steps = loop->training->warmup < tenth ? loop->training->warmup : tenth;
}

static enum status prepare(struct training_loop *loop, const struct training_data *data,
                           struct error *err)
{
    const struct tensor_list *tensors = &loop->model->tensors;
    size_t validated = loop->is_refit ? 0 : data->validation_count;
    RETURN_IF_ERROR(choose_examples(loop, data, err));
    RETURN_IF_ERROR(validation_init(&loop->validation, loop->model, 1, loop->training,
                                    data->validation, validated, err));
    choose_steps(loop); /* of the training part, also in a refit: the same batches */
    if (loop->is_refit)
        add_examples(loop, data->validation, data->validation_count);
    loop->steps = (loop->count + loop->batch_size - 1) / loop->batch_size;
    loop->average = tensors_zeros(tensors);
    loop->best = tensors_zeros(tensors);
    if (!loop->average || !loop->best)
        return error_no_memory(err);
    memcpy(loop->average, loop->model->params, tensors->floats * sizeof *loop->average);
    loop->progress.steps = (uint32_t)loop->steps;
    loop->progress.has_validation = loop->validation.count > 0;
    loop->progress.is_refit = loop->is_refit;
    RETURN_IF_ERROR(adam_init(&loop->adam, tensors, err));
    return data_parallel_init(&loop->parallel, loop->model, loop->training,
                              loop->batch_size, err);
}

/* Add everything that an epoch leaves to the next one.  Restores it, if there is something. */
static enum status add_state(struct training_loop *loop, struct error *err)
{
    const size_t floats = loop->model->tensors.floats * sizeof(float);
    const struct checkpoint_piece pieces[] = {
        {&loop->progress.epoch, sizeof loop->progress.epoch},
        {&loop->progress.train_loss, sizeof loop->progress.train_loss},
        {&loop->progress.clip_rate, sizeof loop->progress.clip_rate},
        {loop->report, sizeof *loop->report},
        {loop->order, loop->count * sizeof *loop->order},
        {&loop->step, sizeof loop->step},
        {&loop->clipped, sizeof loop->clipped},
        {&loop->best_loss, sizeof loop->best_loss},
        {&loop->early_loss, sizeof loop->early_loss},
        {&loop->has_best, sizeof loop->has_best},
        {&loop->adam.steps, sizeof loop->adam.steps},
        {loop->adam.m, floats},
        {loop->adam.v, floats},
        {loop->average, floats},
        {loop->best, floats},
    };
    for (size_t i = 0; loop->checkpoint && i < sizeof pieces / sizeof *pieces; i++)
        RETURN_IF_ERROR(
            checkpoint_add(loop->checkpoint, pieces[i].bytes, pieces[i].length, err));
    for (size_t i = 0; loop->checkpoint && i < loop->count; i++)
        if (loop->order[i] >= loop->count)
            return error_set(err, STATUS_BAD_INPUT, loop->checkpoint->path,
                             "the checkpoint does not fit this training");
    return STATUS_OK;
}

static enum status write_checkpoint(const struct training_loop *loop, struct error *err)
{
    return loop->checkpoint ? checkpoint_write(loop->checkpoint, err) : STATUS_OK;
}

static void training_loop_release(struct training_loop *loop)
{
    data_parallel_release(&loop->parallel);
    adam_release(&loop->adam);
    validation_release(&loop->validation);
    free(loop->examples);
    free(loop->shuffled);
    free(loop->order);
    free(loop->average);
    free(loop->best);
}

/* ---- steps --------------------------------------------------------------------------- */

/* Linear warm-up, then constant or falling along a cosine to 2 % of the full rate. */
static double learning_rate(const struct training_loop *loop)
{
    const double pi = 3.14159265358979323846;
    double rate = loop->training->learning_rate, step = (double)loop->step;
    uint32_t epoch = (uint32_t)(loop->step / loop->steps) + 1;
    double total = (double)loop->steps * (double)limit_at(loop->training, epoch);

    if (step < loop->warmup_steps)
        rate *= (step + 1.0) / loop->warmup_steps;
    if (loop->training->schedule == SCHEDULE_COSINE)
        rate *= 0.02 + 0.98 * 0.5 * (1.0 + cos(pi * step / total));
    return rate;
}

/* The weight of the past grows from 1 / 10, so that the initial weights are soon negligible. */
static void update_average(struct training_loop *loop)
{
    double step = (double)loop->step;
    double past = (1.0 + step) / (10.0 + step);
    float kept = (float)(past < loop->training->average ? past : loop->training->average);

    for (size_t i = 0; i < loop->model->tensors.floats; i++)
        loop->average[i] =
            kept * loop->average[i] + (1.0f - kept) * loop->model->params[i];
}

/* One step on the s-th batch of the epoch.  *loss is the loss of the batch before the step. */
static enum status run_step(struct training_loop *loop, size_t s, double *loss,
                            struct error *err)
{
    const struct training *training = loop->training;
    size_t first = s * loop->batch_size, left = loop->count - first;
    const struct example_list batch = {
        .items = loop->shuffled + first,
        .count = left < loop->batch_size ? left : loop->batch_size};
    float *params = loop->model->params;

    RETURN_IF_ERROR(
        data_parallel_backward(&loop->parallel, params, batch, loop->step, loss, err));
    float *gradients = data_parallel_gradients(&loop->parallel);
    double norm = clip_norm(gradients, loop->model->tensors.floats, training->clip);
    if (!isfinite(norm) || !isfinite(*loss))
        return error_set(err, STATUS_NOT_FINITE, "",
                         "loss or gradient is not finite in step %llu; try a smaller "
                         "learning rate",
                         (unsigned long long)loop->step + 1);
    loop->clipped += training->clip > 0.0 && norm > training->clip;
    double rate = learning_rate(loop);
    adam_step(&loop->adam, params, gradients, rate, training->weight_decay);
    update_average(loop);
    loop->step++;
    loop->progress.learning_rate = rate;
    loop->progress.norm = norm;
    loop->progress.clip_rate = (double)loop->clipped / (double)loop->step;
    loop->report->norm_largest = fmax(norm, loop->report->norm_largest);
    return STATUS_OK;
}

/* Call the callback.  false: stop. */
static bool report_progress(const struct training_loop *loop)
{
    const struct progress_callback *callback = loop->callback;
    return !callback || callback->call(callback->context, &loop->progress);
}

/* ---- epochs -------------------------------------------------------------------------- */

/* The steps of an epoch.  STATUS_INTERRUPTED if the callback returns false. */
static enum status run_steps(struct training_loop *loop, uint32_t epoch,
                             struct error *err)
{
    struct random random;
    double sum = 0.0, loss;

    random_init(&random, loop->training->seed, shuffle_stream + epoch);
    random_shuffle(&random, loop->order, loop->count);
    for (size_t i = 0; i < loop->count; i++)
        loop->shuffled[i] = loop->examples[loop->order[i]];
    loop->progress.epoch = epoch;
    loop->progress.epochs =
        loop->is_refit ? loop->report->best_epoch : limit_at(loop->training, epoch);
    loop->progress.has_epoch_ended = false;
    for (size_t s = 0; s < loop->steps; s++) {
        RETURN_IF_ERROR(run_step(loop, s, &loss, err));
        sum += loss;
        loop->progress.step = (uint32_t)(s + 1);
        loop->progress.train_loss = sum / (double)(s + 1);
        if (!report_progress(loop))
            return STATUS_INTERRUPTED;
    }
    return STATUS_OK;
}

static void report_validation(struct report *report, const struct loss_metrics *metrics)
{
    report->validation_loss = metrics->loss;
    report->validation_accuracy = metrics->accuracy;
    report->validation_end_loss = metrics->end_loss;
    report->validation_prefix_loss = metrics->prefix_loss;
    report->validation_prefix_accuracy = metrics->prefix_accuracy;
}

/* Evaluate the averaged weights, and keep them if they are the best so far. */
static enum status end_epoch(struct training_loop *loop, struct error *err)
{
    struct progress *progress = &loop->progress;
    struct report *report = loop->report;
    struct loss_metrics metrics = {.loss = progress->train_loss};

    if (loop->validation.count > 0)
        RETURN_IF_ERROR(validation_measure(&loop->validation, &loop->parallel,
                                           loop->average, &metrics, err));
    progress->has_epoch_ended = true;
    progress->is_best = !loop->has_best || metrics.loss < loop->best_loss;
    progress->validation_loss = metrics.loss;
    progress->validation_accuracy = metrics.accuracy;
    progress->validation_end_loss = metrics.end_loss;
    report->epochs = progress->epoch;
    curve_add(loop->curve, progress);
    if (!progress->is_best)
        return STATUS_OK;
    loop->has_best = true;
    loop->best_loss = metrics.loss;
    if (progress->epoch <= progress->epochs * 2 / 3 || progress->epoch == 1)
        loop->early_loss = metrics.loss;
    memcpy(loop->best, loop->average, loop->model->tensors.floats * sizeof *loop->best);
    report->best_epoch = progress->epoch;
    report->train_loss = progress->train_loss;
    report_validation(report, &metrics);
    return STATUS_OK;
}

/*
 * At the limit of epochs: does the loss still fall?  The best epoch is one of the last tenth, and
 * the last third of the epochs has made the loss smaller by more than a hundredth.
 */
static bool still_improves(const struct training_loop *loop, uint32_t limit)
{
    uint32_t tenth = limit / 10 > 0 ? limit / 10 : 1;
    return loop->report->best_epoch + tenth > limit &&
           loop->best_loss < 0.99 * loop->early_loss - 1e-3;
}

/* Is this epoch the last one? */
static bool is_last_epoch(struct training_loop *loop, uint32_t epoch)
{
    const struct training *training = loop->training;
    uint32_t limit = limit_at(training, epoch);

    if (epoch - loop->report->best_epoch >= training->patience)
        return true;
    if (epoch < limit)
        return false;
    if (training->epochs > 0 || limit >= LAST_LIMIT || !still_improves(loop, limit))
        return true;
    loop->early_loss = loop->best_loss;
    return false;
}

/*
 * When the callback stops the training, or when it diverges, the best weights so far are the
 * result.  If the callback stops the first epoch, its weights at that point are evaluated; if the
 * first epoch diverges, there is no result: STATUS_NOT_FINITE.
 */
static enum status run_epochs(struct training_loop *loop, struct error *err)
{
    struct report *report = loop->report;

    uint32_t epoch = loop->progress.epoch; /* 0, or the last one of the checkpoint */
    if (epoch > 0 && is_last_epoch(loop, epoch))
        return STATUS_OK;
    for (epoch++;; epoch++) {
        struct error inner = {0}; /* not err: diverging is not always a failure */
        enum status status = run_steps(loop, epoch, &inner);
        report->was_interrupted = status == STATUS_INTERRUPTED;
        if (status == STATUS_OK || (status == STATUS_INTERRUPTED && !loop->has_best))
            status = end_epoch(loop, &inner);
        if (status == STATUS_NOT_FINITE && loop->has_best) {
            report->has_diverged = true;
            return STATUS_OK;
        }
        if (status != STATUS_OK && status != STATUS_INTERRUPTED)
            return error_set(err, status, inner.where, "%s", inner.text);
        if (report->was_interrupted)
            return STATUS_OK;
        RETURN_IF_ERROR(write_checkpoint(loop, err));
        if (!report_progress(loop)) {
            report->was_interrupted = true;
            return STATUS_OK;
        }
        if (is_last_epoch(loop, epoch))
            return STATUS_OK;
    }
}

static enum status choose(struct training_loop *loop, const struct training_data *data,
                          struct error *err)
{
    struct report *report = loop->report;
    RETURN_IF_ERROR(prepare(loop, data, err));
    report->train_count = loop->count;
    report->validation_count = loop->validation.count;
    RETURN_IF_ERROR(add_state(loop, err));
    RETURN_IF_ERROR(run_epochs(loop, err));
    memcpy(loop->model->params, loop->best,
           loop->model->tensors.floats * sizeof *loop->best);
    report->clip_rate = loop->progress.clip_rate;
    report->was_limited = report->best_epoch == report->epochs &&
                          report->epochs == limit_at(loop->training, report->epochs);
    return STATUS_OK;
}

enum status training_loop_choose(struct trained_model *model,
                                 const struct training *training,
                                 const struct training_data *data,
                                 const struct progress_callback *callback,
                                 struct curve *curve, struct checkpoint *checkpoint,
                                 struct report *report, struct error *err)
{
    struct training_loop loop = {.training = training,
                                 .model = model,
                                 .callback = callback,
                                 .report = report,
                                 .curve = curve,
                                 .checkpoint = checkpoint};
    const size_t pieces = checkpoint ? checkpoint->count : 0;

    memset(report, 0, sizeof *report);
    enum status status = choose(&loop, data, err);
    if (checkpoint)
        checkpoint_keep(checkpoint, pieces);
    training_loop_release(&loop);
    return status;
}

/* ---- before the training ------------------------------------------------------------- */

/* To measure all networks of a model without training them.  Then validation.count may be 0. */
static enum status begin_measuring(struct training_loop *loop,
                                   const struct training_data *data, struct error *err)
{
    RETURN_IF_ERROR(validation_init(&loop->validation, loop->model, loop->model->members,
                                    loop->training, data->validation,
                                    data->validation_count, err));
    return loop->validation.count == 0
               ? STATUS_OK
               : data_parallel_init(&loop->parallel, loop->model, loop->training, 1, err);
}

static enum status measure_start(struct training_loop *loop,
                                 const struct training_data *data,
                                 struct start_report *start, struct error *err)
{
    const struct trained_model *model = loop->model;
    struct loss_metrics metrics;
    RETURN_IF_ERROR(begin_measuring(loop, data, err));
    if (loop->validation.count == 0)
        return STATUS_OK;
    RETURN_IF_ERROR(validation_measure(&loop->validation, &loop->parallel, model->params,
                                       &metrics, err));
    *start = (struct start_report){.exists = true,
                                   .loss = metrics.loss,
                                   .end_loss = metrics.end_loss,
                                   .accuracy = metrics.accuracy};
    return STATUS_OK;
}

enum status training_loop_measure_start(struct trained_model *model,
                                        const struct training *training,
                                        const struct training_data *data,
                                        struct start_report *start, struct error *err)
{
    struct training_loop loop = {.training = training, .model = model};
    *start = (struct start_report){.exists = false};
    enum status status = measure_start(&loop, data, start, err);
    training_loop_release(&loop);
    return status;
}

/* ---- temperature --------------------------------------------------------------------- */

static enum status fit_temperature(struct training_loop *loop,
                                   const struct training_data *data, double *temperature,
                                   struct error *err)
{
    const struct trained_model *model = loop->model;
    RETURN_IF_ERROR(begin_measuring(loop, data, err));
    if (loop->validation.count == 0)
        return STATUS_OK;
    if (model->members > 1) {
        struct loss_metrics metrics;
        RETURN_IF_ERROR(validation_measure(&loop->validation, &loop->parallel,
                                           model->params, &metrics, err));
        report_validation(loop->report, &metrics);
    }
    if (!loop->training->calibrate)
        return STATUS_OK;
    return validation_fit_temperature(&loop->validation, &loop->parallel, model->params,
                                      temperature, err);
}

enum status training_loop_fit_temperature(struct trained_model *model,
                                          const struct training *training,
                                          const struct training_data *data,
                                          struct report *report, struct error *err)
{
    struct training_loop loop = {.training = training, .model = model, .report = report};
    double temperature = (double)model->temperature; /* 1, or that of --from */

    enum status status = fit_temperature(&loop, data, &temperature, err);
    training_loop_release(&loop);
    RETURN_IF_ERROR(status);
    model->temperature = (float)temperature;
    report->temperature = (double)model->temperature;
    return STATUS_OK;
}

/* ---- refit --------------------------------------------------------------------------- */

static enum status refit(struct training_loop *loop, const struct training_data *data,
                         struct error *err)
{
    RETURN_IF_ERROR(prepare(loop, data, err));
    RETURN_IF_ERROR(add_state(loop, err));
    uint32_t epoch = loop->progress.epoch + 1; /* 1, or that after the checkpoint */
    for (; epoch <= loop->report->best_epoch; epoch++) {
        RETURN_IF_ERROR(run_steps(loop, epoch, err));
        loop->progress.has_epoch_ended = true;
        curve_add(loop->curve, &loop->progress);
        RETURN_IF_ERROR(write_checkpoint(loop, err));
        if (!report_progress(loop))
            return STATUS_INTERRUPTED;
    }
    memcpy(loop->model->params, loop->average,
           loop->model->tensors.floats * sizeof *loop->average);
    return STATUS_OK;
}

enum status training_loop_refit(struct trained_model *model,
                                const struct training *training,
                                const struct training_data *data,
                                const struct progress_callback *callback,
                                struct curve *curve, struct checkpoint *checkpoint,
                                struct report *report, struct error *err)
{
    struct report copy =
        *report; /* the figures of the report stay those of the first run */
    struct training_loop loop = {.training = training,
                                 .model = model,
                                 .callback = callback,
                                 .report = &copy,
                                 .curve = curve,
                                 .checkpoint = checkpoint,
                                 .is_refit = true};
    const size_t pieces = checkpoint ? checkpoint->count : 0;

    enum status status = refit(&loop, data, err);
    if (checkpoint)
        checkpoint_keep(checkpoint, pieces);
    report->refit_count = status == STATUS_OK ? loop.count : 0;
    report->refit_loss = loop.progress.train_loss;
    training_loop_release(&loop);
    return status;
}

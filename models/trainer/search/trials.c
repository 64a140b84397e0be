/* Running trials side by side, and comparing their losses. */
#include "search/trials.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

struct running {
    const struct trial_runner *runner;
    struct trial *trials;
    uint32_t threads; /* of each training */
    pthread_mutex_t mutex;
};

static bool on_progress(void *context, const struct progress *progress)
{
    const struct trial_runner *runner = ((const struct running *)context)->runner;
    (void)progress;
    return !runner->should_stop(runner->context);
}

static enum status run_trial(struct running *running, struct trial *trial)
{
    const struct trial_runner *runner = running->runner;
    const struct progress_callback callback = {.call = on_progress, .context = running};
    struct error *err = &trial->err;
    trial->training.threads = running->threads;
    trial->trainer =
        triage_trainer_new(trial->schema, &trial->spec, runner->task, runner->actions,
                           runner->action_count, &trial->training, err);
    if (!trial->trainer)
        return err->status;
    RETURN_IF_ERROR(triage_trainer_train(trial->trainer, trial->data,
                                         runner->should_stop ? &callback : NULL,
                                         &trial->report, err));
    if (trial->report.was_interrupted)
        return error_set(err, STATUS_INTERRUPTED, "", "stopped");
    trial->loss = trial->report.validation_loss;
    size_t count = trial->data->validation_count;
    if (!trial->needs_losses)
        return STATUS_OK;
    trial->losses = calloc(count + 1, sizeof *trial->losses);
    if (!trial->losses)
        return error_no_memory(err);
    return losses_measure(trial->trainer, &trial->training, trial->data->validation,
                          count, trial->losses, err);
}

static void trial_task(void *context, size_t i)
{
    struct running *running = context;
    const struct trial_runner *runner = running->runner;
    struct trial *trial = &running->trials[i];
    trial->loss = INFINITY;
    trial->err.status = run_trial(running, trial);
    if (trial->err.status != STATUS_OK) {
        triage_trainer_free(trial->trainer);
        free(trial->losses);
        trial->trainer = NULL;
        trial->losses = NULL;
        trial->loss = INFINITY;
    }
    if (!runner->on_end)
        return;
    pthread_mutex_lock(&running->mutex);
    runner->on_end(runner->context, trial);
    pthread_mutex_unlock(&running->mutex);
}

struct training trial_training(const struct training *training, bool is_full)
{
    struct training trial = *training;
    trial.refit = false;
    trial.members = 1;
    if (!is_full) {
        trial.calibrate = false;
        trial.accuracy = 0.0;
    }
    return trial;
}

enum status trials_run(const struct trial_runner *runner, struct trial *trials,
                       size_t count, struct error *err)
{
    struct running running = {.runner = runner, .trials = trials};
    size_t threads = workers_count(runner->workers);
    running.threads = (uint32_t)(count > 0 && count < threads ? threads / count : 1);
    pthread_mutex_init(&running.mutex, NULL);
    workers_run(runner->workers, trial_task, &running, count);
    pthread_mutex_destroy(&running.mutex);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        const struct error *own = &trials[i].err;
        if (own->status == STATUS_INTERRUPTED)
            status = STATUS_INTERRUPTED;
        else if (own->status != STATUS_OK && own->status != STATUS_NOT_FINITE)
            return error_set(err, own->status, own->where, "%s", own->text);
    }
    return status;
}

void trial_release(struct trial *trial)
{
    triage_trainer_free(trial->trainer);
    free(trial->losses);
    trial->trainer = NULL;
    trial->losses = NULL;
}

/* ---- losses ---- */

static double loss_of(float probability)
{
    double p = (double)probability;
    return -log(p < DBL_MIN ? DBL_MIN : p);
}

/* A classifier, and the probabilities [longest][C] after each event of a history. */
struct measuring {
    struct model *model;
    struct classifier *classifier;
    float *probabilities;
    size_t C;
    bool is_last;
    double
        prefix_weight; /* of the training, and how the losses before the end are added */
    bool sums_prefixes;
};

static void measuring_release(struct measuring *m)
{
    triage_classifier_free(m->classifier);
    triage_model_free(m->model);
    free(m->probabilities);
}

static enum status measuring_init(struct measuring *m, struct trainer *trainer,
                                  uint32_t longest, struct error *err)
{
    char *bytes;
    size_t length, floats;
    RETURN_IF_ERROR(triage_trainer_write(trainer, NULL, &bytes, &length, err));
    m->model = triage_model_read("the model of a trial", bytes, length, err);
    free(bytes);
    if (!m->model)
        return err->status;
    m->C = triage_model_actions(m->model);
    m->is_last = triage_model_task(m->model) == TASK_LAST;
    m->classifier = triage_classifier_new(m->model, 1, longest, err);
    if (!m->classifier)
        return STATUS_NO_MEMORY;
    if (size_multiply(longest, m->C * sizeof *m->probabilities, &floats))
        m->probabilities = malloc(floats);
    return m->probabilities ? STATUS_OK : error_no_memory(err);
}

/* TASK_LAST: the loss after the last event, and the mean or sum of those before with their weight. */
static struct history_loss last_loss(const struct measuring *m,
                                     const struct example *example)
{
    uint32_t last = example->history.length - 1;
    double weight = m->sums_prefixes ? m->prefix_weight * last : m->prefix_weight;
    double end = loss_of(m->probabilities[last * m->C + example->action]), earlier = 0.0;
    for (uint32_t t = 0; t < last; t++)
        earlier += loss_of(m->probabilities[t * m->C + example->action]);
    if (last == 0 || weight <= 0.0)
        return (struct history_loss){.sum = end, .weight = 1.0};
    return (struct history_loss){.sum = end + weight * earlier / (double)last,
                                 .weight = 1.0 + weight};
}

static enum status measure_example(struct measuring *m, const struct example *example,
                                   struct history_loss *loss, struct error *err)
{
    const struct history *history = &example->history;
    *loss = (struct history_loss){.sum = 0.0};
    if (m->is_last && example->action >= m->C)
        return STATUS_OK;
    if (m->is_last && m->prefix_weight <= 0.0) {
        RETURN_IF_ERROR(
            triage_classifier_run(m->classifier, history, 1, m->probabilities, err));
        *loss = (struct history_loss){.sum = loss_of(m->probabilities[example->action]),
                                      .weight = 1.0};
        return STATUS_OK;
    }
    RETURN_IF_ERROR(
        triage_classifier_trace(m->classifier, history, m->probabilities, err));
    if (m->is_last) {
        *loss = last_loss(m, example);
        return STATUS_OK;
    }
    for (uint32_t t = 0; t < history->length; t++) {
        uint32_t action = example_action(example, t);
        if (action >= m->C)
            continue;
        loss->sum += loss_of(m->probabilities[t * m->C + action]);
        loss->weight += 1.0;
    }
    return STATUS_OK;
}

enum status losses_measure(struct trainer *trainer, const struct training *training,
                           const struct example *examples, size_t count,
                           struct history_loss *losses, struct error *err)
{
    struct measuring m = {.model = NULL};
    uint32_t longest = 1;
    for (size_t i = 0; i < count; i++)
        if (examples[i].history.length > longest)
            longest = examples[i].history.length;
    enum status status = measuring_init(&m, trainer, longest, err);
    if (status == STATUS_OK && triage_model_spec(m.model)->directions == 1)
        m.prefix_weight = training->prefix_weight;
    m.sums_prefixes = training->prefix_loss == PREFIX_SUM;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = measure_example(&m, &examples[i], &losses[i], err);
    measuring_release(&m);
    return status;
}

double losses_mean(const struct history_loss *losses, size_t count)
{
    double sum = 0.0, weight = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += losses[i].sum;
        weight += losses[i].weight;
    }
    return weight > 0.0 ? sum / weight : INFINITY;
}

/*
 * The mean is a ratio of sums over histories; its variance by linearisation is that of
 * d_i - mean w_i, with d_i the difference and w_i the weight of history i.
 */
struct loss_difference losses_compare(const struct history_loss *a,
                                      const struct history_loss *b, size_t count)
{
    double sum = 0.0, weight = 0.0, squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += b[i].sum - a[i].sum;
        weight += a[i].weight;
    }
    if (weight <= 0.0)
        return (struct loss_difference){.mean = 0.0};
    double mean = sum / weight;
    for (size_t i = 0; i < count; i++) {
        double rest = b[i].sum - a[i].sum - mean * a[i].weight;
        squares += rest * rest;
    }
    double error = sqrt(squares) / weight;
    return (struct loss_difference){.mean = mean, .z = error > 0.0 ? mean / error : 0.0};
}

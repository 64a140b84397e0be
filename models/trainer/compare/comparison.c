/* Trains and measures one network after another, in the order of the list. */
#include "compare/comparison.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "architecture.h"
#include "evaluation.h"
#include "evaluation_inputs.h"
#include "lags.h"
#include "progress.h"

/* What all networks have in common. */
struct course {
    const struct comparison_settings *settings;
    struct comparison *comparison;
    struct training training;
    struct evaluation_inputs tested; /* empty without a test part */
    const struct example *measured;  /* [measured_count] */
    size_t measured_count;
    struct example *counted; /* [counted_count] what baselines are trained on; owned */
    size_t counted_count;
};

/* ---- training ---------------------------------------------------------------------------- */

static struct trainer *new_trainer(const struct course *course, enum task task,
                                   const struct spec *spec, uint64_t seed,
                                   struct error *err)
{
    const struct comparison_settings *settings = course->settings;
    const struct examples *examples = settings->examples;
    struct training training = course->training;
    training.seed = seed;
    return triage_trainer_new(settings->inputs->schema, spec, task,
                              (const char *const *)examples->actions,
                              examples->action_count, &training, err);
}

/* The model with the weights of the trainer; NULL after a failure. */
static struct model *make_model(struct trainer *trainer, const char *name,
                                struct error *err)
{
    char *bytes;
    size_t length;
    if (triage_trainer_write(trainer, NULL, &bytes, &length, err) != STATUS_OK)
        return NULL;
    struct model *model = triage_model_read(name, bytes, length, err);
    free(bytes);
    return model;
}

static bool go_on(void *context, const struct progress *progress)
{
    (void)context;
    (void)progress;
    return !progress_was_interrupted();
}

/* Train a network; NULL after a failure. */
static struct model *train_model(const struct course *course,
                                 const struct compared_network *network, uint64_t seed,
                                 struct report *report, struct error *err)
{
    const struct progress_callback callback = {.call = go_on};
    struct model *model = NULL;
    enum task task = network->kind.is_encoder_decoder
                         ? TASK_CONTINUE
                         : (enum task)course->settings->recipe->task;
    struct trainer *trainer = new_trainer(course, task, &network->spec, seed, err);
    if (!trainer)
        return NULL;
    fprintf(stderr, "%s, seed %" PRIu64 ": ", network->kind.name, seed);
    enum status status = triage_trainer_train(trainer, &course->settings->inputs->data,
                                              &callback, report, err);
    if (status == STATUS_OK && report->was_interrupted)
        status = error_set(err, STATUS_INTERRUPTED, "", "stopped by a signal");
    if (status == STATUS_OK)
        model = make_model(trainer, network->kind.name, err);
    if (model)
        fprintf(stderr, "best epoch %" PRIu32 " of %" PRIu32, report->best_epoch,
                report->epochs);
    if (model && report->validation_count > 0)
        fprintf(stderr, ", validation loss %.4f, accuracy %.4f",
                report->validation_end_loss, report->validation_accuracy);
    fputc('\n', stderr);
    triage_trainer_free(trainer);
    return model;
}

/* ---- measuring --------------------------------------------------------------------------- */

/* That no gradient can be measured is noted, and no failure. */
static enum status measure_lags(const struct course *course, const struct model *model,
                                struct measures *measures, struct error *err)
{
    struct comparison *comparison = course->comparison;
    const struct lag_examples from = {.examples = course->measured,
                                      .count = course->measured_count,
                                      .longest = LONGEST_LAGS};
    struct error inner = {.status = STATUS_OK};
    struct lags lags;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (size_t i = 0; i < LAGS_MOST; i++)
        measures->gradients[i] = (double)NAN;
    enum status status = lags_measure(&lags, model, &from, &arena, &inner);
    for (size_t i = 0; i < LAGS_MOST && status == STATUS_OK; i++) {
        if (comparison_lag(i) >= lags.length)
            break;
        measures->gradients[i] = lags.norms[comparison_lag(i)] / lags.norms[0];
        if (comparison->lag_count <= i)
            comparison->lag_count = i + 1;
    }
    arena_release(&arena);
    if (status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (status != STATUS_OK)
        (void)snprintf(comparison->lags_note, sizeof comparison->lags_note, "%s",
                       inner.text);
    return STATUS_OK;
}

static enum status measure_answers(const struct course *course, const struct model *model,
                                   struct measures *measures, struct error *err)
{
    struct comparison *comparison = course->comparison;
    struct answer_counts counts;
    RETURN_IF_ERROR(
        answers_count(&counts, model, course->measured, course->measured_count, err));
    measures->accuracy = (double)counts.correct / (double)counts.positions;
    measures->loss = counts.loss;
    comparison->positions = counts.positions;
    for (int b = 0; b < LENGTH_BUCKETS; b++) {
        const struct length_counts *bucket = &counts.by_events[b];
        comparison->by_events[b] = bucket->positions;
        measures->by_events[b] = (double)bucket->correct / (double)bucket->positions;
    }
    return STATUS_OK;
}

/* The best of the baselines; the first of equal ones, which is the simplest. */
static void choose_baselines(struct comparison *comparison,
                             const struct evaluation *evaluation)
{
    struct best_baseline *accuracy = &comparison->best_accuracy;
    struct best_baseline *loss = &comparison->best_loss;
    for (int i = 0; i < EVALUATION_BASELINES; i++) {
        const struct baseline_metrics *baseline = &evaluation->baselines[i];
        if (!baseline->is_available)
            continue;
        if (!accuracy->name || baseline->accuracy.value > accuracy->value)
            *accuracy = (struct best_baseline){baseline->name, baseline->accuracy.value};
        if (!loss->name || baseline->loss.value < loss->value)
            *loss = (struct best_baseline){baseline->name, baseline->loss.value};
    }
}

/* The model does not matter: only the baselines of the evaluation are used. */
static enum status measure_baselines(const struct course *course,
                                     const struct model *model, struct error *err)
{
    struct evaluation_settings settings;
    struct evaluation evaluation;
    const struct option_table table = {.options = triage_evaluation_options,
                                       .values = &settings};
    struct evaluation_data data = evaluation_inputs_data(&course->tested, model);
    RETURN_IF_ERROR(option_table_set_defaults(&table, err));
    settings.known = false;
    settings.resamples = 100; /* the fewest: no interval is used */
    settings.threads = course->training.threads;
    data.evaluated = course->measured;
    data.evaluated_count = course->measured_count;
    data.training = course->counted;
    data.training_count = course->counted_count;
    data.posterior = data.posteriors = NULL;
    enum status status = triage_evaluate(&evaluation, model, &data, &settings, err);
    if (status == STATUS_OK)
        choose_baselines(course->comparison, &evaluation);
    triage_evaluation_release(&evaluation);
    return status;
}

static enum status run_seed(const struct course *course, struct compared_network *network,
                            uint32_t index, struct error *err)
{
    struct comparison *comparison = course->comparison;
    struct measures *measures = &network->runs[index];
    struct report report;
    size_t stored;
    struct model *model =
        train_model(course, network, comparison->first_seed + index, &report, err);
    if (!model)
        return err->status;
    network->parameters = architecture_parameters(model, &stored);
    measures->best_epoch = report.best_epoch;
    bool is_alike = !network->kind.is_encoder_decoder;
    measures->validation_accuracy = is_alike ? report.validation_accuracy : (double)NAN;
    measures->validation_loss = is_alike ? report.validation_end_loss : (double)NAN;
    enum status status = measure_answers(course, model, measures, err);
    if (status == STATUS_OK)
        status = measure_lags(course, model, measures, err);
    if (status == STATUS_OK && index == 0 && comparison->has_times)
        status = times_measure(network->times_us, model, err);
    if (status == STATUS_OK && !comparison->best_accuracy.name)
        status = measure_baselines(course, model, err);
    triage_model_free(model);
    return status;
}

/* ---- means ------------------------------------------------------------------------------- */

/* The standard deviation of values whose squared distances to their mean add up to `squares`. */
static double deviation(double squares, uint32_t count)
{
    return count > 1 ? sqrt(squares / (count - 1)) : 0.0;
}

static void summarise(struct compared_network *network, uint32_t seeds)
{
    struct measures *mean = &network->mean;
    double accuracy_squares = 0.0, loss_squares = 0.0;
    for (uint32_t i = 0; i < seeds; i++) {
        const struct measures *run = &network->runs[i];
        mean->best_epoch += run->best_epoch / seeds;
        mean->validation_accuracy += run->validation_accuracy / seeds;
        mean->validation_loss += run->validation_loss / seeds;
        mean->accuracy += run->accuracy / seeds;
        mean->loss += run->loss / seeds;
        for (int b = 0; b < LENGTH_BUCKETS; b++)
            mean->by_events[b] += run->by_events[b] / seeds;
        for (int k = 0; k < LAGS_MOST; k++)
            mean->gradients[k] += run->gradients[k] / seeds;
    }
    for (uint32_t i = 0; i < seeds; i++) {
        const struct measures *run = &network->runs[i];
        accuracy_squares +=
            (run->accuracy - mean->accuracy) * (run->accuracy - mean->accuracy);
        loss_squares += (run->loss - mean->loss) * (run->loss - mean->loss);
    }
    network->accuracy_deviation = deviation(accuracy_squares, seeds);
    network->loss_deviation = deviation(loss_squares, seeds);
}

/* ---- what is measured -------------------------------------------------------------------- */

/* Decode the test part by the inputs that all networks have. */
static enum status load_tested(struct course *course, struct error *err)
{
    const struct data_files *files = &course->settings->tested;
    struct examples *examples = &course->tested.examples;
    struct trainer *trainer = new_trainer(course, course->settings->recipe->task,
                                          &course->settings->recipe->spec, 1, err);
    struct model *model = trainer ? make_model(trainer, "untrained", err) : NULL;
    enum status status = model ? STATUS_OK : err->status;
    if (status == STATUS_OK) {
        status = examples_load_for_model(examples, files, model, "", err);
        enum status printed = examples_print_messages(examples, files->keys,
                                                      status == STATUS_OK ? err : NULL);
        if (status == STATUS_OK)
            status = printed;
    }
    triage_model_free(model);
    triage_trainer_free(trainer);
    course->measured = examples->evaluation;
    course->measured_count = examples->evaluation_count;
    return status;
}

/* The baselines count on what the networks are trained on. */
static enum status gather_counted(struct course *course, bool with_validation,
                                  struct error *err)
{
    const struct training_data *data = &course->settings->inputs->data;
    course->counted =
        calloc(data->train_count + data->validation_count + 1, sizeof *course->counted);
    if (!course->counted)
        return error_no_memory(err);
    for (size_t i = 0; i < data->train_count; i++)
        course->counted[i] = data->train[i];
    course->counted_count = data->train_count;
    for (size_t i = 0; i < data->validation_count && with_validation; i++)
        course->counted[course->counted_count++] = data->validation[i];
    return STATUS_OK;
}

static enum status prepare(struct course *course, struct error *err)
{
    const struct training_data *data = &course->settings->inputs->data;
    struct comparison *comparison = course->comparison;
    comparison->is_tested = course->settings->tested.file_count > 0;
    comparison->part = comparison->is_tested ? "test" : "validation";
    if (comparison->is_tested) {
        RETURN_IF_ERROR(load_tested(course, err));
    } else {
        fputs("without a test part, the networks are measured on the validation part and "
              "are not trained on it\n",
              stderr);
        course->training.refit = false;
        course->measured = data->validation;
        course->measured_count = data->validation_count;
    }
    if (course->measured_count == 0)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "there are no histories to compare the networks on");
    comparison->measured_count = course->measured_count;
    comparison->has_refit = course->training.refit && data->validation_count > 0;
    return gather_counted(course, comparison->is_tested, err);
}

enum status comparison_run(struct comparison *comparison,
                           const struct comparison_settings *settings, struct error *err)
{
    const struct network_list *networks = settings->networks;
    struct course course = {.settings = settings,
                            .comparison = comparison,
                            .training = settings->recipe->training};
    *comparison =
        (struct comparison){.seeds = settings->seeds,
                            .first_seed = settings->recipe->training.seed,
                            .train_count = settings->inputs->data.train_count,
                            .validation_count = settings->inputs->data.validation_count,
                            .has_times = settings->has_times};
    enum status status = prepare(&course, err);
    for (size_t n = 0; n < networks->count && status == STATUS_OK; n++) {
        struct compared_network *network = &comparison->networks[comparison->count++];
        network->kind = networks->list[n];
        network->spec = settings->recipe->spec;
        network->spec.cell = networks->list[n].cell;
        network->spec.head = networks->list[n].head;
        network->runs = calloc(settings->seeds, sizeof *network->runs);
        if (!network->runs)
            status = error_no_memory(err);
        for (uint32_t i = 0; i < settings->seeds && status == STATUS_OK; i++)
            status = run_seed(&course, network, i, err);
        if (status == STATUS_OK)
            summarise(network, settings->seeds);
    }
    free(course.counted);
    evaluation_inputs_release(&course.tested);
    return status;
}

void comparison_release(struct comparison *comparison)
{
    for (size_t n = 0; n < comparison->count; n++)
        free(comparison->networks[n].runs);
}

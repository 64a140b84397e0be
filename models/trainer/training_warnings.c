/* Judging a training by its report and by what counting labels reaches on the validation data. */
#include "training_warnings.h"

#include <math.h>
#include <stdlib.h>

#include "data/common/messages.h"

/* The search for the temperature is between 1/8 and 8. */
static const double lowest_temperature = 0.126, highest_temperature = 7.9;

/* Losses in nats that differ by more than this, and by more than a factor of two, are far apart. */
static const double far_apart = 0.2;

/* What answering by the frequencies of the training labels reaches on the validation data. */
struct chance {
    double loss, accuracy;
    size_t most; /* the most frequent action */
};

static size_t count_labels(const struct example *examples, size_t count, size_t C,
                           size_t *counts)
{
    size_t all = 0;
    for (size_t i = 0; i < count; i++)
        for (uint32_t t = 0; t < examples[i].history.length; t++) {
            uint32_t action = example_action(&examples[i], t);
            if (action < C) {
                counts[action]++;
                all++;
            }
        }
    return all;
}

/* The baseline "majority" of `triage evaluate`: p(a) = (count(a) + 1/C) / (n + 1). */
static enum status measure_chance(const struct training_result *result,
                                  struct chance *chance, struct error *err)
{
    const struct training_data *data = result->data;
    size_t C = result->action_count, *counts = calloc(2 * C + 1, sizeof *counts);
    if (!counts)
        return error_no_memory(err);
    size_t *later = counts + C;
    double n = (double)count_labels(data->train, data->train_count, C, counts);
    double m = (double)count_labels(data->validation, data->validation_count, C, later);
    *chance = (struct chance){.most = 0};
    for (size_t c = 0; c < C; c++) {
        double p = ((double)counts[c] + 1.0 / (double)C) / (n + 1.0);
        chance->most = counts[c] > counts[chance->most] ? c : chance->most;
        chance->loss -= (double)later[c] / m * log(p);
    }
    chance->accuracy = (double)later[chance->most] / m;
    free(counts);
    return STATUS_OK;
}

static void warn_of_temperature(const struct report *report)
{
    if (report->temperature <= lowest_temperature)
        print_clean(
            "warning: the temperature is at its lower limit: %s",
            report->validation_accuracy >= 1.0
                ? "every validation history is answered right, so how sure the model may "
                  "be is not known"
                : "on the validation data the model is less sure than it may be; it may "
                  "need more epochs");
    if (report->temperature >= highest_temperature)
        print_clean(
            "warning: the temperature is at its upper limit: on the validation data "
            "the answers say next to nothing");
}

static void warn_of_losses(const struct report *report)
{
    double train = report->train_loss, validation = report->validation_loss;
    if (validation > 2.0 * train && validation > train + far_apart)
        print_clean(
            "warning: the validation loss %.4f is far above the training loss %.4f: "
            "too little data for this network, or the validation part differs",
            validation, train);
    if (train > 2.0 * validation && train > validation + far_apart)
        print_clean(
            "warning: the validation loss %.4f is far below the training loss %.4f: "
            "the validation part is easier, or has copies of training histories",
            validation, train);
}

enum status training_warnings_print(const struct training_result *result,
                                    struct error *err)
{
    const struct report *report = result->report;
    struct chance chance;
    if (report->validation_count == 0 || report->was_interrupted)
        return STATUS_OK;
    RETURN_IF_ERROR(measure_chance(result, &chance, err));
    if (report->was_limited)
        print_clean("warning: the best epoch is the last one: the loss may still fall "
                    "(--epochs %u)",
                    2 * report->epochs);
    if (report->validation_end_loss >= chance.loss &&
        report->validation_accuracy <= chance.accuracy)
        print_clean("warning: on the validation data the model is no better than always "
                    "answering \"%s\" (accuracy %.4f; log-loss %.4f by frequency)",
                    result->actions[chance.most], chance.accuracy, chance.loss);
    if (report->start.exists && report->start.loss <= report->validation_loss)
        print_clean("warning: the validation loss was %.4f before the training, and is "
                    "%.4f: the model to go on from is better as it is",
                    report->start.loss, report->validation_loss);
    warn_of_temperature(report);
    warn_of_losses(report);
    return STATUS_OK;
}

/*
 * The calibration errors of labels that are drawn from the predictions.
 *
 * A draw compares 32 random bits with the probability as an integer; only the number of correct
 * predictions in each bin is counted, because the confidences are the same in every draw.
 */
#include "eval/calibration_test.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"

enum { DRAWS = 1000 };
static const uint64_t calibration_stream = UINT64_C(0xca1b000000000000);

struct run {
    const struct calibration_test_data *data;
    uint32_t *probabilities; /* [count] times 2^32 */
    unsigned char *bins;     /* [count] */
    double confidences[EVALUATION_BINS];
    double *errors; /* [DRAWS] */
};

static uint32_t scale_probability(double p)
{
    double scaled = p * 4294967296.0;

    if (!(scaled > 0.0))
        return 0;
    return scaled < 4294967295.0 ? (uint32_t)scaled : UINT32_MAX;
}

static double draw_error(const struct run *run, struct random *random)
{
    const struct calibration_test_data *data = run->data;
    uint64_t correct[EVALUATION_BINS] = {0}, bits = 0;
    double sum = 0.0;

    for (size_t i = 0; i < data->count; i++) {
        uint32_t drawn;
        if (data->groups) {
            if (i == 0 || data->groups[i] != data->groups[i - 1])
                bits = random_next(random);
            drawn = (uint32_t)(bits >> 32);
        } else {
            bits = i % 2 == 0 ? random_next(random) : bits << 32;
            drawn = (uint32_t)(bits >> 32);
        }
        correct[run->bins[i]] += drawn < run->probabilities[i];
    }
    for (size_t i = 0; i < EVALUATION_BINS; i++)
        sum += fabs((double)correct[i] - run->confidences[i]);
    return sum / (double)data->count;
}

static void draw(void *context, size_t n)
{
    const struct run *run = context;
    struct random random;

    random_init(&random, run->data->seed,
                calibration_stream + (run->data->stream << 32) + n);
    run->errors[n] = draw_error(run, &random);
}

static void run_draws(struct run *run)
{
    if (run->data->workers) {
        workers_run(run->data->workers, draw, run, DRAWS);
        return;
    }
    for (size_t n = 0; n < DRAWS; n++)
        draw(run, n);
}

enum status calibration_test_run(const struct calibration_test_data *data, double error,
                                 struct calibration_test *test, struct error *err)
{
    struct run run = {.data = data};
    uint32_t as_large = 1; /* the data is one of them */
    double sum = 0.0;
    enum status status = STATUS_OK;

    *test = (struct calibration_test){.expected = (double)NAN,
                                      .excess = (double)NAN,
                                      .p = (double)NAN,
                                      .p_holm = (double)NAN};
    if (data->count == 0)
        return STATUS_OK;
    run.probabilities = calloc(data->count, sizeof *run.probabilities);
    run.bins = calloc(data->count, sizeof *run.bins);
    run.errors = calloc(DRAWS, sizeof *run.errors);
    if (!run.probabilities || !run.bins || !run.errors) {
        status = error_no_memory(err);
        goto out;
    }
    for (size_t i = 0; i < data->count; i++) {
        double confidence = (double)data->predictions[i].confidence;
        run.probabilities[i] = scale_probability(confidence);
        run.bins[i] = (unsigned char)calibration_bin_of(confidence);
        run.confidences[run.bins[i]] += confidence;
    }
    run_draws(&run);
    for (size_t n = 0; n < DRAWS; n++) {
        sum += run.errors[n];
        /* equal counts must give equal errors, whatever the order of their sums */
        as_large += run.errors[n] >= error - 1e-12;
    }
    test->expected = sum / DRAWS;
    test->excess = error - test->expected;
    test->p = test->p_holm = (double)as_large / (DRAWS + 1.0);
out:
    free(run.probabilities);
    free(run.bins);
    free(run.errors);
    return status;
}

void calibration_test_holm(struct calibration_test *const *tests, size_t count)
{
    bool is_done[HOLM_MAX] = {false};
    size_t left = 0;
    double least = 0.0;

    for (size_t i = 0; i < count; i++) {
        is_done[i] = isnan(tests[i]->p);
        left += !is_done[i];
    }
    for (; left > 0; left--) {
        size_t next = HOLM_MAX;
        for (size_t i = 0; i < count; i++)
            if (!is_done[i] && (next == HOLM_MAX || tests[i]->p < tests[next]->p))
                next = i;
        double p = tests[next]->p * (double)left;
        least = p > least ? p : least;
        tests[next]->p_holm = least < 1.0 ? least : 1.0;
        is_done[next] = true;
    }
}

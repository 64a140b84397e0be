/* Choose the baselines to compare with, and test the differences to them. */
#include "eval/comparison.h"

#include <math.h>
#include <stdlib.h>

#include "eval/permutation.h"

static const uint64_t accuracy_stream = UINT64_C(0xf11b000000000000);
static const uint64_t loss_stream = UINT64_C(0xf11c000000000000);
static const double loss_unit = 0x1p-20; /* about a millionth of a nat */
static const double significance = 0.05;

/*
 * Choose the most accurate baseline and the one with the smallest loss; of equal ones, the
 * simplest.  Baseline 0 is always available.
 */
static void choose_baselines(const struct comparison_data *data,
                             struct baseline_comparison *comparison)
{
    double correct[EVALUATION_BASELINES] = {0.0}, losses[EVALUATION_BASELINES] = {0.0};

    comparison->baseline = comparison->loss_baseline = 0;
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        if (!data->is_available[i])
            continue;
        correct[i] = history_sums_total(data->sums, baseline_correct(i));
        losses[i] = history_sums_total(data->sums, baseline_loss(i));
        if (correct[i] > correct[comparison->baseline])
            comparison->baseline = i;
        if (losses[i] < losses[comparison->loss_baseline])
            comparison->loss_baseline = i;
    }
}

/*
 * Bonferroni's correction, for a model that is behind the best baseline: p times the number of
 * baselines.  The best baseline is chosen on the evaluated histories, so a model that is as good as
 * all of them is expected to be behind the best of them.  A model that is ahead needs no
 * correction, because the choice favours the baseline.
 */
static double multiply_p(const struct comparison_data *data, double p)
{
    unsigned available = 0;

    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        available += data->is_available[i];
    p *= (double)available;
    return p < 1.0 ? p : 1.0;
}

/* What is tested: for each history (column plus - column minus) / unit, rounded to an integer. */
struct difference {
    unsigned plus, minus;
    double unit;
    uint64_t stream; /* of random numbers */
};

/* Test a difference that is positive where the model is better. */
static enum status test_difference(const struct comparison_data *data,
                                   const struct difference *difference, double *p,
                                   enum verdict *verdict, struct error *err)
{
    size_t count = data->sums->histories;
    double *differences = calloc(count + 1, sizeof *differences);
    double sum = 0.0;
    struct random random;

    if (!differences)
        return error_no_memory(err);
    for (size_t h = 0; h < count; h++) {
        const double *row = history_sums_row(data->sums, h);
        differences[h] =
            (row[difference->plus] - row[difference->minus]) / difference->unit;
        sum += differences[h];
    }
    random_init(&random, data->seed, difference->stream + data->stream);
    enum status status =
        permutation_test(differences, count, data->permutations, &random, p, err);
    free(differences);
    RETURN_IF_ERROR(status);
    if (sum < 0.0)
        *p = multiply_p(data, *p);
    if (*p >= significance)
        *verdict = VERDICT_NO_BETTER;
    else
        *verdict = sum > 0.0 ? VERDICT_BETTER : VERDICT_WORSE;
    return STATUS_OK;
}

enum status comparison_make(const struct comparison_data *data,
                            struct baseline_comparison *comparison, struct error *err)
{
    choose_baselines(data, comparison);
    if (!data->has_verdict) {
        comparison->verdict = comparison->loss_verdict = VERDICT_NONE;
        comparison->p = comparison->loss_p = (double)NAN;
        return STATUS_OK;
    }
    const struct difference correct = {.plus = SUM_MODEL_CORRECT,
                                       .minus = baseline_correct(comparison->baseline),
                                       .unit = 1.0,
                                       .stream = accuracy_stream};
    const struct difference loss = {.plus = baseline_loss(comparison->loss_baseline),
                                    .minus = SUM_MODEL_LOSS,
                                    .unit = loss_unit,
                                    .stream = loss_stream};
    RETURN_IF_ERROR(
        test_difference(data, &correct, &comparison->p, &comparison->verdict, err));
    return test_difference(data, &loss, &comparison->loss_p, &comparison->loss_verdict,
                           err);
}

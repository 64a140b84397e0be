/*
 * Is a calibration error what a calibrated model would show?
 *
 * The expected calibration error is never negative, so a calibrated model has one, too: the fewer
 * positions, the larger.  The test draws labels from the predicted probabilities themselves, many
 * times, and computes the error of each draw (consistency resampling: Broecker and Smith 2007,
 * doi:10.1175/WAF993.1; Vaicenavicius et al. 2019, arXiv:1902.06977).  p is the share of the draws
 * (the data included) whose error is at least that of the data.
 *
 * The most probable action is drawn with its probability, and nothing else matters to the error.
 * Draws at different positions are independent.  That is right for one position of each history, and
 * for the next event: a calibrated model's errors are then uncorrelated, because the label of a
 * position is known at the next one.  With TASK_EVERY it is not right, so there one random number
 * draws at all positions of a history.
 */
#ifndef TRIAGE_CALIBRATION_TEST_H
#define TRIAGE_CALIBRATION_TEST_H

#include "base/workers.h"
#include "eval/metrics.h"

struct calibration_test_data {
    const struct prediction *predictions; /* [count] */
    size_t count;
    const uint32_t
        *groups; /* [count] draws of a group are not independent; NULL: all are */
    uint64_t seed;
    uint64_t stream;         /* tests with different streams are independent */
    struct workers *workers; /* NULL: this thread only */
};

/*
 * Set expected, excess and p of a calibration error, with p_holm = p.  All NAN if count is 0.
 * STATUS_NO_MEMORY.
 */
enum status calibration_test_run(const struct calibration_test_data *data, double error,
                                 struct calibration_test *test, struct error *err);

/*
 * Holm's correction (1979): set p_holm of the tests, of which none is NULL.  The smallest p is
 * multiplied by the number of tests, the next one by one less, ..., and none is less than those
 * before it.  A test whose p is NAN is none.  At most HOLM_MAX tests.
 */
enum { HOLM_MAX = 16 };
void calibration_test_holm(struct calibration_test *const *tests, size_t count);

#endif

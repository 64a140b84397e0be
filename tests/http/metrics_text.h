/* Fetches the answer to GET /metrics, checks its format and reads numbers from it. */
#ifndef TRIAGE_METRICS_TEXT_H
#define TRIAGE_METRICS_TEXT_H

#include <stdbool.h>

struct expectation {
    const char *series; /* name and labels, as in the text */
    double value;
};

/*
 * Fail the test unless the text is valid: each family once, help and type first, no series twice,
 * histograms cumulative and equal to their count at the end.
 */
void metrics_text_check(const char *text);

/* Fetch and check the text; free() it. */
char *metrics_text_fetch(void);

/* The value of a series; -1 if the text does not have it. */
double metrics_text_value(const char *text, const char *series);

/* Fetch until all values are as expected, at most 10 s: requests are counted after their end. */
void metrics_text_expect(const struct expectation *expectations, int count);

#endif

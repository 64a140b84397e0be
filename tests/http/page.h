/* GET /metrics as a test reads it: fetched, checked as a whole, then asked for numbers. */
#ifndef TRIAGE_PAGE_H
#define TRIAGE_PAGE_H

#include <stdbool.h>

struct expectation {
    const char *series; /* as it stands in the page, labels and all */
    double value;
};

/*
 * The page, owned; the test fails when it is not what its format asks for: each family once,
 * help and type first, no number twice, histograms that ascend and agree with their count.
 */
char *page_fetch(void);
void page_check(const char *page);

/* The number of a series; -1 when there is none. */
double page_number(const char *page, const char *series);

/* Wait until all are so, at most 10 s; a request counts a moment after its last byte. */
void page_expect(const struct expectation *expectations, int count);

#endif

/* Fetching the page of GET /metrics, checking its format, and reading numbers from it. */
#ifndef TRIAGE_PAGE_H
#define TRIAGE_PAGE_H

#include <stdbool.h>

struct expectation {
    const char *series; /* name and labels, as in the page */
    double value;
};

/*
 * Fail the test unless the page has the right format: each family once, help and type first, no
 * series twice, histograms cumulative and in agreement with their count.
 */
void page_check(const char *page);

/* Fetch and check the page; owned by the caller. */
char *page_fetch(void);

/* The number of a series; -1 if the page does not have it. */
double page_number(const char *page, const char *series);

/* Wait until all are as expected, at most 10 s: a request is counted after its last byte. */
void page_expect(const struct expectation *expectations, int count);

#endif

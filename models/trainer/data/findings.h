/*
 * What the checks of a model found, as text: a line for each, which begins with ok, FAIL or
 * note, and lines under it that say more.
 */
#ifndef TRIAGE_FINDINGS_H
#define TRIAGE_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

struct findings {
    struct strbuf text; /* has_failed: look at it once, at the end */
    size_t checks, failures;
};

void findings_init(struct findings *findings);
void findings_release(struct findings *findings);

/* about is a word; a check that holds, or does not. */
void findings_check(struct findings *findings, bool holds, const char *about,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Something to know that is neither right nor wrong. */
void findings_note(struct findings *findings, const char *about, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One more line under the last. */
void findings_more(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

/*
 * The text that `triage check` prints: a line for each finding, which begins with ok, FAIL or
 * note, and indented lines with details.
 */
#ifndef TRIAGE_FINDINGS_H
#define TRIAGE_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

struct findings {
    struct strbuf text; /* test has_failed once, at the end */
    size_t checks, failures;
};

void findings_init(struct findings *findings);
void findings_release(struct findings *findings);

/* Add a check that holds or fails; subject is one word. */
void findings_check(struct findings *findings, bool holds, const char *subject,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Add a fact that is neither right nor wrong. */
void findings_note(struct findings *findings, const char *subject, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));

/* Add a line of details to the last finding. */
void findings_detail(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

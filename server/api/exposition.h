/*
 * Numbers as text that Prometheus reads, version 0.0.4 of its format.
 *
 * All numbers of a family stand together, below what the family means; each number stands on a
 * line with its labels.  Labels may hold anything: it is escaped here.
 */
#ifndef TRIAGE_EXPOSITION_H
#define TRIAGE_EXPOSITION_H

#include <stdint.h>

#include "base/strbuf.h"
#include "service/counters.h"

enum { FAMILY_LABELS = 3 };

struct family {
    const char *name, *type;
    const char *labels[FAMILY_LABELS + 1]; /* ended by NULL */
    const char *help;
};

/* What the family means; its numbers have to follow. */
void exposition_begin(struct strbuf *text, const struct family *family);

/* value / divisor, which is 1 or a million; values: what each label is. */
void exposition_number(struct strbuf *text, const struct family *family,
                       const char *const values[], uint64_t value, uint32_t divisor);

void exposition_histogram(struct strbuf *text, const struct family *family,
                          const char *const values[], const struct histogram *histogram);

#endif

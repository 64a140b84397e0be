/*
 * GET /metrics: what all loops have counted, in the Prometheus text format, version 0.0.4.
 *
 * The functions that write the text format are declared here so that tests can call them.
 */
#ifndef TRIAGE_METRICS_H
#define TRIAGE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "service/counters.h"
#include "service/request.h"

struct context;
struct page;

enum { METRIC_LABELS = 3 };

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* A metric family: a name, and samples of it that differ in the values of their labels. */
struct metric {
    const char *name;
    enum metric_type type;
    const char *labels[METRIC_LABELS + 1]; /* ended by NULL */
    const char *help;

    void (*write)(const struct page *page, const struct metric *metric); /* the samples */
    size_t offset; /* for write: a member of struct page or struct model_counters */
};

/* Answer with all metrics. */
void metrics_show(struct context *context, struct request *request);

/* Append the # HELP and # TYPE lines; the samples must follow. */
void metric_write_head(struct strbuf *text, const struct metric *metric);

/*
 * Append a sample with the number value / divisor; divisor is 1 or a million.  values has the value
 * of each label, not escaped; NULL if there are no labels.
 */
void metric_write_number(struct strbuf *text, const struct metric *metric,
                         const char *const values[], uint64_t value, uint32_t divisor);

/* Append the samples of a histogram: _bucket (cumulative), _count and _sum. */
void metric_write_histogram(struct strbuf *text, const struct metric *metric,
                            const char *const values[],
                            const struct histogram *histogram);

#endif

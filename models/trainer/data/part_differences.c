/*
 * Comparing the training part with the validation part, in shares of labels, values and lengths.
 * Each thing that is compared is counted by one task in each part.
 */
#include "data/part_differences.h"

#include <math.h>
#include <stdlib.h>

#include "base/workers.h"
#include "model/schema.h"

/* Differences that are smaller are not worth a warning, or may be chance. */
static const double share_change = 0.1, unknown_share = 0.05, unknown_growth = 3.0;
static const double length_factor = 2.0, deviations = 4.0;
enum { MIN_HISTORIES = 30 };

enum { TRAIN, VALIDATION, PARTS };

/* What is counted in each part, before the categories. */
enum { COUNT_LENGTHS, COUNT_LABELS, COUNTED };

/* A part of the data, and what is counted in it. */
struct data_part {
    const struct example *examples;
    size_t count;
    size_t *labels; /* [actions] */
    size_t all_labels;
    double *unknown; /* [K] shares */
    uint32_t median_length;
    bool has_failed; /* without memory */
};

struct comparison {
    struct data_part parts[PARTS];
    size_t C, K;
};

/*
 * Is the difference of two shares more than chance?  Events of a history are not independent, so
 * the numbers of histories are the sample sizes.
 */
static bool is_significant(double a, size_t count_a, double b, size_t count_b)
{
    double n = (double)count_a, m = (double)count_b, p = (a * n + b * m) / (n + m);
    return fabs(a - b) > deviations * sqrt(p * (1.0 - p) * (1.0 / n + 1.0 / m));
}

/* ---- labels ---- */

static void count_labels(struct data_part *part, size_t C)
{
    for (size_t i = 0; i < part->count; i++)
        for (uint32_t t = 0; t < part->examples[i].history.length; t++) {
            uint32_t action = example_action(&part->examples[i], t);
            if (action >= C)
                continue;
            part->labels[action]++;
            part->all_labels++;
        }
}

static void compare_labels(struct examples *examples, const struct comparison *c)
{
    const struct data_part *train = &c->parts[TRAIN];
    const struct data_part *validation = &c->parts[VALIDATION];
    double all_train = (double)train->all_labels;
    double all_validation = (double)validation->all_labels;
    double largest = 0.0;
    size_t most = 0;
    for (size_t i = 0; i < c->C && all_train > 0 && all_validation > 0; i++) {
        double change = fabs((double)train->labels[i] / all_train -
                             (double)validation->labels[i] / all_validation);
        most = change > largest ? i : most;
        largest = change > largest ? change : largest;
    }
    if (!(largest > share_change))
        return;
    double before = (double)train->labels[most] / all_train;
    double after = (double)validation->labels[most] / all_validation;
    if (is_significant(before, train->count, after, validation->count))
        messages_warn(
            &examples->messages,
            "\"%s\" is the label in %.1f %% of the training part and %.1f %% of "
            "the validation part: what is right has changed, or its name has",
            examples->actions[most], 100 * before, 100 * after);
}

/* ---- unknown values ---- */

/* The share of the values of the k-th category that are unknown, of those that are not missing. */
static double share_unknown(const struct data_part *part, size_t K, size_t k)
{
    size_t unknown = 0, all = 0;
    for (size_t i = 0; i < part->count; i++) {
        const struct history *history = &part->examples[i].history;
        for (size_t t = 0; t < history->length; t++) {
            uint32_t id = history->ids[t * K + k];
            unknown += id == SCHEMA_UNKNOWN;
            all += id != SCHEMA_MISSING;
        }
    }
    return all == 0 ? 0.0 : (double)unknown / (double)all;
}

static void compare_unknown(struct examples *examples, const struct comparison *c)
{
    const struct schema *schema = examples->schema;
    for (uint32_t k = 0; k < schema->categories; k++) {
        double before = c->parts[TRAIN].unknown[k];
        double after = c->parts[VALIDATION].unknown[k];
        if (after > unknown_share && after > unknown_growth * before &&
            is_significant(before, c->parts[TRAIN].count, after,
                           c->parts[VALIDATION].count))
            messages_warn(
                &examples->messages,
                "field \"%s\": %.1f %% of the values in the validation part are "
                "unknown, %.1f %% in the training part: new values come up, and "
                "the model will not know them",
                schema_category(schema, k)->name, 100 * after, 100 * before);
    }
}

/* ---- lengths ---- */

static void find_median_length(struct data_part *part)
{
    uint32_t longest = 0, length = 0;
    for (size_t i = 0; i < part->count; i++)
        if (part->examples[i].history.length > longest)
            longest = part->examples[i].history.length;
    size_t *counts = calloc(longest + (size_t)1, sizeof *counts);
    if (!counts) {
        part->has_failed = true;
        return;
    }
    for (size_t i = 0; i < part->count; i++)
        counts[part->examples[i].history.length]++;
    /* the first length that, with all shorter ones, more than half of the histories have */
    for (size_t seen = counts[0]; seen <= part->count / 2;)
        seen += counts[++length];
    part->median_length = length;
    free(counts);
}

static void compare_lengths(struct examples *examples, const struct comparison *c)
{
    uint32_t before = c->parts[TRAIN].median_length;
    uint32_t after = c->parts[VALIDATION].median_length;
    if (before >= length_factor * after)
        messages_warn(
            &examples->messages,
            "half of the histories of the validation part have at most %u event%s, of "
            "the training part %u: were they cut, or are they still open?",
            after, after == 1 ? "" : "s", before);
    else if (after >= length_factor * before)
        messages_warn(
            &examples->messages,
            "half of the histories of the validation part have %u events or more, "
            "of the training part %u: were those cut?",
            after, before);
}

/* ---- all of them ---- */

/* Task i: one of the things to count, in one of the parts. */
static void count(void *context, size_t i)
{
    struct comparison *c = context;
    struct data_part *part = &c->parts[i % PARTS];
    const size_t what = i / PARTS;
    if (what == COUNT_LENGTHS)
        find_median_length(part);
    else if (what == COUNT_LABELS)
        count_labels(part, c->C);
    else
        part->unknown[what - COUNTED] = share_unknown(part, c->K, what - COUNTED);
}

static enum status count_all(struct comparison *c, uint32_t threads, struct error *err)
{
    for (int p = 0; p < PARTS; p++) {
        c->parts[p].labels = calloc(c->C + 1, sizeof *c->parts[p].labels);
        c->parts[p].unknown = calloc(c->K + 1, sizeof *c->parts[p].unknown);
        if (!c->parts[p].labels || !c->parts[p].unknown)
            return error_no_memory(err);
    }
    struct workers *workers = workers_new(workers_threads(threads), err);
    if (!workers)
        return STATUS_NO_MEMORY;
    workers_run(workers, count, c, (COUNTED + c->K) * PARTS);
    workers_free(workers);
    return c->parts[TRAIN].has_failed || c->parts[VALIDATION].has_failed
               ? error_no_memory(err)
               : STATUS_OK;
}

enum status warn_about_part_differences(struct examples *examples, uint32_t threads,
                                        struct error *err)
{
    struct comparison c = {
        .parts = {[TRAIN] = {.examples = examples->train, .count = examples->train_count},
                  [VALIDATION] = {.examples = examples->validation,
                                  .count = examples->validation_count}},
        .C = examples->action_count,
        .K = examples->schema->categories};
    if (c.parts[TRAIN].count < MIN_HISTORIES || c.parts[VALIDATION].count < MIN_HISTORIES)
        return STATUS_OK;
    enum status status = count_all(&c, threads, err);
    if (status == STATUS_OK) {
        compare_labels(examples, &c);
        compare_unknown(examples, &c);
        compare_lengths(examples, &c);
    }
    for (int p = 0; p < PARTS; p++) {
        free(c.parts[p].labels);
        free(c.parts[p].unknown);
    }
    return status;
}

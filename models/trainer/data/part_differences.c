/* Comparing the training part with the validation part, in shares of labels, values and lengths. */
#include "data/part_differences.h"

#include <math.h>
#include <stdlib.h>

#include "model/schema.h"

/* Differences that are smaller are not worth a warning, or may be chance. */
static const double share_change = 0.1, unknown_share = 0.05, unknown_growth = 3.0;
static const double length_factor = 2.0, deviations = 4.0;
enum { MIN_HISTORIES = 30 };

/* A part of the data. */
struct data_part {
    const struct example *examples;
    size_t count;
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

/* Count the labels of a part: counts [actions].  Returns their number. */
static size_t count_labels(struct data_part part, size_t actions, size_t *counts)
{
    size_t all = 0;
    for (size_t i = 0; i < part.count; i++)
        for (uint32_t t = 0; t < part.examples[i].history.length; t++) {
            uint32_t action = example_action(&part.examples[i], t);
            if (action >= actions)
                continue;
            counts[action]++;
            all++;
        }
    return all;
}

static enum status compare_labels(struct examples *examples, struct data_part train,
                                  struct data_part validation, struct error *err)
{
    size_t C = examples->action_count, most = 0;
    size_t *counts = calloc(2 * C + 1, sizeof *counts);
    if (!counts)
        return error_no_memory(err);
    double all_train = (double)count_labels(train, C, counts);
    double all_validation = (double)count_labels(validation, C, counts + C);
    double largest = 0.0;
    for (size_t c = 0; c < C && all_train > 0 && all_validation > 0; c++) {
        double change =
            fabs((double)counts[c] / all_train - (double)counts[C + c] / all_validation);
        most = change > largest ? c : most;
        largest = change > largest ? change : largest;
    }
    if (largest > share_change) {
        double before = (double)counts[most] / all_train;
        double after = (double)counts[C + most] / all_validation;
        if (is_significant(before, train.count, after, validation.count))
            messages_warn(
                &examples->messages,
                "\"%s\" is the label in %.1f %% of the training part and %.1f %% of "
                "the validation part: what is right has changed, or its name has",
                examples->actions[most], 100 * before, 100 * after);
    }
    free(counts);
    return STATUS_OK;
}

/* ---- unknown values ---- */

/* The share of the values of the k-th category that are unknown, of those that are not missing. */
static double share_unknown(struct data_part part, size_t K, uint32_t k)
{
    size_t unknown = 0, all = 0;
    for (size_t i = 0; i < part.count; i++) {
        const struct history *history = &part.examples[i].history;
        for (size_t t = 0; t < history->length; t++) {
            uint32_t id = history->ids[t * K + k];
            unknown += id == SCHEMA_UNKNOWN;
            all += id != SCHEMA_MISSING;
        }
    }
    return all == 0 ? 0.0 : (double)unknown / (double)all;
}

static void compare_unknown(struct examples *examples, struct data_part train,
                            struct data_part validation)
{
    const struct schema *schema = examples->schema;
    for (uint32_t k = 0; k < schema->categories; k++) {
        double before = share_unknown(train, schema->categories, k);
        double after = share_unknown(validation, schema->categories, k);
        if (after > unknown_share && after > unknown_growth * before &&
            is_significant(before, train.count, after, validation.count))
            messages_warn(
                &examples->messages,
                "field \"%s\": %.1f %% of the values in the validation part are "
                "unknown, %.1f %% in the training part: new values come up, and "
                "the model will not know them",
                schema_category(schema, k)->name, 100 * after, 100 * before);
    }
}

/* ---- lengths ---- */

static int compare_sizes(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Set the median number of events.  STATUS_NO_MEMORY */
static enum status median_length(struct data_part part, uint32_t *median,
                                 struct error *err)
{
    uint32_t *lengths = calloc(part.count, sizeof *lengths);
    if (!lengths)
        return error_no_memory(err);
    for (size_t i = 0; i < part.count; i++)
        lengths[i] = part.examples[i].history.length;
    qsort(lengths, part.count, sizeof *lengths, compare_sizes);
    *median = lengths[part.count / 2];
    free(lengths);
    return STATUS_OK;
}

static enum status compare_lengths(struct examples *examples, struct data_part train,
                                   struct data_part validation, struct error *err)
{
    uint32_t before, after;
    RETURN_IF_ERROR(median_length(train, &before, err));
    RETURN_IF_ERROR(median_length(validation, &after, err));
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
    return STATUS_OK;
}

enum status warn_about_part_differences(struct examples *examples, struct error *err)
{
    const struct data_part train = {examples->train, examples->train_count};
    const struct data_part validation = {examples->validation,
                                         examples->validation_count};
    if (train.count < MIN_HISTORIES || validation.count < MIN_HISTORIES)
        return STATUS_OK;
    RETURN_IF_ERROR(compare_labels(examples, train, validation, err));
    compare_unknown(examples, train, validation);
    return compare_lengths(examples, train, validation, err);
}

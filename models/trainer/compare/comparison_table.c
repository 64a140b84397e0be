/* The table: a row for each measure, a column for each network. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/comparison_output.h"

enum { LABEL_WIDTH = 28, COLUMN_WIDTH = 11, CELL_SIZE = 48, GAP = 2 };

static int column_width(const struct compared_network *network)
{
    int length = (int)strlen(network->kind.name);
    return GAP + (length < COLUMN_WIDTH ? COLUMN_WIDTH : length);
}

static void add_label(struct strbuf *out, const char *label)
{
    strbuf_printf(out, "%-*s", LABEL_WIDTH, label);
}

static void add_cell(struct strbuf *out, const struct compared_network *network,
                     const char *text)
{
    strbuf_printf(out, "%*s", column_width(network), text);
}

/* A row of numbers [count] with so many digits after the point; a dash for NAN. */
static void add_numbers(const struct comparison *comparison, struct strbuf *out,
                        const char *label, const double *values, int digits)
{
    add_label(out, label);
    for (size_t n = 0; n < comparison->count; n++) {
        char text[CELL_SIZE] = "-";
        if (!isnan(values[n]))
            (void)snprintf(text, sizeof text, "%.*f", digits, values[n]);
        add_cell(out, &comparison->networks[n], text);
    }
}

/* ---- rows -------------------------------------------------------------------------------- */

static void add_heading(const struct comparison *comparison, struct strbuf *out)
{
    strbuf_printf(out, "trained on %zu histories, validated on %zu",
                  comparison->train_count, comparison->validation_count);
    if (comparison->is_tested)
        strbuf_printf(out, ", tested on %zu", comparison->measured_count);
    if (comparison->has_refit)
        strbuf_add(out, ", after a training on both parts");
    if (comparison->seeds > 1)
        strbuf_printf(out,
                      "; means of %" PRIu32 " trainings, seeds %" PRIu64 " to %" PRIu64,
                      comparison->seeds, comparison->first_seed,
                      comparison->first_seed + comparison->seeds - 1);
    strbuf_add(out, "\n\n");
    add_label(out, "");
    for (size_t n = 0; n < comparison->count; n++)
        add_cell(out, &comparison->networks[n], comparison->networks[n].kind.name);
    strbuf_add(out, "  best baseline\n");
}

static void add_structure(const struct comparison *comparison, struct strbuf *out)
{
    char text[CELL_SIZE];
    add_label(out, "parameters");
    for (size_t n = 0; n < comparison->count; n++) {
        (void)snprintf(text, sizeof text, "%zu", comparison->networks[n].parameters);
        add_cell(out, &comparison->networks[n], text);
    }
    strbuf_add(out, "\n");
    add_label(out, "path length, n events");
    for (size_t n = 0; n < comparison->count; n++) {
        network_path_length(&comparison->networks[n].kind,
                            comparison->networks[n].spec.layers, text);
        add_cell(out, &comparison->networks[n], text);
    }
    strbuf_add(out, "\n");
    add_label(out, "sequential operations");
    for (size_t n = 0; n < comparison->count; n++) {
        network_sequential_operations(&comparison->networks[n].kind,
                                      comparison->networks[n].spec.layers, text);
        add_cell(out, &comparison->networks[n], text);
    }
    strbuf_add(out, "\n");
}

/* What training reports; if the measured part is the validation part, accuracy and loss are there. */
static void add_training(const struct comparison *comparison, struct strbuf *out)
{
    double epochs[NETWORKS_MOST], accuracies[NETWORKS_MOST], losses[NETWORKS_MOST];
    for (size_t n = 0; n < comparison->count; n++) {
        const struct measures *mean = &comparison->networks[n].mean;
        epochs[n] = mean->best_epoch;
        accuracies[n] = mean->validation_accuracy;
        losses[n] = mean->validation_loss;
    }
    add_numbers(comparison, out, "best epoch", epochs, comparison->seeds > 1);
    strbuf_add(out, "\n");
    if (comparison->validation_count == 0 || !comparison->is_tested)
        return;
    add_numbers(comparison, out, "validation accuracy", accuracies, 4);
    strbuf_add(out, "\n");
    add_numbers(comparison, out, "validation log-loss", losses, 4);
    strbuf_add(out, "\n");
}

/* A figure of the measured part, beside the best baseline, and its spread over the seeds. */
static void add_figure(const struct comparison *comparison, struct strbuf *out,
                       const char *name, const double *means, const double *deviations,
                       const struct best_baseline *baseline)
{
    char label[CELL_SIZE];
    (void)snprintf(label, sizeof label, "%s %s", comparison->part, name);
    add_numbers(comparison, out, label, means, 4);
    strbuf_printf(out, "  %.4f, %s\n", baseline->value, baseline->name);
    if (comparison->seeds == 1)
        return;
    add_numbers(comparison, out, "  standard deviation", deviations, 4);
    strbuf_add(out, "\n");
}

static void add_quality(const struct comparison *comparison, struct strbuf *out)
{
    double means[NETWORKS_MOST], deviations[NETWORKS_MOST];
    for (size_t n = 0; n < comparison->count; n++) {
        means[n] = comparison->networks[n].mean.accuracy;
        deviations[n] = comparison->networks[n].accuracy_deviation;
    }
    add_figure(comparison, out, "accuracy", means, deviations,
               &comparison->best_accuracy);
    for (size_t n = 0; n < comparison->count; n++) {
        means[n] = comparison->networks[n].mean.loss;
        deviations[n] = comparison->networks[n].loss_deviation;
    }
    add_figure(comparison, out, "log-loss", means, deviations, &comparison->best_loss);
}

static void add_lengths(const struct comparison *comparison, struct strbuf *out)
{
    char label[CELL_SIZE];
    double accuracies[NETWORKS_MOST];
    strbuf_printf(out, "\n%s accuracy by the number of events that were read\n",
                  comparison->part);
    for (uint32_t b = 0; b < LENGTH_BUCKETS; b++) {
        if (comparison->by_events[b] == 0)
            continue;
        uint32_t first = length_bucket_first(b), last = UINT32_C(1) << b;
        if (first == last)
            (void)snprintf(label, sizeof label, "  %" PRIu32 " (%" PRIu64 ")", first,
                           comparison->by_events[b]);
        else
            (void)snprintf(label, sizeof label,
                           "  %" PRIu32 " to %" PRIu32 " (%" PRIu64 ")", first, last,
                           comparison->by_events[b]);
        for (size_t n = 0; n < comparison->count; n++)
            accuracies[n] = comparison->networks[n].mean.by_events[b];
        add_numbers(comparison, out, label, accuracies, 4);
        strbuf_add(out, "\n");
    }
}

static void add_gradients(const struct comparison *comparison, struct strbuf *out)
{
    char text[CELL_SIZE];
    if (comparison->lag_count == 0) {
        strbuf_printf(out, "\nno gradient by lag: %s\n", comparison->lags_note);
        return;
    }
    strbuf_add(out, "\ngradient left at an event before the last, of that at the last\n");
    for (size_t k = 0; k < comparison->lag_count; k++) {
        (void)snprintf(text, sizeof text, "  %" PRIu32 " event%s before",
                       comparison_lag(k), k == 0 ? "" : "s");
        add_label(out, text);
        for (size_t n = 0; n < comparison->count; n++) {
            double share = comparison->networks[n].mean.gradients[k];
            (void)snprintf(text, sizeof text, isnan(share) ? "-" : "%.2g", share);
            add_cell(out, &comparison->networks[n], text);
        }
        strbuf_add(out, "\n");
    }
}

static void add_times(const struct comparison *comparison, struct strbuf *out)
{
    char label[CELL_SIZE];
    double times[NETWORKS_MOST];
    if (!comparison->has_times)
        return;
    strbuf_add(out, "\nmicroseconds for one history, alone, one thread\n");
    for (int i = 0; i < TIMED_LENGTHS; i++) {
        (void)snprintf(label, sizeof label, "  %" PRIu32 " events", timed_lengths[i]);
        for (size_t n = 0; n < comparison->count; n++)
            times[n] = comparison->networks[n].times_us[i];
        add_numbers(comparison, out, label, times, i == 0);
        strbuf_add(out, "\n");
    }
}

void comparison_write_table(const struct comparison *comparison, struct strbuf *out)
{
    add_heading(comparison, out);
    add_structure(comparison, out);
    add_training(comparison, out);
    add_quality(comparison, out);
    add_lengths(comparison, out);
    add_gradients(comparison, out);
    add_times(comparison, out);
}

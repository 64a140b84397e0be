/* How good the model is on the data: beside baselines, by probability, and by action. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "report/html.h"
#include "report/page.h"

enum {
    MAX_MATRIX = 12,     /* with more actions, only the largest confusions are listed */
    MAX_CONFUSIONS = 10, /* so many of them */
    MAX_CLASSES = 50,
    HEATS = 10 /* classes of style.css */
};

/* ---- baselines --------------------------------------------------------------------------- */

/* A row of the table of baselines; metrics that are unknown are NAN. */
struct predictor_row {
    const char *name;
    struct estimate accuracy, loss;
    double auc, brier;
    bool is_model;
};

static void add_predictor(struct strbuf *out, const struct predictor_row *row, double low)
{
    const struct bar bar = {.low = low,
                            .high = 1.0,
                            .from = low,
                            .estimate = row->accuracy,
                            .is_secondary = !row->is_model};
    strbuf_add(out, row->is_model ? "<tr class=\"own\">" : "<tr>");
    strbuf_add(out, "<th scope=\"row\">");
    html_text(out, row->name);
    strbuf_add(out, "</th>");
    html_cell_bar(out, &bar);
    html_cell_estimate(out, &row->accuracy);
    html_cell_estimate(out, &row->loss);
    html_cell_real(out, row->auc, 4);
    html_cell_real(out, row->brier, 4);
    strbuf_add(out, "</tr>\n");
}

static void add_baseline(struct strbuf *out, const struct baseline_metrics *baseline,
                         double low)
{
    if (baseline->is_available) {
        add_predictor(out,
                      &(struct predictor_row){.name = baseline->name,
                                              .accuracy = baseline->accuracy,
                                              .loss = baseline->loss,
                                              .auc = baseline->auc,
                                              .brier = baseline->brier},
                      low);
        return;
    }
    html_row(out, baseline->name);
    strbuf_add(out, "<td class=\"text\" colspan=\"5\">");
    html_text(out, baseline->note);
    strbuf_add(out, "</td></tr>\n");
}

static const char *source_text(const struct evaluation *e, char *buffer, size_t size)
{
    if (e->source == BASELINES_CROSS_FITTED)
        (void)snprintf(buffer, size,
                       "Each fifth of the histories is predicted by baselines trained on "
                       "the others: they had other data than the model.");
    else
        (void)snprintf(buffer, size, "They were trained on %zu histories%s.",
                       e->training_histories,
                       e->source == BASELINES_FROM_MODEL ? " of the model" : "");
    return buffer;
}

/* A round number below all intervals, so that the bars can be told apart. */
static double lowest_accuracy(const struct evaluation *e)
{
    double lowest = isnan(e->accuracy.low) ? e->accuracy.value : e->accuracy.low;
    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        if (e->baselines[i].is_available)
            lowest = fmin(lowest, fmin(e->baselines[i].accuracy.value,
                                       e->baselines[i].accuracy.low));
    return fmax(0.0, floor(lowest * 10.0 - 0.5) / 10.0);
}

static void add_order(struct strbuf *out, const struct order_metrics *order)
{
    static const char *const headings[] = {"events", "accuracy", "log-loss (nats)", NULL};
    html_element(out, "h3", "Order of the events");
    html_elementf(out, "p",
                  "Shuffling the events %s (%" PRIu64 " positions, one of each history).",
                  order->accuracy_drop.low > 0.0    ? "lowers the accuracy"
                  : order->accuracy_drop.high < 0.0 ? "raises the accuracy"
                                                    : "makes no clear difference",
                  order->positions);
    html_table(out, "The model on events in their order, and shuffled", headings);
    html_row(out, "in order");
    html_cell_estimate(out, &order->accuracy);
    html_cell_estimate(out, &order->loss);
    strbuf_add(out, "</tr>\n");
    html_row(out, "shuffled");
    html_cell_estimate(out, &order->shuffled_accuracy);
    html_cell_estimate(out, &order->shuffled_loss);
    strbuf_add(out, "</tr>\n");
    html_row(out, "lost by shuffling");
    html_cell_estimate(out, &order->accuracy_drop);
    html_cell_estimate(out, &order->loss_rise);
    strbuf_add(out, "</tr>\n");
    html_table_end(out);
}

void page_baselines(const struct content *content, struct strbuf *out)
{
    const struct evaluation *e = &content->evaluation;
    const double low = lowest_accuracy(e);
    char text[200], axis[80];
    if (!content->has_data)
        return;
    (void)snprintf(axis, sizeof axis, "|accuracy, %.1f to 1", low);
    const char *const headings[] = {"",    axis,          "accuracy", "log-loss (nats)",
                                    "AUC", "Brier score", NULL};
    html_section(out, "baselines", "Beside counting");
    html_elementf(out, "p", "Baselines only count the names of events. %s",
                  source_text(e, text, sizeof text));
    html_table(out, "Accuracy and log-loss of the model and of every baseline", headings);
    add_predictor(out,
                  &(struct predictor_row){.name = content->name,
                                          .accuracy = e->accuracy,
                                          .loss = e->loss,
                                          .auc = e->auc.value,
                                          .brier = e->brier.value,
                                          .is_model = true},
                  low);
    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        add_baseline(out, &e->baselines[i], low);
    if (e->has_optimum)
        add_predictor(
            out,
            &(struct predictor_row){.name = "exact posterior, the best possible",
                                    .accuracy = e->optimal_accuracy,
                                    .loss = e->optimal_loss,
                                    .auc = (double)NAN,
                                    .brier = (double)NAN},
            low);
    html_table_end(out);
    if (e->order.positions > 0)
        add_order(out, &e->order);
    html_section_end(out);
}

/* ---- calibration ------------------------------------------------------------------------- */

/*
 * Wilson's interval of a share: 95 %, of independent positions.  Those of one history are not
 * independent, so it is too short for the tasks next and every.
 */
static struct point bin_point(const struct calibration_bin *bin)
{
    const double n = (double)bin->count, z = 1.96, p = bin->accuracy;
    const double middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    const double half =
        z / (1.0 + z * z / n) * sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n));
    return (struct point){bin->confidence, p, middle - half, middle + half};
}

static void add_reliability(struct strbuf *out, const struct evaluation *e)
{
    struct point points[EVALUATION_BINS];
    const double none = (double)NAN;
    static const char *const headings[] = {"probability", "positions", "mean probability",
                                           "accuracy", NULL};
    for (size_t i = 0; i < EVALUATION_BINS; i++)
        points[i] = bin_point(&e->bins[i]);
    const struct chart chart = {
        .title = "How often a prediction is right, by its probability",
        .description = "On the diagonal, probabilities are what they say; below it, the "
                       "model is too sure. The table below has the numbers.",
        .x_label = "mean probability of the prediction",
        .y_label = "accuracy",
        .x_high = 1.0,
        .y_high = 1.0,
        .has_diagonal = true,
        .mark_x = none,
        .series = {{"predictions in fifteen bins, with 95 % intervals (Wilson)", points,
                    EVALUATION_BINS}},
        .series_count = 1};
    html_chart(out, &chart);
    strbuf_add(out, "<details><summary>The numbers</summary>\n");
    html_table(out, "Predictions by their probability", headings);
    for (size_t i = 0; i < EVALUATION_BINS; i++) {
        char name[40];
        if (e->bins[i].count == 0)
            continue;
        (void)snprintf(name, sizeof name, "%.3f to %.3f", (double)i / EVALUATION_BINS,
                       (double)(i + 1) / EVALUATION_BINS);
        html_row(out, name);
        html_cell_count(out, e->bins[i].count);
        html_cell_real(out, e->bins[i].confidence, 4);
        html_cell_real(out, e->bins[i].accuracy, 4);
        strbuf_add(out, "</tr>\n");
    }
    html_table_end(out);
    strbuf_add(out, "</details>\n");
}

static void add_coverage(struct strbuf *out, const struct evaluation *e)
{
    struct coverage coverage[MAX_COVERAGE];
    struct point points[MAX_COVERAGE];
    const size_t count = content_coverage(e, coverage);
    const double none = (double)NAN;
    double lowest = 1.0;
    static const char *const headings[] = {"declined below", "answered", "share answered",
                                           "accuracy", NULL};
    for (size_t i = 0; i < count; i++) {
        points[i] = (struct point){coverage[i].share, coverage[i].accuracy, none, none};
        lowest = fmin(lowest, coverage[i].accuracy);
    }
    const struct chart chart = {
        .title = "Accuracy if less probable predictions are declined",
        .description = "From right to left, more predictions are declined, those of the "
                       "lowest probability first. The table below has the numbers.",
        .x_label = "share of positions that are answered",
        .y_label = "accuracy of the answers",
        .x_high = 1.0,
        .y_low = fmax(0.0, floor(lowest * 10.0 - 0.01) / 10.0),
        .y_high = 1.0,
        .mark_x = none,
        .series = {{"answered predictions", points, count}},
        .series_count = 1};
    html_chart(out, &chart);
    strbuf_add(out, "<details><summary>The numbers</summary>\n");
    html_table(out, "What is answered, by the least probability of an answer", headings);
    for (size_t i = 0; i < count; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%.3f", coverage[i].confidence);
        html_row(out, i == 0 ? "nothing is declined" : name);
        html_cell_count(out, coverage[i].answered);
        html_cell_real(out, coverage[i].share, 4);
        html_cell_real(out, coverage[i].accuracy, 4);
        strbuf_add(out, "</tr>\n");
    }
    html_table_end(out);
    strbuf_add(out, "</details>\n");
}

/* Labels drawn from the probabilities show what a calibrated model would have. */
static void add_calibration_test(struct strbuf *out, const struct calibration_test *test)
{
    if (!isfinite(test->p))
        return;
    html_textf(out,
               "A calibrated model with these probabilities would show %.4f on average; "
               "%s (p = %.4f%s).",
               test->expected,
               test->p < 0.05 ? "this one shows more than by chance"
                              : "this one shows no more than by chance",
               test->p, test->p_holm > test->p ? ", before Holm's correction" : "");
}

void page_calibration(const struct content *content, struct strbuf *out)
{
    const struct evaluation *e = &content->evaluation;
    if (!content->has_data)
        return;
    html_section(out, "calibration", "Can the probabilities be believed?");
    strbuf_add(out, "<p>The calibration error is ");
    html_estimate(out, &e->calibration_error);
    strbuf_add(out, ": the mean distance of the points from the diagonal, weighted by "
                    "positions. ");
    add_calibration_test(out, &e->calibration);
    strbuf_add(out, "</p>\n<div class=\"pair\">\n<div>");
    add_reliability(out, e);
    strbuf_add(out, "</div>\n<div>");
    add_coverage(out, e);
    strbuf_add(out, "</div>\n</div>\n");
    html_section_end(out);
}

/* ---- actions ----------------------------------------------------------------------------- */

/* The name of action c; C stands for labels that are none of the model's actions. */
static const char *action_name(const struct content *content, size_t c)
{
    return c < content->evaluation.C ? triage_model_action(content->model, c)
                                     : "(none of the model's)";
}

static void add_matrix(const struct content *content, struct strbuf *out)
{
    const struct evaluation *e = &content->evaluation;
    const char *headings[MAX_MATRIX + 2] = {"label"};
    for (size_t c = 0; c < e->C; c++)
        headings[c + 1] = action_name(content, c);
    strbuf_add(out, "<div class=\"matrix\">\n");
    html_table_of_names(out,
                        "Confusion matrix: positions by their label (rows) and "
                        "prediction (columns); darker is a larger share of the label",
                        headings);
    for (size_t label = 0; label < e->C + (e->other_labels > 0); label++) {
        const uint64_t *row = e->confusion + label * e->C;
        uint64_t sum = 0;
        for (size_t c = 0; c < e->C; c++)
            sum += row[c];
        html_row(out, action_name(content, label));
        for (size_t c = 0; c < e->C; c++) {
            const double share = sum > 0 ? (double)row[c] / (double)sum : 0.0;
            strbuf_printf(out, "<td class=\"h%d%s\">", (int)ceil(share * HEATS),
                          label == c ? " right" : "");
            html_count(out, row[c]);
            strbuf_add(out, "</td>");
        }
        strbuf_add(out, "</tr>\n");
    }
    html_table_end(out);
    strbuf_add(out, "</div>\n");
}

/* The largest cell off the diagonal that comes after `last` in the order of counts, then indices. */
static size_t next_confusion(const struct evaluation *e, size_t last)
{
    const size_t cells = (e->C + 1) * e->C;
    size_t found = cells;
    for (size_t i = 0; i < cells; i++) {
        const uint64_t count = e->confusion[i];
        const bool is_listed =
            last < cells &&
            (count > e->confusion[last] || (count == e->confusion[last] && i <= last));
        if (count > 0 && i / e->C != i % e->C && !is_listed &&
            (found == cells || count > e->confusion[found]))
            found = i;
    }
    return found;
}

static void add_largest(const struct content *content, struct strbuf *out)
{
    static const char *const headings[] = {"label", "<predicted", "positions", NULL};
    const struct evaluation *e = &content->evaluation;
    const size_t cells = (e->C + 1) * e->C;
    size_t cell = cells;
    html_table(out, "The largest confusions (--json has all of them)", headings);
    for (int i = 0; i < MAX_CONFUSIONS; i++) {
        cell = next_confusion(e, cell);
        if (cell == cells)
            break;
        html_row(out, action_name(content, cell / e->C));
        html_cell_text(out, action_name(content, cell % e->C));
        html_cell_count(out, e->confusion[cell]);
        strbuf_add(out, "</tr>\n");
    }
    html_table_end(out);
}

static void add_classes(const struct content *content, struct strbuf *out)
{
    static const char *const headings[] = {
        "action",         "labels",     "predictions", "precision",
        "recall",         "F1",         "AUC",         "average precision",
        "best threshold", "F1 with it", NULL};
    const struct evaluation *e = &content->evaluation;
    html_table(out, "Every action", headings);
    for (size_t c = 0; c < e->C && c < MAX_CLASSES; c++) {
        const struct class_metrics *class = &e->classes[c];
        html_row(out, action_name(content, c));
        html_cell_count(out, class->support);
        html_cell_count(out, class->predicted);
        html_cell_real(out, class->precision.value, 4);
        html_cell_real(out, class->recall.value, 4);
        html_cell_estimate(out, &class->f1);
        html_cell_real(out, class->auc, 4);
        html_cell_real(out, class->average_precision, 4);
        html_cell_real(out, class->threshold, 3);
        html_cell_real(out, class->threshold_f1, 4);
        strbuf_add(out, "</tr>\n");
    }
    html_table_end(out);
    strbuf_add(out,
               "<p class=\"note\">Best threshold: the least probability from which "
               "the action would be predicted for the largest F1 on these data, which "
               "is too high for other data.</p>\n");
    if (e->C > MAX_CLASSES)
        html_elementf(out, "p", "The first %d of %zu actions; --json has all of them.",
                      MAX_CLASSES, e->C);
}

static void add_end(struct strbuf *out, const struct evaluation *e)
{
    const double without = (double)e->end.correct_without / (double)e->positions;
    if (!e->end.exists)
        return;
    html_elementf(out, "p",
                  "The end of a history is the label at %" PRIu64
                  " positions and is predicted at %" PRIu64 ", right at %" PRIu64
                  "; if it were never predicted, the accuracy would be %.4f.",
                  e->end.labels, e->end.predicted, e->end.correct, without);
}

void page_actions(const struct content *content, struct strbuf *out)
{
    const struct evaluation *e = &content->evaluation;
    if (!content->has_data)
        return;
    html_section(out, "actions", "Which actions are confused");
    if (e->other_labels > 0)
        html_elementf(out, "p",
                      "The label of %" PRIu64
                      " positions is none of the model's actions: they count as wrong "
                      "and have no log-loss.",
                      e->other_labels);
    add_end(out, e);
    if (e->confusion && e->C <= MAX_MATRIX)
        add_matrix(content, out);
    else if (e->confusion)
        add_largest(content, out);
    add_classes(content, out);
    html_section_end(out);
}

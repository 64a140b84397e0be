/* How early the model is right: the evaluation by how much of each history is known. */
#include <math.h>
#include <stdio.h>

#include "report/html.h"
#include "report/page.h"

enum { WORDS_BYTES = 48 };

/* ---- charts ------------------------------------------------------------------------------ */

/* The rows by share, as points of the model, of its best baseline and of the exact posterior. */
struct known_points {
    struct point model[KNOWN_SHARES], baseline[KNOWN_SHARES], optimum[KNOWN_SHARES];
    size_t count;
    double low, high; /* of all of them */
    bool has_baseline, has_optimum;
};

static void stretch(struct known_points *points, const struct point *point)
{
    points->low = fmin(points->low, fmin(point->y, point->low));
    points->high = fmax(points->high, fmax(point->y, point->high));
}

static void add_points(struct known_points *points, const struct known_row *row,
                       bool is_loss)
{
    const double none = (double)NAN;
    const struct baseline_comparison *c = &row->comparison;
    const size_t i = points->count++;
    const struct estimate *model = is_loss ? &row->loss : &row->accuracy;
    const double baseline = is_loss ? row->baselines[c->loss_baseline].loss
                                    : row->baselines[c->baseline].accuracy;
    const double optimum = is_loss ? row->optimal_loss : row->optimal_accuracy;
    points->model[i] = (struct point){row->share, model->value, model->low, model->high};
    points->baseline[i] = (struct point){row->share, baseline, none, none};
    points->optimum[i] = (struct point){row->share, optimum, none, none};
    points->has_baseline = points->has_baseline || isfinite(baseline);
    points->has_optimum = points->has_optimum || isfinite(optimum);
    stretch(points, &points->model[i]);
    stretch(points, &points->baseline[i]);
    stretch(points, &points->optimum[i]);
}

static void add_chart(const struct content *content, bool is_loss, struct strbuf *out)
{
    const struct known_metrics *known = &content->evaluation.known;
    struct known_points points = {.low = (double)INFINITY, .high = -(double)INFINITY};
    for (size_t i = 0; i < known->row_count; i++)
        if (known->rows[i].share > 0.0 && points.count < KNOWN_SHARES)
            add_points(&points, &known->rows[i], is_loss);
    if (!isfinite(points.low) || !isfinite(points.high))
        return;
    struct chart chart = {
        .title = is_loss ? "Log-loss, by the share of the events that are known"
                         : "Accuracy, by the share of the events that are known",
        .description = "Of the action that is right in the end, when only the first "
                       "events of each history are known. The table below has the "
                       "numbers.",
        .x_label = "share of the events that are known",
        .y_label = is_loss ? "log-loss (nats)" : "accuracy",
        .x_low = 0.2,
        .x_high = 1.05,
        .y_low = fmax(0.0, floor(points.low * 10.0 - 0.2) / 10.0),
        .y_high = is_loss ? ceil(points.high * 10.0 + 0.2) / 10.0
                          : fmin(1.0, ceil(points.high * 10.0 + 0.2) / 10.0),
        .mark_x = (double)NAN,
        .x_ticks = {{0.25, "25 %"}, {0.5, "50 %"}, {0.75, "75 %"}, {1.0, "100 %"}},
        .x_tick_count = KNOWN_SHARES,
        .series = {{content->name, points.model, points.count}},
        .series_count = 1};
    if (points.has_baseline)
        chart.series[chart.series_count++] = (struct series){
            "the best baseline at each share", points.baseline, points.count};
    if (points.has_optimum)
        chart.series[chart.series_count++] = (struct series){
            "exact posterior, the best possible", points.optimum, points.count};
    html_chart(out, &chart);
}

/* ---- table ------------------------------------------------------------------------------- */

static const char *row_name(const struct known_row *row, char buffer[WORDS_BYTES])
{
    if (row->share > 0.0)
        (void)snprintf(buffer, WORDS_BYTES, "%.0f %% of the events", 100.0 * row->share);
    else
        (void)snprintf(buffer, WORDS_BYTES, "%u event%s", (unsigned)row->events,
                       row->events == 1 ? "" : "s");
    return buffer;
}

/* A metric of the best baseline, and which that is. */
static void add_baseline(struct strbuf *out, double value, const char *name)
{
    strbuf_add(out, "<td>");
    html_real(out, value, 4);
    if (isfinite(value)) {
        strbuf_add(out, " <span class=\"interval\">");
        html_text(out, name);
        strbuf_add(out, "</span>");
    }
    strbuf_add(out, "</td>");
}

static void add_verdict(const struct known_row *row, struct strbuf *out)
{
    static const char *const words[] = {[VERDICT_BETTER] = "better",
                                        [VERDICT_NO_BETTER] = "no better",
                                        [VERDICT_WORSE] = "worse",
                                        [VERDICT_NONE] = "not compared"};
    const struct baseline_comparison *c = &row->comparison;
    if (row->histories == 0) {
        html_cell_text(out, "no history is as long");
        return;
    }
    strbuf_printf(out, "<td class=\"text\">%s", words[c->verdict]);
    if (c->verdict != VERDICT_NONE)
        strbuf_printf(out, " <span class=\"interval\">%+.4f, p = %.4f</span>",
                      c->accuracy_gain.value, c->p);
    strbuf_add(out, "</td>");
}

static void add_row(const struct content *content, const struct known_row *row,
                    struct strbuf *out)
{
    const struct evaluation *e = &content->evaluation;
    const struct baseline_comparison *c = &row->comparison;
    char name[WORDS_BYTES];
    html_row(out, row_name(row, name));
    html_cell_count(out, row->histories);
    html_cell_estimate(out, &row->accuracy);
    add_baseline(out, row->baselines[c->baseline].accuracy,
                 e->baselines[c->baseline].name);
    html_cell_estimate(out, &row->loss);
    add_baseline(out, row->baselines[c->loss_baseline].loss,
                 e->baselines[c->loss_baseline].name);
    html_cell_real(out, row->auc.value, 4);
    strbuf_add(out, "<td>");
    html_real(out, row->calibration_error, 4);
    if (isfinite(row->calibration.p_holm))
        strbuf_printf(out, " <span class=\"interval\">p = %.3f</span>",
                      row->calibration.p_holm);
    strbuf_add(out, "</td>");
    add_verdict(row, out);
    strbuf_add(out, "</tr>\n");
}

void page_known(const struct content *content, struct strbuf *out)
{
    static const char *const headings[] = {"known",
                                           "histories",
                                           "accuracy",
                                           "best baseline",
                                           "log-loss (nats)",
                                           "best baseline",
                                           "AUC",
                                           "calibration error",
                                           "<verdict",
                                           NULL};
    const struct known_metrics *known = &content->evaluation.known;
    if (known->row_count == 0)
        return;
    html_section(out, "known", "How early it is right");
    html_elementf(out, "p",
                  "The action that is right in the end, asked when only the first events "
                  "of each history are known. The baselines are trained for it, on every "
                  "beginning of the training histories. %zu histories.",
                  known->histories);
    strbuf_add(out, "<div class=\"pair\">\n<div>");
    add_chart(content, false, out);
    strbuf_add(out, "</div>\n<div>");
    add_chart(content, true, out);
    strbuf_add(out, "</div>\n</div>\n");
    html_table(out,
               "By the share and by the number of events that are known; p of the "
               "calibration error with Holm's correction",
               headings);
    for (size_t i = 0; i < known->row_count; i++)
        add_row(content, &known->rows[i], out);
    html_table_end(out);
    html_section_end(out);
}

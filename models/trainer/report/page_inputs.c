/* Which inputs matter, how far back, and whether the data is distributed as that of the training. */
#include <math.h>
#include <stdio.h>

#include "report/html.h"
#include "report/page.h"

/* ---- importance -------------------------------------------------------------------------- */

static bool is_before(const struct input_importance *a, const struct input_importance *b)
{
    return a->loss_rise.value > b->loss_rise.value;
}

/* The input with the largest rise of those after `last`, in the order of the page; NULL first. */
static const struct input_importance *next_input(const struct importance *importance,
                                                 const struct input_importance *last)
{
    const struct input_importance *found = NULL;
    for (size_t i = 0; i < importance->input_count; i++) {
        const struct input_importance *input = &importance->inputs[i];
        const bool is_later =
            !last || is_before(last, input) || (!is_before(input, last) && input > last);
        if (is_later && (!found || is_before(input, found)))
            found = input;
    }
    return found;
}

static const char *importance_text(const struct input_importance *input)
{
    if (isnan(input->loss_rise.value))
        return "not measured";
    return input->loss_rise.low > 0.0    ? "it helps"
           : input->loss_rise.high < 0.0 ? "better without it"
                                         : "no clear effect";
}

void page_importance(const struct content *content, struct strbuf *out)
{
    static const char *const headings[] = {
        "input", "|", "rise of log-loss (nats)", "loss of accuracy", "<", NULL};
    const struct importance *importance = &content->importance;
    double low = 0.0, high = 0.0;
    if (importance->input_count == 0)
        return;
    for (size_t i = 0; i < importance->input_count; i++) {
        const struct estimate *rise = &importance->inputs[i].loss_rise;
        low = fmin(low, fmin(rise->value, rise->low));
        high = fmax(high, fmax(rise->value, rise->high));
    }
    html_section(out, "importance", "Which inputs matter");
    html_elementf(
        out, "p",
        "How much worse the model predicts when one input of a history is that "
        "of another history, drawn at random (mean of %u draws, %zu histories). "
        "An input that another one repeats has a small effect here.",
        (unsigned)importance->draws, importance->histories);
    html_table(out, "Permutation importance of every input", headings);
    for (const struct input_importance *input = next_input(importance, NULL); input;
         input = next_input(importance, input)) {
        const struct bar bar = {.low = low, .high = high, .estimate = input->loss_rise};
        html_row(out, input->name);
        html_cell_bar(out, &bar);
        html_cell_estimate(out, &input->loss_rise);
        html_cell_estimate(out, &input->accuracy_drop);
        html_cell_text(out, importance_text(input));
        strbuf_add(out, "</tr>\n");
    }
    html_table_end(out);
    html_section_end(out);
}

/* ---- drift ------------------------------------------------------------------------------- */

static void add_percent(struct strbuf *out, double share)
{
    if (isnan(share))
        html_real(out, share, 1);
    else
        strbuf_printf(out, "%.1f %%", 100.0 * share);
}

/* "now (in training)" */
static void add_pair(struct strbuf *out, double now, double trained, bool is_share)
{
    strbuf_add(out, "<td>");
    if (is_share)
        add_percent(out, now);
    else if (isnan(now))
        html_real(out, now, 1);
    else
        strbuf_printf(out, "%.5g", now);
    if (!isnan(now) && !isnan(trained)) {
        strbuf_add(out, " <span class=\"interval\">(");
        if (is_share)
            add_percent(out, trained);
        else
            strbuf_printf(out, "%.5g", trained);
        strbuf_add(out, ")</span>");
    }
    strbuf_add(out, "</td>");
}

static void add_distance(struct strbuf *out, const struct drift_row *row)
{
    const bool differs = row->distance > row->by_chance;
    strbuf_add(out, "<td>");
    html_real(out, row->distance, 3);
    if (!isnan(row->by_chance))
        strbuf_printf(out, " <span class=\"interval\">(by chance %.3f)</span>",
                      row->by_chance);
    strbuf_add(out,
               differs ? "<br/><span class=\"differs\">differs</span></td>" : "</td>");
}

void page_drift(const struct content *content, struct strbuf *out)
{
    static const char *const headings[] = {
        "field", "distance", "median", "missing", "unknown values", "most frequent value",
        NULL};
    const struct drift *drift = &content->drift;
    if (drift->count == 0)
        return;
    html_section(out, "drift", "Is the data that of the training?");
    strbuf_add(
        out,
        "<p>In brackets: in the training, where the model file says it. The distance "
        "is the largest difference between the shares of values up to any value "
        "(Kolmogorov and Smirnov); data like that of the training exceeds the number "
        "beside it once in twenty times.</p>\n");
    html_table(out, "The evaluated data, and the training", headings);
    for (size_t i = 0; i < drift->count; i++) {
        const struct drift_row *row = &drift->rows[i];
        html_row(out, row->name);
        add_distance(out, row);
        add_pair(out, row->median, row->trained_median, false);
        add_pair(out, row->missing, row->trained_missing, true);
        add_pair(out, row->unknown, (double)NAN, true);
        add_pair(out, row->frequent, row->trained_frequent, true);
        strbuf_add(out, "</tr>\n");
    }
    html_table_end(out);
    html_section_end(out);
}

/* ---- gradient ---------------------------------------------------------------------------- */

/* The largest lag whose norm is at least that share of the norm at lag 0. */
static uint32_t find_reach(const struct lags *lags, double share)
{
    uint32_t last = 0;
    for (uint32_t lag = 0; lag < lags->length; lag++)
        if (lags->norms[lag] >= share * lags->norms[0])
            last = lag;
    return last;
}

static void add_lag_chart(const struct lags *lags, struct strbuf *out)
{
    enum { MAX_LAGS = 128 };
    struct point points[MAX_LAGS];
    const double none = (double)NAN;
    double lowest = 1.0, highest = 1.0;
    const uint32_t count = lags->length < MAX_LAGS ? lags->length : MAX_LAGS;
    for (uint32_t lag = 0; lag < count; lag++) {
        const double share = lags->norms[lag] / lags->norms[0];
        points[lag] = (struct point){lag, share, none, none};
        if (share > 0.0)
            lowest = fmin(lowest, share);
        highest = fmax(highest, share);
    }
    const struct chart chart = {
        .title = "Gradient of the loss by the distance to the last event",
        .description =
            "The mean norm of the gradient with respect to the input of an "
            "event, divided by that of the last event. The table below has the "
            "numbers.",
        .x_label = "events before the last one",
        .y_label = "share of the gradient at the last",
        .x_high = count > 1 ? count - 1 : 1,
        .y_low = pow(10.0, floor(log10(fmax(lowest, 1e-12) * 0.999))),
        .y_high = pow(10.0, ceil(log10(highest * 0.999))),
        .is_log = true,
        .mark_x = none,
        .series = {{"mean over the histories", points, count}},
        .series_count = 1};
    html_chart(out, &chart);
}

static void add_lag_table(const struct lags *lags, struct strbuf *out)
{
    static const char *const headings[] = {"events before the last one", "mean norm",
                                           "share of the last", NULL};
    html_table(out, "Gradient by lag", headings);
    for (uint32_t lag = 0; lag < lags->length;
         lag = lag == 0                                            ? 1
               : lag + 1 < lags->length && 2 * lag >= lags->length ? lags->length - 1
                                                                   : 2 * lag) {
        char name[16];
        (void)snprintf(name, sizeof name, "%u", (unsigned)lag);
        html_row(out, name);
        strbuf_printf(out, "<td>%.4g</td><td>%.4g</td></tr>\n", lags->norms[lag],
                      lags->norms[lag] / lags->norms[0]);
    }
    html_table_end(out);
}

void page_gradient(const struct content *content, struct strbuf *out)
{
    const struct lags *lags = &content->lags;
    if (!content->has_data)
        return;
    html_section(out, "gradient", "How far back the model is trained to look");
    if (lags->length == 0 || !(lags->norms[0] > 0.0)) {
        html_elementf(out, "p", "Not measured: %s.",
                      lags->length == 0 ? content->lags_note
                                        : "the gradient is 0 at the last event");
        html_section_end(out);
        return;
    }
    html_elementf(
        out, "p",
        "Measured on the last %u events of %zu histories. A tenth of the gradient "
        "at the last event or more reaches %u events back, a hundredth %u.",
        (unsigned)lags->length, lags->histories, (unsigned)find_reach(lags, 0.1),
        (unsigned)find_reach(lags, 0.01));
    if (triage_model_spec(content->model)->directions == 2)
        strbuf_add(out, "<p>The second direction reads the first event last, so the "
                        "gradient comes from both ends.</p>\n");
    strbuf_add(out, "<div class=\"pair\">\n<div>");
    add_lag_chart(lags, out);
    strbuf_add(out, "</div>\n<div>");
    add_lag_table(lags, out);
    strbuf_add(out, "</div>\n</div>\n");
    html_section_end(out);
}

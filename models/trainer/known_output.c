/*
 * Three tables with a row for each share and each number of events: accuracy, log-loss, and the area
 * under the curve beside the calibration error.  No line has more than 100 columns.
 */
#include "known_output.h"

#include <math.h>
#include <string.h>

struct cell {
    char text[32];
};

/* A number of 7 columns, with a sign if has_sign. */
static struct cell format_real(double value, bool has_sign)
{
    struct cell cell;
    if (isnan(value))
        (void)snprintf(cell.text, sizeof cell.text, "%7s", "-");
    else
        (void)snprintf(cell.text, sizeof cell.text, has_sign ? "%+7.4f" : "%7.4f", value);
    return cell;
}

/* "25 %" or "4 events" */
static struct cell format_known(const struct known_row *row)
{
    struct cell cell;
    if (row->events == 0)
        (void)snprintf(cell.text, sizeof cell.text, "%.0f %%", 100.0 * row->share);
    else
        (void)snprintf(cell.text, sizeof cell.text, "%u event%s", (unsigned)row->events,
                       row->events == 1 ? "" : "s");
    return cell;
}

static const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {[VERDICT_BETTER] = "better",
                                        [VERDICT_NO_BETTER] = "no better",
                                        [VERDICT_WORSE] = "worse",
                                        [VERDICT_NONE] = "-"};
    return names[verdict];
}

/* What the first two tables show of a row. */
struct line {
    double model, optimum, baseline, gain, p;
    const char *name;
    enum verdict verdict;
};

static void print_line(const struct known_row *row, bool has_optimum, const char *second,
                       const struct line *line, FILE *out)
{
    fprintf(out, "  %-9s %9s  %s", format_known(row).text, second,
            format_real(line->model, false).text);
    if (has_optimum)
        fprintf(out, "  %s", format_real(line->optimum, false).text);
    fprintf(out, "  %s %-19s %s %s %s\n", format_real(line->baseline, false).text,
            line->name, format_real(line->gain, true).text,
            format_real(line->p, false).text, verdict_name(line->verdict));
}

static void print_heading(const char *second, const char *metric, bool has_optimum,
                          const char *best, FILE *out)
{
    fprintf(out, "  %-9s %9s %8s%s %8s %-19s %7s %7s %s\n", "known", second, metric,
            has_optimum ? " possible" : "", "baseline", best, "gain", "p", "verdict");
}

static void print_accuracy(const struct evaluation *e, bool has_optimum, FILE *out)
{
    print_heading("histories", "accuracy", has_optimum, "(most accurate)", out);
    for (size_t i = 0; i < e->known.row_count; i++) {
        const struct known_row *row = &e->known.rows[i];
        const struct baseline_comparison *c = &row->comparison;
        const struct line line = {.model = row->accuracy.value,
                                  .optimum = row->optimal_accuracy,
                                  .baseline = row->baselines[c->baseline].accuracy,
                                  .name = e->baselines[c->baseline].name,
                                  .gain = c->accuracy_gain.value,
                                  .p = c->p,
                                  .verdict = c->verdict};
        char histories[24];
        (void)snprintf(histories, sizeof histories, "%zu", row->histories);
        if (row->histories > 0)
            print_line(row, has_optimum, histories, &line, out);
    }
}

static void print_loss(const struct evaluation *e, bool has_optimum, FILE *out)
{
    print_heading("Brier", "log-loss", has_optimum, "(smallest)", out);
    for (size_t i = 0; i < e->known.row_count; i++) {
        const struct known_row *row = &e->known.rows[i];
        const struct baseline_comparison *c = &row->comparison;
        const struct line line = {.model = row->loss.value,
                                  .optimum = row->optimal_loss,
                                  .baseline = row->baselines[c->loss_baseline].loss,
                                  .name = e->baselines[c->loss_baseline].name,
                                  .gain = c->loss_reduction.value,
                                  .p = c->loss_p,
                                  .verdict = c->loss_verdict};
        if (row->histories > 0)
            print_line(row, has_optimum, format_real(row->brier, false).text, &line, out);
    }
}

/* The baseline with the largest area under the curve; of several, the simplest. */
static size_t best_area(const struct known_row *row)
{
    size_t best = 0;
    for (size_t i = 1; i < EVALUATION_BASELINES; i++)
        if (row->baselines[i].is_available &&
            row->baselines[i].auc > row->baselines[best].auc)
            best = i;
    return best;
}

static void print_calibration(const struct evaluation *e, FILE *out)
{
    fprintf(out, "  %-9s %8s %8s %-19s %11s %8s %8s %7s %7s\n", "known", "AUC",
            "baseline", "(largest)", "calibration", "expected", "excess", "p", "Holm");
    for (size_t i = 0; i < e->known.row_count; i++) {
        const struct known_row *row = &e->known.rows[i];
        const struct calibration_test *test = &row->calibration;
        size_t best = best_area(row);
        if (row->histories == 0)
            continue;
        fprintf(out, "  %-9s  %s  %s %-19s %11s  %s  %s %s %s\n", format_known(row).text,
                format_real(row->auc.value, false).text,
                format_real(row->baselines[best].auc, false).text,
                e->baselines[best].name, format_real(row->calibration_error, false).text,
                format_real(test->expected, false).text,
                format_real(test->excess, true).text, format_real(test->p, false).text,
                format_real(test->p_holm, false).text);
    }
}

void known_output_print(const struct evaluation *evaluation, FILE *out)
{
    bool has_optimum = false;
    if (evaluation->known.row_count == 0)
        return;
    for (size_t i = 0; i < evaluation->known.row_count; i++)
        has_optimum = has_optimum || !isnan(evaluation->known.rows[i].optimal_accuracy);
    fputs("\nby how much is known: the events of each history up to a share of them, or "
          "up to so many\n",
          out);
    if (evaluation->known.histories < evaluation->histories)
        fprintf(out, "  of a random sample of %zu histories\n",
                evaluation->known.histories);
    print_accuracy(evaluation, has_optimum, out);
    fputc('\n', out);
    print_loss(evaluation, has_optimum, out);
    fputc('\n', out);
    print_calibration(evaluation, out);
}

static void write_real(struct strbuf *text, const char *key, double value)
{
    strbuf_printf(text, ", \"%s\": ", key);
    if (isfinite(value))
        strbuf_double(text, value);
    else
        strbuf_add(text, "null");
}

static void write_estimate(struct strbuf *text, const char *key,
                           const struct estimate *estimate)
{
    strbuf_printf(text, ", \"%s\": {\"value\": ", key);
    if (isfinite(estimate->value))
        strbuf_double(text, estimate->value);
    else
        strbuf_add(text, "null");
    write_real(text, "low", estimate->low);
    write_real(text, "high", estimate->high);
    strbuf_add(text, "}");
}

void known_output_write_test(const struct calibration_test *test, struct strbuf *text)
{
    if (isnan(test->p)) {
        strbuf_add(text, ", \"calibration_test\": null");
        return;
    }
    strbuf_add(text, ", \"calibration_test\": {\"expected\": ");
    strbuf_double(text, test->expected);
    write_real(text, "excess", test->excess);
    write_real(text, "p", test->p);
    write_real(text, "p_holm", test->p_holm);
    strbuf_add(text, "}");
}

static void write_verdict(struct strbuf *text, const char *key, enum verdict verdict)
{
    if (verdict == VERDICT_NONE)
        strbuf_printf(text, ", \"%s\": null", key);
    else
        strbuf_printf(text, ", \"%s\": \"%s\"", key, triage_verdict_names[verdict]);
}

static void write_comparison(struct strbuf *text, const struct evaluation *e,
                             const struct baseline_comparison *c)
{
    strbuf_printf(text, ", \"baseline\": \"%s\"", e->baselines[c->baseline].name);
    write_estimate(text, "accuracy_gain", &c->accuracy_gain);
    write_real(text, "p", c->p);
    write_verdict(text, "verdict", c->verdict);
    strbuf_printf(text, ", \"log_loss_baseline\": \"%s\"",
                  e->baselines[c->loss_baseline].name);
    write_estimate(text, "log_loss_reduction", &c->loss_reduction);
    write_real(text, "log_loss_p", c->loss_p);
    write_verdict(text, "log_loss_verdict", c->loss_verdict);
}

static void write_baselines(struct strbuf *text, const struct evaluation *e,
                            const struct known_row *row)
{
    bool is_first = true;
    strbuf_add(text, ", \"baselines\": [");
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        if (!row->baselines[i].is_available)
            continue;
        strbuf_printf(text, "%s{\"name\": \"%s\"", is_first ? "" : ", ",
                      e->baselines[i].name);
        write_real(text, "accuracy", row->baselines[i].accuracy);
        write_real(text, "auc", row->baselines[i].auc);
        write_real(text, "log_loss", row->baselines[i].loss);
        strbuf_add(text, "}");
        is_first = false;
    }
    strbuf_add(text, "]");
}

static void write_row(struct strbuf *text, const struct evaluation *e,
                      const struct known_row *row)
{
    if (row->events > 0) {
        strbuf_printf(text, "{\"events\": %u", (unsigned)row->events);
    } else {
        strbuf_add(text, "{\"share\": ");
        strbuf_double(text, row->share);
    }
    strbuf_printf(text, ", \"histories\": %zu", row->histories);
    write_estimate(text, "accuracy", &row->accuracy);
    write_estimate(text, "auc", &row->auc);
    write_estimate(text, "log_loss", &row->loss);
    write_real(text, "brier", row->brier);
    write_real(text, "calibration_error", row->calibration_error);
    known_output_write_test(&row->calibration, text);
    write_real(text, "possible_accuracy", row->optimal_accuracy);
    write_real(text, "possible_log_loss", row->optimal_loss);
    write_comparison(text, e, &row->comparison);
    write_baselines(text, e, row);
    strbuf_add(text, "}");
}

void known_output_write(const struct evaluation *evaluation, struct strbuf *text)
{
    const struct known_metrics *known = &evaluation->known;
    if (known->row_count == 0) {
        strbuf_add(text, ", \"known\": null");
        return;
    }
    strbuf_printf(text, ", \"known\": {\"histories\": %zu, \"rows\": [",
                  known->histories);
    for (size_t i = 0; i < known->row_count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        write_row(text, evaluation, &known->rows[i]);
    }
    strbuf_add(text, "]}");
}

/* First part: the report, section by section.  Second part: the same as one JSON object. */
#include "evaluation_output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "known_output.h"

enum {
    MAX_MATRIX = 12,     /* with more actions the confusion matrix is not printed, */
    MAX_CONFUSIONS = 10, /* only so many of its largest cells */
    NAME_BYTES = 37,     /* a longer name is cut in the report */
    MIN_NAME_WIDTH = 20
};

/* " 0.8712 [0.8601, 0.8823]" */
struct number {
    char text[40];
};

static struct number format_estimate(const struct estimate *estimate)
{
    struct number number;
    if (isnan(estimate->value))
        (void)snprintf(number.text, sizeof number.text, "%7s", "-");
    else if (isnan(estimate->low))
        (void)snprintf(number.text, sizeof number.text, "%7.4f", estimate->value);
    else
        (void)snprintf(number.text, sizeof number.text, "%7.4f [%.4f, %.4f]",
                       estimate->value, estimate->low, estimate->high);
    return number;
}

/* " 0.8712" */
static struct number format_value(const struct estimate *estimate)
{
    const struct estimate value = {
        .value = estimate->value, .low = (double)NAN, .high = (double)NAN};
    return format_estimate(&value);
}

static struct number format_double(double value)
{
    const struct estimate estimate = {
        .value = value, .low = (double)NAN, .high = (double)NAN};
    return format_estimate(&estimate);
}

/* The name of action c.  c == C stands for all labels that are none of the model's actions. */
static const char *action_name(const struct evaluation_output *output, size_t c,
                               char buffer[NAME_BYTES])
{
    utf8_copy(buffer, NAME_BYTES,
              c < output->evaluation->C ? triage_model_action(output->model, c)
                                        : "(none of the model's)");
    return buffer;
}

static int name_width(const struct evaluation_output *output)
{
    char name[NAME_BYTES];
    size_t width = MIN_NAME_WIDTH;
    for (size_t c = 0; c < output->evaluation->C; c++) {
        size_t length = strlen(action_name(output, c, name));
        width = length > width ? length : width;
    }
    return (int)width;
}

/* Next to the verdict, because the predictions for unknown events are guesses. */
static void print_unknown(const struct evaluation *evaluation, FILE *out)
{
    bool is_first = true;
    for (size_t i = 0; i < evaluation->unknown_field_count; i++) {
        const struct unknown_field *field = &evaluation->unknown_fields[i];
        if (field->count == 0)
            continue;
        if (is_first)
            fprintf(out, "  values unknown to the model, in %" PRIu64 " events:",
                    evaluation->events);
        char name[NAME_BYTES];
        utf8_copy(name, sizeof name, field->name);
        fprintf(out, "%s %s %" PRIu64, is_first ? "" : ",", name, field->count);
        is_first = false;
    }
    if (!is_first)
        fputc('\n', out);
}

/* What the user can do to get a verdict. */
static const char *verdict_advice(const struct evaluation *e)
{
    if (e->other_labels == e->positions)
        return "evaluate it on labels that it was trained on";
    if (e->overlap.is_overlap)
        return "evaluate it on histories that it was not trained on";
    if (e->overlap.repeated > 0)
        return "evaluate each history once";
    return "give it what the model was trained on: --against TRAIN_DATA";
}

/* The accuracy and the log-loss without a verdict. */
static void print_no_verdict(const struct evaluation_output *output, FILE *out)
{
    const struct evaluation *e = output->evaluation;
    const struct baseline_metrics *best = &e->baselines[e->comparison.baseline];
    const struct baseline_metrics *loss_best = &e->baselines[e->comparison.loss_baseline];
    fprintf(out, "no verdict on %s: %s\n  to compare with counting, %s\n", output->name,
            e->no_verdict, verdict_advice(e));
    fprintf(out, "  accuracy %.4f [%.4f, %.4f]; not comparable: %.4f (%s)\n",
            e->accuracy.value, e->accuracy.low, e->accuracy.high, best->accuracy.value,
            best->name);
    if (!isnan(e->loss.value))
        fprintf(out, "  log-loss %.4f; not comparable: %.4f (%s)\n", e->loss.value,
                loss_best->loss.value, loss_best->name);
}

static void print_comparison(const struct evaluation_output *output, FILE *out)
{
    const struct evaluation *e = output->evaluation;
    const struct baseline_comparison *c = &e->comparison;
    const struct baseline_metrics *best = &e->baselines[c->baseline];
    const struct baseline_metrics *loss_best = &e->baselines[c->loss_baseline];
    fprintf(out,
            "%s is %s: accuracy %.4f [%.4f, %.4f], the best baseline has %.4f (%s)\n",
            output->name, triage_verdict_names[c->verdict], e->accuracy.value,
            e->accuracy.low, e->accuracy.high, best->accuracy.value, best->name);
    fprintf(out, "  difference %+.4f [%+.4f, %+.4f], p %s %.4f\n", c->accuracy_gain.value,
            c->accuracy_gain.low, c->accuracy_gain.high, c->p < 0.00015 ? "<=" : "=",
            c->p);
    if (!isnan(e->loss.value))
        fprintf(out, "  by log-loss it is %s: %.4f, the best baseline has %.4f (%s)\n",
                triage_verdict_names[c->loss_verdict], e->loss.value,
                loss_best->loss.value, loss_best->name);
}

/* Does predicting "no event follows" win no position? */
static bool end_is_useless(const struct evaluation *e, double *without)
{
    *without = (double)e->end.correct_without / (double)e->positions;
    return e->end.exists && e->end.labels + e->end.predicted > 0 &&
           *without >= e->accuracy.value - 1e-12;
}

static void print_end(const struct evaluation *e, FILE *out)
{
    double without;
    if (end_is_useless(e, &without))
        fprintf(out,
                "  predicting the end of a history wins nothing: accuracy %.4f with it, "
                "%.4f if never;\n  --no-end leaves it out, of train and evaluate\n",
                e->accuracy.value, without);
}

static void print_verdict(const struct evaluation_output *output, FILE *out)
{
    const struct evaluation *e = output->evaluation;
    if (*e->no_verdict != '\0')
        print_no_verdict(output, out);
    else
        print_comparison(output, out);
    print_end(e, out);
    if (e->has_optimum) {
        fprintf(out, "  reached %.4f of a possible %.4f", e->accuracy.value,
                e->optimal_accuracy.value);
        if (!isnan(e->loss.value))
            fprintf(out, "; log-loss %.4f, the lowest possible %.4f", e->loss.value,
                    e->optimal_loss.value);
        fputc('\n', out);
    }
    print_unknown(e, out);
}

/* Nothing, where the evaluated histories are known not to be those that were trained on. */
static void print_overlap(const struct evaluation_output *output, FILE *out)
{
    const struct overlap *overlap = &output->evaluation->overlap;
    bool is_checked =
        overlap->compared > 0 && overlap->by_chance < (double)overlap->compared / 2;
    if (overlap->is_overlap)
        fprintf(out, "  %s of them %s\n",
                overlap->found == overlap->compared ? "all" : "some",
                overlap->is_with_given ? "are in the training data that is given"
                                       : "were trained on");
    else if (strcmp(output->part, "test") != 0 && !is_checked)
        fprintf(out, "  the model may have been trained on them\n");
}

static void print_counts(const struct evaluation_output *output, FILE *out)
{
    const struct evaluation *e = output->evaluation;
    fprintf(out, "\nevaluated: %zu positions in %zu histories (part %s, task %s)\n",
            e->positions, e->histories, output->part,
            triage_task_names[triage_model_task(output->model)]);
    print_overlap(output, out);
    if (e->settings.shortest > 1)
        fprintf(out, "  only positions after %u events or more\n",
                (unsigned)e->settings.shortest);
    if (e->ends_left_out > 0)
        fprintf(out, "  ends of histories that are left out: %" PRIu64 "\n",
                e->ends_left_out);
    if (e->other_labels > 0)
        fprintf(out,
                "  positions whose label is none of the model's actions: %" PRIu64
                "; they count as wrong,\n  and have no log-loss\n",
                e->other_labels);
    if (e->unsupported > 0)
        fprintf(out,
                "  actions that are never the label, and not in macro F1: %zu of %zu\n",
                e->unsupported, e->C);
    fprintf(out,
            "  brackets: 95 %% intervals, bootstrap over histories, %u resamples, seed "
            "%" PRIu64 "\n",
            (unsigned)e->settings.resamples, e->settings.seed);
}

static void print_calibration_test(const struct calibration_test *test, FILE *out)
{
    if (isnan(test->p))
        return;
    fprintf(out,
            "  a calibrated model would show %.4f on such data; the difference is %+.4f "
            "(p-value %.4f):\n  %s\n",
            test->expected, test->excess, test->p,
            test->p_holm < 0.05 ? "it is not calibrated"
                                : "no evidence that it is not calibrated");
}

static void print_metrics(const struct evaluation *e, FILE *out)
{
    fprintf(out, "\naccuracy             %s\n", format_estimate(&e->accuracy).text);
    fprintf(out, "log-loss             %s\n", format_estimate(&e->loss).text);
    fprintf(out, "Brier score          %s\n", format_estimate(&e->brier).text);
    fprintf(out, "AUC                  %s%s\n", format_estimate(&e->auc).text,
            e->C > 2 ? "  mean over the actions, each against the rest" : "");
    fprintf(out, "average precision    %s  mean over the actions\n",
            format_estimate(&e->average_precision).text);
    fprintf(out, "macro F1             %s\n", format_estimate(&e->macro_f1).text);
    fprintf(out, "macro precision      %s\n", format_estimate(&e->macro_precision).text);
    fprintf(out, "macro recall         %s\n", format_estimate(&e->macro_recall).text);
    fprintf(out, "calibration error    %s\n",
            format_estimate(&e->calibration_error).text);
    print_calibration_test(&e->calibration, out);
}

static void print_header(FILE *out)
{
    fprintf(out, "  %-20s %-26s %s\n", "", " accuracy", " log-loss");
}

/* With the area under the ROC curve. */
static void print_area_header(FILE *out)
{
    fprintf(out, "  %-20s %-26s %-26s %s\n", "", " accuracy", " log-loss", "    AUC");
}

static void print_row(FILE *out, const char *name, const struct estimate *accuracy,
                      const struct estimate *loss)
{
    fprintf(out, "  %-20s %-26s %s\n", name, format_estimate(accuracy).text,
            format_estimate(loss).text);
}

static void print_baselines(const struct evaluation *e, FILE *out)
{
    switch (e->source) {
    case BASELINES_CROSS_FITTED:
        fprintf(out, "\nbaselines: each fifth of the histories is predicted by baselines "
                     "trained on the others\n");
        break;
    case BASELINES_FROM_MODEL:
        fprintf(out, "\nbaselines: trained on the %zu histories of the model\n",
                e->training_histories);
        break;
    case BASELINES_GIVEN:
        fprintf(out, "\nbaselines: trained on %zu histories\n", e->training_histories);
    }
    print_area_header(out);
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        const struct baseline_metrics *baseline = &e->baselines[i];
        fprintf(out, "  %-20s ", baseline->name);
        if (baseline->is_available)
            fprintf(out, "%-26s %-26s %s", format_estimate(&baseline->accuracy).text,
                    format_estimate(&baseline->loss).text,
                    format_double(baseline->auc).text);
        fprintf(out, "%s%s\n", *baseline->note != '\0' ? "  " : "", baseline->note);
    }
}

static void print_order(const struct order_metrics *order, FILE *out)
{
    const char *effect = order->accuracy_drop.low > 0.0    ? "lowers accuracy"
                         : order->accuracy_drop.high < 0.0 ? "raises accuracy"
                                                           : "makes no clear difference";
    fprintf(out,
            "\norder of events: shuffling %s (%" PRIu64
            " positions, one of each history)\n",
            effect, order->positions);
    print_header(out);
    print_row(out, "in order", &order->accuracy, &order->loss);
    print_row(out, "shuffled", &order->shuffled_accuracy, &order->shuffled_loss);
    print_row(out, "lost by shuffling", &order->accuracy_drop, &order->loss_rise);
}

static void print_classes(const struct evaluation_output *output, FILE *out)
{
    int width = name_width(output);
    char name[NAME_BYTES];
    fprintf(out, "\n  %-*s %7s %9s %9s %7s  %s\n", width, "action", "support",
            "predicted", "precision", "recall", "F1");
    for (size_t c = 0; c < output->evaluation->C; c++) {
        const struct class_metrics *class = &output->evaluation->classes[c];
        fprintf(out, "  %-*s %7" PRIu64 " %9" PRIu64 "   %s %s %s\n", width,
                action_name(output, c, name), class->support, class->predicted,
                format_value(&class->precision).text, format_value(&class->recall).text,
                format_estimate(&class->f1).text);
    }
}

/* The F1 that other thresholds than "the most probable" would have. */
static void print_thresholds(const struct evaluation_output *output, FILE *out)
{
    const struct evaluation *e = output->evaluation;
    bool is_ranked = false;
    for (size_t c = 0; c < e->C; c++)
        is_ranked = is_ranked || !isnan(e->classes[c].threshold);
    if (!is_ranked)
        return;
    int width = name_width(output);
    char name[NAME_BYTES];
    fprintf(out,
            "\nranking by the probability of each action; the threshold with the largest "
            "F1 is chosen on these\ndata, on which its F1 is therefore too high\n");
    fprintf(out, "  %-*s %7s %9s %9s %7s\n", width, "action", "AUC", "precision",
            "threshold", "F1");
    for (size_t c = 0; c < e->C; c++) {
        const struct class_metrics *class = &e->classes[c];
        fprintf(out, "  %-*s %s   %s   %s %s\n", width, action_name(output, c, name),
                format_double(class->auc).text,
                format_double(class->average_precision).text,
                format_double(class->threshold).text,
                format_double(class->threshold_f1).text);
    }
}

static void print_matrix(const struct evaluation_output *output, FILE *out)
{
    const struct evaluation *e = output->evaluation;
    int width = name_width(output);
    char name[NAME_BYTES];
    fprintf(out,
            "\nconfusion matrix: a row for each label, a column for each prediction\n"
            "  %*s",
            width + 3, "");
    for (size_t c = 0; c < e->C; c++)
        fprintf(out, " %7zu", c + 1);
    fputc('\n', out);
    for (size_t label = 0; label < e->C + (e->other_labels > 0); label++) {
        fprintf(out, "  %2zu %-*s", label + 1, width, action_name(output, label, name));
        for (size_t c = 0; c < e->C; c++)
            fprintf(out, " %7" PRIu64, e->confusion[label * e->C + c]);
        fputc('\n', out);
    }
}

/*
 * The cell that follows `last` when those off the diagonal are sorted by count, largest first, then
 * by index.  The number of cells stands for none, before the first one and after the last one.
 */
static size_t next_confusion(const struct evaluation *e, size_t last)
{
    size_t cells = (e->C + 1) * e->C, found = cells;
    for (size_t i = 0; i < cells; i++) {
        uint64_t count = e->confusion[i];
        bool is_printed = last < cells && (count > e->confusion[last] ||
                                           (count == e->confusion[last] && i <= last));
        if (count > 0 && i / e->C != i % e->C && !is_printed &&
            (found == cells || count > e->confusion[found]))
            found = i;
    }
    return found;
}

static void print_largest(const struct evaluation_output *output, FILE *out)
{
    const struct evaluation *e = output->evaluation;
    size_t cells = (e->C + 1) * e->C, cell = cells;
    char label[NAME_BYTES], prediction[NAME_BYTES];
    fprintf(out, "\nlargest confusions (--json has all of them)\n");
    for (int i = 0; i < MAX_CONFUSIONS; i++) {
        cell = next_confusion(e, cell);
        if (cell == cells)
            break;
        fprintf(out, "  %7" PRIu64 "  %s, predicted %s\n", e->confusion[cell],
                action_name(output, cell / e->C, label),
                action_name(output, cell % e->C, prediction));
    }
}

void evaluation_output_print(const struct evaluation_output *output, FILE *out)
{
    const struct evaluation *e = output->evaluation;
    print_verdict(output, out);
    print_counts(output, out);
    print_metrics(e, out);
    print_baselines(e, out);
    known_output_print(e, out);
    print_order(&e->order, out);
    print_classes(output, out);
    print_thresholds(output, out);
    if (e->confusion && e->C <= MAX_MATRIX)
        print_matrix(output, out);
    else if (e->confusion)
        print_largest(output, out);
}

static void write_real(struct strbuf *text, double value)
{
    if (isfinite(value))
        strbuf_double(text, value);
    else
        strbuf_add(text, "null");
}

static void write_string(struct strbuf *text, const char *key, const char *value)
{
    strbuf_printf(text, "\"%s\": ", key);
    strbuf_json_string(text, value, strlen(value));
}

void evaluation_output_write_estimate(struct strbuf *text, const char *key,
                                      const struct estimate *estimate)
{
    strbuf_printf(text, ", \"%s\": {\"value\": ", key);
    write_real(text, estimate->value);
    strbuf_add(text, ", \"low\": ");
    write_real(text, estimate->low);
    strbuf_add(text, ", \"high\": ");
    write_real(text, estimate->high);
    strbuf_add(text, "}");
}

static void write_counts(struct strbuf *text, const struct evaluation *e)
{
    strbuf_quoted(text, ", 'histories': %zu, 'places': %zu", e->histories, e->positions);
    strbuf_quoted(text, ", 'others': %" PRIu64 ", 'ends_left_out': %" PRIu64,
                  e->other_labels, e->ends_left_out);
    strbuf_quoted(text, ", 'unsupported_actions': %zu", e->unsupported);
    strbuf_quoted(text, ", 'counting': {'cross_fitted': %s, 'learnt_from': %zu",
                  e->source == BASELINES_CROSS_FITTED ? "true" : "false",
                  e->training_histories);
    strbuf_quoted(text, ", 'model_histories': %" PRIu64 "}", e->model_histories);
    strbuf_quoted(text, ", 'overlap': {'compared': %zu, 'found': %zu, 'by_chance': ",
                  e->overlap.compared, e->overlap.found);
    write_real(text, e->overlap.by_chance);
    strbuf_add(text, "}");
}

/* The verdict, or null and why there is none. */
static void write_verdict(struct strbuf *text, const struct evaluation *e)
{
    if (*e->no_verdict == '\0') {
        write_string(text, "verdict", triage_verdict_names[e->comparison.verdict]);
        return;
    }
    strbuf_add(text, "\"verdict\": null, ");
    write_string(text, "no_verdict", e->no_verdict);
}

static void write_end(struct strbuf *text, const struct evaluation *e)
{
    if (!e->end.exists) {
        strbuf_add(text, ", \"end\": null");
        return;
    }
    strbuf_quoted(text,
                  ", 'end': {'support': %" PRIu64 ", 'predicted': %" PRIu64
                  ", 'correct': %" PRIu64 ", 'accuracy_without': ",
                  e->end.labels, e->end.predicted, e->end.correct);
    write_real(text, (double)e->end.correct_without / (double)e->positions);
    strbuf_add(text, "}");
}

static void write_unknown(struct strbuf *text, const struct evaluation *e)
{
    strbuf_quoted(text, ", 'unknown': {'events': %" PRIu64 ", 'fields': [", e->events);
    for (size_t i = 0; i < e->unknown_field_count; i++) {
        strbuf_add(text, i == 0 ? "{" : ", {");
        write_string(text, "name", e->unknown_fields[i].name);
        strbuf_quoted(text, ", 'unknown': %" PRIu64 "}", e->unknown_fields[i].count);
    }
    strbuf_add(text, "]}");
}

static void write_comparison(struct strbuf *text, const struct evaluation *e)
{
    const struct baseline_comparison *c = &e->comparison;
    strbuf_add(text, ", \"comparison\": {");
    write_string(text, "floor", e->baselines[c->baseline].name);
    evaluation_output_write_estimate(text, "accuracy_gain", &c->accuracy_gain);
    strbuf_add(text, ", \"p\": ");
    write_real(text, c->p);
    strbuf_add(text, ", ");
    write_string(text, "log_loss_floor", e->baselines[c->loss_baseline].name);
    evaluation_output_write_estimate(text, "log_loss_saving", &c->loss_reduction);
    if (isfinite(c->loss_reduction.value) && c->loss_verdict != VERDICT_NONE) {
        strbuf_add(text, ", \"log_loss_p\": ");
        write_real(text, c->loss_p);
        strbuf_add(text, ", ");
        write_string(text, "log_loss_verdict", triage_verdict_names[c->loss_verdict]);
    } else {
        strbuf_add(text, ", \"log_loss_p\": null, \"log_loss_verdict\": null");
    }
    strbuf_add(text, "}");
}

static void write_baselines(struct strbuf *text, const struct evaluation *e)
{
    strbuf_add(text, ", \"floors\": [");
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        const struct baseline_metrics *baseline = &e->baselines[i];
        strbuf_add(text, i == 0 ? "{" : ", {");
        write_string(text, "name", baseline->name);
        if (baseline->is_available) {
            evaluation_output_write_estimate(text, "accuracy", &baseline->accuracy);
            evaluation_output_write_estimate(text, "log_loss", &baseline->loss);
            strbuf_add(text, ", \"auc\": ");
            write_real(text, baseline->auc);
            strbuf_add(text, ", \"brier\": ");
            write_real(text, baseline->brier);
        }
        if (*baseline->note != '\0') {
            strbuf_add(text, ", ");
            write_string(text, "note", baseline->note);
        }
        strbuf_add(text, "}");
    }
    strbuf_add(text, "]");
}

static void write_optimum(struct strbuf *text, const struct evaluation *e)
{
    if (!e->has_optimum) {
        strbuf_add(text, ", \"possible\": null");
        return;
    }
    strbuf_add(text, ", \"possible\": {\"exact\": true");
    evaluation_output_write_estimate(text, "accuracy", &e->optimal_accuracy);
    evaluation_output_write_estimate(text, "log_loss", &e->optimal_loss);
    strbuf_add(text, "}");
}

static void write_order(struct strbuf *text, const struct order_metrics *order)
{
    strbuf_quoted(text, ", 'order': {'places': %" PRIu64, order->positions);
    evaluation_output_write_estimate(text, "accuracy", &order->accuracy);
    evaluation_output_write_estimate(text, "shuffled_accuracy",
                                     &order->shuffled_accuracy);
    evaluation_output_write_estimate(text, "accuracy_drop", &order->accuracy_drop);
    evaluation_output_write_estimate(text, "log_loss", &order->loss);
    evaluation_output_write_estimate(text, "shuffled_log_loss", &order->shuffled_loss);
    evaluation_output_write_estimate(text, "log_loss_rise", &order->loss_rise);
    strbuf_add(text, "}");
}

static void write_classes(struct strbuf *text, const struct evaluation_output *output)
{
    strbuf_add(text, ", \"actions\": [");
    for (size_t c = 0; c < output->evaluation->C; c++) {
        const struct class_metrics *class = &output->evaluation->classes[c];
        strbuf_add(text, c == 0 ? "{" : ", {");
        write_string(text, "action", triage_model_action(output->model, c));
        strbuf_quoted(
            text, ", 'support': %" PRIu64 ", 'answered': %" PRIu64 ", 'hits': %" PRIu64,
            class->support, class->predicted, class->correct);
        evaluation_output_write_estimate(text, "precision", &class->precision);
        evaluation_output_write_estimate(text, "recall", &class->recall);
        evaluation_output_write_estimate(text, "f1", &class->f1);
        strbuf_add(text, ", \"auc\": ");
        write_real(text, class->auc);
        strbuf_add(text, ", \"average_precision\": ");
        write_real(text, class->average_precision);
        strbuf_add(text, ", \"threshold\": ");
        write_real(text, class->threshold);
        strbuf_add(text, ", \"threshold_f1\": ");
        write_real(text, class->threshold_f1);
        strbuf_add(text, "}");
    }
    strbuf_add(text, "]");
}

/* A row for each label, the last one for labels that are none of the model's actions. */
static void write_confusion(struct strbuf *text, const struct evaluation *e)
{
    if (!e->confusion) {
        strbuf_add(text, ", \"confusion\": null");
        return;
    }
    strbuf_add(text, ", \"confusion\": [");
    for (size_t label = 0; label <= e->C; label++) {
        strbuf_add(text, label == 0 ? "[" : ", [");
        for (size_t c = 0; c < e->C; c++)
            strbuf_printf(text, "%s%" PRIu64, c == 0 ? "" : ", ",
                          e->confusion[label * e->C + c]);
        strbuf_add(text, "]");
    }
    strbuf_add(text, "]");
}

static void write_bins(struct strbuf *text, const struct evaluation *e)
{
    strbuf_add(text, ", \"calibration\": [");
    for (size_t i = 0; i < EVALUATION_BINS; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        strbuf_quoted(text, "{'places': %" PRIu64 ", 'confidence': ", e->bins[i].count);
        write_real(text, e->bins[i].confidence);
        strbuf_add(text, ", \"accuracy\": ");
        write_real(text, e->bins[i].accuracy);
        strbuf_add(text, "}");
    }
    strbuf_add(text, "]");
}

void evaluation_output_write(const struct evaluation_output *output, struct strbuf *text)
{
    const struct evaluation *e = output->evaluation;
    strbuf_add(text, "{\"model\": {");
    write_string(text, "name", output->name);
    strbuf_add(text, ", ");
    write_string(text, "digest", triage_model_digest(output->model));
    strbuf_add(text, "}, ");
    write_string(text, "target", triage_task_names[triage_model_task(output->model)]);
    strbuf_add(text, ", ");
    write_string(text, "part", output->part);
    strbuf_add(text, ", ");
    write_verdict(text, e);
    write_counts(text, e);
    write_unknown(text, e);
    evaluation_output_write_estimate(text, "accuracy", &e->accuracy);
    evaluation_output_write_estimate(text, "log_loss", &e->loss);
    evaluation_output_write_estimate(text, "macro_f1", &e->macro_f1);
    evaluation_output_write_estimate(text, "calibration_error", &e->calibration_error);
    known_output_write_test(&e->calibration, text);
    evaluation_output_write_estimate(text, "brier", &e->brier);
    evaluation_output_write_estimate(text, "auc", &e->auc);
    evaluation_output_write_estimate(text, "average_precision", &e->average_precision);
    evaluation_output_write_estimate(text, "macro_precision", &e->macro_precision);
    evaluation_output_write_estimate(text, "macro_recall", &e->macro_recall);
    write_comparison(text, e);
    write_baselines(text, e);
    write_optimum(text, e);
    write_end(text, e);
    known_output_write(e, text);
    write_order(text, &e->order);
    write_classes(text, output);
    write_confusion(text, e);
    write_bins(text, e);
    strbuf_quoted(text,
                  ", 'settings': {'seed': %" PRIu64
                  ", 'resamples': %u, 'shortest': %u, 'end': %s}}",
                  e->settings.seed, (unsigned)e->settings.resamples,
                  (unsigned)e->settings.shortest, e->settings.end ? "true" : "false");
}

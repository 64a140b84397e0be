/* See evaluation.h: the object that `evaluate --json` prints. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "evaluation_output.h"

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

static void write_figure(struct strbuf *text, const char *key,
                         const struct estimate *figure)
{
    strbuf_printf(text, ", \"%s\": {\"value\": ", key);
    write_real(text, figure->value);
    strbuf_add(text, ", \"low\": ");
    write_real(text, figure->low);
    strbuf_add(text, ", \"high\": ");
    write_real(text, figure->high);
    strbuf_add(text, "}");
}

static void write_counts(struct strbuf *text, const struct evaluation *j)
{
    strbuf_printf(text, ", \"histories\": %zu, \"places\": %zu", j->histories,
                  j->decisions);
    strbuf_printf(text, ", \"others\": %" PRIu64 ", \"ends_left_out\": %" PRIu64,
                  j->others, j->unasked);
    strbuf_printf(text, ", \"unsupported_actions\": %zu", j->unsupported);
    strbuf_printf(text, ", \"counting\": {\"cross_fitted\": %s, \"learnt_from\": %zu}",
                  j->is_cross_fitted ? "true" : "false", j->learnt);
}

static void write_unknown(struct strbuf *text, const struct evaluation *j)
{
    strbuf_printf(text, ", \"unknown\": {\"events\": %" PRIu64 ", \"fields\": [",
                  j->events);
    for (size_t i = 0; i < j->field_count; i++) {
        strbuf_add(text, i == 0 ? "{" : ", {");
        write_string(text, "name", j->fields[i].name);
        strbuf_printf(text, ", \"unknown\": %" PRIu64 "}", j->fields[i].unknown);
    }
    strbuf_add(text, "]}");
}

static void write_comparison(struct strbuf *text, const struct evaluation *j)
{
    const struct baseline_comparison *c = &j->comparison;

    strbuf_add(text, ", \"comparison\": {");
    write_string(text, "floor", j->floors[c->floor].name);
    write_figure(text, "accuracy_gain", &c->gain);
    strbuf_add(text, ", \"p\": ");
    write_real(text, c->p);
    strbuf_add(text, ", ");
    write_string(text, "log_loss_floor", j->floors[c->loss_floor].name);
    write_figure(text, "log_loss_saving", &c->saving);
    strbuf_add(text, ", ");
    if (isfinite(c->saving.value)) {
        strbuf_add(text, "\"log_loss_p\": ");
        write_real(text, c->loss_p);
        strbuf_add(text, ", ");
        write_string(text, "log_loss_verdict", triage_verdict_names[c->loss_verdict]);
    } else {
        strbuf_add(text, "\"log_loss_p\": null, \"log_loss_verdict\": null");
    }
    strbuf_add(text, "}");
}

static void write_floors(struct strbuf *text, const struct evaluation *j)
{
    strbuf_add(text, ", \"floors\": [");
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        const struct baseline_metrics *floor = &j->floors[i];
        strbuf_add(text, i == 0 ? "{" : ", {");
        write_string(text, "name", floor->name);
        if (floor->is_there) {
            write_figure(text, "accuracy", &floor->accuracy);
            write_figure(text, "log_loss", &floor->loss);
        }
        if (*floor->reason != '\0') {
            strbuf_add(text, ", ");
            write_string(text, "note", floor->reason);
        }
        strbuf_add(text, "}");
    }
    strbuf_add(text, "]");
}

static void write_order(struct strbuf *text, const struct order_metrics *order)
{
    strbuf_printf(text, ", \"order\": {\"places\": %" PRIu64, order->places);
    write_figure(text, "accuracy", &order->accuracy);
    write_figure(text, "shuffled_accuracy", &order->shuffled_accuracy);
    write_figure(text, "accuracy_drop", &order->accuracy_drop);
    write_figure(text, "log_loss", &order->loss);
    write_figure(text, "shuffled_log_loss", &order->shuffled_loss);
    write_figure(text, "log_loss_rise", &order->loss_rise);
    strbuf_add(text, "}");
}

static void write_possible(struct strbuf *text, const struct evaluation *j)
{
    strbuf_printf(text, ", \"possible\": %s",
                  j->has_possible ? "{\"exact\": true" : "null");
    if (!j->has_possible)
        return;
    write_figure(text, "accuracy", &j->possible_accuracy);
    write_figure(text, "log_loss", &j->possible_loss);
    strbuf_add(text, "}");
}

static void write_classes(struct strbuf *text, const struct evaluation_output *e)
{
    const struct evaluation *j = e->judgement;

    strbuf_add(text, ", \"actions\": [");
    for (size_t c = 0; c < j->C; c++) {
        const struct class_metrics *class = &j->classes[c];
        strbuf_add(text, c == 0 ? "{" : ", {");
        write_string(text, "action", triage_model_action(e->model, c));
        strbuf_printf(text,
                      ", \"support\": %" PRIu64 ", \"answered\": %" PRIu64
                      ", \"hits\": %" PRIu64,
                      class->support, class->chosen, class->hits);
        write_figure(text, "precision", &class->precision);
        write_figure(text, "recall", &class->recall);
        write_figure(text, "f1", &class->f1);
        strbuf_add(text, "}");
    }
    strbuf_add(text, "]");
}

/* Rows: the right action, last of all none of the model's; columns: the answer. */
static void write_confusion(struct strbuf *text, const struct evaluation *j)
{
    strbuf_printf(text, ", \"confusion\": %s", j->confusion == NULL ? "null" : "[");
    for (size_t right = 0; j->confusion != NULL && right <= j->C; right++) {
        strbuf_add(text, right == 0 ? "[" : ", [");
        for (size_t c = 0; c < j->C; c++)
            strbuf_printf(text, "%s%" PRIu64, c == 0 ? "" : ", ",
                          j->confusion[right * j->C + c]);
        strbuf_add(text, right == j->C ? "]]" : "]");
    }
}

static void write_bins(struct strbuf *text, const struct evaluation *j)
{
    strbuf_add(text, ", \"calibration\": [");
    for (size_t i = 0; i < EVALUATION_BINS; i++) {
        strbuf_printf(text,
                      "%s{\"places\": %" PRIu64 ", \"confidence\": ", i == 0 ? "" : ", ",
                      j->bins[i].count);
        write_real(text, j->bins[i].confidence);
        strbuf_add(text, ", \"accuracy\": ");
        write_real(text, j->bins[i].accuracy);
        strbuf_add(text, "}");
    }
    strbuf_add(text, "]");
}

void evaluation_output_write(const struct evaluation_output *evaluation,
                             struct strbuf *text)
{
    const struct evaluation *j = evaluation->judgement;
    const struct evaluation_settings *settings = &j->settings;

    strbuf_add(text, "{\"model\": {");
    write_string(text, "name", evaluation->name);
    strbuf_add(text, ", ");
    write_string(text, "digest", triage_model_digest(evaluation->model));
    strbuf_add(text, "}, ");
    write_string(text, "target", triage_task_names[triage_model_task(evaluation->model)]);
    strbuf_add(text, ", ");
    write_string(text, "part", evaluation->part);
    strbuf_add(text, ", ");
    write_string(text, "verdict", triage_verdict_names[j->comparison.verdict]);
    write_counts(text, j);
    write_unknown(text, j);
    write_figure(text, "accuracy", &j->accuracy);
    write_figure(text, "log_loss", &j->loss);
    write_figure(text, "macro_f1", &j->macro_f1);
    write_figure(text, "calibration_error", &j->calibration_error);
    write_comparison(text, j);
    write_floors(text, j);
    write_possible(text, j);
    write_order(text, &j->order);
    write_classes(text, evaluation);
    write_confusion(text, j);
    write_bins(text, j);
    strbuf_printf(text,
                  ", \"settings\": {\"seed\": %" PRIu64
                  ", \"resamples\": %u, \"shortest\": %u, \"end\": %s}}",
                  settings->seed, (unsigned)settings->resamples,
                  (unsigned)settings->shortest, settings->end ? "true" : "false");
}

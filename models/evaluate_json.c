/* See evaluation.h: the object that `evaluate --json` prints. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "evaluation.h"

static void write_real(struct text *text, double value)
{
    if (isfinite(value))
        text_real(text, value);
    else
        text_add(text, "null");
}

static void write_string(struct text *text, const char *key, const char *value)
{
    text_printf(text, "\"%s\": ", key);
    text_json(text, value, strlen(value));
}

static void write_figure(struct text *text, const char *key, const struct figure *figure)
{
    text_printf(text, ", \"%s\": {\"value\": ", key);
    write_real(text, figure->value);
    text_add(text, ", \"low\": ");
    write_real(text, figure->low);
    text_add(text, ", \"high\": ");
    write_real(text, figure->high);
    text_add(text, "}");
}

static void write_counts(struct text *text, const struct judgement *j)
{
    text_printf(text, ", \"histories\": %zu, \"places\": %zu", j->histories,
                j->decisions);
    text_printf(text, ", \"others\": %" PRIu64 ", \"ends_left_out\": %" PRIu64, j->others,
                j->unasked);
    text_printf(text, ", \"unsupported_actions\": %zu", j->unsupported);
    text_printf(text, ", \"counting\": {\"cross_fitted\": %s, \"learnt_from\": %zu}",
                j->is_cross_fitted ? "true" : "false", j->learnt);
}

static void write_unknown(struct text *text, const struct judgement *j)
{
    text_printf(text, ", \"unknown\": {\"events\": %" PRIu64 ", \"fields\": [",
                j->events);
    for (size_t i = 0; i < j->field_count; i++) {
        text_add(text, i == 0 ? "{" : ", {");
        write_string(text, "name", j->fields[i].name);
        text_printf(text, ", \"unknown\": %" PRIu64 "}", j->fields[i].unknown);
    }
    text_add(text, "]}");
}

static void write_comparison(struct text *text, const struct judgement *j)
{
    const struct judged_comparison *c = &j->comparison;

    text_add(text, ", \"comparison\": {");
    write_string(text, "floor", j->floors[c->floor].name);
    write_figure(text, "accuracy_gain", &c->gain);
    text_add(text, ", \"p\": ");
    write_real(text, c->p);
    text_add(text, ", ");
    write_string(text, "log_loss_floor", j->floors[c->loss_floor].name);
    write_figure(text, "log_loss_saving", &c->saving);
    text_add(text, ", ");
    if (isfinite(c->saving.value)) {
        text_add(text, "\"log_loss_p\": ");
        write_real(text, c->loss_p);
        text_add(text, ", ");
        write_string(text, "log_loss_verdict", verdict_names[c->loss_verdict]);
    } else {
        text_add(text, "\"log_loss_p\": null, \"log_loss_verdict\": null");
    }
    text_add(text, "}");
}

static void write_floors(struct text *text, const struct judgement *j)
{
    text_add(text, ", \"floors\": [");
    for (size_t i = 0; i < JUDGE_FLOORS; i++) {
        const struct judged_floor *floor = &j->floors[i];
        text_add(text, i == 0 ? "{" : ", {");
        write_string(text, "name", floor->name);
        if (floor->is_there) {
            write_figure(text, "accuracy", &floor->accuracy);
            write_figure(text, "log_loss", &floor->loss);
        }
        if (*floor->reason != '\0') {
            text_add(text, ", ");
            write_string(text, "note", floor->reason);
        }
        text_add(text, "}");
    }
    text_add(text, "]");
}

static void write_order(struct text *text, const struct judged_order *order)
{
    text_printf(text, ", \"order\": {\"places\": %" PRIu64, order->places);
    write_figure(text, "accuracy", &order->accuracy);
    write_figure(text, "shuffled_accuracy", &order->shuffled_accuracy);
    write_figure(text, "accuracy_drop", &order->accuracy_drop);
    write_figure(text, "log_loss", &order->loss);
    write_figure(text, "shuffled_log_loss", &order->shuffled_loss);
    write_figure(text, "log_loss_rise", &order->loss_rise);
    text_add(text, "}");
}

static void write_possible(struct text *text, const struct judgement *j)
{
    text_printf(text, ", \"possible\": %s",
                j->has_possible ? "{\"exact\": true" : "null");
    if (!j->has_possible)
        return;
    write_figure(text, "accuracy", &j->possible_accuracy);
    write_figure(text, "log_loss", &j->possible_loss);
    text_add(text, "}");
}

static void write_classes(struct text *text, const struct evaluation *e)
{
    const struct judgement *j = e->judgement;

    text_add(text, ", \"actions\": [");
    for (size_t c = 0; c < j->C; c++) {
        const struct judged_class *class = &j->classes[c];
        text_add(text, c == 0 ? "{" : ", {");
        write_string(text, "action", model_action(e->model, c));
        text_printf(text,
                    ", \"support\": %" PRIu64 ", \"answered\": %" PRIu64
                    ", \"hits\": %" PRIu64,
                    class->support, class->chosen, class->hits);
        write_figure(text, "precision", &class->precision);
        write_figure(text, "recall", &class->recall);
        write_figure(text, "f1", &class->f1);
        text_add(text, "}");
    }
    text_add(text, "]");
}

/* Rows: the right action, last of all none of the model's; columns: the answer. */
static void write_confusion(struct text *text, const struct judgement *j)
{
    text_printf(text, ", \"confusion\": %s", j->confusion == NULL ? "null" : "[");
    for (size_t right = 0; j->confusion != NULL && right <= j->C; right++) {
        text_add(text, right == 0 ? "[" : ", [");
        for (size_t c = 0; c < j->C; c++)
            text_printf(text, "%s%" PRIu64, c == 0 ? "" : ", ",
                        j->confusion[right * j->C + c]);
        text_add(text, right == j->C ? "]]" : "]");
    }
}

static void write_bins(struct text *text, const struct judgement *j)
{
    text_add(text, ", \"calibration\": [");
    for (size_t i = 0; i < JUDGE_BINS; i++) {
        text_printf(text,
                    "%s{\"places\": %" PRIu64 ", \"confidence\": ", i == 0 ? "" : ", ",
                    j->bins[i].count);
        write_real(text, j->bins[i].confidence);
        text_add(text, ", \"accuracy\": ");
        write_real(text, j->bins[i].accuracy);
        text_add(text, "}");
    }
    text_add(text, "]");
}

void evaluation_write(const struct evaluation *evaluation, struct text *text)
{
    const struct judgement *j = evaluation->judgement;
    const struct judge_settings *settings = &j->settings;

    text_add(text, "{\"model\": {");
    write_string(text, "name", evaluation->name);
    text_add(text, ", ");
    write_string(text, "digest", model_digest(evaluation->model));
    text_add(text, "}, ");
    write_string(text, "target", target_names[model_target(evaluation->model)]);
    text_add(text, ", ");
    write_string(text, "part", evaluation->part);
    text_add(text, ", ");
    write_string(text, "verdict", verdict_names[j->comparison.verdict]);
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
    text_printf(text,
                ", \"settings\": {\"seed\": %" PRIu64
                ", \"resamples\": %u, \"shortest\": %u, \"end\": %s}}",
                settings->seed, (unsigned)settings->resamples,
                (unsigned)settings->shortest, settings->end ? "true" : "false");
}

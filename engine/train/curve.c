/* Keeping the curve of a training within its memory, and writing it. */
#include "train/curve.h"

void curve_add(struct curve *curve, const struct progress *progress)
{
    if (curve->stride == 0)
        curve->stride = 1;
    if (curve->seen++ % curve->stride != 0)
        return;
    if (curve->count == CURVE_POINTS) {
        for (size_t i = 0; i < CURVE_POINTS / 2; i++)
            curve->points[i] = curve->points[2 * i];
        curve->count = CURVE_POINTS / 2;
        curve->stride *= 2;
    }
    curve->points[curve->count++] = *progress;
}

void curve_write(const struct curve *curve, struct strbuf *text)
{
    strbuf_add(text, "[");
    for (size_t i = 0; i < curve->count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        triage_progress_write(&curve->points[i], text);
    }
    strbuf_add(text, "]");
}

static void add_real(struct strbuf *text, const char *name, double value)
{
    strbuf_printf(text, ", \"%s\": ", name);
    strbuf_float(text, (float)value);
}

void triage_progress_write(const struct progress *progress, struct strbuf *text)
{
    strbuf_add(text, "{");
    if (progress->members > 1)
        strbuf_printf(text, "\"network\": %u, ", (unsigned)progress->member);
    strbuf_printf(text, "\"epoch\": %u, \"phase\": \"%s\"", progress->epoch,
                  progress->is_refit ? "refit" : "train");
    add_real(text, "train_loss", progress->train_loss);
    if (progress->has_validation) {
        add_real(text, "validation_loss", progress->validation_loss);
        add_real(text, "validation_end_loss", progress->validation_end_loss);
        add_real(text, "validation_accuracy", progress->validation_accuracy);
    }
    add_real(text, "rate", progress->learning_rate);
    add_real(text, "norm", progress->norm);
    add_real(text, "clip_rate", progress->clip_rate);
    strbuf_add(text, "}");
}

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

void triage_progress_write(const struct progress *progress, struct strbuf *text)
{
    strbuf_add(text, "{");
    if (progress->members > 1)
        strbuf_printf(text, "\"network\": %u, ", (unsigned)progress->member);
    strbuf_printf(text, "\"epoch\": %u, \"phase\": \"%s\"", progress->epoch,
                  progress->is_refit ? "refit" : "train");
    strbuf_float_member(text, "train_loss", progress->train_loss);
    if (progress->has_validation) {
        strbuf_float_member(text, "validation_loss", progress->validation_loss);
        strbuf_float_member(text, "validation_end_loss", progress->validation_end_loss);
        strbuf_float_member(text, "validation_accuracy", progress->validation_accuracy);
    }
    strbuf_float_member(text, "rate", progress->learning_rate);
    strbuf_float_member(text, "norm", progress->norm);
    strbuf_float_member(text, "clip_rate", progress->clip_rate);
    strbuf_add(text, "}");
}

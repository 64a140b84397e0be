/* Measures what a report says. */
#include "report/content.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "command.h"
#include "evaluation_warnings.h"
#include "lags.h"

enum { LONGEST_LAG = 100 };

static enum status describe(struct content *content, struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_model_describe(content->model, &text);
    if (text.has_failed)
        (void)error_no_memory(err);
    else
        content->description = json_read(text.bytes, text.length, err);
    strbuf_release(&text);
    if (!content->description)
        return err->status;
    content->report = json_object_get(content->description, "report");
    return STATUS_OK;
}

/* ---- gradients --------------------------------------------------------------------------- */

/* That there is nothing to measure is not a failure of the report. */
static enum status measure_lags(struct content *content, const struct example *examples,
                                size_t count, struct error *err)
{
    struct error inner = {.status = STATUS_OK};
    const struct lag_examples chosen = {
        .examples = examples, .count = count, .longest = LONGEST_LAG};
    enum status status =
        lags_measure(&content->lags, content->model, &chosen, &content->arena, &inner);
    if (status == STATUS_OK)
        return STATUS_OK;
    content->lags = (struct lags){.length = 0};
    if (status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    (void)snprintf(content->lags_note, sizeof content->lags_note, "%s", inner.text);
    return STATUS_OK;
}

/* ---- all --------------------------------------------------------------------------------- */

static enum status add_warnings(struct content *content,
                                const struct evaluation_inputs *inputs,
                                const struct evaluation_data *data, struct error *err)
{
    struct messages messages;
    struct strbuf *warnings = &content->warnings;
    messages_init(&messages);
    evaluation_warnings_add(&messages, &content->evaluation, content->model, data);
    if (inputs->warnings.length > 0)
        strbuf_add_bytes(warnings, inputs->warnings.bytes, inputs->warnings.length);
    if (messages.warnings.length > 0)
        strbuf_add_bytes(warnings, messages.warnings.bytes, messages.warnings.length);
    bool has_failed = warnings->has_failed || messages.warnings.has_failed;
    content->warning_count = messages.warning_count;
    messages_release(&messages);
    return has_failed ? error_no_memory(err) : STATUS_OK;
}

static enum status measure(struct content *content,
                           const struct evaluation_inputs *inputs,
                           const struct evaluation_settings *settings, struct error *err)
{
    const struct evaluation_data data = evaluation_inputs_data(inputs, content->model);
    content->has_data = true;
    content->part = inputs->part;
    RETURN_IF_ERROR(
        triage_evaluate(&content->evaluation, content->model, &data, settings, err));
    RETURN_IF_ERROR(add_warnings(content, inputs, &data, err));
    RETURN_IF_ERROR(triage_importance_measure(&content->importance, content->model, &data,
                                              settings, err));
    RETURN_IF_ERROR(triage_drift_measure(&content->drift, content->model, data.evaluated,
                                         data.evaluated_count, err));
    return measure_lags(content, data.evaluated, data.evaluated_count, err);
}

enum status content_init(struct content *content, const struct model *model,
                         const char *path, const struct evaluation_inputs *inputs,
                         const struct evaluation_settings *settings, struct error *err)
{
    *content = (struct content){.model = model};
    arena_init(&content->arena, SIZE_MAX);
    strbuf_init(&content->warnings, SIZE_MAX);
    model_name(path, content->name, sizeof content->name);
    RETURN_IF_ERROR(describe(content, err));
    return inputs ? measure(content, inputs, settings, err) : STATUS_OK;
}

void content_release(struct content *content)
{
    json_decref(content->description);
    triage_evaluation_release(&content->evaluation);
    triage_importance_release(&content->importance);
    triage_drift_release(&content->drift);
    strbuf_release(&content->warnings);
    arena_release(&content->arena);
}

size_t content_coverage(const struct evaluation *evaluation,
                        struct coverage coverage[MAX_COVERAGE])
{
    uint64_t answered = 0;
    double correct = 0.0;
    struct coverage found[MAX_COVERAGE];
    size_t count = 0;
    for (size_t m = EVALUATION_BINS; m > 0; m--) {
        const struct calibration_bin *bin = &evaluation->bins[m - 1];
        if (bin->count == 0)
            continue;
        answered += bin->count;
        correct += bin->accuracy * (double)bin->count;
        found[count++] =
            (struct coverage){.confidence = (double)(m - 1) / EVALUATION_BINS,
                              .answered = answered,
                              .share = (double)answered / (double)evaluation->positions,
                              .accuracy = correct / (double)answered};
    }
    for (size_t i = 0; i < count; i++)
        coverage[i] = found[count - 1 - i];
    if (count > 0)
        coverage[0].confidence = 0.0;
    return count;
}

/* The content as one JSON object. */
#include <inttypes.h>
#include <math.h>

#include "architecture.h"
#include "base/json.h"
#include "evaluation_output.h"
#include "report/content.h"

enum { DIGITS = 9 }; /* of the numbers of a model file, which are floats */

static void write_real(struct strbuf *out, double value)
{
    if (isfinite(value))
        strbuf_double(out, value);
    else
        strbuf_add(out, "null");
}

static void write_string(struct strbuf *out, const char *key, const char *value)
{
    strbuf_printf(out, "\"%s\": ", key);
    strbuf_json_string(out, value, strlen(value));
}

/* A member that is not the first of its object. */
static void write_member(struct strbuf *out, const char *key, double value)
{
    strbuf_printf(out, ", \"%s\": ", key);
    write_real(out, value);
}

static void write_estimate(struct strbuf *out, const char *key,
                           const struct estimate *estimate)
{
    strbuf_printf(out, ", \"%s\": {\"value\": ", key);
    write_real(out, estimate->value);
    write_member(out, "low", estimate->low);
    write_member(out, "high", estimate->high);
    strbuf_add(out, "}");
}

static void write_model(struct strbuf *out, const struct content *content)
{
    size_t stored;
    strbuf_add(out, "\"model\": {");
    write_string(out, "name", content->name);
    strbuf_add(out, ", ");
    write_string(out, "digest", triage_model_digest(content->model));
    strbuf_printf(out,
                  ", \"parameters\": %zu, \"histories\": %" PRIu64 ", \"description\": ",
                  architecture_parameters(content->model, &stored),
                  triage_model_history_count(content->model));
    json_write(out, content->description, DIGITS);
    strbuf_add(out, "}");
}

static void write_warnings(struct strbuf *out, const struct strbuf *warnings)
{
    static const char prefix[] = "warning: ";
    const char *line = warnings->length > 0 ? warnings->bytes : "";
    strbuf_add(out, ", \"warnings\": [");
    for (bool is_first = true; *line != '\0'; is_first = false) {
        const size_t length = strcspn(line, "\n");
        const size_t skipped =
            strncmp(line, prefix, sizeof prefix - 1) == 0 ? sizeof prefix - 1 : 0;
        strbuf_add(out, is_first ? "" : ", ");
        strbuf_json_string(out, line + skipped, length - skipped);
        line += length + (line[length] == '\n');
    }
    strbuf_add(out, "]");
}

static void write_evaluation(struct strbuf *out, const struct content *content)
{
    const struct evaluation_output output = {.name = content->name,
                                             .model = content->model,
                                             .part = content->part,
                                             .evaluation = &content->evaluation};
    struct coverage coverage[MAX_COVERAGE];
    const size_t count = content_coverage(&content->evaluation, coverage);
    strbuf_add(out, ", \"evaluation\": ");
    evaluation_output_write(&output, out);
    strbuf_add(out, ", \"coverage\": [");
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(out, "%s{\"answered\": %" PRIu64, i == 0 ? "" : ", ",
                      coverage[i].answered);
        write_member(out, "confidence", coverage[i].confidence);
        write_member(out, "share", coverage[i].share);
        write_member(out, "accuracy", coverage[i].accuracy);
        strbuf_add(out, "}");
    }
    strbuf_add(out, "]");
}

static void write_importance(struct strbuf *out, const struct importance *importance)
{
    strbuf_printf(
        out,
        ", \"importance\": {\"histories\": %zu, \"places\": %zu, \"draws\": %u, "
        "\"inputs\": [",
        importance->histories, importance->positions, (unsigned)importance->draws);
    for (size_t i = 0; i < importance->input_count; i++) {
        const struct input_importance *input = &importance->inputs[i];
        strbuf_add(out, i == 0 ? "{" : ", {");
        write_string(out, "name", input->name);
        strbuf_printf(out, ", \"kind\": \"%s\"", input->is_time ? "time" : "field");
        write_estimate(out, "accuracy_drop", &input->accuracy_drop);
        write_estimate(out, "log_loss_rise", &input->loss_rise);
        strbuf_add(out, "}");
    }
    strbuf_add(out, "]}");
}

static void write_drift(struct strbuf *out, const struct drift *drift)
{
    static const char *const kinds[] = {[DRIFT_NUMBER] = "number",
                                        [DRIFT_CATEGORY] = "category",
                                        [DRIFT_LENGTH] = "length",
                                        [DRIFT_HOUR] = "hour"};
    strbuf_add(out, ", \"drift\": [");
    for (size_t i = 0; i < drift->count; i++) {
        const struct drift_row *row = &drift->rows[i];
        strbuf_add(out, i == 0 ? "{" : ", {");
        write_string(out, "name", row->name);
        strbuf_printf(out, ", \"kind\": \"%s\", \"histories\": %zu", kinds[row->kind],
                      row->histories);
        write_member(out, "distance", row->distance);
        write_member(out, "by_chance", row->by_chance);
        write_member(out, "median", row->median);
        write_member(out, "trained_median", row->trained_median);
        write_member(out, "missing", row->missing);
        write_member(out, "trained_missing", row->trained_missing);
        write_member(out, "unknown", row->unknown);
        write_member(out, "most_frequent", row->frequent);
        write_member(out, "trained_most_frequent", row->trained_frequent);
        strbuf_add(out, "}");
    }
    strbuf_add(out, "]");
}

static void write_lags(struct strbuf *out, const struct content *content)
{
    const struct lags *lags = &content->lags;
    if (lags->length == 0) {
        strbuf_add(out, ", \"gradient_by_lag\": null, ");
        write_string(out, "no_gradient_by_lag", content->lags_note);
        return;
    }
    strbuf_printf(out, ", \"gradient_by_lag\": {\"histories\": %zu, \"norms\": [",
                  lags->histories);
    for (uint32_t lag = 0; lag < lags->length; lag++) {
        strbuf_add(out, lag == 0 ? "" : ", ");
        write_real(out, lags->norms[lag]);
    }
    strbuf_add(out, "]}");
}

void content_write(const struct content *content, struct strbuf *out)
{
    strbuf_add(out, "{");
    write_string(out, "program", "triage " TRIAGE_VERSION);
    strbuf_add(out, ", ");
    write_model(out, content);
    write_warnings(out, &content->warnings);
    if (content->has_data) {
        write_evaluation(out, content);
        write_importance(out, &content->importance);
        write_drift(out, &content->drift);
        write_lags(out, content);
    } else {
        strbuf_add(out, ", \"evaluation\": null");
    }
    strbuf_add(out, "}");
}

/* The same as the table in JSON; figures that do not exist are null. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "compare/comparison_output.h"

static void add_real(struct strbuf *out, const char *key, double value)
{
    strbuf_printf(out, "\"%s\": ", key);
    if (isfinite(value))
        strbuf_double(out, value);
    else
        strbuf_add(out, "null");
}

/* The members of measures, without braces. */
static void add_measures(struct strbuf *out, const struct comparison *comparison,
                         const struct measures *measures)
{
    bool has_validation = comparison->validation_count > 0, is_first = true;
    const double none = (double)NAN;
    add_real(out, "best_epoch", measures->best_epoch);
    strbuf_add(out, ", ");
    add_real(out, "validation_accuracy",
             has_validation ? measures->validation_accuracy : none);
    strbuf_add(out, ", ");
    add_real(out, "validation_loss", has_validation ? measures->validation_loss : none);
    strbuf_add(out, ", ");
    add_real(out, "accuracy", measures->accuracy);
    strbuf_add(out, ", ");
    add_real(out, "loss", measures->loss);
    strbuf_add(out, ", \"accuracy_by_events\": [");
    for (uint32_t b = 0; b < LENGTH_BUCKETS; b++) {
        if (comparison->by_events[b] == 0)
            continue;
        strbuf_printf(out,
                      "%s{\"from\": %" PRIu32 ", \"to\": %" PRIu32
                      ", \"positions\": %" PRIu64 ", ",
                      is_first ? "" : ", ", length_bucket_first(b), UINT32_C(1) << b,
                      comparison->by_events[b]);
        add_real(out, "accuracy", measures->by_events[b]);
        strbuf_add(out, "}");
        is_first = false;
    }
    strbuf_add(out, "], \"gradient_by_lag\": [");
    for (size_t k = 0; k < comparison->lag_count; k++) {
        strbuf_printf(out, "%s{\"lag\": %" PRIu32 ", ", k == 0 ? "" : ", ",
                      comparison_lag(k));
        add_real(out, "share", measures->gradients[k]);
        strbuf_add(out, "}");
    }
    strbuf_add(out, "]");
}

static void add_network(struct strbuf *out, const struct comparison *comparison,
                        const struct compared_network *network)
{
    char path[FORMULA_SIZE], operations[FORMULA_SIZE];
    network_path_length(&network->kind, network->spec.layers, path);
    network_sequential_operations(&network->kind, network->spec.layers, operations);
    strbuf_printf(out,
                  "{\"name\": \"%s\", \"parameters\": %zu, \"path_length\": \"%s\", "
                  "\"sequential_operations\": \"%s\", ",
                  network->kind.name, network->parameters, path, operations);
    add_measures(out, comparison, &network->mean);
    strbuf_add(out, ", ");
    add_real(out, "accuracy_deviation", network->accuracy_deviation);
    strbuf_add(out, ", ");
    add_real(out, "loss_deviation", network->loss_deviation);
    strbuf_add(out, ", \"time_us\": [");
    for (int i = 0; i < TIMED_LENGTHS && comparison->has_times; i++) {
        strbuf_printf(out, "%s{\"events\": %" PRIu32 ", ", i == 0 ? "" : ", ",
                      timed_lengths[i]);
        add_real(out, "time_us", network->times_us[i]);
        strbuf_add(out, "}");
    }
    strbuf_add(out, "], \"trainings\": [");
    for (uint32_t i = 0; i < comparison->seeds; i++) {
        strbuf_printf(out, "%s{\"seed\": %" PRIu64 ", ", i == 0 ? "" : ", ",
                      comparison->first_seed + i);
        add_measures(out, comparison, &network->runs[i]);
        strbuf_add(out, "}");
    }
    strbuf_add(out, "]}");
}

void comparison_write_json(const struct comparison *comparison, struct strbuf *out)
{
    strbuf_printf(out,
                  "{\"train\": %zu, \"validation\": %zu, \"part\": \"%s\", "
                  "\"histories\": %zu, \"positions\": %" PRIu64 ", \"refit\": %s, "
                  "\"baselines\": {\"accuracy\": {\"name\": \"%s\", ",
                  comparison->train_count, comparison->validation_count, comparison->part,
                  comparison->measured_count, comparison->positions,
                  comparison->has_refit ? "true" : "false",
                  comparison->best_accuracy.name);
    add_real(out, "value", comparison->best_accuracy.value);
    strbuf_printf(out, "}, \"loss\": {\"name\": \"%s\", ", comparison->best_loss.name);
    add_real(out, "value", comparison->best_loss.value);
    strbuf_add(out, "}}, \"networks\": [");
    for (size_t n = 0; n < comparison->count; n++) {
        strbuf_add(out, n == 0 ? "" : ", ");
        add_network(out, comparison, &comparison->networks[n]);
    }
    strbuf_add(out, "], \"no_gradient_by_lag\": ");
    if (comparison->lag_count == 0)
        strbuf_json_string(out, comparison->lags_note, strlen(comparison->lags_note));
    else
        strbuf_add(out, "null");
    strbuf_add(out, "}\n");
}

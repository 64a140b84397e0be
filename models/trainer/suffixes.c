/* The options of evaluate --suffix, and its report. */
#include "suffixes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "command.h"
#include "evaluation_output.h"

enum { MAX_STEPS = 100000, MAX_BEAM = 1000 };

/* clang-format off */
const struct option_def suffix_options[SUFFIX_OPTIONS + 1] = {
    {.name = "suffix", .kind = OPTION_SWITCH, .offset = offsetof(struct suffix_options, suffix),
     .default_text = "false",
     .help = "instead: predict all events up to the end, from the first 1, 2, ... events; target next or continue"},
    {.name = "beam", .kind = OPTION_U32, .offset = offsetof(struct suffix_options, beam),
     .default_text = "5", .min = 1, .max = MAX_BEAM,
     .help = "--suffix: continuations that are kept after each prediction"},
    {.name = "steps", .kind = OPTION_U32, .offset = offsetof(struct suffix_options, steps),
     .default_text = "0", .min = 0, .max = MAX_STEPS,
     .help = "--suffix: most predictions, the end included; 0: the longest training history"},
    {.name = NULL},
};
/* clang-format on */

static void print_text(const struct suffix_evaluation *evaluation, const char *name,
                       const char *part)
{
    const struct suffix_settings *settings = &evaluation->settings;
    print_result("continuations by %s, part %s: %" PRIu64 " beginnings of %" PRIu64
                 " histories\n",
                 name, part, evaluation->suffixes, evaluation->histories);
    printf("after at least %u events, at most %u predictions, beam %u; %" PRIu64
           " histories are counted\n\n",
           (unsigned)settings->shortest, (unsigned)settings->steps,
           (unsigned)settings->beam, evaluation->training);
    printf("%-24s %-25s %6s  %s\n", "", "similarity", "exact",
           "gain over the best counts");
    for (unsigned i = 0; i < SUFFIX_RULES; i++) {
        const struct suffix_rule *rule = &evaluation->rules[i];
        printf("%-24s %.4f [%.4f, %.4f]   %.4f", triage_suffix_rule_names[i],
               rule->similarity.value, rule->similarity.low, rule->similarity.high,
               rule->exact);
        if (i != evaluation->best_counted)
            printf("  %+.4f [%+.4f, %+.4f]", rule->gain.value, rule->gain.low,
                   rule->gain.high);
        printf("\n");
    }
}

static enum status print_json(const struct suffix_evaluation *evaluation,
                              const char *name, const char *part, struct error *err)
{
    const struct suffix_settings *settings = &evaluation->settings;
    struct strbuf out;
    strbuf_init(&out, SIZE_MAX);
    strbuf_add(&out, "{\"model\": ");
    strbuf_json_string(&out, name, strlen(name));
    strbuf_printf(&out,
                  ", \"part\": \"%s\", \"histories\": %" PRIu64 ", \"suffixes\": %" PRIu64
                  ", \"training\": %" PRIu64
                  ", \"shortest\": %u, \"steps\": %u, \"beam\": %u, \"rules\": [",
                  part, evaluation->histories, evaluation->suffixes, evaluation->training,
                  (unsigned)settings->shortest, (unsigned)settings->steps,
                  (unsigned)settings->beam);
    for (unsigned i = 0; i < SUFFIX_RULES; i++) {
        const struct suffix_rule *rule = &evaluation->rules[i];
        strbuf_printf(&out, "%s{\"name\": \"%s\"", i == 0 ? "" : ", ",
                      triage_suffix_rule_names[i]);
        evaluation_output_write_estimate(&out, "similarity", &rule->similarity);
        evaluation_output_write_estimate(&out, "gain", &rule->gain);
        strbuf_add(&out, ", \"exact\": ");
        strbuf_double(&out, rule->exact);
        strbuf_add(&out, "}");
    }
    strbuf_add(&out, "]}\n");
    enum status status = out.has_failed ? error_no_memory(err) : STATUS_OK;
    if (status == STATUS_OK)
        (void)write_output(out.bytes, out.length); /* flush_output reports a failure */
    strbuf_release(&out);
    return status;
}

enum status suffixes_evaluate(const struct evaluation_inputs *inputs,
                              const struct model *model, const char *name,
                              const struct suffix_options *options,
                              const struct evaluation_settings *settings, bool is_json,
                              struct error *err)
{
    const struct evaluation_data data = evaluation_inputs_data(inputs, model);
    const struct suffix_settings own = {.beam = options->beam,
                                        .steps = options->steps,
                                        .shortest = settings->shortest,
                                        .seed = settings->seed,
                                        .resamples = settings->resamples,
                                        .threads = settings->threads};
    struct suffix_evaluation evaluation;
    RETURN_IF_ERROR(triage_evaluate_suffixes(&evaluation, model, &data, &own, err));
    if (is_json)
        return print_json(&evaluation, name, inputs->part, err);
    print_text(&evaluation, name, inputs->part);
    return STATUS_OK;
}

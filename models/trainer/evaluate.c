/*
 * triage evaluate MODEL DATA...: evaluate a model on labelled histories, next to baselines.
 * evaluation_inputs.h says on which histories, and what the baselines are trained on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "anomalies.h"
#include "base/error.h"
#include "command.h"
#include "evaluation.h"
#include "evaluation_inputs.h"
#include "evaluation_output.h"
#include "evaluation_warnings.h"
#include "suffixes.h"

struct evaluate_options {
    const char *part, *against;
    bool json;
};

/* clang-format off */
static const struct option_def evaluate_options[] = {
    {.name = "part", .kind = OPTION_TEXT, .offset = offsetof(struct evaluate_options, part),
     .default_text = "",
     .help = "train, val, test or all; empty: test with --split, otherwise all"},
    {.name = "against", .kind = OPTION_TEXT,
     .offset = offsetof(struct evaluate_options, against), .default_text = "",
     .help = "the file that the model was trained on, to train the baselines on; empty: the "
             "histories that the model file holds"},
    {.name = "json", .kind = OPTION_SWITCH, .offset = offsetof(struct evaluate_options, json),
     .default_text = "false",
     .help = "print one JSON object instead of a report"},
    {.name = NULL},
};
/* clang-format on */

static const char usage[] = "triage evaluate MODEL DATA... [OPTION]...";

struct arguments {
    struct evaluate_options options;
    struct data_keys keys;
    unsigned char key_sources[DATA_OPTIONS];
    struct evaluation_settings settings;
    struct anomaly_options anomaly;
    unsigned char anomaly_sources[ANOMALY_OPTIONS];
    struct suffix_options suffix;
    unsigned char suffix_sources[SUFFIX_OPTIONS];
    const char *const *paths; /* the model, then the data */
    size_t path_count;
};

static enum status print_json(const struct evaluation_output *output, struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    evaluation_output_write(output, &text);
    strbuf_add(&text, "\n");
    enum status status = text.has_failed ? error_no_memory(err) : STATUS_OK;
    if (status == STATUS_OK)
        (void)write_output(text.bytes, text.length); /* flush_output reports a failure */
    strbuf_release(&text);
    return status;
}

static enum status evaluate_inputs(const struct arguments *arguments,
                                   const struct model *model,
                                   const struct evaluation_inputs *inputs,
                                   const char *name, struct error *err)
{
    const struct evaluation_data data = evaluation_inputs_data(inputs, model);
    struct messages messages;
    struct evaluation evaluation;
    const struct evaluation_output output = {
        .name = name, .model = model, .part = inputs->part, .evaluation = &evaluation};
    messages_init(&messages);
    enum status status =
        triage_evaluate(&evaluation, model, &data, &arguments->settings, err);
    if (status != STATUS_OK)
        goto out;
    evaluation_warnings_add(&messages, &evaluation, model, &data);
    messages_print(&messages);
    status = warnings_refuse(messages.warning_count, arguments->keys.is_strict, err);
    if (status != STATUS_OK)
        goto out;
    if (arguments->options.json)
        status = print_json(&output, err);
    else
        evaluation_output_print(&output, stdout);
out:
    messages_release(&messages);
    triage_evaluation_release(&evaluation);
    return status;
}

/* Load the data, and evaluate the model on it. */
static enum status evaluate_model(const struct arguments *arguments,
                                  const struct model *model, struct error *err)
{
    const struct evaluation_files files = {
        .data = {.files = arguments->paths + 1,
                 .file_count = arguments->path_count - 1,
                 .keys = &arguments->keys},
        .part = arguments->options.part,
        .against = arguments->options.against};
    struct evaluation_inputs inputs;
    char name[256];
    model_name(arguments->paths[0], name, sizeof name);
    enum status status = evaluation_inputs_load(&inputs, &files, model, err);
    if (status == STATUS_OK && arguments->suffix.suffix)
        status = suffixes_evaluate(&inputs, model, name, &arguments->suffix,
                                   &arguments->settings, arguments->options.json, err);
    else if (status == STATUS_OK)
        status = evaluate_inputs(arguments, model, &inputs, name, err);
    evaluation_inputs_release(&inputs);
    return status;
}

static enum status evaluate_anomalies(const struct arguments *arguments,
                                      const struct model *model, struct error *err)
{
    const struct anomaly_files files = {.paths = arguments->paths + 1,
                                        .path_count = arguments->path_count - 1,
                                        .keys = &arguments->keys,
                                        .options = &arguments->anomaly,
                                        .settings = &arguments->settings,
                                        .is_json = arguments->options.json};
    char name[256];
    model_name(arguments->paths[0], name, sizeof name);
    return anomalies_evaluate(&files, model, name, err);
}

static int evaluate(struct arguments *arguments)
{
    struct error err = {0};
    struct model *model = triage_model_load(arguments->paths[0], &err);
    if (!model)
        return print_model_error(arguments->paths[0], &err);
    data_keys_of_model(&arguments->keys, arguments->key_sources, model);
    enum status status = STATUS_OK;
    if (!arguments->settings.end &&
        triage_task_labels(triage_model_task(model)) != TASK_NEXT)
        status = error_set(
            &err, STATUS_BAD_OPTION, "--no-end",
            "only a model of the task next or continue predicts the end of a history");
    if (status == STATUS_OK)
        status = arguments->anomaly.anomaly ? evaluate_anomalies(arguments, model, &err)
                                            : evaluate_model(arguments, model, &err);
    triage_model_free(model);
    if (status == STATUS_OK)
        return EXIT_SUCCESS;
    print_file_error(status == STATUS_BAD_FORMAT ? arguments->paths[0] : "", &err);
    return status == STATUS_BAD_OPTION ? EXIT_USAGE : EXIT_FAILURE;
}

/* No option is ignored in silence. */
static bool has_idle_option(const struct arguments *arguments)
{
    const struct evaluate_options *options = &arguments->options;
    if (arguments->anomaly.anomaly &&
        (*options->part != '\0' || *options->against != '\0')) {
        (void)print_usage_error(usage, "--anomaly uses all parts of the data, and no %s",
                                *options->part != '\0' ? "--part" : "--against");
        return true;
    }
    if (arguments->anomaly.anomaly && arguments->suffix.suffix) {
        (void)print_usage_error(usage, "--anomaly and --suffix are two evaluations");
        return true;
    }
    for (int i = 1; i < SUFFIX_OPTIONS && !arguments->suffix.suffix; i++)
        if (arguments->suffix_sources[i] == SOURCE_FLAG) {
            (void)print_usage_error(usage, "--%s needs --suffix", suffix_options[i].name);
            return true;
        }
    for (int i = 1; i < ANOMALY_OPTIONS && !arguments->anomaly.anomaly; i++)
        if (arguments->anomaly_sources[i] == SOURCE_FLAG) {
            (void)print_usage_error(usage, "--%s needs --anomaly",
                                    anomaly_options[i].name);
            return true;
        }
    return false;
}

static int run(struct arguments *arguments, struct command_line *line)
{
    const struct option_table tables[] = {
        {.title = "evaluate",
         .options = evaluate_options,
         .values = &arguments->options,
         .arena = &line->arena},
        {.title = "data",
         .options = data_options,
         .values = &arguments->keys,
         .sources = arguments->key_sources,
         .arena = &line->arena},
        {.title = "evaluation",
         .options = triage_evaluation_options,
         .values = &arguments->settings,
         .arena = &line->arena},
        {.title = "anomalies",
         .options = anomaly_options,
         .values = &arguments->anomaly,
         .sources = arguments->anomaly_sources,
         .arena = &line->arena},
        {.title = "continuations",
         .options = suffix_options,
         .values = &arguments->suffix,
         .sources = arguments->suffix_sources,
         .arena = &line->arena},
    };
    int exit_code;
    const size_t table_count = sizeof tables / sizeof *tables;
    if (!command_line_begin(line, tables, table_count, &exit_code))
        return exit_code;
    if (line->argument_count < 2)
        return print_usage_error(usage, "evaluate needs MODEL and DATA");
    if (has_idle_option(arguments))
        return EXIT_USAGE;
    arguments->paths = line->arguments;
    arguments->path_count = line->argument_count;
    return evaluate(arguments);
}

int evaluate_command(int argc, char **argv)
{
    struct arguments arguments = {.paths = NULL};
    struct command_line line;
    command_line_init(&line, usage, argc, argv);
    int exit_code = run(&arguments, &line);
    command_line_release(&line);
    return exit_code;
}

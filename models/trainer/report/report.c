/*
 * triage report MODEL [DATA...]: one page about a model, for a browser, or the same as JSON.
 *
 * With DATA the model is evaluated on it, as by `triage evaluate`.  Without, the page says what the
 * model file holds.  The same model, data and settings give the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "command.h"
#include "evaluation.h"
#include "evaluation_inputs.h"
#include "report/content.h"
#include "report/page.h"

struct report_options {
    const char *output, *part, *against;
    bool json;
};

#define REPORT(member) offsetof(struct report_options, member)

/* clang-format off */
static const struct option_def report_options[] = {
    {.name = "o", .kind = OPTION_TEXT, .offset = REPORT(output), .default_text = "",
     .value_name = "FILE", .help = "the file to write; empty: standard output"},
    {.name = "json", .kind = OPTION_SWITCH, .offset = REPORT(json), .default_text = "false",
     .help = "write one JSON object with the same content instead of a page"},
    {.name = "part", .kind = OPTION_TEXT, .offset = REPORT(part), .default_text = "",
     .help = "train, val, test or all; empty: test with --split, otherwise all"},
    {.name = "against", .kind = OPTION_TEXT, .offset = REPORT(against), .default_text = "",
     .help = "the file that the model was trained on, to train the baselines on; empty: the "
             "histories that the model file holds"},
    {.name = NULL},
};
/* clang-format on */

static const char usage[] = "triage report MODEL [DATA...] [-o FILE] [OPTION]...";

struct arguments {
    struct report_options options;
    struct data_keys keys;
    unsigned char key_sources[DATA_OPTIONS];
    struct evaluation_settings settings;
    const char *const *paths; /* the model, then the data */
    size_t path_count;
};

/* Before the long work: can the report be written, and does it replace an input? */
static enum status check_output(const struct arguments *arguments, struct error *err)
{
    const char *output = arguments->options.output;
    if (*output == '\0')
        return STATUS_OK;
    for (size_t i = 0; i < arguments->path_count; i++)
        if (is_same_file(output, arguments->paths[i]))
            return error_set(err, STATUS_BAD_OPTION, output,
                             "the report would replace the %s",
                             i == 0 ? "model" : "data");
    if (is_same_file(output, arguments->options.against))
        return error_set(err, STATUS_BAD_OPTION, output,
                         "the report would replace the data of --against");
    return file_check_writable(output, err);
}

static enum status write_report(const struct arguments *arguments,
                                const struct content *content, struct error *err)
{
    const char *output = arguments->options.output;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    if (arguments->options.json)
        content_write(content, &text);
    else
        page_write(content, &text);
    strbuf_add(&text, "\n");
    enum status status = text.has_failed ? error_no_memory(err) : STATUS_OK;
    if (status == STATUS_OK && *output != '\0')
        status = file_write(output, text.bytes, text.length, err);
    else if (status == STATUS_OK)
        (void)write_output(text.bytes, text.length); /* flush_output reports a failure */
    if (status == STATUS_OK && *output != '\0')
        print_message("wrote %s\n", output);
    strbuf_release(&text);
    return status;
}

static enum status report_model(const struct arguments *arguments,
                                const struct model *model, struct error *err)
{
    const struct evaluation_files files = {
        .data = {.files = arguments->paths + 1,
                 .file_count = arguments->path_count - 1,
                 .keys = &arguments->keys},
        .part = arguments->options.part,
        .against = arguments->options.against};
    struct evaluation_inputs inputs = {.training_count = 0};
    struct content content = {.model = NULL};
    enum status status = STATUS_OK;
    if (files.data.file_count > 0)
        status = evaluation_inputs_load(&inputs, &files, model, err);
    if (status == STATUS_OK)
        status = content_init(&content, model, arguments->paths[0],
                              files.data.file_count > 0 ? &inputs : NULL,
                              &arguments->settings, err);
    if (status == STATUS_OK && content.warnings.length > inputs.warnings.length)
        fputs(content.warnings.bytes + inputs.warnings.length, stderr);
    if (status == STATUS_OK)
        status = warnings_refuse(content.warning_count, arguments->keys.is_strict, err);
    if (status == STATUS_OK)
        status = write_report(arguments, &content, err);
    content_release(&content);
    evaluation_inputs_release(&inputs);
    return status;
}

static enum status check_options(const struct arguments *arguments,
                                 const struct model *model, struct error *err)
{
    const struct report_options *options = &arguments->options;
    if (!arguments->settings.end &&
        triage_task_labels(triage_model_task(model)) != TASK_NEXT)
        return error_set(err, STATUS_BAD_OPTION, "--no-end",
                         "only a model of the task next predicts the end of a history");
    if (arguments->path_count == 1 &&
        (*options->part != '\0' || *options->against != '\0'))
        return error_set(err, STATUS_BAD_OPTION,
                         *options->part != '\0' ? "--part" : "--against",
                         "there is no DATA to evaluate the model on");
    return check_output(arguments, err);
}

static int report(struct arguments *arguments)
{
    struct error err = {0};
    struct model *model = triage_model_load(arguments->paths[0], &err);
    if (!model)
        return print_model_error(arguments->paths[0], &err);
    data_keys_of_model(&arguments->keys, arguments->key_sources, model);
    enum status status = check_options(arguments, model, &err);
    if (status == STATUS_OK)
        status = report_model(arguments, model, &err);
    triage_model_free(model);
    if (status == STATUS_OK)
        return EXIT_SUCCESS;
    print_file_error(status == STATUS_BAD_FORMAT ? arguments->paths[0] : "", &err);
    return status == STATUS_BAD_OPTION ? EXIT_USAGE : EXIT_FAILURE;
}

static int run(struct arguments *arguments, struct command_line *line)
{
    const struct option_table tables[] = {
        {.title = "report",
         .options = report_options,
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
    };
    int exit_code;
    const size_t table_count = sizeof tables / sizeof *tables;
    if (!command_line_begin(line, tables, table_count, &exit_code))
        return exit_code;
    if (line->argument_count < 1)
        return print_usage_error(usage, "report needs MODEL");
    arguments->paths = line->arguments;
    arguments->path_count = line->argument_count;
    return report(arguments);
}

int report_command(int argc, char **argv)
{
    struct arguments arguments = {.paths = NULL};
    struct command_line line;
    command_line_init(&line, usage, argc, argv);
    int exit_code = run(&arguments, &line);
    command_line_release(&line);
    return exit_code;
}

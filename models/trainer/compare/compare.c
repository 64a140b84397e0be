/*
 * triage compare-architectures DATA...: train several architectures on the same histories, and print
 * one table of what they are, what they reach and what they cost.  No model is written.
 */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/workers.h"
#include "command.h"
#include "compare/comparison.h"
#include "compare/comparison_output.h"
#include "progress.h"
#include "recipe.h"
#include "search/choose_inputs.h"
#include "search/training_inputs.h"
#include "training_examples.h"

struct compare_options {
    const char *networks, *test, *svg;
    uint32_t seeds, threads;
    bool json, times, choose_inputs;
};

#define COMPARE(member) offsetof(struct compare_options, member)

static const struct option_def compare_options[] = {
    {.name = "networks",
     .kind = OPTION_TEXT,
     .offset = COMPARE(networks),
     .default_text = NETWORKS_DEFAULT,
     .value_name = "LIST",
     .help =
         "rnn, lstm, gru or attention (self-attention), each also with +attention (an "
         "attention head), and encoder-decoder, with the target next; with commas "
         "between them, at most 6"},
    {.name = "seeds",
     .kind = OPTION_U32,
     .offset = COMPARE(seeds),
     .default_text = "1",
     .min = 1,
     .max = 100,
     .help =
         "trainings of each network, with --seed, --seed + 1, ...; the table has their "
         "means"},
    {.name = "test",
     .kind = OPTION_TEXT,
     .offset = COMPARE(test),
     .default_text = "",
     .value_name = "FILE",
     .help =
         "histories to test the networks on; empty: the part test of --split; without "
         "either, the validation part measures them"},
    {.name = "times",
     .kind = OPTION_SWITCH,
     .offset = COMPARE(times),
     .default_text = "true",
     .help = "measure the time of a history; without, the output is always the same"},
    {.name = "svg",
     .kind = OPTION_TEXT,
     .offset = COMPARE(svg),
     .default_text = "",
     .value_name = "FILE",
     .help = "draw the gradient by lag and the time by length"},
    {.name = "json",
     .kind = OPTION_SWITCH,
     .offset = COMPARE(json),
     .default_text = "false",
     .help = "print one JSON object instead of a table"},
    {.name = "choose-inputs",
     .kind = OPTION_SWITCH,
     .offset = COMPARE(choose_inputs),
     .default_text = "true",
     .help = "choose the inputs as train does, with a gru; all networks have the same"},
    {.name = "threads",
     .kind = OPTION_U32,
     .offset = COMPARE(threads),
     .default_text = "0",
     .max = 256,
     .help = "of a training; 0: one for each processor; the result is the same for any "
             "number"},
    {.name = NULL},
};

static const char usage[] = "triage compare-architectures DATA... [OPTION]...";

enum { MAX_OPTIONS = 64 }; /* of a network, or of a training */

struct arguments {
    struct compare_options options;
    struct data_keys keys;
    struct recipe recipe;
    struct network_list networks;
    const char *const *files;
    size_t file_count;
};

static bool is_interrupted(void *context)
{
    (void)context;
    return progress_was_interrupted();
}

/* Before the long work: can the charts be written, and do they replace no data? */
static enum status check_svg(const struct arguments *arguments, struct error *err)
{
    const char *svg = arguments->options.svg;
    if (*svg == '\0')
        return STATUS_OK;
    bool is_data = is_same_file(svg, arguments->options.test);
    for (size_t i = 0; i < arguments->file_count; i++)
        is_data = is_data || is_same_file(svg, arguments->files[i]);
    if (is_data)
        return error_set(err, STATUS_BAD_OPTION, svg,
                         "the charts would replace the data");
    return file_check_writable(svg, err);
}

static enum status write_svg(const struct comparison *comparison, const char *path,
                             struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    comparison_write_svg(comparison, &text);
    enum status status = text.has_failed ? error_no_memory(err) : STATUS_OK;
    if (status == STATUS_OK && text.length == 0)
        status = error_set(err, STATUS_BAD_INPUT, path, "nothing to draw: %s",
                           comparison->lags_note);
    if (status == STATUS_OK)
        status = file_write(path, text.bytes, text.length, err);
    if (status == STATUS_OK)
        print_message("wrote %s\n", path);
    strbuf_release(&text);
    return status;
}

static enum status print_comparison(const struct comparison *comparison, bool is_json,
                                    struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    if (is_json)
        comparison_write_json(comparison, &text);
    else
        comparison_write_table(comparison, &text);
    enum status status = text.has_failed ? error_no_memory(err) : STATUS_OK;
    if (status == STATUS_OK)
        (void)write_output(text.bytes, text.length); /* flush_output reports a failure */
    strbuf_release(&text);
    return status;
}

static enum status run_comparison(const struct arguments *arguments,
                                  const struct examples *examples,
                                  const struct training_inputs *inputs, struct error *err)
{
    const struct compare_options *options = &arguments->options;
    const char *const test[] = {options->test};
    struct comparison_settings settings = {.networks = &arguments->networks,
                                           .recipe = &arguments->recipe,
                                           .examples = examples,
                                           .inputs = inputs,
                                           .tested = {.keys = &arguments->keys},
                                           .seeds = options->seeds,
                                           .has_times = options->times};
    struct comparison comparison;
    if (*options->test != '\0') {
        settings.tested.files = test;
        settings.tested.file_count = 1;
    } else if (examples->has_split) {
        settings.tested.files = arguments->files;
        settings.tested.file_count = arguments->file_count;
    }
    enum status status = comparison_run(&comparison, &settings, err);
    if (status == STATUS_OK)
        status = print_comparison(&comparison, options->json, err);
    if (status == STATUS_OK && *options->svg != '\0')
        status = write_svg(&comparison, options->svg, err);
    comparison_release(&comparison);
    return status;
}

/* Load, choose the inputs, compare. */
static enum status compare(const struct arguments *arguments, struct error *err)
{
    const struct recipe *recipe = &arguments->recipe;
    const struct data_files data = {.files = arguments->files,
                                    .file_count = arguments->file_count,
                                    .keys = &arguments->keys};
    const struct input_choice_settings cheap =
        input_choice_cheap(&recipe->spec, &recipe->training);
    struct examples examples;
    RETURN_IF_ERROR(check_svg(arguments, err));
    enum status status = training_examples_load(&examples, &data, recipe, NULL, err);
    if (status == STATUS_OK) {
        struct training_inputs inputs;
        training_inputs_init(&inputs, &examples);
        progress_catch_signals();
        if (arguments->options.choose_inputs &&
            examples.validation_count >= CHOICE_MIN_VALIDATION)
            status = training_inputs_choose(&inputs, recipe, &examples, &cheap,
                                            is_interrupted, NULL, err);
        if (status == STATUS_OK)
            status = run_comparison(arguments, &examples, &inputs, err);
        training_inputs_release(&inputs);
    }
    examples_release(&examples);
    return status;
}

/* ---- the command line -------------------------------------------------------------------- */

/* Options of train that mean nothing here. */
static const struct {
    const char *name, *reason;
} refused[] = {
    {"cell", "the networks are those of --networks"},
    {"head", "the networks are those of --networks"},
    {"directions", "all networks read from the first event to the last"},
    {"members", "each network is trained alone; --seeds trains several"},
    {"accuracy", "no model is written, so there are no decisions to fit"},
    {"max-unknown", "no model is written, so there are no decisions to fit"},
};

/* Is one of them given?  Then a message says so. */
static bool has_refused_option(const struct option_def *options,
                               const unsigned char *sources)
{
    for (size_t i = 0; options[i].name; i++)
        for (size_t k = 0; k < sizeof refused / sizeof *refused; k++)
            if (sources[i] == SOURCE_FLAG &&
                strcmp(options[i].name, refused[k].name) == 0) {
                (void)print_usage_error(usage, "compare-architectures has no --%s: %s",
                                        refused[k].name, refused[k].reason);
                return true;
            }
    return false;
}

/* Can every network be trained for the task?  An encoder-decoder predicts events. */
static enum status check_networks(const struct arguments *arguments, struct error *err)
{
    const struct recipe *recipe = &arguments->recipe;
    if (recipe->task == TASK_CONTINUE)
        return error_set(err, STATUS_BAD_OPTION, "--target",
                         "compare an encoder-decoder with the others by --target next: "
                         "what counts is the first event that it predicts");
    for (size_t n = 0; n < arguments->networks.count; n++) {
        const struct network_kind *kind = &arguments->networks.list[n];
        struct spec spec = recipe->spec;
        spec.cell = kind->cell;
        spec.head = kind->head;
        if (kind->is_encoder_decoder && (recipe->task != TASK_NEXT || !recipe->with_end))
            return error_set(err, STATUS_BAD_OPTION, "--networks",
                             "an encoder-decoder needs --target next, with the end");
        RETURN_IF_ERROR(triage_network_check(&spec, (enum task)recipe->task, err));
    }
    return STATUS_OK;
}

static int run(struct arguments *arguments, struct command_line *line)
{
    struct recipe *recipe = &arguments->recipe;
    unsigned char spec_sources[MAX_OPTIONS] = {SOURCE_DEFAULT};
    unsigned char training_sources[MAX_OPTIONS] = {SOURCE_DEFAULT};
    assert(option_table_count(triage_spec_options) <= MAX_OPTIONS);
    assert(option_table_count(triage_training_options) <= MAX_OPTIONS);
    const struct option_table tables[] = {
        {.title = "compare-architectures",
         .options = compare_options,
         .values = &arguments->options,
         .arena = &line->arena},
        {.title = "data",
         .options = data_options,
         .values = &arguments->keys,
         .arena = &line->arena},
        {.title = "task",
         .options = task_options,
         .values = recipe,
         .arena = &line->arena},
        {.title = "networks",
         .options = triage_spec_options,
         .values = &recipe->spec,
         .sources = spec_sources,
         .arena = &line->arena},
        {.title = "training",
         .options = triage_training_options,
         .values = &recipe->training,
         .sources = training_sources,
         .arena = &line->arena},
    };
    struct error err = {0};
    int exit_code;
    if (!command_line_begin(line, tables, sizeof tables / sizeof *tables, &exit_code))
        return exit_code;
    if (line->argument_count == 0)
        return print_usage_error(usage, "compare-architectures needs DATA");
    if (has_refused_option(triage_spec_options, spec_sources) ||
        has_refused_option(triage_training_options, training_sources))
        return EXIT_USAGE;
    if (networks_read(&arguments->networks, arguments->options.networks, &err) !=
        STATUS_OK)
        return print_usage_error(usage, "%s: %s", err.where, err.text);
    if (check_networks(arguments, &err) != STATUS_OK)
        return print_usage_error(usage, "%s: %s", err.where, err.text);
    arguments->files = line->arguments;
    arguments->file_count = line->argument_count;
    recipe->training.threads = workers_threads(arguments->options.threads);
    enum status status = compare(arguments, &err);
    if (status == STATUS_OK)
        return EXIT_SUCCESS;
    (void)print_error(&err);
    return status == STATUS_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_FAILURE;
}

int compare_command(int argc, char **argv)
{
    struct arguments arguments = {.files = NULL};
    struct command_line line;
    signal(SIGPIPE, SIG_IGN); /* a reader of the progress that leaves does not end it */
    command_line_init(&line, usage, argc, argv);
    int exit_code = run(&arguments, &line);
    command_line_release(&line);
    return exit_code;
}

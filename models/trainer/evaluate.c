/*
 * triage evaluate MODEL DATA...: evaluate a model on labelled histories, next to baselines.
 *
 * The model is evaluated on one part of the data: by default the part test, or all of the data
 * when there is no split.  The baselines are trained on the data of --against; without it on the
 * histories that the model file holds; without those on the other parts of the data.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "command.h"
#include "data/actions.h"
#include "data/examples.h"
#include "evaluation.h"
#include "evaluation_output.h"
#include "evaluation_warnings.h"

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
    const char *const *paths; /* the model, then the data */
    size_t path_count;
};

/* The index of the action END_OF_HISTORY, or ACTION_NONE if the model has none. */
static uint32_t find_end_action(const struct model *model)
{
    if (triage_model_task(model) != TASK_NEXT)
        return ACTION_NONE;
    for (size_t c = 0; c < triage_model_actions(model); c++)
        if (strcmp(triage_model_action(model, c), END_OF_HISTORY) == 0)
            return (uint32_t)c;
    return ACTION_NONE;
}

/* What the baselines are trained on. */
struct training_examples {
    struct examples loaded;         /* of --against */
    struct example *joined;         /* [count] its parts, owned; or NULL */
    const struct example *examples; /* [count] */
    size_t count;                   /* 0: those that the model file holds */
};

/*
 * Load the data of --against: with a split its parts train and val, otherwise all of it.  When
 * train is evaluated, the other part is training data.
 */
static enum status load_against(const struct arguments *arguments,
                                const struct model *model,
                                struct training_examples *training, struct error *err)
{
    const char *const files[] = {arguments->options.against};
    const struct data_files data = {
        .files = files, .file_count = 1, .keys = &arguments->keys};
    struct examples *loaded = &training->loaded;
    enum status status = examples_load_for_model(loaded, &data, model, NULL, err);
    enum status printed = examples_print_messages(loaded, &arguments->keys,
                                                  status == STATUS_OK ? err : NULL);
    RETURN_IF_ERROR(status);
    RETURN_IF_ERROR(printed);
    size_t evaluation_count = loaded->evaluation_count;
    size_t count = evaluation_count + loaded->train_count;
    training->joined = calloc(count + 1, sizeof *training->joined);
    if (!training->joined)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct example *example = i < evaluation_count
                                            ? &loaded->evaluation[i]
                                            : &loaded->train[i - evaluation_count];
        /* the training leaves out histories whose label is none of the actions */
        if (example->actions || example->action < triage_model_actions(model))
            training->joined[training->count++] = *example;
    }
    training->examples = training->joined;
    return STATUS_OK;
}

static enum status find_training(const struct arguments *arguments,
                                 const struct model *model,
                                 const struct examples *examples,
                                 struct training_examples *training, struct error *err)
{
    if (*arguments->options.against != '\0')
        return load_against(arguments, model, training, err);
    if (!triage_model_holds_histories(model)) {
        training->examples = examples->train;
        training->count = examples->train_count;
    }
    return STATUS_OK;
}

static void print_counts(const struct examples *examples,
                         const struct training_examples *training,
                         const struct model *model)
{
    fprintf(stderr, "evaluating %zu histories, baselines ", examples->evaluation_count);
    if (training->joined)
        fprintf(stderr, "trained on %zu of --against", training->count);
    else if (training->count > 0)
        fprintf(stderr, "trained on %zu others", training->count);
    else if (triage_model_holds_histories(model))
        fputs("trained on those of the model", stderr);
    else
        fputs("cross-fitted in five folds", stderr);
    if (examples->skipped_count > 0)
        fprintf(stderr, ", %zu skipped", examples->skipped_count);
    fputc('\n', stderr);
}

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

static enum status evaluate_examples(const struct arguments *arguments,
                                     const struct model *model,
                                     const struct examples *examples,
                                     const struct training_examples *training,
                                     struct error *err)
{
    const struct evaluation_data data = {.evaluated = examples->evaluation,
                                         .evaluated_count = examples->evaluation_count,
                                         .training = training->examples,
                                         .training_count = training->count,
                                         .end_action = find_end_action(model),
                                         .posterior = examples->posterior};
    const char *default_part = examples->has_split ? "test" : "all";
    char name[256];
    model_name(arguments->paths[0], name, sizeof name);
    struct evaluation evaluation;
    const struct evaluation_output output = {
        .name = name,
        .model = model,
        .part = *arguments->options.part != '\0' ? arguments->options.part : default_part,
        .evaluation = &evaluation};
    enum status status =
        triage_evaluate(&evaluation, model, &data, &arguments->settings, err);
    if (status != STATUS_OK)
        goto out;
    size_t warnings = evaluation_warnings_print(&evaluation, model, examples->evaluation,
                                                examples->evaluation_count);
    status = warnings_refuse(warnings, arguments->keys.is_strict, err);
    if (status != STATUS_OK)
        goto out;
    if (arguments->options.json)
        status = print_json(&output, err);
    else
        evaluation_output_print(&output, stdout);
out:
    triage_evaluation_release(&evaluation);
    return status;
}

/* Load the data, and evaluate the model on it. */
static enum status evaluate_model(const struct arguments *arguments,
                                  const struct model *model, struct error *err)
{
    const struct data_files data = {.files = arguments->paths + 1,
                                    .file_count = arguments->path_count - 1,
                                    .keys = &arguments->keys};
    struct examples examples;
    struct training_examples training = {.count = 0};
    enum status status =
        examples_load_for_model(&examples, &data, model, arguments->options.part, err);
    enum status printed = examples_print_messages(&examples, &arguments->keys,
                                                  status == STATUS_OK ? err : NULL);
    status = status == STATUS_OK ? printed : status;
    if (status != STATUS_OK)
        goto out;
    status = find_training(arguments, model, &examples, &training, err);
    if (status != STATUS_OK)
        goto out;
    print_counts(&examples, &training, model);
    status = evaluate_examples(arguments, model, &examples, &training, err);
out:
    free(training.joined);
    examples_release(&training.loaded);
    examples_release(&examples);
    return status;
}

static int evaluate(struct arguments *arguments)
{
    struct error err = {0};
    struct model *model = triage_model_load(arguments->paths[0], &err);
    if (!model)
        return print_model_error(arguments->paths[0], &err);
    data_keys_of_model(&arguments->keys, arguments->key_sources, model);
    enum status status = STATUS_OK;
    if (!arguments->settings.end && triage_model_task(model) != TASK_NEXT)
        status = error_set(&err, STATUS_BAD_OPTION, "--no-end",
                           "only a model of the task next predicts the end of a history");
    if (status == STATUS_OK)
        status = evaluate_model(arguments, model, &err);
    triage_model_free(model);
    if (status == STATUS_OK)
        return EXIT_SUCCESS;
    print_file_error(status == STATUS_BAD_FORMAT ? arguments->paths[0] : "", &err);
    return status == STATUS_BAD_OPTION ? EXIT_USAGE : EXIT_FAILURE;
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
    };
    int exit_code;
    const size_t table_count = sizeof tables / sizeof *tables;
    if (!command_line_begin(line, tables, table_count, &exit_code))
        return exit_code;
    if (line->argument_count < 2)
        return print_usage_error(usage, "evaluate needs MODEL and DATA");
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

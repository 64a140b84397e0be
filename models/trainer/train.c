/*
 * triage train DATA... -o MODEL: train a model on labelled histories.
 *
 * Options override the recipe, and the recipe overrides the defaults.  On a terminal a bar shows
 * the progress, otherwise a line for each epoch.  A signal that could end the program
 * saves the best model so far; the exit code is then 130.
 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/workers.h"
#include "command.h"
#include "data/examples.h"
#include "decisions.h"
#include "progress.h"
#include "recipe.h"
#include "search/choose_inputs.h"
#include "search/search.h"
#include "search/training_inputs.h"
#include "starting_model.h"
#include "trainer.h"
#include "training_examples.h"
#include "training_warnings.h"

struct train_options {
    const char *recipe, *output, *log, *checkpoint, *costs, *search, *from;
    bool print_recipe;
    bool keep_histories, choose_inputs;
    uint32_t threads;
};

#define TRAIN(member) offsetof(struct train_options, member)

static const struct option_def train_options[] = {
    {.name = "o",
     .kind = OPTION_TEXT,
     .offset = TRAIN(output),
     .default_text = "",
     .value_name = "MODEL",
     .help = "the model file to write (required)"},
    {.name = "recipe",
     .kind = OPTION_TEXT,
     .offset = TRAIN(recipe),
     .default_text = "",
     .value_name = "FILE",
     .help = "JSON file with schema, target, end, network, training and actions, each "
             "optional"},
    {.name = "from",
     .kind = OPTION_TEXT,
     .offset = TRAIN(from),
     .default_text = "",
     .value_name = "MODEL",
     .help =
         "begin with the weights of MODEL, and keep its network, inputs and target; new "
         "values, fields and actions are added"},
    {.name = "checkpoint",
     .kind = OPTION_TEXT,
     .offset = TRAIN(checkpoint),
     .default_text = "",
     .value_name = "FILE",
     .help = "write the state of the training to FILE after every epoch, and go on from "
             "there if FILE exists; removed when the model is written"},
    {.name = "costs",
     .kind = OPTION_TEXT,
     .offset = TRAIN(costs),
     .default_text = "",
     .value_name = "FILE",
     .help = "decide by the least expected cost; JSON file with the cost of each action, "
             "by the one that is right, and of declining"},
    {.name = "print-recipe",
     .kind = OPTION_SWITCH,
     .offset = TRAIN(print_recipe),
     .default_text = "false",
     .help = "print the complete recipe, and do not train"},
    {.name = "keep-histories",
     .kind = OPTION_SWITCH,
     .offset = TRAIN(keep_histories),
     .default_text = "true",
     .help = "the model file holds the event names and actions that evaluate trains its "
             "baselines on, up to 1 MiB"},
    {.name = "choose-inputs",
     .kind = OPTION_SWITCH,
     .offset = TRAIN(choose_inputs),
     .default_text = "true",
     .help = "leave out hour and weekday, times between events, or fields without which "
             "the validation loss is lower; not with a schema of the recipe or --from"},
    {.name = "log",
     .kind = OPTION_TEXT,
     .offset = TRAIN(log),
     .default_text = "",
     .value_name = "FILE",
     .help = "write a JSON object for each epoch, one a line"},
    {.name = "search",
     .kind = OPTION_TEXT,
     .offset = TRAIN(search),
     .default_text = "",
     .value_name = "TIME",
     .help = "look for better inputs and settings for so long (600, 90s, 10m, 1h) by the "
             "validation loss; options that are given are not searched"},
    {.name = "threads",
     .kind = OPTION_U32,
     .offset = TRAIN(threads),
     .default_text = "0",
     .max = 256,
     .help = "0: one for each processor; the model is the same for any number"},
    {.name = NULL},
};

static const char usage[] = "triage train DATA... -o MODEL [OPTION]...";

struct arguments {
    struct train_options options;
    struct data_keys keys;
    unsigned char key_sources[DATA_OPTIONS];
    struct search_settings search;
    struct schema *recipe_schema; /* whose keys are used; owned, or NULL */
    struct starting_model from;   /* empty without --from */
    struct recipe recipe;
    const char *const *files;
    size_t file_count;
};

enum { MAX_OPTIONS = 64 }; /* of a network, or of a training */

/* ---- training ---- */

/* is_going_on: append to the epochs that are there. */
static enum status open_log(const char *path, bool is_going_on, FILE **log,
                            struct error *err)
{
    *log = NULL;
    if (*path == '\0')
        return STATUS_OK;
    *log = fopen(path, is_going_on ? "ae" : "we");
    return *log ? STATUS_OK : error_set(err, STATUS_IO, path, "%s", strerror(errno));
}

static enum status close_log(const char *path, FILE *log, struct error *err)
{
    if (!log)
        return STATUS_OK;
    bool has_failed = ferror(log) != 0;
    if (fclose(log) == 0 && !has_failed)
        return STATUS_OK;
    return error_set(err, STATUS_IO, path, "the log of the epochs could not be written");
}

/* What the decisions of the model need, before it is trained. */
static enum status prepare_decisions(const struct arguments *arguments,
                                     const struct examples *examples,
                                     struct trainer *trainer, struct error *err)
{
    const char *path = arguments->options.costs;
    struct costs costs;
    if (*path == '\0')
        return STATUS_OK;
    enum status status = costs_read(&costs, path, (const char *const *)examples->actions,
                                    examples->action_count, err);
    if (status == STATUS_OK)
        status = triage_trainer_set_costs(trainer, costs.costs, costs.decline, err);
    costs_release(&costs);
    return status;
}

/* Can decisions be fitted?  Before inputs are chosen and settings searched, which may take hours. */
static enum status check_decisions(const struct arguments *arguments,
                                   const struct examples *examples, struct error *err)
{
    const char *path = arguments->options.costs;
    struct costs costs;
    if ((*path != '\0' || arguments->recipe.training.accuracy > 0.0) &&
        examples->validation_count == 0)
        return error_set(err, STATUS_BAD_OPTION, *path != '\0' ? "--costs" : "--accuracy",
                         "decisions are fitted on validation data, and there is none");
    if (*path == '\0')
        return STATUS_OK;
    enum status status = costs_read(&costs, path, (const char *const *)examples->actions,
                                    examples->action_count, err);
    costs_release(&costs);
    return status;
}

/* --accuracy compares with probabilities, --costs with expected costs. */
static bool is_contradictory(const struct arguments *arguments)
{
    return arguments->recipe.training.accuracy > 0.0 && *arguments->options.costs != '\0';
}

/* Write the model, with what was searched and chosen as notes of its report. */
static enum status save(const struct arguments *arguments,
                        const struct examples *examples,
                        const struct training_inputs *inputs, struct trainer *trainer,
                        const struct report *report, struct error *err)
{
    const struct model_annex annex = {.golden = examples->golden,
                                      .report = report,
                                      .notes = inputs->notes,
                                      .histories = &inputs->data,
                                      .only_count_histories =
                                          !arguments->options.keep_histories};
    RETURN_IF_ERROR(triage_trainer_save(trainer, arguments->options.output, &annex, err));
    if (arguments->options.keep_histories && !triage_trainer_holds_histories(trainer))
        fputs(
            "the training histories need more than 1 MiB and are not in the model file: "
            "evaluate needs --against\n",
            stderr);
    return STATUS_OK;
}

static enum status
train_and_save(const struct arguments *arguments, const struct examples *examples,
               const struct training_inputs *inputs, const struct spec *spec,
               const struct training *training, struct report *report, struct error *err)
{
    struct progress_display display;
    const struct progress_callback callback = progress_display_callback(&display);
    struct trainer *trainer = triage_trainer_new(
        inputs->schema, spec, (enum task)arguments->recipe.task,
        (const char *const *)examples->actions, examples->action_count, training, err);
    if (!trainer)
        return err->status;
    if (arguments->from.model) {
        enum status started =
            triage_trainer_start_from(trainer, arguments->from.model, err);
        if (started != STATUS_OK) {
            triage_trainer_free(trainer);
            return started;
        }
    }
    if (arguments->recipe.task == TASK_LAST && spec->directions > 1 &&
        training->prefix_weight > 0.0)
        fputs(
            "a network of two directions is trained on whole histories only: its answers "
            "before the end of a history mean little\n",
            stderr);
    const char *checkpoint = arguments->options.checkpoint;
    const bool is_going_on = *checkpoint != '\0' && access(checkpoint, F_OK) == 0;
    if (*checkpoint != '\0')
        triage_trainer_use_checkpoint(trainer, checkpoint);
    FILE *log = NULL;
    enum status status = prepare_decisions(arguments, examples, trainer, err);
    if (status == STATUS_OK)
        status = open_log(arguments->options.log, is_going_on, &log, err);
    if (status != STATUS_OK)
        goto out;
    if (is_going_on)
        print_clean("going on from the checkpoint %s", checkpoint);
    progress_display_init(&display, log);
    status = triage_trainer_train(trainer, &inputs->data, &callback, report, err);
    enum status closed =
        close_log(arguments->options.log, log, status == STATUS_OK ? err : NULL);
    if (status != STATUS_OK)
        goto out;
    decisions_print(&report->coverage, (const char *const *)examples->actions, stderr);
    const struct training_result result = {.report = report,
                                           .data = &inputs->data,
                                           .actions =
                                               (const char *const *)examples->actions,
                                           .action_count = examples->action_count};
    status = training_warnings_print(&result, err);
    if (status == STATUS_OK)
        status = save(arguments, examples, inputs, trainer, report, err);
    /* after an interruption the training can still go on */
    if (status == STATUS_OK && *checkpoint != '\0' && !report->was_interrupted)
        (void)unlink(checkpoint);
    if (status == STATUS_OK)
        status = closed; /* the model is written in spite of it */
out:
    triage_trainer_free(trainer);
    return status;
}

/* Search, and train with the best settings; after a signal, write the best model so far. */
static enum status search_and_save(const struct arguments *arguments,
                                   const struct examples *examples,
                                   struct training_inputs *inputs, struct report *report,
                                   struct error *err)
{
    struct search_result result;
    enum status status = search_run(&result, &arguments->search, &arguments->recipe,
                                    examples, inputs, err);
    if (status == STATUS_OK && result.trainer) {
        *report = result.report;
        report->was_interrupted = true;
        if (*arguments->options.costs != '\0')
            fputs("warning: the search was stopped, so no decisions were fitted to the "
                  "costs\n",
                  stderr);
        status = save(arguments, examples, inputs, result.trainer, report, err);
    } else if (status == STATUS_OK) {
        status = train_and_save(arguments, examples, inputs, &result.spec,
                                &result.training, report, err);
    }
    search_result_release(&result);
    return status;
}

/* Is there enough data to choose inputs by, and does nobody say which? */
static bool wants_choice(const struct arguments *arguments,
                         const struct examples *examples)
{
    return arguments->options.choose_inputs && !arguments->recipe.schema &&
           !arguments->from.model && examples->validation_count >= CHOICE_MIN_VALIDATION;
}

static bool is_interrupted(void *context)
{
    (void)context;
    return progress_was_interrupted();
}

/* Choose the inputs, search if that is asked for, train, and save. */
static enum status make_model(struct arguments *arguments,
                              const struct examples *examples, struct report *report,
                              struct error *err)
{
    const struct recipe *recipe = &arguments->recipe;
    const struct input_choice_settings cheap =
        input_choice_cheap(&recipe->spec, &recipe->training);
    bool is_search = *arguments->options.search != '\0';
    struct training_inputs inputs;
    training_inputs_init(&inputs, examples);
    progress_catch_signals();
    enum status status = check_decisions(arguments, examples, err);
    if (status == STATUS_OK && arguments->from.model)
        status = starting_model_note(&arguments->from, examples, &inputs.notes, err);
    arguments->search.may_choose_inputs = wants_choice(arguments, examples);
    if (status == STATUS_OK && is_search && examples->validation_count == 0)
        status = error_set(err, STATUS_BAD_INPUT, "--search",
                           "there are no histories to validate on");
    if (status == STATUS_OK && arguments->search.may_choose_inputs)
        status = training_inputs_choose(&inputs, recipe, examples, &cheap, is_interrupted,
                                        NULL, err);
    if (status == STATUS_OK && is_search)
        status = search_and_save(arguments, examples, &inputs, report, err);
    else if (status == STATUS_OK)
        status = train_and_save(arguments, examples, &inputs, &recipe->spec,
                                &recipe->training, report, err);
    training_inputs_release(&inputs);
    return status;
}

static void print_report(const struct report *report, const char *output)
{
    if (report->has_diverged)
        fprintf(stderr, "stopped: the loss was no longer finite (try a smaller learning "
                        "rate); the best weights from before are kept\n");
    if (report->start.exists)
        fprintf(stderr, "before the training: validation loss %.4f, accuracy %.4f\n",
                report->start.end_loss, report->start.accuracy);
    fprintf(stderr, "wrote %s: epoch %u", output, report->best_epoch);
    if (report->validation_count > 0)
        fprintf(stderr, ", validation loss %.4f, accuracy %.4f",
                report->validation_end_loss, report->validation_accuracy);
    if (report->validation_count > 0 && report->validation_prefix_loss > 0.0)
        fprintf(stderr, "; before the end %.4f, accuracy %.4f",
                report->validation_prefix_loss, report->validation_prefix_accuracy);
    if (report->refit_count > 0)
        fputs(" (measured before the validation data was trained on)", stderr);
    fputc('\n', stderr);
}

static enum status print_recipe(const struct recipe *recipe,
                                const struct examples *examples, struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    enum status status = recipe_write(recipe, examples, &text, err);
    if (status == STATUS_OK)
        fputs(text.bytes, stdout);
    strbuf_release(&text);
    return status;
}

/* Check that an output file, "model" or "log", does not replace an input file. */
static enum status check_replaces_nothing(const struct arguments *arguments,
                                          const char *what, const char *output,
                                          struct error *err)
{
    for (size_t i = 0; i < arguments->file_count; i++)
        if (is_same_file(output, arguments->files[i]))
            return error_set(err, STATUS_BAD_OPTION, output,
                             "the %s would replace the data", what);
    if (is_same_file(output, arguments->options.recipe))
        return error_set(err, STATUS_BAD_OPTION, output,
                         "the %s would replace the recipe", what);
    if (is_same_file(output, arguments->options.costs))
        return error_set(err, STATUS_BAD_OPTION, output, "the %s would replace the costs",
                         what);
    return STATUS_OK;
}

/*
 * The new model may replace the one that it goes on from, which is in memory; but not the log or the
 * checkpoint, and not with a checkpoint: after an interruption, it could not go on from there.
 */
static enum status check_replaces_no_start(const struct arguments *arguments,
                                           struct error *err)
{
    const struct train_options *options = &arguments->options;
    const char *from = options->from;
    if (is_same_file(options->log, from))
        return error_set(err, STATUS_BAD_OPTION, from,
                         "the log would replace the model to go on from");
    if (is_same_file(options->checkpoint, from))
        return error_set(err, STATUS_BAD_OPTION, from,
                         "the checkpoint would replace the model to go on from");
    if (*options->checkpoint != '\0' && is_same_file(options->output, from))
        return error_set(err, STATUS_BAD_OPTION, from,
                         "with --checkpoint, the new model cannot replace the one to go "
                         "on from");
    return STATUS_OK;
}

/* Before the long work: can the log be written?  It is made, if it does not exist. */
static enum status check_log(const char *log, struct error *err)
{
    struct stat file;
    if (*log == '\0' || (stat(log, &file) == 0 && !S_ISREG(file.st_mode)))
        return STATUS_OK;
    FILE *opened = fopen(log, "ae");
    if (!opened || fclose(opened) != 0)
        return error_set(err, STATUS_IO, log, "%s", strerror(errno));
    return STATUS_OK;
}

/* Check that the model can be written, and that neither it nor the log replaces a file. */
static enum status check_output(const struct arguments *arguments, struct error *err)
{
    const char *output = arguments->options.output, *log = arguments->options.log;
    RETURN_IF_ERROR(check_replaces_nothing(arguments, "model", output, err));
    RETURN_IF_ERROR(check_replaces_nothing(arguments, "log", log, err));
    RETURN_IF_ERROR(check_replaces_no_start(arguments, err));
    if (*log != '\0' && (strcmp(log, output) == 0 || is_same_file(log, output)))
        return error_set(err, STATUS_BAD_OPTION, log, "the log would replace the model");
    const char *checkpoint = arguments->options.checkpoint;
    RETURN_IF_ERROR(check_replaces_nothing(arguments, "checkpoint", checkpoint, err));
    if (*checkpoint != '\0' &&
        (strcmp(checkpoint, output) == 0 || is_same_file(checkpoint, output)))
        return error_set(err, STATUS_BAD_OPTION, checkpoint,
                         "the checkpoint would replace the model");
    if (*checkpoint != '\0' &&
        (strcmp(checkpoint, log) == 0 || is_same_file(checkpoint, log)))
        return error_set(err, STATUS_BAD_OPTION, checkpoint,
                         "the checkpoint would replace the log");
    RETURN_IF_ERROR(file_check_writable(output, err));
    RETURN_IF_ERROR(check_log(log, err));
    return *checkpoint == '\0' ? STATUS_OK : file_check_writable(checkpoint, err);
}

/* Load the examples, then print the recipe or train. */
static enum status run_recipe(struct arguments *arguments, struct report *report,
                              struct error *err)
{
    const struct recipe *recipe = &arguments->recipe;
    const struct data_files data = {.files = arguments->files,
                                    .file_count = arguments->file_count,
                                    .keys = &arguments->keys};
    struct examples examples;
    enum status status =
        training_examples_load(&examples, &data, recipe, &arguments->from, err);
    if (status == STATUS_OK)
        status = arguments->options.print_recipe
                     ? print_recipe(recipe, &examples, err)
                     : make_model(arguments, &examples, report, err);
    examples_release(&examples);
    return status;
}

static int train(struct arguments *arguments)
{
    const struct train_options *options = &arguments->options;
    struct report report = {0};
    struct error err = {0};
    arguments->recipe.training.threads = workers_threads(options->threads);
    if (is_contradictory(arguments))
        return print_usage_error(usage,
                                 "--accuracy and --costs are two policies: choose one");
    if (!options->print_recipe && check_output(arguments, &err) != STATUS_OK)
        return print_error(&err);
    if (!options->print_recipe)
        warn_of_model_name(options->output);
    if (run_recipe(arguments, &report, &err) != STATUS_OK) {
        /* these JSON Pointers point into the recipe: its schema and actions are checked here */
        bool is_in_recipe = strncmp(err.where, "/schema", 7) == 0 ||
                            strncmp(err.where, "/actions", 8) == 0 ||
                            strncmp(err.where, "/rename", 7) == 0;
        bool is_in_costs = strncmp(err.where, "/costs", 6) == 0 ||
                           strncmp(err.where, "/decline", 8) == 0;
        return print_file_error(is_in_recipe  ? options->recipe
                                : is_in_costs ? options->costs
                                              : "",
                                &err);
    }
    if (options->print_recipe)
        return EXIT_SUCCESS;
    print_report(&report, options->output);
    return report.was_interrupted ? EXIT_INTERRUPTED : EXIT_SUCCESS;
}

/* ---- the command line ---- */

/* Which options of a table are on the command line decides what a search may change. */
static void note_fixed(struct search_settings *search, const struct option_def *options,
                       const unsigned char *sources)
{
    for (size_t i = 0; options[i].name; i++)
        for (int d = 0; d < SEARCH_DIMENSIONS; d++)
            if (strcmp(options[i].name, search_dimension_options[d]) == 0)
                search->is_fixed[d] = sources[i] == SOURCE_FLAG;
}

/* The model to go on from, and the recipe's file: what both give is overridden by options. */
static int read_recipe(struct arguments *arguments, struct command_line *line)
{
    struct recipe *recipe = &arguments->recipe;
    struct error err = {0};
    const char *from = arguments->options.from;
    if (*from != '\0') {
        if (starting_model_load(&arguments->from, from, &err) != STATUS_OK)
            return print_model_error(from, &err);
        starting_model_use(&arguments->from, recipe);
    }
    if (*arguments->options.recipe != '\0' &&
        recipe_read(recipe, arguments->options.recipe, &line->arena, &err) != STATUS_OK)
        return print_model_error(arguments->options.recipe, &err);
    if (recipe->schema) {
        arguments->recipe_schema = triage_schema_read(recipe->schema, "/schema", &err);
        if (!arguments->recipe_schema)
            return print_file_error(arguments->options.recipe, &err);
    }
    return EXIT_SUCCESS;
}

/* Options that contradict each other, or the model to go on from. */
static int check_options(struct arguments *arguments)
{
    const char *from = arguments->options.from;
    struct error err = {0};
    if (*from != '\0' && *arguments->options.search != '\0')
        return print_usage_error(usage,
                                 "--search cannot be used with --from: the network "
                                 "and its inputs are those of the model");
    if (*from != '\0' && arguments->options.print_recipe)
        return print_usage_error(usage, "--print-recipe cannot be used with --from: a "
                                        "recipe has no weights");
    if (arguments->from.model &&
        starting_model_check(&arguments->from, &arguments->recipe, &err) != STATUS_OK)
        return print_error(&err);
    if (triage_network_check(&arguments->recipe.spec, arguments->recipe.task, &err) !=
        STATUS_OK)
        return print_error(&err);
    if (*arguments->options.search != '\0' && *arguments->options.checkpoint != '\0')
        return print_usage_error(usage,
                                 "--checkpoint cannot be used with --search: a search "
                                 "does not go on where it ended");
    if (*arguments->options.search != '\0' &&
        search_seconds(arguments->options.search, &arguments->search.seconds, &err) !=
            STATUS_OK)
        return print_usage_error(usage, "%s: %s", err.where, err.text);
    return EXIT_SUCCESS;
}

/* The command line is read twice: to find the recipe, and again to override it. */
static int run(struct arguments *arguments, struct command_line *line)
{
    struct recipe *recipe = &arguments->recipe;
    unsigned char spec_sources[MAX_OPTIONS] = {SOURCE_DEFAULT};
    unsigned char training_sources[MAX_OPTIONS] = {SOURCE_DEFAULT};
    assert(option_table_count(triage_spec_options) <= MAX_OPTIONS);
    assert(option_table_count(triage_training_options) <= MAX_OPTIONS);
    const struct option_table tables[] = {
        {.title = "train",
         .options = train_options,
         .values = &arguments->options,
         .arena = &line->arena},
        {.title = "data",
         .options = data_options,
         .values = &arguments->keys,
         .sources = arguments->key_sources,
         .arena = &line->arena},
        {.title = "task",
         .options = task_options,
         .values = recipe,
         .arena = &line->arena},
        {.title = "network",
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
    if (option_table_set_defaults(&tables[0], &err) != STATUS_OK ||
        option_table_set_defaults(&tables[1], &err) != STATUS_OK ||
        recipe_init(recipe, &line->arena, &err) != STATUS_OK)
        return print_error(&err);
    const size_t table_count = sizeof tables / sizeof *tables;
    if (!command_line_parse(line, tables, table_count, &exit_code))
        return exit_code;
    arguments->files = line->arguments;
    arguments->file_count = line->argument_count;
    if (arguments->file_count == 0 ||
        (*arguments->options.output == '\0' && !arguments->options.print_recipe))
        return print_usage_error(usage, "train needs DATA and -o MODEL");
    exit_code = read_recipe(arguments, line);
    if (exit_code != EXIT_SUCCESS)
        return exit_code;
    if (!command_line_parse(line, tables, table_count, &exit_code))
        return exit_code;
    exit_code = check_options(arguments);
    if (exit_code != EXIT_SUCCESS)
        return exit_code;
    note_fixed(&arguments->search, triage_spec_options, spec_sources);
    note_fixed(&arguments->search, triage_training_options, training_sources);
    if (arguments->recipe_schema)
        data_keys_of_schema(&arguments->keys, arguments->key_sources,
                            arguments->recipe_schema);
    if (arguments->from.model)
        data_keys_of_model(&arguments->keys, arguments->key_sources,
                           arguments->from.model);
    if (recipe_rename(recipe, &arguments->keys, &err) != STATUS_OK)
        return print_file_error(arguments->options.recipe, &err);
    return train(arguments);
}

int train_command(int argc, char **argv)
{
    struct arguments arguments = {.files = NULL};
    struct command_line line;
    signal(SIGPIPE, SIG_IGN); /* a reader of the progress that leaves does not end it */
    command_line_init(&line, usage, argc, argv);
    int exit_code = run(&arguments, &line);
    recipe_release(&arguments.recipe);
    triage_schema_free(arguments.recipe_schema);
    starting_model_release(&arguments.from);
    command_line_release(&line);
    return exit_code;
}

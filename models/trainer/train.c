/*
 * triage train DATA... -o MODEL: learn a model from labelled histories.
 *
 * Settings come from the defaults, over them the recipe's, over them the flags'.  On a
 * terminal a bar shows how far it is; otherwise there is one line per epoch.  SIGINT or SIGTERM saves
 * the best model so far and exits with 130.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/workers.h"
#include "command.h"
#include "data/examples.h"
#include "progress.h"
#include "recipe.h"
#include "trainer.h"

struct train_options {
    const char *recipe, *output;
    bool print_recipe;
    uint32_t threads;
};

#define TRAIN(member) offsetof(struct train_options, member)

/* clang-format off */
static const struct option_def train_options[] = {
    {"o", OPTION_TEXT, TRAIN(output), "", 0, 0, NULL, "the model file to write (needed)"},
    {"recipe", OPTION_TEXT, TRAIN(recipe), "", 0, 0, NULL, "JSON file with schema, target, network, training and actions, each optional"},
    {"print-recipe", OPTION_SWITCH, TRAIN(print_recipe), "false", 0, 0, NULL, "print the whole recipe that would be trained, and train nothing"},
    {"threads", OPTION_U32, TRAIN(threads), "0", 0, 256, NULL, "0: one per processor; they change no bit of the result"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

static const char usage[] = "triage train DATA... -o MODEL [OPTION]...";

/* All that the flags say. */
struct order {
    struct train_options options;
    struct keys keys;
    struct recipe recipe;
    const char **files; /* what is no flag */
    size_t file_count;
};

enum { NAMED_MOST = 20 }; /* of a list on the terminal */

static void print_counts(const struct examples *examples)
{
    size_t count = examples->action_count;

    if (examples->talk.length > 0)
        fputs(examples->talk.bytes, stderr);
    fprintf(stderr, "%zu histories learn, %zu validate%s", examples->learn_count,
            examples->validate_count, examples->validation);
    if (examples->skip.count > 0)
        fprintf(stderr, ", %zu skipped", examples->skip.count);
    fprintf(stderr, "; actions:");
    for (size_t i = 0; i < count && i < NAMED_MOST; i++)
        fprintf(stderr, "%s %s", i == 0 ? "" : ",", examples->actions[i]);
    if (count > NAMED_MOST)
        fprintf(stderr, " and %zu more", count - NAMED_MOST);
    fputc('\n', stderr);
    if (examples->reordered > 0)
        fprintf(
            stderr,
            "%zu histor%s times that go backwards (first at %s): read in order of time\n",
            examples->reordered, examples->reordered == 1 ? "y has" : "ies have",
            examples->reordered_first);
}

/* Labels that next to nothing can be learnt of; with the target next rare ones are usual. */
static enum status warn_of_rare(const struct examples *examples, enum task target,
                                struct error *err)
{
    size_t *counts = calloc(examples->action_count, sizeof *counts), named = 0;

    if (counts == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < examples->learn_count && target != TASK_NEXT; i++)
        for (uint32_t t = 0; t < examples->learn[i].history.length; t++) {
            uint32_t action = example_action(&examples->learn[i], t);
            if (action < examples->action_count)
                counts[action]++;
        }
    for (size_t i = 0; i < examples->action_count && target != TASK_NEXT; i++)
        if (counts[i] < 2 && named++ < NAMED_MOST)
            fprintf(stderr, "warning: action \"%s\" has %s to learn from\n",
                    examples->actions[i], counts[i] == 0 ? "no example" : "one example");
    if (named > NAMED_MOST)
        fprintf(stderr, "warning: so have %zu more actions\n", named - NAMED_MOST);
    free(counts);
    return STATUS_OK;
}

static bool stands_somewhere(const struct examples *examples, uint32_t field)
{
    for (size_t i = 0; i < examples->learn_count; i++) {
        const struct history *history = &examples->learn[i].history;
        for (uint32_t t = 0; t < history->length; t++)
            if (triage_schema_has_field(examples->schema, field, history, t))
                return true;
    }
    return false;
}

/* A recipe may name a field that the data spells otherwise: then nothing is learnt of it. */
static void warn_of_absent(const struct examples *examples)
{
    const char *name;

    for (uint32_t i = 0; (name = triage_schema_field(examples->schema, i)) != NULL; i++)
        if (!stands_somewhere(examples, i))
            fprintf(stderr, "warning: no event that learns has the field \"%s\"\n", name);
}

static enum status fit_and_save(const struct order *order,
                                const struct examples *examples, struct report *report,
                                struct error *err)
{
    const struct recipe *recipe = &order->recipe;
    struct progress_display display;
    const struct progress_callback callback = progress_display_callback(&display);
    const struct training_data data = {.train = examples->learn,
                                       .validation = examples->validate,
                                       .train_count = examples->learn_count,
                                       .validation_count = examples->validate_count};
    struct trainer *trainer =
        triage_trainer_new(examples->schema, &recipe->spec, (enum task)recipe->target,
                           (const char *const *)examples->actions, examples->action_count,
                           &recipe->training, err);
    enum status status;

    if (trainer == NULL)
        return err->status;
    progress_display_init(&display);
    status = triage_trainer_train(trainer, &data, &callback, report, err);
    if (status == STATUS_OK)
        status = triage_trainer_save(trainer, order->options.output, examples->golden,
                                     report, NULL, err);
    triage_trainer_free(trainer);
    return status;
}

static void print_report(const struct report *report, const char *output)
{
    if (report->has_diverged)
        fprintf(stderr, "stopped: the loss was no longer finite; try a smaller learning "
                        "rate.  The best weights from before are kept.\n");
    fprintf(stderr, "wrote %s: epoch %u", output, report->best_epoch);
    if (report->validation_count > 0)
        fprintf(stderr, ", validation loss %.4f, accuracy %.4f", report->validation_loss,
                report->validation_accuracy);
    fputc('\n', stderr);
}

static enum status print_recipe(const struct order *order,
                                const struct examples *examples, struct error *err)
{
    struct strbuf text;
    enum status status;

    strbuf_init(&text, SIZE_MAX);
    status = recipe_write(&order->recipe, examples, &text, err);
    if (status == STATUS_OK)
        fputs(text.bytes, stdout);
    strbuf_release(&text);
    return status;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* Can the model be written where it shall go, and is that none of what is read? */
static enum status check_output(const struct order *order, struct error *err)
{
    const struct train_options *options = &order->options;

    if (options->print_recipe)
        return STATUS_OK;
    for (size_t i = 0; i < order->file_count; i++)
        if (is_same_file(options->output, order->files[i]))
            return error_set(err, STATUS_BAD_OPTION, options->output,
                             "the model would replace the data");
    if (is_same_file(options->output, options->recipe))
        return error_set(err, STATUS_BAD_OPTION, options->output,
                         "the model would replace the recipe");
    return file_check_writable(options->output, err);
}

/* What stands in a recipe is complained about by its pointer there. */
static bool is_recipes_fault(const struct error *err)
{
    return strncmp(err->where, "/schema", 7) == 0 ||
           strncmp(err->where, "/actions", 8) == 0;
}

static int train(struct order *order)
{
    const struct train_options *options = &order->options;
    const struct recipe *recipe = &order->recipe;
    const struct data_files data = {order->files, order->file_count, &order->keys};
    struct examples examples;
    struct report report = {0};
    struct error err = {0};
    enum status status;

    order->recipe.training.threads = workers_threads(options->threads);
    status = check_output(order, &err);
    if (status != STATUS_OK)
        return complain(&err);
    status = examples_load(&examples, &data, (enum task)recipe->target, recipe->end,
                           recipe->schema, recipe->actions, recipe->training.seed, &err);
    if (status == STATUS_OK) {
        print_counts(&examples);
        if (recipe->schema != NULL)
            warn_of_absent(&examples);
        status = warn_of_rare(&examples, (enum task)recipe->target, &err);
    }
    if (status == STATUS_OK)
        status = options->print_recipe ? print_recipe(order, &examples, &err)
                                       : fit_and_save(order, &examples, &report, &err);
    examples_release(&examples);
    if (status != STATUS_OK)
        return complain_of(is_recipes_fault(&err) ? options->recipe : "", &err);
    if (options->print_recipe)
        return EXIT_GOOD;
    print_report(&report, options->output);
    return report.was_interrupted ? EXIT_INTERRUPTED : EXIT_GOOD;
}

/* Defaults, flags to find the recipe, the recipe, and the flags again over it. */
static int run(struct order *order, int argc, char **argv, struct arena *arena)
{
    struct recipe *recipe = &order->recipe;
    const struct option_table sets[] = {
        {"training a model", train_options, &order->options, arena, NULL},
        {"data", keys_options, &order->keys, arena, NULL},
        {"task", task_options, recipe, arena, NULL},
        {"network", triage_spec_options, &recipe->spec, arena, NULL},
        {"training", triage_training_options, &recipe->training, arena, NULL},
    };
    struct error err = {0};
    int code;

    if (option_table_set_defaults(&sets[0], &err) != STATUS_OK ||
        option_table_set_defaults(&sets[1], &err) != STATUS_OK ||
        recipe_init(recipe, arena, &err) != STATUS_OK)
        return complain(&err);
    if (!command_options(sets, 5, usage, argc, argv, order->files, &order->file_count,
                         &code))
        return code;
    if (order->file_count == 0 ||
        (*order->options.output == '\0' && !order->options.print_recipe)) {
        fprintf(stderr, "triage: train needs DATA and -o MODEL\nusage: %s\n", usage);
        return EXIT_USAGE;
    }
    if (*order->options.recipe != '\0' &&
        recipe_read(recipe, order->options.recipe, arena, &err) != STATUS_OK)
        return complain_of(order->options.recipe, &err);
    if (command_options(sets, 5, usage, argc, argv, order->files, &order->file_count,
                        &code))
        code = train(order);
    return code;
}

int train_command(int argc, char **argv)
{
    struct order order = {.files = calloc((size_t)argc + 1, sizeof *order.files)};
    struct arena arena;
    int code = EXIT_FAILED;

    arena_init(&arena, SIZE_MAX);
    if (order.files != NULL)
        code = run(&order, argc, argv, &arena);
    recipe_release(&order.recipe);
    arena_release(&arena);
    free(order.files);
    return code;
}

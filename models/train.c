/*
 * triage train DATA... -o MODEL: learn a model from labelled histories.
 *
 * Settings come from the defaults, over them the recipe's, over them the flags'.  On a
 * terminal a bar shows how far it is; otherwise there is one line per epoch.  SIGINT saves
 * the best model so far and exits with 130.
 */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "command.h"
#include "examples.h"
#include "trainer.h"

struct train_options {
    const char *recipe, *output;
    const char *id, *label, *events, *event, *split;
    bool skip_bad;
    uint32_t threads;
};

#define TRAIN(member) offsetof(struct train_options, member)

/* clang-format off */
static const struct field train_fields[] = {
    {"o", FIELD_TEXT, TRAIN(output), "", 0, 0, NULL, "the model file to write (needed)"},
    {"recipe", FIELD_TEXT, TRAIN(recipe), "", 0, 0, NULL, "JSON file with schema, network, training and actions, each optional"},
    {"id", FIELD_TEXT, TRAIN(id), "id", 0, 0, NULL, "key of a history's name"},
    {"label", FIELD_TEXT, TRAIN(label), "action", 0, 0, NULL, "key of the action that was right"},
    {"events", FIELD_TEXT, TRAIN(events), "events", 0, 0, NULL, "key of the array of events"},
    {"event", FIELD_TEXT, TRAIN(event), "event", 0, 0, NULL, "key of an event's name"},
    {"split", FIELD_TEXT, TRAIN(split), "", 0, 0, NULL, "key that says train, val or test; test is never looked at"},
    {"skip-bad", FIELD_SWITCH, TRAIN(skip_bad), "false", 0, 0, NULL, "list lines that cannot be read and go on"},
    {"threads", FIELD_U32, TRAIN(threads), "0", 0, 256, NULL, "0: one per processor; they change no bit of the result"},
    {NULL, FIELD_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

static const char usage[] = "triage train DATA... -o MODEL [OPTION]...";

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* What the watcher needs to draw. */
struct screen {
    bool is_terminal;
    struct timespec start, drawn;
};

static double seconds_since(const struct timespec *then)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) +
           1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

static void draw_bar(struct screen *screen, const struct progress *p)
{
    enum { WIDTH = 24 };
    static const char full[] = "========================",
                      none[] = "                        ";
    double done =
        ((double)(p->epoch - 1) * p->steps + p->step) / ((double)p->epochs * p->steps);
    double left = seconds_since(&screen->start) * (1.0 - done) / (done > 0 ? done : 1);
    int filled = (int)(done * WIDTH);

    fprintf(stderr,
            "\r[%.*s%.*s] epoch %u/%u  loss %.4f  norm %.2f  at most %.0f s left \033[K",
            filled, full, WIDTH - filled, none, p->epoch, p->epochs, p->learn_loss,
            p->norm, left);
    clock_gettime(CLOCK_MONOTONIC, &screen->drawn);
}

static void print_epoch(const struct screen *screen, const struct progress *p)
{
    fprintf(stderr, "%sepoch %u/%u  loss %.4f", screen->is_terminal ? "\r\033[K" : "",
            p->epoch, p->epochs, p->learn_loss);
    if (p->validates)
        fprintf(stderr, "  validation loss %.4f accuracy %.4f", p->validation_loss,
                p->validation_accuracy);
    fprintf(stderr, "  norm %.2f  clipped %.0f %%%s\n", p->norm, 100 * p->clip_rate,
            p->is_best ? "  best so far" : "");
}

static bool look(void *context, const struct progress *p)
{
    struct screen *screen = context;

    if (p->epoch_ended)
        print_epoch(screen, p);
    else if (screen->is_terminal && seconds_since(&screen->drawn) > 0.1)
        draw_bar(screen, p);
    return !interrupted;
}

/* The recipe, or an empty object; NULL with err. */
static json_t *load_recipe(const char *path, struct error *err)
{
    static const char *const known[] = {"schema", "network", "training", "actions"};
    struct error inner = {0};
    char *bytes;
    size_t length;
    const char *key;
    json_t *recipe, *value;

    if (*path == '\0') {
        recipe = json_object();
        if (recipe == NULL)
            error_no_memory(err);
        return recipe;
    }
    if (file_read(path, 64u << 20, &bytes, &length, err) != STATUS_OK)
        return NULL;
    recipe = json_read(bytes, length, &inner);
    free(bytes);
    if (!json_is_object(recipe)) {
        error_set(err, STATUS_BAD_INPUT, path, "%s",
                  recipe == NULL ? inner.text : "a recipe must be an object");
        json_decref(recipe);
        return NULL;
    }
    json_object_foreach(recipe, key, value)
    {
        bool is_known = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            is_known = is_known || strcmp(known[i], key) == 0;
        if (is_known)
            continue;
        error_mismatch(err, STATUS_BAD_INPUT, path,
                       "schema, network, training or actions", key,
                       "a recipe has no \"%.64s\"", key);
        json_decref(recipe);
        return NULL;
    }
    return recipe;
}

/* A part of the recipe into its struct. */
static enum status apply(const json_t *recipe, const char *key,
                         const struct field_set *set, struct error *err)
{
    const json_t *part = json_object_get(recipe, key);
    char where[32];

    if (part == NULL)
        return STATUS_OK;
    return fields_read_json(set, part, pointer_join(where, sizeof where, "", key), err);
}

static void catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    sigemptyset(&action.sa_mask);
    action.sa_flags = (int)SA_RESETHAND; /* the second one ends the program */
    sigaction(SIGINT, &action, NULL);
}

static void print_counts(const struct examples *examples)
{
    fprintf(stderr, "%zu histories learn, %zu validate", examples->learn_count,
            examples->validate_count);
    if (examples->skip.count > 0)
        fprintf(stderr, ", %zu skipped", examples->skip.count);
    fprintf(stderr, "; actions:");
    for (size_t i = 0; i < examples->action_count; i++)
        fprintf(stderr, "%s %s", i == 0 ? "" : ",", examples->actions[i]);
    fputc('\n', stderr);
}

static enum status fit_and_save(const struct examples *examples, const struct spec *spec,
                                const struct training *training, const char *output,
                                struct report *report, struct error *err)
{
    struct screen screen = {.is_terminal = isatty(STDERR_FILENO) == 1};
    const struct watcher watcher = {look, &screen};
    struct trainer *trainer = trainer_new(examples->schema, spec, TARGET_LAST,
                                          (const char *const *)examples->actions,
                                          examples->action_count, training, err);
    enum status status;

    if (trainer == NULL)
        return err->status;
    clock_gettime(CLOCK_MONOTONIC, &screen.start);
    catch_interrupt();
    status =
        trainer_fit(trainer, examples->learn, examples->learn_count, examples->validate,
                    examples->validate_count, &watcher, report, err);
    if (status == STATUS_OK)
        status = trainer_save(trainer, output, examples->golden, report, NULL, err);
    trainer_free(trainer);
    return status;
}

static void print_report(const struct report *report, const char *output)
{
    if (report->blew_up)
        fprintf(stderr, "stopped: the loss was no longer finite; try a smaller learning "
                        "rate.  The best weights from before are kept.\n");
    fprintf(stderr, "wrote %s: epoch %u", output, report->best_epoch);
    if (report->validation_count > 0)
        fprintf(stderr, ", validation loss %.4f, accuracy %.4f", report->validation_loss,
                report->validation_accuracy);
    fputc('\n', stderr);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* Can the model be written where it shall go, and is that none of what is read? */
static enum status check_output(const struct train_options *options,
                                const char *const *files, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (is_same_file(options->output, files[i]))
            return error_set(err, STATUS_BAD_OPTION, options->output,
                             "the model would replace the data");
    if (is_same_file(options->output, options->recipe))
        return error_set(err, STATUS_BAD_OPTION, options->output,
                         "the model would replace the recipe");
    return file_can_write(options->output, err);
}

/* What stands in a recipe is complained about by its pointer there. */
static bool is_recipes_fault(const struct error *err)
{
    return strncmp(err->where, "/schema", 7) == 0 ||
           strncmp(err->where, "/actions", 8) == 0;
}

static int train(const struct train_options *options, const json_t *recipe,
                 const struct spec *spec, struct training *training,
                 const char *const *files, size_t count)
{
    const struct keys keys = {options->id, options->label, options->events,
                              options->event, options->split};
    struct examples examples;
    struct report report = {0};
    struct error err = {0};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    enum status status;

    training->threads = options->threads != 0 ? options->threads
                        : processors > 0      ? (uint32_t)processors
                                              : 1;
    status = check_output(options, files, count, &err);
    if (status != STATUS_OK)
        return complain(&err);
    status = examples_load(&examples, files, count, &keys, options->skip_bad,
                           json_object_get(recipe, "schema"),
                           json_object_get(recipe, "actions"), training->seed, &err);
    if (status == STATUS_OK) {
        print_counts(&examples);
        status = fit_and_save(&examples, spec, training, options->output, &report, &err);
    }
    examples_release(&examples);
    if (status != STATUS_OK)
        return complain_of(is_recipes_fault(&err) ? options->recipe : "", &err);
    print_report(&report, options->output);
    return report.was_interrupted ? EXIT_INTERRUPTED : EXIT_GOOD;
}

/* Defaults, flags to find the recipe, the recipe, and the flags again over it. */
static int run(int argc, char **argv, struct arena *arena, const char **rest)
{
    struct train_options options;
    struct spec spec;
    struct training training = {0};
    const struct field_set sets[] = {
        {"data", train_fields, &options, arena, NULL},
        {"network", spec_fields, &spec, arena, NULL},
        {"training", training_fields, &training, arena, NULL},
    };
    size_t rest_count = 0;
    struct error err = {0};
    json_t *recipe;
    int code;

    for (size_t i = 0; i < 3; i++)
        if (fields_default(&sets[i], &err) != STATUS_OK)
            return complain(&err);
    if (!command_options(sets, 3, usage, argc, argv, rest, &rest_count, &code))
        return code;
    if (rest_count == 0 || *options.output == '\0') {
        fprintf(stderr, "triage: train needs DATA and -o MODEL\nusage: %s\n", usage);
        return EXIT_USAGE;
    }
    recipe = load_recipe(options.recipe, &err);
    if (recipe == NULL)
        return complain(&err);
    if (apply(recipe, "network", &sets[1], &err) != STATUS_OK ||
        apply(recipe, "training", &sets[2], &err) != STATUS_OK)
        code = complain_of(options.recipe, &err);
    else if (command_options(sets, 3, usage, argc, argv, rest, &rest_count, &code))
        code = train(&options, recipe, &spec, &training, rest, rest_count);
    json_decref(recipe);
    return code;
}

int train_command(int argc, char **argv)
{
    const char **rest = calloc((size_t)argc + 1, sizeof *rest);
    struct arena arena;
    int code = EXIT_FAILED;

    arena_init(&arena, SIZE_MAX);
    if (rest != NULL)
        code = run(argc, argv, &arena, rest);
    arena_release(&arena);
    free(rest);
    return code;
}

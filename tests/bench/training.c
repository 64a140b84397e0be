/*
 * How fast training is: some epochs over the histories of workload.h, batch 64, Adam, cross
 * entropy at the last event, no dropout, no clipping and nothing to validate, so that it is
 * the work that any other framework's loop does.  Prints one line per epoch.
 */
#include <stdio.h>

#include "base/option_table.h"
#include "bench/timing.h"
#include "bench/workload.h"
#include "engine.h"

struct options {
    uint32_t histories, cell, hidden, embedding, layers, epochs, threads;
};

#define OPTION(member) offsetof(struct options, member)

static const char *const cell_names[] = {"rnn", "lstm", "gru", NULL};

/* clang-format off */
static const struct option_def option_options[] = {
    {"histories", OPTION_U32, OPTION(histories), "8192", 1, 1e6, NULL, "how many learn"},
    {"cell", OPTION_CHOICE, OPTION(cell), "gru", 0, 0, cell_names, "kind of recurrence"},
    {"hidden", OPTION_U32, OPTION(hidden), "64", 1, 4096, NULL, "units in each layer"},
    {"embedding", OPTION_U32, OPTION(embedding), "32", 0, 1024, NULL, "width of an event"},
    {"layers", OPTION_U32, OPTION(layers), "1", 1, 8, NULL, "recurrent layers, stacked"},
    {"epochs", OPTION_U32, OPTION(epochs), "3", 1, 1000, NULL, "passes over the data"},
    {"threads", OPTION_U32, OPTION(threads), "1", 1, 256, NULL, "that train"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

struct clockwork {
    const struct options *options;
    const struct workload *workload;
    double last; /* when the epoch began */
};

static bool on_progress(void *context, const struct progress *progress)
{
    struct clockwork *clockwork = context;

    if (!progress->has_epoch_ended)
        return true;
    double seconds = timing_now() - clockwork->last;
    printf(
        "%s %u threads %u epoch %u: %.4f s, %.0f histories/s, %.0f events/s, loss %.4f\n",
        cell_names[clockwork->options->cell], clockwork->options->hidden,
        clockwork->options->threads, progress->epoch, seconds,
        (double)clockwork->workload->count / seconds,
        (double)clockwork->workload->events / seconds, progress->train_loss);
    fflush(stdout);
    clockwork->last = timing_now();
    return true;
}

static enum status run(const struct options *options, struct error *err)
{
    struct spec spec = {.cell = options->cell,
                        .reset = RESET_AFTER,
                        .update = UPDATE_KEEP,
                        .embedding = options->embedding,
                        .hidden = options->hidden,
                        .layers = options->layers,
                        .directions = 1};
    struct training training = {.epochs = options->epochs,
                                .patience = options->epochs,
                                .batch = 64,
                                .learning_rate = 1e-3,
                                .seed = 1,
                                .threads = options->threads};
    struct workload workload;
    struct report report;
    enum status status = workload_init(&workload, options->histories, err);

    if (status != STATUS_OK)
        return status;
    struct clockwork clockwork = {.options = options, .workload = &workload};
    const struct progress_callback callback = {on_progress, &clockwork};
    const struct training_data data = {.train = workload.examples,
                                       .train_count = workload.count};
    struct trainer *trainer = workload_trainer(&workload, &spec, &training, err);
    if (trainer == NULL) {
        workload_release(&workload);
        return STATUS_NO_MEMORY;
    }
    clockwork.last = timing_now();
    status = triage_trainer_train(trainer, &data, &callback, &report, err);
    triage_trainer_free(trainer);
    workload_release(&workload);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct arena arena;
    struct error err = {.status = STATUS_OK};
    struct option_table set = {"Options", option_options, &options, &arena, NULL};
    const char **rest;
    size_t rest_count = 0;

    triage_init();
    arena_init(&arena, SIZE_MAX);
    rest = arena_array(&arena, (size_t)argc, sizeof *rest);
    if (rest == NULL)
        error_no_memory(&err);
    else if (option_table_set_defaults(&set, &err) == STATUS_OK &&
             option_table_read_arguments(&set, 1, argc, argv, rest, &rest_count, &err) ==
                 STATUS_OK &&
             rest_count > 0)
        error_set(&err, STATUS_BAD_OPTION, rest[0], "takes options only");
    else if (err.status == STATUS_OK)
        run(&options, &err);
    if (err.status != STATUS_OK)
        fprintf(stderr, "bench-training: %s: %s\n", err.where, err.text);
    arena_release(&arena);
    return err.status == STATUS_OK ? 0 : 1;
}

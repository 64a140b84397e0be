/*
 * Measures the speed of training: epochs over the histories of workload.h with batches of 64, Adam,
 * cross entropy at the last event, no dropout, no clipping and no validation, which is the same
 * work as in the loop of any other framework.  Prints one line per epoch.
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
static const struct option_def bench_options[] = {
    {.name = "histories", .kind = OPTION_U32, .offset = OPTION(histories), .default_text = "8192", .min = 1, .max = 1e6,
     .help = "training histories"},
    {.name = "cell", .kind = OPTION_CHOICE, .offset = OPTION(cell), .default_text = "gru", .choices = cell_names,
     .help = "kind of cell"},
    {.name = "hidden", .kind = OPTION_U32, .offset = OPTION(hidden), .default_text = "64", .min = 1, .max = 4096,
     .help = "units per layer"},
    {.name = "embedding", .kind = OPTION_U32, .offset = OPTION(embedding), .default_text = "32", .min = 0, .max = 1024,
     .help = "width of the embedding"},
    {.name = "layers", .kind = OPTION_U32, .offset = OPTION(layers), .default_text = "1", .min = 1, .max = 8,
     .help = "recurrent layers"},
    {.name = "epochs", .kind = OPTION_U32, .offset = OPTION(epochs), .default_text = "3", .min = 1, .max = 1000,
     .help = "passes over the data"},
    {.name = "threads", .kind = OPTION_U32, .offset = OPTION(threads), .default_text = "1", .min = 1, .max = 256,
     .help = "training threads"},
    {.name = NULL},
};
/* clang-format on */

struct epoch_clock {
    const struct options *options;
    const struct workload *workload;
    double begin; /* of the epoch */
};

static bool on_progress(void *context, const struct progress *progress)
{
    struct epoch_clock *clock = context;
    if (!progress->has_epoch_ended)
        return true;
    double seconds = timing_now() - clock->begin;
    printf(
        "%s %u threads %u epoch %u: %.4f s, %.0f histories/s, %.0f events/s, loss %.4f\n",
        cell_names[clock->options->cell], clock->options->hidden, clock->options->threads,
        progress->epoch, seconds, (double)clock->workload->count / seconds,
        (double)clock->workload->events / seconds, progress->train_loss);
    fflush(stdout);
    clock->begin = timing_now();
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
    RETURN_IF_ERROR(workload_init(&workload, options->histories, err));
    struct epoch_clock clock = {.options = options, .workload = &workload};
    const struct progress_callback callback = {on_progress, &clock};
    const struct training_data data = {.train = workload.examples,
                                       .train_count = workload.count};
    struct trainer *trainer = workload_trainer(&workload, &spec, &training, err);
    enum status status = trainer ? STATUS_OK : err->status;
    if (status == STATUS_OK) {
        struct report report;
        clock.begin = timing_now();
        status = triage_trainer_train(trainer, &data, &callback, &report, err);
    }
    triage_trainer_free(trainer);
    workload_release(&workload);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {.status = STATUS_OK};
    triage_init();
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct option_table table = {.title = "Options",
                                       .options = bench_options,
                                       .values = &options,
                                       .arena = &arena};
    const char **arguments = arena_array(&arena, (size_t)argc, sizeof *arguments);
    size_t count = 0;
    enum status status = arguments ? STATUS_OK : error_no_memory(&err);
    if (status == STATUS_OK)
        status = option_table_set_defaults(&table, &err);
    if (status == STATUS_OK)
        status =
            option_table_read_arguments(&table, 1, argc, argv, arguments, &count, &err);
    if (status == STATUS_OK && count > 0)
        status =
            error_set(&err, STATUS_BAD_OPTION, arguments[0], "only options are allowed");
    if (status == STATUS_OK)
        status = run(&options, &err);
    if (status != STATUS_OK)
        fprintf(stderr, "bench-training: %s: %s\n", err.where, err.text);
    arena_release(&arena);
    return status == STATUS_OK ? 0 : 1;
}

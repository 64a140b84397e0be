/*
 * Measures running a model on one core: the latency of one history, the throughput of many of mixed
 * lengths, the share of the core's peak that steps of eight rows reach (only products with matrices of
 * the hidden units count as operations; inputs, gates, attention and softmax are in the time), the
 * speedup of two threads, and how the cost of an event grows with its history in self-attention.
 *
 *     usage: bench-engine [--rounds N] [--ms N] FOLDER [KERNEL...]
 *
 * FOLDER is the output of bench-prepare.  Everything is measured in turn and the round is repeated,
 * so that a disturbance of the machine affects all alike.  A figure is the median of the rounds'
 * medians, with the minimum and the maximum.  Runs on the last processor that it may use.  Prints
 * Markdown.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/option_table.h"
#include "bench/batches.h"
#include "bench/peak.h"
#include "bench/timing.h"
#include "bench/two_threads.h"
#include "bench/workload.h"
#include "engine.h"

enum { HISTORIES = BATCHES_HISTORIES, LONGEST = 200, EVENTS = 20, ROWS = 8, PEAKS = 50 };
enum { ROUNDS = 100, KERNELS = 5, SUBJECTS = 64, LENGTHS = 7, LONG_HISTORY = 2000 };

static const struct network {
    const char *name;
    unsigned matrices, H; /* matrices [H][H] that an event is multiplied by */
} networks[] = {{"gru", 3, 32},  {"gru", 3, 64},  {"gru", 3, 128},      {"gru", 3, 256},
                {"lstm", 4, 32}, {"lstm", 4, 64}, {"lstm", 4, 128},     {"lstm", 4, 256},
                {"rnn", 1, 64},  {"rnn", 1, 128}, {"attention", 24, 64}};
enum { NETWORKS = sizeof networks / sizeof *networks, SELF_ATTENTION = NETWORKS - 1 };

/* What is measured of each subject; rates are histories per second. */
enum measure { LATENCY, STEPS, RATE_1, RATE_64, RATE_256, RATE_1024, PEAK, MEASURES };

static const size_t batches[MEASURES] = {
    [RATE_1] = 1, [RATE_64] = 64, [RATE_256] = 256, [RATE_1024] = 1024};

/* A network that a kernel runs. */
struct subject {
    const char *kernel;
    bool is_fast; /* false for portable, of which slow measurements are left out */
    const struct network *network;
    struct model *model;
    struct classifier *classifier;
    double values[MEASURES][ROUNDS];
    double error; /* largest difference of a probability from the reference */
};

struct options {
    uint32_t rounds, ms;
};

#define OPTION(member) offsetof(struct options, member)

/* clang-format off */
static const struct option_def bench_options[] = {
    {.name = "rounds", .kind = OPTION_U32, .offset = OPTION(rounds), .default_text = "5", .min = 1, .max = ROUNDS,
     .help = "times that everything is measured"},
    {.name = "ms", .kind = OPTION_U32, .offset = OPTION(ms), .default_text = "30", .min = 1, .max = 10000,
     .help = "milliseconds per figure and round"},
    {.name = NULL},
};
/* clang-format on */

struct bench {
    struct options options;
    const char *folder;
    struct history histories[HISTORIES], equal[ROWS];
    size_t events; /* of all histories */
    struct subject subjects[SUBJECTS];
    size_t count;
    struct two_threads threads;
};

/* ---- subjects ------------------------------------------------------------------------------ */

static void set_histories(struct bench *bench, const struct workload *workload)
{
    for (size_t i = 0; i < HISTORIES; i++) {
        bench->histories[i] = workload->examples[i].history;
        bench->events += bench->histories[i].length;
    }
    /* The first EVENTS events of the first ROWS histories that are long enough. */
    for (size_t i = 0, n = 0; n < ROWS; i++)
        if (bench->histories[i].length >= EVENTS)
            bench->equal[n++] =
                (struct history){.ids = bench->histories[i].ids, .length = EVENTS};
}

/* The largest difference from the reference probabilities; NAN without a reference. */
static double error_of(const struct bench *bench, const struct subject *subject)
{
    static double expected[BATCHES_ANSWERS];
    static float got[BATCHES_ANSWERS];
    double largest = 0.0;
    char path[512];
    snprintf(path, sizeof path, "%s/%s%u.ref", bench->folder, subject->network->name,
             subject->network->H);
    FILE *file = fopen(path, "rb");
    size_t count = file ? fread(expected, sizeof *expected, BATCHES_ANSWERS, file) : 0;
    if (file)
        fclose(file);
    if (count != BATCHES_ANSWERS ||
        triage_classifier_run(subject->classifier, bench->histories, HISTORIES, got,
                              NULL) != STATUS_OK)
        return NAN;
    for (size_t i = 0; i < BATCHES_ANSWERS; i++)
        largest = fmax(largest, fabs((double)got[i] - expected[i]));
    return largest;
}

static enum status add_subjects(struct bench *bench, const char *kernel,
                                struct error *err)
{
    RETURN_IF_ERROR(triage_kernels_force(kernel, err));
    for (size_t i = 0; i < NETWORKS; i++) {
        struct subject *subject = &bench->subjects[bench->count++];
        char path[512];
        *subject = (struct subject){.kernel = triage_kernels_name(),
                                    .is_fast = strcmp(kernel, "portable") != 0,
                                    .network = &networks[i]};
        snprintf(path, sizeof path, "%s/%s%u.safetensors", bench->folder,
                 networks[i].name, networks[i].H);
        subject->model = triage_model_load(path, err);
        if (subject->model)
            subject->classifier =
                triage_classifier_new(subject->model, HISTORIES, LONGEST, err);
        if (!subject->classifier)
            return err->status;
        subject->error = subject->is_fast ? error_of(bench, subject) : NAN;
    }
    return STATUS_OK;
}

static void release(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++) {
        triage_classifier_free(bench->subjects[i].classifier);
        triage_model_free(bench->subjects[i].model);
    }
}

/* ---- measuring ----------------------------------------------------------------------------- */

static double peak_rate(const char *kernel)
{
    double rates[PEAKS];
    for (size_t i = 0; i < PEAKS; i++) {
        double begin = timing_now();
        rates[i] = (double)peak_run(kernel);
        rates[i] /= timing_now() - begin;
    }
    return timing_median(rates, PEAKS);
}

static void measure(const struct bench *bench, struct subject *subject, unsigned round)
{
    static struct batches work;
    double ms = bench->options.ms;
    work.classifier = subject->classifier;
    work.histories = bench->equal;
    work.count = work.batch = 1;
    subject->values[LATENCY][round] = timing_repeat(batches_classify, &work, ms).median;
    work.count = work.batch = ROWS;
    subject->values[PEAK][round] = peak_rate(subject->kernel);
    subject->values[STEPS][round] = timing_repeat(batches_classify, &work, ms).median;
    work.histories = bench->histories;
    work.count = HISTORIES;
    for (int m = 0; subject->is_fast && m < MEASURES; m++)
        if (batches[m] > 0) {
            work.batch = batches[m];
            subject->values[m][round] =
                HISTORIES / timing_repeat(batches_classify, &work, ms).median;
        }
}

/* ---- the report ---------------------------------------------------------------------------- */

static void print_figure(double *values, unsigned rounds, double scale)
{
    double median = timing_median(values, rounds) * scale;
    double min = values[0] * scale, max = values[rounds - 1] * scale;
    if (median > 0.0)
        printf(" %.1f [%.1f..%.1f] |", median, min, max);
    else
        printf(" - |");
}

static void print_steps(const struct subject *subject, unsigned rounds)
{
    double H = subject->network->H, shares[ROUNDS] = {0}, rates[ROUNDS];
    double operations = 2.0 * subject->network->matrices * H * H * ROWS * EVENTS;
    for (unsigned i = 0; i < rounds; i++) {
        rates[i] = operations / subject->values[STEPS][i];
        if (subject->values[PEAK][i] > 0.0)
            shares[i] = rates[i] / subject->values[PEAK][i];
    }
    print_figure(rates, rounds, 1e-9);
    print_figure(shares, rounds, 100.0);
}

/* Print the table of a kernel, whose NETWORKS subjects begin at first. */
static void report(struct bench *bench, size_t first)
{
    const unsigned rounds = bench->options.rounds;
    printf(
        "\n| %s | one history of %d events, us | %d rows, GFLOP/s | share of peak, %% | "
        "k histories/s, 1 per call | 64 per call | 256 | 1024 | error |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        bench->subjects[first].kernel, EVENTS, ROWS);
    for (size_t i = first; i < first + NETWORKS; i++) {
        struct subject *subject = &bench->subjects[i];
        printf("| %s %u |", subject->network->name, subject->network->H);
        print_figure(subject->values[LATENCY], rounds, 1e6);
        print_steps(subject, rounds);
        for (int m = RATE_1; m <= RATE_1024; m++)
            print_figure(subject->values[m], rounds, 1e-3);
        if (subject->is_fast)
            printf(" %.1e |\n", subject->error);
        else
            printf(" - |\n");
    }
    double peak = timing_median(bench->subjects[first].values[PEAK], rounds);
    if (peak > 0.0)
        printf("\nPeak of %s on this core: %.0f GFLOP/s.\n",
               bench->subjects[first].kernel, peak * 1e-9);
}

/* Print the speedup of two threads with the first kernel. */
static void report_two_threads(const struct bench *bench)
{
    const unsigned rounds = bench->options.rounds;
    double speedups[ROUNDS];
    printf("\n| %s | speedup of two pinned threads |\n| --- | --- |\n",
           bench->subjects[0].kernel);
    for (size_t i = 0; i < NETWORKS; i++) {
        if (networks[i].H != 64 && networks[i].H != 128)
            continue;
        for (unsigned round = 0; round < rounds; round++)
            speedups[round] =
                two_threads_speedup(&bench->threads, bench->subjects[i].model,
                                    bench->histories, HISTORIES, 3.0 * bench->options.ms);
        double median = timing_median(speedups, rounds);
        printf("| %s %u | %.2f [%.2f..%.2f] |\n", networks[i].name, networks[i].H, median,
               speedups[0], speedups[rounds - 1]);
    }
}

/* The line a + b x with the least squares of the differences from y. */
static void fit_line(size_t count, const double *x, const double *y, double *a, double *b)
{
    double mean_x = 0.0, mean_y = 0.0, xx = 0.0, xy = 0.0;
    for (size_t i = 0; i < count; i++) {
        mean_x += x[i] / (double)count;
        mean_y += y[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    *b = xy / xx;
    *a = mean_y - *b * mean_x;
}

/* Print what an event of one history of n events costs with the first kernel. */
static enum status report_lengths(const struct bench *bench, struct error *err)
{
    static const double lengths[LENGTHS] = {20, 50, 100, 200, 500, 1000, LONG_HISTORY};
    static struct batches work;
    static double values[LENGTHS][ROUNDS];
    static uint32_t ids[LONG_HISTORY];
    const struct subject *subject = &bench->subjects[SELF_ATTENTION];
    const unsigned rounds = bench->options.rounds;
    struct history history = {.ids = ids};
    double medians[LENGTHS], a, b;
    for (size_t i = 0, n = 0; n < LONG_HISTORY; i++)
        for (uint32_t t = 0; t < bench->histories[i].length && n < LONG_HISTORY; t++)
            ids[n++] = bench->histories[i].ids[t];
    work.classifier = triage_classifier_new(subject->model, 1, LONG_HISTORY, err);
    if (!work.classifier)
        return err->status;
    work.histories = &history;
    work.count = work.batch = 1;
    for (unsigned round = 0; round < rounds; round++)
        for (size_t i = 0; i < LENGTHS; i++) {
            history.length = (uint32_t)lengths[i];
            double s = timing_repeat(batches_classify, &work, bench->options.ms).median;
            values[i][round] = s * 1e6 / lengths[i];
        }
    triage_classifier_free(work.classifier);
    for (size_t i = 0; i < LENGTHS; i++)
        medians[i] = timing_median(values[i], rounds);
    fit_line(LENGTHS, lengths, medians, &a, &b);
    printf("\n| %s, %s %u, one history of n events | us per event | %.2f + %.5f n |\n"
           "| --- | --- | --- |\n",
           subject->kernel, subject->network->name, subject->network->H, a, b);
    for (size_t i = 0; i < LENGTHS; i++)
        printf("| %.0f | %.2f [%.2f..%.2f] | %.2f |\n", lengths[i], medians[i],
               values[i][0], values[i][rounds - 1], a + b * lengths[i]);
    return STATUS_OK;
}

/* Measure the named kernels, or all that this machine has. */
static enum status run(struct bench *bench, const char *const *kernels, size_t count,
                       bool are_named, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        size_t before = bench->count;
        if (add_subjects(bench, kernels[i], err) == STATUS_OK)
            continue;
        if (are_named || bench->count > before)
            return err->status;
        *err = (struct error){.status = STATUS_OK};
    }
    two_threads_init(&bench->threads);
    two_threads_pin_caller(&bench->threads);
    for (unsigned round = 0; round < bench->options.rounds; round++)
        for (size_t i = 0; i < bench->count; i++)
            measure(bench, &bench->subjects[i], round);
    printf("Medians of %u rounds [min..max]. Throughput: %d histories of mixed "
           "lengths, %zu events. Error: the largest difference of a probability from "
           "double precision.\n",
           bench->options.rounds, HISTORIES, bench->events);
    for (size_t i = 0; i < bench->count; i += NETWORKS)
        report(bench, i);
    if (bench->count > 0 && two_threads_have_cpus(&bench->threads))
        report_two_threads(bench);
    return bench->count > 0 ? report_lengths(bench, err) : STATUS_OK;
}

int main(int argc, char **argv)
{
    static const char *const all[KERNELS] = {"amx", "avx512", "avx2", "neon", "portable"};
    static struct bench bench;
    struct workload workload = {0};
    struct error err = {.status = STATUS_OK};
    triage_init();
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct option_table table = {.title = "Options",
                                       .options = bench_options,
                                       .values = &bench.options,
                                       .arena = &arena};
    const char **arguments = arena_array(&arena, (size_t)argc, sizeof *arguments);
    size_t count = 0;
    enum status status = arguments ? STATUS_OK : error_no_memory(&err);
    if (status == STATUS_OK)
        status = option_table_set_defaults(&table, &err);
    if (status == STATUS_OK)
        status =
            option_table_read_arguments(&table, 1, argc, argv, arguments, &count, &err);
    if (status == STATUS_OK && (count < 1 || count > 1 + KERNELS))
        status = error_set(&err, STATUS_BAD_OPTION, "arguments",
                           "expected FOLDER [KERNEL...]");
    if (status == STATUS_OK)
        status = workload_init(&workload, HISTORIES, &err);
    if (status == STATUS_OK) {
        bench.folder = arguments[0];
        set_histories(&bench, &workload);
        status = count > 1 ? run(&bench, arguments + 1, count - 1, true, &err)
                           : run(&bench, all, KERNELS, false, &err);
        release(&bench);
        workload_release(&workload);
    }
    if (status != STATUS_OK)
        fprintf(stderr, "bench-engine: %s: %s\n", err.where, err.text);
    arena_release(&arena);
    return status == STATUS_OK ? 0 : 1;
}

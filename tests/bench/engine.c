/*
 * What running a model costs on one core: the latency of one history, the throughput of many of
 * mixed lengths, the share of the machine's fused multiply-adds that steps of eight rows reach
 * (the recurrent products alone are counted; inputs, gates and softmax are in the time), and
 * whether two threads are twice one.
 *
 *     usage: bench-engine [--rounds N] [--ms N] FOLDER [KERNEL...]
 *
 * FOLDER is what bench-prepare wrote.  Everything is measured in turn, and the round is
 * repeated, so that what disturbs the machine disturbs all alike; a figure is the median of the
 * rounds' medians, with the least and the most of them.  It runs on the last processor that it
 * may use.  Prints Markdown.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/option_table.h"
#include "bench/callers.h"
#include "bench/pass.h"
#include "bench/peak.h"
#include "bench/timing.h"
#include "bench/workload.h"
#include "engine.h"

enum { HISTORIES = PASS_HISTORIES, LONGEST = 200, EVENTS = 20, ROWS = 8, PEAKS = 50 };
enum { ROUNDS = 100, KERNELS = 5, SUBJECTS = 64 };

static const struct network {
    const char *name;
    unsigned gates, H;
} networks[] = {{"gru", 3, 32},  {"gru", 3, 64},  {"gru", 3, 128},  {"gru", 3, 256},
                {"lstm", 4, 32}, {"lstm", 4, 64}, {"lstm", 4, 128}, {"lstm", 4, 256},
                {"rnn", 1, 64},  {"rnn", 1, 128}};
enum { NETWORKS = sizeof networks / sizeof *networks };

/* What is measured of each; rates are histories a second. */
enum measure { LATENCY, STEPS, RATE_1, RATE_64, RATE_256, RATE_1024, PEAK, MEASURES };

static const size_t batches[MEASURES] = {
    [RATE_1] = 1, [RATE_64] = 64, [RATE_256] = 256, [RATE_1024] = 1024};

/* A network run by a kernel. */
struct subject {
    const char *kernel;
    bool
        is_fast; /* portable is not: it is the definition, and what takes long is left out */
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
static const struct option_def option_options[] = {
    {"rounds", OPTION_U32, OPTION(rounds), "5", 1, ROUNDS, NULL, "how often all is measured"},
    {"ms", OPTION_U32, OPTION(ms), "30", 1, 10000, NULL, "milliseconds a figure and round"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

struct bench {
    struct options options;
    const char *folder;
    struct history histories[HISTORIES], equal[ROWS];
    size_t events; /* of all histories */
    struct subject subjects[SUBJECTS];
    size_t count;
    struct callers callers;
};

/* ---- what there is to run ------------------------------------------------------------------ */

static void take_histories(struct bench *bench, const struct workload *workload)
{
    for (size_t i = 0; i < HISTORIES; i++) {
        bench->histories[i] = workload->examples[i].history;
        bench->events += bench->histories[i].length;
    }
    /* The first events of the first histories that have so many. */
    for (size_t i = 0, n = 0; n < ROWS; i++)
        if (bench->histories[i].length >= EVENTS)
            bench->equal[n++] =
                (struct history){.ids = bench->histories[i].ids, .length = EVENTS};
}

static double error_of(const struct bench *bench, const struct subject *subject)
{
    static double expected[PASS_ANSWERS];
    static float got[PASS_ANSWERS];
    double largest = 0.0;
    char path[512];

    snprintf(path, sizeof path, "%s/%s%u.ref", bench->folder, subject->network->name,
             subject->network->H);
    FILE *file = fopen(path, "rb");
    size_t count =
        file == NULL ? 0 : fread(expected, sizeof *expected, PASS_ANSWERS, file);
    if (file != NULL)
        fclose(file);
    if (count != PASS_ANSWERS ||
        triage_classifier_run(subject->classifier, bench->histories, HISTORIES, got,
                              NULL) != STATUS_OK)
        return NAN;
    for (size_t i = 0; i < PASS_ANSWERS; i++)
        largest = fmax(largest, fabs((double)got[i] - expected[i]));
    return largest;
}

static enum status add_subjects(struct bench *bench, const char *kernel,
                                struct error *err)
{
    if (triage_kernels_force(kernel, err) != STATUS_OK)
        return err->status;
    for (size_t i = 0; i < NETWORKS; i++) {
        struct subject *subject = &bench->subjects[bench->count++];
        char path[512];
        *subject = (struct subject){.kernel = triage_kernels_name(),
                                    .is_fast = strcmp(kernel, "portable") != 0,
                                    .network = &networks[i]};
        snprintf(path, sizeof path, "%s/%s%u.safetensors", bench->folder,
                 networks[i].name, networks[i].H);
        subject->model = triage_model_load(path, err);
        if (subject->model != NULL)
            subject->classifier =
                triage_classifier_new(subject->model, HISTORIES, LONGEST, err);
        if (subject->classifier == NULL)
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
    static struct rnn_layer pass;
    double ms = bench->options.ms;

    pass.classifier = subject->classifier;
    pass.histories = bench->equal;
    pass.total = pass.batch = 1;
    subject->values[LATENCY][round] = timing_repeat(pass_run, &pass, ms).median;
    pass.total = pass.batch = ROWS;
    subject->values[PEAK][round] = peak_rate(subject->kernel);
    subject->values[STEPS][round] = timing_repeat(pass_run, &pass, ms).median;
    pass.histories = bench->histories;
    pass.total = HISTORIES;
    for (int m = 0; subject->is_fast && m < MEASURES; m++)
        if (batches[m] > 0) {
            pass.batch = batches[m];
            subject->values[m][round] =
                HISTORIES / timing_repeat(pass_run, &pass, ms).median;
        }
}

/* ---- the report ---------------------------------------------------------------------------- */

static void print_figure(double *values, unsigned rounds, double scale)
{
    double middle = timing_median(values, rounds) * scale;
    double least = values[0] * scale, most = values[rounds - 1] * scale;

    if (middle > 0.0)
        printf(" %.1f [%.1f..%.1f] |", middle, least, most);
    else
        printf(" - |");
}

static void print_steps(const struct subject *subject, unsigned rounds)
{
    double H = subject->network->H, shares[ROUNDS] = {0}, rates[ROUNDS];
    double operations = 2.0 * subject->network->gates * H * H * ROWS * EVENTS;

    for (unsigned i = 0; i < rounds; i++) {
        rates[i] = operations / subject->values[STEPS][i];
        if (subject->values[PEAK][i] > 0.0)
            shares[i] = rates[i] / subject->values[PEAK][i];
    }
    print_figure(rates, rounds, 1e-9);
    print_figure(shares, rounds, 100.0);
}

/* The subjects of a kernel stand together, from first. */
static void report(struct bench *bench, size_t first)
{
    const unsigned rounds = bench->options.rounds;

    printf("\n| %s | one of %d events, us | %d rows, GFLOP/s | share of peak, %% | "
           "k histories/s one by one | 64 a call | 256 | 1024 | error |\n"
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
        printf("\nThe peak of %s on this core: %.0f GFLOP/s.\n",
               bench->subjects[first].kernel, peak * 1e-9);
}

/* Of the first kernel. */
static void report_callers(const struct bench *bench)
{
    const unsigned rounds = bench->options.rounds;
    double ratios[ROUNDS];

    printf("\n| %s | two pinned callers against one |\n| --- | --- |\n",
           bench->subjects[0].kernel);
    for (size_t i = 0; i < NETWORKS; i++) {
        if (networks[i].H != 64 && networks[i].H != 128)
            continue;
        for (unsigned round = 0; round < rounds; round++)
            ratios[round] =
                callers_ratio(&bench->callers, bench->subjects[i].model, bench->histories,
                              HISTORIES, 3.0 * bench->options.ms);
        double middle = timing_median(ratios, rounds);
        printf("| %s %u | %.2f [%.2f..%.2f] |\n", networks[i].name, networks[i].H, middle,
               ratios[0], ratios[rounds - 1]);
    }
}

/* Those kernels that this machine has, or only those that were named. */
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
    callers_init(&bench->callers);
    callers_pin(&bench->callers);
    for (unsigned round = 0; round < bench->options.rounds; round++)
        for (size_t i = 0; i < bench->count; i++)
            measure(bench, &bench->subjects[i], round);
    printf("Medians of %u rounds [least..most]. Throughput: %d histories of mixed "
           "lengths, %zu events. Error: the largest difference of a probability from "
           "double precision.\n",
           bench->options.rounds, HISTORIES, bench->events);
    for (size_t i = 0; i < bench->count; i += NETWORKS)
        report(bench, i);
    if (bench->count > 0 && callers_are_two(&bench->callers))
        report_callers(bench);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    static const char *const all[KERNELS] = {"amx", "avx512", "avx2", "neon", "portable"};
    static struct bench bench;
    struct workload workload = {0};
    struct arena arena;
    struct error err = {.status = STATUS_OK};
    struct option_table set = {"Options", option_options, &bench.options, &arena, NULL};
    size_t count = 0;

    triage_init();
    arena_init(&arena, SIZE_MAX);
    const char **rest = arena_array(&arena, (size_t)argc, sizeof *rest);
    if (rest == NULL) {
        error_no_memory(&err);
    } else if (option_table_set_defaults(&set, &err) == STATUS_OK &&
               option_table_read_arguments(&set, 1, argc, argv, rest, &count, &err) ==
                   STATUS_OK) {
        if (count < 1 || count > 1 + KERNELS)
            error_set(&err, STATUS_BAD_OPTION, "FOLDER [KERNEL...]", "is what it takes");
        else
            workload_init(&workload, HISTORIES, &err);
    }
    if (err.status == STATUS_OK) {
        bench.folder = rest[0];
        take_histories(&bench, &workload);
        if (count > 1)
            run(&bench, rest + 1, count - 1, true, &err);
        else
            run(&bench, all, KERNELS, false, &err);
        release(&bench);
        workload_release(&workload);
    }
    if (err.status != STATUS_OK)
        fprintf(stderr, "bench-engine: %s: %s\n", err.where, err.text);
    arena_release(&arena);
    return err.status == STATUS_OK ? 0 : 1;
}

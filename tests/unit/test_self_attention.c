/*
 * Layers of self-attention: a history has the same bits whatever its length and window, alone, in any
 * batch, joined at any time, in slices, and one event at a time, with every kernel.
 *
 * With TRIAGE_PROVE=N (make prove-self-attention): for N histories of up to 2,000 events.
 */
#include "infer/self_attention.h"

#include <stdlib.h>

#include "base/random.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/kernels.h"
#include "support/reference.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { C = SAMPLE_ACTIONS, COUNT = 16, LONGEST = 200, PROVE_LONGEST = 2000 };

/* How a service may run histories: rows at once, and at most so many events a step. */
static const struct traffic {
    uint32_t rows, steps;
} traffics[] = {{1, 1},  {1, PROVE_LONGEST}, {7, 1}, {5, 40},
                {16, 3}, {64, PROVE_LONGEST}};

/* Admit at random times, and step by random numbers of events. */
static void check_traffic(const struct model *model, const struct history *histories,
                          size_t count, uint32_t longest, const struct traffic *traffic,
                          const float *expected)
{
    struct classifier *classifier =
        triage_classifier_new(model, traffic->rows, longest, NULL);
    struct random random;
    size_t next = 0, ended = 0;
    random_init(&random, traffic->rows, traffic->steps);
    while (ended < count) {
        float answer[C];
        enum status status;
        const struct history *owner;
        while (next < count && triage_classifier_rows(classifier) < traffic->rows &&
               random_below(&random, 4) > 0) {
            ck_assert_int_eq(triage_classifier_admit(classifier, &histories[next],
                                                     (void *)(uintptr_t)&histories[next],
                                                     NULL),
                             STATUS_OK);
            next++;
        }
        triage_classifier_step(classifier,
                               1 + (uint32_t)random_below(&random, traffic->steps));
        while ((owner = triage_classifier_finish(classifier, answer, &status))) {
            ck_assert_int_eq(status, STATUS_OK);
            assert_same_bits(triage_kernels_name(), answer,
                             expected + (size_t)(owner - histories) * C, C);
            ended++;
        }
    }
    triage_classifier_free(classifier);
}

/* The answers of the definition, with every kernel and every traffic. */
static void check_bits(const struct spec *spec, size_t count, uint32_t longest,
                       uint64_t seed)
{
    const char *schema = spec->embedding > 0 ? sample_rich : sample_plain;
    float *expected = calloc(count, C * sizeof *expected);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (int i = 0; i < KERNEL_NAMES; i++) {
        if (!kernels_try(i))
            continue;
        struct model *model = sample_model(schema, spec, 0.7f, seed);
        const struct history *histories =
            sample_histories(triage_model_schema(model), count, longest, &arena, seed);
        for (size_t h = 0; h < count && i == 0; h++)
            reference_run(model, &histories[h], expected + h * C, NULL);
        for (size_t t = 0; t < sizeof traffics / sizeof *traffics; t++)
            check_traffic(model, histories, count, longest, &traffics[t], expected);
        triage_model_free(model);
    }
    free(expected);
    arena_release(&arena);
}

START_TEST(test_a_long_history_has_the_bits_of_the_definition)
{
    struct spec spec = sample_self_attention(_i);
    spec.window = (const uint32_t[]){1, 17, 100, 512}[_i % 4];
    check_bits(&spec, COUNT, (uint32_t)case_count(LONGEST, 3), (uint64_t)_i);
}
END_TEST

START_TEST(test_any_width_has_the_bits_of_the_definition)
{
    const uint32_t heads = 1 + (uint32_t)_i % 3, width = 1 + (uint32_t)(_i * 11 + 4) % 37;
    const struct spec spec = {.cell = CELL_ATTENTION,
                              .embedding = 3,
                              .hidden = heads * width,
                              .layers = 1,
                              .directions = 1,
                              .heads = heads,
                              .feed_forward = 1 + (uint32_t)_i * 7,
                              .window = 30};
    check_bits(&spec, 4, 50, (uint64_t)_i);
}
END_TEST

/* Tenths of the histories of a proof, and their window: a long one is slow. */
static const struct proof {
    uint32_t tenths, window;
} proofs[] = {{1, 512}, {3, 100}, {3, 33}, {3, 5}};

START_TEST(test_many_long_histories)
{
    const char *prove = getenv("TRIAGE_PROVE");
    const struct spec spec = {.cell = CELL_ATTENTION,
                              .embedding = 4,
                              .hidden = 16,
                              .layers = 2,
                              .directions = 1,
                              .head = _i % 2 == 0 ? HEAD_FINAL : HEAD_ATTENTION,
                              .heads = 2,
                              .feed_forward = 32,
                              .window = proofs[_i].window};
    if (prove)
        check_bits(&spec, strtoul(prove, NULL, 10) * proofs[_i].tenths / 10,
                   PROVE_LONGEST, (uint64_t)_i);
}
END_TEST

static const struct pause {
    const char *about;
    float scaled;
    uint32_t ticks;
} pauses[] = {
    {"no seconds", -0.6f, 0},
    {"one second: log1p(1) * 1024 is 709.8", -0.32274112f, 710},
    {"before the event before", -3.0f, 0},
    {"longer than any time", 16.0f, 42496},
    {"no number", NAN, 0},
};

START_TEST(test_the_clock_counts_1024ths)
{
    const struct pause *pause = &pauses[_i];
    const struct event_clock clock = {
        .exists = true, .column = 1, .scale = {.mean = 1.5f, .scale = 2.5f}};
    const float values[] = {1e30f, pause->scaled};
    ck_assert_msg(event_clock_ticks(&clock, values) == pause->ticks, "%s: %u ticks",
                  pause->about, event_clock_ticks(&clock, values));
}
END_TEST

static const struct refusal {
    uint32_t hidden, heads, directions, layers, window;
    const char *where, *text;
} refusals[] = {
    {64, 3, 1, 1, 512, "/network/heads",
     "64 hidden units cannot be divided among 3 heads"},
    {64, 2, 2, 1, 512, "/network/directions",
     "self-attention has 1 direction: an event attends to those before it"},
    {4096, 2, 1, 1, 2049, "/network/window",
     "layers x window x hidden is 8392704, at most 8388608"},
    {64, 64, 1, 8, 513, "/network/window",
     "layers x window x heads is 262656, at most 262144"},
};

START_TEST(test_what_cannot_run_is_refused)
{
    const struct refusal *refusal = &refusals[_i];
    const struct spec spec = {.cell = CELL_ATTENTION,
                              .hidden = refusal->hidden,
                              .heads = refusal->heads,
                              .directions = refusal->directions,
                              .layers = refusal->layers,
                              .window = refusal->window};
    struct error err = {.status = STATUS_OK};
    ck_assert_int_ne(triage_network_check(&spec, TASK_LAST, &err), STATUS_OK);
    ck_assert_str_eq(err.where, refusal->where);
    ck_assert_str_eq(err.text, refusal->text);
}
END_TEST

Suite *self_attention_suite(void)
{
    Suite *suite = suite_create("self_attention");
    TCase *tc = tcase_create("self_attention");
    tcase_set_timeout(tc, getenv("TRIAGE_PROVE") ? 7200 : 60);
    tcase_add_loop_test(tc, test_a_long_history_has_the_bits_of_the_definition, 0,
                        SAMPLE_SELF_ATTENTION);
    tcase_add_loop_test(tc, test_any_width_has_the_bits_of_the_definition, 0,
                        case_count(24, 3));
    tcase_add_loop_test(tc, test_many_long_histories, 0, sizeof proofs / sizeof *proofs);
    tcase_add_loop_test(tc, test_the_clock_counts_1024ths, 0,
                        sizeof pauses / sizeof *pauses);
    tcase_add_loop_test(tc, test_what_cannot_run_is_refused, 0,
                        sizeof refusals / sizeof *refusals);
    suite_add_tcase(suite, tc);
    return suite;
}

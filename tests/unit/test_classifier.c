/*
 * A result never depends on the batch it was computed in: the answer to a history has the same
 * bits alone, in any batch and beside any other history, and they are the bits of the definition.
 */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "infer/model.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/kernels.h"
#include "support/reference.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { C = SAMPLE_ACTIONS };

/* ---- the definition ------------------------------------------------------------------------ */

/* The answers of a classifier of eleven rows have the bits of the reference. */
static void check_against_reference(const char *name, const struct model *model,
                                    size_t count, uint32_t longest)
{
    struct classifier *classifier = triage_classifier_new(model, 11, longest, NULL);
    float *answers = malloc(count * C * sizeof *answers), expected[C];
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, count, longest, &arena, 1);
    ck_assert_int_eq(triage_classifier_run(classifier, histories, count, answers, NULL),
                     STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        reference_run(model, &histories[i], expected, NULL);
        assert_same_bits(name, answers + i * C, expected, C);
    }
    triage_classifier_free(classifier);
    free(answers);
    arena_release(&arena);
}

START_TEST(test_packed_weights_give_the_bits_of_the_definition)
{
    for (int i = 0; i < KERNEL_NAMES; i++) {
        const char *name;
        if (!kernels_try(i))
            continue;
        struct model *model = sample_shape(sample_round(_i), &name);
        check_against_reference(name, model, 20, 12);
        triage_model_free(model);
    }
}
END_TEST

/* Widths that are not whole vectors, in every kind of cell and kernel. */
START_TEST(test_any_width_gives_the_bits_of_the_definition)
{
    const uint32_t width = 1 + (uint32_t)(_i * 37 + 11) % 70;
    for (int i = 0; i < KERNEL_NAMES; i++)
        for (int cell = 0; cell < SAMPLE_CELLS && kernels_try(i); cell++) {
            struct spec spec =
                sample_spec(cell, (uint32_t)_i % 3 * 5, width, 1 + (uint32_t)_i % 2,
                            1 + (uint32_t)_i / 2 % 2);
            struct model *model =
                sample_model(_i % 2 == 0 ? sample_plain : sample_rich, &spec, 0.4f, 1);
            check_against_reference(sample_cells[cell].name, model, 6, 4);
            triage_model_free(model);
        }
}
END_TEST

START_TEST(test_rows_are_probabilities)
{
    struct arena arena;
    const char *name;
    struct model *model = sample_shape(sample_round(_i), &name);
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, 100, 12, &arena, 2);
    float *answers = sample_alone(model, histories, 100, 12);
    for (size_t i = 0; i < 100; i++) {
        double sum = 0.0;
        for (size_t c = 0; c < C; c++) {
            sum += (double)answers[i * C + c];
            ck_assert(answers[i * C + c] >= 0.0f && answers[i * C + c] <= 1.0f);
        }
        assert_close(name, i, sum, 1.0, 1e-6);
    }
    free(answers);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* ---- alone and in a batch ------------------------------------------------------------------ */

static const size_t batches[] = {2, 3, 16, 64, 1024};

/* Answers to count histories, rotated by some places, have the bits that they have alone. */
static void check_batch(const char *name, struct classifier *classifier,
                        const struct history *histories, const float *alone, size_t count,
                        size_t shift)
{
    struct history *rotated = calloc(count, sizeof *rotated);
    float *answers = malloc(count * C * sizeof *answers);
    for (size_t i = 0; i < count; i++)
        rotated[i] = histories[(i + shift) % count];
    ck_assert_int_eq(triage_classifier_run(classifier, rotated, count, answers, NULL),
                     STATUS_OK);
    for (size_t i = 0; i < count; i++)
        assert_same_bits(name, answers + i * C, alone + (i + shift) % count * C, C);
    free(rotated);
    free(answers);
}

START_TEST(test_a_batch_changes_no_bit)
{
    enum { LONGEST = 7 };
    /* A reduced run leaves out 64 and 1024. */
    const size_t sizes =
        sizeof batches / sizeof *batches - (case_count_is_reduced() ? 2 : 0);
    const size_t most = batches[sizes - 1];
    struct arena arena;
    const char *name;
    struct model *model = sample_shape(sample_round(_i), &name);
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, most, LONGEST, &arena, 3);
    float *alone = sample_alone(model, histories, most, LONGEST);
    for (size_t b = 0; b < sizes; b++) {
        /* As many rows as histories, and fewer, so that some histories join later. */
        uint32_t rows = (uint32_t)batches[b], fewer = 1 + rows / 3;
        struct classifier *wide = triage_classifier_new(model, rows, LONGEST, NULL);
        struct classifier *narrow =
            triage_classifier_new(model, fewer, LONGEST + 100, NULL);
        check_batch(name, wide, histories, alone, rows, rows / 2);
        check_batch(name, narrow, histories, alone, rows, 1);
        triage_classifier_free(wide);
        triage_classifier_free(narrow);
    }
    free(alone);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

struct thread_work {
    const struct model *model;
    const struct history *histories;
    size_t count;
    float *answers;
};

static void *run_beside(void *context)
{
    struct thread_work *work = context;
    struct classifier *classifier = triage_classifier_new(work->model, 20, 20, NULL);
    for (int i = 0; i < case_count(5, 3); i++)
        if (triage_classifier_run(classifier, work->histories, work->count, work->answers,
                                  NULL) != STATUS_OK)
            memset(work->answers, 0, C * sizeof *work->answers);
    triage_classifier_free(classifier);
    return NULL;
}

START_TEST(test_two_threads_change_no_bit)
{
    enum { MOST = 60, LONGEST = 20 };
    const size_t count =
        (size_t)case_count(MOST, 2); /* more than the classifier has rows */
    float answers[2][MOST * C];
    pthread_t threads[2];
    struct arena arena;
    const char *name;
    struct model *model = sample_shape(sample_round(_i), &name);
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, count, LONGEST, &arena, 4);
    float *alone = sample_alone(model, histories, count, LONGEST);
    struct thread_work work[2] = {{model, histories, count, answers[0]},
                                  {model, histories, count, answers[1]}};
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_beside, &work[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        assert_same_bits(name, answers[i], alone, count * C);
    free(alone);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* ---- limits ---------------------------------------------------------------------------------- */

START_TEST(test_history_above_the_limit_is_refused)
{
    static const uint32_t ids[4] = {2, 3, 4, 5};
    const struct history histories[] = {{.ids = ids, .length = 3},
                                        {.ids = ids, .length = 4}};
    struct spec spec = sample_spec(2, 0, 5, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.5f, 1);
    struct classifier *classifier = triage_classifier_new(model, 2, 3, NULL);
    struct error err = {.status = STATUS_OK};
    float answers[2 * C], state[5];
    ck_assert_int_eq(triage_classifier_run(classifier, histories, 2, answers, &err),
                     STATUS_TOO_LARGE);
    ck_assert_str_eq(err.where, "/events");
    ck_assert_str_eq(err.text, "history 1 has 4 events, this classifier takes 3");
    ck_assert_int_eq(triage_classifier_admit(classifier, &histories[1], NULL, NULL),
                     STATUS_TOO_LARGE);
    ck_assert_int_eq(triage_classifier_encode(classifier, &histories[1], state, NULL),
                     STATUS_TOO_LARGE);
    ck_assert_uint_eq(triage_classifier_rows(classifier), 0);
    ck_assert_int_eq(triage_classifier_run(classifier, histories, 1, answers, NULL),
                     STATUS_OK);
    triage_classifier_free(classifier);
    triage_model_free(model);
}
END_TEST

/* Weights near the largest float: an answer that is not finite is an error. */
START_TEST(test_answer_that_is_not_finite_is_an_error)
{
    struct spec spec = sample_spec(_i, 0, 5, 2, 1);
    struct model *model = sample_model(sample_plain, &spec, 3e38f, 1);
    struct classifier *classifier = triage_classifier_new(model, 8, 20, NULL);
    struct error err = {.status = STATUS_OK};
    struct arena arena;
    float answers[40 * C], state[5];
    size_t bad = 0;
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, 40, 20, &arena, 1);
    for (size_t i = 0; i < 40; i++) {
        enum status status =
            triage_classifier_run(classifier, &histories[i], 1, answers, NULL);
        ck_assert(status == STATUS_OK || status == STATUS_NOT_FINITE);
        for (size_t c = 0; status == STATUS_OK && c < C; c++)
            ck_assert(isfinite(answers[c]));
        ck_assert_int_eq(triage_classifier_encode(classifier, &histories[i], state, NULL),
                         STATUS_OK);
        ck_assert_int_eq(triage_classifier_decide(classifier, state, answers, NULL),
                         status);
        bad += status == STATUS_NOT_FINITE;
    }
    ck_assert(bad > 0 ||
              model->trained->spec.cell == CELL_LSTM); /* whose gates saturate */
    ck_assert_int_eq(triage_classifier_run(classifier, histories, 40, answers, &err),
                     bad > 0 ? STATUS_NOT_FINITE : STATUS_OK);
    ck_assert_str_eq(err.text,
                     bad > 0 ? "the model's weights lead to no finite answer" : "");
    ck_assert_uint_eq(triage_classifier_rows(classifier), 0);
    triage_classifier_free(classifier);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

START_TEST(test_encode_gives_the_final_state)
{
    struct arena arena;
    const char *name;
    struct model *model = sample_shape(sample_round(_i), &name);
    struct classifier *classifier = triage_classifier_new(model, 3, 100, NULL);
    size_t width = triage_model_state_size(model);
    float state[SAMPLE_STATE_MOST], expected[SAMPLE_STATE_MOST], answer[C], decided[C];
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, 5, 100, &arena, 7);
    ck_assert_uint_eq(width, triage_spec_head_width(&model->trained->spec));
    ck_assert_uint_le(width, SAMPLE_STATE_MOST);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(triage_classifier_encode(classifier, &histories[i], state, NULL),
                         STATUS_OK);
        reference_run(model, &histories[i], answer, expected);
        assert_same_bits(name, state, expected, width);
        ck_assert_int_eq(triage_classifier_decide(classifier, state, decided, NULL),
                         STATUS_OK);
        assert_same_bits(name, decided, answer, C);
        ck_assert_uint_eq(triage_classifier_rows(classifier), 0);
    }
    triage_classifier_free(classifier);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* Row t of a trace is the answer to the first t + 1 events. */
START_TEST(test_trace_gives_the_answer_after_each_event)
{
    struct arena arena;
    const char *name;
    struct model *model = sample_shape(sample_round(_i), &name);
    struct classifier *classifier = triage_classifier_new(model, 2, 40, NULL);
    float trace[40 * C], answer[C];
    struct error err = {.status = STATUS_OK};
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, 3, 40, &arena, 9);
    for (size_t i = 0; i < 3; i++) {
        struct history prefix = histories[i];
        enum status status =
            triage_classifier_trace(classifier, &histories[i], trace, &err);
        ck_assert_uint_eq(triage_classifier_rows(classifier), 0);
        if (model->trained->spec.directions == 2) {
            ck_assert_int_eq(status, STATUS_BAD_INPUT);
            continue;
        }
        ck_assert_int_eq(status, STATUS_OK);
        for (uint32_t t = 0; t < histories[i].length; t++) {
            prefix.length = t + 1;
            ck_assert_int_eq(triage_classifier_run(classifier, &prefix, 1, answer, NULL),
                             STATUS_OK);
            assert_same_bits(name, trace + t * C, answer, C);
        }
    }
    triage_classifier_free(classifier);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

static bool (*const failures[])(unsigned *) = {failing_malloc_next,
                                               failing_malloc_next_from};

START_TEST(test_memory_runs_out)
{
    struct spec spec = sample_spec(1, 3, 4, 2, 2);
    struct model *model = sample_model(sample_rich, &spec, 0.5f, 1);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, 5, 9, &arena, 1);
    for (unsigned n = 0; failures[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        struct classifier *classifier = triage_classifier_new(model, 3, 9, &err);
        float answers[5 * C];
        ck_assert((classifier == NULL) == failing_malloc_has_failed());
        ck_assert_int_eq(err.status, classifier == NULL ? STATUS_NO_MEMORY : STATUS_OK);
        if (classifier) /* running allocates nothing, so it cannot fail */
            ck_assert_int_eq(
                triage_classifier_run(classifier, histories, 5, answers, NULL),
                STATUS_OK);
        triage_classifier_free(classifier);
    }
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

Suite *classifier_suite(void)
{
    Suite *suite = suite_create("classifier");
    TCase *tc = tcase_create("classifier");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_packed_weights_give_the_bits_of_the_definition, 0,
                        sample_rounds());
    tcase_add_loop_test(tc, test_any_width_gives_the_bits_of_the_definition, 0, 12);
    tcase_add_loop_test(tc, test_rows_are_probabilities, 0, sample_rounds());
    tcase_add_loop_test(tc, test_a_batch_changes_no_bit, 0, sample_rounds());
    tcase_add_loop_test(tc, test_two_threads_change_no_bit, 0, sample_rounds());
    tcase_add_test(tc, test_history_above_the_limit_is_refused);
    tcase_add_loop_test(tc, test_answer_that_is_not_finite_is_an_error, 0, SAMPLE_CELLS);
    tcase_add_loop_test(tc, test_encode_gives_the_final_state, 0, sample_rounds());
    tcase_add_loop_test(tc, test_trace_gives_the_answer_after_each_event, 0,
                        sample_rounds());
    tcase_add_loop_test(tc, test_memory_runs_out, 0, COUNT(failures));
    suite_add_tcase(suite, tc);
    return suite;
}

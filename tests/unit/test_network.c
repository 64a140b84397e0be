/* Forward and backward of the whole network, for all cells, layers and directions. */
#include "train/network.h"

#include <stdlib.h>
#include <string.h>

#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum {
    C = SAMPLE_ACTIONS,
    COUNT_OF = 40,
    LONGEST = 12,
    RECURRENT_SHAPES = SAMPLE_CELLS * 9,
    SHAPES = RECURRENT_SHAPES + SAMPLE_SELF_ATTENTION
};

/* A model, a batch, and one run over it. */
struct fixture {
    struct model *model;
    struct arena arena;
    struct history *histories;
    const struct history *pointers[COUNT_OF];
    struct packed_batch batch;
    struct network_run run;
};

/*
 * The i-th of all cells, layers 1 to 3, directions 1 and 2, then with an attention head; embeddings or
 * one-hot; then of self-attention.
 */
static void fixture_init(struct fixture *fixture, int i)
{
    int cell = i % SAMPLE_CELLS, rest = i / SAMPLE_CELLS;
    struct spec spec = sample_spec(cell, rest % 2 == 0 ? 4 : 0, 6, 1 + (uint32_t)rest % 3,
                                   1 + (uint32_t)rest / 3 % 2);
    spec.head = rest < 6 ? HEAD_FINAL : HEAD_ATTENTION;
    if (i >= RECURRENT_SHAPES)
        spec = sample_self_attention(i - RECURRENT_SHAPES);
    fixture->model = sample_model(sample_rich, &spec, 0.6f, (uint64_t)i);
    arena_init(&fixture->arena, SIZE_MAX);
    fixture->histories = sample_histories(fixture->model->trained->schema, COUNT_OF,
                                          LONGEST, &fixture->arena, 1);
    for (size_t b = 0; b < COUNT_OF; b++)
        fixture->pointers[b] = &fixture->histories[b];
    ck_assert_int_eq(packed_batch_init(&fixture->batch, fixture->model->trained->schema,
                                       fixture->pointers, COUNT_OF, &fixture->arena,
                                       NULL),
                     STATUS_OK);
}

static void forward(struct fixture *fixture, struct dropout dropout)
{
    ck_assert_int_eq(network_forward(&fixture->run, fixture->model->trained,
                                     fixture->model->trained->params, &fixture->batch,
                                     dropout, &fixture->arena, NULL),
                     STATUS_OK);
}

static void fixture_release(struct fixture *fixture)
{
    arena_release(&fixture->arena);
    triage_model_free(fixture->model);
}

/* Exact on processors with fused multiply-add. */
static double tolerance(void)
{
    return strcmp(training_kernels_pick()->name, "portable") == 0 ? 1e-6 : 0.0;
}

START_TEST(test_final_states_equal_those_of_the_service)
{
    struct fixture fixture;
    float state[12];
    fixture_init(&fixture, _i);
    forward(&fixture, (struct dropout){0.0, NULL});
    size_t width = triage_model_state_size(fixture.model);
    struct classifier *classifier =
        triage_classifier_new(fixture.model, 1, LONGEST, NULL);
    for (size_t b = 0; b < COUNT_OF; b++) {
        const struct history *history = fixture.pointers[fixture.batch.order[b]];
        ck_assert_int_eq(triage_classifier_encode(classifier, history, state, NULL),
                         STATUS_OK);
        for (size_t j = 0; j < width; j++)
            assert_close(triage_spec_cell_name(triage_model_spec(fixture.model)), j,
                         (double)fixture.run.head_inputs[b * width + j], (double)state[j],
                         tolerance());
    }
    triage_classifier_free(classifier);
    fixture_release(&fixture);
}
END_TEST

START_TEST(test_a_row_does_not_depend_on_others)
{
    struct fixture fixture, alone;
    fixture_init(&fixture, _i);
    fixture_init(&alone, _i);
    forward(&fixture, (struct dropout){0.0, NULL});
    for (size_t b = 0; b < COUNT_OF; b++) {
        uint32_t i = fixture.batch.order[b];
        ck_assert_int_eq(packed_batch_init(&alone.batch, fixture.model->trained->schema,
                                           &alone.pointers[i], 1, &alone.arena, NULL),
                         STATUS_OK);
        forward(&alone, (struct dropout){0.0, NULL});
        assert_same_bits("a row alone and in a batch", alone.run.logits,
                         fixture.run.logits + b * C, C);
    }
    fixture_release(&alone);
    fixture_release(&fixture);
}
END_TEST

START_TEST(test_dropout_in_training_only)
{
    struct fixture fixture;
    struct random random;
    float first[COUNT_OF * C];
    size_t dropped = 0, count;
    fixture_init(&fixture, 14); /* gru, three layers */
    ck_assert_uint_eq(fixture.model->trained->spec.layers, 3);
    forward(&fixture, (struct dropout){0.25, NULL});
    ck_assert_ptr_null(fixture.run.head_mask);
    random_init(&random, 5, 0);
    forward(&fixture, (struct dropout){0.25, &random});
    memcpy(first, fixture.run.logits, sizeof first);
    random_init(&random, 5, 0);
    forward(&fixture, (struct dropout){0.25, &random});
    assert_same_bits("the same seed", fixture.run.logits, first, COUNT_OF * C);
    count = fixture.batch.events * triage_model_state_size(fixture.model);
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < count; i++) {
            float mask = fixture.run.layer_masks[l][i];
            ck_assert(mask == 0.0f || mask == (float)(1.0 / 0.75));
            dropped += mask == 0.0f;
        }
    ck_assert_ptr_null(fixture.run.layer_masks[2]);
    ck_assert_ptr_nonnull(fixture.run.head_mask);
    double share = (double)dropped / (2.0 * (double)count);
    ck_assert_msg(share > 0.2 && share < 0.3, "dropped: %g", share);
    forward(&fixture, (struct dropout){0.25, &random});
    ck_assert_int_ne(memcmp(fixture.run.logits, first, sizeof first), 0);
    fixture_release(&fixture);
}
END_TEST

START_TEST(test_gradients_are_added)
{
    struct fixture fixture;
    float dlogits[COUNT_OF * C];
    fixture_init(&fixture, _i);
    forward(&fixture, (struct dropout){0.0, NULL});
    const struct tensor_list *tensors = &fixture.model->trained->tensors;
    float *once = tensors_zeros(tensors), *twice = tensors_zeros(tensors);
    for (size_t i = 0; i < COUNT_OF * C; i++)
        dlogits[i] = (float)(i % 7) * 0.1f - 0.3f;
    ck_assert_int_eq(network_backward(&fixture.run, dlogits, once, NULL), STATUS_OK);
    for (size_t i = 0; i < tensors->floats; i++)
        twice[i] = 8.0f * (once[i] != 0.0f);
    forward(&fixture, (struct dropout){0.0, NULL});
    ck_assert_int_eq(network_backward(&fixture.run, dlogits, twice, NULL), STATUS_OK);
    for (size_t i = 0; i < tensors->floats; i++)
        assert_close("the sum of the old value and the gradient", i, (double)twice[i],
                     (double)once[i] + 8.0 * (once[i] != 0.0f), 1e-4);
    free(once);
    free(twice);
    fixture_release(&fixture);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct fixture fixture;
    struct random random;
    float dlogits[COUNT_OF * C] = {0};
    fixture_init(&fixture, _i + 24); /* with two directions */
    float *gradients = tensors_zeros(&fixture.model->trained->tensors);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        random_init(&random, 5, 0);
        enum status status = network_forward(
            &fixture.run, fixture.model->trained, fixture.model->trained->params,
            &fixture.batch, (struct dropout){0.5, &random}, &arena, &err);
        if (status == STATUS_OK)
            status = network_backward(&fixture.run, dlogits, gradients, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&arena);
    }
    free(gradients);
    fixture_release(&fixture);
}
END_TEST

/* The arena's ceiling grows in small steps, so that each request is refused once. */
START_TEST(test_arena_ceiling_is_no_memory)
{
    struct fixture fixture;
    struct random random;
    float dlogits[COUNT_OF * C] = {0};
    enum status status = STATUS_NO_MEMORY;
    fixture_init(&fixture, _i + 24);
    float *gradients = tensors_zeros(&fixture.model->trained->tensors);
    for (size_t ceiling = 0; status != STATUS_OK; ceiling += 8192) {
        struct arena arena;
        arena_init(&arena, ceiling);
        random_init(&random, 5, 0);
        status = network_forward(&fixture.run, fixture.model->trained,
                                 fixture.model->trained->params, &fixture.batch,
                                 (struct dropout){0.5, &random}, &arena, NULL);
        if (status == STATUS_OK)
            status = network_backward(&fixture.run, dlogits, gradients, NULL);
        ck_assert(status == STATUS_OK || status == STATUS_NO_MEMORY);
        arena_release(&arena);
        ck_assert_uint_lt(ceiling, 1 << 26);
    }
    free(gradients);
    fixture_release(&fixture);
}
END_TEST

Suite *network_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *tc = tcase_create("network");
    tcase_add_loop_test(tc, test_final_states_equal_those_of_the_service, 0, SHAPES);
    tcase_add_loop_test(tc, test_a_row_does_not_depend_on_others, 0, SHAPES);
    tcase_add_test(tc, test_dropout_in_training_only);
    tcase_add_loop_test(tc, test_gradients_are_added, 0, SHAPES);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, SHAPES);
    tcase_add_loop_test(tc, test_arena_ceiling_is_no_memory, 0, SHAPES);
    suite_add_tcase(suite, tc);
    return suite;
}

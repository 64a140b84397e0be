/* Forward and backward of the whole network, for all cells, layers and directions. */
#include "train/network.h"

#include <stdlib.h>
#include <string.h>

#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { C = SAMPLE_ACTIONS, COUNT_OF = 40, LONGEST = 12, SHAPES = SAMPLE_CELLS * 6 };

/* A model, a batch, and one run over it. */
struct scene {
    struct model *model;
    struct arena arena;
    struct history *histories;
    const struct history *pointers[COUNT_OF];
    struct packed_batch batch;
    struct network_run run;
};

/* The i-th of all cells, layers 1 to 3, directions 1 and 2; embeddings or one-hot. */
static void scene_init(struct scene *scene, int i)
{
    int cell = i % SAMPLE_CELLS, rest = i / SAMPLE_CELLS;
    struct spec spec = sample_spec(cell, rest % 2 == 0 ? 4 : 0, 6, 1 + (uint32_t)rest % 3,
                                   1 + (uint32_t)rest / 3 % 2);

    scene->model = sample_model(sample_rich, &spec, 0.6f, (uint64_t)i);
    arena_init(&scene->arena, SIZE_MAX);
    scene->histories = sample_histories(scene->model->trained->schema, COUNT_OF, LONGEST,
                                        &scene->arena, 1);
    for (size_t b = 0; b < COUNT_OF; b++)
        scene->pointers[b] = &scene->histories[b];
    ck_assert_int_eq(packed_batch_init(&scene->batch, scene->model->trained->schema,
                                       scene->pointers, COUNT_OF, &scene->arena, NULL),
                     STATUS_OK);
}

static void forward(struct scene *scene, struct dropout dropout)
{
    ck_assert_int_eq(network_forward(&scene->run, scene->model->trained,
                                     scene->model->trained->params, &scene->batch,
                                     dropout, &scene->arena, NULL),
                     STATUS_OK);
}

static void scene_release(struct scene *scene)
{
    arena_release(&scene->arena);
    triage_model_free(scene->model);
}

/* Exact on processors with fused multiply-add. */
static double tolerance(void)
{
    return strcmp(training_kernels_pick()->name, "portable") == 0 ? 1e-6 : 0.0;
}

START_TEST(test_final_states_equal_those_of_the_service)
{
    struct scene scene;
    float state[12];

    scene_init(&scene, _i);
    forward(&scene, (struct dropout){0.0, NULL});
    size_t width = triage_model_state_size(scene.model);
    struct classifier *classifier = triage_classifier_new(scene.model, 1, LONGEST, NULL);
    for (size_t b = 0; b < COUNT_OF; b++) {
        const struct history *history = scene.pointers[scene.batch.order[b]];
        ck_assert_int_eq(triage_classifier_encode(classifier, history, state, NULL),
                         STATUS_OK);
        for (size_t j = 0; j < width; j++)
            assert_close(sample_cells[_i % SAMPLE_CELLS].name, j,
                         (double)scene.run.head_inputs[b * width + j], (double)state[j],
                         tolerance());
    }
    triage_classifier_free(classifier);
    scene_release(&scene);
}
END_TEST

START_TEST(test_a_row_does_not_depend_on_others)
{
    struct scene scene, alone;

    scene_init(&scene, _i);
    scene_init(&alone, _i);
    forward(&scene, (struct dropout){0.0, NULL});
    for (size_t b = 0; b < COUNT_OF; b++) {
        uint32_t i = scene.batch.order[b];
        ck_assert_int_eq(packed_batch_init(&alone.batch, scene.model->trained->schema,
                                           &alone.pointers[i], 1, &alone.arena, NULL),
                         STATUS_OK);
        forward(&alone, (struct dropout){0.0, NULL});
        assert_same_bits("a row alone and in a batch", alone.run.logits,
                         scene.run.logits + b * C, C);
    }
    scene_release(&alone);
    scene_release(&scene);
}
END_TEST

START_TEST(test_dropout_in_training_only)
{
    struct scene scene;
    struct random random;
    float first[COUNT_OF * C];
    size_t dropped = 0, count;

    scene_init(&scene, 14); /* gru, three layers */
    ck_assert_uint_eq(scene.model->trained->spec.layers, 3);
    forward(&scene, (struct dropout){0.25, NULL});
    ck_assert_ptr_null(scene.run.head_mask);
    random_init(&random, 5, 0);
    forward(&scene, (struct dropout){0.25, &random});
    memcpy(first, scene.run.logits, sizeof first);
    random_init(&random, 5, 0);
    forward(&scene, (struct dropout){0.25, &random});
    assert_same_bits("the same seed", scene.run.logits, first, COUNT_OF * C);
    count = scene.batch.events * triage_model_state_size(scene.model);
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < count; i++) {
            float mask = scene.run.layer_masks[l][i];
            ck_assert(mask == 0.0f || mask == (float)(1.0 / 0.75));
            dropped += mask == 0.0f;
        }
    ck_assert_ptr_null(scene.run.layer_masks[2]);
    ck_assert_ptr_nonnull(scene.run.head_mask);
    double share = (double)dropped / (2.0 * (double)count);
    ck_assert_msg(share > 0.2 && share < 0.3, "dropped: %g", share);
    forward(&scene, (struct dropout){0.25, &random});
    ck_assert_int_ne(memcmp(scene.run.logits, first, sizeof first), 0);
    scene_release(&scene);
}
END_TEST

START_TEST(test_gradients_are_added)
{
    struct scene scene;
    float dlogits[COUNT_OF * C];

    scene_init(&scene, _i);
    forward(&scene, (struct dropout){0.0, NULL});
    const struct tensor_list *tensors = &scene.model->trained->tensors;
    float *once = tensors_zeros(tensors), *twice = tensors_zeros(tensors);
    for (size_t i = 0; i < COUNT_OF * C; i++)
        dlogits[i] = (float)(i % 7) * 0.1f - 0.3f;
    ck_assert_int_eq(network_backward(&scene.run, dlogits, once, NULL), STATUS_OK);
    for (size_t i = 0; i < tensors->floats; i++)
        twice[i] = 8.0f * (once[i] != 0.0f);
    forward(&scene, (struct dropout){0.0, NULL});
    ck_assert_int_eq(network_backward(&scene.run, dlogits, twice, NULL), STATUS_OK);
    for (size_t i = 0; i < tensors->floats; i++)
        assert_close("the sum of the old value and the gradient", i, (double)twice[i],
                     (double)once[i] + 8.0 * (once[i] != 0.0f), 1e-4);
    free(once);
    free(twice);
    scene_release(&scene);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct scene scene;
    struct random random;
    float dlogits[COUNT_OF * C] = {0};

    scene_init(&scene, _i + 24); /* with two directions */
    float *gradients = tensors_zeros(&scene.model->trained->tensors);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        random_init(&random, 5, 0);
        enum status status = network_forward(
            &scene.run, scene.model->trained, scene.model->trained->params, &scene.batch,
            (struct dropout){0.5, &random}, &arena, &err);
        if (status == STATUS_OK)
            status = network_backward(&scene.run, dlogits, gradients, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&arena);
    }
    free(gradients);
    scene_release(&scene);
}
END_TEST

/* The arena's ceiling grows in small steps, so that each request is refused once. */
START_TEST(test_arena_ceiling_is_no_memory)
{
    struct scene scene;
    struct random random;
    float dlogits[COUNT_OF * C] = {0};
    enum status status = STATUS_NO_MEMORY;

    scene_init(&scene, _i + 24);
    float *gradients = tensors_zeros(&scene.model->trained->tensors);
    for (size_t ceiling = 0; status != STATUS_OK; ceiling += 8192) {
        struct arena arena;
        arena_init(&arena, ceiling);
        random_init(&random, 5, 0);
        status = network_forward(&scene.run, scene.model->trained,
                                 scene.model->trained->params, &scene.batch,
                                 (struct dropout){0.5, &random}, &arena, NULL);
        if (status == STATUS_OK)
            status = network_backward(&scene.run, dlogits, gradients, NULL);
        ck_assert(status == STATUS_OK || status == STATUS_NO_MEMORY);
        arena_release(&arena);
        ck_assert_uint_lt(ceiling, 1 << 26);
    }
    free(gradients);
    scene_release(&scene);
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
    tcase_add_loop_test(tc, test_memory_runs_out, 0, SAMPLE_CELLS);
    tcase_add_loop_test(tc, test_arena_ceiling_is_no_memory, 0, SAMPLE_CELLS);
    suite_add_tcase(suite, tc);
    return suite;
}

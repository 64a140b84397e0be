/*
 * Backward is the derivative of forward: each tensor, along random directions and along the
 * gradient itself, against central differences of fourth order.
 *
 * Forward computes in float, so its loss has an error of about 1e-7.  With a step of 0.03 that
 * is about 1e-5 in the difference, and the error of the fourth order is smaller.  A wrong term
 * in a cell is a hundred times as large.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/sample.h"
#include "train/loss.h"
#include "train/network.h"
#include "unit/suites.h"

enum {
    C = SAMPLE_ACTIONS,
    ROWS = 6,
    LONGEST = 6,
    DIRECTIONS = 4,
    LOGIT_ROWS_MOST = ROWS * LONGEST,
    RECURRENT_SHAPES = 16 * SAMPLE_CELLS,
    SHAPES = RECURRENT_SHAPES + 4 * SAMPLE_SELF_ATTENTION
};

struct fixture {
    double step;
    struct model *model;
    struct packed_batch batch;
    struct arena arena;
    struct dropout dropout;
    struct random random;
};

/* The rest of a fixture, from its model. */
static void make_batch(struct fixture *fixture, int i)
{
    const struct history *pointers[ROWS];
    arena_init(&fixture->arena, SIZE_MAX);
    const struct schema *schema = fixture->model->trained->schema;
    const struct history *histories =
        sample_histories(schema, ROWS, LONGEST, &fixture->arena, (uint64_t)i);
    for (size_t b = 0; b < ROWS; b++)
        pointers[b] = &histories[b];
    ck_assert_int_eq(
        packed_batch_init(&fixture->batch, schema, pointers, ROWS, &fixture->arena, NULL),
        STATUS_OK);
}

/* Half of the units of the feed-forward layers are 0 and half are not, far from where relu bends. */
static void keep_from_bends(struct trained_model *model)
{
    for (uint32_t l = 0; l < model->spec.layers; l++) {
        const struct tensor *w = tensors_block(&model->tensors, l, LINEAR1_WEIGHT);
        const struct tensor *b = tensors_block(&model->tensors, l, LINEAR1_BIAS);
        for (size_t j = 0; j < (size_t)w->rows * w->columns; j++)
            trained_model_floats(model, w)[j] *= 0.2f;
        for (size_t j = 0; j < b->rows; j++)
            trained_model_floats(model, b)[j] = j % 2 == 0 ? 2.0f : -2.0f;
    }
}

/* Self-attention: the loss at the end and after every event, with and without dropout. */
static void self_attention_init(struct fixture *fixture, int i)
{
    const struct spec spec = sample_self_attention(i % SAMPLE_SELF_ATTENTION);
    int rest = i / SAMPLE_SELF_ATTENTION;
    fixture->model = sample_model(sample_rich, &spec, 0.6f, (uint64_t)i);
    fixture->model->trained->task = rest % 2 == 0 ? TASK_LAST : TASK_EVERY;
    keep_from_bends(fixture->model->trained);
    fixture->dropout = (struct dropout){rest < 2 ? 0.0 : 0.3, &fixture->random};
    fixture->step = 0.015; /* a layer norm is curved more */
    make_batch(fixture, i);
}

/*
 * All cells and conventions, layers 1 and 2, directions 1 and 2, with and without dropout; then
 * the loss after every event instead of the last, in one direction; then both with an attention head.
 */
static void fixture_init(struct fixture *fixture, int i)
{
    if (i >= RECURRENT_SHAPES) {
        self_attention_init(fixture, i - RECURRENT_SHAPES);
        return;
    }
    fixture->step = 0.03;
    int cell = i % SAMPLE_CELLS, rest = i / SAMPLE_CELLS;
    struct spec spec = sample_spec(cell, rest % 2 == 0 ? 3 : 0, 4, 1 + (uint32_t)rest % 2,
                                   rest < 8 ? 1 + (uint32_t)rest / 2 % 2 : 1);
    bool has_attention = rest >= 12, is_last = has_attention ? rest < 14 : rest < 8;
    spec.head = has_attention ? HEAD_ATTENTION : HEAD_FINAL;
    fixture->model = sample_model(sample_rich, &spec, 0.6f, (uint64_t)i);
    fixture->model->trained->task = is_last ? TASK_LAST : TASK_EVERY;
    fixture->dropout = (struct dropout){rest / 2 % 4 < 2 ? 0.0 : 0.3, &fixture->random};
    make_batch(fixture, i);
}

/* The sum of the losses of all rows; row m has the action m mod C.  gradients may be NULL. */
static double loss_at(struct fixture *fixture, const float *params, float *gradients)
{
    struct network_run run;
    struct arena arena;
    float dlogits[LOGIT_ROWS_MOST * C];
    double loss = 0.0;
    arena_init(&arena, SIZE_MAX);
    random_init(&fixture->random, 1, 1); /* dropout is the same every time */
    ck_assert_int_eq(network_forward(&run, fixture->model->trained, params,
                                     &fixture->batch, fixture->dropout, &arena, NULL),
                     STATUS_OK);
    for (size_t m = 0; m < run.logit_rows; m++)
        loss += loss_cross_entropy(run.logits + m * C, C, m % C, 1.0, dlogits + m * C);
    if (gradients)
        ck_assert_int_eq(network_backward(&run, dlogits, gradients, NULL), STATUS_OK);
    arena_release(&arena);
    return loss;
}

/* The loss at distance way along a direction of one tensor. */
static double loss_along(struct fixture *fixture, const struct tensor *tensor,
                         const double *direction, double way, float *params)
{
    size_t count = (size_t)tensor->rows * tensor->columns;
    const float *from = trained_model_floats(fixture->model->trained, tensor);
    for (size_t j = 0; j < count; j++)
        params[tensor->offset + j] = (float)((double)from[j] + way * direction[j]);
    double loss = loss_at(fixture, params, NULL);
    memcpy(params + tensor->offset, from, count * sizeof *params);
    return loss;
}

/* A unit vector: along the gradient if which is 0, else random. */
static void choose(double *direction, size_t count, int which, const float *gradient,
                   struct random *random)
{
    double sum = 0.0;
    for (size_t j = 0; j < count; j++) {
        direction[j] = which == 0 ? (double)gradient[j] : random_normal(random);
        sum += direction[j] * direction[j];
    }
    for (size_t j = 0; j < count; j++)
        direction[j] /= sum > 0.0 ? sqrt(sum) : 1.0;
}

static void check_tensor(struct fixture *fixture, const struct tensor *tensor,
                         const float *gradients, float *params, const char *name)
{
    size_t count = (size_t)tensor->rows * tensor->columns;
    const float *gradient = gradients + tensor->offset;
    double *direction = malloc(count * sizeof *direction);
    struct random random;
    random_init(&random, 2, tensor->offset);
    for (int which = 0; which < DIRECTIONS; which++) {
        double exact = 0.0, size = 0.0, losses[4];
        choose(direction, count, which, gradient, &random);
        for (size_t j = 0; j < count; j++) {
            exact += direction[j] * (double)gradient[j];
            size += (double)gradient[j] * (double)gradient[j];
        }
        for (int i = 0; i < 4; i++)
            losses[i] = loss_along(fixture, tensor, direction,
                                   (double[]){-2, -1, 1, 2}[i] * fixture->step, params);
        double difference = (losses[0] - 8 * losses[1] + 8 * losses[2] - losses[3]) /
                            (12 * fixture->step);
        double tolerance = 1e-4 + 2e-4 * sqrt(size);
        ck_assert_msg(fabs(difference - exact) <= tolerance,
                      "%s, %u layers, %u directions: %s along [%d]: backward %.7g, "
                      "differences %.7g, tolerance %.2g",
                      name, fixture->model->trained->spec.layers,
                      fixture->model->trained->spec.directions, tensor->name, which,
                      exact, difference, tolerance);
    }
    free(direction);
}

START_TEST(test_backward_is_the_derivative)
{
    struct fixture fixture;
    fixture_init(&fixture, _i);
    const struct tensor_list *tensors = &fixture.model->trained->tensors;
    float *gradients = tensors_zeros(tensors), *params = tensors_zeros(tensors);
    memcpy(params, fixture.model->trained->params, tensors->floats * sizeof *params);
    loss_at(&fixture, params, gradients);
    for (size_t i = 0; i < tensors->count; i++)
        check_tensor(&fixture, &tensors->items[i], gradients, params,
                     triage_spec_cell_name(&fixture.model->trained->spec));
    free(gradients);
    free(params);
    arena_release(&fixture.arena);
    triage_model_free(fixture.model);
}
END_TEST

Suite *gradients_suite(void)
{
    Suite *suite = suite_create("gradients");
    TCase *tc = tcase_create("gradients");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_backward_is_the_derivative, 0, SHAPES);
    suite_add_tcase(suite, tc);
    return suite;
}

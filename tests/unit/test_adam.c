/* AdamW against its equations in double, and clipping. */
#include "train/adam.h"

#include <math.h>
#include <stdlib.h>

#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

/* A layout with matrices and vectors, and its blocks. */
struct fixture {
    struct model *model;
    struct adam adam;
    float *gradients;
};

static void fixture_init(struct fixture *fixture)
{
    struct spec spec = sample_spec(0, 0, 3, 1, 1);
    fixture->model = sample_model(sample_plain, &spec, 0.5f, 1);
    fixture->gradients = tensors_zeros(&fixture->model->trained->tensors);
    ck_assert_int_eq(adam_init(&fixture->adam, &fixture->model->trained->tensors, NULL),
                     STATUS_OK);
}

static void fixture_release(struct fixture *fixture)
{
    adam_release(&fixture->adam);
    free(fixture->gradients);
    triage_model_free(fixture->model);
}

/* The equations in double, for one weight over several steps of given gradients. */
static double expected(double w, const double *gradients, int steps, double rate,
                       double decay)
{
    double m = 0.0, v = 0.0;
    for (int t = 1; t <= steps; t++) {
        double g = gradients[t - 1];
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w = w * (1.0 - rate * decay) -
            rate * (m / (1.0 - pow(0.9, t))) / (sqrt(v / (1.0 - pow(0.999, t))) + 1e-8);
    }
    return w;
}

static const struct {
    const char *about;
    double gradients[5];
    int steps;
    double rate, decay;
} cases[] = {
    {"the first step is as long as the rate", {0.001}, 1, 0.01, 0.0},
    {"a large gradient", {1e6}, 1, 0.01, 0.0},
    {"five steps", {0.3, -0.1, 0.25, 0.0, 2.0}, 5, 0.01, 0.0},
    {"matrices decay", {0.3, -0.1, 0.25, 0.0, 2.0}, 5, 0.05, 0.1},
    {"no gradient: decay only", {0.0, 0.0, 0.0}, 3, 0.05, 0.1},
};

START_TEST(test_steps_follow_the_equations)
{
    struct fixture fixture;
    float start[64];
    fixture_init(&fixture);
    const struct tensor_list *tensors = &fixture.model->trained->tensors;
    ck_assert_uint_le(tensors->parameters, 64);
    for (size_t i = 0, n = 0; i < tensors->count; i++)
        for (size_t j = 0; j < (size_t)tensors->items[i].rows * tensors->items[i].columns;
             j++)
            start[n++] = fixture.model->trained->params[tensors->items[i].offset + j];
    for (int t = 0; t < cases[_i].steps; t++) {
        for (size_t j = 0; j < tensors->floats; j++)
            fixture.gradients[j] = (float)cases[_i].gradients[t];
        adam_step(&fixture.adam, fixture.model->trained->params, fixture.gradients,
                  cases[_i].rate, cases[_i].decay);
    }
    for (size_t i = 0, n = 0; i < tensors->count; i++) {
        const struct tensor *tensor = &tensors->items[i];
        double decay = tensor->is_vector ? 0.0 : cases[_i].decay;
        for (size_t j = 0; j < (size_t)tensor->rows * tensor->columns; j++, n++)
            assert_close(cases[_i].about, n,
                         (double)fixture.model->trained->params[tensor->offset + j],
                         expected((double)start[n], cases[_i].gradients, cases[_i].steps,
                                  cases[_i].rate, decay),
                         1e-6);
    }
    ck_assert_uint_eq(fixture.adam.steps, (uint64_t)cases[_i].steps);
    fixture_release(&fixture);
}
END_TEST

START_TEST(test_gaps_between_tensors_stay_zero)
{
    struct fixture fixture;
    size_t end = 0;
    fixture_init(&fixture);
    const struct tensor_list *tensors = &fixture.model->trained->tensors;
    for (size_t i = 0; i < tensors->floats; i++)
        fixture.gradients[i] = 1.0f;
    adam_step(&fixture.adam, fixture.model->trained->params, fixture.gradients, 0.1, 0.1);
    for (size_t i = 0; i <= tensors->count; i++) {
        size_t next = i == tensors->count ? tensors->floats : tensors->items[i].offset;
        for (; end < next; end++)
            assert_close("between the tensors", end,
                         (double)fixture.model->trained->params[end], 0, 0);
        if (i < tensors->count)
            end += (size_t)tensors->items[i].rows * tensors->items[i].columns;
    }
    fixture_release(&fixture);
}
END_TEST

static const struct {
    const char *about;
    float gradients[3];
    double limit, norm;
    double clipped[3];
} clips[] = {
    {"below the limit: unchanged", {3, 0, 4}, 5.5, 5, {3, 0, 4}},
    {"at the limit: unchanged", {3, 0, 4}, 5, 5, {3, 0, 4}},
    {"above the limit: shorter, in the same direction", {3, 0, 4}, 1, 5, {0.6, 0, 0.8}},
    {"no limit", {3e3f, 0, 4e3f}, 0, 5e3, {3e3, 0, 4e3}},
    {"no gradient", {0, 0, 0}, 1, 0, {0, 0, 0}},
    {"squares beyond a float", {3e30f, 0, 4e30f}, 1, 5e30, {0.6, 0, 0.8}},
};

START_TEST(test_gradients_are_clipped_to_the_limit)
{
    float gradients[3] = {clips[_i].gradients[0], clips[_i].gradients[1],
                          clips[_i].gradients[2]};
    double norm = clip_norm(gradients, 3, clips[_i].limit);
    assert_close(clips[_i].about, 0, norm, clips[_i].norm, 1e-6 * clips[_i].norm);
    assert_all_close(clips[_i].about, gradients, clips[_i].clipped, 3, 1e-7);
}
END_TEST

START_TEST(test_a_nan_norm_is_returned)
{
    float gradients[2] = {NAN, 1.0f};
    ck_assert(!isfinite(clip_norm(gradients, 2, 1.0)));
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct fixture fixture;
    fixture_init(&fixture);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct adam adam;
        enum status status = adam_init(&adam, &fixture.model->trained->tensors, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        adam_release(&adam);
    }
    fixture_release(&fixture);
}
END_TEST

Suite *adam_suite(void)
{
    Suite *suite = suite_create("adam");
    TCase *tc = tcase_create("adam");
    tcase_add_loop_test(tc, test_steps_follow_the_equations, 0, COUNT(cases));
    tcase_add_test(tc, test_gaps_between_tensors_stay_zero);
    tcase_add_loop_test(tc, test_gradients_are_clipped_to_the_limit, 0, COUNT(clips));
    tcase_add_test(tc, test_a_nan_norm_is_returned);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

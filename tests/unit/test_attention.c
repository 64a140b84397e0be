/*
 * The attention head.  Its running softmax has the weights and the mean of a softmax over all scores,
 * whatever their order and size; and the weights that are included in an answer are those of the mean
 * that the decision read.
 */
#include "infer/attention.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/compare.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { MOST = 2000, MANY = 12, LONGEST = 20, WIDTH = 5, C = SAMPLE_ACTIONS };

/* Scores and one number for each event; the mean of the numbers is run beside. */
struct events {
    float scores[MOST], x[MOST];
    size_t count;
};

static void check_events(const char *about, const struct events *events)
{
    struct running_softmax running;
    double largest = -INFINITY, sum = 0.0, mean = 0.0, weights = 0.0;
    float moved = 0.0f;
    for (size_t t = 0; t < events->count; t++) {
        float share = running_softmax_add(&running, events->scores[t], t == 0);
        ck_assert_msg(share >= 0.0f && share <= 1.0f, "%s: share %g", about,
                      (double)share);
        moved = fmaf(share, events->x[t] - moved, moved);
        largest = fmax(largest, (double)events->scores[t]);
    }
    for (size_t t = 0; t < events->count; t++)
        sum += exp((double)events->scores[t] - largest);
    for (size_t t = 0; t < events->count; t++) {
        double weight = exp((double)events->scores[t] - largest) / sum;
        double own = (double)running_softmax_weight(&running, events->scores[t]);
        ck_assert_msg(fabs(weight - own) <= 2e-6, "%s: weight %zu is %g, not %g", about,
                      t, own, weight);
        mean += weight * (double)events->x[t];
        weights += own;
    }
    ck_assert_msg(fabs(weights - 1.0) <= 2e-5, "%s: sum of weights %.9g", about, weights);
    ck_assert_msg(fabs((double)moved - mean) <= 5e-6, "%s: mean %.9g, not %.9g", about,
                  (double)moved, mean);
}

static const struct order {
    const char *about;
    double first, step, noise; /* score t: first + step t + noise in +-1 */
    size_t count;
} orders[] = {
    {"one event", 3.0, 0.0, 0.0, 1},
    {"equal scores", -2.0, 0.0, 0.0, MOST},
    {"rising scores", -50.0, 0.05, 0.0, MOST},
    {"falling scores", 50.0, -0.05, 0.0, MOST},
    {"any order", 0.0, 0.0, 4.0, MOST},
    {"far apart: only the last counts", -1000.0, 500.0, 0.0, 5},
    {"far apart: only the first counts", 1000.0, -500.0, 0.0, 5},
};

START_TEST(test_it_is_the_softmax_over_all_scores)
{
    const struct order *order = &orders[_i];
    struct random random;
    struct events events = {.count = order->count};
    random_init(&random, 3, (uint64_t)_i);
    for (size_t t = 0; t < events.count; t++) {
        double noise = order->noise * (2.0 * random_unit(&random) - 1.0);
        events.scores[t] = (float)(order->first + order->step * (double)t + noise);
        events.x[t] = (float)(2.0 * random_unit(&random) - 1.0);
    }
    check_events(order->about, &events);
}
END_TEST

START_TEST(test_a_score_that_is_not_a_number_is_never_hidden)
{
    struct running_softmax running;
    running_softmax_add(&running, 1.0f, true);
    ck_assert(isnan(running_softmax_add(&running, NAN, false)));
    ck_assert(isnan(running_softmax_add(&running, 5.0f, false)));
}
END_TEST

/* ---- the weights of an answer -------------------------------------------------------------- */

/* The mean of the states after each event, with these weights, is the context [WIDTH]. */
static void check_weights(const struct model *model, const struct history *history,
                          const struct event_weight *weights)
{
    struct classifier *classifier = triage_classifier_new(model, 1, LONGEST, NULL);
    float state[2 * WIDTH];
    double mean[WIDTH] = {0.0}, sum = 0.0;
    for (uint32_t t = 0; t < history->length; t++) {
        struct history beginning = *history;
        beginning.length = t + 1;
        ck_assert_int_eq(triage_classifier_encode(classifier, &beginning, state, NULL),
                         STATUS_OK);
        ck_assert_uint_eq(weights[t].event, t);
        sum += (double)weights[t].weight;
        for (size_t j = 0; j < WIDTH; j++)
            mean[j] += (double)weights[t].weight * (double)state[j];
    }
    assert_close("the sum of the weights", 0, sum, 1.0, 1e-5);
    for (size_t j = 0; j < WIDTH; j++) /* the last state is that of the whole history */
        assert_close("the context", j, (double)state[WIDTH + j], mean[j], 1e-5);
    triage_classifier_free(classifier);
}

/* Four rows for many histories, which join and leave; every second one is watched. */
START_TEST(test_weights_are_those_of_the_context)
{
    struct arena arena;
    const char *name;
    struct model *model = sample_shape(SAMPLE_FINAL_HEADS + _i, &name);
    struct classifier *classifier = triage_classifier_new(model, 4, LONGEST, NULL);
    struct included included[MANY];
    size_t admitted = 0, ended = 0;
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, MANY, LONGEST, &arena, 5);
    float *alone = sample_alone(model, histories, MANY, LONGEST);
    while (ended < MANY) {
        float answer[C];
        enum status status;
        void *owner;
        for (; admitted < MANY && triage_classifier_rows(classifier) < 4; admitted++) {
            struct included *own = &included[admitted];
            unsigned includes = admitted % 2 == 0 ? 1U << INCLUDE_ATTENTION : 0;
            ck_assert_int_eq(triage_included_init(own, model, &histories[admitted],
                                                  includes, &arena, NULL),
                             STATUS_OK);
            ck_assert_int_eq(
                triage_classifier_watch(classifier, &histories[admitted], own, own, NULL),
                STATUS_OK);
        }
        triage_classifier_step(classifier, 3);
        while ((owner = triage_classifier_finish(classifier, answer, &status))) {
            const struct included *own = owner;
            size_t i = (size_t)(own - included);
            ck_assert_int_eq(status, STATUS_OK);
            assert_same_bits(name, answer, alone + i * C, C);
            if (own->weights)
                check_weights(model, &histories[i], own->weights);
            ended++;
        }
    }
    free(alone);
    triage_classifier_free(classifier);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* The weights of a model of several networks are the means of those of its networks. */
START_TEST(test_several_networks_have_the_mean_of_their_weights)
{
    struct arena arena;
    struct spec spec = sample_spec(_i, 2, WIDTH, 1, 1);
    struct included included;
    float answer[C];
    double sum = 0.0;
    enum status status;
    spec.head = HEAD_ATTENTION;
    struct model *model = sample_finish(sample_members(sample_rich, &spec, 2, 0.9f, 4));
    struct classifier *classifier = triage_classifier_new(model, 1, LONGEST, NULL);
    arena_init(&arena, SIZE_MAX);
    const struct history *history =
        sample_histories(model->trained->schema, 1, LONGEST, &arena, 9);
    ck_assert_int_eq(triage_included_init(&included, model, history,
                                          1U << INCLUDE_ATTENTION, &arena, NULL),
                     STATUS_OK);
    ck_assert_int_eq(
        triage_classifier_watch(classifier, history, &included, &included, NULL),
        STATUS_OK);
    triage_classifier_step(classifier, LONGEST);
    ck_assert_ptr_eq(triage_classifier_finish(classifier, answer, &status), &included);
    for (uint32_t t = 0; t < history->length; t++) {
        struct running_softmax softmax[2];
        double mean = 0.0;
        for (uint32_t m = 0; m < 2; m++) {
            const float *scores = included.scores + m * history->length;
            for (uint32_t i = 0; i < history->length; i++)
                (void)running_softmax_add(&softmax[m], scores[i], i == 0);
            mean += (double)running_softmax_weight(&softmax[m], scores[t]) / 2;
        }
        assert_close("weight", t, (double)included.weights[t].weight, mean, 1e-6);
        sum += mean;
    }
    assert_close("sum", 0, sum, 1.0, 1e-5);
    triage_classifier_free(classifier);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* A finite file can give a score that is infinite: the answer is whole, its weights are not. */
START_TEST(test_weights_that_are_no_numbers_are_an_error)
{
    struct arena arena;
    const char *name;
    struct model *model = sample_shape(SAMPLE_FINAL_HEADS, &name);
    struct tensor_list *tensors = &model->trained->tensors;
    struct included included;
    float answer[C];
    enum status status;
    for (int role = ATTENTION_BIAS; role <= ATTENTION_QUERY; role++)
        for (size_t j = 0; j < WIDTH; j++)
            trained_model_floats(
                model->trained,
                tensors_attention(tensors, (enum attention_role)role))[j] =
                role == ATTENTION_BIAS ? 20.0f
                : _i == 0              ? 3e38f
                                       : -3e38f;
    struct packed_weights *packed = packed_weights_new(model->trained, 0, NULL);
    struct packed_weights *before = model->packed[0];
    model->packed[0] = packed;
    struct classifier *classifier = triage_classifier_new(model, 1, LONGEST, NULL);
    arena_init(&arena, SIZE_MAX);
    struct history *history =
        sample_histories(model->trained->schema, 1, LONGEST, &arena, 9);
    history->length = 1;
    ck_assert_int_eq(triage_classifier_run(classifier, history, 1, answer, NULL),
                     STATUS_OK);
    ck_assert_int_eq(triage_included_init(&included, model, history,
                                          1U << INCLUDE_ATTENTION, &arena, NULL),
                     STATUS_OK);
    ck_assert_int_eq(
        triage_classifier_watch(classifier, history, &included, &included, NULL),
        STATUS_OK);
    triage_classifier_step(classifier, LONGEST);
    ck_assert_ptr_eq(triage_classifier_finish(classifier, answer, &status), &included);
    ck_assert_int_eq(status, STATUS_NOT_FINITE);
    triage_classifier_free(classifier);
    packed_weights_free(packed);
    model->packed[0] = before;
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

START_TEST(test_other_heads_have_no_attention)
{
    struct error err = {.status = STATUS_OK};
    const char *name;
    struct model *model = sample_shape(_i, &name);
    ck_assert_int_eq(
        triage_includes_check(model, 1U << INCLUDE_ATTENTION, "/include", &err),
        STATUS_BAD_INPUT);
    ck_assert_str_eq(err.where, "/include");
    ck_assert_str_eq(err.text, "\"attention\" needs a model with an attention head");
    triage_model_free(model);
}
END_TEST

Suite *attention_suite(void)
{
    Suite *suite = suite_create("attention");
    TCase *tc = tcase_create("attention");
    tcase_add_loop_test(tc, test_it_is_the_softmax_over_all_scores, 0,
                        sizeof orders / sizeof *orders);
    tcase_add_test(tc, test_a_score_that_is_not_a_number_is_never_hidden);
    tcase_add_loop_test(tc, test_weights_are_those_of_the_context, 0,
                        SAMPLE_RECURRENT - SAMPLE_FINAL_HEADS);
    tcase_add_loop_test(tc, test_several_networks_have_the_mean_of_their_weights, 0,
                        SAMPLE_CELLS);
    tcase_add_loop_test(tc, test_weights_that_are_no_numbers_are_an_error, 0, 2);
    tcase_add_loop_test(tc, test_other_heads_have_no_attention, 0, SAMPLE_CELLS);
    suite_add_tcase(suite, tc);
    return suite;
}

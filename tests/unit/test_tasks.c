/*
 * Training on every event: which events have a label, how losses add up, and a network that
 * learns to continue sequences that counting cannot continue.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/compare.h"
#include "support/sample.h"
#include "train/validation.h"
#include "trainer.h"
#include "unit/suites.h"

enum { C = SAMPLE_ACTIONS, MANY = 40, LONGEST = 9 };

static const struct training plain = {.epochs = 1, .batch = 64, .seed = 1, .threads = 1};

/* Examples with an action, ACTION_NONE or ACTION_OTHER after each event, or only at the end. */
static struct example *make_examples(const struct model *model, bool only_last,
                                     struct arena *arena)
{
    const struct history *histories =
        sample_histories(model->trained->schema, MANY, LONGEST, arena, 5);
    struct example *examples = arena_array(arena, MANY, sizeof *examples);
    struct random random;
    random_init(&random, 6, 0);
    for (size_t i = 0; i < MANY; i++) {
        uint32_t length = histories[i].length;
        uint32_t *actions = arena_array(arena, length, sizeof *actions);
        for (uint32_t t = 0; t < length; t++) {
            uint64_t drawn = random_below(&random, C + 2);
            actions[t] = drawn < C    ? (uint32_t)drawn
                         : drawn == C ? (uint32_t)ACTION_NONE
                                      : (uint32_t)ACTION_OTHER;
            if (only_last)
                actions[t] = t + 1 == length ? (uint32_t)(i % C) : (uint32_t)ACTION_NONE;
        }
        examples[i] = (struct example){histories[i], (uint32_t)(i % C), actions};
    }
    return examples;
}

static struct model *make_model(enum task task)
{
    struct spec spec = sample_spec(2, 3, 6, 2, 1);
    struct model *model = sample_model(sample_rich, &spec, 0.5f, 3);
    model->trained->task = task;
    return model;
}

START_TEST(test_targets_of_each_task)
{
    static const uint32_t actions[] = {0, ACTION_NONE, 2, ACTION_OTHER, 1};
    const struct trained_model model = {.action_count = C};
    const struct example last = {{.length = 5}, 1, NULL},
                         other = {{.length = 5}, 7, NULL};
    const struct example every = {{.length = 5}, 0, actions};
    const struct trained_model next = {.action_count = C, .task = TASK_NEXT};
    const struct training prefixes = {.prefix_weight = 0.5};
    ck_assert_uint_eq(example_target_count(&model, &plain, &last), 1);
    ck_assert_uint_eq(example_target_count(&model, &plain, &other), 0);
    ck_assert_uint_eq(example_target_count(&next, &plain, &every), 3);
    ck_assert_uint_eq(example_target_count(&model, &prefixes, &last), 5);
    ck_assert_uint_eq(example_target_count(&model, &prefixes, &other), 0);
    ck_assert_uint_eq(example_target_count(&next, &prefixes, &every), 3);
    ck_assert_uint_eq(example_action(&last, 3), ACTION_NONE);
    ck_assert_uint_eq(example_action(&last, 4), 1);
    ck_assert_uint_eq(example_action(&every, 2), 2);
}
END_TEST

static void gradient(const struct model *model, const struct example *examples,
                     float *gradients, double *loss)
{
    const struct example *pointers[MANY];
    struct data_parallel parallel;
    for (size_t i = 0; i < MANY; i++)
        pointers[i] = &examples[i];
    ck_assert_int_eq(data_parallel_init(&parallel, model->trained, &plain, MANY, NULL),
                     STATUS_OK);
    const struct example_list batch = {.items = pointers, .count = MANY};
    ck_assert_int_eq(
        data_parallel_backward(&parallel, model->trained->params, batch, 0, loss, NULL),
        STATUS_OK);
    memcpy(gradients, data_parallel_gradients(&parallel),
           model->trained->tensors.floats * sizeof *gradients);
    data_parallel_release(&parallel);
}

/* Labels after the last event only: TASK_EVERY and TASK_LAST have the same gradient. */
START_TEST(test_label_of_the_last_event_alone_is_task_last)
{
    struct model *last = make_model(TASK_LAST), *every = make_model(TASK_EVERY);
    struct arena arena;
    double loss[2];
    arena_init(&arena, SIZE_MAX);
    struct example *examples = make_examples(every, true, &arena);
    float *a = tensors_zeros(&every->trained->tensors),
          *b = tensors_zeros(&every->trained->tensors);
    gradient(every, examples, a, &loss[0]);
    for (size_t i = 0; i < MANY; i++)
        examples[i].actions = NULL;
    gradient(last, examples, b, &loss[1]);
    assert_close("loss", 0, loss[0], loss[1], 1e-12);
    for (size_t i = 0; i < every->trained->tensors.floats; i++)
        assert_close("gradient", i, (double)a[i], (double)b[i], 1e-6);
    free(a);
    free(b);
    arena_release(&arena);
    triage_model_free(last);
    triage_model_free(every);
}
END_TEST

/* The loss is the mean of -ln p over all labels, where p is the answer of the service. */
START_TEST(test_loss_is_the_mean_over_all_labels)
{
    struct model *model = make_model(TASK_EVERY);
    struct classifier *classifier = triage_classifier_new(model, 1, LONGEST, NULL);
    float *gradients = tensors_zeros(&model->trained->tensors), trace[LONGEST * C];
    double loss, expected = 0.0, labels = 0.0;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct example *examples = make_examples(model, false, &arena);
    gradient(model, examples, gradients, &loss);
    for (size_t i = 0; i < MANY; i++) {
        triage_classifier_trace(classifier, &examples[i].history, trace, NULL);
        for (uint32_t t = 0; t < examples[i].history.length; t++)
            if (examples[i].actions[t] < C) {
                expected -= log((double)trace[t * C + examples[i].actions[t]]);
                labels += 1.0;
            }
    }
    ck_assert(labels > MANY);
    assert_close("mean loss", 0, loss, expected / labels, 1e-6);
    free(gradients);
    triage_classifier_free(classifier);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* Neither loss nor accuracy depend on how many logits are computed at a time. */
START_TEST(test_validation_does_not_depend_on_its_pieces)
{
    struct model *model = make_model(TASK_EVERY);
    struct loss_metrics whole, pieces;
    double temperature = 0.0;
    struct validation v;
    struct data_parallel parallel;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct example *examples = make_examples(model, false, &arena);
    ck_assert_int_eq(data_parallel_init(&parallel, model->trained, &plain, MANY, NULL),
                     STATUS_OK);
    ck_assert_int_eq(validation_init(&v, model->trained, 1, &plain, examples, MANY, NULL),
                     STATUS_OK);
    ck_assert_uint_gt(v.capacity, 3 * LONGEST);
    validation_measure(&v, &parallel, model->trained->params, &whole, NULL);
    v.capacity = LONGEST;
    validation_measure(&v, &parallel, model->trained->params, &pieces, NULL);
    assert_close("loss", 0, pieces.loss, whole.loss, 1e-9);
    assert_close("accuracy", 0, pieces.accuracy, whole.accuracy, 1e-12);
    ck_assert_int_eq(validation_fit_temperature(&v, &parallel, model->trained->params,
                                                &temperature, NULL),
                     STATUS_OK);
    ck_assert(temperature >= 0.125 && temperature <= 8.0);
    validation_release(&v);
    data_parallel_release(&parallel);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/*
 * Sequences x y z x ... or z y x z ...: only the first event says which.  After x, y and z are
 * equally likely.
 */
enum { TURNS = 120, TURN_EVENTS = 10 };

struct turns {
    uint32_t ids[TURNS][TURN_EVENTS], actions[TURNS][TURN_EVENTS];
    struct example examples[TURNS];
};

static struct turns *turns_new(void)
{
    struct turns *turns = calloc(1, sizeof *turns);
    struct random random;
    random_init(&random, 1, 0);
    for (size_t i = 0; i < TURNS; i++) {
        uint32_t length = 3 + (uint32_t)random_below(&random, TURN_EVENTS - 2);
        uint32_t way = 1 + (uint32_t)random_below(&random, 2);
        uint32_t at = (uint32_t)random_below(&random, 3);
        turns->ids[i][0] = 4 + way; /* "clockwise", "against" */
        for (uint32_t t = 1; t < length; t++) {
            turns->ids[i][t] = 2 + at;
            at = (at + way) % 3;
        }
        turns->actions[i][0] = ACTION_NONE; /* the begin is random */
        for (uint32_t t = 1; t + 1 < length; t++)
            turns->actions[i][t] = turns->ids[i][t + 1] - 2;
        turns->actions[i][length - 1] = ACTION_NONE; /* so is the end */
        turns->examples[i] = (struct example){
            {.ids = turns->ids[i], .length = length}, 0, turns->actions[i]};
    }
    return turns;
}

static char *train_turns(const struct turns *turns, uint32_t threads,
                         struct report *report, size_t *length)
{
    static const char *const actions[] = {"x", "y", "z"};
    const struct training training = {.epochs = 40,
                                      .patience = 40,
                                      .batch = 32,
                                      .learning_rate = 0.02,
                                      .clip = 1.0,
                                      .average = 0.9,
                                      .calibrate = true,
                                      .seed = 1,
                                      .threads = threads};
    struct schema *schema = sample_schema(sample_plain);
    struct spec spec = sample_spec(2, 6, 12, 1, 1);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, TASK_NEXT, actions, 3, &training, NULL);
    char *bytes = NULL;
    const struct training_data data = {.train = turns->examples,
                                       .validation = turns->examples + 80,
                                       .train_count = 80,
                                       .validation_count = 40};
    ck_assert_int_eq(triage_trainer_train(trainer, &data, NULL, report, NULL), STATUS_OK);
    ck_assert_int_eq(triage_trainer_write(trainer,
                                          &(struct model_annex){.report = report}, &bytes,
                                          length, NULL),
                     STATUS_OK);
    triage_trainer_free(trainer);
    triage_schema_free(schema);
    return bytes;
}

START_TEST(test_network_continues_sequences)
{
    struct turns *turns = turns_new();
    struct report report;
    size_t length, again;
    char *one = train_turns(turns, 1, &report, &length);
    char *three = train_turns(turns, 3, &report, &again);
    struct model *model = triage_model_read("turns", one, length, NULL);
    ck_assert_msg(report.validation_accuracy == 1.0 && report.validation_loss < 0.05,
                  "accuracy %g, loss %g", report.validation_accuracy,
                  report.validation_loss);
    ck_assert(length == again && memcmp(one, three, length) == 0);
    ck_assert_int_eq(triage_model_task(model), TASK_NEXT);
    triage_model_free(model);
    free(one);
    free(three);
    free(turns);
}
END_TEST

START_TEST(test_two_directions_are_refused)
{
    static const char *const actions[] = {"a", "b"};
    struct schema *schema = sample_schema(sample_plain);
    struct spec spec = sample_spec(2, 6, 12, 1, 2);
    struct error err = {.status = STATUS_OK};
    ck_assert_ptr_null(triage_trainer_new(schema, &spec, _i == 0 ? TASK_NEXT : TASK_EVERY,
                                          actions, 2, &plain, &err));
    ck_assert_int_eq(err.status, STATUS_BAD_INPUT);
    ck_assert_str_eq(err.where, "/network/directions");
    triage_schema_free(schema);
}
END_TEST

Suite *tasks_suite(void)
{
    Suite *suite = suite_create("tasks");
    TCase *tc = tcase_create("tasks");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test_targets_of_each_task);
    tcase_add_test(tc, test_label_of_the_last_event_alone_is_task_last);
    tcase_add_test(tc, test_loss_is_the_mean_over_all_labels);
    tcase_add_test(tc, test_validation_does_not_depend_on_its_pieces);
    tcase_add_test(tc, test_network_continues_sequences);
    tcase_add_loop_test(tc, test_two_directions_are_refused, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}

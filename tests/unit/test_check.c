/* What `triage check` says of models that are well and of models that were broken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "architecture.h"
#include "check/check.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { MANY = 24, LENGTH = 20 };

struct scene {
    struct arena arena;
    struct findings findings;
    struct checking checking;
};

static void scene_init(struct scene *scene, const struct model *model, size_t count)
{
    arena_init(&scene->arena, SIZE_MAX);
    findings_init(&scene->findings);
    scene->checking = (struct checking){.model = model,
                                        .count = count,
                                        .training = {.batch = 8, .clip = 1.0},
                                        .seed = 1,
                                        .arena = &scene->arena,
                                        .findings = &scene->findings};
    scene->checking.histories = triage_histories_draw(triage_model_schema(model), count,
                                                      1, LENGTH, 1, &scene->arena, NULL);
}

static enum status check_all(struct scene *scene)
{
    const struct checking *c = &scene->checking;
    enum status status = check_structure(c, NULL);

    if (status == STATUS_OK)
        status = check_answers(c, NULL);
    if (status == STATUS_OK)
        status = check_weights(c, NULL);
    return status == STATUS_OK ? check_gradients(c, LENGTH, NULL) : status;
}

static void scene_release(struct scene *scene)
{
    findings_release(&scene->findings);
    arena_release(&scene->arena);
}

static void assert_says(const struct scene *scene, const char *about, const char *line)
{
    if (strstr(scene->findings.text.bytes, line) == NULL)
        ck_abort_msg("%s: nobody said \"%s\" in:\n%s", about, line,
                     scene->findings.text.bytes);
}

START_TEST(test_models_that_are_well)
{
    const char *name;
    struct model *model = sample_shape(_i, &name);
    struct scene scene;

    scene_init(&scene, model, MANY);
    ck_assert_int_eq(check_all(&scene), STATUS_OK);
    ck_assert_msg(scene.findings.failures == 0, "%s:\n%s", name,
                  scene.findings.text.bytes);
    ck_assert_uint_eq(scene.findings.checks, 8);
    assert_says(&scene, name, "note  golden      there is none");
    assert_says(&scene, name, "ok    order");
    scene_release(&scene);
    triage_model_free(model);
}
END_TEST

START_TEST(test_the_lesson)
{
    struct model *model = triage_model_load("models/lesson.safetensors", NULL);
    struct scene scene;

    scene_init(&scene, model, MANY);
    ck_assert_int_eq(check_all(&scene), STATUS_OK);
    ck_assert_uint_eq(scene.findings.failures, 0);
    assert_says(&scene, "golden", "ok    golden");
    assert_says(&scene, "shapes", "layer 0  [3] -> gates h [1*2] -> state [2]\n");
    assert_says(&scene, "parameters", "21 parameters (23 stored numbers)\n");
    assert_says(&scene, "equations", "h' = tanh(W x + b_ih + U h + b_hh)\n");
    assert_says(&scene, "no training", "there is no report of a training\n");
    scene_release(&scene);
    triage_model_free(model);
}
END_TEST

/* A part of a tensor, from first on, is overwritten with a number. */
static const struct {
    const char *about;
    int cell;
    const char *tensor;
    size_t first, count;
    float value;
    size_t failures;
    const char *says;
} broken[] = {
    {"gru, update forgets the state", 2, "rnn.weight_hh_l0", 16, 16, 0, 1,
     "FAIL  weights     rnn.weight_hh_l0: all numbers of gate z are 0\n"},
    {"gru, reset is blind", 4, "rnn.weight_ih_l0", 0, 12, 0, 1,
     "FAIL  weights     rnn.weight_ih_l0: all numbers of gate r are 0\n"},
    {"gru, candidate is constant", 3, "rnn.weight_hh_l0", 32, 16, 0.5f, 1,
     "FAIL  weights     rnn.weight_hh_l0: all numbers of gate n are 0.5\n"},
    {"lstm, forget", 1, "rnn.weight_hh_l0", 16, 16, 0, 1,
     "FAIL  weights     rnn.weight_hh_l0: all numbers of gate f are 0\n"},
    {"lstm, output", 1, "rnn.weight_ih_l0", 36, 12, 0, 1,
     "FAIL  weights     rnn.weight_ih_l0: all numbers of gate o are 0\n"},
    {"rnn, no memory", 0, "rnn.weight_hh_l0", 0, 16, 0, 1,
     "FAIL  weights     rnn.weight_hh_l0: all numbers of gate h are 0\n"},
    {"an action without a head", 2, "head.weight", 4, 4, 0, 1,
     "FAIL  weights     head.weight: the row of action \"rollback\" is all 0\n"},
    {"events that nobody can tell apart", 2, "embedding.event.weight", 6, 15, 0.5f, 2,
     "FAIL  weights     embedding.event.weight: the rows of all 5 values are alike"},
    {"then their order is not seen", 2, "embedding.event.weight", 6, 15, 0.5f, 2,
     "reversed, the probabilities of 0 (0 %) change and the action of 0 (0 %)\n"},
    {"a cell that sees no event", 0, "rnn.weight_ih_l0", 0, 12, 0, 3,
     "FAIL  weights     rnn.weight_ih_l0: all numbers of gate h are 0\n"},
    {"a head that sees no state sends nothing back", 1, "head.weight", 0, 12, 0, 5,
     "FAIL  gradients   the loss sends nothing back to the last event\n"},
    {"one number that is left is enough", 2, "rnn.weight_hh_l0", 17, 15, 0, 0,
     "ok    weights"},
    {"weights that lead to no number", 0, "head.weight", 0, 12, 3e38f, 2,
     "FAIL  sums        history 1 of 24 has no finite answer\n"},
};

START_TEST(test_models_that_are_broken)
{
    struct spec spec = sample_spec(broken[_i].cell, 3, 4, 1, 1);
    struct trainer *trainer = sample_trainer(sample_plain, &spec, 0.8f, 1);
    struct scene scene;
    size_t count, length;
    float *w = triage_trainer_tensor(trainer, broken[_i].tensor, &count);
    char *bytes;

    ck_assert_uint_le(broken[_i].first + broken[_i].count, count);
    for (size_t i = 0; i < broken[_i].count; i++)
        w[broken[_i].first + i] = broken[_i].value;
    ck_assert_int_eq(
        triage_trainer_write(trainer, NULL, NULL, NULL, &bytes, &length, NULL),
        STATUS_OK);
    struct model *model = triage_model_read("broken", bytes, length, NULL);
    scene_init(&scene, model, MANY);
    ck_assert_int_eq(check_all(&scene), STATUS_OK);
    assert_says(&scene, broken[_i].about, broken[_i].says);
    ck_assert_msg(scene.findings.failures == broken[_i].failures,
                  "%s: %zu failures, expected %zu:\n%s", broken[_i].about,
                  scene.findings.failures, broken[_i].failures,
                  scene.findings.text.bytes);
    scene_release(&scene);
    triage_model_free(model);
    triage_trainer_free(trainer);
    free(bytes);
}
END_TEST

/* Too little to judge by is a note, never a failure. */
START_TEST(test_one_history)
{
    static const uint32_t ids[] = {3};
    const struct history history = {.ids = ids, .length = 1};
    const struct example example = {.history = history, .action = 0};
    struct spec spec = sample_spec(2, 3, 4, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.8f, 1);
    struct scene scene;

    scene_init(&scene, model, 1);
    scene.checking.histories = &history;
    scene.checking.examples = &example;
    scene.checking.example_count = 1;
    ck_assert_int_eq(check_all(&scene), STATUS_OK);
    ck_assert_uint_eq(scene.findings.failures, 0);
    assert_says(&scene, "order", "note  order       no history differs from its reverse");
    assert_says(&scene, "units", "note  units       one history does not show");
    assert_says(
        &scene, "gradients",
        "note  gradients   none of 1 histories has 20 events; --length takes less\n");
    scene_release(&scene);
    triage_model_free(model);
}
END_TEST

/* Histories of events that the model never met: whatever it says of them is no fault of it. */
START_TEST(test_unknown_events)
{
    enum { EVENTS = 6 };
    static const uint32_t ids[EVENTS];
    struct history histories[MANY];
    struct spec spec = sample_spec(_i, 3, 4, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.8f, 1);
    struct scene scene;

    scene_init(&scene, model, MANY);
    for (size_t i = 0; i < MANY; i++)
        histories[i] = (struct history){.ids = ids, .length = EVENTS};
    scene.checking.histories = histories;
    ck_assert_int_eq(check_all(&scene), STATUS_OK);
    ck_assert_msg(scene.findings.failures == 0, "%s", scene.findings.text.bytes);
    assert_says(&scene, "order", "note  order       no history differs from its reverse");
    assert_says(&scene, "units",
                "note  units       no two of 24 histories differ but in length: nothing");
    histories[MANY / 2].ids = (const uint32_t[EVENTS]){0, 3};
    ck_assert_int_eq(check_weights(&scene.checking, NULL), STATUS_OK);
    assert_says(&scene, "one that differs", "ok    units       ");
    scene_release(&scene);
    triage_model_free(model);
}
END_TEST

/* The report's figures, and equations by the model's own convention. */
START_TEST(test_what_is_told)
{
    json_t *report = json_pack("{s:f, s:f}", "clip_rate", 0.125, "norm_largest", 7.5);
    struct spec spec = sample_spec(_i, 3, 4, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.8f, 1);
    struct scene scene;
    bool is_gru = spec.cell == CELL_GRU;

    scene_init(&scene, model, 2);
    scene.checking.report = report;
    ck_assert_int_eq(check_structure(&scene.checking, NULL), STATUS_OK);
    assert_says(&scene, "clipping",
                "note  clipping    in 12.5 % of its steps the training shortened the "
                "gradient to norm 1; the largest was 7.5");
    const char *text = scene.findings.text.bytes;
    ck_assert_int_eq(strstr(text, "f * c + i * g") != NULL, spec.cell == CELL_LSTM);
    ck_assert_int_eq(strstr(text, "r * (U_n h + b_hh_n)") != NULL,
                     is_gru && spec.reset == RESET_AFTER);
    ck_assert_int_eq(strstr(text, "U_n (r * h) + b_hh_n") != NULL,
                     is_gru && spec.reset == RESET_BEFORE);
    ck_assert_int_eq(strstr(text, "(1 - z) * n + z * h\n") != NULL,
                     is_gru && spec.update == UPDATE_KEEP);
    ck_assert_int_eq(strstr(text, "(1 - z) * h + z * n\n") != NULL,
                     is_gru && spec.update == UPDATE_WRITE);
    ck_assert_int_eq(strstr(text, "z is the fraction written") != NULL,
                     is_gru && spec.update == UPDATE_WRITE);
    scene_release(&scene);
    triage_model_free(model);
    json_decref(report);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct spec spec = sample_spec(2, 3, 4, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.8f, 1);

    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct scene scene;
        enum status status = STATUS_NO_MEMORY;
        scene_init(&scene, model, 3);
        if (scene.checking.histories != NULL)
            status = check_all(&scene);
        if (status == STATUS_OK && scene.findings.text.has_failed)
            status = STATUS_NO_MEMORY;
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        scene_release(&scene);
    }
    triage_model_free(model);
}
END_TEST

Suite *check_suite(void)
{
    Suite *suite = suite_create("check");
    TCase *tc = tcase_create("check");
    tcase_add_loop_test(tc, test_models_that_are_well, 0, SAMPLE_SHAPES);
    tcase_add_test(tc, test_the_lesson);
    tcase_add_loop_test(tc, test_models_that_are_broken, 0, COUNT(broken));
    tcase_add_test(tc, test_one_history);
    tcase_add_loop_test(tc, test_unknown_events, 0, SAMPLE_CELLS);
    tcase_add_loop_test(tc, test_what_is_told, 0, SAMPLE_CELLS);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

/* What `triage check` finds in good models and in models that were broken on purpose. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "architecture.h"
#include "check/check.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { MANY = 24, LENGTH = 20 };

struct fixture {
    struct arena arena;
    struct findings findings;
    struct check check;
};

static void fixture_init(struct fixture *fixture, const struct model *model, size_t count)
{
    arena_init(&fixture->arena, SIZE_MAX);
    findings_init(&fixture->findings);
    fixture->check = (struct check){.model = model,
                                    .count = count,
                                    .training = {.batch = 8, .clip = 1.0},
                                    .seed = 1,
                                    .arena = &fixture->arena,
                                    .findings = &fixture->findings};
    fixture->check.histories = triage_histories_draw(triage_model_schema(model), count, 1,
                                                     LENGTH, 1, &fixture->arena, NULL);
}

static enum status check_all(struct fixture *fixture)
{
    const struct check *c = &fixture->check;
    enum status status = check_structure(c, NULL);
    if (status == STATUS_OK)
        status = check_answers(c, NULL);
    if (status == STATUS_OK)
        status = check_weights(c, NULL);
    return status == STATUS_OK ? check_gradients(c, LENGTH, NULL) : status;
}

static void fixture_release(struct fixture *fixture)
{
    findings_release(&fixture->findings);
    arena_release(&fixture->arena);
}

static void assert_finds(const struct fixture *fixture, const char *about,
                         const char *line)
{
    if (!strstr(fixture->findings.text.bytes, line))
        ck_abort_msg("%s: no line \"%s\" in:\n%s", about, line,
                     fixture->findings.text.bytes);
}

START_TEST(test_good_models_pass)
{
    const char *name;
    struct model *model = sample_shape(sample_round(_i), &name);
    struct fixture fixture;
    fixture_init(&fixture, model, MANY);
    ck_assert_int_eq(check_all(&fixture), STATUS_OK);
    ck_assert_msg(fixture.findings.failures == 0, "%s:\n%s", name,
                  fixture.findings.text.bytes);
    ck_assert_uint_eq(fixture.findings.checks, 8);
    assert_finds(&fixture, name, "note  golden      there is none");
    assert_finds(&fixture, name, "ok    order");
    fixture_release(&fixture);
    triage_model_free(model);
}
END_TEST

START_TEST(test_the_lesson_passes)
{
    struct model *model = triage_model_load("models/lesson.safetensors", NULL);
    struct fixture fixture;
    fixture_init(&fixture, model, MANY);
    ck_assert_int_eq(check_all(&fixture), STATUS_OK);
    ck_assert_uint_eq(fixture.findings.failures, 0);
    assert_finds(&fixture, "golden", "ok    golden");
    assert_finds(&fixture, "shapes", "layer 0  [3] -> gates h [1*2] -> state [2]\n");
    assert_finds(&fixture, "parameters", "21 parameters (23 stored numbers)\n");
    assert_finds(&fixture, "equations", "h' = tanh(W x + b_ih + U h + b_hh)\n");
    assert_finds(&fixture, "no training", "the file has no report of a training\n");
    fixture_release(&fixture);
    triage_model_free(model);
}
END_TEST

/* count numbers of a tensor, from first on, are set to value. */
static const struct {
    const char *about;
    int cell;
    const char *tensor;
    size_t first, count;
    float value;
    size_t failures;
    const char *line; /* among the findings */
} broken[] = {
    {"gru, update gate without recurrent weights", 2, "rnn.weight_hh_l0", 16, 16, 0, 1,
     "FAIL  weights     rnn.weight_hh_l0: all numbers of gate z are 0\n"},
    {"gru, reset gate without input weights", 4, "rnn.weight_ih_l0", 0, 12, 0, 1,
     "FAIL  weights     rnn.weight_ih_l0: all numbers of gate r are 0\n"},
    {"gru, candidate with equal weights", 3, "rnn.weight_hh_l0", 32, 16, 0.5f, 1,
     "FAIL  weights     rnn.weight_hh_l0: all numbers of gate n are 0.5\n"},
    {"lstm, forget gate without recurrent weights", 1, "rnn.weight_hh_l0", 16, 16, 0, 1,
     "FAIL  weights     rnn.weight_hh_l0: all numbers of gate f are 0\n"},
    {"lstm, output gate without input weights", 1, "rnn.weight_ih_l0", 36, 12, 0, 1,
     "FAIL  weights     rnn.weight_ih_l0: all numbers of gate o are 0\n"},
    {"rnn without recurrent weights", 0, "rnn.weight_hh_l0", 0, 16, 0, 1,
     "FAIL  weights     rnn.weight_hh_l0: all numbers of gate h are 0\n"},
    {"an action whose row of the head is 0", 2, "head.weight", 4, 4, 0, 1,
     "FAIL  weights     head.weight: the row of action \"rollback\" is all 0\n"},
    {"events with equal embeddings", 2, "embedding.event.weight", 6, 15, 0.5f, 2,
     "FAIL  weights     embedding.event.weight: the rows of all 5 values are equal"},
    {"then the order of events changes nothing", 2, "embedding.event.weight", 6, 15, 0.5f,
     2,
     "reversed histories, 0 (0 %) get other probabilities and 0 (0 %) another action\n"},
    {"a cell without input weights", 0, "rnn.weight_ih_l0", 0, 12, 0, 3,
     "FAIL  weights     rnn.weight_ih_l0: all numbers of gate h are 0\n"},
    {"a head of zeros: no gradient reaches the network", 1, "head.weight", 0, 12, 0, 5,
     "FAIL  gradients   the gradient of the loss is 0 at the last event\n"},
    {"one weight other than 0 is enough", 2, "rnn.weight_hh_l0", 17, 15, 0, 0,
     "ok    weights"},
    {"weights so large that the answer is not finite", 0, "head.weight", 0, 12, 3e38f, 2,
     "FAIL  sums        the answer to history 1 of 24 is not finite\n"},
};

START_TEST(test_broken_models_fail)
{
    struct spec spec = sample_spec(broken[_i].cell, 3, 4, 1, 1);
    struct trainer *trainer = sample_trainer(sample_plain, &spec, 0.8f, 1);
    struct fixture fixture;
    size_t count, length;
    float *w = triage_trainer_tensor(trainer, broken[_i].tensor, &count);
    char *bytes;
    ck_assert_uint_le(broken[_i].first + broken[_i].count, count);
    for (size_t i = 0; i < broken[_i].count; i++)
        w[broken[_i].first + i] = broken[_i].value;
    ck_assert_int_eq(triage_trainer_write(trainer, NULL, &bytes, &length, NULL),
                     STATUS_OK);
    struct model *model = triage_model_read("broken", bytes, length, NULL);
    fixture_init(&fixture, model, MANY);
    ck_assert_int_eq(check_all(&fixture), STATUS_OK);
    assert_finds(&fixture, broken[_i].about, broken[_i].line);
    ck_assert_msg(fixture.findings.failures == broken[_i].failures,
                  "%s: %zu failures, expected %zu:\n%s", broken[_i].about,
                  fixture.findings.failures, broken[_i].failures,
                  fixture.findings.text.bytes);
    fixture_release(&fixture);
    triage_model_free(model);
    triage_trainer_free(trainer);
    free(bytes);
}
END_TEST

/* With too little data to decide, there is a note, never a failure. */
START_TEST(test_one_history_gives_notes_only)
{
    static const uint32_t ids[] = {3};
    const struct history history = {.ids = ids, .length = 1};
    const struct example example = {.history = history, .action = 0};
    struct spec spec = sample_spec(2, 3, 4, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.8f, 1);
    struct fixture fixture;
    fixture_init(&fixture, model, 1);
    fixture.check.histories = &history;
    fixture.check.examples = &example;
    fixture.check.example_count = 1;
    ck_assert_int_eq(check_all(&fixture), STATUS_OK);
    ck_assert_uint_eq(fixture.findings.failures, 0);
    assert_finds(&fixture, "order",
                 "note  order       no history differs from its reverse");
    assert_finds(&fixture, "units", "note  units       one history does not show");
    assert_finds(&fixture, "gradients",
                 "note  gradients   none of 1 histories has 20 events; --length sets "
                 "another number\n");
    fixture_release(&fixture);
    triage_model_free(model);
}
END_TEST

/* Histories of unknown events do not show whether the model is good. */
START_TEST(test_unknown_events_give_notes_only)
{
    enum { EVENTS = 6 };
    static const uint32_t ids[EVENTS];
    struct history histories[MANY];
    struct spec spec = sample_spec(_i, 3, 4, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.8f, 1);
    struct fixture fixture;
    fixture_init(&fixture, model, MANY);
    for (size_t i = 0; i < MANY; i++)
        histories[i] = (struct history){.ids = ids, .length = EVENTS};
    fixture.check.histories = histories;
    ck_assert_int_eq(check_all(&fixture), STATUS_OK);
    ck_assert_msg(fixture.findings.failures == 0, "%s", fixture.findings.text.bytes);
    assert_finds(&fixture, "order",
                 "note  order       no history differs from its reverse");
    assert_finds(
        &fixture, "units",
        "note  units       the 24 histories differ only in length, so this cannot");
    histories[MANY / 2].ids = (const uint32_t[EVENTS]){0, 3};
    ck_assert_int_eq(check_weights(&fixture.check, NULL), STATUS_OK);
    assert_finds(&fixture, "one that differs", "ok    units       ");
    fixture_release(&fixture);
    triage_model_free(model);
}
END_TEST

/* The numbers of the report, and the equations with the model's own conventions. */
START_TEST(test_report_and_equations)
{
    json_t *report = json_pack("{s:f, s:f}", "clip_rate", 0.125, "norm_largest", 7.5);
    struct spec spec = sample_spec(_i, 3, 4, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.8f, 1);
    struct fixture fixture;
    bool is_gru = spec.cell == CELL_GRU;
    fixture_init(&fixture, model, 2);
    fixture.check.report = report;
    ck_assert_int_eq(check_structure(&fixture.check, NULL), STATUS_OK);
    assert_finds(&fixture, "clipping",
                 "note  clipping    in 12.5 % of its steps the training scaled the "
                 "gradient down to norm 1; the largest was 7.5");
    const char *text = fixture.findings.text.bytes;
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
    fixture_release(&fixture);
    triage_model_free(model);
    json_decref(report);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct spec spec = sample_spec(2, 3, 4, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.8f, 1);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct fixture fixture;
        enum status status = STATUS_NO_MEMORY;
        fixture_init(&fixture, model, 3);
        if (fixture.check.histories)
            status = check_all(&fixture);
        if (status == STATUS_OK && fixture.findings.text.has_failed)
            status = STATUS_NO_MEMORY;
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        fixture_release(&fixture);
    }
    triage_model_free(model);
}
END_TEST

Suite *check_suite(void)
{
    Suite *suite = suite_create("check");
    TCase *tc = tcase_create("check");
    tcase_add_loop_test(tc, test_good_models_pass, 0, sample_rounds());
    tcase_add_test(tc, test_the_lesson_passes);
    tcase_add_loop_test(tc, test_broken_models_fail, 0, COUNT(broken));
    tcase_add_test(tc, test_one_history_gives_notes_only);
    tcase_add_loop_test(tc, test_unknown_events_give_notes_only, 0, SAMPLE_CELLS);
    tcase_add_loop_test(tc, test_report_and_equations, 0, SAMPLE_CELLS);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

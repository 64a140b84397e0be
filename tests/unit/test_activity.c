/* What gates and units do, where the weights were set so that it is known. */
#include <stdlib.h>
#include <string.h>

#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { MANY = 50, H = 4 };

/* One gate's bias pushed far up: all of its values, and of no other's, are at the end. */
static const struct {
    const char *about;
    int cell;
    size_t gate, gates;
    float push;
} cases[] = {
    {"rnn, candidate", 0, 0, 1, 50},      {"lstm, input", 1, 0, 4, 50},
    {"lstm, forget", 1, 1, 4, -50},       {"lstm, candidate", 1, 2, 4, -50},
    {"lstm, output", 1, 3, 4, 50},        {"gru, reset", 2, 0, 3, 50},
    {"gru, update", 3, 1, 3, -50},        {"gru, candidate", 2, 2, 3, 50},
    {"before, reset", 4, 0, 3, -50},      {"before, candidate", 5, 2, 3, 50},
    {"nothing pushed, lstm", 1, 9, 4, 0}, {"nothing pushed, gru", 2, 9, 3, 0},
};

static struct model *finish(struct trainer *trainer)
{
    struct model *model;
    size_t length;
    char *bytes;

    ck_assert_int_eq(
        triage_trainer_write(trainer, NULL, NULL, NULL, &bytes, &length, NULL),
        STATUS_OK);
    model = triage_model_read("pushed", bytes, length, NULL);
    ck_assert_ptr_nonnull(model);
    free(bytes);
    triage_trainer_free(trainer);
    return model;
}

START_TEST(test_saturated)
{
    struct spec spec = sample_spec(cases[_i].cell, 3, H, 1, 1);
    struct trainer *trainer = sample_trainer(sample_plain, &spec, 0.4f, 1);
    struct activity activity;
    struct arena arena;
    size_t count;
    float *bias = triage_trainer_tensor(trainer, "rnn.bias_ih_l0", &count);

    for (size_t j = 0; cases[_i].gate < 4 && j < H; j++)
        bias[cases[_i].gate * H + j] += cases[_i].push;
    arena_init(&arena, SIZE_MAX);
    struct model *model = finish(trainer);
    struct history *histories =
        triage_histories_draw(model->trained->schema, MANY, 1, 20, 1, &arena, NULL);
    ck_assert_int_eq(triage_activity_measure(&activity, model, histories, MANY, NULL),
                     STATUS_OK);
    for (size_t gate = 0; gate < cases[_i].gates; gate++)
        assert_close(cases[_i].about, gate, activity.saturated[gate],
                     gate == cases[_i].gate, 0.0);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* A unit that sees neither events nor state never moves; one history moves nobody. */
START_TEST(test_still)
{
    struct spec spec = sample_spec(_i, 3, H, 1, 1);
    struct trainer *trainer = sample_trainer(sample_plain, &spec, 0.8f, 1);
    struct activity activity;
    struct arena arena;
    size_t count, width = 3;
    float *w = triage_trainer_tensor(trainer, "rnn.weight_ih_l0", &count);
    size_t gates = count / (H * width);

    for (size_t gate = 0; gate < gates; gate++)
        memset(w + (gate * H + 2) * width, 0, width * sizeof *w);
    w = triage_trainer_tensor(trainer, "rnn.weight_hh_l0", &count);
    for (size_t gate = 0; gate < gates; gate++)
        memset(w + (gate * H + 2) * H, 0, H * sizeof *w);
    arena_init(&arena, SIZE_MAX);
    struct model *model = finish(trainer);
    struct history *histories =
        triage_histories_draw(model->trained->schema, MANY, 200, 220, 1, &arena, NULL);
    ck_assert_int_eq(triage_activity_measure(&activity, model, histories, MANY, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(activity.constant, 1);
    ck_assert_int_eq(triage_activity_measure(&activity, model, histories, 1, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(activity.constant, H);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct spec spec = sample_spec(2, 3, H, 2, 2);
    struct model *model = sample_model(sample_plain, &spec, 0.5f, 1);
    struct arena arena;

    arena_init(&arena, SIZE_MAX);
    struct history *histories =
        triage_histories_draw(model->trained->schema, 20, 100, 100, 1, &arena, NULL);
    for (unsigned n = 0; torture_again(&n);) {
        struct activity activity;
        ck_assert_int_eq(triage_activity_measure(&activity, model, histories, 20, NULL),
                         torture_has_struck() ? STATUS_NO_MEMORY : STATUS_OK);
    }
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

Suite *activity_suite(void)
{
    Suite *suite = suite_create("activity");
    TCase *tc = tcase_create("activity");
    tcase_add_loop_test(tc, test_saturated, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_still, 0, SAMPLE_CELLS);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

/*
 * Models of several networks.  The answer is the mean of the answers of the networks, in single
 * precision and in their order; it has the same bits alone and in any batch; and what only one
 * network has is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "infer/model.h"
#include "model/model_file.h"
#include "support/compare.h"
#include "support/kernels.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { C = SAMPLE_ACTIONS, HISTORIES = 40, LONGEST = 12 };

static const struct {
    const char *about;
    uint32_t members, embedding, hidden, layers, directions;
    const char *schema;
} shapes[] = {
    {"two networks", 2, 0, 5, 1, 1, sample_plain},
    {"three with numbers, times and embeddings", 3, 4, 7, 1, 1, sample_rich},
    {"three of two layers", 3, 3, 5, 2, 1, sample_plain},
    {"four of two directions", 4, 3, 5, 2, 2, sample_rich},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

struct fixture {
    const char *about;
    struct model *model;
    const struct history *histories;
    struct arena arena;
};

static struct spec shape_spec(int i)
{
    return sample_spec(i % SAMPLE_CELLS, shapes[i % SHAPES].embedding,
                       shapes[i % SHAPES].hidden, shapes[i % SHAPES].layers,
                       shapes[i % SHAPES].directions);
}

static struct fixture fixture_new(int i)
{
    struct spec spec = shape_spec(i);
    struct fixture fixture = {.about = shapes[i % SHAPES].about};
    fixture.model = sample_finish(sample_members(shapes[i % SHAPES].schema, &spec,
                                                 shapes[i % SHAPES].members, 0.9f, 7));
    arena_init(&fixture.arena, SIZE_MAX);
    fixture.histories = sample_histories(triage_model_schema(fixture.model), HISTORIES,
                                         LONGEST, &fixture.arena, 3);
    return fixture;
}

static void fixture_free(struct fixture *fixture)
{
    triage_model_free(fixture->model);
    arena_release(&fixture->arena);
}

/* A model of the m-th network of a model alone, made from the tensors by their names. */
static struct model *network_alone(int i, const struct model *model, uint32_t m)
{
    struct spec spec = shape_spec(i);
    struct trainer *trainer = sample_trainer(shapes[i % SHAPES].schema, &spec, 0.0f, 1);
    char prefix[32];
    size_t length = (size_t)snprintf(prefix, sizeof prefix, "member.%u.", (unsigned)m);
    size_t copied = 0;
    for (size_t t = 0; t < triage_model_tensor_count(model); t++) {
        struct tensor_view view = triage_model_tensor(model, t);
        size_t count;
        if (strncmp(view.name, prefix, length) != 0)
            continue;
        float *w = triage_trainer_tensor(trainer, view.name + length, &count);
        ck_assert_msg(w && count == (size_t)view.rows * view.columns, "%s", view.name);
        memcpy(w, view.data, count * sizeof *w);
        copied++;
    }
    ck_assert_uint_eq(copied * triage_model_members(model),
                      triage_model_tensor_count(model));
    return sample_finish(trainer);
}

/* p = ((p_0 + p_1) + p_2 ...) / members, for every cell, shape and kernel. */
START_TEST(test_the_answer_is_the_mean_of_the_answers_of_the_networks)
{
    for (int kernel = 0; kernel < KERNEL_NAMES; kernel++) {
        if (!kernels_try(kernel))
            continue;
        struct fixture fixture = fixture_new(_i);
        uint32_t members = triage_model_members(fixture.model);
        float mean[HISTORIES * C] = {0.0f};
        ck_assert_uint_eq(members, shapes[_i % SHAPES].members);
        ck_assert_int_eq(fixture.model->trained->numerics, NUMERICS_MEMBERS);
        for (uint32_t m = 0; m < members; m++) {
            struct model *network = network_alone(_i, fixture.model, m);
            float *answers = sample_alone(network, fixture.histories, HISTORIES, LONGEST);
            for (size_t j = 0; j < HISTORIES * C; j++)
                mean[j] += answers[j];
            free(answers);
            triage_model_free(network);
        }
        for (size_t j = 0; j < HISTORIES * C; j++)
            mean[j] /= (float)members;
        float *answers =
            sample_alone(fixture.model, fixture.histories, HISTORIES, LONGEST);
        assert_same_bits(fixture.about, answers, mean, HISTORIES * C);
        free(answers);
        fixture_free(&fixture);
    }
}
END_TEST

START_TEST(test_the_batch_changes_no_bit)
{
    struct fixture fixture = fixture_new(_i);
    float *alone = sample_alone(fixture.model, fixture.histories, HISTORIES, LONGEST);
    float *answers = malloc(HISTORIES * C * sizeof *answers);
    static const uint32_t rows[] = {2, 3, 16, 64};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct classifier *classifier =
            triage_classifier_new(fixture.model, rows[i], LONGEST, NULL);
        ck_assert_int_eq(triage_classifier_run(classifier, fixture.histories, HISTORIES,
                                               answers, NULL),
                         STATUS_OK);
        assert_same_bits(fixture.about, answers, alone, HISTORIES * C);
        triage_classifier_free(classifier);
    }
    free(answers);
    free(alone);
    fixture_free(&fixture);
}
END_TEST

/* Histories are admitted at any step, and every fifth one is dropped again. */
START_TEST(test_histories_that_come_and_go_change_no_bit)
{
    struct fixture fixture = fixture_new(_i);
    float *alone = sample_alone(fixture.model, fixture.histories, HISTORIES, LONGEST);
    struct classifier *classifier =
        triage_classifier_new(fixture.model, 7, LONGEST, NULL);
    size_t admitted = 0, ended = 0;
    while (admitted < HISTORIES || triage_classifier_rows(classifier) > 0) {
        float answer[C], *owner; /* the owner of a row is its expected answer */
        enum status status;
        if (admitted < HISTORIES &&
            triage_classifier_admit(classifier, &fixture.histories[admitted],
                                    &alone[admitted * C], NULL) == STATUS_OK)
            admitted++;
        triage_classifier_step(classifier, 1 + (uint32_t)(admitted % 3));
        if (admitted % 5 == 0 && admitted > 0)
            triage_classifier_drop(classifier, &alone[(admitted - 1) * C]);
        while ((owner = triage_classifier_finish(classifier, answer, &status))) {
            ck_assert_int_eq(status, STATUS_OK);
            assert_same_bits(fixture.about, answer, owner, C);
            ended++;
        }
    }
    ck_assert_uint_ge(ended, HISTORIES / 2);
    triage_classifier_free(classifier);
    free(alone);
    fixture_free(&fixture);
}
END_TEST

START_TEST(test_a_trace_has_the_answer_to_every_prefix)
{
    struct fixture fixture = fixture_new(_i);
    struct classifier *classifier =
        triage_classifier_new(fixture.model, 1, LONGEST, NULL);
    float trace[LONGEST * C], answer[C];
    struct error err = {0};
    for (size_t i = 0; i < HISTORIES; i++) {
        struct history prefix = fixture.histories[i];
        enum status status =
            triage_classifier_trace(classifier, &fixture.histories[i], trace, &err);
        if (shapes[_i % SHAPES].directions == 2) {
            ck_assert_int_eq(status, STATUS_BAD_INPUT);
            continue;
        }
        ck_assert_int_eq(status, STATUS_OK);
        for (prefix.length = 1; prefix.length <= fixture.histories[i].length;
             prefix.length++) {
            ck_assert_int_eq(triage_classifier_run(classifier, &prefix, 1, answer, NULL),
                             STATUS_OK);
            assert_same_bits(fixture.about, &trace[(prefix.length - 1) * C], answer, C);
        }
    }
    triage_classifier_free(classifier);
    fixture_free(&fixture);
}
END_TEST

START_TEST(test_states_gates_and_gradients_are_refused)
{
    struct fixture fixture = fixture_new(1);
    struct classifier *classifier =
        triage_classifier_new(fixture.model, 1, LONGEST, NULL);
    float state[64], answer[C];
    struct error err = {0};
    struct activity activity;
    struct lags lags;
    const struct training training = {.batch = 4};
    const struct example example = {.history = fixture.histories[0]};
    ck_assert_int_eq(
        triage_classifier_encode(classifier, &fixture.histories[0], state, &err),
        STATUS_BAD_INPUT);
    ck_assert_str_eq(err.text, "a model of 3 networks has no single state");
    ck_assert_uint_eq(triage_classifier_rows(classifier), 0);
    ck_assert_int_eq(triage_classifier_decide(classifier, state, answer, NULL),
                     STATUS_BAD_INPUT);
    ck_assert_int_eq(
        triage_activity_measure(&activity, fixture.model, fixture.histories, 1, NULL),
        STATUS_BAD_INPUT);
    ck_assert_int_eq(triage_lags_measure(&lags, fixture.model, &training, &example, 1, 1,
                                         &fixture.arena, NULL),
                     STATUS_BAD_INPUT);
    triage_classifier_free(classifier);
    fixture_free(&fixture);
}
END_TEST

/* Writing a loaded model again gives its bytes. */
START_TEST(test_the_file_holds_every_network)
{
    struct spec spec = shape_spec(1);
    struct trainer *trainer = sample_members(sample_rich, &spec, 3, 0.9f, 7);
    size_t length;
    char *bytes;
    struct strbuf again, description;
    ck_assert_int_eq(triage_trainer_write(trainer, NULL, &bytes, &length, NULL),
                     STATUS_OK);
    struct model *model = triage_model_read("members", bytes, length, NULL);
    strbuf_init(&again, SIZE_MAX);
    strbuf_init(&description, SIZE_MAX);
    triage_model_describe(model, &description);
    ck_assert_msg(strncmp(description.bytes, "{\"numerics\": 2, \"members\": 3, ", 30) ==
                      0,
                  "%.60s", description.bytes);
    model_file_write(model->trained, NULL, &again);
    ck_assert_uint_eq(again.length, length);
    ck_assert_mem_eq(again.bytes, bytes, length);
    ck_assert_str_eq(triage_model_tensor(model, 0).name,
                     "member.0.embedding.event.weight");
    strbuf_release(&again);
    strbuf_release(&description);
    triage_model_free(model);
    triage_trainer_free(trainer);
    free(bytes);
}
END_TEST

static const struct {
    const char *about, *from, *to, *where, *text;
} bad[] = {
    {"a network that is not there", "member.1.head.bias", "member.3.head.bias",
     "member.3.head.bias", "the network has no such tensor"},
    {"a tensor without its network", "member.1.head.bias", "member_1.head.bias",
     "member_1.head.bias", "the network has no such tensor"},
    {"another spelling of the number", "member.1.head.bias", "member.+1head.bias",
     "member.+1head.bias", "the network has no such tensor"},
};

START_TEST(test_a_bad_name_is_refused)
{
    struct spec spec = shape_spec(0);
    struct trainer *trainer = sample_members(sample_plain, &spec, 3, 0.9f, 7);
    struct error err = {0};
    size_t length;
    char *bytes;
    ck_assert_int_eq(triage_trainer_write(trainer, NULL, &bytes, &length, NULL),
                     STATUS_OK);
    char *name = memmem(bytes, length, bad[_i].from, strlen(bad[_i].from));
    ck_assert_msg(name && strlen(bad[_i].from) == strlen(bad[_i].to), "%s",
                  bad[_i].about);
    memcpy(name, bad[_i].to, strlen(bad[_i].to));
    ck_assert_msg(!triage_model_read("members", bytes, length, &err), "%s",
                  bad[_i].about);
    ck_assert_str_eq(err.where, bad[_i].where);
    ck_assert_str_eq(err.text, bad[_i].text);
    triage_trainer_free(trainer);
    free(bytes);
}
END_TEST

Suite *members_suite(void)
{
    Suite *suite = suite_create("members");
    TCase *tc = tcase_create("members");
    const int cases = SHAPES * SAMPLE_CELLS / 2; /* every shape, and every cell */
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_the_answer_is_the_mean_of_the_answers_of_the_networks, 0,
                        cases);
    tcase_add_loop_test(tc, test_the_batch_changes_no_bit, 0, SHAPES);
    tcase_add_loop_test(tc, test_histories_that_come_and_go_change_no_bit, 0, SHAPES);
    tcase_add_loop_test(tc, test_a_trace_has_the_answer_to_every_prefix, 0, SHAPES);
    tcase_add_test(tc, test_states_gates_and_gradients_are_refused);
    tcase_add_test(tc, test_the_file_holds_every_network);
    tcase_add_loop_test(tc, test_a_bad_name_is_refused, 0, sizeof bad / sizeof *bad);
    suite_add_tcase(suite, tc);
    return suite;
}

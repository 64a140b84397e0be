/*
 * The surprise of each event: it follows from the probabilities before the event, and noting it
 * changes no answer, in any batch.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "infer/model.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/kernels.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { ACTIONS = 6, LONGEST = 9, MANY = 40, END = 1 };

/* The actions in another order than the events a to e of the schema. */
static const char *const actions[ACTIONS] = {"c", END_OF_HISTORY, "a", "e", "b", "d"};
static const uint32_t action_of_event[] = {2, 4, 0, 5, 3};

static struct trainer *new_trainer(int cell, enum task task)
{
    const struct training training = {
        .batch = 16, .epochs = 1, .threads = 1, .seed = 7 + (uint64_t)cell};
    struct spec spec = sample_spec(cell, 3, 7, 1 + (uint32_t)cell % 2, 1);
    struct schema *schema = sample_schema(cell % 2 == 0 ? sample_plain : sample_rich);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, task, actions, ACTIONS, &training, NULL);
    ck_assert_ptr_nonnull(trainer);
    triage_schema_free(schema);
    size_t count;
    float *bias = triage_trainer_tensor(trainer, "head.bias", &count);
    for (size_t i = 0; i < count; i++)
        bias[i] = 0.3f * (float)i;
    return trainer;
}

static struct model *new_model(int cell)
{
    return sample_finish(new_trainer(cell, TASK_NEXT));
}

struct noted {
    struct included included;
    struct event_surprise events[LONGEST + 1];
};

static void watch(struct classifier *classifier, const struct history *history,
                  struct noted *noted, void *owner)
{
    noted->included =
        (struct included){.includes = 1U << INCLUDE_SURPRISE, .surprises = noted->events};
    ck_assert_int_eq(
        triage_classifier_watch(classifier, history, &noted->included, owner, NULL),
        STATUS_OK);
}

/* What a surprise must be, from the probabilities before it. */
static void check_surprise(const struct event_surprise *surprise, const float *p,
                           uint32_t action)
{
    uint32_t rank = 1;
    for (uint32_t i = 0; i < ACTIONS; i++)
        rank += p[i] > p[action] || (p[i] == p[action] && i < action);
    ck_assert_uint_eq(surprise->rank, rank);
    assert_same_bits("probability", &surprise->probability, &p[action], 1);
}

/* The history is decoded at random: ids of names that are unknown and missing, too. */
static void check_history(const struct model *model, const struct history *history,
                          const struct noted *noted, const float *trace)
{
    const size_t K = model->trained->schema->categories;
    const struct event_surprise *events = noted->events;
    ck_assert_uint_eq(events[0].rank, 0);
    for (uint32_t t = 0; t < history->length; t++) {
        uint32_t id = history->ids[t * K + model->event_column];
        ck_assert_uint_eq(events[t].event, t);
        if (t > 0 && id >= SCHEMA_FIRST)
            check_surprise(&events[t], trace + (t - 1) * ACTIONS,
                           action_of_event[id - SCHEMA_FIRST]);
        else if (t > 0)
            ck_assert_uint_eq(events[t].rank, id == SCHEMA_MISSING ? 0 : ACTIONS + 1);
        if (id < SCHEMA_FIRST)
            ck_assert(events[t].probability == 0.0f);
    }
    ck_assert_uint_eq(events[history->length].event, SURPRISE_END);
    check_surprise(&events[history->length], trace + (history->length - 1) * ACTIONS,
                   END);
}

START_TEST(test_surprises_follow_from_the_probabilities_before)
{
    struct model *model = new_model(_i);
    struct classifier *classifier = triage_classifier_new(model, 1, LONGEST, NULL);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, MANY, LONGEST, &arena, 3);
    for (size_t i = 0; i < MANY; i++) {
        float trace[LONGEST * ACTIONS], answer[ACTIONS];
        struct noted noted;
        enum status status;
        ck_assert_int_eq(triage_classifier_trace(classifier, &histories[i], trace, NULL),
                         STATUS_OK);
        watch(classifier, &histories[i], &noted, &noted);
        for (uint32_t steps = 1; steps <= LONGEST; steps += 2) /* 1 + 3 + 5 */
            triage_classifier_step(classifier, steps);
        ck_assert_ptr_eq(triage_classifier_finish(classifier, answer, &status), &noted);
        ck_assert_int_eq(status, STATUS_OK);
        check_history(model, &histories[i], &noted, trace);
        assert_same_bits("answer", answer, trace + (histories[i].length - 1) * ACTIONS,
                         ACTIONS);
    }
    triage_classifier_free(classifier);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* Every third history is watched, every seventh dropped; rows come and go. */
START_TEST(test_noting_surprises_changes_no_answer)
{
    struct model *model = new_model(_i);
    struct classifier *alone = triage_classifier_new(model, 1, LONGEST, NULL);
    struct classifier *classifier = triage_classifier_new(model, 5, LONGEST, NULL);
    struct noted *noted = calloc(MANY, sizeof *noted);
    struct arena arena;
    size_t ended = 0, dropped = 0;
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, MANY, LONGEST, &arena, 4);
    for (size_t next = 0; ended + dropped < MANY;) {
        while (next < MANY && triage_classifier_rows(classifier) < 5) {
            void *owner = &noted[next];
            if (next % 3 == 0)
                watch(classifier, &histories[next], &noted[next], owner);
            else
                ck_assert_int_eq(
                    triage_classifier_admit(classifier, &histories[next], owner, NULL),
                    STATUS_OK);
            if (next++ % 7 == 6) {
                triage_classifier_step(classifier, 1);
                triage_classifier_drop(classifier, owner);
                dropped++;
            }
        }
        triage_classifier_step(classifier, 2);
        float answer[ACTIONS], trace[LONGEST * ACTIONS];
        enum status status;
        for (struct noted *one = NULL;
             (one = triage_classifier_finish(classifier, answer, &status)); ended++) {
            size_t i = (size_t)(one - noted);
            ck_assert_int_eq(status, STATUS_OK);
            ck_assert_int_eq(triage_classifier_trace(alone, &histories[i], trace, NULL),
                             STATUS_OK);
            assert_same_bits("answer", answer,
                             trace + (histories[i].length - 1) * ACTIONS, ACTIONS);
            if (i % 3 == 0)
                check_history(model, &histories[i], one, trace);
        }
    }
    ck_assert_uint_eq(triage_classifier_rows(classifier), 0);
    free(noted);
    triage_classifier_free(classifier);
    triage_classifier_free(alone);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* Also if it is one of an event in the middle. */
START_TEST(test_a_probability_that_is_not_finite_is_an_error)
{
    struct trainer *trainer = new_trainer(2, TASK_NEXT);
    size_t count, failed = 0;
    float *w = triage_trainer_tensor(trainer, "head.weight", &count);
    for (size_t i = 0; i < count; i++)
        w[i] = copysignf(3e38f, w[i]);
    struct model *model = sample_finish(trainer);
    struct classifier *classifier = triage_classifier_new(model, 1, LONGEST, NULL);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, MANY, LONGEST, &arena, 5);
    for (size_t i = 0; i < MANY; i++) {
        struct noted noted;
        float answer[ACTIONS], trace[LONGEST * ACTIONS];
        enum status status;
        watch(classifier, &histories[i], &noted, &noted);
        triage_classifier_step(classifier, LONGEST);
        ck_assert_ptr_eq(triage_classifier_finish(classifier, answer, &status), &noted);
        ck_assert_int_eq(triage_classifier_trace(classifier, &histories[i], trace, NULL),
                         status);
        failed += status == STATUS_NOT_FINITE;
    }
    ck_assert_msg(failed > 0 && failed < MANY, "%zu failed", failed);
    arena_release(&arena);
    triage_classifier_free(classifier);
    triage_model_free(model);
}
END_TEST

START_TEST(test_only_the_task_next_has_surprises)
{
    struct error err = {.status = STATUS_OK};
    struct model *model = sample_finish(new_trainer(0, _i == 0 ? TASK_LAST : TASK_EVERY));
    ck_assert_int_eq(
        triage_includes_check(model, 1U << INCLUDE_SURPRISE, "/include", &err),
        STATUS_BAD_INPUT);
    ck_assert_str_eq(err.where, "/include");
    ck_assert_str_eq(err.received, _i == 0 ? "last" : "every");
    ck_assert_int_eq(triage_includes_check(model, 0, "/include", NULL), STATUS_OK);
    triage_model_free(model);
}
END_TEST

/* ---- the number ---------------------------------------------------------------------------- */

START_TEST(test_surprise_is_the_logarithm)
{
    const int count = case_count(100000, 100);
    for (int i = 1; i <= count; i++) {
        float p = (float)i / (float)count;
        double expected = -log((double)p);
        assert_close("surprise", (size_t)i, (double)triage_surprise(p), expected,
                     1e-7 * expected);
    }
    for (float p = 1.0f; p > 0.0f; p /= 2.0f)
        assert_close("a power of two", 0, (double)triage_surprise(p), -log((double)p),
                     1e-5);
    ck_assert(triage_surprise(1.0f) == 0.0f && !signbit(triage_surprise(1.0f)));
    ck_assert(triage_surprise(0.0f) == triage_surprise(0x1p-149f));
    assert_close("none", 0, (double)triage_surprise(0.0f), 103.27893, 1e-5);
}
END_TEST

/* ---- writing ------------------------------------------------------------------------------- */

static const char written[] =
    "{\"events\": 3, \"surprise\": [{\"event\": 1, \"probability\": null, \"surprise\": "
    "null, \"rank\": null}, {\"event\": 2, \"probability\": 0.5, \"surprise\": "
    "0.6931472, \"rank\": 1}, {\"event\": 0, \"probability\": 0.0, \"surprise\": "
    "103.27893, \"rank\": 7}, {\"event\": null, \"probability\": 1.0, \"surprise\": 0.0, "
    "\"rank\": 1}], \"attention\": [{\"event\": 1, \"weight\": 0.25}, {\"event\": 2, "
    "\"weight\": 0.5}, {\"event\": 0, \"weight\": 0.25}]}";

START_TEST(test_parts_add_up_to_the_same_text)
{
    struct event_surprise events[] = {
        {1, 0, 0.0f}, {2, 1, 0.5f}, {0, 7, 0.0f}, {SURPRISE_END, 1, 1.0f}};
    struct event_weight weights[] = {{1, 0.25f}, {2, 0.5f}, {0, 0.25f}};
    const struct included included = {.includes = 1U << INCLUDE_SURPRISE |
                                                  1U << INCLUDE_ATTENTION,
                                      .surprises = events,
                                      .weights = weights};
    const struct history history = {.length = 3};
    struct model *model = new_model(0);
    for (size_t bytes = 1; bytes < sizeof written; bytes++) {
        struct strbuf text;
        uint32_t next = 0, parts = 1;
        strbuf_init(&text, SIZE_MAX);
        strbuf_add(&text, "{\"events\": 3}");
        while (!triage_included_write(&text, model, &history, &included, &next, bytes))
            ck_assert(parts++ < 8 && next > 0);
        ck_assert_str_eq(text.bytes, written);
        ck_assert(bytes > 100 || parts > 1);
        strbuf_release(&text);
    }
    triage_model_free(model);
}
END_TEST

/* ---- names --------------------------------------------------------------------------------- */

static const struct {
    const char *about, *list;
    unsigned includes;
    const char *error;
} lists[] = {
    {"none", "", 0, NULL},
    {"one", "surprise", 1, NULL},
    {"both", "attention,surprise", 3, NULL},
    {"twice, and empty names", ",surprise,,surprise,", 1, NULL},
    {"a known name and another", "surprise,timelines", 1,
     "no such include: \"timelines\""},
    {"a slip of the keyboard", "suprise", 0,
     "no such include: \"suprise\" (did you mean \"surprise\"?)"},
    {"bytes that are not UTF-8", "\xff\xfe", 0, "no such include: \"??\""},
};

START_TEST(test_lists_of_names)
{
    struct error err = {.status = STATUS_OK};
    unsigned includes = 0;
    enum status status =
        triage_includes_read(lists[_i].list, "--include", &includes, &err);
    ck_assert_msg(includes == lists[_i].includes, "%s", lists[_i].about);
    ck_assert_msg(status == (lists[_i].error ? STATUS_BAD_INPUT : STATUS_OK), "%s",
                  lists[_i].about);
    ck_assert_str_eq(err.text, lists[_i].error ? lists[_i].error : "");
    ck_assert_str_eq(err.where, lists[_i].error ? "--include" : "");
}
END_TEST

Suite *surprises_suite(void)
{
    Suite *suite = suite_create("surprises");
    TCase *tc = tcase_create("surprises");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_surprises_follow_from_the_probabilities_before, 0,
                        SAMPLE_CELLS);
    tcase_add_loop_test(tc, test_noting_surprises_changes_no_answer, 0, SAMPLE_CELLS);
    tcase_add_test(tc, test_a_probability_that_is_not_finite_is_an_error);
    tcase_add_loop_test(tc, test_only_the_task_next_has_surprises, 0, 2);
    tcase_add_test(tc, test_surprise_is_the_logarithm);
    tcase_add_test(tc, test_parts_add_up_to_the_same_text);
    tcase_add_loop_test(tc, test_lists_of_names, 0, COUNT(lists));
    suite_add_tcase(suite, tc);
    return suite;
}

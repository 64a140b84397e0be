#include "eval/contexts.h"

#include "support/compare.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { C = 2, MOST = 6 };

static const struct events alone = {1, 0};

static struct history history_of(const char *names, uint32_t *ids)
{
    uint32_t length = 0;

    for (; names[length] != '\0'; length++)
        ids[length] = (uint32_t)(names[length] - 'a') + 2;
    return (struct history){.ids = ids, .length = length};
}

/* Learnt at the end of each: ab 0, ab 0, cb 1, b 1, aab 1. */
static const struct {
    const char *names;
    uint32_t action;
} lessons[] = {{"ab", 0}, {"ab", 0}, {"cb", 1}, {"b", 1}, {"aab", 1}};

static enum status learn(struct contexts *contexts)
{
    uint32_t ids[MOST];
    enum status status = STATUS_OK;

    for (int i = 0; i < COUNT(lessons) && status == STATUS_OK; i++) {
        struct history history = history_of(lessons[i].names, ids);
        status = contexts_learn(contexts, alone, &history, history.length - 1,
                                lessons[i].action, NULL);
    }
    return status;
}

/*
 * By hand, the probability of action 0:
 *
 *     p0          (2 + 1/2) / 6              of 5, 2 were action 0
 *     p1(b)       (2 + p0) / 6               likewise: all end in b
 *     p2(ab)      (2 + p1) / 4               3 times, 2 of them 0
 *     p3(aab)     (0 + p2) / 2               once, 1
 */
#define P0 (2.5 / 6)
#define P1 ((2 + P0) / 6)
#define P2 ((2 + P1) / 4)
#define P3 (P2 / 2)
static const struct {
    const char *about, *names;
    double p[CONTEXTS]; /* of action 0 */
} cases[] = {
    {"met to the second event back, and the history ends there",
     "ab",
     {P0, P1, P2, P2, P2, P2}},
    {"met to the third", "aab", {P0, P1, P2, P3, P3, P3}},
    {"met to the third, the fourth is new", "caab", {P0, P1, P2, P3, P3, P3}},
    {"only one event back", "bb", {P0, P1, P1, P1, P1, P1}},
    {"another one", "cb", {P0, P1, P1 / 2, P1 / 2, P1 / 2, P1 / 2}},
    {"a last event never met", "ax", {P0, P0, P0, P0, P0, P0}},
    {"what is old does not count when what is new was never met",
     "abx",
     {P0, P0, P0, P0, P0, P0}},
};

START_TEST(test_backing_off)
{
    struct contexts *contexts = contexts_new(C, NULL);
    uint32_t ids[MOST];
    struct history history = history_of(cases[_i].names, ids);
    double p[CONTEXTS][C];

    ck_assert_int_eq(learn(contexts), STATUS_OK);
    contexts_answer(contexts, alone, &history, history.length - 1, p[0]);
    for (size_t k = 0; k < CONTEXTS; k++) {
        assert_close(cases[_i].about, k, p[k][0], cases[_i].p[k], 1e-15);
        assert_close(cases[_i].about, k, p[k][0] + p[k][1], 1.0, 1e-15);
    }
    contexts_free(contexts);
}
END_TEST

START_TEST(test_ties_fall_to_the_shorter_context)
{
    struct contexts *contexts = contexts_new(C, NULL);
    uint32_t ids[MOST];
    struct history cb = history_of("cb", ids);
    double p[CONTEXTS][C];

    ck_assert_int_eq(learn(contexts),
                     STATUS_OK); /* after b action 1 is the more frequent */
    contexts_learn(contexts, alone, &cb, 1, 0, NULL);
    contexts_learn(contexts, alone, &cb, 1, 1, NULL);
    contexts_learn(contexts, alone, &cb, 1, 0, NULL); /* cb: twice each; b: 4 each */
    contexts_learn(contexts, alone, &cb, 0, 1, NULL); /* in all: 5 times 1, 4 times 0 */
    contexts_answer(contexts, alone, &cb, 1, p[0]);
    for (size_t k = 0; k < CONTEXTS; k++)
        ck_assert_msg(p[k][1] > p[k][0], "context of %zu: %g and %g", k, p[k][0],
                      p[k][1]);
    contexts_free(contexts);
}
END_TEST

START_TEST(test_a_history_is_known_up_to_its_place)
{
    struct contexts *contexts = contexts_new(C, NULL);
    uint32_t ids[MOST], others[MOST];
    struct history whole = history_of("abxx", ids), part = history_of("ab", others);
    double a[CONTEXTS][C], b[CONTEXTS][C];

    ck_assert_int_eq(learn(contexts), STATUS_OK);
    contexts_answer(contexts, alone, &whole, 1, a[0]);
    contexts_answer(contexts, alone, &part, 1, b[0]);
    ck_assert_mem_eq(a, b, sizeof a);
    contexts_free(contexts);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; torture_again(&n);) {
        struct contexts *contexts = contexts_new(C, NULL);
        enum status status = contexts == NULL ? STATUS_NO_MEMORY : learn(contexts);
        ck_assert_int_eq(status, torture_has_struck() ? STATUS_NO_MEMORY : STATUS_OK);
        contexts_free(contexts);
    }
}
END_TEST

Suite *contexts_suite(void)
{
    Suite *suite = suite_create("contexts");
    TCase *tc = tcase_create("contexts");
    tcase_add_loop_test(tc, test_backing_off, 0, COUNT(cases));
    tcase_add_test(tc, test_ties_fall_to_the_shorter_context);
    tcase_add_test(tc, test_a_history_is_known_up_to_its_place);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

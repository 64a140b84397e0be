/* n-gram counts that back off to shorter contexts. */
#include "eval/ngrams.h"

#include "support/compare.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { C = 2, MAX_EVENTS = 6 };

static const struct event_ids one_field = {1, 0};

static struct history history_of(const char *names, uint32_t *ids)
{
    uint32_t length = 0;
    for (; names[length] != '\0'; length++)
        ids[length] = (uint32_t)(names[length] - 'a') + 2;
    return (struct history){.ids = ids, .length = length};
}

/* Trained after the last event of each. */
static const struct {
    const char *names;
    uint32_t action;
} training[] = {{"ab", 0}, {"ab", 0}, {"cb", 1}, {"b", 1}, {"aab", 1}};

static enum status train(struct ngrams *ngrams)
{
    uint32_t ids[MAX_EVENTS];
    enum status status = STATUS_OK;
    for (int i = 0; i < COUNT(training) && status == STATUS_OK; i++) {
        struct history history = history_of(training[i].names, ids);
        status = ngrams_add(ngrams, one_field, &history, history.length - 1,
                            training[i].action, NULL);
    }
    return status;
}

/*
 * The probability of action 0, computed by hand:
 *
 *     p0          (2 + 1/2) / 6              of 5, 2 were action 0
 *     p1(b)       (2 + p0) / 6               the same: all end in b
 *     p2(ab)      (2 + p1) / 4               3 times, 2 of them 0
 *     p3(aab)     (0 + p2) / 2               once, 1
 */
#define P0 (2.5 / 6)
#define P1 ((2 + P0) / 6)
#define P2 ((2 + P1) / 4)
#define P3 (P2 / 2)
static const struct {
    const char *about, *names;
    double p[NGRAM_COUNT]; /* of action 0 */
} cases[] = {
    {"the context of two is known, and the history has no longer one",
     "ab",
     {P0, P1, P2, P2, P2, P2}},
    {"the context of three is known", "aab", {P0, P1, P2, P3, P3, P3}},
    {"the context of three is known, that of four is not",
     "caab",
     {P0, P1, P2, P3, P3, P3}},
    {"only the context of one is known", "bb", {P0, P1, P1, P1, P1, P1}},
    {"another context of two", "cb", {P0, P1, P1 / 2, P1 / 2, P1 / 2, P1 / 2}},
    {"a last event that was not in the training data", "ax", {P0, P0, P0, P0, P0, P0}},
    {"older events do not count when the last one is not known",
     "abx",
     {P0, P0, P0, P0, P0, P0}},
};

START_TEST(test_unknown_contexts_use_shorter_ones)
{
    struct ngrams *ngrams = ngrams_new(C, NULL);
    uint32_t ids[MAX_EVENTS];
    struct history history = history_of(cases[_i].names, ids);
    double p[NGRAM_COUNT][C];
    ck_assert_int_eq(train(ngrams), STATUS_OK);
    ngrams_predict(ngrams, one_field, &history, history.length - 1, p[0]);
    for (size_t k = 0; k < NGRAM_COUNT; k++) {
        assert_close(cases[_i].about, k, p[k][0], cases[_i].p[k], 1e-15);
        assert_close(cases[_i].about, k, p[k][0] + p[k][1], 1.0, 1e-15);
    }
    ngrams_free(ngrams);
}
END_TEST

START_TEST(test_ties_are_decided_by_the_shorter_context)
{
    struct ngrams *ngrams = ngrams_new(C, NULL);
    uint32_t ids[MAX_EVENTS];
    struct history cb = history_of("cb", ids);
    double p[NGRAM_COUNT][C];
    ck_assert_int_eq(train(ngrams), STATUS_OK); /* after b action 1 is more frequent */
    ngrams_add(ngrams, one_field, &cb, 1, 0, NULL);
    ngrams_add(ngrams, one_field, &cb, 1, 1, NULL);
    ngrams_add(ngrams, one_field, &cb, 1, 0, NULL); /* cb: twice each; b: 4 each */
    ngrams_add(ngrams, one_field, &cb, 0, 1, NULL); /* in all: 5 times 1, 4 times 0 */
    ngrams_predict(ngrams, one_field, &cb, 1, p[0]);
    for (size_t k = 0; k < NGRAM_COUNT; k++)
        ck_assert_msg(p[k][1] > p[k][0], "context of %zu: %g and %g", k, p[k][0],
                      p[k][1]);
    ngrams_free(ngrams);
}
END_TEST

START_TEST(test_later_events_have_no_effect)
{
    struct ngrams *ngrams = ngrams_new(C, NULL);
    uint32_t ids[MAX_EVENTS], others[MAX_EVENTS];
    struct history whole = history_of("abxx", ids), part = history_of("ab", others);
    double a[NGRAM_COUNT][C], b[NGRAM_COUNT][C];
    ck_assert_int_eq(train(ngrams), STATUS_OK);
    ngrams_predict(ngrams, one_field, &whole, 1, a[0]);
    ngrams_predict(ngrams, one_field, &part, 1, b[0]);
    ck_assert_mem_eq(a, b, sizeof a);
    ngrams_free(ngrams);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct ngrams *ngrams = ngrams_new(C, NULL);
        enum status status = !ngrams ? STATUS_NO_MEMORY : train(ngrams);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ngrams_free(ngrams);
    }
}
END_TEST

Suite *ngrams_suite(void)
{
    Suite *suite = suite_create("ngrams");
    TCase *tc = tcase_create("ngrams");
    tcase_add_loop_test(tc, test_unknown_contexts_use_shorter_ones, 0, COUNT(cases));
    tcase_add_test(tc, test_ties_are_decided_by_the_shorter_context);
    tcase_add_test(tc, test_later_events_have_no_effect);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

/* Decision policies: what is declined, what costs decide, what is refused, and the answers' bytes. */
#include "model/decision.h"

#include <string.h>

#include "base/json.h"
#include "model/answer.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { C = 3 };

static const char *actions[C] = {"ignore", "roll \"back\"", "escalate"};
static const char *action_texts[C] = {"\"ignore\"", "\"roll \\\"back\\\"\"",
                                      "\"escalate\""};
static const char *action_keys[C] = {
    "\"ignore\": ", ", \"roll \\\"back\\\"\": ", ", \"escalate\": "};

/* ' stands for ". */
static json_t *tree_of(const char *quoted)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_quoted(&text, "%s", quoted);
    json_t *tree = json_read(text.bytes, text.length, NULL);
    ck_assert_msg(tree, "%s", text.bytes);
    strbuf_release(&text);
    return tree;
}

static enum status read(struct decision_policy *policy, const char *quoted,
                        struct arena *arena, struct error *err)
{
    json_t *tree = tree_of(quoted);
    enum status status =
        decision_policy_read(policy, tree, "/decision", actions, C, arena, err);
    json_decref(tree);
    return status;
}

#define COSTS "'costs': [[0, 1, 1], [10, 0, 2], [4, 4, 0]]"

static const struct {
    const char *about, *policy;
    float probabilities[C];
    uint32_t events, unknown;
    const char *answer; /* up to the probabilities */
} decisions[] = {
    {"an empty policy declines nothing",
     "{}",
     {0.4f, 0.35f, 0.25f},
     4,
     4 - 1,
     "\"ignore\", \"declined\": false"},
    {"a probability that is as large",
     "{'decline_below': 0.5}",
     {0.5f, 0.25f, 0.25f},
     4,
     0,
     "\"ignore\", \"declined\": false"},
    {"one that is smaller",
     "{'decline_below': 0.5}",
     {0.4375f, 0.3125f, 0.25f},
     4,
     0,
     "null, \"declined\": true, \"reason\": \"the probability of the action is 0.4375, "
     "less than 0.5\""},
    {"a threshold of its own is smaller",
     "{'decline_below': 0.5, 'thresholds': {'ignore': 0.4}}",
     {0.4375f, 0.3125f, 0.25f},
     4,
     0,
     "\"ignore\", \"declined\": false"},
    {"or larger",
     "{'decline_below': 0.5, 'thresholds': {'ignore': 0.75}}",
     {0.625f, 0.125f, 0.25f},
     4,
     0,
     "null, \"declined\": true, \"reason\": \"the probability of the action is 0.625, "
     "less than 0.75\""},
    {"that of another action does not count",
     "{'thresholds': {'escalate': 0.75}}",
     {0.625f, 0.125f, 0.25f},
     4,
     0,
     "\"ignore\", \"declined\": false"},
    {"half of the events are unknown",
     "{'max_unknown': 0.5}",
     {0.9f, 0.1f, 0.0f},
     4,
     2,
     "\"ignore\", \"declined\": false"},
    {"more than half",
     "{'max_unknown': 0.5}",
     {0.9f, 0.1f, 0.0f},
     4,
     3,
     "null, \"declined\": true, \"reason\": \"3 of 4 events have unknown names, more "
     "than "
     "a share of 0.5\""},
    {"exactly a share that is rounded down in single precision",
     "{'max_unknown': 0.7}",
     {0.9f, 0.1f, 0.0f},
     10,
     7,
     "\"ignore\", \"declined\": false"},
    {"any",
     "{'max_unknown': 0}",
     {0.9f, 0.1f, 0.0f},
     4,
     1,
     "null, \"declined\": true, \"reason\": \"1 of 4 events have unknown names, more "
     "than "
     "a share of 0.0\""},
    {"costs: what is rarely right may be cheapest",
     "{" COSTS "}",
     {0.5f, 0.25f, 0.25f},
     4,
     0,
     /* 2.5 + 1, 0.5 + 1, 0.5 + 0.5 */
     "\"escalate\", \"declined\": false, \"expected_cost\": 1"},
    {"the first of equal costs",
     "{'costs': [[1, 1, 1], [1, 1, 1], [1, 1, 1]]}",
     {0.25f, 0.25f, 0.5f},
     4,
     0,
     "\"ignore\", \"declined\": false, \"expected_cost\": 1"},
    {"declining is cheaper",
     "{" COSTS ", 'decline_cost': 0.75}",
     {0.5f, 0.25f, 0.25f},
     4,
     0,
     "null, \"declined\": true, \"reason\": \"the least expected cost is 1, more than "
     "that of declining, 0.75\", \"expected_cost\": 1"},
    {"declining costs as much",
     "{" COSTS ", 'decline_cost': 1}",
     {0.5f, 0.25f, 0.25f},
     4,
     0,
     "\"escalate\", \"declined\": false, \"expected_cost\": 1"},
    {"a threshold is that of the cheapest action",
     "{" COSTS ", 'thresholds': {'escalate': 0.5}}",
     {0.5f, 0.25f, 0.25f},
     4,
     0,
     "null, \"declined\": true, \"reason\": \"the probability of the action is 0.25, "
     "less "
     "than 0.5\", \"expected_cost\": 1"},
    {"all events are unknown: nothing is computed",
     "{" COSTS "}",
     {0.5f, 0.25f, 0.25f},
     2,
     2,
     "null, \"declined\": true, \"reason\": \"every event is unknown\""},
};

START_TEST(test_answers_by_a_policy)
{
    static struct schema schema;
    struct trained_model model = {.actions = actions,
                                  .action_texts = action_texts,
                                  .action_keys = action_keys,
                                  .action_count = C,
                                  .schema = &schema};
    const struct history history = {.length = decisions[_i].events,
                                    .unknown_names = decisions[_i].unknown};
    struct error err = {.status = STATUS_OK};
    struct arena arena;
    struct strbuf text;
    char expected[400];
    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(read(&model.decision, decisions[_i].policy, &arena, &err) == STATUS_OK,
                  "%s: %s: %s", decisions[_i].about, err.where, err.text);
    strbuf_init(&text, SIZE_MAX);
    answer_write(&text, &model, NULL, "m", &history, decisions[_i].probabilities);
    (void)snprintf(expected, sizeof expected, "{\"action\": %s, \"probabilities\": {",
                   decisions[_i].answer);
    ck_assert_msg(strncmp(text.bytes, expected, strlen(expected)) == 0, "%s:\n%s\n%s",
                  decisions[_i].about, text.bytes, expected);
    int64_t action = answer_action(&model, &history, decisions[_i].probabilities);
    ck_assert((action < 0) == (strncmp(decisions[_i].answer, "null", 4) == 0));
    ck_assert(action < 0 || strncmp(decisions[_i].answer, action_texts[action],
                                    strlen(action_texts[action])) == 0);
    strbuf_release(&text);
    arena_release(&arena);
}
END_TEST

static const struct {
    const char *about, *policy, *where;
} bad[] = {
    {"no object", "[]", "/decision"},
    {"an unknown member", "{'decline': 0.5}", "/decision/decline"},
    {"a probability above 1", "{'decline_below': 1.5}", "/decision/decline_below"},
    {"a text", "{'max_unknown': '1'}", "/decision/max_unknown"},
    {"thresholds in a list", "{'thresholds': [0.5]}", "/decision/thresholds"},
    {"a threshold below 0", "{'thresholds': {'ignore': -1}}",
     "/decision/thresholds/ignore"},
    {"of no action", "{'thresholds': {'Ignore': 1}}", "/decision/thresholds/Ignore"},
    {"too few rows", "{'costs': [[0, 1, 1], [1, 0, 1]]}", "/decision/costs"},
    {"a short row", "{'costs': [[0, 1, 1], [1, 0], [1, 1, 0]]}", "/decision/costs/1"},
    {"a negative cost", "{'costs': [[0, 1, 1], [1, 0, 1], [1, -1, 0]]}",
     "/decision/costs/2/1"},
    {"a cost whose sums are not finite",
     "{'costs': [[0, 1, 1], [1, 0, 1], [1, 1e31, 0]]}", "/decision/costs/2/1"},
    {"a cost of declining that is as large", "{" COSTS ", 'decline_cost': 1e31}",
     "/decision/decline_cost"},
    {"a cost of declining without costs", "{'decline_cost': 1}",
     "/decision/decline_cost"},
    {"one that is negative", "{" COSTS ", 'decline_cost': -1}", "/decision/decline_cost"},
};

START_TEST(test_bad_policies_are_refused_at_their_place)
{
    struct decision_policy policy;
    struct error err = {.status = STATUS_OK};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(read(&policy, bad[_i].policy, &arena, &err) != STATUS_OK, "%s",
                  bad[_i].about);
    ck_assert_msg(strcmp(err.where, bad[_i].where) == 0, "%s: \"%s\"", bad[_i].about,
                  err.where);
    arena_release(&arena);
}
END_TEST

static const char *const policies[] = {
    "{'decline_below': 0.0, 'max_unknown': 1.0}",
    "{'decline_below': 0.8132417, 'max_unknown': 0.25, 'thresholds': {'roll "
    "\\'back\\'': 0.5, 'escalate': 1.0}}",
    "{'decline_below': 0.0, 'max_unknown': 1.0, 'costs': [[0, 1.5, 1], [10, 0, 2], "
    "[0.1, 4, 0]], 'decline_cost': 0.75}",
};

START_TEST(test_a_policy_that_is_written_reads_back)
{
    struct decision_policy policy;
    struct error err = {.status = STATUS_OK};
    struct arena arena;
    struct strbuf text, expected;
    arena_init(&arena, SIZE_MAX);
    strbuf_init(&text, SIZE_MAX);
    strbuf_init(&expected, SIZE_MAX);
    ck_assert_msg(read(&policy, policies[_i], &arena, &err) == STATUS_OK, "%s: %s",
                  err.where, err.text);
    decision_policy_write(&policy, action_texts, C, &text);
    strbuf_quoted(&expected, "%s", policies[_i]);
    ck_assert_str_eq(text.bytes, expected.bytes);
    strbuf_release(&text);
    strbuf_release(&expected);
    arena_release(&arena);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    json_t *tree = tree_of(policies[_i]);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct decision_policy policy;
        struct error err = {.status = STATUS_OK};
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status =
            decision_policy_read(&policy, tree, "/decision", actions, C, &arena, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        arena_release(&arena);
    }
    json_decref(tree);
}
END_TEST

Suite *decision_suite(void)
{
    Suite *suite = suite_create("decision");
    TCase *tc = tcase_create("decision");
    tcase_add_loop_test(tc, test_answers_by_a_policy, 0, COUNT(decisions));
    tcase_add_loop_test(tc, test_bad_policies_are_refused_at_their_place, 0, COUNT(bad));
    tcase_add_loop_test(tc, test_a_policy_that_is_written_reads_back, 0, COUNT(policies));
    tcase_add_loop_test(tc, test_memory_runs_out, 0, COUNT(policies));
    suite_add_tcase(suite, tc);
    return suite;
}

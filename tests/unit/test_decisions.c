#include "eval/decisions.h"

#include "support/compare.h"
#include "unit/suites.h"

enum { NONE = ACTION_NONE, OTHER = ACTION_OTHER, END = 2, PLACES = 8 };

/* a b c | d | e f, with what is right after each. */
static const uint32_t next[3][3] = {{0, 1, END}, {END}, {NONE, OTHER}};
static const struct example examples[3] = {
    {.history = {.length = 3}, .actions = next[0]},
    {.history = {.length = 1}, .actions = next[1]},
    {.history = {.length = 2}, .actions = next[2]},
};
static const struct example lasts[3] = {
    {.history = {.length = 3}, .action = 1},
    {.history = {.length = 1}, .action = OTHER},
    {.history = {.length = 2}, .action = NONE},
};

static const struct {
    const char *about;
    const struct example *examples;
    struct asked asked;
    size_t count;
    struct decision list[PLACES];
    size_t starts[4];
} cases[] = {
    {"every place that has a right action",
     examples,
     {1, NONE},
     5,
     {{0, 0, 0}, {0, 1, 1}, {0, 2, END}, {1, 0, END}, {2, 1, OTHER}},
     {0, 3, 4, 5}},
    {"not before the second event",
     examples,
     {2, NONE},
     3,
     {{0, 1, 1}, {0, 2, END}, {2, 1, OTHER}},
     {0, 2, 2, 3}},
    {"not where nothing comes next",
     examples,
     {1, END},
     3,
     {{0, 0, 0}, {0, 1, 1}, {2, 1, OTHER}},
     {0, 2, 2, 3}},
    {"only at the end", lasts, {1, NONE}, 2, {{0, 2, 1}, {1, 0, OTHER}}, {0, 1, 2, 2}},
    {"nothing is long enough", lasts, {4, NONE}, 0, {{0, 0, 0}}, {0, 0, 0, 0}},
};

START_TEST(test_places)
{
    struct decisions decisions;
    struct error err = {.status = STATUS_OK};
    enum status status =
        decisions_init(&decisions, cases[_i].examples, 3, &cases[_i].asked, &err);

    ck_assert_msg(status == (cases[_i].count == 0 ? STATUS_BAD_INPUT : STATUS_OK),
                  "%s: %s", cases[_i].about, err.text);
    if (status == STATUS_OK) {
        ck_assert_uint_eq(decisions.count, cases[_i].count);
        for (size_t i = 0; i < decisions.count; i++)
            ck_assert_msg(memcmp(&decisions.list[i], &cases[_i].list[i],
                                 sizeof *decisions.list) == 0,
                          "%s: decision %zu", cases[_i].about, i);
        for (size_t h = 0; h <= 3; h++)
            ck_assert_msg(decisions.starts[h] == cases[_i].starts[h], "%s: history %zu",
                          cases[_i].about, h);
    }
    decisions_release(&decisions);
}
END_TEST

static const struct {
    const char *about;
    float probabilities[3];
    uint32_t right, chosen;
    float top, right_one;
} marks[] = {
    {"right", {0.25f, 0.5f, 0.25f}, 1, 1, 0.5f, 0.5f},
    {"wrong", {0.25f, 0.5f, 0.25f}, 2, 1, 0.5f, 0.25f},
    {"a tie goes to the first", {0.4f, 0.2f, 0.4f}, 2, 0, 0.4f, 0.4f},
    {"none of the model's", {0.25f, 0.5f, 0.25f}, OTHER, 1, 0.5f, 0.0f},
};

START_TEST(test_marks)
{
    struct mark mark = mark_of(marks[_i].probabilities, 3, marks[_i].right);

    ck_assert_msg(mark.chosen == marks[_i].chosen, "%s", marks[_i].about);
    assert_same_bits(marks[_i].about, &mark.top, &marks[_i].top, 1);
    assert_same_bits(marks[_i].about, &mark.right, &marks[_i].right_one, 1);
}
END_TEST

Suite *decisions_suite(void)
{
    Suite *suite = suite_create("decisions");
    TCase *tc = tcase_create("decisions");
    tcase_add_loop_test(tc, test_places, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_marks, 0, COUNT(marks));
    suite_add_tcase(suite, tc);
    return suite;
}

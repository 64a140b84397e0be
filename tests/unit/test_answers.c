#include "eval/answers.h"

#include <stdlib.h>

#include "support/compare.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { COUNT_OF = 700, LONGEST = 9, C = SAMPLE_ACTIONS };

/* A model and histories to ask it about. */
struct asked_model {
    struct model *model;
    struct history *histories;
    struct example examples[COUNT_OF];
    uint32_t actions[COUNT_OF][LONGEST];
    struct decisions decisions;
    struct arena arena;
};

static const struct {
    const char *about;
    const char *schema;
    enum task target;
    uint32_t lanes, directions;
} cases[] = {
    {"the end of each, one thread", sample_rich, TASK_LAST, 1, 1},
    {"the end of each, three", sample_rich, TASK_LAST, 3, 1},
    {"two directions", sample_plain, TASK_LAST, 2, 2},
    {"every place, one thread", sample_rich, TASK_NEXT, 1, 1},
    {"every place, three", sample_plain, TASK_EVERY, 3, 1},
};

static void make(struct asked_model *x, int i)
{
    const struct spec spec = sample_spec(i % SAMPLE_CELLS, 0, 5, 1, cases[i].directions);
    const struct asked asked = {1, ACTION_NONE};

    arena_init(&x->arena, SIZE_MAX);
    x->model = sample_model(cases[i].schema, &spec, 0.9f, 3);
    x->model->trained->task = cases[i].target;
    x->histories =
        sample_histories(triage_model_schema(x->model), COUNT_OF, LONGEST, &x->arena, 7);
    for (uint32_t h = 0; h < COUNT_OF; h++) {
        struct history *history = &x->histories[h];
        for (uint32_t t = 0; t < history->length; t++)
            x->actions[h][t] = (h + t) % 4 == 3 ? (uint32_t)ACTION_NONE : (h + t) % 4;
        x->examples[h] = (struct example){.history = *history, .action = h % C};
        if (cases[i].target != TASK_LAST)
            x->examples[h].actions = x->actions[h];
    }
    ck_assert_int_eq(decisions_init(&x->decisions, x->examples, COUNT_OF, &asked, NULL),
                     STATUS_OK);
}

static void drop(struct asked_model *x)
{
    decisions_release(&x->decisions);
    triage_model_free(x->model);
    arena_release(&x->arena);
}

/* Each answer has the bits of the history's beginning, alone in a classifier of one row. */
static void assert_alone(const struct asked_model *x, const char *about,
                         const struct decision *decision, const struct mark *mark)
{
    struct history prefix = x->histories[decision->history];
    struct mark expected;
    float *alone;

    prefix.length = decision->place + 1;
    alone = sample_alone(x->model, &prefix, 1, LONGEST);
    expected = mark_of(alone, C, decision->right);
    ck_assert_msg(expected.chosen == mark->chosen, "%s", about);
    assert_same_bits(about, &mark->top, &expected.top, 1);
    assert_same_bits(about, &mark->right, &expected.right, 1);
    free(alone);
}

START_TEST(test_answers_are_those_of_the_service)
{
    static struct asked_model x;
    const struct crew crew = {workers_new(cases[_i].lanes, NULL), cases[_i].lanes};
    struct mark *marks;

    make(&x, _i);
    const struct asking asking = {x.model, x.examples, &x.decisions, &crew};
    marks = calloc(x.decisions.count, sizeof *marks);
    ck_assert_int_eq(answers_make(&asking, marks, NULL), STATUS_OK);
    for (size_t i = 0; i < x.decisions.count; i += 3)
        assert_alone(&x, cases[_i].about, &x.decisions.list[i], &marks[i]);
    free(marks);
    workers_free(crew.workers);
    drop(&x);
}
END_TEST

/* Shuffled: the same for any threads; another seed is another order; one event stays. */
START_TEST(test_shuffled_answers)
{
    static struct asked_model x;
    static struct mark one[COUNT_OF], three[COUNT_OF], other[COUNT_OF];
    static size_t picks[COUNT_OF];
    size_t count = 0, differ = 0;

    make(&x, _i);
    for (size_t h = 0; h < COUNT_OF; h++)
        if (x.decisions.starts[h] < x.decisions.starts[h + 1])
            picks[count++] = x.decisions.starts[h + 1] - 1;
    for (uint32_t lanes = 1; lanes <= 3; lanes += 2) {
        const struct crew crew = {workers_new(lanes, NULL), lanes};
        const struct asking asking = {x.model, x.examples, &x.decisions, &crew};
        ck_assert_int_eq(
            answers_shuffle(&asking, picks, count, 1, lanes == 1 ? one : three, NULL),
            STATUS_OK);
        ck_assert_int_eq(answers_shuffle(&asking, picks, count, 2, other, NULL),
                         STATUS_OK);
        workers_free(crew.workers);
    }
    for (size_t i = 0; i < count; i++) {
        const struct decision *decision = &x.decisions.list[picks[i]];
        assert_same_bits(cases[_i].about, &one[i].top, &three[i].top, 1);
        if (decision->place == 0)
            assert_alone(&x, cases[_i].about, decision, &one[i]);
        differ += one[i].top != other[i].top;
    }
    ck_assert_msg(differ > count / 2, "%s: %zu of %zu", cases[_i].about, differ, count);
    drop(&x);
}
END_TEST

Suite *answers_suite(void)
{
    Suite *suite = suite_create("answers");
    TCase *tc = tcase_create("answers");
    tcase_add_loop_test(tc, test_answers_are_those_of_the_service, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_shuffled_answers, 0, COUNT(cases));
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return suite;
}

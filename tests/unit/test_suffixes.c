/*
 * Continuations: the edit distance, what counting predicts in histories made by hand, and that the
 * rules of the model are its forecasts.
 */
#include <math.h>
#include <string.h>

#include "eval/edit_distance.h"
#include "evaluation.h"
#include "infer/model.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { LETTERS = 26, EVENTS = 8, MOST = 16 };

/* ---- the edit distance ------------------------------------------------------------------------- */

static const struct {
    const char *about, *a, *b;
    uint32_t distance;
} distances[] = {
    {"two empty sequences", "", "", 0},
    {"an empty one", "", "abc", 3},
    {"the same", "abcab", "abcab", 0},
    {"a substitution", "abc", "adc", 1},
    {"an insertion", "ac", "abc", 1},
    {"neighbours that are exchanged", "abcd", "acbd", 1},
    {"exchanged, with one between them: ca, ac, abc", "ca", "abc", 2},
    {"exchanged, with a deletion between them: abc, ac, ca", "abc", "ca", 2},
    {"nothing in common", "aaa", "bbbb", 4},
    {"each neighbour", "abab", "baba", 2},
    {"both ends", "xabcy", "abc", 2},
};

static struct sequence letters(const char *text, uint32_t symbols[EVENTS])
{
    const struct sequence sequence = {.symbols = symbols,
                                      .length = (uint32_t)strlen(text)};
    for (uint32_t i = 0; i < sequence.length; i++)
        symbols[i] = (uint32_t)(text[i] - 'a');
    return sequence;
}

START_TEST(test_edit_distance)
{
    uint32_t a[EVENTS], b[EVENTS], work[LETTERS + (EVENTS + 1) * (EVENTS + 1)];
    size_t needed;
    ck_assert(edit_distance_work(LETTERS, EVENTS, EVENTS, &needed));
    ck_assert_uint_eq(needed, sizeof work / sizeof *work);
    const struct sequence x = letters(distances[_i].a, a),
                          y = letters(distances[_i].b, b);
    const size_t longer = x.length > y.length ? x.length : y.length;
    ck_assert_msg(edit_distance(LETTERS, x, y, work) == distances[_i].distance, "%s",
                  distances[_i].about);
    ck_assert_msg(edit_distance(LETTERS, y, x, work) == distances[_i].distance,
                  "%s: the other way", distances[_i].about);
    const double similarity =
        longer == 0 ? 1.0 : 1.0 - distances[_i].distance / (double)longer;
    ck_assert(edit_similarity(LETTERS, x, y, work) == similarity);
}
END_TEST

START_TEST(test_edit_distance_of_huge_sequences)
{
    size_t needed;
    ck_assert(!edit_distance_work(2, SIZE_MAX / 2, 4, &needed));
}
END_TEST

/* ---- evaluation -------------------------------------------------------------------------------- */

/* Histories of the letters a to e, as examples of the task next; the end is action 5. */
struct letters {
    struct example examples[MOST];
    uint32_t ids[MOST][EVENTS], actions[MOST][EVENTS];
    size_t count;
};

static struct model *model;
static struct letters training, evaluated;

static const struct suffix_settings settings = {
    .beam = 3, .steps = 6, .shortest = 1, .seed = 1, .resamples = 20, .threads = 1};

static struct model *make_model(enum task task)
{
    static const char *const actions[] = {"a", "b", "c", "d", "e", END_OF_HISTORY};
    const struct training quick = {.batch = 16, .epochs = 1, .threads = 1, .seed = 5};
    struct spec spec = sample_spec(2, 0, 5, 1, 1);
    struct schema *schema = sample_schema(sample_plain);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, task, actions, 6, &quick, NULL);
    ck_assert_ptr_nonnull(trainer);
    triage_schema_free(schema);
    return sample_finish(trainer);
}

static void set_up(void)
{
    model = make_model(TASK_NEXT);
    training.count = 0;
    evaluated.count = 0;
}

static void tear_down(void)
{
    triage_model_free(model);
}

/* "?" is an event that the model does not know. */
static void add(struct letters *list, const char *events)
{
    const size_t i = list->count++;
    const uint32_t length = (uint32_t)strlen(events);
    ck_assert(i < MOST && length <= EVENTS);
    for (uint32_t t = 0; t < length; t++) {
        const uint32_t letter = (uint32_t)(events[t] - 'a');
        list->ids[i][t] = events[t] == '?' ? SCHEMA_UNKNOWN : SCHEMA_FIRST + letter;
        if (t > 0)
            list->actions[i][t - 1] = events[t] == '?' ? (uint32_t)ACTION_OTHER : letter;
    }
    list->actions[i][length - 1] = 5;
    list->examples[i] = (struct example){
        .history = {.ids = list->ids[i], .length = length}, .actions = list->actions[i]};
}

static struct evaluation_data data_of(void)
{
    return (struct evaluation_data){.evaluated = evaluated.examples,
                                    .evaluated_count = evaluated.count,
                                    .training = training.examples,
                                    .training_count = training.count};
}

static struct suffix_evaluation run(const struct suffix_settings *chosen)
{
    const struct evaluation_data data = data_of();
    struct suffix_evaluation evaluation;
    struct error err = {.status = STATUS_OK};
    ck_assert_msg(triage_evaluate_suffixes(&evaluation, model, &data, chosen, &err) ==
                      STATUS_OK,
                  "%s", err.text);
    return evaluation;
}

/* After b comes c most often, but after a b comes d. */
START_TEST(test_counting)
{
    add(&training, "abd");
    add(&training, "abd");
    add(&training, "ebc");
    add(&training, "ebc");
    add(&training, "ebc");
    add(&evaluated, "abd"); /* after a: bc, and bd by 2 events; after ab: c and d */
    struct suffix_evaluation evaluation = run(&settings);
    ck_assert_uint_eq(evaluation.histories, 1);
    ck_assert_uint_eq(evaluation.suffixes, 2);
    ck_assert_uint_eq(evaluation.training, 5);
    const struct suffix_rule *rules = evaluation.rules;
    ck_assert_double_eq(rules[SUFFIX_COUNTED_1].similarity.value, (0.5 + 0.0) / 2.0);
    ck_assert_double_eq(rules[SUFFIX_COUNTED_2].similarity.value, 1.0);
    ck_assert_double_eq(rules[SUFFIX_COUNTED_1].exact, 0.0);
    ck_assert_double_eq(rules[SUFFIX_COUNTED_2].exact, 1.0);
    ck_assert_int_eq(evaluation.best_counted, SUFFIX_COUNTED_2);
    ck_assert_double_eq(rules[SUFFIX_COUNTED_1].gain.value, -0.75);
}
END_TEST

/* a always comes after a, so that counting never ends. */
START_TEST(test_limit_of_predictions)
{
    add(&training, "aaaaaa");
    add(&evaluated, "aaaa");
    struct suffix_settings chosen = settings;
    chosen.steps = 3;
    chosen.shortest = 1;
    struct suffix_evaluation evaluation = run(&chosen);
    /* aaa of aaa, aaa of aa, aaa of a; none of them has ended */
    assert_close("similarity", 0, evaluation.rules[SUFFIX_COUNTED_1].similarity.value,
                 (1.0 + 2.0 / 3.0 + 1.0 / 3.0) / 3.0, 1e-12);
    ck_assert_double_eq(evaluation.rules[SUFFIX_COUNTED_1].exact, 0.0);
    chosen.steps = 0;
    ck_assert_uint_eq(run(&chosen).settings.steps, 6);
}
END_TEST

/* An unknown event is never predicted, and is not taken for another event. */
START_TEST(test_unknown_events)
{
    add(&training, "ab");
    add(&evaluated, "a?");
    add(&evaluated, "ab");
    add(&evaluated, "a"); /* nothing to predict */
    struct suffix_evaluation evaluation = run(&settings);
    ck_assert_uint_eq(evaluation.histories, 2);
    ck_assert_double_eq(evaluation.rules[SUFFIX_COUNTED_1].similarity.value, 0.5);
}
END_TEST

/* The rules of the model, again by its forecaster. */
START_TEST(test_rules_of_the_model_are_forecasts)
{
    add(&training, "ab");
    add(&evaluated, "abcd");
    const struct suffix_evaluation evaluation = run(&settings);
    struct forecaster *forecaster = triage_forecaster_new(model, EVENTS, 6, 3, NULL);
    double sums[3] = {0.0, 0.0, 0.0};
    uint32_t work[6 + (EVENTS + 1) * (EVENTS + 1)];
    for (uint32_t n = 1; n < 4; n++)
        for (int rule = 0; rule < 3; rule++) {
            const struct forecast_options options = {
                .steps = 6, .beam = rule == 0 ? 1 : 3, .is_mean = rule == 2};
            struct history known = evaluated.examples[0].history;
            bool is_done = false;
            size_t count;
            known.length = n;
            ck_assert_int_eq(triage_forecaster_begin(forecaster, &known, &options, NULL),
                             STATUS_OK);
            while (!is_done)
                ck_assert_int_eq(triage_forecaster_step(forecaster, 1, &is_done, NULL),
                                 STATUS_OK);
            const struct continuation *best =
                triage_forecaster_result(forecaster, &count);
            const struct sequence truth = {.symbols = evaluated.actions[0] + n - 1,
                                           .length = 4 - n};
            const struct sequence predicted = {.symbols = best->actions,
                                               .length = best->length};
            sums[rule] += edit_similarity(6, truth, predicted, work);
        }
    triage_forecaster_free(forecaster);
    for (int rule = 0; rule < 3; rule++)
        ck_assert_double_eq(evaluation.rules[rule].similarity.value, sums[rule] / 3.0);
}
END_TEST

START_TEST(test_threads_change_nothing)
{
    static const char *const texts[] = {"abcd", "aab", "edcba", "cc", "b", "dad"};
    struct suffix_settings chosen = settings;
    for (size_t i = 0; i < MOST; i++)
        add(&evaluated, texts[i % 6]);
    add(&training, "abcab");
    const struct suffix_evaluation one = run(&chosen);
    chosen.threads = 3;
    struct suffix_evaluation three = run(&chosen);
    for (unsigned rule = 0; rule < SUFFIX_RULES; rule++) {
        const struct suffix_rule *a = &one.rules[rule], *b = &three.rules[rule];
        ck_assert_double_eq(a->similarity.value, b->similarity.value);
        ck_assert_double_eq(a->similarity.low, b->similarity.low);
        ck_assert_double_eq(a->gain.high, b->gain.high);
        ck_assert_double_eq(a->exact, b->exact);
        ck_assert(a->similarity.low <= a->similarity.value);
        ck_assert(a->similarity.value <= a->similarity.high);
    }
}
END_TEST

static const struct {
    const char *about, *training, *evaluated, *error;
    enum task task;
    uint32_t steps;
    enum status status;
} refused[] = {
    {"a model that predicts no events", "ab", "ab",
     "the target of the model is \"last\"; a forecast needs a model that predicts "
     "events",
     TASK_LAST, 0, STATUS_BAD_INPUT},
    {"nothing to count", NULL, "ab",
     "there are no training histories to count: the model file holds none, and no others "
     "are given",
     TASK_NEXT, 0, STATUS_BAD_INPUT},
    {"nothing to predict", "ab", "a", "no history has an event after its first 1",
     TASK_NEXT, 0, STATUS_BAD_INPUT},
    {"too long to compare", "ab", "ab",
     "comparing up to 2 events with 268435456 predictions would take more than 1 GiB",
     TASK_NEXT, 1 << 28, STATUS_TOO_LARGE},
};

START_TEST(test_what_is_refused)
{
    struct suffix_settings chosen = settings;
    struct suffix_evaluation evaluation;
    struct error err = {.status = STATUS_OK};
    if (refused[_i].training)
        add(&training, refused[_i].training);
    add(&evaluated, refused[_i].evaluated);
    chosen.steps = refused[_i].steps;
    triage_model_free(model);
    model = make_model(refused[_i].task);
    const struct evaluation_data data = data_of();
    ck_assert_int_eq(triage_evaluate_suffixes(&evaluation, model, &data, &chosen, &err),
                     refused[_i].status);
    ck_assert_msg(strcmp(err.text, refused[_i].error) == 0, "%s: %s", refused[_i].about,
                  err.text);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    add(&training, "ab");
    add(&evaluated, "abc");
    const struct evaluation_data data = data_of();
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct suffix_evaluation evaluation;
        enum status status =
            triage_evaluate_suffixes(&evaluation, model, &data, &settings, NULL);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
    }
}
END_TEST

Suite *suffixes_suite(void)
{
    Suite *suite = suite_create("suffixes");
    TCase *distance = tcase_create("distance");
    tcase_add_loop_test(distance, test_edit_distance, 0,
                        sizeof distances / sizeof *distances);
    tcase_add_test(distance, test_edit_distance_of_huge_sequences);
    suite_add_tcase(suite, distance);
    TCase *tc = tcase_create("evaluation");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_counting);
    tcase_add_test(tc, test_limit_of_predictions);
    tcase_add_test(tc, test_unknown_events);
    tcase_add_test(tc, test_rules_of_the_model_are_forecasts);
    tcase_add_test(tc, test_threads_change_nothing);
    tcase_add_loop_test(tc, test_what_is_refused, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

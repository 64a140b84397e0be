#include "evaluation.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "eval/decisions.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { MOST = 600, LONGEST = 8, C = SAMPLE_ACTIONS, END = 2 };

static const struct evaluation_settings usual = {
    .seed = 1, .resamples = 200, .shortest = 1, .end = true, .threads = 2};

/* How the labels of drawn histories come about. */
enum labels {
    LABELS_MODEL,  /* what the model itself answers */
    LABELS_COUNTS, /* by the last event */
    LABELS_COIN
};

struct trial {
    struct model *model;
    struct history *histories;
    struct example examples[MOST];
    uint32_t actions[MOST][LONGEST];
    double posterior[MOST][C];
    struct evaluation_data evidence; /* the first half is judged, the second learns */
    struct arena arena;
};

static uint32_t label_of(const struct trial *x, enum labels labels, size_t h,
                         struct random *random)
{
    const struct history *history = &x->histories[h];
    uint32_t label = history->ids[history->length - 1] % C;
    float *answer;

    if (labels == LABELS_COIN)
        return (uint32_t)random_below(random, C);
    if (labels == LABELS_COUNTS)
        return label;
    answer = sample_alone(x->model, history, 1, LONGEST);
    label = mark_of(answer, C, 0).chosen;
    free(answer);
    return label;
}

static void trial_init_seeded(struct trial *x, enum labels labels, size_t count,
                              uint64_t seed)
{
    const struct spec spec = sample_spec(2, 0, 6, 1, 1);
    struct random random;

    arena_init(&x->arena, SIZE_MAX);
    random_init(&random, seed, 0);
    x->model = sample_model(sample_plain, &spec, 2.5f, 4);
    x->histories =
        sample_histories(triage_model_schema(x->model), count, LONGEST, &x->arena, 12);
    for (size_t h = 0; h < count; h++) {
        uint32_t label = label_of(x, labels, h, &random);
        x->examples[h] = (struct example){.history = x->histories[h], .action = label};
        for (uint32_t c = 0; c < C; c++)
            x->posterior[h][c] = c == label ? 0.8 : 0.1;
    }
    x->evidence = (struct evaluation_data){.judged = x->examples,
                                           .judged_count = count / 2,
                                           .learn = x->examples + count / 2,
                                           .learn_count = count - count / 2,
                                           .end = ACTION_NONE};
}

static void trial_init(struct trial *x, enum labels labels, size_t count)
{
    trial_init_seeded(x, labels, count, 11);
}

static void trial_release(struct trial *x)
{
    triage_model_free(x->model);
    arena_release(&x->arena);
}

static const struct {
    const char *about;
    enum labels labels;
    enum verdict verdict, loss_verdict;
} cases[] = {
    {"a model that knows", LABELS_MODEL, VERDICT_BETTER, VERDICT_BETTER},
    {"one that does not know what counting knows", LABELS_COUNTS, VERDICT_WORSE,
     VERDICT_WORSE},
    {"there is nothing to know, and it is sure of itself", LABELS_COIN, VERDICT_NO_BETTER,
     VERDICT_WORSE},
};

START_TEST(test_verdict)
{
    static struct trial x;
    struct evaluation j;
    struct error err = {.status = STATUS_OK};
    const char *about = cases[_i].about;
    const struct baseline_comparison *comparison = &j.comparison;

    trial_init(&x, cases[_i].labels, MOST);
    ck_assert_int_eq(triage_evaluate(&j, x.model, &x.evidence, &usual, &err), STATUS_OK);
    ck_assert_msg(comparison->verdict == cases[_i].verdict, "%s: %s, p %g, gain %g",
                  about, triage_verdict_names[comparison->verdict], comparison->p,
                  comparison->gain.value);
    ck_assert_msg(comparison->loss_verdict == cases[_i].loss_verdict, "%s: saving %g",
                  about, comparison->saving.value);
    assert_close(about, 0, comparison->gain.value,
                 j.accuracy.value - j.floors[comparison->floor].accuracy.value, 1e-12);
    assert_close(about, 1, comparison->saving.value,
                 j.floors[comparison->loss_floor].loss.value - j.loss.value, 1e-12);
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        ck_assert(j.floors[i].accuracy.value <=
                  j.floors[comparison->floor].accuracy.value);
        ck_assert(j.floors[i].loss.value >= j.floors[comparison->loss_floor].loss.value);
    }
    assert_close(about, 2, j.order.accuracy.value, j.accuracy.value, 1e-12);
    assert_close(about, 3, j.order.accuracy_drop.value,
                 j.order.accuracy.value - j.order.shuffled_accuracy.value, 1e-12);
    triage_evaluation_release(&j);
    trial_release(&x);
}
END_TEST

/*
 * Where there is nothing to know nobody is better or worse.  The floor it is compared with is
 * the luckiest of seven, which must not make a model look worse than it is.
 */
START_TEST(test_chance_alone)
{
    enum { TRIALS = 120, ALLOWED = 3 };
    static struct trial x;
    struct evaluation_settings settings = usual;
    struct evaluation j;
    unsigned better = 0, worse = 0;

    settings.resamples = 1;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        trial_init_seeded(&x, LABELS_COIN, 400, seed);
        ck_assert_int_eq(triage_evaluate(&j, x.model, &x.evidence, &settings, NULL),
                         STATUS_OK);
        better += j.comparison.verdict == VERDICT_BETTER;
        worse += j.comparison.verdict == VERDICT_WORSE;
        triage_evaluation_release(&j);
        trial_release(&x);
    }
    ck_assert_msg(better <= ALLOWED && worse <= ALLOWED,
                  "of %d models that know what there is to know %u are better, %u worse",
                  TRIALS, better, worse);
}
END_TEST

/*
 * A handful of histories decides nothing: of five signs the same, two of 32 draws are.  The
 * resamples of one history are all alike, so no interval could tell.
 */
START_TEST(test_a_handful_decides_nothing)
{
    enum { TRIALS = 60 };
    static const size_t handfuls[] = {1, 3, 5};
    static struct trial x;
    struct evaluation_settings settings = usual;
    struct evaluation j;
    unsigned decided = 0, loss_decided = 0;

    settings.threads = 1;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        trial_init_seeded(&x, LABELS_COIN, 2 * handfuls[_i], seed);
        ck_assert_int_eq(triage_evaluate(&j, x.model, &x.evidence, &settings, NULL),
                         STATUS_OK);
        decided += j.comparison.verdict != VERDICT_NO_BETTER;
        loss_decided += j.comparison.loss_verdict != VERDICT_NO_BETTER;
        triage_evaluation_release(&j);
        trial_release(&x);
    }
    ck_assert_msg(decided == 0 && loss_decided == 0,
                  "of %d models that saw %zu histories %u are better or worse, by "
                  "log-loss %u",
                  TRIALS, handfuls[_i], decided, loss_decided);
}
END_TEST

/* What is counted adds up, in every table that counts it. */
START_TEST(test_counts_add_up)
{
    static struct trial x;
    struct evaluation j;
    uint64_t cells = 0, hits = 0, others = 0, binned = 0, support = 0;

    trial_init(&x, LABELS_COIN, 200);
    for (size_t h = 0; h < 10; h++)
        x.examples[h].action = ACTION_OTHER;
    ck_assert_int_eq(triage_evaluate(&j, x.model, &x.evidence, &usual, NULL), STATUS_OK);
    for (size_t right = 0; right <= C; right++)
        for (size_t c = 0; c < C; c++) {
            uint64_t count = j.confusion[right * C + c];
            cells += count;
            hits += right == c ? count : 0;
            others += right == C ? count : 0;
        }
    for (size_t c = 0; c < C; c++)
        support += j.classes[c].support;
    for (size_t i = 0; i < EVALUATION_BINS; i++)
        binned += j.bins[i].count;
    ck_assert_uint_eq(j.histories, 100);
    ck_assert_uint_eq(j.decisions, 100);
    ck_assert_uint_eq(cells, 100);
    ck_assert_uint_eq(binned, 100);
    ck_assert_uint_eq(others, 10);
    ck_assert_uint_eq(j.others, 10);
    ck_assert_uint_eq(support, 90);
    assert_close("accuracy", 0, j.accuracy.value, (double)hits / 100, 1e-12);
    triage_evaluation_release(&j);
    trial_release(&x);
}
END_TEST

/* Of the model's own fields, whatever is asked of the histories; what is learnt from has no say. */
START_TEST(test_unknown)
{
    static const uint32_t ids[] = {0, 3, 0, 1};
    static struct trial x;
    struct evaluation j;
    uint64_t events = 0, unknown = 2;

    trial_init(&x, LABELS_COIN, 40);
    x.examples[7].history = (struct history){.ids = ids, .length = 4};
    for (size_t h = 0; h < 20; h++)
        for (uint32_t t = 0; t < x.examples[h].history.length; t++, events++)
            unknown += h != 7 && x.examples[h].history.ids[t] == 0;
    ck_assert_int_eq(triage_evaluate(&j, x.model, &x.evidence, &usual, NULL), STATUS_OK);
    ck_assert_uint_eq(j.events, events);
    ck_assert_uint_eq(j.field_count, 1);
    ck_assert_str_eq(j.fields[0].name, "event");
    ck_assert(j.fields[0].names_events);
    ck_assert_uint_eq(j.fields[0].unknown, unknown);
    triage_evaluation_release(&j);
    trial_release(&x);
}
END_TEST

START_TEST(test_possible)
{
    static struct trial x;
    struct evaluation j;

    trial_init(&x, LABELS_COIN, 100);
    x.evidence.posterior = x.posterior[0];
    ck_assert_int_eq(triage_evaluate(&j, x.model, &x.evidence, &usual, NULL), STATUS_OK);
    ck_assert(j.has_possible);
    assert_close("always right", 0, j.possible_accuracy.value, 1.0, 0);
    assert_close("and this sure", 0, j.possible_loss.value, -log(0.8), 1e-12);
    triage_evaluation_release(&j);
    trial_release(&x);
}
END_TEST

/* What comes next: places, ends left out, beginnings left out. */
static const struct {
    const char *about;
    bool end;
    uint32_t shortest;
} nexts[] = {{"every place", true, 1},
             {"but the ends", false, 1},
             {"nor the first places", false, 2}};

START_TEST(test_next)
{
    static struct trial x;
    struct evaluation_settings settings = usual;
    struct evaluation j;
    size_t places = 0, ends = 0;

    settings.end = nexts[_i].end;
    settings.shortest = nexts[_i].shortest;
    trial_init(&x, LABELS_COIN, 100);
    x.model->trained->task = TASK_NEXT;
    x.evidence.end = END;
    for (size_t h = 0; h < 100; h++) {
        uint32_t last = x.histories[h].length - 1;
        for (uint32_t t = 0; t <= last; t++)
            x.actions[h][t] = t == last ? END : x.histories[h].ids[t + 1] % END;
        x.examples[h].actions = x.actions[h];
        if (h >= 50)
            continue;
        places += x.histories[h].length - !nexts[_i].end;
        places -= nexts[_i].shortest == 2 && (last > 0 || nexts[_i].end);
        ends += !nexts[_i].end;
    }
    ck_assert_int_eq(triage_evaluate(&j, x.model, &x.evidence, &settings, NULL),
                     STATUS_OK);
    ck_assert_msg(j.decisions == places, "%s: %zu places, expected %zu", nexts[_i].about,
                  j.decisions, places);
    ck_assert_uint_eq(j.unasked, ends);
    ck_assert_uint_eq(j.classes[END].support == 0, !nexts[_i].end);
    ck_assert_uint_eq(j.order.places, j.histories);
    triage_evaluation_release(&j);
    trial_release(&x);
}
END_TEST

START_TEST(test_same_figures_for_any_threads)
{
    static struct trial x;
    struct evaluation one, three;
    struct evaluation_settings settings = usual;

    trial_init(&x, LABELS_MODEL, 200);
    x.evidence.learn_count = 0; /* cross-fitted */
    settings.threads = 1;
    ck_assert_int_eq(triage_evaluate(&one, x.model, &x.evidence, &settings, NULL),
                     STATUS_OK);
    settings.threads = 3;
    ck_assert_int_eq(triage_evaluate(&three, x.model, &x.evidence, &settings, NULL),
                     STATUS_OK);
    ck_assert(one.is_cross_fitted && three.is_cross_fitted);
    ck_assert_mem_eq(&one.accuracy, &three.accuracy, 4 * sizeof one.accuracy);
    ck_assert_mem_eq(one.classes, three.classes, C * sizeof *one.classes);
    ck_assert_mem_eq(&one.comparison, &three.comparison, sizeof one.comparison);
    ck_assert_mem_eq(&one.order, &three.order, sizeof one.order);
    ck_assert_mem_eq(one.floors, three.floors, sizeof one.floors);
    triage_evaluation_release(&one);
    triage_evaluation_release(&three);
    trial_release(&x);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    static struct trial x;
    struct evaluation_settings settings = usual;

    settings.threads = 1;
    settings.resamples = 2;
    trial_init(&x, LABELS_COIN, 24);
    for (unsigned n = 0; torture_again(&n);) {
        struct error err = {.status = STATUS_OK};
        struct evaluation j;
        enum status status = triage_evaluate(&j, x.model, &x.evidence, &settings, &err);
        ck_assert_int_eq(status, torture_has_struck() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        triage_evaluation_release(&j);
    }
    trial_release(&x);
}
END_TEST

START_TEST(test_nothing_to_judge)
{
    static struct trial x;
    struct evaluation_settings settings = usual;
    struct evaluation j;
    struct error err = {.status = STATUS_OK};

    settings.shortest = LONGEST + 1;
    trial_init(&x, LABELS_COIN, 20);
    ck_assert_int_eq(triage_evaluate(&j, x.model, &x.evidence, &settings, &err),
                     STATUS_BAD_INPUT);
    ck_assert_str_eq(err.text, "there is no place to be judged in 10 histories");
    triage_evaluation_release(&j);
    trial_release(&x);
}
END_TEST

Suite *judge_suite(void)
{
    Suite *suite = suite_create("judge");
    TCase *tc = tcase_create("judge");
    tcase_add_loop_test(tc, test_verdict, 0, COUNT(cases));
    tcase_add_test(tc, test_chance_alone);
    tcase_add_loop_test(tc, test_a_handful_decides_nothing, 0, 3);
    tcase_add_test(tc, test_counts_add_up);
    tcase_add_test(tc, test_unknown);
    tcase_add_test(tc, test_possible);
    tcase_add_loop_test(tc, test_next, 0, COUNT(nexts));
    tcase_add_test(tc, test_same_figures_for_any_threads);
    tcase_add_test(tc, test_memory_runs_out);
    tcase_add_test(tc, test_nothing_to_judge);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return suite;
}

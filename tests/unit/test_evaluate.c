/* Whole evaluations of a model on labels that it knows, that counting knows, and at random. */
#include "evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "eval/predictions.h"
#include "model/training_histories.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { MAX_HISTORIES = 600, LONGEST = 8, C = SAMPLE_ACTIONS, END = 2 };

static const struct evaluation_settings usual = {
    .seed = 1, .resamples = 200, .shortest = 1, .end = true, .known = true, .threads = 2};

enum labels {
    LABELS_MODEL,  /* what the model predicts */
    LABELS_COUNTS, /* a function of the last event */
    LABELS_RANDOM
};

struct trial {
    struct model *model;
    struct history *histories;
    struct example examples[MAX_HISTORIES];
    uint32_t actions[MAX_HISTORIES][LONGEST];
    double posterior[MAX_HISTORIES][C];
    /* Evaluated on the first half, baselines trained on the second. */
    struct evaluation_data data;
    struct arena arena;
};

static uint32_t label_of(const struct trial *x, enum labels labels, size_t h,
                         struct random *random)
{
    const struct history *history = &x->histories[h];
    uint32_t label = history->ids[history->length - 1] % C;
    if (labels == LABELS_RANDOM)
        return (uint32_t)random_below(random, C);
    if (labels == LABELS_COUNTS)
        return label;
    float *probabilities = sample_alone(x->model, history, 1, LONGEST);
    label = prediction_of(probabilities, C, 0).action;
    free(probabilities);
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
    x->data = (struct evaluation_data){.evaluated = x->examples,
                                       .evaluated_count = count / 2,
                                       .training = x->examples + count / 2,
                                       .training_count = count - count / 2,
                                       .end_action = ACTION_NONE};
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
    {"a model that knows the label", LABELS_MODEL, VERDICT_BETTER, VERDICT_BETTER},
    {"a model that does not know what counting knows", LABELS_COUNTS, VERDICT_WORSE,
     VERDICT_WORSE},
    {"random labels, and a model that is sure of itself", LABELS_RANDOM,
     VERDICT_NO_BETTER, VERDICT_WORSE},
};

START_TEST(test_verdict_of_good_and_bad_models)
{
    static struct trial x;
    struct evaluation e;
    struct error err = {.status = STATUS_OK};
    const char *about = cases[_i].about;
    const struct baseline_comparison *comparison = &e.comparison;
    trial_init(&x, cases[_i].labels, MAX_HISTORIES);
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &usual, &err), STATUS_OK);
    ck_assert_msg(comparison->verdict == cases[_i].verdict, "%s: %s, p %g, gain %g",
                  about, triage_verdict_names[comparison->verdict], comparison->p,
                  comparison->accuracy_gain.value);
    ck_assert_msg(comparison->loss_verdict == cases[_i].loss_verdict,
                  "%s: loss reduction %g", about, comparison->loss_reduction.value);
    assert_close(about, 0, comparison->accuracy_gain.value,
                 e.accuracy.value - e.baselines[comparison->baseline].accuracy.value,
                 1e-12);
    assert_close(about, 1, comparison->loss_reduction.value,
                 e.baselines[comparison->loss_baseline].loss.value - e.loss.value, 1e-12);
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        ck_assert(e.baselines[i].accuracy.value <=
                  e.baselines[comparison->baseline].accuracy.value);
        ck_assert(e.baselines[i].loss.value >=
                  e.baselines[comparison->loss_baseline].loss.value);
    }
    assert_close(about, 2, e.order.accuracy.value, e.accuracy.value, 1e-12);
    assert_close(about, 4, e.order.loss.value, e.loss.value, 1e-12);
    assert_close(about, 3, e.order.accuracy_drop.value,
                 e.order.accuracy.value - e.order.shuffled_accuracy.value, 1e-12);
    triage_evaluation_release(&e);
    trial_release(&x);
}
END_TEST

/*
 * With random labels no model is better or worse.  The baseline that it is compared with is the
 * luckiest of seven, which must not make a model look worse than it is.
 */
START_TEST(test_random_labels_are_no_better_and_no_worse)
{
    enum { ALLOWED = 3 };
    const unsigned trials = (unsigned)case_count(120, 10);
    static struct trial x;
    struct evaluation_settings settings = usual;
    struct evaluation e;
    unsigned better = 0, worse = 0;
    settings.resamples = 1;
    settings.known = false;
    for (uint64_t seed = 1; seed <= trials; seed++) {
        trial_init_seeded(&x, LABELS_RANDOM, 400, seed);
        ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &settings, NULL),
                         STATUS_OK);
        better += e.comparison.verdict == VERDICT_BETTER;
        worse += e.comparison.verdict == VERDICT_WORSE;
        triage_evaluation_release(&e);
        trial_release(&x);
    }
    ck_assert_msg(better <= ALLOWED && worse <= ALLOWED,
                  "of %u models on random labels %u are better, %u worse", trials, better,
                  worse);
}
END_TEST

/*
 * A few histories decide nothing: five equal signs have p = 2 / 32.  All resamples of one history
 * are the same, so its interval has no width.
 */
START_TEST(test_a_few_histories_decide_nothing)
{
    enum { TRIALS = 60 };
    static const size_t counts[] = {1, 3, 5};
    static struct trial x;
    struct evaluation_settings settings = usual;
    struct evaluation e;
    unsigned decided = 0, loss_decided = 0;
    settings.threads = 1;
    settings.known = false;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        trial_init_seeded(&x, LABELS_RANDOM, 2 * counts[_i], seed);
        ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &settings, NULL),
                         STATUS_OK);
        decided += e.comparison.verdict != VERDICT_NO_BETTER;
        loss_decided += e.comparison.loss_verdict != VERDICT_NO_BETTER;
        triage_evaluation_release(&e);
        trial_release(&x);
    }
    ck_assert_msg(decided == 0 && loss_decided == 0,
                  "of %d models on %zu histories %u are better or worse, by log-loss %u",
                  TRIALS, counts[_i], decided, loss_decided);
}
END_TEST

/* The tables of counts have the same totals. */
START_TEST(test_counts_add_up)
{
    static struct trial x;
    struct evaluation e;
    uint64_t cells = 0, correct = 0, others = 0, binned = 0, support = 0;
    trial_init(&x, LABELS_RANDOM, 200);
    for (size_t h = 0; h < 10; h++)
        x.examples[h].action = ACTION_OTHER;
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &usual, NULL), STATUS_OK);
    for (size_t label = 0; label <= C; label++)
        for (size_t c = 0; c < C; c++) {
            uint64_t count = e.confusion[label * C + c];
            cells += count;
            correct += label == c ? count : 0;
            others += label == C ? count : 0;
        }
    for (size_t c = 0; c < C; c++)
        support += e.classes[c].support;
    for (size_t i = 0; i < EVALUATION_BINS; i++)
        binned += e.bins[i].count;
    ck_assert_uint_eq(e.histories, 100);
    ck_assert_uint_eq(e.positions, 100);
    ck_assert_uint_eq(cells, 100);
    ck_assert_uint_eq(binned, 100);
    ck_assert_uint_eq(others, 10);
    ck_assert_uint_eq(e.other_labels, 10);
    ck_assert_uint_eq(support, 90);
    assert_close("accuracy", 0, e.accuracy.value, (double)correct / 100, 1e-12);
    triage_evaluation_release(&e);
    trial_release(&x);
}
END_TEST

/* Counted in the evaluated histories only, in all of their events. */
START_TEST(test_unknown_values_are_counted)
{
    static const uint32_t ids[] = {0, 3, 0, 1};
    static struct trial x;
    struct evaluation e;
    uint64_t events = 0, unknown = 2;
    trial_init(&x, LABELS_RANDOM, 40);
    x.examples[7].history = (struct history){.ids = ids, .length = 4};
    for (size_t h = 0; h < 20; h++)
        for (uint32_t t = 0; t < x.examples[h].history.length; t++, events++)
            unknown += h != 7 && x.examples[h].history.ids[t] == 0;
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &usual, NULL), STATUS_OK);
    ck_assert_uint_eq(e.events, events);
    ck_assert_uint_eq(e.unknown_field_count, 1);
    ck_assert_str_eq(e.unknown_fields[0].name, "event");
    ck_assert(e.unknown_fields[0].is_event_name);
    ck_assert_uint_eq(e.unknown_fields[0].count, unknown);
    triage_evaluation_release(&e);
    trial_release(&x);
}
END_TEST

START_TEST(test_optimum_of_stated_probabilities)
{
    static struct trial x;
    struct evaluation e;
    trial_init(&x, LABELS_RANDOM, 100);
    x.data.posterior = x.posterior[0];
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &usual, NULL), STATUS_OK);
    ck_assert(e.has_optimum);
    assert_close("always correct", 0, e.optimal_accuracy.value, 1.0, 0);
    assert_close("with probability 0.8", 0, e.optimal_loss.value, -log(0.8), 1e-12);
    triage_evaluation_release(&e);
    trial_release(&x);
}
END_TEST

/* Task next: positions, ends left out, beginnings left out. */
static const struct {
    const char *about;
    bool end;
    uint32_t shortest;
} nexts[] = {
    {"every event", true, 1}, {"except the last", false, 1}, {"nor the first", false, 2}};

START_TEST(test_positions_of_task_next)
{
    static struct trial x;
    struct evaluation_settings settings = usual;
    struct evaluation e;
    size_t positions = 0, ends = 0;
    settings.end = nexts[_i].end;
    settings.shortest = nexts[_i].shortest;
    trial_init(&x, LABELS_RANDOM, 100);
    x.model->trained->task = TASK_NEXT;
    x.data.end_action = END;
    for (size_t h = 0; h < 100; h++) {
        uint32_t last = x.histories[h].length - 1;
        for (uint32_t t = 0; t <= last; t++)
            x.actions[h][t] = t == last ? END : x.histories[h].ids[t + 1] % END;
        x.examples[h].actions = x.actions[h];
        if (h >= 50)
            continue;
        positions += x.histories[h].length - !nexts[_i].end;
        positions -= nexts[_i].shortest == 2 && (last > 0 || nexts[_i].end);
        ends += !nexts[_i].end;
    }
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &settings, NULL), STATUS_OK);
    ck_assert_msg(e.positions == positions, "%s: %zu positions, expected %zu",
                  nexts[_i].about, e.positions, positions);
    ck_assert_uint_eq(e.ends_left_out, ends);
    ck_assert_uint_eq(e.classes[END].support == 0, !nexts[_i].end);
    ck_assert(nexts[_i].end || e.classes[END].predicted == 0);
    ck_assert(e.end.exists == nexts[_i].end);
    ck_assert_uint_eq(e.end.labels, nexts[_i].end ? e.histories : 0);
    ck_assert_uint_eq(e.order.positions, e.histories);
    triage_evaluation_release(&e);
    trial_release(&x);
}
END_TEST

/* Where the label is never END, nobody loses a position or probability to it. */
START_TEST(test_without_the_end_all_answer_the_other_actions)
{
    static struct trial x;
    struct evaluation_settings settings = usual;
    struct evaluation with, without;
    trial_init(&x, LABELS_RANDOM, 200);
    x.model->trained->task = TASK_NEXT;
    x.data.end_action = END;
    for (size_t h = 0; h < 200; h++) {
        for (uint32_t t = 0; t < x.histories[h].length; t++)
            x.actions[h][t] = h < 100 ? t % END : t % C; /* only the training has END */
        x.examples[h].actions = x.actions[h];
    }
    ck_assert_int_eq(triage_evaluate(&with, x.model, &x.data, &settings, NULL),
                     STATUS_OK);
    settings.end = false;
    ck_assert_int_eq(triage_evaluate(&without, x.model, &x.data, &settings, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(with.positions, without.positions);
    ck_assert(with.classes[END].predicted > 0 && without.classes[END].predicted == 0);
    ck_assert(without.accuracy.value > with.accuracy.value);
    ck_assert(without.loss.value < with.loss.value);
    ck_assert_uint_eq(with.end.correct_without,
                      (uint64_t)llround(without.accuracy.value * (double)with.positions));
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        ck_assert(without.baselines[i].accuracy.value >=
                  with.baselines[i].accuracy.value);
        ck_assert(without.baselines[i].loss.value < with.baselines[i].loss.value);
    }
    triage_evaluation_release(&with);
    triage_evaluation_release(&without);
    trial_release(&x);
}
END_TEST

static const struct {
    const char *about;
    double p[C], expected[C];
    uint32_t action;
} left_out[] = {
    {"the others keep their ratio", {0.2, 0.5, 0.3}, {0.4, 0, 0.6}, 1},
    {"the first action", {0.75, 0.25, 0}, {0, 1, 0}, 0},
    {"all of the probability", {0, 0, 1}, {0.5, 0.5, 0}, 2},
    {"none of it", {0.5, 0, 0.5}, {0.5, 0, 0.5}, 1},
};

START_TEST(test_leaving_out_an_action)
{
    double p[C];
    for (size_t c = 0; c < C; c++)
        p[c] = left_out[_i].p[c];
    leave_out(p, C, left_out[_i].action);
    for (size_t c = 0; c < C; c++)
        assert_close(left_out[_i].about, c, p[c], left_out[_i].expected[c], 1e-15);
}
END_TEST

/* The same baselines, whether their histories are given or in the model file. */
START_TEST(test_baselines_are_trained_on_what_the_model_file_holds)
{
    static struct trial x;
    struct evaluation given, held;
    trial_init(&x, LABELS_COUNTS, MAX_HISTORIES);
    const struct training_data data = {.train = x.data.training,
                                       .train_count = x.data.training_count};
    ck_assert_int_eq(triage_evaluate(&given, x.model, &x.data, &usual, NULL), STATUS_OK);
    ck_assert(!triage_model_holds_histories(x.model));
    ck_assert_int_eq(training_histories_set(x.model->trained, &data, false, NULL),
                     STATUS_OK);
    ck_assert(triage_model_holds_histories(x.model));
    x.data.training_count = 0;
    ck_assert_int_eq(triage_evaluate(&held, x.model, &x.data, &usual, NULL), STATUS_OK);
    ck_assert(given.source == BASELINES_GIVEN && held.source == BASELINES_FROM_MODEL);
    ck_assert_uint_eq(held.training_histories, given.training_histories);
    ck_assert_uint_eq(held.model_histories, MAX_HISTORIES / 2);
    ck_assert_str_eq(held.no_verdict, "");
    ck_assert(held.comparison.verdict == VERDICT_WORSE);
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        assert_close("accuracy", i, held.baselines[i].accuracy.value,
                     given.baselines[i].accuracy.value, 1e-12);
        assert_close("log-loss", i, held.baselines[i].loss.value,
                     given.baselines[i].loss.value, i < 6 ? 1e-12 : 1e-3);
    }
    triage_evaluation_release(&given);
    triage_evaluation_release(&held);
    trial_release(&x);
}
END_TEST

/* x.examples are those evaluated [300], then those of the training [300]. */
static const struct {
    const char *about;
    const char *report;        /* of the model, or NULL */
    size_t held, held_count;   /* histories in the model file: first, number */
    size_t given, given_count; /* to train the baselines on */
    const char *expected;      /* the reason; "" for a verdict */
} refusals[] = {
    {"nothing is known of the training", NULL, 0, 0, 0, 0,
     "its file does not hold the histories that it was trained on"},
    {"an old file says how many they are", "{\"learn\": 250, \"validation\": 50}", 0, 0,
     0, 0, "its file does not hold the 300 histories that it was trained on"},
    {"and as many are given", "{\"learn\": 250, \"validation\": 50}", 0, 0, 300, 300, ""},
    {"or nearly as many", "{\"learn\": 298}", 0, 0, 300, 300, ""},
    {"or fewer", "{\"learn\": 300}", 0, 0, 300, 200,
     "the baselines are trained on 200 histories, the model on 300"},
    {"or more", "{\"learn\": 200}", 0, 0, 300, 300,
     "the baselines are trained on 300 histories, the model on 200"},
    {"it is said nowhere, and some are given", NULL, 0, 0, 300, 300, ""},
    {"the file holds them", NULL, 300, 300, 0, 0, ""},
    {"the file holds them, and they are given", NULL, 300, 300, 300, 300, ""},
    {"the file holds others than are given", NULL, 300, 150, 450, 150,
     "it was trained on 0 of 150 histories that are given for the baselines"},
    {"the evaluated ones are in the file", NULL, 0, 300, 0, 0,
     "300 of 300 evaluated histories are equal to histories that it was trained on"},
    {"a third of them is", NULL, 200, 400, 0, 0,
     "100 of 300 evaluated histories are equal to histories that it was trained on"},
    {"the evaluated ones are repeated", NULL, 300, 300, 0, 0,
     "300 evaluated histories are equal to others of them"},
    {"the evaluated ones are given", NULL, 0, 0, 0, 300,
     "300 of 300 evaluated histories are also among those that the baselines are trained "
     "on"},
};

START_TEST(test_why_there_is_no_verdict)
{
    static struct trial x;
    struct evaluation e;
    struct spec spec = sample_spec(2, 0, 6, 1, 1);
    trial_init(&x, LABELS_RANDOM, MAX_HISTORIES);
    triage_model_free(x.model); /* histories with numbers and times are never equal */
    x.model = sample_model(sample_rich, &spec, 1.0f, 4);
    x.histories = sample_histories(triage_model_schema(x.model), MAX_HISTORIES, LONGEST,
                                   &x.arena, 12);
    for (size_t h = 0; h < MAX_HISTORIES; h++)
        x.examples[h].history = x.histories[h];
    if (strstr(refusals[_i].about, "repeated"))
        memcpy(x.examples, x.examples + 150, 150 * sizeof *x.examples);
    const struct training_data held = {.train = x.examples + refusals[_i].held,
                                       .train_count = refusals[_i].held_count};
    x.model->trained->report = refusals[_i].report;
    if (held.train_count > 0)
        ck_assert_int_eq(training_histories_set(x.model->trained, &held, false, NULL),
                         STATUS_OK);
    x.data.training = x.examples + refusals[_i].given;
    x.data.training_count = refusals[_i].given_count;
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &usual, NULL), STATUS_OK);
    ck_assert_msg(strcmp(e.no_verdict, refusals[_i].expected) == 0, "%s: \"%s\"",
                  refusals[_i].about, e.no_verdict);
    bool is_refused = *refusals[_i].expected != '\0';
    ck_assert((e.comparison.verdict == VERDICT_NONE) == is_refused);
    ck_assert((e.comparison.loss_verdict == VERDICT_NONE) == is_refused);
    ck_assert(isnan(e.comparison.p) == is_refused);
    ck_assert(isnan(e.comparison.loss_p) == is_refused);
    triage_evaluation_release(&e);
    trial_release(&x);
}
END_TEST

START_TEST(test_same_metrics_for_any_threads)
{
    static struct trial x;
    struct evaluation one, three;
    struct evaluation_settings settings = usual;
    trial_init(&x, LABELS_MODEL, 200);
    x.data.training_count = 0; /* cross-fitted */
    settings.threads = 1;
    ck_assert_int_eq(triage_evaluate(&one, x.model, &x.data, &settings, NULL), STATUS_OK);
    settings.threads = 3;
    ck_assert_int_eq(triage_evaluate(&three, x.model, &x.data, &settings, NULL),
                     STATUS_OK);
    ck_assert(one.source == BASELINES_CROSS_FITTED && three.source == one.source);
    ck_assert_mem_eq(&one.accuracy, &three.accuracy, 4 * sizeof one.accuracy);
    ck_assert_mem_eq(one.classes, three.classes, C * sizeof *one.classes);
    ck_assert_mem_eq(&one.comparison, &three.comparison, sizeof one.comparison);
    ck_assert_mem_eq(&one.order, &three.order, sizeof one.order);
    ck_assert_mem_eq(one.baselines, three.baselines, sizeof one.baselines);
    ck_assert_mem_eq(&one.known, &three.known, sizeof one.known);
    ck_assert_mem_eq(&one.calibration, &three.calibration, sizeof one.calibration);
    ck_assert_mem_eq(&one.auc, &three.auc, 3 * sizeof one.auc);
    triage_evaluation_release(&one);
    triage_evaluation_release(&three);
    trial_release(&x);
}
END_TEST

/* The row in which all events are known is the whole evaluation. */
START_TEST(test_with_all_events_known_it_is_the_whole_evaluation)
{
    static struct trial x;
    struct evaluation e;
    trial_init(&x, LABELS_MODEL, 300);
    x.data.posterior = &x.posterior[0][0];
    x.data.training_count = _i == 0 ? x.data.training_count : 0; /* or cross-fitted */
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &usual, NULL), STATUS_OK);
    const struct known_row *row = &e.known.rows[KNOWN_SHARES - 1];
    ck_assert_uint_eq(e.known.row_count, KNOWN_ROWS);
    ck_assert_uint_eq(e.known.histories, e.histories);
    ck_assert_uint_eq(row->histories, e.histories);
    assert_close("accuracy", 0, row->accuracy.value, e.accuracy.value, 1e-12);
    assert_close("log-loss", 0, row->loss.value, e.loss.value, 1e-12);
    assert_close("AUC", 0, row->auc.value, e.auc.value, 1e-12);
    assert_close("Brier score", 0, row->brier, e.brier.value, 1e-12);
    assert_close("calibration", 0, row->calibration_error, e.calibration_error.value,
                 1e-12);
    assert_close("its p", 0, row->calibration.p_holm, e.calibration.p_holm, 0.0);
    assert_close("optimum", 0, row->optimal_accuracy, e.optimal_accuracy.value, 1e-12);
    ck_assert(isnan(e.known.rows[0].optimal_accuracy));
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        assert_close("accuracy of a baseline", i, row->baselines[i].accuracy,
                     e.baselines[i].accuracy.value, 1e-12);
        assert_close("its log-loss", i, row->baselines[i].loss, e.baselines[i].loss.value,
                     1e-12);
        assert_close("its AUC", i, row->baselines[i].auc, e.baselines[i].auc, 1e-12);
    }
    ck_assert(row->comparison.verdict == e.comparison.verdict);
    triage_evaluation_release(&e);
    trial_release(&x);
}
END_TEST

/*
 * Histories a, b, ..., whose label is decided by the first event.  So the model is asked after the
 * first ceil(share n) events and after exactly n events, the baselines are trained on all of them,
 * and the exact probabilities of each event are those of that event.
 */
START_TEST(test_rows_cut_each_history_after_the_first_events)
{
    static const double shares[] = {0.25, 0.5, 0.75, 1.0};
    static const uint32_t counts[] = {1, 2, 4, 8, 16};
    static struct trial x;
    static double posteriors[MAX_HISTORIES * LONGEST][C];
    struct evaluation e;
    size_t events = 0;
    trial_init(&x, LABELS_RANDOM, 200);
    for (size_t h = 0; h < 200; h++)
        x.examples[h].action = x.histories[h].ids[0] % C;
    for (size_t h = 0; h < x.data.evaluated_count; h++)
        for (uint32_t t = 0; t < x.histories[h].length; t++, events++)
            for (uint32_t c = 0; c < C;
                 c++) /* right up to the second event, then wrong */
                posteriors[events][c] =
                    (c == x.examples[h].action) == (t < 2) ? 0.8 : 0.1;
    x.data.posteriors = &posteriors[0][0];
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &usual, NULL), STATUS_OK);
    for (size_t i = 0; i < KNOWN_ROWS; i++) {
        const struct known_row *row = &e.known.rows[i];
        size_t histories = 0, correct = 0, optimal = 0;
        double loss = 0.0;
        for (size_t h = 0; h < x.data.evaluated_count; h++) {
            struct history cut = x.histories[h];
            uint32_t length = i < KNOWN_SHARES ? (uint32_t)ceil(shares[i] * cut.length)
                                               : counts[i - KNOWN_SHARES];
            if (length > cut.length)
                continue;
            cut.length = length;
            float *p = sample_alone(x.model, &cut, 1, LONGEST);
            histories++;
            correct += prediction_of(p, C, 0).action == x.examples[h].action;
            loss -= log((double)p[x.examples[h].action]);
            optimal += length <= 2;
            free(p);
        }
        ck_assert_uint_eq(row->histories, histories);
        ck_assert(i < KNOWN_SHARES ? row->share == shares[i] && row->events == 0
                                   : row->events == counts[i - KNOWN_SHARES]);
        if (histories == 0)
            continue;
        assert_close("accuracy", i, row->accuracy.value,
                     (double)correct / (double)histories, 1e-12);
        assert_close("log-loss", i, row->loss.value, loss / (double)histories, 1e-9);
        assert_close("possible", i, row->optimal_accuracy,
                     (double)optimal / (double)histories, 1e-12);
        /* the last event alone is the first one: the baseline is always right */
        if (row->events == 1)
            assert_close("last event", i, row->baselines[1].accuracy, 1.0, 0.0);
    }
    triage_evaluation_release(&e);
    trial_release(&x);
}
END_TEST

START_TEST(test_other_tasks_are_not_evaluated_by_what_is_known)
{
    static struct trial x;
    struct evaluation e;
    struct evaluation_settings settings = usual;
    trial_init(&x, LABELS_RANDOM, 40);
    settings.known = false;
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &settings, NULL), STATUS_OK);
    ck_assert_uint_eq(e.known.row_count, 0);
    assert_close("one test", 0, e.calibration.p_holm, e.calibration.p, 0.0);
    triage_evaluation_release(&e);
    x.model->trained->task = TASK_EVERY;
    for (size_t h = 0; h < 40; h++)
        x.examples[h].actions = x.actions[h];
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &usual, NULL), STATUS_OK);
    ck_assert_uint_eq(e.known.row_count, 0);
    triage_evaluation_release(&e);
    trial_release(&x);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    static struct trial x;
    struct evaluation_settings settings = usual;
    settings.threads = 1;
    settings.resamples = 2;
    trial_init(&x, LABELS_RANDOM, 24);
    const struct training_data data = {.train = x.data.training,
                                       .train_count = x.data.training_count};
    ck_assert_int_eq(training_histories_set(x.model->trained, &data, false, NULL),
                     STATUS_OK);
    x.data.training_count =
        _i == 0 ? x.data.training_count : 0; /* or those in the file */
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct evaluation e;
        enum status status = triage_evaluate(&e, x.model, &x.data, &settings, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        triage_evaluation_release(&e);
    }
    trial_release(&x);
}
END_TEST

START_TEST(test_evaluation_without_a_position_is_an_error)
{
    static struct trial x;
    struct evaluation_settings settings = usual;
    struct evaluation e;
    struct error err = {.status = STATUS_OK};
    settings.shortest = LONGEST + 1;
    trial_init(&x, LABELS_RANDOM, 20);
    ck_assert_int_eq(triage_evaluate(&e, x.model, &x.data, &settings, &err),
                     STATUS_BAD_INPUT);
    ck_assert_str_eq(err.text, "no position to evaluate in 10 histories");
    triage_evaluation_release(&e);
    trial_release(&x);
}
END_TEST

Suite *evaluate_suite(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *tc = tcase_create("evaluate");
    tcase_add_loop_test(tc, test_verdict_of_good_and_bad_models, 0, COUNT(cases));
    tcase_add_test(tc, test_random_labels_are_no_better_and_no_worse);
    tcase_add_loop_test(tc, test_a_few_histories_decide_nothing, 0, 3);
    tcase_add_test(tc, test_counts_add_up);
    tcase_add_test(tc, test_unknown_values_are_counted);
    tcase_add_test(tc, test_optimum_of_stated_probabilities);
    tcase_add_loop_test(tc, test_positions_of_task_next, 0, COUNT(nexts));
    tcase_add_test(tc, test_without_the_end_all_answer_the_other_actions);
    tcase_add_loop_test(tc, test_leaving_out_an_action, 0, COUNT(left_out));
    tcase_add_test(tc, test_baselines_are_trained_on_what_the_model_file_holds);
    tcase_add_loop_test(tc, test_why_there_is_no_verdict, 0, COUNT(refusals));
    tcase_add_test(tc, test_same_metrics_for_any_threads);
    tcase_add_loop_test(tc, test_with_all_events_known_it_is_the_whole_evaluation, 0, 2);
    tcase_add_test(tc, test_rows_cut_each_history_after_the_first_events);
    tcase_add_test(tc, test_other_tasks_are_not_evaluated_by_what_is_known);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, 2);
    tcase_add_test(tc, test_evaluation_without_a_position_is_an_error);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return suite;
}

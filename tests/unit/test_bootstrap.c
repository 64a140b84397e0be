#include "eval/bootstrap.h"

#include <math.h>

#include "base/random.h"
#include "support/compare.h"
#include "unit/suites.h"

enum { MOST = 400, C = 2 };

static const struct ratio ratios[] = {
    {COLUMN_MODEL, NO_COLUMN, COLUMN_DECISIONS},     /* accuracy */
    {COLUMN_MODEL + 1, NO_COLUMN, COLUMN_LOSSES},    /* loss */
    {COLUMN_MODEL, COLUMN_FLOORS, COLUMN_DECISIONS}, /* gain over a floor */
    {COLUMN_POSSIBLE, NO_COLUMN, COLUMN_ORDER},      /* nothing to divide by */
};
enum { ACCURACY, LOSS, GAIN, NOTHING, MACRO_F1, CALIBRATION, FIGURES };

/* Decisions, each history's side by side, with the model's marks and a floor that is always wrong. */
struct judged {
    struct decision list[MOST];
    struct decisions decisions;
    struct mark marks[MOST];
    struct ledger ledger;
};

/* Each history has `places` places, all right or all wrong, with the given chance. */
static void draw(struct judged *judged, size_t histories, size_t places, double chance,
                 uint64_t seed)
{
    struct random random;

    random_init(&random, seed, 0);
    judged->decisions = (struct decisions){
        .list = judged->list, .count = histories * places, .histories = histories};
    ck_assert_int_eq(ledger_init(&judged->ledger, histories, NULL), STATUS_OK);
    for (size_t h = 0; h < histories; h++) {
        bool is_right = random_unit(&random) < chance;
        for (size_t i = h * places; i < (h + 1) * places; i++) {
            judged->list[i] = (struct decision){(uint32_t)h, (uint32_t)(i % places), 0};
            judged->marks[i] =
                (struct mark){is_right ? 0 : 1, 0.75f, is_right ? 0.75f : 0.25f};
            ledger_count(&judged->ledger, &judged->list[i], COLUMN_DECISIONS);
            ledger_note(&judged->ledger, &judged->list[i], COLUMN_MODEL,
                        judged->marks[i].chosen, (double)judged->marks[i].right);
            ledger_note(&judged->ledger, &judged->list[i], COLUMN_FLOORS, 1, 0.5);
        }
    }
}

static void run(const struct judged *judged, uint32_t lanes, uint64_t seed,
                struct estimate *figures)
{
    const struct crew crew = {workers_new(lanes, NULL), lanes};
    const struct bootstrap bootstrap = {.ledger = &judged->ledger,
                                        .ratios = ratios,
                                        .ratio_count = sizeof ratios / sizeof *ratios,
                                        .decisions = &judged->decisions,
                                        .marks = judged->marks,
                                        .C = C,
                                        .resamples = 1000,
                                        .seed = seed,
                                        .crew = &crew};

    ck_assert_uint_eq(bootstrap_figures(&bootstrap), FIGURES);
    ck_assert_int_eq(bootstrap_run(&bootstrap, figures, NULL), STATUS_OK);
    workers_free(crew.workers);
}

static const struct {
    const char *about;
    size_t histories, places;
    double chance;
} cases[] = {
    {"many histories of one place", 400, 1, 0.7},
    {"fewer of four, each all right or all wrong", 100, 4, 0.7},
    {"nearly always right", 400, 1, 0.95},
};

/* The interval of a share p of n histories is about +-1.96 sqrt(p (1 - p) / n), whatever the
   number of places in each: they are one draw. */
START_TEST(test_interval_of_a_share)
{
    const char *about = cases[_i].about;
    struct judged judged;
    struct estimate figures[FIGURES];
    double half, share;

    draw(&judged, cases[_i].histories, cases[_i].places, cases[_i].chance, 5);
    run(&judged, 2, 1, figures);
    share = figures[ACCURACY].value;
    half = 1.96 * sqrt(share * (1 - share) / (double)cases[_i].histories);
    assert_close(about, 0, figures[ACCURACY].low, share - half, 0.15 * half);
    assert_close(about, 1, figures[ACCURACY].high, share + half, 0.15 * half);
    ck_assert_msg(figures[ACCURACY].low < cases[_i].chance &&
                      cases[_i].chance < figures[ACCURACY].high,
                  "%s: the truth is outside", about);
    assert_close(about, 2, figures[GAIN].value, share, 1e-15);
    assert_close(about, 3, figures[GAIN].low, figures[ACCURACY].low, 1e-15);
    assert_close(about, 4, figures[LOSS].value,
                 -share * log(0.75) - (1 - share) * log(0.25), 1e-12);
    assert_close(about, 5, figures[CALIBRATION].value, fabs(share - 0.75), 1e-12);
    assert_close(about, 6, figures[MACRO_F1].value, 2 * share / (1 + share), 1e-12);
    ck_assert(isnan(figures[NOTHING].value) && isnan(figures[NOTHING].low));
    ledger_release(&judged.ledger);
}
END_TEST

START_TEST(test_same_for_any_threads_and_other_for_another_seed)
{
    struct judged judged;
    struct estimate one[FIGURES], three[FIGURES], other[FIGURES];

    draw(&judged, 120, 3, 0.6, 9);
    run(&judged, 1, 1, one);
    run(&judged, 3, 1, three);
    run(&judged, 1, 2, other);
    ck_assert_mem_eq(one, three, sizeof one);
    ck_assert(one[LOSS].low != other[LOSS].low);
    ck_assert(one[LOSS].value == other[LOSS].value);
    ledger_release(&judged.ledger);
}
END_TEST

/*
 * Nine in ten and more of the intervals hold the truth: of 200 drawn, 190 are expected, with
 * a standard deviation of 3.1.
 */
START_TEST(test_coverage)
{
    int held = 0;

    for (uint64_t seed = 0; seed < 200; seed++) {
        struct judged judged;
        struct estimate figures[FIGURES];
        draw(&judged, 80, 2, 0.7, seed);
        run(&judged, 1, seed, figures);
        held += figures[ACCURACY].low <= 0.7 && 0.7 <= figures[ACCURACY].high;
        ledger_release(&judged.ledger);
    }
    ck_assert_msg(held >= 178 && held <= 200, "%d of 200 intervals hold the truth", held);
}
END_TEST

static const struct {
    const char *about;
    size_t count;
    double sorted[5], share, expected;
} quantiles[] = {
    {"the middle of an odd count", 3, {1, 2, 4}, 0.5, 2},
    {"between two neighbours", 2, {1, 2}, 0.25, 1.25},
    {"the smallest", 5, {1, 2, 3, 4, 5}, 0.0, 1},
    {"the largest", 5, {1, 2, 3, 4, 5}, 1.0, 5},
    {"a fortieth of the way", 5, {0, 1, 2, 3, 4}, 0.025, 0.1},
    {"one alone", 1, {7}, 0.975, 7},
};

START_TEST(test_quantiles)
{
    assert_close(
        quantiles[_i].about, 0,
        quantile_of(quantiles[_i].sorted, quantiles[_i].count, quantiles[_i].share),
        quantiles[_i].expected, 1e-12);
}
END_TEST

Suite *bootstrap_suite(void)
{
    Suite *suite = suite_create("bootstrap");
    TCase *tc = tcase_create("bootstrap");
    tcase_add_loop_test(tc, test_interval_of_a_share, 0, COUNT(cases));
    tcase_add_test(tc, test_same_for_any_threads_and_other_for_another_seed);
    tcase_add_test(tc, test_coverage);
    tcase_add_loop_test(tc, test_quantiles, 0, COUNT(quantiles));
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return suite;
}

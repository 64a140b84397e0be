#include "eval/baselines.h"

#include <stdlib.h>
#include <string.h>

#include "support/compare.h"
#include "unit/suites.h"

enum { MOST = 24, LONGEST = 4, C = 24 };

/* Histories of one field, with the action at the end of each. */
struct cases_of {
    struct example examples[MOST];
    uint32_t ids[MOST][LONGEST];
    size_t count;
};

static void add(struct cases_of *cases, const char *names, uint32_t action)
{
    struct example *example = &cases->examples[cases->count];
    uint32_t *ids = cases->ids[cases->count++];
    uint32_t length = (uint32_t)strlen(names);

    for (uint32_t t = 0; t < length; t++)
        ids[t] = (uint32_t)(names[t] - 'a') + 2;
    *example =
        (struct example){.history = {.ids = ids, .length = length}, .action = action};
}

/* How many answers of each floor are right. */
static void run(const struct cases_of *learn, const struct cases_of *judged,
                double rights[FLOORS])
{
    const struct crew crew = {workers_new(2, NULL), 2};
    const struct evaluation_data evidence = {
        .judged = judged->examples,
        .judged_count = judged->count,
        .learn = learn == NULL ? NULL : learn->examples,
        .learn_count = learn == NULL ? 0 : learn->count};
    const struct asked asked = {1, ACTION_NONE};
    struct decisions decisions;
    struct floors floors = {&evidence, &decisions, {1, 0}, C, 1, &crew};
    struct baseline_metrics found[FLOORS];
    struct ledger ledger;

    ck_assert_int_eq(
        decisions_init(&decisions, judged->examples, judged->count, &asked, NULL),
        STATUS_OK);
    ck_assert_int_eq(ledger_init(&ledger, judged->count, NULL), STATUS_OK);
    ck_assert_int_eq(floors_run(&floors, &ledger, found, NULL), STATUS_OK);
    for (unsigned i = 0; i < FLOORS; i++) {
        ck_assert(found[i].is_there && *found[i].name != '\0');
        rights[i] = ledger_sum(&ledger, COLUMN_FLOORS + 2 * i);
        ck_assert(ledger_sum(&ledger, COLUMN_FLOORS + 2 * i + 1) > 0.0);
    }
    ledger_release(&ledger);
    decisions_release(&decisions);
    workers_free(crew.workers);
}

/* Four lessons each: xa 0, xb 1, yb 2, and one za 0. */
START_TEST(test_each_knows_what_it_looks_at)
{
    static const double expected[FLOORS] = {2, 4, 5, 5, 5, 5, 5};
    static struct cases_of learn, judged;
    double rights[FLOORS];

    for (int i = 0; i < 4; i++) {
        add(&learn, "xa", 0);
        add(&learn, "xb", 1);
        add(&learn, "yb", 2);
    }
    add(&learn, "yb", 2);
    add(&learn, "za", 0);
    add(&learn, "za", 0);
    add(&judged, "xa", 0);
    add(&judged, "wa", 0);
    add(&judged, "yb", 2);
    add(&judged, "wb", 2);
    add(&judged, "xb", 1); /* the second event back says so, the last one does not */
    add(&judged, "xb", ACTION_OTHER);
    run(&learn, &judged, rights);
    for (size_t i = 0; i < FLOORS; i++)
        assert_close("right answers", i, rights[i], expected[i], 0);
}
END_TEST

/* Every history has an event and an action of its own: nobody who has not seen it can know. */
START_TEST(test_cross_fitting_sees_no_answer)
{
    static struct cases_of own, common;
    double rights[FLOORS];

    for (uint32_t i = 0; i < MOST; i++) {
        const char name[] = {(char)('a' + i), '\0'};
        add(&own, name, i);
        add(&common, i % 2 == 0 ? "ab" : "cd", i % 2);
    }
    run(NULL, &own, rights);
    for (size_t i = 0; i < FLOORS; i++)
        assert_close("not known", i, rights[i], 0, 0);
    run(&own, &own, rights);
    for (size_t i = FLOOR_LAST_EVENT; i < FLOORS; i++)
        assert_close("known by who saw it", i, rights[i], MOST, 0);
    run(NULL, &common, rights);
    for (size_t i = FLOOR_LAST_EVENT; i < FLOORS; i++)
        assert_close("known from the others", i, rights[i], MOST, 0);
}
END_TEST

Suite *floors_suite(void)
{
    Suite *suite = suite_create("floors");
    TCase *tc = tcase_create("floors");
    tcase_add_test(tc, test_each_knows_what_it_looks_at);
    tcase_add_test(tc, test_cross_fitting_sees_no_answer);
    suite_add_tcase(suite, tc);
    return suite;
}

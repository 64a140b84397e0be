#include "eval/order.h"

#include <math.h>

#include "support/compare.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { HISTORIES = 400, PLACES = 4 };

/*
 * The mark at place t gives the right action 2^-(t+1), so the loss in the ledger tells which
 * place was drawn: one of each history, all equally often.
 */
START_TEST(test_one_place_of_each_history)
{
    static struct example examples[HISTORIES];
    static uint32_t ids[PLACES] = {2, 3, 4, 5}, actions[PLACES] = {0, 1, 2, ACTION_NONE};
    static struct mark marks[HISTORIES * PLACES];
    const struct spec spec = sample_spec(0, 0, 4, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 1.0f, 1);
    const struct crew crew = {workers_new(2, NULL), 2};
    const struct asked asked = {1, ACTION_NONE};
    struct decisions decisions;
    const struct asking asking = {model, examples, &decisions, &crew};
    struct ledger ledger;
    int drawn[PLACES] = {0};

    for (size_t h = 0; h < HISTORIES; h++) {
        examples[h].history = (struct history){.ids = ids, .length = h % 10 == 0 ? 1 : 4};
        examples[h].actions = actions;
    }
    ck_assert_int_eq(decisions_init(&decisions, examples, HISTORIES, &asked, NULL),
                     STATUS_OK);
    for (size_t i = 0; i < decisions.count; i++)
        marks[i].right = ldexpf(1.0f, -1 - (int)decisions.list[i].place);
    ck_assert_int_eq(ledger_init(&ledger, HISTORIES, NULL), STATUS_OK);
    ck_assert_int_eq(order_run(&asking, marks, 1, &ledger, NULL), STATUS_OK);
    for (size_t h = 0; h < HISTORIES; h++) {
        const double *row = ledger_row(&ledger, h);
        assert_close("one place", h, row[COLUMN_ORDER], 1.0, 0);
        drawn[lround(row[COLUMN_KEPT + 1] / log(2.0)) - 1]++;
    }
    drawn[0] -= HISTORIES / 10; /* those that have no other place */
    for (int t = 0; t < 3; t++)
        assert_close("equally often", (size_t)t, drawn[t], HISTORIES * 0.9 / 3, 30);
    ck_assert_int_eq(drawn[3], 0);
    ledger_release(&ledger);
    decisions_release(&decisions);
    workers_free(crew.workers);
    triage_model_free(model);
}
END_TEST

Suite *order_suite(void)
{
    Suite *suite = suite_create("order");
    TCase *tc = tcase_create("order");
    tcase_add_test(tc, test_one_place_of_each_history);
    suite_add_tcase(suite, tc);
    return suite;
}

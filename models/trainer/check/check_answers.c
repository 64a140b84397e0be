/*
 * What a model answers: probabilities, the same bits whoever is beside a history, and others
 * for another order of its events.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/elementary.h"
#include "base/error.h"
#include "check/check.h"

enum { ROWS = 16 };

static const double changed = 1e-6; /* a probability that moves by less has not moved */

struct answers {
    const struct checking *c;
    uint32_t longest;
    size_t C;
    float *alone; /* [count][C] */
    float *other; /* [count][C] */
};

static struct classifier *classifier_for(const struct answers *a, uint32_t rows,
                                         struct error *err)
{
    return triage_classifier_new(a->c->model, rows, a->longest, err);
}

/* Each history by itself; *finite is how many answers there are before one that is none. */
static enum status run_alone(const struct answers *a, size_t *finite, struct error *err)
{
    struct classifier *classifier = classifier_for(a, 1, err);
    enum status status = classifier == NULL ? STATUS_NO_MEMORY : STATUS_OK;

    for (*finite = 0; status == STATUS_OK && *finite < a->c->count;) {
        status = triage_classifier_run(classifier, &a->c->histories[*finite], 1,
                                       a->alone + *finite * a->C, err);
        *finite += status == STATUS_OK;
    }
    triage_classifier_free(classifier);
    return status == STATUS_NOT_FINITE ? STATUS_OK : status;
}

static void check_sums(const struct answers *a)
{
    double worst = 0.0, tolerance = (double)FLT_EPSILON * (double)(a->C + 8);

    for (size_t i = 0; i < a->c->count; i++) {
        double sum = 0.0;
        for (size_t c = 0; c < a->C; c++)
            sum += (double)a->alone[i * a->C + c];
        worst = fmax(worst, fabs(sum - 1.0));
    }
    findings_check(a->c->findings, worst <= tolerance, "sums",
                   "%zu answers of %zu probabilities, all finite; the sum that is "
                   "furthest from 1 is off by %.2g",
                   a->c->count, a->C, worst);
}

static size_t count_differing(const struct answers *a)
{
    size_t count = 0, bytes = a->C * sizeof *a->alone;

    for (size_t i = 0; i < a->c->count; i++)
        count += memcmp(a->alone + i * a->C, a->other + i * a->C, bytes) != 0;
    return count;
}

static enum status run_together(const struct answers *a, size_t *differing,
                                struct error *err)
{
    struct classifier *classifier = classifier_for(a, ROWS, err);
    enum status status;

    if (classifier == NULL)
        return STATUS_NO_MEMORY;
    status =
        triage_classifier_run(classifier, a->c->histories, a->c->count, a->other, err);
    triage_classifier_free(classifier);
    *differing = count_differing(a);
    return status;
}

/* Histories from the last to the first, each admitted when others are some steps along. */
static enum status run_staggered(const struct answers *a, size_t *differing,
                                 struct error *err)
{
    struct classifier *classifier = classifier_for(a, ROWS, err);
    float *answer = arena_array(a->c->arena, a->C, sizeof *answer);
    size_t waiting = a->c->count;

    *differing = 0;
    if (classifier == NULL || answer == NULL) {
        triage_classifier_free(classifier);
        return error_no_memory(err);
    }
    while (waiting > 0 || triage_classifier_rows(classifier) > 0) {
        const float *expected;
        enum status status = STATUS_OK;
        if (waiting > 0 && triage_classifier_rows(classifier) < ROWS) {
            waiting--;
            (void)triage_classifier_admit(classifier, &a->c->histories[waiting],
                                          a->alone + waiting * a->C, NULL);
        }
        triage_classifier_step(classifier, 1 + (uint32_t)(waiting % 3));
        while ((expected = triage_classifier_finish(classifier, answer, &status)) != NULL)
            *differing += status != STATUS_OK ||
                          memcmp(answer, expected, a->C * sizeof *answer) != 0;
    }
    triage_classifier_free(classifier);
    return STATUS_OK;
}

static enum status check_neighbours(const struct answers *a, struct error *err)
{
    size_t together, staggered;
    enum status status = run_together(a, &together, err);

    if (status == STATUS_OK)
        status = run_staggered(a, &staggered, err);
    if (status != STATUS_OK)
        return status;
    if (together + staggered > 0)
        findings_check(a->c->findings, false, "neighbours",
                       "of %zu histories %zu get other bits beside others, %zu when "
                       "admitted at another step",
                       a->c->count, together, staggered);
    else
        findings_check(a->c->findings, true, "neighbours",
                       "no padding: %zu histories of up to %u events get the same bits "
                       "alone, %d abreast, and admitted at another step",
                       a->c->count, a->longest, ROWS);
    return STATUS_OK;
}

bool begin_alike(const struct model *model, const struct history *x,
                 const struct history *y, uint32_t length)
{
    size_t K = triage_model_categories(model), F = triage_model_inputs(model);

    return memcmp(x->ids, y->ids, length * K * sizeof *x->ids) == 0 &&
           (F == 0 || memcmp(x->values, y->values, length * F * sizeof(float)) == 0);
}

/* What the other order changed, of those that it could change. */
struct reversal {
    size_t histories, probabilities, actions;
};

static void compare_orders(const struct answers *a, const struct history *reversed,
                           struct reversal *found)
{
    for (size_t i = 0; i < a->c->count; i++) {
        const float *x = a->alone + i * a->C, *y = a->other + i * a->C;
        double most = 0.0;
        if (begin_alike(a->c->model, &a->c->histories[i], &reversed[i],
                        reversed[i].length))
            continue;
        for (size_t c = 0; c < a->C; c++)
            most = fmax(most, fabs((double)x[c] - (double)y[c]));
        found->histories++;
        found->probabilities += most > changed;
        found->actions += argmax(x, a->C) != argmax(y, a->C);
    }
}

static enum status check_order(const struct answers *a, struct error *err)
{
    const struct schema *schema = triage_model_schema(a->c->model);
    struct history *reversed = arena_array(a->c->arena, a->c->count, sizeof *reversed);
    struct classifier *classifier = classifier_for(a, ROWS, err);
    struct reversal found = {0, 0, 0};
    enum status status =
        reversed == NULL || classifier == NULL ? error_no_memory(err) : STATUS_OK;

    for (size_t i = 0; status == STATUS_OK && i < a->c->count; i++)
        status = triage_history_reverse(&reversed[i], schema, &a->c->histories[i],
                                        a->c->arena, err);
    if (status == STATUS_OK)
        status = triage_classifier_run(classifier, reversed, a->c->count, a->other, err);
    triage_classifier_free(classifier);
    if (status != STATUS_OK)
        return status;
    compare_orders(a, reversed, &found);
    if (found.histories == 0)
        findings_note(a->c->findings, "order",
                      "no history differs from its reverse: nothing is known");
    else
        findings_check(a->c->findings, found.probabilities > 0, "order",
                       "of %zu histories reversed, the probabilities of %zu (%.0f %%) "
                       "change and the action of %zu (%.0f %%)",
                       found.histories, found.probabilities,
                       100.0 * (double)found.probabilities / (double)found.histories,
                       found.actions,
                       100.0 * (double)found.actions / (double)found.histories);
    return STATUS_OK;
}

enum status check_answers(const struct checking *checking, struct error *err)
{
    struct answers a = {.c = checking, .C = triage_model_actions(checking->model)};
    size_t finite;
    enum status status;

    for (size_t i = 0; i < checking->count; i++)
        if (checking->histories[i].length > a.longest)
            a.longest = checking->histories[i].length;
    a.alone = arena_array(checking->arena, checking->count, a.C * sizeof *a.alone);
    a.other = arena_array(checking->arena, checking->count, a.C * sizeof *a.other);
    if (a.alone == NULL || a.other == NULL)
        return error_no_memory(err);
    status = run_alone(&a, &finite, err);
    if (status == STATUS_OK && finite < checking->count) {
        findings_check(checking->findings, false, "sums",
                       "history %zu of %zu has no finite answer", finite + 1,
                       checking->count);
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        check_sums(&a);
    if (status == STATUS_OK)
        status = check_neighbours(&a, err);
    return status == STATUS_OK ? check_order(&a, err) : status;
}

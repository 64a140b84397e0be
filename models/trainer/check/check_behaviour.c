/*
 * Checks of the answers of a model: their probabilities sum to 1, they have the same bits in any
 * batch, and they depend on the order of events.  Another check measures how far back the gradient
 * of the loss reaches.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/elementary.h"
#include "check/check.h"

enum { BATCH = 16 };

/* A probability that changes by less counts as unchanged. */
static const double TOLERANCE = 1e-6;

/* ---- answers ---- */

struct answers {
    const struct check *c;
    uint32_t longest; /* events */
    size_t C;
    float *alone; /* [count][C] answers to each history by itself */
    float *other; /* [count][C] answers that are compared with them */
};

static struct classifier *new_classifier(const struct answers *a, uint32_t rows,
                                         struct error *err)
{
    return triage_classifier_new(a->c->model, rows, a->longest, err);
}

/* Fill alone.  *count receives the number of answers before the first one that is not finite. */
static enum status run_alone(const struct answers *a, size_t *count, struct error *err)
{
    struct classifier *classifier = new_classifier(a, 1, err);
    if (!classifier)
        return STATUS_NO_MEMORY;
    enum status status = STATUS_OK;
    *count = 0;
    while (status == STATUS_OK && *count < a->c->count) {
        status = triage_classifier_run(classifier, &a->c->histories[*count], 1,
                                       a->alone + *count * a->C, err);
        *count += status == STATUS_OK;
    }
    triage_classifier_free(classifier);
    return status == STATUS_NOT_FINITE ? STATUS_OK : status;
}

static void check_sums(const struct answers *a)
{
    double largest = 0.0, tolerance = (double)FLT_EPSILON * (double)(a->C + 8);
    for (size_t i = 0; i < a->c->count; i++) {
        double sum = 0.0;
        for (size_t c = 0; c < a->C; c++)
            sum += (double)a->alone[i * a->C + c];
        largest = fmax(largest, fabs(sum - 1.0));
    }
    findings_check(a->c->findings, largest <= tolerance, "sums",
                   "%zu answers of %zu finite probabilities; their sums differ from 1 by "
                   "up to %.2g",
                   a->c->count, a->C, largest);
}

/* Run all histories in batches; count those whose answers differ from alone in a bit. */
static enum status run_batched(const struct answers *a, size_t *differing,
                               struct error *err)
{
    size_t bytes = a->C * sizeof *a->alone;
    struct classifier *classifier = new_classifier(a, BATCH, err);
    if (!classifier)
        return STATUS_NO_MEMORY;
    enum status status =
        triage_classifier_run(classifier, a->c->histories, a->c->count, a->other, err);
    triage_classifier_free(classifier);
    *differing = 0;
    for (size_t i = 0; i < a->c->count; i++)
        *differing += memcmp(a->alone + i * a->C, a->other + i * a->C, bytes) != 0;
    return status;
}

/* The same with the last history first, each added while others are running. */
static enum status run_staggered(const struct answers *a, size_t *differing,
                                 struct error *err)
{
    size_t left = a->c->count, bytes = a->C * sizeof(float);
    struct classifier *classifier = new_classifier(a, BATCH, err);
    float *answer = arena_array(a->c->arena, a->C, sizeof *answer);
    *differing = 0;
    if (!classifier || !answer) {
        triage_classifier_free(classifier);
        return error_no_memory(err);
    }
    while (left > 0 || triage_classifier_rows(classifier) > 0) {
        if (left > 0 && triage_classifier_rows(classifier) < BATCH) {
            left--;
            (void)triage_classifier_admit(classifier, &a->c->histories[left],
                                          a->alone + left * a->C, NULL);
        }
        triage_classifier_step(classifier, 1 + (uint32_t)(left % 3));
        const float *expected;
        enum status status = STATUS_OK;
        while ((expected = triage_classifier_finish(classifier, answer, &status)))
            *differing += status != STATUS_OK || memcmp(answer, expected, bytes) != 0;
    }
    triage_classifier_free(classifier);
    return STATUS_OK;
}

static enum status check_batch(const struct answers *a, struct error *err)
{
    size_t batched, staggered;
    RETURN_IF_ERROR(run_batched(a, &batched, err));
    RETURN_IF_ERROR(run_staggered(a, &staggered, err));
    if (batched + staggered > 0)
        findings_check(
            a->c->findings, false, "batch",
            "of %zu histories %zu get other bits in a batch, and %zu when they "
            "join the batch at another step",
            a->c->count, batched, staggered);
    else
        findings_check(a->c->findings, true, "batch",
                       "%zu histories of up to %u events get the same bits alone, in "
                       "batches of %d, and when they join the batch at another step",
                       a->c->count, a->longest, BATCH);
    return STATUS_OK;
}

bool history_has_prefix(const struct model *model, const struct history *history,
                        const struct history *prefix)
{
    size_t K = triage_model_categories(model), F = triage_model_inputs(model);
    size_t length = prefix->length;
    return memcmp(history->ids, prefix->ids, length * K * sizeof *prefix->ids) == 0 &&
           (F == 0 ||
            memcmp(history->values, prefix->values, length * F * sizeof(float)) == 0);
}

/* Compare the answers to the histories with those to the reversed ones, in other. */
static void compare_orders(const struct answers *a, const struct history *reversed)
{
    size_t count = 0;                      /* histories that differ from their reverse */
    size_t probabilities = 0, actions = 0; /* those where these change */
    for (size_t i = 0; i < a->c->count; i++) {
        const float *x = a->alone + i * a->C, *y = a->other + i * a->C;
        double change = 0.0;
        if (history_has_prefix(a->c->model, &a->c->histories[i], &reversed[i]))
            continue; /* it is its own reverse */
        for (size_t c = 0; c < a->C; c++)
            change = fmax(change, fabs((double)x[c] - (double)y[c]));
        count++;
        probabilities += change > TOLERANCE;
        actions += argmax(x, a->C) != argmax(y, a->C);
    }
    if (count == 0)
        findings_note(a->c->findings, "order",
                      "no history differs from its reverse, so this cannot be tested");
    else
        findings_check(a->c->findings, probabilities > 0, "order",
                       "of %zu reversed histories, %zu (%.0f %%) get other probabilities "
                       "and %zu (%.0f %%) another action",
                       count, probabilities,
                       100.0 * (double)probabilities / (double)count, actions,
                       100.0 * (double)actions / (double)count);
}

static enum status check_order(const struct answers *a, struct error *err)
{
    const struct schema *schema = triage_model_schema(a->c->model);
    struct history *reversed = arena_array(a->c->arena, a->c->count, sizeof *reversed);
    struct classifier *classifier = new_classifier(a, BATCH, err);
    enum status status = !reversed || !classifier ? error_no_memory(err) : STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < a->c->count; i++)
        status = triage_history_reverse(&reversed[i], schema, &a->c->histories[i],
                                        a->c->arena, err);
    if (status != STATUS_OK)
        goto out;
    status = triage_classifier_run(classifier, reversed, a->c->count, a->other, err);
    if (status != STATUS_OK)
        goto out;
    compare_orders(a, reversed);
out:
    triage_classifier_free(classifier);
    return status;
}

enum status check_answers(const struct check *check, struct error *err)
{
    struct answers a = {.c = check, .C = triage_model_actions(check->model)};
    size_t finite;
    for (size_t i = 0; i < check->count; i++)
        if (check->histories[i].length > a.longest)
            a.longest = check->histories[i].length;
    a.alone = arena_array(check->arena, check->count, a.C * sizeof *a.alone);
    a.other = arena_array(check->arena, check->count, a.C * sizeof *a.other);
    if (!a.alone || !a.other)
        return error_no_memory(err);
    RETURN_IF_ERROR(run_alone(&a, &finite, err));
    if (finite < check->count) {
        findings_check(check->findings, false, "sums",
                       "the answer to history %zu of %zu is not finite", finite + 1,
                       check->count);
        return STATUS_OK;
    }
    check_sums(&a);
    RETURN_IF_ERROR(check_batch(&a, err));
    return check_order(&a, err);
}

/* ---- gradients ---- */

/* The largest lag whose norm is at least that share of the norm at lag 0. */
static uint32_t find_reach(const struct lags *lags, double share)
{
    uint32_t last = 0;
    for (uint32_t lag = 0; lag < lags->length; lag++)
        if (lags->norms[lag] >= share * lags->norms[0])
            last = lag;
    return last;
}

static void print_lag(struct findings *findings, const struct lags *lags, uint32_t lag)
{
    findings_detail(findings, "%6u  %11.4g  %11.4g", lag, lags->norms[lag],
                    lags->norms[lag] / lags->norms[0]);
}

/* Lags 0, 1, 2, 4, 8 ... and the last. */
static void print_lags(struct findings *findings, const struct lags *lags)
{
    findings_detail(findings, "   lag    mean norm     of lag 0");
    print_lag(findings, lags, 0);
    for (uint32_t lag = 1; lag < lags->length - 1; lag *= 2)
        print_lag(findings, lags, lag);
    if (lags->length > 1)
        print_lag(findings, lags, lags->length - 1);
}

static void describe_reach(const struct check *c, const struct lags *lags)
{
    uint32_t tenth = find_reach(lags, 0.1), hundredth = find_reach(lags, 0.01);
    uint32_t first_event = lags->length - 1;
    if (triage_model_spec(c->model)->directions == 2)
        findings_detail(c->findings,
                        "the second direction reads the first event last, so the "
                        "gradient comes from both ends");
    else if (tenth == first_event)
        findings_detail(c->findings,
                        "a tenth of the gradient or more reaches lag %u, the first event",
                        tenth);
    else if (hundredth == first_event)
        findings_detail(c->findings,
                        "a tenth of the gradient reaches lag %u, a hundredth lag %u, the "
                        "first event",
                        tenth, hundredth);
    else
        findings_detail(c->findings,
                        "a tenth of the gradient reaches lag %u, a hundredth lag %u; "
                        "little is learned from earlier events, and clipping cannot "
                        "restore their gradient",
                        tenth, hundredth);
}

static void describe_clipping(const struct check *c, const struct lags *lags)
{
    if (c->training.clip == 0.0)
        findings_detail(c->findings,
                        "clipping is off; the largest norm of %zu batches is %.4g",
                        lags->batches, lags->norm_largest);
    else
        findings_detail(c->findings,
                        "on these histories%s, %zu of %zu batches of up to %u have a "
                        "norm above the clip of %g (the largest %.4g)",
                        c->examples ? "" : ", with arbitrary actions", lags->clipped,
                        lags->batches, c->training.batch, c->training.clip,
                        lags->norm_largest);
}

/* Synthetic examples of that length, without labels: triage_lags_measure assigns actions. */
static enum status draw_examples(const struct check *c, uint32_t length,
                                 struct example *examples, struct error *err)
{
    const struct history *histories = triage_histories_draw(
        triage_model_schema(c->model), c->count, length, length, c->seed, c->arena, err);
    if (!histories)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < c->count; i++)
        examples[i] = (struct example){.history = histories[i], .action = ACTION_OTHER};
    return STATUS_OK;
}

/* Up to c->count examples of length events or more, synthetic or from the data. */
static struct example *choose_examples(const struct check *c, uint32_t length,
                                       size_t *count, struct error *err)
{
    struct example *examples = arena_array(c->arena, c->count, sizeof *examples);
    *count = 0;
    if (!examples) {
        error_no_memory(err);
        return NULL;
    }
    if (!c->examples) {
        *count = c->count;
        return draw_examples(c, length, examples, err) == STATUS_OK ? examples : NULL;
    }
    for (size_t i = 0; i < c->example_count && *count < c->count; i++)
        if (c->examples[i].history.length >= length)
            examples[(*count)++] = c->examples[i];
    return examples;
}

enum status check_gradients(const struct check *check, uint32_t length, struct error *err)
{
    struct findings *findings = check->findings;
    size_t count;
    if (triage_model_members(check->model) > 1) {
        findings_note(findings, "gradients", "not measured: the model has %u networks",
                      (unsigned)triage_model_members(check->model));
        return STATUS_OK;
    }
    if (triage_model_task(check->model) == TASK_CONTINUE) {
        findings_note(findings, "gradients",
                      "not measured: the model has an encoder and a decoder");
        return STATUS_OK;
    }
    const struct example *examples = choose_examples(check, length, &count, err);
    if (!examples)
        return STATUS_NO_MEMORY;
    if (count == 0) {
        findings_note(findings, "gradients",
                      "none of %zu histories has %u events; --length sets another number",
                      check->example_count, length);
        return STATUS_OK;
    }
    struct error inner = {0};
    struct lags lags;
    enum status status =
        triage_lags_measure(&lags, check->model, &check->training, examples, count,
                            length, check->arena, &inner);
    if (status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (status != STATUS_OK) {
        findings_check(findings, false, "gradients", "%s", inner.text);
        return STATUS_OK;
    }
    if (!(lags.norms[0] > 0.0)) {
        findings_check(findings, false, "gradients",
                       "the gradient of the loss is 0 at the last event");
        return STATUS_OK;
    }
    findings_check(findings, true, "gradients",
                   "of the loss after the last of %u events, with respect to the input "
                   "of each event; %zu %s histories",
                   length, lags.histories, check->examples ? "given" : "synthetic");
    print_lags(findings, &lags);
    describe_reach(check, &lags);
    describe_clipping(check, &lags);
    return STATUS_OK;
}

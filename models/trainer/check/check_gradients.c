/*
 * How far back a model can learn: the gradient of the loss at the last event with respect to
 * the input of the events before, by distance.  engine/learn/lags.c has the mathematics.
 */
#include "base/error.h"
#include "check/check.h"

static const double tenth = 0.1, hundredth = 0.01;

/* The last lag with at least that share of lag 0's norm. */
static uint32_t reach(const struct lags *lags, double share)
{
    uint32_t last = 0;

    for (uint32_t lag = 0; lag < lags->length; lag++)
        if (lags->norms[lag] >= share * lags->norms[0])
            last = lag;
    return last;
}

static void say_lag(struct findings *findings, const struct lags *lags, uint32_t lag)
{
    findings_more(findings, "%6u  %11.4g  %11.4g", lag, lags->norms[lag],
                  lags->norms[lag] / lags->norms[0]);
}

/* Lags 0, 1, 2, 4, 8 ... and the last. */
static void say_table(struct findings *findings, const struct lags *lags)
{
    findings_more(findings, "   lag    mean norm     of lag 0");
    say_lag(findings, lags, 0);
    for (uint32_t lag = 1; lag < lags->length - 1; lag *= 2)
        say_lag(findings, lags, lag);
    if (lags->length > 1)
        say_lag(findings, lags, lags->length - 1);
}

static void say_reach(const struct checking *c, const struct lags *lags)
{
    uint32_t near = reach(lags, tenth), far = reach(lags, hundredth);
    uint32_t first = lags->length - 1;

    if (triage_model_spec(c->model)->directions == 2)
        findings_more(c->findings, "the second direction reads the first event last: the "
                                   "gradient comes from both ends");
    else if (near == first)
        findings_more(
            c->findings,
            "a tenth of the gradient or more is left at lag %u, the first event", first);
    else if (far == first)
        findings_more(
            c->findings,
            "a tenth of the gradient is left up to lag %u, a hundredth up to %u, "
            "the first event",
            near, first);
    else
        findings_more(
            c->findings,
            "a tenth of the gradient is left up to lag %u, a hundredth up to %u; "
            "from further back little is learnt, and clipping cannot bring it back",
            near, far);
}

static void say_clipped(const struct checking *c, const struct lags *lags)
{
    const char *asked = c->examples == NULL ? ", asked for any action" : "";

    if (c->training.clip == 0.0)
        findings_more(c->findings,
                      "clipping is off; the largest norm of %zu batches is %.4g",
                      lags->batches, lags->norm_largest);
    else
        findings_more(
            c->findings,
            "measured on these%s: %zu of %zu batches of up to %u have a raw norm "
            "above the clip of %g (the largest %.4g)",
            asked, lags->clipped, lags->batches, c->training.batch, c->training.clip,
            lags->norm_largest);
}

/* Drawn histories of that length; which action each is asked for is lags_measure's choice. */
static enum status draw(const struct checking *c, uint32_t length,
                        struct example *examples, struct error *err)
{
    struct history *histories = triage_histories_draw(
        triage_model_schema(c->model), c->count, length, length, c->seed, c->arena, err);

    if (histories == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < c->count; i++)
        examples[i] =
            (struct example){.history = histories[i], .action = (uint32_t)ACTION_OTHER};
    return STATUS_OK;
}

/* Up to count examples of at least length events: drawn, or those of the data. */
static struct example *choose(const struct checking *c, uint32_t length, size_t *count,
                              struct error *err)
{
    struct example *examples = arena_array(c->arena, c->count, sizeof *examples);

    *count = 0;
    if (examples == NULL) {
        error_no_memory(err);
        return NULL;
    }
    if (c->examples == NULL) {
        *count = c->count;
        return draw(c, length, examples, err) == STATUS_OK ? examples : NULL;
    }
    for (size_t i = 0; i < c->example_count && *count < c->count; i++)
        if (c->examples[i].history.length >= length)
            examples[(*count)++] = c->examples[i];
    return examples;
}

enum status check_gradients(const struct checking *checking, uint32_t length,
                            struct error *err)
{
    struct findings *findings = checking->findings;
    struct error inner = {0};
    struct lags lags;
    size_t count;
    const struct example *examples = choose(checking, length, &count, err);
    enum status status;

    if (examples == NULL)
        return STATUS_NO_MEMORY;
    if (count == 0) {
        findings_note(findings, "gradients",
                      "none of %zu histories has %u events; --length takes less",
                      checking->example_count, length);
        return STATUS_OK;
    }
    status = triage_lags_measure(&lags, checking->model, &checking->training, examples,
                                 count, length, checking->arena, &inner);

    if (status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (status != STATUS_OK) {
        findings_check(findings, false, "gradients", "%s", inner.text);
        return STATUS_OK;
    }
    if (!(lags.norms[0] > 0.0)) {
        findings_check(findings, false, "gradients",
                       "the loss sends nothing back to the last event");
        return STATUS_OK;
    }
    findings_check(findings, true, "gradients",
                   "of the loss at the last of %u events, by the input of each; %zu "
                   "%s histories",
                   length, lags.histories,
                   checking->examples == NULL ? "drawn" : "given");
    say_table(findings, &lags);
    say_reach(checking, &lags);
    say_clipped(checking, &lags);
    return STATUS_OK;
}

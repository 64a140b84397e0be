/*
 * See judge.h.
 *
 * The model, the floors, the exact posterior and the model on shuffled histories all answer
 * the same decisions and are written side by side into one ledger; then the best floors are
 * known, and one bootstrap over the ledger's rows gives every figure and its interval.
 */
#include "evaluation.h"

#include <stdlib.h>

#include "base/option_table.h"
#include "base/workers.h"
#include "eval/answers.h"
#include "eval/baselines.h"
#include "eval/figures.h"
#include "eval/order.h"
#include "eval/permutation.h"
#include "eval/unknown.h"

enum { FLIPS = 10000 };
static const uint64_t flip_stream = UINT64_C(0xf11b000000000000),
                      loss_flip_stream = UINT64_C(0xf11c000000000000);
static const double loss_unit = 0x1p-20; /* a millionth of a nat */
static const double significance = 0.05;

#define JUDGE(member) offsetof(struct evaluation_settings, member)

/* clang-format off */
static const struct option_def options[] = {
    {"seed", OPTION_U64, JUDGE(seed), "1", 0, 9007199254740992.0, NULL, "of every draw: resamples, shuffles, coins, folds"},
    {"resamples", OPTION_U32, JUDGE(resamples), "1000", 100, 100000, NULL, "draws of the histories behind each interval"},
    {"shortest", OPTION_U32, JUDGE(shortest), "1", 1, 1000000, NULL, "judge a place only after that many events"},
    {"end", OPTION_SWITCH, JUDGE(end), "true", 0, 0, NULL, "target next: judge also where the history ends"},
    {"threads", OPTION_U32, JUDGE(threads), "0", 0, 256, NULL, "0: one per processor; they change no bit of the result"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
const struct option_def *const triage_evaluation_options = options;
/* clang-format on */

const char *const triage_verdict_names[] = {[VERDICT_BETTER] = "better than counting",
                                            [VERDICT_NO_BETTER] =
                                                "no better than counting",
                                            [VERDICT_WORSE] = "worse than counting"};

static enum status find_decisions(struct judging *j, struct error *err)
{
    const struct evaluation_settings *settings = &j->judgement->settings;
    const struct evaluation_data *evidence = j->evidence;
    struct asked asked = {settings->shortest,
                          settings->end ? (uint32_t)ACTION_NONE : evidence->end};
    enum status status = decisions_init(&j->decisions, evidence->judged,
                                        evidence->judged_count, &asked, err);

    for (size_t h = 0; asked.but != ACTION_NONE && h < evidence->judged_count; h++)
        for (uint32_t t = 0; t < evidence->judged[h].history.length; t++)
            j->judgement->unasked += example_action(&evidence->judged[h], t) == asked.but;
    return status;
}

/* The model's own answers. */
static enum status answer(struct judging *j, const struct asking *asking,
                          struct error *err)
{
    enum status status = ledger_init(&j->ledger, j->decisions.histories, err);

    j->marks = calloc(j->decisions.count, sizeof *j->marks);
    if (status == STATUS_OK && j->marks == NULL)
        status = error_no_memory(err);
    if (status == STATUS_OK)
        status = answers_make(asking, j->marks, err);
    for (size_t i = 0; i < j->decisions.count && status == STATUS_OK; i++) {
        const struct decision *decision = &j->decisions.list[i];
        ledger_count(&j->ledger, decision, COLUMN_DECISIONS);
        ledger_note(&j->ledger, decision, COLUMN_MODEL, j->marks[i].chosen,
                    (double)j->marks[i].right);
    }
    return status;
}

static void note_possible(struct judging *j)
{
    size_t C = j->judgement->C;

    j->judgement->has_possible = j->evidence->posterior != NULL;
    for (size_t i = 0; j->judgement->has_possible && i < j->decisions.count; i++) {
        const struct decision *decision = &j->decisions.list[i];
        ledger_note_all(&j->ledger, decision, COLUMN_POSSIBLE,
                        j->evidence->posterior + decision->history * C, C);
    }
}

/* The most accurate floor, and the one with the least loss; of equals, the simpler. */
static void choose_floors(struct judging *j)
{
    struct baseline_comparison *comparison = &j->judgement->comparison;
    double rights[FLOORS], losses[FLOORS];

    for (size_t i = 0; i < FLOORS; i++) {
        unsigned column = COLUMN_FLOORS + 2 * (unsigned)i;
        if (!j->judgement->floors[i].is_there)
            continue;
        rights[i] = ledger_sum(&j->ledger, column);
        losses[i] = ledger_sum(&j->ledger, column + 1);
        if (rights[i] > rights[comparison->floor])
            comparison->floor = i;
        if (losses[i] < losses[comparison->loss_floor])
            comparison->loss_floor = i;
    }
}

/*
 * The floor is the best of several on the very histories that are judged.  Against a model
 * that seems better this is harmless: the floor is flattered.  But a model that is as good as
 * all of them is behind the luckiest, so that "worse" must stand out among so many attempts
 * (Bonferroni).
 */
static double allow_for_choice(const struct evaluation *judgement, double p)
{
    unsigned floors = 0;

    for (size_t i = 0; i < FLOORS; i++)
        floors += judgement->floors[i].is_there;
    p *= (double)floors;
    return p < 1.0 ? p : 1.0;
}

/*
 * Is the model better or worse by what the column plus has more than the column minus, in
 * whole units, history by history?
 */
static enum status test(const struct judging *j, unsigned plus, unsigned minus,
                        double unit, uint64_t stream, double *p, enum verdict *verdict,
                        struct error *err)
{
    size_t count = j->ledger.histories;
    double *differences = calloc(count + 1, sizeof *differences), sum = 0.0;
    struct random random;
    enum status status;

    if (differences == NULL)
        return error_no_memory(err);
    for (size_t h = 0; h < count; h++) {
        const double *row = ledger_row(&j->ledger, h);
        sum += differences[h] = (row[plus] - row[minus]) / unit;
    }
    random_init(&random, j->judgement->settings.seed, stream);
    status = paired_test(differences, count, FLIPS, &random, p, err);
    free(differences);
    if (sum < 0.0)
        *p = allow_for_choice(j->judgement, *p);
    *verdict = *p >= significance ? VERDICT_NO_BETTER
               : sum > 0.0        ? VERDICT_BETTER
                                  : VERDICT_WORSE;
    return status;
}

/* By right answers, and by losses, of which less is better. */
static enum status compare(struct judging *j, struct error *err)
{
    struct baseline_comparison *c = &j->judgement->comparison;
    unsigned best = COLUMN_FLOORS + 2 * (unsigned)c->floor;
    unsigned least = COLUMN_FLOORS + 2 * (unsigned)c->loss_floor + 1;
    enum status status =
        test(j, COLUMN_MODEL, best, 1.0, flip_stream, &c->p, &c->verdict, err);

    if (status == STATUS_OK)
        status = test(j, least, COLUMN_MODEL + 1, loss_unit, loss_flip_stream, &c->loss_p,
                      &c->loss_verdict, err);
    return status;
}

static enum status judge(struct judging *j, struct error *err)
{
    struct evaluation *judgement = j->judgement;
    const struct asking asking = {j->model, j->evidence->judged, &j->decisions, &j->crew};
    const struct floors floors = {.evidence = j->evidence,
                                  .decisions = &j->decisions,
                                  .events = events_of(triage_model_schema(j->model)),
                                  .C = judgement->C,
                                  .seed = judgement->settings.seed,
                                  .crew = &j->crew};
    enum status status = find_decisions(j, err);

    if (status == STATUS_OK)
        status = unknown_count(judgement, j->model, j->evidence, err);
    if (status == STATUS_OK)
        status = answer(j, &asking, err);
    if (status == STATUS_OK)
        status = floors_run(&floors, &j->ledger, judgement->floors, err);
    if (status == STATUS_OK)
        status = order_run(&asking, j->marks, judgement->settings.seed, &j->ledger, err);
    if (status != STATUS_OK)
        return status;
    note_possible(j);
    choose_floors(j);
    status = compare(j, err);
    if (status == STATUS_OK)
        status = figures_count(j, err);
    return status == STATUS_OK ? figures_estimate(j, err) : status;
}

enum status triage_evaluate(struct evaluation *judgement, const struct model *model,
                            const struct evaluation_data *evidence,
                            const struct evaluation_settings *settings, struct error *err)
{
    struct judging j = {.judgement = judgement, .model = model, .evidence = evidence};
    enum status status;

    *judgement =
        (struct evaluation){.settings = *settings, .C = triage_model_actions(model)};
    judgement->is_cross_fitted = evidence->learn_count == 0;
    judgement->learnt = evidence->learn_count;
    j.crew.lanes = workers_threads(settings->threads);
    j.crew.workers = workers_new(j.crew.lanes, err);
    if (j.crew.workers == NULL)
        return STATUS_NO_MEMORY;
    status = judge(&j, err);
    for (size_t h = 0; h < j.decisions.histories && status == STATUS_OK; h++)
        judgement->histories += j.decisions.starts[h] < j.decisions.starts[h + 1];
    judgement->decisions = j.decisions.count;
    judgement->order.places = judgement->histories;
    workers_free(j.crew.workers);
    decisions_release(&j.decisions);
    ledger_release(&j.ledger);
    free(j.marks);
    return status;
}

void triage_evaluation_release(struct evaluation *judgement)
{
    free(judgement->classes);
    free(judgement->confusion);
    free(judgement->fields);
    judgement->fields = NULL;
    judgement->classes = NULL;
    judgement->confusion = NULL;
}

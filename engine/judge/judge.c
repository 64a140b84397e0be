/*
 * See judge.h.
 *
 * The model, the floors, the exact posterior and the model on shuffled histories all answer
 * the same decisions and are written side by side into one ledger; then the best floors are
 * known, and one bootstrap over the ledger's rows gives every figure and its interval.
 */
#include "judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "judge/answers.h"
#include "judge/bootstrap.h"
#include "judge/floors.h"
#include "judge/order.h"
#include "judge/paired.h"

enum { FLIPS = 10000, CLASSES_MOST = 256 };
static const uint64_t flip_stream = UINT64_C(0xf11b000000000000);
static const double significance = 0.05;

_Static_assert((int)JUDGE_FLOORS == (int)FLOORS, "the door and the ledger agree");
_Static_assert((int)JUDGE_BINS == (int)CALIBRATION_BINS, "the door and the tally agree");

#define JUDGE(member) offsetof(struct judge_settings, member)

/* clang-format off */
const struct field judge_fields[] = {
    {"seed", FIELD_U64, JUDGE(seed), "1", 0, 9007199254740992.0, NULL, "of every draw: resamples, shuffles, coins, folds"},
    {"resamples", FIELD_U32, JUDGE(resamples), "1000", 100, 100000, NULL, "draws of the histories behind each interval"},
    {"shortest", FIELD_U32, JUDGE(shortest), "1", 1, 1000000, NULL, "judge a place only after that many events"},
    {"end", FIELD_SWITCH, JUDGE(end), "true", 0, 0, NULL, "target next: judge also where the history ends"},
    {"threads", FIELD_U32, JUDGE(threads), "0", 0, 256, NULL, "0: one per processor; they change no bit of the result"},
    {NULL, FIELD_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

const char *const verdict_names[] = {[VERDICT_BETTER] = "better than counting",
                                     [VERDICT_NO_BETTER] = "no better than counting",
                                     [VERDICT_WORSE] = "worse than counting"};

/* The ratios of the bootstrap, in this order. */
enum {
    RATIO_ACCURACY,
    RATIO_LOSS,
    RATIO_GAIN,
    RATIO_SAVING,
    RATIO_KEPT,
    RATIO_SHUFFLED,
    RATIO_DROP,
    RATIO_KEPT_LOSS,
    RATIO_SHUFFLED_LOSS,
    RATIO_RISE,
    RATIO_POSSIBLE,
    RATIO_POSSIBLE_LOSS,
    RATIO_FLOORS, /* accuracy and loss of each */
    RATIO_COUNT = RATIO_FLOORS + 2 * FLOORS
};

/* A judging under way. */
struct judging {
    struct judgement *judgement;
    const struct model *model;
    const struct evidence *evidence;
    struct decisions decisions;
    struct mark *marks; /* [decisions.count] the model's */
    struct ledger ledger;
    struct crew crew;
};

/* The class that says that nothing comes next; ACTION_NONE when the model has none. */
static uint32_t end_action(const struct model *model)
{
    for (size_t c = 0; c < model_actions(model) && model_target(model) == TARGET_NEXT;
         c++)
        if (strcmp(model_action(model, c), "end_of_history") == 0)
            return (uint32_t)c;
    return ACTION_NONE;
}

static enum status find_decisions(struct judging *j, struct error *err)
{
    const struct judge_settings *settings = &j->judgement->settings;
    const struct evidence *evidence = j->evidence;
    uint32_t end = end_action(j->model);
    struct asked asked = {settings->shortest,
                          settings->end ? (uint32_t)ACTION_NONE : end};
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
    struct judged_comparison *comparison = &j->judgement->comparison;
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

static enum status compare(struct judging *j, struct error *err)
{
    struct judged_comparison *comparison = &j->judgement->comparison;
    unsigned floor = COLUMN_FLOORS + 2 * (unsigned)comparison->floor;
    size_t count = j->ledger.histories;
    double *differences = calloc(count + 1, sizeof *differences), sum = 0.0;
    struct random random;
    enum status status;

    if (differences == NULL)
        return error_no_memory(err);
    for (size_t h = 0; h < count; h++) {
        const double *row = ledger_row(&j->ledger, h);
        sum += differences[h] = row[COLUMN_MODEL] - row[floor];
    }
    random_init(&random, j->judgement->settings.seed, flip_stream);
    status = paired_test(differences, count, FLIPS, &random, &comparison->p, err);
    free(differences);
    comparison->verdict = comparison->p >= significance ? VERDICT_NO_BETTER
                          : sum > 0.0                   ? VERDICT_BETTER
                                                        : VERDICT_WORSE;
    return status;
}

static void set_ratios(const struct judging *j, struct ratio *ratios)
{
    const struct judged_comparison *c = &j->judgement->comparison;
    unsigned best = COLUMN_FLOORS + 2 * (unsigned)c->floor;
    unsigned least = COLUMN_FLOORS + 2 * (unsigned)c->loss_floor + 1;
    const struct ratio fixed[RATIO_FLOORS] = {
        [RATIO_ACCURACY] = {COLUMN_MODEL, NO_COLUMN, COLUMN_DECISIONS},
        [RATIO_LOSS] = {COLUMN_MODEL + 1, NO_COLUMN, COLUMN_LOSSES},
        [RATIO_GAIN] = {COLUMN_MODEL, best, COLUMN_DECISIONS},
        [RATIO_SAVING] = {least, COLUMN_MODEL + 1, COLUMN_LOSSES},
        [RATIO_KEPT] = {COLUMN_KEPT, NO_COLUMN, COLUMN_ORDER},
        [RATIO_SHUFFLED] = {COLUMN_SHUFFLED, NO_COLUMN, COLUMN_ORDER},
        [RATIO_DROP] = {COLUMN_KEPT, COLUMN_SHUFFLED, COLUMN_ORDER},
        [RATIO_KEPT_LOSS] = {COLUMN_KEPT + 1, NO_COLUMN, COLUMN_ORDER_LOSSES},
        [RATIO_SHUFFLED_LOSS] = {COLUMN_SHUFFLED + 1, NO_COLUMN, COLUMN_ORDER_LOSSES},
        [RATIO_RISE] = {COLUMN_SHUFFLED + 1, COLUMN_KEPT + 1, COLUMN_ORDER_LOSSES},
        [RATIO_POSSIBLE] = {COLUMN_POSSIBLE, NO_COLUMN, COLUMN_DECISIONS},
        [RATIO_POSSIBLE_LOSS] = {COLUMN_POSSIBLE + 1, NO_COLUMN, COLUMN_LOSSES},
    };

    memcpy(ratios, fixed, sizeof fixed);
    for (unsigned i = 0; i < FLOORS; i++) {
        unsigned column = COLUMN_FLOORS + 2 * i;
        ratios[RATIO_FLOORS + 2 * i] =
            (struct ratio){column, NO_COLUMN, COLUMN_DECISIONS};
        ratios[RATIO_FLOORS + 2 * i + 1] =
            (struct ratio){column + 1, NO_COLUMN, COLUMN_LOSSES};
    }
}

static void fill_ratios(struct judgement *judgement, const struct figure *figures)
{
    struct judged_comparison *comparison = &judgement->comparison;
    struct judged_order *order = &judgement->order;

    judgement->accuracy = figures[RATIO_ACCURACY];
    judgement->loss = figures[RATIO_LOSS];
    comparison->gain = figures[RATIO_GAIN];
    comparison->saving = figures[RATIO_SAVING];
    comparison->loss_verdict = comparison->saving.low > 0.0    ? VERDICT_BETTER
                               : comparison->saving.high < 0.0 ? VERDICT_WORSE
                                                               : VERDICT_NO_BETTER;
    order->accuracy = figures[RATIO_KEPT];
    order->shuffled_accuracy = figures[RATIO_SHUFFLED];
    order->accuracy_drop = figures[RATIO_DROP];
    order->loss = figures[RATIO_KEPT_LOSS];
    order->shuffled_loss = figures[RATIO_SHUFFLED_LOSS];
    order->loss_rise = figures[RATIO_RISE];
    judgement->possible_accuracy = figures[RATIO_POSSIBLE];
    judgement->possible_loss = figures[RATIO_POSSIBLE_LOSS];
    for (size_t i = 0; i < FLOORS; i++) {
        judgement->floors[i].accuracy = figures[RATIO_FLOORS + 2 * i];
        judgement->floors[i].loss = figures[RATIO_FLOORS + 2 * i + 1];
    }
}

static void fill_classes(struct judgement *judgement, const struct figure *figures)
{
    const struct figure unknown = {(double)NAN, (double)NAN, (double)NAN};

    judgement->macro_f1 = figures[BOOTSTRAP_MACRO_F1];
    judgement->calibration_error = figures[BOOTSTRAP_CALIBRATION];
    figures += BOOTSTRAP_CLASSES;
    for (size_t c = 0; c < judgement->C; c++) {
        struct judged_class *class = &judgement->classes[c];
        bool is_known = judgement->has_class_figures;
        class->precision = is_known ? figures[3 * c] : unknown;
        class->recall = is_known ? figures[3 * c + 1] : unknown;
        class->f1 = is_known ? figures[3 * c + 2] : unknown;
    }
}

static enum status resample(struct judging *j, struct error *err)
{
    struct judgement *judgement = j->judgement;
    struct ratio ratios[RATIO_COUNT];
    const struct bootstrap bootstrap = {.ledger = &j->ledger,
                                        .ratios = ratios,
                                        .ratio_count = RATIO_COUNT,
                                        .decisions = &j->decisions,
                                        .marks = j->marks,
                                        .C = judgement->C,
                                        .has_classes = judgement->has_class_figures,
                                        .resamples = judgement->settings.resamples,
                                        .seed = judgement->settings.seed,
                                        .crew = &j->crew};
    struct figure *figures = calloc(bootstrap_figures(&bootstrap), sizeof *figures);
    enum status status;

    if (figures == NULL)
        return error_no_memory(err);
    set_ratios(j, ratios);
    status = bootstrap_run(&bootstrap, figures, err);
    if (status == STATUS_OK) {
        fill_ratios(judgement, figures);
        fill_classes(judgement, figures + RATIO_COUNT);
    }
    free(figures);
    return status;
}

static void count_bins(struct judgement *judgement, const struct tally *tally)
{
    for (size_t i = 0; i < JUDGE_BINS; i++) {
        double count = tally->bin_counts[i];
        bool is_empty = !(count > 0.0);
        judgement->bins[i] = (struct judged_bin){
            (uint64_t)count, is_empty ? (double)NAN : tally->bin_tops[i] / count,
            is_empty ? (double)NAN : tally->bin_rights[i] / count};
    }
}

/* What is counted, not estimated: classes, confusion, bins. */
static enum status count_answers(struct judging *j, struct error *err)
{
    struct judgement *judgement = j->judgement;
    size_t C = judgement->C;
    struct tally tally;
    enum status status = tally_init(&tally, C, err);

    judgement->classes = calloc(C, sizeof *judgement->classes);
    judgement->has_class_figures = C <= CLASSES_MOST;
    if (judgement->has_class_figures)
        judgement->confusion = calloc((C + 1) * C, sizeof *judgement->confusion);
    if (judgement->classes == NULL ||
        (judgement->has_class_figures && judgement->confusion == NULL))
        status = error_no_memory(err);
    for (size_t i = 0; i < j->decisions.count && status == STATUS_OK; i++) {
        uint32_t right = j->decisions.list[i].right;
        tally_add(&tally, right, &j->marks[i], 1.0);
        judgement->others += right == ACTION_OTHER;
        if (judgement->confusion != NULL)
            judgement->confusion[(right < C ? right : C) * C + j->marks[i].chosen]++;
    }
    for (size_t c = 0; c < C && status == STATUS_OK; c++) {
        judgement->classes[c] =
            (struct judged_class){.support = (uint64_t)tally.support[c],
                                  .chosen = (uint64_t)tally.chosen[c],
                                  .hits = (uint64_t)tally.hits[c]};
        judgement->unsupported += judgement->classes[c].support == 0;
    }
    count_bins(judgement, &tally);
    tally_release(&tally);
    return status;
}

static enum status judge(struct judging *j, struct error *err)
{
    struct judgement *judgement = j->judgement;
    const struct asking asking = {j->model, j->evidence->judged, &j->decisions, &j->crew};
    const struct floors floors = {.evidence = j->evidence,
                                  .decisions = &j->decisions,
                                  .events = events_of(model_schema(j->model)),
                                  .C = judgement->C,
                                  .seed = judgement->settings.seed,
                                  .crew = &j->crew};
    enum status status = find_decisions(j, err);

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
        status = count_answers(j, err);
    return status == STATUS_OK ? resample(j, err) : status;
}

static uint32_t lanes_of(uint32_t threads)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (threads > 0)
        return threads;
    return processors > 0 ? (uint32_t)processors : 1;
}

enum status judge_run(struct judgement *judgement, const struct model *model,
                      const struct evidence *evidence,
                      const struct judge_settings *settings, struct error *err)
{
    struct judging j = {.judgement = judgement, .model = model, .evidence = evidence};
    enum status status;

    *judgement = (struct judgement){.settings = *settings, .C = model_actions(model)};
    judgement->is_cross_fitted = evidence->learn_count == 0;
    judgement->learnt = evidence->learn_count;
    j.crew.lanes = lanes_of(settings->threads);
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

void judgement_release(struct judgement *judgement)
{
    free(judgement->classes);
    free(judgement->confusion);
    judgement->classes = NULL;
    judgement->confusion = NULL;
}

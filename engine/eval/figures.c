/* See figures.h. */
#include "eval/figures.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/bootstrap.h"

enum { CLASSES_MOST = 256 };

_Static_assert((int)EVALUATION_BASELINES == (int)FLOORS, "the door and the ledger agree");
_Static_assert((int)EVALUATION_BINS == (int)CALIBRATION_BINS,
               "the door and the tally agree");

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

static void set_ratios(const struct judging *j, struct ratio *ratios)
{
    const struct baseline_comparison *c = &j->judgement->comparison;
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

static void fill_ratios(struct evaluation *judgement, const struct estimate *figures)
{
    struct baseline_comparison *comparison = &judgement->comparison;
    struct order_metrics *order = &judgement->order;

    judgement->accuracy = figures[RATIO_ACCURACY];
    judgement->loss = figures[RATIO_LOSS];
    comparison->gain = figures[RATIO_GAIN];
    comparison->saving = figures[RATIO_SAVING];
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

static void fill_classes(struct evaluation *judgement, const struct estimate *figures)
{
    const struct estimate unknown = {(double)NAN, (double)NAN, (double)NAN};

    judgement->macro_f1 = figures[BOOTSTRAP_MACRO_F1];
    judgement->calibration_error = figures[BOOTSTRAP_CALIBRATION];
    figures += BOOTSTRAP_CLASSES;
    for (size_t c = 0; c < judgement->C; c++) {
        struct class_metrics *class = &judgement->classes[c];
        bool is_known = judgement->has_class_figures;
        class->precision = is_known ? figures[3 * c] : unknown;
        class->recall = is_known ? figures[3 * c + 1] : unknown;
        class->f1 = is_known ? figures[3 * c + 2] : unknown;
    }
}

enum status figures_estimate(struct judging *j, struct error *err)
{
    struct evaluation *judgement = j->judgement;
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
    struct estimate *figures = calloc(bootstrap_figures(&bootstrap), sizeof *figures);
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

static void count_bins(struct evaluation *judgement, const struct tally *tally)
{
    for (size_t i = 0; i < EVALUATION_BINS; i++) {
        double count = tally->bin_counts[i];
        bool is_empty = !(count > 0.0);
        judgement->bins[i] = (struct calibration_bin){
            (uint64_t)count, is_empty ? (double)NAN : tally->bin_tops[i] / count,
            is_empty ? (double)NAN : tally->bin_rights[i] / count};
    }
}

enum status figures_count(struct judging *j, struct error *err)
{
    struct evaluation *judgement = j->judgement;
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
            (struct class_metrics){.support = (uint64_t)tally.support[c],
                                   .chosen = (uint64_t)tally.chosen[c],
                                   .hits = (uint64_t)tally.hits[c]};
        judgement->unsupported += judgement->classes[c].support == 0;
    }
    count_bins(judgement, &tally);
    tally_release(&tally);
    return status;
}

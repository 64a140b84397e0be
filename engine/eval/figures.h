/*
 * From answers to figures: what is counted, and what is estimated by drawing histories
 * again.  Private to judge.c.
 */
#ifndef TRIAGE_FIGURES_H
#define TRIAGE_FIGURES_H

#include "eval/crew.h"
#include "eval/ledger.h"
#include "evaluation.h"

/* A judging under way. */
struct judging {
    struct evaluation *judgement;
    const struct model *model;
    const struct evaluation_data *evidence;
    struct decisions decisions;
    struct mark *marks; /* [decisions.count] the model's */
    struct ledger ledger;
    struct crew crew;
};

/* Classes, confusion, bins: what is counted, not estimated. */
enum status figures_count(struct judging *judging, struct error *err);

/* Every figure and its interval; the ledger is full and the best floors are chosen. */
enum status figures_estimate(struct judging *judging, struct error *err);

#endif

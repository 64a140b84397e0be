/*
 * Is a column one of numbers, and which cell is the first that is not?
 *
 *     struct number_column column = {.cells = 0};
 *     number_column_add(&column, line, bytes, length);    // every cell, texts and numbers alike
 *     number_column_merge(&column, &of_another_thread);
 *     number_column_decide(&column, true, &decision);
 *
 * The decision depends on the cells and their places only, not on how threads shared them.
 */
#ifndef TRIAGE_NUMBER_COLUMN_H
#define TRIAGE_NUMBER_COLUMN_H

#include "base/first_cell.h"
#include "base/value.h"

enum { NUMBER_DECISION_SIZE = 256 };

/* Zero is a column without cells. */
struct number_column {
    uint64_t cells;              /* that are not missing */
    struct first_cell missing;   /* marks of a missing value */
    struct first_cell points;    /* numbers with a decimal point or none */
    struct first_cell marks;     /* of points: with digits after a point */
    struct first_cell fractions; /* of points: not whole */
    struct first_cell grouped;   /* of points: perhaps thousands, "5.033" */
    struct first_cell large;     /* of points: without a point, and at least 1000 */
    struct first_cell negatives; /* of points: below zero */
    struct first_cell commas;    /* numbers with a decimal comma */
    /* Of commas: perhaps a separator of thousands, "1,234". */
    struct first_cell thousands;
    struct first_cell booleans;
    struct first_cell others;   /* no number, no boolean */
    struct first_cell codes;    /* of others: digits with leading zeros */
    struct first_cell measures; /* of others: numbers with a unit, a sign or separators */
    struct first_cell other_measures; /* the first with another unit than measures */

    /* The number of the largest magnitude: one huge number can spoil a mean. */
    double magnitude;
    struct first_cell largest; /* count: how many have this magnitude */
};

/* place orders the cells and comes back in the decision: a line, or any number. */
void number_column_add(struct number_column *column, uint64_t place, const char *bytes,
                       size_t length);
void number_column_merge(struct number_column *column, const struct number_column *from);

enum number_verdict {
    NUMBER_COLUMN_TEXT,     /* most cells are no numbers, or there are none */
    NUMBER_COLUMN_NUMBERS,  /* all cells are */
    NUMBER_COLUMN_BOOLEANS, /* all cells are true or false */
    NUMBER_COLUMN_MIXED,    /* numbers and booleans; no other text */
    NUMBER_COLUMN_NEARLY /* most cells are numbers; text says which is the first that is not */
};

struct number_decision {
    enum number_verdict verdict;
    enum decimal_mark mark;      /* of NUMBERS, MIXED and NEARLY */
    bool is_whole;               /* of NUMBERS: all are whole numbers */
    uint64_t numbers;            /* cells that are numbers with this mark */
    struct first_cell first_bad; /* of NEARLY: the first that is not */

    /*
     * Of NEARLY: it completes `column "load": ...` without the place, which the caller adds:
     * `997 of 998 cells are numbers, the first that is not is "12 ms", which has the unit "ms"`
     */
    char text[NUMBER_DECISION_SIZE];
};

/*
 * allows_comma: the cells are separated by something else than commas (or are JSON strings).  Then
 * a column is read with decimal commas if it has commas, no cell has a decimal point, and at least
 * one comma cannot be a separator of thousands.
 */
void number_column_decide(const struct number_column *column, bool allows_comma,
                          struct number_decision *decision);

#endif

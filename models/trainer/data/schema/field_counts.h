/*
 * Counting the values of each column in the training histories, in two passes over the tape.
 *
 * The first pass finds what the cells look like (number_column.h), so that the kind of each column
 * can be decided.  The second pass counts the values, as those of a number or of a category.
 */
#ifndef TRIAGE_FIELD_COUNTS_H
#define TRIAGE_FIELD_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/number_column.h"
#include "base/workers.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/* Whole numbers: with so few different ones they are probably codes. */
enum { MAX_CODES = 20 };

/* A column is meant as one of numbers if at least this share of its cells are numbers. */
#define NEARLY_NUMBERS 0.9

/* How many events and histories have a value: a string of bytes, or a number. */
struct value_count {
    const char *value; /* a zero byte follows it; NULL of a number */
    double number;
    size_t events;
    uint32_t histories;
    size_t last_history; /* the last one counted in histories */
};

/* The counts of the values of a field; only the first MAX_VALUES values are told apart. */
struct value_counts {
    struct arena arena;         /* of map */
    struct strmap map;          /* value -> index in counts */
    struct u64map numbers;      /* bits of a number -> index in counts */
    struct value_count *counts; /* [count] in order of first appearance; owned */
    size_t count, capacity;
    size_t further_events; /* events with another value than those counted */
    bool has_more;         /* a value was not told apart, because there were so many */
};

struct field_counts {
    const char *name; /* "event" for the column of the names */
    uint32_t column;
    /* Orders the fields by their first value; UINT64_MAX: they have none. */
    uint64_t first;

    /* decided between the passes */
    bool is_number; /* otherwise a category */
    bool has_booleans;
    bool is_told; /* the first cell that is no number has been named */

    /* first pass */
    uint64_t *text_events; /* [texts of the column]; owned */
    uint64_t *text_place;  /* of the first one */
    struct number_column cells;
    int64_t codes[MAX_CODES]; /* different whole numbers */
    unsigned code_count;      /* MAX_CODES + 1: more */
    uint64_t typed;           /* cells of CSV, and JSON numbers */
    uint64_t quoted;          /* JSON strings that are numbers */
    uint64_t quoted_place;    /* of the first one; UINT64_MAX: none */
    uint64_t open_place;      /* of the first array or object; UINT64_MAX: none */

    /* second pass */
    uint32_t *value_of; /* [texts] index in values + 1; 0: not yet known; owned */
    struct value_counts values;
    size_t texts, numbers, others; /* events; others have an array or an object */
    size_t histories;              /* with a string or a number */
    size_t last_history;           /* the last one counted in histories, from 1 */
    bool is_integer;               /* all numbers are integers */
    bool varies;                   /* some history has two different numbers */
    double min, max, last;         /* of the numbers */
};

struct share;

struct field_counting {
    const struct tape *tape;
    const struct columns *columns;
    const struct histories *info;
    struct share *shares; /* [share_count] what each thread counts; owned */
    size_t share_count;
    /* [columns] after a pass, those of all shares; without a name: the column is no field */
    struct field_counts *by_column;
    bool is_second_pass;
    uint32_t only; /* the column that is counted again; MAP_NONE: all are counted */
    size_t histories, timed_histories, events; /* to train on */
};

/* All arguments are borrowed.  field_counting_release also after a failure. */
enum status field_counting_init(struct field_counting *counting, const struct tape *tape,
                                const struct columns *columns,
                                const struct histories *histories,
                                struct workers *workers, struct error *err);
void field_counting_release(struct field_counting *counting);

/* STATUS_NO_MEMORY. */
enum status field_counting_first_pass(struct field_counting *counting,
                                      struct workers *workers, struct error *err);

/* The kind of each column has been decided. */
enum status field_counting_second_pass(struct field_counting *counting,
                                       struct workers *workers, struct error *err);

#endif

/* What infer.c counts and infer_schema.c judges. */
#ifndef TRIAGE_INFER_FIELDS_H
#define TRIAGE_INFER_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "data/infer.h"
#include "data/value_counts.h"

enum { FIELDS_MOST = 200 };

struct seen {
    char *name;
    struct value_counts values;    /* texts; numbers by the bytes of the double */
    size_t texts, numbers, others; /* events */
    size_t histories;              /* in which the field stands */
    size_t marked;                 /* the last history that counted, from 1 */
    bool is_whole;                 /* all numbers are integers */
    bool varies;                   /* a history has several of them */
    double smallest, largest, last;
};

struct infer {
    struct seen fields[FIELDS_MOST];
    size_t count, histories, timed, events;
};

#endif

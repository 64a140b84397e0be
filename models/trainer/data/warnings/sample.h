/*
 * A sample of the events, by columns, for warnings that compare many values: whole histories, in
 * the order of time, or without times in the order of the file.
 */
#ifndef TRIAGE_SAMPLE_H
#define TRIAGE_SAMPLE_H

#include "base/error.h"
#include "base/map.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

struct schema;

/* A value of an event. */
struct sampled_cell {
    uint32_t event;   /* index in places */
    uint32_t value;   /* of a category: index in values */
    double number;    /* of a number */
    uint8_t decimals; /* digits after its point */
};

/* The place at which the share of some cells changes most. */
struct split {
    size_t at;                        /* of the first cell after it; 0: there is none */
    double before, after;             /* the shares */
    size_t before_count, after_count; /* of these cells */
};

/* A value of a category. */
struct sampled_value {
    struct tape_value value;
    size_t count;
    size_t first, last; /* indices in cells */
};

/* A column that is a field of the schema. */
struct sampled_column {
    const char *name;  /* NULL: it is not sampled */
    bool is_number;    /* otherwise a category */
    bool is_event;     /* it has the names of the events */
    bool is_explained; /* a warning says that its values are written in two ways */
    struct sampled_cell *cells; /* [count] the values that are there; owned */
    size_t count, capacity;
    struct u64map map;            /* hash of a value -> index in values */
    struct sampled_value *values; /* [map.count] of a category; owned */
    size_t value_capacity;
};

struct sample {
    const struct tape *tape;
    uint64_t *places; /* [count] of the events; owned */
    size_t count, capacity;
    struct sampled_column *columns; /* [column_count] as the tape has them; owned */
    size_t column_count;
};

/* Read about 16,000 events.  sample_release also after a failure. */
enum status sample_init(struct sample *sample, const struct tape *tape,
                        const struct columns *columns, const struct histories *histories,
                        const struct schema *schema, struct error *err);
void sample_release(struct sample *sample);

/* The text of a value of a category, cut to size - 1 bytes. */
const char *sample_text(const struct sample *sample, const struct sampled_value *value,
                        char *buffer, size_t size);

/* "FILE:LINE" of a cell. */
void sample_place(const struct sample *sample, const struct sampled_cell *cell,
                  char *buffer, size_t size);

/* Split a list at a place.  has: is a cell one of these? */
struct split sample_split(const struct sampled_cell *cells, size_t count,
                          bool (*has)(const struct sampled_cell *cell, uint32_t value),
                          uint32_t value);

#endif

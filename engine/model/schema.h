/*
 * What an event is made of: its fields, the values each categorical field knows, how numbers
 * are scaled, and what is derived from time.
 *
 * As JSON, in a recipe and in a model file alike:
 *
 *     {"fields": [{"name": "event", "kind": "category", "values": ["deploy_started", ...]},
 *                 {"name": "latency_ms", "kind": "number", "mean": 212.5, "scale": 80.1,
 *                  "missing_mean": 0.02, "missing_scale": 0.14}],
 *      "time": [{"name": "since_previous", "mean": 3.1, "scale": 1.9}, ...]}
 *
 * A categorical field is a table: row 0 for a value it lacks, row 1 for a missing one, then
 * its values.  A number gives two inputs, itself and a flag where it is missing; a time
 * feature gives one.  Each input x becomes (x - mean) / scale, clamped to [-16, 16]; a missing
 * number becomes 0.  A scale of 0 in the file is refused, and so is a key that is not known here;
 * means and scales left out are 0 and 1.  Inputs stand in this order: numbers in schema order, each followed by its flag, then
 * time features in schema order.
 */
#ifndef TRIAGE_SCHEMA_H
#define TRIAGE_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/strbuf.h"

enum {
    SCHEMA_UNKNOWN = 0,
    SCHEMA_MISSING = 1,
    SCHEMA_FIRST = 2,        /* row of the first value */
    SCHEMA_NAME_BYTES = 200, /* bytes of a field's name */
    SCHEMA_MAX_FIELDS = 256,
    SCHEMA_MAX_VALUES = 1000000
};

enum field_kind { FIELD_CATEGORY, FIELD_NUMBER };

struct scale {
    float mean, scale;
};

struct field {
    const char *name;
    enum field_kind kind;
    uint32_t index;               /* among the columns of its kind */
    struct strmap values;         /* FIELD_CATEGORY */
    struct scale number, missing; /* FIELD_NUMBER */
    float flags[2];               /* what `missing` makes of 0 and 1 */
};

/* What is derived from time, in the order of time_names. */
enum time_kind {
    TIME_SINCE_PREVIOUS, /* log1p of seconds since the event before */
    TIME_SINCE_FIRST,    /* log1p of seconds since the first event */
    TIME_HOUR_SIN,       /* hour of the day, UTC, as an angle */
    TIME_HOUR_COS,
    TIME_WEEKDAY_SIN, /* day of the week, UTC, as an angle */
    TIME_WEEKDAY_COS,
    TIME_MISSING, /* 1 when the history has no times; the others are 0 then */
    TIME_KINDS
};

enum { HOURS = 24, WEEKDAYS = 7 };

struct time_input {
    enum time_kind kind;
    struct scale scale;
    float scaled[HOURS]; /* of each hour or weekday; of 0 and 1: TIME_MISSING */
};

struct schema {
    struct arena arena;
    struct field *fields;
    struct strmap field_names;
    struct time_input times[TIME_KINDS];
    uint32_t field_count, time_count;
    uint32_t categories; /* K */
    uint32_t numbers;    /* columns that are numbers; F = 2 * numbers + time_count */
    bool is_raw;         /* inputs as they come: neither scaled nor clamped */
};

/* F: numbers that come with each event. */
uint32_t schema_inputs(const struct schema *schema);

/* Rows of the k-th categorical field's table: 2 + values. */
uint32_t schema_rows(const struct schema *schema, uint32_t k);

/* The column of the k-th categorical field. */
const struct field *schema_category(const struct schema *schema, uint32_t k);

/* The column of that name, or NULL. */
const struct field *schema_find(const struct schema *schema, const char *name);

/* The same by bytes without a zero. */
const struct field *schema_find_bytes(const struct schema *schema, const char *name,
                                      size_t length);

/* The id of a value of a categorical column; SCHEMA_UNKNOWN if it has no row. */
uint32_t field_id(const struct field *column, const char *value);
uint32_t field_id_bytes(const struct field *column, const char *value, size_t length);

/* To be called when scales have changed: what is computed from them once. */
void schema_update(struct schema *schema);

/* (x - mean) / scale, clamped, rounded once. */
static inline float schema_scale(const struct schema *schema, const struct scale *scale,
                                 double x)
{
    if (schema->is_raw)
        return (float)x;
    x = (x - (double)scale->mean) / (double)scale->scale;
    x = x > 16.0 ? 16.0 : x;
    x = x < -16.0 ? -16.0 : x;
    return (float)x;
}

/* What a missing number gives, and one that is there: its two inputs. */
static inline void schema_encode_missing(const struct field *column, float pair[2])
{
    pair[0] = 0.0f;
    pair[1] = column->flags[1];
}

static inline void schema_encode_number(const struct schema *schema,
                                        const struct field *column, double number,
                                        float pair[2])
{
    pair[0] = schema_scale(schema, &column->number, number);
    pair[1] = column->flags[0];
}

/* "since_previous" and so on, in the order of enum time_kind. */
extern const char *const time_names[];

#endif

/*
 * The schema: which fields an event has and how they become the input of a network.
 *
 * Recipes and model files contain it as JSON (schema_io.c):
 *
 *     {"fields": [{"name": "event", "kind": "category", "values": ["deploy_started", ...]},
 *                 {"name": "latency_ms", "kind": "number", "mean": 212.5, "scale": 80.1,
 *                  "missing_mean": 0.02, "missing_scale": 0.14}],
 *      "time": [{"name": "since_previous", "mean": 3.1, "scale": 1.9}, ...],
 *      "keys": {"event": "activity", "time": "created_at"},
 *      "time_range": {"first": "2026-01-05T04:08:44Z", "last": "2026-03-31T20:00:00Z",
 *                     "longest_gap": 5400, "longest_span": 86400},
 *      "length_deciles": [1, 3, 4, 4, 5, 5, 6, 7, 9, 12, 40], "hours": [0.01, 0, ...]}
 *
 * "keys" holds the names that the training data had for the parts of a history, where they differ
 * from ours.  An array, {"event": ["activity", "state"]}, says that the values of these keys are joined
 * to the name of an event (name_parts.h).  A number with "booleans": true was trained on true as 1 and
 * false as 0, too.
 *
 * "time_range" holds the first and the last time of the training histories, and the seconds of the
 * longest gap and the longest history, rounded up; a schema without it says nothing of them.
 *
 * A number may have "deciles" and "histories", a category "most_frequent" and "missing_share", the schema
 * "length_deciles" and "hours": the profile of the training (profile.h).
 *
 * An event is encoded as K ids and F floats:
 *
 *     ids    [K]  one per categorical field, in schema order: SCHEMA_UNKNOWN, SCHEMA_MISSING, or
 *                 SCHEMA_FIRST + i for value i; an id is a row of the field's embedding table
 *     values [F]  two per number, in schema order: the number, and a flag that is 1 where the
 *                 number is missing; then one per time feature, in schema order
 *
 * Each float x is stored as (x - mean) / scale, clamped to [-16, 16]; a missing number is stored
 * as 0.  A mean that is not in the JSON is 0; a scale that is not is 1.  A scale is greater than 0.
 */
#ifndef TRIAGE_SCHEMA_H
#define TRIAGE_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/name_parts.h"
#include "base/strbuf.h"
#include "engine.h"
#include "model/profile.h"
#include "model/time_range.h"

enum {
    SCHEMA_UNKNOWN = 0,
    SCHEMA_MISSING = 1,
    SCHEMA_FIRST = 2, /* id of the first value */
    SCHEMA_NAME_BYTES = 200,
    SCHEMA_MAX_FIELDS = 256,
    SCHEMA_MAX_VALUES = 1000000,
    SCHEMA_CLAMP = 16 /* largest size of a float of an event */
};

enum field_kind { FIELD_CATEGORY, FIELD_NUMBER };

struct scale {
    float mean, scale;
};

struct field {
    const char *name;
    enum field_kind kind;
    uint32_t index;               /* among the fields of its kind */
    struct strmap values;         /* FIELD_CATEGORY */
    struct scale number, missing; /* FIELD_NUMBER */
    float flags[2];               /* FIELD_NUMBER: the flags 0 and 1, scaled */
    bool has_booleans;            /* FIELD_NUMBER: true is 1, false is 0 */
    bool has_numbers;             /* FIELD_CATEGORY: one of the values is a number */
    /* The profile of the training.  FIELD_NUMBER: [PROFILE_POINTS], NULL: unknown */
    const float *deciles;
    uint32_t histories;    /* FIELD_NUMBER with deciles: that have a number; 0: unknown */
    float lowest, highest; /* FIELD_NUMBER: encoded numbers between them are usual */
    float most_frequent, missing_share; /* FIELD_CATEGORY; below 0: unknown */
};

/*
 * What the data calls the parts of a history.  None is NULL; those that the JSON does not have are
 * those of SCHEMA_KEYS_DEFAULT.
 */
struct schema_keys {
    const char *id;     /* "": "id", in CSV "case" */
    const char *events; /* the array of events */
    const char *event, *time;
    const char *label;       /* not read from requests */
    const char *split;       /* "": none; not read from requests */
    const char *time_format; /* how times are read */
};

#define SCHEMA_KEYS_DEFAULT                                                              \
    ((struct schema_keys){.id = "",                                                      \
                          .events = "events",                                            \
                          .event = "event",                                              \
                          .time = "time",                                                \
                          .label = "action",                                             \
                          .split = "",                                                   \
                          .time_format = "auto"})

/* The features derived from the time of an event, in the order of time_feature_names. */
enum time_feature_kind {
    TIME_SINCE_PREVIOUS, /* log1p of the seconds since the previous event */
    TIME_SINCE_FIRST,    /* log1p of the seconds since the first event */
    TIME_HOUR_SIN,       /* hour of the day, UTC, as an angle */
    TIME_HOUR_COS,
    TIME_WEEKDAY_SIN, /* day of the week, UTC, as an angle; Monday is 0 */
    TIME_WEEKDAY_COS,
    TIME_MISSING, /* 1 when the history has no times; the other features are 0 then */
    TIME_FEATURE_KINDS
};

enum { HOURS = 24, WEEKDAYS = 7 };

struct time_feature {
    enum time_feature_kind kind;
    struct scale scale;
    /* The scaled feature of each hour or weekday; of TIME_MISSING, the scaled 0 and 1. */
    float scaled[HOURS];
};

struct schema {
    struct arena arena;
    struct field *fields; /* [field_count] */
    struct strmap field_names;
    struct time_feature times[TIME_FEATURE_KINDS]; /* [time_count] */
    uint32_t field_count, time_count;
    uint32_t categories; /* K, the number of categorical fields */
    uint32_t numbers;    /* the number of numeric fields; F = 2 * numbers + time_count */
    bool is_raw;         /* values are neither scaled nor clamped */
    struct schema_keys keys;
    /*
     * The keys whose values are joined to the name of an event, each with a zero behind it; count 0:
     * the name is the value of keys.event.  Else keys.event is these keys with "+" between them.
     */
    struct name_keys event_parts;
    struct time_range time_range;
    struct time_uses time_uses; /* by the time features */
    /* The profile of the training; NULL: unknown. */
    const float *length_deciles; /* [PROFILE_POINTS] */
    const float *hours;          /* [PROFILE_HOURS] */
};

/* "since_previous" and so on, in the order of enum time_feature_kind. */
extern const char *const time_feature_names[];

/* F: the floats that encode an event. */
uint32_t schema_inputs(const struct schema *schema);

/* The k-th categorical field, and the rows of its embedding table: 2 + its values. */
const struct field *schema_category(const struct schema *schema, uint32_t k);
uint32_t schema_rows(const struct schema *schema, uint32_t k);

/* Has any event of the history the field?  An unknown value counts as present. */
static inline bool schema_has_field(const struct schema *schema,
                                    const struct field *field,
                                    const struct history *history)
{
    if (field->kind == FIELD_CATEGORY) {
        size_t K = schema->categories;
        const uint32_t *id = history->ids + field->index, *end = id + K * history->length;
        while (id < end && *id == SCHEMA_MISSING)
            id += K;
        return id < end;
    }
    size_t F = schema_inputs(schema);
    const float *flag = history->values + 2 * (size_t)field->index + 1;
    const float *end = flag + F * history->length;
    while (flag < end && *flag == field->flags[1])
        flag += F;
    return flag < end;
}

/* The field called name, or NULL; for schema_find_bytes, name need not be zero-terminated. */
const struct field *schema_find(const struct schema *schema, const char *name);
const struct field *schema_find_bytes(const struct schema *schema, const char *name,
                                      size_t length);

/* The id of a value of a categorical field; SCHEMA_UNKNOWN if it is not one of its values. */
uint32_t field_id(const struct field *field, const char *value);
uint32_t field_id_bytes(const struct field *field, const char *value, size_t length);

/* Recompute what is derived from the scales.  Call it after scales or is_raw have changed. */
void schema_update(struct schema *schema);

/*
 * The smallest and the largest number of the training, encoded, of a field with deciles.  Deciles are
 * rounded, so the bounds are wider by as much.  A missing number, which is encoded as 0, is inside.
 */
void schema_training_bounds(const struct schema *schema, const struct field *field,
                            float bounds[2]);

/* (x - mean) / scale, clamped, rounded to float once. */
static inline float schema_scale(const struct schema *schema, const struct scale *scale,
                                 double x)
{
    if (schema->is_raw)
        return (float)x;
    x = (x - (double)scale->mean) / (double)scale->scale;
    x = x > SCHEMA_CLAMP ? SCHEMA_CLAMP : x;
    x = x < -SCHEMA_CLAMP ? -SCHEMA_CLAMP : x;
    return (float)x;
}

/* Encode a missing number: the two floats of a numeric field. */
static inline void schema_encode_missing(const struct field *field, float pair[2])
{
    pair[0] = 0.0f;
    pair[1] = field->flags[1];
}

/* Encode a number: the two floats of a numeric field. */
static inline void schema_encode_number(const struct schema *schema,
                                        const struct field *field, double number,
                                        float pair[2])
{
    pair[0] = schema_scale(schema, &field->number, number);
    pair[1] = field->flags[0];
}

/*
 * Write the time features of every event of a history.  times [length], microseconds, are in
 * ascending order; NULL when the history has none.  values points to the first time feature of
 * the first event; those of the next event are stride floats after it.
 */
void schema_encode_times(const struct schema *schema, const int64_t *times,
                         uint32_t length, float *values, uint32_t stride);

#endif

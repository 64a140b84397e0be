/*
 * Lookups in a schema, and the encoding of times.  triage_schema_read (schema_io.c) makes a schema.
 */
#include "model/schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "base/timestamp.h"
#include "trainer.h"

const char *const time_feature_names[TIME_FEATURE_KINDS] = {
    [TIME_SINCE_PREVIOUS] = "since_previous",
    [TIME_SINCE_FIRST] = "since_first",
    [TIME_HOUR_SIN] = "hour_sin",
    [TIME_HOUR_COS] = "hour_cos",
    [TIME_WEEKDAY_SIN] = "weekday_sin",
    [TIME_WEEKDAY_COS] = "weekday_cos",
    [TIME_MISSING] = "missing",
};

void triage_schema_free(struct schema *schema)
{
    if (!schema)
        return;
    arena_release(&schema->arena);
    free(schema);
}

uint32_t schema_inputs(const struct schema *schema)
{
    return 2 * schema->numbers + schema->time_count;
}

const struct field *schema_category(const struct schema *schema, uint32_t k)
{
    const struct field *field = schema->fields;
    while (field->kind != FIELD_CATEGORY || field->index != k)
        field++;
    return field;
}

uint32_t schema_rows(const struct schema *schema, uint32_t k)
{
    return SCHEMA_FIRST + schema_category(schema, k)->values.count;
}

const struct field *schema_find(const struct schema *schema, const char *name)
{
    return schema_find_bytes(schema, name, strlen(name));
}

const struct field *schema_find_bytes(const struct schema *schema, const char *name,
                                      size_t length)
{
    uint32_t index = strmap_find(&schema->field_names, name, length);
    return index == MAP_NONE ? NULL : &schema->fields[index];
}

uint32_t field_id(const struct field *field, const char *value)
{
    return field_id_bytes(field, value, strlen(value));
}

uint32_t field_id_bytes(const struct field *field, const char *value, size_t length)
{
    uint32_t index = strmap_find(&field->values, value, length);
    return index == MAP_NONE ? SCHEMA_UNKNOWN : SCHEMA_FIRST + index;
}

bool triage_schema_is_category(const struct schema *schema, const char *name)
{
    const struct field *field = schema_find(schema, name);
    return field && field->kind == FIELD_CATEGORY;
}

const char *triage_schema_field(const struct schema *schema, uint32_t index)
{
    return index < schema->field_count ? schema->fields[index].name : NULL;
}

bool triage_examples_have_field(const struct schema *schema, uint32_t index,
                                const struct example *examples, size_t count)
{
    const struct field *field = &schema->fields[index];
    size_t i = 0;
    while (i < count && !schema_has_field(schema, field, &examples[i].history))
        i++;
    return i < count;
}

bool triage_schema_uses_times(const struct schema *schema)
{
    return schema->time_count > 0;
}

uint32_t triage_schema_event_count(const struct schema *schema)
{
    return schema_find(schema, "event")->values.count;
}

const char *triage_schema_event(const struct schema *schema, uint32_t index)
{
    return schema_find(schema, "event")->values.keys[index].bytes;
}

int64_t triage_schema_event_at(const struct schema *schema, const struct history *history,
                               uint32_t t)
{
    const struct field *event = schema_find(schema, "event");
    uint32_t id = history->ids[(size_t)t * schema->categories + event->index];
    return id < SCHEMA_FIRST ? -1 : (int64_t)id - SCHEMA_FIRST;
}

/* ---- time features ----------------------------------------------------------------------- */

/* Sine and cosine of 2 pi i / 24 and 2 pi i / 7, as constants: libms differ in the last bit. */
/* clang-format off */
static const double hour_sin[HOURS] = {
    0.0, 0.25881904510252074, 0.49999999999999994, 0.7071067811865475,
    0.8660254037844386, 0.9659258262890683, 1.0, 0.9659258262890683,
    0.8660254037844387, 0.7071067811865476, 0.49999999999999994, 0.258819045102521,
    0.0, -0.2588190451025208, -0.4999999999999997, -0.7071067811865471,
    -0.8660254037844384, -0.9659258262890683, -1.0, -0.9659258262890684,
    -0.8660254037844386, -0.7071067811865477, -0.5000000000000004, -0.25881904510252157,
};
static const double hour_cos[HOURS] = {
    1.0, 0.9659258262890683, 0.8660254037844387, 0.7071067811865476,
    0.5000000000000001, 0.25881904510252074, 0.0, -0.25881904510252063,
    -0.4999999999999998, -0.7071067811865475, -0.8660254037844387, -0.9659258262890682,
    -1.0, -0.9659258262890683, -0.8660254037844388, -0.7071067811865479,
    -0.5000000000000004, -0.25881904510252063, 0.0, 0.2588190451025203,
    0.5000000000000001, 0.7071067811865474, 0.8660254037844384, 0.9659258262890681,
};
static const double weekday_sin[WEEKDAYS] = {
    0.0, 0.7818314824680298, 0.9749279121818236, 0.43388373911755823,
    -0.433883739117558, -0.9749279121818236, -0.7818314824680299,
};
static const double weekday_cos[WEEKDAYS] = {
    1.0, 0.6234898018587336, -0.22252093395631434, -0.900968867902419,
    -0.9009688679024191, -0.2225209339563146, 0.6234898018587334,
};
/* clang-format on */

/* The values that a feature can have before scaling; NULL, and *count 0, if they are many. */
static const double *feature_values(enum time_feature_kind kind, int *count)
{
    static const double flag[] = {0.0, 1.0};
    switch (kind) {
    case TIME_HOUR_SIN:
    case TIME_HOUR_COS:
        *count = HOURS;
        return kind == TIME_HOUR_SIN ? hour_sin : hour_cos;
    case TIME_WEEKDAY_SIN:
    case TIME_WEEKDAY_COS:
        *count = WEEKDAYS;
        return kind == TIME_WEEKDAY_SIN ? weekday_sin : weekday_cos;
    case TIME_MISSING:
        *count = 2;
        return flag;
    case TIME_SINCE_PREVIOUS:
    case TIME_SINCE_FIRST:
    case TIME_FEATURE_KINDS:
        break;
    }
    *count = 0;
    return NULL;
}

void schema_training_bounds(const struct schema *schema, const struct field *field,
                            float bounds[2])
{
    const double rounding = 5e-6, mean = (double)field->number.mean;
    double smallest = field->deciles[0], largest = field->deciles[PROFILE_POINTS - 1];
    smallest -= rounding * (fabs(smallest - mean) + fabs(mean));
    largest += rounding * (fabs(largest - mean) + fabs(mean));
    bounds[0] = schema_scale(schema, &field->number, smallest);
    bounds[1] = schema_scale(schema, &field->number, largest);
    bounds[0] = bounds[0] > 0.0f ? 0.0f : bounds[0];
    bounds[1] = bounds[1] < 0.0f ? 0.0f : bounds[1];
}

/* What answers say nothing of: numbers that are not clamped, and within those of the training. */
static void update_bounds(const struct schema *schema, struct field *field)
{
    float bounds[2] = {-SCHEMA_CLAMP, SCHEMA_CLAMP};
    if (field->deciles)
        schema_training_bounds(schema, field, bounds);
    const float inside = nextafterf(SCHEMA_CLAMP, 0.0f);
    field->lowest = bounds[0] < -inside ? -inside : bounds[0];
    field->highest = bounds[1] > inside ? inside : bounds[1];
}

void schema_update(struct schema *schema)
{
    for (uint32_t i = 0; i < schema->field_count; i++) {
        struct field *field = &schema->fields[i];
        for (int flag = 0; field->kind == FIELD_NUMBER && flag < 2; flag++)
            field->flags[flag] = schema_scale(schema, &field->missing, flag);
        if (field->kind == FIELD_NUMBER)
            update_bounds(schema, field);
    }
    schema->time_uses = (struct time_uses){.gaps = false};
    for (uint32_t i = 0; i < schema->time_count; i++) {
        struct time_feature *feature = &schema->times[i];
        enum time_feature_kind kind = feature->kind;
        if (kind == TIME_SINCE_PREVIOUS || kind == TIME_SINCE_FIRST)
            schema->time_uses.gaps = true;
        else if (kind != TIME_MISSING)
            schema->time_uses.calendar = true;
        int count;
        const double *values = feature_values(feature->kind, &count);
        for (int j = 0; j < count; j++)
            feature->scaled[j] = schema_scale(schema, &feature->scale, values[j]);
    }
}

/* log1p of the seconds between two times, scaled. */
static float encode_gap(const struct schema *schema, const struct time_feature *feature,
                        int64_t from, int64_t to)
{
    double seconds = (double)(to - from) / 1e6;
    return schema_scale(schema, &feature->scale, log1p_d(seconds));
}

static void encode_event_time(const struct schema *schema, const int64_t *times,
                              uint32_t t, float *values)
{
    unsigned hour = timestamp_hour(times[t]), weekday = timestamp_weekday(times[t]);
    int64_t previous = times[t > 0 ? t - 1 : 0];
    for (uint32_t i = 0; i < schema->time_count; i++) {
        const struct time_feature *feature = &schema->times[i];
        switch (feature->kind) {
        case TIME_SINCE_PREVIOUS:
            values[i] = encode_gap(schema, feature, previous, times[t]);
            break;
        case TIME_SINCE_FIRST:
            values[i] = encode_gap(schema, feature, times[0], times[t]);
            break;
        case TIME_HOUR_SIN:
        case TIME_HOUR_COS:
            values[i] = feature->scaled[hour];
            break;
        case TIME_WEEKDAY_SIN:
        case TIME_WEEKDAY_COS:
            values[i] = feature->scaled[weekday];
            break;
        case TIME_MISSING:
        case TIME_FEATURE_KINDS:
            values[i] = feature->scaled[0];
        }
    }
}

void schema_encode_times(const struct schema *schema, const int64_t *times,
                         uint32_t length, float *values, uint32_t stride)
{
    for (uint32_t t = 0; t < length; t++, values += stride) {
        if (times) {
            encode_event_time(schema, times, t, values);
            continue;
        }
        for (uint32_t i = 0; i < schema->time_count; i++) {
            const struct time_feature *feature = &schema->times[i];
            values[i] = feature->kind == TIME_MISSING ? feature->scaled[1] : 0.0f;
        }
    }
}

/* The profile in a model file, and what it is compared by. */
#include "model/profile.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "model/schema.h"

enum { POINTER_BYTES = 96 };

static bool is_valid(enum profile_kind kind, const float *values, uint32_t i)
{
    if (!isfinite(values[i]))
        return false;
    if (kind == PROFILE_SHARES)
        return values[i] >= 0.0f && values[i] <= 1.0f;
    if (kind == PROFILE_LENGTHS && values[i] < 1.0f)
        return false;
    return i == 0 || values[i] >= values[i - 1];
}

static uint32_t value_count(enum profile_kind kind)
{
    return kind == PROFILE_SHARES ? PROFILE_HOURS : PROFILE_POINTS;
}

enum status profile_read(const json_t *object, const char *key, enum profile_kind kind,
                         const float **values, struct arena *arena, const char *where,
                         struct error *err)
{
    const json_t *array = json_object_get(object, key);
    const uint32_t count = value_count(kind);
    char pointer[POINTER_BYTES], item[POINTER_BYTES];
    *values = NULL;
    if (!array)
        return STATUS_OK;
    pointer_join(pointer, sizeof pointer, where, key);
    if (!json_is_array(array) || json_array_size(array) != count)
        return error_mismatch(err, STATUS_BAD_INPUT, pointer, "an array of numbers",
                              json_kind(array), "expected %u numbers", (unsigned)count);
    float *list = arena_array(arena, count, sizeof *list);
    if (!list)
        return error_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        const json_t *number = json_array_get(array, i);
        list[i] = json_is_number(number) ? (float)json_number_value(number) : NAN;
        if (!is_valid(kind, list, i))
            return error_mismatch(
                err, STATUS_BAD_INPUT, pointer_join_index(item, sizeof item, pointer, i),
                kind == PROFILE_SHARES    ? "a number from 0 to 1"
                : kind == PROFILE_LENGTHS ? "at least 1, not less than the one before"
                                          : "a number, not less than the one before",
                json_kind(number), "no such number is possible here");
    }
    *values = list;
    return STATUS_OK;
}

enum status profile_read_share(const json_t *object, const char *key, float *share,
                               const char *where, struct error *err)
{
    const json_t *number = json_object_get(object, key);
    char pointer[POINTER_BYTES];
    if (!number)
        return STATUS_OK;
    *share = json_is_number(number) ? (float)json_number_value(number) : NAN;
    if (*share >= 0.0f && *share <= 1.0f)
        return STATUS_OK;
    return error_mismatch(
        err, STATUS_BAD_INPUT, pointer_join(pointer, sizeof pointer, where, key),
        "a number from 0 to 1", json_kind(number), "a share is from 0 to 1");
}

enum status profile_read_count(const json_t *object, const char *key, uint32_t *count,
                               const char *where, struct error *err)
{
    const json_t *number = json_object_get(object, key);
    char pointer[POINTER_BYTES];
    if (!number)
        return STATUS_OK;
    json_int_t value = json_is_integer(number) ? json_integer_value(number) : -1;
    if (value < 0 || value > UINT32_MAX)
        return error_mismatch(
            err, STATUS_BAD_INPUT, pointer_join(pointer, sizeof pointer, where, key),
            "a whole number", json_kind(number), "a count is from 0 to 4294967295");
    *count = (uint32_t)value;
    return STATUS_OK;
}

void profile_write(struct strbuf *out, const char *key, enum profile_kind kind,
                   const float *values)
{
    if (!values)
        return;
    for (uint32_t i = 0; i < value_count(kind); i++) {
        if (i == 0)
            strbuf_printf(out, ", \"%s\": [", key);
        else
            strbuf_add(out, ", ");
        strbuf_float(out, values[i]);
    }
    strbuf_add(out, "]");
}

/* ---- comparing ---- */

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

void profile_deciles(float *values, uint32_t count, float deciles[PROFILE_POINTS])
{
    qsort(values, count, sizeof *values, compare_floats);
    for (uint32_t i = 0; i < PROFILE_POINTS; i++)
        deciles[i] = values[((uint64_t)i * (count - 1) + PROFILE_POINTS / 2) /
                            (PROFILE_POINTS - 1)];
}

static const struct time_feature *
find_feature(const struct schema *schema, enum time_feature_kind kind, uint32_t *index)
{
    for (*index = 0; *index < schema->time_count; ++*index)
        if (schema->times[*index].kind == kind)
            return &schema->times[*index];
    return NULL;
}

int profile_hour(const struct schema *schema, const float *values)
{
    uint32_t sine_at, cosine_at;
    const struct time_feature *sine = find_feature(schema, TIME_HOUR_SIN, &sine_at);
    const struct time_feature *cosine = find_feature(schema, TIME_HOUR_COS, &cosine_at);
    if (!sine || !cosine)
        return -1;
    values += 2 * (size_t)schema->numbers;
    for (int hour = 0; hour < PROFILE_HOURS; hour++)
        if (values[sine_at] == sine->scaled[hour] &&
            values[cosine_at] == cosine->scaled[hour])
            return hour;
    return -1;
}

/* See features.h. */
#include "model/features.h"

#include "base/elementary.h"
#include "base/timestamp.h"

/* Sine and cosine of 2 pi i / 24 and 2 pi i / 7, so that no libm decides a bit. */
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

static double seconds_between(int64_t from, int64_t to)
{
    return (double)(to - from) / 1e6;
}

/* What an input is made from that has few values, and how many; NULL when it has many. */
static const double *few(enum time_kind kind, int *count)
{
    static const double flag[] = {0.0, 1.0};

    *count = kind == TIME_HOUR_SIN || kind == TIME_HOUR_COS ? HOURS : WEEKDAYS;
    switch (kind) {
    case TIME_HOUR_SIN:
        return hour_sin;
    case TIME_HOUR_COS:
        return hour_cos;
    case TIME_WEEKDAY_SIN:
        return weekday_sin;
    case TIME_WEEKDAY_COS:
        return weekday_cos;
    case TIME_MISSING:
        *count = 2;
        return flag;
    case TIME_SINCE_PREVIOUS:
    case TIME_SINCE_FIRST:
    case TIME_KINDS:
        break;
    }
    return NULL;
}

void features_settle(struct schema *schema)
{
    for (uint32_t i = 0; i < schema->time_count; i++) {
        struct time_input *input = &schema->times[i];
        int count;
        const double *values = few(input->kind, &count);
        for (int j = 0; values != NULL && j < count; j++)
            input->scaled[j] = schema_scale(schema, &input->scale, values[j]);
    }
}

/* Of a history without times. */
static void fill_missing(const struct schema *schema, uint32_t length, float *values,
                         uint32_t stride)
{
    for (uint32_t t = 0; t < length; t++, values += stride)
        for (uint32_t i = 0; i < schema->time_count; i++) {
            const struct time_input *input = &schema->times[i];
            values[i] = input->kind == TIME_MISSING ? input->scaled[1] : 0.0f;
        }
}

static float gap(const struct schema *schema, const struct time_input *input,
                 int64_t from, int64_t to)
{
    return schema_scale(schema, &input->scale, log1p_d(seconds_between(from, to)));
}

/* What the time of event t says. */
static void fill_event(const struct schema *schema, const int64_t *times, uint32_t t,
                       float *values)
{
    unsigned hour = timestamp_hour(times[t]), weekday = timestamp_weekday(times[t]);

    for (uint32_t i = 0; i < schema->time_count; i++) {
        const struct time_input *input = &schema->times[i];
        switch (input->kind) {
        case TIME_SINCE_PREVIOUS:
            values[i] = gap(schema, input, times[t - (t > 0)], times[t]);
            break;
        case TIME_SINCE_FIRST:
            values[i] = gap(schema, input, times[0], times[t]);
            break;
        case TIME_HOUR_SIN:
        case TIME_HOUR_COS:
            values[i] = input->scaled[hour];
            break;
        case TIME_WEEKDAY_SIN:
        case TIME_WEEKDAY_COS:
            values[i] = input->scaled[weekday];
            break;
        case TIME_MISSING:
        case TIME_KINDS:
            values[i] = input->scaled[0];
        }
    }
}

void schema_encode_times(const struct schema *schema, const int64_t *times,
                         uint32_t length, float *values, uint32_t stride)
{
    if (times == NULL) {
        fill_missing(schema, length, values, stride);
        return;
    }
    for (uint32_t t = 0; t < length; t++, values += stride)
        fill_event(schema, times, t, values);
}

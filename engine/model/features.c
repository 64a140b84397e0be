/* See features.h. */
#include "model/features.h"

#include "base/instant.h"
#include "math/elementary.h"

/* Sine and cosine of 2 pi i / 24 and 2 pi i / 7, so that no libm decides a bit. */
/* clang-format off */
static const double hour_sin[24] = {
    0.0, 0.25881904510252074, 0.49999999999999994, 0.7071067811865475,
    0.8660254037844386, 0.9659258262890683, 1.0, 0.9659258262890683,
    0.8660254037844387, 0.7071067811865476, 0.49999999999999994, 0.258819045102521,
    0.0, -0.2588190451025208, -0.4999999999999997, -0.7071067811865471,
    -0.8660254037844384, -0.9659258262890683, -1.0, -0.9659258262890684,
    -0.8660254037844386, -0.7071067811865477, -0.5000000000000004, -0.25881904510252157,
};
static const double hour_cos[24] = {
    1.0, 0.9659258262890683, 0.8660254037844387, 0.7071067811865476,
    0.5000000000000001, 0.25881904510252074, 0.0, -0.25881904510252063,
    -0.4999999999999998, -0.7071067811865475, -0.8660254037844387, -0.9659258262890682,
    -1.0, -0.9659258262890683, -0.8660254037844388, -0.7071067811865479,
    -0.5000000000000004, -0.25881904510252063, 0.0, 0.2588190451025203,
    0.5000000000000001, 0.7071067811865474, 0.8660254037844384, 0.9659258262890681,
};
static const double weekday_sin[7] = {
    0.0, 0.7818314824680298, 0.9749279121818236, 0.43388373911755823,
    -0.433883739117558, -0.9749279121818236, -0.7818314824680299,
};
static const double weekday_cos[7] = {
    1.0, 0.6234898018587336, -0.22252093395631434, -0.900968867902419,
    -0.9009688679024191, -0.2225209339563146, 0.6234898018587334,
};
/* clang-format on */

static double seconds_between(int64_t from, int64_t to)
{
    return (double)(to - from) / 1e6;
}

static double feature(enum time_kind kind, const int64_t *times, uint32_t t)
{
    switch (kind) {
    case TIME_SINCE_PREVIOUS:
        return t == 0 ? 0.0 : log1p_d(seconds_between(times[t - 1], times[t]));
    case TIME_SINCE_FIRST:
        return log1p_d(seconds_between(times[0], times[t]));
    case TIME_HOUR_SIN:
        return hour_sin[instant_hour(times[t])];
    case TIME_HOUR_COS:
        return hour_cos[instant_hour(times[t])];
    case TIME_WEEKDAY_SIN:
        return weekday_sin[instant_weekday(times[t])];
    case TIME_WEEKDAY_COS:
        return weekday_cos[instant_weekday(times[t])];
    case TIME_MISSING:
    case TIME_KINDS:
        break;
    }
    return 0.0;
}

void features_fill(const struct schema *schema, const int64_t *times, uint32_t length,
                   float *values, uint32_t stride)
{
    for (uint32_t t = 0; t < length; t++, values += stride)
        for (uint32_t i = 0; i < schema->time_count; i++) {
            const struct time_input *input = &schema->times[i];
            if (times != NULL)
                values[i] =
                    schema_scale(schema, &input->scale, feature(input->kind, times, t));
            else if (input->kind == TIME_MISSING)
                values[i] = schema_scale(schema, &input->scale, 1.0);
            else
                values[i] = 0.0f;
        }
}

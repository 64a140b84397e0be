#include "model/event_time.h"

#include <stdio.h>
#include <string.h>

/* A time as golden histories have always been read: no number of seconds is implausible. */
static bool golden_time(const struct json_value *value, struct instant *time)
{
    int64_t us;
    if (value->type == JSON_IS_NUMBER
            ? !timestamp_from_seconds(value->number, &us)
            : !timestamp_parse(value->text.bytes, value->text.length, &us))
        return false;
    *time = (struct instant){.us = us};
    return true;
}

static bool is_plain_date(const char *text)
{
    return two_digits(text) < 100 && two_digits(text + 2) < 100 && text[4] == '-' &&
           two_digits(text + 5) < 100 && text[7] == '-' && two_digits(text + 8) < 100;
}

bool event_time_begin_day(struct event_time *times, struct span text, int second,
                          struct instant *time)
{
    if (!is_plain_date(text.bytes) || !instant_parse(text.bytes, text.length, time))
        return false;
    memcpy(times->date, text.bytes, DATE_BYTES);
    times->date_us = time->us - second * (int64_t)1000000;
    return true;
}

/* Most numbers are whole seconds of this century. */
bool event_time_read_other(const struct event_time *times, const struct json_value *value,
                           bool is_golden, struct instant *time)
{
    const struct time_format *format = &times->format;
    if (value->type != JSON_IS_STRING && value->type != JSON_IS_NUMBER)
        return false;
    if (format->kind == TIME_AUTO && value->type == JSON_IS_NUMBER && value->is_whole &&
        value->number >= 1e9 && value->number < 1e10) {
        *time = (struct instant){.us = (int64_t)value->number * 1000000};
        return true;
    }
    if (is_golden && format->kind == TIME_AUTO && golden_time(value, time))
        return true;
    return time_format_read(format, value->text.bytes, value->text.length, time);
}

void event_time_refusal(const struct event_time *times, const struct json_value *value,
                        struct error *reason)
{
    enum { EXPLAINED_BYTES = 256 }; /* a longer text is in no form that has a name */
    char text[TIME_REFUSAL_SIZE] = "cannot be read as a time";
    char expected[TIME_EXPECTED_SIZE];
    bool is_text = value->type == JSON_IS_STRING || value->type == JSON_IS_NUMBER;
    if (is_text && value->text.length <= EXPLAINED_BYTES)
        time_format_refusal(&times->format, value->text.bytes, value->text.length, text);
    time_format_expected(&times->format, expected);
    snprintf(reason->text, sizeof reason->text, "%s", text);
    snprintf(reason->expected, sizeof reason->expected, "%s", expected);
}

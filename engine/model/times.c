/* When events happened, and the order that follows from it.  See decoding.h. */
#include <stdlib.h>

#include "base/json.h"
#include "base/timestamp.h"
#include "model/decoding.h"

/* The time of an event; *has_time is false when it has none. */
static enum status read_time(struct decoding *d, const json_t *event, size_t index,
                             bool *has_time, int64_t *time)
{
    const json_t *value = json_is_object(event) ? json_object_get(event, "time") : NULL;
    char inside[POINTER_BYTES];
    bool is_good;

    *has_time = value != NULL && !json_is_null(value);
    if (!*has_time)
        return STATUS_OK;
    if (json_is_string(value))
        is_good =
            timestamp_parse(json_string_value(value), json_string_length(value), time);
    else
        is_good = json_is_number(value) &&
                  timestamp_from_seconds(json_number_value(value), time);
    if (is_good)
        return STATUS_OK;
    pointer_join_index(inside, sizeof inside, "/events", index);
    pointer_join(inside, sizeof inside, inside, "time");
    return decoding_wrong(d, inside, "RFC 3339, or seconds since the epoch", value,
                          "not a time between the years 1 and 9999");
}

/* All times or none: *times is NULL when there are none. */
static enum status read_times(struct decoding *d, const json_t *events, int64_t **times)
{
    size_t length = json_array_size(events), with = 0, without = 0, first_without = 0;
    char inside[POINTER_BYTES];
    bool has_time;

    *times = arena_array(d->arena, length, sizeof **times);
    if (*times == NULL)
        return error_no_memory(d->err);
    for (size_t i = 0; i < length; i++) {
        enum status status =
            read_time(d, json_array_get(events, i), i, &has_time, *times + i);
        if (status != STATUS_OK)
            return status;
        if (!has_time && without++ == 0)
            first_without = i;
        with += has_time;
    }
    if (with == 0)
        *times = NULL;
    if (with == 0 || without == 0)
        return STATUS_OK;
    pointer_join_index(inside, sizeof inside, "/events", first_without);
    pointer_join(inside, sizeof inside, inside, "time");
    return decoding_wrong(d, inside, "a time in every event or in none", NULL,
                          "this event has no time, but others have");
}

struct moment {
    int64_t time;
    uint32_t index;
};

static int by_time(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

enum status decoding_sort(struct decoding *d, int64_t *times, uint32_t length,
                          uint32_t **rows)
{
    uint32_t i = 1;

    *rows = NULL;
    while (times != NULL && i < length && times[i - 1] <= times[i])
        i++;
    if (times == NULL || i == length)
        return STATUS_OK;
    struct moment *moments = arena_array(d->arena, length, sizeof *moments);
    *rows = arena_array(d->arena, length, sizeof **rows);
    if (moments == NULL || *rows == NULL)
        return error_no_memory(d->err);
    for (i = 0; i < length; i++)
        moments[i] = (struct moment){times[i], i};
    qsort(moments, length, sizeof *moments, by_time); /* by index too, so it is stable */
    for (i = 0; i < length; i++) {
        times[i] = moments[i].time;
        (*rows)[moments[i].index] = i;
    }
    d->history->reordered = true;
    return STATUS_OK;
}

enum status decoding_times(struct decoding *d, const json_t *events, int64_t **times,
                           uint32_t **rows)
{
    enum status status = read_times(d, events, times);

    return status != STATUS_OK ? status
                               : decoding_sort(d, *times, d->history->length, rows);
}

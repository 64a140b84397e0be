/* Events are compared by a hash of 64 bits of all their values; each range of histories by one thread. */
#include "data/warnings/warnings.h"

#include <stdlib.h>
#include <string.h>

#include "data/tape/value_hash.h"

enum {
    RANGE = 512,  /* histories of a task */
    A_FEW = 5,    /* repeated events that are not worth a line */
    RARE = 200,   /* nor are they if they are rarer than one in so many */
    PAIRWISE = 16 /* events that are compared without sorting */
};

struct hashed_event {
    uint64_t hash;
    uint32_t event;
};

/* Of a range: how many events repeat another one, of how many; the first. */
struct range_count {
    uint64_t repeated, events, place;
    bool has_failed;
};

struct search {
    const struct tape *tape;
    const struct columns *columns;
    const struct histories *histories;
    struct range_count *ranges;
};

static int compare_events(const void *a, const void *b)
{
    const struct hashed_event *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->event < y->event ? -1 : x->event > y->event;
}

/* The events of a history [count] that repeat an earlier one; *first is the first of them. */
static size_t count_repeated(struct hashed_event *events, size_t count, uint32_t *first)
{
    size_t repeated = 0;
    *first = UINT32_MAX;
    if (count > PAIRWISE)
        qsort(events, count, sizeof *events, compare_events);
    for (size_t i = 1; i < count; i++) {
        size_t last = count > PAIRWISE ? i - 1 : 0, k = i;
        while (k > last && events[k - 1].hash != events[i].hash)
            k--;
        if (k == last)
            continue;
        repeated++;
        *first = events[i].event < *first ? events[i].event : *first;
    }
    return repeated;
}

static size_t hash_events(const struct search *search, size_t history,
                          struct hashed_event *events)
{
    struct tape_reader reader;
    struct tape_value value = {.column = MAP_NONE};
    size_t count = 0;
    tape_open(&reader, search->tape, history);
    for (uint32_t event = 0; tape_open_event(&reader); event++) {
        bool has_time = false, is_known = true;
        uint64_t hash = 0;
        while (tape_next(&reader.cursor, &value)) {
            has_time = has_time ||
                       (value.column == search->columns->time && value.kind != TAPE_NULL);
            is_known = tape_value_hash(&hash, &value) && is_known;
        }
        if (has_time && is_known)
            events[count++] = (struct hashed_event){.hash = hash, .event = event};
    }
    return count;
}

/* Have no two events of the history the same time?  False also where that is not known. */
static bool are_times_distinct(const struct history_info *info)
{
    return info->is_used && info->start_us != INT64_MAX && info->ties == 0 &&
           !(info->ascends && info->descends);
}

static void add_count(struct range_count *into, const struct range_count *from)
{
    if (from->repeated > 0 && (into->repeated == 0 || from->place < into->place))
        into->place = from->place;
    into->events += from->events;
    into->repeated += from->repeated;
}

static void search_range(void *context, size_t range)
{
    struct search *search = context;
    const struct tape *tape = search->tape;
    struct range_count *counts = &search->ranges[range];
    struct hashed_event *events = NULL;
    size_t capacity = 0, end = (range + 1) * RANGE;
    end = end < tape->history_count ? end : tape->history_count;
    for (size_t i = range * RANGE; i < end; i++) {
        const struct tape_history *history = &tape->histories[i];
        uint32_t first;
        if (search->histories && are_times_distinct(&search->histories->list[i])) {
            counts->events += history->events;
            continue;
        }
        if (!events || history->events > capacity) {
            free(events);
            capacity = 2 * (size_t)history->events + 1;
            events = malloc(capacity * sizeof *events);
            if (!events) {
                counts->has_failed = true;
                return;
            }
        }
        size_t repeated = count_repeated(events, hash_events(search, i, events), &first);
        const struct range_count own = {
            .repeated = repeated,
            .events = history->events,
            .place = repeated > 0
                         ? tape_place(history->file, tape_event_line(tape, i, first))
                         : 0};
        add_count(counts, &own);
    }
    free(events);
}

enum status warn_about_repeated_events(struct messages *messages,
                                       const struct warning_data *data, struct error *err)
{
    const struct tape *tape = data->tape;
    size_t count = (tape->history_count + RANGE - 1) / RANGE;
    struct search search = {
        .tape = tape, .columns = data->columns, .histories = data->histories};
    struct range_count all = {.repeated = 0};
    char place[TAPE_PLACE_BYTES];
    if (data->columns->time == MAP_NONE)
        return STATUS_OK;
    search.ranges = calloc(count + 1, sizeof *search.ranges);
    if (!search.ranges)
        return error_no_memory(err);
    workers_run(data->workers, search_range, &search, count);
    for (size_t i = 0; i < count; i++) {
        all.has_failed = all.has_failed || search.ranges[i].has_failed;
        add_count(&all, &search.ranges[i]);
    }
    free(search.ranges);
    if (all.has_failed)
        return error_no_memory(err);
    if (all.repeated <= A_FEW || all.repeated * RARE < all.events)
        return STATUS_OK;
    tape_place_write(tape, all.place, place, sizeof place);
    messages_warn(messages,
                  "%llu of %llu events repeat an earlier event of their history in "
                  "everything, the time included, the first at %s: were they exported "
                  "twice? they are read as they are",
                  (unsigned long long)all.repeated, (unsigned long long)all.events,
                  place);
    return STATUS_OK;
}

#include "model/time_range.h"

#include <stdio.h>

static const int64_t second_us = 1000000;
static const int64_t real_us = INT64_C(631152000) * 1000000; /* 1990-01-01 */
static const int64_t decades_us = INT64_C(20) * 31556952 * 1000000;
static const int64_t near_zero_us =
    INT64_C(20000) * 1000000; /* a spreadsheet's 1954-10-03 */
static const int64_t least_us = INT64_C(60) * 1000000;

enum { MANY = 10 /* times as long as the longest of the training */ };

const char *const unusual_kind_names[] = {"time", "gap", "span"};

struct time_range time_range_of(const struct instant *times, uint32_t count,
                                uint32_t *longest_gap_at)
{
    int64_t longest = 0, last = times[0].us;
    *longest_gap_at = 0;
    for (uint32_t i = 1; i < count; i++) {
        int64_t gap = times[i].us - last;
        last = times[i].us;
        if (gap > longest) {
            longest = gap;
            *longest_gap_at = i;
        }
    }
    return (struct time_range){.is_known = true,
                               .first = times[0].us,
                               .last = last,
                               .longest_gap = longest,
                               .longest_span = last - times[0].us};
}

void time_range_merge(struct time_range *range, const struct time_range *other)
{
    if (!other->is_known)
        return;
    if (!range->is_known) {
        *range = *other;
        return;
    }
    if (other->first < range->first)
        range->first = other->first;
    if (other->last > range->last)
        range->last = other->last;
    if (other->longest_gap > range->longest_gap)
        range->longest_gap = other->longest_gap;
    if (other->longest_span > range->longest_span)
        range->longest_span = other->longest_span;
}

static bool is_too_early(const struct time_range *training, int64_t us)
{
    bool is_real = training->first >= real_us;
    return us < training->first - decades_us || (is_real && us < real_us);
}

static bool is_too_late(const struct time_range *training, int64_t us)
{
    return us > training->last + decades_us;
}

static bool is_too_long(int64_t us, int64_t longest)
{
    return us > least_us && us / MANY > longest;
}

static void note(struct unusual_times *unusual, enum unusual_kind kind, uint32_t event)
{
    unusual->kinds |= 1U << kind;
    unusual->events[kind] = event;
}

void time_range_compare(const struct time_range *training, struct time_uses uses,
                        const struct time_range *history, uint32_t longest_gap_at,
                        uint32_t count, struct unusual_times *unusual)
{
    *unusual = (struct unusual_times){.kinds = 0};
    if (!training->is_known || (!uses.calendar && !uses.gaps))
        return;
    bool may_be_relative =
        !uses.calendar && history->first > -near_zero_us && history->first < near_zero_us;
    if (is_too_early(training, history->first) && !may_be_relative)
        note(unusual, UNUSUAL_TIME, 0);
    else if (is_too_late(training, history->last))
        note(unusual, UNUSUAL_TIME, count - 1);
    if (!uses.gaps)
        return;
    if (is_too_long(history->longest_gap, training->longest_gap))
        note(unusual, UNUSUAL_GAP, longest_gap_at);
    else if (is_too_long(history->longest_span, training->longest_span))
        note(unusual, UNUSUAL_SPAN, count - 1);
}

static void write_seconds(struct unusual_text *text, int64_t received, int64_t trained)
{
    snprintf(text->received, sizeof text->received, "%lld s",
             (long long)(received / second_us));
    snprintf(text->trained, sizeof text->trained, "up to %lld s",
             (long long)(trained / second_us));
}

void unusual_text_write(struct unusual_text *text, enum unusual_kind kind,
                        const struct time_range *training,
                        const struct time_range *history, int64_t us)
{
    char first[TIMESTAMP_SIZE], last[TIMESTAMP_SIZE];
    switch (kind) {
    case UNUSUAL_GAP:
        write_seconds(text, history->longest_gap, training->longest_gap);
        return;
    case UNUSUAL_SPAN:
        write_seconds(text, history->longest_span, training->longest_span);
        return;
    case UNUSUAL_TIME:
    case UNUSUAL_KINDS:
        break;
    }
    timestamp_format(text->received, us);
    timestamp_format(first, training->first);
    timestamp_format(last, training->last);
    snprintf(text->trained, sizeof text->trained, "%s to %s", first, last);
}

/*
 * The era and the pace of the times that a model was trained on, and the times of a history that are
 * unlike them.
 *
 * A time that is read is not always one that was meant: days of a spreadsheet are seconds of 1970,
 * and a mistyped year is a gap of years.  The model answers all the same, from features that no
 * training history had.  So the schema of a model keeps four times (schema.h), and an answer says
 * what is far outside of them:
 *
 *   time  a time decades before or after all of the training, or before 1990 when those are later.
 *         It matters where hour or weekday is an input.  Where only gaps are, relative seconds are as
 *         good as times, as long as they begin near 0.
 *   gap   between an event and the one before it, many times longer than any of the training
 *   span  the same from the first event to the last
 */
#ifndef TRIAGE_TIME_RANGE_H
#define TRIAGE_TIME_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timestamp.h"

/* Microseconds.  All-zero: nothing is known. */
struct time_range {
    bool is_known;
    int64_t first, last;
    int64_t longest_gap, longest_span; /* of a history */
};

/*
 * The range of one history.  times [count], ascending, count at least 1.  *longest_gap_at receives
 * the event that ends its longest gap; 0 if all times are the same.
 */
struct time_range time_range_of(const struct instant *times, uint32_t count,
                                uint32_t *longest_gap_at);

/* Widen the range by another. */
void time_range_merge(struct time_range *range, const struct time_range *other);

enum unusual_kind { UNUSUAL_TIME, UNUSUAL_GAP, UNUSUAL_SPAN, UNUSUAL_KINDS };

/* What is unusual in a history: bits 1 << kind, and for each the index of the event in time order. */
struct unusual_times {
    unsigned kinds;
    uint32_t events[UNUSUAL_KINDS];
};

/* Which time features a model has; without any, no time is unusual. */
struct time_uses {
    bool calendar, gaps;
};

/* Compare a history with the training.  The last three are those of time_range_of. */
void time_range_compare(const struct time_range *training, struct time_uses uses,
                        const struct time_range *history, uint32_t longest_gap_at,
                        uint32_t count, struct unusual_times *unusual);

/* What an answer says of it. */
struct unusual_text {
    char received[TIMESTAMP_SIZE];
    char trained[2 * TIMESTAMP_SIZE + 8];
};

/* "time", "gap", "span" */
extern const char *const unusual_kind_names[];

/* us: the time of the event, for UNUSUAL_TIME. */
void unusual_text_write(struct unusual_text *text, enum unusual_kind kind,
                        const struct time_range *training,
                        const struct time_range *history, int64_t us);

#endif

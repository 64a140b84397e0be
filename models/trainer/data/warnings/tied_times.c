/* Only the first and the last time of each history are known here; they show the unit of the others. */
#include "data/warnings/warnings.h"

#include <inttypes.h>

enum { MIN_PAIRS = 100 };

static const int64_t SECOND = 1000000;

/* Do all first and last times differ by multiples of the unit?  *rest is what is left of each. */
static bool are_multiples(const struct histories *histories, int64_t unit, int64_t *rest)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < histories->count; i++) {
        const struct history_info *info = &histories->list[i];
        if (!info->is_used || info->start_us == INT64_MAX)
            continue;
        first = first == INT64_MAX ? info->start_us : first;
        if (info->start_us % unit != first % unit || info->end_us % unit != first % unit)
            return false;
    }
    *rest = first % unit;
    return true;
}

enum status warn_about_tied_times(struct messages *messages,
                                  const struct warning_data *data, struct error *err)
{
    const struct tape *tape = data->tape;
    const struct histories *histories = data->histories;
    static const double TWENTIETH = 0.05, HALF = 0.5;
    uint64_t ties = 0, pairs = 0;
    size_t first = 0, constant = 0, several = 0;
    char place[TAPE_PLACE_BYTES];
    (void)err;
    for (size_t i = 0; i < histories->count; i++) {
        const struct history_info *info = &histories->list[i];
        uint32_t events = tape->histories[i].events;
        if (!info->is_used || info->start_us == INT64_MAX || events < 2)
            continue;
        first = ties == 0 ? i : first;
        ties += info->ties;
        pairs += events - 1;
        several++;
        constant += info->start_us == info->end_us;
    }
    if (data->columns->has_dates_only || pairs < MIN_PAIRS || 2 * constant > several ||
        (double)ties < TWENTIETH * (double)pairs)
        return STATUS_OK; /* that most histories have one time is said elsewhere */
    int64_t rest = 0;
    bool are_minutes = are_multiples(histories, 60 * SECOND, &rest);
    bool are_hours = are_minutes && are_multiples(histories, 3600 * SECOND, &rest);
    if ((are_hours && rest == 0) || (!are_minutes && (double)ties < HALF * (double)pairs))
        return STATUS_OK;
    history_place(tape, first, place, sizeof place);
    messages_warn(messages,
                  "%" PRIu64 " of %" PRIu64
                  " events have the time of the one before them%s (the first in the "
                  "history at %s): they keep the order of the file, which must be the "
                  "order in which they happened",
                  ties, pairs,
                  are_hours     ? ", because all times are hours apart"
                  : are_minutes ? ", because all times are minutes apart"
                                : "",
                  place);
    return STATUS_OK;
}

/* What each file says about its order is counted first, from the directions of its histories. */
#include "data/histories/event_order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MIN_HISTORIES = 3 };

#define DAY (INT64_C(86400) * 1000000) /* in microseconds */

/* A history is long when it lasts as many days, and as many times longer than three quarters of all. */
enum { LONG_DAYS = 20, LONG_TIMES = 100 };

/* Histories of a file that are used, by what their times do from one event to the next. */
struct file_order {
    struct history_count ascending, descending;
    struct history_count timed;    /* those with several events */
    struct history_count constant; /* all events at one time */
    struct history_count tied;     /* descending, with ties */
    uint64_t ties;                 /* in all histories */
    uint64_t unclear_ties;         /* in those that are tied */
};

static void count(struct history_count *counted, size_t history)
{
    if (counted->count++ == 0)
        counted->first = history;
}

static void add_history(struct file_order *order, const struct history_info *info,
                        uint32_t events, size_t history)
{
    if (info->start_us == INT64_MAX || events < 2)
        return;
    count(&order->timed, history);
    if (info->ascends)
        count(&order->ascending, history);
    if (info->descends)
        count(&order->descending, history);
    if (!info->ascends && !info->descends)
        count(&order->constant, history);
    if (info->descends && info->ties > 0) {
        count(&order->tied, history);
        order->unclear_ties += info->ties;
    }
    order->ties += info->ties;
}

static bool is_newest_first(const struct file_order *order)
{
    return order->descending.count > 0 && order->ascending.count == 0;
}

/* CSV: turn the rows of each case round. */
static void turn_round(struct tape *tape, uint32_t file)
{
    tape->files[file].is_turned = true;
    for (size_t i = 0; i < tape->history_count; i++) {
        const struct tape_history *history = &tape->histories[i];
        if (history->file != file || history->events == 0)
            continue;
        struct tape_place *rows = tape->rows + history->first;
        for (uint32_t a = 0, b = history->events - 1; a < b; a++, b--) {
            struct tape_place row = rows[a];
            rows[a] = rows[b];
            rows[b] = row;
        }
    }
}

static void report_file(const struct file_order *order, struct tape *tape, uint32_t file,
                        struct messages *messages)
{
    char place[TAPE_PLACE_BYTES];
    const char *name = tape->files[file].name;
    if (is_newest_first(order) && tape->files[file].is_csv) {
        history_place(tape, order->descending.first, place, sizeof place);
        turn_round(tape, file);
        char ties[80] = "";
        if (order->ties > 0)
            (void)snprintf(ties, sizeof ties,
                           ", and so %s the %" PRIu64 " with the time of a neighbour",
                           order->ties == 1 ? "is" : "are", order->ties);
        messages_note(messages,
                      "%s is newest first (its times go backwards in %zu histor%s, the "
                      "first at %s, and never forwards): events are read from its end%s",
                      name, order->descending.count,
                      order->descending.count == 1 ? "y" : "ies", place, ties);
        return;
    }
    if (order->unclear_ties == 0)
        return;
    history_place(tape, order->tied.first, place, sizeof place);
    messages_warn(messages,
                  "in %zu histories whose times go backwards, the first at %s, %" PRIu64
                  " event%s the time of the one before: %s order of the file, which may "
                  "be wrong",
                  order->tied.count, place, order->unclear_ties,
                  order->unclear_ties == 1 ? " has" : "s have",
                  order->unclear_ties == 1 ? "it keeps the" : "they keep the");
}

/* A time that all events of a history share is that of the history. */
static void warn_about_constant_times(const struct file_order *orders,
                                      const struct tape *tape,
                                      const struct columns *columns,
                                      struct messages *messages)
{
    struct history_count constant = {.count = 0};
    size_t timed = 0;
    char place[TAPE_PLACE_BYTES];
    for (size_t i = 0; i < tape->file_count; i++) {
        if (constant.count == 0)
            constant.first = orders[i].constant.first;
        constant.count += orders[i].constant.count;
        timed += orders[i].timed.count;
    }
    /* that dates are not enough has been said */
    if (columns->has_dates_only || timed < MIN_HISTORIES || 2 * constant.count <= timed)
        return;
    history_place(tape, constant.first, place, sizeof place);
    messages_warn(messages,
                  "column \"%s\" is the same in all events of %zu of %zu histories (the "
                  "first at %s): it says when an incident began, not when an event "
                  "happened, so the order of the file counts; --time names another "
                  "column",
                  columns->time_key, constant.count, timed, place);
}

static int compare_spans(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static bool has_span(const struct history_info *info, uint32_t events)
{
    return info->is_used && info->start_us != INT64_MAX && events >= 2;
}

/* How long is a history to be suspicious?  spans [count] may be sorted. */
static int64_t find_long_span(int64_t *spans, size_t count)
{
    size_t i = 0;
    while (i < count && spans[i] <= LONG_DAYS * DAY)
        i++;
    if (i == count)
        return LONG_DAYS * DAY; /* none is, whatever is usual */
    qsort(spans, count, sizeof *spans, compare_spans);
    int64_t usual = spans[count - 1 - count / 4], most = INT64_MAX / LONG_TIMES;
    int64_t many_times = usual < most ? usual * LONG_TIMES : INT64_MAX;
    return many_times > LONG_DAYS * DAY ? many_times : LONG_DAYS * DAY;
}

/* A few histories that last very long: the year or month of a time is probably wrong. */
static enum status warn_about_long_histories(const struct histories *histories,
                                             const struct tape *tape,
                                             const struct columns *columns,
                                             struct messages *messages, struct error *err)
{
    int64_t *spans = calloc(histories->count + 1, sizeof *spans);
    struct history_count found = {.count = 0};
    size_t timed = 0;
    char place[TAPE_PLACE_BYTES];
    if (!spans)
        return error_no_memory(err);
    for (size_t i = 0; i < histories->count; i++) {
        const struct history_info *info = &histories->list[i];
        if (has_span(info, tape->histories[i].events))
            spans[timed++] = info->end_us - info->start_us;
    }
    int64_t least = timed > 0 ? find_long_span(spans, timed) : INT64_MAX;
    for (size_t i = 0; i < histories->count; i++) {
        const struct history_info *info = &histories->list[i];
        if (has_span(info, tape->histories[i].events) &&
            info->end_us - info->start_us > least)
            count(&found, i);
    }
    free(spans);
    if (found.count == 0 || 10 * found.count > timed)
        return STATUS_OK;
    history_place(tape, found.first, place, sizeof place);
    messages_warn(
        messages,
        "%zu of %zu histories last%s longer than %.3g days, the first at %s, most "
        "not a hundredth of that: is the year or month of a time in \"%s\" wrong?",
        found.count, timed, found.count == 1 ? "s" : "", (double)least / (double)DAY,
        place, columns->time_key);
    return STATUS_OK;
}

enum status event_order_find(struct histories *histories, struct tape *tape,
                             const struct columns *columns, struct messages *messages,
                             struct error *err)
{
    struct file_order *orders = calloc(tape->file_count + 1, sizeof *orders);
    if (!orders)
        return error_no_memory(err);
    for (size_t i = 0; i < histories->count; i++)
        if (histories->list[i].is_used)
            add_history(&orders[tape->histories[i].file], &histories->list[i],
                        tape->histories[i].events, i);
    warn_about_constant_times(orders, tape, columns, messages);
    for (uint32_t i = 0; i < tape->file_count; i++)
        report_file(&orders[i], tape, i, messages);
    free(orders);
    return warn_about_long_histories(histories, tape, columns, messages, err);
}

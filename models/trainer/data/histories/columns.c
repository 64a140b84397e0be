/*
 * Roles by name first; then the cells of the time's column, or of all columns that may hold times,
 * are shown to time_column.h, which decides.
 */
#include "data/histories/columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/printable.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "base/value.h"

enum {
    SAMPLE_EVENTS = 2000,  /* in which a column that is not named must look like times */
    LAST_HISTORIES = 64,   /* of a range, that are read first */
    LONGEST_REFUSAL = 116, /* bytes of why a cell is no time */
};

/* ---- roles by name ---- */

static uint32_t find_field(const struct tape *tape, const char *name)
{
    return *name == '\0' ? MAP_NONE
                         : tape_find_column(tape, SCOPE_FIELD, name, strlen(name));
}

/* The column of a key; if the keys are a model's and the data lacks it, the one with our name. */
static uint32_t find_key(const struct tape *tape, const struct data_keys *keys,
                         const char *key, const char *ours)
{
    uint32_t column = find_field(tape, key);
    if (!keys->may_fall_back || tape_is_in_files(tape, column))
        return column;
    uint32_t our_column = find_field(tape, ours);
    return our_column != MAP_NONE ? our_column : column;
}

static enum column_role role_of_member(const struct tape_column *column,
                                       const struct data_keys *keys)
{
    const struct span name = {.bytes = column->name, .length = column->name_length};
    if (span_is(name, keys->label))
        return COLUMN_LABEL;
    if (*keys->split != '\0' && span_is(name, keys->split))
        return COLUMN_SPLIT;
    if (strcmp(column->name, POSTERIORS_COLUMN) == 0)
        return COLUMN_POSTERIORS;
    return strncmp(column->name, POSTERIOR_PREFIX, sizeof POSTERIOR_PREFIX - 1) == 0
               ? COLUMN_POSTERIOR
               : COLUMN_ID;
}

static void leave_out(struct columns *columns, const struct tape *tape, const char *name,
                      struct messages *messages)
{
    uint32_t column = find_field(tape, name);
    if (column == MAP_NONE || columns->roles[column] != COLUMN_FIELD)
        return;
    columns->roles[column] = COLUMN_LEFT_OUT;
    if (tape_is_in_files(tape, column))
        messages_note(messages, "column \"%s\" is left out: another column has this role",
                      name);
}

/* What is joined to the names of events is no field. */
static void take_name_parts(struct columns *columns, const struct tape *tape,
                            const struct data_keys *keys)
{
    struct name_keys parts;
    data_keys_parts(keys, &parts);
    for (uint32_t i = 0; tape->has_joined_names && i < parts.count; i++) {
        uint32_t column = tape_find_column(tape, SCOPE_FIELD, parts.list[i].bytes,
                                           parts.list[i].length);
        if (column != MAP_NONE && columns->roles[column] == COLUMN_FIELD)
            columns->roles[column] = COLUMN_NAME_PART;
    }
}

static void find_roles(struct columns *columns, const struct tape *tape,
                       const struct data_keys *keys, struct messages *messages)
{
    for (size_t i = 0; i < tape->column_count; i++)
        if (tape->columns[i].scope == SCOPE_MEMBER)
            columns->roles[i] = role_of_member(&tape->columns[i], keys);
    columns->event = find_key(tape, keys, keys->event, "event");
    columns->time = *keys->time == '\0'   ? MAP_NONE
                    : keys->is_time_given ? find_field(tape, keys->time)
                                          : find_key(tape, keys, keys->time, "time");
    columns->label = find_key(tape, keys, keys->label, "action");
    uint32_t split = find_field(tape, keys->split);
    if (split != MAP_NONE)
        columns->roles[split] = COLUMN_SPLIT;
    if (columns->label != MAP_NONE)
        columns->roles[columns->label] = COLUMN_LABEL;
    if (columns->time != MAP_NONE)
        columns->roles[columns->time] = COLUMN_TIME;
    if (columns->event != MAP_NONE)
        columns->roles[columns->event] = COLUMN_EVENT;
    take_name_parts(columns, tape, keys);
    /* "event" and "time" are ours in schemas */
    leave_out(columns, tape, "event", messages);
    leave_out(columns, tape, "time", messages);
}

/* ---- values as cells ---- */

static bool is_cell(const struct tape_value *value)
{
    return value->kind != TAPE_NULL && value->kind != TAPE_OTHER &&
           !((value->kind == TAPE_TEXT || value->kind == TAPE_NUMBER_TEXT) &&
             value->index == TAPE_FURTHER);
}

void columns_show_value(const struct tape *tape, const struct tape_value *value,
                        char *buffer, size_t size)
{
    char text[TAPE_TEXT_SIZE];
    if (value->kind == TAPE_OTHER) {
        (void)snprintf(buffer, size, "an array or an object");
        return;
    }
    struct span span = tape_text(tape, value, text);
    size_t length = utf8_cut(span.bytes, span.length, size - 1);
    (void)snprintf(buffer, size, "%.*s", (int)length, span.bytes);
}

bool columns_read_time(const struct columns *columns, const struct tape *tape,
                       const struct tape_value *value, struct instant *time,
                       bool *has_time)
{
    char buffer[TAPE_TEXT_SIZE];
    *has_time = false;
    if (value->kind == TAPE_NULL)
        return true;
    if (!is_cell(value) || value->kind == TAPE_TRUE || value->kind == TAPE_FALSE)
        return false;
    if (columns->only_texts &&
        (value->kind == TAPE_INTEGER || value->kind == TAPE_DECIMAL ||
         value->kind == TAPE_NUMBER_TEXT))
        return false;
    enum form_layout layout;
    if (columns->time_format.kind != TIME_PATTERN &&
        tape_layout_time(tape, value, &time->us, &layout)) {
        time->rank = 0;
        *has_time = true;
        return true;
    }
    struct span text = tape_text(tape, value, buffer);
    *has_time = time_format_read(&columns->time_format, text.bytes, text.length, time);
    return *has_time || value_is_missing(text.bytes, text.length);
}

/* ---- recognition ---- */

struct candidate {
    uint32_t column;
    /* the different times that are the lowest and the highest so far, of those with a layout */
    int64_t low[TIME_EXTREMES], high[TIME_EXTREMES];
    unsigned low_count, high_count;
    struct time_column cells;
    struct time_decision decision;
};

/* The candidates of a range of histories, for one thread. */
struct recognition {
    const struct tape *tape;
    struct time_format format;
    uint32_t *candidate_of; /* [columns] index, or MAP_NONE */
    struct candidate *list; /* [threads][count] */
    size_t count, threads;
};

/* Insert a time into the extremes, sorted from the most extreme; sign: -1 for the highest. */
static void insert_extreme(int64_t *list, unsigned *count, int64_t us, int sign)
{
    unsigned at = 0;
    while (at < *count && (sign > 0 ? list[at] < us : list[at] > us))
        at++;
    if (at == TIME_EXTREMES || (at < *count && list[at] == us))
        return;
    if (*count < TIME_EXTREMES)
        ++*count;
    for (unsigned i = *count - 1; i > at; i--)
        list[i] = list[i - 1];
    list[at] = us;
}

/*
 * A time that is one of the extremes must be shown to time_column.c; any other in a plain layout
 * is only counted.
 */
static bool count_plain_time(const struct recognition *r, struct candidate *candidate,
                             const struct tape_value *value, uint64_t place)
{
    enum form_layout layout;
    int64_t us;
    if (r->format.kind != TIME_AUTO || !tape_layout_time(r->tape, value, &us, &layout))
        return false;
    if (candidate->low_count == TIME_EXTREMES && candidate->high_count == TIME_EXTREMES &&
        us > candidate->low[TIME_EXTREMES - 1] && us < candidate->high[TIME_EXTREMES - 1])
        return time_column_count(&candidate->cells, place, layout == LAYOUT_TIME_ZONE,
                                 us);
    insert_extreme(candidate->low, &candidate->low_count, us, 1);
    insert_extreme(candidate->high, &candidate->high_count, us, -1);
    return false;
}

static void add_cells(struct recognition *r, struct candidate *list, size_t history,
                      uint64_t *events)
{
    struct tape_reader reader;
    struct tape_value value;
    char buffer[TAPE_TEXT_SIZE];
    tape_open(&reader, r->tape, history);
    while (*events > 0 && tape_open_event(&reader)) {
        --*events;
        while (tape_next(&reader.cursor, &value)) {
            uint32_t candidate = r->candidate_of[value.column];
            if (candidate == MAP_NONE || !is_cell(&value))
                continue;
            uint64_t place = tape_place(reader.history->file, reader.line);
            if (count_plain_time(r, &list[candidate], &value, place))
                continue;
            struct span text = tape_text(r->tape, &value, buffer);
            time_column_add(&list[candidate].cells, place, text.bytes, text.length);
        }
    }
}

/*
 * Read the cells of a range of histories.  Most data is in the order of time: the last histories are
 * read first, so that later times are not each the highest so far.
 */
static void add_range(void *context, size_t range)
{
    struct recognition *r = context;
    size_t first = r->tape->history_count * range / r->threads;
    size_t end = r->tape->history_count * (range + 1) / r->threads;
    size_t last = end - first > LAST_HISTORIES ? end - LAST_HISTORIES : first;
    uint64_t events = UINT64_MAX;
    for (size_t i = last; i < end; i++)
        add_cells(r, r->list + range * r->count, i, &events);
    for (size_t i = first; i < last; i++)
        add_cells(r, r->list + range * r->count, i, &events);
}

static void start_candidates(struct recognition *r, size_t threads)
{
    for (size_t t = 1; t < threads; t++)
        for (size_t i = 0; i < r->count; i++)
            r->list[t * r->count + i] = r->list[i];
    for (size_t i = 0; i < threads * r->count; i++) {
        time_column_init(&r->list[i].cells, &r->format);
        r->list[i].low_count = r->list[i].high_count = 0;
    }
}

/* Decide by all cells of the candidates. */
static void read_candidates(struct recognition *r, struct workers *workers)
{
    start_candidates(r, r->threads);
    workers_run(workers, add_range, r, r->threads);
    for (size_t i = 0; i < r->count; i++) {
        for (size_t t = 1; t < r->threads; t++)
            time_column_merge(&r->list[i].cells, &r->list[t * r->count + i].cells);
        time_column_decide(&r->list[i].cells, &r->list[i].decision);
    }
}

static bool has_likely_name(const struct tape *tape, const struct candidate *candidate)
{
    const struct tape_column *column = &tape->columns[candidate->column];
    return time_name_is_likely(column->name, column->name_length);
}

/* Keep the candidates whose cells in the first events, or whose names, may be times. */
static void sample_candidates(struct recognition *r)
{
    uint64_t events = SAMPLE_EVENTS;
    size_t kept = 0;
    start_candidates(r, 1);
    for (size_t i = 0; i < r->tape->history_count && events > 0; i++)
        add_cells(r, r->list, i, &events);
    for (size_t i = 0; i < r->count; i++) {
        struct candidate *candidate = &r->list[i];
        time_column_decide(&candidate->cells, &candidate->decision);
        r->candidate_of[candidate->column] = MAP_NONE;
        if (candidate->decision.verdict == TIME_COLUMN_NOT &&
            candidate->decision.cells > 0 && !has_likely_name(r->tape, candidate))
            continue;
        r->candidate_of[candidate->column] = (uint32_t)kept;
        if (kept < i)
            r->list[kept] = *candidate;
        kept++;
    }
    r->count = kept;
}

static const char *name_of(const struct tape *tape, const struct candidate *candidate)
{
    return tape->columns[candidate->column].name;
}

static void note_placeholders(const struct tape *tape, const struct candidate *candidate,
                              struct messages *messages)
{
    const struct time_decision *decision = &candidate->decision;
    char place[TAPE_PLACE_BYTES];
    for (unsigned i = 0; i < decision->placeholder_count; i++) {
        const struct first_cell *cell = &decision->placeholders[i].cell;
        tape_place_write(tape, cell->place, place, sizeof place);
        messages_warn(
            messages, "column \"%s\": %" PRIu64 " time%s \"%s\" (the first at %s), %s",
            name_of(tape, candidate), cell->count, cell->count == 1 ? " is" : "s are",
            cell->text, place,
            decision->placeholders[i].is_known ? "a placeholder" : "far from all others");
    }
}

/* The column cannot be read as times: why. */
static enum status refuse_candidate(const struct columns *columns,
                                    const struct tape *tape,
                                    const struct candidate *candidate,
                                    struct messages *messages, struct error *err)
{
    const struct time_decision *decision = &candidate->decision;
    const struct first_cell *bad = &decision->first_bad;
    const char *name = name_of(tape, candidate);
    char place[TAPE_PLACE_BYTES] = "", received[sizeof err->received];
    char text[TIME_REFUSAL_SIZE], expected[TIME_EXPECTED_SIZE];
    if (bad->count > 0)
        tape_place_write(tape, bad->place, place, sizeof place);
    printable_copy(received, sizeof received, bad->text);
    if (decision->text[0] == '\0') {
        struct time_hint hint;
        time_format_refusal(&columns->time_format, bad->text, strlen(bad->text), text);
        time_format_explain(&columns->time_format, bad->text, strlen(bad->text), &hint);
        time_format_expected(&columns->time_format, expected);
        size_t used = strlen(text);
        if (hint.format[0] != '\0' && used + strlen(hint.format) + 18 < LONGEST_REFUSAL)
            (void)snprintf(text + used, sizeof text - used, "; --time-format '%s'",
                           hint.format);
        return error_mismatch(err, STATUS_BAD_INPUT, place, expected, received,
                              "%.40s: %.*s", name, LONGEST_REFUSAL, text);
    }
    if (strlen(name) + strlen(decision->text) + 12 < sizeof err->text)
        return error_set(err, STATUS_BAD_INPUT, place, "column \"%s\" %s", name,
                         decision->text);
    messages_note(messages, "column \"%s\" %s", name, decision->text);
    return error_set(err, STATUS_BAD_INPUT, place,
                     "column \"%.60s\" cannot be read as times, as said above", name);
}

/* The first cell of a column; NULL if all are missing. */
static const struct first_cell *first_cell(const struct time_column *cells)
{
    const struct first_cell *first = NULL;
    for (int kind = CELL_MISSING + 1; kind < CELL_KINDS; kind++)
        if (cells->kinds[kind].count > 0 &&
            (!first || cells->kinds[kind].place < first->place))
            first = &cells->kinds[kind];
    return first;
}

/* Times that are not RFC 3339: what they are, and how the first one is read. */
static void note_format(const struct columns *columns, const struct tape *tape,
                        const struct candidate *candidate, struct messages *messages)
{
    const struct time_decision *decision = &candidate->decision;
    const struct first_cell *first = first_cell(&candidate->cells);
    const char *name = name_of(tape, candidate);
    char place[TAPE_PLACE_BYTES], text[TIMESTAMP_SIZE];
    struct instant time;
    if (columns->time_format.kind == TIME_AUTO || !first)
        return;
    tape_place_write(tape, first->place, place, sizeof place);
    if (time_format_read(&columns->time_format, first->text, strlen(first->text), &time))
        instant_format(text, time);
    else
        (void)snprintf(text, sizeof text, "no time");
    messages_note(messages, "column \"%s\" %s; %s: \"%s\" is read as %s", name,
                  decision->text[0] != '\0' ? decision->text : "holds times", place,
                  first->text, text);
}

/* 2000-01-01, and the first second that may be the future on a machine whose clock is wrong. */
#define OLD_SECOND 946684800.0
#define PRESENT_SECOND 1798761600.0
#define YEAR_SECONDS 31622400.0

static void write_second(double second, char text[TIMESTAMP_SIZE])
{
    instant_format(text, (struct instant){.us = (int64_t)(second * 1e6)});
    text[10] = '\0'; /* the date */
}

/* Numbers of seconds or parts of them. */
static bool is_number_format(const struct time_format *format)
{
    return format->kind >= TIME_SECONDS && format->kind <= TIME_NANOSECONDS;
}

/*
 * Times that are all long ago or in the future are probably in another unit or calendar.  Where the
 * user has said which unit it is, small numbers are meant: they number the events, for example.
 */
static void warn_of_era(const struct tape *tape, const struct candidate *candidate,
                        bool is_unit_given, struct messages *messages)
{
    const struct time_decision *decision = &candidate->decision;
    double now = (double)time(NULL);
    char first[TIMESTAMP_SIZE], last[TIMESTAMP_SIZE];
    now = now > PRESENT_SECOND ? now : PRESENT_SECOND;
    bool is_future = decision->first > now + YEAR_SECONDS;
    bool is_known = decision->first != 0 && decision->last != 0;
    if (!is_known || (!is_future && (is_unit_given || decision->last >= OLD_SECOND)))
        return;
    write_second(decision->first, first);
    write_second(decision->last, last);
    messages_warn(
        messages,
        "column \"%s\": all times are %s, from %s to %s: are they in another unit "
        "or calendar?",
        name_of(tape, candidate), is_future ? "in the future" : "before 2000", first,
        last);
}

/* The times are in this column: how they are read, and what deserves a warning. */
static enum status use_candidate(struct columns *columns, const struct tape *tape,
                                 const struct candidate *candidate,
                                 const struct data_keys *keys, struct messages *messages,
                                 struct error *err)
{
    const struct time_decision *decision = &candidate->decision;
    const struct first_cell *texts = &candidate->cells.kinds[CELL_TIME];
    const char *name = name_of(tape, candidate);
    bool is_read = decision->cells == 0 || decision->verdict == TIME_COLUMN_TIMES ||
                   decision->verdict == TIME_COLUMN_PERHAPS;
    bool is_given = keys->time_format && *keys->time_format != '\0';
    if (!is_read && keys->skip_bad && texts->count > 0) {
        /* the histories with other cells are skipped */
        columns->only_texts = true;
        messages_warn(messages, "column \"%s\" %s", name, decision->text);
    } else if (!is_read) {
        return refuse_candidate(columns, tape, candidate, messages, err);
    } else if (!is_given) {
        columns->time_format = decision->format;
    }
    columns->time = candidate->column;
    columns->time_key = name;
    columns->roles[candidate->column] = COLUMN_TIME;
    columns->has_dates_only = decision->has_dates_only;
    note_format(columns, tape, candidate, messages);
    if (decision->warning[0] != '\0')
        messages_warn(messages, "column \"%s\" %s", name, decision->warning);
    warn_of_era(tape, candidate, is_given && is_number_format(&columns->time_format),
                messages);
    note_placeholders(tape, candidate, messages);
    return STATUS_OK;
}

/* Append the name of a column to a list, in quotes. */
static void list_name(char *buffer, size_t size, const char *name)
{
    size_t used = strlen(buffer);
    (void)snprintf(buffer + used, size - used, "%s\"%.40s\"", used > 0 ? ", " : "", name);
}

/* ---- dates and times of day in two columns ---- */

/* The column of times of day whose name says so, else any; NULL if there is none. */
static const struct candidate *find_clocks(const struct recognition *r)
{
    const struct candidate *found = NULL;
    for (size_t i = 0; i < r->count; i++) {
        const struct candidate *candidate = &r->list[i];
        if (candidate->decision.verdict != TIME_COLUMN_CLOCKS)
            continue;
        const char *name = name_of(r->tape, candidate);
        if (time_name_is_likely(name, strlen(name)))
            return candidate;
        found = found ? found : candidate;
    }
    return found;
}

/* The only column of dates; NULL if there is none or there are several. */
static const struct candidate *find_dates(const struct recognition *r)
{
    const struct candidate *found = NULL;
    for (size_t i = 0; i < r->count; i++) {
        const struct candidate *candidate = &r->list[i];
        if (candidate->decision.verdict != TIME_COLUMN_TIMES ||
            !candidate->decision.has_dates_only)
            continue;
        if (found)
            return NULL;
        found = candidate;
    }
    return found;
}

/* How both become the column `into`, which is one of them. */
static void note_joining(const struct tape *tape, const struct data_keys *keys,
                         const char *dates, const char *clocks, const char *into,
                         struct messages *messages)
{
    const char *file = tape->files[0].name;
    if (tape->files[0].is_csv)
        messages_note(messages,
                      "time: a CSV tool joins the columns, such as mlr --csv put "
                      "'${%s} = ${%s} . \" \" . ${%s}' %s",
                      into, dates, clocks, file);
    else
        messages_note(messages,
                      "time: jq joins the keys: jq -c '.[\"%s\"] |= map(.[\"%s\"] = "
                      ".[\"%s\"] + \" \" + .[\"%s\"])' %s",
                      keys->events, into, dates, clocks, file);
}

static enum status refuse_two_columns(const struct tape *tape,
                                      const struct data_keys *keys, const char *dates,
                                      const char *clocks, const char *into,
                                      struct messages *messages, struct error *err)
{
    note_joining(tape, keys, dates, clocks, into, messages);
    return error_set(
        err, STATUS_BAD_INPUT, "",
        "\"%.40s\" holds dates and \"%.40s\" times of day: join them, as said "
        "above, or say --time %.20s for the dates alone",
        dates, clocks, dates);
}

/* The time is a date, and another column has times of day. */
static void warn_of_clocks(const struct recognition *r, const struct data_keys *keys,
                           const char *dates, const struct candidate *clocks,
                           struct messages *messages)
{
    const char *name = name_of(r->tape, clocks);
    messages_warn(messages,
                  "column \"%s\" %s: if they belong to the dates in \"%s\", join both "
                  "columns",
                  name, clocks->decision.text, dates);
    note_joining(r->tape, keys, dates, name, dates, messages);
}

/* ---- time zones in another column ---- */

/* The first column of time zones; NULL if there is none. */
static const struct candidate *find_zones(const struct recognition *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->list[i].decision.verdict == TIME_COLUMN_ZONES)
            return &r->list[i];
    return NULL;
}

static void warn_of_zones(const struct tape *tape, const struct candidate *zones,
                          const struct candidate *times, struct messages *messages)
{
    if (zones && times->decision.has_no_zone)
        messages_warn(messages,
                      "column \"%s\" %s, which are not applied: times without a zone are "
                      "read as UTC",
                      name_of(tape, zones), zones->decision.text);
}

/* ---- the choice ---- */

/* What is said of a column that may hold times if the user says so. */
static void warn_of_possible_time(const struct tape *tape,
                                  const struct candidate *candidate,
                                  struct messages *messages)
{
    const struct time_decision *decision = &candidate->decision;
    const struct first_cell *bad = &decision->first_bad;
    const char *name = name_of(tape, candidate);
    char place[TAPE_PLACE_BYTES];
    bool is_not = decision->verdict == TIME_COLUMN_NOT && bad->count > 0;
    if ((!decision->needs_user && !is_not) || !has_likely_name(tape, candidate))
        return;
    tape_place_write(tape, bad->place, place, sizeof place);
    if (is_not)
        messages_warn(
            messages,
            "column \"%s\" is called like a time, but \"%s\" (%s) cannot be read "
            "as one",
            name, bad->text, place);
    else if (decision->verdict == TIME_COLUMN_PERHAPS)
        messages_warn(messages,
                      "column \"%s\" may hold the times of the events; if so, --time %s",
                      name, name);
    else
        messages_warn(messages, "column \"%s\" %s; if it is the time, add --time %s",
                      name, decision->text, name);
}

/* No column holds times that can be read: what may be the reason. */
static void warn_of_no_time(const struct recognition *r, const struct data_keys *keys,
                            struct messages *messages)
{
    const struct candidate *clocks = find_clocks(r);
    char place[TAPE_PLACE_BYTES];
    if (keys->time_format && *keys->time_format != '\0')
        messages_warn(messages,
                      "no column holds times in the format %s; --time names the one that "
                      "does",
                      keys->time_format);
    if (!clocks)
        return;
    tape_place_write(r->tape, clocks->decision.first_bad.place, place, sizeof place);
    messages_warn(messages,
                  "column \"%s\" %s (%s): without a date they do not order the events",
                  name_of(r->tape, clocks), clocks->decision.text, place);
}

/* The model was trained on the times of another column, or the recipe was made for them. */
static void warn_of_other_time(const struct columns *columns,
                               const struct data_keys *keys, struct messages *messages)
{
    const char *key = keys->model_time ? keys->model_time : keys->recipe_time;
    if (key && strcmp(key, columns->time_key) != 0)
        messages_warn(
            messages,
            "the %s the times in \"%s\", which the data does not have; those in "
            "\"%s\" are used, and may mean something else (--time %s if they are the "
            "same, --time \"\" for none)",
            keys->model_time ? "model was trained on" : "recipe is for", key,
            columns->time_key, columns->time_key);
}

/* No key names the time: use the only column that holds times. */
static enum status choose_candidate(struct columns *columns, const struct recognition *r,
                                    const struct data_keys *keys,
                                    struct messages *messages, struct error *err)
{
    const struct candidate *found = NULL, *unreadable = NULL, *clocks = find_clocks(r);
    size_t times = 0;
    char names[120] = "";
    for (size_t i = 0; i < r->count; i++) {
        const struct candidate *candidate = &r->list[i];
        enum time_verdict verdict = candidate->decision.verdict;
        const char *name = name_of(r->tape, candidate);
        if (verdict == TIME_COLUMN_TIMES) {
            found = candidate;
            times++;
            list_name(names, sizeof names, name);
        } else if (verdict == TIME_COLUMN_UNREADABLE && !unreadable &&
                   !candidate->decision.needs_user) {
            unreadable = candidate;
        }
    }
    if (times > 1)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "%.90s hold times; --time names the one that orders the events "
                         "(--time \"\": none)",
                         names);
    for (size_t i = 0; i < r->count && !found; i++)
        warn_of_possible_time(r->tape, &r->list[i], messages);
    if (!found && !unreadable) {
        warn_of_no_time(r, keys, messages);
        return STATUS_OK;
    }
    bool is_refused = !found;
    if (is_refused) {
        found = unreadable;
    } else if (found->decision.has_dates_only && clocks) {
        const char *clock = name_of(r->tape, clocks), *dates = name_of(r->tape, found);
        if (time_name_is_likely(clock, strlen(clock)))
            return refuse_two_columns(r->tape, keys, dates, clock, dates, messages, err);
        warn_of_clocks(r, keys, dates, clocks, messages);
    }
    enum status status = use_candidate(columns, r->tape, found, keys, messages, err);
    if (is_refused)
        messages_note(
            messages,
            "time: --time \"\" goes on without times, in the order of the file");
    RETURN_IF_ERROR(status);
    columns->is_time_found = true;
    warn_of_zones(r->tape, find_zones(r), found, messages);
    messages_note(messages,
                  "time: column \"%s\" holds times and is used; --time \"\" "
                  "ignores it",
                  columns->time_key);
    warn_of_other_time(columns, keys, messages);
    return STATUS_OK;
}

/* ---- other columns ---- */

/* A date and a time of day in a form that is not read: certainly no field. */
static bool is_unread_time(const struct time_decision *decision)
{
    return decision->verdict == TIME_COLUMN_UNREADABLE && !decision->needs_user &&
           strchr(decision->first_bad.text, ':');
}

/* Other columns that hold times are no fields.  given: the format that these are not in, or NULL. */
static void leave_out_times(struct columns *columns, const struct recognition *r,
                            const struct time_format *given, struct messages *messages)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct candidate *candidate = &r->list[i];
        const char *name = name_of(r->tape, candidate);
        bool is_unread = is_unread_time(&candidate->decision);
        if ((candidate->decision.verdict != TIME_COLUMN_TIMES && !is_unread) ||
            columns->roles[candidate->column] != COLUMN_FIELD)
            continue;
        columns->roles[candidate->column] = COLUMN_LEFT_OUT;
        if (is_unread)
            messages_warn(messages, "column \"%s\" %s: it is left out", name,
                          candidate->decision.text);
        else if (given)
            messages_warn(messages,
                          "column \"%s\" %s, but not in the format %s: it is left out",
                          name, candidate->decision.text, time_format_text(given));
        else
            messages_warn(
                messages,
                "column \"%s\" holds times and is not the time column: it is left "
                "out (--time %s uses it instead)",
                name, name);
    }
}

/* Make the columns without another role candidates, and keep those that may hold times. */
static void find_candidates(struct recognition *r, const struct columns *columns)
{
    r->count = 0;
    for (size_t i = 0; i < r->tape->column_count; i++) {
        r->candidate_of[i] = MAP_NONE;
        if (r->tape->columns[i].scope != SCOPE_FIELD || columns->roles[i] != COLUMN_FIELD)
            continue;
        r->candidate_of[i] = (uint32_t)r->count;
        r->list[r->count++].column = (uint32_t)i;
    }
    sample_candidates(r);
}

/* The time's column has a name: read it, and see whether it is only a part of the time. */
static enum status use_named(struct columns *columns, struct recognition *r,
                             const struct data_keys *keys, struct workers *workers,
                             struct messages *messages, struct error *err)
{
    const struct candidate *dates = find_dates(r), *clocks = find_clocks(r);
    const struct candidate *zones = find_zones(r);
    struct candidate others[3];
    if (dates)
        others[0] = *dates;
    if (clocks)
        others[1] = *clocks;
    if (zones)
        others[2] = *zones;
    memset(r->candidate_of, 0xff, r->tape->column_count * sizeof *r->candidate_of);
    r->candidate_of[columns->time] = 0;
    r->count = 1;
    r->list[0].column = columns->time;
    read_candidates(r, workers);
    const struct candidate *named = &r->list[0];
    const char *name = name_of(r->tape, named);
    if (named->decision.verdict == TIME_COLUMN_CLOCKS && dates)
        return refuse_two_columns(r->tape, keys, name_of(r->tape, &others[0]), name, name,
                                  messages, err);
    RETURN_IF_ERROR(use_candidate(columns, r->tape, named, keys, messages, err));
    if (columns->has_dates_only && clocks)
        warn_of_clocks(r, keys, name, &others[1], messages);
    warn_of_zones(r->tape, zones ? &others[2] : NULL, named, messages);
    return STATUS_OK;
}

static enum status recognise(struct columns *columns, struct recognition *r,
                             const struct data_keys *keys, struct workers *workers,
                             struct messages *messages, struct error *err)
{
    const struct time_format given = columns->time_format;
    bool is_named = columns->time != MAP_NONE;
    r->format = given;
    find_candidates(r, columns);
    if (!is_named && *keys->time != '\0') {
        if (r->count > 0)
            read_candidates(r, workers);
        RETURN_IF_ERROR(choose_candidate(columns, r, keys, messages, err));
    }
    leave_out_times(columns, r, NULL, messages);
    if (given.kind != TIME_AUTO) {
        /* the format that is given need not be that of the others */
        r->format = TIME_FORMAT_DEFAULT;
        find_candidates(r, columns);
        leave_out_times(columns, r, &given, messages);
        r->format = given;
    }
    return is_named ? use_named(columns, r, keys, workers, messages, err) : STATUS_OK;
}

/* No event has the key that an option names. */
static enum status refuse_key(const struct tape *tape, struct span key,
                              const char *option, struct error *err)
{
    char phrase[SUGGEST_PHRASE];
    struct suggestion suggestion;
    suggestion_init(&suggestion, key.bytes, key.length);
    for (size_t i = 0; i < tape->column_count; i++)
        if (tape->columns[i].scope == SCOPE_FIELD)
            suggestion_offer(&suggestion, tape->columns[i].name,
                             tape->columns[i].name_length);
    return error_set(err, STATUS_BAD_INPUT, tape->files[0].name,
                     "no event has the key \"%.*s\"%s; %s",
                     (int)utf8_cut(key.bytes, key.length, 60), key.bytes,
                     suggestion_phrase(&suggestion, "", phrase, sizeof phrase), option);
}

/* Each part of the names that are joined must be in the data. */
static enum status check_parts(const struct tape *tape, const struct data_keys *keys,
                               struct messages *messages, struct error *err)
{
    struct name_keys parts;
    data_keys_parts(keys, &parts);
    if (!tape->has_joined_names)
        return STATUS_OK;
    RETURN_IF_ERROR(data_keys_check_parts(keys, err));
    for (uint32_t i = 0; i < parts.count; i++) {
        const struct span part = parts.list[i];
        if (tape->outer_parts >> i & 1)
            messages_warn(messages,
                          "\"%.*s\" of whole histories is left out: it is a part of the "
                          "names of events, which only the events can have",
                          (int)utf8_cut(part.bytes, part.length, 60), part.bytes);
        if (tape_is_in_files(
                tape, tape_find_column(tape, SCOPE_FIELD, part.bytes, part.length)))
            continue;
        if (!keys->may_fall_back)
            return refuse_key(tape, part, "--event names the parts of its name", err);
        messages_warn(messages,
                      "no event has the key \"%.*s\", a part of the names that the model "
                      "was trained on",
                      (int)utf8_cut(part.bytes, part.length, 60), part.bytes);
    }
    return STATUS_OK;
}

static enum status check_keys(const struct columns *columns, const struct tape *tape,
                              const struct data_keys *keys, struct error *err)
{
    bool may_lack = keys->is_time_given
                        ? *keys->time == '\0'
                        : keys->may_fall_back || strcmp(keys->time, "time") == 0;
    if (columns->time != MAP_NONE || may_lack || *keys->time == '\0')
        return STATUS_OK;
    const struct span key = {.bytes = keys->time, .length = strlen(keys->time)};
    return refuse_key(tape, key, "--time names that of the time", err);
}

enum status columns_find(struct columns *columns, const struct tape *tape,
                         const struct data_keys *keys, struct workers *workers,
                         struct messages *messages, struct error *err)
{
    *columns = (struct columns){.time_key = "", .time_format = TIME_FORMAT_DEFAULT};
    columns->roles = calloc(tape->column_count + 1, sizeof *columns->roles);
    if (!columns->roles)
        return error_no_memory(err);
    if (keys->time_format && *keys->time_format != '\0')
        RETURN_IF_ERROR(time_format_parse(&columns->time_format, keys->time_format, err));
    find_roles(columns, tape, keys, messages);
    RETURN_IF_ERROR(check_keys(columns, tape, keys, err));
    RETURN_IF_ERROR(check_parts(tape, keys, messages, err));
    struct recognition r = {.tape = tape, .threads = workers_count(workers)};
    r.candidate_of = calloc(tape->column_count + 1, sizeof *r.candidate_of);
    r.list = calloc(r.threads * (tape->column_count + 1), sizeof *r.list);
    enum status status = r.candidate_of && r.list ? STATUS_OK : error_no_memory(err);
    if (status == STATUS_OK)
        status = recognise(columns, &r, keys, workers, messages, err);
    free(r.candidate_of);
    free(r.list);
    return status;
}

void columns_release(struct columns *columns)
{
    free(columns->roles);
    *columns = (struct columns){.time_key = ""};
}

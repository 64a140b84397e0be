/*
 * Deciding from its cells whether a column holds times.
 *
 * Every cell is of one kind (enum time_cell_kind).  The counts of the kinds, the first cell of each
 * by place, and the lowest and highest values are all that is kept, so two columns can be merged.
 */
#include "base/time_column.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "base/value.h"

#define SECOND INT64_C(1000000)
#define YEAR_SECONDS 31556952.0
#define PLACEHOLDER_SLACK 86400.0

/* ---- extremes ---- */

/* Is a further from the others than b, on the side of the lowest or of the highest? */
static bool is_outside(double a, double b, bool is_low)
{
    return is_low ? a < b : a > b;
}

/* The list is ordered from the outermost value inwards.  Values beyond the last are left out. */
static void list_merge(struct time_extreme list[TIME_EXTREMES], unsigned *count,
                       bool is_low, double key, const struct first_cell *cell)
{
    unsigned at = *count;
    while (at > 0 && is_outside(key, list[at - 1].key, is_low))
        at--;
    if (at > 0 && list[at - 1].key == key) {
        first_cell_merge(&list[at - 1].cell, cell);
        return;
    }
    if (at == TIME_EXTREMES)
        return;
    *count += *count < TIME_EXTREMES;
    for (unsigned i = *count - 1; i > at; i--)
        list[i] = list[i - 1];
    list[at] = (struct time_extreme){.key = key, .cell = *cell};
}

/* Is key within a full list, so that it would be left out?  It is, for most cells. */
static bool is_inside(const struct time_extremes *extremes, double key)
{
    return extremes->low_count == TIME_EXTREMES &&
           extremes->high_count == TIME_EXTREMES &&
           key > extremes->low[TIME_EXTREMES - 1].key &&
           key < extremes->high[TIME_EXTREMES - 1].key;
}

static void extremes_add(struct time_extremes *extremes, double key, uint64_t place,
                         const char *bytes, size_t length)
{
    if (is_inside(extremes, key))
        return;
    struct first_cell cell = {.count = 0};
    first_cell_add(&cell, place, bytes, length);
    list_merge(extremes->low, &extremes->low_count, true, key, &cell);
    list_merge(extremes->high, &extremes->high_count, false, key, &cell);
}

static void extremes_merge(struct time_extremes *into, const struct time_extremes *from)
{
    for (unsigned i = 0; i < from->low_count; i++)
        list_merge(into->low, &into->low_count, true, from->low[i].key,
                   &from->low[i].cell);
    for (unsigned i = 0; i < from->high_count; i++)
        list_merge(into->high, &into->high_count, false, from->high[i].key,
                   &from->high[i].cell);
}

/* ---- what a cell can be ---- */

/* A cell on its way into the column. */
struct input {
    uint64_t place;
    const char *bytes;
    size_t length;
};

static void note(struct first_cell *cell, const struct input *input)
{
    first_cell_add(cell, input->place, input->bytes, input->length);
}

static void note_key(struct time_extremes *extremes, double key,
                     const struct input *input)
{
    extremes_add(extremes, key, input->place, input->bytes, input->length);
}

static double seconds_of(struct instant instant)
{
    return (double)instant.us / (double)SECOND;
}

static bool is_compact(const struct input *input, size_t digits)
{
    static const struct time_format compact = {.kind = TIME_COMPACT};
    struct instant instant;
    return input->length >= digits &&
           time_format_read(&compact, input->bytes, input->length, &instant) &&
           instant.us >= INT64_C(-2208988800) * SECOND && /* the years 1900 to 2199 */
           instant.us < INT64_C(7258118400) * SECOND;
}

/* Note the unit in which a number is a time from 1990 to 2100. */
static void note_unit(struct time_column *column, double number,
                      const struct input *input)
{
    static const double units[] = {1, 1e3, 1e6, 1e9};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (number >= 631152000.0 * units[i] && number < 4133980800.0 * units[i])
            note(&column->of_unit[i], input);
}

static bool is_multiple(double number, double of)
{
    double quotient = number / of;
    return quotient > -1e15 && quotient < 1e15 && quotient == (double)(int64_t)quotient;
}

static void add_number(struct time_column *column, const struct input *input,
                       const struct decimal *decimal)
{
    double number;
    if (!decimal_to_double(decimal, &number)) {
        note(&column->kinds[CELL_OTHER], input);
        return;
    }
    note(&column->kinds[CELL_NUMBER], input);
    note_key(&column->numbers, number, input);
    note_unit(column, number, input);
    if (number >= -12 && number <= 14 && decimal->is_plain)
        note(&column->offsets, input);
    if (memchr(input->bytes, 'E', input->length) ||
        memchr(input->bytes, 'e', input->length))
        note(&column->powers, input);
    if (is_multiple(number, 86400))
        note(&column->days, input);
    if (is_multiple(number, 86400e3))
        note(&column->days_of_milliseconds, input);
    size_t digits = decimal->whole_count;
    if (decimal->is_plain) {
        note(&column->whole, input);
        if (digits == 4 && number >= 1900 && number <= 2100)
            note(&column->years, input);
    }
    if (digits == 5 && number >= 20000 && number < 80000)
        note(&column->serials, input);
    struct first_cell *compact = digits == 8    ? &column->compact_days
                                 : digits == 10 ? &column->compact_hours
                                 : digits == 12 ? &column->compact_minutes
                                 : digits >= 14 ? &column->compact_seconds
                                                : NULL;
    if (compact && !decimal->is_negative && is_compact(input, digits))
        note(compact, input);
}

/* Note the time of day that is written. */
static void note_clock(struct time_column *column, const struct time_parts *parts,
                       const struct input *input)
{
    bool is_whole_hour =
        parts->minute == 0 && parts->second == 0 && parts->nanoseconds == 0;
    if (is_whole_hour)
        note(&column->whole_hours, input);
    if (is_whole_hour && parts->hour == 0)
        note(&column->midnight, input);
    if (parts->has_clock)
        column->hours |= UINT32_C(1) << parts->hour;
}

/* 1/2/2026: each order in which it is a date has extremes of its own. */
static void add_ordered(struct time_column *column, const struct time_parts *parts,
                        const struct input *input)
{
    struct time_parts day_first = *parts, month_first = *parts;
    month_first.day = parts->month;
    month_first.month = parts->day;
    struct instant instants[2];
    bool is_day_first = time_parts_to_instant(&day_first, &instants[0]) == TIME_FINE;
    bool is_month_first = time_parts_to_instant(&month_first, &instants[1]) == TIME_FINE;
    if (is_day_first)
        note_key(&column->day_first, seconds_of(instants[0]), input);
    if (is_month_first)
        note_key(&column->month_first, seconds_of(instants[1]), input);
    note(&column->kinds[is_day_first && is_month_first ? CELL_DAY_MONTH
                        : is_day_first                 ? CELL_DAY_FIRST
                        : is_month_first               ? CELL_MONTH_FIRST
                        : parts->has_clock             ? CELL_NEAR
                                                       : CELL_OTHER],
         input);
    note_clock(column, parts, input);
}

static bool is_infinity(const struct input *input)
{
    return (input->length == 8 && memcmp(input->bytes, "infinity", 8) == 0) ||
           (input->length == 9 && memcmp(input->bytes, "-infinity", 9) == 0);
}

static void add_time(struct time_column *column, struct instant instant,
                     const struct input *input)
{
    note(&column->kinds[CELL_TIME], input);
    note_key(&column->times, seconds_of(instant), input);
}

/* A text that cannot be read as a time; problem is the reason, or what is wrong with its day or month. */
static void add_unread(struct time_column *column, enum time_problem problem,
                       const struct input *input)
{
    bool is_utc;
    enum time_cell_kind kind =
        time_text_is_clock(input->bytes, input->length)           ? CELL_CLOCK
        : time_text_is_near(problem, input->bytes, input->length) ? CELL_NEAR
                                                                  : CELL_OTHER;
    note(&column->kinds[kind], input);
    if (kind == CELL_OTHER && time_text_is_zone(input->bytes, input->length, &is_utc))
        note(is_utc ? &column->utc_zones : &column->other_zones, input);
}

static void add_text(struct time_column *column, const struct input *input)
{
    struct time_parts parts;
    struct instant instant = {.us = 0};
    enum time_problem problem = time_text_read(&parts, input->bytes, input->length);
    if (problem == TIME_FINE && parts.order == ORDER_CERTAIN && !parts.is_short_year)
        problem = time_parts_to_instant(&parts, &instant);
    if (problem == TIME_ZERO_DATE || is_infinity(input)) {
        note(&column->kinds[CELL_ZERO_DATE], input);
    } else if (problem == TIME_FINE && parts.is_short_year) {
        note(&column->kinds[CELL_SHORT_YEAR], input);
    } else if (problem == TIME_FINE && parts.order == ORDER_DAY_OR_MONTH) {
        add_ordered(column, &parts, input);
    } else if (problem == TIME_FINE) {
        add_time(column, instant, input);
        if (parts.has_clock)
            note(parts.has_zone ? &column->with_zone : &column->without_zone, input);
        note_clock(column, &parts, input);
    } else {
        add_unread(column, problem, input);
    }
}

/*
 * A digit, a sign or point of a number, "infinity", "/Date", or three letters of a month or weekday.
 */
static bool may_be_time(const struct input *input)
{
    static const char names[] =
        "janfebmaraprmayjunjulaugsepoctnovdecmontuewedthufrisatsuninf";
    char c = *input->bytes;
    if ((c >= '0' && c <= '9') || c == '-' || c == '.' || c == '/' || c == '\\')
        return true;
    if (input->length < 3)
        return false;
    char first[3];
    for (int i = 0; i < 3; i++)
        first[i] = (char)(input->bytes[i] | 0x20); /* lower case, of a letter */
    for (const char *name = names; *name != '\0'; name += 3)
        if (memcmp(name, first, sizeof first) == 0)
            return true;
    return false;
}

/* A time in the format that was given. */
static void add_given(struct time_column *column, struct instant instant,
                      const struct input *input)
{
    struct decimal decimal;
    add_time(column, instant, input);
    if (decimal_scan(&decimal, input->bytes, input->length, '.'))
        note(&column->given_numbers, input);
    if (instant.us % (86400 * SECOND) == 0)
        note(&column->midnight, input);
    if (instant.us % (3600 * SECOND) == 0)
        note(&column->whole_hours, input);
}

static void add_trimmed(struct time_column *column, const struct input *input)
{
    struct decimal decimal;
    struct instant instant;
    if (value_is_missing(input->bytes, input->length))
        note(&column->kinds[CELL_MISSING], input);
    else if (column->format.kind != TIME_AUTO) {
        if (time_format_read(&column->format, input->bytes, input->length, &instant))
            add_given(column, instant, input);
        else
            note(&column->kinds[CELL_OTHER], input);
    } else if (!may_be_time(input))
        add_unread(column, TIME_NO_TIME, input);
    else if (decimal_scan(&decimal, input->bytes, input->length, '.') ||
             time_format_scan_comma(&decimal, input->bytes, input->length))
        add_number(column, input, &decimal);
    else
        add_text(column, input);
}

void time_column_init(struct time_column *column, const struct time_format *format)
{
    *column = (struct time_column){.format = *format};
}

void time_column_add(struct time_column *column, uint64_t place, const char *bytes,
                     size_t length)
{
    struct input input = {.place = place, .length = length};
    input.bytes = value_trim(bytes, &input.length);
    add_trimmed(column, &input);
}

void time_column_merge(struct time_column *column, const struct time_column *from)
{
    assert(time_format_equals(&column->format, &from->format));
    for (int kind = 0; kind < CELL_KINDS; kind++)
        first_cell_merge(&column->kinds[kind], &from->kinds[kind]);
    first_cell_merge(&column->midnight, &from->midnight);
    first_cell_merge(&column->whole_hours, &from->whole_hours);
    first_cell_merge(&column->powers, &from->powers);
    for (int i = 0; i < 4; i++)
        first_cell_merge(&column->of_unit[i], &from->of_unit[i]);
    first_cell_merge(&column->offsets, &from->offsets);
    first_cell_merge(&column->utc_zones, &from->utc_zones);
    first_cell_merge(&column->other_zones, &from->other_zones);
    column->hours |= from->hours;
    first_cell_merge(&column->days, &from->days);
    first_cell_merge(&column->days_of_milliseconds, &from->days_of_milliseconds);
    first_cell_merge(&column->given_numbers, &from->given_numbers);
    first_cell_merge(&column->without_zone, &from->without_zone);
    first_cell_merge(&column->with_zone, &from->with_zone);
    first_cell_merge(&column->whole, &from->whole);
    first_cell_merge(&column->years, &from->years);
    first_cell_merge(&column->serials, &from->serials);
    first_cell_merge(&column->compact_days, &from->compact_days);
    first_cell_merge(&column->compact_hours, &from->compact_hours);
    first_cell_merge(&column->compact_minutes, &from->compact_minutes);
    first_cell_merge(&column->compact_seconds, &from->compact_seconds);
    extremes_merge(&column->times, &from->times);
    extremes_merge(&column->numbers, &from->numbers);
    extremes_merge(&column->day_first, &from->day_first);
    extremes_merge(&column->month_first, &from->month_first);
}

/* ---- sentences ---- */

__attribute__((format(printf, 2, 3))) static void say(char text[TIME_DECISION_SIZE],
                                                      const char *format, ...)
{
    char whole[2 * TIME_DECISION_SIZE];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(whole, sizeof whole, format, values);
    va_end(values);
    utf8_copy(text, TIME_DECISION_SIZE, whole);
}

static unsigned long long number(uint64_t count)
{
    return (unsigned long long)count;
}

/* The cells that are times in one form or another, placeholders included. */
static uint64_t count_candidates(const struct time_column *column)
{
    uint64_t count = 0;
    for (int kind = CELL_TIME; kind <= CELL_ZERO_DATE; kind++)
        count += column->kinds[kind].count;
    return count;
}

/* How many cells the decided format reads: all of the kinds that led to it. */
static uint64_t count_times(const struct time_column *column)
{
    return count_candidates(column) - column->kinds[CELL_ZERO_DATE].count;
}

/* ---- placeholders ---- */

/* Dates that programs write for "no time", in seconds since 1970. */
static const double known_placeholders[] = {
    -11644473600.0,      /* 1601-01-01, Windows */
    -6847804800.0,       /* 1753-01-01, SQL Server */
    -2209161600.0,       /* 1899-12-30, OLE */
    -2209075200.0,       /* 1899-12-31 */
    -2208988800.0,       /* 1900-01-01 */
    -2147483648.0,       /* 1901-12-13T20:45:52, 32 bits */
    -1.0,           0.0, /* 1970-01-01 */
    315532800.0,         /* 1980-01-01, DOS */
    946684800.0,         /* 2000-01-01 */
    978307200.0,         /* 2001-01-01, Apple */
    2147483647.0,        /* 2038-01-19T03:14:07, 32 bits */
    4070908800.0,        /* 2099-01-01 */
    4102358400.0,        /* 2099-12-31 */
    4102444800.0,        /* 2100-01-01 */
    7258032000.0,        /* 2199-12-31 */
    32472144000.0,       /* 2999-01-01 */
    32503593600.0,       /* 2999-12-31 */
    32503680000.0,       /* 3000-01-01 */
};

/* slack: seconds before and after midnight, for the local times of all zones. */
static bool is_known_placeholder(double seconds, double slack)
{
    if (seconds < -62104060800.0 || seconds >= 253370764800.0) /* years 1 and 9999 */
        return true;
    for (size_t i = 0; i < sizeof known_placeholders / sizeof *known_placeholders; i++)
        if (seconds >= known_placeholders[i] - slack &&
            seconds <= known_placeholders[i] + slack)
            return true;
    return false;
}

/*
 * How many values at the outer end of a list are far from all others?  A known placeholder is when
 * the gap to the next value is a year; another value when the gap is ten years and longer than all
 * others together span, and a tenth of the cells at most lie beyond it.
 */
static unsigned count_far(const struct time_extreme list[TIME_EXTREMES], unsigned count,
                          double scale, double opposite, uint64_t cells)
{
    unsigned far = 0;
    bool are_known = true;
    uint64_t far_cells = 0;
    for (unsigned i = 0; i + 1 < count; i++) {
        double gap = (list[i + 1].key - list[i].key) * scale;
        double span = (opposite - list[i + 1].key) * scale;
        gap = gap < 0 ? -gap : gap;
        span = span < 0 ? -span : span;
        are_known =
            are_known && is_known_placeholder(list[i].key * scale, PLACEHOLDER_SLACK);
        far_cells += list[i].cell.count;
        if (are_known ? gap > YEAR_SECONDS
                      : gap > 10 * YEAR_SECONDS && gap > span && far_cells <= cells / 10)
            far = i + 1;
    }
    return far;
}

static void add_placeholder(struct time_decision *decision, const struct first_cell *cell,
                            bool is_known)
{
    assert(decision->placeholder_count <
           sizeof decision->placeholders / sizeof *decision->placeholders);
    decision->placeholders[decision->placeholder_count++] =
        (struct time_placeholder){.cell = *cell, .is_known = is_known};
}

static void add_far(struct time_decision *decision, const struct time_extreme *list,
                    unsigned count, double scale)
{
    for (unsigned i = 0; i < count; i++)
        add_placeholder(decision, &list[i].cell,
                        is_known_placeholder(list[i].key * scale, PLACEHOLDER_SLACK));
}

/* The lowest and highest numbers that are no known placeholders; false: there are none. */
static bool usual_range(const struct time_extremes *numbers, double scale, double *low,
                        double *high)
{
    unsigned l = 0, h = 0;
    while (l < numbers->low_count && is_known_placeholder(numbers->low[l].key * scale, 0))
        l++;
    while (h < numbers->high_count &&
           is_known_placeholder(numbers->high[h].key * scale, 0))
        h++;
    if (l == numbers->low_count || h == numbers->high_count)
        return false;
    *low = numbers->low[l].key * scale;
    *high = numbers->high[h].key * scale;
    return true;
}

/* scale: seconds of a unit of the keys; cells: how many there are. */
static void find_placeholders(const struct time_column *column,
                              const struct time_extremes *extremes, double scale,
                              uint64_t cells, struct time_decision *decision)
{
    const struct first_cell *zero = &column->kinds[CELL_ZERO_DATE];
    (void)usual_range(extremes, scale, &decision->first, &decision->last);
    if (zero->count > 0)
        add_placeholder(decision, zero, true);
    if (extremes->low_count == 0)
        return;
    /* what the others span ends where the placeholders of the other side begin */
    unsigned last = extremes->low_count - 1;
    unsigned high = count_far(extremes->high, extremes->high_count, scale,
                              extremes->low[last].key, cells);
    unsigned low = count_far(extremes->low, extremes->low_count, scale,
                             extremes->high[high].key, cells);
    high = count_far(extremes->high, extremes->high_count, scale, extremes->low[low].key,
                     cells);
    add_far(decision, extremes->low, low, scale);
    add_far(decision, extremes->high, high, scale);
}

/* ---- dates ---- */

/* midnight: the cells that are dates, or at midnight, of all that are times. */
static void warn_of_dates(const struct first_cell *midnight, uint64_t times,
                          struct time_decision *decision)
{
    if (midnight->count < times || times < 2)
        return;
    decision->has_dates_only = true;
    say(decision->warning,
        "has dates without a time of day, such as \"%s\": events of one day keep the "
        "order of the data",
        midnight->text);
}

/* The hours 1 to 12, and no others. */
#define HALF_A_DAY UINT32_C(0x1ffe)

/* What is lost in all times of day; midnight and whole_hours are of all that are times. */
static void warn_of_precision(const struct time_column *column, uint64_t times,
                              struct time_decision *decision)
{
    enum { MIN_TIMES = 20, MIN_CLOCKS = 100 }; /* fewer may be so by chance */
    warn_of_dates(&column->midnight, times, decision);
    if (decision->has_dates_only)
        return;
    if (column->whole_hours.count >= times && times >= MIN_TIMES)
        say(decision->warning,
            "has times of whole hours only, such as \"%s\": events of one hour keep the "
            "order of the data",
            column->whole_hours.text);
    else if (column->hours == HALF_A_DAY && times >= MIN_CLOCKS)
        say(decision->warning, "has times from 1:00 to 12:59 only: were AM and PM lost? "
                               "then the order of the "
                               "events is wrong");
}

/* A number that a spreadsheet rounded: 1.76724E+12. */
static void warn_of_powers(const struct time_column *column,
                           struct time_decision *decision)
{
    if (column->powers.count > 0)
        say(decision->warning,
            "has rounded times: %llu of %llu cells are like \"%s\"; export them as text",
            number(column->powers.count), number(column->kinds[CELL_NUMBER].count),
            column->powers.text);
}

/* ---- columns of numbers ---- */

/* 1990-01-01 to 2100-12-31, in seconds since 1970. */
static bool is_one_era(double low, double high)
{
    return low >= 631152000.0 && high < 4133980800.0;
}

/* So close together, and to the present, that they can hardly be anything else than times. */
static bool is_certain_era(double low, double high)
{
    return low >= 946684800.0 && high < 2524608000.0 && high - low < 20 * YEAR_SECONDS;
}

static void read_as(struct time_decision *decision, enum time_verdict verdict,
                    enum time_format_kind kind, const char *what)
{
    decision->verdict = verdict;
    decision->format = (struct time_format){.kind = kind};
    say(decision->text, "%s", what);
}

/* About the first cell of a kind. */
static void refuse(struct time_decision *decision, const struct first_cell *cell)
{
    decision->verdict = TIME_COLUMN_UNREADABLE;
    decision->first_bad = *cell;
}

/* auto reads seconds, unless they are dates as digits or beyond the year 3000: "seconds" does. */
static enum time_format_kind seconds_or_auto(const struct time_column *column)
{
    bool is_read = column->compact_days.count == 0 &&
                   column->numbers.high[0].key < (double)TIME_AUTO_END_SECOND;
    return is_read ? TIME_AUTO : TIME_SECONDS;
}

/* Times of one era in one of the units. */
static bool decide_epoch(const struct time_column *column, struct time_decision *decision)
{
    static const struct {
        double scale;
        enum time_format_kind kind;
        const char *what;
    } units[] = {
        {1, TIME_AUTO, "holds seconds since the epoch"},
        {1e-3, TIME_MILLISECONDS, "holds milliseconds since the epoch"},
        {1e-6, TIME_MICROSECONDS, "holds microseconds since the epoch"},
        {1e-9, TIME_NANOSECONDS, "holds nanoseconds since the epoch"},
    };
    double low, high;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!usual_range(&column->numbers, units[i].scale, &low, &high) ||
            !is_one_era(low, high))
            continue;
        enum time_format_kind kind = i == 0 ? seconds_or_auto(column) : units[i].kind;
        decision->needs_user = !is_certain_era(low, high);
        read_as(decision, decision->needs_user ? TIME_COLUMN_PERHAPS : TIME_COLUMN_TIMES,
                kind, units[i].what);
        find_placeholders(column, &column->numbers, units[i].scale,
                          column->kinds[CELL_NUMBER].count, decision);
        if (i < 2)
            warn_of_dates(i == 0 ? &column->days : &column->days_of_milliseconds,
                          column->kinds[CELL_NUMBER].count, decision);
        warn_of_powers(column, decision);
        return true;
    }
    return false;
}

static bool are_all(const struct first_cell *kind, const struct time_column *column)
{
    return kind->count == column->kinds[CELL_NUMBER].count;
}

/* Dates as digits; false: not all numbers are. */
static bool decide_compact(const struct time_column *column,
                           struct time_decision *decision)
{
    if (are_all(&column->compact_hours, column)) {
        refuse(decision, &column->compact_hours);
        say(decision->text,
            "holds numbers such as %s, which are dates as yyyymmddhh (--time-format "
            "compact) or seconds since the epoch (--time-format seconds)",
            column->compact_hours.text);
        return true;
    }
    if (!are_all(&column->compact_days, column) &&
        !are_all(&column->compact_minutes, column) &&
        !are_all(&column->compact_seconds, column))
        return false;
    read_as(decision, TIME_COLUMN_TIMES, TIME_COMPACT, "holds compact dates");
    warn_of_dates(&column->compact_days, column->kinds[CELL_NUMBER].count, decision);
    return true;
}

/* Numbers that are times of our era, in two units: the first of each.  False: there are none. */
static bool refuse_units(const struct time_column *column, struct time_decision *decision)
{
    static const char *const names[] = {"seconds", "milliseconds", "microseconds",
                                        "nanoseconds"};
    int first = -1, second = -1;
    for (int i = 0; i < 4; i++)
        if (column->of_unit[i].count > 0 &&
            (first < 0 || column->of_unit[i].place < column->of_unit[first].place))
            first = i;
    for (int i = 0; i < 4; i++)
        if (i != first && column->of_unit[i].count > 0 &&
            (second < 0 || column->of_unit[i].place < column->of_unit[second].place))
            second = i;
    if (second < 0)
        return false;
    refuse(decision, &column->of_unit[second]);
    say(decision->text, "mixes %s since the epoch, such as %s, with %s, such as %s",
        names[first], column->of_unit[first].text, names[second],
        column->of_unit[second].text);
    return true;
}

/* As a serial day of a spreadsheet, and as Julian days. */
static const double SERIAL_2050 = 54789.0;
static const double JULIAN_1990 = 2447892.5, JULIAN_2100 = 2488069.5;

static void decide_small(const struct time_column *column, struct time_decision *decision)
{
    double low = column->numbers.low[0].key, high = column->numbers.high[0].key;
    const struct first_cell *first = &column->kinds[CELL_NUMBER];
    if (are_all(&column->years, column)) {
        refuse(decision, &column->years);
        say(decision->text,
            "holds numbers such as %s, which are years (--time-format %%Y) or relative "
            "seconds (--time-format seconds)",
            column->years.text);
    } else if (are_all(&column->serials, column)) {
        refuse(decision, &column->serials);
        say(decision->text,
            "holds numbers such as %s, which are %s (--time-format excel)%s or relative "
            "seconds (--time-format seconds)",
            column->serials.text,
            low < SERIAL_2050 ? "serial days of a spreadsheet"
                              : "modified Julian days ((x - 40587) * 86400 are seconds "
                                "since the epoch), serial days of a spreadsheet",
            low < SERIAL_2050 ? "" : ",");
    } else if (low >= JULIAN_1990 && high < JULIAN_2100) {
        refuse(decision, first);
        say(decision->text,
            "holds numbers such as %s, which are Julian days ((x - 2440587.5) * 86400 "
            "are "
            "seconds since the epoch) or relative seconds (--time-format seconds)",
            first->text);
    } else if (low >= -631152000.0 && high < 631152000.0) {
        read_as(decision, TIME_COLUMN_PERHAPS, seconds_or_auto(column),
                "holds relative seconds");
        say(decision->warning,
            "holds numbers such as %s, which are read as seconds and lie in the years "
            "1950 "
            "to 1990: hour and weekday mean nothing if they are relative",
            first->text);
    } else {
        refuse(decision, first);
        say(decision->text,
            "holds numbers such as %s, which are no times of one era in any unit; "
            "--time-format says what they are",
            first->text);
    }
}

static void decide_numbers(const struct time_column *column,
                           struct time_decision *decision)
{
    if (decide_compact(column, decision) ||
        (!refuse_units(column, decision) && decide_epoch(column, decision)))
        return;
    if (decision->verdict == TIME_COLUMN_NOT)
        decide_small(column, decision);
    decision->needs_user = true;
}

/* ---- columns of texts ---- */

/* What a reader of texts would want to know of a column of times. */
static void warn_of_times(const struct time_column *column,
                          struct time_decision *decision)
{
    const struct first_cell *bare = &column->without_zone, *zoned = &column->with_zone;
    uint64_t times = column->kinds[CELL_TIME].count;
    if (bare->count > 0 && zoned->count > 0) {
        const struct first_cell *few = bare->count <= zoned->count ? bare : zoned;
        say(decision->warning,
            "has times with and without a zone; those without are read as UTC (%llu of "
            "%llu, such as \"%s\", are %s)",
            number(few->count), number(times), few->text,
            few == bare ? "without" : "with one");
    } else {
        warn_of_precision(column, times, decision);
    }
}

/* Day first or month first; one cell with a day above 12 proves it, if none proves the other. */
static void decide_ordered(const struct time_column *column,
                           struct time_decision *decision)
{
    const struct first_cell *day = &column->kinds[CELL_DAY_FIRST];
    const struct first_cell *month = &column->kinds[CELL_MONTH_FIRST];
    const struct first_cell *either = &column->kinds[CELL_DAY_MONTH];
    if (day->count > 0 && month->count > 0) {
        refuse(decision, day->place < month->place ? month : day);
        say(decision->text,
            "has dates day first, such as \"%s\", and month first, such as \"%s\"",
            day->text, month->text);
    } else if (day->count == 0 && month->count == 0) {
        refuse(decision, either);
        say(decision->text,
            "has dates such as \"%s\", day first (--time-format day-first) or month "
            "first "
            "(--time-format month-first)",
            either->text);
    } else {
        bool is_day = day->count > 0;
        char what[TIME_DECISION_SIZE];
        say(what, "holds dates %s first, as \"%s\" shows", is_day ? "day" : "month",
            is_day ? day->text : month->text);
        read_as(decision, TIME_COLUMN_TIMES, is_day ? TIME_DAY_FIRST : TIME_MONTH_FIRST,
                what);
        find_placeholders(column, is_day ? &column->day_first : &column->month_first, 1,
                          count_times(column), decision);
        warn_of_precision(column, count_times(column), decision);
    }
}

static void refuse_short_years(const struct time_column *column,
                               struct time_decision *decision)
{
    const struct first_cell *cell = &column->kinds[CELL_SHORT_YEAR];
    const struct time_format any = {.kind = TIME_AUTO};
    struct time_hint hint;
    time_format_explain(&any, cell->text, strlen(cell->text), &hint);
    refuse(decision, cell);
    if (hint.format[0] != '\0')
        say(decision->text,
            "has dates such as \"%s\" with a year of two digits: --time-format '%s'",
            cell->text, hint.format);
    else
        say(decision->text,
            "has dates such as \"%s\" with a year of two digits: --time-format with a "
            "pattern such as %%d/%%m/%%y says which number it is",
            cell->text);
}

/* Times and numbers: an epoch in seconds beside texts is read by auto, nothing else. */
static void decide_mixture(const struct time_column *column,
                           struct time_decision *decision)
{
    const struct first_cell *text = &column->kinds[CELL_TIME];
    const struct first_cell *numbers = &column->kinds[CELL_NUMBER];
    double low, high;
    if (usual_range(&column->numbers, 1, &low, &high) && is_one_era(low, high) &&
        !are_all(&column->compact_hours, column)) {
        read_as(decision, TIME_COLUMN_TIMES, TIME_AUTO, "holds times");
        return;
    }
    refuse(decision, text->place < numbers->place ? numbers : text);
    say(decision->text, "mixes times such as \"%s\" with numbers such as %s", text->text,
        numbers->text);
}

static bool has(const struct time_column *column, enum time_cell_kind kind)
{
    return column->kinds[kind].count > 0;
}

/* The three kinds of 1/2/2026 are one form. */
static int form_of(int kind)
{
    return kind == CELL_DAY_FIRST || kind == CELL_MONTH_FIRST ? CELL_DAY_MONTH : kind;
}

static void refuse_mixture(const struct time_column *column,
                           struct time_decision *decision)
{
    /* the first cell, and the first one in another form */
    const struct first_cell *first = NULL, *second = NULL;
    int first_form = CELL_KINDS;
    for (int kind = CELL_TIME; kind <= CELL_SHORT_YEAR; kind++) {
        const struct first_cell *cell = &column->kinds[kind];
        if (cell->count > 0 && (!first || cell->place < first->place)) {
            first = cell;
            first_form = form_of(kind);
        }
    }
    for (int kind = CELL_TIME; kind <= CELL_SHORT_YEAR; kind++) {
        const struct first_cell *cell = &column->kinds[kind];
        if (cell->count > 0 && form_of(kind) != first_form &&
            (!second || cell->place < second->place))
            second = cell;
    }
    assert(first && second);
    refuse(decision, second);
    say(decision->text, "mixes forms of times: \"%s\" and \"%s\"", first->text,
        second->text);
}

static void decide_texts(const struct time_column *column, struct time_decision *decision)
{
    bool has_ordered = has(column, CELL_DAY_MONTH) || has(column, CELL_DAY_FIRST) ||
                       has(column, CELL_MONTH_FIRST);
    int forms = has(column, CELL_TIME) + has(column, CELL_NUMBER) + has_ordered +
                has(column, CELL_SHORT_YEAR);
    if (forms == 2 && has(column, CELL_TIME) && has(column, CELL_NUMBER))
        decide_mixture(column, decision);
    else if (forms > 1)
        refuse_mixture(column, decision);
    else if (has_ordered)
        decide_ordered(column, decision);
    else if (has(column, CELL_SHORT_YEAR))
        refuse_short_years(column, decision);
    else if (has(column, CELL_TIME)) {
        read_as(decision, TIME_COLUMN_TIMES, TIME_AUTO, "holds times");
        warn_of_times(column, decision);
        find_placeholders(column, &column->times, 1, column->kinds[CELL_TIME].count,
                          decision);
    }
}

/* ---- the decision ---- */

/* In a given format, numbers are times only if all are of one era; latencies and counts are not. */
static bool are_numbers_of_no_era(const struct time_column *column)
{
    double low, high;
    return column->given_numbers.count == column->kinds[CELL_TIME].count &&
           !(usual_range(&column->times, 1, &low, &high) && is_certain_era(low, high));
}

static void decide_given(const struct time_column *column, struct time_decision *decision)
{
    if (!has(column, CELL_TIME))
        return;
    decision->needs_user = are_numbers_of_no_era(column);
    read_as(decision, decision->needs_user ? TIME_COLUMN_PERHAPS : TIME_COLUMN_TIMES,
            TIME_AUTO, "holds times");
    decision->format = column->format;
    warn_of_precision(column, column->kinds[CELL_TIME].count, decision);
    find_placeholders(column, &column->times, 1, column->kinds[CELL_TIME].count,
                      decision);
}

/* The first of the cells that no format reads; count 0: there is none. */
static struct first_cell first_unread(const struct time_column *column)
{
    struct first_cell first = column->kinds[CELL_OTHER];
    for (int kind = CELL_NEAR; kind <= CELL_CLOCK; kind++) {
        const struct first_cell *cell = &column->kinds[kind];
        if (cell->count > 0 && (first.count == 0 || cell->place < first.place))
            first = *cell;
    }
    return first;
}

static void explain_cell(const struct time_column *column, const struct first_cell *cell,
                         struct time_hint *hint)
{
    time_format_explain(&column->format, cell->text, strlen(cell->text), hint);
}

/*
 * Most cells are times, but not nearly all.  Numbers are left to number_column.c: most of them are
 * no times.
 */
static void decide_majority(const struct time_column *column,
                            struct time_decision *decision)
{
    uint64_t texts = count_candidates(column) - column->kinds[CELL_NUMBER].count;
    decision->first_bad = first_unread(column);
    if (texts <= decision->cells / 2)
        return;
    struct time_hint hint;
    explain_cell(column, &decision->first_bad, &hint);
    decision->verdict = TIME_COLUMN_UNREADABLE;
    say(decision->text,
        "holds times in %llu of %llu cells; the first that is none is \"%s\"%s%s",
        number(texts), number(decision->cells), decision->first_bad.text,
        hint.text[0] != '\0' ? ", which " : "", hint.text);
}

static void decide_clocks(const struct time_column *column,
                          struct time_decision *decision)
{
    const struct first_cell *clocks = &column->kinds[CELL_CLOCK];
    decision->verdict = TIME_COLUMN_CLOCKS;
    decision->first_bad = *clocks;
    say(decision->text, "holds times of day without a date, such as \"%s\"",
        clocks->text);
}

/* Times in a form that is not read, perhaps among others. */
static void decide_unread(const struct time_column *column,
                          struct time_decision *decision)
{
    struct first_cell first = first_unread(column);
    struct time_hint hint;
    explain_cell(column, &first, &hint);
    refuse(decision, &first);
    say(decision->text, "holds \"%s\", which %s", first.text, hint.text);
    size_t used = strlen(decision->text), left = sizeof decision->text - used;
    const char *quote = strchr(hint.format, '\'') ? "\"" : "'";
    if (hint.format[0] != '\0' && left > strlen(hint.format) + 70)
        (void)snprintf(decision->text + used, left,
                       "; %s--time-format %s%s%s reads it%s%s",
                       hint.is_without_word ? "without the word, " : "", quote,
                       hint.format, quote, hint.is_day_first ? " day first," : "",
                       strstr(hint.format, "%z") ? "" : " as UTC");
}

static bool are_zones(const struct time_column *column, uint64_t nearly_all)
{
    return column->other_zones.count > 0 &&
           column->utc_zones.count + column->other_zones.count + column->offsets.count >=
               nearly_all;
}

static void decide_zones(const struct time_column *column, struct time_decision *decision)
{
    decision->verdict = TIME_COLUMN_ZONES;
    decision->first_bad = column->other_zones;
    say(decision->text, "holds time zones, such as \"%s\"", column->other_zones.text);
}

/* Are there texts without a zone?  Numbers have none, and need none. */
static bool lacks_zones(const struct time_column *column)
{
    uint64_t ordered = 0;
    for (int kind = CELL_DAY_MONTH; kind <= CELL_SHORT_YEAR; kind++)
        ordered += column->kinds[kind].count;
    if (column->format.kind == TIME_AUTO)
        return column->without_zone.count > 0 || ordered > 0;
    return !strstr(column->format.pattern, "%z") &&
           !strstr(column->format.pattern, "%Z") &&
           column->given_numbers.count < column->kinds[CELL_TIME].count;
}

/* Do nearly all cells look like times, while too few of them can be read? */
static bool are_unread(const struct time_column *column, uint64_t cells)
{
    uint64_t unread = column->kinds[CELL_NEAR].count + column->kinds[CELL_CLOCK].count;
    uint64_t texts = count_candidates(column) - column->kinds[CELL_NUMBER].count;
    return unread > 0 && texts <= cells / 2 && texts + unread >= cells - cells / 100;
}

void time_column_decide(const struct time_column *column, struct time_decision *decision)
{
    *decision = (struct time_decision){.verdict = TIME_COLUMN_NOT};
    uint64_t candidates = count_candidates(column);
    uint64_t clocks = column->kinds[CELL_CLOCK].count;
    decision->cells = candidates + column->kinds[CELL_OTHER].count +
                      column->kinds[CELL_NEAR].count + clocks;
    uint64_t nearly_all = decision->cells - decision->cells / 100;
    if (clocks > 0 && clocks >= nearly_all) {
        decide_clocks(column, decision);
        return;
    }
    if (are_zones(column, nearly_all)) {
        decide_zones(column, decision);
        return;
    }
    if (are_unread(column, decision->cells)) {
        decide_unread(column, decision);
        return;
    }
    if (candidates == 0 || candidates < nearly_all) {
        decide_majority(column, decision);
        return;
    }
    if (column->format.kind != TIME_AUTO)
        decide_given(column, decision);
    else if (column->kinds[CELL_NUMBER].count + column->kinds[CELL_ZERO_DATE].count ==
                 candidates &&
             has(column, CELL_NUMBER))
        decide_numbers(column, decision);
    else
        decide_texts(column, decision);
    if (decision->verdict == TIME_COLUMN_TIMES ||
        decision->verdict == TIME_COLUMN_PERHAPS) {
        decision->times = count_times(column);
        decision->first_bad = first_unread(column);
        decision->has_no_zone = lacks_zones(column);
    }
}

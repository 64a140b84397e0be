/*
 * A sample of whole histories is read from the tape.  Each field's numbers are then a list, in the
 * order of the histories.  What costs more than one pass over the list is done only where a cheap
 * comparison says that it may find something.
 */
#include "data/warnings/warnings.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/schema.h"

enum {
    SAMPLED_EVENTS = 1 << 14,
    LONGEST = 512,     /* events of a history that are examined */
    MIN_SIDE = 20,     /* numbers before and after a change of the unit */
    MIN_NAME = 3,      /* numbers of an event's name on each side */
    MIN_GROWING = 100, /* numbers that grow */
    MIN_WHOLE = 10,    /* numbers that have lost their point */
    MIN_POINTS = 40    /* numbers that have it */
};

/* A number of an event.  Zero is left out: it has no magnitude. */
struct reading {
    uint64_t place;
    double number, magnitude; /* its logarithm */
    uint32_t name;            /* of the event */
    uint32_t decimals;        /* digits after the point */
    bool is_whole, has_point; /* written as digits, without or with a point */
};

/* The numbers of a field. */
struct readings {
    struct reading *list;
    size_t count, capacity;
};

struct scales {
    const struct tape *tape;
    const struct columns *columns;
    const struct histories *histories;
    struct messages *messages;
    struct readings *fields; /* [columns] */
    bool *is_number;         /* [columns] */
    size_t names;         /* of events; the last one stands for all that are not listed */
    double *centres;      /* [names] what magnitudes are compared with; NAN: nothing */
    size_t *counts;       /* [names] */
    double *left, *right; /* [largest count] of the field that is examined */
};

/* ---- reading ---- */

static bool add_reading(struct readings *readings, const struct reading *reading)
{
    if (!array_reserve(&readings->list, readings->count, &readings->capacity,
                       sizeof *readings->list))
        return false;
    readings->list[readings->count++] = *reading;
    return true;
}

/* Add the value if it is a number.  False without memory. */
static bool read_value(struct scales *scales, const struct tape_value *value,
                       uint64_t place, uint32_t name)
{
    if (!scales->is_number[value->column])
        return true;
    struct text_info info = tape_info(scales->tape, value);
    if ((info.class != CLASS_NUMBER && info.class != CLASS_COMMA_NUMBER) ||
        info.number == 0.0 || !isfinite(info.number))
        return true;
    bool has_point = value->kind == TAPE_DECIMAL;
    const struct reading reading = {.place = place,
                                    .number = info.number,
                                    .magnitude = log(fabs(info.number)),
                                    .name = name,
                                    .decimals = has_point ? value->decimals : 0,
                                    .is_whole = value->kind == TAPE_INTEGER,
                                    .has_point = has_point};
    return add_reading(&scales->fields[value->column], &reading);
}

static uint32_t find_name(const struct scales *scales, struct tape_cursor cursor)
{
    struct tape_value value;
    uint32_t name = (uint32_t)scales->names - 1;
    while (tape_next(&cursor, &value))
        if (value.column == scales->columns->event && value.kind == TAPE_TEXT &&
            value.index != TAPE_FURTHER)
            name = value.index;
    return name;
}

static bool read_history(struct scales *scales, size_t index)
{
    struct tape_reader reader;
    struct tape_value value;
    uint32_t name = (uint32_t)scales->names - 1, events = 0;
    tape_open(&reader, scales->tape, index);
    bool is_open = tape_open_members(&reader), is_read = true;
    const uint64_t file = tape_place(reader.history->file, 0);
    while (is_open && tape_next(&reader.cursor, &value))
        continue;
    for (is_open = is_open && tape_open_fields(&reader); is_open && is_read;) {
        is_open = tape_next(&reader.cursor, &value);
        is_read = !is_open || read_value(scales, &value, file | reader.line, name);
    }
    while (is_read && events++ < LONGEST && tape_open_event(&reader)) {
        name = find_name(scales, reader.cursor);
        while (is_read && tape_next(&reader.cursor, &value))
            is_read = read_value(scales, &value, file | reader.line, name);
    }
    return is_read;
}

/* Read every nth history, so that about SAMPLED_EVENTS events are read. */
static bool read_sample(struct scales *scales)
{
    size_t events = 0, used = 0;
    bool is_read = true;
    for (size_t i = 0; i < scales->histories->count; i++)
        if (scales->histories->list[i].role != ROLE_NONE)
            events += scales->tape->histories[i].events;
    const size_t stride = 1 + events / SAMPLED_EVENTS;
    for (size_t i = 0; i < scales->histories->count && is_read; i++)
        if (scales->histories->list[i].role != ROLE_NONE && used++ % stride == 0)
            is_read = read_history(scales, i);
    return is_read;
}

/* ---- numbers of a list ---- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double quantile(const double *sorted, size_t count, double share)
{
    return sorted[(size_t)(share * (double)(count - 1) + 0.5)];
}

/* The middle of the numbers [count], which are sorted. */
static double sort_for_median(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, compare_doubles);
    return quantile(numbers, count, 0.5);
}

static double spread(const double *sorted, size_t count)
{
    return quantile(sorted, count, 0.75) - quantile(sorted, count, 0.25);
}

/* The magnitude of a reading compared with others of the name; NAN: there is nothing to compare with. */
static double relative(const struct scales *scales, const struct reading *reading)
{
    return reading->magnitude - scales->centres[reading->name];
}

/* Compare with the mean magnitude of the name. */
static void centre_by_means(const struct scales *scales, const struct readings *readings)
{
    memset(scales->counts, 0, scales->names * sizeof *scales->counts);
    for (size_t i = 0; i < scales->names; i++)
        scales->centres[i] = 0.0;
    for (size_t i = 0; i < readings->count; i++) {
        scales->centres[readings->list[i].name] += readings->list[i].magnitude;
        scales->counts[readings->list[i].name]++;
    }
    for (size_t i = 0; i < scales->names; i++)
        if (scales->counts[i] > 0)
            scales->centres[i] /= (double)scales->counts[i];
}

/* ---- another unit from some place on ---- */

/*
 * The place where the means before and after differ most surely, by cumulative sums; what is returned
 * is the difference of these means, later minus earlier.
 */
static double find_change(const struct scales *scales, const struct readings *readings,
                          size_t *change)
{
    double total = 0.0, sum = 0.0, most = -1.0, best = 0.0, n = 0.0, k = 0.0, at = 0.0;
    for (size_t i = 0; i < readings->count; i++) {
        double value = relative(scales, &readings->list[i]);
        total += isnan(value) ? 0.0 : value;
        n += !isnan(value);
    }
    *change = 0;
    for (size_t i = 0; i + 1 < readings->count; i++) {
        double value = relative(scales, &readings->list[i]);
        if (isnan(value))
            continue;
        sum += value;
        k++;
        double excess = fabs(sum - total * k / n);
        if (excess > most && k < n) {
            most = excess;
            best = sum;
            at = k;
            *change = i + 1;
        }
    }
    return at > 0.0 ? (total - best) / (n - at) - best / at : 0.0;
}

struct name_reading {
    double magnitude;
    uint32_t name;
    bool is_later;
};

static int compare_names(const void *a, const void *b)
{
    const struct name_reading *x = a, *y = b;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    if (x->is_later != y->is_later)
        return x->is_later ? 1 : -1;
    return x->magnitude < y->magnitude ? -1 : x->magnitude > y->magnitude;
}

/* Between the medians of both sides of a name [count], of which `before` are on the first side. */
static double find_centre(const struct name_reading *list, size_t before, size_t count)
{
    size_t after = count - before;
    if (before < MIN_NAME || after < MIN_NAME)
        return NAN;
    return 0.5 * (list[before / 2].magnitude + list[before + after / 2].magnitude);
}

/*
 * Compare with what is between the medians of both sides of a name.  The sides are first the readings
 * before and after a change, later those with and without a point.  False without memory.
 */
static bool centre_by_medians(const struct scales *scales,
                              const struct readings *readings,
                              bool (*is_later)(const struct readings *, size_t, size_t),
                              size_t change)
{
    struct name_reading *list = malloc((readings->count + 1) * sizeof *list);
    if (!list)
        return false;
    for (size_t i = 0; i < readings->count; i++)
        list[i] = (struct name_reading){.magnitude = readings->list[i].magnitude,
                                        .name = readings->list[i].name,
                                        .is_later = is_later(readings, i, change)};
    qsort(list, readings->count, sizeof *list, compare_names);
    for (size_t i = 0, n, before; i < readings->count; i += n) {
        before = 0;
        for (n = 0; i + n < readings->count && list[i + n].name == list[i].name; n++)
            before += !list[i + n].is_later;
        scales->centres[list[i].name] = find_centre(list + i, before, n);
    }
    free(list);
    return true;
}

static bool is_after(const struct readings *readings, size_t index, size_t change)
{
    (void)readings;
    return index >= change;
}

static bool is_whole(const struct readings *readings, size_t index, size_t change)
{
    (void)change;
    return readings->list[index].is_whole;
}

/* What the numbers of a side look like. */
struct side {
    size_t count;
    double median, spread;
    double drift; /* how far the medians of its halves are apart */
};

static struct side describe_side(const struct scales *scales,
                                 const struct readings *readings, size_t first,
                                 size_t end, double *work)
{
    struct side side = {.count = 0};
    for (size_t i = first; i < end; i++) {
        double value = relative(scales, &readings->list[i]);
        if (!isnan(value))
            work[side.count++] = value;
    }
    if (side.count < MIN_SIDE)
        return side;
    size_t half = side.count / 2;
    double early = sort_for_median(work, half);
    double late = sort_for_median(work + half, side.count - half);
    side.drift = fabs(late - early);
    side.median = sort_for_median(work, side.count);
    side.spread = spread(work, side.count);
    return side;
}

/* How many times larger a unit is that exports have beside another one; 0: no such factor. */
static double find_factor(double difference, double noise)
{
    static const double factors[] = {60, 100, 1000, 3600, 6e4, 86400, 1e6, 3.6e6, 1e9};
    double tolerance = 0.3 + (noise < 0.3 ? noise : 0.3);
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        if (fabs(difference - log(factors[i])) < tolerance)
            return factors[i];
    return 0.0;
}

/* The share of the sorted numbers that is on the side of 0 on which their median is. */
static double share_of_side(const double *sorted, size_t count, double middle)
{
    size_t below = 0;
    while (below < count && sorted[below] < middle)
        below++;
    bool is_low = 2 * below > count;
    return (double)(is_low ? below : count - below) / (double)count;
}

/* Are both sides flat, apart from each other, and alike otherwise?  The factor between them, or 0. */
static double compare_sides(const struct scales *scales, const struct side *a,
                            const struct side *b)
{
    static const double APART = 0.9, ALIKE = 2.5, SMALLEST = 0.05;
    if (a->count < MIN_SIDE || b->count < MIN_SIDE)
        return 0.0;
    double difference = fabs(a->median - b->median);
    double middle = 0.5 * (a->median + b->median);
    double least = fmin(a->spread, b->spread), most = fmax(a->spread, b->spread);
    double noise =
        a->spread / sqrt((double)a->count) + b->spread / sqrt((double)b->count);
    if (fmax(a->drift, b->drift) > 0.2 * difference ||
        most > ALIKE * (least + SMALLEST) ||
        share_of_side(scales->left, a->count, middle) < APART ||
        share_of_side(scales->right, b->count, middle) < APART)
        return 0.0;
    return find_factor(difference, noise);
}

static void warn_of_change(const struct scales *scales, const struct readings *readings,
                           const char *name, size_t change, double factor,
                           bool is_smaller)
{
    char place[TAPE_PLACE_BYTES];
    size_t count = readings->count;
    for (size_t i = 0; i < change; i++)
        scales->left[i] = readings->list[i].magnitude;
    for (size_t i = change; i < count; i++)
        scales->right[i - change] = readings->list[i].magnitude;
    double before = exp(sort_for_median(scales->left, change));
    double after = exp(sort_for_median(scales->right, count - change));
    tape_place_write(scales->tape, readings->list[change].place, place, sizeof place);
    messages_warn(scales->messages,
                  "field \"%s\": from %s on, %.0f %% of the numbers are about %g times "
                  "%s than those before (medians %.3g and %.3g), and alike otherwise: "
                  "are they in another unit?",
                  name, place, 100.0 * (double)(count - change) / (double)count, factor,
                  is_smaller ? "smaller" : "larger", after, before);
}

/* False without memory. */
static bool search_change(const struct scales *scales, const struct readings *readings,
                          const char *name, bool *is_found)
{
    static const double MIN_DIFFERENCE = 3.0; /* a factor of 20 */
    size_t change;
    *is_found = false;
    if (readings->count < 2 * MIN_SIDE)
        return true;
    centre_by_means(scales, readings);
    if (fabs(find_change(scales, readings, &change)) < MIN_DIFFERENCE)
        return true;
    if (!centre_by_medians(scales, readings, is_after, change))
        return false;
    (void)find_change(scales, readings, &change);
    struct side before = describe_side(scales, readings, 0, change, scales->left);
    struct side after =
        describe_side(scales, readings, change, readings->count, scales->right);
    double factor = compare_sides(scales, &before, &after);
    *is_found = factor > 0.0;
    if (*is_found)
        warn_of_change(scales, readings, name, change, factor,
                       after.median < before.median);
    return true;
}

static int compare_places(const void *a, const void *b)
{
    const struct reading *x = a, *y = b;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* ---- a decimal point that was lost ---- */

/* What is known of the numbers without and with a point. */
struct points {
    size_t whole, points;
    uint32_t decimals; /* digits that nearly all numbers with a point have after it */
    double least_whole, most_whole, most_points; /* magnitudes */
    const struct reading *first;                 /* of those without a point */
};

/* 4.51, 45.1, 451: is a power of ten between the numbers with a point and those without? */
static bool are_rounded(const struct points *found)
{
    static const double CLOSE = 1e-9;
    double power = floor(found->least_whole / log(10.0) + CLOSE) * log(10.0);
    return found->most_points < power + CLOSE;
}

static bool find_points(const struct readings *readings, struct points *found)
{
    enum { DIGITS = 10 };
    static const double NEARLY_ALL = 0.95;
    size_t digits[DIGITS + 1] = {0};
    *found = (struct points){
        .least_whole = INFINITY, .most_whole = -INFINITY, .most_points = -INFINITY};
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading *reading = &readings->list[i];
        if (reading->has_point) {
            digits[reading->decimals < DIGITS ? reading->decimals : DIGITS]++;
            found->points++;
            found->most_points = fmax(found->most_points, reading->magnitude);
        } else if (reading->is_whole) {
            found->whole++;
            found->least_whole = fmin(found->least_whole, reading->magnitude);
            found->most_whole = fmax(found->most_whole, reading->magnitude);
            if (!found->first || reading->place < found->first->place)
                found->first = reading;
        }
    }
    for (uint32_t i = 1; i <= DIGITS; i++)
        if (digits[i] > digits[found->decimals])
            found->decimals = i;
    bool are_thousands = found->decimals == 3 && found->most_whole < log(1000.0);
    return !are_thousands && found->whole >= MIN_WHOLE && found->points >= MIN_POINTS &&
           2 * found->whole <= found->points &&
           (double)digits[found->decimals] >= NEARLY_ALL * (double)found->points &&
           !are_rounded(found);
}

/* 10, 100 or 1000 if the sorted numbers without a point are so many times larger; else 0. */
static double compare_points(const double *points, size_t point_count,
                             const double *whole, size_t whole_count)
{
    static const double SHARES[] = {0.5, 0.25, 0.75};
    const double ten = log(10.0), tolerance[] = {log(1.5), log(2.2), log(2.2)};
    double power = 0.0;
    for (int i = 0; i < 3; i++) {
        double difference = quantile(whole, whole_count, SHARES[i]) -
                            quantile(points, point_count, SHARES[i]);
        if (i == 0)
            power = floor(difference / ten + 0.5);
        if (fabs(difference - power * ten) > tolerance[i])
            return 0.0;
    }
    return power >= 1.0 && power <= 3.0 ? exp(power * ten) : 0.0;
}

static bool search_lost_points(const struct scales *scales,
                               const struct readings *readings, const char *name)
{
    struct points found;
    size_t whole = 0, points = 0;
    char place[TAPE_PLACE_BYTES];
    if (!find_points(readings, &found))
        return true;
    if (!centre_by_medians(scales, readings, is_whole, 0))
        return false;
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading *reading = &readings->list[i];
        double value = relative(scales, reading);
        if (!isnan(value) && reading->has_point)
            scales->left[points++] = value;
        else if (!isnan(value) && reading->is_whole)
            scales->right[whole++] = value;
    }
    if (points < MIN_POINTS || whole < MIN_WHOLE || 2 * whole < found.whole)
        return true;
    (void)sort_for_median(scales->left, points);
    (void)sort_for_median(scales->right, whole);
    double factor = compare_points(scales->left, points, scales->right, whole);
    if (factor == 0.0)
        return true;
    tape_place_write(scales->tape, found.first->place, place, sizeof place);
    messages_warn(
        scales->messages,
        "field \"%s\": %zu of %zu numbers have no decimal point, the first is "
        "%.0f (%s), and are about %.0f times larger than the others, which have "
        "%u digit%s after it: was the point lost?",
        name, found.whole, readings->count, found.first->number, place, factor,
        found.decimals, found.decimals == 1 ? "" : "s");
    return true;
}

/* ---- numbers that grow ---- */

/* Is nearly every number smaller than the one an eighth of the list later? */
static bool is_growing(const struct readings *readings)
{
    const size_t lag = readings->count / 8, pairs = readings->count - lag;
    size_t rising = 0;
    if (readings->count < MIN_GROWING)
        return false;
    for (size_t i = 0; i < pairs; i++)
        rising += readings->list[i].number < readings->list[i + lag].number;
    return 100 * rising >= 99 * pairs;
}

static void search_growth(const struct scales *scales, const struct readings *readings,
                          const char *name)
{
    char first[TAPE_PLACE_BYTES], last[TAPE_PLACE_BYTES];
    if (!is_growing(readings))
        return;
    const struct reading *a = &readings->list[0], *b = a + readings->count - 1;
    tape_place_write(scales->tape, a->place, first, sizeof first);
    tape_place_write(scales->tape, b->place, last, sizeof last);
    messages_warn(scales->messages,
                  "field \"%s\": its numbers grow all the time, from %.15g (%s) to %.15g "
                  "(%s): those of later events are beyond all that is trained; leave out "
                  "an id or a counter",
                  name, a->number, first, b->number, last);
}

/* ---- all of it ---- */

static enum status search_field(struct scales *scales, uint32_t column, struct error *err)
{
    struct readings *readings = &scales->fields[column];
    const char *name = scales->tape->columns[column].name;
    bool is_found;
    scales->left = malloc((readings->count + 1) * sizeof *scales->left);
    scales->right = malloc((readings->count + 1) * sizeof *scales->right);
    bool is_done =
        scales->left && scales->right && search_change(scales, readings, name, &is_found);
    if (is_done && !is_found)
        is_done = search_lost_points(scales, readings, name);
    if (is_done)
        search_growth(scales, readings, name);
    if (is_done && !is_found && scales->tape->file_count > 1 && readings->count > 1) {
        qsort(readings->list, readings->count, sizeof *readings->list, compare_places);
        is_done = search_change(scales, readings, name, &is_found);
    }
    free(scales->left);
    free(scales->right);
    return is_done ? STATUS_OK : error_no_memory(err);
}

static bool find_numbers(struct scales *scales, const struct schema *schema)
{
    bool is_any = false;
    for (uint32_t i = 0; i < scales->tape->column_count; i++) {
        const struct tape_column *column = &scales->tape->columns[i];
        if (column->scope != SCOPE_FIELD || scales->columns->roles[i] != COLUMN_FIELD)
            continue;
        const struct field *field =
            schema_find_bytes(schema, column->name, column->name_length);
        scales->is_number[i] =
            field && field->kind == FIELD_NUMBER && !field->has_booleans;
        is_any = is_any || scales->is_number[i];
    }
    return is_any;
}

static void release(struct scales *scales)
{
    for (size_t i = 0; scales->fields && i < scales->tape->column_count; i++)
        free(scales->fields[i].list);
    free(scales->fields);
    free(scales->is_number);
    free(scales->centres);
    free(scales->counts);
}

enum status warn_about_number_scales(struct messages *messages,
                                     const struct warning_data *data, struct error *err)
{
    const struct tape *tape = data->tape;
    const struct columns *columns = data->columns;
    struct scales scales = {.tape = tape,
                            .columns = columns,
                            .histories = data->histories,
                            .messages = messages};
    scales.names = columns->event == MAP_NONE
                       ? 1
                       : tape->columns[columns->event].texts.count + (size_t)1;
    scales.fields = calloc(tape->column_count + 1, sizeof *scales.fields);
    scales.is_number = calloc(tape->column_count + 1, sizeof *scales.is_number);
    scales.centres = calloc(scales.names, sizeof *scales.centres);
    scales.counts = calloc(scales.names, sizeof *scales.counts);
    bool has_memory =
        scales.fields && scales.is_number && scales.centres && scales.counts;
    enum status status = has_memory ? STATUS_OK : error_no_memory(err);
    if (status == STATUS_OK && find_numbers(&scales, data->schema)) {
        if (!read_sample(&scales))
            status = error_no_memory(err);
        for (uint32_t i = 0; i < tape->column_count && status == STATUS_OK; i++)
            if (scales.is_number[i])
                status = search_field(&scales, i, err);
    }
    release(&scales);
    return status;
}

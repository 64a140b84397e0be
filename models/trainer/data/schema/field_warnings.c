/* Each warning is one line, with a number and the first place. */
#include "data/schema/field_warnings.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "base/value.h"
#include "data/histories/encoder.h"

/* One number far beyond all others spoils the mean and the scale of a field. */
static void warn_about_outlier(const struct field_counting *counting,
                               const struct field_counts *field,
                               struct messages *messages)
{
    static const double FAR = 1000.0;
    const struct first_cell *largest = &field->cells.largest;
    double first = 0.0, second = 0.0;
    char place[TAPE_PLACE_BYTES];
    if (field->cells.magnitude > LARGEST_NUMBER)
        return; /* it is missing */
    for (size_t i = 0; i < field->values.count; i++) {
        double number = fabs(field->values.counts[i].number);
        second = number > first ? first : number > second ? number : second;
        first = number > first ? number : first;
    }
    if (field->values.count < 10 || !(second > 0.0) || first < FAR * second ||
        largest->count * 1000 > field->cells.cells)
        return;
    tape_place_write(counting->tape, largest->place, place, sizeof place);
    messages_warn(messages,
                  "field \"%s\": %" PRIu64 " of %" PRIu64
                  " numbers %s \"%s\" (the first at %s), all others are at most %g: the "
                  "field's mean and scale are those of this number",
                  field->name, largest->count, field->cells.cells,
                  largest->count == 1 ? "is" : "are", largest->text, place, second);
}

/*
 * A category whose cells are numbers with a unit, or in quotes: each number is a value of its own, and
 * what lies between them is unknown.
 */
static void warn_about_measures(const struct field_counting *counting,
                                const struct field_counts *field,
                                struct messages *messages)
{
    const struct number_column *cells = &field->cells;
    const struct first_cell *first = &cells->measures, *other = &cells->other_measures;
    uint64_t numbers = cells->points.count + cells->commas.count + cells->measures.count;
    char hint[VALUE_HINT_SIZE], place[TAPE_PLACE_BYTES],
        more[2 * TAPE_PLACE_BYTES + FIRST_CELL_SIZE];
    if (field->is_number || field->is_told || field->values.count <= MAX_CODES ||
        first->count == 0 || (double)numbers < NEARLY_NUMBERS * (double)cells->cells)
        return;
    tape_place_write(counting->tape, first->place, place, sizeof place);
    value_number_explain(first->text, strlen(first->text), hint);
    more[0] = '\0';
    if (other->count > 0) {
        char other_place[TAPE_PLACE_BYTES];
        tape_place_write(counting->tape, other->place, other_place, sizeof other_place);
        (void)snprintf(more, sizeof more, ", another is \"%s\" (%s)", other->text,
                       other_place);
    }
    messages_warn(messages,
                  "field \"%s\": %" PRIu64 " of %" PRIu64
                  " cells are numbers, but not plain ones: the first is \"%s\"%s%s "
                  "(%s)%s; so it is read as text, until its cells are plain "
                  "numbers%s",
                  field->name, numbers, cells->cells, first->text,
                  hint[0] != '\0' ? ", which " : "", hint, place, more,
                  other->count > 0 ? " in one unit" : "");
}

/* JSON strings that are all numbers. */
static void warn_about_quotes(const struct field_counting *counting,
                              const struct field_counts *field, struct messages *messages)
{
    const struct number_column *cells = &field->cells;
    char place[TAPE_PLACE_BYTES];
    bool is_quoted = !field->is_number && field->typed == 0;
    if (!is_quoted || field->values.count <= MAX_CODES || cells->marks.count == 0 ||
        cells->points.count < cells->cells)
        return;
    tape_place_write(counting->tape, cells->points.place, place, sizeof place);
    messages_warn(messages,
                  "field \"%s\": all %" PRIu64
                  " values are numbers in quotes, the first is \"%s\" (%s): they are "
                  "read as text, until they are without quotes",
                  field->name, cells->cells, cells->points.text, place);
}

/* Upper-case letters, as of countries and regions. */
static bool is_short_code(const char *value)
{
    size_t length = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return length >= 2 && length <= 4 && value[length] == '\0';
}

/* NA is missing; among codes it may be North America or Namibia. */
static void warn_about_codes(const struct field_counting *counting,
                             const struct field_counts *field, struct messages *messages)
{
    const struct tape_column *column = &counting->tape->columns[field->column];
    uint32_t mark = strmap_find(&column->texts, "NA", 2);
    char place[TAPE_PLACE_BYTES];
    if (field->is_number || mark == MAP_NONE || field->text_events[mark] == 0 ||
        field->values.count == 0)
        return;
    for (size_t i = 0; i < field->values.count; i++)
        if (!is_short_code(field->values.counts[i].value))
            return;
    tape_place_write(counting->tape, field->text_place[mark], place, sizeof place);
    messages_warn(messages,
                  "field \"%s\": \"NA\" (in %" PRIu64
                  " cells, the first at %s) is read as missing, and its other values are "
                  "codes such as \"%s\": if it is a code, too, write it otherwise",
                  field->name, field->text_events[mark], place,
                  field->values.counts[0].value);
}

/* How often the values of a number are: below zero, at the largest magnitude, and the next one. */
struct number_extremes {
    double largest, second; /* magnitudes */
    size_t largest_events;
    size_t negative_values, negative_events;
    double negative;
};

static struct number_extremes find_extremes(const struct field_counts *field)
{
    struct number_extremes found = {.largest = -1.0, .second = -1.0};
    for (size_t i = 0; i < field->values.count; i++) {
        double number = field->values.counts[i].number;
        size_t events = field->values.counts[i].events;
        double magnitude = fabs(number);
        if (number < 0) {
            found.negative = number;
            found.negative_values++;
            found.negative_events += events;
        }
        if (magnitude > found.largest) {
            found.second = found.largest;
            found.largest = magnitude;
            found.largest_events = events;
        } else if (magnitude > found.second) {
            found.second = magnitude;
        }
    }
    return found;
}

/* A number that stands for "none": far from all others and there again and again, or the only one below zero. */
static void warn_about_sentinels(const struct field_counting *counting,
                                 const struct field_counts *field,
                                 struct messages *messages)
{
    static const double FAR = 4.0;
    enum { MIN_TIMES = 3, MIN_DIFFERENT = 10, RARE = 1000 };
    const struct number_column *cells = &field->cells;
    struct number_extremes found = find_extremes(field);
    const struct first_cell *cell = NULL;
    char place[TAPE_PLACE_BYTES];
    bool is_far = found.second > 0.0 && found.largest >= FAR * found.second &&
                  found.largest_events >= MIN_TIMES &&
                  found.largest_events * RARE > cells->cells; /* else it is an outlier */
    if (field->values.count < MIN_DIFFERENT)
        return;
    if (found.negative_values == 1 && found.negative_events >= MIN_TIMES &&
        found.negative == floor(found.negative))
        cell = &cells->negatives;
    else if (is_far)
        cell = &cells->largest;
    if (!cell)
        return;
    tape_place_write(counting->tape, cell->place, place, sizeof place);
    messages_warn(messages,
                  "field \"%s\": %" PRIu64 " of %" PRIu64
                  " numbers are \"%s\" (the first at %s), %s: if it means that there is "
                  "none, empty these cells",
                  field->name, cell->count, cells->cells, cell->text, place,
                  cell == &cells->negatives ? "the only one below zero"
                                            : "far from all others");
}

/* 5.033 beside 987: a point that separates thousands. */
static void warn_about_points(const struct field_counting *counting,
                              const struct field_counts *field, struct messages *messages)
{
    const struct number_column *cells = &field->cells;
    char place[TAPE_PLACE_BYTES];
    if (cells->grouped.count == 0 || cells->grouped.count < cells->marks.count ||
        cells->large.count > 0 || cells->marks.count == cells->points.count)
        return;
    tape_place_write(counting->tape, cells->grouped.place, place, sizeof place);
    messages_warn(
        messages,
        "field \"%s\": \"%s\" (%s) is read as a fraction; all numbers with a point "
        "have three digits after it, and those without are below 1000: if it "
        "separates thousands, take it out",
        field->name, cells->grouped.text, place);
}

/* "Y", "yes" and "1" in one column. */
static void warn_about_truth_words(const struct field_counts *field,
                                   struct messages *messages)
{
    static const char *const words[] = {"yes", "no", "y", "n",  "true", "false", "t",
                                        "f",   "1",  "0", "on", "off",  "ja",    "nein"};
    size_t kept = 0, count = sizeof words / sizeof *words;
    if (field->is_number)
        return;
    for (size_t i = 0; i < field->values.count; i++) {
        const char *value = field->values.counts[i].value;
        size_t w = 0;
        while (w < count && strcasecmp(value, words[w]) != 0)
            w++;
        if (w == count)
            return;
        kept++;
    }
    if (kept > 2)
        messages_warn(
            messages,
            "field \"%s\": %zu words for yes and no, such as \"%s\" and \"%s\", are "
            "as many values; \"rename\" in a recipe makes them two",
            field->name, kept, field->values.counts[0].value,
            field->values.counts[2].value);
}

/* Arrays and objects are no values.  True if the field has some and is left out. */
static bool warn_about_open_values(const struct field_counting *counting,
                                   const struct field_counts *field,
                                   struct messages *messages)
{
    char place[TAPE_PLACE_BYTES];
    struct strbuf hint;
    size_t plain = field->texts + field->numbers;
    if (field->others == 0 || field->column == counting->columns->event)
        return false;
    tape_place_write(counting->tape, field->open_place, place, sizeof place);
    strbuf_init(&hint, SIZE_MAX);
    if (plain > 0)
        strbuf_printf(&hint, ", and %zu have a plain value", plain);
    else
        strbuf_printf(&hint,
                      "; jq -c '(.. | objects | select(.[\"%s\"] | type == "
                      "\"object\")) |= (. + .[\"%s\"] | del(.[\"%s\"]))' makes fields of "
                      "the members of objects; of an array, put one value there",
                      field->name, field->name, field->name);
    if (hint.has_failed)
        messages->warnings.has_failed = true;
    else
        messages_warn(
            messages,
            "field \"%s\" is left out: it holds an array or an object in %zu of "
            "%zu events, the first at %s%s",
            field->name, field->others, counting->events, place, hint.bytes);
    strbuf_release(&hint);
    return true;
}

bool warn_about_field(const struct field_counting *counting,
                      const struct field_counts *field, struct messages *messages)
{
    if (warn_about_open_values(counting, field, messages))
        return false;
    if (field->column == counting->columns->event)
        return true;
    warn_about_measures(counting, field, messages);
    warn_about_quotes(counting, field, messages);
    warn_about_codes(counting, field, messages);
    warn_about_truth_words(field, messages);
    return true;
}

/* Requests may not put numbers in quotes (field_value.h). */
static void warn_about_quoted(const struct field_counting *counting,
                              const struct field_counts *field, struct messages *messages)
{
    char place[TAPE_PLACE_BYTES];
    if (field->quoted == 0)
        return;
    tape_place_write(counting->tape, field->quoted_place, place, sizeof place);
    messages_warn(
        messages,
        "field \"%s\": %" PRIu64 " number%s in quotes, the first at %s: predict "
        "and the service accept numbers without quotes only",
        field->name, field->quoted, field->quoted == 1 ? " is" : "s are", place);
}

void warn_about_numbers(const struct field_counting *counting,
                        const struct field_counts *field, struct messages *messages)
{
    warn_about_outlier(counting, field, messages);
    warn_about_sentinels(counting, field, messages);
    warn_about_points(counting, field, messages);
    warn_about_quoted(counting, field, messages);
}

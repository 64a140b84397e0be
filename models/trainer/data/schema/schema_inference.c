/*
 * Two passes over the training histories on the tape.  The first finds the kind of each column, the
 * second counts its values.  Each thread visits a share of the histories, in their order; the counts
 * of the shares are merged in the order of the shares, so the result is that of one thread.  Then the
 * decisions of schema_inference.h are made from the counts.  Last section: the scales that a recipe
 * gives.
 */
#include "data/schema/schema_inference.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "base/number_column.h"
#include "base/value.h"
#include "data/histories/encoder.h"

enum {
    MAX_FIELDS = 200,
    MAX_NAME_BYTES = 200,
    MAX_VALUES = 100000,        /* of a field */
    MIN_VALUE_HISTORIES = 2,    /* a value of fewer histories is left out */
    MIN_IDENTIFIER_VALUES = 21, /* a field with fewer values is not an identifier */
    MIN_EVIDENCE = 10,          /* histories that make a nearly constant field useful */
    MAX_CODES =
        20, /* whole numbers: with so few different ones they are probably codes */
    REASON_BYTES = 128,
    LONGEST_EXAMPLE = 60, /* bytes of a name in a warning */
    MAX_SHARES = 16       /* each has counts of its own */
};

#define NO_VALUE (UINT32_MAX - 1)

/*
 * Shares: of the events that have the same value, in a nearly constant field; of the histories
 * whose number is distinct, in an identifier; of the values that are numbers, in a number.
 */
static const double NEARLY_ALL = 0.999, NEARLY_UNIQUE = 0.95, NEARLY_NUMBERS = 0.9;
static const double RARE_NAMES = 0.25; /* of the events; fewer are usual in small data */

/* How many events and histories have a value: a string of bytes, or a number. */
struct value_count {
    const char *value; /* a zero byte follows it; NULL of a number */
    double number;
    size_t events;
    uint32_t histories;
    size_t last_history; /* the last one counted in histories */
};

/* The counts of the values of a field; only the first MAX_VALUES values are told apart. */
struct value_counts {
    struct arena arena;         /* of map */
    struct strmap map;          /* value -> index in counts */
    struct u64map numbers;      /* bits of a number -> index in counts */
    struct value_count *counts; /* [count] in order of first appearance; owned */
    size_t count, capacity;
    size_t further_events; /* events with another value than those counted */
    bool has_more;         /* a value was not told apart, because there were so many */
};

struct field_counts {
    const char *name; /* "event" for the column of the names */
    uint32_t column;
    uint64_t
        first; /* rank of the first value in the training histories; UINT64_MAX: none */
    bool is_number; /* otherwise a category */
    bool has_booleans;
    bool is_told; /* the first cell that is no number has been named */

    /* first pass */
    uint64_t *text_events; /* [texts of the column]; owned */
    uint64_t *text_place;  /* of the first one */
    struct number_column cells;
    int64_t codes[MAX_CODES]; /* different whole numbers */
    unsigned code_count;      /* MAX_CODES + 1: more */
    uint64_t typed;           /* cells of CSV, and JSON numbers */
    uint64_t open_place;      /* of the first array or object; UINT64_MAX: none */

    /* second pass */
    uint32_t *value_of; /* [texts] index in values + 1; 0: not yet known; owned */
    struct value_counts values;
    size_t texts, numbers, others; /* events; others have an array or an object */
    size_t histories;              /* with a string or a number */
    size_t last_history;           /* the last one counted in histories, from 1 */
    bool is_integer;               /* all numbers are integers */
    bool varies;                   /* some history has two different numbers */
    double min, max, last;         /* of the numbers */
};

/* Histories that one thread visits, and the counts of their columns. */
struct share {
    size_t first, end;            /* histories */
    size_t ordinal;               /* of the training histories before it */
    struct field_counts *columns; /* [columns]; owned */
    bool has_failed;              /* memory ran out */
};

struct schema_inference {
    const struct tape *tape;
    const struct columns *columns;
    const struct histories *info;
    struct share shares[MAX_SHARES];
    size_t share_count;
    struct field_counts
        *by_column;   /* those of the first share, and after a pass of all */
    bool is_counting; /* the second pass */
    uint32_t only;    /* the column that is counted again; MAP_NONE: all are counted */
    size_t histories, timed_histories, events;

    const struct field_counts *
        *fields; /* [count] in the order of first appearance; owned */
    size_t count;
};

/* ---- values of a field ---- */

static bool value_counts_reserve(struct value_counts *counts)
{
    if (counts->count < counts->capacity)
        return true;
    size_t capacity = counts->capacity == 0 ? 8 : 2 * counts->capacity;
    struct value_count *grown = realloc(counts->counts, capacity * sizeof *grown);
    if (!grown)
        return false;
    counts->counts = grown;
    counts->capacity = capacity;
    return true;
}

/*
 * The index of a value, added if it is new: NO_VALUE beyond the first MAX_VALUES, MAP_NONE without
 * memory.
 */
static uint32_t value_counts_find(struct value_counts *counts, const void *bytes,
                                  size_t length)
{
    if (counts->count < MAX_VALUES)
        return value_counts_reserve(counts)
                   ? strmap_add(&counts->map, bytes, length, &counts->arena)
                   : MAP_NONE;
    uint32_t index = strmap_find(&counts->map, bytes, length);
    counts->has_more = counts->has_more || index == MAP_NONE;
    return index == MAP_NONE ? NO_VALUE : index;
}

/* The same for a number; a field has either numbers or strings. */
static uint32_t value_counts_find_number(struct value_counts *counts, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (counts->count < MAX_VALUES)
        return value_counts_reserve(counts) ? u64map_add(&counts->numbers, bits)
                                            : MAP_NONE;
    uint32_t index = u64map_find(&counts->numbers, bits);
    counts->has_more = counts->has_more || index == MAP_NONE;
    return index == MAP_NONE ? NO_VALUE : index;
}

/* The counts of an index, which may be new. */
static struct value_count *value_counts_at(struct value_counts *counts, uint32_t index)
{
    struct value_count *count = &counts->counts[index];
    if (index < counts->count)
        return count;
    counts->count++;
    *count = (struct value_count){.last_history = SIZE_MAX};
    if (index < counts->map.count)
        count->value = counts->map.keys[index].bytes;
    else
        memcpy(&count->number, &counts->numbers.keys[index], sizeof count->number);
    return count;
}

/*
 * Count a value that `events` events of a history have.  The calls for a history, which `history`
 * identifies, follow each other.  False when index is MAP_NONE.
 */
static bool value_counts_add(struct value_counts *counts, uint32_t index, size_t events,
                             size_t history)
{
    if (index == MAP_NONE)
        return false;
    if (index == NO_VALUE) {
        counts->further_events += events;
        return true;
    }
    struct value_count *count = value_counts_at(counts, index);
    count->histories += count->last_history != history;
    count->last_history = history;
    count->events += events;
    return true;
}

/* Add the counts of later histories.  False without memory. */
static bool value_counts_merge(struct value_counts *counts,
                               const struct value_counts *from)
{
    counts->further_events += from->further_events;
    for (size_t i = 0; i < from->count; i++) {
        const struct value_count *later = &from->counts[i];
        uint32_t index = later->value ? value_counts_find(counts, later->value,
                                                          from->map.keys[i].length)
                                      : value_counts_find_number(counts, later->number);
        if (index == MAP_NONE)
            return false;
        if (index == NO_VALUE) {
            counts->further_events += later->events;
            continue;
        }
        struct value_count *count = value_counts_at(counts, index);
        count->events += later->events;
        count->histories += later->histories;
    }
    return true;
}

static void value_counts_release(struct value_counts *counts)
{
    free(counts->counts);
    u64map_release(&counts->numbers);
    arena_release(&counts->arena);
    *counts = (struct value_counts){.count = 0};
}

/* ---- first pass: the kind of a column ---- */

static void merge_cells(struct number_column *into, const struct number_column *one,
                        uint64_t count)
{
    struct number_column all = *one;
    struct number_cell *const cells[] = {&all.points,    &all.fractions, &all.commas,
                                         &all.thousands, &all.booleans,  &all.others,
                                         &all.codes,     &all.measures,  &all.missing,
                                         &all.grouped,   &all.large,     &all.negatives};
    all.cells *= count;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        cells[i]->count *= count;
    number_column_merge(into, &all);
}

static void note_code(struct field_counts *field, int64_t code)
{
    for (unsigned i = 0; i < field->code_count && i < MAX_CODES; i++)
        if (field->codes[i] == code)
            return;
    if (field->code_count < MAX_CODES)
        field->codes[field->code_count++] = code;
    else
        field->code_count = MAX_CODES + 1;
}

/* Has a cell of the kind been seen before this place? */
static bool is_after(const struct number_cell *cell, uint64_t place)
{
    return cell->count > 0 && place >= cell->place;
}

/* A number in plain digits: counted without being parsed again. */
static void note_plain(struct field_counts *field, const struct tape *tape,
                       const struct tape_value *value, uint64_t place)
{
    struct number_column *cells = &field->cells;
    bool is_decimal = value->kind == TAPE_DECIMAL;
    double number = tape_info(tape, value).number;
    bool is_whole = !is_decimal || number == floor(number);
    if (!is_decimal && field->code_count <= MAX_CODES)
        note_code(field, value->integer);
    else if (is_decimal)
        field->code_count = MAX_CODES + 1;
    uint64_t magnitude =
        value->integer < 0 ? -(uint64_t)value->integer : (uint64_t)value->integer;
    bool is_grouped =
        is_decimal && value->decimals == 3 && magnitude >= 1000 && magnitude < 1000000;
    bool is_large = !is_decimal && magnitude >= 1000;
    bool is_known =
        fabs(number) < cells->magnitude &&
        (!is_grouped || is_after(&cells->grouped, place)) &&
        (!is_large || is_after(&cells->large, place)) &&
        (number >= 0 || is_after(&cells->negatives, place)) &&
        place >= cells->points.place && cells->points.count > 0 &&
        (!is_decimal || (cells->marks.count > 0 && place >= cells->marks.place)) &&
        (is_whole || (cells->fractions.count > 0 && place >= cells->fractions.place));
    if (!is_known) {
        char buffer[TAPE_TEXT_SIZE];
        struct span text = tape_text(tape, value, buffer);
        number_column_add(cells, place, text.bytes, text.length);
        return;
    }
    cells->cells++;
    cells->points.count++;
    cells->marks.count += is_decimal;
    cells->fractions.count += !is_whole;
    cells->grouped.count += is_grouped;
    cells->large.count += is_large;
    cells->negatives.count += number < 0;
}

static void note_cell(struct field_counts *field, const struct tape *tape, bool is_csv,
                      const struct tape_value *value, uint64_t place)
{
    char buffer[TAPE_TEXT_SIZE];
    switch (value->kind) {
    case TAPE_TEXT:
    case TAPE_NUMBER_TEXT:
        field->typed += is_csv || value->kind == TAPE_NUMBER_TEXT;
        if (value->index == TAPE_FURTHER) {
            number_column_add(&field->cells, place, "text", 4);
            return;
        }
        if (field->text_events[value->index]++ == 0 ||
            place < field->text_place[value->index])
            field->text_place[value->index] = place;
        return;
    case TAPE_INTEGER:
    case TAPE_DECIMAL:
        field->typed++;
        note_plain(field, tape, value, place);
        return;
    case TAPE_OTHER:
        field->open_place = place < field->open_place ? place : field->open_place;
        return;
    case TAPE_NULL:
        return;
    case TAPE_FORM:
        field->typed += is_csv;
        field->code_count = MAX_CODES + 1;
        break;
    case TAPE_FALSE:
    case TAPE_TRUE:
        break;
    }
    struct span text = tape_text(tape, value, buffer);
    number_column_add(&field->cells, place, text.bytes, text.length);
}

static void note_texts(struct field_counts *field, const struct tape *tape)
{
    const struct strmap *texts = &tape->columns[field->column].texts;
    for (uint32_t i = 0; i < texts->count; i++) {
        struct number_column one = {.cells = 0};
        if (field->text_events[i] == 0)
            continue;
        number_column_add(&one, field->text_place[i], texts->keys[i].bytes,
                          texts->keys[i].length);
        merge_cells(&field->cells, &one, field->text_events[i]);
    }
}

/* ---- second pass: the values ---- */

/* Count the history, once.  Returns whether it had been counted before. */
static bool count_history(struct field_counts *field, size_t history)
{
    if (field->last_history == history)
        return true;
    field->last_history = history;
    field->histories++;
    return false;
}

static bool add_number(struct field_counts *field, double number, size_t events,
                       size_t history)
{
    bool is_repeated = count_history(field, history);
    if (field->numbers == 0)
        field->min = field->max = number;
    field->numbers += events;
    field->min = number < field->min ? number : field->min;
    field->max = number > field->max ? number : field->max;
    field->is_integer = field->is_integer && number == floor(number);
    field->varies = field->varies || (is_repeated && number != field->last);
    field->last = number;
    uint32_t index = value_counts_find_number(&field->values, number);
    return value_counts_add(&field->values, index, events, history);
}

static bool add_text(struct field_counts *field, uint32_t index, size_t events,
                     size_t history)
{
    (void)count_history(field, history);
    field->texts += events;
    return value_counts_add(&field->values, index, events, history);
}

/* The index of a text, whose booleans are "true" and "false", JSON numbers whole where they are. */
static uint32_t find_text(struct field_counts *field, struct span text, bool is_name,
                          bool is_json_number)
{
    char number[VALUE_CATEGORY_SIZE];
    size_t length;
    bool boolean;
    if (!is_name && value_boolean(text.bytes, text.length, &boolean))
        return value_counts_find(&field->values, boolean ? "true" : "false",
                                 boolean ? 4 : 5);
    if (is_json_number && value_category(text.bytes, text.length, number, &length))
        return value_counts_find(&field->values, number, length);
    return value_counts_find(&field->values, text.bytes, text.length);
}

static bool add_category(struct field_counts *field, const struct tape *tape, bool is_csv,
                         bool is_name, const struct tape_value *value, size_t events,
                         size_t history)
{
    char buffer[TAPE_TEXT_SIZE];
    bool is_listed = value->kind == TAPE_TEXT || value->kind == TAPE_NUMBER_TEXT;
    bool is_number =
        !is_csv && (value->kind == TAPE_INTEGER || value->kind == TAPE_DECIMAL ||
                    value->kind == TAPE_NUMBER_TEXT);
    if (is_listed && value->index == TAPE_FURTHER)
        return add_text(field, NO_VALUE, events, history);
    if (is_listed && field->value_of[value->index] != 0)
        return add_text(field, field->value_of[value->index] - 1, events, history);
    struct span text = tape_text(tape, value, buffer);
    uint32_t index = find_text(field, text, is_name, is_number);
    if (index == MAP_NONE)
        return false;
    if (is_listed)
        field->value_of[value->index] = index + 1;
    return add_text(field, index, events, history);
}

/* Count a value that `events` events of a history have.  False without memory. */
static bool add_value(struct field_counts *field, const struct tape *tape, bool is_csv,
                      bool is_name, const struct tape_value *value, size_t events,
                      size_t history)
{
    if (value->kind == TAPE_NULL)
        return true;
    if (value->kind == TAPE_OTHER) {
        field->others += events;
        return true;
    }
    if (!field->is_number && value->kind != TAPE_TEXT && value->kind != TAPE_FORM)
        return add_category(field, tape, is_csv, is_name, value, events, history);
    struct text_info info = tape_info(tape, value);
    if (info.class == CLASS_MISSING && !is_name)
        return true;
    if (!field->is_number)
        return add_category(field, tape, is_csv, is_name, value, events, history);
    bool is_number = info.class == CLASS_NUMBER || info.class == CLASS_COMMA_NUMBER ||
                     (info.class == CLASS_BOOLEAN && field->has_booleans);
    if (fabs(info.number) > LARGEST_NUMBER)
        return true; /* the encoder takes it for missing */
    return !is_number || add_number(field, info.number, events, history);
}

/* ---- a pass ---- */

struct pass {
    const struct schema_inference *inference;
    struct field_counts *columns;
    bool is_csv;
    size_t history;   /* ordinal of the training history, from 1 */
    uint64_t ordinal; /* of the value in its history */
};

static bool visit_value(struct pass *pass, const struct tape_value *value, size_t events,
                        uint64_t place)
{
    const struct schema_inference *inference = pass->inference;
    struct field_counts *field = &pass->columns[value->column];
    pass->ordinal++;
    if (!field->name || (inference->only != MAP_NONE && value->column != inference->only))
        return true;
    bool is_name = value->column == inference->columns->event;
    bool is_known = inference->is_counting && value->kind == TAPE_TEXT &&
                    !field->is_number && value->index != TAPE_FURTHER &&
                    field->value_of[value->index] != 0;
    if (is_known) /* most values of categories */
        return add_text(field, field->value_of[value->index] - 1, events, pass->history);
    if (inference->is_counting)
        return add_value(field, inference->tape, pass->is_csv, is_name, value, events,
                         pass->history);
    if (field->first == UINT64_MAX && value->kind != TAPE_NULL)
        field->first = (uint64_t)pass->history << 32 |
                       (is_name && pass->is_csv ? 0 : pass->ordinal & UINT32_MAX);
    note_cell(field, inference->tape, pass->is_csv, value, place);
    return true;
}

static bool visit_history(struct pass *pass, size_t index)
{
    const struct tape *tape = pass->inference->tape;
    struct tape_reader reader;
    struct tape_value value;
    tape_open(&reader, tape, index);
    const struct tape_history *history = reader.history;
    const uint64_t file = tape_place(history->file, 0);
    pass->is_csv = tape->files[history->file].is_csv;
    pass->ordinal = 0;
    if (tape_open_members(&reader)) {
        while (tape_next(&reader.cursor, &value))
            continue;
        while (tape_open_fields(&reader) && tape_next(&reader.cursor, &value))
            if (!visit_value(pass, &value, history->events, file | reader.line))
                return false;
    }
    while (tape_open_event(&reader))
        while (tape_next(&reader.cursor, &value))
            if (!visit_value(pass, &value, 1, file | reader.line))
                return false;
    return true;
}

/* Visit the histories [first, end); false without memory. */
static bool visit_histories(struct pass *pass, size_t first, size_t end)
{
    const struct histories *info = pass->inference->info;
    for (size_t i = first; i < end; i++) {
        if (info->list[i].role != ROLE_TRAIN)
            continue;
        pass->history++;
        if (!visit_history(pass, i))
            return false;
    }
    return true;
}

static void visit_share(void *context, size_t index)
{
    struct schema_inference *inference = context;
    struct share *share = &inference->shares[index];
    struct pass pass = {
        .inference = inference, .columns = share->columns, .history = share->ordinal};
    share->has_failed = !visit_histories(&pass, share->first, share->end);
}

/* Add the counts of the first pass over later histories. */
static void merge_kinds(struct field_counts *field, const struct field_counts *from,
                        uint32_t texts)
{
    field->first = from->first < field->first ? from->first : field->first;
    field->typed += from->typed;
    if (from->open_place < field->open_place)
        field->open_place = from->open_place;
    number_column_merge(&field->cells, &from->cells);
    for (unsigned i = 0; i < from->code_count && i < MAX_CODES; i++)
        if (field->code_count <= MAX_CODES)
            note_code(field, from->codes[i]);
    if (from->code_count > MAX_CODES)
        field->code_count = from->code_count;
    for (uint32_t i = 0; i < texts; i++) {
        if (from->text_events[i] == 0)
            continue;
        if (field->text_events[i] == 0 || from->text_place[i] < field->text_place[i])
            field->text_place[i] = from->text_place[i];
        field->text_events[i] += from->text_events[i];
    }
}

/* Add the counts of the second pass over later histories.  False without memory. */
static bool merge_values(struct field_counts *field, const struct field_counts *from)
{
    if (from->numbers > 0) {
        bool is_first = field->numbers == 0;
        field->min = is_first || from->min < field->min ? from->min : field->min;
        field->max = is_first || from->max > field->max ? from->max : field->max;
    }
    field->texts += from->texts;
    field->numbers += from->numbers;
    field->others += from->others;
    field->histories += from->histories;
    field->is_integer = field->is_integer && from->is_integer;
    field->varies = field->varies || from->varies;
    return value_counts_merge(&field->values, &from->values);
}

/*
 * A later share has more values than are told apart; which of them those before it have is
 * unknown: count the column again, from the first history to the last.
 */
static bool count_again(struct schema_inference *inference, uint32_t column)
{
    struct field_counts *field = &inference->by_column[column];
    value_counts_release(&field->values);
    arena_init(&field->values.arena, SIZE_MAX);
    memset(field->value_of, 0,
           inference->tape->columns[column].texts.count * sizeof *field->value_of);
    field->texts = field->numbers = field->others = field->histories = 0;
    field->last_history = 0;
    field->is_integer = true;
    field->varies = false;
    inference->only = column;
    struct pass pass = {.inference = inference, .columns = inference->by_column};
    bool is_done = visit_histories(&pass, 0, inference->info->count);
    inference->only = MAP_NONE;
    return is_done;
}

static bool merge_column(struct schema_inference *inference, uint32_t column)
{
    struct field_counts *field = &inference->by_column[column];
    bool has_more = false;
    for (size_t p = 1; p < inference->share_count; p++)
        has_more = has_more || inference->shares[p].columns[column].values.has_more;
    if (has_more)
        return count_again(inference, column);
    for (size_t p = 1; p < inference->share_count; p++) {
        const struct field_counts *from = &inference->shares[p].columns[column];
        if (!inference->is_counting)
            merge_kinds(field, from, inference->tape->columns[column].texts.count);
        else if (!merge_values(field, from))
            return false;
    }
    return true;
}

static enum status run_pass(struct schema_inference *inference, struct workers *workers,
                            struct error *err)
{
    for (size_t p = 1; inference->is_counting && p < inference->share_count; p++)
        for (size_t i = 0; i < inference->tape->column_count; i++) {
            struct field_counts *field = &inference->shares[p].columns[i];
            field->is_number = inference->by_column[i].is_number;
            field->has_booleans = inference->by_column[i].has_booleans;
        }
    workers_run(workers, visit_share, inference, inference->share_count);
    for (size_t p = 0; p < inference->share_count; p++)
        if (inference->shares[p].has_failed)
            return error_no_memory(err);
    for (uint32_t i = 0; i < inference->tape->column_count; i++)
        if (inference->by_column[i].name && !merge_column(inference, i))
            return error_no_memory(err);
    return STATUS_OK;
}

/* ---- kinds ---- */

static bool allows_comma(const struct tape *tape)
{
    for (size_t i = 0; i < tape->file_count; i++)
        if (tape->files[i].is_csv && !tape->files[i].allows_comma)
            return false;
    return true;
}

/* Most values are numbers: are they to be read as numbers, the others as missing? */
static bool is_nearly_number(const struct field_counts *field,
                             const struct number_decision *decision)
{
    return field->cells.codes.count == 0 && field->code_count > MAX_CODES &&
           (double)decision->numbers >= NEARLY_NUMBERS * (double)field->cells.cells;
}

/* Numbers that are not just 0 and 1 beside truth values: the two seldom mean the same. */
static void warn_of_booleans(const struct tape *tape, const struct field_counts *field,
                             struct messages *messages)
{
    char place[TAPE_PLACE_BYTES];
    const struct number_cell *booleans = &field->cells.booleans;
    tape_place_write(tape, booleans->place, place, sizeof place);
    messages_warn(messages,
                  "field \"%s\": %llu of %llu cells are true or false, the first is "
                  "\"%s\" (%s); beside numbers they are read as 1 and 0",
                  field->name, (unsigned long long)booleans->count,
                  (unsigned long long)field->cells.cells, booleans->text, place);
}

static void find_kind(const struct schema_inference *inference,
                      struct field_counts *field, struct messages *messages,
                      bool *has_comma)
{
    const struct tape *tape = inference->tape;
    struct number_decision decision;
    char place[TAPE_PLACE_BYTES];
    note_texts(field, tape);
    *has_comma = false;
    if (field->typed == 0 || field->column == inference->columns->event)
        return; /* JSON strings and booleans are a category, whatever is in them */
    number_column_decide(&field->cells, allows_comma(tape), &decision);
    switch (decision.verdict) {
    case NUMBER_COLUMN_NUMBERS:
        field->is_number = true;
        break;
    case NUMBER_COLUMN_MIXED:
        field->is_number = field->has_booleans = true;
        if (field->cells.magnitude > 1 || field->cells.fractions.count > 0)
            warn_of_booleans(tape, field, messages);
        break;
    case NUMBER_COLUMN_NEARLY:
        field->is_number = is_nearly_number(field, &decision);
        field->is_told = true;
        tape_place_write(tape, decision.first_bad.place, place, sizeof place);
        messages_warn(messages, "field \"%s\": %s (%s); %s", field->name, decision.text,
                      place,
                      field->is_number ? "what is not a number is missing"
                                       : "so it is a category, not a number, until its "
                                         "cells are plain numbers");
        break;
    case NUMBER_COLUMN_TEXT:
    case NUMBER_COLUMN_BOOLEANS:
        break;
    }
    *has_comma = field->is_number && decision.mark == DECIMAL_COMMA;
    if (field->is_number && field->cells.magnitude > LARGEST_NUMBER) {
        tape_place_write(tape, field->cells.largest.place, place, sizeof place);
        messages_warn(messages,
                      "field \"%s\": \"%s\" (%s) is too large for a measurement; such "
                      "numbers are missing",
                      field->name, field->cells.largest.text, place);
    }
    if (!field->is_number && field->cells.commas.count > 0 &&
        2 * field->cells.commas.count > field->cells.cells) {
        tape_place_write(tape, field->cells.commas.place, place, sizeof place);
        messages_warn(messages,
                      "field \"%s\": %" PRIu64
                      " values have a decimal comma, the first is \"%s\" (%s): they are "
                      "read as text, because commas separate the cells",
                      field->name, field->cells.commas.count, field->cells.commas.text,
                      place);
    }
}

/* ---- deciding ---- */

/* Returns how many values are kept; *events receives how many events have one of them. */
static size_t count_kept_values(const struct field_counts *field, size_t *events)
{
    size_t kept = 0;
    *events = 0;
    for (size_t i = 0; i < field->values.count; i++) {
        const struct value_count *value = &field->values.counts[i];
        if (value->histories < MIN_VALUE_HISTORIES)
            continue;
        *events += value->events;
        kept++;
    }
    return kept;
}

/* What most events have in a field: one value, or no value. */
struct majority {
    size_t events;
    /* against "constant": histories with another value, events without a value */
    size_t evidence;
};

static struct majority find_majority(const struct schema_inference *inference,
                                     const struct field_counts *field)
{
    size_t stated = field->texts + field->numbers;
    size_t missing = inference->events > stated ? inference->events - stated : 0;
    size_t histories = 0, most_events = 0, most_histories = 0;
    for (size_t i = 0; i < field->values.count; i++) {
        const struct value_count *value = &field->values.counts[i];
        histories += value->histories;
        if (value->events > most_events) {
            most_events = value->events;
            most_histories = value->histories;
        }
    }
    if (missing > most_events)
        return (struct majority){.events = missing, .evidence = histories};
    return (struct majority){.events = most_events,
                             .evidence = histories - most_histories + missing};
}

static bool is_identifier(const struct field_counts *field)
{
    size_t distinct = field->values.count, covered;
    if (distinct < MIN_IDENTIFIER_VALUES)
        return false;
    if (field->is_number)
        return field->is_integer && !field->varies &&
               (double)distinct >= NEARLY_UNIQUE * (double)field->histories;
    (void)count_kept_values(field, &covered);
    return 2 * covered < field->texts;
}

/* Is the field left out?  If so, its reason is written. */
static bool is_left_out(const struct schema_inference *inference,
                        const struct field_counts *field, char reason[REASON_BYTES])
{
    size_t covered, kept = count_kept_values(field, &covered);
    struct majority majority = find_majority(inference, field);
    const char *text = NULL;
    if (strcmp(field->name, "event") == 0)
        return false;
    if (*field->name == '\0' || strlen(field->name) > MAX_NAME_BYTES)
        text = "its name is empty or longer than 200 bytes";
    else if (majority.events >= inference->events)
        text = "it always has the same value";
    else if (is_identifier(field))
        text = field->numbers > 0 ? "it looks like an identifier: nearly every history "
                                    "has a number of its own"
                                  : "it looks like an identifier: in most events its "
                                    "value occurs in one history only";
    else if (field->numbers == 0 && kept == 0)
        text = "no value occurs in two histories";
    if (text) {
        (void)snprintf(reason, REASON_BYTES, "%s", text);
        return true;
    }
    double share = (double)majority.events / (double)inference->events;
    if (share < NEARLY_ALL || majority.evidence >= MIN_EVIDENCE)
        return false;
    (void)snprintf(reason, REASON_BYTES, "it is the same in %.2f %% of the events",
                   100 * share);
    return true;
}

/* For example: field "latency_ms": number, 1 to 3999; missing in 10 % of the events */
static void describe_field(const struct schema_inference *inference,
                           const struct field_counts *field, struct messages *messages)
{
    size_t covered, kept = count_kept_values(field, &covered);
    size_t stated = field->texts + field->numbers;
    size_t rare = field->values.count - kept;
    struct strbuf line;
    strbuf_init(&line, SIZE_MAX);
    if (field->is_number)
        strbuf_printf(&line, "number, %g to %g", field->min, field->max);
    else
        strbuf_printf(&line, "category, %zu value%s", kept, kept == 1 ? "" : "s");
    if (!field->is_number && rare > 0)
        strbuf_printf(&line, "; %s%zu that occur%s in one history only %s unknown",
                      field->values.further_events > 0 ? "more than " : "", rare,
                      rare == 1 ? "s" : "", rare == 1 ? "is" : "are");
    if (stated < inference->events)
        strbuf_printf(&line, "; missing in %.3g %% of the events",
                      100 * (double)(inference->events - stated) /
                          (double)inference->events);
    const struct number_cell *marks = &field->cells.missing;
    if (stated < inference->events && marks->count > 0 && marks->text[0] != '\0')
        strbuf_printf(&line, ", %" PRIu64 " of them by a mark such as \"%s\"",
                      marks->count, marks->text);
    if (line.has_failed)
        messages->notes.has_failed = true;
    else
        messages_note(messages, "field \"%s\": %s", field->name, line.bytes);
    strbuf_release(&line);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The kept values as JSON strings, in alphabetical order; NULL without memory. */
static json_t *kept_values_to_json(const struct field_counts *field)
{
    size_t count = 0;
    const char **names = calloc(field->values.count + 1, sizeof *names);
    json_t *array = json_array();
    bool is_complete = names && array;
    for (size_t i = 0; is_complete && i < field->values.count; i++)
        if (field->values.counts[i].histories >= MIN_VALUE_HISTORIES)
            names[count++] = field->values.counts[i].value;
    if (is_complete)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; is_complete && i < count; i++)
        is_complete = json_array_append_new(array, json_string(names[i])) == 0;
    free(names);
    if (is_complete)
        return array;
    json_decref(array);
    return NULL;
}

static bool append_field(json_t *fields, const struct field_counts *field)
{
    const char *kind = field->is_number ? "number" : "category";
    json_t *object = json_object();
    bool is_complete =
        json_object_set_new(object, "name", json_string(field->name)) == 0 &&
        json_object_set_new(object, "kind", json_string(kind)) == 0;
    if (is_complete && !field->is_number)
        is_complete =
            json_object_set_new(object, "values", kept_values_to_json(field)) == 0;
    if (is_complete && field->has_booleans)
        is_complete = json_object_set_new(object, "booleans", json_true()) == 0;
    if (is_complete)
        return json_array_append_new(fields, object) == 0;
    json_decref(object);
    return false;
}

static bool append_time_features(const struct schema_inference *inference, json_t *times,
                                 struct messages *messages)
{
    static const char *const names[] = {"since_previous", "since_first", "hour_sin",
                                        "hour_cos",       "weekday_sin", "weekday_cos",
                                        "missing"};
    if (2 * inference->timed_histories < inference->histories) {
        if (inference->timed_histories > 0)
            messages_note(messages,
                          "time: used for the order of events only, because %zu of %zu "
                          "histories have times",
                          inference->timed_histories, inference->histories);
        return true;
    }
    bool has_missing = inference->timed_histories < inference->histories;
    /* "missing", the last one, only if it varies */
    size_t count = sizeof names / sizeof *names - !has_missing;
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(times, json_pack("{s:s}", "name", names[i])) != 0)
            return false;
    messages_note(
        messages,
        "time: since the previous event, since the first event, hour, weekday%s",
        has_missing ? ", whether it is missing" : "");
    return true;
}

/* A name that carries a number or a time of its own is unknown in every later history. */
static void warn_about_rare_names(const struct field_counts *field, size_t covered,
                                  struct messages *messages)
{
    const char *example = NULL;
    size_t unknown = field->texts - covered;
    if ((double)unknown < RARE_NAMES * (double)field->texts)
        return;
    for (size_t i = 0; i < field->values.count && !example; i++)
        if (field->values.counts[i].histories < MIN_VALUE_HISTORIES)
            example = field->values.counts[i].value;
    messages_warn(
        messages,
        "%zu of %zu events have a name that occurs in one history only%s%.*s%s "
        "and are unknown to the model: what changes from event to event belongs "
        "in a field of its own",
        unknown, field->texts, example ? ", such as \"" : "", LONGEST_EXAMPLE,
        example ? example : "", example ? "\"," : "");
}

/* Check that at least one event name is kept. */
static enum status check_event_names(const struct schema_inference *inference,
                                     struct messages *messages, const char *file,
                                     struct error *err)
{
    size_t covered, names = 0;
    for (size_t i = 0; i < inference->count; i++) {
        const struct field_counts *field = inference->fields[i];
        if (strcmp(field->name, "event") != 0)
            continue;
        if (count_kept_values(field, &covered) > 0) {
            warn_about_rare_names(field, covered, messages);
            return STATUS_OK;
        }
        names = field->values.count;
    }
    if (names == 0)
        return error_set(err, STATUS_BAD_INPUT, file,
                         "no event has a name; --event names its key");
    return error_set(err, STATUS_BAD_INPUT, file,
                     "none of the %zu names of events occurs in two training histories",
                     names);
}

/* One number far beyond all others spoils the mean and the scale of a field. */
static void warn_about_outlier(const struct schema_inference *inference,
                               const struct field_counts *field,
                               struct messages *messages)
{
    static const double FAR = 1000.0;
    const struct number_cell *largest = &field->cells.largest;
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
    tape_place_write(inference->tape, largest->place, place, sizeof place);
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
static void warn_about_measures(const struct schema_inference *inference,
                                const struct field_counts *field,
                                struct messages *messages)
{
    const struct number_column *cells = &field->cells;
    const struct number_cell *first = &cells->measures, *other = &cells->other_measures;
    uint64_t numbers = cells->points.count + cells->commas.count + cells->measures.count;
    char hint[VALUE_HINT_SIZE], place[TAPE_PLACE_BYTES],
        more[2 * TAPE_PLACE_BYTES + NUMBER_CELL_SIZE];
    if (field->is_number || field->is_told || field->values.count <= MAX_CODES ||
        first->count == 0 || (double)numbers < NEARLY_NUMBERS * (double)cells->cells)
        return;
    tape_place_write(inference->tape, first->place, place, sizeof place);
    value_number_explain(first->text, strlen(first->text), hint);
    more[0] = '\0';
    if (other->count > 0) {
        char other_place[TAPE_PLACE_BYTES];
        tape_place_write(inference->tape, other->place, other_place, sizeof other_place);
        (void)snprintf(more, sizeof more, ", another is \"%s\" (%s)", other->text,
                       other_place);
    }
    messages_warn(messages,
                  "field \"%s\": %" PRIu64 " of %" PRIu64
                  " cells are numbers, but not plain ones: the first is \"%s\"%s%s "
                  "(%s)%s; so it is a category, not a number, until its cells are plain "
                  "numbers%s",
                  field->name, numbers, cells->cells, first->text,
                  hint[0] != '\0' ? ", which " : "", hint, place, more,
                  other->count > 0 ? " in one unit" : "");
}

/* JSON strings that are all numbers. */
static void warn_about_quotes(const struct schema_inference *inference,
                              const struct field_counts *field, struct messages *messages)
{
    const struct number_column *cells = &field->cells;
    char place[TAPE_PLACE_BYTES];
    bool is_quoted = !field->is_number && field->typed == 0;
    if (!is_quoted || field->values.count <= MAX_CODES || cells->marks.count == 0 ||
        cells->points.count < cells->cells)
        return;
    tape_place_write(inference->tape, cells->points.place, place, sizeof place);
    messages_warn(messages,
                  "field \"%s\": all %" PRIu64
                  " values are numbers in quotes, the first is \"%s\" (%s): they are a "
                  "category, not a number, until they are without quotes",
                  field->name, cells->cells, cells->points.text, place);
}

/* Upper-case letters, as of countries and regions. */
static bool is_short_code(const char *value)
{
    size_t length = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return length >= 2 && length <= 4 && value[length] == '\0';
}

/* NA is missing; among codes it may be North America or Namibia. */
static void warn_about_codes(const struct schema_inference *inference,
                             const struct field_counts *field, struct messages *messages)
{
    const struct tape_column *column = &inference->tape->columns[field->column];
    uint32_t mark = strmap_find(&column->texts, "NA", 2);
    char place[TAPE_PLACE_BYTES];
    if (field->is_number || mark == MAP_NONE || field->text_events[mark] == 0 ||
        field->values.count == 0)
        return;
    for (size_t i = 0; i < field->values.count; i++)
        if (!is_short_code(field->values.counts[i].value))
            return;
    tape_place_write(inference->tape, field->text_place[mark], place, sizeof place);
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
static void warn_about_sentinels(const struct schema_inference *inference,
                                 const struct field_counts *field,
                                 struct messages *messages)
{
    static const double FAR = 4.0;
    enum { MIN_TIMES = 3, MIN_DIFFERENT = 10, RARE = 1000 };
    const struct number_column *cells = &field->cells;
    struct number_extremes found = find_extremes(field);
    const struct number_cell *cell = NULL;
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
    tape_place_write(inference->tape, cell->place, place, sizeof place);
    messages_warn(messages,
                  "field \"%s\": %" PRIu64 " of %" PRIu64
                  " numbers are \"%s\" (the first at %s), %s: if it means that there is "
                  "none, empty these cells",
                  field->name, cell->count, cells->cells, cell->text, place,
                  cell == &cells->negatives ? "the only one below zero"
                                            : "far from all others");
}

/* 5.033 beside 987: a point that separates thousands. */
static void warn_about_points(const struct schema_inference *inference,
                              const struct field_counts *field, struct messages *messages)
{
    const struct number_column *cells = &field->cells;
    char place[TAPE_PLACE_BYTES];
    if (cells->grouped.count == 0 || cells->grouped.count < cells->marks.count ||
        cells->large.count > 0 || cells->marks.count == cells->points.count)
        return;
    tape_place_write(inference->tape, cells->grouped.place, place, sizeof place);
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
static bool warn_about_open_values(const struct schema_inference *inference,
                                   const struct field_counts *field,
                                   struct messages *messages)
{
    char place[TAPE_PLACE_BYTES];
    struct strbuf hint;
    size_t plain = field->texts + field->numbers;
    if (field->others == 0 || field->column == inference->columns->event)
        return false;
    tape_place_write(inference->tape, field->open_place, place, sizeof place);
    strbuf_init(&hint, SIZE_MAX);
    if (plain > 0)
        strbuf_printf(&hint, ", and %zu have a plain value", plain);
    else
        strbuf_printf(&hint,
                      "; jq -c '(.. | objects | select(has(\"%s\"))) |= (. + .[\"%s\"] | "
                      "del(.[\"%s\"]))' makes fields of the members of objects",
                      field->name, field->name, field->name);
    if (hint.has_failed)
        messages->warnings.has_failed = true;
    else
        messages_warn(
            messages,
            "field \"%s\" is left out: it holds an array or an object in %zu of "
            "%zu events, the first at %s%s",
            field->name, field->others, inference->events, place, hint.bytes);
    strbuf_release(&hint);
    return true;
}

static enum status write_fields(const struct schema_inference *inference, json_t *fields,
                                struct messages *messages, struct error *err)
{
    for (size_t i = 0; i < inference->count; i++) {
        const struct field_counts *field = inference->fields[i];
        char reason[REASON_BYTES];
        if (warn_about_open_values(inference, field, messages))
            continue;
        if (field->column != inference->columns->event) {
            warn_about_measures(inference, field, messages);
            warn_about_quotes(inference, field, messages);
            warn_about_codes(inference, field, messages);
            warn_about_truth_words(field, messages);
        }
        if (is_left_out(inference, field, reason)) {
            messages_note(messages, "field \"%s\" is left out: %s", field->name, reason);
            continue;
        }
        describe_field(inference, field, messages);
        if (field->is_number) {
            warn_about_outlier(inference, field, messages);
            warn_about_sentinels(inference, field, messages);
            warn_about_points(inference, field, messages);
        }
        if (!append_field(fields, field))
            return error_no_memory(err);
    }
    if (inference->count == MAX_FIELDS)
        messages_note(messages, "there may be more fields: only the first %d are used",
                      MAX_FIELDS);
    return STATUS_OK;
}

static json_t *write_schema(const struct schema_inference *inference,
                            struct messages *messages, const char *file,
                            struct error *err)
{
    json_t *schema = json_object(), *fields = json_array(), *times = json_array();
    bool has_fields = json_object_set_new(schema, "fields", fields) == 0;
    bool has_times = json_object_set_new(schema, "time", times) == 0;
    enum status status = has_fields && has_times
                             ? check_event_names(inference, messages, file, err)
                             : error_no_memory(err);
    if (status == STATUS_OK)
        status = write_fields(inference, fields, messages, err);
    if (status == STATUS_OK && !append_time_features(inference, times, messages))
        status = error_no_memory(err);
    if (status == STATUS_OK)
        return schema;
    json_decref(schema);
    return NULL;
}

/* ---- all of it ---- */

static enum status init_columns(const struct schema_inference *inference,
                                struct share *share, struct error *err)
{
    const struct tape *tape = inference->tape;
    share->columns = calloc(tape->column_count + 1, sizeof *share->columns);
    if (!share->columns)
        return error_no_memory(err);
    for (size_t i = 0; i < tape->column_count; i++) {
        struct field_counts *field = &share->columns[i];
        const struct tape_column *column = &tape->columns[i];
        enum column_role role = inference->columns->roles[i];
        if (column->scope != SCOPE_FIELD ||
            (role != COLUMN_FIELD && role != COLUMN_EVENT))
            continue;
        *field =
            (struct field_counts){.name = role == COLUMN_EVENT ? "event" : column->name,
                                  .column = (uint32_t)i,
                                  .first = UINT64_MAX,
                                  .open_place = UINT64_MAX,
                                  .is_integer = true};
        arena_init(&field->values.arena, SIZE_MAX);
        size_t texts = column->texts.count + (size_t)1;
        field->text_events = calloc(texts, sizeof *field->text_events);
        field->text_place = calloc(texts, sizeof *field->text_place);
        field->value_of = calloc(texts, sizeof *field->value_of);
        if (!field->text_events || !field->text_place || !field->value_of)
            return error_no_memory(err);
    }
    return STATUS_OK;
}

/* The shares have about the same number of events. */
static enum status init_shares(struct schema_inference *inference, struct error *err)
{
    size_t next = 0, histories = 0, events = 0;
    for (size_t p = 0; p < inference->share_count; p++) {
        struct share *share = &inference->shares[p];
        size_t until = inference->events * (p + 1) / inference->share_count;
        bool is_last = p + 1 == inference->share_count;
        share->first = next;
        share->ordinal = histories;
        for (; next < inference->info->count && (is_last || events < until); next++) {
            bool is_used = inference->info->list[next].role == ROLE_TRAIN;
            histories += is_used;
            events += is_used ? inference->tape->histories[next].events : 0;
        }
        share->end = next;
        RETURN_IF_ERROR(init_columns(inference, share, err));
    }
    inference->by_column = inference->shares[0].columns;
    return STATUS_OK;
}

static enum status init(struct schema_inference *inference, struct workers *workers,
                        struct error *err)
{
    size_t threads = workers_count(workers);
    inference->share_count = threads < MAX_SHARES ? threads : MAX_SHARES;
    inference->fields = calloc(MAX_FIELDS, sizeof *inference->fields);
    if (!inference->fields)
        return error_no_memory(err);
    for (size_t i = 0; i < inference->info->count; i++) {
        if (inference->info->list[i].role != ROLE_TRAIN)
            continue;
        inference->histories++;
        inference->timed_histories += inference->info->list[i].start_us != INT64_MAX;
        inference->events += inference->tape->histories[i].events;
    }
    return init_shares(inference, err);
}

static void release(struct schema_inference *inference)
{
    for (size_t p = 0; p < inference->share_count; p++) {
        struct field_counts *columns = inference->shares[p].columns;
        for (size_t i = 0; columns && i < inference->tape->column_count; i++) {
            free(columns[i].text_events);
            free(columns[i].text_place);
            free(columns[i].value_of);
            value_counts_release(&columns[i].values);
        }
        free(columns);
    }
    free(inference->fields);
}

static int compare_first(const void *a, const void *b)
{
    const struct field_counts *x = *(const struct field_counts *const *)a;
    const struct field_counts *y = *(const struct field_counts *const *)b;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* The fields that have a value, in the order of their first one. */
static enum status sort_fields(struct schema_inference *inference, struct error *err)
{
    size_t columns = inference->tape->column_count, count = 0;
    const struct field_counts **all = calloc(columns + 1, sizeof *all);
    if (!all)
        return error_no_memory(err);
    for (size_t i = 0; i < columns; i++)
        if (inference->by_column[i].name && inference->by_column[i].first != UINT64_MAX)
            all[count++] = &inference->by_column[i];
    if (count > 1)
        qsort(all, count, sizeof *all, compare_first);
    inference->count = count < MAX_FIELDS ? count : MAX_FIELDS;
    memcpy(inference->fields, all, inference->count * sizeof *all);
    free(all);
    return STATUS_OK;
}

json_t *schema_infer(const struct tape *tape, const struct columns *columns,
                     const struct histories *histories, struct workers *workers,
                     struct messages *messages, bool *comma_columns, const char *file,
                     struct error *err)
{
    struct schema_inference inference = {
        .tape = tape, .columns = columns, .info = histories, .only = MAP_NONE};
    json_t *schema = NULL;
    enum status status = init(&inference, workers, err);
    if (status == STATUS_OK)
        status = run_pass(&inference, workers, err);
    for (size_t i = 0; status == STATUS_OK && i < tape->column_count; i++)
        if (inference.by_column[i].name)
            find_kind(&inference, &inference.by_column[i], messages, &comma_columns[i]);
    inference.is_counting = true;
    if (status == STATUS_OK)
        status = run_pass(&inference, workers, err);
    if (status == STATUS_OK)
        status = sort_fields(&inference, err);
    if (status == STATUS_OK)
        schema = write_schema(&inference, messages, file, err);
    release(&inference);
    return schema;
}

/* ---- scales that a recipe gives ---- */

static bool has_keys(const json_t *object, const char *const *keys)
{
    for (; *keys; keys++)
        if (!json_object_get(object, *keys))
            return false;
    return true;
}

bool scales_are_given(const json_t *schema)
{
    static const char *const number_keys[] = {"mean", "scale", "missing_mean",
                                              "missing_scale", NULL};
    static const char *const time_keys[] = {"mean", "scale", NULL};
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(schema, "fields"), i, item)
    {
        const char *kind = json_string_value(json_object_get(item, "kind"));
        if (kind && strcmp(kind, "number") == 0 && !has_keys(item, number_keys))
            return false;
    }
    json_array_foreach(json_object_get(schema, "time"), i, item)
    {
        if (!has_keys(item, time_keys))
            return false;
    }
    return true;
}

/* Update the items of a list.  Both lists have the same order.  False without memory. */
static bool update_list(json_t *measured, const json_t *given, const char *key)
{
    const json_t *given_items = json_object_get(given, key);
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(measured, key), i, item)
    {
        json_t *given_item = json_array_get(given_items, i);
        if (given_item && json_object_update_existing(item, given_item) != 0)
            return false;
    }
    return true;
}

/* A schema is edited as JSON: written, changed and read again. */
enum status scales_apply_given(struct schema **schema, const json_t *given,
                               struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(*schema, &text);
    json_t *json = text.has_failed ? NULL : json_read(text.bytes, text.length, err);
    struct schema *updated = NULL;
    if (json && update_list(json, given, "fields") && update_list(json, given, "time"))
        updated = triage_schema_read(json, "/schema", err);
    json_decref(json);
    strbuf_release(&text);
    if (!updated)
        return err->status != STATUS_OK ? err->status : error_no_memory(err);
    triage_schema_free(*schema);
    *schema = updated;
    return STATUS_OK;
}

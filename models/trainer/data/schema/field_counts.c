/*
 * Each thread visits a share of the training histories, in their order; the counts of the shares are
 * merged in the order of the shares, so the result is that of one thread.
 */
#include "data/schema/field_counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/value.h"
#include "data/histories/encoder.h"

enum {
    MAX_VALUES = 100000, /* of a field */
    MAX_SHARES = 16      /* each has counts of its own */
};

#define NO_VALUE (UINT32_MAX - 1)

/* Histories that one thread visits, and the counts of their columns. */
struct share {
    size_t first, end;            /* histories */
    size_t ordinal;               /* of the training histories before it */
    struct field_counts *columns; /* [columns]; owned */
    bool has_failed;              /* memory ran out */
};

/* ---- values of a field ---- */

static bool value_counts_reserve(struct value_counts *counts)
{
    return array_reserve(&counts->counts, counts->count, &counts->capacity,
                         sizeof *counts->counts);
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
    struct first_cell *const cells[] = {&all.points,    &all.fractions, &all.commas,
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
static bool is_after(const struct first_cell *cell, uint64_t place)
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

/* A JSON string: is it a number? */
static void note_quoted(struct field_counts *field, const struct tape *tape,
                        const struct tape_value *value, uint64_t place)
{
    if (tape_info(tape, value).class != CLASS_NUMBER)
        return;
    field->quoted++;
    field->quoted_place = place < field->quoted_place ? place : field->quoted_place;
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
        if (!is_csv && value->kind == TAPE_TEXT)
            note_quoted(field, tape, value, place);
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
        if (!is_csv)
            note_quoted(field, tape, value, place);
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
    const struct field_counting *counting;
    struct field_counts *columns;
    bool is_csv;
    size_t history;   /* ordinal of the training history, from 1 */
    uint64_t ordinal; /* of the value in its history */
};

static bool visit_value(struct pass *pass, const struct tape_value *value, size_t events,
                        uint64_t place)
{
    const struct field_counting *counting = pass->counting;
    struct field_counts *field = &pass->columns[value->column];
    pass->ordinal++;
    if (!field->name || (counting->only != MAP_NONE && value->column != counting->only))
        return true;
    bool is_name = value->column == counting->columns->event;
    bool is_known = counting->is_second_pass && value->kind == TAPE_TEXT &&
                    !field->is_number && value->index != TAPE_FURTHER &&
                    field->value_of[value->index] != 0;
    if (is_known) /* most values of categories */
        return add_text(field, field->value_of[value->index] - 1, events, pass->history);
    if (counting->is_second_pass)
        return add_value(field, counting->tape, pass->is_csv, is_name, value, events,
                         pass->history);
    bool is_first = is_name && (pass->is_csv || counting->tape->has_joined_names);
    if (field->first == UINT64_MAX && value->kind != TAPE_NULL)
        field->first =
            (uint64_t)pass->history << 32 | (is_first ? 0 : pass->ordinal & UINT32_MAX);
    note_cell(field, counting->tape, pass->is_csv, value, place);
    return true;
}

static bool visit_history(struct pass *pass, size_t index)
{
    const struct tape *tape = pass->counting->tape;
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
    const struct histories *info = pass->counting->info;
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
    struct field_counting *counting = context;
    struct share *share = &counting->shares[index];
    struct pass pass = {
        .counting = counting, .columns = share->columns, .history = share->ordinal};
    share->has_failed = !visit_histories(&pass, share->first, share->end);
}

/* Add the counts of the first pass over later histories. */
static void merge_kinds(struct field_counts *field, const struct field_counts *from,
                        uint32_t texts)
{
    field->first = from->first < field->first ? from->first : field->first;
    field->typed += from->typed;
    field->quoted += from->quoted;
    if (from->quoted_place < field->quoted_place)
        field->quoted_place = from->quoted_place;
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
static bool count_again(struct field_counting *counting, uint32_t column)
{
    struct field_counts *field = &counting->by_column[column];
    value_counts_release(&field->values);
    arena_init(&field->values.arena, SIZE_MAX);
    memset(field->value_of, 0,
           counting->tape->columns[column].texts.count * sizeof *field->value_of);
    field->texts = field->numbers = field->others = field->histories = 0;
    field->last_history = 0;
    field->is_integer = true;
    field->varies = false;
    counting->only = column;
    struct pass pass = {.counting = counting, .columns = counting->by_column};
    bool is_done = visit_histories(&pass, 0, counting->info->count);
    counting->only = MAP_NONE;
    return is_done;
}

static bool merge_column(struct field_counting *counting, uint32_t column)
{
    struct field_counts *field = &counting->by_column[column];
    bool has_more = false;
    for (size_t p = 1; p < counting->share_count; p++)
        has_more = has_more || counting->shares[p].columns[column].values.has_more;
    if (has_more)
        return count_again(counting, column);
    for (size_t p = 1; p < counting->share_count; p++) {
        const struct field_counts *from = &counting->shares[p].columns[column];
        if (!counting->is_second_pass)
            merge_kinds(field, from, counting->tape->columns[column].texts.count);
        else if (!merge_values(field, from))
            return false;
    }
    return true;
}

static enum status run_pass(struct field_counting *counting, struct workers *workers,
                            struct error *err)
{
    workers_run(workers, visit_share, counting, counting->share_count);
    for (size_t p = 0; p < counting->share_count; p++)
        if (counting->shares[p].has_failed)
            return error_no_memory(err);
    for (uint32_t i = 0; i < counting->tape->column_count; i++)
        if (counting->by_column[i].name && !merge_column(counting, i))
            return error_no_memory(err);
    return STATUS_OK;
}

/* ---- all of it ---- */

static enum status init_columns(const struct field_counting *counting,
                                struct share *share, struct error *err)
{
    const struct tape *tape = counting->tape;
    share->columns = calloc(tape->column_count + 1, sizeof *share->columns);
    if (!share->columns)
        return error_no_memory(err);
    for (size_t i = 0; i < tape->column_count; i++) {
        struct field_counts *field = &share->columns[i];
        const struct tape_column *column = &tape->columns[i];
        enum column_role role = counting->columns->roles[i];
        if (column->scope != SCOPE_FIELD ||
            (role != COLUMN_FIELD && role != COLUMN_EVENT))
            continue;
        *field =
            (struct field_counts){.name = role == COLUMN_EVENT ? "event" : column->name,
                                  .column = (uint32_t)i,
                                  .first = UINT64_MAX,
                                  .open_place = UINT64_MAX,
                                  .quoted_place = UINT64_MAX,
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
static enum status init_shares(struct field_counting *counting, struct error *err)
{
    size_t next = 0, histories = 0, events = 0;
    for (size_t p = 0; p < counting->share_count; p++) {
        struct share *share = &counting->shares[p];
        size_t until = counting->events * (p + 1) / counting->share_count;
        bool is_last = p + 1 == counting->share_count;
        share->first = next;
        share->ordinal = histories;
        for (; next < counting->info->count && (is_last || events < until); next++) {
            bool is_used = counting->info->list[next].role == ROLE_TRAIN;
            histories += is_used;
            events += is_used ? counting->tape->histories[next].events : 0;
        }
        share->end = next;
        RETURN_IF_ERROR(init_columns(counting, share, err));
    }
    counting->by_column = counting->shares[0].columns;
    return STATUS_OK;
}

enum status field_counting_init(struct field_counting *counting, const struct tape *tape,
                                const struct columns *columns,
                                const struct histories *histories,
                                struct workers *workers, struct error *err)
{
    size_t threads = workers_count(workers);
    *counting = (struct field_counting){
        .tape = tape, .columns = columns, .info = histories, .only = MAP_NONE};
    counting->share_count = threads < MAX_SHARES ? threads : MAX_SHARES;
    counting->shares = calloc(counting->share_count, sizeof *counting->shares);
    if (!counting->shares)
        return error_no_memory(err);
    for (size_t i = 0; i < histories->count; i++) {
        if (histories->list[i].role != ROLE_TRAIN)
            continue;
        counting->histories++;
        counting->timed_histories += histories->list[i].start_us != INT64_MAX;
        counting->events += tape->histories[i].events;
    }
    return init_shares(counting, err);
}

void field_counting_release(struct field_counting *counting)
{
    for (size_t p = 0; counting->shares && p < counting->share_count; p++) {
        struct field_counts *columns = counting->shares[p].columns;
        for (size_t i = 0; columns && i < counting->tape->column_count; i++) {
            free(columns[i].text_events);
            free(columns[i].text_place);
            free(columns[i].value_of);
            value_counts_release(&columns[i].values);
        }
        free(columns);
    }
    free(counting->shares);
}

enum status field_counting_first_pass(struct field_counting *counting,
                                      struct workers *workers, struct error *err)
{
    RETURN_IF_ERROR(run_pass(counting, workers, err));
    for (size_t i = 0; i < counting->tape->column_count; i++)
        if (counting->by_column[i].name)
            note_texts(&counting->by_column[i], counting->tape);
    return STATUS_OK;
}

enum status field_counting_second_pass(struct field_counting *counting,
                                       struct workers *workers, struct error *err)
{
    counting->is_second_pass = true;
    for (size_t p = 1; p < counting->share_count; p++)
        for (size_t i = 0; i < counting->tape->column_count; i++) {
            struct field_counts *field = &counting->shares[p].columns[i];
            field->is_number = counting->by_column[i].is_number;
            field->has_booleans = counting->by_column[i].has_booleans;
        }
    return run_pass(counting, workers, err);
}

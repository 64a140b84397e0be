/* One pass over the events counts which columns have values in which file, and which together. */
#include "data/warnings/warnings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alike.h"
#include "base/map.h"
#include "model/schema.h"

enum {
    SHOWN_NAME = 60,
    MAX_LINES = 10, /* of each kind */
    EXPECTED = 20   /* events with a value that would be in a file by chance */
};

/* What is counted of a column. */
struct counted {
    uint32_t group;      /* the first column whose name is alike; MAP_NONE: it has none */
    uint64_t first_file; /* of the first event with a value */
    uint64_t first_line;
    uint64_t events; /* with a value, in all files */
    /* Of the first column of a group: the last event with a value, from 1. */
    uint64_t last;
    bool is_together; /* the same: some event has two values */
    bool is_told;     /* a warning names it */
};

struct counting {
    const struct tape *tape;
    const struct columns *columns;
    const struct schema *schema;
    struct counted *list;  /* [columns] */
    uint64_t *in_file;     /* [files][columns] events with a value */
    uint64_t *file_events; /* [files] */
    bool has_groups;
};

static bool is_compared(const struct counting *c, uint32_t column)
{
    enum column_role role = c->columns->roles[column];
    return c->tape->columns[column].scope == SCOPE_FIELD &&
           (role == COLUMN_FIELD || role == COLUMN_TIME || role == COLUMN_LEFT_OUT);
}

/* Does the model read the column? */
static bool is_used(const struct counting *c, uint32_t column)
{
    const char *name = c->tape->columns[column].name;
    if (c->columns->roles[column] != COLUMN_FIELD)
        return c->columns->roles[column] == COLUMN_TIME;
    for (uint32_t i = 0; i < c->schema->field_count; i++)
        if (strcmp(c->schema->fields[i].name, name) == 0)
            return true;
    return false;
}

/* ---- counting ---- */

static enum status find_groups(struct counting *c, struct error *err)
{
    const struct tape *tape = c->tape;
    struct arena arena;
    struct strmap names = {.count = 0};
    enum status status = STATUS_OK;
    uint32_t *first = calloc(tape->column_count + 1, sizeof *first);
    if (!first)
        return error_no_memory(err);
    arena_init(&arena, SIZE_MAX);
    for (uint32_t i = 0; i < tape->column_count && status == STATUS_OK; i++) {
        char key[ALIKE_BYTES];
        c->list[i].group = MAP_NONE;
        size_t length = is_compared(c, i)
                            ? alike_fold_column(tape->columns[i].name,
                                                tape->columns[i].name_length, key)
                            : 0;
        if (length == 0)
            continue;
        uint32_t known = names.count;
        uint32_t index = strmap_add(&names, key, length, &arena);
        if (index == MAP_NONE) {
            status = error_no_memory(err);
        } else if (index == known) {
            first[index] = i;
        } else {
            c->list[first[index]].group = c->list[i].group = first[index];
            c->has_groups = true;
        }
    }
    arena_release(&arena);
    free(first);
    return status;
}

static void count_value(struct counting *c, const struct tape_reader *reader,
                        const struct tape_value *value, uint64_t event)
{
    struct counted *counted = &c->list[value->column];
    uint32_t file = reader->history->file;
    if (value->kind == TAPE_NULL)
        return;
    /* histories have been sorted */
    if (counted->events++ == 0 || file < counted->first_file ||
        (file == counted->first_file && reader->line < counted->first_line)) {
        counted->first_file = file;
        counted->first_line = reader->line;
    }
    c->in_file[(size_t)file * c->tape->column_count + value->column]++;
    if (counted->group == MAP_NONE)
        return;
    struct counted *group = &c->list[counted->group];
    group->is_together = group->is_together || group->last == event;
    group->last = event;
}

/* Fields of a whole history count as those of its first event. */
static void count_all(struct counting *c)
{
    uint64_t event = 0;
    for (size_t i = 0; i < c->tape->history_count; i++) {
        struct tape_reader reader;
        struct tape_value value;
        tape_open(&reader, c->tape, i);
        c->file_events[reader.history->file] += reader.history->events;
        event++;
        if (tape_open_members(&reader)) {
            while (tape_next(&reader.cursor, &value)) {
            }
            if (tape_open_fields(&reader))
                while (tape_next(&reader.cursor, &value))
                    count_value(c, &reader, &value, event);
        }
        while (tape_open_event(&reader)) {
            while (tape_next(&reader.cursor, &value))
                count_value(c, &reader, &value, event);
            event++;
        }
    }
}

/* ---- names that are alike ---- */

static bool is_before(const struct counted *a, const struct counted *b)
{
    return a->first_file != b->first_file ? a->first_file < b->first_file
                                          : a->first_line < b->first_line;
}

static const char *name_of(const struct counting *c, uint32_t column)
{
    return c->tape->columns[column].name;
}

/* The first column of a group with the one that comes next to it in the data. */
static void warn_about_pair(struct counting *c, struct messages *messages, uint32_t a,
                            uint32_t b)
{
    char place[TAPE_PLACE_BYTES];
    if (is_before(&c->list[b], &c->list[a])) {
        uint32_t other = a;
        a = b;
        b = other;
    }
    const struct counted *second = &c->list[b];
    file_line_write(place, sizeof place, c->tape->files[second->first_file].name,
                    second->first_line);
    c->list[a].is_told = c->list[b].is_told = true;
    messages_warn(messages,
                  "\"%.*s\" and \"%.*s\" (in %" PRIu64
                  " event%s, the first at %s) differ "
                  "only in case, blanks or marks, and no event has both: they are two "
                  "columns; give them one name",
                  SHOWN_NAME, name_of(c, a), SHOWN_NAME, name_of(c, b), second->events,
                  second->events == 1 ? "" : "s", place);
}

static void warn_about_alike_columns(struct counting *c, struct messages *messages)
{
    int lines = 0;
    for (uint32_t i = 0; i < c->tape->column_count && lines < MAX_LINES; i++) {
        uint32_t group = c->list[i].group;
        if (group == MAP_NONE || group == i || c->list[group].is_together ||
            c->list[i].events == 0 || c->list[group].events == 0 ||
            (!is_used(c, i) && !is_used(c, group)))
            continue;
        warn_about_pair(c, messages, group, i);
        lines++;
    }
}

/* ---- columns that a file lacks ---- */

/* Is the column in the header of the file, or in one of its events? */
static bool has_column(const struct tape *tape, uint32_t file, uint32_t column)
{
    for (size_t b = 0; b < tape->block_count; b++)
        for (uint32_t i = 0;
             tape->blocks[b].file == file && i < tape->blocks[b].column_count; i++)
            if (tape->blocks[b].columns[i] == column)
                return true;
    return false;
}

/* Does the file lack the column?  It has no such column, or no value where others nearly always have one. */
static bool is_lacking(const struct counting *c, uint32_t file, uint32_t column)
{
    const struct tape *tape = c->tape;
    uint64_t own = c->file_events[file], others = 0;
    if (own == 0 || c->in_file[(size_t)file * tape->column_count + column] > 0)
        return false;
    if (tape->files[file].is_csv && !has_column(tape, file, column))
        return true;
    for (size_t f = 0; f < tape->file_count; f++)
        if (c->in_file[f * tape->column_count + column] > 0)
            others += c->file_events[f];
    return (double)c->list[column].events / (double)others * (double)own >= EXPECTED;
}

static bool warn_about_lacking(const struct counting *c, struct messages *messages,
                               uint32_t column)
{
    uint32_t first = MAP_NONE;
    size_t files = 0;
    uint64_t events = 0, all = 0;
    for (uint32_t f = 0; f < c->tape->file_count; f++) {
        all += c->file_events[f];
        if (!is_lacking(c, f, column))
            continue;
        first = files++ == 0 ? f : first;
        events += c->file_events[f];
    }
    if (files == 0)
        return false;
    messages_warn(messages,
                  "no event of %zu of %zu files has \"%.*s\", the first is %s: it is "
                  "missing in %" PRIu64 " of %" PRIu64 " events",
                  files, c->tape->file_count, SHOWN_NAME, name_of(c, column),
                  c->tape->files[first].name, events, all);
    return true;
}

static void warn_about_lacking_columns(const struct counting *c,
                                       struct messages *messages)
{
    int lines = 0;
    for (uint32_t i = 0; i < c->tape->column_count && lines < MAX_LINES; i++)
        if (is_used(c, i) && c->list[i].events > 0 && !c->list[i].is_told)
            lines += warn_about_lacking(c, messages, i);
}

/* ---- dates that another file explains ---- */

/* The dates of a file that can be read in both orders, and in one only. */
struct file_dates {
    uint64_t both, one;
    uint64_t line; /* of the first of both */
    char text[TAPE_TEXT_SIZE];
};

static void count_date(struct file_dates *dates, const struct tape *tape,
                       const struct tape_value *value, uint64_t line)
{
    const struct time_format day_first = {.kind = TIME_DAY_FIRST},
                             month_first = {.kind = TIME_MONTH_FIRST};
    char buffer[TAPE_TEXT_SIZE];
    struct instant day, month;
    struct span text = tape_text(tape, value, buffer);
    bool is_day = time_format_read(&day_first, text.bytes, text.length, &day);
    bool is_month = time_format_read(&month_first, text.bytes, text.length, &month);
    dates->one += is_day != is_month;
    if (!is_day || !is_month || day.us == month.us)
        return;
    if (dates->both++ == 0 || line < dates->line) {
        dates->line = line;
        columns_show_value(tape, value, dates->text, sizeof dates->text);
    }
}

static void count_dates(struct file_dates *dates, const struct tape *tape,
                        const struct columns *columns)
{
    for (size_t i = 0; i < tape->history_count; i++) {
        struct tape_reader reader;
        struct tape_value value;
        tape_open(&reader, tape, i);
        while (tape_open_event(&reader))
            while (tape_next(&reader.cursor, &value))
                if (value.column == columns->time)
                    count_date(&dates[reader.history->file], tape, &value, reader.line);
    }
}

static enum status warn_about_dates(struct messages *messages, const struct tape *tape,
                                    const struct columns *columns, struct error *err)
{
    const char *order =
        columns->time_format.kind == TIME_DAY_FIRST ? "day first" : "month first";
    struct file_dates *dates = calloc(tape->file_count + 1, sizeof *dates);
    if (!dates)
        return error_no_memory(err);
    count_dates(dates, tape, columns);
    for (size_t f = 0; f < tape->file_count; f++) {
        char place[TAPE_PLACE_BYTES];
        if (dates[f].both == 0 || dates[f].one > 0)
            continue;
        file_line_write(place, sizeof place, tape->files[f].name, dates[f].line);
        messages_warn(
            messages,
            "only another file shows that the dates of %s are %s: its %" PRIu64
            " times such as \"%s\" (%s) can be read both ways; if they are not, "
            "write them as 2026-11-22",
            tape->files[f].name, order, dates[f].both, dates[f].text, place);
    }
    free(dates);
    return STATUS_OK;
}

enum status warn_about_columns(struct messages *messages, const struct warning_data *data,
                               struct error *err)
{
    const struct tape *tape = data->tape;
    const struct columns *columns = data->columns;
    size_t count = tape->column_count, files = tape->file_count;
    struct counting c = {.tape = tape, .columns = columns, .schema = data->schema};
    c.list = calloc(count + 1, sizeof *c.list);
    c.in_file = calloc(files * count + 1, sizeof *c.in_file);
    c.file_events = calloc(files + 1, sizeof *c.file_events);
    enum status status = c.list && c.in_file && c.file_events ? find_groups(&c, err)
                                                              : error_no_memory(err);
    if (status == STATUS_OK && (files > 1 || c.has_groups)) {
        count_all(&c);
        warn_about_alike_columns(&c, messages);
        if (files > 1)
            warn_about_lacking_columns(&c, messages);
    }
    free(c.list);
    free(c.in_file);
    free(c.file_events);
    RETURN_IF_ERROR(status);
    bool is_found = !data->keys->time_format || *data->keys->time_format == '\0';
    bool is_ordered = columns->time_format.kind == TIME_DAY_FIRST ||
                      columns->time_format.kind == TIME_MONTH_FIRST;
    return is_found && is_ordered && files > 1
               ? warn_about_dates(messages, tape, columns, err)
               : STATUS_OK;
}

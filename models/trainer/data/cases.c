/* See cases.h.  Here: the rows, and which case each belongs to. */
#include "data/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "data/cases_table.h"
#include "data/dataset.h"
#include "data/place.h"

static const size_t FILE_MOST = (size_t)1 << 40;

bool cases_are_in(const char *path)
{
    size_t length = strlen(path);

    return length > 4 && (strcasecmp(path + length - 4, ".csv") == 0 ||
                          strcasecmp(path + length - 4, ".tsv") == 0);
}

size_t cases_count(const struct cases *cases)
{
    return cases->names.count;
}

enum status cases_complain(const struct cases *cases, size_t line,
                           const struct error *inner, struct error *err)
{
    char where[96];

    place_line(cases->path, line, where, sizeof where);
    return error_mismatch(err, inner->status, where, inner->expected, inner->received,
                          "%s", inner->text);
}

static enum status take_row(struct cases *cases, uint32_t *row, struct error *err)
{
    if (cases->row_count == cases->row_capacity) {
        size_t capacity = 2 * cases->row_capacity + 4096;
        struct cases_row *grown = realloc(cases->rows, capacity * sizeof *grown);
        if (grown == NULL)
            return error_no_memory(err);
        cases->rows = grown;
        cases->row_capacity = capacity;
    }
    if (cases->row_count == NO_ROW || cases->csv.line > UINT32_MAX)
        return error_set(err, STATUS_TOO_LARGE, "", "there are too many rows");
    *row = (uint32_t)cases->row_count++;
    cases->rows[*row] =
        (struct cases_row){cases->csv.start, (uint32_t)cases->csv.start_line, NO_ROW};
    return STATUS_OK;
}

/* The case with this name, which is added if it is new. */
static enum status find_case(struct cases *cases, const char *name, size_t length,
                             struct cases_case **found, struct error *err)
{
    if (cases->names.count == cases->case_capacity) {
        size_t capacity = 2 * cases->case_capacity + 512;
        struct cases_case *grown = realloc(cases->cases, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(err);
        cases->cases = grown;
        cases->case_capacity = capacity;
    }
    uint32_t known = cases->names.count;
    uint32_t index = strmap_add(&cases->names, name, length, &cases->arena);
    if (index == MAP_NONE)
        return error_no_memory(err);
    *found = &cases->cases[index];
    if (index == known)
        **found = (struct cases_case){NO_ROW, NO_ROW, 0};
    return STATUS_OK;
}

static bool is_blank(const struct csv_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cells[i].length > 0)
            return false;
    return true;
}

/* Chain the row that was just read, of count cells, to its case. */
static enum status add_row(struct cases *cases, size_t count, struct error *err)
{
    struct cases_case *owner;
    const char *name;
    size_t length;
    uint32_t row = NO_ROW;
    enum status status;

    if (count <= cases->id)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "the row has %zu cells, the header has %zu: which case it "
                         "belongs to is not known",
                         count, cases->column_count);
    name = csv_text(&cases->cells[cases->id], &cases->room, &length);
    if (length == 0)
        return error_set(err, STATUS_BAD_INPUT, "", "the row has no \"%.64s\"",
                         cases->columns[cases->id].name);
    if (cases->room.has_failed)
        return error_no_memory(err);
    status = find_case(cases, name, length, &owner, err);
    if (status == STATUS_OK)
        status = take_row(cases, &row, err);
    if (status != STATUS_OK)
        return status;
    if (owner->count++ == 0)
        owner->first = row;
    else
        cases->rows[owner->last].next = row;
    owner->last = row;
    return STATUS_OK;
}

static enum status read_rows(struct cases *cases, struct error *err)
{
    enum status status;
    size_t count;

    do {
        struct error inner = {0}, shown = {0};
        bool is_torn;
        status = csv_next(&cases->csv, cases->cells, cases->column_count, &count, &inner);
        is_torn = status != STATUS_OK; /* where the next row begins is not known */
        size_t stored = count < cases->column_count ? count : cases->column_count;
        if (status == STATUS_OK && !is_blank(cases->cells, stored))
            status = add_row(cases, count, &inner);
        if (status == STATUS_OK)
            continue;
        if (status != STATUS_BAD_INPUT || is_torn || !cases->keys->skip_bad)
            return cases_complain(cases, cases->csv.start_line, &inner, err);
        (void)cases_complain(cases, cases->csv.start_line, &inner, &shown);
        fprintf(stderr, "skipped %s: %s\n", shown.where, shown.text);
    } while (count > 0);
    return STATUS_OK;
}

enum status cases_cells(struct cases *cases, uint32_t row, size_t *count,
                        struct error *err)
{
    csv_seek(&cases->csv, cases->rows[row].start, cases->rows[row].line);
    return csv_next(&cases->csv, cases->cells, cases->column_count, count, err);
}

static enum status read_file(struct cases *cases, struct error *err)
{
    size_t length;
    enum status status = file_read(cases->path, FILE_MOST, &cases->bytes, &length, err);

    if (status != STATUS_OK)
        return status;
    csv_open(&cases->csv, cases->path, cases->bytes, length);
    status = cases_read_header(cases, err);
    if (status == STATUS_OK)
        status = read_rows(cases, err);
    return status == STATUS_OK ? cases_find_kinds(cases, err) : status;
}

struct cases *cases_read(const char *path, const struct keys *keys, enum task target,
                         struct error *err)
{
    struct cases *cases = calloc(1, sizeof *cases);

    if (cases == NULL) {
        error_no_memory(err);
        return NULL;
    }
    cases->path = path;
    cases->keys = keys;
    cases->target = target;
    arena_init(&cases->arena, SIZE_MAX);
    strbuf_init(&cases->room, SIZE_MAX);
    if (read_file(cases, err) == STATUS_OK)
        return cases;
    cases_free(cases);
    return NULL;
}

void cases_free(struct cases *cases)
{
    if (cases == NULL)
        return;
    free(cases->bytes);
    free(cases->rows);
    free(cases->cases);
    free(cases->lines);
    strbuf_release(&cases->room);
    arena_release(&cases->arena);
    free(cases);
}

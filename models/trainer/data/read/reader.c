/*
 * Each thread repeats: take the next block of the file (one thread at a time: reading and
 * decompressing are serial), read it into its own tape_writer (all at once), append the result to
 * the tape (one at a time, in the order of the blocks).
 *
 * A block ends after a line end that is outside quotes.  What follows the last one is carried over to the
 * next block.  If there is none, the block grows.
 */
#include "data/read/reader.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/workers.h"
#include "data/read/csv.h"
#include "data/read/csv_rows.h"
#include "data/read/json_lines.h"
#include "data/read/source.h"
#include "data/read/text_shape.h"
#include "model/schema.h"

enum {
    BLOCK_BYTES = 1 << 20,
    HINT_BYTES = 1 << 16,
    MAX_TITLE_LINES = 30 /* above a header */
};

static const size_t MAX_RECORD_BYTES = (size_t)1 << 30;

struct reading {
    const struct data_files *data;
    const struct reader_options *options;
    struct tape *tape;
    struct problems *problems;
    struct messages *messages;

    /* the file */
    struct source *source;
    const char *name;
    uint32_t file;
    bool is_csv;
    enum source_form form;
    struct csv_header header;

    pthread_mutex_t take, append;
    pthread_cond_t appended;

    /* under take */
    char *carry; /* bytes that belong to the next block; owned */
    size_t carried, carry_capacity;
    bool has_ended;
    size_t taken;              /* blocks */
    struct error source_error; /* after the last good bytes */

    /* under append */
    size_t blocks;
    uint64_t line; /* of the next block, from 1 */
    bool has_stopped;
    uint64_t blank_rows;
    uint64_t header_rows, first_header_row; /* that repeat the header; a line */
    struct unread_members unread;
    struct error err;
};

/* A block of the file and the memory in which a thread reads it. */
struct block_reader {
    struct reading *reading;
    char *bytes; /* owned */
    size_t length, capacity, number;
    struct tape_writer writer;
    struct block_problems problems;
    struct json_lines lines;
    struct csv_rows rows;
};

/* ---- taking a block ---- */

static bool grow(char **bytes, size_t *capacity, size_t needed)
{
    if (needed <= *capacity)
        return true;
    char *grown = realloc(*bytes, needed);
    if (!grown)
        return false;
    *bytes = grown;
    *capacity = needed;
    return true;
}

static size_t complete_bytes(const struct reading *r, const char *bytes, size_t length)
{
    if (r->is_csv)
        return csv_complete_bytes(r->header.separator, bytes, length);
    const char *last = length > 0 ? memrchr(bytes, '\n', length) : NULL;
    return last ? (size_t)(last - bytes) + 1 : 0;
}

/* Fill the block to `size` bytes; sets has_ended at the end of the file. */
static enum status fill_block(struct reading *r, struct block_reader *block, size_t size,
                              struct error *err)
{
    size_t got;
    if (!grow(&block->bytes, &block->capacity, size))
        return error_no_memory(err);
    enum status status = source_read(r->source, block->bytes + block->length,
                                     size - block->length, &got, &r->source_error);
    block->length += got;
    r->has_ended = status != STATUS_OK || block->length < size;
    return status == STATUS_NO_MEMORY ? error_no_memory(err) : STATUS_OK;
}

/* Take the next block; its length is 0 at the end of the file. */
static enum status take_block(struct reading *r, struct block_reader *block,
                              struct error *err)
{
    size_t size = r->carried + BLOCK_BYTES, complete;
    block->length = 0;
    /* the first bytes of a damaged file are in the carry; they are the only block */
    if (r->has_ended && (r->taken > 0 || r->carried == 0))
        return STATUS_OK;
    if (!grow(&block->bytes, &block->capacity, size))
        return error_no_memory(err);
    if (r->carried > 0)
        memcpy(block->bytes, r->carry, r->carried);
    block->length = r->carried;
    r->carried = 0;
    for (;;) {
        if (!r->has_ended)
            RETURN_IF_ERROR(fill_block(r, block, size, err));
        complete = complete_bytes(r, block->bytes, block->length);
        /* of a file that is cut off, the last line is not whole */
        if (r->has_ended && r->source_error.status == STATUS_OK)
            complete = block->length;
        if (complete > 0 || r->has_ended)
            break;
        if (size > MAX_RECORD_BYTES)
            return error_set(err, STATUS_TOO_LARGE, r->name,
                             "a line is longer than 1 GiB%s",
                             r->is_csv ? ", or a quote is never closed" : "");
        size *= 2;
    }
    size_t rest = block->length - complete;
    if (!grow(&r->carry, &r->carry_capacity, rest + 1))
        return error_no_memory(err);
    memcpy(r->carry, block->bytes + complete, rest);
    r->carried = rest;
    block->length = complete;
    block->number = r->taken++;
    return STATUS_OK;
}

/* ---- appending it ---- */

/* Add the problems of a block; sets has_stopped if reading must not go on. */
static void add_problems(struct reading *r, struct block_problems *problems)
{
    if (!r->is_csv) /* of CSV, the histories with bad rows are counted later */
        r->problems->record_count += problems->count;
    for (size_t i = 0; i < problems->count; i++) {
        const struct block_problem *problem = &problems->list[i];
        problems_add(r->problems, r->file, r->name, r->line + problem->line,
                     &problem->err);
    }
    if (problems->count > 0 && !problems->skip_bad)
        r->has_stopped = true;
    if (!problems->is_torn)
        return;
    const struct block_problem *last = &problems->list[problems->count - 1];
    char where[sizeof r->err.where];
    r->has_stopped = true;
    if (!problems->skip_bad)
        return;
    file_line_write(where, sizeof where, r->name, r->line + last->line);
    (void)error_set(&r->err, last->err.status, where, "%s", last->err.text);
}

static void stop(struct reading *r, const struct error *err)
{
    if (r->err.status == STATUS_OK)
        r->err = *err;
    r->has_stopped = true;
}

/* Wait for the turn of the block, and append it; lines: its line ends. */
static bool append_block(struct reading *r, struct block_reader *block, uint32_t lines)
{
    pthread_mutex_lock(&r->append);
    while (r->blocks != block->number)
        pthread_cond_wait(&r->appended, &r->append);
    struct error err = {.status = STATUS_OK};
    if (!r->has_stopped) {
        if (block->problems.has_failed)
            (void)error_no_memory(&err);
        else if (r->line + lines > UINT32_MAX)
            (void)error_set(&err, STATUS_TOO_LARGE, r->name,
                            "the file has too many lines");
        else
            (void)tape_append(r->tape, &block->writer, r->line, &err);
        if (err.status != STATUS_OK)
            stop(r, &err);
        else
            add_problems(r, &block->problems);
        if (r->is_csv && block->rows.header_rows > 0) {
            if (r->header_rows == 0)
                r->first_header_row = r->line + block->rows.first_header_row;
            r->header_rows += block->rows.header_rows;
        }
        if (!r->is_csv)
            unread_members_move(&r->unread, &block->lines.unread, r->file, r->line);
        r->line += lines;
    }
    r->blocks++;
    bool goes_on = !r->has_stopped;
    pthread_cond_broadcast(&r->appended);
    pthread_mutex_unlock(&r->append);
    return goes_on;
}

/* ---- the loop of a thread ---- */

static enum status block_reader_init(struct block_reader *block, struct reading *r,
                                     struct error *err)
{
    *block = (struct block_reader){.reading = r};
    if (r->is_csv)
        return csv_rows_init(&block->rows, &r->header, err);
    RETURN_IF_ERROR(json_lines_init(&block->lines, r->data->keys,
                                    r->options->wants_posterior, r->options->wants_test,
                                    err));
    block->lines.is_numbered = r->form != FORM_LINES;
    return STATUS_OK;
}

static void block_reader_release(struct block_reader *block)
{
    free(block->bytes);
    free(block->problems.list);
    tape_writer_release(&block->writer);
    if (block->reading->is_csv)
        csv_rows_release(&block->rows);
    else
        json_lines_release(&block->lines);
}

static uint32_t read_block(struct block_reader *block)
{
    block->problems.count = 0;
    block->problems.skip_bad = block->reading->data->keys->skip_bad;
    block->rows.has_case = block->number > 0; /* not: this thread has read a block */
    tape_writer_begin(&block->writer);
    uint32_t lines = block->reading->is_csv
                         ? csv_rows_read(&block->rows, &block->writer, block->bytes,
                                         block->length, &block->problems)
                         : json_lines_read(&block->lines, &block->writer, block->bytes,
                                           block->length, &block->problems);
    tape_writer_end(&block->writer);
    return lines;
}

static bool has_stopped(struct reading *r)
{
    pthread_mutex_lock(&r->append);
    bool result = r->has_stopped;
    pthread_mutex_unlock(&r->append);
    return result;
}

static void read_blocks(void *context, size_t i)
{
    struct reading *r = context;
    struct block_reader block;
    struct error err = {.status = STATUS_OK};
    bool goes_on = block_reader_init(&block, r, &err) == STATUS_OK;
    (void)i;
    while (goes_on && !has_stopped(r)) {
        pthread_mutex_lock(&r->take);
        bool is_taken = take_block(r, &block, &err) == STATUS_OK && block.length > 0;
        if (err.status != STATUS_OK)
            r->has_ended = true;
        pthread_mutex_unlock(&r->take);
        if (!is_taken)
            break;
        goes_on = append_block(r, &block, read_block(&block));
    }
    if (err.status != STATUS_OK) {
        pthread_mutex_lock(&r->append);
        stop(r, &err);
        pthread_mutex_unlock(&r->append);
    }
    if (r->is_csv) {
        pthread_mutex_lock(&r->append);
        r->blank_rows += block.rows.blank_rows;
        pthread_mutex_unlock(&r->append);
    }
    block_reader_release(&block);
}

/* ---- what a file is ---- */

/* Does the name, without .gz and .zst, end with one of the extensions (which NULL ends)? */
static bool has_extension(const char *name, const char *const *extensions)
{
    size_t length = strlen(name);
    if (length > 3 && strcasecmp(name + length - 3, ".gz") == 0)
        length -= 3;
    else if (length > 4 && strcasecmp(name + length - 4, ".zst") == 0)
        length -= 4;
    for (; *extensions; extensions++) {
        size_t size = strlen(*extensions);
        if (length > size && strncasecmp(name + length - size, *extensions, size) == 0)
            return true;
    }
    return false;
}

bool reader_is_csv(const char *name, const char *text, size_t length)
{
    static const char *const csv[] = {".csv", ".tsv", ".tab", NULL};
    static const char *const json[] = {".jsonl", ".ndjson", ".json", ".jsonlines", NULL};
    size_t i = 0;
    while (i < length && strchr(" \t\r\n\xef\xbb\xbf", text[i]) && text[i] != '\0')
        i++;
    if (i == length)
        return has_extension(name, csv);
    const char *line_end = memchr(text + i, '\n', length - i);
    size_t line = (size_t)(line_end ? line_end - text : (ptrdiff_t)length) - i;
    bool has_separator = memchr(text + i, ',', line) || memchr(text + i, ';', line) ||
                         memchr(text + i, '\t', line) || memchr(text + i, '|', line);
    if (text[i] == '{' || text[i] == '[')
        return has_extension(name, csv) && !memchr(text + i, '"', line);
    return has_extension(name, csv) || (has_separator && text[i] != '"') ||
           (has_separator && !has_extension(name, json));
}

enum status reader_find_form(struct source *source, const char *name,
                             const struct data_keys *keys, enum source_form *form,
                             struct error *err)
{
    const char *text;
    size_t length, i = 0;
    struct error damage = {.status = STATUS_OK}; /* it is found again by the first read */
    *form = FORM_LINES;
    if (source_peek_line(source, &text, &length, &damage) == STATUS_NO_MEMORY)
        return error_no_memory(err);
    while (i < length && text[i] != '\0' && strchr(" \t\r\n\xef\xbb\xbf", text[i]))
        i++;
    if ((length - i >= 5 && memcmp(text + i, "<?xml", 5) == 0) ||
        (length - i >= 4 && memcmp(text + i, "<!--", 4) == 0) ||
        (length - i >= 5 && memcmp(text + i, "<log", 4) == 0 &&
         strchr(" \t\r\n>", text[i + 4]) && text[i + 4] != '\0'))
        *form = FORM_XES;
    else if (i < length && text[i] == '[' && !reader_is_csv(name, text, length))
        *form = FORM_ARRAY;
    return *form == FORM_LINES ? STATUS_OK
                               : source_number_lines(source, *form, keys, err);
}

/* Read the first bytes, and decide from them. */
static enum status look_at_file(struct reading *r, struct error *err)
{
    size_t got;
    RETURN_IF_ERROR(reader_find_form(r->source, r->name, r->data->keys, &r->form, err));
    r->line = r->form == FORM_LINES; /* a numbered line has its own */
    if (!grow(&r->carry, &r->carry_capacity, HINT_BYTES))
        return error_no_memory(err);
    enum status status =
        source_read(r->source, r->carry, HINT_BYTES, &got, &r->source_error);
    if (status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    r->has_ended = status != STATUS_OK; /* at the end, the next read finds no bytes */
    r->carried = got;
    if (r->form != FORM_LINES)
        return STATUS_OK;
    const char *stranger = source_stranger(r->carry, got);
    if (stranger)
        return error_set(err, STATUS_BAD_INPUT, r->name, "this is %s", stranger);
    r->is_csv = reader_is_csv(r->name, r->carry, got);
    char shape[TEXT_SHAPE_SIZE];
    if (!r->is_csv && !r->data->keys->skip_bad &&
        text_shape_of_lines(r->carry, got, shape))
        return error_set(err, STATUS_BAD_INPUT, r->name, "%s", shape);
    return STATUS_OK;
}

/*
 * The dialect, and where the header begins.  A title may be above it: then it is the first line that
 * names the columns of the case and of the event.  If no line does, and the first one is a single
 * cell, errors are about the line with the most cells.
 */
static enum status find_header(const struct reading *r, struct csv_dialect *dialect,
                               bool *has_title, struct error *err)
{
    const char *text = r->carry, *end = text + r->carried, *next;
    bool is_first = true;
    size_t most = 0;
    *has_title = false;
    csv_find_dialect(dialect, text, r->carried);
    for (size_t line = 0; line < MAX_TITLE_LINES && text < end; line++, text = next) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        next = line_end ? line_end + 1 : end;
        if (next - text <= 2 && (*text == '\n' || *text == '\r'))
            continue; /* csv_next skips blank lines */
        struct csv_dialect found;
        csv_find_dialect(&found, text, (size_t)(end - text));
        const char *header = text + found.header;
        bool has_keys;
        size_t cells;
        RETURN_IF_ERROR(csv_header_has_keys(found.separator, header,
                                            (size_t)(end - header), r->data->keys,
                                            &has_keys, &cells, err));
        if (has_keys || (!is_first && cells > most)) {
            found.header += (size_t)(text - r->carry);
            found.header_line += line;
            *dialect = found;
            *has_title = !is_first;
        }
        if (has_keys)
            return STATUS_OK;
        if (is_first && cells > 1)
            most = SIZE_MAX;
        else if (cells > most)
            most = cells;
        is_first = false;
    }
    return STATUS_OK;
}

/* Find the dialect, read the header, and leave the rows in the carry. */
static enum status read_header(struct reading *r, struct error *err)
{
    struct csv_dialect dialect;
    struct error inner = {.status = STATUS_OK};
    bool has_title;
    RETURN_IF_ERROR(find_header(r, &dialect, &has_title, err));
    char *header = r->carry + dialect.header;
    size_t length = r->carried - dialect.header;
    r->line = dialect.header_line + 1;
    enum status status =
        csv_header_read(&r->header, dialect.separator, header, length, r->data->keys,
                        r->options->needs_label, r->messages, r->name, &inner);
    if (status != STATUS_OK) {
        char where[sizeof err->where], shape[TEXT_SHAPE_SIZE];
        file_line_write(where, sizeof where, r->name, r->line);
        if (status == STATUS_BAD_INPUT &&
            text_shape_of_header(header, length, dialect.separator, r->data->keys, shape))
            return error_set(err, status, where, "%s", shape);
        return error_mismatch(err, status, where, inner.expected, inner.received, "%s",
                              inner.text);
    }
    if (has_title)
        messages_note(r->messages,
                      "%s: the header is in line %zu; what is above is left out", r->name,
                      dialect.header_line + 1);
    struct csv csv;
    struct csv_cell cell;
    size_t count;
    csv_init(&csv, dialect.separator, header, length);
    RETURN_IF_ERROR(csv_next(&csv, &cell, 1, &count, err));
    size_t used = (size_t)(csv.at - header);
    r->line += csv.line;
    r->carried = length - used;
    memmove(r->carry, header + used, r->carried);
    return STATUS_OK;
}

static enum status read_file(struct reading *r, struct workers *workers,
                             struct error *err)
{
    RETURN_IF_ERROR(look_at_file(r, err));
    if (r->is_csv)
        RETURN_IF_ERROR(read_header(r, err));
    RETURN_IF_ERROR(tape_begin_file(r->tape, r->name, r->is_csv,
                                    r->is_csv && r->header.separator != ',', err));
    workers_run(workers, read_blocks, r, workers_count(workers));
    if (r->err.status != STATUS_OK) {
        if (err)
            *err = r->err;
        return r->err.status;
    }
    if (r->has_stopped && r->source_error.status == STATUS_OK)
        (void)source_check_rest(r->source, &r->source_error);
    source_note(r->source, r->messages);
    if (r->source_error.status == STATUS_IO && r->form != FORM_LINES)
        return error_set(err, r->source_error.status, r->source_error.where, "%s",
                         r->source_error.text);
    if (r->source_error.status == STATUS_IO)
        return error_set(err, r->source_error.status, r->source_error.where,
                         "%s, up to line %llu", r->source_error.text,
                         (unsigned long long)(r->line - 1));
    if (r->blank_rows > 0)
        messages_note(r->messages, "%s: %llu row%s of empty cells", r->name,
                      (unsigned long long)r->blank_rows,
                      r->blank_rows == 1 ? " is skipped: it consists"
                                         : "s are skipped: they consist");
    if (r->header_rows > 0) {
        char where[sizeof err->where];
        file_line_write(where, sizeof where, r->name, r->first_header_row);
        messages_warn(r->messages, "%llu row%s the header, the first at %s: left out",
                      (unsigned long long)r->header_rows,
                      r->header_rows == 1 ? " repeats" : "s repeat", where);
    }
    return tape_end_file(r->tape, workers, err);
}

static enum status open_and_read(struct reading *r, const char *path,
                                 struct workers *workers, struct error *err)
{
    r->name = source_name(path);
    r->source = r->options->source ? r->options->source : source_open(path, err);
    if (!r->source)
        return err ? err->status : STATUS_IO;
    r->taken = r->blocks = r->carried = 0;
    r->line = 1;
    r->blank_rows = r->header_rows = 0;
    r->has_ended = r->is_csv = false;
    r->source_error = (struct error){.status = STATUS_OK};
    enum status status = read_file(r, workers, err);
    csv_header_release(&r->header);
    source_close(r->source);
    return status;
}

/* ---- known values ---- */

/* Texts beyond TAPE_MAX_TEXTS are not told apart, except these. */
static enum status add_values_of_field(struct tape *tape, const char *name,
                                       const struct field *field, struct error *err)
{
    uint32_t index = tape_add_column(tape, SCOPE_FIELD, name, strlen(name));
    if (index == MAP_NONE)
        return error_no_memory(err);
    struct tape_column *column = &tape->columns[index];
    for (uint32_t v = 0; v < field->values.count; v++)
        if (strmap_add(&column->texts, field->values.keys[v].bytes,
                       field->values.keys[v].length, &column->arena) == MAP_NONE)
            return error_no_memory(err);
    return STATUS_OK;
}

static enum status add_known_values(struct tape *tape, const struct data_keys *keys,
                                    const struct schema *schema, struct error *err)
{
    for (uint32_t i = 0; schema && i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        bool is_event = strcmp(field->name, "event") == 0;
        if (field->kind != FIELD_CATEGORY)
            continue;
        if (!is_event || keys->may_fall_back) /* the names may be in our column, too */
            RETURN_IF_ERROR(add_values_of_field(tape, field->name, field, err));
        if (is_event)
            RETURN_IF_ERROR(add_values_of_field(tape, keys->event, field, err));
    }
    return STATUS_OK;
}

enum status data_read(struct tape *tape, const struct data_files *data,
                      const struct reader_options *options, struct problems *problems,
                      struct messages *messages, struct error *err)
{
    struct reading r = {.data = data,
                        .options = options,
                        .tape = tape,
                        .problems = problems,
                        .messages = messages};
    struct error own = {.status = STATUS_OK};
    err = err ? err : &own;
    tape->folds_ids = data->keys->folds_ids;
    RETURN_IF_ERROR(add_known_values(tape, data->keys, options->schema, err));
    struct workers *workers =
        workers_new(options->threads > 0 ? options->threads : 1, err);
    if (!workers)
        return err->status;
    pthread_mutex_init(&r.take, NULL);
    pthread_mutex_init(&r.append, NULL);
    pthread_cond_init(&r.appended, NULL);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < data->file_count && status == STATUS_OK && !r.has_stopped;
         i++) {
        r.file = (uint32_t)i;
        status = open_and_read(&r, data->files[i], workers, err);
    }
    if (status == STATUS_OK)
        status = tape_finish(tape, err);
    if (status == STATUS_OK)
        unread_members_warn(&r.unread, data->keys, data->files, messages);
    pthread_cond_destroy(&r.appended);
    pthread_mutex_destroy(&r.append);
    pthread_mutex_destroy(&r.take);
    free(r.carry);
    workers_free(workers);
    return status;
}

/* JSON Lines and numbered lines pass through a buffer; CSV goes onto a tape, because the rows of a case may be anywhere. */
#include "data/history_texts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_reader.h"
#include "base/workers.h"
#include "data/histories/columns.h"
#include "data/histories/encoder.h"
#include "data/histories/event_order.h"
#include "data/histories/histories.h"
#include "data/read/reader.h"
#include "data/read/source.h"
#include "data/tape/tape.h"
#include "data/warnings/warnings.h"
#include "model/schema.h"
#include "trainer.h"

enum { FIRST_BYTES = 1 << 16 };

static const size_t MAX_LINE_BYTES = (size_t)1 << 30;

/* ---- JSON Lines ---- */

struct line_buffer {
    char *bytes; /* owned */
    size_t length, capacity;
};

/* A numbered line (record_lines.h). */
static bool visit_numbered(char *bytes, size_t length,
                           const struct history_visitor *visitor)
{
    struct record_line record;
    record_line_parse(&record, bytes, length);
    const struct history_place place = {.line = record.line, .index = record.index};
    if (record.kind == RECORD_HISTORY)
        return visitor->text(visitor->context, &place, record.text, record.length);
    struct error err = {.status = STATUS_OK};
    record_line_problem(&record, &err);
    return visitor->bad_row(visitor->context, record.line, &err) &&
           record.kind == RECORD_BAD;
}

static bool visit_line(char *bytes, size_t length, uint64_t line, bool is_numbered,
                       const struct history_visitor *visitor)
{
    const struct history_place place = {.line = line, .index = RECORD_NO_INDEX};
    if (is_numbered)
        return visit_numbered(bytes, length, visitor);
    return json_are_blank(bytes, length) ||
           visitor->text(visitor->context, &place, bytes, length);
}

/* Visit the complete lines; what follows them is kept. */
static bool visit_lines(struct line_buffer *buffer, uint64_t *line, bool is_numbered,
                        const struct history_visitor *visitor)
{
    size_t start = 0;
    const char *end;
    bool goes_on = true;
    while (goes_on && start < buffer->length &&
           (end = memchr(buffer->bytes + start, '\n', buffer->length - start))) {
        size_t length = (size_t)(end - buffer->bytes) - start;
        ++*line;
        if (*line == 1 && length >= 3 && memcmp(buffer->bytes, "\xef\xbb\xbf", 3) == 0) {
            start += 3; /* a byte order mark */
            length -= 3;
        }
        goes_on = visit_line(buffer->bytes + start, length, *line, is_numbered, visitor);
        start += length + 1;
    }
    memmove(buffer->bytes, buffer->bytes + start, buffer->length - start);
    buffer->length -= start;
    return goes_on;
}

static enum status read_lines(struct source *source, const char *name, bool is_numbered,
                              const struct history_visitor *visitor, struct error *err)
{
    struct line_buffer buffer = {.bytes = NULL};
    enum status status = STATUS_OK;
    uint64_t line = 0;
    size_t got = 1;
    bool goes_on = true;
    while (goes_on && got > 0 && status == STATUS_OK) {
        if (buffer.capacity - buffer.length < FIRST_BYTES) {
            size_t capacity = 2 * buffer.capacity + 2 * FIRST_BYTES;
            char *grown =
                capacity <= MAX_LINE_BYTES ? realloc(buffer.bytes, capacity) : NULL;
            if (!grown) {
                status = capacity <= MAX_LINE_BYTES
                             ? error_no_memory(err)
                             : error_set(err, STATUS_TOO_LARGE, name,
                                         "a line is longer than 1 GiB");
                break;
            }
            buffer.bytes = grown;
            buffer.capacity = capacity;
        }
        status = source_read_some(source, buffer.bytes + buffer.length,
                                  buffer.capacity - buffer.length, &got, err);
        buffer.length += got;
        goes_on = visit_lines(&buffer, &line, is_numbered, visitor);
    }
    /* a last line without line end; of a file that is cut off it is not whole */
    if (status == STATUS_OK && goes_on && buffer.length > 0)
        (void)visit_line(buffer.bytes, buffer.length, line + 1, is_numbered, visitor);
    free(buffer.bytes);
    return status;
}

/* ---- CSV ---- */

static bool visit_bad_rows(const struct problems *problems,
                           const struct history_visitor *visitor)
{
    for (size_t i = 0; i < problems->count; i++)
        if (!visitor->bad_row(visitor->context, problems->list[i].line,
                              &problems->list[i].err))
            return false;
    return true;
}

/* The label and the part of a case: the first cells that have one. */
static void find_stated(const struct encoder *encoder, size_t history,
                        struct strbuf *label, struct strbuf *part)
{
    struct tape_reader reader;
    struct tape_value value;
    char buffer[TAPE_TEXT_SIZE];
    bool is_mark;
    strbuf_clear(label);
    strbuf_clear(part);
    tape_open(&reader, encoder->tape, history);
    while (tape_open_event(&reader))
        while (tape_next(&reader.cursor, &value)) {
            enum column_role role = encoder->columns->roles[value.column];
            struct strbuf *out = role == COLUMN_LABEL   ? label
                                 : role == COLUMN_SPLIT ? part
                                                        : NULL;
            if (!out || out->length > 0)
                continue;
            struct span text = label_text(encoder->tape, &value, buffer, &is_mark);
            strbuf_add_bytes(out, text.bytes, text.length);
        }
    strbuf_add(label, ""); /* there is a text, if it is an empty one */
    strbuf_add(part, "");
}

static enum status visit_cases(const struct encoder *encoder,
                               const struct history_visitor *visitor, struct error *err)
{
    const struct tape *tape = encoder->tape;
    struct strbuf text, label, part;
    bool goes_on = true, has_failed = false;
    strbuf_init(&text, SIZE_MAX);
    strbuf_init(&label, SIZE_MAX);
    strbuf_init(&part, SIZE_MAX);
    for (size_t i = 0; i < tape->history_count && goes_on && !has_failed; i++) {
        if (tape->histories[i].is_bad)
            continue;
        strbuf_clear(&text);
        encoder_write_json(encoder, i, true, &text);
        find_stated(encoder, i, &label, &part);
        const struct history_place place = {.line = tape->histories[i].line,
                                            .index = RECORD_NO_INDEX,
                                            .label = label.bytes,
                                            .part = part.bytes};
        has_failed = text.has_failed || label.has_failed || part.has_failed;
        goes_on = has_failed ||
                  visitor->text(visitor->context, &place, text.bytes, text.length);
    }
    enum status status = has_failed ? error_no_memory(err) : STATUS_OK;
    strbuf_release(&text);
    strbuf_release(&label);
    strbuf_release(&part);
    return status;
}

/* Newest-first files are read from their end, as in training. */
static enum status find_order(struct tape *tape, const struct columns *columns,
                              const struct data_keys *keys, struct workers *workers,
                              struct messages *messages, struct error *err)
{
    const struct histories_options options = {
        .task = TASK_NEXT, .keeps_unlabelled = true, .keys = keys};
    struct histories histories = {.count = 0};
    struct problems ignored; /* what is wrong with a history is its answer */
    if (columns->time == MAP_NONE)
        return STATUS_OK;
    problems_init(&ignored, true);
    enum status status =
        histories_read(&histories, tape, columns, &options, &ignored, workers, err);
    if (status == STATUS_OK)
        status = event_order_find(&histories, tape, columns, messages, err);
    histories_release(&histories);
    problems_release(&ignored);
    return status;
}

/* What the model was trained on, and the file does not have at all. */
static void warn_of_absent(const struct tape *tape, const struct columns *columns,
                           const struct data_keys *keys, const struct schema *schema,
                           struct messages *messages)
{
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const char *name = schema->fields[i].name;
        uint32_t column = tape_find_column(tape, SCOPE_FIELD, name, strlen(name));
        if (strcmp(name, "event") != 0 && !tape_is_in_files(tape, column))
            messages_warn(messages,
                          "the file has no column \"%s\", which the model was trained on",
                          name);
    }
    if (keys->model_time && columns->time == MAP_NONE)
        messages_warn(
            messages,
            "the file has no times (column \"%s\"), which the model was trained "
            "on: is --time right?",
            keys->model_time);
}

/* Roles, order, and what is missing: all that is said before the first answer. */
static enum status prepare_cases(struct tape *tape, struct columns *columns,
                                 const struct data_keys *keys,
                                 const struct schema *schema, struct workers *workers,
                                 struct messages *messages, struct error *err)
{
    RETURN_IF_ERROR(columns_find(columns, tape, keys, workers, messages, err));
    RETURN_IF_ERROR(find_order(tape, columns, keys, workers, messages, err));
    if (tape->history_count > 0)
        warn_of_absent(tape, columns, keys, schema, messages);
    const struct warning_data data = {
        .tape = tape, .columns = columns, .keys = keys, .workers = workers};
    RETURN_IF_ERROR(warn_about_data(messages, &data, FOR_PREDICTION, err));
    return warnings_refuse(messages->warning_count, keys->is_strict, err);
}

static enum status read_cases(struct source *source, const char *path,
                              const struct data_keys *keys, const struct schema *schema,
                              const struct history_visitor *visitor,
                              struct messages *messages, struct error *err)
{
    struct data_keys skipping = *keys; /* bad rows do not keep others from an answer */
    skipping.skip_bad = true;
    const struct data_files data = {.files = &path, .file_count = 1, .keys = &skipping};
    const struct reader_options options = {
        .source = source, .threads = workers_threads(0), .schema = schema};
    struct tape tape;
    struct columns columns = {.roles = NULL};
    struct encoder encoder = {.list = NULL};
    struct problems problems;
    struct workers *workers = workers_new(options.threads, err);
    tape_init(&tape);
    problems_init(&problems, true);
    enum status status = workers ? STATUS_OK : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = data_read(&tape, &data, &options, &problems, messages, err);
    else
        source_close(source);
    if (status == STATUS_OK)
        status =
            prepare_cases(&tape, &columns, &skipping, schema, workers, messages, err);
    if (status == STATUS_OK)
        messages_print(messages); /* before the first answer */
    if (status == STATUS_OK)
        status = encoder_init(&encoder, &tape, &columns, schema, false, NULL, err);
    if (status == STATUS_OK && visit_bad_rows(&problems, visitor))
        status = visit_cases(&encoder, visitor, err);
    encoder_release(&encoder);
    columns_release(&columns);
    problems_release(&problems);
    tape_release(&tape);
    workers_free(workers);
    return status;
}

enum status history_texts_read(const char *path, const struct data_keys *keys,
                               const struct schema *schema,
                               const struct history_visitor *visitor,
                               struct messages *messages, struct error *err)
{
    struct error own = {.status = STATUS_OK}, damage = {.status = STATUS_OK};
    const char *name = source_name(path), *first;
    size_t length;
    err = err ? err : &own;
    struct source *source = source_open(path, err);
    if (!source)
        return err->status;
    enum source_form form;
    if (reader_find_form(source, name, keys, &form, err) != STATUS_OK) {
        source_close(source);
        return STATUS_NO_MEMORY;
    }
    if (form != FORM_LINES) {
        enum status status = read_lines(source, name, true, visitor, err);
        source_note(source, messages);
        source_close(source);
        return status;
    }
    /* damage in the first bytes is found again when they are read */
    if (source_peek_line(source, &first, &length, &damage) == STATUS_NO_MEMORY) {
        source_close(source);
        return error_no_memory(err);
    }
    const char *stranger = source_stranger(first, length);
    enum status status = STATUS_OK;
    if (stranger)
        status = error_set(err, STATUS_BAD_INPUT, name, "this is %s", stranger);
    else if (reader_is_csv(name, first, length))
        return read_cases(source, path, keys, schema, visitor, messages, err);
    else
        status = read_lines(source, name, false, visitor, err);
    source_close(source);
    return status;
}

/* ---- keys ---- */

/* Keys that are joined to the name of an event, in place of their names with "+" between them. */
static bool set_parts(json_t *own, const struct data_keys *keys)
{
    struct name_keys parts;
    data_keys_parts(keys, &parts);
    return parts.count == 0 ||
           json_object_set_new(own, "event", data_keys_parts_json(keys)) == 0;
}

struct schema *schema_with_keys(const struct schema *schema, const struct data_keys *keys,
                                struct error *err)
{
    struct strbuf text;
    struct schema *copy = NULL;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(schema, &text);
    json_t *object = text.has_failed ? NULL : json_read(text.bytes, text.length, err);
    json_t *own = json_pack("{s:s, s:s, s:s, s:s}", "id", keys->id, "events",
                            keys->events, "event", keys->event, "time", keys->time);
    const char *format = keys->time_format && *keys->time_format != '\0'
                             ? keys->time_format
                             : schema->keys.time_format;
    if (object && own && set_parts(own, keys) &&
        json_object_set_new(own, "time_format", json_string(format)) == 0 &&
        json_object_set(object, "keys", own) == 0)
        copy = triage_schema_read(object, "/schema", err);
    else
        error_no_memory(err);
    json_decref(own);
    json_decref(object);
    strbuf_release(&text);
    return copy;
}

/* Reading the histories, and their answers, errors and warnings. */
#include "answer_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/json_reader.h"
#include "command.h"
#include "data/common/messages.h"
#include "data/history_texts.h"

enum { COMPARED = 4096, COMPARED_STRIDE = 16 };

/* Histories are asked of one model.  A "model" that is not its name is any member of the data. */
static const struct schema *find_schema(void *context, const char *name, size_t length,
                                        struct error *err)
{
    const struct answer_lines *lines = context;
    bool is_asked = !name || (length == strlen(lines->name) &&
                              memcmp(name, lines->name, length) == 0);
    if (!is_asked)
        (void)error_set(err, STATUS_NOT_FOUND, "/model", "there is no such model");
    return is_asked ? lines->schema : NULL;
}

static enum status decode(struct answer_lines *lines, const char *line, size_t length,
                          struct history *history, unsigned *includes, struct error *err)
{
    const struct decoder_options options = {.max_events = ANSWER_MAX_EVENTS,
                                            .is_data = true,
                                            .find_schema = find_schema,
                                            .context = lines};
    struct decoded decoded;
    RETURN_IF_ERROR(triage_decode(&decoded, &options, line, length, &lines->arena, err));
    *history = decoded.histories[0];
    *includes = decoded.includes;
    return STATUS_OK;
}

static const struct schema *find_raw_schema(void *context, const char *name,
                                            size_t length, struct error *err)
{
    const struct answer_lines *lines = context;
    bool is_known = find_schema(context, name, length, err) != NULL;
    return is_known ? served_schema(lines->served) : NULL;
}

/*
 * Compare a history with the training, by its numbers as they are, which takes another decoding; of
 * many histories, a part is compared.
 */
static void compare(struct answer_lines *lines, uint64_t number, struct span line)
{
    const struct decoder_options options = {.max_events = ANSWER_MAX_EVENTS,
                                            .is_data = true,
                                            .find_schema = find_raw_schema,
                                            .context = lines};
    struct decoded decoded;
    struct error inner = {.status = STATUS_OK};
    char place[32];
    if (lines->answered++ >= COMPARED && lines->answered % COMPARED_STRIDE != 0)
        return;
    snprintf(place, sizeof place, "line %" PRIu64, number);
    if (triage_decode(&decoded, &options, line.bytes, line.length, &lines->arena,
                      &inner) == STATUS_OK)
        served_add(lines->served, &decoded.histories[0], place);
}

/* Count the ignored keys of a history that are probably mistyped. */
static void count_mistyped(struct answer_lines *lines, const struct history *history,
                           uint64_t line)
{
    for (uint32_t i = 0; i < history->ignored_count; i++) {
        const struct ignored_field *field = &history->ignored[i];
        struct mistyped_key *key = lines->mistyped;
        struct mistyped_key *end = key + lines->mistyped_count;
        if (!field->nearest || strlen(field->name) >= sizeof key->name)
            continue;
        while (key < end && strcmp(key->name, field->name) != 0)
            key++;
        if (key == lines->mistyped + ANSWER_MAX_MISTYPED)
            continue;
        if (key == end) {
            *key = (struct mistyped_key){.nearest = field->nearest, .line = line};
            memcpy(key->name, field->name, strlen(field->name) + 1);
            lines->mistyped_count++;
        }
        key->count++;
    }
}

static void warn_of_mistyped(const struct answer_lines *lines, struct messages *messages)
{
    for (size_t i = 0; i < lines->mistyped_count; i++) {
        const struct mistyped_key *key = &lines->mistyped[i];
        messages_warn(messages,
                      "\"%s\" is ignored in %" PRIu64
                      " histor%s, the first at line %" PRIu64 " (did you mean \"%s\"?)",
                      key->name, key->count, key->count == 1 ? "y" : "ies", key->line,
                      key->nearest);
    }
}

static enum status answer_line(struct answer_lines *lines, uint64_t number,
                               struct span line, struct error *err)
{
    struct history history;
    unsigned includes;
    RETURN_IF_ERROR(decode(lines, line.bytes, line.length, &history, &includes, err));
    RETURN_IF_ERROR(lines->answer(lines->context, number, &history, includes, err));
    count_mistyped(lines, &history, number);
    compare(lines, number, line);
    return STATUS_OK;
}

/* Print what is in out as a line. */
static bool print_out(struct answer_lines *lines, uint64_t line)
{
    struct strbuf *out = &lines->out;
    lines->has_printed = true;
    strbuf_add(out, "\n");
    if (out->has_failed) {
        fprintf(stderr, "triage: line %" PRIu64 ": out of memory\n", line);
        lines->has_failed = true;
        return true;
    }
    return write_output(out->bytes, out->length);
}

static bool print_line_error(void *context, uint64_t line, const struct error *inner)
{
    struct answer_lines *lines = context;
    struct strbuf *out = &lines->out;
    struct error err = *inner;
    lines->has_failed = true;
    err.line = err.status == STATUS_BAD_JSON ? err.line : 0;
    strbuf_clear(out);
    strbuf_printf(out, "{\"line\": %" PRIu64 ", \"error\": ", line);
    triage_problem_write(out, NULL, &err, NULL);
    strbuf_add(out, "}");
    return print_out(lines, line);
}

/* An error in an item of a JSON array, whose first line the error has, too. */
static void place_in_array(const struct history_place *place, struct error *err)
{
    const struct record_line record = {.index = place->index};
    record_line_place(&record, err);
    if (place->index != RECORD_NO_INDEX && err->status == STATUS_BAD_JSON &&
        err->line > 0)
        err->line += (unsigned)place->line - 1;
}

/* Print the answer to a history, or its error.  False when nothing more can be printed. */
static bool print_line(void *context, const struct history_place *place,
                       const char *bytes, size_t length)
{
    struct answer_lines *lines = context;
    struct error err = {0};
    arena_reset(&lines->arena);
    strbuf_clear(&lines->out);
    if (answer_line(lines, place->line, (struct span){bytes, length}, &err) == STATUS_OK)
        return print_out(lines, place->line);
    place_in_array(place, &err);
    return print_line_error(lines, place->line, &err);
}

/* A row of CSV that could not be read; the line is not repeated in its place. */
static bool print_bad_row(void *context, uint64_t line, const struct error *inner)
{
    struct error err = *inner;
    err.where[0] = '\0';
    return print_line_error(context, line, &err);
}

enum status answer_lines_init(struct answer_lines *lines, const struct model *model,
                              const char *path, const struct data_keys *keys,
                              struct error *err)
{
    *lines = (struct answer_lines){.model = model};
    arena_init(&lines->arena, SIZE_MAX);
    strbuf_init(&lines->out, SIZE_MAX);
    model_name(path, lines->name, sizeof lines->name);
    lines->schema = schema_with_keys(triage_model_schema(model), keys, err);
    if (!lines->schema)
        return err->status;
    lines->served = served_new(lines->schema, err);
    return lines->served ? STATUS_OK : STATUS_NO_MEMORY;
}

void answer_lines_release(struct answer_lines *lines)
{
    served_free(lines->served);
    strbuf_release(&lines->out);
    arena_release(&lines->arena);
    triage_schema_free(lines->schema);
}

enum status answer_lines_run(struct answer_lines *lines, const char *path,
                             const struct data_keys *keys, struct error *err)
{
    const struct history_visitor visitor = {
        .text = print_line, .bad_row = print_bad_row, .context = lines};
    struct messages messages;
    messages_init(&messages);
    enum status status =
        history_texts_read(path, keys, lines->schema, &visitor, &messages, err);
    warn_of_mistyped(lines, &messages);
    (void)served_warn(lines->served, &messages);
    if (status == STATUS_OK && !lines->has_printed)
        messages_warn(&messages, "there is no history to answer");
    messages_print(&messages);
    if (status == STATUS_OK)
        status = warnings_refuse(messages.warning_count, keys->is_strict, err);
    messages_release(&messages);
    return status;
}

/*
 * Where a JSON reader has failed: JSON Pointer, line and column, and the bytes that are there.
 *
 * Places are found by following the text from its beginning: a reader remembers none of the way.
 */
#include "base/json_reader.h"

#include <stdio.h>

#include "base/json.h"
#include "base/utf8.h"

enum {
    POINTER_LEVELS = 64, /* more do not fit a JSON Pointer of an error */
    POINTER_KEY = 1024   /* bytes of a key: escapes are up to six times what they mean */
};

/* An object or array on the way to a place. */
struct step {
    bool is_object, has_key;
    size_t index;    /* of the item of an array */
    struct span key; /* of the member of an object, as in the text */
};

/* The byte after the string whose opening quote is at `at`; at most end. */
static const char *string_end(const char *at, const char *end)
{
    for (at++; (at = json_skip_plain(at, end)) < end && *at != '"'; at++)
        at += *at == '\\' && end - at > 1;
    return at < end ? at + 1 : end;
}

/* Follow the text to `at`.  Returns how many objects and arrays are open there. */
static size_t find_steps(const struct json_reader *reader, const char *at,
                         struct step steps[POINTER_LEVELS])
{
    struct step outside = {.index = 0};
    size_t depth = 0;
    for (const char *next = reader->begin; next < at;) {
        struct step *step =
            depth > 0 && depth <= POINTER_LEVELS ? &steps[depth - 1] : &outside;
        char c = *next;
        if (c == '"') {
            const char *end = string_end(next, reader->end);
            if (step->is_object && !step->has_key && end - next >= 2) {
                step->key = (struct span){next + 1, (size_t)(end - next) - 2};
                step->has_key = true;
            }
            next = end;
            continue;
        }
        if (c == '{' || c == '[') {
            if (depth < POINTER_LEVELS)
                steps[depth] = (struct step){.is_object = c == '{'};
            depth++;
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
        } else if (c == ',') {
            step->has_key = false;
            step->index++;
        }
        next++;
    }
    return depth < POINTER_LEVELS ? depth : POINTER_LEVELS;
}

void json_reader_pointer(const struct json_reader *reader, const char *at, char *buffer,
                         size_t size)
{
    struct step steps[POINTER_LEVELS];
    size_t depth = at ? find_steps(reader, at, steps) : 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < depth; i++) {
        const struct step *step = &steps[i];
        if (!step->is_object) {
            pointer_join_index(buffer, size, buffer, step->index);
        } else if (step->has_key) {
            char name[POINTER_KEY];
            struct span key = step->key;
            key.length = utf8_cut(key.bytes, key.length, sizeof name - 1);
            name[json_unescape(name, key)] = '\0'; /* it is not longer than key */
            pointer_join(buffer, size, buffer, name);
        }
    }
}

/* Copy bytes, cut to size - 1 at the end of a character; control characters become "?". */
static void copy_clean(char *buffer, size_t size, const char *bytes, size_t length)
{
    size_t cut = utf8_cut(bytes, length, size - 1), used = 0;
    for (size_t i = 0; i < cut;) {
        size_t character = utf8_character(bytes + i, cut - i);
        unsigned char byte = (unsigned char)bytes[i];
        if (character == 0 || byte < 0x20 || byte == 0x7F) {
            buffer[used++] = '?';
            i++;
            continue;
        }
        memcpy(buffer + used, bytes + i, character);
        used += character;
        i += character;
    }
    buffer[used] = '\0';
}

/* The length of the token at `at`, at most limit: a string, or what is not a separator. */
static size_t token_length(const struct json_reader *reader, const char *at, size_t limit)
{
    const char *next = at, *end = reader->end;
    if ((size_t)(end - at) > limit)
        end = at + limit;
    if (*at == '"')
        return (size_t)(string_end(at, end) - at);
    while (next < end && *next != '\0' && !strchr(" \t\r\n,:{}[]\"", *next))
        next++;
    return next == at ? 1 : (size_t)(next - at);
}

void json_reader_preview(const struct json_reader *reader, const char *at, char *buffer,
                         size_t size)
{
    static const char dots[] = "...";
    const char *text = !at                 ? "nothing"
                       : at >= reader->end ? "the end of the text"
                       : *at == '{'        ? "an object"
                       : *at == '['        ? "an array"
                                           : NULL;
    if (text) {
        copy_clean(buffer, size, text, strlen(text));
        return;
    }
    size_t length = token_length(reader, at, size);
    if (length < size) {
        copy_clean(buffer, size, at, length);
    } else if (size > sizeof dots + 1) {
        copy_clean(buffer, size - sizeof dots, at, length);
        snprintf(buffer + strlen(buffer), sizeof dots + 1, "%s%s", dots,
                 *at == '"' ? "\"" : "");
    }
}

static void find_line(const struct json_reader *reader, struct error *err)
{
    const char *line = reader->begin;
    line += json_mark_bytes(line, reader->end); /* no character of the first line */
    err->line = 1;
    for (const char *at = line; at < reader->failed_at; at++)
        if (*at == '\n') {
            err->line++;
            line = at + 1;
        }
    err->column = 1;
    for (const char *at = line; at < reader->failed_at; at++)
        err->column += !utf8_is_continuation(*at);
}

enum status json_reader_error(const struct json_reader *reader, struct error *err)
{
    if (reader->status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (!err || err->status != STATUS_OK)
        return reader->status;
    char where[sizeof err->where], received[sizeof err->received];
    const char *place = reader->failed_at;
    if (reader->problem == json_key_twice)
        place++; /* in the key, so that the pointer includes it */
    json_reader_pointer(reader, place, where, sizeof where);
    json_reader_preview(reader, reader->failed_at, received, sizeof received);
    error_mismatch(err, reader->status, where, reader->expected ? reader->expected : "",
                   received, "not JSON: %s", reader->problem);
    find_line(reader, err);
    return reader->status;
}

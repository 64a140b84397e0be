/*
 * Where a JSON reader has failed: JSON Pointer, line and column, and the bytes that are there.
 *
 * A place is found by following the text from its beginning, because a reader does not remember the way.
 * A long text is followed in pieces.
 */
#include "base/json_reader.h"

#include <stdio.h>

#include "base/json.h"
#include "base/utf8.h"

enum {
    POINTER_KEY = 1024 /* bytes of a key: escapes are up to six times what they mean */
};

/* ---- following the text ---------------------------------------------------------------- */

void json_place_begin(struct json_place *place, const struct json_reader *reader,
                      const char *at)
{
    if (!at)
        at = reader->begin;
    *place = (struct json_place){.next = reader->begin,
                                 .at = at,
                                 .end = reader->end,
                                 .line_end = reader->failed_at ? reader->failed_at : at,
                                 .line = 1,
                                 .column = 1};
    place->counted = reader->begin;
    place->counted += json_mark_bytes(reader->begin, reader->end); /* is no character */
}

/* A quote closes the string, or the text ends in it: it is a key if the object waits for one. */
static void end_string(struct json_place *place, struct json_step *step, const char *end)
{
    if (step && step->is_object && !step->has_key && end - place->string >= 2) {
        step->key = (struct span){place->string + 1, (size_t)(end - place->string) - 2};
        step->has_key = true;
    }
    place->string = NULL;
    place->next = end;
}

static void follow_string(struct json_place *place, struct json_step *step)
{
    const char *next = json_skip_plain(place->next, place->end);
    bool is_end = next == place->end || *next == '"';
    if (next < place->end)
        next += 1 + (*next == '\\' && place->end - next > 1);
    if (is_end || next == place->end)
        end_string(place, step, next);
    else
        place->next = next;
}

static void follow_other(struct json_place *place, struct json_step *step)
{
    char c = *place->next++;
    if (c == '"') {
        place->string = place->next - 1;
    } else if (c == '{' || c == '[') {
        if (place->depth < JSON_PLACE_STEPS)
            place->steps[place->depth] = (struct json_step){.is_object = c == '{'};
        place->depth++;
    } else if (c == '}' || c == ']') {
        place->depth -= place->depth > 0;
    } else if (c == ',' && step) {
        step->has_key = false;
        step->index++;
    }
}

static void count_lines(struct json_place *place)
{
    const char *end = place->next < place->line_end ? place->next : place->line_end;
    for (; place->counted < end; place->counted++)
        if (*place->counted == '\n') {
            place->line++;
            place->column = 1;
        } else {
            place->column += !utf8_is_continuation(*place->counted);
        }
}

bool json_place_follow(struct json_place *place, size_t bytes)
{
    size_t left = (size_t)(place->end - place->next);
    const char *stop = place->next + (bytes < left ? bytes + 1 : left);
    while (place->next < stop && (place->next < place->at || place->string)) {
        size_t depth = place->depth;
        bool has_step = depth > 0 && depth <= JSON_PLACE_STEPS;
        struct json_step *step = has_step ? &place->steps[depth - 1] : NULL;
        if (place->string)
            follow_string(place, step);
        else
            follow_other(place, step);
    }
    count_lines(place);
    return place->next == place->end || (place->next >= place->at && !place->string);
}

/* The JSON Pointer of a place that is reached, cut to size - 1 bytes. */
static void write_pointer(const struct json_place *place, char *buffer, size_t size)
{
    size_t depth = place->depth < JSON_PLACE_STEPS ? place->depth : JSON_PLACE_STEPS;
    buffer[0] = '\0';
    for (size_t i = 0; i < depth; i++) {
        const struct json_step *step = &place->steps[i];
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

/* ---- what is there --------------------------------------------------------------------- */

/* The byte after the string whose opening quote is at `at`; at most end. */
static const char *string_end(const char *at, const char *end)
{
    for (at++; (at = json_skip_plain(at, end)) < end && *at != '"'; at++)
        at += *at == '\\' && end - at > 1;
    return at < end ? at + 1 : end;
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

/* ---- failures of the reader ------------------------------------------------------------ */

const char *json_reader_problem(const struct json_reader *reader, struct error *err)
{
    char received[sizeof err->received];
    json_reader_preview(reader, reader->failed_at, received, sizeof received);
    error_mismatch(err, reader->status, "", reader->expected ? reader->expected : "",
                   received, "not JSON: %s", reader->problem);
    /* in the key that is given twice, so that the pointer includes it */
    return reader->failed_at + (reader->problem == json_key_twice);
}

void json_place_write(const struct json_place *place, struct error *err)
{
    char pointer[sizeof err->where];
    write_pointer(place, pointer, sizeof pointer);
    if (*err->where != '\0')
        pointer_join(pointer, sizeof pointer, pointer, err->where);
    /* a key may be refused as not UTF-8 */
    utf8_copy(err->where, sizeof err->where, pointer);
    if (err->status == STATUS_BAD_JSON) {
        err->line = place->line;
        err->column = place->column;
    }
}

void json_place_find(const struct json_reader *reader, const char *at, struct error *err)
{
    struct json_place place;
    json_place_begin(&place, reader, at);
    while (!json_place_follow(&place, SIZE_MAX))
        continue;
    json_place_write(&place, err);
}

enum status json_reader_error(const struct json_reader *reader, struct error *err)
{
    if (reader->status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (!err || err->status != STATUS_OK)
        return reader->status;
    json_place_find(reader, json_reader_problem(reader, err), err);
    return reader->status;
}

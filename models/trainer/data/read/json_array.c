/* One pass over the bytes; a history is copied as it is, except for its line breaks. */
#include "data/read/json_array.h"

#include <string.h>

#include "base/json_reader.h"
#include "data/read/record_lines.h"

static void tear(struct json_array *array, const char *text, struct strbuf *out)
{
    bool is_begun = array->state == ARRAY_VALUE;
    strbuf_add(out, is_begun ? "\n" : "");
    record_line_begin(out, RECORD_TORN, array->line, array->index);
    strbuf_add(out, text);
    strbuf_add(out, "\n");
    array->state = ARRAY_TORN;
}

static void end_value(struct json_array *array, struct strbuf *out)
{
    strbuf_add(out, "\n");
    array->index++;
    array->state = ARRAY_COMMA;
}

static void begin_value(struct json_array *array, struct strbuf *out)
{
    record_line_begin(out, RECORD_HISTORY, array->line, array->index);
    array->state = ARRAY_VALUE;
    array->depth = 0;
    array->is_string = array->is_escaped = false;
    array->bytes = 0;
}

/* The next byte between histories. */
static void read_between(struct json_array *array, char c, struct strbuf *out)
{
    switch (array->state) {
    case ARRAY_BEGIN: /* what the file is has been decided by its "[" */
        array->state = c == '[' ? ARRAY_FIRST : ARRAY_BEGIN;
        break;
    case ARRAY_COMMA:
        if (c == ',')
            array->state = ARRAY_ITEM;
        else if (c == ']')
            array->state = ARRAY_END;
        else
            tear(array, "not JSON: expected a comma or the end of the array", out);
        break;
    case ARRAY_END:
        tear(array, "not JSON: text after the array", out);
        break;
    case ARRAY_FIRST:
    case ARRAY_ITEM:
        if (c == ']' && array->state == ARRAY_FIRST)
            array->state = ARRAY_END;
        else if (c == ']' || c == ',' || c == '}' || c == ':')
            tear(array, "not JSON: expected a history in the array", out);
        else
            begin_value(array, out);
        break;
    case ARRAY_VALUE:
    case ARRAY_TORN:
        break;
    }
}

/* Is the byte part of the history?  If not, it is to be read again. */
static bool follow_value(struct json_array *array, char c)
{
    if (array->is_string) {
        array->is_string = c != '"' || array->is_escaped;
        array->is_escaped = c == '\\' && !array->is_escaped;
        return true;
    }
    if (array->depth == 0 && (c == ',' || c == ']' || c == '}'))
        return false;
    array->is_string = c == '"';
    array->depth += c == '{' || c == '[';
    array->depth -= c == '}' || c == ']';
    return true;
}

void json_array_feed(struct json_array *array, const char *bytes, size_t length,
                     bool is_end, struct strbuf *out)
{
    const char *start = bytes; /* of what is not yet copied */
    for (size_t i = 0; i < length && array->state != ARRAY_TORN; i++) {
        char c = bytes[i];
        bool is_value = array->state == ARRAY_VALUE;
        if (is_value && !follow_value(array, c)) {
            strbuf_add_bytes(out, start, (size_t)(bytes + i - start));
            end_value(array, out);
            is_value = false;
        }
        if (is_value && (c == '\n' || (c == '\r' && !array->is_string))) {
            strbuf_add_bytes(out, start, (size_t)(bytes + i - start));
            strbuf_add(out, c == '\n' ? "\r" : "");
            start = bytes + i + 1;
        } else if (!is_value && !json_is_blank(c)) {
            read_between(array, c, out);
            if (array->state == ARRAY_VALUE) {
                start = bytes + i;
                (void)follow_value(array, c);
            }
        }
        array->line += c == '\n';
        if (array->state == ARRAY_VALUE && ++array->bytes > RECORD_MAX_BYTES)
            tear(array, "the history is longer than 1 GiB", out);
    }
    if (array->state == ARRAY_VALUE)
        strbuf_add_bytes(out, start, (size_t)(bytes + length - start));
    if (is_end && array->state == ARRAY_VALUE && array->depth == 0 && !array->is_string)
        end_value(array, out);
    if (is_end && array->state != ARRAY_END && array->state != ARRAY_TORN)
        tear(array, "not JSON: the array is not closed at the end of the file", out);
}

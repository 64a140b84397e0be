/* Objects are opened up to a small depth; the first array of texts or objects ends the search. */
#include "data/json_shape.h"

#include <stdio.h>
#include <string.h>

#include "base/json_reader.h"
#include "base/printable.h"

enum { MAX_DEPTH = 3, SHOWN_KEY = 24 };

static void append(char *buffer, size_t size, const char *format, struct span key)
{
    char shown[SHOWN_KEY + 1], name[SHOWN_KEY + 1];
    size_t used = strlen(buffer);
    (void)snprintf(name, sizeof name, "%.*s",
                   (int)(key.length < SHOWN_KEY ? key.length : SHOWN_KEY), key.bytes);
    printable_copy(shown, sizeof shown, name);
    if (used + strlen(format) + strlen(shown) < size)
        (void)snprintf(buffer + used, size - used, format, shown);
}

/* Has the object an array, or the key of the events?  It may be cut off. */
static bool is_history(struct json_reader *reader, const char *events)
{
    struct span key;
    struct json_value value;
    if (!json_reader_open(reader, '{'))
        return false;
    while (json_reader_more(reader, '}') && json_reader_key(reader, &key)) {
        if (span_is(key, events) || json_reader_peek(reader) == '[')
            return true;
        if (!json_reader_value(reader, &value))
            break;
        if (value.type == JSON_IS_OBJECT)
            (void)json_reader_skip(reader);
    }
    return false;
}

/* Is the array, which is opened, one of texts or objects?  If so, the search is over. */
static bool examine_list(struct json_shape *shape, struct json_reader *reader,
                         const char *events)
{
    if (!json_reader_open(reader, '[') || !json_reader_more(reader, ']'))
        return false;
    char first = json_reader_peek(reader);
    shape->is_wrapper = first == '{' && is_history(reader, events);
    return first == '{' || first == '"';
}

/* Search the object that comes next.  True when the list has been found. */
static bool find_list(struct json_shape *shape, struct json_reader *reader,
                      const char *events, int depth)
{
    struct span key;
    struct json_value value;
    size_t path = strlen(shape->list);
    if (!json_reader_open(reader, '{'))
        return false;
    while (json_reader_more(reader, '}') && json_reader_key(reader, &key)) {
        if (depth == 0) {
            shape->has_events = shape->has_events || span_is(key, events);
            append(shape->keys, sizeof shape->keys,
                   shape->keys[0] == '\0' ? "\"%s\"" : ", \"%s\"", key);
        }
        append(shape->list, sizeof shape->list, ".%s", key);
        if (!json_reader_value(reader, &value))
            break;
        shape->plain += depth == 0 && value.type < JSON_IS_ARRAY;
        if (value.type == JSON_IS_ARRAY) {
            shape->has_arrays = true;
            struct json_reader inner = {.begin = NULL};
            json_reader_init(&inner, value.at, (size_t)(reader->end - value.at));
            bool is_found = examine_list(shape, &inner, events);
            json_reader_release(&inner);
            if (is_found)
                return true;
            (void)json_reader_skip(reader);
        } else if (value.type == JSON_IS_OBJECT && depth < MAX_DEPTH) {
            if (find_list(shape, reader, events, depth + 1))
                return true;
        } else if (value.type == JSON_IS_OBJECT) {
            (void)json_reader_skip(reader);
        }
        shape->list[path] = '\0';
    }
    shape->list[path] = '\0';
    return false;
}

void json_shape_find(struct json_shape *shape, const char *bytes, size_t length,
                     const char *events)
{
    struct json_reader reader = {.begin = NULL};
    *shape = (struct json_shape){.is_object = false};
    json_reader_init(&reader, bytes, length);
    shape->is_object = json_reader_peek(&reader) == '{';
    if (shape->is_object)
        (void)find_list(shape, &reader, events, 0);
    json_reader_release(&reader);
}

void json_shape_hint(const struct json_shape *shape, char *buffer, size_t size)
{
    buffer[0] = '\0';
    if (!shape->is_object || shape->has_events)
        return;
    if (shape->is_wrapper)
        (void)snprintf(buffer, size,
                       "; jq -c '%s[]' makes a line of each history in the list %s",
                       shape->list, shape->list + 1);
    else if (shape->list[0] != '\0' && !strchr(shape->list + 1, '.'))
        (void)snprintf(buffer, size, "; is it --events %s, which is an array?",
                       shape->list + 1);
    else if (shape->list[0] != '\0')
        (void)snprintf(buffer, size,
                       "; jq -c '%.*s' takes out the object in which %s is the list",
                       (int)(strrchr(shape->list, '.') - shape->list), shape->list,
                       strrchr(shape->list, '.') + 1);
    else if (!shape->has_arrays && shape->plain >= 2)
        (void)snprintf(buffer, size,
                       "; the line is one event (%s), not the history of an incident",
                       shape->keys);
}

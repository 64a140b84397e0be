/*
 * Of a text and of a header, only the first line is examined, and whether some line begins as JSON
 * does.  Of a JSON text, objects are opened up to a small depth; the first array of texts or objects
 * ends the search.
 */
#include "data/read/text_shape.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json_reader.h"
#include "base/printable.h"
#include "base/utf8.h"

enum { SHOWN = 40, MAX_DEPTH = 3, SHOWN_KEY = 24 };

static struct span first_line(const char *text, size_t length)
{
    const char *end = text + length;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (text < end && strchr(" \t\r\n", *text) && *text != '\0')
        text++;
    const char *stop = text;
    while (stop < end && *stop != '\n')
        stop++;
    while (stop > text && (stop[-1] == '\r' || stop[-1] == ' '))
        stop--;
    return (struct span){.bytes = text, .length = (size_t)(stop - text)};
}

static bool begins_with(struct span line, const char *word)
{
    size_t length = strlen(word);
    return line.length >= length && strncasecmp(line.bytes, word, length) == 0;
}

static bool has_json_line(const char *text, size_t length)
{
    const char *end = text + length;
    while (text && text < end) {
        while (text < end && strchr(" \t\r\n\x1e\xef\xbb\xbf", *text) && *text != '\0')
            text++;
        if (text < end && (*text == '{' || *text == '['))
            return true;
        text = memchr(text, '\n', (size_t)(end - text));
    }
    return false;
}

/* ---- text in another encoding ---- */

enum { MIN_ENCODED = 60 }; /* bytes that are no text by chance */

static bool is_base64(struct span line)
{
    static const char others[] = "+/=";
    if (line.length < MIN_ENCODED || line.length % 4 != 0)
        return false;
    for (size_t i = 0; i < line.length; i++) {
        char c = line.bytes[i];
        bool is_word =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && (c == '\0' || !strchr(others, c)))
            return false;
    }
    return true;
}

/* In EBCDIC, letters and digits are above 0x80, and a comma is "k". */
static bool is_ebcdic(struct span line)
{
    size_t length = line.length < MIN_ENCODED ? line.length : MIN_ENCODED, letters = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)line.bytes[i], digit = c & 0x0F;
        bool is_letter = c >= 0x81 && c <= 0xE9 && digit >= 1 && digit <= 9;
        letters += is_letter;
        bool is_sign = c == 0x40 || c == 0x4B || c == 0x5E || c == 0x60 || c == 0x6B ||
                       c == 0x6D || c == 0x7F || c == 0x15 || c == 0x25 || c == 0x0D;
        if (!is_letter && !is_sign && !(c >= 0xF0 && c <= 0xF9))
            return false;
    }
    return length >= 8 && 2 * letters > length;
}

static bool describe_encoding(struct span line, char buffer[TEXT_SHAPE_SIZE])
{
    const char *text = is_base64(line)   ? "this is base64; base64 -d decodes it"
                       : is_ebcdic(line) ? "this is EBCDIC; iconv -f IBM037 -t utf-8 "
                                           "converts it, or with -f IBM273 and so on"
                                         : NULL;
    (void)snprintf(buffer, TEXT_SHAPE_SIZE, "%s", text ? text : "");
    return text != NULL;
}

bool text_shape_of_lines(const char *text, size_t length, char buffer[TEXT_SHAPE_SIZE])
{
    static const char *const words[] = {"insert ", "create ", "select ", "copy ",
                                        "drop ",   "--",      "/*"};
    struct span line = first_line(text, length);
    if (line.length > 0 && describe_encoding(line, buffer))
        return true;
    if (line.length == 0 || has_json_line(text, length))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (begins_with(line, words[i])) {
            (void)snprintf(buffer, TEXT_SHAPE_SIZE,
                           "neither CSV nor JSON Lines, but commands of SQL? export the "
                           "table as CSV");
            return true;
        }
    if (begins_with(line, "+-") || begins_with(line, "+=")) {
        (void)snprintf(buffer, TEXT_SHAPE_SIZE,
                       "a table with lines around its cells; "
                       "grep -v '^+' | sed 's/^ *|//; s/| *$//' leaves them out");
        return true;
    }
    const char *blank = memchr(line.bytes, ' ', line.length);
    (void)snprintf(buffer, TEXT_SHAPE_SIZE,
                   "neither CSV nor JSON Lines: \"%.*s\" has no comma, semicolon, tab or "
                   "bar%s",
                   (int)utf8_cut(line.bytes, line.length, SHOWN), line.bytes,
                   blank ? "; are the cells separated by blanks?" : "");
    return true;
}

/* ---- headers ---- */

/* Do the parts of the line between the bytes c include both keys? */
static bool separates_keys(struct span line, char c, const struct data_keys *keys)
{
    const char *id = *keys->id == '\0' ? "case" : keys->id;
    bool has_id = false, has_event = false;
    struct name_keys parts;
    data_keys_parts(keys, &parts);
    const char *at = line.bytes, *end = at + line.length;
    while (at <= end) {
        const char *stop = at < end ? memchr(at, c, (size_t)(end - at)) : NULL;
        stop = stop ? stop : end;
        struct span part = {.bytes = at, .length = (size_t)(stop - at)};
        has_id = has_id || span_is(part, id);
        has_event = has_event || span_is(part, keys->event) ||
                    name_keys_find(&parts, part) < parts.count;
        at = stop + 1;
    }
    return has_id && has_event;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

/* The byte that separates the cells and is no separator of CSV; 0: none. */
static char find_separator(struct span line, const struct data_keys *keys)
{
    char found = '\0';
    for (size_t i = 0; i < line.length && found == '\0'; i++) {
        char c = line.bytes[i];
        if (!is_alphanumeric(c) && c != '\0' && c != '_' && c != '-' && c != '"' &&
            c != '\'' && separates_keys(line, c, keys))
            found = c;
    }
    return found;
}

static void describe_separator(char c, char buffer[TEXT_SHAPE_SIZE])
{
    if (c == ' ')
        (void)snprintf(
            buffer, TEXT_SHAPE_SIZE,
            "the cells are separated by blanks, not by a comma, semicolon, tab "
            "or bar; if no cell has one, tr -s ' ' '\\t' makes CSV of it");
    else if ((unsigned char)c < ' ')
        (void)snprintf(buffer, TEXT_SHAPE_SIZE,
                       "the cells are separated by the byte 0x%02x, not by a comma, "
                       "semicolon, tab or bar; tr '\\%03o' '\\t' makes CSV of it",
                       (unsigned)c, (unsigned)c);
    else
        (void)snprintf(
            buffer, TEXT_SHAPE_SIZE,
            "the cells are separated by \"%c\", not by a comma, semicolon, tab "
            "or bar; tr '%s%c' '\\t' makes CSV of it",
            c, c == '\\' ? "\\" : "", c);
}

/* The quotes around the first cell that are not ASCII's double ones; NULL. */
static const char *other_quotes(struct span line, char separator)
{
    const char *stop = memchr(line.bytes, separator, line.length);
    size_t length = stop ? (size_t)(stop - line.bytes) : line.length;
    struct span cell = {.bytes = line.bytes, .length = length};
    if (length > 2 && cell.bytes[0] == '\'' && cell.bytes[length - 1] == '\'')
        return "single quotes";
    return begins_with(cell, "\xe2\x80\x9c") || begins_with(cell, "\xe2\x80\x9e") ||
                   begins_with(cell, "\xe2\x80\x98") || begins_with(cell, "\xc2\xab")
               ? "typographic quotes"
               : NULL;
}

bool text_shape_of_header(const char *text, size_t length, char separator,
                          const struct data_keys *keys, char buffer[TEXT_SHAPE_SIZE])
{
    struct span line = first_line(text, length);
    const char blank_quote[] = {separator, ' ', '"', '\0'};
    const char *quotes = other_quotes(line, separator);
    bool is_row_quoted = line.length > 2 && line.bytes[0] == '"' &&
                         line.bytes[line.length - 1] == '"' &&
                         !memchr(line.bytes + 1, '"', line.length - 2);
    char other = is_row_quoted ? '\0' : find_separator(line, keys);
    if (describe_encoding(line, buffer))
        return true;
    if (memmem(line.bytes, line.length, "{\"", 2))
        (void)snprintf(
            buffer, TEXT_SHAPE_SIZE,
            "something is before the object of JSON; sed 's/^[^{]*//' takes it "
            "off");
    else if (is_row_quoted &&
             find_separator((struct span){line.bytes + 1, line.length - 2}, keys) != '\0')
        (void)snprintf(buffer, TEXT_SHAPE_SIZE,
                       "quotes are around the whole row; sed 's/^\"//; s/\"\\r*$//; "
                       "s/\"\"/\"/g' takes them off");
    else if (other != '\0' && other != separator)
        describe_separator(other, buffer);
    else if (memmem(line.bytes, line.length, blank_quote, 3))
        (void)snprintf(
            buffer, TEXT_SHAPE_SIZE,
            "blanks are before the quotes of the cells; sed 's/%c  *\"/%c\"/g' "
            "takes them out",
            separator, separator);
    else if (quotes)
        (void)snprintf(buffer, TEXT_SHAPE_SIZE,
                       "the cells are in %s; only \"\" around a cell are read as quotes",
                       quotes);
    else
        return false;
    return true;
}

/* ---- JSON ---- */

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

/* Is it the key of an incident's id? */
static bool is_id_key(struct span key)
{
    static const char *const words[] = {"incident", "case",    "ticket", "issue",
                                        "alert_id", "alertid", "id"};
    char name[JSON_SHAPE_ID];
    if (key.length >= sizeof name)
        return false;
    for (size_t i = 0; i < key.length; i++)
        name[i] = (char)tolower((unsigned char)key.bytes[i]);
    name[key.length] = '\0';
    for (size_t i = 0; i + 1 < sizeof words / sizeof *words; i++)
        if (strstr(name, words[i]))
            return true;
    return strcmp(name, "id") == 0;
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
        bool is_plain = depth == 0 && value.type < JSON_IS_ARRAY;
        shape->plain += is_plain;
        if (is_plain && shape->id[0] == '\0' && is_id_key(key))
            (void)snprintf(shape->id, sizeof shape->id, "%.*s", (int)key.length,
                           key.bytes);
        if (depth == 0 && value.type == JSON_IS_OBJECT)
            shape->is_bulk_action = span_is(key, "index") || span_is(key, "create");
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

/* May the key be written after a point in a filter of jq? */
static bool is_plain_key(const char *key)
{
    bool is_plain = *key != '\0' && !isdigit((unsigned char)*key);
    for (const char *c = key; *c != '\0'; c++)
        is_plain = is_plain && (isalnum((unsigned char)*c) || *c == '_');
    return is_plain;
}

/* One event a line: the command that makes a line of each incident, if it fits. */
static void explain_event_line(const struct json_shape *shape,
                               const struct data_keys *keys, char *buffer, size_t size)
{
    enum { LONGEST_COMMAND = 142 }; /* in an error */
    const char *id = *keys->id != '\0' ? keys->id : shape->id, *label = keys->label;
    int length =
        snprintf(buffer, size,
                 ", one event a line; jq -sc 'group_by(.%s)[]|{id:.[0].%s,%s:.,%s:"
                 "(map(.%s|select((.//\"\")!=\"\"))[-1])}' groups them",
                 id, id, keys->events, label, label);
    if (length > LONGEST_COMMAND || !is_plain_key(id) || !is_plain_key(label) ||
        !is_plain_key(keys->events))
        (void)snprintf(buffer, size,
                       "; the line is one event, not the history of an incident; \"Mend "
                       "the file first\" in models/README.md groups them");
}

void json_shape_hint(const struct json_shape *shape, const struct data_keys *keys,
                     char *buffer, size_t size)
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
    else if (shape->is_bulk_action && shape->plain == 0)
        (void)snprintf(
            buffer, size,
            "; it is a line for Elasticsearch's bulk interface; jq -c "
            "'select(has(\"index\") or has(\"create\") | not)' leaves them out");
    else if (!shape->has_arrays && shape->plain >= 2)
        explain_event_line(shape, keys, buffer, size);
}

/* The names of JSON and NDJSON, and the parameter charset. */
#include "api/media_type.h"

#include <string.h>
#include <strings.h>

/* A part of a Content-Type. */
struct span {
    const char *bytes;
    size_t length;
};

static bool is_equal(struct span span, const char *text)
{
    return span.length == strlen(text) && strncasecmp(span.bytes, text, span.length) == 0;
}

/* Cut prefix off the front, if it is there and something follows it. */
static bool cut_prefix(struct span *span, const char *prefix)
{
    size_t length = strlen(prefix);
    if (span->length <= length || strncasecmp(span->bytes, prefix, length) != 0)
        return false;
    span->bytes += length;
    span->length -= length;
    return true;
}

static bool is_in(struct span span, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_equal(span, names[i]))
            return true;
    return false;
}

/* NDJSON has no registered name, so clients use many. */
static bool is_ndjson(struct span type)
{
    static const char *const names[] = {"ndjson", "jsonl", "jsonlines", "json-lines",
                                        "ldjson"};
    if (!cut_prefix(&type, "application/") && !cut_prefix(&type, "text/"))
        return false;
    cut_prefix(&type, "x-");
    return is_in(type, names, sizeof names / sizeof *names);
}

/* The last two are what `curl -d` and fetch() with a string send, whatever the string is. */
static bool is_json(struct span type)
{
    static const char *const names[] = {"application/json", "text/json",
                                        "application/x-www-form-urlencoded",
                                        "text/plain"};
    static const char suffix[] = "+json";
    const size_t length = sizeof suffix - 1;
    if (is_in(type, names, sizeof names / sizeof *names))
        return true;
    return type.length > length &&
           strncasecmp(type.bytes + type.length - length, suffix, length) == 0;
}

enum media_kind media_type_kind(const char *type)
{
    if (!type || strcmp(type, "application/json") == 0)
        return MEDIA_JSON;
    struct span name = {.bytes = type, .length = strcspn(type, "; \t")};
    if (name.length == 0 || is_json(name))
        return MEDIA_JSON;
    return is_ndjson(name) ? MEDIA_NDJSON : MEDIA_OTHER;
}

bool media_type_is_utf8(const char *type)
{
    static const char *const names[] = {"utf-8", "utf8", "us-ascii", "ascii"};
    const char *parameter = type ? strchr(type, ';') : NULL;
    for (; parameter; parameter = strchr(parameter, ';')) {
        parameter += 1 + strspn(parameter + 1, " \t");
        struct span value = {.bytes = parameter, .length = strcspn(parameter, "; \t")};
        if (!cut_prefix(&value, "charset="))
            continue;
        if (value.length >= 2 && value.bytes[0] == '"') {
            value.bytes++;
            value.length -= 2;
        }
        return is_in(value, names, sizeof names / sizeof *names);
    }
    return true;
}

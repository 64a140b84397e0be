/* Finding the end of the first object, without reading it as JSON. */
#include "api/joined_texts.h"

#include <stdio.h>

enum { SEARCHED_BYTES = 64 << 10 }; /* for the end of the first object */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The place after the string that begins at i. */
static size_t skip_string(const char *bytes, size_t length, size_t i)
{
    for (i++; i < length && bytes[i] != '"'; i++)
        i += bytes[i] == '\\';
    return i + 1;
}

static bool are_joined(const char *bytes, size_t length)
{
    size_t depth = 0, i = 0;
    if (length > SEARCHED_BYTES)
        length = SEARCHED_BYTES;
    while (i < length && is_blank(bytes[i]))
        i++;
    if (i >= length || bytes[i] != '{')
        return false;
    do {
        char c = bytes[i];
        depth += c == '{';
        depth -= c == '}';
        i = c == '"' ? skip_string(bytes, length, i) : i + 1;
    } while (depth > 0 && i < length);
    while (i < length && is_blank(bytes[i]))
        i++;
    return depth == 0 && i < length && bytes[i] == '{';
}

void joined_texts_explain(const char *bytes, size_t length, bool is_line,
                          struct error *err)
{
    if (err->status != STATUS_BAD_JSON || !are_joined(bytes, length))
        return;
    snprintf(err->text, sizeof err->text, "%s",
             is_line
                 ? "several JSON texts in one line: each needs a line of its own, and "
                   "curl sends the newlines of a file only with --data-binary"
                 : "several JSON texts in one body: send lines with Content-Type "
                   "application/x-ndjson, with curl by --data-binary");
}

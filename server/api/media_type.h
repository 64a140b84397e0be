/* What a Content-Type says about the body of a request. */
#ifndef TRIAGE_MEDIA_TYPE_H
#define TRIAGE_MEDIA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

enum media_kind {
    MEDIA_JSON,   /* also without a Content-Type, and what clients send by default */
    MEDIA_NDJSON, /* one JSON text per line */
    MEDIA_OTHER
};

/* type: the value of Content-Type; NULL: there is none. */
enum media_kind media_type_kind(const char *type);

/* Whether the charset of the type, if it has one, is UTF-8 or the part of it that is ASCII. */
bool media_type_is_utf8(const char *type);

#endif

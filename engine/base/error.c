#include "base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer than any member of struct error, so that only copy_cut does the cutting. */
enum { TEXT_ROOM = 512 };

static const char *const names[] = {
#define STATUS_NAME(name, text) #name,
    STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
};

static const char *const texts[] = {
#define STATUS_TEXT(name, text) text,
    STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
};

const char *triage_status_name(enum status status)
{
    assert(status < STATUS_COUNT);
    return names[status];
}

const char *triage_status_text(enum status status)
{
    assert(status < STATUS_COUNT);
    return texts[status];
}

/* Bytes of the UTF-8 character that c begins with, 0 if that is none (RFC 3629, 4). */
static size_t character_bytes(const unsigned char *c)
{
    if (c[0] < 0x80)
        return 1;
    if (c[0] < 0xC2 || c[0] > 0xF4)
        return 0;

    /* The second byte is where overlong forms, surrogates and the end of Unicode show. */
    unsigned char lowest = c[0] == 0xE0 ? 0xA0 : c[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char highest = c[0] == 0xED ? 0x9F : c[0] == 0xF4 ? 0x8F : 0xBF;
    if (c[1] < lowest || c[1] > highest)
        return 0;

    size_t bytes = c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : 4;
    for (size_t i = 2; i < bytes; i++)
        if ((c[i] & 0xC0) != 0x80)
            return 0;
    return bytes;
}

void copy_cut(char *room, size_t size, const char *text)
{
    assert(size > 0);
    size_t used = 0;
    while (*text != '\0') {
        size_t bytes = character_bytes((const unsigned char *)text);
        size_t taken = bytes > 0 ? bytes : 1;
        if (taken > size - 1 - used)
            break;
        if (bytes > 0)
            memcpy(room + used, text, bytes);
        else
            room[used] = '?';
        used += taken;
        text += taken;
    }
    room[used] = '\0';
}

static void error_fill(struct error *err, enum status status, const char *where,
                       const char *format, va_list values)
{
    char text[TEXT_ROOM];
    vsnprintf(text, sizeof text, format, values);
    err->status = status;
    copy_cut(err->where, sizeof err->where, where);
    copy_cut(err->text, sizeof err->text, text);
}

enum status error_set(struct error *err, enum status status, const char *where,
                      const char *format, ...)
{
    if (err != NULL && err->status == STATUS_OK) {
        va_list values;
        va_start(values, format);
        error_fill(err, status, where, format, values);
        va_end(values);
    }
    return status;
}

enum status error_mismatch(struct error *err, enum status status, const char *where,
                           const char *expected, const char *received, const char *format,
                           ...)
{
    if (err != NULL && err->status == STATUS_OK) {
        va_list values;
        va_start(values, format);
        error_fill(err, status, where, format, values);
        va_end(values);
        copy_cut(err->expected, sizeof err->expected, expected);
        copy_cut(err->received, sizeof err->received, received);
    }
    return status;
}

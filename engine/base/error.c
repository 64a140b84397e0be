/* The names, codes and texts of the statuses, and filling a struct error. */
#include "base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

/* Larger than every member of struct error: utf8_copy cuts the text, not vsnprintf. */
enum { TEXT_SIZE = 512 };

static const char *const names[] = {
#define STATUS_NAME(name, code, text) #name,
    STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
};

static const char *const codes[] = {
#define STATUS_CODE(name, code, text) code,
    STATUS_LIST(STATUS_CODE)
#undef STATUS_CODE
};

static const char *const texts[] = {
#define STATUS_TEXT(name, code, text) text,
    STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
};

const char *triage_status_name(enum status status)
{
    assert(status < STATUS_COUNT);
    return names[status];
}

const char *triage_status_code(enum status status)
{
    assert(status < STATUS_COUNT);
    return codes[status];
}

const char *triage_status_text(enum status status)
{
    assert(status < STATUS_COUNT);
    return texts[status];
}

static void error_fill(struct error *err, enum status status, const char *where,
                       const char *format, va_list values)
{
    char text[TEXT_SIZE];
    vsnprintf(text, sizeof text, format, values);
    err->status = status;
    utf8_copy(err->where, sizeof err->where, where);
    utf8_copy(err->text, sizeof err->text, text);
}

enum status error_set(struct error *err, enum status status, const char *where,
                      const char *format, ...)
{
    if (err && err->status == STATUS_OK) {
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
    if (err && err->status == STATUS_OK) {
        va_list values;
        va_start(values, format);
        error_fill(err, status, where, format, values);
        va_end(values);
        utf8_copy(err->expected, sizeof err->expected, expected);
        utf8_copy(err->received, sizeof err->received, received);
    }
    return status;
}

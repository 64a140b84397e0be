/* Lines for the user. */
#include "data/common/messages.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"

enum { SHOWN_PATH_BYTES = 60 };

void messages_init(struct messages *messages)
{
    *messages = (struct messages){.warning_count = 0};
    strbuf_init(&messages->notes, SIZE_MAX);
    strbuf_init(&messages->warnings, SIZE_MAX);
}

void messages_release(struct messages *messages)
{
    strbuf_release(&messages->notes);
    strbuf_release(&messages->warnings);
    messages->warning_count = 0;
}

void messages_note(struct messages *messages, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    printable_vprintf(&messages->notes, format, values);
    va_end(values);
    strbuf_add(&messages->notes, "\n");
}

void messages_warn(struct messages *messages, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    strbuf_add(&messages->warnings, "warning: ");
    strbuf_add(&messages->warnings, messages->lead ? messages->lead : "");
    printable_vprintf(&messages->warnings, format, values);
    va_end(values);
    strbuf_add(&messages->warnings, "\n");
    messages->warning_count++;
}

static void move_lines(struct strbuf *into, struct strbuf *from)
{
    if (from->length > 0)
        strbuf_add_bytes(into, from->bytes, from->length);
    into->has_failed = into->has_failed || from->has_failed;
}

void messages_move(struct messages *into, struct messages *from)
{
    move_lines(&into->notes, &from->notes);
    move_lines(&into->warnings, &from->warnings);
    into->warning_count += from->warning_count;
    messages_release(from);
}

void messages_print(struct messages *messages)
{
    if (messages->notes.length > 0)
        fputs(messages->notes.bytes, stderr);
    if (messages->warnings.length > 0)
        fputs(messages->warnings.bytes, stderr);
    strbuf_clear(&messages->notes);
    strbuf_clear(&messages->warnings);
}

enum status warnings_refuse(size_t count, bool is_strict, struct error *err)
{
    if (count == 0 || !is_strict)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, "", "%zu warning%s, and --strict makes %s",
                     count, count == 1 ? "" : "s",
                     count == 1 ? "it an error" : "them errors");
}

void print_clean_values(FILE *out, const char *format, va_list values)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    printable_vprintf(&text, format, values);
    if (text.has_failed)
        fputs("out of memory", stderr);
    else if (text.length > 0) /* otherwise it has no bytes */
        fputs(text.bytes, out);
    strbuf_release(&text);
}

void print_clean(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    print_clean_values(stderr, format, values);
    va_end(values);
    fputs("\n", stderr);
}

void file_line_write(char *buffer, size_t size, const char *file, uint64_t line)
{
    size_t length = strlen(file);
    bool is_cut = length > SHOWN_PATH_BYTES;
    const char *tail = is_cut ? file + length - SHOWN_PATH_BYTES : file;
    (void)snprintf(buffer, size, "%s%s:%" PRIu64, is_cut ? "..." : "", tail, line);
}

/* A number, a blank, a number or "-", a blank, the text. */
#include "data/read/record_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void record_line_begin(struct strbuf *out, enum record_kind kind, uint64_t line,
                       uint64_t index)
{
    strbuf_printf(out, "%" PRIu64 " ", line < UINT32_MAX ? line : UINT32_MAX);
    if (index == RECORD_NO_INDEX)
        strbuf_add(out, "- ");
    else
        strbuf_printf(out, "%" PRIu64 " ", index);
    strbuf_add(out, kind == RECORD_BAD ? "!" : kind == RECORD_TORN ? "?" : "");
}

/* The number at *at, which a blank ends. */
static uint64_t parse_number(char **at, const char *end)
{
    uint64_t number = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
        number = 10 * number + (uint64_t)(**at - '0');
    *at += *at < end;
    return number;
}

void record_line_parse(struct record_line *record, char *bytes, size_t length)
{
    char *at = bytes, *end = bytes + length;
    *record = (struct record_line){.kind = RECORD_HISTORY, .index = RECORD_NO_INDEX};
    record->line = (uint32_t)parse_number(&at, end);
    if (at < end && *at == '-')
        at += end - at > 1 ? 2 : 1;
    else
        record->index = parse_number(&at, end);
    if (at < end && (*at == '!' || *at == '?'))
        record->kind = *at++ == '!' ? RECORD_BAD : RECORD_TORN;
    record->text = at;
    record->length = (size_t)(end - at);
    for (; at < end && (at = memchr(at, '\r', (size_t)(end - at))); at++)
        *at = '\n';
}

void record_line_problem(const struct record_line *record, struct error *err)
{
    (void)error_set(err, STATUS_BAD_INPUT, "", "%.*s", (int)record->length, record->text);
    record_line_place(record, err);
}

void record_line_place(const struct record_line *record, struct error *err)
{
    char where[sizeof err->where + 24];
    if (record->index == RECORD_NO_INDEX)
        return;
    (void)snprintf(where, sizeof where, "/%" PRIu64 "%s", record->index, err->where);
    utf8_copy(err->where, sizeof err->where, where);
}

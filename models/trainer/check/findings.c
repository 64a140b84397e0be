/* Lines in three columns: result, subject, text. */
#include "check/findings.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum { LINE_BYTES = 600 }; /* the name of a tensor has up to 320 */

void findings_init(struct findings *findings)
{
    *findings = (struct findings){.checks = 0};
    strbuf_init(&findings->text, SIZE_MAX);
}

void findings_release(struct findings *findings)
{
    strbuf_release(&findings->text);
}

static void add_line(struct findings *findings, const char *result, const char *subject,
                     const char *format, va_list values)
{
    char line[LINE_BYTES];
    (void)vsnprintf(line, sizeof line, format, values);
    strbuf_printf(&findings->text, "%-5s %-11s %s\n", result, subject, line);
}

void findings_check(struct findings *findings, bool holds, const char *subject,
                    const char *format, ...)
{
    va_list values;
    findings->checks++;
    findings->failures += !holds;
    va_start(values, format);
    add_line(findings, holds ? "ok" : "FAIL", subject, format, values);
    va_end(values);
}

void findings_note(struct findings *findings, const char *subject, const char *format,
                   ...)
{
    va_list values;
    va_start(values, format);
    add_line(findings, "note", subject, format, values);
    va_end(values);
}

void findings_detail(struct findings *findings, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    add_line(findings, "", "", format, values);
    va_end(values);
}

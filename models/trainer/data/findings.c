/* See findings.h. */
#include "data/findings.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum { LINE_BYTES = 600 }; /* a tensor's name has up to 320 */

void findings_init(struct findings *findings)
{
    *findings = (struct findings){.checks = 0};
    strbuf_init(&findings->text, SIZE_MAX);
}

void findings_release(struct findings *findings)
{
    strbuf_release(&findings->text);
}

static void add_line(struct findings *findings, const char *word, const char *about,
                     const char *format, va_list arguments)
{
    char line[LINE_BYTES];

    (void)vsnprintf(line, sizeof line, format, arguments);
    strbuf_printf(&findings->text, "%-5s %-11s %s\n", word, about, line);
}

void findings_check(struct findings *findings, bool holds, const char *about,
                    const char *format, ...)
{
    va_list arguments;

    findings->checks++;
    findings->failures += !holds;
    va_start(arguments, format);
    add_line(findings, holds ? "ok" : "FAIL", about, format, arguments);
    va_end(arguments);
}

void findings_note(struct findings *findings, const char *about, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_line(findings, "note", about, format, arguments);
    va_end(arguments);
}

void findings_more(struct findings *findings, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_line(findings, "", "", format, arguments);
    va_end(arguments);
}

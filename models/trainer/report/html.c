/* Text, tables and sections. */
#include "report/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/printable.h"

static void add_escaped(struct strbuf *out, const char *bytes, size_t length)
{
    size_t first = 0;
    for (size_t i = 0; i < length; i++) {
        const char *entity = bytes[i] == '&'    ? "&amp;"
                             : bytes[i] == '<'  ? "&lt;"
                             : bytes[i] == '>'  ? "&gt;"
                             : bytes[i] == '"'  ? "&quot;"
                             : bytes[i] == '\'' ? "&#39;"
                                                : NULL;
        if (!entity)
            continue;
        strbuf_add_bytes(out, bytes + first, i - first);
        strbuf_add(out, entity);
        first = i + 1;
    }
    strbuf_add_bytes(out, bytes + first, length - first);
}

void html_text(struct strbuf *out, const char *text)
{
    struct strbuf clean;
    strbuf_init(&clean, SIZE_MAX);
    printable_add(&clean, text, strlen(text));
    if (clean.length > 0)
        add_escaped(out, clean.bytes, clean.length);
    out->has_failed = out->has_failed || clean.has_failed;
    strbuf_release(&clean);
}

static void text_from(struct strbuf *out, const char *format, va_list values)
{
    char *text = NULL;
    if (vasprintf(&text, format, values) < 0) {
        out->has_failed = true;
        return;
    }
    html_text(out, text);
    free(text);
}

void html_textf(struct strbuf *out, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    text_from(out, format, values);
    va_end(values);
}

void html_element(struct strbuf *out, const char *tag, const char *text)
{
    strbuf_printf(out, "<%s>", tag);
    html_text(out, text);
    strbuf_printf(out, "</%s>\n", tag);
}

void html_elementf(struct strbuf *out, const char *tag, const char *format, ...)
{
    va_list values;
    strbuf_printf(out, "<%s>", tag);
    va_start(values, format);
    text_from(out, format, values);
    va_end(values);
    strbuf_printf(out, "</%s>\n", tag);
}

void html_real(struct strbuf *out, double value, int digits)
{
    if (isnan(value))
        strbuf_add(out, "\xe2\x80\x93"); /* a dash */
    else
        strbuf_printf(out, "%.*f", digits, value);
}

void html_estimate(struct strbuf *out, const struct estimate *estimate)
{
    html_real(out, estimate->value, 4);
    if (!isnan(estimate->value) && !isnan(estimate->low))
        strbuf_printf(out, " <span class=\"interval\">[%.4f, %.4f]</span>", estimate->low,
                      estimate->high);
}

void html_count(struct strbuf *out, uint64_t count)
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && length > 4)
            strbuf_add(out, "\xe2\x80\xaf"); /* a narrow space that does not break */
        strbuf_add_bytes(out, digits + i, 1);
    }
}

void html_section(struct strbuf *out, const char *id, const char *heading)
{
    strbuf_printf(out,
                  "<section id=\"%s\" aria-labelledby=\"%s-heading\">\n"
                  "<h2 id=\"%s-heading\">",
                  id, id, id);
    html_text(out, heading);
    strbuf_add(out, "</h2>\n");
}

void html_section_end(struct strbuf *out)
{
    strbuf_add(out, "</section>\n");
}

/* has_marks: the first byte of a heading may be one of html.h. */
static void begin_table(struct strbuf *out, const char *caption,
                        const char *const *headings, bool has_marks)
{
    strbuf_add(out, "<p class=\"caption\" aria-hidden=\"true\">");
    html_text(out, caption);
    strbuf_add(out, "</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                    "aria-label=\"");
    html_text(out, caption);
    strbuf_add(out, "\">\n<table aria-label=\"");
    html_text(out, caption);
    strbuf_add(out, "\">\n<thead><tr>");
    for (; *headings; headings++) {
        const bool is_text = has_marks && **headings == '<';
        const bool is_bar = has_marks && **headings == '|';
        strbuf_add(out, is_text  ? "<th scope=\"col\" class=\"text\">"
                        : is_bar ? "<th scope=\"col\" class=\"bar\">"
                                 : "<th scope=\"col\">");
        html_text(out, *headings + (is_text || is_bar));
        strbuf_add(out, "</th>");
    }
    strbuf_add(out, "</tr></thead>\n<tbody>\n");
}

void html_table(struct strbuf *out, const char *caption, const char *const *headings)
{
    begin_table(out, caption, headings, true);
}

void html_table_of_names(struct strbuf *out, const char *caption,
                         const char *const *headings)
{
    begin_table(out, caption, headings, false);
}

void html_table_end(struct strbuf *out)
{
    strbuf_add(out, "</tbody>\n</table>\n</div>\n");
}

void html_row(struct strbuf *out, const char *name)
{
    strbuf_add(out, "<tr><th scope=\"row\">");
    html_text(out, name);
    strbuf_add(out, "</th>");
}

void html_cell_estimate(struct strbuf *out, const struct estimate *estimate)
{
    strbuf_add(out, "<td>");
    html_estimate(out, estimate);
    strbuf_add(out, "</td>");
}

void html_cell_real(struct strbuf *out, double value, int digits)
{
    strbuf_add(out, "<td>");
    html_real(out, value, digits);
    strbuf_add(out, "</td>");
}

void html_cell_count(struct strbuf *out, uint64_t count)
{
    strbuf_add(out, "<td>");
    html_count(out, count);
    strbuf_add(out, "</td>");
}

void html_cell_text(struct strbuf *out, const char *text)
{
    strbuf_add(out, "<td class=\"text\">");
    html_text(out, text);
    strbuf_add(out, "</td>");
}

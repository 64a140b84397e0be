/*
 * Writing HTML: text from data is cleaned of control characters and escaped; markup is that of the
 * callers.  What is written is also well-formed XML: every element is closed, every attribute has
 * quotes.
 *
 * Elements of charts are SVG, in the page itself or in a file of their own.  Colours are classes of
 * chart.css.
 */
#ifndef TRIAGE_REPORT_HTML_H
#define TRIAGE_REPORT_HTML_H

#include <stddef.h>

#include "base/strbuf.h"
#include "evaluation.h"

/* Append text, for the content of an element or the value of an attribute. */
void html_text(struct strbuf *out, const char *text);

/* The same, formatted as by printf. */
void html_textf(struct strbuf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Append <TAG>text</TAG>. */
void html_element(struct strbuf *out, const char *tag, const char *text);
void html_elementf(struct strbuf *out, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A number with so many digits after the point; a dash where it is NAN. */
void html_real(struct strbuf *out, double value, int digits);

/* "0.8712 [0.8601, 0.8823]"; a dash if it is NAN, no brackets if the interval is. */
void html_estimate(struct strbuf *out, const struct estimate *estimate);

/* A count with groups of three digits: "300 000", the groups apart by a narrow space. */
void html_count(struct strbuf *out, uint64_t count);

/* ---- sections and tables ---- */

/* Begin a section with a heading; id is that of its anchor. */
void html_section(struct strbuf *out, const char *id, const char *heading);
void html_section_end(struct strbuf *out);

/*
 * Begin a table in a box that scrolls where it is wider than the page.  headings ends with NULL; the
 * first column holds the names of rows.  A heading that begins with < is that of a column of text,
 * one that begins with | that of bars (html_cell_bar); both are aligned left.  Open a row with html_row, and end it with "</tr>".
 */
void html_table(struct strbuf *out, const char *caption, const char *const *headings);
/* The same with headings that are names from the data, as they are. */
void html_table_of_names(struct strbuf *out, const char *caption,
                         const char *const *headings);
void html_table_end(struct strbuf *out);
void html_row(struct strbuf *out, const char *name);
void html_cell_estimate(struct strbuf *out, const struct estimate *estimate);
void html_cell_real(struct strbuf *out, double value, int digits);
void html_cell_count(struct strbuf *out, uint64_t count);
void html_cell_text(struct strbuf *out, const char *text);

/* ---- charts ---- */

/* A bar from `from` to value on an axis from low to high, with the interval; in a table cell. */
struct bar {
    double low, high, from;
    struct estimate estimate;
    bool is_secondary; /* another colour: not the model */
};
void html_cell_bar(struct strbuf *out, const struct bar *bar);

struct point {
    double x, y;
    double low, high; /* interval of y; NAN: none */
};

enum { CHART_SERIES = 6, CHART_TICKS = 10 };

struct series {
    const char *name;
    const struct point *points; /* [count] those with a NAN are left out */
    size_t count;
};

struct chart {
    const char *title;       /* what a screen reader reads first */
    const char *description; /* and then */
    const char *x_label, *y_label;
    double x_low, x_high, y_low, y_high;
    bool is_log; /* y is shown by its logarithm; y_low is greater than 0 */
    bool has_diagonal;
    double mark_x; /* a vertical line, with mark as its label; NAN: none */
    const char *mark;
    /* [x_tick_count] labels of x; 0: round numbers */
    struct {
        double x;
        const char *label;
    } x_ticks[CHART_TICKS];
    size_t x_tick_count;
    struct series series[CHART_SERIES]; /* [series_count] */
    size_t series_count;
};

/* A figure with its legend. */
void html_chart(struct strbuf *out, const struct chart *chart);

/*
 * An SVG file: charts [count] side by side, with one legend, so all have the series of the first.  It
 * follows the browser's setting of light or dark.
 */
void svg_charts(struct strbuf *out, const struct chart *charts, size_t count);

/* Append chart.css. */
void chart_style(struct strbuf *out);

#endif

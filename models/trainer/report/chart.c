/*
 * Charts as SVG.  Their unit is about a pixel on a narrow screen, so that their text can be read
 * there.  A series has a colour, a shape of its points and a pattern of its line.
 *
 * The assembler includes the style sheet, so that it stays a file of its own; the Makefile knows
 * that this object depends on it.
 */
#include <math.h>
#include <stdio.h>

#include "report/html.h"

__asm__(".pushsection .rodata\n"
        ".global report_chart_style\n"
        ".global report_chart_style_end\n"
        "report_chart_style: .incbin \"models/trainer/report/chart.css\"\n"
        "report_chart_style_end: .byte 0\n"
        ".popsection\n");

extern const char report_chart_style[], report_chart_style_end[];

void chart_style(struct strbuf *out)
{
    strbuf_add_bytes(out, report_chart_style,
                     (size_t)(report_chart_style_end - report_chart_style));
}

/* The chart, and in it the area of the points. */
enum {
    WIDTH = 360,
    HEIGHT = 232,
    LEFT = 50,
    RIGHT = 350,
    TOP = 12,
    BOTTOM = 192,
    RADIUS = 3,
    BAR_WIDTH = 120,
    BAR_HEIGHT = 14
};

static double share_of(double value, double low, double high)
{
    const double share = (value - low) / (high - low);
    return fmin(1.0, fmax(0.0, share));
}

static double x_at(const struct chart *chart, double x)
{
    return LEFT + (RIGHT - LEFT) * share_of(x, chart->x_low, chart->x_high);
}

static double y_at(const struct chart *chart, double y)
{
    double share = chart->is_log ? share_of(log(y), log(chart->y_low), log(chart->y_high))
                                 : share_of(y, chart->y_low, chart->y_high);
    return BOTTOM - (BOTTOM - TOP) * share;
}

/* ---- axes ---- */

/* A round step that divides the range into at most `most` parts. */
static double round_step(double range, double most)
{
    const double power = pow(10.0, floor(log10(range / most)));
    const double steps[] = {1.0, 2.0, 5.0, 10.0};
    for (int i = 0; i < 4; i++)
        if (range / (steps[i] * power) <= most * 1.0001)
            return steps[i] * power;
    return range;
}

static void add_x_tick(struct strbuf *out, const struct chart *chart, double x,
                       const char *label)
{
    const double at = x_at(chart, x);
    strbuf_printf(out, "<path class=\"tick\" d=\"M%.1f %dv4\"/>", at, BOTTOM);
    strbuf_printf(out, "<text class=\"x\" x=\"%.1f\" y=\"%d\">", at, BOTTOM + 15);
    html_text(out, label);
    strbuf_add(out, "</text>\n");
}

static void add_y_tick(struct strbuf *out, const struct chart *chart, double y)
{
    const double at = y_at(chart, y);
    strbuf_printf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, at, RIGHT);
    strbuf_printf(out, "<text class=\"y\" x=\"%d\" y=\"%.1f\">", LEFT - 5, at + 3.5);
    const double power = floor(log10(y) + 1e-9);
    if (chart->is_log && (power < -3.0 || power > 3.0)) /* "1e-6": shorter than %g */
        strbuf_printf(out, "%.0fe%.0f</text>\n", y / pow(10.0, power), power);
    else
        strbuf_printf(out, "%.6g</text>\n", y);
}

static void add_axes(struct strbuf *out, const struct chart *chart)
{
    const double slack = 1e-9;
    double step = round_step(chart->x_high - chart->x_low, 6.0);
    for (size_t i = 0; i < chart->x_tick_count; i++)
        add_x_tick(out, chart, chart->x_ticks[i].x, chart->x_ticks[i].label);
    for (double n = ceil(chart->x_low / step - slack);
         chart->x_tick_count == 0 && n * step <= chart->x_high + slack * step; n++) {
        char label[32];
        (void)snprintf(label, sizeof label, "%.6g", n * step + 0.0);
        add_x_tick(out, chart, n * step, label);
    }
    if (chart->is_log) {
        const int first = (int)ceil(log10(chart->y_low) - slack);
        const int last = (int)floor(log10(chart->y_high) + slack);
        const bool is_short = last - first <= 1;
        for (int n = first; n <= last; n += 1 + (last - first) / 6) {
            add_y_tick(out, chart, pow(10.0, n));
            if (is_short && n < last) {
                add_y_tick(out, chart, 2.0 * pow(10.0, n));
                add_y_tick(out, chart, 5.0 * pow(10.0, n));
            }
        }
    } else {
        step = round_step(chart->y_high - chart->y_low, 5.0);
        for (double n = ceil(chart->y_low / step - slack);
             n * step <= chart->y_high + slack * step; n++)
            add_y_tick(out, chart, n * step + 0.0);
    }
    strbuf_printf(out, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n", LEFT, TOP, BOTTOM,
                  RIGHT);
    strbuf_printf(out, "<text class=\"label\" x=\"%d\" y=\"%d\">", (LEFT + RIGHT) / 2,
                  HEIGHT - 6);
    html_text(out, chart->x_label);
    strbuf_printf(out,
                  "</text>\n<text class=\"label\" transform=\"translate(11 %d) "
                  "rotate(-90)\">",
                  (TOP + BOTTOM) / 2);
    html_text(out, chart->y_label);
    strbuf_add(out, "</text>\n");
}

/* ---- series ---- */

static bool is_shown(const struct chart *chart, const struct point *point)
{
    return isfinite(point->x) && isfinite(point->y) && (!chart->is_log || point->y > 0.0);
}

static void add_marker(struct strbuf *out, size_t series, double x, double y)
{
    switch (series) {
    case 0:
        strbuf_printf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"/>", x, y, RADIUS);
        return;
    case 1:
        strbuf_printf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\"/>",
                      x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS);
        return;
    case 2:
        strbuf_printf(out, "<path class=\"dot\" d=\"M%.1f %.1fl4 7h-8z\"/>", x, y - 4.5);
        return;
    case 3:
        strbuf_printf(out, "<path class=\"dot\" d=\"M%.1f %.1fl4 4l-4 4l-4 -4z\"/>", x,
                      y - 4.0);
        return;
    case 4:
        strbuf_printf(out, "<path class=\"dot\" d=\"M%.1f %.1fl4 -7h-8z\"/>", x, y + 4.5);
        return;
    default:
        strbuf_printf(
            out, "<path class=\"dot\" d=\"M%.1f %.1fv3h3v2h-3v3h-2v-3h-3v-2h3v-3z\"/>",
            x + 1.0, y - 4.0);
    }
}

static void add_series(struct strbuf *out, const struct chart *chart, size_t index)
{
    enum { MANY_POINTS = 40 };
    const struct series *series = &chart->series[index];
    bool has_begun = false;
    strbuf_printf(out, "<g class=\"series s%zu\">", index);
    for (size_t i = 0; i < series->count; i++) {
        const struct point *point = &series->points[i];
        if (!is_shown(chart, point) || !isfinite(point->low))
            continue;
        strbuf_printf(out, "<path class=\"whisker\" d=\"M%.1f %.1fV%.1f\"/>",
                      x_at(chart, point->x), y_at(chart, point->low),
                      y_at(chart, point->high));
    }
    for (size_t i = 0; i < series->count; i++) {
        const struct point *point = &series->points[i];
        if (!is_shown(chart, point))
            continue;
        strbuf_printf(out, "%s%.1f %.1f", has_begun ? "L" : "<path class=\"line\" d=\"M",
                      x_at(chart, point->x), y_at(chart, point->y));
        has_begun = true;
    }
    strbuf_add(out, has_begun ? "\"/>" : "");
    for (size_t i = 0; i < series->count && series->count <= MANY_POINTS; i++)
        if (is_shown(chart, &series->points[i]))
            add_marker(out, index, x_at(chart, series->points[i].x),
                       y_at(chart, series->points[i].y));
    strbuf_add(out, "</g>\n");
}

/* A line and a point of a series, in a box of 28 by 12. */
static void add_key(struct strbuf *out, size_t series)
{
    strbuf_printf(out, "<g class=\"series s%zu\"><path class=\"line\" d=\"M1 6H27\"/>",
                  series);
    add_marker(out, series, 14.0, 6.0);
    strbuf_add(out, "</g>");
}

static void add_legend(struct strbuf *out, const struct chart *chart)
{
    strbuf_add(out, "<ul class=\"legend\">");
    for (size_t i = 0; i < chart->series_count; i++) {
        strbuf_add(out,
                   "<li><svg class=\"key\" viewBox=\"0 0 28 12\" aria-hidden=\"true\">");
        add_key(out, i);
        strbuf_add(out, "</svg>");
        html_text(out, chart->series[i].name);
        strbuf_add(out, "</li>");
    }
    strbuf_add(out, "</ul>\n");
}

static void add_mark(struct strbuf *out, const struct chart *chart)
{
    const double at = x_at(chart, chart->mark_x);
    const bool is_right = at > (LEFT + RIGHT) / 2.0;
    strbuf_printf(out, "<path class=\"mark\" d=\"M%.1f %dV%d\"/>", at, TOP, BOTTOM);
    strbuf_printf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%d\">",
                  is_right ? "mark before" : "mark", at + (is_right ? -4.0 : 4.0),
                  TOP + 9);
    html_text(out, chart->mark);
    strbuf_add(out, "</text>\n");
}

/* What a screen reader reads, then axes and series. */
static void add_plot(struct strbuf *out, const struct chart *chart)
{
    strbuf_add(out, "<title>");
    html_text(out, chart->title);
    strbuf_add(out, "</title><desc>");
    html_text(out, chart->description);
    strbuf_add(out, "</desc>\n");
    add_axes(out, chart);
    if (chart->has_diagonal)
        strbuf_printf(out, "<path class=\"diagonal\" d=\"M%d %dL%d %d\"/>\n", LEFT,
                      BOTTOM, RIGHT, TOP);
    if (isfinite(chart->mark_x))
        add_mark(out, chart);
    for (size_t i = chart->series_count; i > 0; i--) /* the first one on top */
        add_series(out, chart, i - 1);
}

void html_chart(struct strbuf *out, const struct chart *chart)
{
    strbuf_printf(out, "<figure class=\"chart\"><svg viewBox=\"0 0 %d %d\" role=\"img\">",
                  WIDTH, HEIGHT);
    add_plot(out, chart);
    strbuf_add(out, "</svg>\n<figcaption>");
    html_text(out, chart->title);
    strbuf_add(out, "</figcaption>\n");
    add_legend(out, chart);
    strbuf_add(out, "</figure>\n");
}

/* ---- a file ------------------------------------------------------------------------------ */

void svg_charts(struct strbuf *out, const struct chart *charts, size_t count)
{
    enum { STEP = WIDTH + 20, HEAD = 26, LEGEND_STEP = 150, LEGEND_HEIGHT = 22 };
    const size_t width = count * STEP;
    const size_t columns = width / LEGEND_STEP;
    const size_t rows = (charts->series_count + columns - 1) / columns;
    const size_t height = HEAD + HEIGHT + rows * LEGEND_HEIGHT + 4;
    strbuf_printf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" width=\"%zu\" "
        "height=\"%zu\" viewBox=\"0 0 %zu %zu\">\n<style>\n",
        width, height, width, height);
    chart_style(out);
    strbuf_add(out, "</style>\n");
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(out, "<text class=\"title\" x=\"%zu\" y=\"18\">", i * STEP + LEFT);
        html_text(out, charts[i].title);
        strbuf_printf(out, "</text>\n<g role=\"img\" transform=\"translate(%zu %d)\">",
                      i * STEP, HEAD);
        add_plot(out, &charts[i]);
        strbuf_add(out, "</g>\n");
    }
    for (size_t i = 0; i < charts->series_count; i++) {
        strbuf_printf(out, "<g transform=\"translate(%zu %zu)\">",
                      i % columns * LEGEND_STEP + 8,
                      HEAD + HEIGHT + i / columns * LEGEND_HEIGHT + 4);
        add_key(out, i);
        strbuf_add(out, "<text x=\"34\" y=\"10\">");
        html_text(out, charts->series[i].name);
        strbuf_add(out, "</text></g>\n");
    }
    strbuf_add(out, "</svg>\n");
}

/* ---- bars in tables ---- */

static double bar_at(const struct bar *bar, double value)
{
    return BAR_WIDTH * share_of(value, bar->low, bar->high);
}

void html_cell_bar(struct strbuf *out, const struct bar *bar)
{
    const struct estimate *estimate = &bar->estimate;
    if (isnan(estimate->value) || !(bar->high > bar->low)) {
        strbuf_add(out, "<td class=\"bar\"></td>");
        return;
    }
    const double from = bar_at(bar, bar->from), to = bar_at(bar, estimate->value);
    strbuf_printf(out,
                  "<td class=\"bar\" aria-hidden=\"true\"><svg viewBox=\"0 0 %d %d\" "
                  "preserveAspectRatio=\"none\"><rect class=\"%s\" x=\"%.1f\" y=\"2\" "
                  "width=\"%.1f\" height=\"%d\"/>",
                  BAR_WIDTH, BAR_HEIGHT, bar->is_secondary ? "other" : "own",
                  fmin(from, to), fmax(fabs(to - from), 0.5), BAR_HEIGHT - 4);
    if (!isnan(estimate->low))
        strbuf_printf(out, "<path d=\"M%.1f 7H%.1fM%.1f 4v6M%.1f 4v6\"/>",
                      bar_at(bar, estimate->low), bar_at(bar, estimate->high),
                      bar_at(bar, estimate->low), bar_at(bar, estimate->high));
    strbuf_printf(out, "<path class=\"zero\" d=\"M%.1f 0v%d\"/></svg></td>", from,
                  BAR_HEIGHT);
}

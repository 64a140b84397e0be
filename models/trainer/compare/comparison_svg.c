/* Two charts with logarithmic axes; one if the other was not measured. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "compare/comparison_output.h"
#include "report/html.h"

/* What a chart borrows. */
struct plot {
    struct chart chart;
    struct point points[NETWORKS_MOST][LAGS_MOST];
    char labels[LAGS_MOST][16];
};

/* Widen the axis to whole powers of ten around a value. */
static void widen(struct chart *chart, double y)
{
    if (!isfinite(y) || !(y > 0.0))
        return;
    chart->y_low = fmin(chart->y_low, pow(10.0, floor(log10(y))));
    chart->y_high = fmax(chart->y_high, pow(10.0, ceil(log10(y))));
}

static void add_tick(struct plot *plot, double x, uint32_t number)
{
    size_t i = plot->chart.x_tick_count++;
    (void)snprintf(plot->labels[i], sizeof plot->labels[i], "%" PRIu32, number);
    plot->chart.x_ticks[i].x = x;
    plot->chart.x_ticks[i].label = plot->labels[i];
}

static void add_series(struct plot *plot, const struct compared_network *network,
                       size_t count)
{
    size_t n = plot->chart.series_count++;
    plot->chart.series[n].name = network->kind.name;
    plot->chart.series[n].points = plot->points[n];
    plot->chart.series[n].count = count;
}

static void plot_gradients(struct plot *plot, const struct comparison *comparison)
{
    const double none = (double)NAN;
    plot->chart = (struct chart){
        .title = "Gradient left, by the distance to the decision",
        .description =
            "The norm of the gradient of the loss with respect to an event, as a share "
            "of that of the last event. Both axes are logarithmic.",
        .x_label = "events before the last",
        .y_label = "share of the gradient",
        .x_high = fmax(1.0, (double)(comparison->lag_count - 1)),
        .y_low = 0.1,
        .y_high = 1.0,
        .is_log = true,
        .mark_x = none};
    for (size_t k = 0; k < comparison->lag_count; k++)
        add_tick(plot, (double)k, comparison_lag(k));
    for (size_t n = 0; n < comparison->count; n++) {
        for (size_t k = 0; k < comparison->lag_count; k++) {
            double share = comparison->networks[n].mean.gradients[k];
            plot->points[n][k] = (struct point){(double)k, share, none, none};
            widen(&plot->chart, share);
        }
        add_series(plot, &comparison->networks[n], comparison->lag_count);
    }
}

static void plot_times(struct plot *plot, const struct comparison *comparison)
{
    const double none = (double)NAN;
    plot->chart = (struct chart){
        .title = "Time of one history, by its length",
        .description = "One history alone, with one thread. Both axes are logarithmic.",
        .x_label = "events",
        .y_label = "microseconds",
        .x_low = log10(timed_lengths[0]),
        .x_high = log10(timed_lengths[TIMED_LENGTHS - 1]),
        .y_low = 10.0,
        .y_high = 100.0,
        .is_log = true,
        .mark_x = none};
    for (int i = 0; i < TIMED_LENGTHS; i++)
        add_tick(plot, log10(timed_lengths[i]), timed_lengths[i]);
    for (size_t n = 0; n < comparison->count; n++) {
        for (int i = 0; i < TIMED_LENGTHS; i++) {
            double us = comparison->networks[n].times_us[i];
            plot->points[n][i] = (struct point){log10(timed_lengths[i]), us, none, none};
            widen(&plot->chart, us);
        }
        add_series(plot, &comparison->networks[n], TIMED_LENGTHS);
    }
}

void comparison_write_svg(const struct comparison *comparison, struct strbuf *out)
{
    struct plot gradients, times;
    struct chart charts[2];
    size_t count = 0;
    if (comparison->lag_count > 0) {
        plot_gradients(&gradients, comparison);
        charts[count++] = gradients.chart;
    }
    if (comparison->has_times) {
        plot_times(&times, comparison);
        charts[count++] = times.chart;
    }
    if (count > 0)
        svg_charts(out, charts, count);
}

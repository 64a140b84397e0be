/*
 * The frame of the page: verdict first, then the most important numbers, then the sections.
 *
 * The assembler includes the style sheet, so that it stays a file of its own; the Makefile knows
 * that this object depends on it.
 */
#include "report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "architecture.h"
#include "report/html.h"

__asm__(".pushsection .rodata\n"
        ".global report_style\n"
        ".global report_style_end\n"
        "report_style: .incbin \"models/trainer/report/style.css\"\n"
        "report_style_end: .byte 0\n"
        ".popsection\n");

extern const char report_style[], report_style_end[];

static void add_head(const struct content *content, struct strbuf *out)
{
    strbuf_add(out,
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
               "'none'; style-src 'unsafe-inline'\"/>\n"
               "<meta name=\"viewport\" content=\"width=device-width, "
               "initial-scale=1\"/>\n<title>");
    html_textf(out, "%s: report", content->name);
    strbuf_add(out, "</title>\n<style>\n");
    chart_style(out);
    strbuf_add_bytes(out, report_style, (size_t)(report_style_end - report_style));
    strbuf_add(out, "</style>\n</head>\n");
}

/* ---- verdict ----------------------------------------------------------------------------- */

static const char *p_text(double p, char buffer[32])
{
    (void)snprintf(buffer, 32, "p %s %.4f", p < 0.00015 ? "\u2264" : "=", p);
    return buffer;
}

/* What is counted: a model of the task last predicts once for each history. */
static const char *position_word(const struct content *content)
{
    return triage_model_task(content->model) == TASK_LAST ? "histories" : "positions";
}

static void add_comparison(const struct content *content, struct strbuf *out)
{
    static const char *const classes[] = {[VERDICT_BETTER] = "good",
                                          [VERDICT_NO_BETTER] = "even",
                                          [VERDICT_WORSE] = "bad",
                                          [VERDICT_NONE] = "even"};
    const struct evaluation *e = &content->evaluation;
    const struct baseline_comparison *c = &e->comparison;
    char p[32];
    strbuf_printf(out, "<div class=\"verdict %s\">\n", classes[c->verdict]);
    html_elementf(out, "p",
                  "It is right in %.4f [%.4f, %.4f] of the %s. The best baseline, %s, is "
                  "right in %.4f: a difference of %+.4f [%+.4f, %+.4f], %s.",
                  e->accuracy.value, e->accuracy.low, e->accuracy.high,
                  position_word(content), e->baselines[c->baseline].name,
                  e->baselines[c->baseline].accuracy.value, c->accuracy_gain.value,
                  c->accuracy_gain.low, c->accuracy_gain.high, p_text(c->p, p));
    if (!isnan(e->loss.value))
        html_elementf(out, "p",
                      "By log-loss it is %s: %.4f nats, the best baseline, %s, has %.4f "
                      "(%s).",
                      triage_verdict_names[c->loss_verdict], e->loss.value,
                      e->baselines[c->loss_baseline].name,
                      e->baselines[c->loss_baseline].loss.value, p_text(c->loss_p, p));
    strbuf_add(out, "</div>\n");
}

static void add_verdict(const struct content *content, struct strbuf *out)
{
    const struct evaluation *e = &content->evaluation;
    if (!content->has_data) {
        html_element(out, "h1", content->name);
        html_element(out, "p",
                     "What the model file holds. With data, this page says how good the "
                     "model is on it: triage report MODEL DATA.");
        return;
    }
    if (*e->no_verdict == '\0') {
        html_elementf(out, "h1", "%s is %s", content->name,
                      triage_verdict_names[e->comparison.verdict]);
        add_comparison(content, out);
        return;
    }
    html_elementf(out, "h1", "No verdict on %s", content->name);
    strbuf_add(out, "<div class=\"verdict even\">\n");
    html_elementf(out, "p", "It cannot be compared with counting: %s.", e->no_verdict);
    html_elementf(out, "p", "It is right in %.4f [%.4f, %.4f] of the %s.",
                  e->accuracy.value, e->accuracy.low, e->accuracy.high,
                  position_word(content));
    strbuf_add(out, "</div>\n");
}

/* ---- the most important numbers ---------------------------------------------------------- */

static void add_tile(struct strbuf *out, const char *name,
                     const struct estimate *estimate)
{
    strbuf_add(out, "<div>");
    html_element(out, "dt", name);
    strbuf_add(out, "<dd>");
    html_real(out, estimate->value, 4);
    strbuf_add(out, "<small>");
    if (!isnan(estimate->low))
        strbuf_printf(out, "95 %% interval %.4f to %.4f", estimate->low, estimate->high);
    strbuf_add(out, "</small></dd></div>\n");
}

static void add_count_tile(struct strbuf *out, const char *name, uint64_t count,
                           const char *more)
{
    strbuf_add(out, "<div>");
    html_element(out, "dt", name);
    strbuf_add(out, "<dd>");
    html_count(out, count);
    strbuf_add(out, "<small>");
    html_text(out, more);
    strbuf_add(out, "</small></dd></div>\n");
}

static void add_tiles(const struct content *content, struct strbuf *out)
{
    const struct evaluation *e = &content->evaluation;
    char text[100];
    strbuf_add(out, "<dl class=\"tiles\">\n");
    if (content->has_data) {
        add_tile(out, "accuracy", &e->accuracy);
        add_tile(out, "log-loss, nats", &e->loss);
        add_tile(out, "AUC", &e->auc);
        add_tile(out, "calibration error", &e->calibration_error);
        add_tile(out, "macro F1", &e->macro_f1);
        (void)snprintf(text, sizeof text, "%zu positions, part %.40s", e->positions,
                       content->part);
        add_count_tile(out, "histories evaluated", e->histories, text);
    }
    size_t stored;
    (void)snprintf(text, sizeof text, "%s, %u units",
                   triage_spec_cell_name(triage_model_spec(content->model)),
                   (unsigned)triage_model_spec(content->model)->hidden);
    add_count_tile(out, "parameters", architecture_parameters(content->model, &stored),
                   text);
    if (!content->has_data) {
        (void)snprintf(text, sizeof text, "task %s",
                       triage_task_names[triage_model_task(content->model)]);
        add_count_tile(out, "actions", triage_model_actions(content->model), text);
    }
    const uint64_t histories = triage_model_history_count(content->model);
    if (histories > 0 && !content->has_data)
        add_count_tile(out, "histories trained on", histories, "");
    strbuf_add(out, "</dl>\n");
}

static void add_warnings(const struct content *content, struct strbuf *out)
{
    static const char prefix[] = "warning: ";
    const struct strbuf *warnings = &content->warnings;
    const char *line = warnings->bytes, *end = line ? line + warnings->length : NULL;
    if (warnings->length == 0)
        return;
    html_section(out, "warnings", "Warnings");
    strbuf_add(out, "<ul class=\"warnings\">\n");
    while (line < end) {
        const size_t length = strcspn(line, "\n");
        const size_t skipped =
            strncmp(line, prefix, sizeof prefix - 1) == 0 ? sizeof prefix - 1 : 0;
        html_elementf(out, "li", "%.*s", (int)(length - skipped), line + skipped);
        line += length + 1;
    }
    strbuf_add(out, "</ul>\n");
    html_section_end(out);
}

/* ---- all --------------------------------------------------------------------------------- */

static const struct {
    const char *id, *name;
    void (*write)(const struct content *content, struct strbuf *out);
} sections[] = {
    {"warnings", "Warnings", add_warnings},
    {"baselines", "Baselines", page_baselines},
    {"known", "How early", page_known},
    {"calibration", "Calibration", page_calibration},
    {"actions", "Actions", page_actions},
    {"importance", "Inputs", page_importance},
    {"drift", "Drift", page_drift},
    {"gradient", "Gradient", page_gradient},
    {"decision", "Decisions", page_decision},
    {"training", "Training", page_training},
    {"model", "Model", page_model},
};

enum { SECTIONS = sizeof sections / sizeof *sections };

/* Sections that say nothing have no entry in the contents. */
static void add_sections(const struct content *content, struct strbuf *out)
{
    struct strbuf texts[SECTIONS];
    for (size_t i = 0; i < SECTIONS; i++) {
        strbuf_init(&texts[i], SIZE_MAX);
        sections[i].write(content, &texts[i]);
        out->has_failed = out->has_failed || texts[i].has_failed;
    }
    strbuf_add(out, "<nav aria-label=\"contents\"><ul>");
    for (size_t i = 0; i < SECTIONS; i++)
        if (texts[i].length > 0)
            strbuf_printf(out, "<li><a href=\"#%s\">%s</a></li>", sections[i].id,
                          sections[i].name);
    strbuf_add(out, "</ul></nav>\n</header>\n<main>\n");
    for (size_t i = 0; i < SECTIONS; i++) {
        if (texts[i].length > 0)
            strbuf_add_bytes(out, texts[i].bytes, texts[i].length);
        strbuf_release(&texts[i]);
    }
    strbuf_add(out, "</main>\n");
}

static void add_footer(const struct content *content, struct strbuf *out)
{
    const struct evaluation_settings *settings = &content->evaluation.settings;
    strbuf_add(out, "<footer>\n");
    if (content->has_data)
        html_elementf(out, "p",
                      "Brackets and whiskers are 95 %% intervals: a bootstrap over "
                      "histories, %u resamples, seed %" PRIu64 ".",
                      (unsigned)settings->resamples, settings->seed);
    html_elementf(out, "p",
                  "Made by triage %s from the model %s. The same model and data "
                  "give the same bytes.",
                  TRIAGE_VERSION, triage_model_digest(content->model));
    strbuf_add(out, "</footer>\n");
}

void page_write(const struct content *content, struct strbuf *out)
{
    add_head(content, out);
    strbuf_add(out, "<body>\n<header>\n");
    strbuf_add(out, "<p class=\"kind\">report on the model ");
    html_text(out, content->name);
    strbuf_add(out, "</p>\n");
    add_verdict(content, out);
    add_tiles(content, out);
    add_sections(content, out);
    add_footer(content, out);
    strbuf_add(out, "</body>\n</html>");
}

/*
 * What the model file holds: decisions, training, network, fields.
 *
 * A report in the file is of any version of the trainer, or of another program, so members that are
 * not known here are shown too, under their own names: a list of objects as a table.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "architecture.h"
#include "base/json.h"
#include "report/html.h"
#include "report/page.h"

enum {
    MAX_VALUES = 12,  /* of a field */
    MAX_ROWS = 200,   /* of a table of a file */
    MAX_COLUMNS = 12, /* of it */
    MAX_EPOCHS = 512, /* of the curve; of more, every n-th */
    WORDS_BYTES = 64,
    DIGITS = 6
};

/* ---- any JSON ---------------------------------------------------------------------------- */

/* What a key of a report says, in words. */
static const struct {
    const char *key, *words;
} labels[] = {
    {"epochs", "epochs trained"},
    {"best_epoch", "best epoch, whose weights are kept"},
    {"learn", "histories trained on"},
    {"validation", "histories validated on"},
    {"learn_loss", "training loss (nats)"},
    {"validation_loss", "validation loss (nats)"},
    {"validation_accuracy", "validation accuracy"},
    {"validation_end_loss", "validation loss at the end of histories (nats)"},
    {"validation_prefix_loss", "validation loss before the end (nats)"},
    {"validation_prefix_accuracy", "validation accuracy before the end"},
    {"start_loss", "validation loss before the training (nats)"},
    {"start_end_loss", "validation loss before the training, at the end (nats)"},
    {"start_accuracy", "validation accuracy before the training"},
    {"from", "the model that it goes on from"},
    {"left_out", "left out"},
    {"z", "standard errors"},
    {"loss", "loss (nats)"},
    {"train_loss", "training loss (nats)"},
    {"clip_rate", "share of steps whose gradient was clipped"},
    {"norm_largest", "largest norm of a gradient"},
    {"settings", "settings"},
};

static const char *label_of(const char *key, char buffer[WORDS_BYTES])
{
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(labels[i].key, key) == 0)
            return labels[i].words;
    (void)snprintf(buffer, WORDS_BYTES, "%s", key);
    for (char *c = buffer; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : *c;
    return buffer;
}

/* A value on one line. */
static void add_value(struct strbuf *out, const json_t *value)
{
    struct strbuf text;
    if (json_is_string(value)) {
        html_text(out, json_string_value(value));
        return;
    }
    if (json_is_null(value) || !value) {
        html_real(out, (double)NAN, 0);
        return;
    }
    strbuf_init(&text, SIZE_MAX);
    json_write(&text, value, DIGITS);
    if (text.length > 0 && !text.has_failed)
        html_text(out, text.bytes);
    out->has_failed = out->has_failed || text.has_failed;
    strbuf_release(&text);
}

static bool is_table(const json_t *value)
{
    return json_array_size(value) > 0 && json_is_object(json_array_get(value, 0));
}

/* The keys of all rows, in the order of appearance; returns their number. */
static size_t find_columns(const json_t *rows, const char *keys[MAX_COLUMNS])
{
    size_t columns = 0;
    for (size_t i = 0; i < json_array_size(rows) && i < MAX_ROWS; i++) {
        const char *key;
        json_t *member;
        json_object_foreach(json_array_get(rows, i), key, member)
        {
            size_t column = 0;
            while (column < columns && strcmp(keys[column], key) != 0)
                column++;
            if (column == columns && columns < MAX_COLUMNS)
                keys[columns++] = key;
        }
    }
    return columns;
}

static void add_table(struct strbuf *out, const char *caption, const json_t *rows)
{
    const char *keys[MAX_COLUMNS + 1] = {NULL};
    const char *headings[MAX_COLUMNS + 1] = {NULL};
    char words[MAX_COLUMNS][WORDS_BYTES];
    const size_t columns = find_columns(rows, keys);
    for (size_t column = 0; column < columns; column++)
        headings[column] = label_of(keys[column], words[column]);
    const size_t count = json_array_size(rows);
    html_table(out, caption, headings);
    for (size_t i = 0; i < count && i < MAX_ROWS; i++) {
        const json_t *row = json_array_get(rows, i);
        strbuf_add(out, "<tr>");
        for (size_t column = 0; column < columns; column++) {
            strbuf_add(out, column == 0 ? "<th scope=\"row\">" : "<td>");
            add_value(out, json_object_get(row, keys[column]));
            strbuf_add(out, column == 0 ? "</th>" : "</td>");
        }
        strbuf_add(out, "</tr>\n");
    }
    html_table_end(out);
    if (count > MAX_ROWS)
        html_elementf(out, "p", "The first %d of %zu rows; --json has all of them.",
                      MAX_ROWS, count);
}

static void add_fact(struct strbuf *out, const char *name, const json_t *value)
{
    html_element(out, "dt", name);
    strbuf_add(out, "<dd>");
    add_value(out, value);
    strbuf_add(out, "</dd>\n");
}

static void add_object(struct strbuf *out, const json_t *object, int depth);

/* A member in a box that is opened by a click. */
static void add_box(struct strbuf *out, const char *name, const json_t *value, int depth)
{
    strbuf_add(out, "<details><summary>");
    html_text(out, name);
    strbuf_add(out, "</summary>\n");
    if (is_table(value))
        add_table(out, name, value);
    else
        add_object(out, value, depth);
    strbuf_add(out, "</details>\n");
}

/* Members that are values as facts, then objects and tables, each in a box. */
static void add_object(struct strbuf *out, const json_t *object, int depth)
{
    enum { MAX_DEPTH = 3 };
    char buffer[WORDS_BYTES];
    const char *key;
    json_t *member;
    strbuf_add(out, "<dl class=\"facts\">\n");
    json_object_foreach(json_iterable(object), key, member)
    {
        const bool has_parts = json_is_object(member) || is_table(member);
        if (!has_parts || depth == MAX_DEPTH)
            add_fact(out, label_of(key, buffer), member);
    }
    strbuf_add(out, "</dl>\n");
    json_object_foreach(json_iterable(object), key, member)
    {
        const bool has_parts = json_is_object(member) || is_table(member);
        if (has_parts && depth < MAX_DEPTH)
            add_box(out, label_of(key, buffer), member, depth + 1);
    }
}

/* ---- decisions --------------------------------------------------------------------------- */

void page_decision(const struct content *content, struct strbuf *out)
{
    const json_t *decision = json_object_get(content->description, "decision");
    if (!json_is_object(decision))
        return;
    html_section(out, "decision", "When the model declines to answer");
    add_object(out, decision, 0);
    html_section_end(out);
}

/* ---- training ---------------------------------------------------------------------------- */

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* A curve of the phase in which the epoch was chosen: without "phase", or "train". */
static bool is_of_choice(const json_t *epoch)
{
    const json_t *phase = json_object_get(epoch, "phase");
    return !json_is_string(phase) || strcmp(json_string_value(phase), "train") == 0;
}

static void add_curve(const json_t *report, const json_t *curve, struct strbuf *out)
{
    struct point train[MAX_EPOCHS], validation[MAX_EPOCHS];
    const size_t epochs = json_array_size(curve), stride = (epochs - 1) / MAX_EPOCHS + 1;
    const double none = (double)NAN;
    double low = (double)INFINITY, high = -(double)INFINITY, last = 1.0;
    size_t count = 0;
    for (size_t i = 0; i < epochs; i += stride) {
        const json_t *epoch = json_array_get(curve, i);
        if (!is_of_choice(epoch))
            continue;
        const double at = number_of(epoch, "epoch");
        const double x = isnan(at) ? (double)(i + 1) : at;
        double learnt = number_of(epoch, "train_loss");
        if (isnan(learnt))
            learnt = number_of(epoch, "learn_loss");
        train[count] = (struct point){x, learnt, none, none};
        validation[count] =
            (struct point){x, number_of(epoch, "validation_loss"), none, none};
        low = fmin(low, fmin(train[count].y, validation[count].y));
        high = fmax(high, fmax(train[count].y, validation[count].y));
        last = fmax(last, x);
        count++;
    }
    if (count == 0 || !isfinite(low) || !isfinite(high))
        return;
    const double room = high > low ? 0.05 * (high - low) : 0.05;
    const struct chart chart = {
        .title = "Loss after every epoch",
        .description = "The training loss is the mean over the steps of an epoch. The "
                       "weights of the best epoch are kept. The table below has the "
                       "numbers.",
        .x_label = "epoch",
        .y_label = "loss (nats)",
        .x_low = last > 1.0 ? 1.0 : 0.0,
        .x_high = last,
        .y_low = fmax(0.0, low - room),
        .y_high = high + room,
        .mark_x = number_of(report, "best_epoch"),
        .mark = "best epoch",
        .series = {{"training", train, count}, {"validation", validation, count}},
        .series_count = 2};
    html_chart(out, &chart);
}

void page_training(const struct content *content, struct strbuf *out)
{
    const json_t *report = content->report;
    const json_t *curve = json_object_get(report, "curve");
    if (!json_is_object(report))
        return;
    html_section(out, "training", "How it was trained");
    strbuf_add(out, "<div class=\"pair\">\n");
    if (is_table(curve)) {
        strbuf_add(out, "<div>");
        add_curve(report, curve, out);
        strbuf_add(out, "</div>\n");
    }
    strbuf_add(out, "<div>");
    add_object(out, report, 0);
    strbuf_add(out, "</div>\n</div>\n");
    html_section_end(out);
}

/* ---- the model --------------------------------------------------------------------------- */

static void add_network(const struct content *content, struct strbuf *out)
{
    const struct spec *spec = triage_model_spec(content->model);
    const char *equations[ARCHITECTURE_EQUATIONS];
    const size_t lines = architecture_equations(spec, equations);
    size_t stored;
    const size_t parameters = architecture_parameters(content->model, &stored);
    strbuf_add(out, "<dl class=\"facts\">\n");
    html_element(out, "dt", "predicts");
    html_element(
        out, "dd",
        triage_model_task(content->model) == TASK_LAST
            ? "the action that is right for a history"
        : triage_task_labels(triage_model_task(content->model)) == TASK_NEXT
            ? (triage_model_task(content->model) == TASK_CONTINUE
                   ? "all events that follow; here the first of them, after each event"
                   : "the next event, after each event")
            : "the action that is right, after each event");
    html_element(out, "dt", "network");
    html_elementf(
        out, "dd", "%s%s; %u units, %u layer%s, %s%s",
        triage_model_task(content->model) == TASK_CONTINUE ? "encoder and decoder: " : "",
        architecture_cell(spec), (unsigned)spec->hidden, (unsigned)spec->layers,
        spec->layers == 1 ? "" : "s",
        spec->directions == 2 ? "two directions" : "one direction",
        spec->head == HEAD_ATTENTION ? ", attention head" : "");
    html_element(out, "dt", "parameters");
    html_elementf(out, "dd", "%zu", parameters);
    add_fact(out, "temperature", json_object_get(content->description, "temperature"));
    add_fact(out, "numerics", json_object_get(content->description, "numerics"));
    html_element(out, "dt", "digest");
    html_element(out, "dd", triage_model_digest(content->model));
    html_element(out, "dt", "actions");
    strbuf_add(out, "<dd>");
    for (size_t c = 0; c < triage_model_actions(content->model); c++)
        html_textf(out, "%s%s", c == 0 ? "" : ", ",
                   triage_model_action(content->model, c));
    strbuf_add(out,
               "</dd>\n</dl>\n<details><summary>Equations of a layer</summary>\n<pre>");
    for (size_t i = 0; i < lines; i++) {
        html_text(out, equations[i]);
        strbuf_add(out, "\n");
    }
    strbuf_add(out, "</pre></details>\n");
}

static void add_field(const json_t *field, struct strbuf *out)
{
    const json_t *values = json_object_get(field, "values");
    const json_t *name = json_object_get(field, "name");
    const size_t count = json_array_size(values);
    html_row(out, json_is_string(name) ? json_string_value(name) : "");
    if (!values) {
        strbuf_add(out, "<td class=\"text\">number</td><td class=\"text\">");
        html_textf(out, "mean %g, scale %g", number_of(field, "mean"),
                   number_of(field, "scale"));
        strbuf_add(out, "</td></tr>\n");
        return;
    }
    strbuf_printf(out, "<td class=\"text\">%zu value%s</td><td class=\"text\">", count,
                  count == 1 ? "" : "s");
    for (size_t i = 0; i < count && i < MAX_VALUES; i++) {
        const json_t *value = json_array_get(values, i);
        strbuf_add(out, i == 0 ? "" : ", ");
        html_text(out, json_is_string(value) ? json_string_value(value) : "");
    }
    strbuf_add(out, count > MAX_VALUES ? ", ...</td></tr>\n" : "</td></tr>\n");
}

static void add_fields(const json_t *schema, struct strbuf *out)
{
    static const char *const headings[] = {"input", "<kind", "<values", NULL};
    const json_t *fields = json_object_get(schema, "fields");
    const json_t *times = json_object_get(schema, "time");
    html_table(out, "What the model reads of an event", headings);
    for (size_t i = 0; i < json_array_size(fields); i++)
        add_field(json_array_get(fields, i), out);
    if (json_array_size(times) > 0) {
        html_row(out, "time");
        strbuf_add(out, "<td class=\"text\">from the time of the event</td><td "
                        "class=\"text\">");
        for (size_t i = 0; i < json_array_size(times); i++) {
            const json_t *name = json_object_get(json_array_get(times, i), "name");
            char buffer[WORDS_BYTES];
            strbuf_add(out, i == 0 ? "" : ", ");
            if (json_is_string(name))
                html_text(out, label_of(json_string_value(name), buffer));
        }
        strbuf_add(out, "</td></tr>\n");
    }
    html_table_end(out);
}

void page_model(const struct content *content, struct strbuf *out)
{
    html_section(out, "model", "What the model is");
    add_network(content, out);
    add_fields(json_object_get(content->description, "schema"), out);
    html_section_end(out);
}

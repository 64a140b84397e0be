/*
 * An answer and a problem as JSON, the same bytes from both programs (engine.h).
 */
#include <string.h>

#include "base/best.h"
#include "base/text.h"
#include "engine.h"
#include "model/model.h"

/* What an answer usually takes, and for each action: only a guess at what will be added. */
enum { ANSWER_BYTES = 320, ACTION_BYTES = 40 };

static void add_string(struct text *text, const char *string)
{
    text_json(text, string, strlen(string));
}

static void add_member(struct text *text, const char *name, const char *string)
{
    if (*string == '\0')
        return;
    text_printf(text, ", \"%s\": ", name);
    add_string(text, string);
}

static void add_notes(struct text *text, const struct history *history)
{
    uint32_t named = history->unknown_count;

    named = named < HISTORY_NOTES ? named : HISTORY_NOTES;
    text_add(text, ", \"unknown\": [");
    for (uint32_t i = 0; i < named; i++) {
        text_add(text, i == 0 ? "{\"pointer\": " : ", {\"pointer\": ");
        add_string(text, history->unknown[i].pointer);
        text_add(text, ", \"value\": ");
        add_string(text, history->unknown[i].value);
        text_add(text, "}");
    }
    text_add(text, "], \"unknown_count\": ");
    text_unsigned(text, history->unknown_count);
    text_add(text, ", \"ignored\": {");
    for (uint32_t i = 0; i < history->ignored_count; i++) {
        text_add(text, i == 0 ? "" : ", ");
        add_string(text, history->ignored[i].name);
        text_add(text, ": ");
        text_unsigned(text, history->ignored[i].count);
    }
    text_add(text, "}");
}

void answer_write(struct text *text, const struct model *model, const char *name,
                  const struct history *history, const float *probabilities)
{
    size_t count = model->action_count;

    text_expect(text, ANSWER_BYTES + count * ACTION_BYTES);
    text_add(text, "{");
    if (history->id != NULL) {
        text_add(text, "\"id\": ");
        text_add(text, history->id);
        text_add(text, ", ");
    }
    text_add(text, "\"action\": ");
    text_add(text, model->action_texts[best_of(probabilities, count)]);
    text_add(text, ", \"probabilities\": {");
    for (size_t i = 0; i < count; i++) {
        text_add(text, i == 0 ? "" : ", ");
        text_add(text, model->action_texts[i]);
        text_add(text, ": ");
        text_float(text, probabilities[i]);
    }
    text_add(text, "}, \"events\": ");
    text_unsigned(text, history->length);
    text_add(text,
             history->reordered ? ", \"reordered\": true" : ", \"reordered\": false");
    add_notes(text, history);
    text_add(text, ", \"model\": {\"name\": ");
    add_string(text, name);
    text_add(text, ", \"digest\": \"");
    text_add(text, model->digest); /* nothing in it needs an escape */
    if (model->kernel != NULL) {
        text_add(text, "\", \"kernel\": \"");
        text_add(text, model->kernel);
    }
    text_add(text, "\"}}");
}

void problem_write(struct text *text, int code, const char *title,
                   const struct error *err, const char *request_id)
{
    bool has_place = err->where[0] == '/' || err->expected[0] != '\0';

    text_add(text, "{\"type\": \"about:blank\", \"title\": ");
    add_string(text, title);
    if (code != 0)
        text_printf(text, ", \"status\": %d", code);
    add_member(text, "detail",
               err->text[0] != '\0' ? err->text : status_text(err->status));
    if (has_place) {
        text_add(text, ", \"errors\": [{\"pointer\": ");
        add_string(text, err->where);
        text_add(text, ", \"detail\": ");
        add_string(text, err->text);
        add_member(text, "expected", err->expected);
        add_member(text, "received", err->received);
        text_add(text, "}]");
    }
    if (err->line != 0)
        text_printf(text, ", \"line\": %u, \"column\": %u", err->line, err->column);
    if (request_id != NULL)
        add_member(text, "request_id", request_id);
    text_add(text, "}");
}

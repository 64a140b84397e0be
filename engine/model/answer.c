/*
 * An answer and a problem as JSON, the same bytes from both programs (engine.h).
 */
#include <string.h>

#include "base/elementary.h"
#include "base/strbuf.h"
#include "engine.h"
#include "model/trained_model.h"

/* What an answer usually takes, and for each action: only a guess at what will be added. */
enum { ANSWER_BYTES = 320, ACTION_BYTES = 40 };

static void add_string(struct strbuf *text, const char *string)
{
    strbuf_json_string(text, string, strlen(string));
}

static void add_member(struct strbuf *text, const char *name, const char *string)
{
    if (*string == '\0')
        return;
    strbuf_printf(text, ", \"%s\": ", name);
    add_string(text, string);
}

static void add_notes(struct strbuf *text, const struct history *history)
{
    uint32_t named = history->unknown_count;

    named = named < HISTORY_NOTES ? named : HISTORY_NOTES;
    strbuf_add(text, ", \"unknown\": [");
    for (uint32_t i = 0; i < named; i++) {
        strbuf_add(text, i == 0 ? "{\"pointer\": " : ", {\"pointer\": ");
        add_string(text, history->unknown[i].pointer);
        strbuf_add(text, ", \"value\": ");
        add_string(text, history->unknown[i].value);
        strbuf_add(text, "}");
    }
    strbuf_add(text, "], \"unknown_count\": ");
    strbuf_unsigned(text, history->unknown_count);
    strbuf_add(text, ", \"ignored\": {");
    for (uint32_t i = 0; i < history->ignored_count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        add_string(text, history->ignored[i].name);
        strbuf_add(text, ": ");
        strbuf_unsigned(text, history->ignored[i].count);
    }
    strbuf_add(text, "}");
}

void answer_write(struct strbuf *text, const struct trained_model *model,
                  const char *kernel, const char *name, const struct history *history,
                  const float *probabilities)
{
    size_t count = model->action_count;

    strbuf_reserve(text, ANSWER_BYTES + count * ACTION_BYTES);
    strbuf_add(text, "{");
    if (history->id != NULL) {
        strbuf_add(text, "\"id\": ");
        strbuf_add(text, history->id);
        strbuf_add(text, ", ");
    }
    strbuf_add(text, "\"action\": ");
    strbuf_add(text, model->action_texts[argmax(probabilities, count)]);
    strbuf_add(text, ", \"probabilities\": {");
    for (size_t i = 0; i < count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        strbuf_add(text, model->action_texts[i]);
        strbuf_add(text, ": ");
        strbuf_float(text, probabilities[i]);
    }
    strbuf_add(text, "}, \"events\": ");
    strbuf_unsigned(text, history->length);
    strbuf_add(text,
               history->reordered ? ", \"reordered\": true" : ", \"reordered\": false");
    add_notes(text, history);
    strbuf_add(text, ", \"model\": {\"name\": ");
    add_string(text, name);
    strbuf_add(text, ", \"digest\": \"");
    strbuf_add(text, model->digest); /* nothing in it needs an escape */
    if (kernel != NULL) {
        strbuf_add(text, "\", \"kernel\": \"");
        strbuf_add(text, kernel);
    }
    strbuf_add(text, "\"}}");
}

void triage_problem_write(struct strbuf *text, int code, const char *title,
                          const struct error *err, const char *request_id)
{
    bool has_place = err->where[0] == '/' || err->expected[0] != '\0';

    strbuf_add(text, "{\"type\": \"about:blank\", \"title\": ");
    add_string(text, title);
    if (code != 0)
        strbuf_printf(text, ", \"status\": %d", code);
    add_member(text, "detail",
               err->text[0] != '\0' ? err->text : triage_status_text(err->status));
    if (has_place) {
        strbuf_add(text, ", \"errors\": [{\"pointer\": ");
        add_string(text, err->where);
        strbuf_add(text, ", \"detail\": ");
        add_string(text, err->text);
        add_member(text, "expected", err->expected);
        add_member(text, "received", err->received);
        strbuf_add(text, "}]");
    }
    if (err->line != 0)
        strbuf_printf(text, ", \"line\": %u, \"column\": %u", err->line, err->column);
    if (request_id != NULL)
        add_member(text, "request_id", request_id);
    strbuf_add(text, "}");
}

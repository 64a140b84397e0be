/* Fields as text: JSON, --help, a README's table, a listing with sources. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/option_table.h"
#include "base/option_value.h"
#include "base/utf8.h"

enum { LEFT_ROOM = 160, WIDEST_LEFT = 36 };

/* As JSON, or for a person: choices and texts without quotes. */
static void write_value(const struct option_def *field, const void *values, bool is_json,
                        struct strbuf *text)
{
    const void *place = (const char *)values + field->offset;
    const char *string = NULL;
    switch (field->kind) {
    case OPTION_SWITCH:
        strbuf_add(text, *(const bool *)place ? "true" : "false");
        return;
    case OPTION_U32:
        strbuf_printf(text, "%u", *(const uint32_t *)place);
        return;
    case OPTION_U64:
        strbuf_printf(text, "%llu", (unsigned long long)*(const uint64_t *)place);
        return;
    case OPTION_REAL:
        strbuf_double(text, *(const double *)place);
        return;
    case OPTION_CHOICE:
        string = field->choices[*(const uint32_t *)place];
        break;
    case OPTION_TEXT:
        string = *(const char *const *)place;
        break;
    }
    if (is_json)
        strbuf_json_string(text, string, strlen(string));
    else
        strbuf_add(text, string);
}

void option_table_write_json(const struct option_def *options, const void *values,
                             struct strbuf *text)
{
    strbuf_add(text, "{");
    for (const struct option_def *field = options; field->name != NULL; field++) {
        char key[OPTION_NAME_ROOM];
        option_key(field, key, sizeof key);
        strbuf_printf(text, "%s\"%s\": ", field == options ? "" : ", ", key);
        write_value(field, values, true, text);
    }
    strbuf_add(text, "}");
}

/* What a flag's value looks like in --help: N, X, TEXT, rnn|lstm|gru. */
static void placeholder(const struct option_def *field, char *room, size_t size)
{
    static const char *const words[] = {
        [OPTION_SWITCH] = "", [OPTION_U32] = "N",   [OPTION_U64] = "N",
        [OPTION_REAL] = "X",  [OPTION_CHOICE] = "", [OPTION_TEXT] = "TEXT"};
    utf8_copy(room, size, words[field->kind]);
    if (field->kind != OPTION_CHOICE)
        return;
    size_t used = 0;
    for (size_t i = 0; field->choices[i] != NULL && used < size; i++)
        used += (size_t)snprintf(room + used, size - used, "%s%s", i > 0 ? "|" : "",
                                 field->choices[i]);
}

/* "--hidden N"; a switch that is on is shown with the word that turns it off. */
static int left_column(const struct option_def *field, char room[LEFT_ROOM])
{
    char value[LEFT_ROOM / 2];
    placeholder(field, value, sizeof value);
    const char *dashes = field->name[1] == '\0' ? "-" : "--";
    bool is_on = field->kind == OPTION_SWITCH && strcmp(field->default_text, "true") == 0;
    return snprintf(room, LEFT_ROOM, "%s%s%s%s%s", dashes, is_on ? "[no-]" : "",
                    field->name, value[0] != '\0' ? " " : "", value);
}

static bool shows_default(const struct option_def *field)
{
    bool is_off =
        field->kind == OPTION_SWITCH && strcmp(field->default_text, "true") != 0;
    return field->default_text[0] != '\0' && !is_off;
}

static int widest_left(const struct option_table *sets, size_t count)
{
    char left[LEFT_ROOM];
    int widest = 0;
    for (size_t i = 0; i < count; i++)
        for (const struct option_def *field = sets[i].options; field->name != NULL;
             field++) {
            int width = left_column(field, left);
            if (width > widest && width <= WIDEST_LEFT)
                widest = width;
        }
    return widest;
}

void option_table_write_help(const struct option_table *sets, size_t count,
                             struct strbuf *text)
{
    int widest = widest_left(sets, count);
    for (size_t i = 0; i < count; i++) {
        if (sets[i].title != NULL)
            strbuf_printf(text, "%s%s:\n", i > 0 ? "\n" : "", sets[i].title);
        for (const struct option_def *field = sets[i].options; field->name != NULL;
             field++) {
            char left[LEFT_ROOM];
            if (left_column(field, left) > widest)
                strbuf_printf(text, "  %s\n  %*s", left, widest, "");
            else
                strbuf_printf(text, "  %-*s", widest, left);
            strbuf_printf(text, "  %s", field->help);
            if (shows_default(field))
                strbuf_printf(text, " (default %s)", field->default_text);
            strbuf_add(text, "\n");
        }
    }
}

/* "; one of `rnn`, `lstm`, `gru`": a bar would end the cell of the table. */
static void write_choices(const struct option_def *field, struct strbuf *text)
{
    for (size_t i = 0; field->choices[i] != NULL; i++)
        strbuf_printf(text, "%s`%s`", i > 0 ? ", " : "; one of ", field->choices[i]);
}

void option_table_write_table(const struct option_table *set, const char *prefix,
                              struct strbuf *text)
{
    bool has_variables = prefix != NULL;
    strbuf_add(text, has_variables
                         ? "| flag | variable | default | meaning |\n"
                           "| --- | --- | --- | --- |\n"
                         : "| flag | default | meaning |\n| --- | --- | --- |\n");
    for (const struct option_def *field = set->options; field->name != NULL; field++) {
        char flag[OPTION_NAME_ROOM];
        option_flag(field, flag, sizeof flag);
        strbuf_printf(text, "| `%s` |", flag);
        if (has_variables) {
            char variable[OPTION_NAME_ROOM];
            option_variable(field, prefix, variable, sizeof variable);
            strbuf_printf(text, " `%s` |", variable);
        }
        if (field->default_text[0] != '\0')
            strbuf_printf(text, " `%s` | %s", field->default_text, field->help);
        else
            strbuf_printf(text, " | %s", field->help);
        if (field->kind == OPTION_CHOICE)
            write_choices(field, text);
        strbuf_add(text, " |\n");
    }
}

void option_table_write_values(const struct option_table *set, struct strbuf *text)
{
    static const char *const sources[] = {[SOURCE_DEFAULT] = "default",
                                          [SOURCE_FILE] = "file",
                                          [SOURCE_ENVIRONMENT] = "environment",
                                          [SOURCE_FLAG] = "flag"};
    for (const struct option_def *field = set->options; field->name != NULL; field++) {
        strbuf_printf(text, "%s = ", field->name);
        write_value(field, set->values, false, text);
        if (set->sources != NULL)
            strbuf_printf(text, " (%s)", sources[set->sources[field - set->options]]);
        strbuf_add(text, "\n");
    }
}

/* Fields as text: JSON, --help, a README's table, a listing with sources. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/field_value.h"
#include "base/fields.h"

enum { LEFT_ROOM = 160, WIDEST_LEFT = 36 };

/* As JSON, or for a person: choices and texts without quotes. */
static void write_value(const struct field_set *set, const struct field *field,
                        bool is_json, struct text *text)
{
    const void *place = (const char *)set->target + field->offset;
    const char *string = NULL;
    switch (field->kind) {
    case FIELD_SWITCH:
        text_add(text, *(const bool *)place ? "true" : "false");
        return;
    case FIELD_U32:
        text_printf(text, "%u", *(const uint32_t *)place);
        return;
    case FIELD_U64:
        text_printf(text, "%llu", (unsigned long long)*(const uint64_t *)place);
        return;
    case FIELD_REAL:
        text_real(text, *(const double *)place);
        return;
    case FIELD_CHOICE:
        string = field->choices[*(const uint32_t *)place];
        break;
    case FIELD_TEXT:
        string = *(const char *const *)place;
        break;
    }
    if (is_json)
        text_json(text, string, strlen(string));
    else
        text_add(text, string);
}

void fields_write_json(const struct field_set *set, struct text *text)
{
    text_add(text, "{");
    for (const struct field *field = set->fields; field->name != NULL; field++) {
        char key[FIELD_NAME_ROOM];
        field_key(field, key, sizeof key);
        text_printf(text, "%s\"%s\": ", field == set->fields ? "" : ", ", key);
        write_value(set, field, true, text);
    }
    text_add(text, "}");
}

/* What a flag's value looks like in --help: N, X, TEXT, rnn|lstm|gru. */
static void placeholder(const struct field *field, char *room, size_t size)
{
    static const char *const words[] = {
        [FIELD_SWITCH] = "", [FIELD_U32] = "N",   [FIELD_U64] = "N",
        [FIELD_REAL] = "X",  [FIELD_CHOICE] = "", [FIELD_TEXT] = "TEXT"};
    copy_cut(room, size, words[field->kind]);
    if (field->kind != FIELD_CHOICE)
        return;
    size_t used = 0;
    for (size_t i = 0; field->choices[i] != NULL && used < size; i++)
        used += (size_t)snprintf(room + used, size - used, "%s%s", i > 0 ? "|" : "",
                                 field->choices[i]);
}

/* "--hidden N"; a switch that is on is shown with the word that turns it off. */
static int left_column(const struct field *field, char room[LEFT_ROOM])
{
    char value[LEFT_ROOM / 2];
    placeholder(field, value, sizeof value);
    const char *dashes = field->name[1] == '\0' ? "-" : "--";
    bool is_on = field->kind == FIELD_SWITCH && strcmp(field->fallback, "true") == 0;
    return snprintf(room, LEFT_ROOM, "%s%s%s%s%s", dashes, is_on ? "[no-]" : "",
                    field->name, value[0] != '\0' ? " " : "", value);
}

static bool shows_default(const struct field *field)
{
    bool is_off = field->kind == FIELD_SWITCH && strcmp(field->fallback, "true") != 0;
    return field->fallback[0] != '\0' && !is_off;
}

static int widest_left(const struct field_set *sets, size_t count)
{
    char left[LEFT_ROOM];
    int widest = 0;
    for (size_t i = 0; i < count; i++)
        for (const struct field *field = sets[i].fields; field->name != NULL; field++) {
            int width = left_column(field, left);
            if (width > widest && width <= WIDEST_LEFT)
                widest = width;
        }
    return widest;
}

void fields_write_help(const struct field_set *sets, size_t count, struct text *text)
{
    int widest = widest_left(sets, count);
    for (size_t i = 0; i < count; i++) {
        if (sets[i].title != NULL)
            text_printf(text, "%s%s:\n", i > 0 ? "\n" : "", sets[i].title);
        for (const struct field *field = sets[i].fields; field->name != NULL; field++) {
            char left[LEFT_ROOM];
            if (left_column(field, left) > widest)
                text_printf(text, "  %s\n  %*s", left, widest, "");
            else
                text_printf(text, "  %-*s", widest, left);
            text_printf(text, "  %s", field->help);
            if (shows_default(field))
                text_printf(text, " (default %s)", field->fallback);
            text_add(text, "\n");
        }
    }
}

/* "; one of `rnn`, `lstm`, `gru`": a bar would end the cell of the table. */
static void write_choices(const struct field *field, struct text *text)
{
    for (size_t i = 0; field->choices[i] != NULL; i++)
        text_printf(text, "%s`%s`", i > 0 ? ", " : "; one of ", field->choices[i]);
}

void fields_write_table(const struct field_set *set, const char *prefix,
                        struct text *text)
{
    bool has_variables = prefix != NULL;
    text_add(text, has_variables ? "| flag | variable | default | meaning |\n"
                                   "| --- | --- | --- | --- |\n"
                                 : "| flag | default | meaning |\n| --- | --- | --- |\n");
    for (const struct field *field = set->fields; field->name != NULL; field++) {
        char flag[FIELD_NAME_ROOM];
        field_flag(field, flag, sizeof flag);
        text_printf(text, "| `%s` |", flag);
        if (has_variables) {
            char variable[FIELD_NAME_ROOM];
            field_variable(field, prefix, variable, sizeof variable);
            text_printf(text, " `%s` |", variable);
        }
        if (field->fallback[0] != '\0')
            text_printf(text, " `%s` | %s", field->fallback, field->help);
        else
            text_printf(text, " | %s", field->help);
        if (field->kind == FIELD_CHOICE)
            write_choices(field, text);
        text_add(text, " |\n");
    }
}

void fields_write_values(const struct field_set *set, struct text *text)
{
    static const char *const sources[] = {[SOURCE_DEFAULT] = "default",
                                          [SOURCE_FILE] = "file",
                                          [SOURCE_ENVIRONMENT] = "environment",
                                          [SOURCE_FLAG] = "flag"};
    for (const struct field *field = set->fields; field->name != NULL; field++) {
        text_printf(text, "%s = ", field->name);
        write_value(set, field, false, text);
        if (set->sources != NULL)
            text_printf(text, " (%s)", sources[set->sources[field - set->fields]]);
        text_add(text, "\n");
    }
}

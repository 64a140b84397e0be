/* Option tables as text: JSON, --help, the table of a README, values with their sources. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/option_table.h"
#include "base/utf8.h"

/* The left column of --help is as wide as its widest entry of at most WIDEST_LEFT characters. */
enum { LEFT_SIZE = 160, PLACEHOLDER_SIZE = LEFT_SIZE / 2, WIDEST_LEFT = 36 };

/* Write a value; is_json: with quotes around choices and texts. */
static void write_value(const struct option_def *option, const void *values, bool is_json,
                        struct strbuf *out)
{
    const void *member = (const char *)values + option->offset;
    const char *string = NULL;
    switch (option->kind) {
    case OPTION_SWITCH:
        strbuf_add(out, *(const bool *)member ? "true" : "false");
        return;
    case OPTION_U32:
        strbuf_unsigned(out, *(const uint32_t *)member);
        return;
    case OPTION_U64:
        strbuf_unsigned(out, *(const uint64_t *)member);
        return;
    case OPTION_REAL:
        strbuf_double(out, *(const double *)member);
        return;
    case OPTION_CHOICE:
        string = option->choices[*(const uint32_t *)member];
        break;
    case OPTION_TEXT:
        string = *(const char *const *)member;
        break;
    }
    if (is_json)
        strbuf_json_string(out, string, strlen(string));
    else
        strbuf_add(out, string);
}

void option_table_write_json(const struct option_def *options, const void *values,
                             struct strbuf *out)
{
    strbuf_add(out, "{");
    for (const struct option_def *option = options; option->name; option++) {
        char key[OPTION_NAME_SIZE];
        option_key(option, key);
        strbuf_printf(out, "%s\"%s\": ", option == options ? "" : ", ", key);
        write_value(option, values, true, out);
    }
    strbuf_add(out, "}");
}

/* How --help shows a value: N, X, TEXT, rnn|lstm|gru. */
static void placeholder(const struct option_def *option, char text[PLACEHOLDER_SIZE])
{
    static const char *const words[] = {
        [OPTION_SWITCH] = "", [OPTION_U32] = "N",   [OPTION_U64] = "N",
        [OPTION_REAL] = "X",  [OPTION_CHOICE] = "", [OPTION_TEXT] = "TEXT"};
    utf8_copy(text, PLACEHOLDER_SIZE, words[option->kind]);
    if (option->kind != OPTION_CHOICE)
        return;
    size_t used = 0;
    for (size_t i = 0; option->choices[i] && used < PLACEHOLDER_SIZE; i++)
        used += (size_t)snprintf(text + used, PLACEHOLDER_SIZE - used, "%s%s",
                                 i > 0 ? "|" : "", option->choices[i]);
}

static bool is_on_by_default(const struct option_def *option)
{
    return option->kind == OPTION_SWITCH && strcmp(option->default_text, "true") == 0;
}

/* "--hidden N"; a switch that is on by default is "--[no-]warm".  Returns the width. */
static int left_column(const struct option_def *option, char left[LEFT_SIZE])
{
    char value[PLACEHOLDER_SIZE];
    placeholder(option, value);
    const char *dashes = option->name[1] == '\0' ? "-" : "--";
    return snprintf(left, LEFT_SIZE, "%s%s%s%s%s", dashes,
                    is_on_by_default(option) ? "[no-]" : "", option->name,
                    value[0] != '\0' ? " " : "", value);
}

static int widest_left(const struct option_table *tables, size_t count)
{
    char left[LEFT_SIZE];
    int widest = 0;
    for (size_t i = 0; i < count; i++)
        for (const struct option_def *option = tables[i].options; option->name;
             option++) {
            int width = left_column(option, left);
            if (width > widest && width <= WIDEST_LEFT)
                widest = width;
        }
    return widest;
}

static void write_help_line(const struct option_def *option, int widest,
                            struct strbuf *out)
{
    char left[LEFT_SIZE];
    if (left_column(option, left) > widest)
        strbuf_printf(out, "  %s\n  %*s", left, widest, "");
    else
        strbuf_printf(out, "  %-*s", widest, left);
    strbuf_printf(out, "  %s", option->help);
    bool is_off = option->kind == OPTION_SWITCH && !is_on_by_default(option);
    if (option->default_text[0] != '\0' && !is_off)
        strbuf_printf(out, " (default %s)", option->default_text);
    strbuf_add(out, "\n");
}

void option_table_write_help(const struct option_table *tables, size_t count,
                             struct strbuf *out)
{
    int widest = widest_left(tables, count);
    for (size_t i = 0; i < count; i++) {
        if (tables[i].title)
            strbuf_printf(out, "%s%s:\n", i > 0 ? "\n" : "", tables[i].title);
        for (const struct option_def *option = tables[i].options; option->name; option++)
            write_help_line(option, widest, out);
    }
}

void option_table_write_table(const struct option_table *table, const char *prefix,
                              struct strbuf *out)
{
    strbuf_add(out, prefix ? "| flag | variable | default | meaning |\n"
                             "| --- | --- | --- | --- |\n"
                           : "| flag | default | meaning |\n| --- | --- | --- |\n");
    for (const struct option_def *option = table->options; option->name; option++) {
        char flag[OPTION_NAME_SIZE], variable[OPTION_NAME_SIZE];
        option_flag(option, flag);
        strbuf_printf(out, "| `%s` |", flag);
        if (prefix) {
            option_variable(option, prefix, variable);
            strbuf_printf(out, " `%s` |", variable);
        }
        if (option->default_text[0] != '\0')
            strbuf_printf(out, " `%s` | %s", option->default_text, option->help);
        else
            strbuf_printf(out, " | %s", option->help);
        /* Not "rnn|lstm|gru": a bar would end the cell. */
        for (size_t i = 0; option->kind == OPTION_CHOICE && option->choices[i]; i++)
            strbuf_printf(out, "%s`%s`", i > 0 ? ", " : "; one of ", option->choices[i]);
        strbuf_add(out, " |\n");
    }
}

void option_table_write_values(const struct option_table *table, struct strbuf *out)
{
    static const char *const sources[] = {[SOURCE_DEFAULT] = "default",
                                          [SOURCE_FILE] = "file",
                                          [SOURCE_ENVIRONMENT] = "environment",
                                          [SOURCE_FLAG] = "flag"};
    for (size_t i = 0; table->options[i].name; i++) {
        strbuf_printf(out, "%s = ", table->options[i].name);
        write_value(&table->options[i], table->values, false, out);
        if (table->sources)
            strbuf_printf(out, " (%s)", sources[table->sources[i]]);
        strbuf_add(out, "\n");
    }
}

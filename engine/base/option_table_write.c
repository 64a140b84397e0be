/* Option tables as text: JSON, --help, the table of a README, values with their sources. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/option_table.h"
#include "base/utf8.h"

/* The left column of --help is as wide as its widest entry of at most WIDEST_LEFT characters. */
enum { LEFT_SIZE = 160, PLACEHOLDER_SIZE = LEFT_SIZE / 2, WIDEST_LEFT = 36 };

static void write_value(const struct option_def *option, const void *values,
                        struct strbuf *out)
{
    const void *member = (const char *)values + option->offset;
    const char *string = NULL;
    switch (option->kind) {
    case OPTION_SWITCH:
        strbuf_add(out, *(const bool *)member ? "true" : "false");
        return;
    case OPTION_U32:
    case OPTION_MS:
        strbuf_unsigned(out, *(const uint32_t *)member);
        return;
    case OPTION_U64:
    case OPTION_BYTES:
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
    strbuf_json_string(out, string, strlen(string));
}

/* Does the option stay out of JSON, because it has its default, or 0 where that is no value? */
static bool stays_out(const struct option_def *option, const void *values)
{
    if (!option->is_left_out)
        return false;
    const void *member = (const char *)values + option->offset;
    if (option->kind == OPTION_REAL)
        return *(const double *)member == strtod(option->default_text, NULL);
    const uint32_t value = *(const uint32_t *)member;
    if (option->kind == OPTION_CHOICE)
        return strcmp(option->choices[value], option->default_text) == 0;
    return value == strtoul(option->default_text, NULL, 10) ||
           (value == 0 && option->min > 0.0);
}

void option_table_write_json(const struct option_def *options, const void *values,
                             struct strbuf *out)
{
    bool is_first = true;
    strbuf_add(out, "{");
    for (const struct option_def *option = options; option->name; option++) {
        char key[OPTION_NAME_SIZE];
        if (stays_out(option, values))
            continue;
        option_key(option, key);
        strbuf_printf(out, "%s\"%s\": ", is_first ? "" : ", ", key);
        write_value(option, values, out);
        is_first = false;
    }
    strbuf_add(out, "}");
}

bool option_table_compare(const struct option_def *option, const void *a, const void *b,
                          struct strbuf texts[2])
{
    struct option_def one[] = {*option, {.name = NULL}};
    one[0].is_left_out = false;
    strbuf_init(&texts[0], SIZE_MAX);
    strbuf_init(&texts[1], SIZE_MAX);
    option_table_write_json(one, a, &texts[0]);
    option_table_write_json(one, b, &texts[1]);
    return !texts[0].has_failed && !texts[1].has_failed &&
           strcmp(texts[0].bytes, texts[1].bytes) == 0;
}

/* How --help shows a value: N, X, FILE, rnn|lstm|gru. */
static void placeholder(const struct option_def *option, char text[PLACEHOLDER_SIZE])
{
    static const char *const words[] = {
        [OPTION_SWITCH] = "",     [OPTION_U32] = "N",     [OPTION_U64] = "N",
        [OPTION_BYTES] = "BYTES", [OPTION_MS] = "MS",     [OPTION_REAL] = "X",
        [OPTION_CHOICE] = "",     [OPTION_TEXT] = "TEXT",
    };
    const char *name = option->value_name ? option->value_name : words[option->kind];
    utf8_copy(text, PLACEHOLDER_SIZE, name);
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
    char value[PLACEHOLDER_SIZE], letter[] = "-x, ";
    placeholder(option, value);
    letter[1] = option->letter;
    const char *dashes = option->name[1] == '\0' ? "-" : "--";
    return snprintf(left, LEFT_SIZE, "%s%s%s%s%s%s", option->letter ? letter : "", dashes,
                    is_on_by_default(option) ? "[no-]" : "", option->name,
                    value[0] != '\0' ? " " : "", value);
}

static unsigned widest_left(const struct option_table *tables, size_t count)
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
    return (unsigned)widest;
}

/*
 * Append words from where `column` characters are on the line already; the lines after the first
 * are indented.  A line break in text begins a new line.
 */
static void write_wrapped(const char *text, unsigned column, unsigned indent,
                          unsigned columns, struct strbuf *out)
{
    bool is_first = true; /* no blank before it */
    while (*text != '\0') {
        unsigned length = (unsigned)strcspn(text, " \n"), width = 0;
        for (unsigned i = 0; i < length; i++)
            width += !utf8_is_continuation(text[i]);
        if (!is_first && column + 1 + width > columns) {
            strbuf_printf(out, "\n%*s", (int)indent, "");
            column = indent;
            is_first = true;
        }
        strbuf_printf(out, "%s%.*s", is_first ? "" : " ", (int)length, text);
        column += width + !is_first;
        is_first = false;
        text += length;
        if (*text == '\n') {
            strbuf_printf(out, "\n%*s",
                          text[1] != '\n' && text[1] != '\0' ? (int)indent : 0, "");
            column = indent;
            is_first = true;
        }
        text += *text != '\0';
    }
}

void option_table_write_prose(const char *text, unsigned columns, struct strbuf *out)
{
    write_wrapped(text, 0, 0, columns, out);
    strbuf_add(out, "\n");
}

void option_table_write_usage(const char *usage, unsigned columns, struct strbuf *out)
{
    static const char prefix[] = "usage: ";
    const unsigned indent = sizeof prefix - 1;
    strbuf_add(out, prefix);
    write_wrapped(usage, indent, indent, columns, out);
    strbuf_add(out, "\n");
}

/* Append a name on lines of its own, which may end after the "|" of a choice. */
static void write_long_name(const char *name, unsigned columns, struct strbuf *out)
{
    enum { INDENT = 2, CONTINUED = 6 };
    unsigned column = INDENT;
    strbuf_printf(out, "%*s", INDENT, "");
    while (*name != '\0') {
        unsigned length = (unsigned)strcspn(name, "|");
        length += name[length] == '|';
        if (column > CONTINUED && column + length > columns) {
            strbuf_printf(out, "\n%*s", CONTINUED, "");
            column = CONTINUED;
        }
        strbuf_printf(out, "%.*s", (int)length, name);
        column += length;
        name += length;
    }
}

void option_table_write_entry(const char *name, const char *text, unsigned widest,
                              unsigned columns, struct strbuf *out)
{
    enum { NARROWEST_RIGHT = 24 };
    unsigned indent = widest + 4;
    bool is_narrow = indent + NARROWEST_RIGHT > columns; /* the text goes below */
    if (is_narrow)
        indent = 8;
    if (strlen(name) > widest || is_narrow) {
        write_long_name(name, columns, out);
        strbuf_printf(out, "\n%*s", (int)indent, "");
    } else {
        strbuf_printf(out, "  %-*s  ", (int)widest, name);
    }
    write_wrapped(text, indent, indent, columns, out);
    strbuf_add(out, "\n");
}

static void write_help_line(const struct option_def *option, unsigned widest,
                            unsigned columns, struct strbuf *out)
{
    char left[LEFT_SIZE];
    left_column(option, left);
    struct strbuf help;
    strbuf_init(&help, SIZE_MAX);
    strbuf_add(&help, option->help);
    bool is_off = option->kind == OPTION_SWITCH && !is_on_by_default(option);
    if (option->default_text[0] != '\0' && !is_off)
        strbuf_printf(&help, " (default %s)", option->default_text);
    out->has_failed = out->has_failed || help.has_failed;
    if (!help.has_failed)
        option_table_write_entry(left, help.bytes, widest, columns, out);
    strbuf_release(&help);
}

void option_table_write_help(const struct option_table *tables, size_t count,
                             unsigned columns, struct strbuf *out)
{
    unsigned widest = widest_left(tables, count);
    for (size_t i = 0; i < count; i++) {
        if (tables[i].title)
            strbuf_printf(out, "%s%s:\n", i > 0 ? "\n" : "", tables[i].title);
        for (const struct option_def *option = tables[i].options; option->name; option++)
            write_help_line(option, widest, columns, out);
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

void option_table_write_config(const struct option_table *table, struct strbuf *out)
{
    static const char *const sources[] = {[SOURCE_DEFAULT] = "default",
                                          [SOURCE_FILE] = "file",
                                          [SOURCE_ENVIRONMENT] = "environment",
                                          [SOURCE_FLAG] = "flag"};
    char key[OPTION_NAME_SIZE];
    strbuf_add(out, "{\n");
    for (const struct option_def *option = table->options; option->name; option++) {
        if (option->is_outside_files)
            continue;
        option_key(option, key);
        strbuf_printf(out, "  \"%s\": ", key);
        write_value(option, table->values, out);
        strbuf_add(out, ",\n");
    }
    strbuf_add(out, "  \"sources\": {");
    for (size_t i = 0; table->options[i].name; i++) {
        option_key(&table->options[i], key);
        strbuf_printf(out, "%s\n    \"%s\": \"%s\"", i > 0 ? "," : "", key,
                      sources[table->sources[i]]);
    }
    strbuf_add(out, "\n  }\n}\n");
}

#include "api/exposition.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES = 32 };

void exposition_begin(struct strbuf *text, const struct family *family)
{
    strbuf_printf(text, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
                  family->name, family->type);
}

/* value / divisor, without zeros at its end. */
static char *format_number(char room[NUMBER_BYTES], uint64_t value, uint32_t divisor)
{
    int length =
        snprintf(room, NUMBER_BYTES, "%llu", (unsigned long long)value / divisor);
    if (value % divisor == 0)
        return room;
    snprintf(room + length, NUMBER_BYTES - (size_t)length, ".%06u",
             (unsigned)(value % divisor));
    for (size_t end = strlen(room) - 1; room[end] == '0'; end--)
        room[end] = '\0';
    return room;
}

static void add_label(struct strbuf *text, const char *before, const char *name,
                      const char *value)
{
    strbuf_printf(text, "%s%s=\"", before, name);
    while (*value) {
        size_t plain = strcspn(value, "\\\"\n");
        strbuf_add_bytes(text, value, plain);
        value += plain;
        if (*value)
            strbuf_add(text, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
        value += *value != '\0';
    }
    strbuf_add(text, "\"");
}

/* A line: name and suffix, its labels, where a bucket ends (or NULL), and the number. */
static void add_sample(struct strbuf *text, const struct family *family,
                       const char *suffix, const char *const values[], const char *end,
                       const char *number)
{
    const char *before = "{";
    strbuf_printf(text, "%s%s", family->name, suffix);
    for (size_t i = 0; family->labels[i]; i++, before = ",")
        add_label(text, before, family->labels[i], values[i]);
    if (end) {
        add_label(text, before, "le", end);
        before = ",";
    }
    strbuf_printf(text, "%s %s\n", *before == ',' ? "}" : "", number);
}

void exposition_number(struct strbuf *text, const struct family *family,
                       const char *const values[], uint64_t value, uint32_t divisor)
{
    char number[NUMBER_BYTES];
    add_sample(text, family, "", values, NULL, format_number(number, value, divisor));
}

void exposition_histogram(struct strbuf *text, const struct family *family,
                          const char *const values[], const struct histogram *histogram)
{
    const struct scale *scale = histogram->scale;
    char end[NUMBER_BYTES], number[NUMBER_BYTES];
    uint64_t count = 0;
    for (uint32_t i = 0; i < scale->count; i++) {
        count += count_read(&histogram->counts[i]);
        add_sample(text, family, "_bucket", values,
                   format_number(end, scale->bounds[i], scale->divisor),
                   format_number(number, count, 1));
    }
    count += count_read(&histogram->counts[scale->count]);
    format_number(number, count, 1);
    add_sample(text, family, "_bucket", values, "+Inf", number);
    add_sample(text, family, "_count", values, NULL, number);
    format_number(number, count_read(&histogram->sum), scale->divisor);
    add_sample(text, family, "_sum", values, NULL, number);
}

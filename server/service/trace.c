#include "service/trace.h"

#include <stdint.h>
#include <string.h>

#include "base/digits.h"

/* version "-" trace-id "-" parent-id "-" flags, all in lowercase hexadecimal */
enum { VERSION = 2, TRACE = 32, PARENT = 16, FLAGS = 2, WHOLE = 55 };
enum { FLAG_SAMPLED = 1, FLAG_RANDOM = 2 };

static bool is_hex(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdef") >= length;
}

static bool is_zero(const char *text, size_t length)
{
    return strspn(text, "0") >= length;
}

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static bool parse(struct trace *trace, const char *header)
{
    const char *id = header + VERSION + 1, *parent = id + TRACE + 1;
    const char *flags = parent + PARENT + 1;
    size_t length = strlen(header);
    if (length < WHOLE || !is_hex(header, VERSION) || !is_hex(id, TRACE) ||
        !is_hex(parent, PARENT) || !is_hex(flags, FLAGS) || id[-1] != '-' ||
        parent[-1] != '-' || flags[-1] != '-' || strncmp(header, "ff", VERSION) == 0 ||
        is_zero(id, TRACE) || is_zero(parent, PARENT))
        return false;
    /* A later version may say more, behind another dash. */
    bool is_first = strncmp(header, "00", VERSION) == 0;
    if (length > WHOLE && (is_first || header[WHOLE] != '-'))
        return false;
    memcpy(trace->trace_id, id, TRACE);
    memcpy(trace->parent_id, parent, PARENT);
    trace->flags = digit(flags[1]) & (FLAG_SAMPLED | FLAG_RANDOM);
    return true;
}

/* Not all zero, which would be no id. */
static uint64_t draw(struct random *random)
{
    uint64_t drawn = random_next(random);
    return drawn ? drawn : 1;
}

static char *draw_id(char *out, struct random *random)
{
    return digits_hex(out, draw(random), PARENT);
}

void trace_begin(struct trace *trace, const char *header, struct random *random)
{
    *trace = (struct trace){.flags = FLAG_RANDOM};
    if (!header || !parse(trace, header))
        draw_id(draw_id(trace->trace_id, random), random);
    draw_id(trace->span_id, random);
}

/* A part of a traceparent and a dash. */
static char *add(char *out, const char *part, size_t length)
{
    memcpy(out, part, length);
    out[length] = '-';
    return out + length + 1;
}

char *trace_format(const struct trace *trace, char room[TRACE_TEXT])
{
    char *out = add(room, "00", VERSION);
    out = add(out, trace->trace_id, TRACE);
    out = add(out, trace->span_id, PARENT);
    *digits_hex(out, trace->flags, FLAGS) = '\0';
    return room;
}

/* Reading and writing traceparent headers. */
#include "service/trace.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/digits.h"

/* VERSION-TRACE-PARENT-FLAGS: how many lower-case hexadecimal digits each has, and all bytes. */
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

/* False if the header is not valid; trace is then unchanged. */
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
    /* A later version may have more parts, after another dash. */
    bool is_version_00 = strncmp(header, "00", VERSION) == 0;
    if (length > WHOLE && (is_version_00 || header[WHOLE] != '-'))
        return false;
    memcpy(trace->trace_id, id, TRACE);
    memcpy(trace->parent_id, parent, PARENT);
    trace->flags = digit(flags[1]) & (FLAG_SAMPLED | FLAG_RANDOM);
    return true;
}

/* Write 16 random digits, but not an id of zeros, which is invalid.  Returns the end. */
static char *write_new_id(char *out, struct random *random)
{
    uint64_t id = random_next(random);
    return digits_hex(out, id != 0 ? id : 1, PARENT);
}

void trace_begin(struct trace *trace, const char *header, struct random *random)
{
    *trace = (struct trace){.flags = FLAG_RANDOM};
    if (!header || !parse(trace, header))
        write_new_id(write_new_id(trace->trace_id, random), random);
    write_new_id(trace->span_id, random);
}

static char *add_part(char *out, const char *part, size_t length)
{
    memcpy(out, part, length);
    out[length] = '-';
    return out + length + 1;
}

char *trace_format(const struct trace *trace, char buffer[TRACE_TEXT])
{
    char *out = add_part(buffer, "00", VERSION);
    out = add_part(out, trace->trace_id, TRACE);
    out = add_part(out, trace->span_id, PARENT);
    *digits_hex(out, trace->flags, FLAGS) = '\0';
    return buffer;
}

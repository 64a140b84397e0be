/* Validating, normalising and decoding percent-encoded text. */
#include "service/target.h"

#include <string.h>
#include <strings.h>

/* What follows the scheme of a target in absolute form; NULL: it is in another form. */
static const char *after_scheme(const char *target)
{
    static const char *const schemes[] = {"http://", "https://"};
    if (*target == '/')
        return NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncasecmp(target, schemes[i], strlen(schemes[i])) == 0)
            return target + strlen(schemes[i]);
    return NULL;
}

const char *target_path(const char *target)
{
    const char *host = after_scheme(target);
    if (!host)
        return target;
    const char *path = strchr(host, '/');
    return path ? path : "/";
}

const char *target_host(const char *target, size_t *length)
{
    const char *host = after_scheme(target);
    *length = host ? strcspn(host, "/") : 0;
    return host;
}

/* The value of a hexadecimal digit; -1 for another character. */
static int digit_value(char c)
{
    char lower = (char)(c | 0x20);
    if (c >= '0' && c <= '9')
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte of the escape at text, which begins with '%'; -1: it is none. */
static int escaped_byte(const char *text)
{
    int high = digit_value(text[1]);
    int low = high >= 0 ? digit_value(text[2]) : -1;
    return low >= 0 ? high * 16 + low : -1;
}

bool target_is_valid(const char *text)
{
    while ((text = strchr(text, '%'))) {
        if (escaped_byte(text) <= 0)
            return false;
        text += 3;
    }
    return true;
}

/* Whether the byte means the same escaped and unescaped in a path that is visible ASCII. */
static bool needs_no_escape(int byte)
{
    return byte > ' ' && byte <= '~' && !strchr("/?#%", byte);
}

static void unescape_needless(char *path)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = path;
    for (const char *in = path; *in;) {
        int byte = *in == '%' ? escaped_byte(in) : -1;
        if (byte < 0) {
            *out++ = *in++;
            continue;
        }
        in += 3;
        if (needs_no_escape(byte)) {
            *out++ = (char)byte;
        } else {
            *out++ = '%';
            *out++ = digits[byte / 16];
            *out++ = digits[byte % 16];
        }
    }
    *out = '\0';
}

/* Remove the segments "." and "..", and before each ".." one more segment (RFC 3986, 5.2.4). */
static void remove_dots(char *path)
{
    char *out = path;
    for (const char *in = path; *in == '/';) {
        size_t length = strcspn(in + 1, "/");
        bool is_dot = length == 1 && in[1] == '.';
        bool is_parent = length == 2 && in[1] == '.' && in[2] == '.';
        bool is_last = !in[1 + length];
        if (is_parent)
            while (out > path && *--out != '/')
                continue;
        if (!is_dot && !is_parent) {
            memmove(out, in, 1 + length);
            out += 1 + length;
        } else if (is_last) {
            *out++ = '/';
        }
        in += 1 + length;
    }
    *out = '\0';
}

/* Whether there is neither an escape nor a segment that begins with a dot. */
static bool is_normal(const char *path)
{
    for (; *path; path++)
        if (*path == '%' || (path[0] == '/' && path[1] == '.'))
            return false;
    return true;
}

void target_normalise(char *path)
{
    if (is_normal(path) || !target_is_valid(path))
        return;
    unescape_needless(path);
    if (*path == '/')
        remove_dots(path);
}

char *target_decode(char *text)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        int byte = *in == '%' ? escaped_byte(in) : -1;
        *out++ = (char)(byte < 0 ? *in : byte);
        in += byte < 0 ? 0 : 2;
    }
    *out = '\0';
    return text;
}

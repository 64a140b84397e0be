#include "http/guard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    FIELD_BYTES = 72, /* that a field takes besides its name and value */
    SPARE_BYTES = 1024
};

static bool is_named(const char *name, size_t length, const char *expected)
{
    return length == strlen(expected) && strncasecmp(name, expected, length) == 0;
}

static bool is_token(const char *name, size_t length)
{
    static const char extra[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < length; i++) {
        char c = name[i], lower = (char)(c | 0x20);
        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') &&
            (c == '\0' || !strchr(extra, c)))
            return false;
    }
    return length > 0;
}

static bool has_control(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (value[i] == '\r' || value[i] == '\n' || value[i] == '\0')
            return true;
    return false;
}

void guard_field(struct head *head, const char *name, size_t name_length,
                 const char *value, size_t value_length)
{
    head->bytes += name_length + value_length + FIELD_BYTES;
    head->has_bad_name |= !is_token(name, name_length);
    head->has_bad_value |= has_control(value, value_length);
    if (is_named(name, name_length, "Host")) {
        head->hosts++;
    } else if (is_named(name, name_length, "Content-Length")) {
        head->lengths++;
        head->content_length = strtoull(value, NULL, 10);
    } else if (is_named(name, name_length, "Transfer-Encoding")) {
        head->encodings++;
        head->has_bad_encoding |= !is_named(value, value_length, "chunked");
    } else if (is_named(name, name_length, "Expect")) {
        bool is_continue = is_named(value, value_length, "100-continue");
        head->expects_continue |= is_continue;
        head->expects_other |= !is_continue;
    } else if (is_named(name, name_length, "Content-Type") && !head->content_type) {
        head->content_type = value;
    } else if (is_named(name, name_length, "X-Request-Id") && !head->request_id) {
        head->request_id = value;
    } else if (is_named(name, name_length, "X-Request-Timeout-Ms") && !head->timeout) {
        head->timeout = value;
    } else if (is_named(name, name_length, "traceparent")) {
        head->trace = head->traces++ ? NULL : value; /* two of them are none */
    }
}

bool guard_fits(const struct head *head, const char *target, uint64_t limit)
{
    return head->bytes + strlen(target) + SPARE_BYTES <= limit;
}

static bool is_visible(const char *target)
{
    for (; *target; target++)
        if (*target <= ' ' || *target > '~')
            return false;
    return true;
}

int guard_check(const struct head *head, const char *version, const char *target,
                struct error *err)
{
    bool is_1_0 = strcmp(version, "HTTP/1.0") == 0;
    const struct {
        bool is_so;
        int code;
        const char *text;
    } complaints[] = {
        {head->has_bad_name, 400, "a header's name is not a token"},
        {head->has_bad_value, 400, "a header's value has a line break or a zero in it"},
        {!is_visible(target), 400, "the target has a byte that is not visible ASCII"},
        {head->hosts > 1, 400, "there is more than one Host"},
        {head->hosts == 0 && !is_1_0, 400, "there is no Host"},
        {head->lengths > 1, 400, "there is more than one Content-Length"},
        {head->lengths && head->encodings, 400,
         "there are both Content-Length and Transfer-Encoding"},
        {head->encodings && is_1_0, 400, "HTTP/1.0 has no Transfer-Encoding"},
        {head->encodings > 1 || head->has_bad_encoding, 400,
         "the only Transfer-Encoding understood is a single \"chunked\""},
        {head->timeout && !guard_timeout_ms(head->timeout), 400,
         "X-Request-Timeout-Ms is no whole number of milliseconds up to a day"},
        {head->expects_other, 417, "the only Expect understood is 100-continue"},
    };
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++) {
        if (complaints[i].is_so) {
            error_set(err, STATUS_BAD_INPUT, "", "%s", complaints[i].text);
            return complaints[i].code;
        }
    }
    return 0;
}

uint32_t guard_timeout_ms(const char *value)
{
    enum { DIGITS_MOST = 8, DAY_MS = 86400000 };
    uint32_t timeout_ms = 0;
    size_t length = strspn(value, "0123456789");
    if (value[length] != '\0' || length > DIGITS_MOST)
        return 0;
    for (size_t i = 0; i < length; i++)
        timeout_ms = timeout_ms * 10 + (uint32_t)(value[i] - '0');
    return timeout_ms <= DAY_MS ? timeout_ms : 0;
}

const char *guard_path(const char *target)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(target, schemes[i], length) == 0) {
            const char *path = strchr(target + length, '/');
            return path ? path : "/";
        }
    }
    return target;
}

bool guard_accepts_id(const char *id)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._-";
    size_t length = strlen(id);
    return length > 0 && length < REQUEST_ID && strspn(id, plain) == length;
}

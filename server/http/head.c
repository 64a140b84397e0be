/* Counting and checking header fields. */
#include "http/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "service/origin.h"
#include "service/reply.h"
#include "service/target.h"

enum {
    FIELD_BYTES = 72,    /* the library's memory for a field besides its name and value */
    ANSWER_BYTES = 1024, /* the library's memory for the head of an answer */
    ORIGIN_ANSWER_BYTES = 384 /* and for the fields for pages of other origins */
};

/* Whether a name of that length is the expected one, a literal; most have its very bytes. */
#define IS_NAMED(name, length, expected)                                                 \
    ((length) == sizeof(expected) - 1 &&                                                 \
     (memcmp(name, expected, sizeof(expected) - 1) == 0 ||                               \
      strncasecmp(name, expected, length) == 0))

static bool is_token(const char *name, size_t length)
{
    static const char extra[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < length; i++) {
        char c = name[i], lower = (char)(c | 0x20);
        bool is_usual = (lower >= 'a' && lower <= 'z') || c == '-';
        if (!is_usual && !(c >= '0' && c <= '9') && (c == '\0' || !strchr(extra, c)))
            return false;
    }
    return length > 0;
}

static bool has_line_break_or_zero(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)value[i] <= '\r' &&
            (value[i] == '\r' || value[i] == '\n' || value[i] == '\0'))
            return true;
    return false;
}

/* Whether a Host has only characters of names, addresses and ports. */
static bool is_host(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = value[i], lower = (char)(c | 0x20);
        bool is_usual =
            (lower >= 'a' && lower <= 'z') || (c >= '-' && c <= ':' && c != '/');
        if (!is_usual && (c <= ' ' || c > '~' || strchr("/?#@\\,\"<>", c)))
            return false;
    }
    return true;
}

/* Keep the first value.  Returns whether this is another one. */
static bool take_once(const char **kept, const char *value)
{
    if (*kept)
        return strcmp(*kept, value) != 0;
    *kept = value;
    return false;
}

void head_add_field(struct head *head, const char *name, size_t name_length,
                    const char *value, size_t value_length)
{
    head->bytes += name_length + value_length + FIELD_BYTES;
    head->has_bad_value |= has_line_break_or_zero(value, value_length);
    if (IS_NAMED(name, name_length, "Host")) {
        head->hosts++;
        head->host = value;
        head->has_bad_host |= !is_host(value, value_length);
    } else if (IS_NAMED(name, name_length, "Content-Length")) {
        head->lengths++;
        head->content_length = strtoull(value, NULL, 10);
    } else if (IS_NAMED(name, name_length, "Transfer-Encoding")) {
        head->encodings++;
        head->has_bad_encoding |= !IS_NAMED(value, value_length, "chunked");
    } else if (IS_NAMED(name, name_length, "Content-Encoding")) {
        head->coding = content_coding_add(head->coding, value, value_length);
        if (!head->first_coding_name)
            head->first_coding_name = head->coding_name;
        head->coding_name = value;
    } else if (IS_NAMED(name, name_length, "Expect")) {
        bool is_continue = IS_NAMED(value, value_length, "100-continue");
        head->expects_continue |= is_continue;
        head->expects_other |= !is_continue;
    } else if (IS_NAMED(name, name_length, "Content-Type")) {
        head->has_two_types |= take_once(&head->content_type, value);
    } else if (IS_NAMED(name, name_length, "User-Agent") && !head->user_agent) {
        head->user_agent = value;
    } else if (IS_NAMED(name, name_length, "If-None-Match") && !head->if_none_match) {
        head->if_none_match = value;
    } else if (IS_NAMED(name, name_length, "Accept") && !head->accept) {
        head->accept = value;
    } else if (IS_NAMED(name, name_length, "Origin")) {
        head->origin = value;
        head->origins++;
    } else if (IS_NAMED(name, name_length, "Sec-Fetch-Site")) {
        head->fetch_site = value;
    } else if (IS_NAMED(name, name_length, "Access-Control-Request-Method")) {
        head->preflight_method = value;
    } else if (IS_NAMED(name, name_length, "X-Request-Id") && !head->request_id) {
        head->request_id = value;
    } else if (IS_NAMED(name, name_length, "X-Request-Timeout-Ms")) {
        head->has_two_timeouts |= take_once(&head->timeout, value);
    } else if (IS_NAMED(name, name_length, "traceparent")) {
        head->trace = head->traces == 0 ? value : NULL; /* more than one: ignored */
        head->traces++;
    } else {
        head->has_bad_name |= !is_token(name, name_length);
    }
}

bool head_fits(const struct head *head, const char *target, uint64_t limit)
{
    size_t more = head->origin ? strlen(head->origin) + ORIGIN_ANSWER_BYTES : 0;
    return head->bytes + strlen(target) + ANSWER_BYTES + more <= limit;
}

static bool is_visible(const char *target)
{
    for (; *target; target++)
        if (*target <= ' ' || *target > '~')
            return false;
    return true;
}

/* What can be wrong with a head; the first one is reported. */
enum defect {
    BAD_NAME,
    BAD_VALUE,
    INVISIBLE_TARGET,
    BAD_ESCAPE,
    TWO_HOSTS,
    NO_HOST,
    BAD_HOST,
    TWO_LENGTHS,
    LENGTH_AND_ENCODING,
    ENCODING_IN_1_0,
    BAD_ENCODING,
    TWO_TYPES,
    TWO_TIMEOUTS,
    BAD_TIMEOUT,
    BAD_EXPECT,
    DEFECTS
};

/* The part of the head that is shown as received. */
static const char *received_of(const struct head *head, const char *target,
                               enum defect defect)
{
    if (defect == INVISIBLE_TARGET || defect == BAD_ESCAPE)
        return target;
    return defect == BAD_HOST ? head->host : defect == BAD_TIMEOUT ? head->timeout : NULL;
}

static enum problem_kind report(const struct head *head, const char *target,
                                enum defect defect, struct error *err)
{
    static const char *const texts[DEFECTS] = {
        [BAD_NAME] = "a header name is not a token",
        [BAD_VALUE] = "a header value contains a line break or a NUL byte",
        [INVISIBLE_TARGET] = "the target contains a byte that is not visible ASCII",
        [BAD_ESCAPE] =
            "the target contains a \"%\" that does not begin an escape, or \"%00\"",
        [TWO_HOSTS] = "more than one Host header",
        [NO_HOST] = "no Host header",
        [BAD_HOST] = "the Host header is not a host and port",
        [TWO_LENGTHS] = "more than one Content-Length header",
        [LENGTH_AND_ENCODING] = "both Content-Length and Transfer-Encoding",
        [ENCODING_IN_1_0] = "HTTP/1.0 does not have Transfer-Encoding",
        [BAD_ENCODING] = "the only supported Transfer-Encoding is \"chunked\", once",
        [TWO_TYPES] = "two Content-Type headers that differ",
        [TWO_TIMEOUTS] = "two X-Request-Timeout-Ms headers that differ",
        [BAD_TIMEOUT] = "X-Request-Timeout-Ms is not a whole number from 1 to 86400000",
        [BAD_EXPECT] = "the only supported Expect is \"100-continue\"",
    };
    const char *expected =
        defect == BAD_TIMEOUT ? "a whole number from 1 to 86400000" : "";
    char received[64] = "";
    const char *part = received_of(head, target, defect);
    if (part)
        reply_printable(received, sizeof received, part);
    error_mismatch(err, STATUS_BAD_INPUT, "", expected, received, "%s", texts[defect]);
    return defect == BAD_ESCAPE   ? PROBLEM_INVALID_TARGET
           : defect == BAD_EXPECT ? PROBLEM_UNSUPPORTED_EXPECTATION
                                  : PROBLEM_INVALID_HEAD;
}

enum problem_kind head_check(const struct head *head, const char *version,
                             const char *target, struct error *err)
{
    bool is_1_0 = strcmp(version, "HTTP/1.0") == 0;
    const bool has[DEFECTS] = {
        [BAD_NAME] = head->has_bad_name,
        [BAD_VALUE] = head->has_bad_value,
        [INVISIBLE_TARGET] = !is_visible(target),
        [BAD_ESCAPE] = !target_is_valid(target) || head->has_bad_query,
        [TWO_HOSTS] = head->hosts > 1,
        [NO_HOST] = head->hosts == 0 && !is_1_0,
        [BAD_HOST] = head->has_bad_host,
        [TWO_LENGTHS] = head->lengths > 1,
        [LENGTH_AND_ENCODING] = head->lengths > 0 && head->encodings > 0,
        [ENCODING_IN_1_0] = head->encodings > 0 && is_1_0,
        [BAD_ENCODING] = head->encodings > 1 || head->has_bad_encoding,
        [TWO_TYPES] = head->has_two_types,
        [TWO_TIMEOUTS] = head->has_two_timeouts,
        [BAD_TIMEOUT] = head->timeout && head_timeout_ms(head) == 0,
        [BAD_EXPECT] = head->expects_other,
    };
    const bool *first = memchr(has, true, sizeof has);
    return first ? report(head, target, (enum defect)(first - has), err) : PROBLEM_NONE;
}

/* ---- pages of other origins ------------------------------------------------------------ */

/* The host that the request is for: a target in absolute form wins over the field (RFC 9112). */
static const char *host_of(const struct head *head, const char *target, size_t *length)
{
    const char *host = target_host(target, length);
    if (host)
        return host;
    *length = head->host ? strlen(head->host) : 0;
    return head->host;
}

/* Browsers have such names, but so have robots and PowerShell, which say what they are. */
static bool is_browser(const char *user_agent)
{
    static const char name[] = "Mozilla/";
    return strncmp(user_agent, name, sizeof name - 1) == 0 &&
           !strstr(user_agent, "compatible;") && !strstr(user_agent, "PowerShell/");
}

bool head_is_of_browser(const struct head *head)
{
    /* Browsers send the first two with most requests, but not with all. */
    return head->origin || head->fetch_site ||
           (head->user_agent && is_browser(head->user_agent));
}

/* Whether a browser sends the request for a page of another origin, but does not say which. */
static bool is_of_other_site(const struct head *head, enum method method)
{
    const char *site = head->fetch_site;
    bool is_other =
        site && (strcmp(site, "cross-site") == 0 || strcmp(site, "same-site") == 0);
    return is_other && !head->origin && method != METHOD_GET && method != METHOD_HEAD;
}

static enum problem_kind refuse_host(const char *host, size_t length, struct error *err)
{
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)length, host);
    error_mismatch(err, STATUS_BAD_INPUT, "", "a name that --allowed-host lists", text,
                   "\"%s\" is not a name of this service", text);
    return PROBLEM_FOREIGN_HOST;
}

static enum problem_kind refuse_origin(const char *received, const char *why,
                                       struct error *err)
{
    char text[64];
    reply_printable(text, sizeof text, received);
    error_mismatch(err, STATUS_BAD_INPUT, "", "an origin that --allowed-origin lists",
                   text, "a page of another origin may not use this service%s", why);
    return PROBLEM_FOREIGN_ORIGIN;
}

enum problem_kind head_check_origin(const struct head *head, const char *target,
                                    enum method method, const struct options *options,
                                    const char **allowed_origin, struct error *err)
{
    size_t length = 0;
    const char *host = host_of(head, target, &length), *origin = head->origin;
    *allowed_origin = NULL;
    if (host && (*options->allowed_host || head_is_of_browser(head)) &&
        !host_is_allowed(options->allowed_host, host, length))
        return refuse_host(host, length, err);
    if (is_of_other_site(head, method))
        return refuse_origin(head->fetch_site, " (Sec-Fetch-Site)", err);
    if (!origin)
        return PROBLEM_NONE;
    if (head->origins > 1)
        return refuse_origin(origin, " (more than one Origin)", err);
    if (origin_is_allowed(options->allowed_origin, origin))
        *allowed_origin = origin;
    else if (!host || !origin_is_of_host(origin, host, length))
        return refuse_origin(origin, "", err);
    return PROBLEM_NONE;
}

/* ---- other fields ---------------------------------------------------------------------- */

uint32_t head_timeout_ms(const struct head *head)
{
    enum { DIGITS_MAX = 8, DAY_MS = 86400000 };
    if (!head->timeout)
        return 0;
    uint32_t timeout_ms = 0;
    size_t length = strspn(head->timeout, "0123456789");
    if (head->timeout[length] != '\0' || length > DIGITS_MAX)
        return 0;
    for (size_t i = 0; i < length; i++)
        timeout_ms = timeout_ms * 10 + (uint32_t)(head->timeout[i] - '0');
    return timeout_ms <= DAY_MS ? timeout_ms : 0;
}

bool head_has_valid_id(const struct head *head)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    size_t length = head->request_id ? strlen(head->request_id) : 0;
    return length > 0 && length < REQUEST_ID &&
           strspn(head->request_id, allowed) == length;
}

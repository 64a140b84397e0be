/* Comparing origins and hosts with those that are allowed. */
#include "service/origin.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { HOST_BYTES = 256 }; /* longer hosts are foreign */

struct span {
    const char *bytes;
    size_t length;
};

static bool is_equal(struct span a, struct span b)
{
    return a.length == b.length && strncasecmp(a.bytes, b.bytes, a.length) == 0;
}

static struct span span_of(const char *text)
{
    return (struct span){.bytes = text, .length = strlen(text)};
}

/* Take the next item off a list that is separated by commas and blanks; false at its end. */
static bool next_item(const char **list, struct span *item)
{
    *list += strspn(*list, ", \t");
    *item = (struct span){.bytes = *list, .length = strcspn(*list, ", \t")};
    *list += item->length;
    return item->length > 0;
}

/* Cut a suffix off, if it is there and something is before it. */
static bool cut_suffix(struct span *span, const char *suffix)
{
    struct span end = span_of(suffix);
    if (span->length <= end.length)
        return false;
    struct span own = {.bytes = span->bytes + span->length - end.length,
                       .length = end.length};
    if (!is_equal(own, end))
        return false;
    span->length -= end.length;
    return true;
}

/* ---- hosts and ports ------------------------------------------------------------------- */

/* Cut the port off, with its colon, and return it; empty if there is none. */
static struct span cut_port(struct span *host)
{
    struct span port = {.bytes = host->bytes + host->length, .length = 0};
    while (port.bytes > host->bytes && port.bytes[-1] >= '0' && port.bytes[-1] <= '9') {
        port.bytes--;
        port.length++;
    }
    if (port.bytes > host->bytes && port.bytes[-1] == ':')
        host->length = (size_t)(port.bytes - host->bytes) - 1;
    else
        port.length = 0;
    return port;
}

static bool is_address(struct span host)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr address;
    if (host.length > 2 && host.bytes[0] == '[')
        return host.bytes[host.length - 1] == ']';
    if (host.length >= sizeof text)
        return false;
    memcpy(text, host.bytes, host.length);
    text[host.length] = '\0';
    return inet_pton(AF_INET, text, &address) == 1;
}

static bool is_localhost(struct span host)
{
    return is_equal(host, span_of("localhost")) || cut_suffix(&host, ".localhost");
}

/* Whether an item of the list is the host: "*", its name, or "*.name" for a name in a domain. */
static bool is_item_of_host(struct span item, struct span host)
{
    if (is_equal(item, span_of("*")))
        return true;
    if (item.length < 3 || item.bytes[0] != '*')
        return is_equal(item, host);
    char suffix[HOST_BYTES];
    if (item.length - 1 >= sizeof suffix)
        return false;
    memcpy(suffix, item.bytes + 1, item.length - 1);
    suffix[item.length - 1] = '\0';
    return cut_suffix(&host, suffix);
}

bool host_is_allowed(const char *list, const char *bytes, size_t length)
{
    struct span host = {.bytes = bytes, .length = length}, item;
    cut_port(&host);
    cut_suffix(&host, "."); /* of a name that is fully qualified */
    if (is_address(host) || is_localhost(host))
        return true;
    while (next_item(&list, &item))
        if (is_item_of_host(item, host))
            return true;
    return false;
}

enum status host_check_list(const char *list, struct error *err)
{
    struct span item;
    while (next_item(&list, &item)) {
        bool is_any = is_equal(item, span_of("*"));
        bool has_star = memchr(item.bytes + 1, '*', item.length - 1) != NULL;
        bool is_domain =
            item.bytes[0] != '*' || (item.length > 2 && item.bytes[1] == '.');
        bool has_more =
            memchr(item.bytes, '/', item.length) || memchr(item.bytes, ':', item.length);
        if (!is_any && (has_star || has_more || !is_domain))
            return error_set(err, STATUS_BAD_OPTION, "allowed-host",
                             "\"%.*s\" is not a host name: write triage.example, "
                             "*.example or *, without a port",
                             (int)item.length, item.bytes);
    }
    return STATUS_OK;
}

/* ---- origins --------------------------------------------------------------------------- */

/* Cut the scheme off an origin and set *port to its default; false if it is of no such form. */
static bool cut_scheme(struct span *origin, const char **port)
{
    static const struct {
        const char *name, *port;
    } schemes[] = {{.name = "http://", .port = "80"},
                   {.name = "https://", .port = "443"}};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct span name = span_of(schemes[i].name);
        if (origin->length <= name.length ||
            strncasecmp(origin->bytes, name.bytes, name.length) != 0)
            continue;
        origin->bytes += name.length;
        origin->length -= name.length;
        *port = schemes[i].port;
        return true;
    }
    return false;
}

/* Cut off the port that the scheme of an origin has by default: browsers leave it out. */
static struct span without_default_port(struct span origin)
{
    struct span host = origin;
    const char *default_port = NULL;
    if (!cut_scheme(&host, &default_port))
        return origin;
    const struct span port = cut_port(&host);
    if (is_equal(port, span_of(default_port)))
        origin.length -= port.length + 1;
    return origin;
}

bool origin_is_allowed(const char *list, const char *origin)
{
    struct span item, own = without_default_port(span_of(origin));
    while (own.length < ORIGIN_BYTES && next_item(&list, &item))
        if (is_equal(without_default_port(item), own) || is_equal(item, span_of("*")))
            return true;
    return false;
}

bool origin_is_any_allowed(const char *list)
{
    struct span item;
    while (next_item(&list, &item))
        if (is_equal(item, span_of("*")))
            return true;
    return false;
}

bool origin_is_of_host(const char *origin, const char *host_bytes, size_t host_length)
{
    struct span page = span_of(origin), host = {host_bytes, host_length};
    const char *default_port = NULL;
    if (!cut_scheme(&page, &default_port))
        return false;
    struct span page_port = cut_port(&page), host_port = cut_port(&host);
    if (page_port.length == 0)
        page_port = span_of(default_port);
    if (host_port.length == 0)
        host_port = span_of(default_port);
    return is_equal(page, host) && is_equal(page_port, host_port);
}

enum status origin_check_list(const char *list, struct error *err)
{
    struct span item;
    const char *port = NULL;
    while (next_item(&list, &item)) {
        struct span host = item;
        if (is_equal(item, span_of("*")) || is_equal(item, span_of("null")))
            continue;
        bool is_origin =
            cut_scheme(&host, &port) && !memchr(host.bytes, '/', host.length);
        if (!is_origin || item.length >= ORIGIN_BYTES)
            return error_set(err, STATUS_BAD_OPTION, "allowed-origin",
                             "\"%.*s\" is not an origin: write "
                             "https://ops.example or "
                             "http://ops.example:3000, without a path",
                             (int)(item.length < 64 ? item.length : 64), item.bytes);
    }
    return STATUS_OK;
}

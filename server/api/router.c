/* Matching the path and the method of a request with those of the routes. */
#include "api/router.h"

#include <stdio.h>
#include <string.h>

#include "api/media_type.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "engine.h"
#include "service/reply.h"
#include "service/target.h"

/* The index of the first route of the same path: all methods of a path are counted there. */
static size_t index_of(const struct router *router, const struct route *route)
{
    size_t index = 0;
    while (strcmp(router->routes[index].path, route->path) != 0)
        index++;
    return index;
}

const struct route *router_at(const struct router *router, size_t index)
{
    bool is_first =
        index < router->count && index_of(router, &router->routes[index]) == index;
    return is_first ? &router->routes[index] : NULL;
}

/* A part of a path; bytes is NULL if there is none. */
struct path_part {
    const char *bytes;
    size_t length;
};

/*
 * Whether path matches pattern; *name is then the part that matches "{...}", or none.  A slash in
 * a name is escaped.
 */
static bool matches(const char *pattern, const char *path, struct path_part *name)
{
    size_t fixed = strcspn(pattern, "{");
    *name = (struct path_part){0};
    if (!pattern[fixed])
        return strcmp(pattern, path) == 0;
    if (strncmp(pattern, path, fixed) != 0)
        return false;
    const char *rest = strchr(pattern + fixed, '}') + 1;
    size_t length = strcspn(path + fixed, "/");
    if (length == 0 || strcmp(path + fixed + length, rest) != 0)
        return false;
    *name = (struct path_part){path + fixed, length};
    return true;
}

/* ---- answers of the router ------------------------------------------------------------- */

/* Write the methods, a set of bits, with a comma after each but the last.  Returns text. */
static char *write_methods(char *text, size_t size, unsigned methods)
{
    size_t length = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < METHOD_UNKNOWN && length < size; i++)
        if (methods & 1U << i)
            length +=
                (size_t)snprintf(text + length, size - length, "%s%s",
                                 length > 0 ? ", " : "", method_name((enum method)i));
    return text;
}

/* Set Allow to the methods of the path, a set of bits.  False if memory has run out. */
static bool set_allow(struct request *request, unsigned methods)
{
    enum { SIZE = 64 };
    char *text = arena_alloc(&request->arena, SIZE);
    if (!text)
        return false;
    request->allow = write_methods(text, SIZE, methods);
    return true;
}

/* The path has no route for the method of the request. */
static void answer_other_method(struct request *request, const char *path,
                                unsigned methods)
{
    struct error err = {0};
    if (!set_allow(request, methods)) {
        reply_no_memory(request);
    } else if (request->method == METHOD_OPTIONS) {
        reply_empty(request, 204);
    } else {
        error_mismatch(&err, STATUS_BAD_INPUT, "", request->allow, request->method_name,
                       "method not allowed for %s", path);
        reply_problem(request, PROBLEM_METHOD_NOT_ALLOWED, &err);
    }
}

/* The part of path with an index from 0. */
static struct path_part path_part_at(const char *path, size_t index)
{
    const char *bytes = *path == '/' ? path + 1 : path;
    for (; index > 0 && bytes; index--) {
        bytes = strchr(bytes, '/');
        bytes = bytes ? bytes + 1 : NULL;
    }
    return (struct path_part){bytes, bytes ? strcspn(bytes, "/") : 0};
}

/*
 * Offer a route for a path that has none.  For "{...}" the same part of the path is taken, so that
 * "/model/x" is near "/models/x".
 */
static void offer_route(struct suggestion *suggestion, const struct route *route,
                        struct request *request)
{
    size_t fixed = strcspn(route->path, "{"), index = 0;
    if (!route->path[fixed]) {
        suggestion_offer(suggestion, route->path, fixed);
        return;
    }
    for (size_t i = 1; i < fixed; i++)
        index += route->path[i] == '/';
    const struct path_part part = path_part_at(request->path, index);
    if (part.length == 0)
        return;
    const char *rest = strchr(route->path + fixed, '}') + 1;
    size_t length = fixed + part.length + strlen(rest);
    char *path = arena_alloc(&request->arena, length + 1);
    if (!path)
        return;
    memcpy(path, route->path, fixed);
    memcpy(path + fixed, part.bytes, part.length);
    memcpy(path + fixed + part.length, rest, strlen(rest) + 1);
    suggestion_offer(suggestion, path, length);
}

static void answer_no_path(const struct router *router, struct request *request)
{
    struct error err = {0};
    struct suggestion suggestion;
    char path[64], phrase[SUGGEST_PHRASE];
    suggestion_init(&suggestion, request->path, strlen(request->path));
    for (size_t i = 0; i < router->count; i++)
        offer_route(&suggestion, &router->routes[i], request);
    suggestion_phrase(&suggestion, "", phrase, sizeof phrase);
    utf8_copy(path, sizeof path, request->path);
    error_set(&err, STATUS_NOT_FOUND, "", "no such path: \"%s\"%s", path,
              *phrase ? phrase : " (GET / lists the paths)");
    reply_problem(request, PROBLEM_UNKNOWN_PATH, &err);
}

/* Whether name is one of names, which are separated by blanks. */
static bool is_one_of(const char *names, const char *name)
{
    size_t length = strlen(name);
    while (*names) {
        size_t next = strcspn(names, " ");
        if (next == length && strncmp(names, name, length) == 0)
            return true;
        names += next + strspn(names + next, " ");
    }
    return false;
}

/* What an unknown argument of the query was probably meant as: a known one, or a member of the body. */
static const char *explain_argument(const struct route *route, const char *name,
                                    char phrase[SUGGEST_PHRASE])
{
    for (const char *member = route->members; member && *member;) {
        size_t length = strcspn(member, " ");
        if (suggest_distance(name, strlen(name), member, length, 1) <= 1)
            return " (is it a member of the body?)";
        member += length + strspn(member + length, " ");
    }
    struct suggestion suggestion;
    suggestion_init(&suggestion, name, strlen(name));
    for (const char *known = route->arguments; *known;) {
        size_t length = strcspn(known, " ");
        suggestion_offer(&suggestion, known, length);
        known += length + strspn(known + length, " ");
    }
    return suggestion_phrase(&suggestion, "", phrase, SUGGEST_PHRASE);
}

static void refuse_argument(struct request *request, const char *argument)
{
    struct error err = {0};
    char name[48], phrase[SUGGEST_PHRASE];
    const char *known = request->route->arguments;
    utf8_copy(name, sizeof name, argument);
    error_mismatch(&err, STATUS_BAD_INPUT, "", *known ? known : "no arguments", name,
                   "unknown query argument \"%s\"%s", name,
                   explain_argument(request->route, name, phrase));
    reply_problem(request, PROBLEM_INVALID_TARGET, &err);
}

/* The optional members that the answer shall have; the body may add to them. */
static void read_include(struct request *request, const char *value)
{
    struct error err = {0};
    if (triage_includes_read(value, "", &request->includes, &err) != STATUS_OK)
        reply_error(request, &err);
}

/* A misspelt argument, or one that the client expects to count, must not be ignored. */
static void check_arguments(struct request *request)
{
    const char *known = request->route->arguments;
    for (const struct request_argument *a = request->arguments;
         a && known && request->code == 0; a = a->next) {
        if (!is_one_of(known, a->name))
            refuse_argument(request, a->name);
        else if (strcmp(a->name, "include") == 0)
            read_include(request, a->value);
    }
}

/* Lines are decoded while they arrive, so another charset is refused at once. */
static void check_charset(struct request *request)
{
    if (!request->is_stream || media_type_is_utf8(request->content_type))
        return;
    struct error err = {0};
    char received[64];
    error_mismatch(&err, STATUS_BAD_INPUT, "", "charset=utf-8",
                   reply_printable(received, sizeof received, request->content_type),
                   "the charset of the body is not UTF-8");
    reply_problem(request, PROBLEM_UNSUPPORTED_TYPE, &err);
}

/* ---- routing --------------------------------------------------------------------------- */

static void set_route(const struct router *router, struct request *request,
                      const struct route *route, const struct path_part *name)
{
    request->route = route;
    request->route_index = index_of(router, route);
    request->route_path = route->path;
    request->is_probe = route->is_probe;
    request->is_stream =
        route->handle_stream && media_type_kind(request->content_type) == MEDIA_NDJSON;
    if (name->bytes) {
        char *own = arena_string(&request->arena, name->bytes, name->length);
        if (!own) {
            reply_no_memory(request);
            return;
        }
        request->name = target_decode(own);
    }
    check_charset(request);
    check_arguments(request);
}

void router_find(const struct context *context, struct request *request)
{
    const struct router *router = context->router;
    enum method method = request->method == METHOD_HEAD ? METHOD_GET : request->method;
    bool is_any = request->method == METHOD_OPTIONS && strcmp(request->path, "*") == 0;
    const struct route *other = NULL;
    unsigned methods = 1U << METHOD_OPTIONS;
    for (size_t i = 0; i < router->count; i++) {
        const struct route *route = &router->routes[i];
        struct path_part name = {0};
        if (!is_any && !matches(route->path, request->path, &name))
            continue;
        if (route->method == method) {
            set_route(router, request, route, &name);
            return;
        }
        other = route;
        methods |= 1U << route->method;
    }
    if (methods & 1U << METHOD_GET)
        methods |= 1U << METHOD_HEAD;
    if (!other) {
        answer_no_path(router, request);
        return;
    }
    if (!is_any) {
        request->route_index = index_of(router, other);
        request->route_path = other->path;
    }
    answer_other_method(request, other->path, methods);
}

void router_handle(struct context *context, struct request *request)
{
    if (request->is_stream)
        request->route->handle_stream(context, request);
    else
        request->route->handle(context, request);
}

/* Matching the path and the method of a request with those of the routes. */
#include "api/router.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "service/reply.h"

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

/* Whether path matches pattern; *name is then the part that matches "{name}", or NULL. */
static bool matches(const char *pattern, const char *path, const char **name)
{
    size_t fixed = strcspn(pattern, "{");
    *name = NULL;
    if (!pattern[fixed])
        return strcmp(pattern, path) == 0;
    if (strncmp(pattern, path, fixed) != 0 || !path[fixed] || strchr(path + fixed, '/'))
        return false;
    *name = path + fixed;
    return true;
}

static bool is_ndjson(const char *type)
{
    static const char *const types[] = {"application/x-ndjson", "application/ndjson"};
    size_t length = type ? strcspn(type, "; \t") : 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (length == strlen(types[i]) && strncasecmp(type, types[i], length) == 0)
            return true;
    return false;
}

/* other is a route of the same path for another method, or NULL. */
static void answer_no_route(struct request *request, const struct route *other)
{
    struct error err = {0};
    if (other) {
        request->allow = other->method == METHOD_GET ? "GET, HEAD" : "POST";
        error_mismatch(&err, STATUS_BAD_INPUT, "", request->allow, request->method_name,
                       "method not allowed for %s", other->path);
        reply_problem(request, PROBLEM_METHOD_NOT_ALLOWED, &err);
    } else {
        char path[64];
        utf8_copy(path, sizeof path, request->path);
        error_set(&err, STATUS_NOT_FOUND, "", "no such path: \"%s\"", path);
        reply_problem(request, PROBLEM_UNKNOWN_PATH, &err);
    }
}

void router_find(const struct context *context, struct request *request)
{
    const struct router *router = context->router;
    enum method method = request->method == METHOD_HEAD ? METHOD_GET : request->method;
    const struct route *other = NULL;
    for (size_t i = 0; i < router->count; i++) {
        const struct route *route = &router->routes[i];
        const char *name;
        if (!matches(route->path, request->path, &name))
            continue;
        if (route->method == method) {
            request->route = route;
            request->route_index = index_of(router, route);
            request->name = name;
            request->is_probe = route->is_probe;
            request->is_stream = route->handle_stream && is_ndjson(request->content_type);
            return;
        }
        other = route;
    }
    answer_no_route(request, other);
}

void router_handle(struct context *context, struct request *request)
{
    if (request->is_stream)
        request->route->handle_stream(context, request);
    else
        request->route->handle(context, request);
}

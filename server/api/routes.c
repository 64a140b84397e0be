/* The table of routes, and finding the route of a request in it. */
#include "api/routes.h"

#include <string.h>

#include "api/info.h"
#include "api/metrics.h"
#include "api/openapi.h"
#include "api/predict.h"
#include "api/stream.h"
#include "base/utf8.h"
#include "service/reply.h"

static const struct route routes[] = {
    {
        .method = METHOD_POST,
        .path = "/predict",
        .handle = predict_start,
        .handle_stream = stream_start,
        .id = "predict",
        .title = "Decide",
        .about = "The probability of each action, for one history or several.",
        .answers = "Predictions",
    },
    {
        .method = METHOD_GET,
        .path = "/models",
        .handle = info_models,
        .id = "models",
        .title = "List the models",
        .about = "The models that are served.",
        .answers = "Models",
    },
    {
        .method = METHOD_GET,
        .path = "/models/{name}",
        .handle = info_model,
        .id = "model",
        .title = "Describe a model",
        .about = "All that a model file says about the model, except its weights.",
        .answers = "Model",
    },
    {
        .method = METHOD_GET,
        .path = "/openapi.json",
        .handle = openapi_show,
        .id = "openapi",
        .title = "Describe the API",
        .about = "This document.",
        .answers = "Document",
    },
    {
        .method = METHOD_GET,
        .path = "/livez",
        .handle = info_live,
        .is_probe = true,
        .id = "livez",
        .title = "Is it alive?",
        .about = "Whether the service can answer requests.",
        .answers = "Health",
    },
    {
        .method = METHOD_GET,
        .path = "/readyz",
        .handle = info_ready,
        .is_probe = true,
        .id = "readyz",
        .title = "Is it ready?",
        .about = "Whether the service accepts more requests: 503 while it is stopping.",
        .answers = "Health",
    },
    {
        .method = METHOD_GET,
        .path = "/healthz",
        .handle = info_ready,
        .is_probe = true,
        .id = "healthz",
        .title = "Is it healthy?",
        .about = "The same as /readyz.",
        .answers = "Health",
    },
    {
        .method = METHOD_GET,
        .path = "/metrics",
        .handle = metrics_show,
        .is_probe = true,
        .id = "metrics",
        .title = "Read the metrics",
        .about = "Metrics in the Prometheus text format, version 0.0.4.",
    },
};

enum { ROUTES = sizeof routes / sizeof *routes };

size_t routes_count(void)
{
    return ROUTES;
}

/* The index of the first route with the same path: all methods of a path share it. */
static size_t index_of(const struct route *route)
{
    size_t index = 0;
    while (strcmp(routes[index].path, route->path) != 0)
        index++;
    return index;
}

const struct route *route_at(size_t index)
{
    bool is_first = index < ROUTES && index_of(&routes[index]) == index;
    return is_first ? &routes[index] : NULL;
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

void route_find(struct request *request)
{
    enum method method = request->method == METHOD_HEAD ? METHOD_GET : request->method;
    struct error err = {0};
    const struct route *other = NULL;
    for (size_t i = 0; i < ROUTES; i++) {
        const char *name;
        if (!matches(routes[i].path, request->path, &name))
            continue;
        if (routes[i].method == method) {
            request->route = &routes[i];
            request->route_index = index_of(&routes[i]);
            request->is_probe = routes[i].is_probe;
            request->name = name;
            request->is_stream =
                routes[i].handle_stream && stream_accepts_type(request->content_type);
            return;
        }
        other = &routes[i];
    }
    if (!other) {
        char path[64];
        utf8_copy(path, sizeof path, request->path);
        error_set(&err, STATUS_NOT_FOUND, "", "no such path: \"%s\"", path);
        reply_problem(request, 404, &err);
        return;
    }
    request->allow = other->method == METHOD_GET ? "GET, HEAD" : "POST";
    error_mismatch(&err, STATUS_BAD_INPUT, "", request->allow, request->method_name,
                   "method not allowed for %s", other->path);
    reply_problem(request, 405, &err);
}

void route_handle(struct context *context, struct request *request)
{
    if (request->is_stream)
        request->route->handle_stream(context, request);
    else
        request->route->handle(context, request);
}

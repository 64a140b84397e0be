#include "api/routes.h"

#include <string.h>

#include "api/info.h"
#include "api/metrics.h"
#include "api/openapi.h"
#include "api/predict.h"
#include "service/reply.h"

/* clang-format off */
static const struct route routes[] = {
    {METHOD_POST, "/predict", predict_start, false, true, "predict", "Decide", "The probability of each action, for one history or several.", "Predictions"},
    {METHOD_GET, "/models", info_models, false, false, "models", "List the models", "The models that are served.", "Models"},
    {METHOD_GET, "/models/{name}", info_model, false, false, "model", "Look into a model", "All that the file of a model says of itself, but its weights.", "Model"},
    {METHOD_GET, "/openapi.json", openapi_show, false, false, "openapi", "Read the contract", "This document.", "Document"},
    {METHOD_GET, "/livez", info_live, true, false, "livez", "Is it alive?", "Whether a loop turns.", "Health"},
    {METHOD_GET, "/readyz", info_ready, true, false, "readyz", "Is it ready?", "Whether more requests are welcome: 503 once it is told to stop.", "Health"},
    {METHOD_GET, "/healthz", info_ready, true, false, "healthz", "Is it healthy?", "The same as /readyz.", "Health"},
    {METHOD_GET, "/metrics", metrics_show, true, false, "metrics", "Read the numbers", "Numbers for Prometheus, in its text format 0.0.4.", NULL},
};
/* clang-format on */

size_t routes_count(void)
{
    return sizeof routes / sizeof *routes;
}

size_t route_place(const struct route *route)
{
    size_t place = 0;
    if (!route)
        return routes_count();
    while (strcmp(routes[place].path, route->path) != 0)
        place++;
    return place;
}

const struct route *route_at(size_t place)
{
    if (place >= routes_count() || route_place(&routes[place]) != place)
        return NULL;
    return &routes[place];
}

/* Whether a path is one of those; *name is then what stands for the "{name}", or NULL. */
static bool fits(const char *pattern, const char *path, const char **name)
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

static const char *allowed(enum method method)
{
    return method == METHOD_GET ? "GET, HEAD" : "POST";
}

void route_find(struct request *request)
{
    enum method method = request->method == METHOD_HEAD ? METHOD_GET : request->method;
    struct error err = {0};
    const struct route *other = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const char *name;
        if (!fits(routes[i].path, request->path, &name))
            continue;
        if (routes[i].method == method) {
            request->route = &routes[i];
            request->name = name;
            return;
        }
        other = &routes[i];
    }
    if (!other) {
        char path[64];
        copy_cut(path, sizeof path, request->path);
        error_set(&err, STATUS_NOT_FOUND, "", "there is nothing at \"%s\"", path);
        reply_problem(request, 404, &err);
        return;
    }
    request->allow = allowed(other->method);
    error_mismatch(&err, STATUS_BAD_INPUT, "", request->allow, request->method_name,
                   "%s does not answer to this method", other->path);
    reply_problem(request, 405, &err);
}

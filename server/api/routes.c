/* The table of routes. */
#include "api/handlers.h"
#include "api/metrics.h"
#include "api/openapi.h"
#include "api/router.h"
#include "api/stream.h"

static const struct route routes[] = {
    {
        .method = METHOD_POST,
        .path = "/predict",
        .handle = predict_start,
        .handle_stream = stream_start,
        .arguments = "",
    },
    {
        .method = METHOD_GET,
        .path = "/models",
        .handle = info_models,
    },
    {
        .method = METHOD_GET,
        .path = "/models/{name}",
        .handle = info_model,
    },
    {
        .method = METHOD_GET,
        .path = "/models/{name}/schema",
        .handle = info_model_schema,
    },
    {
        .method = METHOD_GET,
        .path = "/problems",
        .handle = problems_list,
    },
    {
        .method = METHOD_GET,
        .path = "/problems/{code}",
        .handle = problems_show,
    },
    {
        .method = METHOD_GET,
        .path = "/openapi.json",
        .handle = openapi_show,
    },
    {
        .method = METHOD_GET,
        .path = "/livez",
        .handle = info_live,
        .is_probe = true,
    },
    {
        .method = METHOD_GET,
        .path = "/readyz",
        .handle = info_ready,
        .is_probe = true,
    },
    {
        .method = METHOD_GET,
        .path = "/healthz",
        .handle = info_ready,
        .is_probe = true,
    },
    {
        .method = METHOD_GET,
        .path = "/metrics",
        .handle = metrics_show,
        .is_probe = true,
    },
};

const struct router api_router = {.routes = routes,
                                  .count = sizeof routes / sizeof *routes};

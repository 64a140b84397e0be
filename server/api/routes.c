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
        .about = "the probability of each action, for one history or several",
        .handle = predict_start,
        .handle_stream = stream_start,
        .arguments = "include",
        .members = "model id events event fields histories",
    },
    {
        .method = METHOD_POST,
        .path = "/forecast",
        .about = "the most probable continuations of a history",
        .handle = forecast_start,
        .arguments = "",
        .members = "model id events event fields steps beam rank sample seed",
    },
    {
        .method = METHOD_GET,
        .path = "/models",
        .about = "the models that are served",
        .handle = info_models,
    },
    {
        .method = METHOD_GET,
        .path = "/models/{name}",
        .about = "one model: fields, network, actions, training report",
        .handle = info_model,
    },
    {
        .method = METHOD_GET,
        .path = "/models/{name}/schema",
        .about = "JSON Schema of the requests and answers of a model",
        .handle = info_model_schema,
    },
    {
        .method = METHOD_GET,
        .path = "/problems",
        .about = "the kinds of problems",
        .handle = problems_list,
    },
    {
        .method = METHOD_GET,
        .path = "/problems/{code}",
        .about = "one kind of problem",
        .handle = problems_show,
    },
    {
        .method = METHOD_GET,
        .path = "/openapi.json",
        .about = "the API as OpenAPI 3.1",
        .handle = openapi_show,
    },
    {
        .method = METHOD_GET,
        .path = "/livez",
        .about = "whether the process runs",
        .handle = info_live,
        .is_probe = true,
    },
    {
        .method = METHOD_GET,
        .path = "/readyz",
        .about = "whether it accepts requests",
        .handle = info_ready,
        .is_probe = true,
    },
    {
        .method = METHOD_GET,
        .path = "/healthz",
        .about = "the same as /readyz",
        .handle = info_ready,
        .is_probe = true,
    },
    {
        .method = METHOD_GET,
        .path = "/metrics",
        .about = "metrics for Prometheus",
        .handle = metrics_show,
        .is_probe = true,
    },
    {
        .method = METHOD_GET,
        .path = "/",
        .about = "this list",
        .handle = index_show,
    },
};

const struct router api_router = {.routes = routes,
                                  .count = sizeof routes / sizeof *routes};

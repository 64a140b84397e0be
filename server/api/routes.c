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

const struct router api_router = {.routes = routes,
                                  .count = sizeof routes / sizeof *routes};

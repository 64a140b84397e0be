/* Preparing the forecast of a decoded request, and keeping its result. */
#include "api/forecast.h"

#include <string.h>

#include "api/prediction.h"

void forecast_init(struct forecast *forecast, const struct options *options)
{
    const uint32_t max_steps = options->max_forecast_steps, max_beam = options->max_beam;
    forecast->request = (struct forecast_request){
        .options = {.steps = FORECAST_STEPS < max_steps ? FORECAST_STEPS : max_steps,
                    .beam = FORECAST_BEAM < max_beam ? FORECAST_BEAM : max_beam,
                    .seed = FORECAST_SEED},
        .max_steps = max_steps,
        .max_beam = max_beam};
}

enum status forecast_prepare(struct prediction *prediction, struct error *err)
{
    const struct context *context = prediction->context;
    const struct decoded *decoded = &prediction->decoded;
    struct forecast *forecast = prediction->forecast;
    if (decoded->includes != 0)
        return error_mismatch(err, STATUS_BAD_INPUT, "/include", "no \"include\"",
                              "an array", "a forecast includes nothing");
    forecast->queue = context->forecasts[prediction->entry->index];
    forecast->job = (struct forecast_job){.history = decoded->histories,
                                          .options = &decoded->forecast,
                                          .owner = prediction};
    return forecast_queue_is_idle(forecast->queue)
               ? STATUS_OK
               : suspended_check(&context->suspended, err);
}

enum status forecast_keep(struct forecast *forecast,
                          const struct continuation *continuations, size_t count,
                          struct arena *arena)
{
    forecast->continuations = arena_array(arena, count, sizeof *forecast->continuations);
    if (!forecast->continuations)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const size_t length = continuations[i].length;
        uint32_t *actions = arena_array(arena, length, sizeof *actions);
        if (!actions)
            return STATUS_NO_MEMORY;
        if (length > 0)
            memcpy(actions, continuations[i].actions, length * sizeof *actions);
        forecast->continuations[i] = continuations[i];
        forecast->continuations[i].actions = actions;
    }
    forecast->count = count;
    return STATUS_OK;
}

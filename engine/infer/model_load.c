/*
 * From a file to a model that can be run: read, folded, and proven by its golden history,
 * which must come out bit for bit as it did where the model was made; nearly so if that was
 * before the definition of the bits was frozen, or if the kernels in use are not exact.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/elementary.h"
#include "base/file.h"
#include "base/json.h"
#include "engine.h"
#include "infer/packed_weights.h"
#include "infer/replay.h"
#include "model/model.h"
#include "model/model_file.h"

static const double nearly = 1e-5, nearly_with_other_bits = 1e-3;
static const size_t file_ceiling = (size_t)4 << 30;

static enum status compare(const struct model *model, const char *name,
                           const float *probabilities, struct error *err)
{
    const json_t *stored = json_object_get(model->golden, "probabilities");
    double tolerance = model->kernel != NULL  ? nearly_with_other_bits
                       : model->numerics == 0 ? nearly
                                              : 0.0;

    for (uint32_t i = 0; i < model->action_count; i++) {
        const json_t *number = json_array_get(stored, i);
        float expected = (float)json_number_value(number);
        double difference = (double)expected - (double)probabilities[i];
        bool is_same = tolerance > 0.0
                           ? difference >= -tolerance && difference <= tolerance
                           : float_bits(expected) == float_bits(probabilities[i]);
        if (!json_is_number(number) || !is_same)
            return error_set(
                err, STATUS_BAD_FORMAT, name,
                "the golden history's probability of \"%.64s\" does not come out %s",
                model->actions[i], tolerance > 0.0 ? "nearly" : "bit for bit");
    }
    return STATUS_OK;
}

static enum status prove(const struct model *model, const char *name, struct error *err)
{
    struct error inner = {0};
    struct arena arena;
    float *probabilities;
    enum status status = STATUS_NO_MEMORY;

    if (model->golden == NULL)
        return STATUS_OK;
    arena_init(&arena, SIZE_MAX);
    probabilities = arena_array(&arena, model->action_count, sizeof *probabilities);
    if (probabilities != NULL)
        status = replay_history(model, model->golden, probabilities, &inner);
    if (status == STATUS_OK)
        status = compare(model, name, probabilities, err);
    else if (status == STATUS_NO_MEMORY)
        error_no_memory(err);
    else
        status = error_set(err, STATUS_BAD_FORMAT, inner.where, "%s", inner.text);
    arena_release(&arena);
    return status;
}

struct model *triage_model_read(const char *name, const void *bytes, size_t length,
                                struct error *err)
{
    struct model *model = model_file_parse(name, bytes, length, err);

    if (model == NULL)
        return NULL;
    model->fold = packed_weights_new(model, err);
    model->packed_weights_free = packed_weights_free;
    if (model->fold != NULL && !model->fold->kernels->is_exact)
        model->kernel = model->fold->kernels->name;
    if (model->fold == NULL || prove(model, name, err) != STATUS_OK) {
        triage_model_free(model);
        return NULL;
    }
    return model;
}

struct model *triage_model_load(const char *path, struct error *err)
{
    struct model *model = NULL;
    char *bytes;
    size_t length;

    if (file_read(path, file_ceiling, &bytes, &length, err) != STATUS_OK)
        return NULL;
    model = triage_model_read(path, bytes, length, err);
    free(bytes);
    return model;
}

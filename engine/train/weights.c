/* See weights.h. */
#include "train/weights.h"
#include "base/error.h"

const float *weights_panels(const struct training_kernels *kernels, const float *w,
                            size_t rows, size_t columns, size_t stride,
                            bool is_transposed, struct arena *arena)
{
    size_t k = is_transposed ? columns : rows, n = is_transposed ? rows : columns;
    float *packed = arena_floats(arena, 1, training_packed(kernels, k, n));

    if (packed != NULL)
        training_pack(kernels, k, n, w, is_transposed ? 1 : stride,
                      is_transposed ? stride : 1, packed);
    return packed;
}

static void cut(struct weights_layer *pass, const struct spec *spec)
{
    size_t H = spec->hidden, GH = triage_spec_gates(spec) * H;

    pass->part_count = 1;
    pass->parts[0] = (struct weights_part){.first = 0, .rows = GH, .column = 0};
    if (spec->cell != CELL_GRU)
        return;
    pass->part_count = 2;
    pass->parts[0].rows = 2 * H;
    pass->parts[1] = (struct weights_part){
        .first = 2 * H, .rows = H, .column = spec->reset == RESET_AFTER ? 3 * H : 2 * H};
}

static bool pack_parts(struct weights_layer *pass, const struct weights *weights,
                       const float *u, struct arena *arena)
{
    const struct spec *spec = &weights->model->spec;
    size_t H = spec->hidden;

    cut(pass, spec);
    for (size_t i = 0; i < pass->part_count; i++) {
        struct weights_part *part = &pass->parts[i];
        const float *from = u + part->first * H;
        part->forward =
            weights_panels(weights->kernels, from, part->rows, H, H, true, arena);
        part->back =
            weights_panels(weights->kernels, from, part->rows, H, H, false, arena);
        if (part->forward == NULL || part->back == NULL)
            return false;
    }
    return true;
}

/* b + c, but for the candidate of a GRU that resets after: its c is in the product's sum. */
static bool add_biases(struct weights_layer *pass, const struct spec *spec,
                       const float *b, const float *c, struct arena *arena)
{
    size_t H = spec->hidden, GH = triage_spec_gates(spec) * H;
    bool keeps = spec->cell == CELL_GRU && spec->reset == RESET_AFTER;
    float *bias = arena_floats(arena, 1, GH);

    for (size_t j = 0; bias != NULL && j < GH; j++)
        bias[j] = keeps && j >= 2 * H ? b[j] : b[j] + c[j];
    pass->bias = bias;
    pass->c = c;
    return bias != NULL;
}

static bool pack_pass(struct weights *weights, uint32_t l, uint32_t d,
                      struct arena *arena)
{
    const struct tensor_list *list = &weights->model->tensors;
    const struct training_kernels *kernels = weights->kernels;
    struct weights_layer *pass =
        &weights->passes[l * weights->model->spec.directions + d];
    const struct tensor *ih = tensors_recurrent(list, l, d, WEIGHT_IH);
    const float *tensors[4];
    size_t GH = ih->rows, in = ih->columns;

    for (enum tensor_role role = WEIGHT_IH; role <= BIAS_HH; role++)
        tensors[role] = weights->params + tensors_recurrent(list, l, d, role)->offset;
    pass->x = l == 0 ? weights->model->spec.embedding : in;
    size_t F = l == 0 ? schema_inputs(weights->model->schema) : 0;
    const float *w = tensors[WEIGHT_IH];
    pass->x_forward = weights_panels(kernels, w, GH, pass->x, in, true, arena);
    pass->x_back = weights_panels(kernels, w, GH, pass->x, in, false, arena);
    pass->numbers = weights_panels(kernels, w + in - F, GH, F, in, true, arena);
    return pass->x_forward != NULL && pass->x_back != NULL && pass->numbers != NULL &&
           add_biases(pass, &weights->model->spec, tensors[BIAS_IH], tensors[BIAS_HH],
                      arena) &&
           pack_parts(pass, weights, tensors[WEIGHT_HH], arena);
}

enum status weights_pack(struct weights *weights, const struct trained_model *model,
                         const float *params, struct arena *arena, struct error *err)
{
    const struct tensor *tensor = tensors_head(&model->tensors);
    const float *head = params + tensor->offset;
    size_t C = tensor->rows, width = tensor->columns;

    *weights = (struct weights){
        .model = model, .params = params, .kernels = training_kernels_pick()};
    weights->head_forward =
        weights_panels(weights->kernels, head, C, width, width, true, arena);
    weights->head_back =
        weights_panels(weights->kernels, head, C, width, width, false, arena);
    if (weights->head_forward == NULL || weights->head_back == NULL)
        return error_no_memory(err);
    for (uint32_t l = 0; l < model->spec.layers; l++)
        for (uint32_t d = 0; d < model->spec.directions; d++)
            if (!pack_pass(weights, l, d, arena))
                return error_no_memory(err);
    return STATUS_OK;
}

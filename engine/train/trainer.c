/*
 * A network in the making: fresh weights, drawn from the seed tensor by tensor in the order
 * of the layout.
 *
 *     embeddings   normal, deviation 1 / sqrt(E) times 2; rows "unknown" and "missing" 0
 *     recurrent    uniform in +-1 / sqrt(H), as PyTorch draws them
 *     head         uniform in +-1 / sqrt(D H); bias 0
 *     LSTM         1 is added to the forget gate's bias_ih (Gers et al. 2000)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "train/making.h"

static void draw_uniform(struct random *random, float *w, size_t count, double bound)
{
    for (size_t i = 0; i < count; i++)
        w[i] = (float)((2.0 * random_unit(random) - 1.0) * bound);
}

static void draw_embedding(struct random *random, float *w, const struct tensor *tensor)
{
    double deviation = 2.0 / sqrt((double)tensor->columns);
    size_t first = (size_t)SCHEMA_FIRST * tensor->columns;

    for (size_t i = first; i < (size_t)tensor->rows * tensor->columns; i++)
        w[i] = (float)(deviation * random_normal(random));
}

static void draw_weights(struct trained_model *model, uint64_t seed)
{
    const struct tensor_list *tensors = &model->tensors;
    uint32_t H = model->spec.hidden, D = model->spec.directions;

    for (size_t i = 0; i < tensors->count; i++) {
        const struct tensor *tensor = &tensors->items[i];
        float *w = trained_model_floats(model, tensor);
        size_t count = (size_t)tensor->rows * tensor->columns;
        struct random random;
        random_init(&random, seed, UINT64_C(0x3e16000000000000) + i);
        if (i < tensors->embedding_count)
            draw_embedding(&random, w, tensor);
        else if (tensor == tensors_head(tensors))
            draw_uniform(&random, w, count, 1.0 / sqrt((double)D * H));
        else if (tensor != tensors_head_bias(tensors))
            draw_uniform(&random, w, count, 1.0 / sqrt((double)H));
    }
    for (uint32_t p = 0; model->spec.cell == CELL_LSTM && p < model->spec.layers * D;
         p++) {
        float *bias = trained_model_floats(
            model, tensors_recurrent(tensors, p / D, p % D, BIAS_IH));
        for (uint32_t j = H; j < 2 * H; j++)
            bias[j] += 1.0f;
    }
}

/* A copy by way of its text: the form in which it travels anyway. */
static struct schema *copy_schema(const struct schema *schema, struct error *err)
{
    struct schema *copy = NULL;
    struct strbuf text;
    json_t *object;

    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(schema, &text);
    if (text.has_failed) {
        error_no_memory(err);
    } else {
        object = json_read(text.bytes, text.length, err);
        copy = object == NULL ? NULL : triage_schema_read(object, "/schema", err);
        json_decref(object);
    }
    strbuf_release(&text);
    return copy;
}

struct trainer *triage_trainer_new(const struct schema *schema, const struct spec *spec,
                                   enum task target, const char *const *actions,
                                   size_t action_count, const struct training *training,
                                   struct error *err)
{
    struct trainer *trainer;

    if (!triage_kernels_are_exact()) { /* what it saves would not come out elsewhere */
        error_set(err, STATUS_BAD_OPTION, "--kernel",
                  "kernel \"%s\" runs models, and makes none: its bits are not those of "
                  "numerics 1",
                  triage_kernels_name());
        return NULL;
    }
    trainer = calloc(1, sizeof *trainer);
    if (trainer == NULL) {
        error_no_memory(err);
        return NULL;
    }
    trainer->training = *training;
    trainer->model = trained_model_new(err);
    if (trainer->model != NULL) {
        trainer->model->spec = *spec;
        trainer->model->task = target;
        trainer->model->schema = copy_schema(schema, err);
    }
    if (trainer->model == NULL || trainer->model->schema == NULL ||
        trained_model_check_task(trainer->model, err) != STATUS_OK ||
        trained_model_set_actions(trainer->model, actions, action_count, err) !=
            STATUS_OK ||
        trained_model_allocate(trainer->model, err) != STATUS_OK) {
        triage_trainer_free(trainer);
        return NULL;
    }
    draw_weights(trainer->model, training->seed);
    return trainer;
}

void triage_trainer_free(struct trainer *trainer)
{
    if (trainer == NULL)
        return;
    trained_model_free(trainer->model);
    free(trainer);
}

float *triage_trainer_tensor(struct trainer *trainer, const char *name, size_t *count)
{
    const struct tensor *tensor = tensors_find(&trainer->model->tensors, name);

    if (tensor == NULL)
        return NULL;
    *count = (size_t)tensor->rows * tensor->columns;
    return trained_model_floats(trainer->model, tensor);
}

/* See adam.h. */
#include "learn/adam.h"

#include <math.h>
#include <stdlib.h>

enum status adam_init(struct adam *adam, const struct layout *layout, struct error *err)
{
    *adam =
        (struct adam){.layout = layout, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    adam->m = params_new(layout);
    adam->v = params_new(layout);
    if (adam->m != NULL && adam->v != NULL)
        return STATUS_OK;
    adam_release(adam);
    return error_no_memory(err);
}

void adam_release(struct adam *adam)
{
    free(adam->m);
    free(adam->v);
    adam->m = adam->v = NULL;
}

void adam_step(struct adam *adam, float *params, const float *gradients, double rate,
               double decay)
{
    double t = (double)++adam->steps;
    float b1 = (float)adam->beta1, a1 = (float)(1.0 - adam->beta1);
    float b2 = (float)adam->beta2, a2 = (float)(1.0 - adam->beta2);
    float step = (float)(rate / (1.0 - pow(adam->beta1, t)));
    float correction = (float)(1.0 / sqrt(1.0 - pow(adam->beta2, t)));
    float epsilon = (float)adam->epsilon;

    for (size_t i = 0; i < adam->layout->count; i++) {
        const struct tensor *tensor = &adam->layout->tensors[i];
        float *w = params + tensor->offset;
        const float *g = gradients + tensor->offset;
        float *m = adam->m + tensor->offset, *v = adam->v + tensor->offset;
        float kept = tensor->is_vector ? 1.0f : (float)(1.0 - rate * decay);
        for (size_t j = 0; j < (size_t)tensor->rows * tensor->columns; j++) {
            m[j] = b1 * m[j] + a1 * g[j];
            v[j] = b2 * v[j] + a2 * g[j] * g[j];
            w[j] = kept * w[j] - step * m[j] / (sqrtf(v[j]) * correction + epsilon);
        }
    }
}

double clip_norm(float *gradients, size_t count, double limit)
{
    double sum = 0.0, norm;

    for (size_t i = 0; i < count; i++)
        sum += (double)gradients[i] * (double)gradients[i];
    norm = sqrt(sum);
    if (limit > 0.0 && norm > limit) {
        float scale = (float)(limit / norm);
        for (size_t i = 0; i < count; i++)
            gradients[i] *= scale;
    }
    return norm;
}

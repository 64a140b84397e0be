/*
 * How far back a loss reaches: the norm of its gradient with respect to each event's input,
 * by the event's distance to the last one, where the loss is asked.
 *
 *     dL/dx_{T-k} = dL/dh_T  dh_T/dh_{T-1} ... dh_{T-k+1}/dh_{T-k}  dh_{T-k}/dx_{T-k}
 *
 * The product in the middle has k factors.  Where each shortens by 0.6, as the derivative of
 * a plain cell easily does, 12 steps leave 0.6^12 = 0.002 of it: the early event is there, but
 * nothing is learnt from it, and clipping, which only shortens, cannot bring it back
 * (Hochreiter 1991; Bengio et al. 1994; Pascanu et al. 2013).  A gate that keeps the state
 * makes the factor nearly 1.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "infer/model.h"
#include "train/adam.h"
#include "train/loss.h"
#include "train/network.h"
#include "trainer.h"

enum { ROWS = 16 }; /* of a batch at once */

struct measuring {
    const struct trained_model *model;
    uint32_t length;
    struct lags *lags;
    struct history *tails; /* the last length events of each history */
    uint32_t *actions;     /* what each is asked for */
    float *gradients;      /* of a batch: a block of the layout */
    struct arena *kept, scratch;
};

/* The examples that are long enough, cut to their end. */
static enum status choose(struct measuring *m, const struct example *examples,
                          size_t count, struct error *err)
{
    uint32_t K = m->model->schema->categories, F = schema_inputs(m->model->schema);
    uint32_t C = m->model->action_count;

    m->tails = arena_array(m->kept, count, sizeof *m->tails);
    m->actions = arena_array(m->kept, count, sizeof *m->actions);
    if (m->tails == NULL || m->actions == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct history *whole = &examples[i].history;
        if (whole->length < m->length)
            continue;
        size_t first = whole->length - m->length, n = m->lags->histories++;
        uint32_t action = example_action(&examples[i], whole->length - 1);
        m->tails[n] =
            (struct history){.ids = whole->ids + first * K,
                             .values = F == 0 ? NULL : whole->values + first * F,
                             .length = m->length};
        m->actions[n] = action < C ? action : (uint32_t)(n % C);
    }
    if (m->lags->histories > 0)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, "", "none of %zu histories has %u events",
                     count, (unsigned)m->length);
}

/* All rows are equally long, so event t of row b is at t * B + b. */
static enum status add_norms(struct measuring *m, const struct network_run *run,
                             struct error *err)
{
    size_t B = run->packed->rows, width = m->model->tensors.input_width;
    const float *all = network_input_gradient(run, err);

    if (all == NULL)
        return STATUS_NO_MEMORY;

    for (uint32_t lag = 0; lag < m->length; lag++)
        for (size_t b = 0; b < B; b++) {
            const float *dx = all + ((m->length - 1 - lag) * B + b) * width;
            double sum = 0.0;
            for (size_t j = 0; j < width; j++)
                sum += (double)dx[j] * (double)dx[j];
            m->lags->norms[lag] += sqrt(sum);
        }
    return STATUS_OK;
}

/* Tails first .. first + count - 1, at most ROWS: their norms, and their gradients added. */
static enum status look_back(struct measuring *m, size_t first, size_t count,
                             struct error *err)
{
    const struct schema *schema = m->model->schema;
    size_t C = m->model->action_count;
    const struct history *pointers[ROWS];
    struct dropout none = {0.0, NULL};
    struct packed packed;
    struct network_run run;
    enum status status;

    arena_reset(&m->scratch);
    for (size_t b = 0; b < count; b++)
        pointers[b] = &m->tails[first + b];
    status = packed_init(&packed, pointers, count, schema->categories,
                         schema_inputs(schema), &m->scratch, err);
    if (status == STATUS_OK)
        status = network_forward(&run, m->model, m->model->params, &packed, none,
                                 &m->scratch, err);
    if (status != STATUS_OK)
        return status;
    float *dscores = arena_array(&m->scratch, run.heads, C * sizeof *dscores);
    if (dscores == NULL)
        return error_no_memory(err);
    for (uint32_t b = 0; b < packed.rows; b++) {
        size_t head = network_head(&run, b, m->length - 1);
        (void)loss_cross_entropy(run.scores + head * C, C,
                                 m->actions[first + packed.order[b]], 1.0,
                                 dscores + head * C);
    }
    status = network_backward(&run, dscores, m->gradients, err);
    return status == STATUS_OK ? add_norms(m, &run, err) : status;
}

/* A batch's gradient is the mean over its histories. */
static enum status look_at_batch(struct measuring *m, size_t first, size_t count,
                                 double clip, struct error *err)
{
    size_t floats = m->model->tensors.floats;
    enum status status = STATUS_OK;

    memset(m->gradients, 0, floats * sizeof *m->gradients);
    for (size_t i = 0; status == STATUS_OK && i < count; i += ROWS)
        status = look_back(m, first + i, count - i < ROWS ? count - i : ROWS, err);
    if (status != STATUS_OK)
        return status;
    double norm = clip_norm(m->gradients, floats, 0.0) / (double)count;
    if (!isfinite(norm))
        return error_set(err, STATUS_NOT_FINITE, "", "a gradient is not a finite number");
    m->lags->batches++;
    m->lags->clipped += clip > 0.0 && norm > clip;
    m->lags->norm_largest = fmax(m->lags->norm_largest, norm);
    return STATUS_OK;
}

enum status triage_lags_measure(struct lags *lags, const struct model *model,
                                const struct training *training,
                                const struct example *examples, size_t count,
                                uint32_t length, struct arena *arena, struct error *err)
{
    struct measuring m = {
        .model = model->trained, .length = length, .lags = lags, .kept = arena};
    enum status status;

    *lags = (struct lags){.length = length};
    lags->norms = arena_array(arena, length, sizeof *lags->norms);
    m.gradients = arena_array(arena, m.model->tensors.floats, sizeof *m.gradients);
    if (lags->norms == NULL || m.gradients == NULL)
        return error_no_memory(err);
    arena_init(&m.scratch, SIZE_MAX);
    status = choose(&m, examples, count, err);
    for (size_t i = 0; status == STATUS_OK && i < lags->histories; i += training->batch) {
        size_t left = lags->histories - i;
        status = look_at_batch(&m, i, left < training->batch ? left : training->batch,
                               training->clip, err);
    }
    for (uint32_t lag = 0; status == STATUS_OK && lag < length; lag++)
        lags->norms[lag] /= (double)lags->histories;
    arena_release(&m.scratch);
    return status;
}

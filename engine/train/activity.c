/*
 * What gates and units do over some histories: which sit at the end of their range, where
 * nothing can be learnt any more, and which units of the final state say the same of every
 * history.
 *
 * The first G of what a cell saves of an event (net/cell.h) are its gates, in the order in
 * which the weights have them.
 */
#include <math.h>

#include "base/error.h"
#include "infer/model.h"
#include "train/network.h"
#include "trainer.h"

enum { ROWS = 16 };

static const double edge = 0.01, moved = 1e-6;

/* Is that gate a tanh, from -1 to 1, rather than a sigmoid? */
static bool is_candidate(const struct spec *spec, uint32_t gate)
{
    return spec->cell == CELL_RNN || gate == 2; /* GRU: r, z, n; LSTM: i, f, g, o */
}

static size_t count_saturated(const struct network_run *run, const struct rnn_layer *pass,
                              uint32_t gate)
{
    const struct spec *spec = &run->model->spec;
    size_t H = spec->hidden;
    bool is_signed = is_candidate(spec, gate);
    size_t count = 0;

    for (size_t place = 0; place < run->packed->places; place++)
        for (size_t j = 0; j < H; j++) {
            double v = (double)pass->saved[place * pass->saved_width + gate * H + j];
            double share = is_signed ? (v + 1.0) / 2.0 : v;
            count += share < edge || share > 1.0 - edge;
        }
    return count;
}

struct range {
    float least, most;
};

static void widen(struct range *ranges, const struct network_run *run, size_t width)
{
    for (uint32_t b = 0; b < run->packed->rows; b++) {
        size_t head = network_head(run, b, run->packed->lengths[b] - 1);
        for (size_t j = 0; j < width; j++) {
            float h = run->heard[head * width + j];
            ranges[j].least = fminf(ranges[j].least, h);
            ranges[j].most = fmaxf(ranges[j].most, h);
        }
    }
}

/* Up to ROWS histories; gates are counted, ranges widened. */
static enum status look(struct activity *activity, const struct trained_model *model,
                        const struct history *histories, size_t count,
                        struct range *ranges, size_t *events, struct arena *arena,
                        struct error *err)
{
    const struct schema *schema = model->schema;
    const struct history *pointers[ROWS];
    struct dropout none = {0.0, NULL};
    struct packed packed;
    struct network_run run;
    enum status status;

    for (size_t b = 0; b < count; b++)
        pointers[b] = &histories[b];
    status = packed_init(&packed, pointers, count, schema->categories,
                         schema_inputs(schema), arena, err);
    if (status == STATUS_OK)
        status = network_forward(&run, model, model->params, &packed, none, arena, err);
    if (status != STATUS_OK)
        return status;
    for (uint32_t p = 0; p < model->spec.layers * model->spec.directions; p++)
        for (uint32_t gate = 0; gate < triage_spec_gates(&model->spec); gate++)
            activity->saturated[gate] +=
                (double)count_saturated(&run, &run.passes[p], gate);
    widen(ranges, &run, (size_t)model->spec.directions * model->spec.hidden);
    *events += packed.places;
    return STATUS_OK;
}

enum status triage_activity_measure(struct activity *activity, const struct model *model,
                                    const struct history *histories, size_t count,
                                    struct error *err)
{
    const struct spec *spec = &model->trained->spec;
    size_t width = triage_model_state_size(model), events = 0;
    struct arena kept, scratch;
    struct range *ranges;
    enum status status = STATUS_OK;

    *activity = (struct activity){.constant = 0};
    arena_init(&kept, SIZE_MAX);
    arena_init(&scratch, SIZE_MAX);
    ranges = arena_array(&kept, width, sizeof *ranges);
    if (ranges == NULL)
        status = error_no_memory(err);
    for (size_t j = 0; status == STATUS_OK && j < width; j++)
        ranges[j] = (struct range){INFINITY, -INFINITY};
    for (size_t i = 0; status == STATUS_OK && i < count; i += ROWS) {
        status =
            look(activity, model->trained, histories + i,
                 count - i < ROWS ? count - i : ROWS, ranges, &events, &scratch, err);
        arena_reset(&scratch);
    }
    double values = (double)events * spec->hidden * spec->layers * spec->directions;
    for (uint32_t gate = 0; gate < triage_spec_gates(spec); gate++)
        activity->saturated[gate] /= values > 0.0 ? values : 1.0;
    for (size_t j = 0; status == STATUS_OK && j < width; j++)
        activity->constant += !((double)(ranges[j].most - ranges[j].least) > moved);
    arena_release(&kept);
    arena_release(&scratch);
    return status;
}

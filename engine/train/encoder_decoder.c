/* Both networks over one batch: the encoder forward, the decoder forward and backward, and back. */
#include "train/encoder_decoder.h"

#include <math.h>

#include "base/random.h"

enum status encoder_decoder_pack(struct encoder_decoder_weights *weights,
                                 const struct trained_model *model, const float *params,
                                 struct arena *arena, struct error *err)
{
    weights->encoder_model = trained_model_encoder(model);
    weights->decoder_model = trained_model_decoder(model);
    RETURN_IF_ERROR(training_weights_pack(&weights->encoder, &weights->encoder_model,
                                          params, arena, err));
    return training_weights_pack(&weights->decoder, &weights->decoder_model, params,
                                 arena, err);
}

/* ---- batches ------------------------------------------------------------------------- */

/* The histories up to their longest beginnings. */
static enum status pack_encoder(struct encoder_decoder_batch *batch,
                                const struct trained_model *model,
                                const struct history *const *histories, size_t count,
                                const struct beginning *beginnings,
                                size_t beginning_count, struct arena *arena,
                                struct error *err)
{
    struct history *known = arena_array(arena, count, sizeof *known);
    const struct history **list = arena_array(arena, count, sizeof *list);
    if (!known || !list)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        known[i] = *histories[i];
        known[i].length = 0;
        list[i] = &known[i];
    }
    for (size_t i = 0; i < beginning_count; i++) {
        struct history *history = &known[beginnings[i].history];
        if (history->length < beginnings[i].length)
            history->length = beginnings[i].length;
    }
    return packed_batch_init(&batch->encoder, model->schema, list, count, arena, err);
}

/* The start, then the names of the events after a beginning. */
static void read_rest(const struct history *history, uint32_t length, size_t stride,
                      size_t column, uint32_t *ids)
{
    *ids++ = DECODER_START;
    for (uint32_t t = length; t < history->length; t++)
        *ids++ = decoder_input(history->ids[t * stride + column]);
}

static enum status pack_decoder(struct encoder_decoder_batch *batch,
                                const struct trained_model *model,
                                const struct history *const *histories,
                                const struct beginning *beginnings, size_t count,
                                struct arena *arena, struct error *err)
{
    const size_t K = model->schema->categories;
    const size_t column = schema_find(model->schema, "event")->index;
    struct history *rests = arena_array(arena, count, sizeof *rests);
    const struct history **list = arena_array(arena, count, sizeof *list);
    if (!rests || !list)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct history *history = histories[beginnings[i].history];
        const uint32_t length = history->length - beginnings[i].length + 1;
        uint32_t *ids = arena_alloc(arena, length * sizeof *ids);
        if (!ids)
            return error_no_memory(err);
        read_rest(history, beginnings[i].length, K, column, ids);
        rests[i] = (struct history){.ids = ids, .length = length};
        list[i] = &rests[i];
    }
    return packed_batch_init(&batch->decoder, model->events, list, count, arena, err);
}

/* Where each row of the decoder begins. */
static enum status find_events(struct encoder_decoder_batch *batch,
                               const struct beginning *beginnings, struct arena *arena,
                               struct error *err)
{
    const struct packed_batch *encoder = &batch->encoder, *decoder = &batch->decoder;
    uint32_t *row_of = arena_array(arena, encoder->rows, sizeof *row_of);
    batch->events = arena_array(arena, decoder->rows, sizeof *batch->events);
    if (!row_of || !batch->events)
        return error_no_memory(err);
    for (uint32_t b = 0; b < encoder->rows; b++)
        row_of[encoder->order[b]] = b;
    for (uint32_t b = 0; b < decoder->rows; b++) {
        const struct beginning *beginning = &beginnings[decoder->order[b]];
        batch->events[b] =
            encoder->offset[beginning->length - 1] + row_of[beginning->history];
    }
    return STATUS_OK;
}

enum status encoder_decoder_batch_init(struct encoder_decoder_batch *batch,
                                       const struct trained_model *model,
                                       const struct history *const *histories,
                                       size_t count, const struct beginning *beginnings,
                                       size_t beginning_count, struct arena *arena,
                                       struct error *err)
{
    RETURN_IF_ERROR(pack_encoder(batch, model, histories, count, beginnings,
                                 beginning_count, arena, err));
    RETURN_IF_ERROR(
        pack_decoder(batch, model, histories, beginnings, beginning_count, arena, err));
    return find_events(batch, beginnings, arena, err);
}

/* ---- forward and backward ------------------------------------------------------------ */

enum status encoder_decoder_forward(struct encoder_decoder_run *run,
                                    const struct encoder_decoder_weights *weights,
                                    const struct encoder_decoder_batch *batch,
                                    struct dropout dropout, struct arena *arena,
                                    struct error *err)
{
    RETURN_IF_ERROR(start_states_init(&run->states, &weights->encoder_model.spec,
                                      batch->events, batch->decoder.rows, arena, err));
    const struct network_options encoder = {.dropout = dropout, .sets = &run->states};
    const struct network_options decoder = {.dropout = dropout, .begins = &run->states};
    RETURN_IF_ERROR(network_forward_packed(&run->encoder, &weights->encoder,
                                           &batch->encoder, encoder, arena, err));
    return network_forward_packed(&run->decoder, &weights->decoder, &batch->decoder,
                                  decoder, arena, err);
}

/* The ids of the events that the actions are, [C]; SCHEMA_UNKNOWN for the end. */
static uint32_t *find_ids(const struct trained_model *decoder, struct arena *arena)
{
    const struct field *event = schema_category(decoder->schema, 0);
    uint32_t *ids = arena_array(arena, decoder->action_count, sizeof *ids);
    for (uint32_t c = 0; ids && c < decoder->action_count; c++)
        ids[c] = field_id(event, decoder->actions[c]);
    return ids;
}

/* Draw an action by the softmax of logits [C]. */
static size_t draw_action(const float *logits, size_t C, struct random *random)
{
    double largest = (double)logits[0], sum = 0.0;
    for (size_t c = 1; c < C; c++)
        largest = fmax(largest, (double)logits[c]);
    for (size_t c = 0; c < C; c++)
        sum += exp((double)logits[c] - largest);
    double left = random_unit(random) * sum;
    for (size_t c = 0; c + 1 < C; c++) {
        left -= exp((double)logits[c] - largest);
        if (left < 0.0)
            return c;
    }
    return C - 1;
}

enum status encoder_decoder_sample(struct encoder_decoder_run *run,
                                   const struct encoder_decoder_batch *batch,
                                   double share, struct dropout dropout,
                                   struct random *random, struct arena *arena,
                                   struct error *err)
{
    const struct training_weights *weights = run->decoder.weights;
    const struct packed_batch *decoder = &batch->decoder;
    const struct network_options options = {.dropout = dropout, .begins = &run->states};
    const size_t C = weights->model->action_count;
    const uint32_t *ids = find_ids(weights->model, arena);
    if (!ids)
        return error_no_memory(err);
    for (uint32_t t = 1; t < decoder->steps; t++)
        for (uint32_t b = 0; b < decoder->batch_sizes[t]; b++) {
            if (random_unit(random) >= share)
                continue;
            const size_t before = decoder->offset[t - 1] + b;
            const uint32_t id =
                ids[draw_action(run->decoder.logits + before * C, C, random)];
            if (id >= SCHEMA_FIRST)
                decoder->ids[decoder->offset[t] + b] = id;
        }
    return network_forward_packed(&run->decoder, weights, decoder, options, arena, err);
}

enum status encoder_decoder_backward(struct encoder_decoder_run *run,
                                     const float *dlogits, float *gradients,
                                     struct error *err)
{
    RETURN_IF_ERROR(network_backward(&run->decoder, dlogits, gradients, err));
    return network_backward(&run->encoder, NULL, gradients, err);
}

/* Split examples over threads, and add up the results in a fixed order. */
#include "train/data_parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "train/beginnings.h"
#include "train/network.h"

enum {
    LOGITS_EXAMPLES = 64, /* computed by one thread at a time */
    SHARD_KEEP_BYTES =
        16 << 20 /* a larger arena is freed after a batch, not kept for the next */
};

static const uint64_t beginnings_stream = UINT64_C(0xbe61000000000000);

enum status data_parallel_init(struct data_parallel *parallel,
                               const struct trained_model *model,
                               const struct training *training, size_t max_batch,
                               struct error *err)
{
    memset(parallel, 0, sizeof *parallel);
    parallel->model = model;
    parallel->training = training;
    parallel->has_prefix_targets = has_prefix_targets(model, training);
    arena_init(&parallel->weights_arena, SIZE_MAX);
    parallel->shard_count = (max_batch + SHARD_EXAMPLES - 1) / SHARD_EXAMPLES;
    parallel->shards = calloc(parallel->shard_count, sizeof *parallel->shards);
    parallel->lengths = calloc(max_batch, sizeof *parallel->lengths);
    parallel->workers = workers_new(training->threads, err);
    if (!parallel->shards || !parallel->lengths || !parallel->workers)
        goto no_memory;
    for (size_t i = 0; i < parallel->shard_count; i++) {
        struct shard *shard = &parallel->shards[i];
        arena_init(&shard->arena, SIZE_MAX);
        shard->gradients = tensors_zeros(&model->tensors);
        if (!shard->gradients)
            goto no_memory;
    }
    return STATUS_OK;

no_memory:
    data_parallel_release(parallel);
    return error_no_memory(err);
}

void data_parallel_release(struct data_parallel *parallel)
{
    if (!parallel)
        return;
    workers_free(parallel->workers);
    for (size_t i = 0; parallel->shards && i < parallel->shard_count; i++) {
        arena_release(&parallel->shards[i].arena);
        free(parallel->shards[i].gradients);
    }
    free(parallel->shards);
    free(parallel->lengths);
    arena_release(&parallel->weights_arena);
    memset(parallel, 0, sizeof *parallel);
}

/* ---- targets ------------------------------------------------------------------------- */

bool has_prefix_targets(const struct trained_model *model,
                        const struct training *training)
{
    return model->task == TASK_LAST && training->prefix_weight > 0.0;
}

/* The weight of each target before the end of a history. */
static double prefix_weight(const struct training *training, uint32_t length)
{
    return training->prefix_loss == PREFIX_SUM
               ? training->prefix_weight
               : training->prefix_weight / (double)(length - 1);
}

static bool continues(const struct trained_model *model)
{
    return model->task == TASK_CONTINUE;
}

/* The beginnings of an example that are no random ones. */
static struct beginnings fixed_beginnings(const struct training *training,
                                          const struct example *example)
{
    struct beginnings beginnings;
    beginnings_spread(&beginnings, example->history.length, training->beginnings);
    return beginnings;
}

/* Those of the index-th example of a batch of the training. */
static struct beginnings drawn_beginnings(const struct data_parallel *parallel,
                                          const struct example *example, size_t index)
{
    struct beginnings beginnings;
    struct random random;
    random_init(&random, parallel->training->seed,
                beginnings_stream + parallel->stream * 65536 + index);
    beginnings_draw(&beginnings, example->history.length, parallel->training->beginnings,
                    &random);
    return beginnings;
}

/* The actions that are right after the events from a beginning on. */
static size_t count_after(const struct trained_model *model,
                          const struct example *example,
                          const struct beginnings *beginnings)
{
    size_t targets = 0;
    for (uint32_t i = 0; i < beginnings->count; i++)
        for (uint32_t t = beginnings->lengths[i] - 1; t < example->history.length; t++)
            targets += example_action(example, t) < model->action_count;
    return targets;
}

/* Set the target after event t (from 0) of an example.  false: there is none. */
static bool example_target(const struct data_parallel *parallel,
                           const struct example *example, uint32_t t,
                           struct target *target)
{
    uint32_t length = example->history.length;
    bool is_before_end = t + 1 < length && parallel->has_prefix_targets;

    target->is_before_end = is_before_end;
    target->action = is_before_end ? example->action : example_action(example, t);
    target->weight = is_before_end ? prefix_weight(parallel->training, length) : 1.0;
    return target->action < parallel->model->action_count;
}

size_t example_target_count(const struct trained_model *model,
                            const struct training *training,
                            const struct example *example)
{
    size_t targets = 0;
    uint32_t length = example->history.length;
    if (continues(model)) {
        const struct beginnings beginnings = fixed_beginnings(training, example);
        return count_after(model, example, &beginnings);
    }
    if (has_prefix_targets(model, training))
        return example->action < model->action_count ? length : 0;
    for (uint32_t t = 0; t < length; t++)
        targets += example_action(example, t) < model->action_count;
    return targets;
}

void example_targets(const struct data_parallel *parallel, const struct example *example,
                     struct target *targets)
{
    const uint32_t length = example->history.length;
    struct beginnings whole = {.count = 1, .lengths = {1}};
    if (continues(parallel->model))
        whole = fixed_beginnings(parallel->training, example);
    for (uint32_t i = 0; i < whole.count; i++)
        for (uint32_t t = whole.lengths[i] - 1; t < length; t++) {
            struct target target;
            if (example_target(parallel, example, t, &target))
                *targets++ = target;
        }
}

/* The weight of all targets of the index-th example of a batch. */
static double example_weight(const struct data_parallel *parallel,
                             const struct example *example, size_t index)
{
    if (continues(parallel->model)) {
        const struct beginnings beginnings = drawn_beginnings(parallel, example, index);
        return (double)count_after(parallel->model, example, &beginnings);
    }
    size_t targets = example_target_count(parallel->model, parallel->training, example);
    if (!parallel->has_prefix_targets || targets < 2)
        return (double)targets;
    return 1.0 + (double)(targets - 1) *
                     prefix_weight(parallel->training, example->history.length);
}

static enum status pack_weights(struct data_parallel *parallel, const float *params,
                                struct error *err)
{
    arena_reset_merge(&parallel->weights_arena);
    if (continues(parallel->model))
        return encoder_decoder_pack(&parallel->pair, parallel->model, params,
                                    &parallel->weights_arena, err);
    return training_weights_pack(&parallel->weights, parallel->model, params,
                                 &parallel->weights_arena, err);
}

static enum status pack_examples(const struct data_parallel *parallel,
                                 struct example_list examples, struct arena *arena,
                                 struct packed_batch *batch)
{
    const struct history **histories =
        arena_alloc(arena, examples.count * sizeof *histories);
    if (!histories)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < examples.count; i++)
        histories[i] = &examples.items[i]->history;
    return packed_batch_init(batch, parallel->model->schema, histories, examples.count,
                             arena, NULL);
}

/* ---- gradients ----------------------------------------------------------------------- */

/*
 * Word dropout: replace some values by "unknown" and some numbers by "missing", so that the
 * weights of "unknown" and "missing" are trained even if the data has neither.  The events before
 * `first` stay.
 */
static void drop_inputs(const struct data_parallel *parallel, const struct schema *schema,
                        struct packed_batch *batch, size_t first, struct random *random)
{
    size_t count = batch->events * schema->categories, F = schema_inputs(schema);
    double rate = parallel->training->word_dropout;

    if (rate <= 0.0)
        return;
    for (size_t i = first * schema->categories; i < count; i++)
        if (random_unit(random) < rate)
            batch->ids[i] = SCHEMA_UNKNOWN;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (field->kind != FIELD_NUMBER)
            continue;
        for (size_t event = 0; event < batch->events; event++)
            if (random_unit(random) < rate)
                schema_encode_missing(field,
                                      batch->values + event * F + 2 * field->index);
    }
}

/*
 * Compute the loss of a shard and its gradient dlogits [M][C], in the arena of the shard; 0 where
 * there is no target.  NULL if memory runs out.
 */
static float *compute_loss(const struct data_parallel *parallel, struct shard *shard,
                           const struct network_run *run)
{
    size_t C = parallel->model->action_count;
    float *dlogits = arena_array(&shard->arena, run->logit_rows, C * sizeof *dlogits);

    if (!dlogits)
        return NULL;
    shard->loss = 0.0;
    for (uint32_t b = 0; b < run->batch->rows; b++) {
        const struct example *example = shard->examples[run->batch->order[b]];
        for (uint32_t t = 0; t < example->history.length; t++) {
            struct target target;
            if (!example_target(parallel, example, t, &target))
                continue;
            size_t first = network_logit_row(run, b, t) * C;
            shard->loss +=
                target.weight * loss_cross_entropy(run->logits + first, C, target.action,
                                                   target.weight * parallel->scale,
                                                   dlogits + first);
        }
    }
    return dlogits;
}

static enum status backward_of_one_network(struct data_parallel *parallel,
                                           struct shard *shard, struct random *random)
{
    struct packed_batch batch;
    struct network_run run;
    const struct network_options options = {
        .dropout = {.rate = parallel->training->dropout, .random = random},
        .after_every_event = parallel->has_prefix_targets};
    const struct example_list examples = {.items = shard->examples,
                                          .count = shard->count};

    RETURN_IF_ERROR(pack_examples(parallel, examples, &shard->arena, &batch));
    drop_inputs(parallel, parallel->model->schema, &batch, 0, random);
    RETURN_IF_ERROR(network_forward_packed(&run, &parallel->weights, &batch, options,
                                           &shard->arena, NULL));
    const float *dlogits = compute_loss(parallel, shard, &run);
    if (!dlogits)
        return STATUS_NO_MEMORY;
    return network_backward(&run, dlogits, shard->gradients, NULL);
}

/* ---- encoder-decoders ---------------------------------------------------------------- */

/* The beginnings of some examples, one after another. */
struct beginning_list {
    struct beginning *items; /* [count] in an arena */
    size_t count;
};

static enum status list_beginnings(const struct beginnings *of_examples, size_t count,
                                   struct arena *arena, struct beginning_list *list)
{
    size_t all = 0;
    for (size_t i = 0; i < count; i++)
        all += of_examples[i].count;
    *list =
        (struct beginning_list){.items = arena_array(arena, all, sizeof *list->items)};
    if (!list->items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < of_examples[i].count; j++)
            list->items[list->count++] = (struct beginning){
                .history = (uint32_t)i, .length = of_examples[i].lengths[j]};
    return STATUS_OK;
}

static enum status pack_beginnings(const struct data_parallel *parallel,
                                   struct example_list examples,
                                   const struct beginning_list *list, struct arena *arena,
                                   struct encoder_decoder_batch *batch)
{
    const struct history **histories =
        arena_array(arena, examples.count, sizeof *histories);
    if (!histories)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < examples.count; i++)
        histories[i] = &examples.items[i]->history;
    return encoder_decoder_batch_init(batch, parallel->model, histories, examples.count,
                                      list->items, list->count, arena, NULL);
}

/* compute_loss of the decoder's steps. */
static float *compute_decoder_loss(const struct data_parallel *parallel,
                                   struct shard *shard, const struct network_run *run,
                                   const struct beginning_list *list)
{
    size_t C = parallel->model->action_count;
    float *dlogits = arena_array(&shard->arena, run->logit_rows, C * sizeof *dlogits);

    if (!dlogits)
        return NULL;
    shard->loss = 0.0;
    for (uint32_t b = 0; b < run->batch->rows; b++) {
        const struct beginning *beginning = &list->items[run->batch->order[b]];
        const struct example *example = shard->examples[beginning->history];
        for (uint32_t t = 0; t < run->batch->lengths[b]; t++) {
            struct target target;
            if (!example_target(parallel, example, beginning->length - 1 + t, &target))
                continue;
            size_t first = network_logit_row(run, b, t) * C;
            shard->loss += loss_cross_entropy(run->logits + first, C, target.action,
                                              parallel->scale, dlogits + first);
        }
    }
    return dlogits;
}

static enum status backward_of_both_networks(struct data_parallel *parallel,
                                             struct shard *shard, struct random *random)
{
    const struct dropout dropout = {.rate = parallel->training->dropout,
                                    .random = random};
    const struct example_list examples = {.items = shard->examples,
                                          .count = shard->count};
    struct beginnings *of_examples =
        arena_array(&shard->arena, shard->count, sizeof *of_examples);
    struct beginning_list list;
    struct encoder_decoder_batch batch;
    struct encoder_decoder_run run;

    if (!of_examples)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < shard->count; i++)
        of_examples[i] =
            drawn_beginnings(parallel, shard->examples[i], shard->indices[i]);
    RETURN_IF_ERROR(list_beginnings(of_examples, shard->count, &shard->arena, &list));
    RETURN_IF_ERROR(pack_beginnings(parallel, examples, &list, &shard->arena, &batch));
    drop_inputs(parallel, parallel->model->schema, &batch.encoder, 0, random);
    drop_inputs(parallel, parallel->model->events, &batch.decoder, batch.decoder.rows,
                random);
    RETURN_IF_ERROR(encoder_decoder_forward(&run, &parallel->pair, &batch, dropout,
                                            &shard->arena, NULL));
    if (parallel->training->scheduled_sampling > 0.0)
        RETURN_IF_ERROR(encoder_decoder_sample(&run, &batch,
                                               parallel->training->scheduled_sampling,
                                               dropout, random, &shard->arena, NULL));
    const float *dlogits = compute_decoder_loss(parallel, shard, &run.decoder, &list);
    if (!dlogits)
        return STATUS_NO_MEMORY;
    return encoder_decoder_backward(&run, dlogits, shard->gradients, NULL);
}

/* ---- shards -------------------------------------------------------------------------- */

static enum status shard_backward(struct data_parallel *parallel, struct shard *shard,
                                  size_t index)
{
    struct random random;

    arena_reset_merge(&shard->arena);
    /* A batch has at most 65536 examples, and so fewer shards. */
    random_init(&random, parallel->training->seed, parallel->stream * 65536 + index);
    memset(shard->gradients, 0,
           parallel->model->tensors.floats * sizeof *shard->gradients);
    return continues(parallel->model)
               ? backward_of_both_networks(parallel, shard, &random)
               : backward_of_one_network(parallel, shard, &random);
}

static void backward_task(void *context, size_t index)
{
    struct data_parallel *parallel = context;
    struct shard *shard = &parallel->shards[index];

    shard->status = shard_backward(parallel, shard, index);
    if (shard->arena.taken > SHARD_KEEP_BYTES)
        arena_release(&shard->arena);
}

/*
 * Distribute the examples of a batch over the shards: sorted by length, longest first, to the
 * shards 0 1 2 3, 3 2 1 0, 0 1 2 3 ...
 */
static void fill_shards(struct data_parallel *parallel, struct example_list batch,
                        size_t shards)
{
    for (size_t i = 0; i < batch.count; i++)
        parallel->lengths[i] = (struct history_length){
            .length = batch.items[i]->history.length, .index = (uint32_t)i};
    history_lengths_sort(parallel->lengths, batch.count);
    for (size_t s = 0; s < shards; s++)
        parallel->shards[s].count = 0;
    for (size_t i = 0; i < batch.count; i++) {
        bool is_forward = i / shards % 2 == 0;
        size_t s = is_forward ? i % shards : shards - 1 - i % shards;
        struct shard *shard = &parallel->shards[s];
        shard->indices[shard->count] = parallel->lengths[i].index;
        shard->examples[shard->count++] = batch.items[parallel->lengths[i].index];
    }
}

enum status data_parallel_backward(struct data_parallel *parallel, const float *params,
                                   struct example_list batch, uint64_t stream,
                                   double *loss, struct error *err)
{
    size_t shards = (batch.count + SHARD_EXAMPLES - 1) / SHARD_EXAMPLES;
    size_t floats = parallel->model->tensors.floats;
    double weight = 0.0;

    parallel->stream = stream;
    for (size_t i = 0; i < batch.count; i++)
        weight += example_weight(parallel, batch.items[i], i);
    parallel->scale = weight > 0.0 ? 1.0 / weight : 0.0; /* 0: none was drawn */
    RETURN_IF_ERROR(pack_weights(parallel, params, err));
    fill_shards(parallel, batch, shards);
    workers_run(parallel->workers, backward_task, parallel, shards);
    *loss = 0.0;
    for (size_t i = 0; i < shards; i++) {
        const struct shard *shard = &parallel->shards[i];
        if (shard->status != STATUS_OK)
            return error_set(err, shard->status, "", "%s",
                             triage_status_text(shard->status));
        *loss += shard->loss * parallel->scale;
        if (i > 0)
            training_kernels_pick()->add_rows(1, floats, shard->gradients, floats,
                                              data_parallel_gradients(parallel));
    }
    return STATUS_OK;
}

/* ---- logits -------------------------------------------------------------------------- */

/* Those of an encoder-decoder, of a group of examples that begins with the first-th. */
static enum status compute_decoder_logits(const struct data_parallel *parallel,
                                          struct example_list group, size_t first,
                                          struct arena *arena)
{
    const struct dropout none = {.random = NULL};
    const size_t C = parallel->model->action_count;
    struct beginnings of_examples[LOGITS_EXAMPLES];
    struct beginning_list list;
    struct encoder_decoder_batch batch;
    struct encoder_decoder_run run;

    for (size_t i = 0; i < group.count; i++)
        of_examples[i] = fixed_beginnings(parallel->training, group.items[i]);
    RETURN_IF_ERROR(list_beginnings(of_examples, group.count, arena, &list));
    RETURN_IF_ERROR(pack_beginnings(parallel, group, &list, arena, &batch));
    RETURN_IF_ERROR(
        encoder_decoder_forward(&run, &parallel->pair, &batch, none, arena, NULL));
    uint32_t *row_of = arena_array(arena, list.count, sizeof *row_of);
    if (!row_of)
        return STATUS_NO_MEMORY;
    for (uint32_t b = 0; b < batch.decoder.rows; b++)
        row_of[batch.decoder.order[b]] = b;
    float *logits = parallel->logits + parallel->first_row[first] * C;
    for (size_t i = 0; i < list.count; i++) {
        const struct beginning *beginning = &list.items[i];
        const struct example *example = group.items[beginning->history];
        struct target target;
        for (uint32_t t = 0; t < batch.decoder.lengths[row_of[i]]; t++)
            if (example_target(parallel, example, beginning->length - 1 + t, &target)) {
                memcpy(logits,
                       run.decoder.logits +
                           network_logit_row(&run.decoder, row_of[i], t) * C,
                       C * sizeof *logits);
                logits += C;
            }
    }
    return STATUS_OK;
}

/* Compute the logits of the index-th group of LOGITS_EXAMPLES examples. */
static enum status compute_logits(const struct data_parallel *parallel, size_t index,
                                  struct arena *arena)
{
    size_t first = index * LOGITS_EXAMPLES, C = parallel->model->action_count;
    size_t left = parallel->examples.count - first;
    const struct example_list group = {.items = parallel->examples.items + first,
                                       .count = left < LOGITS_EXAMPLES ? left
                                                                       : LOGITS_EXAMPLES};
    const struct network_options options = {.after_every_event =
                                                parallel->has_prefix_targets};
    struct packed_batch batch;
    struct network_run run;

    if (continues(parallel->model))
        return compute_decoder_logits(parallel, group, first, arena);
    RETURN_IF_ERROR(pack_examples(parallel, group, arena, &batch));
    RETURN_IF_ERROR(
        network_forward_packed(&run, &parallel->weights, &batch, options, arena, NULL));
    for (uint32_t b = 0; b < batch.rows; b++) {
        const struct example *example = group.items[batch.order[b]];
        float *logits =
            parallel->logits + parallel->first_row[first + batch.order[b]] * C;
        struct target target;
        for (uint32_t t = 0; t < example->history.length; t++)
            if (example_target(parallel, example, t, &target)) {
                memcpy(logits, run.logits + network_logit_row(&run, b, t) * C,
                       C * sizeof *logits);
                logits += C;
            }
    }
    return STATUS_OK;
}

static void logits_task(void *context, size_t index)
{
    struct data_parallel *parallel = context;
    struct arena arena;

    arena_init(&arena, SIZE_MAX);
    if (compute_logits(parallel, index, &arena) != STATUS_OK)
        atomic_store(&parallel->has_failed, true);
    arena_release(&arena);
}

enum status data_parallel_logits(struct data_parallel *parallel, const float *params,
                                 struct example_list examples, float *logits,
                                 struct error *err)
{
    size_t *first_row = calloc(examples.count + 1, sizeof *first_row);
    if (!first_row)
        return error_no_memory(err);
    for (size_t i = 0; i < examples.count; i++)
        first_row[i + 1] =
            first_row[i] +
            example_target_count(parallel->model, parallel->training, examples.items[i]);
    size_t floats = first_row[examples.count] * parallel->model->action_count;
    enum status status = pack_weights(parallel, params, err);
    if (status != STATUS_OK)
        goto out;
    parallel->examples = examples;
    parallel->logits = logits;
    parallel->first_row = first_row;
    atomic_store(&parallel->has_failed, false);
    workers_run(parallel->workers, logits_task, parallel,
                (examples.count + LOGITS_EXAMPLES - 1) / LOGITS_EXAMPLES);
    if (atomic_load(&parallel->has_failed)) {
        status = error_no_memory(err);
        goto out;
    }
    for (size_t i = 0; i < floats; i++)
        if (!isfinite(logits[i])) {
            status = error_set(err, STATUS_NOT_FINITE, "", "%s",
                               triage_status_text(STATUS_NOT_FINITE));
            goto out;
        }

out:
    parallel->first_row = NULL;
    free(first_row);
    return status;
}

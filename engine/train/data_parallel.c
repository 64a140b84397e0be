/* Sharing the examples of a batch out to threads, and adding up their results. */
#include "train/data_parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "train/loss.h"
#include "train/network.h"

enum {
    LOGITS_HISTORIES = 64,      /* computed at once by one thread */
    SHARD_KEEP_BYTES = 16 << 20 /* that a shard keeps for the next batch, at most */
};

enum status data_parallel_init(struct data_parallel *parallel,
                               const struct trained_model *model,
                               const struct training *training, size_t most,
                               struct error *err)
{
    memset(parallel, 0, sizeof *parallel);
    parallel->model = model;
    parallel->training = training;
    arena_init(&parallel->weights_arena, SIZE_MAX);
    parallel->shard_count = (most + SHARD_HISTORIES - 1) / SHARD_HISTORIES;
    parallel->shards = calloc(parallel->shard_count, sizeof *parallel->shards);
    parallel->lengths = calloc(most, sizeof *parallel->lengths);
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

size_t example_label_count(const struct trained_model *model,
                           const struct example *example)
{
    size_t labels = 0;
    for (uint32_t t = 0; t < example->history.length; t++)
        labels += is_label(model, example_action(example, t));
    return labels;
}

static enum status pack_weights(struct data_parallel *parallel, const float *params,
                                struct error *err)
{
    arena_reset_merge(&parallel->weights_arena);
    return training_weights_pack(&parallel->weights, parallel->model, params,
                                 &parallel->weights_arena, err);
}

static enum status pack_examples(const struct data_parallel *parallel,
                                 const struct example *const *examples, size_t count,
                                 struct arena *arena, struct packed_batch *batch)
{
    const struct history **histories = arena_alloc(arena, count * sizeof *histories);
    if (!histories)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        histories[i] = &examples[i]->history;
    return packed_batch_init(batch, parallel->model->schema, histories, count, arena,
                             NULL);
}

/* ---- gradients ----------------------------------------------------------------------- */

/*
 * Word dropout: replace some values by "unknown" and some numbers by "missing", so that the
 * weights of those are trained even if the data has none.
 */
static void drop_inputs(const struct data_parallel *parallel, struct packed_batch *batch,
                        struct random *random)
{
    const struct schema *schema = parallel->model->schema;
    size_t count = batch->events * schema->categories, F = schema_inputs(schema);
    double rate = parallel->training->word_dropout;

    if (rate <= 0.0)
        return;
    for (size_t i = 0; i < count; i++)
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

/* The loss of a shard, and dlogits [M][C]: 0 where there is no label.  NULL: no memory. */
static float *differentiate(const struct data_parallel *parallel, struct shard *shard,
                            const struct network_run *run)
{
    size_t C = parallel->model->action_count;
    float *dlogits = arena_array(&shard->arena, run->logit_rows, C * sizeof *dlogits);

    shard->loss = 0.0;
    for (uint32_t b = 0; dlogits && b < run->batch->rows; b++) {
        const struct example *example = shard->examples[run->batch->order[b]];
        for (uint32_t t = 0; t < example->history.length; t++) {
            uint32_t action = example_action(example, t);
            if (!is_label(parallel->model, action))
                continue;
            size_t first = network_logit_row(run, b, t) * C;
            shard->loss += loss_cross_entropy(run->logits + first, C, action,
                                              parallel->weight, dlogits + first);
        }
    }
    return dlogits;
}

static enum status shard_backward(struct data_parallel *parallel, struct shard *shard,
                                  size_t index)
{
    struct random random;
    struct packed_batch batch;
    struct network_run run;
    const struct dropout dropout = {.rate = parallel->training->dropout,
                                    .random = &random};

    arena_reset_merge(&shard->arena);
    random_init(&random, parallel->training->seed, parallel->stream * 65536 + index);
    memset(shard->gradients, 0,
           parallel->model->tensors.floats * sizeof *shard->gradients);
    RETURN_IF_ERROR(
        pack_examples(parallel, shard->examples, shard->count, &shard->arena, &batch));
    drop_inputs(parallel, &batch, &random);
    RETURN_IF_ERROR(
        network_run(&run, &parallel->weights, &batch, dropout, &shard->arena, NULL));
    const float *dlogits = differentiate(parallel, shard, &run);
    if (!dlogits)
        return STATUS_NO_MEMORY;
    return network_backward(&run, dlogits, shard->gradients, NULL);
}

static void backward_task(void *context, size_t index)
{
    struct data_parallel *parallel = context;
    struct shard *shard = &parallel->shards[index];

    shard->status = shard_backward(parallel, shard, index);
    if (shard->arena.taken > SHARD_KEEP_BYTES)
        arena_release(&shard->arena);
}

/* Deal the examples, longest first, to the shards: 0 1 2 3, 3 2 1 0, 0 1 2 3 ... */
static void deal(struct data_parallel *parallel, const struct example *const *examples,
                 size_t count, size_t shards)
{
    for (size_t i = 0; i < count; i++)
        parallel->lengths[i] = (struct history_length){
            .length = examples[i]->history.length, .index = (uint32_t)i};
    history_lengths_sort(parallel->lengths, count);
    for (size_t s = 0; s < shards; s++)
        parallel->shards[s].count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t s = i / shards % 2 == 0 ? i % shards : shards - 1 - i % shards;
        struct shard *shard = &parallel->shards[s];
        shard->examples[shard->count++] = examples[parallel->lengths[i].index];
    }
}

enum status data_parallel_backward(struct data_parallel *parallel, const float *params,
                                   const struct example *const *examples, size_t count,
                                   uint64_t stream, double *loss, struct error *err)
{
    size_t shards = (count + SHARD_HISTORIES - 1) / SHARD_HISTORIES;
    size_t labels = 0, floats = parallel->model->tensors.floats;

    for (size_t i = 0; i < count; i++)
        labels += example_label_count(parallel->model, examples[i]);
    parallel->weight = 1.0 / (double)labels;
    parallel->stream = stream;
    RETURN_IF_ERROR(pack_weights(parallel, params, err));
    deal(parallel, examples, count, shards);
    workers_run(parallel->workers, backward_task, parallel, shards);
    *loss = 0.0;
    for (size_t i = 0; i < shards; i++) {
        const struct shard *shard = &parallel->shards[i];
        if (shard->status != STATUS_OK)
            return error_set(err, shard->status, "", "%s",
                             triage_status_text(shard->status));
        *loss += shard->loss * parallel->weight;
        if (i > 0)
            parallel->weights.kernels->add_rows(1, floats, shard->gradients, floats,
                                                data_parallel_gradients(parallel));
    }
    return STATUS_OK;
}

/* ---- logits -------------------------------------------------------------------------- */

/* The logits of the index-th LOGITS_HISTORIES examples. */
static enum status compute_logits(const struct data_parallel *parallel, size_t index,
                                  struct arena *arena)
{
    size_t first = index * LOGITS_HISTORIES, C = parallel->model->action_count;
    size_t left = parallel->count - first;
    const struct dropout none = {.rate = 0.0, .random = NULL};
    struct packed_batch batch;
    struct network_run run;

    RETURN_IF_ERROR(pack_examples(parallel, parallel->examples + first,
                                  left < LOGITS_HISTORIES ? left : LOGITS_HISTORIES,
                                  arena, &batch));
    RETURN_IF_ERROR(network_run(&run, &parallel->weights, &batch, none, arena, NULL));
    for (uint32_t b = 0; b < batch.rows; b++) {
        size_t index_of_row = first + batch.order[b];
        const struct example *example = parallel->examples[index_of_row];
        float *logits = parallel->logits + parallel->first_row[index_of_row] * C;
        for (uint32_t t = 0; t < example->history.length; t++)
            if (is_label(parallel->model, example_action(example, t))) {
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
                                 const struct example *const *examples, size_t count,
                                 float *logits, struct error *err)
{
    size_t *first_row = calloc(count + 1, sizeof *first_row);
    if (!first_row)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        first_row[i + 1] =
            first_row[i] + example_label_count(parallel->model, examples[i]);
    size_t floats = first_row[count] * parallel->model->action_count;
    enum status status = pack_weights(parallel, params, err);
    if (status != STATUS_OK)
        goto out;
    parallel->examples = examples;
    parallel->count = count;
    parallel->logits = logits;
    parallel->first_row = first_row;
    atomic_store(&parallel->has_failed, false);
    workers_run(parallel->workers, logits_task, parallel,
                (count + LOGITS_HISTORIES - 1) / LOGITS_HISTORIES);
    if (atomic_load(&parallel->has_failed))
        status = error_no_memory(err);
    for (size_t i = 0; status == STATUS_OK && i < floats; i++)
        if (!isfinite(logits[i]))
            status = error_set(err, STATUS_NOT_FINITE, "", "%s",
                               triage_status_text(STATUS_NOT_FINITE));

out:
    parallel->first_row = NULL;
    free(first_row);
    return status;
}

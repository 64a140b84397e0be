/* See batch.h. */
#include "train/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "train/loss.h"
#include "train/network.h"

/* When an example is dealt. */
struct turn {
    uint32_t length;
    size_t index;
};

enum status batch_init(struct batch *batch, const struct trained_model *model,
                       const struct training *training, size_t most, struct error *err)
{
    memset(batch, 0, sizeof *batch);
    batch->model = model;
    batch->training = training;
    arena_init(&batch->packing, SIZE_MAX);
    batch->shard_count = (most + BATCH_SHARD - 1) / BATCH_SHARD;
    batch->shards = calloc(batch->shard_count, sizeof *batch->shards);
    batch->turns = calloc(most, sizeof *batch->turns);
    batch->workers = workers_new(training->threads, err);
    for (size_t i = 0; batch->shards != NULL && i < batch->shard_count; i++) {
        arena_init(&batch->shards[i].arena, SIZE_MAX);
        batch->shards[i].gradients = tensors_zeros(&model->tensors);
        if (batch->shards[i].gradients == NULL)
            break;
    }
    if (batch->shards != NULL && batch->turns != NULL && batch->workers != NULL &&
        batch->shards[batch->shard_count - 1].gradients != NULL)
        return STATUS_OK;
    batch_release(batch);
    return error_no_memory(err);
}

void batch_release(struct batch *batch)
{
    workers_free(batch->workers);
    for (size_t i = 0; batch->shards != NULL && i < batch->shard_count; i++) {
        arena_release(&batch->shards[i].arena);
        free(batch->shards[i].gradients);
    }
    free(batch->shards);
    free(batch->turns);
    arena_release(&batch->packing);
    memset(batch, 0, sizeof *batch);
}

static enum status pack(const struct batch *batch, const struct example *const *examples,
                        size_t count, struct arena *arena, struct packed *packed)
{
    const struct schema *schema = batch->model->schema;
    const struct history **histories = arena_alloc(arena, count * sizeof *histories);

    if (histories == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        histories[i] = &examples[i]->history;
    return packed_init(packed, histories, count, schema->categories,
                       schema_inputs(schema), arena, NULL);
}

/*
 * Read some values as unknown and some numbers as missing, so that the rows and weights for
 * that learn something even where the data is complete.
 */
static void drop_inputs(const struct batch *batch, struct packed *packed,
                        struct random *random)
{
    const struct schema *schema = batch->model->schema;
    size_t count = packed->places * schema->categories;
    double rate = batch->training->word_dropout;
    uint32_t F = schema_inputs(schema);

    if (rate <= 0.0)
        return;
    for (size_t i = 0; i < count; i++)
        if (random_unit(random) < rate)
            packed->ids[i] = SCHEMA_UNKNOWN;
    for (uint32_t c = 0; c < schema->field_count; c++) {
        const struct field *field = &schema->fields[c];
        if (field->kind != FIELD_NUMBER)
            continue;
        for (size_t place = 0; place < packed->places; place++)
            if (random_unit(random) < rate)
                schema_encode_missing(field,
                                      packed->values + place * F + 2 * field->index);
    }
}

size_t example_targets(const struct trained_model *model, const struct example *example)
{
    size_t targets = 0;

    for (uint32_t t = 0; t < example->history.length; t++)
        targets += is_target(model, example_action(example, t));
    return targets;
}

/* Loss and dscores of a shard, from its scores; 0 where there is no target. */
static float *differentiate(const struct batch *batch, struct shard *shard,
                            const struct network_run *run)
{
    size_t C = batch->model->action_count;
    float *dscores = arena_array(&shard->arena, run->heads, C * sizeof *dscores);

    shard->loss = 0.0;
    for (uint32_t b = 0; dscores != NULL && b < run->packed->rows; b++) {
        const struct example *example = shard->examples[run->packed->order[b]];
        for (uint32_t t = 0; t < example->history.length; t++) {
            uint32_t action = example_action(example, t);
            if (!is_target(batch->model, action))
                continue;
            size_t head = network_head(run, b, t);
            shard->loss += loss_cross_entropy(run->scores + head * C, C, action,
                                              batch->weight, dscores + head * C);
        }
    }
    return dscores;
}

static int longest_first(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;

    if (x->length != y->length)
        return x->length > y->length ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Round after round, there and back: 0 1 2 3, 3 2 1 0, 0 1 2 3 ... */
static void deal(struct batch *batch, const struct example *const *examples, size_t count,
                 size_t shards)
{
    for (size_t i = 0; i < count; i++)
        batch->turns[i] = (struct turn){examples[i]->history.length, i};
    qsort(batch->turns, count, sizeof *batch->turns, longest_first);
    for (size_t s = 0; s < shards; s++)
        batch->shards[s].count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t s = i / shards % 2 == 0 ? i % shards : shards - 1 - i % shards;
        struct shard *shard = &batch->shards[s];
        shard->examples[shard->count++] = examples[batch->turns[i].index];
    }
}

static enum status shard_gradient(struct batch *batch, struct shard *shard, size_t index)
{
    struct random random;
    struct packed packed;
    struct network_run run;
    enum status status;

    arena_reset_merge(&shard->arena);
    random_init(&random, batch->training->seed, batch->stream * 65536 + index);
    memset(shard->gradients, 0, batch->model->tensors.floats * sizeof *shard->gradients);
    status = pack(batch, shard->examples, shard->count, &shard->arena, &packed);
    if (status != STATUS_OK)
        return status;
    drop_inputs(batch, &packed, &random);
    struct dropout dropout = {batch->training->dropout, &random};
    status = network_run(&run, &batch->weights, &packed, dropout, &shard->arena, NULL);
    if (status != STATUS_OK)
        return status;
    const float *dscores = differentiate(batch, shard, &run);
    return dscores == NULL ? STATUS_NO_MEMORY
                           : network_backward(&run, dscores, shard->gradients, NULL);
}

static void gradient_task(void *context, size_t index)
{
    struct batch *batch = context;
    struct shard *shard = &batch->shards[index];

    shard->status = shard_gradient(batch, shard, index);
    if (shard->arena.taken > BATCH_KEPT)
        arena_release(&shard->arena);
}

enum status batch_gradient(struct batch *batch, const float *params,
                           const struct example *const *examples, size_t count,
                           uint64_t stream, double *loss, struct error *err)
{
    size_t shards = (count + BATCH_SHARD - 1) / BATCH_SHARD;
    float *sum = batch->shards[0].gradients;
    size_t targets = 0, floats = batch->model->tensors.floats;

    for (size_t i = 0; i < count; i++)
        targets += example_targets(batch->model, examples[i]);
    batch->weight = 1.0 / (double)targets;
    arena_reset_merge(&batch->packing);
    if (weights_pack(&batch->weights, batch->model, params, &batch->packing, err) !=
        STATUS_OK)
        return STATUS_NO_MEMORY;
    deal(batch, examples, count, shards);
    batch->stream = stream;
    workers_run(batch->workers, gradient_task, batch, shards);
    *loss = 0.0;
    for (size_t i = 0; i < shards; i++) {
        const float *gradients = batch->shards[i].gradients;
        if (batch->shards[i].status != STATUS_OK)
            return error_set(err, batch->shards[i].status, "", "%s",
                             triage_status_text(batch->shards[i].status));
        *loss += batch->shards[i].loss * batch->weight;
        if (i > 0)
            batch->weights.kernels->add_rows(1, floats, gradients, floats, sum);
    }
    return STATUS_OK;
}

static enum status chunk_scores(const struct batch *batch, size_t index,
                                struct arena *arena)
{
    size_t first = index * BATCH_CHUNK, C = batch->model->action_count;
    size_t count = batch->count - first;
    struct dropout none = {0.0, NULL};
    struct packed packed;
    struct network_run run;
    enum status status = pack(batch, batch->examples + first,
                              count < BATCH_CHUNK ? count : BATCH_CHUNK, arena, &packed);

    if (status == STATUS_OK)
        status = network_run(&run, &batch->weights, &packed, none, arena, NULL);
    for (uint32_t b = 0; status == STATUS_OK && b < packed.rows; b++) {
        const struct example *example = batch->examples[first + packed.order[b]];
        float *scores = batch->scores + batch->first[first + packed.order[b]] * C;
        for (uint32_t t = 0; t < example->history.length; t++)
            if (is_target(batch->model, example_action(example, t))) {
                memcpy(scores, run.scores + network_head(&run, b, t) * C,
                       C * sizeof *scores);
                scores += C;
            }
    }
    return status;
}

static void scores_task(void *context, size_t index)
{
    struct batch *batch = context;
    struct arena arena;

    arena_init(&arena, SIZE_MAX);
    if (chunk_scores(batch, index, &arena) != STATUS_OK)
        atomic_store(&batch->has_failed, true);
    arena_release(&arena);
}

enum status batch_scores(struct batch *batch, const float *params,
                         const struct example *const *examples, size_t count,
                         float *scores, struct error *err)
{
    size_t *first = calloc(count + 1, sizeof *first);

    if (first == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        first[i + 1] = first[i] + example_targets(batch->model, examples[i]);
    arena_reset_merge(&batch->packing);
    if (weights_pack(&batch->weights, batch->model, params, &batch->packing, err) !=
        STATUS_OK) {
        free(first);
        return STATUS_NO_MEMORY;
    }
    batch->examples = examples;
    batch->count = count;
    batch->scores = scores;
    batch->first = first;
    atomic_store(&batch->has_failed, false);
    workers_run(batch->workers, scores_task, batch,
                (count + BATCH_CHUNK - 1) / BATCH_CHUNK);
    size_t floats = first[count] * batch->model->action_count;
    free(first);
    batch->first = NULL;
    if (atomic_load(&batch->has_failed))
        return error_no_memory(err);
    for (size_t i = 0; i < floats; i++)
        if (!isfinite(scores[i]))
            return error_set(err, STATUS_NOT_FINITE, "", "%s",
                             triage_status_text(STATUS_NOT_FINITE));
    return STATUS_OK;
}

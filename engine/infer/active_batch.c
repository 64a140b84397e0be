/*
 * The active batch: memory, rows that come and go, and steps in one and in two directions.
 */
#include "infer/active_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

/* ---- states ------------------------------------------------------------------------------------
 *
 * One direction: for each layer two states of H floats, old and new by turns, which the parity of
 * row->next tells apart; then, in an LSTM, the cell state of each layer; then, with an attention
 * head, the context and a running softmax.
 *
 * Self-attention: the state of the last layer; then, with an attention head, the same; then the
 * memory of the row.
 *
 * Two directions: the final state [2H] only.
 */

static float *states_of(const struct active_batch *batch, const struct row *row)
{
    return batch->states + row->states_index * batch->row_floats;
}

static float *old_state(const struct active_batch *batch, const struct row *row,
                        uint32_t layer)
{
    return states_of(batch, row) + (2 * layer + (row->next & 1)) * batch->state_floats;
}

static float *new_state(const struct active_batch *batch, const struct row *row,
                        uint32_t layer)
{
    return states_of(batch, row) +
           (2 * layer + ((row->next + 1) & 1)) * batch->state_floats;
}

static float *cell_state(const struct active_batch *batch, const struct row *row,
                         uint32_t layer)
{
    return states_of(batch, row) + (2 * batch->packed->L + layer) * batch->state_floats;
}

static size_t recurrent_states(const struct packed_weights *packed)
{
    if (packed->blocks.layers)
        return 1;
    return (packed->has_cell_state ? 3u : 2u) * (size_t)packed->L;
}

static float *context_of(const struct active_batch *batch, const struct row *row)
{
    return states_of(batch, row) + recurrent_states(batch->packed) * batch->state_floats;
}

static struct running_softmax *softmax_of(const struct active_batch *batch,
                                          const struct row *row)
{
    return (struct running_softmax *)(context_of(batch, row) + batch->state_floats);
}

/* With self-attention: the memory at the end of the row's states. */
static float *memory_of(const struct active_batch *batch, const struct row *row)
{
    return states_of(batch, row) + batch->row_floats - batch->memory.floats;
}

const float *active_batch_context(const struct active_batch *batch, const struct row *row)
{
    return context_of(batch, row);
}

const struct running_softmax *active_batch_softmax(const struct active_batch *batch,
                                                   const struct row *row)
{
    return softmax_of(batch, row);
}

const float *active_batch_last_state(const struct active_batch *batch,
                                     const struct row *row)
{
    if (batch->packed->blocks.layers)
        return states_of(batch, row);
    return old_state(batch, row, batch->packed->L - 1);
}

const float *active_batch_final_state(const struct active_batch *batch,
                                      const struct row *row)
{
    return batch->packed->D == 1 ? active_batch_last_state(batch, row)
                                 : states_of(batch, row);
}

/* ---- memory ------------------------------------------------------------------------------------ */

/* By malloc, because the arena would clear it: short histories never touch most of it. */
static bool allocate_sequences(struct active_batch *batch)
{
    size_t bytes;

    if (batch->packed->D == 1 || batch->packed->L == 1)
        return true;
    if (!size_multiply(batch->max_steps, 2 * sizeof(float) * batch->packed->H, &bytes))
        return false;
    batch->sequence[0] = malloc(bytes);
    batch->sequence[1] = malloc(bytes);
    return batch->sequence[0] && batch->sequence[1];
}

static bool allocate_states(struct active_batch *batch)
{
    const struct packed_weights *packed = batch->packed;
    const bool has_attention = packed->attention.w != NULL;
    size_t work = kernels_work(packed->kernels, packed->G, packed->H);
    size_t floats;

    batch->state_floats = kernels_padded(packed->H);
    batch->gates_floats = kernels_padded(packed->GH);
    batch->row_floats = packed->D == 2 ? kernels_padded(2 * packed->H)
                                       : recurrent_states(packed) * batch->state_floats;
    if (has_attention)
        batch->row_floats += batch->state_floats + KERNELS_LANES;
    if (packed->blocks.layers) {
        batch->memory = memory_shape_of(&packed->blocks, batch->max_steps);
        batch->row_floats += batch->memory.floats;
        work = self_attention_work(packed->kernels, &packed->blocks, batch->memory);
    }
    const size_t gate_inputs = packed->kernels->rows * batch->gates_floats;
    const size_t hidden = has_attention ? packed->kernels->rows * batch->state_floats : 0;
    if (!size_multiply(batch->max_rows, batch->row_floats, &floats) ||
        !size_add(floats, gate_inputs + work + hidden + 3 * batch->state_floats,
                  &floats) ||
        floats > SIZE_MAX / sizeof(float))
        return false;
    batch->states = aligned_alloc(KERNELS_LANES * sizeof(float), floats * sizeof(float));
    if (!batch->states)
        return false;
    batch->gate_inputs = batch->states + batch->max_rows * batch->row_floats;
    batch->work = batch->gate_inputs + gate_inputs;
    batch->hidden = batch->work + work;
    batch->h[0] = batch->hidden + hidden;
    batch->h[1] = batch->h[0] + batch->state_floats;
    batch->c = batch->h[1] + batch->state_floats;
    return true;
}

enum status active_batch_init(struct active_batch *batch,
                              const struct packed_weights *packed, uint32_t max_rows,
                              uint32_t max_steps, struct error *err)
{
    *batch = (struct active_batch){
        .packed = packed, .max_rows = max_rows, .max_steps = max_steps};
    arena_init(&batch->arena, SIZE_MAX);
    batch->rows = arena_array(&batch->arena, max_rows, sizeof *batch->rows);
    batch->ring = arena_array(&batch->arena, max_rows, sizeof *batch->ring);
    batch->free_states = arena_array(&batch->arena, max_rows, sizeof *batch->free_states);
    if (!batch->rows || !batch->ring || !batch->free_states ||
        !allocate_sequences(batch) || !allocate_states(batch))
        return error_no_memory(err);
    for (uint32_t i = 0; i < max_rows; i++)
        batch->free_states[i] = max_rows - 1 - i;
    return STATUS_OK;
}

void active_batch_release(struct active_batch *batch)
{
    free(batch->states);
    free(batch->sequence[0]);
    free(batch->sequence[1]);
    arena_release(&batch->arena);
}

/* ---- rows -------------------------------------------------------------------------------------- */

/* Put the states of a row that is no longer counted as active or done back on the stack. */
static void release_states(struct active_batch *batch, const struct row *row)
{
    size_t free_count = batch->max_rows - active_batch_rows(batch);

    batch->free_states[free_count - 1] = row->states_index;
}

/* A new active row, the last one, with states from the stack. */
static struct row *add_row(struct active_batch *batch, const struct history *history,
                           void *owner)
{
    size_t free_count = batch->max_rows - active_batch_rows(batch);
    struct row *row = &batch->rows[batch->active];

    *row = (struct row){.history = history,
                        .owner = owner,
                        .states_index = batch->free_states[free_count - 1]};
    batch->active++;
    return row;
}

void active_batch_admit(struct active_batch *batch, const struct history *history,
                        struct included *included, float *scores, void *owner)
{
    struct row *row = add_row(batch, history, owner);

    row->included = included;
    row->scores = scores;
    if (batch->packed->D == 2)
        return;
    if (batch->packed->blocks.layers)
        memory_clear(memory_of(batch, row));
    for (uint32_t l = 0; l < batch->packed->L && !batch->packed->blocks.layers; l++) {
        memset(old_state(batch, row, l), 0, batch->state_floats * sizeof(float));
        if (batch->packed->has_cell_state)
            memset(cell_state(batch, row, l), 0, batch->state_floats * sizeof(float));
    }
    if (batch->packed->attention.w)
        memset(context_of(batch, row), 0, batch->state_floats * sizeof(float));
}

/* The parity of next stays, because it tells old states from new ones; and 0 is the first event. */
void active_batch_fork(struct active_batch *batch, const struct active_batch *other,
                       const struct row *from, struct history *history, void *owner)
{
    struct row *row = add_row(batch, history, owner);

    row->next = from->next % 2 == 1 ? 1 : 2;
    history->length = row->next + 1;
    memcpy(states_of(batch, row), states_of(other, from),
           (batch->row_floats - batch->memory.floats) * sizeof(float));
    if (batch->packed->blocks.layers)
        memory_copy(&batch->packed->blocks, batch->memory, memory_of(batch, row),
                    memory_of(other, from));
}

/* Close the gap of an active row that has moved to the ring or is dropped. */
static void close_gap(struct active_batch *batch, uint32_t i)
{
    batch->active--;
    memmove(batch->rows + i, batch->rows + i + 1,
            (batch->active - i) * sizeof *batch->rows);
    if (i == 0)
        batch->position = (struct position){0};
}

static void ring_add(struct active_batch *batch, const struct row *row)
{
    batch->ring[(batch->ring_first + batch->done) % batch->max_rows] = *row;
    batch->done++;
}

const struct row *active_batch_first_done(const struct active_batch *batch)
{
    return batch->done > 0 ? &batch->ring[batch->ring_first] : NULL;
}

void active_batch_free_first_done(struct active_batch *batch)
{
    const struct row *row = &batch->ring[batch->ring_first];

    batch->ring_first = (batch->ring_first + 1) % batch->max_rows;
    batch->done--;
    release_states(batch, row);
}

const struct row *active_batch_find(const struct active_batch *batch, const void *owner)
{
    for (uint32_t i = 0; i < batch->active; i++)
        if (batch->rows[i].owner == owner)
            return &batch->rows[i];
    for (uint32_t i = 0; i < batch->done; i++) {
        const struct row *row = &batch->ring[(batch->ring_first + i) % batch->max_rows];
        if (row->owner == owner)
            return row;
    }
    return NULL;
}

void active_batch_drop(struct active_batch *batch, const void *owner)
{
    for (uint32_t i = 0; i < batch->active; i++)
        if (batch->rows[i].owner == owner) {
            const struct row row = batch->rows[i];
            close_gap(batch, i);
            release_states(batch, &row);
            return;
        }
    for (uint32_t i = 0; i < batch->done; i++) {
        const struct row row = batch->ring[(batch->ring_first + i) % batch->max_rows];
        if (row.owner != owner)
            continue;
        for (; i + 1 < batch->done; i++)
            batch->ring[(batch->ring_first + i) % batch->max_rows] =
                batch->ring[(batch->ring_first + i + 1) % batch->max_rows];
        batch->done--;
        release_states(batch, &row);
        return;
    }
}

/* ---- slots: one step of a layer for some rows -------------------------------------------------- */

struct slots {
    uint32_t count;
    struct row *rows[KERNELS_ROWS];
    uint32_t left[KERNELS_ROWS]; /* events of the row's slice */
    const float *gx[KERNELS_ROWS], *h[KERNELS_ROWS], *values[KERNELS_ROWS];
    float *next[KERNELS_ROWS], *c[KERNELS_ROWS];
    float *gate_inputs[KERNELS_ROWS];
    struct step_rows step; /* points to the arrays above */
};

static void slots_init(struct slots *slots, const struct active_batch *batch)
{
    *slots = (struct slots){
        .step = {.gx = slots->gx,
                 .h = slots->h,
                 .next = slots->next,
                 .c = batch->packed->has_cell_state ? slots->c : NULL,
                 .work = batch->work},
    };
}

/* Slot i reads event t in layer 0, without its numbers, which add_numbers adds in all slots. */
static void read_event(struct slots *slots, uint32_t i,
                       const struct packed_weights *packed, uint32_t direction,
                       const struct history *history, uint32_t t)
{
    const uint32_t *ids =
        history->ids + (size_t)t * packed->ids_stride + packed->ids_first;

    slots->gx[i] = packed_weights_lookup(packed, direction, ids, slots->gate_inputs[i]);
    if (packed->F > 0)
        slots->values[i] = history->values + (size_t)t * packed->F;
}

static void add_numbers(struct slots *slots, const struct packed_weights *packed,
                        uint32_t direction)
{
    if (packed->F > 0)
        packed->kernels->product(slots->count, packed->F, packed->GH,
                                 packed->layers[direction].w, slots->values,
                                 slots->gate_inputs);
}

/* All slots read the outputs [count] -> [D*H] of the layer below. */
static void read_layer_below(struct slots *slots, const struct packed_weights *packed,
                             const struct packed_layer *layer, const float *const *below)
{
    for (uint32_t i = 0; i < slots->count; i++) {
        memcpy(slots->gate_inputs[i], layer->bias, packed->GH * sizeof(float));
        slots->gx[i] = slots->gate_inputs[i];
    }
    packed->kernels->product(slots->count, (size_t)packed->D * packed->H, packed->GH,
                             layer->w, below, slots->gate_inputs);
}

/* ---- one direction ----------------------------------------------------------------------------- */

/* The scores of the states in all slots, by the attention head, which are 0 before. */
static void score(const struct active_batch *batch, const struct slots *slots,
                  float scores[KERNELS_ROWS])
{
    const struct packed_weights *packed = batch->packed;
    const struct kernels *kernels = packed->kernels;
    const size_t count = slots->count, H = packed->H;
    float *hidden[KERNELS_ROWS] = {NULL}, *to[KERNELS_ROWS] = {NULL};

    for (size_t i = 0; i < count; i++) {
        hidden[i] = batch->hidden + i * batch->state_floats;
        to[i] = &scores[i];
        memcpy(hidden[i], packed->attention.bias, H * sizeof(float));
    }
    kernels->product(count, H, H, packed->attention.w, (const float *const *)slots->next,
                     hidden);
    for (size_t i = 0; i < count; i++)
        kernels->tanhs(H, hidden[i]);
    kernels->product(count, H, 1, packed->attention.query, (const float *const *)hidden,
                     to);
}

/* The events in all slots have been read, and slots->next has the states after them. */
static void end_events(const struct active_batch *batch, const struct slots *slots)
{
    const struct packed_weights *packed = batch->packed;
    const bool has_attention = packed->attention.w != NULL;
    float scores[KERNELS_ROWS] = {0.0f};

    if (has_attention)
        score(batch, slots, scores);
    for (size_t i = 0; i < slots->count; i++) {
        struct row *row = slots->rows[i];
        if (has_attention) {
            float share =
                running_softmax_add(softmax_of(batch, row), scores[i], row->next == 0);
            packed->kernels->move_mean(packed->H, share, slots->next[i],
                                       context_of(batch, row));
            if (row->scores)
                row->scores[row->next] = scores[i];
        }
        row->next++;
    }
}

/* One more event in every slot. */
static void step_slots(struct active_batch *batch, struct slots *slots)
{
    const struct packed_weights *packed = batch->packed;

    slots->step.count = slots->count;
    slots->step.is_backwards = !slots->step.is_backwards;
    for (uint32_t i = 0; i < slots->count; i++)
        read_event(slots, i, packed, 0, slots->rows[i]->history, slots->rows[i]->next);
    add_numbers(slots, packed, 0);
    for (uint32_t l = 0; l < packed->L; l++) {
        if (l > 0)
            read_layer_below(slots, packed, &packed->layers[l],
                             (const float *const *)slots->next);
        for (uint32_t i = 0; i < slots->count; i++) {
            slots->h[i] = old_state(batch, slots->rows[i], l);
            slots->next[i] = new_state(batch, slots->rows[i], l);
            if (packed->has_cell_state)
                slots->c[i] = cell_state(batch, slots->rows[i], l);
        }
        packed->step(&packed->layers[l].recurrence, &slots->step);
    }
    end_events(batch, slots);
}

/* Give a row a slot for a slice of steps events, or of those that are left. */
static void take_slot(const struct active_batch *batch, struct slots *slots,
                      struct row *row, uint32_t steps)
{
    uint32_t i = slots->count, left = row->history->length - row->next;

    slots->rows[i] = row;
    slots->left[i] = left < steps ? left : steps;
    slots->gate_inputs[i] = batch->gate_inputs + i * batch->gates_floats;
    slots->count++;
}

/*
 * Run until the shortest remaining slice is used up.  Rows whose slice is used up leave their
 * slots; those that are done go to the ring.
 */
static void run_slots(struct active_batch *batch, struct slots *slots)
{
    uint32_t events = slots->left[0];

    for (uint32_t i = 1; i < slots->count; i++)
        events = slots->left[i] < events ? slots->left[i] : events;
    for (uint32_t i = 0; i < events; i++)
        step_slots(batch, slots);
    for (uint32_t i = 0; i < slots->count; i++)
        slots->left[i] -= events;
    for (uint32_t i = slots->count; i-- > 0;)
        if (slots->left[i] == 0) {
            if (slots->rows[i]->next == slots->rows[i]->history->length)
                ring_add(batch, slots->rows[i]);
            slots->count--;
            slots->rows[i] = slots->rows[slots->count];
            slots->left[i] = slots->left[slots->count];
        }
}

/* Keep the active rows that have events left. */
static void remove_done(struct active_batch *batch)
{
    const uint32_t active = batch->active;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < active; i++)
        if (batch->rows[i].next < batch->rows[i].history->length)
            batch->rows[kept++] = batch->rows[i];
    batch->active = kept;
}

static void step_one_direction(struct active_batch *batch, uint32_t steps)
{
    const uint32_t active = batch->active;
    uint32_t taken = 0;
    struct slots slots;

    slots_init(&slots, batch);
    do {
        while (slots.count < batch->packed->kernels->rows && taken < active)
            take_slot(batch, &slots, &batch->rows[taken++], steps);
        run_slots(batch, &slots);
    } while (slots.count > 0 || taken < active);
    remove_done(batch);
}

/* ---- self-attention ---------------------------------------------------------------------------- */

/* Run the events in the slots through all layers, and empty the slots. */
static void run_events(struct active_batch *batch, struct slots *slots)
{
    const struct packed_weights *packed = batch->packed;
    float *memory[KERNELS_ROWS];
    const struct self_attention_step step = {.kernels = packed->kernels,
                                             .blocks = &packed->blocks,
                                             .shape = batch->memory,
                                             .count = slots->count,
                                             .x = slots->next,
                                             .memory = memory,
                                             .values = slots->values,
                                             .work = batch->work};

    add_numbers(slots, packed, 0);
    for (uint32_t i = 0; i < slots->count; i++) {
        slots->next[i] = slots->gate_inputs[i];
        if (slots->gx[i] != slots->next[i])
            memcpy(slots->next[i], slots->gx[i], packed->H * sizeof(float));
        memory[i] = memory_of(batch, slots->rows[i]);
    }
    self_attention_run(&step);
    for (uint32_t i = 0; i < slots->count; i++) {
        struct row *row = slots->rows[i];
        memcpy(states_of(batch, row), slots->next[i], packed->H * sizeof(float));
    }
    end_events(batch, slots);
    slots->count = 0;
}

static void step_self_attention(struct active_batch *batch, uint32_t steps)
{
    const struct packed_weights *packed = batch->packed;
    struct slots slots;

    slots_init(&slots, batch);
    for (uint32_t i = 0; i < batch->active; i++) {
        struct row *row = &batch->rows[i];
        const uint32_t first = row->next, left = row->history->length - first;
        const uint32_t end = first + (left < steps ? left : steps);
        for (uint32_t t = first; t < end; t++) {
            const uint32_t slot = slots.count++;
            slots.rows[slot] = row;
            slots.gate_inputs[slot] = batch->gate_inputs + slot * batch->gates_floats;
            read_event(&slots, slot, packed, 0, row->history, t);
            if (slots.count == packed->kernels->rows)
                run_events(batch, &slots);
        }
    }
    if (slots.count > 0)
        run_events(batch, &slots);
    for (uint32_t i = 0; i < batch->active; i++)
        if (batch->rows[i].next == batch->rows[i].history->length)
            ring_add(batch, &batch->rows[i]);
    remove_done(batch);
}

/* ---- two directions ---------------------------------------------------------------------------- */

/* One layer in one direction is done, with the state h: go on to the next, or end the row. */
static void next_direction(struct active_batch *batch, const float *h)
{
    const struct packed_weights *packed = batch->packed;
    struct position *position = &batch->position;

    if (position->layer == packed->L - 1)
        memcpy(states_of(batch, &batch->rows[0]) + position->direction * packed->H, h,
               packed->H * sizeof *h);
    position->events = 0;
    position->direction = 1 - position->direction;
    if (position->direction == 0)
        position->layer++;
    if (position->layer == packed->L) {
        ring_add(batch, &batch->rows[0]);
        close_gap(batch, 0);
    }
}

/* One more event of the oldest row, in the layer and direction of its position. */
static void step_oldest(struct active_batch *batch, struct slots *slots)
{
    const struct packed_weights *packed = batch->packed;
    struct position *position = &batch->position;
    const struct history *history = batch->rows[0].history;
    const uint32_t H = packed->H, l = position->layer, d = position->direction;
    const struct packed_layer *layer = &packed->layers[l * 2 + d];
    const uint32_t t = d == 0 ? position->events : history->length - 1 - position->events;
    const uint32_t odd = position->events & 1;

    if (position->events == 0) {
        memset(batch->h[0], 0, H * sizeof *batch->h[0]);
        memset(batch->c, 0, H * sizeof *batch->c);
    }
    slots->h[0] = batch->h[odd];
    slots->next[0] = batch->h[1 - odd];
    slots->step.is_backwards = odd;
    if (l == 0) {
        read_event(slots, 0, packed, d, history, t);
        add_numbers(slots, packed, d);
    } else {
        const float *below = batch->sequence[(l - 1) % 2] + (size_t)t * 2 * H;
        read_layer_below(slots, packed, layer, &below);
    }
    packed->step(&layer->recurrence, &slots->step);
    if (l + 1 < packed->L)
        memcpy(batch->sequence[l % 2] + ((size_t)t * 2 + d) * H, slots->next[0],
               H * sizeof(float));
    position->events++;
    if (position->events == history->length)
        next_direction(batch, slots->next[0]);
}

static void step_two_directions(struct active_batch *batch, uint32_t steps)
{
    uint64_t left = (uint64_t)steps * batch->active;
    struct slots slots;

    slots_init(&slots, batch);
    slots.count = 1;
    slots.step.count = 1;
    slots.gate_inputs[0] = batch->gate_inputs;
    slots.c[0] = batch->c;
    for (; left > 0 && batch->active > 0; left--)
        step_oldest(batch, &slots);
}

void active_batch_step(struct active_batch *batch, uint32_t steps)
{
    if (steps == 0 || batch->active == 0)
        return;
    if (batch->packed->blocks.layers)
        step_self_attention(batch, steps);
    else if (batch->packed->D == 1)
        step_one_direction(batch, steps);
    else
        step_two_directions(batch, steps);
}

/* See running.h. */
#include "infer/active_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "infer/slots.h"

/* ---- places -------------------------------------------------------------------------------- */

static size_t padded(size_t floats)
{
    return (floats + KERNELS_LANES - 1) / KERNELS_LANES * KERNELS_LANES;
}

/* The old (0) or new (1) state of a layer, after an even number of events; odd, the reverse. */
static float *state(const struct classifier *x, const struct row *row, uint32_t layer,
                    uint32_t which)
{
    return x->states + row->place * x->place_floats +
           (2 * layer + ((row->next + which) & 1)) * x->padded;
}

/* What an LSTM remembers beside its state. */
static float *memory(const struct classifier *x, const struct row *row, uint32_t layer)
{
    return x->states + row->place * x->place_floats +
           (2 * x->fold->L + layer) * x->padded;
}

float *running_halves(const struct classifier *x, const struct row *row)
{
    return x->states + row->place * x->place_floats;
}

const float *running_top(const struct classifier *x, const struct row *row)
{
    return state(x, row, x->fold->L - 1, 0);
}

const float *running_final(const struct classifier *x, const struct row *row)
{
    return x->fold->D == 1 ? running_top(x, row) : running_halves(x, row);
}

/* Not from the arena, which would clear it: memory that long histories alone touch. */
static bool take_sequences(struct classifier *x)
{
    size_t bytes;

    if (x->fold->D == 1 || x->fold->L == 1)
        return true;
    if (!size_multiply(x->max_steps, 2 * sizeof(float) * x->fold->H, &bytes))
        return false;
    x->sequence[0] = malloc(bytes);
    x->sequence[1] = malloc(bytes);
    return x->sequence[0] != NULL && x->sequence[1] != NULL;
}

bool running_init(struct classifier *x)
{
    const struct packed_weights *fold = x->fold;
    size_t rooms, work = kernels_work(fold->kernels, fold->G, fold->H), floats;

    x->rows = arena_array(&x->arena, x->max_rows, sizeof *x->rows);
    x->ring = arena_array(&x->arena, x->max_rows, sizeof *x->ring);
    x->places = arena_array(&x->arena, x->max_rows, sizeof *x->places);
    if (x->rows == NULL || x->ring == NULL || x->places == NULL || !take_sequences(x))
        return false;
    for (uint32_t place = 0; place < x->max_rows; place++)
        x->places[place] = x->max_rows - 1 - place;

    x->has_memory = x->model->trained->spec.cell == CELL_LSTM;
    x->padded = padded(fold->H);
    x->room_floats = padded(fold->GH);
    rooms = fold->kernels->rows * x->room_floats;
    x->place_floats = fold->D == 2 ? padded(2 * fold->H)
                                   : (x->has_memory ? 3u : 2u) * fold->L * x->padded;
    if (!size_multiply(x->max_rows, x->place_floats, &floats) ||
        !size_add(floats, rooms + work + 3 * x->padded, &floats) ||
        floats > SIZE_MAX / sizeof(float))
        return false;
    x->states = aligned_alloc(KERNELS_LANES * sizeof(float), floats * sizeof(float));
    if (x->states == NULL)
        return false;
    x->rooms = x->states + x->max_rows * x->place_floats;
    x->work = x->rooms + rooms;
    x->h[0] = x->work + work;
    x->h[1] = x->h[0] + x->padded;
    x->c = x->h[1] + x->padded;
    return true;
}

void running_release(struct classifier *x)
{
    free(x->states);
    free(x->sequence[0]);
    free(x->sequence[1]);
}

static uint32_t *free_place(const struct classifier *x)
{
    return x->places + (x->max_rows - x->running - x->ended);
}

void running_admit(struct classifier *x, const struct history *history, void *owner)
{
    struct row *row = &x->rows[x->running];

    *row = (struct row){history, owner, 0, free_place(x)[-1]};
    x->running++;
    if (x->fold->D == 2)
        return;
    for (uint32_t l = 0; l < x->fold->L; l++) {
        memset(state(x, row, l, 0), 0, x->padded * sizeof(float));
        if (x->has_memory)
            memset(memory(x, row, l), 0, x->padded * sizeof(float));
    }
}

void running_end(struct classifier *x, const struct row *row)
{
    x->ring[(x->first + x->ended) % x->max_rows] = *row;
    x->ended++;
}

void running_finish(struct classifier *x)
{
    *free_place(x) = x->ring[x->first].place;
    x->first = (x->first + 1) % x->max_rows;
    x->ended--;
}

void running_forget(struct classifier *x, uint32_t i)
{
    *free_place(x) = x->ring[(x->first + i) % x->max_rows].place;
    for (; i + 1 < x->ended; i++)
        x->ring[(x->first + i) % x->max_rows] = x->ring[(x->first + i + 1) % x->max_rows];
    x->ended--;
}

void running_close(struct classifier *x, uint32_t row)
{
    memmove(x->rows + row, x->rows + row + 1, (x->running - 1 - row) * sizeof *x->rows);
    x->running--;
    if (row == 0)
        x->walk = (struct walk){0, 0, 0};
}

void running_remove(struct classifier *x, uint32_t row)
{
    *free_place(x) = x->rows[row].place;
    running_close(x, row);
}

/* ---- one direction ------------------------------------------------------------------------- */

/* One event further in every slot. */
static void step_slots(struct classifier *x, struct slots *slots)
{
    const struct packed_weights *fold = x->fold;

    slots->step.count = slots->count;
    slots->step.is_backwards = !slots->step.is_backwards;
    for (uint32_t i = 0; i < slots->count; i++)
        slots_event(slots, i, fold, 0, slots->rows[i]->history, slots->rows[i]->next);
    slots_numbers(slots, fold, 0);
    for (uint32_t l = 0; l < fold->L; l++) {
        if (l > 0)
            slots_layer(slots, fold, &fold->passes[l], (const float *const *)slots->next);
        for (uint32_t i = 0; i < slots->count; i++) {
            slots->h[i] = state(x, slots->rows[i], l, 0);
            slots->next[i] = state(x, slots->rows[i], l, 1);
            if (slots->step.c != NULL)
                slots->c[i] = memory(x, slots->rows[i], l);
        }
        fold->step(&fold->passes[l].cell, &slots->step);
    }
    for (uint32_t i = 0; i < slots->count; i++)
        slots->rows[i]->next++;
}

/* Give a row a slot for so many events, or as many as it has. */
static void take_slot(struct slots *slots, struct row *row, uint32_t steps)
{
    uint32_t left = row->history->length - row->next;

    slots->rows[slots->count] = row;
    slots->left[slots->count] = left < steps ? left : steps;
    slots->count++;
}

/* Run until the first turn is over; rows whose turn it was leave, and who has ended, ends. */
static void run_slots(struct classifier *x, struct slots *slots)
{
    uint32_t events = slots->left[0];

    for (uint32_t i = 1; i < slots->count; i++)
        events = slots->left[i] < events ? slots->left[i] : events;
    for (uint32_t i = 0; i < events; i++)
        step_slots(x, slots);
    for (uint32_t i = 0; i < slots->count; i++)
        slots->left[i] -= events;
    for (uint32_t i = slots->count; i-- > 0;)
        if (slots->left[i] == 0) {
            if (slots->rows[i]->next == slots->rows[i]->history->length)
                running_end(x, slots->rows[i]);
            slots->count--;
            slots->rows[i] = slots->rows[slots->count];
            slots->left[i] = slots->left[slots->count];
        }
}

static void drop_ended(struct classifier *x)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < x->running; i++)
        if (x->rows[i].next < x->rows[i].history->length)
            x->rows[kept++] = x->rows[i];
    x->running = kept;
}

static void step_rows(struct classifier *x, uint32_t steps)
{
    struct slots slots;
    uint32_t taken = 0;

    slots_init(&slots, x);
    do {
        while (slots.count < x->fold->kernels->rows && taken < x->running)
            take_slot(&slots, &x->rows[taken++], steps);
        run_slots(x, &slots);
    } while (slots.count > 0 || taken < x->running);
    drop_ended(x);
}

void running_step(struct classifier *x, uint32_t steps)
{
    if (steps == 0 || x->running == 0)
        return;
    if (x->fold->D == 1)
        step_rows(x, steps);
    else
        walk_steps(x, steps);
}

/* See slots.h. */
#include "infer/slots.h"

#include <string.h>

void slots_init(struct slots *slots, const struct classifier *x)
{
    slots->count = 0;
    for (size_t i = 0; i < x->fold->kernels->rows; i++)
        slots->rooms[i] = x->rooms + i * x->room_floats;
    slots->step = (struct step_rows){.gx = slots->gx,
                                     .h = slots->h,
                                     .next = slots->next,
                                     .c = x->has_memory ? slots->c : NULL,
                                     .work = x->work};
}

void slots_event(struct slots *slots, uint32_t i, const struct packed_weights *fold,
                 uint32_t direction, const struct history *history, uint32_t t)
{
    slots->gx[i] = packed_weights_values(
        fold, direction, history->ids + (size_t)t * fold->K, slots->rooms[i]);
    if (fold->F > 0)
        slots->values[i] = history->values + (size_t)t * fold->F;
}

void slots_numbers(struct slots *slots, const struct packed_weights *fold,
                   uint32_t direction)
{
    if (fold->F > 0)
        fold->kernels->product(slots->count, fold->F, fold->GH, fold->passes[direction].w,
                               slots->values, slots->rooms);
}

void slots_layer(struct slots *slots, const struct packed_weights *fold,
                 const struct packed_layer *pass, const float *const *below)
{
    for (uint32_t i = 0; i < slots->count; i++) {
        memcpy(slots->rooms[i], pass->bias, fold->GH * sizeof(float));
        slots->gx[i] = slots->rooms[i];
    }
    fold->kernels->product(slots->count, (size_t)fold->D * fold->H, fold->GH, pass->w,
                           below, slots->rooms);
}

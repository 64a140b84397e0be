/* See spec.h. */
#include "model/spec.h"

#include <stddef.h>

#include "base/option_table.h"

#define SPEC(member) offsetof(struct spec, member)

static const char *const cell_names[] = {"rnn", "lstm", "gru", NULL};
static const char *const reset_names[] = {"before", "after", NULL};
static const char *const update_names[] = {"keep", "write", NULL};

/* clang-format off */
static const struct option_def options[] = {
    {"cell", OPTION_CHOICE, SPEC(cell), "gru", 0, 0, cell_names, "kind of recurrence"},
    {"reset", OPTION_CHOICE, SPEC(reset), "after", 0, 0, reset_names, "GRU: reset before or after the recurrent product"},
    {"update", OPTION_CHOICE, SPEC(update), "keep", 0, 0, update_names, "GRU: z is the fraction of the state that is kept or written"},
    {"embedding", OPTION_U32, SPEC(embedding), "32", 0, 1024, NULL, "width of an event; 0: one-hot"},
    {"hidden", OPTION_U32, SPEC(hidden), "64", 1, 4096, NULL, "units in each layer"},
    {"layers", OPTION_U32, SPEC(layers), "1", 1, 8, NULL, "recurrent layers, stacked"},
    {"directions", OPTION_U32, SPEC(directions), "1", 1, 2, NULL, "2: also from the end"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
const struct option_def *const triage_spec_options = options;
/* clang-format on */

uint32_t triage_spec_gates(const struct spec *spec)
{
    static const uint32_t gates[] = {[CELL_RNN] = 1, [CELL_LSTM] = 4, [CELL_GRU] = 3};

    return gates[spec->cell];
}

const char *triage_spec_cell_name(const struct spec *spec)
{
    return cell_names[spec->cell];
}

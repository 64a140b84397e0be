/*
 * A description of a network for `show` and `check`: gates, equations, number of parameters.  All
 * texts are static.
 */
#ifndef TRIAGE_ARCHITECTURE_H
#define TRIAGE_ARCHITECTURE_H

#include <stddef.h>

#include "trainer.h"

enum { ARCHITECTURE_EQUATIONS = 10 };

/* Self-attention has no gates.  A gate of the cell, in the order of the weights: "r". */
const char *architecture_gate(const struct spec *spec, uint32_t gate);

/* All gates: "r, z, n". */
const char *architecture_gates(const struct spec *spec);

/* The cell and its conventions: "gru, reset after the recurrent product, z is ...". */
const char *architecture_cell(const struct spec *spec);

/* The equations of the cell, one a line; returns how many. */
size_t architecture_equations(const struct spec *spec,
                              const char *lines[ARCHITECTURE_EQUATIONS]);

/*
 * The number of parameters.  Two biases that only occur as a sum count as one; *stored receives the
 * number of floats in the file, where both are stored.
 */
size_t architecture_parameters(const struct model *model, size_t *stored);

#endif

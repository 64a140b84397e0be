/* A network in words and numbers: gates, equations, parameters.  For `show` and `check`. */
#ifndef TRIAGE_ARCHITECTURE_H
#define TRIAGE_ARCHITECTURE_H

#include <stddef.h>

#include "trainer.h"

enum { ARCHITECTURE_EQUATIONS = 6 };

/* The names are static. */

/* A gate of the cell, in the order of the weights: "r". */
const char *architecture_gate(const struct spec *spec, uint32_t gate);

/* All gates: "r, z, n". */
const char *architecture_gates(const struct spec *spec);

/* The cell and its conventions: "gru, reset after the recurrent product, z is ...". */
const char *architecture_cell(const struct spec *spec);

/* The equations of the cell, one a line; returns how many. */
size_t architecture_equations(const struct spec *spec,
                              const char *lines[ARCHITECTURE_EQUATIONS]);

/*
 * The number of parameters, where two biases that are always added count once; *stored receives
 * the number of floats in the file.
 */
size_t architecture_parameters(const struct model *model, size_t *stored);

#endif

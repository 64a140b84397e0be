/* What the parts of a network are called, and how many numbers they are. */
#ifndef TRIAGE_ANATOMY_H
#define TRIAGE_ANATOMY_H

#include <stddef.h>

#include "trainer.h"

enum { ANATOMY_EQUATIONS = 6 };

/* "r": a gate of the cell, in the order in which weights are stored; borrowed, for ever. */
const char *anatomy_gate(const struct spec *spec, uint32_t gate);

/* "r, z, n" */
const char *anatomy_gates(const struct spec *spec);

/* Which cell by which convention, in words. */
const char *anatomy_convention(const struct spec *spec);

/* The cell's equations, one a line, by the spec's convention; returns how many. */
size_t anatomy_equations(const struct spec *spec, const char *lines[ANATOMY_EQUATIONS]);

/*
 * Parameters, two biases that are always added counted once; *stored receives how many
 * numbers the file holds.
 */
size_t anatomy_parameters(const struct model *model, size_t *stored);

#endif

/* The evaluation by how much of the histories is known, as tables for people and as JSON. */
#ifndef TRIAGE_KNOWN_OUTPUT_H
#define TRIAGE_KNOWN_OUTPUT_H

#include <stdio.h>

#include "base/strbuf.h"
#include "evaluation.h"

/* Print the tables; nothing if it was not evaluated. */
void known_output_print(const struct evaluation *evaluation, FILE *out);

/* Append the member "known", with the number of histories and a row for each share, or null. */
void known_output_write(const struct evaluation *evaluation, struct strbuf *text);

/* Append the member "calibration_test". */
void known_output_write_test(const struct calibration_test *test, struct strbuf *text);

#endif

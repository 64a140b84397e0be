/* A comparison as a table, as JSON and as charts. */
#ifndef TRIAGE_COMPARISON_OUTPUT_H
#define TRIAGE_COMPARISON_OUTPUT_H

#include "base/strbuf.h"
#include "compare/comparison.h"

/* Append a table with a column for each network, and one for the best baselines. */
void comparison_write_table(const struct comparison *comparison, struct strbuf *out);

/* Append one JSON object, with every training. */
void comparison_write_json(const struct comparison *comparison, struct strbuf *out);

/* Append an SVG file: the gradient by lag and the time by length, as far as they were measured. */
void comparison_write_svg(const struct comparison *comparison, struct strbuf *out);

#endif

/*
 * The last readings: every history decoded by the schema and put where it belongs.  Private to
 * the rooms that load examples.
 */
#ifndef TRIAGE_DECODE_H
#define TRIAGE_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "data/examples.h"
#include "data/survey.h"

struct decode {
    struct examples *examples; /* filled here */
    struct dataset *dataset;
    const struct survey *survey;
    const struct schema *schema;
    enum task target;
    bool is_raw; /* only the histories that learn, without what was right */
    bool has_handy_golden, lacks_posterior;
};

/* Take room for as many examples as the survey has lines. */
enum status decode_take(struct decode *decode, struct error *err);

/* Read all files; may be called again. */
enum status decode_read(struct decode *decode, bool is_raw, struct error *err);

#endif

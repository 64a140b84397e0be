/*
 * A sketch of a set of histories, to find out whether other histories are among them.
 *
 * Each history has a hash of all that the model reads of it: values, numbers and time features of
 * every event.  The sketch keeps the smallest hashes, at most SKETCH_HASHES, and how often each
 * occurs.  Hashes are uniform, so the histories below the largest kept hash are a random sample:
 * of another set, those below it are looked up, and the share that is found estimates the share of
 * all (bottom-k sketch, Cohen and Kaplan 2007).
 */
#ifndef TRIAGE_HISTORY_SKETCH_H
#define TRIAGE_HISTORY_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/schema.h"
#include "trainer.h"

enum { SKETCH_HASHES = 4096 };

struct history_sketch {
    uint64_t hashes[SKETCH_HASHES]; /* [count] ascending, of 40 bits */
    uint32_t counts[SKETCH_HASHES]; /* [count] histories with this hash, at least 1 */
    size_t count;
    bool is_complete; /* no hash was left out */
};

/* The hash of a history. */
uint64_t history_sketch_hash(const struct schema *schema, const struct history *history);

/* Fill a sketch of the examples [count].  STATUS_NO_MEMORY. */
enum status history_sketch_make(struct history_sketch *sketch,
                                const struct schema *schema,
                                const struct example *const *examples, size_t count,
                                struct error *err);

/* Append the sketch as base64. */
void history_sketch_write(const struct history_sketch *sketch, struct strbuf *text);

/* The inverse.  STATUS_BAD_FORMAT, STATUS_NO_MEMORY. */
enum status history_sketch_read(struct history_sketch *sketch, const char *text,
                                struct error *err);

#endif

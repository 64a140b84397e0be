/*
 * The golden history of a model file: one history, decoded by the decoder of requests.
 */
#ifndef TRIAGE_DECODER_H
#define TRIAGE_DECODER_H

#include "base/arena.h"
#include "base/error.h"
#include "engine.h"

enum { GOLDEN_MAX_EVENTS = 100000 };

/*
 * Decode a golden history.  Files are readable forever, so it accepts what requests no longer may
 * have: events without a name, times under a key that is not that of the time, placeholders.  Marks
 * of missing values and other forms of true and false are unknown values in it.
 */
enum status decoder_decode_golden(struct history *history, const struct schema *schema,
                                  const char *bytes, size_t length, struct arena *arena,
                                  struct error *err);

#endif

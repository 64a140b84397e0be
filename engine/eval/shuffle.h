/* A history whose events stand in random order, while time stands still. */
#ifndef TRIAGE_SHUFFLE_H
#define TRIAGE_SHUFFLE_H

#include "base/arena.h"
#include "base/random.h"
#include "engine.h"
#include "model/schema.h"

/*
 * The first length events of a history in random order, in the arena.  An event's ids and
 * its numbers move together; the inputs that are made from time stay at their places, as if
 * other things had happened at the same moments.
 */
enum status shuffle_history(struct history *shuffled, const struct history *history,
                            uint32_t length, const struct schema *schema,
                            struct random *random, struct arena *arena,
                            struct error *err);

#endif

/*
 * The histories that every bench uses, drawn from one seed: 8192 unless a bench says otherwise.
 * Lengths are lognormal with median 12 and mean 20, at most 200; event names are uniform among
 * e0 .. e63; one of eight actions follows from the first and the last event.
 */
#ifndef TRIAGE_WORKLOAD_H
#define TRIAGE_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "trainer.h"

enum { WORKLOAD_HISTORIES = 8192, WORKLOAD_NAMES = 64, WORKLOAD_ACTIONS = 8 };

extern const char *const workload_actions[WORKLOAD_ACTIONS];

struct workload {
    struct schema *schema;    /* owned */
    struct example *examples; /* [count], in the arena */
    size_t count;
    size_t events; /* of all histories */
    struct arena arena;
};

/* STATUS_NO_MEMORY. */
enum status workload_init(struct workload *workload, size_t count, struct error *err);
void workload_release(struct workload *workload);

/* A trainer with fresh weights for these histories.  Free it with triage_trainer_free. */
struct trainer *workload_trainer(const struct workload *workload, const struct spec *spec,
                                 const struct training *training, struct error *err);

#endif

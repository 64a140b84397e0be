/*
 * The histories that every bench works on: 8192 of them unless told otherwise, lengths
 * lognormal with median 12 and mean 20, cut at 200, names e0 .. e63 uniform, eight actions
 * that follow from the first and the last event.  Everything is drawn from one seed.
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
    size_t count, events;     /* events of all histories together */
    struct arena arena;
};

/* STATUS_NO_MEMORY. */
enum status workload_init(struct workload *workload, size_t count, struct error *err);
void workload_release(struct workload *workload);

/* A network with fresh weights for those histories; trainer_free it. */
struct trainer *workload_trainer(const struct workload *workload, const struct spec *spec,
                                 const struct training *training, struct error *err);

#endif

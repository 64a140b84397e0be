/*
 * What was learnt: schema, architecture, actions, weights.  Immutable once loaded.
 */
#ifndef TRIAGE_MODEL_H
#define TRIAGE_MODEL_H

#include "base/arena.h"
#include "base/digest.h"
#include "engine.h"
#include "model/schema.h"
#include "model/spec.h"
#include "model/tensors.h"

struct packed_weights; /* net/fold.h: the weights as running needs them */

struct model {
    struct arena arena; /* names, layout, texts */
    struct spec spec;
    enum task target;
    struct schema *schema; /* owned */
    struct layout layout;
    float *params;                        /* one block, see params.h; owned */
    const char **actions, **action_texts; /* the second: as JSON, with their quotes */
    uint32_t action_count;
    int numerics;       /* the file's; NUMERICS for a new one */
    float temperature;  /* logits are multiplied by float(1 / temperature) */
    const char *report; /* JSON text, or NULL */
    json_t *golden;     /* {"events", "probabilities", "fields"?}; owned, or NULL */
    char digest[sizeof "sha256:" + SHA256_HEX];

    const char
        *kernel; /* that runs it, when the bits are not those of numerics 1; or NULL */
    struct packed_weights *fold; /* owned; freed by packed_weights_free */
    void (*packed_weights_free)(struct packed_weights *fold);
};

/* An empty model, all zero but for its arena; or NULL. */
struct model *model_new(struct error *err);

/*
 * STATUS_BAD_INPUT for a second direction with a target that is asked for before the end: it
 * would see the future.
 */
enum status model_check_task(const struct model *model, struct error *err);

/* Copy and check the names of the actions. */
enum status model_set_actions(struct model *model, const char *const *actions,
                              size_t count, struct error *err);

/* Keep a report, a JSON object, as the one text in which it is always written. */
enum status model_set_report(struct model *model, const json_t *report,
                             struct error *err);

/* Lay out and allocate the params; spec, schema and actions are there. */
enum status model_allocate(struct model *model, struct error *err);

/* A tensor's floats. */
static inline float *model_floats(const struct model *model, const struct tensor *tensor)
{
    return model->params + tensor->offset;
}

#endif

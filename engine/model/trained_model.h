/*
 * What was learnt: schema, architecture, actions, weights.  Immutable once loaded.
 */
#ifndef TRIAGE_TRAINED_MODEL_H
#define TRIAGE_TRAINED_MODEL_H

#include "base/arena.h"
#include "base/digest.h"
#include "engine.h"
#include "model/schema.h"
#include "model/spec.h"
#include "model/tensors.h"

struct trained_model {
    struct arena arena; /* names, tensors, texts */
    struct spec spec;
    enum task task;
    struct schema *schema; /* owned */
    struct tensor_list tensors;
    float *params;                        /* one block, see params.h; owned */
    const char **actions, **action_texts; /* the second: as JSON, with their quotes */
    uint32_t action_count;
    int numerics;       /* the file's; NUMERICS for a new one */
    float temperature;  /* logits are multiplied by float(1 / temperature) */
    const char *report; /* JSON text, or NULL */
    json_t *golden;     /* {"events", "probabilities", "fields"?}; owned, or NULL */
    char digest[sizeof "sha256:" + SHA256_HEX];
};

/* An empty model, all zero but for its arena; or NULL. */
struct trained_model *trained_model_new(struct error *err);

/*
 * STATUS_BAD_INPUT for a second direction with a target that is asked for before the end: it
 * would see the future.
 */
enum status trained_model_check_task(const struct trained_model *model,
                                     struct error *err);

/* Copy and check the names of the actions. */
enum status trained_model_set_actions(struct trained_model *model,
                                      const char *const *actions, size_t count,
                                      struct error *err);

/* Keep a report, a JSON object, as the one text in which it is always written. */
enum status trained_model_set_report(struct trained_model *model, const json_t *report,
                                     struct error *err);

/* Lay out and allocate the params; spec, schema and actions are there. */
enum status trained_model_allocate(struct trained_model *model, struct error *err);

void trained_model_free(struct trained_model *model);

/* Append {"schema": ..., "network": ..., ...}: what the file says of itself. */
void trained_model_describe(const struct trained_model *model, struct strbuf *text);

/* The answer object of engine.h; kernel names kernels whose bits are not exact, or is NULL. */
void answer_write(struct strbuf *text, const struct trained_model *model,
                  const char *kernel, const char *name, const struct history *history,
                  const float *probabilities);

/* The JSON Schemas of engine.h. */
void json_schema_answer(const struct trained_model *model, const char *name,
                        struct strbuf *text);
void json_schema_fields(const struct trained_model *model, struct strbuf *text);

/* A tensor's floats. */
static inline float *trained_model_floats(const struct trained_model *model,
                                          const struct tensor *tensor)
{
    return model->params + tensor->offset;
}

#endif

/*
 * A trained model: everything that a model file contains.  It does not change after it is loaded or
 * trained.  struct model (infer/model.h) owns one, and can run it.
 */
#ifndef TRIAGE_TRAINED_MODEL_H
#define TRIAGE_TRAINED_MODEL_H

#include <jansson.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "engine.h"
#include "model/schema.h"
#include "model/spec.h"
#include "model/tensors.h"

/* What a model file holds of the histories that it was trained on: training_histories.h. */
struct held_histories {
    uint64_t count;        /* of them; 0: the file does not say */
    const char *sequences; /* base64, or NULL */
    const char *sketch;    /* base64, or NULL */
};

struct trained_model {
    struct arena arena; /* names, texts, the list of tensors */
    struct spec spec;
    enum task task;
    struct schema *schema; /* owned */
    struct tensor_list tensors;
    float *params;             /* owned: the elements of all tensors, one block */
    uint32_t action_count;     /* C */
    const char **actions;      /* [C] */
    const char **action_texts; /* [C] the same as JSON strings, with their quotes */
    const char **action_keys;  /* [C] the same as keys of an object: `"a": `, `, "b": ` */
    int numerics;              /* version of the definition; NUMERICS for a new model */
    float temperature;         /* logits are multiplied by (float)(1 / temperature) */
    const char *report;        /* JSON text, or NULL */
    struct held_histories histories;
    json_t *golden; /* owned: {"events", "probabilities", "fields"?}, or NULL */
    char digest[sizeof "sha256:" + SHA256_HEX]; /* of the file; "" for a new model */
};

/* A model without schema, actions and tensors; NULL if memory runs out. */
struct trained_model *trained_model_new(struct error *err);

void trained_model_free(struct trained_model *model);

/*
 * STATUS_BAD_INPUT if the network has two directions and its task is not TASK_LAST: the second
 * direction would read the events that it must predict.
 */
enum status trained_model_check_task(const struct trained_model *model,
                                     struct error *err);

/*
 * Set the names of the actions, which are copied.  STATUS_BAD_INPUT if there are fewer than 2
 * or too many, or if two are equal.
 */
enum status trained_model_set_actions(struct trained_model *model,
                                      const char *const *actions, size_t count,
                                      struct error *err);

/* Set the report, a JSON object; the model keeps its text. */
enum status trained_model_set_report(struct trained_model *model, const json_t *report,
                                     struct error *err);

/* List the tensors and allocate params.  spec, schema and the actions must be set before. */
enum status trained_model_allocate(struct trained_model *model, struct error *err);

/* The elements of a tensor, [rows][columns]. */
static inline float *trained_model_floats(const struct trained_model *model,
                                          const struct tensor *tensor)
{
    return model->params + tensor->offset;
}

#endif

/*
 * A trained model: everything that a model file contains.  It does not change after it is loaded or
 * trained.  struct model (infer/model.h) owns one, and can run it.
 *
 * A model has one network or several: its members.  They have the same architecture, schema, actions
 * and temperature, and other weights.  The probabilities of the model are the mean of theirs.
 */
#ifndef TRIAGE_TRAINED_MODEL_H
#define TRIAGE_TRAINED_MODEL_H

#include <jansson.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "engine.h"
#include "model/decision.h"
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
    struct schema *events; /* TASK_CONTINUE: what the decoder reads; shares its memory */
    uint32_t members;      /* networks, at least 1 */
    struct tensor_list tensors; /* of one member */
    const char **names;         /* [members][tensors.count] of the tensors in the file */
    float *params;              /* owned: [members][tensors.floats], one block */
    uint32_t action_count;      /* C */
    const char **actions;       /* [C] */
    const char **action_texts;  /* [C] the same as JSON strings, with their quotes */
    const char **action_keys; /* [C] the same as keys of an object: `"a": `, `, "b": ` */
    int numerics;             /* version of the definition */
    float temperature;        /* logits are multiplied by (float)(1 / temperature) */
    struct decision_policy decision;
    const char *report; /* JSON text, or NULL */
    struct held_histories histories;
    json_t *golden; /* owned: {"events", "probabilities", "fields"?}, or NULL */
    char digest[sizeof "sha256:" + SHA256_HEX]; /* of the file; "" for a new model */
};

/* A model without schema, actions and tensors; NULL if memory runs out. */
struct trained_model *trained_model_new(struct error *err);

void trained_model_free(struct trained_model *model);

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

/*
 * Set the number of members, and the numerics of a model that this build makes with it.  Fewer than
 * before: the first ones stay.
 */
enum status trained_model_set_members(struct trained_model *model, uint32_t members,
                                      struct error *err);

/*
 * List the tensors and their names.  spec, schema, actions and members must be set before.
 * Then allocate params, cleared.
 */
enum status trained_model_list_tensors(struct trained_model *model, struct error *err);
enum status trained_model_allocate(struct trained_model *model, struct error *err);

/* Another block like params, cleared (free() it); NULL if memory runs out. */
float *trained_model_zeros(const struct trained_model *model);

/*
 * A model of one member alone, for whatever runs or trains one network.  It shares the memory of the
 * model: do not release it, and allocate nothing in its arena.
 */
struct trained_model trained_model_member(const struct trained_model *model,
                                          uint32_t member);

/*
 * The two networks of an encoder-decoder of one member (TASK_CONTINUE), in the same way; of another
 * model, the encoder is the model.
 *
 * The encoder reads a history, as every network does; it has no output layer.  Layer l of the decoder
 * begins with the state of layer l of the encoder (an LSTM: and its cell state), and reads a start, then
 * the names of the events that follow, one by one.  After each of them its output layer says what
 * follows it.  Its schema has one field, "event"; its start is the row of a missing value, so a name that
 * is missing is read as an unknown one.
 */
enum { DECODER_START = SCHEMA_MISSING };
struct trained_model trained_model_encoder(const struct trained_model *model);
struct trained_model trained_model_decoder(const struct trained_model *model);

/* What a decoder reads for the name of an event. */
static inline uint32_t decoder_input(uint32_t id)
{
    return id == SCHEMA_MISSING ? (uint32_t)SCHEMA_UNKNOWN : id;
}

/* The index [members][tensors.count] of the tensor of that name in the file; SIZE_MAX: none. */
size_t trained_model_find(const struct trained_model *model, const char *name);

/* The elements of the tensor at an index of names. */
float *trained_model_floats_at(const struct trained_model *model, size_t index);

/* The elements of a tensor, [rows][columns], of the first member. */
static inline float *trained_model_floats(const struct trained_model *model,
                                          const struct tensor *tensor)
{
    return model->params + tensor->offset;
}

#endif

/*
 * Random models and histories for property tests: every kind of cell in every convention, with a
 * plain and a rich schema.
 */
#ifndef TRIAGE_SAMPLE_H
#define TRIAGE_SAMPLE_H

#include "base/arena.h"
#include "engine.h"
#include "infer/model.h"
#include "trainer.h"

enum {
    SAMPLE_CELLS = 6,
    SAMPLE_ACTIONS = 3,
    SAMPLE_FINAL_HEADS = SAMPLE_CELLS * 3 * 2 * 2,
    SAMPLE_RECURRENT = SAMPLE_FINAL_HEADS + SAMPLE_CELLS * 3 * 2, /* an attention head */
    SAMPLE_SELF_ATTENTION = 12,
    SAMPLE_SHAPES = SAMPLE_RECURRENT + SAMPLE_SELF_ATTENTION,
    SAMPLE_STATE_MOST = 12 /* floats that the head of a shape reads */
};

extern const struct sample_cell {
    const char *name;
    enum cell_kind cell;
    enum reset reset;
    enum update update;
} sample_cells[SAMPLE_CELLS];

/* One categorical field; and three with two numbers and every input made from time. */
extern const char sample_plain[], sample_rich[];

/* cell is an index of sample_cells. */
struct spec sample_spec(int cell, uint32_t embedding, uint32_t hidden, uint32_t layers,
                        uint32_t directions);

/*
 * The i-th of SAMPLE_SELF_ATTENTION: layers 1 to 3, one-hot and embeddings, heads 1 to 3, with a window
 * that is shorter than histories and without, and with both heads of a network.
 */
struct spec sample_self_attention(int i);

/* The test fails if the JSON is not a schema.  Free it with triage_schema_free. */
struct schema *sample_schema(const char *schema);

/* A trainer whose weights are uniform in +-size.  Free it with triage_trainer_free. */
struct trainer *sample_trainer(const char *schema, const struct spec *spec, float size,
                               uint64_t seed);

/* The same for a model of several networks. */
struct trainer *sample_members(const char *schema, const struct spec *spec,
                               uint32_t members, float size, uint64_t seed);

/* The model of such a trainer.  Free it with triage_model_free. */
struct model *sample_model(const char *schema, const struct spec *spec, float size,
                           uint64_t seed);

/* The model that a trainer would save; frees the trainer. */
struct model *sample_finish(struct trainer *trainer);

/* The tensors that such a trainer has; the list is in the arena. */
struct tensor_list sample_tensors(const char *schema, const struct spec *spec,
                                  struct arena *arena);

/*
 * The i-th of all cells, layers 1 to 3, directions 1 and 2, plain and rich schema; then of those with
 * an attention head, in one direction; then layers of self-attention.
 */
struct model *sample_shape(int i, const char **name);

/*
 * For a loop over all shapes, or over a third of them where case counts are reduced: the number of
 * rounds, and the shape of one.
 */
int sample_rounds(void);
int sample_round(int i);

/* count histories of 1 to longest events with any ids and numbers, in the arena. */
struct history *sample_histories(const struct schema *schema, size_t count,
                                 uint32_t longest, struct arena *arena, uint64_t seed);

/*
 * Decode JSON text into the arena, as a golden history: events need no names.  The test fails if
 * that fails.
 */
struct history sample_history(const struct schema *schema, const char *json,
                              struct arena *arena);

/* The answers [count][3] of a classifier with one row; free() them. */
float *sample_alone(const struct model *model, const struct history *histories,
                    size_t count, uint32_t longest);

#endif

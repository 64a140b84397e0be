/*
 * Models and histories drawn from a seed, for what must hold of any: every kind of cell in
 * every convention, a plain schema and a rich one.
 */
#ifndef TRIAGE_SAMPLE_H
#define TRIAGE_SAMPLE_H

#include "base/arena.h"
#include "engine.h"
#include "infer/model.h"
#include "trainer.h"

enum { SAMPLE_CELLS = 6, SAMPLE_ACTIONS = 3, SAMPLE_SHAPES = SAMPLE_CELLS * 3 * 2 * 2 };

extern const struct sample_cell {
    const char *name;
    enum cell_kind cell;
    enum reset reset;
    enum update update;
} sample_cells[SAMPLE_CELLS];

/* One categorical field; and three, with two numbers and every input made from time. */
extern const char sample_plain[], sample_rich[];

struct spec sample_spec(int cell, uint32_t embedding, uint32_t hidden, uint32_t layers,
                        uint32_t directions);

/* Fails the test when the JSON is no schema; schema_free it. */
struct schema *sample_schema(const char *schema);

/* A trainer, its weights uniform in +-size, drawn from the seed; trainer_free it. */
struct trainer *sample_trainer(const char *schema, const struct spec *spec, float size,
                               uint64_t seed);

/* The same as a model ready to run; model_free it. */
struct model *sample_model(const char *schema, const struct spec *spec, float size,
                           uint64_t seed);

/* The model that a trainer would save; the trainer is freed. */
struct model *sample_finish(struct trainer *trainer);

/* count histories of 1 to longest events, any ids and numbers; they live in the arena. */
struct history *sample_histories(const struct schema *schema, size_t count,
                                 uint32_t longest, struct arena *arena, uint64_t seed);

/* The i-th of all cells, layers 1 to 3, directions, the plain and the rich schema. */
struct model *sample_shape(int i, const char **name);

/* The answer to each history by a classifier of one row, [count][3]; free() it. */
float *sample_alone(const struct model *model, const struct history *histories,
                    size_t count, uint32_t longest);

/* Decode JSON text, which must be good, into the arena. */
struct history sample_history(const struct schema *schema, const char *json,
                              struct arena *arena);

#endif

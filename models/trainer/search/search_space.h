/*
 * The settings that a search tries: a grid around those of the recipe.
 *
 * A point has a level for each dimension.  Level 0 is the recipe's own value, so the point whose levels
 * are all 0 is the recipe.  A setting that is given on the command line has that one level.
 */
#ifndef TRIAGE_SEARCH_SPACE_H
#define TRIAGE_SEARCH_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "base/strbuf.h"
#include "trainer.h"

enum search_dimension {
    SEARCH_EPOCHS,
    SEARCH_BATCH,
    SEARCH_RATE,
    SEARCH_CELL,
    SEARCH_HIDDEN,
    SEARCH_LAYERS,
    SEARCH_DROPOUT,
    SEARCH_DIMENSIONS
};

enum {
    SEARCH_LEVELS = 8,      /* of a dimension, at most */
    SEARCH_EPOCHS_OF_0 = 30 /* that epochs 0 begins with: trainer.h */
};

struct search_space {
    double values[SEARCH_DIMENSIONS][SEARCH_LEVELS];
    uint32_t levels[SEARCH_DIMENSIONS]; /* at least 1 */
    uint64_t size;                      /* points */
};

struct search_point {
    uint8_t level[SEARCH_DIMENSIONS];
};

/* The option of each dimension: "epochs", "learning-rate", "cell", ... */
extern const char *const search_dimension_options[SEARCH_DIMENSIONS];

void search_space_init(struct search_space *space, const struct spec *spec,
                       const struct training *training,
                       const bool is_fixed[SEARCH_DIMENSIONS]);

/* Put the values of a point into a recipe's settings. */
void search_space_apply(const struct search_space *space, struct search_point point,
                        struct spec *spec, struct training *training);

/* The points in a fixed order: 0 .. size - 1; 0 is the recipe. */
uint64_t search_point_index(const struct search_space *space, struct search_point point);
struct search_point search_point_at(const struct search_space *space, uint64_t index);

/* Any point, or one that differs from `near` in one or two dimensions (NULL: any). */
struct search_point search_point_draw(const struct search_space *space,
                                      const struct search_point *near,
                                      struct random *random);

/*
 * Append the options that repeat a point with these epochs: " --epochs 60 --cell lstm", without those
 * of the recipe.
 */
void search_point_write(const struct search_space *space, struct search_point point,
                        uint32_t epochs, struct strbuf *text);

#endif

/* The grid of settings around a recipe.  All values are within the bounds of their options. */
#include "search/search_space.h"

#include <math.h>
#include <string.h>

const char *const search_dimension_options[SEARCH_DIMENSIONS] = {
    [SEARCH_EPOCHS] = "epochs",      [SEARCH_BATCH] = "batch",
    [SEARCH_RATE] = "learning-rate", [SEARCH_CELL] = "cell",
    [SEARCH_HIDDEN] = "hidden",      [SEARCH_LAYERS] = "layers",
    [SEARCH_DROPOUT] = "dropout",
};

static void add(struct search_space *space, enum search_dimension dimension, double value)
{
    uint32_t *levels = &space->levels[dimension];
    for (uint32_t i = 0; i < *levels; i++)
        if (space->values[dimension][i] == value)
            return;
    space->values[dimension][(*levels)++] = value;
}

/* Multiples of the recipe's value, rounded, from 1 to the option's limit. */
static void add_multiples(struct search_space *space, enum search_dimension dimension,
                          double limit)
{
    static const double factors[] = {1.0 / 3.0, 2.0 / 3.0, 2.0, 0.25, 0.5, 4.0};
    bool is_batch = dimension == SEARCH_BATCH;
    double own = space->values[dimension][0];
    own = own > 0.0 ? own : SEARCH_EPOCHS_OF_0;
    for (int i = is_batch ? 2 : 0; i < (is_batch ? 6 : 3); i++)
        add(space, dimension, fmin(limit, fmax(1.0, round(own * factors[i]))));
}

static void add_listed(struct search_space *space, enum search_dimension dimension,
                       const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(space, dimension, values[i]);
}

void search_space_init(struct search_space *space, const struct spec *spec,
                       const struct training *training,
                       const bool is_fixed[SEARCH_DIMENSIONS])
{
    static const double cells[] = {CELL_GRU, CELL_LSTM}, hidden[] = {32, 64, 128},
                        layers[] = {1, 2}, dropouts[] = {0.0, 0.1, 0.2, 0.4, 0.6};
    const double rate = training->learning_rate;
    const double rates[] = {rate / 3.0, fmin(10.0, rate * 2.0), fmin(10.0, rate * 4.0)};
    *space = (struct search_space){.size = 1};
    add(space, SEARCH_EPOCHS, training->epochs);
    add(space, SEARCH_BATCH, training->batch);
    add(space, SEARCH_RATE, rate);
    add(space, SEARCH_CELL, spec->cell);
    add(space, SEARCH_HIDDEN, spec->hidden);
    add(space, SEARCH_LAYERS, spec->layers);
    add(space, SEARCH_DROPOUT, training->dropout);
    if (!is_fixed[SEARCH_EPOCHS])
        add_multiples(space, SEARCH_EPOCHS, 100000.0);
    if (!is_fixed[SEARCH_BATCH])
        add_multiples(space, SEARCH_BATCH, 65536.0);
    if (!is_fixed[SEARCH_RATE])
        add_listed(space, SEARCH_RATE, rates, 3);
    if (!is_fixed[SEARCH_CELL])
        add_listed(space, SEARCH_CELL, cells, 2);
    if (!is_fixed[SEARCH_HIDDEN])
        add_listed(space, SEARCH_HIDDEN, hidden, 3);
    if (!is_fixed[SEARCH_LAYERS])
        add_listed(space, SEARCH_LAYERS, layers, 2);
    if (!is_fixed[SEARCH_DROPOUT])
        add_listed(space, SEARCH_DROPOUT, dropouts, 5);
    for (int i = 0; i < SEARCH_DIMENSIONS; i++)
        space->size *= space->levels[i];
}

static double value_of(const struct search_space *space, struct search_point point,
                       enum search_dimension dimension)
{
    return space->values[dimension][point.level[dimension]];
}

void search_space_apply(const struct search_space *space, struct search_point point,
                        struct spec *spec, struct training *training)
{
    training->epochs = (uint32_t)value_of(space, point, SEARCH_EPOCHS);
    training->batch = (uint32_t)value_of(space, point, SEARCH_BATCH);
    training->learning_rate = value_of(space, point, SEARCH_RATE);
    training->dropout = value_of(space, point, SEARCH_DROPOUT);
    spec->cell = (uint32_t)value_of(space, point, SEARCH_CELL);
    spec->hidden = (uint32_t)value_of(space, point, SEARCH_HIDDEN);
    spec->layers = (uint32_t)value_of(space, point, SEARCH_LAYERS);
}

uint64_t search_point_index(const struct search_space *space, struct search_point point)
{
    uint64_t index = 0;
    for (int i = 0; i < SEARCH_DIMENSIONS; i++)
        index = index * space->levels[i] + point.level[i];
    return index;
}

struct search_point search_point_at(const struct search_space *space, uint64_t index)
{
    struct search_point point;
    for (int i = SEARCH_DIMENSIONS; i-- > 0; index /= space->levels[i])
        point.level[i] = (uint8_t)(index % space->levels[i]);
    return point;
}

struct search_point search_point_draw(const struct search_space *space,
                                      const struct search_point *near,
                                      struct random *random)
{
    if (!near)
        return search_point_at(space, random_below(random, space->size));
    struct search_point point = *near;
    uint64_t changes = 1 + random_below(random, 2);
    for (uint64_t i = 0; i < changes; i++) {
        uint64_t dimension = random_below(random, SEARCH_DIMENSIONS);
        point.level[dimension] = (uint8_t)random_below(random, space->levels[dimension]);
    }
    return point;
}

void search_point_write(const struct search_space *space, struct search_point point,
                        uint32_t epochs, struct strbuf *text)
{
    if ((double)epochs != space->values[SEARCH_EPOCHS][0])
        strbuf_printf(text, " --epochs %u", epochs);
    for (int i = 0; i < SEARCH_DIMENSIONS; i++) {
        double value = value_of(space, point, (enum search_dimension)i);
        if (point.level[i] == 0 || i == SEARCH_EPOCHS)
            continue;
        strbuf_printf(text, " --%s ", search_dimension_options[i]);
        if (i == SEARCH_CELL) {
            const struct spec spec = {.cell = (uint32_t)value};
            strbuf_add(text, triage_spec_cell_name(&spec));
        } else {
            strbuf_double(text, value);
        }
    }
}

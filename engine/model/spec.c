/*
 * The settings of a network as an option table: for recipes, model files and the command line.
 */
#include "model/spec.h"

#include <stddef.h>

#include "base/option_table.h"

#define HEADS 2
#define WINDOW 512
#define QUOTE(x) #x
#define STRING(x) QUOTE(x)

static const char *const cell_names[] = {[CELL_RNN] = "rnn",
                                         [CELL_LSTM] = "lstm",
                                         [CELL_GRU] = "gru",
                                         [CELL_ATTENTION] = "attention",
                                         NULL};
static const char *const reset_names[] = {
    [RESET_BEFORE] = "before", [RESET_AFTER] = "after", NULL};
static const char *const update_names[] = {
    [UPDATE_KEEP] = "keep", [UPDATE_WRITE] = "write", NULL};
static const char *const head_names[] = {
    [HEAD_FINAL] = "final", [HEAD_ATTENTION] = "attention", NULL};

static const struct option_def options[] = {
    {.name = "cell",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct spec, cell),
     .default_text = "gru",
     .choices = cell_names,
     .help = "kind of recurrent cell; attention: layers of self-attention instead"},
    {.name = "reset",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct spec, reset),
     .default_text = "after",
     .choices = reset_names,
     .help = "GRU: reset before or after the recurrent product"},
    {.name = "update",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct spec, update),
     .default_text = "keep",
     .choices = update_names,
     .help = "GRU: z is the fraction of the state that is kept or written"},
    {.name = "embedding",
     .kind = OPTION_U32,
     .offset = offsetof(struct spec, embedding),
     .default_text = "32",
     .min = 0,
     .max = 1024,
     .help = "width of the embeddings; 0: one-hot"},
    {.name = "hidden",
     .kind = OPTION_U32,
     .offset = offsetof(struct spec, hidden),
     .default_text = "64",
     .min = 1,
     .max = 4096,
     .help = "units in each layer"},
    {.name = "layers",
     .kind = OPTION_U32,
     .offset = offsetof(struct spec, layers),
     .default_text = "1",
     .min = 1,
     .max = 8,
     .help = "layers, stacked"},
    {.name = "directions",
     .kind = OPTION_U32,
     .offset = offsetof(struct spec, directions),
     .default_text = "1",
     .min = 1,
     .max = 2,
     .help = "2: also from the last event to the first"},
    {.name = "head",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct spec, head),
     .default_text = "final",
     .choices = head_names,
     .is_left_out = true, /* files without attention stay as they were before it */
     .help = "final: the decision reads the final state; attention: it also reads a "
             "weighted mean of all states"},
    {.name = "heads",
     .kind = OPTION_U32,
     .offset = offsetof(struct spec, heads),
     .default_text = STRING(HEADS),
     .min = 1,
     .max = 64,
     .is_left_out = true,
     .help = "self-attention: heads of each layer; they divide the hidden units"},
    {.name = "feed-forward",
     .kind = OPTION_U32,
     .offset = offsetof(struct spec, feed_forward),
     .default_text = "0",
     .min = 0,
     .max = 16384,
     .is_left_out = true,
     .help = "self-attention: width of the feed-forward layers; 0: four times the hidden "
             "units"},
    {.name = "window",
     .kind = OPTION_U32,
     .offset = offsetof(struct spec, window),
     .default_text = STRING(WINDOW),
     .min = 1,
     .max = 16384,
     .is_left_out = true,
     .help = "self-attention: how many events an event attends to, itself included"},
    {.name = NULL},
};

const struct option_def *const triage_spec_options = options;

uint32_t triage_spec_gates(const struct spec *spec)
{
    static const uint32_t gates[] = {
        [CELL_RNN] = 1, [CELL_LSTM] = 4, [CELL_GRU] = 3, [CELL_ATTENTION] = 0};
    return gates[spec->cell];
}

uint32_t triage_spec_head_width(const struct spec *spec)
{
    uint32_t context = spec->head == HEAD_ATTENTION ? spec->hidden : 0;
    return spec->directions * spec->hidden + context;
}

void triage_spec_clear_self_attention(struct spec *spec)
{
    spec->heads = HEADS;
    spec->feed_forward = 0;
    spec->window = WINDOW;
}

uint32_t triage_spec_feed_forward(const struct spec *spec)
{
    return spec->feed_forward > 0 ? spec->feed_forward : 4 * spec->hidden;
}

const char *triage_spec_cell_name(const struct spec *spec)
{
    return cell_names[spec->cell];
}

/* The settings of learning, described once. */
#include "base/option_table.h"
#include "trainer.h"

#define TRAINING(member) offsetof(struct training, member)

static const char *const schedule_names[] = {"constant", "cosine", NULL};

/* clang-format off */
static const struct option_def options[] = {
    {"epochs", OPTION_U32, TRAINING(epochs), "30", 1, 100000, NULL, "passes over the data, at most"},
    {"patience", OPTION_U32, TRAINING(patience), "8", 1, 100000, NULL, "epochs without a better validation loss before stopping"},
    {"batch", OPTION_U32, TRAINING(batch), "64", 1, 65536, NULL, "histories in one step, at most; small data gets less"},
    {"warmup", OPTION_U32, TRAINING(warmup), "50", 0, 1000000, NULL, "steps until the learning rate is full, at most a tenth of all"},
    {"schedule", OPTION_CHOICE, TRAINING(schedule), "cosine", 0, 0, schedule_names, "how the learning rate falls"},
    {"learning-rate", OPTION_REAL, TRAINING(learning_rate), "0.003", 1e-9, 10, NULL, "of Adam"},
    {"weight-decay", OPTION_REAL, TRAINING(weight_decay), "0.01", 0, 10, NULL, "decoupled, on matrices"},
    {"clip", OPTION_REAL, TRAINING(clip), "1.0", 0, 1e9, NULL, "largest norm of a gradient; 0: never clipped"},
    {"dropout", OPTION_REAL, TRAINING(dropout), "0.2", 0, 0.95, NULL, "between layers and before the head"},
    {"word-dropout", OPTION_REAL, TRAINING(word_dropout), "0.01", 0, 0.95, NULL, "chance that a value is read as unknown while learning"},
    {"average", OPTION_REAL, TRAINING(average), "0.99", 0, 0.99999, NULL, "weight of the past in the running average of the weights"},
    {"calibrate", OPTION_SWITCH, TRAINING(calibrate), "true", 0, 0, NULL, "fit the temperature on the validation part"},
    {"seed", OPTION_U64, TRAINING(seed), "1", 0, 9.2e18, NULL, "of everything random"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
const struct option_def *const triage_training_options = options;
/* clang-format on */

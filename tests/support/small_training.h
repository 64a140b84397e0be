/* A training of a few histories and two epochs, for tests that train often. */
#ifndef TRIAGE_SMALL_TRAINING_H
#define TRIAGE_SMALL_TRAINING_H

#include "base/arena.h"
#include "engine.h"
#include "trainer.h"

enum {
    SMALL_TRAIN = 48,
    SMALL_VALIDATION = 24,
    SMALL_EXAMPLES = SMALL_TRAIN + SMALL_VALIDATION,
    SMALL_EVENTS = 6,
    SMALL_ACTIONS = 3
};

struct small_training {
    struct arena arena;
    struct example examples[SMALL_EXAMPLES];
    struct training_data data;
    struct training training;
    const struct model *from; /* borrowed; NULL: begin with drawn weights */
};

/* Random histories; the action is that of the first event, or, in a fifth of them, any. */
struct small_training *small_training_new(void);
void small_training_free(struct small_training *small);

/* A trainer with those settings; free it with triage_trainer_free. */
struct trainer *small_training_trainer(const struct training *training);

/*
 * Train, with a checkpoint unless path is NULL, and write the model: *bytes [*length], which the
 * caller frees; NULL if bytes is NULL.  The status of triage_trainer_train.
 */
enum status small_training_run(const struct small_training *small,
                               const struct progress_callback *callback,
                               const char *checkpoint, struct report *report,
                               char **bytes, size_t *length, struct error *err);

#endif

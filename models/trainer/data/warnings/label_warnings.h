/* Warnings about labels that are no actions, or not those that are meant. */
#ifndef TRIAGE_LABEL_WARNINGS_H
#define TRIAGE_LABEL_WARNINGS_H

#include <stddef.h>

#include "base/error.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/*
 * Labels that mean that there is none ("tbd"), that join several others ("a; b"), rare ones that are
 * nearly a frequent one ("Rol back"), and those whose ending is a remark ("a (KB)").
 */
enum status warn_about_label_words(struct messages *messages, const struct tape *tape,
                                   const struct histories *histories,
                                   const struct data_keys *keys, struct error *err);

/*
 * Evaluation: labels that are none of the actions [count] of the model, and the action that was
 * probably meant.
 */
enum status warn_about_unknown_labels(struct messages *messages, const struct tape *tape,
                                      const struct histories *histories,
                                      const char *const *actions, size_t count,
                                      struct error *err);

#endif

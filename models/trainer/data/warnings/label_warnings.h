/* Warnings about labels that are not actions, or not the action that is meant. */
#ifndef TRIAGE_LABEL_WARNINGS_H
#define TRIAGE_LABEL_WARNINGS_H

#include <stddef.h>

#include "base/error.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/*
 * Labels that mean "no label" ("tbd"), labels that join several others ("a; b"), rare labels that are
 * probably a misspelt frequent one ("Rol back"), and labels that end with a remark ("a (KB)").
 */
enum status warn_about_label_words(struct messages *messages, const struct tape *tape,
                                   const struct histories *histories,
                                   const struct data_keys *keys, struct error *err);

/*
 * Evaluation: labels that are not among the actions [count] of the model, each with the action that
 * is probably meant.
 */
enum status warn_about_unknown_labels(struct messages *messages, const struct tape *tape,
                                      const struct histories *histories,
                                      const char *const *actions, size_t count,
                                      struct error *err);

#endif

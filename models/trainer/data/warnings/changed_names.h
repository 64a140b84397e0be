/*
 * Warnings about names that change from some place on: labels, names of events or values that were
 * renamed, and those that are always the same from there, as a default is.
 */
#ifndef TRIAGE_CHANGED_NAMES_H
#define TRIAGE_CHANGED_NAMES_H

#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/warnings/sample.h"
#include "trainer.h"

/*
 * For the labels, the names of the events and each category, one warning for each of these:
 *
 *   - A name ends where another one begins, and was as frequent as that one is.
 *   - From some place on, or up to it, nearly all are one name that has another share elsewhere.
 *     Not for names of events.
 *
 * Only if all histories have times: otherwise the file may be sorted by such a name.
 */
enum status warn_about_changed_names(struct messages *messages,
                                     const struct sample *sample,
                                     const struct histories *histories,
                                     const struct data_keys *keys, enum task task,
                                     struct error *err);

#endif

/*
 * Data that a model is used on, compared with the profile of its training (engine/model/profile.h):
 * numbers in another unit or of the other sign, histories that were cut, fields that no longer vary
 * or are mostly missing, and times in another zone.  The model answers all of it without an error.
 *
 * A model file without a profile says less.
 */
#ifndef TRIAGE_SERVED_H
#define TRIAGE_SERVED_H

#include <stddef.h>

#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"
#include "engine.h"

struct served;

/* schema: of the model, with the keys of the data.  NULL with STATUS_NO_MEMORY. */
struct served *served_new(const struct schema *schema, struct error *err);
void served_free(struct served *served);

/* A copy of the schema by which histories are decoded for served_add: its numbers are not scaled. */
const struct schema *served_schema(const struct served *served);

/* Add a history.  place: where it is, for messages. */
void served_add(struct served *served, const struct history *history, const char *place);

/* Add a warning for each difference.  Returns their number. */
size_t served_warn(struct served *served, struct messages *messages);

/* Histories of a tape that are compared with the training of a model; all borrowed. */
struct served_data {
    const struct tape *tape;
    const struct columns *columns;
    const struct histories *histories;
    enum role role;              /* which of them */
    const struct schema *schema; /* of the model */
    /* [columns] as in encoder_init, if a schema was inferred from the tape; else NULL */
    const bool *comma_columns;
};

/* Compare the histories, a sample of large data. */
enum status warn_about_served(struct messages *messages, const struct served_data *data,
                              struct error *err);

#endif

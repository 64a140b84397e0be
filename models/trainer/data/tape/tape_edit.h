/*
 * What a recipe changes in the texts of the data: blanks around them ("trim") and other names for
 * some ("rename").
 */
#ifndef TRIAGE_TAPE_EDIT_H
#define TRIAGE_TAPE_EDIT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "data/common/keys.h"
#include "data/tape/tape.h"

/*
 * rename is {COLUMN: {OLD: NEW}} or NULL; COLUMN is a field, "event" or the key of the label.
 * STATUS_BAD_INPUT, with a JSON Pointer into the recipe, if no history has the text OLD.
 */
enum status tape_edit(struct tape *tape, const struct data_keys *keys,
                      const json_t *rename, bool trim, struct error *err);

#endif

/*
 * What a JSON value means in a field: its id in a categorical one, and why it is no number.
 *
 * A category takes texts, and other forms of a known value: true for "True", 40 and 40.0 for "40", a
 * mark of a missing value for none.  A known value of the same text always wins.
 */
#ifndef TRIAGE_FIELD_VALUE_H
#define TRIAGE_FIELD_VALUE_H

#include "base/error.h"
#include "base/json_reader.h"
#include "base/value.h"
#include "model/schema.h"

/* The text that a value has as a category, perhaps in the buffer; false: it has none. */
bool field_value_text(const struct field *field, const struct json_value *value,
                      char buffer[VALUE_CATEGORY_SIZE], struct span *text);

/*
 * The id of a text: of the value that has it, or of one that means the same.  In a golden history
 * texts have only their own id: "?" was written there for an unknown value.
 */
uint32_t field_value_id(const struct field *field, struct span text, bool is_golden);

/* Why the value is no number, as text and expected of *reason. */
void field_value_no_number(const struct json_value *value, struct error *reason);

#endif

/* Warnings about fields whose values probably mean something else than what is read. */
#ifndef TRIAGE_FIELD_WARNINGS_H
#define TRIAGE_FIELD_WARNINGS_H

#include <stdbool.h>

#include "data/common/messages.h"
#include "data/schema/field_counts.h"

/*
 * Numbers with units or in quotes, which are categories; "NA" among codes; several words for yes
 * and no; arrays and objects.  False if the field has arrays or objects, and is therefore left out.
 */
bool warn_about_field(const struct field_counting *counting,
                      const struct field_counts *field, struct messages *messages);

/*
 * About a number field that is used: one value far beyond all others, a value that means "none",
 * and 5.033 that may be 5033.
 */
void warn_about_numbers(const struct field_counting *counting,
                        const struct field_counts *field, struct messages *messages);

#endif

/* Warnings about columns that fit badly together, as where the files are exports of different days. */
#ifndef TRIAGE_COLUMN_WARNINGS_H
#define TRIAGE_COLUMN_WARNINGS_H

#include <stddef.h>

#include "base/error.h"
#include "data/columns.h"
#include "data/keys.h"
#include "data/messages.h"
#include "data/tape.h"

enum { COLUMN_NAME_BYTES = 256 };

/*
 * Write what is compared of the name of a column: what alike_fold writes, letters and digits only.
 * "delay_s", "Delay (s)" and "delayS" are alike.  Returns the length; 0 for a name that is alike to
 * no other.
 */
size_t column_name_fold(const char *name, size_t length, char buffer[COLUMN_NAME_BYTES]);

/*
 * Of the columns that the schema uses: names that are alike and never both have a value; a column that the events of one file have not; dates whose
 * order of day and month only another file shows.
 */
enum status warn_about_columns(struct messages *messages, const struct tape *tape,
                               const struct columns *columns, const struct schema *schema,
                               const struct data_keys *keys, struct error *err);

#endif

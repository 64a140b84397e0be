/* Warnings about columns that fit badly together, as where the files are exports of different days. */
#ifndef TRIAGE_COLUMN_WARNINGS_H
#define TRIAGE_COLUMN_WARNINGS_H

#include "base/error.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/tape/tape.h"

/*
 * Of the columns that the schema uses: names that are alike and never both have a value; a column that the events of one file have not; dates whose
 * order of day and month only another file shows.
 */
enum status warn_about_columns(struct messages *messages, const struct tape *tape,
                               const struct columns *columns, const struct schema *schema,
                               const struct data_keys *keys, struct error *err);

#endif

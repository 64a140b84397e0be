/*
 * Warnings about columns that differ between files, for example between exports of different days.
 */
#ifndef TRIAGE_COLUMN_WARNINGS_H
#define TRIAGE_COLUMN_WARNINGS_H

#include "base/error.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/tape/tape.h"

/*
 * About the columns that the schema uses: two whose names are alike and of which no event has both;
 * one that is missing in a whole file; dates whose order of day and month only another file shows.
 */
enum status warn_about_columns(struct messages *messages, const struct tape *tape,
                               const struct columns *columns, const struct schema *schema,
                               const struct data_keys *keys, struct error *err);

#endif

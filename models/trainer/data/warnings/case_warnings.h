/* Warnings about the ids of cases: the same id again, and one incident in two spellings. */
#ifndef TRIAGE_CASE_WARNINGS_H
#define TRIAGE_CASE_WARNINGS_H

#include "data/common/messages.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/*
 * One warning for each of these: a case that is in two parts, in two files, or twice in one file;
 * ids that differ in spelling only, which --fold-ids makes one case; ids whose last digits a
 * spreadsheet has cut.  histories says which are used; NULL: all are, and there are no parts.
 */
enum status warn_about_case_ids(struct messages *messages, const struct tape *tape,
                                const struct histories *histories, struct error *err);

#endif

/* Warnings about the ids of cases: the same id again, and one incident in two spellings. */
#ifndef TRIAGE_CASE_WARNINGS_H
#define TRIAGE_CASE_WARNINGS_H

#include "data/common/messages.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/*
 * The same case in two parts, in two files, or again; in two spellings, which --fold-ids makes one
 * case; and ids whose digits a spreadsheet has cut.  histories: those that are used; NULL: all
 * are, and have no parts.
 */
enum status warn_about_case_ids(struct messages *messages, const struct tape *tape,
                                const struct histories *histories, struct error *err);

#endif

/*
 * Ids of cases.  Rows belong to one case only if their ids have the same bytes.  So an export that
 * writes INC-12 and inc-12, or 7 and 7.0, has two cases where there was one incident: such ids are
 * alike.
 */
#ifndef TRIAGE_CASE_IDS_H
#define TRIAGE_CASE_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json_reader.h"
#include "base/map.h"

/* FNV-1a: only to find histories with the same id. */
uint64_t case_id_hash(struct span id);

enum { CASE_ID_FOLDED = 256 }; /* a buffer for what is compared of an id */

/*
 * Write what is compared of an id: without the case of ASCII letters, blanks, dashes and "_" (between
 * digits they are one "-", because 1-23 is not 12-3); without a "#" or "'" in front, quotes and the
 * ="..." of a spreadsheet around, the ".0" and the commas that it adds to a number, and zeros in front
 * of it.  Returns the length; 0 if nothing is left, and size if the id does not fit: such ids are
 * alike to no other.
 */
size_t case_id_fold(struct span id, char *buffer, size_t size);

/*
 * For each folded id, the one of which it is the end: 10007 of sig10007, sig10007 of
 * https://tool/incidents/sig10007.  whole [folded->count]: MAP_NONE for none.  All prefixes must be
 * the same, and at least three ids be the end of exactly one other, and half of those with the prefix or
 * of those without it; otherwise none is found.  STATUS_NO_MEMORY.
 */
enum status case_ids_match_ends(const struct strmap *folded, uint32_t *whole,
                                struct error *err);

/* For each case of a file, the first one that is alike: first [cases->count].  STATUS_NO_MEMORY. */
enum status case_ids_fold(const struct strmap *cases, uint32_t *first, struct error *err);

#endif

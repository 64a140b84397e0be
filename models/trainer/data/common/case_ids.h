/*
 * Ids of cases.  Rows belong to one case only if their ids have the same bytes.  If an export
 * writes INC-12 and inc-12, or 7 and 7.0, one incident becomes two cases.  Such ids are alike.
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

enum { CASE_ID_FOLDED = 256 }; /* a buffer for a folded id */

/*
 * Write the folded form of an id.  Two ids are alike if their folded forms are equal.  It has
 *
 *   - lower-case ASCII letters
 *   - no blanks, dashes and "_"; between digits they become one "-", because 1-23 is not 12-3
 *   - no "#" or "'" in front, and no quotes or ="..." around the id
 *   - of a number, no ".0" and no commas, which spreadsheets add, and no zeros in front
 *
 * Returns its length.  0 means that nothing is left, and size that the id does not fit: such ids
 * are alike to no other.
 */
size_t case_id_fold(struct span id, char *buffer, size_t size);

/*
 * Find the ids that are written with a prefix and without it: 10007 and sig10007, or sig10007 and
 * https://tool/incidents/sig10007.  whole [folded->count] receives for each id the one that ends
 * with it, or MAP_NONE.
 *
 * Ids are matched only if all have the same prefix, at least three are the end of exactly one
 * other, and these are half of the ids with the prefix or half of those without it.
 * STATUS_NO_MEMORY.
 */
enum status case_ids_match_ends(const struct strmap *folded, uint32_t *whole,
                                struct error *err);

/* For each case of a file, the first one that is alike: first [cases->count].  STATUS_NO_MEMORY. */
enum status case_ids_fold(const struct strmap *cases, uint32_t *first, struct error *err);

#endif

/*
 * Names that are probably one name, though their bytes differ: "Roll back", "roll-back",
 * "Rollback.", "<b>Roll back</b>", or with a Cyrillic letter for a Latin one.
 */
#ifndef TRIAGE_ALIKE_H
#define TRIAGE_ALIKE_H

#include <stddef.h>

enum { ALIKE_BYTES = 256 };

/*
 * Write the folded form of a name.  Two names are alike if their folded forms are equal.  It is
 * what suggest_fold writes, without accents, HTML tags and entities, and punctuation at the end;
 * Cyrillic and Greek letters that look like Latin ones become Latin.  Returns its length, or size
 * if it does not fit: such a name is alike to no other.
 */
size_t alike_fold(const char *bytes, size_t length, char *buffer, size_t size);

/*
 * The folded form of a column's name has only letters and digits: "delay_s", "Delay (s)" and
 * "delayS" are alike.  Returns its length, or 0: such a name is alike to no other.
 */
size_t alike_fold_column(const char *name, size_t length, char buffer[ALIKE_BYTES]);

/*
 * Write how two names differ if it cannot be seen: `; the "o" of the second is U+043E`.  Write ""
 * if the first difference is in ASCII.
 */
void alike_explain(const char *a, const char *b, char *buffer, size_t size);

#endif

/*
 * Names that are probably one name, though their bytes differ: "Roll back", "roll-back", "Rollback.",
 * "<b>Roll back</b>", or with a Cyrillic letter for a Latin one.
 */
#ifndef TRIAGE_ALIKE_H
#define TRIAGE_ALIKE_H

#include <stddef.h>

enum { ALIKE_BYTES = 256 };

/*
 * Write what is compared of a name: what suggest_fold writes, without accents, tags and entities of
 * HTML, and marks at the end, and with Latin letters for those of Cyrillic and Greek that look the
 * same.  Returns the length; size if the name does not fit, which is alike to no other.
 */
size_t alike_fold(const char *bytes, size_t length, char *buffer, size_t size);

/*
 * Write what is compared of the name of a column: what alike_fold writes, letters and digits only.
 * "delay_s", "Delay (s)" and "delayS" are alike.  Returns the length; 0 for a name that is alike to
 * no other.
 */
size_t alike_fold_column(const char *name, size_t length, char buffer[ALIKE_BYTES]);

/*
 * Write what a reader cannot see of two names that are alike: `; the "o" of the second is U+043E`;
 * "" if they differ in ASCII.
 */
void alike_explain(const char *a, const char *b, char *buffer, size_t size);

#endif

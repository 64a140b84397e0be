/*
 * What the bytes of a cell or of a JSON string mean: missing, a truth value, a number, or a text.
 * Nothing here allocates, and nothing depends on the other cells; number_column.h decides about a column.
 */
#ifndef TRIAGE_VALUE_H
#define TRIAGE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of the blank that a text of length > 0 begins with; 0 if there is none.  Blanks are
 * space, tab, CR, LF, VT, FF, the spaces of Unicode (no-break, thin, ...) and the byte order mark.
 */
size_t value_blank(const char *bytes, size_t length);

/* Leave out the blanks around a text: returns the new beginning and changes *length. */
const char *value_trim(const char *bytes, size_t *length);

/*
 * Is a text, blanks around it apart, one of the usual marks of a missing value?  Empty; NULL, NIL,
 * NONE, NAN, NAT, N/A, #N/A, (NULL), <NULL>, <NA>, -NAN in any case; NA and \N as written here
 * ("na" is often North America); ?, - and --.  A field's known value of the same text wins over a
 * mark: compare with those first.
 */
bool value_is_missing(const char *bytes, size_t length);

/* true, True, TRUE, false, False or FALSE, blanks around it apart. */
bool value_boolean(const char *bytes, size_t length, bool *value);

enum decimal_mark { DECIMAL_POINT, DECIMAL_COMMA };

/*
 * A finite decimal number, blanks around it apart: `-12`, `0.5`, `.5`, `5.`, `1e-3`.  Not a number:
 * leading zeros (`007` is a code), `+5`, separators of thousands, units, hexadecimal, `inf`, `nan`,
 * what is beyond a double (`1e400`).  With DECIMAL_COMMA `0,5` is read as well as `0.5`.
 */
bool value_number(const char *bytes, size_t length, enum decimal_mark mark,
                  double *number);

enum { VALUE_HINT_SIZE = 96 };

/*
 * Why a text that value_number refuses is not a number, where it nearly is: `has a decimal comma`,
 * `has separators of thousands`, `has the unit "ms"`, `is out of range`.  It completes
 * `"26,0" ...`; "" when the text is far from a number.
 */
void value_number_explain(const char *bytes, size_t length, char hint[VALUE_HINT_SIZE]);

/*
 * Is the text a number that is not written plainly: with a unit ("12 ms", "95%"), a sign before it
 * ("<0.1", "$5"), separators of thousands ("1,234"), characters of other widths; or a duration ("1h
 * 20m", "8:23")?  *unit is the unit or sign, in the text; of length 0 without one.
 */
bool value_measure(const char *bytes, size_t length, const char **unit,
                   size_t *unit_length);

enum { VALUE_CATEGORY_SIZE = 24 };

/*
 * The text of a number as a category: "40" for 40, 40.0 and 4e1, so that all of them are one value.
 * False when it is not a whole number of at most 2^53: then its own bytes are the text.
 */
bool value_category(const char *bytes, size_t length, char text[VALUE_CATEGORY_SIZE],
                    size_t *text_length);

#endif

/* What a text is that is read neither as JSON Lines nor as CSV, as far as its beginning tells. */
#ifndef TRIAGE_TEXT_SHAPE_H
#define TRIAGE_TEXT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "data/keys.h"

enum { TEXT_SHAPE_SIZE = 160 };

/*
 * A text without separators of CSV in its first line, none of whose lines begins as JSON: write what
 * it is and return true.
 */
bool text_shape_of_lines(const char *text, size_t length, char buffer[TEXT_SHAPE_SIZE]);

/*
 * A header of CSV that lacks the columns of the keys, and that an option cannot mend: cells that are
 * separated or quoted otherwise, or a log.  Write why and return true.
 */
bool text_shape_of_header(const char *text, size_t length, char separator,
                          const struct data_keys *keys, char buffer[TEXT_SHAPE_SIZE]);

#endif

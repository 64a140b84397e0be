/*
 * Several JSON texts where one is expected.  `curl -d @file` leaves out the line feeds of the file,
 * and the lines of a stream may be sent as JSON: the syntax error says nothing of that.
 */
#ifndef TRIAGE_JOINED_TEXTS_H
#define TRIAGE_JOINED_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * If err says that the bytes are not JSON, and they begin with two objects, say instead what to do
 * about it.  is_line: they are a line of a stream.
 */
void joined_texts_explain(const char *bytes, size_t length, bool is_line,
                          struct error *err);

#endif

/* Model files: reading, writing, and the description that they contain. */
#ifndef TRIAGE_MODEL_FILE_H
#define TRIAGE_MODEL_FILE_H

#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/trained_model.h"

/*
 * Whether the header of a file of length bytes is that of a model.  Only the header is read, so that
 * a caller can ask before the file is in memory.  STATUS_BAD_FORMAT, STATUS_NO_MEMORY.
 */
enum status model_file_check_header(const char *name, const unsigned char *bytes,
                                    size_t length, struct error *err);

/*
 * Read a model from the bytes of a file and check everything except the golden history, for which
 * the network must run: infer/model.c checks it.  name is the name of the file in errors.  NULL
 * with STATUS_BAD_FORMAT or STATUS_NO_MEMORY.
 */
struct trained_model *model_file_read(const char *name, const unsigned char *bytes,
                                      size_t length, struct error *err);

/* Append the bytes of the file; golden is the JSON text of the golden history, or NULL. */
void model_file_write(const struct trained_model *model, const char *golden,
                      struct strbuf *out);

/* Append the description of the model as the file contains it, without the golden history. */
void model_file_describe(const struct trained_model *model, struct strbuf *out);

#endif

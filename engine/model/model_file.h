/* What is inside a model file, read and written side by side. */
#ifndef TRIAGE_MODEL_FILE_H
#define TRIAGE_MODEL_FILE_H

#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/trained_model.h"

/*
 * A model from the bytes of a file, checked in every part but not yet folded or proven
 * (model_read in net/model_load.c does that).  NULL with STATUS_BAD_FORMAT or
 * STATUS_NO_MEMORY.
 */
struct trained_model *model_file_parse(const char *name, const unsigned char *bytes,
                                       size_t length, struct error *err);

/* The file's bytes, appended to text; golden is JSON text or NULL. */
void model_file_write(const struct trained_model *model, const char *golden,
                      struct strbuf *text);

#endif

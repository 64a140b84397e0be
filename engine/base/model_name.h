/*
 * The names of models: a model's name is that of its file without MODEL_SUFFIX.  Names are used in
 * URLs, logs, JSON and metrics, and no valid one has to be escaped there.
 */
#ifndef TRIAGE_MODEL_NAME_H
#define TRIAGE_MODEL_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define MODEL_SUFFIX ".safetensors"
#define MODEL_NAME_RULE                                                                  \
    "a name has at most 64 letters, digits, dots, dashes and underscores"

enum { MODEL_NAME = 64 }; /* longest name */

bool model_name_is_valid(const char *name, size_t length);

#endif

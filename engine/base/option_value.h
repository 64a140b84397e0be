/*
 * One field: its names, and one value read, held against its bounds and stored.  Private to
 * fields.c and fields_write.c.
 */
#ifndef TRIAGE_OPTION_VALUE_H
#define TRIAGE_OPTION_VALUE_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "base/option_table.h"

enum { OPTION_NAME_ROOM = 96 };

/* Dashes become underscores: "shutdown_delay", TRIAGE_SHUTDOWN_DELAY. */
void option_key(const struct option_def *field, char *room, size_t size);
void option_variable(const struct option_def *field, const char *prefix, char *room,
                     size_t size);

/* "--shutdown-delay", or "-o" */
void option_flag(const struct option_def *field, char *room, size_t size);

/* where is the name of the value in a complaint: --hidden, TRIAGE_HIDDEN, /hidden. */
enum status option_set_text(const struct option_table *set,
                            const struct option_def *field, const char *text,
                            enum option_source source, const char *where,
                            struct error *err);
enum status option_set_json(const struct option_table *set,
                            const struct option_def *field, const json_t *json,
                            enum option_source source, const char *where,
                            struct error *err);

#endif

/*
 * One field: its names, and one value read, held against its bounds and stored.  Private to
 * fields.c and fields_write.c.
 */
#ifndef TRIAGE_FIELD_VALUE_H
#define TRIAGE_FIELD_VALUE_H

#include <jansson.h>
#include <stddef.h>

#include "base/fields.h"
#include "base/status.h"

enum { FIELD_NAME_ROOM = 96 };

/* Dashes become underscores: "shutdown_delay", TRIAGE_SHUTDOWN_DELAY. */
void field_key(const struct field *field, char *room, size_t size);
void field_variable(const struct field *field, const char *prefix, char *room,
                    size_t size);

/* "--shutdown-delay", or "-o" */
void field_flag(const struct field *field, char *room, size_t size);

/* where is the name of the value in a complaint: --hidden, TRIAGE_HIDDEN, /hidden. */
enum status field_set_text(const struct field_set *set, const struct field *field,
                           const char *text, enum source source, const char *where,
                           struct error *err);
enum status field_set_json(const struct field_set *set, const struct field *field,
                           const json_t *json, enum source source, const char *where,
                           struct error *err);

#endif

/* Which model a request asks for. */
#ifndef TRIAGE_CHOICE_H
#define TRIAGE_CHOICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine.h"
#include "service/registry.h"
#include "service/request.h"

/*
 * Read a plain request, or a line of one, without a tree: its model, which is noted for the log,
 * and its histories.  False when it has to be read as JSON, by json_read and the calls below.
 * max_histories: 0 when only one may stand in it.
 */
bool choice_of_text(struct request *request, const char *bytes, size_t length,
                    size_t max_histories, struct arena *arena,
                    const struct registry_entry **entry, struct fast_request *quick);

/* The model that a request or a line asks for, or the default; it is noted for the log. */
enum status choice_of_tree(struct request *request, const json_t *body,
                           const struct registry_entry **entry, struct error *err);

#endif

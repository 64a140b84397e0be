/*
 * A decoder of requests over jansson's tree: slow, and written from the description of requests in
 * server/README.md alone.  Tests compare it with the decoder of the engine.
 */
#ifndef TRIAGE_TREE_DECODER_H
#define TRIAGE_TREE_DECODER_H

#include <jansson.h>

#include "engine.h"

/*
 * Decode a request as triage_decode does.  The text is valid JSON without a byte order mark, and
 * tree is its tree.  Errors have status and where; their texts are not those of the engine.
 */
enum status tree_decode(struct decoded *decoded, const struct decoder_options *options,
                        const json_t *tree, const char *text, size_t length,
                        struct arena *arena, struct error *err);

#endif

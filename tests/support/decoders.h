/*
 * One text decoded twice: by the decoder, at once or in steps, and by json_read with tree_decode.
 */
#ifndef TRIAGE_DECODERS_H
#define TRIAGE_DECODERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine.h"
#include "model/schema.h"

enum { DECODERS_EVENTS = 1000, DECODERS_HISTORIES = 50 };

struct decoders {
    struct schema *schemas[2]; /* of the models "one", which is the default, and "two" */
    size_t max_histories;      /* DECODERS_HISTORIES, or 0 as for a line of a stream */
    size_t step;               /* bytes of a step of the decoder; 0: all at once */
    struct arena arena;        /* all-zero at first; its memory is used for every text */
    struct error errors[2];    /* of the decoder and of tree_decode on the last text */
};

void decoders_release(struct decoders *decoders);

/*
 * The first difference between the two results, a constant string; NULL if they are equal: both
 * refuse the text, at the same place and with the same status, or both accept it, with the same
 * rows, notes and id.  *is_accepted, unless it is NULL, is set to whether the decoder accepts it.
 *
 * Documented differences, which are not reported: jansson refuses numbers beyond the range of
 * int64_t and of doubles, and accepts a zero byte after a literal; of a text that is not JSON, only
 * the status is compared.
 */
const char *decoders_difference(struct decoders *decoders, const char *text,
                                size_t length, bool *is_accepted);

/* The first difference between two histories of one schema; NULL: they are equal. */
const char *decoders_history_difference(const struct schema *schema,
                                        const struct history *a, const struct history *b);

#endif

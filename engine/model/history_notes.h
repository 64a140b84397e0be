/*
 * What an answer says about a history beside its action: the values that are unknown, and the keys
 * that have no meaning, each with the known one that was probably meant.
 *
 * A history lists at most HISTORY_NOTES of either.  The memory is used for the next history of the
 * text; what is kept is copied in its right size, because a request may have 10,000 histories.
 * Comparing with known values and keys is limited for a text as a whole, so its costs are, too.
 */
#ifndef TRIAGE_HISTORY_NOTES_H
#define TRIAGE_HISTORY_NOTES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json_reader.h"
#include "engine.h"
#include "model/schema.h"

/* An ignored key of a history. */
struct note {
    const char *name; /* in the arena */
    size_t length;
    uint32_t count;
    uint32_t timed;       /* events in which its value reads as a time */
    bool is_member;       /* of the history or request */
    const char *value_at; /* the place of a member's string, number or boolean; or NULL */
    bool is_checked, is_mistyped_time, sounds_like_time; /* of a key of events */
    const char *time_at; /* the place of the first value that reads as a time; or NULL */
};

/* The ignored keys of one object: of a history, or of a request with "histories". */
struct ignored_notes {
    struct note *list; /* [HISTORY_NOTES], or NULL while there are none */
    uint32_t count;
};

/* The notes of a text.  All-zero at first. */
struct history_notes {
    /* [HISTORY_NOTES] of the history; NULL while there are none */
    struct unknown_value *unknown;
    /* Of an item of "histories", of the outermost object. */
    struct ignored_notes ignored[2];
    uint32_t compared; /* known values and keys that were compared with */
};

void history_notes_release(struct history_notes *notes);

/*
 * List an unknown value of the history, which has counted it: at most HISTORY_NOTES.  pointer is a
 * JSON Pointer from the history.  STATUS_NO_MEMORY.
 */
enum status history_notes_unknown(struct history_notes *notes, uint32_t index,
                                  const struct field *field, struct span value,
                                  const char *pointer, struct arena *arena,
                                  struct error *err);

/*
 * Count a key as ignored.  *index receives the index of its note, or HISTORY_NOTES: there are too
 * many, and it is not counted.  STATUS_NO_MEMORY.
 */
enum status ignored_notes_add(struct ignored_notes *notes, struct span key,
                              uint32_t *index, struct arena *arena, struct error *err);

/* An ignored key of the events that is that of their names with a typing error, or NULL. */
const char *ignored_notes_mistyped_event(const struct ignored_notes *notes,
                                         const struct schema *schema);

/* Is the key a slip of the keyboard for the known one?  "" is not known. */
bool key_is_mistyped(const char *key, size_t length, const char *known);

/* The ignored keys as part of a result: NULL if there are none, or no memory. */
struct ignored_field *history_notes_copy_ignored(struct history_notes *notes,
                                                 bool is_request,
                                                 const struct schema *schema,
                                                 struct arena *arena);

/* Make the notes of the history part of it.  STATUS_NO_MEMORY. */
enum status history_notes_keep(struct history_notes *notes, bool is_request,
                               const struct schema *schema, struct history *history,
                               struct arena *arena, struct error *err);

#endif

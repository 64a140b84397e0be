/*
 * One history: from the items of its events and its "fields" to rows and notes.
 *
 * The caller (decoder.c) moves the reader, and says when a history begins and ends; members of the
 * history or request are its subject.  A field is taken from the event, else from the history's
 * "fields", else it is missing.  In the JSON Pointers of errors and notes, events have their
 * positions in the text, before sorting.
 */
#ifndef TRIAGE_HISTORY_DECODER_H
#define TRIAGE_HISTORY_DECODER_H

#include "model/event_rows.h"
#include "model/event_time.h"
#include "model/history_notes.h"
#include "model/history_reader.h"

/* The name of the event that is being read: none yet, a name, or parts that are joined at its end. */
enum name_state { NAME_NONE, NAME_GIVEN, NAME_IN_PARTS };

/* The event that is being read. */
struct current_event {
    const char *at; /* its place in the text */
    enum name_state name;
    bool has_time, has_time_key;
    const char *time_at; /* the place of the value of the time, perhaps null; or NULL */
    const char *likely_name; /* a key that probably has the name */
};

struct history_decoder {
    struct history_reader reader; /* moved by the caller */
    struct arena *arena;
    uint32_t max_events;
    bool has_time_key;          /* an event has the key of times, perhaps with null */
    bool is_golden;             /* what decoder_decode_golden accepts is accepted */
    bool has_trained_keys_only; /* ours have no meaning in this data */

    const struct schema *schema; /* NULL: not known yet */
    const struct field *name;    /* its field "event" */
    struct event_time time_reader;

    struct history history; /* of a request, its id and ignored members */
    const char *at;         /* its place in the text */
    uint32_t number;        /* of the history, for the tags of keys */
    uint32_t timed;         /* events that have a time */
    struct event_rows rows;
    /* the first event without a time, and the value of its time (null); NULL: none */
    const char *untimed_at, *untimed_value_at;
    const char *time_key; /* of the first event with has_time_key */
    struct current_event event;
    struct name_parts *parts; /* of its name; NULL if the schema joins none */
    struct history_notes notes;
};

/* The schema is known: once in a pass, before an event or field is taken.  STATUS_NO_MEMORY. */
enum status history_decoder_use_schema(struct history_decoder *decoder,
                                       const struct schema *schema, struct error *err);

/* Another pass begins: forget the events, but not the notes' memory. */
void history_decoder_restart(struct history_decoder *decoder);
void history_decoder_release(struct history_decoder *decoder);

/* The reader's item is the beginning of a history. */
void history_decoder_begin(struct history_decoder *decoder);

/* An item of an event, and those after it as long as the text is as usual. */
enum status history_decoder_take_events(struct history_decoder *decoder,
                                        enum history_item item, struct error *err);

/* The item is a member of "fields". */
enum status history_decoder_take_field(struct history_decoder *decoder,
                                       struct error *err);

/* Check the events, and sort them. */
enum status history_decoder_end(struct history_decoder *decoder, struct error *err);

/* After that, write the rows and notes of the history. */
enum status history_decoder_write(struct history_decoder *decoder, struct error *err);

/* Count the key of the reader's item as ignored; see ignored_notes_add. */
enum status history_decoder_ignore(struct history_decoder *decoder, struct span key,
                                   uint32_t *index, struct error *err);

/* Has our key a meaning beside that of the training for the same thing, or is that ""? */
static inline bool history_decoder_has_our_key(const struct history_decoder *decoder,
                                               const char *trained)
{
    return !decoder->has_trained_keys_only || *trained == '\0';
}

#endif

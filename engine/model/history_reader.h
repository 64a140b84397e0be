/*
 * The grammar of histories, over a JSON reader: which part of a text is an event, a field of an
 * event, a case-level field.  It knows no schema, so that requests, NDJSON and training data
 * are read by the same code:
 *
 *     {"id": .., "events": ["name", {"event": .., "time": .., "service": ..}, ...],
 *      "fields": {..}, MEMBER: ..}
 *
 * or, in a request, {"histories": [history, history, ..], MEMBER: ..}.
 *
 * history_reader_next returns one item after the other, in the order of the text:
 *
 *     HISTORY          a history begins; of a text with "histories", each of them
 *       MEMBER         key and value of a member that is neither "events" nor "fields"
 *       FIELD          key and value of a member of "fields"
 *       EVENT          an event begins: value is its name (a string), or its object, or wrong
 *         EVENT_FIELD  key and value of a member of this object
 *       EVENT_END      of an event that is an object
 *     HISTORY_END      has_events says whether there was "events"
 *     END              of the text
 *
 * The outermost object is a history, too, until "histories" is read in it: it begins with HISTORY,
 * and each item of "histories" begins with a HISTORY for which is_many is set.  Then the outermost
 * object has no HISTORY_END.
 *
 * A value that is an array or an object is skipped by the next call, and checked.  The reader
 * accepts and refuses JSON; everything else ("events" is a number, an event is null) is an item
 * whose value the caller refuses with history_reader_refuse: a HISTORY or EVENT whose value is not an
 * object, a MEMBER that is called "events", "fields" or "histories" because its value cannot be
 * opened or it does not belong beside the others.
 */
#ifndef TRIAGE_HISTORY_READER_H
#define TRIAGE_HISTORY_READER_H

#include "base/json_reader.h"

enum history_item {
    ITEM_NONE, /* not returned */
    ITEM_HISTORY,
    ITEM_MEMBER,
    ITEM_FIELD,
    ITEM_EVENT,
    ITEM_EVENT_FIELD,
    ITEM_EVENT_END,
    ITEM_HISTORY_END,
    ITEM_END,
    ITEM_PAUSED, /* `pause` has been passed; call again with a later one */
    ITEM_FAILED  /* history_reader_error says why */
};

enum {
    HISTORY_SHAPE = 16 /* keys of an event that are remembered for the next event */
};

/* A key of the last events, and what the caller remembers about it; see history_reader.tag. */
struct history_key {
    const char *lead; /* the text from the end of the value before, .. */
    uint32_t name_at; /* .. the place in it of the key, without the quote, .. */
    uint32_t name_length;
    uint32_t lead_length; /* .. up to the key's own value */
    uint32_t tag;
};

/* What comes next in the text. */
enum history_state {
    STATE_DOCUMENT,
    STATE_REQUEST_MEMBER, /* of the outermost object */
    STATE_HISTORY,        /* an item of "histories" */
    STATE_HISTORY_MEMBER, /* of an item of "histories" */
    STATE_EVENT,
    STATE_EVENT_FIELD,
    STATE_FIELD,
    STATE_SKIP, /* the value of the last item is an array or object, and not read yet */
    STATE_LONG, /* the value of the next item is not all read: JSON_IS_LONG */
    STATE_END
};

/* The names of the structural keys.  A second name may be "", for none. */
struct history_keys {
    const char *events[2];
    bool may_be_many; /* "histories" is one too */
    bool is_flat; /* events, fields and histories are members, whose values are skipped */
};

struct history_reader {
    struct json_reader json;
    struct history_keys keys;

    /* The item that history_reader_next has returned. */
    struct span key; /* of MEMBER, FIELD, EVENT_FIELD; valid until the next item */
    struct json_value value;
    /*
     * Of EVENT_FIELD: a number that belongs to this key at this place of an event.  It is 0 at first;
     * what the caller writes is there again when the next event has the same key at the same place,
     * so that it need not look the key up.
     */
    uint32_t *tag;
    bool is_request; /* of HISTORY, MEMBER: (of) the outermost object */
    bool is_many;    /* the text has "histories" */
    bool has_events; /* of HISTORY_END: the history has "events" */
    bool has_fields; /* of HISTORY_END: the history has an object "fields" */
    /* The one of keys.events that this history has, or the first. */
    const char *events_key;

    /*
     * NULL: what is refused gets its JSON Pointer at once.  Else *refused_at receives the place, and
     * the pointer is left to the caller (json_place_write).
     */
    const char **refused_at;

    /* Private. */
    int state, state_after; /* STATE_SKIP, STATE_LONG */
    bool has_had[2]
                [3]; /* events, fields, histories: in an item of histories, outermost */
    struct history_key shape[HISTORY_SHAPE];
    const char *event_lead; /* the text from the end of an event to the next event */
    uint32_t event_lead_length;
    uint32_t shape_count, event_keys, no_tag;
    bool follows_shape;
    uint8_t later_item; /* after STATE_LONG: enum history_item */
};

/*
 * All-zero before the first start.  bytes is borrowed, and stays valid until the next start or the
 * release.
 */
void history_reader_start(struct history_reader *reader, const struct history_keys *keys,
                          const char *bytes, size_t length);
void history_reader_release(struct history_reader *reader);

/* The reader stops (ITEM_PAUSED) after `bytes` more bytes, at an item or in a skipped value or string. */
void history_reader_set_pause(struct history_reader *reader, size_t bytes);

enum history_item history_reader_next(struct history_reader *reader);

/*
 * After MEMBER, FIELD or EVENT_FIELD whose value is an array or an object: skip it now, and return
 * its text in *raw.  false: the reader has failed.
 */
bool history_reader_raw(struct history_reader *reader, struct span *raw);

/* ---- usual events ------------------------------------------------------------------------- */

/* Parts of history_reader_next_usual. */
enum history_item history_reader_end_event(struct history_reader *reader);
enum history_item history_reader_take_value(struct history_reader *reader);

/* Does the text continue with the lead, and another byte?  Then move past the lead. */
static inline bool history_reader_take_lead(struct json_reader *json, const char *lead,
                                            uint32_t length)
{
    const char *next = json->next;
    uint64_t a, b;
    size_t i = 0;
    if ((size_t)(json->end - next) <= length)
        return false;
    for (; i + sizeof a <= length; i += sizeof a) {
        memcpy(&a, next + i, sizeof a);
        memcpy(&b, lead + i, sizeof b);
        if (a != b)
            return false;
    }
    if (i > 0 && i < length) { /* the last bytes, and some before */
        memcpy(&a, next + length - sizeof a, sizeof a);
        memcpy(&b, lead + length - sizeof b, sizeof b);
        if (a != b)
            return false;
        i = length;
    }
    for (; i < length; i++)
        if (next[i] != lead[i])
            return false;
    json->next = next + length;
    return true;
}

static inline enum history_item history_reader_usual_field(struct history_reader *reader)
{
    struct json_reader *json = &reader->json;
    if (!reader->follows_shape || reader->event_keys >= reader->shape_count)
        return history_reader_end_event(reader);
    struct history_key *key = &reader->shape[reader->event_keys];
    if (!history_reader_take_lead(json, key->lead, key->lead_length))
        return history_reader_end_event(reader);
    json->levels[json->depth - 1].has_items = true;
    reader->event_keys++;
    reader->key =
        (struct span){.bytes = key->lead + key->name_at, .length = key->name_length};
    reader->tag = &key->tag;
    return json_reader_plain_string(json, &reader->value)
               ? ITEM_EVENT_FIELD
               : history_reader_take_value(reader);
}

/*
 * Within "events": the next item if the text up to its value has the same bytes as at the same place
 * of the event before, as nearly always.  Else ITEM_NONE, and nothing has been read: call
 * history_reader_next.
 */
static inline enum history_item history_reader_next_usual(struct history_reader *reader)
{
    struct json_reader *json = &reader->json;
    if (json->next > json->pause)
        return ITEM_NONE;
    if (reader->state == STATE_EVENT_FIELD)
        return history_reader_usual_field(reader);
    if (reader->state != STATE_EVENT || reader->event_lead_length == 0 ||
        !json->levels[json->depth - 1].has_items ||
        !history_reader_take_lead(json, reader->event_lead, reader->event_lead_length))
        return ITEM_NONE;
    return json_reader_plain_string(json, &reader->value)
               ? ITEM_EVENT
               : history_reader_take_value(reader);
}

/* ---- failures ----------------------------------------------------------------------------- */

/* After ITEM_FAILED: why. */
enum status history_reader_error(const struct history_reader *reader, struct error *err);

/*
 * Refuse what the last item is: err gets the JSON Pointer of `at` (reader->value.at, ...), what was
 * expected, and the bytes received.  Returns status.
 */
enum status history_reader_refuse(const struct history_reader *reader, enum status status,
                                  const char *at, const char *expected, struct error *err,
                                  const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* history_reader_refuse with STATUS_BAD_INPUT. */
#define REFUSE(reader, at, expected, err, ...)                                           \
    history_reader_refuse(reader, STATUS_BAD_INPUT, at, expected, err, __VA_ARGS__)

/*
 * Refuse the object or array at `at` because of its member: one that is absent, for example.  The
 * reason has status, text, expected and received.
 */
enum status history_reader_refuse_member(const struct history_reader *reader,
                                         const char *at, const char *member,
                                         const struct error *reason, struct error *err);

#endif

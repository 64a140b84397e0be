/*
 * A plain request straight from its bytes: no tree, nothing allocated but what the history
 * keeps.  history.c is the definition; this room says what that one would say, or nothing.
 *
 * Case-level fields come first in every row, and the model's schema gives rows their shape.
 * Where "fields" or "model" turn up behind the events, reading starts again, knowing them.
 */
#include "model/fast_decoder.h"

#include <string.h>

#include "base/arena.h"

enum { FIRST_HISTORIES = 16 };

enum key { KEY_OTHER, KEY_ID, KEY_EVENTS, KEY_FIELDS, KEY_MODEL, KEY_HISTORIES };

static bool read_case(struct reading *r)
{
    if (lexer_peek(&r->scan) == 'n')
        return lexer_literal(&r->scan, "null");
    return quick_fields(r, QUICK_CASE, r->case_ids, r->case_values);
}

static bool use_schema(struct reading *r, const struct schema *schema)
{
    if (schema == NULL)
        return false;
    r->schema = r->d.schema = schema;
    r->event = schema_find_bytes(schema, "event", 5);
    r->d.K = schema->categories;
    r->d.F = schema_inputs(schema);
    memset(r->keys, 0, sizeof r->keys);
    r->case_ids = arena_array(r->d.arena, r->d.K, sizeof *r->case_ids);
    r->case_values = arena_array(r->d.arena, r->d.F + 1, sizeof *r->case_values);
    if (r->case_ids == NULL || r->case_values == NULL)
        return false;
    decoding_miss(&r->d, r->case_ids, r->case_values);
    return true;
}

/* The schema is needed: when the request has not named a model, it is the default's. */
static bool want_schema(struct reading *r)
{
    return r->schema != NULL ||
           use_schema(r, r->rules->find_schema(r->rules->context, NULL, 0));
}

static bool read_model(struct reading *r)
{
    const struct schema *before = r->schema;
    struct span name;

    if (!lexer_string(&r->scan, &name))
        return false;
    if (r->is_named)
        return true; /* this is not the first attempt */
    r->is_named = true;
    if (!use_schema(r, r->rules->find_schema(r->rules->context, name.bytes, name.length)))
        return false;
    r->must_repeat = before != NULL && before != r->schema;
    return !r->must_repeat;
}

/* A string or an integer, as JSON text; what history.c would write differently is left to it. */
static bool read_id(struct reading *r)
{
    double value;
    bool is_whole = true;
    struct span text;
    char first = lexer_peek(&r->scan);
    const char *begin = r->scan.next;

    if (first == 'n')
        return lexer_literal(&r->scan, "null");
    if (first == '"' ? !lexer_string(&r->scan, &text)
                     : !lexer_number(&r->scan, &value, &is_whole))
        return false;
    size_t length = (size_t)(r->scan.next - begin);
    r->d.history->id = arena_string(r->d.arena, begin, length);
    return is_whole && r->d.history->id != NULL && strcmp(r->d.history->id, "-0") != 0;
}

static bool read_histories(struct reading *r);

static bool read_part(struct reading *r, enum key key)
{
    switch (key) {
    case KEY_ID:
        return read_id(r);
    case KEY_EVENTS:
        return want_schema(r) && quick_events(r);
    case KEY_FIELDS:
        if (r->fields != NULL)
            return lexer_skip_value(&r->scan); /* they have been read */
        if (r->rows.count == 0)
            return want_schema(r) && read_case(r);
        r->fields = r->scan.next;
        r->must_repeat = true;
        return false;
    case KEY_MODEL:
        return read_model(r);
    case KEY_HISTORIES:
        return want_schema(r) && read_histories(r);
    case KEY_OTHER:
        break;
    }
    return lexer_skip_value(&r->scan);
}

static enum key key_of(struct span key, bool is_body)
{
    if (span_equals(key, "events", 6))
        return KEY_EVENTS;
    if (span_equals(key, "id", 2))
        return KEY_ID;
    if (span_equals(key, "fields", 6))
        return KEY_FIELDS;
    if (is_body && span_equals(key, "model", 5))
        return KEY_MODEL;
    return is_body && span_equals(key, "histories", 9) ? KEY_HISTORIES : KEY_OTHER;
}

/* The keys that may not stand beside a key, as bits: itself, and what makes it another request. */
static unsigned rivals_of(enum key key)
{
    const unsigned alone = 1u << KEY_ID | 1u << KEY_EVENTS | 1u << KEY_FIELDS;
    unsigned itself = 1u << key;

    if (key == KEY_HISTORIES)
        return itself | alone;
    return itself & alone ? itself | 1u << KEY_HISTORIES : itself;
}

/* The members of an object from its brace on; had: a bit for each enum key. */
static bool read_members(struct reading *r, bool is_body, unsigned *had)
{
    struct lexer_keys others = {.count = 0};
    struct span name;

    *had = 0;
    if (!lexer_accept(&r->scan, '{'))
        return false;
    for (bool is_over = false; !is_over;) {
        if (!lexer_key(&r->scan, &name))
            return false; /* an empty object is not for us either */
        enum key key = key_of(name, is_body);
        if (key == KEY_OTHER ? !lexer_keys_add(&others, name)
                             : (*had & rivals_of(key)) != 0)
            return false;
        *had |= 1u << key;
        if (!read_part(r, key) || !lexer_next_item(&r->scan, '}', &is_over))
            return false;
    }
    return true;
}

/* The same from the beginning, with what is known by now. */
static bool begin_history(struct reading *r, struct history *history)
{
    memset(history, 0, sizeof *history);
    r->d.history = history;
    r->d.unknown = NULL;
    r->d.ignored = NULL;
    r->rows = (struct quick_rows){.count = 0};
    r->must_repeat = false;
    if (r->schema == NULL)
        return r->fields == NULL;
    decoding_miss(&r->d, r->case_ids, r->case_values);
    if (r->fields == NULL)
        return true;
    const char *next = r->scan.next;
    r->scan.next = r->fields;
    bool is_good = read_case(r);
    r->scan.next = next;
    return is_good;
}

/* An object that is a history, or the whole request. */
static bool read_object(struct reading *r, struct history *history, bool is_body,
                        unsigned *had)
{
    const char *begin = r->scan.next;
    bool is_read;

    do {
        r->scan.next = begin;
        is_read = begin_history(r, history) && read_members(r, is_body, had);
    } while (!is_read && r->must_repeat);
    r->fields = NULL; /* the object around it has others */
    return is_read;
}

static bool read_history(struct reading *r, struct history *history)
{
    unsigned had;

    return read_object(r, history, false, &had) && (had & 1u << KEY_EVENTS) &&
           quick_finish(r);
}

static bool add_history(struct fast_request *quick, size_t *room, struct arena *arena)
{
    struct history *old = quick->histories;

    if (quick->count < *room)
        return true;
    *room = *room == 0 ? FIRST_HISTORIES : *room * 2;
    quick->histories = arena_array(arena, *room, sizeof *quick->histories);
    if (quick->histories == NULL)
        return false;
    if (quick->count > 0)
        memcpy(quick->histories, old, quick->count * sizeof *old);
    return true;
}

static bool read_histories(struct reading *r)
{
    struct fast_request *quick = r->quick;
    size_t room = 0;

    quick->is_many = true;
    quick->count = 0;
    if (!lexer_accept(&r->scan, '['))
        return false;
    for (bool is_over = false; !is_over; quick->count++)
        if (quick->count == r->rules->max_histories ||
            !add_history(quick, &room, r->d.arena) ||
            !read_history(r, &quick->histories[quick->count]) ||
            !lexer_next_item(&r->scan, ']', &is_over))
            return false;
    return true;
}

static bool read_request(struct reading *r)
{
    struct history *alone = arena_array(r->d.arena, 1, sizeof *alone);
    unsigned had;

    if (alone == NULL || !read_object(r, alone, true, &had) ||
        lexer_peek(&r->scan) != '\0' || r->scan.next != r->scan.end)
        return false;
    if (r->quick->is_many)
        return true;
    *r->quick = (struct fast_request){.histories = alone, .count = 1};
    return (had & 1u << KEY_EVENTS) && quick_finish(r);
}

bool triage_fast_decode(struct fast_request *quick,
                        const struct fast_decoder_options *rules, const char *bytes,
                        size_t length, struct arena *arena)
{
    struct reading r = {.rules = rules,
                        .quick = quick,
                        .scan = {bytes, bytes + length},
                        .d = {.arena = arena, .where = ""}};
    struct arena_mark mark = arena_mark(arena);

    *quick = (struct fast_request){.count = 0};
    if (read_request(&r))
        return true;
    arena_rewind(arena, mark);
    return false;
}

/*
 * The fast decoder: from the bytes of a plain request to its histories, without jansson's tree.
 *
 * The tree decoder (history.c) defines the result.  The fast decoder gives the same histories bit
 * for bit, or declines: a function that returns false has met something that it leaves to the tree
 * decoder, which may accept it.  A fuzz test compares the two.
 *
 * The rows of the events can be filled only when the schema and the history's "fields" are known.
 * If "model" or "fields" comes after "events", the object is read a second time, now knowing them.
 */
#include <string.h>

#include "base/arena.h"
#include "base/lexer.h"
#include "base/timestamp.h"
#include "engine.h"
#include "model/history.h"
#include "model/schema.h"

enum {
    KNOWN_KEYS = 8,
    FIRST_EVENTS = 32, /* even, so that the times behind ids and values are aligned */
    FIRST_HISTORIES = 16,
    WORD_BITS = 64
};

/* A key and its field: the next object usually has the same key at the same place. */
struct known_key {
    struct span name;
    const struct field *field; /* NULL: the schema does not have it */
};

/* The events of a history, unsorted, in one allocation that grows. */
struct events {
    uint32_t *ids;  /* [capacity][K] */
    float *values;  /* [capacity][F] */
    int64_t *times; /* [capacity], microseconds */
    uint32_t count, capacity;
    uint32_t timed; /* events that have a time */
};

struct fast_decoder {
    const struct fast_decoder_options *options;
    struct fast_request *request;
    struct lexer lexer;
    const struct schema *schema; /* NULL: not known yet */
    const struct field *event;   /* the field "event" of the schema */
    struct known_key keys[KNOWN_KEYS];
    bool is_named; /* the request has named its model */
    struct history_decoder decoder;
    struct events events;
    uint32_t *case_ids; /* [K] of an event that has only the fields in "fields" */
    float *case_values; /* [F] of the same event */
    const char *fields; /* the value of "fields", if it was found after "events" */
    bool must_repeat;   /* declined only because "model" or "fields" came late */
};

/* ---- fields ------------------------------------------------------------------------------ */

static bool read_category(struct fast_decoder *fast, int64_t index,
                          const struct field *field, uint32_t *id)
{
    struct span value;
    switch (lexer_peek(&fast->lexer)) {
    case '"':
        if (!lexer_string(&fast->lexer, &value))
            return false;
        break;
    case 't':
        value = (struct span){"true", 4};
        if (!lexer_literal(&fast->lexer, "true"))
            return false;
        break;
    case 'f':
        value = (struct span){"false", 5};
        if (!lexer_literal(&fast->lexer, "false"))
            return false;
        break;
    default:
        *id = SCHEMA_MISSING;
        return lexer_literal(&fast->lexer, "null");
    }
    *id = field_id_bytes(field, value.bytes, value.length);
    return *id != SCHEMA_UNKNOWN ||
           history_note_unknown(&fast->decoder, index, field, value.bytes,
                                value.length) == STATUS_OK;
}

static bool read_number(struct fast_decoder *fast, const struct field *field,
                        float pair[2])
{
    if (lexer_peek(&fast->lexer) == 'n') {
        schema_encode_missing(field, pair);
        return lexer_literal(&fast->lexer, "null");
    }
    double value;
    bool is_whole;
    if (!lexer_number(&fast->lexer, &value, &is_whole))
        return false;
    schema_encode_number(fast->schema, field, value, pair);
    return true;
}

static bool read_time(struct fast_decoder *fast, int64_t index)
{
    int64_t *time = &fast->events.times[index];
    struct span text;
    double seconds;
    bool is_whole;
    switch (lexer_peek(&fast->lexer)) {
    case 'n':
        return lexer_literal(&fast->lexer, "null");
    case '"':
        fast->events.timed++;
        return lexer_string(&fast->lexer, &text) &&
               timestamp_parse(text.bytes, text.length, time);
    default:
        fast->events.timed++;
        return lexer_number(&fast->lexer, &seconds, &is_whole) &&
               timestamp_from_seconds(seconds, time);
    }
}

/* The keys of an object of fields so far, to detect duplicates. */
struct seen_keys {
    uint64_t fields[SCHEMA_MAX_FIELDS / WORD_BITS]; /* categories, then numbers */
    uint64_t ignored[(HISTORY_NOTES + WORD_BITS - 1) / WORD_BITS];
    size_t count; /* without "time" */
    bool has_time;
};

/* Set a bit; false if it was set. */
static bool set_bit(uint64_t *words, size_t index)
{
    uint64_t bit = UINT64_C(1) << index % WORD_BITS;
    if (words[index / WORD_BITS] & bit)
        return false;
    words[index / WORD_BITS] |= bit;
    return true;
}

/* The field of the number-th key of an object; NULL if the schema does not have it. */
static const struct field *find_field(struct fast_decoder *fast, size_t number,
                                      struct span key)
{
    if (number >= KNOWN_KEYS)
        return schema_find_bytes(fast->schema, key.bytes, key.length);
    struct known_key *known = &fast->keys[number];
    if (!span_equals(key, known->name.bytes, known->name.length))
        *known = (struct known_key){
            .name = key, .field = schema_find_bytes(fast->schema, key.bytes, key.length)};
    return known->field;
}

static bool read_field(struct fast_decoder *fast, int64_t index, struct span key,
                       struct seen_keys *seen, uint32_t *ids, float *values)
{
    if (index != HISTORY_CASE && span_equals(key, "time", 4)) {
        bool is_new = !seen->has_time;
        seen->has_time = true;
        return is_new && read_time(fast, index);
    }
    const struct field *field = find_field(fast, seen->count++, key);
    if (!field) {
        uint32_t ignored;
        return history_note_ignored(&fast->decoder, key.bytes, key.length, &ignored) ==
                   STATUS_OK &&
               ignored < HISTORY_NOTES && set_bit(seen->ignored, ignored) &&
               lexer_skip_value(&fast->lexer);
    }
    bool is_category = field->kind == FIELD_CATEGORY;
    if (!set_bit(seen->fields,
                 is_category ? field->index : fast->schema->categories + field->index))
        return false;
    return is_category ? read_category(fast, index, field, &ids[field->index])
                       : read_number(fast, field, &values[2 * field->index]);
}

/* An object of fields: an event, or the history's "fields". */
static bool read_fields(struct fast_decoder *fast, int64_t index, uint32_t *ids,
                        float *values)
{
    if (!lexer_accept(&fast->lexer, '{'))
        return false;
    if (lexer_accept(&fast->lexer, '}'))
        return true;
    struct seen_keys seen = {.count = 0};
    for (bool is_over = false; !is_over;) {
        struct span key;
        if (!lexer_key(&fast->lexer, &key) ||
            !read_field(fast, index, key, &seen, ids, values) ||
            !lexer_next_item(&fast->lexer, '}', &is_over))
            return false;
    }
    return true;
}

static bool read_case_fields(struct fast_decoder *fast)
{
    if (lexer_peek(&fast->lexer) == 'n')
        return lexer_literal(&fast->lexer, "null");
    return read_fields(fast, HISTORY_CASE, fast->case_ids, fast->case_values);
}

/* ---- events ------------------------------------------------------------------------------ */

static size_t event_bytes(const struct fast_decoder *fast)
{
    return fast->decoder.K * sizeof(uint32_t) + fast->decoder.F * sizeof(float) +
           sizeof(int64_t);
}

/* Allocate memory for `capacity` events, and copy the events there are. */
static bool grow_events(struct fast_decoder *fast, uint32_t capacity)
{
    struct events *events = &fast->events, old = *events;
    size_t K = fast->decoder.K, F = fast->decoder.F;
    events->ids = arena_alloc(fast->decoder.arena, capacity * event_bytes(fast));
    if (!events->ids)
        return false;
    events->values = (float *)(events->ids + capacity * K);
    events->times = (int64_t *)(void *)(events->values + capacity * F);
    events->capacity = capacity;
    if (old.count > 0) {
        memcpy(events->ids, old.ids, old.count * K * sizeof *old.ids);
        memcpy(events->values, old.values, old.count * F * sizeof *old.values);
        memcpy(events->times, old.times, old.count * sizeof *old.times);
    }
    return true;
}

static bool read_event(struct fast_decoder *fast)
{
    struct events *events = &fast->events;
    size_t K = fast->decoder.K, F = fast->decoder.F;
    uint32_t index = events->count;
    if (index == fast->options->max_events)
        return false;
    if (index == events->capacity && !grow_events(fast, 2 * events->capacity))
        return false;
    uint32_t *ids = events->ids + index * K;
    float *values = events->values + index * F;
    memcpy(ids, fast->case_ids, K * sizeof *ids);
    memcpy(values, fast->case_values, F * sizeof *values);
    events->count++;
    if (lexer_peek(&fast->lexer) != '"')
        return read_fields(fast, index, ids, values);
    struct span name;
    if (!lexer_string(&fast->lexer, &name))
        return false;
    uint32_t *id = &ids[fast->event->index];
    *id = field_id_bytes(fast->event, name.bytes, name.length);
    return *id != SCHEMA_UNKNOWN ||
           history_note_unknown(&fast->decoder, index, NULL, name.bytes, name.length) ==
               STATUS_OK;
}

static bool read_events(struct fast_decoder *fast)
{
    fast->events.count = fast->events.timed = 0;
    if (!lexer_accept(&fast->lexer, '[') || !grow_events(fast, FIRST_EVENTS))
        return false;
    for (bool is_over = false; !is_over;)
        if (!read_event(fast) || !lexer_next_item(&fast->lexer, ']', &is_over))
            return false;
    return fast->events.timed == 0 || fast->events.timed == fast->events.count;
}

/* Copy the events to their positions in a new allocation. */
static bool reorder_events(struct fast_decoder *fast, const uint32_t *positions)
{
    struct events *events = &fast->events;
    size_t K = fast->decoder.K, F = fast->decoder.F;
    uint32_t *ids = arena_alloc(fast->decoder.arena, events->count * event_bytes(fast));
    if (!ids)
        return false;
    float *values = (float *)(ids + events->count * K);
    for (size_t i = 0; i < events->count; i++) {
        memcpy(ids + positions[i] * K, events->ids + i * K, K * sizeof *ids);
        memcpy(values + positions[i] * F, events->values + i * F, F * sizeof *values);
    }
    events->ids = ids;
    events->values = values;
    return true;
}

/* Move the values directly behind the ids, and give the unused memory back to the arena. */
static void trim_events(struct fast_decoder *fast)
{
    struct events *events = &fast->events;
    size_t ids = events->count * (size_t)fast->decoder.K;
    size_t values = events->count * (size_t)fast->decoder.F;
    events->values = memmove(events->ids + ids, events->values, values * sizeof(float));
    arena_shrink(fast->decoder.arena, events->ids, events->capacity * event_bytes(fast),
                 (ids + values) * sizeof(uint32_t));
}

/* After the last member of a history: sort the events and encode their times. */
static bool finish_history(struct fast_decoder *fast)
{
    struct events *events = &fast->events;
    struct history *history = fast->decoder.history;
    int64_t *times = events->timed > 0 ? events->times : NULL;
    uint32_t *positions;
    if (history_sort(&fast->decoder, times, events->count, &positions) != STATUS_OK ||
        (positions && !reorder_events(fast, positions)))
        return false;
    schema_encode_times(fast->schema, times, events->count,
                        events->values + 2 * fast->schema->numbers, fast->decoder.F);
    if (!positions)
        trim_events(fast);
    history->length = events->count;
    history->positions = positions;
    history->ids = events->ids;
    history->values = fast->decoder.F > 0 ? events->values : NULL;
    return true;
}

/* ---- histories and requests -------------------------------------------------------------- */

enum key { KEY_OTHER, KEY_ID, KEY_EVENTS, KEY_FIELDS, KEY_MODEL, KEY_HISTORIES };

static bool use_schema(struct fast_decoder *fast, const struct schema *schema)
{
    if (!schema)
        return false;
    fast->schema = fast->decoder.schema = schema;
    fast->event = schema_find_bytes(schema, "event", 5);
    fast->decoder.K = schema->categories;
    fast->decoder.F = schema_inputs(schema);
    memset(fast->keys, 0, sizeof fast->keys);
    fast->case_ids =
        arena_array(fast->decoder.arena, fast->decoder.K, sizeof *fast->case_ids);
    fast->case_values =
        arena_array(fast->decoder.arena, fast->decoder.F, sizeof *fast->case_values);
    if (!fast->case_ids || !fast->case_values)
        return false;
    history_encode_missing(&fast->decoder, fast->case_ids, fast->case_values);
    return true;
}

/* If no schema is known yet, use that of the default model. */
static bool ensure_schema(struct fast_decoder *fast)
{
    return fast->schema ||
           use_schema(fast, fast->options->find_schema(fast->options->context, NULL, 0));
}

static bool read_model(struct fast_decoder *fast)
{
    const struct schema *before = fast->schema;
    struct span name;
    if (!lexer_string(&fast->lexer, &name))
        return false;
    if (fast->is_named)
        return true; /* this is the second pass */
    fast->is_named = true;
    if (!use_schema(fast, fast->options->find_schema(fast->options->context, name.bytes,
                                                     name.length)))
        return false;
    fast->must_repeat = before && before != fast->schema;
    return !fast->must_repeat;
}

/* A string or an integer, kept as JSON text.  Declines -0, which the tree decoder writes as 0. */
static bool read_id(struct fast_decoder *fast)
{
    char first = lexer_peek(&fast->lexer);
    const char *begin = fast->lexer.next;
    struct span text;
    double value;
    bool is_whole = true;
    if (first == 'n')
        return lexer_literal(&fast->lexer, "null");
    if (first == '"' ? !lexer_string(&fast->lexer, &text)
                     : !lexer_number(&fast->lexer, &value, &is_whole))
        return false;
    const char *id =
        arena_string(fast->decoder.arena, begin, (size_t)(fast->lexer.next - begin));
    fast->decoder.history->id = id;
    return is_whole && id && strcmp(id, "-0") != 0;
}

static bool read_histories(struct fast_decoder *fast);

static bool read_member(struct fast_decoder *fast, enum key key)
{
    switch (key) {
    case KEY_ID:
        return read_id(fast);
    case KEY_EVENTS:
        return ensure_schema(fast) && read_events(fast);
    case KEY_FIELDS:
        if (fast->fields)
            return lexer_skip_value(&fast->lexer); /* begin_history has read them */
        if (fast->events.count == 0)
            return ensure_schema(fast) && read_case_fields(fast);
        fast->fields = fast->lexer.next;
        fast->must_repeat = true;
        return false;
    case KEY_MODEL:
        return read_model(fast);
    case KEY_HISTORIES:
        return ensure_schema(fast) && read_histories(fast);
    case KEY_OTHER:
        break;
    }
    return lexer_skip_value(&fast->lexer);
}

static enum key key_of(struct span name, bool is_request)
{
    if (span_equals(name, "events", 6))
        return KEY_EVENTS;
    if (span_equals(name, "id", 2))
        return KEY_ID;
    if (span_equals(name, "fields", 6))
        return KEY_FIELDS;
    if (is_request && span_equals(name, "model", 5))
        return KEY_MODEL;
    return is_request && span_equals(name, "histories", 9) ? KEY_HISTORIES : KEY_OTHER;
}

/*
 * A bit for each key that may not be in the same object as this key: the key itself; also,
 * "histories" excludes "id", "events" and "fields", which belong to one history.
 */
static unsigned conflicts_of(enum key key)
{
    const unsigned of_history = 1u << KEY_ID | 1u << KEY_EVENTS | 1u << KEY_FIELDS;
    unsigned itself = 1u << key;
    if (key == KEY_HISTORIES)
        return itself | of_history;
    return itself & of_history ? itself | 1u << KEY_HISTORIES : itself;
}

/* The members of a history or of the request; *seen receives bit 1 << key for each enum key. */
static bool read_members(struct fast_decoder *fast, bool is_request, unsigned *seen)
{
    struct lexer_keys others = {.count = 0};
    *seen = 0;
    if (!lexer_accept(&fast->lexer, '{'))
        return false;
    for (bool is_over = false; !is_over;) {
        struct span name;
        if (!lexer_key(&fast->lexer, &name))
            return false; /* an empty object is declined here too */
        enum key key = key_of(name, is_request);
        if (key == KEY_OTHER ? !lexer_keys_add(&others, name)
                             : (*seen & conflicts_of(key)) != 0)
            return false;
        *seen |= 1u << key;
        if (!read_member(fast, key) || !lexer_next_item(&fast->lexer, '}', &is_over))
            return false;
    }
    return true;
}

/* Start to read a history, for the first or second time.  The second time "fields" may be known. */
static bool begin_history(struct fast_decoder *fast, struct history *history)
{
    memset(history, 0, sizeof *history);
    fast->decoder.history = history;
    fast->decoder.unknown = NULL;
    fast->decoder.ignored = NULL;
    fast->events = (struct events){.count = 0};
    fast->must_repeat = false;
    if (!fast->schema)
        return !fast->fields; /* true: "fields" are kept only after "events", with a schema */
    history_encode_missing(&fast->decoder, fast->case_ids, fast->case_values);
    if (!fast->fields)
        return true;
    const char *next = fast->lexer.next;
    fast->lexer.next = fast->fields;
    bool is_read = read_case_fields(fast);
    fast->lexer.next = next;
    return is_read;
}

static bool read_object(struct fast_decoder *fast, struct history *history,
                        bool is_request, unsigned *seen)
{
    const char *begin = fast->lexer.next;
    bool is_read;
    do {
        fast->lexer.next = begin;
        is_read = begin_history(fast, history) && read_members(fast, is_request, seen);
    } while (!is_read && fast->must_repeat);
    fast->fields = NULL; /* they belong to this object only */
    return is_read;
}

static bool grow_histories(struct fast_decoder *fast, size_t *capacity)
{
    struct fast_request *request = fast->request;
    struct history *old = request->histories;
    *capacity = *capacity == 0 ? FIRST_HISTORIES : *capacity * 2;
    request->histories = arena_array(fast->decoder.arena, *capacity, sizeof *old);
    if (!request->histories)
        return false;
    if (request->count > 0)
        memcpy(request->histories, old, request->count * sizeof *old);
    return true;
}

static bool read_histories(struct fast_decoder *fast)
{
    struct fast_request *request = fast->request;
    size_t capacity = 0;
    request->is_many = true;
    request->count = 0;
    if (!lexer_accept(&fast->lexer, '['))
        return false;
    for (bool is_over = false; !is_over; request->count++) {
        if (request->count == fast->options->max_histories ||
            (request->count == capacity && !grow_histories(fast, &capacity)))
            return false;
        unsigned seen;
        if (!read_object(fast, &request->histories[request->count], false, &seen) ||
            !(seen & 1u << KEY_EVENTS) || !finish_history(fast) ||
            !lexer_next_item(&fast->lexer, ']', &is_over))
            return false;
    }
    return true;
}

static bool read_request(struct fast_decoder *fast)
{
    struct history *history = arena_array(fast->decoder.arena, 1, sizeof *history);
    unsigned seen;
    if (!history || !read_object(fast, history, true, &seen) ||
        lexer_peek(&fast->lexer) != '\0' || fast->lexer.next != fast->lexer.end)
        return false;
    if (fast->request->is_many)
        return true;
    *fast->request = (struct fast_request){.histories = history, .count = 1};
    return (seen & 1u << KEY_EVENTS) && finish_history(fast);
}

bool triage_fast_decode(struct fast_request *request,
                        const struct fast_decoder_options *options, const char *bytes,
                        size_t length, struct arena *arena)
{
    struct fast_decoder fast = {.options = options,
                                .request = request,
                                .lexer = {bytes, bytes + length},
                                .decoder = {.arena = arena, .where = ""}};
    struct arena_mark mark = arena_mark(arena);
    *request = (struct fast_request){.count = 0};
    if (read_request(&fast))
        return true;
    arena_rewind(arena, mark);
    return false;
}

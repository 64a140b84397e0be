/*
 * A plain request straight from its bytes: no tree, nothing allocated but what the history
 * keeps.  history.c is the definition; this room says what that one would say, or nothing.
 *
 * Case-level fields come first in every row, and the model's schema gives rows their shape.
 * Where "fields" or "model" turn up behind the events, reading starts again, knowing them.
 */
#include <string.h>

#include "base/arena.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/scan.h"
#include "engine.h"
#include "model/decoding.h"
#include "model/features.h"
#include "model/schema.h"

enum { FIRST_ROWS = 32, FIRST_HISTORIES = 16, CASE_LEVEL = -1, BITS = 64 };

/* Rows while they grow, events as given: one piece of the arena. */
struct rows {
    uint32_t *ids;  /* [room][K] */
    float *values;  /* [room][F] */
    int64_t *times; /* [room] */
    uint32_t count, room, timed;
};

struct reading {
    const struct quick_rules *rules;
    struct quick *quick;
    struct scan scan;
    const struct schema *schema; /* NULL: not known yet */
    const struct column *event;
    bool is_named; /* the request says which model */
    struct decoding d;
    struct rows rows;
    uint32_t *case_ids; /* [K] */
    float *case_values; /* [F] */
    const char *fields; /* where the history's "fields" stand, when they are known */
    bool must_repeat;   /* something has turned up that should have been known */
};

enum key { KEY_OTHER, KEY_ID, KEY_EVENTS, KEY_FIELDS, KEY_MODEL, KEY_HISTORIES };

/* ---- one value ------------------------------------------------------------------------- */

/* A value that its table lacks, of the event at index or the case, in a column or the event itself. */
static bool note_unknown(struct reading *r, int64_t index, const struct column *column,
                         struct span value)
{
    char inside[POINTER_BYTES] = "/fields";

    if (index != CASE_LEVEL)
        pointer_join_index(inside, sizeof inside, "/events", (size_t)index);
    if (column != NULL)
        pointer_join(inside, sizeof inside, inside, column->name);
    return decoding_unknown(&r->d, inside, value.bytes, value.length) == STATUS_OK;
}

static bool read_category(struct reading *r, int64_t index, const struct column *column,
                          uint32_t *id)
{
    struct span value;

    switch (scan_peek(&r->scan)) {
    case '"':
        if (!scan_string(&r->scan, &value))
            return false;
        break;
    case 't':
        value = (struct span){"true", 4};
        if (!scan_word(&r->scan, "true"))
            return false;
        break;
    case 'f':
        value = (struct span){"false", 5};
        if (!scan_word(&r->scan, "false"))
            return false;
        break;
    default:
        *id = SCHEMA_MISSING;
        return scan_word(&r->scan, "null");
    }
    *id = column_id_bytes(column, value.bytes, value.length);
    return *id != SCHEMA_UNKNOWN || note_unknown(r, index, column, value);
}

static bool read_number(struct reading *r, const struct column *column, float *pair)
{
    double value;
    bool is_whole;

    if (scan_peek(&r->scan) == 'n') {
        schema_miss(column, pair);
        return scan_word(&r->scan, "null");
    }
    if (!scan_number(&r->scan, &value, &is_whole))
        return false;
    schema_put(r->schema, column, value, pair);
    return true;
}

/* The time of the event at index. */
static bool read_time(struct reading *r, int64_t index)
{
    struct span text;
    double seconds;
    bool is_whole;
    int64_t *time = &r->rows.times[index];

    switch (scan_peek(&r->scan)) {
    case 'n':
        return scan_word(&r->scan, "null");
    case '"':
        r->rows.timed++;
        return scan_string(&r->scan, &text) &&
               instant_parse(text.bytes, text.length, time);
    default:
        r->rows.timed++;
        return scan_number(&r->scan, &seconds, &is_whole) &&
               instant_from_seconds(seconds, time);
    }
}

/* ---- one object ------------------------------------------------------------------------ */

/* What an object of fields has had so far, by the column's or the ignored field's place. */
struct had {
    uint64_t columns[SCHEMA_COLUMNS / BITS];
    uint64_t ignored[(HISTORY_NOTES + BITS - 1) / BITS];
    bool has_time;
};

/* False when that bit was set. */
static bool set_bit(uint64_t *bits, size_t place)
{
    uint64_t bit = UINT64_C(1) << place % BITS;

    if (bits[place / BITS] & bit)
        return false;
    bits[place / BITS] |= bit;
    return true;
}

static bool read_field(struct reading *r, int64_t index, struct span key, struct had *had,
                       uint32_t *ids, float *values)
{
    const struct column *column;
    uint32_t place;

    if (index != CASE_LEVEL && span_is(key, "time", 4)) {
        bool is_new = !had->has_time;
        had->has_time = true;
        return is_new && read_time(r, index);
    }
    column = schema_column_bytes(r->schema, key.bytes, key.length);
    if (column == NULL)
        return decoding_ignored(&r->d, key.bytes, key.length, &place) == STATUS_OK &&
               place < HISTORY_NOTES && set_bit(had->ignored, place) &&
               scan_skip(&r->scan);
    return set_bit(had->columns, (size_t)(column - r->schema->columns)) &&
           (column->kind == COLUMN_CATEGORY
                ? read_category(r, index, column, &ids[column->place])
                : read_number(r, column, &values[2 * column->place]));
}

/* The fields of the event at index, or of the case. */
static bool read_fields(struct reading *r, int64_t index, uint32_t *ids, float *values)
{
    struct had had = {.has_time = false};
    struct span key;

    if (!scan_take(&r->scan, '{'))
        return false;
    if (scan_take(&r->scan, '}'))
        return true;
    for (bool is_over = false; !is_over;)
        if (!scan_key(&r->scan, &key) || !read_field(r, index, key, &had, ids, values) ||
            !scan_goes_on(&r->scan, '}', &is_over))
            return false;
    return true;
}

static bool read_case(struct reading *r)
{
    if (scan_peek(&r->scan) == 'n')
        return scan_word(&r->scan, "null");
    return read_fields(r, CASE_LEVEL, r->case_ids, r->case_values);
}

/* ---- all events ------------------------------------------------------------------------ */

static size_t row_bytes(const struct reading *r)
{
    return r->d.K * sizeof *r->rows.ids + r->d.F * sizeof *r->rows.values +
           sizeof *r->rows.times;
}

/* Room for more rows, keeping those that are there; room is even, so that times are aligned. */
static bool make_room(struct reading *r, uint32_t room)
{
    struct rows *rows = &r->rows, old = *rows;
    uint32_t K = r->d.K, F = r->d.F;

    rows->ids = arena_take(r->d.arena, room * row_bytes(r));
    if (rows->ids == NULL)
        return false;
    rows->values = (float *)(rows->ids + (size_t)room * K);
    rows->times = (int64_t *)(void *)(rows->values + (size_t)room * F);
    rows->room = room;
    if (old.count > 0) {
        memcpy(rows->ids, old.ids, (size_t)old.count * K * sizeof *rows->ids);
        memcpy(rows->values, old.values, (size_t)old.count * F * sizeof *rows->values);
        memcpy(rows->times, old.times, old.count * sizeof *rows->times);
    }
    return true;
}

static bool read_event(struct reading *r)
{
    struct rows *rows = &r->rows;
    uint32_t K = r->d.K, F = r->d.F, index = rows->count;
    struct span name;

    if (index == r->rules->max_events ||
        (index == rows->room && !make_room(r, 2 * rows->room)))
        return false;
    uint32_t *ids = rows->ids + (size_t)index * K;
    float *values = rows->values + (size_t)index * F;
    memcpy(ids, r->case_ids, K * sizeof *ids);
    memcpy(values, r->case_values, F * sizeof *values);
    rows->count++;
    if (scan_peek(&r->scan) != '"')
        return read_fields(r, index, ids, values);
    if (!scan_string(&r->scan, &name))
        return false;
    ids[r->event->place] = column_id_bytes(r->event, name.bytes, name.length);
    return ids[r->event->place] != SCHEMA_UNKNOWN || note_unknown(r, index, NULL, name);
}

static bool read_events(struct reading *r)
{
    r->rows.count = r->rows.timed = 0;
    if (!scan_take(&r->scan, '[') || !make_room(r, FIRST_ROWS))
        return false;
    for (bool is_over = false; !is_over;)
        if (!read_event(r) || !scan_goes_on(&r->scan, ']', &is_over))
            return false;
    return r->rows.timed == 0 || r->rows.timed == r->rows.count;
}

/* Rows in the order of their times, in an array of their own. */
static bool move_rows(struct reading *r, const uint32_t *to)
{
    uint32_t K = r->d.K, F = r->d.F, count = r->rows.count;
    uint32_t *ids = arena_take(r->d.arena, count * row_bytes(r));

    if (ids == NULL)
        return false;
    float *values = (float *)(ids + (size_t)count * K);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(ids + (size_t)to[i] * K, r->rows.ids + (size_t)i * K, K * sizeof *ids);
        memcpy(values + (size_t)to[i] * F, r->rows.values + (size_t)i * F,
               F * sizeof *values);
    }
    r->rows.ids = ids;
    r->rows.values = values;
    return true;
}

/* Values close up to the ids; what is beyond them is given back when nothing was taken since. */
static void close_up(struct reading *r)
{
    struct rows *rows = &r->rows;
    size_t ids = (size_t)rows->count * r->d.K, values = (size_t)rows->count * r->d.F;
    size_t taken = rows->room * row_bytes(r);

    rows->values = memmove(rows->ids + ids, rows->values, values * sizeof *rows->values);
    arena_trim(r->d.arena, rows->ids, taken, (ids + values) * sizeof *rows->ids);
}

/* All of a history has been read: order its rows and say what time says. */
static bool finish(struct reading *r)
{
    struct history *history = r->d.history;
    int64_t *times = r->rows.timed > 0 ? r->rows.times : NULL;
    uint32_t *to = NULL;

    history->length = r->rows.count;
    if (decoding_sort(&r->d, times, history->length, &to) != STATUS_OK ||
        (to != NULL && !move_rows(r, to)))
        return false;
    features_fill(r->schema, times, history->length,
                  r->rows.values + 2 * r->schema->numbers, r->d.F);
    if (to == NULL)
        close_up(r);
    history->rows = to;
    history->ids = r->rows.ids;
    history->values = r->d.F > 0 ? r->rows.values : NULL;
    return true;
}

/* ---- a history, a request -------------------------------------------------------------- */

static bool use_schema(struct reading *r, const struct schema *schema)
{
    if (schema == NULL)
        return false;
    r->schema = r->d.schema = schema;
    r->event = schema_column_bytes(schema, "event", 5);
    r->d.K = schema->categories;
    r->d.F = schema_inputs(schema);
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
    return r->schema != NULL || use_schema(r, r->rules->find(r->rules->context, NULL, 0));
}

static bool read_model(struct reading *r)
{
    const struct schema *before = r->schema;
    struct span name;

    if (!scan_string(&r->scan, &name))
        return false;
    if (r->is_named)
        return true; /* this is not the first attempt */
    r->is_named = true;
    if (!use_schema(r, r->rules->find(r->rules->context, name.bytes, name.length)))
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
    char first = scan_peek(&r->scan);
    const char *begin = r->scan.next;

    if (first == 'n')
        return scan_word(&r->scan, "null");
    if (first == '"' ? !scan_string(&r->scan, &text)
                     : !scan_number(&r->scan, &value, &is_whole))
        return false;
    size_t length = (size_t)(r->scan.next - begin);
    r->d.history->id = arena_text(r->d.arena, begin, length);
    return is_whole && r->d.history->id != NULL && strcmp(r->d.history->id, "-0") != 0;
}

static bool read_histories(struct reading *r);

static bool read_part(struct reading *r, enum key key)
{
    switch (key) {
    case KEY_ID:
        return read_id(r);
    case KEY_EVENTS:
        return want_schema(r) && read_events(r);
    case KEY_FIELDS:
        if (r->fields != NULL)
            return scan_skip(&r->scan); /* they have been read */
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
    return scan_skip(&r->scan);
}

static enum key key_of(struct span key, bool is_body)
{
    if (span_is(key, "events", 6))
        return KEY_EVENTS;
    if (span_is(key, "id", 2))
        return KEY_ID;
    if (span_is(key, "fields", 6))
        return KEY_FIELDS;
    if (is_body && span_is(key, "model", 5))
        return KEY_MODEL;
    return is_body && span_is(key, "histories", 9) ? KEY_HISTORIES : KEY_OTHER;
}

/* The members of an object from its brace on; had: a bit for each enum key. */
static bool read_members(struct reading *r, bool is_body, unsigned *had)
{
    struct scan_keys others = {.count = 0};
    struct span name;

    *had = 0;
    if (!scan_take(&r->scan, '{'))
        return false;
    for (bool is_over = false; !is_over;) {
        if (!scan_key(&r->scan, &name))
            return false; /* an empty object is not for us either */
        enum key key = key_of(name, is_body);
        if (key == KEY_OTHER ? !scan_is_new(&others, name) : (*had & 1u << key) != 0)
            return false;
        *had |= 1u << key;
        if (!read_part(r, key) || !scan_goes_on(&r->scan, '}', &is_over))
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
    r->rows = (struct rows){.count = 0};
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

    return read_object(r, history, false, &had) && (had & 1u << KEY_EVENTS) && finish(r);
}

static bool add_history(struct quick *quick, size_t *room, struct arena *arena)
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
    struct quick *quick = r->quick;
    size_t room = 0;

    quick->is_many = true;
    quick->count = 0;
    if (!scan_take(&r->scan, '['))
        return false;
    for (bool is_over = false; !is_over; quick->count++)
        if (quick->count == r->rules->max_histories ||
            !add_history(quick, &room, r->d.arena) ||
            !read_history(r, &quick->histories[quick->count]) ||
            !scan_goes_on(&r->scan, ']', &is_over))
            return false;
    return true;
}

static bool read_request(struct reading *r)
{
    struct history *alone = arena_array(r->d.arena, 1, sizeof *alone);
    unsigned had, single = 1u << KEY_ID | 1u << KEY_EVENTS | 1u << KEY_FIELDS;

    if (alone == NULL || !read_object(r, alone, true, &had) ||
        scan_peek(&r->scan) != '\0' || r->scan.next != r->scan.end)
        return false;
    if (r->quick->is_many)
        return (had & single) == 0;
    *r->quick = (struct quick){.histories = alone, .count = 1};
    return (had & 1u << KEY_EVENTS) && finish(r);
}

bool quick_read(struct quick *quick, const struct quick_rules *rules, const char *bytes,
                size_t length, struct arena *arena)
{
    struct reading r = {.rules = rules,
                        .quick = quick,
                        .scan = {bytes, bytes + length},
                        .d = {.arena = arena, .where = ""}};
    struct arena_mark mark = arena_mark(arena);

    *quick = (struct quick){.count = 0};
    if (read_request(&r))
        return true;
    arena_rewind(arena, mark);
    return false;
}

/*
 * The fields of a plain event or case, from its bytes into its row.  See quick.h, and history.c,
 * which says the same of a tree.
 */
#include "base/json.h"
#include "base/timestamp.h"
#include "model/fast_decoder.h"

enum { BITS = 64 };

/* A value that its table lacks, of the event at index or the case, in a column or the event itself. */
static bool note_unknown(struct reading *r, int64_t index, const struct field *column,
                         struct span value)
{
    char inside[POINTER_BYTES] = "/fields";

    if (index != QUICK_CASE)
        pointer_join_index(inside, sizeof inside, "/events", (size_t)index);
    if (column != NULL)
        pointer_join(inside, sizeof inside, inside, column->name);
    return decoding_unknown(&r->d, inside, value.bytes, value.length) == STATUS_OK;
}

static bool read_category(struct reading *r, int64_t index, const struct field *column,
                          uint32_t *id)
{
    struct span value;

    switch (lexer_peek(&r->scan)) {
    case '"':
        if (!lexer_string(&r->scan, &value))
            return false;
        break;
    case 't':
        value = (struct span){"true", 4};
        if (!lexer_literal(&r->scan, "true"))
            return false;
        break;
    case 'f':
        value = (struct span){"false", 5};
        if (!lexer_literal(&r->scan, "false"))
            return false;
        break;
    default:
        *id = SCHEMA_MISSING;
        return lexer_literal(&r->scan, "null");
    }
    *id = field_id_bytes(column, value.bytes, value.length);
    return *id != SCHEMA_UNKNOWN || note_unknown(r, index, column, value);
}

static bool read_number(struct reading *r, const struct field *column, float *pair)
{
    double value;
    bool is_whole;

    if (lexer_peek(&r->scan) == 'n') {
        schema_encode_missing(column, pair);
        return lexer_literal(&r->scan, "null");
    }
    if (!lexer_number(&r->scan, &value, &is_whole))
        return false;
    schema_encode_number(r->schema, column, value, pair);
    return true;
}

/* The time of the event at index. */
static bool read_time(struct reading *r, int64_t index)
{
    struct span text;
    double seconds;
    bool is_whole;
    int64_t *time = &r->rows.times[index];

    switch (lexer_peek(&r->scan)) {
    case 'n':
        return lexer_literal(&r->scan, "null");
    case '"':
        r->rows.timed++;
        return lexer_string(&r->scan, &text) &&
               timestamp_parse(text.bytes, text.length, time);
    default:
        r->rows.timed++;
        return lexer_number(&r->scan, &seconds, &is_whole) &&
               timestamp_from_seconds(seconds, time);
    }
}

/* What an object of fields has had so far, by the column's or the ignored field's place. */
struct had {
    uint64_t columns[SCHEMA_MAX_FIELDS / BITS];
    uint64_t ignored[(HISTORY_NOTES + BITS - 1) / BITS];
    size_t keys; /* but for its time */
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

/* Most objects have the same keys in the same order: the place-th is looked for there first. */
static const struct field *column_of(struct reading *r, size_t place, struct span key)
{
    struct quick_key *known = place < QUICK_KEYS ? &r->keys[place] : NULL;

    if (known != NULL && span_equals(key, known->name.bytes, known->name.length))
        return known->column;
    const struct field *column = schema_find_bytes(r->schema, key.bytes, key.length);
    if (known != NULL)
        *known = (struct quick_key){key, column};
    return column;
}

static bool read_field(struct reading *r, int64_t index, struct span key, struct had *had,
                       uint32_t *ids, float *values)
{
    const struct field *column;
    uint32_t place;

    if (index != QUICK_CASE && span_equals(key, "time", 4)) {
        bool is_new = !had->has_time;
        had->has_time = true;
        return is_new && read_time(r, index);
    }
    column = column_of(r, had->keys++, key);
    if (column == NULL)
        return decoding_ignored(&r->d, key.bytes, key.length, &place) == STATUS_OK &&
               place < HISTORY_NOTES && set_bit(had->ignored, place) &&
               lexer_skip_value(&r->scan);
    return set_bit(had->columns, (size_t)(column - r->schema->fields)) &&
           (column->kind == FIELD_CATEGORY
                ? read_category(r, index, column, &ids[column->index])
                : read_number(r, column, &values[2 * column->index]));
}

bool quick_fields(struct reading *r, int64_t index, uint32_t *ids, float *values)
{
    struct had had = {.has_time = false};
    struct span key;

    if (!lexer_accept(&r->scan, '{'))
        return false;
    if (lexer_accept(&r->scan, '}'))
        return true;
    for (bool is_over = false; !is_over;)
        if (!lexer_key(&r->scan, &key) || !read_field(r, index, key, &had, ids, values) ||
            !lexer_next_item(&r->scan, '}', &is_over))
            return false;
    return true;
}

bool quick_name(struct reading *r, int64_t index, uint32_t *ids)
{
    uint32_t *id = &ids[r->event->index];
    struct span name;

    if (!lexer_string(&r->scan, &name))
        return false;
    *id = field_id_bytes(r->event, name.bytes, name.length);
    return *id != SCHEMA_UNKNOWN || note_unknown(r, index, NULL, name);
}

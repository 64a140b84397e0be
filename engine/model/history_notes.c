#include "model/history_notes.h"

#include <stdlib.h>
#include <string.h>

#include "base/alike.h"
#include "base/suggest.h"
#include "base/utf8.h"

enum {
    NOTED_VALUE_BYTES = 64,
    SUGGESTED_VALUES = 100000 /* known values that one text may be compared with */
};

void history_notes_release(struct history_notes *notes)
{
    free(notes->unknown);
    free(notes->ignored[0].list);
    free(notes->ignored[1].list);
}

/* ---- unknown values ------------------------------------------------------------------------ */

/* A text has a budget for comparisons.  Whether `count` more are in it. */
static bool may_compare(struct history_notes *notes, uint32_t count)
{
    bool may = count <= SUGGESTED_VALUES - notes->compared;
    if (may)
        notes->compared += count;
    return may;
}

/* Can a value whose first byte this is have a folded form that begins with that byte? */
static bool may_begin_with(char byte, char folded)
{
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    return is_letter ? (byte | 0x20) == folded
                     : byte == folded || byte < '0' || byte > '9';
}

/*
 * The known value that differs only in marks: accents, HTML, letters that look like others.  NULL: there
 * is none.  Most known values are passed by their first byte.
 */
static const char *find_alike(const struct field *field, struct span value)
{
    char folded[ALIKE_BYTES], other[ALIKE_BYTES];
    size_t length = alike_fold(value.bytes, value.length, folded, sizeof folded);
    if (length == 0 || length == sizeof folded)
        return NULL;
    for (uint32_t i = 0; i < field->values.count; i++) {
        const char *known = field->values.keys[i].bytes;
        size_t known_length = field->values.keys[i].length;
        if (known_length == 0 || !may_begin_with(*known, *folded))
            continue;
        size_t other_length = alike_fold(known, known_length, other, sizeof other);
        if (other_length == length && memcmp(other, folded, length) == 0)
            return known;
    }
    return NULL;
}

/* The known value that was probably meant, or NULL. */
static const char *find_nearest(struct history_notes *notes, const struct field *field,
                                struct span value)
{
    uint32_t count = field->values.count;
    if (!may_compare(notes, count))
        return NULL;
    struct suggestion suggestion;
    suggestion_init(&suggestion, value.bytes, value.length);
    for (uint32_t i = 0; i < count; i++)
        suggestion_offer(&suggestion, field->values.keys[i].bytes,
                         field->values.keys[i].length);
    return suggestion.nearest || !may_compare(notes, count) ? suggestion.nearest
                                                            : find_alike(field, value);
}

enum status history_notes_unknown(struct history_notes *notes, uint32_t index,
                                  const struct field *field, struct span value,
                                  const char *pointer, struct arena *arena,
                                  struct error *err)
{
    if (!notes->unknown)
        notes->unknown = malloc(HISTORY_NOTES * sizeof *notes->unknown);
    if (!notes->unknown)
        return error_no_memory(err);
    struct unknown_value *note = &notes->unknown[index];
    size_t length = utf8_cut(value.bytes, value.length, NOTED_VALUE_BYTES);
    note->nearest = find_nearest(notes, field, value);
    size_t pointer_bytes = strlen(pointer) + 1;
    char *text = arena_alloc(arena, pointer_bytes + length + 1);
    if (!text)
        return error_no_memory(err);
    note->pointer = memcpy(text, pointer, pointer_bytes);
    note->value = memcpy(text + pointer_bytes, value.bytes, length);
    text[pointer_bytes + length] = '\0';
    return STATUS_OK;
}

/* ---- ignored keys -------------------------------------------------------------------------- */

enum status ignored_notes_add(struct ignored_notes *notes, struct span key,
                              uint32_t *index, struct arena *arena, struct error *err)
{
    for (*index = 0; *index < notes->count; ++*index) {
        struct note *note = &notes->list[*index];
        if (note->length == key.length &&
            memcmp(note->name, key.bytes, key.length) == 0) {
            note->count++;
            return STATUS_OK;
        }
    }
    if (*index == HISTORY_NOTES)
        return STATUS_OK;
    if (!notes->list)
        notes->list = malloc(HISTORY_NOTES * sizeof *notes->list);
    char *name = arena_string(arena, key.bytes, key.length);
    if (!notes->list || !name)
        return error_no_memory(err);
    notes->list[*index] = (struct note){.name = name, .length = key.length, .count = 1};
    notes->count = *index + 1;
    return STATUS_OK;
}

/* Is the key a slip of the keyboard for the known one?  "" is not known. */
static bool is_mistyped(const struct suggestion *key, const char *known)
{
    return suggestion_is_mistyped(key, known, strlen(known));
}

bool key_is_mistyped(const char *key, size_t length, const char *known)
{
    struct suggestion suggestion;
    suggestion_init(&suggestion, key, length);
    return is_mistyped(&suggestion, known);
}

/* The key of an event's name, or of a part of it, that was probably meant, or NULL. */
static const char *find_meant_event(const struct schema *schema,
                                    const struct suggestion *key)
{
    const char *const keys[] = {"event", schema->keys.event};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (is_mistyped(key, keys[i]))
            return keys[i];
    for (uint32_t i = 0; i < schema->event_parts.count; i++)
        if (is_mistyped(key, schema->event_parts.list[i].bytes))
            return schema->event_parts.list[i].bytes;
    return NULL;
}

const char *ignored_notes_mistyped_event(const struct ignored_notes *notes,
                                         const struct schema *schema)
{
    for (uint32_t i = 0; i < notes->count; i++) {
        const struct note *note = &notes->list[i];
        struct suggestion key;
        suggestion_init(&key, note->name, note->length);
        if (!note->is_member && find_meant_event(schema, &key))
            return note->name;
    }
    return NULL;
}

/* The key of an event or of "fields" that was probably meant, or NULL. */
static const char *find_meant_field(const struct schema *schema,
                                    const struct suggestion *key)
{
    const char *const keys[] = {"time", schema->keys.time};
    const char *event = find_meant_event(schema, key);
    if (event)
        return event;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (is_mistyped(key, keys[i]))
            return keys[i];
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (is_mistyped(key, schema->fields[i].name))
            return schema->fields[i].name;
    return NULL;
}

/* The member of the history or request that was probably meant, or NULL. */
static const char *find_meant_member(const struct schema *schema,
                                     const struct suggestion *key)
{
    const char *const keys[] = {"events", schema ? schema->keys.events : "", "fields",
                                "id",     schema ? schema->keys.id : "",     "model",
                                "include"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (is_mistyped(key, keys[i]))
            return keys[i];
    return NULL;
}

static const char *find_meant_key(struct history_notes *notes,
                                  const struct schema *schema, const struct note *note)
{
    enum { MEMBERS = 7, KEYS = 4 };
    struct suggestion key;
    uint32_t count = note->is_member || !schema
                         ? MEMBERS
                         : KEYS + schema->event_parts.count + schema->field_count;
    if (!may_compare(notes, count))
        return NULL;
    suggestion_init(&key, note->name, note->length);
    if (note->is_member)
        return find_meant_member(schema, &key);
    return schema ? find_meant_field(schema, &key) : NULL;
}

struct ignored_field *history_notes_copy_ignored(struct history_notes *notes,
                                                 bool is_request,
                                                 const struct schema *schema,
                                                 struct arena *arena)
{
    const struct ignored_notes *ignored = &notes->ignored[is_request];
    struct ignored_field *fields =
        ignored->count > 0 ? arena_array(arena, ignored->count, sizeof *fields) : NULL;
    for (uint32_t i = 0; fields && i < ignored->count; i++) {
        const struct note *note = &ignored->list[i];
        fields[i] =
            (struct ignored_field){.name = note->name,
                                   .count = note->count,
                                   .nearest = find_meant_key(notes, schema, note)};
    }
    return fields;
}

enum status history_notes_keep(struct history_notes *notes, bool is_request,
                               const struct schema *schema, struct history *history,
                               struct arena *arena, struct error *err)
{
    uint32_t count = history->unknown_count;
    if (count > 0) {
        size_t bytes =
            (count < HISTORY_NOTES ? count : HISTORY_NOTES) * sizeof *history->unknown;
        void *unknown = arena_alloc(arena, bytes);
        if (!unknown)
            return error_no_memory(err);
        history->unknown = memcpy(unknown, notes->unknown, bytes);
    }
    history->ignored_count = notes->ignored[is_request].count;
    if (history->ignored_count == 0)
        return STATUS_OK;
    history->ignored = history_notes_copy_ignored(notes, is_request, schema, arena);
    return history->ignored ? STATUS_OK : error_no_memory(err);
}

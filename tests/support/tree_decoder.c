/*
 * The order in which a request is examined, which decides what the first error is: "model"; then
 * the members in the order of the text; of a history, what concerns all of its events comes last.
 */
#include "support/tree_decoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alike.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/time_format.h"
#include "base/utf8.h"
#include "base/value.h"
#include "model/schema.h"

enum { POINTER = 96, MAX_INCLUDES = 32 };

/* jansson keeps the value of a number; what it was written as is found in the text. */
struct number {
    const json_t *value;
    const char *bytes;
    size_t length;
};

struct tree {
    struct number *numbers; /* [number_count], in the order of the text */
    size_t number_count;
    const struct decoder_options *options;
    const struct schema *schema;
    const struct field *name;
    struct time_format format;
    struct arena *arena;
    struct error *err;
    const char *where; /* pointer of the history */
    struct history *history;
    struct unknown_value *unknown;
    struct ignored_field *ignored;
    uint32_t *ignored_count;
    uint32_t compared;
    unsigned includes;
};

/* What the ignored keys that are members have as values; by their places in the list. */
enum kind { KIND_FIELD, KIND_MEMBER, KIND_SCALAR };

/* One field of one event or of "fields". */
struct slot {
    bool is_given;
    uint32_t id;
    float pair[2];
};

static enum status refuse(struct tree *tree, const char *pointer, const char *member)
{
    char where[2 * POINTER];
    snprintf(where, sizeof where, "%s%s", tree->where, pointer);
    if (member)
        pointer_join(where, POINTER, where, member);
    return error_set(tree->err, STATUS_BAD_INPUT, where, "refused");
}

static void *get(struct tree *tree, size_t count, size_t size)
{
    void *memory = arena_array(tree->arena, count + 1, size);
    if (!memory)
        abort();
    return memory;
}

/* Returns the place in the list, HISTORY_NOTES if there is none. */
static uint32_t ignore(struct tree *tree, struct ignored_field **list, uint32_t *count,
                       const char *key)
{
    for (uint32_t i = 0; i < *count; i++)
        if (strcmp((*list)[i].name, key) == 0) {
            (*list)[i].count++;
            return i;
        }
    if (*count == HISTORY_NOTES)
        return HISTORY_NOTES;
    if (!*list)
        *list = get(tree, HISTORY_NOTES, sizeof **list);
    char *copy = arena_string(tree->arena, key, strlen(key));
    (*list)[*count] = (struct ignored_field){.name = copy, .count = 1};
    return (*count)++;
}

/* ---- mistyped keys ---- */

static bool is_mistyped(const char *key, const char *known)
{
    char folded[64];
    size_t length = strlen(key), known_length = strlen(known);
    size_t few = suggest_fold(known, known_length, folded, sizeof folded) < 4 ? 0 : 1;
    if (strcmp(key, known) == 0 || suggest_fold(key, length, folded, sizeof folded) == 0)
        return false;
    return suggest_distance(key, length, known, known_length, (unsigned)few) <= few;
}

static void find_nearest_keys(struct tree *tree, struct ignored_field *list,
                              uint32_t count, const enum kind *kinds)
{
    const struct schema *schema = tree->schema;
    const char *members[] = {"events", schema->keys.events, "fields",
                             "id",     schema->keys.id,     "model",
                             "include"};
    const char *fields[64] = {"event", schema->keys.event};
    uint32_t field_names = 2;
    for (uint32_t i = 0; i < schema->event_parts.count; i++)
        fields[field_names++] = schema->event_parts.list[i].bytes;
    fields[field_names++] = "time";
    fields[field_names++] = schema->keys.time;
    for (uint32_t i = 0; i < schema->field_count; i++)
        fields[field_names++] = schema->fields[i].name;
    for (uint32_t i = 0; i < count; i++) {
        bool is_field = kinds[i] == KIND_FIELD;
        const char **names = is_field ? fields : members;
        uint32_t name_count = is_field ? field_names : 7;
        if (name_count > 100000 - tree->compared)
            continue;
        tree->compared += name_count;
        for (uint32_t j = name_count; j-- > 0;)
            if (is_mistyped(list[i].name, names[j]))
                list[i].nearest = names[j];
    }
}

/* The optional members, in the order in which a mistyped one is named; and what fits them. */
enum { FIELDS, ID, MODEL, INCLUDE, HISTORIES, OPTIONAL };
static const char *const optional[] = {"fields", "id", "model", "include", "histories"};

static bool fits(int member, const json_t *value)
{
    return member == FIELDS  ? json_is_object(value)
           : member == ID    ? json_is_string(value) || json_is_number(value)
           : member == MODEL ? json_is_string(value)
                             : json_is_array(value);
}

static int meant_member(const struct tree *tree, const char *key, const json_t *value)
{
    size_t length = strlen(key);
    if (json_is_null(value) || length > 24)
        return OPTIONAL;
    for (int i = 0; i < OPTIONAL; i++)
        if (i == ID && !fits(i, value))
            continue;
        else if (fits(i, value)
                     ? is_mistyped(key, optional[i])
                     : suggest_is_alike(key, length, optional[i], strlen(optional[i])))
            return i;
    if (fits(ID, value) && is_mistyped(key, tree->schema->keys.id))
        return ID;
    bool is_model =
        json_is_string(value) && suggest_is_alike(key, length, "model_name", 10);
    return is_model ? MODEL : OPTIONAL;
}

/* Refuse the object if a member is mistyped; given: bits of members, or what has no meaning. */
static enum status check_members(struct tree *tree, const json_t *object, unsigned given,
                                 int count)
{
    const char *key;
    json_t *value;
    for (int i = 0; i < count; i++)
        json_object_foreach((json_t *)(uintptr_t)object, key, value)
        {
            bool is_known = strcmp(key, "events") == 0 ||
                            strcmp(key, tree->schema->keys.events) == 0 ||
                            strcmp(key, tree->schema->keys.id) == 0;
            if (!is_known && (given & 1u << i) == 0 &&
                meant_member(tree, key, value) == i)
                return refuse(tree, "", key);
        }
    return STATUS_OK;
}

static unsigned given_members(const struct tree *tree, const json_t *object)
{
    unsigned given = 0;
    for (int i = 0; i < OPTIONAL; i++)
        if (json_object_get(object, optional[i]))
            given |= 1u << i;
    if (*tree->schema->keys.id != '\0' && json_object_get(object, tree->schema->keys.id))
        given |= 1u << ID;
    return given;
}

/* Do they differ only in marks that are hard to see? */
static bool is_in_marks(const char *value, const char *known)
{
    char a[ALIKE_BYTES], b[ALIKE_BYTES];
    size_t length = alike_fold(value, strlen(value), a, sizeof a);
    return length > 0 && length < sizeof a &&
           alike_fold(known, strlen(known), b, sizeof b) == length &&
           memcmp(a, b, length) == 0;
}

static void note_unknown(struct tree *tree, const char *pointer,
                         const struct field *field, const char *value)
{
    if (tree->history->unknown_count++ >= HISTORY_NOTES)
        return;
    if (!tree->unknown)
        tree->unknown = get(tree, HISTORY_NOTES, sizeof *tree->unknown);
    tree->history->unknown = tree->unknown;
    struct unknown_value *note = &tree->unknown[tree->history->unknown_count - 1];
    size_t length = utf8_cut(value, strlen(value), 64);
    note->pointer = arena_string(tree->arena, pointer, strlen(pointer));
    note->value = arena_string(tree->arena, value, length);
    note->nearest = NULL;
    if (field->values.count > 100000 - tree->compared)
        return;
    tree->compared += field->values.count;
    struct suggestion suggestion;
    suggestion_init(&suggestion, value, strlen(value));
    for (uint32_t i = 0; i < field->values.count; i++)
        suggestion_offer(&suggestion, field->values.keys[i].bytes,
                         field->values.keys[i].length);
    note->nearest = suggestion.nearest;
    if (suggestion.nearest || field->values.count > 100000 - tree->compared)
        return;
    tree->compared += field->values.count;
    for (uint32_t i = 0; i < field->values.count && !note->nearest; i++)
        if (is_in_marks(value, field->values.keys[i].bytes))
            note->nearest = field->values.keys[i].bytes;
}

static uint32_t id_of(const struct field *field, const char *text)
{
    static const char *const words[] = {"false", "False", "FALSE",
                                        "true",  "True",  "TRUE"};
    uint32_t id = field_id(field, text);
    bool truth;
    if (id != SCHEMA_UNKNOWN)
        return id;
    if (value_boolean(text, strlen(text), &truth))
        for (int i = 0; i < 3; i++)
            if (field_id(field, words[3 * truth + i]) != SCHEMA_UNKNOWN)
                return field_id(field, words[3 * truth + i]);
    return value_is_missing(text, strlen(text)) ? SCHEMA_MISSING : SCHEMA_UNKNOWN;
}

/* ---- numbers ---- */

/* Give every number of a tree its bytes, which begin at or after `at`; returns where they end. */
static const char *find_numbers(struct tree *tree, const json_t *value, const char *at)
{
    const char *key;
    json_t *item;
    size_t i;
    if (json_is_object(value))
        json_object_foreach(json_iterable(value), key, item) at =
            find_numbers(tree, item, at);
    json_array_foreach(value, i, item) at = find_numbers(tree, item, at);
    if (!json_is_number(value))
        return at;
    bool is_in_string = false;
    for (; is_in_string || !strchr("-0123456789", *at); at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            is_in_string = !is_in_string;
    }
    size_t length = strspn(at, "-+.0123456789eE");
    tree->numbers[tree->number_count++] = (struct number){value, at, length};
    return at + length;
}

/* The number as it is written, in the arena. */
static const char *number_text(const struct tree *tree, const json_t *value)
{
    size_t i = 0;
    while (tree->numbers[i].value != value)
        i++;
    return arena_string(tree->arena, tree->numbers[i].bytes, tree->numbers[i].length);
}

/* A number as a category: whole ones in one form, the others as written. */
static const char *number_category(const struct tree *tree, const json_t *value)
{
    const char *text = number_text(tree, value);
    char whole[VALUE_CATEGORY_SIZE];
    size_t length;
    return value_category(text, strlen(text), whole, &length)
               ? arena_string(tree->arena, whole, length)
               : text;
}

static enum status read_category(struct tree *tree, const char *pointer,
                                 const struct field *field, const json_t *value,
                                 uint32_t *id)
{
    const char *text = json_string_value(value);
    *id = SCHEMA_MISSING;
    if (json_is_null(value))
        return STATUS_OK;
    if (json_is_boolean(value))
        text = json_is_true(value) ? "true" : "false";
    if (json_is_number(value) && field->has_numbers)
        text = number_category(tree, value);
    if (!text)
        return refuse(tree, pointer, NULL);
    *id = id_of(field, text);
    if (*id == SCHEMA_UNKNOWN)
        note_unknown(tree, pointer, field, text);
    return STATUS_OK;
}

static enum status read_number(struct tree *tree, const char *pointer,
                               const struct field *field, const json_t *value,
                               float pair[2])
{
    const char *text = json_string_value(value);
    if (json_is_number(value))
        schema_encode_number(tree->schema, field, json_number_value(value), pair);
    else if (json_is_boolean(value) && field->has_booleans)
        schema_encode_number(tree->schema, field, json_is_true(value), pair);
    else if (json_is_null(value) || (text && value_is_missing(text, strlen(text))))
        schema_encode_missing(field, pair);
    else
        return refuse(tree, pointer, NULL);
    return STATUS_OK;
}

static enum status read_field(struct tree *tree, const char *pointer,
                              const struct field *field, const json_t *value,
                              struct slot *slots)
{
    struct slot *slot = &slots[field - tree->schema->fields];
    slot->is_given = true;
    return field->kind == FIELD_CATEGORY
               ? read_category(tree, pointer, field, value, &slot->id)
               : read_number(tree, pointer, field, value, slot->pair);
}

static bool is_either(const char *key, const char *ours, const char *theirs)
{
    return strcmp(key, ours) == 0 || (*theirs != '\0' && strcmp(key, theirs) == 0);
}

/* ---- events ---- */

struct times {
    struct instant *list; /* [count] */
    size_t count, timed, first_untimed;
    bool has_key;
};

static enum status read_time(struct tree *tree, const char *pointer, const json_t *value,
                             struct instant *time, bool *is_timed)
{
    const char *text = json_string_value(value);
    *is_timed = false;
    if (json_is_null(value) || (text && value_is_missing(text, strlen(text))))
        return STATUS_OK;
    if (!text && !json_is_number(value))
        return refuse(tree, pointer, NULL);
    text = text ? text : number_text(tree, value);
    *is_timed = time_format_read(&tree->format, text, strlen(text), time) &&
                !instant_is_placeholder(*time);
    return *is_timed ? STATUS_OK : refuse(tree, pointer, NULL);
}

static bool is_blank(const json_t *value)
{
    size_t length = json_string_length(value);
    if (json_is_string(value))
        (void)value_trim(json_string_value(value), &length);
    return json_is_string(value) && length == 0;
}

static void count_name(struct tree *tree, uint32_t id)
{
    tree->history->unknown_names += id == SCHEMA_UNKNOWN;
    tree->history->unnamed += id == SCHEMA_MISSING;
}

/* The index of a part of the name; that count if the key is none. */
static uint32_t find_part(const struct schema *schema, const char *key)
{
    uint32_t i = 0;
    while (i < schema->event_parts.count &&
           strcmp(schema->event_parts.list[i].bytes, key) != 0)
        i++;
    return i;
}

/* The text of a part of a name, without blanks around it and in one form. */
static char *part_text(const struct tree *tree, const json_t *value)
{
    char number[VALUE_CATEGORY_SIZE];
    const char *text = json_is_true(value)     ? "true"
                       : json_is_false(value)  ? "false"
                       : json_is_number(value) ? number_text(tree, value)
                                               : json_string_value(value);
    size_t length = strlen(text);
    bool is_true;
    text = length > 0 ? value_trim(text, &length) : text;
    if (value_boolean(text, length, &is_true))
        return strdup(is_true ? "true" : "false");
    return value_category(text, length, number, &length) ? strdup(number)
                                                         : strndup(text, length);
}

/*
 * The name that the parts of an event have: the texts that are not missing; else the first mark of a
 * missing value, null, or "".  NULL if there are none.
 */
static json_t *join_parts(const struct tree *tree, const json_t *event)
{
    const struct name_keys *parts = &tree->schema->event_parts;
    struct strbuf joined, mark;
    bool is_null = false, is_given = false;
    strbuf_init(&joined, SIZE_MAX);
    strbuf_init(&mark, SIZE_MAX);
    for (uint32_t i = 0; i < parts->count; i++) {
        const json_t *value = json_object_get(event, parts->list[i].bytes);
        is_given = is_given || value;
        is_null = is_null || json_is_null(value);
        if (!value || json_is_null(value))
            continue;
        char *text = part_text(tree, value);
        if (!value_is_missing(text, strlen(text)))
            strbuf_printf(&joined, "%s%s", joined.length > 0 ? "+" : "", text);
        else if (mark.length == 0)
            strbuf_add(&mark, text);
        free(text);
    }
    json_t *name = joined.length > 0 ? json_stringn(joined.bytes, joined.length)
                   : mark.length > 0 ? json_stringn(mark.bytes, mark.length)
                   : is_null         ? json_null()
                   : is_given        ? json_string("")
                                     : NULL;
    strbuf_release(&joined);
    strbuf_release(&mark);
    return name;
}

static enum status read_joined(struct tree *tree, const char *pointer,
                               const json_t *event, struct slot *name)
{
    json_t *joined = join_parts(tree, event);
    enum status status = is_blank(joined)
                             ? refuse(tree, pointer, NULL)
                             : read_field(tree, pointer, tree->name, joined,
                                          name - (tree->name - tree->schema->fields));
    if (status == STATUS_OK)
        count_name(tree, name->id);
    json_decref(joined);
    return status;
}

static enum status read_event(struct tree *tree, const char *pointer, const json_t *event,
                              struct slot *slots, struct times *times, size_t i)
{
    const struct schema_keys *keys = &tree->schema->keys;
    struct slot *name = &slots[tree->name - tree->schema->fields];
    bool is_timed = false, has_name = false, has_parts = false, has_time = false;
    char path[POINTER];
    const char *key;
    json_t *value;
    times->count++;
    if (json_is_string(event)) {
        if (is_blank(event))
            return refuse(tree, pointer, NULL);
        RETURN_IF_ERROR(read_field(tree, pointer, tree->name, event, slots));
        count_name(tree, name->id);
    } else if (!json_is_object(event)) {
        return refuse(tree, pointer, NULL);
    }
    json_object_foreach(json_is_object(event) ? json_iterable(event) : NULL, key, value)
    {
        pointer_join(path, sizeof path, pointer, key);
        const struct field *field = schema_find(tree->schema, key);
        if (find_part(tree->schema, key) < tree->schema->event_parts.count) {
            if (has_name || json_is_array(value) || json_is_object(value))
                return refuse(tree, path, NULL);
            has_parts = true;
        } else if (is_either(key, "event", keys->event)) {
            if (has_name || has_parts || is_blank(value))
                return refuse(tree, path, NULL);
            has_name = true;
            RETURN_IF_ERROR(read_field(tree, path, tree->name, value, slots));
            count_name(tree, name->id);
        } else if (is_either(key, "time", keys->time)) {
            if (has_time)
                return refuse(tree, path, NULL);
            has_time = times->has_key = true;
            RETURN_IF_ERROR(read_time(tree, path, value, &times->list[i], &is_timed));
        } else if (field) {
            RETURN_IF_ERROR(read_field(tree, path, field, value, slots));
        } else {
            ignore(tree, &tree->ignored, tree->ignored_count, key);
        }
    }
    times->timed += is_timed;
    if (!is_timed && times->first_untimed == SIZE_MAX)
        times->first_untimed = i;
    if (has_parts)
        return read_joined(tree, pointer, event, name);
    if (json_is_object(event) && !has_name)
        return refuse(tree, pointer, keys->event);
    return STATUS_OK;
}

/*
 * Does an ignored key hold a time in every event, or a mistyped one in any?  *first receives the first
 * event in which it does.  The engine looks at the noted keys only.
 */
static bool is_misnamed_time(const struct tree *tree, const json_t *events,
                             const char *key, size_t *first)
{
    size_t i;
    const json_t *event;
    bool is_in_all = true;
    bool is_near = is_mistyped(key, "time") || is_mistyped(key, tree->schema->keys.time);
    *first = SIZE_MAX;
    if (is_either(key, "event", tree->schema->keys.event) ||
        find_part(tree->schema, key) < tree->schema->event_parts.count ||
        schema_find(tree->schema, key))
        return false; /* ignored in "fields" or in the history only */
    json_array_foreach(events, i, event)
    {
        const json_t *value = json_object_get(event, key);
        const char *text = json_string_value(value);
        if (json_is_number(value))
            text = number_text(tree, value);
        bool is_time = text && (is_near || time_name_is_likely(key, strlen(key))
                                    ? time_named_is_likely(text, strlen(text))
                                    : json_is_string(value) &&
                                          time_text_is_likely(text, strlen(text)));
        is_in_all = is_in_all && is_time;
        if (is_time && *first == SIZE_MAX)
            *first = i;
    }
    return is_in_all || (is_near && *first != SIZE_MAX);
}

struct order {
    struct instant time;
    uint32_t index;
};

static int compare(const void *a, const void *b)
{
    const struct order *x = a, *y = b;
    int order = instant_compare(x->time, y->time);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static void encode(struct tree *tree, const struct slot *slots, const struct slot *shared,
                   const struct times *times)
{
    const struct schema *schema = tree->schema;
    struct history *history = tree->history;
    size_t count = times->count, K = schema->categories, F = schema_inputs(schema);
    struct order *order = get(tree, count, sizeof *order);
    uint32_t *positions = get(tree, count, sizeof *positions);
    int64_t *us = get(tree, count, sizeof *us);
    uint32_t *ids = get(tree, count * K, sizeof *ids);
    float *values = get(tree, count * F, sizeof *values);
    for (uint32_t i = 0; i < count; i++)
        order[i] = (struct order){times->list[i], i};
    if (times->timed > 0)
        qsort(order, count, sizeof *order, compare);
    for (uint32_t row = 0; row < count; row++) {
        uint32_t from = order[row].index;
        positions[from] = row;
        us[row] = order[row].time.us;
        history->reordered = history->reordered || from != row;
        for (uint32_t f = 0; f < schema->field_count; f++) {
            const struct field *field = &schema->fields[f];
            struct slot slot = slots[(size_t)from * schema->field_count + f];
            float *pair = values + row * F + 2 * (size_t)field->index;
            slot = slot.is_given ? slot : shared[f];
            if (field->kind == FIELD_CATEGORY)
                ids[row * K + field->index] = slot.is_given ? slot.id : SCHEMA_MISSING;
            else if (slot.is_given)
                memcpy(pair, slot.pair, sizeof slot.pair);
            else
                schema_encode_missing(field, pair);
        }
    }
    schema_encode_times(schema, times->timed > 0 ? us : NULL, (uint32_t)count,
                        values + 2 * schema->numbers, (uint32_t)F);
    history->length = (uint32_t)count;
    history->ids = ids;
    history->values = F > 0 ? values : NULL;
    history->positions = history->reordered ? positions : NULL;
}

/* ---- histories ---- */

static enum status read_id(struct tree *tree, const json_t *id)
{
    struct strbuf text;
    if (json_is_null(id))
        return STATUS_OK;
    if (!json_is_string(id) && !json_is_integer(id))
        return STATUS_BAD_INPUT;
    strbuf_init(&text, SIZE_MAX);
    if (json_is_string(id))
        strbuf_json_string(&text, json_string_value(id), json_string_length(id));
    else
        strbuf_add(&text, number_text(tree, id));
    tree->history->id = arena_string(tree->arena, text.bytes, text.length);
    strbuf_release(&text);
    return STATUS_OK;
}

static enum status read_events(struct tree *tree, const char *key, const json_t *events,
                               struct slot *slots, struct times *times)
{
    char pointer[POINTER];
    size_t i;
    const json_t *event;
    json_array_foreach(events, i, event)
    {
        if (i == tree->options->max_events) {
            (void)refuse(tree, "", key);
            return tree->err->status = STATUS_TOO_LARGE;
        }
        pointer_join(pointer, sizeof pointer, "", key);
        pointer_join_index(pointer, sizeof pointer, pointer, i);
        RETURN_IF_ERROR(read_event(tree, pointer, event,
                                   slots + i * tree->schema->field_count, times, i));
    }
    return STATUS_OK;
}

static enum status check_times(struct tree *tree, const char *key, const json_t *events,
                               const struct times *times)
{
    char pointer[POINTER];
    if (times->count == 0)
        return refuse(tree, "", key);
    if (times->timed == times->count)
        return STATUS_OK;
    pointer_join(pointer, sizeof pointer, "", key);
    pointer_join_index(pointer, sizeof pointer, pointer, times->first_untimed);
    const json_t *untimed = json_array_get(events, times->first_untimed);
    const char *time =
        json_object_get(untimed, "time") ? "time" : tree->schema->keys.time;
    if (times->timed > 0)
        return refuse(tree, pointer, time);
    for (uint32_t i = 0; !times->has_key && i < *tree->ignored_count; i++) {
        size_t first;
        if (!is_misnamed_time(tree, events, tree->ignored[i].name, &first))
            continue;
        pointer_join(pointer, sizeof pointer, "", key);
        pointer_join_index(pointer, sizeof pointer, pointer, first);
        return refuse(tree, pointer, tree->ignored[i].name);
    }
    return STATUS_OK;
}

/* A field that the history holds beside its events, and nowhere else. */
static enum status check_misplaced(struct tree *tree, const enum kind *kinds,
                                   const struct slot *slots, const struct slot *shared,
                                   size_t events)
{
    const struct schema *schema = tree->schema;
    for (uint32_t i = 0; i < *tree->ignored_count; i++) {
        const char *name = tree->ignored[i].name;
        const struct field *field = schema_find(schema, name);
        if (kinds[i] != KIND_SCALAR || !field ||
            is_either(name, "event", schema->keys.event) ||
            is_either(name, "time", schema->keys.time))
            continue;
        size_t f = (size_t)(field - schema->fields);
        bool is_given =
            shared[f].is_given &&
            (field->kind == FIELD_CATEGORY ? shared[f].id != SCHEMA_MISSING
                                           : shared[f].pair[1] == field->flags[0]);
        for (size_t event = 0; event < events; event++)
            is_given = is_given || slots[event * schema->field_count + f].is_given;
        if (!is_given)
            return refuse(tree, "", name);
    }
    return STATUS_OK;
}

static enum status read_shared(struct tree *tree, const json_t *fields,
                               struct slot *shared)
{
    const struct schema_keys *keys = &tree->schema->keys;
    char path[POINTER];
    const char *key;
    json_t *value;
    json_object_foreach(json_iterable(fields), key, value)
    {
        const struct field *field = schema_find(tree->schema, key);
        pointer_join(path, sizeof path, "/fields", key);
        if (field && !is_either(key, "event", keys->event) &&
            !is_either(key, "time", keys->time))
            RETURN_IF_ERROR(read_field(tree, path, field, value, shared));
        else
            ignore(tree, &tree->ignored, tree->ignored_count, key);
    }
    return STATUS_OK;
}

static enum status read_include(struct tree *tree, const json_t *value)
{
    char where[POINTER];
    size_t i;
    const json_t *name;
    if (!json_is_array(value))
        return refuse(tree, "/include", NULL);
    json_array_foreach(value, i, name)
    {
        pointer_join_index(where, sizeof where, "/include", i);
        if (!json_is_string(name) || strcmp(json_string_value(name), "surprise") != 0 ||
            i == MAX_INCLUDES)
            return refuse(tree, where, NULL);
        tree->includes |= 1U << INCLUDE_SURPRISE;
    }
    return STATUS_OK;
}

/* A history, or a request that is one. */
static enum status read_history(struct tree *tree, const json_t *object, bool is_request)
{
    const struct schema_keys *keys = &tree->schema->keys;
    const char *events_key = "events", *key;
    const json_t *events = NULL;
    struct slot *slots = NULL;
    struct slot *shared = get(tree, tree->schema->field_count, sizeof *shared);
    struct times times = {.first_untimed = SIZE_MAX};
    uint32_t ignored_count = 0;
    enum kind kinds[HISTORY_NOTES + 1] = {KIND_FIELD};
    json_t *value;
    if (!json_is_object(object))
        return refuse(tree, "", NULL);
    tree->ignored = NULL;
    tree->unknown = NULL;
    tree->ignored_count = &ignored_count;
    json_object_foreach(json_iterable(object), key, value)
    {
        if (is_request && (strcmp(key, "model") == 0))
            continue;
        if (is_request && strcmp(key, "include") == 0) {
            RETURN_IF_ERROR(read_include(tree, value));
        } else if (is_either(key, "id", keys->id)) {
            if (tree->history->id || read_id(tree, value) != STATUS_OK)
                return refuse(tree, "", key);
        } else if (strcmp(key, "fields") == 0) {
            if (!json_is_null(value) && !json_is_object(value))
                return refuse(tree, "", key);
            RETURN_IF_ERROR(read_shared(tree, value, shared));
        } else if (is_either(key, "events", keys->events)) {
            if (!json_is_array(value) || events)
                return refuse(tree, "", key);
            events = value;
            events_key = key;
            size_t count = json_array_size(events);
            slots = get(tree, count * tree->schema->field_count, sizeof *slots);
            times.list = get(tree, count, sizeof *times.list);
            RETURN_IF_ERROR(read_events(tree, key, events, slots, &times));
        } else if (is_request && strcmp(key, "histories") == 0 &&
                   tree->options->max_histories > 0) {
            return refuse(tree, "", key);
        } else if (is_request && strcmp(key, "histories") == 0) {
            return refuse(tree, "", key);
        } else if ((strcmp(key, "model") == 0 && json_is_string(value)) ||
                   (strcmp(key, "include") == 0 && json_is_array(value))) {
            return refuse(tree, "", key);
        } else {
            uint32_t at = ignore(tree, &tree->ignored, &ignored_count, key);
            bool is_scalar =
                !json_is_null(value) && !json_is_object(value) && !json_is_array(value);
            kinds[at] = is_scalar ? KIND_SCALAR : KIND_MEMBER;
        }
    }
    RETURN_IF_ERROR(check_members(tree, object, given_members(tree, object),
                                  is_request ? OPTIONAL : ID + 1));
    RETURN_IF_ERROR(check_times(tree, events_key, events, &times));
    RETURN_IF_ERROR(check_misplaced(tree, kinds, slots, shared, times.count));
    find_nearest_keys(tree, tree->ignored, ignored_count, kinds);
    encode(tree, slots, shared, &times);
    tree->history->ignored = tree->ignored;
    tree->history->ignored_count = ignored_count;
    return STATUS_OK;
}

/* ---- requests ---- */

static enum status read_many(struct tree *tree, struct decoded *decoded,
                             const json_t *histories)
{
    char where[POINTER];
    size_t i;
    const json_t *item;
    decoded->is_many = true;
    if (json_array_size(histories) == 0)
        return STATUS_OK; /* refused when all members are known */
    decoded->histories =
        get(tree, json_array_size(histories), sizeof *decoded->histories);
    json_array_foreach(histories, i, item)
    {
        if (i == tree->options->max_histories) {
            (void)refuse(tree, "/histories", NULL);
            return tree->err->status = STATUS_TOO_LARGE;
        }
        pointer_join_index(where, sizeof where, "/histories", i);
        tree->where = where;
        tree->history = &decoded->histories[i];
        enum status status = read_history(tree, item, false);
        tree->where = "";
        RETURN_IF_ERROR(status);
        decoded->count++;
    }
    return STATUS_OK;
}

/* A request in which "histories" comes before any "events" and "fields". */
static enum status read_request(struct tree *tree, struct decoded *decoded,
                                const json_t *object)
{
    const struct schema_keys *keys = &tree->schema->keys;
    const char *key;
    json_t *value;
    struct history outer = {.length = 0};
    const char *id_key = NULL;
    struct ignored_field *ignored = NULL;
    uint32_t ignored_count = 0;
    enum kind kinds[HISTORY_NOTES + 1];
    for (int i = 0; i <= HISTORY_NOTES; i++)
        kinds[i] = KIND_MEMBER;
    json_object_foreach(json_iterable(object), key, value)
    {
        if (strcmp(key, "model") == 0 ||
            (strcmp(key, "fields") == 0 && json_is_null(value)))
            continue;
        if (strcmp(key, "include") == 0) {
            RETURN_IF_ERROR(read_include(tree, value));
        } else if (strcmp(key, "histories") == 0) {
            if (outer.id)
                ignore(tree, &ignored, &ignored_count, id_key);
            RETURN_IF_ERROR(read_many(tree, decoded, value));
        } else if (is_either(key, "events", keys->events) || strcmp(key, "fields") == 0) {
            return refuse(tree, "", key);
        } else if (is_either(key, "id", keys->id) && !decoded->is_many) {
            tree->history = &outer;
            id_key = key;
            if (outer.id || read_id(tree, value) != STATUS_OK)
                return refuse(tree, "", key);
        } else {
            ignore(tree, &ignored, &ignored_count, key);
        }
    }
    RETURN_IF_ERROR(
        check_members(tree, object, given_members(tree, object) | 1u << ID, OPTIONAL));
    if (decoded->count == 0)
        return refuse(tree, "/histories", NULL);
    find_nearest_keys(tree, ignored, ignored_count, kinds);
    decoded->ignored = ignored;
    decoded->ignored_count = ignored_count;
    return STATUS_OK;
}

static bool is_many(const struct tree *tree, const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(json_iterable(object), key, value)
    {
        if (strcmp(key, "histories") == 0)
            return json_is_array(value) && tree->options->max_histories > 0;
        if ((is_either(key, "events", tree->schema->keys.events) &&
             json_is_array(value)) ||
            (strcmp(key, "fields") == 0 && json_is_object(value)))
            return false;
    }
    return false;
}

enum status tree_decode(struct decoded *decoded, const struct decoder_options *options,
                        const json_t *object, const char *text, size_t length,
                        struct arena *arena, struct error *err)
{
    struct tree tree = {.options = options, .arena = arena, .err = err, .where = ""};
    *decoded = (struct decoded){.count = 0};
    tree.numbers = get(&tree, length / 2, sizeof *tree.numbers);
    find_numbers(&tree, object, arena_string(arena, text, length));
    if (!json_is_object(object))
        return refuse(&tree, "", NULL);
    const json_t *model = json_object_get(object, "model");
    if (model && !json_is_string(model))
        return refuse(&tree, "/model", NULL);
    tree.schema = options->find_schema(options->context, json_string_value(model),
                                       json_string_length(model), NULL);
    if (!tree.schema) {
        (void)refuse(&tree, "/model", NULL);
        return err->status = STATUS_NOT_FOUND;
    }
    tree.name = schema_find(tree.schema, "event");
    if (time_format_parse(&tree.format, tree.schema->keys.time_format, err) != STATUS_OK)
        return err->status;
    enum status status;
    if (is_many(&tree, object)) {
        status = read_request(&tree, decoded, object);
    } else {
        decoded->count = 1;
        decoded->histories = get(&tree, 1, sizeof *decoded->histories);
        tree.history = decoded->histories;
        status = read_history(&tree, object, true);
    }
    decoded->includes = tree.includes;
    return status;
}

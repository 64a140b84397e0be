/* A part is kept as its text in the name; the join is one copy of all of them. */
#include "base/name_parts.h"

#include <string.h>

#include "base/value.h"

void name_keys_split(struct name_keys *keys, const char *key)
{
    keys->count = 0;
    if (!strchr(key, '+'))
        return;
    for (uint32_t count = 0; count < NAME_PARTS; count++) {
        size_t length = strcspn(key, "+");
        if (length == 0)
            return;
        keys->list[count] = (struct span){.bytes = key, .length = length};
        key += length;
        if (*key++ != '\0')
            continue;
        keys->count = count + 1;
        return;
    }
}

const struct span *name_keys_repeated(const struct name_keys *keys)
{
    for (uint32_t i = 0; i < keys->count; i++)
        if (name_keys_find(keys, keys->list[i]) < i)
            return &keys->list[i];
    return NULL;
}

/* The text of a part: that of a category (value.h), for all forms of the same value. */
static struct span text_of(const struct json_value *value,
                           char buffer[VALUE_CATEGORY_SIZE])
{
    struct span text = value->text;
    bool is_true = value->type == JSON_IS_TRUE;
    if (value->type == JSON_IS_STRING || value->type == JSON_IS_NUMBER) {
        if (text.length > 0)
            text.bytes = value_trim(text.bytes, &text.length);
        if (text.length == 0)
            return text;
        if (value_category(text.bytes, text.length, buffer, &text.length)) {
            text.bytes = buffer;
            return text;
        }
        if (!value_boolean(text.bytes, text.length, &is_true))
            return text;
    }
    const char *name = is_true ? "true" : "false";
    return (struct span){.bytes = name, .length = strlen(name)};
}

bool name_parts_add(struct name_parts *parts, uint32_t i, const struct json_value *value,
                    struct arena *arena, bool *has_failed)
{
    char buffer[VALUE_CATEGORY_SIZE];
    struct name_part *part = &parts->list[i];
    if (value->type == JSON_IS_NULL) {
        part->kind = PART_NULL;
        return true;
    }
    if (value->type == JSON_IS_ARRAY || value->type == JSON_IS_OBJECT ||
        value->type == JSON_IS_LONG)
        return false;
    struct span text = text_of(value, buffer);
    part->kind = text.length == 0                            ? PART_EMPTY
                 : value_is_missing(text.bytes, text.length) ? PART_MARK
                                                             : PART_TEXT;
    part->text.length = text.length;
    part->text.bytes =
        arena_string(arena, text.length > 0 ? text.bytes : "", text.length);
    *has_failed = *has_failed || !part->text.bytes;
    return true;
}

/* The texts of the parts of that kind, with "+" between them. */
static bool join(const struct name_parts *parts, enum name_part_kind kind,
                 struct span *name, struct arena *arena)
{
    size_t length = 0;
    for (int i = 0; i < NAME_PARTS; i++)
        length += parts->list[i].kind == kind ? parts->list[i].text.length + 1 : 0;
    char *bytes = arena_alloc(arena, length);
    if (!bytes)
        return false;
    char *end = bytes;
    for (int i = 0; i < NAME_PARTS; i++) {
        const struct span text = parts->list[i].text;
        if (parts->list[i].kind != kind)
            continue;
        if (end > bytes)
            *end++ = '+';
        memcpy(end, text.bytes, text.length);
        end += text.length;
    }
    *name = (struct span){.bytes = bytes, .length = (size_t)(end - bytes)};
    return true;
}

bool name_parts_join(struct name_parts *parts, struct json_value *name,
                     struct arena *arena, bool *has_failed)
{
    const struct name_part *best = &parts->list[0];
    bool is_joined = true;
    for (int i = 1; i < NAME_PARTS; i++)
        if (parts->list[i].kind > best->kind)
            best = &parts->list[i];
    name->type = best->kind == PART_NULL ? JSON_IS_NULL : JSON_IS_STRING;
    name->text = best->text;
    if (best->kind == PART_ABSENT)
        return false;
    if (best->kind == PART_TEXT && !*has_failed)
        is_joined = join(parts, PART_TEXT, &name->text, arena);
    *has_failed = *has_failed || !is_joined;
    *parts = (struct name_parts){.list = {{.kind = PART_ABSENT}}};
    return true;
}

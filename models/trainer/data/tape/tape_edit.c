/* A text is replaced by giving its number of another text to all blocks. */
#include "data/tape/tape_edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/suggest.h"
#include "base/value.h"

enum { POINTER_BYTES = 96 };

/* Give the first `count` texts of a column of the block other numbers. */
static void replace(struct tape_block *block, uint32_t local, const uint32_t *numbers,
                    uint32_t count)
{
    for (uint32_t i = 0; i < block->text_counts[local]; i++)
        if (block->texts[local][i] < count)
            block->texts[local][i] = numbers[block->texts[local][i]];
}

static void replace_all(struct tape *tape, uint32_t column, const uint32_t *numbers,
                        uint32_t count)
{
    for (size_t b = 0; b < tape->block_count; b++)
        for (uint32_t local = 0; local < tape->blocks[b].column_count; local++)
            if (tape->blocks[b].columns[local] == column)
                replace(&tape->blocks[b], local, numbers, count);
}

static uint32_t *identity(uint32_t count)
{
    uint32_t *numbers = malloc((count + (size_t)1) * sizeof *numbers);
    for (uint32_t i = 0; numbers && i < count; i++)
        numbers[i] = i;
    return numbers;
}

static enum status trim_column(struct tape *tape, uint32_t index, struct error *err)
{
    struct tape_column *column = &tape->columns[index];
    uint32_t count = column->texts.count;
    uint32_t *numbers = identity(count);
    bool is_changed = false;
    if (!numbers)
        return error_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        const struct strmap_key key = column->texts.keys[i];
        size_t length = key.length;
        const char *trimmed = value_trim(key.bytes, &length);
        if (length == key.length)
            continue;
        numbers[i] = strmap_add(&column->texts, trimmed, length, &column->arena);
        is_changed = true;
        if (numbers[i] == MAP_NONE) {
            free(numbers);
            return error_no_memory(err);
        }
    }
    if (is_changed)
        replace_all(tape, index, numbers, count);
    free(numbers);
    return STATUS_OK;
}

/* The new number of an old text of a column; err names the place in the recipe. */
static enum status rename_text(struct tape_column *column, uint32_t *numbers,
                               uint32_t count, const char *old, const json_t *value,
                               const char *where, struct error *err)
{
    const char *text = json_string_value(value);
    if (!text || *text == '\0')
        return error_mismatch(err, STATUS_BAD_INPUT, where, "a string", json_kind(value),
                              "the new name is no string, or empty");
    uint32_t from = strmap_find(&column->texts, old, strlen(old));
    if (from == MAP_NONE || from >= count)
        return STATUS_OK;
    uint32_t to = strmap_add(&column->texts, text, strlen(text), &column->arena);
    if (to == MAP_NONE)
        return error_no_memory(err);
    numbers[from] = to;
    return STATUS_OK;
}

/* Have the texts of the column been joined with others to the names of events? */
static bool is_part(const struct tape *tape, struct span name,
                    const struct data_keys *keys)
{
    struct name_keys parts;
    data_keys_parts(keys, &parts);
    return tape->has_joined_names && name_keys_find(&parts, name) < parts.count;
}

/* Is the column the one that the recipe means?  Not a part of names: it is too late to change it. */
static bool is_meant(const struct tape *tape, const struct tape_column *column,
                     const char *name, const struct data_keys *keys)
{
    const struct span own = {.bytes = column->name, .length = column->name_length};
    if (is_part(tape, own, keys))
        return false;
    return span_is(own, name) ||
           (strcmp(name, "event") == 0 && span_is(own, keys->event)) ||
           (strcmp(name, "action") == 0 && span_is(own, keys->label));
}

static enum status rename_column(struct tape *tape, uint32_t index, const json_t *names,
                                 const char *where, struct error *err)
{
    struct tape_column *column = &tape->columns[index];
    uint32_t count = column->texts.count;
    uint32_t *numbers = identity(count);
    const char *old;
    json_t *value;
    char pointer[POINTER_BYTES];
    enum status status = numbers ? STATUS_OK : error_no_memory(err);
    json_object_foreach(json_iterable(names), old, value)
    {
        if (status == STATUS_OK)
            status = rename_text(column, numbers, count, old, value,
                                 pointer_join(pointer, sizeof pointer, where, old), err);
    }
    if (status == STATUS_OK)
        replace_all(tape, index, numbers, count);
    free(numbers);
    return status;
}

static enum status refuse_column(const struct tape *tape, const char *name,
                                 const char *where, struct error *err)
{
    char phrase[SUGGEST_PHRASE];
    struct suggestion suggestion;
    suggestion_init(&suggestion, name, strlen(name));
    for (size_t i = 0; i < tape->column_count; i++)
        suggestion_offer(&suggestion, tape->columns[i].name,
                         tape->columns[i].name_length);
    return error_set(err, STATUS_BAD_INPUT, where, "the data has no column \"%.40s\"%s",
                     name, suggestion_phrase(&suggestion, "", phrase, sizeof phrase));
}

/* A name that is misspelt in the recipe would change nothing, silently. */
static enum status check_old_names(const struct tape *tape, const struct data_keys *keys,
                                   const char *name, const json_t *names,
                                   const char *where, struct error *err)
{
    const char *old;
    json_t *value;
    json_object_foreach(json_iterable(names), old, value)
    {
        struct suggestion suggestion;
        bool is_found = false, has_column = false;
        double number;
        suggestion_init(&suggestion, old, strlen(old));
        for (size_t i = 0; i < tape->column_count; i++) {
            const struct tape_column *column = &tape->columns[i];
            if (!is_meant(tape, column, name, keys))
                continue;
            has_column = true;
            is_found =
                is_found || strmap_find(&column->texts, old, strlen(old)) != MAP_NONE;
            for (uint32_t t = 0; t < column->texts.count && !is_found; t++)
                suggestion_offer(&suggestion, column->texts.keys[t].bytes,
                                 column->texts.keys[t].length);
        }
        char pointer[POINTER_BYTES], phrase[SUGGEST_PHRASE];
        if (!has_column)
            return refuse_column(tape, name, where, err);
        if (!is_found && value_number(old, strlen(old), DECIMAL_POINT, &number))
            return error_set(err, STATUS_BAD_INPUT,
                             pointer_join(pointer, sizeof pointer, where, old),
                             "\"%.40s\" is a number; only texts can be renamed", old);
        if (!is_found)
            return error_set(err, STATUS_BAD_INPUT,
                             pointer_join(pointer, sizeof pointer, where, old),
                             "no value of \"%.40s\" is \"%.40s\"%s", name, old,
                             suggestion_phrase(&suggestion, "", phrase, sizeof phrase));
    }
    return STATUS_OK;
}

/* Texts that have been joined to names cannot be renamed, but the names can. */
static enum status check_part(const struct tape *tape, const struct data_keys *keys,
                              const char *name, const char *where, struct error *err)
{
    const struct span span = {.bytes = name, .length = strlen(name)};
    if (strcmp(name, "event") == 0 || !is_part(tape, span, keys))
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, where,
                     "\"%.40s\" is a part of the names of events; rename those of "
                     "\"event\"",
                     name);
}

static enum status rename_columns(struct tape *tape, const struct data_keys *keys,
                                  const json_t *rename, struct error *err)
{
    const char *name;
    json_t *names;
    char where[POINTER_BYTES];
    json_object_foreach(json_iterable(rename), name, names)
    {
        pointer_join(where, sizeof where, "/rename", name);
        if (!json_is_object(names))
            return error_mismatch(err, STATUS_BAD_INPUT, where, "an object",
                                  json_kind(names),
                                  "expected an object of old and new names");
        RETURN_IF_ERROR(check_part(tape, keys, name, where, err));
        RETURN_IF_ERROR(check_old_names(tape, keys, name, names, where, err));
        for (uint32_t i = 0; i < tape->column_count; i++)
            if (is_meant(tape, &tape->columns[i], name, keys))
                RETURN_IF_ERROR(rename_column(tape, i, names, where, err));
    }
    return STATUS_OK;
}

enum status tape_edit(struct tape *tape, const struct data_keys *keys,
                      const json_t *rename, bool trim, struct error *err)
{
    if (!trim && !rename)
        return STATUS_OK;
    if (rename && !json_is_object(rename))
        return error_mismatch(err, STATUS_BAD_INPUT, "/rename", "an object",
                              json_kind(rename), "expected an object");
    for (uint32_t i = 0; trim && i < tape->column_count; i++)
        RETURN_IF_ERROR(trim_column(tape, i, err));
    if (rename)
        RETURN_IF_ERROR(rename_columns(tape, keys, rename, err));
    return tape_finish(tape, err); /* there may be new texts */
}

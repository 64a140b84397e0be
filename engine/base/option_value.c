#include "base/option_value.h"

#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

enum { EXPECTED_ROOM = 128, RECEIVED_ROOM = 64 };

/* A value before it is stored; kind says which member counts. */
struct value {
    uint64_t
        whole; /* OPTION_U32, OPTION_U64; OPTION_CHOICE's index; OPTION_SWITCH's 0 or 1 */
    double real;
    const char *text;
};

void option_key(const struct option_def *field, char *room, size_t size)
{
    utf8_copy(room, size, field->name);
    for (char *c = room; *c != '\0'; c++)
        if (*c == '-')
            *c = '_';
}

void option_variable(const struct option_def *field, const char *prefix, char *room,
                     size_t size)
{
    char key[OPTION_NAME_ROOM];
    option_key(field, key, sizeof key);
    for (char *c = key; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    snprintf(room, size, "%s%s", prefix, key);
}

void option_flag(const struct option_def *field, char *room, size_t size)
{
    snprintf(room, size, "%s%s", field->name[1] == '\0' ? "-" : "--", field->name);
}

static void describe_choices(const struct option_def *field, char *room, size_t size)
{
    size_t used = (size_t)snprintf(room, size, "one of ");
    for (size_t i = 0; field->choices[i] != NULL && used < size; i++)
        used += (size_t)snprintf(room + used, size - used, "%s%s", i > 0 ? ", " : "",
                                 field->choices[i]);
}

/* "a whole number from 1 to 4096" */
static void describe(const struct option_def *field, char *room, size_t size)
{
    switch (field->kind) {
    case OPTION_SWITCH:
        utf8_copy(room, size, "true or false");
        return;
    case OPTION_U32:
    case OPTION_U64:
        snprintf(room, size, "a whole number from %.0f to %.0f", field->min, field->max);
        return;
    case OPTION_REAL:
        snprintf(room, size, "a number from %g to %g", field->min, field->max);
        return;
    case OPTION_CHOICE:
        describe_choices(field, room, size);
        return;
    case OPTION_TEXT:
        utf8_copy(room, size, "a string");
        return;
    }
}

/* Digits, and for OPTION_U64 a suffix. */
static bool parse_whole(const char *text, bool may_have_suffix, uint64_t *whole)
{
    static const char suffixes[] = "KMG";
    const char *end = text;
    *whole = 0;
    for (; *end >= '0' && *end <= '9'; end++)
        if (__builtin_mul_overflow(*whole, 10, whole) ||
            __builtin_add_overflow(*whole, (uint64_t)(*end - '0'), whole))
            return false;
    if (end == text)
        return false;

    const char *suffix = *end != '\0' ? strchr(suffixes, *end) : NULL;
    if (may_have_suffix && suffix != NULL) {
        uint64_t factor = UINT64_C(1024) << 10 * (suffix - suffixes);
        return end[1] == '\0' && !__builtin_mul_overflow(*whole, factor, whole);
    }
    return *end == '\0';
}

/* Decimal only: no spaces, hexadecimals, infinities. */
static bool parse_real(const char *text, double *real)
{
    char *end;
    if (*text == '+' || text[strspn(text, "+-.0123456789eE")] != '\0')
        return false;
    *real = strtod(text, &end);
    return end != text && *end == '\0';
}

static bool parse_choice(const struct option_def *field, const char *text,
                         uint64_t *index)
{
    for (*index = 0; field->choices[*index] != NULL; ++*index)
        if (strcmp(field->choices[*index], text) == 0)
            return true;
    return false;
}

static bool parse_switch(const char *text, uint64_t *on)
{
    *on = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    return *on || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

static bool value_from_text(const struct option_def *field, const char *text,
                            struct value *value)
{
    switch (field->kind) {
    case OPTION_SWITCH:
        return parse_switch(text, &value->whole);
    case OPTION_U32:
    case OPTION_U64:
        return parse_whole(text, field->kind == OPTION_U64, &value->whole);
    case OPTION_REAL:
        return parse_real(text, &value->real);
    case OPTION_CHOICE:
        return parse_choice(field, text, &value->whole);
    case OPTION_TEXT:
        value->text = text;
        return true;
    }
    return false;
}

static bool value_from_json(const struct option_def *field, const json_t *json,
                            struct value *value)
{
    switch (field->kind) {
    case OPTION_SWITCH:
        value->whole = json_is_true(json);
        return json_is_boolean(json);
    case OPTION_U32:
    case OPTION_U64:
        value->whole = (uint64_t)json_integer_value(json);
        return json_is_integer(json) && json_integer_value(json) >= 0;
    case OPTION_REAL:
        value->real = json_number_value(json);
        return json_is_number(json);
    case OPTION_CHOICE:
    case OPTION_TEXT:
        return json_is_string(json) &&
               value_from_text(field, json_string_value(json), value);
    }
    return false;
}

static bool is_within(const struct option_def *field, const struct value *value)
{
    double number = field->kind == OPTION_REAL ? value->real : (double)value->whole;
    switch (field->kind) {
    case OPTION_U32:
        if (value->whole > UINT32_MAX)
            return false;
        break;
    case OPTION_REAL:
        if (!(number >= -DBL_MAX && number <= DBL_MAX))
            return false;
        break;
    case OPTION_U64:
        break;
    case OPTION_SWITCH:
    case OPTION_CHOICE:
    case OPTION_TEXT:
        return true;
    }
    return number >= field->min && number <= field->max;
}

static enum status store(const struct option_table *set, const struct option_def *field,
                         const struct value *value, enum option_source source,
                         struct error *err)
{
    unsigned char *known =
        set->sources != NULL ? set->sources + (field - set->options) : NULL;
    if (known != NULL && *known > source)
        return STATUS_OK;

    void *place = (char *)set->values + field->offset;
    switch (field->kind) {
    case OPTION_SWITCH:
        *(bool *)place = value->whole != 0;
        break;
    case OPTION_U32:
    case OPTION_CHOICE:
        *(uint32_t *)place = (uint32_t)value->whole;
        break;
    case OPTION_U64:
        *(uint64_t *)place = value->whole;
        break;
    case OPTION_REAL:
        *(double *)place = value->real;
        break;
    case OPTION_TEXT: {
        char *copy = arena_string(set->arena, value->text, strlen(value->text));
        if (copy == NULL)
            return error_no_memory(err);
        *(const char **)place = copy;
    }
    }
    if (known != NULL)
        *known = (unsigned char)source;
    return STATUS_OK;
}

enum status option_set_text(const struct option_table *set,
                            const struct option_def *field, const char *text,
                            enum option_source source, const char *where,
                            struct error *err)
{
    struct value value = {0, 0, NULL};
    if (value_from_text(field, text, &value) && is_within(field, &value))
        return store(set, field, &value, source, err);

    char expected[EXPECTED_ROOM];
    describe(field, expected, sizeof expected);
    return error_mismatch(err, STATUS_BAD_OPTION, where, expected, text,
                          "expected %s, received \"%s\"", expected, text);
}

enum status option_set_json(const struct option_table *set,
                            const struct option_def *field, const json_t *json,
                            enum option_source source, const char *where,
                            struct error *err)
{
    struct value value = {0, 0, NULL};
    if (value_from_json(field, json, &value) && is_within(field, &value))
        return store(set, field, &value, source, err);

    char expected[EXPECTED_ROOM], received[RECEIVED_ROOM];
    describe(field, expected, sizeof expected);
    json_preview(json, received, sizeof received);
    return error_mismatch(err, STATUS_BAD_OPTION, where, expected, received,
                          "expected %s, received %s", expected, received);
}

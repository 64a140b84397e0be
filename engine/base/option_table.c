/*
 * Option tables: names of options, and reading their values.
 *
 * A value from any source is parsed, checked against the bounds and stored by the same code.
 */
#include "base/option_table.h"

#include <assert.h>
#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/json.h"
#include "base/suggest.h"
#include "base/utf8.h"

enum { EXPECTED_SIZE = 128, RECEIVED_SIZE = 64 };

size_t option_table_count(const struct option_def *options)
{
    size_t count = 0;
    while (options[count].name)
        count++;
    return count;
}

/* ---- names ----------------------------------------------------------------------------- */

void option_key(const struct option_def *option, char key[OPTION_NAME_SIZE])
{
    utf8_copy(key, OPTION_NAME_SIZE, option->name);
    for (char *c = key; *c != '\0'; c++)
        if (*c == '-')
            *c = '_';
}

void option_variable(const struct option_def *option, const char *prefix,
                     char variable[OPTION_NAME_SIZE])
{
    char key[OPTION_NAME_SIZE];
    option_key(option, key);
    for (char *c = key; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    snprintf(variable, OPTION_NAME_SIZE, "%s%s", prefix, key);
}

void option_flag(const struct option_def *option, char flag[OPTION_NAME_SIZE])
{
    const char *dashes = option->name[1] == '\0' ? "-" : "--";
    snprintf(flag, OPTION_NAME_SIZE, "%s%s", dashes, option->name);
}

/* ---- values ---------------------------------------------------------------------------- */

/* A parsed value; the kind of the option says which member is used. */
struct value {
    uint64_t whole; /* OPTION_U32, OPTION_U64; an index of choices; 0 or 1 of a switch */
    double real;
    const char *text;
};

/* What may follow a number: its name, in any case, and the factor.  NULL ends a list. */
struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit counts[] = {
    {"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};

/* The units of GNU programs. */
static const struct unit sizes[] = {
    {"", 1},
    {"B", 1},
    {"K", UINT64_C(1) << 10},
    {"KiB", UINT64_C(1) << 10},
    {"kB", 1000},
    {"M", UINT64_C(1) << 20},
    {"MiB", UINT64_C(1) << 20},
    {"MB", 1000000},
    {"G", UINT64_C(1) << 30},
    {"GiB", UINT64_C(1) << 30},
    {"GB", 1000000000},
    {"T", UINT64_C(1) << 40},
    {"TiB", UINT64_C(1) << 40},
    {"TB", UINT64_C(1000000000000)},
    {NULL, 0},
};

static const struct unit milliseconds[] = {
    {"", 1},        {"ms", 1},      {"s", 1000}, {"m", 60000},
    {"min", 60000}, {"h", 3600000}, {NULL, 0},
};

static const struct unit no_units[] = {{"", 1}, {NULL, 0}};

/* Digits, perhaps a space, and a unit. */
static bool parse_whole(const char *text, const struct unit *units, uint64_t *whole)
{
    const char *end = text;
    *whole = 0;
    for (; *end >= '0' && *end <= '9'; end++)
        if (__builtin_mul_overflow(*whole, 10, whole) ||
            __builtin_add_overflow(*whole, (uint64_t)(*end - '0'), whole))
            return false;
    if (end == text)
        return false;
    if (end[0] == ' ' && end[1] != '\0')
        end++;
    for (; units->name; units++)
        if (strcasecmp(units->name, end) == 0)
            return !__builtin_mul_overflow(*whole, units->factor, whole);
    return false;
}

static const struct unit *units_of(const struct option_def *option)
{
    switch (option->kind) {
    case OPTION_U64:
        return counts;
    case OPTION_BYTES:
        return sizes;
    case OPTION_MS:
        return milliseconds;
    case OPTION_SWITCH:
    case OPTION_U32:
    case OPTION_REAL:
    case OPTION_CHOICE:
    case OPTION_TEXT:
        break;
    }
    return no_units;
}

/* strtod without leading spaces, hexadecimal numbers, infinities and NaN. */
static bool parse_real(const char *text, double *real)
{
    char *end;
    if (*text == '+' || text[strspn(text, "+-.0123456789eE")] != '\0')
        return false;
    *real = strtod(text, &end);
    return end != text && *end == '\0';
}

static bool parse_choice(const char *const *choices, const char *text, uint64_t *index)
{
    for (*index = 0; choices[*index]; ++*index)
        if (strcmp(choices[*index], text) == 0)
            return true;
    return false;
}

static bool parse_switch(const char *text, uint64_t *is_on)
{
    *is_on = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    return *is_on || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

static bool value_from_text(const struct option_def *option, const char *text,
                            struct value *value)
{
    switch (option->kind) {
    case OPTION_SWITCH:
        return parse_switch(text, &value->whole);
    case OPTION_U32:
    case OPTION_U64:
    case OPTION_BYTES:
    case OPTION_MS:
        return parse_whole(text, units_of(option), &value->whole);
    case OPTION_REAL:
        return parse_real(text, &value->real);
    case OPTION_CHOICE:
        return parse_choice(option->choices, text, &value->whole);
    case OPTION_TEXT:
        value->text = text;
        return true;
    }
    return false;
}

/* 8e6 is the number 8000000; a fraction or a number that a double does not hold exactly is none. */
static bool whole_from_json(const json_t *json, uint64_t *whole)
{
    const double exact = (double)(UINT64_C(1) << DBL_MANT_DIG);
    if (json_is_integer(json)) {
        *whole = (uint64_t)json_integer_value(json);
        return json_integer_value(json) >= 0;
    }
    double real = json_real_value(json);
    if (!json_is_real(json) || !(real >= 0 && real <= exact))
        return false;
    *whole = (uint64_t)real;
    return (double)*whole == real;
}

static bool value_from_json(const struct option_def *option, const json_t *json,
                            struct value *value)
{
    switch (option->kind) {
    case OPTION_SWITCH:
        value->whole = json_is_true(json);
        return json_is_boolean(json);
    case OPTION_BYTES:
    case OPTION_MS:
        if (json_is_string(json))
            return value_from_text(option, json_string_value(json), value);
        /* fall through */
    case OPTION_U32:
    case OPTION_U64:
        return whole_from_json(json, &value->whole);
    case OPTION_REAL:
        value->real = json_number_value(json);
        return json_is_number(json);
    case OPTION_CHOICE:
    case OPTION_TEXT:
        return json_is_string(json) &&
               value_from_text(option, json_string_value(json), value);
    }
    return false;
}

static bool is_within_bounds(const struct option_def *option, const struct value *value)
{
    double number = (double)value->whole;
    switch (option->kind) {
    case OPTION_U32:
    case OPTION_MS:
        if (value->whole > UINT32_MAX)
            return false;
        break;
    case OPTION_U64:
    case OPTION_BYTES:
        break;
    case OPTION_REAL:
        number = value->real;
        if (!(number >= -DBL_MAX && number <= DBL_MAX))
            return false;
        break;
    case OPTION_SWITCH:
    case OPTION_CHOICE:
    case OPTION_TEXT:
        return true;
    }
    return number >= option->min && number <= option->max;
}

/* Copy "before,text", or text if before is NULL; NULL if memory has run out. */
static char *join_texts(struct arena *arena, const char *before, const char *text)
{
    size_t length = strlen(text), start = before ? strlen(before) + 1 : 0;
    char *joined = arena_alloc(arena, start + length + 1);
    if (!joined)
        return NULL;
    if (before) {
        memcpy(joined, before, start - 1);
        joined[start - 1] = ',';
    }
    memcpy(joined + start, text, length + 1);
    return joined;
}

/* Store a value, unless a source that takes precedence has set it. */
static enum status store(const struct option_table *table,
                         const struct option_def *option, const struct value *value,
                         enum option_source source, struct error *err)
{
    size_t index = (size_t)(option - table->options);
    if (table->sources && table->sources[index] > source)
        return STATUS_OK;

    void *member = (char *)table->values + option->offset;
    switch (option->kind) {
    case OPTION_SWITCH:
        *(bool *)member = value->whole != 0;
        break;
    case OPTION_U32:
    case OPTION_MS:
    case OPTION_CHOICE:
        *(uint32_t *)member = (uint32_t)value->whole;
        break;
    case OPTION_U64:
    case OPTION_BYTES:
        *(uint64_t *)member = value->whole;
        break;
    case OPTION_REAL:
        *(double *)member = value->real;
        break;
    case OPTION_TEXT: {
        bool is_more = option->is_list && source == SOURCE_FLAG && table->sources &&
                       table->sources[index] == SOURCE_FLAG;
        const char *before = is_more ? *(const char **)member : NULL;
        char *copy = join_texts(table->arena, before, value->text);
        if (!copy)
            return error_no_memory(err);
        *(const char **)member = copy;
    }
    }
    if (table->sources)
        table->sources[index] = (unsigned char)source;
    return STATUS_OK;
}

/* "one of rnn, lstm, gru" */
static void describe_choices(const char *const *choices, char text[EXPECTED_SIZE])
{
    size_t used = (size_t)snprintf(text, EXPECTED_SIZE, "one of ");
    for (size_t i = 0; choices[i] && used < EXPECTED_SIZE; i++)
        used += (size_t)snprintf(text + used, EXPECTED_SIZE - used, "%s%s",
                                 i > 0 ? ", " : "", choices[i]);
}

/* What values an option takes: "a whole number from 1 to 4096". */
static void describe(const struct option_def *option, char text[EXPECTED_SIZE])
{
    switch (option->kind) {
    case OPTION_SWITCH:
        utf8_copy(text, EXPECTED_SIZE, "true or false");
        return;
    case OPTION_U32:
    case OPTION_U64:
        snprintf(text, EXPECTED_SIZE, "a whole number from %.0f to %.0f", option->min,
                 option->max);
        return;
    case OPTION_BYTES:
        snprintf(text, EXPECTED_SIZE, "a size such as 64K or 8MiB, %.0f to %.0f bytes",
                 option->min, option->max);
        return;
    case OPTION_MS:
        snprintf(text, EXPECTED_SIZE, "a time such as 500ms or 30s, %.0f to %.0f ms",
                 option->min, option->max);
        return;
    case OPTION_REAL:
        snprintf(text, EXPECTED_SIZE, "a number from %g to %g", option->min, option->max);
        return;
    case OPTION_CHOICE:
        describe_choices(option->choices, text);
        return;
    case OPTION_TEXT:
        utf8_copy(text, EXPECTED_SIZE, "a string");
        return;
    }
}

/* The choice that was probably meant, as ` (did you mean "gru"?)`, or "". */
static const char *nearest_choice(const struct option_def *option, const char *text,
                                  char phrase[SUGGEST_PHRASE])
{
    phrase[0] = '\0';
    if (option->kind == OPTION_CHOICE && text)
        suggest_phrase(text, option->choices, phrase, SUGGEST_PHRASE);
    return phrase;
}

/* where names the option in an error: --hidden, TRIAGE_HIDDEN, /hidden. */
static enum status set_text(const struct option_table *table,
                            const struct option_def *option, const char *text,
                            enum option_source source, const char *where,
                            struct error *err)
{
    struct value value = {.text = NULL};
    if (value_from_text(option, text, &value) && is_within_bounds(option, &value))
        return store(table, option, &value, source, err);

    char expected[EXPECTED_SIZE], phrase[SUGGEST_PHRASE];
    describe(option, expected);
    return error_mismatch(err, STATUS_BAD_OPTION, where, expected, text,
                          "expected %s, received \"%s\"%s", expected, text,
                          nearest_choice(option, text, phrase));
}

static enum status set_json(const struct option_table *table,
                            const struct option_def *option, const json_t *json,
                            const char *where, struct error *err)
{
    struct value value = {.text = NULL};
    if (value_from_json(option, json, &value) && is_within_bounds(option, &value))
        return store(table, option, &value, SOURCE_FILE, err);

    char expected[EXPECTED_SIZE], received[RECEIVED_SIZE], phrase[SUGGEST_PHRASE];
    describe(option, expected);
    json_preview(json, received, sizeof received);
    nearest_choice(option, json_string_value(json), phrase);
    return error_mismatch(err, STATUS_BAD_OPTION, where, expected, received,
                          "expected %s, received %s%s", expected, received, phrase);
}

enum status option_table_set_defaults(const struct option_table *table, struct error *err)
{
    if (table->sources)
        memset(table->sources, SOURCE_DEFAULT, option_table_count(table->options));
    for (const struct option_def *option = table->options; option->name; option++) {
        enum status status = set_text(table, option, option->default_text, SOURCE_DEFAULT,
                                      option->name, err);
        assert(status == STATUS_OK || status == STATUS_NO_MEMORY);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status option_table_set(const struct option_table *table,
                             const struct option_def *option, const char *text,
                             enum option_source source, struct error *err)
{
    char flag[OPTION_NAME_SIZE];
    option_flag(option, flag);
    const char *where = source == SOURCE_FLAG ? flag : option->name;
    return set_text(table, option, text, source, where, err);
}

/* ---- JSON and the environment ---------------------------------------------------------- */

static const struct option_def *find_key(const struct option_def *options,
                                         const char *key)
{
    for (const struct option_def *option = options; option->name; option++) {
        char own[OPTION_NAME_SIZE];
        option_key(option, own);
        if (strcmp(own, key) == 0)
            return option->is_outside_files ? NULL : option;
    }
    return NULL;
}

/* Offer a name in a buffer that is used again: if it is the nearest now, it is copied to kept. */
static void offer_copy(struct suggestion *suggestion, const char *name,
                       char kept[OPTION_NAME_SIZE])
{
    suggestion_offer(suggestion, name, strlen(name));
    if (suggestion->nearest == name)
        suggestion->nearest = memcpy(kept, name, OPTION_NAME_SIZE);
}

static const char *nearest_key(const struct option_def *options, const char *key,
                               char phrase[SUGGEST_PHRASE])
{
    struct suggestion suggestion;
    char kept[OPTION_NAME_SIZE];
    suggestion_init(&suggestion, key, strlen(key));
    for (const struct option_def *option = options; option->name; option++) {
        char own[OPTION_NAME_SIZE];
        option_key(option, own);
        offer_copy(&suggestion, own, kept);
    }
    return suggestion_phrase(&suggestion, "", phrase, SUGGEST_PHRASE);
}

enum status option_table_read_json(const struct option_table *table, const json_t *object,
                                   const char *where, struct error *err)
{
    if (!json_is_object(object))
        return error_mismatch(err, STATUS_BAD_OPTION, where, "an object",
                              json_kind(object), "expected an object, received %s",
                              json_kind(object));
    const char *key;
    json_t *value;
    json_object_foreach(json_iterable(object), key, value)
    {
        char pointer[sizeof err->where];
        pointer_join(pointer, sizeof pointer, where, key);
        const struct option_def *option = find_key(table->options, key);
        char phrase[SUGGEST_PHRASE];
        if (!option)
            return error_set(err, STATUS_BAD_OPTION, pointer, "unknown setting%s",
                             nearest_key(table->options, key, phrase));
        RETURN_IF_ERROR(set_json(table, option, value, pointer, err));
    }
    return STATUS_OK;
}

enum status option_table_read_environment(const struct option_table *table,
                                          const char *prefix, struct error *err)
{
    for (const struct option_def *option = table->options; option->name; option++) {
        char variable[OPTION_NAME_SIZE];
        option_variable(option, prefix, variable);
        const char *text = getenv(variable);
        if (text && *text != '\0')
            RETURN_IF_ERROR(
                set_text(table, option, text, SOURCE_ENVIRONMENT, variable, err));
    }
    return STATUS_OK;
}

/*
 * Kubernetes sets variables for each service of the namespace.  Those of a service whose name begins
 * with "triage" are TRIAGE_SERVICE_HOST, TRIAGE_SERVICE_PORT_HTTP, TRIAGE_PORT,
 * TRIAGE_PORT_8080_TCP_ADDR and the like.
 */
static bool is_from_kubernetes(const char *variable)
{
    static const char port[] = "_PORT";
    for (const char *p = strstr(variable, port); p; p = strstr(p + 1, port))
        if (p[sizeof port - 1] == '\0' || p[sizeof port - 1] == '_')
            return true;
    return strstr(variable, "_SERVICE_") != NULL;
}

static bool is_known_variable(const struct option_table *table, const char *prefix,
                              const char *const *known, const char *variable)
{
    for (size_t i = 0; known[i]; i++)
        if (strcmp(known[i], variable) == 0)
            return true;
    for (const struct option_def *option = table->options; option->name; option++) {
        char own[OPTION_NAME_SIZE];
        option_variable(option, prefix, own);
        if (strcmp(own, variable) == 0)
            return true;
    }
    return false;
}

static const char *nearest_variable(const struct option_table *table, const char *prefix,
                                    const char *const *known, const char *variable,
                                    char phrase[SUGGEST_PHRASE])
{
    struct suggestion suggestion;
    char kept[OPTION_NAME_SIZE];
    suggestion_init(&suggestion, variable, strlen(variable));
    for (size_t i = 0; known[i]; i++)
        suggestion_offer(&suggestion, known[i], strlen(known[i]));
    for (const struct option_def *option = table->options; option->name; option++) {
        char own[OPTION_NAME_SIZE];
        option_variable(option, prefix, own);
        offer_copy(&suggestion, own, kept);
    }
    return suggestion_phrase(&suggestion, "", phrase, SUGGEST_PHRASE);
}

size_t option_table_unknown_variables(const struct option_table *table,
                                      const char *prefix, const char *const *known,
                                      struct strbuf *out)
{
    size_t count = 0;
    for (char **entry = environ; entry && *entry; entry++) {
        char variable[OPTION_NAME_SIZE], phrase[SUGGEST_PHRASE];
        size_t length = strcspn(*entry, "=");
        if (strncmp(*entry, prefix, strlen(prefix)) != 0 || (*entry)[length] != '=')
            continue;
        snprintf(variable, sizeof variable, "%.*s", (int)length, *entry);
        if (is_from_kubernetes(variable) ||
            is_known_variable(table, prefix, known, variable))
            continue;
        strbuf_printf(out, "%s%s%s", count > 0 ? ", " : "", variable,
                      nearest_variable(table, prefix, known, variable, phrase));
        count++;
    }
    return count;
}

/* ---- the command line ------------------------------------------------------------------ */

/* One argument that is an option. */
struct flag {
    char name[OPTION_NAME_SIZE]; /* as written, without a value: --hidden, -o */
    const char *value;           /* a part of the argument; NULL if it has none */
    const struct option_table *table;
    const struct option_def *option; /* NULL: unknown */
    bool is_negated;                 /* --no-name */
};

static bool flag_find(struct flag *flag, const struct option_table *tables, size_t count,
                      const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++)
        for (const struct option_def *option = tables[i].options; option->name; option++)
            if ((length == 1 && option->letter == *name) ||
                (strncmp(option->name, name, length) == 0 &&
                 option->name[length] == '\0')) {
                flag->table = &tables[i];
                flag->option = option;
                return true;
            }
    return false;
}

static void flag_parse_long(struct flag *flag, const struct option_table *tables,
                            size_t count, const char *argument)
{
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    snprintf(flag->name, sizeof flag->name, "--%.*s", (int)length, name);
    flag->value = name[length] == '=' ? name + length + 1 : NULL;
    if (length < 2) /* the name of one letter has one dash */
        return;
    if (flag_find(flag, tables, count, name, length))
        return;
    if (strncmp(name, "no-", 3) == 0 && length > 4 &&
        flag_find(flag, tables, count, name + 3, length - 3)) {
        flag->is_negated = true;
        if (flag->option->kind != OPTION_SWITCH)
            flag->option = NULL;
    }
}

static void flag_parse_short(struct flag *flag, const struct option_table *tables,
                             size_t count, const char *argument)
{
    bool is_found = flag_find(flag, tables, count, argument + 1, 1);
    if (is_found && flag->option->kind == OPTION_SWITCH && argument[2] != '\0')
        is_found = false; /* -help */
    if (is_found) {
        snprintf(flag->name, sizeof flag->name, "-%c", argument[1]);
        flag->value = argument[2] != '\0' ? argument + 2 : NULL;
    } else {
        flag->option = NULL;
        utf8_copy(flag->name, sizeof flag->name, argument);
    }
}

/* The only option whose name begins so; NULL: there is none, or there are several. */
static const char *find_beginning(const struct option_table *tables, size_t count,
                                  const char *text)
{
    const char *found = NULL;
    for (size_t i = 0; i < count; i++)
        for (const struct option_def *option = tables[i].options; option->name;
             option++) {
            if (strncmp(option->name, text, strlen(text)) != 0)
                continue;
            if (found)
                return NULL;
            found = option->name;
        }
    return found;
}

/* ` (did you mean --hidden?)`, also for its beginning and with --no- for switches, or "". */
static const char *nearest_flag(const struct option_table *tables, size_t count,
                                const char *name, char phrase[SUGGEST_PHRASE])
{
    static const char no[] = "--no-";
    struct suggestion any, negated;
    bool is_negated = strncmp(name, no, sizeof no - 1) == 0;
    const char *begun = strncmp(name, "--", 2) == 0 && name[2] != '\0'
                            ? find_beginning(tables, count, name + 2)
                            : NULL;
    if (begun && strlen(begun) > 1) {
        (void)snprintf(phrase, SUGGEST_PHRASE, " (did you mean --%s?)", begun);
        return phrase;
    }
    suggestion_init(&any, name, strlen(name));
    suggestion_init(&negated, name + (is_negated ? sizeof no - 1 : 0),
                    is_negated ? strlen(name) - (sizeof no - 1) : 0);
    for (size_t i = 0; i < count; i++)
        for (const struct option_def *option = tables[i].options; option->name;
             option++) {
            suggestion_offer(&any, option->name, strlen(option->name));
            if (option->kind == OPTION_SWITCH)
                suggestion_offer(&negated, option->name, strlen(option->name));
        }
    if (negated.nearest)
        return suggestion_phrase(&negated, no, phrase, SUGGEST_PHRASE);
    return suggestion_phrase(&any, any.nearest_length == 1 ? "-" : "--", phrase,
                             SUGGEST_PHRASE);
}

/* Set one option.  next is the argument after it, or NULL; *uses_next: next is its value. */
static enum status read_flag(const struct option_table *tables, size_t count,
                             const char *argument, const char *next, bool *uses_next,
                             struct error *err)
{
    struct flag flag = {.value = NULL};
    if (argument[1] == '-')
        flag_parse_long(&flag, tables, count, argument);
    else
        flag_parse_short(&flag, tables, count, argument);

    *uses_next = false;
    char phrase[SUGGEST_PHRASE];
    if (!flag.option)
        return error_set(err, STATUS_BAD_OPTION, flag.name, "unknown option%s",
                         nearest_flag(tables, count, flag.name, phrase));
    if (flag.option->kind == OPTION_SWITCH) {
        if (flag.value)
            return error_mismatch(err, STATUS_BAD_OPTION, flag.name, "no value",
                                  flag.value, "takes no value, received \"%s\"",
                                  flag.value);
        flag.value = flag.is_negated ? "false" : "true";
    }
    if (!flag.value) {
        *uses_next = true;
        flag.value = next;
    }
    if (!flag.value)
        return error_mismatch(err, STATUS_BAD_OPTION, flag.name, "a value", "nothing",
                              "needs a value");
    return set_text(flag.table, flag.option, flag.value, SOURCE_FLAG, flag.name, err);
}

enum status option_table_read_arguments(const struct option_table *tables, size_t count,
                                        int argc, char **argv, const char **rest,
                                        size_t *rest_count, struct error *err)
{
    bool has_ended = false;
    *rest_count = 0;
    for (int i = 1; i < argc; i++) {
        if (has_ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            rest[(*rest_count)++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            has_ended = true;
        } else {
            bool uses_next;
            const char *next = i + 1 < argc ? argv[i + 1] : NULL;
            RETURN_IF_ERROR(read_flag(tables, count, argv[i], next, &uses_next, err));
            i += uses_next;
        }
    }
    return STATUS_OK;
}

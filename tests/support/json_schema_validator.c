#include "support/json_schema_validator.h"

#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

/* A value that is validated against a schema. */
struct check {
    const json_t *document, *schema, *value;
    const char *pointer; /* of the value */
    bool is_exact;       /* open objects that list properties have no others */
    struct violation *violation;
};

/* Describe the violation and return false. */
__attribute__((format(printf, 2, 3))) static bool fail(const struct check *check,
                                                       const char *format, ...)
{
    struct violation *violation = check->violation;
    snprintf(violation->pointer, sizeof violation->pointer, "%s", check->pointer);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(violation->text, sizeof violation->text, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_valid(const struct check *check);

/* Validate the same value against another schema. */
static bool is_valid_by(const struct check *check, const json_t *schema)
{
    struct check other = *check;
    other.schema = schema;
    return is_valid(&other);
}

static bool is_part_valid(const struct check *check, const char *pointer,
                          const json_t *schema, const json_t *part)
{
    const struct check inner = {.document = check->document,
                                .schema = schema,
                                .value = part,
                                .pointer = pointer,
                                .is_exact = check->is_exact,
                                .violation = check->violation};
    return is_valid(&inner);
}

static bool is_member_valid(const struct check *check, const json_t *schema,
                            const char *key, const json_t *member)
{
    char pointer[160];
    return is_part_valid(check,
                         pointer_join(pointer, sizeof pointer, check->pointer, key),
                         schema, member);
}

/* ---- keywords -------------------------------------------------------------------------- */

static bool check_ref(const struct check *check, const json_t *rule)
{
    const json_t *schema = json_pointer_resolve(check->document, json_string_value(rule));
    return schema ? is_valid_by(check, schema)
                  : fail(check, "%s cannot be resolved", json_string_value(rule));
}

static bool is_of_type(const json_t *value, const char *type)
{
    static const struct {
        const char *name;
        json_type type;
    } types[] = {
        {"object", JSON_OBJECT},   {"array", JSON_ARRAY},  {"string", JSON_STRING},
        {"integer", JSON_INTEGER}, {"null", JSON_NULL},    {"number", JSON_INTEGER},
        {"number", JSON_REAL},     {"boolean", JSON_TRUE}, {"boolean", JSON_FALSE}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (json_typeof(value) == types[i].type && strcmp(types[i].name, type) == 0)
            return true;
    return json_is_real(value) && strcmp(type, "integer") == 0 &&
           floor(json_real_value(value)) == json_real_value(value);
}

static bool check_type(const struct check *check, const json_t *rule)
{
    if (json_is_string(rule) && is_of_type(check->value, json_string_value(rule)))
        return true;
    size_t i;
    const json_t *type;
    json_array_foreach(json_iterable(rule), i, type)
    {
        if (is_of_type(check->value, json_string_value(type)))
            return true;
    }
    return fail(check, "is %s", json_kind(check->value));
}

static bool check_enum(const struct check *check, const json_t *rule)
{
    size_t i;
    const json_t *choice;
    json_array_foreach(json_iterable(rule), i, choice)
    {
        if (json_equal(choice, check->value))
            return true;
    }
    char preview[64];
    json_preview(check->value, preview, sizeof preview);
    return fail(check, "%s is not one of the allowed values", preview);
}

static bool check_const(const struct check *check, const json_t *rule)
{
    if (json_equal(rule, check->value))
        return true;
    char preview[64];
    json_preview(check->value, preview, sizeof preview);
    return fail(check, "%s is not the required value", preview);
}

static bool check_required(const struct check *check, const json_t *rule)
{
    size_t i;
    const json_t *key;
    json_array_foreach(json_iterable(rule), i, key)
    {
        if (json_is_object(check->value) &&
            !json_object_get(check->value, json_string_value(key)))
            return fail(check, "has no \"%s\"", json_string_value(key));
    }
    return true;
}

static bool check_properties(const struct check *check, const json_t *rule)
{
    const char *key;
    json_t *schema;
    json_object_foreach(json_iterable(rule), key, schema)
    {
        const json_t *member = json_object_get(check->value, key);
        if (member && !is_member_valid(check, schema, key, member))
            return false;
    }
    return true;
}

static bool check_additional(const struct check *check, const json_t *rule)
{
    const json_t *known = json_object_get(check->schema, "properties");
    const char *key;
    json_t *member;
    if (check->is_exact && known && json_is_true(rule))
        rule = json_false();
    json_object_foreach(json_iterable(check->value), key, member)
    {
        if (!json_object_get(known, key) && !is_member_valid(check, rule, key, member))
            return false;
    }
    return true;
}

static bool check_items(const struct check *check, const json_t *rule)
{
    size_t i;
    const json_t *item;
    char pointer[160];
    json_array_foreach(json_iterable(check->value), i, item)
    {
        if (!is_part_valid(check,
                           pointer_join_index(pointer, sizeof pointer, check->pointer, i),
                           rule, item))
            return false;
    }
    return true;
}

/*
 * Count the alternatives that the value matches.  The violation that stays is the one with the
 * longest pointer, of the alternative that matches most of the value.
 */
static size_t count_matches(const struct check *check, const json_t *rule)
{
    struct violation furthest = {"", "matches none of the alternatives"};
    size_t i, matches = 0;
    const json_t *schema;
    json_array_foreach(json_iterable(rule), i, schema)
    {
        if (is_valid_by(check, schema))
            matches++;
        else if (strlen(check->violation->pointer) > strlen(furthest.pointer))
            furthest = *check->violation;
    }
    *check->violation = furthest;
    return matches;
}

static bool check_any_of(const struct check *check, const json_t *rule)
{
    return count_matches(check, rule) > 0;
}

static bool check_one_of(const struct check *check, const json_t *rule)
{
    size_t matches = count_matches(check, rule);
    return matches > 1 ? fail(check, "matches %zu of the alternatives", matches)
                       : matches == 1;
}

static bool check_all_of(const struct check *check, const json_t *rule)
{
    size_t i;
    const json_t *schema;
    json_array_foreach(json_iterable(rule), i, schema)
    {
        if (!is_valid_by(check, schema))
            return false;
    }
    return true;
}

static bool check_not(const struct check *check, const json_t *rule)
{
    return !is_valid_by(check, rule) ||
           fail(check, "matches a schema that it must not match");
}

static bool check_pattern(const struct check *check, const json_t *rule)
{
    if (!json_is_string(check->value))
        return true;
    regex_t pattern;
    if (regcomp(&pattern, json_string_value(rule), REG_EXTENDED | REG_NOSUB) != 0)
        return fail(check, "%s is not a regular expression", json_string_value(rule));
    bool is_match = regexec(&pattern, json_string_value(check->value), 0, NULL, 0) == 0;
    regfree(&pattern);
    return is_match || fail(check, "\"%s\" does not match %s",
                            json_string_value(check->value), json_string_value(rule));
}

/* The number of characters, members or items. */
static double size_of(const json_t *value)
{
    if (json_is_array(value))
        return (double)json_array_size(value);
    if (json_is_object(value))
        return (double)json_object_size(value);
    double size = 0;
    for (const char *c = json_string_value(value); c && *c; c++)
        size += (*c & 0xc0) != 0x80;
    return size;
}

/* A lower or upper bound on the size of values of a type; JSON_REAL: on any number. */
static const struct bound {
    const char *keyword;
    json_type type;
    bool is_upper;
} bounds[] = {
    {"minimum", JSON_REAL, false},         {"maximum", JSON_REAL, true},
    {"minLength", JSON_STRING, false},     {"maxLength", JSON_STRING, true},
    {"minItems", JSON_ARRAY, false},       {"maxItems", JSON_ARRAY, true},
    {"minProperties", JSON_OBJECT, false}, {"maxProperties", JSON_OBJECT, true},
};

static bool check_bound(const struct check *check, const struct bound *bound,
                        const json_t *rule)
{
    bool is_number = json_is_number(check->value);
    if (bound->type == JSON_REAL ? !is_number : json_typeof(check->value) != bound->type)
        return true;
    double limit = json_number_value(rule);
    double size = is_number ? json_number_value(check->value) : size_of(check->value);
    return (bound->is_upper ? size <= limit : size >= limit) ||
           fail(check, "%s %g, received %g", bound->keyword, limit, size);
}

/* ---- the list of keywords -------------------------------------------------------------- */

static const struct {
    const char *name;
    bool (*check)(const struct check *check,
                  const json_t *rule); /* NULL: an annotation */
} keywords[] = {
    {"$ref", check_ref},
    {"type", check_type},
    {"enum", check_enum},
    {"const", check_const},
    {"required", check_required},
    {"properties", check_properties},
    {"additionalProperties", check_additional},
    {"items", check_items},
    {"anyOf", check_any_of},
    {"oneOf", check_one_of},
    {"allOf", check_all_of},
    {"not", check_not},
    {"pattern", check_pattern},
    {"$schema", NULL},
    {"$defs", NULL},
    {"title", NULL},
    {"description", NULL},
    {"examples", NULL},
    {"contentMediaType", NULL},
    {"contentSchema", NULL},
};

static bool check_keyword(const struct check *check, const char *keyword,
                          const json_t *rule)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(keywords[i].name, keyword) == 0)
            return !keywords[i].check || keywords[i].check(check, rule);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (strcmp(bounds[i].keyword, keyword) == 0)
            return check_bound(check, &bounds[i], rule);
    return fail(check, "unknown keyword in the schema: %s", keyword);
}

static bool is_valid(const struct check *check)
{
    if (json_is_boolean(check->schema))
        return json_is_true(check->schema) || fail(check, "is not allowed");
    if (!json_is_object(check->schema))
        return fail(check, "its schema is %s", json_kind(check->schema));
    const char *keyword;
    json_t *rule;
    json_object_foreach(json_iterable(check->schema), keyword, rule)
    {
        if (!check_keyword(check, keyword, rule))
            return false;
    }
    return true;
}

bool json_schema_accepts(const json_t *document, const json_t *schema,
                         const json_t *value, struct violation *violation)
{
    *violation = (struct violation){0};
    const struct check check = {.document = document,
                                .schema = schema,
                                .value = value,
                                .pointer = "",
                                .violation = violation};
    return is_valid(&check);
}

bool json_schema_describes(const json_t *document, const json_t *schema,
                           const json_t *value, struct violation *violation)
{
    *violation = (struct violation){0};
    const struct check check = {.document = document,
                                .schema = schema,
                                .value = value,
                                .pointer = "",
                                .is_exact = true,
                                .violation = violation};
    return is_valid(&check);
}

/* Replace ~1 and ~0 by / and ~, in place. */
static void unescape(char *token)
{
    char *to = token;
    for (const char *from = token; *from; from++) {
        bool is_escape = from[0] == '~' && (from[1] == '0' || from[1] == '1');
        *to++ = (char)(!is_escape ? from[0] : from[1] == '0' ? '~' : '/');
        from += is_escape;
    }
    *to = '\0';
}

const json_t *json_pointer_resolve(const json_t *document, const char *pointer)
{
    pointer += *pointer == '#';
    char token[256];
    while (document && *pointer == '/') {
        size_t length = strcspn(++pointer, "/");
        if (length >= sizeof token)
            return NULL;
        memcpy(token, pointer, length);
        token[length] = '\0';
        unescape(token);
        document = json_object_get(document, token);
        pointer += length;
    }
    return *pointer ? NULL : document;
}

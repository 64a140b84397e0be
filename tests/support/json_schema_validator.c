#include "support/json_schema_validator.h"

#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

/* One value, one schema, where in the value we are. */
struct look {
    const json_t *document, *schema, *value;
    const char *where;
    struct violation *violation;
};

__attribute__((format(printf, 2, 3))) static bool wrong(const struct look *look,
                                                        const char *format, ...)
{
    va_list arguments;
    snprintf(look->violation->pointer, sizeof look->violation->pointer, "%s",
             look->where);
    va_start(arguments, format);
    vsnprintf(look->violation->text, sizeof look->violation->text, format, arguments);
    va_end(arguments);
    return false;
}

static bool fits(const struct look *look);

/* The same value by another schema. */
static bool fits_too(const struct look *look, const json_t *schema)
{
    struct look other = *look;
    other.schema = schema;
    return fits(&other);
}

static bool part_fits(const struct look *look, const char *where, const json_t *schema,
                      const json_t *part)
{
    const struct look inner = {look->document, schema, part, where, look->violation};
    return fits(&inner);
}

static bool member_fits(const struct look *look, const json_t *schema, const char *key,
                        const json_t *member)
{
    char where[160];
    return part_fits(look, pointer_join(where, sizeof where, look->where, key), schema,
                     member);
}

/* ---- keywords -------------------------------------------------------------------------- */

static bool check_ref(const struct look *look, const json_t *rule)
{
    const json_t *schema = json_pointer_resolve(look->document, json_string_value(rule));
    return schema ? fits_too(look, schema)
                  : wrong(look, "%s leads nowhere", json_string_value(rule));
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

static bool check_type(const struct look *look, const json_t *rule)
{
    size_t i;
    const json_t *type;
    if (json_is_string(rule) && is_of_type(look->value, json_string_value(rule)))
        return true;
    json_array_foreach(json_iterable(rule), i, type)
    {
        if (is_of_type(look->value, json_string_value(type)))
            return true;
    }
    return wrong(look, "is %s", json_kind(look->value));
}

static bool check_enum(const struct look *look, const json_t *rule)
{
    size_t i;
    const json_t *choice;
    char preview[64];
    json_array_foreach(json_iterable(rule), i, choice)
    {
        if (json_equal(choice, look->value))
            return true;
    }
    json_preview(look->value, preview, sizeof preview);
    return wrong(look, "%s is none of those that may be", preview);
}

static bool check_const(const struct look *look, const json_t *rule)
{
    char preview[64];
    if (json_equal(rule, look->value))
        return true;
    json_preview(look->value, preview, sizeof preview);
    return wrong(look, "%s is not the one that must be", preview);
}

static bool check_required(const struct look *look, const json_t *rule)
{
    size_t i;
    const json_t *key;
    json_array_foreach(json_iterable(rule), i, key)
    {
        if (json_is_object(look->value) &&
            !json_object_get(look->value, json_string_value(key)))
            return wrong(look, "has no \"%s\"", json_string_value(key));
    }
    return true;
}

static bool check_properties(const struct look *look, const json_t *rule)
{
    const char *key;
    json_t *schema;
    json_object_foreach(json_iterable(rule), key, schema)
    {
        const json_t *member = json_object_get(look->value, key);
        if (member && !member_fits(look, schema, key, member))
            return false;
    }
    return true;
}

static bool check_additional(const struct look *look, const json_t *rule)
{
    const json_t *known = json_object_get(look->schema, "properties");
    const char *key;
    json_t *member;
    json_object_foreach(json_iterable(look->value), key, member)
    {
        if (!json_object_get(known, key) && !member_fits(look, rule, key, member))
            return false;
    }
    return true;
}

static bool check_items(const struct look *look, const json_t *rule)
{
    size_t i;
    const json_t *item;
    char where[160];
    json_array_foreach(json_iterable(look->value), i, item)
    {
        if (!part_fits(look, pointer_join_index(where, sizeof where, look->where, i),
                       rule, item))
            return false;
    }
    return true;
}

/* How many of the alternatives fit; the violation of the one that came furthest is left. */
static size_t count_fitting(const struct look *look, const json_t *rule)
{
    struct violation furthest = {"", "fits none of the alternatives"};
    size_t i, fitting = 0;
    const json_t *schema;
    json_array_foreach(json_iterable(rule), i, schema)
    {
        if (fits_too(look, schema))
            fitting++;
        else if (strlen(look->violation->pointer) > strlen(furthest.pointer))
            furthest = *look->violation;
    }
    *look->violation = furthest;
    return fitting;
}

static bool check_any_of(const struct look *look, const json_t *rule)
{
    return count_fitting(look, rule) > 0;
}

static bool check_one_of(const struct look *look, const json_t *rule)
{
    size_t fitting = count_fitting(look, rule);
    return fitting > 1 ? wrong(look, "fits %zu of the alternatives", fitting)
                       : fitting == 1;
}

static bool check_all_of(const struct look *look, const json_t *rule)
{
    size_t i;
    const json_t *schema;
    json_array_foreach(json_iterable(rule), i, schema)
    {
        if (!fits_too(look, schema))
            return false;
    }
    return true;
}

static bool check_not(const struct look *look, const json_t *rule)
{
    return !fits_too(look, rule) || wrong(look, "fits what it must not");
}

static bool check_pattern(const struct look *look, const json_t *rule)
{
    regex_t pattern;
    if (!json_is_string(look->value))
        return true;
    if (regcomp(&pattern, json_string_value(rule), REG_EXTENDED | REG_NOSUB) != 0)
        return wrong(look, "%s is no pattern", json_string_value(rule));
    bool is_match = regexec(&pattern, json_string_value(look->value), 0, NULL, 0) == 0;
    regfree(&pattern);
    return is_match || wrong(look, "\"%s\" does not match %s",
                             json_string_value(look->value), json_string_value(rule));
}

/* Characters, members or items. */
static double size_of(const json_t *value)
{
    double size = 0;
    if (json_is_array(value))
        return (double)json_array_size(value);
    if (json_is_object(value))
        return (double)json_object_size(value);
    for (const char *c = json_string_value(value); c && *c; c++)
        size += (*c & 0xc0) != 0x80;
    return size;
}

/* Bounds: of what, measured how, from which side. */
static const struct bound {
    const char *keyword;
    json_type of;
    bool is_most;
} bounds[] = {
    {"minimum", JSON_REAL, false},         {"maximum", JSON_REAL, true},
    {"minLength", JSON_STRING, false},     {"maxLength", JSON_STRING, true},
    {"minItems", JSON_ARRAY, false},       {"maxItems", JSON_ARRAY, true},
    {"minProperties", JSON_OBJECT, false}, {"maxProperties", JSON_OBJECT, true},
};

static bool check_bound(const struct look *look, const struct bound *bound,
                        const json_t *rule)
{
    bool is_number = json_is_number(look->value);
    if (bound->of == JSON_REAL ? !is_number : json_typeof(look->value) != bound->of)
        return true;
    double limit = json_number_value(rule);
    double size = is_number ? json_number_value(look->value) : size_of(look->value);
    return (bound->is_most ? size <= limit : size >= limit) ||
           wrong(look, "%s %g, but it is %g", bound->keyword, limit, size);
}

/* ---- all of them ----------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool (*check)(const struct look *look, const json_t *rule); /* NULL: an annotation */
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
    {"title", NULL},
    {"description", NULL},
    {"examples", NULL},
    {"contentMediaType", NULL},
    {"contentSchema", NULL},
};

static bool check(const struct look *look, const char *keyword, const json_t *rule)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(keywords[i].name, keyword) == 0)
            return !keywords[i].check || keywords[i].check(look, rule);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (strcmp(bounds[i].keyword, keyword) == 0)
            return check_bound(look, &bounds[i], rule);
    return wrong(look, "the schema has a keyword that is not known: %s", keyword);
}

static bool fits(const struct look *look)
{
    const char *keyword;
    json_t *rule;
    if (json_is_boolean(look->schema))
        return json_is_true(look->schema) || wrong(look, "may not be there");
    if (!json_is_object(look->schema))
        return wrong(look, "its schema is %s", json_kind(look->schema));
    json_object_foreach(json_iterable(look->schema), keyword, rule)
    {
        if (!check(look, keyword, rule))
            return false;
    }
    return true;
}

bool json_schema_accepts(const json_t *document, const json_t *schema,
                         const json_t *value, struct violation *violation)
{
    const struct look look = {document, schema, value, "", violation};
    *violation = (struct violation){0};
    return fits(&look);
}

/* Undo ~1 and ~0, in place. */
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
    char token[256];
    pointer += *pointer == '#';
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

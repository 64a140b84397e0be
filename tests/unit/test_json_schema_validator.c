/*
 * The JSON Schema validator of the tests: each keyword accepts and rejects values, the violation
 * names the place, and an unknown keyword is a violation.
 */
#include <string.h>

#include "base/strbuf.h"
#include "support/json_schema_validator.h"
#include "unit/suites.h"

/* Schemas and values, with ' for ".  pointer: of the violation; NULL: the value is valid. */
static const struct {
    const char *schema, *value, *pointer, *text;
} cases[] = {
    {"{}", "7", NULL, NULL},
    {"true", "7", NULL, NULL},
    {"false", "7", "", "is not allowed"},
    {"{'type': 'object'}", "{}", NULL, NULL},
    {"{'type': 'object'}", "[]", "", "is an array"},
    {"{'type': 'integer'}", "3.0", NULL, NULL},
    {"{'type': 'integer'}", "3.5", "", "is a number"},
    {"{'type': 'number'}", "3", NULL, NULL},
    {"{'type': ['string', 'null']}", "null", NULL, NULL},
    {"{'type': ['string', 'null']}", "true", "", "is true"},
    {"{'enum': ['a', 'b']}", "'b'", NULL, NULL},
    {"{'enum': ['a', 'b']}", "'c'", "", "is not one of the allowed values"},
    {"{'const': 404}", "404", NULL, NULL},
    {"{'const': 404}", "400", "", "400 is not the required value"},
    {"{'required': ['a']}", "{'a': null}", NULL, NULL},
    {"{'required': ['a']}", "{'b': 1}", "", "has no \"a\""},
    {"{'required': ['a']}", "7", NULL, NULL},
    {"{'properties': {'a': {'type': 'string'}}}", "{'b': 1}", NULL, NULL},
    {"{'properties': {'a': {'type': 'string'}}}", "{'a': 1}", "/a", "is a whole number"},
    {"{'properties': {'a': {}}, 'additionalProperties': false}", "{'a': 1}", NULL, NULL},
    {"{'properties': {'a': {}}, 'additionalProperties': false}", "{'b/c': 1}", "/b~1c",
     "is not allowed"},
    {"{'additionalProperties': {'type': 'integer'}}", "{'b': 'x'}", "/b", "is a string"},
    {"{'items': {'required': ['x']}}", "[{'x': 1}, {}]", "/1", "has no \"x\""},
    {"{'anyOf': [{'type': 'string'}, {'items': {'type': 'string'}}]}", "['a']", NULL,
     NULL},
    {"{'anyOf': [{'type': 'string'}, {'items': {'type': 'string'}}]}", "['a', 1]", "/1",
     "is a whole number"},
    {"{'anyOf': [{'type': 'string'}, {'type': 'null'}]}", "1", "", "none of the"},
    {"{'oneOf': [{'type': 'number'}, {'type': 'string'}]}", "1", NULL, NULL},
    {"{'oneOf': [{'type': 'number'}, {'minimum': 0}]}", "1", "", "matches 2 of the"},
    {"{'oneOf': [{'type': 'null'}, {'minimum': 3}]}", "1", "", "none of the"},
    {"{'allOf': [{'type': 'number'}, {'minimum': 3}]}", "3", NULL, NULL},
    {"{'allOf': [{'type': 'number'}, {'minimum': 3}]}", "2", "", "minimum 3"},
    {"{'not': {'required': ['a']}}", "{}", NULL, NULL},
    {"{'not': {'required': ['a']}}", "{'a': 1}", "", "must not"},
    {"{'pattern': '^[0-9a-f]+$'}", "'beef'", NULL, NULL},
    {"{'pattern': '^[0-9a-f]+$'}", "'beer'", "", "does not match"},
    {"{'pattern': '^[0-9a-f]+$'}", "7", NULL, NULL},
    {"{'maximum': 1}", "1.0", NULL, NULL},
    {"{'maximum': 1}", "1.5", "", "maximum 1"},
    {"{'maxLength': 2}", "'\u00e9\u00e9'", NULL, NULL},
    {"{'minLength': 1}", "''", "", "minLength 1"},
    {"{'minItems': 1}", "[]", "", "minItems 1"},
    {"{'maxItems': 1}", "[1, 2]", "", "maxItems 1"},
    {"{'maxProperties': 1}", "{'a': 1, 'b': 2}", "", "maxProperties 1"},
    {"{'minProperties': 1}", "{}", "", "minProperties 1"},
    {"{'$ref': '#/$defs/a~1b'}", "'x'", NULL, NULL},
    {"{'$ref': '#/$defs/a~1b'}", "1", "", "is a whole number"},
    {"{'$ref': '#/$defs/c'}", "1", "", "cannot be resolved"},
    {"{'properties': {'a': {'$ref': '#/$defs/a~1b'}}}", "{'a': []}", "/a", "is an array"},
    {"{'description': 'a', 'examples': [1], 'title': 'b'}", "1", NULL, NULL},
    {"{'multipleOf': 2}", "4", "", "unknown keyword in the schema: multipleOf"},
    {"{'properties': {'a': {'format': 'date'}}}", "{'a': 1}", "/a",
     "unknown keyword in the schema: format"},
    {"{'items': 7}", "[1]", "/0", "its schema is a whole number"},
};

static json_t *read(const char *quoted)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_quoted(&text, "%s", quoted);
    json_t *value = json_loads(text.bytes, JSON_DECODE_ANY, NULL);
    ck_assert_msg(value != NULL, "%s", quoted);
    strbuf_release(&text);
    return value;
}

START_TEST(test_values_are_accepted_or_rejected)
{
    json_t *document = read("{'$defs': {'a/b': {'type': 'string'}}}");
    json_t *schema = read(cases[_i].schema), *value = read(cases[_i].value);
    struct violation violation;
    bool is_accepted = json_schema_accepts(document, schema, value, &violation);
    ck_assert_msg(is_accepted == !cases[_i].pointer, "%s by %s: %s", cases[_i].value,
                  cases[_i].schema, violation.text);
    if (cases[_i].pointer) {
        ck_assert_str_eq(violation.pointer, cases[_i].pointer);
        ck_assert_msg(strstr(violation.text, cases[_i].text) != NULL, "%s by %s: %s",
                      cases[_i].value, cases[_i].schema, violation.text);
    }
    json_decref(document);
    json_decref(schema);
    json_decref(value);
}
END_TEST

START_TEST(test_described_values_have_no_other_members)
{
    static const struct {
        const char *schema, *value;
        bool is_described;
    } open[] = {
        {"{'properties': {'a': {}}, 'additionalProperties': true}", "{'a': 1}", true},
        {"{'properties': {'a': {}}, 'additionalProperties': true}", "{'b': 1}", false},
        {"{'additionalProperties': true}", "{'b': 1}", true},
        {"{'items': {'properties': {'a': {}}, 'additionalProperties': true}}",
         "[{'b': 1}]", false},
    };
    for (size_t i = 0; i < COUNT(open); i++) {
        json_t *schema = read(open[i].schema), *value = read(open[i].value);
        struct violation violation;
        ck_assert(json_schema_accepts(schema, schema, value, &violation));
        ck_assert_msg(json_schema_describes(schema, schema, value, &violation) ==
                          open[i].is_described,
                      "%s by %s", open[i].value, open[i].schema);
        json_decref(schema);
        json_decref(value);
    }
}
END_TEST

Suite *json_schema_validator_suite(void)
{
    Suite *suite = suite_create("json_schema_validator");
    TCase *tc = tcase_create("json_schema_validator");
    tcase_add_loop_test(tc, test_values_are_accepted_or_rejected, 0, COUNT(cases));
    tcase_add_test(tc, test_described_values_have_no_other_members);
    suite_add_tcase(suite, tc);
    return suite;
}

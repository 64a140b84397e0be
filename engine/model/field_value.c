#include "model/field_value.h"

#include <stdio.h>

bool field_value_text(const struct field *field, const struct json_value *value,
                      char buffer[VALUE_CATEGORY_SIZE], struct span *text)
{
    *text = value->text;
    switch (value->type) {
    case JSON_IS_STRING:
        return true;
    case JSON_IS_TRUE:
        *text = (struct span){.bytes = "true", .length = 4};
        return true;
    case JSON_IS_FALSE:
        *text = (struct span){.bytes = "false", .length = 5};
        return true;
    case JSON_IS_NUMBER:
        if (value_category(value->text.bytes, value->text.length, buffer, &text->length))
            text->bytes = buffer;
        return field->has_numbers;
    case JSON_IS_NULL:
    case JSON_IS_ARRAY:
    case JSON_IS_OBJECT:
    case JSON_IS_LONG:
        break;
    }
    return false;
}

uint32_t field_value_id(const struct field *field, struct span text, bool is_golden)
{
    static const char *const forms[2][3] = {{"false", "False", "FALSE"},
                                            {"true", "True", "TRUE"}};
    uint32_t id = field_id_bytes(field, text.bytes, text.length);
    bool is_true;
    if (id != SCHEMA_UNKNOWN || is_golden)
        return id;
    if (value_boolean(text.bytes, text.length, &is_true))
        for (int i = 0; i < 3 && id == SCHEMA_UNKNOWN; i++)
            id = field_id(field, forms[is_true][i]);
    if (id == SCHEMA_UNKNOWN && value_is_missing(text.bytes, text.length))
        id = SCHEMA_MISSING;
    return id;
}

void field_value_no_number(const struct json_value *value, struct error *reason)
{
    char hint[VALUE_HINT_SIZE] = "";
    const char *text = "expected a number", *expected = "a number";
    double number;
    if (value->type == JSON_IS_NUMBER) {
        text = "the number is out of range";
        expected = "a number up to 1.8e308";
    } else if (value->type == JSON_IS_STRING &&
               value_number(value->text.bytes, value->text.length, DECIMAL_POINT,
                            &number)) {
        text = "expected a number, not a string; leave out the quotes";
    } else if (value->type == JSON_IS_STRING) {
        value_number_explain(value->text.bytes, value->text.length, hint);
    }
    snprintf(reason->text, sizeof reason->text, "%s%s%s", text,
             *hint ? "; the string " : "", hint);
    snprintf(reason->expected, sizeof reason->expected, "%s", expected);
}

/*
 * The JSON Schema (2020-12) of a model: what it takes and what it answers.
 *
 * Its definitions have the names of the schemas in the service's OpenAPI document, which hold for
 * every model; these add what one model knows.  Unknown values and other fields are valid input, so
 * the known values are "examples", and objects are open.  Only the probabilities are complete: a
 * client may rely on the set of actions.  Marks of missing values such as "N/A", which the decoder
 * takes for a number, are not described: clients send null.
 */
#include "model/json_schema.h"

#include <string.h>

enum { EXAMPLES = 100 }; /* the most values of a field that are listed */

static void add_string(struct strbuf *out, const char *string)
{
    strbuf_json_string(out, string, strlen(string));
}

/* The name of a definition, and a reference to one. */
static void begin_definition(struct strbuf *out, const char *name)
{
    strbuf_quoted(out, ", '%s': ", name);
}

static void add_reference(struct strbuf *out, const char *name)
{
    strbuf_quoted(out, "{'$ref': '#/$defs/%s'}", name);
}

/* ---- what the model takes -------------------------------------------------------------- */

/* Whether the text is that of a number, so that requests may have the number instead. */
static bool is_number(const struct strmap_key *value)
{
    size_t sign = value->length > 0 && value->bytes[0] == '-';
    bool has_digit = false;
    for (size_t i = sign; i < value->length; i++) {
        bool is_digit = value->bytes[i] >= '0' && value->bytes[i] <= '9';
        if (!is_digit && value->bytes[i] != '.')
            return false;
        has_digit |= is_digit;
    }
    return has_digit;
}

static bool has_number(const struct strmap *values)
{
    for (uint32_t i = 0; i < values->count; i++)
        if (is_number(&values->keys[i]))
            return true;
    return false;
}

static void add_category(struct strbuf *out, const struct field *field, bool is_name)
{
    uint32_t count = field->values.count;
    strbuf_quoted(out,
                  "{'type': ['string', 'boolean', %s'null'], %s'description': '%u known "
                  "values%s'",
                  has_number(&field->values) ? "'number', " : "",
                  is_name ? "'minLength': 1, " : "", (unsigned)count,
                  count > EXAMPLES ? ", the first as examples" : "");
    if (count > 0) {
        strbuf_quoted(out, ", 'examples': [");
        for (uint32_t i = 0; i < count && i < EXAMPLES; i++) {
            const struct strmap_key *value = &field->values.keys[i];
            strbuf_add(out, i == 0 ? "" : ", ");
            strbuf_json_string(out, value->bytes, value->length);
        }
        strbuf_add(out, "]");
    }
    strbuf_add(out, "}");
}

static void add_field(struct strbuf *out, const struct field *field)
{
    if (field->kind == FIELD_CATEGORY)
        add_category(out, field, false);
    else
        strbuf_quoted(out, "{'type': ['number', %s'null']}",
                      field->has_booleans ? "'boolean', " : "");
}

/* Whether requests have a member of that name already. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = {"model", "id",   "events", "histories",
                                       "event", "time", "fields"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(ours[i], name) == 0)
            return true;
    return false;
}

/* A member under our name and, if the training data called it otherwise, under that name too. */
static void add_member(struct strbuf *out, const char *name, const char *other,
                       const char *definition)
{
    add_string(out, name);
    strbuf_add(out, ": ");
    add_reference(out, definition);
    if (*other == '\0' || is_ours(other))
        return;
    strbuf_add(out, ", ");
    add_string(out, other);
    strbuf_add(out, ": ");
    add_reference(out, definition);
}

static void add_fields(struct strbuf *out, const struct schema *schema)
{
    strbuf_quoted(out, "{'type': 'object', 'properties': {");
    for (uint32_t i = 0; i < schema->field_count; i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        add_string(out, schema->fields[i].name);
        strbuf_add(out, ": ");
        if (strcmp(schema->fields[i].name, "event") == 0)
            add_reference(out, "EventName");
        else
            add_field(out, &schema->fields[i]);
    }
    strbuf_quoted(out, "}, 'additionalProperties': true}");
}

static bool is_key_of(const struct name_keys *keys, const char *key)
{
    const struct span span = {.bytes = key, .length = strlen(key)};
    return name_keys_find(keys, span) < keys->count;
}

static void add_required(struct strbuf *out, const char *key)
{
    strbuf_quoted(out, ", {'required': [");
    add_string(out, key);
    strbuf_add(out, "]}");
}

/*
 * A name under our key or that of the training data, or in parts that are joined.  null says that it is
 * missing.
 */
static void add_event_object(struct strbuf *out, const struct schema *schema)
{
    const struct schema_keys *keys = &schema->keys;
    const struct name_keys *parts = &schema->event_parts;
    strbuf_quoted(out, "{'allOf': [{'$ref': '#/$defs/EventFields'}, {'type': 'object', "
                       "'properties': {");
    bool is_part = is_key_of(parts, "event");
    add_member(out, "event", keys->event, is_part ? "EventNamePart" : "EventName");
    strbuf_add(out, ", ");
    add_member(out, "time", keys->time, "Time");
    for (uint32_t i = 0; i < parts->count; i++) {
        if (is_ours(parts->list[i].bytes))
            continue;
        strbuf_add(out, ", ");
        add_string(out, parts->list[i].bytes);
        strbuf_quoted(out, ": {'$ref': '#/$defs/EventNamePart'}");
    }
    strbuf_quoted(out, "}, 'anyOf': [{'required': ['event']}");
    if (!is_ours(keys->event))
        add_required(out, keys->event);
    for (uint32_t i = 0; i < parts->count; i++)
        add_required(out, parts->list[i].bytes);
    strbuf_add(out, "]}]}");
}

static void add_event_definitions(struct strbuf *out, const struct schema *schema)
{
    begin_definition(out, "EventName");
    add_category(out, schema_find(schema, "event"), true);
    if (schema->event_parts.count > 0) {
        begin_definition(out, "EventNamePart");
        strbuf_quoted(out, "{'type': ['string', 'number', 'boolean', 'null'], "
                           "'description': 'the parts are joined to the name, with + "
                           "between them'}");
    }
    begin_definition(out, "EventFields");
    add_fields(out, schema);
    begin_definition(out, "Fields");
    strbuf_quoted(out, "{'description': 'fields that hold for every event', 'anyOf': "
                       "[{'$ref': '#/$defs/EventFields'}, {'type': 'null'}]}");
    begin_definition(out, "EventObject");
    add_event_object(out, schema);
    begin_definition(out, "Event");
    strbuf_quoted(out,
                  "{'oneOf': [{'type': 'string', 'minLength': 1, 'description': 'its "
                  "name'}, {'$ref': '#/$defs/EventObject'}]}");
    begin_definition(out, "Events");
    strbuf_quoted(out, "{'type': 'array', 'minItems': 1, 'items': {'$ref': "
                       "'#/$defs/Event'}, 'description': 'oldest first, unless they have "
                       "times'}");
    begin_definition(out, "Time");
    strbuf_quoted(out,
                  "{'type': ['string', 'number', 'null'], 'description': 'either all "
                  "events of a history have one or none has', 'examples': "
                  "['2026-11-22T10:04:00Z', 1795341840]}");
}

/* The members of a history. */
static void add_history_members(struct strbuf *out, const struct schema_keys *keys)
{
    add_member(out, "id", keys->id, "HistoryId");
    strbuf_add(out, ", ");
    add_member(out, "events", keys->events, "Events");
    strbuf_quoted(out, ", 'fields': {'$ref': '#/$defs/Fields'}");
}

/* The end of the properties of a history, and which of them it must have. */
static void end_history_members(struct strbuf *out, const struct schema_keys *keys)
{
    strbuf_add(out, "}");
    bool has_other = !is_ours(keys->events);
    strbuf_quoted(out, has_other ? ", 'anyOf': [{'required': ['events']}, {'required': ["
                                 : ", 'required': ['events']");
    if (has_other) {
        add_string(out, keys->events);
        strbuf_add(out, "]}]");
    }
}

static bool has_include(const struct trained_model *model, unsigned include)
{
    return include == INCLUDE_SURPRISE ? triage_task_labels(model->task) == TASK_NEXT
                                       : model->spec.head == HEAD_ATTENTION;
}

/* The optional members of an answer that the model has ("include"). */
static void add_include(struct strbuf *out, const struct trained_model *model)
{
    unsigned count = 0;
    strbuf_quoted(out, "'include': {'type': 'array', 'items': {'enum': [");
    for (unsigned i = 0; i < INCLUDES; i++)
        if (has_include(model, i))
            strbuf_quoted(out, "%s'%s'", count++ > 0 ? ", " : "",
                          triage_include_name((enum include)i));
    strbuf_quoted(out, "]}, 'maxItems': %d}", count > 0 ? 32 : 0);
}

static void add_request_definitions(struct strbuf *out, const struct trained_model *model,
                                    const char *name)
{
    const struct schema_keys *keys = &model->schema->keys;
    begin_definition(out, "HistoryId");
    strbuf_quoted(out, "{'type': ['string', 'integer', 'null'], 'description': 'returned "
                       "in the answer'}");
    begin_definition(out, "History");
    strbuf_quoted(out, "{'type': 'object', 'properties': {");
    add_history_members(out, keys);
    end_history_members(out, keys);
    strbuf_quoted(out, ", 'additionalProperties': true}");
    begin_definition(out, "HistoryRequest");
    strbuf_quoted(out, "{'type': 'object', 'properties': {'model': {'const': ");
    add_string(out, name);
    strbuf_quoted(out, "}, 'histories': false, ");
    add_history_members(out, keys);
    strbuf_add(out, ", ");
    add_include(out, model);
    end_history_members(out, keys);
    strbuf_quoted(out, ", 'additionalProperties': true}");
    begin_definition(out, "HistoriesRequest");
    strbuf_quoted(out, "{'type': 'object', 'required': ['histories'], 'properties': "
                       "{'model': {'const': ");
    add_string(out, name);
    strbuf_quoted(out,
                  "}, 'histories': {'type': 'array', 'minItems': 1, 'items': {'$ref': "
                  "'#/$defs/History'}}, ");
    add_include(out, model);
    strbuf_quoted(out, "}, 'additionalProperties': true}");
}

/* ---- what it answers ------------------------------------------------------------------- */

static void add_probabilities(struct strbuf *out, const struct trained_model *model)
{
    strbuf_quoted(out, "{'type': 'object', 'description': 'they add up to 1', "
                       "'additionalProperties': false, 'required': [");
    for (uint32_t i = 0; i < model->action_count; i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        add_string(out, model->actions[i]);
    }
    strbuf_quoted(out, "], 'properties': {");
    for (uint32_t i = 0; i < model->action_count; i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        add_string(out, model->actions[i]);
        strbuf_quoted(out, ": {'type': 'number', 'minimum': 0, 'maximum': 1}");
    }
    strbuf_add(out, "}}");
}

static void add_model(struct strbuf *out, const struct trained_model *model,
                      const char *name)
{
    strbuf_quoted(out, "{'type': 'object', 'required': ['name', 'digest'], 'properties': "
                       "{'name': {'const': ");
    add_string(out, name);
    strbuf_quoted(out, "}, 'digest': {'const': ");
    add_string(out, model->digest);
    strbuf_quoted(out, "}, 'kernel': {'type': 'string', 'description': 'only if its bits "
                       "differ from the definition'}}, 'additionalProperties': true}");
}

static void add_action(struct strbuf *out, const struct trained_model *model)
{
    strbuf_quoted(out, "{'description': 'null if the model declines', 'enum': [");
    for (uint32_t i = 0; i < model->action_count; i++) {
        add_string(out, model->actions[i]);
        strbuf_add(out, ", ");
    }
    strbuf_add(out, "null]}");
}

static void add_weight_definition(struct strbuf *out)
{
    begin_definition(out, "EventWeight");
    strbuf_quoted(out,
                  "{'type': 'object', 'required': ['event', 'weight'], 'properties': "
                  "{'event': {'type': 'integer', 'minimum': 0, 'description': 'its "
                  "index as given'}, 'weight': {'type': 'number', 'minimum': 0, "
                  "'maximum': 1}}, 'additionalProperties': true}");
}

/* The first event has no probability, and neither has one without a name. */
static void add_surprise_definition(struct strbuf *out, const struct trained_model *model)
{
    begin_definition(out, "Surprise");
    strbuf_quoted(out,
                  "{'type': 'object', 'required': ['event', 'probability', 'surprise', "
                  "'rank'], 'properties': {'event': {'type': ['integer', 'null'], "
                  "'minimum': 0, 'description': 'its index as given; null: the end'}, "
                  "'probability': {'type': ['number', 'null'], 'minimum': 0, 'maximum': "
                  "1}, 'surprise': {'type': ['number', 'null'], 'minimum': 0, "
                  "'description': '-ln(probability), in nats'}, 'rank': {'type': "
                  "['integer', 'null'], 'minimum': 1, 'maximum': %u}}, "
                  "'additionalProperties': true}",
                  (unsigned)model->action_count + 1);
}

/* The members of an answer that an include adds. */
static void add_included(struct strbuf *out, const struct trained_model *model)
{
    if (triage_task_labels(model->task) == TASK_NEXT)
        strbuf_quoted(out,
                      ", 'surprise': {'type': 'array', 'minItems': 1, 'description': "
                      "'with that include: of each event, and of the end', 'items': "
                      "{'$ref': '#/$defs/Surprise'}}");
    if (model->spec.head == HEAD_ATTENTION)
        strbuf_quoted(out,
                      ", 'attention': {'type': 'array', 'minItems': 1, 'description': "
                      "'with that include: the weight of each event', 'items': {'$ref': "
                      "'#/$defs/EventWeight'}}");
}

/* What an answer says of its history and of the model, after other members. */
static void add_history_answer(struct strbuf *out, const struct trained_model *model,
                               const char *name)
{
    strbuf_quoted(out, ", 'events': {'type': 'integer', 'minimum': 1}, 'reordered': "
                       "{'type': 'boolean', 'description': 'times moved an event'}, "
                       "'unknown': {'type': 'array', 'maxItems': 100, 'description': "
                       "'values that the model was not trained on', 'items': {'$ref': "
                       "'#/$defs/UnknownValue'}}, ");
    strbuf_quoted(out, "'unknown_count': {'type': 'integer', 'minimum': 0}, 'ignored': "
                       "{'$ref': '#/$defs/Ignored'}, 'ignored_nearest': {'$ref': "
                       "'#/$defs/IgnoredNearest'}, ");
    strbuf_quoted(out, "'missing': {'type': 'array', 'minItems': 1, 'description': "
                       "'fields, and the time, that no event has', 'items': {'type': "
                       "'string'}}, 'clamped': {'type': 'object', 'description': "
                       "'number fields with values far from those of the training, and "
                       "in how many events', 'additionalProperties': {'type': "
                       "'integer', 'minimum': 1}}, ");
    strbuf_quoted(out, "'outside_training': {'type': 'object', 'description': 'number "
                       "fields with values below the smallest or above the largest of "
                       "the training', 'additionalProperties': {'$ref': "
                       "'#/$defs/OutsideTraining'}}, ");
    strbuf_quoted(out, "'unnamed': {'type': 'integer', 'minimum': 1, 'description': "
                       "'events without a name'}, 'unusual_times': {'type': 'array', "
                       "'minItems': 1, 'description': 'times far outside of those of the "
                       "training', 'items': {'$ref': '#/$defs/UnusualTime'}}, 'model': ");
    add_model(out, model, name);
}

/* The actions that are events, which can be predicted and read. */
static void add_event_actions(struct strbuf *out, const struct trained_model *model)
{
    const char *separator = "{'enum': [";
    for (uint32_t i = 0; i < model->action_count; i++) {
        if (strcmp(model->actions[i], END_OF_HISTORY) == 0)
            continue;
        strbuf_quoted(out, "%s", separator);
        add_string(out, model->actions[i]);
        separator = ", ";
    }
    strbuf_add(out, "]}");
}

static void add_forecast_definitions(struct strbuf *out,
                                     const struct trained_model *model, const char *name)
{
    begin_definition(out, "ForecastRequest");
    strbuf_quoted(out, "{'type': 'object', 'properties': {'model': {'const': ");
    add_string(out, name);
    strbuf_quoted(out,
                  "}, 'histories': false, 'include': {'type': 'array', 'maxItems': 0}, ");
    add_history_members(out, &model->schema->keys);
    strbuf_quoted(out, ", 'steps': {'type': 'integer', 'minimum': 1}, 'beam': {'type': "
                       "'integer', 'minimum': 1}, 'rank': {'enum': ['sum', 'mean']}, "
                       "'sample': {'type': 'integer', 'minimum': 1}, 'seed': {'type': "
                       "'integer', 'minimum': 0}");
    end_history_members(out, &model->schema->keys);
    strbuf_quoted(out, ", 'additionalProperties': true}");
    begin_definition(out, "Continuation");
    strbuf_quoted(out, "{'type': 'object', 'required': ['events', 'ended', "
                       "'probability', 'score'], 'properties': {'events': {'type': "
                       "'array', 'items': ");
    add_event_actions(out, model);
    strbuf_quoted(out, "}, 'ended': {'type': 'boolean', 'description': 'no event is "
                       "expected after them'}, 'probability': {'type': 'number', "
                       "'minimum': 0, 'maximum': 1}, 'score': {'type': 'number', "
                       "'maximum': 0}}, 'additionalProperties': true}");
    begin_definition(out, "Forecast");
    strbuf_quoted(out, "{'type': 'object', 'required': ['declined', 'continuations', "
                       "'events', 'reordered', 'unknown', 'unknown_count', 'ignored', "
                       "'model'], 'properties': {'id': {'type': ['string', 'integer']}, "
                       "'declined': {'type': 'boolean'}, 'reason': {'type': 'string'}, "
                       "'continuations': {'type': 'array', 'minItems': 1, 'items': "
                       "{'$ref': '#/$defs/Continuation'}}");
    add_history_answer(out, model, name);
    strbuf_quoted(out, "}, 'additionalProperties': true}");
}

static void add_answer_definitions(struct strbuf *out, const struct trained_model *model,
                                   const char *name)
{
    begin_definition(out, "Prediction");
    strbuf_quoted(out, "{'type': 'object', 'required': ['action', 'probabilities', "
                       "'events', 'reordered', 'unknown', 'unknown_count', 'ignored', "
                       "'model'], 'properties': {'id': {'type': ['string', 'integer']}, "
                       "'action': ");
    add_action(out, model);
    strbuf_quoted(out, ", 'declined': {'type': 'boolean'}, 'reason': {'type': 'string'}, "
                       "'expected_cost': {'type': 'number', 'minimum': 0}, "
                       "'probabilities': ");
    add_probabilities(out, model);
    add_history_answer(out, model, name);
    add_included(out, model);
    strbuf_quoted(out, "}, 'additionalProperties': true}");
    if (triage_task_labels(model->task) == TASK_NEXT) {
        add_surprise_definition(out, model);
        add_forecast_definitions(out, model, name);
    }
    if (model->spec.head == HEAD_ATTENTION)
        add_weight_definition(out);
    begin_definition(out, "Predictions");
    strbuf_quoted(out, "{'type': 'object', 'required': ['predictions'], 'properties': "
                       "{'predictions': {'type': 'array', 'minItems': 1, 'items': "
                       "{'$ref': '#/$defs/Prediction'}}, 'ignored': {'$ref': "
                       "'#/$defs/Ignored'}, 'ignored_nearest': {'$ref': "
                       "'#/$defs/IgnoredNearest'}}, 'additionalProperties': true}");
    begin_definition(out, "Ignored");
    strbuf_quoted(out,
                  "{'type': 'object', 'description': 'members that are not used, and "
                  "how often they occur', 'additionalProperties': {'type': "
                  "'integer', 'minimum': 1}}");
    begin_definition(out, "IgnoredNearest");
    strbuf_quoted(out, "{'type': 'object', 'description': 'known names that ignored "
                       "ones were probably meant as', 'additionalProperties': {'type': "
                       "'string'}}");
    begin_definition(out, "OutsideTraining");
    strbuf_quoted(out,
                  "{'type': 'object', 'required': ['events', 'smallest', 'largest'], "
                  "'properties': {'events': {'type': 'integer', 'minimum': 1}, "
                  "'smallest': {'type': 'number'}, 'largest': {'type': 'number'}}, "
                  "'additionalProperties': true}");
    begin_definition(out, "UnusualTime");
    strbuf_quoted(out,
                  "{'type': 'object', 'required': ['kind', 'pointer', 'received', "
                  "'trained'], 'properties': {'kind': {'type': 'string'}, 'pointer': "
                  "{'type': 'string', 'pattern': '^/'}, 'received': {'type': "
                  "'string'}, 'trained': {'type': 'string'}}, "
                  "'additionalProperties': true}");
    begin_definition(out, "UnknownValue");
    strbuf_quoted(out, "{'type': 'object', 'required': ['pointer', 'value'], "
                       "'properties': {'pointer': {'type': 'string', 'pattern': '^/'}, "
                       "'value': {'type': 'string'}, 'nearest': {'type': 'string', "
                       "'description': 'a known value that differs little'}}, "
                       "'additionalProperties': true}");
}

/* ---- the schema ------------------------------------------------------------------------ */

void json_schema_write(const struct trained_model *model, const char *name,
                       struct strbuf *out)
{
    strbuf_quoted(out, "{'$schema': 'https://json-schema.org/draft/2020-12/schema', "
                       "'title': ");
    add_string(out, name);
    strbuf_quoted(out,
                  ", 'description': 'What the model takes, and in $defs/Prediction "
                  "what it answers.', '$ref': '#/$defs/PredictRequest', '$defs': "
                  "{'PredictRequest': {'oneOf': [{'$ref': '#/$defs/HistoryRequest'}, "
                  "{'$ref': '#/$defs/HistoriesRequest'}]}, 'PredictResponse': "
                  "{'oneOf': [{'$ref': '#/$defs/Prediction'}, {'$ref': "
                  "'#/$defs/Predictions'}]}");
    add_request_definitions(out, model, name);
    add_event_definitions(out, model->schema);
    add_answer_definitions(out, model, name);
    strbuf_add(out, "}}");
}

/* Options on the command line win over the keys in a model, and these over the defaults. */
#include "data/common/keys.h"

#include <stddef.h>
#include <string.h>

#include "model/schema.h"
#include "trainer.h"

#define KEYS(member) offsetof(struct data_keys, member)

const struct option_def data_options[] = {
    {.name = "id",
     .kind = OPTION_TEXT,
     .offset = KEYS(id),
     .default_text = "",
     .help = "key of a history's id; empty: \"id\" in JSON Lines, \"case\" in CSV"},
    {.name = "label",
     .kind = OPTION_TEXT,
     .offset = KEYS(label),
     .default_text = "action",
     .help = "key of the label, the right action"},
    {.name = "events",
     .kind = OPTION_TEXT,
     .offset = KEYS(events),
     .default_text = "events",
     .help = "key of the array of events, in JSON Lines"},
    {.name = "event",
     .kind = OPTION_TEXT,
     .offset = KEYS(event),
     .default_text = "event",
     .help = "key of an event's name; a+b joins the values of both"},
    {.name = "time",
     .kind = OPTION_TEXT,
     .offset = KEYS(time),
     .default_text = "time",
     .help = "key of an event's time; if there is none, the only one that holds times"},
    {.name = "time-format",
     .kind = OPTION_TEXT,
     .offset = KEYS(time_format),
     .default_text = "",
     .help = "how times are written: auto, seconds, milliseconds, microseconds, "
             "nanoseconds, excel, excel-1904, compact, day-first, month-first or a "
             "pattern like \"%d.%m.%Y %H:%M\"; empty: found in the data"},
    {.name = "split",
     .kind = OPTION_TEXT,
     .offset = KEYS(split),
     .default_text = "",
     .help = "key whose value is train, val or test; training never uses test"},
    {.name = "fold-ids",
     .kind = OPTION_SWITCH,
     .offset = KEYS(folds_ids),
     .default_text = "false",
     .help =
         "in CSV, ids that differ only in case, blanks, signs (INC-7, #INC7), or zeros "
         "(7.0, 007) are one case"},
    {.name = "skip-bad",
     .kind = OPTION_SWITCH,
     .offset = KEYS(skip_bad),
     .default_text = "false",
     .help = "list histories that cannot be read, and go on without them"},
    {.name = "strict",
     .kind = OPTION_SWITCH,
     .offset = KEYS(is_strict),
     .default_text = "false",
     .help = "warnings about the data are errors"},
    {.name = NULL},
};

static bool is_given(const unsigned char *sources, const char *option)
{
    size_t i = 0;
    while (strcmp(data_options[i].name, option) != 0)
        i++;
    return sources[i] == SOURCE_FLAG;
}

/* The key that the user gave, or that of the schema. */
static void use_key(const char **key, const unsigned char *sources, const char *option,
                    const char *of_schema, struct data_keys *keys)
{
    if (is_given(sources, option))
        return;
    if (*key && strcmp(*key, of_schema) != 0)
        keys->may_fall_back = true;
    *key = of_schema;
}

/* Is a part of the key that the user gave a field of its own?  Then it is part of no name. */
static bool has_field(const char *event, const struct schema *schema)
{
    struct name_keys parts;
    bool is_field = false;
    name_keys_split(&parts, event);
    for (uint32_t i = 0; i < parts.count; i++)
        is_field = is_field ||
                   (!span_is(parts.list[i], "event") &&
                    schema_find_bytes(schema, parts.list[i].bytes, parts.list[i].length));
    return is_field;
}

void data_keys_of_schema(struct data_keys *keys, const unsigned char *sources,
                         const struct schema *schema)
{
    const struct schema_keys *own = &schema->keys;
    const struct schema_keys ours = SCHEMA_KEYS_DEFAULT;
    keys->is_time_given = is_given(sources, "time");
    if (!keys->is_time_given && strcmp(own->time, ours.time) != 0)
        keys->recipe_time = own->time;
    use_key(&keys->id, sources, "id", own->id, keys);
    use_key(&keys->label, sources, "label", own->label, keys);
    use_key(&keys->events, sources, "events", own->events, keys);
    use_key(&keys->event, sources, "event", own->event, keys);
    keys->joins_no_name = has_field(keys->event, schema);
    use_key(&keys->time, sources, "time", own->time, keys);
    use_key(&keys->split, sources, "split", own->split, keys);
    if (strcmp(own->time_format, "auto") != 0)
        use_key(&keys->time_format, sources, "time-format", own->time_format, keys);
}

void data_keys_of_model(struct data_keys *keys, const unsigned char *sources,
                        const struct model *model)
{
    const struct schema *schema = triage_model_schema(model);
    data_keys_of_schema(keys, sources, schema);
    if (!is_given(sources, "event") && schema->event_parts.count == 0)
        keys->joins_no_name = true;
    keys->recipe_time = NULL;
    if (!keys->is_time_given && triage_schema_uses_times(schema))
        keys->model_time = keys->time;
}

void data_keys_parts(const struct data_keys *keys, struct name_keys *parts)
{
    parts->count = 0;
    if (!keys->joins_no_name)
        name_keys_split(parts, keys->event);
}

static bool joins(const struct name_keys *parts, const char *key)
{
    const struct span span = {.bytes = key, .length = strlen(key)};
    return name_keys_find(parts, span) < parts->count;
}

enum status data_keys_check_parts(const struct data_keys *keys, struct error *err)
{
    struct name_keys parts;
    data_keys_parts(keys, &parts);
    /* in requests, the key of the times is never a part */
    const char *time = *keys->time == '\0' ? "time" : keys->time;
    if (joins(&parts, time))
        return error_set(err, STATUS_BAD_INPUT, "",
                         "--event joins \"%.60s\", which is the key of the times", time);
    /* the names would tell the action, and a request does not have it */
    if (joins(&parts, keys->label))
        return error_set(
            err, STATUS_BAD_INPUT, "",
            "--event joins \"%.60s\", which is the key of the label; --label "
            "names another",
            keys->label);
    const struct span *repeated = name_keys_repeated(&parts);
    if (!repeated)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, "", "--event joins \"%.*s\" twice",
                     (int)(repeated->length < 60 ? repeated->length : 60),
                     repeated->bytes);
}

json_t *data_keys_parts_json(const struct data_keys *keys)
{
    struct name_keys parts;
    json_t *array = json_array();
    data_keys_parts(keys, &parts);
    for (uint32_t i = 0; array && i < parts.count; i++) {
        json_t *part = json_stringn(parts.list[i].bytes, parts.list[i].length);
        if (part && json_array_append_new(array, part) == 0)
            continue;
        json_decref(array);
        return NULL;
    }
    return array;
}

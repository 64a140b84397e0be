/*
 * Groups of inputs, and views without some of them.
 *
 * Encoded events have one id for each category and two floats for each number, in the order of the
 * fields, then one float for each time feature (trainer.h, "schema").  So the columns of a view are
 * found from the JSON of the schema alone.
 */
#include "search/input_groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/size.h"
#include "base/strbuf.h"

static const char calendar_name[] = "calendar", gaps_name[] = "gaps";

/* ---- groups ---- */

static const char *name_of(const json_t *object)
{
    return json_string_value(json_object_get(object, "name"));
}

static bool is_number(const json_t *field)
{
    const char *kind = json_string_value(json_object_get(field, "kind"));
    return strcmp(kind, "number") == 0;
}

/* The group of a time feature; NULL for "missing", which belongs to none. */
static const char *group_of_time(const json_t *feature)
{
    const char *name = name_of(feature);
    if (strncmp(name, "since_", 6) == 0)
        return gaps_name;
    return strcmp(name, "missing") == 0 ? NULL : calendar_name;
}

static void add_group(struct input_groups *groups, const char *name, bool is_field)
{
    groups->list[groups->count++] =
        (struct input_group){.name = name, .is_field = is_field};
}

static bool has_time_group(const struct input_groups *groups, const char *name)
{
    const json_t *feature;
    size_t i;
    json_array_foreach(json_object_get(groups->schema, "time"), i, feature)
    {
        const char *group = group_of_time(feature);
        if (group && strcmp(group, name) == 0)
            return true;
    }
    return false;
}

enum status input_groups_init(struct input_groups *groups, const struct schema *schema,
                              struct error *err)
{
    struct strbuf text;
    *groups = (struct input_groups){.count = 0};
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(schema, &text);
    if (!text.has_failed)
        groups->schema = json_read(text.bytes, text.length, NULL);
    strbuf_release(&text);
    const json_t *fields = json_object_get(groups->schema, "fields"), *field;
    groups->list = calloc(json_array_size(fields) + 2, sizeof *groups->list);
    if (!groups->schema || !groups->list)
        return error_no_memory(err);
    if (has_time_group(groups, calendar_name))
        add_group(groups, calendar_name, false);
    if (has_time_group(groups, gaps_name))
        add_group(groups, gaps_name, false);
    size_t i;
    json_array_foreach(fields, i, field)
    {
        if (strcmp(name_of(field), "event") != 0)
            add_group(groups, name_of(field), true);
    }
    return STATUS_OK;
}

void input_groups_release(struct input_groups *groups)
{
    json_decref(groups->schema);
    free(groups->list);
    *groups = (struct input_groups){.count = 0};
}

uint32_t input_groups_find(const struct input_groups *groups, const char *name,
                           bool is_field)
{
    uint32_t i = 0;
    while (i < groups->count && (groups->list[i].is_field != is_field ||
                                 strcmp(groups->list[i].name, name) != 0))
        i++;
    return i;
}

static uint32_t group_of_field(const struct input_groups *groups, const json_t *field)
{
    return input_groups_find(groups, name_of(field), true);
}

static uint32_t group_of_feature(const struct input_groups *groups, const json_t *feature)
{
    const char *name = group_of_time(feature);
    return name ? input_groups_find(groups, name, false) : groups->count;
}

static bool is_kept(const struct input_groups *groups, const bool *is_left_out,
                    uint32_t group)
{
    return group == groups->count || !is_left_out[group];
}

bool input_groups_may_leave_out(const struct input_groups *groups,
                                const bool *is_left_out)
{
    const json_t *times = json_object_get(groups->schema, "time"), *feature;
    size_t i;
    json_array_foreach(times, i, feature)
    {
        if (is_kept(groups, is_left_out, group_of_feature(groups, feature)))
            return true;
    }
    return json_array_size(times) == 0;
}

/* ---- columns ---- */

/* The columns of ids and of values that remain. */
struct columns {
    uint32_t *ids,
        *values; /* [kept_ids], [kept_values]: columns of the original; owned */
    uint32_t kept_ids, kept_values;
    uint32_t all_ids, all_values; /* K and F of the original */
};

static void columns_release(struct columns *columns)
{
    free(columns->ids);
    free(columns->values);
}

static void find_columns(struct columns *columns, const struct input_groups *groups,
                         const bool *is_left_out)
{
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(groups->schema, "fields"), i, item)
    {
        bool kept = is_kept(groups, is_left_out, group_of_field(groups, item));
        if (!is_number(item)) {
            if (kept)
                columns->ids[columns->kept_ids++] = columns->all_ids;
            columns->all_ids++;
            continue;
        }
        for (int j = 0; j < 2; j++, columns->all_values++)
            if (kept)
                columns->values[columns->kept_values++] = columns->all_values;
    }
    json_array_foreach(json_object_get(groups->schema, "time"), i, item)
    {
        if (is_kept(groups, is_left_out, group_of_feature(groups, item)))
            columns->values[columns->kept_values++] = columns->all_values;
        columns->all_values++;
    }
}

static enum status columns_init(struct columns *columns,
                                const struct input_groups *groups,
                                const bool *is_left_out, struct error *err)
{
    size_t fields = json_array_size(json_object_get(groups->schema, "fields"));
    size_t times = json_array_size(json_object_get(groups->schema, "time"));
    *columns = (struct columns){
        .ids = calloc(fields + 1, sizeof *columns->ids),
        .values = calloc(2 * fields + times + 1, sizeof *columns->values)};
    if (!columns->ids || !columns->values)
        return error_no_memory(err);
    find_columns(columns, groups, is_left_out);
    return STATUS_OK;
}

/* ---- views ---- */

/* A copy of the schema without what is left out; NULL on failure. */
static struct schema *view_schema(const struct input_groups *groups,
                                  const bool *is_left_out, struct error *err)
{
    json_t *schema = json_deep_copy(groups->schema);
    json_t *fields = json_object_get(schema, "fields");
    json_t *times = json_object_get(schema, "time");
    struct schema *view = NULL;
    if (!schema) {
        error_no_memory(err);
        return NULL;
    }
    for (size_t i = json_array_size(fields); i-- > 0;)
        if (!is_kept(groups, is_left_out,
                     group_of_field(groups, json_array_get(fields, i))))
            json_array_remove(fields, i);
    for (size_t i = json_array_size(times); i-- > 0;)
        if (!is_kept(groups, is_left_out,
                     group_of_feature(groups, json_array_get(times, i))))
            json_array_remove(times, i);
    uint32_t calendar = input_groups_find(groups, calendar_name, false);
    if (!is_kept(groups, is_left_out, calendar))
        json_object_del(schema, "hours"); /* nothing encodes the hour any more */
    view = triage_schema_read(schema, "/schema", err);
    json_decref(schema);
    return view;
}

static size_t count_events(const struct example *examples, size_t count)
{
    size_t events = 0;
    for (size_t i = 0; i < count; i++)
        events += examples[i].history.length;
    return events;
}

/* Where the next history is copied to. */
struct place {
    struct example *example;
    uint32_t *ids;
    float *values;
};

static void copy_examples(const struct columns *columns, const struct example *examples,
                          size_t count, struct place *place)
{
    for (size_t i = 0; i < count; i++) {
        const struct history *from = &examples[i].history;
        *place->example = examples[i];
        place->example->history.ids = place->ids;
        place->example->history.values = columns->kept_values > 0 ? place->values : NULL;
        place->example++;
        for (size_t t = 0; t < from->length; t++) {
            const uint32_t *ids = from->ids + t * columns->all_ids;
            for (uint32_t k = 0; k < columns->kept_ids; k++)
                *place->ids++ = ids[columns->ids[k]];
            for (uint32_t f = 0; f < columns->kept_values; f++)
                *place->values++ =
                    from->values[t * columns->all_values + columns->values[f]];
        }
    }
}

enum status input_view_init(struct input_view *view, const struct input_groups *groups,
                            const struct training_data *data, const bool *is_left_out,
                            struct error *err)
{
    struct columns columns;
    size_t events = count_events(data->train, data->train_count) +
                    count_events(data->validation, data->validation_count);
    size_t examples = data->train_count + data->validation_count;
    size_t id_bytes = 0, value_bytes = 0;
    *view = (struct input_view){.data = *data};
    enum status status = columns_init(&columns, groups, is_left_out, err);
    if (status != STATUS_OK)
        goto out;
    view->schema = view_schema(groups, is_left_out, err);
    status = view->schema ? STATUS_OK : STATUS_NO_MEMORY;
    if (status != STATUS_OK)
        goto out;
    if (size_multiply(events, columns.kept_ids * sizeof *view->ids, &id_bytes) &&
        size_multiply(events, columns.kept_values * sizeof *view->values, &value_bytes)) {
        view->examples = calloc(examples + 1, sizeof *view->examples);
        view->ids = malloc(id_bytes + 1);
        view->values = malloc(value_bytes + 1);
    }
    if (!view->examples || !view->ids || !view->values) {
        status = error_no_memory(err);
        goto out;
    }
    struct place place = {
        .example = view->examples, .ids = view->ids, .values = view->values};
    copy_examples(&columns, data->train, data->train_count, &place);
    copy_examples(&columns, data->validation, data->validation_count, &place);
    view->data.train = view->examples;
    view->data.validation = view->examples + data->train_count;
out:
    columns_release(&columns);
    return status;
}

void input_view_release(struct input_view *view)
{
    triage_schema_free(view->schema);
    free(view->examples);
    free(view->ids);
    free(view->values);
    *view = (struct input_view){.schema = NULL};
}

/* Hide the columns of a group that begin at ids or values, of one event. */
struct hidden {
    bool is_category;
    uint32_t first, count; /* columns of ids or of values */
};

static void hide_columns(struct input_view *view, const struct columns *all,
                         struct hidden hidden)
{
    size_t events = count_events(view->data.train, view->data.train_count) +
                    count_events(view->data.validation, view->data.validation_count);
    for (size_t t = 0; t < events; t++)
        for (uint32_t i = hidden.first; i < hidden.first + hidden.count; i++) {
            if (hidden.is_category)
                view->ids[t * all->all_ids + i] = 0; /* unknown: engine.h, history.ids */
            else
                view->values[t * all->all_values + i] = 0.0f;
        }
}

void input_view_hide(struct input_view *view, const struct input_groups *groups,
                     uint32_t group)
{
    struct columns all = {.ids = NULL};
    struct hidden hidden = {.is_category = true, .count = 1};
    const json_t *fields = json_object_get(groups->schema, "fields");
    const json_t *times = json_object_get(groups->schema, "time"), *item;
    uint32_t id = 0, value = 0;
    size_t i;
    json_array_foreach(fields, i, item)
    {
        all.all_ids += !is_number(item);
        all.all_values += is_number(item) ? 2 : 0;
    }
    all.all_values += (uint32_t)json_array_size(times);
    json_array_foreach(fields, i, item)
    {
        hidden = (struct hidden){.is_category = !is_number(item),
                                 .first = is_number(item) ? value : id,
                                 .count = is_number(item) ? 2 : 1};
        if (group_of_field(groups, item) == group)
            hide_columns(view, &all, hidden);
        id += !is_number(item);
        value += is_number(item) ? 2 : 0;
    }
    json_array_foreach(times, i, item)
    {
        hidden = (struct hidden){.first = value++, .count = 1};
        if (group_of_feature(groups, item) == group)
            hide_columns(view, &all, hidden);
    }
}

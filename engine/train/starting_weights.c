/*
 * First all is checked and the places of rows and columns are found, then the weights are copied.
 */
#include "train/starting_weights.h"

#include <string.h>

#include "base/option_table.h"
#include "base/strbuf.h"

/* Places of the model's rows and columns in the network. */
struct places {
    /* [fields of the model] NULL for a number, else [values]: their ids */
    uint32_t **values;
    uint32_t *columns;  /* [input width of the model] */
    bool *is_zero;      /* [input width of the network] a new number or time */
    uint32_t *actions;  /* [actions of the model] */
    struct arena arena; /* of all these */
};

/* ---- checks -------------------------------------------------------------------------- */

static enum status check_option(const struct option_def *option, const void *ours,
                                const void *theirs, struct error *err)
{
    struct strbuf texts[2];
    enum status status = STATUS_OK;
    bool is_same = option_table_compare(option, ours, theirs, texts);
    if (texts[0].has_failed || texts[1].has_failed)
        status = error_no_memory(err);
    else if (!is_same)
        status =
            error_set(err, STATUS_BAD_INPUT, "/network",
                      "the network has %s, the model %s", texts[0].bytes, texts[1].bytes);
    strbuf_release(&texts[0]);
    strbuf_release(&texts[1]);
    return status;
}

static enum status check_settings(const struct trained_model *to,
                                  const struct trained_model *from, struct error *err)
{
    if (from->numerics < NUMERICS)
        return error_set(
            err, STATUS_BAD_INPUT, "/numerics",
            "the model does not say which \"numerics\" its weights are for: it "
            "is older than numerics %d, or from another program",
            NUMERICS);
    if (to->task == TASK_CONTINUE || from->task == TASK_CONTINUE)
        return error_set(err, STATUS_BAD_INPUT, "/target",
                         "a model of the target \"continue\" cannot be gone on from");
    for (const struct option_def *option = triage_spec_options; option->name; option++)
        RETURN_IF_ERROR(check_option(option, &to->spec, &from->spec, err));
    if (to->task != from->task)
        return error_set(err, STATUS_BAD_INPUT, "/target",
                         "the target is \"%s\", that of the model \"%s\"",
                         triage_task_names[to->task], triage_task_names[from->task]);
    if (to->members != from->members)
        return error_set(err, STATUS_BAD_INPUT, "/members",
                         "there are %u networks, in the model %u", (unsigned)to->members,
                         (unsigned)from->members);
    return STATUS_OK;
}

static bool is_same_scale(const struct scale *a, const struct scale *b)
{
    return a->mean == b->mean && a->scale == b->scale;
}

static enum status check_field(const struct field *own, const struct field *field,
                               struct error *err)
{
    static const char where[] = "/schema/fields";
    if (!own)
        return error_set(err, STATUS_BAD_INPUT, where,
                         "the field \"%.64s\" of the model is missing", field->name);
    if (own->kind != field->kind)
        return error_set(err, STATUS_BAD_INPUT, where,
                         "the field \"%.64s\" is a %s in the model", field->name,
                         field->kind == FIELD_NUMBER ? "number" : "category");
    if (field->kind == FIELD_NUMBER && (!is_same_scale(&own->number, &field->number) ||
                                        !is_same_scale(&own->missing, &field->missing)))
        return error_set(err, STATUS_BAD_INPUT, where,
                         "the number \"%.64s\" is not scaled as in the model",
                         field->name);
    return STATUS_OK;
}

/* ---- places -------------------------------------------------------------------------- */

static enum status find_values(struct places *places, uint32_t i, const struct field *own,
                               const struct field *field, struct error *err)
{
    uint32_t count = field->values.count;
    uint32_t *ids = arena_array(&places->arena, count, sizeof *ids);
    if (!ids)
        return error_no_memory(err);
    for (uint32_t v = 0; v < count; v++) {
        const struct strmap_key *key = &field->values.keys[v];
        ids[v] = field_id_bytes(own, key->bytes, key->length);
        if (ids[v] == SCHEMA_UNKNOWN)
            return error_set(err, STATUS_BAD_INPUT, "/schema/fields",
                             "the value \"%.64s\" of \"%.64s\" in the model is missing",
                             key->bytes, field->name);
    }
    places->values[i] = ids;
    return STATUS_OK;
}

/* One-hot: the first column of each category of a schema, [categories]. */
static uint32_t *first_columns(const struct schema *schema, struct arena *arena)
{
    uint32_t *first = arena_array(arena, schema->categories + 1, sizeof *first);
    for (uint32_t k = 0, next = 0; first && k < schema->categories; k++) {
        first[k] = next;
        next += schema_rows(schema, k) - SCHEMA_FIRST;
    }
    return first;
}

/* The columns of embeddings, or of one-hot values. */
static enum status find_value_columns(struct places *places,
                                      const struct trained_model *to,
                                      const struct trained_model *from, struct error *err)
{
    for (uint32_t e = 0; e < from->spec.embedding; e++)
        places->columns[e] = e;
    if (from->spec.embedding > 0)
        return STATUS_OK;
    uint32_t *ours = first_columns(to->schema, &places->arena);
    uint32_t *theirs = first_columns(from->schema, &places->arena);
    if (!ours || !theirs)
        return error_no_memory(err);
    for (uint32_t i = 0; i < from->schema->field_count; i++) {
        const struct field *field = &from->schema->fields[i];
        const struct field *own = schema_find(to->schema, field->name);
        for (uint32_t v = 0; places->values[i] && v < field->values.count; v++)
            places->columns[theirs[field->index] + v] =
                ours[own->index] + places->values[i][v] - SCHEMA_FIRST;
    }
    return STATUS_OK;
}

/* The index among the time features, or time_count. */
static uint32_t find_time(const struct schema *schema, enum time_feature_kind kind)
{
    uint32_t i = 0;
    while (i < schema->time_count && schema->times[i].kind != kind)
        i++;
    return i;
}

/* The last F columns: two for each number, then the time features. */
static enum status find_number_columns(struct places *places,
                                       const struct trained_model *to,
                                       const struct trained_model *from,
                                       struct error *err)
{
    const struct schema *schema = from->schema, *own = to->schema;
    uint32_t first = from->tensors.input_width - schema_inputs(schema);
    uint32_t own_first = to->tensors.input_width - schema_inputs(own);
    for (uint32_t j = own_first; j < to->tensors.input_width; j++)
        places->is_zero[j] = true;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (field->kind != FIELD_NUMBER)
            continue;
        uint32_t column = own_first + 2 * schema_find(own, field->name)->index;
        places->columns[first + 2 * field->index] = column;
        places->columns[first + 2 * field->index + 1] = column + 1;
    }
    for (uint32_t i = 0; i < schema->time_count; i++) {
        const struct time_feature *feature = &schema->times[i];
        uint32_t place = find_time(own, feature->kind);
        if (place == own->time_count ||
            !is_same_scale(&feature->scale, &own->times[place].scale))
            return error_set(err, STATUS_BAD_INPUT, "/schema/time",
                             "the time feature \"%s\" of the model is missing, or is not "
                             "scaled as there",
                             time_feature_names[feature->kind]);
        places->columns[first + 2 * schema->numbers + i] =
            own_first + 2 * own->numbers + place;
    }
    return STATUS_OK;
}

static enum status find_actions(struct places *places, const struct trained_model *to,
                                const struct trained_model *from, struct error *err)
{
    struct strmap names;
    RETURN_IF_ERROR(
        strmap_init(&names, to->actions, to->action_count, &places->arena, err));
    for (uint32_t c = 0; c < from->action_count; c++) {
        const char *name = from->actions[c];
        places->actions[c] = strmap_find(&names, name, strlen(name));
        if (places->actions[c] == MAP_NONE)
            return error_set(err, STATUS_BAD_INPUT, "/actions",
                             "the action \"%.64s\" of the model is missing", name);
    }
    return STATUS_OK;
}

static enum status find_places(struct places *places, const struct trained_model *to,
                               const struct trained_model *from, struct error *err)
{
    const struct schema *schema = from->schema;
    struct arena *arena = &places->arena;
    places->values = arena_array(arena, schema->field_count, sizeof *places->values);
    places->columns =
        arena_array(arena, from->tensors.input_width, sizeof *places->columns);
    places->is_zero =
        arena_array(arena, to->tensors.input_width, sizeof *places->is_zero);
    places->actions = arena_array(arena, from->action_count, sizeof *places->actions);
    if (!places->values || !places->columns || !places->is_zero || !places->actions)
        return error_no_memory(err);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const struct field *own = schema_find(to->schema, field->name);
        RETURN_IF_ERROR(check_field(own, field, err));
        if (field->kind == FIELD_CATEGORY)
            RETURN_IF_ERROR(find_values(places, i, own, field, err));
    }
    RETURN_IF_ERROR(find_value_columns(places, to, from, err));
    RETURN_IF_ERROR(find_number_columns(places, to, from, err));
    return find_actions(places, to, from, err);
}

/* ---- copying ------------------------------------------------------------------------- */

/* The row of a matrix or a vector. */
static float *row_of(const struct trained_model *model, const struct tensor *tensor,
                     uint32_t row)
{
    return trained_model_floats(model, tensor) + (size_t)row * tensor->columns;
}

static void copy_row(struct trained_model *to, const struct tensor *own, uint32_t own_row,
                     const struct trained_model *from, const struct tensor *tensor,
                     uint32_t row)
{
    memcpy(row_of(to, own, own_row), row_of(from, tensor, row),
           tensor->columns * sizeof(float));
}

static void copy_embeddings(struct trained_model *to, const struct trained_model *from,
                            const struct places *places)
{
    for (uint32_t i = 0; i < from->schema->field_count; i++) {
        const struct field *field = &from->schema->fields[i];
        if (field->kind != FIELD_CATEGORY)
            continue;
        const struct field *own_field = schema_find(to->schema, field->name);
        const struct tensor *tensor = tensors_embedding(&from->tensors, field->index);
        const struct tensor *own = tensors_embedding(&to->tensors, own_field->index);
        copy_row(to, own, SCHEMA_UNKNOWN, from, tensor, SCHEMA_UNKNOWN);
        copy_row(to, own, SCHEMA_MISSING, from, tensor, SCHEMA_MISSING);
        for (uint32_t v = 0; v < field->values.count; v++)
            copy_row(to, own, places->values[i][v], from, tensor, SCHEMA_FIRST + v);
    }
}

/* The weights of the input of layer 0, whose columns have places. */
static void copy_input_weights(struct trained_model *to, const struct tensor *own,
                               const struct trained_model *from,
                               const struct tensor *tensor, const struct places *places)
{
    for (uint32_t row = 0; row < tensor->rows; row++) {
        const float *w = row_of(from, tensor, row);
        float *own_w = row_of(to, own, row);
        for (uint32_t j = 0; j < own->columns; j++)
            own_w[j] = places->is_zero[j] ? 0.0f : own_w[j];
        for (uint32_t j = 0; j < tensor->columns; j++)
            own_w[places->columns[j]] = w[j];
    }
}

/* All of a tensor whose shape is the same in both. */
static void copy_whole(struct trained_model *to, const struct tensor *own,
                       const struct trained_model *from, const struct tensor *tensor)
{
    memcpy(row_of(to, own, 0), row_of(from, tensor, 0),
           (size_t)tensor->rows * tensor->columns * sizeof(float));
}

/* Is it the input weight of a direction? */
static bool reads_input(const struct trained_model *model, const struct tensor *tensor)
{
    for (uint32_t d = 0; d < model->spec.directions; d++)
        if (tensor == tensors_input(&model->tensors, d, INPUT_WEIGHT))
            return true;
    return false;
}

/* All tensors between the embeddings and the output layer. */
static void copy_layers(struct trained_model *to, const struct trained_model *from,
                        const struct places *places)
{
    const struct tensor *tensor = from->tensors.items + from->tensors.embedding_count;
    const struct tensor *own = to->tensors.items + to->tensors.embedding_count;
    for (; tensor < tensors_head(&from->tensors); tensor++, own++)
        if (reads_input(from, tensor))
            copy_input_weights(to, own, from, tensor, places);
        else
            copy_whole(to, own, from, tensor);
}

static void copy_head(struct trained_model *to, const struct trained_model *from,
                      const struct places *places)
{
    for (uint32_t c = 0; c < from->action_count; c++) {
        copy_row(to, tensors_head(&to->tensors), places->actions[c], from,
                 tensors_head(&from->tensors), c);
        copy_row(to, tensors_head_bias(&to->tensors), places->actions[c], from,
                 tensors_head_bias(&from->tensors), c);
    }
}

enum status starting_weights_copy(struct trained_model *to,
                                  const struct trained_model *from, struct error *err)
{
    RETURN_IF_ERROR(check_settings(to, from, err));
    struct places places = {.values = NULL};
    arena_init(&places.arena, SIZE_MAX);
    enum status status = find_places(&places, to, from, err);
    for (uint32_t m = 0; m < from->members && status == STATUS_OK; m++) {
        struct trained_model network = trained_model_member(to, m);
        const struct trained_model other = trained_model_member(from, m);
        if (from->spec.embedding > 0)
            copy_embeddings(&network, &other, &places);
        copy_layers(&network, &other, &places);
        copy_head(&network, &other, &places);
    }
    arena_release(&places.arena);
    return status;
}

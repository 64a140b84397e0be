/* See examples.h. */
#include "data/examples.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

#include "data/infer.h"
#include "data/scales.h"
#include "data/survey.h"
#include "decode.h"

/* Everything that one way through the files needs. */
struct loading {
    struct examples *examples;
    const struct data_files *data;
    struct dataset *dataset;
    struct survey survey;
    struct infer *infer;
    enum task target;
    bool with_end;
    bool has_inner_labels;
};

static enum status infer_entry(void *context, const struct entry *entry,
                               struct error *err)
{
    struct loading *l = context;
    enum role role;
    enum status status = survey_role(&l->survey, entry, &role, err);

    if (status != STATUS_OK || role != ROLE_LEARN)
        return status;
    l->has_inner_labels = l->has_inner_labels || entry->had_inner_label;
    return infer_add(l->infer, entry->history, err);
}

static enum status find_schema(struct loading *l, const json_t *given, struct error *err)
{
    struct examples *examples = l->examples;
    json_t *inferred = NULL;
    struct error inner = {.status = STATUS_OK};
    enum status status = STATUS_OK;

    if (given == NULL) {
        l->infer = infer_new(err);
        if (l->infer == NULL)
            return STATUS_NO_MEMORY;
        status = dataset_visit(l->dataset, false, &examples->skip, infer_entry, l, err);
        if (status != STATUS_OK)
            return status;
        inferred = infer_schema(l->infer, &examples->talk, &inner);
        if (inferred == NULL)
            return error_set(err, inner.status, l->data->files[0], "%s", inner.text);
        if (l->has_inner_labels && l->target != TASK_EVERY)
            strbuf_printf(
                &examples->talk,
                "\"%s\" in the events is taken for a label and no field; --label "
                "names another key\n",
                l->data->keys->label);
    }
    examples->schema =
        triage_schema_read(given != NULL ? given : inferred, "/schema", err);
    json_decref(inferred);
    if (examples->schema == NULL)
        return err->status;
    dataset_obey(l->dataset, examples->schema);
    return STATUS_OK;
}

/* The actions, complete, are the examples'. */
static void hand_over_actions(struct loading *l)
{
    l->examples->actions = l->survey.actions.names;
    l->examples->action_count = l->survey.actions.count;
}

static enum status find_actions(struct loading *l, struct error *err)
{
    struct actions *actions = &l->survey.actions;
    enum status status = STATUS_OK;

    if (l->target == TASK_NEXT)
        status = actions_follow(actions, l->examples->schema, l->with_end, err);
    if (status == STATUS_OK && actions->count < 2)
        return error_set(err, STATUS_BAD_INPUT, l->data->files[0],
                         "there is only one %s, \"%s\": nothing to decide",
                         l->target == TASK_NEXT ? "event that can come next" : "label",
                         actions->names[0]);
    return status;
}

/* Decode everything; given is a recipe's schema, or NULL. */
static enum status decode_all(struct loading *l, const struct schema *schema,
                              bool measures, const json_t *given, struct error *err)
{
    struct decode decode = {.examples = l->examples,
                            .dataset = l->dataset,
                            .survey = &l->survey,
                            .schema = schema,
                            .target = l->target};
    enum status status = decode_take(&decode, err);

    if (status == STATUS_OK && measures)
        status = scales_measure(&decode, given, err);
    return status == STATUS_OK ? decode_read(&decode, false, err) : status;
}

/* Everything from the survey on, with the bad lines that are known so far left out. */
static enum status load(struct loading *l, const json_t *schema, const json_t *actions,
                        uint64_t seed, struct error *err)
{
    enum status status = survey_init(&l->survey, err);

    if (status == STATUS_OK && actions != NULL)
        status = actions_give(&l->survey.actions, actions, err);
    if (status == STATUS_OK)
        status = survey_read(&l->survey, l->dataset, l->data, l->target,
                             &l->examples->skip, err);
    if (status == STATUS_OK && l->target != TASK_NEXT)
        status = find_actions(l, err);
    if (status == STATUS_OK)
        status = survey_choose(&l->survey, l->data->files[0], seed, err);
    l->examples->validation = l->survey.validation;
    if (status == STATUS_OK)
        status = find_schema(l, schema, err);
    if (status == STATUS_OK && l->target == TASK_NEXT)
        status = find_actions(l, err);
    hand_over_actions(l);
    if (status != STATUS_OK)
        return status;
    return decode_all(l, l->examples->schema, schema == NULL || !scales_are_given(schema),
                      schema, err);
}

/* Forget all but which lines are bad. */
static void forget(struct examples *examples)
{
    for (size_t i = 0; i < examples->action_count; i++)
        free(examples->actions[i]);
    free(examples->actions);
    free(examples->learn);
    free(examples->validate);
    free(examples->judged);
    free(examples->posterior);
    json_decref(examples->golden);
    triage_schema_free(examples->schema);
    strbuf_release(&examples->talk);
    arena_release(&examples->arena);
    *examples = (struct examples){.skip = examples->skip};
    arena_init(&examples->arena, SIZE_MAX);
    strbuf_init(&examples->talk, SIZE_MAX);
}

static void init(struct examples *examples, const struct data_files *data)
{
    memset(examples, 0, sizeof *examples);
    examples->skip.allowed = data->keys->skip_bad;
    forget(examples);
}

/* The names of the actions stay, they are the examples' now. */
static void loading_release(struct loading *l)
{
    infer_free(l->infer);
    l->infer = NULL;
    if (l->examples->actions != NULL) {
        l->survey.actions.names = NULL;
        l->survey.actions.count = 0;
    }
    survey_release(&l->survey);
}

enum status examples_load(struct examples *examples, const struct data_files *data,
                          enum task target, bool with_end, const json_t *schema,
                          const json_t *actions, uint64_t seed, struct error *err)
{
    struct loading l = {
        .examples = examples, .data = data, .target = target, .with_end = with_end};
    enum status status;
    size_t bad;

    init(examples, data);
    l.dataset = dataset_new(data, target, err);
    if (l.dataset == NULL)
        return err->status;
    /* A line found bad late has already had a say in the schema: begin again without it. */
    do {
        forget(examples);
        dataset_obey(l.dataset, NULL);
        bad = examples->skip.count;
        status = load(&l, schema, actions, seed, err);
        loading_release(&l);
    } while (status == STATUS_OK && examples->skip.count != bad);
    dataset_free(l.dataset);
    return status;
}

enum status examples_load_for(struct examples *examples, const struct data_files *data,
                              const struct model *model, const char *part,
                              struct error *err)
{
    const struct schema *schema = triage_model_schema(model);
    struct loading l = {
        .examples = examples, .data = data, .target = triage_model_task(model)};
    enum status status;

    init(examples, data);
    l.dataset = dataset_new(data, l.target, err);
    if (l.dataset == NULL)
        return err->status;
    dataset_obey(l.dataset, schema);
    status = survey_init(&l.survey, err);
    l.survey.judges = true;
    if (status == STATUS_OK)
        status = actions_copy(&l.survey.actions, model, err);
    if (status == STATUS_OK && l.target == TASK_NEXT)
        status = actions_link(&l.survey.actions, schema, err);
    hand_over_actions(&l);
    if (status == STATUS_OK)
        status = survey_read(&l.survey, l.dataset, data, l.target, &examples->skip, err);
    if (status == STATUS_OK)
        status = survey_judge(&l.survey, data, part, err);
    if (status == STATUS_OK)
        status = decode_all(&l, schema, false, NULL, err);
    loading_release(&l);
    dataset_free(l.dataset);
    return status;
}

void examples_release(struct examples *examples)
{
    free(examples->skip.is_bad);
    examples->skip = (struct skip){0};
    forget(examples);
}

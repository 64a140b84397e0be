/* Choosing the inputs before a training, and what the report says of it. */
#include "search/training_inputs.h"

#include "base/strbuf.h"
#include "data/common/messages.h"

void training_inputs_init(struct training_inputs *inputs, const struct examples *examples)
{
    *inputs = (struct training_inputs){
        .schema = examples->schema,
        .data = {.train = examples->train,
                 .validation = examples->validation,
                 .train_count = examples->train_count,
                 .validation_count = examples->validation_count}};
}

void training_inputs_release(struct training_inputs *inputs)
{
    input_view_release(&inputs->view);
    input_choice_release(&inputs->choice);
    input_groups_release(&inputs->groups);
    json_decref(inputs->notes);
}

/* The groups that were left out, for the report and for the reader. */
static enum status note_choice(struct training_inputs *inputs, struct error *err)
{
    const struct input_choice *choice = &inputs->choice;
    json_t *names = json_array();
    struct strbuf line;
    strbuf_init(&line, SIZE_MAX);
    strbuf_add(&line, choice->left_out_count > 0 ? "" : " none");
    for (uint32_t i = 0, listed = 0; i < inputs->groups.count; i++) {
        const char *name = inputs->groups.list[i].name;
        if (!choice->is_left_out[i])
            continue;
        strbuf_printf(&line, "%s %s", listed++ > 0 ? "," : "", name);
        (void)json_array_append_new(names, json_string(name));
    }
    bool is_complete =
        !line.has_failed && json_array_size(names) == choice->left_out_count;
    if (is_complete) {
        print_clean("inputs left out:%s", line.bytes);
        inputs->notes = json_pack("{s:{s:O, s:O}}", "inputs", "left_out", names, "trials",
                                  choice->table);
    }
    strbuf_release(&line);
    json_decref(names);
    return inputs->notes ? STATUS_OK : error_no_memory(err);
}

enum status training_inputs_choose(struct training_inputs *inputs,
                                   const struct recipe *recipe,
                                   const struct examples *examples,
                                   const struct input_choice_settings *settings,
                                   bool (*should_stop)(void *context), void *context,
                                   struct error *err)
{
    struct error inner = {.status = STATUS_OK};
    RETURN_IF_ERROR(input_groups_init(&inputs->groups, inputs->schema, err));
    if (inputs->groups.count == 0)
        return STATUS_OK;
    struct trial_runner runner = {.task = (enum task)recipe->task,
                                  .actions = (const char *const *)examples->actions,
                                  .action_count = examples->action_count,
                                  .should_stop = should_stop,
                                  .context = context,
                                  .workers = workers_new(recipe->training.threads, err)};
    if (!runner.workers)
        return STATUS_NO_MEMORY;
    enum status status = input_choice_make(&inputs->choice, settings, &inputs->groups,
                                           &inputs->data, &runner, &inner);
    workers_free(runner.workers);
    if (status != STATUS_OK && status != STATUS_INTERRUPTED)
        return error_set(err, status, inner.where, "%s", inner.text);
    RETURN_IF_ERROR(note_choice(inputs, err));
    if (inputs->choice.left_out_count == 0)
        return STATUS_OK;
    RETURN_IF_ERROR(input_view_init(&inputs->view, &inputs->groups, &inputs->data,
                                    inputs->choice.is_left_out, err));
    inputs->schema = inputs->view.schema;
    inputs->data = inputs->view.data;
    return STATUS_OK;
}

enum status training_inputs_add_earlier(struct training_inputs *inputs,
                                        const struct training_inputs *earlier,
                                        struct error *err)
{
    json_t *notes = json_object_get(inputs->notes, "inputs");
    json_t *trials =
        earlier->choice.table ? json_copy(earlier->choice.table) : json_array();
    if (!notes) {
        json_decref(trials);
        return STATUS_OK; /* there was nothing to choose among */
    }
    bool is_complete = trials && json_array_extend(trials, inputs->choice.table) == 0 &&
                       json_object_set(notes, "trials", trials) == 0;
    json_decref(trials);
    return is_complete ? STATUS_OK : error_no_memory(err);
}

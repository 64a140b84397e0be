/* From files to what is evaluated.  Messages go to stderr. */
#include "evaluation_inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/actions.h"

/* Load by the model, and print the messages. */
static enum status load(struct evaluation_inputs *inputs, struct examples *examples,
                        const struct data_files *data, const char *part,
                        const struct model *model, struct error *err)
{
    enum status status = examples_load_for_model(examples, data, model, part, err);
    const struct strbuf *warnings = &examples->messages.warnings;
    if (warnings->length > 0)
        strbuf_add_bytes(&inputs->warnings, warnings->bytes, warnings->length);
    enum status printed =
        examples_print_messages(examples, data->keys, status == STATUS_OK ? err : NULL);
    RETURN_IF_ERROR(status);
    RETURN_IF_ERROR(printed);
    return inputs->warnings.has_failed ? error_no_memory(err) : STATUS_OK;
}

/*
 * Load the data of --against: with a split its parts train and val, otherwise all of it.  When
 * train is evaluated, the other part is training data.
 */
static enum status load_against(struct evaluation_inputs *inputs,
                                const struct evaluation_files *files,
                                const struct model *model, struct error *err)
{
    const char *const names[] = {files->against};
    const struct data_files data = {
        .files = names, .file_count = 1, .keys = files->data.keys};
    struct examples *loaded = &inputs->against;
    RETURN_IF_ERROR(load(inputs, loaded, &data, NULL, model, err));
    size_t evaluation_count = loaded->evaluation_count;
    size_t count = evaluation_count + loaded->train_count;
    inputs->joined = calloc(count + 1, sizeof *inputs->joined);
    if (!inputs->joined)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct example *example = i < evaluation_count
                                            ? &loaded->evaluation[i]
                                            : &loaded->train[i - evaluation_count];
        /* the training leaves out histories whose label is none of the actions */
        if (example->actions || example->action < triage_model_actions(model))
            inputs->joined[inputs->training_count++] = *example;
    }
    inputs->training = inputs->joined;
    return STATUS_OK;
}

static void print_counts(const struct evaluation_inputs *inputs,
                         const struct model *model)
{
    fprintf(stderr, "evaluating %zu histories, baselines ",
            inputs->examples.evaluation_count);
    if (inputs->joined)
        fprintf(stderr, "trained on %zu of --against", inputs->training_count);
    else if (inputs->training_count > 0)
        fprintf(stderr, "trained on %zu others", inputs->training_count);
    else if (triage_model_holds_histories(model))
        fputs("trained on those of the model", stderr);
    else
        fputs("cross-fitted in five folds", stderr);
    if (inputs->examples.skipped_count > 0)
        fprintf(stderr, ", %zu skipped", inputs->examples.skipped_count);
    fputc('\n', stderr);
}

enum status evaluation_inputs_load(struct evaluation_inputs *inputs,
                                   const struct evaluation_files *files,
                                   const struct model *model, struct error *err)
{
    struct examples *examples = &inputs->examples;
    *inputs = (struct evaluation_inputs){.training_count = 0};
    strbuf_init(&inputs->warnings, SIZE_MAX);
    RETURN_IF_ERROR(load(inputs, examples, &files->data, files->part, model, err));
    inputs->part = *files->part != '\0'  ? files->part
                   : examples->has_split ? "test"
                                         : "all";
    if (*files->against != '\0')
        RETURN_IF_ERROR(load_against(inputs, files, model, err));
    else if (!triage_model_holds_histories(model)) {
        inputs->training = examples->train;
        inputs->training_count = examples->train_count;
    }
    print_counts(inputs, model);
    return STATUS_OK;
}

void evaluation_inputs_release(struct evaluation_inputs *inputs)
{
    free(inputs->joined);
    examples_release(&inputs->against);
    examples_release(&inputs->examples);
    strbuf_release(&inputs->warnings);
}

/* The index of the action END_OF_HISTORY, or ACTION_NONE if the model has none. */
static uint32_t find_end_action(const struct model *model)
{
    if (triage_task_labels(triage_model_task(model)) != TASK_NEXT)
        return ACTION_NONE;
    for (size_t c = 0; c < triage_model_actions(model); c++)
        if (strcmp(triage_model_action(model, c), END_OF_HISTORY) == 0)
            return (uint32_t)c;
    return ACTION_NONE;
}

struct evaluation_data evaluation_inputs_data(const struct evaluation_inputs *inputs,
                                              const struct model *model)
{
    return (struct evaluation_data){.evaluated = inputs->examples.evaluation,
                                    .evaluated_count = inputs->examples.evaluation_count,
                                    .training = inputs->training,
                                    .training_count = inputs->training_count,
                                    .end_action = find_end_action(model),
                                    .posterior = inputs->examples.posterior,
                                    .posteriors = inputs->examples.posteriors};
}

/* Loading, and what is said about the data before a training. */
#include "training_examples.h"

#include <stdio.h>
#include <stdlib.h>

#include "data/part_differences.h"

enum { MAX_LISTED = 20 }; /* actions in one message */

static void print_summary(const struct examples *examples)
{
    static const char *const sources[] = {
        [VALIDATION_GIVEN] = "",
        [VALIDATION_LATEST] = " (the last fifth in time)",
        [VALIDATION_RANDOM] = " (a random fifth)",
    };
    size_t count = examples->action_count;
    struct strbuf line;
    strbuf_init(&line, SIZE_MAX);
    strbuf_printf(&line, "training on %zu histories, validating on %zu%s",
                  examples->train_count, examples->validation_count,
                  sources[examples->validation_source]);
    if (examples->skipped_count > 0)
        strbuf_printf(&line, ", %zu skipped", examples->skipped_count);
    strbuf_add(&line, "; actions:");
    for (size_t i = 0; i < count && i < MAX_LISTED; i++)
        strbuf_printf(&line, "%s %s", i == 0 ? "" : ",", examples->actions[i]);
    if (count > MAX_LISTED)
        strbuf_printf(&line, " and %zu more", count - MAX_LISTED);
    print_clean("%s", line.has_failed ? "out of memory" : line.bytes);
    strbuf_release(&line);
    if (examples->reordered_count > 0)
        print_clean("%zu histor%s times that go backwards (first at %s): events are read "
                    "in the order of time",
                    examples->reordered_count,
                    examples->reordered_count == 1 ? "y has" : "ies have",
                    examples->reordered_first);
}

/* TASK_LAST and TASK_EVERY: name the actions that at most one training history has. */
static enum status warn_of_rare_actions(struct examples *examples, struct error *err)
{
    size_t *counts = calloc(examples->action_count, sizeof *counts), rare = 0;
    size_t *last = calloc(examples->action_count, sizeof *last); /* counted, from 1 */
    enum status status = counts && last ? STATUS_OK : error_no_memory(err);
    for (size_t i = 0; i < examples->train_count && status == STATUS_OK; i++)
        for (uint32_t t = 0; t < examples->train[i].history.length; t++) {
            uint32_t action = example_action(&examples->train[i], t);
            if (action >= examples->action_count || last[action] == i + 1)
                continue;
            last[action] = i + 1;
            counts[action]++;
        }
    for (size_t i = 0; i < examples->action_count && status == STATUS_OK; i++)
        if (counts[i] < 2 && rare++ < MAX_LISTED)
            messages_warn(&examples->messages, "action \"%s\" has %s training example%s",
                          examples->actions[i], counts[i] == 0 ? "no" : "one",
                          counts[i] == 0 ? "s" : "");
    if (rare > MAX_LISTED)
        messages_warn(&examples->messages,
                      "%zu more actions have at most one training example",
                      rare - MAX_LISTED);
    free(counts);
    free(last);
    return status;
}

/* Such a field is probably spelled differently in the recipe and in the data. */
static void warn_of_absent_fields(struct examples *examples)
{
    const char *name;
    for (uint32_t i = 0; (name = triage_schema_field(examples->schema, i)); i++)
        if (!triage_examples_have_field(examples->schema, i, examples->train,
                                        examples->train_count))
            messages_warn(&examples->messages, "no training history has the field \"%s\"",
                          name);
}

enum status training_examples_load(struct examples *examples,
                                   const struct data_files *data,
                                   const struct recipe *recipe,
                                   const struct starting_model *from, struct error *err)
{
    const struct examples_settings settings = {
        .task = triage_task_labels((enum task)recipe->task),
        .with_end = recipe->with_end,
        .schema = recipe->schema,
        .actions = recipe->actions,
        .from = from ? from->model : NULL,
        .from_left_out = from ? from->left_out : NULL,
        .rename = recipe->rename,
        .trim = recipe->trim,
        .seed = recipe->training.seed,
        .threads = recipe->training.threads};
    if (recipe->task == TASK_CONTINUE && !recipe->with_end) {
        *examples = (struct examples){.train_count = 0};
        return error_set(err, STATUS_BAD_OPTION, "--no-end",
                         "the target continue predicts the end of a history, too");
    }
    enum status status = examples_load(examples, data, &settings, err);
    if (status != STATUS_OK) {
        (void)examples_print_messages(examples, data->keys, NULL);
        return status;
    }
    if (recipe->schema)
        warn_of_absent_fields(examples);
    if (settings.task != TASK_NEXT)
        status = warn_of_rare_actions(examples, err);
    if (status == STATUS_OK)
        status = warn_about_part_differences(examples, recipe->training.threads, err);
    if (status == STATUS_OK)
        status = examples_print_messages(examples, data->keys, err);
    if (status == STATUS_OK)
        print_summary(examples);
    return status;
}

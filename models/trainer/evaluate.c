/*
 * triage evaluate MODEL DATA...: how good a model is, and whether counting would do.
 *
 * The answers are those of the serving classifier.  What is judged is the part test of a
 * split, else all; what floors learn from is the rest of the data.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "command.h"
#include "data/actions.h"
#include "data/examples.h"
#include "evaluation.h"
#include "evaluation_output.h"

struct evaluate_options {
    const char *part;
    bool json;
};

#define EVALUATE(member) offsetof(struct evaluate_options, member)

/* clang-format off */
static const struct option_def evaluate_options[] = {
    {"part", OPTION_TEXT, EVALUATE(part), "", 0, 0, NULL, "train, val, test or all; when empty test with --split, else all"},
    {"json", OPTION_SWITCH, EVALUATE(json), "false", 0, 0, NULL, "print everything as one JSON object"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

static const char usage[] = "triage evaluate MODEL DATA... [OPTION]...";

/* All that the flags say. */
struct evaluate_job {
    struct evaluate_options options;
    struct keys keys;
    struct evaluation_settings settings;
    const char **rest; /* the model, then the data */
    size_t rest_count;
};

static const char *part_of(const struct evaluate_job *job)
{
    if (*job->options.part != '\0')
        return job->options.part;
    return *job->keys.split != '\0' ? "test" : "all";
}

/* The action that says that no event follows. */
static uint32_t end_of(const struct model *model)
{
    for (size_t c = 0;
         triage_model_task(model) == TASK_NEXT && c < triage_model_actions(model); c++)
        if (strcmp(triage_model_action(model, c), END_OF_HISTORY) == 0)
            return (uint32_t)c;
    return ACTION_NONE;
}

static void print_counts(const struct examples *examples)
{
    fprintf(stderr, "%zu histories are judged, counting learns ", examples->judged_count);
    if (examples->learn_count == 0)
        fputs("on them by five folds", stderr);
    else
        fprintf(stderr, "from %zu", examples->learn_count);
    if (examples->skip.count > 0)
        fprintf(stderr, ", %zu skipped", examples->skip.count);
    fputc('\n', stderr);
}

/* That the answers are guesses, where the model knows hardly an event by name. */
static void warn_of_strangers(const struct evaluation *judgement)
{
    static const double nearly_all = 0.9;

    for (size_t i = 0; i < judgement->field_count; i++) {
        const struct unknown_field *field = &judgement->fields[i];
        if (field->names_events &&
            (double)field->unknown >= nearly_all * (double)judgement->events)
            fprintf(stderr,
                    "triage: the model knows %" PRIu64 " of %" PRIu64
                    " events: is --event right, and this the data that it is for?\n",
                    judgement->events - field->unknown, judgement->events);
    }
}

static enum status print(const struct evaluation_output *evaluation, bool json)
{
    struct strbuf text;
    enum status status = STATUS_OK;

    if (!json) {
        evaluation_output_print(evaluation, stdout);
        return STATUS_OK;
    }
    strbuf_init(&text, SIZE_MAX);
    evaluation_output_write(evaluation, &text);
    strbuf_add(&text, "\n");
    if (text.has_failed)
        status = STATUS_NO_MEMORY;
    else
        fwrite(text.bytes, 1, text.length, stdout);
    strbuf_release(&text);
    return status;
}

static enum status judge(const struct evaluate_job *job, const struct model *model,
                         const struct examples *examples, struct error *err)
{
    const struct evaluation_data evidence = {.judged = examples->judged,
                                             .judged_count = examples->judged_count,
                                             .learn = examples->learn,
                                             .learn_count = examples->learn_count,
                                             .end = end_of(model),
                                             .posterior = examples->posterior};
    char name[256];
    struct evaluation judgement;
    const struct evaluation_output evaluation = {name, model, part_of(job), &judgement};
    enum status status =
        triage_evaluate(&judgement, model, &evidence, &job->settings, err);

    model_name(job->rest[0], name, sizeof name);
    if (status == STATUS_OK)
        warn_of_strangers(&judgement);
    if (status == STATUS_OK && print(&evaluation, job->options.json) != STATUS_OK)
        status = error_no_memory(err);
    triage_evaluation_release(&judgement);
    return status;
}

static int evaluate(const struct evaluate_job *job)
{
    const struct data_files data = {job->rest + 1, job->rest_count - 1, &job->keys};
    struct error err = {0};
    struct model *model = triage_model_load(job->rest[0], &err);
    struct examples examples;
    enum status status;

    if (model == NULL)
        return complain_of(job->rest[0], &err);
    status = examples_load_for(&examples, &data, model, job->options.part, &err);
    if (status == STATUS_OK) {
        print_counts(&examples);
        status = judge(job, model, &examples, &err);
    }
    examples_release(&examples);
    triage_model_free(model);
    if (status == STATUS_OK)
        return EXIT_GOOD;
    complain(&err);
    return status == STATUS_BAD_OPTION ? EXIT_USAGE : EXIT_FAILED;
}

static int run(struct evaluate_job *job, int argc, char **argv, struct arena *arena)
{
    const struct option_table sets[] = {
        {"evaluating", evaluate_options, &job->options, arena, NULL},
        {"data", keys_options, &job->keys, arena, NULL},
        {"judging", triage_evaluation_options, &job->settings, arena, NULL},
    };
    struct error err = {0};
    int code;

    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (option_table_default(&sets[i], &err) != STATUS_OK)
            return complain(&err);
    if (!command_options(sets, sizeof sets / sizeof *sets, usage, argc, argv, job->rest,
                         &job->rest_count, &code))
        return code;
    if (job->rest_count < 2) {
        fprintf(stderr, "triage: evaluate needs MODEL and DATA\nusage: %s\n", usage);
        return EXIT_USAGE;
    }
    return evaluate(job);
}

int evaluate_command(int argc, char **argv)
{
    struct evaluate_job job = {.rest = calloc((size_t)argc + 1, sizeof *job.rest)};
    struct arena arena;
    int code = EXIT_FAILED;

    arena_init(&arena, SIZE_MAX);
    if (job.rest != NULL)
        code = run(&job, argc, argv, &arena);
    arena_release(&arena);
    free(job.rest);
    return code;
}

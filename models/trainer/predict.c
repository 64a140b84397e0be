/*
 * triage predict MODEL [FILE]: read histories, in the forms that train reads, and write one answer a
 * line, with the same bytes as POST /predict.
 *
 * With --state each answer has one more member: the final state [D*H], which is the head's input.
 * With --include, or if a history has "include", it has what is named there.  With --every there is a
 * line for each event instead: how probable it was, given those before it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer_lines.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "command.h"
#include "engine.h"
#include "trainer.h"

static const char usage[] =
    "triage predict MODEL [FILE] [OPTION]... (standard input without FILE)";

struct predict_options {
    bool state, every;
    const char *include;
};

/* clang-format off */
static const struct option_def predict_options[] = {
    {.name = "state", .kind = OPTION_SWITCH, .offset = offsetof(struct predict_options, state),
     .default_text = "false",
     .help = "also print the final hidden state: as many numbers for a history of any length"},
    {.name = "include", .kind = OPTION_TEXT, .offset = offsetof(struct predict_options, include),
     .default_text = "",
     .help = "optional members of the answers: surprise (of each event, by a model of target next), "
             "attention (of each event, by a model with an attention head)"},
    {.name = "every", .kind = OPTION_SWITCH, .offset = offsetof(struct predict_options, every),
     .default_text = "false",
     .help = "target next: a line for each event and for the end, with its probability, surprise "
             "(nats) and rank"},
    {.name = NULL},
};
/* clang-format on */

struct arguments {
    struct predict_options options;
    struct data_keys keys;
    unsigned char key_sources[DATA_OPTIONS];
    const char *model, *path; /* path: "-" for standard input */
    unsigned includes;        /* of --include and --every */
};

struct predictor {
    struct answer_lines lines;
    const struct model *model;
    struct classifier *classifier;
    float *probabilities; /* [C] */
    float *state;         /* [D*H]; NULL without --state */
    unsigned includes;    /* of --include */
    bool has_every;       /* --every */
};

/* Append the member "state" to the answer in out. */
static void add_state(struct predictor *predictor)
{
    struct strbuf *out = &predictor->lines.out;
    if (out->has_failed)
        return;
    out->length--; /* the closing brace */
    strbuf_add(out, ", \"state\": [");
    for (size_t j = 0; j < triage_model_state_size(predictor->model); j++) {
        strbuf_add(out, j == 0 ? "" : ", ");
        strbuf_float(out, predictor->state[j]);
    }
    strbuf_add(out, "]}");
}

/* Run the history, and note what is included. */
static enum status watch(struct predictor *predictor, const struct history *history,
                         struct included *included, struct error *err)
{
    struct classifier *classifier = predictor->classifier;
    enum status status = STATUS_OK;
    RETURN_IF_ERROR(triage_included_init(included, predictor->model, history,
                                         included->includes, &predictor->lines.arena,
                                         err));
    RETURN_IF_ERROR(
        triage_classifier_watch(classifier, history, included, predictor, err));
    triage_classifier_step(classifier, history->length);
    (void)triage_classifier_finish(classifier, predictor->probabilities, &status);
    return status == STATUS_OK
               ? STATUS_OK
               : error_set(err, status, "",
                           "the model's weights lead to no finite answer");
}

static enum status classify(struct predictor *predictor, const struct history *history,
                            struct included *included, struct error *err)
{
    if (included)
        RETURN_IF_ERROR(watch(predictor, history, included, err));
    if (!predictor->state)
        return included ? STATUS_OK
                        : triage_classifier_run(predictor->classifier, history, 1,
                                                predictor->probabilities, err);
    RETURN_IF_ERROR(
        triage_classifier_encode(predictor->classifier, history, predictor->state, err));
    return triage_classifier_decide(predictor->classifier, predictor->state,
                                    predictor->probabilities, err);
}

static void write_answer(struct predictor *predictor, const struct history *history,
                         const struct included *included)
{
    uint32_t written = 0;
    triage_answer_write(&predictor->lines.out, predictor->model, predictor->lines.name,
                        history, predictor->probabilities);
    if (included)
        (void)triage_included_write(&predictor->lines.out, predictor->model, history,
                                    included, &written, SIZE_MAX);
    if (predictor->state)
        add_state(predictor);
}

/* The name of event t, or null if it has none that the model knows. */
static void add_name(struct predictor *predictor, const struct history *history,
                     uint32_t t)
{
    struct strbuf *out = &predictor->lines.out;
    int64_t index = t == history->length
                        ? -1
                        : triage_schema_event_at(predictor->lines.schema, history, t);
    const char *name =
        index < 0 ? NULL : triage_schema_event(predictor->lines.schema, (uint32_t)index);
    if (t == history->length)
        name = END_OF_HISTORY;
    if (name)
        strbuf_json_string(out, name, strlen(name));
    else
        strbuf_add(out, "null");
}

/* A line for each event, and for the end. */
static void write_events(struct predictor *predictor, uint64_t number,
                         const struct history *history, const struct included *included)
{
    struct strbuf *out = &predictor->lines.out;
    uint32_t count = triage_surprise_count(predictor->model, history);
    for (uint32_t t = 0; t < count && !out->has_failed; t++) {
        strbuf_printf(out, "%s{\"line\": %" PRIu64, t == 0 ? "" : "\n", number);
        if (history->id) {
            strbuf_add(out, ", \"id\": ");
            strbuf_add(out, history->id);
        }
        strbuf_add(out, ", \"name\": ");
        add_name(predictor, history, t);
        strbuf_add(out, ", ");
        triage_surprise_write(out, &included->surprises[t]);
        if (included->weights && t < history->length) {
            strbuf_add(out, ", \"attention\": ");
            strbuf_float(out, included->weights[t].weight);
        }
        strbuf_add(out, "}");
    }
}

static enum status answer(void *context, uint64_t line, const struct history *history,
                          unsigned includes, struct error *err)
{
    struct predictor *predictor = context;
    struct included noted, *included = NULL;
    RETURN_IF_ERROR(triage_includes_check(predictor->model, includes, "/include", err));
    includes |= predictor->includes;
    if (includes != 0) {
        noted.includes = includes;
        included = &noted;
    }
    RETURN_IF_ERROR(classify(predictor, history, included, err));
    if (predictor->has_every && included) /* surprises are included */
        write_events(predictor, line, history, included);
    else
        write_answer(predictor, history, included);
    return STATUS_OK;
}

static enum status predictor_init(struct predictor *predictor, const struct model *model,
                                  const struct arguments *arguments, struct error *err)
{
    const bool has_state = arguments->options.state;
    *predictor = (struct predictor){.model = model,
                                    .includes = arguments->includes,
                                    .has_every = arguments->options.every};
    RETURN_IF_ERROR(answer_lines_init(&predictor->lines, model, arguments->model,
                                      &arguments->keys, err));
    predictor->lines.answer = answer;
    predictor->lines.context = predictor;
    predictor->classifier = triage_classifier_new(model, 1, ANSWER_MAX_EVENTS, err);
    predictor->probabilities = calloc(triage_model_actions(model), sizeof(float));
    if (has_state)
        predictor->state = calloc(triage_model_state_size(model), sizeof(float));
    if (!predictor->classifier || !predictor->probabilities ||
        (has_state && !predictor->state))
        return error_no_memory(err);
    return STATUS_OK;
}

static void predictor_release(struct predictor *predictor)
{
    triage_classifier_free(predictor->classifier);
    free(predictor->probabilities);
    free(predictor->state);
    answer_lines_release(&predictor->lines);
}

static int predict(struct arguments *arguments)
{
    struct error err = {0};
    struct model *model = triage_model_load(arguments->model, &err);
    if (!model)
        return print_model_error(arguments->model, &err);
    if (triage_includes_check(model, arguments->includes,
                              arguments->options.every ? "--every" : "--include",
                              &err) != STATUS_OK) {
        triage_model_free(model);
        print_error(&err);
        return EXIT_USAGE;
    }
    if (arguments->options.state && triage_model_members(model) > 1) {
        (void)error_set(&err, STATUS_BAD_OPTION, "--state",
                        "a model of %u networks has no single state",
                        (unsigned)triage_model_members(model));
        triage_model_free(model);
        return print_error(&err);
    }
    struct predictor predictor;
    data_keys_of_model(&arguments->keys, arguments->key_sources, model);
    enum status status = predictor_init(&predictor, model, arguments, &err);
    if (status == STATUS_OK)
        status =
            answer_lines_run(&predictor.lines, arguments->path, &arguments->keys, &err);
    bool has_failed = predictor.lines.has_failed || status != STATUS_OK;
    if (status != STATUS_OK)
        print_error(&err);
    predictor_release(&predictor);
    triage_model_free(model);
    return has_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(struct arguments *arguments, struct command_line *line)
{
    const struct option_table tables[] = {
        {.title = "predict",
         .options = predict_options,
         .values = &arguments->options,
         .arena = &line->arena},
        {.title = "data",
         .options = data_options,
         .values = &arguments->keys,
         .sources = arguments->key_sources,
         .arena = &line->arena},
    };
    int exit_code;
    const size_t table_count = sizeof tables / sizeof *tables;
    if (!command_line_begin(line, tables, table_count, &exit_code))
        return exit_code;
    if (line->argument_count != 1 && line->argument_count != 2)
        return print_usage_error(usage, "predict needs MODEL and at most one FILE");
    struct error err = {0};
    if (triage_includes_read(arguments->options.include, "--include",
                             &arguments->includes, &err) != STATUS_OK) {
        print_error(&err);
        return EXIT_USAGE;
    }
    if (arguments->options.every && arguments->options.state)
        return print_usage_error(usage, "--every prints events, which have no --state");
    if (arguments->options.every)
        arguments->includes |= 1U << INCLUDE_SURPRISE;
    arguments->model = line->arguments[0];
    arguments->path = line->argument_count == 2 ? line->arguments[1] : "-";
    return predict(arguments);
}

int predict_command(int argc, char **argv)
{
    struct arguments arguments = {.path = NULL};
    struct command_line line;
    command_line_init(&line, usage, argc, argv);
    int exit_code = run(&arguments, &line);
    command_line_release(&line);
    return exit_code;
}

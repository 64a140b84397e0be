/*
 * triage predict MODEL [FILE]: read one history a line, write one answer a line, with the same
 * bytes as POST /predict.
 *
 * With --state each answer has one more member: the final state [D*H], which is the head's input.
 * A line that cannot be answered gives {"line", "error"}.  The lines after it are still answered,
 * and the exit code is 1.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "command.h"
#include "engine.h"

enum { MAX_EVENTS = 100000 };

static const char usage[] =
    "triage predict MODEL [FILE] [--state]    (standard input without FILE)";

struct predict_options {
    bool state;
};

/* clang-format off */
static const struct option_def predict_options[] = {
    {.name = "state", .kind = OPTION_SWITCH, .offset = offsetof(struct predict_options, state),
     .default_text = "false",
     .help = "also print the final hidden state: as many numbers for a history of any length"},
    {.name = NULL},
};
/* clang-format on */

struct predictor {
    const struct model *model;
    char name[256];
    struct classifier *classifier;
    struct arena arena;   /* of the line that is being answered */
    struct strbuf out;    /* its answer */
    float *probabilities; /* [C] */
    float *state;         /* [D*H]; NULL without --state */
};

/* Append the member "state" to the answer in out. */
static void add_state(struct predictor *predictor)
{
    struct strbuf *out = &predictor->out;
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

static enum status classify(struct predictor *predictor, const struct history *history,
                            struct error *err)
{
    if (!predictor->state)
        return triage_classifier_run(predictor->classifier, history, 1,
                                     predictor->probabilities, err);
    RETURN_IF_ERROR(
        triage_classifier_encode(predictor->classifier, history, predictor->state, err));
    return triage_classifier_decide(predictor->classifier, predictor->state,
                                    predictor->probabilities, err);
}

static enum status answer_line(struct predictor *predictor, const char *line,
                               size_t length, struct error *err)
{
    struct history history;
    RETURN_IF_ERROR(triage_history_decode(&history, triage_model_schema(predictor->model),
                                          line, length, MAX_EVENTS, &predictor->arena,
                                          err));
    RETURN_IF_ERROR(classify(predictor, &history, err));
    triage_answer_write(&predictor->out, predictor->model, predictor->name, &history,
                        predictor->probabilities);
    if (predictor->state)
        add_state(predictor);
    return STATUS_OK;
}

/* Print the answer to a line, or its error; returns false for an error. */
static bool print_line(struct predictor *predictor, size_t number, const char *line,
                       size_t length)
{
    struct strbuf *out = &predictor->out;
    struct error err = {0};
    arena_reset(&predictor->arena);
    strbuf_clear(out);
    enum status status = answer_line(predictor, line, length, &err);
    if (status != STATUS_OK) {
        err.line = status == STATUS_BAD_JSON ? err.line : 0;
        strbuf_clear(out);
        strbuf_printf(out, "{\"line\": %zu, \"error\": ", number);
        triage_problem_write(out, NULL, &err, NULL);
        strbuf_add(out, "}");
    }
    strbuf_add(out, "\n");
    if (out->has_failed) {
        fprintf(stderr, "triage: line %zu: out of memory\n", number);
        return false;
    }
    fwrite(out->bytes, 1, out->length, stdout);
    return status == STATUS_OK;
}

/* Blank lines give no answer, but count as lines.  Returns the exit code. */
static int predict_lines(struct predictor *predictor, FILE *in, const char *path)
{
    char *line = NULL;
    size_t capacity = 0, number = 0;
    ssize_t length;
    int code = EXIT_SUCCESS;
    while ((length = getline(&line, &capacity, in)) >= 0 && !ferror(stdout)) {
        number++;
        if (line[strspn(line, " \t\r\n")] != '\0' &&
            !print_line(predictor, number, line, (size_t)length))
            code = EXIT_FAILURE;
    }
    if (ferror(in)) {
        fprintf(stderr, "triage: %s: could not read: %s\n", path, strerror(errno));
        code = EXIT_FAILURE;
    }
    free(line);
    return code;
}

static enum status predictor_init(struct predictor *predictor, const struct model *model,
                                  const char *path, bool has_state, struct error *err)
{
    *predictor = (struct predictor){.model = model};
    arena_init(&predictor->arena, SIZE_MAX);
    strbuf_init(&predictor->out, SIZE_MAX);
    model_name(path, predictor->name, sizeof predictor->name);
    predictor->classifier = triage_classifier_new(model, 1, MAX_EVENTS, err);
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
    strbuf_release(&predictor->out);
    arena_release(&predictor->arena);
}

/* path: "-" for standard input. */
static int predict(const struct predict_options *options, const char *model_path,
                   const char *path)
{
    struct error err = {0};
    struct model *model = triage_model_load(model_path, &err);
    if (!model)
        return print_file_error(model_path, &err);
    int code = EXIT_FAILURE;
    struct predictor predictor;
    enum status status =
        predictor_init(&predictor, model, model_path, options->state, &err);
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!in)
        fprintf(stderr, "triage: %s: could not open: %s\n", path, strerror(errno));
    else if (status != STATUS_OK)
        print_error(&err);
    else
        code = predict_lines(&predictor, in, path);
    if (in && in != stdin)
        fclose(in);
    predictor_release(&predictor);
    triage_model_free(model);
    return code;
}

int predict_command(int argc, char **argv)
{
    struct predict_options options = {0};
    const struct option_table table = {
        .title = "predict", .options = predict_options, .values = &options};
    struct command_line line = {.usage = usage, .argc = argc, .argv = argv};
    int exit_code;
    if (command_line_parse(&line, &table, 1, &exit_code)) {
        size_t count = line.argument_count;
        exit_code =
            count == 1 || count == 2
                ? predict(&options, line.arguments[0],
                          count == 2 ? line.arguments[1] : "-")
                : print_usage_error(usage, "predict needs MODEL and at most one FILE");
    }
    command_line_release(&line);
    return exit_code;
}

/*
 * triage predict MODEL [FILE]: answer histories, one JSON object a line, with the very bytes
 * that POST /predict gives.  With --state each has one more member, the final hidden state
 * that the head saw: always D*H numbers.  A line that cannot be answered gives
 * {"line", "error"}; the others go on, and the exit code is 1.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "command.h"
#include "engine.h"

enum { EVENTS_MOST = 100000 };

static const char usage[] =
    "triage predict MODEL [FILE] [--state]    (standard input without FILE)";

struct predict_options {
    bool state;
};

static const struct option_def predict_options[] = {
    {"state", OPTION_SWITCH, offsetof(struct predict_options, state), "false", 0, 0, NULL,
     "also the final hidden state, as many numbers for any length"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};

struct predicting {
    const struct model *model;
    char name[256];
    struct classifier *classifier;
    struct arena arena;   /* of one line */
    struct strbuf answer; /* likewise */
    float *probabilities; /* [C] */
    float *state;         /* [D*H], or NULL when nobody asked for it */
};

/* "state" as the last member of the answer that was just written. */
static void add_state(struct predicting *p)
{
    if (p->answer.has_failed)
        return;
    p->answer.length--; /* before its last brace */
    strbuf_add(&p->answer, ", \"state\": [");
    for (size_t j = 0; j < triage_model_state_size(p->model); j++) {
        strbuf_add(&p->answer, j == 0 ? "" : ", ");
        strbuf_float(&p->answer, p->state[j]);
    }
    strbuf_add(&p->answer, "]}");
}

static enum status run_history(struct predicting *p, const struct history *history,
                               struct error *err)
{
    enum status status;

    if (p->state == NULL)
        return triage_classifier_run(p->classifier, history, 1, p->probabilities, err);
    status = triage_classifier_encode(p->classifier, history, p->state, err);
    return status != STATUS_OK
               ? status
               : triage_classifier_decide(p->classifier, p->state, p->probabilities, err);
}

static const struct schema *the_schema(void *context, const char *name, size_t length)
{
    const struct predicting *p = context;

    (void)name, (void)length; /* whichever model a line names, this one answers */
    return triage_model_schema(p->model);
}

static enum status decode(struct predicting *p, const char *line, size_t length,
                          struct history *history, struct error *err)
{
    const struct fast_decoder_options rules = {
        .max_events = EVENTS_MOST, .find_schema = the_schema, .context = p};
    struct fast_request quick;

    if (triage_fast_decode(&quick, &rules, line, length, &p->arena)) {
        *history = *quick.histories;
        return STATUS_OK;
    }
    json_t *object = json_read(line, length, err);
    if (object == NULL)
        return err->status;
    enum status status = triage_history_decode(history, triage_model_schema(p->model),
                                               object, EVENTS_MOST, "", &p->arena, err);
    json_decref(object);
    return status;
}

static enum status answer_line(struct predicting *p, const char *line, size_t length,
                               struct error *err)
{
    struct history history;
    enum status status = decode(p, line, length, &history, err);

    if (status == STATUS_OK)
        status = run_history(p, &history, err);
    if (status == STATUS_OK)
        triage_answer_write(&p->answer, p->model, p->name, &history, p->probabilities);
    if (status == STATUS_OK && p->state != NULL)
        add_state(p);
    return status;
}

/* False when the line got an error instead of an answer. */
static bool print_line(struct predicting *p, size_t number, const char *line,
                       size_t length)
{
    struct error err = {0};
    enum status status;

    arena_reset(&p->arena);
    strbuf_clear(&p->answer);
    status = answer_line(p, line, length, &err);
    if (status != STATUS_OK) {
        err.line = status == STATUS_BAD_JSON ? err.line : 0;
        strbuf_clear(&p->answer);
        strbuf_printf(&p->answer, "{\"line\": %zu, \"error\": ", number);
        triage_problem_write(&p->answer, 0, triage_status_text(status), &err, NULL);
        strbuf_add(&p->answer, "}");
    }
    strbuf_add(&p->answer, "\n");
    if (p->answer.has_failed) {
        fprintf(stderr, "triage: line %zu: out of memory\n", number);
        return false;
    }
    fwrite(p->answer.bytes, 1, p->answer.length, stdout);
    return status == STATUS_OK;
}

static int predict_stream(struct predicting *p, FILE *in, const char *path)
{
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t length;
    int code = EXIT_GOOD;

    while ((length = getline(&line, &room, in)) >= 0 && !ferror(stdout)) {
        number++;
        if (line[strspn(line, " \t\r\n")] != '\0' &&
            !print_line(p, number, line, (size_t)length))
            code = EXIT_FAILED;
    }
    if (ferror(in)) {
        fprintf(stderr, "triage: %s: could not read: %s\n", path, strerror(errno));
        code = EXIT_FAILED;
    }
    free(line);
    return code;
}

static int predict(const struct predict_options *options, const char *model_path,
                   const char *path)
{
    struct predicting p = {0};
    struct error err = {0};
    struct model *model = triage_model_load(model_path, &err);
    FILE *in;
    int code = EXIT_FAILED;

    if (model == NULL)
        return complain_of(model_path, &err);
    in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    arena_init(&p.arena, SIZE_MAX);
    strbuf_init(&p.answer, SIZE_MAX);
    p.model = model;
    model_name(model_path, p.name, sizeof p.name);
    p.classifier = triage_classifier_new(model, 1, EVENTS_MOST, &err);
    p.probabilities = calloc(triage_model_actions(model), sizeof *p.probabilities);
    if (options->state)
        p.state = calloc(triage_model_state_size(model), sizeof *p.state);
    if (in == NULL)
        fprintf(stderr, "triage: %s: could not open: %s\n", path, strerror(errno));
    else if (p.classifier == NULL || p.probabilities == NULL ||
             (options->state && p.state == NULL))
        fprintf(stderr, "triage: out of memory\n");
    else
        code = predict_stream(&p, in, path);
    if (in != NULL && in != stdin)
        fclose(in);
    free(p.probabilities);
    free(p.state);
    triage_classifier_free(p.classifier);
    strbuf_release(&p.answer);
    arena_release(&p.arena);
    triage_model_free(model);
    return code;
}

int predict_command(int argc, char **argv)
{
    const char **rest = calloc((size_t)argc + 1, sizeof *rest);
    struct predict_options options = {0};
    const struct option_table set = {"predict", predict_options, &options, NULL, NULL};
    size_t count = 0;
    int code = EXIT_FAILED;

    if (rest != NULL &&
        command_options(&set, 1, usage, argc, argv, rest, &count, &code)) {
        code = EXIT_USAGE;
        if (count == 1 || count == 2)
            code = predict(&options, rest[0], count == 2 ? rest[1] : "-");
        else
            fprintf(stderr, "usage: %s\n", usage);
    }
    free(rest);
    return code;
}

/*
 * triage predict MODEL [FILE]: read histories, in the forms that train reads, and write one answer a
 * line, with the same bytes as POST /predict.
 *
 * With --state each answer has one more member: the final state [D*H], which is the head's input.
 * With --include, or if a history has "include", it has what is named there.  With --every there is a
 * line for each event instead: how probable it was, given those before it.
 * A line that cannot be answered gives {"line", "error"}.  The lines after it are still answered,
 * and the exit code is 1.  Ignored keys that are probably mistyped are in the answers, and in a
 * warning for each key after the last one.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/json_reader.h"
#include "base/strbuf.h"
#include "command.h"
#include "data/history_texts.h"
#include "data/served.h"
#include "engine.h"
#include "trainer.h"

enum { MAX_EVENTS = 100000, MAX_MISTYPED = 20, COMPARED = 4096, COMPARED_STRIDE = 16 };

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

/* An ignored key that is nearly a known one. */
struct mistyped_key {
    char name[64];
    const char *nearest; /* borrowed from the schema */
    uint64_t count;      /* of histories */
    uint64_t line;       /* of the first */
};

struct predictor {
    const struct model *model;
    const struct schema *schema; /* of the model, with the keys of the command line */
    char name[256];
    struct classifier *classifier;
    struct arena arena;                         /* of the line that is being answered */
    struct strbuf out;                          /* its answer */
    float *probabilities;                       /* [C] */
    float *state;                               /* [D*H]; NULL without --state */
    unsigned includes;                          /* of --include */
    bool has_every;                             /* --every */
    bool has_failed;                            /* a line has no answer */
    bool has_printed;                           /* there was a history, or a bad line */
    struct mistyped_key mistyped[MAX_MISTYPED]; /* [mistyped_count] */
    size_t mistyped_count;
    struct served *served; /* the histories, to compare with the training */
    uint64_t answered;
};

/* Histories are asked of one model.  A "model" that is not its name is any member of the data. */
static const struct schema *find_schema(void *context, const char *name, size_t length,
                                        struct error *err)
{
    const struct predictor *predictor = context;
    bool is_asked = !name || (length == strlen(predictor->name) &&
                              memcmp(name, predictor->name, length) == 0);
    if (!is_asked)
        (void)error_set(err, STATUS_NOT_FOUND, "/model", "there is no such model");
    return is_asked ? predictor->schema : NULL;
}

static enum status decode(struct predictor *predictor, const char *line, size_t length,
                          struct history *history, unsigned *includes, struct error *err)
{
    const struct decoder_options options = {.max_events = MAX_EVENTS,
                                            .is_data = true,
                                            .find_schema = find_schema,
                                            .context = predictor};
    struct decoded decoded;
    RETURN_IF_ERROR(
        triage_decode(&decoded, &options, line, length, &predictor->arena, err));
    *history = decoded.histories[0];
    *includes = decoded.includes;
    return STATUS_OK;
}

static const struct schema *find_raw_schema(void *context, const char *name,
                                            size_t length, struct error *err)
{
    const struct predictor *predictor = context;
    bool is_known = find_schema(context, name, length, err) != NULL;
    return is_known ? served_schema(predictor->served) : NULL;
}

/*
 * Compare a history with the training, by its numbers as they are, which takes another decoding; of
 * many histories, a part is compared.
 */
static void compare(struct predictor *predictor, uint64_t number, struct span line)
{
    const struct decoder_options options = {.max_events = MAX_EVENTS,
                                            .is_data = true,
                                            .find_schema = find_raw_schema,
                                            .context = predictor};
    struct decoded decoded;
    struct error inner = {.status = STATUS_OK};
    char place[32];
    if (predictor->answered++ >= COMPARED && predictor->answered % COMPARED_STRIDE != 0)
        return;
    snprintf(place, sizeof place, "line %" PRIu64, number);
    if (triage_decode(&decoded, &options, line.bytes, line.length, &predictor->arena,
                      &inner) == STATUS_OK)
        served_add(predictor->served, &decoded.histories[0], place);
}

/* Count the ignored keys of a history that are probably mistyped. */
static void count_mistyped(struct predictor *predictor, const struct history *history,
                           uint64_t line)
{
    for (uint32_t i = 0; i < history->ignored_count; i++) {
        const struct ignored_field *field = &history->ignored[i];
        struct mistyped_key *key = predictor->mistyped;
        struct mistyped_key *end = key + predictor->mistyped_count;
        if (!field->nearest || strlen(field->name) >= sizeof key->name)
            continue;
        while (key < end && strcmp(key->name, field->name) != 0)
            key++;
        if (key == predictor->mistyped + MAX_MISTYPED)
            continue;
        if (key == end) {
            *key = (struct mistyped_key){.nearest = field->nearest, .line = line};
            memcpy(key->name, field->name, strlen(field->name) + 1);
            predictor->mistyped_count++;
        }
        key->count++;
    }
}

static void warn_of_mistyped(const struct predictor *predictor, struct messages *messages)
{
    for (size_t i = 0; i < predictor->mistyped_count; i++) {
        const struct mistyped_key *key = &predictor->mistyped[i];
        messages_warn(messages,
                      "\"%s\" is ignored in %" PRIu64
                      " histor%s, the first at line %" PRIu64 " (did you mean \"%s\"?)",
                      key->name, key->count, key->count == 1 ? "y" : "ies", key->line,
                      key->nearest);
    }
}

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

/* Run the history, and note what is included. */
static enum status watch(struct predictor *predictor, const struct history *history,
                         struct included *included, struct error *err)
{
    struct classifier *classifier = predictor->classifier;
    enum status status = STATUS_OK;
    RETURN_IF_ERROR(triage_included_init(included, predictor->model, history,
                                         included->includes, &predictor->arena, err));
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
    triage_answer_write(&predictor->out, predictor->model, predictor->name, history,
                        predictor->probabilities);
    if (included)
        (void)triage_included_write(&predictor->out, predictor->model, history, included,
                                    &written, SIZE_MAX);
    if (predictor->state)
        add_state(predictor);
}

/* The name of event t, or null if it has none that the model knows. */
static void add_name(struct predictor *predictor, const struct history *history,
                     uint32_t t)
{
    struct strbuf *out = &predictor->out;
    int64_t index =
        t == history->length ? -1 : triage_schema_event_at(predictor->schema, history, t);
    const char *name =
        index < 0 ? NULL : triage_schema_event(predictor->schema, (uint32_t)index);
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
    struct strbuf *out = &predictor->out;
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

static enum status answer_line(struct predictor *predictor, uint64_t number,
                               struct span line, struct error *err)
{
    struct history history;
    struct included noted, *included = NULL;
    unsigned includes;
    RETURN_IF_ERROR(decode(predictor, line.bytes, line.length, &history, &includes, err));
    RETURN_IF_ERROR(triage_includes_check(predictor->model, includes, "/include", err));
    includes |= predictor->includes;
    if (includes != 0) {
        noted.includes = includes;
        included = &noted;
    }
    RETURN_IF_ERROR(classify(predictor, &history, included, err));
    count_mistyped(predictor, &history, number);
    if (predictor->has_every && included) /* surprises are included */
        write_events(predictor, number, &history, included);
    else
        write_answer(predictor, &history, included);
    compare(predictor, number, line);
    return STATUS_OK;
}

/* Print what is in out as a line. */
static bool print_out(struct predictor *predictor, uint64_t line)
{
    struct strbuf *out = &predictor->out;
    predictor->has_printed = true;
    strbuf_add(out, "\n");
    if (out->has_failed) {
        fprintf(stderr, "triage: line %" PRIu64 ": out of memory\n", line);
        predictor->has_failed = true;
        return true;
    }
    return write_output(out->bytes, out->length);
}

static bool print_line_error(void *context, uint64_t line, const struct error *inner)
{
    struct predictor *predictor = context;
    struct strbuf *out = &predictor->out;
    struct error err = *inner;
    predictor->has_failed = true;
    err.line = err.status == STATUS_BAD_JSON ? err.line : 0;
    strbuf_clear(out);
    strbuf_printf(out, "{\"line\": %" PRIu64 ", \"error\": ", line);
    triage_problem_write(out, NULL, &err, NULL);
    strbuf_add(out, "}");
    return print_out(predictor, line);
}

/* An error in an item of a JSON array, whose first line the error has, too. */
static void place_in_array(const struct history_place *place, struct error *err)
{
    const struct record_line record = {.index = place->index};
    record_line_place(&record, err);
    if (place->index != RECORD_NO_INDEX && err->status == STATUS_BAD_JSON &&
        err->line > 0)
        err->line += (unsigned)place->line - 1;
}

/* Print the answer to a history, or its error.  False when nothing more can be printed. */
static bool print_line(void *context, const struct history_place *place,
                       const char *bytes, size_t length)
{
    struct predictor *predictor = context;
    struct error err = {0};
    arena_reset(&predictor->arena);
    strbuf_clear(&predictor->out);
    if (answer_line(predictor, place->line, (struct span){bytes, length}, &err) ==
        STATUS_OK)
        return print_out(predictor, place->line);
    place_in_array(place, &err);
    return print_line_error(predictor, place->line, &err);
}

/* A row of CSV that could not be read; the line is not repeated in its place. */
static bool print_bad_row(void *context, uint64_t line, const struct error *inner)
{
    struct error err = *inner;
    err.where[0] = '\0';
    return print_line_error(context, line, &err);
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
    served_free(predictor->served);
    triage_classifier_free(predictor->classifier);
    free(predictor->probabilities);
    free(predictor->state);
    strbuf_release(&predictor->out);
    arena_release(&predictor->arena);
}

struct arguments {
    struct predict_options options;
    struct data_keys keys;
    unsigned char key_sources[DATA_OPTIONS];
    const char *model, *path; /* path: "-" for standard input */
    unsigned includes;        /* of --include and --every */
};

static enum status predict_file(struct predictor *predictor,
                                const struct arguments *arguments, struct error *err)
{
    const struct history_visitor visitor = {
        .text = print_line, .bad_row = print_bad_row, .context = predictor};
    struct messages messages;
    messages_init(&messages);
    enum status status = history_texts_read(arguments->path, &arguments->keys,
                                            predictor->schema, &visitor, &messages, err);
    warn_of_mistyped(predictor, &messages);
    (void)served_warn(predictor->served, &messages);
    if (status == STATUS_OK && !predictor->has_printed)
        messages_warn(&messages, "there is no history to answer");
    messages_print(&messages);
    if (status == STATUS_OK)
        status = warnings_refuse(messages.warning_count, arguments->keys.is_strict, err);
    messages_release(&messages);
    return status;
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
    enum status status = predictor_init(&predictor, model, arguments->model,
                                        arguments->options.state, &err);
    struct schema *schema =
        status == STATUS_OK
            ? schema_with_keys(triage_model_schema(model), &arguments->keys, &err)
            : NULL;
    predictor.schema = schema;
    predictor.includes = arguments->includes;
    predictor.has_every = arguments->options.every;
    predictor.served = schema ? served_new(schema, &err) : NULL;
    status = predictor.served ? predict_file(&predictor, arguments, &err) : err.status;
    bool has_failed = predictor.has_failed || status != STATUS_OK;
    if (status != STATUS_OK)
        print_error(&err);
    predictor_release(&predictor);
    triage_schema_free(schema);
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

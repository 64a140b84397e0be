/*
 * triage check MODEL [DATA...]: test properties that every recurrent classifier must have.
 *
 * Prints one line for each check: ok, FAIL or note, and what was found.  Exits with 1 if one
 * failed.  The histories come from DATA, otherwise they are synthetic.
 *
 * Without MODEL, an untrained network with the given options and eight event names is checked, to
 * show what an architecture does before it is trained.
 */
#include "check/check.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/printable.h"
#include "command.h"
#include "data/examples.h"

enum {
    MAX_SYNTHETIC_EVENTS = 100,
    MAX_SPEC_OPTIONS = 32 /* bound on the number of triage_spec_options */
};

struct check_options {
    bool gradients;
    uint32_t length, count;
    uint64_t seed;
};

#define CHECK(member) offsetof(struct check_options, member)

static const struct option_def check_options[] = {
    {.name = "gradients",
     .kind = OPTION_SWITCH,
     .offset = CHECK(gradients),
     .default_text = "false",
     .help = "also measure how far back the gradient of the loss after the last event "
             "reaches"},
    {.name = "length",
     .kind = OPTION_U32,
     .offset = CHECK(length),
     .default_text = "100",
     .min = 2,
     .max = 100000,
     .help = "for --gradients: use the last so many events of each history"},
    {.name = "count",
     .kind = OPTION_U32,
     .offset = CHECK(count),
     .default_text = "128",
     .min = 1,
     .max = 1000000,
     .help = "how many histories to use: the first of DATA, or synthetic ones"},
    {.name = "seed",
     .kind = OPTION_U64,
     .offset = CHECK(seed),
     .default_text = "1",
     .max = 1.8e19,
     .help = "seed of the synthetic histories, and of the weights of a new network"},
    {.name = NULL},
};

static const char usage[] = "triage check MODEL [DATA...] [OPTION]...\n"
                            "triage check --cell CELL [--hidden N]... [OPTION]...";

/* ---- findings ---- */

enum { LINE_BYTES = 600 }; /* the name of a tensor has up to 320 */

void findings_init(struct findings *findings)
{
    *findings = (struct findings){.checks = 0};
    strbuf_init(&findings->text, SIZE_MAX);
}

void findings_release(struct findings *findings)
{
    strbuf_release(&findings->text);
}

static void add_line(struct findings *findings, const char *result, const char *subject,
                     const char *format, va_list values)
{
    char line[LINE_BYTES];
    (void)vsnprintf(line, sizeof line, format, values);
    printable_printf(&findings->text, "%-5s %-11s %s\n", result, subject, line);
}

void findings_check(struct findings *findings, bool holds, const char *subject,
                    const char *format, ...)
{
    va_list values;
    findings->checks++;
    findings->failures += !holds;
    va_start(values, format);
    add_line(findings, holds ? "ok" : "FAIL", subject, format, values);
    va_end(values);
}

void findings_note(struct findings *findings, const char *subject, const char *format,
                   ...)
{
    va_list values;
    va_start(values, format);
    add_line(findings, "note", subject, format, values);
    va_end(values);
}

void findings_detail(struct findings *findings, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    add_line(findings, "", "", format, values);
    va_end(values);
}

/* ---- the model and the histories ---- */

/* An untrained network with that architecture, whose weights depend on the seed. */
static struct model *new_network(const struct spec *spec, uint64_t seed,
                                 struct error *err)
{
    static const char text[] =
        "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\":"
        " [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\"]}]}";
    static const char *const actions[] = {"one", "other"};
    const struct training training = {.seed = seed, .threads = 1};
    struct schema *schema = NULL;
    struct trainer *trainer = NULL;
    struct model *model = NULL;
    char *bytes = NULL;
    size_t length;
    json_t *json = json_read(text, sizeof text - 1, err);
    if (json)
        schema = triage_schema_read(json, "/schema", err);
    if (schema)
        trainer = triage_trainer_new(schema, spec, TASK_LAST, actions, 2, &training, err);
    if (trainer && triage_trainer_write(trainer, NULL, &bytes, &length, err) == STATUS_OK)
        model = triage_model_read("a new network", bytes, length, err);
    free(bytes);
    triage_trainer_free(trainer);
    triage_schema_free(schema);
    json_decref(json);
    return model;
}

/* Read the report in the model file, if there is one, and its training settings. */
static enum status read_report(struct check *c, json_t **description, struct error *err)
{
    const struct option_table table = {
        .options = triage_training_options, .values = &c->training, .arena = c->arena};
    RETURN_IF_ERROR(option_table_set_defaults(&table, err));
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_model_describe(c->model, &text);
    *description = text.has_failed ? NULL : json_read(text.bytes, text.length, err);
    strbuf_release(&text);
    if (!*description)
        return error_no_memory(err);
    c->report = json_object_get(*description, "report");
    const json_t *settings = json_object_get(c->report, "settings");
    struct training defaults = c->training;
    /* a report that another program wrote may have other settings; use the defaults */
    if (json_is_object(settings) &&
        option_table_read_json(&table, settings, "/report/settings", NULL) != STATUS_OK)
        c->training = defaults;
    return STATUS_OK;
}

static enum status use_examples(struct check *c, const struct examples *examples,
                                struct error *err)
{
    c->examples = examples->evaluation;
    c->example_count = examples->evaluation_count;
    if (c->count > c->example_count)
        c->count = c->example_count;
    if (c->count == 0)
        return error_set(err, STATUS_BAD_INPUT, "", "the data has no history");
    struct history *histories = arena_array(c->arena, c->count, sizeof *histories);
    if (!histories)
        return error_no_memory(err);
    for (size_t i = 0; i < c->count; i++)
        histories[i] = c->examples[i].history;
    c->histories = histories;
    return STATUS_OK;
}

static enum status run_checks(struct check *c, const struct check_options *options,
                              struct error *err)
{
    RETURN_IF_ERROR(check_structure(c, err));
    RETURN_IF_ERROR(check_answers(c, err));
    RETURN_IF_ERROR(check_weights(c, err));
    if (options->gradients)
        RETURN_IF_ERROR(check_gradients(c, options->length, err));
    return c->findings->text.has_failed ? error_no_memory(err) : STATUS_OK;
}

/* Print the findings and their number.  Returns the exit code. */
static int print_findings(const struct findings *findings)
{
    fwrite(findings->text.bytes, 1, findings->text.length, stdout);
    if (findings->failures > 0)
        printf("%zu of %zu checks failed\n", findings->failures, findings->checks);
    else
        printf("all %zu checks hold\n", findings->checks);
    return findings->failures > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int check_model(const struct model *model, const struct check_options *options,
                       const struct data_files *data)
{
    struct arena arena;
    struct findings findings;
    struct examples examples = {.evaluation_count = 0};
    struct check c = {.model = model,
                      .count = options->count,
                      .seed = options->seed,
                      .arena = &arena,
                      .findings = &findings};
    struct error err = {0};
    json_t *description = NULL;
    int exit_code;
    arena_init(&arena, SIZE_MAX);
    findings_init(&findings);
    enum status status = read_report(&c, &description, &err);
    if (status != STATUS_OK)
        goto out;
    if (data->file_count > 0) {
        status = examples_load_unlabelled(&examples, data, model, &err);
        enum status printed = examples_print_messages(&examples, data->keys,
                                                      status == STATUS_OK ? &err : NULL);
        status = status == STATUS_OK ? printed : status;
        if (status != STATUS_OK)
            goto out;
        status = use_examples(&c, &examples, &err);
    } else {
        c.histories = triage_histories_draw(triage_model_schema(model), c.count, 1,
                                            MAX_SYNTHETIC_EVENTS, c.seed, &arena, &err);
        status = c.histories ? STATUS_OK : STATUS_NO_MEMORY;
    }
    if (status != STATUS_OK)
        goto out;
    status = run_checks(&c, options, &err);
out:
    exit_code = status == STATUS_OK ? print_findings(&findings) : print_error(&err);
    examples_release(&examples);
    json_decref(description);
    findings_release(&findings);
    arena_release(&arena);
    return exit_code;
}

static int run(struct command_line *line)
{
    struct check_options options = {.length = 0};
    struct data_keys keys = {.skip_bad = false};
    unsigned char key_sources[DATA_OPTIONS] = {0};
    struct spec spec = {.hidden = 0};
    unsigned char sources[MAX_SPEC_OPTIONS] = {0};
    const struct option_table tables[] = {
        {.title = "check", .options = check_options, .values = &options},
        {.title = "data",
         .options = data_options,
         .values = &keys,
         .sources = key_sources,
         .arena = &line->arena},
        {.title = "network, when there is no MODEL",
         .options = triage_spec_options,
         .values = &spec,
         .sources = sources},
    };
    struct error err = {0};
    int exit_code;
    assert(option_table_count(triage_spec_options) <= MAX_SPEC_OPTIONS);
    const size_t table_count = sizeof tables / sizeof *tables;
    if (!command_line_begin(line, tables, table_count, &exit_code))
        return exit_code;
    size_t count = line->argument_count;
    bool has_model = count > 0, has_network = is_any_given(sources, MAX_SPEC_OPTIONS);
    if (has_model == has_network)
        return print_usage_error(
            usage, "check needs a MODEL, or the options of a network (not both)");
    const char *path = has_model ? line->arguments[0] : "";
    struct model *model = has_model ? triage_model_load(path, &err)
                                    : new_network(&spec, options.seed, &err);
    if (!model)
        return print_model_error(path, &err);
    data_keys_of_model(&keys, key_sources, model);
    const struct data_files data = {.files = line->arguments + 1,
                                    .file_count = has_model ? count - 1 : 0,
                                    .keys = &keys};
    exit_code = check_model(model, &options, &data);
    triage_model_free(model);
    return exit_code;
}

int check_command(int argc, char **argv)
{
    struct command_line line;
    command_line_init(&line, usage, argc, argv);
    int exit_code = run(&line);
    command_line_release(&line);
    return exit_code;
}

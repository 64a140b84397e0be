/*
 * triage check MODEL [DATA...]: does a model do what a recurrent classifier must?  One line for
 * each thing that was looked at: ok, FAIL or note, and what was seen; exit 1 when something
 * failed.  Histories come from the data, else they are drawn from the model's schema.
 *
 * Without MODEL the network that the flags describe is checked, fresh from its seed, with eight
 * made-up events: to see what an architecture does before anything was learnt.
 */
#include "check/check.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "command.h"
#include "data/examples.h"

enum { LONGEST = 100, SPEC_OPTIONS = 32 };

struct check_options {
    bool gradients;
    uint32_t length, count;
    uint64_t seed;
};

#define CHECK(member) offsetof(struct check_options, member)

/* clang-format off */
static const struct option_def check_options[] = {
    {"gradients", OPTION_SWITCH, CHECK(gradients), "false", 0, 0, NULL, "also how far back the loss at the last event reaches"},
    {"length", OPTION_U32, CHECK(length), "100", 2, 100000, NULL, "events of each history for --gradients; longer ones keep their end"},
    {"count", OPTION_U32, CHECK(count), "128", 1, 1000000, NULL, "histories to look at: drawn ones, or the first of DATA"},
    {"seed", OPTION_U64, CHECK(seed), "1", 0, 1.8e19, NULL, "of drawn histories and fresh weights"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

static const char usage[] = "triage check MODEL [DATA...] [OPTION]...\n"
                            "       triage check --cell CELL [--hidden N]... [OPTION]...";

/* A network of that architecture as if it had been loaded, its weights as they are drawn. */
static struct model *make_fresh(const struct spec *spec, uint64_t seed, struct error *err)
{
    static const char text[] =
        "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\":"
        " [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\"]}]}";
    static const char *const actions[] = {"one", "other"};
    const struct training training = {.seed = seed, .threads = 1};
    json_t *json = json_read(text, sizeof text - 1, err);
    struct schema *schema =
        json == NULL ? NULL : triage_schema_read(json, "/schema", err);
    struct trainer *trainer = NULL;
    struct model *model = NULL;
    char *bytes = NULL;
    size_t length;

    if (schema != NULL)
        trainer = triage_trainer_new(schema, spec, TASK_LAST, actions, 2, &training, err);
    if (trainer != NULL && triage_trainer_write(trainer, NULL, NULL, NULL, &bytes,
                                                &length, err) == STATUS_OK)
        model = triage_model_read("a fresh network", bytes, length, err);
    free(bytes);
    triage_trainer_free(trainer);
    triage_schema_free(schema);
    json_decref(json);
    return model;
}

/* What the file says of its training: the report, and settings that stand in it. */
static enum status read_report(struct checking *c, json_t **description,
                               struct error *err)
{
    const struct option_table set = {NULL, triage_training_options, &c->training,
                                     c->arena, NULL};
    enum status status = option_table_set_defaults(&set, err);
    struct training defaults = c->training;
    const json_t *settings;
    struct strbuf text;

    strbuf_init(&text, SIZE_MAX);
    triage_model_describe(c->model, &text);
    *description = text.has_failed ? NULL : json_read(text.bytes, text.length, err);
    strbuf_release(&text);
    if (status != STATUS_OK || *description == NULL)
        return error_no_memory(err);
    c->report = json_object_get(*description, "report");
    settings = json_object_get(c->report, "settings");
    /* Somebody else's report may call its settings by other names. */
    if (json_is_object(settings) &&
        option_table_read_json(&set, settings, "/report/settings", NULL) != STATUS_OK)
        c->training = defaults;
    return STATUS_OK;
}

static enum status take_examples(struct checking *c, const struct examples *examples,
                                 struct error *err)
{
    struct history *histories;

    c->examples = examples->evaluation;
    c->example_count = examples->evaluation_count;
    if (c->count > c->example_count)
        c->count = c->example_count;
    if (c->count == 0)
        return error_set(err, STATUS_BAD_INPUT, "", "the data holds no history");
    histories = arena_array(c->arena, c->count, sizeof *histories);
    if (histories == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < c->count; i++)
        histories[i] = examples->evaluation[i].history;
    c->histories = histories;
    return STATUS_OK;
}

static enum status draw(struct checking *c, struct error *err)
{
    c->histories = triage_histories_draw(triage_model_schema(c->model), c->count, 1,
                                         LONGEST, c->seed, c->arena, err);
    return c->histories == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status look(struct checking *c, const struct check_options *options,
                        struct error *err)
{
    enum status status = check_structure(c, err);

    if (status == STATUS_OK)
        status = check_answers(c, err);
    if (status == STATUS_OK)
        status = check_weights(c, err);
    if (status == STATUS_OK && options->gradients)
        status = check_gradients(c, options->length, err);
    if (status == STATUS_OK && c->findings->text.has_failed)
        status = error_no_memory(err);
    return status;
}

/* Returns the exit code. */
static int print_findings(const struct findings *findings)
{
    fwrite(findings->text.bytes, 1, findings->text.length, stdout);
    if (findings->failures > 0)
        printf("%zu of %zu checks failed\n", findings->failures, findings->checks);
    else
        printf("all %zu checks hold\n", findings->checks);
    return findings->failures > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int check(const struct model *model, const struct check_options *options,
                 const struct data_files *data)
{
    struct arena arena;
    struct findings findings;
    struct examples examples = {.evaluation_count = 0};
    struct checking c = {.model = model,
                         .count = options->count,
                         .seed = options->seed,
                         .arena = &arena,
                         .findings = &findings};
    struct error err = {0};
    json_t *description = NULL;
    enum status status;

    arena_init(&arena, SIZE_MAX);
    findings_init(&findings);
    status = read_report(&c, &description, &err);
    if (status == STATUS_OK && data->file_count > 0)
        status = examples_load_for_model(&examples, data, model, "all", &err);
    if (status == STATUS_OK)
        status =
            data->file_count > 0 ? take_examples(&c, &examples, &err) : draw(&c, &err);
    if (status == STATUS_OK)
        status = look(&c, options, &err);
    int code = status == STATUS_OK ? print_findings(&findings) : print_error(&err);
    if (data->file_count > 0)
        examples_release(&examples);
    json_decref(description);
    findings_release(&findings);
    arena_release(&arena);
    return code;
}

static bool has_flag(const unsigned char *sources, size_t count)
{
    bool has = false;

    for (size_t i = 0; i < count; i++)
        has = has || sources[i] == SOURCE_FLAG;
    return has;
}

static int run(struct command_line *line, struct arena *arena)
{
    struct check_options options = {.length = 0};
    struct data_keys keys = {.skip_bad = false};
    struct spec spec = {.hidden = 0};
    unsigned char sources[SPEC_OPTIONS] = {0};
    const struct option_table tables[] = {
        {"check", check_options, &options, NULL, NULL},
        {"data", data_options, &keys, arena, NULL},
        {"network, when there is no MODEL", triage_spec_options, &spec, NULL, sources},
    };
    struct error err = {0};
    int exit_code;
    assert(option_table_count(triage_spec_options) <= SPEC_OPTIONS);
    line->tables = tables;
    line->table_count = sizeof tables / sizeof *tables;
    for (size_t i = 0; i < line->table_count; i++)
        if (option_table_set_defaults(&tables[i], &err) != STATUS_OK)
            return print_error(&err);
    if (!command_line_parse(line, &exit_code))
        return exit_code;
    size_t count = line->argument_count;
    if ((count > 0) == has_flag(sources, SPEC_OPTIONS))
        return print_usage_error(usage,
                                 "check needs a MODEL, or the options of a network");
    const char *path = count > 0 ? line->arguments[0] : "";
    struct model *model =
        count > 0 ? triage_model_load(path, &err) : make_fresh(&spec, options.seed, &err);
    if (!model)
        return print_file_error(path, &err);
    const struct data_files data = {.files = line->arguments + 1,
                                    .file_count = count > 0 ? count - 1 : 0,
                                    .keys = &keys};
    exit_code = check(model, &options, &data);
    triage_model_free(model);
    return exit_code;
}

int check_command(int argc, char **argv)
{
    struct command_line line = {.usage = usage, .argc = argc, .argv = argv};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    int exit_code = run(&line, &arena);
    command_line_release(&line);
    arena_release(&arena);
    return exit_code;
}

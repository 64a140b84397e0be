/*
 * triage forecast MODEL [FILE]: read histories, in the forms that train reads, and write for each the
 * continuations that a model of target next predicts, one JSON object a line, with the same bytes as
 * POST /forecast.
 */
#include <stdlib.h>

#include "answer_lines.h"
#include "base/error.h"
#include "command.h"
#include "engine.h"

/* As those of evaluate --suffix. */
enum { MAX_STEPS = 100000, MAX_BEAM = 1000 };

static const char usage[] =
    "triage forecast MODEL [FILE] [OPTION]... (standard input without FILE)";

enum rank { RANK_SUM, RANK_MEAN };
static const char *const ranks[] = {[RANK_SUM] = "sum", [RANK_MEAN] = "mean", NULL};

struct options {
    uint32_t steps, beam, samples;
    uint32_t rank; /* enum rank */
    uint64_t seed;
    bool is_greedy;
};

enum {
    OPTION_STEPS,
    OPTION_BEAM,
    OPTION_GREEDY,
    OPTION_RANK,
    OPTION_SAMPLE,
    OPTION_SEED,
    OPTIONS
};

/* clang-format off */
static const struct option_def options[OPTIONS + 1] = {
    [OPTION_STEPS] =
        {.name = "steps", .kind = OPTION_U32, .offset = offsetof(struct options, steps),
         .default_text = "100", .min = 1, .max = MAX_STEPS,
         .help = "most predictions, the end included"},
    [OPTION_BEAM] =
        {.name = "beam", .kind = OPTION_U32, .offset = offsetof(struct options, beam),
         .default_text = "5", .min = 1, .max = MAX_BEAM,
         .help = "continuations that are kept after each prediction, and answered"},
    [OPTION_GREEDY] =
        {.name = "greedy", .kind = OPTION_SWITCH, .offset = offsetof(struct options, is_greedy),
         .default_text = "false",
         .help = "the most probable event each time: the same as --beam 1"},
    [OPTION_RANK] =
        {.name = "rank", .kind = OPTION_CHOICE, .offset = offsetof(struct options, rank),
         .default_text = "sum", .choices = ranks,
         .help = "score of a continuation: the sum of the ln p of its predictions, or their mean, "
                 "which does not prefer short ones"},
    [OPTION_SAMPLE] =
        {.name = "sample", .kind = OPTION_U32, .offset = offsetof(struct options, samples),
         .default_text = "0", .min = 0, .max = MAX_BEAM, .value_name = "N",
         .help = "instead: draw N continuations by their probabilities; 0: none"},
    [OPTION_SEED] =
        {.name = "seed", .kind = OPTION_U64, .offset = offsetof(struct options, seed),
         .default_text = "1", .min = 0, .max = FORECAST_MAX_SEED,
         .help = "of --sample: the same seed draws the same"},
    [OPTIONS] = {.name = NULL},
};
/* clang-format on */

struct arguments {
    struct options options;
    unsigned char sources[OPTIONS];
    struct data_keys keys;
    unsigned char key_sources[DATA_OPTIONS];
    struct forecast_options forecast;
    const char *model, *path; /* path: "-" for standard input */
};

struct forecasting {
    struct answer_lines lines;
    struct forecaster *forecaster;
    struct forecast_options options;
};

static enum status answer(void *context, uint64_t line, const struct history *history,
                          unsigned includes, struct error *err)
{
    struct forecasting *forecasting = context;
    struct forecaster *forecaster = forecasting->forecaster;
    struct answer_lines *lines = &forecasting->lines;
    bool is_done = false;
    (void)line;
    if (includes != 0)
        return error_set(err, STATUS_BAD_INPUT, "/include",
                         "a forecast includes nothing");
    RETURN_IF_ERROR(
        triage_forecaster_begin(forecaster, history, &forecasting->options, err));
    while (!is_done)
        RETURN_IF_ERROR(triage_forecaster_step(forecaster, UINT32_MAX, &is_done, err));
    struct forecast_answer forecast = {
        .model = lines->model, .name = lines->name, .history = history};
    forecast.continuations = triage_forecaster_result(forecaster, &forecast.count);
    (void)triage_forecast_write(&lines->out, &forecast, SIZE_MAX);
    return STATUS_OK;
}

static enum status forecast_file(struct forecasting *forecasting,
                                 const struct model *model,
                                 const struct arguments *arguments, struct error *err)
{
    struct answer_lines *lines = &forecasting->lines;
    RETURN_IF_ERROR(
        answer_lines_init(lines, model, arguments->model, &arguments->keys, err));
    lines->answer = answer;
    lines->context = forecasting;
    forecasting->options = arguments->forecast;
    forecasting->forecaster =
        triage_forecaster_new(model, ANSWER_MAX_EVENTS, arguments->forecast.steps,
                              arguments->forecast.beam, err);
    if (!forecasting->forecaster)
        return err->status;
    return answer_lines_run(lines, arguments->path, &arguments->keys, err);
}

static int forecast(struct arguments *arguments)
{
    struct error err = {0};
    struct forecasting forecasting = {.forecaster = NULL};
    struct model *model = triage_model_load(arguments->model, &err);
    if (!model)
        return print_model_error(arguments->model, &err);
    if (triage_forecast_check_model(model, arguments->model, &err) != STATUS_OK) {
        triage_model_free(model);
        print_error(&err);
        return EXIT_USAGE;
    }
    data_keys_of_model(&arguments->keys, arguments->key_sources, model);
    enum status status = forecast_file(&forecasting, model, arguments, &err);
    bool has_failed = forecasting.lines.has_failed || status != STATUS_OK;
    if (status != STATUS_OK)
        print_error(&err);
    triage_forecaster_free(forecasting.forecaster);
    answer_lines_release(&forecasting.lines);
    triage_model_free(model);
    return has_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* What the options ask for; NULL, or why they contradict each other. */
static const char *read_forecast(struct arguments *arguments)
{
    const struct options *given = &arguments->options;
    const unsigned char *sources = arguments->sources;
    const bool is_sampled = given->samples > 0;
    if (given->is_greedy && sources[OPTION_BEAM] != SOURCE_DEFAULT)
        return "--greedy is a beam of 1; it cannot be given with --beam";
    if (is_sampled && (given->is_greedy || sources[OPTION_BEAM] != SOURCE_DEFAULT ||
                       sources[OPTION_RANK] != SOURCE_DEFAULT))
        return "--sample draws continuations; it has no --beam, --greedy or --rank";
    if (!is_sampled && sources[OPTION_SEED] != SOURCE_DEFAULT)
        return "--seed needs --sample N";
    arguments->forecast =
        (struct forecast_options){.steps = given->steps,
                                  .beam = is_sampled         ? given->samples
                                          : given->is_greedy ? 1
                                                             : given->beam,
                                  .is_mean = given->rank == RANK_MEAN,
                                  .is_sampled = is_sampled,
                                  .seed = given->seed};
    return NULL;
}

static int run(struct arguments *arguments, struct command_line *line)
{
    const struct option_table tables[] = {
        {.title = "forecast",
         .options = options,
         .values = &arguments->options,
         .sources = arguments->sources,
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
        return print_usage_error(usage, "forecast needs MODEL and at most one FILE");
    const char *contradiction = read_forecast(arguments);
    if (contradiction)
        return print_usage_error(usage, "%s", contradiction);
    arguments->model = line->arguments[0];
    arguments->path = line->argument_count == 2 ? line->arguments[1] : "-";
    return forecast(arguments);
}

int forecast_command(int argc, char **argv)
{
    struct arguments arguments = {.path = NULL};
    struct command_line line;
    command_line_init(&line, usage, argc, argv);
    int exit_code = run(&arguments, &line);
    command_line_release(&line);
    return exit_code;
}

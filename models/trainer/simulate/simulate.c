/*
 * triage simulate: draw incidents from the model of incidents.h, for training and evaluation.
 *
 * JSON Lines contain the exact probabilities of every history (`posterior`), so that `triage
 * evaluate` can print what is possible.  CSV does not, because they would become fields.
 *
 * --kind draws the sequences of task_sequences.h instead; --criterion trains on them, or tests a model.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "base/timestamp.h"
#include "command.h"
#include "simulate/criterion.h"
#include "simulate/incidents.h"
#include "simulate/task_sequences.h"

struct simulate_options {
    uint32_t count;
    uint64_t seed;
    uint32_t kind; /* enum simulated */
    uint64_t max_sequences;
    bool csv, posteriors, criterion;
};

/* The kinds of sequence_kind come after the incidents. */
enum simulated { SIMULATED_INCIDENT, SIMULATED_SEQUENCE };

static const char *const kind_names[] = {"incident", "temporal-order-6a",
                                         "temporal-order-6b", "reber", NULL};

#define SIMULATE(member) offsetof(struct simulate_options, member)

static const struct option_def simulate_options[] = {
    {.name = "count",
     .kind = OPTION_U32,
     .offset = SIMULATE(count),
     .default_text = "1000",
     .min = 1,
     .max = 4294967295.0,
     .help = "how many histories; a larger count gives the same ones and more"},
    {.name = "seed",
     .kind = OPTION_U64,
     .offset = SIMULATE(seed),
     .default_text = "1",
     .max = 9.2e18,
     .help = "seed of all random numbers; the same seed gives the same bytes"},
    {.name = "csv",
     .kind = OPTION_SWITCH,
     .offset = SIMULATE(csv),
     .default_text = "false",
     .help = "one event a row, as in exports, without the exact probabilities"},
    {.name = "posteriors",
     .kind = OPTION_SWITCH,
     .offset = SIMULATE(posteriors),
     .default_text = "false",
     .help =
         "also the exact probabilities after every event, of the action that is right in "
         "the end"},
    {.name = "kind",
     .kind = OPTION_CHOICE,
     .offset = SIMULATE(kind),
     .default_text = "incident",
     .choices = kind_names,
     .help = "what is drawn; all except incident are the tasks of Hochreiter and "
             "Schmidhuber 1997"},
    {.name = "criterion",
     .kind = OPTION_SWITCH,
     .offset = SIMULATE(criterion),
     .default_text = "false",
     .help =
         "draw nothing: train on new sequences of the kind until the paper's criterion "
         "is met; with MODEL, test whether it meets it"},
    {.name = "max-sequences",
     .kind = OPTION_U64,
     .offset = SIMULATE(max_sequences),
     .default_text = "0",
     .max = 1e12,
     .help = "with --criterion: train on so many at most; 0: four times as many as "
             "the paper's network needed"},
    {.name = NULL},
};

static const char usage[] = "triage simulate [--kind K] [--count N] [--seed N] [--csv] "
                            "[--posteriors] [--criterion "
                            "[MODEL]] [--max-sequences N]";

enum { FIRST_ID = 1000, SECOND_US = 1000000 };

/* An event as it is printed; "" for what is not shown. */
struct shown_event {
    const char *name, *service, *severity;
    char time[TIMESTAMP_SIZE];
};

/* *time_s is the time of the previous event, and becomes that of event t. */
static struct shown_event show_event(const struct incident *incident, uint32_t t,
                                     int64_t *time_s)
{
    const struct incident_event *event = &incident->events[t];
    const char *service = incident_service_name(incident, event);
    bool has_fields = incident->has_fields && service;
    struct shown_event shown = {.name = incident_event_name(event),
                                .service = has_fields ? service : "",
                                .severity =
                                    has_fields ? incident_severity_name(event) : ""};
    *time_s += event->gap_s;
    if (incident->has_times)
        timestamp_format(shown.time, *time_s * SECOND_US);
    return shown;
}

static void write_member(struct strbuf *text, const char *key, const char *value)
{
    if (*value != '\0')
        strbuf_printf(text, ",\"%s\":\"%s\"", key, value);
}

/* The member "posteriors": [events][C], in the order of "posterior". */
static void write_posteriors(struct strbuf *text, const struct incident *incident,
                             const struct incident_outlook *outlook)
{
    double posteriors[INCIDENT_MAX][INCIDENT_ACTIONS];
    incident_posteriors(incident, outlook, posteriors);
    strbuf_add(text, ",\"posteriors\":[");
    for (uint32_t t = 0; t < incident->length; t++) {
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
            strbuf_add(text, a > 0 ? "," : t > 0 ? ",[" : "[");
            strbuf_float(text, (float)posteriors[t][a]);
        }
        strbuf_add(text, "]");
    }
    strbuf_add(text, "]");
}

/* outlook: NULL without --posteriors. */
static void write_json(struct strbuf *text, const struct incident *incident,
                       const struct incident_outlook *outlook, uint64_t id)
{
    int64_t time_s = incident->start_s;
    double posterior[INCIDENT_ACTIONS];
    strbuf_printf(text, "{\"id\":\"INC-%" PRIu64 "\",\"events\":[", id);
    for (uint32_t t = 0; t < incident->length; t++) {
        const struct shown_event shown = show_event(incident, t, &time_s);
        strbuf_add(text, t == 0 ? "" : ",");
        if (!incident->has_times && !incident->has_fields) {
            strbuf_printf(text, "\"%s\"", shown.name);
            continue;
        }
        strbuf_printf(text, "{\"event\":\"%s\"", shown.name);
        write_member(text, "time", shown.time);
        write_member(text, "service", shown.service);
        write_member(text, "severity", shown.severity);
        strbuf_add(text, "}");
    }
    strbuf_printf(text, "],\"action\":\"%s\",\"posterior\":{",
                  incident_action_names[incident->action]);
    incident_posterior(incident, posterior);
    for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
        strbuf_printf(text, "%s\"%s\":", a == 0 ? "" : ",", incident_action_names[a]);
        strbuf_float(text, (float)posterior[a]);
    }
    strbuf_add(text, "}");
    if (outlook)
        write_posteriors(text, incident, outlook);
    strbuf_add(text, "}\n");
}

/* The label is in the last row: it was decided after that event. */
static void write_csv(struct strbuf *text, const struct incident *incident, uint64_t id)
{
    int64_t time_s = incident->start_s;
    for (uint32_t t = 0; t < incident->length; t++) {
        const struct shown_event shown = show_event(incident, t, &time_s);
        bool is_last = t + 1 == incident->length;
        strbuf_printf(text, "INC-%" PRIu64 ",%s,%s,%s,%s,%s\n", id, shown.name,
                      shown.time, shown.service, shown.severity,
                      is_last ? incident_action_names[incident->action] : "");
    }
}

static void write_sequence_csv(struct strbuf *text, const struct sequence *sequence,
                               uint64_t id)
{
    for (uint32_t t = 0; t < sequence->length; t++) {
        strbuf_printf(text, "SEQ-%" PRIu64 ",%c", id, sequence->symbols[t]);
        if (sequence->class != '\0' && t + 1 == sequence->length)
            strbuf_printf(text, ",%c", sequence->class);
        else
            strbuf_add(text, sequence->class != '\0' ? "," : "");
        strbuf_add(text, "\n");
    }
}

static void write_sequence(struct strbuf *text, const struct sequence *sequence,
                           bool is_csv, uint64_t id)
{
    if (is_csv) {
        write_sequence_csv(text, sequence, id);
        return;
    }
    strbuf_printf(text, "{\"id\":\"SEQ-%" PRIu64 "\",", id);
    sequence_write(sequence, text);
    strbuf_add(text, "}\n");
}

static int simulate_sequences(const struct simulate_options *options)
{
    enum sequence_kind kind = (enum sequence_kind)(options->kind - SIMULATED_SEQUENCE);
    struct sequence sequence;
    struct strbuf text;
    bool is_written = true;
    strbuf_init(&text, SIZE_MAX);
    if (options->csv)
        fputs(*sequence_classes(kind) != '\0' ? "case,event,action\n" : "case,event\n",
              stdout);
    for (uint64_t i = 0; i < options->count && !text.has_failed && is_written; i++) {
        strbuf_clear(&text);
        sequence_draw(&sequence, kind, options->seed, i);
        write_sequence(&text, &sequence, options->csv, FIRST_ID + i);
        if (!text.has_failed)
            is_written = write_output(text.bytes, text.length);
    }
    bool has_failed = text.has_failed;
    strbuf_release(&text);
    struct error err = {0};
    if (!has_failed)
        return EXIT_SUCCESS;
    (void)error_no_memory(&err);
    return print_error(&err);
}

/* EXIT_FAILURE if the criterion is not met. */
static int test_criterion(const struct simulate_options *options, const char *model)
{
    const struct criterion_options settings = {
        .kind = (enum sequence_kind)(options->kind - SIMULATED_SEQUENCE),
        .seed = options->seed,
        .max_sequences = options->max_sequences,
        .model = model};
    struct criterion_result result;
    struct error err = {0};
    if (criterion_test(&result, &settings, &err) != STATUS_OK)
        return model ? print_model_error(model, &err) : print_error(&err);
    print_result("%s, seed %" PRIu64 ": the criterion is %s", kind_names[options->kind],
                 options->seed, result.is_reached ? "met" : "not met");
    if (!model)
        print_result(" after %" PRIu64 " sequences (in the paper after %" PRIu64
                     " on average)",
                     result.sequences, criterion_of_paper(settings.kind));
    if (result.tested > 0)
        print_result("; %" PRIu64 " of %" PRIu64 " test sequences wrong", result.wrong,
                     result.tested);
    if (result.tested > 0 && settings.kind != REBER)
        print_result(", mean error %.4f", result.error);
    print_result("\n");
    return result.is_reached ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int simulate(const struct simulate_options *options)
{
    struct incident_outlook *outlook = NULL;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    if (options->posteriors) {
        outlook = malloc(sizeof *outlook);
        text.has_failed = !outlook;
    }
    if (outlook)
        incident_outlook_init(outlook);
    bool is_written = true;
    if (options->csv)
        fputs("case,event,time,service,severity,action\n", stdout);
    for (uint64_t i = 0; i < options->count && !text.has_failed && is_written; i++) {
        struct incident incident;
        strbuf_clear(&text);
        incident_draw(&incident, options->seed, i);
        if (options->csv)
            write_csv(&text, &incident, FIRST_ID + i);
        else
            write_json(&text, &incident, outlook, FIRST_ID + i);
        if (!text.has_failed)
            is_written = write_output(text.bytes, text.length);
    }
    bool has_failed = text.has_failed;
    strbuf_release(&text);
    free(outlook);
    if (!has_failed)
        return EXIT_SUCCESS;
    struct error err = {0};
    (void)error_no_memory(&err);
    return print_error(&err);
}

static int run(const struct simulate_options *options, const struct command_line *line)
{
    bool is_incident = options->kind == SIMULATED_INCIDENT;
    if (line->argument_count > (options->criterion ? 1 : 0))
        return print_usage_error(usage, "simulate reads no file, received \"%.64s\"",
                                 line->arguments[line->argument_count - 1]);
    if (options->criterion && is_incident)
        return print_usage_error(usage, "--criterion needs --kind, other than incident");
    if (options->posteriors && !is_incident)
        return print_usage_error(usage, "only --kind incident has --posteriors");
    if (options->posteriors && options->csv)
        return print_usage_error(
            usage, "CSV has no --posteriors: they would be fields of the events");
    if (options->criterion)
        return test_criterion(options,
                              line->argument_count == 1 ? line->arguments[0] : NULL);
    return is_incident ? simulate(options) : simulate_sequences(options);
}

int simulate_command(int argc, char **argv)
{
    struct simulate_options options = {0};
    const struct option_table table = {
        .title = "simulate", .options = simulate_options, .values = &options};
    struct command_line line;
    int exit_code;
    command_line_init(&line, usage, argc, argv);
    if (!command_line_begin(&line, &table, 1, &exit_code))
        goto out;
    exit_code = run(&options, &line);
out:
    command_line_release(&line);
    return exit_code;
}

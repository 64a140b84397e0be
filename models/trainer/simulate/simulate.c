/*
 * triage simulate: draw incidents from the model of incidents.h, for training and evaluation.
 *
 * JSON Lines contain the exact probabilities of every history (`posterior`), so that `triage
 * evaluate` can print what is possible.  CSV does not, because they would become fields.
 *
 * --kind draws the sequences of task_sequences.h instead; --criterion trains on them, or tests a model.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "base/timestamp.h"
#include "command.h"
#include "simulate/criterion.h"
#include "simulate/incidents.h"
#include "simulate/task_sequences.h"
#include "trainer.h"

struct simulate_options {
    uint32_t count;
    uint64_t seed;
    uint32_t kind; /* enum simulated */
    uint32_t length;
    uint64_t max_sequences;
    bool csv, posteriors, criterion;
};

/* The kinds of sequence_kind come after the incidents. */
enum simulated { SIMULATED_INCIDENT, SIMULATED_SEQUENCE };

#define SEQUENCE(kind) [SIMULATED_SEQUENCE + (kind)]

static const char *const kind_names[] = {
    [SIMULATED_INCIDENT] = "incident",
    SEQUENCE(TEMPORAL_ORDER_6A) = "temporal-order-6a",
    SEQUENCE(TEMPORAL_ORDER_6B) = "temporal-order-6b",
    SEQUENCE(REBER) = "reber",
    SEQUENCE(ADDING) = "adding",
    SEQUENCE(COPY) = "copy",
    SEQUENCE(LONG_EFFECT) = "long-effect",
    SEQUENCE(SEQUENCE_KINDS) = NULL,
};

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
     .help =
         "what is drawn; all except incident are tasks on which networks are compared"},
    {.name = "length",
     .kind = OPTION_U32,
     .offset = SIMULATE(length),
     .default_text = "100",
     .min = SHORTEST_T,
     .max = LONGEST_T,
     .help =
         "T of adding (T to 1.1 T events), copy (T + 20 events) and long-effect (4 to "
         "T + 3 events)"},
    {.name = "criterion",
     .kind = OPTION_SWITCH,
     .offset = SIMULATE(criterion),
     .default_text = "false",
     .help = "draw nothing: train a network on new sequences of the kind until the "
             "criterion of the task is met; with MODEL, test whether it meets it"},
    {.name = "max-sequences",
     .kind = OPTION_U64,
     .offset = SIMULATE(max_sequences),
     .default_text = "0",
     .max = 1e12,
     .help = "with --criterion: train on so many at most; 0: four times as many as "
             "the paper's network needed, or 100,000"},
    {.name = NULL},
};

static const char usage[] =
    "triage simulate [--kind K] [--length T] [--count N] [--seed N] [--csv] "
    "[--posteriors]\n"
    "triage simulate --kind K --criterion [MODEL] [--length T] [--seed N] "
    "[--max-sequences N] [OPTION OF A NETWORK]...";

enum { FIRST_ID = 1000, SECOND_US = 1000000, MAX_OPTIONS = 64 };

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

/* The label is in the last row, or in every row if there is one after every event. */
static void write_sequence_csv(struct strbuf *text, const struct sequence *sequence,
                               uint64_t id)
{
    for (uint32_t t = 0; t < sequence->length; t++) {
        bool is_last = t + 1 == sequence->length;
        strbuf_printf(text, "SEQ-%" PRIu64 ",%c", id, sequence->symbols[t]);
        if (sequence->kind == ADDING) {
            strbuf_add(text, ",");
            sequence_write_number(sequence, t, text);
        }
        if (sequence->kind == COPY)
            strbuf_printf(text, ",%c", sequence->classes[t]);
        else if (sequence->class != '\0' && is_last)
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

static struct sequence_task task_of(const struct simulate_options *options)
{
    return (struct sequence_task){
        .kind = (enum sequence_kind)(options->kind - SIMULATED_SEQUENCE),
        .T = options->length};
}

static int simulate_sequences(const struct simulate_options *options)
{
    const struct sequence_task task = task_of(options);
    struct sequence sequence;
    struct strbuf text;
    bool is_written = true;
    strbuf_init(&text, SIZE_MAX);
    if (options->csv)
        fputs(task.kind == REBER    ? "case,event\n"
              : task.kind == ADDING ? "case,event,number,action\n"
                                    : "case,event,action\n",
              stdout);
    for (uint64_t i = 0; i < options->count && !text.has_failed && is_written; i++) {
        strbuf_clear(&text);
        sequence_draw(&sequence, &task, options->seed, i);
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

static void print_criterion(const struct simulate_options *options, bool is_trained,
                            const struct criterion_result *result)
{
    static const char *const errors[SEQUENCE_KINDS] = {
        [TEMPORAL_ORDER_6A] = "mean error", [TEMPORAL_ORDER_6B] = "mean error",
        [LONG_EFFECT] = "mean error",       [ADDING] = "share in another class",
        [COPY] = "share of wrong copies",
    };
    const struct sequence_task task = task_of(options);
    uint64_t needed = criterion_of_paper(&task);
    print_result("%s, ", kind_names[options->kind]);
    if (sequence_kind_has_T(task.kind))
        print_result("length %" PRIu32 ", ", task.T);
    print_result("seed %" PRIu64 ": the criterion is %s", options->seed,
                 result->is_reached ? "met" : "not met");
    if (is_trained)
        print_result(" after %" PRIu64 " sequences", result->sequences);
    if (is_trained && needed > 0)
        print_result(" (in the paper after %" PRIu64 " on average)", needed);
    if (result->tested > 0)
        print_result("; %" PRIu64 " of %" PRIu64 " test sequences wrong", result->wrong,
                     result->tested);
    if (result->tested > 0 && errors[task.kind])
        print_result(", %s %.4f", errors[task.kind], result->error);
    print_result("\n");
}

/* EXIT_FAILURE if the criterion is not met.  model: NULL to train one by spec. */
static int test_criterion(const struct simulate_options *options, const struct spec *spec,
                          const char *model)
{
    const struct criterion_options settings = {.task = task_of(options),
                                               .seed = options->seed,
                                               .max_sequences = options->max_sequences,
                                               .spec = spec,
                                               .model = model};
    struct criterion_result result;
    struct error err = {0};
    if (criterion_test(&result, &settings, &err) != STATUS_OK)
        return model ? print_model_error(model, &err) : print_error(&err);
    print_criterion(options, !model, &result);
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

/* Which options were given: [MAX_OPTIONS] enum option_source. */
struct given {
    unsigned char simulate[MAX_OPTIONS], spec[MAX_OPTIONS];
};

static bool is_length_given(const struct given *given)
{
    size_t i = 0;
    while (simulate_options[i].offset != SIMULATE(length))
        i++;
    return given->simulate[i] != SOURCE_DEFAULT;
}

static int run(const struct simulate_options *options, const struct spec *spec,
               const struct given *given, const struct command_line *line)
{
    bool is_incident = options->kind == SIMULATED_INCIDENT;
    const char *model = line->argument_count > 0 ? line->arguments[0] : NULL;
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
    if (is_length_given(given) &&
        (is_incident || !sequence_kind_has_T(task_of(options).kind)))
        return print_usage_error(usage,
                                 "--kind %s has no --length: adding, copy and "
                                 "long-effect have one",
                                 kind_names[options->kind]);
    if (is_any_given(given->spec, MAX_OPTIONS) && (!options->criterion || model))
        return print_usage_error(
            usage, "the options of a network need --criterion, without a MODEL");
    if (options->criterion)
        return test_criterion(options, spec, model);
    return is_incident ? simulate(options) : simulate_sequences(options);
}

int simulate_command(int argc, char **argv)
{
    struct simulate_options options = {0};
    struct spec spec = {.hidden = 0};
    struct given given = {.simulate = {SOURCE_DEFAULT}};
    const struct option_table tables[] = {
        {.title = "simulate",
         .options = simulate_options,
         .values = &options,
         .sources = given.simulate},
        {.title = "network that --criterion trains",
         .options = triage_spec_options,
         .values = &spec,
         .sources = given.spec},
    };
    struct command_line line;
    int exit_code;
    assert(option_table_count(simulate_options) <= MAX_OPTIONS);
    assert(option_table_count(triage_spec_options) <= MAX_OPTIONS);
    command_line_init(&line, usage, argc, argv);
    if (!command_line_begin(&line, tables, sizeof tables / sizeof *tables, &exit_code))
        goto out;
    exit_code = run(&options, &spec, &given, &line);
out:
    command_line_release(&line);
    return exit_code;
}

/*
 * triage simulate: draw incidents from the model of incidents.h, for training and evaluation.
 *
 * JSON Lines contain the exact probabilities of every history (`posterior`), so that `triage
 * evaluate` can print what is possible.  CSV does not, because they would become fields.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "base/timestamp.h"
#include "command.h"
#include "simulate/incidents.h"

struct simulate_options {
    uint32_t count;
    uint64_t seed;
    bool csv, posteriors;
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
    {.name = NULL},
};

static const char usage[] =
    "triage simulate [--count N] [--seed N] [--csv] [--posteriors]";

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
    if (line.argument_count != 0)
        exit_code = print_usage_error(usage, "simulate reads no file, received \"%.64s\"",
                                      line.arguments[0]);
    else if (options.csv && options.posteriors)
        exit_code = print_usage_error(usage, "CSV has no --posteriors: they would be "
                                             "fields of the events");
    else
        exit_code = simulate(&options);
out:
    command_line_release(&line);
    return exit_code;
}

/*
 * triage simulate: incidents to learn from and to be measured on, drawn from the model of
 * incidents.h.  JSON Lines state the exact probabilities of every history (`posterior`), with
 * which `triage evaluate` says what is possible; CSV does not, where they would be columns to
 * learn from.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/timestamp.h"
#include "command.h"
#include "simulate/incidents.h"

struct simulate_options {
    uint32_t count;
    uint64_t seed;
    bool csv;
};

#define SIMULATE(member) offsetof(struct simulate_options, member)

/* clang-format off */
static const struct option_def simulate_options[] = {
    {"count", OPTION_U32, SIMULATE(count), "1000", 1, 4294967295.0, NULL, "histories; those of a smaller count come first"},
    {"seed", OPTION_U64, SIMULATE(seed), "1", 0, 9.2e18, NULL, "of everything random: the same seed, the same bytes"},
    {"csv", OPTION_SWITCH, SIMULATE(csv), "false", 0, 0, NULL, "one event a row, as exports are, without exact probabilities"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

static const char usage[] = "triage simulate [--count N] [--seed N] [--csv]";

enum { FIRST_ID = 1000, SECOND = 1000000 };

/* What is shown of an event; "" where it is not. */
struct shown {
    const char *name, *service, *severity;
    char time[TIMESTAMP_SIZE];
};

static struct shown show(const struct incident *incident, uint32_t t, int64_t *seconds)
{
    const struct incident_event *event = &incident->events[t];
    const char *service = incident_service_name(incident, event);
    const char *severity = incident_severity_name(event);
    bool has_fields = incident->has_fields && service != NULL;
    struct shown shown = {incident_event_name(event), has_fields ? service : "",
                          has_fields ? severity : "", ""};

    *seconds += event->gap;
    if (incident->has_times)
        timestamp_format(shown.time, *seconds * SECOND);
    return shown;
}

static void write_member(struct strbuf *text, const char *key, const char *value)
{
    if (*value != '\0')
        strbuf_printf(text, ",\"%s\":\"%s\"", key, value);
}

static void write_line(struct strbuf *text, const struct incident *incident, uint64_t id)
{
    int64_t seconds = incident->start;
    double posterior[INCIDENT_ACTIONS];

    strbuf_printf(text, "{\"id\":\"INC-%" PRIu64 "\",\"events\":[", id);
    for (uint32_t t = 0; t < incident->length; t++) {
        const struct shown shown = show(incident, t, &seconds);
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
                  incident_actions[incident->action]);
    incidents_posterior(incident, posterior);
    for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
        strbuf_printf(text, "%s\"%s\":", a == 0 ? "" : ",", incident_actions[a]);
        strbuf_float(text, (float)posterior[a]);
    }
    strbuf_add(text, "}}\n");
}

/* The action stands in the last row, where it was decided. */
static void write_rows(struct strbuf *text, const struct incident *incident, uint64_t id)
{
    int64_t seconds = incident->start;

    for (uint32_t t = 0; t < incident->length; t++) {
        const struct shown shown = show(incident, t, &seconds);
        bool is_last = t + 1 == incident->length;
        strbuf_printf(text, "INC-%" PRIu64 ",%s,%s,%s,%s,%s\n", id, shown.name,
                      shown.time, shown.service, shown.severity,
                      is_last ? incident_actions[incident->action] : "");
    }
}

static int simulate(const struct simulate_options *options)
{
    struct incident incident;
    struct strbuf text;
    bool is_whole = true;

    strbuf_init(&text, SIZE_MAX);
    if (options->csv)
        fputs("case,event,time,service,severity,action\n", stdout);
    for (uint64_t i = 0; i < options->count && is_whole && !ferror(stdout); i++) {
        strbuf_clear(&text);
        incidents_draw(&incident, options->seed, i);
        if (options->csv)
            write_rows(&text, &incident, FIRST_ID + i);
        else
            write_line(&text, &incident, FIRST_ID + i);
        is_whole = !text.has_failed;
        if (is_whole)
            fwrite(text.bytes, 1, text.length, stdout);
    }
    strbuf_release(&text);
    if (!is_whole)
        fprintf(stderr, "triage: out of memory\n");
    return is_whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

int simulate_command(int argc, char **argv)
{
    struct simulate_options options = {0};
    const struct option_table table = {"simulate", simulate_options, &options, NULL,
                                       NULL};
    struct command_line line = {
        .usage = usage, .tables = &table, .table_count = 1, .argc = argc, .argv = argv};
    struct error err = {0};
    int exit_code;
    if (option_table_set_defaults(&table, &err) != STATUS_OK)
        return print_error(&err);
    if (command_line_parse(&line, &exit_code))
        exit_code =
            line.argument_count == 0
                ? simulate(&options)
                : print_usage_error(usage, "simulate reads no file, received \"%.64s\"",
                                    line.arguments[0]);
    command_line_release(&line);
    return exit_code;
}

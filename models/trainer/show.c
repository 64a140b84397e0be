/* triage show MODEL: print what a model file contains. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "architecture.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "command.h"
#include "evaluation.h"
#include "trainer.h"

static const char usage[] = "triage show MODEL";

static void show_network(const struct model *model)
{
    const struct spec *spec = triage_model_spec(model);
    if (triage_model_members(model) > 1)
        printf(
            "members      %u networks; the answer is the mean of their probabilities\n",
            (unsigned)triage_model_members(model));
    printf("network      %s, %u hidden, %u layer%s, %s", triage_spec_cell_name(spec),
           spec->hidden, spec->layers, spec->layers == 1 ? "" : "s",
           spec->directions == 2 ? "two directions" : "one direction");
    if (spec->embedding > 0)
        printf(", embedding %u", spec->embedding);
    else
        printf(", one-hot input");
    if (spec->cell == CELL_GRU)
        printf("\n             reset %s the recurrent product; z is the fraction %s",
               spec->reset == RESET_AFTER ? "after" : "before",
               spec->update == UPDATE_KEEP ? "kept" : "written");
    if (spec->cell == CELL_ATTENTION)
        printf(
            "\n             %u heads of %u units, feed-forward %u, an event attends to "
            "the last %u",
            spec->heads, spec->hidden / spec->heads, triage_spec_feed_forward(spec),
            spec->window);
    if (spec->head == HEAD_ATTENTION)
        printf("\n             attention head: the decision also reads a mean of all "
               "states, "
               "with trained weights");
    if (triage_model_task(model) == TASK_CONTINUE)
        printf(
            "\n             encoder of the events so far; a decoder like it begins with "
            "its final state\n             and predicts what follows, event by event");
    printf("\n");
}

static void show_tensors(const struct model *model)
{
    size_t stored, parameters = architecture_parameters(model, &stored);
    if (parameters == stored)
        printf("parameters   %zu, for a history of any length\n", parameters);
    else
        printf("parameters   %zu, for a history of any length; %zu stored numbers, "
               "because the "
               "layout\n             keeps bias_ih and bias_hh apart (%zu are added in "
               "pairs)\n",
               parameters, stored, stored - parameters);
    printf("tensors\n");
    for (size_t i = 0; i < triage_model_tensor_count(model); i++) {
        struct tensor_view tensor = triage_model_tensor(model, i);
        if (tensor.is_vector)
            print_result("  %-32s [%u]\n", tensor.name, tensor.rows);
        else
            print_result("  %-32s [%u][%u]\n", tensor.name, tensor.rows, tensor.columns);
    }
}

static void show_field(const json_t *field)
{
    enum { MAX_VALUES = 8 };
    const json_t *values = json_object_get(field, "values");
    size_t count = json_array_size(values);
    print_result("  %-24s", json_string_value(json_object_get(field, "name")));
    if (!values) {
        printf(" number, mean %g, scale %g\n",
               json_number_value(json_object_get(field, "mean")),
               json_number_value(json_object_get(field, "scale")));
        return;
    }
    printf(" %zu values:", count);
    for (size_t i = 0; i < count && i < MAX_VALUES; i++)
        print_result("%s %s", i == 0 ? "" : ",",
                     json_string_value(json_array_get(values, i)));
    printf("%s\n", count > MAX_VALUES ? ", ..." : "");
}

static void show_schema(const json_t *description)
{
    const json_t *schema = json_object_get(description, "schema");
    const json_t *actions = json_object_get(description, "actions");
    const json_t *fields = json_object_get(schema, "fields");
    const json_t *time = json_object_get(schema, "time");
    printf("actions     ");
    for (size_t i = 0; i < json_array_size(actions); i++)
        print_result("%s %s", i == 0 ? "" : ",",
                     json_string_value(json_array_get(actions, i)));
    printf("\ntemperature  %g\nfields\n",
           json_number_value(json_object_get(description, "temperature")));
    for (size_t i = 0; i < json_array_size(fields); i++)
        show_field(json_array_get(fields, i));
    if (json_array_size(time) == 0)
        return;
    printf("time        ");
    for (size_t i = 0; i < json_array_size(time); i++) {
        const json_t *feature = json_array_get(time, i);
        printf("%s %s", i == 0 ? "" : ",",
               json_string_value(json_object_get(feature, "name")));
    }
    printf("\n");
}

/* A part of the description as JSON, if there is one. */
static void show_part(const char *name, const json_t *part)
{
    enum { REAL_DIGITS = 6 };
    if (!part)
        return;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    json_write(&text, part, REAL_DIGITS);
    if (text.length > 0 && !text.has_failed)
        print_result("%-12s %s\n", name, text.bytes);
    strbuf_release(&text);
}

/* The histories of the training that the file holds for `triage evaluate`. */
static void show_histories(const struct model *model)
{
    uint64_t count = triage_model_history_count(model);
    if (count > 0)
        printf("histories    %" PRIu64 " trained on; their events and actions are %s\n",
               count,
               triage_model_holds_histories(model) ? "in the file" : "not in the file");
}

static int show(const char *path)
{
    struct error err = {0};
    struct model *model = triage_model_load(path, &err);
    if (!model)
        return print_model_error(path, &err);
    char name[256];
    model_name(path, name, sizeof name);
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_model_describe(model, &text);
    if (text.has_failed)
        (void)error_no_memory(&err);
    json_t *description =
        text.has_failed ? NULL : json_read(text.bytes, text.length, &err);
    strbuf_release(&text);
    if (description) {
        print_result("model        %s\n", name);
        printf("digest       %s\n", triage_model_digest(model));
        show_network(model);
        show_schema(description);
        show_histories(model);
        json_t *report = json_object_get(description, "report");
        (void)json_object_del(report, "curve"); /* a number of lines; `report` draws it */
        show_part("decision", json_object_get(description, "decision"));
        show_part("report", report);
        show_tensors(model);
    }
    json_decref(description);
    triage_model_free(model);
    return description ? EXIT_SUCCESS : print_error(&err);
}

int show_command(int argc, char **argv)
{
    struct command_line line;
    int exit_code;
    command_line_init(&line, usage, argc, argv);
    if (command_line_parse(&line, NULL, 0, &exit_code))
        exit_code = line.argument_count == 1
                        ? show(line.arguments[0])
                        : print_usage_error(usage, "show needs one MODEL");
    command_line_release(&line);
    return exit_code;
}

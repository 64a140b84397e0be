/* A struct of settings with a field of every kind, for the tests of fields. */
#ifndef TRIAGE_OPTION_TABLE_EXAMPLE_H
#define TRIAGE_OPTION_TABLE_EXAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/option_table.h"
#include "unit/suites.h"

struct settings {
    bool warm, quiet;
    uint32_t hidden, cell;
    uint64_t body_limit;
    double rate;
    const char *listen, *output;
};

static const char *const cells[] = {"rnn", "lstm", "gru", NULL};

#define PLACE(member) offsetof(struct settings, member)

static const struct option_def table[] = {
    {"warm", OPTION_SWITCH, PLACE(warm), "true", 0, 0, NULL, "load the model first"},
    {"quiet", OPTION_SWITCH, PLACE(quiet), "false", 0, 0, NULL, "say less"},
    {"hidden", OPTION_U32, PLACE(hidden), "64", 1, 4096, NULL, "units in each layer"},
    {"cell", OPTION_CHOICE, PLACE(cell), "gru", 0, 0, cells, "kind of recurrence"},
    {"body-limit", OPTION_U64, PLACE(body_limit), "8M", 0, 0x1p40, NULL, "largest body"},
    {"rate", OPTION_REAL, PLACE(rate), "0.001", 0, 1, NULL, "size of a step"},
    {"listen", OPTION_TEXT, PLACE(listen), "127.0.0.1:8080", 0, 0, NULL, "where"},
    {"o", OPTION_TEXT, PLACE(output), "", 0, 0, NULL, "the file to write"},
    {.name = NULL},
};

static inline const struct option_def *find(const char *name)
{
    const struct option_def *field = table;
    while (strcmp(field->name, name) != 0)
        field++;
    return field;
}

#endif

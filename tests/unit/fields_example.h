/* A struct of settings with a field of every kind, for the tests of fields. */
#ifndef TRIAGE_FIELDS_EXAMPLE_H
#define TRIAGE_FIELDS_EXAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/fields.h"
#include "suites.h"

struct settings {
    bool warm, quiet;
    uint32_t hidden, cell;
    uint64_t body_limit;
    double rate;
    const char *listen, *output;
};

static const char *const cells[] = {"rnn", "lstm", "gru", NULL};

#define PLACE(member) offsetof(struct settings, member)

static const struct field table[] = {
    {"warm", FIELD_SWITCH, PLACE(warm), "true", 0, 0, NULL, "load the model first"},
    {"quiet", FIELD_SWITCH, PLACE(quiet), "false", 0, 0, NULL, "say less"},
    {"hidden", FIELD_U32, PLACE(hidden), "64", 1, 4096, NULL, "units in each layer"},
    {"cell", FIELD_CHOICE, PLACE(cell), "gru", 0, 0, cells, "kind of recurrence"},
    {"body-limit", FIELD_U64, PLACE(body_limit), "8M", 0, 0x1p40, NULL, "largest body"},
    {"rate", FIELD_REAL, PLACE(rate), "0.001", 0, 1, NULL, "size of a step"},
    {"listen", FIELD_TEXT, PLACE(listen), "127.0.0.1:8080", 0, 0, NULL, "where"},
    {"o", FIELD_TEXT, PLACE(output), "", 0, 0, NULL, "the file to write"},
    {.name = NULL},
};

static inline const struct field *find(const char *name)
{
    const struct field *field = table;
    while (strcmp(field->name, name) != 0)
        field++;
    return field;
}

#endif

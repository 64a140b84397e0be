/*
 * The first reading of the data: which lines there are, which part each belongs to, and which
 * labels stand there.  Private to the rooms that load examples.
 */
#ifndef TRIAGE_SURVEY_H
#define TRIAGE_SURVEY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "examples.h"
#include "infer.h"

/* What is kept of a line between the readings. */
struct line {
    enum part part;
    bool is_used;
    int64_t start; /* of its earliest event; INT64_MAX without times */
};

/* Everything the visitors need. */
struct loading {
    struct examples *examples;
    const char *const *files;
    size_t file_count;
    const struct keys *keys;
    struct line *lines;
    size_t line_count, capacity;
    struct infer *infer;
    json_t *index;    /* label -> its place among the actions */
    bool has_actions; /* from the recipe */
    bool is_raw, has_handy_golden;
    size_t learn, validate; /* decoded so far */
};

/* Read all files, showing every line to a visitor with the loading as its context. */
enum status survey_visit(struct loading *l, entry_visitor *visit, struct error *err);

/*
 * Fill lines and the examples' actions (those of a recipe, if not NULL), and choose what
 * validates when no line says so.
 */
enum status survey(struct loading *l, const json_t *actions, uint64_t seed,
                   struct error *err);

/* The place of a label among the actions, or -1. */
int64_t survey_find_action(const struct loading *l, const char *label);

#endif

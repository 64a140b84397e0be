/* See examples.h. */
#include "examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "survey.h"

enum { EVENTS_MOST = 1000000, GOLDEN_LEAST = 2, GOLDEN_MOST = 12, GOLDEN_LIMIT = 1000 };

/* What was surveyed must still be there when it is read again. */
static enum status check_unchanged(const struct loading *l, const struct entry *entry,
                                   struct error *err)
{
    if (entry->number < l->line_count && l->lines[entry->number].is_used)
        return STATUS_OK;
    (void)error_set(err, STATUS_IO, "", "the file changed while it was being read");
    return STATUS_IO;
}

static enum status infer_line(void *context, const struct entry *entry, struct error *err)
{
    struct loading *l = context;
    enum status status = check_unchanged(l, entry, err);

    if (status != STATUS_OK || l->lines[entry->number].part != PART_LEARN)
        return status;
    return infer_add(l->infer, entry->history, err);
}

static enum status find_schema(struct loading *l, const json_t *given, struct error *err)
{
    json_t *schema;
    enum status status;

    if (given != NULL) {
        l->examples->schema = schema_read(given, "/schema", err);
        return l->examples->schema == NULL ? err->status : STATUS_OK;
    }
    l->infer = infer_new(err);
    if (l->infer == NULL)
        return STATUS_NO_MEMORY;
    status = survey_visit(l, infer_line, err);
    if (status != STATUS_OK)
        return status;
    schema = infer_schema(l->infer, err);
    if (schema == NULL)
        return err->status;
    l->examples->schema = schema_read(schema, "/schema", err);
    json_decref(schema);
    return l->examples->schema == NULL ? err->status : STATUS_OK;
}

/* The first history of a handy length, else the first one that is not too long. */
static void offer_golden(struct loading *l, json_t *history, uint32_t length)
{
    struct examples *examples = l->examples;
    bool is_handy = length >= GOLDEN_LEAST && length <= GOLDEN_MOST;

    if (length > GOLDEN_LIMIT || l->has_handy_golden || (examples->golden && !is_handy))
        return;
    json_decref(examples->golden);
    examples->golden = json_incref(history);
    l->has_handy_golden = is_handy;
}

static enum status decode_line(void *context, const struct entry *entry,
                               struct error *err)
{
    struct loading *l = context;
    struct examples *examples = l->examples;
    enum status status = check_unchanged(l, entry, err);
    struct example example;

    if (status != STATUS_OK)
        return status;
    bool learns = l->lines[entry->number].part == PART_LEARN;
    if (l->is_raw && !learns)
        return STATUS_OK;
    status = history_decode(&example.history, examples->schema, entry->history,
                            EVENTS_MOST, "", &examples->arena, err);
    if (status != STATUS_OK)
        return status;
    example.action = (uint32_t)survey_find_action(l, entry->label);
    if (learns)
        examples->learn[l->learn++] = example;
    else
        examples->validate[l->validate++] = example;
    if (!l->is_raw)
        offer_golden(l, entry->history, example.history.length);
    return STATUS_OK;
}

/* Decode everything; raw, only what learns. */
static enum status decode_all(struct loading *l, bool is_raw, struct error *err)
{
    enum status status;

    l->is_raw = is_raw;
    l->learn = l->validate = 0;
    status = survey_visit(l, decode_line, err);
    l->examples->learn_count = l->learn;
    l->examples->validate_count = l->validate;
    return status;
}

/* Measure the scales of a schema that was inferred. */
static enum status measure_scales(struct loading *l, struct error *err)
{
    struct examples *examples = l->examples;
    const struct history **histories;
    enum status status;

    schema_begin_raw(examples->schema);
    status = decode_all(l, true, err);
    if (status != STATUS_OK)
        return status;
    histories = calloc(examples->learn_count + 1, sizeof *histories);
    if (histories == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < examples->learn_count; i++)
        histories[i] = &examples->learn[i].history;
    status = schema_end_raw(examples->schema, histories, examples->learn_count, err);
    free(histories);
    arena_reset(&examples->arena);
    return status;
}

/* Everything from the survey on, with the bad lines that are known so far left out. */
static enum status load(struct loading *l, const json_t *schema, const json_t *actions,
                        uint64_t seed, struct error *err)
{
    struct examples *examples = l->examples;
    enum status status = survey(l, actions, seed, err);

    if (status == STATUS_OK)
        status = find_schema(l, schema, err);
    if (status != STATUS_OK)
        return status;
    examples->learn = calloc(l->line_count, sizeof *examples->learn);
    examples->validate = calloc(l->line_count, sizeof *examples->validate);
    if (examples->learn == NULL || examples->validate == NULL)
        return error_no_memory(err);
    if (schema == NULL)
        status = measure_scales(l, err);
    return status == STATUS_OK ? decode_all(l, false, err) : status;
}

/* Forget all but which lines are bad. */
static void forget(struct examples *examples)
{
    for (size_t i = 0; i < examples->action_count; i++)
        free(examples->actions[i]);
    free(examples->actions);
    free(examples->learn);
    free(examples->validate);
    json_decref(examples->golden);
    schema_free(examples->schema);
    arena_release(&examples->arena);
    *examples = (struct examples){.skip = examples->skip};
    arena_init(&examples->arena, SIZE_MAX);
}

/* The files are read several times. */
static enum status check_files(const char *const *files, size_t count, struct error *err)
{
    struct stat stat_of;

    for (size_t i = 0; i < count; i++) {
        if (stat(files[i], &stat_of) != 0)
            return error_set(err, STATUS_IO, files[i], "could not open: %m");
        if (!S_ISREG(stat_of.st_mode))
            return error_set(err, STATUS_IO, files[i],
                             "is not a regular file; it is read more than once");
    }
    return STATUS_OK;
}

enum status examples_load(struct examples *examples, const char *const *files,
                          size_t count, const struct keys *keys, bool skip_bad,
                          const json_t *schema, const json_t *actions, uint64_t seed,
                          struct error *err)
{
    enum status status;
    size_t bad;

    memset(examples, 0, sizeof *examples);
    examples->skip.allowed = skip_bad;
    status = check_files(files, count, err);
    if (status != STATUS_OK)
        return status;
    /* A line found bad late has already had a say in the schema: begin again without it. */
    do {
        struct loading l = {
            .examples = examples, .files = files, .file_count = count, .keys = keys};
        forget(examples);
        bad = examples->skip.count;
        l.index = json_object();
        status =
            l.index == NULL ? error_no_memory(err) : load(&l, schema, actions, seed, err);
        infer_free(l.infer);
        free(l.lines);
        json_decref(l.index);
    } while (status == STATUS_OK && examples->skip.count != bad);
    return status;
}

void examples_release(struct examples *examples)
{
    free(examples->skip.is_bad);
    examples->skip = (struct skip){0};
    forget(examples);
}

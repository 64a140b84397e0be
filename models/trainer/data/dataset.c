/* See dataset.h. */
#include "data/dataset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "data/cases.h"
#include "data/place.h"

#define KEYS(member) offsetof(struct keys, member)

/* clang-format off */
const struct option_def keys_options[] = {
    {"id", OPTION_TEXT, KEYS(id), "", 0, 0, NULL, "key of a history's name; when empty id, in CSV case"},
    {"label", OPTION_TEXT, KEYS(label), "action", 0, 0, NULL, "key of the action that was right"},
    {"events", OPTION_TEXT, KEYS(events), "events", 0, 0, NULL, "key of the array of events, in JSON Lines"},
    {"event", OPTION_TEXT, KEYS(event), "event", 0, 0, NULL, "key of an event's name"},
    {"time", OPTION_TEXT, KEYS(time), "time", 0, 0, NULL, "key of an event's time"},
    {"split", OPTION_TEXT, KEYS(split), "", 0, 0, NULL, "key that says train, val or test; training never looks at test"},
    {"skip-bad", OPTION_SWITCH, KEYS(skip_bad), "false", 0, 0, NULL, "list what cannot be read and go on"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

struct dataset {
    const struct data_files *data;
    struct cases **cases; /* [file_count] NULL for JSON Lines; owned */
    enum task target;
};

/* What stays the same during one visit. */
struct visit {
    const struct dataset *dataset;
    bool wants_test;
    struct skip *skip;
    entry_visitor *visitor;
    void *context;
};

static enum status check_files(const struct data_files *data, struct error *err)
{
    struct stat stat_of;

    for (size_t i = 0; i < data->file_count; i++) {
        if (stat(data->files[i], &stat_of) != 0)
            return error_set(err, STATUS_IO, data->files[i], "could not open: %m");
        if (!S_ISREG(stat_of.st_mode))
            return error_set(err, STATUS_IO, data->files[i],
                             "is not a regular file; it is read more than once");
    }
    return STATUS_OK;
}

static enum status read_cases(struct dataset *dataset, struct error *err)
{
    const struct data_files *data = dataset->data;

    dataset->cases = calloc(data->file_count + 1, sizeof *dataset->cases);
    if (dataset->cases == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < data->file_count; i++) {
        if (!cases_are_in(data->files[i]))
            continue;
        dataset->cases[i] = cases_read(data->files[i], data->keys, dataset->target, err);
        if (dataset->cases[i] == NULL)
            return err->status;
    }
    return STATUS_OK;
}

struct dataset *dataset_new(const struct data_files *data, enum task target,
                            struct error *err)
{
    struct dataset *dataset;

    if (check_files(data, err) != STATUS_OK)
        return NULL;
    dataset = calloc(1, sizeof *dataset);
    if (dataset == NULL) {
        error_no_memory(err);
        return NULL;
    }
    dataset->data = data;
    dataset->target = target;
    if (read_cases(dataset, err) == STATUS_OK)
        return dataset;
    dataset_free(dataset);
    return NULL;
}

void dataset_free(struct dataset *dataset)
{
    if (dataset == NULL)
        return;
    for (size_t i = 0; dataset->cases != NULL && i < dataset->data->file_count; i++)
        cases_free(dataset->cases[i]);
    free(dataset->cases);
    free(dataset);
}

void dataset_obey(struct dataset *dataset, const struct schema *schema)
{
    for (size_t i = 0; i < dataset->data->file_count; i++)
        if (dataset->cases[i] != NULL)
            cases_obey(dataset->cases[i], schema);
}

static bool is_the_datas_fault(enum status status)
{
    return status == STATUS_BAD_INPUT || status == STATUS_BAD_JSON ||
           status == STATUS_TOO_LARGE;
}

/* What becomes of a history that could not be used: the visit ends, or it is skipped. */
static enum status settle(const struct visit *v, const struct entry *entry,
                          const struct error *inner, struct error *err)
{
    struct error shown = {0};

    if (!is_the_datas_fault(inner->status) || !v->skip->allowed) {
        place_error(entry, v->dataset->data->keys, inner, err);
        return inner->status;
    }
    place_error(entry, v->dataset->data->keys, inner, &shown);
    fprintf(stderr, "skipped %s: %s", shown.where, shown.text);
    if (shown.expected[0] != '\0')
        fprintf(stderr, " (expected %s, received %s)", shown.expected, shown.received);
    fputc('\n', stderr);
    return skip_add(v->skip, entry->number) ? STATUS_OK : error_no_memory(err);
}

/* A history that was read: translated and shown, if its part is wanted. */
static enum status show(const struct visit *v, struct entry *entry, struct error *err)
{
    const struct keys *keys = v->dataset->data->keys;
    enum status status = entry_read_part(entry, keys, err);

    if (status != STATUS_OK || (entry->part == PART_TEST && !v->wants_test))
        return status;
    status = entry_read(entry, keys, v->dataset->target, err);
    return status == STATUS_OK ? v->visitor(v->context, entry, err) : status;
}

/* Who begins with a line that is no JSON has perhaps another kind of file. */
static enum status refuse_line(const struct entry *entry, const char *line,
                               const struct error *inner, struct error *err)
{
    bool is_strange = entry->line == 1 && line[strspn(line, " \t")] != '{';

    if (inner->status != STATUS_BAD_JSON)
        return error_no_memory(err);
    return error_set(
        err, inner->status, "", "%.90s%s", inner->text,
        is_strange ? "; each line must be a history (CSV: name it .csv or .tsv)" : "");
}

static enum status visit_line(const struct visit *v, struct entry *entry,
                              const char *line, size_t length, struct error *err)
{
    struct error inner = {0};
    enum status status;

    entry->history = json_read(line, length, &inner);
    if (entry->history == NULL)
        return refuse_line(entry, line, &inner, err);
    status =
        json_is_object(entry->history)
            ? show(v, entry, err)
            : error_mismatch(err, STATUS_BAD_INPUT, "", "an object",
                             json_kind(entry->history), "a line must hold an object");
    entry_release(entry);
    return status;
}

static bool is_blank(const char *line, size_t length)
{
    return strspn(line, " \t\r\n") == length;
}

/* Bytes of a byte order mark, which some programs put in front of a file. */
static size_t mark_length(const char *line, size_t length)
{
    return length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static enum status visit_lines(const struct visit *v, FILE *in, struct entry *entry,
                               struct error *err)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    enum status status = STATUS_OK;

    while (status == STATUS_OK && (length = getline(&line, &room, in)) >= 0) {
        struct error inner = {0};
        size_t mark = entry->line++ == 0 ? mark_length(line, (size_t)length) : 0;
        if (is_blank(line + mark, (size_t)length - mark))
            continue;
        if (!skip_has(v->skip, entry->number) &&
            visit_line(v, entry, line + mark, (size_t)length - mark, &inner) != STATUS_OK)
            status = settle(v, entry, &inner, err);
        entry->number++;
    }
    if (status == STATUS_OK && ferror(in))
        status =
            error_set(err, STATUS_IO, entry->file, "could not read: %s", strerror(errno));
    free(line);
    return status;
}

static enum status visit_file(const struct visit *v, struct entry *entry,
                              struct error *err)
{
    FILE *in = fopen(entry->file, "r");
    enum status status;

    if (in == NULL)
        return error_set(err, STATUS_IO, entry->file, "could not open: %s",
                         strerror(errno));
    entry->line = 0;
    status = visit_lines(v, in, entry, err);
    fclose(in);
    return status;
}

static enum status visit_case(const struct visit *v, struct entry *entry,
                              struct cases *cases, size_t index, struct error *err)
{
    enum status status;

    entry->history =
        cases_history(cases, index, &entry->event_lines, &entry->event_count, err);
    entry->line = entry->event_count > 0 ? entry->event_lines[0] : 1;
    status = entry->history == NULL ? err->status : show(v, entry, err);
    entry_release(entry);
    return status;
}

static enum status visit_cases(const struct visit *v, struct entry *entry,
                               struct cases *cases, struct error *err)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < cases_count(cases) && status == STATUS_OK; i++) {
        struct error inner = {0};
        if (!skip_has(v->skip, entry->number) &&
            visit_case(v, entry, cases, i, &inner) != STATUS_OK)
            status = settle(v, entry, &inner, err);
        entry->number++;
    }
    entry->event_lines = NULL;
    return status;
}

enum status dataset_visit(struct dataset *dataset, bool wants_test, struct skip *skip,
                          entry_visitor *visitor, void *context, struct error *err)
{
    const struct visit v = {dataset, wants_test, skip, visitor, context};
    struct entry entry = {0};
    enum status status = STATUS_OK;

    for (size_t i = 0; i < dataset->data->file_count && status == STATUS_OK; i++) {
        entry.file = dataset->data->files[i];
        status = dataset->cases[i] == NULL
                     ? visit_file(&v, &entry, err)
                     : visit_cases(&v, &entry, dataset->cases[i], err);
    }
    return status;
}

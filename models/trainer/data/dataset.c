/*
 * A visit reads every file in turn, numbers its histories, and gives each one that is not skipped
 * to the visitor.  Numbers are the same in every visit, as long as the files do not change.
 */
#include "data/dataset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "data/cases.h"
#include "data/csv.h"

struct dataset {
    const struct data_files *data;
    struct cases **cases; /* [file_count] NULL for JSON Lines; owned */
    enum task task;
};

/* What does not change during one visit. */
struct visit {
    const struct dataset *dataset;
    const struct dataset_visitor *visitor;
};

/* ---- the files ---- */

static enum status check_files(const struct data_files *data, struct error *err)
{
    struct stat info;
    for (size_t i = 0; i < data->file_count; i++) {
        if (stat(data->files[i], &info) != 0)
            return error_set(err, STATUS_IO, data->files[i], "could not open: %m");
        if (!S_ISREG(info.st_mode))
            return error_set(err, STATUS_IO, data->files[i],
                             "not a regular file (it is read more than once)");
    }
    return STATUS_OK;
}

static enum status read_csv_files(struct dataset *dataset, struct error *err)
{
    const struct data_files *data = dataset->data;
    dataset->cases = calloc(data->file_count + 1, sizeof *dataset->cases);
    if (!dataset->cases)
        return error_no_memory(err);
    for (size_t i = 0; i < data->file_count; i++) {
        if (!csv_has_extension(data->files[i]))
            continue;
        dataset->cases[i] = cases_read(data->files[i], data->keys, dataset->task, err);
        if (!dataset->cases[i])
            return err->status;
    }
    return STATUS_OK;
}

struct dataset *dataset_new(const struct data_files *data, enum task task,
                            struct error *err)
{
    if (check_files(data, err) != STATUS_OK)
        return NULL;
    struct dataset *dataset = calloc(1, sizeof *dataset);
    if (!dataset) {
        error_no_memory(err);
        return NULL;
    }
    dataset->data = data;
    dataset->task = task;
    if (read_csv_files(dataset, err) == STATUS_OK)
        return dataset;
    dataset_free(dataset);
    return NULL;
}

void dataset_free(struct dataset *dataset)
{
    if (!dataset)
        return;
    for (size_t i = 0; dataset->cases && i < dataset->data->file_count; i++)
        cases_free(dataset->cases[i]);
    free(dataset->cases);
    free(dataset);
}

void dataset_apply_schema(struct dataset *dataset, const struct schema *schema)
{
    for (size_t i = 0; i < dataset->data->file_count; i++)
        if (dataset->cases[i])
            cases_apply_schema(dataset->cases[i], schema);
}

/* ---- bad records ---- */

static bool is_skipped(const struct skip_list *skips, size_t number)
{
    return number < skips->capacity && skips->is_skipped[number];
}

static enum status skip_list_add(struct skip_list *skips, size_t number,
                                 struct error *err)
{
    if (number >= skips->capacity) {
        size_t capacity = 2 * number + 64;
        bool *grown = realloc(skips->is_skipped, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(err);
        memset(grown + skips->capacity, 0, (capacity - skips->capacity) * sizeof *grown);
        skips->is_skipped = grown;
        skips->capacity = capacity;
    }
    skips->is_skipped[number] = true;
    skips->count++;
    return STATUS_OK;
}

void skip_list_release(struct skip_list *skips)
{
    free(skips->is_skipped);
    *skips = (struct skip_list){.count = 0};
}

/* A record could not be used: it is listed on stderr and skipped, or the visit fails. */
static enum status handle_failure(const struct visit *v, const struct record *record,
                                  const struct error *inner, struct error *err)
{
    const struct data_keys *keys = v->dataset->data->keys;
    struct skip_list *skips = v->visitor->skips;
    bool is_bad_data = inner->status == STATUS_BAD_INPUT ||
                       inner->status == STATUS_BAD_JSON ||
                       inner->status == STATUS_TOO_LARGE;
    if (!is_bad_data || !skips->is_allowed) {
        record_error(record, keys, inner, err);
        return inner->status;
    }
    struct error shown = {0};
    record_error(record, keys, inner, &shown);
    fprintf(stderr, "skipped %s: %s", shown.where, shown.text);
    if (shown.expected[0] != '\0')
        fprintf(stderr, " (expected %s, received %s)", shown.expected, shown.received);
    fputc('\n', stderr);
    return skip_list_add(skips, record->number, err);
}

/* Give a history to the visitor, if its part of the split is wanted. */
static enum status visit_history(const struct visit *v, struct record *record,
                                 struct error *err)
{
    const struct data_keys *keys = v->dataset->data->keys;
    RETURN_IF_ERROR(record_read_part(record, keys, err));
    if (record->part == PART_TEST && !v->visitor->wants_test)
        return STATUS_OK;
    RETURN_IF_ERROR(record_read(record, keys, v->dataset->task, err));
    return v->visitor->visit(v->visitor->context, record, err);
}

/* ---- JSON Lines ---- */

/*
 * The error of a line that is not JSON.  If the first line does not begin with a brace, the file is
 * probably of another kind.
 */
static enum status refuse_line(const struct record *record, const char *line,
                               const struct error *inner, struct error *err)
{
    if (inner->status != STATUS_BAD_JSON)
        return error_no_memory(err);
    bool is_other_kind = record->line == 1 && line[strspn(line, " \t")] != '{';
    return error_set(
        err, inner->status, "", "%.90s%s", inner->text,
        is_other_kind ? "; each line must be a history (CSV: name it .csv or .tsv)" : "");
}

static enum status visit_line(const struct visit *v, struct record *record,
                              const char *line, size_t length, struct error *err)
{
    struct error inner = {0};
    record->history = json_read(line, length, &inner);
    if (!record->history)
        return refuse_line(record, line, &inner, err);
    enum status status;
    if (json_is_object(record->history))
        status = visit_history(v, record, err);
    else
        status = error_mismatch(err, STATUS_BAD_INPUT, "", "an object",
                                json_kind(record->history), "the line is not an object");
    record_release(record);
    return status;
}

/* The length of the byte order mark that some programs write at the beginning of a file. */
static size_t mark_bytes(const char *line, size_t length)
{
    return length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static enum status visit_lines(const struct visit *v, FILE *in, struct record *record,
                               struct error *err)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t got;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (got = getline(&line, &capacity, in)) >= 0) {
        size_t mark = record->line++ == 0 ? mark_bytes(line, (size_t)got) : 0;
        size_t length = (size_t)got - mark;
        const char *text = line + mark;
        if (strspn(text, " \t\r\n") == length)
            continue;
        if (!is_skipped(v->visitor->skips, record->number)) {
            struct error inner = {0};
            if (visit_line(v, record, text, length, &inner) != STATUS_OK)
                status = handle_failure(v, record, &inner, err);
        }
        record->number++;
    }
    if (status == STATUS_OK && ferror(in))
        status = error_set(err, STATUS_IO, record->file, "could not read: %s",
                           strerror(errno));
    free(line);
    return status;
}

static enum status visit_json_lines(const struct visit *v, struct record *record,
                                    struct error *err)
{
    FILE *in = fopen(record->file, "r");
    if (!in)
        return error_set(err, STATUS_IO, record->file, "could not open: %s",
                         strerror(errno));
    record->line = 0;
    enum status status = visit_lines(v, in, record, err);
    fclose(in);
    return status;
}

/* ---- CSV ---- */

static enum status visit_case(const struct visit *v, struct record *record,
                              struct cases *cases, size_t index, struct error *err)
{
    record->history =
        cases_history(cases, index, &record->event_lines, &record->event_count, err);
    record->line = record->event_count > 0 ? record->event_lines[0] : 1;
    enum status status = record->history ? visit_history(v, record, err) : err->status;
    record_release(record);
    return status;
}

static enum status visit_cases(const struct visit *v, struct record *record,
                               struct cases *cases, struct error *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < cases_count(cases) && status == STATUS_OK; i++) {
        if (!is_skipped(v->visitor->skips, record->number)) {
            struct error inner = {0};
            if (visit_case(v, record, cases, i, &inner) != STATUS_OK)
                status = handle_failure(v, record, &inner, err);
        }
        record->number++;
    }
    record->event_lines = NULL;
    return status;
}

enum status dataset_visit(struct dataset *dataset, const struct dataset_visitor *visitor,
                          struct error *err)
{
    const struct visit v = {.dataset = dataset, .visitor = visitor};
    struct record record = {0};
    for (size_t i = 0; i < dataset->data->file_count; i++) {
        record.file = dataset->data->files[i];
        if (dataset->cases[i])
            RETURN_IF_ERROR(visit_cases(&v, &record, dataset->cases[i], err));
        else
            RETURN_IF_ERROR(visit_json_lines(&v, &record, err));
    }
    return STATUS_OK;
}

/*
 * The scan keeps 24 bytes for each record, so that later passes can look up its role before they
 * decode it.
 */
#include "data/data_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "base/timestamp.h"

enum { POINTER_BYTES = 96 };

/* The stream of the random numbers that choose validation records. */
#define VALIDATION_STREAM UINT64_C(0x5017000000000000)

enum status data_scan_init(struct data_scan *scan, struct error *err)
{
    *scan = (struct data_scan){.count = 0};
    return actions_init(&scan->actions, err);
}

void data_scan_release(struct data_scan *scan)
{
    free(scan->records);
    actions_release(&scan->actions);
    *scan = (struct data_scan){.count = 0};
}

/* ---- reading ---- */

struct scanning {
    struct data_scan *scan;
    const char *label; /* the key of labels */
    enum task task;
};

static int64_t time_of_event(const json_t *event)
{
    const json_t *time = json_object_get(event, "time");
    int64_t micros = INT64_MAX;
    if (json_is_string(time))
        (void)timestamp_parse(json_string_value(time), json_string_length(time), &micros);
    else if (json_is_number(time))
        (void)timestamp_from_seconds(json_number_value(time), &micros);
    return micros;
}

/* The earliest time of a history; INT64_MAX without times. */
static int64_t start_of_history(const json_t *history)
{
    int64_t start = INT64_MAX;
    const json_t *event;
    size_t i;
    json_array_foreach(json_object_get(history, "events"), i, event)
    {
        int64_t micros = time_of_event(event);
        start = micros < start ? micros : start;
    }
    return start;
}

/* Add a label to the actions.  If the list is closed, the label must be in it. */
static enum status note_label(struct data_scan *scan, const char *label,
                              const char *where, struct error *err)
{
    struct actions *actions = &scan->actions;
    if (actions_find(actions, label) != ACTION_OTHER || scan->for_evaluation)
        return STATUS_OK;
    if (!actions->is_closed)
        return actions_add(actions, label, err);
    return error_mismatch(err, STATUS_BAD_INPUT, where, "an action of the recipe", label,
                          "the label is not one of the recipe's actions");
}

static enum status note_labels(const struct scanning *s, const struct record *record,
                               struct error *err)
{
    char where[POINTER_BYTES];
    if (s->task == TASK_LAST)
        return note_label(s->scan, record->label,
                          pointer_join(where, sizeof where, "", s->label), err);
    for (size_t i = 0; i < json_array_size(record->labels); i++) {
        pointer_join_index(where, sizeof where, "/events", i);
        pointer_join(where, sizeof where, where, s->label);
        const char *label = json_string_value(json_array_get(record->labels, i));
        RETURN_IF_ERROR(note_label(s->scan, label, where, err));
    }
    return STATUS_OK;
}

static enum status scan_record(void *context, const struct record *record,
                               struct error *err)
{
    const struct scanning *s = context;
    struct data_scan *scan = s->scan;
    if (record->number >= scan->capacity) {
        size_t capacity = 2 * record->number + 1024;
        struct scanned_record *grown = realloc(scan->records, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(err);
        memset(grown + scan->capacity, 0, (capacity - scan->capacity) * sizeof *grown);
        scan->records = grown;
        scan->capacity = capacity;
    }
    RETURN_IF_ERROR(note_labels(s, record, err));
    scan->records[record->number] =
        (struct scanned_record){.part = record->part,
                                .is_used = true,
                                .start_us = start_of_history(record->history)};
    scan->count = record->number + 1;
    return STATUS_OK;
}

enum status data_scan_read(struct data_scan *scan, struct dataset *dataset,
                           const struct data_files *data, enum task task,
                           struct skip_list *skips, struct error *err)
{
    struct scanning s = {.scan = scan, .label = data->keys->label, .task = task};
    const struct dataset_visitor visitor = {.wants_test = scan->for_evaluation,
                                            .skips = skips,
                                            .visit = scan_record,
                                            .context = &s};
    RETURN_IF_ERROR(dataset_visit(dataset, &visitor, err));
    if (scan->count == 0)
        return error_set(err, STATUS_BAD_INPUT, data->files[0],
                         "the file has no history%s",
                         skips->count > 0             ? " that can be read"
                         : *data->keys->split != '\0' ? " outside the part test"
                                                      : "");
    if (!scan->actions.is_closed)
        actions_sort(&scan->actions);
    return STATUS_OK;
}

/* ---- roles for training ---- */

struct candidate {
    int64_t start_us;
    size_t number;
};

/* By start, then by number. */
static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->start_us != y->start_us)
        return x->start_us < y->start_us ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Make a fifth of the `count` training records validation records. */
static enum status choose_validation(struct data_scan *scan, size_t count, uint64_t seed,
                                     struct error *err)
{
    struct candidate *candidates = calloc(count, sizeof *candidates);
    size_t *order = calloc(count, sizeof *order), next = 0;
    enum status status = STATUS_OK;
    if (!candidates || !order) {
        status = error_no_memory(err);
        goto out;
    }
    for (size_t i = 0; i < scan->count; i++)
        if (scan->records[i].role == ROLE_TRAIN)
            candidates[next++] =
                (struct candidate){.start_us = scan->records[i].start_us, .number = i};
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    if (scan->validation_source == VALIDATION_LATEST) {
        qsort(candidates, count, sizeof *candidates, compare_candidates);
    } else {
        struct random random;
        random_init(&random, seed, VALIDATION_STREAM);
        random_shuffle(&random, order, count);
    }
    for (size_t i = count - count / 5; i < count; i++)
        scan->records[candidates[order[i]].number].role = ROLE_VALIDATE;
out:
    free(order);
    free(candidates);
    return status;
}

enum status data_scan_split(struct data_scan *scan, const char *file, uint64_t seed,
                            struct error *err)
{
    size_t train_count = 0;
    bool has_validation = false, has_times = true;
    for (size_t i = 0; i < scan->count; i++) {
        struct scanned_record *record = &scan->records[i];
        if (!record->is_used)
            continue;
        if (record->part == PART_VALIDATION) {
            record->role = ROLE_VALIDATE;
            has_validation = true;
            continue;
        }
        record->role = ROLE_TRAIN;
        has_times = has_times && record->start_us != INT64_MAX;
        train_count++;
    }
    if (train_count == 0)
        return error_set(err, STATUS_BAD_INPUT, file, "no history to train on");
    scan->validation_source = has_validation ? VALIDATION_GIVEN
                              : has_times    ? VALIDATION_LATEST
                                             : VALIDATION_RANDOM;
    return has_validation ? STATUS_OK : choose_validation(scan, train_count, seed, err);
}

/* ---- roles for evaluation ---- */

/* The part of that name; PART_NONE for "all". */
static enum status find_part(const char *name, bool has_split, enum part *part,
                             struct error *err)
{
    static const char *const names[] = {[PART_TRAIN] = "train",
                                        [PART_VALIDATION] = "val",
                                        [PART_TEST] = "test",
                                        [PART_NONE] = "all"};
    if (*name == '\0')
        name = has_split ? "test" : "all";
    int i = 0;
    while (i <= PART_NONE && strcmp(name, names[i]) != 0)
        i++;
    if (i > PART_NONE)
        return error_mismatch(err, STATUS_BAD_OPTION, "--part", "train, val, test or all",
                              name, "no part \"%.64s\"", name);
    *part = (enum part)i;
    if (*part != PART_NONE && !has_split)
        return error_set(err, STATUS_BAD_OPTION, "--part",
                         "part \"%s\" needs --split, the key of the parts", name);
    return STATUS_OK;
}

enum status data_scan_select(struct data_scan *scan, const struct data_files *data,
                             const char *part_name, struct error *err)
{
    enum part part = PART_NONE;
    size_t count = 0;
    RETURN_IF_ERROR(find_part(part_name, *data->keys->split != '\0', &part, err));
    for (size_t i = 0; i < scan->count; i++) {
        struct scanned_record *record = &scan->records[i];
        record->role = ROLE_NONE;
        if (!record->is_used)
            continue;
        if (part == PART_NONE || record->part == part) {
            record->role = ROLE_EVALUATE;
            count++;
        } else if (record->part != PART_TEST) {
            record->role = ROLE_TRAIN;
        }
    }
    return count > 0 ? STATUS_OK
                     : error_set(err, STATUS_BAD_INPUT, data->files[0],
                                 "no history belongs to the part that is evaluated");
}

enum status data_scan_role(const struct data_scan *scan, const struct record *record,
                           enum role *role, struct error *err)
{
    if (record->number >= scan->count || !scan->records[record->number].is_used)
        return error_set(err, STATUS_IO, "", "the file changed while it was being read");
    *role = scan->records[record->number].role;
    return STATUS_OK;
}

/* See survey.h. */
#include "data/survey.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "base/timestamp.h"

/* Everything the visitor needs. */
struct reading {
    struct survey *survey;
    const struct keys *keys;
    enum task target;
};

enum status survey_init(struct survey *survey, struct error *err)
{
    memset(survey, 0, sizeof *survey);
    return actions_init(&survey->actions, err);
}

void survey_release(struct survey *survey)
{
    free(survey->lines);
    actions_release(&survey->actions);
    memset(survey, 0, sizeof *survey);
}

static int64_t time_of(const json_t *event)
{
    const json_t *time = json_object_get(event, "time");
    int64_t moment = INT64_MAX;

    if (json_is_string(time))
        (void)timestamp_parse(json_string_value(time), json_string_length(time), &moment);
    else if (json_is_number(time))
        (void)timestamp_from_seconds(json_number_value(time), &moment);
    return moment;
}

/* The earliest time of a history; INT64_MAX without one. */
static int64_t start_of(const json_t *history)
{
    const json_t *event;
    int64_t start = INT64_MAX;
    size_t i;

    json_array_foreach(json_object_get(history, "events"), i, event)
    {
        int64_t moment = time_of(event);
        start = moment < start ? moment : start;
    }
    return start;
}

/* A label becomes an action, or must be one when they are closed. */
static enum status note_label(const struct reading *r, const char *label,
                              const char *where, struct error *err)
{
    struct actions *actions = &r->survey->actions;

    if (actions_find(actions, label) != ACTION_OTHER || r->survey->judges)
        return STATUS_OK;
    if (!actions->is_closed)
        return actions_add(actions, label, err);
    return error_mismatch(err, STATUS_BAD_INPUT, where, "an action of the recipe", label,
                          "the label is none of the recipe's actions");
}

static enum status note_labels(const struct reading *r, const struct entry *entry,
                               struct error *err)
{
    char where[96];
    enum status status = STATUS_OK;

    if (r->target == TASK_LAST)
        return note_label(r, entry->label,
                          pointer_join(where, sizeof where, "", r->keys->label), err);
    for (size_t i = 0; i < json_array_size(entry->labels) && status == STATUS_OK; i++) {
        pointer_join_index(where, sizeof where, "/events", i);
        pointer_join(where, sizeof where, where, r->keys->label);
        status = note_label(r, json_string_value(json_array_get(entry->labels, i)), where,
                            err);
    }
    return status;
}

static enum status read_entry(void *context, const struct entry *entry, struct error *err)
{
    const struct reading *r = context;
    struct survey *survey = r->survey;
    enum status status;

    if (entry->number >= survey->capacity) {
        size_t capacity = 2 * entry->number + 1024;
        struct line *grown = realloc(survey->lines, capacity * sizeof *grown);
        if (grown == NULL)
            return error_no_memory(err);
        memset(grown + survey->capacity, 0,
               (capacity - survey->capacity) * sizeof *grown);
        survey->lines = grown;
        survey->capacity = capacity;
    }
    status = note_labels(r, entry, err);
    if (status != STATUS_OK)
        return status;
    survey->lines[entry->number] = (struct line){
        .part = entry->part, .is_used = true, .start = start_of(entry->history)};
    survey->count = entry->number + 1;
    return STATUS_OK;
}

enum status survey_read(struct survey *survey, struct dataset *dataset,
                        const struct data_files *data, enum task target,
                        struct skip *skip, struct error *err)
{
    struct reading r = {survey, data->keys, target};
    enum status status =
        dataset_visit(dataset, survey->judges, skip, read_entry, &r, err);

    if (status == STATUS_OK && survey->count == 0)
        return error_set(err, STATUS_BAD_INPUT, data->files[0],
                         "there is no history in it%s",
                         skip->count > 0              ? " that can be read"
                         : *data->keys->split != '\0' ? " outside the part test"
                                                      : "");
    if (status == STATUS_OK && !survey->actions.is_closed)
        actions_sort(&survey->actions);
    return status;
}

struct candidate {
    int64_t start;
    size_t number;
};

static int by_start(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Roles by the parts alone; returns how many learn. */
static size_t roles_by_part(struct survey *survey, bool *has_validation, bool *has_times)
{
    size_t count = 0;

    *has_validation = false;
    *has_times = true;
    for (size_t i = 0; i < survey->count; i++) {
        struct line *line = &survey->lines[i];
        if (!line->is_used)
            continue;
        line->role = line->part == PART_VALIDATE ? ROLE_VALIDATE : ROLE_LEARN;
        *has_validation = *has_validation || line->role == ROLE_VALIDATE;
        if (line->role != ROLE_LEARN)
            continue;
        *has_times = *has_times && line->start != INT64_MAX;
        count++;
    }
    return count;
}

/* Of count lines that learn, the last fifth in time, or in random order, validates. */
static enum status draw_validation(struct survey *survey, size_t count, bool has_times,
                                   uint64_t seed, struct error *err)
{
    struct candidate *candidates = calloc(count, sizeof *candidates);
    size_t *order = calloc(count, sizeof *order), next = 0;
    bool is_whole = candidates != NULL && order != NULL;
    struct random random;

    for (size_t i = 0; is_whole && i < survey->count; i++)
        if (survey->lines[i].role == ROLE_LEARN)
            candidates[next++] = (struct candidate){survey->lines[i].start, i};
    for (size_t i = 0; is_whole && i < count; i++)
        order[i] = i;
    random_init(&random, seed, UINT64_C(0x5017000000000000));
    if (is_whole && has_times)
        qsort(candidates, count, sizeof *candidates, by_start);
    else if (is_whole)
        random_shuffle(&random, order, count);
    for (size_t i = count - count / 5; is_whole && i < count; i++)
        survey->lines[candidates[order[i]].number].role = ROLE_VALIDATE;
    free(candidates);
    free(order);
    return is_whole ? STATUS_OK : error_no_memory(err);
}

enum status survey_choose(struct survey *survey, const char *file, uint64_t seed,
                          struct error *err)
{
    bool has_validation, has_times;
    size_t count = roles_by_part(survey, &has_validation, &has_times);

    if (count == 0)
        return error_set(err, STATUS_BAD_INPUT, file,
                         "no line of it is there to learn from");
    survey->validation = has_validation ? ""
                         : has_times    ? " (the last fifth in time)"
                                        : " (a fifth, drawn at random)";
    return has_validation ? STATUS_OK
                          : draw_validation(survey, count, has_times, seed, err);
}

/* The part of that name; PART_NONE stands for all. */
static enum status part_of(const char *name, bool has_split, enum part *part,
                           struct error *err)
{
    static const char *const names[] = {"train", "val", "test", "all"};
    int i = 0;

    if (*name == '\0')
        name = has_split ? "test" : "all";
    while (i <= PART_NONE && strcmp(name, names[i]) != 0)
        i++;
    if (i > PART_NONE)
        return error_mismatch(err, STATUS_BAD_OPTION, "--part", "train, val, test or all",
                              name, "there is no part \"%.64s\"", name);
    *part = (enum part)i;
    if (*part != PART_NONE && !has_split)
        return error_set(err, STATUS_BAD_OPTION, "--part",
                         "the part \"%s\" needs --split, the key that says which lines "
                         "belong to it",
                         name);
    return STATUS_OK;
}

enum status survey_judge(struct survey *survey, const struct data_files *data,
                         const char *name, struct error *err)
{
    enum part part = PART_NONE;
    size_t count = 0;
    enum status status = part_of(name, *data->keys->split != '\0', &part, err);

    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < survey->count; i++) {
        struct line *line = &survey->lines[i];
        bool is_judged = line->is_used && (part == PART_NONE || line->part == part);
        line->role = is_judged                                   ? ROLE_JUDGE
                     : !line->is_used || line->part == PART_TEST ? ROLE_NONE
                                                                 : ROLE_LEARN;
        count += is_judged;
    }
    return count > 0 ? STATUS_OK
                     : error_set(err, STATUS_BAD_INPUT, data->files[0],
                                 "no line of it belongs to the part that is judged");
}

enum status survey_role(const struct survey *survey, const struct entry *entry,
                        enum role *role, struct error *err)
{
    if (entry->number >= survey->count || !survey->lines[entry->number].is_used)
        return error_set(err, STATUS_IO, "", "the file changed while it was being read");
    *role = survey->lines[entry->number].role;
    return STATUS_OK;
}

/*
 * The passes over the tape, in order.  Each is shared among threads by ranges of histories; what a
 * range computes is stored at its own place, so the result does not depend on the threads.
 */
#include "data/examples.h"

#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/huge_pages.h"
#include "base/json.h"
#include "base/size.h"
#include "base/suggest.h"
#include "base/value.h"
#include "base/workers.h"
#include "data/actions.h"
#include "data/histories/encoder.h"
#include "data/histories/event_order.h"
#include "data/read/source.h"
#include "data/schema/scales.h"
#include "data/schema/schema_growth.h"
#include "data/schema/schema_inference.h"
#include "data/served.h"
#include "data/tape/tape_edit.h"
#include "data/warnings/leaks.h"
#include "data/warnings/warnings.h"
#include "model/schema.h"

enum {
    /* events of a golden history; up to LONGEST_GOLDEN if no history has so few */
    MIN_GOLDEN = 2,
    MAX_GOLDEN = 12,
    LONGEST_GOLDEN = 1000,
    RANGE_EVENTS = 4096, /* events of a task, about */
    POINTER_BYTES = 96
};

/* The sum of the exact probabilities may differ from 1 by so much, because they are rounded. */
static const double POSTERIOR_TOLERANCE = 1e-3;

/* What the passes share. */
struct loading {
    struct examples *examples;
    const struct data_files *data;
    struct workers *workers;
    struct tape tape;
    struct columns columns;
    struct histories histories;
    struct encoder encoder;
    struct problems problems;
    struct actions actions;
    const struct schema *schema; /* of the examples or of the model */
    const struct model *from;    /* that the training goes on from, or NULL */
    json_t *given_schema; /* whose scales are used where it has them; owned, or NULL */
    bool *comma_columns;  /* [columns] */
    enum task task;
    bool with_end, is_inferred, for_evaluation, has_split;
    size_t threads;
};

static bool has_split(const struct loading *l)
{
    const struct data_keys *keys = l->data->keys;
    if (*keys->split == '\0')
        return false;
    /* the split of a model need not be in other data */
    for (size_t i = 0; i < l->tape.column_count; i++)
        if (l->columns.roles[i] == COLUMN_SPLIT)
            return true;
    return !keys->may_fall_back;
}

/* ---- the right actions of an example ---- */

/* Labels [names.count] as actions. */
static uint32_t find_action(const struct loading *l, struct span label, uint32_t unknown)
{
    char name[LABEL_BYTES];
    if (label.length >= sizeof name)
        return unknown;
    memcpy(name, label.bytes, label.length);
    name[label.length] = '\0';
    uint32_t action = actions_find(&l->actions, name);
    return action == ACTION_OTHER ? unknown : action;
}

static uint32_t action_of_history(const struct loading *l, size_t history,
                                  uint32_t unknown)
{
    uint32_t label = l->histories.list[history].label;
    if (label == MAP_NONE)
        return ACTION_NONE;
    const struct strmap_key *key = &l->histories.labels.names.keys[label];
    return find_action(l, (struct span){.bytes = key->bytes, .length = key->length},
                       unknown);
}

/* TASK_NEXT: the next event; after the last event the end, if it is an action. */
static void set_next_actions(const struct loading *l, const struct history *history,
                             uint32_t unknown, uint32_t *actions)
{
    uint32_t last = history->length - 1;
    for (uint32_t t = 0; t < last; t++) {
        int64_t event = triage_schema_event_at(l->schema, history, t + 1);
        uint32_t action = event < 0 ? ACTION_OTHER : l->actions.of_event[event];
        actions[t] = action == ACTION_OTHER ? unknown : action;
    }
    uint32_t end = actions_find(&l->actions, END_OF_HISTORY);
    actions[last] = end == ACTION_OTHER ? ACTION_NONE : end;
}

/* TASK_EVERY: the label of each event or, if it has none, of its history; in the order of time. */
static void set_every_action(const struct loading *l, size_t index,
                             const struct history *history, const uint32_t *order,
                             uint32_t unknown, uint32_t *given, uint32_t *actions)
{
    struct tape_reader reader;
    struct tape_value value;
    char buffer[TAPE_TEXT_SIZE];
    uint32_t of_history = action_of_history(l, index, unknown);
    bool is_mark;
    tape_open(&reader, &l->tape, index);
    for (uint32_t i = 0; tape_open_event(&reader); i++) {
        given[i] = of_history;
        while (tape_next(&reader.cursor, &value)) {
            if (value.column != l->columns.label)
                continue;
            struct span text = label_text(&l->tape, &value, buffer, &is_mark);
            if (text.length > 0)
                given[i] = find_action(l, text, unknown);
        }
    }
    for (uint32_t t = 0; t < history->length; t++)
        actions[t] = given[order ? order[t] : t];
}

/* ---- ranges of histories ---- */

/* A task: histories [first, end), whose first event has this index among all encoded ones. */
struct range {
    size_t first, end;
    size_t example[ROLES]; /* index of the first example of each role */
    size_t event;
};

struct ranges {
    struct range *list; /* [count]; owned */
    size_t count;
    size_t events, examples[ROLES];
};

/* Cut the histories that `is_in` accepts into ranges of about RANGE_EVENTS events. */
static enum status make_ranges(struct ranges *ranges, const struct loading *l,
                               bool train_only, struct error *err)
{
    *ranges = (struct ranges){.count = 0};
    size_t capacity = 0, in_range = 0;
    for (size_t i = 0; i < l->histories.count; i++) {
        enum role role = (enum role)l->histories.list[i].role;
        if (ranges->count == 0 || in_range >= RANGE_EVENTS) {
            if (!array_reserve(&ranges->list, ranges->count, &capacity,
                               sizeof *ranges->list))
                return error_no_memory(err);
            struct range *range = &ranges->list[ranges->count++];
            *range = (struct range){.first = i, .event = ranges->events};
            memcpy(range->example, ranges->examples, sizeof range->example);
            in_range = 0;
        }
        ranges->list[ranges->count - 1].end = i + 1;
        in_range++; /* histories that are not encoded cost something, too */
        if (role == ROLE_NONE || (train_only && role != ROLE_TRAIN))
            continue;
        ranges->examples[role]++;
        ranges->events += l->tape.histories[i].events;
        in_range += l->tape.histories[i].events;
    }
    return STATUS_OK;
}

/* A task of a pass may fail: the first failure, of any. */
struct failure {
    pthread_mutex_t mutex;
    struct error err;
};

static void fail(struct failure *failure, const struct error *err)
{
    pthread_mutex_lock(&failure->mutex);
    if (failure->err.status == STATUS_OK)
        failure->err = *err;
    pthread_mutex_unlock(&failure->mutex);
}

/* ---- scales ---- */

/*
 * The training events are encoded once, raw; the mean and then the deviation are summed from what
 * is kept.  It needs less memory than the encoding of all events, which comes later.
 */
struct measuring {
    const struct loading *l;
    struct measurement *measurement;
    const struct ranges *ranges;
    float *values; /* [ranges->events][F] owned */
    struct failure failure;
};

/* Encode the training histories of a range, raw. */
static void encode_raw(void *context, size_t i)
{
    struct measuring *m = context;
    const struct loading *l = m->l;
    const struct range *range = &m->ranges->list[i];
    const size_t F = l->encoder.F;
    float *values = m->values + range->event * F;
    struct encoder_scratch scratch = {.capacity = 0};
    struct error err = {.status = STATUS_OK};
    for (size_t h = range->first; h < range->end && err.status == STATUS_OK; h++) {
        struct encoded encoded;
        uint64_t line;
        if (l->histories.list[h].role != ROLE_TRAIN)
            continue;
        (void)encoder_run(&l->encoder, h, &scratch, NULL, values, &encoded, &line, &err);
        values += l->tape.histories[h].events * F;
    }
    encoder_scratch_release(&scratch);
    if (err.status != STATUS_OK)
        fail(&m->failure, &err);
}

/* Add all events to the sums of a share of the inputs. */
static void add_inputs(void *context, size_t i)
{
    struct measuring *m = context;
    size_t F = m->l->encoder.F, threads = m->l->threads;
    triage_measurement_add(m->measurement, m->values, m->ranges->events,
                           (uint32_t)(F * i / threads),
                           (uint32_t)(F * (i + 1) / threads));
}

static enum status measure(struct measuring *m, struct error *err)
{
    size_t threads = m->l->threads, bytes;
    if (!size_multiply(m->ranges->events, m->l->encoder.F * sizeof *m->values, &bytes))
        return error_no_memory(err);
    m->values = malloc(bytes + 1);
    if (!m->values)
        return error_no_memory(err);
    huge_pages_advise(m->values, bytes);
    workers_run(m->l->workers, encode_raw, m, m->ranges->count);
    if (m->failure.err.status != STATUS_OK)
        return error_set(err, m->failure.err.status, m->failure.err.where, "%s",
                         m->failure.err.text);
    workers_run(m->l->workers, add_inputs, m, threads);
    triage_measurement_second_pass(m->measurement);
    workers_run(m->l->workers, add_inputs, m, threads);
    return triage_measurement_finish(m->measurement, err);
}

/* Measure the scales, except those in given, the schema of a recipe or NULL. */
static enum status measure_scales(struct loading *l, const json_t *given,
                                  struct error *err)
{
    struct examples *examples = l->examples;
    struct ranges ranges;
    struct measuring m = {.l = l, .ranges = &ranges};
    if (l->encoder.F == 0)
        return STATUS_OK;
    enum status status = make_ranges(&ranges, l, true, err);
    triage_schema_begin_raw(examples->schema);
    m.measurement = triage_measurement_new(examples->schema, err);
    pthread_mutex_init(&m.failure.mutex, NULL);
    if (!m.measurement)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = measure(&m, err);
    if (status == STATUS_OK && given)
        status = scales_apply_given(&examples->schema, given, err);
    triage_measurement_free(m.measurement);
    pthread_mutex_destroy(&m.failure.mutex);
    free(m.values);
    free(ranges.list);
    l->schema = examples->schema;
    return status;
}

/* ---- exact probabilities in the data ---- */

/* Read the exact probabilities of a history into row [C]; *is_absent if it has none. */
static enum status read_posterior(const struct loading *l, size_t index, double *row,
                                  bool *is_absent, struct error *err)
{
    const size_t prefix = sizeof POSTERIOR_PREFIX - 1;
    struct tape_reader reader;
    struct tape_value value;
    double sum = 0.0;
    bool has_any = false;
    char where[POINTER_BYTES];
    tape_open(&reader, &l->tape, index);
    bool is_open = tape_open_members(&reader);
    while (is_open && tape_next(&reader.cursor, &value)) {
        const struct tape_column *column = &l->tape.columns[value.column];
        if (l->columns.roles[value.column] != COLUMN_POSTERIOR)
            continue;
        struct text_info info = tape_info(&l->tape, &value);
        bool is_number = value.kind == TAPE_INTEGER || value.kind == TAPE_DECIMAL ||
                         value.kind == TAPE_NUMBER_TEXT;
        has_any = true;
        (void)snprintf(where, sizeof where, "/posterior/%.64s", column->name + prefix);
        if (!is_number || !(info.number >= 0.0 && info.number <= 1.0)) {
            char received[32];
            columns_show_value(&l->tape, &value, received, sizeof received);
            return error_mismatch(err, STATUS_BAD_INPUT, where, "a probability", received,
                                  "expected a number from 0 to 1");
        }
        uint32_t action = actions_find(&l->actions, column->name + prefix);
        if (action != ACTION_OTHER)
            row[action] = info.number;
        else if (info.number > 0.0) /* the model does not have this action */
            *is_absent = true;
        sum += info.number;
    }
    if (!has_any)
        *is_absent = true;
    else if (fabs(sum - 1.0) > POSTERIOR_TOLERANCE)
        return error_set(err, STATUS_BAD_INPUT, "/posterior",
                         "the probabilities sum to %.6g, not to 1", sum);
    return STATUS_OK;
}

static enum status read_posteriors(struct loading *l, struct error *err)
{
    struct examples *examples = l->examples;
    size_t C = examples->action_count, rows = 0, next = 0, numbers;
    bool is_absent = l->task != TASK_LAST, is_any = false;
    for (size_t i = 0; i < l->tape.column_count; i++)
        is_any = is_any || l->columns.roles[i] == COLUMN_POSTERIOR;
    for (size_t i = 0; i < l->histories.count; i++)
        rows += l->histories.list[i].role == ROLE_EVALUATE;
    if (is_absent || !is_any)
        return STATUS_OK;
    if (!size_multiply(rows, C, &numbers))
        return error_no_memory(err);
    examples->posterior = calloc(numbers + 1, sizeof *examples->posterior);
    if (!examples->posterior)
        return error_no_memory(err);
    for (size_t i = 0; i < l->histories.count; i++) {
        const struct tape_history *history = &l->tape.histories[i];
        struct error inner = {.status = STATUS_OK};
        if (l->histories.list[i].role != ROLE_EVALUATE)
            continue;
        if (read_posterior(l, i, examples->posterior + next++ * C, &is_absent, &inner) ==
            STATUS_OK)
            continue;
        problems_add(&l->problems, history->file, l->tape.files[history->file].name,
                     history->line, &inner);
        RETURN_IF_ERROR(problems_status(&l->problems, err));
        is_absent = true; /* with skip_bad the others cannot be compared, either */
    }
    if (is_absent) {
        free(examples->posterior);
        examples->posterior = NULL;
    }
    return STATUS_OK;
}

/* The probabilities after every event of a history, while they are read. */
struct posteriors_pass {
    const struct loading *l;
    size_t C;
    uint32_t *
        order; /* [C] the actions in the order of "posterior"; ACTION_OTHER: none of the model's */
    size_t known; /* actions in the order */
    bool is_absent;
};

/* Find the actions of a history in the order of its member "posterior". */
static void find_order(struct posteriors_pass *pass, size_t index)
{
    const struct loading *l = pass->l;
    struct tape_reader reader;
    struct tape_value value;
    pass->known = 0;
    tape_open(&reader, &l->tape, index);
    bool is_open = tape_open_members(&reader);
    while (is_open && tape_next(&reader.cursor, &value)) {
        const struct tape_column *column = &l->tape.columns[value.column];
        if (l->columns.roles[value.column] != COLUMN_POSTERIOR)
            continue;
        uint32_t action =
            actions_find(&l->actions, column->name + sizeof POSTERIOR_PREFIX - 1);
        if (action == ACTION_OTHER || pass->known == pass->C)
            pass->is_absent = true; /* the model does not have this action */
        else
            pass->order[pass->known++] = action;
    }
}

/* The end of the probabilities of an event: are they as many as the actions, and is their sum 1? */
static enum status check_posteriors(const struct posteriors_pass *pass, uint32_t event,
                                    size_t count, double sum, struct error *err)
{
    char where[POINTER_BYTES];
    (void)snprintf(where, sizeof where, "/posteriors/%u", (unsigned)event);
    if (count != pass->known)
        return error_set(err, STATUS_BAD_INPUT, where,
                         "%zu probabilities, but \"posterior\" has %zu actions", count,
                         pass->known);
    if (fabs(sum - 1.0) > POSTERIOR_TOLERANCE)
        return error_set(err, STATUS_BAD_INPUT, where,
                         "the probabilities sum to %.6g, not to 1", sum);
    return STATUS_OK;
}

/* Read the probabilities of a history into rows [events][C]. */
static enum status read_event_posteriors(struct posteriors_pass *pass, size_t index,
                                         double *rows, struct error *err)
{
    const struct loading *l = pass->l;
    uint32_t events = l->tape.histories[index].events, begun = 0;
    struct tape_reader reader;
    struct tape_value value = {.integer = 0};
    size_t count = 0;
    double sum = 0.0;
    find_order(pass, index);
    tape_open(&reader, &l->tape, index);
    bool is_open = tape_open_members(&reader) && !pass->is_absent;
    while (is_open && tape_next(&reader.cursor, &value)) {
        double p;
        if (l->columns.roles[value.column] != COLUMN_POSTERIORS ||
            value.kind != TAPE_INTEGER)
            continue;
        if (value.integer == POSTERIORS_EVENT) {
            if (begun > 0)
                RETURN_IF_ERROR(check_posteriors(pass, begun - 1, count, sum, err));
            begun++;
            count = 0;
            sum = 0.0;
            continue;
        }
        memcpy(&p, &value.integer, sizeof p);
        if (!(p >= 0.0 && p <= 1.0)) {
            char where[POINTER_BYTES];
            (void)snprintf(where, sizeof where, "/posteriors/%u/%zu", (unsigned)begun - 1,
                           count);
            return error_set(err, STATUS_BAD_INPUT, where,
                             "expected a number from 0 to 1");
        }
        sum += p;
        if (begun <= events && count < pass->known)
            rows[(begun - 1) * pass->C + pass->order[count]] = p;
        count++;
    }
    if (pass->is_absent || begun == 0) {
        pass->is_absent = true;
        return STATUS_OK;
    }
    RETURN_IF_ERROR(check_posteriors(pass, begun - 1, count, sum, err));
    if (begun != events)
        return error_set(err, STATUS_BAD_INPUT, "/posteriors", "%u items for %u events",
                         (unsigned)begun, (unsigned)events);
    return STATUS_OK;
}

static enum status read_all_posteriors(struct loading *l, struct posteriors_pass *pass,
                                       struct error *err)
{
    double *rows = l->examples->posteriors;
    for (size_t i = 0; i < l->histories.count && !pass->is_absent; i++) {
        const struct tape_history *history = &l->tape.histories[i];
        struct error inner = {.status = STATUS_OK};
        if (l->histories.list[i].role != ROLE_EVALUATE)
            continue;
        if (read_event_posteriors(pass, i, rows, &inner) != STATUS_OK) {
            problems_add(&l->problems, history->file, l->tape.files[history->file].name,
                         history->line, &inner);
            RETURN_IF_ERROR(problems_status(&l->problems, err));
            pass->is_absent =
                true; /* with skip_bad the others cannot be compared, either */
        }
        rows += (size_t)history->events * pass->C;
    }
    return STATUS_OK;
}

/* Read "posteriors", if every history that is evaluated has them. */
static enum status read_every_posterior(struct loading *l, struct error *err)
{
    struct examples *examples = l->examples;
    struct posteriors_pass pass = {.l = l, .C = examples->action_count};
    size_t events = 0, numbers;
    bool is_any = false;
    for (size_t i = 0; i < l->tape.column_count; i++)
        is_any = is_any || l->columns.roles[i] == COLUMN_POSTERIORS;
    if (!is_any || !examples->posterior)
        return STATUS_OK;
    for (size_t i = 0; i < l->histories.count; i++)
        if (l->histories.list[i].role == ROLE_EVALUATE)
            events += l->tape.histories[i].events;
    if (!size_multiply(events, pass.C, &numbers))
        return error_no_memory(err);
    examples->posteriors = calloc(numbers + 1, sizeof *examples->posteriors);
    pass.order = calloc(pass.C + 1, sizeof *pass.order);
    enum status status = examples->posteriors && pass.order
                             ? read_all_posteriors(l, &pass, err)
                             : error_no_memory(err);
    free(pass.order);
    if (status != STATUS_OK || pass.is_absent) {
        free(examples->posteriors);
        examples->posteriors = NULL;
    }
    return status;
}

/* ---- encoding ---- */

struct encoding_pass {
    struct loading *l;
    const struct ranges *ranges;
    _Atomic uint32_t *block_uses; /* [blocks] records that are still needed */
    struct failure failure;
    struct time_range times; /* of the training histories */
    pthread_mutex_t mutex;   /* of the times, and of the reordered histories */
    size_t reordered, first_reordered;
    uint32_t first_late;
    uint64_t first_late_line;
};

/* Release the blocks of a history that no other history needs. */
static void release_blocks(struct encoding_pass *pass, size_t index)
{
    struct tape *tape = &pass->l->tape;
    const struct tape_history *history = &tape->histories[index];
    bool is_csv = tape->files[history->file].is_csv;
    uint32_t records = is_csv ? history->events : 1;
    for (uint32_t i = 0, n; i < records; i += n) {
        const struct tape_place *rows = is_csv ? tape->rows + history->first + i : NULL;
        uint32_t block = is_csv ? rows->block : history->first;
        for (n = 1; i + n < records && rows[n].block == block;)
            n++;
        if (atomic_fetch_sub(&pass->block_uses[block], n) == n)
            tape_release_block(tape, block);
    }
}

static void count_uses(struct encoding_pass *pass)
{
    const struct tape *tape = &pass->l->tape;
    for (size_t b = 0; b < tape->block_count; b++)
        atomic_init(&pass->block_uses[b], tape->blocks[b].record_count);
}

/* Where the next history of each role goes, and the times of those of training. */
struct destination {
    size_t example[ROLES], event;
    struct time_range times;
};

/* Is a line of a history before the first late one in the data? */
static bool is_before(const struct encoding_pass *pass, size_t index, uint64_t line)
{
    const struct tape *tape = &pass->l->tape;
    uint32_t file = tape->histories[index].file;
    uint32_t first_file = tape->histories[pass->first_reordered].file;
    return file != first_file ? file < first_file : line < pass->first_late_line;
}

static enum status encode_history(struct encoding_pass *pass, size_t index,
                                  struct encoder_scratch *scratch, struct destination *to,
                                  struct error *err)
{
    struct loading *l = pass->l;
    struct examples *examples = l->examples;
    const size_t K = l->encoder.K, F = l->encoder.F;
    enum role role = (enum role)l->histories.list[index].role;
    uint32_t length = l->tape.histories[index].events;
    uint32_t unknown = role == ROLE_EVALUATE ? ACTION_OTHER : ACTION_NONE;
    uint32_t *ids = examples->ids + to->event * K;
    float *values = F > 0 ? examples->values + to->event * F : NULL;
    struct example *list = role == ROLE_TRAIN      ? examples->train
                           : role == ROLE_VALIDATE ? examples->validation
                                                   : examples->evaluation;
    struct example *example = &list[to->example[role]++];
    struct encoded encoded;
    uint64_t line;
    RETURN_IF_ERROR(
        encoder_run(&l->encoder, index, scratch, ids, values, &encoded, &line, err));
    *example = (struct example){.history = {.ids = ids,
                                            .values = values,
                                            .length = length,
                                            .reordered = encoded.is_reordered,
                                            .has_times = encoded.has_times},
                                .action = ACTION_NONE};
    if (l->task == TASK_LAST) {
        example->action = action_of_history(l, index, unknown);
    } else {
        uint32_t *actions = examples->event_actions + to->event;
        example->actions = actions;
        if (l->task == TASK_NEXT)
            set_next_actions(l, &example->history, unknown, actions);
        else
            set_every_action(l, index, &example->history,
                             encoded.is_reordered ? scratch->order : NULL, unknown,
                             scratch->given, actions);
    }
    to->event += length;
    if (role == ROLE_TRAIN && encoded.has_times) {
        uint32_t longest_gap_at;
        struct time_range times = time_range_of(scratch->times, length, &longest_gap_at);
        time_range_merge(&to->times, &times);
    }
    if (encoded.is_reordered) {
        pthread_mutex_lock(&pass->mutex);
        uint64_t late_line = tape_event_line(&l->tape, index, encoded.first_late);
        if (pass->reordered++ == 0 || is_before(pass, index, late_line)) {
            pass->first_reordered = index;
            pass->first_late = encoded.first_late;
            pass->first_late_line = late_line;
        }
        pthread_mutex_unlock(&pass->mutex);
    }
    return STATUS_OK;
}

static void encode_range(void *context, size_t i)
{
    struct encoding_pass *pass = context;
    const struct range *range = &pass->ranges->list[i];
    struct encoder_scratch scratch = {.capacity = 0};
    struct destination to = {.event = range->event};
    struct error err = {.status = STATUS_OK};
    memcpy(to.example, range->example, sizeof to.example);
    for (size_t h = range->first; h < range->end && err.status == STATUS_OK; h++) {
        if (pass->l->histories.list[h].role != ROLE_NONE)
            (void)encode_history(pass, h, &scratch, &to, &err);
        release_blocks(pass, h);
    }
    encoder_scratch_release(&scratch);
    pthread_mutex_lock(&pass->mutex);
    time_range_merge(&pass->times, &to.times);
    pthread_mutex_unlock(&pass->mutex);
    if (err.status != STATUS_OK)
        fail(&pass->failure, &err);
}

/* Say where the first event that comes too late is. */
static void note_reordered(struct encoding_pass *pass)
{
    struct examples *examples = pass->l->examples;
    const struct tape *tape = &pass->l->tape;
    examples->reordered_count = pass->reordered;
    if (pass->reordered > 0) { /* they are about the order in the file */
        free(examples->posteriors);
        examples->posteriors = NULL;
    }
    if (pass->reordered == 0)
        return;
    const struct tape_history *history = &tape->histories[pass->first_reordered];
    char *text = examples->reordered_first;
    size_t size = sizeof examples->reordered_first;
    const struct tape_file *file = &tape->files[history->file];
    file_line_write(text, size, file->name, pass->first_late_line);
    size_t used = strlen(text);
    if (!file->is_csv)
        (void)snprintf(text + used, size - used, ", event %u",
                       (unsigned)pass->first_late + 1);
}

/* Allocate the examples, and the arrays of all their events. */
static enum status allocate(struct loading *l, const struct ranges *ranges,
                            struct error *err)
{
    struct examples *examples = l->examples;
    size_t ids, values;
    const size_t *count = ranges->examples;
    if (!size_multiply(ranges->events, l->encoder.K * sizeof *examples->ids, &ids) ||
        !size_multiply(ranges->events, l->encoder.F * sizeof *examples->values, &values))
        return error_no_memory(err);
    examples->train = calloc(count[ROLE_TRAIN] + 1, sizeof *examples->train);
    examples->validation = calloc(count[ROLE_VALIDATE] + 1, sizeof *examples->validation);
    examples->evaluation = calloc(count[ROLE_EVALUATE] + 1, sizeof *examples->evaluation);
    examples->ids = malloc(ids + 1);
    examples->values = malloc(values + 1);
    examples->event_actions =
        malloc((l->task == TASK_LAST ? 1 : ranges->events + 1) * sizeof(uint32_t));
    if (!examples->train || !examples->validation || !examples->evaluation ||
        !examples->ids || !examples->values || !examples->event_actions)
        return error_no_memory(err);
    huge_pages_advise(examples->ids, ids);
    huge_pages_advise(examples->values, values);
    examples->train_count = count[ROLE_TRAIN];
    examples->validation_count = count[ROLE_VALIDATE];
    examples->evaluation_count = count[ROLE_EVALUATE];
    return STATUS_OK;
}

/* TASK_LAST: a training history without an action has no loss. */
static void drop_unlabelled(struct examples *examples)
{
    size_t kept = 0;
    for (size_t i = 0; i < examples->train_count; i++)
        if (examples->train[i].action != ACTION_NONE)
            examples->train[kept++] = examples->train[i];
    examples->train_count = kept;
}

static enum status encode_all(struct loading *l, struct time_range *times,
                              struct error *err)
{
    struct ranges ranges;
    struct encoding_pass pass = {.l = l, .ranges = &ranges};
    enum status status = make_ranges(&ranges, l, false, err);
    tape_release_names(&l->tape);
    malloc_trim(0);
    if (status == STATUS_OK)
        status = allocate(l, &ranges, err);
    pass.block_uses = calloc(l->tape.block_count + 1, sizeof *pass.block_uses);
    if (!pass.block_uses && status == STATUS_OK)
        status = error_no_memory(err);
    pthread_mutex_init(&pass.mutex, NULL);
    pthread_mutex_init(&pass.failure.mutex, NULL);
    if (status == STATUS_OK) {
        count_uses(&pass);
        workers_run(l->workers, encode_range, &pass, ranges.count);
        note_reordered(&pass);
        *times = pass.times;
        if (pass.failure.err.status != STATUS_OK)
            status = error_set(err, pass.failure.err.status, pass.failure.err.where, "%s",
                               pass.failure.err.text);
    }
    if (l->task == TASK_LAST && status == STATUS_OK)
        drop_unlabelled(l->examples);
    pthread_mutex_destroy(&pass.mutex);
    pthread_mutex_destroy(&pass.failure.mutex);
    free(pass.block_uses);
    free(ranges.list);
    return status;
}

/* ---- the golden history ---- */

/* The first history of MIN_GOLDEN to MAX_GOLDEN events, else the first of at most LONGEST_GOLDEN. */
static size_t find_golden(const struct loading *l)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < l->histories.count; i++) {
        uint32_t events = l->tape.histories[i].events;
        if (l->histories.list[i].role == ROLE_NONE || events > LONGEST_GOLDEN)
            continue;
        if (events >= MIN_GOLDEN && events <= MAX_GOLDEN)
            return i;
        found = found == SIZE_MAX ? i : found;
    }
    return found;
}

static enum status make_golden(struct loading *l, struct error *err)
{
    size_t index = find_golden(l);
    struct strbuf text;
    if (index == SIZE_MAX)
        return STATUS_OK;
    strbuf_init(&text, SIZE_MAX);
    encoder_write_json(&l->encoder, index, false, &text);
    l->examples->golden =
        text.has_failed ? NULL : json_read(text.bytes, text.length, err);
    strbuf_release(&text);
    return l->examples->golden ? STATUS_OK : error_no_memory(err);
}

/* ---- the schema ---- */

/* {"KEY": VALUE} of the schema's "keys", if the value is not the default. */
static bool set_key(json_t *keys, const char *key, const char *value, const char *ours)
{
    return strcmp(value, ours) == 0 ||
           json_object_set_new(keys, key, json_string(value)) == 0;
}

/* The key of the names of events, or the keys that are joined to them. */
static bool set_event_key(const struct loading *l, json_t *keys, const char *ours)
{
    const struct data_keys *own = l->data->keys;
    struct name_keys parts;
    data_keys_parts(own, &parts);
    uint32_t column =
        tape_find_column(&l->tape, SCOPE_FIELD, own->event, strlen(own->event));
    bool has_names = !l->tape.has_joined_names && tape_is_in_files(&l->tape, column);
    if (parts.count == 0 || has_names)
        return set_key(keys, "event", own->event, ours);
    return json_object_set_new(keys, "event", data_keys_parts_json(own)) == 0;
}

/* Add the keys of the data to a schema, a JSON object; those that it has already are replaced. */
static enum status add_keys(const struct loading *l, json_t *schema, struct error *err)
{
    const struct data_keys *own = l->data->keys;
    const struct schema_keys ours = SCHEMA_KEYS_DEFAULT;
    const char *time = l->columns.time == MAP_NONE ? own->time : l->columns.time_key;
    json_t *keys = json_object();
    bool is_complete =
        keys && set_key(keys, "id", own->id, ours.id) &&
        set_key(keys, "events", own->events, ours.events) &&
        set_event_key(l, keys, ours.event) && set_key(keys, "time", time, ours.time) &&
        set_key(keys, "label", own->label, ours.label) &&
        set_key(keys, "split", own->split, ours.split) &&
        set_key(keys, "time_format", time_format_text(&l->columns.time_format),
                ours.time_format);
    int result = 0;
    if (is_complete && json_object_size(keys) > 0)
        result = json_object_set(schema, "keys", keys);
    else if (is_complete)
        json_object_del(schema, "keys");
    json_decref(keys);
    return is_complete && result == 0 ? STATUS_OK : error_no_memory(err);
}

/* Read the schema of a recipe, before the data is. */
static enum status read_given_schema(struct loading *l, const json_t *given,
                                     struct error *err)
{
    l->examples->schema = triage_schema_read(given, "/schema", err);
    l->schema = l->examples->schema;
    return l->schema ? STATUS_OK : err->status;
}

/* A new schema, a JSON object: inferred, and merged with that of the model to go on from. */
static json_t *infer_schema(struct loading *l, const struct examples_settings *settings,
                            struct error *err)
{
    struct messages *messages = &l->examples->messages;
    const char *file = source_name(l->data->files[0]);
    const struct schema *from = l->from ? triage_model_schema(l->from) : NULL;
    const struct inference_data data = {.tape = &l->tape,
                                        .columns = &l->columns,
                                        .histories = &l->histories,
                                        .workers = l->workers,
                                        .file = file,
                                        .from = from,
                                        .left_out = settings->from_left_out};
    json_t *inferred = schema_infer(&data, messages, l->comma_columns, err);
    if (inferred && l->histories.has_inner_labels)
        messages_note(messages,
                      "\"%s\" in the events is read as a label, not as a field; --label "
                      "names another key",
                      l->data->keys->label);
    if (!inferred || !from)
        return inferred;
    json_t *grown = schema_grow(from, inferred, messages, file, err);
    json_decref(inferred);
    l->given_schema = json_incref(grown);
    return grown;
}

/* The schema: inferred, or that of the recipe with the keys of the data. */
static enum status find_schema(struct loading *l,
                               const struct examples_settings *settings,
                               struct error *err)
{
    json_t *schema = settings->schema ? json_deep_copy(settings->schema)
                                      : infer_schema(l, settings, err);
    if (!schema)
        return settings->schema ? error_no_memory(err) : err->status;
    enum status status = add_keys(l, schema, err);
    triage_schema_free(l->examples->schema);
    l->examples->schema =
        status == STATUS_OK ? triage_schema_read(schema, "/schema", err) : NULL;
    json_decref(schema);
    l->schema = l->examples->schema;
    return l->schema ? STATUS_OK : err->status;
}

/* ---- actions ---- */

static bool is_known_action(const void *context, const char *label)
{
    return actions_find(context, label) != ACTION_OTHER;
}

/* Labels in alphabetical order, after the actions of the model to go on from. */
static enum status add_labels(struct loading *l, struct error *err)
{
    const struct strmap *names = &l->histories.labels.names;
    const size_t known = l->actions.count;
    if (l->actions.is_closed)
        return STATUS_OK;
    for (uint32_t i = 0; i < names->count; i++)
        if (actions_find(&l->actions, names->keys[i].bytes) == ACTION_OTHER)
            RETURN_IF_ERROR(actions_add(&l->actions, names->keys[i].bytes, err));
    actions_sort(&l->actions, known);
    return STATUS_OK;
}

static enum status find_actions(struct loading *l, struct error *err)
{
    struct actions *actions = &l->actions;
    if (l->task == TASK_NEXT)
        RETURN_IF_ERROR(actions_from_schema(actions, l->schema, l->with_end, err));
    if (actions->count == 1)
        return error_set(err, STATUS_BAD_INPUT, l->data->files[0],
                         "the only %s is \"%s\": there is nothing to decide",
                         l->task == TASK_NEXT ? "event that can come next" : "label",
                         actions->names[0]);
    return STATUS_OK;
}

static enum status copy_actions(struct loading *l, struct error *err)
{
    const struct actions *actions = &l->actions;
    struct examples *examples = l->examples;
    examples->actions = calloc(actions->count + 1, sizeof *examples->actions);
    if (!examples->actions)
        return error_no_memory(err);
    for (size_t i = 0; i < actions->count; i++) {
        examples->actions[i] = strdup(actions->names[i]);
        if (!examples->actions[i])
            return error_no_memory(err);
        examples->action_count++;
    }
    return STATUS_OK;
}

/* ---- the passes in order ---- */

static enum status read_tape(struct loading *l, bool needs_label, bool wants_posterior,
                             struct error *err)
{
    const struct reader_options options = {.needs_label = needs_label,
                                           .wants_posterior = wants_posterior,
                                           .wants_test = l->for_evaluation,
                                           .threads = (uint32_t)l->threads,
                                           .schema = l->schema};
    RETURN_IF_ERROR(data_read(&l->tape, l->data, &options, &l->problems,
                              &l->examples->messages, err));
    problems_print(&l->problems);
    return STATUS_OK;
}

/*
 * Roles of columns, then labels and parts.  If a line could not be read, reading stopped there, and
 * only what comes before it can be a better error.
 */
static enum status read_histories(struct loading *l, bool keeps_unlabelled,
                                  struct error *err)
{
    struct error later = {.status = STATUS_OK};
    const struct data_keys *keys = l->data->keys;
    enum status status = STATUS_OK;
    if (l->tape.history_count == 0)
        status = error_set(&later, STATUS_BAD_INPUT, source_name(l->data->files[0]),
                           "the file has no history%s",
                           l->problems.first.err.status != STATUS_OK ? " that can be read"
                                                                     : "");
    if (status == STATUS_OK)
        status = columns_find(&l->columns, &l->tape, keys, l->workers,
                              &l->examples->messages, &later);
    if (status != STATUS_OK) {
        RETURN_IF_ERROR(problems_status(&l->problems, err));
        return error_mismatch(err, status, later.where, later.expected, later.received,
                              "%s", later.text);
    }
    l->has_split = l->examples->has_split = has_split(l);
    l->comma_columns = calloc(l->tape.column_count + 1, sizeof *l->comma_columns);
    if (!l->comma_columns)
        return error_no_memory(err);
    if (l->schema)
        RETURN_IF_ERROR(encoder_init(&l->encoder, &l->tape, &l->columns, l->schema, false,
                                     NULL, err));
    const struct histories_options options = {
        .task = l->task,
        .wants_test = l->for_evaluation,
        .keeps_unlabelled = keeps_unlabelled,
        .is_closed = l->actions.is_closed && !l->for_evaluation && l->task != TASK_NEXT,
        .is_known = is_known_action,
        .context = &l->actions,
        .encoder = l->schema ? &l->encoder : NULL,
        .keys = keys,
        .has_split = l->has_split};
    RETURN_IF_ERROR(histories_read(&l->histories, &l->tape, &l->columns, &options,
                                   &l->problems, l->workers, err));
    problems_print(&l->problems);
    l->examples->skipped_count = l->histories.bad + l->problems.record_count;
    if (l->columns.time == MAP_NONE)
        return STATUS_OK;
    return event_order_find(&l->histories, &l->tape, &l->columns, &l->examples->messages,
                            err);
}

/* "Did you mean" among the keys and columns of the data. */
static const char *suggest_column(const struct tape *tape, const char *name, char *phrase,
                                  size_t size)
{
    struct suggestion suggestion;
    suggestion_init(&suggestion, name, strlen(name));
    for (size_t i = 0; i < tape->column_count; i++)
        suggestion_offer(&suggestion, tape->columns[i].name,
                         tape->columns[i].name_length);
    return suggestion_phrase(&suggestion, "", phrase, size);
}

/* JSON Lines: the key of the id that the user names must be there. */
static enum status check_id(const struct loading *l, struct error *err)
{
    const struct data_keys *keys = l->data->keys;
    char phrase[SUGGEST_PHRASE];
    if (*keys->id == '\0' || keys->may_fall_back || l->histories.count == 0)
        return STATUS_OK;
    for (size_t i = 0; i < l->histories.count; i++)
        if (l->histories.list[i].id_hash != 0)
            return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, source_name(l->data->files[0]),
                     "no history has the id \"%.60s\"%s; --id names its key", keys->id,
                     suggest_column(&l->tape, keys->id, phrase, sizeof phrase));
}

/* No history can be used: why. */
static enum status refuse_empty(const struct loading *l, struct error *err)
{
    const char *file = source_name(l->data->files[0]);
    char place[POINTER_BYTES], phrase[SUGGEST_PHRASE];
    RETURN_IF_ERROR(check_id(l, err));
    if (l->histories.used > 0)
        return STATUS_OK;
    if (l->histories.unlabelled.count > 0) {
        history_place(&l->tape, l->histories.unlabelled.first, place, sizeof place);
        const char *label = l->data->keys->label;
        if (l->columns.label != MAP_NONE && !l->tape.files[0].is_csv)
            return error_set(err, STATUS_BAD_INPUT, place,
                             "no history has a label: \"%.24s\" is in the events; jq -c "
                             "'.[\"%.24s\"] = .%.24s[-1][\"%.24s\"]' puts the last one "
                             "beside them",
                             label, label, l->data->keys->events, label);
        return error_set(
            err, STATUS_BAD_INPUT, place,
            "no history has a label \"%.60s\"%s; --label names its %s",
            l->data->keys->label,
            suggest_column(&l->tape, l->data->keys->label, phrase, sizeof phrase),
            l->tape.files[0].is_csv ? "column" : "key");
    }
    return error_set(err, STATUS_BAD_INPUT, file, "the file has no history%s",
                     l->examples->skipped_count > 0 ? " that can be read"
                     : l->has_split                 ? " outside the part test"
                                                    : "");
}

static enum status encode(struct loading *l, struct error *err)
{
    encoder_release(&l->encoder);
    RETURN_IF_ERROR(encoder_init(&l->encoder, &l->tape, &l->columns, l->schema,
                                 l->is_inferred, l->comma_columns, err));
    return STATUS_OK;
}

static enum status warn(struct loading *l, enum data_use use, struct error *err)
{
    const struct warning_data data = {.tape = &l->tape,
                                      .columns = &l->columns,
                                      .histories = &l->histories,
                                      .schema = l->schema,
                                      .keys = l->data->keys,
                                      .task = l->task,
                                      .workers = l->workers};
    return warn_about_data(&l->examples->messages, &data, use, err);
}

/* Compare the training histories with those of the model that the training goes on from. */
static enum status warn_of_difference(struct loading *l, struct error *err)
{
    struct messages *messages = &l->examples->messages;
    const struct served_data data = {.tape = &l->tape,
                                     .columns = &l->columns,
                                     .histories = &l->histories,
                                     .role = ROLE_TRAIN,
                                     .schema = triage_model_schema(l->from),
                                     .comma_columns = l->comma_columns};
    messages->lead = "compared with the model: ";
    enum status status = warn_about_served(messages, &data, err);
    messages->lead = NULL;
    return status;
}

/* Measure the scales that are not given, encode, and warn about what is seen then. */
static enum status encode_for_training(struct loading *l, struct error *err)
{
    const json_t *given = l->given_schema;
    struct messages *messages = &l->examples->messages;
    RETURN_IF_ERROR(copy_actions(l, err));
    RETURN_IF_ERROR(encode(l, err));
    if (!given || !scales_are_given(given)) {
        /* Before each peak: what was freed lies between blocks in use, and is not given back. */
        malloc_trim(0);
        RETURN_IF_ERROR(measure_scales(l, given, err));
        RETURN_IF_ERROR(encode(l, err)); /* the schema may be another object */
    }
    RETURN_IF_ERROR(make_golden(l, err));
    RETURN_IF_ERROR(warn(l, FOR_TRAINING, err));
    if (l->from)
        RETURN_IF_ERROR(warn_of_difference(l, err));
    struct time_range times = {.is_known = false};
    RETURN_IF_ERROR(encode_all(l, &times, err));
    if (l->schema->time_count > 0)
        l->examples->schema->time_range = times;
    RETURN_IF_ERROR(triage_schema_measure_profile(l->examples->schema, l->examples->train,
                                                  l->examples->train_count,
                                                  (uint32_t)l->threads, err));
    const struct leak_data leaks = {.schema = l->schema,
                                    .examples = l->examples->train,
                                    .count = l->examples->train_count,
                                    .actions = l->examples->action_count,
                                    .names = (const char *const *)l->examples->actions,
                                    .task = l->task};
    RETURN_IF_ERROR(warn_about_leaks(messages, &leaks, l->workers, err));
    return warn_about_leak_pairs(messages, &leaks, err);
}

/* From the files to the histories that can be used. */
static enum status read_for_training(struct loading *l,
                                     const struct examples_settings *settings,
                                     struct error *err)
{
    RETURN_IF_ERROR(actions_init(&l->actions, err));
    if (settings->actions)
        RETURN_IF_ERROR(actions_from_recipe(&l->actions, settings->actions, err));
    if (l->from) {
        RETURN_IF_ERROR(actions_from_model(&l->actions, l->from, err));
        l->actions.is_closed = false;
    }
    if (settings->schema)
        RETURN_IF_ERROR(read_given_schema(l, settings->schema, err));
    RETURN_IF_ERROR(read_tape(l, l->task != TASK_NEXT, false, err));
    RETURN_IF_ERROR(
        tape_edit(&l->tape, l->data->keys, settings->rename, settings->trim, err));
    RETURN_IF_ERROR(read_histories(l, false, err));
    return refuse_empty(l, err);
}

static enum status load(struct loading *l, const struct examples_settings *settings,
                        struct error *err)
{
    RETURN_IF_ERROR(read_for_training(l, settings, err));
    if (l->task != TASK_NEXT) {
        RETURN_IF_ERROR(add_labels(l, err));
        RETURN_IF_ERROR(find_actions(l, err));
    }
    RETURN_IF_ERROR(histories_sort(&l->histories, &l->tape, err));
    RETURN_IF_ERROR(
        histories_split(&l->histories, l->data->files[0], settings->seed, err));
    l->examples->validation_source = l->histories.validation_source;
    l->is_inferred = !settings->schema;
    l->given_schema = json_incref(json_iterable(settings->schema));
    RETURN_IF_ERROR(find_schema(l, settings, err));
    if (l->task == TASK_NEXT)
        RETURN_IF_ERROR(find_actions(l, err));
    return encode_for_training(l, err);
}

static void init_loading(struct loading *l, struct examples *examples,
                         const struct data_files *data)
{
    memset(examples, 0, sizeof *examples);
    messages_init(&examples->messages);
    tape_init(&l->tape);
    problems_init(&l->problems, data->keys->skip_bad);
}

/* A line that could not be added to the messages is a failure, too. */
static enum status check_messages(const struct loading *l, enum status status,
                                  struct error *err)
{
    const struct messages *messages = &l->examples->messages;
    if (!messages->notes.has_failed && !messages->warnings.has_failed)
        return status;
    *err = (struct error){.status = STATUS_OK};
    return error_no_memory(err);
}

static void release_loading(struct loading *l)
{
    encoder_release(&l->encoder);
    histories_release(&l->histories);
    columns_release(&l->columns);
    tape_release(&l->tape);
    actions_release(&l->actions);
    problems_release(&l->problems);
    workers_free(l->workers);
    free(l->comma_columns);
    json_decref(l->given_schema);
}

static enum status start_workers(struct loading *l, uint32_t threads, struct error *err)
{
    l->workers = workers_new(workers_threads(threads), err);
    if (!l->workers)
        return STATUS_NO_MEMORY;
    l->threads = workers_count(l->workers);
    return STATUS_OK;
}

enum status examples_load(struct examples *examples, const struct data_files *data,
                          const struct examples_settings *settings, struct error *err)
{
    struct error own = {.status = STATUS_OK};
    struct loading l = {.examples = examples,
                        .data = data,
                        .task = settings->task,
                        .with_end = settings->with_end,
                        .from = settings->from};
    err = err ? err : &own;
    init_loading(&l, examples, data);
    enum status status = start_workers(&l, settings->threads, err);
    if (status == STATUS_OK)
        status = load(&l, settings, err);
    status = check_messages(&l, status, err);
    release_loading(&l);
    return status;
}

/* is_measured: the answers are compared with the labels of a part. */
static enum status warn_of_use(struct loading *l, bool is_measured, struct error *err)
{
    struct messages *messages = &l->examples->messages;
    RETURN_IF_ERROR(warn(l, FOR_EVALUATION, err));
    if (!is_measured)
        return STATUS_OK;
    if (l->task != TASK_NEXT)
        RETURN_IF_ERROR(warn_about_unknown_labels(
            messages, &l->tape, &l->histories, (const char *const *)l->examples->actions,
            l->examples->action_count, err));
    const struct served_data served = {.tape = &l->tape,
                                       .columns = &l->columns,
                                       .histories = &l->histories,
                                       .role = ROLE_EVALUATE,
                                       .schema = l->schema};
    return warn_about_served(messages, &served, err);
}

static enum status load_for_model(struct loading *l, const struct model *model,
                                  const char *part, bool keeps_unlabelled,
                                  struct error *err)
{
    RETURN_IF_ERROR(actions_init(&l->actions, err));
    RETURN_IF_ERROR(actions_from_model(&l->actions, model, err));
    if (l->task == TASK_NEXT)
        RETURN_IF_ERROR(actions_map_events(&l->actions, l->schema, err));
    RETURN_IF_ERROR(copy_actions(l, err));
    RETURN_IF_ERROR(
        read_tape(l, l->task != TASK_NEXT && !keeps_unlabelled, !keeps_unlabelled, err));
    RETURN_IF_ERROR(read_histories(l, keeps_unlabelled, err));
    RETURN_IF_ERROR(refuse_empty(l, err));
    RETURN_IF_ERROR(histories_select(&l->histories, source_name(l->data->files[0]),
                                     l->has_split, part, err));
    RETURN_IF_ERROR(read_posteriors(l, err));
    RETURN_IF_ERROR(read_every_posterior(l, err));
    problems_print(&l->problems);
    RETURN_IF_ERROR(warn_of_use(l, part && !keeps_unlabelled, err));
    struct time_range times = {.is_known = false};
    return encode_all(l, &times, err);
}

static enum status load_with_model(struct examples *examples,
                                   const struct data_files *data,
                                   const struct model *model, const char *part,
                                   bool keeps_unlabelled, struct error *err)
{
    struct error own = {.status = STATUS_OK};
    struct loading l = {.examples = examples,
                        .data = data,
                        .schema = triage_model_schema(model),
                        .task = triage_task_labels(triage_model_task(model)),
                        .for_evaluation = true};
    err = err ? err : &own;
    init_loading(&l, examples, data);
    enum status status = start_workers(&l, 0, err);
    if (status == STATUS_OK)
        status = load_for_model(&l, model, part, keeps_unlabelled, err);
    status = check_messages(&l, status, err);
    release_loading(&l);
    return status;
}

enum status examples_load_for_model(struct examples *examples,
                                    const struct data_files *data,
                                    const struct model *model, const char *part,
                                    struct error *err)
{
    return load_with_model(examples, data, model, part, false, err);
}

enum status examples_load_unlabelled(struct examples *examples,
                                     const struct data_files *data,
                                     const struct model *model, struct error *err)
{
    return load_with_model(examples, data, model, "all", true, err);
}

void examples_release(struct examples *examples)
{
    for (size_t i = 0; i < examples->action_count; i++)
        free(examples->actions[i]);
    free(examples->actions);
    free(examples->train);
    free(examples->validation);
    free(examples->evaluation);
    free(examples->ids);
    free(examples->values);
    free(examples->event_actions);
    free(examples->posterior);
    free(examples->posteriors);
    json_decref(examples->golden);
    triage_schema_free(examples->schema);
    messages_release(&examples->messages);
    memset(examples, 0, sizeof *examples);
}

enum status examples_print_messages(struct examples *examples,
                                    const struct data_keys *keys, struct error *err)
{
    struct messages *messages = &examples->messages;
    size_t warnings = messages->warning_count;
    messages_print(messages);
    messages->warning_count = 0;
    return warnings_refuse(warnings, keys->is_strict, err);
}

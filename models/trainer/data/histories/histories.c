/*
 * One pass over the tape, by all threads; a task is a range of histories.  Labels are numbered as
 * they are found, so their numbers depend on the threads: only their names are used later.
 */
#include "data/histories/histories.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/random.h"
#include "base/suggest.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "base/value.h"
#include "data/common/case_ids.h"

enum {
    MAX_EVENTS = 1000000, /* of a history */
    RANGE = 512,          /* histories of a task */
    POINTER_BYTES = 96,
    NO_EVENT = -1
};

/* The stream of the random numbers that choose validation records. */
#define VALIDATION_STREAM UINT64_C(0x5017000000000000)

struct gathering {
    struct histories *histories;
    const struct tape *tape;
    const struct columns *columns;
    const struct histories_options *options;
    struct problems *problems;
    pthread_mutex_t mutex; /* of histories, except its list */
    bool has_failed;
};

void histories_release(struct histories *histories)
{
    free(histories->list);
    free(histories->labels.list);
    arena_release(&histories->labels.arena);
    *histories = (struct histories){.count = 0};
}

void history_place(const struct tape *tape, size_t history, char *buffer, size_t size)
{
    const struct tape_history *h = &tape->histories[history];
    file_line_write(buffer, size, tape->files[h->file].name, h->line);
}

/* ---- labels ---- */

struct span label_text(const struct tape *tape, const struct tape_value *value,
                       char buffer[TAPE_TEXT_SIZE], bool *is_mark)
{
    char number[VALUE_CATEGORY_SIZE];
    struct span text = tape_text(tape, value, buffer);
    size_t length = text.length;
    const char *trimmed = value_trim(text.bytes, &length);
    *is_mark = false;
    if (value->kind == TAPE_NULL || length == 0)
        return (struct span){.bytes = "", .length = 0};
    bool is_none = length == 4 && strncasecmp(trimmed, "none", 4) == 0;
    if (!is_none && value_is_missing(text.bytes, text.length)) {
        *is_mark = true;
        return (struct span){.bytes = "", .length = 0};
    }
    if ((value->kind == TAPE_DECIMAL || value->kind == TAPE_NUMBER_TEXT) &&
        value_category(text.bytes, text.length, number, &length)) {
        memcpy(buffer, number, length);
        return (struct span){.bytes = buffer, .length = length};
    }
    return text;
}

static bool count_history(struct history_count *count, size_t history)
{
    count->first = count->count == 0 || history < count->first ? history : count->first;
    count->count++;
    return true;
}

/* The index of a label, added if it is new; MAP_NONE without memory.  Under the mutex. */
static uint32_t add_label(struct labels *labels, struct span text, size_t history)
{
    if (!array_reserve(&labels->list, labels->names.count, &labels->capacity,
                       sizeof *labels->list))
        return MAP_NONE;
    uint32_t known = labels->names.count;
    uint32_t index = strmap_add(&labels->names, text.bytes, text.length, &labels->arena);
    if (index == MAP_NONE)
        return index;
    struct label_info *info = &labels->list[index];
    if (index == known)
        *info = (struct label_info){.first = history};
    info->count++;
    info->first = history < info->first ? history : info->first;
    return index;
}

static enum status note_label(struct gathering *g, struct span text, size_t history,
                              const char *where, uint32_t *index, struct error *err)
{
    char name[LABEL_BYTES];
    if (text.length >= LABEL_BYTES)
        return error_set(err, STATUS_BAD_INPUT, where,
                         "the label is longer than 255 bytes");
    memcpy(name, text.bytes, text.length);
    name[text.length] = '\0';
    if (g->options->is_closed && !g->options->is_known(g->options->context, name))
        return error_mismatch(err, STATUS_BAD_INPUT, where, "an action of the recipe",
                              name, "the label is not one of the recipe's actions");
    pthread_mutex_lock(&g->mutex);
    *index = add_label(&g->histories->labels, text, history);
    pthread_mutex_unlock(&g->mutex);
    return *index == MAP_NONE ? error_no_memory(err) : STATUS_OK;
}

/* ---- one history ---- */

/* A value of the whole history that several rows may repeat. */
struct stated {
    char bytes[LABEL_BYTES + 1]; /* cut */
    size_t length;               /* of all */
    uint64_t line;
};

struct history_state {
    struct gathering *g;
    size_t index;
    struct history_info *info;
    struct stated label, split;
    uint32_t label_text; /* the index of the last label that is a text */
    bool labels_differ;  /* TASK_EVERY, CSV */
    size_t labelled;     /* events with a label of their own */
    size_t timed;
    int64_t last_us; /* of the event before, if timed > 0 */
    int64_t first_untimed;
    uint64_t untimed_line;
    bool has_mark;
    char mark[32];
    bool is_float, has_inner_label;
    uint64_t line; /* of what is being read */
};

static bool is_csv(const struct history_state *s)
{
    const struct tape *tape = s->g->tape;
    return tape->files[tape->histories[s->index].file].is_csv;
}

/* The place of a value in an error: a pointer in JSON Lines, the name of a column in CSV. */
static void write_where(const struct history_state *s, const char *name, int64_t event,
                        char *buffer, size_t size)
{
    if (is_csv(s))
        (void)snprintf(buffer, size, "%s", name);
    else if (event == NO_EVENT)
        (void)snprintf(buffer, size, "/%s", name);
    else
        (void)snprintf(buffer, size, "/%.40s/%lld/%s", s->g->options->keys->events,
                       (long long)event, name);
}

static void state(struct stated *stated, struct span text, uint64_t line)
{
    size_t length = text.length < LABEL_BYTES ? text.length : LABEL_BYTES;
    memcpy(stated->bytes, text.bytes, length);
    stated->bytes[length] = '\0';
    stated->length = text.length;
    stated->line = line;
}

static bool is_stated(const struct stated *stated, struct span text)
{
    size_t length = text.length < LABEL_BYTES ? text.length : LABEL_BYTES;
    return stated->length == text.length &&
           memcmp(stated->bytes, text.bytes, length) == 0;
}

/* State a value of the whole case; rows that have it must agree. */
static enum status state_of_case(const struct history_state *s, struct stated *stated,
                                 const struct tape_value *value, struct span text,
                                 struct error *err)
{
    if (text.length == 0 || (stated->line != 0 && is_stated(stated, text)))
        return STATUS_OK;
    if (stated->line == 0) {
        state(stated, text, s->line);
        return STATUS_OK;
    }
    char received[sizeof err->received], expected[sizeof err->expected];
    columns_show_value(s->g->tape, value, received, sizeof received);
    utf8_copy(expected, sizeof expected, stated->bytes);
    return error_mismatch(err, STATUS_BAD_INPUT, s->g->tape->columns[value->column].name,
                          expected, received,
                          "line %llu of the same case has another value",
                          (unsigned long long)stated->line);
}

static enum status read_label(struct history_state *s, const struct tape_value *value,
                              bool is_member, int64_t event, struct error *err)
{
    char buffer[TAPE_TEXT_SIZE], where[POINTER_BYTES];
    bool is_mark;
    enum task task = s->g->options->task;
    if (task != TASK_EVERY && !is_member && !is_csv(s)) {
        s->has_inner_label = true;
        return STATUS_OK;
    }
    bool is_same = task == TASK_LAST && value->kind == TAPE_TEXT &&
                   value->index == s->label_text && value->index != TAPE_FURTHER;
    if (task == TASK_NEXT || is_same) /* the rows of a case repeat its label */
        return STATUS_OK;
    struct span text = label_text(s->g->tape, value, buffer, &is_mark);
    if (value->kind == TAPE_OTHER) {
        write_where(s, s->g->options->keys->label, event, where, sizeof where);
        return error_mismatch(err, STATUS_BAD_INPUT, where,
                              "a string, a number or a boolean", "an array or an object",
                              "the label has another type");
    }
    if (is_mark && !s->has_mark) {
        s->has_mark = true;
        columns_show_value(s->g->tape, value, s->mark, sizeof s->mark);
    }
    s->is_float = s->is_float || value->kind == TAPE_DECIMAL;
    if (value->kind == TAPE_TEXT)
        s->label_text = value->index;
    if (task == TASK_LAST)
        return state_of_case(s, &s->label, value, text, err);
    if (text.length == 0)
        return STATUS_OK;
    s->labelled += !is_member;
    /* JSON Lines: the label of the history; CSV: the one that all rows with a label have */
    if (s->label.line == 0 && (is_member || is_csv(s)))
        state(&s->label, text, s->line);
    else if (is_csv(s) && !is_stated(&s->label, text))
        s->labels_differ = true;
    return STATUS_OK;
}

/* Note how the time of an event compares with that of the event before. */
static void compare_time(struct history_state *s, int64_t us)
{
    struct history_info *info = s->info;
    if (us < info->start_us)
        info->start_us = us;
    if (us > info->end_us)
        info->end_us = us;
    if (s->timed > 0) {
        info->ascends = info->ascends || us > s->last_us;
        info->descends = info->descends || us < s->last_us;
        info->ties += us == s->last_us;
    }
    s->last_us = us;
}

static enum status read_time(struct history_state *s, const struct tape_value *value,
                             int64_t event, bool *has_time, struct error *err)
{
    const struct gathering *g = s->g;
    struct instant time;
    if (columns_read_time(g->columns, g->tape, value, &time, has_time)) {
        if (*has_time)
            compare_time(s, time.us);
        return STATUS_OK;
    }
    char received[sizeof err->received], where[POINTER_BYTES], buffer[TAPE_TEXT_SIZE];
    struct span text = tape_text(g->tape, value, buffer);
    char reason[TIME_REFUSAL_SIZE] = "cannot be read as a time";
    char expected[TIME_EXPECTED_SIZE];
    if (value->kind != TAPE_OTHER)
        time_format_refusal(&g->columns->time_format, text.bytes, text.length, reason);
    time_format_expected(&g->columns->time_format, expected);
    columns_show_value(g->tape, value, received, sizeof received);
    write_where(s, g->columns->time_key, event, where, sizeof where);
    return error_mismatch(err, STATUS_BAD_INPUT, where, expected, received, "%s", reason);
}

static enum status read_members(struct history_state *s, struct tape_reader *reader,
                                struct error *err)
{
    const struct gathering *g = s->g;
    struct tape_value value;
    char buffer[TAPE_TEXT_SIZE];
    if (!tape_open_members(reader))
        return STATUS_OK;
    while (tape_next(&reader->cursor, &value))
        switch (g->columns->roles[value.column]) {
        case COLUMN_LABEL:
            RETURN_IF_ERROR(read_label(s, &value, true, NO_EVENT, err));
            break;
        case COLUMN_SPLIT:
            state(&s->split, tape_text(g->tape, &value, buffer), s->line);
            break;
        case COLUMN_ID:
            if (value.kind == TAPE_INTEGER)
                s->info->id_hash = (uint64_t)value.integer;
            break;
        case COLUMN_FIELD:
        case COLUMN_EVENT:
        case COLUMN_TIME:
        case COLUMN_POSTERIOR:
        case COLUMN_POSTERIORS:
        case COLUMN_NAME_PART:
        case COLUMN_LEFT_OUT:
            break;
        }
    while (tape_open_fields(reader) && tape_next(&reader->cursor, &value))
        if (value.column == g->columns->label && g->options->task != TASK_EVERY)
            s->has_inner_label = true;
    return STATUS_OK;
}

static enum status read_event(struct history_state *s, struct tape_cursor *cursor,
                              int64_t event, struct error *err)
{
    const struct gathering *g = s->g;
    const struct columns *columns = g->columns;
    struct tape_value value;
    char buffer[TAPE_TEXT_SIZE];
    bool has_time = false;
    while (tape_next(cursor, &value)) {
        if (value.column == columns->time)
            RETURN_IF_ERROR(read_time(s, &value, event, &has_time, err));
        if (value.column == columns->label)
            RETURN_IF_ERROR(read_label(s, &value, false, event, err));
        if (columns->roles[value.column] == COLUMN_SPLIT && is_csv(s))
            RETURN_IF_ERROR(state_of_case(s, &s->split, &value,
                                          tape_text(g->tape, &value, buffer), err));
    }
    s->timed += has_time;
    if (!has_time && s->first_untimed == NO_EVENT) {
        s->first_untimed = event;
        s->untimed_line = s->line;
    }
    return STATUS_OK;
}

static enum status read_part(struct history_state *s, struct error *err)
{
    static const char *const names[] = {
        [PART_TRAIN] = "train", [PART_VALIDATION] = "val", [PART_TEST] = "test"};
    char where[POINTER_BYTES];
    s->info->part = PART_NONE;
    if (!s->g->options->has_split)
        return STATUS_OK;
    for (int part = PART_TRAIN; part <= PART_TEST; part++)
        if (strcmp(s->split.bytes, names[part]) == 0) {
            s->info->part = (uint8_t)part;
            return STATUS_OK;
        }
    write_where(s, s->g->options->keys->split, NO_EVENT, where, sizeof where);
    return error_mismatch(err, STATUS_BAD_INPUT, where, "train, val or test",
                          s->split.line != 0 ? s->split.bytes : "nothing",
                          "the part of the split is missing or unknown");
}

static enum status check_times(const struct history_state *s, uint32_t events,
                               struct error *err)
{
    char where[POINTER_BYTES];
    if (s->timed == 0 || s->timed == events)
        return STATUS_OK;
    write_where(s, s->g->columns->time_key, s->first_untimed, where, sizeof where);
    return error_mismatch(err, STATUS_BAD_INPUT, where,
                          "a time in every event or in none", "nothing",
                          "this event has no time, but other events have one "
                          "(--skip-bad leaves the history out)");
}

/* TASK_EVERY: number the labels of the events. */
static enum status read_own_labels(struct history_state *s, struct error *err)
{
    const struct gathering *g = s->g;
    struct tape_reader reader;
    struct tape_value value;
    char buffer[TAPE_TEXT_SIZE], where[POINTER_BYTES];
    uint32_t index;
    bool is_mark;
    tape_open(&reader, g->tape, s->index);
    for (int64_t event = 0; tape_open_event(&reader); event++)
        while (tape_next(&reader.cursor, &value)) {
            if (value.column != g->columns->label)
                continue;
            struct span text = label_text(g->tape, &value, buffer, &is_mark);
            s->line = reader.line;
            write_where(s, g->options->keys->label, event, where, sizeof where);
            if (text.length > 0)
                RETURN_IF_ERROR(note_label(s->g, text, s->index, where, &index, err));
        }
    return STATUS_OK;
}

/* Count what is unusual about the labels of a history; threads wait here for each other. */
static void note_labels(const struct history_state *s, bool is_labelled,
                        bool is_partly_labelled)
{
    struct histories *histories = s->g->histories;
    pthread_mutex_lock(&s->g->mutex);
    if (!is_labelled) {
        count_history(&histories->unlabelled, s->index);
        if (s->has_mark) {
            if (histories->marked.count == 0 || s->index < histories->marked.first)
                memcpy(histories->mark, s->mark, sizeof histories->mark);
            count_history(&histories->marked, s->index);
        }
    }
    if (is_partly_labelled)
        count_history(&histories->partly_labelled, s->index);
    histories->has_float_label = histories->has_float_label || s->is_float;
    pthread_mutex_unlock(&s->g->mutex);
}

/* Number the labels of a history that is used; is_used is set if it has one. */
static enum status use_labels(struct history_state *s, uint32_t events, struct error *err)
{
    const struct histories_options *options = s->g->options;
    char where[POINTER_BYTES];
    bool has_label = s->label.line != 0 && !s->labels_differ;
    s->info->is_used = true;
    s->info->label = MAP_NONE;
    if (options->task == TASK_NEXT)
        return STATUS_OK;
    if (options->task == TASK_EVERY)
        RETURN_IF_ERROR(read_own_labels(s, err));
    if (has_label) {
        s->line = s->label.line;
        write_where(s, options->keys->label, NO_EVENT, where, sizeof where);
        RETURN_IF_ERROR(note_label(s->g, (struct span){s->label.bytes, s->label.length},
                                   s->index, where, &s->info->label, err));
    }
    bool is_labelled = has_label || s->labelled > 0;
    bool is_partly_labelled =
        options->task == TASK_EVERY && is_labelled && !has_label && s->labelled < events;
    if (!is_labelled || is_partly_labelled || s->is_float)
        note_labels(s, is_labelled, is_partly_labelled);
    s->info->is_unlabelled = !is_labelled;
    s->info->is_used = is_labelled || options->keeps_unlabelled;
    return STATUS_OK;
}

static enum status read_history(struct history_state *s, struct error *err)
{
    const struct gathering *g = s->g;
    struct tape_reader reader;
    tape_open(&reader, g->tape, s->index);
    const struct tape_history *history = reader.history;
    s->info->start_us = INT64_MAX;
    s->info->end_us = INT64_MIN;
    s->line = history->line;
    struct span name = tape_case_name(g->tape, history);
    s->info->id_hash = name.length > 0 ? case_id_hash(name) : 0;
    if (history->events > MAX_EVENTS)
        return error_set(err, STATUS_TOO_LARGE, "", "the history has more than %d events",
                         MAX_EVENTS);
    enum status status = read_members(s, &reader, err);
    /* an error in the part test is none if that part is not read */
    for (int64_t event = 0; status == STATUS_OK && tape_open_event(&reader); event++) {
        s->line = reader.line;
        status = read_event(s, &reader.cursor, event, err);
    }
    if (status == STATUS_OK)
        status = read_part(s, err);
    else if (strcmp(s->split.bytes, "test") == 0)
        s->info->part = PART_TEST;
    if (s->info->part == PART_TEST && g->options->has_split && !g->options->wants_test)
        return STATUS_OK;
    RETURN_IF_ERROR(status);
    if (s->timed > 0 && s->timed < history->events)
        s->line = s->untimed_line;
    RETURN_IF_ERROR(check_times(s, history->events, err));
    if (g->options->encoder)
        RETURN_IF_ERROR(encoder_check(g->options->encoder, s->index, &s->line, err));
    RETURN_IF_ERROR(use_labels(s, history->events, err));
    bool is_single = s->info->is_used && history->events == 1;
    bool is_untimed = s->info->is_used && s->timed == 0;
    if (!is_single && !is_untimed && !s->has_inner_label)
        return STATUS_OK;
    pthread_mutex_lock(&s->g->mutex);
    if (is_single)
        count_history(&g->histories->single, s->index);
    if (is_untimed)
        count_history(&g->histories->untimed, s->index);
    g->histories->has_inner_labels |= s->has_inner_label;
    pthread_mutex_unlock(&s->g->mutex);
    return STATUS_OK;
}

static void read_range(void *context, size_t range)
{
    struct gathering *g = context;
    size_t first = range * RANGE, end = first + RANGE;
    end = end < g->tape->history_count ? end : g->tape->history_count;
    for (size_t i = first; i < end; i++) {
        const struct tape_history *history = &g->tape->histories[i];
        struct history_state s = {.g = g,
                                  .index = i,
                                  .info = &g->histories->list[i],
                                  .label_text = MAP_NONE,
                                  .first_untimed = NO_EVENT};
        struct error err = {.status = STATUS_OK};
        if (history->is_bad || read_history(&s, &err) == STATUS_OK) {
            if (!history->is_bad)
                continue;
        } else {
            s.info->is_used = false;
            problems_add(g->problems, history->file, g->tape->files[history->file].name,
                         s.line, &err);
        }
        pthread_mutex_lock(&g->mutex);
        g->histories->bad++;
        pthread_mutex_unlock(&g->mutex);
    }
}

enum status histories_read(struct histories *histories, const struct tape *tape,
                           const struct columns *columns,
                           const struct histories_options *options,
                           struct problems *problems, struct workers *workers,
                           struct error *err)
{
    struct gathering g = {.histories = histories,
                          .tape = tape,
                          .columns = columns,
                          .options = options,
                          .problems = problems};
    *histories = (struct histories){.count = tape->history_count};
    arena_init(&histories->labels.arena, SIZE_MAX);
    histories->list = calloc(tape->history_count + 1, sizeof *histories->list);
    if (!histories->list)
        return error_no_memory(err);
    pthread_mutex_init(&g.mutex, NULL);
    workers_run(workers, read_range, &g, (tape->history_count + RANGE - 1) / RANGE);
    pthread_mutex_destroy(&g.mutex);
    for (size_t i = 0; i < histories->count; i++)
        histories->used += histories->list[i].is_used;
    return problems_status(problems, err);
}

/* ---- order ---- */

struct start {
    int64_t us;
    uint32_t file,
        line; /* line: of its first event, counted backwards if the file is turned */
    size_t index;
};

static int compare_starts(const void *a, const void *b)
{
    const struct start *x = a, *y = b;
    if (x->us != y->us)
        return x->us < y->us ? -1 : 1;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static struct start start_of(const struct histories *histories, const struct tape *tape,
                             size_t index)
{
    uint32_t file = tape->histories[index].file;
    bool is_used = histories->list[index].is_used;
    bool is_turned = is_used && tape->files[file].is_turned;
    return (struct start){
        .us = is_used ? histories->list[index].start_us : INT64_MAX,
        .file = file,
        .line = is_turned ? UINT32_MAX - (uint32_t)tape_event_line(tape, index, 0) : 0,
        .index = index};
}

static bool is_sorted(const struct histories *histories, const struct tape *tape)
{
    struct start last = {.us = INT64_MIN};
    for (size_t i = 0; i < histories->count; i++) {
        if (!histories->list[i].is_used)
            continue;
        struct start next = start_of(histories, tape, i);
        if (compare_starts(&next, &last) < 0)
            return false;
        last = next;
    }
    return true;
}

/* Move the histories to the order of starts [count]; new_index [count] receives where each went. */
static enum status move_histories(struct histories *histories, struct tape *tape,
                                  const struct start *starts, size_t *new_index,
                                  struct error *err)
{
    size_t count = histories->count;
    struct history_info *infos = malloc(count * sizeof *infos);
    struct tape_history *moved = malloc(count * sizeof *moved);
    if (!infos || !moved) {
        free(infos);
        free(moved);
        return error_no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        infos[i] = histories->list[starts[i].index];
        moved[i] = tape->histories[starts[i].index];
        new_index[starts[i].index] = i;
    }
    free(histories->list);
    free(tape->histories);
    histories->list = infos;
    tape->histories = moved;
    tape->history_capacity = count;
    return STATUS_OK;
}

/* The firsts of all counts are indices of histories. */
static void move_firsts(struct histories *histories, const size_t *new_index)
{
    struct history_count *const counts[] = {&histories->unlabelled, &histories->marked,
                                            &histories->partly_labelled,
                                            &histories->single, &histories->untimed};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i]->count > 0)
            counts[i]->first = new_index[counts[i]->first];
    for (uint32_t i = 0; i < histories->labels.names.count; i++)
        histories->labels.list[i].first = new_index[histories->labels.list[i].first];
}

/* The starts in their order: by their times, in linear time, and those of the same time as a whole. */
static void sort_starts(const struct histories *histories, const struct tape *tape,
                        struct timed_index *times, struct start *starts)
{
    size_t count = histories->count;
    for (size_t i = 0; i < count; i++) {
        const struct history_info *info = &histories->list[i];
        int64_t us = info->is_used ? info->start_us : INT64_MAX;
        times[i] = (struct timed_index){.time = {.us = us}, .index = (uint32_t)i};
    }
    timed_index_sort(times, count);
    for (size_t i = 0; i < count; i++)
        starts[i] = start_of(histories, tape, times[i].index);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && starts[end].us == starts[begin].us; end++)
            continue;
        if (end - begin > 1)
            qsort(starts + begin, end - begin, sizeof *starts, compare_starts);
    }
}

enum status histories_sort(struct histories *histories, struct tape *tape,
                           struct error *err)
{
    size_t count = histories->count;
    if (histories->untimed.count > 0 || count == 0 || is_sorted(histories, tape))
        return STATUS_OK;
    struct timed_index *times = malloc(count * sizeof *times);
    struct start *starts = malloc(count * sizeof *starts);
    size_t *new_index = malloc(count * sizeof *new_index);
    enum status status = times && starts && new_index ? STATUS_OK : error_no_memory(err);
    if (status == STATUS_OK) {
        sort_starts(histories, tape, times, starts);
        status = move_histories(histories, tape, starts, new_index, err);
    }
    free(times);
    if (status == STATUS_OK)
        move_firsts(histories, new_index);
    free(starts);
    free(new_index);
    return status;
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

static bool are_sorted(const struct candidate *candidates, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (compare_candidates(&candidates[i - 1], &candidates[i]) > 0)
            return false;
    return true;
}

/* Make a fifth of the `count` training histories validation histories. */
static enum status choose_validation(struct histories *histories, size_t count,
                                     uint64_t seed, struct error *err)
{
    struct candidate *candidates = calloc(count, sizeof *candidates);
    size_t *order = calloc(count, sizeof *order), next = 0;
    enum status status = STATUS_OK;
    if (!candidates || !order) {
        status = error_no_memory(err);
        goto out;
    }
    for (size_t i = 0; i < histories->count; i++)
        if (histories->list[i].role == ROLE_TRAIN)
            candidates[next++] =
                (struct candidate){.start_us = histories->list[i].start_us, .number = i};
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    if (histories->validation_source == VALIDATION_LATEST) {
        if (!are_sorted(candidates, count)) /* in a log they mostly are */
            qsort(candidates, count, sizeof *candidates, compare_candidates);
    } else {
        struct random random;
        random_init(&random, seed, VALIDATION_STREAM);
        random_shuffle(&random, order, count);
    }
    for (size_t i = count - count / 5; i < count; i++)
        histories->list[candidates[order[i]].number].role = ROLE_VALIDATE;
out:
    free(order);
    free(candidates);
    return status;
}

enum status histories_split(struct histories *histories, const char *file, uint64_t seed,
                            struct error *err)
{
    size_t train_count = 0;
    bool has_validation = false, has_times = true;
    for (size_t i = 0; i < histories->count; i++) {
        struct history_info *info = &histories->list[i];
        if (!info->is_used)
            continue;
        if (info->part == PART_VALIDATION) {
            info->role = ROLE_VALIDATE;
            has_validation = true;
            continue;
        }
        info->role = ROLE_TRAIN;
        has_times = has_times && info->start_us != INT64_MAX;
        train_count++;
    }
    if (train_count == 0)
        return error_set(err, STATUS_BAD_INPUT, file, "no history to train on");
    histories->validation_source = has_validation ? VALIDATION_GIVEN
                                   : has_times    ? VALIDATION_LATEST
                                                  : VALIDATION_RANDOM;
    return has_validation ? STATUS_OK
                          : choose_validation(histories, train_count, seed, err);
}

/* ---- roles for evaluation ---- */

/* The part of that name; PART_NONE for "all". */
static enum status find_part(const char *name, bool has_split, enum part *part,
                             struct error *err)
{
    static const char *const names[] = {[PART_TRAIN] = "train",
                                        [PART_VALIDATION] = "val",
                                        [PART_TEST] = "test",
                                        [PART_NONE] = "all",
                                        [PART_NONE + 1] = NULL};
    char phrase[SUGGEST_PHRASE];
    if (!name)
        name = has_split ? "train" : "all";
    else if (*name == '\0')
        name = has_split ? "test" : "all";
    int i = 0;
    while (i <= PART_NONE && strcmp(name, names[i]) != 0)
        i++;
    if (i > PART_NONE)
        return error_mismatch(err, STATUS_BAD_OPTION, "--part", "train, val, test or all",
                              name, "no part \"%.64s\"%s", name,
                              suggest_phrase(name, names, phrase, sizeof phrase));
    *part = (enum part)i;
    if (*part != PART_NONE && !has_split)
        return error_set(err, STATUS_BAD_OPTION, "--part",
                         "part \"%s\" needs --split, the key of the parts", name);
    return STATUS_OK;
}

enum status histories_select(struct histories *histories, const char *file,
                             bool has_split, const char *part_name, struct error *err)
{
    enum part part = PART_NONE;
    size_t count = 0;
    RETURN_IF_ERROR(find_part(part_name, has_split, &part, err));
    for (size_t i = 0; i < histories->count; i++) {
        struct history_info *info = &histories->list[i];
        info->role = ROLE_NONE;
        if (!info->is_used)
            continue;
        if (part == PART_NONE || info->part == part) {
            info->role = ROLE_EVALUATE;
            count++;
        } else if (info->part != PART_TEST) {
            info->role = ROLE_TRAIN;
        }
    }
    return count > 0 ? STATUS_OK
                     : error_set(err, STATUS_BAD_INPUT, file,
                                 "no history belongs to the part that is evaluated");
}

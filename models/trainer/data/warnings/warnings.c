/* The table of all warnings; then those about labels and lengths, and about names that are alike. */
#include "data/warnings/warnings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alike.h"
#include "base/map.h"
#include "data/warnings/sample.h"

enum {
    SHOWN_NAME = 60,
    UNSEEN_BYTES = 64,
    MANY_HISTORIES = 20, /* so that one with a tenth of the events stands out */
    BUCKET_EVENTS = 50
};

/* ---- labels and lengths ---- */

static enum status warn_about_labels(struct messages *messages,
                                     const struct warning_data *data, struct error *err)
{
    const struct tape *tape = data->tape;
    const struct histories *histories = data->histories;
    char place[TAPE_PLACE_BYTES];
    size_t marked = histories->marked.count;
    size_t without = histories->unlabelled.count - marked;
    (void)err;
    if (data->task == TASK_NEXT)
        return STATUS_OK;
    if (marked > 0) {
        history_place(tape, histories->marked.first, place, sizeof place);
        messages_warn(
            messages,
            "the label \"%s\" is read as missing: %zu %s left out, the first at "
            "%s",
            histories->mark, marked, plural(marked, "history is", "histories are"),
            place);
    }
    if (without > 0) {
        history_place(tape, histories->unlabelled.first, place, sizeof place);
        messages_warn(messages, "%zu %s no label \"%s\" and %s left out, the first at %s",
                      without, plural(without, "history has", "histories have"),
                      data->keys->label, plural(without, "is", "are"), place);
    }
    if (histories->partly_labelled.count > 0) {
        size_t count = histories->partly_labelled.count;
        history_place(tape, histories->partly_labelled.first, place, sizeof place);
        messages_warn(
            messages,
            "in %zu %s some events have no label: nothing is trained there, the "
            "first at %s",
            count, plural(count, "history", "histories"), place);
    }
    for (uint32_t i = 0; i < histories->labels.names.count; i++) {
        const struct strmap_key *key = &histories->labels.names.keys[i];
        if (key->length == 4 && strncasecmp(key->bytes, "none", 4) == 0)
            messages_note(messages,
                          "the label \"%s\" of %zu is an action, not a missing label",
                          key->bytes, histories->labels.list[i].count);
    }
    return STATUS_OK;
}

static enum status warn_about_lengths(struct messages *messages,
                                      const struct warning_data *data, struct error *err)
{
    const struct tape *tape = data->tape;
    const struct histories *histories = data->histories;
    size_t validation = 0;
    char place[TAPE_PLACE_BYTES];
    size_t single = histories->single.count, untimed = histories->untimed.count;
    (void)err;
    for (size_t i = 0; i < histories->count; i++)
        validation += histories->list[i].role == ROLE_VALIDATE;
    if (2 * single > histories->used) {
        history_place(tape, histories->single.first, place, sizeof place);
        messages_warn(messages,
                      "%zu of %zu histories have one event only, the first at %s: does "
                      "--id name the incident?",
                      single, histories->used, place);
    }
    if (untimed == histories->used)
        messages_warn(
            messages, "no history has times: events are read in the order of the file%s",
            data->columns->time == MAP_NONE ? "; --time names the key of the time" : "");
    else if (untimed > 0) {
        history_place(tape, histories->untimed.first, place, sizeof place);
        messages_note(messages,
                      "%zu of %zu histories have no times and are read in the order of "
                      "the file, the first at %s",
                      untimed, histories->used, place);
    }
    if (validation == 0)
        messages_warn(messages,
                      "there are no histories to validate on (%zu to train on): when to "
                      "stop is decided by the training loss",
                      histories->used);
    return STATUS_OK;
}

/* A case that has events of many incidents, such as "unassigned". */
static enum status warn_about_bucket(struct messages *messages,
                                     const struct warning_data *data, struct error *err)
{
    const struct tape *tape = data->tape;
    const struct histories *histories = data->histories;
    enum { TENTH = 10, TIMES_THE_MEAN = 20 };
    size_t largest = 0;
    uint64_t events = 0;
    char place[TAPE_PLACE_BYTES];
    (void)err;
    for (size_t i = 0; i < tape->history_count; i++) {
        events += tape->histories[i].events;
        if (tape->histories[i].events > tape->histories[largest].events)
            largest = i;
    }
    if (histories->count < MANY_HISTORIES)
        return STATUS_OK;
    uint64_t most = tape->histories[largest].events;
    if (most < BUCKET_EVENTS || most * TENTH < events ||
        most * histories->count < TIMES_THE_MEAN * events)
        return STATUS_OK;
    history_place(tape, largest, place, sizeof place);
    struct span name = tape_case_name(tape, &tape->histories[largest]);
    messages_warn(messages,
                  "one history has %" PRIu64 " of all %" PRIu64
                  " events, %s%.*s%sat %s: are they of one incident?",
                  most, events, name.length > 0 ? "\"" : "",
                  (int)(name.length < SHOWN_NAME ? name.length : SHOWN_NAME),
                  name.length > 0 ? name.bytes : "", name.length > 0 ? "\" " : "", place);
    return STATUS_OK;
}

/* ---- names that are alike ---- */

/*
 * The number of names that are alike to an earlier one; a and b are the first such pair.  Names whose
 * place is UINT64_MAX do not count; places may be NULL.
 */
static enum status count_alike(const struct strmap *names, const uint64_t *places,
                               size_t *count, uint32_t *a, uint32_t *b, struct error *err)
{
    struct arena arena;
    struct strmap seen = {.count = 0};
    uint32_t *first = calloc(names->count + (size_t)1, sizeof *first);
    enum status status = first ? STATUS_OK : error_no_memory(err);
    *count = 0;
    arena_init(&arena, SIZE_MAX);
    for (uint32_t i = 0; i < names->count && status == STATUS_OK; i++) {
        char key[256];
        if (places && places[i] == UINT64_MAX)
            continue;
        uint32_t known = seen.count;
        size_t length =
            alike_fold(names->keys[i].bytes, names->keys[i].length, key, sizeof key);
        uint32_t index =
            length < sizeof key ? strmap_add(&seen, key, length, &arena) : known;
        if (index == MAP_NONE)
            status = error_no_memory(err);
        else if (length == sizeof key)
            continue; /* too long to be a name */
        else if (index == known)
            first[index] = i;
        else if ((*count)++ == 0) {
            *a = first[index];
            *b = i;
        }
    }
    arena_release(&arena);
    free(first);
    return status;
}

struct pair_words {
    size_t count; /* of names that are alike to an earlier one */
    const char *one, *many, *are;
    const char *place; /* of the second name */
    const char *key;   /* of the column in "rename" */
};

/* The names a and b are the first pair. */
static void warn_about_pair(struct messages *messages, const struct strmap *names,
                            uint32_t a, uint32_t b, const struct pair_words *words)
{
    char unseen[UNSEEN_BYTES];
    const char *first = names->keys[a].bytes, *second = names->keys[b].bytes;
    alike_explain(first, second, unseen, sizeof unseen);
    messages_warn(
        messages,
        "%zu %s from another only in case, blanks, signs or encoding: \"%.*s\" and "
        "\"%.*s\" (first at %s) are two %s%s; \"rename\": {\"%s\": {OLD: NEW}} in a "
        "recipe makes them one",
        words->count, plural(words->count, words->one, words->many), SHOWN_NAME, first,
        SHOWN_NAME, second, words->place, words->are, unseen, words->key);
}

static enum status warn_about_alike_labels(struct messages *messages,
                                           const struct warning_data *data,
                                           struct error *err)
{
    const struct labels *labels = &data->histories->labels;
    char place[TAPE_PLACE_BYTES];
    size_t count;
    uint32_t a, b;
    if (data->task == TASK_NEXT)
        return STATUS_OK;
    RETURN_IF_ERROR(count_alike(&labels->names, NULL, &count, &a, &b, err));
    if (count == 0)
        return STATUS_OK;
    if (labels->list[a].first > labels->list[b].first) {
        uint32_t c = a;
        a = b;
        b = c;
    }
    history_place(data->tape, labels->list[b].first, place, sizeof place);
    warn_about_pair(messages, &labels->names, a, b,
                    &(struct pair_words){.count = count,
                                         .one = "label differs",
                                         .many = "labels differ",
                                         .are = "actions",
                                         .place = place,
                                         .key = data->keys->label});
    return STATUS_OK;
}

/* The place of the first event with each text of a column; UINT64_MAX: no history that is used has it. */
static void find_names(const struct tape *tape, const struct histories *histories,
                       uint32_t column, uint64_t *first)
{
    for (uint32_t i = 0; i < tape->columns[column].texts.count; i++)
        first[i] = UINT64_MAX;
    for (size_t i = 0; i < histories->count; i++) {
        struct tape_reader reader;
        struct tape_value value;
        if (histories->list[i].role == ROLE_NONE)
            continue;
        tape_open(&reader, tape, i);
        while (tape_open_event(&reader))
            while (tape_next(&reader.cursor, &value))
                if (value.column == column && value.kind == TAPE_TEXT &&
                    value.index != TAPE_FURTHER && first[value.index] == UINT64_MAX)
                    first[value.index] = tape_place(reader.history->file, reader.line);
    }
}

static enum status warn_about_alike_names(struct messages *messages,
                                          const struct tape *tape,
                                          const struct columns *columns,
                                          const struct histories *histories,
                                          uint32_t column, struct error *err)
{
    enum { MAX_NAMES = 10000 }; /* with more, they are no names */
    const struct strmap *texts = &tape->columns[column].texts;
    char place[TAPE_PLACE_BYTES];
    size_t count;
    uint32_t a, b;
    if (texts->count < 2 || texts->count > MAX_NAMES)
        return STATUS_OK;
    RETURN_IF_ERROR(count_alike(texts, NULL, &count, &a, &b, err));
    if (count == 0)
        return STATUS_OK;
    /* the texts may be of histories that are not used */
    uint64_t *places = calloc(texts->count, sizeof *places);
    if (!places)
        return error_no_memory(err);
    find_names(tape, histories, column, places);
    enum status status = count_alike(texts, places, &count, &a, &b, err);
    if (status == STATUS_OK && count > 0)
        tape_place_write(tape, places[b], place, sizeof place);
    free(places);
    if (status != STATUS_OK || count == 0)
        return status;
    bool is_event = column == columns->event;
    warn_about_pair(
        messages, texts, a, b,
        &(struct pair_words){.count = count,
                             .one = is_event ? "event name differs" : "value differs",
                             .many = is_event ? "event names differ" : "values differ",
                             .are = "values",
                             .place = place,
                             .key = is_event ? "event" : tape->columns[column].name});
    return STATUS_OK;
}

/* A column that says which rows are for training and which for tests, and that no option names. */
static void warn_about_parts(struct messages *messages, const struct tape *tape,
                             const struct histories *histories, uint32_t column)
{
    enum { PARTS = 3 };
    const struct strmap *texts = &tape->columns[column].texts;
    uint64_t places[PARTS], first = UINT64_MAX;
    char place[TAPE_PLACE_BYTES];
    if (texts->count < 2 || texts->count > PARTS)
        return;
    for (uint32_t i = 0; i < texts->count; i++) {
        const char *text = texts->keys[i].bytes;
        if (strcmp(text, "train") != 0 && strcmp(text, "val") != 0 &&
            strcmp(text, "test") != 0)
            return;
    }
    find_names(tape, histories, column, places);
    for (uint32_t i = 0; i < texts->count; i++)
        first = places[i] < first ? places[i] : first;
    if (first == UINT64_MAX)
        return; /* only histories that are not used have it */
    tape_place_write(tape, first, place, sizeof place);
    messages_warn(
        messages,
        "field \"%s\" names the parts train, val or test (the first at %s), and all "
        "of them are trained on; --split \"%s\" keeps them apart",
        tape->columns[column].name, place, tape->columns[column].name);
}

static enum status warn_about_alike_values(struct messages *messages,
                                           const struct warning_data *data,
                                           struct error *err)
{
    const struct columns *columns = data->columns;
    for (uint32_t i = 0; i < data->tape->column_count; i++) {
        if (data->tape->columns[i].scope != SCOPE_FIELD)
            continue;
        if (columns->roles[i] == COLUMN_FIELD)
            warn_about_parts(messages, data->tape, data->histories, i);
        if (columns->roles[i] == COLUMN_EVENT || columns->roles[i] == COLUMN_FIELD)
            RETURN_IF_ERROR(warn_about_alike_names(messages, data->tape, columns,
                                                   data->histories, i, err));
    }
    return STATUS_OK;
}

/* What is compared with many other events: they are read from a sample. */
static enum status warn_about_sampled_values(struct messages *messages,
                                             const struct warning_data *data,
                                             struct error *err)
{
    static enum status (*const sampled[])(struct messages *, const struct warning_data *,
                                          struct sample *, struct error *) = {
        warn_about_value_spellings, /* first: it marks the columns that it explains */
        warn_about_changed_names, warn_about_odd_numbers, warn_about_swapped_columns};
    struct sample sample;
    enum status status = sample_init(&sample, data->tape, data->columns, data->histories,
                                     data->schema, err);
    for (size_t i = 0; i < sizeof sampled / sizeof *sampled && status == STATUS_OK; i++)
        status = sampled[i](messages, data, &sample, err);
    sample_release(&sample);
    return status;
}

/* ---- all warnings ---- */

enum {
    FOR_KNOWN = FOR_TRAINING | FOR_EVALUATION, /* there are histories and a schema */
    FOR_ALL = FOR_KNOWN | FOR_PREDICTION
};

/* In the order in which the lines are printed. */
static const struct warning {
    enum status (*warn)(struct messages *, const struct warning_data *, struct error *);
    unsigned uses;     /* bits of enum data_use */
    bool uses_workers; /* itself; the others are one task each */
} warnings[] = {
    {warn_about_columns, FOR_KNOWN, false},
    {warn_about_labels, FOR_KNOWN, false},
    {warn_about_case_ids, FOR_ALL, false},
    {warn_about_repeated_events, FOR_ALL, true},
    {warn_about_lengths, FOR_TRAINING, false},
    {warn_about_sequences, FOR_TRAINING, false},
    {warn_about_tied_times, FOR_TRAINING, false},
    {warn_about_bucket, FOR_TRAINING, false},
    {warn_about_label_words, FOR_TRAINING, false},
    {warn_about_alike_labels, FOR_TRAINING, false},
    {warn_about_alike_values, FOR_TRAINING, false},
    {warn_about_copies, FOR_TRAINING, false},
    {warn_about_number_scales, FOR_TRAINING, false},
    {warn_about_sampled_values, FOR_TRAINING, false},
};

enum { WARNINGS = sizeof warnings / sizeof *warnings };

struct warning_run {
    const struct warning_data *data;
    enum data_use use;
    struct result {
        struct messages messages;
        struct error err;
    } results[WARNINGS];
};

static void run_warning(struct warning_run *run, size_t i)
{
    struct result *result = &run->results[i];
    if ((warnings[i].uses & run->use) != 0)
        (void)warnings[i].warn(&result->messages, run->data, &result->err);
}

static void run_as_task(void *context, size_t i)
{
    if (!warnings[i].uses_workers)
        run_warning(context, i);
}

enum status warn_about_data(struct messages *messages, const struct warning_data *data,
                            enum data_use use, struct error *err)
{
    struct warning_run run = {.data = data, .use = use};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < WARNINGS; i++)
        messages_init(&run.results[i].messages);
    for (size_t i = 0; i < WARNINGS; i++)
        if (warnings[i].uses_workers)
            run_warning(&run, i);
    workers_run(data->workers, run_as_task, &run, WARNINGS);
    for (size_t i = 0; i < WARNINGS; i++) {
        struct result *result = &run.results[i];
        messages_move(messages, &result->messages);
        if (status == STATUS_OK && result->err.status != STATUS_OK) {
            status = result->err.status;
            *err = result->err;
        }
    }
    return status;
}

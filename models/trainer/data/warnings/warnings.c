/* Labels and lengths, then names that are alike. */
#include "data/warnings/warnings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alike.h"
#include "base/map.h"
#include "data/warnings/case_warnings.h"
#include "data/warnings/changed_names.h"
#include "data/warnings/label_warnings.h"
#include "data/warnings/odd_numbers.h"
#include "data/warnings/repeated_events.h"
#include "data/warnings/sample.h"
#include "data/warnings/sequences.h"
#include "data/warnings/tied_times.h"
#include "data/warnings/value_spellings.h"

enum {
    SHOWN_NAME = 60,
    UNSEEN_BYTES = 64,
    MANY_HISTORIES = 20, /* so that one with a tenth of the events stands out */
    BUCKET_EVENTS = 50
};

/* ---- labels and lengths ---- */

static void warn_about_labels(struct messages *messages, const struct tape *tape,
                              const struct histories *histories,
                              const struct data_keys *keys)
{
    char place[TAPE_PLACE_BYTES];
    size_t marked = histories->marked.count;
    size_t without = histories->unlabelled.count - marked;
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
                      keys->label, plural(without, "is", "are"), place);
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
}

static void warn_about_lengths(struct messages *messages, const struct tape *tape,
                               const struct columns *columns,
                               const struct histories *histories, size_t validation)
{
    char place[TAPE_PLACE_BYTES];
    size_t single = histories->single.count, untimed = histories->untimed.count;
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
            columns->time == MAP_NONE ? "; --time names the key of the time" : "");
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
}

/* A case that has events of many incidents, such as "unassigned". */
static void warn_about_bucket(struct messages *messages, const struct tape *tape,
                              const struct histories *histories)
{
    enum { TENTH = 10, TIMES_THE_MEAN = 20 };
    size_t largest = 0;
    uint64_t events = 0;
    char place[TAPE_PLACE_BYTES];
    for (size_t i = 0; i < tape->history_count; i++) {
        events += tape->histories[i].events;
        if (tape->histories[i].events > tape->histories[largest].events)
            largest = i;
    }
    if (histories->count < MANY_HISTORIES)
        return;
    uint64_t most = tape->histories[largest].events;
    if (most < BUCKET_EVENTS || most * TENTH < events ||
        most * histories->count < TIMES_THE_MEAN * events)
        return;
    history_place(tape, largest, place, sizeof place);
    struct span name = tape_case_name(tape, &tape->histories[largest]);
    messages_warn(messages,
                  "one history has %" PRIu64 " of all %" PRIu64
                  " events, %s%.*s%sat %s: are they of one incident?",
                  most, events, name.length > 0 ? "\"" : "",
                  (int)(name.length < SHOWN_NAME ? name.length : SHOWN_NAME),
                  name.length > 0 ? name.bytes : "", name.length > 0 ? "\" " : "", place);
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
                                           const struct tape *tape,
                                           const struct histories *histories,
                                           const struct data_keys *keys,
                                           struct error *err)
{
    const struct labels *labels = &histories->labels;
    char place[TAPE_PLACE_BYTES];
    size_t count;
    uint32_t a, b;
    RETURN_IF_ERROR(count_alike(&labels->names, NULL, &count, &a, &b, err));
    if (count == 0)
        return STATUS_OK;
    if (labels->list[a].first > labels->list[b].first) {
        uint32_t c = a;
        a = b;
        b = c;
    }
    history_place(tape, labels->list[b].first, place, sizeof place);
    warn_about_pair(messages, &labels->names, a, b,
                    &(struct pair_words){.count = count,
                                         .one = "label differs",
                                         .many = "labels differ",
                                         .are = "actions",
                                         .place = place,
                                         .key = keys->label});
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

enum status warn_about_histories(struct messages *messages, const struct tape *tape,
                                 const struct columns *columns,
                                 const struct histories *histories,
                                 const struct data_keys *keys, enum task task,
                                 bool is_training, struct workers *workers,
                                 struct error *err)
{
    size_t validation = 0;
    for (size_t i = 0; i < histories->count; i++)
        validation += histories->list[i].role == ROLE_VALIDATE;
    if (task != TASK_NEXT)
        warn_about_labels(messages, tape, histories, keys);
    RETURN_IF_ERROR(warn_about_case_ids(messages, tape, histories, err));
    RETURN_IF_ERROR(
        warn_about_repeated_events(messages, tape, columns, histories, workers, err));
    if (!is_training)
        return STATUS_OK;
    warn_about_lengths(messages, tape, columns, histories, validation);
    if (histories->untimed.count == histories->used)
        RETURN_IF_ERROR(warn_about_sequences(messages, tape, columns, histories, err));
    warn_about_tied_times(messages, tape, columns, histories);
    warn_about_bucket(messages, tape, histories);
    if (task != TASK_NEXT) {
        RETURN_IF_ERROR(warn_about_label_words(messages, tape, histories, keys, err));
        RETURN_IF_ERROR(warn_about_alike_labels(messages, tape, histories, keys, err));
    }
    for (uint32_t i = 0; i < tape->column_count; i++) {
        if (tape->columns[i].scope != SCOPE_FIELD)
            continue;
        if (columns->roles[i] == COLUMN_FIELD)
            warn_about_parts(messages, tape, histories, i);
        if (columns->roles[i] == COLUMN_EVENT || columns->roles[i] == COLUMN_FIELD)
            RETURN_IF_ERROR(
                warn_about_alike_names(messages, tape, columns, histories, i, err));
    }
    return STATUS_OK;
}

enum status warn_about_values(struct messages *messages, const struct tape *tape,
                              const struct columns *columns,
                              const struct histories *histories,
                              const struct schema *schema, const struct data_keys *keys,
                              enum task task, struct error *err)
{
    struct sample sample;
    enum status status = sample_init(&sample, tape, columns, histories, schema, err);
    if (status == STATUS_OK)
        status = warn_about_value_spellings(messages, &sample, histories, err);
    if (status == STATUS_OK)
        status = warn_about_changed_names(messages, &sample, histories, keys, task, err);
    if (status == STATUS_OK)
        status = warn_about_odd_numbers(messages, &sample, histories->untimed.count == 0,
                                        err);
    sample_release(&sample);
    return status;
}

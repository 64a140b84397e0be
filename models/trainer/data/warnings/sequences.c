/* A sample of the histories is read, each event's numbers into a list of each column. */
#include "data/warnings/warnings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum {
    SAMPLED_HISTORIES = 4096,
    LONGEST = 1024,     /* events of a history that is examined */
    MIN_HISTORIES = 20, /* of more than one event */
    MIN_IDS = 100,
    DENSE = 100,    /* ids lie in a range of at most so many times their count, */
    BY_CHANCE = 20, /* or the count over this: few measured numbers may all differ */
    SHOWN_TEXT = 40,
    MAX_DIGITS = 15
};

static const double NEARLY_ALL = 0.98;

/* A column that may number the events. */
struct sequence {
    bool is_open;      /* it is a field, and nothing speaks against it yet */
    int64_t *numbers;  /* [LONGEST] of the history that is read */
    uint32_t count;    /* of them */
    size_t histories;  /* of more than one event */
    size_t counted;    /* those whose numbers count the events */
    size_t disordered; /* those whose numbers are not in the order of the file */
    size_t first;      /* the first of these */
    int64_t *ids;      /* of all events that are read; owned */
    size_t id_count, id_capacity;
    bool has_words;        /* around the numbers */
    char text[SHOWN_TEXT]; /* the first one */
};

/* ---- reading ---- */

/* The number at the end of a text without other digits, such as "step 3". */
static bool read_text(struct span text, int64_t *number)
{
    size_t words = text.length;
    *number = 0;
    while (words > 0 && text.bytes[words - 1] >= '0' && text.bytes[words - 1] <= '9')
        words--;
    if (words == 0 || words == text.length || text.length - words > MAX_DIGITS)
        return false;
    for (size_t i = 0; i < words; i++)
        if (text.bytes[i] >= '0' && text.bytes[i] <= '9')
            return false;
    for (size_t i = words; i < text.length; i++)
        *number = 10 * *number + (text.bytes[i] - '0');
    return true;
}

static bool read_number(const struct tape *tape, const struct tape_value *value,
                        struct sequence *sequence, int64_t *number)
{
    char buffer[TAPE_TEXT_SIZE];
    if (value->kind == TAPE_INTEGER) {
        *number = value->integer;
    } else {
        struct span text = tape_text(tape, value, buffer);
        if ((value->kind != TAPE_TEXT && value->kind != TAPE_FORM) ||
            !read_text(text, number))
            return false;
        sequence->has_words = true;
    }
    if (sequence->text[0] == '\0') {
        struct span text = tape_text(tape, value, buffer);
        (void)snprintf(sequence->text, sizeof sequence->text, "%.*s", (int)text.length,
                       text.bytes);
    }
    return true;
}

/* False without memory. */
static bool add_id(struct sequence *sequence, int64_t id)
{
    if (!array_reserve(&sequence->ids, sequence->id_count, &sequence->id_capacity,
                       sizeof *sequence->ids))
        return false;
    sequence->ids[sequence->id_count++] = id;
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The numbers of a history have been read. */
static void end_history(struct sequence *sequence, size_t history, uint32_t events)
{
    int64_t *numbers = sequence->numbers;
    bool is_ordered = true, is_counted = true;
    if (sequence->count < events) {
        sequence->is_open = false; /* an event has no number */
        return;
    }
    for (uint32_t i = 1; i < events; i++)
        is_ordered = is_ordered && numbers[i - 1] <= numbers[i];
    if (!is_ordered)
        qsort(numbers, events, sizeof *numbers, compare_numbers);
    for (uint32_t i = 1; i < events; i++)
        is_counted = is_counted && numbers[i] == numbers[i - 1] + 1;
    sequence->counted += is_counted && (numbers[0] == 0 || numbers[0] == 1);
    sequence->histories++;
    if (!is_ordered && sequence->disordered++ == 0)
        sequence->first = history;
}

static bool read_events(struct sequence *sequences, const struct tape *tape,
                        size_t history)
{
    struct tape_reader reader;
    struct tape_value value;
    const uint32_t events = tape->histories[history].events;
    for (size_t c = 0; c < tape->column_count; c++)
        sequences[c].count = 0;
    tape_open(&reader, tape, history);
    while (tape_open_event(&reader))
        while (tape_next(&reader.cursor, &value)) {
            struct sequence *sequence = &sequences[value.column];
            int64_t number;
            if (!sequence->is_open || sequence->count == events ||
                !read_number(tape, &value, sequence, &number))
                continue;
            sequence->numbers[sequence->count++] = number;
            if (!add_id(sequence, number))
                return false;
        }
    for (size_t c = 0; c < tape->column_count; c++)
        if (sequences[c].is_open)
            end_history(&sequences[c], history, events);
    return true;
}

static bool read_sample(struct sequence *sequences, const struct tape *tape,
                        const struct histories *histories)
{
    const size_t stride = 1 + histories->used / SAMPLED_HISTORIES;
    size_t used = 0;
    for (size_t i = 0; i < histories->count; i++) {
        uint32_t events = tape->histories[i].events;
        bool is_read = histories->list[i].is_used && used++ % stride == 0 && events > 1 &&
                       events <= LONGEST;
        if (is_read && !read_events(sequences, tape, i))
            return false;
    }
    return true;
}

/* ---- what was found ---- */

/* Whole numbers of which each event has one of its own, without large gaps. */
static bool are_ids(struct sequence *sequence, size_t stride)
{
    int64_t *ids = sequence->ids;
    size_t count = sequence->id_count;
    if (count < MIN_IDS || sequence->has_words)
        return false;
    qsort(ids, count, sizeof *ids, compare_numbers);
    for (size_t i = 1; i < count; i++)
        if (ids[i] == ids[i - 1])
            return false;
    double dense = fmin(DENSE, (double)count / BY_CHANCE);
    return ids[0] >= 0 && (double)ids[count - 1] - (double)ids[0] <=
                              dense * (double)stride * (double)count;
}

static void warn(struct messages *messages, const struct tape *tape,
                 const struct sequence *sequence, const char *name, bool is_counted)
{
    char place[TAPE_PLACE_BYTES], words[SHOWN_TEXT + 80] = "";
    history_place(tape, sequence->first, place, sizeof place);
    if (sequence->has_words)
        (void)snprintf(words, sizeof words,
                       ", when its cells are numbers and not \"%s\",", sequence->text);
    messages_warn(
        messages,
        "\"%s\" %s, and in %zu of %zu histories the file has another order, the first at "
        "%s: --time \"%s\" --time-format seconds%s reads %s",
        name,
        is_counted ? "numbers the events of each history"
                   : "has a number of its own for each event",
        sequence->disordered, sequence->histories, place, name, words,
        is_counted ? "them in that order"
                   : "them in the order of these numbers, if they "
                     "grow with time");
}

static bool open_columns(struct sequence *sequences, const struct tape *tape,
                         const struct columns *columns)
{
    bool is_done = true;
    for (size_t c = 0; c < tape->column_count && is_done; c++) {
        struct sequence *sequence = &sequences[c];
        if (tape->columns[c].scope != SCOPE_FIELD || columns->roles[c] != COLUMN_FIELD)
            continue;
        sequence->numbers = malloc(LONGEST * sizeof *sequence->numbers);
        sequence->is_open = is_done = sequence->numbers != NULL;
    }
    return is_done;
}

enum status warn_about_sequences(struct messages *messages,
                                 const struct warning_data *data, struct error *err)
{
    const struct tape *tape = data->tape;
    const struct histories *histories = data->histories;
    const size_t stride = 1 + histories->used / SAMPLED_HISTORIES;
    if (histories->untimed.count < histories->used)
        return STATUS_OK;
    struct sequence *sequences = calloc(tape->column_count + 1, sizeof *sequences);
    bool is_done = sequences && open_columns(sequences, tape, data->columns) &&
                   read_sample(sequences, tape, histories);
    for (size_t c = 0; is_done && c < tape->column_count; c++) {
        struct sequence *sequence = &sequences[c];
        double histories_read = (double)sequence->histories;
        bool is_counted = (double)sequence->counted >= NEARLY_ALL * histories_read;
        if (!sequence->is_open || sequence->histories < MIN_HISTORIES ||
            sequence->disordered == 0 || (!is_counted && !are_ids(sequence, stride)))
            continue;
        warn(messages, tape, sequence, tape->columns[c].name, is_counted);
        break;
    }
    for (size_t c = 0; sequences && c < tape->column_count; c++) {
        free(sequences[c].numbers);
        free(sequences[c].ids);
    }
    free(sequences);
    return is_done ? STATUS_OK : error_no_memory(err);
}

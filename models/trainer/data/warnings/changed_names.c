/*
 * A list of names is examined in the order of the histories: the labels, or the values of a column.
 * Where a name is missing for so long that this cannot be chance, it has ended, or not yet begun.
 */
#include "data/warnings/warnings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/warnings/sample.h"

enum {
    MIN_NAMES = 100,   /* of a list */
    MIN_TIMES = 12,    /* of a name that was renamed */
    MIN_SAME = 30,     /* of a default */
    MAX_VALUES = 1000, /* with more, they are no names */
    SHOWN_NAME = 60,
    NAME_BYTES = SHOWN_NAME + 1
};

/* Of a name by its rate, in a stretch that has none of it: fewer may be chance. */
static const double MANY_EXPECTED = 9.0;

/* Of the values of a field that were renamed: teams and products come and go. */
static const double LEAST_OF_VALUES = 0.25;

/* Names in the order of the histories. */
struct names {
    const struct sample *sample;
    const struct histories *histories;  /* of labels; else NULL */
    const char *one, *many;             /* "a label", "labels" */
    const char *field;                  /* of a value; else NULL */
    const char *key;                    /* of the column in "rename" */
    const struct sampled_cell *cells;   /* [count]; of labels, event is the history */
    const struct sampled_value *values; /* [value_count] */
    size_t count;
    uint32_t value_count;
};

static void show_name(const struct names *names, uint32_t value, char text[NAME_BYTES])
{
    if (names->histories)
        (void)snprintf(text, NAME_BYTES, "%s",
                       names->histories->labels.names.keys[value].bytes);
    else
        (void)sample_text(names->sample, &names->values[value], text, NAME_BYTES);
}

static void show_place(const struct names *names, size_t cell,
                       char place[TAPE_PLACE_BYTES])
{
    if (names->histories)
        history_place(names->sample->tape, names->cells[cell].event, place,
                      TAPE_PLACE_BYTES);
    else
        sample_place(names->sample, &names->cells[cell], place, TAPE_PLACE_BYTES);
}

/* ---- names that end where others begin ---- */

/* How often a name is there, between its first and its last place. */
static double rate_of(const struct sampled_value *value)
{
    return (double)value->count / (double)(value->last - value->first + 1);
}

/* Is the name there from the beginning, and not at the end? */
static bool has_ended(const struct names *names, const struct sampled_value *value)
{
    double rate = rate_of(value), after = (double)(names->count - 1 - value->last);
    return value->count >= MIN_TIMES && rate * after >= MANY_EXPECTED &&
           rate * (double)value->first <= MANY_EXPECTED;
}

/*
 * Is the name not there at the beginning, and up to the end?  An event's name with a version in it
 * may end again.
 */
static bool has_begun(const struct names *names, const struct sampled_value *value)
{
    double rate = rate_of(value), after = (double)(names->count - 1 - value->last);
    bool is_event = !names->histories && !names->field;
    return value->count >= MIN_TIMES && rate * (double)value->first >= MANY_EXPECTED &&
           (is_event || rate * after <= MANY_EXPECTED);
}

/* Does `later` begin where `earlier` ends, and is it about as frequent? */
static bool follows(const struct names *names, const struct sampled_value *earlier,
                    const struct sampled_value *later)
{
    static const double USUAL_GAPS = 4.0, LARGEST_GAP = 0.1, DEVIATIONS = 3.0;
    double a = rate_of(earlier), b = rate_of(later);
    double gap = fabs((double)later->first - (double)earlier->last);
    double noise = sqrt(a * a / (double)earlier->count + b * b / (double)later->count);
    return gap <= USUAL_GAPS * (1.0 / a + 1.0 / b) &&
           gap <= LARGEST_GAP * (double)names->count && fabs(a - b) <= DEVIATIONS * noise;
}

/* The nearest name that begins where the one ends; MAP_NONE. */
static uint32_t find_follower(const struct names *names, uint32_t ended,
                              const bool *is_taken)
{
    uint32_t nearest = MAP_NONE;
    double least = INFINITY;
    for (uint32_t i = 0; i < names->value_count; i++) {
        const struct sampled_value *value = &names->values[i];
        if (is_taken[i] || !has_begun(names, value) ||
            !follows(names, &names->values[ended], value))
            continue;
        double difference = fabs(log(rate_of(value) / rate_of(&names->values[ended])));
        nearest = difference < least ? i : nearest;
        least = difference < least ? difference : least;
    }
    return nearest;
}

static enum status warn_about_renamed(struct messages *messages,
                                      const struct names *names, struct error *err)
{
    char old[NAME_BYTES], new[NAME_BYTES], last[TAPE_PLACE_BYTES],
        first[TAPE_PLACE_BYTES], field[NAME_BYTES + 16] = "";
    uint32_t count = 0, ended = 0, begun = 0;
    size_t cells = 0; /* with one of these names */
    bool *is_taken = calloc(names->value_count + (size_t)1, sizeof *is_taken);
    if (!is_taken)
        return error_no_memory(err);
    for (uint32_t i = 0; i < names->value_count; i++) {
        uint32_t follower = has_ended(names, &names->values[i])
                                ? find_follower(names, i, is_taken)
                                : MAP_NONE;
        if (follower == MAP_NONE)
            continue;
        is_taken[follower] = true;
        cells += names->values[i].count + names->values[follower].count;
        if (count++ == 0) {
            ended = i;
            begun = follower;
        }
    }
    free(is_taken);
    if (count == 0 ||
        (names->field && (double)cells < LEAST_OF_VALUES * (double)names->count))
        return STATUS_OK;
    show_name(names, ended, old);
    show_name(names, begun, new);
    show_place(names, names->values[ended].last, last);
    show_place(names, names->values[begun].first, first);
    if (names->field)
        (void)snprintf(field, sizeof field, "field \"%.*s\": ", SHOWN_NAME, names->field);
    if (count == 1)
        messages_warn(
            messages,
            "%s%s ends where another begins that is as frequent, \"%s\" (last "
            "seen at %s) and \"%s\" (first seen at %s): if it was renamed, \"rename\": "
            "{\"%s\": {OLD: NEW}} in a recipe makes them one",
            field, names->one, old, last, new, first, names->key);
    else
        messages_warn(messages,
                      "%s%u %s end where as many begin that are as frequent: \"%s\" is "
                      "last seen at %s, \"%s\" first at %s: if they were renamed, "
                      "\"rename\": {\"%s\": {OLD: NEW}} in a recipe makes them one",
                      field, count, names->many, old, last, new, first, names->key);
    return STATUS_OK;
}

/* ---- one name from some place on ---- */

/* A part of the list in which nearly all names are one. */
struct stretch {
    uint32_t value;
    bool is_end;        /* the part is the end of the list, otherwise its beginning */
    size_t begin;       /* of the second part */
    size_t size, same;  /* names in the part, and how many of them are the one */
    double other_share; /* in the other part */
    double evidence;
};

static bool is_value(const struct sampled_cell *cell, uint32_t value)
{
    return cell->value == value;
}

/* Split the list where the share of a value changes most. */
static struct stretch find_stretch(const struct names *names, uint32_t value)
{
    struct split split = sample_split(names->cells, names->count, is_value, value);
    bool is_end = split.after > split.before;
    return (struct stretch){.value = value,
                            .is_end = is_end,
                            .begin = split.at,
                            .size = is_end ? names->count - split.at : split.at,
                            .same = is_end ? split.after_count : split.before_count,
                            .other_share = is_end ? split.before : split.after};
}

/*
 * Is nearly all of the part the one value, and not elsewhere, where it is one of several?  A value
 * that is nowhere else is that of a file that is sorted by it, or of another version.
 */
static bool is_default(const struct names *names, struct stretch *stretch)
{
    static const double NEARLY_ALL = 0.99, LEAST = 0.05, MOST = 0.75, ENOUGH = 20.0,
                        SHORTEST = 0.05;
    double size = (double)stretch->size, same = (double)stretch->same;
    if (stretch->same < MIN_SAME || same < NEARLY_ALL * size ||
        stretch->other_share < LEAST || stretch->other_share > MOST ||
        size < SHORTEST * (double)names->count ||
        size > (1.0 - SHORTEST) * (double)names->count)
        return false;
    double others = size - same;
    stretch->evidence =
        same * log(same / size / stretch->other_share) +
        (others > 0.0 ? others * log(others / size / (1.0 - stretch->other_share)) : 0.0);
    return stretch->evidence > ENOUGH;
}

static void warn_about_default(struct messages *messages, const struct names *names)
{
    struct stretch found = {.evidence = 0.0};
    char name[NAME_BYTES], place[TAPE_PLACE_BYTES], what[NAME_BYTES + 32];
    for (uint32_t i = 0; i < names->value_count; i++) {
        if (names->values[i].count < MIN_SAME)
            continue;
        struct stretch stretch = find_stretch(names, i);
        if (is_default(names, &stretch) && stretch.evidence > found.evidence)
            found = stretch;
    }
    if (!(found.evidence > 0.0))
        return;
    show_name(names, found.value, name);
    show_place(names, found.is_end ? found.begin : found.begin - 1, place);
    if (names->field)
        (void)snprintf(what, sizeof what, "values of \"%.*s\"", SHOWN_NAME, names->field);
    else
        (void)snprintf(what, sizeof what, "%s", names->many);
    messages_warn(messages,
                  "%s %s%s, %zu of %zu %s are \"%s\", and %.0f %% %s: is it a default "
                  "that nobody has set?",
                  found.is_end ? "from" : "up to", place, found.is_end ? " on" : "",
                  found.same, found.size, what, name, 100.0 * found.other_share,
                  found.is_end ? "before" : "later");
}

/* ---- all lists ---- */

static enum status warn_about_list(struct messages *messages, const struct names *names,
                                   struct error *err)
{
    if (names->count < MIN_NAMES || names->value_count < 2 ||
        names->value_count > MAX_VALUES)
        return STATUS_OK;
    RETURN_IF_ERROR(warn_about_renamed(messages, names, err));
    if (names->histories || names->field)
        warn_about_default(messages, names);
    return STATUS_OK;
}

/* The labels of the histories that are used. */
static enum status warn_about_labels(struct messages *messages,
                                     const struct sample *sample,
                                     const struct histories *histories,
                                     const struct data_keys *keys, struct error *err)
{
    const uint32_t labels = histories->labels.names.count;
    struct sampled_cell *cells = calloc(histories->count + 1, sizeof *cells);
    struct sampled_value *values = calloc(labels + (size_t)1, sizeof *values);
    size_t count = 0;
    enum status status = cells && values ? STATUS_OK : error_no_memory(err);
    for (size_t i = 0; i < histories->count && status == STATUS_OK; i++) {
        uint32_t label = histories->list[i].label;
        if (histories->list[i].role == ROLE_NONE || label >= labels)
            continue;
        if (values[label].count++ == 0)
            values[label].first = count;
        values[label].last = count;
        cells[count++] = (struct sampled_cell){.event = (uint32_t)i, .value = label};
    }
    const struct names names = {.sample = sample,
                                .histories = histories,
                                .one = "a label",
                                .many = "labels",
                                .key = keys->label,
                                .cells = cells,
                                .values = values,
                                .count = count,
                                .value_count = labels};
    if (status == STATUS_OK)
        status = warn_about_list(messages, &names, err);
    free(cells);
    free(values);
    return status;
}

enum status warn_about_changed_names(struct messages *messages,
                                     const struct warning_data *data,
                                     struct sample *sample, struct error *err)
{
    const struct histories *histories = data->histories;
    if (histories->untimed.count > 0)
        return STATUS_OK; /* the file may be sorted by any of these */
    if (data->task == TASK_LAST)
        RETURN_IF_ERROR(warn_about_labels(messages, sample, histories, data->keys, err));
    for (size_t i = 0; i < sample->column_count; i++) {
        const struct sampled_column *column = &sample->columns[i];
        if (!column->name || column->is_number || column->is_explained)
            continue;
        const struct names names = {.sample = sample,
                                    .one = column->is_event ? "an event name" : "a value",
                                    .many = column->is_event ? "event names" : "values",
                                    .field = column->is_event ? NULL : column->name,
                                    .key = column->name,
                                    .cells = column->cells,
                                    .values = column->values,
                                    .count = column->count,
                                    .value_count = column->map.count};
        RETURN_IF_ERROR(warn_about_list(messages, &names, err));
    }
    return STATUS_OK;
}

/* Each field is examined by one thread; what it finds is printed in the order of the fields. */
#include "data/warnings/leaks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "model/schema.h"

enum {
    MIN_SAMPLES = 20,
    MIN_EVIDENCE = 10, /* histories with a label, and without it, that one value tells */
    MAX_CELLS = 10000000,   /* labels times values of a field that are counted */
    COUNTED_CELLS = 1 << 20 /* with more, sorting is as fast */
};

/* Of the entropy that remains, and of the labels that are predicted: beyond these, a warning. */
static const double SMALL_LOSS = 0.25, NEARLY_ALL = 0.98;

/* Of the histories that end with a value of last events only. */
static const double MOST = 0.9;

/* Of the histories with a label, or of those without it, that a value may miss or be in. */
static const double FEW = 0.1;

struct sample {
    uint64_t value;
    uint32_t label;
};

enum leak_kind {
    LEAK_NONE,
    LEAK_LAST_VALUE, /* the last value tells the label */
    LEAK_NUMBER,     /* the last number does, between thresholds */
    LEAK_ANY_VALUE,  /* some value does */
    LEAK_ONE_LABEL,  /* a value, or any, is there if and only if the label is one */
    LEAK_END         /* values that are in last events only end the histories */
};

struct leak {
    bool has_failed;
    enum leak_kind kind;
    size_t right, samples; /* END: histories that end with such a value, of so many */
    /* END: the most frequent one; ONE_LABEL: it, or SCHEMA_MISSING for any. */
    uint32_t value;
    uint32_t label; /* ONE_LABEL */
};

struct leak_search {
    const struct leak_data *data;
    double *shares; /* [actions] of the labels */
    double largest_share, entropy;
    size_t samples;
    struct leak *leaks; /* [fields] */
    size_t *order;      /* [fields] in which they are searched */
};

/* The value of a field at an event: an id, or the bits of a number; false if it is missing. */
static bool value_at(const struct schema *schema, const struct field *field,
                     const struct history *history, uint32_t t, uint64_t *value)
{
    size_t K = schema->categories, F = schema_inputs(schema);
    if (field->kind == FIELD_CATEGORY) {
        *value = history->ids[t * K + field->index];
        return *value != SCHEMA_MISSING;
    }
    const float *pair = history->values + t * F + 2 * (size_t)field->index;
    uint32_t bits;
    memcpy(&bits, &pair[0], sizeof bits);
    *value = (uint64_t)bits | UINT64_C(1) << 40;
    return pair[1] == field->flags[0];
}

uint64_t leak_last_value(const struct schema *schema, const struct field *field,
                         const struct history *history, uint32_t t)
{
    uint64_t value;
    for (uint32_t i = t + 1; i-- > 0;)
        if (value_at(schema, field, history, i, &value))
            return value;
    return SCHEMA_MISSING;
}

/* A sample of each labelled event; of TASK_LAST, of each history. */
static size_t collect(const struct leak_data *data, const struct field *field,
                      struct sample *samples)
{
    size_t count = 0;
    for (size_t i = 0; i < data->count; i++) {
        const struct example *example = &data->examples[i];
        uint32_t length = example->history.length;
        for (uint32_t t = data->task == TASK_LAST ? length - 1 : 0; t < length; t++) {
            uint32_t label = example_action(example, t);
            uint64_t value;
            if (label >= data->actions)
                continue;
            if (samples && data->task == TASK_LAST)
                value = leak_last_value(data->schema, field, &example->history, t);
            else if (samples &&
                     !value_at(data->schema, field, &example->history, t, &value))
                value = SCHEMA_MISSING;
            if (samples)
                samples[count] = (struct sample){.value = value, .label = label};
            count++;
        }
    }
    return count;
}

enum {
    DIGIT_BITS = 11,
    DIGITS = 1 << DIGIT_BITS,
    VALUE_BITS = 41, /* of value_at */
    LABEL_BITS = 32
};

static size_t digit_of(const struct sample *sample, bool is_of_label, unsigned shift)
{
    uint64_t key = is_of_label ? sample->label : sample->value;
    return key >> shift & (DIGITS - 1);
}

/* Move the samples to `sorted` in the order of a digit; false if all have the same. */
static bool sort_by_digit(const struct sample *samples, size_t count, bool is_of_label,
                          unsigned shift, struct sample *sorted)
{
    size_t starts[DIGITS] = {0}, next = 0;
    for (size_t i = 0; i < count; i++)
        starts[digit_of(&samples[i], is_of_label, shift)]++;
    if (starts[digit_of(&samples[0], is_of_label, shift)] == count)
        return false;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        size_t begin = next;
        next += starts[digit];
        starts[digit] = begin;
    }
    for (size_t i = 0; i < count; i++)
        sorted[starts[digit_of(&samples[i], is_of_label, shift)]++] = samples[i];
    return true;
}

/*
 * Sort by value, and by label within a value: a radix sort, the last digits first, because sorting
 * numbers takes longest of all.  False without memory.
 */
static bool sort_samples(struct sample *samples, size_t count)
{
    struct sample *spare = malloc((count + 1) * sizeof *spare);
    struct sample *from = samples, *to = spare;
    if (!spare)
        return false;
    for (int of_label = 1; of_label >= 0 && count > 0; of_label--)
        for (unsigned shift = 0; shift < (of_label ? LABEL_BITS : VALUE_BITS);
             shift += DIGIT_BITS)
            if (sort_by_digit(from, count, of_label, shift, to)) {
                struct sample *sorted = to;
                to = from;
                from = sorted;
            }
    if (from != samples)
        memcpy(samples, from, count * sizeof *samples);
    free(spare);
    return true;
}

/* What predicting labels from the others with the same value loses, and how often it is right. */
struct prediction {
    double loss;
    size_t right;
};

/* Add a label that n of the `count` samples with a value have. */
static void add_label(const struct leak_search *search, uint32_t label, size_t n,
                      size_t count, struct prediction *prediction)
{
    double p = ((double)(n - 1) + search->shares[label]) / (double)count;
    prediction->loss -= (double)n * log(p);
}

/* Predict each label from the others with the same value [count], sorted by label. */
static void add_group(const struct leak_search *search, const struct sample *group,
                      size_t count, struct prediction *prediction)
{
    size_t most = 0;
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && group[i + n].label == group[i].label;)
            n++;
        add_label(search, group[i].label, n, count, prediction);
        most = n > most ? n : most;
    }
    prediction->right += count > 1 ? most : 0;
}

/* False without memory. */
static bool add_sorted(const struct leak_search *search, struct sample *samples,
                       size_t count, struct prediction *prediction)
{
    if (!sort_samples(samples, count))
        return false;
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && samples[i + n].value == samples[i].value;)
            n++;
        add_group(search, samples + i, n, prediction);
    }
    return true;
}

/* The same for the V values of a category, without sorting; false without memory. */
static bool add_counted(const struct leak_search *search, const struct sample *samples,
                        size_t count, size_t V, struct prediction *prediction)
{
    size_t C = search->data->actions;
    uint32_t *labels = calloc(V * C, sizeof *labels); /* [V][C] */
    if (!labels)
        return false;
    for (size_t i = 0; i < count; i++)
        labels[samples[i].value * C + samples[i].label]++;
    for (size_t v = 0; v < V; v++) {
        const uint32_t *of_value = labels + v * C;
        size_t all = 0, most = 0;
        for (size_t c = 0; c < C; c++)
            all += of_value[c];
        for (uint32_t c = 0; c < C; c++) {
            if (of_value[c] > 0)
                add_label(search, c, of_value[c], all, prediction);
            most = of_value[c] > most ? of_value[c] : most;
        }
        prediction->right += all > 1 ? most : 0;
    }
    free(labels);
    return true;
}

/* Does the last value tell the label? */
static bool search_last_values(const struct leak_search *search,
                               const struct field *field, struct leak *leak)
{
    struct sample *samples = malloc((search->samples + 1) * sizeof *samples);
    struct prediction prediction = {.loss = 0.0};
    if (!samples) {
        leak->has_failed = true;
        return false;
    }
    size_t V = field->values.count + (size_t)2;
    size_t count = collect(search->data, field, samples);
    bool is_counted =
        field->kind == FIELD_CATEGORY && V * search->data->actions <= COUNTED_CELLS;
    bool is_added = is_counted ? add_counted(search, samples, count, V, &prediction)
                               : add_sorted(search, samples, count, &prediction);
    leak->has_failed = !is_added;
    free(samples);
    leak->right = prediction.right;
    leak->samples = count;
    return !leak->has_failed &&
           prediction.loss < SMALL_LOSS * search->entropy * (double)count &&
           (double)leak->right >= NEARLY_ALL * (double)count;
}

/* ---- numbers, by the nearest ---- */

/* A number as a value of a sample: values are in the order of numbers, and 0 has one. */
static uint64_t value_of_number(float number)
{
    const uint32_t sign = UINT32_C(1) << 31;
    uint32_t bits;
    number += 0.0f; /* -0 becomes 0 */
    memcpy(&bits, &number, sizeof bits);
    return (bits & sign) != 0 ? ~bits : bits | sign;
}

static float number_of_value(uint64_t value)
{
    const uint32_t sign = UINT32_C(1) << 31;
    uint32_t bits = (uint32_t)value;
    float number;
    bits = (bits & sign) != 0 ? bits & ~sign : ~bits;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* How many of equal numbers [count], sorted by label, have the most frequent label of the others. */
static size_t count_equal(const struct sample *numbers, size_t count)
{
    size_t most = 0;
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && numbers[i + n].label == numbers[i].label;)
            n++;
        most = n > most ? n : most;
    }
    return most;
}

/* How many of the sorted numbers [count] have the label of the nearest other one, or of equal ones. */
static size_t count_near(const struct sample *numbers, size_t count)
{
    size_t right = 0;
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && numbers[i + n].value == numbers[i].value;)
            n++;
        if (n > 1) {
            right += count_equal(numbers + i, n);
            continue;
        }
        float number = number_of_value(numbers[i].value);
        float before = i > 0 ? number - number_of_value(numbers[i - 1].value) : INFINITY;
        float after =
            i + 1 < count ? number_of_value(numbers[i + 1].value) - number : INFINITY;
        const struct sample *nearest =
            before <= after ? &numbers[i - (i > 0)] : &numbers[i + 1];
        right += count > 1 && nearest->label == numbers[i].label;
    }
    return right;
}

/* Is nearly every label predicted, of how many? */
static bool tells_nearly_all(const struct leak_search *search, const struct leak *leak)
{
    double samples = (double)leak->samples, wrong = samples - (double)leak->right;
    return wrong <= (1.0 - NEARLY_ALL) * samples &&
           wrong < SMALL_LOSS * samples * (1.0 - search->largest_share);
}

/* Does the last number tell the label?  Where it is missing, the most frequent label does. */
static bool search_numbers(const struct leak_search *search, const struct field *field,
                           struct leak *leak)
{
    const struct leak_data *data = search->data;
    struct sample *numbers = malloc((data->count + 1) * sizeof *numbers);
    size_t *missing = calloc(data->actions + 1, sizeof *missing), count = 0, most = 0;
    if (!numbers || !missing) {
        leak->has_failed = true;
        goto out;
    }
    for (size_t i = 0; i < data->count; i++) {
        const struct example *example = &data->examples[i];
        if (example->action >= data->actions)
            continue;
        uint64_t value = leak_last_value(data->schema, field, &example->history,
                                         example->history.length - 1);
        uint32_t bits = (uint32_t)value;
        float number;
        if (value == SCHEMA_MISSING) {
            missing[example->action]++;
            most = missing[example->action] > most ? missing[example->action] : most;
            continue;
        }
        memcpy(&number, &bits, sizeof number);
        numbers[count++] =
            (struct sample){.value = value_of_number(number), .label = example->action};
    }
    if (sort_samples(numbers, count)) {
        leak->samples = search->samples;
        leak->right = most + count_near(numbers, count);
    } else {
        leak->has_failed = true;
    }
out:
    free(numbers);
    free(missing);
    return !leak->has_failed && tells_nearly_all(search, leak);
}

/* ---- categories, by what is anywhere in a history ---- */

/* Counts of the values of a category [V], of which the first two are unknown and missing. */
struct value_table {
    size_t V, C;
    size_t several;   /* histories of more than one event */
    uint32_t *labels; /* [V][C] histories with the value, by their label */
    uint32_t *totals; /* [V] */
    uint32_t *ranked; /* [V][2] */
    uint32_t *seen;   /* [V] the history that was counted last, from 1 */
    uint32_t *ends;   /* [V] last events that have the value */
    uint32_t *others; /* [V] other events that have it */
};

static void value_table_release(struct value_table *table)
{
    free(table->labels);
    free(table->totals);
    free(table->ranked);
    free(table->seen);
    free(table->ends);
    free(table->others);
}

static bool value_table_init(struct value_table *table, size_t V, size_t C)
{
    *table = (struct value_table){.V = V, .C = C};
    table->labels = calloc(V * C, sizeof *table->labels);
    table->totals = calloc(V, sizeof *table->totals);
    table->ranked = calloc(2 * V, sizeof *table->ranked);
    table->seen = calloc(V, sizeof *table->seen);
    table->ends = calloc(V, sizeof *table->ends);
    table->others = calloc(V, sizeof *table->others);
    return table->labels && table->totals && table->ranked && table->seen &&
           table->ends && table->others;
}

static uint32_t category_at(const struct leak_data *data, const struct field *field,
                            const struct history *history, uint32_t t)
{
    return history->ids[t * data->schema->categories + field->index];
}

static void count_values(struct value_table *table, const struct leak_data *data,
                         const struct field *field)
{
    for (size_t i = 0; i < data->count; i++) {
        const struct example *example = &data->examples[i];
        uint32_t length = example->history.length;
        if (example->action >= data->actions)
            continue;
        table->several += length > 1;
        for (uint32_t t = 0; t < length; t++) {
            uint32_t value = category_at(data, field, &example->history, t);
            if (t + 1 < length)
                table->others[value]++;
            else if (length > 1)
                table->ends[value]++;
            if (table->seen[value] == i + 1)
                continue;
            table->seen[value] = (uint32_t)i + 1;
            table->totals[value]++;
            table->labels[value * table->C + example->action]++;
        }
    }
}

/* The two labels that most histories with a value have; the shares of the labels decide ties. */
static void rank_labels(struct value_table *table, const struct leak_search *search)
{
    for (size_t v = 0; v < table->V; v++) {
        const uint32_t *labels = table->labels + v * table->C;
        uint32_t *ranked = table->ranked + 2 * v;
        ranked[0] = 0;
        ranked[1] = 1;
        for (uint32_t c = 1; c < table->C; c++) {
            double score = labels[c] + search->shares[c];
            if (score > labels[ranked[0]] + search->shares[ranked[0]]) {
                ranked[1] = ranked[0];
                ranked[0] = c;
            } else if (c == 1 || score > labels[ranked[1]] + search->shares[ranked[1]]) {
                ranked[1] = c;
            }
        }
    }
}

/* The label of most other histories with the value, and their share. */
static uint32_t predict_by_value(const struct value_table *table,
                                 const struct leak_search *search, uint32_t value,
                                 uint32_t own_label, double *share)
{
    const uint32_t *labels = table->labels + value * table->C;
    uint32_t best = table->ranked[2 * value], second = table->ranked[2 * value + 1];
    double scores[2] = {labels[best] + search->shares[best] - (best == own_label),
                        labels[second] + search->shares[second] - (second == own_label)};
    bool is_second = scores[1] > scores[0];
    *share = scores[is_second] / (double)table->totals[value];
    return is_second ? second : best;
}

/*
 * How many labels the most telling value of each history predicts; counting ends when they cannot be
 * nearly all any more.
 */
static size_t count_told(const struct value_table *table,
                         const struct leak_search *search, const struct field *field)
{
    const struct leak_data *data = search->data;
    const double most_wrong = (1.0 - NEARLY_ALL) * (double)search->samples + 1.0;
    size_t right = 0, wrong = 0;
    for (size_t i = 0; i < data->count && (double)wrong <= most_wrong; i++) {
        const struct example *example = &data->examples[i];
        double most = -1.0, share;
        uint32_t told = 0;
        if (example->action >= data->actions)
            continue;
        for (uint32_t t = 0; t < example->history.length; t++) {
            uint32_t value = category_at(data, field, &example->history, t);
            if (t > 0 && value == category_at(data, field, &example->history, t - 1))
                continue;
            uint32_t label =
                predict_by_value(table, search, value, example->action, &share);
            told = share > most ? label : told;
            most = share > most ? share : most;
        }
        right += told == example->action;
        wrong += told != example->action;
    }
    return right;
}

/* Values that are in last events only. */
static size_t count_ends(const struct value_table *table, uint32_t *most_frequent)
{
    size_t ends = 0, most = 0;
    for (uint32_t v = SCHEMA_MISSING + 1; v < table->V; v++) {
        size_t count = table->ends[v];
        if ((double)count < NEARLY_ALL * ((double)count + table->others[v]))
            continue;
        ends += count;
        *most_frequent = count > most ? v : *most_frequent;
        most = count > most ? count : most;
    }
    return ends;
}

/*
 * Is a label where something is, in with[c] histories of `total`, and nowhere else?  The wrong ones
 * are those that have one without the other.
 */
static bool tells_one(const struct leak_search *search, const uint32_t *with,
                      size_t total, struct leak *leak)
{
    const double samples = (double)search->samples;
    for (uint32_t c = 0; c < search->data->actions; c++) {
        double of_label = floor(search->shares[c] * samples + 0.5);
        double wrong = of_label + (double)total - 2.0 * (double)with[c];
        double fewer = of_label < samples - of_label ? of_label : samples - of_label;
        if (fewer < MIN_EVIDENCE || wrong > FEW * fewer ||
            wrong > (1.0 - NEARLY_ALL) * samples)
            continue;
        leak->kind = LEAK_ONE_LABEL;
        leak->label = c;
        leak->samples = search->samples;
        leak->right = (size_t)(samples - wrong);
        return true;
    }
    return false;
}

/* Is a value of the category there if and only if the label is one? */
static bool search_one_label(const struct leak_search *search, const struct field *field,
                             const struct value_table *table, struct leak *leak)
{
    if (strcmp(field->name, "event") == 0)
        return false;
    for (uint32_t v = SCHEMA_MISSING + 1; v < table->V; v++)
        if (tells_one(search, table->labels + v * table->C, table->totals[v], leak)) {
            leak->value = v;
            return true;
        }
    return false;
}

/* Is the field there at all if and only if the label is one? */
static bool search_presence(const struct leak_search *search, const struct field *field,
                            struct leak *leak)
{
    const struct leak_data *data = search->data;
    uint32_t *with = calloc(data->actions + 1, sizeof *with);
    size_t total = 0;
    if (!with) {
        leak->has_failed = true;
        return false;
    }
    for (size_t i = 0; i < data->count; i++) {
        const struct example *example = &data->examples[i];
        uint32_t last = example->history.length - 1;
        if (example->action >= data->actions ||
            leak_last_value(data->schema, field, &example->history, last) ==
                SCHEMA_MISSING)
            continue;
        with[example->action]++;
        total++;
    }
    bool is_found = total < search->samples && tells_one(search, with, total, leak);
    leak->value = SCHEMA_MISSING;
    free(with);
    return is_found;
}

static void search_values(const struct leak_search *search, const struct field *field,
                          struct leak *leak)
{
    struct value_table table;
    size_t V = field->values.count + (size_t)2, C = search->data->actions;
    if (V * C > MAX_CELLS)
        return;
    if (!value_table_init(&table, V, C)) {
        leak->has_failed = true;
    } else {
        count_values(&table, search->data, field);
        leak->samples = search->samples;
        rank_labels(&table, search);
        leak->right = count_told(&table, search, field);
        if (tells_nearly_all(search, leak)) {
            leak->kind = LEAK_ANY_VALUE;
        } else if (!search_one_label(search, field, &table, leak)) {
            leak->samples = table.several;
            leak->right = count_ends(&table, &leak->value);
            if (table.several >= MIN_SAMPLES &&
                (double)leak->right >= MOST * (double)table.several)
                leak->kind = LEAK_END;
        }
    }
    value_table_release(&table);
}

static void search_field(void *context, size_t task)
{
    struct leak_search *search = context;
    const struct leak_data *data = search->data;
    const size_t index = search->order[task];
    const struct field *field = &data->schema->fields[index];
    struct leak *leak = &search->leaks[index];
    bool is_category = field->kind == FIELD_CATEGORY;
    if (search_last_values(search, field, leak)) {
        leak->kind = LEAK_LAST_VALUE;
        return;
    }
    if (data->task != TASK_LAST || leak->has_failed)
        return;
    if (!is_category && search_numbers(search, field, leak)) {
        leak->kind = LEAK_NUMBER;
        return;
    }
    if (!leak->has_failed && search_presence(search, field, leak))
        return;
    if (is_category && !leak->has_failed)
        search_values(search, field, leak);
}

/* Numbers first: they are sorted, which takes longest. */
static void order_fields(struct leak_search *search)
{
    const struct schema *schema = search->data->schema;
    size_t count = 0;
    for (int categories = 0; categories <= 1; categories++)
        for (size_t i = 0; i < schema->field_count; i++)
            if ((schema->fields[i].kind == FIELD_CATEGORY) == (categories != 0))
                search->order[count++] = i;
}

static void measure_labels(struct leak_search *search)
{
    const struct leak_data *data = search->data;
    size_t total = 0;
    for (size_t i = 0; i < data->count; i++)
        for (uint32_t t = 0; t < data->examples[i].history.length; t++) {
            uint32_t label = example_action(&data->examples[i], t);
            if (label >= data->actions)
                continue;
            search->shares[label] += 1.0;
            total++;
        }
    search->samples = total;
    for (size_t c = 0; c < data->actions && total > 0; c++) {
        double p = search->shares[c] / (double)total;
        search->shares[c] = p;
        search->entropy -= p > 0.0 ? p * log(p) : 0.0;
        search->largest_share = p > search->largest_share ? p : search->largest_share;
    }
}

static const char *value_name(const struct field *field, uint32_t value)
{
    return field->values.keys[value - SCHEMA_MISSING - 1].bytes;
}

static void report(struct messages *messages, const struct leak_data *data,
                   const struct field *field, const struct leak *leak)
{
    bool is_last = data->task == TASK_LAST;
    switch (leak->kind) {
    case LEAK_NONE:
        return;
    case LEAK_LAST_VALUE:
        messages_warn(messages,
                      "field \"%s\" alone tells the label in %zu of %zu %s: is it known "
                      "before the decision?",
                      field->name, leak->right, leak->samples,
                      is_last ? "histories (by its last value)" : "events");
        return;
    case LEAK_NUMBER:
        messages_warn(
            messages,
            "field \"%s\" alone tells the label in %zu of %zu histories (by where its "
            "last number lies): is it known before the decision?",
            field->name, leak->right, leak->samples);
        return;
    case LEAK_ONE_LABEL: {
        bool is_any = leak->value == SCHEMA_MISSING;
        messages_warn(
            messages,
            "field \"%s\" tells in %zu of %zu histories whether the label is \"%s\" "
            "(by %s%s%s): is it known before the decision?",
            field->name, leak->right, leak->samples, data->names[leak->label],
            is_any ? "whether it has a value" : "the value \"",
            is_any ? "" : value_name(field, leak->value), is_any ? "" : "\"");
        return;
    }
    case LEAK_ANY_VALUE:
        messages_warn(messages,
                      "field \"%s\" alone tells the label in %zu of %zu histories (by "
                      "whether it has some value): is it known before the decision?",
                      field->name, leak->right, leak->samples);
        return;
    case LEAK_END:
        messages_warn(
            messages,
            "field \"%s\": %zu of %zu histories end with a value that is in last "
            "events only, such as \"%s\": is it known before the decision?",
            field->name, leak->right, leak->samples, value_name(field, leak->value));
        return;
    }
}

enum status warn_about_leaks(struct messages *messages, const struct leak_data *data,
                             struct workers *workers, struct error *err)
{
    struct leak_search search = {.data = data};
    size_t fields = data->schema->field_count;
    enum status status = STATUS_OK;
    if (data->task == TASK_NEXT)
        return STATUS_OK;
    search.shares = calloc(data->actions + 1, sizeof *search.shares);
    search.leaks = calloc(fields + 1, sizeof *search.leaks);
    search.order = calloc(fields + 1, sizeof *search.order);
    if (!search.shares || !search.leaks || !search.order) {
        status = error_no_memory(err);
        goto out;
    }
    measure_labels(&search);
    if (search.samples < MIN_SAMPLES || !(search.entropy > 0.0))
        goto out;
    order_fields(&search);
    workers_run(workers, search_field, &search, fields);
    for (size_t i = 0; i < fields; i++) {
        const struct leak *leak = &search.leaks[i];
        if (leak->has_failed)
            status = error_no_memory(err);
        else
            report(messages, data, &data->schema->fields[i], leak);
    }
out:
    free(search.shares);
    free(search.leaks);
    free(search.order);
    return status;
}

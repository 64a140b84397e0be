/*
 * The cells of both columns are joined by their events.  A text belongs to the column that has it more
 * often; numbers are compared by how often one is the larger, and by their distributions.
 */
#include "data/warnings/warnings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/warnings/sample.h"

enum {
    MAX_COLUMNS = 24, /* of a kind, of which pairs are compared */
    MAX_VALUES = 1000,
    MIN_SWAPPED = 10,
    MIN_SIDE = 50 /* numbers before and after a place */
};

/* The values of both columns at one event. */
struct pair {
    uint32_t event, values[2];
    double numbers[2];
};

struct pairs {
    const struct sample *sample;
    const struct sampled_column *columns[2];
    struct messages *messages;
    struct pair *list; /* [count] */
    size_t count;
    double *work[2]; /* [count] */
};

/* Events that have both columns. */
static void join(struct pairs *pairs)
{
    const struct sampled_column *a = pairs->columns[0], *b = pairs->columns[1];
    size_t i = 0, j = 0;
    pairs->count = 0;
    while (i < a->count && j < b->count) {
        const struct sampled_cell *x = &a->cells[i], *y = &b->cells[j];
        if (x->event == y->event)
            pairs->list[pairs->count++] = (struct pair){
                .event = x->event,
                .values = {x->value, y->value},
                .numbers = {x->number, y->number},
            };
        i += x->event <= y->event;
        j += y->event <= x->event;
    }
}

/* ---- categories ---- */

/* Does a value belong to the first column, where it is a, rather than to the second, where it is b? */
static bool is_owner(const struct pairs *pairs, uint32_t a, uint32_t b, bool by_first)
{
    const struct sampled_value *x = &pairs->columns[0]->values[a];
    const struct sampled_value *y = &pairs->columns[1]->values[b];
    if (!by_first)
        return x->count > y->count;
    return pairs->columns[0]->cells[x->first].event <=
           pairs->columns[1]->cells[y->first].event;
}

/*
 * Which column does each value belong to: the one that has it more often, or first?  is_foreign
 * [values] of a column: the other one.  False: they share too few values.
 */
static bool find_owners(const struct pairs *pairs, bool by_first, bool *is_foreign[2])
{
    struct arena arena;
    struct strmap texts = {.count = 0};
    size_t owned[2] = {0, 0};
    bool is_done = true, is_shared = false;
    uint32_t *first = calloc(pairs->columns[0]->map.count + (size_t)1, sizeof *first);
    arena_init(&arena, SIZE_MAX);
    for (int side = 0; side < 2 && is_done && first; side++) {
        const struct sampled_column *column = pairs->columns[side];
        for (uint32_t i = 0; i < column->map.count && is_done; i++) {
            char buffer[TAPE_TEXT_SIZE];
            struct span text =
                tape_text(pairs->sample->tape, &column->values[i].value, buffer);
            uint32_t known = texts.count;
            uint32_t index = side == 0
                                 ? strmap_add(&texts, text.bytes, text.length, &arena)
                                 : strmap_find(&texts, text.bytes, text.length);
            is_done = side == 1 || index != MAP_NONE;
            if (side == 0 && index == known)
                first[index] = i;
            if (side == 0 || index == MAP_NONE)
                continue;
            uint32_t other = first[index];
            bool is_of_a = is_owner(pairs, other, i, by_first);
            is_foreign[0][other] = !is_of_a;
            is_foreign[1][i] = is_of_a;
            is_shared = true;
        }
    }
    for (int side = 0; side < 2; side++)
        for (uint32_t i = 0; i < pairs->columns[side]->map.count; i++)
            owned[side] += !is_foreign[side][i];
    arena_release(&arena);
    is_done = is_done && first && is_shared && owned[0] > 1 && owned[1] > 1;
    free(first);
    return is_done;
}

/* Warn if both values of some events belong to the other column, and hardly ever one of them. */
static bool warn_of_foreign(struct pairs *pairs, bool *const is_foreign[2])
{
    static const double FEW = 0.05, MOST = 0.95;
    size_t both = 0, one = 0, first = 0;
    char place[TAPE_PLACE_BYTES];
    join(pairs);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->list[i];
        bool a = is_foreign[0][pair->values[0]], b = is_foreign[1][pair->values[1]];
        first = a && b && both == 0 ? i : first;
        both += a && b;
        one += a != b;
    }
    if (both < MIN_SWAPPED || (double)one > FEW * (double)both ||
        (double)both > MOST * (double)pairs->count)
        return false;
    tape_place_write(pairs->sample->tape, pairs->sample->places[pairs->list[first].event],
                     place, sizeof place);
    messages_warn(
        pairs->messages,
        "fields \"%s\" and \"%s\": in %.2g %% of the events, the first at %s, each "
        "has a value of the other one: were the columns swapped?",
        pairs->columns[0]->name, pairs->columns[1]->name,
        100.0 * (double)both / (double)pairs->count, place);
    return true;
}

/* False without memory. */
static bool compare_categories(struct pairs *pairs)
{
    const size_t sizes[] = {pairs->columns[0]->map.count, pairs->columns[1]->map.count};
    bool *is_foreign[2] = {calloc(sizes[0] + 1, sizeof **is_foreign),
                           calloc(sizes[1] + 1, sizeof **is_foreign)};
    bool has_memory = is_foreign[0] && is_foreign[1], is_found = false;
    for (int way = 0; has_memory && !is_found && way < 2; way++) {
        memset(is_foreign[0], 0, sizes[0] * sizeof **is_foreign);
        memset(is_foreign[1], 0, sizes[1] * sizeof **is_foreign);
        is_found = find_owners(pairs, way == 1, is_foreign) &&
                   warn_of_foreign(pairs, is_foreign);
    }
    free(is_foreign[0]);
    free(is_foreign[1]);
    return has_memory;
}

/* ---- numbers ---- */

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The numbers of a column at the pairs [first, end), sorted. */
static void sort_side(const struct pairs *pairs, int column, size_t first, size_t end,
                      double *work)
{
    for (size_t i = first; i < end; i++)
        work[i - first] = pairs->list[i].numbers[column];
    qsort(work, end - first, sizeof *work, compare_numbers);
}

/* The largest difference of two distributions (Kolmogorov and Smirnov). */
static double find_distance(const double *a, size_t n, const double *b, size_t m)
{
    double most = 0.0;
    size_t i = 0, j = 0;
    while (i < n && j < m) {
        double x = a[i] < b[j] ? a[i] : b[j];
        while (i < n && a[i] <= x)
            i++;
        while (j < m && b[j] <= x)
            j++;
        most = fmax(most, fabs((double)i / (double)n - (double)j / (double)m));
    }
    return most;
}

/* The distance of a column before a place and of another, or the same, after it. */
static double distance_of(const struct pairs *pairs, int before, int after, size_t place)
{
    sort_side(pairs, before, 0, place, pairs->work[0]);
    sort_side(pairs, after, place, pairs->count, pairs->work[1]);
    return find_distance(pairs->work[0], place, pairs->work[1], pairs->count - place);
}

/* Where the first column begins to be larger, or ceases to be. */
static size_t find_place(const struct pairs *pairs)
{
    double all = 0.0, sum = 0.0, most = 0.0;
    size_t place = 0;
    for (size_t i = 0; i < pairs->count; i++)
        all += pairs->list[i].numbers[0] > pairs->list[i].numbers[1];
    for (size_t i = 0; i + 1 < pairs->count; i++) {
        sum += pairs->list[i].numbers[0] > pairs->list[i].numbers[1];
        double excess = fabs(sum - all * (double)(i + 1) / (double)pairs->count);
        place = excess > most ? i + 1 : place;
        most = fmax(most, excess);
    }
    return place;
}

static void compare_number_columns(struct pairs *pairs)
{
    static const double FAR = 0.4, SURELY = 1.95;
    char name[TAPE_PLACE_BYTES];
    join(pairs);
    size_t place = pairs->count < 2 * MIN_SIDE ? 0 : find_place(pairs);
    if (place < MIN_SIDE || pairs->count - place < MIN_SIDE)
        return;
    double n = (double)place, m = (double)(pairs->count - place);
    double chance = SURELY * sqrt((n + m) / (n * m));
    if (distance_of(pairs, 0, 0, place) < FAR || distance_of(pairs, 1, 1, place) < FAR ||
        distance_of(pairs, 0, 1, place) > chance ||
        distance_of(pairs, 1, 0, place) > chance)
        return;
    tape_place_write(pairs->sample->tape, pairs->sample->places[pairs->list[place].event],
                     name, sizeof name);
    messages_warn(
        pairs->messages,
        "fields \"%s\" and \"%s\": from %s on, the numbers of each are like those "
        "of the other one before: were the columns swapped?",
        pairs->columns[0]->name, pairs->columns[1]->name, name);
}

/* ---- all pairs ---- */

static bool is_compared(const struct sampled_column *column, bool are_numbers)
{
    return column->name && column->is_number == are_numbers && column->count > 0 &&
           column->map.count <= MAX_VALUES;
}

static bool compare_columns(struct pairs *pairs, bool are_numbers)
{
    const struct sampled_column *found[MAX_COLUMNS];
    size_t count = 0;
    bool is_done = true;
    for (size_t i = 0; i < pairs->sample->column_count && count < MAX_COLUMNS; i++)
        if (is_compared(&pairs->sample->columns[i], are_numbers))
            found[count++] = &pairs->sample->columns[i];
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count && is_done; j++) {
            pairs->columns[0] = found[i];
            pairs->columns[1] = found[j];
            if (are_numbers)
                compare_number_columns(pairs);
            else
                is_done = compare_categories(pairs);
        }
    return is_done;
}

enum status warn_about_swapped_columns(struct messages *messages,
                                       const struct warning_data *data,
                                       struct sample *sample, struct error *err)
{
    const bool is_timed = data->histories->untimed.count == 0;
    struct pairs pairs = {.sample = sample, .messages = messages};
    pairs.list = malloc((sample->count + 1) * sizeof *pairs.list);
    for (int i = 0; i < 2; i++)
        pairs.work[i] = malloc((sample->count + 1) * sizeof *pairs.work[i]);
    bool is_done = pairs.list && pairs.work[0] && pairs.work[1] &&
                   compare_columns(&pairs, false) &&
                   (!is_timed || compare_columns(&pairs, true));
    free(pairs.list);
    free(pairs.work[0]);
    free(pairs.work[1]);
    return is_done ? STATUS_OK : error_no_memory(err);
}

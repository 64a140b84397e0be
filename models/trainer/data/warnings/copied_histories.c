/*
 * Only histories that begin or end at the same time are compared, by hashes of their events: so most
 * are not read again.
 */
#include "data/warnings/warnings.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "data/tape/value_hash.h"
#include "model/schema.h"

enum {
    A_FEW = 3,  /* copies that are not worth a line */
    RARE = 200, /* nor are they if they are rarer than one in so many */
    LONGEST = 4096
};

/* Pairs that were found, and the first one: the later history, and the one that it copies. */
struct pairs {
    size_t count, later, earlier;
};

struct copies {
    const struct tape *tape;
    const struct histories *histories;
    bool *is_compared;      /* [columns] */
    bool *is_copy;          /* [histories] */
    uint64_t *left, *right; /* [LONGEST] hashes of the events of two histories */
    struct pairs equal, contained;
};

/* ---- two histories ---- */

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The hashes of the events of a history, sorted. */
static size_t hash_events(const struct copies *copies, size_t history, uint64_t *hashes)
{
    struct tape_reader reader;
    struct tape_value value = {.column = MAP_NONE};
    size_t count = 0;
    tape_open(&reader, copies->tape, history);
    for (; count < LONGEST && tape_open_event(&reader); count++) {
        hashes[count] = 0;
        while (tape_next(&reader.cursor, &value)) {
            uint64_t hash = 0;
            if (!copies->is_compared[value.column] || value.kind == TAPE_NULL)
                continue;
            (void)tape_value_hash(&hash, &value);
            hashes[count] += hash; /* in any order of the columns */
        }
    }
    qsort(hashes, count, sizeof *hashes, compare_hashes);
    return count;
}

/* Is each of the sorted hashes among the others? */
static bool is_within(const uint64_t *hashes, size_t count, const uint64_t *others,
                      size_t other_count)
{
    size_t k = 0;
    for (size_t i = 0; i < count; i++, k++) {
        while (k < other_count && others[k] < hashes[i])
            k++;
        if (k == other_count || others[k] != hashes[i])
            return false;
    }
    return true;
}

static bool is_before(const struct tape *tape, size_t a, size_t b)
{
    const struct tape_history *x = &tape->histories[a], *y = &tape->histories[b];
    return x->file != y->file ? x->file < y->file : x->line < y->line;
}

static void note_pair(const struct tape *tape, struct pairs *pairs, size_t later,
                      size_t earlier)
{
    if (pairs->count++ > 0 && !is_before(tape, later, pairs->later))
        return;
    pairs->later = later;
    pairs->earlier = earlier;
}

static void compare(struct copies *copies, size_t a, size_t b)
{
    const struct history_info *x = &copies->histories->list[a];
    const struct history_info *y = &copies->histories->list[b];
    const struct tape_history *histories = copies->tape->histories;
    if (histories[a].events > histories[b].events ||
        (histories[a].events == histories[b].events && is_before(copies->tape, b, a))) {
        compare(copies, b, a);
        return;
    }
    bool is_equal = histories[a].events == histories[b].events;
    bool has_own_id = x->id_hash == 0 || x->id_hash != y->id_hash;
    if (copies->is_copy[b] || !has_own_id || (is_equal && x->label != y->label) ||
        histories[b].events > LONGEST)
        return;
    size_t left = hash_events(copies, a, copies->left);
    size_t right = hash_events(copies, b, copies->right);
    if (!is_within(copies->left, left, copies->right, right))
        return;
    copies->is_copy[b] = true;
    note_pair(copies->tape, is_equal ? &copies->equal : &copies->contained, b, a);
}

/* ---- all of them ---- */

/* What two histories have alike before they are compared. */
enum likeness { LIKE_START, LIKE_END, LIKE_ALL, LIKENESSES };

static uint64_t find_key(const struct copies *copies, size_t history,
                         enum likeness likeness)
{
    const struct history_info *info = &copies->histories->list[history];
    uint64_t start = (uint64_t)info->start_us, end = (uint64_t)info->end_us;
    switch (likeness) {
    case LIKE_START:
        return start;
    case LIKE_END:
        return end;
    case LIKE_ALL:
    case LIKENESSES:
        break;
    }
    return random_mix(random_mix(start) ^ end) ^ copies->tape->histories[history].events;
}

/* Compare each history with the last one before it that is alike.  False without memory. */
static bool search(struct copies *copies, enum likeness likeness)
{
    const struct histories *histories = copies->histories;
    size_t *last = malloc((histories->count + 1) * sizeof *last);
    struct u64map map = {.count = 0};
    bool is_done = last && u64map_reserve(&map, histories->count);
    for (size_t i = 0; is_done && i < histories->count; i++) {
        const struct history_info *info = &histories->list[i];
        if (info->role == ROLE_NONE || info->start_us == INT64_MAX ||
            info->start_us == info->end_us)
            continue;
        uint32_t known = map.count;
        uint32_t index = u64map_add(&map, find_key(copies, i, likeness));
        is_done = index != MAP_NONE;
        if (index < known)
            compare(copies, last[index], i);
        if (is_done)
            last[index] = i;
    }
    u64map_release(&map);
    free(last);
    return is_done;
}

static bool are_many(const struct copies *copies, const struct pairs *pairs)
{
    return pairs->count >= A_FEW && pairs->count * RARE >= copies->histories->used;
}

static void warn(const struct copies *copies, const struct pairs *pairs, const char *what,
                 const char *result, struct messages *messages)
{
    char later[TAPE_PLACE_BYTES], earlier[TAPE_PLACE_BYTES];
    if (!are_many(copies, pairs))
        return;
    history_place(copies->tape, pairs->later, later, sizeof later);
    history_place(copies->tape, pairs->earlier, earlier, sizeof earlier);
    messages_warn(messages, "%zu of %zu histories %s (the first at %s, of %s): %s",
                  pairs->count, copies->histories->used, what, later, earlier, result);
}

static bool init(struct copies *copies, const struct columns *columns,
                 const struct schema *schema)
{
    const struct tape *tape = copies->tape;
    copies->is_compared = calloc(tape->column_count + 1, sizeof *copies->is_compared);
    copies->is_copy = calloc(tape->history_count + 1, sizeof *copies->is_copy);
    copies->left = malloc(LONGEST * sizeof *copies->left);
    copies->right = malloc(LONGEST * sizeof *copies->right);
    if (!copies->is_compared || !copies->is_copy || !copies->left || !copies->right)
        return false;
    for (size_t i = 0; i < tape->column_count; i++) {
        const struct tape_column *column = &tape->columns[i];
        enum column_role role = columns->roles[i];
        bool is_field =
            column->scope == SCOPE_FIELD && role == COLUMN_FIELD &&
            schema_find_bytes(schema, column->name, column->name_length) != NULL;
        copies->is_compared[i] = is_field || role == COLUMN_EVENT || role == COLUMN_TIME;
    }
    return true;
}

enum status warn_about_copies(struct messages *messages, const struct warning_data *data,
                              struct error *err)
{
    struct copies copies = {.tape = data->tape, .histories = data->histories};
    if (data->columns->time == MAP_NONE)
        return STATUS_OK;
    bool is_done = init(&copies, data->columns, data->schema) &&
                   search(&copies, LIKE_ALL) && search(&copies, LIKE_START) &&
                   search(&copies, LIKE_END);
    if (is_done) {
        warn(&copies, &copies.equal,
             "are copies of another one, with another id and the same events, times, "
             "fields and label",
             "what is measured on one may have been trained on; leave one of both out",
             messages);
        warn(&copies, &copies.contained, "contain all events of another one",
             "were incidents merged? leave one of both out", messages);
    }
    free(copies.is_compared);
    free(copies.is_copy);
    free(copies.left);
    free(copies.right);
    return is_done ? STATUS_OK : error_no_memory(err);
}

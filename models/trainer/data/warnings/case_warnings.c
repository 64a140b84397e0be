/* Ids are sorted by what is compared of them, so that those that are alike are neighbours. */
#include "data/warnings/warnings.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "data/common/case_ids.h"

enum { SHOWN_ID = 40 };

struct case_id {
    uint64_t folded, hash; /* of what is compared, of all bytes */
    size_t history;
};

static int compare_ids(const void *a, const void *b)
{
    const struct case_id *x = a, *y = b;
    if (x->folded != y->folded)
        return x->folded < y->folded ? -1 : 1;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->history < y->history ? -1 : x->history > y->history;
}

/* The id of a history as it was written; length 0: none, or it was not kept. */
static struct span id_text(const struct tape *tape, size_t history,
                           char buffer[TAPE_TEXT_SIZE])
{
    struct tape_reader reader;
    struct tape_value value;
    struct span text = {.bytes = "", .length = 0};
    if (tape->files[tape->histories[history].file].is_csv)
        return tape_case_name(tape, &tape->histories[history]);
    uint32_t id = tape_find_column(tape, SCOPE_MEMBER, "id", 2);
    tape_open(&reader, tape, history);
    if (!tape_open_members(&reader))
        return text;
    while (tape_next(&reader.cursor, &value))
        if (value.column == id && value.kind != TAPE_INTEGER) /* an integer is its hash */
            text = tape_text(tape, &value, buffer);
    return text;
}

/* Cases that occur again: how many, and the first place where one does. */
struct repeated {
    size_t count, first;
};

/* Histories may have been sorted: the first is the one that the files have first. */
static bool is_before(const struct tape *tape, size_t a, size_t b)
{
    const struct tape_history *x = &tape->histories[a], *y = &tape->histories[b];
    return x->file != y->file ? x->file < y->file : x->line < y->line;
}

static void note_repeated(const struct tape *tape, struct repeated *repeated,
                          size_t history)
{
    if (repeated->count++ == 0 || is_before(tape, history, repeated->first))
        repeated->first = history;
}

/* One line, unless there are none: how many, "in two files, the first at" PLACE, what follows. */
static void warn_repeated(struct messages *messages, const struct tape *tape,
                          const struct repeated *repeated, const char *one,
                          const char *many, const char *where, const char *result)
{
    char place[TAPE_PLACE_BYTES];
    if (repeated->count == 0)
        return;
    history_place(tape, repeated->first, place, sizeof place);
    messages_warn(messages, "%zu %s %s %s: %s", repeated->count,
                  plural(repeated->count, one, many), where, place, result);
}

/* Ids of one shape cannot be the ends of each other. */
enum id_shape { SHAPE_PATH = 1, SHAPE_LETTER = 2, SHAPE_DIGIT = 4, SHAPE_OTHER = 8 };

/* What is said of the ids. */
struct id_counts {
    struct repeated in_parts, in_files, again;
    struct repeated open_in_files, open_again; /* one of both has no label */
    struct repeated alike;                     /* first: of the second spelling */
    size_t alike_to;                           /* the history with the first spelling */
    struct repeated cut;
    unsigned shapes; /* enum id_shape, those that there are */
};

/* Two histories of one id; infos may be NULL. */
static void count_pair(struct id_counts *counts, const struct tape *tape,
                       const struct history_info *infos, size_t a, size_t b)
{
    size_t later = is_before(tape, a, b) ? b : a;
    bool is_in_files = tape->histories[a].file != tape->histories[b].file;
    if (infos && !infos[a].is_used && !infos[b].is_used)
        return; /* neither has a label */
    if (infos && (!infos[a].is_used || !infos[b].is_used))
        note_repeated(tape, is_in_files ? &counts->open_in_files : &counts->open_again,
                      later);
    else if (infos && (infos[a].role != infos[b].role || infos[a].part != infos[b].part))
        note_repeated(tape, &counts->in_parts, later);
    else
        note_repeated(tape, is_in_files ? &counts->in_files : &counts->again, later);
}

/*
 * Ids with the same bytes [count]: each is compared with the one before it.  A history without a label
 * counts, too: it may be the first half of an incident whose label is in the second.
 */
static void count_equal(struct id_counts *counts, const struct tape *tape,
                        const struct histories *histories, const struct case_id *ids,
                        size_t count)
{
    const struct history_info *infos = histories ? histories->list : NULL;
    size_t a = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t b = ids[i].history;
        if (infos && !infos[b].is_used && !infos[b].is_unlabelled)
            continue;
        if (a != SIZE_MAX)
            count_pair(counts, tape, infos, a, b);
        a = b;
    }
}

/* Ids that are alike [count]; one of each spelling counts, and the first is the right one. */
static void count_alike(struct id_counts *counts, const struct tape *tape,
                        const struct case_id *ids, size_t count)
{
    size_t first = 0;
    for (size_t i = 1; i < count; i++)
        first = is_before(tape, ids[i].history, ids[first].history) ? i : first;
    for (size_t i = 0; i < count; i++) {
        bool is_other = i == 0 || ids[i].hash != ids[i - 1].hash;
        if (!is_other || ids[i].hash == ids[first].hash)
            continue;
        note_repeated(tape, &counts->alike, ids[i].history);
        if (counts->alike.first == ids[i].history)
            counts->alike_to = ids[first].history;
    }
}

static void count_ids(struct id_counts *counts, const struct tape *tape,
                      const struct histories *histories, const struct case_id *ids,
                      size_t count)
{
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && ids[i + n].folded == ids[i].folded;)
            n++;
        if (n > 1)
            count_alike(counts, tape, ids + i, n);
        for (size_t k = 0, m; k < n; k += m) {
            for (m = 1; k + m < n && ids[i + k + m].hash == ids[i + k].hash;)
                m++;
            count_equal(counts, tape, histories, ids + i + k, m);
        }
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 4.00001E+11: the digits that a spreadsheet shows of a long number. */
static bool is_cut(struct span id)
{
    size_t at = 0, digits = 0;
    for (; at < id.length &&
           (is_digit(id.bytes[at]) || id.bytes[at] == '.' || id.bytes[at] == ',');
         at++)
        digits += is_digit(id.bytes[at]);
    if (digits == 0 || id.length - at < 3 ||
        (id.bytes[at] != 'E' && id.bytes[at] != 'e') || id.bytes[at + 1] != '+')
        return false;
    for (at += 2; at < id.length && is_digit(id.bytes[at]);)
        at++;
    return at == id.length;
}

static unsigned find_shape(struct span id)
{
    const char c = id.bytes[0];
    for (size_t i = 0; i + 1 < id.length; i++)
        if (strchr("/#:=", id.bytes[i]) && id.bytes[i] != '\0')
            return SHAPE_PATH;
    return is_digit(c)                                        ? SHAPE_DIGIT
           : (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? SHAPE_LETTER
                                                              : SHAPE_OTHER;
}

/*
 * All ids, and how many; those that are cut are counted.  A history without a label counts, too: its
 * label may be in the rows with the other spelling.
 */
static size_t collect_ids(const struct tape *tape, const struct histories *histories,
                          struct case_id *ids, struct id_counts *counts)
{
    size_t count = 0;
    for (size_t i = 0; i < tape->history_count; i++) {
        char key[CASE_ID_FOLDED], buffer[TAPE_TEXT_SIZE];
        struct span text = id_text(tape, i, buffer);
        uint64_t hash = text.length > 0 ? case_id_hash(text)
                        : histories     ? histories->list[i].id_hash
                                        : 0;
        if (hash == 0)
            continue;
        size_t length = text.length > 0 ? case_id_fold(text, key, sizeof key) : 0;
        bool is_folded = length > 0 && length < sizeof key;
        ids[count++] = (struct case_id){
            .folded = is_folded ? case_id_hash((struct span){key, length}) : hash,
            .hash = hash,
            .history = i};
        if (text.length > 0 && is_cut(text))
            note_repeated(tape, &counts->cut, i);
        counts->shapes |= text.length > 0 ? find_shape(text) : 0;
    }
    return count;
}

static void show_id(const struct tape *tape, size_t history, char shown[SHOWN_ID + 1])
{
    char buffer[TAPE_TEXT_SIZE];
    struct span text = id_text(tape, history, buffer);
    size_t length = utf8_cut(text.bytes, text.length, SHOWN_ID);
    memcpy(shown, text.bytes, length);
    shown[length] = '\0';
}

static void warn_about_spellings(struct messages *messages, const struct tape *tape,
                                 const struct id_counts *counts)
{
    char place[TAPE_PLACE_BYTES], first[SHOWN_ID + 1], second[SHOWN_ID + 1];
    size_t cut = counts->cut.count, alike = counts->alike.count;
    if (cut > 0) {
        history_place(tape, counts->cut.first, place, sizeof place);
        show_id(tape, counts->cut.first, first);
        messages_warn(messages,
                      "%zu %s as a spreadsheet shows long numbers, \"%s\" (the first at "
                      "%s): digits are missing, and several incidents may be one case; "
                      "export the ids as text",
                      cut, plural(cut, "id is written", "ids are written"), first, place);
    }
    if (alike == 0)
        return;
    size_t other = counts->alike.first;
    bool is_csv = tape->files[tape->histories[other].file].is_csv &&
                  tape->histories[other].file == tape->histories[counts->alike_to].file;
    history_place(tape, other, place, sizeof place);
    show_id(tape, counts->alike_to, first);
    show_id(tape, other, second);
    messages_warn(messages,
                  "%zu %s from another only in case, blanks, signs or zeros: "
                  "\"%s\" and \"%s\" (first at %s) are two %s%s",
                  alike, plural(alike, "id differs", "ids differ"), first, second, place,
                  is_csv ? "cases; --fold-ids makes them one" : "histories",
                  is_csv ? "" : "; if they are one incident, put its events into one");
}

/* ---- ids that are the end of another one ---- */

/* The ids as they are compared, and of each the first history, and one that has a label. */
struct folded_ids {
    struct arena arena;
    struct strmap map;
    size_t *first;    /* [map.count] */
    uint32_t *labels; /* [map.count] MAP_NONE: none has one */
    uint32_t *whole;  /* [map.count] */
};

static bool fold_ids(struct folded_ids *ids, const struct tape *tape,
                     const struct histories *histories)
{
    for (size_t i = 0; i < tape->history_count; i++) {
        char key[CASE_ID_FOLDED], buffer[TAPE_TEXT_SIZE];
        struct span text = id_text(tape, i, buffer);
        size_t length = text.length > 0 ? case_id_fold(text, key, sizeof key) : 0;
        if (length == 0 || length == sizeof key)
            continue;
        uint32_t known = ids->map.count;
        uint32_t index = strmap_add(&ids->map, key, length, &ids->arena);
        if (index == MAP_NONE)
            return false;
        if (index == known)
            ids->labels[index] = MAP_NONE;
        if (index == known || is_before(tape, i, ids->first[index]))
            ids->first[index] = i;
        if (histories && histories->list[i].is_used)
            ids->labels[index] = histories->list[i].label;
    }
    return true;
}

static void warn_of_ends(struct messages *messages, const struct tape *tape,
                         const struct folded_ids *ids)
{
    enum { FIFTH = 5 };
    struct repeated pairs = {.count = 0};
    size_t others = 0, other = 0;
    char place[TAPE_PLACE_BYTES], first[SHOWN_ID + 1], second[SHOWN_ID + 1];
    for (uint32_t i = 0; i < ids->map.count; i++) {
        uint32_t whole = ids->whole[i];
        if (whole == MAP_NONE)
            continue;
        size_t a = ids->first[i], b = ids->first[whole];
        bool is_later = is_before(tape, b, a);
        note_repeated(tape, &pairs, is_later ? a : b);
        if (pairs.first == (is_later ? a : b))
            other = is_later ? b : a;
        others += ids->labels[i] != MAP_NONE && ids->labels[whole] != MAP_NONE &&
                  ids->labels[i] != ids->labels[whole];
    }
    if (pairs.count == 0 || FIFTH * others > pairs.count)
        return; /* with other labels they are other incidents */
    bool is_csv = tape->files[tape->histories[other].file].is_csv &&
                  tape->histories[other].file == tape->histories[pairs.first].file;
    history_place(tape, pairs.first, place, sizeof place);
    show_id(tape, other, first);
    show_id(tape, pairs.first, second);
    messages_warn(
        messages,
        "%zu %s as the end of another one, too: \"%s\" and \"%s\" (first at %s) "
        "are two %s%s",
        pairs.count, plural(pairs.count, "id is there", "ids are there"), first, second,
        place, is_csv ? "cases; --fold-ids makes them one" : "histories",
        is_csv ? "" : "; if they are one incident, put its events into one");
}

static enum status warn_about_ends(struct messages *messages, const struct tape *tape,
                                   const struct histories *histories, struct error *err)
{
    struct folded_ids ids = {.map = {.count = 0}};
    size_t count = tape->history_count + 1;
    arena_init(&ids.arena, SIZE_MAX);
    ids.first = malloc(count * sizeof *ids.first);
    ids.labels = malloc(count * sizeof *ids.labels);
    ids.whole = malloc(count * sizeof *ids.whole);
    bool is_done =
        ids.first && ids.labels && ids.whole && fold_ids(&ids, tape, histories);
    enum status status =
        is_done ? case_ids_match_ends(&ids.map, ids.whole, err) : error_no_memory(err);
    if (status == STATUS_OK)
        warn_of_ends(messages, tape, &ids);
    arena_release(&ids.arena);
    free(ids.first);
    free(ids.labels);
    free(ids.whole);
    return status;
}

enum status warn_about_case_ids(struct messages *messages,
                                const struct warning_data *data, struct error *err)
{
    const struct tape *tape = data->tape;
    const struct histories *histories = data->histories;
    struct id_counts counts = {.alike_to = 0};
    struct case_id *ids = calloc(tape->history_count + 1, sizeof *ids);
    if (!ids)
        return error_no_memory(err);
    size_t count = collect_ids(tape, histories, ids, &counts);
    if (count > 1)
        qsort(ids, count, sizeof *ids, compare_ids);
    count_ids(&counts, tape, histories, ids, count);
    free(ids);
    warn_repeated(messages, tape, &counts.in_parts, "case is", "cases are",
                  "in two parts of the data, the first again at",
                  "what is measured on one part was seen in the other");
    warn_repeated(messages, tape, &counts.in_files, "case is", "cases are",
                  "in two files, the first again at", "they are read as different cases");
    warn_repeated(
        messages, tape, &counts.open_in_files, "case is", "cases are",
        "in two files and in one of them without a label, the first again at",
        "what has no label is left out; put the events of a case into one file");
    warn_repeated(messages, tape, &counts.again, "history has", "histories have",
                  "the id of an earlier one, the first at",
                  "they are read as different cases");
    warn_repeated(
        messages, tape, &counts.open_again, "history has", "histories have",
        "the id of an earlier one, and one of both has no label, the first at",
        "what has no label is left out; put the events of a case into one history");
    warn_about_spellings(messages, tape, &counts);
    bool has_shapes = (counts.shapes & (counts.shapes - 1)) != 0; /* two or more */
    return has_shapes ? warn_about_ends(messages, tape, histories, err) : STATUS_OK;
}

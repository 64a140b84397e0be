/* The different values of a list are few, so each is compared with all others by its parts. */
#include "data/warnings/warnings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/value.h"
#include "data/warnings/sample.h"

enum {
    MAX_VALUES = 1000, /* with more, they are no names */
    MIN_EVENTS = 100,  /* that all have one name */
    SHOWN_NAME = 60,
    NUMBER_BYTES = 32
};

/* The different values of a column, or the labels. */
struct value_list {
    const struct sample *sample;
    struct messages *messages;
    const char *what; /* "labels", "event names" or "values of "zone"" */
    bool is_event;
    struct arena arena;
    struct strmap map;
    uint64_t *places; /* [map.count] of the first cell */
};

static const char *text_of(const struct value_list *list, uint32_t value)
{
    return list->map.keys[value].bytes;
}

static void show_place(const struct value_list *list, uint32_t value,
                       char place[TAPE_PLACE_BYTES])
{
    tape_place_write(list->sample->tape, list->places[value], place, TAPE_PLACE_BYTES);
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "0101", "101.0" and "101" are "101".  Length 0: it is no whole number. */
static size_t plain_number(const struct strmap_key *key, char buffer[NUMBER_BYTES])
{
    size_t first = 0, end = key->length;
    while (first + 1 < key->length && key->bytes[first] == '0' &&
           is_digit(key->bytes[first + 1]))
        first++;
    size_t digits = first;
    while (digits < end && is_digit(key->bytes[digits]))
        digits++;
    if (digits == first || digits - first >= NUMBER_BYTES)
        return 0;
    if (digits < end) {
        size_t zeros = digits + 1;
        while (zeros < end && key->bytes[zeros] == '0')
            zeros++;
        if (key->bytes[digits] != '.' || zeros < end || zeros == digits + 1)
            return 0;
    }
    memcpy(buffer, key->bytes + first, digits - first);
    return digits - first;
}

/* *found: a number has two spellings. */
static enum status warn_about_numbers(struct value_list *list, bool *found,
                                      struct error *err)
{
    struct strmap numbers = {.count = 0};
    uint32_t first[MAX_VALUES], a = 0, b = 0, count = 0;
    char number[NUMBER_BYTES], place[TAPE_PLACE_BYTES];
    for (uint32_t i = 0; i < list->map.count; i++) {
        size_t length = plain_number(&list->map.keys[i], number);
        if (length == 0)
            continue;
        uint32_t known = numbers.count;
        uint32_t index = strmap_add(&numbers, number, length, &list->arena);
        if (index == MAP_NONE)
            return error_no_memory(err);
        if (index == known) {
            first[index] = i;
        } else if (count++ == 0) {
            a = first[index];
            b = i;
        }
    }
    *found = count > 0;
    if (count == 0)
        return STATUS_OK;
    show_place(list, b, place);
    messages_warn(list->messages,
                  "%u of the %u %s %s with another number of zeros than elsewhere: "
                  "\"%.*s\" and \"%.*s\" (first at %s) are two; write them in one way",
                  count, list->map.count, list->what,
                  count == 1 ? "is a number" : "are numbers", SHOWN_NAME,
                  text_of(list, a), SHOWN_NAME, text_of(list, b), place);
    return STATUS_OK;
}

/* ---- prefixes and endings ---- */

/* What values have before or after another value. */
struct affix {
    uint32_t count;
    uint32_t value, stem; /* the first value that has it, and what is left of it */
};

struct affixes {
    struct strmap map;
    struct affix *list; /* [capacity] */
    size_t capacity;
};

/* Count what is around the stem, if this is another value. */
static bool add_affix(struct value_list *list, struct affixes *affixes, uint32_t value,
                      struct span affix, struct span stem)
{
    const char *begin = value_trim(stem.bytes, &stem.length);
    uint32_t index = strmap_find(&list->map, begin, stem.length);
    if (index == MAP_NONE || index == value)
        return true;
    uint32_t known = affixes->map.count;
    uint32_t found = strmap_add(&affixes->map, affix.bytes, affix.length, &list->arena);
    if (found == MAP_NONE)
        return false;
    if (!array_reserve(&affixes->list, found, &affixes->capacity, sizeof *affixes->list))
        return false;
    if (found == known)
        affixes->list[found] = (struct affix){.value = value, .stem = index};
    affixes->list[found].count++;
    return true;
}

static bool find_affixes(struct value_list *list, struct affixes *affixes)
{
    bool is_done = true;
    for (uint32_t i = 0; i < list->map.count; i++) {
        const struct strmap_key *key = &list->map.keys[i];
        for (size_t k = 1; k < key->length && is_done; k++) {
            const struct span head = {.bytes = key->bytes, .length = k};
            const struct span tail = {.bytes = key->bytes + k, .length = key->length - k};
            if (strchr(" ]):/_-.#|>}", key->bytes[k - 1]) && key->bytes[k] != ' ')
                is_done = add_affix(list, affixes, i, head, tail);
            if (is_done && strchr(" [(:/_-.#|<{", key->bytes[k]) &&
                key->bytes[k - 1] != ' ')
                is_done = add_affix(list, affixes, i, tail, head);
        }
    }
    return is_done;
}

/* "[AUTO] ", "NEW: ", " (prov.)": it is a mark rather than a word of the name. */
static bool is_mark(const struct strmap_key *affix)
{
    size_t length = affix->length;
    const char *text = value_trim(affix->bytes, &length);
    return length > 1 && (strchr("[(<{#", text[0]) || strchr("])>}:|", text[length - 1]));
}

/* "[RESOLVED] ", " (closed)": it says that something began or is over, so it makes two names. */
static bool is_state(const struct strmap_key *affix)
{
    static const char *const words[] = {"resolv", "clos",  "clear", "recover", "open",
                                        "fir",    "start", "stop",  "begin",   "end",
                                        "finish", "fail",  "done",  "ack",     "cancel",
                                        "not",    "no ",   "ok",    "up",      "down",
                                        "on",     "off",   "new",   "re-",     "un-"};
    size_t length = affix->length;
    const char *text = value_trim(affix->bytes, &length);
    while (length > 0 && strchr("[(<{# ", *text)) {
        text++;
        length--;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (length >= strlen(words[i]) &&
            strncasecmp(text, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* Have most of the other values the affix, too? */
static bool is_of_most(const struct value_list *list, const struct strmap_key *affix,
                       uint32_t count)
{
    static const double HALF = 0.5;
    enum { MIN_MARKED = 3 };
    double others = (double)(list->map.count - count);
    return count >= MIN_MARKED && (double)count >= HALF * others && is_mark(affix) &&
           !is_state(affix);
}

static enum status warn_about_affixes(struct value_list *list, bool *found,
                                      struct error *err)
{
    struct affixes affixes = {.capacity = 0};
    uint32_t most = 0;
    char place[TAPE_PLACE_BYTES];
    bool is_done = find_affixes(list, &affixes);
    for (uint32_t i = 0; i < affixes.map.count && is_done; i++)
        if (affixes.list[i].count > affixes.list[most].count)
            most = i;
    if (is_done && affixes.map.count > 0 &&
        is_of_most(list, &affixes.map.keys[most], affixes.list[most].count)) {
        const struct affix *affix = &affixes.list[most];
        *found = true;
        show_place(list, affix->value, place);
        messages_warn(list->messages,
                      "%u of the %u %s are another one with \"%.*s\" added: \"%.*s\" "
                      "(first at %s) and "
                      "\"%.*s\" are two; if the addition says nothing, \"rename\" in a "
                      "recipe makes them one",
                      affix->count, list->map.count, list->what, SHOWN_NAME,
                      affixes.map.keys[most].bytes, SHOWN_NAME,
                      text_of(list, affix->value), place, SHOWN_NAME,
                      text_of(list, affix->stem));
    }
    free(affixes.list);
    return is_done ? STATUS_OK : error_no_memory(err);
}

/* ---- names of events ---- */

/* Not of joined names: where a part is missing, the other one is a name, too. */
static void warn_about_lists(struct value_list *list)
{
    enum { MIN_LISTS = 2 };
    uint32_t count = 0, first = 0, part;
    char place[TAPE_PLACE_BYTES];
    for (uint32_t i = 0; i < list->map.count; i++)
        if (names_list_others(&list->map, i, &part) && count++ == 0)
            first = i;
    if (count < MIN_LISTS || list->sample->tape->has_joined_names)
        return;
    show_place(list, first, place);
    messages_warn(
        list->messages,
        "%u of the %u %s list others, the first is \"%.*s\" (%s): such a cell is "
        "one event with a name of its own; make a row of each",
        count, list->map.count, list->what, SHOWN_NAME, text_of(list, first), place);
}

static void warn_about_one_name(const struct value_list *list, size_t events)
{
    char place[TAPE_PLACE_BYTES];
    if (list->map.count != 1 || events < MIN_EVENTS)
        return;
    show_place(list, 0, place);
    messages_warn(
        list->messages,
        "all events have one name, \"%.*s\" (first at %s): does --event name the "
        "%s of what happened?",
        SHOWN_NAME, text_of(list, 0), place,
        list->sample->tape->files[0].is_csv ? "column" : "key");
}

/* ---- lost characters ---- */

static bool has_lost_character(const char *text)
{
    return strstr(text, "\xEF\xBF\xBD") != NULL;
}

static void warn_about_lost_characters(const struct value_list *list)
{
    uint32_t count = 0, first = 0;
    char place[TAPE_PLACE_BYTES];
    for (uint32_t i = 0; i < list->map.count; i++)
        if (has_lost_character(text_of(list, i)) && count++ == 0)
            first = i;
    if (count == 0)
        return;
    show_place(list, first, place);
    messages_warn(list->messages,
                  "%u of the %u %s %s U+FFFD for a character that was lost, the first is "
                  "\"%.*s\" (%s): export the data as UTF-8; names in requests will have "
                  "the character",
                  count, list->map.count, list->what, count == 1 ? "has" : "have",
                  SHOWN_NAME, text_of(list, first), place);
}

/* ---- all lists ---- */

static enum status warn_about_list(struct value_list *list, bool *is_explained,
                                   struct error *err)
{
    *is_explained = false;
    if (list->map.count > MAX_VALUES)
        return STATUS_OK;
    RETURN_IF_ERROR(warn_about_numbers(list, is_explained, err));
    if (!*is_explained)
        RETURN_IF_ERROR(warn_about_affixes(list, is_explained, err));
    if (list->is_event)
        warn_about_lists(list);
    warn_about_lost_characters(list);
    return STATUS_OK;
}

/* Add a value that is not yet there; false without memory. */
static bool add_value(struct value_list *list, struct span text, uint64_t place)
{
    uint32_t known = list->map.count;
    uint32_t index = strmap_add(&list->map, text.bytes, text.length, &list->arena);
    if (index == known)
        list->places[index] = place;
    return index != MAP_NONE;
}

static enum status warn_about_column(struct messages *messages,
                                     const struct sample *sample,
                                     struct sampled_column *column, struct error *err)
{
    char what[SHOWN_NAME + 32], buffer[TAPE_TEXT_SIZE];
    struct value_list list = {.sample = sample,
                              .messages = messages,
                              .what = column->is_event ? "event names" : what,
                              .is_event = column->is_event};
    (void)snprintf(what, sizeof what, "values of \"%.*s\"", SHOWN_NAME, column->name);
    arena_init(&list.arena, SIZE_MAX);
    list.places = calloc(column->map.count + (size_t)1, sizeof *list.places);
    bool is_done = list.places != NULL;
    for (uint32_t i = 0; i < column->map.count && is_done; i++) {
        const struct sampled_value *value = &column->values[i];
        is_done = add_value(&list, tape_text(sample->tape, &value->value, buffer),
                            sample->places[column->cells[value->first].event]);
    }
    enum status status = is_done ? STATUS_OK : error_no_memory(err);
    if (status == STATUS_OK && column->is_event)
        warn_about_one_name(&list, column->count);
    if (status == STATUS_OK)
        status = warn_about_list(&list, &column->is_explained, err);
    arena_release(&list.arena);
    free(list.places);
    return status;
}

static enum status warn_about_labels(struct messages *messages,
                                     const struct sample *sample,
                                     const struct histories *histories, struct error *err)
{
    const struct labels *labels = &histories->labels;
    struct value_list list = {.sample = sample, .messages = messages, .what = "labels"};
    bool is_explained;
    arena_init(&list.arena, SIZE_MAX);
    list.places = calloc(labels->names.count + (size_t)1, sizeof *list.places);
    bool is_done = list.places != NULL;
    for (uint32_t i = 0; i < labels->names.count && is_done; i++) {
        const struct tape_history *first =
            &sample->tape->histories[labels->list[i].first];
        const struct span text = {.bytes = labels->names.keys[i].bytes,
                                  .length = labels->names.keys[i].length};
        is_done = add_value(&list, text, tape_place(first->file, first->line));
    }
    enum status status = is_done ? STATUS_OK : error_no_memory(err);
    if (status == STATUS_OK)
        status = warn_about_list(&list, &is_explained, err);
    arena_release(&list.arena);
    free(list.places);
    return status;
}

enum status warn_about_value_spellings(struct messages *messages,
                                       const struct warning_data *data,
                                       struct sample *sample, struct error *err)
{
    RETURN_IF_ERROR(warn_about_labels(messages, sample, data->histories, err));
    for (size_t i = 0; i < sample->column_count; i++) {
        struct sampled_column *column = &sample->columns[i];
        if (column->name && !column->is_number)
            RETURN_IF_ERROR(warn_about_column(messages, sample, column, err));
    }
    return STATUS_OK;
}

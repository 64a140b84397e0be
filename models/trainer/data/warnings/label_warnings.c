/* Each kind is one line: how many labels, the first of them, and its place. */
#include "data/warnings/warnings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/suggest.h"
#include "base/value.h"

enum {
    SHOWN_NAME = 60,
    MAX_LABELS = 1000, /* with more, they are no actions */
    RARE = 5           /* times rarer than the label that is meant */
};

/* Labels of a kind: how many, and the one whose first history comes first. */
struct found {
    size_t count, histories;
    uint32_t first, meant;
};

static void note(struct found *found, const struct labels *labels, uint32_t label,
                 uint32_t meant)
{
    if (found->count++ == 0 ||
        labels->list[label].first < labels->list[found->first].first) {
        found->first = label;
        found->meant = meant;
    }
    found->histories += labels->list[label].count;
}

/* "(leer)", "<none>", "[ ]": a word in brackets. */
static bool is_bracketed(const char *text, size_t length)
{
    return length > 2 && ((text[0] == '(' && text[length - 1] == ')') ||
                          (text[0] == '[' && text[length - 1] == ']') ||
                          (text[0] == '<' && text[length - 1] == '>'));
}

/* Is 0 the only label that is a number? */
static bool is_lone_zero(const struct strmap *names, uint32_t label)
{
    double number;
    if (names->keys[label].length != 1 || names->keys[label].bytes[0] != '0')
        return false;
    for (uint32_t i = 0; i < names->count; i++)
        if (i != label && value_number(names->keys[i].bytes, names->keys[i].length,
                                       DECIMAL_COMMA, &number))
            return false;
    return true;
}

static bool means_none(const struct strmap *names, uint32_t label)
{
    static const char *const words[] = {
        "tbd",        "tba",       "todo",          "unknown",       "undefined",
        "undecided",  "pending",   "not set",       "not yet set",   "n.a.",
        "n. a.",      "n.a",       "blank",         "(blank)",       "empty",
        "(empty)",    "unset",     "in progress",   "open",          "unassigned",
        "unlabelled", "unlabeled", "no label",      "select...",     "(none)",
        "[none]",     "missing",   "not available", "not applicable"};
    size_t length = names->keys[label].length;
    const char *text = value_trim(names->keys[label].bytes, &length);
    if (is_bracketed(text, length) || is_lone_zero(names, label))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && strncasecmp(text, words[i], length) == 0)
            return true;
    return false;
}

bool names_list_others(const struct strmap *names, uint32_t name, uint32_t *first)
{
    const struct strmap_key *key = &names->keys[name];
    const char *at = key->bytes, *end = at + key->length;
    size_t parts = 0;
    while (at <= end) {
        const char *stop = at;
        while (stop < end && !strchr(";,|/+&\n", *stop))
            stop++;
        size_t length = (size_t)(stop - at);
        const char *text = value_trim(at, &length);
        uint32_t index = strmap_find(names, text, length);
        if (index == MAP_NONE || index == name)
            return false;
        *first = parts++ == 0 ? index : *first;
        at = stop + 1;
    }
    return parts > 1;
}

/* The much more frequent label that a rare one is nearly; MAP_NONE: none. */
static uint32_t find_meant(const struct labels *labels, uint32_t label)
{
    const struct strmap_key *own = &labels->names.keys[label];
    struct suggestion suggestion;
    suggestion_init(&suggestion, own->bytes, own->length);
    for (uint32_t i = 0; i < labels->names.count; i++) {
        const struct strmap_key *key = &labels->names.keys[i];
        if (labels->list[i].count >= RARE * labels->list[label].count &&
            !suggest_is_alike(own->bytes, own->length, key->bytes, key->length))
            suggestion_offer(&suggestion, key->bytes, key->length);
    }
    return suggestion.nearest ? strmap_find(&labels->names, suggestion.nearest,
                                            suggestion.nearest_length)
                              : MAP_NONE;
}

/* ---- labels with an ending that others have, too ---- */

/* "call nurse (AM)" is the stem "call nurse" and the ending " (AM)". */
struct split_label {
    struct span stem, ending;
    bool is_list; /* of other labels: it is not compared */
};

static struct split_label split_label(const struct strmap_key *key)
{
    size_t length = 0;
    while (length < key->length && !strchr(";([{", key->bytes[length]))
        length++;
    size_t stem = length;
    const char *begin = value_trim(key->bytes, &stem);
    return (struct split_label){
        .stem = {.bytes = begin, .length = stem},
        .ending = {.bytes = key->bytes + length, .length = key->length - length}};
}

static bool are_equal(struct span a, struct span b)
{
    return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/*
 * The next label with the same stem, if another stem has the ending of this one, too: initials or a
 * remark rather than an action.  MAP_NONE: none.
 */
static uint32_t find_twin(const struct split_label *split, uint32_t count, uint32_t label)
{
    uint32_t twin = MAP_NONE;
    bool is_shared = false;
    if (split[label].stem.length == 0 || split[label].is_list)
        return MAP_NONE;
    for (uint32_t i = 0; i < count; i++) {
        if (i == label || split[i].stem.length == 0 || split[i].is_list)
            continue;
        if (!are_equal(split[i].stem, split[label].stem))
            is_shared = is_shared || are_equal(split[i].ending, split[label].ending);
        else if (twin == MAP_NONE)
            twin = i;
    }
    return is_shared ? twin : MAP_NONE;
}

static enum status warn_about_endings(struct messages *messages, const struct tape *tape,
                                      const struct histories *histories,
                                      struct error *err)
{
    enum { FEWEST = 4 }; /* two stems with two endings */
    const struct labels *labels = &histories->labels;
    const struct strmap *names = &labels->names;
    struct found found = {.count = 0};
    char place[TAPE_PLACE_BYTES];
    struct split_label *split = calloc(names->count + 1, sizeof *split);
    if (!split)
        return error_no_memory(err);
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t part;
        split[i] = split_label(&names->keys[i]);
        split[i].is_list = names_list_others(names, i, &part);
    }
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t twin = find_twin(split, names->count, i);
        if (twin != MAP_NONE)
            note(&found, labels, i, twin);
    }
    free(split);
    if (found.count < FEWEST)
        return STATUS_OK;
    history_place(tape, labels->list[found.first].first, place, sizeof place);
    messages_warn(messages,
                  "%zu labels differ from others only in an ending that several have: "
                  "\"%.*s\" (first at %s) and \"%.*s\" are two actions; if the ending is "
                  "a remark, \"rename\" in a recipe makes them one",
                  found.count, SHOWN_NAME, names->keys[found.first].bytes, place,
                  SHOWN_NAME, names->keys[found.meant].bytes);
    return STATUS_OK;
}

/* ---- the lines ---- */

static void warn_about_none(struct messages *messages, const struct tape *tape,
                            const struct histories *histories,
                            const struct data_keys *keys, const struct found *none)
{
    const struct labels *labels = &histories->labels;
    const char *name = labels->names.keys[none->first].bytes;
    char place[TAPE_PLACE_BYTES], more[64] = "", mend[2 * SHOWN_NAME + 80];
    history_place(tape, labels->list[none->first].first, place, sizeof place);
    if (none->count > 1)
        (void)snprintf(more, sizeof more, " (%zu labels of this kind)", none->count);
    if (strcmp(name, "0") == 0) /* numbers are not renamed */
        (void)snprintf(mend, sizeof mend, "empty these cells");
    else
        (void)snprintf(mend, sizeof mend,
                       "\"rename\": {\"%.*s\": {\"%.*s\": \"N/A\"}} in a recipe leaves "
                       "them out",
                       SHOWN_NAME, keys->label, SHOWN_NAME, name);
    messages_warn(
        messages,
        "the label \"%.*s\" of %zu%s is trained as an action, the first at %s: if "
        "it means that there is none, %s",
        SHOWN_NAME, name, labels->list[none->first].count, more, place, mend);
}

enum status warn_about_label_words(struct messages *messages,
                                   const struct warning_data *data, struct error *err)
{
    const struct tape *tape = data->tape;
    const struct histories *histories = data->histories;
    const struct labels *labels = &histories->labels;
    const struct strmap *names = &labels->names;
    struct found none = {.count = 0}, joined = {.count = 0}, near = {.count = 0};
    char place[TAPE_PLACE_BYTES];
    if (data->task == TASK_NEXT || names->count > MAX_LABELS)
        return STATUS_OK;
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t other = MAP_NONE;
        if (means_none(names, i))
            note(&none, labels, i, i);
        else if (names_list_others(names, i, &other))
            note(&joined, labels, i, other);
        else if ((other = find_meant(labels, i)) != MAP_NONE)
            note(&near, labels, i, other);
    }
    if (none.count > 0)
        warn_about_none(messages, tape, histories, data->keys, &none);
    if (joined.count > 0) {
        history_place(tape, labels->list[joined.first].first, place, sizeof place);
        messages_warn(
            messages,
            "%zu label%s others, the first is \"%.*s\" (%s): it is an action of "
            "its own, beside \"%.*s\"",
            joined.count, joined.count == 1 ? " joins" : "s join", SHOWN_NAME,
            names->keys[joined.first].bytes, place, SHOWN_NAME,
            names->keys[joined.meant].bytes);
    }
    if (near.count > 0) {
        history_place(tape, labels->list[near.first].first, place, sizeof place);
        messages_warn(
            messages,
            "the label \"%.*s\" of %zu is nearly \"%.*s\" of %zu (first at %s): if "
            "it is a typing error, \"rename\" in a recipe mends it",
            SHOWN_NAME, names->keys[near.first].bytes, labels->list[near.first].count,
            SHOWN_NAME, names->keys[near.meant].bytes, labels->list[near.meant].count,
            place);
    }
    return warn_about_endings(messages, tape, histories, err);
}

/* The action that was probably meant, as ` (did you mean "rollback"?)`, or "". */
static const char *suggest_action(const char *label, const char *const *actions,
                                  size_t count, char phrase[SUGGEST_PHRASE])
{
    struct suggestion suggestion;
    suggestion_init(&suggestion, label, strlen(label));
    for (size_t i = 0; i < count; i++)
        suggestion_offer(&suggestion, actions[i], strlen(actions[i]));
    return suggestion_phrase(&suggestion, "", phrase, SUGGEST_PHRASE);
}

enum status warn_about_unknown_labels(struct messages *messages, const struct tape *tape,
                                      const struct histories *histories,
                                      const char *const *actions, size_t count,
                                      struct error *err)
{
    const struct labels *labels = &histories->labels;
    const struct strmap *names = &labels->names;
    struct found unknown = {.count = 0};
    char place[TAPE_PLACE_BYTES], more[64] = "", phrase[SUGGEST_PHRASE];
    bool *is_known = calloc((size_t)names->count + 1, sizeof *is_known);
    if (!is_known)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        uint32_t label = strmap_find(names, actions[i], strlen(actions[i]));
        if (label != MAP_NONE)
            is_known[label] = true;
    }
    for (uint32_t i = 0; i < names->count; i++)
        if (!is_known[i])
            note(&unknown, labels, i, i);
    free(is_known);
    if (unknown.count == 0)
        return STATUS_OK;
    const char *first = names->keys[unknown.first].bytes;
    history_place(tape, labels->list[unknown.first].first, place, sizeof place);
    if (unknown.count > 1)
        (void)snprintf(more, sizeof more, " (%zu labels of this kind, of %zu)",
                       unknown.count, unknown.histories);
    messages_warn(
        messages,
        "the label \"%.*s\" of %zu%s is none of the model's actions%s, the first "
        "at %s: every answer to it counts as wrong",
        SHOWN_NAME, first, labels->list[unknown.first].count, more,
        suggest_action(first, actions, count, phrase), place);
    return STATUS_OK;
}

/* A short list, searched in order: a history has few members. */
#include "data/read/unread_members.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alike.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "data/read/source.h"
#include "data/tape/tape.h"

enum { LISTED = 5, SHOWN_NAME = 40 };

/* What requests and simulated data have beside the events. */
static bool is_known(struct span name)
{
    static const char *const known[] = {"id", "posterior", "posteriors", "model",
                                        "include"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (span_is(name, known[i]))
            return true;
    return false;
}

static uint32_t find(struct unread_members *members, struct span name)
{
    uint32_t i = 0;
    while (i < members->count &&
           (members->list[i].length != name.length ||
            memcmp(members->list[i].name, name.bytes, name.length) != 0))
        i++;
    return i;
}

/* The member, added if it is new; NULL if there are too many. */
static struct unread_member *add(struct unread_members *members, struct span name,
                                 uint32_t *index)
{
    *index = find(members, name);
    if (*index == UNREAD_MEMBERS)
        return NULL;
    struct unread_member *member = &members->list[*index];
    if (*index < members->count)
        return member;
    *member = (struct unread_member){.length = (uint32_t)name.length};
    memcpy(member->name, name.bytes, name.length);
    members->count++;
    return member;
}

void unread_members_begin(struct unread_members *members)
{
    members->pending = 0;
}

static uint64_t hash_of(const struct json_value *value)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)value->type;
    if (value->type == JSON_IS_STRING || value->type == JSON_IS_NUMBER)
        for (size_t i = 0; i < value->text.length; i++)
            hash = (hash ^ (unsigned char)value->text.bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

static bool is_part(const struct json_value *value)
{
    return value->type == JSON_IS_STRING &&
           (span_is(value->text, "train") || span_is(value->text, "val") ||
            span_is(value->text, "test"));
}

void unread_members_note(struct unread_members *members, struct span name,
                         const struct json_value *value, uint32_t line)
{
    struct instant time;
    uint32_t index;
    if (value->type == JSON_IS_NULL || name.length >= UNREAD_NAME || is_known(name) ||
        (value->type == JSON_IS_STRING &&
         instant_parse(value->text.bytes, value->text.length, &time)))
        return;
    struct unread_member *member = add(members, name, &index);
    if (!member)
        return;
    if (member->histories == 0 && !(members->pending & UINT32_C(1) << index)) {
        member->line = line;
        member->type = value->type;
    }
    member->pending = hash_of(value);
    member->has_fractions =
        member->has_fractions || (value->type == JSON_IS_NUMBER && !value->is_whole &&
                                  value->number != floor(value->number));
    member->has_others = member->has_others || !is_part(value);
    members->pending |= UINT32_C(1) << index;
}

static void add_value(struct unread_member *member, uint64_t hash)
{
    for (uint32_t i = 0; i < member->value_count; i++)
        if (member->values[i] == hash) {
            member->repeated++;
            return;
        }
    if (member->value_count < UNREAD_VALUES)
        member->values[member->value_count++] = hash;
}

void unread_members_end(struct unread_members *members)
{
    members->histories++;
    for (uint32_t i = 0; i < members->count; i++) {
        if (!(members->pending >> i & 1))
            continue;
        members->list[i].histories++;
        add_value(&members->list[i], members->list[i].pending);
    }
}

void unread_members_move(struct unread_members *into, struct unread_members *block,
                         uint32_t file, uint64_t first_line)
{
    for (uint32_t i = 0; i < block->count; i++) {
        const struct unread_member *from = &block->list[i];
        const struct span name = {.bytes = from->name, .length = from->length};
        uint32_t index;
        struct unread_member *member =
            from->histories > 0 ? add(into, name, &index) : NULL;
        if (!member)
            continue;
        if (member->histories == 0) {
            member->type = from->type;
            member->file = file;
            member->line = first_line + from->line;
        }
        member->histories += from->histories;
        member->repeated += from->repeated;
        member->has_fractions = member->has_fractions || from->has_fractions;
        member->has_others = member->has_others || from->has_others;
        for (uint32_t k = 0; k < from->value_count; k++)
            add_value(member, from->values[k]);
    }
    into->histories += block->histories;
    *block = (struct unread_members){.count = 0};
}

/* `"zone", "team" and 3 more` */
static void list_names(const struct unread_member *const *list, uint32_t count,
                       char *buffer, size_t size)
{
    size_t used = 0;
    for (uint32_t i = 0; i < count && i < LISTED; i++) {
        const struct unread_member *member = list[i];
        size_t length = utf8_cut(member->name, member->length, SHOWN_NAME);
        used += (size_t)snprintf(buffer + used, size - used, "%s\"%.*s\"",
                                 i == 0 ? "" : ", ", (int)length, member->name);
    }
    if (count > LISTED)
        (void)snprintf(buffer + used, size - used, " and %u more",
                       (unsigned)(count - LISTED));
}

static bool is_alike(const struct unread_member *member, const char *key)
{
    char a[ALIKE_BYTES], b[ALIKE_BYTES];
    size_t length = alike_fold_column(member->name, member->length, a);
    return length > 0 && alike_fold_column(key, strlen(key), b) == length &&
           memcmp(a, b, length) == 0;
}

/* The key of the label or the id that the member is probably meant to be; NULL. */
static const char *find_meant(const struct unread_member *member,
                              const struct data_keys *keys)
{
    const char *id = *keys->id == '\0' ? "id" : keys->id;
    return is_alike(member, keys->label) ? keys->label : is_alike(member, id) ? id : NULL;
}

/* What keeps a member whose value was known from the beginning. */
static void say_how_to_keep(const struct unread_member *member, char *buffer, size_t size)
{
    int length = (int)utf8_cut(member->name, member->length, SHOWN_NAME);
    if (member->type == JSON_IS_OBJECT)
        (void)snprintf(buffer, size,
                       "by jq -c '.fields += .[\"%.*s\"]', as fields of every event",
                       length, member->name);
    else
        (void)snprintf(buffer, size,
                       "in \"fields\": {\"%.*s\": ...}, as a field of every event",
                       length, member->name);
}

/* Would it be a field if it were read? */
static bool is_like_field(const struct unread_member *member, uint64_t histories)
{
    enum { QUARTER = 4 };
    bool is_plain = member->type != JSON_IS_OBJECT && member->type != JSON_IS_ARRAY;
    bool repeats =
        member->value_count > 1 && QUARTER * member->repeated >= member->histories;
    return is_plain && 2 * member->histories >= histories &&
           (repeats || member->has_fractions);
}

/* `"zone", "team" beside "events" are not read (in 9 histories, the first at a.jsonl:1)` */
static void describe(const struct unread_member *const *list, uint32_t count,
                     const struct data_keys *keys, const char *const *files, char *buffer,
                     size_t size)
{
    char names[LISTED * (SHOWN_NAME + 4) + 24] = "", place[TAPE_PLACE_BYTES];
    const struct unread_member *first = list[0];
    list_names(list, count, names, sizeof names);
    file_line_write(place, sizeof place, source_name(files[first->file]), first->line);
    (void)snprintf(buffer, size,
                   "%s beside \"%.60s\" %s not read (in %" PRIu64
                   " histor%s, the first at %s)",
                   names, keys->events, count == 1 ? "is" : "are", first->histories,
                   first->histories == 1 ? "y" : "ies", place);
}

void unread_members_warn(const struct unread_members *members,
                         const struct data_keys *keys, const char *const *files,
                         struct messages *messages)
{
    char text[640], keep[192];
    const struct unread_member *fields[UNREAD_MEMBERS], *others[UNREAD_MEMBERS];
    uint32_t field_count = 0, other_count = 0;
    for (uint32_t i = 0; i < members->count; i++) {
        const struct unread_member *member = &members->list[i];
        const char *meant = find_meant(member, keys);
        describe(&member, 1, keys, files, text, sizeof text);
        if (meant)
            messages_warn(messages, "%s: the key is \"%s\"; give both one name", text,
                          meant);
        else if (!member->has_others && member->value_count > 1)
            messages_warn(
                messages,
                "%s: it names the parts train, val or test, and all of them are "
                "trained on; --split \"%.*s\" keeps them apart",
                text, (int)member->length, member->name);
        else if (is_like_field(member, members->histories))
            fields[field_count++] = member;
        else
            others[other_count++] = member;
    }
    if (field_count > 0) {
        describe(fields, field_count, keys, files, text, sizeof text);
        say_how_to_keep(fields[0], keep, sizeof keep);
        messages_warn(messages, "%s; what is known from the beginning is kept %s", text,
                      keep);
    }
    if (other_count > 0) {
        describe(others, other_count, keys, files, text, sizeof text);
        say_how_to_keep(others[0], keep, sizeof keep);
        messages_note(messages, "%s; what is known from the beginning is kept %s", text,
                      keep);
    }
}

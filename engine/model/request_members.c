#include "model/request_members.h"

#include <string.h>

#include "base/suggest.h"

static const char *const names[REQUEST_MEMBERS] = {
    [MEMBER_FIELDS] = "fields",       [MEMBER_ID] = "id",
    [MEMBER_MODEL] = "model",         [MEMBER_INCLUDE] = "include",
    [MEMBER_HISTORIES] = "histories", [MEMBER_STEPS] = "steps",
    [MEMBER_BEAM] = "beam",           [MEMBER_RANK] = "rank",
    [MEMBER_SAMPLE] = "sample",       [MEMBER_SEED] = "seed",
};

const char *request_member_name(enum request_member member)
{
    return names[member];
}

static bool fits(enum request_member member, enum json_type type)
{
    switch (member) {
    case MEMBER_FIELDS:
        return type == JSON_IS_OBJECT;
    case MEMBER_ID:
        return type == JSON_IS_STRING || type == JSON_IS_NUMBER;
    case MEMBER_MODEL:
    case MEMBER_RANK:
        return type == JSON_IS_STRING;
    case MEMBER_INCLUDE:
    case MEMBER_HISTORIES:
        return type == JSON_IS_ARRAY;
    case MEMBER_STEPS:
    case MEMBER_BEAM:
    case MEMBER_SAMPLE:
    case MEMBER_SEED:
        return type == JSON_IS_NUMBER;
    case REQUEST_MEMBERS:
        break;
    }
    return false;
}

/*
 * A key with null is never meant as a member.  The "_id" of other programs may hold anything, so a key
 * is meant as the id only if its value is one.
 */
static bool is_meant(const struct suggestion *key, enum json_type type,
                     enum request_member member, const char *name)
{
    bool may_differ = fits(member, type);
    if (type == JSON_IS_NULL || (member == MEMBER_ID && !may_differ))
        return false;
    return may_differ ? suggestion_is_mistyped(key, name, strlen(name))
                      : suggest_is_alike(key->text, key->length, name, strlen(name));
}

enum request_member request_member_meant(struct span key, enum json_type type,
                                         const char *id_key)
{
    struct suggestion suggestion;
    enum { LONGEST = 24 }; /* a member and a few blanks */
    if (key.length > LONGEST)
        return REQUEST_MEMBERS;
    suggestion_init(&suggestion, key.bytes, key.length);
    if (*id_key != '\0' && is_meant(&suggestion, type, MEMBER_ID, id_key))
        return MEMBER_ID;
    for (unsigned i = 0; i < REQUEST_MEMBERS; i++)
        if (is_meant(&suggestion, type, (enum request_member)i, names[i]))
            return (enum request_member)i;
    bool is_model = type == JSON_IS_STRING &&
                    suggest_is_alike(key.bytes, key.length, "model_name", 10);
    return is_model ? MEMBER_MODEL : REQUEST_MEMBERS;
}

enum status request_members_note(struct request_members *members, struct span key,
                                 enum json_type type, const char *id_key,
                                 struct arena *arena, struct error *err)
{
    enum request_member member = request_member_meant(key, type, id_key);
    if (member == REQUEST_MEMBERS || members->mistyped[member])
        return STATUS_OK;
    members->mistyped[member] = arena_string(arena, key.bytes, key.length);
    return members->mistyped[member] ? STATUS_OK : error_no_memory(err);
}

enum request_member request_members_mistyped(const struct request_members *members,
                                             unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (members->mistyped[i] && (members->given & 1U << i) == 0)
            return (enum request_member)i;
    return REQUEST_MEMBERS;
}

/*
 * The members of requests that are not needed, and keys that were probably meant as one of them.
 *
 * A request that says "modle" gets the answer of another model, and one that says "Fields" an answer
 * without its evidence.  So a request is refused if it has such a key and not the member itself.
 */
#ifndef TRIAGE_REQUEST_MEMBERS_H
#define TRIAGE_REQUEST_MEMBERS_H

#include "base/arena.h"
#include "base/json_reader.h"

enum request_member {
    MEMBER_FIELDS,
    MEMBER_ID, /* the last one that a history of "histories" has */
    MEMBER_MODEL,
    MEMBER_INCLUDE,
    MEMBER_HISTORIES,
    MEMBER_STEPS, /* from here on only of requests for a forecast */
    MEMBER_BEAM,
    MEMBER_RANK,
    MEMBER_SAMPLE,
    MEMBER_SEED,
    REQUEST_MEMBERS
};

/* The optional members of one object. */
struct request_members {
    unsigned given; /* bits: 1 << member */
    /* The first key that was meant as it, or NULL. */
    const char *mistyped[REQUEST_MEMBERS];
};

const char *request_member_name(enum request_member member);

/*
 * The member that a key with a value of this type was probably meant as; REQUEST_MEMBERS: none.  Keys
 * that differ only in case, blanks, "-" and "_" are, and with one wrong letter if the value fits.
 * id_key is another name of the id; it may be "".
 */
enum request_member request_member_meant(struct span key, enum json_type type,
                                         const char *id_key);

/* Note that the object has this unknown key.  STATUS_NO_MEMORY if the arena is full. */
enum status request_members_note(struct request_members *members, struct span key,
                                 enum json_type type, const char *id_key,
                                 struct arena *arena, struct error *err);

/* The first of `count` members that was mistyped and is not given; REQUEST_MEMBERS: none. */
enum request_member request_members_mistyped(const struct request_members *members,
                                             unsigned count);

#endif

/*
 * Members of a history of JSON Lines that are not read.  Beside the events, only "fields" becomes
 * fields; a column of CSV always does.  So a member beside the events is easily lost.
 */
#ifndef TRIAGE_UNREAD_MEMBERS_H
#define TRIAGE_UNREAD_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_reader.h"
#include "data/common/keys.h"
#include "data/common/messages.h"

enum { UNREAD_MEMBERS = 32, UNREAD_NAME = 64, UNREAD_VALUES = 24 };

struct unread_member {
    char name[UNREAD_NAME];
    uint32_t length;
    enum json_type type; /* of the first value */
    uint64_t histories;
    uint64_t values[UNREAD_VALUES]; /* hashes of the first different ones */
    uint32_t value_count;
    uint64_t repeated;  /* histories that repeat one of them */
    uint64_t pending;   /* the hash of the value in the history that is being read */
    bool has_fractions; /* numbers that are not whole */
    bool has_others;    /* values that do not name a part of the data: train, val, test */
    uint32_t file;
    uint64_t line; /* of the first history that has it */
};

/* All-zero at first.  The members that come after the first 32 are not told apart, nor counted. */
struct unread_members {
    struct unread_member list[UNREAD_MEMBERS];
    uint32_t count;
    uint64_t histories;
    uint32_t pending; /* bits of those in the history that is being read */
};

/* A history begins. */
void unread_members_begin(struct unread_members *members);

/* The history has the member.  Times and null are not counted: no field is lost. */
void unread_members_note(struct unread_members *members, struct span name,
                         const struct json_value *value, uint32_t line);

/* The history could be read: its members count. */
void unread_members_end(struct unread_members *members);

/* Add the members of a later block, in which lines count from 0, and forget them. */
void unread_members_move(struct unread_members *into, struct unread_members *block,
                         uint32_t file, uint64_t first_line);

/*
 * One warning for each member whose name is alike to the label or the id, or that names the parts of
 * the data.  One warning for all that would be fields if they were read: plain values, in at least half
 * of the histories, that are repeated or are numbers with a fraction.  One note for all others, such as
 * titles, links and lists.
 */
void unread_members_warn(const struct unread_members *members,
                         const struct data_keys *keys, const char *const *files,
                         struct messages *messages);

#endif

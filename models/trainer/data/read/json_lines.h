/*
 * JSON Lines onto the tape: one history a line, or numbered lines (record_lines.h).
 *
 *     events      a name (a string), or an object with the name, the time and other fields
 *     members     the label, the part of the split, a hash of the id, and "posterior", whose
 *                 probabilities become members "posterior/ACTION"; other members are ignored
 *     "fields"    case-level fields
 */
#ifndef TRIAGE_JSON_LINES_H
#define TRIAGE_JSON_LINES_H

#include "base/arena.h"
#include "base/map.h"
#include "data/common/keys.h"
#include "data/common/problems.h"
#include "data/read/unread_members.h"
#include "data/tape/tape.h"
#include "model/history_reader.h"

enum json_role { JSON_FIELD, JSON_NAME, JSON_PART };

/* What a thread needs to read blocks.  All-zero before json_lines_init. */
struct json_lines {
    const struct data_keys *keys;
    bool wants_posterior, wants_test;
    bool is_numbered; /* the lines are numbered; set after json_lines_init */
    struct history_reader reader;
    struct history_keys history_keys;
    struct arena arena;
    struct strmap names; /* keys of events and fields that have been seen */
    struct json_name {
        uint32_t block;  /* the number of the block that `column` is of */
        uint32_t column; /* MAP_NONE without memory */
        /* JSON_NAME: its value is the name of the event; JSON_PART + i: part i of the name */
        uint8_t role;
    } * columns; /* [names.count]; owned */
    size_t column_capacity;
    uint32_t block;
    struct name_keys part_keys; /* of the name of an event */
    struct name_parts parts;
    struct arena part_arena; /* of the parts of an event */
    struct tape_writer *writer;
    /* Columns of members in this block; MAP_NONE: not yet known. */
    uint32_t label, split, id;
    bool is_first; /* the line that is being read is the first of the block */
    struct unread_members unread; /* of this block */
};

enum status json_lines_init(struct json_lines *lines, const struct data_keys *keys,
                            bool wants_posterior, bool wants_test, struct error *err);
void json_lines_release(struct json_lines *lines);

/*
 * Read a block, whose lines are complete.  Returns the number of its line ends; of numbered lines 0,
 * because they know their places in the file.
 */
uint32_t json_lines_read(struct json_lines *lines, struct tape_writer *writer,
                         char *bytes, size_t length, struct block_problems *problems);

#endif

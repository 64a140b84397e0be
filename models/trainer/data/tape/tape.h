/*
 * The tape: all events of the data in memory, read but not yet interpreted.
 *
 * The files are read once; everything else is a pass over the tape: finding the column of the
 * times, choosing the validation histories, inferring the schema, encoding.  The tape itself has
 * neither a schema nor roles of columns.
 *
 * A history has members ("id", the label), case-level fields, and events with fields.  Members are
 * columns of their own, because a label beside the events and one in each event differ:
 *
 *     columns     SCOPE_FIELD: keys of events and of "fields", or columns of a CSV file
 *                 SCOPE_MEMBER: keys of the history, in JSON Lines only
 *     values      of a column: a small number that stands for a text, a number as it was written,
 *                 true, false, null, or something else; 2 to 9 bytes
 *     records     CSV: one of a row: its line, its values.  JSON Lines: one of a history
 *
 * The files are cut into blocks.  A block is read by one thread, into a tape_writer, which numbers
 * the texts of the block as they appear.  tape_append, called in the order of the blocks, gives
 * them their final numbers: those of first appearance in the data.  So nothing depends on the
 * number of threads or on where blocks end.
 *
 * A text with 8 digits or more, or one that is nearly a number, is kept as its digits and a form
 * ("0000-00-00 00:00:00"), because times and serial numbers hardly ever repeat.  Nothing is lost.
 */
#ifndef TRIAGE_TAPE_H
#define TRIAGE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "base/error.h"
#include "base/json_reader.h"
#include "base/map.h"
#include "base/workers.h"

enum tape_scope { SCOPE_FIELD, SCOPE_MEMBER };

enum tape_kind {
    TAPE_TEXT,        /* a text of the column's list */
    TAPE_NUMBER_TEXT, /* the same, a JSON number that is not simply digits */
    TAPE_INTEGER,     /* -?digits */
    TAPE_DECIMAL,     /* -?digits.digits */
    TAPE_FORM,        /* digits in a form */
    TAPE_FALSE,
    TAPE_TRUE,
    TAPE_NULL,
    TAPE_OTHER /* an array or an object */
};

/* Members of JSON Lines: the exact probability of an action is called "posterior/ACTION". */
#define POSTERIOR_PREFIX "posterior/"

/*
 * "posteriors", the exact probabilities after every event, is one column: for each event the integer
 * POSTERIORS_EVENT, and the bits of each probability as a double (NaN for what is no number).
 */
#define POSTERIORS_COLUMN "posteriors/"
enum { POSTERIORS_EVENT = -1 };

/* In a block, the kind of a form that is a date and a clock. */
enum { TAPE_TIME = TAPE_OTHER + 1 };

enum {
    TAPE_KIND_BITS = 4,
    TAPE_FORM_SIZE = 64, /* bytes of the longest text that is kept as a form, and one */
    TAPE_MAX_DIGITS = 36,
    TAPE_VALUE_BYTES = 64, /* the most that one value needs in a record */
    TAPE_MAX_TEXTS = 1 << 18
};

/* A text that came after the first TAPE_MAX_TEXTS of its column, and is no known value. */
#define TAPE_FURTHER UINT32_MAX

/* How a text reads, by itself. */
enum text_class {
    CLASS_TEXT,
    CLASS_MISSING,
    CLASS_NUMBER,
    CLASS_COMMA_NUMBER,
    CLASS_BOOLEAN
};

struct text_info {
    enum text_class class;
    double number; /* of numbers; of a boolean, 1 or 0 */
};

/* Forms of texts that are times and nothing else. */
enum form_layout {
    LAYOUT_OTHER,
    LAYOUT_TIME,     /* 0000-00-00 00:00:00, with a blank or a T */
    LAYOUT_TIME_ZONE /* the same, with Z */
};

struct tape_column {
    const char *name;
    size_t name_length;
    enum tape_scope scope;
    struct arena arena;
    struct strmap texts, forms;
    struct text_info *infos; /* [texts.count] after tape_finish; owned */
    uint8_t *layouts; /* [forms.count] enum form_layout, after tape_finish; owned */
};

struct tape_file {
    const char *name;
    bool is_csv;
    bool allows_comma; /* cells are not separated by commas */
    bool is_turned;    /* CSV: the rows of each case are in reverse order of the file */
    /* CSV, while the file is read: its cases, in the order of first appearance */
    struct arena arena;
    struct strmap cases;
    /* CSV, after that: their names, each with a zero behind it; owned */
    char *names;
    size_t *name_offsets; /* [cases + 1] owned */
};

/* What was read from a block of a file. */
struct tape_block {
    uint8_t *bytes; /* records; owned */
    size_t length;
    uint32_t file;
    uint64_t first_line;
    uint32_t column_count;
    uint32_t *columns; /* [column_count] the column of each column of the block; owned */
    uint32_t **texts, **forms; /* [column_count][..] their final numbers; owned */
    uint32_t *text_counts;     /* [column_count] owned */
    /* CSV, until tape_finish: the place of each row in bytes, and its case */
    uint32_t *rows, *cases;
    uint32_t row_count;
    uint32_t first_case, last_case; /* the smallest and the largest of cases */
    uint32_t record_count;          /* each is of one history */
};

/* The place of a record. */
struct tape_place {
    uint32_t block, offset;
};

struct tape_history {
    uint32_t first;  /* JSON Lines: the block; CSV: index of its first row in rows */
    uint32_t offset; /* JSON Lines: of its record */
    uint32_t line;   /* from 1 in its file; of the first row in CSV */
    uint32_t events;
    uint32_t file;
    uint32_t case_index; /* CSV: of its name in the file's cases */
    bool is_bad;         /* CSV: one of its rows could not be read */
};

struct tape {
    struct tape_file *files; /* [file_count] */
    size_t file_count;
    struct arena arena;       /* of column names */
    struct strmap column_map; /* scope and name -> index in columns */
    struct tape_column *columns;
    size_t column_count, column_capacity;
    struct tape_block *blocks;
    size_t block_count, block_capacity;
    struct tape_history *histories;
    size_t history_count, history_capacity;
    struct tape_place *rows; /* CSV: in the order of cases, and of the file within each */
    size_t row_count;
    uint64_t event_count;
    size_t file_blocks; /* of the files before the one that is being read */
    bool folds_ids;     /* CSV: cases whose ids are alike are one */
    /* A text of the column of the names was joined from other columns. */
    bool has_joined_names;
    uint8_t outer_parts; /* bit i: part i of a name is also a field of a whole history */
};

void tape_init(struct tape *tape);
void tape_release(struct tape *tape);

/* Begin a file; its blocks follow.  name is borrowed. */
enum status tape_begin_file(struct tape *tape, const char *name, bool is_csv,
                            bool allows_comma, struct error *err);

/* End a file: the rows of each case are found.  workers may be NULL. */
enum status tape_end_file(struct tape *tape, struct workers *workers, struct error *err);

/* The column of that name; MAP_NONE if the data has none. */
uint32_t tape_find_column(const struct tape *tape, enum tape_scope scope,
                          const char *name, size_t length);

/* Has a file the column?  The tape also has the columns of a model's known values. */
bool tape_is_in_files(const struct tape *tape, uint32_t column);

/* The column of that name, added if it is new; MAP_NONE without memory. */
uint32_t tape_add_column(struct tape *tape, enum tape_scope scope, const char *name,
                         size_t length);

/* ---- writing ---- */

/* One of the last texts that were written, and its index: a cache, because texts are repeated. */
struct recent_text {
    uint64_t first, last; /* 8 bytes each; the bytes of a shorter text */
    const char *bytes;    /* NULL: none */
    uint32_t length, index;
};

enum { RECENT_BITS = 5, RECENT_TEXTS = 1 << RECENT_BITS };

/* How texts of a form are told from others, 8 bytes at a time. */
struct form_matcher {
    uint64_t form[TAPE_FORM_SIZE / 8]; /* the form; the last 8 bytes end where it ends */
    uint64_t most[TAPE_FORM_SIZE / 8]; /* 9 where it has a digit, 0 elsewhere */
    uint8_t digits[TAPE_MAX_DIGITS];   /* where they are */
    uint8_t length, digit_count;       /* length 0: there is no form */
    bool is_time;
    uint32_t index;
};

enum { FORM_MATCHERS = 4 };

struct writer_column {
    struct strmap texts, forms;
    struct recent_text *recent; /* [RECENT_TEXTS] of texts, or NULL */
    /* [FORM_MATCHERS] the forms that were written last, by their length; or NULL */
    struct form_matcher *matchers;
};

struct writer_history {
    uint32_t offset, line, events;
};

struct tape_bytes {
    uint8_t *bytes;
    size_t length, capacity;
};

/* Where values are written: records of rows and events; members and "fields" of a history. */
enum tape_target { TARGET_EVENTS, TARGET_MEMBERS, TARGET_FIELDS, TAPE_TARGETS };

/* A block that is being read.  All-zero before the first block, and reused for each next one. */
struct tape_writer {
    struct arena arena; /* of the texts of this block */
    struct strmap names;
    struct writer_column *columns; /* [names.count] */
    size_t column_capacity;
    struct tape_bytes out[TAPE_TARGETS];
    enum tape_target target;

    struct strmap cases;              /* CSV: the cases of this block */
    struct recent_text *recent_cases; /* [RECENT_TEXTS] */
    uint32_t *rows, *row_cases;
    size_t row_count, row_capacity;
    uint32_t good_rows;

    struct writer_history *histories; /* JSON Lines */
    size_t history_count, history_capacity;
    size_t history_start;

    uint8_t *records; /* after tape_writer_end; owned until tape_append */

    bool has_joined_names; /* these two: see struct tape; set by who writes them */
    uint8_t outer_parts;
    bool has_failed; /* memory has run out, or the block is too large */
};

void tape_writer_begin(struct tape_writer *writer);

/* The block is written: what tape_append needs no other thread for. */
void tape_writer_end(struct tape_writer *writer);
void tape_writer_release(struct tape_writer *writer);

/* The index of a column in this block; MAP_NONE without memory. */
uint32_t tape_writer_column(struct tape_writer *writer, enum tape_scope scope,
                            const char *name, size_t length);

/*
 * Append a value of a column to the list of the target.  bytes of a text are UTF-8.
 * tape_write_cell is for a text that may be a number, tape_write_number for a JSON number as it is
 * written.
 */
void tape_write_text(struct tape_writer *writer, uint32_t column, const char *bytes,
                     size_t length);
void tape_write_cell(struct tape_writer *writer, uint32_t column, const char *bytes,
                     size_t length);
void tape_write_number(struct tape_writer *writer, uint32_t column, const char *bytes,
                       size_t length);
void tape_write_integer(struct tape_writer *writer, uint32_t column, int64_t integer);
void tape_write_literal(struct tape_writer *writer, uint32_t column, enum tape_kind kind);

/* End the list of the target. */
void tape_write_end(struct tape_writer *writer);

/*
 * CSV: a row of the case with that name begins; one list follows.  tape_write_bad_row marks the
 * case as one with a bad row.
 */
void tape_write_row(struct tape_writer *writer, const char *name, size_t length,
                    uint32_t line_in_block);
void tape_write_bad_row(struct tape_writer *writer, const char *name, size_t length);

/*
 * JSON Lines: a history begins; a list follows for each event, and any values for the members and
 * fields, without end.  A history that is found bad is dropped.
 */
void tape_history_begin(struct tape_writer *writer);
void tape_history_end(struct tape_writer *writer, uint32_t line_in_block,
                      uint32_t events);
void tape_history_drop(struct tape_writer *writer);

/*
 * Append the block to the tape, after tape_writer_end: in the order of the file, by one thread at a
 * time.  first_line is that of the block, from 1.  tape_writer_begin of the writer may follow.
 */
enum status tape_append(struct tape *tape, struct tape_writer *writer,
                        uint64_t first_line, struct error *err);

/* After the last file: find out how each text reads. */
enum status tape_finish(struct tape *tape, struct error *err);

/* ---- reading ---- */

struct tape_value {
    uint32_t column;
    enum tape_kind kind;
    uint32_t index;    /* of a text or form; TAPE_FURTHER */
    int64_t integer;   /* of INTEGER; of DECIMAL without its point */
    uint32_t decimals; /* of DECIMAL */
    bool is_time;      /* of FORM: a date and a clock, at `integer` seconds since 1970 */
    uint64_t digits
        [2]; /* of FORM: the first 18 digits, the others; of a time: the seconds, 0 */
};

struct tape_cursor {
    const struct tape *tape;
    const struct tape_block *block;
    const uint8_t *next;
};

static inline uint64_t tape_varint(const uint8_t **next)
{
    uint64_t value = *(*next)++;
    if (value < 0x80)
        return value;
    value &= 0x7f;
    for (unsigned shift = 7;; shift += 7) {
        uint64_t byte = *(*next)++;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
}

static inline int64_t tape_signed(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

enum { TAPE_TIME_BYTES = 5 };

/* Seconds since 1970; in the block they are counted from the year 1, the lowest byte first. */
static inline int64_t tape_seconds(const uint8_t *bytes)
{
    uint64_t seconds = 0;
    for (int i = 0; i < TAPE_TIME_BYTES; i++)
        seconds |= (uint64_t)bytes[i] << 8 * i;
    return (int64_t)seconds + CALENDAR_FIRST_SECOND;
}

/*
 * The next value of a list; false at its end, which is passed.  Always inline: calling it in the
 * passes over the tape costs a twentieth of reading.
 */
__attribute__((always_inline)) static inline bool tape_next(struct tape_cursor *cursor,
                                                            struct tape_value *value)
{
    const uint8_t *next = cursor->next;
    uint32_t code = (uint32_t)tape_varint(&next);
    if (code == 0) {
        cursor->next = next;
        return false;
    }
    value->index = 0;
    uint32_t local = (code >> TAPE_KIND_BITS) - 1;
    const struct tape_block *block = cursor->block;
    value->column = block->columns[local];
    uint32_t kind = code & ((1 << TAPE_KIND_BITS) - 1);
    value->kind = kind == TAPE_TIME ? TAPE_FORM : (enum tape_kind)kind;
    switch (kind) {
    case TAPE_TEXT:
    case TAPE_NUMBER_TEXT:
        value->index = block->texts[local][tape_varint(&next)];
        break;
    case TAPE_INTEGER:
        value->integer = tape_signed(tape_varint(&next));
        break;
    case TAPE_DECIMAL:
        value->integer = tape_signed(tape_varint(&next));
        value->decimals = *next++;
        break;
    case TAPE_TIME:
        value->is_time = true;
        value->index = block->forms[local][tape_varint(&next)];
        value->integer = tape_seconds(next);
        value->digits[0] = (uint64_t)value->integer;
        value->digits[1] = 0;
        next += TAPE_TIME_BYTES;
        break;
    case TAPE_FORM:
        value->is_time = false;
        value->index = block->forms[local][tape_varint(&next)];
        value->digits[0] = tape_varint(&next);
        value->digits[1] = 0;
        if (value->digits[0] & 1)
            value->digits[1] = tape_varint(&next);
        value->digits[0] >>= 1;
        break;
    default: /* the kind is all */
        break;
    }
    cursor->next = next;
    return true;
}

struct tape_reader {
    struct tape_cursor cursor; /* the list that has been opened */
    const struct tape_history *history;
    const uint8_t *events, *members; /* JSON Lines: where these lists begin */
    uint32_t event;                  /* index of the next event */
    uint64_t line; /* of the event that has been opened, or of the history */
};

/*
 * Read a history: tape_open_event opens the list of the next event, and is false after the last
 * one.  tape_open_members and then tape_open_fields open those lists; false in CSV, which has none.
 * A list must be read to its end before the next event or the fields are opened.
 */
void tape_open(struct tape_reader *reader, const struct tape *tape, size_t history);
bool tape_open_members(struct tape_reader *reader);
bool tape_open_fields(struct tape_reader *reader);
bool tape_open_event(struct tape_reader *reader);

enum { TAPE_TEXT_SIZE = 80 };

/* A value as it was written; without text for FURTHER, arrays and objects ("" of length 0). */
struct span tape_text(const struct tape *tape, const struct tape_value *value,
                      char buffer[TAPE_TEXT_SIZE]);

/*
 * A time in a form that has a layout: what instant_parse reads from its text.  False for all other
 * values.
 */
static inline bool tape_layout_time(const struct tape *tape,
                                    const struct tape_value *value, int64_t *us,
                                    enum form_layout *layout)
{
    if (value->kind != TAPE_FORM || !value->is_time)
        return false;
    *layout = (enum form_layout)tape->columns[value->column].layouts[value->index];
    *us = value->integer * 1000000;
    return true;
}

/* Is the value a number, or does its text read as one (class)? */
struct text_info tape_info(const struct tape *tape, const struct tape_value *value);

/* The line of an event; of the history, in JSON Lines. */
uint64_t tape_event_line(const struct tape *tape, size_t history, uint32_t event);

/*
 * A line of the data as one number, which orders the lines; and as "FILE:LINE".  The number comes
 * back in what is counted over all cells, for example in the first cell of a number_column.
 */
enum { TAPE_PLACE_BYTES = 96, TAPE_LINE_BITS = 32 };

static inline uint64_t tape_place(uint32_t file, uint64_t line)
{
    return (uint64_t)file << TAPE_LINE_BITS | line;
}

void tape_place_write(const struct tape *tape, uint64_t place, char *buffer, size_t size);

/* The id of a history; CSV: the name of the case.  Length 0: none. */
struct span tape_case_name(const struct tape *tape, const struct tape_history *history);

/* Release the names of cases; tape_case_name must not be called any more. */
void tape_release_names(struct tape *tape);

/* Release a block whose records are no longer needed. */
void tape_release_block(struct tape *tape, size_t block);

#endif

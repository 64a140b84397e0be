/*
 * What each column of the tape is for: the name of the event, its time, its label, the part of the
 * split, or a field.
 *
 * A column that is not named by a key is the time if it is the only one whose cells are times and
 * there is no column with the key of the time.
 */
#ifndef TRIAGE_COLUMNS_H
#define TRIAGE_COLUMNS_H

#include "base/time_column.h"
#include "base/workers.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/tape/tape.h"

enum column_role {
    COLUMN_FIELD,
    COLUMN_EVENT,
    COLUMN_TIME,
    COLUMN_LABEL, /* of an event or row, or of a history (SCOPE_MEMBER) */
    COLUMN_SPLIT,
    COLUMN_ID,
    COLUMN_POSTERIOR,
    COLUMN_POSTERIORS,
    COLUMN_NAME_PART, /* its texts are joined with others to the names of events */
    COLUMN_LEFT_OUT
};

struct columns {
    enum column_role *roles; /* [tape->column_count]; owned */
    /* Indices of columns of events; MAP_NONE.  The label may be the event or the time. */
    uint32_t event, time, label;
    const char *time_key; /* the name of the time's column; "" without one */
    struct time_format time_format;
    bool is_time_found;  /* by its cells, not by a key */
    bool has_dates_only; /* the times have no time of day */
    bool only_texts;     /* the times are texts: a number among them is not a time */
};

/*
 * Find the roles.  STATUS_BAD_INPUT if the times cannot be read, or if several columns may hold
 * them.
 */
enum status columns_find(struct columns *columns, const struct tape *tape,
                         const struct data_keys *keys, struct workers *workers,
                         struct messages *messages, struct error *err);
void columns_release(struct columns *columns);

/*
 * Read a value of the time's column.  *has_time is false for a missing one.  False if it is not a
 * time.
 */
bool columns_read_time(const struct columns *columns, const struct tape *tape,
                       const struct tape_value *value, struct instant *time,
                       bool *has_time);

/* The cell as it was written, cut to size - 1 bytes, for "received" in an error. */
void columns_show_value(const struct tape *tape, const struct tape_value *value,
                        char *buffer, size_t size);

#endif

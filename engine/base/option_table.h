/*
 * A struct described by a table.
 *
 * One line per member gives its name, kind, place, default, bounds and help.  From the table
 * grow defaults, reading from JSON, from the command line and from the environment, writing
 * as JSON, the text of --help and the table in a README: nothing is described twice.
 *
 * A field "shutdown-delay" is the flag --shutdown-delay, the JSON key "shutdown_delay"
 * (dashes become underscores) and, with prefix "TRIAGE_", the variable TRIAGE_SHUTDOWN_DELAY.
 */
#ifndef TRIAGE_OPTION_TABLE_H
#define TRIAGE_OPTION_TABLE_H

#include <jansson.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

enum option_kind {
    OPTION_SWITCH, /* bool; a flag without value (--x, --no-x), as text true, false, 1, 0 */
    OPTION_U32,    /* uint32_t */
    OPTION_U64,    /* uint64_t; as text also with a suffix K, M or G (powers of 1024) */
    OPTION_REAL,   /* double, finite */
    OPTION_CHOICE, /* uint32_t, the index in choices */
    OPTION_TEXT    /* const char *, never NULL; "" when empty; in the set's arena */
};

struct option_def {
    const char *name; /* NULL ends a table */
    enum option_kind kind;
    size_t offset;
    const char *default_text;   /* the default, as text */
    double min, max;            /* of a number, both allowed */
    const char *const *choices; /* of OPTION_CHOICE, ended by NULL */
    const char *help;           /* lower case, no full stop */
};

/* Where a value came from; a later one wins over an earlier one. */
enum option_source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_FLAG };

/* A table, the struct it describes, and the memory for its texts. */
struct option_table {
    const char *title; /* heading in --help */
    const struct option_def *options;
    void *values;
    struct arena *arena; /* borrowed; holds OPTION_TEXT values */
    unsigned char
        *sources; /* [option_table_count] enum option_source; NULL: the last call wins */
};

size_t option_table_count(const struct option_def *fields);

/* The value of every field from its default; only memory can run out. */
enum status option_table_default(const struct option_table *set, struct error *err);

/*
 * Set one field from text.  STATUS_BAD_OPTION names it, what was expected and received.  A
 * value is checked even where sources says that a stronger one is there and stays.
 */
enum status option_table_set(const struct option_table *set,
                             const struct option_def *field, const char *value,
                             enum option_source source, struct error *err);

/*
 * Set fields from a JSON object; absent keys keep their values.  An unknown key or a value
 * of the wrong kind or out of bounds is STATUS_BAD_OPTION with its JSON Pointer, which
 * begins with where.
 */
enum status option_table_read_json(const struct option_table *set, const json_t *object,
                                   const char *where, struct error *err);

/* Set fields whose variable (prefix + NAME) is there. */
enum status option_table_read_environment(const struct option_table *set,
                                          const char *prefix, struct error *err);

/*
 * Set fields of count sets from argv[1 .. argc-1]: --name value, --name=value, --switch,
 * --no-switch, "--" ends the flags; a field whose name is one letter long is written -o.
 * What is no flag ("-" alone is none) is put, in order,
 * into rest (room for argc pointers, borrowed) and counted.  A flag of no set is
 * STATUS_BAD_OPTION.
 */
enum status option_table_read_arguments(const struct option_table *sets, size_t count,
                                        int argc, char **argv, const char **rest,
                                        size_t *rest_count, struct error *err);

/* {"name": value, ...} in the order of the table. */
void option_table_write_json(const struct option_def *options, const void *values,
                             struct strbuf *text);

/* One aligned line per field: --name VALUE  help (default).  Titles between sets. */
void option_table_write_help(const struct option_table *sets, size_t count,
                             struct strbuf *text);

/* A Markdown table: flag, variable (left out when prefix is NULL), default, meaning. */
void option_table_write_table(const struct option_table *set, const char *prefix,
                              struct strbuf *text);

/* One line per field: name = value (default|file|environment|flag). */
void option_table_write_values(const struct option_table *set, struct strbuf *text);

#endif

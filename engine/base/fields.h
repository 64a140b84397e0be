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
#ifndef TRIAGE_FIELDS_H
#define TRIAGE_FIELDS_H

#include <jansson.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

enum field_kind {
    FIELD_SWITCH, /* bool; a flag without value (--x, --no-x), as text true, false, 1, 0 */
    FIELD_U32,    /* uint32_t */
    FIELD_U64,    /* uint64_t; as text also with a suffix K, M or G (powers of 1024) */
    FIELD_REAL,   /* double, finite */
    FIELD_CHOICE, /* uint32_t, the index in choices */
    FIELD_TEXT    /* const char *, never NULL; "" when empty; in the set's arena */
};

struct field {
    const char *name; /* NULL ends a table */
    enum field_kind kind;
    size_t offset;
    const char *fallback;       /* the default, as text */
    double smallest, largest;   /* of a number, both allowed */
    const char *const *choices; /* of FIELD_CHOICE, ended by NULL */
    const char *help;           /* lower case, no full stop */
};

/* Where a value came from; a later one wins over an earlier one. */
enum source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_FLAG };

/* A table, the struct it describes, and the memory for its texts. */
struct field_set {
    const char *title; /* heading in --help */
    const struct field *fields;
    void *target;
    struct arena *arena;    /* borrowed; holds FIELD_TEXT values */
    unsigned char *sources; /* [fields_count] enum source; NULL: the last call wins */
};

size_t fields_count(const struct field *fields);

/* The value of every field from its default; only memory can run out. */
enum status fields_default(const struct field_set *set, struct error *err);

/*
 * Set one field from text.  STATUS_BAD_OPTION names it, what was expected and received.  A
 * value is checked even where sources says that a stronger one is there and stays.
 */
enum status fields_set(const struct field_set *set, const struct field *field,
                       const char *value, enum source source, struct error *err);

/*
 * Set fields from a JSON object; absent keys keep their values.  An unknown key or a value
 * of the wrong kind or out of bounds is STATUS_BAD_OPTION with its JSON Pointer, which
 * begins with where.
 */
enum status fields_read_json(const struct field_set *set, const json_t *object,
                             const char *where, struct error *err);

/* Set fields whose variable (prefix + NAME) is there. */
enum status fields_read_environment(const struct field_set *set, const char *prefix,
                                    struct error *err);

/*
 * Set fields of count sets from argv[1 .. argc-1]: --name value, --name=value, --switch,
 * --no-switch, "--" ends the flags; a field whose name is one letter long is written -o.
 * What is no flag ("-" alone is none) is put, in order,
 * into rest (room for argc pointers, borrowed) and counted.  A flag of no set is
 * STATUS_BAD_OPTION.
 */
enum status fields_read_arguments(const struct field_set *sets, size_t count, int argc,
                                  char **argv, const char **rest, size_t *rest_count,
                                  struct error *err);

/* {"name": value, ...} in the order of the table. */
void fields_write_json(const struct field_set *set, struct text *text);

/* One aligned line per field: --name VALUE  help (default).  Titles between sets. */
void fields_write_help(const struct field_set *sets, size_t count, struct text *text);

/* A Markdown table: flag, variable (left out when prefix is NULL), default, meaning. */
void fields_write_table(const struct field_set *set, const char *prefix,
                        struct text *text);

/* One line per field: name = value (default|file|environment|flag). */
void fields_write_values(const struct field_set *set, struct text *text);

#endif

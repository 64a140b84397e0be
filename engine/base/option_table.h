/*
 * Settings described by a table: one entry for each member of a struct.
 *
 * An entry gives the name, kind, member, default, bounds and help of one option.  From the table
 * come the defaults, reading from JSON, the environment and the command line, writing as JSON,
 * --help, and the table in a README.
 *
 * The option "shutdown-delay" is --shutdown-delay on the command line, "shutdown_delay" in JSON
 * and, with the prefix "TRIAGE_", the variable TRIAGE_SHUTDOWN_DELAY.  An unknown name is an error
 * that suggests the nearest known one.
 */
#ifndef TRIAGE_OPTION_TABLE_H
#define TRIAGE_OPTION_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

enum option_kind {
    OPTION_SWITCH, /* bool; --x or --no-x without a value; as text true, false, 1 or 0 */
    OPTION_U32,    /* uint32_t */
    OPTION_U64,    /* uint64_t; as text also with the suffix K, M or G (powers of 1024) */
    /*
     * uint64_t, a size: as text, and as a JSON string, also with a unit: K, M, G, T or KiB ... TiB
     * (powers of 1024), B, kB, MB, GB or TB (powers of 1000)
     */
    OPTION_BYTES,
    /* uint32_t, milliseconds: as text, and as a JSON string, also with ms, s, m, min or h */
    OPTION_MS,
    OPTION_REAL,   /* double, finite */
    OPTION_CHOICE, /* uint32_t, an index of choices */
    OPTION_TEXT    /* const char *, never NULL; allocated in the table's arena */
};

struct option_def {
    const char *name; /* NULL ends a table */
    char letter;      /* --help is also -h; 0: none */
    enum option_kind kind;
    size_t offset;              /* of the member */
    const char *default_text;   /* the default, as text */
    double min, max;            /* of a number, inclusive */
    const char *const *choices; /* of OPTION_CHOICE; NULL ends them */
    bool is_outside_files;      /* not a key of JSON files */
    bool is_left_out; /* no text: not written as JSON while it has its default */
    bool is_list;     /* a text: a flag that is given again adds to it, with a comma */
    const char *value_name; /* in --help: "FILE"; NULL: one for the kind */
    const char *help;       /* lower case, no full stop */
};

/* Where a value came from; a later source takes precedence over an earlier one. */
enum option_source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_FLAG };

/* Options and the struct that has their values. */
struct option_table {
    const char *title; /* heading in --help; may be NULL */
    const struct option_def *options;
    void *values;        /* the struct; borrowed */
    struct arena *arena; /* for OPTION_TEXT; borrowed */
    /* [option_table_count] enum option_source of each value; NULL: each call overwrites. */
    unsigned char *sources;
};

size_t option_table_count(const struct option_def *options);

/* ---- names ----------------------------------------------------------------------------- */

enum { OPTION_NAME_SIZE = 96 };

/* "shutdown_delay" */
void option_key(const struct option_def *option, char key[OPTION_NAME_SIZE]);

/* "TRIAGE_SHUTDOWN_DELAY" */
void option_variable(const struct option_def *option, const char *prefix,
                     char variable[OPTION_NAME_SIZE]);

/* "--shutdown-delay"; "-o" where the name is one letter. */
void option_flag(const struct option_def *option, char flag[OPTION_NAME_SIZE]);

/* ---- reading --------------------------------------------------------------------------- */

/* Set every value to its default; can only fail with STATUS_NO_MEMORY. */
enum status option_table_set_defaults(const struct option_table *table,
                                      struct error *err);

/*
 * Set one value from text.  STATUS_BAD_OPTION with the option, what was expected and what was
 * received.  The text is checked even if it is not stored because a later source has set the value.
 */
enum status option_table_set(const struct option_table *table,
                             const struct option_def *option, const char *text,
                             enum option_source source, struct error *err);

/*
 * Set values from a JSON object; values whose keys are absent are not changed.
 * STATUS_BAD_OPTION for an unknown key or a bad value, with a JSON Pointer that begins with where.
 */
enum status option_table_read_json(const struct option_table *table, const json_t *object,
                                   const char *where, struct error *err);

/* Set the values whose environment variables exist and are not empty. */
enum status option_table_read_environment(const struct option_table *table,
                                          const char *prefix, struct error *err);

/*
 * Append the environment variables that begin with prefix but belong to no option of the table, each
 * followed by the nearest that does: `TRIAGE_LOPS (did you mean "TRIAGE_LOOPS"?), TRIAGE_X`.  The
 * names in known, which NULL ends, are not reported, nor those that Kubernetes sets for a service.
 * Returns how many were appended.
 */
size_t option_table_unknown_variables(const struct option_table *table,
                                      const char *prefix, const char *const *known,
                                      struct strbuf *out);

/*
 * Set values of several tables from argv[1 .. argc-1]: --name value, --name=value, --switch,
 * --no-switch, -o value, -ovalue, -h for a switch with this letter.  "--" ends the options.  All other arguments, "-" included, are
 * stored in order in rest (capacity argc, borrowed from argv) and counted.  STATUS_BAD_OPTION for
 * an option that is in none of the tables.
 */
enum status option_table_read_arguments(const struct option_table *tables, size_t count,
                                        int argc, char **argv, const char **rest,
                                        size_t *rest_count, struct error *err);

/* ---- writing --------------------------------------------------------------------------- */

/* {"name": value, ...} in the order of the table, without those that are left out. */
void option_table_write_json(const struct option_def *options, const void *values,
                             struct strbuf *out);

/*
 * Do two structs have the same value of an option?  texts: both as {"name": value}; the caller releases
 * them, also if memory runs out (has_failed of one of them).
 */
bool option_table_compare(const struct option_def *option, const void *a, const void *b,
                          struct strbuf texts[2]);

/*
 * For --help: for each table its title, then each option: --name VALUE  help (default).  The help
 * is wrapped so that no line is wider than columns, except for a word that does not fit.
 */
void option_table_write_help(const struct option_table *tables, size_t count,
                             unsigned columns, struct strbuf *out);

/* The same for a line of prose, which may contain line breaks of its own. */
void option_table_write_prose(const char *text, unsigned columns, struct strbuf *out);

/*
 * "usage: " and the text; its line breaks begin another form of the command.  Lines that do not fit
 * are wrapped and indented.
 */
void option_table_write_usage(const char *usage, unsigned columns, struct strbuf *out);

/* A line of --help: "  name  text", the text wrapped; widest is that of all names. */
void option_table_write_entry(const char *name, const char *text, unsigned widest,
                              unsigned columns, struct strbuf *out);

/* A Markdown table: flag, variable (unless prefix is NULL), default, meaning. */
void option_table_write_table(const struct option_table *table, const char *prefix,
                              struct strbuf *out);

/*
 * A JSON object, one line for each option, that option_table_read_json reads; its last member,
 * "sources": {"name": "default"|"file"|"environment"|"flag", ...}, is not an option.
 */
void option_table_write_config(const struct option_table *table, struct strbuf *out);

#endif

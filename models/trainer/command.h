/* What the commands of triage share: exit codes, error messages, reading the command line. */
#ifndef TRIAGE_COMMAND_H
#define TRIAGE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/option_table.h"

/* Exit codes besides EXIT_SUCCESS and EXIT_FAILURE; 130 is 128 + SIGINT. */
enum { EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

/* The commands return an exit code.  argv[0] is the name of the command. */
int train_command(int argc, char **argv);
int evaluate_command(int argc, char **argv);
int predict_command(int argc, char **argv);
int forecast_command(int argc, char **argv);
int show_command(int argc, char **argv);
int check_command(int argc, char **argv);
int simulate_command(int argc, char **argv);
int report_command(int argc, char **argv);
int compare_command(int argc, char **argv);

/*
 * Print one line on stderr or stdout, formatted as by printf; control characters of the values are
 * written as \x1b.  Every line that holds names, cells or paths goes through these.
 */
void print_message(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_result(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Write on stdout.  False if that has failed; flush_output says why. */
bool write_output(const char *bytes, size_t length);

/*
 * Returns exit_code; if that is EXIT_SUCCESS and what was printed on stdout could not be written,
 * EXIT_FAILURE after a message.
 */
int flush_output(int exit_code);

/* Print "triage: PLACE: text" on stderr.  Returns EXIT_FAILURE. */
int print_error(const struct error *err);

/* Print "triage: FILE: PLACE: text"; without "FILE: " if file is "".  Returns EXIT_FAILURE. */
int print_file_error(const char *file, const struct error *err);
/* The same for a model or a recipe.  If there is no such file, it suggests the nearest one. */
int print_model_error(const char *file, struct error *err);

enum { MAX_COMMAND_TABLES = 6 };

struct command_line {
    const char *usage;
    int argc;
    char **argv;
    const char **arguments; /* [argument_count] all that are not options; owned */
    size_t argument_count;
    struct arena arena; /* of the texts of options, until release */
};

void command_line_init(struct command_line *line, const char *usage, int argc,
                       char **argv);
void command_line_release(struct command_line *line);

/*
 * Read the options of the tables [table_count], at most MAX_COMMAND_TABLES; and --help (-h) and
 * --kernel, which every command has and which take effect at once.  Returns false when the command
 * must end with *exit_code: after printing the help on stdout or an error on stderr.
 *
 * begin sets the values to their defaults before; parse keeps them, and may be called again.
 */
bool command_line_begin(struct command_line *line, const struct option_table *tables,
                        size_t table_count, int *exit_code);
bool command_line_parse(struct command_line *line, const struct option_table *tables,
                        size_t table_count, int *exit_code);

/* Was one of the options given on the command line?  sources: [count] of a table. */
bool is_any_given(const unsigned char *sources, size_t count);

/* Are both paths of one existing file, which would replace itself? */
bool is_same_file(const char *a, const char *b);

/* Print "usage: ..." on stderr, as wide as the terminal. */
void print_usage(const char *usage);

/* Print an error about the arguments, then the usage, on stderr.  Returns EXIT_USAGE. */
int print_usage_error(const char *usage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print a warning on stderr if triaged cannot serve a model file of that name. */
void warn_of_model_name(const char *path);

/* The name of a model: its file's name without folder and .safetensors, cut to size - 1 bytes. */
void model_name(const char *path, char *buffer, size_t size);

#endif

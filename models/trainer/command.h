/* What the commands of triage share: how they are called and how they speak. */
#ifndef TRIAGE_COMMAND_H
#define TRIAGE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/option_table.h"

/* Exit codes, as GNU programs use them. */
enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

int train_command(int argc, char **argv);
int evaluate_command(int argc, char **argv);
int predict_command(int argc, char **argv);
int show_command(int argc, char **argv);
int check_command(int argc, char **argv);
int simulate_command(int argc, char **argv);

/* "triage: FILE:LINE: text" or what of it there is, on stderr; returns EXIT_FAILED. */
int complain(const struct error *err);

/* The same about a file that the complaint itself may not name. */
int complain_of(const char *file, const struct error *err);

/*
 * Flags into count sets (at most 6, their defaults already in them) and into the options of
 * every command, which take effect here; what is no flag goes to rest (room for argc).
 * Returns false when the command is over: after --help (*code EXIT_GOOD, usage and the
 * table printed on stdout) or a mistake (*code EXIT_USAGE).
 */
bool command_options(const struct option_table *sets, size_t count, const char *usage,
                     int argc, char **argv, const char **rest, size_t *rest_count,
                     int *code);

/* A model's name: its file's name without folder and .safetensors. */
void model_name(const char *path, char *room, size_t size);

#endif

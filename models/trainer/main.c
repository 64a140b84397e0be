/*
 * triage COMMAND: the table of commands.  Results go to stdout, messages to stderr.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "engine.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {.name = "train",
     .run = train_command,
     .help = "train a model on labelled histories"},
    {.name = "evaluate",
     .run = evaluate_command,
     .help = "evaluate a model and compare it with baselines"},
    {.name = "predict",
     .run = predict_command,
     .help = "predict the actions of histories, one JSON object a line"},
    {.name = "show", .run = show_command, .help = "show what a model file contains"},
    {.name = "check",
     .run = check_command,
     .help = "test properties that every recurrent classifier must have"},
    {.name = "simulate",
     .run = simulate_command,
     .help = "draw synthetic incidents with their exact probabilities"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *out)
{
    fprintf(out, "usage: triage COMMAND [OPTION]... [FILE]...\n\ncommands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    fprintf(out, "\n`triage COMMAND --help` lists the options of a command.\n");
}

/* Returns exit_code, or EXIT_FAILURE if what was printed could not be written. */
static int flush_output(int exit_code)
{
    bool is_written = fflush(stdout) == 0 && ferror(stdout) == 0;
    if (is_written || exit_code != EXIT_SUCCESS)
        return exit_code;
    fprintf(stderr, "triage: standard output: could not write\n");
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    triage_init();
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return EXIT_SUCCESS;
    }
    if (strcmp(name, "--version") == 0) {
        printf("triage %s\n", TRIAGE_VERSION);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return flush_output(commands[i].run(argc - 1, argv + 1));
    if (*name != '\0')
        fprintf(stderr, "triage: no such command: \"%s\"\n", name);
    print_help(stderr);
    return EXIT_USAGE;
}

/*
 * triage COMMAND: makes model files, and runs and shows them.  Results go to stdout, talk to
 * stderr.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "engine.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"train", train_command, "learn a model from labelled histories"},
    {"evaluate", evaluate_command, "judge a model, beside what counting alone reaches"},
    {"predict", predict_command, "answer histories, one JSON object a line"},
    {"show", show_command, "say what a model file holds"},
    {"check", check_command, "does a model do what a recurrent classifier must"},
    {"simulate", simulate_command,
     "draw incidents from a model that knows what is possible"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *out)
{
    fprintf(out, "usage: triage COMMAND [OPTION]... [FILE]...\n\ncommands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    fprintf(out, "\n`triage COMMAND --help` lists a command's options.\n");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    triage_init();
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return EXIT_GOOD;
    }
    if (strcmp(name, "--version") == 0) {
        printf("triage %s\n", TRIAGE_VERSION);
        return EXIT_GOOD;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0) {
            int code = commands[i].run(argc - 1, argv + 1);
            bool is_lost = fflush(stdout) != 0;
            if ((is_lost || ferror(stdout)) && code == EXIT_GOOD) {
                fprintf(stderr, "triage: standard output: could not write\n");
                code = EXIT_FAILED;
            }
            return code;
        }
    if (*name != '\0')
        fprintf(stderr, "triage: there is no command \"%s\"\n", name);
    print_help(stderr);
    return EXIT_USAGE;
}

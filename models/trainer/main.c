/*
 * triage COMMAND: the table of commands.  Results go to stdout, messages to stderr.
 */
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/option_table.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/terminal.h"
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
    {.name = "forecast",
     .run = forecast_command,
     .help = "forecast the events that follow histories, one JSON object a line"},
    {.name = "compare-architectures",
     .run = compare_command,
     .help = "train several architectures on the same histories, and compare them"},
    {.name = "report",
     .run = report_command,
     .help = "write one page about a model and its quality on data, for a browser"},
    {.name = "show", .run = show_command, .help = "show what a model file contains"},
    {.name = "check",
     .run = check_command,
     .help = "test properties that every recurrent classifier must have"},
    {.name = "simulate",
     .run = simulate_command,
     .help = "draw synthetic incidents with their exact probabilities"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static const char usage[] = "triage COMMAND [OPTION]... [FILE]...";

static int print_help(void)
{
    enum { WIDEST = 21 }; /* "compare-architectures" */
    unsigned columns = terminal_columns(STDOUT_FILENO);
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_write_usage(usage, columns, &text);
    strbuf_add(&text, "\ncommands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        option_table_write_entry(commands[i].name, commands[i].help, WIDEST, columns,
                                 &text);
    strbuf_add(&text, "\n");
    option_table_write_prose("`triage COMMAND --help` lists the options of a command.",
                             columns, &text);
    fputs(text.has_failed ? "" : text.bytes, stdout);
    strbuf_release(&text);
    return flush_output(EXIT_SUCCESS);
}

static int print_commands(void)
{
    print_usage(usage);
    fprintf(stderr, "commands:");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", commands[i].name);
    fprintf(stderr, "\n`triage --help` says what they do\n");
    return EXIT_USAGE;
}

static int reject_command(const char *name)
{
    bool is_option = name[0] == '-';
    struct suggestion suggestion;
    char phrase[SUGGEST_PHRASE];
    suggestion_init(&suggestion, name, strlen(name));
    for (size_t i = 0; i < COMMANDS && !is_option; i++)
        suggestion_offer(&suggestion, commands[i].name, strlen(commands[i].name));
    if (is_option) {
        suggestion_offer(&suggestion, "help", 4);
        suggestion_offer(&suggestion, "version", 7);
    }
    suggestion_phrase(&suggestion, is_option ? "--" : "", phrase, sizeof phrase);
    print_message("triage: no such %s: \"%s\"%s\n", is_option ? "option" : "command",
                  name, phrase);
    return print_commands();
}

static bool is_either(const char *argument, const char *option, const char *letter)
{
    return strcmp(argument, option) == 0 || strcmp(argument, letter) == 0;
}

/* argv[0] is the name of the command. */
static int run_command(int argc, char **argv)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, argv[0]) == 0)
            return flush_output(commands[i].run(argc, argv));
    return *argv[0] != '\0' ? reject_command(argv[0]) : print_commands();
}

enum { LARGE_BLOCK_BYTES = 1 << 17 };

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    char help[] = "--help";
    file_open_standard_descriptors();
    signal(SIGXFSZ, SIG_IGN); /* writing beyond the limit on file sizes fails instead */
    /* large blocks of data are given back when they are freed, also those between others */
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
    triage_init();
    if (argc == 3 && strcmp(name, "help") == 0)
        return run_command(2, (char *[]){argv[2], help, NULL});
    if (is_either(name, "--help", "-h") || strcmp(name, "help") == 0)
        return print_help();
    if (is_either(name, "--version", "-V")) {
        printf("triage %s\n", TRIAGE_VERSION);
        return flush_output(EXIT_SUCCESS);
    }
    return argc > 1 ? run_command(argc - 1, argv + 1) : print_commands();
}

/*
 * triage COMMAND: makes model files, and runs and shows them.  Results go to stdout, talk to
 * stderr.
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
    {"train", train_command, "learn a model from labelled histories"},
    {"predict", predict_command, "answer histories, one JSON object a line"},
    {"show", show_command, "say what a model file holds"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *out)
{
    fprintf(out, "usage: triage COMMAND [OPTION]... [FILE]...\n\ncommands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    fprintf(out,
            "\n`triage COMMAND --help` lists a command's options.  The kernel that runs\n"
            "a model can be forced by the variable TRIAGE_KERNEL (portable).\n");
}

int complain(const struct error *err)
{
    bool has_place = err->where[0] != '\0';

    fprintf(stderr, "triage: %s%s%s", has_place ? err->where : "", has_place ? ": " : "",
            err->text[0] != '\0' ? err->text : status_text(err->status));
    if (err->expected[0] != '\0')
        fprintf(stderr, " (expected %s, received %s)", err->expected, err->received);
    fputc('\n', stderr);
    return EXIT_FAILED;
}

bool command_options(const struct field_set *sets, size_t count, const char *usage,
                     int argc, char **argv, const char **rest, size_t *rest_count,
                     int *code)
{
    struct error err = {0};
    struct text text;

    *code = EXIT_USAGE;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0) {
            text_init(&text, SIZE_MAX);
            fields_write_help(sets, count, &text);
            printf("usage: %s\n%s", usage, text.bytes == NULL ? "" : text.bytes);
            text_release(&text);
            *code = EXIT_GOOD;
            return false;
        }
    if (fields_read_arguments(sets, count, argc, argv, rest, rest_count, &err) ==
        STATUS_OK)
        return true;
    complain(&err);
    fprintf(stderr, "usage: %s\n", usage);
    return false;
}

void model_name(const char *path, char *room, size_t size)
{
    static const char suffix[] = ".safetensors";
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    size_t length = strlen(base), cut = sizeof suffix - 1;

    if (length > cut && strcmp(base + length - cut, suffix) == 0)
        length -= cut;
    (void)snprintf(room, size, "%.*s", (int)length, base);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    const char *kernel = getenv("TRIAGE_KERNEL");
    struct error err = {0};

    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return EXIT_GOOD;
    }
    if (strcmp(name, "--version") == 0) {
        printf("triage %s\n", TRIAGE_VERSION);
        return EXIT_GOOD;
    }
    if (kernel != NULL && kernels_force(kernel, &err) != STATUS_OK) {
        complain(&err);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0) {
            int code = commands[i].run(argc - 1, argv + 1);
            if (fflush(stdout) != 0 && code == EXIT_GOOD) {
                perror("triage: stdout");
                code = EXIT_FAILED;
            }
            return code;
        }
    if (*name != '\0')
        fprintf(stderr, "triage: there is no command \"%s\"\n", name);
    print_help(stderr);
    return EXIT_USAGE;
}

/*
 * Error messages and the parsing of the command line.  Messages go to stderr and begin with
 * "triage: "; only the text of --help goes to stdout.
 */
#include "command.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/terminal.h"
#include "engine.h"

/* Options of every command. */
struct common_options {
    const char *kernel;
};

static const struct option_def common_options[] = {
    {.name = "kernel",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct common_options, kernel),
     .default_text = "",
     .help =
         "portable, avx2, avx512, neon, amx or amx-portable; empty: the fastest exact "
         "one (also TRIAGE_KERNEL)"},
    {.name = NULL},
};

int print_file_error(const char *file, const struct error *err)
{
    bool has_place = err->where[0] != '\0' && strcmp(err->where, file) != 0;
    fprintf(stderr, "triage: %s%s", file, *file != '\0' ? ": " : "");
    fprintf(stderr, "%s%s%s", has_place ? err->where : "", has_place ? ": " : "",
            err->text[0] != '\0' ? err->text : triage_status_text(err->status));
    if (err->expected[0] != '\0' && !strstr(err->text, err->expected))
        fprintf(stderr, " (expected %s, received %s)", err->expected, err->received);
    fputc('\n', stderr);
    return EXIT_FAILURE;
}

int print_error(const struct error *err)
{
    return print_file_error("", err);
}

int print_usage_error(const char *usage, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fputs("triage: ", stderr);
    vfprintf(stderr, format, values);
    fprintf(stderr, "\nusage: %s\n", usage);
    va_end(values);
    return EXIT_USAGE;
}

static void print_help(const struct option_table *tables, size_t count, const char *usage)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_write_help(tables, count, terminal_columns(STDOUT_FILENO), &text);
    printf("usage: %s\n\n%s", usage, text.bytes ? text.bytes : "");
    strbuf_release(&text);
}

static bool has_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

/* Read all options and choose the kernels.  The last table is that of common_options. */
static enum status read_options(struct command_line *line,
                                const struct option_table *tables, size_t count,
                                struct error *err)
{
    const struct option_table *common = &tables[count - 1];
    const struct common_options *options = common->values;
    RETURN_IF_ERROR(option_table_set_defaults(common, err));
    RETURN_IF_ERROR(option_table_read_environment(common, "TRIAGE_", err));
    RETURN_IF_ERROR(option_table_read_arguments(tables, count, line->argc, line->argv,
                                                line->arguments, &line->argument_count,
                                                err));
    return *options->kernel != '\0' ? triage_kernels_force(options->kernel, err)
                                    : STATUS_OK;
}

bool command_line_parse(struct command_line *line, const struct option_table *given,
                        size_t given_count, int *exit_code)
{
    assert(given_count <= MAX_COMMAND_TABLES);
    struct option_table tables[MAX_COMMAND_TABLES + 1];
    struct common_options options;
    struct arena arena;
    struct error err = {0};
    for (size_t i = 0; i < given_count; i++)
        tables[i] = given[i];
    tables[given_count] = (struct option_table){.title = "every command",
                                                .options = common_options,
                                                .values = &options,
                                                .arena = &arena};
    if (has_help(line->argc, line->argv)) {
        print_help(tables, given_count + 1, line->usage);
        *exit_code = EXIT_SUCCESS;
        return false;
    }
    if (!line->arguments)
        line->arguments = calloc((size_t)line->argc + 1, sizeof *line->arguments);
    if (!line->arguments) {
        (void)error_no_memory(&err);
        *exit_code = print_error(&err);
        return false;
    }
    arena_init(&arena, SIZE_MAX);
    enum status status = read_options(line, tables, given_count + 1, &err);
    arena_release(&arena);
    if (status == STATUS_OK)
        return true;
    print_error(&err);
    fprintf(stderr, "usage: %s\n", line->usage);
    *exit_code = EXIT_USAGE;
    return false;
}

void command_line_release(struct command_line *line)
{
    free(line->arguments);
    line->arguments = NULL;
}

void model_name(const char *path, char *buffer, size_t size)
{
    static const char suffix[] = ".safetensors";
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t length = strlen(base), suffix_length = sizeof suffix - 1;
    if (length > suffix_length && strcmp(base + length - suffix_length, suffix) == 0)
        length -= suffix_length;
    (void)snprintf(buffer, size, "%.*s", (int)length, base);
}

/*
 * Error messages and the parsing of the command line.  Messages go to stderr and begin with
 * "triage: "; only the text of --help goes to stdout.
 */
#include "command.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/model_name.h"
#include "base/printable.h"
#include "base/suggest.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "data/common/messages.h"
#include "data/common/near_file.h"
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
     .value_name = "NAME",
     .help =
         "portable, avx2, avx512, neon, amx or amx-portable; empty: the fastest exact "
         "one (also TRIAGE_KERNEL)"},
    {.name = NULL},
};

void print_message(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    print_clean_values(stderr, format, values);
    va_end(values);
}

void print_result(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    print_clean_values(stdout, format, values);
    va_end(values);
}

/* errno of the first failure of write_output; 0: there was none. */
static int output_failure;

bool write_output(const char *bytes, size_t length)
{
    errno = 0;
    if (fwrite(bytes, 1, length, stdout) < length && output_failure == 0)
        output_failure = errno;
    return !ferror(stdout);
}

int flush_output(int exit_code)
{
    bool was_written = ferror(stdout) == 0;
    errno = 0;
    bool is_written = fflush(stdout) == 0 && was_written;
    int failure = output_failure != 0 ? output_failure : errno;
    if (is_written || exit_code != EXIT_SUCCESS)
        return exit_code;
    fprintf(stderr, "triage: standard output: could not write%s%s\n",
            failure != 0 ? ": " : "", failure != 0 ? strerror(failure) : "");
    return EXIT_FAILURE;
}

int print_file_error(const char *file, const struct error *err)
{
    bool has_place = err->where[0] != '\0' && strcmp(err->where, file) != 0;
    bool has_more = err->expected[0] != '\0' && !strstr(err->text, err->expected);
    struct strbuf more;
    strbuf_init(&more, SIZE_MAX);
    if (has_more)
        strbuf_printf(&more, " (expected %s, received %s)", err->expected, err->received);
    print_message("triage: %s%s%s%s%s%s\n", file, *file != '\0' ? ": " : "",
                  has_place ? err->where : "", has_place ? ": " : "",
                  err->text[0] != '\0' ? err->text : triage_status_text(err->status),
                  has_more && !more.has_failed ? more.bytes : "");
    strbuf_release(&more);
    return EXIT_FAILURE;
}

int print_model_error(const char *file, struct error *err)
{
    near_file_suggest(file, err);
    return print_file_error(file, err);
}

int print_error(const struct error *err)
{
    return print_file_error("", err);
}

void print_usage(const char *usage)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    option_table_write_usage(usage, terminal_columns(STDERR_FILENO), &text);
    if (!text.has_failed)
        fputs(text.bytes, stderr);
    strbuf_release(&text);
}

int print_usage_error(const char *usage, const char *format, ...)
{
    va_list values;
    fputs("triage: ", stderr);
    va_start(values, format);
    print_clean_values(stderr, format, values);
    va_end(values);
    fputs("\n", stderr);
    print_usage(usage);
    return EXIT_USAGE;
}

static void print_help(const struct option_table *tables, size_t count, const char *usage)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    unsigned columns = terminal_columns(STDOUT_FILENO);
    option_table_write_usage(usage, columns, &text);
    strbuf_add(&text, "\n");
    option_table_write_help(tables, count, columns, &text);
    fputs(text.has_failed ? "" : text.bytes, stdout);
    strbuf_release(&text);
}

static bool has_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* Other variables may be options of triaged, so only those near to one of ours are named. */
static void warn_of_variables(void)
{
    for (char **entry = environ; entry && *entry; entry++) {
        static const char prefix[] = "TRIAGE_", kernel[] = "TRIAGE_KERNEL";
        char phrase[SUGGEST_PHRASE];
        struct suggestion suggestion;
        size_t length = strcspn(*entry, "=");
        if (strncmp(*entry, prefix, sizeof prefix - 1) != 0)
            continue;
        suggestion_init(&suggestion, *entry, length);
        suggestion_offer(&suggestion, kernel, sizeof kernel - 1);
        if (suggestion.nearest)
            print_message("warning: unknown environment variable %.*s%s\n", (int)length,
                          *entry,
                          suggestion_phrase(&suggestion, "", phrase, sizeof phrase));
    }
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
    if (*options->kernel == '\0')
        return STATUS_OK;
    enum status status = triage_kernels_force(options->kernel, err);
    if (status != STATUS_OK && *common->sources == SOURCE_ENVIRONMENT)
        utf8_copy(err->where, sizeof err->where, "TRIAGE_KERNEL");
    return status;
}

void command_line_init(struct command_line *line, const char *usage, int argc,
                       char **argv)
{
    *line = (struct command_line){.usage = usage, .argc = argc, .argv = argv};
    arena_init(&line->arena, SIZE_MAX);
}

void command_line_release(struct command_line *line)
{
    free(line->arguments);
    line->arguments = NULL;
    arena_release(&line->arena);
}

bool command_line_parse(struct command_line *line, const struct option_table *given,
                        size_t given_count, int *exit_code)
{
    assert(given_count <= MAX_COMMAND_TABLES);
    struct option_table tables[MAX_COMMAND_TABLES + 1];
    struct common_options options;
    struct arena arena;
    unsigned char source = SOURCE_DEFAULT; /* of kernel */
    struct error err = {0};
    for (size_t i = 0; i < given_count; i++)
        tables[i] = given[i];
    tables[given_count] = (struct option_table){.title = "every command",
                                                .options = common_options,
                                                .values = &options,
                                                .arena = &arena,
                                                .sources = &source};
    if (has_help(line->argc, line->argv)) {
        print_help(tables, given_count + 1, line->usage);
        *exit_code = flush_output(EXIT_SUCCESS);
        return false;
    }
    if (!line->arguments)
        warn_of_variables(); /* once */
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
    print_usage(line->usage);
    *exit_code = EXIT_USAGE;
    return false;
}

bool command_line_begin(struct command_line *line, const struct option_table *tables,
                        size_t table_count, int *exit_code)
{
    struct error err = {0};
    for (size_t i = 0; i < table_count; i++)
        if (option_table_set_defaults(&tables[i], &err) != STATUS_OK) {
            *exit_code = print_error(&err);
            return false;
        }
    return command_line_parse(line, tables, table_count, exit_code);
}

void warn_of_model_name(const char *path)
{
    static const char suffix[] = MODEL_SUFFIX;
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t length = strlen(base), tail = sizeof suffix - 1;
    bool has_suffix = length > tail && strcmp(base + length - tail, suffix) == 0;
    if (!has_suffix)
        print_message(
            "warning: triaged serves only files whose names end in %s: \"%s\"\n", suffix,
            base);
    else if (base[0] == '.')
        print_message("warning: triaged does not serve hidden files: \"%s\"\n", base);
    else if (!model_name_is_valid(base, length - tail))
        print_message("warning: triaged cannot serve a model of this name: "
                      "\"%.*s\"; " MODEL_NAME_RULE "\n",
                      (int)(length - tail), base);
}

void model_name(const char *path, char *buffer, size_t size)
{
    static const char suffix[] = MODEL_SUFFIX;
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t length = strlen(base), suffix_length = sizeof suffix - 1;
    if (length > suffix_length && strcmp(base + length - suffix_length, suffix) == 0)
        length -= suffix_length;
    (void)snprintf(buffer, size, "%.*s", (int)length, base);
}

bool is_any_given(const unsigned char *sources, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sources[i] == SOURCE_FLAG)
            return true;
    return false;
}

bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

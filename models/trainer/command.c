/* See command.h. */
#include "command.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"

enum { SETS_MOST = 6 };

int complain_of(const char *file, const struct error *err)
{
    bool has_place = err->where[0] != '\0' && strcmp(err->where, file) != 0;

    if (*file != '\0')
        fprintf(stderr, "triage: %s: ", file);
    else
        fprintf(stderr, "triage: ");
    fprintf(stderr, "%s%s%s", has_place ? err->where : "", has_place ? ": " : "",
            err->text[0] != '\0' ? err->text : triage_status_text(err->status));
    if (err->expected[0] != '\0' && strstr(err->text, err->expected) == NULL)
        fprintf(stderr, " (expected %s, received %s)", err->expected, err->received);
    fputc('\n', stderr);
    return EXIT_FAILED;
}

/* Options of every command. */
struct common {
    const char *kernel;
};

static const struct option_def common_options[] = {
    {"kernel", OPTION_TEXT, offsetof(struct common, kernel), "", 0, 0, NULL,
     "portable, avx2, avx512, neon, amx or amx-portable; empty: the fastest with the "
     "bits of "
     "numerics 1 (also TRIAGE_KERNEL)"},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};

static void print_options(const struct option_table *sets, size_t count,
                          const char *usage)
{
    struct strbuf text;

    strbuf_init(&text, SIZE_MAX);
    option_table_write_help(sets, count, &text);
    printf("usage: %s\n\n%s", usage, text.bytes == NULL ? "" : text.bytes);
    strbuf_release(&text);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

int complain(const struct error *err)
{
    return complain_of("", err);
}

bool command_options(const struct option_table *own, size_t own_count, const char *usage,
                     int argc, char **argv, const char **rest, size_t *rest_count,
                     int *code)
{
    struct common common;
    struct arena arena;
    struct error err = {0};
    struct option_table sets[SETS_MOST + 1];
    enum status status;

    assert(own_count <= SETS_MOST);
    for (size_t i = 0; i < own_count; i++)
        sets[i] = own[i];
    sets[own_count] =
        (struct option_table){"every command", common_options, &common, &arena, NULL};
    if (asks_for_help(argc, argv)) {
        print_options(sets, own_count + 1, usage);
        *code = EXIT_GOOD;
        return false;
    }
    arena_init(&arena, SIZE_MAX);
    status = option_table_set_defaults(&sets[own_count], &err);
    if (status == STATUS_OK)
        status = option_table_read_environment(&sets[own_count], "TRIAGE_", &err);
    if (status == STATUS_OK)
        status = option_table_read_arguments(sets, own_count + 1, argc, argv, rest,
                                             rest_count, &err);
    if (status == STATUS_OK && *common.kernel != '\0')
        status = triage_kernels_force(common.kernel, &err);
    arena_release(&arena);
    if (status == STATUS_OK)
        return true;
    complain(&err);
    fprintf(stderr, "usage: %s\n", usage);
    *code = EXIT_USAGE;
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

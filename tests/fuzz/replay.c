/*
 * Runs fuzz targets on files, without a fuzzer.
 *
 *     usage: replay                   every file of corpus/ and regression/
 *            replay TARGET FILE...    these files
 */
#include <dirent.h>
#include <string.h>

#include "base/file.h"
#include "engine.h"
#include "fuzz/targets.h"

enum { MAX_FILE_BYTES = 64 << 20 };

static const struct {
    const char *name;
    void (*run)(const uint8_t *bytes, size_t length);
} targets[] = {
#define TARGET_ROW(name) {#name, fuzz_##name},
    TARGETS(TARGET_ROW)
#undef TARGET_ROW
};

static unsigned replayed;

static void replay(size_t target, const char *path)
{
    struct error err = {.status = STATUS_OK};
    size_t length = 0;
    char *bytes = NULL;
    if (file_read(path, MAX_FILE_BYTES, &bytes, &length, &err) != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        exit(1);
    }
    /* A copy of exactly that size, so that a sanitizer sees a read past its end. */
    uint8_t *exact = malloc(length + (length == 0));
    REQUIRE(exact);
    memcpy(exact, bytes, length);
    free(bytes);
    targets[target].run(exact, length);
    free(exact);
    replayed++;
}

static void replay_folder(size_t target, const char *kind)
{
    char folder[128];
    snprintf(folder, sizeof folder, "tests/fuzz/%s/%s", kind, targets[target].name);
    struct dirent **files;
    int count = scandir(folder, &files, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]->d_name);
        if (files[i]->d_name[0] != '.')
            replay(target, path);
        free(files[i]);
    }
    if (count >= 0)
        free(files);
}

int main(int argc, char **argv)
{
    triage_init();
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (argc < 2) {
            replay_folder(i, "corpus");
            replay_folder(i, "regression");
        } else if (strcmp(argv[1], targets[i].name) == 0) {
            for (int file = 2; file < argc; file++)
                replay(i, argv[file]);
        }
    printf("%u inputs replayed\n", replayed);
    return replayed > 0 ? 0 : 1;
}

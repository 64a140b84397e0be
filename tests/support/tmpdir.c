#include "support/tmpdir.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tmpdir_init(struct tmpdir *tmpdir)
{
    const char *parent = getenv("TMPDIR");
    snprintf(tmpdir->path, sizeof tmpdir->path, "%s/triage-test-XXXXXX",
             parent ? parent : "/tmp");
    if (!mkdtemp(tmpdir->path)) {
        perror(tmpdir->path);
        abort();
    }
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int tmpdir_count(const struct tmpdir *tmpdir)
{
    DIR *folder = opendir(tmpdir->path);
    if (!folder)
        return 0;
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += !is_dot(entry->d_name);
    closedir(folder);
    return count;
}

void tmpdir_release(struct tmpdir *tmpdir)
{
    DIR *folder = opendir(tmpdir->path);
    if (!folder)
        return;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char path[TMPDIR_PATH];
        if (!is_dot(entry->d_name) &&
            unlink(tmpdir_join(tmpdir, entry->d_name, path)) != 0)
            rmdir(path);
    }
    closedir(folder);
    rmdir(tmpdir->path);
}

char *tmpdir_join(const struct tmpdir *tmpdir, const char *name, char path[TMPDIR_PATH])
{
    size_t length = strlen(tmpdir->path);
    memcpy(path, tmpdir->path, length);
    snprintf(path + length, TMPDIR_PATH - length, "/%s", name);
    return path;
}

void tmpdir_add_message(struct strbuf *text, const char *message, const char *path)
{
    size_t folder = (size_t)(strrchr(path, '/') + 1 - path);
    strbuf_add(text, "");
    for (const char *at = message; at && *at != '\0'; at++)
        if (strncmp(at, path, folder) == 0)
            at += folder - 1;
        else
            strbuf_add_bytes(text, at, 1);
}

#include "support/tmpdir.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tmpdir_init(struct tmpdir *tmpdir)
{
    const char *parent = getenv("TMPDIR");
    snprintf(tmpdir->path, sizeof tmpdir->path, "%s/triage-test-XXXXXX",
             parent != NULL ? parent : "/tmp");
    if (mkdtemp(tmpdir->path) == NULL) {
        perror(tmpdir->path);
        abort();
    }
}

/* Count the files, and remove them if asked to. */
static int walk(const struct tmpdir *tmpdir, int removes)
{
    int count = 0;
    char path[TMPDIR_PATH];
    DIR *folder = opendir(tmpdir->path);
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (removes && unlink(tmpdir_join(tmpdir, entry->d_name, path)) != 0)
            rmdir(path);
    }
    closedir(folder);
    return count;
}

void tmpdir_release(struct tmpdir *tmpdir)
{
    walk(tmpdir, 1);
    rmdir(tmpdir->path);
}

char *tmpdir_join(const struct tmpdir *tmpdir, const char *name, char room[TMPDIR_PATH])
{
    size_t length = strlen(tmpdir->path);
    memcpy(room, tmpdir->path, length);
    snprintf(room + length, TMPDIR_PATH - length, "/%s", name);
    return room;
}

int tmpdir_count(const struct tmpdir *tmpdir)
{
    return walk(tmpdir, 0);
}

/*
 * The folder is read twice: for a name that goes on with an ending, then for one that is nearly the
 * same.  Of several that fit, the first in the order of their bytes is taken.
 */
#include "data/common/near_file.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"

/* Does the name go on with an ending where the text ends? */
static bool lacks_ending(const char *text, const char *name)
{
    size_t length = strlen(text);
    return length > 0 && strncmp(name, text, length) == 0 && name[length] == '.';
}

/* Is the name nearer to text than the nearest one so far, which may be NULL? */
static bool is_nearer(const char *text, const char *name, const char *nearest)
{
    struct suggestion suggestion;
    suggestion_init(&suggestion, text, strlen(text));
    if (nearest)
        suggestion_offer(&suggestion, nearest, strlen(nearest));
    suggestion_offer(&suggestion, name, strlen(name));
    return suggestion.nearest == name;
}

/* The name in the folder that fits the text best, owned; NULL: none fits. */
static char *find_near(const char *folder, const char *text, bool by_ending)
{
    char *nearest = NULL;
    DIR *stream = opendir(folder);
    if (!stream)
        return NULL;
    for (const struct dirent *entry; (entry = readdir(stream));) {
        const char *name = entry->d_name;
        bool is_better = by_ending ? lacks_ending(text, name) &&
                                         (!nearest || strcmp(name, nearest) < 0)
                                   : is_nearer(text, name, nearest);
        if (*name == '.' || !is_better)
            continue;
        free(nearest);
        nearest = strdup(name);
    }
    closedir(stream);
    return nearest;
}

void near_file_suggest(const char *path, struct error *err)
{
    if (!err || *path == '\0' || strcmp(path, "-") == 0 || access(path, F_OK) == 0)
        return;
    const char *slash = strrchr(path, '/'), *text = slash ? slash + 1 : path;
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    char *name = folder ? find_near(folder, text, true) : NULL;
    if (folder && !name)
        name = find_near(folder, text, false);
    size_t used = strlen(err->text);
    if (name)
        (void)snprintf(err->text + used, sizeof err->text - used,
                       " (did you mean \"%s%s\"?)", slash ? folder : "", name);
    free(name);
    free(folder);
}

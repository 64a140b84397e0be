/* A temporary folder for a test: created empty, removed with its files (one level). */
#ifndef TRIAGE_TMPDIR_H
#define TRIAGE_TMPDIR_H

#include "base/strbuf.h"

enum { TMPDIR_PATH = 256 };

struct tmpdir {
    char path[128];
};

void tmpdir_init(struct tmpdir *tmpdir);
void tmpdir_release(struct tmpdir *tmpdir);

/* Write the path of a file in the folder to path and return it. */
char *tmpdir_join(const struct tmpdir *tmpdir, const char *name, char path[TMPDIR_PATH]);

/* Append a message about the file at path, in which the folder of the file is left out. */
void tmpdir_add_message(struct strbuf *text, const char *message, const char *path);

/* The number of files in the folder. */
int tmpdir_count(const struct tmpdir *tmpdir);

#endif

/* A folder of its own for a test: made empty, removed with what is in it (one level). */
#ifndef TRIAGE_TMPDIR_H
#define TRIAGE_TMPDIR_H

enum { TMPDIR_PATH = 256 };

struct tmpdir {
    char path[128];
};

void tmpdir_init(struct tmpdir *tmpdir);
void tmpdir_release(struct tmpdir *tmpdir);

/* path/name; returns room. */
char *tmpdir_join(const struct tmpdir *tmpdir, const char *name, char room[TMPDIR_PATH]);

/* How many files are in it. */
int tmpdir_count(const struct tmpdir *tmpdir);

#endif

/* Reading and writing whole files.  A reader sees either the old file or the new one. */
#ifndef TRIAGE_FILE_H
#define TRIAGE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Read all of path into *bytes, which the caller frees, with a terminating zero that *length does
 * not count.  The path "-" is standard input.  STATUS_IO, STATUS_TOO_LARGE beyond ceiling bytes,
 * STATUS_NO_MEMORY; err->where is the path.
 */
enum status file_read(const char *path, size_t ceiling, char **bytes, size_t *length,
                      struct error *err);

/*
 * A regular file that is read in parts.  A named pipe, socket, device or folder is refused: reading
 * one could wait forever or never end.  Opening waits for nothing.
 */
struct file {
    const char *path; /* borrowed */
    int descriptor;
    size_t bytes, position;
};

/* STATUS_IO; STATUS_TOO_LARGE if it has more than ceiling bytes.  Call file_close only after success. */
enum status file_open(struct file *file, const char *path, size_t ceiling,
                      struct error *err);

/* Read the next count bytes, at most those that are left.  STATUS_IO, also if it has become shorter. */
enum status file_read_next(struct file *file, char *bytes, size_t count,
                           struct error *err);
void file_close(struct file *file);

/* file_read for regular files only: for what configures the programs.  The caller frees *bytes. */
enum status file_read_regular(const char *path, size_t ceiling, char **bytes,
                              size_t *length, struct error *err);

/*
 * Write a temporary file beside path, sync it, rename it to path and sync the folder.  Temporary
 * files of the same path that a killed program has left are removed first; those that are being
 * written are locked, and stay.  path must
 * be a regular file or not exist.  After a failure (STATUS_IO, STATUS_NO_MEMORY) path is
 * unchanged and the temporary file is removed.  The exception is a failure to sync the folder: then
 * path is the new file already.
 */
enum status file_write(const char *path, const void *bytes, size_t length,
                       struct error *err);

/*
 * Open those of the descriptors 0, 1 and 2 that are closed, so that no other file gets their number
 * and receives what the program prints.  Reading ends at once, writing fails with EBADF.
 */
void file_open_standard_descriptors(void);

/*
 * Check that file_write could write path now, by creating and removing its temporary file.  Call
 * it before long work whose result will be written to path.  STATUS_IO, STATUS_NO_MEMORY.
 */
enum status file_check_writable(const char *path, struct error *err);

#endif

/* Whole files: read under a ceiling, written so that a reader sees the old one or the new. */
#ifndef TRIAGE_FILE_H
#define TRIAGE_FILE_H

#include <stddef.h>

#include "base/error.h"

/*
 * Read all of path into *bytes (taken, free() it), with a terminating zero that *length does
 * not count.  path "-" is standard input.  STATUS_IO, STATUS_TOO_LARGE past ceiling bytes, or
 * STATUS_NO_MEMORY; the place is the path.
 */
enum status file_read(const char *path, size_t ceiling, char **bytes, size_t *length,
                      struct error *err);

/*
 * Write a temporary file beside path (which must be a regular file or nothing yet), sync it, rename it to path and sync the folder.  On
 * failure (STATUS_IO, STATUS_NO_MEMORY) path is as it was and the temporary file is gone;
 * only when it is the folder that could not be synced, path is the new file already.
 */
enum status file_write(const char *path, const void *bytes, size_t length,
                       struct error *err);

/*
 * Could file_write do it, as things are now?  Tried by creating and removing its temporary
 * file, so that hours of work are not lost to a missing folder.  STATUS_IO, STATUS_NO_MEMORY.
 */
enum status file_check_writable(const char *path, struct error *err);

#endif

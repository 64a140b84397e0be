/* Reading and writing whole files.  A reader sees either the old file or the new one. */
#ifndef TRIAGE_FILE_H
#define TRIAGE_FILE_H

#include <stddef.h>

#include "base/error.h"

/*
 * Read all of path into *bytes, which the caller frees, with a terminating zero that *length does
 * not count.  The path "-" is standard input.  STATUS_IO, STATUS_TOO_LARGE beyond ceiling bytes,
 * STATUS_NO_MEMORY; err->where is the path.
 */
enum status file_read(const char *path, size_t ceiling, char **bytes, size_t *length,
                      struct error *err);

/*
 * Write a temporary file beside path, sync it, rename it to path and sync the folder.  path must
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

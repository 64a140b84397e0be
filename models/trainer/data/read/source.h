/*
 * The bytes of a data file: a plain file, gzip (also of several members) or zstd (also of several
 * frames), told apart by their first bytes; or standard input, whose path is "-".
 *
 * Memory is bounded: compressed data is decompressed while it is read.
 */
#ifndef TRIAGE_SOURCE_H
#define TRIAGE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct source;

/* STATUS_IO for what cannot be opened, and for folders. */
struct source *source_open(const char *path, struct error *err);
void source_close(struct source *source);

/* What messages call it: the path, or "standard input". */
const char *source_name(const char *path);

/*
 * Read up to `capacity` bytes; *got is less only at the end.  STATUS_IO also for compressed data
 * that is damaged or ends early: *got bytes before the damage are good.
 */
enum status source_read(struct source *source, char *buffer, size_t capacity, size_t *got,
                        struct error *err);

/* The same, but only as much as is there now: at least one byte before the end. */
enum status source_read_some(struct source *source, char *buffer, size_t capacity,
                             size_t *got, struct error *err);

/* After bad text of a compressed file: read on to its end.  STATUS_IO if the file is damaged. */
enum status source_check_rest(struct source *source, struct error *err);

/*
 * The first line, or as much as is needed to tell what the file is: *bytes is borrowed until the
 * next call.  The bytes are read again afterwards.  Before the first read.
 */
enum status source_peek_line(struct source *source, const char **bytes, size_t *length,
                             struct error *err);

/*
 * Is the file one of the well-known kinds that are not text?  The first bytes of its content; NULL,
 * or what it is and what helps: "an Excel workbook or another zip archive; export it as CSV".
 */
const char *source_stranger(const char *bytes, size_t length);

#endif

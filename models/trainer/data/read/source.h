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
#include "data/common/keys.h"
#include "data/common/messages.h"

struct source;

/* NULL with STATUS_IO if the file cannot be opened or is a folder. */
struct source *source_open(const char *path, struct error *err);
void source_close(struct source *source);

/* The name of a file in messages: its path, or "standard input". */
const char *source_name(const char *path);

/*
 * Read `capacity` bytes, or fewer at the end: *got.  STATUS_IO also for compressed data that is
 * damaged or ends early; the *got bytes before the damage are good.
 */
enum status source_read(struct source *source, char *buffer, size_t capacity, size_t *got,
                        struct error *err);

/* The same, but return as soon as there is at least one byte. */
enum status source_read_some(struct source *source, char *buffer, size_t capacity,
                             size_t *got, struct error *err);

/* What the bytes of a file are cut into: lines of its own, or numbered lines (record_lines.h). */
enum source_form { FORM_LINES, FORM_XES, FORM_ARRAY };

/*
 * From now on the reading functions give the numbered lines of an XES log or of a JSON array.  Before
 * the first read; source_peek_line may precede it.  keys is borrowed.  STATUS_NO_MEMORY.
 */
enum status source_number_lines(struct source *source, enum source_form form,
                                const struct data_keys *keys, struct error *err);

/* Note what was left out: attributes in attributes of XES and the like. */
void source_note(const struct source *source, struct messages *messages);

/*
 * Read the rest of a compressed file, to tell bad text from a damaged file.  STATUS_IO if it is
 * damaged.
 */
enum status source_check_rest(struct source *source, struct error *err);

/*
 * Look at the first line, or at as much as shows what the file is, before the first read.  *bytes
 * is borrowed until the next call.  The next read returns these bytes again.
 */
enum status source_peek_line(struct source *source, const char **bytes, size_t *length,
                             struct error *err);

/*
 * What the first bytes of a file show if it is not text: "an Excel workbook or another zip archive;
 * export it as CSV".  NULL if it may be text.
 */
const char *source_stranger(const char *bytes, size_t length);

#endif

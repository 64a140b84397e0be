/*
 * Content-Encoding: bodies that are compressed with gzip or deflate (RFC 9110, section 8.4).
 *
 * A decoder takes bytes as they arrive and decompresses them slice by slice, because a kilobyte can
 * become a megabyte: what has arrived waits in the decoder until it is decoded.
 */
#ifndef TRIAGE_CONTENT_CODING_H
#define TRIAGE_CONTENT_CODING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

enum content_coding {
    CODING_NONE,
    CODING_GZIP,    /* also x-gzip */
    CODING_DEFLATE, /* zlib's format, also without its header, as some clients send it */
    CODING_OTHER    /* one that is not supported, or more than one */
};

enum { CODING_SLICE = 64 << 10 }; /* bytes that one step decodes at most */

/* The value of Accept-Encoding. */
#define CODINGS_SUPPORTED "gzip, deflate"

/* What the fields so far and one more, with that value, mean together. */
enum content_coding content_coding_add(enum content_coding coding, const char *value,
                                       size_t length);

struct content_decoder;

/* coding is CODING_GZIP or CODING_DEFLATE.  NULL if memory has run out. */
struct content_decoder *content_decoder_new(enum content_coding coding);
void content_decoder_free(struct content_decoder *decoder);

/* More of the body has arrived. */
enum status content_decoder_add(struct content_decoder *decoder, const char *bytes,
                                size_t length, struct error *err);

/*
 * Decode at most CODING_SLICE bytes and append them to out.  STATUS_BAD_ENCODING if the body is not
 * what its coding says, STATUS_NO_MEMORY.  After a failure nothing more is decoded: call only
 * content_decoder_free.
 */
enum status content_decoder_step(struct content_decoder *decoder, struct strbuf *out,
                                 struct error *err);

/* Whether another step can decode more of what has arrived. */
bool content_decoder_is_busy(const struct content_decoder *decoder);

/* The body is complete, and the decoder is not busy: STATUS_BAD_ENCODING if the data is cut off. */
enum status content_decoder_end(const struct content_decoder *decoder, struct error *err);

#endif

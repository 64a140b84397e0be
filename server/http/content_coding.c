/*
 * Decompression with zlib.
 *
 * A gzip body may have several members, one after the other (RFC 1952).  The bytes after the last
 * one are refused: they would be dropped in silence.
 */
#include "http/content_coding.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum {
    WINDOW_BITS = 15, /* of zlib's format, and the largest of the others */
    GZIP_BITS = WINDOW_BITS + 16,
    RAW_BITS = -WINDOW_BITS,
    GZIP_FIRST = 0x1f /* the first byte of a member */
};

struct content_decoder {
    enum content_coding coding;
    z_stream stream;
    bool has_begun; /* stream is initialised, because a byte has arrived */
    bool has_ended; /* after the last byte of the deflate data, or of a gzip member */
    bool has_more;  /* the last step filled its slice */
    unsigned char first;   /* byte of the body, after has_begun */
    uint64_t members;      /* complete ones */
    uint64_t taken;        /* bytes that are decoded */
    struct strbuf waiting; /* bytes that have arrived and are not decoded */
    size_t read;           /* bytes of waiting that are decoded */
};

/* ---- the header field ------------------------------------------------------------------ */

static enum content_coding coding_of(const char *name, size_t length)
{
    static const struct {
        const char *name;
        enum content_coding coding;
    } codings[] = {
        {.name = "", .coding = CODING_NONE},
        {.name = "identity", .coding = CODING_NONE},
        {.name = "gzip", .coding = CODING_GZIP},
        {.name = "x-gzip", .coding = CODING_GZIP},
        {.name = "deflate", .coding = CODING_DEFLATE},
    };
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        if (length == strlen(codings[i].name) &&
            strncasecmp(name, codings[i].name, length) == 0)
            return codings[i].coding;
    return CODING_OTHER;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

enum content_coding content_coding_add(enum content_coding coding, const char *value,
                                       size_t length)
{
    const char *end = value + length;
    while (value <= end) {
        const char *comma = memchr(value, ',', (size_t)(end - value));
        const char *next = comma ? comma : end, *name = value, *name_end = next;
        while (name < name_end && is_blank(*name))
            name++;
        while (name < name_end && is_blank(name_end[-1]))
            name_end--;
        enum content_coding more = coding_of(name, (size_t)(name_end - name));
        if (more != CODING_NONE)
            coding = coding == CODING_NONE ? more : CODING_OTHER;
        value = next + 1;
    }
    return coding;
}

/* ---- the decoder ----------------------------------------------------------------------- */

struct content_decoder *content_decoder_new(enum content_coding coding)
{
    struct content_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        return NULL;
    decoder->coding = coding;
    strbuf_init(&decoder->waiting, SIZE_MAX);
    return decoder;
}

void content_decoder_free(struct content_decoder *decoder)
{
    if (!decoder)
        return;
    if (decoder->has_begun)
        inflateEnd(&decoder->stream);
    strbuf_release(&decoder->waiting);
    free(decoder);
}

enum status content_decoder_add(struct content_decoder *decoder, const char *bytes,
                                size_t length, struct error *err)
{
    if (decoder->read == decoder->waiting.length) {
        strbuf_clear(&decoder->waiting);
        decoder->read = 0;
    }
    strbuf_add_bytes(&decoder->waiting, bytes, length);
    return decoder->waiting.has_failed ? error_no_memory(err) : STATUS_OK;
}

bool content_decoder_is_busy(const struct content_decoder *decoder)
{
    return decoder->has_more || decoder->read < decoder->waiting.length;
}

static const char *name_of(const struct content_decoder *decoder)
{
    return decoder->coding == CODING_GZIP ? "gzip" : "deflate";
}

/*
 * The first byte shows whether zlib's header is there: it would begin a raw block that is stored,
 * with a padding that no encoder writes.
 */
static int window_bits(const struct content_decoder *decoder, unsigned char first)
{
    if (decoder->coding == CODING_GZIP)
        return GZIP_BITS;
    bool is_zlib = (first & 0x0f) == Z_DEFLATED && first >> 4 <= WINDOW_BITS - 8;
    return is_zlib ? WINDOW_BITS : RAW_BITS;
}

static enum status begin(struct content_decoder *decoder, struct error *err)
{
    decoder->first = (unsigned char)decoder->waiting.bytes[decoder->read];
    int code = inflateInit2(&decoder->stream, window_bits(decoder, decoder->first));
    if (code != Z_OK)
        return error_no_memory(err);
    decoder->has_begun = true;
    return STATUS_OK;
}

/* There are bytes after the end of the data: they are another gzip member, or an error. */
static enum status begin_member(struct content_decoder *decoder, struct error *err)
{
    unsigned char first = (unsigned char)decoder->waiting.bytes[decoder->read];
    if (decoder->coding != CODING_GZIP || first != GZIP_FIRST)
        return error_set(err, STATUS_BAD_ENCODING, "",
                         "the %s data of the body ends at byte %llu, but more follows",
                         name_of(decoder), (unsigned long long)decoder->taken);
    inflateReset(&decoder->stream); /* it fails only if there is no stream */
    decoder->has_ended = false;
    return STATUS_OK;
}

/* Whether the refused data was probably never compressed. */
static bool is_plain(const struct content_decoder *decoder)
{
    bool is_json = decoder->first == '{' || decoder->first == '[';
    bool is_gzip =
        decoder->first == GZIP_FIRST && (decoder->members > 0 || decoder->taken > 2);
    return decoder->coding == CODING_GZIP ? !is_gzip : is_json;
}

/* zlib has refused the data. */
static enum status refuse(const struct content_decoder *decoder, int code,
                          struct error *err)
{
    const char *name = name_of(decoder), *reason = decoder->stream.msg;
    if (code == Z_MEM_ERROR)
        return error_no_memory(err);
    if (code == Z_NEED_DICT)
        reason = "it needs a preset dictionary";
    if (is_plain(decoder))
        return error_set(err, STATUS_BAD_ENCODING, "",
                         "the body is not %s data, although its Content-Encoding says so",
                         name);
    return error_set(err, STATUS_BAD_ENCODING, "",
                     "the %s data of the body is damaged near byte %llu: %s", name,
                     (unsigned long long)decoder->taken,
                     reason ? reason : "invalid data");
}

/* Call inflate once. */
static enum status decode_some(struct content_decoder *decoder, struct error *err)
{
    z_stream *stream = &decoder->stream;
    size_t available = decoder->waiting.length - decoder->read;
    stream->next_in = (unsigned char *)decoder->waiting.bytes + decoder->read;
    stream->avail_in = available < UINT_MAX ? (unsigned)available : UINT_MAX;
    const unsigned given = stream->avail_in;
    int code = inflate(stream, Z_NO_FLUSH);
    decoder->read += given - stream->avail_in;
    decoder->taken += given - stream->avail_in;
    decoder->has_ended = code == Z_STREAM_END;
    decoder->members += decoder->has_ended;
    if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR)
        return STATUS_OK; /* Z_BUF_ERROR: it needs more input */
    return refuse(decoder, code, err);
}

enum status content_decoder_step(struct content_decoder *decoder, struct strbuf *out,
                                 struct error *err)
{
    z_stream *stream = &decoder->stream;
    if (!content_decoder_is_busy(decoder))
        return STATUS_OK;
    strbuf_reserve(out, CODING_SLICE);
    if (out->has_failed)
        return error_no_memory(err);
    if (!decoder->has_begun)
        RETURN_IF_ERROR(begin(decoder, err));
    stream->next_out = (unsigned char *)out->bytes + out->length;
    stream->avail_out = CODING_SLICE;
    enum status status = STATUS_OK;
    do {
        bool has_input = decoder->read < decoder->waiting.length;
        if (decoder->has_ended && has_input)
            status = begin_member(decoder, err);
        if (status == STATUS_OK)
            status = decode_some(decoder, err);
    } while (status == STATUS_OK && stream->avail_out > 0 &&
             decoder->read < decoder->waiting.length);
    decoder->has_more = stream->avail_out == 0 && !decoder->has_ended;
    out->length += CODING_SLICE - stream->avail_out;
    out->bytes[out->length] = '\0';
    return status;
}

enum status content_decoder_end(const struct content_decoder *decoder, struct error *err)
{
    if (decoder->has_ended || !decoder->has_begun)
        return STATUS_OK;
    if (decoder->coding == CODING_GZIP && decoder->first != GZIP_FIRST)
        return refuse(decoder, Z_DATA_ERROR, err);
    return error_set(err, STATUS_BAD_ENCODING, "",
                     "the %s data of the body is cut off after byte %llu",
                     name_of(decoder), (unsigned long long)decoder->taken);
}

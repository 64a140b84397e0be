/*
 * Three ways to fill a buffer: read(2), inflate and ZSTD_decompressStream.  The first bytes decide
 * which one; compressed input passes through a buffer of its own.
 */
#include "data/read/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/json_reader.h"
#include "base/strbuf.h"
#include "data/common/near_file.h"
#include "data/read/json_array.h"
#include "data/read/record_lines.h"
#include "data/read/xes.h"

enum {
    PEEK_BYTES = 1 << 16,
    INPUT_BYTES = 1 << 17,
    PART_BYTES = 1 << 16,
    MAGIC_BYTES = 4,
    GZIP_WINDOW = 15 + 16
};

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct source {
    const char *name;
    int descriptor;
    enum packing packing;
    bool has_ended;      /* read(2) has returned 0 */
    bool is_member_open; /* a gzip member or zstd frame has begun and not ended */
    size_t members;      /* that have begun */
    uint64_t produced;   /* bytes given to the caller */

    char *peek; /* [PEEK_BYTES] bytes that were looked at, to be read again; or NULL */
    size_t peeked, peeked_at;

    unsigned char *input; /* [INPUT_BYTES] */
    size_t at, filled;    /* of input */

    z_stream gzip;
    bool has_gzip;
    ZSTD_DStream *zstd;

    /* numbered lines */
    enum source_form form;
    struct xes *xes; /* owned */
    struct json_array array;
    char *part;          /* [PART_BYTES] of the file */
    struct strbuf lines; /* of that part, and what of them has been read */
    size_t lines_at;
    bool is_over;         /* there are no more parts */
    struct error failure; /* of the last part, which is told after its lines */
};

const char *source_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* ---- the file ---- */

/* One read(2), which waits for at least one byte; *got is 0 at the end. */
static enum status read_once(struct source *source, void *buffer, size_t capacity,
                             size_t *got, struct error *err)
{
    ssize_t count = 0;
    *got = 0;
    if (source->has_ended || capacity == 0)
        return STATUS_OK;
    do
        count = read(source->descriptor, buffer, capacity);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return error_set(err, STATUS_IO, source->name, "could not read: %m");
    source->has_ended = count == 0;
    *got = (size_t)count;
    return STATUS_OK;
}

/* Read into input until it has so many bytes, or the file ends. */
static enum status fill_input(struct source *source, size_t at_least, struct error *err)
{
    source->at = source->filled = 0;
    while (source->filled < at_least && !source->has_ended) {
        size_t got;
        RETURN_IF_ERROR(read_once(source, source->input + source->filled,
                                  INPUT_BYTES - source->filled, &got, err));
        source->filled += got;
    }
    return STATUS_OK;
}

static enum status open_file(struct source *source, const char *path, struct error *err)
{
    struct stat info;
    source->descriptor =
        strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (source->descriptor < 0) {
        (void)error_set(err, STATUS_IO, source->name, "could not open: %m");
        near_file_suggest(path, err);
        return STATUS_IO;
    }
    if (fstat(source->descriptor, &info) == 0 && S_ISDIR(info.st_mode))
        return error_set(err, STATUS_IO, source->name, "is a folder, not a file");
    return STATUS_OK;
}

static bool is_gzip(const unsigned char *bytes, size_t length)
{
    return length >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

static enum status find_packing(struct source *source, struct error *err)
{
    static const unsigned char zstd_magic[MAGIC_BYTES] = {0x28, 0xb5, 0x2f, 0xfd};
    RETURN_IF_ERROR(fill_input(source, MAGIC_BYTES, err));
    if (is_gzip(source->input, source->filled)) {
        source->packing = PACKING_GZIP;
        if (inflateInit2(&source->gzip, GZIP_WINDOW) != Z_OK)
            return error_no_memory(err);
        source->has_gzip = true;
    } else if (source->filled >= MAGIC_BYTES &&
               memcmp(source->input, zstd_magic, MAGIC_BYTES) == 0) {
        source->packing = PACKING_ZSTD;
        source->zstd = ZSTD_createDStream();
        if (!source->zstd)
            return error_no_memory(err);
    }
    return STATUS_OK;
}

struct source *source_open(const char *path, struct error *err)
{
    struct source *source = calloc(1, sizeof *source);
    if (!source) {
        (void)error_no_memory(err);
        return NULL;
    }
    source->name = source_name(path);
    source->descriptor = -1;
    source->input = malloc(INPUT_BYTES);
    enum status status = source->input ? STATUS_OK : error_no_memory(err);
    if (status == STATUS_OK)
        status = open_file(source, path, err);
    if (status == STATUS_OK)
        status = find_packing(source, err);
    if (status == STATUS_OK)
        return source;
    source_close(source);
    return NULL;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    if (source->descriptor >= 0)
        close(source->descriptor);
    if (source->has_gzip)
        inflateEnd(&source->gzip);
    ZSTD_freeDStream(source->zstd);
    xes_free(source->xes);
    free(source->part);
    strbuf_release(&source->lines);
    free(source->peek);
    free(source->input);
    free(source);
}

/* ---- compressed data ---- */

static enum status refuse_packed(const struct source *source, const char *what,
                                 size_t got, struct error *err)
{
    return error_set(
        err, STATUS_IO, source->name,
        "the %s data %s; the first %" PRIu64 " bytes of its content are good",
        source->packing == PACKING_GZIP ? "gzip" : "zstd", what, source->produced + got);
}

/* Bytes after the last gzip member: another member, padding with zeros, or something else. */
static enum status begin_gzip_member(struct source *source, size_t got, bool *is_over,
                                     struct error *err)
{
    const unsigned char *next = source->input + source->at;
    size_t left = source->filled - source->at;
    *is_over = false;
    if (left == 1 && !source->has_ended) { /* half of the magic number */
        source->input[0] = *next;
        size_t more;
        RETURN_IF_ERROR(
            read_once(source, source->input + 1, INPUT_BYTES - 1, &more, err));
        source->at = 0;
        left = source->filled = more + 1;
        next = source->input;
    }
    if (source->members == 0 || is_gzip(next, left)) {
        source->members++;
        source->is_member_open = true;
        return inflateReset(&source->gzip) == Z_OK ? STATUS_OK : error_no_memory(err);
    }
    for (size_t i = 0; i < left; i++)
        if (next[i] != 0)
            return refuse_packed(source, "is followed by something else", got, err);
    source->at = source->filled;
    *is_over = source->has_ended;
    return STATUS_OK;
}

/* Decompress some input into out; *is_over at the end of the file. */
static enum status inflate_some(struct source *source, char *out, size_t capacity,
                                size_t *got, bool *is_over, struct error *err)
{
    if (!source->is_member_open)
        return begin_gzip_member(source, *got, is_over, err);
    z_stream *gzip = &source->gzip;
    size_t space = capacity - *got;
    gzip->next_in = source->input + source->at;
    gzip->avail_in = (uInt)(source->filled - source->at);
    gzip->next_out = (unsigned char *)out + *got;
    gzip->avail_out = (uInt)(space < (1u << 30) ? space : (1u << 30));
    uInt before = gzip->avail_out;
    int result = inflate(gzip, Z_NO_FLUSH);
    source->at = source->filled - gzip->avail_in;
    *got += before - gzip->avail_out;
    if (result == Z_MEM_ERROR)
        return error_no_memory(err);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return refuse_packed(source, "is damaged", *got, err);
    source->is_member_open = result != Z_STREAM_END;
    return STATUS_OK;
}

static enum status unzstd_some(struct source *source, char *out, size_t capacity,
                               size_t *got, struct error *err)
{
    ZSTD_inBuffer input = {
        .src = source->input, .size = source->filled, .pos = source->at};
    ZSTD_outBuffer output = {.dst = out, .size = capacity, .pos = *got};
    size_t result = ZSTD_decompressStream(source->zstd, &output, &input);
    source->at = input.pos;
    *got = output.pos;
    if (ZSTD_isError(result))
        return refuse_packed(source, "is damaged", *got, err);
    source->is_member_open = result != 0;
    return STATUS_OK;
}

/* Decompress at least one byte, unless it is the end. */
static enum status read_packed(struct source *source, char *buffer, size_t capacity,
                               size_t *got, struct error *err)
{
    bool is_over = false;
    while (*got == 0 && capacity > 0 && !is_over) {
        if (source->at == source->filled)
            RETURN_IF_ERROR(fill_input(source, 1, err));
        /* the decompressors may hold output, so an empty input is only the end without any */
        bool is_empty = source->at == source->filled;
        if (source->packing == PACKING_GZIP && (!is_empty || source->is_member_open))
            RETURN_IF_ERROR(inflate_some(source, buffer, capacity, got, &is_over, err));
        else if (source->packing == PACKING_ZSTD && (!is_empty || source->is_member_open))
            RETURN_IF_ERROR(unzstd_some(source, buffer, capacity, got, err));
        if (!is_empty || *got > 0)
            continue;
        if (source->is_member_open)
            return refuse_packed(source, "is cut off", *got, err);
        is_over = true;
    }
    return STATUS_OK;
}

/* The bytes of the file. */
static enum status read_bytes(struct source *source, char *buffer, size_t capacity,
                              size_t *got, struct error *err)
{
    enum status status = STATUS_OK;
    *got = 0;
    if (source->peeked_at < source->peeked) {
        size_t left = source->peeked - source->peeked_at;
        *got = left < capacity ? left : capacity;
        memcpy(buffer, source->peek + source->peeked_at, *got);
        source->peeked_at += *got;
        return STATUS_OK;
    }
    if (source->packing != PACKING_NONE) {
        status = read_packed(source, buffer, capacity, got, err);
    } else if (source->at < source->filled) {
        size_t left = source->filled - source->at;
        *got = left < capacity ? left : capacity;
        memcpy(buffer, source->input + source->at, *got);
        source->at += *got;
    } else {
        status = read_once(source, buffer, capacity, got, err);
    }
    source->produced += *got;
    return status;
}

/* ---- numbered lines ---- */

enum status source_number_lines(struct source *source, enum source_form form,
                                const struct data_keys *keys, struct error *err)
{
    source->form = form;
    source->array = (struct json_array){.line = 1};
    strbuf_init(&source->lines, SIZE_MAX);
    source->part = malloc(PART_BYTES);
    if (!source->part)
        return error_no_memory(err);
    if (form == FORM_XES)
        source->xes = xes_new(keys, err);
    return form == FORM_XES && !source->xes ? STATUS_NO_MEMORY : STATUS_OK;
}

/* Read a part of the file, and cut it. */
static enum status read_part(struct source *source, struct error *err)
{
    size_t got;
    strbuf_clear(&source->lines);
    source->lines_at = 0;
    enum status status =
        read_bytes(source, source->part, PART_BYTES, &got, &source->failure);
    if (status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    source->is_over = status != STATUS_OK || got == 0;
    bool is_end = status == STATUS_OK && got == 0; /* of a file that is not cut off */
    if (source->form == FORM_ARRAY)
        json_array_feed(&source->array, source->part, got, is_end, &source->lines);
    else
        RETURN_IF_ERROR(
            xes_feed(source->xes, source->part, got, is_end, &source->lines, err));
    return source->lines.has_failed ? error_no_memory(err) : STATUS_OK;
}

static enum status read_lines(struct source *source, char *buffer, size_t capacity,
                              size_t *got, struct error *err)
{
    *got = 0;
    while (source->lines_at == source->lines.length && !source->is_over)
        RETURN_IF_ERROR(read_part(source, err));
    size_t left = source->lines.length - source->lines_at;
    *got = left < capacity ? left : capacity;
    if (*got > 0)
        memcpy(buffer, source->lines.bytes + source->lines_at, *got);
    source->lines_at += *got;
    if (left > 0 || source->failure.status == STATUS_OK)
        return STATUS_OK;
    if (err && err->status == STATUS_OK)
        *err = source->failure;
    return source->failure.status;
}

void source_note(const struct source *source, struct messages *messages)
{
    static const struct xes_unread none = {.nested = 0};
    const struct xes_unread *unread = source->xes ? xes_unread(source->xes) : &none;
    if (unread->nested > 0)
        messages_note(messages,
                      "%s: %" PRIu64 " list%s or attribute%s in another attribute %s not "
                      "read, the first in line %" PRIu64,
                      source->name, unread->nested, unread->nested == 1 ? "" : "s",
                      unread->nested == 1 ? "" : "s", unread->nested == 1 ? "is" : "are",
                      unread->nested_line);
    if (unread->stray > 0)
        messages_warn(messages,
                      "%s: %" PRIu64 " event%s outside of a trace %s not read, the first "
                      "in line %" PRIu64,
                      source->name, unread->stray, unread->stray == 1 ? "" : "s",
                      unread->stray == 1 ? "is" : "are", unread->stray_line);
}

/* ---- reading ---- */

enum status source_read_some(struct source *source, char *buffer, size_t capacity,
                             size_t *got, struct error *err)
{
    return source->form == FORM_LINES ? read_bytes(source, buffer, capacity, got, err)
                                      : read_lines(source, buffer, capacity, got, err);
}

enum status source_read(struct source *source, char *buffer, size_t capacity, size_t *got,
                        struct error *err)
{
    size_t more;
    *got = 0;
    do {
        enum status status =
            source_read_some(source, buffer + *got, capacity - *got, &more, err);
        *got += more;
        RETURN_IF_ERROR(status);
    } while (more > 0 && *got < capacity);
    return STATUS_OK;
}

enum status source_check_rest(struct source *source, struct error *err)
{
    char buffer[1 << 14];
    size_t got = source->packing == PACKING_NONE ? 0 : 1;
    while (got > 0)
        RETURN_IF_ERROR(read_bytes(source, buffer, sizeof buffer, &got, err));
    return STATUS_OK;
}

/* Is the end of the first line there that is not blank? */
static bool has_line(const char *bytes, size_t length)
{
    size_t i = 0;
    while (i < length && json_is_blank(bytes[i]))
        i++;
    return i < length && memchr(bytes + i, '\n', length - i);
}

enum status source_peek_line(struct source *source, const char **bytes, size_t *length,
                             struct error *err)
{
    size_t got = 1;
    if (!source->peek)
        source->peek = calloc(1, PEEK_BYTES);
    if (!source->peek)
        return error_no_memory(err);
    enum status status = STATUS_OK; /* of a second look, the bytes are there already */
    while (status == STATUS_OK && got > 0 && source->peeked < PEEK_BYTES &&
           !has_line(source->peek, source->peeked)) {
        source->peeked_at = source->peeked; /* what is there is not read again */
        status = read_bytes(source, source->peek + source->peeked,
                            PEEK_BYTES - source->peeked, &got, err);
        source->peeked += got;
    }
    source->peeked_at = 0;
    *bytes = source->peek;
    *length = source->peeked;
    return status;
}

/* ---- strangers ---- */

#define HTML_PAGE                                                                        \
    "an HTML page, of an error, a login, or a table saved as .xls; export it as CSV"

static const struct {
    const char *magic;
    size_t length;
    const char *is;
} strangers[] = {
    {"PK\3\4", 4, "an Excel workbook or another zip archive; export it as CSV"},
    {"\xd0\xcf\x11\xe0", 4, "an old Excel workbook; export it as CSV"},
    {"PAR1\x15", 5, "a Parquet file; convert it to CSV or JSON Lines"},
    {"ARROW1", 6, "an Arrow file; convert it to CSV or JSON Lines"},
    {"Obj\1", 4, "an Avro file; convert it to CSV or JSON Lines"},
    {"SQLite format 3", 15, "an SQLite database; export a table as CSV"},
    {"BZh9", 4, "compressed with bzip2; only gzip and zstd are read"},
    {"\xfd"
     "7zXZ",
     5, "compressed with xz; only gzip and zstd are read"},
    {"7z\xbc\xaf", 4, "a 7z archive; unpack it"},
    {"x\x01", 2, "compressed with zlib; only gzip and zstd are read"},
    {"x\x9c", 2, "compressed with zlib; only gzip and zstd are read"},
    {"x\xda", 2, "compressed with zlib; only gzip and zstd are read"},
    {"\x04\x22\x4d\x18", 4, "compressed with lz4; only gzip and zstd are read"},
    {"%PDF", 4, "a PDF document"},
    {"version https://git-lfs", 23,
     "a pointer of Git LFS, not the data; git lfs pull fetches it"},
    {"<!DOCTYPE", 9, HTML_PAGE},
    {"<!doctype", 9, HTML_PAGE},
    {"<html", 5, HTML_PAGE},
    {"<HTML", 5, HTML_PAGE},
    {"\x1f\x8b", 2, "compressed twice; gunzip it once more"},
    {"\x28\xb5\x2f\xfd", 4, "compressed twice; unzstd it once more"},
    {"\xff\xfe\0\0", 4, "UTF-32; save it as UTF-8"},
    {"\0\0\xfe\xff", 4, "UTF-32; save it as UTF-8"},
    {"\x1e{", 2, "a sequence of JSON texts (RFC 7464); tr -d '\\036' makes lines of it"},
    {"\xff\xfe", 2, "UTF-16; save it as UTF-8"},
    {"\xfe\xff", 2, "UTF-16; save it as UTF-8"},
};

/* Is every second byte of the first ones zero?  That is UTF-16 without a byte order mark. */
static bool is_utf16(const char *bytes, size_t length)
{
    enum { LOOKED_AT = 32 };
    size_t zeros[2] = {0, 0};
    if (length < 8)
        return false;
    length = length < LOOKED_AT ? length & ~(size_t)1 : LOOKED_AT;
    for (size_t i = 0; i < length; i++)
        zeros[i % 2] += bytes[i] == '\0';
    return zeros[0] + zeros[1] >= length / 2 - 1 && (zeros[0] == 0 || zeros[1] == 0);
}

/* Control bytes of many kinds, as text has none. */
static bool is_binary(const char *bytes, size_t length)
{
    enum { LOOKED_AT = 512, KINDS = 5 };
    bool is_found[32] = {false};
    int kinds = 0;
    for (size_t i = 0; i < length && i < LOOKED_AT; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool is_control = c < ' ' && !strchr("\t\n\v\f\r\x1a", c);
        if (is_control && !is_found[c]) {
            is_found[c] = true;
            kinds++;
        }
    }
    return kinds >= KINDS;
}

/* Lines that end in CR alone.  In JSON a CR may be a blank between tokens. */
static bool has_cr_lines(const char *bytes, size_t length)
{
    enum { CR_LINES = 2 }; /* before the first LF; one may be in a cell */
    const char *cr = memchr(bytes, '\r', length), *end = bytes + length;
    const char *lf = memchr(bytes, '\n', length);
    bool is_json = *bytes == '{' || *bytes == '[';
    int found = 0;
    end = lf ? lf : end;
    for (; cr && cr + 1 < end; cr = memchr(cr + 1, '\r', (size_t)(end - cr) - 1))
        found += !is_json || (cr > bytes && cr[-1] == '}' && cr[1] == '{');
    return found >= (lf ? CR_LINES : 1);
}

/* Line ends that are neither LF nor CR, and no LF: the command that converts them; NULL. */
static const char *other_line_ends(const char *bytes, size_t length)
{
    if (length == 0 || memchr(bytes, '\n', length) || *bytes == '{' || *bytes == '[')
        return NULL;
    if (memmem(bytes, length, "\xe2\x80\xa8", 3))
        return "text whose lines end in U+2028; sed 's/\\xe2\\x80\\xa8/\\n/g' converts "
               "it";
    const char *nel = memchr(bytes, 0x85, length);
    if (nel && nel > bytes && ((unsigned char)nel[-1] < 0x80 || nel[-1] == '\xc2'))
        return "text whose lines end in NEL (0x85), not in LF";
    return NULL;
}

/* The name and the numbers of the first file of a tape archive. */
static bool is_tar(const char *bytes, size_t length)
{
    enum { MAGIC_AT = 257 };
    return length > MAGIC_AT + 5 && memcmp(bytes + MAGIC_AT, "ustar", 5) == 0;
}

const char *source_stranger(const char *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        if (length >= strangers[i].length &&
            memcmp(bytes, strangers[i].magic, strangers[i].length) == 0)
            return strangers[i].is;
    if (is_tar(bytes, length))
        return "a tar archive; unpack it";
    if (is_utf16(bytes, length))
        return "UTF-16; save it as UTF-8";
    if (is_binary(bytes, length))
        return "binary data, not text";
    const char *line_ends = other_line_ends(bytes, length);
    if (line_ends)
        return line_ends;
    return length > 0 && has_cr_lines(bytes, length)
               ? "text whose lines end in CR alone; tr '\\r' '\\n' converts it"
               : NULL;
}

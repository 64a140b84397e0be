/* Plain, gzip and zstd files give the same bytes; damage is named with the bytes that are good. */
#include "data/read/source.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/file.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

enum { CONTENT_BYTES = 300000 };

/* Lines of random letters, which do not compress to nothing. */
static char *make_content(void)
{
    char *content = malloc(CONTENT_BYTES);
    struct random random;
    random_init(&random, 1, 2);
    for (size_t i = 0; i < CONTENT_BYTES; i++)
        content[i] = i % 50 == 49 ? '\n' : (char)('a' + random_below(&random, 26));
    return content;
}

static void add_gzip(struct strbuf *out, const char *bytes, size_t length)
{
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)bytes,
                       .avail_in = (uInt)length};
    size_t bound = length + 1000;
    unsigned char *packed = malloc(bound);
    stream.next_out = packed;
    stream.avail_out = (uInt)bound;
    ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, 0), Z_OK);
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    strbuf_add_bytes(out, (const char *)packed, bound - stream.avail_out);
    deflateEnd(&stream);
    free(packed);
}

static void add_zstd(struct strbuf *out, const char *bytes, size_t length)
{
    size_t bound = ZSTD_compressBound(length);
    char *packed = malloc(bound);
    size_t size = ZSTD_compress(packed, bound, bytes, length, 3);
    ck_assert(!ZSTD_isError(size));
    strbuf_add_bytes(out, packed, size);
    free(packed);
}

enum packing { PLAIN, GZIP, ZSTD };

/* The content in so many members or frames. */
static void pack(struct strbuf *out, enum packing packing, const char *content,
                 size_t parts)
{
    for (size_t i = 0; i < parts; i++) {
        size_t first = CONTENT_BYTES * i / parts, end = CONTENT_BYTES * (i + 1) / parts;
        if (packing == PLAIN)
            strbuf_add_bytes(out, content + first, end - first);
        else if (packing == GZIP)
            add_gzip(out, content + first, end - first);
        else
            add_zstd(out, content + first, end - first);
    }
}

/* Read all of a file in pieces of a size. */
static enum status read_all(const struct strbuf *file, size_t piece, bool peeks,
                            struct strbuf *content, struct error *err)
{
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH], *buffer = malloc(piece);
    const char *first;
    size_t got = 1, length;
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "data", path);
    ck_assert(file_write(path, file->bytes, file->length, NULL) == STATUS_OK);
    struct source *source = source_open(path, err);
    enum status status = source ? STATUS_OK : err->status;
    for (int looks = 0; source && peeks && looks < 2 && status == STATUS_OK; looks++)
        status = source_peek_line(source, &first, &length, err);
    while (status == STATUS_OK && got > 0) {
        status = source_read(source, buffer, piece, &got, err);
        strbuf_add_bytes(content, buffer, got);
    }
    source_close(source);
    free(buffer);
    tmpdir_release(&tmpdir);
    return status;
}

static const struct {
    const char *about;
    enum packing packing;
    size_t parts, piece;
    bool peeks;
    size_t zeros; /* appended */
} good[] = {
    {"plain", PLAIN, 1, 1000, false, 0},
    {"plain, in one piece", PLAIN, 1, 2 * CONTENT_BYTES, false, 0},
    {"plain, after a look at the first line", PLAIN, 1, 1000, true, 0},
    {"gzip", GZIP, 1, 1000, false, 0},
    {"gzip, in one piece", GZIP, 1, 2 * CONTENT_BYTES, false, 0},
    {"gzip of several members", GZIP, 7, 4097, false, 0},
    {"gzip, after a look at the first line", GZIP, 2, 333, true, 0},
    {"gzip padded with zeros", GZIP, 1, 1000, false, 4},
    {"zstd", ZSTD, 1, 1000, false, 0},
    {"zstd, in one piece", ZSTD, 1, 2 * CONTENT_BYTES, false, 0},
    {"zstd of several frames", ZSTD, 7, 4097, false, 0},
    {"zstd, after a look at the first line", ZSTD, 2, 333, true, 0},
};

START_TEST(test_every_packing_gives_the_content)
{
    char *content = make_content();
    struct error err = {.status = STATUS_OK};
    struct strbuf file, read;
    strbuf_init(&file, SIZE_MAX);
    strbuf_init(&read, SIZE_MAX);
    pack(&file, good[_i].packing, content, good[_i].parts);
    strbuf_add_bytes(&file, "\0\0\0\0", good[_i].zeros);
    ck_assert_msg(read_all(&file, good[_i].piece, good[_i].peeks, &read, &err) ==
                      STATUS_OK,
                  "%s: %s", good[_i].about, err.text);
    ck_assert_msg(read.length == CONTENT_BYTES &&
                      memcmp(read.bytes, content, CONTENT_BYTES) == 0,
                  "%s: %zu bytes", good[_i].about, read.length);
    strbuf_release(&file);
    strbuf_release(&read);
    free(content);
}
END_TEST

static const struct {
    const char *about;
    enum packing packing;
    size_t parts;
    size_t keep;       /* bytes of the file; 0: all */
    size_t damage;     /* the place of a byte that is changed; 0: none */
    const char *tail;  /* appended */
    const char *error; /* with the first bytes that are good */
} bad[] = {
    {"gzip cut off", GZIP, 1, 90000, 0, "", "the gzip data is cut off; the first "},
    {"gzip cut off in its second member", GZIP, 2, 100000, 0, "",
     "the gzip data is cut off; the first "},
    {"gzip with a byte changed", GZIP, 1, 0, 90000, "", "the gzip data is damaged; "},
    {"text after gzip", GZIP, 1, 0, 0, "case,event\n",
     "the gzip data is followed by something else; the first 300000 bytes"},
    {"zstd cut off", ZSTD, 1, 90000, 0, "", "the zstd data is cut off; the first "},
    {"text after zstd", ZSTD, 1, 0, 0, "case,event\n",
     "the zstd data is damaged; the first 300000"},
};

START_TEST(test_damage_is_named)
{
    char *content = make_content();
    struct error err = {.status = STATUS_OK};
    struct strbuf file, read;
    strbuf_init(&file, SIZE_MAX);
    strbuf_init(&read, SIZE_MAX);
    pack(&file, bad[_i].packing, content, bad[_i].parts);
    if (bad[_i].keep > 0)
        file.length = bad[_i].keep;
    if (bad[_i].damage > 0)
        file.bytes[bad[_i].damage] ^= 0x55;
    strbuf_add(&file, bad[_i].tail);
    ck_assert_msg(read_all(&file, 5000, false, &read, &err) == STATUS_IO, "%s: accepted",
                  bad[_i].about);
    ck_assert_msg(strstr(err.text, bad[_i].error) != NULL, "%s: %s", bad[_i].about,
                  err.text);
    /* what was read before the damage is good, except what a changed byte changes */
    if (bad[_i].damage == 0)
        ck_assert_msg(memcmp(read.bytes, content, read.length) == 0, "%s", bad[_i].about);
    strbuf_release(&file);
    strbuf_release(&read);
    free(content);
}
END_TEST

static const struct {
    const char *bytes;
    size_t length;
    const char *is; /* NULL: no stranger */
} kinds[] = {
    {"case,event\n", 11, NULL},
    {"{\"events\":", 10, NULL},
    {"", 0, NULL},
    {"PK\3\4", 4, "Excel"},
    {"\xd0\xcf\x11\xe0", 4, "old Excel"},
    {"PAR1\x15\4", 6, "Parquet"},
    {"SQLite format 3", 16, "SQLite"},
    {"\xfd"
     "7zXZ",
     5, "xz"},
    {"%PDF-1.7", 8, "PDF"},
    {"<!DOCTYPE html>", 15, "HTML"},
    {"<?xml version", 13, NULL},
    {"\xff\xfe"
     "c\0a\0",
     6, "UTF-16"},
    {"c\0a\0s\0e\0,\0", 10, "UTF-16"},
    {"\0c\0a\0s\0e\0,", 10, "UTF-16"},
    {"\xff\xfe\0\0c\0\0\0", 8, "UTF-32"},
    {"\x1e{\"events\":", 11, "RFC 7464"},
    {"\x1f\x8b\b", 3, "compressed twice"},
    {"case,event\r1,a\r2,b\n3,c\n", 23, "CR alone"},
    {"case,\"a\rb\"\n1,2\n", 15, NULL},
    {"case,event\xe2\x80\xa8"
     "1,a\xe2\x80\xa8",
     19, "U+2028"},
    {"case,event\x85"
     "1,a",
     14, "NEL"},
    {"case,\xc3\x85rende", 12, NULL},
    {"version https://git-lfs.github.com/spec/v1\n", 43, "Git LFS"},
};

START_TEST(test_strangers_are_called_by_name)
{
    const char *is = source_stranger(kinds[_i].bytes, kinds[_i].length);
    ck_assert_msg((is == NULL) == (kinds[_i].is == NULL) &&
                      (!is || strstr(is, kinds[_i].is) != NULL),
                  "%d: %s", _i, is ? is : "none");
}
END_TEST

Suite *source_suite(void)
{
    Suite *suite = suite_create("source");
    TCase *tc = tcase_create("source");
    tcase_add_loop_test(tc, test_every_packing_gives_the_content, 0, COUNT(good));
    tcase_add_loop_test(tc, test_damage_is_named, 0, COUNT(bad));
    tcase_add_loop_test(tc, test_strangers_are_called_by_name, 0, COUNT(kinds));
    suite_add_tcase(suite, tc);
    return suite;
}

/*
 * The sketch as bytes: a byte that is 1 if it is complete, then for each hash its SKETCH_BYTES
 * bytes, largest first, and its count as a varint.
 */
#include "model/history_sketch.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/digest.h"
#include "model/varint.h"

/* 40 bits: a history that is not in the set is found by accident once in 2^40 / 4096 times. */
enum { SKETCH_BYTES = 5 };

/* Of the numbers the bits are hashed; every processor that is supported is little-endian. */
uint64_t history_sketch_hash(const struct schema *schema, const struct history *history)
{
    size_t length = history->length, F = schema_inputs(schema);
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;
    uint64_t value = 0;
    sha256_init(&hash);
    sha256_add(&hash, history->ids, length * schema->categories * sizeof *history->ids);
    if (F > 0)
        sha256_add(&hash, history->values, length * F * sizeof *history->values);
    sha256_finish(&hash, digest);
    for (size_t i = 0; i < SKETCH_BYTES; i++)
        value = value << 8 | digest[i];
    return value;
}

static int compare_hashes(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

enum status history_sketch_make(struct history_sketch *sketch,
                                const struct schema *schema,
                                const struct example *const *examples, size_t count,
                                struct error *err)
{
    uint64_t *hashes = calloc(count + 1, sizeof *hashes);
    if (!hashes)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        hashes[i] = history_sketch_hash(schema, &examples[i]->history);
    qsort(hashes, count, sizeof *hashes, compare_hashes);
    *sketch = (struct history_sketch){.is_complete = true};
    for (size_t i = 0; i < count; i++) {
        size_t kept = sketch->count;
        if (kept > 0 && sketch->hashes[kept - 1] == hashes[i]) {
            sketch->counts[kept - 1]++;
            continue;
        }
        if (kept == SKETCH_HASHES) {
            sketch->is_complete = false;
            break;
        }
        sketch->hashes[kept] = hashes[i];
        sketch->counts[kept] = 1;
        sketch->count++;
    }
    free(hashes);
    return STATUS_OK;
}

void history_sketch_write(const struct history_sketch *sketch, struct strbuf *text)
{
    struct strbuf bytes;
    strbuf_init(&bytes, SIZE_MAX);
    const char is_complete = sketch->is_complete ? 1 : 0;
    strbuf_add_bytes(&bytes, &is_complete, 1);
    for (size_t i = 0; i < sketch->count; i++) {
        char hash[SKETCH_BYTES];
        for (size_t j = 0; j < SKETCH_BYTES; j++)
            hash[j] =
                (char)(unsigned char)(sketch->hashes[i] >> (8 * (SKETCH_BYTES - 1 - j)));
        strbuf_add_bytes(&bytes, hash, sizeof hash);
        varint_add(&bytes, sketch->counts[i]);
    }
    if (!bytes.has_failed)
        base64_add(text, bytes.bytes, bytes.length);
    text->has_failed = text->has_failed || bytes.has_failed;
    strbuf_release(&bytes);
}

/* Read the hash that follows; it is larger than the one before. */
static bool read_hash(struct history_sketch *sketch, struct varint_reader *reader)
{
    uint64_t hash = 0;
    size_t i = sketch->count;
    if (i == SKETCH_HASHES || (size_t)(reader->end - reader->at) < SKETCH_BYTES)
        return false;
    for (size_t j = 0; j < SKETCH_BYTES; j++)
        hash = hash << 8 | *reader->at++;
    sketch->hashes[i] = hash;
    if (!varint_read(reader, &sketch->counts[i]) || sketch->counts[i] == 0 ||
        (i > 0 && hash <= sketch->hashes[i - 1]))
        return false;
    sketch->count++;
    return true;
}

enum status history_sketch_read(struct history_sketch *sketch, const char *text,
                                struct error *err)
{
    size_t length = strlen(text), count;
    unsigned char *bytes = malloc(base64_capacity(length) + 1);
    if (!bytes)
        return error_no_memory(err);
    bool is_good =
        base64_decode(text, length, bytes, &count) && count > 0 && bytes[0] <= 1;
    struct varint_reader reader = {.at = bytes + 1, .end = bytes + (is_good ? count : 1)};
    *sketch = (struct history_sketch){.is_complete = is_good && bytes[0] == 1};
    while (is_good && reader.at < reader.end)
        is_good = read_hash(sketch, &reader);
    free(bytes);
    if (!is_good)
        return error_set(err, STATUS_BAD_FORMAT, "sketch",
                         "the hashes of the training histories cannot be read");
    return STATUS_OK;
}

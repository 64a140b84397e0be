/*
 * The safetensors container: eight bytes of header length, a JSON header, the tensors.
 * This room knows offsets and shapes; what the tensors mean is model_file.c's.
 */
#ifndef TRIAGE_SAFETENSORS_H
#define TRIAGE_SAFETENSORS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

enum {
    SAFETENSORS_HEADER = 64 * 1024 * 1024, /* bytes of header that are read at most */
    SAFETENSORS_RANK = 8
};

/* A tensor as the file describes it; data points into the file's bytes, unaligned. */
struct stored_tensor {
    const char *name;
    const char *dtype;
    uint64_t shape[SAFETENSORS_RANK];
    size_t rank;
    const unsigned char *data;
    size_t bytes;
};

struct safetensors {
    json_t *header;                /* owned; the names and metadata live in it */
    const json_t *metadata;        /* "__metadata__", an object of strings, or NULL */
    struct stored_tensor *tensors; /* in the order of their data */
    size_t count;
};

/*
 * Check and index length bytes, which must outlive the result.  Offsets must begin at 0 and
 * follow one another without holes or overlaps up to the file's very end, and each size must
 * be its shape's.  STATUS_BAD_FORMAT names the file or the tensor; STATUS_NO_MEMORY.
 */
enum status safetensors_read(struct safetensors *file, const char *name,
                             const unsigned char *bytes, size_t length,
                             struct error *err);

void safetensors_release(struct safetensors *file);

const struct stored_tensor *safetensors_find(const struct safetensors *file,
                                             const char *name);

/*
 * Writing: begin, one entry per F32 tensor in order, end (which pads the header so that the
 * data begins on a 64-byte boundary and puts its length in front), then the data itself.
 */
void safetensors_begin(struct strbuf *text);
void safetensors_entry(struct strbuf *text, const char *name, const uint64_t *shape,
                       size_t rank, uint64_t *offset);
void safetensors_end(struct strbuf *text);

#endif

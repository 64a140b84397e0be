/*
 * The safetensors format: offsets, shapes and metadata of a file.  model_file.c defines which
 * tensors and metadata a model file has.
 */
#ifndef TRIAGE_SAFETENSORS_H
#define TRIAGE_SAFETENSORS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

enum {
    SAFETENSORS_START = 512,                     /* bytes that tell what a file is */
    SAFETENSORS_HEADER_BYTES = 64 * 1024 * 1024, /* a longer header is refused */
    SAFETENSORS_RANK = 8                         /* the most dimensions of a tensor */
};

/* A tensor as the header describes it. */
struct stored_tensor {
    const char *name;  /* borrowed from the header */
    const char *dtype; /* borrowed from the header */
    uint64_t shape[SAFETENSORS_RANK];
    size_t rank;
    const unsigned char *data; /* borrowed from the bytes of the file, unaligned */
    size_t bytes;
};

struct safetensors {
    json_t *header;                /* owned */
    json_t *metadata;              /* "__metadata__", an object of strings, or NULL */
    struct stored_tensor *tensors; /* [count], owned, in the order of their data */
    size_t count;
};

/*
 * Whether a file of length bytes can be safetensors, by its first start_length bytes, which are
 * SAFETENSORS_START or the whole file.  *header_end is where the header ends.  Other well-known kinds
 * of files are called by name.  STATUS_BAD_FORMAT.
 */
enum status safetensors_check_start(const char *name, const unsigned char *start,
                                    size_t start_length, uint64_t length,
                                    size_t *header_end, struct error *err);

/*
 * Read the header of a file of length bytes, which must outlive the result.  The data of the
 * tensors must fill the file from the end of the header to the end, without gaps or overlaps, and
 * each tensor's data must have the size of its shape.  STATUS_BAD_FORMAT with the name of the file
 * or of the tensor, STATUS_NO_MEMORY.  Nothing beyond the header is read.
 */
enum status safetensors_read(struct safetensors *file, const char *name,
                             const unsigned char *bytes, size_t length,
                             struct error *err);

void safetensors_release(struct safetensors *file);

/* The tensor of that name, or NULL. */
const struct stored_tensor *safetensors_find(const struct safetensors *file,
                                             const char *name);

/*
 * To write a file: call safetensors_write_begin; append the member "__metadata__"; call
 * safetensors_write_entry for each F32 tensor, with *offset 0 at first; call safetensors_write_end,
 * which pads the header to a multiple of 64 bytes; append the data of the tensors.
 */
void safetensors_write_begin(struct strbuf *out);
void safetensors_write_entry(struct strbuf *out, const char *name, const uint64_t *shape,
                             size_t rank, uint64_t *offset);
void safetensors_write_end(struct strbuf *out);

#endif

/*
 * See safetensors.h.  The format is github.com/huggingface/safetensors, "Format".
 *
 *     offset 0       u64, little-endian: N
 *     offset 8       N bytes of JSON, "{" first, padded with spaces
 *     offset 8 + N   the tensors, row-major, little-endian, without holes
 */
#include "model/safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/size.h"

static const struct {
    const char *name;
    unsigned bytes;
} dtypes[] = {
    {"F32", 4}, {"F64", 8}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4},  {"I16", 2},
    {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1},
};

/* Bytes of one element; 0 for a type that is not known. */
static unsigned dtype_bytes(const char *dtype)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(dtypes[i].name, dtype) == 0)
            return dtypes[i].bytes;
    return 0;
}

static enum status bad(struct error *err, const char *where, const char *text)
{
    return error_set(err, STATUS_BAD_FORMAT, where, "%s", text);
}

static enum status read_shape(struct stored_tensor *tensor, const json_t *shape,
                              struct error *err)
{
    size_t bytes = dtype_bytes(tensor->dtype);

    if (!json_is_array(shape) || json_array_size(shape) > SAFETENSORS_RANK)
        return bad(err, tensor->name, "\"shape\" is not an array of at most 8 sizes");
    tensor->rank = json_array_size(shape);
    for (size_t i = 0; i < tensor->rank; i++) {
        const json_t *size = json_array_get(shape, i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return bad(err, tensor->name, "\"shape\" holds something that is no size");
        tensor->shape[i] = (uint64_t)json_integer_value(size);
        if (!size_multiply(bytes, tensor->shape[i], &bytes))
            return bad(err, tensor->name, "\"shape\" is too large");
    }
    if (bytes != tensor->bytes)
        return error_set(err, STATUS_BAD_FORMAT, tensor->name,
                         "the shape takes %zu bytes, \"data_offsets\" give %zu", bytes,
                         tensor->bytes);
    return STATUS_OK;
}

/* One entry of the header; data is where the tensors begin and room what is left there. */
static enum status read_entry(struct stored_tensor *tensor, const char *name,
                              const json_t *entry, const unsigned char *data, size_t room,
                              struct error *err)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);

    tensor->name = name;
    tensor->dtype = json_string_value(json_object_get(entry, "dtype"));
    if (tensor->dtype == NULL || dtype_bytes(tensor->dtype) == 0)
        return bad(err, name, "\"dtype\" is missing or not known");
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) ||
        !json_is_integer(end) || json_integer_value(begin) < 0 ||
        json_integer_value(end) < json_integer_value(begin) ||
        (uint64_t)json_integer_value(end) > room)
        return bad(err, name, "\"data_offsets\" do not lie within the file");
    tensor->data = data + json_integer_value(begin);
    tensor->bytes = (size_t)(json_integer_value(end) - json_integer_value(begin));
    return read_shape(tensor, json_object_get(entry, "shape"), err);
}

static int by_data(const void *a, const void *b)
{
    const struct stored_tensor *x = a, *y = b;

    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static enum status read_entries(struct safetensors *file, const char *name,
                                const unsigned char *data, size_t room, struct error *err)
{
    const char *key;
    json_t *entry;

    file->tensors = calloc(json_object_size(file->header) + 1, sizeof *file->tensors);
    if (file->tensors == NULL)
        return error_no_memory(err);
    json_object_foreach(file->header, key, entry)
    {
        enum status status;
        if (strcmp(key, "__metadata__") == 0) {
            file->metadata = entry;
            continue;
        }
        status = read_entry(&file->tensors[file->count], key, entry, data, room, err);
        if (status != STATUS_OK)
            return status;
        file->count++;
    }
    qsort(file->tensors, file->count, sizeof *file->tensors, by_data);
    for (size_t i = 0; i < file->count; i++) {
        if (file->tensors[i].data != data)
            return bad(err, file->tensors[i].name,
                       "the data overlaps another tensor's or leaves a hole before it");
        data += file->tensors[i].bytes;
        room -= file->tensors[i].bytes;
    }
    if (room != 0)
        return error_set(err, STATUS_BAD_FORMAT, name,
                         "%zu bytes at the end belong to no tensor", room);
    return STATUS_OK;
}

static enum status check_metadata(const json_t *metadata, const char *name,
                                  struct error *err)
{
    const char *key;
    json_t *value;

    if (metadata != NULL && !json_is_object(metadata))
        return bad(err, name, "\"__metadata__\" is not an object");
    json_object_foreach((json_t *)(uintptr_t)metadata, key, value)
    {
        if (!json_is_string(value))
            return bad(err, name,
                       "\"__metadata__\" holds something that is not a string");
    }
    return STATUS_OK;
}

enum status safetensors_read(struct safetensors *file, const char *name,
                             const unsigned char *bytes, size_t length, struct error *err)
{
    uint64_t header = 0;
    struct error json = {0};
    enum status status;

    memset(file, 0, sizeof *file);
    for (size_t i = 8; i-- > 0 && length >= 8;)
        header = header << 8 | bytes[i];
    if (length < 8 || header > SAFETENSORS_HEADER || header > length - 8)
        return bad(err, name,
                   "too short for the header it announces, or no safetensors file");
    if (header == 0 || bytes[8] != '{')
        return bad(err, name, "the header does not begin with \"{\"");
    file->header = json_read((const char *)bytes + 8, (size_t)header, &json);
    if (file->header == NULL && json.status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (file->header == NULL)
        return error_set(err, STATUS_BAD_FORMAT, name, "header, line %u, column %u: %s",
                         json.line, json.column, json.text);
    status =
        read_entries(file, name, bytes + 8 + header, length - 8 - (size_t)header, err);
    if (status == STATUS_OK)
        status = check_metadata(file->metadata, name, err);
    if (status != STATUS_OK)
        safetensors_release(file);
    return status;
}

void safetensors_release(struct safetensors *file)
{
    json_decref(file->header);
    free(file->tensors);
    memset(file, 0, sizeof *file);
}

const struct stored_tensor *safetensors_find(const struct safetensors *file,
                                             const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

void safetensors_begin(struct strbuf *text)
{
    static const char length[8] = {0};

    strbuf_add_bytes(text, length, sizeof length);
    strbuf_add(text, "{");
}

void safetensors_entry(struct strbuf *text, const char *name, const uint64_t *shape,
                       size_t rank, uint64_t *offset)
{
    uint64_t bytes = sizeof(float);

    if (!text->has_failed && text->bytes[text->length - 1] != '{')
        strbuf_add(text, ",");
    strbuf_json_string(text, name, strlen(name));
    strbuf_add(text, ":{\"dtype\":\"F32\",\"shape\":[");
    for (size_t i = 0; i < rank; i++) {
        strbuf_printf(text, "%s%" PRIu64, i == 0 ? "" : ",", shape[i]);
        bytes *= shape[i];
    }
    strbuf_printf(text, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", *offset,
                  *offset + bytes);
    *offset += bytes;
}

void safetensors_end(struct strbuf *text)
{
    strbuf_add(text, "}");
    while (!text->has_failed && text->length % 64 != 0)
        strbuf_add(text, " ");
    if (text->has_failed)
        return;
    uint64_t header = text->length - 8;
    for (size_t i = 0; i < 8; i++)
        text->bytes[i] = (char)(unsigned char)(header >> (8 * i));
}

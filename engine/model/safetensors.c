/*
 * The safetensors format (github.com/huggingface/safetensors, "Format"):
 *
 *     offset 0       u64, little-endian: N
 *     offset 8       N bytes of JSON, "{" first, padded with spaces
 *     offset 8 + N   the tensors, row-major, little-endian, without gaps
 */
#include "model/safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/size.h"

enum { LENGTH_BYTES = 8, DATA_ALIGNMENT = 64 };

/* Bytes of one element; 0 for an unknown type. */
static unsigned dtype_bytes(const char *dtype)
{
    static const struct {
        const char *name;
        unsigned bytes;
    } dtypes[] = {
        {"F32", 4}, {"F64", 8}, {"F16", 2},  {"BF16", 2}, {"I64", 8},
        {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U64", 8},  {"U32", 4},
        {"U16", 2}, {"U8", 1},  {"BOOL", 1},
    };
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(dtypes[i].name, dtype) == 0)
            return dtypes[i].bytes;
    return 0;
}

static enum status bad_format(struct error *err, const char *where, const char *text)
{
    return error_set(err, STATUS_BAD_FORMAT, where, "%s", text);
}

static enum status read_shape(struct stored_tensor *tensor, const json_t *shape,
                              struct error *err)
{
    if (!json_is_array(shape) || json_array_size(shape) > SAFETENSORS_RANK)
        return bad_format(err, tensor->name,
                          "\"shape\" is not an array of at most 8 sizes");
    size_t bytes = dtype_bytes(tensor->dtype);
    tensor->rank = json_array_size(shape);
    for (size_t i = 0; i < tensor->rank; i++) {
        const json_t *size = json_array_get(shape, i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return bad_format(err, tensor->name,
                              "\"shape\" has an element that is not a size");
        tensor->shape[i] = (uint64_t)json_integer_value(size);
        if (!size_multiply(bytes, tensor->shape[i], &bytes))
            return bad_format(err, tensor->name, "\"shape\" is too large");
    }
    if (bytes != tensor->bytes)
        return error_set(err, STATUS_BAD_FORMAT, tensor->name,
                         "\"shape\" takes %zu bytes, \"data_offsets\" span %zu", bytes,
                         tensor->bytes);
    return STATUS_OK;
}

/* Read one member of the header.  data [data_bytes] is the data of all tensors. */
static enum status read_entry(struct stored_tensor *tensor, const char *name,
                              const json_t *entry, const unsigned char *data,
                              size_t data_bytes, struct error *err)
{
    tensor->name = name;
    tensor->dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!tensor->dtype || dtype_bytes(tensor->dtype) == 0)
        return bad_format(err, name, "\"dtype\" is missing or unknown");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) ||
        !json_is_integer(end) || json_integer_value(begin) < 0 ||
        json_integer_value(end) < json_integer_value(begin) ||
        (uint64_t)json_integer_value(end) > data_bytes)
        return bad_format(err, name, "\"data_offsets\" are not a range in the file");
    tensor->data = data + json_integer_value(begin);
    tensor->bytes = (size_t)(json_integer_value(end) - json_integer_value(begin));
    return read_shape(tensor, json_object_get(entry, "shape"), err);
}

static int compare_data(const void *a, const void *b)
{
    const struct stored_tensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static enum status read_entries(struct safetensors *file, const char *name,
                                const unsigned char *data, size_t data_bytes,
                                struct error *err)
{
    file->tensors = calloc(json_object_size(file->header) + 1, sizeof *file->tensors);
    if (!file->tensors)
        return error_no_memory(err);
    const char *key;
    json_t *entry;
    json_object_foreach(file->header, key, entry)
    {
        if (strcmp(key, "__metadata__") == 0) {
            file->metadata = entry;
            continue;
        }
        RETURN_IF_ERROR(
            read_entry(&file->tensors[file->count], key, entry, data, data_bytes, err));
        file->count++;
    }
    qsort(file->tensors, file->count, sizeof *file->tensors, compare_data);
    for (size_t i = 0; i < file->count; i++) {
        if (file->tensors[i].data != data)
            return bad_format(
                err, file->tensors[i].name,
                "the data overlaps that of another tensor or leaves a gap before it");
        data += file->tensors[i].bytes;
        data_bytes -= file->tensors[i].bytes;
    }
    if (data_bytes != 0)
        return error_set(err, STATUS_BAD_FORMAT, name,
                         "%zu bytes at the end belong to no tensor", data_bytes);
    return STATUS_OK;
}

static enum status check_metadata(json_t *metadata, const char *name, struct error *err)
{
    if (metadata && !json_is_object(metadata))
        return bad_format(err, name, "\"__metadata__\" is not an object");
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return bad_format(err, name,
                              "\"__metadata__\" has a value that is not a string");
    }
    return STATUS_OK;
}

static uint64_t read_u64(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (size_t i = LENGTH_BYTES; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

/* ---- files of other kinds ---------------------------------------------------------------- */

/* Files that begin with these bytes, at an offset.  The first that fits is named. */
static const struct {
    size_t offset;
    const char *bytes;
    size_t length;
    const char *kind;
} strangers[] = {
#define BEGINS(place, start, name)                                                       \
    {                                                                                    \
        .offset = (place), .bytes = (start), .length = sizeof(start) - 1, .kind = (name) \
    }
    BEGINS(0, "version https://git-lfs.github.com/",
           "a Git LFS pointer; git lfs pull fetches the file itself"),
    BEGINS(0, "\x1f\x8b", "compressed with gzip"),
    BEGINS(0, "\x28\xb5\x2f\xfd", "compressed with zstd"),
    BEGINS(0,
           "\xfd"
           "7zXZ",
           "compressed with xz"),
    BEGINS(0, "BZh", "compressed with bzip2"),
    BEGINS(0, "7z\xbc\xaf", "a 7-Zip archive"),
    BEGINS(257, "ustar", "a tar archive"),
    BEGINS(0, "GGUF", "a GGUF model"),
    BEGINS(0, "\x89HDF", "an HDF5 file, such as Keras writes"),
    BEGINS(0, "\x93NUMPY", "a NumPy array"),
    BEGINS(4, "TFL3", "a TensorFlow Lite model"),
    BEGINS(0, "PAR1", "a Parquet file"),
    BEGINS(0, "SQLite format 3", "an SQLite database"),
    BEGINS(0, "%PDF", "a PDF document"),
    BEGINS(0,
           "\x7f"
           "ELF",
           "a program"),
#undef BEGINS
};

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool contains(const unsigned char *bytes, size_t length, const char *text)
{
    return memmem(bytes, length, text, strlen(text)) != NULL;
}

/* Text, by what its first character that is not blank is; NULL for other files. */
static const char *kind_of_text(const unsigned char *bytes, size_t length)
{
    size_t first = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (first < length && is_blank(bytes[first]))
        first++;
    for (size_t i = first; i < length; i++)
        if (bytes[i] < 0x20 && !is_blank(bytes[i]))
            return NULL;
    if (first == length)
        return "blank";
    if (bytes[first] == '<')
        return contains(bytes, length, "html") || contains(bytes, length, "HTML")
                   ? "an HTML page"
                   : "an XML document";
    if (bytes[first] == '{' || bytes[first] == '[')
        return "a JSON text";
    return "a text";
}

/* Files that one fixed beginning does not tell. */
static const char *kind_by_structure(const unsigned char *bytes, size_t length)
{
    if (length >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
        return contains(bytes, length, ".pkl")
                   ? "a zip archive, such as torch.save writes"
                   : "a zip archive";
    if (length >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5)
        return "a Python pickle";
    /* ModelProto: ir_version, then the name of the producer */
    if (length >= 4 && bytes[0] == 0x08 && bytes[1] > 0 && bytes[1] < 32 &&
        bytes[2] == 0x12)
        return "an ONNX model";
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != 0)
            return NULL;
    return length > LENGTH_BYTES ? "nothing but zero bytes" : NULL;
}

/* "a Git LFS pointer", or NULL. */
static const char *kind_of(const unsigned char *bytes, size_t length)
{
    if (length == 0)
        return "empty";
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        if (length >= strangers[i].offset + strangers[i].length &&
            memcmp(bytes + strangers[i].offset, strangers[i].bytes,
                   strangers[i].length) == 0)
            return strangers[i].kind;
    const char *kind = kind_by_structure(bytes, length);
    return kind ? kind : kind_of_text(bytes, length);
}

enum status safetensors_check_start(const char *name, const unsigned char *start,
                                    size_t start_length, uint64_t length,
                                    size_t *header_end, struct error *err)
{
    uint64_t header_bytes = start_length < LENGTH_BYTES ? 0 : read_u64(start);
    bool has_brace = start_length > LENGTH_BYTES && start[LENGTH_BYTES] == '{';
    bool is_in_file = length >= LENGTH_BYTES && header_bytes <= length - LENGTH_BYTES;
    *header_end = LENGTH_BYTES + (size_t)header_bytes;
    if (has_brace && header_bytes > 0 && is_in_file &&
        header_bytes <= SAFETENSORS_HEADER_BYTES)
        return STATUS_OK;
    const char *kind = has_brace ? NULL : kind_of(start, start_length);
    if (kind)
        return error_set(err, STATUS_BAD_FORMAT, name, "not a safetensors file: it is %s",
                         kind);
    if (!is_in_file || header_bytes > SAFETENSORS_HEADER_BYTES || length < LENGTH_BYTES)
        return bad_format(err, name,
                          "not a safetensors file, or it ends before its header does");
    return bad_format(err, name, "the header does not begin with \"{\"");
}

static enum status read_file(struct safetensors *file, const char *name,
                             const unsigned char *bytes, size_t length, struct error *err)
{
    size_t header_end;
    RETURN_IF_ERROR(safetensors_check_start(
        name, bytes, length < SAFETENSORS_START ? length : SAFETENSORS_START, length,
        &header_end, err));
    struct error inner = {0};
    file->header =
        json_read((const char *)bytes + LENGTH_BYTES, header_end - LENGTH_BYTES, &inner);
    if (!file->header && inner.status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (!file->header)
        return error_set(err, STATUS_BAD_FORMAT, name, "header, line %u, column %u: %s",
                         inner.line, inner.column, inner.text);
    RETURN_IF_ERROR(
        read_entries(file, name, bytes + header_end, length - header_end, err));
    return check_metadata(file->metadata, name, err);
}

enum status safetensors_read(struct safetensors *file, const char *name,
                             const unsigned char *bytes, size_t length, struct error *err)
{
    memset(file, 0, sizeof *file);
    enum status status = read_file(file, name, bytes, length, err);
    if (status != STATUS_OK)
        safetensors_release(file);
    return status;
}

void safetensors_release(struct safetensors *file)
{
    if (!file)
        return;
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

/* ---- writing ----------------------------------------------------------------------------- */

void safetensors_write_begin(struct strbuf *out)
{
    static const char length[LENGTH_BYTES] = {0}; /* safetensors_write_end sets it */
    strbuf_add_bytes(out, length, sizeof length);
    strbuf_add(out, "{");
}

void safetensors_write_entry(struct strbuf *out, const char *name, const uint64_t *shape,
                             size_t rank, uint64_t *offset)
{
    if (!out->has_failed && out->bytes[out->length - 1] != '{')
        strbuf_add(out, ",");
    strbuf_json_string(out, name, strlen(name));
    strbuf_add(out, ":{\"dtype\":\"F32\",\"shape\":[");
    uint64_t bytes = sizeof(float);
    for (size_t i = 0; i < rank; i++) {
        strbuf_printf(out, "%s%" PRIu64, i == 0 ? "" : ",", shape[i]);
        bytes *= shape[i];
    }
    strbuf_printf(out, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", *offset,
                  *offset + bytes);
    *offset += bytes;
}

void safetensors_write_end(struct strbuf *out)
{
    strbuf_add(out, "}");
    while (!out->has_failed && out->length % DATA_ALIGNMENT != 0)
        strbuf_add(out, " ");
    if (out->has_failed)
        return;
    uint64_t header_bytes = out->length - LENGTH_BYTES;
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        out->bytes[i] = (char)(unsigned char)(header_bytes >> (8 * i));
}

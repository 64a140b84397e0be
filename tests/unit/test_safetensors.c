/*
 * The safetensors container: what reading refuses, and that what is written is read back.
 */
#include "model/safetensors.h"

#include <string.h>

#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { FILE_BYTES = 8192 };

/* Write length, header and data_bytes of data; returns the length of the file. */
static size_t make_file(unsigned char bytes[FILE_BYTES], const char *header,
                        size_t data_bytes)
{
    size_t length = strlen(header);
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> (8 * i));
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data_bytes; i++)
        bytes[8 + length + i] = (unsigned char)i;
    return 8 + length + data_bytes;
}

#define TENSOR(dtype, shape, offsets)                                                    \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static const struct {
    const char *about, *header;
    size_t data_bytes;
    const char *where, *text;
} bad[] = {
    {"not JSON", "{", 0, "file", NULL},
    {"a duplicate key",
     "{\"a\":" TENSOR("F32", "[1]", "[0,4]") ",\"a\":" TENSOR("F32", "[1]", "[0,4]") "}",
     4, "file", NULL},
    {"not an object", "[]", 0, "file", "the header does not begin with \"{\""},
    {"space before the header", " {}", 0, "file", "the header does not begin with \"{\""},
    {"an empty header", "", 0, "file", "the header does not begin with \"{\""},
    {"metadata that is not an object", "{\"__metadata__\":3}", 0, "file",
     "\"__metadata__\" is not an object"},
    {"a metadata value that is not a string", "{\"__metadata__\":{\"a\":3}}", 0, "file",
     "\"__metadata__\" has a value that is not a string"},
    {"an entry that is not an object", "{\"a\":3}", 0, "a",
     "\"dtype\" is missing or unknown"},
    {"no dtype", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "a",
     "\"dtype\" is missing or unknown"},
    {"an unknown dtype", "{\"a\":" TENSOR("F31", "[1]", "[0,4]") "}", 4, "a",
     "\"dtype\" is missing or unknown"},
    {"no offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "a",
     "\"data_offsets\" are not a range in the file"},
    {"three offsets", "{\"a\":" TENSOR("F32", "[1]", "[0,4,8]") "}", 4, "a",
     "\"data_offsets\" are not a range in the file"},
    {"offsets that are not integers", "{\"a\":" TENSOR("F32", "[1]", "[0,4.0]") "}", 4,
     "a", "\"data_offsets\" are not a range in the file"},
    {"an offset below 0", "{\"a\":" TENSOR("F32", "[1]", "[-4,0]") "}", 4, "a",
     "\"data_offsets\" are not a range in the file"},
    {"an end before the beginning", "{\"a\":" TENSOR("F32", "[1]", "[4,0]") "}", 4, "a",
     "\"data_offsets\" are not a range in the file"},
    {"an end after the end of the file", "{\"a\":" TENSOR("F32", "[2]", "[0,8]") "}", 4,
     "a", "\"data_offsets\" are not a range in the file"},
    {"the largest possible end",
     "{\"a\":" TENSOR("F32", "[1]", "[0,9223372036854775807]") "}", 4, "a",
     "\"data_offsets\" are not a range in the file"},
    {"no shape", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "a",
     "\"shape\" is not an array of at most 8 sizes"},
    {"nine sizes", "{\"a\":" TENSOR("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "a",
     "\"shape\" is not an array of at most 8 sizes"},
    {"a size below 0", "{\"a\":" TENSOR("F32", "[-1,-1]", "[0,4]") "}", 4, "a",
     "\"shape\" has an element that is not a size"},
    {"a size that is not an integer", "{\"a\":" TENSOR("F32", "[1.0]", "[0,4]") "}", 4,
     "a", "\"shape\" has an element that is not a size"},
    {"sizes whose product overflows",
     "{\"a\":" TENSOR("F32", "[4611686018427387904,4611686018427387904]", "[0,4]") "}", 4,
     "a", "\"shape\" is too large"},
    {"sizes whose product overflows to the right number of bytes",
     "{\"a\":" TENSOR("F32", "[4611686018427387905]", "[0,4]") "}", 4, "a",
     "\"shape\" is too large"},
    {"a shape of another size than the data", "{\"a\":" TENSOR("F32", "[2]", "[0,4]") "}",
     4, "a", "\"shape\" takes 8 bytes, \"data_offsets\" span 4"},
    {"a gap at the beginning", "{\"a\":" TENSOR("F32", "[1]", "[4,8]") "}", 8, "a",
     "the data overlaps that of another tensor or leaves a gap before it"},
    {"a gap between tensors",
     "{\"a\":" TENSOR("F32", "[1]", "[0,4]") ",\"b\":" TENSOR("F32", "[1]", "[8,12]") "}",
     12, "b", "the data overlaps that of another tensor or leaves a gap before it"},
    {"an overlap",
     "{\"a\":" TENSOR("F32", "[2]", "[0,8]") ",\"b\":" TENSOR("F32", "[2]", "[4,12]") "}",
     12, "b", "the data overlaps that of another tensor or leaves a gap before it"},
    {"two tensors with the same data",
     "{\"a\":" TENSOR("F32", "[1]", "[0,4]") ",\"b\":" TENSOR("F32", "[1]", "[0,4]") "}",
     4, NULL, "the data overlaps that of another tensor or leaves a gap before it"},
    {"bytes after the last tensor", "{\"a\":" TENSOR("F32", "[1]", "[0,4]") "}", 6,
     "file", "2 bytes at the end belong to no tensor"},
    {"data without a tensor", "{}", 3, "file", "3 bytes at the end belong to no tensor"},
};

START_TEST(test_broken_files_are_refused)
{
    unsigned char bytes[FILE_BYTES];
    struct error err = {.status = STATUS_OK};
    struct safetensors file;
    size_t length = make_file(bytes, bad[_i].header, bad[_i].data_bytes);
    ck_assert_msg(safetensors_read(&file, "file", bytes, length, &err) ==
                      STATUS_BAD_FORMAT,
                  "%s: accepted", bad[_i].about);
    ck_assert_msg(!bad[_i].where || strcmp(err.where, bad[_i].where) == 0, "%s: at %s",
                  bad[_i].about, err.where);
    ck_assert_msg(!bad[_i].text || strcmp(err.text, bad[_i].text) == 0, "%s: %s",
                  bad[_i].about, err.text);
}
END_TEST

static const struct {
    const char *about;
    size_t length;
    uint64_t header;
} short_files[] = {
    {"half of the length field", 4, 2},
    {"only the length field", 8, 2},
    {"a header longer than the file", 20, 13},
    {"the largest possible header length", 20, UINT64_MAX},
    {"a length that overflows", 20, UINT64_MAX - 7},
    {"a header over the limit", 20, (uint64_t)SAFETENSORS_HEADER_BYTES + 1},
};

START_TEST(test_short_files_are_refused)
{
    unsigned char bytes[32] = {0};
    struct error err = {.status = STATUS_OK};
    struct safetensors file;
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(short_files[_i].header >> (8 * i));
    bytes[8] = '{';
    enum status status =
        safetensors_read(&file, "file", bytes, short_files[_i].length, &err);
    ck_assert_msg(status == STATUS_BAD_FORMAT, "%s", short_files[_i].about);
    ck_assert_str_eq(err.text,
                     "not a safetensors file, or it ends before its header does");
}
END_TEST

/* clang-format off */
#define FILE_OF(bytes) bytes, sizeof bytes - 1
static const struct {
    const char *about, *bytes;
    size_t length;
    const char *kind;
} strangers[] = {
    {"nothing", FILE_OF(""), "empty"},
    {"Git LFS", FILE_OF("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
     "a Git LFS pointer; git lfs pull fetches the file itself"},
    {"an error page", FILE_OF("\n <!DOCTYPE html>\n<html><body>404</body></html>"), "an HTML page"},
    {"an error of a storage service", FILE_OF("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"),
     "an XML document"},
    {"an error of an API", FILE_OF("{\"message\": \"Not Found\"}"), "a JSON text"},
    {"a page with a byte order mark", FILE_OF("\xef\xbb\xbf<html>"), "an HTML page"},
    {"a short text", FILE_OF("Moved"), "a text"},
    {"CSV", FILE_OF("case,event,time\n1,a,2026-01-01\n"), "a text"},
    {"gzip", FILE_OF("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"), "compressed with gzip"},
    {"zstd", FILE_OF("\x28\xb5\x2f\xfd\x04\x58"), "compressed with zstd"},
    {"xz", FILE_OF("\xfd" "7zXZ\x00\x00\x04"), "compressed with xz"},
    {"bzip2", FILE_OF("BZh91AY&SY"), "compressed with bzip2"},
    {"torch.save", FILE_OF("PK\x03\x04\x00\x00\x08\x08\x00\x00model/data.pkl"),
     "a zip archive, such as torch.save writes"},
    {"a zip archive", FILE_OF("PK\x03\x04\x14\x00\x00\x00weights.bin"), "a zip archive"},
    {"pickle", FILE_OF("\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00}"), "a Python pickle"},
    {"ONNX", FILE_OF("\x08\x07\x12\x07pytorch\x1a\x03" "1.9"), "an ONNX model"},
    {"GGUF", FILE_OF("GGUF\x03\x00\x00\x00\x00\x00"), "a GGUF model"},
    {"HDF5", FILE_OF("\x89HDF\r\n\x1a\n\x00"), "an HDF5 file, such as Keras writes"},
    {"NumPy", FILE_OF("\x93NUMPY\x01\x00v\x00"), "a NumPy array"},
    {"TensorFlow Lite", FILE_OF("\x1c\x00\x00\x00TFL3\x14\x00"), "a TensorFlow Lite model"},
    {"a download that was never filled", FILE_OF("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
     "nothing but zero bytes"},
};
/* clang-format on */

START_TEST(test_other_kinds_of_files_are_called_by_name)
{
    struct error err = {.status = STATUS_OK};
    struct safetensors file;
    char text[160];
    ck_assert_int_eq(safetensors_read(&file, "file",
                                      (const unsigned char *)strangers[_i].bytes,
                                      strangers[_i].length, &err),
                     STATUS_BAD_FORMAT);
    snprintf(text, sizeof text, "not a safetensors file: it is %s", strangers[_i].kind);
    ck_assert_msg(strcmp(err.text, text) == 0, "%s: %s", strangers[_i].about, err.text);
    ck_assert_str_eq(err.where, "file");
}
END_TEST

/* clang-format off */
static const char three_tensors[] =
    "{\"b\":" TENSOR("I8", "[2,0,3]", "[4,4]")
    ",\"c\":" TENSOR("F64", "[]", "[4,12]")
    ",\"__metadata__\":{\"x\":\"y\"}"
    ",\"a\":" TENSOR("F32", "[1]", "[0,4]") "}  ";
/* clang-format on */

START_TEST(test_tensors_are_listed_in_the_order_of_their_data)
{
    unsigned char bytes[FILE_BYTES];
    struct safetensors file;
    size_t length = make_file(bytes, three_tensors, 12);
    const unsigned char *data = bytes + length - 12;
    ck_assert_int_eq(safetensors_read(&file, "file", bytes, length, NULL), STATUS_OK);
    ck_assert_uint_eq(file.count, 3);
    ck_assert_str_eq(file.tensors[0].name, "a");
    ck_assert_str_eq(file.tensors[1].name, "b");
    ck_assert_str_eq(file.tensors[2].name, "c");
    ck_assert_ptr_eq(file.tensors[2].data, data + 4);
    ck_assert_uint_eq(file.tensors[1].rank, 3);
    ck_assert_uint_eq(file.tensors[1].shape[2], 3);
    ck_assert_uint_eq(file.tensors[2].bytes, 8);
    ck_assert_str_eq(safetensors_find(&file, "b")->dtype, "I8");
    ck_assert_ptr_null(safetensors_find(&file, "d"));
    ck_assert_str_eq(json_string_value(json_object_get(file.metadata, "x")), "y");
    safetensors_release(&file);
}
END_TEST

START_TEST(test_what_is_written_is_read)
{
    static const uint64_t matrix[] = {2, 3}, vector[] = {5};
    struct safetensors file;
    struct strbuf text;
    uint64_t offset = 0;
    strbuf_init(&text, SIZE_MAX);
    safetensors_write_begin(&text);
    safetensors_write_entry(&text, "a \"quoted\" name", matrix, 2, &offset);
    safetensors_write_entry(&text, "v", vector, 1, &offset);
    safetensors_write_end(&text);
    ck_assert_uint_eq(offset, 4 * (6 + 5));
    ck_assert_uint_eq(text.length % 64, 0);
    for (uint64_t i = 0; i < offset; i++)
        strbuf_add_bytes(&text, "\0", 1);
    ck_assert_int_eq(safetensors_read(&file, "file", (const unsigned char *)text.bytes,
                                      text.length, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(safetensors_find(&file, "a \"quoted\" name")->shape[1], 3);
    ck_assert_uint_eq(safetensors_find(&file, "v")->bytes, 20);
    safetensors_release(&file);
    strbuf_release(&text);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    bool (*again[])(unsigned *) = {failing_malloc_next, failing_malloc_next_from};
    unsigned char bytes[FILE_BYTES];
    size_t length = make_file(bytes, three_tensors, 12);
    for (unsigned n = 0; again[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        struct safetensors file;
        enum status status = safetensors_read(&file, "file", bytes, length, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        safetensors_release(&file);
    }
}
END_TEST

Suite *safetensors_suite(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *tc = tcase_create("safetensors");
    tcase_add_loop_test(tc, test_broken_files_are_refused, 0, COUNT(bad));
    tcase_add_loop_test(tc, test_other_kinds_of_files_are_called_by_name, 0,
                        COUNT(strangers));
    tcase_add_loop_test(tc, test_short_files_are_refused, 0, COUNT(short_files));
    tcase_add_test(tc, test_tensors_are_listed_in_the_order_of_their_data);
    tcase_add_test(tc, test_what_is_written_is_read);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}

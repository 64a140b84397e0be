/* Writing, reading and checking checkpoints, and the digests of what they belong to. */
#include "train/checkpoint.h"

#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "model/schema.h"
#include "train/gemm.h"

#define MAGIC "triage checkpoint 1\n"

enum {
    MAGIC_BYTES = sizeof MAGIC - 1,
    HEAD_BYTES = MAGIC_BYTES + IDENTITIES * SHA256_BYTES,
};

static const size_t max_file_bytes = (size_t)64 << 30;

/* ---- the file ------------------------------------------------------------------------ */

static void hash_bytes(const char *bytes, size_t length, uint8_t digest[SHA256_BYTES])
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, bytes, length);
    sha256_finish(&hash, digest);
}

static enum status refuse(const struct checkpoint *checkpoint, struct error *err,
                          const char *reason)
{
    return error_set(err, STATUS_BAD_INPUT, checkpoint->path, "%s", reason);
}

static enum status check_file(const struct checkpoint *checkpoint, const char *file,
                              size_t length, struct error *err)
{
    static const char *const reasons[] = {
        [IDENTITY_BUILD] =
            "a checkpoint of another build, or of another kind of processor",
        [IDENTITY_RECIPE] =
            ("a checkpoint of another recipe: settings, schema, actions or "
             "initial weights differ"),
        [IDENTITY_DATA] = "a checkpoint of other data",
    };
    uint8_t digest[SHA256_BYTES];
    if (length < MAGIC_BYTES || memcmp(file, MAGIC, MAGIC_BYTES) != 0)
        return refuse(checkpoint, err, "not a checkpoint of a training");
    if (length < HEAD_BYTES + SHA256_BYTES)
        return refuse(checkpoint, err, "the checkpoint is cut short");
    hash_bytes(file, length - SHA256_BYTES, digest);
    if (memcmp(digest, file + length - SHA256_BYTES, SHA256_BYTES) != 0)
        return refuse(checkpoint, err, "the checkpoint is cut short or damaged");
    for (int i = 0; i < IDENTITIES; i++)
        if (memcmp(file + MAGIC_BYTES + i * SHA256_BYTES, checkpoint->identity[i],
                   SHA256_BYTES) != 0)
            return refuse(checkpoint, err, reasons[i]);
    return STATUS_OK;
}

enum status checkpoint_open(struct checkpoint *checkpoint, struct error *err)
{
    struct stat stat_of_file;
    if (stat(checkpoint->path, &stat_of_file) != 0 && errno == ENOENT)
        return STATUS_OK;
    char *file;
    size_t length;
    RETURN_IF_ERROR(
        file_read_regular(checkpoint->path, max_file_bytes, &file, &length, err));
    enum status status = check_file(checkpoint, file, length, err);
    if (status != STATUS_OK) {
        free(file);
        return status;
    }
    checkpoint->file = file;
    checkpoint->position = HEAD_BYTES;
    checkpoint->end = length - SHA256_BYTES;
    return STATUS_OK;
}

void checkpoint_release(struct checkpoint *checkpoint)
{
    free(checkpoint->file);
    checkpoint->file = NULL;
}

bool checkpoint_is_restoring(const struct checkpoint *checkpoint)
{
    return checkpoint->file != NULL;
}

enum status checkpoint_add(struct checkpoint *checkpoint, void *bytes, size_t length,
                           struct error *err)
{
    if (checkpoint->count == CHECKPOINT_PIECES)
        return error_set(err, STATUS_TOO_LARGE, "", "a checkpoint has too many pieces");
    checkpoint->pieces[checkpoint->count++] =
        (struct checkpoint_piece){.bytes = bytes, .length = length};
    if (!checkpoint->file || length == 0)
        return STATUS_OK;
    if (length > checkpoint->end - checkpoint->position)
        return refuse(checkpoint, err, "the checkpoint does not fit this training");
    memcpy(bytes, checkpoint->file + checkpoint->position, length);
    checkpoint->position += length;
    if (checkpoint->position == checkpoint->end)
        checkpoint_release(checkpoint);
    return STATUS_OK;
}

void checkpoint_keep(struct checkpoint *checkpoint, size_t count)
{
    checkpoint->count = count;
}

enum status checkpoint_write(const struct checkpoint *checkpoint, struct error *err)
{
    struct strbuf file;
    uint8_t digest[SHA256_BYTES];
    strbuf_init(&file, SIZE_MAX);
    strbuf_add_bytes(&file, MAGIC, MAGIC_BYTES);
    strbuf_add_bytes(&file, (const char *)checkpoint->identity,
                     sizeof checkpoint->identity);
    for (size_t i = 0; i < checkpoint->count; i++)
        strbuf_add_bytes(&file, checkpoint->pieces[i].bytes,
                         checkpoint->pieces[i].length);
    if (!file.has_failed) {
        hash_bytes(file.bytes, file.length, digest);
        strbuf_add_bytes(&file, (const char *)digest, sizeof digest);
    }
    enum status status = file.has_failed
                             ? error_no_memory(err)
                             : file_write(checkpoint->path, file.bytes, file.length, err);
    strbuf_release(&file);
    return status;
}

/* ---- digests ------------------------------------------------------------------------- */

static void hash_u64(struct sha256 *hash, uint64_t number)
{
    sha256_add(hash, &number, sizeof number);
}

static void hash_array(struct sha256 *hash, const void *array, size_t bytes)
{
    hash_u64(hash, array ? bytes : 0);
    if (array && bytes > 0)
        sha256_add(hash, array, bytes);
}

/*
 * Add the build ids of a loaded object, which linkers make from its content: notes whose name is
 * "GNU".  Other notes do no harm.  The kernel's object changes no result.
 */
static int hash_object(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    if (strstr(object->dlpi_name, "linux-vdso") ||
        strstr(object->dlpi_name, "linux-gate"))
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type == PT_NOTE)
            hash_array(context, (const char *)object->dlpi_addr + part->p_vaddr,
                       part->p_memsz);
    }
    return 0;
}

void checkpoint_build(uint8_t digest[SHA256_BYTES])
{
    struct sha256 hash;
    sha256_init(&hash);
    (void)dl_iterate_phdr(hash_object, &hash);
    const char *processor = gemm_processor();
    hash_array(&hash, processor, strlen(processor));
    sha256_finish(&hash, digest);
}

static void hash_examples(struct sha256 *hash, const struct schema *schema,
                          const struct example *examples, size_t count)
{
    hash_u64(hash, count);
    for (size_t i = 0; i < count; i++) {
        const struct history *history = &examples[i].history;
        size_t length = history->length;
        hash_u64(hash, examples[i].actions ? UINT64_MAX : examples[i].action);
        hash_array(hash, history->ids,
                   length * schema->categories * sizeof *history->ids);
        hash_array(hash, history->values,
                   length * schema_inputs(schema) * sizeof *history->values);
        hash_array(hash, examples[i].actions, length * sizeof *examples[i].actions);
    }
}

void checkpoint_data(const struct schema *schema, const struct training_data *data,
                     uint8_t digest[SHA256_BYTES])
{
    struct sha256 hash;
    sha256_init(&hash);
    hash_examples(&hash, schema, data->train, data->train_count);
    hash_examples(&hash, schema, data->validation, data->validation_count);
    sha256_finish(&hash, digest);
}

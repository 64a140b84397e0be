/*
 * Whole model files: loaded, truncated, damaged, and written again with the same bytes.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "model/model_file.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "support/tmpdir.h"
#include "trainer.h"
#include "unit/suites.h"

static const char lesson[] = "models/lesson.safetensors";

START_TEST(test_lesson_is_loaded)
{
    struct error err = {.status = STATUS_OK};
    struct model *model = triage_model_load(lesson, &err);
    char *bytes, digest[SHA256_HEX];
    size_t length, parameters = 0;
    ck_assert_msg(model, "%s: %s", err.where, err.text);
    ck_assert_int_eq(file_read(lesson, SIZE_MAX, &bytes, &length, NULL), STATUS_OK);
    sha256_hex(bytes, length, digest);
    ck_assert_int_eq(strncmp(triage_model_digest(model), "sha256:", 7), 0);
    ck_assert_str_eq(triage_model_digest(model) + 7, digest);
    ck_assert_uint_eq(triage_model_actions(model), 3);
    ck_assert_uint_eq(triage_model_state_size(model), 2);
    for (size_t i = 0; i < triage_model_tensor_count(model); i++)
        parameters += (size_t)triage_model_tensor(model, i).rows *
                      triage_model_tensor(model, i).columns;
    ck_assert_msg(parameters == 23, "%zu parameters, two biases of 2 among them",
                  parameters);
    free(bytes);
    triage_model_free(model);
}
END_TEST

/* A large file of another format is refused before its tensors are in memory. */
START_TEST(test_header_is_checked_before_the_tensors_are_read)
{
    enum { DATA_BYTES = 256 << 20, MOST_KB = 64 << 10 };
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"other\"},\"a\":{\"dtype\":\"U8\","
        "\"shape\":[268435456],\"data_offsets\":[0,268435456]}}";
    struct tmpdir tmpdir;
    struct rusage before, after;
    struct error err = {.status = STATUS_OK};
    char path[TMPDIR_PATH], length[8] = {(char)(sizeof header - 1)};
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "x.safetensors", path);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fwrite(length, 1, sizeof length, file);
    fwrite(header, 1, sizeof header - 1, file);
    fclose(file);
    ck_assert_int_eq(truncate(path, 8 + sizeof header - 1 + DATA_BYTES), 0);
    /* ThreadSanitizer touches memory of its own for a large block, even if nobody else does. */
    char *volatile block = malloc(DATA_BYTES);
    free(block);
    getrusage(RUSAGE_SELF, &before);
    ck_assert_ptr_null(triage_model_load(path, &err));
    getrusage(RUSAGE_SELF, &after);
    ck_assert_msg(strstr(err.text, "no \"format\"") != NULL, "%s", err.text);
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, MOST_KB);
    tmpdir_release(&tmpdir);
}
END_TEST

static const struct {
    const char *about;
    mode_t kind;
    const char *text;
} other_kinds[] = {
    {"a named pipe", S_IFIFO, "is a named pipe, not a regular file"},
    {"a socket", S_IFSOCK, "is a socket, not a regular file"},
    {"a folder", S_IFDIR, "is a folder, not a regular file"},
};

/* Opening a pipe without a writer would wait forever. */
START_TEST(test_only_regular_files_are_opened)
{
    struct tmpdir tmpdir;
    struct error err = {.status = STATUS_OK};
    char path[TMPDIR_PATH];
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "x.safetensors", path);
    if (other_kinds[_i].kind == S_IFDIR)
        ck_assert_int_eq(mkdir(path, 0700), 0);
    else
        ck_assert_int_eq(mknod(path, other_kinds[_i].kind | 0600, 0), 0);
    ck_assert_ptr_null(triage_model_load(path, &err));
    ck_assert_int_eq(err.status, STATUS_IO);
    ck_assert_msg(strstr(err.text, other_kinds[_i].text) != NULL, "%s: %s",
                  other_kinds[_i].about, err.text);
    tmpdir_release(&tmpdir);
}
END_TEST

START_TEST(test_devices_are_not_opened)
{
    struct error err = {.status = STATUS_OK};
    ck_assert_ptr_null(triage_model_load("/dev/zero", &err));
    ck_assert_str_eq(err.text, "\"/dev/zero\" is a device, not a regular file");
}
END_TEST

/*
 * With kernels that are not exact the golden history is compared approximately, answers contain
 * the name of the kernels, and no model is trained.
 */
START_TEST(test_kernels_with_other_bits_are_named)
{
    const char *before = triage_kernels_name(), *actions[] = {"a", "b"};
    const uint32_t ids[] = {SCHEMA_FIRST};
    const struct history history = {.length = 1, .ids = ids};
    const float probabilities[] = {0.2f, 0.5f, 0.3f};
    struct schema *schema = sample_schema(sample_plain);
    struct training training = {.epochs = 1};
    struct error err = {.status = STATUS_OK};
    struct strbuf answer;
    struct model *model;
    ck_assert_int_eq(triage_kernels_force("amx-portable", NULL), STATUS_OK);
    ck_assert(!triage_kernels_are_exact());
    model = triage_model_load(lesson, &err);
    ck_assert_msg(model, "%s: %s", err.where, err.text);
    strbuf_init(&answer, SIZE_MAX);
    triage_answer_write(&answer, model, "lesson", &history, probabilities);
    ck_assert_ptr_nonnull(strstr(answer.bytes, "\", \"kernel\": \"amx-portable\"}}"));
    ck_assert_ptr_null(triage_trainer_new(schema, &(struct spec){.cell = CELL_GRU},
                                          TASK_LAST, actions, 2, &training, &err));
    ck_assert_int_eq(err.status, STATUS_BAD_OPTION);
    ck_assert_str_eq(err.where, "--kernel");
    strbuf_release(&answer);
    triage_schema_free(schema);
    triage_model_free(model);
    ck_assert_int_eq(triage_kernels_force(before, NULL), STATUS_OK);
    ck_assert(triage_kernels_are_exact());
}
END_TEST

START_TEST(test_missing_file_is_an_error)
{
    struct error err = {.status = STATUS_OK};
    ck_assert_ptr_null(triage_model_load("models/nowhere.safetensors", &err));
    ck_assert_int_eq(err.status, STATUS_IO);
    ck_assert_str_eq(err.where, "models/nowhere.safetensors");
    ck_assert_ptr_null(triage_model_load("models/nowhere.safetensors", NULL));
    triage_model_free(NULL);
}
END_TEST

START_TEST(test_file_truncated_anywhere_is_refused)
{
    char *bytes;
    size_t length;
    ck_assert_int_eq(file_read(lesson, SIZE_MAX, &bytes, &length, NULL), STATUS_OK);
    for (size_t cut = 0; cut < length; cut++) {
        struct error err = {.status = STATUS_OK};
        char *part = malloc(cut + 1); /* so that reading past the end is found */
        memcpy(part, bytes, cut);
        ck_assert_ptr_null(triage_model_read("cut", part, cut, &err));
        ck_assert_msg(err.status == STATUS_BAD_FORMAT, "after %zu bytes: %s", cut,
                      triage_status_name(err.status));
        free(part);
    }
    free(bytes);
}
END_TEST

/* Each byte in turn: the file is refused, or gives a model that can be freed. */
START_TEST(test_byte_flipped_anywhere_is_refused_or_harmless)
{
    static const unsigned char masks[] = {0x01, 0x08, 0x20, 0x80, 0xFF};
    char *bytes;
    size_t length;
    ck_assert_int_eq(file_read(lesson, SIZE_MAX, &bytes, &length, NULL), STATUS_OK);
    for (size_t i = 0; i < length; i++)
        for (size_t m = 0; m < sizeof masks; m++) {
            struct error err = {.status = STATUS_OK};
            bytes[i] = (char)(bytes[i] ^ masks[m]);
            struct model *model = triage_model_read("flipped", bytes, length, &err);
            ck_assert_msg(model || err.status == STATUS_BAD_FORMAT, "byte %zu: %s", i,
                          triage_status_name(err.status));
            triage_model_free(model);
            bytes[i] = (char)(bytes[i] ^ masks[m]);
        }
    free(bytes);
}
END_TEST

/* ---- writing ----------------------------------------------------------------------------- */

/* The file read and written again, without its golden history. */
static struct strbuf write_again(const char *bytes, size_t length)
{
    struct error err = {.status = STATUS_OK};
    struct trained_model *model =
        model_file_read("file", (const unsigned char *)bytes, length, &err);
    struct strbuf text;
    ck_assert_msg(model, "%s: %s", err.where, err.text);
    strbuf_init(&text, SIZE_MAX);
    model_file_write(model, NULL, &text);
    ck_assert(!text.has_failed);
    trained_model_free(model);
    return text;
}

START_TEST(test_reading_and_writing_keeps_the_bytes)
{
    /* Numbers that are easily printed in two ways. */
    const struct report report = {.epochs = 3,
                                  .train_count = 10,
                                  .train_loss = 3.1e-7,
                                  .validation_loss = 1.0 / 3.0,
                                  .clip_rate = 1e-5,
                                  .norm_largest = 2.5e17};
    struct spec spec = sample_spec(_i, _i % 2 == 0 ? 3 : 0, 4, 2, 1 + (uint32_t)_i % 2);
    struct trainer *trainer = sample_trainer(sample_rich, &spec, 0.7f, 5);
    struct error err = {.status = STATUS_OK};
    json_t *notes =
        json_pack("{s:f,s:f,s:s}", "baseline", 0.1, "tiny", 1e-7, "file", "x.jsonl");
    const uint32_t ids[] = {2, 3, 1};
    const struct example example = {
        .history = {.ids = ids, .values = (float[30]){0}, .length = 1}};
    const struct training_data histories = {.train = &example, .train_count = 1};
    const struct model_annex annex = {
        .report = &report, .notes = notes, .histories = &histories};
    char *bytes;
    size_t length;
    ck_assert_int_eq(triage_trainer_write(trainer, &annex, &bytes, &length, &err),
                     STATUS_OK);
    struct strbuf again = write_again(bytes, length);
    size_t same = 0;
    while (same < length && same < again.length && again.bytes[same] == bytes[same])
        same++;
    ck_assert_msg(same == length && again.length == length, "%s: differs from %.40s",
                  sample_cells[_i].name, bytes + same);
    strbuf_release(&again);
    free(bytes);
    json_decref(notes);
    triage_trainer_free(trainer);
}
END_TEST

static bool (*const failures[])(unsigned *) = {failing_malloc_next,
                                               failing_malloc_next_from};

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; failures[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        struct model *model = triage_model_load(lesson, &err);
        ck_assert_msg((model == NULL) == failing_malloc_has_failed(), "allocation %u", n);
        ck_assert_int_eq(err.status, model ? STATUS_OK : STATUS_NO_MEMORY);
        triage_model_free(model);
    }
}
END_TEST

START_TEST(test_writing_runs_out_of_memory)
{
    struct model *model = triage_model_load(lesson, NULL);
    for (unsigned n = 0; failures[_i](&n);) {
        struct strbuf text;
        strbuf_init(&text, SIZE_MAX);
        model_file_write(model->trained, "{}", &text);
        ck_assert_int_eq(text.has_failed, failing_malloc_has_failed());
        strbuf_release(&text);
    }
    triage_model_free(model);
}
END_TEST

Suite *model_load_suite(void)
{
    Suite *suite = suite_create("model_load");
    TCase *tc = tcase_create("model_load");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test_lesson_is_loaded);
    tcase_add_test(tc, test_header_is_checked_before_the_tensors_are_read);
    tcase_add_loop_test(tc, test_only_regular_files_are_opened, 0, COUNT(other_kinds));
    tcase_add_test(tc, test_devices_are_not_opened);
    tcase_add_test(tc, test_kernels_with_other_bits_are_named);
    tcase_add_test(tc, test_missing_file_is_an_error);
    tcase_add_test(tc, test_file_truncated_anywhere_is_refused);
    tcase_add_test(tc, test_byte_flipped_anywhere_is_refused_or_harmless);
    tcase_add_loop_test(tc, test_reading_and_writing_keeps_the_bytes, 0, SAMPLE_CELLS);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, COUNT(failures));
    tcase_add_loop_test(tc, test_writing_runs_out_of_memory, 0, COUNT(failures));
    suite_add_tcase(suite, tc);
    return suite;
}

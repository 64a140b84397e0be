/* The file that a trainer writes, and the golden history in it. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "infer/model.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "support/tmpdir.h"
#include "trainer.h"
#include "unit/suites.h"

static const char *const actions[] = {"no", "yes"};

static const struct training training = {.seed = 1, .threads = 1};

static const struct {
    const char *about, *golden;
    enum status status;
    const char *where;
} goldens[] = {
    {"strings", "{\"events\": [\"a\", \"zebra\", \"c\"]}", STATUS_OK, ""},
    {"fields, numbers and times",
     "{\"id\": \"INC\", \"fields\": {\"service\": \"db\"}, \"events\": [{\"event\": "
     "\"a\", "
     "\"latency\": 0.1, \"time\": 1.25}, {\"event\": \"b\", \"time\": 17}]}",
     STATUS_OK, ""},
    {"values that look like missing ones, and seconds that look like a date",
     "{\"events\": [{\"event\": \"NULL\", \"service\": \"n/a\", \"time\": 20261122}, "
     "{\"event\": \"?\", \"is_paged\": \"TRUE\", \"time\": 40000000000}]}",
     STATUS_OK, ""},
    {"fields that are null", "{\"fields\": null, \"events\": [\"a\"]}", STATUS_OK, ""},
    {"no event", "{\"events\": []}", STATUS_BAD_INPUT, "/golden/events"},
    {"a bad event", "{\"events\": [3]}", STATUS_BAD_INPUT, "/golden/events/0"},
};

START_TEST(test_golden_history_is_written_or_refused)
{
    struct spec spec = sample_spec(2, 3, 4, 2, 2);
    struct trainer *trainer = sample_trainer(sample_rich, &spec, 0.8f, 1);
    json_t *golden = json_read(goldens[_i].golden, strlen(goldens[_i].golden), NULL);
    struct error err = {.status = STATUS_OK};
    char *bytes;
    size_t length;
    enum status status = triage_trainer_write(
        trainer, &(struct model_annex){.golden = golden}, &bytes, &length, &err);
    ck_assert_msg(status == goldens[_i].status, "%s: %s: %s", goldens[_i].about,
                  triage_status_name(status), err.text);
    ck_assert_str_eq(err.where, goldens[_i].where);
    if (status == STATUS_OK) {
        struct model *model = triage_model_read("golden", bytes, length, NULL);
        ck_assert_ptr_nonnull(model);
        ck_assert_ptr_nonnull(model->trained->golden);
        triage_model_free(model);
    }
    free(bytes);
    json_decref(golden);
    triage_trainer_free(trainer);
}
END_TEST

START_TEST(test_saved_bytes_are_those_written)
{
    struct spec spec = sample_spec(2, 3, 4, 1, 1);
    struct trainer *trainer = sample_trainer(sample_plain, &spec, 0.8f, 1);
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH], *bytes, *saved;
    size_t length, saved_length;
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "toy.safetensors", path);
    ck_assert_int_eq(triage_trainer_write(trainer, NULL, &bytes, &length, NULL),
                     STATUS_OK);
    ck_assert_int_eq(triage_trainer_save(trainer, path, NULL, NULL), STATUS_OK);
    ck_assert_int_eq(file_read(path, SIZE_MAX, &saved, &saved_length, NULL), STATUS_OK);
    ck_assert_uint_eq(saved_length, length);
    ck_assert_mem_eq(saved, bytes, length);
    ck_assert_int_eq(triage_trainer_save(trainer, "/nowhere/toy.safetensors", NULL, NULL),
                     STATUS_IO);
    free(saved);
    free(bytes);
    tmpdir_release(&tmpdir);
    triage_trainer_free(trainer);
}
END_TEST

static bool (*const failures[])(unsigned *) = {failing_malloc_next,
                                               failing_malloc_next_from};

START_TEST(test_writing_without_memory)
{
    static const char golden_text[] = "{\"fields\": {}, \"events\": [\"a\", \"zebra\"]}";
    struct schema *schema = sample_schema(sample_rich);
    struct spec spec = sample_spec(2, 3, 2, 1, 1);
    json_t *golden = json_read(golden_text, strlen(golden_text), NULL);
    json_t *notes = json_pack("{s:s}", "data", "toy.jsonl");
    const struct report report = {.epochs = 1};
    const uint32_t ids[] = {2, 3, 1};
    const struct example example = {
        .history = {.ids = ids, .values = (float[30]){0}, .length = 1}};
    const struct training_data histories = {.train = &example, .train_count = 1};
    const struct model_annex annex = {
        .golden = golden, .report = &report, .notes = notes, .histories = &histories};
    for (unsigned n = 0; failures[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        char *bytes = NULL;
        size_t length;
        struct trainer *trainer =
            triage_trainer_new(schema, &spec, TASK_LAST, actions, 2, &training, &err);
        enum status status =
            trainer ? triage_trainer_write(trainer, &annex, &bytes, &length, &err)
                    : err.status;
        ck_assert_msg(status ==
                          (failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK),
                      "allocation %u: %s: %s", n, triage_status_name(status), err.text);
        ck_assert_int_eq(err.status, status);
        ck_assert((bytes == NULL) == (status != STATUS_OK));
        free(bytes);
        triage_trainer_free(trainer);
    }
    json_decref(golden);
    json_decref(notes);
    triage_schema_free(schema);
}
END_TEST

Suite *model_writer_suite(void)
{
    Suite *suite = suite_create("model_writer");
    TCase *tc = tcase_create("model_writer");
    tcase_add_loop_test(tc, test_golden_history_is_written_or_refused, 0, COUNT(goldens));
    tcase_add_test(tc, test_saved_bytes_are_those_written);
    tcase_add_loop_test(tc, test_writing_without_memory, 0, COUNT(failures));
    suite_add_tcase(suite, tc);
    return suite;
}

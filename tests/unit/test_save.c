/* A trainer before and after learning: fresh weights, and the file that is written. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "infer/model.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "support/tmpdir.h"
#include "trainer.h"
#include "unit/suites.h"

static const char *const actions[] = {"no", "yes"};

static const struct training training = {.seed = 1, .threads = 1};

START_TEST(test_fresh_weights)
{
    struct spec spec = sample_spec(1, 8, 16, 2, 2);
    struct schema *schema = sample_schema(sample_rich);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, TASK_LAST, actions, 2, &training, NULL);
    size_t count;

    ck_assert_ptr_null(triage_trainer_tensor(trainer, "rnn.weight_ih_l2", &count));
    const float *table = triage_trainer_tensor(trainer, "embedding.event.weight", &count);
    ck_assert_uint_eq(count, 7 * 8);
    for (size_t i = 0; i < 16; i++)
        assert_close("rows unknown and missing", i, (double)table[i], 0, 0);
    const float *bias = triage_trainer_tensor(trainer, "rnn.bias_ih_l1_reverse", &count);
    ck_assert_uint_eq(count, 64);
    for (size_t i = 0; i < count; i++) /* +-1/4, and 1 more for the forget gate */
        assert_close("a bias", i, (double)bias[i], i / 16 == 1 ? 1 : 0, 0.25);
    const float *w = triage_trainer_tensor(trainer, "rnn.weight_hh_l0", &count);
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)w[i]));
    ck_assert(largest > 0.2 && largest <= 0.25);
    const float *head_bias = triage_trainer_tensor(trainer, "head.bias", &count);
    ck_assert(count == 2 && head_bias[0] == 0.0f && head_bias[1] == 0.0f);
    triage_trainer_free(trainer);
    triage_trainer_free(NULL);
    triage_schema_free(schema);
}
END_TEST

static const struct {
    const char *about;
    const char *actions[3];
    size_t count;
    const char *text;
} bad_names[] = {
    {"none", {NULL}, 0, "there are 0 actions, expected 2 to 65536"},
    {"one", {"x"}, 1, "there are 1 actions, expected 2 to 65536"},
    {"one twice", {"x", "y", "x"}, 3, "\"x\" is given twice"},
};

START_TEST(test_bad_names)
{
    struct schema *schema = sample_schema(sample_plain);
    struct spec spec = sample_spec(0, 0, 2, 1, 1);
    struct error err = {.status = STATUS_OK};

    ck_assert_ptr_null(triage_trainer_new(schema, &spec, TASK_LAST, bad_names[_i].actions,
                                          bad_names[_i].count, &training, &err));
    ck_assert_int_eq(err.status, STATUS_BAD_INPUT);
    ck_assert_str_eq(err.where, "/actions");
    ck_assert_msg(strcmp(err.text, bad_names[_i].text) == 0, "%s: %s",
                  bad_names[_i].about, err.text);
    triage_schema_free(schema);
}
END_TEST

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
    {"fields that are null", "{\"fields\": null, \"events\": [\"a\"]}", STATUS_OK, ""},
    {"no event", "{\"events\": []}", STATUS_BAD_INPUT, "/golden/events"},
    {"a bad event", "{\"events\": [3]}", STATUS_BAD_INPUT, "/golden/events/0"},
};

START_TEST(test_golden_history)
{
    struct spec spec = sample_spec(2, 3, 4, 2, 2);
    struct trainer *trainer = sample_trainer(sample_rich, &spec, 0.8f, 1);
    json_t *golden = json_read(goldens[_i].golden, strlen(goldens[_i].golden), NULL);
    struct error err = {.status = STATUS_OK};
    char *bytes;
    size_t length;
    enum status status =
        triage_trainer_write(trainer, golden, NULL, NULL, &bytes, &length, &err);

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

START_TEST(test_saved_is_what_is_written)
{
    struct spec spec = sample_spec(2, 3, 4, 1, 1);
    struct trainer *trainer = sample_trainer(sample_plain, &spec, 0.8f, 1);
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH], *bytes, *saved;
    size_t length, saved_length;

    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "toy.safetensors", path);
    ck_assert_int_eq(
        triage_trainer_write(trainer, NULL, NULL, NULL, &bytes, &length, NULL),
        STATUS_OK);
    ck_assert_int_eq(triage_trainer_save(trainer, path, NULL, NULL, NULL, NULL),
                     STATUS_OK);
    ck_assert_int_eq(file_read(path, SIZE_MAX, &saved, &saved_length, NULL), STATUS_OK);
    ck_assert_uint_eq(saved_length, length);
    ck_assert_mem_eq(saved, bytes, length);
    ck_assert_int_eq(
        triage_trainer_save(trainer, "/nowhere/toy.safetensors", NULL, NULL, NULL, NULL),
        STATUS_IO);
    free(saved);
    free(bytes);
    tmpdir_release(&tmpdir);
    triage_trainer_free(trainer);
}
END_TEST

static bool (*const tortures[])(unsigned *) = {torture_again, torture_again_from};

START_TEST(test_making_and_writing_without_memory)
{
    static const char golden_text[] = "{\"fields\": {}, \"events\": [\"a\", \"zebra\"]}";
    struct schema *schema = sample_schema(sample_rich);
    struct spec spec = sample_spec(2, 3, 2, 1, 1);
    json_t *golden = json_read(golden_text, strlen(golden_text), NULL);
    json_t *notes = json_pack("{s:s}", "data", "toy.jsonl");
    const struct report report = {.epochs = 1};

    for (unsigned n = 0; tortures[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        char *bytes = NULL;
        size_t length;
        struct trainer *trainer =
            triage_trainer_new(schema, &spec, TASK_LAST, actions, 2, &training, &err);
        enum status status = trainer == NULL
                                 ? err.status
                                 : triage_trainer_write(trainer, golden, &report, notes,
                                                        &bytes, &length, &err);
        ck_assert_msg(status == (torture_has_struck() ? STATUS_NO_MEMORY : STATUS_OK),
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

Suite *save_suite(void)
{
    Suite *suite = suite_create("save");
    TCase *tc = tcase_create("save");
    tcase_add_loop_test(tc, test_golden_history, 0, COUNT(goldens));
    tcase_add_test(tc, test_saved_is_what_is_written);
    tcase_add_loop_test(tc, test_making_and_writing_without_memory, 0, COUNT(tortures));
    tcase_add_test(tc, test_fresh_weights);
    tcase_add_loop_test(tc, test_bad_names, 0, COUNT(bad_names));
    suite_add_tcase(suite, tc);
    return suite;
}

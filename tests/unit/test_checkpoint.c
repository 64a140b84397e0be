/*
 * Checkpoints: a training that was killed at any point goes on to the same bytes, and a file that
 * belongs to another training is refused.
 */
#include "train/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "infer/model.h"
#include "support/case_count.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "support/small_training.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

struct fixture {
    struct small_training *small;
    struct tmpdir folder;
    char path[TMPDIR_PATH];
    char *whole; /* the model of a training without a break */
    size_t length;
};

static struct fixture fixture_new(uint32_t members)
{
    struct fixture fixture = {.small = small_training_new()};
    struct report report;
    tmpdir_init(&fixture.folder);
    (void)tmpdir_join(&fixture.folder, "checkpoint", fixture.path);
    fixture.small->training.members = members;
    ck_assert_int_eq(small_training_run(fixture.small, NULL, NULL, &report,
                                        &fixture.whole, &fixture.length, NULL),
                     STATUS_OK);
    return fixture;
}

static void fixture_free(struct fixture *fixture)
{
    tmpdir_release(&fixture->folder);
    small_training_free(fixture->small);
    free(fixture->whole);
}

/* Counts the steps and epochs, and stops in front of one of them. */
struct stop {
    uint32_t left, epochs, steps;
};

static bool count_down(void *context, const struct progress *progress)
{
    struct stop *stop = context;
    stop->epochs += progress->has_epoch_ended;
    stop->steps += !progress->has_epoch_ended;
    return stop->left == 0 || --stop->left > 0;
}

/*
 * Stop after the given number of steps and epochs; 0: not at all.  The file is not written when a
 * training is stopped, so that it has the content that it would have if the program had been killed.
 * Returns how many steps there were.
 */
static struct stop run_until(const struct fixture *fixture, uint32_t left)
{
    struct stop stop = {.left = left};
    const struct progress_callback callback = {.call = count_down, .context = &stop};
    struct report report;
    ck_assert_int_eq(small_training_run(fixture->small, &callback, fixture->path, &report,
                                        NULL, NULL, NULL),
                     STATUS_OK);
    return stop;
}

/* Go on to the end: the model has the bytes of the training without a break. */
static struct stop go_on(const struct fixture *fixture, const char *about, uint32_t point)
{
    struct stop stop = {.left = 0};
    const struct progress_callback callback = {.call = count_down, .context = &stop};
    struct report report;
    struct error err = {0};
    size_t length;
    char *bytes;
    ck_assert_msg(small_training_run(fixture->small, &callback, fixture->path, &report,
                                     &bytes, &length, &err) == STATUS_OK,
                  "%s, %u: %s", about, (unsigned)point, err.text);
    ck_assert_msg(length == fixture->length && memcmp(bytes, fixture->whole, length) == 0,
                  "%s: stopped at %u, it ends at another model", about, (unsigned)point);
    free(bytes);
    return stop;
}

static const struct {
    const char *about;
    uint32_t members, patience;
    bool has_validation, refit, goes_on;
} trainings[] = {
    {"one network", 1, 2, true, false, false},
    {"two networks", 2, 2, true, false, false},
    {"one network without validation data", 1, 2, false, false, false},
    {"a training that stops early", 1, 1, true, false, false},
    {"one network and its refit", 1, 2, true, true, false},
    {"two networks and their refit", 2, 2, true, true, false},
    {"two networks that go on from a model", 2, 2, true, true, true},
};

START_TEST(test_a_killed_training_goes_on_to_the_same_bytes)
{
    struct fixture fixture = fixture_new(trainings[_i].members);
    struct small_training *small = fixture.small;
    struct report report;
    free(fixture.whole);
    small->training.epochs = 3;
    small->training.patience = trainings[_i].patience;
    small->training.refit = trainings[_i].refit;
    small->training.init = INIT_CHRONO;
    small->data.validation_count = trainings[_i].has_validation ? SMALL_VALIDATION : 0;
    struct model *from = sample_finish(small_training_trainer(&small->training));
    small->training.seed++; /* the drawn weights are not those of the model */
    small->from = trainings[_i].goes_on ? from : NULL;
    ck_assert_int_eq(small_training_run(small, NULL, NULL, &report, &fixture.whole,
                                        &fixture.length, NULL),
                     STATUS_OK);
    const struct stop all = run_until(&fixture, 0);
    const uint32_t points = all.steps + all.epochs;
    for (uint32_t point = 1; point <= points; point += case_count_is_reduced() ? 5 : 1) {
        (void)unlink(fixture.path);
        struct stop before = run_until(&fixture, point);
        struct stop after = go_on(&fixture, trainings[_i].about, point);
        ck_assert_msg(before.epochs + after.epochs == all.epochs,
                      "%s: stopped at %u, %u of %u epochs ran twice", trainings[_i].about,
                      (unsigned)point,
                      (unsigned)(before.epochs + after.epochs - all.epochs),
                      (unsigned)all.epochs);
    }
    triage_model_free(from);
    fixture_free(&fixture);
}
END_TEST

START_TEST(test_it_goes_on_with_any_number_of_threads)
{
    struct fixture fixture = fixture_new(2);
    (void)run_until(&fixture, 10);
    fixture.small->training.threads = 3;
    (void)go_on(&fixture, "three threads", 10);
    fixture_free(&fixture);
}
END_TEST

/* ---- files that are refused ------------------------------------------------------------------ */

enum change { SEED, FROM, LABEL, EVENT, SHORTER, EMPTY, BYTE, FOREIGN, BUILD, MEMBER };

static const struct {
    const char *about;
    enum change change;
    const char *text;
} refused[] = {
    {"another seed", SEED,
     "a checkpoint of another recipe: settings, schema, actions or initial weights "
     "differ"},
    {"another model to go on from", FROM,
     "a checkpoint of another recipe: settings, schema, actions or initial weights "
     "differ"},
    {"another action of an example", LABEL, "a checkpoint of other data"},
    {"another event of an example", EVENT, "a checkpoint of other data"},
    {"a file that was cut", SHORTER, "the checkpoint is cut short or damaged"},
    {"an empty file", EMPTY, "not a checkpoint of a training"},
    {"a byte that has changed", BYTE, "the checkpoint is cut short or damaged"},
    {"a file of something else", FOREIGN, "not a checkpoint of a training"},
    {"the checkpoint of another build", BUILD,
     "a checkpoint of another build, or of another kind of processor"},
    {"a network that the training does not have", MEMBER,
     "the checkpoint does not fit this training"},
};

static void change_file(const char *path, enum change change)
{
    /* bytes before the digest of the build, and before the number of the network */
    enum { BUILD_AT = 20, MEMBER_AT = BUILD_AT + 3 * SHA256_BYTES + 4 };
    char *bytes;
    size_t length;
    ck_assert_int_eq(file_read(path, SIZE_MAX, &bytes, &length, NULL), STATUS_OK);
    size_t kept = change == SHORTER ? length - 1 : change == EMPTY ? 0 : length;
    bytes[0] = change == FOREIGN ? '{' : bytes[0];
    bytes[length / 2] = (char)(bytes[length / 2] + (change == BYTE));
    bytes[BUILD_AT] = (char)(bytes[BUILD_AT] + (change == BUILD));
    bytes[MEMBER_AT] = (char)(bytes[MEMBER_AT] + 100 * (change == MEMBER));
    if (change == BUILD || change == MEMBER) {
        struct sha256 hash;
        sha256_init(&hash);
        sha256_add(&hash, bytes, length - SHA256_BYTES);
        sha256_finish(&hash, (uint8_t *)bytes + length - SHA256_BYTES);
    }
    ck_assert_int_eq(file_write(path, bytes, kept, NULL), STATUS_OK);
    free(bytes);
}

START_TEST(test_the_checkpoint_of_another_training_is_refused)
{
    struct fixture fixture = fixture_new(1);
    struct small_training *small = fixture.small;
    struct error err = {0};
    struct report report;
    uint32_t ids[SMALL_EVENTS] = {2, 2, 2, 2, 2, 2};
    struct model *from = sample_finish(small_training_trainer(&small->training));
    small->from = refused[_i].change == FROM ? from : NULL;
    (void)run_until(&fixture, 12);
    switch (refused[_i].change) {
    case SEED:
        small->training.seed++;
        break;
    case FROM: /* the same weights, from another file */
        from->trained->digest[SHA256_HEX - 1] ^= 1;
        break;
    case LABEL:
        small->examples[0].action = (small->examples[0].action + 1) % SMALL_ACTIONS;
        break;
    case EVENT:
        memcpy(ids, small->examples[0].history.ids,
               small->examples[0].history.length * sizeof *ids);
        ids[0] = ids[0] == 2 ? 3 : 2;
        small->examples[0].history.ids = ids;
        break;
    case SHORTER:
    case EMPTY:
    case BYTE:
    case FOREIGN:
    case BUILD:
    case MEMBER:
        change_file(fixture.path, refused[_i].change);
        break;
    }
    ck_assert_int_eq(
        small_training_run(small, NULL, fixture.path, &report, NULL, NULL, &err),
        STATUS_BAD_INPUT);
    ck_assert_str_eq(err.where, fixture.path);
    ck_assert_msg(strcmp(err.text, refused[_i].text) == 0, "%s: %s", refused[_i].about,
                  err.text);
    triage_model_free(from);
    fixture_free(&fixture);
}
END_TEST

START_TEST(test_a_folder_that_cannot_be_written_is_an_error)
{
    struct fixture fixture = fixture_new(1);
    struct error err = {0};
    struct report report;
    (void)tmpdir_join(&fixture.folder, "no/file", fixture.path);
    ck_assert_int_eq(
        small_training_run(fixture.small, NULL, fixture.path, &report, NULL, NULL, &err),
        STATUS_IO);
    fixture_free(&fixture);
}
END_TEST

START_TEST(test_running_out_of_memory_is_an_error)
{
    struct fixture fixture = fixture_new(1);
    uint64_t pieces[2] = {1, 2};
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct checkpoint checkpoint = {.path = fixture.path};
        struct error err = {0};
        enum status status = checkpoint_open(&checkpoint, &err);
        for (size_t i = 0; i < 2 && status == STATUS_OK; i++)
            status = checkpoint_add(&checkpoint, &pieces[i], sizeof pieces[i], &err);
        ck_assert(!checkpoint_is_restoring(&checkpoint) || status != STATUS_OK);
        if (status == STATUS_OK)
            status = checkpoint_write(&checkpoint, &err);
        checkpoint_release(&checkpoint);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert(pieces[0] == 1 && pieces[1] == 2);
    }
    fixture_free(&fixture);
}
END_TEST

START_TEST(test_pieces_that_do_not_fit_are_refused)
{
    struct fixture fixture = fixture_new(1);
    struct checkpoint written = {.path = fixture.path}, read = {.path = fixture.path};
    struct error err = {0};
    char pieces[16] = "0123456789abcde";
    ck_assert_int_eq(checkpoint_add(&written, pieces, 8, NULL), STATUS_OK);
    ck_assert_int_eq(checkpoint_write(&written, NULL), STATUS_OK);
    ck_assert_int_eq(checkpoint_open(&read, NULL), STATUS_OK);
    ck_assert_int_eq(checkpoint_add(&read, pieces, 9, &err), STATUS_BAD_INPUT);
    ck_assert_str_eq(err.text, "the checkpoint does not fit this training");
    checkpoint_release(&read);
    fixture_free(&fixture);
}
END_TEST

Suite *checkpoint_suite(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tc = tcase_create("checkpoint");
    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, test_a_killed_training_goes_on_to_the_same_bytes, 0,
                        sizeof trainings / sizeof *trainings);
    tcase_add_test(tc, test_it_goes_on_with_any_number_of_threads);
    tcase_add_loop_test(tc, test_the_checkpoint_of_another_training_is_refused, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_test(tc, test_a_folder_that_cannot_be_written_is_an_error);
    tcase_add_test(tc, test_running_out_of_memory_is_an_error);
    tcase_add_test(tc, test_pieces_that_do_not_fit_are_refused);
    suite_add_tcase(suite, tc);
    return suite;
}

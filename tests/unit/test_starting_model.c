/* The model of train --from: the settings that are its own, and what its report hands on. */
#include "starting_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "support/failing_malloc.h"
#include "support/small_training.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

/* A model file of two networks, with notes in its report. */
static void write_model(const char *notes, struct tmpdir *folder, char path[TMPDIR_PATH])
{
    struct small_training *small = small_training_new();
    struct report report = {.train_count = 1, .member_count = 2};
    json_t *object = json_read(notes, strlen(notes), NULL);
    const struct model_annex annex = {.report = &report, .notes = object};
    small->training.members = 2;
    struct trainer *trainer = small_training_trainer(&small->training);
    tmpdir_init(folder);
    tmpdir_join(folder, "m.safetensors", path);
    ck_assert_int_eq(triage_trainer_save(trainer, path, &annex, NULL), STATUS_OK);
    triage_trainer_free(trainer);
    json_decref(object);
    small_training_free(small);
}

static const struct {
    const char *about, *notes, *left_out;
} reports[] = {
    {"nothing was left out", "{}", NULL},
    {"two fields", "{\"inputs\": {\"left_out\": [\"a\", \"b\"], \"trials\": []}}",
     "[\"a\", \"b\"]"},
    {"a list of something else", "{\"inputs\": {\"left_out\": [\"a\", 1]}}", NULL},
    {"no list", "{\"inputs\": {\"left_out\": \"a\"}}", NULL},
};

START_TEST(test_the_names_of_inputs_that_were_left_out_are_handed_on)
{
    struct tmpdir folder;
    char path[TMPDIR_PATH];
    struct starting_model from;
    const struct examples examples = {.action_count = SMALL_ACTIONS};
    json_t *notes = NULL;
    const char *text = reports[_i].left_out;
    json_t *expected = text ? json_read(text, strlen(text), NULL) : NULL;
    write_model(reports[_i].notes, &folder, path);
    ck_assert_int_eq(starting_model_load(&from, path, NULL), STATUS_OK);
    ck_assert_int_eq(starting_model_note(&from, &examples, &notes, NULL), STATUS_OK);
    const json_t *source = json_object_get(notes, "from");
    const json_t *handed_on =
        json_object_get(json_object_get(notes, "inputs"), "left_out");
    ck_assert_str_eq(json_string_value(json_object_get(source, "file")), "m.safetensors");
    ck_assert_str_eq(json_string_value(json_object_get(source, "digest")),
                     triage_model_digest(from.model));
    ck_assert_msg(expected ? json_equal(from.left_out, expected) &&
                                 json_equal(handed_on, expected)
                           : !from.left_out && !handed_on,
                  "%s", reports[_i].about);
    json_decref(expected);
    json_decref(notes);
    starting_model_release(&from);
    tmpdir_release(&folder);
}
END_TEST

START_TEST(test_the_recipe_gets_the_settings_of_the_model_and_no_others)
{
    struct tmpdir folder;
    char path[TMPDIR_PATH];
    struct starting_model from;
    struct recipe recipe;
    struct arena arena;
    struct error err = {.status = STATUS_OK};
    arena_init(&arena, SIZE_MAX);
    write_model("{}", &folder, path);
    ck_assert_int_eq(recipe_init(&recipe, &arena, NULL), STATUS_OK);
    ck_assert_int_eq(starting_model_load(&from, path, NULL), STATUS_OK);
    ck_assert_int_eq(starting_model_check(&from, &recipe, &err), STATUS_BAD_OPTION);
    starting_model_use(&from, &recipe);
    ck_assert_uint_eq(recipe.spec.hidden, triage_model_spec(from.model)->hidden);
    ck_assert_uint_eq(recipe.training.members, 2);
    ck_assert_int_eq(starting_model_check(&from, &recipe, NULL), STATUS_OK);
    recipe.training.members = 3;
    err.status = STATUS_OK;
    ck_assert_int_eq(starting_model_check(&from, &recipe, &err), STATUS_BAD_OPTION);
    ck_assert_str_eq(err.where, "--members");
    recipe_release(&recipe);
    starting_model_release(&from);
    tmpdir_release(&folder);
    arena_release(&arena);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct tmpdir folder;
    char path[TMPDIR_PATH];
    write_model("{\"inputs\": {\"left_out\": [\"a\"]}}", &folder, path);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct starting_model from;
        struct recipe recipe = {.with_end = true};
        enum status status = starting_model_load(&from, path, &err);
        if (status == STATUS_OK) {
            ck_assert_ptr_nonnull(from.left_out);
            starting_model_use(&from, &recipe);
            status = starting_model_check(&from, &recipe, &err);
        }
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(status, err.status);
        starting_model_release(&from);
    }
    tmpdir_release(&folder);
}
END_TEST

Suite *starting_model_suite(void)
{
    Suite *suite = suite_create("starting_model");
    TCase *tc = tcase_create("starting_model");
    tcase_add_loop_test(tc, test_the_names_of_inputs_that_were_left_out_are_handed_on, 0,
                        COUNT(reports));
    tcase_add_test(tc, test_the_recipe_gets_the_settings_of_the_model_and_no_others);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}

/* The settings that a search tries, and the times that it is given. */
#include "search/search.h"

#include <math.h>
#include <string.h>

#include "base/option_table.h"
#include "search/search_space.h"
#include "unit/suites.h"

static void recipe_defaults(struct spec *spec, struct training *training)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct option_table tables[] = {
        {.options = triage_spec_options, .values = spec, .arena = &arena},
        {.options = triage_training_options, .values = training, .arena = &arena}};
    for (int i = 0; i < 2; i++)
        ck_assert(option_table_set_defaults(&tables[i], NULL) == STATUS_OK);
    arena_release(&arena);
}

static const struct {
    const char *about, *text;
    double seconds; /* 0: refused */
} times[] = {
    {"seconds", "600", 600},          {"seconds with a unit", "90s", 90},
    {"minutes", "10m", 600},          {"minutes with a longer unit", "10min", 600},
    {"hours", "1.5h", 5400},          {"nothing", "", 0},
    {"no number", "soon", 0},         {"another unit", "3d", 0},
    {"less than a second", "0.5", 0}, {"a time that is past", "-5", 0},
    {"not a number", "nan", 0},       {"without an end", "inf", 0},
    {"more than a year", "9000h", 0}, {"two units", "1h30m", 0},
};

START_TEST(test_times_are_read_with_units)
{
    struct error err = {.status = STATUS_OK};
    double seconds = 0.0;
    enum status status = search_seconds(times[_i].text, &seconds, &err);
    ck_assert_msg((status == STATUS_OK) == (times[_i].seconds > 0.0), "%s",
                  times[_i].about);
    if (status == STATUS_OK)
        ck_assert_double_eq(seconds, times[_i].seconds);
    else
        ck_assert_ptr_nonnull(strstr(err.text, "10m or 1h"));
}
END_TEST

START_TEST(test_point_0_is_the_recipe_and_every_point_is_within_bounds)
{
    struct search_space space;
    struct spec spec = {.cell = CELL_GRU};
    struct training training = {.epochs = 1};
    const bool is_fixed[SEARCH_DIMENSIONS] = {false};
    recipe_defaults(&spec, &training);
    search_space_init(&space, &spec, &training, is_fixed);
    ck_assert_uint_gt(space.size, 1000);
    for (uint64_t i = 0; i < space.size; i++) {
        struct spec tried = spec;
        struct training settings = training;
        struct search_point point = search_point_at(&space, i);
        ck_assert_uint_eq(search_point_index(&space, point), i);
        search_space_apply(&space, point, &tried, &settings);
        if (i == 0) {
            ck_assert(memcmp(&tried, &spec, sizeof spec) == 0);
            ck_assert_double_eq(settings.learning_rate, training.learning_rate);
            ck_assert_uint_eq(settings.epochs, training.epochs);
        }
        ck_assert(settings.batch >= 1 && tried.layers >= 1 && tried.hidden >= 1 &&
                  tried.cell <= CELL_GRU && settings.learning_rate > 0.0 &&
                  settings.learning_rate <= 10.0 && settings.dropout >= 0.0 &&
                  settings.dropout <= 0.95);
    }
}
END_TEST

START_TEST(test_settings_at_their_limits_stay_there)
{
    struct search_space space;
    struct spec spec = {.cell = CELL_RNN, .hidden = 4096, .layers = 8};
    struct training training = {
        .epochs = 100000, .batch = 65536, .learning_rate = 10.0, .dropout = 0.95};
    const bool is_fixed[SEARCH_DIMENSIONS] = {false};
    search_space_init(&space, &spec, &training, is_fixed);
    for (uint64_t i = 0; i < space.size; i++) {
        search_space_apply(&space, search_point_at(&space, i), &spec, &training);
        ck_assert(training.epochs <= 100000 && training.batch <= 65536 &&
                  training.learning_rate <= 10.0);
    }
}
END_TEST

START_TEST(test_a_given_option_is_not_searched)
{
    struct search_space space;
    struct spec spec = {.cell = CELL_GRU};
    struct training training = {.epochs = 1};
    recipe_defaults(&spec, &training);
    for (int i = 0; i < SEARCH_DIMENSIONS; i++) {
        bool is_fixed[SEARCH_DIMENSIONS] = {false};
        is_fixed[i] = true;
        search_space_init(&space, &spec, &training, is_fixed);
        for (int j = 0; j < SEARCH_DIMENSIONS; j++)
            ck_assert_msg((space.levels[j] == 1) == (i == j), "%s",
                          search_dimension_options[j]);
    }
    const bool all[SEARCH_DIMENSIONS] = {true, true, true, true, true, true, true};
    search_space_init(&space, &spec, &training, all);
    ck_assert_uint_eq(space.size, 1);
}
END_TEST

START_TEST(test_a_point_near_another_differs_in_at_most_two_settings)
{
    struct search_space space;
    struct spec spec = {.cell = CELL_GRU};
    struct training training = {.epochs = 1};
    struct random random;
    const bool is_fixed[SEARCH_DIMENSIONS] = {false};
    recipe_defaults(&spec, &training);
    search_space_init(&space, &spec, &training, is_fixed);
    random_init(&random, 1, 0);
    for (int i = 0; i < 1000; i++) {
        struct search_point any = search_point_draw(&space, NULL, &random);
        struct search_point near = search_point_draw(&space, &any, &random);
        int changes = 0;
        ck_assert_uint_lt(search_point_index(&space, any), space.size);
        for (int d = 0; d < SEARCH_DIMENSIONS; d++) {
            changes += any.level[d] != near.level[d];
            ck_assert_uint_lt(near.level[d], space.levels[d]);
        }
        ck_assert_int_le(changes, 2);
    }
}
END_TEST

START_TEST(test_a_point_is_written_as_the_options_that_repeat_it)
{
    struct search_space space;
    struct spec spec = {.cell = CELL_GRU};
    struct training training = {.epochs = 1};
    struct strbuf text;
    const bool is_fixed[SEARCH_DIMENSIONS] = {false};
    struct search_point point = {.level = {0}};
    recipe_defaults(&spec, &training);
    search_space_init(&space, &spec, &training, is_fixed);
    strbuf_init(&text, SIZE_MAX);
    search_point_write(&space, point, training.epochs, &text);
    ck_assert_uint_eq(text.length, 0);
    point.level[SEARCH_RATE] = 1;
    point.level[SEARCH_CELL] = 1;
    search_point_write(&space, point, 7, &text);
    ck_assert_str_eq(text.bytes, " --epochs 7 --learning-rate 0.001 --cell lstm");
    strbuf_release(&text);
}
END_TEST

Suite *search_suite(void)
{
    Suite *suite = suite_create("search");
    TCase *tcase = tcase_create("search");
    tcase_add_loop_test(tcase, test_times_are_read_with_units, 0, COUNT(times));
    tcase_add_test(tcase, test_point_0_is_the_recipe_and_every_point_is_within_bounds);
    tcase_add_test(tcase, test_settings_at_their_limits_stay_there);
    tcase_add_test(tcase, test_a_given_option_is_not_searched);
    tcase_add_test(tcase, test_a_point_near_another_differs_in_at_most_two_settings);
    tcase_add_test(tcase, test_a_point_is_written_as_the_options_that_repeat_it);
    suite_add_tcase(suite, tcase);
    return suite;
}

/* The line that a terminal shows while a model learns: whole where there is room, never wider. */
#include "progress.h"

#include <string.h>

#include "unit/suites.h"

static const struct progress at = {.epoch = 3,
                                   .epochs = 30,
                                   .step = 35,
                                   .steps = 70,
                                   .train_loss = 0.43204,
                                   .norm = 0.171,
                                   .has_validation = true};

static const struct {
    const char *about;
    unsigned columns;
    bool has_validated;
    double seconds;
    const char *line;
} lines[] = {
    {"room for all of it", 120, true, 2.5,
     "[==                      ] epoch 3/30  loss 0.4320  validation 0.3923, 80.7 %  "
     "norm "
     "0.17  at most 28 s left"},
    {"the usual terminal", 80, true, 2.5,
     "[=           ] epoch 3/30  loss 0.4320  validation 0.3923  norm 0.17  28 s left"},
    {"before the first validation", 80, false, 2.5,
     "[==                      ] epoch 3/30  loss 0.4320  norm 0.17  28 s left"},
    {"minutes", 80, false, 60,
     "[==                      ] epoch 3/30  loss 0.4320  norm 0.17  11 min left"},
    {"hours", 80, false, 3600,
     "[==                      ] epoch 3/30  loss 0.4320  norm 0.17  11.0 h left"},
    {"no room for a bar", 66, true, 2.5,
     "epoch 3/30  loss 0.4320  validation 0.3923  norm 0.17  28 s left"},
    {"cut", 20, true, 2.5, "epoch 3/30  loss 0."},
    {"no room at all", 1, true, 2.5, ""},
};

START_TEST(test_line)
{
    const struct screen screen = {.has_validated = lines[_i].has_validated,
                                  .validation_loss = 0.39231,
                                  .validation_accuracy = 0.8067};
    char room[320];

    progress_line(room, sizeof room, &screen, &at, lines[_i].seconds, lines[_i].columns);
    ck_assert_msg(strcmp(room, lines[_i].line) == 0, "%s: \"%s\", expected \"%s\"",
                  lines[_i].about, room, lines[_i].line);
    ck_assert_uint_lt(strlen(room), lines[_i].columns);
}
END_TEST

/* At the end the bar is full, and for any width the line fits. */
START_TEST(test_any_width)
{
    const struct screen screen = {.has_validated = true};
    struct progress end = at;
    char room[320];

    end.epoch = end.epochs;
    end.step = end.steps;
    for (unsigned columns = 1; columns < 300; columns++) {
        progress_line(room, sizeof room, &screen, &end, 1e6, columns);
        ck_assert_uint_lt(strlen(room), columns);
        ck_assert_msg(strstr(room, "= ") == NULL, "%s", room);
    }
}
END_TEST

Suite *progress_suite(void)
{
    Suite *suite = suite_create("progress");
    TCase *tcase = tcase_create("progress");

    tcase_add_loop_test(tcase, test_line, 0, COUNT(lines));
    tcase_add_test(tcase, test_any_width);
    suite_add_tcase(suite, tcase);
    return suite;
}

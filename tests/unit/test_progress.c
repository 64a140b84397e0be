/* The line that a terminal shows during a training: complete if it fits, never too long. */
#include "progress.h"

#include <string.h>

#include "unit/suites.h"

static const struct progress progress = {.epoch = 3,
                                         .epochs = 30,
                                         .step = 35,
                                         .steps = 70,
                                         .train_loss = 0.43204,
                                         .norm = 0.171,
                                         .has_validation = true};

static const struct {
    const char *about;
    unsigned columns;
    bool has_validation;
    double elapsed_s;
    const char *line;
} lines[] = {
    {"everything fits", 120, true, 2.5,
     "[==                      ] epoch 3/30  loss 0.4320  validation 0.3923, 80.7 %"
     "  norm 0.17  at most 28 s left"},
    {"the usual terminal", 80, true, 2.5,
     "[=           ] epoch 3/30  loss 0.4320  validation 0.3923  norm 0.17  28 s left"},
    {"before the first validation", 80, false, 2.5,
     "[==                      ] epoch 3/30  loss 0.4320  norm 0.17  28 s left"},
    {"minutes", 80, false, 60,
     "[==                      ] epoch 3/30  loss 0.4320  norm 0.17  11 min left"},
    {"hours", 80, false, 3600,
     "[==                      ] epoch 3/30  loss 0.4320  norm 0.17  11.0 h left"},
    {"the bar does not fit", 66, true, 2.5,
     "epoch 3/30  loss 0.4320  validation 0.3923  norm 0.17  28 s left"},
    {"cut", 20, true, 2.5, "epoch 3/30  loss 0."},
    {"nothing fits", 1, true, 2.5, ""},
};

START_TEST(test_line_at_each_width)
{
    const struct progress_display display = {.has_validation = lines[_i].has_validation,
                                             .validation_loss = 0.39231,
                                             .validation_accuracy = 0.8067};
    char buffer[320];
    progress_display_line(&display, &progress, lines[_i].elapsed_s, lines[_i].columns,
                          buffer, sizeof buffer);
    ck_assert_msg(strcmp(buffer, lines[_i].line) == 0, "%s: \"%s\", expected \"%s\"",
                  lines[_i].about, buffer, lines[_i].line);
    ck_assert_uint_lt(strlen(buffer), lines[_i].columns);
}
END_TEST

/* At the end the bar is full, and the line fits any terminal. */
START_TEST(test_line_fits_any_width)
{
    const struct progress_display display = {.has_validation = true};
    struct progress end = progress;
    char buffer[320];
    end.epoch = end.epochs;
    end.step = end.steps;
    for (unsigned columns = 1; columns < 300; columns++) {
        progress_display_line(&display, &end, 1e6, columns, buffer, sizeof buffer);
        ck_assert_uint_lt(strlen(buffer), columns);
        ck_assert_msg(!strstr(buffer, "= "), "%s", buffer);
    }
}
END_TEST

Suite *progress_suite(void)
{
    Suite *suite = suite_create("progress");
    TCase *tcase = tcase_create("progress");
    tcase_add_loop_test(tcase, test_line_at_each_width, 0, COUNT(lines));
    tcase_add_test(tcase, test_line_fits_any_width);
    suite_add_tcase(suite, tcase);
    return suite;
}

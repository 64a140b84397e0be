/*
 * Any bytes as a data file give the same examples with one thread and with three, or the same
 * error, which names a place.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/examples.h"
#include "fuzz/targets.h"
#include "support/data_keys.h"

static const struct data_keys keys = {DATA_KEYS("time", ""), .time_format = ""};

static bool are_equal(const struct example *a, const struct example *b)
{
    return a->history.length == b->history.length &&
           a->history.reordered == b->history.reordered && a->action == b->action &&
           (a->actions == NULL) == (b->actions == NULL) &&
           (!a->actions ||
            memcmp(a->actions, b->actions, a->history.length * sizeof *a->actions) == 0);
}

static void compare(const struct examples *a, const struct examples *b)
{
    REQUIRE(a->train_count == b->train_count);
    REQUIRE(a->validation_count == b->validation_count);
    REQUIRE(a->action_count == b->action_count);
    for (size_t i = 0; i < a->action_count; i++)
        REQUIRE(strcmp(a->actions[i], b->actions[i]) == 0);
    for (size_t i = 0; i < a->train_count; i++)
        REQUIRE(are_equal(&a->train[i], &b->train[i]));
    REQUIRE(a->messages.warning_count == b->messages.warning_count);
    REQUIRE(a->messages.notes.length == b->messages.notes.length);
}

void fuzz_csv(const uint8_t *bytes, size_t length)
{
    char path[64];
    int file = memfd_create("csv", MFD_CLOEXEC);
    REQUIRE(file >= 0 && write(file, bytes, length) == (ssize_t)length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const char *const files[] = {path};
    const struct data_files data = {.files = files, .file_count = 1, .keys = &keys};
    for (int task = TASK_LAST; task <= TASK_EVERY; task++) {
        struct examples examples[2];
        struct error err[2] = {{.status = STATUS_OK}, {.status = STATUS_OK}};
        for (int i = 0; i < 2; i++) {
            const struct examples_settings settings = {.task = (enum task)task,
                                                       .with_end = true,
                                                       .seed = 1,
                                                       .threads = i == 0 ? 1 : 3};
            enum status status = examples_load(&examples[i], &data, &settings, &err[i]);
            REQUIRE(status == err[i].status);
            REQUIRE(status == STATUS_OK || err[i].text[0] != '\0');
        }
        REQUIRE(err[0].status == err[1].status);
        REQUIRE(strcmp(err[0].where, err[1].where) == 0);
        REQUIRE(strcmp(err[0].text, err[1].text) == 0);
        if (err[0].status == STATUS_OK)
            compare(&examples[0], &examples[1]);
        examples_release(&examples[0]);
        examples_release(&examples[1]);
    }
    close(file);
}

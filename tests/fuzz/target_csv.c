/* Any bytes give cases whose rows all become events, or an error that names a line. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/cases.h"
#include "fuzz/targets.h"

static const struct data_keys keys = {.id = "",
                                      .label = "action",
                                      .events = "events",
                                      .event = "event",
                                      .time = "time",
                                      .split = ""};

static void check_case(struct cases *cases, size_t index)
{
    struct error err = {.status = STATUS_OK};
    const size_t *lines;
    size_t count, last = 1;
    json_t *history = cases_history(cases, index, &lines, &count, &err);
    REQUIRE((history != NULL) == (err.status == STATUS_OK));
    REQUIRE(history || (err.status == STATUS_BAD_INPUT && err.where[0] == '/'));
    REQUIRE(count > 0);
    for (size_t i = 0; i < count; last = lines[i++])
        REQUIRE(lines[i] > last);
    if (!history)
        return;
    REQUIRE(json_array_size(json_object_get(history, "events")) == count);
    json_t *again = cases_history(cases, index, &lines, &count, &err);
    REQUIRE(json_equal(history, again) == 1);
    json_decref(again);
    json_decref(history);
}

void fuzz_csv(const uint8_t *bytes, size_t length)
{
    char path[64];
    int file = memfd_create("csv", MFD_CLOEXEC);
    struct error err = {.status = STATUS_OK};
    REQUIRE(file >= 0 && write(file, bytes, length) == (ssize_t)length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    for (int task = TASK_LAST; task <= TASK_EVERY; task++) {
        struct cases *cases = cases_read(path, &keys, (enum task)task, &err);
        REQUIRE((cases != NULL) == (err.status == STATUS_OK));
        REQUIRE(cases || (err.status != STATUS_NO_MEMORY && err.text[0] != '\0'));
        for (size_t i = 0; cases && i < cases_count(cases); i++)
            check_case(cases, i);
        cases_free(cases);
        err = (struct error){.status = STATUS_OK};
    }
    close(file);
}

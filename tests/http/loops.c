/* The CPUs that the threads of the service may run on. */
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/suites.h"

/* Put the CPUs of each thread loop-N into sets[N]; returns the number of such threads. */
static unsigned loop_cpus(cpu_set_t *sets, unsigned max)
{
    DIR *tasks = opendir("/proc/self/task");
    unsigned count = 0;
    ck_assert_ptr_nonnull(tasks);
    for (struct dirent *task; (task = readdir(tasks));) {
        char path[300], name[32] = "";
        unsigned index = 0;
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r");
        if (!file)
            continue;
        if (fgets(name, sizeof name, file) && sscanf(name, "loop-%u", &index) == 1 &&
            index < max) {
            pid_t id = (pid_t)strtol(task->d_name, NULL, 10);
            ck_assert_int_eq(sched_getaffinity(id, sizeof *sets, &sets[index]), 0);
            count++;
        }
        fclose(file);
    }
    closedir(tasks);
    return count;
}

static void serve_with_loops(unsigned loops, cpu_set_t *sets)
{
    settings.loops = loops;
    serve();
    ck_assert_uint_eq(loop_cpus(sets, loops), loops);
}

START_TEST(test_one_loop_per_cpu_pins_each_loop)
{
    cpu_set_t all, seen, *sets;
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    unsigned count = (unsigned)CPU_COUNT(&all);
    sets = calloc(count, sizeof *sets);
    serve_with_loops(count, sets);
    CPU_ZERO(&seen);
    for (unsigned i = 0; i < count; i++) {
        ck_assert_int_eq(CPU_COUNT(&sets[i]), 1);
        CPU_OR(&seen, &seen, &sets[i]);
    }
    ck_assert(CPU_EQUAL(&seen, &all));
    free(sets);
}
END_TEST

/* With more loops than CPUs the scheduler places them. */
START_TEST(test_other_numbers_of_loops_are_not_pinned)
{
    cpu_set_t all, *sets;
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    unsigned count = (unsigned)CPU_COUNT(&all) + 1;
    sets = calloc(count, sizeof *sets);
    serve_with_loops(count, sets);
    for (unsigned i = 0; i < count; i++)
        ck_assert(CPU_EQUAL(&sets[i], &all));
    free(sets);
}
END_TEST

Suite *loops_suite(void)
{
    Suite *suite = suite_create("loops");
    TCase *tcase = tcase_create("loops");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_one_loop_per_cpu_pins_each_loop);
    tcase_add_test(tcase, test_other_numbers_of_loops_are_not_pinned);
    suite_add_tcase(suite, tcase);
    return suite;
}

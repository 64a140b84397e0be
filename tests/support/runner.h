/* The main function of a test program. */
#ifndef TRIAGE_RUNNER_H
#define TRIAGE_RUNNER_H

#include <check.h>
#include <stdlib.h>

#include "engine.h"
#include "support/limit.h"

/* Run the suites [count], or those of CK_RUN_SUITE.  Returns the exit code. */
static inline int run_suites(Suite *(*const suites[])(void), size_t count)
{
    triage_init();
    limit_tests(); /* suites read the limit when they are made */
    SRunner *runner = srunner_create(NULL);
    for (size_t i = 0; i < count; i++)
        srunner_add_suite(runner, suites[i]());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif

/*
 * The unit tests: the suites of unit/suites.h, one after another.  CK_RUN_SUITE=json runs only that
 * suite; CK_FORK=no runs every test in this process, for a debugger.
 */
#include <stdlib.h>

#include "engine.h"
#include "support/limit.h"
#include "unit/suites.h"

int main(void)
{
    triage_init();
    limit_tests();
    SRunner *runner = srunner_create(NULL);
#define SUITE_ADD(name) srunner_add_suite(runner, name##_suite());
    SUITES(SUITE_ADD)
#undef SUITE_ADD
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Every suite, one after the other.  CK_RUN_SUITE=json runs one, CK_FORK=no stays here. */
#include <stdlib.h>

#include "engine.h"
#include "unit/suites.h"

int main(void)
{
    triage_init();
    setenv("CK_DEFAULT_TIMEOUT", "120", 0); /* for what hangs, not for what is slow */
    SRunner *runner = srunner_create(NULL);
#define SUITE_ADD(room) srunner_add_suite(runner, room##_suite());
    SUITES(SUITE_ADD)
#undef SUITE_ADD
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * The unit tests: the suites of unit/suites.h, one after another.  CK_RUN_SUITE=json runs only that
 * suite; CK_FORK=no runs every test in this process, for a debugger.
 */
#include "support/runner.h"
#include "unit/suites.h"

int main(void)
{
#define SUITE_ENTRY(name) name##_suite,
    static Suite *(*const suites[])(void) = {SUITES(SUITE_ENTRY)};
#undef SUITE_ENTRY
    return run_suites(suites, sizeof suites / sizeof *suites);
}

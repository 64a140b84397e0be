/*
 * The limits of time of a test program.  Where each test is a process of its own, check ends a test
 * that takes too long.  In one process (CK_FORK=no) only the limit of tests.mk does: it sends
 * SIGQUIT to the program, which then says where it was.
 */
#ifndef TRIAGE_LIMIT_H
#define TRIAGE_LIMIT_H

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void limit_is_reached(int number)
{
    static const char text[] = "FAILED: no end in time in the tests \"";
    const char *name = tcase_name() ? tcase_name() : "";
    (void)number;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0 ||
        write(STDERR_FILENO, name, strlen(name)) < 0 ||
        write(STDERR_FILENO, "\"\n", 2) < 0)
        _exit(2);
    _exit(EXIT_FAILURE);
}

/* At the begin of main.  The machine may be several times slower than usual. */
static inline void limit_tests(void)
{
    setenv("CK_DEFAULT_TIMEOUT", "120",
           0); /* seconds; for tests without a limit of their own */
    setenv("CK_TIMEOUT_MULTIPLIER", "3", 0);
    signal(SIGQUIT, limit_is_reached);
}

#endif

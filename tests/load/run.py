#!/usr/bin/env python3
"""Measures the service under load: slow clients, many connections, overload, stopping, a million
lines, a million requests.

    usage: run.py BUILD [EXPERIMENT...]

Needs an idle machine with at least two processors, so it is not part of `make test`.  The last
line of the output is "N passed, N failed".  Uses only the standard library.
"""

import importlib
import sys
import time

from report import Report

EXPERIMENTS = ("slow", "crowd", "overload", "stop", "lines", "soak", "hostile")


def main():
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(EXPERIMENTS):
        print(f"usage: run.py BUILD [{'|'.join(EXPERIMENTS)}]...", file=sys.stderr)
        return 2
    report = Report()
    for name in sys.argv[2:] or EXPERIMENTS:
        start = time.monotonic()
        experiment = importlib.import_module(name)
        print(f"\n{name}: {experiment.__doc__.splitlines()[0]}", flush=True)
        experiment.run(report, sys.argv[1])
        report.say(f"({time.monotonic() - start:.0f} s)")
    print(f"\n{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())

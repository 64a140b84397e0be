#!/usr/bin/env python3
"""What the service keeps under load, measured: slow clients, crowds, twice what it can carry,
stopping, a million lines, a million requests.

    usage: run.py BUILD [EXPERIMENT...]

Needs a quiet machine with two processors or more, for it measures: it is no part of `make
test`.  Prints what was seen; the last line is "N passed, N failed".  Standard library only.
"""

import importlib
import sys
import time

from report import Report

EXPERIMENTS = ("slow", "crowd", "overload", "stop", "lines", "soak")


def main():
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(EXPERIMENTS):
        print(f"usage: run.py BUILD [{'|'.join(EXPERIMENTS)}]...", file=sys.stderr)
        return 2
    report = Report()
    for name in sys.argv[2:] or EXPERIMENTS:
        start = time.monotonic()
        room = importlib.import_module(name)
        print(f"\n{name}: {room.__doc__.splitlines()[0]}", flush=True)
        room.run(report, sys.argv[1])
        report.say(f"({time.monotonic() - start:.0f} s)")
    print(f"\n{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""A million NDJSON lines through curl: each gets the answer of a single request."""

import itertools
import json
import random
import subprocess
import threading

from client import NAMES, Client, request
from service import Service

LINES = 1_000_000
KINDS = 997
GROWTH_BYTES = 8 << 20


def kinds():
    """Different histories, without the beginning of the object and its id."""
    random.seed(7)
    for _ in range(KINDS):
        events = [random.choice([*NAMES, "unknown"]) for _ in range(random.randint(1, 3))]
        yield f'"events": {json.dumps(events)}}}\n'.encode()


def feed(pipe, histories):
    for start in range(0, LINES, KINDS):
        pipe.write(b"".join(b'{"id": %d, ' % i + histories[i % KINDS]
                            for i in range(start, min(start + KINDS, LINES))))
    pipe.close()


def run(report, build):
    histories = list(kinds())
    with Service(build) as service:
        with Client(service.port) as client:
            alone = [client.exchange(request(b'{"id": 0, ' + each)).body for each in histories]
        expected = [each[len(b'{"id": 0'):] for each in alone]
        before = service.resident()
        curl = subprocess.Popen(
            ["curl", "-sS", "-N", "-X", "POST", "-T", "-", "-H",
             "Content-Type: application/x-ndjson", f"http://127.0.0.1:{service.port}/predict"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        feeder = threading.Thread(target=feed, args=(curl.stdin, histories))
        feeder.start()
        wrong = None
        count = 0
        for number, line in zip(itertools.count(), curl.stdout):
            count += 1
            if line != b'{"id": %d' % number + expected[number % KINDS]:
                wrong = wrong or (number, line)
        feeder.join()
        code = curl.wait()
        report.check(f"{count} answer lines, curl exits with {code}", count == LINES and code == 0)
        report.check(f"each as for a single request; first difference: {wrong}", not wrong)
        report.at_most("memory grew by at most", (service.status("VmHWM") - before) / 1024,
                       GROWTH_BYTES / 1024, " KiB")

"""Hostile bodies of 8 MB: the time of /livez beside four such clients on two loops, and memory after.

The bodies are those of tests/bench/hostile.c, which measures the decoder alone.
"""

import os
import subprocess
import tempfile
import threading
import time

from client import Client, Lost, history, percentile, request
from service import Service

CLIENTS, LOOPS = 4, 2
REPEATS = 2  # of a body, by each client
PROBE_S, LIVEZ_S = 0.005, 0.3
BACK_BYTES = 2 << 20


def post(port, data, codes):
    """Send a body a few times; the codes of the answers, 0 for a connection that was lost."""
    for _ in range(REPEATS):
        try:
            with Client(port) as client:
                codes.append(client.exchange(data).code)
        except (Lost, OSError):
            codes.append(0)


def probe(port, clients):
    """The seconds of each GET /livez, each on a new connection, while the clients run."""
    taken = []
    while any(client.is_alive() for client in clients) or not taken:
        begin = time.perf_counter()
        with Client(port) as client:
            if client.exchange(request(path="/livez")).code != 200:
                raise Lost
        taken.append(time.perf_counter() - begin)
        time.sleep(PROBE_S)
    return taken


def attack(service, body):
    """The slowest /livez beside the clients, and the codes that these got."""
    codes, data = [], request(body)
    clients = [threading.Thread(target=post, args=(service.port, data, codes))
               for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    taken = probe(service.port, clients)
    for client in clients:
        client.join()
    return taken, codes


def settled(service):
    """The resident bytes when nothing is in progress."""
    time.sleep(0.5)
    return service.resident()


def run(report, build):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([os.path.join(build, "bench-hostile"), "--write", folder], check=True)
        with Service(build, "--loops", str(LOOPS), "--model", "incident") as service:
            plain = request(history(20))
            for _ in range(50):  # each loop has answered
                with Client(service.port) as client:
                    client.exchange(plain)
            before = settled(service)
            for name in sorted(os.listdir(folder)):
                with open(os.path.join(folder, name), "rb") as file:
                    taken, codes = attack(service, file.read())
                kept = settled(service) - before
                report.say(f"{name}: codes {sorted(set(codes))}, {len(taken)} probes, median "
                           f"{1000 * percentile(taken, 0.5):.1f} ms")
                report.at_most(f"{name}: the slowest /livez", max(taken), LIVEZ_S, " s")
                report.at_most(f"{name}: memory kept", kept / 1e6, BACK_BYTES / 1e6, " MB")
                report.check(f"{name}: every client got an answer", 0 not in codes)

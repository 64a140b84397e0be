"""Clients that drip: 200 heads and 200 bodies that never end, beside a healthy one.

A byte now and then must not hold a connection past its deadline, nor slow anyone down.
"""

import itertools
import multiprocessing
import os
import selectors
import socket
import time

from client import HOST, history, latencies, percentile, request
from service import Service

EACH = 200
DEADLINE_S = 4
GRACE_S = 0.5  # the service looks now and then
TICK_S = 0.001
DRIPS = 2  # of them a tick: each sends a byte every 0.2 s, no two at the same moment

HEAD = b"POST /predict HTTP/1.1\r\nHost: load\r\n"
BODY = HEAD + b"Content-Length: 100000\r\n\r\n"


def drip(port, results):
    """Open them all, drip until each is closed; how long the longest took, and how many 408."""
    os.nice(19)  # it is the healthy one whose time is measured
    poller = selectors.DefaultSelector()
    said, opened = {}, {}
    for i in range(2 * EACH):
        client = socket.create_connection((HOST, port))
        client.send(HEAD + b"X: " if i % 2 else BODY)
        client.setblocking(False)
        poller.register(client, selectors.EVENT_READ)
        said[client], opened[client] = b"", time.monotonic()
    longest, told, left = 0, 0, 2 * EACH
    turns = itertools.cycle(list(said))
    end = time.monotonic() + 3 * DEADLINE_S
    while left and time.monotonic() < end:
        for key, _ in poller.select(TICK_S):
            client = key.fileobj
            try:
                more = client.recv(4096)
            except ConnectionError:
                more = b""
            said[client] += more
            if not more:
                longest = max(longest, time.monotonic() - opened[client])
                told += said[client].startswith(b"HTTP/1.1 408 ")
                poller.unregister(client)
                client.close()
                left -= 1
        for client in itertools.islice(turns, DRIPS):
            try:
                client.send(b"a")
            except OSError:
                pass  # it is closed, or will be
    results.put((left, longest, told))


def run(report, build):
    question = request(history(3))
    with Service(build, "--head-timeout-ms", str(DEADLINE_S * 1000),
                 "--body-timeout-ms", str(DEADLINE_S * 1000)) as service:
        mine = service.on_one_processor()
        idle = latencies(service.port, question, DEADLINE_S)
        results = multiprocessing.Queue()
        dripper = multiprocessing.Process(target=drip, args=(service.port, results))
        dripper.start()
        time.sleep(0.5)
        beside = latencies(service.port, question, DEADLINE_S)  # to their end
        left, longest, told = results.get(timeout=60)
        dripper.join()
        report.check(f"{2 * EACH} slow connections are gone: {left} left", left == 0)
        report.at_most("the last of them", longest, DEADLINE_S + GRACE_S, " s")
        report.check(f"each was told: {told} times 408", told == 2 * EACH)
        report.at_most(f"a healthy client's p99, idle {percentile(idle, 0.99) * 1e3:.3g} ms",
                       percentile(beside, 0.99) * 1e3, 2 * percentile(idle, 0.99) * 1e3, " ms")
        os.sched_setaffinity(0, mine)

"""Slow clients: 200 heads and 200 bodies that never end, beside a normal client.

A byte now and then must not keep a connection open past its deadline, or delay other clients.
"""

import itertools
import multiprocessing
import os
import selectors
import socket
import time

from client import HOST, history, latencies, percentile, request
from service import Service

CLIENTS = 200  # of each kind
DEADLINE_S = 4
GRACE_S = 0.5  # the service checks deadlines from time to time
TICK_S = 0.001
BYTES_PER_TICK = 2  # clients that send a byte in a tick: each sends one every 0.2 s

HEAD = b"POST /predict HTTP/1.1\r\nHost: load\r\n"
BODY = HEAD + b"Content-Length: 100000\r\n\r\n"


def send_slowly(port, results):
    """Send slowly on all connections until the service has closed them.

    Puts into results: connections still open, seconds of the longest, answers with 408.
    """
    os.nice(19)  # the time of the normal client is measured
    poller = selectors.DefaultSelector()
    received, opened = {}, {}
    for i in range(2 * CLIENTS):
        client = socket.create_connection((HOST, port))
        client.send(HEAD + b"X: " if i % 2 else BODY)
        client.setblocking(False)
        poller.register(client, selectors.EVENT_READ)
        received[client], opened[client] = b"", time.monotonic()
    longest, timeouts, left = 0, 0, 2 * CLIENTS
    turns = itertools.cycle(list(received))
    end = time.monotonic() + 3 * DEADLINE_S
    while left and time.monotonic() < end:
        for key, _ in poller.select(TICK_S):
            client = key.fileobj
            try:
                more = client.recv(4096)
            except ConnectionError:
                more = b""
            received[client] += more
            if not more:
                longest = max(longest, time.monotonic() - opened[client])
                timeouts += received[client].startswith(b"HTTP/1.1 408 ")
                poller.unregister(client)
                client.close()
                left -= 1
        for client in itertools.islice(turns, BYTES_PER_TICK):
            try:
                client.send(b"a")
            except OSError:
                pass  # the service has closed it
    results.put((left, longest, timeouts))


def run(report, build):
    data = request(history(3))
    with Service(build, "--head-timeout-ms", str(DEADLINE_S * 1000),
                 "--body-timeout-ms", str(DEADLINE_S * 1000)) as service:
        mine = service.on_one_processor()
        idle = latencies(service.port, data, DEADLINE_S)
        results = multiprocessing.Queue()
        slow_clients = multiprocessing.Process(target=send_slowly, args=(service.port, results))
        slow_clients.start()
        time.sleep(0.5)
        beside = latencies(service.port, data, DEADLINE_S)  # until the slow ones end
        left, longest, timeouts = results.get(timeout=60)
        slow_clients.join()
        report.check(f"{2 * CLIENTS} slow connections are closed: {left} left", left == 0)
        report.at_most("the last one after", longest, DEADLINE_S + GRACE_S, " s")
        report.check(f"each is answered: {timeouts} times 408", timeouts == 2 * CLIENTS)
        idle_ms, beside_ms = percentile(idle, 0.99) * 1e3, percentile(beside, 0.99) * 1e3
        report.at_most(f"p99 of a normal client (without slow clients {idle_ms:.3g} ms)",
                       beside_ms, 2 * idle_ms, " ms")
        os.sched_setaffinity(0, mine)

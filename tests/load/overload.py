"""Twice the capacity for half a minute: accepted requests are answered soon, others get 503.

The service has one processor, the client another.  --max-jobs and --max-waiting-events limit the
queue, and so the time that a request waits in it.  Requests are sent at fixed times, whatever
becomes of the earlier ones, and each is timed from its scheduled time.  Their histories are so
long that one takes about REQUEST_S, because the client is slow.
"""

import os
import random
import selectors
import time

from client import Answer, Client, history, latencies, percentile, request
from service import Service

REQUEST_S = 0.01
MAX_JOBS = 2
SECONDS = 30


class Connections:
    """Connections that are reused; one event loop sends requests on time and collects answers."""

    def __init__(self, port):
        self.port, self.idle, self.poller = port, [], selectors.DefaultSelector()
        self.seconds = {200: [], 503: []}
        self.wrong, self.sent, self.left = [], 0, 0

    def send(self, data, due, timeout=None):
        client = self.idle.pop() if self.idle else Client(self.port)
        client.due, client.leaves_at = due, timeout and due + timeout
        client.send(data)
        self.sent += 1
        self.poller.register(client.socket, selectors.EVENT_READ, client)

    def collect(self, seconds):
        for key, _ in self.poller.select(max(0, seconds)):
            client = key.data
            more = client.socket.recv(1 << 16)
            client.data += more
            answer, taken = Answer.parse(client.data)
            if not answer and more:
                continue
            self.poller.unregister(client.socket)
            if not answer:
                self.wrong.append("closed without an answer")
                client.socket.close()
                continue
            del client.data[:taken]
            self.add(answer, time.perf_counter() - client.due)
            if answer.closes:
                client.socket.close()
            else:
                self.idle.append(client)

    def add(self, answer, seconds):
        if answer.code not in self.seconds:
            self.wrong.append(answer.code)
        elif answer.code == 503 and b"\r\nretry-after: " not in answer.head.lower():
            self.wrong.append("503 without Retry-After")
        else:
            self.seconds[answer.code].append(seconds)

    def disconnect_late(self, now):
        for key in list(self.poller.get_map().values()):
            client = key.data
            if client.leaves_at and now >= client.leaves_at:
                self.poller.unregister(client.socket)
                client.reset()
                self.left += 1

    def close(self):
        for client in self.idle:
            client.socket.close()


def offer(port, data, rate, seconds, leaving=0.0, timeout=0.0):
    """Send requests at a rate; the share `leaving` of the clients disconnects early."""
    connections = Connections(port)
    begin = now = time.perf_counter()
    due = begin
    while now < begin + seconds or (connections.poller.get_map() and now < begin + seconds + 20):
        while due <= now < begin + seconds:
            leaves = random.random() < leaving
            connections.send(data, due, random.random() * timeout if leaves else None)
            due += 1 / rate
        connections.collect(min(0.001, due - now) if now < begin + seconds else 0.001)
        if leaving:
            connections.disconnect_late(now)
        now = time.perf_counter()
    if connections.poller.get_map():
        connections.wrong.append(f"{len(connections.poller.get_map())} without an answer")
    connections.close()
    return connections


def capacity(port, data, seconds=5):
    """The answers per second while the queue is full."""
    connections = Connections(port)
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end:
        while len(connections.poller.get_map()) < MAX_JOBS:
            connections.send(data, now)
        connections.collect(end - now)
    return len(connections.seconds[200]) / seconds


def events_of_a_request(build):
    """The number of events that take about REQUEST_S."""
    count = 1000
    with Service(build, "--loops", "1") as service:
        each = percentile(latencies(service.port, request(history(count)), 1), 0.5) / count
    return min(int(REQUEST_S / each), 50000)


def measure(report, service, about, data, idle, rate, **options):
    connections = offer(service.port, data, rate, SECONDS, **options)
    good, refused = connections.seconds[200], connections.seconds[503]
    report.say(f"{about}: {connections.sent} sent, {len(good)} answered "
               f"({len(good) / SECONDS:.0f}/s), {len(refused)} refused, {connections.left} left")
    report.check(f"only 200 and 503 with Retry-After; others: {connections.wrong[:3]}",
                 not connections.wrong)
    report.check("some requests are answered and some refused", good and refused)
    report.at_most(f"p99 of answered requests (median {percentile(good, 0.5) * 1e3:.3g} ms)",
                   percentile(good, 0.99) * 1e3, 5 * percentile(idle, 0.5) * 1e3, " ms")
    report.at_most("p99 of refused requests",
                   percentile(refused, 0.99) * 1e3, 5 * percentile(idle, 0.5) * 1e3, " ms")
    after = latencies(service.port, data, 2)
    report.at_most("median afterwards", percentile(after, 0.5) * 1e3,
                   1.2 * percentile(idle, 0.5) * 1e3, " ms")


def run(report, build):
    events = events_of_a_request(build)
    data = request(history(events))
    with Service(build, "--loops", "1", "--max-jobs", str(MAX_JOBS),
                 "--max-waiting-events", str(MAX_JOBS * events)) as service:
        mine = service.on_one_processor()
        idle = latencies(service.port, data, 3)
        answers_hz = capacity(service.port, data)
        report.say(f"{events} events; idle: median {percentile(idle, 0.5) * 1e3:.3g} ms, "
                   f"p99 {percentile(idle, 0.99) * 1e3:.3g} ms; capacity {answers_hz:.0f}/s")
        measure(report, service, "twice the capacity", data, idle, 2 * answers_hz)
        measure(report, service, "the same, half of the clients disconnect early", data, idle,
                2 * answers_hz, leaving=0.5, timeout=3 * percentile(idle, 0.5))
        os.sched_setaffinity(0, mine)

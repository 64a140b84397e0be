"""Twice what it can carry, for half a minute: what is taken is answered soon, the rest at once.

The service has one processor, the client another.  How much waits is limited by
--max-jobs and --max-waiting-events; how long that takes is theirs divided by the events a second.
Requests come at fixed times, whatever becomes of those before; each is timed from its own
moment.  Their histories are so long that one takes some HEAVY_S, for the client is no fast one.
"""

import os
import random
import selectors
import time

from client import Answer, Client, history, latencies, percentile, request
from service import Service

HEAVY_S = 0.01
WAITING = 2
SECONDS = 30


class Crowd:
    """Connections that are used again; one event loop sends on time and collects."""

    def __init__(self, port):
        self.port, self.idle, self.poller = port, [], selectors.DefaultSelector()
        self.taken = {200: [], 503: []}
        self.wrong, self.sent, self.left = [], 0, 0

    def send(self, data, moment, patience=None):
        client = self.idle.pop() if self.idle else Client(self.port)
        client.moment, client.leaves_at = moment, patience and moment + patience
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
            self.note(answer, time.perf_counter() - client.moment)
            if answer.closes:
                client.socket.close()
            else:
                self.idle.append(client)

    def note(self, answer, seconds):
        if answer.code not in self.taken:
            self.wrong.append(answer.code)
        elif answer.code == 503 and b"\r\nretry-after: " not in answer.head.lower():
            self.wrong.append("503 without Retry-After")
        else:
            self.taken[answer.code].append(seconds)

    def drop_impatient(self, now):
        for key in list(self.poller.get_map().values()):
            client = key.data
            if client.leaves_at and now >= client.leaves_at:
                self.poller.unregister(client.socket)
                client.reset()
                self.left += 1

    def close(self):
        for client in self.idle:
            client.socket.close()


def offer(port, data, rate, seconds, impatient=0.0, patience=0.0):
    """Requests at a rate; a share of them leave early."""
    crowd = Crowd(port)
    begin = now = time.perf_counter()
    due = begin
    while now < begin + seconds or (crowd.poller.get_map() and now < begin + seconds + 20):
        while due <= now < begin + seconds:
            leaves = random.random() < impatient
            crowd.send(data, due, random.random() * patience if leaves else None)
            due += 1 / rate
        crowd.collect(min(0.001, due - now) if now < begin + seconds else 0.001)
        if impatient:
            crowd.drop_impatient(now)
        now = time.perf_counter()
    if crowd.poller.get_map():
        crowd.wrong.append(f"{len(crowd.poller.get_map())} without an answer")
    crowd.close()
    return crowd


def capacity(port, data, seconds=5):
    """Answers a second that it can give, to as many as may wait."""
    crowd = Crowd(port)
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end:
        while len(crowd.poller.get_map()) < WAITING:
            crowd.send(data, now)
        crowd.collect(end - now)
    return len(crowd.taken[200]) / seconds


def heavy(build):
    """How many events take that long."""
    count = 1000
    with Service(build, "--loops", "1") as service:
        each = percentile(latencies(service.port, request(history(count)), 1), 0.5) / count
    return min(int(HEAVY_S / each), 50000)


def judge(report, service, about, data, idle, rate, **impatience):
    crowd = offer(service.port, data, rate, SECONDS, **impatience)
    good, refused = crowd.taken[200], crowd.taken[503]
    report.say(f"{about}: {crowd.sent} sent, {len(good)} answered "
               f"({len(good) / SECONDS:.0f}/s), {len(refused)} refused, {crowd.left} left early")
    report.check(f"only 200, and 503 with Retry-After; else {crowd.wrong[:3]}", not crowd.wrong)
    report.check("some of each", good and refused)
    report.at_most(f"p99 of what is answered (median {percentile(good, 0.5) * 1e3:.3g} ms)",
                   percentile(good, 0.99) * 1e3, 5 * percentile(idle, 0.5) * 1e3, " ms")
    report.at_most("p99 of what is refused",
                   percentile(refused, 0.99) * 1e3, 5 * percentile(idle, 0.5) * 1e3, " ms")
    after = latencies(service.port, data, 2)
    report.at_most("afterwards, median", percentile(after, 0.5) * 1e3,
                   1.2 * percentile(idle, 0.5) * 1e3, " ms")


def run(report, build):
    events = heavy(build)
    data = request(history(events))
    with Service(build, "--loops", "1", "--max-jobs", str(WAITING),
                 "--max-waiting-events", str(WAITING * events)) as service:
        mine = service.on_one_processor()
        idle = latencies(service.port, data, 3)
        carried = capacity(service.port, data)
        report.say(f"{events} events; idle: median {percentile(idle, 0.5) * 1e3:.3g} ms, "
                   f"p99 {percentile(idle, 0.99) * 1e3:.3g} ms; it can carry {carried:.0f}/s")
        judge(report, service, "twice that", data, idle, 2 * carried)
        judge(report, service, "the same, half of them leaving early", data, idle, 2 * carried,
              impatient=0.5, patience=3 * percentile(idle, 0.5))
        os.sched_setaffinity(0, mine)

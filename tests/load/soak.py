"""A million requests of every kind, one in twenty malformed: no wrong answer, nothing leaks.

What every request has to get is stored first; predictions are compared with `triage predict`.
"""

import os
import random
import re
import subprocess
import time

from client import FIRST, Client, Lost, history, request
from service import Service

REQUESTS = 1_000_000
WARM = REQUESTS // 10  # after which nothing may grow any more
GROWTH_BYTES = 1 << 20
CONNECTIONS = 8
NDJSON = "Content-Type: application/x-ndjson\r\n"
NAMED = "X-Request-Id: soak\r\n"
TORN = request(history(1), fields=NAMED + NDJSON)[:-9]  # and the client leaves


def bodies():
    for count in [*range(1, 12), 20, 33]:
        yield history(count)
        yield history(count, id=f"INC-{count}", model="incident")
        yield history(count).replace(FIRST[1].encode(), b"never heard of")
    yield history(3, fields={"service": "checkout", "colour": "red"})
    yield b'{"events": [{"event": "deploy_started", "time": 7}, {"event": "a", "time": 3}]}'


def good():
    for body in bodies():
        yield request(body, fields=NAMED)
    for count in (1, 3, 9):
        many = b",".join([history(count), history(2), history(1, id=count)])
        yield request(b'{"histories": [' + many + b"]}", fields=NAMED)
    for path in ("/models", "/livez", "/readyz", "/healthz"):
        yield request(path=path, fields=NAMED)
        yield request(path=path, fields=NAMED, method="HEAD")


def bad():
    for body in (b"", b"{", b"[]", b"7", b'{"events": []}', b'{"events": [7]}', b'{"events": "a"}',
                 b'{"events": ["a", {"event": "b", "time": 1}]}', b'{"model": "x", "events": ["a"]}',
                 b'{"histories": [{"events": ["a"]}, {}]}', b'{"events": ["\xff"]}',
                 b'{"a": 1, "a": 2, "events": ["a"]}', b'{"events": ["a"]} trailing'):
        yield request(body, fields=NAMED)
    yield request(b"<a/>", fields=NAMED + "Content-Type: text/xml\r\n")
    yield request(path="/nowhere", fields=NAMED)
    yield request(path="/predict", fields=NAMED, method="DELETE")
    yield request(history(1), fields=NAMED + "Content-Length: 3\r\n")
    yield request(path="/models", fields=NAMED + "Host: another\r\n")
    yield request(path="/models", fields=NAMED, method="BREW")
    yield TORN
    yield b"\x16\x03\x01 what is this\r\n\r\n"


def get(client, data):
    """Code and body of an answer, or None, and whether the connection goes on."""
    client.send(data)
    if data == TORN:
        client.reset()
        return None, False
    try:
        if data.startswith(b"HEAD"):
            return head(client), True
        answer = client.receive()
    except (Lost, ConnectionError):
        return None, False
    return (answer.code, answer.body), not answer.closes


def head(client):
    while b"\r\n\r\n" not in client.data:
        client.data += client.socket.recv(1 << 16)
    code = int(client.data[9:12])
    client.data.clear()
    return code, b""


def store(port, requests):
    answers = {}
    for data in requests:
        with Client(port) as client:
            answers[data] = get(client, data)[0]
    return answers


def predicted(build, service_models, stored):
    """How many of the stored single answers are not what `triage predict` says."""
    singles = [d for d, got in stored.items() if got and got[0] == 200 and b'"action"' in got[1]
               and b'"predictions"' not in got[1]]
    lines = b"".join(d.split(b"\r\n\r\n", 1)[1] + b"\n" for d in singles)
    said = subprocess.run([os.path.join(build, "triage"), "predict",
                           os.path.join(service_models, "incident.safetensors")],
                          input=lines, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    return sum(stored[d][1].rstrip() != line for d, line in zip(singles, said)), len(singles)


class Soak:
    def __init__(self, service, right, wrong, stored):
        self.service, self.right, self.wrong, self.stored = service, right, wrong, stored
        self.clients = [None] * CONNECTIONS
        self.mistakes, self.predictions, self.torn = [], 0, 0

    def ask(self, count):
        for i in range(count):
            data = random.choice(self.wrong if random.random() < 0.05 else self.right)
            at = i % CONNECTIONS
            self.clients[at] = self.clients[at] or Client(self.service.port)
            got, goes_on = get(self.clients[at], data)
            self.torn += data == TORN  # a stream, and begun: counted if it was seen at all
            self.predictions += bool(got) and got[0] == 200 and data.startswith(b"POST")
            if got != self.stored[data]:
                self.mistakes.append((data[:80], got))
            if not goes_on:
                self.clients[at].socket.close()
                self.clients[at] = None

    def figures(self):
        """When all connections are gone: memory, descriptors, threads."""
        for client in filter(None, self.clients):
            client.socket.close()
        self.clients = [None] * CONNECTIONS
        time.sleep(0.5)
        return (self.service.resident(), self.service.descriptors(),
                self.service.status("Threads"))


def counted(service):
    """Good requests to /predict, by the page of numbers."""
    with Client(service.port) as client:
        page = client.ask(request(path="/metrics")).body.decode()
    return int(re.search(r'^triage_http_requests_total\{route="/predict",method="POST",'
                         r'code="200"\} (\d+)', page, re.M)[1])


def run(report, build):
    random.seed(11)
    right, wrong = list(good()), list(bad())
    with Service(build) as service:
        stored = store(service.port, right + wrong)
        differ, singles = predicted(build, service.models, stored)
        report.check(f"{differ} of {singles} stored answers differ from triage predict",
                     differ == 0)
        soak = Soak(service, right, wrong, stored)
        already = counted(service)
        start = time.monotonic()
        soak.ask(WARM)
        before = soak.figures()
        soak.ask(REQUESTS - WARM)
        after = soak.figures()
        report.say(f"{REQUESTS / (time.monotonic() - start):.0f} requests a second")
        report.check(f"{len(soak.mistakes)} wrong answers {soak.mistakes[:2]}", not soak.mistakes)
        more = counted(service) - already - soak.predictions
        report.check(f"{soak.predictions} predictions, {more} more counted, {soak.torn} torn",
                     0 <= more <= soak.torn)
        report.at_most("memory grew by", (after[0] - before[0]) / 1024, GROWTH_BYTES / 1024, " KiB")
        report.check(f"descriptors {before[1]}, then {after[1]}; threads {before[2]}, then "
                     f"{after[2]}", before[1:] == after[1:])

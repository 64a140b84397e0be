"""A million requests of every kind, one in twenty invalid: no wrong answer, no leak.

The answer to every request is stored first; predictions are compared with `triage predict`.
"""

import os
import random
import re
import subprocess
import time

from client import NAMES, Client, Lost, history, request
from service import Service

REQUESTS = 1_000_000
WARM_UP = REQUESTS // 10  # memory must not grow after these
GROWTH_BYTES = 1 << 20
CONNECTIONS = 8
NDJSON = "Content-Type: application/x-ndjson\r\n"
WITH_ID = "X-Request-Id: soak\r\n"
CUT = request(history(1), fields=WITH_ID + NDJSON)[:-9]  # then the client resets the connection


def bodies():
    for count in [*range(1, 12), 20, 33]:
        yield history(count)
        yield history(count, id=f"INC-{count}", model="incident")
        yield history(count).replace(NAMES[1].encode(), b"unknown")
    yield history(3, fields={"service": "checkout", "colour": "red"})
    yield b'{"events": [{"event": "deploy_started", "time": 7}, {"event": "a", "time": 3}]}'


def valid_requests():
    for body in bodies():
        yield request(body, fields=WITH_ID)
    for count in (1, 3, 9):
        many = b",".join([history(count), history(2), history(1, id=count)])
        yield request(b'{"histories": [' + many + b"]}", fields=WITH_ID)
    for path in ("/models", "/livez", "/readyz", "/healthz"):
        yield request(path=path, fields=WITH_ID)
        yield request(path=path, fields=WITH_ID, method="HEAD")


def invalid_requests():
    for body in (b"", b"{", b"[]", b"7", b'{"events": []}', b'{"events": [7]}', b'{"events": "a"}',
                 b'{"events": ["a", {"event": "b", "time": 1}]}', b'{"model": "x", "events": ["a"]}',
                 b'{"histories": [{"events": ["a"]}, {}]}', b'{"events": ["\xff"]}',
                 b'{"a": 1, "a": 2, "events": ["a"]}', b'{"events": ["a"]} trailing'):
        yield request(body, fields=WITH_ID)
    yield request(b"<a/>", fields=WITH_ID + "Content-Type: text/xml\r\n")
    yield request(path="/nowhere", fields=WITH_ID)
    yield request(path="/predict", fields=WITH_ID, method="DELETE")
    yield request(history(1), fields=WITH_ID + "Content-Length: 3\r\n")
    yield request(path="/models", fields=WITH_ID + "Host: another\r\n")
    yield request(path="/models", fields=WITH_ID, method="BREW")
    yield CUT
    yield b"\x16\x03\x01 what is this\r\n\r\n"


def exchange(client, data):
    """The code and body of an answer, or None, and whether the connection stays open."""
    client.send(data)
    if data == CUT:
        client.reset()
        return None, False
    try:
        if data.startswith(b"HEAD"):
            return receive_head(client), True
        answer = client.receive()
    except (Lost, ConnectionError):
        return None, False
    return (answer.code, answer.body), not answer.closes


def receive_head(client):
    while b"\r\n\r\n" not in client.data:
        client.data += client.socket.recv(1 << 16)
    code = int(client.data[9:12])
    client.data.clear()
    return code, b""


def store(port, requests):
    answers = {}
    for data in requests:
        with Client(port) as client:
            answers[data] = exchange(client, data)[0]
    return answers


def compare_with_predict(build, service_models, stored):
    """The number of stored single answers that differ from `triage predict`, and of all of them."""
    singles = [d for d, got in stored.items() if got and got[0] == 200 and b'"action"' in got[1]
               and b'"predictions"' not in got[1]]
    lines = b"".join(d.split(b"\r\n\r\n", 1)[1] + b"\n" for d in singles)
    command = [os.path.join(build, "triage"), "predict",
               os.path.join(service_models, "incident.safetensors")]
    done = subprocess.run(command, input=lines, stdout=subprocess.PIPE, check=True)
    answers = done.stdout.splitlines()
    return sum(stored[d][1].rstrip() != line for d, line in zip(singles, answers)), len(singles)


class Soak:
    def __init__(self, service, valid, invalid, stored):
        self.service, self.valid, self.invalid, self.stored = service, valid, invalid, stored
        self.clients = [None] * CONNECTIONS
        self.wrong, self.predictions, self.cut = [], 0, 0

    def send(self, count):
        for i in range(count):
            data = random.choice(self.invalid if random.random() < 0.05 else self.valid)
            at = i % CONNECTIONS
            self.clients[at] = self.clients[at] or Client(self.service.port)
            got, stays_open = exchange(self.clients[at], data)
            self.cut += data == CUT  # counted if the service read the beginning of the stream
            self.predictions += bool(got) and got[0] == 200 and data.startswith(b"POST")
            if got != self.stored[data]:
                self.wrong.append((data[:80], got))
            if not stays_open:
                self.clients[at].socket.close()
                self.clients[at] = None

    def resources(self):
        """Close all connections; returns memory, descriptors and threads."""
        for client in filter(None, self.clients):
            client.socket.close()
        self.clients = [None] * CONNECTIONS
        time.sleep(0.5)
        return (self.service.resident(), self.service.descriptors(),
                self.service.status("Threads"))


def counted_predictions(service):
    """The number of requests to /predict with status 200 according to /metrics."""
    with Client(service.port) as client:
        text = client.exchange(request(path="/metrics")).body.decode()
    return int(re.search(r'^triage_http_requests_total\{route="/predict",method="POST",'
                         r'code="200"\} (\d+)', text, re.M)[1])


def run(report, build):
    random.seed(11)
    valid, invalid = list(valid_requests()), list(invalid_requests())
    with Service(build) as service:
        stored = store(service.port, valid + invalid)
        differ, singles = compare_with_predict(build, service.models, stored)
        report.check(f"{differ} of {singles} stored answers differ from triage predict",
                     differ == 0)
        soak = Soak(service, valid, invalid, stored)
        already = counted_predictions(service)
        start = time.monotonic()
        soak.send(WARM_UP)
        before = soak.resources()
        soak.send(REQUESTS - WARM_UP)
        after = soak.resources()
        report.say(f"{REQUESTS / (time.monotonic() - start):.0f} requests a second")
        report.check(f"{len(soak.wrong)} wrong answers {soak.wrong[:2]}", not soak.wrong)
        more = counted_predictions(service) - already - soak.predictions
        report.check(f"{soak.predictions} predictions, {more} more in /metrics, {soak.cut} cut "
                     "streams", 0 <= more <= soak.cut)
        report.at_most("memory grew by", (after[0] - before[0]) / 1024, GROWTH_BYTES / 1024, " KiB")
        report.check(f"descriptors {before[1]}, then {after[1]}; threads {before[2]}, then "
                     f"{after[2]}", before[1:] == after[1:])

"""A hundred times SIGTERM under load: every accepted request is answered, and the exit code is 0.

Half of the clients open a new connection for every request, half keep their connection.  A
request is lost if it was sent on an open connection and its answer is not complete.
"""

import multiprocessing
import random
import select
import socket
import time

from client import Client, Lost, history, request
from service import Service

TIMES = 100
CLIENTS = 8  # of each kind; each kind is a process
SECONDS = (0.05, 0.4)  # of load before the signal


def is_shut(client):
    """Whether the service has closed the connection already, so that no request may be sent."""
    if not select.select([client.socket], [], [], 0)[0]:
        return False
    return not client.socket.recv(1, socket.MSG_PEEK)


def connect(port):
    try:
        return Client(port)
    except ConnectionError:
        return None  # the service has stopped listening


class Sender:
    """A client that sends one request after another."""

    def __init__(self, port, keeps, data):
        self.port, self.keeps, self.data = port, keeps, data
        self.client, self.answered, self.lost = None, 0, []

    def send(self):
        """False if the service has stopped listening."""
        if self.client and is_shut(self.client):
            self.client.socket.close()
            self.client = None
        self.client = self.client or connect(self.port)
        if not self.client:
            return False
        try:
            self.client.send(self.data)
        except ConnectionError as error:
            self.fail(f"while sending: {error}")
        return True

    def fail(self, why):
        self.lost.append(why)
        self.client.socket.close()
        self.client = None

    def receive(self):
        try:
            answer = self.client.receive()
        except (ConnectionError, Lost, TimeoutError) as error:
            return self.fail(f"{type(error).__name__}, {len(self.client.data)} bytes received")
        if answer.code != 200:
            self.lost.append(f"answered {answer.code}")
        self.answered += 1
        if answer.closes or not self.keeps:
            self.client.socket.close()
            self.client = None


def send_until_stopped(port, keeps, results):
    senders = [Sender(port, keeps, request(history(random.randint(1, 40)))) for _ in range(CLIENTS)]
    while active := [sender for sender in senders if sender.send()]:
        for sender in active:
            if sender.client:
                sender.receive()
    results.put((sum(a.answered for a in senders), [why for a in senders for why in a.lost]))


def stop_under_load(build):
    """Returns answered, lost, the exit code, and the seconds from the signal to the end."""
    results = multiprocessing.Queue()
    with Service(build) as service:
        processes = [multiprocessing.Process(target=send_until_stopped,
                                             args=(service.port, keeps, results))
                     for keeps in (False, True)]
        for process in processes:
            process.start()
        time.sleep(random.uniform(*SECONDS))
        start = time.monotonic()
        code = service.stop()
        seconds = time.monotonic() - start
        parts = [results.get(timeout=60) for _ in processes]
        for process in processes:
            process.join()
    return sum(p[0] for p in parts), [why for p in parts for why in p[1]], code, seconds


def run(report, build):
    answered, lost, codes, longest = 0, [], [], 0
    for _ in range(TIMES):
        more, missing, code, seconds = stop_under_load(build)
        answered, longest = answered + more, max(longest, seconds)
        lost += missing
        codes.append(code)
    report.check(f"{answered} requests answered, {len(lost)} lost {lost[:3]}",
                 answered > TIMES and not lost)
    report.check(f"exit code 0 in {codes.count(0)} of {TIMES} stops", codes.count(0) == TIMES)
    report.say(f"the longest stop took {longest:.2f} s")

"""A hundred times SIGTERM under load: whoever was connected gets a whole answer, and it exits 0.

Half of the clients connect anew for every request, half keep their connection.  A request
is lost when its connection was made, and open when it was sent, and the answer is not whole.
"""

import multiprocessing
import random
import select
import socket
import time

from client import Client, Lost, history, request
from service import Service

TIMES = 100
CLIENTS = 8  # of each kind, in a process for each kind
SECONDS = (0.05, 0.4)  # of load before the signal


def is_shut(client):
    """The service has ended it already; a request may not be sent then."""
    if not select.select([client.socket], [], [], 0)[0]:
        return False
    return not client.socket.recv(1, socket.MSG_PEEK)


def connect(port):
    try:
        return Client(port)
    except ConnectionError:
        return None  # it listens no more


class Asker:
    """One client of many: sends, and goes on when its answer is there."""

    def __init__(self, port, keeps, data):
        self.port, self.keeps, self.data = port, keeps, data
        self.client, self.answered, self.lost = None, 0, []

    def send(self):
        """False: nobody listens any more."""
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
            return self.fail(f"{type(error).__name__}, {len(self.client.data)} bytes came")
        if answer.code != 200:
            self.lost.append(f"answered {answer.code}")
        self.answered += 1
        if answer.closes or not self.keeps:
            self.client.socket.close()
            self.client = None


def ask_on(port, keeps, results):
    askers = [Asker(port, keeps, request(history(random.randint(1, 40)))) for _ in range(CLIENTS)]
    while sending := [asker for asker in askers if asker.send()]:
        for asker in sending:
            if asker.client:
                asker.receive()
    results.put((sum(a.answered for a in askers), [why for a in askers for why in a.lost]))


def once(build):
    """Answered, lost, exit code, seconds from the signal to the end."""
    results = multiprocessing.Queue()
    with Service(build) as service:
        processes = [multiprocessing.Process(target=ask_on, args=(service.port, keeps, results))
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
        more, missing, code, seconds = once(build)
        answered, longest = answered + more, max(longest, seconds)
        lost += missing
        codes.append(code)
    report.check(f"{answered} requests were answered, {len(lost)} lost {lost[:3]}",
                 answered > TIMES and not lost)
    report.check(f"{codes.count(0)} of {TIMES} exits were 0", codes.count(0) == TIMES)
    report.say(f"the longest stop took {longest:.2f} s")

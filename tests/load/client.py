"""A small HTTP client: sends bytes as they are and parses the answers."""

import json
import socket
import time

HOST = "127.0.0.1"
NAMES = ["deploy_started", "deploy_finished", "error_rate_high"]


class Lost(Exception):
    """The connection ended before the whole answer was received."""


def history(count, **more):
    """The body of a request with a history of that many events."""
    return json.dumps({**more, "events": [NAMES[i % 3] for i in range(count)]}).encode()


def request(body=None, path="/predict", fields="", method=None):
    head = f"{method or ('GET' if body is None else 'POST')} {path} HTTP/1.1\r\nHost: load\r\n"
    if body is not None:
        head += f"Content-Length: {len(body)}\r\n"
    return (head + fields + "\r\n").encode() + (body or b"")


class Answer:
    """The status code, the head and the body of an answer."""

    def __init__(self, code, head, body):
        self.code, self.head, self.body = code, head, body

    @property
    def closes(self):
        return b"\r\nconnection: close" in self.head.lower()

    @staticmethod
    def parse(data):
        """The first answer in data and its length in bytes; (None, 0) if it is not complete."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return None, 0
        head = bytes(data[:end])
        start = head.lower().find(b"content-length: ")
        length = int(head[start + 16:].split(b"\r\n", 1)[0]) if start >= 0 else 0
        whole = end + 4 + length
        if len(data) < whole:
            return None, 0
        return Answer(int(head[9:12]), head, bytes(data[end + 4:whole])), whole


class Client:
    """One blocking connection."""

    def __init__(self, port, timeout=30):
        self.socket = socket.create_connection((HOST, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        while True:
            answer, taken = Answer.parse(self.data)
            if answer:
                del self.data[:taken]
                return answer
            more = self.socket.recv(1 << 16)
            if not more:
                raise Lost
            self.data += more

    def exchange(self, data):
        self.send(data)
        return self.receive()

    def reset(self):
        """Close the connection with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def latencies(port, data, seconds, pause=0.0):
    """The seconds of each request, one after another on one connection.  All must get 200."""
    taken, end = [], time.monotonic() + seconds
    with Client(port) as client:
        while time.monotonic() < end:
            start = time.perf_counter()
            if client.exchange(data).code != 200:
                raise Lost
            taken.append(time.perf_counter() - start)
            time.sleep(pause)
    return taken

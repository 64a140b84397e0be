"""Many connections: 5,000 idle ones, and about 128 or 256 busy ones.

libmicrohttpd 0.9.75 with a thread of its own stalls forever when exactly 128 sockets are ready.
"""

import resource
import time

from client import Client, history, percentile, request
from service import Service

IDLE = 5000
BYTES_EACH = 8192
BUSY = (127, 128, 129, 255, 256, 257)
ROUNDS = 100
STALL_S = 2


def idle(report, build):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(IDLE, hard - 100)
    if count < IDLE:
        report.say(f"only {count} connections, because only {hard} descriptors may be open")
    data = request(history(3))
    with Service(build) as service:
        for _ in range(8):
            with Client(service.port) as client:
                client.exchange(data)
        before = service.resident()
        clients = [Client(service.port) for _ in range(count)]
        for client in clients:
            client.exchange(data)
        time.sleep(0.5)
        report.at_most(f"memory of each of {count} idle connections",
                       (service.resident() - before) / count, BYTES_EACH, " bytes")
        codes = {client.exchange(data).code for client in clients}
        report.check(f"all of them are still served: {codes}", codes == {200})
        for client in clients:
            client.socket.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def busy(report, build, loops, count):
    """All clients send at once, then all wait for their answers."""
    data, rounds = request(history(3)), []
    with Service(build, "--loops", str(loops)) as service:
        clients = [Client(service.port, STALL_S) for _ in range(count)]
        try:
            for _ in range(ROUNDS):
                start = time.perf_counter()
                for client in clients:
                    client.send(data)
                codes = {client.receive().code for client in clients}
                rounds.append(time.perf_counter() - start)
                if codes != {200}:
                    raise TimeoutError(f"answered {codes}")
        except TimeoutError as error:
            report.say(f"round {len(rounds) + 1}: {error}")
        for client in clients:
            client.socket.close()
    report.check(f"{count} busy connections, {loops} loop(s): {len(rounds)} of {ROUNDS} rounds, "
                 f"median {percentile(rounds or [0], 0.5) * 1e3:.3g} ms, "
                 f"longest {max(rounds or [0]) * 1e3:.3g} ms", len(rounds) == ROUNDS)


def run(report, build):
    idle(report, build)
    for loops in (1, 2):
        for count in BUSY:
            busy(report, build, loops, count)

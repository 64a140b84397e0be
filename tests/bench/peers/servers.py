"""Compares servers over HTTP under wrk: the same bytes to each, one thread each."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import table

LARGEST_DIFFERENCE = 2e-6
WARM_UP_S = 1  # not measured; for code that is compiled while it runs
HELLO = "hello on libmicrohttpd"  # the baseline: reads the body, sends a constant answer


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def example(length):
    events = [{"time": 1700000000 + 37 * t, "event": f"e{t * 5 % 64}", "value": 0.5,
               "source": "a01"} for t in range(length)]
    return json.dumps({"id": "INC-1", "events": events}).encode()


def predict(port, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", body,
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as response:
        answer = json.load(response)
    return [answer["probabilities"].get(f"a{c}") for c in range(8)]


def pss_mb(pid):
    """The proportional set size of a process and its children."""
    total, left = 0, [pid]
    while left:
        pid = left.pop()
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += int(re.search(r"Pss:\s+(\d+)", file.read()).group(1))
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                left += [int(child) for child in file.read().split()]
        except (OSError, AttributeError):
            pass
    return total / 1024


def find(options, note):
    """The installed servers: name -> (argv with {port}, environment)."""
    models = f"{options.scratch}/models"
    os.makedirs(models, exist_ok=True)
    shutil.copy(f"{options.folder}/gru64.safetensors", models)
    found = {"triaged": ([f"{options.build}/triaged", "--models", models, "--listen",
                          "127.0.0.1:{port}", "--loops", "1", "--log-level", "error"], {}),
             HELLO: ([f"{options.build}/bench-hello", "{port}"], {})}
    if options.has("torch", "fastapi", "uvicorn", "uvloop", "httptools"):
        found["FastAPI + PyTorch"] = (
            [options.python, "-m", "uvicorn", "--app-dir", options.here, "fastapi_app:app",
             "--host", "127.0.0.1", "--port", "{port}", "--loop", "uvloop", "--http", "httptools",
             "--log-level", "warning", "--no-access-log"],
            {"PEER_FOLDER": options.folder, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    else:
        note("http: FastAPI, uvicorn, uvloop, httptools or PyTorch is missing, skipped")
    modules = f"{options.node}/node_modules"
    graph = os.path.exists(f"{options.folder}/gru64.onnx")
    if options.node and graph and all(os.path.isdir(f"{modules}/{name}") for name in
                            ("fastify", "onnxruntime-node")) and shutil.which("node"):
        found["fastify + ONNX Runtime"] = (
            ["node", f"{options.here}/fastify_app.mjs", "{port}", options.folder,
             os.path.abspath(options.node)], {})
    else:
        note("http: fastify skipped; it needs node and NODE=DIR with fastify and onnxruntime-node")
    return found


class Server:
    """A server process, the time until its first answer and its memory then."""

    def __init__(self, argv, environment, options):
        self.port = free_port()
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [*options.pin_server, *(word.format(port=self.port) for word in argv)],
            env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        self.answer = None
        while self.answer is None and self.process.poll() is None and \
                time.monotonic() - begin < 60:
            try:
                self.answer = predict(self.port, example(12))
            except OSError:
                time.sleep(0.002)
        self.ready_ms = 1e3 * (time.monotonic() - begin)
        self.memory_mb = pss_mb(self.process.pid)

    def load(self, connections, seconds, options):
        """Returns [requests/s, p50 us, p99 us, errors], or None."""
        done = subprocess.run(
            [*options.pin_work, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
             "--timeout", "10s", "-s", f"{options.here}/../post.lua",
             f"http://127.0.0.1:{self.port}"], capture_output=True, text=True)
        found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) ", done.stdout)
        return [float(value) for value in found.groups()] if found else None

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def check(name, server, ours, note):
    """Compare the answers of a server with those of triaged; returns the latter."""
    if name == HELLO:
        return ours
    answers = [predict(server.port, example(length)) for length in (1, 3, 12, 24)]
    if ours is None:
        return answers
    difference = max(abs(a - b) for x, y in zip(answers, ours) for a, b in zip(x, y))
    if difference > LARGEST_DIFFERENCE:
        note(f"http: {name} differs from triaged by {difference:.1e}")
    return ours


def run_one(name, server, options, results, note):
    results["start"][name][0].append(server.ready_ms)
    results["start"][name][1].append(server.memory_mb)
    if options.connections:
        server.load(options.connections[-1], WARM_UP_S, options)
    for i, connections in enumerate(options.connections):
        load = server.load(connections, options.seconds, options)
        if load is None:
            note(f"http: wrk gave no result for {name} at {connections} connections")
            continue
        for k, key in enumerate(("rate", "p50", "p99")):
            results[key][name][i].append(load[k])
        if load[3]:
            note(f"http: {load[3]:.0f} errors from {name} at {connections} connections")


def run_round(found, options, ours, results, note):
    for name, (argv, environment) in found.items():
        server = Server(argv, environment, options)
        try:
            if server.answer is None:
                note(f"http: {name} did not start, skipped")
                continue
            ours = check(name, server, ours, note)
            run_one(name, server, options, results, note)
        finally:
            server.stop()
    return ours


def compare(options, note):
    found = find(options, note)
    if shutil.which("wrk") is None:
        note("http: wrk is not installed, so only start and memory are measured")
        options.connections = []
    count = len(options.connections)
    results = {key: {name: [[] for _ in range(count)] for name in found}
               for key in ("rate", "p50", "p99")}
    results["start"] = {name: [[], []] for name in found}
    ours = None
    for _ in range(options.rounds):
        ours = run_round(found, options, ours, results, note)
    print("Over HTTP: GRU 64, histories of 3 to 24 events, keep-alive, one thread per server, wrk "
          "on another processor.  Each gets the same bytes and answers with the same "
          "probabilities.\n")
    titles = [f"{connections} at once" for connections in options.connections]
    if titles:
        table.print_table("requests/s", titles, results["rate"], [True] * count)
        table.print_table("p50, us", titles, results["p50"], [False] * count)
        table.print_table("p99, us", titles, results["p99"], [False] * count)
    table.print_table("start", ["first answer after, ms", "memory then, MB (PSS)"],
                      results["start"], [False, False])

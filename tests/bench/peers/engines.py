"""Compares engines without HTTP: worker processes with the protocol of worker.h."""
import glob
import os
import shlex
import subprocess

import table

RECURRENT_TASKS = [
    ("GRU 64, one history of 20 events, us", "lat gru 64 20"),
    ("GRU 128, the same", "lat gru 128 20"),
    ("LSTM 64, the same", "lat lstm 64 20"),
    ("GRU 64, 256 of mixed lengths per call, k histories/s", "thr gru 64 256"),
    ("GRU 128, the same", "thr gru 128 256"),
    ("LSTM 128, the same", "thr lstm 128 256"),
]
SELF_ATTENTION_TASKS = [
    ("one history of 20 events, us", "lat attention 64 20"),
    ("one history of 200 events, us", "lat attention 64 200"),
    ("256 histories of 20 events per call, k histories/s", "same attention 64 256"),
    ("256 of mixed lengths per call, k histories/s", "thr attention 64 256"),
]
LARGEST_ERROR = 2e-6


class Worker:
    def __init__(self, argv, environment, options):
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
                       **environment}
        self.process = subprocess.Popen([*options.pin_work, *argv, options.folder],
                                        env=environment, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.is_ready = self.process.stdout.readline().strip() == "ready"

    def request(self, line):
        """Returns [median us, least us, calls, error], or None."""
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            words = self.process.stdout.readline().split()
        except OSError:
            return None
        return [float(word) for word in words[1:]] if words[:1] == ["ok"] else None

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def compile_peer(options, name, *flags):
    """Compile a worker; returns its path, or None if its library is missing."""
    path = f"{options.scratch}/{name}"
    command = [*shlex.split(os.environ.get("CC", "cc")), "-std=gnu11", "-O2", "-o", path,
               f"-I{options.here}/../..", f"{options.here}/{name}.c", *flags, "-lm"]
    return path if subprocess.run(command, capture_output=True).returncode == 0 else None


def find_triage(options):
    found = {"triage": ([f"{options.build}/bench-worker"], {})}
    with open("/proc/cpuinfo") as file:
        has_wider = " avx512f " in file.read()
    if has_wider:
        found["triage, AVX2"] = (found["triage"][0], {"TRIAGE_KERNEL": "avx2"})
    return found


def find(options, note):
    """The installed engines: name -> (argv, environment)."""
    found = find_triage(options)
    if options.has("torch", "numpy"):
        # Memory that malloc gives back is mapped again, page by page, in the next call.
        keep = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "1000000000"}
        found["PyTorch"] = ([options.python, f"{options.here}/torch_worker.py"], keep)
    else:
        note("engine: PyTorch is not installed (python3-torch), skipped")
    architecture = "arm64" if os.uname().machine == "aarch64" else "x64"
    libraries = glob.glob(f"{options.node}/node_modules/onnxruntime-node/bin/*/linux/"
                          f"{architecture}/libonnxruntime.so.1") if options.node else []
    graph = os.path.exists(f"{options.folder}/gru64.onnx")
    worker = compile_peer(options, "onnxruntime", "-ldl") if libraries and graph else None
    if worker:
        found["ONNX Runtime"] = ([worker], {"PEER_ONNXRUNTIME": libraries[0]})
    else:
        note("engine: ONNX Runtime skipped; it needs NODE=DIR with onnxruntime-node, "
             "and python3-onnx")
    worker = compile_peer(options, "onednn", "-ldnnl")
    if worker:
        found["oneDNN"] = ([worker], {})
    else:
        note("engine: oneDNN 2.x is not installed (libdnnl-dev), skipped")
    return found


def measure(name, worker, task, options, note):
    """Returns (figure, error), or None without an answer or with a wrong one."""
    answer = worker.request(f"{task} {options.ms}")
    if answer is None:
        note(f"engine: {name} gave no answer to '{task}'")
        return None
    if not answer[3] <= LARGEST_ERROR:
        note(f"engine: {name} has an error of {answer[3]:.1e} in '{task}', not counted")
        return None
    return answer[0] if task.startswith("lat") else 1024e3 / answer[0], answer[3]


def compare(options, note, what, tasks, left_out=()):
    workers = {}
    found = {name: peer for name, peer in find(options, note).items() if name not in left_out}
    for name, (argv, environment) in found.items():
        worker = Worker(argv, environment, options)
        if worker.is_ready:
            workers[name] = worker
        else:
            note(f"engine: {name} did not start, skipped")
    columns = {name: [[] for _ in tasks] for name in workers}
    errors = {name: 0.0 for name in workers}
    for _ in range(options.rounds):
        for i, (_, task) in enumerate(tasks):
            for name, worker in workers.items():
                got = measure(name, worker, task, options, note)
                if got:
                    columns[name][i].append(got[0])
                    errors[name] = max(errors[name], got[1])
    for worker in workers.values():
        worker.stop()
    print(f"{what}, one thread.  Every probability of 1024 histories was compared with double "
          "precision and differed by at most " +
          ", ".join(f"{error:.1e} ({name})" for name, error in errors.items()) + ".\n")
    table.print_table("engine", [title for title, _ in tasks], columns,
                      [not task.startswith("lat") for _, task in tasks])


def compare_recurrent(options, note):
    compare(options, note, "Engines", RECURRENT_TASKS)


def compare_self_attention(options, note):
    compare(options, note, "Self-attention, 64 units, 2 heads, 2 layers, 256 feed-forward units",
            SELF_ATTENTION_TASKS, left_out=["oneDNN"])

#!/usr/bin/env python3
"""Compares the project with its peers in one interleaved run.  Missing peers are named and skipped.

usage: compare.py BUILD [--node DIR] [--rounds N] [--ms MS] [--seconds S]
                  [--connections 1,16,64] [--only engine,attention,training,http]

Every task goes to each peer in turn and the round is repeated, so that a disturbance of the machine
affects all alike.  A figure is the median of the rounds with minimum and maximum; "x" is how many
times better triage is.  Single-threaded work is pinned to the last processor, a server to the first
and its load to the last.  Servers listen on 127.0.0.1 only.  Prints Markdown.  BUILD/bench-work is
the output of bench-prepare; DIR is a folder in which
`npm install --ignore-scripts onnxruntime-node fastify` was run.
"""
import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile

import engines
import servers
import trainers

PARTS = {"engine": engines.compare_recurrent, "attention": engines.compare_self_attention,
         "training": trainers.compare, "http": servers.compare}


def note(text):
    print(text, file=sys.stderr, flush=True)


class Options(argparse.Namespace):
    def has(self, *modules):
        """Whether Python can import these modules."""
        return subprocess.run([self.python, "-c", f"import {', '.join(modules)}"],
                              capture_output=True).returncode == 0


def make_graphs(options):
    """Write the networks as ONNX files."""
    newest = f"{options.folder}/attention64.onnx"
    if os.path.exists(newest) and \
            os.path.getmtime(newest) >= os.path.getmtime(f"{options.folder}/data.bin"):
        return
    if options.has("onnx", "numpy"):
        subprocess.run([options.python, f"{options.here}/onnx_graph.py", options.folder],
                       check=True)
    else:
        note("python3-onnx is not installed: no ONNX files")


def describe_machine(options):
    model = platform.machine()
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    print(f"{model}, {os.cpu_count()} processors, {platform.system()} {platform.release()}; "
          f"medians of {options.rounds} interleaved rounds [min..max]; x: how many times better "
          "triage is.\n", flush=True)


def read_options():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("build", type=os.path.abspath)
    parser.add_argument("--node", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ms", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", default="1,16,64")
    parser.add_argument("--only", default=",".join(PARTS))
    options = parser.parse_args(namespace=Options())
    options.connections = [int(count) for count in options.connections.split(",")]
    options.only = options.only.split(",")
    if not set(options.only) <= set(PARTS):
        parser.error(f"parts: {', '.join(PARTS)}")
    options.python = sys.executable
    options.here = os.path.dirname(os.path.abspath(__file__))
    options.folder = f"{options.build}/bench-work"
    is_pinned = shutil.which("taskset") is not None
    options.pin_work = ["taskset", "-c", str(os.cpu_count() - 1)] if is_pinned else []
    options.pin_server = ["taskset", "-c", "0"] if is_pinned else []
    return options


def main():
    options = read_options()
    if not os.path.exists(f"{options.folder}/data.bin"):
        sys.exit(f"compare.py: {options.folder}/data.bin is missing: make bench-peers creates it")
    with tempfile.TemporaryDirectory() as scratch:
        options.scratch = scratch
        make_graphs(options)
        describe_machine(options)
        for part in options.only:
            PARTS[part](options, note)


if __name__ == "__main__":
    main()

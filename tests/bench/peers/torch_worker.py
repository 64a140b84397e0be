#!/usr/bin/env python3
"""PyTorch as a worker with the protocol of worker.h.

usage: torch_worker.py FOLDER
"""
import statistics
import sys
import time

import numpy as np
import torch

from torch_network import ACTIONS, HISTORIES, make_network, read_histories

SAME_LENGTH = 20


def measure(call, ms):
    for _ in range(3):
        call()  # until a traced module is compiled, and masks are made
    times, begin = [], time.perf_counter()
    while not times or time.perf_counter() - begin < ms * 1e-3:
        t = time.perf_counter()
        call()
        times.append(time.perf_counter() - t)
    return statistics.median(times) * 1e6, min(times) * 1e6, len(times)


class Worker:
    def __init__(self, folder):
        self.folder = folder
        self.histories = read_histories(folder)
        self.same = torch.cat(self.histories)[:HISTORIES * SAME_LENGTH].split(SAME_LENGTH)
        self.opened = {}

    def all(self, network, histories, batch):
        return [torch.softmax(network.packed(histories[i:i + batch]), -1)
                for i in range(0, HISTORIES, batch)]

    def error_of(self, network, name):
        """The largest error over all histories, one per call and all in one call."""
        expected = np.fromfile(f"{self.folder}/{name}.ref").reshape(HISTORIES, ACTIONS)
        alone = [torch.softmax(network(h[None]), -1) for h in self.histories[:HISTORIES]]
        return max(abs(torch.cat(answers).numpy() - expected).max()
                   for answers in (alone, self.all(network, self.histories, HISTORIES)))

    def open(self, name, cell, hidden):
        if name not in self.opened:
            network = make_network(cell, hidden).load(f"{self.folder}/{name}.bin").eval()
            self.opened[name] = network, self.error_of(network, name)
        return self.opened[name]

    def answer(self, task, cell, hidden, argument, ms):
        network, error = self.open(f"{cell}{hidden}", cell, hidden)
        if task in ("thr", "same"):
            histories = self.histories if task == "thr" else self.same
            return *measure(lambda: self.all(network, histories, argument), ms), error
        ids = torch.cat(self.histories)[:argument][None]
        run = network.alone(ids)
        return *measure(lambda: torch.softmax(run(ids), -1), ms), error


def main():
    torch.set_num_threads(1)
    worker = Worker(sys.argv[1])
    print("ready", flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            task, cell, hidden, argument, ms = line.split()
            times = worker.answer(task, cell, int(hidden), int(argument), int(ms))
            print("ok %.3f %.3f %d %.2e" % times, flush=True)


main()

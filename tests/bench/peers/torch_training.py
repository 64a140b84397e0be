#!/usr/bin/env python3
"""Trains in PyTorch: batch 64, Adam, cross entropy at the last event, packed sequences.

usage: torch_training.py FOLDER CELL HIDDEN EPOCHS THREADS        prints a line per epoch
"""
import sys
import time

import torch
from torch import nn

from torch_network import Network, read_histories, read_labels


def main():
    folder, cell, hidden, epochs, threads = sys.argv[1:6]
    torch.manual_seed(1)
    torch.set_num_threads(int(threads))
    histories, labels = read_histories(folder), read_labels(folder)
    events = sum(len(h) for h in histories)
    network = Network(cell, int(hidden))
    optimiser, loss_of = torch.optim.Adam(network.parameters(), 1e-3), nn.CrossEntropyLoss()
    for epoch in range(1, int(epochs) + 1):
        begin, total, steps = time.perf_counter(), 0.0, 0
        for batch in torch.randperm(len(histories)).split(64):
            optimiser.zero_grad()
            loss = loss_of(network.packed([histories[i] for i in batch.tolist()]), labels[batch])
            loss.backward()
            optimiser.step()
            total, steps = total + loss.item(), steps + 1
        seconds = time.perf_counter() - begin
        print(f"{cell} {hidden} threads {threads} epoch {epoch}: {seconds:.4f} s, "
              f"{len(histories) / seconds:.0f} histories/s, {events / seconds:.0f} events/s, "
              f"loss {total / steps:.4f}", flush=True)


main()

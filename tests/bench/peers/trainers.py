"""Compares training: one epoch of 8192 histories, batch 64, Adam, loss at the last event."""
import os
import re
import subprocess

import table

WIDTHS = (64, 128)
ROUNDS = 3  # at most, because an epoch of PyTorch is slow


def rate(argv, environment=None):
    """Histories per second of the last epoch that a program prints, or None."""
    done = subprocess.run(argv, env=environment, capture_output=True, text=True)
    found = re.findall(r"([\d.]+) histories/s", done.stdout)
    return float(found[-1]) if found else None


def compare(options, note):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    columns = {"triage": [[] for _ in WIDTHS], "PyTorch": [[] for _ in WIDTHS]}
    if not options.has("torch", "numpy"):
        note("training: PyTorch is not installed (python3-torch), skipped")
        del columns["PyTorch"]
    for _ in range(min(options.rounds, ROUNDS)):
        for i, hidden in enumerate(WIDTHS):
            argv = {"triage": [f"{options.build}/bench-training", "--epochs", "2", "--hidden",
                               str(hidden)],
                    "PyTorch": [options.python, f"{options.here}/torch_training.py",
                                options.folder, "gru", str(hidden), "1", "1"]}
            for name, values in columns.items():
                got = rate([*options.pin_work, *argv[name]], environment)
                if got is None:
                    note(f"training: {name} gave no result for GRU {hidden}")
                else:
                    values[i].append(got)
    print("Training, one thread, an epoch of 8192 histories, batch 64.\n")
    table.print_table("histories/s", [f"GRU {hidden}" for hidden in WIDTHS], columns,
                      [True] * len(WIDTHS))

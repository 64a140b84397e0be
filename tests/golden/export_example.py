#!/usr/bin/python3
"""Writes a network trained in PyTorch as a model file that triaged serves.  Needs only torch.

    usage: export_example.py FILE        writes an untrained example

The names of the modules are those in the file: `embedding.<field>`, `rnn`, `head`.  Rows 0 and 1
of an embedding are the unknown and the missing value; the other rows are the values of the schema.
"""
import json
import struct
import sys

import torch


class Network(torch.nn.Module):
    def __init__(self, events, actions, embedding=4, hidden=6):
        super().__init__()
        self.embedding = torch.nn.ModuleDict(
            {"event": torch.nn.Embedding(2 + len(events), embedding)})
        self.rnn = torch.nn.GRU(embedding, hidden)
        self.head = torch.nn.Linear(hidden, len(actions))

    def forward(self, ids):  # [steps] of one history
        return self.head(self.rnn(self.embedding["event"](ids))[0][-1])


def export(path, network, events, actions):
    model = {
        "schema": {"fields": [{"name": "event", "kind": "category", "values": events}]},
        "network": {"cell": "gru", "reset": "after", "update": "keep",
                    "embedding": network.rnn.input_size, "hidden": network.rnn.hidden_size,
                    "layers": network.rnn.num_layers, "directions": 1},
        "actions": actions}
    header = {"__metadata__": {"format": "triage", "version": "1", "model": json.dumps(model)}}
    data = b""
    for name, tensor in network.state_dict().items():
        values = tensor.flatten().tolist()
        offsets = [len(data), len(data) + 4 * len(values)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        data += struct.pack("<%df" % len(values), *values)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


EVENTS = ["error logged", "reproduction confirmed", "rollback requested"]
ACTIONS = ["ignore", "rollback", "escalate"]

if __name__ == "__main__":
    torch.manual_seed(1)
    export(sys.argv[1], Network(EVENTS, ACTIONS), EVENTS, ACTIONS)

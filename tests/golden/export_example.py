#!/usr/bin/python3
"""Writes a network trained in PyTorch as a model file that triaged serves.  Needs only torch.

    usage: export_example.py FILE [--transformer | --encoder-decoder]    writes an untrained example

The names of the modules are those in the file: `embedding.<field>`, `rnn` or `input` and `encoder`,
`head`; of an encoder-decoder, whose encoder has no head, the same in `decoder`.  Rows 0 and 1
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


    def description(self):
        return {"network": {"cell": "gru", "reset": "after", "update": "keep",
                            "embedding": self.rnn.input_size, "hidden": self.rnn.hidden_size,
                            "layers": self.rnn.num_layers, "directions": 1}}


class Transformer(torch.nn.Module):
    """A score falls by the slope of its head for each event between: no other positions."""

    def __init__(self, events, actions, embedding=4, hidden=6, heads=2, layers=2, forward=12):
        super().__init__()
        self.embedding = torch.nn.ModuleDict(
            {"event": torch.nn.Embedding(2 + len(events), embedding)})
        self.input = torch.nn.Linear(embedding, hidden)
        layer = torch.nn.TransformerEncoderLayer(hidden, heads, forward, 0.1, norm_first=True)
        self.encoder = torch.nn.TransformerEncoder(layer, layers, torch.nn.LayerNorm(hidden))
        self.head = torch.nn.Linear(hidden, len(actions))
        for layer in self.encoder.layers:  # buffers are in the file, too
            slopes = torch.tensor([2.0 ** (-8 * (a + 1) / heads) for a in range(heads)])
            layer.self_attn.register_buffer("index_slope", slopes)
            layer.self_attn.register_buffer("time_slope", torch.zeros(heads))

    def forward(self, ids):  # [steps] of one history
        steps = torch.arange(len(ids), device=ids.device)
        distance = steps.view(-1, 1) - steps
        slopes = self.encoder.layers[0].self_attn.index_slope.view(-1, 1, 1)
        mask = (-slopes * distance).masked_fill(distance < 0, float("-inf"))
        x = self.input(self.embedding["event"](ids)).unsqueeze(1)
        return self.head(self.encoder(x, mask)[-1, 0])

    def description(self):
        layer = self.encoder.layers[0]
        return {"numerics": 4,
                "network": {"cell": "attention", "embedding": self.input.in_features,
                            "hidden": self.input.out_features,
                            "layers": len(self.encoder.layers),
                            "heads": layer.self_attn.num_heads,
                            "feed_forward": layer.linear1.out_features}}


class EncoderDecoder(torch.nn.Module):
    """Row 1 of the decoder's embedding is its start.  Its actions are the events, then the end."""

    def __init__(self, events, actions, embedding=4, hidden=6):
        super().__init__()

        def make_embedding():
            return torch.nn.ModuleDict(
                {"event": torch.nn.Embedding(2 + len(events), embedding)})

        self.embedding, self.rnn = make_embedding(), torch.nn.GRU(embedding, hidden)
        self.decoder = torch.nn.Module()
        self.decoder.embedding = make_embedding()
        self.decoder.rnn = torch.nn.GRU(embedding, hidden)
        self.decoder.head = torch.nn.Linear(hidden, len(actions))

    def forward(self, ids, following):
        """Logits [len(following) + 1][actions]: what comes after ids, and after each that follows."""
        state = self.rnn(self.embedding["event"](ids))[1]
        read = torch.cat([torch.ones(1, dtype=torch.long), following])
        return self.decoder.head(
            self.decoder.rnn(self.decoder.embedding["event"](read), state)[0])

    def description(self):
        return {"numerics": 5, "target": "continue",
                "network": {"cell": "gru", "reset": "after", "update": "keep",
                            "embedding": self.rnn.input_size, "hidden": self.rnn.hidden_size,
                            "layers": self.rnn.num_layers, "directions": 1}}


def export(path, network, events, actions):
    model = {
        "schema": {"fields": [{"name": "event", "kind": "category", "values": events}]},
        "actions": actions, **network.description()}
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
NEXT_EVENTS = EVENTS + ["end_of_history"]

if __name__ == "__main__":
    torch.manual_seed(1)
    if "--encoder-decoder" in sys.argv[2:]:
        export(sys.argv[1], EncoderDecoder(EVENTS, NEXT_EVENTS), EVENTS, NEXT_EVENTS)
    else:
        kind = Transformer if "--transformer" in sys.argv[2:] else Network
        export(sys.argv[1], kind(EVENTS, ACTIONS), EVENTS, ACTIONS)

"""The networks of bench-prepare in PyTorch, and reading its files."""
import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

VALUES, EMBEDDING, ACTIONS, HISTORIES = 64, 32, 8, 1024


class Network(nn.Module):
    def __init__(self, cell, hidden):
        super().__init__()
        self.embedding = nn.Embedding(VALUES, EMBEDDING)
        self.rnn = (nn.GRU if cell == "gru" else nn.LSTM)(EMBEDDING, hidden, batch_first=True)
        self.head = nn.Linear(hidden, ACTIONS)

    def load(self, path):
        flat = torch.from_numpy(np.fromfile(path, np.float32))
        rnn = self.rnn
        for part in (self.embedding.weight, rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0,
                     rnn.bias_hh_l0, self.head.weight, self.head.bias):
            part.data.copy_(flat[:part.numel()].view_as(part))
            flat = flat[part.numel():]
        return self

    def logits(self, x):
        state = self.rnn(x)[1]
        return self.head((state[0] if isinstance(state, tuple) else state)[0])

    def forward(self, ids):
        """Histories of one length, [B][T]."""
        return self.logits(self.embedding(ids))

    def alone(self, ids):
        """The function for histories of this shape."""
        return self

    def packed(self, histories):
        """Histories of any lengths."""
        lengths = torch.tensor([len(h) for h in histories])
        x = self.embedding(pad_sequence(histories, batch_first=True))
        return self.logits(pack_padded_sequence(x, lengths, batch_first=True,
                                                enforce_sorted=False))


class SelfAttention(nn.Module):
    """The encoder of a transformer.  A score falls by the slope of its head for each event between.
    """

    PADDED, EQUAL = 8, 64  # histories that are run together, sorted by length or of one length

    def __init__(self, hidden, heads=2, layers=2, width=256):
        super().__init__()
        self.heads = heads
        self.embedding = nn.Embedding(VALUES, EMBEDDING)
        self.input = nn.Linear(EMBEDDING, hidden)
        layer = nn.TransformerEncoderLayer(hidden, heads, width, 0.0, batch_first=True,
                                           norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(hidden))
        self.head = nn.Linear(hidden, ACTIONS)
        self.masks = {}

    def load(self, path):
        flat = torch.from_numpy(np.fromfile(path, np.float32))

        def take(part):
            nonlocal flat
            part.data.copy_(flat[:part.numel()].view_as(part))
            flat = flat[part.numel():]

        self.slopes = torch.empty(self.heads)
        for part in (self.embedding.weight, self.input.weight, self.input.bias):
            take(part)
        for layer in self.encoder.layers:
            for part in (*layer.parameters(), self.slopes):
                take(part)
        for part in (*self.encoder.norm.parameters(), *self.head.parameters()):
            take(part)
        return self

    def mask(self, count, length):
        """[count * heads][length][length], made once for each shape."""
        if (count, length) not in self.masks:
            steps = torch.arange(length)
            distance = steps[:, None] - steps
            mask = (-self.slopes[:, None, None] * distance).masked_fill(distance < 0, -torch.inf)
            self.masks[count, length] = mask.repeat(count, 1, 1)
        return self.masks[count, length]

    def states(self, ids):
        return self.encoder(self.input(self.embedding(ids)), self.mask(*ids.shape))

    def forward(self, ids):
        """Histories of one length, [B][T]."""
        return self.head(self.states(ids)[:, -1])

    def alone(self, ids):
        """The fastest function for histories of this shape."""
        return torch.jit.freeze(torch.jit.trace(self, ids))

    def packed(self, histories):
        """Histories of any lengths.  What follows an event has no influence on it, so that padding
        after the last one needs no mask of its own."""
        if len({len(h) for h in histories}) == 1:
            return torch.cat([self(ids) for ids in torch.stack(histories).split(self.EQUAL)])
        logits = torch.empty(len(histories), ACTIONS)
        order = sorted(range(len(histories)), key=lambda i: -len(histories[i]))
        for first in range(0, len(order), self.PADDED):
            group = order[first:first + self.PADDED]
            last = torch.tensor([len(histories[i]) - 1 for i in group])
            states = self.states(pad_sequence([histories[i] for i in group], batch_first=True))
            logits[group] = self.head(states[torch.arange(len(group)), last])
        return logits


def make_network(cell, hidden):
    return SelfAttention(hidden) if cell == "attention" else Network(cell, hidden)


def read_histories(folder):
    raw = np.fromfile(f"{folder}/data.bin", np.int32)
    lengths, events = raw[1:1 + raw[0]], raw[1 + raw[0]:].astype(np.int64)
    ends = np.cumsum(lengths)
    return [torch.from_numpy(events[end - length:end]) for length, end in zip(lengths, ends)]


def read_labels(folder):
    return torch.from_numpy(np.fromfile(f"{folder}/labels.bin", np.int32).astype(np.int64))

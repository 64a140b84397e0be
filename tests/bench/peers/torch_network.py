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

    def packed(self, histories):
        """Histories of any lengths."""
        lengths = torch.tensor([len(h) for h in histories])
        x = self.embedding(pad_sequence(histories, batch_first=True))
        return self.logits(pack_padded_sequence(x, lengths, batch_first=True,
                                                enforce_sorted=False))


def read_histories(folder):
    raw = np.fromfile(f"{folder}/data.bin", np.int32)
    lengths, events = raw[1:1 + raw[0]], raw[1 + raw[0]:].astype(np.int64)
    ends = np.cumsum(lengths)
    return [torch.from_numpy(events[end - length:end]) for length, end in zip(lengths, ends)]


def read_labels(folder):
    return torch.from_numpy(np.fromfile(f"{folder}/labels.bin", np.int32).astype(np.int64))

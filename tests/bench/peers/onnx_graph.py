#!/usr/bin/env python3
"""Writes DIR/gru64.onnx and the other networks from the weights of bench-prepare.

usage: onnx_graph.py DIR        (needs numpy and onnx)
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

VALUES, EMBEDDING, ACTIONS = 64, 32, 8


def read_weights(path, gates, hidden):
    flat = np.fromfile(path, np.float32)
    shapes = [(VALUES, EMBEDDING), (gates * hidden, EMBEDDING), (gates * hidden, hidden),
              (gates * hidden,), (gates * hidden,), (ACTIONS, hidden), (ACTIONS,)]
    parts = []
    for shape in shapes:
        count = int(np.prod(shape))
        parts.append(flat[:count].reshape(shape))
        flat = flat[count:]
    return parts


def write_graph(path, cell, hidden, weights):
    embedding, w, u, b_ih, b_hh, head, head_bias = weights
    # The order of gates in ONNX: GRU z, r, n; LSTM i, o, f, g.
    order = [1, 0, 2] if cell == "gru" else [0, 3, 1, 2]

    def reorder(a):
        return np.concatenate([a[k * hidden:(k + 1) * hidden] for k in order])

    constants = {
        "embedding": embedding,
        "w": reorder(w)[None],
        "u": reorder(u)[None],
        "b": np.concatenate([reorder(b_ih), reorder(b_hh)])[None],
        "head": head,
        "head_bias": head_bias,
        "direction": np.array([0], np.int64),
    }
    settings = {"hidden_size": hidden}
    if cell == "gru":
        settings["linear_before_reset"] = 1
    nodes = [
        helper.make_node("Gather", ["embedding", "ids"], ["x"]),
        helper.make_node(cell.upper(), ["x", "w", "u", "b", "lens"], ["", "states"], **settings),
        helper.make_node("Squeeze", ["states", "direction"], ["state"]),
        helper.make_node("Gemm", ["state", "head", "head_bias"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["p"], axis=1),
    ]
    graph = helper.make_graph(
        nodes, cell,
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["T", "B"]),
         helper.make_tensor_value_info("lens", TensorProto.INT32, ["B"])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["B", ACTIONS])],
        [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, path)


def main():
    folder = sys.argv[1]
    for cell, gates in (("gru", 3), ("lstm", 4)):
        for hidden in (32, 64, 128, 256):
            name = f"{folder}/{cell}{hidden}"
            write_graph(f"{name}.onnx", cell, hidden, read_weights(f"{name}.bin", gates, hidden))


main()

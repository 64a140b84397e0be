#!/usr/bin/env python3
"""Writes DIR/gru64.onnx and the other networks from the weights of bench-prepare.

usage: onnx_graph.py DIR        (needs numpy and onnx)
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

VALUES, EMBEDDING, ACTIONS, LONGEST = 64, 32, 8, 200
HEADS, LAYERS, WIDTH = 2, 2, 256  # of the self-attention


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


def save(path, name, nodes, constants, opset=13):
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["T", "B"]),
         helper.make_tensor_value_info("lens", TensorProto.INT32, ["B"])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["B", ACTIONS])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    onnx.save(model, path)


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
    save(path, cell, nodes,
         [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in constants.items()])


class Graph:
    """Nodes and constants of a graph; each method returns the name of its result."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))

    def node(self, operator, *inputs, outputs=1, **settings):
        names = [f"n{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, **settings))
        return names[0] if outputs == 1 else names

    def linear(self, x, weight, bias):
        return self.node("Gemm", x, self.constant(weight), self.constant(bias), transB=1)

    def norm(self, x, weight, bias):
        return self.node("LayerNormalization", x, self.constant(weight), self.constant(bias),
                         axis=-1, epsilon=1e-5)


def add_layer(graph, x, mask, hidden, shapes, take):
    """One layer on x [B*T][H].  The scale of the queries is in their weights."""
    in_weight, in_bias = take(3 * hidden, hidden), take(3 * hidden)
    out_weight, out_bias = take(hidden, hidden), take(hidden)
    weight1, bias1 = take(WIDTH, hidden), take(WIDTH)
    weight2, bias2 = take(hidden, WIDTH), take(hidden)
    norm1, norm2 = (take(hidden), take(hidden)), (take(hidden), take(hidden))
    take(HEADS)  # the slopes, which are in the mask
    scale = np.ones(3 * hidden, np.float32)
    scale[:hidden] = (hidden // HEADS) ** -0.5
    qkv = graph.linear(graph.norm(x, *norm1), in_weight * scale[:, None], in_bias * scale)
    parts = graph.node("Split", qkv, graph.integers(hidden, hidden, hidden), outputs=3, axis=1)
    q, k, v = (graph.node("Transpose", graph.node("Reshape", part, shapes["heads"]), perm=order)
               for part, order in zip(parts, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])))
    scores = graph.node("Add", graph.node("MatMul", q, k), mask)
    mean = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), v)
    mean = graph.node("Reshape", graph.node("Transpose", mean, perm=[0, 2, 1, 3]), shapes["flat"])
    x = graph.node("Add", x, graph.linear(mean, out_weight, out_bias))
    y = graph.node("Relu", graph.linear(graph.norm(x, *norm2), weight1, bias1))
    return graph.node("Add", x, graph.linear(y, weight2, bias2))


def write_self_attention(path, flat, hidden):
    """Histories are padded after their last event, which has no influence on the events before."""
    graph = Graph()

    def take(*shape):
        nonlocal flat
        count = int(np.prod(shape))
        part, flat = flat[:count].reshape(shape), flat[count:]
        return part

    embedding = take(VALUES, EMBEDDING)
    ids = graph.node("Transpose", "ids", perm=[1, 0])
    shape = graph.node("Shape", ids)
    length = graph.node("Gather", shape, graph.integers(1))
    x = graph.node("Gather", graph.constant(embedding), graph.node(
        "Reshape", ids, graph.integers(-1)))
    x = graph.linear(x, take(hidden, EMBEDDING), take(hidden))
    steps = np.arange(LONGEST)
    distance = steps[:, None] - steps
    slopes = 2.0 ** (-8 * (np.arange(HEADS) + 1) / HEADS)
    mask = np.where(distance < 0, -np.inf, -slopes[:, None, None] * distance)
    mask = graph.node("Slice", graph.constant(mask.astype(np.float32)), graph.integers(0, 0),
                      graph.node("Concat", length, length, axis=0), graph.integers(1, 2))
    shapes = {"heads": graph.node("Concat", shape, graph.integers(HEADS, hidden // HEADS), axis=0),
              "flat": graph.integers(-1, hidden)}
    for _ in range(LAYERS):
        x = add_layer(graph, x, mask, hidden, shapes, take)
    x = graph.node("Reshape", x, graph.node("Concat", shape, graph.integers(hidden), axis=0))
    last = graph.node("Sub", graph.node("Cast", "lens", to=TensorProto.INT64), graph.integers(1))
    last = graph.node("GatherND", x, graph.node("Unsqueeze", last, graph.integers(1)),
                      batch_dims=1)
    state = graph.norm(last, take(hidden), take(hidden))
    logits = graph.linear(state, take(ACTIONS, hidden), take(ACTIONS))
    graph.nodes.append(helper.make_node("Softmax", [logits], ["p"], axis=1))
    save(path, "self-attention", graph.nodes, graph.constants, opset=17)


def main():
    folder = sys.argv[1]
    for cell, gates in (("gru", 3), ("lstm", 4)):
        for hidden in (32, 64, 128, 256):
            name = f"{folder}/{cell}{hidden}"
            write_graph(f"{name}.onnx", cell, hidden, read_weights(f"{name}.bin", gates, hidden))
    write_self_attention(f"{folder}/attention64.onnx",
                         np.fromfile(f"{folder}/attention64.bin", np.float32), 64)


main()

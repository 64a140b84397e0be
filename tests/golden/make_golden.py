#!/usr/bin/python3
"""Makes the reference values of tests/unit/test_pytorch.c.

    /usr/bin/python3 tests/golden/make_golden.py        (Debian: python3-torch; torch 1.13)

Its output is committed, so that the tests do not need torch.  For every CASE it writes

    CASE.safetensors            a model file, written with struct and json only
    CASE.expected.safetensors   the results of torch in float64: logits and probabilities [B][C],
                                loss (mean cross-entropy), gradient.<tensor>; the metadata has
                                the histories and their actions

CASE is CELL-LxD (layers, directions), or CELL-attention-LxD: with an attention head, whose context
is computed by torch.softmax over all scores of a history.  rnn, lstm and gru are computed by
torch.nn; gru-after-write, gru-before-keep and gru-before-write, which torch does not have, by the
equations below.  self-attention-L and self-attention-head-L are torch.nn.TransformerEncoder with L
layers and the slopes in its mask.  encoder-decoder-CELL-L are two of torch.nn with L layers; their
logits are those of all steps after the first 1, 2, ... events of each history, and the loss is the
mean over the steps whose label is an action.  Files that exist are not written again.  "training" is ten steps of AdamW;
"exported", "exported-transformer" and "exported-encoder-decoder" are the files that export_example.py
writes.
"""
import json
import os
import random
import struct

import torch
from torch.nn.utils.stateless import functional_call

import export_example

HERE = os.path.dirname(os.path.abspath(__file__))
ACTIONS = ["ignore", "rollback", "escalate"]
FIELDS = [("event", ["deploy", "alarm", "page", "rollback"]), ("service", ["api", "db"])]
LATENCY = {"name": "latency_ms", "kind": "number", "mean": 200.0, "scale": 80.0,
           "missing_mean": 0.25, "missing_scale": 0.5}
HIDDEN = 5


def write_safetensors(path, tensors, metadata):
    """tensors: name -> (dtype, shape, flat list)."""
    header, data = {"__metadata__": metadata}, b""
    for name, (dtype, shape, values) in tensors.items():
        code = {"F32": "f", "F64": "d"}[dtype]
        packed = struct.pack("<%d%s" % (len(values), code), *values)
        header[name] = {"dtype": dtype, "shape": list(shape),
                        "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    with open(os.path.join(HERE, path), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def stored(dtype, tensor):
    return dtype, list(tensor.shape), tensor.detach().flatten().tolist()


# ---- a network is a dict of float64 leaves, named as in the file -------------------------

def make_weights(cell, embedding, layers, directions, generator, attention=False):
    gates = {"rnn": 1, "lstm": 4}.get(cell, 3)

    def draw(*shape, size=0.8):
        # float32 values as float64, so that engine and torch start from the same values
        values = (torch.rand(*shape, generator=generator) * 2 - 1) * size
        return values.float().double().requires_grad_()

    weights, width = {}, 2
    for name, values in FIELDS:
        if embedding > 0:
            weights["embedding.%s.weight" % name] = draw(2 + len(values), embedding)
        width += 0 if embedding > 0 else len(values)
    width += embedding
    for layer in range(layers):
        for suffix in ["", "_reverse"][:directions]:
            end = "_l%d%s" % (layer, suffix)
            weights["rnn.weight_ih" + end] = draw(gates * HIDDEN, width)
            weights["rnn.weight_hh" + end] = draw(gates * HIDDEN, HIDDEN)
            weights["rnn.bias_ih" + end] = draw(gates * HIDDEN, size=0.4)
            weights["rnn.bias_hh" + end] = draw(gates * HIDDEN, size=0.4)
        width = directions * HIDDEN
    if attention:
        weights["attention.weight"] = draw(HIDDEN, HIDDEN)
        weights["attention.bias"] = draw(HIDDEN, size=0.4)
        weights["attention.query"] = draw(HIDDEN, size=2.0)
        width += HIDDEN
    weights["head.weight"] = draw(len(ACTIONS), width)
    weights["head.bias"] = draw(len(ACTIONS), size=0.4)
    return weights


def value_id(values, value):
    return 1 if value is None else 2 + values.index(value) if value in values else 0


def encode(weights, embedding, history):
    """[steps][input]: the sum of an event's embeddings (or one-hot), then the numbers."""
    rows = []
    for event in history["events"]:
        parts = []
        for name, values in FIELDS:
            row = value_id(values, event.get(name))
            if embedding > 0:
                parts.append(weights["embedding.%s.weight" % name][row])
            else:
                one_hot = torch.zeros(len(values), dtype=torch.float64)
                if row >= 2:
                    one_hot[row - 2] = 1.0
                parts.append(one_hot)
        x = sum(parts) if embedding > 0 else torch.cat(parts)
        latency = event.get("latency_ms")
        number = 0.0 if latency is None else (latency - LATENCY["mean"]) / LATENCY["scale"]
        flag = ((latency is None) - LATENCY["missing_mean"]) / LATENCY["missing_scale"]
        numbers = torch.tensor([number, flag], dtype=torch.float32).double()
        rows.append(torch.cat([x, numbers]))
    return torch.stack(rows)


# ---- cells ------------------------------------------------------------------------------

def gru_states(x, w, u, b_ih, b_hh, reset, update):
    """The states of a GRU of any convention after each step, by its equations: [steps][HIDDEN]."""
    h, states, H = torch.zeros(HIDDEN, dtype=torch.float64), [], HIDDEN
    for step in x:
        gx, gh = w @ step + b_ih, u @ h + b_hh
        r, z = torch.sigmoid(gx[:H] + gh[:H]), torch.sigmoid(gx[H:2 * H] + gh[H:2 * H])
        if reset == "after":
            n = torch.tanh(gx[2 * H:] + r * gh[2 * H:])
        else:
            n = torch.tanh(gx[2 * H:] + u[2 * H:] @ (r * h) + b_hh[2 * H:])
        h = z * h + (1 - z) * n if update == "keep" else z * n + (1 - z) * h
        states.append(h)
    return torch.stack(states)


def run_by_equations(cell, weights, x, layers, directions):
    _, reset, update = cell.split("-")
    for layer in range(layers):
        outputs = []
        for suffix in ["", "_reverse"][:directions]:
            parts = [weights["rnn.%s_l%d%s" % (role, layer, suffix)]
                     for role in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]]
            steps = x if suffix == "" else x.flip(0)
            states = gru_states(steps, *parts, reset, update)
            outputs.append(states if suffix == "" else states.flip(0))
        x = torch.cat(outputs, 1)
    return x


def make_rnn(cell, weights, width, layers, directions, prefix="rnn."):
    kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    rnn = kind(width, HIDDEN, layers, bidirectional=directions == 2).double()
    names = [name for name, _ in rnn.named_parameters()]
    for name in names:  # replace the parameters by our leaves, so that these get gradients
        del rnn._parameters[name]
        setattr(rnn, name, weights[prefix + name])
    rnn._flat_weights = [getattr(rnn, name) for name in rnn._flat_weights_names]
    return rnn


def run_by_torch(cell, weights, x, layers, directions):
    return make_rnn(cell, weights, x.shape[1], layers, directions)(x.unsqueeze(1))[0].squeeze(1)


def context_of(weights, outputs):
    hidden = torch.tanh(outputs @ weights["attention.weight"].T + weights["attention.bias"])
    return torch.softmax(hidden @ weights["attention.query"], 0) @ outputs


def logits_of(cell, weights, embedding, layers, directions, history):
    x = encode(weights, embedding, history)
    run = run_by_torch if cell in ["rnn", "lstm", "gru"] else run_by_equations
    outputs = run(cell, weights, x, layers, directions)
    final = outputs[-1, :HIDDEN]
    if directions == 2:
        final = torch.cat([final, outputs[0, HIDDEN:]])
    if "attention.query" in weights:
        final = torch.cat([final, context_of(weights, outputs)])
    return weights["head.weight"] @ final + weights["head.bias"]


# ---- files ------------------------------------------------------------------------------

def make_histories(count, longest, rng):
    histories = []
    for i in range(count):
        events = []
        for _ in range(longest if i == 0 else rng.randint(1, longest)):
            event = {"event": rng.choice(FIELDS[0][1] + ["never seen"])}
            if rng.random() < 0.7:
                event["service"] = rng.choice(FIELDS[1][1])
            if rng.random() < 0.7:
                event["latency_ms"] = rng.choice([40, 125.5, 200, 333.25])
            events.append(event)
        histories.append({"events": events, "action": rng.randrange(len(ACTIONS))})
    return histories


def write_model(case, cell, weights, embedding, layers, directions):
    parts = (cell + "-after-keep").split("-")
    fields = [{"name": n, "kind": "category", "values": v} for n, v in FIELDS] + [LATENCY]
    network = {"cell": parts[0], "reset": parts[1], "update": parts[2],
               "embedding": embedding, "hidden": HIDDEN, "layers": layers,
               "directions": directions}
    model = {"schema": {"fields": fields}, "network": network, "actions": ACTIONS}
    if "attention.query" in weights:
        network["head"] = "attention"
        model["numerics"] = 3
    write_safetensors(case + ".safetensors",
                      {name: stored("F32", w) for name, w in weights.items()},
                      {"format": "triage", "version": "1", "model": json.dumps(model)})


def expect(logits, actions):
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(actions))
    return loss, {"logits": stored("F64", logits),
                  "probabilities": stored("F64", torch.softmax(logits, 1)),
                  "loss": stored("F64", loss.reshape(1))}


def make_case(cell, layers, directions, seed, attention=False):
    case = "%s%s-%dx%d" % (cell, "-attention" if attention else "", layers, directions)
    if os.path.exists(os.path.join(HERE, case + ".safetensors")):
        return
    embedding = 0 if layers == 2 else 4
    generator, rng = torch.Generator().manual_seed(seed), random.Random(seed)
    weights = make_weights(cell, embedding, layers, directions, generator, attention)
    histories = make_histories(6, 9, rng)
    logits = torch.stack([logits_of(cell, weights, embedding, layers, directions, h)
                          for h in histories])
    loss, expected = expect(logits, [h["action"] for h in histories])
    loss.backward()
    for name, w in weights.items():
        expected["gradient." + name] = stored("F32", w.grad)
    write_model(case, cell, weights, embedding, layers, directions)
    write_safetensors(case + ".expected.safetensors", expected,
                      {"histories": json.dumps(histories)})


# ---- self-attention -----------------------------------------------------------------------

WIDTH, HEADS, FORWARD = 6, 2, 9
PAUSE = {"name": "since_previous", "mean": 1.5, "scale": 2.5}


def make_encoder(layers):
    layer = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, FORWARD, 0.0, norm_first=True)
    return torch.nn.TransformerEncoder(layer, layers, torch.nn.LayerNorm(WIDTH)).double()


def make_self_attention_weights(layers, generator, attention):
    def draw(shape, size, middle=0.0):
        values = (torch.rand(*shape, generator=generator) * 2 - 1) * size + middle
        return values.float().double().requires_grad_()

    weights = {"embedding.%s.weight" % name: draw([2 + len(values), 4], 0.8)
               for name, values in FIELDS}
    weights["input.weight"], weights["input.bias"] = draw([WIDTH, 7], 0.8), draw([WIDTH], 0.4)
    for name, parameter in make_encoder(layers).named_parameters():
        is_norm = "norm" in name and name.endswith("weight")
        weights["encoder." + name] = draw(parameter.shape, 0.6, 1.0 if is_norm else 0.0)
    for layer in range(layers):
        for slope in ["index_slope", "time_slope"]:
            weights["encoder.layers.%d.self_attn.%s" % (layer, slope)] = draw([HEADS], 0.5, 0.3)
    if attention:
        weights["attention.weight"] = draw([WIDTH, WIDTH], 0.8)
        weights["attention.bias"] = draw([WIDTH], 0.4)
        weights["attention.query"] = draw([WIDTH], 2.0)
    weights["head.weight"] = draw([len(ACTIONS), WIDTH * (2 if attention else 1)], 0.8)
    weights["head.bias"] = draw([len(ACTIONS)], 0.4)
    return weights


def pauses_of(history):
    """log1p of the seconds before each event, scaled: the input "since_previous", in float32."""
    times = [event["time"] for event in history["events"]]
    gaps = [0] + [after - before for before, after in zip(times, times[1:])]
    logs = torch.log1p(torch.tensor(gaps, dtype=torch.float64))
    return ((logs - PAUSE["mean"]) / PAUSE["scale"]).float().double()


def self_attention_states(weights, layers, history):
    numbers = pauses_of(history)
    x = torch.cat([encode(weights, 4, history), numbers.unsqueeze(1)], 1)
    x = x @ weights["input.weight"].T + weights["input.bias"]
    ticks = torch.floor((numbers * PAUSE["scale"] + PAUSE["mean"]).clamp(min=0) * 1024 + 0.5)
    ticks[0] = 0
    clock, index = torch.cumsum(ticks, 0) / 1024, torch.arange(len(x), dtype=torch.float64)
    future = torch.full((len(x), len(x)), float("-inf"), dtype=torch.float64).triu(1)
    encoder, x = make_encoder(layers), x.unsqueeze(1)
    for layer, module in enumerate(encoder.layers):
        prefix = "encoder.layers.%d." % layer
        slopes = [weights[prefix + "self_attn." + name].view(-1, 1, 1)
                  for name in ["index_slope", "time_slope"]]
        mask = future - slopes[0] * (index.view(-1, 1) - index) \
            - slopes[1] * (clock.view(-1, 1) - clock)
        parameters = {name: weights[prefix + name] for name, _ in module.named_parameters()}
        x = functional_call(module, parameters, (x, mask))
    norm = [weights["encoder.norm." + name] for name in ["weight", "bias"]]
    return torch.nn.functional.layer_norm(x.squeeze(1), [WIDTH], *norm)


def make_timed_histories(count, longest, rng):
    histories = make_histories(count, longest, rng)
    for history in histories:
        time = 1.7e9
        for event in history["events"]:
            event["time"] = time
            time += rng.choice([0, 1, 20, 600, 90000])
    return histories


def self_attention_logits(weights, layers, history):
    states = self_attention_states(weights, layers, history)
    final = states[-1]
    if "attention.query" in weights:
        final = torch.cat([final, context_of(weights, states)])
    return weights["head.weight"] @ final + weights["head.bias"]


def write_self_attention(case, weights, layers):
    fields = [{"name": n, "kind": "category", "values": v} for n, v in FIELDS] + [LATENCY]
    network = {"cell": "attention", "embedding": 4, "hidden": WIDTH, "layers": layers,
               "directions": 1, "heads": HEADS, "feed_forward": FORWARD}
    if "attention.query" in weights:
        network["head"] = "attention"
    model = {"numerics": 4, "schema": {"fields": fields, "time": [PAUSE]}, "network": network,
             "actions": ACTIONS}
    write_safetensors(case + ".safetensors",
                      {name: stored("F32", w) for name, w in weights.items()},
                      {"format": "triage", "version": "1", "model": json.dumps(model)})


def make_self_attention(layers, seed, attention):
    case = "self-attention%s-%d" % ("-head" if attention else "", layers)
    if os.path.exists(os.path.join(HERE, case + ".safetensors")):
        return
    generator, rng = torch.Generator().manual_seed(seed), random.Random(seed)
    weights = make_self_attention_weights(layers, generator, attention)
    histories = make_timed_histories(6, 19, rng)
    logits = [self_attention_logits(weights, layers, h) for h in histories]
    loss, expected = expect(torch.stack(logits), [h["action"] for h in histories])
    loss.backward()
    for name, w in weights.items():
        expected["gradient." + name] = stored("F32", w.grad)
    write_self_attention(case, weights, layers)
    write_safetensors(case + ".expected.safetensors", expected,
                      {"histories": json.dumps(histories)})


# ---- encoder-decoders ---------------------------------------------------------------------

EVENT_NAMES = FIELDS[0][1]
NEXT_EVENTS = EVENT_NAMES + ["end_of_history"]


def make_encoder_decoder_weights(cell, embedding, layers, generator):
    weights = make_weights(cell, embedding, layers, 1, generator)
    del weights["head.weight"], weights["head.bias"]
    gates, width = {"rnn": 1, "lstm": 4, "gru": 3}[cell], embedding or len(EVENT_NAMES)

    def draw(*shape, size=0.8):
        values = (torch.rand(*shape, generator=generator) * 2 - 1) * size
        return values.float().double().requires_grad_()

    if embedding > 0:
        weights["decoder.embedding.event.weight"] = draw(2 + len(EVENT_NAMES), embedding)
    for layer in range(layers):
        end = "_l%d" % layer
        weights["decoder.rnn.weight_ih" + end] = draw(gates * HIDDEN, width)
        weights["decoder.rnn.weight_hh" + end] = draw(gates * HIDDEN, HIDDEN)
        weights["decoder.rnn.bias_ih" + end] = draw(gates * HIDDEN, size=0.4)
        weights["decoder.rnn.bias_hh" + end] = draw(gates * HIDDEN, size=0.4)
        width = HIDDEN
    weights["decoder.head.weight"] = draw(len(NEXT_EVENTS), HIDDEN)
    weights["decoder.head.bias"] = draw(len(NEXT_EVENTS), size=0.4)
    return weights


def encoder_decoder_logits(cell, weights, embedding, layers, history, length):
    """After the first `length` events: [steps][actions], reading those that follow."""
    x = encode(weights, embedding, history)[:length]
    state = make_rnn(cell, weights, x.shape[1], layers, 1)(x.unsqueeze(1))[1]
    rows = [1] + [value_id(EVENT_NAMES, event["event"]) for event in history["events"][length:]]
    if embedding > 0:
        read = weights["decoder.embedding.event.weight"][rows]
    else:
        read = torch.zeros(len(rows), len(EVENT_NAMES), dtype=torch.float64)
        for step, row in enumerate(rows):
            if row >= 2:
                read[step, row - 2] = 1.0
    decoder = make_rnn(cell, weights, read.shape[1], layers, 1, "decoder.rnn.")
    states = decoder(read.unsqueeze(1), state)[0].squeeze(1)
    return states @ weights["decoder.head.weight"].T + weights["decoder.head.bias"]


def expect_steps(logits, histories):
    """logits: those of each history after its first 1, 2, ... events."""
    labels = []
    for history in histories:
        names = [event["event"] for event in history["events"]] + ["end_of_history"]
        for length in range(1, len(names)):
            labels += names[length:]
    logits = torch.cat(logits)
    used = [i for i, name in enumerate(labels) if name in NEXT_EVENTS]
    loss, expected = expect(logits[used], [NEXT_EVENTS.index(labels[i]) for i in used])
    expected["logits"] = stored("F64", logits)
    del expected["probabilities"]
    return loss, expected


def make_encoder_decoder(cell, layers, seed):
    case = "encoder-decoder-%s-%d" % (cell, layers)
    if os.path.exists(os.path.join(HERE, case + ".safetensors")):
        return
    embedding = 0 if layers == 2 else 4
    generator, rng = torch.Generator().manual_seed(seed), random.Random(seed)
    weights = make_encoder_decoder_weights(cell, embedding, layers, generator)
    histories = make_histories(5, 6, rng)
    logits = [encoder_decoder_logits(cell, weights, embedding, layers, history, length)
              for history in histories for length in range(1, len(history["events"]) + 1)]
    loss, expected = expect_steps(logits, histories)
    loss.backward()
    for name, w in weights.items():
        expected["gradient." + name] = stored("F32", w.grad)
    fields = [{"name": n, "kind": "category", "values": v} for n, v in FIELDS] + [LATENCY]
    model = {"numerics": 5, "schema": {"fields": fields}, "target": "continue",
             "network": {"cell": cell, "embedding": embedding, "hidden": HIDDEN,
                         "layers": layers}, "actions": NEXT_EVENTS}
    write_safetensors(case + ".safetensors",
                      {name: stored("F32", w) for name, w in weights.items()},
                      {"format": "triage", "version": "1", "model": json.dumps(model)})
    write_safetensors(case + ".expected.safetensors", expected,
                      {"histories": json.dumps(histories)})


def make_exported_encoder_decoder():
    case = "exported-encoder-decoder"
    if os.path.exists(os.path.join(HERE, case + ".safetensors")):
        return
    events, actions = export_example.EVENTS, export_example.NEXT_EVENTS
    torch.manual_seed(1)
    network = export_example.EncoderDecoder(events, actions)
    export_example.export(os.path.join(HERE, case + ".safetensors"), network, events, actions)
    network = network.double().eval()
    orders = [[0, 1, 2], [2, 1, 0, 0], [1]]
    logits = [network(torch.tensor(order[:length]) + 2,
                      torch.tensor(order[length:], dtype=torch.long) + 2)
              for order in orders for length in range(1, len(order) + 1)]
    histories = [{"events": [events[i] for i in order], "action": 0} for order in orders]
    write_safetensors(case + ".expected.safetensors",
                      {"logits": stored("F64", torch.cat(logits))},
                      {"histories": json.dumps(histories)})


def make_training(is_self_attention):
    """Ten steps of AdamW on one batch: the losses, the norms before clipping, the final weights."""
    case = "training-self-attention" if is_self_attention else "training"
    if os.path.exists(os.path.join(HERE, case + ".safetensors")):
        return
    rate, decay, clip = 0.02, 0.1, 0.25
    generator, rng = torch.Generator().manual_seed(77), random.Random(77)
    if is_self_attention:
        weights = make_self_attention_weights(2, generator, False)
        histories = make_timed_histories(8, 7, rng)
        write_self_attention(case, weights, 2)
    else:
        weights = make_weights("gru", 4, 2, 1, generator)
        histories = make_histories(8, 7, rng)
        write_model(case, "gru", weights, 4, 2, 1)
    optimiser = torch.optim.AdamW(
        [{"params": [w for w in weights.values() if w.dim() > 1], "weight_decay": decay},
         {"params": [w for w in weights.values() if w.dim() == 1], "weight_decay": 0.0}],
        lr=rate, betas=(0.9, 0.999), eps=1e-8)
    losses, norms = [], []
    for _ in range(10):
        optimiser.zero_grad()
        logits = torch.stack([self_attention_logits(weights, 2, h) if is_self_attention
                              else logits_of("gru", weights, 4, 2, 1, h) for h in histories])
        loss, _ = expect(logits, [h["action"] for h in histories])
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(weights.values(), clip)))
        losses.append(float(loss))
        optimiser.step()
    expected = {"losses": ("F64", [10], losses), "norms": ("F64", [10], norms),
                "settings": ("F64", [3], [rate, decay, clip])}
    for name, w in weights.items():
        expected["weights." + name] = stored("F32", w)
    write_safetensors(case + ".expected.safetensors", expected,
                      {"histories": json.dumps(histories)})


def make_exported(case, kind):
    if os.path.exists(os.path.join(HERE, case + ".safetensors")):
        return
    events, actions = export_example.EVENTS, export_example.ACTIONS
    torch.manual_seed(1)
    network = kind(events, actions)
    export_example.export(os.path.join(HERE, case + ".safetensors"), network, events,
                          actions)
    network = network.double().eval()
    orders = [[0, 1, 2], [2, 1, 0], [1], [0] * 20]
    logits = torch.stack([network(torch.tensor(order) + 2) for order in orders])
    histories = [{"events": [events[i] for i in order], "action": 0} for order in orders]
    _, expected = expect(logits, [0] * len(orders))
    write_safetensors(case + ".expected.safetensors", expected,
                      {"histories": json.dumps(histories)})


if __name__ == "__main__":
    seed = 1
    for cell in ["rnn", "lstm", "gru", "gru-after-write", "gru-before-keep",
                 "gru-before-write"]:
        deepest = 3 if "-" not in cell else 2
        for layers in range(1, deepest + 1):
            for directions in [1, 2]:
                make_case(cell, layers, directions, seed)
                seed += 1
    for cell in ["rnn", "lstm", "gru"]:
        for layers in [1, 2]:
            make_case(cell, layers, 1, seed, attention=True)
            seed += 1
    for layers in [1, 2, 3]:
        for attention in [False, True]:
            make_self_attention(layers, 100 + layers, attention)
    for cell in ["rnn", "lstm", "gru"]:
        for layers in [1, 2]:
            make_encoder_decoder(cell, layers, 200 + layers)
    make_training(False)
    make_training(True)
    make_exported("exported", export_example.Network)
    make_exported("exported-transformer", export_example.Transformer)
    make_exported_encoder_decoder()

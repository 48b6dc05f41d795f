"""Recurrent layers, one direction of one, and single steps. Whole modules: recurrent.py."""
import torch

from draw import Case
from registry import operation


def end_to_end(*results):
    return torch.cat([y.flatten() for y in results])


def layer(name, f, gates, states, more=lambda d: {}):
    """A direction of a layer; PyTorch has the backward one only together with the forward one."""

    def call(x, args):
        state = [h.expand(2, *h.shape).contiguous() for h in x[1:1 + states]]
        state, weights = state if states == 2 else state[0], x[1 + states:]
        options = [[*weights, *weights], len(weights) > 2, 1, 0.0, False, True]
        if "batch_sizes" in args:
            y, *last = f(args)(x[0], torch.tensor(args["batch_sizes"]), state, *options)
        else:
            y, *last = f(args)(x[0], state, *options, False)
        side, hidden = int(args.get("reverse", False)), x[1].shape[-1]
        return end_to_end(y[..., side * hidden:(side + 1) * hidden], *[h[side] for h in last])

    def make(d):
        large = d.kind in ("medium", "vector")
        n, hidden, inputs = (d.int(1, 40), d.int(1, 40), d.int(1, 40)) if large else (
            1 if d.kind == "single" else d.int(1, 4), d.int(1, 5), d.int(1, 5))
        steps = 1 if d.kind == "ones" else d.int(1, 6)
        args = dict(more(d), **({"reverse": True} if d.chance(0.5) else {}))
        if d.kind == "empty":
            n = 0
        elif d.chance(0.4):
            sizes = sorted([n] + [d.int(1, n) for _ in range(steps - 1)], reverse=True)
            args["batch_sizes"] = sizes
        shape = [sum(args["batch_sizes"])] if "batch_sizes" in args else [steps, n]
        inputs = ([d.real([*shape, inputs], -1, 1)] + [d.real([n, hidden], -1, 1) for _ in range(states)]
                  + weights(d, gates, inputs, hidden))
        return Case(inputs, args, k=max(1, n * steps * gates * hidden))

    operation(name, call, make)


def weights(d, gates, inputs, hidden):
    """Of the size that modules start with, so that sums of many stay near 1."""
    bound, rows = hidden ** -0.5, gates * hidden
    drawn = [d.real([rows, inputs], -bound, bound), d.real([rows, hidden], -bound, bound)]
    return drawn + ([d.real([rows], -bound, bound) for _ in range(2)] if d.chance(0.8) else [])


def nonlinearity(d):
    return {"nonlinearity": "relu"} if d.chance(0.4) else {}


layer("rnn", lambda a: torch.rnn_relu if "nonlinearity" in a else torch.rnn_tanh, 1, 1, nonlinearity)
layer("lstm", lambda a: torch.lstm, 4, 2)
layer("gru", lambda a: torch.gru, 3, 1)


def cell(name, f, gates, states, more=lambda d: {}):
    def call(x, args):
        one = x[0].dim() == 1
        batch = [v.unsqueeze(0) if one else v for v in x[:1 + states]]
        y = f(args)(batch[0], tuple(batch[1:]) if states == 2 else batch[1], *x[1 + states:])
        if states == 2:
            return end_to_end(*y)
        return y.squeeze(0) if one else y

    def make(d):
        high = 40 if d.kind in ("medium", "vector") else 5
        hidden, inputs = d.int(1, high), d.int(1, high)
        n = {"empty": [0], "scalar": [], "single": [1]}.get(d.kind, [d.int(1, high)])
        return Case([d.real([*n, inputs], -1, 1)] + [d.real([*n, hidden], -1, 1) for _ in range(states)]
                    + weights(d, gates, inputs, hidden), more(d), k=gates * hidden * max([1] + n))

    operation(name, call, make)


cell("rnn_cell", lambda a: torch.rnn_relu_cell if "nonlinearity" in a else torch.rnn_tanh_cell, 1, 1,
     nonlinearity)
cell("lstm_cell", lambda a: torch.lstm_cell, 4, 2)
cell("gru_cell", lambda a: torch.gru_cell, 3, 1)

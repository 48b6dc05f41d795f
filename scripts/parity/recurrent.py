#!/usr/bin/env python3
"""Writes what PyTorch's RNN, LSTM and GRU modules give, for tests/parity/recurrent_test.cpp.

  recurrent.py [--seed S] [--cases N] --out DIR

DIR/cases.json has one module a line: its class, its arguments, how it is called and the text it is
printed as. DIR/numbers.safetensors has its tensors, named CASE.WHAT: x, h_0, c_0, the state dict as
state.NAME, the results output, h_n, c_n, what the sum of their products with dy.RESULT has for
gradients, as grad.NAME, grad.x, grad.h_0, grad.c_0.
"""
import argparse
import json
import pathlib
import random
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

KINDS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


def draw(r, kind, i):
    """The i-th module: some are called with packed sequences, some with a single one."""
    options = {"num_layers": r.choice([1, 1, 2, 3]), "bias": r.random() < 0.8,
               "batch_first": r.random() < 0.5, "bidirectional": r.random() < 0.5}
    if kind == "RNN":
        options["nonlinearity"] = r.choice(["tanh", "relu"])
    steps, n = r.randint(1, 7), r.randint(1, 5)
    call = {"steps": steps, "n": n, "initial": r.random() < 0.5}
    if i % 3 == 1:
        lengths = [r.randint(1, steps) for _ in range(n)]
        call["enforce_sorted"] = r.random() < 0.5
        call["lengths"] = sorted(lengths, reverse=True) if call["enforce_sorted"] else lengths
    elif i % 7 == 2:
        call["unbatched"] = True
    return {"kind": kind, "inputs": r.randint(1, 6), "hidden": r.randint(1, 8), "options": options, **call}


def run(case, dtype, numbers, name):
    module = KINDS[case["kind"]](case["inputs"], case["hidden"], dtype=dtype, **case["options"])
    options, steps, n = case["options"], case["steps"], case["n"]
    lead = [steps] if "unbatched" in case else [n, steps] if options["batch_first"] else [steps, n]
    tensors = {"x": torch.rand([*lead, case["inputs"]], dtype=dtype) * 2 - 1}
    state = [options["num_layers"] * (2 if options["bidirectional"] else 1),
             *([] if "unbatched" in case else [n]), case["hidden"]]
    states = ["h_0", "c_0"] if case["kind"] == "LSTM" else ["h_0"]
    if case["initial"]:
        tensors.update({s: torch.rand(state, dtype=dtype) * 2 - 1 for s in states})
    for x in tensors.values():
        x.requires_grad_()
    x, given = tensors["x"], [tensors[s] for s in states] if case["initial"] else None
    if "lengths" in case:
        x = pack_padded_sequence(x, case["lengths"], options["batch_first"], case["enforce_sorted"])
    output, last = module(x, None if given is None else tuple(given) if len(given) == 2 else given[0])
    if "lengths" in case:
        output, lengths = pad_packed_sequence(output, options["batch_first"])
        assert lengths.tolist() == case["lengths"]
    results = dict(zip(["output", "h_n", "c_n"], [output, *(last if len(states) == 2 else [last])]))
    dy = {key: torch.rand_like(y) * 2 - 1 for key, y in results.items()}
    sum((results[key] * dy[key]).sum() for key in results).backward()
    save = {**tensors, **results, **{f"dy.{k}": v for k, v in dy.items()},
            **{f"state.{k}": v for k, v in module.state_dict().items()},
            **{f"grad.{k}": v.grad for k, v in [*module.named_parameters(), *tensors.items()]}}
    numbers.update({f"{name}.{k}": v.detach().clone().contiguous() for k, v in save.items()})
    return str(module)


def generate(seed, cases, folder):
    """`cases` modules a class, each in f32 and in f64."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    r, numbers, lines = random.Random(seed), {}, []
    for kind in KINDS:
        for i in range(cases):
            case = draw(r, kind, i)
            for name, dtype in [("f32", torch.float32), ("f64", torch.float64)]:
                text = run(case, dtype, numbers, str(len(lines)))
                lines.append(json.dumps({**case, "dtype": name, "text": text}))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cases.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    save_file(numbers, folder / "numbers.safetensors")
    return len(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cases", type=int, default=3, help="modules a class")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    print(f"parity: {generate(args.seed, args.cases, args.out)} recurrent modules in {args.out}")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Writes what PyTorch makes of random calls, for tests/parity/replay_test.cpp.

  generate.py [--seed S] [--cases N] [--out DIR]

DIR/cases.json has one case a line: operation, arguments, the types and shapes of its inputs `x`, and
one run a type: the result `y` and which gradients there are. The numbers are in
DIR/numbers.safetensors, one long tensor a type, in the order x, dy, then y and gradients of each run.
A run of type "f64" takes the inputs that are stored as f32 in f64; one of type null takes all inputs
as they are stored.
"""
import argparse
import collections
import json
import math
import pathlib
import random
import sys
import warnings
import zlib

import torch
from safetensors.torch import save_file

from draw import KINDS, NAMES, SMALL_KINDS, Draw
from registry import OPERATIONS

import operations_of_conv  # noqa: F401
import operations_of_attention  # noqa: F401
import operations_of_models  # noqa: F401
import operations_of_norm  # noqa: F401
import operations_of_numbers  # noqa: F401
import operations_of_pad  # noqa: F401
import operations_of_pool  # noqa: F401
import operations_of_recurrent  # noqa: F401
import operations_of_shape  # noqa: F401


class Writer:
    def __init__(self):
        self.lines, self.numbers = [], collections.defaultdict(list)

    def put(self, x):
        self.numbers[NAMES[x.dtype]].append(x.detach().reshape(-1))
        return [NAMES[x.dtype], list(x.shape)]

    def add(self, case):
        self.lines.append(json.dumps(case, separators=(",", ":"), allow_nan=False))

    def save(self, folder, about):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cases.json").write_text(
            json.dumps(about)[:-1] + ', "cases": [\n' + ",\n".join(self.lines) + "\n]}\n")
        save_file({name: torch.cat(parts) for name, parts in sorted(self.numbers.items())},
                  folder / "numbers.safetensors")


def portable(value):
    """JSON has no infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return [portable(v) for v in value] if isinstance(value, (list, tuple)) else value


def compute(operation, case, draw):
    """The output gradient, and each run's type, result and gradients (of which input, its value)."""
    runs, dy = [], None
    for dtype in [None] if case.typed else [torch.float32, torch.float64]:
        inputs = [x.to(dtype) if dtype and x.dtype == torch.float64 else x for x in case.inputs]
        wants = [i for i, x in enumerate(inputs) if x.is_floating_point() and operation.gradient
                 and (case.wants is None or i in case.wants)]
        inputs = [x.detach().clone().requires_grad_(i in wants) for i, x in enumerate(inputs)]
        y = operation.call(inputs, case.args)
        gradients = [None] * len(wants)
        if y.requires_grad:
            if dy is None:
                # of one sign where many are added, so that the sum has correct digits
                dy = draw.real(y.shape, 0.25 if case.k > 256 else -1, 1).float()
            gradients = torch.autograd.grad(y, [inputs[i] for i in wants], dy.to(y.dtype),
                                            allow_unused=True)
        runs.append((dtype, y, [(i, g) for i, g in zip(wants, gradients) if g is not None]))
    return dy, runs


def record(writer, name, operation, case, draw):
    try:
        dy, runs = compute(operation, case, draw)
    except RuntimeError as error:
        if case.typed:  # PyTorch has not this operation for these types
            return
        shapes = [tuple(x.shape) for x in case.inputs]
        raise RuntimeError(f"{name} {case.args} of shapes {shapes}") from error
    line = {"op": name}
    if case.args:
        line["args"] = {key: portable(value) for key, value in case.args.items()}
    if case.k > 1:
        line["k"] = case.k
    line["x"] = [writer.put(x.float() if not case.typed and x.dtype == torch.float64 else x)
                 for x in case.inputs]
    if dy is not None:
        line["dy"] = writer.put(dy)[1]
    line["runs"] = [{"dtype": dtype and NAMES[dtype], "y": writer.put(y),
                     "dx": [i for i, g in gradients if writer.put(g)]}
                    for dtype, y, gradients in runs]
    writer.add(line)


def generate(seed, cases, folder):
    """`cases` random ones an operation, and those about the rules at the edges."""
    warnings.simplefilter("ignore")  # variance of one number, deprecated forms
    torch.set_num_threads(1)
    writer = Writer()
    kinds = KINDS if cases >= len(KINDS) else SMALL_KINDS
    for place, (name, operation) in enumerate(OPERATIONS.items()):
        draw = Draw(zlib.crc32(f"{seed} {name}".encode()))
        for i in range(cases):
            draw.kind = kinds[(i + place) % len(kinds)]
            record(writer, name, operation, operation.make(draw), draw)
        draw.kind = "plain"
        more = operation.edges(draw) + (operation.typed(draw, cases) if operation.typed else [])
        for case in more:
            record(writer, name, operation, case, draw)
    writer.save(folder, {"torch": torch.__version__, "seed": seed})
    return len(writer.lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, help="drawn and printed when not given")
    parser.add_argument("--cases", type=int, default=20, help="random cases an operation")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"parity: seed {seed}")
    count = generate(seed, args.cases, args.out)
    print(f"parity: {count} cases of {len(OPERATIONS)} operations in {args.out}")


if __name__ == "__main__":
    sys.exit(main())

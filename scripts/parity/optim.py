#!/usr/bin/env python3
"""Records what PyTorch's optimisers and schedulers do, for tests/optim/recorded.json.

  python3 scripts/parity/optim.py [--seed N] [--out FILE]

Needs torch. tests/optim/recorded_test.cpp replays the file.
"""
import argparse
import itertools
import json
import pathlib
import sys

import torch
from torch.optim import lr_scheduler as sched

STEPS = 20
SHAPES = [[2, 9], [3]]  # a whole vector of every instruction set and a tail; only a tail
SKIPPED = 3  # the second parameter has no gradient in this step

OPTIMISERS = {
    "SGD": {"lr": [0.05], "momentum": [0, 0.9], "dampening": [0, 0.5], "weight_decay": [0, 0.01],
            "nesterov": [False, True], "maximize": [False, True]},
    "Adam": {"lr": [0.05], "betas": [(0.9, 0.999), (0.8, 0.95)], "eps": [1e-8, 1e-3],
             "weight_decay": [0, 0.01], "amsgrad": [False, True], "maximize": [False, True]},
    "RMSprop": {"lr": [0.01], "alpha": [0.99, 0.8], "eps": [1e-8, 1e-3], "weight_decay": [0, 0.01],
                "momentum": [0, 0.9], "centered": [False, True], "maximize": [False, True]},
    "Adagrad": {"lr": [0.1], "lr_decay": [0, 0.1], "weight_decay": [0, 0.01],
                "initial_accumulator_value": [0, 0.5], "eps": [1e-10, 1e-3],
                "maximize": [False, True]},
}
OPTIMISERS["AdamW"] = OPTIMISERS["Adam"]


def combinations(name):
    table = OPTIMISERS[name]
    for values in itertools.product(*table.values()):
        options = dict(zip(table, values))
        if options.get("nesterov") and (options["momentum"] == 0 or options["dampening"] != 0):
            continue
        yield options


def run(name, options, start, gradients, dtype):
    params = [torch.tensor(s, dtype=dtype).reshape(shape).requires_grad_()
              for s, shape in zip(start, SHAPES)]
    # the second parameter is a group of its own with half the rate
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": options["lr"] / 2}]
    optimiser = getattr(torch.optim, name)(groups, **options)
    for step, pair in enumerate(gradients):
        for i, (p, g) in enumerate(zip(params, pair)):
            skipped = i == 1 and step == SKIPPED
            p.grad = None if skipped else torch.tensor(g, dtype=dtype).reshape(p.shape)
        optimiser.step()
    return [p.detach().flatten().tolist() for p in params]


def short(x):
    """As few digits as tell two floats of single precision apart."""
    return float(f"{x:.9g}")


def optimiser_cases(start, gradients):
    cases = []
    for name in OPTIMISERS:
        for options in combinations(name):
            f64 = run(name, options, start, gradients, torch.float64)
            f32 = run(name, options, start, gradients, torch.float32)
            flat = dict(options)
            if "betas" in flat:
                flat["beta1"], flat["beta2"] = flat.pop("betas")
            cases.append({"optimiser": name, "options": {k: float(v) for k, v in flat.items()},
                          "f64": f64, "f32": [[short(x) for x in p] for p in f32]})
    return cases


def two_groups(name="SGD", **options):
    a, b = (torch.zeros(1, requires_grad=True) for _ in range(2))
    return getattr(torch.optim, name)([{"params": [a]}, {"params": [b], "lr": 0.02}], lr=0.1, **options)


SCHEDULERS = {
    "step": lambda o: sched.StepLR(o, 7, gamma=0.5),
    "multistep": lambda o: sched.MultiStepLR(o, [3, 10, 10, 25], gamma=0.3),
    "exponential": lambda o: sched.ExponentialLR(o, 0.9),
    "constant": lambda o: sched.ConstantLR(o),
    "constant options": lambda o: sched.ConstantLR(o, factor=0.25, total_iters=8),
    "linear": lambda o: sched.LinearLR(o),
    "linear options": lambda o: sched.LinearLR(o, start_factor=0.1, end_factor=0.8, total_iters=10),
    "cosine": lambda o: sched.CosineAnnealingLR(o, 7),
    "cosine options": lambda o: sched.CosineAnnealingLR(o, 10, eta_min=0.01),
    "restarts": lambda o: sched.CosineAnnealingWarmRestarts(o, 5),
    "restarts options": lambda o: sched.CosineAnnealingWarmRestarts(o, 5, T_mult=2, eta_min=0.001),
    "onecycle": lambda o: sched.OneCycleLR(o, 0.5, total_steps=50),
    "onecycle linear": lambda o: sched.OneCycleLR(
        o, 0.5, total_steps=50, pct_start=0.45, anneal_strategy="linear", three_phase=True,
        base_momentum=0.7, max_momentum=0.9, div_factor=10, final_div_factor=100),
    "onecycle lr only": lambda o: sched.OneCycleLR(o, 0.5, total_steps=60, cycle_momentum=False),
    "lambda": lambda o: sched.LambdaLR(o, lambda t: 0.95**t),
    "lambda list": lambda o: sched.LambdaLR(o, [lambda t: 1 / (1 + t), lambda t: 1 + t // 10]),
    "sequential": lambda o: sched.SequentialLR(
        o, [sched.LinearLR(o, start_factor=0.1, total_iters=5), sched.CosineAnnealingLR(o, 20),
            sched.ExponentialLR(o, 0.8)], [5, 30]),
    "sequential functions": lambda o: sched.SequentialLR(
        o, [sched.ConstantLR(o, factor=0.5, total_iters=4), sched.LambdaLR(o, lambda t: 0.9**t),
            sched.CosineAnnealingWarmRestarts(o, 6), sched.StepLR(o, 3)], [10, 20, 40]),
    # no ExponentialLR in the chain: inside a SequentialLR, PyTorch applies its factor at t = 0 already
    "sequential of chained": lambda o: sched.SequentialLR(
        o, [sched.ChainedScheduler([sched.ConstantLR(o), sched.StepLR(o, 4)]),
            sched.LinearLR(o)], [12]),
    "chained": lambda o: sched.ChainedScheduler(
        [sched.ConstantLR(o, factor=0.1, total_iters=6), sched.ExponentialLR(o, 0.9)]),
    "chained linear": lambda o: sched.ChainedScheduler(
        [sched.LinearLR(o, total_iters=8), sched.MultiStepLR(o, [4, 20])]),
}

PLATEAUS = {
    "plateau": dict(),
    "plateau max": dict(mode="max", factor=0.5, patience=2),
    "plateau abs": dict(threshold=0.05, threshold_mode="abs", patience=1, cooldown=3, factor=0.3),
    "plateau max abs": dict(mode="max", threshold=0.05, threshold_mode="abs", patience=0,
                            min_lr=0.01, factor=0.7),
    "plateau eps": dict(patience=0, eps=0.015, factor=0.5),
}


def momentum_of(group):
    return group["betas"][0] if "betas" in group else group["momentum"]


def curve(optimiser, step, steps=50):
    rows = []
    for t in range(steps):
        groups = optimiser.param_groups
        rows.append([g["lr"] for g in groups] + [momentum_of(groups[0])])
        optimiser.step()
        step(t)
    return rows


def scheduler_cases(metrics):
    cases = {}
    for name, make in SCHEDULERS.items():
        optimiser = two_groups(momentum=0.9)
        schedule = make(optimiser)
        cases[name] = curve(optimiser, lambda _: schedule.step())
    optimiser = two_groups("Adam")
    schedule = SCHEDULERS["onecycle"](optimiser)
    cases["onecycle adam"] = curve(optimiser, lambda _: schedule.step())
    for name, options in PLATEAUS.items():
        optimiser = two_groups(momentum=0.9)
        schedule = sched.ReduceLROnPlateau(optimiser, **options)
        cases[name] = curve(optimiser, lambda t: schedule.step(metrics[t]))
    return cases


def clip_cases(gradients):
    cases = []
    for norm_type in [2.0, 1.0, 3.0, float("inf")]:
        for max_norm in [0.5, 1e3]:
            params = [torch.zeros(shape, dtype=torch.float64) for shape in SHAPES]
            for p, g in zip(params, gradients[0]):
                p.grad = torch.tensor(g, dtype=torch.float64).reshape(p.shape)
            norm = torch.nn.utils.clip_grad_norm_(params, max_norm, norm_type)
            cases.append({"norm_type": str(norm_type), "max_norm": max_norm, "norm": norm.item(),
                          "grads": [p.grad.flatten().tolist() for p in params]})
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--out", default=root / "tests/optim/recorded.json")
    args = parser.parse_args()
    print(f"seed {args.seed}, torch {torch.__version__}")
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    draw = lambda shape: [short(x) for x in torch.randn(shape).flatten().tolist()]
    start = [draw(shape) for shape in SHAPES]
    gradients = [[draw(shape) for shape in SHAPES] for _ in range(STEPS)]
    for pair in gradients:
        pair[0][4] = 0.0  # never has a gradient: 0 / (0 + eps)
    metrics = [round(1 / (1 + 0.3 * t) + 0.1 * torch.randn(()).item(), 4) for t in range(50)]
    record = {"torch": torch.__version__, "seed": args.seed, "shapes": SHAPES, "skipped": SKIPPED,
              "start": start, "gradients": gradients, "metrics": metrics,
              "optimisers": optimiser_cases(start, gradients),
              "schedulers": scheduler_cases(metrics), "clip": clip_cases(gradients)}
    lines = []  # one case a line
    for key, value in record.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            body = "[\n" + ",\n".join(json.dumps(v, separators=(",", ":")) for v in value) + "]"
        elif isinstance(value, dict):
            body = "{\n" + ",\n".join(f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}"
                                      for k, v in value.items()) + "}"
        else:
            body = json.dumps(value, separators=(",", ":"))
        lines.append(f"{json.dumps(key)}:{body}")
    pathlib.Path(args.out).write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{len(record['optimisers'])} optimiser cases, {len(record['schedulers'])} curves -> {args.out}")


if __name__ == "__main__":
    sys.exit(main())

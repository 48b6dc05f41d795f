"""percept beside its peers, in one run and in turn: tables and JSON.

Usage: peers.py BUILD_DIR [--rows W1,W3] [--quick] [--threads N] [--json FILE]

Every repetition starts each program anew, one after the other, each time in another order; all start
from the same weights, take the same batches and may use the same threads. A program that cannot take
part is listed with the reason. bench/timing.h says what the jobs are.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import costs
import report
from contestants import (BUILD, DATA, Absent, contestants, machine, say, unpack_for_torchvision,
                         weights)

TRAINING_SET = 60000
# How far "check" may be from percept's: one unit that changes sides at a ReLU's corner moves a loss
# by 0.0002, a batch left out by 0.03. The CNN is the most sensitive of the networks: PyTorch alone
# ends 0.016 apart when its images lie otherwise.
CHECKS = {"f32": 0.002, "bf16": 0.01, "tiny": 0.05, "one": 0.001, "network": 0.025}


class Row:
    """One thing to measure: `jobs` maps a shown name to (contestant, arguments for a seed)."""

    def __init__(self, key, title, unit, jobs, value, repetitions, check=None, samples=None):
        self.key, self.title, self.unit, self.jobs, self.value = key, title, unit, jobs, value
        self.repetitions, self.check, self.samples = repetitions, check, samples

    def measure(self, everybody, threads):
        entries = {name: {"runs": []} for name in self.jobs}
        for repetition in range(self.repetitions):
            names = list(self.jobs)
            turn = repetition * 2 % len(names)
            for name in names[turn:] + names[:turn]:
                entry = entries[name]
                if "absent" in entry:
                    continue
                contestant, job = self.jobs[name]
                try:
                    run = everybody[contestant].run(job(repetition), threads)
                except Absent as reason:
                    entry["absent"] = str(reason)
                    entry["runs"] = []
                    say(f"{self.key}: {name} is absent: {reason}")
                    continue
                if self.samples is not None and run["samples"] != self.samples:
                    raise SystemExit(f"bench: {self.key}: {name} handed out {run['samples']} "
                                     f"samples instead of {self.samples}")
                entry["runs"].append({**run, "value": self.value(run)})
                say(f"{self.key} {repetition + 1}/{self.repetitions}: {name} "
                    f"{report.number(self.value(run))} {self.unit}")
        if self.check is not None:
            self.compare_checks(entries)
        return {"title": self.title, "unit": self.unit, "more_is_better": "/s" in self.unit,
                "entries": entries}

    def compare_checks(self, entries):
        """Marks who did not arrive where percept did from the same weights."""
        reference = entries["percept"]["runs"]
        for name, entry in entries.items():
            for ours, theirs in zip(reference, entry["runs"]):
                if "check" in theirs and abs(ours["check"] - theirs["check"]) > self.check:
                    entry["differs"] = [ours["check"], theirs["check"]]
                    say(f"{self.key}: {name} ends at {theirs['check']}, percept at {ours['check']}")


def training_rows(quick):
    rows = []
    for dtype in ("f32", "bf16"):
        names = ["percept", "percept, compiled", "PyTorch", "PyTorch, compiled", "LibTorch", "JAX"]
        if dtype == "f32":
            names += ["dlib, BLIS", "dlib, OpenBLAS"]
        for batch in (64, 256, 1024):
            epochs = 1 if quick else 5 if batch == 64 else 2

            def job(seed, batch=batch, epochs=epochs, dtype=dtype):
                return ["train", weights(seed)["classifier"], dtype, str(batch), str(epochs)]
            rows.append(Row(
                f"W1-{batch}-{dtype}", f"W1: 784-512-512-10, batch {batch}, {dtype}", "samples/s",
                {name: (name, job) for name in [*names, "limit"]},
                lambda run: run["samples"] / run["seconds"],
                2 if quick else 5 if batch == 64 else 3, CHECKS[dtype], epochs * TRAINING_SET))
    return rows


def network_rows(quick):
    """Named networks: training in batches of 64, and one picture at a time."""
    shown = {"lenet5": ("W4", "LeNet-5", 400),
             "cnn": ("W4", "CNN 32-64, batch norm, dropout", 100),
             "lstm": ("W5", "LSTM, 28 rows of 28 to 128 units", 150),
             "transformer": ("W6", "Transformer, 16 patches, 2 layers of 64", 150)}
    rows = []
    for name, (key, title, batches) in shown.items():
        batches = batches // 4 if quick else batches
        who = ["percept", "percept, compiled", "PyTorch", "PyTorch, channels last",
               "PyTorch, compiled"]
        if key != "W4":
            who.remove("PyTorch, channels last")

        def training(seed, name=name, batches=batches):
            return ["network", name, weights(seed)[name], str(batches)]

        def looking(seed, name=name):
            return ["picture", name, weights(seed)[name]]
        rows += [
            Row(f"{key}-{name}", f"{key}: {title}, batch 64", "samples/s",
                {other: (other, training) for other in who},
                lambda run: run["samples"] / run["seconds"], 2 if quick else 3, CHECKS["network"],
                64 * batches),
            Row(f"{key}-{name}-one", f"{key}: {title}, one picture", "us",
                {other: (other, looking) for other in who if other != "percept, compiled"},
                lambda run: run["us"], 2 if quick else 3, CHECKS["one"])]
    return rows


def rows(quick):
    repetitions = 2 if quick else 3
    return [
        *training_rows(quick),
        Row("W2", "W2: the whole program, files to 5 epochs, each evaluated", "s", {
            "percept": ("percept", lambda _: ["program", "f32"]),
            "percept, bf16": ("percept", lambda _: ["program", "bf16"]),
            "PyTorch": ("PyTorch, 0 workers", lambda _: []),
            "PyTorch, 2 workers": ("PyTorch, 2 workers", lambda _: [])},
            lambda run: run["wall"], 1 if quick else 3),
        Row("W3", "W3: 2-8-8-2, 13 samples, one SGD step", "us", {
            name: (name, lambda seed: ["tiny", weights(seed)["tiny"]])
            for name in ("percept", "percept, compiled", "PyTorch", "PyTorch, compiled", "LibTorch",
                         "JAX", "dlib, BLIS", "dlib, OpenBLAS", "limit")},
            lambda run: run["us"], repetitions, CHECKS["tiny"]),
        *network_rows(quick),
        Row("W7", "W7: one picture through 784-512-512-10", "us", {
            name: (name, lambda seed: ["one", weights(seed)["classifier"]])
            for name in ("percept", "PyTorch", "PyTorch, compiled", "LibTorch", "JAX", "dlib, BLIS",
                         "dlib, OpenBLAS", "limit")},
            lambda run: run["us"], repetitions, CHECKS["one"]),
        Row("W8-start", "W8: from the start of the program to the first gradient of XOR", "ms", {
            name: (name, lambda _: ["start"])
            for name in ("percept", "PyTorch", "LibTorch", "JAX", "dlib, OpenBLAS")},
            lambda run: run["first_line"] * 1000, 3 if quick else 10),
        Row("step", "Where the time of a step of W1 goes, batch 64", "us", {
            "percept": ("percept", lambda _: ["phases", "f32", "64"]),
            "percept, bf16": ("percept", lambda _: ["phases", "bf16", "64"])},
            lambda run: sum(run[phase] for phase in report.PHASES), repetitions),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rows", default="", metavar="W1,W3", help="only rows that begin so: "
                        "W1-64-f32, W1-64-bf16, W1-256-..., W2, W3, W4-lenet5, W4-lenet5-one, W4-cnn, "
                        "W5-lstm, W6-transformer, W7, W8-start, W8-cost, step")
    parser.add_argument("--quick", action="store_true", help="few and short repetitions")
    parser.add_argument("--threads", type=int, default=min(2, len(os.sched_getaffinity(0))))
    parser.add_argument("--json", type=pathlib.Path, default=BUILD / "peers.json")
    options = parser.parse_args()
    if not (DATA / "train-images-idx3-ubyte.gz").exists():
        raise SystemExit(f"bench: {DATA} has not the pictures of Fashion-MNIST")
    BUILD.mkdir(parents=True, exist_ok=True)
    unpack_for_torchvision()

    wanted = [part for part in options.rows.split(",") if part]
    everybody = contestants(options.build)
    results = {"machine": machine(options.threads), "quick": options.quick, "rows": {}}
    steps = {row.key: (lambda row=row: row.measure(everybody, options.threads))
             for row in rows(options.quick)}
    steps["W8-cost"] = lambda: costs.measure(1 if options.quick else 3)
    steps = {key: step for key, step in steps.items()
             if not wanted or any(key.startswith(part) for part in wanted)}
    if not steps:
        raise SystemExit(f"bench: no row is called {options.rows}")
    for key, step in steps.items():
        start = time.perf_counter()
        results["rows"][key] = {**step(), "took": time.perf_counter() - start}
        options.json.write_text(json.dumps(results, indent=1) + "\n")  # what is done is kept
    print(report.text(results))
    print(f"\nAll runs: {options.json}", file=sys.stderr)


if __name__ == "__main__":
    main()

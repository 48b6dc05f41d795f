"""The figures percept has to meet, measured in one run beside PyTorch: a table and JSON.

Usage: figures.py BUILD_DIR [--seeds N] [--epochs N] [--threads N] [--json FILE]
Both sides train the same network from the same weights on the same batches with the same threads,
one after the other in turn.
"""
import argparse
import gzip
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import torch
from safetensors.torch import save_file

DATA = pathlib.Path(os.environ.get("PERCEPT_DATA", "/usr/share/datasets/fashion-mnist"))
ROOT = pathlib.Path(__file__).resolve().parents[2]


def idx(name, skip):
    with gzip.open(DATA / (name + ".gz")) as file:
        return numpy.frombuffer(file.read(), numpy.uint8)[skip:].copy()


def data():
    images = lambda name: torch.tensor(idx(name, 16)).reshape(-1, 784).float().div_(255)
    labels = lambda name: torch.tensor(idx(name, 8)).long()
    return (images("train-images-idx3-ubyte"), labels("train-labels-idx1-ubyte"),
            images("t10k-images-idx3-ubyte"), labels("t10k-labels-idx1-ubyte"))


def network(seed):
    torch.manual_seed(seed)
    nn = torch.nn
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512),
                         nn.ReLU(), nn.Linear(512, 10))


def train_torch(net, sets, epochs):
    """All pictures in memory as floats: nothing but the training step is timed."""
    x, y, test_x, test_y = sets
    loss_fn = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    start = time.perf_counter()
    for _ in range(epochs):
        for i in range(0, len(x), 64):
            optimizer.zero_grad()
            loss_fn(net(x[i:i + 64]), y[i:i + 64]).backward()
            optimizer.step()
    seconds = time.perf_counter() - start
    with torch.no_grad():
        accuracy = (net(test_x).argmax(1) == test_y).float().mean().item()
    return {"seconds": seconds, "samples": epochs * len(x), "test_accuracy": accuracy}


def run(command, threads):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def compile_cost():
    """Seconds and MiB to compile the XOR program at -O2."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["g++", "-std=c++20", "-O2", f"-I{ROOT}/include", "-c", f"{ROOT}/examples/xor.cpp",
                   "-o", f"{folder}/xor.o"]
        # In a small process of its own: a child's peak memory counts that of the parent it left.
        measure = ("import resource, subprocess, sys, time; start = time.perf_counter(); "
                   "subprocess.run(sys.argv[1:], check=True); "
                   "print(time.perf_counter() - start, "
                   "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)")
        runs = [run([sys.executable, "-S", "-c", measure, *command], 1) for _ in range(3)]
    return min(tuple(map(float, text.split())) for text in runs)


def stripped_size():
    """MiB of the shared library, stripped."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", "-DBUILD_SHARED_LIBS=ON",
                        "-DPERCEPT_BUILD_TESTS=OFF", "-DPERCEPT_BUILD_APP=OFF",
                        "-DPERCEPT_BUILD_EXAMPLES=OFF", "-DPERCEPT_BUILD_PLOT=OFF",
                        "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"], check=True, capture_output=True)
        subprocess.run(["ninja", "-C", folder, "percept"], check=True, capture_output=True)
        library = next(p for p in pathlib.Path(folder).glob("libpercept.so*") if not p.is_symlink())
        subprocess.run(["strip", library], check=True)
        return library.stat().st_size / 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    tool = options.build / "bin" / "percept_figures"
    torch.set_num_threads(options.threads)
    sets = data()

    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seeds):
            net = network(seed)
            weights = pathlib.Path(folder) / "weights.safetensors"
            save_file(net.state_dict(), weights)
            ours.append(json.loads(run([tool, "train", weights, str(options.epochs)],
                                       options.threads)))
            theirs.append(train_torch(net, sets, options.epochs))
            print(f"seed {seed}: percept {ours[-1]}, PyTorch {theirs[-1]}", file=sys.stderr)

    rate = lambda runs: [r["samples"] / r["seconds"] for r in runs]
    mean = lambda runs: statistics.mean(r["test_accuracy"] for r in runs)
    starts = []
    for _ in range(20):
        start = time.perf_counter()
        run([tool, "first-gradient"], options.threads)
        starts.append((time.perf_counter() - start) * 1000)
    memory = json.loads(run([tool, "memory"], options.threads))
    seconds, mib = compile_cost()

    median = statistics.median
    ratio = median(rate(ours)) / median(rate(theirs))
    rows = [
        ("samples/s, percept", f"{median(rate(ours)):,.0f}", f"{min(rate(ours)):,.0f} .. {max(rate(ours)):,.0f}"),
        ("samples/s, PyTorch " + torch.__version__, f"{median(rate(theirs)):,.0f}",
         f"{min(rate(theirs)):,.0f} .. {max(rate(theirs)):,.0f}"),
        ("ratio (goal >= 1)", f"{ratio:.2f}", ""),
        ("mean test accuracy, percept", f"{mean(ours):.4f}", ""),
        ("mean test accuracy, PyTorch", f"{mean(theirs):.4f}", ""),
        ("difference in points (goal <= 0.3)", f"{abs(mean(ours) - mean(theirs)) * 100:.2f}", ""),
        ("compile XOR, s (goal <= 2)", f"{seconds:.2f}", ""),
        ("compile XOR, MiB (goal <= 300)", f"{mib:.0f}", ""),
        ("stripped library, MiB (goal <= 8)", f"{stripped_size():.2f}", ""),
        ("start to first gradient, ms (goal <= 50)", f"{median(starts):.1f}",
         f"{min(starts):.1f} .. {max(starts):.1f}"),
        ("RSS after 300 and 1000 steps, MiB (goal: flat)", f"{memory['kib_after_1000'] / 1024:.1f}",
         f"{memory['kib_after_300'] / 1024:.1f} -> {memory['kib_after_1000'] / 1024:.1f}"),
    ]
    print(f"{platform.processor() or platform.machine()}, {options.threads} threads, "
          f"{options.epochs} epochs, {options.seeds} seeds, {time.strftime('%Y-%m-%d')}")
    for name, value, spread in rows:
        print(f"{name:<48} {value:>10}  {spread}")
    if options.json:
        options.json.write_text(json.dumps({"percept": ours, "pytorch": theirs,
                                            "rows": {n: v for n, v, _ in rows}}, indent=1))


if __name__ == "__main__":
    main()

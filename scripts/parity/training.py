"""The lecture's classifier trained by both from the same weights on Fashion-MNIST in its order."""
import gzip
import os
import pathlib
import subprocess

import numpy
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from networks import classifier

BATCH, RATE, BATCHES = 64, 0.1, 200
TUTORIAL_RATE = 1e-3  # of PyTorch's quickstart
LOSS_RTOL, ACCURACY_GAP = 1e-4, 0.003
RESTART = 2
FOLDERS = [os.environ.get("PERCEPT_DATA", ""), "/usr/share/datasets/fashion-mnist"]


def read(name, header):
    for folder in filter(None, FOLDERS):
        for path in sorted(pathlib.Path(folder).rglob(name + "*")):
            raw = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
            return torch.from_numpy(numpy.frombuffer(raw, numpy.uint8)[header:].copy())
    raise SystemExit(f"parity: {name} not found; install dataset-fashion-mnist or set PERCEPT_DATA")


def images(part):
    pixels = read(f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    return pixels.float() / 255, read(f"{part}-labels-idx1-ubyte", 8).long()


def train(model, data, batches, folder=None, dtype=torch.float32, rate=RATE):
    """The losses; every RESTART batches the weights are written to `folder`, if there is one."""
    pictures, labels = data["train"]
    optimiser = torch.optim.SGD(model.parameters(), lr=rate)
    starts = range(0, len(labels), BATCH)
    losses = []
    for i in range(batches):
        if folder and i % RESTART == 0:
            write(model, folder, i)
        start = starts[i % len(starts)]
        x, y = pictures[start:start + BATCH].to(dtype), labels[start:start + BATCH]
        loss = F.cross_entropy(model(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def write(model, folder, batch):
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.clone() for name, value in model.state_dict().items()},
              folder / f"start.{batch}")


def fresh(seed):
    torch.manual_seed(seed)
    return classifier()


def percept(tool, folder, dtype, batches, restart, rate=RATE):
    """percept's losses and test accuracy."""
    done = subprocess.run([tool, "train", folder, dtype, str(batches), str(restart),
                           str(rate)], check=True, text=True, stdout=subprocess.PIPE)
    return load_file(folder / "losses")["losses"].tolist(), float(done.stdout)


def gap(found, expected):
    """The largest relative difference of two lists of losses."""
    assert len(found) == len(expected)
    return max(abs(a - b) / abs(b) for a, b in zip(found, expected))


def check_losses(tool, folder, seed):
    """The number of comparisons whose losses differ.

    In f64 all losses are one run. In f32 a hidden unit whose sum is next to 0 is now and then on in one
    run and off in another, from where two right runs go apart by some thousandths: so does PyTorch from
    itself with another number of threads. In f32 percept therefore goes on from PyTorch's weights every
    RESTART batches, so that each loss before and after an update is compared; its gap in one run is
    printed beside PyTorch's own between f32 and f64. At the step size of PyTorch's quickstart the weights
    move too little for that, and one run in f32 is compared as it is."""
    torch.set_num_threads(os.cpu_count() or 1)
    data = {"train": images("train")}
    f32 = train(fresh(seed), data, BATCHES, folder)
    slow = train(fresh(seed), data, BATCHES, rate=TUTORIAL_RATE)
    f64 = train(fresh(seed).double(), data, BATCHES, dtype=torch.float64)
    gaps = {"f64, one run": gap(percept(tool, folder, "f64", BATCHES, BATCHES)[0], f64),
            f"f32, {RESTART} at a time": gap(percept(tool, folder, "f32", BATCHES, RESTART)[0], f32),
            f"f32, one run at step size {TUTORIAL_RATE}":
                gap(percept(tool, folder, "f32", BATCHES, BATCHES, TUTORIAL_RATE)[0], slow)}
    for name, largest in gaps.items():
        print(f"parity: {BATCHES} training losses in {name}: largest relative difference {largest:.2g}")
    alone = gap(percept(tool, folder, "f32", BATCHES, BATCHES)[0], f32)
    print(f"parity: {BATCHES} training losses in f32, one run: {alone:.2g}, "
          f"for comparison PyTorch's f32 from its f64: {gap(f32, f64):.2g}")
    return sum(not largest <= LOSS_RTOL for largest in gaps.values())


def check_accuracy(tool, folder, epochs, seeds):
    """1 when the mean test accuracies differ by more than 0.3 points, else 0."""
    torch.set_num_threads(os.cpu_count() or 1)
    data = {part: images(part) for part in ["train", "t10k"]}
    pictures, labels = data["t10k"]
    batches = epochs * -(-len(data["train"][1]) // BATCH)
    rows = []
    print(f"test accuracy after {epochs} epochs, unshuffled\n  seed  PyTorch  percept")
    for seed in range(seeds):
        model = fresh(seed)
        write(model, folder, 0)
        found = percept(tool, folder, "f32", batches, batches)[1]
        train(model, data, batches)
        with torch.no_grad():
            expected = (model(pictures).argmax(1) == labels).double().mean().item()
        rows.append((expected, found))
        print(f"  {seed:4}   {expected:.4f}   {found:.4f}", flush=True)
    expected, found = (sum(column) / seeds for column in zip(*rows))
    different = int(abs(expected - found) > ACCURACY_GAP)
    print(f"  mean   {expected:.4f}   {found:.4f}")
    print(f"parity: mean accuracies {abs(expected - found) * 100:.2f} points apart, 0.3 allowed")
    return different

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
LOSS_RTOL, ACCURACY_GAP = 1e-4, 0.003
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


def train(model, pictures, labels, epochs, batches):
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE)
    losses = []
    for _ in range(epochs):
        for start in range(0, len(labels), BATCH):
            if len(losses) == batches:
                break
            loss = F.cross_entropy(model(pictures[start:start + BATCH]), labels[start:start + BATCH])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    return losses


def both(tool, folder, seed, data, how):
    """Losses and test accuracy of PyTorch and percept."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    model = classifier()
    save_file({name: value.clone() for name, value in model.state_dict().items()}, folder / "start")
    found = subprocess.run([tool, "train", folder, *how], check=True, text=True, stdout=subprocess.PIPE)
    epochs, batches = (1, int(how[1])) if how[0] == "--batches" else (int(how[1]), None)
    losses = train(model, *data["train"], epochs, batches)
    with torch.no_grad():
        right = (model(data["t10k"][0]).argmax(1) == data["t10k"][1]).double().mean().item()
    return losses, right, load_file(folder / "losses")["losses"].tolist(), float(found.stdout)


def check_losses(tool, folder, seed):
    """The number of the first losses that differ."""
    data = {part: images(part) for part in ["train", "t10k"]}
    expected, _, found, _ = both(tool, folder, seed, data, ["--batches", str(BATCHES)])
    gaps = [abs(a - b) / abs(b) for a, b in zip(found, expected)]
    different = sum(gap > LOSS_RTOL for gap in gaps) + abs(len(found) - len(expected))
    print(f"parity: first {len(expected)} training losses, largest relative difference {max(gaps):.2g}, "
          f"{different} above {LOSS_RTOL:g}")
    return different


def check_accuracy(tool, folder, epochs, seeds):
    """1 when the mean test accuracies differ by more than 0.3 points, else 0."""
    data = {part: images(part) for part in ["train", "t10k"]}
    rows = []
    print(f"test accuracy after {epochs} epochs, unshuffled\n  seed  PyTorch  percept")
    for seed in range(seeds):
        _, expected, _, found = both(tool, folder, seed, data, ["--epochs", str(epochs)])
        rows.append((expected, found))
        print(f"  {seed:4}   {expected:.4f}   {found:.4f}", flush=True)
    expected, found = (sum(column) / seeds for column in zip(*rows))
    different = int(abs(expected - found) > ACCURACY_GAP)
    print(f"  mean   {expected:.4f}   {found:.4f}")
    print(f"parity: mean accuracies {abs(expected - found) * 100:.2f} points apart, {different} above 0.3")
    return different

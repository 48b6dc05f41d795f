"""PyTorch's part in the comparison; the jobs are those of bench/timing.h.

Usage: pytorch.py eager|channels_last|compiled JOB ARGUMENT..., or pytorch.py weights FOLDER SEED, which
writes the weights that everybody starts from. "channels_last" is eager too: it is how networks and their
pictures lie.
"""
import functools
import gzip
import json
import os
import pathlib
import statistics
import sys
import time

import numpy
import torch
from torch import nn
from torch.func import functional_call, grad
from torch.nn.functional import cross_entropy, mse_loss

from networks import NETWORKS

CHECKED, WARM_UP, BATCH = 1000, 20, 64  # the batch of the networks that have a name


def classifier():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(),
                         nn.Linear(512, 10))


def tiny_net():
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))


def pictures(stem):
    """x [n, 784] in [0, 1] and y [n], in memory: nothing is gathered while the clock runs."""
    folder = pathlib.Path(os.environ.get("PERCEPT_DATA", "/usr/share/datasets/fashion-mnist"))

    def read(name, skip):
        with gzip.open(folder / (name + ".gz")) as file:
            file.read(skip)
            return torch.from_numpy(numpy.frombuffer(file.read(), numpy.uint8).copy())
    x = read(stem + "-images-idx3-ubyte", 16).reshape(-1, 784).float().div_(255)
    return x, read(stem + "-labels-idx1-ubyte", 8).long()


def load(net, path):
    from safetensors.torch import load_file
    arrays = load_file(path)
    net.load_state_dict({name: arrays[name] for name in net.state_dict()})
    return arrays


def trained(net, compiled, bf16=False):
    """The mean loss of a batch and a step of SGD, each the fastest way found: a fused optimiser,
    or forward, gradients and update compiled as one function."""
    def mean_loss(x, y, parameters=None):
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits = functional_call(net, parameters, (x,)) if parameters else net(x)
            return cross_entropy(logits, y)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, fused=True)

    def step(x, y):
        optimizer.zero_grad()
        mean_loss(x, y).backward()
        optimizer.step()
    if not compiled:
        return mean_loss, step

    shared = {name: parameter.detach() for name, parameter in net.named_parameters()}
    gradients_of = grad(lambda parameters, x, y: mean_loss(x, y, parameters))

    @functools.partial(torch.compile, dynamic=False)
    def descend(parameters, x, y):
        gradients = gradients_of(parameters, x, y)
        for name, parameter in parameters.items():
            parameter.sub_(gradients[name], alpha=0.1)

    def compiled_step(x, y):
        with torch.no_grad():
            descend(shared, x, y)
    return mean_loss, compiled_step


def train(mode, path, dtype, batch, epochs):
    batch, bf16 = int(batch), dtype == "bf16"
    x, y = pictures("train")
    net = classifier()
    load(net, path)
    mean_loss, step = trained(net, mode == "compiled", bf16)
    short = len(x) % batch
    for i in range(WARM_UP):
        step(x[i * batch:(i + 1) * batch], y[i * batch:(i + 1) * batch])
    if short:
        step(x[-short:], y[-short:])
    with torch.no_grad():
        check = mean_loss(x[:CHECKED], y[:CHECKED]).item()
    load(net, path)

    samples = 0
    start = time.perf_counter()
    for _ in range(int(epochs)):
        for i in range(0, len(x), batch):
            step(x[i:i + batch], y[i:i + batch])
            samples += min(batch, len(x) - i)
    seconds = time.perf_counter() - start

    test_x, test_y = pictures("t10k")
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        correct = sum((net(test_x[i:i + 1000]).argmax(1) == test_y[i:i + 1000]).sum().item()
                      for i in range(0, len(test_x), 1000))
    return {"seconds": seconds, "samples": samples, "check": check,
            "accuracy": correct / len(test_x)}


def tiny(mode, path):
    net = tiny_net()
    arrays = load(net, path)
    x, y = arrays["x"], arrays["y"].long()
    mean_loss, step = trained(net, mode == "compiled")
    for _ in range(1000):
        step(x, y)
    check = mean_loss(x, y).item()

    def chunk(steps):
        start = time.perf_counter()
        for _ in range(steps):
            step(x, y)
        return (time.perf_counter() - start) / steps
    steps = max(1, int(0.02 / chunk(200)))
    end = time.perf_counter() + 1
    times = []
    while time.perf_counter() < end:
        times.append(chunk(steps))
    return {"us": statistics.median(times) * 1e6, "check": check}


def network(mode, name, path, batches):
    x, y = pictures("train")
    layout = torch.channels_last if mode == "channels_last" else torch.contiguous_format
    x = x.reshape(-1, 1, 28, 28).contiguous(memory_format=layout)
    net = NETWORKS[name]().to(memory_format=layout)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, fused=True)

    def mean_loss(x, y):
        return cross_entropy(net(x), y)
    recorded = torch.compile(mean_loss, dynamic=False) if mode == "compiled" else mean_loss

    def run(batches):
        for i in range(0, batches * BATCH, BATCH):
            optimizer.zero_grad()
            recorded(x[i:i + BATCH], y[i:i + BATCH]).backward()
            optimizer.step()

    load(net, path)
    net.eval()  # no dropout, but batch norm as in training
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train()
    run(WARM_UP)
    net.eval()
    with torch.no_grad():
        check = mean_loss(x[:CHECKED], y[:CHECKED]).item()

    net.train()
    run(WARM_UP)
    load(net, path)
    start = time.perf_counter()
    run(int(batches))
    return {"seconds": time.perf_counter() - start, "samples": int(batches) * BATCH, "check": check}


def one(mode, path):
    net = classifier()
    load(net, path)
    return latency(net, pictures("t10k")[0], mode == "compiled")


def picture(mode, name, path):
    layout = torch.channels_last if mode == "channels_last" else torch.contiguous_format
    net = NETWORKS[name]().to(memory_format=layout)
    load(net, path)
    return latency(net, pictures("t10k")[0].reshape(-1, 1, 28, 28), mode == "compiled")


def latency(net, x, compiled):
    """One of 1,000 pictures x after the other through the network."""
    net.eval()
    rows = [x[i:i + 1].clone() for i in range(1000)]
    if compiled:
        from torch._inductor import config
        config.freezing = True  # packs the weights
    with torch.inference_mode():
        check = net(x[:16]).sum().item()
    with torch.no_grad() if compiled else torch.inference_mode():
        forward = torch.compile(net, dynamic=False) if compiled else net
        us = []
        for i in range(5500):
            start = time.perf_counter()
            forward(rows[i % 1000])
            us.append((time.perf_counter() - start) * 1e6)
    us = sorted(us[500:])
    return {"us": us[2500], "p99": us[4950], "check": check}


def start(mode):
    net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    x = torch.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
    y = torch.tensor([[0.], [1.], [1.], [0.]])
    mse_loss(net(x), y).backward()
    return {}


def weights(folder, seed):
    from safetensors.torch import save_file
    torch.manual_seed(int(seed))
    save_file(classifier().state_dict(), f"{folder}/classifier-{seed}.safetensors")
    x = torch.rand(13, 2) * 2 - 1
    tiny_weights = dict(tiny_net().state_dict(), x=x, y=(x.prod(1) > 0).float())
    save_file(tiny_weights, f"{folder}/tiny-{seed}.safetensors")
    for name, make in NETWORKS.items():
        save_file(make().state_dict(), f"{folder}/{name}-{seed}.safetensors")
    return {}


if __name__ == "__main__":
    mode, *rest = sys.argv[1:]
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    if mode == "weights":
        result = weights(*rest)
    else:
        job = {"train": train, "tiny": tiny, "one": one, "network": network, "picture": picture,
               "start": start}[rest[0]]
        result = job(mode, *rest[1:])
    print(json.dumps(result), flush=True)

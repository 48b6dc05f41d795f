"""JAX's part in the comparison; the jobs are those of bench/timing.h.

Usage: jax_xla.py JOB ARGUMENT...
The pictures lie in a device array and a step takes its batch out of it inside the compiled
function, which is the fastest way found.
"""
import functools
import gzip
import json
import os
import pathlib
import statistics
import sys
import time

import jax
import jax.numpy as jnp
import numpy

CHECKED, WARM_UP = 1000, 20


def pictures(stem):
    folder = pathlib.Path(os.environ.get("PERCEPT_DATA", "/usr/share/datasets/fashion-mnist"))

    def read(name, skip):
        with gzip.open(folder / (name + ".gz")) as file:
            file.read(skip)
            return numpy.frombuffer(file.read(), numpy.uint8)
    x = read(stem + "-images-idx3-ubyte", 16).reshape(-1, 784) / numpy.float32(255)
    return jnp.asarray(x), jnp.asarray(read(stem + "-labels-idx1-ubyte", 8).astype(numpy.int32))


def load(path):
    """[(weight (in, out), bias (out)), ...] and all arrays of the file."""
    from safetensors.numpy import load_file
    arrays = load_file(path)
    return [(jnp.asarray(arrays[f"{i}.weight"].T.copy()), jnp.asarray(arrays[f"{i}.bias"]))
            for i in (0, 2, 4)], arrays


def forward(parameters, x, dtype=jnp.float32):
    """Logits; products take `dtype` and add up in f32."""
    for i, (weight, bias) in enumerate(parameters):
        x = jnp.dot(x.astype(dtype), weight.astype(dtype),
                    preferred_element_type=jnp.float32) + bias
        x = jax.nn.relu(x) if i < 2 else x
    return x


def mean_loss(parameters, x, y, dtype=jnp.float32):
    logits = jax.nn.log_softmax(forward(parameters, x, dtype))
    return -jnp.take_along_axis(logits, y[:, None], 1).mean()


def descend(parameters, x, y, dtype=jnp.float32):
    gradients = jax.grad(mean_loss)(parameters, x, y, dtype)
    return jax.tree.map(lambda p, g: p - 0.1 * g, parameters, gradients)


def train(path, dtype, batch, epochs):
    batch, dtype = int(batch), jnp.bfloat16 if dtype == "bf16" else jnp.float32
    x, y = pictures("train")
    size = len(x)
    short = size % batch

    @functools.partial(jax.jit, static_argnums=4, donate_argnums=0)
    def step(parameters, x, y, first, n):
        cut = functools.partial(jax.lax.dynamic_slice_in_dim, start_index=first, slice_size=n)
        return descend(parameters, cut(x), cut(y), dtype)

    parameters, _ = load(path)
    for i in range(WARM_UP):
        parameters = step(parameters, x, y, i * batch, batch)
    if short:
        parameters = step(parameters, x, y, size - short, short)
    check = float(mean_loss(parameters, x[:CHECKED], y[:CHECKED], dtype))
    parameters, _ = load(path)
    jax.block_until_ready(parameters)

    samples = 0
    start = time.perf_counter()
    for _ in range(int(epochs)):
        for i in range(0, size, batch):
            n = min(batch, size - i)
            parameters = step(parameters, x, y, i, n)
            samples += n
    jax.block_until_ready(parameters)
    seconds = time.perf_counter() - start

    test_x, test_y = pictures("t10k")
    classes = forward(parameters, test_x, dtype).argmax(1)
    return {"seconds": seconds, "samples": samples, "check": check,
            "accuracy": float((classes == test_y).mean())}


def tiny(path):
    parameters, arrays = load(path)
    x, y = jnp.asarray(arrays["x"]), jnp.asarray(arrays["y"].astype(numpy.int32))
    step = jax.jit(descend, donate_argnums=0)
    for _ in range(1000):
        parameters = step(parameters, x, y)
    check = float(mean_loss(parameters, x, y))

    def chunk(steps):
        nonlocal parameters
        start = time.perf_counter()
        for _ in range(steps):
            parameters = step(parameters, x, y)
        jax.block_until_ready(parameters)
        return (time.perf_counter() - start) / steps
    steps = max(1, int(0.02 / chunk(200)))
    end = time.perf_counter() + 1
    times = []
    while time.perf_counter() < end:
        times.append(chunk(steps))
    return {"us": statistics.median(times) * 1e6, "check": check}


def one(path):
    parameters, _ = load(path)
    x, _ = pictures("t10k")
    rows = [x[i:i + 1] for i in range(1000)]
    logits = jax.jit(forward)
    us = []
    for i in range(5500):
        start = time.perf_counter()
        logits(parameters, rows[i % 1000]).block_until_ready()
        us.append((time.perf_counter() - start) * 1e6)
    us = sorted(us[500:])
    return {"us": us[2500], "p99": us[4950], "check": float(forward(parameters, x[:16]).sum())}


def start():
    key = jax.random.PRNGKey(0)
    parameters = [(jax.random.normal(key, (2, 8)), jnp.zeros(8)),
                  (jax.random.normal(key, (8, 1)), jnp.zeros(1))]
    x = jnp.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
    y = jnp.array([[0.], [1.], [1.], [0.]])

    def loss(parameters):
        (w1, b1), (w2, b2) = parameters
        return jnp.mean((jax.nn.relu(x @ w1 + b1) @ w2 + b2 - y) ** 2)
    jax.block_until_ready(jax.jit(jax.grad(loss))(parameters))
    return {}


if __name__ == "__main__":
    job = {"train": train, "tiny": tiny, "one": one, "start": start}[sys.argv[1]]
    print(json.dumps(job(*sys.argv[2:])), flush=True)

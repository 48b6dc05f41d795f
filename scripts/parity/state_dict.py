"""Weights travel both ways under PyTorch's names, and the predictions are equal."""
import subprocess

import torch
from safetensors.torch import load_file, save_file

from networks import NETWORKS, predict

RTOL, ATOL = 5e-6, 1e-5  # 784 terms in f32


def compare(name, what, found, expected):
    """1 when the predictions differ, else 0."""
    if found.shape == expected.shape and torch.allclose(found, expected, rtol=RTOL, atol=ATOL):
        return 0
    print(f"parity: {name}: predictions {what} differ by {(found - expected).abs().max():.3g}")
    return 1


def check(tool, folder):
    """The number of differences."""
    there, back = folder / "from_percept", folder / "from_pytorch"
    for path in [there, back]:
        path.mkdir(parents=True, exist_ok=True)
    subprocess.run([tool, "save", there], check=True)
    for name, (make, shape, training) in NETWORKS.items():
        module = make()
        save_file({key: value.clone() for key, value in module.state_dict().items()},
                  back / f"{name}.weights")
        x = torch.randn(shape)
        save_file({"x": x, "y": predict(module, x, training)}, back / f"{name}.run")
    subprocess.run([tool, "load", back], check=True)

    different = 0
    for name, (make, _, training) in NETWORKS.items():
        module, run = make(), load_file(there / f"{name}.run")
        module.load_state_dict(load_file(there / f"{name}.weights"), strict=True)
        different += compare(name, "of percept's weights in PyTorch",
                             predict(module, run["x"], training), run["y"])
        different += compare(name, "of PyTorch's weights in percept", load_file(back / f"{name}.found")["y"],
                             load_file(back / f"{name}.run")["y"])
    print(f"parity: {len(NETWORKS)} networks' weights there and back, {different} differences")
    return different

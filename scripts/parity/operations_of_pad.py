"""Padding and resizing."""
import torch.nn.functional as F

from draw import Case
from registry import operation


def pad_case(d):
    mode = d.choice(["constant", "constant", "reflect", "replicate", "circular"])
    if mode == "constant":
        shape = d.shape(min_dim=1, max_dim=4)
        pads = [d.int(-(n // 2), 3) for n in reversed(shape[d.int(0, len(shape) - 1):]) for _ in range(2)]
        args = {"pad": pads}
        if d.chance(0.6):
            args["value"] = d.number(bools=False)
        return Case([d.real(shape)], args)
    dims = d.int(1, 2)
    plane = [d.int(2, 6) for _ in range(dims)]
    shape = [d.int(1, 3) for _ in range(d.int(1, 2))] + plane
    most = {"reflect": 1, "replicate": -2, "circular": 0}[mode]
    pads = [d.int(0, n - most) for n in reversed(plane) for _ in range(2)]
    return Case([d.real(shape)], {"pad": pads, "mode": mode}, k=36)


def interpolate_case(d):
    dims = d.int(1, 2)
    n = 0 if d.kind == "empty" else d.int(1, 3)
    # more than one element, or PyTorch chooses among shortcuts
    plane = [d.int(2, 6) for _ in range(dims)]
    args = {}
    if d.chance(0.5):
        args["size"] = [d.int(1, 11) for _ in range(dims)]
    else:
        args["scale_factor"] = d.choice([2.0, 1.5, 3.0, 0.75, 2.3])
    # PyTorch's gradient of the nearest is that of other places where the factor is not whole
    if args.get("scale_factor") in [1.5, 0.75, 2.3] or d.chance(0.6):
        args["mode"] = ["linear", "bilinear"][dims - 1]
        args["align_corners"] = d.chance(0.5)
    return Case([d.real([n, d.int(1, 3)] + plane)], args, k=36)


def more(make):
    return lambda d: [make(d) for _ in range(8)]


operation("pad", lambda x, a: F.pad(x[0], **a), pad_case, more(pad_case))
operation("interpolate", lambda x, a: F.interpolate(x[0], **a), interpolate_case, more(interpolate_case))

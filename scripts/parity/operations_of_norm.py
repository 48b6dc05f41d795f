"""Normalisation of channels, and dropping them."""
import torch
import torch.nn.functional as F

from draw import Case
from registry import operation


def running(x, a):
    """Statistics that depend on the channel alone; tests/ops/batch_norm_table.cpp makes the same."""
    if not a.get("running"):
        return None, None
    c = torch.arange(x.shape[1], dtype=x.dtype)
    return c * 0.25 - 0.5, c * 0.5 + 0.5


def affine(x, a):
    return {name: x[a[name]] if name in a else None for name in ["weight", "bias"]}


def picked(y, mean, var, a):
    return {"running_mean": mean, "running_var": var}.get(a.get("output"), y)


def batch_norm(x, a):
    mean, var = running(x[0], a)
    y = F.batch_norm(x[0], mean, var, **affine(x, a), training=a.get("training", False),
                     momentum=a.get("momentum", 0.1), eps=a.get("eps", 1e-5))
    return picked(y, mean, var, a)


def instance_norm(x, a):
    mean, var = running(x[0], a)
    y = F.instance_norm(x[0], mean, var, **affine(x, a), use_input_stats=a.get("use_input_stats", True),
                        momentum=a.get("momentum", 0.1), eps=a.get("eps", 1e-5))
    return picked(y, mean, var, a)


def shape_of(d, dims, channels=None):
    """At least 4 values for each channel of a sample, so that none has hardly any variance."""
    n = 0 if d.kind == "empty" else 1 if d.kind in ("ones", "single") else d.int(2, 3)
    low, high = (8, 20) if d.kind in ("medium", "vector") else (4, 6) if dims == 1 else (2, 3)
    return [n, channels or d.int(1, 4)] + [d.int(low, high) for _ in range(dims)]


def norm_case(d, shape, args):
    inputs = [d.gaps(shape)]
    for name in ["weight", "bias"]:
        if d.chance(0.7):
            args[name] = len(inputs)
            inputs.append(d.real([shape[1]]))
    if d.chance(0.3):
        args["eps"] = d.choice([0.1, 1e-3])
    return Case(inputs, args, k=max(1, inputs[0].numel()))


def tracked(d, args):
    """With running statistics, one of which may be what is compared."""
    args["running"] = True
    if d.chance(0.5):
        args["momentum"] = d.choice([0.0, 0.3, 1.0])
    if d.chance(0.4):
        args["output"] = d.choice(["running_mean", "running_var"])
    return args


def batch_norm_case(d):
    if d.chance(0.3):
        return norm_case(d, shape_of(d, d.int(0, 2)), {"running": True})
    # of an empty batch PyTorch multiplies by the first weight alone, which only 1 channel tells
    shape = shape_of(d, d.int(1, 2))
    args = {"training": True}
    return norm_case(d, shape, tracked(d, args) if d.chance(0.5) and shape[0] else args)


def instance_norm_case(d):
    shape = shape_of(d, d.int(1, 2))
    shape[0] = shape[0] or 2
    if d.chance(0.3):
        return norm_case(d, shape, {"running": True, "use_input_stats": False})
    return norm_case(d, shape, tracked(d, {}) if d.chance(0.4) else {})


def group_norm_case(d):
    groups = d.int(1, 3)
    shape = shape_of(d, d.int(1, 2), groups * d.int(1, 2))
    case = norm_case(d, shape, {"num_groups": groups})
    if "bias" in case.args and "weight" not in case.args:  # whose gradient PyTorch cannot compute
        case.inputs.pop(case.args.pop("bias"))
    return case


def more(make):
    return lambda d: [make(d) for _ in range(5)]


operation("batch_norm", batch_norm, batch_norm_case, more(batch_norm_case))
operation("instance_norm", instance_norm, instance_norm_case, more(instance_norm_case))
operation("group_norm",
          lambda x, a: F.group_norm(x[0], a["num_groups"], **affine(x, a), eps=a.get("eps", 1e-5)),
          group_norm_case, more(group_norm_case))
operation("dropout2d", lambda x, a: F.dropout2d(x[0], a["p"], a.get("training", True)),
          lambda d: Case([d.real(shape_of(d, 1))], d.choice([{"p": 0.0}, {"p": 1.0},
                                                             {"p": 0.5, "training": False}])))

"""Pooling."""
import torch
import torch.nn.functional as F

from draw import INF, NAN, Case
from registry import operation, tensor

CASES = 6  # more random windows for each one that the generator asks for


def steps(d, axes, low, high):
    """One number for all axes, or one for each."""
    return d.int(low, high) if d.chance(0.5) else [d.int(low, high) for _ in range(axes)]


def each(value, axes):
    return value if isinstance(value, list) else [value] * axes


def sizes(d, axes, least):
    """A shape with or without samples whose planes are at least so large."""
    n, c = (0, 2) if d.kind == "empty" else (1, 1) if d.kind in ("ones", "single") else (
        d.int(1, 2), d.int(1, 4))
    more = 24 if d.kind in ("medium", "vector") else 4
    plane = [low + d.int(0, more) for low in each(least, axes)]
    return ([n, c] if d.kind == "empty" or d.chance(0.8) else [c]) + plane


def window(d, axes, dilates):
    args = {"kernel_size": steps(d, axes, 1, 4)}
    if d.chance(0.7):
        args["stride"] = steps(d, axes, 1, 4)
    if d.chance(0.5):
        args["padding"] = [d.int(0, k // 2) for k in each(args["kernel_size"], axes)]
    if dilates and d.chance(0.5):
        args["dilation"] = steps(d, axes, 1, 3)
    if d.chance(0.5):
        args["ceil_mode"] = True
    least = [dilation * (k - 1) + 1 for k, dilation in
             zip(each(args["kernel_size"], axes), each(args.get("dilation", 1), axes))]
    return args, least


def numbers(d, shape, ties):
    return d.special(shape, values=[NAN, INF, -INF, 0.0, -0.0, 1.0]) if d.kind == "special" else (
        d.ties(shape) if ties and d.chance(0.3) else d.real(shape))


def max_case(d, axes, indices):
    args, least = window(d, axes, True)
    if indices and d.chance(0.6):
        args["output"] = "indices"
    shape = sizes(d, axes, least)
    return Case([numbers(d, shape, True)], args, k=16)


def avg_case(d, axes):
    args, least = window(d, axes, False)
    if d.chance(0.4):
        args["count_include_pad"] = False
    if axes == 2 and d.chance(0.3):
        args["divisor_override"] = d.choice([1, 3, -2])
    shape = sizes(d, axes, least)
    return Case([d.real(shape)], args, k=16)


def adaptive_case(d, axes, indices, ties):
    size = d.int(1, 7) if axes == 1 or d.chance(0.4) else [
        None if d.chance(0.2) else d.int(1, 7) for _ in range(2)]
    args = {"output_size": size}
    if indices and d.chance(0.6):
        args["output"] = "indices"
    return Case([numbers(d, sizes(d, axes, 1), True) if ties else d.real(sizes(d, axes, 1))], args, k=64)


def without(args, *names):
    return {key: value for key, value in args.items() if key not in names}


def both(f):
    """f's values, or with "output" its indices."""
    def call(x, a):
        values, indices = f(x[0], **without(a, "output"), return_indices=True)
        return indices if a.get("output") == "indices" else values
    return call


def many(make):
    """The generator's random cases are few when they are recorded: some more of each."""
    return lambda d: [make(d) for _ in range(CASES)]


def max_edges(d, axes):
    x = tensor([[[NAN, 1.0, 1.0, -INF, -INF, -INF, NAN, NAN, 2.0, 2.0]]])
    x = x if axes == 1 else x.reshape(1, 1, 2, 5)
    return [Case([x], {"kernel_size": k, "stride": 1}) for k in ([2, 3] if axes == 1 else [1, 2])]


for axes, suffix in [(1, "1d"), (2, "2d")]:
    def pool(name, indices=False, suffix=suffix):
        f = getattr(F, name + suffix)
        return both(f) if indices else lambda x, a: f(x[0], **a)

    for name, indices in [("max_pool", False), ("max_pool", True)]:
        make = (lambda d, axes=axes, indices=indices: max_case(d, axes, indices))
        operation(name + suffix + "_with_indices" * indices, pool(name, indices), make,
                  lambda d, axes=axes, make=make: many(make)(d) + max_edges(d, axes))
    make = (lambda d, axes=axes: avg_case(d, axes))
    operation("avg_pool" + suffix, pool("avg_pool"), make, many(make))
    for name, indices in [("adaptive_avg_pool", False), ("adaptive_max_pool", False),
                          ("adaptive_max_pool", True)]:
        make = (lambda d, axes=axes, indices=indices, name=name:
                adaptive_case(d, axes, indices, name == "adaptive_max_pool"))
        operation(name + suffix + "_with_indices" * indices, pool(name, indices), make, many(make))

"""Convolutions, and images as patches."""
import math

import torch.nn.functional as F

from draw import Case
from registry import operation


def per_dim(d, dims, low, high):
    """One number, or one a dimension."""
    return d.int(low, high) if dims == 1 or d.chance(0.5) else [d.int(low, high) for _ in range(dims)]


def each(value, dims):
    return value if isinstance(value, list) else [value] * dims


def batch(d, sizes):
    """Samples in front of the channels, or none of them."""
    if d.kind == "empty":
        return [0] + sizes
    return sizes if d.kind == "scalar" else [1 if d.kind == "single" else d.int(1, 3)] + sizes


def channels(d):
    """Of a group: in, out."""
    top = 1 if d.kind in ("single", "ones") else 20 if d.kind == "medium" else 3
    return d.int(1, top), d.int(1, top)


def terms(*shapes):
    """The most products in one number of the result or of a gradient."""
    return max(math.prod(max(1, size) for size in shape) for shape in shapes)


def conv_case(d, dims):
    groups = d.int(2, 3) if d.chance(0.3) else 1
    c, o = channels(d)
    kernel = [d.int(1, 4) for _ in range(dims)]
    args = {"groups": groups, "dilation": per_dim(d, dims, 1, 3 if d.chance(0.4) else 1)}
    reach = [a * (k - 1) for a, k in zip(each(args["dilation"], dims), kernel)]
    if d.chance(0.3):
        args["padding"] = d.choice(["same", "valid"])
    else:
        args["padding"] = per_dim(d, dims, 0, 3)
    if args["padding"] != "same":
        args["stride"] = per_dim(d, dims, 1, 3)
    padding = [0] * dims if isinstance(args["padding"], str) else each(args["padding"], dims)
    size = [max(1, r + 1 - 2 * p) + d.int(0, 12 if d.kind == "medium" else 3)
            for r, p in zip(reach, padding)]
    x, w = batch(d, [c * groups] + size), [o * groups, c] + kernel
    inputs = [d.real(x), d.real(w)] + ([d.real([o * groups])] if d.chance(0.6) else [])
    return Case(inputs, args, k=terms(w, [x[0]] + size))


def called(f):
    return lambda x, a: f(*x, **{key: tuple(value) if isinstance(value, list) else value
                                 for key, value in a.items()})


operation("conv1d", called(F.conv1d), lambda d: conv_case(d, 1))
operation("conv2d", called(F.conv2d), lambda d: conv_case(d, 2))
operation("detail::conv2d_relu", lambda x, a: F.relu(called(F.conv2d)(x, a)),
          lambda d: conv_case(d, 2))


def conv_transpose_case(d):
    groups = d.int(2, 3) if d.chance(0.3) else 1
    c, o = channels(d)
    kernel = [d.int(1, 4), d.int(1, 4)]
    args = {"groups": groups, "stride": per_dim(d, 2, 1, 3),
            "dilation": per_dim(d, 2, 1, 2 if d.chance(0.4) else 1), "padding": per_dim(d, 2, 0, 2)}
    stride, dilation, padding = (each(args[key], 2) for key in ["stride", "dilation", "padding"])
    args["output_padding"] = [d.int(0, max(s, a) - 1) for s, a in zip(stride, dilation)]
    size = []
    for k, s, a, p in zip(kernel, stride, dilation, padding):
        n = d.int(1, 7 if d.kind == "medium" else 4)
        while (n - 1) * s - 2 * p + a * (k - 1) < 0:
            n += 1
        size.append(n)
    x, w = batch(d, [c * groups] + size), [c * groups, o] + kernel
    inputs = [d.real(x), d.real(w)] + ([d.real([o * groups])] if d.chance(0.6) else [])
    return Case(inputs, args, k=terms(w, [x[0]] + [n * s for n, s in zip(size, stride)]))


operation("conv_transpose2d", called(F.conv_transpose2d), conv_transpose_case)


# -- patches
def patches_case(d, back):
    kernel = [d.int(1, 3), d.int(1, 3)]
    args = {"kernel_size": kernel, "dilation": per_dim(d, 2, 1, 2), "padding": per_dim(d, 2, 0, 2),
            "stride": per_dim(d, 2, 1, 3)}
    dilation, padding, stride = (each(args[key], 2) for key in ["dilation", "padding", "stride"])
    size = [max(1, a * (k - 1) + 1 - 2 * p) + d.int(0, 3)
            for k, a, p in zip(kernel, dilation, padding)]
    c = d.int(1, 3)
    if not back:
        return Case([d.real(batch(d, [c] + size))], args, k=kernel[0] * kernel[1])
    places = 1
    for n, k, a, p, s in zip(size, kernel, dilation, padding, stride):
        places *= (n + 2 * p - a * (k - 1) - 1) // s + 1
    args["output_size"] = size
    return Case([d.real(batch(d, [c * kernel[0] * kernel[1], places]))], args,
                k=kernel[0] * kernel[1])


operation("unfold", called(F.unfold), lambda d: patches_case(d, False))
operation("fold", called(F.fold), lambda d: patches_case(d, True))

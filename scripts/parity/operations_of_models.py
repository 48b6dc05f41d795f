"""Products and losses."""
import torch
import torch.nn.functional as F

from draw import INF, Case
from registry import operation, tensor


# -- products
def size(d):
    if d.kind == "empty":
        return d.choice([0, 1, 3])
    if d.kind in ("medium", "vector"):
        return d.int(1, 70)
    return 1 if d.kind == "single" else d.int(1, 7)


def product(inputs):
    """The most terms in one number of the result or of a gradient."""
    sizes = [n for x in inputs for n in x.shape]
    batch = max((x.numel() // max(1, x[..., :1, :1].numel() if x.dim() > 1 else 1) for x in inputs),
                default=1)
    return Case(inputs, k=max([1] + sizes) * max(1, batch))


def matmul_case(d):
    m, k, n = size(d), size(d), size(d)
    large = d.kind in ("medium", "vector")
    batch = [2] if large else [d.int(1, 3) for _ in range(d.int(1, 2))]
    left, right = d.choice([([k], [k]), ([m, k], [k, n]), ([k], [k, n]), ([m, k], [k]),
                            (batch + [m, k], [k, n]), (batch + [m, k], [k]), ([k], batch + [k, n]),
                            (batch + [m, k], batch + [k, n]), (batch + [m, k], [1] + [k, n]),
                            ([1] * len(batch) + [m, k], batch + [k, n]), ([m, k], batch + [k, n])])
    return product([d.real(left), d.real(right)])


operation("matmul", lambda x, a: torch.matmul(x[0], x[1]), matmul_case)


def mm_case(d):
    m, k, n = size(d), size(d), size(d)
    return product([d.real([m, k]), d.real([k, n])])


operation("mm", lambda x, a: torch.mm(x[0], x[1]), mm_case)


def bmm_case(d):
    b, m, k, n = d.int(0, 4) if d.kind == "empty" else d.int(1, 4), size(d), size(d), size(d)
    return product([d.real([b, m, k]), d.real([b, k, n])])


operation("bmm", lambda x, a: torch.bmm(x[0], x[1]), bmm_case)


def linear_case(d):
    k, n = size(d), size(d)
    if d.kind != "empty":
        n = max(1, n)
    lead = d.choice([[], [size(d)], [d.int(1, 4), d.int(1, 7)]])
    x = d.real(lead + [k])
    inputs = [x, d.real([n, k])] + ([d.real([n])] if d.chance(0.7) else [])
    case = product(inputs)
    case.k = max(case.k, x.numel() // max(1, k))
    return case


operation("linear", lambda x, a: F.linear(*x), linear_case)
operation("detail::linear_relu", lambda x, a: F.relu(F.linear(*x)), linear_case)


# -- losses of equal shapes
def reduced(d, more=()):
    return {"reduction": d.choice(["mean", "sum", "none", *more])}


def pair_loss(name, f, make_input, make_target, args=reduced, wants=None, edges=lambda d: []):
    def make(d):
        shape = d.shape()
        x = make_input(d, shape)
        return Case([x, make_target(d, shape)], args(d), wants, k=max(1, x.numel()))
    operation(name, f, make, edges)


def plain(f):
    return lambda x, a: f(x[0], x[1], **a)


def equal_edges(d):
    return [Case([d.ties([6]), d.ties([6])], {"reduction": r}) for r in ["mean", "none"]]


pair_loss("mse_loss", plain(F.mse_loss), lambda d, s: d.special(s), lambda d, s: d.real(s),
          edges=equal_edges)
pair_loss("l1_loss", plain(F.l1_loss), lambda d, s: d.special(s), lambda d, s: d.real(s),
          edges=equal_edges)
pair_loss("huber_loss", plain(F.huber_loss), lambda d, s: d.real(s), lambda d, s: d.real(s),
          lambda d: dict(reduced(d), delta=d.choice([1.0, 0.5, 2.0])), edges=equal_edges)


def optional_weights(x, a):
    """Tensors among the arguments are named by their place."""
    return {key: x[value] if key in ("weight", "pos_weight") else value for key, value in a.items()}


def weighted(f):
    return lambda x, a: f(x[0], x[1], **optional_weights(x, a))


def binary_case(d, logits):
    shape = d.shape()
    x = d.special(shape, -8, 8, [0.0, 90.0, -90.0, 1e4, -1e4]) if logits else d.special(
        shape, 0.05, 0.95, [0.0, 1.0, 1e-30, 1e-12])
    target = d.real(shape, 0, 1) if d.chance(0.5) else d.bools(shape).double()
    inputs, args = [x, target], reduced(d)
    for name in ["weight", "pos_weight"] if logits else ["weight"]:
        if d.chance(0.4):
            args[name] = len(inputs)
            inputs.append(d.real(d.narrowed(shape), 0.5, 2))
    return Case(inputs, args, wants=[0], k=max(1, x.numel()))


def certain_edges(d):
    """Inputs of exactly 0 and 1, with every target."""
    x = tensor([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1e-7, 0.99999994, 0.5])
    t = tensor([0.0, 1.0, 0.5, 0.0, 1.0, 0.5, 1.0, 0.0, 0.5])
    return [Case([x, t], {"reduction": r}, wants=[0]) for r in ["none", "mean", "sum"]] + [
        Case([x, t, d.real([9], 0.5, 2)], {"reduction": "mean", "weight": 2}, wants=[0])]


operation("binary_cross_entropy", weighted(F.binary_cross_entropy), lambda d: binary_case(d, False),
          certain_edges)
operation("binary_cross_entropy_with_logits", weighted(F.binary_cross_entropy_with_logits),
          lambda d: binary_case(d, True))


def kl_case(d):
    shape = d.shape()
    log_target = d.chance(0.4)
    target = d.real(shape, -3, -0.1) if log_target else d.real(shape, 0.1, 1)
    args = dict(reduced(d, ["batchmean"] if shape and shape[0] else []), log_target=log_target)
    return Case([d.real(shape, -3, -0.1), target], args, k=max(1, target.numel()))


operation("kl_div", plain(F.kl_div), kl_case,
          lambda d: [Case([d.real([4], -3, -0.1), tensor([0.0, 1.0, 0.5, 0.0])],
                          {"reduction": r}, wants=[0]) for r in ["none", "batchmean"]])


# -- losses of classes
def classes_case(d, low, high, more):
    """(N, C), (N, C, d...) or (C) with weights, ignored samples and all reductions."""
    n = 0 if d.kind == "empty" else d.int(40, 80) if d.kind == "medium" else d.int(1, 6)
    c = d.int(1, 12)
    inner = [d.int(1, 4) for _ in range(d.int(0, 2))]
    shape, target = ([c], []) if d.kind == "scalar" else ([n, c] + inner, [n] + inner)
    inputs = [d.real(shape, low, high), d.ints(target, 0, c)]
    args = reduced(d)
    if d.chance(0.5):
        args["weight"] = 2
        inputs.append(d.real([c], 0.25, 2))
    if d.chance(0.4):
        args["ignore_index"] = d.choice([-100, 0, c - 1, -1])
        if args["ignore_index"] < 0:
            inputs[1][torch.rand(target, generator=d.generator) < 0.3] = args["ignore_index"]
    args.update(more(d))
    return Case(inputs, args, wants=[0], k=inputs[0].numel() or 1)


def smoothing(d):
    return {"label_smoothing": d.choice([0.1, 0.5, 1.0])} if d.chance(0.5) else {}


def probabilities_case(d):
    case = classes_case(d, -4, 4, smoothing)
    case.args.pop("ignore_index", None)
    case.inputs[1] = torch.softmax(d.real(list(case.inputs[0].shape)),
                                   0 if case.inputs[0].dim() == 1 else 1).float().double()
    case.wants = [0, 1]
    return case


def class_edges(d, more=({},)):
    """All samples ignored; weights that are all 0; no samples."""
    x, c, w = d.real([3, 4], -3, -0.1), d.ints([3], 0, 4), d.real([4], 0.5, 2)
    gone = torch.full([3], -100)
    cases = []
    for r in ["mean", "sum", "none"]:
        for m in more:
            a = dict(m, reduction=r)
            cases += [Case([x, gone], a, [0]), Case([x, gone, w], dict(a, weight=2), [0]),
                      Case([x, c, w * 0], dict(a, weight=2), [0]),
                      Case([x[:0], c[:0]], a, [0]), Case([x[:0], c[:0], w], dict(a, weight=2), [0]),
                      Case([x[0].clone(), c[0].clone(), w], dict(a, weight=2), [0]),
                      Case([x[0].clone(), torch.tensor(-100)], a, [0])]
    return cases


operation("nll_loss", weighted(F.nll_loss), lambda d: classes_case(d, -4, -0.1, lambda d: {}),
          class_edges)


def cross_entropy_edges(d):
    masked = tensor([[-INF, 1.0, 2.0], [0.0, -INF, -INF], [1000.0, -1000.0, 0.0]])
    c, p = torch.tensor([2, 0, 1]), torch.softmax(d.real([3, 3]), 1).float().double()
    cases = class_edges(d, [{}, {"label_smoothing": 0.1}])
    cases += [Case([masked, c], {"reduction": r}, [0]) for r in ["mean", "none"]]
    cases += [Case([d.real([3, 3])[:n], p[:n]], {"reduction": r}) for r in ["mean", "sum", "none"] for n in [0, 3]]
    return cases


operation("cross_entropy", weighted(F.cross_entropy),
          lambda d: probabilities_case(d) if d.chance(0.4) else classes_case(d, -4, 4, smoothing),
          cross_entropy_edges)

"""Element by element, reductions, softmax and order: how PyTorch calls them, and their cases."""
import torch
import torch.nn.functional as F

from draw import INF, MODERATE, NAN, SPECIAL, TYPED, Case, Draw, broadcast_case, sum_case
from registry import OPERATIONS, operation, sample, tensor

# -- element types
def typed_unary(types=TYPED, args=None):
    def make(d, n):
        low = 1 if args and args.get("positive") else 0
        return [Case([d.of_type([2, 3], t, low)], typed=True) for t in sample(d, types, n)]
    return make


def typed_binary(low=0, scalars=("other",), types=TYPED):
    def make(d, n):
        cases = []
        for a in types:
            for b in types:
                for shapes in [[2, 3], [3]], [[], [3]], [[2], []], [[], []]:
                    cases.append(Case([d.of_type(shapes[0], a, low), d.of_type(shapes[1], b, low)],
                                      typed=True))
            for name in scalars:
                for number in [True, 3, 2.5]:
                    for shape in [3], []:
                        cases.append(Case([d.of_type(shape, a, low)], {name: number}, typed=True))
        return sample(d, cases, n)
    return make


def typed_reduction(types=TYPED):
    def make(d, n):
        cases = [Case([d.of_type(shape, t)], args, typed=True) for t in types
                 for shape, args in [([2, 3], {}), ([2, 3], {"dim": 1}), ([], {})]]
        return sample(d, cases, n)
    return make


# -- arithmetic
def number_or(f):
    """f(a, b), where one of them may be a number among the arguments."""
    def call(x, a):
        if "other" in a:
            return f(x[0], a["other"])
        return f(a["self"], x[0]) if "self" in a else f(x[0], x[1])
    return call


def binary(name, f, number=True, left=False, low=-3, high=3, special=True, typed_low=0,
           gradient=True, bools=True, edges=lambda d: [], types=TYPED, values=SPECIAL, divide=False):
    def make(d):
        def draw(*how):
            return d.special(*how, values) if special else d.real(*how)

        def second(*how):
            return d.divisor(*how, values) if divide else draw(*how)
        if d.chance(0.3) and number:
            args = {"self" if left and d.chance(0.5) else "other": d.number(bools)}
            if low >= 0:
                args = {key: abs(value) + 0.5 for key, value in args.items()}
            return Case([second(d.shape(), low, high)], args)
        if d.kind == "special":
            shape = d.shape()
            return Case([draw(shape, low, high), second(shape, low, high)])
        a, b = d.pair()
        return broadcast_case([draw(a, low, high), second(b, low, high)])
    scalars = (["other"] if number else []) + (["self"] if left else [])
    operation(name, number_or(f), make, edges, typed_binary(typed_low, scalars, types),
              gradient)


def with_alpha(f):
    def call(x, a):
        return f(x[0], x[1], alpha=a["alpha"]) if "alpha" in a else number_or(f)(x, a)
    return call


def alphas(d):
    return [broadcast_case([d.real([2, 3]), d.real([3])], {"alpha": alpha})
            for alpha in [2, -0.5, 0]] + [
        Case([d.of_type([3], torch.int64), d.of_type([3], torch.int64)], {"alpha": 3}, typed=True)]


def rsub(a, b, **more):
    return torch.rsub(b, a) if not torch.is_tensor(a) else torch.sub(a, b, **more)


binary("add", torch.add, edges=alphas)
OPERATIONS["add"].call = with_alpha(torch.add)
binary("sub", rsub, left=True, bools=False, edges=alphas)
OPERATIONS["sub"].call = with_alpha(rsub)
binary("mul", torch.mul)
binary("div", lambda a, b: a / b, left=True, divide=True)
# PyTorch's f32 remainder is NaN where the quotient is beyond f32
binary("floor_divide", lambda a, b: torch.floor_divide(a, b), number=False, typed_low=1,
       gradient=False, values=MODERATE)
binary("remainder", lambda a, b: torch.remainder(a, b), number=False, typed_low=1, values=MODERATE,
       divide=True)
binary("minimum", torch.minimum, number=False,
       edges=lambda d: [Case([d.ties([4, 5]), d.ties([4, 5])])])
binary("maximum", torch.maximum, number=False,
       edges=lambda d: [Case([d.ties([4, 5]), d.ties([4, 5])])])
for comparison in ["eq", "ne", "lt", "le", "gt", "ge"]:
    binary(comparison, getattr(torch, comparison), gradient=False,
           edges=lambda d: [Case([d.ties([4, 5]), d.ties([4, 5])])])
for logical in ["logical_and", "logical_or"]:
    binary(logical, getattr(torch, logical), number=False, gradient=False)


def pow_edges(d):
    zero = tensor([0.0, 0.0, 0.0, 0.0, -0.0, 2.0, -2.0, 1.0])
    power = tensor([0.0, 2.0, 0.5, 1.0, 3.0, 0.0, 2.0, INF])
    cases = [Case([zero, power], wants=[0]), Case([zero.abs() + 1, power[:-1].clone()[[0] * 8]])]
    # PyTorch takes the square root for 0.5, which is -0 at -0; C's pow gives 0
    cases += [Case([zero.abs() if p in (0.5, -0.5) else zero], {"other": p})
              for p in [0, 1, 2, 3, 0.5, 1.0, -1, -0.5]]
    cases += [Case([tensor([0.0, 1.0, 2.0, -1.0])], {"self": b}) for b in [0, 1, 2.5]]
    cases += [Case([d.of_type([4], torch.int64)], {"other": p}, typed=True) for p in [0, 1, 2, 5]]
    return cases


binary("pow", torch.pow, left=True, low=0.25, high=3, special=False, typed_low=1, edges=pow_edges,
       types=TYPED[1:])


def clamp_args(d):
    low, high = sorted([d.int(-8, 8) / 4, d.int(-8, 8) / 4])
    return d.choice([{"min": low}, {"max": high}, {"min": low, "max": high}, {"min": low, "max": None},
                     {"min": high + 1, "max": low}])


operation("clamp", lambda x, a: torch.clamp(x[0], a.get("min"), a.get("max")),
          lambda d: Case([d.special(d.shape())], clamp_args(d)),
          lambda d: [Case([d.ties([20])], {"min": -1, "max": 1})],
          lambda d, n: sample(d, [Case([d.of_type([4], t)], args, typed=True) for t in TYPED[1:]
                                  for args in [{"min": 1, "max": 2}, {"min": 0.5}, {"max": 2.5}]], n))


# -- functions of one tensor
def unary(name, f, low=-3, high=3, special=True, gradient=True, edges=lambda d: [], args=None,
          types=TYPED, positive=False, values=SPECIAL):
    def make(d):
        chosen = args(d) if args else {}
        shape = d.shape()
        x = d.special(shape, low, high, values) if special else d.real(shape, low, high)
        return Case([x], chosen)
    def typed(d, n):
        return [Case([d.of_type([2, 3], t, int(positive))], args(d) if args else {}, typed=True)
                for t in sample(d, types, n)]
    operation(name, f if args else lambda x, a: f(x[0]), make, edges, typed, gradient)


for name, low, high in [("exp", -5, 5), ("log", 0.1, 5), ("log1p", -0.9, 5), ("expm1", -3, 3),
                        ("sqrt", 0.1, 5), ("rsqrt", 0.1, 5), ("abs", -3, 3), ("sign", -3, 3),
                        ("erf", -3, 3), ("reciprocal", 0.2, 3), ("neg", -3, 3), ("sigmoid", -8, 8),
                        ("tanh", -4, 4), ("square", -3, 3), ("floor", -3, 3), ("ceil", -3, 3)]:
    unary(name, getattr(torch, name), low, high, positive=low > 0,
          types=TYPED[1:] if name == "sign" else TYPED)
unary("round", torch.round,
      edges=lambda d: [Case([tensor([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, 8388609.0])])])
for name in ["sin", "cos"]:  # the argument of 1e30 is a matter of its own
    unary(name, getattr(torch, name), -7, 7, special=False,
          edges=lambda d: [Case([tensor([0.0, -0.0, INF, -INF, NAN, 100.0, -1000.0, 12345.0])])])
for name in ["isnan", "isinf", "isfinite", "logical_not"]:
    unary(name, getattr(torch, name), gradient=False)

unary("relu", torch.relu, edges=lambda d: [Case([d.ties([20])])])
unary("leaky_relu", lambda x, a: F.leaky_relu(x[0], a["negative_slope"]),
      args=lambda d: {"negative_slope": d.choice([0.01, 0.2, 0.0])},
      edges=lambda d: [Case([d.ties([20])], {"negative_slope": 0.01})])
unary("elu", lambda x, a: F.elu(x[0], a["alpha"]), values=SPECIAL[1:], args=lambda d: {"alpha": d.choice([1.0, 0.5])},
      edges=lambda d: [Case([d.ties([20])], {"alpha": 0.5})])  # at NaN PyTorch's f32 and f64 differ
unary("gelu", lambda x, a: F.gelu(x[0], approximate=a["approximate"]),
      values=[v for v in SPECIAL if abs(v) != INF],  # where PyTorch's f32 gives NaN
      args=lambda d: {"approximate": d.choice(["none", "tanh"])})
unary("silu", F.silu)
unary("softplus", lambda x, a: F.softplus(x[0], a["beta"], a["threshold"]),
      args=lambda d: {"beta": d.choice([1.0, 2.0, 0.5]), "threshold": d.choice([20.0, 2.0])})
unary("step", lambda x, a: (x[0] > 0).to(x[0].dtype), gradient=False, args=lambda d: {},
      types=TYPED[1:])


def prelu_case(d):
    shape = d.shape()
    channels = shape[1] if len(shape) >= 2 and d.chance(0.6) else 1
    x = d.real(shape)
    return Case([x, d.real([channels], 0, 1)], k=max(1, x.numel() // max(1, channels)))


operation("prelu", lambda x, a: F.prelu(x[0], x[1]), prelu_case,
          lambda d: [Case([d.ties([4, 5]), tensor([0.25])], k=20)])


# -- comparisons of whole tensors
def equal_case(d):
    x = d.special(d.shape())
    y = x.clone() if d.chance(0.7) else x + 1
    return Case([x, y])


operation("equal", lambda x, a: torch.tensor(torch.equal(x[0], x[1])), equal_case,
          lambda d: [Case([d.real([2]), d.real([2, 1])])], gradient=False)


def allclose_case(d):
    x = d.special(d.shape())
    y = (x + d.choice([0, 1e-9, 1e-4, 1e-2]) * d.real(list(x.shape))).float().double()
    return Case([x, y], {"rtol": d.choice([1e-5, 1e-3]), "atol": d.choice([1e-8, 1e-3]),
                         "equal_nan": d.chance(0.5)})


operation("allclose", lambda x, a: torch.tensor(torch.allclose(x[0], x[1], **a)), allclose_case,
          gradient=False)


# -- reductions
def keep(d, args):
    return dict(args, keepdim=True) if d.chance(0.4) else args


def some_dims(d, shape):
    return keep(d, {"dim": d.dims(shape)}) if d.chance(0.7) and shape else {}


def one_dim(d, shape):
    return keep(d, {"dim": d.dim(shape)}) if d.chance(0.7) else {}


def over(f, **fixed):
    def call(x, a):
        return f(x[0], **{**fixed, **a})
    return call


def reduction(name, f, args=some_dims, draw=Draw.special, empty=True, **more):
    def make(d):
        shape = d.shape(empty=empty)
        return sum_case([draw(d, shape)], args(d, shape))
    operation(name, f, make, **more)


reduction("sum", over(torch.sum), draw=Draw.summands, typed=typed_reduction())
reduction("mean", over(torch.mean), draw=Draw.summands)


def spread_case(d):
    """Without a gradient where there is no degree of freedom: PyTorch's depends on the dimensions."""
    shape = d.shape()
    args = some_dims(d, shape)
    if d.chance(0.6):
        args["correction"] = d.choice([0, 1, 2])
    count = torch.Size([shape[i] for i in args.get("dim", range(len(shape)))]).numel()
    return sum_case([d.real(shape)], args, wants=None if count > args.get("correction", 1) else [])


def spread_edges(d):
    """Of equal numbers, of one number, of none."""
    same = torch.full([2, 3], 1.5, dtype=torch.float64)
    cases = [Case([same], dict(args, correction=c)) for args in [{}, {"dim": [1]}] for c in [0, 1, 3]]
    return cases + [Case([tensor([2.0])]), Case([tensor(2.0)]), Case([d.real([0])]),
                    Case([d.real([0, 3])], {"dim": [0]}), Case([d.real([3, 1])], {"dim": [1]})]


for name in ["var", "std"]:
    operation(name, over(getattr(torch, name)), spread_case, spread_edges)


def chosen(x, a):
    """max or min along a dimension, or of all."""
    a = dict(a)
    f = torch.max if a.pop("f") == "max" else torch.min
    output = a.pop("output", "values")
    return getattr(f(x[0], **a), output) if a else f(x[0])


def choice_args(d, shape):
    args = one_dim(d, shape)
    return dict(args, output="indices") if "dim" in args and d.chance(0.3) else args


def extreme_edges(d):
    nan = tensor([[1.0, NAN, 3.0], [NAN, 2.0, NAN], [INF, -INF, INF]])
    ties = d.ties([5, 6])
    return [Case([x], args) for x in [nan, ties, tensor([INF, -INF]), tensor(NAN)]
            for args in [{}, {"dim": 0}, {"dim": -1, "output": "indices"}]]


for name in ["max", "min"]:
    reduction(name, lambda x, a, f=name: chosen(x, dict(a, f=f)), choice_args, draw=Draw.gaps,
              empty=False, edges=extreme_edges, typed=typed_reduction())
    reduction("arg" + name, over(getattr(torch, "arg" + name)), one_dim, draw=Draw.gaps, empty=False,
              gradient=False, typed=typed_reduction(TYPED[1:]),
              edges=lambda d: [Case(c.inputs, {k: v for k, v in c.args.items() if k == "dim"})
                               for c in extreme_edges(d)])
for name in ["any", "all"]:  # PyTorch answers u8 with u8, percept always with booleans
    reduction(name, over(getattr(torch, name)), one_dim, draw=lambda d, shape: d.bools(shape),
              typed=typed_reduction([t for t in TYPED if t != torch.uint8]), gradient=False,
              edges=lambda d: [Case([tensor([[0.0, NAN], [0.0, -0.0]])], args)
                               for args in [{}, {"dim": 1}]])

reduction("logsumexp", over(torch.logsumexp), lambda d, s: keep(d, {"dim": d.dims(s)}),
          draw=Draw.real,
          edges=lambda d: [Case([tensor([[-INF, -INF], [-INF, 1.0], [INF, 1.0], [500.0, -500.0]])],
                                {"dim": [1]}),
                           Case([d.real([0, 2])], {"dim": [0]}), Case([tensor(2.0)], {"dim": [0]})])


def norm_args(d, shape):
    return dict(some_dims(d, shape), p=d.choice([1, 2, 2.0, 3, 0.5, 1.5, INF]))


def norm_edges(d):
    zero = torch.zeros(2, 3, dtype=torch.float64)
    mixed = tensor([[0.0, 3.0, -4.0], [0.0, 0.0, 0.0], [2.0, -2.0, 2.0]])
    wild = tensor([[INF, 1.0], [NAN, 1.0], [1e30, -1e30]])
    return [Case([x], dict(args, p=p)) for x in [zero, mixed] for args in [{}, {"dim": [1]}]
            for p in [0.5, 1, 1.5, 2, 3, INF]] + [
        Case([wild], {"dim": [1], "p": p}) for p in [1, 2, INF]] + [Case([d.real([0])], {"p": 2})]


reduction("norm", lambda x, a: torch.linalg.vector_norm(x[0], a.get("p", 2), a.get("dim"),
                                                        a.get("keepdim", False)),
          norm_args, draw=Draw.real, empty=False, edges=norm_edges)


# -- softmax and order
def softmax_edges(d):
    return [Case([tensor([[-INF, 0.0, 1.0], [1000.0, 0.0, -1000.0]])], {"dim": 1}),
            Case([tensor([[-INF, -INF], [INF, 0.0], [NAN, 0.0]])], {"dim": 1})]


for name in ["softmax", "log_softmax"]:
    reduction(name, over(getattr(torch, name)), lambda d, s: {"dim": d.dim(s)}, draw=Draw.real,
              edges=softmax_edges)
operation("dropout", lambda x, a: F.dropout(x[0], a["p"], a.get("training", True)),
          lambda d: Case([d.real(d.shape())], d.choice([{"p": 0.0}, {"p": 1.0},
                                                        {"p": 0.5, "training": False}])))
reduction("cumsum", over(torch.cumsum), lambda d, s: {"dim": d.dim(s)}, draw=Draw.summands,
          typed=lambda d, n: sample(d, [Case([d.of_type([2, 3], t)], {"dim": 1}, typed=True)
                                        for t in TYPED], n))


def order_args(d, shape):
    args = {} if d.chance(0.3) else {"dim": d.dim(shape)}
    return dict(args, descending=d.chance(0.5))


def sort_args(d, shape):
    args = order_args(d, shape)
    return dict(args, output="indices") if d.chance(0.4) else args


def sort_call(x, a):
    both = torch.sort(x[0], dim=a.get("dim", -1), descending=a.get("descending", False), stable=True)
    return getattr(both, a.get("output", "values"))


def sort_edges(d):
    """Equal elements keep their order; NaN is the largest."""
    rows = [d.ties([3, 20]), tensor([NAN, 1.0, INF, NAN, -INF, 0.0, -0.0])]
    return [Case([x], {"descending": down, "output": out}) for x in rows for down in [False, True]
            for out in ["values", "indices"]]


reduction("sort", sort_call, sort_args, draw=Draw.ties, edges=sort_edges, typed=lambda d, n: sample(
    d, [Case([d.of_type([2, 5], t)], {"dim": 1}, typed=True) for t in TYPED], n))
reduction("argsort", lambda x, a: sort_call(x, dict(a, output="indices")), order_args, draw=Draw.ties,
          edges=lambda d: [Case(c.inputs, {"descending": c.args["descending"]})
                           for c in sort_edges(d)], gradient=False)


def topk_args(d, shape):
    dim = d.dim(shape)
    args = {"k": d.int(0, shape[dim]) if shape else 1, "dim": dim, "largest": d.chance(0.5)}
    return dict(args, output="indices") if d.chance(0.3) else args


def topk_call(x, a):
    return getattr(torch.topk(x[0], a["k"], a["dim"], a["largest"]), a.get("output", "values"))


reduction("topk", topk_call, topk_args, draw=Draw.gaps,
          edges=lambda d: [Case([tensor([NAN, 1.0, INF, -INF])], {"k": k, "dim": 0, "largest": big})
                           for k in [1, 3] for big in [False, True]])

"""Views, indexing and joining."""
import torch

from draw import TYPED, Case, broadcast_case
from registry import operation, sample, tensor


# -- views
def factors(d, n):
    """Sizes whose product is n."""
    if n == 0:
        return [0, d.int(1, 3)]
    sizes = []
    for p in [2, 3, 5]:
        while n % p == 0 and d.chance(0.7):
            sizes.append(p)
            n //= p
    sizes.append(n)
    d.random.shuffle(sizes)
    return sizes


def reshape_case(d):
    x = d.real(d.shape())
    sizes = factors(d, x.numel())
    if x.numel() and d.chance(0.4):
        sizes[d.int(0, len(sizes) - 1)] = -1
    return Case([x], {"shape": sizes})


def view(name, call, make, edges=lambda d: []):
    operation(name, call, make, edges)


view("reshape", lambda x, a: torch.reshape(x[0], a["shape"]), reshape_case,
     lambda d: [Case([tensor([2.0])], {"shape": []})])
view("Tensor.view", lambda x, a: x[0].view(a["shape"]), reshape_case)


def flatten_case(d):
    shape = d.shape()
    if not shape or d.chance(0.3):
        return Case([d.real(shape)])
    start = d.int(0, len(shape) - 1)
    return Case([d.real(shape)], {"start_dim": start, "end_dim": d.choice([-1, d.int(start, len(shape) - 1)])})


view("flatten", lambda x, a: torch.flatten(x[0], **a), flatten_case)


def unflatten_case(d):
    shape = d.shape(min_dim=1, empty=False)
    dim = d.dim(shape)
    sizes = factors(d, shape[dim])
    if d.chance(0.4):
        sizes[0] = -1
    return Case([d.real(shape)], {"dim": dim, "sizes": sizes[:3] if len(sizes) < 4 else [-1]})


view("unflatten", lambda x, a: x[0].unflatten(a["dim"], a["sizes"]), unflatten_case)


def swap_case(d):
    shape = d.shape()
    return Case([d.real(shape)], {"dim0": d.dim(shape), "dim1": d.dim(shape)})


view("transpose", lambda x, a: torch.transpose(x[0], a["dim0"], a["dim1"]), swap_case)


def permute_case(d):
    shape = d.shape()
    dims = d.random.sample(range(len(shape)), len(shape))
    return Case([d.real(shape)], {"dims": [i - len(shape) if d.chance(0.3) else i for i in dims]})


view("permute", lambda x, a: x[0].permute(a["dims"]), permute_case)
view("Tensor.T", lambda x, a: x[0].permute(list(range(x[0].dim()))[::-1]),
     lambda d: Case([d.real(d.shape())]))
view("Tensor.t", lambda x, a: x[0].t(), lambda d: Case([d.real(d.shape(max_dim=2))]))


def squeeze_case(d):
    shape = [1 if d.chance(0.5) else n for n in d.shape()]
    return Case([d.real(shape)], {"dim": d.dim(shape)} if d.chance(0.6) else {})


view("squeeze", lambda x, a: torch.squeeze(x[0], **a), squeeze_case)


def unsqueeze_case(d):
    shape = d.shape()
    return Case([d.real(shape)], {"dim": d.int(-len(shape) - 1, len(shape))})


view("unsqueeze", lambda x, a: torch.unsqueeze(x[0], a["dim"]), unsqueeze_case)


def expand_case(d):
    target = d.shape()
    x = d.real(d.narrowed(target))
    k = torch.Size(target).numel() // max(1, x.numel())
    kept = [-1 if i >= len(target) - x.dim() and d.chance(0.3) and x.shape[i - len(target)] == n else n
            for i, n in enumerate(target)]
    return Case([x], {"shape": kept}, k=max(1, k))


view("expand", lambda x, a: x[0].expand(a["shape"]), expand_case)


def narrow_case(d):
    shape = d.shape(min_dim=1)
    dim = d.dim(shape)
    start = d.int(0, shape[dim])
    return Case([d.real(shape)], {"dim": dim, "start": start, "length": d.int(0, shape[dim] - start)})


view("narrow", lambda x, a: torch.narrow(x[0], **a), narrow_case)


def select_case(d):
    shape = d.shape(min_dim=1, empty=False)
    dim = d.dim(shape)
    return Case([d.real(shape)], {"dim": dim, "index": d.int(-shape[dim], shape[dim] - 1)})


view("select", lambda x, a: x[0].select(a["dim"], a["index"]), select_case)


def slice_case(d):
    shape = d.shape(min_dim=1)
    return Case([d.real(shape)], {"dim": d.dim(shape), "start": d.int(-6, 6), "stop": d.int(-6, 8),
                                  "step": d.int(1, 3)})


def slice_call(x, a):
    index = [slice(None)] * x[0].dim()
    index[a["dim"]] = slice(a["start"], a["stop"], a["step"])
    return x[0][tuple(index)]


view("slice", slice_call, slice_case)
view("diagonal", lambda x, a: torch.diagonal(x[0]),
     lambda d: Case([d.real(d.shape(min_dim=2, max_dim=2))]))
for member in ["clone", "contiguous"]:
    view("Tensor." + member, lambda x, a, m=member: getattr(x[0], m)(), lambda d: Case([d.real(d.shape())]))


# -- conversion
def conversions(d, n):
    from draw import DTYPES, NAMES
    numbers = {torch.bool: [False, True], torch.uint8: [0, 1, 7, 255], torch.int64: [-3, 0, 1, 200],
               torch.bfloat16: [-2.5, 0, 0.1, 3e4], torch.float32: [-2.7, 0.0, 0.3, 1 / 3, 65504.5],
               torch.float64: [-2.7, 0.0, 0.3, 1 / 3, 1e300]}
    cases = []
    for a, values in numbers.items():
        for b in DTYPES.values():
            if a.is_floating_point and not b.is_floating_point and b != torch.bool:
                values = [abs(v) for v in values if abs(v) < 255]  # what does not fit is undefined
            cases.append(Case([torch.tensor(values, dtype=a)], {"dtype": NAMES[b]},
                              wants=None if a != torch.bfloat16 else [], typed=True))
    return sample(d, cases, n)


def to_call(x, a):
    from draw import DTYPES
    return x[0].to(DTYPES[a["dtype"]])


operation("Tensor.to", to_call, lambda d: Case([d.real(d.shape())], {"dtype": d.choice(["f32", "f64"])}),
          typed=conversions)


# -- choosing
def where_case(d):
    if d.chance(0.4):
        shape = d.shape()
        return Case([d.bools(d.narrowed(shape) or shape), d.special(shape)],
                    {d.choice(["self", "other"]): d.choice([0, 2, -1.5, True])},
                    k=1)
    a, b = d.pair()
    target = list(torch.broadcast_shapes(a, b))
    inputs = [d.real(a), d.real(b)]
    return Case([d.bools(d.narrowed(target))] + inputs,
                k=max(1, torch.Size(target).numel() // max(1, min(x.numel() for x in inputs))))


def where_call(x, a):
    if "self" in a:
        return torch.where(x[0], a["self"], x[1])
    return torch.where(x[0], x[1], a["other"] if "other" in a else x[2])


def where_types(d, n):
    cases = [Case([d.bools([3]), d.of_type([3], a), d.of_type(shape, b)], typed=True)
             for a in TYPED for b in TYPED for shape in ([3], [])]
    cases += [Case([d.bools([3]), d.of_type([3], a)], {side: number}, typed=True) for a in TYPED
              for side in ["self", "other"] for number in [True, 3, 2.5]]
    return sample(d, cases, n)


operation("where", where_call, where_case, typed=where_types)


def fill_case(d):
    shape = d.shape()
    return Case([d.special(shape), d.bools(d.narrowed(shape))],
                {"value": d.choice([0, -1.5, 3, float("-inf"), float("nan")])})


operation("masked_fill", lambda x, a: x[0].masked_fill(x[1], a["value"]), fill_case,
          typed=lambda d, n: sample(d, [Case([d.of_type([3], t), d.bools([3])], {"value": v}, typed=True)
                                        for t in TYPED for v in (True, 3)
                                        if t != torch.bool or v is True], n))


def select_mask_case(d):
    shape = d.shape()
    mask = d.bools(shape if d.chance(0.7) else d.narrowed(shape))
    return Case([d.real(shape), mask])


operation("masked_select", lambda x, a: torch.masked_select(x[0], x[1]), select_mask_case)
operation("nonzero", lambda x, a: torch.nonzero(x[0]), lambda d: Case([d.ties(d.shape())]),
          lambda d: [Case([tensor([[0.0, -0.0, float("nan")]])]), Case([tensor(3.0)]), Case([tensor(0.0)])],
          lambda d, n: sample(d, [Case([d.of_type([3, 4], t)], typed=True) for t in TYPED], n),
          gradient=False)


def gather_index(d, shape, dim):
    """As many dimensions; sizes elsewhere than in dim not larger."""
    sizes = [n if d.chance(0.7) else d.int(0 if n == 0 else 1, n) for n in shape]
    if shape:
        sizes[dim] = d.int(1, 5) if shape[dim] else 0
    return sizes


def gather_case(d):
    shape = d.shape()
    dim = d.dim(shape)
    sizes = gather_index(d, shape, dim)
    return Case([d.real(shape), d.ints(sizes, 0, shape[dim] if shape else 1)], {"dim": dim}, k=5)


operation("gather", lambda x, a: torch.gather(x[0], a["dim"], x[1]), gather_case)


def unique_index(d, shape, dim):
    """No place is named twice."""
    sizes = [n if d.chance(0.7) else d.int(0 if n == 0 else 1, n) for n in shape]
    index = torch.rand(shape, generator=d.generator).argsort(dim) if shape else torch.zeros([]).long()
    return index[tuple(slice(0, n) for n in sizes)].contiguous()


def scatter_case(d):
    shape = d.shape()
    dim = d.dim(shape)
    index = unique_index(d, shape, dim)
    if d.chance(0.3):
        return Case([d.real(shape), index], {"dim": dim, "value": d.choice([2.5, 3, -1])})
    return Case([d.real(shape), index, d.real(list(index.shape))], {"dim": dim})


operation("scatter", lambda x, a: torch.scatter(x[0], a["dim"], x[1], a["value"] if "value" in a else x[2]),
          scatter_case)


def scatter_add_case(d):
    shape = d.shape()
    dim = d.dim(shape)
    index = d.ints(gather_index(d, shape, dim), 0, shape[dim] if shape else 1)
    return Case([d.real(shape), index, d.real(list(index.shape))], {"dim": dim}, k=5)


operation("scatter_add", lambda x, a: torch.scatter_add(x[0], a["dim"], x[1], x[2]), scatter_add_case)


def index_select_case(d):
    shape = d.shape(min_dim=1)
    dim = d.dim(shape)
    return Case([d.real(shape), d.ints([d.int(0, 6) if shape[dim] else 0], 0, shape[dim])],
                {"dim": dim}, k=6)


operation("index_select", lambda x, a: torch.index_select(x[0], a["dim"], x[1]), index_select_case)


# -- indexing with several entries
def entry_of(entry, x):
    if entry is None or isinstance(entry, int):
        return entry
    if entry == "...":
        return Ellipsis
    return x[entry["input"]] if "input" in entry else slice(*entry["slice"])


def index_case(d, put):
    """A random entry for each dimension, one or two of them tensors."""
    shape = [d.int(2, 5) for _ in range(d.int(1, 3))]
    extra = [d.real([])] if put else []  # place 1 holds the values of index_put
    entries, tensors = [], []
    at = 0
    while at < len(shape):
        n, kind = shape[at], d.int(0, 5)
        if kind == 0:
            entries.append(d.int(-n, n - 1))
        elif kind == 1:
            entries.append({"slice": [d.choice([None, 0, 1, -2]), d.choice([None, n, -1]), d.int(1, 2)]})
        elif kind == 2 and None not in entries and len(shape) < 3:
            entries.append(None)
            continue
        elif kind == 3 and "..." not in entries:
            entries.append("...")
            break
        else:
            mask = d.chance(0.4)
            entries.append({"input": 1 + len(extra) + len(tensors)})
            if mask or put:
                chosen = torch.rand([n], generator=d.generator) < 0.6
                tensors.append(chosen if mask else chosen.nonzero()[:, 0])
            else:
                tensors.append(d.ints([d.int(1, 4)] if d.chance(0.6) else [2, 1], -n, n))
        at += 1
    return shape, entries[:4], extra, tensors


def valid_index_case(d, put):
    while True:
        shape, entries, extra, tensors = index_case(d, put)
        x = d.real(shape)
        try:
            part = x[tuple(entry_of(e, [x] + extra + tensors) for e in entries)]
        except (IndexError, RuntimeError):
            continue  # two tensors that do not broadcast
        if put:
            extra = [d.real(list(part.shape) if d.chance(0.7) else [])]
        return Case([x] + extra + tensors, {"indices": entries}, k=max(4, part.numel()))


def index_put_call(x, a):
    y = x[0].clone()
    y[tuple(entry_of(e, x) for e in a["indices"])] = x[1]
    return y


operation("Tensor.index", lambda x, a: x[0][tuple(entry_of(e, x) for e in a["indices"])],
          lambda d: valid_index_case(d, False))
operation("index_put", index_put_call, lambda d: valid_index_case(d, True))
operation("one_hot", lambda x, a: torch.nn.functional.one_hot(x[0], a.get("num_classes", -1)),
          lambda d: Case([d.ints(d.shape(empty=False), 0, 5)],
                         d.choice([{}, {"num_classes": 5}, {"num_classes": 7}])),
          gradient=False)


# -- joining
def cat_case(d):
    shape = d.shape(min_dim=1)
    dim = d.dim(shape)
    parts = []
    for _ in range(d.int(1, 4)):
        sizes = list(shape)
        sizes[dim] = d.int(0, 3)
        parts.append(d.real(sizes))
    return Case(parts, {"dim": dim})


def join_types(d, n):
    return sample(d, [Case([d.of_type([2], a), d.of_type([2], b)], typed=True) for a in TYPED for b in TYPED], n)


operation("cat", lambda x, a: torch.cat(list(x), a.get("dim", 0)), cat_case, typed=join_types)


def stack_case(d):
    shape = d.shape()
    return Case([d.real(shape) for _ in range(d.int(1, 4))], {"dim": d.int(-len(shape) - 1, len(shape))})


operation("stack", lambda x, a: torch.stack(list(x), a.get("dim", 0)), stack_case, typed=join_types)


def parts_case(d, kind):
    shape = d.shape(min_dim=1)
    dim = d.dim(shape)
    n = shape[dim]
    args = {"dim": dim}
    if kind == "chunk":
        args["chunks"] = d.int(1, 5)
        count = len(torch.chunk(torch.empty(shape), args["chunks"], dim))
    elif d.chance(0.5):
        cuts = sorted([0, n, d.int(0, n), d.int(0, n)])
        args["split_size"] = [b - a for a, b in zip(cuts, cuts[1:])]
        count = 3
    else:
        args["split_size"] = d.int(1, 4)
        count = len(torch.split(torch.empty(shape), args["split_size"], dim))
    return Case([d.real(shape)], dict(args, output=d.int(0, count - 1)))


operation("split", lambda x, a: torch.split(x[0], a["split_size"], a["dim"])[a["output"]],
          lambda d: parts_case(d, "split"))
operation("chunk", lambda x, a: torch.chunk(x[0], a["chunks"], a["dim"])[a["output"]],
          lambda d: parts_case(d, "chunk"))


def unbind_case(d):
    shape = d.shape(min_dim=1, empty=False)
    dim = d.dim(shape)
    return Case([d.real(shape)], {"dim": dim, "output": d.int(0, shape[dim] - 1)})


operation("unbind", lambda x, a: torch.unbind(x[0], a["dim"])[a["output"]], unbind_case)

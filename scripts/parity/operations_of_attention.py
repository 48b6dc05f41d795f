"""Layer norm, embedding and attention."""
import torch
import torch.nn.functional as F

from draw import Case
from registry import operation, tensor


# -- norms
def optional(x, a, *names):
    """Tensors among the arguments are named by their place."""
    return {key: x[value] if key in names else value for key, value in a.items()}


def norm_case(d, names):
    """A ramp in every row keeps its variance away from 0, where f32 has no correct digits."""
    large = d.kind in ("medium", "vector")
    sizes = [d.int(20, 70)] if large else d.choice([[d.int(3, 7)], [d.int(2, 4), d.int(2, 4)]])
    lead = [d.int(1, 60) if large else d.int(1, 4) for _ in range(d.int(0, 2))]
    if d.kind == "empty":
        lead = [0]
    ramp = torch.linspace(-2, 2, torch.Size(sizes).numel(), dtype=torch.float64).reshape(sizes)
    inputs, args = [d.real(lead + sizes, -1, 1) + ramp], {"normalized_shape": sizes}
    for name in names:
        if d.chance(0.7):
            args[name] = len(inputs)
            inputs.append(d.real(sizes))
    if d.chance(0.5):
        args["eps"] = d.choice([1e-5, 1e-3, 0.5])
    return Case(inputs, args, k=max(1, 4 * inputs[0].numel()))


def bias_alone(d):
    return [Case([d.real([3, 4], 0, 0.5) + tensor([-2.0, 1.0, 2.0, 0.0]), d.real([4])],
                 {"normalized_shape": [4], "bias": 1})]


operation("layer_norm", lambda x, a: F.layer_norm(x[0], **optional(x, a, "weight", "bias")),
          lambda d: norm_case(d, ["weight", "bias"]), bias_alone)
operation("rms_norm", lambda x, a: F.rms_norm(x[0], **optional(x, a, "weight")),
          lambda d: norm_case(d, ["weight"]))


# -- embedding
def embedding_case(d):
    rows, size = d.int(1, 9), 0 if d.kind == "empty" else d.int(1, 5)
    args = {"padding_idx": d.int(-rows, rows - 1)} if d.chance(0.5) else {}
    index = d.ints(d.shape(max_dim=3), 0, rows)
    return Case([index, d.real([rows, size])], args, k=max(1, index.numel()))


operation("embedding", lambda x, a: F.embedding(x[0], x[1], **a), embedding_case)


# -- attention
def sizes_of(d):
    """Batch, queries, keys, features, features of the values."""
    if d.kind in ("medium", "vector"):
        return [d.int(1, 3), d.int(1, 4)], d.int(9, 70), d.int(9, 70), d.int(8, 33), d.int(8, 33)
    batch = [d.int(1, 3) for _ in range(d.int(0, 3))]
    if d.kind == "single":
        return batch, 1, 1, 1, 1
    queries, keys = d.int(1, 6), d.int(1, 6)
    if d.kind == "empty":
        queries, keys = d.choice([(0, 3), (2, 0), (0, 0)])
    return batch, queries, keys, d.int(1, 5), d.int(1, 5)


def some_batch(d, batch):
    """What broadcasts to it."""
    return [n if d.chance(0.75) else 1 for n in batch][0 if d.chance(0.7) else d.int(0, len(batch)):]


def mask_for(d, batch, queries, keys):
    shape = some_batch(d, batch) + [d.choice([queries, 1]), keys]
    if d.chance(0.5):
        return d.real(shape)
    mask = d.bools(shape)
    mask[..., :1] = True
    return mask


def attention_case(d, values=True):
    batch, queries, keys, features, last = sizes_of(d)
    whole = d.int(0, 1)  # this one has the whole batch, which a mask must not make larger
    shapes = [[queries, features], [keys, features], [keys, last]][:3 if values else 2]
    inputs = [d.real((batch if i == whole or not values else some_batch(d, batch)) + s, -1, 1)
              for i, s in enumerate(shapes)]
    args = {}
    if d.chance(0.3):
        args["scale"] = d.choice([0.25, 1.0, 2.0])
    if d.chance(0.3):
        args["is_causal"] = True
    elif d.chance(0.6):
        args["attn_mask"] = len(inputs)
        inputs.append(mask_for(d, batch, queries, keys))
    terms = max(1, queries, keys, features, last)
    return Case(inputs, args, k=4 * terms * max(1, torch.Size(batch).numel()))


def unseen_rows(d, values=True):
    """Queries that see no key."""
    mask = torch.tensor([[True, False, True], [False, False, False]])
    inputs = [d.real([2, 4], -1, 1), d.real([3, 4], -1, 1), d.real([3, 2], -1, 1)]
    inputs = inputs[:3 if values else 2]
    return [Case(inputs + [mask], {"attn_mask": len(inputs)})]


def attention(x, a):
    return F.scaled_dot_product_attention(*x[:3], **optional(x, a, "attn_mask"))


def attention_weights(x, a):
    """The weights are what attention makes of the unit vectors."""
    values = torch.eye(x[1].shape[-2], dtype=x[0].dtype)
    return F.scaled_dot_product_attention(x[0], x[1], values, **optional(x, a, "attn_mask"))


def self_attention_case(d):
    large = d.kind in ("medium", "vector")
    heads, size = d.int(1, 4), d.int(4, 17) if large else d.int(1, 3)
    batch = [d.int(1, 3) for _ in range(d.int(0, 2))]
    length = 0 if d.kind == "empty" else d.int(9, 40) if large else d.int(1, 6)
    inputs, args = [d.real(batch + [length, 3 * heads * size], -1, 1)], {"num_heads": heads}
    if d.chance(0.3):
        args["is_causal"] = True
    elif d.chance(0.6):
        args["attn_mask"] = 1
        inputs.append(mask_for(d, batch + [heads], length, length))
    return Case(inputs, args, k=4 * max(1, length, size) * max(1, torch.Size(batch).numel()))


def self_attention(x, a):
    a = dict(a)
    q, k, v = [part.unflatten(-1, (a["num_heads"], -1)).transpose(-3, -2) for part in x[0].chunk(3, -1)]
    del a["num_heads"]
    mask = {"attn_mask": x[1]} if a.pop("attn_mask", None) else {}
    return F.scaled_dot_product_attention(q, k, v, **mask, **a).transpose(-3, -2).flatten(-2)


operation("detail::self_attention", self_attention, self_attention_case)
operation("scaled_dot_product_attention", attention, attention_case, unseen_rows,
          lambda d, n: [attention_case(d) for _ in range(2 * n)] if n >= 20 else [])
operation("detail::attention_weights", attention_weights, lambda d: attention_case(d, False),
          lambda d: unseen_rows(d, False))

"""Random shapes, numbers and arguments for the cases of operations_of_*.py."""
import random

import torch

DTYPES = {"bool": torch.bool, "u8": torch.uint8, "i64": torch.int64, "bf16": torch.bfloat16,
          "f32": torch.float32, "f64": torch.float64}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
TYPED = [torch.bool, torch.uint8, torch.int64, torch.float32, torch.float64]

INF, NAN = float("inf"), float("nan")
SPECIAL = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 0.5, 1e-30, -1e-8, 1e30, -1e30, 88.9, -103.5, 19.9]
MODERATE = [v for v in SPECIAL if not 1e20 < abs(v) < INF and not 0 < abs(v) < 1e-20]

# The i-th random case of an operation has the i-th of these shapes, beginning at its own place.
SMALL_KINDS = ["plain", "scalar", "ones", "special", "empty", "single"]
KINDS = SMALL_KINDS + ["vector", "deep", "medium"]


class Case:
    """One call. Inputs in f64 hold numbers that f32 holds too, and stand for both types, unless the
    case is `typed`. `wants` are the inputs whose gradient is compared (all real ones by default) and
    `k` the number of terms that are added into one number."""

    def __init__(self, inputs, args=None, wants=None, k=1, typed=False):
        self.inputs = [x.float().double() if x.dtype == torch.float64 and not typed else x
                       for x in inputs]
        self.args, self.wants, self.k, self.typed = args or {}, wants, k, typed


def broadcast_case(inputs, args=None, **more):
    """k is how often the smallest input is repeated, whose gradient is a sum of that many."""
    sizes = [x.numel() for x in inputs]
    return Case(inputs, args, k=max(1, max(sizes) // max(1, min(sizes))), **more)


def sum_case(inputs, args=None, **more):
    return Case(inputs, args, k=max(1, inputs[0].numel()), **more)


class Draw:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.kind = "plain"

    def int(self, low, high):
        return self.random.randint(low, high)

    def choice(self, items):
        return self.random.choice(items)

    def chance(self, p):
        return self.random.random() < p

    # -- shapes
    def shape(self, min_dim=0, max_dim=5, empty=True):
        sizes = [self.int(2, 4) for _ in range(self.int(2, 3))]
        if self.kind == "scalar":
            sizes = []
        elif self.kind == "ones":
            sizes[self.int(0, len(sizes) - 1)] = 1
        elif self.kind == "empty":
            sizes[self.int(0, len(sizes) - 1)] = 0
        elif self.kind == "vector":
            sizes = [self.int(5, 40)]
        elif self.kind == "deep":
            sizes = [self.int(1, 3) for _ in range(self.int(4, 5))]
        elif self.kind == "medium":
            sizes = [self.int(17, 70), self.int(9, 70)]
        elif self.kind == "single":
            sizes = [1] * self.int(1, 3)
        sizes += [self.int(2, 4) for _ in range(min_dim - len(sizes))]
        return [n if n or empty else 2 for n in sizes[:max_dim]]

    def narrowed(self, shape):
        """A shape that broadcasts to `shape`."""
        if self.kind == "medium":  # sums of some thousands are left to the reductions
            return self.choice([[shape[0], 1], [1, shape[1]], [shape[1]]])
        sizes = [1 if self.chance(0.35) else n for n in shape]
        return sizes[self.int(0, len(sizes)) if self.chance(0.4) else 0:]

    def pair(self):
        a = self.shape()
        b = self.narrowed(a) if a else self.choice([[], [3], [2, 3]])
        return (a, b) if self.chance(0.6) else (b, a)

    # -- numbers
    def real(self, shape, low=-3, high=3):
        x = torch.rand(shape, generator=self.generator, dtype=torch.float64)
        return (low + (high - low) * x).float().double()

    def divisor(self, shape, low=-3, high=3, values=SPECIAL):
        """As special(), but not close to 0, where a sum of quotients has no correct digits."""
        x = self.special(shape, low, high, values)
        near = x.abs() < 0.5
        return torch.where(near & (x != 0), x + torch.copysign(torch.tensor(0.5), x), x).float().double()

    def summands(self, shape):
        """As special(), but of many the sum is not small."""
        return self.special(shape, -1 if self.kind == "medium" else -3, 3, MODERATE)

    def gaps(self, shape, low=-3, high=3):
        """No two elements are equal."""
        n = max(1, torch.Size(shape).numel())
        x = torch.randperm(n, generator=self.generator)[:torch.Size(shape).numel()]
        return (low + (high - low) * (x + 0.5) / n).float().double().reshape(shape)

    def ties(self, shape):
        """Many equal elements."""
        return self.ints(shape, -2, 3).double()

    def special(self, shape, low=-3, high=3, values=SPECIAL):
        """With the values that an operation has rules for, when this is the case for them."""
        x = self.real(shape, low, high)
        if self.kind == "special" and x.numel():
            flat = x.reshape(-1)
            for i in range(flat.numel()):
                if self.chance(0.5):
                    flat[i] = self.choice(values)
            x = flat.reshape(shape).float().double()
        return x

    def ints(self, shape, low, high, dtype=torch.int64):
        return torch.randint(low, max(high, low + 1), shape, generator=self.generator).to(dtype)

    def bools(self, shape):
        return self.ints(shape, 0, 2, torch.bool)

    def of_type(self, shape, dtype, low=0):
        """Small numbers of any type, none below `low` (0 or 1) where the type has no sign."""
        if dtype == torch.bool:
            return torch.ones(shape, dtype=dtype) if low else self.bools(shape)
        if dtype == torch.uint8:
            return self.ints(shape, low, 9, dtype)
        if dtype == torch.int64:
            return self.ints(shape, low or -9, 9)
        return self.real(shape, low or -3, 3).to(dtype)

    # -- arguments
    def dim(self, shape):
        n = max(1, len(shape))
        return self.int(-n, n - 1)

    def dims(self, shape):
        n = len(shape)
        some = self.random.sample(range(n), self.int(1, n)) if n else []
        return [d - n if self.chance(0.3) else d for d in some]

    def number(self, bools=True):
        return self.choice([3, -2, 0.5, -1.75] + [True, False] * bools)

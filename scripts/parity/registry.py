"""The operations by name, filled in by operations_of_*.py."""
import torch

OPERATIONS = {}


class Operation:
    """call(inputs, args) is PyTorch's result, make(draw) a random case, edges(draw) the cases about
    the rules at the edges, typed(draw, n) those about element types."""

    def __init__(self, call, make, edges=lambda d: [], typed=None, gradient=True):
        self.call, self.make, self.edges, self.typed = call, make, edges, typed
        self.gradient = gradient


def operation(name, *args, **more):
    OPERATIONS[name] = Operation(*args, **more)


def tensor(values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype)


def sample(d, cases, n):
    """All of them where n is large, else some."""
    return cases if n >= 20 else d.random.sample(cases, min(n, len(cases)))

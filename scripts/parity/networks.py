"""The networks of tests/parity/tool.cpp in PyTorch."""
from collections import OrderedDict

import torch
from torch import nn


class NeuralNetwork(nn.Module):
    """The lecture's classifier, as in PyTorch's quickstart."""

    def __init__(self, sizes, activation=nn.ReLU):
        super().__init__()
        self.flatten = nn.Flatten()
        layers = []
        for inputs, outputs in zip(sizes, sizes[1:]):
            layers += [nn.Linear(inputs, outputs), activation()]
        self.linear_relu_stack = nn.Sequential(*layers[:-1])

    def forward(self, x):
        return self.linear_relu_stack(self.flatten(x))


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.full([5], 0.5))
        self.scale = nn.Parameter(torch.ones(5))
        self.towers = nn.ModuleList([nn.Linear(5, 4), nn.Linear(5, 4, bias=False)])
        self.head = nn.Sequential(OrderedDict([
            ("mix", nn.Sequential(nn.Linear(4, 6), nn.PReLU(6), nn.Dropout(0.3))),
            ("out", nn.Linear(6, 3)), ("2", nn.LogSoftmax(1))]))

    def forward(self, x):
        z = (x - self.mean) * self.scale
        return self.head(self.towers[0](z) + self.towers[1](z))


class Convolutions(nn.Module):
    """Every way a kernel moves in a layer."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.Conv2d(6, 16, 5, stride=2), nn.ReLU(),
            nn.Conv2d(16, 16, 3, dilation=2, groups=4, bias=False), nn.Tanh(),
            nn.ConvTranspose2d(16, 4, 3, stride=2, padding=1, output_padding=1))
        self.rows = nn.Conv1d(4, 2, 3, padding="same")
        self.out = nn.Linear(2 * 16 * 16, 10)

    def forward(self, x):
        return self.out(self.rows(self.features(x).flatten(2)).flatten(1))


class Edges(nn.Module):
    """Everything that stands beyond an edge, and a size that a stride leaves open."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 4, 4, padding="same", padding_mode="reflect"), nn.ReLU(),
            nn.Conv2d(4, 4, (3, 5), stride=2, padding=(2, 1), padding_mode="replicate"), nn.Tanh(),
            nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2, padding_mode="circular"))
        self.back = nn.ConvTranspose2d(6, 2, 3, stride=(2, 3), padding=1)
        self.rows = nn.Conv1d(2, 2, 2, padding="same", padding_mode="circular")

    def forward(self, x):
        return self.rows(self.back(self.features(x), output_size=[14, 15]).flatten(2))


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.pool = nn.MaxPool2d(2)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        y = self.pool(torch.relu(self.conv1(x)))
        y = self.pool(torch.relu(self.conv2(y)))
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(y.flatten(1))))))


class RowReader(nn.Module):
    """An image's rows, one a step, through nn.RNN, nn.LSTM or nn.GRU."""

    def __init__(self, recurrent):
        super().__init__()
        self.recurrent = recurrent(28, 128, batch_first=True)
        self.output = nn.Linear(128, 10)

    def forward(self, x):
        return self.output(self.recurrent(x[:, 0])[0][:, -1])


class PatchTransformer(nn.Module):
    """nn.TransformerEncoder over patches of 7x7."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Linear(49, 64)
        self.positions = nn.Parameter(torch.randn(16, 64) * 0.02)
        layer = nn.TransformerEncoderLayer(64, 4, 128, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(64)
        self.output = nn.Linear(64, 10)

    def forward(self, x):
        patches = x.unfold(2, 7, 7).unfold(3, 7, 7).reshape(-1, 16, 49)
        return self.output(self.norm(self.encoder(self.embedding(patches) + self.positions)).mean(1))


def classifier():
    return NeuralNetwork([784, 512, 512, 10])


def encoder(**options):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **options)
    return nn.TransformerEncoder(layer, 2, nn.LayerNorm(8), enable_nested_tensor=False)


# name: how it is made, the shape of an input, and whether it is run as in training
NETWORKS = {"mlp": (classifier, [64, 1, 28, 28], False),
            "tanh": (lambda: NeuralNetwork([6, 8, 2], nn.Tanh), [9, 6], False),
            "nested": (Nested, [7, 5], False),
            "convolutions": (Convolutions, [3, 1, 28, 28], False),
            "edges": (Edges, [3, 1, 12, 11], False),
            "lenet5": (LeNet5, [3, 1, 28, 28], False),
            "rnn": (lambda: RowReader(nn.RNN), [3, 1, 28, 28], False),
            "lstm": (lambda: RowReader(nn.LSTM), [3, 1, 28, 28], False),
            "gru": (lambda: RowReader(nn.GRU), [3, 1, 28, 28], False),
            "transformer": (PatchTransformer, [3, 1, 28, 28], False),
            "encoder": (encoder, [3, 5, 8], False),
            "encoder_first": (lambda: encoder(norm_first=True, activation="gelu"), [3, 5, 8], False),
            "encoder_train": (lambda: encoder(dropout=0.0), [3, 5, 8], True),
            "encoder_first_train": (lambda: encoder(norm_first=True, dropout=0.0), [3, 5, 8], True)}


def predict(module, x, training):
    """The predictions; in training followed by the gradient of the sum of their cubes."""
    module.train(training)
    if not training:
        with torch.no_grad():
            return module(x)
    x = x.clone().requires_grad_()
    y = module(x)
    (y * y * y).sum().backward()
    return torch.cat([y.detach(), x.grad])

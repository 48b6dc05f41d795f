"""percept's models lenet5, cnn, lstm and transformer in PyTorch, by the same names and with the same
state dicts."""
import torch
from torch import nn
from torch.nn.functional import relu


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.pool = nn.MaxPool2d(2)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        y = self.pool(relu(self.conv2(self.pool(relu(self.conv1(x))))))
        return self.fc3(relu(self.fc2(relu(self.fc1(y.flatten(1))))))


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.25), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(128, 10))

    def forward(self, x):
        return self.classifier(self.features(x))


class RowReader(nn.Module):
    """A picture's 28 rows, one a step."""

    def __init__(self):
        super().__init__()
        self.recurrent = nn.LSTM(28, 128, batch_first=True)
        self.output = nn.Linear(128, 10)

    def forward(self, x):
        return self.output(self.recurrent(x[:, 0])[0][:, -1])


class PatchTransformer(nn.Module):
    """16 patches of 7 x 7."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Linear(49, 64)
        self.positions = nn.Parameter(torch.randn(16, 64) * 0.02)
        layer = nn.TransformerEncoderLayer(64, 4, 128, activation="gelu", batch_first=True,
                                           norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm, self.output = nn.LayerNorm(64), nn.Linear(64, 10)

    def forward(self, x):
        patches = x.reshape(-1, 4, 7, 4, 7).transpose(2, 3).reshape(-1, 16, 49)
        return self.output(self.norm(self.encoder(self.embedding(patches) + self.positions)).mean(1))


NETWORKS = {"lenet5": LeNet5, "cnn": Cnn, "lstm": RowReader, "transformer": PatchTransformer}

"""PyTorch's quickstart as its tutorial has it, with a learning rate of 0.1; reads FOLDER with
torchvision. Usage: quickstart_pytorch.py FOLDER WORKERS
https://docs.pytorch.org/tutorials/beginner/basics/quickstart_tutorial.html
"""
import json
import os
import sys
import types

import torch
from torch import nn
from torch.utils.data import DataLoader

# Descriptions of compiled operators, which are not used here and are missing where torchvision was
# built for another PyTorch.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("none")
from torchvision import datasets
from torchvision.transforms import ToTensor

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
folder, workers = sys.argv[1], int(sys.argv[2])
training_data = datasets.FashionMNIST(root=folder, train=True, download=False, transform=ToTensor())
test_data = datasets.FashionMNIST(root=folder, train=False, download=False, transform=ToTensor())
train_dataloader = DataLoader(training_data, batch_size=64, num_workers=workers)
test_dataloader = DataLoader(test_data, batch_size=64, num_workers=workers)


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(28 * 28, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))

    def forward(self, x):
        return self.linear_relu_stack(self.flatten(x))


model = NeuralNetwork()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)


def train():
    model.train()
    for X, y in train_dataloader:
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def test():
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for X, y in test_dataloader:
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()
    return correct / len(test_data)


for epoch in range(5):
    train()
    accuracy = test()
print(json.dumps({"accuracy": accuracy}))

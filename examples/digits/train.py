"""An MLP on scikit-learn's digits with a training loop of one's own, recorded for three seeds."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy

from grokking_phases import Recorder

images, labels = (torch.tensor(values) for values in load_digits(return_X_y=True))
order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
X, y = images[order].float() / 16, labels[order]
train, test = (X[:400], y[:400]), (X[400:], y[400:])


def build():
    return nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 24), nn.ReLU(), nn.Linear(24, 10))


def run(seed, steps=1000):
    torch.manual_seed(seed)
    network = build()
    for parameter in network.parameters():
        parameter.data *= 2  # a large initialisation delays generalisation
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.1)
    plan = {"steps": {"log": 40, "last": steps}, "to": f"own/digits/{seed}", "overwrite": True}
    with Recorder(network, layers=["1", "3"], probe=train, test=test, **plan) as recorder:
        for step in range(steps + 1):
            recorder(step)
            optimizer.zero_grad()
            cross_entropy(network(train[0]), train[1]).backward()
            optimizer.step()


if __name__ == "__main__":
    for seed in (0, 1, 2):
        run(seed)

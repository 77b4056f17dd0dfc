"""A transformer of one's own on sparse parity: the parity of 3 of 10 bits."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from grokking_phases import Recorder

bits = torch.tensor([[int(bit) for bit in f"{i:010b}"] for i in range(1024)])
order = torch.randperm(1024, generator=torch.Generator().manual_seed(0))
X, y = bits[order], bits[order][:, [1, 4, 7]].sum(1) % 2
train, test = (X[:600], y[:600]), (X[600:], y[600:])


class Transformer(nn.Module):
    def __init__(self, d_model=32):
        super().__init__()
        self.embedding = nn.Embedding(2, d_model)
        self.positions = nn.Parameter(torch.randn(10, d_model) / 8)
        self.attention = nn.MultiheadAttention(d_model, 4, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(d_model, 64), nn.GELU(), nn.Linear(64, d_model))
        self.readout = nn.Linear(d_model, 2)

    def forward(self, x):
        h = self.embedding(x) + self.positions
        h = h + self.attention(h, h, h, need_weights=False)[0]
        return self.readout((h + self.mlp(h))[:, -1])


if __name__ == "__main__":
    torch.manual_seed(0)
    network = Transformer()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.1)
    plan = {"steps": {"log": 25, "last": 250}, "to": "own/parity/0", "position": "last", "overwrite": True}
    with Recorder(network, layers=["mlp.1"], probe=train, test=test, **plan) as recorder:
        for step in range(251):
            recorder(step)
            optimizer.zero_grad()
            cross_entropy(network(train[0]), train[1]).backward()
            optimizer.step()

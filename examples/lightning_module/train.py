"""A Lightning module on scikit-learn's digits, recorded by a callback."""

import lightning.pytorch as pl
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from grokking_phases import LightningRecorder

images, labels = (torch.tensor(values) for values in load_digits(return_X_y=True))
X, y = images.float() / 16, labels
train, test = (X[:500], y[:500]), (X[500:], y[500:])


class Digits(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x):
        return self.network(x)

    def training_step(self, batch, _):
        return cross_entropy(self(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=3e-3)


if __name__ == "__main__":
    pl.seed_everything(0)
    plan = {"steps": {"log": 20, "last": 300}, "to": "own/lightning/0", "overwrite": True}
    recorder = LightningRecorder(layers=["network.1"], probe=train, test=test, **plan)
    loader = DataLoader(TensorDataset(*train), batch_size=100, shuffle=True)
    pl.Trainer(max_steps=300, callbacks=[recorder], logger=False, enable_checkpointing=False).fit(
        Digits(), loader
    )

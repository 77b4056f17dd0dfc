"""One full-batch step of the emergence paper's MLP: our trainer against a plain PyTorch loop.

The plain loop multiplies dense one-hots and steps an unfused AdamW. Same data, same initial weights, same number of
steps; the two must end with the same losses to 1e-4, for their float32 sums differ in order alone.
"""

from functools import partial

import torch
from pairs import compare
from torch import nn
from torch.nn import functional as F

from grokking_phases.datasets import modular_addition
from grokking_phases.examples import Examples
from grokking_phases.models import mlp
from grokking_phases.recipe import Recipe
from grokking_phases.split import split
from grokking_phases.training import Trainer

P, WIDTH, STEPS = 97, 250, 20
OPTIONS = {"learning_rate": 0.03, "weight_decay": 2.0, "betas": [0.9, 0.98]}


class PlainLoop:
    """What one would write in an afternoon."""

    def __init__(self, examples: Examples, seed: int) -> None:
        torch.manual_seed(seed)
        self.model = nn.Sequential(nn.Linear(2 * P, WIDTH), nn.ReLU(), nn.Linear(WIDTH, P, bias=False))
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=OPTIONS["learning_rate"], betas=(0.9, 0.98), weight_decay=2.0, foreach=False
        )
        inputs = torch.from_numpy(examples.inputs[examples.train])
        self.one_hots = F.one_hot(inputs, P).flatten(1).float()
        self.targets = torch.from_numpy(examples.targets[examples.train])

    def advance(self) -> None:
        self.optimizer.zero_grad()
        self.loss().backward()
        self.optimizer.step()

    def loss(self) -> torch.Tensor:
        return F.cross_entropy(self.model(self.one_hots), self.targets)


def advance(run: Trainer | PlainLoop) -> None:
    for _ in range(STEPS):
        run.advance()


def main() -> None:
    examples = split(modular_addition.make(p=P), 0.4, 420)
    build = partial(mlp.build, n_tokens=P, n_classes=P, width=WIDTH)
    ours = Trainer(build, examples, Recipe(steps=STEPS, **OPTIONS), 0, "cpu")
    peer = PlainLoop(examples, 0)
    for _ in range(5):
        ours.advance(), peer.advance()
    difference = abs(ours.evaluate()["train_loss"] - peer.loss().item())
    if not difference < 1e-4:
        raise SystemExit(f"The two disagree: their losses differ by {difference:.1e} after 5 steps.")
    compare(f"MLP, {STEPS} steps", lambda: advance(ours), lambda: advance(peer))


if __name__ == "__main__":
    main()

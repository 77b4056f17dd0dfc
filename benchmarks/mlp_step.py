"""Full-batch steps of the emergence paper's MLP: our trainer against a plain PyTorch loop.

The plain loop is what a competent user would write, and what the readers of both papers will have written:

inputs    dense one-hots (3763 x 194, float32)
network   nn.Sequential of Linear, ReLU and Linear (194 -> 250 -> 97)
training  cross-entropy; AdamW, one parameter and one operation at a time (foreach=False, fused=False)
batches   a DataLoader over a TensorDataset, with the whole set as its one batch

A DataLoader collates that batch sample by sample, which is no arithmetic. So the loop is also timed without
it, on tensors at hand.

Both have the same data, initial weights and number of steps, and must have the same loss. Their float32 sums
differ in order, and training amplifies that difference, so the losses are compared after the first 20 steps.

Our loss is in float64 and theirs in float32. So our trainer is also timed against itself with a float32 loss:
float64 may cost at most 15 % of a step.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch
from pairs import Agreement, Flops, Pair
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from grokking_phases.data.split import split
from grokking_phases.datasets import modular_addition
from grokking_phases.examples import Examples
from grokking_phases.recipe import Recipe
from grokking_phases.training.architecture import architecture_of
from grokking_phases.training.trainer import Trainer

P, WIDTH, STEPS = 97, 250, 20


class PlainLoop:
    """The plain loop over `data`, with or without a DataLoader."""

    def __init__(self, seed: int, data: TensorDataset, with_loader: bool) -> None:
        torch.manual_seed(seed)
        self.model = nn.Sequential(nn.Linear(2 * P, WIDTH), nn.ReLU(), nn.Linear(WIDTH, P, bias=False))
        plain = {"lr": 0.03, "betas": (0.9, 0.98), "weight_decay": 2, "foreach": False, "fused": False}
        self.optimizer = torch.optim.AdamW(self.model.parameters(), **plain)
        self.batches = DataLoader(data, batch_size=len(data), shuffle=True) if with_loader else [data.tensors]
        self.data = data

    def take_step(self) -> None:
        for inputs, targets in self.batches:
            self.optimizer.zero_grad()
            F.cross_entropy(self.model(inputs), targets).backward()
            self.optimizer.step()

    @torch.no_grad()
    def loss(self) -> float:
        inputs, targets = self.data.tensors
        return F.cross_entropy(self.model(inputs), targets).item()


def pairs() -> Iterator[Pair]:
    examples = split(modular_addition.make(p=P), 0.4, 420)
    architecture = architecture_of({"model": {"module": "mlp", "width": WIDTH}}, examples)
    recipe = Recipe(steps=STEPS, learning_rate=0.03, weight_decay=2, betas=[0.9, 0.98])
    for with_loader in (True, False):
        yield Pair(
            f"MLP, {STEPS} full-batch steps",
            f"plain loop, {'DataLoader' if with_loader else 'no DataLoader'}",
            partial(advanced, Trainer(architecture, examples, recipe, 0, "cpu")),
            partial(advanced, PlainLoop(0, one_hots(examples), with_loader)),
            Agreement(loss_difference, 1e-3, "nats of loss"),
            at_least=2,
            aim=3,
            flops=flops(len(examples.targets[examples.train])),
        )
    single = Trainer(architecture, examples, replace(recipe, loss_dtype="float32"), 0, "cpu")
    yield Pair(
        f"MLP, {STEPS} full-batch steps",
        "our own steps, loss in float32",
        partial(advanced, Trainer(architecture, examples, recipe, 0, "cpu")),
        partial(advanced, single),
        Agreement(difference_of_ours, 1e-3, "nats of loss"),
        at_least=1 / 1.15,
        repeats=15,
    )


def one_hots(examples: Examples) -> TensorDataset:
    """Return the train rows: one-hots (n, 2 P), float32, and targets (n,), int64."""
    inputs = torch.from_numpy(examples.inputs[examples.train])
    targets = torch.from_numpy(examples.targets[examples.train])
    return TensorDataset(F.one_hot(inputs, P).flatten(1).float(), targets)


def advanced(run: Trainer | PlainLoop) -> Trainer | PlainLoop:
    """Take `STEPS` more steps of `run`, and return it."""
    for _ in range(STEPS):
        run.take_step()
    return run


def loss_difference(ours: Trainer, theirs: PlainLoop) -> float:
    return abs(ours.evaluate()["train_loss"] - theirs.loss())


def difference_of_ours(ours: Trainer, theirs: Trainer) -> float:
    return abs(ours.evaluate()["train_loss"] - theirs.evaluate()["train_loss"])


def flops(n: int) -> Flops:
    """Return the operations of `STEPS` steps on n rows.

    One-hots need no products: the first layer adds two rows forwards, and their gradients backwards.
    """
    return Flops(
        STEPS * (6 * n * WIDTH * P + 4 * n * WIDTH), "float32", "(6 n w p + 4 n w) operations a step"
    )

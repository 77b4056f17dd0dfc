"""A model or a loss that returns something else than it must is named before the first step."""

from functools import partial

import pytest
import torch
from torch.nn import functional as F

from grokking_phases.data.split import split
from grokking_phases.datasets import modular_addition
from grokking_phases.models import mlp
from grokking_phases.recipe import Recipe
from grokking_phases.training.architecture import Architecture, architecture_of
from grokking_phases.training.contracts import check_contracts
from grokking_phases.training.trainer import Trainer


@pytest.fixture
def trainer():
    examples = split(modular_addition.make(p=5), 0.4, 0)
    build = partial(mlp.build, n_tokens=5, n_classes=5, width=8)
    return Trainer(Architecture(build), examples, Recipe(steps=3, learning_rate=0.1), 0, "cpu")


def test_what_the_built_in_ones_return_passes(trainer):
    check_contracts(trainer, "models/mlp.py", 5)


@pytest.mark.parametrize("returned", [lambda logits: (logits, None), lambda logits: logits[:, :3]])
def test_a_model_that_returns_no_logits_is_named(trainer, returned):
    trainer.forward = lambda network, inputs: returned(network(inputs))
    with pytest.raises(ValueError, match=r"models/mine.py: .*\(4, 5\)"):
        check_contracts(trainer, "models/mine.py", 5)


def test_a_loss_that_is_a_mean_is_named(trainer):
    trainer.loss = F.cross_entropy
    with pytest.raises(ValueError, match=r"losses/cross_entropy.py: .*not the mean"):
        check_contracts(trainer, "models/mlp.py", 5)


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        (lambda loss: None, "returns None"),
        (torch.Tensor.item, "returns a float"),
        (lambda loss: loss.repeat(2), r"returns .*\(2,\)"),
        (torch.Tensor.detach, "is cut off"),
    ],
)
def test_a_loss_that_is_no_number_with_gradients_is_named(trainer, returned, sentence):
    trainer.loss = lambda logits, targets: returned(F.cross_entropy(logits, targets, reduction="sum"))
    with pytest.raises(ValueError, match=f"losses/cross_entropy.py: loss {sentence}"):
        check_contracts(trainer, "models/mlp.py", 5)


def test_a_build_without_return_is_named(monkeypatch, trainer):
    examples = split(modular_addition.make(p=5), 0.4, 0)
    entry = {"model": {"module": "mlp", "width": 8}}
    monkeypatch.setattr(mlp, "build", lambda **sizes: None)
    with pytest.raises(ValueError, match="models/mlp.py: build returns None"):
        architecture_of(entry, examples).build()


def test_a_loss_that_is_not_finite_is_left_to_training(trainer):
    trainer.loss = lambda logits, targets: F.cross_entropy(logits, targets, reduction="sum") + torch.nan
    check_contracts(trainer, "models/mlp.py", 5)

"""Training gives the published accuracies, and a loaded state continues with the same bits."""

import random
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from grokking_phases.data.split import split
from grokking_phases.datasets import modular_addition
from grokking_phases.models import mlp, transformer
from grokking_phases.plugins import module
from grokking_phases.recipe import Recipe
from grokking_phases.training import cuda_graph as graphs
from grokking_phases.training import trainer as training
from grokking_phases.training.architecture import Architecture
from grokking_phases.training.cuda_graph import RecordedStep
from grokking_phases.training.norm_constraint import constrained_parameters, initialise, l2_norm
from grokking_phases.training.trainer import Trainer


def trainer(examples, seed=0, build=mlp.build, forward=nn.Module.__call__, **recipe):
    build = partial(build, n_tokens=examples.n_tokens, n_classes=examples.n_classes)
    recipe = Recipe(**{"steps": 30, "learning_rate": 0.03} | recipe)
    return Trainer(Architecture(build, forward), examples, recipe, seed, "cpu")


def small(p=11):
    return split(modular_addition.make(p=p), 0.4, 420)


# Train accuracy by step from the authors' code (weight decay 2, seed 0), whose loss is in float32. Its sums
# have another order, so only the first steps agree to all digits.
PUBLISHED = {0: 0.00983, 5: 0.15015, 10: 0.24077, 15: 0.50890, 20: 0.80468, 25: 0.94685, 30: 0.98831}


def test_the_emergence_recipe_gives_the_published_accuracies():
    run = trainer(split(modular_addition.make(p=97), 0.4, 420), weight_decay=2, loss_dtype="float32")
    assert run.evaluate()["test_accuracy"] == pytest.approx(0.00939, abs=5e-6)
    for step, accuracy in PUBLISHED.items():
        while run.step < step:
            run.take_step()
        assert run.evaluate()["train_accuracy"] == pytest.approx(accuracy, abs=5e-6 if step <= 5 else 0.005)


NOISY = {
    "build": partial(transformer.build, d_model=16, d_mlp=32, dropout=0.1),
    "batch_size": 8,
    "warmup_steps": 3,
}


def advanced(run, n_steps):
    for _ in range(n_steps):
        run.take_step()
    return run


def same_parameters(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.model.parameters(), b.model.parameters(), strict=True))


def test_a_loaded_state_continues_with_the_same_bits():
    uninterrupted = advanced(trainer(small(), **NOISY), 6)
    state = advanced(trainer(small(), **NOISY), 4).state()
    resumed = trainer(small(), seed=7, **NOISY)
    assert not same_parameters(uninterrupted, resumed)
    resumed.load(state)
    assert same_parameters(uninterrupted, advanced(resumed, 2))


@pytest.mark.parametrize("recipe", [NOISY, {"weight_decay": 2.0}])
def test_recorded_steps_are_the_steps_themselves(monkeypatch, recipe):
    """Steps are recorded as on a GPU, but the recording is fake."""
    monkeypatch.setattr(graphs, "call_on_side_stream", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(graphs, "record", lambda function, *arguments: lambda: function(*arguments))
    plain = advanced(trainer(small(), **recipe), 12)
    replayed = trainer(small(), **recipe)
    replayed.launch = RecordedStep(replayed.descend, replayed.recipe.warmup_steps)
    assert same_parameters(advanced(replayed, 12), plain)
    assert replayed.launch.replay is not None


def test_another_device_continues_with_its_own_batches():
    state = advanced(trainer(small(), **NOISY), 4).state() | {"device": "cuda", "batches": torch.zeros(16)}
    resumed = trainer(small(), **NOISY)
    drawn = resumed._draw_batch()[0]
    resumed.load(state)
    assert not torch.equal(resumed._draw_batch()[0], drawn)


def test_bfloat16_products_change_training_but_not_evaluation():
    exact, rough = trainer(small()), trainer(small(), matmul="bfloat16")
    assert exact.evaluate() == rough.evaluate()
    difference = abs(advanced(exact, 1).evaluate()["test_loss"] - advanced(rough, 1).evaluate()["test_loss"])
    assert 0 < difference < 0.05


NETWORKS = {  # build, and the fast path that trains
    "mlp": {"build": mlp.build, "forward": mlp.fast_forward},
    "transformer": {
        "build": partial(transformer.build, d_model=16, d_mlp=32, dropout=0.0),
        "forward": transformer.fast_forward,
    },
}


def imbalance(network, loss_dtype):
    """Return how far a sure network's gradient by its readout is from summing to 0 over classes.

    It is relative to the largest element. The network has memorised, and its logits are then made ten times
    larger, so that probabilities round to 1 in float32.
    """
    run = advanced(trainer(small(), **network, learning_rate=0.01, loss_dtype=loss_dtype), 150)
    assert run.evaluate()["train_accuracy"] == 1
    with torch.no_grad():
        for parameter in run.model.readout.parameters():
            parameter.mul_(10)
    run.optimizer.param_groups[0]["lr"] = 0.0
    run.descend(*run.data["train"])
    gradient = run.model.readout.weight.grad.double()  # (n_classes, width)
    return (gradient.sum(0).abs().max() / gradient.abs().max()).item()


@pytest.mark.parametrize("name", NETWORKS)
def test_only_the_gradient_of_a_float64_loss_sums_to_zero_over_classes(name):
    assert imbalance(NETWORKS[name], "float64") < 1e-5
    assert imbalance(NETWORKS[name], "float32") > 0.01


@pytest.mark.parametrize("loss_dtype", ["float32", "float64"])
def test_parameters_and_the_optimisers_state_are_float32(loss_dtype):
    run = advanced(trainer(small(), loss_dtype=loss_dtype), 2)
    assert {parameter.dtype for parameter in run.model.parameters()} == {torch.float32}
    moments = [state["exp_avg"] for state in run.optimizer.state.values()]
    assert {moment.dtype for moment in moments} == {torch.float32}


def test_the_float_types_of_the_loss_agree_in_the_first_steps():
    single, double = (advanced(trainer(small(), loss_dtype=name), 3) for name in ("float32", "float64"))
    for a, b in zip(single.model.parameters(), double.model.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)
    assert not same_parameters(single, double)


def test_a_float64_loss_is_evaluated_below_what_float32_resolves():
    run = trainer(small(), loss_dtype="float64")
    logits = torch.tensor([[40.0, 0.0]])
    assert run.summed_loss(logits, torch.tensor([0])).item() == pytest.approx(np.exp(-40), abs=1e-16)
    assert run.summed_loss(logits / 2, torch.tensor([0])).item() == pytest.approx(np.exp(-20), rel=1e-6)


def test_a_batch_in_parts_has_the_gradient_of_the_whole(monkeypatch):
    monkeypatch.setattr(training, "ROWS", 7)
    parts = advanced(trainer(small()), 1)
    monkeypatch.setattr(training, "ROWS", 1000)
    for of_parts, of_whole in zip(
        parts.model.parameters(), advanced(trainer(small()), 1).model.parameters(), strict=True
    ):
        torch.testing.assert_close(of_parts.grad, of_whole.grad, rtol=1e-4, atol=1e-7)


def test_seeds_decide_weights_and_batches():
    a, b, other = (trainer(small(), seed=seed, batch_size=8) for seed in (0, 0, 1))
    assert torch.equal(a._draw_batch()[0], b._draw_batch()[0])
    assert not torch.equal(a._draw_batch()[0], other._draw_batch()[0])
    assert not torch.equal(a.model.readout.weight, other.model.readout.weight)


@pytest.mark.parametrize("constrain", ["weights", "all"])
def test_the_kept_norm_is_taken_before_the_last_layer_is_zeroed(constrain):
    plain = trainer(small())
    run = trainer(small(), alpha=8, constrain_norm=constrain, zero_last_layer=True)
    constrained = constrained_parameters(run.model, run.recipe)
    scaled = 8 * l2_norm(constrained_parameters(plain.model, run.recipe))
    assert torch.count_nonzero(run.model.readout.weight) == 0
    for _ in range(3):
        run.take_step()
        assert l2_norm(constrained).item() == pytest.approx(scaled.item(), rel=1e-5)
    assert torch.count_nonzero(run.model.readout.weight) > 0


def test_a_model_without_a_readout_cannot_have_its_last_layer_zeroed():
    model = torch.nn.Sequential(torch.nn.Linear(4, 3))
    with pytest.raises(ValueError, match="readout"):
        initialise(model, Recipe(steps=1, learning_rate=0.1, zero_last_layer=True))


def test_alpha_scales_weights_and_not_biases():
    plain, scaled = trainer(small()), trainer(small(), alpha=8)
    assert torch.equal(scaled.model.preactivation.weight, 8 * plain.model.preactivation.weight)
    assert torch.equal(scaled.model.preactivation.bias, plain.model.preactivation.bias)


def test_decay_shrinks_every_parameter_by_the_stated_factor():
    """Where the gradient is zero, only the decay acts: 1 - 0.03 * 50 = -0.5."""
    run = trainer(small(), weight_decay=50)
    with torch.no_grad():
        run.model.preactivation.bias.fill_(-100)  # no unit fires: no gradient reaches the first layer
    run.take_step()
    np.testing.assert_allclose(run.model.preactivation.bias.detach(), 50.0, rtol=1e-6)


def test_the_learning_rate_warms_up_from_zero():
    recipe = Recipe(steps=100, learning_rate=0.001, warmup_steps=10)
    assert [recipe.learning_rate_at(step) for step in (0, 5, 10, 99)] == [0, 0.0005, 0.001, 0.001]


def test_groups_of_parameters_keep_their_own_learning_rates(monkeypatch):
    def build(parameters, recipe):
        first, *others = parameters
        groups = [{"params": [first], "lr": 0.5 * recipe.learning_rate}, {"params": others}]
        return torch.optim.SGD(groups, recipe.learning_rate)

    monkeypatch.setattr(
        training,
        "module",
        lambda kind, name: SimpleNamespace(build=build) if kind == "optimizers" else module(kind, name),
    )
    run = trainer(small(), warmup_steps=2, learning_rate=0.1)
    rates = []
    for _ in range(3):
        run.take_step()
        rates.append([group["lr"] for group in run.optimizer.param_groups])
    assert rates == [[0, 0], [0.025, 0.05], [0.05, 0.1]]


def test_the_seed_decides_weights_that_numpy_and_python_draw():
    def drawn(**sizes):
        network = mlp.build(**sizes, width=4)
        with torch.no_grad():
            network.readout.weight[0, 0] = np.random.normal() + random.random()  # noqa: NPY002
        return network

    first, again, other = (trainer(small(), seed=seed, build=drawn) for seed in (3, 3, 4))
    assert same_parameters(first, again)
    assert first.model.readout.weight[0, 0] != other.model.readout.weight[0, 0]


def test_evaluation_draws_no_random_numbers():
    plain = advanced(trainer(small(), **NOISY), 1)
    evaluated = trainer(small(), **NOISY)
    assert evaluated.evaluate() == evaluated.evaluate()
    assert same_parameters(plain, advanced(evaluated, 1))

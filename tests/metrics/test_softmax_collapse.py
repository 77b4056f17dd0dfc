"""Softmax collapse has its closed forms, and reads both papers' networks."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from grokking_phases.metrics.softmax_collapse import compute, odds_against, rounds_to_one
from grokking_phases.models import mlp, relu_mlp, transformer


class Snapshots:
    """Snapshots of networks on samples whose inputs are their numbers."""

    def __init__(self, networks, inputs, targets):
        self.networks, self.inputs, self.targets = networks, np.asarray(inputs), np.asarray(targets)

    def __iter__(self):
        return (SimpleNamespace(step=step, network=network) for step, network in self.networks.items())


class LogitsOfSamples(nn.Module):
    """A network with the given logits (n_samples, n_classes): a Linear of one-hots of the sample's number."""

    def __init__(self, logits, bias=None):
        super().__init__()
        logits = torch.as_tensor(logits, dtype=torch.float32)
        self.readout = nn.Linear(*logits.shape, bias=bias is not None)
        with torch.no_grad():
            self.readout.weight.copy_(logits.T)
            if bias is not None:
                self.readout.bias.copy_(torch.as_tensor(bias))

    def forward(self, inputs):
        return self.readout(nn.functional.one_hot(inputs[:, 0], self.readout.in_features).float())


def measured(network, targets, inputs=None, **options):
    """Return {metric: value} of one snapshot."""
    inputs = np.arange(len(targets))[:, None] if inputs is None else inputs
    rows = list(compute(Snapshots({7: network}, inputs, targets), **options))
    assert {row["step"] for row in rows} == {7}
    return {row["metric"]: row["value"] for row in rows}


# Of two classes, x = e^-gap. It is lost in 1 + x if it is at most 2^-24 in float32, 2^-53 in float64.
IN_SINGLE, IN_DOUBLE = 24 * math.log(2), 53 * math.log(2)


def test_the_share_at_one_is_that_of_gaps_above_a_closed_form():
    gaps = [0, IN_SINGLE - 0.01, IN_SINGLE + 0.01, IN_DOUBLE - 0.01, IN_DOUBLE + 0.01, -50, -1000, 1000]
    found = measured(LogitsOfSamples([[gap, 0.0] for gap in gaps]), [0] * len(gaps))
    assert found["rounded_to_one"] == 4 / 8
    assert found["rounded_to_one_float64"] == 2 / 8


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_threshold_is_that_of_the_arithmetic(dtype):
    """IEEE arithmetic itself says whether 1 + x rounds to 1, a hair around the threshold and on it."""
    edge = torch.finfo(dtype).eps / 2
    for x in (0.0, 1e-30, edge * (1 - 1e-7), edge, edge * (1 + 2e-7), 2 * edge, 0.5):
        value = torch.tensor(x, dtype=torch.float64)
        assert bool(rounds_to_one(value, dtype)) == bool(1 + value.to(dtype) == 1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_probabilities_round_to_one_where_torchs_softmax_gives_one(dtype):
    gaps = torch.linspace(5, 45, 400, dtype=torch.float64)
    logits = torch.stack([gaps.float(), torch.zeros(400)], dim=1)
    x = odds_against(logits.double(), torch.zeros(400, dtype=int))
    assert torch.equal(rounds_to_one(x, dtype), logits.to(dtype).softmax(1)[:, 0] == 1)


def test_odds_keep_their_digits_far_below_rounding():
    logits = torch.tensor([[0.0, -100.0, -100.0], [5.0, 5.0, 5.0], [-700.0, 0.0, 0.0]], dtype=torch.float64)
    found = odds_against(logits, torch.tensor([0, 1, 0]))
    np.testing.assert_allclose(found, [2 * math.exp(-100), 2, 2 * math.exp(700)], rtol=1e-12)


def test_a_single_class_is_certain():
    found = measured(LogitsOfSamples([[3.0], [-2.0]]), [0, 0])
    assert (found["rounded_to_one"], found["rounded_to_one_float64"], found["logit_scale"]) == (1, 1, 0)


def test_the_class_mean_part_of_rows_m_plus_or_minus_d_is_m():
    """Two rows m + d and m - d: the part is m in both, sqrt(2) |m|; the norm is sqrt(2 (|m|^2 + |d|^2))."""
    m, d = np.array([3.0, 4.0]), np.array([1.0, -2.0])
    found = measured(LogitsOfSamples(np.stack([m + d, m - d], axis=1)), [0, 1])
    assert found["class_mean_norm"] == pytest.approx(math.sqrt(2) * 5, rel=1e-6)
    assert found["last_layer_norm"] == pytest.approx(math.sqrt(2 * (25 + 5)), rel=1e-6)


def test_a_bias_is_one_more_column_of_the_last_layer():
    found = measured(LogitsOfSamples(np.zeros((2, 3)), bias=[6.0, 6.0, 6.0]), [0, 1])
    assert found["class_mean_norm"] == found["last_layer_norm"] == pytest.approx(6 * math.sqrt(3))
    assert found["logit_scale"] == 0


def test_the_scale_of_one_hot_logits():
    """s at one of n classes: the variance over classes is s^2 (n - 1) / n^2."""
    found = measured(LogitsOfSamples(5.0 * np.eye(4)), [0, 1, 2, 3])
    assert found["logit_scale"] == pytest.approx(5 * math.sqrt(3) / 4, rel=1e-6)


def test_the_same_amount_on_all_classes_changes_only_the_norms():
    logits = np.random.default_rng(0).normal(size=(30, 5)) * 10
    plain = measured(LogitsOfSamples(logits), [0] * 30)
    shifted = measured(LogitsOfSamples(logits + 64), [0] * 30)
    for name in ("rounded_to_one", "rounded_to_one_float64", "logit_scale"):
        assert shifted[name] == pytest.approx(plain[name], rel=1e-5)
    assert shifted["class_mean_norm"] > 10 * plain["class_mean_norm"]


def test_logits_that_are_not_finite_are_counted_and_give_nan():
    found = measured(LogitsOfSamples([[1.0, np.nan], [0.0, 0.0], [np.inf, 0.0]]), [0, 0, 0])
    assert found["n_undefined"] == 3  # a one-hot's product with NaN or infinity is NaN in every sample
    assert all(np.isnan(found[name]) for name in ("rounded_to_one", "rounded_to_one_float64", "logit_scale"))


@pytest.mark.parametrize("scale", [1e-30, 1e10])
def test_tiny_and_huge_weights(scale):
    logits = scale * np.eye(3)
    found = measured(LogitsOfSamples(logits), [0, 1, 1])
    assert found["rounded_to_one"] == (0 if scale < 1 else 2 / 3)
    assert found["class_mean_norm"] == pytest.approx(scale, rel=1e-6)


NETWORKS = {
    "mlp": lambda: mlp.build(n_tokens=5, n_classes=5, width=6),
    "relu_mlp": lambda: relu_mlp.build(n_tokens=5, n_classes=5),
    "transformer": lambda: transformer.build(n_tokens=5, n_classes=5, d_model=8, n_heads=2, d_mlp=12),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_both_papers_networks_are_read(name):
    torch.manual_seed(0)
    network, inputs = NETWORKS[name]().train(), np.stack(np.divmod(np.arange(25), 5), axis=1)
    targets = inputs.sum(axis=1) % 5
    found = measured(network, targets, inputs)
    logits = network.eval()(torch.from_numpy(inputs)).detach().double()
    assert found["logit_scale"] == pytest.approx(
        logits.std(dim=1, correction=0).square().mean().sqrt().item()
    )
    assert found["rounded_to_one"] == 0
    with torch.no_grad():
        network.readout.weight.mul_(1e6)
    right = (logits.argmax(1).numpy() == targets).mean()
    assert measured(network, targets, inputs)["rounded_to_one"] == pytest.approx(right, abs=0.1)


def test_a_layer_that_is_not_there_and_one_that_gives_no_logits_are_refused():
    network, inputs = mlp.build(n_tokens=5, n_classes=5, width=6), np.zeros((3, 2), dtype=int)
    snapshots = Snapshots({0: network}, inputs, [0, 1, 2])
    with pytest.raises(
        ValueError, match="last_layer: the network has no Linear 'head'; .*preactivation, readout"
    ):
        list(compute(snapshots, last_layer="head"))
    with pytest.raises(ValueError, match="last_layer: preactivation gives 6 numbers, and the network"):
        list(compute(snapshots, last_layer="preactivation"))

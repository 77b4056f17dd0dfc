"""Two nulls of O-information: false alarms, true structure, and what the draws depend on."""

import warnings
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
from scipy.special import ndtri

from grokking_phases.metrics import o_information, o_information_null
from grokking_phases.metrics.o_information_null import compare, compute
from grokking_phases.synergy.normal_scores import Ties


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def snapshot(X, step=5, layer="hidden"):
    return SimpleNamespace(step=step, activations={layer: X.astype(np.float32)})


def values(X, **options):
    """Return {metric: value} for one snapshot with one layer."""
    return {row["metric"]: row["value"] for row in compute([snapshot(X)], **options)}


def relu_features(rng, n_samples=300, width=20):
    return np.maximum(rng.normal(size=(n_samples, 12)) @ rng.normal(size=(12, width)), 0)


# Against chance


def test_independent_units_rank_uniformly_among_shuffled_ones(rng, monkeypatch):
    """With 19 draws, the ranks of 200 data sets are 1/20, ..., 20/20 with equal probability.

    The number of ranks in a set of probability p has a standard deviation of sqrt(200 p (1 - p)). On most of
    these data sets random bins reach further than Ward's, so the test would fail if bins were not formed
    anew.
    """
    monkeypatch.delitem(o_information_null.NULLS, "partition")
    snapshots = [snapshot(rng.normal(size=(60, 12)), step) for step in range(200)]
    rows = list(compute(snapshots, n_draws=19, n_bins=3))
    table = {
        name: np.array([row["value"] for row in rows if row["metric"] == name])
        for name in rows_of("shuffled")
    }
    for extreme in ("synergy", "redundancy"):
        ranks = table[f"{extreme}_shuffled_rank"]
        for p in (0.05, 0.25, 0.5, 0.75):
            assert abs((ranks < p + 1e-9).sum() - 200 * p) < 4 * np.sqrt(200 * p * (1 - p))
        # The least and the greatest of 19 draws have 0.9 of the distribution between them.
        observed, low, high = (
            table[extreme],
            table[f"{extreme}_shuffled_low"],
            table[f"{extreme}_shuffled_high"],
        )
        n_inside = ((low <= observed) & (observed <= high)).sum()
        assert abs(n_inside - 200 * 0.9) < 4 * np.sqrt(200 * 0.9 * 0.1)
        assert (low < table[f"{extreme}_shuffled_median"]).all()
        assert (table[f"{extreme}_shuffled_median"] < high).all()


def test_a_noisy_sum_is_more_synergistic_than_shuffled_units(rng):
    X = rng.normal(size=(1000, 8))
    X[:, 4] = X[:, [2, 5, 7]].sum(axis=1) + 0.3 * rng.normal(size=1000)
    found = values(X, n_bins=8, n_draws=39)
    assert found["synergy"] < -0.5
    assert -0.1 < found["synergy_shuffled_low"] < found["synergy_shuffled_high"] < 0
    assert found["synergy_shuffled_rank"] == 1 / 40


def test_noisy_copies_are_more_redundant_than_shuffled_units(rng):
    X = rng.normal(size=(1000, 8))
    X[:, [1, 3, 6]] = X[:, [0]] + 0.3 * rng.normal(size=(1000, 3))
    found = values(X, n_bins=8, n_draws=39)
    assert found["redundancy"] > 1
    assert 0 < found["redundancy_shuffled_low"] < found["redundancy_shuffled_high"] < 0.1
    assert found["redundancy_shuffled_rank"] == 1 / 40


def test_an_extreme_that_every_partition_has_gets_rank_one(rng):
    """The most redundant multiplet of copies is the whole layer, which every partition has.

    Where each unit is a bin, every partition has all multiplets.
    """
    copies = rng.normal(size=(300, 1)) + 0.5 * rng.normal(size=(300, 9))
    found = values(copies, n_bins=3, n_draws=9)
    for statistic in ("low", "median", "high"):
        assert found[f"redundancy_partition_{statistic}"] == pytest.approx(found["redundancy"], abs=1e-9)
    assert found["redundancy_partition_rank"] == 1
    found = values(relu_features(rng, width=6), n_bins=6, n_draws=9)
    assert found["synergy_partition_rank"] == found["redundancy_partition_rank"] == 1
    assert found["synergy_shuffled_rank"] < 1


def test_clusters_differ_from_random_bins(rng):
    """Bins hold noisy copies and have one variable each.

    The mean of a cluster is its source, and the mean of a random bin is a mixture.
    """
    groups = np.repeat(np.arange(4), 6)
    sources = rng.normal(size=(1000, 4))
    sources[:, 3] = sources[:, :3].sum(axis=1) + 0.3 * rng.normal(size=1000)
    X = sources[:, groups] + 0.3 * rng.normal(size=(1000, 24))
    found = values(X, n_bins=4, variables="mean", n_draws=39)
    assert found["synergy"] < found["synergy_partition_low"]
    assert found["synergy_partition_rank"] == 1 / 40


# Observed values


@pytest.mark.parametrize("options", [{}, {"variables": "block", "ties": "index"}, {"linkage": "spectral"}])
def test_observed_values_equal_those_of_o_information(rng, options):
    X = relu_features(rng)
    X[:, 3], X[:, 8] = 0, X[:, 5]
    rows = list(o_information.compute([snapshot(X)], n_bins=4, **options))
    peer = {row["metric"]: row["value"] for row in rows}
    found = values(X, n_bins=4, n_draws=2, **options)
    assert (peer["n_constant"], peer["n_duplicate"]) == (1, 1)
    assert (found["synergy"], found["redundancy"]) == (peer["synergy"], peer["redundancy"])
    assert (found["n_failed_shuffled"], found["n_failed_partition"]) == (0, 0)


@pytest.mark.parametrize("width", [9, 60])
def test_nothing_is_drawn_where_nothing_is_observed(rng, width):
    """A layer has fewer live units than bins, or every bin has more units than there are samples."""
    X = rng.normal(size=(12, width))
    X[:, : 6 if width == 9 else 0] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = values(X, n_bins=4 if width == 9 else 2, n_draws=3)
    assert [metric for metric, value in found.items() if not np.isnan(value)] == [
        "n_failed_shuffled",
        "n_failed_partition",
    ]


# Ranks


def test_ranks_and_quantiles_of_known_draws():
    draws = np.arange(1.0, 100.0)
    assert compare(0.5, draws, -1) == pytest.approx({"low": 2.5, "median": 50, "high": 97.5, "rank": 0.01})
    assert compare(10, draws, -1)["rank"] == pytest.approx(0.11)
    assert compare(10, draws, 1)["rank"] == pytest.approx(0.91)
    assert compare(99.5, draws, 1)["rank"] == 0.01
    assert compare(10 - 1e-12, draws, -1)["rank"] == pytest.approx(0.11)  # rounding does not decide
    assert compare(10 - 1e-6, draws, -1)["rank"] == pytest.approx(0.10)


def test_draws_without_a_value_count_as_extreme():
    found = compare(0.5, np.array([np.nan, 1, 2, 3]), -1)
    assert (found["median"], found["rank"]) == (2, 2 / 5)
    assert compare(0.5, np.array([np.nan, 0, 0, 0]), 1)["rank"] == 2 / 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        none = compare(0.5, np.full(3, np.nan), -1)
    assert np.isnan([none["low"], none["median"], none["high"]]).all()
    assert none["rank"] == 1


# Rows and options


def rows_of(*nulls):
    """Return the names of all metrics that a run with these nulls yields, in order."""
    statistics = ("low", "median", "high", "rank")
    compared = [
        [
            f"n_failed_{null}",
            *(f"{extreme}_{null}_{name}" for extreme in ("synergy", "redundancy") for name in statistics),
        ]
        for null in nulls
    ]
    return ["synergy", "redundancy", *sum(compared, [])]


def test_rows_are_tidy_for_each_layer_of_each_snapshot(rng):
    layers = {"a": relu_features(rng, width=10), "b": relu_features(rng, width=12)}
    rows = list(
        compute([SimpleNamespace(step=step, activations=layers) for step in (0, 5)], n_bins=3, n_draws=3)
    )
    assert [(row["step"], row["layer"], row["metric"]) for row in rows] == [
        (step, layer, metric)
        for step in (0, 5)
        for layer in "ab"
        for metric in rows_of("shuffled", "partition")
    ]
    assert all(set(row) == {"step", "layer", "metric", "value"} for row in rows)
    assert all(type(row["value"]) is float for row in rows)


def test_draws_follow_from_seed_step_and_layer_alone(rng):
    X, other = relu_features(rng), relu_features(rng)
    together = list(compute([snapshot(other, 3), snapshot(X, 7), snapshot(X, 8)], n_bins=4, n_draws=5))
    alone = list(compute([snapshot(X, 7)], n_bins=4, n_draws=5))
    assert [row for row in together if row["step"] == 7] == alone
    both = SimpleNamespace(step=7, activations={"other": X, "hidden": X})
    with_another = [row for row in compute([both], n_bins=4, n_draws=5) if row["layer"] == "hidden"]
    changed = list(compute([snapshot(X, 7)], n_bins=4, n_draws=5, seed=1))
    renamed = list(compute([snapshot(X, 7, "other")], n_bins=4, n_draws=5))
    drawn = [
        [row["value"] for row in rows if row["metric"].endswith("_low")]
        for rows in (alone, with_another, [row for row in together if row["step"] == 8], changed, renamed)
    ]
    assert drawn[0] == drawn[1]
    # Compare whole lists, to many digits: two draws of a partition can have one multiplet in common.
    assert len({tuple(np.round(lows, 9)) for lows in drawn}) == 4


@pytest.mark.parametrize("ties", get_args(Ties))
@pytest.mark.parametrize("variables", ["union", "mean", "block"])
def test_every_choice_draws(rng, ties, variables):
    found = values(relu_features(rng, 100, 10), n_bins=4, n_draws=5, ties=ties, variables=variables)
    assert np.isfinite(list(found.values())).all()
    for null in ("shuffled", "partition"):
        assert found[f"synergy_{null}_low"] < found[f"synergy_{null}_high"]


def test_a_rule_that_ranks_ties_by_sample_correlates_shuffled_units_too(rng):
    """Nine in ten values are zeros, and the null must hold the structure that the rule invents."""
    X = np.maximum(rng.normal(size=(500, 6)) - ndtri(0.9), 0)
    found = {ties: values(X, n_bins=6, n_draws=19, ties=ties) for ties in ("average", "index")}
    assert found["average"]["redundancy_shuffled_high"] < 0.1
    assert found["index"]["redundancy_shuffled_low"] > 0.2
    assert found["index"]["redundancy_shuffled_rank"] > 0.05


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"linkage": "single"}, "linkage must be one of ward, average, complete, spectral, not 'single'"),
        ({"n_draws": 0}, "n_draws: 0 is less than 1"),
        ({"seed": -1}, "seed: -1 is less than 0"),
    ],
)
def test_options_are_checked_before_anything_is_read(options, message):
    with pytest.raises(ValueError, match=message):
        compute(None, **options)

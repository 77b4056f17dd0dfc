"""O-information of snapshots: units left out, bins, extremes and rows."""

import subprocess
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from relu_features import relu_features
from sklearn.cluster import SpectralClustering

from grokking_phases.metrics.o_information import compute
from grokking_phases.synergy.clustering import cluster_units
from grokking_phases.synergy.multiplet_search import search_multiplets
from grokking_phases.synergy.o_information import o_information


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def measure(X, **options):
    """Return {metric: row} for one snapshot with one layer."""
    rows = list(compute([SimpleNamespace(step=5, activations={"hidden": X})], **options))
    assert {(row["step"], row["layer"]) for row in rows} == {(5, "hidden")}
    return {row["metric"]: row for row in rows}


def values(X, **options):
    """Return {metric: value} for one snapshot with one layer."""
    return {metric: row["value"] for metric, row in measure(X, **options).items()}


# Bins


def test_a_bin_that_spectral_clustering_leaves_empty_fails_every_multiplet(rng, monkeypatch):
    monkeypatch.setattr(
        SpectralClustering, "fit_predict", lambda self, affinity: np.arange(len(affinity)) % 3
    )
    rows = measure(relu_features(rng), n_bins=4, linkage="spectral")
    for metric in ("synergy", "redundancy", "synergy_size", "redundancy_size"):
        assert np.isnan(rows[metric]["value"])
        assert rows[metric]["units"] is None
    assert rows["n_failed"]["value"] == 11


def test_only_spectral_clustering_imports_scikit_learn():
    loaded = "import sys, grokking_phases.metrics.o_information; print('sklearn' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", loaded], env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True
    )
    assert run.stdout == b"False\n", run.stderr


# Dead units


def with_dead_units(rng):
    """Return 20 live units, the layer with 4 dead units among them, and the live units' numbers in the layer.

    Units 3 and 8 are constants. Units 12 and 20 are an exact copy of 0 and a monotone copy of 5.
    """
    live = relu_features(rng, width=20)
    X = np.insert(live, [3, 7, 10, 17], 0, axis=1)
    X[:, 8] = 2.5
    X[:, 12] = X[:, 0]
    X[:, 20] = X[:, 5] ** 3
    return live, X, np.delete(np.arange(24), [3, 8, 12, 20])


@pytest.mark.parametrize("ties", ["average", "paper", "index", "random"])
def test_dead_units_are_counted_under_every_rule_for_ties(rng, ties):
    X = with_dead_units(rng)[1]
    counts = values(X, n_bins=4, ties=ties, n_draws=2)
    assert (counts["n_constant"], counts["n_duplicate"], counts["n_failed"]) == (2, 2, 0)


def test_units_are_numbered_as_in_the_layer(rng):
    live, X, numbers = with_dead_units(rng)
    alone, among_dead = measure(live, n_bins=4), measure(X, n_bins=4)
    for metric in ("synergy", "redundancy"):
        assert among_dead[metric]["value"] == pytest.approx(alone[metric]["value"], abs=1e-9)
        assert among_dead[metric]["units"] == numbers[alone[metric]["units"]].tolist()
        assert o_information(X[:, among_dead[metric]["units"]]) == pytest.approx(
            among_dead[metric]["value"], abs=1e-9
        )


def test_fewer_live_units_than_bins_give_nan(rng):
    X = np.zeros((50, 9), dtype=np.float32)
    X[:, :3] = rng.normal(size=(50, 3))
    X[:, 3] = X[:, 1]
    rows = measure(X, n_bins=4)
    for metric in ("synergy", "redundancy", "synergy_size", "redundancy_size"):
        assert np.isnan(rows[metric]["value"])
        assert rows[metric]["units"] is None
    assert (rows["n_constant"]["value"], rows["n_duplicate"]["value"], rows["n_failed"]["value"]) == (5, 1, 0)
    assert np.isfinite(values(X, n_bins=3)["synergy"])


def test_a_layer_that_is_wholly_dead_has_no_synergy():
    rows = values(np.zeros((50, 9), dtype=np.float32))
    assert np.isnan(rows["synergy"])
    assert rows["n_constant"] == 9


def test_a_failed_factorisation_affects_only_its_multiplets(rng):
    """The third of three units is 1 where one of the others is, so the covariance of the three is singular.

    The scores of a unit of two values are an affine function of it.
    """
    X = rng.normal(size=(300, 6)).astype(np.float32)
    X[:, 0], X[:, 3] = np.arange(300) % 3 == 0, np.arange(300) % 3 == 1
    X[:, 5] = X[:, 0] + X[:, 3]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = measure(X, n_bins=6)
    assert rows["n_failed"]["value"] == 2**3  # every multiplet that has all three
    assert rows["n_duplicate"]["value"] == 0
    assert np.isfinite(rows["synergy"]["value"])
    assert not {0, 3, 5} <= set(rows["synergy"]["units"])


def test_a_unit_and_its_negative_are_counted_as_duplicates(rng):
    X = rng.normal(size=(300, 6)).astype(np.float32)
    X[:, 5] = -X[:, 0]
    rows = values(X, n_bins=5)
    assert (rows["n_duplicate"], rows["n_failed"]) == (1, 0)


@pytest.mark.parametrize(("n_samples", "flag"), [(5, 1), (12, 1), (13, 0)])
def test_fewer_samples_than_units_and_one_are_flagged(rng, n_samples, flag):
    """From 5 samples, 12 units had a synergy of 3.45 without a word."""
    X = rng.normal(size=(n_samples, 12)).astype(np.float32)
    rows = values(X, n_bins=10)
    assert rows["undersampled"] == flag
    assert (rows["n_failed"] > 0) == bool(flag)


def test_more_units_than_samples_make_multiplets_fail(rng):
    X = rng.normal(size=(12, 40)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = values(X, n_bins=3, bias_correction=True)
    assert rows["n_failed"] > 0


# The extremes


@pytest.mark.parametrize("variables", ["union", "mean", "block"])
def test_the_extremes_are_those_of_the_search(rng, variables):
    X = relu_features(rng)
    rows = measure(X, n_bins=5, variables=variables)
    found = search_multiplets(X, cluster_units(X, 5), variables=variables)
    for metric, extreme in (("synergy", np.min), ("redundancy", np.max)):
        assert rows[metric]["value"] == extreme(found.o_information)
        i = int(np.flatnonzero(found.o_information == rows[metric]["value"])[0])
        assert rows[metric]["units"] == found.units(i).tolist()
        assert rows[f"{metric}_size"]["value"] == (
            len(found.units(i)) if variables == "union" else found.bins[i].sum()
        )
    assert rows["synergy"]["value"] < rows["redundancy"]["value"]


def test_a_sum_is_found_among_independent_units(rng):
    """Units 2, 5 and 7 and their noisy sum, unit 4, are the one synergistic multiplet of one-unit bins.

    Adding other units to it changes little.
    """
    X = rng.normal(size=(4000, 8))
    X[:, 4] = X[:, [2, 5, 7]].sum(axis=1) + 0.3 * rng.normal(size=4000)
    synergy = measure(X.astype(np.float32), n_bins=8)["synergy"]
    assert {2, 4, 5, 7} <= set(synergy["units"])
    assert synergy["value"] < -0.5


def test_copies_with_noise_are_found_among_independent_units(rng):
    X = rng.normal(size=(4000, 8))
    X[:, [1, 3, 6]] = X[:, [0]] + 0.3 * rng.normal(size=(4000, 3))
    redundancy = measure(X.astype(np.float32), n_bins=8)["redundancy"]
    assert {0, 1, 3, 6} <= set(redundancy["units"])
    assert redundancy["value"] > 1


def test_order_of_samples_does_not_matter(rng):
    X = relu_features(rng)
    before, after = measure(X), measure(X[rng.permutation(len(X))])
    for metric, row in before.items():
        assert after[metric]["value"] == pytest.approx(row["value"], abs=1e-8)
        assert after[metric]["units"] == row["units"]


def test_order_of_units_only_renumbers_them(rng):
    X, order = relu_features(rng), rng.permutation(60)
    before, after = measure(X), measure(X[:, order])
    for metric, row in before.items():
        assert after[metric]["value"] == pytest.approx(row["value"], abs=1e-8)
        if row["units"]:
            assert sorted(order[after[metric]["units"]]) == row["units"]


# Rows and options


def test_rows_are_tidy_for_each_layer_of_each_snapshot(rng):
    layers = {"a": relu_features(rng, width=10), "b": relu_features(rng, width=12)}
    snapshots = [SimpleNamespace(step=step, activations=layers) for step in (0, 5)]
    rows = list(compute(snapshots, n_bins=3))
    metrics = [
        "synergy",
        "synergy_size",
        "redundancy",
        "redundancy_size",
        "n_constant",
        "n_duplicate",
        "n_failed",
        "undersampled",
    ]
    assert [(row["step"], row["layer"], row["metric"]) for row in rows] == [
        (step, layer, metric) for step in (0, 5) for layer in "ab" for metric in metrics
    ]
    assert all(set(row) == {"step", "layer", "metric", "value", "units"} for row in rows)
    assert all(type(row["value"]) is float for row in rows)
    assert all(type(unit) is int for row in rows if row["units"] for unit in row["units"])
    assert [row["units"] is not None for row in rows[:8]] == [True, False, True, *[False] * 5]


def test_options_reach_the_estimate(rng):
    X = relu_features(rng)
    # Synergy is compared, because the largest redundancy may be that of the whole layer, whatever its bins.
    default = values(X, n_bins=4)["synergy"]
    changed = [{"ties": "index"}, {"ties": "random"}, {"bias_correction": True}]
    changed += [
        {"variables": "mean"},
        {"variables": "block"},
        {"linkage": "complete"},
        {"linkage": "spectral"},
    ]
    for options in changed:
        assert abs(values(X, n_bins=4, **options)["synergy"] - default) > 1e-6, options
    draws = [
        values(X, n_bins=4, ties="random", n_draws=n, seed=seed)["redundancy"]
        for n, seed in ((2, 0), (2, 1), (3, 0))
    ]
    assert len(set(draws)) == 3


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_activations_that_are_not_finite_raise_with_step_and_layer(rng, bad):
    X = relu_features(rng)
    X[7, 3] = bad
    with pytest.raises(ValueError, match="Layer hidden .* not finite at step 5"):
        measure(X)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variables": "all"}, "variables must be one of union, mean, block, not 'all'"),
        ({"ties": "first"}, "ties must be one of average, paper, index, random, not 'first'"),
        ({"linkage": "single"}, "linkage must be one of ward, average, complete, spectral, not 'single'"),
        ({"n_bins": 1}, "n_bins: 1 is less than 2"),
        ({"seed": -1}, "seed: -1 is less than 0"),
        ({"n_draws": 0}, "n_draws: 0 is less than 1"),
    ],
)
def test_options_are_checked_before_anything_is_read(options, message):
    with pytest.raises(ValueError, match=message):
        compute(None, **options)

"""Binning of each unit between its extremes over the run or in the snapshot, and the Gaussian beside it."""

from types import SimpleNamespace

import numpy as np
import pytest

from grokking_phases.estimators.binning_per_neuron import gaussian_information, prepare
from grokking_phases.metrics.mutual_information import compute


class Snapshots(dict):
    """A run of one layer whose units shrink a hundredfold."""

    targets = np.arange(1000) % 4

    def __init__(self):
        T = np.random.default_rng(0).normal(size=(1000, 6)) * [1, 2, 3, 4, 5, 6]
        T[:, 5] = 1.0
        steps = {0: T, 10: T / 100}
        super().__init__(
            {step: SimpleNamespace(step=step, activations={"a": each}) for step, each in steps.items()}
        )
        self.steps = [0, 10]

    def __iter__(self):
        return iter(self.values())


def values(**options):
    rows = compute(Snapshots(), estimator="binning_per_neuron", **options)
    return {(row["step"], row["metric"]): row["value"] for row in rows}


def test_the_range_of_the_run_mistakes_shrinking_for_compression_and_that_of_the_snapshot_does_not():
    run, snapshot = values(range="run"), values(range="snapshot")
    assert run[10, "information_x"] < 0.3 * run[0, "information_x"]
    assert snapshot[10, "information_x"] == pytest.approx(snapshot[0, "information_x"], abs=1e-3)
    assert run[0, "information_x"] == snapshot[0, "information_x"]
    assert values() == pytest.approx(run, nan_ok=True)


def test_the_range_is_that_between_the_extremes_of_each_unit():
    (rows,) = [values(range="snapshot", bins=4)]
    T = Snapshots()[0].activations["a"]
    counts = [np.histogram(column, bins=4)[0] / 1000 for column in T.T[:5]]
    entropies = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in counts]
    assert rows[0, "information_x"] == pytest.approx(sum(entropies) / 6)  # the sixth unit is constant


def test_normal_units_have_the_value_of_the_gaussian_beside_them():
    """The mean of five units scatters by 0.04."""
    found = values(range="snapshot")
    assert found[0, "information_x"] * 6 / 5 == pytest.approx(found[0, "information_x_gaussian"], abs=0.1)
    assert (0, "information_x_gaussian") not in values(range="run")


def test_a_gaussian_of_a_few_thousand_samples_has_4_bits():
    bits = [gaussian_information(n, 30) / np.log(2) for n in (1000, 3763)]
    assert bits == pytest.approx([4.24, 4.10], abs=0.03)


def test_a_quantile_has_no_range():
    with pytest.raises(ValueError, match="^range: quantile bins have no range; .*\\.$"):
        prepare(Snapshots(), bin_edges="quantile", range="snapshot")
    with pytest.raises(ValueError, match="^range must be one of run, snapshot, not 'all'"):
        prepare(Snapshots(), range="all")


def test_the_ceiling_is_that_of_samples_or_bins():
    assert prepare(Snapshots(), bins=30).ceilings("a") == pytest.approx((np.log(30), np.log(4)))
    few = SimpleNamespace(targets=np.array([0, 1]))
    assert prepare(few, range="snapshot").ceilings("a") == pytest.approx((np.log(2), np.log(2)))

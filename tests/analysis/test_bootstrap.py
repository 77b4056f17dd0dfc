"""The bootstrap over whole runs: what is drawn, and medians and intervals of the draws."""

import numpy as np
import pandas as pd
import pytest

from grokking_phases.analysis.bootstrap import RESAMPLES, medians, resamples, with_interval


def test_whole_runs_are_drawn():
    runs = pd.Series(["a", "b", "a", "c", "b", "a"])
    weights = resamples(runs)
    assert weights.shape == (1 + RESAMPLES, 6)
    assert (weights[0] == 1).all()
    for run in "abc":
        of_run = weights[:, runs == run]
        assert (of_run == of_run[:, :1]).all()
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    np.testing.assert_array_equal(weights, resamples(runs))


def test_medians_are_taken_over_the_values_that_are_drawn():
    values = pd.Series([3.0, np.nan, 1.0, 10.0])
    weights = np.array([[1, 1, 1, 1], [1, 9, 0, 2], [0, 1, 0, 0], [1, 0, 0, 1], [3, 0, 2, 1]])
    np.testing.assert_array_equal(medians(values, weights), [3, 10, np.nan, 6.5, 3])


def test_the_interval_holds_95_percent_of_the_defined_resamples():
    resampled = np.r_[7.0, np.arange(1001), [np.nan] * 50]
    assert with_interval("auc", resampled) == pytest.approx({"auc": 7, "auc_low": 25, "auc_high": 975})


def test_agreement_of_resamples_of_five_seeds_errs_more_often_than_its_share_says():
    """That a mean is above an edge is certain if 97.5 % of resampled means are: 1 in 11 errs, not 1 in 40."""
    rng = np.random.default_rng(0)
    seeds = rng.normal(size=(2000, 5))  # their true mean lies on the edge, 0
    weights = rng.multinomial(5, np.full(5, 0.2), size=1000)
    certain = ((seeds @ weights.T > 0).mean(axis=1) > 0.975).mean()
    assert 0.07 < certain < 0.11

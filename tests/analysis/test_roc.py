"""ROC curves and AUC against scikit-learn and by hand, and the interval of an AUC."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from grokking_phases.analysis.bootstrap import medians, resamples, with_interval
from grokking_phases.analysis.roc import auc, roc


def cases(scores, generalised):
    return pd.Series(scores, dtype=float), pd.Series(generalised, dtype=bool)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([1, 2, 3, 4], 1.0),
        ([4, 3, 2, 1], 0.0),
        ([7, 7, 7, 7], 0.5),
        ([1, 3, 2, 4], 0.75),
        ([1, 3, 3, 4], 0.875),  # one of four pairs is a tie
    ],
)
def test_known_areas(scores, expected):
    assert auc(*cases(scores, [0, 0, 1, 1])).tolist() == [expected]


@pytest.mark.parametrize("n_values", [3, 1000])
def test_areas_and_curves_agree_with_scikit_learn(n_values):
    """Three values give many ties, and 1000 give few."""
    random = np.random.default_rng(0)
    scores, generalised = cases(random.integers(n_values, size=60), random.random(60) < 0.3)
    assert auc(scores, generalised).item() == pytest.approx(roc_auc_score(generalised, scores), abs=1e-12)
    points = roc(scores, generalised)
    expected = roc_curve(generalised, scores, drop_intermediate=False)
    np.testing.assert_allclose(points[["false_alarm_rate", "hit_rate", "threshold"]].to_numpy().T, expected)


@pytest.mark.parametrize("generalised", [[], [True, True], [False, False]])
def test_without_both_classes_there_is_no_area(generalised):
    scores, generalised = cases(np.arange(len(generalised)), generalised)
    assert np.isnan(auc(scores, generalised)).all()
    assert roc(scores, generalised)[["hit_rate", "false_alarm_rate"]].isna().any().any()


def test_a_case_with_weight_two_counts_like_two_cases():
    random = np.random.default_rng(1)
    scores, generalised = cases(random.integers(5, size=20), random.random(20) < 0.5)
    times = random.integers(0, 4, size=20)
    repeated = roc_auc_score(np.repeat(generalised, times), np.repeat(scores, times))
    assert auc(scores, generalised, times[None, :]).item() == pytest.approx(repeated, abs=1e-12)


def test_without_runs_medians_and_intervals_are_nan():
    nothing = pd.Series([], dtype=float)
    weights = resamples(nothing.astype(str))
    assert np.isnan(medians(nothing, weights)).all()
    assert np.isnan(list(with_interval("auc", auc(nothing, nothing.astype(bool), weights)).values())).all()


def test_the_area_of_two_normals_and_its_interval_are_known():
    """Scores are N(0, 1) and N(1, 1), for 400 runs of one case.

    AUC = Phi(1 / sqrt 2) = 0.760, with a standard error of 0.024.
    """
    random = np.random.default_rng(2)
    generalised = pd.Series(np.arange(400) < 200)
    scores = pd.Series(random.normal(size=400) + generalised)
    weights = resamples(pd.Series(np.arange(400).astype(str)))
    said = with_interval("auc", auc(scores, generalised, weights))
    assert said["auc"] == pytest.approx(0.760, abs=0.06)
    assert said["auc_high"] - said["auc_low"] == pytest.approx(2 * 1.96 * 0.024, rel=0.15)
    assert said["auc_low"] < said["auc"] < said["auc_high"]


def test_runs_whose_seeds_agree_give_a_wider_interval_than_as_many_runs():
    random = np.random.default_rng(3)
    of_run, generalised = random.normal(size=20), pd.Series(np.arange(100) // 5 < 10)
    scores = pd.Series(np.repeat(of_run, 5)) + generalised
    widths = []
    for runs in (np.arange(100) // 5, np.arange(100)):
        said = with_interval("auc", auc(scores, generalised, resamples(pd.Series(runs.astype(str)))))
        widths.append(said["auc_high"] - said["auc_low"])
    assert widths[0] > 1.5 * widths[1]

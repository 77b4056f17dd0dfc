"""The null of shuffled units keeps each unit's values."""

from itertools import islice
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest

from grokking_phases.synergy.normal_scores import Ties, normal_scores, rank_columns
from grokking_phases.synergy.shuffled_units import search_shuffled_units


@pytest.fixture
def rng():
    return np.random.default_rng(0)


class Recorder:
    """A layer search that returns its arguments."""

    def __init__(self, ties):
        self.estimator = SimpleNamespace(ties=ties, ranks=lambda X: rank_columns(X, ties))

    def search(self, X, ranks):
        return X, ranks


@pytest.mark.parametrize("ties", get_args(Ties))
def test_shuffled_units_keep_their_values_and_have_the_ranks_of_the_shuffled_samples(rng, ties):
    X = np.maximum(rng.normal(size=(200, 12)) @ rng.normal(size=(12, 5)), 0).astype(np.float32)
    labels = np.array([0, 1, -1, 1, 0])
    draws = list(islice(search_shuffled_units(X, rank_columns(X, ties), labels, Recorder(ties), rng), 3))
    for drawn, ranks in draws:
        np.testing.assert_array_equal(np.sort(drawn, axis=0), np.sort(X[:, labels >= 0], axis=0))
        np.testing.assert_array_equal(ranks.average, normal_scores(drawn))
        scores = ranks.scores(ties, np.random.default_rng(0))
        if ties == "random":  # then only the order inside tie groups is drawn
            assert ((np.diff(scores[np.lexsort((scores[:, 0], drawn[:, 0]))][:, 0])) > 0).all()
        else:
            np.testing.assert_array_equal(scores, normal_scores(drawn, ties=ties))
    assert (draws[0][0] != draws[1][0]).any()
    correlations = np.corrcoef(np.vstack([X[:, labels >= 0].T, *(drawn.T for drawn, _ in draws)]))
    off_diagonal = correlations[4:][~np.eye(16, dtype=bool)[4:]]
    assert abs(off_diagonal).max() < 0.3  # 4.2 standard deviations for independent units

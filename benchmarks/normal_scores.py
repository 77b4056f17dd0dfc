"""Normal scores of a layer after its ReLU, where half of the values are tied at zero.

Mean ranks are timed against scipy's rankdata and ndtri, which is how one would write them; the two agree to
rounding. Ranks by sorting twice are timed against frites' copula normalisation, which sorts twice, too. They
are timed on values without ties, because frites leaves ties in the order of numpy's present sort, which
depends on the processor.
"""

from collections.abc import Iterator

import numpy as np
from made_up_layers import relu_layer
from pairs import Agreement, Pair
from peers import peer
from scipy.special import ndtri
from scipy.stats import rankdata

from grokking_phases.synergy.normal_scores import normal_scores

N_SAMPLES, WIDTH = 3763, 250


def pairs() -> Iterator[Pair]:
    rng = np.random.default_rng(0)
    X, untied = relu_layer(rng, N_SAMPLES, WIDTH), rng.normal(size=(N_SAMPLES, WIDTH))
    work = f"normal scores, {N_SAMPLES} x {WIDTH}"
    yield Pair(
        f"{work}, mean ranks",
        "scipy",
        lambda: normal_scores(X),
        lambda: ndtri(rankdata(X, method="average", axis=0) / (N_SAMPLES + 1)),
        Agreement(largest, 1e-12, "scores"),
        at_least=4,
        aim=8,
    )
    yield Pair(
        f"{work}, sorted twice",
        "frites",
        lambda: normal_scores(untied, ties="paper"),
        lambda: peer("frites.core").copnorm_nd(untied, axis=0),
        Agreement(largest, 0, "scores"),
        note="no floor is set; float64, as frites has it",
    )


def largest(ours: np.ndarray, theirs: np.ndarray) -> float:
    return np.abs(ours - theirs).max()

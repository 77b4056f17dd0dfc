"""Usable information: by how many nats a linear probe predicts a label better when it sees the layer.

V-information (Xu et al. 2020, arXiv 2002.10689, definition 2) on samples held out, for V = softmax
regressions on standardised units whose weights are penalised (scikit-learn's L2 penalty at C = 1):

    I_V(T -> V) = H(V | nothing) - H(V | T),    H: mean cross-entropy of the prediction

Both predictions are scored on the same held-out samples, weighted so that each label has the share that it
has among all samples. The best prediction from nothing is then these shares, and H(V | nothing) is the
entropy H(V) of the labels. So no value is above H(V). Unlike mutual information, usable information can grow
from layer to layer. A value below 0 says that the probe learned nothing that holds on other samples.

A constant T gives 0 or a little less. A single class gives NaN, and so do fewer than five samples, of which
none is held out. Ties need no care, and the scale of a unit does not matter. The penalty keeps probabilities
off 0 and 1: a label that the layer separates gives a little less than H(V), and less from fewer samples.
"""

import warnings
from typing import Any

import numpy as np

from grokking_phases.estimators._entropy import entropy
from grokking_phases.estimators._operands import Operands
from grokking_phases.estimators._scale import unit_spread
from grokking_phases.samples import take_samples

HELD_OUT = 0.2  # share of the samples
STEPS = 200  # most iterations of L-BFGS


def usable_information(T: np.ndarray, labels: np.ndarray, seed: int) -> tuple[float, bool]:
    """Return I_V in nats of the layer about the labels, and whether the probe converged.

    T: (n_samples, width). labels: (n_samples,). Units are standardised, so that a layer's scale decides
    nothing. Labels that are not among both the fitted and the held-out samples are left out of the score. The
    value is NaN if there are fewer than two labels to tell apart, or nothing is held out.
    """
    T, labels = take_samples(T, labels)
    T, order = unit_spread(T), np.random.default_rng(seed).permutation(len(T))
    held, fitted = np.split(order, [int(HELD_OUT * len(T))])
    held = held[np.isin(labels[held], labels[fitted])]
    known = np.unique(labels[fitted])
    if len(known) < 2 or not len(held):
        return np.nan, True
    probe, converged = fit_probe(T[fitted], labels[fitted])
    log_p = probe.predict_log_proba(T[held])[np.arange(len(held)), np.searchsorted(known, labels[held])]
    scored = labels[np.isin(labels, labels[held])]
    return entropy(scored) + weighted_mean(log_p, labels[held], scored), converged


def weighted_mean(values: np.ndarray, labels: np.ndarray, scored: np.ndarray) -> float:
    """Return the mean of values (n,) with labels (n,), in which each label has its share of `scored`.

    `scored` holds the same labels, each any number of times.
    """
    weights = np.bincount(scored) / np.maximum(np.bincount(labels), 1)
    return float(np.average(values, weights=weights[labels]))


def fit_probe(T: np.ndarray, labels: np.ndarray) -> tuple[Any, bool]:
    """Return a softmax regression of the labels on the layer, and whether it converged.

    T: (n_samples, width). labels: (n_samples,).
    """
    # Imported here because scikit-learn takes 1.8 s to import.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=STEPS))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        probe.fit(T, labels)
    return probe, not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


def prepare(snapshots, *, seed: int) -> "LinearProbe":
    """Return the estimator; the seed decides which samples are held out."""
    return LinearProbe(snapshots, seed)


class LinearProbe(Operands):
    """Estimator for one run; `n_unconverged` counts the probes that did not converge."""

    def __init__(self, snapshots, seed: int) -> None:
        super().__init__(snapshots)
        self.seed = seed

    def measure(self, T: np.ndarray, _layer: str) -> dict[str, float] | None:
        if (T[0] == T).all():
            return None
        found = {name: usable_information(T, label, self.seed) for name, label in self.labels.items()}
        values = {name: value for name, (value, _) in found.items()}
        return self.summed(values) | {"n_unconverged": sum(not converged for _, converged in found.values())}

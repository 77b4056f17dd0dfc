"""Usable information: by how many nats a linear probe predicts a label better when it sees the layer.

V-information (Xu et al. 2020, arXiv 2002.10689, definition 2) for V = softmax regressions, on samples held
out:

    I_V(T -> V) = H(V | nothing) - H(V | T),    H: mean cross-entropy of the prediction

The prediction from nothing is the frequencies of the labels among the samples on which probes are fitted.
Unlike mutual information, usable information can grow from layer to layer. A value below 0 says that the
probe learned nothing that holds on other samples.
"""

import warnings
from typing import Any

import numpy as np

from grokking_phases.estimators._operands import Operands

HELD_OUT = 0.2  # share of the samples
STEPS = 200  # most iterations of L-BFGS


def usable_information(T: np.ndarray, labels: np.ndarray, seed: int) -> tuple[float, bool]:
    """Return I_V in nats of the layer about the labels, and whether the probe converged.

    T: (n_samples, width). labels: (n_samples,). Units are standardised, so that a layer's scale decides
    nothing. Held-out samples whose label is not among the fitted samples are left out. The value is NaN if
    there are fewer than two labels to tell apart, or nothing is held out.
    """
    order = np.random.default_rng(seed).permutation(len(T))
    held, fitted = np.split(order, [int(HELD_OUT * len(T))])
    held = held[np.isin(labels[held], labels[fitted])]
    known, counts = np.unique(labels[fitted], return_counts=True)
    if len(known) < 2 or not len(held):
        return np.nan, True
    probe, converged = fit_probe(T[fitted], labels[fitted])
    place = np.searchsorted(known, labels[held])
    seeing = probe.predict_log_proba(T[held])[np.arange(len(held)), place]
    blind = np.log(counts / counts.sum())[place]
    return float(seeing.mean() - blind.mean()), converged


def fit_probe(T: np.ndarray, labels: np.ndarray) -> tuple[Any, bool]:
    """Return a softmax regression of the labels on the layer, and whether it converged.

    T: (n_samples, width). labels: (n_samples,).
    """
    # Imported here because scikit-learn takes 1.8 s to import.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=STEPS))
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
        n_unconverged = 0

        def estimate(label: np.ndarray) -> float:
            nonlocal n_unconverged
            value, converged = usable_information(T, label, self.seed)
            n_unconverged += not converged
            return value

        return self.informations(estimate) | {"n_unconverged": n_unconverged}

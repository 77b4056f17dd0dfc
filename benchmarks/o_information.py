"""O-information of all 1013 multiplets of 10 bins of 250 units: our walk over the lattice against thoi.

Both get the same covariance, and must agree within 1e-9 nats. thoi is used as it is fastest: multiplets of equal size
go to it in batches, and its progress bars are off (TQDM_DISABLE=1).
"""

import logging

import numpy as np
import torch
from pairs import compare
from thoi.measures.gaussian_copula import nplets_measures

from grokking_phases.information import normal_scores
from grokking_phases.lattice import subset_o_information
from grokking_phases.metrics.o_information import cluster_units

N_SAMPLES, N_UNITS, N_BINS, BATCH = 3763, 250, 10, 16


def snapshot(seed: int = 0) -> np.ndarray:
    """Random features (3763 x 250) of 40 inputs: random sums of a ReLU layer, so that none is tied at zero."""
    rng = np.random.default_rng(seed)
    hidden = np.maximum(rng.normal(size=(N_SAMPLES, 40)) @ rng.normal(size=(40, 500)), 0)
    return hidden @ rng.normal(size=(500, N_UNITS))


def ours(S: np.ndarray, blocks: list[np.ndarray]) -> np.ndarray:
    return subset_o_information(S, blocks)[1]


def peer(S: np.ndarray, multiplets: list[np.ndarray]) -> np.ndarray:
    S, omega = torch.as_tensor(S), np.empty(len(multiplets))
    sizes = np.array([len(units) for units in multiplets])
    for size in np.unique(sizes):
        same = np.flatnonzero(sizes == size)
        for some in np.split(same, range(BATCH, len(same), BATCH)):
            units = torch.as_tensor(np.stack([multiplets[i] for i in some]))
            measures = nplets_measures(S, units, covmat_precomputed=True, verbose=logging.ERROR)
            omega[some] = measures[:, 0, 2]  # n_multiplets x data sets x (TC, DTC, O, S)
    return omega


def main() -> None:
    X = snapshot()
    labels = cluster_units(X, N_BINS)
    blocks = [np.flatnonzero(labels == b) for b in range(N_BINS)]
    S = np.cov(normal_scores(X), rowvar=False)
    membership, omega = subset_o_information(S, blocks)
    multiplets = [np.flatnonzero(bins[labels]) for bins in membership]
    difference = np.abs(omega - peer(S, multiplets)).max()
    print(
        f"{len(omega)} multiplets of bins of {sorted(map(len, blocks))} units, largest difference {difference:.1e} nats"
    )
    if not difference < 1e-9:
        raise SystemExit("The two disagree.")
    compare("O-information", lambda: ours(S, blocks), lambda: peer(S, multiplets))


if __name__ == "__main__":
    main()

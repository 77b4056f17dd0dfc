"""O-information of multiplets by the packages thoi and hoi, each called in its fastest way; in nats.

thoi takes multiplets of equal size in one call, and any number of covariance matrices with them. Its progress
bars are off (TQDM_DISABLE=1). hoi takes samples, and gives bits. By default, hoi compiles at every call,
which takes seconds. Here it finds in JAX's cache what it compiled before, and runs on one thread.
"""

import logging
import os
import tempfile
from itertools import combinations
from types import ModuleType

import numpy as np
import torch
from peers import peer
from thoi.commons import gaussian_copula_covmat
from thoi.measures.gaussian_copula import nplets_measures

BATCH = 16  # multiplets of hundreds of variables at a time
COMPILED = tempfile.TemporaryDirectory(prefix="jax")  # deleted when Python ends


def thoi_each(S: np.ndarray, multiplets: list[np.ndarray]) -> np.ndarray:
    """Return the O-information (n_multiplets,) of multiplets: arrays of column numbers of S (n, n)."""
    S, omega = torch.as_tensor(S), np.empty(len(multiplets))
    sizes = np.array([len(units) for units in multiplets])
    for size in np.unique(sizes):
        same = np.flatnonzero(sizes == size)
        for some in np.split(same, range(BATCH, len(same), BATCH)):
            omega[some] = _thoi(S, np.stack([multiplets[i] for i in some]))[0]
    return omega


def thoi_all(S: np.ndarray | torch.Tensor) -> np.ndarray:
    """Return the O-information (n_matrices, n_multiplets) of all multiplets of two or more variables.

    S (n_matrices, n, n) holds covariances. The smallest multiplets come first, and those of one size are in
    the order of `itertools.combinations`.
    """
    S = torch.as_tensor(S)
    return np.concatenate([_thoi(S, units) for units in by_size(S.shape[-1])], axis=1)


def thoi_of_samples(X: np.ndarray) -> np.ndarray:
    """Return the O-information as `thoi_all` does, from samples X (n_matrices, n_samples, n), float64."""
    return thoi_all(gaussian_copula_covmat(torch.as_tensor(X))[1])


def _thoi(S: torch.Tensor, units: np.ndarray) -> np.ndarray:
    """Return the O-information (n_matrices, n_multiplets) of `units` (n_multiplets, size) under S."""
    measures = nplets_measures(S, torch.as_tensor(units), covmat_precomputed=True, verbose=logging.ERROR)
    return measures[:, :, 2].T.numpy()  # measures: n_multiplets x n_matrices x (TC, DTC, O, S)


def hoi_of_samples(X: np.ndarray) -> np.ndarray:
    """Return the O-information as `thoi_all` does, from samples X, by hoi in its own float32.

    hoi's bias correction is off, because the other packages have none.
    """
    model = hoi().Oinfo(X.transpose(1, 2, 0), verbose=False)
    return model.fit(minsize=2, method="gc", biascorrect=False).T * np.log(2)


def hoi() -> ModuleType:
    """Return the module `hoi.metrics`, on one thread and with JAX's cache.

    The thread is set before JAX is imported, because JAX reads the setting only then.
    """
    os.environ["NPROC"] = "1"
    jax = peer("jax")
    if jax.config.jax_compilation_cache_dir is None:
        jax.config.update("jax_compilation_cache_dir", COMPILED.name)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return peer("hoi.metrics")


def by_size(n: int) -> list[np.ndarray]:
    """Return all multiplets of 2, 3, ... n variables: an array (n_multiplets, size) for each size."""
    return [np.array(list(combinations(range(n), size))) for size in range(2, n + 1)]


def place_by_size(membership: np.ndarray) -> np.ndarray:
    """Return the row of `membership` (n_multiplets, n), bool, that holds each multiplet of `by_size`."""
    rows = {tuple(np.flatnonzero(row)): i for i, row in enumerate(membership)}
    return np.array([rows[tuple(units)] for same in by_size(membership.shape[1]) for units in same.tolist()])

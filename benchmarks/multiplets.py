"""O-information of multiplets as other packages give it, each used as it is fastest; nats.

thoi takes multiplets of equal size in one call, and any number of covariances with them; its progress bars are off
(TQDM_DISABLE=1). hoi takes samples, and gives bits. Without a setting of its own it compiles anew at every call, which
takes seconds: here it finds what it compiled before, in JAX's cache, and has one thread.
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
COMPILED = tempfile.TemporaryDirectory(prefix="jax")  # goes when Python ends


def thoi_each(S: np.ndarray, multiplets: list[np.ndarray]) -> np.ndarray:
    """Of these multiplets (arrays of column numbers of S, n x n): (n_multiplets,)."""
    S, omega = torch.as_tensor(S), np.empty(len(multiplets))
    sizes = np.array([len(units) for units in multiplets])
    for size in np.unique(sizes):
        same = np.flatnonzero(sizes == size)
        for some in np.split(same, range(BATCH, len(same), BATCH)):
            omega[some] = _thoi(S, np.stack([multiplets[i] for i in some]))[0]
    return omega


def thoi_all(S: np.ndarray | torch.Tensor) -> np.ndarray:
    """Of all multiplets of two variables or more, under covariances S (n_matrices, n, n): (n_matrices, n_multiplets).

    The smallest multiplets first, and those of a size as `itertools.combinations` orders them.
    """
    S = torch.as_tensor(S)
    return np.concatenate([_thoi(S, units) for units in by_size(S.shape[-1])], axis=1)


def thoi_of_samples(X: np.ndarray) -> np.ndarray:
    """The same from samples X (n_matrices, n_samples, n), float64."""
    return thoi_all(gaussian_copula_covmat(torch.as_tensor(X))[1])


def _thoi(S: torch.Tensor, units: np.ndarray) -> np.ndarray:
    """(n_matrices, n_multiplets)"""
    measures = nplets_measures(S, torch.as_tensor(units), covmat_precomputed=True, verbose=logging.ERROR)
    return measures[:, :, 2].T.numpy()  # of n_multiplets x n_matrices x (TC, DTC, O, S)


def hoi_of_samples(X: np.ndarray) -> np.ndarray:
    """The same as `thoi_of_samples` by hoi, in its own float32; without its bias correction, which the others lack."""
    model = hoi().Oinfo(X.transpose(1, 2, 0), verbose=False)
    return model.fit(minsize=2, method="gc", biascorrect=False).T * np.log(2)


def hoi() -> ModuleType:
    """hoi's metrics. JAX reads what it is told once, when it is first imported."""
    os.environ["NPROC"] = "1"
    jax = peer("jax")
    if jax.config.jax_compilation_cache_dir is None:
        jax.config.update("jax_compilation_cache_dir", COMPILED.name)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return peer("hoi.metrics")


def by_size(n: int) -> list[np.ndarray]:
    """All multiplets of 2, 3, ... n variables, (n_multiplets, size) each."""
    return [np.array(list(combinations(range(n), size))) for size in range(2, n + 1)]


def place_by_size(membership: np.ndarray) -> np.ndarray:
    """The row of `membership` (n_multiplets x n, bool) that each multiplet of `by_size` is."""
    rows = {tuple(np.flatnonzero(row)): i for i, row in enumerate(membership)}
    return np.array([rows[tuple(units)] for same in by_size(membership.shape[1]) for units in same.tolist()])

"""Matrix-based Renyi information: entropy of the spectrum of a kernel matrix, without any density. Nats.

With K_ij = exp(-d_ij^2 / (2 s^2)) and A = K / N, of trace 1 and eigenvalues lambda (Giraldo, Rao & Principe 2015,
arXiv 1211.2459, definition 2 and equation 8),

    S(A) = ln(sum_m lambda_m^alpha) / (1 - alpha)
    I(T;V) = S(A_T) + S(A_V) - S(A_T o A_V / tr)                    o: element by element

A label has K = 1 between samples that share it, else 0; the samples themselves, all distinct, are such labels too, and
so I(T;X) = S(A_T). alpha near 1 is Shannon's case.
"""

import numpy as np
from scipy.spatial.distance import pdist, squareform


def renyi_information(T: np.ndarray, targets: np.ndarray, noise: float, alpha: float) -> tuple[float, float]:
    """I(T;X) and I(T;Y) of T (n_samples, width) and `targets` (n_samples,); `noise` is s. Memory: n_samples^2."""
    K = squareform(np.exp(-pdist(np.asarray(T, np.float64), "sqeuclidean") / (2 * noise**2)), checks=False)
    np.fill_diagonal(K, 1)
    of_layer = renyi_entropy(np.linalg.eigvalsh(K) / len(K), alpha)
    # Between classes the joint kernel is 0: its spectrum is that of all classes.
    members = [np.flatnonzero(targets == y) for y in np.unique(targets)]
    jointly = np.concatenate([np.linalg.eigvalsh(K[np.ix_(own, own)]) for own in members]) / len(K)
    return of_layer, of_layer + renyi_entropy_of(targets, alpha) - renyi_entropy(jointly, alpha)


def renyi_entropy(p: np.ndarray, alpha: float) -> float:
    """Of probabilities or eigenvalues, whose negative rounding errors count as 0."""
    return float(np.log((np.maximum(p, 0) ** alpha).sum()) / (1 - alpha))


def renyi_entropy_of(labels: np.ndarray, alpha: float) -> float:
    return renyi_entropy(np.unique(labels, return_counts=True)[1] / len(labels), alpha)

"""Matrix-based Renyi information: entropy of the spectrum of a kernel matrix, without any density, in nats.

With K_ij = exp(-d_ij^2 / (2 s^2)) and A = K / N, of trace 1 and eigenvalues lambda (Giraldo, Rao & Principe
2015, arXiv 1211.2459, definition 2 and equation 8),

    S(A) = ln(sum_m lambda_m^alpha) / (1 - alpha)
    I(T;V) = S(A_T) + S(A_V) - S(A_T o A_V / tr)                    o: element by element

A label has K = 1 between samples that share it, and 0 between others. X labels each sample
uniquely, so I(T;X) = S(A_T). As alpha goes to 1, S tends to Shannon's entropy.

A constant T has no information, 0, and neither has T about a single class. Ties are distances of 0 and need
no care. Two samples have at most ln 2. A multiple of T has the same values as T. For alpha other than 1,
I(T;Y) can be a little below 0 or above H(Y), because Renyi's entropies obey no chain rule.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import pdist, squareform

from grokking_phases.arguments import check_choice, check_counts, check_limits
from grokking_phases.estimators._noise import Noise, NoiseScale, in_widths
from grokking_phases.samples import take_samples
from grokking_phases.threads import one_thread

# Orders below 0.5 would count the rounding errors of eigenvalues as information.
LIMITS = {"noise": (1e-9, None), "alpha": (0.5, None), "n_samples": (2, None)}


@one_thread
def renyi_information(T: np.ndarray, targets: np.ndarray, noise: float, alpha: float) -> tuple[float, float]:
    """Return I(T;X) and I(T;Y) in nats of T (n_samples, width) and `targets` (n_samples,); `noise` is s.

    Memory grows with n_samples^2. Raise ValueError for noise that is not positive, or an alpha of 1.
    """
    if not noise > 0:
        raise ValueError(f"noise must be a positive standard deviation, not {noise}.")
    check_limits(LIMITS, alpha=alpha)
    check_order(alpha)
    T, targets = take_samples(T, targets, names=("T", "targets"))
    K = squareform(np.exp(-pdist(in_widths(T, noise), "sqeuclidean") / 2), checks=False)
    np.fill_diagonal(K, 1)
    layer = renyi_entropy(np.linalg.eigvalsh(K) / len(K), alpha)
    # The joint kernel is 0 between classes, so its spectrum is the spectra of the classes together.
    members = [np.flatnonzero(targets == y) for y in np.unique(targets)]
    spectrum = np.concatenate([np.linalg.eigvalsh(K[np.ix_(own, own)]) for own in members]) / len(K)
    return layer, layer + renyi_entropy_of_labels(targets, alpha) - renyi_entropy(spectrum, alpha)


def renyi_entropy(p: np.ndarray, alpha: float) -> float:
    """Return the Renyi entropy in nats of probabilities or eigenvalues.

    Negative ones are rounding errors and count as 0.
    """
    return float(np.log((np.maximum(p, 0) ** alpha).sum()) / (1 - alpha))


def renyi_entropy_of_labels(labels: np.ndarray, alpha: float) -> float:
    """Return the Renyi entropy in nats of integer labels (n_samples,)."""
    return renyi_entropy(np.unique(labels, return_counts=True)[1] / len(labels), alpha)


def check_order(alpha: float) -> None:
    """Raise ValueError if the order of the entropy is 1."""
    if alpha == 1:
        raise ValueError(
            "alpha must not be 1, where the formula is 0/0; choose a value near it, such as 1.01."
        )


def prepare(
    snapshots,
    *,
    seed: int,
    noise: float = 0.35,
    noise_scale: NoiseScale = "relative",
    alpha: float = 1.01,
    n_samples: int = 1024,
) -> "Renyi":
    """Return the estimator on `n_samples` samples, drawn by the seed.

    `noise` and `noise_scale` give s, as in `kernel_density`. Raise ValueError for an unusable option.
    """
    check_choice("noise_scale", noise_scale, NoiseScale)
    check_limits(LIMITS, noise=noise, alpha=alpha)
    check_counts(LIMITS, n_samples=n_samples)
    check_order(alpha)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(snapshots.targets))[:n_samples])
    return Renyi(chosen, snapshots.targets[chosen], Noise(noise, noise_scale), alpha)


@dataclass(frozen=True)
class Renyi:
    """Estimator on the samples numbered `chosen`, with classes `targets`. The resolution is s."""

    chosen: np.ndarray
    targets: np.ndarray
    noise: Noise
    alpha: float
    names = ("information_x", "information_y")

    def ceilings(self, _layer: str) -> tuple[float, float]:
        """Return the ceilings of I(T;X) and I(T;Y).

        They are ln of the number of chosen samples, and the entropy of order alpha of their classes.
        """
        return np.log(len(self.chosen)), renyi_entropy_of_labels(self.targets, self.alpha)

    def measure(self, T: np.ndarray, _layer: str) -> dict[str, float] | None:
        T = T[self.chosen]
        s = self.noise.deviation(T)
        if not s > 0:
            return None
        x, y = renyi_information(T, self.targets, s, self.alpha)
        return {"information_x": x, "information_y": y, "resolution": s}

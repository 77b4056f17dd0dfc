"""Metrics of one snapshot, each against its definition as one would write it in an afternoon.

kernel density    scipy's cdist and logsumexp on the whole matrix of pairs of samples
linear mapping    one call of the network for all lines from one sample to the later ones; r^2 by its formula
local complexity  a loop over the samples and the neighbourhood of each

The network is the two-phase paper's transformer as it is initialised, at division's size. The cost of a
metric does not depend on the weights.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
import torch
from pairs import Agreement, Pair
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from torch import Tensor

from grokking_phases.estimators.kernel_density import KDE, kde_information
from grokking_phases.metrics.linear_mapping_number import (
    connectivity,
    function_of_layer,
    lines_of_layer,
    number_of,
)
from grokking_phases.metrics.local_complexity import (
    Read,
    Vertices,
    crossings,
    frame,
    function_of_points,
    points_of,
    vertices_of,
)
from grokking_phases.models import transformer

N_TOKENS, N_TRAIN, WIDTH, N_CLASSES = 96, 3648, 128, 95
N_MAPPED, N_POINTS = 256, 21
N_CENTRES, N_DIRECTIONS, RADIUS = 1024, 25, 0.05


def pairs() -> Iterator[Pair]:
    torch.manual_seed(0)
    network = transformer.build(n_tokens=N_TOKENS, n_classes=N_TOKENS).eval()
    rng = np.random.default_rng(0)
    operands = torch.tensor(list(product(range(N_TOKENS), repeat=2)))
    yield kernel_density(rng)
    with torch.no_grad():
        chosen = operands[rng.permutation(len(operands))[:N_CENTRES]]
        yield linear_mapping(network, "block_1", chosen[:N_MAPPED])
        points = points_of(network, "embedding", chosen)
        around = network, "embedding", chosen, points.shape[1:]
        yield complexity(vertices_of(*around), function_of_points(*around), points.flatten(1))


def kernel_density(rng: np.random.Generator) -> Pair:
    targets = rng.integers(N_CLASSES, size=N_TRAIN)
    T = (rng.normal(size=(N_CLASSES, WIDTH))[targets] + rng.normal(size=(N_TRAIN, WIDTH))).astype(np.float32)
    noise = 0.35 * float(np.sqrt(T.var(axis=0, dtype=np.float64).sum()))
    return Pair(
        f"kernel density I(T;X), I(T;Y), {N_TRAIN} x {WIDTH}",
        "cdist, logsumexp",
        lambda: kde_information(T, targets, noise),
        lambda: kde_twin(T, targets, noise),
        Agreement(lambda ours, theirs: max(abs(ours[name] - theirs[name]) for name in KDE), 1e-9, "nats"),
        repeats=5,
    )


def kde_twin(T: np.ndarray, targets: np.ndarray, noise: float) -> dict[str, float]:
    """Return the values of `kde_information`, in nats, from the whole matrix of pairs."""
    squares = cdist(T, T, "sqeuclidean")
    upper, upper_in_class = log_kernels(-squares / (2 * noise**2), targets)
    lower, lower_in_class = log_kernels(-squares / (8 * noise**2), targets)
    values = upper, upper - upper_in_class, lower, lower - upper_in_class, upper - lower_in_class
    return dict(zip(KDE, values, strict=True))


def log_kernels(K: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """Return -mean_i ln mean_j exp K_ij, over all samples j and over those of i's class; K is (n, n)."""
    in_class = np.empty(len(K))
    for y in np.unique(targets):
        of_class = targets == y
        in_class[of_class] = logsumexp(K[np.ix_(of_class, of_class)], axis=1) - np.log(of_class.sum())
    return -(logsumexp(K, axis=1) - np.log(len(K))).mean(), -in_class.mean()


def linear_mapping(network: torch.nn.Module, layer: str, inputs: Tensor) -> Pair:
    f, X = function_of_layer(network, layer, inputs)
    return Pair(
        f"linear mapping number, {N_MAPPED} samples, {N_POINTS} points",
        "a loop over samples",
        lambda: number_of(connectivity(lines_of_layer(network, layer, inputs, N_POINTS), N_MAPPED, N_POINTS)),
        lambda: lmn_twin(f, X),
        Agreement(lambda ours, theirs: abs(ours / theirs - 1), 1e-4, "of it"),
        at_least=3,
        aim=6,
        repeats=3,
    )


@torch.no_grad()
def lmn_twin(f, X: Tensor) -> float:
    """Return the linear mapping number of f at X (n, d)."""
    place = torch.linspace(0, 1, N_POINTS)
    centred = (place - place.mean()).double()
    L = np.eye(len(X))
    for i in range(len(X) - 1):
        points = X[i] + place[:, None] * (X[i + 1 :, None] - X[i])  # n_pairs x n_points x d
        y = f(points.flatten(0, 1)).unflatten(0, points.shape[:2]).double()
        y = y - y.mean(dim=1, keepdim=True)
        covariance = (centred[:, None] * y).sum(dim=1)
        r2 = covariance**2 / (centred.square().sum() * y.square().sum(dim=1))
        L[i, i + 1 :] = L[i + 1 :, i] = r2.mean(dim=1)
    p = np.abs(np.linalg.eigvalsh(L))
    p /= p.sum()
    return float(np.exp(-(p * np.log(p)).sum()))


def complexity(vertices: Vertices, read: Read, X: Tensor) -> Pair:
    directions = frame(X.shape[1], N_DIRECTIONS, 0)
    return Pair(
        f"local complexity, {N_CENTRES} samples, {N_DIRECTIONS} directions",
        "a loop over samples",
        lambda: crossings(vertices, X, RADIUS, directions),
        lambda: complexity_twin(read, X),
        Agreement(mean_difference, 0.01, "neurons a sample"),
        at_least=4,
        aim=8,
        note="a pre-activation within rounding of 0 may count otherwise; the same directions",
        repeats=3,
    )


@torch.no_grad()
def complexity_twin(read: Read, X: Tensor) -> dict[str, np.ndarray]:
    """Return {layer: (n,) neurons that change sign around each sample of X (n, d)}."""
    directions = RADIUS * frame(X.shape[1], N_DIRECTIONS, 0).to(X.dtype)
    counts: dict[str, list[int]] = {}
    for x in X:
        vertices = torch.cat([x + directions, x - directions])
        for layer, values in read(vertices).items():
            crossed = (values > 0).any(dim=0) & (values <= 0).any(dim=0)
            counts.setdefault(layer, []).append(int(crossed.sum()))
    return {layer: np.array(found) for layer, found in counts.items()}


def mean_difference(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> float:
    """Return the largest difference between the means of a layer."""
    return max(abs(ours[layer].mean() - theirs[layer].mean()) for layer in theirs)

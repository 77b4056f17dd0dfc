"""The linear mapping number: in how many groups, each mapped linearly, a network takes its samples.

Between two samples' activations x_i and x_j of a layer, the rest f of the network is followed along a straight line
(Liu, Zhong & Tegmark 2023, arXiv 2310.05918, section 3, equations 2 to 5, for the first hidden layer):

    x(l) = x_i + l (x_j - x_i),   l = 0, 1/20, ..., 1
    L_ij = mean over outputs k of r^2(l, f_k(x(l))),   L_ii = 1          (r: Pearson's correlation)
    LMN  = exp(H),   H = - sum_m p_m ln p_m,   p_m = |lambda_m| / sum |lambda|,   lambda: eigenvalues of L

It is 1 where f is affine and c where the samples lie in c clusters of equal size between which f is not linear at all.
So something non-linear must follow the layer. For the emergence paper's MLP give `layers: [preactivation]`:
after its ReLU all is affine, and the number is 1 whatever the network has learned.

An output that is constant along a line has no correlation: r^2 := 1, for a constant is a linear map. Where f is
constant along every line nothing is mapped, and the number is NaN.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from grokking_phases.arguments import check_limits
from grokking_phases.data.module_hooks import outputs, rest_after
from grokking_phases.threads import one_thread

# It reads the network of each step, not only recorded activations.
NEEDS_NETWORK = True

# Options bounded from below, from above, or not; a line needs three points, or every r^2 is 1.
LIMITS = {"n_samples": (2, None), "n_points": (3, None), "seed": (0, None)}

Function = Callable[[Tensor], Tensor]

ROWS = 2048  # of f at a time: bounds memory, and keeps activations in the cache
SPREAD = 8  # roundings: what varies by no more along a line is constant


class Connectivity(NamedTuple):
    """How linearly f maps each pair of samples."""

    L: np.ndarray  # n x n, float64, symmetric, from 0 to 1
    n_constant: int  # (pair, output) of which r^2 was set to 1
    constant: bool  # f, along every line


@one_thread
def compute(snapshots, *, n_samples: int = 256, n_points: int = 21, seed: int = 0) -> Iterator[dict]:
    """Rows {step, layer, metric, value} for each snapshot and each of its layers.

    `snapshots` yields snapshots (`step`, `network`) and has `inputs`, the train samples, and `layers`, names of modules
    of the network. The whole output of a layer is interpolated: of a sequence, all its positions together.
    `n_samples` of the train samples (all, where there are fewer) are drawn once, by `seed`, for all steps.

    linear_mapping_number  1 to n_samples; NaN where it is undefined
    n_constant             pairs of samples times outputs that are constant between them
    n_undefined            1 where the network is constant or not finite, else 0

    ValueError: an option beyond its limits, or a layer that something goes around.
    """
    check_limits(LIMITS, n_samples=n_samples, n_points=n_points, seed=seed)
    chosen = np.random.default_rng(seed).permutation(len(snapshots.inputs))[:n_samples]
    inputs = torch.from_numpy(snapshots.inputs[np.sort(chosen)])
    return _rows(snapshots, inputs, n_points)


def _rows(snapshots, inputs: Tensor, n_points: int) -> Iterator[dict]:
    for snapshot in snapshots:
        for layer in snapshots.layers:
            found = connectivity(*function_of_layer(snapshot.network, layer, inputs), n_points)
            number = _number(found)
            values = {
                "linear_mapping_number": number,
                "n_constant": found.n_constant,
                "n_undefined": np.isnan(number),
            }
            for metric, value in values.items():
                yield {"step": snapshot.step, "layer": layer, "metric": metric, "value": float(value)}


def function_of_layer(network: nn.Module, layer: str, inputs: Tensor) -> tuple[Function, Tensor]:
    """Return the rest f of the network, from (n, d) to logits, and the layer's outputs (n, d) for the inputs."""
    rest, values = rest_after(network, layer, inputs), outputs(network, inputs, [layer])[layer]
    return lambda x: rest(x.unflatten(1, values.shape[1:])), values.flatten(1)


def linear_mapping_number(f: Function, X: Tensor, *, n_points: int = 21) -> float:
    """Return the linear mapping number of f, from (n, d) to (n, k), at samples X (n_samples, d); NaN: f is constant.

    f is computed at n_samples (n_samples - 1) / 2 * (n_points - 2) points and at X. ValueError: fewer than two samples
    or three points.
    """
    check_limits(LIMITS, n_samples=len(X), n_points=n_points)
    with torch.no_grad():
        return _number(connectivity(f, X, n_points))


def connectivity(f: Function, X: Tensor, n_points: int) -> Connectivity:
    """L for every pair of the samples X (n_samples, d), block by block of pairs."""
    first, second = np.triu_indices(len(X), 1)
    between = torch.linspace(0, 1, n_points, dtype=X.dtype, device=X.device)[1:-1, None]  # (n_points - 2, 1)
    ends = f(X)  # (n_samples, k), of all lines
    L, n_constant, n_values = np.eye(len(X)), 0, 0
    for pairs in np.array_split(np.arange(len(first)), -(-len(first) * n_points // ROWS)):
        i, j = first[pairs], second[pairs]
        x = torch.lerp(X[i][:, None], X[j][:, None], between)  # (n_pairs, n_points - 2, d)
        y = f(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        r2, constant = squared_correlations(torch.cat([ends[i][:, None], y, ends[j][:, None]], dim=1))
        L[i, j] = L[j, i] = r2.mean(dim=1).cpu().numpy()
        n_constant += int(constant.sum())
        n_values += constant.numel()
    return Connectivity(L, n_constant, n_constant == n_values)


def squared_correlations(y: Tensor) -> tuple[Tensor, Tensor]:
    """r^2 (n_pairs, k), float64, of y (n_pairs, n_points, k) with its place on the line; and where y is constant."""
    start = y[:, :1]
    span, size = y.amax(dim=1) - y.amin(dim=1), y.abs().amax(dim=1)
    constant = span <= SPREAD * torch.finfo(y.dtype).eps * size
    y = (y - start).double()  # near each other, their difference is exact, and their squares cancel little
    n_points = y.shape[1]
    place = torch.linspace(-1, 1, n_points, dtype=y.dtype, device=y.device)
    covariance = torch.einsum("p,npk->nk", place, y)
    variance = y.square().sum(dim=1) - y.sum(dim=1).square() / n_points
    r2 = covariance.square() / (place.square().sum() * variance)
    return r2.clamp(max=1).masked_fill(constant, 1), constant


def _number(found: Connectivity) -> float:
    if found.constant or not np.isfinite(found.L).all():
        return np.nan
    p = np.abs(np.linalg.eigvalsh(found.L))
    p = p[p > 0] / p.sum()
    return float(np.exp(-(p * np.log(p)).sum()))

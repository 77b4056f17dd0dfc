"""Linear mapping number: the number of groups of samples within each of which a network is linear.

Let x_i and x_j be the activations of two samples in a layer, and f the rest of the network after that layer.
The measure follows f along the straight line from x_i to x_j (Liu, Zhong & Tegmark 2023, arXiv 2310.05918,
section 3, equations 2 to 5, for the first hidden layer):

    x(l) = x_i + l (x_j - x_i),   l = 0, 1/20, ..., 1
    L_ij = mean over outputs k of r^2(l, f_k(x(l))),   L_ii = 1          (r: Pearson's correlation)
    LMN  = exp(H),   H = - sum_m p_m ln p_m,   p_m = |lambda_m| / sum |lambda|,   lambda: eigenvalues of L

The number is 1 where f is affine. It is c where the samples lie in c clusters of equal size and f does not
correlate with l on any line between two clusters. So the measure needs a layer that something non-linear
follows. For the emergence paper's MLP use `layers: [preactivation]`: everything after its ReLU is affine, and
the number there is 1 whatever the network has learned.

An output that is constant along a line has no correlation with l. Its r^2 is set to 1, because a constant is
a linear map. Where f is constant along every line, nothing is mapped, and the number is NaN.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from grokking_phases.arguments import check_counts
from grokking_phases.data.module_hooks import evaluated, outputs, rest_after
from grokking_phases.data.sums_of_points import Points, SumReader, Weights, blocks_after
from grokking_phases.samples import take_points
from grokking_phases.threads import one_thread

# The metric reads the network of each step, not only the recorded activations.
NEEDS_NETWORK = True

# The lowest and the highest value of each option; None means unlimited. Through two points every r^2 is 1.
LIMITS = {"n_samples": (2, None), "n_points": (3, None), "seed": (0, None)}

Function = Callable[[Tensor], Tensor]
# From sample i and samples j to f along the lines from i to each j, (n_j, n_points, k).
Lines = Callable[[int, slice], Tensor]

ROWS = 2048  # points that f reads at a time: bounds memory, and keeps activations in the cache
SPREAD = 8  # in roundings: an output that varies by no more along a line counts as constant


class Connectivity(NamedTuple):
    """The matrix L, which says how linearly f maps each pair of samples, and counts of constant outputs."""

    L: np.ndarray  # n x n, float64, symmetric, from 0 to 1
    n_constant: int  # number of (pair, output) whose r^2 was set to 1
    constant: bool  # whether f is constant along every line


@one_thread
def compute(snapshots, *, n_samples: int = 256, n_points: int = 21, seed: int = 0) -> Iterator[dict]:
    """Yield rows {step, layer, metric, value} for each snapshot and each of its layers.

    `snapshots` yields snapshots with `step` and `network`. It has `inputs`, the train samples, and `layers`,
    the names of modules of the network. The whole output of a layer is interpolated; for a sequence, that is
    all its positions together. `n_samples` of the train samples are drawn once, by `seed`, and serve all
    steps. Where there are fewer, all are used.

    linear_mapping_number  from 1 to n_samples; NaN where it is undefined
    n_constant             pairs of samples times outputs that are constant between the two
    n_undefined            1 where the network is constant or not finite, else 0

    Raise ValueError for an option beyond its limits, or a layer that a skip connection goes around.
    """
    check_counts(LIMITS, n_samples=n_samples, n_points=n_points, seed=seed)
    chosen = np.random.default_rng(seed).permutation(len(snapshots.inputs))[:n_samples]
    inputs = torch.from_numpy(snapshots.inputs[np.sort(chosen)])
    return _rows(snapshots, inputs, n_points)


def _rows(snapshots, inputs: Tensor, n_points: int) -> Iterator[dict]:
    for snapshot in snapshots:
        for layer in snapshots.layers:
            lines = lines_of_layer(snapshot.network, layer, inputs, n_points)
            found = connectivity(lines, len(inputs), n_points)
            number = number_of(found)
            values = {
                "linear_mapping_number": number,
                "n_constant": found.n_constant,
                "n_undefined": np.isnan(number),
            }
            for metric, value in values.items():
                yield {"step": snapshot.step, "layer": layer, "metric": metric, "value": float(value)}


def function_of_layer(network: nn.Module, layer: str, inputs: Tensor) -> tuple[Function, Tensor]:
    """Return f, the rest of the network after a layer, and the layer's outputs (n, d) for the inputs.

    f maps flattened outputs of the layer (n, d) to logits.
    """
    rest, values = rest_after(network, layer, inputs), outputs(network, inputs, [layer])[layer]
    return lambda x: rest(x.unflatten(1, values.shape[1:])), values.flatten(1)


def linear_mapping_number(f: Function, X: ArrayLike, *, n_points: int = 21) -> float:
    """Return the linear mapping number of f at the samples X (n_samples, d); NaN if f is constant.

    f maps (n, d) to (n, k) in the precision of X, and is read as it is; `on_networks` checks and prepares
    what users give. Raise ValueError for fewer than two samples or three points, or samples that are no table
    of finite numbers.
    """
    X = take_points(X)
    check_counts(LIMITS, n_samples=len(X), n_points=n_points)
    with torch.no_grad():
        return number_of(connectivity(straight_lines(f, X, n_points), len(X), n_points))


def lines_of_layer(network: nn.Module, layer: str, inputs: Tensor, n_points: int) -> Lines:
    """Return the lines between a layer's outputs for the inputs, by the faster way for a transformer."""
    if blocks_after(network, layer) is None:
        return straight_lines(*function_of_layer(network, layer, inputs), n_points)
    X = outputs(network, inputs, [layer])[layer]  # (n, n_positions, d_model)
    return transformer_lines(network, layer, X, n_points)


def straight_lines(f: Function, X: Tensor, n_points: int) -> Lines:
    """Return f along the lines between the samples X (n_samples, d)."""
    between = torch.linspace(0, 1, n_points, dtype=X.dtype, device=X.device)[1:-1, None]  # (n_points - 2, 1)
    ends = f(X)  # (n_samples, k): f at the ends of all lines

    def lines(i: int, j: slice) -> Tensor:
        x = torch.lerp(X[i], X[j][:, None], between)  # (n_j, n_points - 2, d)
        y = f(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return torch.cat([ends[i].expand(len(y), 1, -1), y, ends[j][:, None]], dim=1)

    return lines


def transformer_lines(network: nn.Module, module: str, X: Tensor, n_points: int) -> Lines:
    """Return `straight_lines` for the rest of a transformer after a module.

    X: the module's outputs (n_samples, n_positions, d_model).
    """
    with evaluated(network):
        reader = SumReader(blocks_after(network, module))
        points = reader.points(X)
    place = torch.linspace(0, 1, n_points, dtype=X.dtype, device=X.device)

    def f(s: Points, t: Points, weights: Weights) -> Tensor:
        with evaluated(network):
            *_, last = reader.hidden(reader.attended(s, t, weights))
            return network.readout(network.norm(last)).unflatten(0, (-1, len(weights.a)))

    ends = f(points, points.part(slice(1)), Weights(place[-1:], place[:1]))  # (n_samples, 1, k)
    between = Weights(1 - place[1:-1], place[1:-1])

    def lines(i: int, j: slice) -> Tensor:
        y = f(points.part(slice(i, i + 1)), points.part(j), between)
        return torch.cat([ends[i].expand(len(y), 1, -1), y, ends[j]], dim=1)

    return lines


def connectivity(lines: Lines, n_samples: int, n_points: int) -> Connectivity:
    """Return L for every pair of the samples, computed for some pairs at a time."""
    L, n_constant, n_values = np.eye(n_samples), 0, 0
    n_pairs = max(1, ROWS // n_points)
    for i in range(n_samples - 1):
        for first in range(i + 1, n_samples, n_pairs):
            j = slice(first, min(first + n_pairs, n_samples))
            r2, constant = squared_correlations(lines(i, j))
            L[i, j] = L[j, i] = r2.mean(dim=1).cpu().numpy()
            n_constant += int(constant.sum())
            n_values += constant.numel()
    return Connectivity(L, n_constant, n_constant == n_values)


def squared_correlations(y: Tensor) -> tuple[Tensor, Tensor]:
    """Return r^2 between each output and the place on the line, and a mask of the constant outputs.

    y: outputs along lines (n_pairs, n_points, k). Both results are (n_pairs, k), and r^2 is float64.
    """
    low, high = y.amin(dim=1), y.amax(dim=1)  # several times as fast as torch.aminmax
    span, size = high - low, torch.maximum(low.abs(), high.abs())
    constant = span <= SPREAD * torch.finfo(y.dtype).eps * size
    exact = y.dtype != torch.float64  # then float64 holds the squares of y
    y = (y - y[:, :1]).double()  # exact for values near each other; little cancels in the squares
    y = y if exact else y / span.masked_fill(constant, 1)[:, None]  # no square overflows or vanishes
    n_points = y.shape[1]
    place = torch.linspace(-1, 1, n_points, dtype=y.dtype, device=y.device)
    covariance = torch.einsum("p,npk->nk", place, y)
    variance = y.square().sum(dim=1) - y.sum(dim=1).square() / n_points
    r2 = covariance.square() / (place.square().sum() * variance)
    return r2.clamp(max=1).masked_fill(constant, 1), constant


def number_of(found: Connectivity) -> float:
    """Return the linear mapping number that follows from L; NaN where it is undefined."""
    if found.constant or not np.isfinite(found.L).all():
        return np.nan
    p = np.abs(np.linalg.eigvalsh(found.L))
    p = p[p > 0] / p.sum()
    return float(np.exp(-(p * np.log(p)).sum()))

"""Local complexity: the number of neurons that change between active and inactive close to a sample.

The neighbourhood of a sample x is the convex hull of the 2 P points x +- r v_p, where v_1 ... v_P are
orthonormal. A neuron's boundary is where its pre-activation is 0. It counts as crossing the neighbourhood if
the neuron's pre-activations at the 2 P points do not all have the same sign. This is exact for a neuron that
is affine in x, such as those of the first hidden layer. The local complexity of a layer is the number of its
neurons whose boundary crosses the neighbourhood (Humayun, Balestriero & Baraniuk 2024, arXiv 2402.15555,
section 3). Logits have no boundary and are left out.

One random frame of directions, drawn by the seed, serves all samples and steps. A GELU has no boundary. For a
GELU the sign of the pre-activation is a proxy: where the pre-activation is large, the unit is nearly linear,
or nearly off.

A pre-activation that is not finite has no sign. Where a layer has one, its local complexity and that of the
layers after it are NaN.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from grokking_phases.arguments import check_counts, check_limits
from grokking_phases.data.module_hooks import evaluated, outputs, preactivations, rest_after
from grokking_phases.data.sums_of_points import SumReader, Weights, blocks_after
from grokking_phases.samples import take_points
from grokking_phases.threads import one_thread

# The metric reads the network of each step, not only the recorded activations.
NEEDS_NETWORK = True

# The lowest and the highest value of each option; None means unlimited.
LIMITS = {"radius": (1e-12, None), "n_directions": (1, None), "n_samples": (1, None), "seed": (0, None)}

INPUT = "input"  # the value of `points` that stands for no module
ROWS = 1024  # points that the network reads at a time: bounds memory

Read = Callable[[Tensor], dict[str, Tensor]]  # from points (n, d) to {layer: pre-activations (n, width)}
# From steps v (P, d) to a function from points x to {layer: pre-activations (n, 2 P, width) at x + v, x - v}.
Vertices = Callable[[Tensor], Read]


@one_thread
def compute(
    snapshots,
    *,
    points: str = "embedding",
    relative: bool | None = None,
    radius: float = 0.005,
    n_directions: int = 25,
    n_samples: int = 1024,
    seed: int = 0,
) -> Iterator[dict]:
    """Yield the mean local complexity of each activation module (`layer`) at each snapshot, as tidy rows.

    A row is {step, layer, metric, value}. `snapshots` yields snapshots with `step` and `network`, and has
    `inputs` and `test_inputs`.

    points     where the point x is read: the name of a module, whose output is flattened, or "input", the
               network's own input
    relative   whether `radius` is multiplied by the root mean square of the norm of the train points. By
               default it is where a point is a sequence of embeddings, because an absolute radius has no
               meaning there

    local_complexity_train, _test   mean over `n_samples` of the train and test samples (over all, where there
                                    are fewer); no `_test` without test samples
    local_complexity_random         mean over `n_samples` points from the normal distribution with the mean
                                    and covariance of the train points
    radius                          r
    n_undefined                     number of train, test and random points at which it is NaN; each makes its
                                    mean NaN

    There are at most as many directions as dimensions. Raise ValueError for an option beyond its limits, a
    network without activation modules, and for `points` that are no module, or one that a skip connection
    goes around.
    """
    check_limits(LIMITS, radius=radius)
    check_counts(LIMITS, n_directions=n_directions, n_samples=n_samples, seed=seed)
    rng = np.random.default_rng(seed)
    inputs = {
        split: torch.from_numpy(rows[np.sort(rng.permutation(len(rows))[:n_samples])])
        for split, rows in (("train", snapshots.inputs), ("test", snapshots.test_inputs))
        if len(rows)
    }
    mixtures = torch.from_numpy(rng.normal(size=(n_samples, len(snapshots.inputs))))
    options = {"relative": relative, "radius": radius, "n_directions": n_directions, "seed": seed}
    return _rows(snapshots, inputs, mixtures, points, options)


def _rows(
    snapshots, inputs: dict[str, Tensor], mixtures: Tensor, module: str, options: dict
) -> Iterator[dict]:
    everything = torch.from_numpy(snapshots.inputs)
    for snapshot in snapshots:
        network = snapshot.network
        check_points(network, module)
        train = points_of(network, module, everything)  # (n, d), or (n, n_positions, d_model)
        vertices = vertices_of(network, module, inputs["train"], train.shape[1:])
        points = {split: points_of(network, module, rows).flatten(1) for split, rows in inputs.items()}
        relative = train.ndim > 2 if options["relative"] is None else options["relative"]
        train = train.flatten(1)
        points["random"] = alike(train, mixtures)
        radius = options["radius"] * (train.square().sum(dim=1).mean().sqrt().item() if relative else 1.0)
        directions = frame(train.shape[1], min(options["n_directions"], train.shape[1]), options["seed"])
        found = {split: crossings(vertices, X, radius, directions) for split, X in points.items()}
        for layer in found["train"]:
            counts = {f"local_complexity_{split}": by_layer[layer] for split, by_layer in found.items()}
            values = {metric: each.mean() for metric, each in counts.items()} | {"radius": radius}
            values["n_undefined"] = sum(np.isnan(each).sum() for each in counts.values())
            for metric, value in values.items():
                yield {"step": snapshot.step, "layer": layer, "metric": metric, "value": float(value)}


def check_points(network: nn.Module, module: str) -> None:
    """Raise ValueError unless `points` names a module of the network, or its input."""
    known = [name for name, _ in network.named_modules() if name]
    if module not in (INPUT, *known):
        what = f"points: the network has no module {module!r}"
        raise ValueError(f"{what}; choose {INPUT!r}, or one that it has ({', '.join(known) or 'none'}).")


def points_of(network: nn.Module, module: str, inputs: Tensor) -> Tensor:
    """Return the points of samples: the module's outputs, or the inputs themselves as real numbers.

    Real numbers have the precision of the network's parameters.
    """
    if module != INPUT:
        return outputs(network, inputs, [module])[module]
    own = next(network.parameters(), None)
    return inputs.to(torch.float32 if own is None else own.dtype)


def function_of_points(network: nn.Module, module: str, inputs: Tensor, shape: torch.Size) -> Read:
    """Return the network's pre-activations as a function of flat points.

    shape: the shape of one point in the network.
    """
    if module == INPUT:
        return lambda X: preactivations(network, X.unflatten(1, shape))
    rest = rest_after(network, module, inputs)
    return lambda X: preactivations(network, X.unflatten(1, shape), rest, after=module)


def vertices_of(network: nn.Module, module: str, inputs: Tensor, shape: torch.Size) -> Vertices:
    """Return the pre-activations around points, by the faster way for a transformer.

    shape: the shape of one point in the network.
    """
    if blocks_after(network, module) is None:
        return around(function_of_points(network, module, inputs, shape))
    return partial(transformer_vertices, network, module, shape)


def around(read: Read) -> Vertices:
    """Return the pre-activations around points, for those at points."""

    def vertices(steps: Tensor) -> Read:
        offsets = torch.cat([steps, -steps])  # (2 P, d)
        return lambda X: {
            layer: values.view(len(X), len(offsets), -1)
            for layer, values in read((X[:, None] + offsets).flatten(0, 1)).items()
        }

    return vertices


def transformer_vertices(network: nn.Module, module: str, shape: torch.Size, steps: Tensor) -> Read:
    """Return the pre-activations around points of a transformer's residual stream, after `module`."""
    blocks = blocks_after(network, module)
    layers = [f"block_{network.n_blocks - len(blocks) + i + 1}.hidden" for i in range(len(blocks))]
    both = torch.tensor([1, -1], dtype=steps.dtype, device=steps.device)
    with evaluated(network):
        reader = SumReader(blocks)
        t = reader.points(steps.unflatten(1, shape))

    def read(X: Tensor) -> dict[str, Tensor]:
        with evaluated(network):
            sums = reader.attended(reader.points(X.unflatten(1, shape)), t, Weights(both.abs(), both))
            inputs = zip(layers, reader.hidden(sums), strict=False)  # the last output is not computed
            return {layer: values.unflatten(0, (len(X), -1)) for layer, values in inputs}

    return read


def alike(points: Tensor, mixtures: Tensor) -> Tensor:
    """Return n points from the normal distribution with the mean and covariance of `points` (m, d).

    `mixtures` (n, m) are standard normal numbers. Sums of the centred points with these weights have the
    covariance of the points, whatever its rank.
    """
    mean = points.mean(dim=0)
    spread = (points - mean).double() / (len(points) - 1) ** 0.5
    return mean + (mixtures.to(spread.device) @ spread).to(points.dtype)


def local_complexity(
    model: nn.Module, X: ArrayLike, *, radius: float, n_directions: int, seed: int
) -> dict[str, np.ndarray]:
    """Return {layer: (n_samples,) counts} of the neurons whose boundary crosses a sample's neighbourhood.

    The model reads points X (n_samples, d) in their precision, `radius` is in the unit of X, and layers are
    its activation modules; `on_networks` checks and prepares what users give. Counts are float64, and NaN
    where the network is not finite. Raise ValueError for an option beyond its limits, more directions than
    dimensions, no activation modules, or points that are no table of finite numbers.
    """
    check_limits(LIMITS, radius=radius)
    check_counts(LIMITS, n_directions=n_directions, seed=seed)
    X = take_points(X, next(model.parameters(), torch.empty(0)).dtype)
    if n_directions > X.shape[1]:
        raise ValueError(
            f"n_directions: {n_directions} is more than {X.shape[1]}, the dimension of X; choose fewer."
        )
    return crossings(around(partial(preactivations, model)), X, radius, frame(X.shape[1], n_directions, seed))


def crossings(vertices: Vertices, X: Tensor, radius: float, directions: Tensor) -> dict[str, np.ndarray]:
    """Return the counts of `local_complexity` at X (n_samples, d), with directions (P, d)."""
    read = vertices(radius * directions.to(X))
    counts: dict[str, list[np.ndarray]] = {}
    for part in X.split(max(1, ROWS // (2 * len(directions)))):
        defined = torch.ones(len(part), dtype=torch.bool, device=part.device)
        for layer, values in read(part).items():
            low, high = values.amin(dim=1), values.amax(dim=1)  # (n, width); NaN where a value is NaN
            defined = defined & (low.isfinite() & high.isfinite()).all(dim=1)  # (n,)
            crossed = ((high > 0) & (low <= 0)).sum(dim=1).double()
            counts.setdefault(layer, []).append(crossed.where(defined, torch.nan).cpu().numpy())
    return {layer: np.concatenate(parts) for layer, parts in counts.items()}


def frame(d: int, n_directions: int, seed: int) -> Tensor:
    """Return orthonormal directions (n_directions, d), float64, distributed uniformly."""
    drawn = np.random.default_rng(seed).normal(size=(d, n_directions))
    directions, triangle = np.linalg.qr(drawn)
    return torch.from_numpy((directions * np.sign(np.diagonal(triangle))).T.copy())

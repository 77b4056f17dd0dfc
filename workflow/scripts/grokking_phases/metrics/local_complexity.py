"""Local complexity: how many neurons change between active and inactive in a small neighbourhood of a sample.

Around x the neighbourhood is the convex hull of the 2 P points x +- r v_p, where v_1 ... v_P are orthonormal. A
neuron's boundary, where its pre-activation is 0, crosses it where the pre-activations at these points have not all the
same sign; of a neuron that is affine in x (the first hidden layer's), exactly there. The local complexity of a layer is
the number of its neurons for which that is so (Humayun, Balestriero & Baraniuk 2024, arXiv 2402.15555, section 3).
Logits have no boundary and are left out.

One random frame of directions, drawn by the seed, serves all samples and steps. A GELU has no boundary either: there
the sign of the pre-activation is a proxy, for where it is large the unit is nearly linear, or nearly off.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

# What it calls of the network at each step.
NETWORK = ("points", "preactivations")

# Options bounded from below, from above, or not.
LIMITS = {"radius": (1e-12, None), "n_directions": (1, None), "n_samples": (1, None), "seed": (0, None)}

ROWS = 2048  # points at a time: bounds memory


def compute(
    snapshots, *, radius: float = 0.005, n_directions: int = 25, n_samples: int = 1024, seed: int = 0
) -> Iterator[dict]:
    """Rows {step, layer, metric, value} for each snapshot and hidden layer: means over samples.

    `snapshots` yields snapshots (`step`, `network`) and has `inputs` and `test_inputs`. The network gives
    `points(inputs)`, (n, d), and `preactivations` of them, and says by `embeds` whether points are its own embeddings.

    local_complexity_train, _test   at `n_samples` of the train and test samples (all, where there are fewer)
    local_complexity_random         at as many points from the normal distribution with the train points' mean and
                                    covariance
    radius                          r; where points are embeddings, `radius` times the root mean square of the norm of
                                    the train points, for then only that relation has a meaning

    There are at most as many directions as dimensions.
    """
    rng = np.random.default_rng(seed)
    inputs = {
        split: torch.from_numpy(of[np.sort(rng.permutation(len(of))[:n_samples])])
        for split, of in (("train", snapshots.inputs), ("test", snapshots.test_inputs))
    }
    mixtures = torch.from_numpy(rng.normal(size=(n_samples, len(snapshots.inputs))))
    return _rows(snapshots, inputs, mixtures, {"radius": radius, "n_directions": n_directions, "seed": seed})


@torch.no_grad()
def _rows(snapshots, inputs: dict[str, Tensor], mixtures: Tensor, options: dict) -> Iterator[dict]:
    everything = torch.from_numpy(snapshots.inputs)
    for snapshot in snapshots:
        network = snapshot.network
        points = {split: network.points(of) for split, of in inputs.items()}
        train = network.points(everything)
        points["random"] = alike(train, mixtures)
        scale = train.square().sum(dim=1).mean().sqrt().item() if network.embeds else 1.0
        n_directions = min(options["n_directions"], train.shape[1])
        chosen = options | {"radius": options["radius"] * scale, "n_directions": n_directions}
        for split, of in points.items():
            for layer, counts in local_complexity(network, of, **chosen).items():
                named = {"step": snapshot.step, "layer": layer}
                yield {**named, "metric": f"local_complexity_{split}", "value": float(counts.mean())}
                if split == "train":
                    yield {**named, "metric": "radius", "value": chosen["radius"]}


def alike(points: Tensor, mixtures: Tensor) -> Tensor:
    """(n, d) points from the normal distribution with the mean and covariance of `points` (m, d).

    `mixtures` (n, m) are standard normal: sums of centred points, so weighted, have the covariance, whatever its rank.
    """
    mean = points.mean(dim=0)
    spread = (points - mean).double() / (len(points) - 1) ** 0.5
    return mean + (mixtures.to(spread.device) @ spread).to(points.dtype)


@torch.no_grad()
def local_complexity(
    model: nn.Module, X: Tensor, *, radius: float, n_directions: int, seed: int
) -> dict[str, np.ndarray]:
    """{layer: (n_samples,) counts}: neurons whose boundary crosses the neighbourhood of each sample X (n_samples, d).

    model   an nn.Sequential of Linear and ReLU, its hidden layers named as its Linear modules are; or a network that
            gives `preactivations(points)`, {layer: (n, width)}
    radius  in the unit of X

    ValueError: a radius that is not above 0, more directions than dimensions, a Sequential of other modules.
    """
    n_samples, d = X.shape
    if not radius > 0:
        raise ValueError(f"radius must be above 0, not {radius}.")
    if not 1 <= n_directions <= d:
        raise ValueError(f"n_directions must be from 1 to {d}, the dimension of X, not {n_directions}.")
    preactivations = hidden_of_sequential(model) if isinstance(model, nn.Sequential) else model.preactivations
    steps = radius * frame(d, n_directions, seed).to(X)
    offsets = torch.cat([steps, -steps])  # (2 P, d)
    counts: dict[str, list[np.ndarray]] = {}
    for part in X.split(max(1, ROWS // len(offsets))):
        vertices = (part[:, None] + offsets).flatten(0, 1)  # (n * 2 P, d)
        for layer, values in preactivations(vertices).items():
            positive = (values > 0).view(len(part), len(offsets), -1).sum(dim=1)  # (n, width)
            crossed = (positive > 0) & (positive < len(offsets))
            counts.setdefault(layer, []).append(crossed.sum(dim=1).cpu().numpy())
    return {layer: np.concatenate(parts) for layer, parts in counts.items()}


def frame(d: int, n_directions: int, seed: int) -> Tensor:
    """Orthonormal directions (n_directions, d), float64, uniformly distributed."""
    drawn = np.random.default_rng(seed).normal(size=(d, n_directions))
    directions, triangle = np.linalg.qr(drawn)
    return torch.from_numpy((directions * np.sign(np.diagonal(triangle))).T.copy())


def hidden_of_sequential(model: nn.Sequential):
    """The function that gives {layer: pre-activations (n, width)} at points (n, d): of each Linear before a ReLU."""
    modules = list(model.named_children())
    other = next((module for _, module in modules if not isinstance(module, nn.Linear | nn.ReLU)), None)
    if other is not None:
        raise ValueError(f"a Sequential must be of Linear and ReLU, and this one has a {type(other).__name__}.")

    def preactivations(points: Tensor) -> dict[str, Tensor]:
        found = {}
        for (name, module), (_, after) in zip(modules, modules[1:], strict=False):
            points = module(points)
            if isinstance(after, nn.ReLU):
                found[name] = points
        return found

    return preactivations

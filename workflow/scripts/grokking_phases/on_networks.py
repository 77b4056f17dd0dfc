"""Measures of a network that a user has at hand, at samples of any form: one call, one answer.

Samples take the precision and the device of the network. It is read in evaluation mode, and left as it was.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from grokking_phases.arguments import check_counts, type_of
from grokking_phases.data.module_hooks import chain
from grokking_phases.data.undisturbed import undisturbed
from grokking_phases.metrics import linear_mapping_number as of_lines
from grokking_phases.metrics import local_complexity as of_neighbourhoods
from grokking_phases.regions.partition import partition
from grokking_phases.regions.relu_chains import hidden_layers, square_of
from grokking_phases.samples import take_points
from grokking_phases.threads import one_thread

LIMITS = {"seed": (0, None)}
REMEDY = "give samples as the network reads them"


@one_thread
def linear_mapping_number(f: of_lines.Function, X: ArrayLike, *, n_points: int = 21) -> float:
    """Return the linear mapping number of f at the samples X (n_samples, d); NaN if f is constant.

    f maps (n, d) to (n, k); it may be a torch network. It is computed at X and at
    n_samples (n_samples - 1) / 2 * (n_points - 2) points between the samples. The measure is that of Liu,
    Zhong and Tegmark (arXiv 2310.05918, section 3), as `metrics.linear_mapping_number` defines it.

    Raise ValueError for fewer than two samples or three points, samples that are no table of finite numbers
    or that f cannot read, and another f.

    >>> import torch
    >>> from grokking_phases import linear_mapping_number
    >>> X = torch.linspace(-1, 1, 8)[:, None]
    >>> round(linear_mapping_number(torch.nn.Linear(1, 3), X), 3)  # an affine map
    1.0
    >>> linear_mapping_number(torch.square, X) > 1.5
    True
    """
    points = points_for(f, X)
    with undisturbed(f) if isinstance(f, nn.Module) else torch.no_grad():
        check_outputs(read(f, points[:2]))
        return of_lines.linear_mapping_number(f, points, n_points=n_points)


@one_thread
def local_complexity(
    model: nn.Module, X: ArrayLike, *, radius: float, n_directions: int, seed: int
) -> dict[str, np.ndarray]:
    """Return {layer: (n_samples,) counts} of the neurons whose boundary crosses a sample's neighbourhood.

    model   a network that reads points X (n_samples, d); its layers are its activation modules (nn.ReLU,
            nn.GELU, …), by name
    radius  in the unit of X

    The measure is that of Humayun, Balestriero and Baraniuk (arXiv 2402.15555), as
    `metrics.local_complexity` defines it. Counts are float64, and NaN where the network is not finite. Raise
    ValueError for an option beyond its limits, more directions than dimensions, no activation modules, points
    that are no table of finite numbers or that the network cannot read, and what is no network.

    >>> import torch
    >>> from grokking_phases import local_complexity
    >>> network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    >>> _ = network[0].weight.data.copy_(torch.eye(2)), network[0].bias.data.zero_()
    >>> local_complexity(network, [[0.0, 0.0], [5.0, 5.0]], radius=1.0, n_directions=2, seed=0)
    {'1': array([2., 0.])}
    """
    if not isinstance(model, nn.Module):
        raise ValueError(f"model is {type_of(model)}, and must be a torch.nn.Module; wrap a function in one.")
    points = points_for(model, X)
    with undisturbed(model):
        read(model, points[:2])
        return of_neighbourhoods.local_complexity(
            model, points, radius=radius, n_directions=n_directions, seed=seed
        )


@one_thread
def linear_regions(network: nn.Module, X: ArrayLike, *, seed: int = 0) -> dict[str, int]:
    """Return {layer: number of linear regions} into which a ReLU network divides a square, counted exactly.

    network: a torch network, an embedding and then Linear and ReLU in turn. A layer has the name of its ReLU;
    its count is that of all layers up to it.
    X: samples (n_samples, d) that the network reads; one with an embedding of tokens needs a tensor of whole
    numbers. If the first Linear reads two dimensions, the square encloses all samples. Otherwise it goes
    through three of them, drawn by the seed.

    Raise ValueError for another network, weights that are not finite, or samples on one line.

    >>> import torch
    >>> from grokking_phases import linear_regions
    >>> network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    >>> _ = network[0].weight.data.copy_(torch.eye(2)), network[0].bias.data.zero_()
    >>> linear_regions(network, [[-1, -1], [1, 1]])  # two lines that cross in the square
    {'1': 4}
    """
    check_counts(LIMITS, seed=seed)
    modules = chain(network)
    layers = hidden_layers(modules)
    tokens = isinstance(X, Tensor) and not X.is_floating_point()
    points = take_points(X) if tokens else points_for(network, X)
    n_read = next(iter(layers.values()))[0].shape[1]
    if n_read < 2:
        raise ValueError(
            "the first Linear reads one number, and regions are counted on a square; it needs two."
        )
    points = points.float() if points.dtype == torch.bfloat16 else points  # NumPy has no bfloat16
    try:
        with undisturbed(network):
            square = square_of(modules, points.cpu().numpy(), seed)
    except (RuntimeError, IndexError) as error:  # such as tokens that the embedding does not have
        what = f"the network cannot read X, {type_of(points)}: {str(error).splitlines()[0]}"
        raise ValueError(f"{what}; {REMEDY}.") from error
    if square.axes.shape[1] != n_read:
        what = f"X gives {square.axes.shape[1]} numbers for a sample, and the first Linear reads {n_read}"
        raise ValueError(f"{what}; {REMEDY}.")
    cut = partition(list(layers.values()), square)
    return {layer: len(regions) for layer, regions in zip(layers, cut.by_layer, strict=True)}


def points_for(network: Any, X: ArrayLike) -> Tensor:
    """Return samples (n_samples, d) in the precision and on the device of a network's parameters.

    Without parameters, single and double precision stay, and all else becomes torch's default precision.
    """
    own = next(network.parameters(), None) if isinstance(network, nn.Module) else None
    is_double = getattr(X, "dtype", None) == np.float64  # a tensor keeps its precision anyway
    points = take_points(X, own.dtype if own is not None else torch.float64 if is_double else None)
    if own is not None:
        return points.to(own)
    exact = points.dtype in (torch.float32, torch.float64)
    return points if exact else points.to(torch.get_default_dtype())


def read(network: Any, points: Tensor) -> Any:
    """Return what a network makes of some points; raise ValueError if it cannot read them."""
    try:
        return network(points)
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        what = f"the network cannot read X, {type_of(points)}: {str(error).splitlines()[0]}"
        raise ValueError(f"{what}; {REMEDY}.") from error


def check_outputs(found: Any) -> None:
    """Raise ValueError unless f returned a table (n, k) for two points."""
    if not isinstance(found, Tensor):
        what = f"f returns {type_of(found)}, and must return a tensor (n, k)"
        raise ValueError(f"{what}; take it out, as in lambda x: f(x)[0].")
    if found.ndim != 2:
        what = f"f returns {type_of(found)} for two samples, and must return (n, k)"
        raise ValueError(f"{what}; give it two axes, as in lambda x: f(x).reshape(len(x), -1).")

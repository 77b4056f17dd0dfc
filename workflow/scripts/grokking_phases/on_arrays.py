"""Measures of arrays and of networks that the metrics define for snapshots: one call, one answer."""

from collections.abc import Mapping
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from grokking_phases.arguments import check_counts, type_of
from grokking_phases.data.array_snapshots import ArraySnapshots
from grokking_phases.estimators._operands import Operands
from grokking_phases.metrics.mutual_information import find_estimator, measure_layer
from grokking_phases.samples import take_points, take_samples
from grokking_phases.threads import one_thread

LIMITS = {"seed": (0, None)}


@one_thread
def mutual_information(
    T: ArrayLike, labels: ArrayLike, estimator: str = "ksg", *, seed: int = 0, **options: Any
) -> float:
    """Return the mutual information in nats between samples T (n_samples, n_units) and their labels.

    estimator: binning, binning_per_neuron, gaussian_copula, kernel_density, ksg, linear_probe or renyi. Its
    file in `estimators/` defines it, and its function `prepare` has the options. Those that measure principal
    components (binning, gaussian_copula, ksg) use all of them, unless `n_components` says how many. Bins of
    more than two components hold one sample each, and so tell every label: compare with permuted labels.
    ksg and linear_probe, which are not biased so, can come out a little below 0.
    seed: of an estimator that draws (linear_probe, renyi).

    T without variance has 0. It is NaN where the estimator is undefined, such as if no two samples have the
    same label. Raise ValueError for an unknown estimator or option, and for input as `take_samples` does.

    >>> import numpy as np
    >>> from grokking_phases import mutual_information
    >>> labels = np.repeat(["even", "odd"], 100)
    >>> T = np.random.default_rng(0).normal(size=(200, 2)) + 8 * (labels == "odd")[:, None]
    >>> round(mutual_information(T, labels), 3)  # ln 2: the samples tell their labels
    0.693
    >>> mutual_information(T[:, :1], labels, estimator="kernel_density", noise=0.1) > 0.6
    True
    """
    check_counts(LIMITS, seed=seed)
    T, labels = take_samples(T, labels)
    taken = signature(find_estimator(estimator, options, seed)).parameters
    if (T[0] == T).all():
        return 0.0
    if "n_components" in taken:
        options = {"n_components": T.shape[1]} | options
    return float(information_plane(T, labels, estimator=estimator, seed=seed, **options)["information_y"][0])


@one_thread
def information_plane(
    snapshots: Mapping[int, Any] | ArrayLike,
    labels: ArrayLike,
    *,
    inputs: ArrayLike | None = None,
    estimator: str = "kernel_density",
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Return I(T;X) and I(T;Y) in nats at each step, for each layer: one row of the information plane each.

    snapshots: {step: samples (n_samples, n_units)}, {step: {layer: samples}}, or the samples of one step.
    labels: the class Y of each sample. inputs: (n_samples, n_operands); estimators that need a label
    (gaussian_copula, ksg, linear_probe) have I(T;X) about these, and NaN without them.
    estimator, seed, options: as in `metrics.mutual_information`.

    The columns are step, layer, information_x, information_y, their ceilings ceiling_x and ceiling_y, and
    what else the estimator gives. A layer that is constant or not finite has NaN. Raise ValueError for an
    unknown estimator or option, and for input as `take_samples` does.

    >>> import numpy as np
    >>> from grokking_phases import information_plane
    >>> labels, rng = np.arange(120) % 3, np.random.default_rng(0)
    >>> snapshots = {step: rng.normal(size=(120, 2)) + step * np.eye(3)[labels, :2] for step in (0, 10)}
    >>> plane = information_plane(snapshots, labels)
    >>> plane[["step", "layer", "information_y", "ceiling_y"]].round(1)
       step  layer  information_y  ceiling_y
    0     0  layer            0.2        1.1
    1    10  layer            1.1        1.1
    """
    check_counts(LIMITS, seed=seed)
    prepare = find_estimator(estimator, options, seed)
    given = snapshots if isinstance(snapshots, Mapping) else {0: snapshots}
    recorded = ArraySnapshots(given, labels, inputs)
    prepared = prepare(recorded)
    table = pd.DataFrame(
        {"step": snapshot.step, "layer": layer, **measure_layer(T, layer, prepared)}
        for snapshot in recorded
        for layer, T in snapshot.activations.items()
    )
    if inputs is None and isinstance(prepared, Operands):
        table = table.assign(information_x=np.nan, ceiling_x=np.nan)
    return table


@one_thread
def linear_regions(network: Any, X: ArrayLike, *, seed: int = 0) -> dict[str, int]:
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
    import torch  # takes seconds

    from grokking_phases.data.module_hooks import chain
    from grokking_phases.regions.partition import partition
    from grokking_phases.regions.relu_chains import hidden_layers, square_of

    check_counts(LIMITS, seed=seed)
    modules = chain(network)
    layers = hidden_layers(modules)
    points = take_points(X, next(network.parameters(), torch.empty(0)).dtype)
    n_read = next(iter(layers.values()))[0].shape[1]
    if n_read < 2:
        raise ValueError(
            "the first Linear reads one number, and regions are counted on a square; it needs two."
        )
    if n_read > 2 and len(points) < 3:
        raise ValueError(f"X has {len(points)} samples, and the square goes through three; give more.")
    remedy = "give samples as the network reads them"
    try:
        square = square_of(modules, points.cpu().numpy(), seed)
    except (RuntimeError, IndexError) as error:  # such as tokens that the embedding does not have
        what = f"the network cannot read X, {type_of(points)}: {str(error).splitlines()[0]}"
        raise ValueError(f"{what}; {remedy}.") from error
    if square.axes.shape[1] != n_read:
        what = f"X gives {square.axes.shape[1]} numbers for a sample, and the first Linear reads {n_read}"
        raise ValueError(f"{what}; {remedy}.")
    if square.side == 0:
        raise ValueError("X holds one point only, and a square needs samples around it; give others.")
    cut = partition(list(layers.values()), square)
    return {layer: len(regions) for layer, regions in zip(layers, cut.by_layer, strict=True)}

"""Measures of arrays that the metrics define for snapshots: one call, one answer."""

from collections.abc import Mapping
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from grokking_phases.arguments import check_counts
from grokking_phases.data.array_snapshots import ArraySnapshots
from grokking_phases.estimators._operands import Operands
from grokking_phases.metrics.mutual_information import find_estimator, measure_layer
from grokking_phases.samples import take_samples
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
    many components hold a sample or two each, and so tell every label, even of noise: compare with permuted
    labels. ksg and linear_probe can come out a little below 0.
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
    if "n_components" in taken:
        options = {"n_components": T.shape[1]} | options
    found = information_plane(T, labels, estimator=estimator, seed=seed, **options)["information_y"][0]
    return 0.0 if (T[0] == T).all() else float(found)


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
    what else the estimator gives. A layer that is not finite has NaN. So has a constant one, but
    for estimators whose scale is not its own (binning_per_neuron, binning over several steps, absolute
    noise), which give it 0. Raise ValueError for an unknown estimator or option, steps that are
    no whole numbers from 0, and for input as `take_samples` does.

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
    return table.astype({"n_constant": int, "n_undefined": int})

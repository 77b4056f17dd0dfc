"""Mutual information of a layer with the input, I(T;X), and with the label, I(T;Y), in nats.

X is the probe samples, all distinct and equally likely, so H(X) = ln N. The layer T is a deterministic
function of X. Where no two samples share an activation, the true I(T;X) is ln N at every step. What changes
then is only the estimator's own coarse graining of T. So `estimator` is a named option, and each value stands
beside its ceiling and its resolution. A value close to its ceiling says nothing about the layer.

Each estimator is a file of `estimators/` with the same name: kernel_density, binning, binning_per_neuron,
gaussian_copula, ksg, renyi, linear_probe. Three of them need a label (gaussian_copula, ksg, linear_probe).
These give I(T;X) as the sum of I(T;a) and I(T;b) over the operands a and b of the input.
"""

from collections.abc import Callable, Iterator
from functools import partial
from inspect import signature
from itertools import chain
from typing import Any

import numpy as np

from grokking_phases import plugins
from grokking_phases.arguments import check_counts
from grokking_phases.estimators._checked_snapshots import CheckedSnapshots
from grokking_phases.estimators._nulls import controls_of
from grokking_phases.threads import one_thread

PLUGINS = {"estimator": "estimators"}
LIMITS = {"seed": (0, None)}
CONTROLLED = ("information_x", "information_y")


@one_thread
def compute(
    snapshots, *, estimator: str = "kernel_density", controls: bool = False, seed: int = 0, **options: Any
) -> Iterator[dict]:
    """Yield rows {step, layer, metric, value} for each snapshot and layer, in nats.

    `snapshots` yields snapshots in ascending step, as often as it is iterated, and gives one of them by
    `snapshots[step]`. A snapshot has `step` and `activations` by layer, each (n_samples, width). `snapshots`
    also has `steps`, the samples' classes `targets` (n_samples,) and, for estimators that read them, the
    samples' operands `inputs` (n_samples, n_operands).

    estimator  the name of a file of `estimators/`; `options` are the options of its function `prepare`
    controls   whether to measure information_x and information_y also under two nulls (`_labels`, `_units`)
               and with all activations times three (`_tripled`), which changes nothing that the layer knows
    seed       the seed of the nulls, and of an estimator that draws

    information_x, information_y  the estimates. The estimator's file says which others stand beside them,
                                  such as bounds or the information about each operand
    ceiling_x, ceiling_y          the values that these two cannot exceed
    resolution                    how coarsely the estimator sees the layer; NaN where it has no such scale
    n_constant                    1 where a layer without variance leaves the estimator undefined (values
                                  NaN), else 0. Estimators that use components judge also by the last step, on
                                  which the components are fitted
    n_undefined                   number of estimates that are NaN for another reason: a layer that is not
                                  finite, no class with enough samples to measure within it (two, for ksg and
                                  linear_probe), or an estimate that is infinite
    share_cut                     gaussian_copula and ksg: the share of labels whose estimate was above their
                                  entropy, and was cut there
    n_collapsed                   gaussian_copula: number of classes whose samples are on a point, line or
                                  plane. Each makes the estimates about its label undefined

    A layer that is not finite gives NaN at that step. With components, a layer that is not finite at the last
    step gives NaN at all steps. Raise ValueError for an unusable option, before anything is computed.
    """
    check_counts(LIMITS, seed=seed)
    prepare = find_estimator(estimator, options, seed)
    snapshots = CheckedSnapshots(snapshots)
    check_targets(snapshots)
    rows = measure(snapshots, prepare(snapshots))
    return chain(rows, measure_controls(snapshots, prepare, seed)) if controls else rows


def find_estimator(name: str, options: dict[str, Any], seed: int) -> Callable[[Any], Any]:
    """Return the estimator's `prepare` with its options, and with the seed if it takes one.

    Raise ValueError for an unknown estimator or option.
    """
    known = plugins.names("estimators")
    if name not in known:
        raise ValueError(f"estimator must be one of {', '.join(known)}, not {name!r}.")
    prepare = plugins.module("estimators", name).prepare
    taken = [option for option in signature(prepare).parameters if option != "snapshots"]
    for option in options:
        if option not in taken:
            raise ValueError(
                f"{option} is not an option of the estimator {name}, which takes {', '.join(taken)}."
            )
    return partial(prepare, **options, **({"seed": seed} if "seed" in taken else {}))


def measure(snapshots, prepared: Any) -> Iterator[dict]:
    """Yield rows for each snapshot and layer, measured by an estimator that is prepared for this run."""
    for snapshot in snapshots:
        for layer, T in snapshot.activations.items():
            for metric, value in measure_layer(T, layer, prepared).items():
                yield {"step": snapshot.step, "layer": layer, "metric": metric, "value": float(value)}


def measure_layer(T: np.ndarray, layer: str, prepared: Any) -> dict[str, float]:
    """Return {metric: value} for the activations T (n_samples, width) of one layer at one step."""
    measured = prepared.measure(T, layer) if np.isfinite(T).all() else {}
    undefined = dict.fromkeys([*prepared.names, "resolution"], np.nan)
    ceilings = dict(zip(("ceiling_x", "ceiling_y"), prepared.ceilings(layer), strict=True))
    values = undefined | (measured or {}) | ceilings | {"n_constant": measured is None}
    values |= {name: np.nan for name in prepared.names if not np.isfinite(values[name])}
    n_undefined = measured is not None and sum(np.isnan(values[name]) for name in prepared.names)
    return values | {"n_undefined": n_undefined}


def measure_controls(snapshots, prepare: Callable[[Any], Any], seed: int) -> Iterator[dict]:
    """Yield rows of the estimates under each control. A control is measured like a run of its own."""
    for name, altered in controls_of(snapshots, seed).items():
        for row in measure(altered, prepare(altered)):
            if row["metric"] in CONTROLLED:
                yield row | {"metric": f"{row['metric']}_{name}"}


def check_targets(snapshots: CheckedSnapshots) -> None:
    """Raise ValueError unless there is one class for each sample of each layer of the last snapshot."""
    for layer, T in snapshots[snapshots.steps[-1]].activations.items():
        if len(T) != len(snapshots.targets):
            raise ValueError(
                f"targets must hold one class for each of the {len(T)} samples of layer {layer}, "
                f"not {len(snapshots.targets)} classes."
            )

"""Mutual information of a layer with the input, I(T;X), and with the label, I(T;Y), over training; in nats.

X is the probe samples, all distinct and equally likely, so H(X) = ln N. T is a deterministic function of X, and where
no two samples share an activation the true I(T;X) is ln N for ever: what moves is the estimator's own coarse graining
of T. So `estimator` is a named option, and each value stands beside its ceiling and its resolution. A value close to
its ceiling says nothing about the layer.

kde                 of the layer with Gaussian noise (`kernel_density`). Relative noise is s = c sqrt(mean_i |t_i - mean
                    t|^2): nothing changes when T is multiplied by a number. Absolute noise mistakes a layer that
                    shrinks for one that compresses.
binning             entropies of the layer's binned principal components (`binning`)
binning_per_neuron  the mean over units of that of each unit alone, without the components
gaussian_copula     of the principal components with the label, as Gaussian variables (`labelled`)
ksg                 the same from nearest neighbours (`labelled`)
renyi               from the spectrum of a kernel matrix, with the noise of kde as its width (`renyi`)
v_information       what a linear probe gains from the layer, on samples held out (`probes`)

gaussian_copula, ksg and v_information need a label, and take X for what it is made of, its operands: I(T;X) is drawn as
I(T;a) + I(T;b), which for independent operands is at most I(T;a,b).
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np

from grokking_phases.arguments import check_choice
from grokking_phases.estimators.binning import Edges, binned_entropy, fit_projections, ranges
from grokking_phases.estimators.kernel_density import kde_bounds, kde_information
from grokking_phases.estimators.labelled import gaussian, nearest
from grokking_phases.estimators.layer_information import (
    Binned,
    KernelDensity,
    Noise,
    NoiseScale,
    OfComponents,
    PerNeuron,
    Renyi,
    Usable,
)
from grokking_phases.estimators.nulls import altered_ways

__all__ = ["binned_entropy", "compute", "kde_bounds", "kde_information"]

Estimator = Literal["kde", "binning", "binning_per_neuron", "gaussian_copula", "ksg", "renyi", "v_information"]
CONTROLLED = ("information_x", "information_y")

# Options bounded from below, from above, or not.
LIMITS = {
    "noise": (1e-9, None),
    "bins": (2, None),
    "n_components": (1, None),
    "n_neighbours": (1, None),
    "alpha": (1e-3, None),
    "n_samples": (2, None),
    "seed": (0, None),
}


def compute(
    snapshots,
    *,
    estimator: Estimator = "kde",
    noise: float = 0.35,
    noise_scale: NoiseScale = "relative",
    bins: int = 30,
    bin_edges: Edges = "equal_width",
    n_components: int = 2,
    n_neighbours: int = 3,
    alpha: float = 1.01,
    n_samples: int = 1024,
    controls: bool = False,
    seed: int = 0,
) -> Iterator[dict]:
    """Rows {step, layer, metric, value} for each snapshot and layer; information and ceilings in nats.

    `snapshots` yields snapshots (`step`, `activations` by layer, each (n_samples, width)) in ascending step, as often
    as it is iterated, gives one by `snapshots[step]`, and has `steps`, the samples' classes `targets` (n_samples,) and,
    for estimators that read them, their operands `inputs` (n_samples, n_operands).

    kde, renyi: `noise` is c where `noise_scale` is relative, s in activation units where it is absolute; renyi is of
    order `alpha`, on `n_samples` of the samples, drawn by `seed`. binning, binning_per_neuron: `bins` of each component
    or unit; `bin_edges`: equal_width over the run, quantile of the layer at that step. binning, gaussian_copula, ksg:
    `n_components` principal components. ksg: `n_neighbours`. v_information: the `seed` of what is held out.
    `controls`: beside information_x and information_y the same under two nulls (`_labels`, `_units`) and with all
    activations times three (`_tripled`), which is no other layer.

    information_x, information_y  the estimates; kde: also information_{x,y}_lower and information_y_upper; of the
                                  estimators that read operands also information_operand_1, ...
    ceiling_x, ceiling_y          what these cannot exceed. X: kde, renyi ln n_samples; binning the same or ln of the
                                  number of cells, the lesser; binning_per_neuron ln bins; else sum of H(operand).
                                  Y: H(Y), of order alpha for renyi; at most ln bins for binning_per_neuron
    resolution                    kde, renyi: s; binning: width of the first component's bins; NaN elsewhere
    n_constant                    1 where a layer without variance leaves the estimator undefined (values NaN), else 0;
                                  with components, at the last step, where these come from
    n_undefined                   estimates that are NaN for another reason: no class with enough samples to be measured
                                  within (two, for ksg and v_information), or a layer that is not finite
    n_unconverged                 v_information: probes that did not converge

    A layer that is not finite gives NaN: at that step or, at the last step and with components, at all steps.
    ValueError, before anything is computed, for an unusable option.
    """
    for name, value, choices in (
        ("estimator", estimator, Estimator),
        ("noise_scale", noise_scale, NoiseScale),
        ("bin_edges", bin_edges, Edges),
    ):
        check_choice(name, value, choices)
    check_numbers(noise=noise, alpha=alpha)
    check_whole_numbers(bins=bins, n_components=n_components, n_neighbours=n_neighbours, n_samples=n_samples, seed=seed)
    if alpha == 1:
        raise ValueError("alpha must be other than 1, where the formula is 0/0, not 1; 1.01 is near it.")
    check_targets(snapshots)
    width = Noise(noise, noise_scale)
    makers: dict[str, Callable[[Any], Any]] = {
        "kde": lambda of: KernelDensity(of.targets, width),
        "binning": lambda of: Binned(of.targets, fit_projections(of, n_components), bins, bin_edges),
        "binning_per_neuron": lambda of: PerNeuron(of.targets, ranges(of), bins, bin_edges),
        "gaussian_copula": lambda of: OfComponents(of, n_components, gaussian),
        "ksg": lambda of: OfComponents(of, n_components, lambda T, labels: nearest(T, labels, n_neighbours)),
        "renyi": lambda of: Renyi.of(of.targets, n_samples, seed, width, alpha),
        "v_information": lambda of: Usable(of, seed),
    }
    return _with_controls(snapshots, makers[estimator], seed) if controls else _rows(snapshots, makers[estimator])


def _with_controls(snapshots, make: Callable[[Any], Any], seed: int) -> Iterator[dict]:
    yield from _rows(snapshots, make)
    for name, altered in altered_ways(snapshots, seed).items():
        for row in _rows(altered, make):
            if row["metric"] in CONTROLLED:
                yield row | {"metric": f"{row['metric']}_{name}"}


def _rows(snapshots, make: Callable[[Any], Any]) -> Iterator[dict]:
    """What an estimator says of each layer: a dict of values, {} where it is undefined, None where T is constant."""
    estimator = make(snapshots)
    for snapshot in snapshots:
        for layer, T in snapshot.activations.items():
            measured = estimator.measure(T, layer) if np.isfinite(T).all() else {}
            undefined = dict.fromkeys([*estimator.names, "resolution"], np.nan)
            ceilings = dict(zip(("ceiling_x", "ceiling_y"), estimator.ceilings(layer), strict=True))
            values = undefined | (measured or {}) | ceilings | {"n_constant": measured is None}
            values["n_undefined"] = measured is not None and sum(np.isnan(values[name]) for name in estimator.names)
            for metric, value in values.items():
                yield {"step": snapshot.step, "layer": layer, "metric": metric, "value": float(value)}


def check_numbers(**options: float) -> None:
    for name, value in options.items():
        if not isinstance(value, int | float | np.number) or not 0 < value < np.inf:
            raise ValueError(f"{name} must be a positive number, not {value!r}.")


def check_whole_numbers(**options: int) -> None:
    for name, value in options.items():
        if not isinstance(value, int | np.integer) or value < LIMITS[name][0]:
            raise ValueError(f"{name} must be a whole number of at least {LIMITS[name][0]}, not {value!r}.")


def check_targets(snapshots) -> None:
    for layer, T in snapshots[snapshots.steps[-1]].activations.items():
        if len(T) != len(snapshots.targets):
            raise ValueError(f"targets must hold one class per sample of {layer}, not {len(snapshots.targets)}.")

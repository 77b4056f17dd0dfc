"""Metrics of a single snapshot, while its activations are in memory.

A metric finds here what it finds in `Snapshots`, but for one step. So one that compares steps, or that fits
something on the last step, sees this step alone: its values can differ from those of the whole recording.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from grokking_phases import plugins
from grokking_phases.data.option_types import check_options, check_widths
from grokking_phases.data.snapshots import Snapshot
from grokking_phases.nearest_name import check_known
from grokking_phases.storage.tidy_rows import tidy


@dataclass(frozen=True)
class OneSnapshot:
    """Snapshots of one step, as a metric reads them (`snapshots.Snapshots`)."""

    step: int
    activations: dict[str, np.ndarray]
    network: nn.Module
    inputs: np.ndarray
    targets: np.ndarray
    test_inputs: np.ndarray

    @property
    def steps(self) -> list[int]:
        return [self.step]

    @property
    def layers(self) -> dict[str, int]:
        return {layer: values.shape[1] for layer, values in self.activations.items()}

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Snapshot]:
        yield self[self.step]

    def __getitem__(self, step: int) -> Snapshot:
        assert step == self.step
        activations = {layer: T.astype(np.float32, copy=False) for layer, T in self.activations.items()}
        return Snapshot(step, activations, self.network)


def measures_of(asked: list[str] | dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return {metric: options} of a list of names or a dict; raise ValueError for one that is unknown."""
    listed = not isinstance(asked, str) and isinstance(asked, Iterable)
    if not listed or not all(isinstance(name, str) for name in asked):
        raise ValueError(f"measure={asked!r} must be a list of metrics, or {{metric: options}}; give a list.")
    measures = dict(asked) if isinstance(asked, Mapping) else {name: {} for name in asked}
    for name, options in measures.items():
        check_known(name, plugins.names("metrics"), "measure", "there is no metric")
        if not isinstance(options, Mapping):
            what = f"measure has {options!r} as options of {name}"
            raise ValueError(f"{what}; give a dict {{option: value}}, such as {{}}.")
        plain = {
            key: value.item() if isinstance(value, np.generic) else value for key, value in options.items()
        }
        check_options(name, plain)
        measures[name] = plain
    return measures


def check_forward(measures: Iterable[str], forward: Any) -> None:
    """Raise ValueError for a metric that runs the network itself, if samples need `forward` to run it."""
    for name in measures if forward else ():
        if needs_network(name):
            what = f"measure: {name} runs the network itself, without forward="
            remedy = "give a module whose own forward takes X and returns the logits, and leave forward= out"
            raise ValueError(f"{what}; {remedy}.")


def needs_network(metric: str) -> bool:
    """Return whether a metric runs the network, and does not only read activations."""
    return getattr(plugins.module("metrics", metric), "NEEDS_NETWORK", False)


def measure_one(name: str, options: dict[str, Any], snapshot: OneSnapshot) -> list[dict[str, Any]]:
    """Return the metric's rows for a snapshot; a metric that runs the network is given a copy on the CPU.

    Raise ValueError for an option that is more than a layer of the snapshot has units.
    """
    check_widths(name, options, snapshot.layers)
    if needs_network(name):
        network = copy.deepcopy(snapshot.network).cpu()
        snapshot = OneSnapshot(**vars(snapshot) | {"network": network})
    rows = tidy(plugins.module("metrics", name).compute(snapshot, **options), f"metrics/{name}.py")
    return (
        rows.astype(object).where(rows.notna(), None).to_dict("records")
        if "units" in rows
        else rows.to_dict("records")
    )

"""A run's recorded snapshots, of which one step is read ahead: memory does not grow with their number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from grokking_phases.data.probe_file import read_probe
from grokking_phases.steps import nearest, steps_of
from grokking_phases.storage.ahead import ahead
from grokking_phases.storage.headers import content_of, header_of

Activations = dict[str, np.ndarray]
Steps = list[int] | dict[str, int] | None  # a rule that chooses steps, or None for all

SINGLE = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)  # float32 of each float16


@dataclass(frozen=True)
class Snapshot:
    """One step: {layer: activations (n_samples, width) float32}, and what else was asked for."""

    step: int
    activations: Activations
    network: Any = None  # the network itself, valid until the next snapshot
    scores: dict[str, dict] | None = None  # {layer: what is stored of its normal scores}, see `scores_file`


class Snapshots:
    """The snapshots of a run, with the examples that they were taken on; iterate as often as needed.

    steps    all recorded steps, ascending, or those nearest to the given rule (`steps.py`)
    layers   {name: width}: all recorded layers, or the given ones; `recompute(step)` gives the missing ones
    network  a function from a step to the network of that step, or None
    origin   what the header must state, such as run and seed
    header   the header of snapshots.parquet
    inputs   (n_samples, n_operands) int64, the train examples in the order in which the split drew them;
             `test_inputs` are those of the test set. Samples recorded elsewhere have any shape and type
    targets  (n_samples,) int64, the classes of the train examples; elsewhere perhaps real numbers

    Raises ValueError if the snapshots were taken on other examples.

    >>> import torch
    >>> from grokking_phases import Recorder, Snapshots, o_information
    >>> network = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
    >>> probe = torch.randn(50, 4), torch.arange(50) % 2
    >>> with Recorder(network, layers=["1"], probe=probe, steps=[0, 9], to="own/1") as recorder:
    ...     recorded = [recorder(step) for step in range(10)]
    >>> snapshots = Snapshots("own/1/snapshots.parquet", "own/1/dataset.parquet")
    >>> snapshots.steps, snapshots.layers
    ([0, 9], {'1': 3})
    >>> values = [o_information(snapshot.activations["1"]) for snapshot in snapshots]
    """

    def __init__(
        self,
        snapshots: str | Path,
        dataset: str | Path,
        *,
        steps: Steps = None,
        layers: dict[str, int] | None = None,
        recompute: Callable[[int], Activations] | None = None,
        network: Callable[[int], Any] | None = None,
        origin: dict[str, Any] | None = None,
    ) -> None:
        self.header = header_of(snapshots, **(origin or {}))
        if self.header["dataset"] != content_of(dataset):
            raise ValueError(f"{snapshots} was not taken on the train rows of {dataset}; train the run again")
        self._file, self._lock = pq.ParquetFile(snapshots), Lock()
        recorded: list[int] = self.header["steps"]
        self._row_groups = {step: i for i, step in enumerate(recorded)}
        self.steps = chosen(recorded, steps, ended_early(self.header)) if steps and recorded else recorded
        self.layers: dict[str, int] = layers or self.header["layers"]
        self._recorded = [layer for layer in self.layers if layer in self.header["layers"]]
        self.recompute, self.network = recompute, network
        examples = read_probe(dataset)
        self.inputs, self.targets = examples.inputs[examples.train], examples.targets[examples.train]
        self.test_inputs = examples.inputs[~examples.train]

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Snapshot]:
        """Yield the snapshots; another thread reads the next one meanwhile."""
        read = ((step, self._recorded_at(step)) for step in self.steps)
        return (self._snapshot(step, found) for step, found in ahead(read))

    def __getitem__(self, step: int) -> Snapshot:
        if step not in self._row_groups:
            raise KeyError(f"step {step!r} was not recorded; choose one of `steps`")
        return self._snapshot(step, self._recorded_at(step))

    def _recorded_at(self, step: int) -> Activations:
        """Return the recorded layers at a step, in their stored precision."""
        with self._lock:  # of the file, which one thread may read at a time
            table = self._file.read_row_group(self._row_groups[step], columns=self._recorded)
        return {
            layer: table[layer].combine_chunks().flatten().to_numpy().reshape(table.num_rows, -1)
            for layer in self._recorded
        }

    def _snapshot(self, step: int, found: Activations) -> Snapshot:
        if len(found) < len(self.layers):
            if self.recompute is None:
                missing, recorded = (", ".join(each) for each in (self.layers.keys() - found, found))
                raise ValueError(f"{missing} was not recorded; of the given layers {recorded or 'none'} was")
            found = found | self.recompute(step)
        activations = {layer: as_single(found[layer]) for layer in self.layers}
        return Snapshot(step, activations, self.network(step) if self.network else None)


def read_run(
    paths: dict[str, str], layers: dict[str, Any], origin: dict[str, Any], steps: Steps = None
) -> Snapshots:
    """Return the snapshots in the files of a run: {snapshots, dataset, weights}.

    layers  `widths`, {layer: width} of the layers to read. `recomputed`, those that the run does not record.
            `model`, the entry of the model, if networks are needed
    origin  what the headers must state, such as run and seed
    steps   a rule that chooses steps, or None for all
    """
    snapshots = Snapshots(
        paths["snapshots"], paths["dataset"], steps=steps, layers=layers["widths"], origin=origin
    )
    digest = snapshots.header["config_digest"]
    if "network" in layers:
        from grokking_phases.data.own_networks import OwnNetworks  # imports torch, which takes seconds

        snapshots.network = OwnNetworks(paths["weights"], layers["network"][0], digest)
    elif "model" in layers:
        from grokking_phases.data.networks import Networks  # imports torch, which takes seconds

        networks = Networks(paths["weights"], paths["dataset"], layers["model"], digest)
        snapshots.network, snapshots.recompute = networks, networks.recompute(layers["recomputed"])
    return snapshots


def ended_early(header: dict[str, Any]) -> bool:
    """Return whether a training diverged, so that rules may choose steps that it did not reach."""
    return "diverged_at" in header


def chosen(recorded: list[int], rule: Steps, ended_early: bool) -> list[int]:
    """Return the recorded steps that are nearest to those of a rule, ascending.

    Of a training that ended early these are the ones that it reached, and otherwise a rule that names a later
    step raises ValueError (`steps_of`).
    """
    last = recorded[-1]
    if ended_early and isinstance(rule, list):
        rule = [step for step in rule if step < last]
    try:
        wanted = steps_of(rule, last) if rule else [0, last]
    except ValueError:
        if not ended_early:
            raise
        wanted = [0, last]
    return nearest(recorded, wanted)


def as_single(values: np.ndarray) -> np.ndarray:
    """Return values as float32; for float16 by a table, twice as fast as numpy's conversion."""
    if values.dtype == np.float16:
        return SINGLE.take(np.ascontiguousarray(values).view(np.uint16))
    return values.astype(np.float32, copy=False)

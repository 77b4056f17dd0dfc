"""A run's recorded snapshots, read one step at a time: memory does not grow with their number."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from grokking_phases.examples import read_examples


@dataclass(frozen=True)
class Snapshot:
    """The network at one step: per recorded layer, activations (n_samples, width) float32."""

    step: int
    activations: dict[str, np.ndarray]


class Snapshots:
    """snapshots.parquet with the examples that it was taken on; iterate as often as needed.

    steps    ascending
    layers   {name: width}
    inputs   (n_samples, n_operands) int64, the probe samples
    targets  (n_samples,) int64, their classes
    """

    def __init__(self, snapshots: str | Path, dataset: str | Path) -> None:
        self._file = pq.ParquetFile(snapshots)
        self.metadata = json.loads(self._file.schema_arrow.metadata[b"grokking_phases"])
        self.steps: list[int] = self.metadata["steps"]
        self.layers: dict[str, int] = self.metadata["layers"]
        examples = read_examples(dataset)
        if self.steps and not np.array_equal(self._column(0, "sample"), np.flatnonzero(examples.train)):
            raise ValueError(f"{snapshots} was not taken on the train rows of {dataset}; train the run again")
        self.inputs, self.targets = examples.inputs[examples.train], examples.targets[examples.train]

    def _column(self, row_group: int, name: str) -> np.ndarray:
        return self._file.read_row_group(row_group, columns=[name])[name].to_numpy()

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Snapshot]:
        return (self[step] for step in self.steps)

    def __getitem__(self, step: int) -> Snapshot:
        table = self._file.read_row_group(self.steps.index(step), columns=list(self.layers))
        activations = {
            layer: table[layer].combine_chunks().flatten().to_numpy().reshape(-1, width).astype(np.float32, copy=False)
            for layer, width in self.layers.items()
        }
        return Snapshot(step, activations)

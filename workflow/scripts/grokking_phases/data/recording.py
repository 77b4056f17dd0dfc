"""Snapshots of a training: each a file at first, then merged into snapshots.parquet and weights.safetensors.

A snapshot holds all parameters, and the recorded layers' activations on the probe samples. The probe samples
are all train rows, in the order in which the split drew them. In snapshots.parquet a step is a row group, so
a reader needs one step in memory, or two if it reads ahead.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from grokking_phases.data.activations import activations
from grokking_phases.steps import steps_of
from grokking_phases.storage.ahead import ahead
from grokking_phases.storage.atomic_write import sync_files
from grokking_phases.storage.headers import check_seal, metadata, sealed
from grokking_phases.storage.tensors import stored_in, write_joined, write_part

PLACE = ("step", "sample")  # the columns of snapshots.parquet before those of the layers


@dataclass(frozen=True)
class Recording:
    """The layers and steps to record, the stored float type, and the folder of the snapshots' own files."""

    folder: Path
    layers: list[str]
    steps: list[int]
    dtype: str = "float32"
    _unsynced: list[Path] = field(default_factory=list, init=False, compare=False, repr=False)

    @classmethod
    def from_entry(cls, entry: dict | None, last: int, folder: Path) -> "Recording":
        """Return the recording of a run's `snapshots:`; without it, one of the first and last parameters."""
        if entry is None:
            return cls(folder, layers=[], steps=[0, last])
        return cls(folder, **entry | {"steps": steps_of(entry["steps"], last)})

    def __post_init__(self) -> None:
        for name in set(self.layers) & set(PLACE):
            what = f"a layer named {name} cannot be recorded, for a column of snapshots.parquet has this name"
            raise ValueError(f"{what}; rename the module.")

    def take(self, model: nn.Module, inputs: Tensor, step: int) -> None:
        """Write the snapshot of `step`, which `sync` syncs; `inputs` are the probe samples."""
        part = {f"parameter/{name}": value.cpu().numpy() for name, value in model.state_dict().items()}
        for layer, values in activations(model, inputs, self.layers).items():
            part[f"layer/{layer}"] = values.numpy()
        write_part(self._part(step), part, {"step": step})
        self._unsynced.append(self._part(step))

    def sync(self) -> None:
        """Sync the snapshots taken since the last call; a checkpoint may rely on them after that."""
        sync_files(path for path in self._unsynced if path.exists())
        self._unsynced.clear()

    def is_whole_until(self, step: int) -> bool:
        """Return whether every snapshot up to `step` exists undamaged, so that a run can resume there."""
        try:
            for taken in self.steps:
                if taken <= step:
                    check_seal(self._part(taken))
        except (FileNotFoundError, ValueError):
            return False
        return True

    def forget_after(self, step: int) -> None:
        """Remove the snapshots after `step`, which an interrupted run took since its last checkpoint."""
        for taken in self.taken():
            if taken > step:
                self._part(taken).unlink()

    def taken(self) -> list[int]:
        """Return the steps recorded so far; at the end these are all, unless the run ended early."""
        return [step for step in self.steps if self._part(step).exists()]

    def _part(self, step: int) -> Path:
        return self.folder / f"{step:09d}.safetensors"

    def _load(self, step: int) -> dict[str, np.ndarray]:
        check_seal(self._part(step))
        return {name: value.numpy() for name, value in load_file(self._part(step)).items()}

    def merge_activations(self, path: str | Path, samples: np.ndarray, header: dict[str, Any]) -> None:
        """Write snapshots.parquet, in which each step is a row group.

        The columns are step, sample (its number in the task), and a fixed-size list for each layer.
        """
        steps = self.taken() if self.layers else []
        first = self._load(steps[0]) if steps else {}
        widths = {layer: first[f"layer/{layer}"].shape[1] for layer in self.layers if first}
        header = {"layers": widths, "steps": steps, "split": "train", "torch": torch.__version__} | header
        schema = self._schema(widths, header)
        columns = (self._columns(step, schema, samples) for step in steps)
        with sealed(path) as temporary, pq.ParquetWriter(temporary, schema, **self._coding()) as writer:
            for each in ahead(columns):
                rows = pa.Table.from_arrays(each, schema=schema)
                writer.write_table(rows, row_group_size=len(samples))

    def _schema(self, widths: dict[str, int], header: dict[str, Any]) -> pa.Schema:
        present = pa.field("element", pa.from_numpy_dtype(self.dtype), nullable=False)  # no marks of nulls
        layers = [
            pa.field(layer, pa.list_(present, width), nullable=False) for layer, width in widths.items()
        ]
        place = [(name, pa.int64()) for name in PLACE]
        return pa.schema([*place, *layers], metadata=metadata(header))

    def _coding(self) -> dict[str, Any]:
        """Return how Parquet stores the columns; statistics of floats and small batches only cost time.

        Bytes of equal significance lie side by side: floats with no common digits share exponents.
        """
        floats = [f"{layer}.list.element" for layer in self.layers]
        coding = {"compression": "zstd", "use_dictionary": False, "use_byte_stream_split": floats}
        return coding | {"write_statistics": False, "write_batch_size": 2**20}

    def _columns(self, step: int, schema: pa.Schema, samples: np.ndarray) -> list[pa.Array]:
        """Return one step's rows as columns: step, sample, and one for each layer."""
        part, columns = self._load(step), [pa.array(np.full(len(samples), step)), pa.array(samples)]
        for layer in list(schema)[len(columns) :]:
            values = as_stored(part[f"layer/{layer.name}"], self.dtype, f"layer {layer.name} at step {step}")
            columns.append(pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), type=layer.type))
        return columns

    def merge_parameters(self, path: str | Path, header: dict[str, Any]) -> None:
        """Write weights.safetensors: the parameters of every recorded step, keyed step/parameter.

        One of them is in memory at a time.
        """
        stored = {}
        for step in self.taken():
            check_seal(self._part(step))
            parameters = (each for each in stored_in(self._part(step)) if each[0].startswith("parameter/"))
            stored |= {f"{step}/{key.removeprefix('parameter/')}": each for key, each in parameters}
        write_joined(path, dict(sorted(stored.items(), key=lambda item: (-item[1].width, item[0]))), header)


def as_stored(values: np.ndarray, dtype: str, name: str) -> np.ndarray:
    """Return the values (n_samples, width) as `dtype`.

    Raises ValueError if a value is not finite or exceeds what `dtype` holds, or a unit that varies becomes
    constant.
    """
    low, high = values.min(axis=0), values.max(axis=0)  # of each unit; NaN where it has a NaN
    with np.errstate(over="ignore"):
        # Rounding keeps the order, so these are the extremes of the stored values.
        lowest, highest = low.astype(dtype), high.astype(dtype)
    remedy = "set `dtype: float32` under the run's `snapshots:`"
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{name} has values that are not finite; a lower learning rate may keep them finite")
    if not np.isfinite([lowest, highest]).all():
        raise ValueError(f"{name} reaches {np.abs(values).max():.3g}, more than {dtype} holds; {remedy}")
    flattened = (lowest == highest) & (low < high)
    if flattened.any():
        raise ValueError(f"{name}: {flattened.sum()} units that vary are constant as {dtype}; {remedy}")
    return in_type(values, dtype)


def in_type(values: np.ndarray, dtype: str) -> np.ndarray:
    """Return values as `dtype`; float32 becomes float16 by torch, 50 times as fast as by numpy."""
    if dtype == "float16" and values.dtype == np.float32 and values.flags.writeable:
        return torch.from_numpy(values).half().numpy()
    return values.astype(dtype)

"""Snapshots as they are taken: each its own file, at the end merged into snapshots.parquet and weights.safetensors.

A snapshot is the recorded layers' activations on the probe samples, which are all train rows in dataset order, and all
parameters. In snapshots.parquet a step is a row group, so that a reader need hold one step at a time.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors.numpy import load_file, save
from torch import Tensor, nn

from grokking_phases.data.activations import activations
from grokking_phases.steps import steps_of
from grokking_phases.storage.headers import check_seal, metadata, sealed


@dataclass(frozen=True)
class Recording:
    """Which layers are recorded, at which steps, as which float type, and where the parts lie until they are merged."""

    folder: Path
    layers: list[str]
    steps: list[int]
    dtype: str = "float32"

    @classmethod
    def of(cls, entry: dict | None, last: int, folder: Path) -> "Recording":
        """From a run's `snapshots:`; without it, parameters at the first and last step alone."""
        if entry is None:
            return cls(folder, layers=[], steps=[0, last])
        return cls(folder, **entry | {"steps": steps_of(entry["steps"], last)})

    def take(self, model: nn.Module, inputs: Tensor, step: int) -> None:
        """Write the snapshot of `step`; `inputs` are the probe samples."""
        part = {f"parameter/{name}": value.cpu().numpy() for name, value in model.state_dict().items()}
        for layer, values in activations(model, inputs, self.layers).items():
            part[f"layer/{layer}"] = values.numpy()
        write_tensors(self._part(step), part, {"step": step})

    def whole_until(self, step: int) -> bool:
        """Whether every snapshot up to `step` lies there undamaged: only then a run can go on from there."""
        try:
            for taken in self.steps:
                if taken <= step:
                    check_seal(self._part(taken))
        except (FileNotFoundError, ValueError):
            return False
        return True

    def forget_after(self, step: int) -> None:
        """What an interrupted run recorded after the state that it goes on from."""
        for taken in self.taken():
            if taken > step:
                self._part(taken).unlink()

    def taken(self) -> list[int]:
        """The steps recorded: all of them, unless the run ended before its last step."""
        return [step for step in self.steps if self._part(step).exists()]

    def _part(self, step: int) -> Path:
        return self.folder / f"{step:09d}.safetensors"

    def _load(self, step: int) -> dict[str, np.ndarray]:
        check_seal(self._part(step))
        return load_file(self._part(step))

    def merge_activations(self, path: str | Path, samples: np.ndarray, header: dict[str, Any]) -> None:
        """snapshots.parquet: columns step, sample and one fixed-size list a layer; a row group a step."""
        steps = self.taken() if self.layers else []
        first = self._load(steps[0]) if steps else {}
        widths = {layer: first[f"layer/{layer}"].shape[1] for layer in self.layers if first}
        header = {"layers": widths, "steps": steps, "split": "train", "torch": torch.__version__} | header
        schema = pa.schema(
            [("step", pa.int64()), ("sample", pa.int64())]
            + [(layer, pa.list_(pa.from_numpy_dtype(self.dtype), width)) for layer, width in widths.items()],
            metadata=metadata(header),
        )
        # Bytes of equal significance side by side: floats that share no digits still share their exponents.
        floats = [f"{layer}.list.element" for layer in self.layers]
        coding = {"compression": "zstd", "use_dictionary": False, "use_byte_stream_split": floats}
        with sealed(path) as beside, pq.ParquetWriter(beside, schema, **coding) as writer:
            for step in steps:
                part = self._load(step)
                columns = [pa.array(np.full(len(samples), step)), pa.array(samples)]
                for layer, width in widths.items():
                    values = as_stored(part[f"layer/{layer}"], self.dtype, f"layer {layer} at step {step}")
                    columns.append(pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), width))
                writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=len(samples))

    def merge_parameters(self, path: str | Path, header: dict[str, Any]) -> None:
        """weights.safetensors: every recorded step's parameters, keyed step/parameter."""
        weights = {}
        for step in self.taken():
            part = self._load(step)
            weights |= {
                f"{step}/{key.removeprefix('parameter/')}": part[key] for key in part if key.startswith("parameter/")
            }
        write_tensors(path, weights, header)


def write_tensors(path: str | Path, tensors: dict[str, np.ndarray], header: dict[str, Any]) -> None:
    with sealed(path) as beside:
        beside.write_bytes(save(tensors, metadata(header)))


def as_stored(values: np.ndarray, dtype: str, what: str) -> np.ndarray:
    """The values (n_samples, width) as `dtype`; ValueError where that would lose what the run means."""
    low, high = values.min(axis=0), values.max(axis=0)  # of each unit; NaN where it has one
    with np.errstate(over="ignore"):
        lowest, highest = low.astype(dtype), high.astype(dtype)  # as stored, for rounding keeps order
    remedy = "set `dtype: float32` under the run's `snapshots:`"
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{what} has values that are not finite; a lower learning rate may keep them so")
    if not np.isfinite([lowest, highest]).all():
        raise ValueError(f"{what} reaches {np.abs(values).max():.3g}, more than {dtype} holds; {remedy}")
    flattened = (lowest == highest) & (low < high)
    if flattened.any():
        raise ValueError(f"{what}: {flattened.sum()} units that vary are constant as {dtype}; {remedy}")
    return values.astype(dtype)

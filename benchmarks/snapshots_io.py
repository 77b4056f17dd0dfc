"""Writing and reading the snapshots of a run: our files against what one would write in an afternoon.

A snapshot is the hidden layer's activations on the probe samples, from a pass through the network, stored as
float16, and all weights, in float32. Ours are taken one by one, each sealed by its SHA-256, and synced
together, as before a checkpoint. They are then merged into snapshots.parquet and weights.safetensors, which
are synced and sealed, too. A reader checks the seals. The peers write one file for each snapshot, by
torch.save or numpy.savez_compressed, neither synced nor checked. No floor is set: safety costs time, and this
benchmark says how much.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from pairs import Agreement, Pair
from safetensors.numpy import load_file

from grokking_phases.data.activations import activations
from grokking_phases.data.examples_file import write_examples
from grokking_phases.data.recording import Recording
from grokking_phases.data.snapshots import Snapshots
from grokking_phases.data.split import split
from grokking_phases.datasets import modular_addition
from grokking_phases.models import mlp
from grokking_phases.storage.headers import check_seal, content_of

P, LAYER, STEPS = 97, "hidden", range(0, 1000, 100)

Values = dict[str, np.ndarray]  # {layer or parameter: values}; a reader gives layers as float32

EXAMPLES = split(modular_addition.make(p=P), 0.4, 0)
INPUTS = torch.from_numpy(EXAMPLES.inputs[EXAMPLES.train])
NETWORK = mlp.build(n_tokens=P, n_classes=P)


class Ours:
    """Our files, written by `Recording` and read by `Snapshots`."""

    def __init__(self, folder: Path) -> None:
        names = "dataset.parquet", "snapshots.parquet", "weights.safetensors"
        self.parts, (self.dataset, *self.files) = folder / "parts", [folder / name for name in names]
        write_examples(self.dataset, EXAMPLES, {})

    def write(self) -> None:
        recording = Recording(self.parts, [LAYER], list(STEPS), "float16")
        for step in STEPS:
            recording.take(NETWORK, INPUTS, step)
        recording.sync()
        snapshots, weights = self.files
        header = {"dataset": content_of(self.dataset)}
        recording.merge_activations(snapshots, EXAMPLES.sample[EXAMPLES.train], header)
        recording.merge_parameters(weights, header)
        recording.forget_after(-1)

    def read(self) -> list[Values]:
        snapshots, weights = self.files
        check_seal(weights)
        parameters = load_file(weights)
        return [
            snapshot.activations
            | {name: parameters[f"{snapshot.step}/{name}"] for name in NETWORK.state_dict()}
            for snapshot in Snapshots(snapshots, self.dataset)
        ]


class Afternoon:
    """A peer's files, one for each snapshot; `save(path, values)` writes one, `load(path)` reads it."""

    def __init__(self, folder: Path, suffix: str, save: Callable, load: Callable) -> None:
        self.files = [folder / f"{step}.{suffix}" for step in STEPS]
        self.save, self.load = save, load

    def write(self) -> None:
        for file in self.files:
            values = {LAYER: activations(NETWORK, INPUTS, [LAYER])[LAYER].half()} | NETWORK.state_dict()
            self.save(file, {name: value.numpy() for name, value in values.items()})

    def read(self) -> list[Values]:
        return [
            {name: np.asarray(value, np.float32) for name, value in self.load(file).items()}
            for file in self.files
        ]


def torch_save(path: Path, values: Values) -> None:
    torch.save({name: torch.from_numpy(value) for name, value in values.items()}, path)


PEERS = {
    "torch.save": ("pt", torch_save, torch.load),
    "savez_compressed": ("npz", lambda path, values: np.savez_compressed(path, **values), np.load),
}


def pairs() -> Iterator[Pair]:
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(Path(folder))
        for name, how in PEERS.items():
            theirs = Afternoon(Path(folder), *how)
            ours.write(), theirs.write()
            note = f"no floor is set; {megabytes(ours.files)} on the disk, theirs {megabytes(theirs.files)}"
            work = f"{len(STEPS)} snapshots, {len(INPUTS)} x {NETWORK.readout.in_features} and weights"
            of_files = Agreement(lambda *_, theirs=theirs: largest(ours.read(), theirs.read()), 0, "values")
            yield Pair(f"write {work}", name, ours.write, theirs.write, of_files, note=note, repeats=5)
            yield Pair(
                f"read {work}", name, ours.read, theirs.read, Agreement(largest, 0, "values"), note=note
            )


def largest(ours: list[Values], theirs: list[Values]) -> float:
    """Return the largest difference between our values and theirs."""
    both = zip(ours, theirs, strict=True)
    return max(np.abs(a[name] - b[name]).max() for a, b in both for name in a.keys() | b.keys())


def megabytes(files: list[Path]) -> str:
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f} MB"

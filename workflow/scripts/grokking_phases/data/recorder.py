"""A recorder of any torch network, called in a training loop of the user's own.

    recorder = Recorder(network, layers=["1"], probe=(X, y), test=(X_test, y_test),
                        steps={"log": 120, "last": 5000}, to="own/digits/0")
    for step in range(5001):
        recorder(step)        # records if it is a step to record; costs next to nothing otherwise
        ...                   # the user's own training step
    recorder.close()

Each snapshot is a whole file before the call returns, so that memory does not grow with their number. `close`
merges the files into dataset.parquet, curves.parquet, snapshots.parquet and weights.safetensors, which the
measures and the workflow read. After a kill, the same calls go on from the last whole snapshot.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from grokking_phases.data.accuracies import check_accuracies
from grokking_phases.data.layer_rules import rules_of
from grokking_phases.data.network_reader import NetworkReader
from grokking_phases.data.one_snapshot import OneSnapshot, check_forward, measure_one, measures_of
from grokking_phases.data.own_recording import OUTPUTS, layers_in, merge
from grokking_phases.data.recorder_parts import Parts, digests_of
from grokking_phases.data.recorder_settings import (
    Settings,
    called_with,
    check_alike,
    due_steps,
    in_precision,
    samples_of,
    unwrapped,
)
from grokking_phases.data.saved_arrays import as_array
from grokking_phases.data.undisturbed import undisturbed
from grokking_phases.storage.digests import digest
from grokking_phases.storage.stamps import stated


class Recorder:
    """A recorder of a network's layers, losses and weights at some steps of a training.

    The network is left exactly as it was: mode, gradients, buffers, hooks and random state. A training with a
    recorder has the same bits as one without. Use it as a context manager, or call `close` at the end. Its
    options, of which layers, probe, steps and to are needed:

    layers      names of modules, as `network.named_modules()` gives them
    probe       (X, y), the samples on which layers are recorded; their loss and accuracy are the train ones
    test        (X, y) for test loss and accuracy; None: there are none
    steps       {"log": n, "last": n}, {"every": n, "last": n}, or a list; the first and last are always taken
    to          the folder of the recording
    position    for layers that give sequences: an index, "last", "mean" or "all" (positions and units joined)
    reduce      for layers that give channels and places: "mean", "max" or "all"
    select      for layers that give no tensor: an index, a key, or a function of the output. These three are
                for all layers, or a dict {layer: value}
    forward     forward(network, X) returns the logits, for networks that take more than X or return more
    loss        loss(logits, targets) is a number, a mean over samples; None: none is recorded
    accuracy    the same for the accuracy
    measure     metrics to compute on each snapshot, as a list of names or {name: options}. No activations are
                stored then
    dtype       the stored precision of activations
    weights     whether to store parameters and buffers, which some metrics need
    batch_size  samples that the network reads at a time
    overwrite   whether to delete what a recording has left in the folder

    Raise ValueError for an unusable option, and for what a call cannot record.

    >>> import torch
    >>> from grokking_phases import Recorder
    >>> network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> X, y = torch.randn(20, 4), torch.arange(20) % 2
    >>> optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    >>> with Recorder(network, layers=["1"], probe=(X, y), steps=[0, 5, 10], to="own/0") as recorder:
    ...     for step in range(11):
    ...         recorded = recorder(step)
    ...         optimizer.zero_grad()
    ...         torch.nn.functional.cross_entropy(network(X), y).backward()
    ...         optimizer.step()
    >>> sorted(path.name for path in recorder.folder.iterdir())[:3]
    ['curves.parquet', 'dataset.parquet', 'snapshots.parquet']
    """

    def __init__(self, network: nn.Module, **settings: Any) -> None:
        self.settings = asked = Settings.of(settings)
        network = unwrapped(network)
        options = {"position": asked.position, "reduce": asked.reduce, "select": asked.select}
        splits = {"train": samples_of(asked.probe, "probe")}
        if asked.test is not None:
            splits["test"] = samples_of(asked.test, "test")
            check_alike(splits["train"], splits["test"])
        self.reader = NetworkReader(network, rules_of(network, asked.layers, **options), splits, asked)
        self.measures = measures_of(asked.measure)
        check_forward(self.measures, asked.forward)
        self.steps = due_steps(asked.steps)
        self.folder = Path(asked.to)
        layers = [] if self.measures else asked.layers
        self.parts = Parts(self.folder / "parts", layers, self.steps, asked.dtype)
        self._due, self._last, self._widths = frozenset(self.steps), -1, {}
        self._identity = self._digest()
        self._earlier: list[int] = []  # steps that an earlier process recorded
        self._begin()

    def __call__(self, step: int, **values: float) -> bool:
        """Record the network if `step` is one to record; return whether it is.

        `values` are numbers of the user's own for the curves, such as train_loss. One that has the name of a
        computed one replaces it.
        """
        step, values = called_with(step, values)
        if step not in self._due or step == self._last:
            return False
        if step < self._last:
            what = f"step {step} comes after step {self._last}"
            raise ValueError(f"{what}; call a recorder in ascending steps, and make one for each training.")
        with undisturbed(self.reader.network):
            self._record(step, values)
        self._last = step
        return True

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, kind: type | None, *_: Any) -> None:
        if kind is None:
            self.close()

    def close(self) -> Path:
        """Merge the snapshots taken into the recording's files; return its folder.

        Raise ValueError if none was taken.
        """
        if not self.parts.folder.exists() and (self.folder / OUTPUTS[-1]).exists():
            return self.folder  # it was closed before
        if not self.parts.taken():
            what = f"nothing was recorded in {self.folder}: no call named one of its {len(self.steps)} steps"
            raise ValueError(f"{what}, {self.steps[0]} to {self.steps[-1]}; call recorder(step) in the loop.")
        merge(self.parts, self.folder, self._arrays(), self._said())
        self._due = frozenset()
        return self.folder

    def _begin(self) -> None:
        """Check what an earlier recording left in the folder, and delete it if asked to."""
        finished = [self.folder / name for name in OUTPUTS if (self.folder / name).exists()]
        if self.settings.overwrite:
            self.parts.clear()
            old = {stated(path).get("training") for path in finished} - {None}
            measured = (self.folder / "metrics").glob("*.parquet")
            for path in [path for path in measured if stated(path).get("training") in old] + finished:
                path.unlink()  # the recording itself last, since it says which tables are its own
        elif finished and not self.parts.folder.exists():
            what = f"{self.folder} holds a finished recording"
            raise ValueError(f"{what}; give another folder as to=, or overwrite=True to record it again.")
        for step in self.parts.taken():
            if not self.parts.is_whole(step):
                return self.parts.forget_after(step - 1)
            self._earlier.append(step)
            if self.parts.header(step)["identity"] != self._identity:
                what = f"{self.folder} holds snapshots of other layers, samples or options"
                raise ValueError(f"{what}; give another folder as to=, or overwrite=True to delete them.")
            self._widths = self.parts.header(step)["layers"]
        return None

    def _digest(self) -> str:
        """Return a digest of what must be the same in all snapshots of a recording."""
        layers = [[rule.layer, rule.said()] for rule in self.reader.rules]
        samples = [digests_of(dict(zip("Xy", pair, strict=True))) for pair in self._arrays().values()]
        return digest([layers, samples, self.measures, self.settings.dtype, self.settings.weights])

    def _arrays(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return the inputs and targets of each split."""
        return {split: tuple(map(as_array, pair)) for split, pair in self.reader.samples.items()}

    def _record(self, step: int, values: dict[str, float]) -> None:
        tables, curves = self.reader.read()
        curves |= values
        check_accuracies(curves, step, "the recording")
        layers = self._checked(step, tables)
        found = digests_of(layers)
        if self._is_taken(step, found):
            return
        rows = self._measured(step, layers) if self.measures else {}
        header = {"identity": self._identity, "layers": self._widths, "tensors": found, "measured": rows}
        kept = {} if self.measures else layers
        network = self.reader.network if self.settings.weights else None
        self.parts.write(step, kept, header | {"curves": curves}, network)

    def _is_taken(self, step: int, found: dict[str, str]) -> bool:
        """Return whether an earlier process took this very snapshot, so that it need not be taken again.

        A training that goes on from a checkpoint may differ from the earlier one in its last bits. The
        earlier snapshots from this step on are then replaced.
        """
        taken = [each for each in self._earlier if each >= step]
        if not taken:
            return False
        if taken[0] == step and layers_in(self.parts.header(step)) == found:
            return True
        if step == self.steps[0]:
            what = f"{self.folder} holds snapshots of another training: its activations at step {step} differ"
            raise ValueError(f"{what}; give another folder as to=, or overwrite=True to delete them.")
        self.parts.forget_after(step - 1)
        self._earlier = []
        return False

    def _checked(self, step: int, tables: dict[str, Tensor]) -> dict[str, np.ndarray]:
        """Return the tables in the stored precision; raise ValueError for NaN or a changed width."""
        stored = {}
        for layer, values in tables.items():
            width = self._widths.setdefault(layer, values.shape[1])
            if values.shape[1] != width:
                what = f"layer {layer} has {values.shape[1]} units at step {step}, and had {width} before"
                raise ValueError(f"{what}; choose by position= or reduce= a width that stays.")
            if not values.numel():
                raise ValueError(f"layer {layer} has no units at step {step}; name another layer.")
            if not torch.stack(values.aminmax()).isfinite().all():  # NaN goes into both
                what = f"layer {layer} has values that are not finite at step {step}"
                raise ValueError(f"{what}; close() keeps the snapshots before it.")
            stored[layer] = in_precision(values.numpy(), self.settings.dtype, f"layer {layer} at step {step}")
        return stored

    def _measured(self, step: int, layers: dict[str, np.ndarray]) -> dict[str, list[dict]]:
        arrays = self._arrays()
        inputs, targets = arrays["train"]
        test_inputs = arrays["test"][0] if "test" in arrays else inputs[:0]
        snapshot = OneSnapshot(step, layers, self.reader.network, inputs, targets, test_inputs)
        return {name: measure_one(name, options, snapshot) for name, options in self.measures.items()}

    def _said(self) -> dict[str, Any]:
        """Return what the headers say about the recording."""
        network, scores = (
            self.reader.network,
            {"loss": self.settings.loss, "accuracy": self.settings.accuracy},
        )
        return {
            "by": "Recorder",
            "network": type(network).__name__,
            "n_parameters": sum(value.numel() for value in network.parameters()),
            "rules": {rule.layer: rule.said() for rule in self.reader.rules},
            "measures": self.measures,
            **{name: getattr(score, "__name__", "a function") for name, score in scores.items() if score},
        }

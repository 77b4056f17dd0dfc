"""One run of one seed, from its entry in the config to its curves and snapshots, whatever interrupts it."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from grokking_phases.data.recording import Recording
from grokking_phases.examples import Examples
from grokking_phases.plugins import module, options_in
from grokking_phases.recipe import Recipe
from grokking_phases.steps import steps_of
from grokking_phases.training.checkpoints import Checkpoints
from grokking_phases.training.trainer import Trainer

Report = Callable[[int, dict[str, float]], None]


class Run:
    """A trainer, its curves so far (a dict of values for each evaluated step), and its recording.

    `entry` has the blocks `model`, `training` and, unless the run records curves alone, `snapshots`; with the block
    `subnetwork` (units, mask) that part of the network is trained. Parts of the recording lie in `folder` until they
    are merged.
    """

    def __init__(self, examples: Examples, entry: dict, seed: int, device: str, folder: Path) -> None:
        sizes = {"n_tokens": examples.n_tokens, "n_classes": examples.n_classes}
        source = module("models", entry["model"]["module"])

        def build() -> nn.Module:
            network = source.build(**sizes, **options_in("models", entry["model"]))
            return source.subnetwork(network, **entry["subnetwork"]) if "subnetwork" in entry else network

        recipe = Recipe(**entry["training"])
        self.trainer = Trainer(build, examples, recipe, seed, device)
        self.samples = np.flatnonzero(examples.train)
        self.recording = Recording.of(entry.get("snapshots"), recipe.steps, folder)
        self.evaluated_at = {*steps_of(recipe.evaluate, recipe.steps), *self.recording.steps}
        self.curves: list[dict[str, float]] = []
        self.made_with: list[dict] = []

    def resume(self, states: Iterable[dict], made_with: dict) -> None:
        """Go on from the first of these states that has all its snapshots, if one has.

        What the run was made with before, and what it is from now on, is noted.
        """
        state = next((state for state in states if self.recording.whole_until(last_finite(state["curves"]))), None)
        if state is not None:
            self.curves, self.made_with = state.pop("curves"), state.pop("made_with")
            self.trainer.load(state)
        self.recording.forget_after(self.trainer.step if state else -1)
        if made_with not in self.made_with:
            self.made_with.append(made_with)

    def finish(self, checkpoints: Checkpoints, seconds: float, report: Report, asked: Sequence[str] = ()) -> None:
        """Train to the last step, or to the first loss that is not finite; save the state every so many seconds.

        Once `asked` has a signal's name in it, save and return.
        """
        saved = time.monotonic()
        if not self.curves:
            self._observe()
        while not self.finished:
            self.trainer.advance()
            self._observe()
            report(self.trainer.step, self.curves[-1])
            if self.finished or asked or time.monotonic() - saved > seconds:
                checkpoints.save({"curves": self.curves, "made_with": self.made_with, **self.trainer.state()})
                saved = time.monotonic()
            if asked:
                return

    def _observe(self) -> None:
        step = self.trainer.step
        if step in self.evaluated_at:
            self.curves.append({"step": step, **self.trainer.evaluate()})
        if step in self.recording.steps and not self.diverged:
            self.recording.take(self.trainer.model, self.trainer.data["train"][0], step)

    @property
    def finished(self) -> bool:
        return self.trainer.step == self.trainer.recipe.steps or self.diverged

    @property
    def diverged(self) -> bool:
        """A loss that is not finite ends the run: a result, recorded as such."""
        return not math.isfinite(self.curves[-1]["train_loss"])

    def history(self) -> dict:
        """What decided the bits, and where the run diverged, if it did."""
        return {"made_with": self.made_with} | ({"diverged_at": self.curves[-1]["step"]} if self.diverged else {})

    def curves_table(self) -> pd.DataFrame:
        """Tidy: step, layer (none), metric, value."""
        tidy = pd.DataFrame(self.curves).melt(id_vars="step", var_name="metric")
        return tidy.assign(layer=None)

    def write_snapshots(self, snapshots: str | Path, weights: str | Path, header: dict) -> None:
        self.recording.merge_activations(snapshots, self.samples, header)
        self.recording.merge_parameters(weights, header)


def last_finite(curves: list[dict[str, float]]) -> int:
    """The last step at which a snapshot may have been taken: none is once the run has diverged. -1: there is none."""
    return max((row["step"] for row in curves if math.isfinite(row["train_loss"])), default=-1)


def training_identity(entry: dict) -> dict:
    """What a run's saved state depends on: all of its entry but the type that snapshots are stored as in the end."""
    snapshots = {key: value for key, value in entry.get("snapshots", {}).items() if key != "dtype"}
    return entry | {"snapshots": snapshots}

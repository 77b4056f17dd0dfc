"""One run with one seed, from its config entry to its curves and snapshots; it resumes from checkpoints."""

import hashlib
import math
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pandas as pd

from grokking_phases.data.module_hooks import check_submodules
from grokking_phases.data.recording import Recording
from grokking_phases.examples import Examples
from grokking_phases.recipe import Recipe
from grokking_phases.steps import steps_of
from grokking_phases.storage.digests import digest
from grokking_phases.training.architecture import architecture_of
from grokking_phases.training.checkpoints import Checkpoints
from grokking_phases.training.contracts import check_contracts
from grokking_phases.training.trainer import Trainer

Report = Callable[[int, dict[str, float]], None]


class Run:
    """A trainer, its curves so far (a dict of values for each evaluated step), and its recording.

    `entry` has the blocks `model`, `training` and, unless the run records only curves, `snapshots`. With a
    block `subnetwork` (units, mask), only that part of the network is trained. The recording keeps its parts
    in `folder` until they are merged.
    """

    def __init__(self, examples: Examples, entry: dict, seed: int, device: str, folder: Path) -> None:
        recipe = Recipe(**entry["training"])
        self.trainer = Trainer(architecture_of(entry, examples), examples, recipe, seed, device)
        self.samples = examples.sample[examples.train]
        self.recording = Recording.from_entry(entry.get("snapshots"), recipe.steps, folder)
        model = f"models/{entry['model']['module']}.py"
        check_submodules(self.trainer.model, self.recording.layers, model)
        check_contracts(self.trainer, model, examples.n_classes)
        self.evaluated_at = {*steps_of(recipe.evaluate, recipe.steps), *self.recording.steps}
        self.curves: list[dict[str, float]] = []
        self.made_with: list[dict] = []

    def resume(self, checkpoints: Iterable[dict], made_with: dict) -> None:
        """Load the first checkpoint whose snapshots are all there, if there is one, and note `made_with`."""
        usable = (each for each in checkpoints if self.recording.is_whole_until(last_finite(each["curves"])))
        checkpoint = next(usable, None)
        if checkpoint is not None:
            self.curves, self.made_with = checkpoint.pop("curves"), checkpoint.pop("made_with")
            self.trainer.load(checkpoint)
        self.recording.forget_after(self.trainer.step if checkpoint else -1)
        if made_with not in self.made_with:
            self.made_with.append(made_with)

    def train(
        self, checkpoints: Checkpoints, seconds: float, report: Report, asked: Sequence[str] = ()
    ) -> None:
        """Train to the last step, or to the first loss that is not finite; save a checkpoint every `seconds`.

        Once `asked` contains a signal's name, save a checkpoint and return.
        """
        saved = time.monotonic()
        if not self.curves:
            self._evaluate_and_record()
        while not self.finished:
            self.trainer.take_step()
            self._evaluate_and_record()
            report(self.trainer.step, self.curves[-1])
            if self.finished or asked or time.monotonic() - saved > seconds:
                self.recording.sync()
                checkpoints.save(self.checkpoint())
                saved = time.monotonic()
            if asked:
                return

    def _evaluate_and_record(self) -> None:
        """Add a row to the curves and take a snapshot, where either is due at this step."""
        step = self.trainer.step
        if step in self.evaluated_at:
            self.curves.append({"step": step, **self.trainer.evaluate()})
        if step in self.recording.steps and not self.diverged:
            self.recording.take(self.trainer.model, self.trainer.data["train"][0], step)

    def checkpoint(self) -> dict:
        """Return everything that the rest of the run depends on, except the snapshots taken."""
        return {"curves": self.curves, "made_with": self.made_with, **self.trainer.state()}

    @property
    def finished(self) -> bool:
        return self.trainer.step == self.trainer.recipe.steps or self.diverged

    @property
    def diverged(self) -> bool:
        """Return whether the last loss is not finite; this ends the run and is recorded as its result."""
        return not math.isfinite(self.curves[-1]["train_loss"])

    def history(self) -> dict:
        """Return what decided the exact bits, a digest of the training, and the step of any divergence."""
        parameters = [value.cpu().numpy() for value in self.trainer.model.state_dict().values()]
        training = digest(
            [self.curves, *(hashlib.sha256(value.tobytes()).hexdigest() for value in parameters)]
        )
        said = {"made_with": self.made_with, "training": training}
        return said | ({"diverged_at": self.curves[-1]["step"]} if self.diverged else {})

    def curves_table(self) -> pd.DataFrame:
        """Return the curves as a tidy table: step, layer (none), metric, value."""
        tidy = pd.DataFrame(self.curves).melt(id_vars="step", var_name="metric")
        return tidy.assign(layer=None)

    def write_snapshots(self, snapshots: str | Path, weights: str | Path, header: dict) -> None:
        """Merge the snapshots taken into the files `snapshots` and `weights`."""
        self.recording.merge_activations(snapshots, self.samples, header)
        self.recording.merge_parameters(weights, header)


def last_finite(curves: list[dict[str, float]]) -> int:
    """Return the last step with a finite loss, or -1; a snapshot is taken only where the loss is finite."""
    return max((row["step"] for row in curves if math.isfinite(row["train_loss"])), default=-1)


def training_identity(entry: dict) -> dict:
    """Return what checkpoints depend on: a run's entry, without the type of the stored snapshots."""
    snapshots = {key: value for key, value in entry.get("snapshots", {}).items() if key != "dtype"}
    return entry | {"snapshots": snapshots}

"""The cost of checkpoints and snapshots, as a share of the time of training.

There is a line for one network of each kind in config.yaml. It gives the seconds that one checkpoint takes
(written, synced, renamed), as a share of the seconds between two. It also gives the seconds that all
snapshots take, as a share of the whole training at the speed of the steps measured here.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from pairs import seconds

from grokking_phases.data.split import split
from grokking_phases.plugins import module, options_in
from grokking_phases.training.checkpoints import Checkpoints
from grokking_phases.training.run import Run
from study.resolve import resolve

RUNS = ("addition_wd2", "division96", "s5")
REPEATS, STEPS = 7, 20


def lines() -> Iterator[str]:
    config = resolve(yaml.safe_load((Path(__file__).parents[1] / "config.yaml").read_text(encoding="utf-8")))
    for name in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            yield cost(name, config["runs"][name], config["checkpoint_seconds"], Path(folder))


def cost(name: str, entry: dict, between: float, folder: Path) -> str:
    """Return the line about one run; `between` is the number of seconds between two checkpoints."""
    dataset = entry["dataset"]
    examples = split(module("datasets", dataset["module"]).make(**options_in("datasets", dataset)), 0.4, 0)
    training = {key: entry[key] for key in ("model", "training", "snapshots")}
    run = Run(examples, training, 0, "cpu", folder / "parts")
    checkpoints = Checkpoints(folder, "checkpoint")
    run.curves = [{"step": 0, **run.trainer.evaluate()}] * len(run.evaluated_at)
    step = median_seconds(run.trainer.take_step, STEPS)
    checkpoint = median_seconds(lambda: checkpoints.save(run.checkpoint()))
    inputs = run.trainer.data["train"][0]
    snapshot = median_seconds(
        lambda: (run.recording.take(run.trainer.model, inputs, 0), run.recording.sync())
    )
    of_training = snapshot * len(run.recording.steps) / (step * run.trainer.recipe.steps)
    parts = [
        f"{name}: a step {step * 1e3:.1f} ms",
        f"a checkpoint {checkpoint * 1e3:.1f} ms, {checkpoint / between:.3%} of {between} s",
    ]
    parts.append(
        f"a snapshot {snapshot * 1e3:.1f} ms, "
        f"all {len(run.recording.steps)} are {of_training:.2%} of training"
    )
    return "; ".join(parts)


def median_seconds(call: Callable[[], object], repeats: int = REPEATS) -> float:
    call()
    return statistics.median(seconds(call) for _ in range(repeats))

"""Say how long a study will take on this machine, and how much it will write; `make paper` begins with it.

Each kind of run, which is its data set, network and batch, is trained for its first 200 steps and evaluated
once; each of its metrics is measured on one snapshot. The rest is multiplication; a sub-network trained alone
costs as much as its run. What is finished already is not counted, and neither are tables and figures, which
take minutes. If the machine has other work meanwhile, the forecast says so, and how long an idle one would
take.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from snakemake.exceptions import WorkflowError

from grokking_phases.data.examples_file import write_examples
from grokking_phases.data.snapshots import read_run
from grokking_phases.data.split import split
from grokking_phases.examples import Examples
from grokking_phases.jobs.devices import on_device
from grokking_phases.plugins import module, options_in
from grokking_phases.steps import nearest, steps_of
from grokking_phases.storage.headers import content_of
from grokking_phases.training.run import Run
from study import params
from study.check_runs import made
from study.config_files import read_together
from study.errors import StudyError
from study.resolve import resolve
from study.sources import is_source
from study.wanted_tables import metrics_behind, retrained_behind, runs_of_figure, seeds_of

STEPS = 200  # of a run, by which its speed is judged
IDLE = 0.8  # of a core: with less, the machine has other work
HOUR, GB = 3600, 1e9
ANY_SPEED = ("steps", "weight_decay", "learning_rate", "evaluate", "warmup_steps")  # keys of `training:`


class Cost(NamedTuple):
    """Seconds for a step, an evaluation and, by metric, a snapshot; bytes of a snapshot with its weights.

    `share` is the part of a core that this process got meanwhile.
    """

    step: float
    evaluation: float
    measures: dict[str, float]
    snapshot_bytes: float
    share: float = 1.0


class Forecast(NamedTuple):
    """The work left of one run: seeds and sub-networks to train, seconds, and bytes."""

    n_seeds: int
    training: float
    measuring: float
    written: float
    n_subnetworks: int = 0

    @property
    def seconds(self) -> float:
        return self.training + self.measuring

    @property
    def of_a_seed(self) -> float:
        """Return the seconds of a seed or sub-network; 0 if none is left to train."""
        n_trained = self.n_seeds + self.n_subnetworks
        return self.seconds / n_trained if n_trained else 0.0


def main(arguments: argparse.Namespace) -> None:
    """Print the forecast of each run that the figures draw, then that of all."""
    study = resolve(read_together(arguments.study))
    made_with = on_device(study["device"], study["threads"])
    say(f"Measuring how fast this machine ({made_with['device']}) is, by {STEPS} steps of each kind of run.")
    costs: dict[str, Cost] = {}
    found = []
    figures = arguments.figures or list(study["figures"])
    wanted_metrics = wanted(study, figures)
    subnetworks = wanted_subnetworks(study, figures)
    for run, metrics in wanted_metrics.items():
        if is_finished(study, run, metrics, subnetworks[run]):
            say(f"  {run}: nothing is left to train or to measure")
            continue
        key = kind_of(study, run, metrics)
        if key not in costs:
            costs[key] = measured(study, run, metrics, made_with["device"])
        found.append(forecast(study, run, metrics, costs[key], subnetworks[run]))
        say(line(run, study["runs"][run]["training"]["steps"], found[-1], costs[key]))
    say(in_all(found, study["results"]))
    if (share := min((cost.share for cost in costs.values()), default=1.0)) < IDLE:
        hours = sum(each.seconds for each in found) / HOUR * share
        say(
            f"Other work took {1 - share:.0%} of a core meanwhile; an idle one takes about {hours:.1f} hours."
        )


def say(text: str) -> None:
    print(text, flush=True)


def wanted(study: dict, figures: list[str]) -> dict[str, list[str]]:
    """Return {run: metrics} of the runs to train that figures draw; StudyError for an unknown figure."""
    found: dict[str, set[str]] = {}
    for name in figures:
        if name not in study["figures"]:
            raise StudyError(f"figures.{name}", "there is no such figure; name one of the study")
        entry = study["figures"][name]
        for run in runs_of_figure(entry):
            if is_source(study["runs"][run]):  # it was trained elsewhere
                continue
            behind = (metrics_behind(study, table, run) for table in entry["tables"])
            found.setdefault(run, set()).update(*behind)
    return {run: sorted(metrics) for run, metrics in found.items()}


def wanted_subnetworks(study: dict, figures: list[str]) -> dict[str, set[str]]:
    """Return {run: tables} of the sub-networks trained alone that figures draw; a run may have none."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry in (study["figures"][name] for name in figures):
        for run, table in product(runs_of_figure(entry), entry["tables"]):
            found[run] |= retrained_behind(study, table)
    return found


def kind_of(study: dict, run: str, metrics: list[str]) -> str:
    """Return what the cost of a run depends on, as a text."""
    entry = deepcopy(params.training_entry(study, run))
    for name in ANY_SPEED:
        entry["training"].pop(name)
    entry.get("snapshots", {}).pop("steps", None)
    return json.dumps([entry, metrics], sort_keys=True)


def measured(study: dict, run: str, metrics: list[str], device: str) -> Cost:
    """Train the first steps of a run in a folder of its own, and return what they cost."""
    entry, seed = deepcopy(params.training_entry(study, run)), study["runs"][run]["seeds"][0]
    entry["training"] |= {"steps": STEPS, "evaluate": [1]}
    if "snapshots" in entry:
        entry["snapshots"]["steps"] = [1]
    with TemporaryDirectory() as folder:
        paths = {"dataset": f"{folder}/dataset.parquet", "snapshots": f"{folder}/snapshots.parquet"}
        paths |= {"weights": f"{folder}/weights.safetensors"}
        examples = examples_of(study, run, seed)
        write_examples(paths["dataset"], examples, {"run": run, "seed": seed})
        training = Run(examples, entry, seed, device, Path(folder))
        busy, began = time.process_time(), time.perf_counter()
        step, evaluation = speed(training)
        share = min(1.0, (time.process_time() - busy) / (time.perf_counter() - began))
        said = {"run": run, "seed": seed, "config_digest": "", "dataset": content_of(paths["dataset"])}
        training.write_snapshots(paths["snapshots"], paths["weights"], said)
        n_taken = len(training.recording.taken())
        written = sum(Path(paths[name]).stat().st_size for name in ("snapshots", "weights")) / n_taken
        measures = {metric: seconds_of(study, run, metric, paths) for metric in metrics}
        return Cost(step, evaluation, measures, written, share if device == "cpu" else 1.0)


def examples_of(study: dict, run: str, seed: int) -> Examples:
    """Return the examples of a run, split as for this seed."""
    dataset = study["runs"][run]["dataset"]
    examples = made(dataset, f"runs.{run}.dataset")
    return split(examples, dataset["train_fraction"], params.split_seed(study, run, str(seed)))


def speed(training: Run) -> tuple[float, float]:
    """Take all steps of a run and its first and last snapshot; return seconds of a step and an evaluation."""
    model, probe = training.trainer.model, training.trainer.data["train"][0]
    training.recording.take(model, probe, 0)
    for _ in range(STEPS // 10):  # the first steps prepare what all others share
        training.trainer.take_step()
    left = STEPS - training.trainer.step
    steps = timed(lambda: [training.trainer.take_step() for _ in range(left)])
    evaluation = timed(training.trainer.evaluate)
    training.recording.take(model, probe, STEPS)
    return steps / left, evaluation


def seconds_of(study: dict, run: str, metric: str, paths: dict[str, str]) -> float:
    """Return how long it takes to measure a metric on one snapshot."""
    entry, layers = study["metrics"][metric], params.measured_layers(study, run, metric)
    snapshots = read_run(paths, layers, {"run": run})
    snapshots.steps = [STEPS]
    compute = module("metrics", entry["module"]).compute
    return timed(lambda: list_of(compute(snapshots, **options_in("metrics", entry))))


def list_of(rows: Any) -> Any:
    """Return the rows of a metric, which are made as they are asked for unless they are a table."""
    return rows if hasattr(rows, "columns") else list(rows)


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def forecast(
    study: dict, run: str, metrics: list[str], cost: Cost, subnetworks: Iterable[str] = ()
) -> Forecast:
    """Return what is left to do of a run: the seeds, metrics and sub-networks whose files are not there."""
    entry, folder = study["runs"][run], Path(study["results"], run)
    last = entry["training"]["steps"]
    recorded = steps_of(entry["snapshots"]["steps"], last) if "snapshots" in entry else [0, last]
    evaluated = {*steps_of(entry["training"]["evaluate"], last), *recorded}
    n_seeds = sum(not (folder / str(seed) / "curves.parquet").exists() for seed in entry["seeds"])
    n_subnetworks = sum(
        not (folder / str(seed) / f"retrain/{table}.parquet").exists()
        for seed, table in product(entry["seeds"], subnetworks)
    )
    training = (n_seeds + n_subnetworks) * (last * cost.step + len(evaluated) * cost.evaluation)
    measuring = 0.0
    for metric in metrics:
        rule = study["metrics"][metric].get("steps")
        chosen = nearest(recorded, steps_of(rule, last)) if rule else recorded
        files = [folder / str(seed) / f"metrics/{metric}.parquet" for seed in seeds_of(study, run, metric)]
        measuring += sum(not file.exists() for file in files) * len(chosen) * cost.measures[metric]
    written = n_seeds * len(recorded) * cost.snapshot_bytes
    return Forecast(n_seeds, training, measuring, written, n_subnetworks)


def is_finished(study: dict, run: str, metrics: list[str], subnetworks: Iterable[str]) -> bool:
    """Return whether nothing of a run is left to train or to measure."""
    any_cost = Cost(1, 1, dict.fromkeys(metrics, 1), 1)
    return not forecast(study, run, metrics, any_cost, subnetworks).seconds


def line(run: str, last: int, left: Forecast, cost: Cost) -> str:
    """Return the forecast of one run in words."""
    also = f" and {left.n_subnetworks} sub-networks" if left.n_subnetworks else ""
    return (
        f"  {run}: {left.n_seeds} seeds{also} of {last:,} steps at {1000 * cost.step:.1f} ms; training "
        f"{left.training / HOUR:.1f} h, measuring {left.measuring / HOUR:.1f} h; {left.written / GB:.1f} GB"
    )


def in_all(found: list[Forecast], results: str) -> str:
    """Return the forecast of all runs in words."""
    hours, written = sum(each.seconds for each in found) / HOUR, sum(each.written for each in found) / GB
    longest = max((each.of_a_seed for each in found), default=0.0) / HOUR
    return (
        f"In all {hours:.1f} hours of one core; on many, no less than {longest:.1f}, for the longest seed. "
        f"{written:.1f} GB are written to {results}. It may be stopped anytime, and goes on where it was."
    )


def parsed(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", nargs="+", type=Path, default=[Path("config.yaml")], help="config files")
    parser.add_argument("--figures", nargs="+", help="figures, such as two_phase/fig3; left out: all")
    return parser.parse_args(words)


if __name__ == "__main__":
    try:
        main(parsed())
    except (ValueError, OSError, WorkflowError, StudyError) as error:
        raise SystemExit(f"forecast: {error}") from None

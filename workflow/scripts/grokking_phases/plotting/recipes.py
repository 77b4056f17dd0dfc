"""What a caption says of runs: their entries in the config, in words."""

from collections.abc import Callable

import pandas as pd

from grokking_phases.plugins import options_in

Sampling = Callable[[dict], str]
HELD = {"weights": "the weights", "all": "all parameters"}


def sampling(run: dict) -> str:
    """When the snapshots were taken."""
    return times(run["snapshots"]["steps"], "snapshots")


def sampling_of(metric: dict) -> Sampling:
    """When a metric was taken, of the snapshots."""
    return lambda run: times(metric.get("steps") or run["snapshots"]["steps"], "snapshots")


def evaluation(run: dict) -> str:
    """When loss and accuracy were taken."""
    return times(run["training"]["evaluate"], "evaluations")


def described(run: dict, sampled: Sampling = sampling) -> str:
    """Task, network, optimiser, length, seeds and sampling of one run, after the config's own note on it."""
    dataset, training = run["dataset"], run["training"]
    parts = [
        f"{named(dataset)}, {dataset['train_fraction']:.0%} train",
        named(run["model"]),
        f"AdamW, learning rate {training['learning_rate']:g}",
        f"batch {training['batch_size']}" if training["batch_size"] else "full batch",
        f"{training['steps']:,} steps",
        f"{len(run['seeds'])} seed{'s' if len(run['seeds']) > 1 else ''}",
        sampled(run),
    ]
    return ("" if "note" not in run else f"{run['note']}: ") + "; ".join(parts)


def of_one_seed(numbers: pd.DataFrame, runs: dict[str, dict], sampled: Sampling = sampling) -> str:
    """The description of the run that is drawn, with what holds its weights and its seed."""
    first = numbers.iloc[0]
    return f"{described(runs[first['run']], sampled)}; {regularised(runs[first['run']])}; seed {first['seed']}"


def all_described(runs: dict[str, dict], sampled: Sampling = sampling) -> str:
    """Each description once, with the runs that it is of where there are several."""
    names: dict[str, list[str]] = {}
    for name, run in runs.items():
        names.setdefault(described(run, sampled), []).append(name)
    return " ".join(f"{'All' if len(names) == 1 else ', '.join(of)}: {text}." for text, of in names.items())


def regularised(run: dict) -> str:
    """Weight decay, and what else holds the weights."""
    training = run["training"]
    parts = [f"weight decay {training['weight_decay']:g}"]
    if training["constrain_norm"] != "none":
        parts.append(f"norm of {HELD[training['constrain_norm']]} held constant")
    if training["zero_last_layer"]:
        parts.append("last layer zero at first")
    return ", ".join(parts)


def labels(runs: dict[str, dict], names: list[str]) -> list[str]:
    """What tells runs from each other: α, or weight decay; their names where that does not."""
    found = [label(runs[name]) for name in names]
    return found if len(set(found)) == len(names) else names


def label(run: dict) -> str:
    training = run["training"]
    if training["constrain_norm"] != "none" or training["alpha"] != 1:
        return f"α = {training['alpha']:g}"
    return f"weight decay {training['weight_decay']:g}"


def held(numbers: pd.DataFrame, runs: dict[str, dict]) -> list[str]:
    """How the norm is held in each panel where it is: that of the panel's first run."""
    first = {panel: runs[rows["run"].iloc[0]] for panel, rows in numbers.groupby("panel", sort=False)}
    return [
        f"{panel.capitalize()}: {regularised(run)}."
        for panel, run in first.items()
        if run["training"]["constrain_norm"] != "none"
    ]


def spread(numbers: pd.DataFrame) -> str:
    """What lines and bands are; there may be one seed alone."""
    seeds = numbers.groupby("run", sort=False)["seed"].nunique()
    if (seeds == 1).all():
        return "Lines: one seed, so no bands."
    without = f" (none for {', '.join(seeds.index[seeds == 1])}: one seed)" if (seeds == 1).any() else ""
    return f"Lines: mean over seeds; bands: standard error{without}."


def ended_early(curves: pd.DataFrame, runs: dict[str, dict]) -> list[str]:
    """Seeds whose loss was not finite at some step, where training ends; beyond it, means are over the others."""
    return [f"{name}: loss not finite at step {step}, where it ends." for name, step in stopped(curves, runs)]


def cut_short(measured: pd.DataFrame, runs: dict[str, dict]) -> list[str]:
    """The same of what is measured at snapshots."""
    said = "no snapshot after step {}, for its loss was not finite."
    return [f"{name}: {said.format(step)}" for name, step in stopped(measured, runs)]


def stopped(rows: pd.DataFrame, runs: dict[str, dict]) -> list[tuple[str, str]]:
    """`wd2, seed 0` and the last step of it, where that is not its run's last."""
    last = rows.groupby(["run", "seed"], sort=False)["step"].max()
    return [
        (f"{run}, seed {seed:.0f}", f"{step:,.0f}")
        for (run, seed), step in last.items()
        if step < runs[run]["training"]["steps"]
    ]


def broken(runs: dict[str, dict]) -> list[str]:
    """Weight decays so strong that a step turns the weights' sign are no point of a sweep."""
    recipes = [run["training"] for run in runs.values()]
    factors = {(run["weight_decay"], 1 - run["learning_rate"] * run["weight_decay"]): None for run in recipes}
    return [
        f"Weight decay {decay:g} multiplies every weight by {factor:g} a step: a broken regime, not more decay."
        for decay, factor in factors
        if factor < 0
    ]


def named(entry: dict) -> str:
    """`modular division (p 96, inverse fermat)`."""
    given = options_in("datasets", entry)
    options = [f"{key.replace('_', ' ')} {short(value)}" for key, value in given.items()]
    return entry["module"].replace("_", " ") + (f" ({', '.join(options)})" if options else "")


def short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def times(rule: list[int] | dict[str, int], what: str) -> str:
    """A rule of `schedule` in words: `120 log-spaced snapshots`."""
    if isinstance(rule, list):
        return f"{len(rule)} {what}"
    return f"{rule['log']} log-spaced {what}" if "log" in rule else f"{what} every {rule['every']} steps"

"""Words of captions and notes for the entries of runs in the config."""

from collections.abc import Callable

import pandas as pd

from grokking_phases.plugins import options_in
from grokking_phases.recipe import Recipe

Sampling = Callable[[dict], str]
HELD = {"weights": "the weights", "all": "all parameters"}
OPTIMIZERS = {"adamw": "AdamW"}  # the names of others are those of their files
FLOAT32 = "loss in float32"  # the variant; by default a loss is in float64


def sampling(run: dict) -> str:
    """Return in words when the snapshots of a run were taken: `120 log-spaced snapshots`."""
    return times(run["snapshots"]["steps"], "snapshots")


def sampling_of(metric: dict) -> Sampling:
    """Return a function that says at which of a run's snapshots a metric was taken."""
    return lambda run: times(metric.get("steps") or run["snapshots"]["steps"], "snapshots")


def evaluation(run: dict) -> str:
    """Return in words when the loss and accuracy of a run were evaluated."""
    if is_unknown(run):
        return ""
    if is_elsewhere(run):
        return times(run["recorded"]["taken"], "evaluations")
    return times(run["training"]["evaluate"], "evaluations")


def described(run: dict, sampled: Sampling = sampling) -> str:
    """Return a description of a run: its note, task, network, optimiser, length, seeds and sampling."""
    if is_unknown(run):
        return ""
    if is_elsewhere(run):
        return recording_described(run, sampled)
    dataset, training = run["dataset"], run["training"]
    parts = [
        f"{named(dataset)}, {dataset['train_fraction']:.0%} train",
        named(run["model"]),
        f"{OPTIMIZERS.get(training['optimizer'], training['optimizer'])}, "
        f"learning rate {training['learning_rate']:g}",
        f"batch {training['batch_size']}" if training["batch_size"] else "full batch",
        length(run),
        *([FLOAT32] if training["loss_dtype"] == "float32" else []),
        *unusual(training),
        f"{len(run['seeds'])} seed{'s' if len(run['seeds']) > 1 else ''}",
        sampled(run),
    ]
    return ("" if "note" not in run else f"{run['note']}: ") + "; ".join(parts)


def unusual(training: dict) -> list[str]:
    """Return in words the options of a recipe that have no other place in captions, if not the defaults."""
    default = Recipe(steps=training["steps"], learning_rate=training["learning_rate"])
    first, second = training["betas"]
    said = {
        "warmup_steps": f"warm-up over {training['warmup_steps']} steps",
        "betas": f"betas {first:g} and {second:g}",
        "matmul": f"products in {training['matmul']}",
        "loss": f"loss {training['loss']}",
    }
    if training["constrain_norm"] == "none":  # or else the label has alpha
        said["alpha"] = f"initial weights times {training['alpha']:g}"
    return [text for option, text in said.items() if training[option] != getattr(default, option)]


def is_elsewhere(run: dict) -> bool:
    """Return whether a run was recorded elsewhere; it has no recipe, and no paper speaks of it."""
    return "source" in run or is_unknown(run)


def is_unknown(run: dict) -> bool:
    """Return whether only the run's tables are known, as where a figure is drawn from tables alone."""
    return not run


def recording_described(run: dict, sampled: Sampling = sampling) -> str:
    """Return what the note and the headers say of a run that was recorded elsewhere."""
    said = run["recorded"]
    parts = [
        *([said["network"]] if "network" in said else []),
        f"{said['n_probe']:,} probe samples",
        f"{len(run['seeds'])} seed{'s' if len(run['seeds']) > 1 else ''}",
        *([sampled(run)] if "snapshots" in run else []),
        f"recorded elsewhere ({said['by']})",
    ]
    return ("" if "note" not in run else f"{run['note']}: ") + "; ".join(parts)


def of_one_seed(numbers: pd.DataFrame, runs: dict[str, dict], sampled: Sampling = sampling) -> str:
    """Return a description of the run that is drawn, with seed, weight decay, constraints on the weights."""
    first = numbers.iloc[0]
    return (
        f"{described(runs[first['run']], sampled)}; {regularised(runs[first['run']])}; seed {first['seed']}"
    )


def all_described(runs: dict[str, dict], sampled: Sampling = sampling) -> list[str]:
    """Return a sentence for each description, with the names of its runs if descriptions differ."""
    names: dict[str, list[str]] = {}
    for name, run in runs.items():
        names.setdefault(described(run, sampled), []).append(name)
    return [
        f"{'All' if len(names) == 1 else ', '.join(alike)}: {text}." for text, alike in names.items() if text
    ]


def regularised(run: dict) -> str:
    """Return the weight decay and the constraints on the weights in words."""
    if is_elsewhere(run):
        return "recipe of its own"
    training = run["training"]
    parts = [f"weight decay {training['weight_decay']:g}"]
    if training["constrain_norm"] != "none":
        parts.append(f"norm of {HELD[training['constrain_norm']]} held constant")
    if training["zero_last_layer"]:
        parts.append("last layer zero at first")
    return ", ".join(parts)


def labels(runs: dict[str, dict], names: list[str]) -> list[str]:
    """Return labels that tell runs apart, or the runs' names if no label does.

    A label is that of `label`; dropout and the number of steps are added where runs are alike without them.
    """
    if any(is_elsewhere(runs[name]) for name in names):
        return names
    for added in ([], [dropout], [length], [dropout, length]):
        found = [", ".join(filter(None, (said(runs[name]) for said in [label, *added]))) for name in names]
        if len(set(found)) == len(names):
            return found
    return names


def label(run: dict) -> str:
    """Return the label of a run in a legend: its alpha or weight decay, its last layer, its loss if float32.

    The last layer is named where the norm is held and it does not start at zero.
    """
    training = run["training"]
    held = training["constrain_norm"] != "none"
    by_alpha = held or training["alpha"] != 1
    parts = [f"α = {training['alpha']:g}" if by_alpha else f"weight decay {training['weight_decay']:g}"]
    if held and not training["zero_last_layer"]:
        parts.append("last layer as drawn")
    if training["loss_dtype"] == "float32":
        parts.append(FLOAT32)
    return ", ".join(parts)


def dropout(run: dict) -> str:
    """Return the dropout of a run in words; empty if its network has none."""
    return f"dropout {run['model']['dropout']:g}" if "dropout" in run["model"] else ""


def length(run: dict) -> str:
    return f"{run['training']['steps']:,} steps"


def held(numbers: pd.DataFrame, runs: dict[str, dict]) -> list[str]:
    """Return a sentence for the runs of a panel that hold the norm of their weights constant.

    If a panel has others too, or they differ in more, the runs are named.
    """
    sentences = []
    for panel, rows in numbers.groupby("panel", sort=False):
        drawn = list(rows["run"].unique())
        named: dict[str, list[str]] = {}
        for run, name in zip(drawn, labels(runs, drawn), strict=True):
            if not is_elsewhere(runs[run]) and runs[run]["training"]["constrain_norm"] != "none":
                named.setdefault(regularised(runs[run]), []).append(name)
        for text, names in named.items():
            who = "" if len(names) == len(drawn) else f" ({'; '.join(names)})"
            sentences.append(f"{panel.capitalize()}{who}: {text}.")
    return sentences


def spread(numbers: pd.DataFrame, bands: str = "standard error") -> str:
    """Return a sentence that says what lines and bands are, and which runs have only one seed."""
    seeds = numbers.groupby("run", sort=False)["seed"].nunique()
    if (seeds == 1).all():
        return "Lines: one seed, so no bands."
    single = f" (none for {', '.join(seeds.index[seeds == 1])}: one seed)" if (seeds == 1).any() else ""
    return f"Lines: mean over seeds; bands: {bands}{single}."


def ended_early(curves: pd.DataFrame, runs: dict[str, dict]) -> list[str]:
    """Return a sentence for each seed whose training ended at a step with a loss that was not finite.

    Means at later steps are over the other seeds.
    """
    return [f"{name}: loss not finite at step {step}, where it ends." for name, step in stopped(curves, runs)]


def cut_short(measured: pd.DataFrame, runs: dict[str, dict]) -> list[str]:
    """Return a sentence for each seed without snapshots after the step at which its loss was not finite."""
    said = "no snapshot after step {}, for its loss was not finite."
    return [f"{name}: {said.format(step)}" for name, step in stopped(measured, runs)]


def stopped(rows: pd.DataFrame, runs: dict[str, dict]) -> list[tuple[str, str]]:
    """Return (`wd2, seed 0`, its last step) for each seed that ended before the last step of its run."""
    last = rows.groupby(["run", "seed"], sort=False)["step"].max()
    return [
        (f"{run}, seed {seed:.0f}", f"{step:,.0f}")
        for (run, seed), step in last.items()
        if not is_elsewhere(runs[run]) and step < runs[run]["training"]["steps"]
    ]


def broken(runs: dict[str, dict]) -> list[str]:
    """Return a sentence for each weight decay so strong that a step turns the sign of the weights.

    Such a weight decay is not a point of a sweep. What another optimiser than AdamW does is not known.
    """
    recipes = [run["training"] for run in runs.values() if not is_elsewhere(run)]
    recipes = [training for training in recipes if training["optimizer"] == "adamw"]
    factors = {(run["weight_decay"], 1 - run["learning_rate"] * run["weight_decay"]): None for run in recipes}
    return [
        f"Weight decay {decay:g} multiplies every weight by {factor:g} a step: "
        "a broken regime, not more decay."
        for decay, factor in factors
        if factor < 0
    ]


def named(entry: dict) -> str:
    """Return an entry in words: `modular division (p 96, inverse fermat)`."""
    given = options_in("datasets", entry)
    options = [f"{key.replace('_', ' ')} {short(value)}" for key, value in given.items()]
    return entry["module"].replace("_", " ") + (f" ({', '.join(options)})" if options else "")


def short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def times(rule: list[int] | dict[str, int], what: str) -> str:
    """Return a rule for steps in words: `120 log-spaced snapshots`."""
    if isinstance(rule, list):
        return f"{len(rule)} {what if len(rule) != 1 else what.removesuffix('s')}"
    if "log" in rule:
        return f"{rule['log']} log-spaced {what}"
    return f"{what} every {rule['every']} steps" if rule["every"] > 1 else f"{what} every step"

"""Made-up runs and tables for tests of figures."""

import re
from dataclasses import asdict

import numpy as np
import pandas as pd

from grokking_phases.analysis.events import MEAN, MEDIAN, OWN
from grokking_phases.analysis.summary import normalised
from grokking_phases.plotting.words import words_of
from grokking_phases.recipe import Recipe

SEEDS = (0, 1)
STEPS = (0, 1, 10, 100)
O_INFORMATION = {
    "o_information_paper": {"variables": "union", "n_bins": 10, "ties": "paper"},
    "o_information": {"variables": "union", "n_bins": 10, "ties": "average"},
}


def is_named(thing, text):
    """Return whether a run, a number or the value of an option is a word of its own in a text."""
    return re.search(rf"(?<![\w.]){re.escape(str(thing))}(?!\w|\.\d)", text) is not None


def named_in(figure, *things):
    """Return those of the things that a figure's caption or notes name."""
    return [thing for thing in things if is_named(thing, said(figure))]


def said(figure):
    """Return the words of a figure: its caption, then its notes."""
    words = words_of(figure)
    return " ".join(words.caption + words.notes)


def curves_in(ax):
    """Return the lines that have several points, without those of the legend and those that mark a step."""
    return [line for line in ax.lines if len(set(line.get_xdata())) > 1]


def run_with(**training):
    """Return the entry of a run with these options of training."""
    return {
        "seeds": [0, 1],
        "dataset": {"module": "modular_addition", "p": 11, "train_fraction": 0.4},
        "model": {"module": "mlp"},
        "training": asdict(Recipe(steps=100, learning_rate=0.03, **training)),
        "snapshots": {"layers": ["hidden"], "steps": {"log": 4}},
    }


def table(run, values_of, steps=STEPS, layer="hidden"):
    """Return a row for each seed, step and metric; `values_of` maps metrics to functions of (seed, step)."""
    rows = [
        {"run": run, "seed": seed, "step": step, "layer": layer, "metric": metric, "value": value(seed, step)}
        for seed in SEEDS
        for step in steps
        for metric, value in values_of.items()
    ]
    return normalised(pd.DataFrame(rows))


def curves(run, steps=STEPS):
    """Return curves of a run that fits at once, and whose test accuracy rises from step to step."""
    values = {
        "train_accuracy": lambda seed, step: 1.0 if step else 0.1,
        "test_accuracy": lambda seed, step: step / 100,
        "train_loss": lambda seed, step: 1 / (1 + step),
        "test_loss": lambda seed, step: 4 - step / 100,
        "weight_norm": lambda seed, step: 20.0,
    }
    return table(run, values, steps, None).assign(table="curves")


def o_information(run, **changed):
    """Return a synergy of 1 bit and a redundancy of 2 bits, times step + seed, for each treatment of ties."""
    values = {
        "synergy": lambda seed, step: -np.log(2) * (step + seed),
        "redundancy": lambda seed, step: 2 * np.log(2) * (step + seed),
        "synergy_size": lambda seed, step: 3.0 + step,
        "redundancy_size": lambda seed, step: 5.0,
        "n_constant": lambda seed, step: step,
        "n_duplicate": lambda seed, step: 0,
        "n_failed": lambda seed, step: 0,
    }
    return pd.concat([table(run, values | changed).assign(table=name) for name in O_INFORMATION])


def phases(run, steps, rules=("stated",), layer="hidden"):
    """Return events at `steps` (NaN: absent) of each seed and over seeds.

    They are in each table of O-information, and by each rule.
    """
    rows = [
        {
            "run": run,
            "seed": seed,
            "source": source,
            "layer": layer,
            "rule": rule,
            "curve": curve,
            "event": event,
            "step": step,
        }
        for source in O_INFORMATION
        for rule in rules
        for event, step in steps.items()
        for seed, curve in [*((seed, OWN) for seed in SEEDS), (None, MEDIAN), (None, MEAN)]
    ]
    table = pd.DataFrame(rows).astype({"seed": "Int64", "step": float})
    found = table["step"].notna()
    begun = table["event"].str.replace(".end", ".start").map(steps).notna()
    waiting = begun | table["event"].isin(["memorised", "generalised"])
    status = np.where(found, "found", np.where(waiting, "not reached", "absent"))
    interval = {"low": table["step"] / 2, "high": table["step"] * 2}
    return table.assign(table="phases", status=status, **interval, n_found=2.0 * found, n_seeds=2)

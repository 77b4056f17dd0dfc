"""Made-up numbers for every figure of the default study, of its sweep and of any study, with their captions.

The entries of runs and metrics are those of config.yaml, so that captions are as long as they get. Curves
have the shape of grokking, and each seed has noise of its own.
"""

from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import torch
import yaml
from made_up import phases

from grokking_phases.analysis.comparison import compare
from grokking_phases.analysis.events import ABSENT, FOUND, NOT_REACHED
from grokking_phases.analysis.orders import find_in_orders, over_orders
from grokking_phases.analysis.phases import STATED
from grokking_phases.analysis.prediction import predictions
from grokking_phases.analysis.summary import normalised
from grokking_phases.datasets.checkerboard import make
from grokking_phases.metrics import linear_regions, partition
from grokking_phases.models.relu_mlp import build
from grokking_phases.plugins import module, options_in
from grokking_phases.steps import steps_of
from study.params import drawn
from study.resolve import resolve
from study.wanted_tables import in_orders, kinds

ROOT = Path(__file__).parents[2]
OF_ANY_STUDY = {
    "study/progress": ["curves", "o_information", "phases"],
    "study/information_plane": ["mutual_information", "time_scales"],
    "study/synergy_redundancy": ["o_information"],
    "study/compare": ["curves", "o_information"],
}
EVENTS = {  # parts of the training, in ln step
    "memorised": 0.4,
    "generalised": 0.75,
    "feature_learning.start": 0.25,
    "feature_learning.end": 0.4,
    "emergence.start": 0.4,
    "emergence.end": 0.6,
    "divergence.start": np.nan,
    "divergence.end": np.nan,
    "delayed_emergence.start": 0.65,
    "delayed_emergence.end": 0.8,
    "decoupling.start": 0.8,
    "decoupling.end": np.nan,
}
TIME_SCALES = {"fit": 0.4, "gen_0.9": 0.7, "gen_0.98": 0.75, "peak": 0.55, "compress": 0.5, "lmn": 0.6}


@cache
def study():
    """Return the default study with its sweep, and the figures of any study on some of its runs."""
    config, sweep = (
        yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        for name in ("config.yaml", "config/prediction.yaml")
    )
    for kind, entries in sweep.items():
        config[kind] = config.get(kind, {}) | entries if isinstance(entries, dict) else entries
    for figure, tables in OF_ANY_STUDY.items():
        runs = ["division96"] if "mutual_information" in tables else ["addition_wd0.1", "addition_wd2"]
        config["figures"][figure] = {"panels": {run: [run] for run in runs}, "tables": tables}
    return resolve(config)


def figures():
    """Return the names of all figures."""
    return list(study()["figures"])


@cache
def numbers_of(figure, n_steps, width, kinds_of_tables=None):
    """Return the numbers that a figure selects from made-up tables, with at most `n_steps` snapshots."""
    entry = study()["figures"][figure]
    runs = list(dict.fromkeys(run for runs in entry["panels"].values() for run in runs))
    known = kinds(study())
    tables = [each for each in entry["tables"] if known[each] in (kinds_of_tables or known.values())]
    made = [made_up(run, table, n_steps, width, entry) for run in runs for table in tables]
    tables = pd.concat([each for each in made if len(each)], ignore_index=True)
    return module("figures", figure).select(tables, entry["panels"])


def pages_of(figure, n_steps=4, width=8, kinds_of_tables=None):
    """Return the pages of a figure, drawn anew; from some kinds of its tables alone, if these are given."""
    options, said = options_in("figures", study()["figures"][figure]), drawn(study(), figure)
    numbers = numbers_of(figure, n_steps, width, kinds_of_tables)
    pages = module("figures", figure).draw(numbers, said, **options)
    return pages if isinstance(pages, list) else [pages]


def made_up(run, table, n_steps, width, entry):
    """Return the rows of one table of one run."""
    tables = {"curves": curves, "phases": of_phases, "time_scales": of_time_scales}
    tables |= {"comparison": comparison, "orders": of_orders}
    if table == "prediction":
        return of_sweep(entry) if run == next(iter(entry["panels"].values()))[0] else pd.DataFrame()
    if table in tables:
        return tables[table](run, n_steps).assign(table=table)
    if table not in study()["metrics"]:
        return retrained(run, table, n_steps).assign(table=table)
    return metric(run, table, n_steps, width)


def rows(run, values, steps, layer=None, seeds=None):
    """Return tidy rows; `values` maps metrics to functions of progress in [0, 1] (in ln step) and noise."""
    steps, found = np.unique(steps), []
    for seed in seeds or study()["runs"][run]["seeds"]:
        draw = np.random.default_rng(abs(hash((seed, layer or 0, len(run)))) % 2**32)
        late = np.log(np.maximum(steps, 1)) / np.log(steps[-1])
        for name, value in values.items():
            noise = 0.02 * draw.standard_normal(len(steps))
            found.append(pd.DataFrame({"step": steps, "metric": name, "value": value(late, noise)}))
            found[-1]["seed"] = seed
    return normalised(pd.concat(found, ignore_index=True).assign(run=run, layer=layer))


def rise(middle, sharpness=25):
    return lambda late, noise: np.clip(1 / (1 + np.exp(-sharpness * (late - middle))) + 0.3 * noise, 0, 1)


def curves(run, n_steps, middle=0.7):
    steps = [0, *steps_of({"log": n_steps}, study()["runs"][run]["training"]["steps"])]
    values = {
        "train_accuracy": rise(0.35),
        "test_accuracy": rise(middle),
        "train_loss": lambda late, noise: 4.6 * np.exp(-9 * late**3) + 1e-6,
        "test_loss": lambda late, noise: 4.6 + 8 * np.exp(-60 * (late - 0.5) ** 2) - 4.5 * late**4 + noise,
        "weight_norm": lambda late, noise: 30 - 10 * late + noise,
    }
    return rows(run, values, steps)


def retrained(run, table, n_steps):
    return curves(run, n_steps, 0.55 + (sum(map(ord, table)) % 9) / 30)


def of_phases(run, n_steps):
    last = study()["runs"][run]["training"]["steps"]
    at = {event: np.nan if np.isnan(part) else last**part for event, part in EVENTS.items()}
    return phases(run, at, [rule.name for rule in STATED.variants()])


def of_orders(run, n_steps):
    """Return the phases in two random orders, and in that of the split."""
    [source] = in_orders(study())
    found = find_in_orders(curves(run, n_steps), metric(run, source, n_steps, 8))
    return over_orders(found).assign(run=run, source=source)


def of_time_scales(run, n_steps):
    """Return each time scale for each seed and over seeds; some are absent or not reached."""
    entry, last = study()["runs"][run], study()["runs"][run]["training"]["steps"]
    steps, found = np.array(steps_of({"log": n_steps}, last)), []

    def nearest(step):
        return float(steps[abs(np.log(steps / step)).argmin()])

    for source in [None, *study()["time_scales"]]:
        for event in [*TIME_SCALES, "compress_tripled", "lc"]:
            if (source is None) != (event in ("fit", "gen_0.9", "gen_0.98", "peak")):
                continue
            status = ABSENT if event == "lc" else NOT_REACHED if (event, run) == ("gen_0.98", "s5") else FOUND
            for seed in [*entry["seeds"], None]:
                found.append({"seed": seed, "source": source, "event": event, "status": status})
                found[-1]["step"] = nearest(last ** TIME_SCALES.get(event, 0.5)) if status == FOUND else None
                found[-1] |= {"n_found": 1, "n_seeds": len(entry["seeds"])}
    return pd.DataFrame(found).astype({"seed": "Int64"}).assign(run=run, layer=None)


def comparison(run, n_steps):
    tables = [name for name in study()["figures"]["emergence/controls"]["tables"] if "." in name]
    networks = {name: retrained(run, name, n_steps) for name in tables}
    choices = [
        {"subnetwork": name.split(".")[0], "seed": seed, "size": 60 + seed // 100, "step": 27 + seed}
        for name in tables
        for seed in study()["runs"][run]["seeds"]
    ]
    at_random = {name for name in tables if name.startswith("random")}
    return compare(curves(run, n_steps), networks, pd.DataFrame(choices), at_random).assign(run=run)


def of_sweep(entry):
    """Return the predictions of the sweep; about half of the runs generalise."""
    names = list(dict.fromkeys(run for runs in entry["panels"].values() for run in runs))
    runs, measured, curve = {name: study()["runs"][name] for name in names}, [], []
    for place, run in enumerate(names):
        last = runs[run]["training"]["steps"]
        for seed in runs[run]["seeds"]:
            peak = (place % 3) + 0.2 * (seed % 5)
            steps = np.unique([0, *steps_of({"log": 40}, last)])
            accuracy = (steps > last / (2 + place % 2)) * float(place % 3 > 0)
            for name, value in {
                "test_accuracy": accuracy,
                "weight_norm": 10.0 + seed % 7 + 0 * steps,
                "train_loss": 1 / (1.0 + steps),
            }.items():
                curve.append(pd.DataFrame({"run": run, "seed": seed, "step": steps, "metric": name}))
                curve[-1]["value"] = value
            bump = peak * np.exp(-10 * np.log(np.maximum(steps, 1) / 100) ** 2)
            measured.append(pd.DataFrame({"run": run, "seed": seed, "step": steps, "metric": "synergy"}))
            measured[-1]["value"] = -1.0 - bump
    estimates = {name: pd.concat(measured) for name in ("o_information_paper", "o_information")}
    calibration = study()["prediction"]["calibration"]
    found = predictions(pd.concat(curve), estimates, {}, runs, calibration=calibration)
    return found.assign(table="prediction")


def metric(run, table, n_steps, width):
    """Return the rows of a metric, for each layer and seed that it measures."""
    options, entry = study()["metrics"][table], study()["runs"][run]
    if options["module"] in ("linear_regions", "partition"):
        return of_regions(run, options["module"], n_steps, width).assign(table=table)
    every = options.get("steps") or entry["snapshots"]["steps"]
    steps = [0, *steps_of({"log": min(n_steps, every["log"])}, entry["training"]["steps"])]
    seeds = [seed for seed in options.get("seeds", entry["seeds"]) if seed in entry["seeds"]]
    layers = options.get("layers", entry["snapshots"]["layers"])
    values = VALUES[options["module"]](options)
    parts = [rows(run, values, steps, layer, seeds) for layer in layers]
    return pd.concat(parts).assign(table=table)


def of_o_information(options):
    scale = 0.5 + len(str(options)) % 7

    def synergy(late, noise):
        peaks = 2.5 * np.exp(-150 * (late - 0.5) ** 2) + 1.5 * np.exp(-200 * (late - 0.73) ** 2)
        return -np.log(2) * scale * (0.4 + peaks + 8 * np.exp(-30 * late) + noise)

    values = {
        "synergy": synergy,
        "redundancy": lambda late, noise: 3 + 8 * np.exp(-20 * (late - 0.6) ** 2) + noise,
        "synergy_size": lambda late, noise: np.round(60 + 20 * late + 10 * noise),
        "redundancy_size": lambda late, noise: np.round(80 - 20 * late),
        "n_constant": lambda late, noise: np.round(9 * late),
        "n_duplicate": lambda late, noise: 0 * late,
        "n_failed": lambda late, noise: 0 * late,
    }
    for k in range(1, min(2, options.get("n_orders", 0)) + 1):
        values[f"synergy_order_{k}"] = lambda late, noise, k=k: synergy(late, noise) * (1 + k / 50)
        values[f"redundancy_order_{k}"] = values["redundancy"]
    return values


def of_null(options):
    values = of_o_information(options)
    for kind, middle in (("shuffled", 0.6), ("partition", 1.5)):
        for statistic, bits in (("low", middle + 0.3), ("median", middle), ("high", middle - 0.3)):
            values[f"synergy_{kind}_{statistic}"] = lambda late, noise, bits=bits: -bits + 0 * late
        values[f"synergy_{kind}_rank"] = lambda late, noise: 0.01 + 0 * late
        values[f"n_failed_{kind}"] = lambda late, noise: 2 + 0 * late
    return values


def of_information(options):
    values = {
        "information_x": lambda late, noise: 2 + 5 * np.exp(-25 * (late - 0.5) ** 2) + 5 * noise,
        "information_y": lambda late, noise: 4.4 * late + noise,
        "ceiling_x": lambda late, noise: 8.2 + 0 * late,
        "ceiling_y": lambda late, noise: 4.56 + 0 * late,
        "resolution": lambda late, noise: 0.1 + 0 * late,
    }
    if options.get("controls"):
        values["information_x_units"] = lambda late, noise: 3 + 3 * late + noise
        values["information_y_labels"] = lambda late, noise: 0.3 + noise
    return values


def of_complexity(options):
    splits = {"train": 1.0, "test": 0.9, "random": 0.5}
    return {
        f"local_complexity_{split}": lambda late, noise, high=high: 60 * high * (1 - 0.6 * late) + 30 * noise
        for split, high in splits.items()
    }


def of_collapse(options):
    return {
        "rounded_to_one": lambda late, noise: np.clip(2 * late - 1, 0, 1),
        "class_mean_norm": lambda late, noise: 1 + 10 * late,
        "last_layer_norm": lambda late, noise: 20 + 5 * late + noise,
        "logit_scale": lambda late, noise: 0.1 + 20 * late,
        "n_undefined": lambda late, noise: np.round(late),
    }


VALUES = {
    "o_information": of_o_information,
    "o_information_null": of_null,
    "mutual_information": of_information,
    "linear_mapping_number": lambda options: {"linear_mapping_number": lambda late, noise: 10 + 90 * late},
    "local_complexity": of_complexity,
    "softmax_collapse": of_collapse,
}


class Drifting:
    """Snapshots of a network whose weights drift; at the last, some lines have left or joined others."""

    def __init__(self, steps, width):
        self.inputs, self.steps, self.width = make(side=6, squares=2).inputs, steps, width

    def __iter__(self):
        for step in self.steps:
            torch.manual_seed(0)
            network = build(n_tokens=6, n_classes=2, width=self.width, depth=2)
            with torch.no_grad():
                for p in network.parameters():
                    p += 0.05 * np.log1p(step) * torch.randn_like(p)
                if step == self.steps[-1]:
                    weight, bias = network.preactivation_1.weight, network.preactivation_1.bias
                    weight[0], bias[0], bias[3] = weight[6], bias[6] + 1e-3, 10
            yield SimpleNamespace(step=step, network=network)


@cache
def of_regions(run, name, n_steps, width):
    last = study()["runs"][run]["training"]["steps"]
    source = {"linear_regions": linear_regions, "partition": partition}[name]
    steps = [0, *steps_of({"log": min(n_steps, 30)}, last)]
    found = pd.DataFrame(source.compute(Drifting(steps, width)))
    seed = study()["runs"][run]["seeds"][0]
    return normalised(found.assign(run=run, seed=seed))

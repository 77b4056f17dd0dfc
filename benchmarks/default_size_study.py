"""A made-up study as large as the default one: the networks, tables and steps of config.yaml.

Values are random, with five digits that no rule can shorten. Bins are random, and multiplets are
random halves of them; where a metric can begin with no stored tree, they are random halves of the units. So
the page is as large as it gets.
"""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from grokking_phases.analysis.events import PUBLISHED
from grokking_phases.explorer.finished_seeds import Seed, Study, accuracy_events, flat, with_totals
from grokking_phases.steps import steps_of
from grokking_phases.synergy.clustering import TREES
from study.resolve import resolve

CONFIG = Path(__file__).parents[1] / "config.yaml"
UNITS = 250
CURVES = ("train_accuracy", "test_accuracy", "train_loss", "test_loss", "weight_norm")
SIZES = ("synergy_size", "redundancy_size", "n_constant", "n_duplicate", "n_failed", "undersampled")
VALUES = {
    "o_information": ("synergy", "redundancy", *SIZES),
    "o_information_null": tuple(f"synergy_{kind}_{part}" for kind in ("shuffled", "partition")
                                for part in ("low", "median", "high", "rank")),
    "mutual_information": ("information_x", "information_y", "ceiling_x", "ceiling_y", "resolution"),
    "linear_mapping_number": ("linear_mapping_number",),
    "local_complexity": tuple(f"local_complexity_{split}" for split in ("train", "test", "random")),
    "softmax_collapse": ("rounded_to_one", "class_mean_norm", "last_layer_norm", "logit_scale"),
    "linear_regions": ("regions", "regions_resolved", "boundaries", "arcs", "crossings", "closed",
                       "alignment", "disappearance", "merging", "born"),
}  # fmt: skip
CELLS = (8, 15, 28)  # squared, the regions by the layers up to each


def default_size_study() -> Study:
    """Return the study, without files."""
    config = resolve(yaml.safe_load(CONFIG.read_text(encoding="utf-8")))
    draw, study = np.random.default_rng(0), Study()
    for run, names in sorted(tables_of(config).items()):
        entry = config["runs"][run]
        for seed in entry["seeds"]:
            study.seeds.append(network(Seed(run, seed, flat(entry)), names, config, draw))
    return study


def tables_of(config: dict) -> dict[str, set[str]]:
    """Return {run: the metrics that any figure, phase or time scale of it needs}."""
    names: dict[str, set[str]] = {}
    for figure in config["figures"].values():
        for run in {run for runs in figure["panels"].values() for run in runs}:
            wanted = set(figure["tables"])
            wanted |= set(config["phases"]) if "phases" in wanted else set()
            scales = config["runs"][run].get("time_scales", config["time_scales"])
            wanted |= set(scales) if "time_scales" in wanted else set()
            names.setdefault(run, set()).update(wanted & config["metrics"].keys())
    return names


def network(seed: Seed, names: set[str], config: dict, draw: np.random.Generator) -> Seed:
    """Return a seed with its curves, metrics, squares and events."""
    entry = config["runs"][seed.run]
    last = entry["training"]["steps"]
    snapshots = entry.get("snapshots") or {"layers": [], "steps": {"log": 120}}
    evaluated = entry["training"].get("evaluate", {"every": 5})
    steps = sorted({*steps_of(evaluated, last), *steps_of(snapshots["steps"], last)})
    curves = table(steps, [""], CURVES, draw)
    late = curves["step"] / last
    curves.loc[curves["metric"] == "train_accuracy", "value"] = (late > 0.01).astype(float)
    curves.loc[curves["metric"] == "test_accuracy", "value"] = (late > 0.2).astype(float)
    seed.tables["curves"], seed.events = curves, accuracy_events(curves, PUBLISHED)
    drawn: dict[tuple, np.ndarray] = {}
    for name in sorted(names):
        options = config["metrics"][name]
        if seed.seed not in options.get("seeds", [seed.seed]):
            continue
        steps = steps_of(options.get("steps") or snapshots["steps"], last)
        layers = options.get("layers", snapshots["layers"])
        if options["module"] == "partition":
            seed.squares.append(squares(steps, layers, draw))
        else:
            rows = table(steps, layers, VALUES[options["module"]], draw)
            bins = bins_of(options, steps, layers, drawn, draw)
            seed.tables[name] = with_totals(with_units(rows, bins, draw))
            if bins:
                seed.bins[name] = lambda kept, bins=bins: {step: bins[step] for step in kept}
    return seed


def table(steps: list[int], layers: list[str], metrics: tuple[str, ...], draw: np.random.Generator):
    """Return tidy rows with random values."""
    columns = zip(*product(steps, layers, metrics), strict=True)
    rows = dict(zip(("step", "layer", "metric"), columns, strict=True))
    return pd.DataFrame(rows | {"value": draw.uniform(0, 10, len(rows["step"]))})


def bins_of(
    options: dict, steps: list[int], layers: list[str], drawn: dict, draw: np.random.Generator
) -> dict:
    """Return {step: {layer: the bin of each unit}}, or {} for a metric that begins with no stored tree.

    `drawn` holds what other metrics have: those with as many bins from the same tree have the same bins.
    """
    if options["module"] != "o_information" or options["ties"] == "random" or options["linkage"] not in TREES:
        return {}
    for key in product(steps, layers, [options["linkage"]], [options["n_bins"]]):
        if key not in drawn:
            drawn[key] = draw.permutation(np.arange(UNITS) % options["n_bins"])
    tree = options["linkage"], options["n_bins"]
    return {step: {layer: drawn[step, layer, *tree] for layer in layers} for step in steps}


def with_units(rows: pd.DataFrame, bins: dict, draw: np.random.Generator) -> pd.DataFrame:
    """Return the rows with units of synergy and redundancy, if they have these."""
    found = rows["metric"].isin(["synergy", "redundancy"])
    if not found.any():
        return rows
    places = zip(found, rows["step"], rows["layer"], strict=True)
    units = [half_of(bins.get(step, {}).get(layer), draw) if each else None for each, step, layer in places]
    return rows.assign(units=pd.Series(units, dtype=object))


def half_of(labels: np.ndarray | None, draw: np.random.Generator) -> np.ndarray:
    """Return the units in a random half of the bins; without bins, a random half of the units."""
    if labels is None:
        return np.flatnonzero(draw.random(UNITS) < 0.5)
    n_bins = labels.max() + 1
    return np.flatnonzero(np.isin(labels, draw.permutation(n_bins)[: n_bins // 2]))


def squares(steps: list[int], layers: list[str], draw: np.random.Generator) -> pd.DataFrame:
    """Return corners of the cells of a grid, each with active neurons of its own, and as many boundaries."""
    rows = []
    for step in steps:
        for layer, n_cells in zip(layers, CELLS, strict=True):
            lines = np.sort(draw.uniform(0, 1, (2, n_cells - 1)), axis=1)
            x, y = ([0.0, *line.tolist(), 1.0] for line in lines)
            for i, j in np.ndindex(n_cells, n_cells):
                units = [48 + i, 48 + n_cells + j, *draw.choice(48, 20, replace=False).tolist()]
                corners = [(x[i], y[j]), (x[i + 1], y[j]), (x[i + 1], y[j + 1]), (x[i], y[j + 1])]
                rows += points(step, layer, "corner", corners, units)
                rows += points(step, layer, "end", corners[:2], [(i + j) % 48]) if j % 2 else []
    return pd.DataFrame(rows, columns=["step", "layer", "metric", "value", "units"])


def points(step: int, layer: str, name: str, places: list[tuple], units: list[int]) -> list[tuple]:
    return [(step, layer, f"{name}_{k + 1}", at[k], units) for at in places for k in (0, 1)]

"""A made-up results folder for tests of the explorer."""

import numpy as np
import pandas as pd

from grokking_phases.analysis.events import MEAN, OWN
from grokking_phases.data.scores_file import write_scores
from grokking_phases.storage.headers import content_of
from grokking_phases.storage.tables import write_events, write_table

STEPS = (0, 1, 2, 5, 10, 20, 50, 100)
LIVE = (0, 1, 2, 3, 5, 6, 7, 8)  # of nine units
# For the even and the odd steps: the bins, and merges of live units (two clusters and their joint size) that
# give them, cut into three. Clusters 8, 9, … are those of the merges.
BINS = [[0, 1], [2, 3, 5], [6, 7, 8]], [[0, 1, 2], [3, 5], [6, 7, 8]]
TREES = (
    (0, 1, 2, 2, 3, 2, 9, 4, 3, 5, 6, 2, 11, 7, 3, 8, 10, 5, 13, 12, 8),
    (0, 1, 2, 8, 2, 3, 3, 4, 2, 5, 6, 2, 11, 7, 3, 9, 10, 5, 13, 12, 8),
)
OTHER_TREE = (0, 7, 2, 8, 1, 3, 9, 6, 4, 10, 2, 5, 11, 5, 6, 12, 3, 7, 13, 4, 8)  # of the other linkages
HOSTILE = """</script><img src=x onerror='window.hurt=1'>"quoted" 🙂"""


def write_study(results, runs=("wd2",), seeds=(0, 1), with_phases=True, steps=STEPS):
    """Write curves, O-information and mutual information of each run and seed, and phases."""
    for run in runs:
        for seed in seeds:
            write_seed(results / run / str(seed), run, seed, steps)
        if with_phases:
            write_phases(results / run, run, seeds)


def write_seed(folder, run, seed, steps=STEPS):
    (folder / "metrics").mkdir(parents=True)
    tables = {
        "curves": curves(steps),
        "metrics/o_information": o_information(steps, seed),
        "metrics/mutual_information": information(steps, seed),
    }
    for name, rows in tables.items():
        table = pd.DataFrame(rows).assign(run=run, seed=seed)
        write_table(folder / f"{name}.parquet", table, {"run": run, "seed": seed, "training": "made up"})


def row(step, layer, metric, value, units=None):
    return {"step": step, "layer": layer, "metric": metric, "value": float(value), "units": units}


def curves(steps):
    """Return a train accuracy of 1 from step 5 on, and a test accuracy of 1 from step 50 on."""
    rows = []
    for step in steps:
        rows += [row(step, None, "train_accuracy", step >= 5), row(step, None, "test_accuracy", step >= 50)]
        rows += [row(step, None, "test_loss", np.nan if step == 2 else 1 / (1 + step))]
    return [{key: value for key, value in each.items() if key != "units"} for each in rows]


def o_information(steps, seed):
    """Return a synergy of i + 1 bits at the i-th step among units i and seed + 9; redundancy is 2 bits."""
    rows = []
    for i, step in enumerate(steps):
        rows += [row(step, "hidden", "synergy", -np.log(2) * (i + 1), [i, seed + 9])]
        rows += [row(step, "hidden", "redundancy", 2 * np.log(2), [0, 1, 2])]
        rows += [row(step, "hidden", "synergy_order_1", 7.0)]
    return rows


def write_bins(folder, run, seed=0, steps=STEPS, name="o_information", ties="average", **changed):
    """Write scores and a metric that was made from them: at the i-th step, multiplets of `BINS[i % 2]`.

    The most synergistic multiplet is the first two bins, the most redundant one the first and the last.
    `changed` holds options of the metric, and the units of synergy at some steps, {i: units}, as `units`.
    """
    origin = {"run": run, "seed": seed, "training": "made up"}
    path = folder / f"scores/{ties}.parquet"
    path.parent.mkdir(exist_ok=True)
    header = {"dataset": "made up", "recorded": list(steps), "steps": list(steps), "made_by": {}}
    write_scores(path, [scores(step, TREES[i % 2], ties) for i, step in enumerate(steps)], origin | header)
    rows = multiplets(steps, changed.pop("units", {}))
    module = changed.pop("module", "o_information")
    said = {"module": module, "options": {"linkage": "ward", "n_bins": 3, "ties": ties} | changed}
    inputs = {f"{run}/{seed}/scores/{ties}.parquet": {"content": content_of(path), "lineage": ""}}
    table = pd.DataFrame(rows).assign(run=run, seed=seed)
    said |= {"made_by": {"inputs": inputs}}
    write_table(folder / f"metrics/{name}.parquet", table, origin | said)
    return path


def scores(step, tree, ties):
    parts = {"n_samples": 5, "width": 9, "n_constant": 1, "live": LIVE, "covariance": [0.0], "ward": tree}
    others = {"average": OTHER_TREE, "complete": OTHER_TREE}
    return {"step": step, "layer": "hidden", "ties": ties, **parts, **others}


def multiplets(steps, changed):
    rows = []
    for i, step in enumerate(steps):
        first, second, last = BINS[i % 2]
        rows += [row(step, "hidden", "synergy", -np.log(2), changed.get(i, first + second))]
        rows += [row(step, "hidden", "redundancy", np.log(2), first + last)]
    return rows


def information(steps, seed):
    """Return I(T;X) = i + seed and I(T;Y) = i / 2 at the i-th step."""
    rows = []
    for i, step in enumerate(steps):
        rows += [row(step, "hidden", "information_x", i + seed), row(step, "hidden", "information_y", i / 2)]
    return [{key: value for key, value in each.items() if key != "units"} for each in rows]


def write_regions(folder, run, seed=0, steps=STEPS, with_polygons=True):
    """Write strips of a square and their counts: at the i-th step, lines of the neurons 0 .. 7-i cut it."""
    rows = {"linear_regions": region_counts(steps)} | ({"partition": strips(steps)} if with_polygons else {})
    for name, each in rows.items():
        table = pd.DataFrame(each).assign(run=run, seed=seed)
        write_table(folder / f"metrics/{name}.parquet", table, {"run": run, "seed": seed})


def region_counts(steps):
    """Return 9 - i regions at the i-th step; one more disappears at each."""
    rows = []
    for i, step in enumerate(steps):
        counts = {"regions": 9 - i, "regions_resolved": 9 - i, "boundaries": 8 - i, "crossings": 0}
        if i:
            counts |= {"alignment": 0, "disappearance": 1, "merging": 0, "born": 0}
            rows += [row(step, "hidden", "example_disappearance", 0.1, [8 - i])]
        rows += [row(step, "hidden", metric, value) for metric, value in counts.items()]
    return rows


def strips(steps):
    """Return the corners of strips and the lines between; in a strip, the neurons to its left are active."""
    rows = []
    for i, step in enumerate(steps):
        edges = [*(np.arange(9 - i) / 9), 1.0]
        for j, (left, right) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
            rows += points(step, "corner", [(left, 0), (right, 0), (right, 1), (left, 1)], [*range(j)])
            rows += points(step, "end", [(left, 0), (left, 1)], [j - 1]) if j else []
    return rows


def points(step, name, places, units):
    return [row(step, "hidden", f"{name}_{k + 1}", at[k], units) for at in places for k in (0, 1)]


def write_figure(results, name, notes="", formats=("pdf", "png")):
    """Write files of a figure, which nobody opens, and its notes."""
    path = results / "figures" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for each in formats:
        path.with_name(f"{path.name}.{each}").write_bytes(b"")
    if notes:
        path.with_name(f"{path.name}.md").write_text(notes, encoding="utf-8")


def write_phases(folder, run, seeds):
    """Write an Emergence from step 10 to step 50 of each seed and of the mean curve."""
    rows = [
        {
            "run": run,
            "seed": seed,
            "source": "o_information",
            "layer": "hidden",
            "rule": rule,
            "curve": OWN if seed is not None else MEAN,
            "event": f"emergence.{end}",
            "status": "found",
            "step": step + (rule != "stated"),
        }
        for seed in [*seeds, None]
        for rule in ("stated", "noise x 2")
        for end, step in (("start", 10.0), ("end", 50.0))
    ]
    write_events(folder / "phases.parquet", pd.DataFrame(rows).astype({"seed": "Int64"}), {"run": run})

"""The numbers of a study as the explorer's page holds them, thinned by a stated rule.

Each table of each seed keeps at most `n_steps` of its steps: those nearest to logarithmically spaced ones,
among them its first and last. The steps of the seed's events are kept besides. Values have five significant
digits. What is not finite is null. Metrics of single random orders of the samples (`synergy_order_1`) are
left out, and so are metrics with several values at a step, apart from the regions and boundaries of
`partition` (`square_packing`).
"""

import math
from typing import Any

import numpy as np
import pandas as pd

from grokking_phases.explorer.finished_seeds import Seed, Study
from grokking_phases.explorer.multiplet_bins import ReadBins
from grokking_phases.explorer.multiplet_packing import DISAGREE, packed_multiplets
from grokking_phases.explorer.square_packing import packed_square
from grokking_phases.explorer.table_options import told_apart

DIGITS = 5


def packed(study: Study, n_steps: int) -> dict[str, Any]:
    """Return the seeds and problems of a study for the page."""
    seeds = [packed_seed(seed, n_steps) for seed in study.seeds]
    steps = [table.pop("all_steps") for seed in seeds for table in seed["tables"].values()]
    return {
        "seeds": seeds,
        "options": told_apart(study.seeds),
        "problems": [*study.problems, *disagreements(seeds)],
        "thinning": said(n_steps, max(steps, default=0)),
    }


def said(n_steps: int, most: int) -> str:
    """Return in words what the page leaves out."""
    kept = "All steps are shown"
    if most > n_steps:
        shown = f"At most {n_steps} log-spaced steps of each table are shown"
        kept = f"{shown}, of up to {most}, and besides them those of events"
    return f"{kept}. Values have {DIGITS} significant digits; single random orders are left out."


def disagreements(seeds: list[dict]) -> list[str]:
    """Return a sentence for each table in which stored bins do not form the units at some steps."""
    sentences = []
    for seed in seeds:
        for name, table in seed["tables"].items():
            if n := sum(numbers.count(DISAGREE) for numbers in table.get("bins", {}).values()):
                place = f"{seed['run']}/{seed['seed']}, {name}"
                sentences.append(
                    f"{place}: stored bins that do not form the units are left out (steps: {n})."
                )
    return sentences


def packed_seed(seed: Seed, n_steps: int) -> dict[str, Any]:
    """Return one seed: its names, recipe, events, thinned tables, and bins (`packed_multiplets`)."""
    events = [event["step"] for event in seed.events if event["step"] is not None]
    tables, texts = {}, {}
    for name, rows in seed.tables.items():
        steps = kept_steps(rows, n_steps, events).tolist()
        if steps:
            tables[name] = packed_table(rows, steps)
            tables[name] |= packed_units(rows, steps, seed.bins.get(name), texts)
    return {
        "run": seed.run,
        "seed": seed.seed,
        "recipe": seed.recipe,
        "events": seed.events,
        "tables": tables,
        "bins": list(texts),
        "squares": [
            packed_square(rows, kept_steps(rows, n_steps, events)) for rows in seed.squares if len(rows)
        ],
    }


def packed_table(rows: pd.DataFrame, steps: list[int]) -> dict[str, Any]:
    """Return the steps that are kept, and a series for each layer and metric."""
    series = [
        {"layer": layer, "metric": metric, "values": [number(each) for each in values]}
        for (layer, metric), values in by_step(rows, "value", steps).items()
    ]
    return {"steps": steps, "series": series, "all_steps": rows["step"].nunique()}


def packed_units(
    rows: pd.DataFrame, steps: list[int], stored: ReadBins | None, texts: dict[str, int]
) -> dict[str, Any]:
    """Return the members of multiplets at the steps that are kept; {} for a table without such."""
    if "units" not in rows:
        return {}
    units = by_step(rows[rows["units"].notna()], "units", steps)
    return packed_multiplets(units, steps, stored(steps) if stored else {}, texts)


def by_step(rows: pd.DataFrame, column: str, steps: list[int]) -> dict[tuple[str, str], list]:
    """Return {(layer, metric): what a column holds at each step}; None where it holds nothing."""
    place = {step: i for i, step in enumerate(steps)}
    found: dict[tuple[str, str], list] = {}
    columns = (rows[name].tolist() for name in ("step", "layer", "metric", column))
    for step, layer, metric, content in zip(*columns, strict=True):
        if step in place:
            found.setdefault((layer, metric), [None] * len(steps))[place[step]] = content
    return found


def kept_steps(rows: pd.DataFrame, n_steps: int, events: list[float]) -> np.ndarray:
    """Return the steps of a table that the page keeps, ascending."""
    return thinned(np.unique(rows["step"].to_numpy(dtype=np.int64)), n_steps, events)


def thinned(steps: np.ndarray, n_steps: int, events: list[float]) -> np.ndarray:
    """Return at most `n_steps` of ascending steps, and besides them those at which there is an event."""
    if len(steps) <= n_steps:
        return steps
    wanted = np.geomspace(1, steps[-1] - steps[0] + 1, n_steps) + steps[0] - 1
    right = np.searchsorted(steps, wanted).clip(1, len(steps) - 1)
    nearest = np.where(wanted - steps[right - 1] <= steps[right] - wanted, right - 1, right)
    return steps[np.union1d(nearest, np.flatnonzero(np.isin(steps, events)))]


def number(value: float | None) -> float | None:
    """Return a value with `DIGITS` significant digits; None for what is missing or not finite."""
    return float(f"{value:.{DIGITS}g}") if value is not None and math.isfinite(value) else None

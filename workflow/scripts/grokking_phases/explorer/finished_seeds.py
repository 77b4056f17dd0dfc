"""The finished tables of a study, read seed by seed for the explorer."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from grokking_phases.analysis.events import AS_STATED, FOUND, NOT_REACHED, OWN, PUBLISHED, Levels, first_above
from grokking_phases.analysis.study_tables import COURSES
from grokking_phases.explorer.multiplet_bins import ReadBins, stored_bins
from grokking_phases.storage.headers import header_of
from grokking_phases.storage.tables import read_table

ONE_ORDER = re.compile(r".*_order_\d+")  # metrics of one random order of the samples
CORNER_OR_END = re.compile(r"(corner|end)_[12]")  # of the metric `partition`
WHOLE = re.compile(r"0|[1-9][0-9]*")  # as seeds are written; `01` is none
CHANGES = ("alignment", "disappearance", "merging", "born")  # numbers of regions since the snapshot before
KEY = ["step", "layer", "metric"]
EVENT_FILES = ("phases", "time_scales")


@dataclass
class Seed:
    """One seed of a run: the flat recipe, its tables by name, its squares of linear regions, and its events.

    A table has the columns step, layer (a string, '' for none), metric, value, and maybe units. `bins` holds,
    for a table of multiplets whose bins are stored, a function that reads them at some steps. A square is a
    table of the corners of regions and the ends of boundaries. `headers` holds the headers of the tables.
    """

    run: str
    seed: int
    recipe: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    headers: dict[str, dict[str, Any]] = field(default_factory=dict)
    bins: dict[str, ReadBins] = field(default_factory=dict)
    squares: list[pd.DataFrame] = field(default_factory=list)
    events: list[dict] = field(default_factory=list)


@dataclass
class Study:
    """The seeds of a study, and a sentence for each file that cannot be read.

    `results` is the folder of the results, in which figures are looked for.
    """

    seeds: list[Seed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    results: Path | None = None


def gather(results: Path, runs: Mapping[str, dict] | None = None, levels: Levels = PUBLISHED) -> Study:
    """Return what is finished in a results folder, in the order of `runs`, then by name.

    runs: the complete entries of the runs in the config. A run that has none has an empty recipe, and a seed
        that has no curves yet has no tables. A damaged file is left out, and named in `problems`.
    """
    study, entries = Study(results=results), dict(runs or {})
    place = {name: number for number, name in enumerate(entries)}
    for name, seed in sorted(
        found(results) | asked(entries), key=lambda each: (place.get(each[0], len(place)), each)
    ):
        study.seeds.append(read_seed(results, Seed(name, seed, flat(entries.get(name, {}))), levels, study))
    for name in sorted({seed.run for seed in study.seeds}):
        add_events(results / name, [seed for seed in study.seeds if seed.run == name], study)
    return study


def found(results: Path) -> set[tuple[str, int]]:
    """Return the run and seed of each folder with curves whose name is a seed."""
    paths = results.glob("*/[0-9]*/curves.parquet")
    return {(path.parts[-3], int(path.parts[-2])) for path in paths if WHOLE.fullmatch(path.parts[-2])}


def asked(entries: dict[str, dict]) -> set[tuple[str, int]]:
    """Return the run and seed of each network of a config."""
    return {(name, int(seed)) for name, entry in entries.items() for seed in entry.get("seeds", [])}


def flat(entry: dict, prefix: str = "") -> dict[str, Any]:
    """Return a nested entry with dotted keys, such as `training.weight_decay`; without the seeds."""
    items: dict[str, Any] = {}
    for key, value in entry.items():
        if isinstance(value, dict):
            items |= flat(value, f"{prefix}{key}.")
        elif key != "seeds":
            items[f"{prefix}{key}"] = value
    return items


def read_seed(results: Path, seed: Seed, levels: Levels, study: Study) -> Seed:
    """Return the seed with its tables, and with the steps at which it memorised and generalised."""
    folder = results / seed.run / str(seed.seed)
    for path in [folder / "curves.parquet", *sorted(folder.glob("metrics/*.parquet"))]:
        for rows in readable(path, study):
            drawn = rows["metric"].str.fullmatch(CORNER_OR_END)
            seed.tables[path.stem] = in_bits(one_value_each(with_totals(rows[~drawn])))
            seed.headers[path.stem] = header_of(path)
            seed.squares += [rows[drawn]] if drawn.any() else []
            if bins := stored_bins(path, study.problems):
                seed.bins[path.stem] = bins
    study.problems += [f"{folder}: {name} is of another training than the curves" for name in foreign(seed)]
    if "curves" in seed.tables:
        seed.events = accuracy_events(seed.tables["curves"], levels)
    return seed


def foreign(seed: Seed) -> list[str]:
    """Return the tables whose headers name another training than that of the curves."""
    trained = {name: header["training"] for name, header in seed.headers.items() if "training" in header}
    return [name for name in trained if trained[name] != trained.get("curves", trained[name])]


def readable(path: Path, study: Study) -> Iterator[pd.DataFrame]:
    """Yield the rows of a file; yield nothing if it is missing or, with a note in `study`, damaged."""
    if not path.exists():
        return
    try:
        yield read_table(path)
    except (ValueError, OSError) as error:
        study.problems.append(str(error))


def one_value_each(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of metrics with one value at each step, without those of single random orders."""
    rows = rows.assign(layer=rows["layer"].astype(object).where(rows["layer"].notna(), ""))
    repeated = rows.loc[rows.duplicated(KEY), "metric"].unique()
    orders = rows["metric"].str.fullmatch(ONE_ORDER)
    return rows[~(orders | rows["metric"].isin(repeated))].reset_index(drop=True)


def with_totals(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows, and for changes in the number of regions their sum up to each step, `…_so_far`.

    A page that keeps few steps can thus still tell what changed between two of them.
    """
    changes = rows[rows["metric"].isin(CHANGES)].sort_values("step", kind="stable")
    if changes.empty:
        return rows
    so_far = changes.groupby(["layer", "metric"], dropna=False)["value"].cumsum()
    return pd.concat([rows, changes.assign(metric=changes["metric"] + "_so_far", value=so_far)])


def in_bits(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with synergy (positive) and redundancy in bits, as in the figures."""
    return rows.assign(value=rows["value"] * rows["metric"].map(COURSES).astype(float).fillna(1.0))


def accuracy_events(curves: pd.DataFrame, levels: Levels) -> list[dict]:
    """Return the events `memorised` and `generalised` of one seed, as far as its accuracies were recorded."""
    levels_of = {"memorised": ("train_accuracy", levels.memorised)}
    levels_of |= {"generalised": ("test_accuracy", levels.generalised)}
    recorded = {event: of for event, of in levels_of.items() if of[0] in set(curves["metric"])}
    steps = {event: first_above(curves, metric, level) for event, (metric, level) in recorded.items()}
    place = {"source": "curves", "layer": ""}
    return [
        {**place, "event": event, "step": step, "status": FOUND if step is not None else NOT_REACHED}
        for event, step in steps.items()
    ]


def add_events(folder: Path, seeds: list[Seed], study: Study) -> None:
    """Add the events in the files of one run to its seeds."""
    for name in EVENT_FILES:
        for rows in readable(folder / f"{name}.parquet", study):
            rows = rows[rows["rule"] == AS_STATED] if "rule" in rows else rows
            for seed in seeds:
                own = rows[(rows["seed"] == seed.seed) & (rows.get("curve", OWN) == OWN)]
                seed.events += listed(own, ["source", "layer", "event", "step", "status"])


def listed(rows: pd.DataFrame, columns: list[str]) -> list[dict]:
    """Return rows as dicts, with None for what is missing, and '' for a missing layer."""
    rows = rows[columns].astype(object)
    records = rows.where(rows.notna(), None).replace({np.inf: None, -np.inf: None}).to_dict("records")
    return [record | {"layer": record["layer"] or ""} for record in records]

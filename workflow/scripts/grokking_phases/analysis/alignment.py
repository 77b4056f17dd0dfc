"""How far apart the time scales of a run are, and the time scales of all runs in words.

Both read the rows of `time_scales.find`. Whether the scales move together is another question (`comovement`).
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from grokking_phases.analysis.events import FOUND
from grokking_phases.analysis.intervals import median_interval
from grokking_phases.analysis.time_scales import SCALES, in_last_layer


def alignment(steps: pd.DataFrame) -> pd.DataFrame:
    """Return how far apart each pair of time scales (first, second) is, in log10 step: a row for each pair.

    steps: n_seeds x time scale, NaN where there is none. The columns are:

    n                      seeds that have both, later than step 0
    difference, low, high  median over these of log10(second / first) and, of two seeds or more, its
                           interval, which for up to eight seeds is the range
    distance               median of the absolute value of log10(second / first)
    distance_shuffled      the same over all pairings of one seed's first with another's second: how near the
                           two are because runs of this task are alike, whatever the seed
    """
    log_steps, rows = np.log10(steps.where(steps > 0)), []
    for first, second in combinations(steps.columns, 2):
        earlier, later = log_steps[[first, second]].dropna().to_numpy().T
        crossed = np.subtract.outer(later, earlier)  # seed of the second x seed of the first
        own = np.eye(len(earlier), dtype=bool)
        difference, low, high = median_interval(crossed[own])
        distance, shuffled = (median_interval(np.abs(crossed[of]))[0] for of in (own, ~own))
        interval = {"low": low, "high": high} if len(earlier) > 1 else {"low": np.nan, "high": np.nan}
        row = {"first": first, "second": second, "n": len(earlier), "difference": difference, **interval}
        rows.append(row | {"distance": distance, "distance_shuffled": shuffled})
    return pd.DataFrame(rows)


def aligned(events: pd.DataFrame) -> pd.DataFrame:
    """Return the `alignment` of each run, from rows of `find`.

    Its column `missing` says why no seed has both time scales of a pair.
    """
    tables = []
    for run, of in headline(events).groupby("run", sort=False):
        each, over = of[of["seed"].notna()], of[of["seed"].isna()].set_index("event")
        steps = each.pivot(index="seed", columns="event", values="step").reindex(columns=list(over.index))
        table = alignment(steps).assign(run=run)
        pairs = zip(table["first"], table["second"], table["n"], strict=True)
        table["missing"] = [None if n else lacking(over, pair) for *pair, n in pairs]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def headline(events: pd.DataFrame) -> pd.DataFrame:
    """Return each time scale once, from the last layer and the first source of I(T;X)."""
    return in_last_layer(events[events["event"].isin(SCALES)]).drop_duplicates(["run", "seed", "event"])


def lacking(over: pd.DataFrame, pair: list[str]) -> str:
    """Return why no seed has both of a pair: `compress absent`, `fit at step 0`, or `never in one seed`."""
    without = [f"{name} {over.loc[name, 'status']}" for name in pair if over.loc[name, "status"] != FOUND]
    without += [f"{name} at step 0" for name in pair if over.loc[name, "step"] == 0]
    return ", ".join(without) or "never in one seed"


def in_words(events: pd.DataFrame) -> pd.DataFrame:
    """Return the time scales over seeds in words: a row for each run, a column for each time scale.

    A cell is `1,979 [1,856 – 2,103], 2 of 2` (median, interval, seeds that have it), or why there is none.
    For two to eight seeds the interval is the range.
    """
    over = headline(events[events["seed"].isna()])
    words = over.assign(text=[worded(row) for row in over.itertuples()])
    table = words.pivot(index="run", columns="event", values="text").reindex(
        over["run"].unique(), columns=SCALES
    )
    return table.dropna(axis=1, how="all").fillna("not measured")


def worded(row: NamedTuple) -> str:
    """Return a cell of `in_words`."""
    counted = f"{row.n_found} of {row.n_seeds}"
    if row.status != FOUND:
        return f"{row.status} ({counted})" if row.n_found else row.status
    high = "never" if np.isinf(row.high) else f"{row.high:,.0f}"
    interval = "" if np.isnan(row.low) else f" [{row.low:,.0f} – {high}]"
    return f"{row.step:,.0f}{interval}, {counted}"

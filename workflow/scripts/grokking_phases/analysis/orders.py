"""Phases of a run in random orders of its samples, and in the order of the split.

Under `ties: paper` and `index`, O-information depends on the order of the samples (`metrics.o_information`,
option `n_orders`). The order of the split is the authors', and it is one of many. So the phases are looked
for in every order by the same rule. What appears in some orders only is a property of the order.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from grokking_phases.analysis.events import FOUND, MEDIAN, PHASES, PUBLISHED, Levels
from grokking_phases.analysis.phases import STATED, Rule, find

MEASURED = ("synergy", "redundancy", "synergy_size")
OWN = 0  # the number of the samples' own order
EDGES = [f"{phase}.{edge}" for phase in PHASES for edge in ("start", "end")]
N_PHASES = "n_phases"


def find_in_orders(
    curves: pd.DataFrame, measured: pd.DataFrame, rule: Rule = STATED, levels: Levels = PUBLISHED
) -> pd.DataFrame:
    """Return the events of `phases.find` in each order, with the column `order`; `OWN` is that of the split.

    curves, measured: tidy rows of one run, all seeds. Raise ValueError if no random order was measured.
    """
    tables = by_order(measured)
    if len(tables) == 1:
        raise ValueError("o_information: no random order was measured; set its option `n_orders`.")
    found = [find(curves, rows, rule, levels).assign(order=order) for order, rows in tables.items()]
    return pd.concat(found, ignore_index=True)


def by_order(measured: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return {order: rows of synergy, redundancy and synergy_size}, with `OWN` first."""
    parts = measured["metric"].str.extract(rf"^({'|'.join(MEASURED)})(?:_order_(\d+))?$")
    rows = measured.assign(metric=parts[0], order=parts[1].fillna(str(OWN)).astype(int))[parts[0].notna()]
    return {order: table.drop(columns="order") for order, table in rows.groupby("order")}


def over_orders(found: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each layer, seed (missing: the mean curve) and event, from `find_in_orders`.

    event                  <phase>.start, <phase>.end, or n_phases, the number of phases
    n_found, n_orders      how many of the random orders have the event, and how many there are
    own                    the step (or number) in the order of the split; NaN where it lacks the event
    least, median, most    of the steps (or numbers) in the random orders that have the event
    place                  where `own` lies among these: the share that is smaller, plus half of the equal
                           ones; NaN where there is nothing to compare
    """
    rows = []
    found = found[found["curve"] != MEDIAN]
    for (layer, seed), group in found.groupby(["layer", "seed"], dropna=False, sort=False):
        place = {"layer": layer, "seed": seed, "n_orders": group["order"].nunique() - 1}
        rows += [place | row for row in _events(group)]
    return pd.DataFrame(rows).astype({"seed": "Int64"})


def _events(group: pd.DataFrame) -> Iterator[dict]:
    """Yield the row of each event of one layer and seed; `group` has all orders."""
    steps = group[group["event"].isin(EDGES)].pivot(index="order", columns="event", values="step")
    statuses = group[group["event"].isin(EDGES)].pivot(index="order", columns="event", values="status")
    for event in EDGES:
        yield {"event": event, **compared(steps[event])}
    starts = [f"{phase}.start" for phase in PHASES]
    yield {"event": N_PHASES, **compared((statuses[starts] == FOUND).sum(axis=1).astype(float))}


def compared(values: pd.Series) -> dict[str, float]:
    """Return the columns of `over_orders` for values indexed by order; NaN: the order lacks the event."""
    own, others = values[OWN], values.drop(OWN).dropna()
    found = {"n_found": len(others), "own": own}
    if others.empty:
        return found | dict.fromkeys(("least", "median", "most", "place"), np.nan)
    place = np.nan if np.isnan(own) else ((others < own).sum() + 0.5 * (others == own).sum()) / len(others)
    return found | {"least": others.min(), "median": others.median(), "most": others.max(), "place": place}

"""Sub-networks trained alone, beside their run and beside as many units drawn at random.

Without the sets drawn at random nothing can be said about synergy: any part of a network that is large enough may
generalise as the whole does.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from grokking_phases.events import ABSENT, FOUND, NOT_REACHED, first_above
from grokking_phases.intervals import TAILS, median_interval

ORIGINAL, RANDOM = "original", "random"
QUANTITIES = ["generalised", "difference", "final_test_accuracy", "size"]


def compare(
    curves: pd.DataFrame, retrained: dict[str, pd.DataFrame], units: pd.DataFrame, at_random: set[str]
) -> pd.DataFrame:
    """Rows {of, quantity, seed, status, value, low, high, n_found, n_seeds} of one run.

    curves      tidy rows of the run, all seeds
    retrained   the same of each sub-network, by name (`synergistic.activation`); a seed without rows has none
    units       a row for each seed, subnetwork (`synergistic`) and unit of it
    at_random   which of the names were drawn at random: they are pooled as `random`

    generalised          first evaluated step with test accuracy above 0.98
    difference           the same, less that of the run's own seed
    final_test_accuracy  at the last evaluated step
    size                 number of units

    A row for each seed, then one over seeds (seed missing): the median with its bootstrap interval or, of the sets
    drawn at random, the median of all draws and seeds with the range of their central 95 %.
    """
    seeds = sorted(curves["seed"].unique())
    original = {seed: first_above(of_seed(curves, seed), "test_accuracy") for seed in seeds}
    sizes = units.groupby(["subnetwork", "seed"]).size()
    rows = []
    for name, table in {ORIGINAL: curves, **retrained}.items():
        for seed in seeds:
            size = sizes.get((name.split(".")[0], seed), np.nan)
            values = measured(of_seed(table, seed), original[seed], size)
            rows += [{"of": name, "quantity": quantity, "seed": seed, **values[quantity]} for quantity in QUANTITIES]
    rows = pd.DataFrame(rows)
    pooled = rows.assign(of=rows["of"].where(~rows["of"].isin(at_random), RANDOM))
    return pd.concat([rows, pd.DataFrame(over_seeds(pooled))], ignore_index=True).astype({"seed": "Int64"})


def of_seed(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    return table[table["seed"] == seed]


def measured(curves: pd.DataFrame, original: int | None, size: float) -> dict[str, dict]:
    """{quantity: {status, value}} of one seed."""
    if curves.empty:
        return dict.fromkeys(QUANTITIES, {"status": ABSENT, "value": np.nan})
    generalised = first_above(curves, "test_accuracy")
    accuracy = curves[curves["metric"] == "test_accuracy"].sort_values("step")["value"].iloc[-1]
    both = generalised is not None and original is not None
    values = {
        "generalised": generalised,
        "difference": generalised - original if both else None,
        "final_test_accuracy": accuracy,
        "size": size,
    }
    return {
        quantity: {"status": NOT_REACHED, "value": np.nan}
        if value is None
        else {"status": FOUND, "value": float(value)}
        for quantity, value in values.items()
    }


def over_seeds(rows: pd.DataFrame) -> Iterator[dict]:
    """One row for each (of, quantity)."""
    for (of, quantity), group in rows.groupby(["of", "quantity"], sort=False):
        found = group.loc[group["status"] == FOUND, "value"].to_numpy()
        median, low, high = median_interval(found)
        if of == RANDOM and len(found):
            low, high = np.quantile(found, TAILS)
        yield {
            "of": of,
            "quantity": quantity,
            "status": FOUND if len(found) else group["status"].mode()[0],
            "value": median,
            "low": low,
            "high": high,
            "n_found": len(found),
            "n_seeds": len(group),
        }

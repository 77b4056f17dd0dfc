"""What a comparison of sub-networks (`grokking_phases.comparison`) allows one to say, in words, from its numbers alone.

A row of it has `subnetwork`, `quantity`, `seed` (missing: over seeds), `status`, `value`, `low`, `high`, `n_found` and
`n_seeds`; of the sets drawn at random, those over seeds are over all draws.
"""

import pandas as pd

from grokking_phases.comparison import ORIGINAL, RANDOM
from grokking_phases.events import ABSENT, FOUND, NOT_REACHED

FEWEST = 20  # random sets of a run, without which no causal word is written
MEANING = (
    "Brackets (+: later): 95 % bootstrap interval of the median over seeds or, of the random sets, the central 95 % of "
    "draws. Where a median lies within that range, units chosen by O-information cannot be told from as many drawn at "
    "random; for another number of units it is no test."
)


def over_seeds(rows: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """One row a sub-network."""
    return rows[(rows["quantity"] == quantity) & rows["seed"].isna()].set_index("subnetwork")


def outcome(rows: pd.DataFrame, name: str) -> str:
    """`82 units, not reached 2 of 5`: size, and how many seeds (or draws) are without it or do not generalise."""
    of = rows[(rows["subnetwork"] == name) & rows["seed"].notna()]
    statuses = of.loc[of["quantity"] == "generalised", "status"]
    if len(statuses) and (statuses == ABSENT).all():
        return "absent"
    counts = [(status, (statuses == status).sum()) for status in (ABSENT, NOT_REACHED)]
    sizes = of.loc[of["quantity"] == "size", "value"].dropna()
    parts = [f"{ranged(sizes)} units"] if len(sizes) else []
    return ", ".join(parts + [f"{status} {n} of {len(statuses)}" for status, n in counts if n])


def ranged(sizes: pd.Series) -> str:
    low, high = f"{sizes.min():.0f}", f"{sizes.max():.0f}"
    return low if low == high else f"{low}\N{EN DASH}{high}"


def concluded(rows: pd.DataFrame, names: list[str]) -> str:
    """What is known of the original, if it does not always generalise, of the random sets, and of each sub-network."""
    differences, sizes = over_seeds(rows, "difference"), over_seeds(rows, "size")
    clauses = [f"{ORIGINAL} {outcome(rows, ORIGINAL)}"] if outcome(rows, ORIGINAL) else []
    for name in [RANDOM, *names]:
        clause = f"{name} ({outcome(rows, name) or 'not compared'})"
        if name in differences.index and differences.loc[name, "status"] == FOUND:
            clause += f" {shifted(differences.loc[name])}"
            clause += f", {placed(name, differences, sizes)}" if name != RANDOM else ""
        clauses.append(clause)
    n_draws = differences["n_seeds"].get(RANDOM, 0)
    few = f". Fewer than {FEWEST} random sets: too few for a causal word" if n_draws < FEWEST else ""
    return "; ".join(clauses) + few


def shifted(difference: pd.Series) -> str:
    """`35 steps later [+10, +60]`, of so many seeds if not all."""
    steps, n_found, n = difference["value"], difference["n_found"], difference["n_seeds"]
    when = "at the original's step" if steps == 0 else f"{abs(steps):.0f} steps {'later' if steps > 0 else 'earlier'}"
    interval = f" [{difference['low']:+.0f}, {difference['high']:+.0f}]" if n_found > 1 else ""
    return f"{when}{interval}" + (f" in {n_found:.0f} of {n:.0f}" if n_found < n else "")


def placed(name: str, differences: pd.DataFrame, sizes: pd.DataFrame) -> str:
    """Where a sub-network stands in the range of the sets drawn at random, and whether they are of its size."""
    if RANDOM not in differences.index or differences.loc[RANDOM, "status"] != FOUND:
        return "no random sets to hold it against"
    steps, of = differences.loc[name, "value"], differences.loc[RANDOM]
    place = "before" if steps < of["low"] else "after" if steps > of["high"] else "within"
    generalised = " that generalise" if of["n_found"] < of["n_seeds"] else ""
    alike = RANDOM in sizes.index and sizes.loc[RANDOM, "low"] <= sizes.loc[name, "value"] <= sizes.loc[RANDOM, "high"]
    return f"{place} the range of the random sets{generalised}" + ("" if alike else " (of another size)")

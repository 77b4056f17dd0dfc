"""Conclusions in words from a comparison of sub-networks (`analysis.comparison`).

Each row of the comparison has `subnetwork`, `quantity`, `seed` (missing: over seeds), `status`, `value`,
`low`, `high`, `n_found` and `n_seeds`. For the sets drawn at random, the rows over seeds are over all draws.
"""

import numpy as np
import pandas as pd

from grokking_phases.analysis.comparison import ORIGINAL, RANDOM
from grokking_phases.analysis.events import ABSENT, NOT_REACHED

FEWEST = 20  # random sets of a run; with fewer, no causal word is written
MEANING = [
    "Brackets (+: later): 95 % interval of the median over seeds (of five, their range, which holds the "
    "median in 94 of 100 cases) or, of the "
    "random sets, the central 95 % of draws; what never generalises counts as later than all that does.",
    "p: exact, two-sided, from the ranks of each seed's step among its own random sets', not corrected for "
    "their number. A large p does not show that there is no difference; and with more or fewer units than "
    "the random sets have, a small one says nothing of synergy.",
]


def over_seeds(rows: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return the rows of a quantity over seeds, one for each sub-network."""
    return rows[(rows["quantity"] == quantity) & rows["seed"].isna()].set_index("subnetwork")


def outcome(rows: pd.DataFrame, name: str) -> str:
    """Return the outcome of a sub-network in words: `82 units of step 27, not reached 2 of 5`.

    These are its size, the step of its multiplet, and how many seeds (or draws) lack it or do not generalise.
    """
    if lacking(rows, name) == ABSENT:
        return ABSENT
    single = rows[(rows["subnetwork"] == name) & rows["seed"].notna()]
    sizes, steps = (
        single.loc[single["quantity"] == quantity, "value"].dropna() for quantity in ("size", "chosen_at")
    )
    parts = [f"{ranged(sizes)} units of step {ranged(steps)}"] if len(sizes) else []
    return ", ".join([*parts, *filter(None, [lacking(rows, name)])])


def lacking(rows: pd.DataFrame, name: str) -> str:
    """Return how many seeds (or draws) lack a sub-network or do not generalise: `not reached 2 of 5`."""
    single = rows[(rows["subnetwork"] == name) & rows["seed"].notna()]
    statuses = single.loc[single["quantity"] == "generalised", "status"]
    if len(statuses) and (statuses == ABSENT).all():
        return ABSENT
    counts = [(status, (statuses == status).sum()) for status in (ABSENT, NOT_REACHED)]
    return ", ".join(f"{status} {n} of {len(statuses)}" for status, n in counts if n)


def ranged(numbers: pd.Series) -> str:
    """Return the range of numbers in words: `27`, or `27–82`."""
    low, high = f"{numbers.min():,.0f}", f"{numbers.max():,.0f}"
    return low if low == high else f"{low}\N{EN DASH}{high}"


def concluded(rows: pd.DataFrame, names: list[str]) -> str:
    """Return a sentence that sums up the random sets, each sub-network, and the original.

    The original is left out if it always generalises.
    """
    differences = over_seeds(rows, "difference")
    clauses = [f"{ORIGINAL} {outcome(rows, ORIGINAL)}"] if outcome(rows, ORIGINAL) else []
    for name in [RANDOM, *names]:
        clause = f"{name} ({outcome(rows, name) or 'not compared'})"
        if name in differences.index and differences.loc[name, "status"] != ABSENT:
            clause += f" {shifted(differences.loc[name], 'the original')}"
            clause += f", {placed(rows, name)}" if name != RANDOM else ""
        clauses.append(clause)
    few = f". Fewer than {FEWEST} random sets: too few for a causal word" if n_draws(rows) < FEWEST else ""
    return "; ".join(clauses) + few


def n_draws(rows: pd.DataFrame) -> int:
    """Return the number of random sets that were trained."""
    drawn = rows[(rows["subnetwork"] == RANDOM) & rows["seed"].notna() & (rows["quantity"] == "generalised")]
    return int((drawn["status"] != ABSENT).sum())


def shifted(difference: pd.Series, other: str) -> str:
    """Return a difference in words: `35 steps after the original [+10, +60]`.

    The number of seeds follows if not all generalise.
    """
    steps, n_found, n = difference["value"], difference["n_found"], difference["n_seeds"]
    if difference["status"] == ABSENT:
        return f"never, as {other}"
    if difference["status"] == NOT_REACHED:
        when = "mostly never"
    elif np.isinf(steps):
        return f"before {other}, which mostly never generalise"
    elif steps == 0:
        when = f"with {other}"
    else:
        when = f"{abs(steps):,.0f} steps {'after' if steps > 0 else 'before'} {other}"
    known = n > 1 and pd.notna(difference["low"])
    interval = f" [{bound(difference['low'])}, {bound(difference['high'])}]" if known else ""
    return f"{when}{interval}" + (f", {n_found:.0f} of {n:.0f} generalising" if n_found < n else "")


def bound(steps: float) -> str:
    """Return the end of an interval in words: `+10`, or `never` if it is infinite."""
    return f"{steps:+,.0f}" if abs(steps) < float("inf") else "never" if steps > 0 else "\N{MINUS SIGN}never"


def placed(rows: pd.DataFrame, name: str) -> str:
    """Return how a sub-network compares with its seeds' random sets, and whether they are of its size."""
    differences, p, alike = (over_seeds(rows, quantity) for quantity in ("beside_random", "p", "same_size"))
    if name not in p.index:
        return "no random sets to hold it against"
    size = "" if alike.loc[name, "value"] == 1 else " (of another size)"
    return f"{shifted(differences.loc[name], 'its random sets')}{size}, p = {p.loc[name, 'value']:.2g}"

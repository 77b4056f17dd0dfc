"""Comparison of sub-networks trained alone with their run, and with as many units drawn at random.

The random sets are the control. Any part of a network that is large enough may generalise as the whole does,
so that only a difference from random sets can say anything about synergy. A network that never generalises
counts as infinitely late. Without that rule, a median could be one of the early networks alone.

Each sub-network is compared with the random sets of its own seed, which share its initial weights and its
size (`same_size`). If the choice of units made no difference, its step would have any rank among theirs with
equal probability, in each seed. `p` is the exact probability that the sum of its ranks over all seeds is at
least as far from the middle as it is.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from grokking_phases.analysis.events import ABSENT, FOUND, NOT_REACHED, PUBLISHED, first_above
from grokking_phases.analysis.intervals import TAILS, median_interval

ORIGINAL, RANDOM = "original", "random"
ROUNDING = 1e-9


def compare(
    curves: pd.DataFrame,
    retrained: dict[str, pd.DataFrame],
    choices: pd.DataFrame,
    at_random: set[str],
    level: float = PUBLISHED.generalised,
) -> pd.DataFrame:
    """Return rows {of, quantity, seed, status, value, low, high, n_found, n_seeds} of one run's networks.

    curves      tidy rows of the run, all seeds
    retrained   {name of a sub-network (`synergistic.activation`): its tidy rows}; a seed that lacks it has no
                rows
    choices     a row for each seed and sub-network (`synergistic`): `size` and `step` of its multiplet
    at_random   names of the sub-networks that were drawn at random; they are pooled as `random`
    level       the test accuracy above which a network generalises

    generalised          first step, of those at which all networks were evaluated, with test accuracy above
                         `level`; a network whose training ended early, at a loss that was not finite, is
                         compared up to there
    difference           `generalised` minus that of the original network of the same seed
    beside_random        `generalised` minus the median over the random sets of the same seed
    final_test_accuracy  test accuracy at the last of these steps
    size, chosen_at      number of units; step at which the multiplet was found

    There is a row for each seed, then one over seeds (seed missing): the median and its interval.
    For the pooled random sets, this row has the median of all draws and seeds, and the range of their central
    95 %. Each other sub-network also has two rows over seeds alone: `p`, and `same_size`, which is 1 if in
    every seed the random sets are of its size, else 0.

    A value is found, not reached (later than any step), or absent: there is no sub-network, or nothing to
    compare it with. Over seeds it is not reached where the median is infinite. `high` may be infinite, and a
    difference minus infinity: of the two, only the sub-network generalises.
    """
    seeds = sorted(curves["seed"].unique())
    networks = {ORIGINAL: curves, **retrained}
    evaluated = common_steps([set(table["step"]) for table in networks.values() if len(table)])
    places = choices.set_index(["subnetwork", "seed"])[["size", "step"]]
    rows = []
    for name, table in networks.items():
        for seed in seeds:
            own = table[(table["seed"] == seed) & table["step"].isin(evaluated)]
            found = {"of": name, "seed": seed, **outcome(own, level), **choice(places, name, seed)}
            rows.append(found)
    wide = pd.DataFrame(rows).set_index(["of", "seed"])
    original = wide.loc[ORIGINAL, "generalised"]
    wide["difference"] = later(
        wide["generalised"], original.reindex(wide.index.get_level_values("seed")).to_numpy()
    )
    wide["beside_random"] = later(wide["generalised"], median_of_random(wide, at_random, seeds))
    tidy = in_rows(wide)
    pooled = tidy.assign(of=tidy["of"].where(~tidy["of"].isin(at_random), RANDOM))
    over = [*over_seeds(pooled), *tests(wide, at_random, seeds)]
    return pd.concat([tidy, pd.DataFrame(over)], ignore_index=True).astype({"seed": "Int64"})


def common_steps(evaluated: list[set[int]]) -> set[int]:
    """Return the steps at which all networks were evaluated that had not ended before."""
    ended = [(steps, max(steps)) for steps in evaluated]
    return {
        step for step in set().union(*evaluated) if all(step in steps or step > last for steps, last in ended)
    }


def outcome(curves: pd.DataFrame, level: float = PUBLISHED.generalised) -> dict[str, float]:
    """Return the step at which one network of one seed generalises, and its last test accuracy.

    The step is infinite if the network never generalises. Both are NaN if there are no rows.
    """
    if curves.empty:
        return {"generalised": np.nan, "final_test_accuracy": np.nan}
    step = first_above(curves, "test_accuracy", level)
    accuracy = curves[curves["metric"] == "test_accuracy"].sort_values("step")["value"].iloc[-1]
    return {"generalised": np.inf if step is None else step, "final_test_accuracy": accuracy}


def choice(places: pd.DataFrame, name: str, seed: int) -> dict[str, float]:
    """Return the size of a sub-network and the step of its multiplet; NaN for the original."""
    key = (name.split(".")[0], seed)
    size, step = places.loc[key] if key in places.index else (np.nan, np.nan)
    return {"size": size, "chosen_at": step}


def later(steps: pd.Series, reference: np.ndarray) -> pd.Series:
    """Return how many steps later than its reference each network is.

    NaN: one of the two is missing, or both are never.
    """
    with np.errstate(invalid="ignore"):
        return steps - reference


def median_of_random(wide: pd.DataFrame, at_random: set[str], seeds: list[int]) -> np.ndarray:
    """Return, for each row, the median step of the random sets of its seed; NaN where there are none."""
    drawn = wide[wide.index.get_level_values("of").isin(at_random)]["generalised"].dropna()
    medians = drawn.groupby("seed").median().reindex(seeds)
    return medians.reindex(wide.index.get_level_values("seed")).to_numpy()


def in_rows(wide: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each network, seed and quantity, with its status; an infinite value is not reached."""
    tidy = wide.melt(ignore_index=False, var_name="quantity").reset_index()
    tidy = tidy[~((tidy["of"] == ORIGINAL) & tidy["quantity"].isin(["size", "chosen_at", "difference"]))]
    status = np.where(tidy["value"].isna(), ABSENT, np.where(tidy["value"] == np.inf, NOT_REACHED, FOUND))
    return tidy.assign(status=status)


def over_seeds(rows: pd.DataFrame) -> Iterator[dict]:
    """Yield one row over seeds for each network (`of`) and quantity."""
    for (name, quantity), group in rows.groupby(["of", "quantity"], sort=False):
        values = group["value"].dropna().to_numpy()
        median, low, high = median_interval(values)
        if name == RANDOM and len(values):
            low, high = np.quantile(values, TAILS, method="nearest")
        if len(values) == 1:  # one value has no interval
            low = high = np.nan
        yield {
            "of": name,
            "quantity": quantity,
            "status": ABSENT if np.isnan(median) else NOT_REACHED if median == np.inf else FOUND,
            "value": np.nan if median == np.inf else median,
            "low": low,
            "high": high,
            "n_found": int((group["status"] == FOUND).sum()),
            "n_seeds": len(group),
        }


def tests(wide: pd.DataFrame, at_random: set[str], seeds: list[int]) -> Iterator[dict]:
    """Yield the rows `p` and `same_size` of each sub-network that was not drawn at random."""
    for name in dict.fromkeys(wide.index.get_level_values("of")):
        if name == ORIGINAL or name in at_random:
            continue
        pairs = []
        for seed in seeds:
            draws = wide.loc[[(draw, seed) for draw in sorted(at_random)]].dropna(subset="generalised")
            own = wide.loc[(name, seed)]
            if len(draws) and not np.isnan(own["generalised"]):
                pairs.append((own, draws))
        if pairs:
            p = exact_p([(own["generalised"], draws["generalised"].to_numpy()) for own, draws in pairs])
            alike = all((draws["size"] == own["size"]).all() for own, draws in pairs)
            for quantity, value in {"p": p, "same_size": float(alike)}.items():
                row = {"of": name, "quantity": quantity, "status": FOUND, "value": value}
                yield row | {"n_found": len(pairs), "n_seeds": len(seeds)}


def exact_p(seeds: list[tuple[float, np.ndarray]]) -> float:
    """Return the exact two-sided p-value of one value among draws, by its rank in each seed.

    seeds: (value, draws) of each seed. Ties share their mean rank.
    """
    observed, sums, weights = 0.0, np.zeros(1), np.ones(1)
    for own, draws in seeds:
        ranks = rankdata([own, *draws])
        observed += ranks[0]
        sums, place = np.unique(np.add.outer(sums, ranks).ravel(), return_inverse=True)
        weights = np.bincount(place, np.repeat(weights, len(ranks)) / len(ranks))
    middle = (sums * weights).sum()
    far = np.abs(sums - middle) >= np.abs(observed - middle) - ROUNDING
    return float(weights[far].sum())

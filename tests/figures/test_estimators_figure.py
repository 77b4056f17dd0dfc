"""Compression is claimed by votes, and an estimate at its ceiling has none."""

import pandas as pd

from grokking_phases.figures.two_phase.estimators import not_judged, said, saturated, votes_of

METRICS = {
    "kde": {"estimator": "kernel_density", "noise_scale": "relative"},
    "kde_absolute": {"estimator": "kernel_density", "noise_scale": "absolute"},
    "quantile": {"estimator": "binning", "bin_edges": "quantile"},
    "quantile_bins8": {"estimator": "binning", "bin_edges": "quantile"},
    "probes": {"estimator": "linear_probe"},
}
TURNS = {"compress": 100.0, "compress_tripled": 100.0}
STAYS = {"compress": None, "compress_tripled": None}
ONLY_AS_IT_IS = {"compress": 100.0, "compress_tripled": None}


def test_every_resolution_below_its_ceiling_votes():
    seen = {"kde": TURNS, "kde_absolute": STAYS, "quantile": STAYS, "quantile_bins8": TURNS}
    seen["probes"] = ONLY_AS_IT_IS
    votes = {"kernel density": [True], "quantile bins": [False, True], "linear probes": [False]}
    assert votes_of(seen, set(), METRICS) == votes
    assert votes_of(seen, {"quantile"}, METRICS) == votes | {"quantile bins": [True]}


def test_nobody_votes_where_all_resolutions_are_at_their_ceiling_or_missing():
    seen = {"kde": TURNS, "quantile": TURNS, "quantile_bins8": TURNS}
    votes = votes_of(seen, {"quantile", "quantile_bins8"}, METRICS)
    assert votes == {"kernel density": [True], "quantile bins": [], "linear probes": []}


def test_judges_at_their_ceiling_and_judges_that_are_missing_are_told_apart():
    seen = {"kde": TURNS, "quantile": TURNS}
    drawn = votes_of(seen, set(), METRICS)
    full, missing = not_judged(votes_of(seen, {"quantile"}, METRICS), drawn).split(";")
    assert "quantile bins" in full
    assert "linear probes" in missing


def test_no_turn_and_too_few_snapshots_to_tell_are_told_apart():
    statuses = ["absent", "not reached", "too few snapshots"]
    events = [pd.DataFrame([{"event": "compress", "status": status, "step": None}]) for status in statuses]
    assert len({said(each) for each in events}) == 3


def test_the_mean_over_seeds_decides_whether_an_estimate_is_at_its_ceiling():
    part = {("kde", 1): (0.99, 0.96), ("kde", 9): (0.5, 0.5), ("quantile", 1): (0.99, 0.98)}
    numbers = pd.DataFrame(
        [
            {
                "run": "a",
                "estimate": estimate,
                "step": step,
                "seed": seed,
                "metric": metric,
                "normalised": value,
            }
            for (estimate, step), values in part.items()
            for seed, value in enumerate(values)
            for metric in ("information_x", "information_x_units")
        ]
    )
    found = saturated(numbers).set_index(["run", "estimate"])["saturated"]
    assert found.to_dict() == {("a", "kde"): False, ("a", "quantile"): True}

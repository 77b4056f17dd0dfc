"""How often the rules find something in noise, and how often what was planted.

    PYTHONPATH=workflow/scripts python tests/analysis/rates.py

writes docs/tables/rules.csv. Curves are in units of the standard deviation of their noise.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from grokking_phases.analysis.noise import clear_peaks
from grokking_phases.analysis.phases import STATED as PHASE_RULE
from grokking_phases.analysis.phases import find
from grokking_phases.analysis.time_scales import STATED, second_descent, turning_point
from grokking_phases.steps import steps_of

LAST, TABLE = 4000, Path(__file__).parents[2] / "docs/tables/rules.csv"
DRAWS, PHIS = 400, (0, 0.3, 0.6, 0.9)
TIME_SCALES, PHASES = (12, 24, 30, 60, 120), (8, 12, 20, 30, 45, 60, 90, 120)
IN_WHITE = replace(STATED, assumed="white")
BREADTHS = {"time scales": (STATED.prominence, STATED.smoothing, STATED.breadth, STATED.assumed)}
BREADTHS["phases"] = (PHASE_RULE.prominence, PHASE_RULE.smoothing, PHASE_RULE.breadth, "white")
# Corners of a curve with the five phases, in units in which its first peak is 3 above the low after it.
FIVE = {8: 2, 12: 1, 30: 1, 80: 5, 250: 2, 700: 6, 2000: 0.5, LAST: 0.5}
REDUNDANCY = {8: 10, 30: 10, 80: 4, 250: 2.5, 700: 3, 2000: 8, LAST: 8}
ACCURACY = {8: 0.01, 700: 0.01, 2000: 1, LAST: 1}


def steps(n):
    return steps_of({"log": n}, LAST)[1:]


def noise(n, n_draws, phi=0.0, seed=0):
    """Return normal noise of variance 1 with autocorrelation phi from snapshot to snapshot, a row a draw."""
    drawn = np.random.default_rng([seed, n]).standard_normal((n_draws, n))
    for i in range(1, n):
        drawn[:, i] = phi * drawn[:, i - 1] + np.sqrt(1 - phi**2) * drawn[:, i]
    return drawn


def courses(n):
    """Return courses without a peak, on which noise of standard deviation 1 lies."""
    x = np.log(steps(n))
    return {
        "constant": 0 * x,
        "line that rises": 3 * x,
        "line that falls": -3 * x,
        "early rise": 10 / (1 + np.exp(-3 * (x - 2))),
        "late jump": 1000 / (1 + np.exp(-5 * (x - 6))),
        "early fall": 10 / (1 + np.exp(3 * (x - 2))),
    }


def bump(n, height, centre=5.0):
    """Return a bump with a standard deviation of 1 in ln step, at step 148 unless a centre is given."""
    return height * np.exp(-((np.log(steps(n)) - centre) ** 2) / 2)


def series(corners, n):
    """Return values at the steps, straight in ln step between the corners."""
    return np.interp(np.log(steps(n)), np.log(list(corners)), list(corners.values()))


def rate(curves, n, rule, *constants):
    """Return the share of curves with which a rule, a function of a curve by step, finds something."""
    return np.mean([rule(pd.Series(curve, steps(n)), *constants) is not None for curve in curves])


def any_peak(rules):
    """Return a rule that finds any clear peak, under the constants of `time scales` or of `phases`."""

    def rule(curve):
        return True if len(clear_peaks(curve, *BREADTHS[rules])) else None

    return rule


def tables(S, R, n):
    """Return curves and O-information of one seed, tidy."""
    values = {"synergy": -S, "redundancy": R}
    values |= dict.fromkeys(["train_accuracy", "test_accuracy"], series(ACCURACY, n))
    rows = [pd.DataFrame({"step": steps(n), "metric": name, "value": each}) for name, each in values.items()]
    rows = [each.assign(run="r", seed=0, layer="hidden") for each in rows]
    return pd.concat(rows[2:]), pd.concat(rows[:2])


def phases_in(S, R, n):
    """Return {phase: status of its start} in one seed."""
    table = find(*tables(S, R, n))
    starts = table[(table["seed"] == 0) & table["event"].str.endswith(".start")]
    return dict(zip(starts["event"].str.removesuffix(".start"), starts["status"], strict=True))


def emergence_rate(n, n_draws, phi=0.0):
    """Return the share of draws of noise in which Emergence is found; R falls where it should."""
    possible = any_peak("phases")
    found = 0
    for S in noise(n, n_draws, phi):
        if possible(pd.Series(S, steps(n)).loc[PHASE_RULE.first_step :]):
            found += phases_in(S, series(REDUNDANCY, n), n)["emergence"] == "found"
    return found / n_draws


def five_rate(n, n_draws, scatter):
    """Return the share of draws in which all five phases of a planted curve are found."""
    draws = zip(noise(n, n_draws), noise(n, n_draws, seed=1), strict=True)
    found = [
        set(phases_in(series(FIVE, n) + scatter * S, series(REDUNDANCY, n) + scatter * R, n).values())
        for S, R in draws
    ]
    return np.mean([statuses == {"found"} for statuses in found])


def time_scale_rates():
    """Yield rows of the table of rates: the rules of the time scales; found, then found or undecided."""
    for n in TIME_SCALES:
        height, fall = 12 if n == 12 else 4, 20 * np.exp(-np.log(steps(n)))
        for name, rule, start in (
            ("turning_point", turning_point, 0),
            ("second_descent", second_descent, fall),
        ):
            curves = {f"noise, autocorrelation {phi:g}": noise(n, DRAWS, phi) for phi in PHIS}
            for course, y in courses(n).items():
                curves[f"{course} and white noise"] = y + noise(n, DRAWS // 2)
            for phi in PHIS:
                curves[f"bump of {height}, autocorrelation {phi:g}"] = (
                    start + bump(n, height) + noise(n, DRAWS, phi)
                )
            for curve, drawn in curves.items():
                yield name, n, curve, rate(drawn, n, rule), rate(drawn, n, rule, IN_WHITE)


def phase_rates():
    """Yield rows of the table of rates: the rule of the phases."""
    for n in PHASES:
        for phi in PHIS:
            yield "emergence", n, f"noise, autocorrelation {phi:g}", emergence_rate(n, DRAWS, phi), None
        for scatter in (0.3, 0.5):
            planted = f"five phases, dip of {3 / scatter:g} times the scatter, white noise"
            yield "five phases", n, planted, five_rate(n, DRAWS // 8, scatter), None


if __name__ == "__main__":
    columns = ["rule", "n_snapshots", "curve", "rate_found", "rate_found_if_white"]
    pd.DataFrame([*time_scale_rates(), *phase_rates()], columns=columns).to_csv(
        TABLE, index=False, float_format="%.4g"
    )

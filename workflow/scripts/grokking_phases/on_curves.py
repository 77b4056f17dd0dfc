"""Phases and time scales from curves that a user has at hand, as tidy tables or one column for each curve."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from grokking_phases.analysis import phases, time_scales
from grokking_phases.analysis.events import PUBLISHED, Levels
from grokking_phases.arguments import type_of

Curves = Mapping[str, Any] | pd.DataFrame
PLACE = {"run": "run", "seed": 0, "layer": None}  # where a table does not say


def find_phases(
    curves: Curves, o_information: Curves, *, rule: phases.Rule = phases.STATED, levels: Levels = PUBLISHED
) -> pd.DataFrame:
    """Return the phases of a training, from memorising to generalising, by a rule stated beforehand.

    curves: train_accuracy and test_accuracy over steps. o_information: synergy (min Omega, negative where
    synergy dominates) and redundancy (max Omega), in nats. Each is a frame or a dict with the column `step`
    and one for each curve; or a tidy table with the columns step, metric, value and, if there are several,
    run, seed and layer.
    rule: the constants of the rule, which `analysis.phases` states. levels: the accuracies from which a run
    counts as memorised and generalised.

    Each event has a row for each seed and layer, with its `status` and `step`; then rows over seeds. With
    fewer than 30 snapshots, or in a constant curve or noise, no phase is found; its `status` says why.
    Raise ValueError, naming the column, for a table that lacks one.

    >>> import numpy as np
    >>> from grokking_phases import find_phases
    >>> step = np.unique(np.geomspace(1, 10000, 120).astype(int))
    >>> bump = np.exp(-((np.log(step) - np.log(300)) ** 2))  # synergy rises to a peak at step 300
    >>> o_information = {"step": step, "synergy": -1 - bump, "redundancy": 2 - bump}
    >>> curves = {"step": step, "train_accuracy": step > 50, "test_accuracy": step > 2000}
    >>> found = find_phases(curves, o_information)
    >>> found = found[found["curve"] == "each seed"].set_index("event")
    >>> found.loc[["memorised", "generalised", "divergence.start"], "status"].to_list()
    ['found', 'found', 'absent']
    >>> 250 < int(found.loc["emergence.end", "step"]) < 350
    True
    """
    return phases.find(
        _tidy(curves, "curves", ["train_accuracy", "test_accuracy"]),
        _tidy(o_information, "o_information", ["synergy", "redundancy"]),
        rule,
        levels,
    )


def find_time_scales(
    curves: Curves,
    measured: Mapping[str, Curves] | None = None,
    *,
    rule: time_scales.Rule = time_scales.STATED,
    levels: Levels = PUBLISHED,
) -> pd.DataFrame:
    """Return the time scales of a training: when it fits, generalises, compresses, and so on.

    curves: train_accuracy, test_accuracy and test_loss over steps, in the form that `find_phases` takes.
    measured: {source: curves of a metric}, with information_x and ceiling_x, linear_mapping_number or
    local_complexity_train.
    rule: the constants of the rules, which `analysis.time_scales` states. levels: the accuracy of `fit`.

    Each time scale (`event`) has a row for each seed, with its `status` and `step`; then rows over seeds. In
    constant curves and noise there is no turning point: the status is absent or too few snapshots. Raise
    ValueError, naming the column, for a table that lacks one.

    >>> import numpy as np
    >>> from grokking_phases import find_time_scales
    >>> step = np.unique(np.geomspace(1, 10000, 120).astype(int))
    >>> curves = {"step": step, "train_accuracy": step > 50, "test_accuracy": step > 2000}
    >>> curves["test_loss"] = 1 + np.exp(-((np.log(step) - np.log(500)) ** 2))
    >>> found = find_time_scales(curves)
    >>> found = found[found["seed"].notna()].set_index("event")
    >>> int(found.loc["fit", "step"]), found.loc["peak", "status"]
    (51, 'absent')
    """
    tables = {source: _tidy(table, source, []) for source, table in (measured or {}).items()}
    needed = ["train_accuracy", "test_accuracy", "test_loss"]
    return time_scales.find(_tidy(curves, "curves", needed), tables, rule, levels)


def _tidy(given: Curves, name: str, needed: list[str]) -> pd.DataFrame:
    """Return curves as tidy rows of real numbers: run, seed, layer, step, metric, value.

    Raise ValueError, naming the table, if it has no steps or lacks a metric of `needed`.
    """
    table = _frame(given, name)
    if not {"metric", "value"} <= set(table):
        table = table.melt([key for key in (*PLACE, "step") if key in table], var_name="metric")
    table = table.assign(**{key: value for key, value in PLACE.items() if key not in table})
    for metric in needed:
        if metric not in set(table["metric"]):
            found = ", ".join(dict.fromkeys(map(str, table["metric"]))) or "nothing"
            raise ValueError(f"{name} has no {metric} (it has {found}); give this curve, or name it so.")
    try:
        return table.astype({"step": int, "value": float})
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} holds steps or values that are no numbers ({error}); correct them."
        ) from None


def _frame(given: Curves, name: str) -> pd.DataFrame:
    """Return a frame or a dict of columns as a frame with the column `step`."""
    if isinstance(given, Mapping):
        given = pd.DataFrame({key: _array(values) for key, values in given.items()})
    if not isinstance(given, pd.DataFrame):
        raise ValueError(f"{name} must be a frame or a dict of curves, not {type_of(given)}; give one.")
    if "step" not in given and given.index.name == "step":
        given = given.reset_index()
    if "step" not in given:
        found = ", ".join(map(str, given)) or "none"
        raise ValueError(f"{name} has no column 'step' (its columns: {found}); name the column of steps so.")
    return given


def _array(values: Any) -> np.ndarray:
    """Return one column, which may be a torch tensor, as an array."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)

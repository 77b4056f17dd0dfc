"""Phases and time scales from curves that a user has at hand, as tidy tables or one column for each curve."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from grokking_phases.analysis import phases, time_scales
from grokking_phases.analysis.events import LIMITS, PUBLISHED, Levels
from grokking_phases.arguments import check_limits, type_of
from grokking_phases.data.accuracies import ACCURACIES, check_accuracies

Curves = Mapping[str, Any] | pd.DataFrame
MEASURED = list(dict.fromkeys([*time_scales.INFORMATION.values(), *time_scales.LARGEST.values()]))
PLACE = {"run": "run", "seed": 0, "layer": None}  # where a table does not say


def find_phases(
    curves: Curves, o_information: Curves, *, rule: phases.Rule = phases.STATED, levels: Levels = PUBLISHED
) -> pd.DataFrame:
    """Return the phases of a training, from memorising to generalising, by a rule stated beforehand.

    curves: train_accuracy and test_accuracy, from 0 to 1, over steps. o_information: synergy (min Omega,
    negative where synergy dominates) and redundancy (max Omega), in nats. Each is a frame or a dict with the
    column `step` and one for each curve; or a tidy table with the columns step, metric, value and, if there
    are several, run, seed and layer.
    rule: the constants of the rule, which `analysis.phases` states. levels: the accuracies from which a run
    counts as memorised and generalised.

    Each event has a row for each seed and layer, with its `status` and `step`; then rows over seeds. With
    fewer than 30 snapshots, or in a constant curve or noise, no phase is found; its `status` says why.
    Raise ValueError, naming the column, for a table that lacks one, and for values that are masked, infinite
    or no accuracies, and steps below 0.

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
    _check_constants(rule, phases.Rule, levels)
    measured = _tidy(o_information, "o_information", ["synergy", "redundancy"])
    _check_signs(measured)
    evaluated = _of_network(curves, ["train_accuracy", "test_accuracy"])
    evaluated, tables = _of_one_run(evaluated, {"o_information": measured})
    return phases.find(evaluated, tables["o_information"], rule, levels)


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
    ValueError as `find_phases` does.

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
    _check_constants(rule, time_scales.Rule, levels)
    if not isinstance(measured, Mapping | None):
        raise ValueError(f"measured must be {{source: curves}}, not {type_of(measured)}; give a dict.")
    tables = {source: _tidy(table, source, []) for source, table in (measured or {}).items()}
    for source, table in tables.items():
        _check_measured(table, source)
        _check_ceilings(table, source)
    evaluated = _of_network(curves, ["train_accuracy", "test_accuracy", "test_loss"])
    return time_scales.find(*_of_one_run(evaluated, tables), rule, levels)


def _check_constants(rule: Any, kind: type, levels: Any) -> None:
    """Raise ValueError unless a rule is of its kind, and levels are accuracies from 0 to 1."""
    for name, value, expected in (("rule", rule, kind), ("levels", levels, Levels)):
        if not isinstance(value, expected):
            which = f"{expected.__module__}.{expected.__name__}"
            raise ValueError(f"{name} is {type_of(value)}, and must be a {which}; give one.")
    check_limits(LIMITS, **vars(levels))


def _of_one_run(
    curves: pd.DataFrame, measured: dict[str, pd.DataFrame]
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the tables with one name of their run, which one that does not say takes from the others.

    Raise ValueError if they name several, or if a seed was measured of which there are no curves.
    """
    runs = {run for table in (curves, *measured.values()) for run in table["run"].unique()} - {PLACE["run"]}
    if len(runs) > 1:
        which = ", ".join(sorted(map(str, runs)))
        raise ValueError(f"curves and what was measured are of several runs, {which}; give those of one.")
    for name, table in measured.items():
        for seed in sorted({*table["seed"]} - {*curves["seed"]}):
            known = ", ".join(map(str, sorted({*curves["seed"]})))
            what = f"{name} has the seed {seed}, of which there are no curves (they are of {known})"
            raise ValueError(f"{what}; give its curves, or leave it out.")
    run = next(iter(runs), PLACE["run"])
    return curves.assign(run=run), {name: table.assign(run=run) for name, table in measured.items()}


def _check_signs(table: pd.DataFrame) -> None:
    """Raise ValueError if synergy, the least O-information, is above redundancy, the largest."""
    rows = table.assign(layer=table["layer"].astype(object).fillna(""))
    both = rows.pivot(index=["seed", "layer", "step"], columns="metric", values="value")
    for (_, _, step), row in both[both["synergy"] > both["redundancy"]].iterrows():
        above = f"synergy {row['synergy']:g} above redundancy {row['redundancy']:g}"
        what = f"o_information has {above} at step {step}, the least and the largest O-information"
        raise ValueError(f"{what}; give it with its own sign, negative for synergy (figures turn it).")


def _check_measured(table: pd.DataFrame, name: str) -> None:
    """Raise ValueError unless a table has a curve in which a time scale can be found."""
    if not set(MEASURED) & set(table["metric"]):
        found = ", ".join(dict.fromkeys(map(str, table["metric"]))) or "nothing"
        what = f"{name} has none of {', '.join(MEASURED)} (it has {found})"
        raise ValueError(f"{what}; give one of these curves, or name it so.")


def _check_ceilings(table: pd.DataFrame, name: str) -> None:
    """Raise ValueError unless ceiling_x stands beside each value of information_x."""
    rows = table.assign(layer=table["layer"].astype(object).fillna(""))
    place = ["seed", "layer", "step"]
    known = pd.MultiIndex.from_frame(rows.loc[rows["metric"] == "ceiling_x", place])
    measured = rows[rows["metric"] == "information_x"]
    for row in measured[~pd.MultiIndex.from_frame(measured[place]).isin(known)].itertuples():
        layer = f", layer {row.layer}" if row.layer else ""
        what = f"{name} has information_x without ceiling_x, the most that it can be, at step {row.step}"
        what += f" (seed {row.seed}{layer})"
        raise ValueError(f"{what}; give that too (ln of the number of samples, for distinct ones).")


def _of_network(curves: Curves, needed: list[str]) -> pd.DataFrame:
    """Return curves of the whole network, which has no layers, as `_tidy` does.

    Raise ValueError for accuracies that are not from 0 to 1.
    """
    table = _tidy(_frame(curves, "curves").drop(columns="layer", errors="ignore"), "curves", needed)
    for row in table[table["metric"].isin(ACCURACIES)].itertuples():
        check_accuracies({row.metric: row.value}, row.step, "curves")
    return table


def _tidy(given: Curves, name: str, needed: list[str]) -> pd.DataFrame:
    """Return curves as tidy rows of real numbers: run, seed, layer, step, metric, value.

    Raise ValueError, naming the table, if it has no steps, several runs, two values of a metric at a step, or
    values that are infinite, or if a seed lacks a metric of `needed`.
    """
    table = _frame(given, name)
    if not {"metric", "value"} <= set(table):
        table = table.melt([key for key in (*PLACE, "step") if key in table], var_name="metric")
    table = table.assign(**{key: value for key, value in PLACE.items() if key not in table})
    table = _numbers(table, name)
    if table["run"].nunique() > 1:
        raise ValueError(f"{name} holds {table['run'].nunique()} runs; give one run at a time.")
    for row in table[table.duplicated(["seed", "layer", "metric", "step"])].itertuples():
        what = f"{name} has two values of {row.metric} of seed {row.seed} at step {row.step}"
        raise ValueError(f"{what}; give one.")
    for row in table[np.isinf(table["value"])].itertuples():
        what = f"{name} has {row.value} as {row.metric} at step {row.step}"
        raise ValueError(f"{what}; leave this step out, or give NaN.")
    for seed, rows in table.groupby("seed") if len(table) else [(PLACE["seed"], table)]:
        for metric in [each for each in needed if each not in set(rows["metric"])]:
            found = ", ".join(dict.fromkeys(map(str, rows["metric"]))) or "nothing"
            which = f" of seed {seed}" if table["seed"].nunique() > 1 else ""
            what = f"{name}{which} has no {metric} (it has {found})"
            raise ValueError(f"{what}; give this curve, or name it so.")
    return table


def _numbers(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table with whole seeds and steps, and real values; raise ValueError for others."""
    for column, whole in {"seed": True, "step": True, "value": False}.items():
        for given, metric in zip(table[column], table["metric"], strict=True):
            number = _number(given)
            if number is None or (whole and number % 1 != 0):  # also of NaN and infinity
                what = f"the {column} {given}" if whole else f"{given!r} as {metric}"
                kind = "whole number" if whole else "real number"
                raise ValueError(f"{name} holds {what}, which is no {kind}; correct it.")
    table = table.astype({"seed": float, "step": float, "value": float}).astype({"seed": int, "step": int})
    if (table["step"] < 0).any():
        raise ValueError(f"{name} holds the step {table['step'].min()}; steps count from 0, so correct it.")
    return table


def _number(value: Any) -> float | None:
    """Return a value, which may be a text or None, as a number; None if it is none."""
    try:
        return float("nan") if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _frame(given: Curves, name: str) -> pd.DataFrame:
    """Return a frame or a dict of columns as a frame with the column `step`."""
    if isinstance(given, Mapping):
        columns = {key: _array(values, f"{name}: {key}") for key, values in given.items()}
        for key, values in columns.items():
            if values.ndim != 1 or len(values) != len(next(iter(columns.values()))):
                what = f"{name} has {key} as {type_of(values)}, which does not fit the other columns"
                raise ValueError(f"{what}; give one value of each for each step.")
        given = pd.DataFrame(columns)
    if not isinstance(given, pd.DataFrame):
        raise ValueError(f"{name} must be a frame or a dict of curves, not {type_of(given)}; give one.")
    if "step" not in given and given.index.name == "step":
        given = given.reset_index()
    if "step" not in given:
        found = ", ".join(map(str, given)) or "none"
        raise ValueError(f"{name} has no column 'step' (its columns: {found}); name the column of steps so.")
    return given


def _array(values: Any, name: str) -> np.ndarray:
    """Return one column, which may be a torch tensor, as an array; raise ValueError for masked values."""
    if np.ma.isMaskedArray(values) and np.ma.getmaskarray(values).any():
        raise ValueError(f"{name} has masked values; give NaN in their place.")
    if hasattr(values, "detach"):  # a torch tensor; numpy has no bfloat16
        values = values.detach().cpu()
        values = values.double() if values.is_floating_point() else values
    return np.asarray(values)

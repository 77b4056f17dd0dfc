"""Numbers that the figures of any study draw: curves, main measures of each metric, phases over seeds."""

import pandas as pd

from grokking_phases.analysis.events import AS_STATED
from grokking_phases.analysis.study_tables import COURSES
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.phase_looks import are_over_seeds

CURVES = {
    "loss": {"train_loss": "train", "test_loss": "test"},
    "accuracy": {"train_accuracy": "train", "test_accuracy": "test"},
}
# {module of the metric: {axis: {metric: line}}}. Synergy is drawn upwards, in bits.
MAIN = {
    "o_information": {
        "synergy, \N{MINUS SIGN}min Ω (bits)": {"synergy": "synergy"},
        "redundancy, max Ω (bits)": {"redundancy": "redundancy"},
    },
    "mutual_information": {
        "I(T;X) (nats)": {"information_x": "I(T;X)"},
        "I(T;Y) (nats)": {"information_y": "I(T;Y)"},
    },
    "linear_mapping_number": {"linear mapping number": {"linear_mapping_number": "linear mapping number"}},
    "local_complexity": {
        "local complexity": {f"local_complexity_{split}": split for split in ("train", "test", "random")}
    },
    "linear_regions": {"linear regions": {"regions": "regions"}},
    "softmax_collapse": {"share of samples at p = 1": {"rounded_to_one": "share"}},
}
COUNTS = "n_"  # metrics that begin so count what was left out, and are not drawn
COLUMNS = ["run", "seed", "table", "layer", "step", "metric", "value", "drawn"]
EVENTS = ["run", "source", "layer", "event", "step", "status"]


def numbers_of(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return `value` and what is `drawn` of it, for each run, seed, table, layer, step > 0 and metric.

    Behind them are the boundaries of phases over seeds: `event`, its step, and the table (`source`) and layer
    in which it was found.
    """
    tables = tables.reindex(columns=[*dict.fromkeys([*tables, *COLUMNS, *EVENTS, "curve", "rule"])])
    measured = tables[tables["step"].gt(0) & tables["metric"].notna() & tables["seed"].notna()]
    # A metric of units has several values for one layer and step; these are no line.
    measured = measured.drop_duplicates(["run", "seed", "table", "layer", "step", "metric"])
    signs = measured["metric"].map(COURSES).astype(float).fillna(1.0)
    measured = measured.assign(drawn=measured["value"].astype(float) * signs)
    measured = measured.astype({"seed": int, "step": int})[COLUMNS]
    return pd.concat([in_panels(measured, panels), boundaries(tables, panels)], ignore_index=True)


def boundaries(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the events over seeds: phases of the mean curve, and medians of the other events."""
    rows = tables[(tables["table"] == "phases") & (tables["rule"] == AS_STATED)]
    return in_panels(rows.loc[are_over_seeds(rows), EVENTS], panels)


def axes_of(numbers: pd.DataFrame, metrics: dict[str, dict]) -> list[tuple[str, str, dict[str, str]]]:
    """Return (table, axis, {metric: line}) of everything to draw: the curves, then each metric's measures."""
    found = []
    for table in ["curves", *metrics]:
        present = list(dict.fromkeys(numbers.loc[numbers["table"] == table, "metric"]))
        module = metrics.get(table, {}).get("module")
        main = CURVES if table == "curves" else MAIN.get(module) or own_axes(present)
        for axis, lines in main.items():
            drawn = {metric: line for metric, line in lines.items() if metric in present}
            title = axis if table in ("curves", module) else f"{axis}\n{table}"
            found += [(table, title, drawn)] if drawn else []
    return found


def own_axes(metrics: list[str]) -> dict[str, dict[str, str]]:
    """Return an axis for each metric of a file that is not in MAIN."""
    return {name.replace("_", " "): {name: name} for name in metrics if not name.startswith(COUNTS)}

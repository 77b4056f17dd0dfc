"""Boundaries of phases over seeds, as figures read them from the table of phases, and the look of phases."""

import numpy as np
import pandas as pd
from matplotlib import colormaps

from grokking_phases.analysis.events import AS_STATED, MEAN, MEDIAN, PHASES
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.style import SEQUENTIAL

COLOURS = dict(zip(PHASES, colormaps[SEQUENTIAL](np.linspace(0, 0.9, len(PHASES))), strict=True))
MARKERS = dict(zip(PHASES, "os^Dv", strict=True))
COLUMNS = ["run", "estimate", "layer", "rule", "event", "status", "step", "low", "high", "n_found", "n_seeds"]


def over_seeds(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return each event's step and interval over seeds, by `estimate`, layer and rule.

    Phases are those of the mean curve; memorised and generalised are medians over seeds. The step is NaN if
    the event is not found.
    """
    rows = tables[(tables["table"] == "phases") & tables["seed"].isna()].rename(
        columns={"source": "estimate"}
    )
    rows = rows.reindex(columns=[*COLUMNS, "curve"])
    wanted = rows["event"].isin(["memorised", "generalised"]).map({True: MEDIAN, False: MEAN})
    return in_panels(rows.loc[rows["curve"] == wanted, COLUMNS], panels)


def generalisations(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the step at which each run generalises, over seeds; this needs no estimate of information."""
    events = over_seeds(tables, panels)
    events = events[(events["event"] == "generalised") & (events["rule"] == AS_STATED)]
    return events.drop(columns=["estimate", "layer"]).drop_duplicates(["panel", "run"])


def spans(boundaries: pd.DataFrame, last: float) -> dict[str, tuple[float, float]]:
    """Return {phase: (first step, last step)} of a run and layer under one rule.

    A phase without an end lasts to `last`.
    """
    steps = boundaries.set_index("event")["step"].dropna()
    edges = {phase: (steps.get(f"{phase}.start"), steps.get(f"{phase}.end", last)) for phase in PHASES}
    return {phase: edge for phase, edge in edges.items() if edge[0] is not None}


def phases_at(steps: pd.Index, edges: dict[str, tuple[float, float]]) -> pd.Series:
    """Return the phase that each step lies in, or NaN; `edges` are the first and last step of each phase."""
    phases = pd.Series(np.nan, steps, dtype=object)
    for phase, (start, end) in edges.items():
        phases[(steps >= start) & (steps <= end)] = phase
    return phases


def missing(boundaries: pd.DataFrame) -> list[str]:
    """Return sentences that name the events of one run that are not found over seeds, or only in some seeds.

    The end of a phase is named only if its start does not say as much.
    """
    starts = boundaries["event"].str.replace(".end", ".start")
    counts = boundaries.set_index("event")["n_found"].reindex(starts).to_numpy()
    begins = starts.isin(boundaries.loc[boundaries["step"].notna(), "event"])
    rows = boundaries[(starts == boundaries["event"]) | (begins & (boundaries["n_found"] != counts))]
    nowhere, partly = (
        rows[rows["step"].isna()],
        rows[(rows["n_found"] > 0) & (rows["n_found"] < rows["n_seeds"])],
    )
    where = (nowhere["n_found"] > 0).map({True: " in most seeds", False: ""})
    return [
        *(
            f"{status.capitalize()}{most}: {listed(events)}."
            for (status, most), events in nowhere.groupby(["status", where], sort=False)
        ),
        *(
            f"In {n:.0f} of {events['n_seeds'].max():.0f} seeds: {listed(events)}."
            for n, events in partly.groupby("n_found")
        ),
    ]


def listed(rows: pd.DataFrame) -> str:
    return ", ".join(map(worded, rows["event"]))


def worded(name: str) -> str:
    """Return an event in words: `delayed emergence` (the phase or its start), `end of delayed emergence`."""
    phase, _, edge = name.replace("_", " ").partition(".")
    return f"end of {phase}" if edge == "end" else phase

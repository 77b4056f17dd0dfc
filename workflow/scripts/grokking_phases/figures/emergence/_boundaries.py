"""Boundaries of phases over seeds, as figures read them from the table of phases."""

import numpy as np
import pandas as pd

from grokking_phases.analysis.events import AS_STATED
from grokking_phases.analysis.intervals import median_interval
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.phase_looks import are_over_seeds, worded

COLUMNS = ["run", "estimate", "layer", "rule", "event", "status", "step", "low", "high", "n_found", "n_seeds"]


def over_seeds(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return each event's step and interval over seeds, by `estimate`, layer and rule.

    The step is NaN if the event is not found.
    """
    phases = tables[tables["table"] == "phases"].rename(columns={"source": "estimate"})
    phases = phases.reindex(columns=[*COLUMNS, "seed", "curve"])
    return in_panels(phases.loc[are_over_seeds(phases), COLUMNS], panels)


def generalisations(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the step at which each run generalises, over seeds; this needs no estimate of information."""
    events = over_seeds(tables, panels)
    events = events[(events["event"] == "generalised") & (events["rule"] == AS_STATED)]
    return events.drop(columns=["estimate", "layer"]).drop_duplicates(["panel", "run"])


def interval_of_median(events: pd.DataFrame) -> str:
    """Return in words what the interval of a median over seeds is: for few seeds their range."""
    counts = events["n_seeds"].dropna().unique()
    n = int(counts[0]) if len(counts) == 1 else 0
    if n < 2 or median_interval(np.arange(n))[1:] != (0, n - 1):
        return "its 95 % interval (of few seeds, their range)"
    held = 1 - 2.0 ** (1 - n)
    return f"the range of the {n} seeds, which holds the median in {100 * held:.0f} of 100 cases"


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

"""The look of phases, and the steps that they span, for the figures of the paper and of any study."""

import numpy as np
import pandas as pd
from matplotlib import colormaps

from grokking_phases.analysis.events import MEAN, MEDIAN, PHASES
from grokking_phases.plotting.style import SEQUENTIAL

COLOURS = dict(zip(PHASES, colormaps[SEQUENTIAL](np.linspace(0, 0.9, len(PHASES))), strict=True))
MARKERS = dict(zip(PHASES, "os^Dv", strict=True))


def are_over_seeds(events: pd.DataFrame) -> pd.Series:
    """Return which events are those over seeds that figures draw.

    Phases are those of the mean curve; memorised and generalised are medians over seeds.
    """
    wanted = events["event"].isin(["memorised", "generalised"]).map({True: MEDIAN, False: MEAN})
    return events["seed"].isna() & (events["curve"] == wanted)


def spans(boundaries: pd.DataFrame, last: float) -> dict[str, tuple[float, float]]:
    """Return {phase: (first step, last step)} of a run and layer under one rule.

    A phase without an end lasts to `last`.
    """
    steps = boundaries.drop_duplicates("event").set_index("event")["step"].dropna()
    edges = {phase: (steps.get(f"{phase}.start"), steps.get(f"{phase}.end", last)) for phase in PHASES}
    return {phase: edge for phase, edge in edges.items() if edge[0] is not None}


def phases_at(steps: pd.Index, edges: dict[str, tuple[float, float]]) -> pd.Series:
    """Return the phase that each step lies in, or NaN; `edges` are the first and last step of each phase."""
    phases = pd.Series(np.nan, steps, dtype=object)
    for phase, (start, end) in edges.items():
        phases[(steps >= start) & (steps <= end)] = phase
    return phases


def worded(name: str) -> str:
    """Return an event in words: `delayed emergence` (the phase or its start), `end of delayed emergence`."""
    phase, _, edge = name.replace("_", " ").partition(".")
    return f"end of {phase}" if edge == "end" else phase

"""Softmax collapse in the runs of the emergence paper, with the loss in float64 and in float32.

Synergy stands beside it, under each treatment of ties.
"""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._estimates import TIES
from grokking_phases.figures.emergence._synergy import synergies
from grokking_phases.plotting.collapses import collapses, draw_collapses

DRAWS = ["softmax_collapse", "o_information"]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the measures of softmax collapse, and synergy, for each run, seed, layer and step > 0.

    Synergy is -min Omega in bits; its `metric` is the name of its table.
    """
    is_synergy = tables["metric"].isin(["synergy", "n_constant", "n_duplicate", "n_failed"])
    if not is_synergy.any():
        return collapses(tables, panels)
    measured = synergies(tables[is_synergy], panels)
    measured = measured.assign(metric=measured["estimate"], value=measured["bits"])
    numbers = collapses(tables, panels)
    return pd.concat([measured[list(numbers)], numbers], ignore_index=True)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each panel."""
    drawn = set(numbers["metric"])
    estimates = {name: options for name, options in study["metrics"].items() if name in drawn}
    besides = {
        name: f"synergy (bits),\n{TIES[options['ties']]}"
        for name, options in estimates.items()
        if "ties" in options
    }
    return draw_collapses(numbers, study, besides)

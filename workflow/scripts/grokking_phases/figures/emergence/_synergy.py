"""Synergy in tables and on axes: min Omega in nats, drawn as its negative in bits."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from grokking_phases.analysis.summary import averaged, to_unit_range
from grokking_phases.plotting.panels import in_panels

LABEL = "synergy, \N{MINUS SIGN}min Ω (bits)"
INDEX = ["table", "run", "seed", "layer", "step"]
COUNTS = ["n_constant", "n_duplicate", "n_failed"]


def synergies(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return synergy and counts for each estimate, run, seed, layer and step > 0.

    The columns are `value` = min Omega in nats, `bits` = its negative, `normalised`, and how many units were
    left out and multiplets failed.
    """
    wide = tables[tables["step"] > 0].pivot(index=INDEX, columns="metric", values=["value", "normalised"])
    numbers = wide["value"][["synergy", *COUNTS]].rename(columns={"synergy": "value"})
    numbers = numbers.assign(
        bits=in_bits(numbers["value"]), normalised=wide["normalised"]["synergy"]
    ).reset_index()
    return in_panels(numbers.rename(columns={"table": "estimate"}), panels)


def scaled_together(numbers: pd.DataFrame) -> pd.Series:
    """Return synergy from 0 to 1 over all runs of a panel, then averaged over the steps of each seed.

    The authors' code for Figure 5 scales a panel so. Its average runs on from one run into the next; this one
    begins anew with each run and seed. `numbers` are those of `synergies`, in order of steps.
    """
    panels = ["estimate", "layer", "panel"]
    scaled = (-numbers["value"]).groupby([numbers[key] for key in panels]).transform(to_unit_range)
    return scaled.groupby([numbers[key] for key in [*panels, "run", "seed"]]).transform(averaged)


def by_estimate(numbers: pd.DataFrame, metrics: dict) -> dict[tuple[str, str], pd.DataFrame]:
    """Return {(estimate, layer): rows}, with the estimates in the order of the config."""
    pages, order = dict(list(numbers.groupby(["estimate", "layer"]))), list(metrics)
    return {key: pages[key] for key in sorted(pages, key=lambda key: order.index(key[0]))}


def in_bits(omega: pd.Series) -> pd.Series:
    """Return O-information in nats as synergy in bits."""
    return -omega / np.log(2)


def log_both_ways(ax: Axes, threshold: float) -> None:
    """Make the y-axis linear between the threshold and its negative, logarithmic beyond; draw a line at 0.

    This shows values of any sign and magnitude.
    """
    ax.set_yscale("symlog", linthresh=threshold, subs=range(2, 10))
    ax.autoscale_view()
    # ax.axhline would stretch the axis to 0.
    zero = Line2D([0, 1], [0, 0], color="0.5", linewidth=0.6, zorder=0, transform=ax.get_yaxis_transform())
    ax.add_artist(zero)

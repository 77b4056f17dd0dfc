"""Table of all seeds of a run, with the column `normalised` beside the raw value.

The normalisation is that of the emergence paper's code; its text says only "normalized". For each seed, layer
and metric, without step 0:

    synergy        -value, to [0, 1] over the steps, then an exponential moving average (factor 0.1)
    redundancy     to [0, 1], average
    sizes          Hampel filter (window 3, 3 sigma), to [0, 1], average
    all others     to [0, 1]

Their code for Figure 5 scales all runs of a panel together instead (`figures.emergence._synergy`).

Information is divided by its ceiling instead. The average is for drawing only, because it lags: on log-spaced
snapshots by about a factor of two in step.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

SERIES = ["run", "seed", "layer", "metric"]
MOVING_AVERAGE = 0.1
HAMPEL_WINDOW, HAMPEL_SIGMAS = 3, 3.0
SIGMA_PER_MAD = 1.4826  # of a normal distribution


def normalised(rows: pd.DataFrame) -> pd.DataFrame:
    """Return tidy rows in (seed, layer, metric, step) order, with the column `normalised`.

    It is NaN where nothing varies and, except for information, at step 0.
    """
    rows = rows.sort_values([*SERIES, "step"], ignore_index=True)
    values = pd.Series(np.nan, index=rows.index)
    for (*_, metric), series in rows[rows["step"] > 0].groupby(SERIES, dropna=False)["value"]:
        values[series.index] = NORMALISATIONS.get(metric, to_unit_range)(series)
    return relative_to_ceiling(rows.assign(normalised=values))


def relative_to_ceiling(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with `information_x…` and `information_y…` normalised by their ceilings.

    These are `ceiling_x` and `ceiling_y` at the same step and layer. NaN where a ceiling is 0, as that of a
    single label is.
    """
    place = ["run", "seed", "layer", "step"]
    for variable in ("x", "y"):
        measured = rows["metric"].str.startswith(f"information_{variable}")
        if measured.any():
            ceilings = rows[rows["metric"] == f"ceiling_{variable}"].set_index(place)["value"]
            ceiling = ceilings.reindex(pd.MultiIndex.from_frame(rows.loc[measured, place])).to_numpy()
            ceiling = np.where(ceiling > 0, ceiling, np.nan)
            rows.loc[measured, "normalised"] = rows.loc[measured, "value"] / ceiling
    return rows


def to_unit_range(series: pd.Series) -> pd.Series:
    """Return the series with minimum 0 and maximum 1; NaN throughout if nothing varies."""
    spread = series.max() - series.min()
    return (series - series.min()) / (spread if spread > 0 else np.nan)


def averaged(series: pd.Series) -> pd.Series:
    """Return the average y_t = 0.1 x_t + 0.9 y_(t-1), which begins at x; NaN where nothing was measured."""
    return series.ewm(alpha=MOVING_AVERAGE, adjust=False, ignore_na=True).mean().where(series.notna())


def hampel_filtered(series: pd.Series) -> pd.Series:
    """Return the series with outliers replaced by the median of their window.

    An outlier is more than 3 sigma off that median, where sigma is from the median absolute deviation.
    """
    window = series.rolling(HAMPEL_WINDOW, center=True, min_periods=1)
    median = window.median()
    sigma = SIGMA_PER_MAD * window.apply(
        lambda values: np.nanmedian(abs(values - np.nanmedian(values))), raw=True
    )
    return series.where(~((series - median).abs() > HAMPEL_SIGMAS * sigma), median)


NORMALISATIONS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "synergy": lambda series: averaged(to_unit_range(-series)),
    "redundancy": lambda series: averaged(to_unit_range(series)),
    "synergy_size": lambda series: averaged(to_unit_range(hampel_filtered(series))),
    "redundancy_size": lambda series: averaged(to_unit_range(hampel_filtered(series))),
}

"""The paper's own points of Figures 3 and 4, panels (a) and (c), and how far our curves are from them.

`published_points.csv` beside this file has the points, a thinned selection. Those of panel (b) and of Figure
5 are not known as numbers.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

OURS = {"test_acc": "test_accuracy", "train_batch_acc": "train_accuracy", "test_loss": "test_loss"}
COLUMNS = ["figure", "series", "step", "published", "run", "n_seeds", "ours", "low", "high"]


@cache
def points() -> pd.DataFrame:
    """Return {figure, series, step, value} of all published points."""
    return pd.read_csv(Path(__file__).parent / "published_points.csv", comment="#")


def of_figure(name: str) -> pd.DataFrame:
    """Return the points of all panels of a figure: `fig3` or `fig4`."""
    return points()[points()["figure"].str.startswith(name)]


def beside(curves: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return each published point of a figure with our values, for each run.

    curves: tidy rows of one or several runs. A value between two evaluations is interpolated in ln step;
    after the last one there is none (NaN). `train_batch_acc` was published of batches; ours is of all
    samples.

    ours, low, high   median, least and largest value over the seeds that have one
    difference        ours - published
    outside           how far the published value lies outside our seeds' range; 0 inside it, NaN for one seed
    """
    parts = [beside_run(own, name).assign(run=run) for run, own in curves.groupby("run", sort=False)]
    rows = pd.concat(parts, ignore_index=True)[COLUMNS]
    beyond = np.maximum(rows["published"] - rows["high"], rows["low"] - rows["published"]).clip(lower=0)
    difference = rows["ours"] - rows["published"]
    return rows.assign(difference=difference, outside=beyond.where(rows["n_seeds"] > 1))


def beside_run(curves: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the published points of a figure beside those of one run."""
    parts = []
    for series, own in of_figure(name).groupby("series", sort=False):
        wide = curves[curves["metric"] == OURS[series]].pivot(index="step", columns="seed", values="value")
        values = np.array([at_steps(wide[seed].dropna(), own["step"]) for seed in wide])
        n_seeds = (~np.isnan(values)).sum(axis=0)
        values = np.where(n_seeds, values, 0.0)  # so that nothing warns of steps without a value
        found = {"ours": np.nanmedian(values, 0), "low": np.nanmin(values, 0), "high": np.nanmax(values, 0)}
        table = pd.DataFrame(found, index=own.index)
        table[n_seeds == 0] = np.nan
        parts.append(own.rename(columns={"value": "published"}).assign(n_seeds=n_seeds).join(table))
    return pd.concat(parts)


def at_steps(curve: pd.Series, steps: pd.Series) -> np.ndarray:
    """Return the values of a curve at some steps > 0, between evaluations by interpolation in ln step."""
    curve = curve[curve.index > 0].sort_index()
    return np.interp(np.log(steps), np.log(curve.index), curve, left=np.nan, right=np.nan)


def farthest(curves: pd.DataFrame, name: str) -> list[str]:
    """Return a sentence for each run: where each of its curves is farthest from the published one."""
    found = []
    for run, rows in beside(curves, name).dropna(subset="difference").groupby("run", sort=False):
        worst = rows.loc[rows.groupby("series", sort=False)["difference"].apply(lambda d: d.abs().idxmax())]
        words = [
            f"{OURS[row.series].replace('_', ' ')} by {row.difference:+.3g} at step {row.step:,}{spread(row)}"
            for row in worst.itertuples()
        ]
        found.append(f"{run} is farthest from the published points in {'; '.join(words)}.")
    return found


def spread(row: tuple) -> str:
    """Return our range in words, where there are several seeds."""
    return f" (ours {row.low:.3g} to {row.high:.3g}, {row.n_seeds} seeds)" if row.n_seeds > 1 else ""

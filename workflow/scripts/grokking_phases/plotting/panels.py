"""Distribution of tables over the panels of a figure."""

import pandas as pd

from grokking_phases.plotting.recipes import labels


def in_panels(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the rows of each panel's runs, in the order of the config, with the column `panel`."""
    places = pd.DataFrame(
        [(run, panel) for panel, runs in panels.items() for run in runs], columns=["run", "panel"]
    )
    return places.merge(tables, on="run")[[*tables, "panel"]]


def by_run(numbers: pd.DataFrame, runs: dict[str, dict]) -> dict[str, pd.DataFrame]:
    """Return {title: rows of a run}; the title is that of the run's panel.

    If the panel has several runs, what tells the run apart is added to the title (`recipes.labels`).

    runs: {run: its entry in the config}
    """
    titled = {}
    for panel, own in numbers.groupby("panel", sort=False):
        drawn = list(own["run"].unique())
        named = [panel] if len(drawn) == 1 else [f"{panel}: {name}" for name in labels(runs, drawn)]
        titled |= {title: own[own["run"] == run] for title, run in zip(named, drawn, strict=True)}
    return titled

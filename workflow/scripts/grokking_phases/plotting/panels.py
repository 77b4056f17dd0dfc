"""Tables laid out in a figure's panels."""

import pandas as pd


def in_panels(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the rows of each panel's runs, in the config's order, with the column `panel`."""
    places = pd.DataFrame(
        [(run, panel) for panel, runs in panels.items() for run in runs], columns=["run", "panel"]
    )
    return places.merge(tables, on="run")[[*tables, "panel"]]


def by_run(numbers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return {title: rows}: for each run its panel's title, with the run's name where the panel has several runs."""
    runs = numbers.groupby("panel")["run"].nunique()
    return {
        panel if runs[panel] == 1 else f"{panel}: {run}": rows
        for (panel, run), rows in numbers.groupby(["panel", "run"], sort=False)
    }

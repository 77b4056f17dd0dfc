"""Distribution of tables over the panels of a figure."""

import pandas as pd


def in_panels(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the rows of each panel's runs, in the order of the config, with the column `panel`."""
    places = pd.DataFrame(
        [(run, panel) for panel, runs in panels.items() for run in runs], columns=["run", "panel"]
    )
    return places.merge(tables, on="run")[[*tables, "panel"]]


def by_run(numbers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return {title: rows of a run}; the title is that of the run's panel.

    If the panel has several runs, the run's name is added to the title.
    """
    runs = numbers.groupby("panel")["run"].nunique()
    return {
        panel if runs[panel] == 1 else f"{panel}: {run}": rows
        for (panel, run), rows in numbers.groupby(["panel", "run"], sort=False)
    }

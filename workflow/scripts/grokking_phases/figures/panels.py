"""Tables laid out in a figure's panels."""

import pandas as pd


def in_panels(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """The rows of each panel's runs, in the config's order, with the column `panel`."""
    rows_of = dict(list(tables.groupby("run")))
    return pd.concat(
        [rows_of[run].assign(panel=panel) for panel, runs in panels.items() for run in runs if run in rows_of],
        ignore_index=True,
    )

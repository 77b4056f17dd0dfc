"""Quantities of claims about predicting generalisation, over the networks of the study of prediction.

Each returns a value with its own interval; what is counted as a seed is a network.
"""

from dataclasses import replace

import pandas as pd

from grokking_phases.analysis.phases import find
from grokking_phases.analysis.rank_correlation import rank_correlation
from grokking_phases.analysis.study_tables import NotMeasured, StudyTables
from grokking_phases.analysis.verdicts import Measured
from grokking_phases.storage.tables import read_table


def early_peak_auc(
    tables: StudyTables, *, predictor: str = "synergy_peak", subset: str = "all", value: str = "auc"
) -> Measured:
    """Return the AUC of a predictor, with its interval over resampled settings; `n_seeds` counts networks.

    value: `auc`, or `gain`, the AUC of synergy less that of the predictor.
    """
    rows = _predicted(tables, "summary")
    rows = rows[(rows["predictor"] == predictor) & (rows["subset"] == subset)]
    if rows.empty:
        raise NotMeasured(f"{predictor} in {tables.source}")
    row = rows.iloc[0]
    return Measured(*(row[f"{value}{end}"] for end in ("", "_low", "_high")), int(row["n"]), int(row["n"]))


def anticipation(tables: StudyTables) -> Measured:
    """Return the rank correlation of the end of Emergence with generalising, over networks of `prediction`.

    `n_seeds` counts the networks that have both, out of those that generalise.
    """
    sweep = replace(tables, study="prediction")
    events = ["emergence.end", "generalised"]
    rows = []
    for run in _predicted(tables, "run")["run"].unique():
        found_in_run = find(sweep.of_run(run, "curves"), sweep.o_information(run))
        own = found_in_run[found_in_run["seed"].notna()].drop_duplicates("event").set_index("event")["step"]
        rows.append(own.reindex(events).to_numpy())
    steps = pd.DataFrame(rows, columns=events).dropna(subset="generalised")
    both = steps.dropna()
    return Measured(*rank_correlation(*both.to_numpy().T), len(both), len(steps))


def _predicted(tables: StudyTables, kind: str) -> pd.DataFrame:
    """Return rows of a kind of the table of `prediction`, of the estimate that is asked for."""
    path = tables.results / "prediction/tables/prediction.parquet"
    if tables.suffix or tables.order or not path.exists():
        raise NotMeasured(path)
    rows = read_table(path)
    return rows[(rows["kind"] == kind) & (rows["estimate"] == tables.source)]

"""The tables of a finished study, read as one variant of a claim asks for."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from grokking_phases.analysis.events import AS_STATED, MEAN, OWN
from grokking_phases.analysis.layers import last_layer
from grokking_phases.analysis.orders import by_order
from grokking_phases.analysis.phases import STATED, find
from grokking_phases.analysis.smoothing import no_finer_than_spacing, smoothed
from grokking_phases.storage.tables import read_table, read_tables

BITS = 1 / np.log(2)  # in a nat
COURSES = {"synergy": -BITS, "redundancy": BITS, "synergy_size": 1.0}  # bits, bits, units
EVENTS = ("phases", "time_scales", "comparison")


class NotMeasured(Exception):
    """Error for a table, or a metric in it, that the study has not made."""


@dataclass(frozen=True)
class StudyTables:
    """Tables of the study in the folder `results`.

    study     the folder inside `results` of another study, such as `paper`
    suffix    what is appended to the name of each run: `_float32` reads the run with the loss in float32
    source    the table of O-information
    order     number of the random order of the samples, from the table o_information_orders; 0: the split's
    step_0    whether sub-networks are those that were chosen with step 0 included
    """

    results: Path
    study: str = ""
    suffix: str = ""
    source: str = "o_information"
    order: int = 0
    step_0: bool = False

    def in_order(self, order: int) -> "StudyTables":
        """Return the same tables with O-information in this random order of the samples."""
        return replace(self, order=order)

    def seeds(self, run: str) -> list[int]:
        """Return the seeds of a run that were trained, ascending."""
        folders = self._folder(run).glob("[0-9]*/curves.parquet")
        found = sorted(int(path.parent.name) for path in folders)
        if not found:
            raise NotMeasured(f"{run}{self.suffix}")
        return found

    def _folder(self, run: str) -> Path:
        return self.results / self.study / f"{run}{self.suffix}"

    def of_run(self, run: str, name: str) -> pd.DataFrame:
        """Return the tidy rows of a table of a run, all seeds: curves, a metric, or events (`EVENTS`)."""
        folder = self._folder(run)
        if name in EVENTS:
            return _read((folder / f"{name}.parquet",))
        inside = f"{name}.parquet" if name == "curves" or "/" in name else f"metrics/{name}.parquet"
        return _read(tuple(folder / str(seed) / inside for seed in self.seeds(run)))

    def curve(self, run: str, metric: str, network: str | None = None) -> pd.DataFrame:
        """Return step x seed of a metric of the curves; NaN in a seed without the sub-network.

        network: a sub-network that was trained alone, such as `synergistic.weights`; None: the whole network.
        """
        name = "curves"
        if network is not None:
            kind, mask = network.split(".")
            name = f"retrain/{kind}{'_step0' if self.step_0 else ''}.{mask}"
        return _wide(self.of_run(run, name), metric, self.seeds(run))

    def information(self, run: str, metric: str, name: str, layer: str | None = None) -> pd.DataFrame:
        """Return step x seed of one row name of a metric's table, in one layer (None: its last by name)."""
        rows = self.of_run(run, metric)
        layer = last_layer(rows["layer"]) if layer is None else layer
        return _wide(rows[rows["layer"] == layer], name, self.seeds(run))

    def o_information(self, run: str) -> pd.DataFrame:
        """Return the tidy rows of O-information of a run in this order of the samples."""
        if not self.order:
            return self.of_run(run, self.source)
        orders = by_order(self.of_run(run, "o_information_orders"))
        if self.order not in orders:
            raise NotMeasured(f"order {self.order} of {run}")
        return orders[self.order]

    def course(self, run: str, measure: str, first_step: float = 1) -> pd.DataFrame:
        """Return step x seed of a measure, smoothed as phases are, from its values from a step on.

        measure: synergy, redundancy (bits), synergy_size (units), or a metric of the curves.
        """
        if measure in COURSES:
            wide = COURSES[measure] * _wide(self.o_information(run), measure, self.seeds(run))
        else:
            wide = self.curve(run, measure)
        return wide.loc[first_step:].apply(
            lambda curve: smoothed(curve, no_finer_than_spacing(STATED.smoothing, curve))
        )

    def mean_phases(self, run: str) -> pd.DataFrame:
        """Return the events of the phases of the mean curve (`phases.find`), indexed by event."""
        return self._phases(run, MEAN).drop_duplicates("event").set_index("event")

    def phases(self, run: str) -> pd.DataFrame:
        """Return the events of the phases of each seed (`phases.find`)."""
        return self._phases(run, OWN).drop_duplicates(["event", "seed"])

    def _phases(self, run: str, curve: str) -> pd.DataFrame:
        if self.order:
            rows = _phases_in_order(self, run)
        else:
            rows = self.of_run(run, "phases")
            rows = rows[(rows["source"] == self.source) & (rows["rule"] == AS_STATED)]
        rows = rows[rows["curve"] == curve]
        if rows.empty:
            raise NotMeasured(f"phases of {run}{self.suffix} in {self.source}")
        return rows


@lru_cache(maxsize=256)
def _read(paths: tuple[Path, ...]) -> pd.DataFrame:
    """Return the rows of all files; raise NotMeasured if one is missing."""
    for path in paths:
        if not path.exists():
            raise NotMeasured(path)
    return read_tables(paths) if len(paths) > 1 else read_table(paths[0])


@lru_cache(maxsize=256)
def _phases_in_order(tables: StudyTables, run: str) -> pd.DataFrame:
    """Return the phases of a run in a random order of the samples, by the rule as stated."""
    return find(tables.of_run(run, "curves"), tables.o_information(run))


def _wide(rows: pd.DataFrame, metric: str, seeds: list[int]) -> pd.DataFrame:
    """Return step x seed of a metric; raise NotMeasured if the table lacks it.

    A table without rows is that of a sub-network that no seed has, and lacks nothing.
    """
    own = rows[rows["metric"] == metric]
    if own.empty and len(rows):
        raise NotMeasured(metric)
    return own.pivot(index="step", columns="seed", values="value").reindex(columns=seeds)

"""Figures from tables alone: what no table says, the figure leaves out of its caption."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from grokking_phases import plugins
from grokking_phases.commands.list_modules import modules_of
from grokking_phases.data.saved_arrays import read_csv
from grokking_phases.nearest_name import check_known
from grokking_phases.on_curves import PLACE
from grokking_phases.plotting.notes import write_notes
from grokking_phases.plotting.pages import as_pages, write_pdf, write_png
from grokking_phases.storage.stamps import stated

NEEDED = ("step", "metric", "value")
EVENT = ("step", "event", "status")


def draw_tables(paths: list[Path], figure: str, to: Path) -> list[Path]:
    """Draw a figure from tables, and return the files written: PDF, PNG and the numbers as CSV.

    Raise ValueError for an unknown figure, a file that is no table, or a figure that needs more than these
    tables say.
    """
    known = [module.name for module in modules_of("figures")]
    check_known(figure, known, "--figure", "there is no figure")
    tables = pd.concat([read_any(path) for path in paths], ignore_index=True)
    study = study_of(paths, tables)
    source = plugins.module("figures", figure)
    try:
        numbers = source.select(tables, {run: [run] for run in study["runs"]})
        if numbers.empty:
            draws = ", ".join(getattr(source, "DRAWS", ())) or "curves or metrics"
            raise ValueError(f"{figure} finds nothing to draw in these tables; it draws {draws}.")
        pages = as_pages(source.draw(numbers, study), f"figures/{figure}.py")
    except KeyError as error:
        missing = (re.findall(r"\['(.+)'\]", str(error)) or [str(error).strip("'")])[0]
        what = f"{figure} needs {missing!r}, which these tables do not say"
        raise ValueError(f"{what}; draw it in a study, or take --figure study/progress.") from error
    to.mkdir(parents=True, exist_ok=True)
    files = [to / f"{figure.replace('/', '_')}{ending}" for ending in (".pdf", ".png", ".csv", ".md")]
    write_pdf(files[0], pages)
    write_png(files[1], pages)
    numbers.to_csv(files[2], index=False)
    write_notes(files[3], figure, pages)
    return files


def read_any(path: Path) -> pd.DataFrame:
    """Return the rows of a table, which has the name of its file; run and seed are filled in if missing.

    A table with one column for each curve is taken too. Raise ValueError for anything else.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise ValueError(f"{path} is no table that can be drawn; give a .csv or .parquet file.")
    rows = read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    rows = rows.loc[:, [not str(name).startswith("Unnamed:") for name in rows]]  # an index that was saved
    if not set(EVENT) <= set(rows):
        rows = one_row_a_value(rows)
        if not set(NEEDED) <= set(rows):
            found = ", ".join(map(str, rows))
            what = f"{path} has the columns {found}, and needs step, metric, value, or step and curves"
            raise ValueError(f"{what}; name them so.")
    check_rows(rows, path)
    rows = rows.assign(**{name: value for name, value in PLACE.items() if name not in rows})
    return rows.assign(table=path.stem)


def check_rows(rows: pd.DataFrame, path: Path) -> None:
    """Raise ValueError, naming the file, for a table without rows, or with words for numbers."""
    if rows.empty:
        raise ValueError(f"{path} has no rows; measure something first.")
    is_events = "metric" not in rows  # these may have neither a step nor a seed
    for column in ("step", "value") if is_events else ("step", "value", "seed"):
        if column in rows and not is_numeric_dtype(rows[column]):
            raise ValueError(f"{path} has a {column} that is no number; correct it.")
    if is_events:
        return
    if not all(isinstance(name, str) for name in rows["metric"]):
        raise ValueError(f"{path} has a metric that is no text; name it by a word.")
    if (rows["step"] % 1 != 0).any():  # NaN too
        raise ValueError(f"{path} has a step that is no whole number; correct it.")


def one_row_a_value(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table of curves, one a column, with the columns metric and value; any other as it is."""
    places = [name for name in (*PLACE, "step") if name in rows]
    curves = [name for name in rows.select_dtypes(["number", "bool"]) if name not in places]
    if "step" not in places or not curves or {"metric", "value"} & set(rows):
        return rows
    return rows.melt(places, curves, var_name="metric")


def study_of(paths: list[Path], tables: pd.DataFrame) -> dict[str, Any]:
    """Return what the tables say, in the shape of a study: runs without a recipe, and metrics by table."""
    said = {path.stem: stated(path) for path in paths}
    metrics = {
        name: {"module": header.get("module", name), **header.get("options", {})}
        for name, header in said.items()
        if name not in ("curves", "phases", "time_scales")
    }
    runs = {run: {} for run in dict.fromkeys(tables["run"].dropna())}
    return {"runs": runs, "metrics": metrics, "subnetworks": {}, "levels": {}}

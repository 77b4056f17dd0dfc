"""Checks of figures, and of whether their runs can have the tables that they draw.

Each check raises StudyError, which names the key, for the first entry that is wrong.
"""

import re
from functools import cache
from itertools import chain

from study.check_run_tables import check_curves, check_measurable, check_separable, check_trainable
from study.errors import StudyError, check_names, meant, shown
from study.options import check_module, check_options
from study.provenance import SCRIPTS
from study.signatures import constant, file_of
from study.sources import is_source
from study.wanted_tables import in_orders, kinds, metrics_behind, retrained, runs_of_figure


def check_figure(config: dict, name: str) -> None:
    """Check a figure: its module, its options, and the names of its runs and tables."""
    entry, where = config["figures"][name], f"figures.{name}"
    check_module("figures", name, where)
    if (folder := name.partition("/")[0]) in rule_names():
        what = f"the folder {folder!r} has the name of a rule, and `snakemake {folder}` draws its figures"
        raise StudyError(where, f"{what}; rename the folder")
    check_options("figures", name, entry, where)
    for panel, runs in entry["panels"].items():
        check_names(runs, config["runs"], "run", f"{where}.panels.{panel}")
    check_names(entry["tables"], kinds(config), "table", f"{where}.tables")
    for title in entry.get("published") or []:
        if title not in entry["panels"]:
            what = f"there is no panel {shown(title)}{meant(title, list(entry['panels']))}"
            raise StudyError(f"{where}.published", f"{what}; give the title of a panel, or []")


@cache
def rule_names() -> set[str]:
    """Return the names of the workflow's rules, but for those that draw a folder of figures."""
    files = [SCRIPTS.parents[1] / "Snakefile", *(SCRIPTS.parent / "rules").glob("*.smk")]
    written = [file.read_text(encoding="utf-8") for file in files]
    return {name for text in written for name in re.findall(r"^rule (\w+):", text, re.MULTILINE)}


def check_tables(config: dict, figure: str) -> None:
    """Check that every run of a figure can have each table that the figure draws."""
    entry, where = config["figures"][figure], f"figures.{figure}.tables"
    for table in entry["tables"]:
        check_sought(config, table, where)
        for run in runs_of_figure(entry):
            check_measurable(config["runs"][run], run, metrics_behind(config, table, run), where)
            check_curves(config["runs"][run], run, table, where)
            if table == "prediction":
                check_one_layer(config, run)
            if table in ("comparison", "prediction", *retrained(config)):
                check_trainable(config["runs"][run], run, table, where)
            if table == "comparison" or table in retrained(config):
                check_separable(config["runs"][run], run, table, where)
        if table == "comovement":
            check_tasks(entry["panels"], f"figures.{figure}.panels")
    check_drawn(figure, [kinds(config)[table] for table in entry["tables"]])
    check_recipes(config, figure)


def check_one_layer(config: dict, run: str) -> None:
    """Check that the metrics of `prediction:` measure one layer of a run, since a run has one prediction."""
    for metric in chain(*config["prediction"]["estimates"].items()):
        layers = config["metrics"][metric].get("layers") or config["runs"][run]["snapshots"]["layers"]
        if len(layers) > 1:
            what = f"metric {metric} measures {len(layers)} layers of run {run}, and a prediction is of one"
            remedy = f"add `layers: [{layers[0]}]` to metrics.{metric}"
            raise StudyError("prediction.estimates", f"{what}; {remedy}")


def check_tasks(panels: dict[str, list[str]], where: str) -> None:
    """Check that each run stands in one panel, the title of which is its task in the table `comovement`."""
    seen: dict[str, str] = {}
    for panel, runs in panels.items():
        for run in runs:
            if run in seen:
                what = f"run {run} stands in {shown(seen[run])} and {shown(panel)}, and a panel is a task"
                raise StudyError(where, f"{what}; remove it from one of them")
            seen[run] = panel


def check_recipes(config: dict, figure: str) -> None:
    """Check that a figure which compares recipes shows no run that has none; its file sets `NEEDS_RECIPE`."""
    for run in runs_of_figure(config["figures"][figure]):
        if is_source(config["runs"][run]) and constant("figures", figure, "NEEDS_RECIPE"):
            what = f"{file_of('figures', figure)} compares recipes, and run {run} was recorded elsewhere"
            raise StudyError(f"figures.{figure}.panels", f"{what}; draw study/compare, or choose another run")


def check_sought(config: dict, table: str, where: str) -> None:
    """Check that the blocks of the config from which a table is made have entries."""
    needed = {name: ["phases"] for name in ("phases", *retrained(config))}
    needed |= {"comparison": ["phases", "subnetworks"], "prediction": ["prediction"]}
    for key in needed.get(table, []):
        if not config[key]:
            what = f"table {table} is made from the entries of `{key}:`, and there are none"
            raise StudyError(where, f"{what}; add an entry there, or remove the table")
    if table == "orders" and not in_orders(config):
        what = "table orders is made from the metrics that have `n_orders`, and none has"
        raise StudyError(where, f"{what}; give it to one of `metrics:`, or remove the table")


def check_drawn(figure: str, found: list[str]) -> None:
    """Check that a figure can draw its tables, and has those that it needs.

    Its file may list in `DRAWS` the kinds that it draws, and in `NEEDS` those that it needs.
    """
    drawn, needed = (constant("figures", figure, name) for name in ("DRAWS", "NEEDS"))
    for kind in found:
        if drawn and kind not in drawn:
            what = f"{file_of('figures', figure)} draws {', '.join(drawn)} and cannot draw {kind}"
            raise StudyError(f"figures.{figure}.tables", f"{what}; remove that table")
    for kind in needed:
        if kind not in found:
            what = (
                f"{file_of('figures', figure)} needs a table of {kind}, and these are of {', '.join(found)}"
            )
            raise StudyError(f"figures.{figure}.tables", f"{what}; add one")

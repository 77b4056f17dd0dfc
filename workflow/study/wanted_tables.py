"""The tables that a study's figures want of its runs: what there is, of what kind, and what each is made from.

curves               of a run
<metric>             an entry of `metrics:`
phases               found in the metrics that `phases:` lists, and in the curves
time_scales          found in the metrics that `time_scales:` of the run or of the study lists, and in the curves
<subnetwork>.<mask>  curves of an entry of `subnetworks:`, trained alone
comparison           the sub-networks of a run beside the run itself
prediction           whether the runs of a study generalise, told from their first steps as `prediction:` says
"""

from itertools import chain

MASKS = ("activation", "weights")
# One file a run; of the others, each seed has one, and a summary joins them.
OF_RUN = ("phases", "time_scales", "comparison")
# One file a study, made from the runs of all figures that draw it.
OF_STUDY = ("prediction",)


def retrained(config: dict, masks: tuple[str, ...] = MASKS) -> list[str]:
    """Return the tables of sub-networks trained alone."""
    return [f"{name}.{mask}" for name in config["subnetworks"] for mask in masks]


def kinds(config: dict) -> dict[str, str]:
    """Return every table with its kind: a metric's module, curves, or the table's own name."""
    metrics = {name: entry["module"] for name, entry in config["metrics"].items()}
    fixed = {name: name for name in ("curves", *OF_RUN, *OF_STUDY)}
    return fixed | metrics | dict.fromkeys(retrained(config), "curves")


def timed(config: dict, run: str) -> list[str]:
    """Return the metrics in which the run's time scales are looked for: its own list, or the study's."""
    return config["runs"][run].get("time_scales", config["time_scales"])


def metrics_behind(config: dict, table: str, run: str = "") -> set[str]:
    """Return the metrics that a table (of a run) is made from, itself included."""
    if table in config["metrics"]:
        return {table}
    if table == "curves":
        return set()
    if table == "time_scales":
        return set(timed(config, run))
    if table == "prediction":
        return set(chain(*config["prediction"]["estimates"].items()))
    of_subnetworks = (
        {entry["metric"] for entry in config["subnetworks"].values()} if table != "phases" else set()
    )
    return of_subnetworks | set(config["phases"])


def runs_of_figure(entry: dict) -> list[str]:
    return sorted({run for runs in entry["panels"].values() for run in runs})


def runs_of_table(config: dict, table: str) -> list[str]:
    """Return the runs of all figures that draw the table."""
    drawing = [entry for entry in config["figures"].values() if table in entry["tables"]]
    return sorted({run for entry in drawing for run in runs_of_figure(entry)})


def runs_of_metric(config: dict, metric: str) -> list[str]:
    """Return the runs that a metric is measured on: a figure draws a table of theirs that is made from it."""
    return sorted(
        {
            run
            for entry in config["figures"].values()
            for run in runs_of_figure(entry)
            if any(metric in metrics_behind(config, table, run) for table in entry["tables"])
        }
    )


def seeds_of(config: dict, run: str, table: str) -> list[int]:
    """Return the seeds of a run that a table has: all, unless the metric is measured on some."""
    seeds = config["runs"][run]["seeds"]
    chosen = config["metrics"].get(table, {}).get("seeds", seeds)
    return [seed for seed in seeds if seed in chosen]

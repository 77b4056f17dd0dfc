"""The tables that figures can draw, and the runs, metrics and seeds from which each is made.

curves               loss and accuracy of a run
<metric>             values of an entry of `metrics:`
phases               phases of a run, found in its curves and the metrics that `phases:` lists
orders               phases of a run in random orders of its samples, found in its curves and the metrics with
                     `n_orders`
time_scales          time scales of a run, found in its curves and the metrics that `time_scales:` of the run
                     lists or, without it, that of the study
<subnetwork>.<mask>  curves of an entry of `subnetworks:`, trained alone
comparison           the sub-networks of a run compared with the run itself
comovement           which time scales are aligned and move together over the runs of the study
prediction           which runs of the study generalise, predicted from their first steps by `prediction:`
"""

from itertools import chain

MASKS = ("activation", "weights")
# Tables with one file for each run. The others have a file for each seed, and a summary of all seeds.
OF_RUN = ("phases", "orders", "time_scales", "comparison")
# Tables with one file for the study, made from the runs of all figures that draw it.
OF_STUDY = ("prediction", "comovement")


def retrained(config: dict, masks: tuple[str, ...] = MASKS) -> list[str]:
    """Return the names of the tables of sub-networks trained alone."""
    return [f"{name}.{mask}" for name in config["subnetworks"] for mask in masks]


def kinds(config: dict) -> dict[str, str]:
    """Return {table: kind} of all tables; the kind is a metric's module, curves, or the name of the table."""
    metrics = {name: entry["module"] for name, entry in config["metrics"].items()}
    fixed = {name: name for name in ("curves", *OF_RUN, *OF_STUDY)}
    return fixed | metrics | dict.fromkeys(retrained(config), "curves")


def timed(config: dict, run: str) -> list[str]:
    """Return the metrics in which a run's time scales are looked for: its own list, else the study's."""
    return config["runs"][run].get("time_scales", config["time_scales"])


def in_orders(config: dict) -> list[str]:
    """Return the metrics that are measured in random orders of the samples, too."""
    return [name for name, entry in config["metrics"].items() if entry.get("n_orders")]


def metrics_behind(config: dict, table: str, run: str = "") -> set[str]:
    """Return the metrics from which a table (of a run) is made; a metric's table is made from that metric."""
    if table in config["metrics"]:
        return {table}
    if table == "curves":
        return set()
    if table in ("time_scales", "comovement"):
        return set(timed(config, run))
    if table == "orders":
        return set(in_orders(config))
    if table == "prediction":
        return set(chain(*config["prediction"]["estimates"].items()))
    of_subnetworks = (
        {entry["metric"] for entry in config["subnetworks"].values()} if table != "phases" else set()
    )
    return of_subnetworks | set(config["phases"])


def retrained_behind(config: dict, table: str) -> set[str]:
    """Return the tables of sub-networks trained alone from which a table is made, or which it is."""
    if table == "comparison":
        return set(retrained(config, ("activation",)))
    return {table} & set(retrained(config))


def runs_of_figure(entry: dict) -> list[str]:
    """Return the runs of all panels of a figure."""
    return sorted({run for runs in entry["panels"].values() for run in runs})


def runs_of_table(config: dict, table: str) -> list[str]:
    """Return the runs of all figures that draw the table."""
    drawing = [entry for entry in config["figures"].values() if table in entry["tables"]]
    return sorted({run for entry in drawing for run in runs_of_figure(entry)})


def runs_of_metric(config: dict, metric: str) -> list[str]:
    """Return the runs on which a metric is measured: figures draw tables of theirs that are made from it."""
    return sorted(
        {
            run
            for entry in config["figures"].values()
            for run in runs_of_figure(entry)
            if any(metric in metrics_behind(config, table, run) for table in entry["tables"])
        }
    )


def seeds_of(config: dict, run: str, table: str) -> list[int]:
    """Return the seeds of a run for which a table is made: those of the metric's `seeds:`, or all."""
    seeds = config["runs"][run]["seeds"]
    chosen = config["metrics"].get(table, {}).get("seeds", seeds)
    return [seed for seed in seeds if seed in chosen]

"""The tables that a study's figures want of its runs: what there is, of what kind, and what each is made from.

curves               of the run
<metric>             an entry of `metrics:`
phases               found in the metrics that `phases:` lists, and in the curves
time_scales          the same of `time_scales:`, of the run or of the study
<subnetwork>.<mask>  curves of an entry of `subnetworks:`, trained alone
comparison           of all of these with the run
prediction           of a whole study: do its runs generalise, told from their first steps
"""

from itertools import chain

MASKS = ("activation", "weights")
# One file a run; of the others, each seed has one, and a summary joins them.
OF_RUN = ("phases", "time_scales", "comparison")
PREDICTION = "emergence/prediction"  # the figure that says of which runs, from which metrics


def retrained(config: dict, masks: tuple[str, ...] = MASKS) -> list[str]:
    """The tables of sub-networks trained alone."""
    return [f"{name}.{mask}" for name in config["subnetworks"] for mask in masks]


def kinds(config: dict) -> dict[str, str]:
    """Every table, with its kind: a metric's module, or curves, phases, comparison."""
    metrics = {name: entry["module"] for name, entry in config["metrics"].items()}
    of_study = ["prediction"] if PREDICTION in config["figures"] else []
    fixed = {name: name for name in ("curves", *OF_RUN, *of_study)}
    return fixed | metrics | dict.fromkeys(retrained(config), "curves")


def timed(config: dict, run: str) -> list[str]:
    """The metrics in which the run's time scales are looked for: its own list, or the study's."""
    return config["runs"][run].get("time_scales", config["time_scales"])


def metrics_behind(config: dict, table: str, run: str) -> set[str]:
    """The metrics that a table of a run is made from, itself included."""
    if table in config["metrics"]:
        return {table}
    if table == "curves":
        return set()
    if table == "time_scales":
        return set(timed(config, run))
    if table == "prediction":
        return set(chain(*config["figures"][PREDICTION]["estimates"].items()))
    of_subnetworks = {entry["metric"] for entry in config["subnetworks"].values()} if table != "phases" else set()
    return of_subnetworks | set(config["phases"])


def runs_of_figure(entry: dict) -> list[str]:
    return sorted({run for runs in entry["panels"].values() for run in runs})


def runs_of_metric(config: dict, metric: str) -> list[str]:
    """The runs that it is measured on: those of which some figure draws a table that is made from it."""
    return sorted(
        {
            run
            for entry in config["figures"].values()
            for run in runs_of_figure(entry)
            if any(metric in metrics_behind(config, table, run) for table in entry["tables"])
        }
    )


def seeds_of(config: dict, run: str, table: str) -> list[int]:
    """The seeds of a run that a table has: all, unless the metric is measured on some."""
    seeds = config["runs"][run]["seeds"]
    chosen = config["metrics"].get(table, {}).get("seeds", seeds)
    return [seed for seed in seeds if seed in chosen]

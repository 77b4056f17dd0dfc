"""The study that a config describes, checked: runs with what they inherit, metrics with their modules."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from study.check_figures import check_figure, check_tables
from study.check_metrics import (
    check_levels,
    check_metric,
    check_metric_module,
    check_own_time_scales,
    check_phases,
    check_prediction,
    check_subnetwork,
    check_time_scales,
)
from study.check_runs import check_run
from study.errors import StudyError, meant, shown
from study.full_entries import fill_in
from study.schema import check_shape
from study.sources import described, is_source

# Each check may rely on the checks before it.
CHECKS = [
    ("levels", check_levels),
    ("metrics", check_metric_module),
    ("runs", check_run),
    ("runs", check_own_time_scales),
    ("phases", check_phases),
    ("time_scales", check_time_scales),
    ("subnetworks", check_subnetwork),
    ("prediction", check_prediction),
    ("figures", check_figure),
    ("figures", check_tables),
    ("metrics", check_metric),
]


def resolve(config: dict) -> dict:
    """Return the study that a config describes; raise StudyError for the first entry that is wrong."""
    resolved = deepcopy(config)
    if isinstance(config.get("runs"), dict):
        resolved["runs"] = {name: complete(config["runs"], name) for name in config["runs"]}
    check_shape(resolved)
    for name, run in resolved["runs"].items():
        if is_source(run):
            resolved["runs"][name] = described(run, f"runs.{name}.source", Path(resolved["results"], name))
    resolved["metrics"] = {name: {"module": name} | options for name, options in resolved["metrics"].items()}
    resolved.setdefault("prediction", {})
    resolved.setdefault("levels", {})
    for kind, check in CHECKS:
        for name in resolved[kind]:
            check(resolved, name)
    fill_in(resolved)
    return in_order(resolved)


def in_order(study: dict) -> dict:
    """Return the study with sorted keys, whose order does not matter; only a figure's panels keep theirs."""
    for kind in ("runs", "metrics", "subnetworks"):
        study[kind] = json.loads(json.dumps(study[kind], sort_keys=True))
    study["figures"] = {name: dict(sorted(entry.items())) for name, entry in study["figures"].items()}
    study["runs"] = Runs(study["runs"])
    return study


class Runs(dict):
    """The entries of runs by name; an unknown name, as in the path of a target, raises StudyError."""

    def __missing__(self, name: str) -> None:
        raise StudyError("runs", f"there is no run {shown(name)}{meant(name, list(self))}")


def complete(runs: dict, name: str) -> Any:
    """Return a run's entry with what it inherits; `snapshots: null`, which records none, is removed."""
    entry = inherited(runs, name, [])
    if isinstance(entry, dict) and entry.get("snapshots", {}) is None:
        del entry["snapshots"]
    return entry


def inherited(runs: dict, name: str, heirs: list[str]) -> Any:
    """Return a run's entry laid over that of the run it is `like`; `heirs` are the runs that inherit it."""
    own, where = runs[name], f"runs.{name}.like"
    if not isinstance(own, dict) or "like" not in own:
        return deepcopy(own)
    like = own["like"]
    if not isinstance(like, str) or like not in runs:
        raise StudyError(where, f"there is no run {shown(like)}{meant(like, list(map(str, runs)))}")
    if like in [*heirs, name]:
        what = f"{' -> '.join([*heirs, name, like])} leads back to the same run"
        raise StudyError(where, f"{what}; remove `like:` from one of them")
    return overlaid(inherited(runs, like, [*heirs, name]), {key: own[key] for key in own if key != "like"})


def overlaid(base: Any, changes: Any) -> Any:
    """Return mappings merged key by key, or only the changes if they have another module or rule of steps."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return deepcopy(changes)
    if changes.get("module", base.get("module")) != base.get("module") or {"every", "log"} & changes.keys():
        return deepcopy(changes)
    return {
        key: overlaid(base.get(key), changes[key]) if key in changes else base[key]
        for key in {**base, **changes}
    }

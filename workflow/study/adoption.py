"""The comparisons that `snakemake adopt` makes, for results that differ from the config in their code alone.

Such a result was made by earlier code, under the present options. The earlier and the present code both run
the first steps of the same runs on this machine, as a short study of their own.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from itertools import groupby
from pathlib import Path
from typing import Any

from study.commits import commits_of
from study.errors import StudyError
from study.freshness import Made, Results, differing
from study.resolve import complete
from study.sources import is_source

# The stages whose results take long to make; all others are made again in seconds.
STAGES = ("dataset", "train", "scores", "metric", "retrain")
STEPS = 300  # the most steps of a run of a short study
SHORT = "short"  # the results folder of a short study


def comparisons(results: Results, config: dict, study: dict) -> list[dict[str, Any]]:
    """Return the comparisons to make, one for each commit whose code made some of the results.

    commit    the commit that has the earlier code; None if no commit has it
    config    the short study, which makes the same files from runs of at most `STEPS` steps
    files     {path: what the comparison must know of it (`result`)}, each after its input files
    """
    found = [
        (path, made, old)
        for path, made, old in changed_in_code(results)
        if stage(made) in STAGES and not of_source(study, path, made)
    ]
    codes = list(dict.fromkeys(json.dumps(old) for _, _, old in found))
    commits = dict(zip(codes, commits_of(list(map(json.loads, codes))), strict=True))
    listed = []
    for commit, group in groupby(
        sorted(found, key=lambda each: order(commits, each)), lambda each: key(commits, each)
    ):
        files = {path: result(results, study, path, made) for path, made, _ in group}
        listed.append({"commit": commit or None, "config": short(config, files), "files": files})
    return listed


def summary(listed: list[dict[str, Any]], renewals: dict[str, dict]) -> str:
    """Return a text with one line for each comparison that will be made, and one for all renewals."""
    lines = []
    for each in listed:
        runs = sorted({file["wildcards"]["run"] for file in each["files"].values()})
        what = f"{len(each['files'])} files of {', '.join(runs)}"
        if each["commit"]:
            lines.append(
                f"{what}: made by the code of commit {each['commit'][:12]}, "
                "which will be compared with the present code"
            )
        else:
            lines.append(
                f"{what}: no commit of this repository has the code that made them, "
                "so they will be made again"
            )
    if renewals:
        lines.append(
            f"{len(renewals)} files were made from kept files by the present code: "
            "their headers will state the present lineage of these files"
        )
    return "\n".join(
        lines or ["No result differs from the config in its code alone: there is nothing to adopt."]
    )


def key(commits: dict, found: tuple) -> str:
    """Return the commit that has the code of a found file; "" if there is none."""
    return commits[json.dumps(found[2])] or ""


def order(commits: dict, found: tuple) -> tuple:
    """Return the sort key of a found file: its commit, then its stage, then its path."""
    path, made, _ = found
    return key(commits, found), STAGES.index(stage(made)), path


def of_source(study: dict, path: str, made: Made) -> bool:
    """Return whether a file is of a run that was recorded elsewhere, of which no short study can be made."""
    return is_source(study["runs"][made.rule.get_wildcards(path)["run"]])


def stage(made: Made) -> str:
    """Return the stage of a job: the name of its script."""
    return Path(made.rule.script).stem


def changed_in_code(results: Results) -> list[tuple[str, Made, dict[str, str]]]:
    """Return each file on disk that was made under the config's options by other code than the present one.

    Each item is (path, the job that makes the file now, {module: hash} of the code that made it).
    """
    return [
        (path, made, made_by["code"])
        for path, made, made_by in under_same_options(results)
        if differing(made_by["code"], made.code)
    ]


def under_same_options(results: Results) -> Iterator[tuple[str, Made, dict]]:
    """Yield each file on disk that was made under the config's options: (path, its job, what made it)."""
    for path in sorted(Path(results.folder).glob("**/*")):
        if path.suffix in (".parquet", ".safetensors") and (made := of_study(results, str(path))):
            made_by = results.header(str(path)).get("made_by", {})
            if made_by.get("options") == made.options:
                yield str(path), made, made_by


def of_study(results: Results, path: str) -> Made | None:
    """Return the job that makes a file; None if no job of the study makes it."""
    try:
        return results.of_file(path)
    except (StudyError, KeyError):
        return None


def result(results: Results, study: dict, path: str, made: Made) -> dict[str, Any]:
    """Return what the comparison must know of one file.

    stage, wildcards   those of the job that makes it
    same               the file of the short study that decides on it: that of the run's first seed
    inputs             {name: path} of the job's input files
    lineages           {name: lineage} that the headers of these inputs will state
    lineage, code      what the header of the file itself will state
    """
    wildcards = made.rule.get_wildcards(path)
    first = study["runs"][wildcards["run"]]["seeds"][0]
    parts = results.name_of(path).split("/")
    sources = {name: results.of_file(source) for name, source in made.inputs.items()}
    return {
        "stage": stage(made),
        "wildcards": dict(wildcards),
        "same": "/".join([SHORT, parts[0], str(first), *parts[2:]]),
        "inputs": made.inputs,
        "lineages": {name: each.lineage for name, each in sources.items() if each},
        "lineage": made.lineage,
        "code": made.code,
    }


def short(config: dict, files: dict[str, dict]) -> dict:
    """Return a short study: the runs that made these files, cut to their first steps."""
    study = {
        key: value
        for key, value in deepcopy(config).items()
        if key not in ("prediction", "checkpoints", "adopt_tolerance")
    }
    study |= {"results": SHORT, "figures": {}, "runs": {}}
    for name in sorted({file["wildcards"]["run"] for file in files.values()}):
        study["runs"][name] = run = complete(config["runs"], name)
        run["training"]["steps"] = min(STEPS, run["training"]["steps"])
        run["training"]["evaluate"] = {"every": 5}
        if "snapshots" in run:
            run["snapshots"]["steps"] = {"log": 2}
    for entry in study["metrics"].values():
        entry.pop("seeds", None)
        entry["steps"] = [1]
    for entry in study["subnetworks"].values():  # it does not matter which units are trained alone
        metric = entry["metric"]
        entry.clear()
        entry |= {"metric": metric, "take": "random"}
    return study

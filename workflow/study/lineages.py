"""The lineages that `snakemake adopt` renews, in headers of results that are up to date by their content.

A lineage is a digest of all options and all code behind a file. If a result is kept although its code has
changed, the results that were made from it are still right. But they state its earlier lineage, by which they
would be judged once it is deleted, or left out of an archive.
"""

from pathlib import Path
from typing import Any

from study.adoption import under_same_options
from study.freshness import Made, Results, differing, lineage


def renewals(results: Results, listed: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return {path: what its header must state} for each file whose content is right but not its lineage.

    `listed` holds the comparisons that come first (`comparisons`).

    lineages   {name: lineage} that the header will state of the file's inputs
    lineage    the lineage that it will state of the file itself
    sources    the files upstream that these comparisons must keep
    """
    compared = {path for group in listed if group["commit"] for path in group["files"]}
    found = {}
    for path, made, made_by in under_same_options(results):
        lineages = {
            name: job.lineage for name, source in made.inputs.items() if (job := results.of_file(source))
        }
        stated = {name: each["lineage"] for name, each in made_by["inputs"].items() if name in lineages}
        is_stale = (made_by["lineage"], stated) != (made.lineage, lineages)
        if path not in compared and is_stale and is_right(results, made, compared):
            sources = sorted(upstream(results, made) & compared)
            found[path] = {"lineages": lineages, "lineage": made.lineage, "sources": sources}
    return found


def jobs_of(results: Results, made: Made) -> list[Made]:
    """Return the jobs that make the inputs of a job."""
    return [job for source in made.inputs.values() if (job := results.of_file(source))]


def is_right(results: Results, made: Made, compared: set[str]) -> bool:
    """Return whether a job's files on disk are up to date by content, if all files in `compared` are kept."""
    return all(
        is_right_file(results, made, path, path in compared) for path in on_disk(results, made)
    ) and all(is_right(results, job, compared) for job in jobs_of(results, made))


def is_right_file(results: Results, made: Made, path: str, is_compared: bool) -> bool:
    """Return whether a file is up to date by content, if its inputs are."""
    made_by = results.header(path)["made_by"]
    return (
        made_by["options"] == made.options
        and (is_compared or not differing(made_by["code"], made.code))
        and made_by["inputs"].keys() == made.inputs.keys()
        and all(holds(results, made.inputs[name], said) for name, said in made_by["inputs"].items())
    )


def holds(results: Results, path: str, said: dict) -> bool:
    """Return whether what a header says of an input still holds.

    If the input was deleted, its lineage may also be the one that the files upstream give it.
    """
    if Path(path).exists() or results.present(path, said):
        return results.present(path, said) == said
    job = results.of_file(path)
    return job is not None and said["lineage"] == earlier(results, job)


def earlier(results: Results, made: Made) -> str:
    """Return the lineage of a job's files as they or, if they were deleted, the files upstream state it."""
    for path in on_disk(results, made):
        return results.header(path)["made_by"]["lineage"]
    sources = results.sources_of(made)
    return lineage(made, {name: earlier(results, job) for name, job in sources.items()})


def on_disk(results: Results, made: Made) -> list[str]:
    """Return the files of a job that exist and have a header."""
    return [path for path in made.outputs if results.header(path).get("made_by")]


def upstream(results: Results, made: Made) -> set[str]:
    """Return all files from which a job's files are made, directly or not."""
    found = set(made.inputs.values())
    for job in jobs_of(results, made):
        found |= set(job.outputs) | upstream(results, job)
    return found

"""Runs that were recorded elsewhere: what the headers of their files say, read without the data.

Such a run names a folder for each seed, `source: own/digits/{seed}`, with the files of a recording. A study
describes it by their headers alone: the entry of the run has no data set, model or training. Where the folder
is missing, as on a machine that was given the results alone, the results say what the recording was.
"""

from pathlib import Path
from typing import Any

from grokking_phases.storage.stamps import stated
from study.errors import StudyError

FILES = {
    "dataset": "dataset.parquet",
    "curves": "curves.parquet",
    "snapshots": "snapshots.parquet",
    "weights": "weights.safetensors",
}


def is_source(run: dict) -> bool:
    """Return whether a run was recorded elsewhere."""
    return "source" in run


def last_step(run: dict) -> int:
    """Return the last step of a run, or the last one that was recorded elsewhere."""
    return run["snapshots"]["steps"][-1] if is_source(run) else run["training"]["steps"]


def folder_of(run: dict, seed: int | str) -> Path:
    """Return the folder of one seed's recording."""
    return Path(run["source"].replace("{seed}", str(seed)))


def described(run: dict, where: str, results: Path) -> dict:
    """Return the entry of a source with `recorded` and `snapshots`, as the headers of its files say.

    `results` is the folder of the run's results. Raise StudyError unless each seed has a whole recording or
    results of one, all of the same layers.
    """
    if len(run["seeds"]) > 1 and "{seed}" not in run["source"]:
        what = f"{run['source']!r} is one folder, and the run has {len(run['seeds'])} seeds"
        raise StudyError(where, f"{what}; write {{seed}} in place of the seed")
    headers = [taken_over(run, seed, results) or header_of_seed(run, seed, where) for seed in run["seeds"]]
    for seed, header in zip(run["seeds"], headers, strict=True):
        if header["layers"] != headers[0]["layers"]:
            what = f"{folder_of(run, seed)} has other layers than {folder_of(run, run['seeds'][0])}"
            raise StudyError(where, f"{what}; make a run of each")
    recorded = in_all_seeds([header.get("recorded", {}) for header in headers])
    recorded["layers"] = headers[0]["layers"]
    steps = min((header["steps"] for header in headers), key=lambda steps: steps[-1:])  # the shortest
    return (
        run
        | {"recorded": recorded}
        | ({"snapshots": {"layers": list(recorded["layers"]), "steps": steps}} if steps else {})
    )


def in_all_seeds(recorded: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the recordings of a run have: curves and weights only where each seed has them."""
    curves = [each.get("curves", []) for each in recorded]
    common = [name for name in curves[0] if all(name in others for others in curves)]
    return recorded[0] | {"curves": common, "weights": all(each.get("weights") for each in recorded)}


def header_of_seed(run: dict, seed: int | str, where: str) -> dict[str, Any]:
    """Return the header of one seed's snapshots; raise StudyError for a file that is no recording's."""
    for name in FILES.values():
        path = folder_of(run, seed) / name
        if not stated(path):
            what = f"{path} is no file of a recording" if path.exists() else f"there is no {path}"
            if (path.parent / "parts").exists():
                what = f"{path.parent} holds a recording that was not closed"
                remedy = "run its script to the end, or make the same Recorder and call close()"
                raise StudyError(where, f"{what}; {remedy}")
            raise StudyError(where, f"{what}; record this seed (docs/own_network.md), or correct the folder")
    return stated(folder_of(run, seed) / FILES["snapshots"])


def taken_over(run: dict, seed: int | str, results: Path) -> dict[str, Any]:
    """Return what the results of a seed say about its recording if its folder is missing, else {}.

    These are the `seals` of its files, and `layers`, `steps` and `recorded` as in their headers.
    """
    folder = folder_of(run, seed)
    for file in () if folder.exists() else FILES.values():
        header = stated(results / str(seed) / file)
        said = header.get("made_by", {}).get("source", {})
        if said.get("folder") == str(folder):
            return said | {"recorded": header.get("recorded", {})}
    return {}


def seals(run: dict, seed: int | str, results: Path) -> dict[str, str]:
    """Return the seal of each file of a recording; a recording that is made anew has other seals.

    Raise StudyError if there is no recording of this seed, which a path may name.
    """
    if taken := taken_over(run, seed, results):
        return taken["seals"]
    header_of_seed(run, seed, f"runs.{results.name}.source")
    return {name: stated(folder_of(run, seed) / file).get("seal", "") for name, file in FILES.items()}

"""Keep results although the code has changed, if both codes make the same of the first steps of each run."""

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import yaml

from grokking_phases.jobs.logs import logged
from grokking_phases.storage.compare_files import compare_files
from grokking_phases.storage.headers import header_of
from grokking_phases.storage.replace_header import replace_header


def main(
    repository: Path, comparisons: list[dict], renewals: dict[str, dict], tolerance: float, cores: int
) -> None:
    """Run each comparison (`study/adoption.py`), keep the results that pass it, and print which are kept.

    Then renew the lineages (`study/lineages.py`) of the results that were made from them.

    `tolerance` is the greatest difference allowed between values of a metric, in the metric's units. Training
    must be the same to the last bit.
    """
    kept: set[str] = set()
    for group in comparisons:
        if group["commit"] is None:
            why = "no commit of this repository has the code that made them"
            say(f"{len(group['files'])} files are not kept: {why}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            old, new = Path(folder, "old"), Path(folder, "new")
            make(code_of(repository, group["commit"], Path(folder, "code")), old, group, cores)
            make(repository, new, group, cores)
            kept |= judge(group, old, new, tolerance)
    renew(renewals, kept)


def code_of(repository: Path, commit: str, folder: Path) -> Path:
    """Write the code of a commit into a folder; return the folder."""
    command = ["git", "-C", repository, "archive", commit, "Snakefile", "workflow", "profiles"]
    archive = subprocess.run(command, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def make(code: Path, folder: Path, group: dict, cores: int) -> None:
    """Run the short study of a comparison in `folder`, with the workflow in `code`."""
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(group["config"], sort_keys=False), encoding="utf-8")
    targets = sorted({file["same"] for file in group["files"].values()})
    flags = [
        "--snakefile",
        code / "Snakefile",
        "--directory",
        folder,
        "--cores",
        str(cores),
        "--quiet",
        "all",
    ]
    command = [
        sys.executable,
        "-m",
        "snakemake",
        *flags,
        "--configfile",
        folder / "config.yaml",
        "--",
        *targets,
    ]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)
    if done.returncode:
        what = f"commit {group['commit']} and the present code cannot be compared: the short study failed"
        raise ValueError(f"{what}:\n{done.stderr}")


def judge(group: dict, old: Path, new: Path, tolerance: float) -> set[str]:
    """Keep each result whose counterparts in the folders `old` and `new` are equal; return and print which.

    A result is not kept if one of its inputs is not.
    """
    refused, differences = set(), []
    for path, file in group["files"].items():
        allowed = tolerance if file["stage"] in ("scores", "metric") else None
        difference, why = compare_files(old / file["same"], new / file["same"], allowed, is_empty(path))
        if source := next((source for source in file["inputs"].values() if source in refused), ""):
            why = f"it is made from {source}"
        if why:
            refused.add(path)
            say(f"{path} is not kept: {why}")
        else:
            adopt(
                path, file, {"commit": group["commit"], "difference": difference, "tolerance": allowed or 0.0}
            )
            differences.append(difference)
    say(f"{len(differences)} files are kept; the greatest difference is {max(differences, default=0):.3g}")
    return set(group["files"]) - refused


def is_empty(path: str) -> bool:
    """Return whether a result is a table without rows, as the snapshots of a run that records only curves."""
    return path.endswith(".parquet") and pq.read_metadata(path).num_rows == 0


def adopt(path: str, file: dict, evidence: dict) -> None:
    """Write into a file's header that the present code makes the same, with the code that made it."""
    made_by = header_of(path)["made_by"]
    adopted = [*made_by.get("adopted", []), evidence | {"code": made_by["code"]}]
    restate(path, file, {"code": file["code"], "adopted": adopted})


def renew(renewals: dict[str, dict], kept: set[str]) -> None:
    """Write the present lineages into the headers of the files whose sources are all kept; print how many."""
    files = {path: file for path, file in renewals.items() if kept.issuperset(file["sources"])}
    for path, file in files.items():
        restate(path, file, {})
    if files:
        say(f"{len(files)} files made from kept files stay up to date: their lineages are renewed")


def restate(path: str, file: dict, said: dict) -> None:
    """Write the lineages of a file and of its inputs into its header's `made_by`, and what else is `said`."""
    header = header_of(path)
    made_by = header["made_by"]
    inputs = {
        name: each | {"lineage": file["lineages"].get(name)} for name, each in made_by["inputs"].items()
    }
    made_by |= {"lineage": file["lineage"], "inputs": inputs} | said
    replace_header(path, header)


def say(text: str) -> None:
    """Print a line to the terminal and to the log of the job."""
    print(text, file=sys.stderr)


with logged(snakemake.log[0]):
    params = snakemake.params
    main(
        Path(params.repository),
        params.comparisons,
        params.renewals,
        params.tolerance,
        snakemake.threads,
    )

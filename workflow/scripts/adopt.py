"""Results kept although the code has changed: old and new code make the same of the first steps of each run."""

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import yaml

from grokking_phases.jobs.logs import logged
from grokking_phases.storage.compare_files import compare_files
from grokking_phases.storage.headers import header_of
from grokking_phases.storage.replace_header import replace_header


def main(repository: Path, comparisons: list[dict], tolerance: float, cores: int) -> None:
    """Compare each group of results (`study/adoption.py`), and print what became of them.

    `tolerance` is the greatest difference between values of a metric, in the metric's units; training must be the same
    to the last bit.
    """
    for group in comparisons:
        if group["commit"] is None:
            say(
                f"{len(group['files'])} files are not kept: no commit of this repository has the code that made them"
            )
            continue
        with tempfile.TemporaryDirectory() as folder:
            old, new = Path(folder, "old"), Path(folder, "new")
            make(code_of(repository, group["commit"], Path(folder, "code")), old, group, cores)
            make(repository, new, group, cores)
            judge(group, old, new, tolerance)


def code_of(repository: Path, commit: str, folder: Path) -> Path:
    """Return a folder with the code as it was at the commit."""
    command = ["git", "-C", repository, "archive", commit, "Snakefile", "workflow", "profiles"]
    archive = subprocess.run(command, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def make(code: Path, folder: Path, group: dict, cores: int) -> None:
    """Let the workflow in `code` run the short study in `folder`."""
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
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise ValueError(
            f"the code of {group['commit']} and the present one cannot be compared:\n{done.stderr}"
        )


def judge(group: dict, old: Path, new: Path, tolerance: float) -> None:
    """Keep the results whose like came out the same, and that are not made from others that are not kept."""
    refused, differences = set(), []
    for path, file in group["files"].items():
        allowed = tolerance if file["stage"] == "metric" else None
        difference, why = compare_files(old / file["same"], new / file["same"], allowed)
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


def adopt(path: str, file: dict, evidence: dict) -> None:
    """Let the file's header say that it is what the present code makes, which code made it, and how that is known."""
    header = header_of(path)
    made_by = header["made_by"]
    inputs = {
        name: each | {"lineage": file["lineages"].get(name)} for name, each in made_by["inputs"].items()
    }
    before = [*made_by.get("adopted", []), evidence | {"code": made_by["code"]}]
    made_by |= {"code": file["code"], "lineage": file["lineage"], "inputs": inputs, "adopted": before}
    replace_header(path, header)


def say(text: str) -> None:
    print(text, file=sys.stderr)


with logged(snakemake.log[0]):
    params = snakemake.params
    main(Path(params.repository), params.comparisons, params.tolerance, snakemake.threads)

"""`make explore`: write results/explorer.html from all that a study has finished."""

import argparse
import sys
import time
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd
from snakemake.exceptions import WorkflowError

from grokking_phases.analysis.events import Levels
from grokking_phases.explorer.finished_seeds import gather
from grokking_phases.explorer.page import write_page
from study.config_files import read_together
from study.errors import StudyError
from study.resolve import complete

ERRORS = ValueError, OSError, WorkflowError, StudyError


def main(arguments: argparse.Namespace) -> Path:
    """Write the page, and return its path."""
    config = read_together(arguments.study)
    results = arguments.results or Path(config["results"])
    runs = {name: complete(config["runs"], name) for name in config["runs"]}
    study = gather(results, runs, Levels(**config.get("levels", {})))
    study.seeds = [seed for seed in study.seeds if any(fnmatch(seed.run, name) for name in arguments.runs)]
    claims = pd.read_csv(arguments.claims) if arguments.claims.exists() else None
    write_page(results / "explorer.html", study, claims)
    return results / "explorer.html"


def parsed(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="?", type=Path, help="the folder of results; left out: the study's")
    parser.add_argument("--study", nargs="+", type=Path, default=[Path("config.yaml")], help="config files")
    parser.add_argument("--runs", nargs="+", default=["*"], help="show only these runs, such as 'addition_*'")
    claims = Path("docs/tables/claims.csv")
    parser.add_argument(
        "--claims", type=Path, default=claims, help="a table of claims, as `make docs` writes it"
    )
    parser.add_argument("--watch", type=float, metavar="SECONDS", help="write the page again and again")
    return parser.parse_args(words)


def watch(arguments: argparse.Namespace) -> None:
    """Write the page again and again; after an error, such as a config that is being edited, try again."""
    while True:
        time.sleep(arguments.watch)
        try:
            main(arguments)
        except ERRORS as error:
            print(f"explore: the page stays as it is: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    arguments = parsed()
    try:
        print(main(arguments), flush=True)
    except ERRORS as error:
        raise SystemExit(f"explore: {error}") from None
    if arguments.watch:
        watch(arguments)

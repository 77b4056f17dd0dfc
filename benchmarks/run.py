"""`make bench`: run every benchmark, or those named, and write results/benchmarks.{csv,md}.

A benchmark is a module of this folder. It offers `pairs()`, which yields pieces of work done by us and by a
peer (`pairs.py`), or `lines()`, which yields other measurements as sentences. Where a pair disagrees or a
peer is missing, the report says so, the other benchmarks still run, and the command fails at its end. A
missed floor is no failure.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
from pairs import BenchmarkError, Measured, measure, one_thread
from surroundings import Surroundings
from table import COLUMNS, cells, line, markdown, record, remarks

from grokking_phases.jobs.devices import keep_freed_memory

BENCHMARKS = (
    "mlp_step",
    "transformer_step",
    "o_information",
    "normal_scores",
    "clustering",
    "metrics",
    "neighbours",
    "snapshots_io",
    "states",
    "recorder",
    "overhead",
    "explorer_page",
)
ON_A_GPU = ("gpu",)  # run only if it is named
RESULTS = Path(__file__).parents[1] / "results"


class Report:
    """The findings: printed at once, and written to the files at the end."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.measured: list[tuple[str, Measured]] = []
        self.sentences: list[str] = []
        self.failures: list[str] = []
        print("\n".join(surroundings.lines()), end="\n\n")
        print(line(COLUMNS), flush=True)

    def run(self, name: str, benchmark: ModuleType) -> None:
        for pair in benchmark.pairs() if hasattr(benchmark, "pairs") else ():
            try:
                measured = measure(pair)
            except BenchmarkError as error:
                self.fail(name, error)
                continue
            self.measured.append((name, measured))
            print(
                line(cells(measured)),
                f"    {remarks(measured, self.surroundings.rates)}",
                sep="\n",
                flush=True,
            )
        for sentence in benchmark.lines() if hasattr(benchmark, "lines") else ():
            self.sentences.append(sentence)
            print(sentence, flush=True)

    def fail(self, name: str, error: BenchmarkError) -> None:
        self.failures.append(f"{name} FAILED: {error}.")
        print(self.failures[-1], flush=True)

    def write(self, folder: Path) -> None:
        """Write benchmarks.csv, a row for each pair, and benchmarks.md, all that was printed."""
        folder.mkdir(parents=True, exist_ok=True)
        rates = self.surroundings.rates
        rows = [record(name, measured, rates) for name, measured in self.measured]
        pd.DataFrame(rows).to_csv(folder / "benchmarks.csv", index=False)
        table = markdown([measured for _, measured in self.measured], rates)
        parts = [*self.surroundings.lines(), table, *self.sentences, *self.failures]
        (folder / "benchmarks.md").write_text(
            "\n\n".join(["# Benchmarks", *map(str.strip, parts)]) + "\n", encoding="utf-8"
        )


def chosen(names: list[str]) -> Iterator[tuple[str, ModuleType]]:
    """Return the benchmarks named, or all; raise SystemExit, with a sentence, for an unknown name."""
    known = BENCHMARKS + ON_A_GPU
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"{unknown[0]}: there is no such benchmark; choose from {', '.join(known)}.")
    return ((name, importlib.import_module(name)) for name in names or BENCHMARKS)


def main(names: list[str]) -> None:
    benchmarks = chosen(names)
    keep_freed_memory()  # as in jobs; it helps ours and theirs alike
    with one_thread():
        report = Report(Surroundings.here())
        try:
            for name, benchmark in benchmarks:
                try:
                    report.run(name, benchmark)
                except BenchmarkError as error:  # raised while a pair was prepared
                    report.fail(name, error)
        finally:
            report.write(RESULTS)
    print(f"\nWritten: {RESULTS}/benchmarks.csv and .md")
    if report.failures:
        sys.exit(f"{len(report.failures)} failed.")


if __name__ == "__main__":
    main(sys.argv[1:])

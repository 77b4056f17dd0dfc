"""`make docs`: write the tables and the pictures that the pages of docs/ quote, from finished studies."""

import argparse
import shutil
import tarfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from PIL import Image
from tables_of_studies import DOCS, TABLES

from grokking_phases.analysis.claims import in_words

VERDICTS = ("<!-- verdicts: made by make docs -->", "<!-- end of verdicts -->")  # in docs/claims.md
# The studies with an archive; "study" is the default one.
STUDIES = ("study", "confirm", "paper", "paper_cpu", "comovement")
# The figure of each study in examples/ that docs/own_network.md shows.
EXAMPLES = {
    "digits": "synergy_redundancy",
    "parity": "progress",
    "saved": "progress",
    "lightning": "progress",
}


def write_tables(results: Path) -> None:
    """Write every table whose study is finished, and the verdicts into claims.md."""
    for name, make in TABLES.items():
        try:
            table = make(results)
        except FileNotFoundError as missing:
            print(f"docs/tables/{name}.csv stays as it is: {missing}")
            continue
        table.to_csv(DOCS / f"tables/{name}.csv", index=False, float_format="%.6g")
        if name == "claims":
            page = DOCS / "claims.md"
            text = between_markers(page.read_text(encoding="utf-8"), in_words(table))
            page.write_text(text, encoding="utf-8")


def between_markers(text: str, verdicts: str) -> str:
    """Return the text of claims.md with another table of verdicts."""
    start, end = VERDICTS
    return f"{text.partition(start)[0]}{start}\n\n{verdicts}\n\n{end}{text.partition(end)[2]}"


def archive(results: Path, study: str) -> None:
    """Write tables/<study>.tar.xz, without snapshots and without what is quickly made again.

    It unpacks in a clone. `study` is the study's folder in `results`, or "study" for the default one.
    """
    folder = results if study == "study" else results / study
    runs = sorted({path.parents[1] for path in folder.glob("*/[0-9]*/curves.parquet")})
    if not runs:
        return
    with tarfile.open(DOCS / f"tables/{study}.tar.xz", "w:xz") as tar:
        for path in chain(*(sorted(run.rglob("[!.]*.parquet")) for run in runs)):
            if path.name != "snapshots.parquet" and not {"scores", "summary"} & {*path.parts}:
                tar.add(path, Path("results", path.relative_to(results)))


def small(picture: Path, copy: Path) -> None:
    """Write a copy of a picture in 256 colours, half of its size."""
    with Image.open(picture) as image:
        image.convert("RGB").quantize(256).save(copy, optimize=True)


def pictures(results: Path) -> Iterator[tuple[Path, str]]:
    """Yield each picture of a figure, and its name in docs/figures without the suffix.

    The figures of the default study and its sweeps have the names of their files. Those of other studies are
    the same figures, and have the study's name in front.
    """
    for study in (".", "prediction", "comovement"):
        for picture in sorted((results / study).glob("figures/*/*.png")):
            yield picture, f"{picture.parent.name}_{picture.stem}"
    for study in ("paper", "paper_cpu", "confirm"):
        for picture in sorted((results / study).glob("figures/*/*.png")):
            yield picture, f"{study}_{picture.parent.name}_{picture.stem}"


def main(results: Path) -> None:
    for folder in ("tables", "figures"):
        (DOCS / folder).mkdir(exist_ok=True)
    write_tables(results)
    for study in STUDIES:
        archive(results, study)
    for picture, name in pictures(results):
        small(picture, DOCS / f"figures/{name}.png")
        notes = picture.with_suffix(".md")  # figures of earlier versions have none
        if notes.exists():
            shutil.copy(notes, DOCS / f"figures/{name}.md")
    for example, figure in EXAMPLES.items():
        for picture in results.glob(f"{example}/figures/study/{figure}.png"):
            small(picture, DOCS / f"figures/example_{example}.png")
    for picture in results.glob("benchmarks/*.png"):
        shutil.copy(picture, DOCS / f"figures/{picture.name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="?", type=Path, default=Path("results"))
    main(parser.parse_args().results)

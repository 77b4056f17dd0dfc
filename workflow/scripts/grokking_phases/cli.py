"""The command `grokking-phases`; each of its commands imports by itself what takes long to import."""

import glob
import sys
from collections.abc import Callable
from functools import wraps
from itertools import chain
from pathlib import Path
from typing import Any

import click

from grokking_phases import EXTRAS

FILE = click.Path(exists=True, path_type=Path)
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def in_one_sentence(command: Callable) -> Callable:
    """Show an error of the input, or a missing package, as one sentence on stderr, with exit code 2."""

    @wraps(command)
    def guarded(**options: Any) -> Any:
        try:
            return command(**options)
        except (ValueError, OSError) as error:
            raise wrong(str(error)) from error
        except ModuleNotFoundError as error:
            package = str(error.name).partition(".")[0]
            if package not in EXTRAS:
                raise
            remedy = f"pip install 'grokking-phases[{EXTRAS[package]}]'"
            raise wrong(f"this needs the package {package}, which is not installed: {remedy}") from error

    return guarded


def wrong(sentence: str) -> click.ClickException:
    """Return the exception that shows a sentence, with the exit code of a command line that is wrong."""
    exception = click.ClickException(sentence)
    exception.exit_code = click.UsageError.exit_code
    return exception


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="grokking-phases")
def main() -> None:
    """See, measure and time the phases that a network goes through from memorising to generalising."""


@main.command("import", short_help="Take over activations that others have saved.")
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--step", required=True, help=r"Regular expression that finds the step in a path: 'step_(\d+)'."
)
@click.option("--labels", required=True, type=FILE, help="The label of each sample: npy, csv, pt, …")
@click.option("--to", required=True, type=click.Path(path_type=Path), help="The folder of the recording.")
@click.option("--inputs", type=FILE, help="The inputs of all samples, if they were saved.")
@click.option("--curves", type=FILE, help="CSV with the column step, and one for each curve (train_loss, …).")
@click.option("--layer", help="Name of arrays without one (npy); or a regular expression with a group.")
@click.option("--only", multiple=True, help="A layer to take; may be repeated. Left out: all.")
@click.option("--position", help="For sequences (n, positions, width): an index, last, mean or all.")
@click.option("--reduce", type=click.Choice(["mean", "max", "all"]), help="For channels (n, channels, …).")
@in_one_sentence
def import_(files: tuple[str, ...], step: str, labels: Path, to: Path, **more: Any) -> None:
    """Take over activations that others have saved, so that they can be measured.

    FILES are paths, or a pattern in quotes. Each file holds the activations of one step: arrays
    (n_samples, width), by layer. npz, npy, pt, safetensors, Parquet and zarr are read, and nothing is
    unpickled.

    \b
    Example:
      grokking-phases import 'saved/step_*.npz' --step 'step_(\\d+)' --labels saved/y.npy \\
          --curves saved/curves.csv --to own/saved/0
    """
    from grokking_phases.data.saved_activations import Naming, take_over
    from grokking_phases.data.saved_arrays import read_column, read_csv

    fitting = [glob.glob(each, recursive=True) for each in files]  # noqa: PTH207 (a path may be absolute)
    for pattern, found in zip(files, fitting, strict=True):
        if not found:
            raise ValueError(f"no file fits {pattern!r}; correct the pattern.")
    paths = [Path(path) for path in dict.fromkeys(chain(*fitting))]
    position = more["position"]
    position = int(position) if position and position.lstrip("-").isdigit() else position
    asked = {"layer": more["layer"], "layers": more["only"] or None}
    naming = Naming(step=step, position=position, reduce=more["reduce"], **asked)
    inputs = more["inputs"] and read_column(more["inputs"])
    curves = more["curves"] and read_csv(more["curves"])
    report = take_over(paths, naming, (inputs, read_column(labels)), to, curves)
    click.echo("\n".join(report.lines()))
    click.echo(f"written to {to}; in a study: source: {to}")


KINDS = ["metrics", "estimators", "datasets", "models", "figures"]


@main.command("list", short_help="List metrics, estimators, data sets, models or figures.")
@click.argument("what", nargs=-1, metavar="[KIND | NAME]...")
@in_one_sentence
def list_(what: tuple[str, ...]) -> None:
    """List what there is: each name with a line, its options with their defaults, and what it needs.

    A KIND is metrics, estimators, datasets, models or figures. A NAME alone shows its definition too.

    \b
    Examples:
      grokking-phases list
      grokking-phases list metrics estimators
      grokking-phases list o_information
    """
    from grokking_phases.commands.list_modules import modules_of, named

    names = [each for each in what if each not in KINDS]
    kinds = [each for each in what if each in KINDS] or KINDS
    chosen = named(names, kinds) if names else {kind: modules_of(kind) for kind in kinds}
    for kind, modules in chosen.items():
        click.echo(click.style(kind, bold=True))
        for module in modules:
            click.echo(f"  {module.text_with(names)}".replace("\n", "\n  "))


@main.command(short_help="Measure a recording, or arrays in files.")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--metric", required=True, help="A metric of `grokking-phases list metrics`.")
@click.option("--option", "options", multiple=True, help="An option of the metric, name=value; repeatable.")
@click.option("--to", required=True, type=click.Path(path_type=Path), help="The table: .parquet or .csv.")
@click.option("--step", help=r"Regular expression that finds the step in a path: 'step_(\d+)'.")
@click.option("--labels", type=FILE, help="The label of each sample: npy, csv, pt, …")
@click.option("--network", help="module:function that builds the network, for metrics that need it.")
@in_one_sentence
def measure(files: tuple[Path, ...], metric: str, options: tuple[str, ...], to: Path, **more: Any) -> None:
    """Measure one metric at each step, write the table, and show it in short.

    FILES are the folder of one recording, or one file or more for each step, with arrays (n_samples, width)
    by layer: npz, npy, pt, safetensors, Parquet or zarr. The step is the number in a file's name.

    \b
    Examples:
      grokking-phases measure own/digits/0 --metric o_information --option n_bins=8 --to synergy.parquet
      grokking-phases measure saved/*.npz --metric mutual_information --labels y.npy --to information.csv
    """
    from grokking_phases.commands.measure_files import in_short, measure_to, options_from, snapshots_in
    from grokking_phases.data.saved_arrays import read_column

    chosen = options_from(options, metric)
    labels = more["labels"] and read_column(more["labels"])
    snapshots = snapshots_in(list(files), metric, more | {"labels": labels})
    seen: set[int] = set()
    with click.progressbar(length=len(snapshots), label=metric, file=sys.stderr) as bar:

        def progress(row: dict) -> dict:
            if row["step"] not in seen:
                seen.add(row["step"])
                bar.update(1)
            return row

        table = measure_to(snapshots, metric, chosen, to, progress)
    click.echo(in_short(table))
    click.echo(f"written to {to}")


@main.command(short_help="Draw a figure from tables alone.")
@click.argument("tables", nargs=-1, required=True, type=FILE)
@click.option("--figure", required=True, help="A figure of `grokking-phases list figures`.")
@click.option("--to", default="figures", type=click.Path(path_type=Path), help="The folder of the pictures.")
@in_one_sentence
def figures(tables: tuple[Path, ...], figure: str, to: Path) -> None:
    """Draw a figure from tables: PDF, PNG, the numbers drawn as CSV, its caption and notes as Markdown.

    TABLES are those of `measure`, of a recording (curves.parquet), or your own: .parquet or .csv with the
    columns step, metric, value and, if there are several, run, seed and layer. A table has the name of its
    file. What no table says is left out of the caption.

    \b
    Example:
      grokking-phases figures own/digits/0/curves.parquet o_information.parquet --figure study/progress
    """
    from grokking_phases.commands.draw_tables import draw_tables

    for path in draw_tables(list(tables), figure, to):
        click.echo(f"written to {path}")


@main.command(short_help="Begin a small study of your own in a new folder.")
@click.argument("folder", type=click.Path(path_type=Path))
@in_one_sentence
def init(folder: Path) -> None:
    """Write a complete small study to FOLDER: a data set, a model, metrics and a figure, in one file.

    It runs as it is, and needs the extras torch and figures. Beside it, study.yaml measures its recording by
    the workflow, in a clone.

    \b
    Example:
      grokking-phases init mine
      python mine/study.py
    """
    from grokking_phases.commands.init_study import init_study

    click.echo(f"written to {init_study(folder)}; run it: python {folder / 'study.py'}")


@main.command(short_help="Write a page that shows results in a browser.")
@click.argument("results", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--to", type=click.Path(path_type=Path), help="The page; left out: RESULTS/explorer.html.")
@in_one_sentence
def explore(results: Path, to: Path | None) -> None:
    """Write one HTML page with all curves and tables of a folder under one cursor.

    RESULTS holds RUN/SEED/curves.parquet and RUN/SEED/metrics/METRIC.parquet, as recordings and studies do.

    \b
    Example:
      grokking-phases measure own/digits/0 --metric o_information \\
          --to own/digits/0/metrics/o_information.parquet
      grokking-phases explore own
    """
    from grokking_phases.explorer.finished_seeds import gather
    from grokking_phases.explorer.page import write_page

    study = gather(results)
    if not study.seeds:
        raise ValueError(f"{results} has no RUN/SEED/curves.parquet; give the folder that holds RUN.")
    page = to or results / "explorer.html"
    write_page(page, study)
    click.echo(f"written to {page}; open it in a browser")


if __name__ == "__main__":
    sys.exit(main())

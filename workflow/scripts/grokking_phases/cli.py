"""The command `grokking-phases`; each of its commands imports by itself what takes long to import."""

import glob
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

FILE = click.Path(exists=True, path_type=Path)
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def in_one_sentence(command: Callable) -> Callable:
    """Show a ValueError or OSError of the command as one sentence on stderr, with exit code 1."""

    @wraps(command)
    def guarded(**options: Any) -> Any:
        try:
            return command(**options)
        except (ValueError, OSError) as error:
            raise click.ClickException(str(error)) from error

    return guarded


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="grokking-phases")
def main() -> None:
    """See, measure and time the phases that a network goes through from memorising to generalising."""


@main.command("import", short_help="Take over activations that others have saved.")
@click.argument("files")
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
def import_(files: str, step: str, labels: Path, to: Path, **more: Any) -> None:
    """Take over activations that others have saved, so that they can be measured.

    FILES is a pattern in quotes. Each file holds the activations of one step: arrays (n_samples, width), by
    layer. npz, npy, pt, safetensors, Parquet and zarr are read, and nothing is unpickled.

    \b
    Example:
      grokking-phases import 'saved/step_*.npz' --step 'step_(\\d+)' --labels saved/y.npy \\
          --curves saved/curves.csv --to own/saved/0
    """
    import pandas as pd

    from grokking_phases.data.saved_activations import Naming, take_over
    from grokking_phases.data.saved_arrays import read_column

    paths = [Path(path) for path in glob.glob(files, recursive=True)]  # noqa: PTH207 (the path may be absolute)
    if not paths:
        raise ValueError(f"no file fits {files!r}; correct the pattern, and put it in quotes.")
    position = more["position"]
    position = int(position) if position and position.lstrip("-").isdigit() else position
    asked = {"layer": more["layer"], "layers": more["only"] or None}
    naming = Naming(step=step, position=position, reduce=more["reduce"], **asked)
    inputs = more["inputs"] and read_column(more["inputs"])
    curves = more["curves"] and pd.read_csv(more["curves"])
    report = take_over(paths, naming, (inputs, read_column(labels)), to, curves)
    click.echo("\n".join(report.lines()))
    click.echo(f"written to {to}; in a study: source: {to}")


if __name__ == "__main__":
    sys.exit(main())

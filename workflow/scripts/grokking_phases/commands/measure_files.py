"""Measure files: a recording, or arrays that others have saved, one file or more for each step."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pandas as pd

from grokking_phases import plugins
from grokking_phases.data.array_snapshots import LAYER, ArraySnapshots
from grokking_phases.data.option_types import check_options, check_widths, hints_of
from grokking_phases.data.saved_activations import check_distinct, pattern_of
from grokking_phases.data.saved_arrays import read_arrays
from grokking_phases.data.snapshots import Snapshots
from grokking_phases.estimators._operands import Operands
from grokking_phases.nearest_name import check_known
from grokking_phases.storage.headers import header_of, of_run
from grokking_phases.storage.tables import write_table
from grokking_phases.storage.tidy_rows import tidy

RECORDED = "snapshots.parquet"


def measure_to(
    snapshots: Any, metric: str, options: dict[str, Any], to: Path, progress: Callable
) -> pd.DataFrame:
    """Write a metric's rows for all snapshots to a table (.parquet or .csv), and return them.

    progress: a function to call with each row.
    """
    if to.suffix not in (".parquet", ".csv"):
        raise ValueError(f"--to {to} must end in .parquet or .csv; name the table so.")
    check_inputs(snapshots, metric, options)
    check_widths(metric, options, snapshots.layers)
    rows = plugins.module("metrics", metric).compute(snapshots, **options)
    table = tidy(map(progress, rows), f"metrics/{metric}.py")
    to.parent.mkdir(parents=True, exist_ok=True)
    if to.suffix == ".csv":
        table.to_csv(to, index=False)
    else:
        recorded = of_run(getattr(snapshots, "header", {}))  # files of arrays have no header
        write_table(to, table, recorded | {"module": metric, "options": options})
    return table


def check_inputs(snapshots: Any, metric: str, options: dict[str, Any]) -> None:
    """Raise ValueError if the estimator of a metric reads the samples' inputs, and they are not known."""
    hints = hints_of(plugins.module("metrics", metric).compute)
    if "estimator" not in hints or np.size(snapshots.inputs):
        return
    estimator = options.get("estimator", hints["estimator"][1])
    prepare = plugins.module("estimators", estimator).prepare
    prepared = get_type_hints(prepare).get("return")
    if isinstance(prepared, type) and issubclass(prepared, Operands):
        what = f"estimator={estimator} reads the inputs of the samples, which are not known here"
        raise ValueError(f"{what}; record them with a Recorder, or choose another estimator.")


def in_short(table: pd.DataFrame) -> str:
    """Return a line for each layer and metric: its first and last value, its extremes and their steps."""
    lines = []
    for (layer, metric), rows in table.fillna({"layer": ""}).groupby(["layer", "metric"], sort=False):
        curve = rows.drop_duplicates("step").set_index("step")["value"]
        known = curve.dropna()
        place = {"layer": layer, "metric": metric, "first": curve.iloc[0], "last": curve.iloc[-1]}
        if len(known):
            place |= {"least": known.min(), "at step": known.idxmin()}
            place |= {"largest": known.max(), "at step ": known.idxmax()}
        lines.append(place)
    return pd.DataFrame(lines).to_string(index=False, float_format=lambda value: f"{value:.4g}", na_rep="")


def options_from(given: tuple[str, ...], metric: str) -> dict[str, Any]:
    """Return {option: value} of texts `name=value`; raise ValueError for an unknown metric or option."""
    check_known(metric, plugins.names("metrics"), "--metric", "there is no metric")
    options = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise ValueError(f"--option {text!r} has no value; give name=value, such as n_bins=8.")
        options[name] = value_of(value)
    check_options(metric, options)
    return options


def value_of(text: str) -> Any:
    """Return the number, truth value, null or list that a text writes, or the text itself."""
    words = {"true": True, "false": False, "null": None}
    if text in words:
        return words[text]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def snapshots_in(files: list[Path], metric: str, found_by: dict[str, Any]) -> Any:
    """Return the snapshots in a recording's folder, or in files of arrays.

    found_by: `step` (a regular expression), `labels` (an array, or None) and `network` (module:function, or
    None).
    """
    needs_network = getattr(plugins.module("metrics", metric), "NEEDS_NETWORK", False)
    folder = files[0] if files[0].is_dir() else files[0].parent
    if len(files) == 1 and (files[0] == folder or files[0].name == RECORDED) and (folder / RECORDED).exists():
        return recording_in(folder, found_by["network"] if needs_network else None, needs_network)
    if files[0].is_dir() and files[0].suffix != ".zarr":
        what = f"{files[0]} is no recording, since it has no {RECORDED}"
        remedy = (
            f"make it again, since it was deleted or never copied, or give arrays, such as {files[0]}/*.npz"
        )
        raise ValueError(f"{what}; {remedy}.")
    if needs_network:
        raise ValueError(
            f"{metric} reads the network, which files of arrays lack; record it with a Recorder."
        )
    by_step: dict[int, list[Path]] = {}
    for file in files:
        by_step.setdefault(step_of(file, found_by["step"], len(files)), []).append(file)
    if found_by["labels"] is None and metric == "mutual_information":
        raise ValueError("mutual_information needs the label of each sample; give --labels y.npy.")
    return ArraySnapshots(Files(by_step), found_by["labels"])


def recording_in(folder: Path, network: str | None, needs_network: bool) -> Snapshots:
    """Return the snapshots of a recording, with its network at each step if it is needed."""
    places = folder / RECORDED, folder / "dataset.parquet"
    if not needs_network:
        return Snapshots(*places)
    if network is None:
        raise ValueError("this metric needs the network; give --network module:function, which builds it.")
    from grokking_phases.data.own_networks import OwnNetworks  # torch takes seconds

    digest = header_of(places[0])["config_digest"]
    return Snapshots(*places, network=OwnNetworks(folder / "weights.safetensors", network, digest))


def step_of(file: Path, pattern: str | None, n_files: int) -> int:
    """Return the step in a file's name: the group of a pattern, or the only number in it."""
    search = pattern_of(pattern or r"\d+", "--step")
    found = map(str, search.findall(str(file) if pattern else file.stem))  # a tuple if there are two groups
    numbers = [text for text in found if text.isdecimal()]
    if len(numbers) == 1:
        return int(numbers[0])
    if n_files == 1 and pattern is None:
        return 0
    found = f"{len(numbers)} numbers" if numbers else "no number"
    what = f"{file} has {found} that could be its step"
    raise ValueError(rf"{what}; give --step with the digits in brackets, such as 'step_(\d+)'.")


@dataclass(frozen=True)
class Files(Mapping):
    """{step: {layer: samples}} of files, which are read when a step is asked for."""

    by_step: dict[int, list[Path]]

    def __getitem__(self, step: int) -> dict[str, np.ndarray]:
        layers: dict[str, np.ndarray] = {}
        sources: dict[str, Path] = {}
        for file in self.by_step[step]:
            found = {name or LAYER: values for name, values in read_arrays(file).items()}
            check_distinct(sources, found, file, step)
            layers |= found
        return layers

    def __iter__(self) -> Iterator[int]:
        return iter(self.by_step)

    def __len__(self) -> int:
        return len(self.by_step)

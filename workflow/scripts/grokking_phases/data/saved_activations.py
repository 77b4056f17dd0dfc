"""Activations that others have saved, one file or more for each step, taken over as a recording.

    take_over(paths, Naming(r"step_(\\d+)"), (None, labels), Path("own/saved/0"))

The files of a step hold {layer: array (n_samples, width)}. Arrays that are not that are ignored, and the
report says why.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from grokking_phases.arguments import type_of
from grokking_phases.data.accuracies import check_accuracies
from grokking_phases.data.layer_rules import LayerRule
from grokking_phases.data.own_recording import OUTPUTS, merge
from grokking_phases.data.recorder_parts import Parts, digests_of
from grokking_phases.data.recorder_settings import as_tensor, in_precision
from grokking_phases.data.saved_arrays import UNNAMED, read_arrays
from grokking_phases.samples import take_labels


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How the files of a step are named and read.

    step      a regular expression whose group is the step, in a file's path
    layer     the name of arrays without one; with a group, a regular expression that finds it in the path
    layers    the layers to take; None: all
    position  for arrays (n_samples, n_positions, width), and
    reduce    for arrays (n_samples, n_channels, …): as a recorder takes them (`layer_rules`)
    """

    step: str
    layer: str | None = None
    layers: tuple[str, ...] | None = None
    position: int | str | None = None
    reduce: str | None = None

    def step_of(self, path: Path) -> int | None:
        """Return the step in a file's path, or None if there is none."""
        found = pattern_of(self.step, "--step").search(str(path))
        if found is None:
            return None
        if not found.groups() or not (found[1] or "").isdecimal():
            what = f"--step {self.step!r} finds no whole number in a group of {path}"
            raise ValueError(f"{what}; put the digits in brackets, as in 'step_(\\d+)'.")
        return int(found[1])

    def name_of(self, name: str, path: Path) -> str:
        """Return the layer of an array in a file."""
        if name != UNNAMED:
            return name
        pattern = self.layer if self.layer and "(" in self.layer else None
        found = pattern_of(pattern, "--layer").search(str(path)) if pattern else None
        if self.layer is None or ("(" in self.layer and found is None):
            raise ValueError(f"{path} holds an array without a name; give the layer's name by --layer.")
        return found[1] if found else self.layer


@dataclass
class Report:
    """Steps and layers that were taken over, and what was ignored: {file or array: reason}."""

    steps: list[int] = field(default_factory=list)
    layers: dict[str, int] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        widths = ", ".join(f"{layer} ({width} units)" for layer, width in self.layers.items())
        yield f"taken: {len(self.steps)} steps, {self.steps[0]} to {self.steps[-1]}; layers {widths}"
        yield from (f"ignored: {name}: {reason}" for name, reason in self.ignored.items())


def take_over(
    paths: list[Path], naming: Naming, samples: tuple[Any, Any], to: Path, curves: pd.DataFrame | None = None
) -> Report:
    """Write the recording of the files `paths` to the folder `to`; return what was taken.

    samples  inputs (or None, if they were not saved) and labels, one for each row of an array; words are
             numbered from 0 in the order of the alphabet
    curves   a frame with the column step and one for each curve

    Raise ValueError, naming the file, for one that cannot be read, and if no file holds a layer.
    """
    if any((to / name).exists() for name in OUTPUTS):
        raise ValueError(f"{to} holds a recording; give another folder as --to, or delete it.")
    labels = labels_of(samples[1])
    inputs = np.empty((len(labels), 0)) if samples[0] is None else np.asarray(samples[0])
    if len(inputs) != len(labels):
        raise ValueError(
            f"there are {len(inputs)} inputs and {len(labels)} labels; give one for each sample."
        )
    report, by_step = Report(), {}
    for path in sorted(paths):
        step = naming.step_of(path)
        if step is None:
            report.ignored[str(path)] = "no step in its name"
        else:
            by_step.setdefault(step, []).append(path)
    write_parts(by_step, naming, labels, to, report)
    recorded = {
        "by": "saved activations",
        "files": [path.name for path in sorted(paths)][:3],
        "n_files": len(paths),
    }
    parts = Parts(to / "parts", list(report.layers), report.steps)
    merge(parts, to, {"train": (inputs, labels)}, recorded, curves_of(curves, report.ignored))
    return report


def labels_of(given: Any) -> np.ndarray:
    """Return labels as numbers: words, and columns that hold words, are numbered as the measures do it."""
    if np.asarray(given).dtype.kind in "OSU":
        return take_labels(given, len(given), "--labels")
    return as_tensor(given, "--labels").numpy()


def write_parts(
    by_step: dict[int, list], naming: Naming, labels: np.ndarray, to: Path, report: Report
) -> None:
    """Write a part for each step, holding the arrays of one step in memory."""
    parts = Parts(to / "parts", [], sorted(by_step))
    parts.clear()
    for step in sorted(by_step):
        layers: dict[str, np.ndarray] = {}
        sources: dict[str, Path] = {}
        for path in by_step[step]:
            found = layers_of(path, naming, len(labels), report)
            check_distinct(sources, found, path, step)
            layers |= found
        if not layers and not report.steps:
            continue
        widths = {layer: values.shape[1] for layer, values in layers.items()}
        if report.layers and widths != report.layers:
            what = f"step {step} has the layers {widths}, and step {report.steps[0]} has {report.layers}"
            raise ValueError(f"{what}; name by --only layers that all steps have, of one width.")
        report.layers = widths
        report.steps.append(step)
        parts.write(step, layers, {"layers": widths, "tensors": digests_of(layers), "curves": {}})
    if not report.steps:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in list(report.ignored.items())[:3])
        raise ValueError(f"no layer was found ({reasons or 'no file fits'}); correct the pattern or --step.")


def check_distinct(sources: dict[str, Path], found: Iterable[str], path: Path, step: int) -> None:
    """Add the layers found in a file to `sources`, {layer: file}, which are those of one step.

    Raise ValueError, naming both files, if a layer is there already.
    """
    for layer in found:
        if sources.setdefault(layer, path) != path:
            what = f"{sources[layer]} and {path} both hold layer {layer} of step {step}"
            raise ValueError(f"{what}; narrow the pattern, so that it finds the files of one training.")


def pattern_of(text: str, option: str) -> re.Pattern:
    """Return a regular expression; raise ValueError, naming the option that gave it, if it is none."""
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{option} {text!r} is no regular expression ({error}); correct it.") from None


def layers_of(path: Path, naming: Naming, n_samples: int, report: Report) -> dict[str, np.ndarray]:
    """Return {layer: (n_samples, width)} of one file, and report what is ignored of it."""
    found = {}
    for given, values in read_arrays(path).items():
        if values.ndim < 2 or values.dtype.kind not in "fiub" or len(values) != n_samples:
            what = f"{type_of(values)} is no table of real numbers with a row for each of {n_samples} samples"
            report.ignored[f"{given or 'an array'} of {path}"] = what
            continue
        layer = naming.name_of(given, path)
        if naming.layers and layer not in naming.layers:
            report.ignored[f"{layer} of {path}"] = "not named by --only"
            continue
        rule = LayerRule(layer, naming.position, naming.reduce)
        table = rule.table(as_tensor(values, layer), None, n_samples).numpy()
        if not np.isfinite(table).all():
            raise ValueError(f"layer {layer} of {path} has values that are not finite; leave this file out.")
        found[layer] = in_precision(table, "float32", f"layer {layer} of {path}")
    return found


def curves_of(curves: pd.DataFrame | None, ignored: dict[str, str]) -> dict[int, dict[str, float]]:
    """Return {step: {curve: value}} of a frame; truths are 0 and 1.

    What holds no numbers is named in `ignored`. Raise ValueError if the frame has no distinct steps.
    """
    if curves is None:
        return {}
    if "step" not in curves:
        found = ", ".join(map(str, curves))
        raise ValueError(
            f"the curves have no column 'step' (they have {found}); name the column of steps so."
        )
    for step, times in curves["step"].value_counts(dropna=False).items():
        if not str(step).removesuffix(".0").isdecimal():
            raise ValueError(f"the curves have the step {step}, which is no whole number; correct it.")
        if times > 1:
            raise ValueError(f"the curves have {times} rows of step {step}; give one row for each step.")
    numbers = curves.set_index("step").select_dtypes(["number", "bool"]).astype(float)
    ignored |= {
        f"curve {name}": "its values are no numbers" for name in curves.columns.drop(["step", *numbers])
    }
    found = {int(step): row.dropna().to_dict() for step, row in numbers.iterrows()}
    for step, values in found.items():
        check_accuracies(values, step, "the table of curves")
    return found

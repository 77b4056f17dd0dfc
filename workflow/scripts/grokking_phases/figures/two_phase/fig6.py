"""Two-phase paper, Figure 6: three ways in which the boundaries of neurons leave fewer regions (section 4.1).

The paper draws a schema. Here, each is the clearest case that a trained network gives, after it has fitted if
it gives one then, and is counted over its training.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.events import PUBLISHED, Levels
from grokking_phases.analysis.region_rows import boundaries
from grokking_phases.analysis.time_scales import reached
from grokking_phases.figures.two_phase._squares import draw_lines, first_seeds, frame
from grokking_phases.plotting.layer_names import in_order
from grokking_phases.plotting.layouts import sheet
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import of_one_seed, sampling_of
from grokking_phases.plotting.words import Words

DRAWS = ["curves", "linear_regions", "partition"]
NEEDS = ["linear_regions", "partition"]
MECHANISMS = ["alignment", "disappearance", "merging"]
COLOURS = ["C0", "C1"]  # of the boundaries of the example


def select(tables: pd.DataFrame, panels: dict[str, list[str]], levels: Levels = PUBLISHED) -> pd.DataFrame:
    """Return the counts and the clearest example of each mechanism, for each run's first seed.

    The example is from after fitting if the mechanism is seen then (`fitted`), and from the first layer that
    shows it. Its `value` is what the boundaries cut off, and `before` is the step before. The count is the
    number of regions that the mechanism took at each step, in this layer. Then follow all boundaries and
    corners of regions before and after the examples. ValueError: the partition was not measured there.
    """
    rows = first_seeds(in_panels(tables, panels)).drop(columns=["normalised"])
    return pd.concat(
        [shown_of_run(group, levels) for _, group in rows.groupby(["panel", "run"], sort=False)],
        ignore_index=True,
    )


def shown_of_run(rows: pd.DataFrame, levels: Levels) -> pd.DataFrame:
    """Return the rows of `select` for one run."""
    curves, counted, drawn = (rows[rows["table"] == table] for table in DRAWS)
    steps = sorted(counted["step"].unique())
    examples = counted[counted["metric"].isin([f"example_{name}" for name in MECHANISMS])]
    examples = examples.assign(before=[steps[steps.index(step) - 1] for step in examples["step"]])
    examples = examples.assign(fitted=examples["before"] >= fitting(curves, levels))
    examples = examples.assign(depth=examples["layer"].map(in_order(counted["layer"].dropna()).index))
    examples = examples.sort_values(["fitted", "depth", "value"], ascending=[False, True, False])
    examples = examples.drop_duplicates("metric")
    seen = examples["metric"].str.removeprefix("example_") + examples["layer"]
    shown = {*examples["before"], *examples["step"]} or set(steps[:1])
    missing = sorted(shown - set(drawn["step"]))
    if missing:
        raise ValueError(
            f"metrics.partition: it was not measured at step {missing[0]}, which an example of "
            "linear_regions needs; give it the steps of linear_regions."
        )
    shapes = drawn[drawn["metric"].str.match("end|corner") & drawn["step"].isin(shown)]
    return pd.concat([counted[(counted["metric"] + counted["layer"]).isin(seen)], examples, shapes])


def fitting(curves: pd.DataFrame, levels: Levels) -> float:
    """Return the step from which a run fits its train set; infinity if it never does."""
    accuracy = curves[curves["metric"] == "train_accuracy"].set_index("step")["value"]
    step = reached(accuracy, levels.fitted)
    return np.inf if step is None else step


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run."""
    return [draw_page(rows, study, title) for title, rows in by_run(numbers, study["runs"]).items()]


def draw_page(numbers: pd.DataFrame, study: dict, title: str) -> Figure:
    figure, part = sheet(4.5, f"How regions vanish: {title}", words(numbers, study))
    corners = np.column_stack(
        [numbers.loc[numbers["metric"] == f"corner_{axis}", "value"] for axis in (1, 2)]
    )
    for column, mechanism in zip(part.subplots(2, len(MECHANISMS)).T, MECHANISMS, strict=True):
        draw_mechanism(column, mechanism, numbers)
        for ax in column:
            frame(ax, corners)
    return figure


def draw_mechanism(column: Iterable[Axes], mechanism: str, numbers: pd.DataFrame) -> None:
    """Draw a mechanism's example, before and after, under the number of regions that it took."""
    example = numbers[numbers["metric"] == f"example_{mechanism}"]
    upper, lower = column
    if example.empty:
        upper.set_title(f"{mechanism}\nnot seen")
        return
    (example,) = example.itertuples()
    taken = numbers.loc[numbers["metric"] == mechanism, "value"].sum()
    upper.set_title(
        f"{mechanism}\nlayer {example.layer.split('_')[-1]}: {taken:,.0f} regions", fontsize="medium"
    )
    layers = in_order(numbers["layer"].dropna())
    up_to = layers[: layers.index(example.layer) + 1]
    for ax, step in ((upper, int(example.before)), (lower, example.step)):
        draw_square(ax, numbers[(numbers["step"] == step) & numbers["layer"].isin(up_to)], example.units)
        ax.set_xlabel(f"step {step:,}")


def draw_square(ax: Axes, rows: pd.DataFrame, units: list[int]) -> None:
    """Draw all boundaries in grey, and those of the example in colour."""
    lines = boundaries(rows)
    draw_lines(ax, [piece for pieces in lines.values() for piece in pieces], color="0.7", linewidth=0.6)
    for neuron, colour in zip(units, COLOURS, strict=False):
        draw_lines(ax, lines.get(neuron, []), color=colour, linewidth=1.8)


def words(numbers: pd.DataFrame, study: dict) -> Words:
    metric = study["metrics"]["linear_regions"]
    return Words(
        [
            "Upper row: a snapshot, lower row: the next one that was measured.",
            f"Grey: where neurons turn on or off; coloured: the clearest case{when(numbers)}.",
            "Titles: the regions that each took in all, composites as one, in the layer that shows it.",
        ],
        [
            "The clearest case: the boundary that cuts off less cuts off most.",
            "Others were born meanwhile (figure mechanisms). What vanishes between two snapshots and comes "
            "back is not seen. A boundary among many takes many regions with it.",
            f"{of_one_seed(numbers, study['runs'], sampling_of(metric))}.",
        ],
    )


def when(numbers: pd.DataFrame) -> str:
    """Return in words which examples are from after fitting."""
    examples = numbers[numbers["metric"].str.startswith("example_")]
    early = examples.loc[examples["fitted"].eq(False), "metric"].str.removeprefix("example_")
    if early.empty:
        return " after fitting"
    if len(early) == len(examples):
        return ", before the network fits"
    return f" after fitting ({', '.join(early)}: before the network fits)"

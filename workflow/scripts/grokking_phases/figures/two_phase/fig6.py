"""Two-phase paper, Figure 6: three ways in which the boundaries of neurons leave fewer regions (section 4.1).

The paper draws a schema; here each is the clearest case that a trained network gives, and counted over its training.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.figures.layouts import sheet
from grokking_phases.figures.panels import in_panels
from grokking_phases.figures.recipes import described, regularised
from grokking_phases.figures.squares import boundaries, draw_lines, frame

DRAWS = ["linear_regions", "partition"]
MECHANISMS = ["alignment", "disappearance", "merging"]
COLOURS = ["C0", "C1"]  # of the boundaries that do it


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Of the first run and seed, and of each mechanism in the first layer that shows it: how many regions it took at
    each step, and the clearest example (`value`: what its boundaries cut off; `before`: the step before). Then all
    boundaries and corners of regions before and after these.
    """
    rows = in_panels(tables, panels).drop(columns=["normalised"])
    first = rows.loc[rows["metric"] == "regions", ["run", "seed"]].iloc[0]
    rows = rows[(rows[["run", "seed"]] == first).all(axis=1)]
    examples = rows[rows["metric"].isin([f"example_{name}" for name in MECHANISMS])]
    examples = examples.sort_values(["layer", "value"], ascending=[True, False]).drop_duplicates("metric")
    steps = sorted(rows["step"].unique())
    examples = examples.assign(before=[steps[steps.index(step) - 1] for step in examples["step"]])
    seen = examples["metric"].str.removeprefix("example_") + examples["layer"]
    taken = rows[(rows["metric"] + rows["layer"]).isin(seen)]
    shown = [*examples["before"], *examples["step"]] or steps[:1]
    drawn = rows["metric"].str.match("end|corner") & rows["step"].isin(shown)
    return pd.concat([taken, examples, rows[drawn]], ignore_index=True)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    figure, part = sheet(4.6, f"How regions vanish: {numbers['panel'].iloc[0]}", text(numbers, study))
    corners = np.column_stack([numbers.loc[numbers["metric"] == f"corner_{axis}", "value"] for axis in (1, 2)])
    for column, mechanism in zip(part.subplots(2, len(MECHANISMS)).T, MECHANISMS, strict=True):
        example = numbers[numbers["metric"] == f"example_{mechanism}"]
        taken = numbers.loc[numbers["metric"] == mechanism, "value"].sum()
        layer = example["layer"].iloc[0] if len(example) else None
        words = f"layer {layer.split('_')[-1]}: {taken:,.0f} regions" if layer else "not seen"
        column[0].set_title(f"{mechanism}\n{words}", fontsize="medium")
        for ax, when in zip(column, ("before", "step"), strict=True):
            frame(ax, corners)
            if layer:
                step = int(example[when].iloc[0])
                shown = numbers[(numbers["step"] == step) & (numbers["layer"] <= layer)]
                draw_square(ax, shown, example["units"].iloc[0])
                ax.set_xlabel(f"step {step:,}")
    return [figure]


def draw_square(ax: Axes, rows: pd.DataFrame, units: list[int]) -> None:
    lines = boundaries(rows)
    draw_lines(ax, [piece for of in lines.values() for piece in of], color="0.7", linewidth=0.6)
    for neuron, colour in zip(units, COLOURS, strict=False):
        draw_lines(ax, lines.get(neuron, []), color=colour, linewidth=1.8)


def text(numbers: pd.DataFrame, study: dict) -> str:
    first = numbers.iloc[0]
    run = study["runs"][first["run"]]
    return " ".join(
        [
            f"{described(run)}; {regularised(run)}; seed {first['seed']}.",
            "Each mechanism in the first layer that shows it, and the regions that it took there in all. Upper row: a "
            "snapshot, lower row: the next one. Grey: where neurons turn on or off; coloured: the clearest case, in "
            "which the boundary that cuts off less cuts off most. What vanishes between two snapshots and comes back "
            "is not seen. A boundary among many takes many regions with it.",
        ]
    )

"""Means over seeds and their bands, as seaborn draws them, and the ticks of logarithmic axes."""

import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from grokking_phases.plotting.lines import apart, draw_means, sparse_ticks

NAMES = ["b", "a", "absent"]


def rows(n_seeds=3):
    draw = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([["a", "b"], range(n_seeds), [1, 10, 100]])
    values = draw.normal(size=len(index))
    table = pd.DataFrame(index.to_list(), columns=["name", "seed", "step"]).assign(value=values)
    table.loc[(table["name"] == "a") & (table["step"] == 10), "value"] = np.nan
    return table.sample(frac=1, random_state=0)


def look(by_two):
    if by_two:
        return {"hue": "name", "hue_order": NAMES, "style": "split", "style_order": ["test", "train"]}
    return apart("name", NAMES)


@pytest.mark.parametrize("by_two", [False, True])
@pytest.mark.parametrize("n_seeds", [1, 3])
def test_lines_and_bands_are_those_of_seaborn(n_seeds, by_two):
    table = rows(n_seeds)
    table = table.assign(split=np.where(table["step"] > 1, "test", "train"))
    ours, theirs = Figure().subplots(1, 2)
    draw_means(ours, table, "value", **look(by_two))
    sns.lineplot(table, x="step", y="value", errorbar="se", ax=theirs, **look(by_two))
    assert len(ours.lines) == len(theirs.lines)
    for line, other in zip(ours.lines, theirs.lines, strict=True):
        np.testing.assert_allclose(line.get_xydata(), other.get_xydata())
        assert (line.get_color(), line.get_linestyle()) == (other.get_color(), other.get_linestyle())
    for band, other in zip(ours.collections, theirs.collections, strict=True):
        assert len(band.get_paths()) == len(other.get_paths())
        for path, expected in zip(band.get_paths(), other.get_paths(), strict=True):
            np.testing.assert_allclose(path.get_extents().get_points(), expected.get_extents().get_points())
        np.testing.assert_allclose(band.get_facecolor()[:, :3], other.get_facecolor()[:, :3])
    assert ours.get_ylabel() == theirs.get_ylabel() == "value"
    assert ours.get_legend_handles_labels()[1] == theirs.get_legend_handles_labels()[1] != []


def test_nothing_but_gaps_draws_no_line():
    ax = Figure().subplots()
    draw_means(ax, rows().assign(value=np.nan), "value", **apart("name", NAMES))
    assert not [line for line in ax.lines if len(line.get_xdata())] and not ax.collections


@pytest.mark.parametrize(
    "limits, labels",
    [
        ((1, 1e4), {"$\\mathdefault{10^{0}}$", "$\\mathdefault{10^{2}}$"}),
        ((0.2, 14), {"1", "3", "10"}),
        ((0.4, 0.9), {"0.5"}),
    ],
)
def test_a_logarithmic_axis_has_few_labels_however_short_it_is(limits, labels):
    figure = Figure()
    ax = figure.subplots()
    ax.set(yscale="log", ylim=limits)
    sparse_ticks(ax.yaxis)
    FigureCanvasAgg(figure).draw()
    low, high = limits
    inside = [low <= tick <= high for tick in ax.get_yticks()]
    found = [label.get_text() for label, is_in in zip(ax.get_yticklabels(), inside, strict=True) if is_in]
    assert labels <= set(found)
    assert len(found) <= 5
    assert not any(label.get_text() for label in ax.get_yticklabels(minor=True))
